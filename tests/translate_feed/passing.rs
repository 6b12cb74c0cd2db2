//! Commands, and what passes between two feeds.

use cti_bridge::sim::ccas::logon;
use serde_json::{Value, json};

use crate::translate;

fn names(told: &[Value]) -> Vec<&str> {
    let names = told.iter().map(|message| message["message"].as_str().unwrap());
    names.filter(|name| !name.starts_with("entity")).collect()
}

#[test]
fn a_code_that_is_no_number_fails_the_command_and_is_not_taken_for_another() {
    let release = json!({ "version": 1, "topic": "contact-center", "message": "command", "request-id": 4,
        "sub-request-type": "release", "agent-id": 40, "release-code": "seven" });
    let told = translate("ccas", &[logon(40), release]);
    let reply = told.last().unwrap();
    assert_eq!((reply["message"].as_str(), reply["result"].as_i64()), (Some("command"), Some(-1)), "{told:#?}");
    assert!(reply["error-msg"].as_str().unwrap().contains("no number"), "{reply}");
}

#[test]
fn between_two_feeds_messages_pass_as_they_are() {
    let stats = json!({ "version": 1, "timestamp": "2026-11-20 10:00:00", "topic": "contact-center", "message": "group-stats",
        "sub-topic": "group-stats", "group-id": 9, "group-name": "Sales", "queued-calls": 7, "tsf": 81 });
    let told = translate("event-feed", std::slice::from_ref(&stats));
    assert_eq!(told.len(), 1);
    for (key, value) in stats.as_object().unwrap() {
        assert_eq!(told[0][key], *value, "{key}");
    }
    let login = json!({ "version": 1, "timestamp": "2026-11-20 10:00:00", "topic": "contact-center", "message": "agent-login",
        "sub-topic": "", "agent-id": 1001, "agent-number": "77", "agent-ext": "4001", "groups": [], "cause": 12 });
    let release = json!({ "version": 1, "topic": "contact-center", "message": "command", "request-id": 4,
        "sub-request-type": "release", "agent-id": 1001, "release-code": 3 });
    let refusal = json!({ "version": 1, "topic": "contact-center", "message": "command", "request-id": 4, "result": -2,
        "error-msg": "not now" });
    let told = translate("event-feed", &[login, release, refusal]);
    assert_eq!(names(&told), ["agent-login", "command", "command"]);
    assert_eq!((told[1]["sub-request-type"].as_str(), told[1]["release-code"].as_i64()), (Some("release"), Some(3)));
    assert_eq!((told[2]["result"].as_i64(), told[2]["error-msg"].as_str()), (Some(-2), Some("not now")));
}
