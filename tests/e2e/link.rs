//! The platform is lost, misses something, falls silent, refuses: what the application hears of it.

use cti_bridge::sim::{feed::FeedSim, messages::*};
use serde_json::json;

use crate::world::*;

async fn talking(world: &mut World, desk: &mut cti_bridge::sim::desk::Desk) {
    world.agent(desk, 1001).await;
    let answered = all(&[agent_device("joining-device", 1001), outside("calling-device")]);
    world.say(call("established", 900, 4, answered)).await;
    let events = ["CallStarted 900", "CallOffered 900", "CallEstablished 900 a1001", "AgentStateChange a1001 Active"];
    hears(desk, &events).await;
}

#[tokio::test]
async fn a_lost_platform_ends_every_call_once_and_comes_back_with_its_differences_only() {
    let platform = "resync_grace = '50ms'\nlink_grace = '100ms'";
    let mut world = World::with(Extra { platform, ..Extra::default() }).await;
    let mut desk = world.desk().await;
    talking(&mut world, &mut desk).await;
    world.agent(&mut desk, 1002).await;
    world.line.close().await.unwrap();
    let gone = [&LOST_WITH_A_CALL[..], &["AgentLoginStateChange a1002 AgentLoggedOut"]].concat();
    hears(&mut desk, &gone).await;
    desk.ask("SetAgentState", &[("AgentIdx", "1001"), ("NewState", "Idle")]).await.unwrap();
    let events = hears(&mut desk, &["AgentRequestFailed a1001 RequestFailed #1"]).await;
    assert_eq!(events[0]["FailureReason"], json!("mitel is not connected"));

    world.line = soon("another log-on", world.feed.welcome(PASSWORD)).await.unwrap();
    hears(&mut desk, &["LinkStatus Up"]).await;
    let agents = json!([{ "agent-id": 1001, "agent-ext": "4001", "agent-state": 1 }]);
    world.say(other("group-agent-stats", 20, json!({ "group-id": 9, "agents": agents }))).await;
    hears(&mut desk, &["AgentLoginStateChange a1001 AgentLoggedIn", "AgentStateChange a1001 Idle"]).await;
    // The call is heard of again: it is another one now, under another number.
    world.say(call("retrieved", 900, 30, agent_device("device", 1001))).await;
    let events = hears(&mut desk, &["CallStarted 1900000001"]).await;
    assert_eq!(events[0]["CallSequenceId"], json!(5900));
}

#[tokio::test]
async fn a_platform_that_is_back_in_time_shows_which_calls_went_on() {
    let mut world = World::with(Extra { platform: "resync_grace = '50ms'", ..Extra::default() }).await;
    let mut desk = world.desk().await;
    talking(&mut world, &mut desk).await;
    world.agent(&mut desk, 1002).await;
    world.line.close().await.unwrap();
    hears(&mut desk, &["LinkStatus Down"]).await;
    world.line = soon("another log-on", world.feed.welcome(PASSWORD)).await.unwrap();
    hears(&mut desk, &["LinkStatus Up"]).await;
    let agents = json!([{ "agent-id": 1001, "agent-ext": "4001", "agent-state": 2, "acd-calls": 1 }]);
    world.say(other("group-agent-stats", 20, json!({ "group-id": 9, "agents": agents }))).await;
    hears(&mut desk, &["AgentLoginStateChange a1002 AgentLoggedOut"]).await;
    world.say(call("held", 900, 30, agent_device("device", 1001))).await;
    hears(&mut desk, &["CallHeld 900 a1001"]).await;
}

#[tokio::test]
async fn whoever_comes_on_line_while_the_platform_is_away_is_told() {
    // The port is taken, and nobody listens.
    let nobody = tokio::net::TcpSocket::new_v4().unwrap();
    nobody.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = nobody.local_addr().unwrap().to_string();
    let running = run(&text(&address, &Extra::default())).await;
    let mut desk = cti_bridge::sim::desk::Desk::start(running.applications[0]).await.unwrap();
    soon("a session", desk.online("Test01", USER_PASSWORD)).await.unwrap();
    hears(&mut desk, &["LinkStatus Down"]).await;
}

#[tokio::test]
async fn missed_messages_are_answered_by_a_fresh_snapshot() {
    let mut world = World::with(Extra { platform: "resync_grace = '50ms'", ..Extra::default() }).await;
    let mut desk = world.desk().await;
    world.agent(&mut desk, 1001).await;
    world.agent(&mut desk, 1002).await;
    world.line.skip();
    world.say(agent("agent-idle", 1001, 5, json!({}))).await;
    let request = world.command().await;
    let types: Vec<_> = request["subscribe"].as_array().unwrap().iter().map(|one| one[1].as_str().unwrap()).collect();
    assert_eq!(types, ["entity", "group-agent-stats", "daily-agent-stats"]);
    world.line.answer(&request, 0, None).await.unwrap();
    let agents = json!([{ "agent-id": 1001, "agent-ext": "4001", "agent-state": 7, "state-start-time": at(6) }]);
    world.say(other("group-agent-stats", 20, json!({ "group-id": 9, "agents": agents }))).await;
    hears(&mut desk, &["AgentStateChange a1001 NotReady", "AgentLoginStateChange a1002 AgentLoggedOut"]).await;
}

#[tokio::test]
async fn a_half_open_connection_is_found_and_replaced() {
    let mut world =
        World::with(Extra { platform: "silence = '500ms'\nreply_timeout = '3s'", ..Extra::default() }).await;
    let mut desk = world.desk().await;
    // Silence is answered by a subscription; one that nobody answers, by a new connection.
    let request = world.command().await;
    assert_eq!(request["message"], json!("subscribe-events"));
    hears(&mut desk, &["LinkStatus Down"]).await;
    world.line = soon("another log-on", world.feed.welcome(PASSWORD)).await.unwrap();
    hears(&mut desk, &["LinkStatus Up"]).await;
}

#[tokio::test]
async fn a_platform_that_refuses_the_password_is_tried_again() {
    let feed = FeedSim::start().await.unwrap();
    let _running = run(&text(&feed.address.to_string(), &Extra::default())).await;
    for _ in 0..3 {
        let mut line = soon("an attempt", feed.accept()).await.unwrap();
        let request = soon("the authentication", line.hear()).await.unwrap();
        assert_eq!(request["message"], json!("authenticate"));
        line.answer(&request, -1, Some("invalid user")).await.unwrap();
        assert!(soon("the end", line.hear()).await.is_err());
    }
    soon("a log-on at last", feed.welcome(PASSWORD)).await.unwrap();
}

#[tokio::test]
async fn a_command_that_nobody_answers_fails_in_time() {
    let mut world = World::with(Extra { platform: "reply_timeout = '3s'", ..Extra::default() }).await;
    let mut desk = world.desk().await;
    talking(&mut world, &mut desk).await;
    desk.ask("ClearCall", &[("AgentIdx", "1001"), ("CallId", "900")]).await.unwrap();
    let command = world.command().await;
    assert_eq!(command["sub-request-type"], json!("hangup"));
    let events = hears(&mut desk, &["CallRequestFailed 900 a1001 RequestFailed #1"]).await;
    assert!(events[0]["FailureReason"].as_str().unwrap().contains("whether it was done is not known"));
    // The late answer answers nothing.
    world.line.answer(&command, 0, None).await.unwrap();
    world.say(call("call-cleared", 900, 9, json!({}))).await;
    hears(&mut desk, &["CallCleared 900 a1001 NearEnd"]).await;
}
