//! Calls from outside, to the outside, and between agents.

use cti_bridge::sim::ccas::{
    answered, cleared, clerical_ended, delivered, established, event, hold, information, originated, retrieved,
};
use serde_json::{Value, json};

use super::{CUSTOMER, Story};

pub(super) const ALERTED: [&str; 4] =
    ["queued 900 g9 1/1", "dequeued 900 g9 1/1", "agent-reserved a40", "delivered 900 a40/4040 < 5551234 1/1"];
pub(super) const ANSWERED: [&str; 2] = ["established 900 a40/4040 < 5551234 1/1", "agent-on-call 900 a40 type 1"];
/// Agent 40 has left last, and has no work after the call.
const ENDED: [&str; 4] =
    ["conn-cleared 900 a40/4040 1/1", "call-cleared 900 1/1", "no-wrap 900 a40 1/1", "agent-idle a40"];

/// Agent 41 takes the call that agent 40 did not keep, and is in it until it ends.
pub(super) const TAKEN_BY_41: [&str; 7] = [
    "delivered 900 a41/4041 < 5551234 1/1",
    "established 900 a41/4041 < 5551234 1/1",
    "agent-on-call 900 a41 type 1",
    "conn-cleared 900 a41/4041 1/1",
    "call-cleared 900 1/1",
    "no-wrap 900 a41 1/1",
    "agent-idle a41",
];

pub(super) fn take_by_41() -> Vec<Value> {
    vec![delivered(41, 900, CUSTOMER), established(41, 900, CUSTOMER), cleared(41, 900, 0)]
}

pub fn service_call() -> Story {
    let codes = event(41, 40, json!({ "CallID": 900, "CallType": 3, "CQCodeList": "2|7" }));
    let events = [answered(900), vec![codes, cleared(40, 900, 1), clerical_ended(40, 900)]].concat();
    let ended = [
        "wrap-code 900 a40 #2 1/1",
        "wrap-code 900 a40 #7 1/1",
        "conn-cleared 900 a40/4040 1/1",
        "agent-wrap 900 a40 #7 media 1",
        "call-cleared 900 1/1",
        "wrap-ended 900 a40 #7 !14 1/1",
        "agent-idle a40",
    ];
    Story::new("a call of a service group", events, &[&ALERTED, &ANSWERED, &ended])
}

pub fn outgoing_call() -> Story {
    let events =
        vec![originated(40, 900), delivered(40, 900, CUSTOMER), established(40, 900, CUSTOMER), cleared(40, 900, 0)];
    let told = [
        "initiated 900 a40/4040 1/0",
        "delivered 900 5551234 < a40/4040 1/0",
        "established 900 5551234 < a40/4040 1/0",
        "agent-on-call 900 a40 type 0",
        "conn-cleared 900 a40/4040 1/0",
        "call-cleared 900 1/0",
        "no-wrap 900 a40 1/0",
        "agent-idle a40",
    ];
    Story::new("an outgoing call", events, &[&told])
}

/// Somebody outside calls the agent, and no group.
pub fn direct_call() -> Story {
    let events = vec![delivered(40, 900, CUSTOMER), established(40, 900, CUSTOMER), cleared(40, 900, 0)];
    let told = [
        "delivered 900 a40/4040 < 5551234 1/0",
        "established 900 a40/4040 < 5551234 1/0",
        "agent-on-call 900 a40 type 0",
        "conn-cleared 900 a40/4040 1/0",
        "call-cleared 900 1/0",
        "no-wrap 900 a40 1/0",
        "agent-idle a40",
    ];
    Story::new("a call to an agent", events, &[&told])
}

/// Each told twice.
pub fn held_by_either_side() -> Story {
    let (own, customers) = (hold(40, 900, 0), hold(40, 900, 1));
    let twice = |hold: Value| [hold.clone(), hold, retrieved(40, 900), retrieved(40, 900)].to_vec();
    let events = [answered(900), twice(own), twice(customers), vec![cleared(40, 900, 0)]].concat();
    let told =
        ["held 900 a40/4040 1/1", "retrieved 900 a40/4040 1/1", "held 900 5551234 1/1", "retrieved 900 5551234 1/1"];
    Story::new("hold by either side", events, &[&ALERTED, &ANSWERED, &told, &ENDED])
}

/// Agent 40 calls agent 41, each seen by both; events 1 and 3 are the caller's, 2 and 4 the called agent's.
fn internal() -> Vec<Value> {
    vec![
        originated(40, 900),
        delivered(40, 900, "4041"),
        delivered(41, 900, "4040"),
        established(40, 900, "4041"),
        established(41, 900, "4040"),
    ]
}

const INTERNAL: [&str; 5] = [
    "initiated 900 a40/4040 1/0",
    "delivered 900 a41/4041 < a40/4040 1/0",
    "established 900 a41/4041 < a40/4040 1/0",
    "agent-on-call 900 a41 type 0",
    "agent-on-call 900 a40 type 0",
];
const INTERNAL_ENDED: [&str; 7] = [
    "conn-cleared 900 a41/4041 1/0",
    "no-wrap 900 a41 1/0",
    "agent-idle a41",
    "conn-cleared 900 a40/4040 1/0",
    "call-cleared 900 1/0",
    "no-wrap 900 a40 1/0",
    "agent-idle a40",
];

pub fn internal_call() -> Story {
    let events = [internal(), vec![cleared(41, 900, 0), cleared(40, 900, 0)]].concat();
    Story::new("a call from agent to agent", events, &[&INTERNAL, &INTERNAL_ENDED])
}

/// Agent 40 holds, agent 41 is told to be on hold, and the same when it is retrieved.
pub fn held_between_agents() -> Story {
    let hold = vec![hold(40, 900, 0), hold(41, 900, 1), retrieved(40, 900), retrieved(41, 900)];
    let events = [internal(), hold, vec![cleared(41, 900, 0), cleared(40, 900, 0)]].concat();
    let told = ["held 900 a40/4040 1/0", "retrieved 900 a40/4040 1/0"];
    Story::new("hold between agents", events, &[&INTERNAL, &told, &INTERNAL_ENDED])
}

pub fn rejected_call() -> Story {
    let reject = event(16, 40, json!({ "CallID": 900, "Cause": "Ring Timeout" }));
    let not_ready = event(4, 40, json!({ "ReasonID": -1, "ReasonString": "" }));
    let events = [
        vec![information(24, 40, 900), delivered(40, 900, CUSTOMER), reject, not_ready, information(24, 41, 900)],
        take_by_41(),
    ];
    let rejected = ["conn-cleared 900 a40/4040 !8 1/1", "agent-release a40"];
    let again = ["queued 900 g9 1/1", "dequeued 900 g9 1/1", "agent-reserved a41"];
    Story::new("a rejected call", events.concat(), &[&ALERTED, &rejected, &again, &TAKEN_BY_41])
}

pub fn rejected_as_logged_off() -> Story {
    let reject = event(16, 40, json!({ "CallID": 900, "Cause": "Agent Logged Off" }));
    let events = vec![
        information(24, 40, 900),
        delivered(40, 900, CUSTOMER),
        reject,
        event(2, 40, json!({})),
        information(24, 41, 900),
    ];
    let rejected = ["conn-cleared 900 a40/4040 1/1", "agent-logout a40"];
    let again = ["queued 900 g9 1/1", "dequeued 900 g9 1/1", "agent-reserved a41"];
    let events = [events, take_by_41()].concat();
    Story::new("a call of an agent who logged off", events, &[&ALERTED, &rejected, &again, &TAKEN_BY_41])
}
