//! The Unix socket of `[admin]`: reload, log level, trace and support, as an operator uses them.

use std::{os::unix::fs::PermissionsExt, path::PathBuf, process::Command};

use cti_bridge::sim::{desk::Desk, messages::*};
use serde_json::json;

use crate::{daemon::Hosted, world::*};

struct Operator {
    socket: PathBuf,
}

/// What a command came to.
struct Outcome {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Operator {
    fn new(name: &str) -> Operator {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        Operator { socket: folder.join(format!("{name}-{}.sock", std::process::id())) }
    }

    fn section(&self) -> String {
        format!("[admin]\nsocket = '{}'\n[trace]\n", self.socket.display())
    }

    async fn does(&self, arguments: &[&str]) -> Outcome {
        let mut command = command(self, arguments);
        let run = tokio::task::spawn_blocking(move || command.output().unwrap());
        let output = soon("the command", run).await.unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Outcome { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

#[tokio::test]
async fn a_reload_is_answered_with_what_changed_or_why_nothing_did() {
    let operator = Operator::new("reload");
    let rest = operator.section();
    let mut world = Hosted::with(Extra { rest: &rest, ..Extra::default() }).await;
    assert_eq!(std::fs::metadata(&operator.socket).unwrap().permissions().mode() & 0o777, 0o660);
    let before = world.daemon.configuration();

    world.daemon.configure(&before.replace("dialect = 'ctips'", "dialect = 'ctipz'"));
    let refused = operator.does(&["reload"]).await;
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("1 error") && refused.err.contains("did you mean `ctips`?"), "{}", refused.err);

    // Another password, and a key that needs a restart.
    let changed = before.replace(USER_PASSWORD, "another-pass-66").replace("[trace]", "[trace]\nhistory = '4MiB'");
    assert_ne!(changed, before);
    world.daemon.configure(&changed);
    let done = operator.does(&["reload"]).await;
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(done.out.contains("in force sections=2") && done.out.contains("section=\"trace\""), "{}", done.out);
    assert!(!done.out.contains("application.desk"), "users need no restart: {}", done.out);
    let stranger = Desk::start(world.service).await.unwrap();
    stranger.open_at(&stranger.url(), "Test01", USER_PASSWORD).await.unwrap_err();
    stranger.open_at(&stranger.url(), "Test01", "another-pass-66").await.unwrap();
    // The session that was open goes on.
    world.works(1001).await;
    world.daemon.signal("-TERM");
    assert_eq!(world.daemon.end().await.code, Some(0));
    assert!(!operator.socket.exists(), "the socket goes with the bridge");
}

#[tokio::test]
async fn the_level_of_the_log_changes_while_the_bridge_runs() {
    let operator = Operator::new("level");
    let rest = operator.section();
    let mut world = Hosted::with(Extra { rest: &rest, ..Extra::default() }).await;
    let wrong = operator.does(&["log-level", "verbose"]).await;
    assert!(wrong.code == Some(1) && wrong.err.contains("did you mean `debug`?"), "{}", wrong.err);
    world.works(1001).await;
    assert_eq!(operator.does(&["log-level", "debug"]).await.code, Some(0));
    world.works(1002).await;
    assert_eq!(operator.does(&["log-level", "info"]).await.code, Some(0));
    world.works(1003).await;
    world.daemon.signal("-TERM");
    let log = world.daemon.end().await.log;
    let told = |agent: &str| {
        log.contains(&format!("event=\"message_in\" platform=\"mitel\" message_name=\"agent-login\" agent=\"{agent}\""))
    };
    assert_eq!([told("1001"), told("1002"), told("1003")], [false, true, false], "{log}");
}

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

fn command(operator: &Operator, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cti-bridge"));
    command.args(arguments).arg("--socket").arg(&operator.socket);
    command
}

#[tokio::test]
async fn a_support_file_has_what_helps_and_no_secret() {
    let operator = Operator::new("support");
    let rest = operator.section();
    let mut world = Hosted::with(Extra { rest: &rest, ..Extra::default() }).await;
    let answered = all(&[agent_device("joining-device", 1001), outside("calling-device")]);
    world.line.say(&call("established", 900, 4, answered)).await.unwrap();
    world.line.say(&json!({ "message": "never-heard-of", "version": 1 })).await.unwrap();
    world.works(1001).await;
    let file = operator.socket.with_extension("txt");
    let _ = std::fs::remove_file(&file);
    let done = operator.does(&["support", "--output", &file.display().to_string()]).await;
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    for part in [
        "== build ==\ncti-bridge ",
        "mitel: connected\n",
        "dialect = 'event-feed'",
        "never-heard-of",
        "cti_bridge_platform_connected{platform=\"mitel\"} 1",
    ] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    for secret in [PASSWORD, USER_PASSWORD, "5551234", &world.desk.session] {
        assert!(!text.contains(secret), "{secret} is shown in\n{text}");
    }
}

#[tokio::test]
async fn without_a_bridge_the_command_says_so() {
    let operator = Operator::new("nobody");
    let outcome = operator.does(&["reload"]).await;
    assert!(outcome.code == Some(1) && outcome.err.contains("does the bridge run"), "{}", outcome.err);
}
