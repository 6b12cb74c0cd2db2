//! Calls and requests, from the feed's socket to the application's callback and back.

use cti_bridge::sim::messages::*;
use serde_json::json;

use crate::{support::story, world::*};

#[tokio::test]
async fn an_inbound_call_from_its_start_to_the_end_of_the_wrap_up() {
    let mut world = World::start().await;
    let mut desk = world.desk().await;
    world.agent(&mut desk, 1001).await;
    let (pair, flow) = ("event-feed-to-ctips", "call-to-a-service");
    for line in story::lines(pair, flow) {
        world.say(line).await;
    }
    let told: Vec<String> = story::told(pair, flow).iter().map(short).collect();
    let told: Vec<&str> = told.iter().map(String::as_str).collect();
    let events = hears(&mut desk, &told).await;
    let connected = &events[5];
    assert_eq!(connected["CallInfo"]["ANI"], json!(5551234));
    assert_eq!(connected["CallInfo"]["CallData"].as_array().map(Vec::len), Some(20), "always 20 items");
    assert_eq!(connected["CallInfo"]["CallData"][0], json!({ "key": 101, "value": "gold" }));
    assert_eq!((&connected["CallSequenceId"], &connected["SwitchId"]), (&json!(5900), &json!(1)));
}

/// A call that alerts at agent 1001.
async fn alerting(world: &mut World, desk: &mut cti_bridge::sim::desk::Desk) {
    world.agent(desk, 1001).await;
    let offered = all(&[agent_device("alerting-device", 1001), outside("calling-device")]);
    world.say(call("delivered", 900, 2, offered)).await;
    hears(
        desk,
        &["CallStarted 900", "CallOffered 900", "CallConnected 900 a1001", "AgentStateChange a1001 PendingActive"],
    )
    .await;
}

#[tokio::test]
async fn a_request_reaches_the_feed_and_the_event_that_shows_it_done_carries_its_number() {
    let mut world = World::start().await;
    let mut desk = world.desk().await;
    let mut other = world.desk().await;
    alerting(&mut world, &mut desk).await;
    let id = desk.ask("AcceptCall", &[("AgentIdx", "1001"), ("CallId", "900"), ("AcceptCall", "true")]).await.unwrap();
    let command = world.command().await;
    assert_eq!(
        (&command["sub-request-type"], &command["agent-id"], &command["call-id"], &command["request-id"]),
        (&json!("answer"), &json!(1001), &json!(900), &json!(id))
    );
    world.line.answer(&command, 0, None).await.unwrap();
    let answered = all(&[agent_device("joining-device", 1001), outside("calling-device")]);
    world.say(call("established", 900, 4, answered)).await;
    hears(&mut desk, &["CallEstablished 900 a1001 #1", "AgentStateChange a1001 Active"]).await;
    let events = hears(
        &mut other,
        &[
            "AgentLoginStateChange a1001 AgentLoggedIn",
            "AgentStateChange a1001 Idle",
            "CallStarted 900",
            "CallOffered 900",
            "CallConnected 900 a1001",
            "AgentStateChange a1001 PendingActive",
            "CallEstablished 900 a1001",
        ],
    )
    .await;
    assert_eq!(events[6]["RequestId"], json!(0), "the other session did not ask");
}

#[tokio::test]
async fn a_refused_command_and_one_that_the_feed_does_not_have_fail_with_a_reason() {
    let mut world = World::start().await;
    let mut desk = world.desk().await;
    alerting(&mut world, &mut desk).await;
    desk.ask("SetAgentState", &[("AgentIdx", "1001"), ("NewState", "NotReady")]).await.unwrap();
    let command = world.command().await;
    world.line.answer(&command, -5, Some("release code required")).await.unwrap();
    let events = hears(&mut desk, &["AgentRequestFailed a1001 RequestFailed #1"]).await;
    assert_eq!(events[0]["FailureReason"], json!("release code required"));
    desk.ask("HoldCall", &[("AgentIdx", "1001"), ("CallId", "900")]).await.unwrap();
    let events = hears(&mut desk, &["CallRequestFailed 900 a1001 RequestFailed #2"]).await;
    assert_eq!(
        events[0]["FailureReason"],
        json!("mitel (Mitel Connect ONSITE event feed) has no command to hold a call")
    );
}

#[tokio::test]
async fn broken_messages_are_passed_over_and_nothing_else_is() {
    let mut world = World::start().await;
    let mut desk = world.desk().await;
    world
        .line
        .raw(b"{\"message\":\"queued\",\0not json\0\xff\xfe\0{\"message\":\"never-heard-of\"}\0[]\0")
        .await
        .unwrap();
    world.agent(&mut desk, 1001).await;
}
