//! Calls that are offered to an agent, who is to make them: callbacks and campaigns.

use cti_bridge::sim::{
    ccas::{cleared, clerical_ended, delivered, established, event},
    messages::all,
};
use serde_json::{Value, json};

use super::{CUSTOMER, Story, strs};

/// Callbacks by CCAS' call type, and the feed's: callback, web callback.
pub const CALLBACKS: [(i64, i64); 2] = [(3, 4), (2, 6)];

/// How a callback fails, with the feed's causes: why it waits again, why it is over.
pub const FAILURES: [(&str, i64, i64); 4] =
    [("Busy", 24, 1), ("No Answer", 23, 8), ("Not Available", 22, 19), ("Wrong Number", 22, 19)];

/// The callback of call 17, offered to agent 40.
fn offered(ty: i64) -> Value {
    let callback = json!({
        "OrigCallID": 17, "CallType": ty, "ServiceGroupID": 9, "CallingPartyNumber": CUSTOMER, "CalledNumber": "800",
        "IVRLabel1": "tier", "IVRData1": "gold",
    });
    event(25, 40, callback)
}

/// Agent 40 takes it and dials; from then on CCAS names it 900.
fn placed(ty: i64) -> Vec<Value> {
    vec![
        offered(ty),
        event(17, 40, json!({ "OrigCallID": 17, "CallID": 900, "CallType": ty })),
        event(7, 40, json!({ "CallID": 900, "CallType": ty, "ServiceGroupID": 9 })),
        delivered(40, 900, CUSTOMER),
    ]
}

fn status(ty: i64, status: i64, cause: &str) -> Value {
    event(19, 40, json!({ "CallID": 900, "CallType": ty, "CallbackStatus": status, "Cause": cause }))
}

/// What is told until the customer's telephone rings, of a call of this id and call type.
fn dialled(id: &str, code: i64) -> Vec<String> {
    vec![
        format!("delivered {id} a40/4040 < 5551234 1/{code}"),
        format!("initiated {id} a40/4040 1/{code}"),
        format!("delivered {id} 5551234 < a40/4040 1/{code}"),
    ]
}

/// What is told from when the customer answers until the agent's work is done.
fn spoken(id: &str, code: i64) -> Vec<String> {
    vec![
        format!("established {id} 5551234 < a40/4040 1/{code}"),
        format!("agent-on-call {id} a40 type {code}"),
        format!("conn-cleared {id} a40/4040 1/{code}"),
        format!("agent-wrap {id} a40 media 1"),
        format!("call-cleared {id} 1/{code}"),
        format!("wrap-ended {id} a40 !14 1/{code}"),
        "agent-idle a40".to_owned(),
    ]
}

pub fn callback(ty: i64, code: i64) -> Story {
    let done =
        vec![established(40, 900, CUSTOMER), cleared(40, 900, 1), status(ty, 1, "Succeeded"), clerical_ended(40, 900)];
    let told = [dialled("17", code), spoken("17", code)].concat();
    Story::new(format!("a callback of type {ty}"), [placed(ty), done].concat(), &[&strs(&told)])
}

pub fn refused_callback() -> Story {
    let reject = event(18, 40, json!({ "CallID": 17, "CallType": 3, "Cause": "Callback Ring Timeout" }));
    let not_ready = event(4, 40, json!({ "ReasonID": 5, "ReasonString": "away" }));
    let told = [
        "delivered 17 a40/4040 < 5551234 1/4",
        "conn-cleared 17 a40/4040 !8 1/4",
        "call-cleared 17 !8 1/4",
        "agent-release a40 release 5",
    ];
    Story::new("a refused callback", vec![offered(3), reject, not_ready], &[&told])
}

/// The customer could not be reached: the callback waits again, and is another call when it is offered again.
pub fn failed_callback(cause: &str, reinserted: i64, over: i64) -> Story {
    let again = vec![status(3, 0, cause), cleared(40, 900, 0), offered(3)];
    let refused = event(18, 40, json!({ "CallID": 17, "CallType": 3, "Cause": "Callback Rejected By Agent" }));
    let events = [placed(3), again, vec![refused, event(3, 40, json!({}))]].concat();
    let mut told = dialled("17", 4);
    told.extend([
        format!("agent-reinsert 17 a40 !{reinserted} 1/4"),
        format!("conn-cleared 17 a40/4040 !{over} 1/4"),
        format!("call-cleared 17 !{over} 1/4"),
    ]);
    let second = [
        "agent-idle a40",
        "delivered s1 a40/4040 < 5551234 1/4",
        "conn-cleared s1 a40/4040 1/4",
        "call-cleared s1 1/4",
        "agent-idle a40",
    ];
    Story::new(format!("a callback that fails: {cause}"), events, &[&strs(&told), &second])
}

fn of_campaign(ty: i64, extra: Value) -> Value {
    event(ty, 40, all(&[json!({ "CampaignID": 3, "CustomerID": 8 }), extra]))
}

fn campaign_offered() -> Value {
    let customer = json!({
        "CustomerName": "Bob", "CustomerNumber": CUSTOMER, "Comment": "", "IVRLabel1": "debt", "IVRData1": "12",
    });
    of_campaign(32, customer)
}

fn campaign_placed() -> Vec<Value> {
    vec![
        campaign_offered(),
        of_campaign(29, json!({ "CallID": 900 })),
        event(7, 40, json!({ "CallID": 900, "CallType": 5 })),
    ]
}

pub fn campaign() -> Story {
    let done = vec![
        delivered(40, 900, CUSTOMER),
        established(40, 900, CUSTOMER),
        cleared(40, 900, 1),
        of_campaign(31, json!({ "Cause": "Completed Successfully" })),
        clerical_ended(40, 900),
    ];
    let told = [dialled("s1", 7), spoken("s1", 7)].concat();
    Story::new("a campaign's call", [campaign_placed(), done].concat(), &[&strs(&told)])
}

pub fn refused_campaign() -> Story {
    let events = vec![
        campaign_offered(),
        of_campaign(30, json!({ "Cause": "Rejected By Agent" })),
        of_campaign(31, json!({ "Cause": "Not Yet Called" })),
        event(3, 40, json!({})),
    ];
    let told = [
        "delivered s1 a40/4040 < 5551234 1/7",
        "conn-cleared s1 a40/4040 1/7",
        "call-cleared s1 1/7",
        "agent-idle a40",
    ];
    Story::new("a refused campaign's call", events, &[&told])
}

pub fn busy_campaign() -> Story {
    let failed = event(42, 40, json!({ "CallID": 900, "Cause": 3, "CalledNumber": CUSTOMER }));
    let over = vec![failed, of_campaign(31, json!({ "Cause": "Busy" })), event(3, 40, json!({}))];
    let told = [
        "delivered s1 a40/4040 < 5551234 1/7",
        "initiated s1 a40/4040 1/7",
        "conn-cleared s1 a40/4040 !1 1/7",
        "call-cleared s1 !1 1/7",
        "agent-idle a40",
    ];
    Story::new("a campaign's call to somebody busy", [campaign_placed(), over].concat(), &[&told])
}
