//! What an application hears of the old calls after a transfer or a conference.

use super::*;

/// Agent 1001 transfers the customer to agent 1002, or brings 1002 in, by calls 900 and 901 joining into `result`.
fn joined_into(message: &str, result: i64) -> Vec<Value> {
    let to = if message == "transferred" { "transfer-to-device" } else { "conference-to-device" };
    let mut lines = [answered(900, 1001), consulted_agent()].concat();
    lines.push(joined(message, result, agent_device(to, 1002)));
    lines
}

/// What comes of `lines` after the story has come as far as `before`.
#[track_caller]
fn after(before: Vec<Value>, lines: Vec<Value>, expected: &[&str]) -> Vec<Value> {
    let heard = heard(&before).len();
    let events = translate(&[before, lines].concat());
    let shown: Vec<String> = events[heard..].iter().map(short).collect();
    assert_eq!(shown, expected, "{shown:#?}");
    events[heard..].to_vec()
}

/// What is told at once; the end of input is not.
fn heard(lines: &[Value]) -> Vec<Value> {
    let mut translator = translator();
    let mut out = Vec::new();
    for line in lines {
        translator.line(&line.to_string(), &mut |line: &[u8]| out.push(serde_json::from_slice(line).unwrap())).unwrap();
    }
    out
}

#[test]
fn the_end_of_an_old_call_leaves_the_result_of_a_transfer_alone() {
    let cases: [(i64, &[i64]); 3] = [(902, &[900, 901]), (900, &[901]), (901, &[900])];
    for (result, old) in cases {
        let cleared = |number: &i64| {
            let out = |id| call("conn-cleared", *number, 15, agent_device("device-out", id));
            vec![out(1001), out(1002), call("call-cleared", *number, 15, json!({}))]
        };
        let before = joined_into("transferred", result);
        let end: Vec<Value> = old.iter().flat_map(cleared).chain(ended(result, 1002, 30)).collect();
        let heard = heard(&before).len();
        let shown: Vec<String> = translate(&[before, end].concat())[heard..].iter().map(short).collect();
        let of_result: Vec<&String> = shown.iter().filter(|event| !event.contains("Completed")).collect();
        let cleared = format!("CallCleared {result} a1002 NearEnd");
        let over = format!("CallEnd {result}");
        // The agent who left works after the old call, which ends last.
        let old_over = "CallEnd 900";
        // If a call keeps its id, the wrap-ups of both agents belong to it.
        let expected = match result {
            901 | 902 => vec![
                "AgentStateChange a1001 Idle",
                &cleared,
                "AgentStateChange a1002 Wrap",
                &over,
                "AgentStateChange a1002 Idle",
                old_over,
            ],
            _ => vec![
                "AgentStateChange a1001 Idle",
                &cleared,
                "AgentStateChange a1002 Wrap",
                "AgentStateChange a1002 Idle",
                &over,
            ],
        };
        assert_eq!(of_result, expected, "into {result}: {shown:#?}");
    }
}

#[test]
fn nobody_leaves_a_conference_with_the_old_calls() {
    let old = [
        call("conn-cleared", 900, 15, agent_device("device-out", 1001)),
        call("conn-cleared", 901, 15, agent_device("device-out", 1001)),
        call("conn-cleared", 901, 15, agent_device("device-out", 1002)),
        call("conn-cleared", 900, 15, outside("device-out")),
        agent("agent-wrap", 1002, 15, json!({ "call-id": 901, "guid": "guid-901" })),
        call("diverted", 901, 15, agent_device("divert-from-device", 1002)),
        call("held", 901, 16, agent_device("device", 1002)),
    ];
    let expected = [
        "CallHeld 902 a1002",
        "CallCleared 902 a1001 NearEnd",
        "CallCleared 902 a1002 NearEnd",
        "AgentStateChange a1001 Idle",
        "AgentStateChange a1002 Idle",
        "CallEnd 902",
        "CallCompleted 902",
    ];
    let end = call("call-cleared", 902, 40, json!({}));
    after(joined_into("conferenced", 902), [&old[..], &[end]].concat(), &expected);
}

#[test]
fn whoever_transferred_works_after_the_old_call_and_gives_it_the_disposition() {
    let lines = vec![
        agent("agent-wrap", 1001, 15, json!({ "call-id": 900, "guid": "guid-900" })),
        request("SetDisposition", 5, json!({ "AgentIdx": 1001, "CallId": 900, "DispositionId": 42 })),
        reply(5, 0, None),
        call("wrap-code", 900, 16, json!({ "agent-id": 1001, "wrapup-code-id": 42 })),
        call("wrap-ended", 900, 17, json!({ "agent-id": 1001 })),
        agent("agent-idle", 1001, 17, json!({})),
    ];
    let lines = [lines, ended(902, 1002, 30)].concat();
    let expected = [
        "AgentStateChange a1001 Wrap",
        "> wrapup-code",
        "AgentStateChange a1001 Wrap #5",
        "CallEnd 900",
        "CallCompleted 900",
        "AgentStateChange a1001 Idle",
        "CallCleared 902 a1002 NearEnd",
        "AgentStateChange a1002 Wrap",
        "CallEnd 902",
        "CallCompleted 902",
        "AgentStateChange a1002 Idle",
    ];
    let events = after(joined_into("transferred", 902), lines, &expected);
    assert_eq!(events[0]["CallId"], 900, "the agent was never in 902");
    assert_eq!(events[1]["call-id"], 900);
}

#[test]
fn what_is_known_of_calls_that_ended_before_they_joined_survives() {
    let mut lines = [answered(900, 1001), consulted_agent()].concat();
    lines.push(call("call-cleared", 900, 15, json!({})));
    lines.push(call("call-cleared", 901, 15, json!({})));
    let mut join = joined("transferred", 902, agent_device("transfer-to-device", 1002));
    join.as_object_mut().unwrap().remove("call-table");
    let mut end = call("call-cleared", 902, 30, json!({}));
    end.as_object_mut().unwrap().remove("call-table");
    let expected = [
        "CallStarted 902",
        "CallOffered 902",
        "CallEstablished 902 a1002",
        "AgentStateChange a1001 Idle",
        "CallCleared 902 a1002 NearEnd",
        "AgentStateChange a1002 Idle",
        "CallEnd 900",
        "CallEnd 901",
        "CallEnd 902",
    ];
    let heard = heard(&lines).len();
    lines.extend([join, call("conn-cleared", 900, 16, outside("device-out")), end]);
    let events = translate(&lines);
    let told = |event: &&Value| !short(event).contains("CallCompleted");
    let shown: Vec<String> = events[heard..].iter().filter(told).map(short).collect();
    assert_eq!(shown, expected, "{shown:#?}");
    assert_eq!((&events[heard + 1]["ANI"], &events[heard + 1]["DNIS"]), (&json!("5551234"), &json!("800")));
    let end = events.iter().find(|event| short(event) == "CallEnd 902").unwrap();
    assert_eq!(end["CallData"], json!([{ "key": "101", "value": "gold" }]));
}

#[test]
fn a_blind_transfer_is_told_where_the_agents_leaving_came_first() {
    let divert =
        call("diverted", 900, 10, all(&[agent_device("divert-from-device", 1001), outside("divert-to-device")]));
    let lines = vec![
        call("conn-cleared", 900, 10, agent_device("device-out", 1001)),
        divert.clone(),
        divert,
        agent("agent-idle", 1001, 10, json!({})),
        call("call-cleared", 900, 20, json!({})),
    ];
    let expected = [
        "CallCleared 900 a1001 NearEnd",
        "CallTransferred 900 900 900 900 a1001",
        "AgentStateChange a1001 Idle",
        "CallEnd 900",
        "CallCompleted 900",
    ];
    after(answered(900, 1001), lines, &expected);
}

/// An IVR, known as `kind`, has the call, and it is diverted to agent 1001, who answers.
fn diverted_from_an_ivr(kind: i64) -> Vec<Value> {
    let ivr = |prefix| device(prefix, 24, kind, "ivr1");
    let to_agent = all(&[ivr("divert-from-device"), agent_device("divert-to-device", 1001)]);
    vec![
        call("initiated", 900, 0, ivr("device")),
        call("established", 900, 1, all(&[ivr("joining-device"), outside("calling-device")])),
        call("diverted", 900, 2, to_agent),
        call("delivered", 900, 3, all(&[agent_device("alerting-device", 1001), outside("calling-device")])),
        call("established", 900, 4, all(&[agent_device("joining-device", 1001), outside("calling-device")])),
    ]
}

#[test]
fn an_ivr_that_a_call_was_diverted_from_is_not_who_the_agent_speaks_with() {
    for kind in [24, 6, 5] {
        let lines = [
            // Some say so once more.
            call("conn-cleared", 900, 5, device("device-out", 24, kind, "ivr1")),
            call("conn-cleared", 900, 6, outside("device-out")),
            call("conn-cleared", 900, 7, agent_device("device-out", 1001)),
            call("call-cleared", 900, 7, json!({})),
        ];
        let expected =
            ["CallCleared 900 a1001 FarEnd", "AgentStateChange a1001 Idle", "CallEnd 900", "CallCompleted 900"];
        for without_repeat in [0, 1] {
            after(diverted_from_an_ivr(kind), lines[without_repeat..].to_vec(), &expected);
        }
    }
}

#[test]
fn a_call_that_everyone_has_left_ends_though_an_ivr_had_it() {
    let before = diverted_from_an_ivr(24);
    let lines = vec![
        call("conn-cleared", 900, 6, agent_device("device-out", 1001)),
        call("conn-cleared", 900, 6, outside("device-out")),
        other("agent-need-help", 600, json!({ "agent": [] })),
    ];
    let told = heard(&before).len();
    let shown: Vec<String> = heard(&[before, lines].concat())[told..].iter().map(short).collect();
    assert!(shown.contains(&"CallEnd 900".to_owned()), "{shown:#?}");
}

#[test]
fn the_caller_whom_a_diversion_names_stays() {
    let mut before: Vec<Value> = diverted_from_an_ivr(24);
    before[2] = call("diverted", 900, 2, all(&[outside("divert-from-device"), agent_device("divert-to-device", 1001)]));
    before.insert(3, call("conn-cleared", 900, 2, device("device-out", 24, 24, "ivr1")));
    let lines = vec![call("conn-cleared", 900, 6, outside("device-out")), call("call-cleared", 900, 7, json!({}))];
    let expected = ["CallCleared 900 a1001 FarEnd", "AgentStateChange a1001 Idle", "CallEnd 900", "CallCompleted 900"];
    after(before, lines, &expected);
}
