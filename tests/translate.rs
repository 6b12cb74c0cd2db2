//! Scenarios through `translate`: a feed platform behind, a CTIPS application in front. The flows are those that the CTIPS
//! guide's appendix E names; their order follows from what each translation must mean.

mod common;

use cti_bridge::{diagnostic::Problems, mapping::Mappings, shipped::Files, translate::Translator};
use serde_json::{Value, json};

use common::*;

fn translator() -> Translator {
    let mappings = Mappings::load(&Files::built_in(), &mut Problems::default());
    Translator::new(&mappings, "event-feed", "ctips").unwrap()
}

/// What comes of lines, whole; the end of input included.
fn translate(lines: &[Value]) -> Vec<Value> {
    let mut translator = translator();
    let mut out = Vec::new();
    let mut take = |line: &[u8]| out.push(serde_json::from_slice(line).unwrap());
    for line in lines {
        translator.line(&line.to_string(), &mut take).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
    translator.finish(&mut take);
    out
}

#[track_caller]
fn told(lines: &[Value], expected: &[&str]) -> Vec<Value> {
    let events = translate(lines);
    let shown: Vec<String> = events.iter().map(short).collect();
    assert_eq!(shown, expected, "{shown:#?}");
    events
}

/// A call comes in, waits at group 9 and is answered by an agent.
fn answered(number: i64, agent_id: i64) -> Vec<Value> {
    vec![
        call("route-request", number, 0, json!({ "irn-id": 1, "irn-device": "800" })),
        call("routed", number, 0, json!({ "destination-internal-id": 9, "destination-type": 4 })),
        call("queued", number, 1, json!({ "queued-group-internal-id": 9, "queued-group-type": 4 })),
        call("delivered", number, 2, all(&[agent_device("alerting-device", agent_id), outside("calling-device")])),
        call("established", number, 4, all(&[agent_device("joining-device", agent_id), outside("calling-device")])),
    ]
}

/// An agent and then the platform end a call, with wrap-up.
fn ended(number: i64, agent_id: i64, seconds: u64) -> Vec<Value> {
    vec![
        call("conn-cleared", number, seconds, agent_device("device-out", agent_id)),
        agent("agent-wrap", agent_id, seconds, json!({ "call-id": number, "guid": format!("guid-{number}") })),
        call("call-cleared", number, seconds, json!({})),
        call(
            "wrap-ended",
            number,
            seconds + 5,
            json!({ "agent-id": agent_id, "wrapup-code-id": 3, "wrapup-id-list": [3] }),
        ),
        agent("agent-idle", agent_id, seconds + 5, json!({})),
    ]
}

const ANSWERED: [&str; 8] = [
    "CallStarted 900",
    "CallOffered 900",
    "RouteRequest 900",
    "RouteUsed 900 RouteToService",
    "CallDelivered 900",
    "CallConnected 900 a1001",
    "AgentStateChange a1001 PendingActive",
    "CallEstablished 900 a1001",
];

#[test]
fn a_call_arrives_to_an_inbound_service() {
    let lines = [answered(900, 1001), ended(900, 1001, 10)].concat();
    let mut expected = ANSWERED.to_vec();
    expected.extend([
        "AgentStateChange a1001 Active",
        "CallCleared 900 a1001 NearEnd",
        "AgentStateChange a1001 Wrap",
        "CallEnd 900",
        "CallCompleted 900",
        "AgentStateChange a1001 Idle",
    ]);
    let events = told(&lines, &expected);
    let offered = &events[1];
    assert_eq!((&offered["ANI"], &offered["DNIS"]), (&json!("5551234"), &json!("800")));
    assert_eq!((&offered["CallSequenceId"], &offered["SwitchId"]), (&json!(5900), &json!(1)));
    let connected = &events[5];
    assert_eq!(connected["CallInfo"]["ANI"], "5551234");
    assert_eq!(connected["CallInfo"]["CallData"], json!([{ "key": "101", "value": "gold" }]));
    assert_eq!((&connected["ResponseRequired"], &connected["CallType"]), (&json!(true), &json!("InboundAcd")));
    assert_eq!(connected["ServiceId"], 9);
}
