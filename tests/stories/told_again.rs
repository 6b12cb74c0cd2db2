//! A CTIPS application's story, told to a bridge that has it as its platform, is the same story again.

use cti_bridge::sim::messages::short;
use serde_json::{Value, json};

use crate::support::{story, translate};

/// Stories in which both agents log on first.
const FLOWS: [&str; 8] = [
    "call-to-a-service-agents-logged-on",
    "consultation-transfer-into-the-customers-call",
    "consultation-transfer-into-the-consultation",
    "consultation-transfer-into-a-new-call",
    "conference-called-agent-leaves-first",
    "outgoing-call",
    "blind-transfer-to-the-outside",
    "unanswered-call-ends-in-the-queue",
];

fn shorts(events: &[Value]) -> Vec<String> {
    events.iter().map(short).collect()
}

fn is_completion(event: &Value) -> bool {
    event["EventType"] == "CallCompleted" || event["EventType"] == "CallEnd"
}

#[test]
fn what_a_ctips_application_was_told_is_told_again_as_it_was() {
    for flow in FLOWS {
        let told = story::told("event-feed-to-ctips", flow);
        assert!(told.len() > 5);
        let again = translate("ctips", "ctips", &told);
        // When the work after a call is over an agent's state may show sooner than it was known then.
        let (told_over, told): (Vec<Value>, Vec<Value>) = told.into_iter().partition(is_completion);
        let (again_over, again): (Vec<Value>, Vec<Value>) = again.into_iter().partition(is_completion);
        assert_eq!(shorts(&again), shorts(&told), "{flow}");
        let sorted = |events: &[Value]| {
            let mut calls = shorts(events);
            calls.sort();
            calls
        };
        assert_eq!(sorted(&again_over), sorted(&told_over), "{flow}");
        let numbers = |events: &[Value]| -> Vec<Value> {
            let of = |event: &Value| json!([event["ANI"], event["DNIS"], event["CallInfo"], event["CallSequenceId"]]);
            events.iter().map(of).collect()
        };
        assert_eq!(numbers(&again), numbers(&told), "{flow}");
    }
}
