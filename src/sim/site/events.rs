//! Events of CCAS, with the parameters of the guide's Table 1.

use serde_json::{Value, json};

use super::{ANN, ANN_LOGON, ANN_STATION, BEN, BEN_STATION, SALES};

/// Who is there: the group, both agents, and that this was all.
pub fn present(ann_is_ready: bool) -> Vec<Value> {
    let group = json!({ "type": "SERVICEGROUP_ADDED", "RecID": SALES, "ServiceGroupPurpose": 0, "Name": "Sales" });
    let agent = |id: i64, name: &str, logon: &str, station: &str, ready: bool| {
        json!({ "type": "LOGON", "RecID": id, "Name": name, "LogonID": logon, "DN": station, "VoiceReady": u8::from(ready),
            "ServiceGroupList": SALES.to_string(), "NumberOfServiceGroups": 1 })
    };
    let ann = agent(ANN, "Ann Archer", ANN_LOGON, ANN_STATION, ann_is_ready);
    let ben = agent(BEN, "Ben Baker", "141", BEN_STATION, true);
    vec![group, ann, ben, json!({ "type": "DATA_COMPLETE" })]
}

pub fn ready() -> Value {
    json!({ "type": "READY", "RecID": ANN })
}

pub fn not_ready(reason: i64) -> Value {
    json!({ "type": "NOTREADY", "RecID": ANN, "ReasonID": reason })
}

/// A customer's call has waited at the group and is now Ann's. `customer` has name, number, level and order.
pub fn information(call: i64, [name, number, level, order]: [&str; 4]) -> Value {
    json!({ "type": "CALLINFORMATION", "RecID": ANN, "CallID": call, "ServiceGroupID": SALES, "CallType": 3,
        "CallingPartyNumber": number, "CalledNumber": "800", "TimeInQueue": 12, "IVRLabel1": "Name", "IVRData1": name,
        "IVRLabel2": "Level", "IVRData2": level, "IVRLabel3": "Order", "IVRData3": order })
}

pub fn originated(call: i64) -> Value {
    json!({ "type": "ORIGINATED", "RecID": ANN, "CallID": call, "CallType": 3 })
}

pub fn delivered(agent: i64, call: i64, opposite: &str) -> Value {
    json!({ "type": "DELIVERED", "RecID": agent, "CallID": call, "OppositePartyNumber": opposite })
}

pub fn established(agent: i64, call: i64, opposite: &str) -> Value {
    json!({ "type": "ESTABLISHED", "RecID": agent, "CallID": call, "OppositePartyNumber": opposite })
}

pub fn held(call: i64) -> Value {
    json!({ "type": "HOLD", "RecID": ANN, "CallID": call, "OnHold": 0 })
}

pub fn retrieved(call: i64) -> Value {
    json!({ "type": "RETRIEVED", "RecID": ANN, "CallID": call })
}

pub fn cleared(agent: i64, call: i64, clerical: bool) -> Value {
    json!({ "type": "CONNECTIONCLEARED", "RecID": agent, "CallID": call, "ClericalFlag": u8::from(clerical),
        "DivertedFlag": 0 })
}

/// Ann has sent the call elsewhere.
pub fn diverted(call: i64) -> Value {
    json!({ "type": "CONNECTIONCLEARED", "RecID": ANN, "CallID": call, "ClericalFlag": 0, "DivertedFlag": 1 })
}

pub fn rejected(call: i64, cause: &str) -> Value {
    json!({ "type": "CALLREJECTED", "RecID": ANN, "CallID": call, "Cause": cause })
}

pub fn clerical_ended(call: i64) -> Value {
    json!({ "type": "CLERICALENDED", "RecID": ANN, "CallID": call })
}

pub fn codes(call: i64, codes: &str) -> Value {
    json!({ "type": "CQCODES", "RecID": ANN, "CallID": call, "ServiceGroupID": SALES, "CQCodeList": codes })
}

/// Ann joins two calls to a new one: `name` is TRANSFERRED or CONFERENCE. The event is `agent`'s.
pub fn joined(name: &str, agent: i64, [held, active, result]: [i64; 3], opposite: &str, clerical: bool) -> Value {
    json!({ "type": name, "RecID": agent, "HeldCallID": held, "ActiveCallID": active, "NewCallID": result,
        "TransferringAgent": u8::from(agent == ANN), "ClericalFlag": u8::from(clerical), "OppositePartyNumber": opposite })
}
