//! What an application hears of the old calls after a transfer or a conference.

use super::*;

/// Agent 1001 transfers the customer to agent 1002, or brings 1002 in, by calls 900 and 901 joining into `result`.
fn joined_into(message: &str, result: i64) -> Vec<Value> {
    let to = if message == "transferred" { "transfer-to-device" } else { "conference-to-device" };
    let mut lines = [answered(900, 1001), consulted_agent()].concat();
    lines.push(joined(message, result, agent_device(to, 1002)));
    lines
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
        let expected = [
            "AgentStateChange a1001 Idle",
            &cleared,
            "AgentStateChange a1002 Wrap",
            &over,
            "AgentStateChange a1002 Idle",
        ];
        assert_eq!(of_result, expected, "into {result}: {shown:#?}");
    }
}
