//! `translate --explain`: what followed from each line, and why nothing did.

use serde_json::Value;

use super::{cti_bridge, stdout};

const LINES: &str = r#"{"version":1,"gmt":"2026-11-20 10:00:00","message":"agent-login","agent-id":1001,"agent-number":"4001","groups":[{"type":4,"id":30}]}
{"version":1,"gmt":"2026-11-20 10:00:01","message":"call-cleared","guid":"none","call-id":900}
{"version":1,"gmt":"2026-11-20 10:00:02","message":"agent-group-unknown"}
{"version":1,"gmt":"2026-11-20 10:00:03","message":"group-stats"}
"#;

#[test]
fn each_line_is_explained_from_what_it_was_read_as_to_what_came_of_it() {
    let output = cti_bridge(&["translate", "--from", "event-feed", "--to", "ctips", "--explain"], LINES);
    assert!(output.status.success());
    let explained: Vec<&str> = stdout(&output).split("\n\n").collect();
    let told = explained[0].lines().find(|line| line.starts_with("  told ")).unwrap();
    let others: Vec<&str> = explained[0].lines().filter(|line| *line != told).collect();
    assert!(told.contains("\"AgentLoginStateChange\""), "{told}");
    assert_eq!(
        others,
        [
            "line 1",
            "  read      agent-login, agent 1001",
            "  rule      agent-login, which means logged-on",
            "  changed   agent-added, agent 1001",
            "  untold    agent-added: CTIPS reports only agents who are logged on",
            "  changed   agent-logged-on, agent 1001",
            "  message   AgentLoginStateChange by the rule agent-logged-on",
        ]
    );
    assert!(
        explained[1].ends_with("\n  no effect ended: its call is not known\n  nothing   its call is not known"),
        "{}",
        explained[1]
    );
    assert!(explained[2].starts_with("line 3\n  error     "), "{}", explained[2]);
    assert!(explained[3].contains("\n  ignored   group-stats: "), "{}", explained[3]);
}

#[test]
fn explanations_are_objects_for_programs() {
    let output = cti_bridge(&["translate", "--from", "event-feed", "--to", "ctips", "--explain=json"], LINES);
    let lines: Vec<Value> = stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let numbers: Vec<_> = lines.iter().map(|line| line["line"].as_u64()).collect();
    assert_eq!(numbers[..4], [Some(1), Some(2), Some(3), Some(4)]);
    let steps: Vec<&str> = lines[0]["steps"].as_array().unwrap().iter().map(|s| s["event"].as_str().unwrap()).collect();
    let expected =
        ["message_in", "rule_fired", "picture_changed", "transition_untold", "picture_changed", "message_out", "told"];
    assert_eq!(steps, expected);
    assert_eq!(lines[0]["steps"][6]["message"]["AgentId"], 1001);
    assert_eq!(lines[1]["nothing"], "its call is not known");
    assert!(lines[2]["error"].is_string() && lines[2]["nothing"].is_null(), "{}", lines[2]);
}
