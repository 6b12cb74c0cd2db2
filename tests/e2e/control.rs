//! The Unix socket of `[admin]`: reload, log level and support, as an operator uses them. `trace` has a file of its own.

use std::{os::unix::fs::PermissionsExt, path::PathBuf, process::Command};

use cti_bridge::sim::{desk::Desk, messages::*};
use serde_json::json;

use crate::{daemon::Hosted, world::*};

pub struct Operator {
    pub socket: PathBuf,
}

/// What a command came to.
pub struct Outcome {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Operator {
    pub fn new(name: &str) -> Operator {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        Operator { socket: folder.join(format!("{name}-{}.sock", std::process::id())) }
    }

    pub fn section(&self) -> String {
        format!("[admin]\nsocket = '{}'\n", self.socket.display())
    }

    pub async fn does(&self, arguments: &[&str]) -> Outcome {
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
    let changed = before.replace(USER_PASSWORD, "another-pass-66") + "\n[trace]\nmemory = '4MiB'\n";
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

pub fn command(operator: &Operator, arguments: &[&str]) -> Command {
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
