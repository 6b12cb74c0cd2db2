//! Agents: log-on and log-off, work after calls that are not known, and who sits where.

use super::*;

#[test]
fn what_was_said_since_the_log_off_is_told_after_the_log_on() {
    let lines = [
        login(1001, 0),
        agent("agent-logout", 1001, 5, json!({})),
        agent("agent-idle", 1001, 5, json!({})),
        login(1001, 5),
        request("GetAgentState", 8, json!({ "AgentIdx": 1001 })),
    ];
    let expected = [
        "AgentLoginStateChange a1001 AgentLoggedIn",
        "AgentLoginStateChange a1001 AgentLoggedOut",
        "AgentLoginStateChange a1001 AgentLoggedIn",
        "AgentStateChange a1001 Idle",
        "AgentStateChange a1001 Idle #8",
    ];
    told(&lines, &expected);
}

#[test]
fn an_agent_who_logs_on_while_on_a_call_is_active() {
    let mut lines = vec![agent("agent-logout", 1001, 0, json!({}))];
    lines.extend(answered(900, 1001));
    lines.push(login(1001, 6));
    lines.extend(ended(900, 1001, 10));
    let shown: Vec<String> = translate(&lines).iter().map(short).collect();
    let of_agent: Vec<&String> = shown.iter().filter(|event| event.starts_with("Agent")).collect();
    assert_eq!(
        of_agent,
        [
            "AgentLoginStateChange a1001 AgentLoggedOut",
            "AgentLoginStateChange a1001 AgentLoggedIn",
            "AgentStateChange a1001 Active",
            "AgentStateChange a1001 Wrap",
            "AgentStateChange a1001 Idle",
        ],
        "{shown:#?}"
    );
}

#[test]
fn the_services_of_whom_logged_off_are_told_as_inactive() {
    let events = translate(&[login(1001, 0), agent("agent-logout", 1001, 5, json!({})), login(1001, 9)]);
    let services: Vec<&Value> = events.iter().map(|event| &event["ServiceState"]).collect();
    let one = |state: &str| json!([{ "ServiceId": 9, "ServiceState": state }]);
    assert_eq!(services, [&one("Active"), &one("InActive"), &one("Active")]);
}

#[test]
fn work_after_a_call_that_is_not_known_is_wrap_up() {
    let unknown = json!({ "call-id": 77, "guid": "guid-77" });
    let talking = json!({
        "version": 1, "timestamp": at(0), "topic": "contact-center", "message": "group-agent-stats", "group-id": 9,
        "agents": [{ "agent-id": 1001, "agent-ext": "4001", "agent-state": 3, "state-start-time": at(0) }],
    });
    for busy in [talking, all(&[agent("agent-on-call", 1001, 0, json!({})), unknown.clone()])] {
        let lines = [
            busy,
            agent("agent-wrap", 1001, 5, unknown.clone()),
            call("wrap-ended", 77, 9, json!({ "agent-id": 1001 })),
            agent("agent-idle", 1001, 9, json!({})),
        ];
        let shown: Vec<String> = translate(&lines).iter().map(short).collect();
        let states: Vec<&String> = shown.iter().filter(|event| event.starts_with("AgentStateChange")).collect();
        assert_eq!(
            states,
            ["AgentStateChange a1001 Active", "AgentStateChange a1001 Wrap", "AgentStateChange a1001 Idle"],
            "{shown:#?}"
        );
    }
}

#[test]
fn work_after_a_call_takes_as_long_as_it_takes() {
    let mut lines = [answered(900, 1001), ended(900, 1001, 10).drain(..3).collect()].concat();
    lines.push(agent("agent-reserved", 1001, 120, json!({})));
    lines.push(request("GetAgentState", 8, json!({ "AgentIdx": 1001 })));
    lines.push(call("wrap-ended", 900, 130, json!({ "agent-id": 1001 })));
    let shown: Vec<String> = translate(&lines).iter().map(short).collect();
    assert_eq!(
        shown[10..],
        [
            "AgentStateChange a1001 Wrap",
            "AgentStateChange a1001 Wrap #8",
            "CallEnd 900",
            "CallCompleted 900",
            "AgentStateChange a1001 Reserved",
        ],
        "{shown:#?}"
    );
}

#[test]
fn who_returns_to_a_desk_is_found_there() {
    let at_desk = |message: &str, id: i64, seconds: u64| {
        agent(message, id, seconds, json!({ "agent-number": id.to_string(), "agent-ext": "4001", "groups": [] }))
    };
    let lines = [
        at_desk("agent-login", 1001, 0),
        at_desk("agent-logout", 1001, 1),
        at_desk("agent-login", 1002, 2),
        at_desk("agent-logout", 1002, 3),
        at_desk("agent-login", 1001, 4),
        call("delivered", 900, 5, all(&[device("alerting-device", 0, 5, "4001"), outside("calling-device")])),
        call("call-cleared", 900, 9, json!({})),
    ];
    let shown: Vec<String> = translate(&lines).iter().map(short).collect();
    assert!(shown.contains(&"CallConnected 900 a1001".into()), "{shown:#?}");
}
