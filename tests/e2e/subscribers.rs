//! Applications written for an event feed, in front of one: log-on, subscriptions, events under each connection's own
//! sequence, commands, and what happens to those who do not behave.

use cti_bridge::sim::{
    feed::{FeedLine, FeedSim},
    messages::{agent, call, login, other},
    subscriber::Subscriber,
};
use serde_json::{Map, Value, json};

use crate::world::{PASSWORD, get, run, soon};

/// A bridge between a feed and applications written for one.
struct Relay {
    line: FeedLine,
    running: cti_bridge::net::Running,
}

const CRM: &str = "crm-pass-55";

fn configuration(feed: &FeedSim, more: &str) -> String {
    configuration_of(&feed.address.to_string(), more)
}

fn configuration_of(feed: &str, more: &str) -> String {
    format!(
        "[platform.mitel]\ndialect = 'event-feed'\naddress = '{}'\nuser = 'feed'\npassword = '{PASSWORD}'\n\
         reconnect_min = '10ms'\n[application.crm]\ndialect = 'event-feed'\nlisten = '127.0.0.1:0'\n\
         users = {{ crm = '{CRM}', wall = '{CRM}' }}\nread_only = ['wall']\nplatforms = ['mitel']\n{more}\n\
         [admin]\nlisten = '127.0.0.1:0'\n",
        feed
    )
}

async fn relay(more: &str) -> Relay {
    let feed = FeedSim::start().await.unwrap();
    let running = run(&configuration(&feed, more)).await;
    let line = soon("the bridge's log-on to the feed", feed.welcome(PASSWORD)).await.unwrap();
    Relay { line, running }
}

impl Relay {
    async fn application(&self, user: &str) -> Subscriber {
        let log_on = Subscriber::log_on(self.running.applications[0], user, CRM);
        soon("a log-on", log_on).await.unwrap()
    }

    async fn say(&mut self, message: Value) {
        self.line.say(&message).await.unwrap();
    }
}

async fn hear(subscriber: &mut Subscriber) -> Value {
    soon("a message", subscriber.hear()).await.unwrap()
}

async fn subscribe(subscriber: &mut Subscriber, types: &[(&str, &[&str])]) -> Value {
    soon("a reply", subscriber.subscribe(types)).await.unwrap()
}

#[tokio::test]
async fn messages_pass_as_they_are_under_the_connections_own_sequence() {
    let mut relay = relay("").await;
    let mut crm = relay.application("crm").await;
    let reply = subscribe(&mut crm, &[("call-activity", &["*"]), ("group-stats", &["*"])]).await;
    assert_eq!((reply["result"].as_i64(), reply["sequence"].as_i64()), (Some(0), Some(1)));
    assert_eq!(reply["timestamp"].as_str().map(str::len), Some("2009-01-01 11:00:01".len()), "{reply}");

    // Whatever it has, in whichever type: nothing is left out, made up or written otherwise.
    let said =
        call("queued", 900, 1, json!({ "queued-group-internal-id": "9", "queued-group-type": 4, "of-later": [1.5] }));
    relay.say(said.clone()).await;
    let stats = other("group-stats", 2, json!({ "group-id": 9, "queued-calls": 7, "sub-topic": "group-stats" }));
    relay.say(stats.clone()).await;
    for (sequence, mut said) in [(2, said), (3, stats)] {
        said["sequence"] = sequence.into();
        assert_eq!(hear(&mut crm).await, said);
    }
    let mut unnumbered = other("group-stats", 3, json!({ "group-id": 9 }));
    relay.line.raw(format!("{unnumbered}\0").as_bytes()).await.unwrap();
    unnumbered["sequence"] = 4.into();
    assert_eq!(hear(&mut crm).await, unnumbered);
}

#[tokio::test]
async fn a_reply_has_the_time_before_the_platform_has_said_anything() {
    let feed = FeedSim::start().await.unwrap();
    let running = run(&configuration(&feed, "")).await;
    let mut crm = soon("a log-on", Subscriber::log_on(running.applications[0], "crm", CRM)).await.unwrap();
    let reply = subscribe(&mut crm, &[("entity", &["agent"])]).await;
    let snapshot = hear(&mut crm).await;
    for message in [reply, snapshot] {
        assert_eq!(message["timestamp"].as_str().map(str::len), Some("2009-01-01 11:00:01".len()), "{message}");
    }
}

#[tokio::test]
async fn whoever_has_not_subscribed_hears_the_reply_to_a_command_and_nothing_else() {
    let mut relay = relay("").await;
    let mut crm = relay.application("crm").await;
    let mut other = relay.application("crm").await;
    subscribe(&mut other, &[("agent-status", &["*"])]).await;
    relay.say(login(1001, 0)).await;
    relay.say(agent("agent-idle", 1001, 1, json!({}))).await;
    assert_eq!(hear(&mut other).await["message"], "agent-idle");
    crm.send(json!({ "message": "command", "sub-request-type": "resume", "agent-id": 1001 })).await.unwrap();
    let command = soon("a command", relay.line.hear()).await.unwrap();
    relay.line.answer(&command, 0, None).await.unwrap();
    assert_eq!(hear(&mut crm).await["result"], 0);
    // The agent was idle already, which shows the command done; the next thing heard is the answer to the next question.
    assert_eq!(subscribe(&mut crm, &[("call-activity", &["*"])]).await["sequence"], 2);
}

#[tokio::test]
async fn statistics_are_subscribed_to_where_an_application_may_want_them() {
    let wants =
        |line: &FeedLine| line.subscribed["subscribe"].to_string().contains("[\"ecc\",\"group-stats\",[\"*\"]]");
    assert!(wants(&relay("").await.line));
    assert!(!wants(&crate::world::World::start().await.line), "a CTIPS application is told of none");
}

#[tokio::test]
async fn only_what_is_subscribed_to_is_told_and_until_it_is_taken_back() {
    let mut relay = relay("").await;
    let mut one = relay.application("crm").await;
    let mut all = relay.application("crm").await;
    relay.say(login(1001, 0)).await;
    relay.say(login(1002, 0)).await;
    subscribe(&mut all, &[("agent-activity", &["*"])]).await;
    // Both are known once the first of them is told of anything later.
    relay.say(agent("agent-idle", 1001, 1, json!({}))).await;
    while hear(&mut all).await["message"] != "agent-idle" {}
    let reply = subscribe(&mut one, &[("agent-status", &["1001"])]).await;
    assert_eq!(reply["result"], 0, "{reply}");

    relay.say(agent("agent-release", 1002, 2, json!({ "release-code": 3 }))).await;
    relay.say(agent("agent-release", 1001, 3, json!({ "release-code": 4 }))).await;
    let heard = hear(&mut one).await;
    assert_eq!((heard["agent-id"].as_i64(), heard["release-code"].as_i64()), (Some(1001), Some(4)));
    let records = json!([["ecc", "agent-status", ["1001"]]]);
    let reply = one.ask(json!({ "message": "unsubscribe-events", "request": "Unsubscribe", "subscribe": records }));
    assert_eq!(soon("a reply", reply).await.unwrap()["result"], 0);
    relay.say(agent("agent-idle", 1001, 4, json!({}))).await;
    assert_eq!(hear(&mut all).await["agent-id"], 1002);
    assert_eq!(hear(&mut all).await["message"], "agent-release");
    assert_eq!(hear(&mut all).await["message"], "agent-idle");
    // The next thing that the first one hears is the answer to what it asks.
    let reply = subscribe(&mut one, &[("call-activity", &["*"])]).await;
    assert_eq!(reply["sequence"], 4, "nothing came in between: {reply}");
}

#[tokio::test]
async fn what_is_unknown_or_not_available_is_a_partial_failure_that_names_it() {
    let relay = relay("").await;
    let mut crm = relay.application("crm").await;
    let reply =
        subscribe(&mut crm, &[("agent-status", &["none"]), ("call-activity", &["*"]), ("call-of-later", &["*"])]).await;
    assert_eq!(reply["result"], 1);
    let info = reply["additional-info"].as_str().unwrap();
    assert!(info.contains("agent-status none: unknown") && info.contains("call-of-later: not available"), "{info}");
    let reply = subscribe(&mut crm, &[("agent-need-help", &["7"])]).await;
    assert_eq!(reply["result"], -1);
}

/// The bridge and the application were started together: nothing has been shown yet.
#[tokio::test]
async fn ids_subscribed_to_before_the_platform_was_there_are_told_of_once_it_is() {
    let feed = FeedSim::start().await.unwrap();
    let address = feed.address;
    drop(feed);
    let silent = configuration_of(&address.to_string(), "");
    let running = run(&silent).await;
    let mut crm = soon("a log-on", Subscriber::log_on(running.applications[0], "crm", CRM)).await.unwrap();
    let types: [(&str, &[&str]); 2] = [("agent-status", &["1001"]), ("agent-login-logout", &["1001"])];
    assert_eq!(subscribe(&mut crm, &types).await["result"], 0);
    let feed = FeedSim::at(address).await.unwrap();
    let mut line = soon("the bridge's log-on to the feed", feed.welcome(PASSWORD)).await.unwrap();
    line.say(&login(1002, 0)).await.unwrap();
    line.say(&login(1001, 1)).await.unwrap();
    line.say(&agent("agent-idle", 1001, 2, json!({}))).await.unwrap();
    for name in ["agent-login", "agent-idle"] {
        let heard = hear(&mut crm).await;
        assert_eq!((heard["message"].as_str(), heard["agent-id"].as_i64()), (Some(name), Some(1001)));
    }
}

#[tokio::test]
async fn what_the_platform_does_not_have_once_it_has_shown_everything_is_unknown() {
    let feed = FeedSim::start().await.unwrap();
    let running = run(&configuration(&feed, "").replace("reconnect_min", "resync_grace = '1ms'\nreconnect_min")).await;
    let mut line = soon("the bridge's log-on to the feed", feed.welcome(PASSWORD)).await.unwrap();
    line.say(&login(1001, 0)).await.unwrap();
    let mut crm = soon("a log-on", Subscriber::log_on(running.applications[0], "crm", CRM)).await.unwrap();
    loop {
        let reply = subscribe(&mut crm, &[("agent-status", &["1001", "77"])]).await;
        if reply["result"] == 1 {
            assert_eq!(reply["additional-info"], "agent-status 77: unknown");
            return;
        }
    }
}

#[tokio::test]
async fn the_types_of_which_the_guide_says_only_the_names_hear_of_calls() {
    let mut relay = relay("").await;
    let asked = relay.line.subscribed["subscribe"].to_string();
    for name in ["call-routing", "call-establishment", "call-statistics"] {
        assert!(asked.contains(&format!("[\"ecc\",\"{name}\",[\"*\"]]")), "{asked}");
        let mut crm = relay.application("crm").await;
        assert_eq!(subscribe(&mut crm, &[(name, &["*"])]).await["result"], 0);
        relay.say(call("route-request", 900, 1, json!({ "irn-id": 3, "irn-device": "700" }))).await;
        assert_eq!(hear(&mut crm).await["message"], "route-request");
    }
}

#[tokio::test]
async fn a_message_that_nobody_knows_is_no_gap() {
    let mut relay = relay("").await;
    let mut crm = relay.application("crm").await;
    subscribe(&mut crm, &[("agent-status", &["*"])]).await;
    relay.say(login(1001, 0)).await;
    relay.say(other("of-later", 1, json!({}))).await;
    relay.say(other("", 1, json!({ "group-id": 9 }))).await;
    relay.line.raw(b"{\"message\": \"agent-idle\", \"sequence\": \0").await.unwrap();
    relay.say(agent("agent-idle", 1001, 2, json!({}))).await;
    assert_eq!(hear(&mut crm).await["message"], "agent-idle");
    let metrics = get(relay.running.admin.unwrap(), "/metrics").await;
    let gap = |line: &str| line.starts_with("cti_bridge_sequence_gaps_total{") && !line.ends_with(" 0");
    assert!(!metrics.lines().any(gap), "{metrics}");
}

#[tokio::test]
async fn subscribing_to_entities_is_answered_with_a_snapshot_and_then_updates() {
    let mut relay = relay("").await;
    let mut crm = relay.application("crm").await;
    let entities = json!({ "agents": [{ "agent-id": 1001, "agent-number": "77", "agent-name": "Ann" }] });
    relay.say(other("entity-snapshot", 0, entities)).await;
    subscribe(&mut crm, &[("agent-activity", &["*"])]).await;
    relay.say(login(1001, 1)).await;
    assert_eq!(hear(&mut crm).await["message"], "agent-login");

    assert_eq!(subscribe(&mut crm, &[("entity", &["agent"])]).await["result"], 0);
    let snapshot = hear(&mut crm).await;
    assert_eq!((snapshot["message"].as_str(), snapshot["filter"].as_str()), (Some("entity-snapshot"), Some("agent")));
    assert_eq!(snapshot["agents"], json!([{ "agent-id": 1001, "agent-number": "77", "agent-name": "Ann" }]));
    let update = json!({ "update-type": "add", "filter": "agent", "agent-id": 1002, "agent-name": "Ben" });
    relay.say(other("entity-update", 2, update)).await;
    let heard = hear(&mut crm).await;
    assert_eq!((heard["update-type"].as_str(), heard["agent-id"].as_i64()), (Some("add"), Some(1002)));
}

#[tokio::test]
async fn entities_of_all_kinds_are_told_with_all_that_the_feed_says_of_them() {
    let mut relay = relay("").await;
    let mut crm = relay.application("crm").await;
    let group = json!({ "group-id": "9", "group-name": "Sales", "short-call-threshold": 5, "thresholds": [{ "threshold-name": "t" }] });
    let number = json!({ "dnis-id": 3, "dnis-number": 800, "dnis-name": "Main", "of-later": true });
    let code = |name: &str| json!({ "release-codes": [{ "release-code-id": 7, "release-code-name": name }] });
    relay.say(other("entity-snapshot", 0, json!({ "groups": [group], "dnis": [number] }))).await;
    relay.say(other("entity-snapshot", 1, code("Lunch"))).await;
    subscribe(&mut crm, &[("agent-login-logout", &["*"])]).await;
    relay.say(login(1001, 2)).await;
    assert_eq!(hear(&mut crm).await["message"], "agent-login");
    subscribe(&mut crm, &[("entity", &["group", "dnis", "release-code", "wrapup-code"])]).await;
    let mut told = Map::new();
    for _ in 0..4 {
        let Value::Object(snapshot) = hear(&mut crm).await else { panic!("no object") };
        told.extend(snapshot.into_iter().filter(|(_, value)| value.is_array()));
    }
    assert_eq!(told["wrapup-codes"], json!([]));
    assert_eq!((&told["groups"], &told["dnis"]), (&json!([group]), &json!([number])));
    assert_eq!(told["release-codes"], code("Lunch")["release-codes"]);

    let update = json!({ "update-type": "update", "sub-topic": "dnis-update", "dnis-id": 3, "dnis-name": "Hotline" });
    let agents = json!({ "update-type": "add", "sub-topic": "agent-update", "agent-id": "1002", "agent-name": "Ben" });
    // Nobody wants agents, and the second snapshot says what the first one did.
    for news in [agents, update, code("Lunch"), code("Break")] {
        let name = if news.get("update-type").is_some() { "entity-update" } else { "entity-snapshot" };
        relay.say(other(name, 3, news)).await;
    }
    assert_eq!(hear(&mut crm).await["dnis-name"], "Hotline");
    assert_eq!(hear(&mut crm).await["release-codes"], code("Break")["release-codes"]);
    let mut late = relay.application("crm").await;
    subscribe(&mut late, &[("entity", &["dnis"])]).await;
    let renamed = json!({ "dnis-id": 3, "dnis-number": 800, "dnis-name": "Hotline", "of-later": true });
    assert_eq!(hear(&mut late).await["dnis"], json!([renamed]));
}

#[tokio::test]
async fn commands_reach_the_platform_and_their_replies_come_back_once() {
    let mut relay = relay("").await;
    let mut crm = relay.application("crm").await;
    relay.say(login(1001, 0)).await;
    subscribe(&mut crm, &[("agent-status", &["*"])]).await;
    relay.say(agent("agent-idle", 1001, 1, json!({}))).await;
    assert_eq!(hear(&mut crm).await["message"], "agent-idle");

    let release = json!({ "message": "command", "sub-request-type": "release", "agent-id": 1001, "release-code": 5 });
    let id = crm.send(release.clone()).await.unwrap();
    let command = soon("a command", relay.line.hear()).await.unwrap();
    assert_eq!((command["sub-request-type"].as_str(), command["release-code"].as_i64()), (Some("release"), Some(5)));
    relay.line.answer(&command, 0, None).await.unwrap();
    let reply = hear(&mut crm).await;
    assert_eq!((reply["request-id"].as_i64(), reply["result"].as_i64()), (Some(id), Some(0)));
    assert_eq!(reply["command"], "release");

    let id = crm.send(release).await.unwrap();
    let command = soon("a command", relay.line.hear()).await.unwrap();
    relay.line.answer(&command, -5, Some("not during a call")).await.unwrap();
    let reply = hear(&mut crm).await;
    assert_eq!((reply["request-id"].as_i64(), reply["error-msg"].as_str()), (Some(id), Some("not during a call")));
    assert!(reply["result"].as_i64().unwrap() < 0);
}

#[tokio::test]
async fn whoever_may_only_listen_gives_no_commands() {
    let mut relay = relay("").await;
    relay.say(login(1001, 0)).await;
    let mut wall = relay.application("wall").await;
    let release = json!({ "message": "command", "sub-request-type": "resume", "agent-id": 1001 });
    let reply = soon("a reply", wall.ask(release)).await.unwrap();
    assert!(reply["result"].as_i64().unwrap() < 0);
    assert!(reply["error-msg"].as_str().unwrap().contains("may listen"), "{reply}");
}

#[tokio::test]
async fn something_else_than_an_authentication_first_ends_the_connection() {
    let relay = relay("").await;
    let address = relay.running.applications[0];
    let mut stranger = Subscriber::connect(address).await.unwrap();
    let reply = soon("a reply", stranger.subscribe(&[("call-activity", &["*"])])).await.unwrap();
    assert_eq!(reply["result"], -1);
    assert!(soon("the end", stranger.hear()).await.is_err());
    let refused = soon("a reply", Subscriber::log_on(address, "crm", "wrong")).await.err().unwrap();
    assert!(refused.to_string().contains("unknown user or wrong password"), "{refused}");
}

#[tokio::test]
async fn what_is_no_request_is_answered_and_the_connection_goes_on() {
    let relay = relay("max_frame = 1000").await;
    let mut crm = relay.application("crm").await;
    for broken in
        ["{\"message\": \0".to_owned(), "{\"message\":\"dance\"}\0".to_owned(), format!("\"{}\"\0", "x".repeat(2000))]
    {
        crm.raw(broken.as_bytes()).await.unwrap();
        let reply = hear(&mut crm).await;
        assert_eq!((reply["request-id"].as_i64(), reply["result"].as_i64()), (Some(-1), Some(-1)), "{reply}");
        assert!(!reply["error-msg"].as_str().unwrap().is_empty());
    }
    // The guide wants the number wherever it can be identified; what is understood in part is not carried out.
    let command = |name: &str| json!({ "message": "command", "sub-request-type": name, "group-type": ["soon"] });
    for (request, reason) in [
        (json!({ "message": "dance" }), "unknown message \"dance\""),
        (command("dance"), "unknown message \"command/dance\""),
        (command("login"), "group-type is not of type"),
        (json!({ "message": "subscribe-events", "subscribe": "everything" }), "subscribe is not of type"),
    ] {
        let reply = soon("a reply", crm.ask(request)).await.unwrap();
        assert!(reply["result"] == -1 && reply["error-msg"].as_str().unwrap().starts_with(reason), "{reply}");
    }
    let reply = soon("a reply", crm.ask(command("dance"))).await.unwrap();
    assert_eq!(reply["command"], "dance", "the command as it was received");
    assert_eq!(subscribe(&mut crm, &[("call-activity", &["*"])]).await["result"], 0);
}

#[tokio::test]
async fn one_connection_too_many_is_refused_and_the_others_go_on() {
    let mut relay = relay("connections = 2").await;
    let mut first = relay.application("crm").await;
    let _second = relay.application("crm").await;
    let mut third = Subscriber::connect(relay.running.applications[0]).await.unwrap();
    assert!(soon("the refusal", third.hear()).await.is_err());
    subscribe(&mut first, &[("agent-activity", &["*"])]).await;
    relay.say(login(1001, 0)).await;
    assert_eq!(hear(&mut first).await["message"], "agent-login");
    let metrics = get(relay.running.admin.unwrap(), "/metrics").await;
    assert!(metrics.contains(r#"cti_bridge_sessions_lost_total{application="crm",cause="too-many"} 1"#), "{metrics}");
}

#[tokio::test]
async fn who_does_not_read_loses_the_connection_and_nobody_else_notices() {
    let mut relay = relay("queue = 64\nqueue_bytes = '64KiB'").await;
    let mut idle = relay.application("crm").await;
    let mut busy = relay.application("crm").await;
    for subscriber in [&mut idle, &mut busy] {
        subscribe(subscriber, &[("call-activity", &["*"])]).await;
    }
    // Enough that no buffer between here and there holds it all; the other one hears each before the next is said.
    let note = "x".repeat(60_000);
    let table = json!([{ "media": 1, "call-type": 1, "dnis": "800", "group": { "type": 4, "id": 9 }, "connections": [],
        "call-profile": [{ "id": 101, "value": note }] }]);
    for number in 0..400 {
        relay.say(call("queued", 900 + number, 1, json!({ "call-table": table }))).await;
        assert_eq!(hear(&mut busy).await["call-id"], 900 + number);
        let metrics = get(relay.running.admin.unwrap(), "/metrics").await;
        if metrics.contains(r#"cti_bridge_sessions_lost_total{application="crm",cause="fell-behind"} 1"#) {
            return;
        }
    }
    panic!("a connection that reads nothing was kept");
}

#[tokio::test]
async fn a_platform_that_goes_away_takes_its_calls_with_it_and_leaves_its_entities() {
    let mut relay = relay("").await;
    let mut crm = relay.application("crm").await;
    subscribe(&mut crm, &[("entity", &["*"]), ("call-activity", &["*"])]).await;
    for _ in 0..7 {
        assert_eq!(hear(&mut crm).await["message"], "entity-snapshot");
    }
    let entities = json!({ "sub-topic": "group-update", "groups": [{ "group-id": 9, "group-name": "Sales" }] });
    relay.say(other("entity-snapshot", 0, entities.clone())).await;
    assert_eq!(hear(&mut crm).await["groups"], entities["groups"]);
    relay.say(call("queued", 900, 1, json!({ "queued-group-internal-id": 9, "queued-group-type": 4 }))).await;
    assert_eq!(hear(&mut crm).await["message"], "queued");
    relay.line.close().await.unwrap();
    // The guide keeps deletions for Director's changes: the group exists whether or not its platform is connected.
    assert_eq!(subscribe(&mut crm, &[("entity", &["group"])]).await["result"], 0);
    loop {
        let heard = hear(&mut crm).await;
        assert_ne!(heard["message"], "entity-update", "{heard}");
        if heard["message"] == "entity-snapshot" {
            assert_eq!((&heard["groups"], &heard["sub-topic"]), (&entities["groups"], &json!("group-update")));
            return;
        }
    }
}

#[tokio::test]
async fn agent_queues_and_email_agent_queues_do_not_remove_each_other() {
    let mut relay = relay("").await;
    let mut crm = relay.application("crm").await;
    let queues = |ids: &[&str]| json!(ids.iter().map(|id| json!({ "agent-queue-id": id })).collect::<Vec<_>>());
    let of =
        |filter: &str, ids: &[&str]| json!({ "filter": filter, "sub-topic": "entity", "agent-queues": queues(ids) });
    relay.say(other("entity-snapshot", 0, of("agent-queue", &["1001", "1002"]))).await;
    relay.say(other("entity-snapshot", 0, of("email agent queue", &["1001"]))).await;
    subscribe(&mut crm, &[("agent-login-logout", &["*"])]).await;
    relay.say(login(1001, 2)).await;
    assert_eq!(hear(&mut crm).await["message"], "agent-login");
    subscribe(&mut crm, &[("entity", &["agent-queue", "email agent queue"])]).await;
    for (filter, ids) in [("agent-queue", &["1001", "1002"][..]), ("email agent queue", &["1001"])] {
        let heard = hear(&mut crm).await;
        assert_eq!((&heard["filter"], &heard["sub-topic"]), (&json!(filter), &json!("entity")), "as the feed's own");
        assert_eq!(heard["agent-queues"], queues(ids));
    }
}
