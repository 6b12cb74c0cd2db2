//! A story with MiCC Enterprise as the platform, through a relay, and an application written for the Mitel event feed.

use serde_json::{Value, json};
use tokio::time::timeout;

use super::{PAUSE, Reasons, SIGNS, describe, words};
use crate::{
    mapping::Mappings,
    sim::{
        relay::Relay,
        stage::{Look, Person, Stage},
        subscriber::Subscriber,
    },
};

const CONFIGURATION: &str = r#"
[platform.micc]
dialect = "ccas"
listen = "127.0.0.1:0"
token = "demo"
[application.crm]
dialect = "event-feed"
listen = "127.0.0.1:0"
users = { demo = "demo" }
platforms = ["micc"]
"#;

const CUSTOMER: &str = "5551234";

const PEOPLE: &[Person] = &[
    ("agent ", 40, "Ann"),
    ("agent ", 41, "Ben"),
    ("RecID=", 40, "Ann"),
    ("RecID=", 41, "Ben"),
    ("agent-id=", 40, "Ann"),
    ("agent-id=", 41, "Ben"),
];
const LEGEND: [&str; 3] = [
    SIGNS,
    "Ann and Ben are agents of the service group Sales (9), at the extensions 4040 and 4041. 5551234 is a customer.",
    "Where the words cross: CCAS's CALLINFORMATION is the feed's queued and dequeued, its CLERICALENDED is wrap-ended, its NOTREADY is \
     agent-release, its RecID of an agent is agent-id.",
];

pub async fn play(mappings: &Mappings, reasons: &Reasons, look: Look, print: fn(&str)) -> Result<(), String> {
    let text = |error: std::io::Error| error.to_string();
    let running = super::start(CONFIGURATION, mappings).await?;
    let bridge = running.platforms[0].ok_or("the bridge awaits no relay")?;
    let mut crm = Subscriber::log_on(running.applications[0], "demo", "demo").await.map_err(text)?;
    crm.subscribe(&[("agent-activity", &["*"]), ("call-activity", &["*"])]).await.map_err(text)?;
    let relay = Relay::greet(bridge, "demo").await.map_err(text)?;
    let mut scene = Scene { relay, crm, stage: Stage::new(print, look, PEOPLE), reasons: reasons.clone() };
    scene.stage.title(
        "platform: MiCC Enterprise (CCAS, by a relay)",
        "application: written for the Mitel Connect event feed",
        &LEGEND,
    );
    let played = scene.tell(bridge).await;
    drop(scene);
    running.stop().await;
    played
}

/// Both sides, and the stage that shows them.
struct Scene {
    relay: Relay,
    crm: Subscriber,
    stage: Stage,
    reasons: Reasons,
}

impl Scene {
    /// CCAS broadcasts an event. Shows the application's messages beside it.
    async fn say(&mut self, name: &str, members: Value) -> Result<(), String> {
        let mut event = members;
        event["type"] = name.into();
        self.reasons.clear();
        self.relay.say(&event).await.map_err(|error| error.to_string())?;
        let keys = ["RecID", "CallID", "MessageID", "Name", "HeldCallID", "ActiveCallID", "OppositePartyNumber"];
        self.hear(&format!("{name}{}", words(&event, &keys))).await;
        Ok(())
    }

    /// Shows the messages that the application receives beside their cause, until none comes for a while.
    async fn hear(&mut self, cause: &str) {
        let mut left = cause.to_owned();
        while let Ok(Ok(message)) = timeout(PAUSE, self.crm.hear()).await {
            self.stage.row(&left, &format!("→ {}", show(&message)));
            left.clear();
        }
        if !left.is_empty() {
            self.stage.row(&left, &self.reasons.cell());
        }
    }

    /// The application sends a command. CCAS carries it out or refuses it with the reason.
    async fn ask(&mut self, command: &Value, error: Option<&str>) -> Result<(), String> {
        let text = |error: std::io::Error| error.to_string();
        let name = command["sub-request-type"].as_str().unwrap_or_default();
        let asked = format!("← command {name}{}", words(command, &["agent-id", "call-id", "release-code"]));
        let mut command = command.clone();
        command["message"] = "command".into();
        let id = self.crm.send(command).await.map_err(text)?;
        let call = self.relay.hear().await.map_err(text)?;
        let method = call["call"].as_str().unwrap_or_default();
        let arguments = call["args"].to_string().replace('"', "");
        self.stage.row(&format!("← {method} {arguments}"), &format!("{asked} (request-id {id})"));
        self.reasons.clear();
        self.relay.answer(&call, error).await.map_err(text)?;
        self.hear(&error.map_or("HRESULT 0".to_owned(), |error| format!("E_FAIL {error}"))).await;
        Ok(())
    }

    async fn tell(&mut self, bridge: std::net::SocketAddr) -> Result<(), String> {
        self.stage.chapter("The relay connects: CCAS shows who is there");
        self.snapshot().await?;
        self.service_call().await?;
        self.transfer().await?;
        self.outgoing_call_and_email().await?;
        self.commands().await?;
        self.stage.chapter("The relay is lost in the middle of a call, and comes back");
        self.arrive(940, 41).await?;
        let old = Relay::greet(bridge, "demo").await.map_err(|error| error.to_string())?;
        drop(std::mem::replace(&mut self.relay, old));
        self.reasons.clear();
        self.stage.row("(connection replaced)", "· calls and agents are kept for link_grace");
        self.snapshot().await?;
        self.say("CONNECTIONCLEARED", json!({ "RecID": 41, "CallID": 940, "ClericalFlag": 0, "DivertedFlag": 0 }))
            .await?;
        self.stage.chapter("That was all. The same, with your own platform: cti-bridge run --config FILE");
        Ok(())
    }

    async fn snapshot(&mut self) -> Result<(), String> {
        self.say("SERVICEGROUP_ADDED", json!({ "RecID": 9, "ServiceGroupPurpose": 0, "Name": "Sales" })).await?;
        for (id, name) in [(40, "Ann"), (41, "Ben")] {
            let logon = json!({ "RecID": id, "Name": name, "LogonID": (id + 37).to_string(),
                "DN": (4000 + id).to_string(), "VoiceReady": 1, "ServiceGroupList": "9" });
            self.say("LOGON", logon).await?;
        }
        self.say("DATA_COMPLETE", json!({})).await
    }

    /// A call of the group is delivered to an agent, who answers.
    async fn arrive(&mut self, number: i64, id: i64) -> Result<(), String> {
        let info = json!({ "RecID": id, "CallID": number, "ServiceGroupID": 9, "CallingPartyNumber": CUSTOMER,
            "CalledNumber": "800", "CallType": 3, "TimeInQueue": 30, "IVRLabel1": "Level", "IVRData1": "gold" });
        self.say("CALLINFORMATION", info).await?;
        let party = json!({ "RecID": id, "CallID": number, "OppositePartyNumber": CUSTOMER });
        self.say("DELIVERED", party.clone()).await?;
        self.say("ESTABLISHED", party).await
    }

    async fn service_call(&mut self) -> Result<(), String> {
        self.stage.chapter("A call of the service group Sales, with data from the IVR");
        self.arrive(900, 40).await?;
        let own = |more: Value| {
            let mut event = more;
            (event["RecID"], event["CallID"]) = (40.into(), 900.into());
            event
        };
        self.say("HOLD", own(json!({ "OnHold": 0 }))).await?;
        self.say("RETRIEVED", own(json!({}))).await?;
        self.say("CONNECTIONCLEARED", own(json!({ "ClericalFlag": 1, "DivertedFlag": 0 }))).await?;
        self.say("CLERICALENDED", own(json!({}))).await
    }

    async fn transfer(&mut self) -> Result<(), String> {
        self.stage.chapter("Ann asks Ben about a call and transfers it; CCAS tells both of them");
        self.arrive(910, 40).await?;
        self.say("HOLD", json!({ "RecID": 40, "CallID": 910, "OnHold": 0 })).await?;
        self.say("ORIGINATED", json!({ "RecID": 40, "CallID": 911, "CallType": 3 })).await?;
        for (id, opposite) in [(41, "4040"), (40, "4041")] {
            let party = json!({ "RecID": id, "CallID": 911, "OppositePartyNumber": opposite });
            self.say("DELIVERED", party).await?;
        }
        for (id, opposite) in [(41, "4040"), (40, "4041")] {
            let party = json!({ "RecID": id, "CallID": 911, "OppositePartyNumber": opposite });
            self.say("ESTABLISHED", party).await?;
        }
        let join = |id: i64, did_it: i64| {
            json!({ "RecID": id, "HeldCallID": 910, "ActiveCallID": 911, "NewCallID": 912, "TransferringAgent": did_it,
                "ClericalFlag": 0, "OppositePartyNumber": CUSTOMER })
        };
        self.say("TRANSFERRED", join(40, 1)).await?;
        self.say("TRANSFERRED", join(41, 0)).await?;
        let end = json!({ "RecID": 41, "CallID": 912, "ClericalFlag": 0, "DivertedFlag": 0 });
        self.say("CONNECTIONCLEARED", end).await
    }

    async fn outgoing_call_and_email(&mut self) -> Result<(), String> {
        self.stage.chapter("Ben calls a customer; Ann answers an e-mail");
        let call = json!({ "RecID": 41, "CallID": 920, "CallType": 3, "OppositePartyNumber": CUSTOMER });
        self.say("ORIGINATED", call.clone()).await?;
        self.say("ESTABLISHED", call.clone()).await?;
        self.say("EMAILHANDLING", json!({ "RecID": 40, "MessageID": 920 })).await?;
        let reply =
            json!({ "RecID": 40, "MessageID": 920, "ServiceGroupID": 9, "Subject": "Re: offer", "ClericalFlag": 0 });
        self.say("EMAILREPLY", reply).await?;
        let end = json!({ "RecID": 41, "CallID": 920, "ClericalFlag": 0, "DivertedFlag": 0 });
        self.say("CONNECTIONCLEARED", end).await
    }

    async fn commands(&mut self) -> Result<(), String> {
        self.stage.chapter("What is asked for and done, or refused");
        let release = json!({ "sub-request-type": "release", "agent-id": 40, "release-code": 7 });
        self.ask(&release, None).await?;
        self.say("NOTREADY", json!({ "RecID": 40, "ReasonID": 7, "ReasonString": "Lunch" })).await?;
        let resume = json!({ "sub-request-type": "resume", "agent-id": 41 });
        self.ask(&resume, Some("The agent is blocked by a supervisor")).await
    }
}

/// A feed message as a readable text, with its other values.
fn show(message: &Value) -> String {
    let mut text = describe(message);
    if let Some(result) = message.get("result").and_then(Value::as_i64) {
        text += &format!(" result {result} (request-id {})", message["request-id"]);
    }
    if let Some(error) = message.get("error-msg").and_then(Value::as_str).filter(|error| !error.is_empty()) {
        text += &format!(" {error:?}");
    }
    let profile = message["call-table"][0]["call-profile"].as_array();
    let user_defined = profile.into_iter().flatten().filter(|item| item["id"].as_i64().is_some_and(|id| id > 100));
    for item in user_defined.filter(|_| message["message"] == "queued") {
        text += &format!(" {}={}", item["id"], item["value"].as_str().unwrap_or_default());
    }
    text
}
