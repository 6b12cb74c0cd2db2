//! Two calls that become one, and a call that is handed on.

use cti_bridge::sim::ccas::{answered, cleared, clerical_ended, conferenced, consulted, event, transferred};
use serde_json::json;

use super::{
    Story,
    calls::{ALERTED, ANSWERED, TAKEN_BY_41, take_by_41},
};

const CONSULTED: [&str; 5] = [
    "held 900 a40/4040 1/1",
    "initiated 901 a40/4040 !36 1/0",
    "delivered 901 a41/4041 < a40/4040 1/0",
    "established 901 a41/4041 < a40/4040 1/0",
    "agent-on-call 901 a41 type 0",
];

pub fn transfer() -> Story {
    let events = [answered(900), consulted(), transferred(902, 1).to_vec()].concat();
    let events = [events, vec![clerical_ended(40, 900), cleared(41, 902, 0)]].concat();
    let told = [
        "transferred 900 + 901 = 902 a40/4040 & 5551234 & a41/4041 !9 1/1",
        "conn-cleared 900 a40/4040 1/1",
        "call-cleared 900 1/1",
        "call-cleared 901 1/0",
        "no-wrap 901 a40 1/0",
        "agent-wrap 900 a40 media 1",
        "wrap-ended 900 a40 !14 1/1",
        "agent-idle a40",
        "conn-cleared 902 a41/4041 1/1",
        "call-cleared 902 1/1",
        "no-wrap 902 a41 1/1",
        "agent-idle a41",
    ];
    Story::new("a transfer", events, &[&ALERTED, &ANSWERED, &CONSULTED, &told])
}

pub fn blind_transfer() -> Story {
    let to = json!({ "CallID": 900, "ClericalFlag": 0, "DivertedFlag": 1, "DivertDestination": "4041" });
    let events = [answered(900), vec![event(14, 40, to)], take_by_41()].concat();
    let told = [
        "diverted 900 a40/4040 > a41/4041 !10 1/1",
        "conn-cleared 900 a40/4040 1/1",
        "no-wrap 900 a40 1/1",
        "agent-idle a40",
    ];
    Story::new("a blind transfer", events, &[&ALERTED, &ANSWERED, &told, &TAKEN_BY_41])
}

pub fn conference() -> Story {
    let left = vec![cleared(40, 902, 1), clerical_ended(40, 902), cleared(41, 902, 0)];
    let events = [answered(900), consulted(), conferenced().to_vec(), left].concat();
    let told = [
        "conferenced 900 + 901 = 902 a40/4040 & 5551234 & a41/4041 !17 1/1",
        "call-cleared 900 1/1",
        "call-cleared 901 1/0",
        "conn-cleared 902 a40/4040 1/1",
        "agent-wrap 902 a40 media 1",
        "wrap-ended 902 a40 !14 1/1",
        "agent-idle a40",
        "conn-cleared 902 a41/4041 1/1",
        "call-cleared 902 1/1",
        "no-wrap 902 a41 1/1",
        "agent-idle a41",
    ];
    Story::new("a conference", events, &[&ALERTED, &ANSWERED, &CONSULTED, &told])
}
