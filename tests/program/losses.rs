//! `coverage --losses`: one screen that tells a project lead what is lost between two dialects, and how much of a capture.

use std::fs;

use serde_json::Value;

use crate::{LOGIN, cti_bridge, folder, stderr, stdout};

fn losses(more: &[&str]) -> String {
    let output = cti_bridge(&[&["coverage", "--losses"], more].concat(), "");
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""));
    stdout(&output).to_owned()
}

/// The line of a screen that names something.
#[track_caller]
fn line<'s>(screen: &'s str, name: &str) -> &'s str {
    screen.lines().find(|line| line.contains(name)).unwrap_or_else(|| panic!("{name} is not in\n{screen}"))
}

#[test]
fn the_losses_of_a_pair_fit_on_a_screen_and_are_right() {
    let screen = losses(&["--from", "ccas", "--to", "ctips"]);
    for (name, reason) in [
        ("RECORDINGSTARTED", "no counterpart: recording"),
        ("EnterPasscode", "no platform asks agents for a passcode"),
        ("LogoutAgent.ReasonCode", "no method takes a reason as text"),
        ("Cause (8×)", "no CTIPS event has a cause"),
        ("LoginAgent, LogoutAgent", "sometimes: ccas logs agents on and off at all groups"),
    ] {
        assert!(line(&screen, name).contains(reason), "{screen}");
    }
    for title in [
        "Requests that are refused: 0 of 19 requests, and 15 sometimes",
        "Events of the platform that are never told: 6 of 64 events",
        "Events that the application never gets: 5 of 31 events",
    ] {
        assert!(screen.lines().any(|known| known == title), "{title} is not in\n{screen}");
    }
    assert!(line(&screen, "All of it").contains("--losses --from ccas --to ctips --format markdown"), "{screen}");
    // They are lost indeed.
    let input = r#"{"type": 35, "at": "2026-11-20T10:00:00Z"}
{"type": 1, "RecID": 40, "LogonID": "140", "DN": "4040", "VoiceReady": 1, "at": "2026-11-20T10:00:01Z"}
{"type": 45, "RecID": 40, "at": "2026-11-20T10:00:01Z"}
{"type": 43, "RecID": 40, "CallID": 900, "at": "2026-11-20T10:00:02Z"}
"#;
    let output = cti_bridge(&["translate", "--from", "ccas", "--to", "ctips"], input);
    assert!(!stdout(&output).contains("ecording"), "{}", stdout(&output));
    assert!(stderr(&output).contains("RECORDINGSTARTED: no counterpart: recording"), "{}", stderr(&output));
}

#[test]
fn the_losses_of_every_pair_fit_on_a_screen() {
    let pairs = losses(&["--format", "json"]);
    let pairs: Vec<Value> = serde_json::from_str(&pairs).unwrap();
    assert!(pairs.len() > 6);
    for pair in &pairs {
        let (from, to) = (pair["from"].as_str().unwrap(), pair["to"].as_str().unwrap());
        let screen = losses(&["--from", from, "--to", to]);
        assert!(screen.lines().count() <= 40, "{screen}");
        assert!(screen.lines().all(|line| line.chars().count() <= 100), "{screen}");
        let titles = screen.lines().filter(|line| line.contains(" of ") && !line.starts_with([' ', 'A', 'N']));
        assert_eq!(titles.count(), if from == to { 0 } else { 6 }, "{screen}");
        assert_eq!(pair["whole"], from == to);
    }
    // The full report names what the screen only counts.
    let all = losses(&["--from", "event-feed", "--to", "ctips", "--format", "markdown"]);
    assert!(all.contains("| HoldCall | event-feed has no command to hold a call |"), "{all}");
    assert!(all.contains("CallProgressSignal"), "{all}");
}

#[test]
fn losses_are_counted_in_a_capture() {
    let capture = folder("losses").join("capture");
    let group_stats = r#"{"message":"group-stats","topic":"contact-center"}"#;
    let hold = r#"{"HoldCall":{"AgentIdx":40,"CallId":9,"RequestId":5}}"#;
    let released = r#"{"message":"agent-release","agent-id":40,"release-code":7}"#;
    let messages = [LOGIN, group_stats, group_stats, hold, released, r#"{"message":"agent-release","agent-id":40}"#];
    for end in ["\n", "\0"] {
        fs::write(&capture, messages.join(end)).unwrap();
        let pair = ["--from", "event-feed", "--to", "ctips", "--for", capture.to_str().unwrap()];
        let screen = losses(&pair);
        assert!(screen.lines().count() <= 40 && screen.lines().all(|line| line.chars().count() <= 100), "{screen}");
        assert!(line(&screen, "Lost between").ends_with("how often in 6 messages"), "{screen}");
        for (name, count) in [("HoldCall", "1"), ("group-stats", "2"), ("EnterPasscode", "-"), ("release-code", "1")] {
            assert_eq!(line(&screen, name).split_whitespace().next(), Some(count), "{name}\n{screen}");
        }
        assert!(!screen.contains("ConferenceCall"), "it is not in the capture:\n{screen}");
        let json = losses(&[&pair[..], &["--format", "json"]].concat());
        let json: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json[0]["capture"], 6);
        assert_eq!(json[0]["sections"][0]["losses"][0]["count"], 1);
    }
    let output = cti_bridge(&["coverage", "--losses", "--from", "ccas", "--to", "ctips", "--for", "nowhere"], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).starts_with("cti-bridge: nowhere: No such file"), "{}", stderr(&output));
    assert_eq!(cti_bridge(&["coverage", "--for", "x"], "").status.code(), Some(2));
}
