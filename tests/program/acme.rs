//! A dialect from a folder: it has a vocabulary and rules, and no conversation in the program. It can be translated, and it
//! cannot be run.

use std::{fs, path::PathBuf, process::Output};

use cti_bridge::{
    diagnostic::Problems,
    mapping::Mappings,
    model::{OrderKind, TransitionKind},
    shipped::Files,
};

use super::{complaints, cti_bridge, folder, stderr, stdout};

const VOCABULARY: &str = r#"
dialect      = "acme"
title        = "ACME Switch"
guide        = "made up"
form         = "json"
name         = ["event"]
request-name = ["do"]

[fields.event]
event = "text"
agent = { type = "id", role = "agent" }

[message.agent-on]
chapter = "1"
side    = "event"
include = ["event"]

[message.agent-off]
chapter = "1"
side    = "event"
include = ["event"]

[message.log-off]
chapter = "2"
side    = "request"
fields  = { do = "text", agent = { type = "id", role = "agent" }, request = { type = "int", role = "request" } }

[message.done]
chapter = "2"
side    = "reply"
fields  = { event = "text", request = { type = "int", role = "request" } }
"#;

const FROM: &str = r#"
dialect = "acme"
sides   = ["event", "reply", "request"]

[on.agent-on]
means = "logged-on"

[on.agent-off]
means = "logged-off"

[on.done]
means = "request-accepted"

[on.log-off]
means = "ask-log-off"
"#;

const TO: &str = r#"
dialect = "acme"
sides   = ["event", "request"]

[on.agent-logged-on]
emit = "agent-on"

[on.agent-logged-off]
emit = "agent-off"

[on.log-off]
emit = "log-off"
"#;

/// A folder with the dialect, complete: whatever it has no word for stands there as such.
fn acme(name: &str) -> PathBuf {
    let folder = folder(name);
    fs::create_dir(folder.join("dialects")).unwrap();
    fs::write(folder.join("dialects/acme.toml"), VOCABULARY).unwrap();
    fs::write(folder.join("from-acme.toml"), FROM).unwrap();
    let unsaid = |kinds: &[&'static str]| {
        let kinds = kinds.iter().copied();
        kinds.filter(|kind| !TO.contains(&format!("[on.{kind}]"))).map(without_a_word).collect::<String>()
    };
    let to = format!(
        "{TO}\n[ignore]\n{}\n[unsupported]\n{}\n[untold]\n",
        unsaid(TransitionKind::NAMES),
        unsaid(OrderKind::NAMES)
    );
    fs::write(folder.join("to-acme.toml"), &to).unwrap();
    // The attributes that have to stand under `untold` are those that the check misses there.
    let mut problems = Problems::default();
    Mappings::load(&Files::overridden_by(&folder).unwrap(), &mut problems);
    let report = problems.render();
    let missing = report.lines().filter_map(|line| {
        let (attribute, _) = line.strip_prefix("error: `")?.split_once("` is read by no rule")?;
        Some(without_a_word(attribute))
    });
    fs::write(folder.join("to-acme.toml"), to + &missing.collect::<String>()).unwrap();
    folder
}

fn without_a_word(name: &str) -> String {
    format!("\"{name}\" = \"has no word for it\"\n")
}

/// Translates with this folder's mappings.
fn translate(folder: &str, from: &str, to: &str, input: &str) -> Output {
    cti_bridge(&["translate", "--strict", "--from", from, "--to", to, "--mappings", folder], input)
}

#[test]
fn a_dialect_of_a_folder_is_translated_from_and_to() {
    let folder = acme("translated");
    let folder = folder.to_str().unwrap();
    let checked = cti_bridge(&["check", "--mappings", folder], "");
    assert!(checked.status.success(), "{}", stderr(&checked));

    let input = r#"{"event":"agent-on","agent":40}
{"LogoutAgent":{"AgentId":40,"RequestId":7}}
{"event":"done","request":7}
{"event":"agent-off","agent":40}
"#;
    let output = translate(folder, "acme", "ctips", input);
    assert!(output.status.success() && complaints(&output).is_empty(), "{}", stderr(&output));
    let lines: Vec<&str> = stdout(&output).lines().collect();
    assert_eq!(lines[1], r#"{"do":"log-off","agent":40,"request":7}"#);
    for (line, parts) in [
        (lines[0], [r#""LoginState":"AgentLoggedIn""#, r#""RequestId":0,"#]),
        // The request was accepted, and the event shows it done.
        (lines[2], [r#""LoginState":"AgentLoggedOut""#, r#""RequestId":7,"#]),
    ] {
        assert!(parts.iter().all(|part| line.contains(part)), "{line}");
    }
    assert_eq!(lines.len(), 3, "{lines:?}");

    let input = r#"{"type": 35, "at": "2026-11-20T10:00:00Z"}
{"type": 1, "RecID": 40, "LogonID": "140", "DN": "4040", "VoiceReady": 1, "at": "2026-11-20T10:00:01Z"}
{"do":"log-off","agent":40,"request":7}
{"type": 2, "RecID": 40, "at": "2026-11-20T10:00:03Z"}
"#;
    let output = translate(folder, "ccas", "acme", input);
    let told: Vec<&str> = stdout(&output).lines().filter(|line| line.contains("\"event\"")).collect();
    let on_and_off = [r#"{"event":"agent-on","agent":40}"#, r#"{"event":"agent-off","agent":40}"#];
    assert_eq!(told, on_and_off, "{}", stderr(&output));
}

#[test]
fn a_request_that_nobody_answers_fails() {
    let folder = acme("unanswered");
    let input = "{\"event\":\"agent-on\",\"agent\":40}\n{\"LogoutAgent\":{\"AgentId\":40,\"RequestId\":7}}\n";
    let output = translate(folder.to_str().unwrap(), "acme", "ctips", input);
    let last = stdout(&output).lines().last().unwrap_or_default();
    assert!(last.contains("AgentLoginRequestFailed") && last.contains("no answer in"), "{last}");
}

/// A configuration with this dialect on a side; `edit` may change a file of the folder before it is read.
fn refused(name: &str, config: &str, edit: impl Fn(&PathBuf)) -> String {
    let folder = acme(name);
    edit(&folder);
    let file = folder.join("bridge.conf");
    fs::write(&file, config).unwrap();
    let (file, folder) = (file.to_str().unwrap(), folder.to_str().unwrap());
    let checked = cti_bridge(&["check", "--config", file, "--mappings", folder], "");
    let run = cti_bridge(&["run", "--config", file, "--mappings", folder], "");
    assert_eq!((checked.status.code(), run.status.code()), (Some(1), Some(1)));
    let error = |output: &Output| {
        let shown = stderr(output).to_owned();
        let start = shown.find("error: ").unwrap_or_else(|| panic!("{shown}"));
        assert_eq!(shown.matches("error: ").count(), 1, "{shown}");
        shown[start..].lines().take(5).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(error(&checked), error(&run), "check and run say the same");
    error(&run)
}

const PLATFORM: &str = r#"
[platform.pbx]
dialect = "acme"
address = "127.0.0.1:1"
user = "bridge"
[application.desk]
dialect = "ctips"
listen = "127.0.0.1:0"
users = { Test01 = "secret" }
platforms = ["pbx"]
"#;

const APPLICATION: &str = r#"
[platform.mitel]
dialect = "event-feed"
address = "127.0.0.1:1"
user = "bridge"
password = "secret"
[application.board]
dialect = "acme"
listen = "127.0.0.1:0"
platforms = ["mitel"]
"#;

#[test]
fn a_dialect_without_a_conversation_is_an_error_where_it_stands() {
    let error = refused("no-platform", PLATFORM, |_| {});
    let text = "acme has no conversation for standing on the platform side; there are agent, ccas, ctips, event-feed, \
                open-media";
    assert!(error.starts_with(&format!("error: {text}\n")) && error.contains("bridge.conf:3:11"), "{error}");

    let error = refused("no-application", APPLICATION, |_| {});
    let text =
        "acme has no conversation for standing on the application side; there are agent, ctips, event-feed, open-media";
    assert!(error.starts_with(&format!("error: {text}\n")) && error.contains("bridge.conf:8:11"), "{error}");

    let error = refused("not-served", &APPLICATION.replace("\"acme\"", "\"ccas\""), |_| {});
    let text = "ccas has no rules for standing on the application side; there are agent, ctips, event-feed, open-media";
    assert!(error.starts_with(&format!("error: {text}\n")) && error.contains("bridge.conf:8:11"), "{error}");
}

#[test]
fn a_dialect_without_rules_is_not_taken_for_one_that_is_misspelt() {
    let error = refused("no-rules", PLATFORM, |folder| fs::remove_file(folder.join("to-acme.toml")).unwrap());
    assert!(error.starts_with("error: acme has no rules for standing on the platform side; there are "), "{error}");
    assert!(!error.contains("did you mean"), "{error}");
}
