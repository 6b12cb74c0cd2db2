//! What the platforms say: both have the same agents, the same group, and calls of the same numbers.

use cti_bridge::sim::messages;
use serde_json::{Value, json};

/// Both platforms have these agents and this group.
pub const AGENTS: [i64; 2] = [40, 41];
pub const GROUP: i64 = 9;

/// Both platforms have the same desks.
pub fn station(agent: i64) -> String {
    (4000 + agent).to_string()
}

/// The login number of an agent: the first agents of both platforms share theirs.
pub fn login_number(platform: usize, agent: i64) -> String {
    if agent == AGENTS[0] { "77".into() } else { (78 + platform).to_string() }
}

/// Who calls tells whose call it is.
pub fn caller(platform: usize, call: i64) -> String {
    format!("70{platform}{call}")
}

fn guid(platform: usize, call: i64) -> String {
    format!("guid-{platform}-{call}")
}

/// The messages of a call, one by one; whether it was the last.
pub fn feed_story(platform: usize, call: i64, agent: i64, step: usize) -> (Value, bool) {
    let number = caller(platform, call);
    let device = |prefix: &str| messages::device(prefix, agent, 3, &station(agent));
    let outside = messages::device("calling-device", 0, 5, &number);
    let guid = guid(platform, call);
    let table = json!({ "guid": guid, "call-table": [{ "media": 1, "call-type": 1, "dnis": "800",
        "group": { "type": 4, "id": GROUP }, "connections": [],
        "call-profile": [{ "id": 42, "value": guid }, { "id": 2, "value": number }] }] });
    let of_call =
        |message: &str, extra: Value| messages::call(message, call, 1, messages::all(&[table.clone(), extra]));
    let message = match step {
        0 => of_call("queued", json!({ "queued-group-internal-id": GROUP, "queued-group-type": 4 })),
        1 => of_call("delivered", messages::all(&[device("alerting-device"), outside])),
        2 => of_call("established", messages::all(&[device("joining-device"), outside])),
        3 => of_call("conn-cleared", device("device-out")),
        4 => messages::agent("agent-wrap", agent, 1, json!({ "call-id": call, "guid": guid })),
        5 => of_call("call-cleared", json!({})),
        _ => messages::agent("agent-idle", agent, 1, json!({})),
    };
    (message, step >= 6)
}

pub fn ccas_story(call: i64, agent: i64, step: usize, number: &str) -> (Value, bool) {
    let message = match step {
        0 => json!({ "type": 24, "RecID": agent, "CallID": call, "ServiceGroupID": GROUP, "CallingPartyNumber": number,
            "CalledNumber": "800", "CallType": 3, "TimeInQueue": 30 }),
        1 => json!({ "type": 8, "RecID": agent, "CallID": call, "OppositePartyNumber": number }),
        2 => json!({ "type": 9, "RecID": agent, "CallID": call, "OppositePartyNumber": number, "CallSubstate": 0 }),
        3 => json!({ "type": 14, "RecID": agent, "CallID": call, "ClericalFlag": 1, "DivertedFlag": 0 }),
        _ => json!({ "type": 15, "RecID": agent, "CallID": call }),
    };
    (message, step >= 4)
}
