//! Requests that take more than one order, or more time than the platform's answer.

use super::*;

fn dispose(fields: Value) -> Value {
    request("SetDisposition", 5, all(&[json!({ "AgentIdx": 1001, "CallId": 900, "DispositionId": 4 }), fields]))
}

fn without_wrap_up() -> Value {
    dispose(json!({ "WrapNotRequired": true }))
}

/// The number of the bridge's next order: the request's own number, which is free once the first order is answered.
const NEXT: i64 = 5;

fn wrap_ended(code: i64, seconds: u64) -> Value {
    call("wrap-ended", 900, seconds, json!({ "agent-id": 1001, "wrapup-code-id": code }))
}

fn wrapping() -> Vec<Value> {
    [answered(900, 1001), ended(900, 1001, 10).drain(..3).collect()].concat()
}

/// What the disposition comes to: orders, and events that carry its number.
#[track_caller]
fn comes_to(before: Vec<Value>, lines: &[Value], expected: &[&str]) {
    let shown: Vec<String> = translate(&[&before[..], lines].concat()).iter().map(short).collect();
    let own: Vec<&String> = shown.iter().filter(|event| event.starts_with('>') || event.ends_with("#5")).collect();
    assert_eq!(own, expected, "{shown:#?}");
}

#[test]
fn the_end_of_the_wrap_up_shows_the_disposition() {
    let done = ["> wrapup-code", "AgentStateChange a1001 Wrap #5"];
    comes_to(wrapping(), &[dispose(json!({})), reply(5, 0, None), wrap_ended(4, 12)], &done);
    // However long it takes.
    comes_to(wrapping(), &[dispose(json!({})), reply(5, 0, None), wrap_ended(4, 100)], &done);
    // And before the platform's answer.
    comes_to(wrapping(), &[dispose(json!({})), wrap_ended(4, 12), reply(5, 0, None)], &done);
    // A disposition that the call has already.
    let known =
        [wrapping(), vec![call("wrap-code", 900, 11, json!({ "agent-id": 1001, "wrapup-code-id": 4 }))]].concat();
    comes_to(known, &[dispose(json!({})), reply(5, 0, None)], &done);
}

#[test]
fn another_disposition_does_not_hide_that_this_one_was_refused() {
    let lines = [dispose(json!({})), wrap_ended(3, 12), reply(5, -7, None)];
    comes_to(wrapping(), &lines, &["> wrapup-code", "AgentRequestFailed a1001 RequestFailed #5"]);
}

#[test]
fn a_wrap_up_that_is_not_wanted_is_over_with_the_state_after_it() {
    let done = ["> wrapup-code", "> end-wrapup", "AgentStateChange a1001 Idle #5"];
    let accepted = [without_wrap_up(), reply(5, 0, None), reply(NEXT, 0, None)];
    let idle = agent("agent-idle", 1001, 12, json!({}));
    comes_to(wrapping(), &[&accepted[..], std::slice::from_ref(&idle)].concat(), &done);
    comes_to(wrapping(), &[&accepted[..], &[wrap_ended(4, 12), idle.clone()]].concat(), &done);
    // The platform says nothing of the state.
    comes_to(wrapping(), &[&accepted[..], &[wrap_ended(4, 12)]].concat(), &done);
    // The wrap-up is over before there was need to end it.
    let by_itself = [without_wrap_up(), wrap_ended(4, 12), reply(5, 0, None), idle];
    comes_to(wrapping(), &by_itself, &["> wrapup-code", "AgentStateChange a1001 Idle #5"]);
}

#[test]
fn the_end_of_the_wrap_up_does_not_hide_that_the_disposition_was_refused() {
    let lines = [
        without_wrap_up(),
        wrap_ended(0, 12),
        agent("agent-idle", 1001, 12, json!({})),
        reply(5, -7, Some("no such code")),
    ];
    comes_to(wrapping(), &lines, &["> wrapup-code", "AgentRequestFailed a1001 RequestFailed #5"]);
}

#[test]
fn a_wrap_up_is_ended_once_it_has_begun() {
    let asked = [without_wrap_up(), reply(5, 0, None)];
    let shown: Vec<String> = {
        let end = ended(900, 1001, 100);
        let after = [&end[..2], &[reply(NEXT, 0, None)], &end[2..]].concat();
        translate(&[answered(900, 1001), asked.to_vec(), after].concat()).iter().map(short).collect()
    };
    assert_eq!(
        shown[9..],
        [
            "> wrapup-code",
            "CallCleared 900 a1001 NearEnd",
            "AgentStateChange a1001 Wrap",
            "> end-wrapup",
            "CallEnd 900",
            "CallCompleted 900",
            "AgentStateChange a1001 Idle #5",
        ],
        "{shown:#?}"
    );
    // There is none after all.
    let end = [
        call("conn-cleared", 900, 100, agent_device("device-out", 1001)),
        call("no-wrap", 900, 100, json!({ "agent-id": 1001 })),
        agent("agent-idle", 1001, 100, json!({})),
    ];
    comes_to(answered(900, 1001), &[&asked[..], &end].concat(), &["> wrapup-code", "AgentStateChange a1001 Idle #5"]);
}

#[test]
fn a_state_that_has_to_wait_for_the_end_of_a_call_is_waited_for() {
    let cases = [("NotReady", "agent-release", json!({ "release-code": 0 })), ("Wrap", "agent-wrap", json!({}))];
    for (state, message, fields) in cases {
        let ask = request("SetAgentState", 5, json!({ "AgentIdx": 1001, "NewState": state }));
        let order = if state == "Wrap" { "> manual-wrapup" } else { "> release" };
        let asked = [answered(900, 1001), vec![ask, reply(5, 0, None)]].concat();
        let left = call("conn-cleared", 900, 124, agent_device("device-out", 1001));
        let shown = agent(message, 1001, 153, fields);
        comes_to(
            asked.clone(),
            &[left.clone(), shown.clone()],
            &[order, &format!("AgentStateChange a1001 {state} #5")],
        );
        // Half a minute after the call nobody waits any more.
        let late = [left, agent("agent-reserved", 1001, 155, json!({})), shown];
        comes_to(asked, &late, &[order, "AgentRequestFailed a1001 RequestFailed #5"]);
    }
}

#[test]
fn a_panic_where_nobody_is_logged_on_says_so() {
    let lines = [request("PanicLogout", 5, json!({ "LogoutAllAgents": true }))];
    let events = told(&lines, &["AgentLoginRequestFailed RequestFailed #5"]);
    assert_eq!(events[0]["FailureReason"], "nobody is logged on");
}

#[test]
fn a_panic_logs_off_whoever_a_snapshot_shows() {
    let lines = [
        agent("agent-idle", 1001, 0, json!({})),
        request("PanicLogout", 5, json!({ "LogoutAllAgents": true })),
        reply(5, 0, None),
        agent("agent-logout", 1001, 1, json!({})),
    ];
    let expected = ["AgentStateChange a1001 Idle", "> logout", "AgentLoginStateChange a1001 AgentLoggedOut #5"];
    told(&lines, &expected);
}

#[test]
fn nobody_is_logged_on_into_a_state_that_cannot_be_asked_for() {
    for state in ["Active", "Wrap"] {
        let lines = [
            login(1001, 0),
            agent("agent-logout", 1001, 1, json!({})),
            request("LoginAgent", 5, json!({ "AgentLoginName": "77", "StationId": "4001", "InitialState": state })),
            reply(5, 0, None),
            login(1001, 2),
        ];
        let shown: Vec<String> = translate(&lines).iter().map(short).collect();
        assert_eq!(
            shown[2..],
            ["AgentLoginRequestFailed a1001 InvalidStateForRequest #5", "AgentLoginStateChange a1001 AgentLoggedIn"],
            "{shown:#?}"
        );
    }
}
