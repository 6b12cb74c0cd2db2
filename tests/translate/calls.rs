//! Calls that agents begin, and calls that nobody answers.

use super::*;

/// A callback waits at group 9 before an agent begins it.
fn callback() -> Value {
    let table =
        json!({ "call-table": [{ "media": 1, "call-type": 4, "call-profile": [{ "id": 2, "value": "555" }] }] });
    call("queued", 900, 0, all(&[table, json!({ "queued-group-internal-id": 9, "queued-group-type": 4 })]))
}

fn initiated(seconds: u64) -> Value {
    call("initiated", 900, seconds, all(&[agent_device("device", 1001), json!({ "call-table": [{ "dnis": "555" }] })]))
}

fn far_end(message: &str, prefix: &str, seconds: u64) -> Value {
    call(message, 900, seconds, all(&[device(prefix, 0, 5, "555"), agent_device("calling-device", 1001)]))
}

#[test]
fn an_agent_begins_a_call_that_waited() {
    let lines = [callback(), initiated(1), initiated(1), far_end("established", "joining-device", 5)];
    let expected = [
        "CallStarted 900",
        "CallOffered 900",
        "CallDelivered 900",
        "CallOriginated 900 a1001 External",
        "CallEstablished 900 a1001",
        "AgentStateChange a1001 Active",
        "CallCleared 900 a1001 NearEnd",
        "AgentStateChange a1001 Wrap",
        "CallEnd 900",
        "CallCompleted 900",
        "AgentStateChange a1001 Idle",
    ];
    let events = told(&[&lines[..], &ended(900, 1001, 10)].concat(), &expected);
    assert_eq!(events[3]["Destination"], "555");
}

#[test]
fn an_agent_begins_a_call_that_alerted() {
    let alerts = call("delivered", 900, 1, agent_device("alerting-device", 1001));
    let lines = [callback(), alerts, initiated(2), far_end("established", "joining-device", 5)];
    let expected = [
        "CallStarted 900",
        "CallOffered 900",
        "CallDelivered 900",
        "CallConnected 900 a1001",
        "AgentStateChange a1001 PendingActive",
        "CallOriginated 900 a1001 External",
        "CallEstablished 900 a1001",
        "AgentStateChange a1001 Active",
        "CallCleared 900 a1001 NearEnd",
        "AgentStateChange a1001 Wrap",
        "CallEnd 900",
        "CallCompleted 900",
        "AgentStateChange a1001 Idle",
    ];
    told(&[&lines[..], &ended(900, 1001, 10)].concat(), &expected);
}

#[test]
fn a_callback_that_nobody_answered_is_begun_anew_by_the_next_agent() {
    let again = call("agent-reinsert", 900, 20, json!({ "reinsert-group-internal-id": 9, "reinsert-group-type": 4 }));
    let next =
        call("initiated", 900, 30, all(&[agent_device("device", 1002), json!({ "call-table": [{ "dnis": "555" }] })]));
    let joins = call(
        "established",
        900,
        33,
        all(&[device("joining-device", 0, 5, "555"), agent_device("calling-device", 1002)]),
    );
    let leaves = call("conn-cleared", 900, 5, agent_device("device-out", 1001));
    let lines = [callback(), initiated(1), leaves, again, next, joins, call("conn-cleared", 900, 40, far_device())];
    let shown: Vec<String> = translate(&lines).iter().map(short).collect();
    let begun: Vec<&String> = shown.iter().filter(|event| !event.starts_with("AgentState")).collect();
    assert_eq!(
        begun[3..],
        [
            "CallOriginated 900 a1001 External",
            "CallCleared 900 a1001 NearEnd",
            "CallDelivered 900",
            "CallOriginated 900 a1002 External",
            "CallEstablished 900 a1002",
            "CallCleared 900 a1002 FarEnd",
            "CallEnd 900",
            "CallCompleted 900",
        ],
        "{shown:#?}"
    );
}

fn far_device() -> Value {
    device("device-out", 0, 5, "555")
}

#[test]
fn the_far_end_of_an_outgoing_call_leaves_though_nothing_was_heard_of_it() {
    for number in ["555", "+49 555"] {
        let lines = [
            initiated(0),
            call("conn-cleared", 900, 5, device("device-out", 0, 5, number)),
            call("conn-cleared", 900, 6, agent_device("device-out", 1001)),
            call("call-cleared", 900, 6, json!({})),
        ];
        let expected = [
            "CallStarted 900",
            "CallOriginated 900 a1001 External",
            "CallCleared 900 a1001 FarEnd",
            "CallEnd 900",
            "CallCompleted 900",
        ];
        told(&lines, &expected);
    }
}

#[test]
fn the_number_that_was_dialled_is_one_party_however_it_is_written() {
    let lines = [
        initiated(0),
        call(
            "delivered",
            900,
            1,
            all(&[device("alerting-device", 0, 5, "+49 555"), agent_device("calling-device", 1001)]),
        ),
        far_end("established", "joining-device", 2),
        call("conn-cleared", 900, 9, device("device-out", 0, 5, "0555")),
        call("call-cleared", 900, 9, json!({})),
    ];
    let shown: Vec<String> = translate(&lines).iter().map(short).collect();
    assert_eq!(shown[4..6], ["CallCleared 900 a1001 FarEnd", "AgentStateChange a1001 Idle"], "{shown:#?}");
}

#[test]
fn an_agent_who_did_not_answer_is_free_when_the_call_waits_again() {
    let mut lines: Vec<Value> = answered(900, 1001).drain(..4).collect();
    let waits = json!({ "queued-group-internal-id": 9, "queued-group-type": 4 });
    lines.push(call("queued", 900, 1, waits.clone()));
    lines.push(call("queued", 900, 12, waits));
    lines.push(call("delivered", 900, 14, all(&[agent_device("alerting-device", 1002), outside("calling-device")])));
    lines.push(call("established", 900, 15, all(&[agent_device("joining-device", 1002), outside("calling-device")])));
    lines.extend(ended(900, 1002, 20));
    let mut expected = ANSWERED[..7].to_vec();
    expected.extend([
        "CallCleared 900 a1001 NearEnd",
        "CallDelivered 900",
        "AgentStateChange a1001 Idle",
        "CallConnected 900 a1002",
        "AgentStateChange a1002 PendingActive",
        "CallEstablished 900 a1002",
        "AgentStateChange a1002 Active",
        "CallCleared 900 a1002 NearEnd",
        "AgentStateChange a1002 Wrap",
        "CallEnd 900",
        "CallCompleted 900",
        "AgentStateChange a1002 Idle",
    ]);
    told(&lines, &expected);
}
