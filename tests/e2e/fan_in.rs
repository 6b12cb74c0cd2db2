//! An event feed and a CCAS behind the same applications, with the same ids on both: a call on each at the same time, requests
//! to each, and one that is lost while the other goes on.

use cti_bridge::sim::{
    desk::Desk,
    feed::{FeedLine, FeedSim},
    messages::{agent, agent_device, all, call, login, other, outside, short},
    relay::Relay,
    subscriber::Subscriber,
};
use serde_json::{Value, json};

use crate::world::{LOST_WITH_A_CALL, PASSWORD, USER_PASSWORD, event, hears, run, soon};

const TOKEN: &str = "relay-token-42";

/// Both platforms have an agent 1001 at station 4001 with number 77; each has one of its own beside.
struct Office {
    line: FeedLine,
    relay: Relay,
    running: cti_bridge::net::Running,
    /// Listens for the bridge's connections.
    feed: FeedSim,
}

impl Office {
    async fn start() -> Office {
        let feed = FeedSim::start().await.unwrap();
        let text = format!(
            "[platform.mitel]\ndialect = 'event-feed'\naddress = '{}'\nuser = 'feed'\npassword = '{PASSWORD}'\n\
             reconnect_min = '10ms'\nlink_grace = '50ms'\n\
             [platform.micc]\ndialect = 'ccas'\nlisten = '127.0.0.1:0'\ntoken = '{TOKEN}'\npins = {{ 99 = 'pin-99' }}\n\
             service_numbers = {{ 9 = '8009' }}\n\
             [application.desk]\ndialect = 'ctips'\nlisten = '127.0.0.1:0'\nusers = {{ Test01 = '{USER_PASSWORD}' }}\n\
             platforms = ['mitel', 'micc']\n\
             [application.crm]\ndialect = 'event-feed'\nlisten = '127.0.0.1:0'\nusers = {{ crm = '{USER_PASSWORD}' }}\n\
             platforms = ['mitel', 'micc']\n",
            feed.address
        );
        let running = run(&text).await;
        let line = soon("the bridge's log-on to the feed", feed.welcome(PASSWORD)).await.unwrap();
        let micc = running.platforms.iter().copied().flatten().next().unwrap();
        let relay = Relay::greet(micc, TOKEN).await.unwrap();
        let mut office = Office { line, relay, running, feed };
        office.shows_mitel().await;
        office.shows_micc().await;
        office
    }

    fn address(&self, name: &str) -> std::net::SocketAddr {
        // In the order of their names.
        self.running.applications[if name == "crm" { 0 } else { 1 }]
    }

    async fn shows_mitel(&mut self) {
        let entities = json!({ "groups": [{ "group-id": 9, "group-name": "Sales" }],
            "agents": [{ "agent-id": 1001, "agent-number": "77", "agent-name": "Ann" }] });
        self.mitel(other("entity-snapshot", 0, entities)).await;
        self.mitel(login(1001, 0)).await;
        self.mitel(agent("agent-idle", 1001, 0, json!({}))).await;
    }

    async fn shows_micc(&mut self) {
        self.micc(json!({ "type": 33, "RecID": 9, "ServiceGroupPurpose": 0, "Name": "Support" })).await;
        for (id, name, number) in [(1001, "Kim", "77"), (1002, "Lee", "99")] {
            let dn = (3000 + id).to_string();
            let logon = json!({ "type": 1, "RecID": id, "Name": name, "LogonID": number, "DN": dn, "VoiceReady": 1,
                "ServiceGroupList": "9" });
            self.micc(logon).await;
        }
        self.micc(json!({ "type": 35 })).await;
    }

    async fn mitel(&mut self, message: Value) {
        self.line.say(&message).await.unwrap();
    }

    async fn micc(&mut self, line: Value) {
        self.relay.say(&line).await.unwrap();
    }

    /// Waits until both platforms have shown everything, then comes on line.
    async fn desk(&self) -> (Desk, Subscriber) {
        let log_on = Subscriber::log_on(self.address("crm"), "crm", USER_PASSWORD);
        let mut crm = soon("a log-on", log_on).await.unwrap();
        loop {
            soon("a reply", crm.subscribe(&[("entity", &["agent"])])).await.unwrap();
            let snapshot = soon("a snapshot", crm.hear()).await.unwrap();
            if ids(&snapshot["agents"], "agent-id") == [1001, 1_001_001, 1_001_002] {
                break;
            }
            tokio::task::yield_now().await;
        }
        soon("a reply", crm.subscribe(&[("entity", &["group"])])).await.unwrap();
        let mut snapshot = Value::Null;
        while snapshot["filter"] != "group" {
            snapshot = next(&mut crm, "entity-snapshot").await;
        }
        assert_eq!(ids(&snapshot["groups"], "group-id"), [9, 1_000_009]);
        soon("a reply", crm.subscribe(&[("agent-activity", &["*"]), ("call-activity", &["*"])])).await.unwrap();
        let mut desk = Desk::start(self.address("desk")).await.unwrap();
        soon("a session", desk.online("Test01", USER_PASSWORD)).await.unwrap();
        (desk, crm)
    }

    /// A call on each, both with the same number, both answered by the agent with the same id.
    async fn both_talk(&mut self, desk: &mut Desk) {
        let answered = all(&[agent_device("joining-device", 1001), outside("calling-device")]);
        self.mitel(call("established", 900, 4, answered)).await;
        hears(
            desk,
            &["CallStarted 900", "CallOffered 900", "CallEstablished 900 a1001", "AgentStateChange a1001 Active"],
        )
        .await;
        self.micc(json!({ "type": 8, "RecID": 1001, "CallID": 900, "OppositePartyNumber": "5559" })).await;
        self.micc(json!({ "type": 9, "RecID": 1001, "CallID": 900, "OppositePartyNumber": "5559", "CallSubstate": 0 }))
            .await;
        let events = hears(
            desk,
            &[
                "CallStarted 1900000001",
                "CallOffered 1900000001",
                "CallConnected 1900000001 a1001001",
                "AgentStateChange a1001001 PendingActive",
                "CallEstablished 1900000001 a1001001",
                "AgentStateChange a1001001 Active",
            ],
        )
        .await;
        assert!(events.iter().all(|event| event["SwitchId"] == 2), "{events:?}");
    }
}

fn ids(list: &Value, key: &str) -> Vec<i64> {
    let number = |id: &Value| id.as_i64().or_else(|| id.as_str()?.parse().ok());
    list.as_array().into_iter().flatten().filter_map(|item| number(&item[key])).collect()
}

/// The next message of a name; what comes before is passed over.
async fn next(crm: &mut Subscriber, name: &str) -> Value {
    loop {
        let message = soon(name, crm.hear()).await.unwrap();
        if message["message"] == name {
            return message;
        }
    }
}

#[tokio::test]
async fn each_request_reaches_the_platform_that_has_the_call() {
    let mut office = Office::start().await;
    let (mut desk, mut crm) = office.desk().await;
    office.both_talk(&mut desk).await;
    let ids = [next(&mut crm, "established").await, next(&mut crm, "established").await];
    let calls = ids.each_ref().map(|message| message["call-id"].as_i64().unwrap());
    assert_eq!(calls[0], 900);
    assert_ne!(calls[1], 900);

    desk.ask("ClearCall", &[("AgentIdx", "1001"), ("CallId", "900")]).await.unwrap();
    let command = soon("a command", office.line.hear()).await.unwrap();
    assert_eq!((&command["sub-request-type"], &command["call-id"]), (&json!("hangup"), &json!(900)));
    desk.ask("HoldCall", &[("AgentIdx", "1001001"), ("CallId", "1900000001")]).await.unwrap();
    let method = soon("a call", office.relay.hear()).await.unwrap();
    assert_eq!(method["args"], json!({ "lAgentRecID": 1001, "lCallID": 900 }));
    for (call, agent) in [(calls[0], 1001), (calls[1], 1_001_001)] {
        let hangup = json!({ "message": "command", "sub-request-type": "hangup", "agent-id": agent, "call-id": call });
        crm.send(hangup).await.unwrap();
    }
    let command = soon("a command", office.line.hear()).await.unwrap();
    assert_eq!((command["agent-id"].as_i64(), command["call-id"].as_i64()), (Some(1001), Some(900)));
    let method = soon("a call", office.relay.hear()).await.unwrap();
    assert_eq!((method["call"].as_str(), &method["args"]["lCallID"]), (Some("HangupCall"), &json!(900)));

    // Nobody reaches over: the next thing that either platform hears is what comes after.
    desk.ask("ClearCall", &[("AgentIdx", "1001001"), ("CallId", "900")]).await.unwrap();
    let failed = event(&mut desk).await;
    assert_eq!(short(&failed), "CallRequestFailed 900 a1001001 InvalidAgent #3");
    assert_eq!(failed["FailureReason"], "the agent and the call are on different platforms");
    desk.ask("ClearCall", &[("AgentIdx", "1001"), ("CallId", "900")]).await.unwrap();
    assert_eq!(soon("a command", office.line.hear()).await.unwrap()["request-id"], 4);
}

#[tokio::test]
async fn one_platform_goes_and_the_calls_of_the_other_go_on() {
    let mut office = Office::start().await;
    let (mut desk, mut crm) = office.desk().await;
    office.both_talk(&mut desk).await;
    office.line.close().await.unwrap();
    let events = hears(&mut desk, &LOST_WITH_A_CALL).await;
    assert_eq!(events[0]["SwitchId"], 1, "which went");
    office.micc(json!({ "type": 10, "RecID": 1001, "CallID": 900, "OnHold": 0 })).await;
    hears(&mut desk, &["CallHeld 1900000001 a1001001"]).await;
    loop {
        let message = soon("a message", crm.hear()).await.unwrap();
        assert_ne!(message["update-type"], "delete", "entities stay: {message}");
        if message["message"] == "held" {
            assert_eq!(message["device-id"], 1_001_001);
            break;
        }
    }

    office.line = soon("another log-on", office.feed.welcome(PASSWORD)).await.unwrap();
    assert_eq!(hears(&mut desk, &["LinkStatus Up"]).await[0]["SwitchId"], 1);
}

#[tokio::test]
async fn a_login_by_name_goes_to_the_first_platform_that_knows_the_name() {
    let mut office = Office::start().await;
    let (mut desk, mut crm) = office.desk().await;
    desk.ask("LoginAgent", &[("AgentLoginName", "99"), ("StationId", "4002")]).await.unwrap();
    let method = soon("a call", office.relay.hear()).await.unwrap();
    assert_eq!((&method["call"], &method["args"]["bstrPIN"]), (&json!("LogonPhoneAgent"), &json!("pin-99")));
    desk.ask("LoginAgent", &[("AgentLoginName", "77"), ("StationId", "4001")]).await.unwrap();
    let command = soon("a command", office.line.hear()).await.unwrap();
    assert_eq!((&command["sub-request-type"], &command["agent-id"]), (&json!("login"), &json!("1001")));

    // A group of the other platform is no group of the agent's.
    let login = json!({ "message": "command", "sub-request-type": "login", "agent-id": 1_001_002, "agent-number": "99",
        "agent-extension": "4002", "group-type": 4, "group-id": 9 });
    crm.send(login).await.unwrap();
    let reply = next(&mut crm, "command").await;
    assert_eq!(reply["error-msg"], "the agent's platform has no such group");
}

#[tokio::test]
async fn whoever_is_called_is_meant_on_the_callers_own_platform() {
    let mut office = Office::start().await;
    let (mut desk, _) = office.desk().await;
    let mut dial = async |ty: &str, destination: &str| {
        let args = [("AgentIdx", "1001002"), ("DestinationType", ty), ("DestinationAddress", destination)];
        desk.ask("MakeCall", &args).await.unwrap();
    };
    // 77 is a login name on both platforms, and 1000009 is the group that is 9 on CCAS, which dials the number
    // configured for it.
    for (ty, destination, dialled) in
        [("Agent", "77", "4001"), ("Agent", "1001001", "4001"), ("Service", "1000009", "8009")]
    {
        dial(ty, destination).await;
        let method = soon("a call", office.relay.hear()).await.unwrap();
        assert_eq!(method["args"], json!({ "lAgentRecID": 1002, "bstrDialString": dialled }), "{ty} {destination}");
    }
    for (ty, destination) in [("Agent", "1001"), ("Service", "9")] {
        dial(ty, destination).await;
    }
    let failed = [event(&mut desk).await, event(&mut desk).await];
    let reasons = failed.map(|failed| failed["FailureReason"].as_str().unwrap().to_owned());
    assert_eq!(reasons, ["the agent to call is on another platform", "the service to call is on another platform"]);
}

#[tokio::test]
async fn statistics_are_the_first_platforms_and_calls_can_be_subscribed_to_one_by_one() {
    let mut office = Office::start().await;
    let (mut desk, _) = office.desk().await;
    office.both_talk(&mut desk).await;
    let log_on = Subscriber::log_on(office.address("crm"), "crm", USER_PASSWORD);
    let mut crm = soon("a log-on", log_on).await.unwrap();
    let reply =
        soon("a reply", crm.subscribe(&[("group-stats", &["9", "1000009"]), ("call-activity", &["900"])])).await;
    let reply = reply.unwrap();
    assert_eq!(reply["result"], 1);
    assert_eq!(reply["additional-info"], "group-stats 1000009: not available from its platform");
    office.mitel(other("group-stats", 5, json!({ "group-id": 9, "queued-calls": 3 }))).await;
    assert_eq!(next(&mut crm, "group-stats").await["queued-calls"], 3);
    office.mitel(call("held", 900, 6, agent_device("device", 1001))).await;
    assert_eq!(next(&mut crm, "held").await["call-id"], 900);
}
