//! MiCC Enterprise behind, through its relay: who is let in, what applications hear, what reaches the methods, and what
//! happens when the relay goes and comes back.

use cti_bridge::sim::{desk::Desk, messages::short, relay::Relay, subscriber::Subscriber};
use serde_json::{Value, json};

use crate::world::{USER_PASSWORD, event, hears, run, soon};

const TOKEN: &str = "relay-token-42";

/// A bridge between a CCAS and two applications, one written for an event feed, one for CTIPS.
struct Office {
    relay: Relay,
    running: cti_bridge::net::Running,
}

impl Office {
    async fn start() -> Office {
        let text = format!(
            "[platform.micc]\ndialect = 'ccas'\nlisten = '127.0.0.1:0'\ntoken = '{TOKEN}'\n\
             [application.crm]\ndialect = 'event-feed'\nlisten = '127.0.0.1:0'\nusers = {{ crm = '{USER_PASSWORD}' }}\n\
             platforms = ['micc']\n\
             [application.desk]\ndialect = 'ctips'\nlisten = '127.0.0.1:0'\nusers = {{ Test01 = '{USER_PASSWORD}' }}\n\
             platforms = ['micc']\n"
        );
        let running = run(&text).await;
        let relay = Relay::greet(running.platforms[0].unwrap(), TOKEN).await.unwrap();
        let mut office = Office { relay, running };
        office.snapshot().await;
        office
    }

    /// What CCAS tells when it is connected: two agents of one group.
    async fn snapshot(&mut self) {
        self.say(json!({ "type": 33, "RecID": 9, "ServiceGroupPurpose": 0, "Name": "Sales" })).await;
        for (id, name, number) in [(40, "Ann", "77"), (41, "Ben", "78")] {
            let dn = (4000 + id).to_string();
            let logon = json!({ "type": 1, "RecID": id, "Name": name, "LogonID": number, "DN": dn, "VoiceReady": 1,
                "ServiceGroupList": "9" });
            self.say(logon).await;
        }
        self.say(json!({ "type": 35 })).await;
    }

    async fn say(&mut self, line: Value) {
        self.relay.say(&line).await.unwrap();
    }

    /// An application of the feed's, subscribed to everything about agents and calls; it has heard who is there.
    async fn crm(&self) -> Subscriber {
        let log_on = Subscriber::log_on(self.running.applications[0], "crm", USER_PASSWORD);
        let mut crm = soon("a log-on", log_on).await.unwrap();
        // The snapshot may still be on its way: until both agents are in it.
        loop {
            soon("a reply", crm.subscribe(&[("entity", &["agent"])])).await.unwrap();
            let snapshot = soon("a snapshot", crm.hear()).await.unwrap();
            if snapshot["agents"].as_array().is_some_and(|agents| agents.len() == 2) {
                break;
            }
            tokio::task::yield_now().await;
        }
        let subscribed = crm.subscribe(&[("agent-activity", &["*"]), ("call-activity", &["*"])]);
        assert_eq!(soon("a reply", subscribed).await.unwrap()["result"], 0);
        crm
    }
}

/// The messages that come next, those about entities left out.
async fn hear(crm: &mut Subscriber, expected: &[&str]) -> Vec<Value> {
    let mut heard: Vec<Value> = Vec::new();
    while heard.len() < expected.len() {
        let message = soon("a message", crm.hear()).await.unwrap();
        if !message["message"].as_str().unwrap().starts_with("entity") {
            heard.push(message);
        }
    }
    let words: Vec<_> = heard.iter().map(|message| message["message"].as_str().unwrap()).collect();
    assert_eq!(words, expected);
    heard
}

#[tokio::test]
async fn a_relay_without_the_token_is_told_so_and_closed() {
    let office = Office::start().await;
    let mut stranger = Relay::greet(office.running.platforms[0].unwrap(), "guess").await.unwrap();
    let refusal = soon("a refusal", stranger.hear()).await.unwrap();
    assert_eq!(refusal, json!({ "error": "the token is wrong" }));
    assert!(soon("the end", stranger.hear()).await.is_err());
}

#[tokio::test]
async fn a_call_of_a_service_group_is_told_to_a_feed_application_and_a_ctips_one() {
    let mut office = Office::start().await;
    let mut crm = office.crm().await;
    let mut desk = Desk::start(office.running.applications[1]).await.unwrap();
    soon("a session", desk.online("Test01", USER_PASSWORD)).await.unwrap();

    let info = json!({ "type": 24, "RecID": 40, "CallID": 900, "ServiceGroupID": 9, "CallingPartyNumber": "5551234",
        "CalledNumber": "800", "CallType": 3, "TimeInQueue": 30, "IVRLabel1": "Level", "IVRData1": "gold" });
    office.say(info).await;
    office.say(json!({ "type": 8, "RecID": 40, "CallID": 900, "OppositePartyNumber": "5551234" })).await;
    office
        .say(json!({ "type": 9, "RecID": 40, "CallID": 900, "OppositePartyNumber": "5551234", "CallSubstate": 0 }))
        .await;
    office.say(json!({ "type": 14, "RecID": 40, "CallID": 900, "ClericalFlag": 1, "DivertedFlag": 0 })).await;
    office.say(json!({ "type": 15, "RecID": 40, "CallID": 900 })).await;

    let heard = hear(
        &mut crm,
        &[
            "queued",
            "dequeued",
            "agent-reserved",
            "delivered",
            "established",
            "agent-on-call",
            "conn-cleared",
            "agent-wrap",
            "call-cleared",
            "wrap-ended",
            "agent-idle",
        ],
    )
    .await;
    let profile = heard[0]["call-table"][0]["call-profile"].as_array().unwrap();
    let value = |id: i64| profile.iter().find(|item| item["id"] == id).map(|item| item["value"].clone());
    assert_eq!((value(2), value(1), value(101)), (Some("5551234".into()), Some("800".into()), Some("gold".into())));
    let delivered = &heard[3];
    assert_eq!(
        (delivered["alerting-device-id"].as_i64(), delivered["calling-device"].as_str()),
        (Some(40), Some("5551234"))
    );
    assert!(heard.iter().all(|message| message["guid"] == heard[0]["guid"] || message["guid"].is_null()));

    hears(
        &mut desk,
        &[
            "CallStarted 900",
            "CallOffered 900",
            "CallDelivered 900",
            "AgentStateChange a40 Reserved",
            "CallConnected 900 a40",
            "AgentStateChange a40 PendingActive",
            "CallEstablished 900 a40",
            "AgentStateChange a40 Active",
            "CallCleared 900 a40 NearEnd",
            "AgentStateChange a40 Wrap",
            "CallEnd 900",
            "CallCompleted 900",
            "AgentStateChange a40 Idle",
        ],
    )
    .await;
}

#[tokio::test]
async fn commands_become_methods_and_what_they_answer_comes_back() {
    let mut office = Office::start().await;
    let mut crm = office.crm().await;
    let release = json!({ "message": "command", "sub-request-type": "release", "agent-id": 40, "release-code": 7 });
    let id = crm.send(release.clone()).await.unwrap();
    let call = soon("a call", office.relay.hear()).await.unwrap();
    assert_eq!(call["call"], "SetVoiceNotReady");
    assert_eq!(call["args"], json!({ "lAgentRecID": 40, "lReason": 7 }));
    office.relay.answer(&call, None).await.unwrap();
    let reply = &hear(&mut crm, &["command"]).await[0];
    assert_eq!((reply["request-id"].as_i64(), reply["result"].as_i64()), (Some(id), Some(0)));
    office.say(json!({ "type": 4, "RecID": 40, "ReasonID": 7, "ReasonString": "Lunch" })).await;
    assert_eq!(hear(&mut crm, &["agent-release"]).await[0]["release-code"].as_str(), Some("7"));

    let id = crm.send(release).await.unwrap();
    let call = soon("a call", office.relay.hear()).await.unwrap();
    office.relay.answer(&call, Some("Agent is busy")).await.unwrap();
    let reply = &hear(&mut crm, &["command"]).await[0];
    assert_eq!((reply["request-id"].as_i64(), reply["error-msg"].as_str()), (Some(id), Some("Agent is busy")));
}

#[tokio::test]
async fn a_ctips_application_holds_a_call_that_ccas_has() {
    let mut office = Office::start().await;
    let mut desk = Desk::start(office.running.applications[1]).await.unwrap();
    soon("a session", desk.online("Test01", USER_PASSWORD)).await.unwrap();
    office.say(json!({ "type": 8, "RecID": 40, "CallID": 900, "OppositePartyNumber": "5551234" })).await;
    office
        .say(json!({ "type": 9, "RecID": 40, "CallID": 900, "OppositePartyNumber": "5551234", "CallSubstate": 0 }))
        .await;
    while short(&event(&mut desk).await) != "CallEstablished 900 a40" {}
    hears(&mut desk, &["AgentStateChange a40 Active"]).await;
    let id = desk.ask("HoldCall", &[("AgentIdx", "40"), ("CallId", "900")]).await.unwrap();
    let call = soon("a call", office.relay.hear()).await.unwrap();
    assert_eq!(
        (call["call"].as_str(), &call["args"]),
        (Some("HoldCall"), &json!({ "lAgentRecID": 40, "lCallID": 900 }))
    );
    office.relay.answer(&call, None).await.unwrap();
    office.say(json!({ "type": 10, "RecID": 40, "CallID": 900, "OnHold": 0 })).await;
    let held = event(&mut desk).await;
    assert_eq!((held["EventType"].as_str(), held["RequestId"].as_i64()), (Some("CallHeld"), Some(id)));
}

#[tokio::test]
async fn a_relay_that_goes_ends_its_calls_and_agents_and_tells_them_anew_when_it_is_back() {
    let mut office = Office::start().await;
    let mut crm = office.crm().await;
    office.say(json!({ "type": 8, "RecID": 40, "CallID": 900, "OppositePartyNumber": "5551234" })).await;
    office
        .say(json!({ "type": 9, "RecID": 40, "CallID": 900, "OppositePartyNumber": "5551234", "CallSubstate": 0 }))
        .await;
    hear(&mut crm, &["delivered", "established", "agent-on-call"]).await;
    // A newer connection takes the place of the one before, which ends.
    let bridge = office.running.platforms[0].unwrap();
    let old = std::mem::replace(&mut office.relay, Relay::greet(bridge, TOKEN).await.unwrap());
    drop(old);
    let mut words = Vec::new();
    for _ in 0..4 {
        words.extend(hear_one(&mut crm).await);
    }
    assert_eq!(words, ["conn-cleared", "call-cleared", "agent-logout", "agent-logout"]);
    office.snapshot().await;
    hear(&mut crm, &["agent-login", "agent-idle", "agent-login", "agent-idle"]).await;
}

#[tokio::test]
async fn a_group_that_comes_with_the_link_is_added_once_as_reference_and_sample_have_it() {
    let mut office = Office::start().await;
    let mut crm = office.crm().await;
    let reply = soon("a reply", crm.subscribe(&[("entity", &["group"])])).await.unwrap();
    assert_eq!(reply["result"], 0);
    office.relay = Relay::greet(office.running.platforms[0].unwrap(), TOKEN).await.unwrap();
    for (id, name) in [(10, "Support"), (11, "Orders")] {
        office.say(json!({ "type": 33, "RecID": id, "ServiceGroupPurpose": 0, "Name": name })).await;
    }
    let mut added = Vec::new();
    while added.last() != Some(&json!([11, "Orders"])) {
        let message = soon("a message", crm.hear()).await.unwrap();
        if message["filter"] == "group" && message["update-type"] == "add" {
            let listed = &message["groups"][0];
            assert_eq!((&message["group-id"], &message["group-name"]), (&listed["group-id"], &listed["group-name"]));
            added.push(json!([message["group-id"], message["group-name"]]));
        }
    }
    assert_eq!(added, [json!([9, "Sales"]), json!([10, "Support"]), json!([11, "Orders"])]);
}

/// The next message's name, unless it is about entities.
async fn hear_one(crm: &mut Subscriber) -> Option<String> {
    loop {
        let message = soon("a message", crm.hear()).await.unwrap();
        let name = message["message"].as_str().unwrap().to_owned();
        if !name.starts_with("entity") {
            return Some(name);
        }
    }
}
