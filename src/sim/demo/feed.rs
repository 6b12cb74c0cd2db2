//! A story with an event feed as the platform and a CTIPS application that receives events and sends requests.

use std::time::Duration;

use serde_json::{Value, json};

use super::{PAUSE, Reasons, SIGNS, describe, hear, words};
use crate::{
    mapping::Mappings,
    sim::{
        desk::Desk,
        feed::{FeedLine, FeedSim},
        messages::{agent, agent_device, all, call, device, login, other, outside},
        stage::{Look, Person, Stage},
    },
};

const CONFIGURATION: &str = r#"
[platform.mitel]
dialect = "event-feed"
address = "FEED"
user = "demo"
password = "demo"
reconnect_min = "300ms"
resync_grace = "1s"
[application.desk]
dialect = "ctips"
listen = "127.0.0.1:0"
users = { demo = "demo" }
platforms = ["mitel"]
"#;

const PEOPLE: &[Person] = &[
    ("agent ", 1001, "Ann"),
    ("agent ", 1002, "Ben"),
    ("agent ", 1003, "Cleo"),
    ("AgentIdx=", 1001, "Ann"),
    ("AgentIdx=", 1002, "Ben"),
    ("AgentIdx=", 1003, "Cleo"),
    ("agent-id=", 1001, "Ann"),
    ("agent-id=", 1002, "Ben"),
];
const LEGEND: [&str; 3] = [
    SIGNS,
    "Ann, Ben and Cleo are agents of the service group Sales (9), at the extensions 4001 to 4003. 5551234 is a customer.",
    "Where the words cross: the feed's queued is CTIPS's CallDelivered (to a service), its delivered is CallConnected (an agent's \
     phone rings), its release is NotReady.",
];

pub async fn play(mappings: &Mappings, reasons: &Reasons, look: Look, print: fn(&str)) -> Result<(), String> {
    let text = |error: std::io::Error| error.to_string();
    let feed = FeedSim::start().await.map_err(text)?;
    let running = super::start(&CONFIGURATION.replace("FEED", &feed.address.to_string()), mappings).await?;
    let line = feed.welcome("demo").await.map_err(text)?;
    let mut desk = Desk::start(running.applications[0]).await.map_err(text)?;
    desk.online("demo", "demo").await?;
    let mut story = Story { line, desk, stage: Stage::new(print, look, PEOPLE), reasons: reasons.clone() };
    story.stage.title(
        "platform: Mitel Connect event feed",
        "application: written for CTIPS (Aspect Unified IP)",
        &LEGEND,
    );
    let played = story.tell(&feed).await;
    drop(story);
    running.stop().await;
    played
}

/// Both sides, and the stage that shows them.
struct Story {
    line: FeedLine,
    desk: Desk,
    stage: Stage,
    reasons: Reasons,
}

impl Story {
    /// The feed sends a message. Shows the application's events beside it.
    async fn say(&mut self, message: Value) -> Result<(), String> {
        self.reasons.clear();
        self.line.say(&message).await.map_err(|error| error.to_string())?;
        self.hear(&describe(&message)).await;
        Ok(())
    }

    async fn hear(&mut self, cause: &str) {
        self.hear_for(PAUSE, cause).await;
    }

    async fn hear_for(&mut self, pause: Duration, cause: &str) {
        hear(&mut self.desk, (&self.stage, &self.reasons), pause, cause, None, show).await;
    }

    /// The application sends a request. The feed answers with a result, and with the reason if it refuses.
    async fn ask(
        &mut self,
        operation: &str,
        members: &[(&str, &str)],
        answer: Option<(i64, &str)>,
    ) -> Result<(), String> {
        let id = self.desk.ask(operation, members).await?;
        let shown: Vec<String> = members.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let asked = format!("← {operation} #{id} {}", shown.join(" "));
        let Some((result, error)) = answer else {
            self.stage.row("(nothing: the bridge refuses it)", &asked);
            self.hear("").await;
            return Ok(());
        };
        let command = self.line.hear().await.map_err(|error| error.to_string())?;
        let name = command["sub-request-type"].as_str().unwrap_or_default();
        let members = words(&command, &["agent-id", "call-id", "release-code"]);
        self.stage.row(&format!("← command {name}{members} (request-id {})", command["request-id"]), &asked);
        self.reasons.clear();
        let error_text = Some(error).filter(|error| !error.is_empty());
        self.line.answer(&command, result, error_text).await.map_err(|error| error.to_string())?;
        self.hear(format!("result {result} {error}").trim_end()).await;
        Ok(())
    }

    async fn tell(&mut self, feed: &FeedSim) -> Result<(), String> {
        self.arrivals().await?;
        self.inbound_call().await?;
        self.transfer().await?;
        self.conference().await?;
        self.abandoned_and_refused().await?;
        self.lost_and_back(feed).await
    }

    async fn arrivals(&mut self) -> Result<(), String> {
        self.stage.chapter("Three agents come to work");
        let agents: Vec<Value> = [(1001, "Ann"), (1002, "Ben"), (1003, "Cleo")]
            .iter()
            .map(|(id, name)| json!({ "agent-id": id, "agent-number": (id - 924).to_string(), "agent-name": name }))
            .collect();
        let groups = json!([{ "group-id": 9, "group-name": "Sales" }]);
        self.say(other("entity-snapshot", 0, json!({ "agents": agents, "groups": groups }))).await?;
        for id in [1001, 1002, 1003] {
            self.say(login(id, 1)).await?;
            self.say(agent("agent-idle", id, 1, json!({}))).await?;
        }
        Ok(())
    }

    async fn arrive(&mut self, number: i64, id: i64) -> Result<(), String> {
        self.say(call("route-request", number, 2, json!({}))).await?;
        self.say(call("routed", number, 2, device("destination", 0, 4, ""))).await?;
        self.say(call("queued", number, 2, json!({ "queued-group-internal-id": 9, "queued-group-type": 4 }))).await?;
        let devices = all(&[agent_device("alerting-device", id), outside("calling-device")]);
        self.say(call("delivered", number, 3, devices)).await
    }

    async fn answer_call(&mut self, number: i64, id: i64) -> Result<(), String> {
        let devices = all(&[agent_device("joining-device", id), outside("calling-device")]);
        self.say(call("established", number, 4, devices)).await
    }

    async fn end(&mut self, number: i64, id: i64) -> Result<(), String> {
        self.say(call("conn-cleared", number, 8, agent_device("device-out", id))).await?;
        self.say(agent("agent-wrap", id, 8, json!({ "call-id": number, "guid": format!("guid-{number}") }))).await?;
        self.say(call("call-cleared", number, 8, json!({}))).await?;
        self.say(call("wrap-ended", number, 9, json!({ "agent-id": id, "wrapup-code-id": 3 }))).await?;
        self.say(agent("agent-idle", id, 9, json!({}))).await
    }

    async fn inbound_call(&mut self) -> Result<(), String> {
        self.stage.chapter("A call comes in for Sales; the application answers it for Ann");
        self.arrive(900, 1001).await?;
        self.ask("AcceptCall", &[("AgentIdx", "1001"), ("CallId", "900"), ("AcceptCall", "true")], Some((0, "")))
            .await?;
        self.answer_call(900, 1001).await?;
        self.end(900, 1001).await
    }

    /// Agent `id` holds call `held` and calls agent `to` in call `second`; `to` answers.
    async fn consult(&mut self, held: i64, second: i64, id: i64, to: i64) -> Result<(), String> {
        let dialled = json!({ "call-table": [{ "dnis": (to + 3000).to_string(), "media": 1, "call-type": 0 }] });
        self.say(call("held", held, 5, agent_device("device", id))).await?;
        self.say(call("initiated", second, 5, all(&[agent_device("device", id), dialled.clone()]))).await?;
        let alerting = all(&[agent_device("alerting-device", to), agent_device("calling-device", id), dialled.clone()]);
        self.say(call("delivered", second, 5, alerting)).await?;
        let joining = all(&[agent_device("joining-device", to), agent_device("calling-device", id), dialled]);
        self.say(call("established", second, 6, joining)).await
    }

    fn join(message: &str, held: i64, second: i64, result: i64, parts: [Value; 3]) -> Value {
        let ids = json!({
            "secondary-call-id": second, "secondary-guid": format!("guid-{second}"), "secondary-pbx-call-id": second + 5000,
            "resultant-call-id": result, "resultant-guid": format!("guid-{result}"), "resultant-pbx-call-id": result + 5000,
        });
        call(message, held, 7, all(&[ids, all(&parts)]))
    }

    async fn transfer(&mut self) -> Result<(), String> {
        self.stage.chapter("Ann consults Ben about a call and transfers it to him");
        self.arrive(910, 1001).await?;
        self.answer_call(910, 1001).await?;
        self.consult(910, 911, 1001, 1002).await?;
        let parts = [
            agent_device("transferring-device", 1001),
            outside("transferred-device"),
            agent_device("transfer-to-device", 1002),
        ];
        self.say(Self::join("transferred", 910, 911, 912, parts)).await?;
        self.say(call("no-wrap", 910, 7, json!({ "agent-id": 1001 }))).await?;
        self.say(agent("agent-idle", 1001, 7, json!({}))).await?;
        self.end(912, 1002).await
    }

    async fn conference(&mut self) -> Result<(), String> {
        self.stage.chapter("Ben brings Cleo into a call; the customer hangs up first");
        self.arrive(920, 1002).await?;
        self.answer_call(920, 1002).await?;
        self.consult(920, 921, 1002, 1003).await?;
        let parts = [
            agent_device("conferencing-device", 1002),
            outside("conferenced-device"),
            agent_device("conference-to-device", 1003),
        ];
        self.say(Self::join("conferenced", 920, 921, 920, parts)).await?;
        self.say(call("conn-cleared", 920, 8, outside("device-out"))).await?;
        self.say(call("conn-cleared", 920, 8, agent_device("device-out", 1003))).await?;
        self.say(agent("agent-idle", 1003, 8, json!({}))).await?;
        self.end(920, 1002).await
    }

    async fn abandoned_and_refused(&mut self) -> Result<(), String> {
        self.stage.chapter("A caller gives up while Cleo's station rings");
        self.arrive(930, 1003).await?;
        self.say(call("conn-cleared", 930, 9, outside("device-out"))).await?;
        self.say(call("call-cleared", 930, 9, json!({ "abandoned-call": true }))).await?;
        self.say(agent("agent-idle", 1003, 9, json!({}))).await?;
        self.stage.chapter("What is asked for and done, refused, or beyond the platform");
        self.ask("SetAgentState", &[("AgentIdx", "1001"), ("NewState", "NotReady")], Some((0, ""))).await?;
        self.say(agent("agent-release", 1001, 10, json!({ "release-code": 0 }))).await?;
        self.ask(
            "SetAgentState",
            &[("AgentIdx", "1002"), ("NewState", "NotReady")],
            Some((-5, "release code required")),
        )
        .await?;
        self.arrive(940, 1003).await?;
        self.answer_call(940, 1003).await?;
        self.ask("HoldCall", &[("AgentIdx", "1003"), ("CallId", "940")], None).await
    }

    async fn lost_and_back(&mut self, feed: &FeedSim) -> Result<(), String> {
        self.stage.chapter("The platform is lost in the middle of a call, and comes back");
        self.line.close().await.map_err(|error| error.to_string())?;
        self.hear("(connection closed)").await;
        self.line = feed.welcome("demo").await.map_err(|error| error.to_string())?;
        self.hear("(connected, authenticated, subscribed)").await;
        let stats = json!({
            "group-id": 9, "group-name": "Sales", "agents": [
                { "agent-id": 1001, "agent-number": "77", "agent-ext": "4001", "agent-state": 1 },
                { "agent-id": 1002, "agent-number": "78", "agent-ext": "4002", "agent-state": 1 },
            ],
        });
        self.say(other("group-agent-stats", 20, stats)).await?;
        self.hear_for(Duration::from_millis(1500), "(Cleo is not shown any more)").await;
        self.stage.chapter("That was all. The same, with your own platform: cti-bridge run --config FILE");
        Ok(())
    }
}

/// A CTIEvent as a readable text.
fn show(event: &Value) -> String {
    let mut text = event["EventType"].as_str().unwrap_or_default().to_owned();
    let number = |key: &str| event.get(key).and_then(Value::as_i64).filter(|number| *number != 0);
    let joined = number("TransferredCallId").or(number("ConferenceCallId"));
    match (number("ConsultingCallId"), number("ConsultedCallId"), joined) {
        (Some(first), Some(second), Some(result)) => text += &format!(" {first} + {second} = {result}"),
        _ => {
            text +=
                &number("CallId").filter(|_| !text.starts_with("Agent")).map(|id| format!(" {id}")).unwrap_or_default();
        }
    }
    text += &number("AgentId").map(|id| format!(" agent {id}")).unwrap_or_default();
    if ["CallDelivered", "ServiceStateChange"].contains(&event["EventType"].as_str().unwrap_or_default()) {
        text += &number("ServiceId").map(|id| format!(" service {id}")).unwrap_or_default();
    }
    let words = [
        "AgentState",
        "LoginState",
        "ClearingPartyType",
        "RouteType",
        "ComponentState",
        "ServiceState",
        "FailureReason",
    ];
    for word in words.iter().filter_map(|key| event.get(*key).and_then(Value::as_str)) {
        text += &format!(" {word}");
    }
    if let Some(ani) = event["CallInfo"].get("ANI").or(event.get("ANI")) {
        text += &format!(" ANI {ani}");
    }
    if let Some(data) = event["CallInfo"]["CallData"][0]["value"].as_str().filter(|data| !data.is_empty()) {
        text += &format!(" data {data:?}");
    }
    text + &number("RequestId").map(|id| format!(" (request {id})")).unwrap_or_default()
}
