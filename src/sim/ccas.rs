//! Short constructors for CCAS events, with the parameters of the guide's tables, and for short sequences of them.

use serde_json::{Value, json};

use super::messages;

/// An event of an agent, with the parameters in `extra`.
pub fn event(ty: i64, agent: i64, extra: Value) -> Value {
    messages::all(&[json!({ "type": ty, "RecID": agent }), extra])
}

/// The same event, with its time.
pub fn at(seconds: u64, line: Value) -> Value {
    let time = format!("2026-11-20T10:{:02}:{:02}Z", seconds / 60, seconds % 60);
    messages::all(&[line, json!({ "at": time })])
}

/// Log-on of an agent: agent 40 has station 4040 and logon id 140.
pub fn logon(agent: i64) -> Value {
    let extra = json!({
        "LogonID": (agent + 100).to_string(), "DN": (agent + 4000).to_string(), "Name": "Ann", "VoiceReady": 1,
        "EmailReady": 1, "OpenMediaReady": 0, "MediaReady": 0, "ServiceGroupList": "9|12", "NumberOfServiceGroups": 2,
    });
    event(1, agent, extra)
}

/// Agents 40 and 41 log on.
pub fn logons() -> Vec<Value> {
    vec![logon(40), logon(41)]
}

pub fn originated(agent: i64, call: i64) -> Value {
    event(7, agent, json!({ "CallID": call, "CallType": 3 }))
}

pub fn delivered(agent: i64, call: i64, opposite: &str) -> Value {
    event(8, agent, json!({ "CallID": call, "OppositePartyNumber": opposite }))
}

pub fn established(agent: i64, call: i64, opposite: &str) -> Value {
    event(9, agent, json!({ "CallID": call, "OppositePartyNumber": opposite, "CallSubstate": 0 }))
}

/// The agent has put the call on hold. If `on_hold` is 1, the opposite party has put the agent on hold.
pub fn hold(agent: i64, call: i64, on_hold: i64) -> Value {
    event(10, agent, json!({ "CallID": call, "OnHold": on_hold }))
}

pub fn retrieved(agent: i64, call: i64) -> Value {
    of_call(11, agent, call)
}

pub fn cleared(agent: i64, call: i64, clerical: i64) -> Value {
    event(14, agent, json!({ "CallID": call, "ClericalFlag": clerical, "DivertedFlag": 0 }))
}

pub fn clerical_ended(agent: i64, call: i64) -> Value {
    of_call(15, agent, call)
}

pub fn of_call(ty: i64, agent: i64, call: i64) -> Value {
    event(ty, agent, json!({ "CallID": call }))
}

pub fn information(ty: i64, agent: i64, call: i64) -> Value {
    let extra = json!({
        "CallID": call, "ServiceGroupID": 9, "CallingPartyNumber": "5551234", "CalledNumber": "800", "CallType": 3,
        "IVRLabel1": "tier", "IVRData1": "gold", "IVRLabel2": "order", "IVRData2": "4711", "TimeInQueue": 30,
    });
    event(ty, agent, extra)
}

/// A call of group 9 that agent 40 answers.
pub fn answered(call: i64) -> Vec<Value> {
    vec![information(24, 40, call), delivered(40, call, "5551234"), established(40, call, "5551234")]
}

/// Agent 40 holds call 900 and calls agent 41. Each fact is reported for both agents, agent 40 first.
pub fn consulted() -> Vec<Value> {
    vec![
        hold(40, 900, 0),
        originated(40, 901),
        delivered(40, 901, "4041"),
        delivered(41, 901, "4040"),
        established(40, 901, "4041"),
        established(41, 901, "4040"),
    ]
}

/// Agent 40 transfers: held call 900 and active call 901 become `result`. One event for agent 40, one for agent 41.
pub fn transferred(result: i64, clerical: i64) -> [Value; 2] {
    let ids = json!({ "HeldCallID": 900, "ActiveCallID": 901, "NewCallID": result });
    let own = json!({ "TransferringAgent": 1, "ClericalFlag": clerical, "OppositePartyNumber": "" });
    let other = json!({ "TransferringAgent": 0, "ClericalFlag": 0, "OppositePartyNumber": "5551234" });
    [event(12, 40, messages::all(&[ids.clone(), own])), event(12, 41, messages::all(&[ids, other]))]
}

/// Agent 40 conferences: the same two calls become 902. One event for agent 40, one for agent 41.
pub fn conferenced() -> [Value; 2] {
    let told = |agent: i64, others: &str| {
        let ids = json!({ "HeldCallID": 900, "ActiveCallID": 901, "NewCallID": 902, "OppositePartyNumber": others });
        event(13, agent, ids)
    };
    [told(40, "5551234,4041"), told(41, "4040,5551234")]
}
