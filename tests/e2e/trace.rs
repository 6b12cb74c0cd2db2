//! The stories that `cti-bridge trace` tells: of a call, an agent or a request, afterwards and as they happen.

use cti_bridge::sim::{
    desk::Desk,
    feed::{FeedLine, FeedSim},
    messages::*,
};
use serde_json::{Value, json};

use crate::{
    control::{Operator, command},
    daemon::{Daemon, Hosted},
    world::*,
};

#[tokio::test]
async fn the_story_of_a_call_is_told_afterwards_and_as_it_happens() {
    let operator = Operator::new("trace");
    let rest = operator.section();
    let mut world = Hosted::with(Extra { rest: &rest, ..Extra::default() }).await;
    world.works(1001).await;
    let answered = all(&[agent_device("joining-device", 1001), outside("calling-device")]);
    world.line.say(&call("established", 900, 4, answered)).await.unwrap();
    while short(&event(&mut world.desk).await) != "CallEstablished 900 a1001" {}
    world.desk.ask("HoldCall", &[("AgentIdx", "1001"), ("CallId", "900")]).await.unwrap();
    while !short(&event(&mut world.desk).await).starts_with("CallRequestFailed") {}

    let story = operator.does(&["trace", "--call", "900"]).await;
    assert_eq!(story.code, Some(0), "{}", story.err);
    let mut lines = story.out.lines();
    for parts in [
        ["a message came in event=\"message_in\" platform=\"mitel\"", "message_name=\"established\" call=\"900\""],
        ["a rule fired event=\"rule_fired\" platform=\"mitel\"", "rule=\"established\""],
        ["event=\"picture_changed\" platform=\"mitel\"", "transition=\"connected\" call=\"900\" agent=\"1001\""],
        ["event=\"message_out\" application=\"desk\"", "message_name=\"CallEstablished\""],
        ["event=\"message_in\" application=\"desk\"", "message_name=\"HoldCall\""],
        ["event=\"request_taken\" application=\"desk\"", "operation=\"ask-hold\""],
        ["event=\"message_out\" application=\"desk\"", "message_name=\"CallRequestFailed\""],
    ] {
        let told = |line: &str| line.starts_with("20") && parts.iter().all(|part| line.contains(part));
        assert!(lines.any(told), "{parts:?} is missing, or not in its place, in\n{}", story.out);
    }
    assert!(!story.out.contains("5551234") && !story.out.contains("agent-login"), "{}", story.out);
    let of_agent = operator.does(&["trace", "--agent", "1001"]).await;
    assert!(of_agent.out.contains("message_name=\"agent-login\""), "{}", of_agent.out);
    let of_request = operator.does(&["trace", "--request", "1"]).await;
    assert!(of_request.out.contains("message_name=\"HoldCall\""), "{}", of_request.out);
    assert_eq!(operator.does(&["trace", "--call", "77"]).await.out, "");

    // Somebody who follows hears of what was, and then of what happens at once.
    let queued = json!({ "queued-group-internal-id": 9, "queued-group-type": 4 });
    world.line.say(&call("queued", 901, 4, queued)).await.unwrap();
    while !short(&event(&mut world.desk).await).starts_with("CallStarted 901") {}
    let mut follow = command(&operator, &["trace", "--call", "901", "--follow"]);
    let mut child = follow.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let lines = std::io::BufReader::new(child.stdout.take().unwrap());
    let (begun, follows) = tokio::sync::oneshot::channel();
    let reading = tokio::task::spawn_blocking(move || {
        use std::io::BufRead;
        let mut lines = lines.lines().map_while(Result::ok);
        let _ = begun.send(lines.next());
        lines.find(|line| line.contains("CallEstablished"))
    });
    let answered = all(&[agent_device("joining-device", 1001), outside("calling-device")]);
    assert!(soon("the story so far", follows).await.unwrap().is_some());
    world.line.say(&call("established", 901, 4, answered)).await.unwrap();
    let line = soon("a line", reading).await.unwrap();
    assert!(line.is_some_and(|line| line.contains("call=\"901\"")));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test]
async fn a_transfer_makes_one_story_of_its_calls() {
    let operator = Operator::new("transfer");
    let rest = operator.section();
    let mut world = Hosted::with(Extra { rest: &rest, ..Extra::default() }).await;
    let story = "tests/stories/event-feed-to-ctips/consultation-transfer-into-a-new-call.in.ndjson";
    for line in std::fs::read_to_string(story).unwrap().lines() {
        world.line.say(&serde_json::from_str(line).unwrap()).await.unwrap();
    }
    world.works(1003).await;
    // Whichever of the three calls is asked for.
    let mut stories = Vec::new();
    for call in ["900", "901", "902"] {
        stories.push(operator.does(&["trace", "--call", call]).await.out);
    }
    assert!(stories[0] == stories[1] && stories[1] == stories[2], "{stories:#?}");
    for part in [
        "message_name=\"queued\" call=\"900\"",
        "message_name=\"delivered\" call=\"901\"",
        "message_name=\"transferred\" call=\"900\"",
        "transition=\"transferred\" call=\"900\" second_call=\"901\"",
        "message_name=\"call-cleared\" call=\"902\"",
        "message_name=\"CallTransferred\"",
        "message_name=\"CallEnd\"",
    ] {
        assert!(stories[0].contains(part), "{part} is missing in\n{}", stories[0]);
    }
    assert!(!stories[0].contains("agent=\"1003\""), "{}", stories[0]);
}

/// A feed's log-on to the bridge, and the agents that it shows.
async fn feed(sim: &FeedSim, desk: &mut Desk, agents: &[i64]) -> FeedLine {
    let mut line = soon("the log-on", sim.welcome(PASSWORD)).await.unwrap();
    for agent in agents {
        line.say(&login(*agent, 0)).await.unwrap();
        while !short(&event(desk).await).starts_with("AgentLoginStateChange") {}
    }
    line
}

fn with_guid(mut message: Value, guid: &str) -> Value {
    message["guid"] = guid.into();
    message
}

/// An application in front of two platforms, with an agent of each.
struct Platforms {
    _daemon: Daemon,
    desk: Desk,
    north: FeedLine,
    south: FeedLine,
}

impl Platforms {
    async fn start(operator: &Operator) -> Platforms {
        let (north, south) = (FeedSim::start().await.unwrap(), FeedSim::start().await.unwrap());
        let platform = |name: &str, feed: &FeedSim| {
            format!(
                "[platform.{name}]\ndialect = 'event-feed'\naddress = '{}'\nuser = 'feed'\npassword = '{PASSWORD}'\n",
                feed.address
            )
        };
        let text = format!(
            "{}{}[application.desk]\ndialect = 'ctips'\nlisten = '127.0.0.1:0'\nusers = {{ Test01 = '{USER_PASSWORD}' }}\n\
             platforms = ['north', 'south']\n{}",
            platform("north", &north),
            platform("south", &south),
            operator.section()
        );
        let mut daemon = Daemon::start(&text);
        let mut desk = Desk::start(daemon.address().await).await.unwrap();
        soon("a session", desk.online("Test01", USER_PASSWORD)).await.unwrap();
        let north = feed(&north, &mut desk, &[1001]).await;
        let south = feed(&south, &mut desk, &[1002]).await;
        Platforms { _daemon: daemon, desk, north, south }
    }
}

#[tokio::test]
async fn a_call_that_moves_to_another_platform_is_one_story() {
    let operator = Operator::new("platforms");
    let Platforms { _daemon, mut desk, mut north, mut south } = Platforms::start(&operator).await;
    // The caller's call, and the one that the agent makes for its transfer, with the same guid on both platforms.
    let guids = ["00030000-0384-5d4e-a1f7-001049240001", "{00030000-0385-5D4E-A1F7-0010492400AB}"];
    let joins = |agent| all(&[agent_device("joining-device", agent), outside("calling-device")]);
    let transferred = json!({
        "secondary-call-id": 901, "secondary-pbx-call-id": 5901, "secondary-guid": guids[1],
        "resultant-call-id": 901, "resultant-pbx-call-id": 5901, "resultant-guid": guids[1],
    });
    let parties = all(&[outside("transferred-device"), device("transfer-to-device", 0, 5, "4002")]);
    let answered = call("established", 900, 1, joins(1001));
    let begun = call("initiated", 901, 2, agent_device("device", 1001));
    let arrived = call("established", 77, 3, all(&[agent_device("joining-device", 1002), outside("calling-device")]));
    north.say(&with_guid(answered, guids[0])).await.unwrap();
    north.say(&with_guid(begun, guids[1])).await.unwrap();
    while !short(&event(&mut desk).await).starts_with("CallOriginated") {}
    south.say(&with_guid(arrived, &guids[1].to_lowercase())).await.unwrap();
    while !short(&event(&mut desk).await).starts_with("CallEstablished") {}
    let moved = call("transferred", 900, 4, all(&[transferred, parties, agent_device("transferring-device", 1001)]));
    north.say(&with_guid(moved, guids[0])).await.unwrap();
    while !short(&event(&mut desk).await).starts_with("CallTransferred") {}

    let mut stories = Vec::new();
    for id in ["901", "77", "900", guids[1]] {
        stories.push(operator.does(&["trace", "--call", id]).await.out);
    }
    assert!(stories.iter().all(|story| *story == stories[0]), "{stories:#?}");
    let mut lines = stories[0].lines();
    for parts in [
        ["event=\"message_in\" platform=\"north\" message_name=\"established\"", "call=\"900\""],
        ["event=\"message_out\" application=\"desk\" message_name=\"CallEstablished\"", "platform_call=\"900\""],
        ["event=\"message_in\" platform=\"north\" message_name=\"initiated\"", "call=\"901\""],
        ["event=\"message_out\" application=\"desk\" message_name=\"CallOriginated\"", "platform_call=\"901\""],
        ["event=\"message_in\" platform=\"south\" message_name=\"established\"", "call=\"77\""],
        ["event=\"message_out\" application=\"desk\" message_name=\"CallEstablished\"", "platform_call=\"77\""],
        ["event=\"message_in\" platform=\"north\" message_name=\"transferred\"", "call=\"900\""],
        ["event=\"message_out\" application=\"desk\" message_name=\"CallTransferred\"", "platform_call=\"900\""],
    ] {
        let told = |line: &str| parts.iter().all(|part| line.contains(part));
        assert!(lines.any(told), "{parts:?} is missing, or not in its place, in\n{}", stories[0]);
    }
    // The application knows the other platform's call by another id.
    assert!(!stories[0].contains(" call=\"77\" agent=\"1002\" platform_call"), "{}", stories[0]);
}

#[tokio::test]
async fn calls_of_two_platforms_that_an_application_names_together_are_one_story_without_a_guid() {
    let operator = Operator::new("apart");
    let Platforms { _daemon, mut desk, mut north, mut south } = Platforms::start(&operator).await;
    let joins = |agent| all(&[agent_device("joining-device", agent), outside("calling-device")]);
    north.say(&call("established", 900, 1, joins(1001))).await.unwrap();
    while short(&event(&mut desk).await) != "CallEstablished 900 a1001" {}
    south.say(&call("established", 77, 1, joins(1002))).await.unwrap();
    while !short(&event(&mut desk).await).starts_with("CallEstablished 77") {}
    // Another call of that number, on the other platform.
    south.say(&call("queued", 900, 2, json!({ "queued-group-internal-id": 9, "queued-group-type": 4 }))).await.unwrap();
    while !short(&event(&mut desk).await).starts_with("CallStarted") {}
    let before = operator.does(&["trace", "--call", "77"]).await.out;
    assert!(before.contains("platform=\"south\"") && !before.contains("platform=\"north\""), "{before}");
    // The bridge transfers nothing from one platform to another, and says so; now it knows that the two belong together.
    let fields =
        [("AgentIdx", "1001"), ("CallId", "900"), ("ConsultationCallId", "77"), ("TransferType", "Consultation")];
    desk.ask("TransferCall", &fields).await.unwrap();
    while !short(&event(&mut desk).await).starts_with("CallRequestFailed") {}
    let moved = all(&[
        json!({ "resultant-call-id": 901, "resultant-pbx-call-id": 5901 }),
        outside("transferred-device"),
        device("transfer-to-device", 0, 5, "4002"),
        agent_device("transferring-device", 1001),
    ]);
    north.say(&call("transferred", 900, 4, moved)).await.unwrap();
    while !short(&event(&mut desk).await).starts_with("CallTransferred") {}

    let of_north = operator.does(&["trace", "--call", "900", "--platform", "north"]).await.out;
    assert_eq!(operator.does(&["trace", "--call", "77"]).await.out, of_north);
    let mut lines = of_north.lines();
    for parts in [
        ["event=\"message_in\" platform=\"north\" message_name=\"established\"", "call=\"900\""],
        ["event=\"message_out\" application=\"desk\" message_name=\"CallEstablished\"", "platform_call=\"900\""],
        ["event=\"message_in\" platform=\"south\" message_name=\"established\"", "call=\"77\""],
        ["event=\"message_out\" application=\"desk\" message_name=\"CallEstablished\"", "platform_call=\"77\""],
        ["event=\"message_in\" application=\"desk\"", "message_name=\"TransferCall\""],
        ["event=\"message_out\" application=\"desk\"", "message_name=\"CallRequestFailed\""],
        ["event=\"message_in\" platform=\"north\" message_name=\"transferred\"", "call=\"900\""],
    ] {
        let told = |line: &str| parts.iter().all(|part| line.contains(part));
        assert!(lines.any(told), "{parts:?} is missing, or not in its place, in\n{of_north}");
    }
    assert!(!of_north.contains("message_name=\"queued\""), "{of_north}");
    let of_south = operator.does(&["trace", "--call", "900", "--platform", "south"]).await.out;
    assert!(of_south.contains("message_name=\"queued\"") && !of_south.contains("platform=\"north\""), "{of_south}");
    let mistyped = operator.does(&["trace", "--call", "900", "--platform", "nort"]).await;
    assert_eq!(mistyped.code, Some(1));
    assert!(mistyped.err.contains("no platform is called \"nort\"; there are: north, south"), "{}", mistyped.err);
}

#[tokio::test]
async fn values_are_shown_if_they_are_wanted_and_secrets_never() {
    for wanted in [false, true] {
        let operator = Operator::new("values");
        let rest = format!("{}[trace]\nvalues = {wanted}\n", operator.section());
        let mut world = Hosted::with(Extra { rest: &rest, ..Extra::default() }).await;
        world.works(1001).await;
        let answered = all(&[agent_device("joining-device", 1001), outside("calling-device")]);
        world.line.say(&call("established", 900, 4, answered)).await.unwrap();
        while short(&event(&mut world.desk).await) != "CallEstablished 900 a1001" {}
        world.desk.ask("HoldCall", &[("AgentIdx", "1001"), ("CallId", "900")]).await.unwrap();
        while !short(&event(&mut world.desk).await).starts_with("CallRequestFailed") {}
        let (call, agent) = (["trace", "--call", "900"], ["trace", "--agent", "1001"]);
        let told = operator.does(&call).await.out + &operator.does(&agent).await.out;
        for value in ["\"dnis\":\"800\"", "\"ANI\":\"5551234\"", "\"AgentLoginName\":\"77\""] {
            assert_eq!(told.contains(value), wanted, "{value} in\n{told}");
        }
        assert!(told.contains("message_name=\"HoldCall\""), "{told}");
        for secret in [PASSWORD, USER_PASSWORD, &world.desk.session] {
            assert!(!told.contains(secret), "{secret} is shown in\n{told}");
        }
    }
}

#[tokio::test]
async fn what_the_memory_does_not_hold_any_more_is_said() {
    let operator = Operator::new("memory");
    let rest = format!("{}[trace]\nmemory = '128KiB'\n", operator.section());
    let mut world = Hosted::with(Extra { rest: &rest, ..Extra::default() }).await;
    world.works(1001).await;
    let answered = all(&[agent_device("joining-device", 1001), outside("calling-device")]);
    world.line.say(&call("established", 900, 4, answered)).await.unwrap();
    while short(&event(&mut world.desk).await) != "CallEstablished 900 a1001" {}
    let before = operator.does(&["trace", "--call", "900"]).await.out;
    assert!(before.contains("CallEstablished") && !before.contains("is gone"), "{before}");
    // A log-on or log-off is some sixty bytes.
    for round in 0..5000 {
        let id = 2000 + round % 10;
        let message = if round % 20 < 10 { "agent-login" } else { "agent-logout" };
        world.line.say(&agent(message, id, 5, json!({ "agent-number": id.to_string() }))).await.unwrap();
    }
    world.works(1002).await;
    let after = operator.does(&["trace", "--call", "900"]).await.out;
    assert!(
        after.starts_with("(older than 20") && after.ends_with(" is gone: [trace] memory holds 128 KiB)\n"),
        "{after}"
    );
    let latest = operator.does(&["trace", "--agent", "1002"]).await.out;
    assert!(latest.lines().count() > 2 && latest.contains("AgentLoginStateChange"), "{latest}");
}

#[tokio::test]
async fn nothing_is_remembered_where_that_is_not_wanted() {
    let operator = Operator::new("forgetful");
    let rest = operator.section() + "[trace]\nremember = false\n";
    let _world = Hosted::with(Extra { rest: &rest, ..Extra::default() }).await;
    let outcome = operator.does(&["trace", "--call", "900"]).await;
    assert!(outcome.code == Some(1) && outcome.err.contains("`remember = false`"), "{}", outcome.err);
}
