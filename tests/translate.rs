//! Scenarios through `translate`: a feed platform behind, a CTIPS application in front. The flows are those that the CTIPS
//! guide's appendix E names; their order follows from what each translation must mean.

#[path = "translate/agents.rs"]
mod agents;
#[path = "translate/calls.rs"]
mod calls;
#[path = "translate/joins.rs"]
mod joins;
#[path = "translate/of_ctips.rs"]
mod of_ctips;
#[path = "translate/requests.rs"]
mod requests;

use cti_bridge::sim::messages::*;
use cti_bridge::{diagnostic::Problems, dialect::Registry, mapping::Mappings, shipped::Files, translate::Translator};
use serde_json::{Value, json};

fn translator() -> Translator {
    let mappings = Mappings::load(&Files::built_in(), &mut Problems::default());
    Translator::new(&mappings, &Registry::shipped(), "event-feed", "ctips").unwrap()
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

/// Agent 1001 holds call 900 and consults in call 901: with agent 1002, where `joining` is one.
fn consulted(alerting: &Value, joining: &Value) -> Vec<Value> {
    let dialled = json!({ "call-table": [{ "dnis": "4002", "media": 1, "call-type": 0 }] });
    vec![
        call("held", 900, 10, agent_device("device", 1001)),
        call("initiated", 901, 11, all(&[agent_device("device", 1001), dialled.clone()])),
        call("delivered", 901, 12, all(&[alerting.clone(), agent_device("calling-device", 1001), dialled])),
        call("established", 901, 13, all(&[joining.clone(), agent_device("calling-device", 1001)])),
    ]
}

fn consulted_agent() -> Vec<Value> {
    consulted(&agent_device("alerting-device", 1002), &agent_device("joining-device", 1002))
}

/// Calls 900 and 901 join into `result`.
fn joined(message: &str, result: i64, to: Value) -> Value {
    let (by, moved) = match message {
        "transferred" => ("transferring-device", "transferred-device"),
        _ => ("conferencing-device", "conferenced-device"),
    };
    let ids = json!({
        "secondary-call-id": 901, "secondary-guid": "guid-901", "secondary-pbx-call-id": 5901,
        "resultant-call-id": result, "resultant-guid": format!("guid-{result}"), "resultant-pbx-call-id": result + 5000,
    });
    call(message, 900, 15, all(&[ids, agent_device(by, 1001), outside(moved), to]))
}

const CONSULTED: [&str; 10] = [
    "AgentStateChange a1001 Active",
    "CallHeld 900 a1001",
    "CallStarted 901",
    "CallOriginated 901 a1001 External",
    "CallConnected 901 a1002",
    "AgentStateChange a1002 PendingActive",
    "CallEstablished 901 a1002",
    "AgentStateChange a1002 Active",
    "CallEstablished 901 a1001",
    "CallConsultation 900 901 a1001",
];

#[test]
fn a_route_select_to_an_invalid_destination_fails_and_the_default_is_used_in_the_end() {
    let lines = [
        call("route-request", 900, 0, json!({})),
        json!({ "RouteSelect": { "RequestId": 5, "CallId": 900, "RouteActionType": "RouteToService", "RouteDestination": "77" } }),
        json!({ "RouteSelect": { "RequestId": 6, "CallId": 999, "RouteActionType": "RouteToDefault" } }),
        call("call-cleared", 900, 60, json!({})),
    ];
    let expected = [
        "CallStarted 900",
        "CallOffered 900",
        "RouteRequest 900",
        "RouteRequestFailed 900 RequestFailed #5",
        "RouteRequestFailed 999 InvalidCallId #6",
        "RouteUsed 900 RouteToDefault",
        "CallEnd 900",
        "CallCompleted 900",
    ];
    let events = told(&lines, &expected);
    assert_eq!(events[2]["RouteTimeout"], 20);
    assert_eq!(events[5]["RouteStatus"], "RouteDefaultUsed");
}

#[test]
fn a_route_is_selected_once() {
    let select = |request: i64| json!({ "RouteSelect": { "RequestId": request, "CallId": 900, "RouteActionType": "RouteToDefault" } });
    let lines =
        [call("route-request", 900, 0, json!({})), select(5), select(6), call("call-cleared", 900, 60, json!({}))];
    let expected = [
        "CallStarted 900",
        "CallOffered 900",
        "RouteRequest 900",
        "RouteUsed 900 RouteToDefault #5",
        "RouteReject 900 CallAlreadyRouted #6",
        "CallEnd 900",
        "CallCompleted 900",
    ];
    told(&lines, &expected);
}

#[test]
fn a_blind_transfer_to_an_agent() {
    let mut lines = answered(900, 1001);
    lines.push(call(
        "diverted",
        900,
        10,
        all(&[agent_device("divert-from-device", 1001), agent_device("divert-to-device", 1002)]),
    ));
    lines.push(call("delivered", 900, 11, all(&[agent_device("alerting-device", 1002), outside("calling-device")])));
    lines.push(call("established", 900, 12, all(&[agent_device("joining-device", 1002), outside("calling-device")])));
    lines.extend(ended(900, 1002, 20));
    let mut expected = ANSWERED.to_vec();
    expected.extend([
        "AgentStateChange a1001 Active",
        "CallTransferred 900 900 900 900 a1001",
        "CallCleared 900 a1001 NearEnd",
        "CallConnected 900 a1002",
        "AgentStateChange a1002 PendingActive",
        "AgentStateChange a1001 Idle",
        "CallEstablished 900 a1002",
        "AgentStateChange a1002 Active",
        "CallCleared 900 a1002 NearEnd",
        "AgentStateChange a1002 Wrap",
        "AgentStateChange a1002 Idle",
        "CallEnd 900",
        "CallCompleted 900",
    ]);
    told(&lines, &expected);
}

#[test]
fn a_blind_transfer_to_a_service_and_on_to_another_where_nobody_is() {
    let mut lines = answered(900, 1001);
    lines.push(call(
        "diverted",
        900,
        10,
        all(&[
            agent_device("divert-from-device", 1001),
            json!({ "divert-to-group-id": 12, "divert-to-group-type": 4 }),
        ]),
    ));
    lines.push(call("queued", 900, 10, json!({ "queued-group-internal-id": 12, "queued-group-type": 4 })));
    lines.push(call("agent-idle", 900, 11, json!({ "agent-id": 1001 })));
    // Nobody serves group 12: the platform sends the call on.
    lines.push(call("to-no-agent-dest", 900, 12, device("destination", 0, 4, "")));
    lines.push(call(
        "overflowed",
        900,
        12,
        json!({ "overflow-destination-group-internal-id": 13, "overflow-destination-group-type": 4 }),
    ));
    lines.push(call("conn-cleared", 900, 20, outside("device-out")));
    lines.push(call("call-cleared", 900, 20, json!({ "abandoned-call": true })));
    let mut expected = ANSWERED.to_vec();
    expected.extend([
        "AgentStateChange a1001 Active",
        "CallTransferred 900 900 900 900 a1001",
        "CallCleared 900 a1001 NearEnd",
        "CallDelivered 900",
        "AgentStateChange a1001 Idle",
        "CallDelivered 900",
        "CallEnd 900",
        "CallCompleted 900",
    ]);
    let events = told(&lines, &expected);
    let services: Vec<&Value> =
        events.iter().filter(|e| e["EventType"] == "CallDelivered").map(|e| &e["ServiceId"]).collect();
    assert_eq!(services, [&json!(9), &json!(12), &json!(13)]);
}

#[test]
fn a_consultation_transfer_to_an_agent() {
    let mut lines = [answered(900, 1001), consulted_agent()].concat();
    lines.push(joined("transferred", 902, agent_device("transfer-to-device", 1002)));
    lines.extend(ended(902, 1002, 30));
    let mut expected = [&ANSWERED[..], &CONSULTED[..]].concat();
    expected.extend([
        "CallTransferred 900 900 901 902 a1001",
        "CallCleared 900 901 a1001 NearEnd",
        "CallEnd 901",
        "CallCompleted 901",
        "AgentStateChange a1001 Idle",
        "CallCleared 902 a1002 NearEnd",
        "AgentStateChange a1002 Wrap",
        "CallEnd 902",
        "CallCompleted 902",
        "AgentStateChange a1002 Idle",
        "CallEnd 900",
        "CallCompleted 900",
    ]);
    let events = told(&lines, &expected);
    let end = events.iter().find(|event| event["EventType"] == "CallEnd" && event["CallId"] == 902).unwrap();
    assert_eq!(end["CallData"], json!([{ "key": "101", "value": "gold" }]), "the customer's data survive");
    assert_eq!(end["CallSequenceId"], 5902);
}

#[test]
fn a_consultation_transfer_to_a_service_where_the_customers_call_goes_on() {
    let mut lines = answered(900, 1001);
    lines.push(call("held", 900, 10, agent_device("device", 1001)));
    lines.push(call(
        "initiated",
        901,
        11,
        all(&[agent_device("device", 1001), json!({ "call-table": [{ "dnis": "812" }] })]),
    ));
    lines.push(call("queued", 901, 12, json!({ "queued-group-internal-id": 12, "queued-group-type": 4 })));
    lines.push(joined("transferred", 900, device("transfer-to-device", 12, 4, "")));
    lines.push(call(
        "delivered",
        900,
        16,
        all(&[agent_device("alerting-device", 1002), agent_device("calling-device", 1001)]),
    ));
    lines.push(call(
        "established",
        900,
        17,
        all(&[agent_device("joining-device", 1002), agent_device("calling-device", 1001)]),
    ));
    lines.extend(ended(900, 1002, 30));
    let mut expected = ANSWERED.to_vec();
    expected.extend([
        "AgentStateChange a1001 Active",
        "CallHeld 900 a1001",
        "CallStarted 901",
        "CallOriginated 901 a1001 External",
        "CallDelivered 901",
        "CallTransferred 900 900 901 900 a1001",
        "CallCleared 900 901 a1001 NearEnd",
        "CallEnd 901",
        "CallCompleted 901",
        "CallConnected 900 a1002",
        "AgentStateChange a1002 PendingActive",
        "AgentStateChange a1001 Idle",
        "CallEstablished 900 a1002",
        "AgentStateChange a1002 Active",
        "CallCleared 900 a1002 NearEnd",
        "AgentStateChange a1002 Wrap",
        "AgentStateChange a1002 Idle",
        "CallEnd 900",
        "CallCompleted 900",
    ]);
    let events = told(&lines, &expected);
    let connected = events.iter().find(|event| short(event) == "CallConnected 900 a1002").unwrap();
    assert_eq!(connected["CallInfo"]["ANI"], "5551234", "the original caller is not lost");
}

#[test]
fn a_conference_with_an_agent_where_the_customer_hangs_up_first() {
    let mut lines = [answered(900, 1001), consulted_agent()].concat();
    lines.push(joined("conferenced", 902, agent_device("conference-to-device", 1002)));
    lines.push(call("conn-cleared", 902, 20, outside("device-out")));
    lines.push(call("conn-cleared", 902, 21, agent_device("device-out", 1002)));
    lines.push(call("no-wrap", 902, 21, json!({ "agent-id": 1002 })));
    lines.extend(ended(902, 1001, 23));
    let mut expected = [&ANSWERED[..], &CONSULTED[..]].concat();
    expected.extend([
        "CallConferenced 900 900 901 902 a1001",
        "CallEnd 900",
        "CallCompleted 900",
        "CallEnd 901",
        "CallCompleted 901",
        "CallCleared 902 a1001 FarEnd",
        "CallCleared 902 a1002 FarEnd",
        "AgentStateChange a1002 Idle",
        "AgentStateChange a1001 Wrap",
        "CallEnd 902",
        "CallCompleted 902",
        "AgentStateChange a1001 Idle",
    ]);
    told(&lines, &expected);
}

#[test]
fn a_conference_whose_initiator_hangs_up() {
    let mut lines = [answered(900, 1001), consulted_agent()].concat();
    lines.push(joined("conferenced", 900, agent_device("conference-to-device", 1002)));
    lines.push(call("conn-cleared", 900, 20, agent_device("device-out", 1001)));
    lines.push(agent("agent-idle", 1001, 20, json!({})));
    lines.push(call("conn-cleared", 900, 25, outside("device-out")));
    lines.extend(ended(900, 1002, 26));
    let mut expected = [&ANSWERED[..], &CONSULTED[..]].concat();
    expected.extend([
        "CallConferenced 900 900 901 900 a1001",
        "CallEnd 901",
        "CallCompleted 901",
        "CallCleared 900 a1001 NearEnd",
        "AgentStateChange a1001 Idle",
        "CallCleared 900 a1002 FarEnd",
        "AgentStateChange a1002 Wrap",
        "CallEnd 900",
        "CallCompleted 900",
        "AgentStateChange a1002 Idle",
    ]);
    told(&lines, &expected);
}

#[test]
fn a_conference_with_a_service_where_the_customer_hangs_up_first() {
    let queued = vec![
        call("held", 900, 10, agent_device("device", 1001)),
        call("initiated", 901, 11, all(&[agent_device("device", 1001), json!({ "call-table": [{ "dnis": "812" }] })])),
        call("queued", 901, 12, json!({ "queued-group-internal-id": 12, "queued-group-type": 4 })),
        call("delivered", 901, 13, all(&[agent_device("alerting-device", 1002), agent_device("calling-device", 1001)])),
        call(
            "established",
            901,
            14,
            all(&[agent_device("joining-device", 1002), agent_device("calling-device", 1001)]),
        ),
        joined("conferenced", 902, agent_device("conference-to-device", 1002)),
        call("conn-cleared", 902, 20, outside("device-out")),
        call("call-cleared", 902, 21, json!({})),
        agent("agent-idle", 1001, 21, json!({})),
        agent("agent-idle", 1002, 21, json!({})),
    ];
    let mut expected = ANSWERED.to_vec();
    expected.extend([
        "AgentStateChange a1001 Active",
        "CallHeld 900 a1001",
        "CallStarted 901",
        "CallOriginated 901 a1001 External",
        "CallDelivered 901",
        "CallConnected 901 a1002",
        "AgentStateChange a1002 PendingActive",
        "CallEstablished 901 a1002",
        "AgentStateChange a1002 Active",
        "CallEstablished 901 a1001",
        "CallConsultation 900 901 a1001",
        "CallConferenced 900 900 901 902 a1001",
        "CallEnd 900",
        "CallCompleted 900",
        "CallEnd 901",
        "CallCompleted 901",
        "CallCleared 902 a1001 FarEnd",
        "CallCleared 902 a1002 FarEnd",
        "AgentStateChange a1001 Idle",
        "CallEnd 902",
        "CallCompleted 902",
        "AgentStateChange a1002 Idle",
    ]);
    told(&[answered(900, 1001), queued].concat(), &expected);
}

#[test]
fn agent_calls_agent() {
    let login = agent(
        "agent-login",
        1002,
        0,
        json!({ "agent-number": "72", "agent-ext": "4002", "groups": [{ "type": 4, "id": 9 }] }),
    );
    let dialled = json!({ "call-table": [{ "dnis": "4002", "media": 1, "call-type": 0 }] });
    let lines = [
        login,
        call("initiated", 901, 11, all(&[agent_device("device", 1001), dialled.clone()])),
        call(
            "delivered",
            901,
            12,
            all(&[agent_device("alerting-device", 1002), agent_device("calling-device", 1001), dialled]),
        ),
        call(
            "established",
            901,
            13,
            all(&[agent_device("joining-device", 1002), agent_device("calling-device", 1001)]),
        ),
        call("call-cleared", 901, 21, json!({})),
    ];
    let expected = [
        "AgentLoginStateChange a1002 AgentLoggedIn",
        "CallStarted 901",
        "CallOriginated 901 a1001 Agent",
        "CallConnected 901 a1002",
        "AgentStateChange a1002 PendingActive",
        "CallEstablished 901 a1002",
        "AgentStateChange a1002 Active",
        "CallEstablished 901 a1001",
        "AgentStateChange a1001 Active",
        "CallCleared 901 a1001 NearEnd",
        "CallCleared 901 a1002 NearEnd",
        "AgentStateChange a1001 Idle",
        "AgentStateChange a1002 Idle",
        "CallEnd 901",
        "CallCompleted 901",
    ];
    let events = told(&lines, &expected);
    assert_eq!(events[2]["Destination"], "1002");
    assert_eq!((&events[3]["CallType"], &events[3]["OriginatingAgentId"]), (&json!("InboundInternal"), &json!(1001)));
    assert_eq!((&events[0]["AgentLoginName"], &events[0]["AgentStationAddress"]), (&json!("72"), &json!("4002")));
    assert_eq!(events[0]["ServiceState"], json!([{ "ServiceId": 9, "ServiceState": "Active" }]));
}

#[test]
fn a_service_that_is_removed_is_told_with_its_agents_who_have_it_no_more_afterwards() {
    let group =
        |what: &str| other("entity-update", 1, json!({ "update-type": what, "group-id": 9, "group-name": "Sales" }));
    let lines =
        [group("add"), login(1001, 0), login(1002, 0), group("delete"), agent("agent-idle", 1001, 2, json!({}))];
    let expected = [
        "ServiceStateChange",
        "AgentLoginStateChange a1001 AgentLoggedIn",
        "AgentLoginStateChange a1002 AgentLoggedIn",
        "ServiceStateChange",
        "AgentStateChange a1001 Idle",
    ];
    let out = told(&lines, &expected);
    assert_eq!((&out[3]["ServiceState"], &out[3]["ServiceId"]), (&json!("RemoveService"), &json!(9)));
    assert_eq!(out[3]["AgentIdList"], json!([1001, 1002]));
    assert!(out[4]["ServiceIds"].as_array().is_none_or(Vec::is_empty), "{}", out[4]);
}

// ── requests ──────────────────────────────────────────────────────────────────────────────────────────────────────────

fn request(name: &str, id: i64, fields: Value) -> Value {
    json!({ name: all(&[json!({ "RequestId": id, "TenantId": 1, "SessionId": "s" }), fields]) })
}

#[test]
fn an_agent_is_made_not_ready_and_the_event_carries_the_request() {
    let lines = [
        agent("agent-idle", 1001, 0, json!({})),
        request("SetAgentState", 6, json!({ "AgentIdx": 1001, "NewState": "NotReady" })),
        reply(6, 0, None),
        agent("agent-release", 1001, 1, json!({ "release-code": 3 })),
        request("SetAgentState", 7, json!({ "AgentId": 1001, "NewState": "NotReady" })),
        reply(7, 0, None),
        request("GetAgentState", 8, json!({ "AgentIdx": 1001 })),
    ];
    let expected = [
        "AgentStateChange a1001 Idle",
        "> release",
        "AgentStateChange a1001 NotReady #6",
        "> release",
        "AgentStateChange a1001 NotReady #7",
        "AgentStateChange a1001 NotReady #8",
    ];
    let out = told(&lines, &expected);
    assert_eq!(
        (&out[1]["request-id"], &out[1]["agent-id"]),
        (&json!(6), &json!(1001)),
        "both sides' captures show the same"
    );
}

#[test]
fn an_agents_state_that_is_asked_for_names_the_call_as_the_event_of_the_state_does() {
    let alerting = all(&[agent_device("alerting-device", 1001), outside("calling-device")]);
    let ask = |id: i64| request("GetAgentState", id, json!({ "AgentIdx": 1001 }));
    let lines = [
        agent("agent-idle", 1001, 0, json!({})),
        call("delivered", 900, 1, alerting),
        ask(8),
        call("conn-cleared", 900, 2, agent_device("device-out", 1001)),
        agent("agent-wrap", 1001, 3, json!({ "call-id": 900, "guid": "guid-900" })),
        ask(9),
        agent("agent-idle", 1001, 4, json!({})),
        ask(10),
        call("call-cleared", 900, 5, json!({})),
    ];
    let expected = [
        "AgentStateChange a1001 Idle",
        "CallStarted 900",
        "CallOffered 900",
        "CallConnected 900 a1001",
        "AgentStateChange a1001 PendingActive",
        "AgentStateChange a1001 PendingActive #8",
        "CallCleared 900 a1001 NearEnd",
        "AgentStateChange a1001 Wrap",
        "AgentStateChange a1001 Wrap #9",
        "AgentStateChange a1001 Idle",
        "AgentStateChange a1001 Idle #10",
        "CallEnd 900",
        "CallCompleted 900",
    ];
    let out = told(&lines, &expected);
    let of = |event: &Value| (event["CallId"].clone(), event["ServiceId"].clone());
    for (unasked, asked) in [(4, 5), (7, 8)] {
        assert_eq!(of(&out[unasked]), (json!(900), json!(9)));
        assert_eq!(of(&out[asked]), of(&out[unasked]));
    }
    assert_eq!(out[10]["CallId"].as_i64().unwrap_or(0), 0);
}

#[test]
fn a_refused_command_fails_with_the_platforms_own_words() {
    let lines = [
        agent("agent-idle", 1001, 0, json!({})),
        request("SetAgentState", 6, json!({ "AgentIdx": 1001, "NewState": "NotReady" })),
        reply(6, -2, Some("not allowed now")),
        request("SetAgentState", 7, json!({ "AgentIdx": 1001, "NewState": "Idle" })),
        reply(7, -9, None),
    ];
    let expected = [
        "AgentStateChange a1001 Idle",
        "> release",
        "AgentRequestFailed a1001 RequestFailed #6",
        "> resume",
        "AgentRequestFailed a1001 RequestFailed #7",
    ];
    let out = told(&lines, &expected);
    assert_eq!(out[2]["FailureReason"], "not allowed now");
    assert_eq!(out[4]["FailureReason"], "-9");
}

#[test]
fn what_the_platform_cannot_do_fails_with_its_name_and_what_it_lacks() {
    let mut lines = answered(900, 1001);
    for name in [
        "HoldCall",
        "RetrieveCall",
        "ConferenceCall",
        "SetCallData",
        "SendDTMFDigits",
        "TransferCall",
        "ConsultationCall",
        "MakeCall",
    ] {
        lines.push(request(name, 9, json!({ "AgentIdx": 1001, "CallId": 900 })));
    }
    lines.push(call("call-cleared", 900, 60, json!({})));
    let failures: Vec<Value> =
        translate(&lines).into_iter().filter(|event| event["EventType"] == "CallRequestFailed").collect();
    assert_eq!(failures.len(), 8);
    for failure in &failures {
        assert_eq!(short(failure).replace(" 900", ""), "CallRequestFailed a1001 RequestFailed #9");
        let reason = failure["FailureReason"].as_str().unwrap();
        assert!(reason.starts_with("event-feed (Mitel Connect ONSITE event feed) has no command to "), "{reason}");
    }
}

#[test]
fn work_after_a_call_that_nobody_knows_cannot_be_asked_for() {
    for (before, state, lack) in [("agent-idle", "Wrap", "begin"), ("agent-wrap", "Idle", "end")] {
        let lines = [
            agent(before, 1001, 0, json!({})),
            request("SetAgentState", 9, json!({ "AgentIdx": 1001, "NewState": state })),
        ];
        let events = translate(&lines);
        assert_eq!(events.len(), 2, "{events:#?}");
        assert_eq!(short(&events[1]), "AgentRequestFailed a1001 RequestFailed #9");
        let reason = events[1]["FailureReason"].as_str().unwrap();
        assert!(reason.ends_with(&format!("can {lack} wrap-up only after a known call")), "{reason}");
    }
}

#[test]
fn what_is_none_fails_at_once_and_what_was_not_shown_is_the_platforms_to_judge() {
    let mut lines = answered(900, 1001);
    lines.push(request("SetAgentState", 1, json!({ "AgentIdx": -1, "NewState": "Idle" })));
    lines.push(request("GetAgentState", 2, json!({ "AgentIdx": 4711 })));
    lines.push(request("HoldCall", 3, json!({ "AgentIdx": 1001, "CallId": 4711 })));
    lines.push(request("HoldCall", 4, json!({ "AgentIdx": -1, "CallId": 900 })));
    lines.push(request("LoginAgent", 5, json!({ "AgentLoginName": "nobody", "StationId": "4001" })));
    lines.push(request("SetAgentState", 6, json!({ "AgentIdx": 1001, "NewState": "Active" })));
    lines.push(request("GetCallData", 7, json!({ "AgentIdx": 1001, "CallId": 4711 })));
    lines.push(request("HoldCall", 8, json!({ "AgentIdx": 1001, "CallId": 1_900_000_001 })));
    lines.push(reply(5, -1, Some("no such agent")));
    let shown: Vec<String> =
        translate(&lines).iter().filter(|event| event["RequestId"].as_i64() != Some(0)).map(short).collect();
    assert_eq!(
        shown,
        [
            "AgentRequestFailed a-1 InvalidAgent #1",
            "AgentRequestFailed a4711 RequestFailed #2",
            "CallRequestFailed 4711 a1001 RequestFailed #3",
            "CallRequestFailed 900 a-1 InvalidAgent #4",
            "> login",
            "AgentRequestFailed a1001 InvalidStateForRequest #6",
            "CallRequestFailed 4711 a1001 RequestFailed #7",
            "CallRequestFailed 1900000001 a1001 InvalidCallId #8",
            "AgentLoginRequestFailed RequestFailed #5",
        ]
    );
}

#[test]
fn a_call_is_answered_and_hung_up_by_request() {
    let mut lines: Vec<Value> = answered(900, 1001).drain(..4).collect();
    lines.push(request("AcceptCall", 3, json!({ "AgentIdx": 1001, "CallId": 900, "AcceptCall": true })));
    lines.push(reply(3, 0, None));
    lines.push(answered(900, 1001).remove(4));
    lines.push(request("ClearCall", 4, json!({ "AgentIdx": 1001, "CallId": 900 })));
    lines.push(reply(4, 0, None));
    lines.extend(ended(900, 1001, 10));
    let mut expected = ANSWERED[..7].to_vec();
    expected.extend([
        "> answer",
        "CallEstablished 900 a1001 #3",
        "AgentStateChange a1001 Active",
        "> hangup",
        "CallCleared 900 a1001 NearEnd #4",
        "AgentStateChange a1001 Wrap",
        "CallEnd 900",
        "CallCompleted 900",
        "AgentStateChange a1001 Idle",
    ]);
    let out = told(&lines, &expected);
    assert_eq!((&out[7]["call-id"], &out[7]["agent-id"]), (&json!(900), &json!(1001)));
}

#[test]
fn a_call_is_rejected_by_hanging_up() {
    let mut lines: Vec<Value> = answered(900, 1001).drain(..4).collect();
    lines.push(request("AcceptCall", 3, json!({ "AgentIdx": 1001, "CallId": 900, "AcceptCall": false })));
    lines.push(reply(3, 0, None));
    lines.push(call("diverted", 900, 6, agent_device("divert-from-device", 1001)));
    let out: Vec<String> = translate(&lines).iter().map(short).collect();
    assert_eq!(out[7..9], ["> hangup", "CallCleared 900 a1001 NearEnd #3"], "{out:#?}");
}

#[test]
fn an_agent_logs_in_and_is_brought_into_the_state_asked_for() {
    let known = json!({
        "version": 1, "timestamp": at(0), "topic": "contact-center", "message": "entity-snapshot", "sub-topic": "entity",
        "agents": [{ "agent-id": 1001, "agent-number": "77", "agent-name": "Jane Doe" }],
    });
    let lines = [
        known,
        request("LoginAgent", 3, json!({ "AgentLoginName": "Jane Doe", "StationId": "4001", "InitialState": "Idle" })),
        reply(3, 0, None),
        agent("agent-login", 1001, 1, json!({ "agent-number": "77", "agent-ext": "4001", "groups": [] })),
        agent("agent-release", 1001, 1, json!({ "release-code": 0 })),
        reply(3, 0, None),
        agent("agent-idle", 1001, 2, json!({})),
        request("LogoutAgent", 4, json!({ "AgentIdx": 1001 })),
        reply(4, 0, None),
        agent("agent-logout", 1001, 3, json!({})),
    ];
    let expected = [
        "> login",
        "AgentLoginStateChange a1001 AgentLoggedIn #3",
        "> resume",
        "AgentStateChange a1001 NotReady",
        "AgentStateChange a1001 Idle",
        "> logout",
        "AgentLoginStateChange a1001 AgentLoggedOut #4",
    ];
    let out = told(&lines, &expected);
    assert_eq!((&out[0]["agent-number"], &out[0]["agent-extension"]), (&json!("77"), &json!("4001")));
    assert_eq!(out[2]["request-id"], 3, "still the application's number");
}

#[test]
fn a_panic_logs_everyone_out_and_every_outcome_carries_the_request() {
    let login = |id: i64| {
        agent("agent-login", id, 0, json!({ "agent-number": id.to_string(), "agent-ext": "1", "groups": [] }))
    };
    let lines = [
        login(1001),
        login(1002),
        request("PanicLogout", 5, json!({ "LogoutAllAgents": true })),
        reply(5, 0, None),
        reply(1_000_000_001, 0, None),
        agent("agent-logout", 1002, 1, json!({})),
        agent("agent-logout", 1001, 1, json!({})),
        request("PanicLogout", 6, json!({ "AgentLoginNameList": ["1001", "nobody"] })),
        request("PanicLogout", 7, json!({})),
    ];
    let out: Vec<String> = translate(&lines).iter().map(short).filter(|event| event != "> logout").collect();
    assert_eq!(
        out[2..6],
        [
            "AgentLoginStateChange a1002 AgentLoggedOut #5",
            "AgentLoginStateChange a1001 AgentLoggedOut #5",
            "AgentLoginRequestFailed InvalidAgent #6",
            "AgentLoginRequestFailed InvalidAgent #7",
        ],
        "{out:#?}"
    );
}

#[test]
fn wrap_up_is_asked_for_ended_and_given_a_disposition() {
    let mut lines = answered(900, 1001);
    lines.extend(ended(900, 1001, 10).drain(..3));
    lines.push(request("SetDisposition", 3, json!({ "AgentIdx": 1001, "CallId": 900, "DispositionId": 42 })));
    lines.push(reply(3, 0, None));
    lines.push(call("wrap-code", 900, 11, json!({ "agent-id": 1001, "wrapup-code-id": 42 })));
    lines.push(request("SetAgentState", 4, json!({ "AgentIdx": 1001, "NewState": "Idle" })));
    lines.push(reply(4, 0, None));
    lines.push(call("wrap-ended", 900, 12, json!({ "agent-id": 1001, "wrapup-code-id": 42 })));
    lines.push(agent("agent-idle", 1001, 12, json!({})));
    let mut expected = ANSWERED.to_vec();
    expected.extend([
        "AgentStateChange a1001 Active",
        "CallCleared 900 a1001 NearEnd",
        "AgentStateChange a1001 Wrap",
        "> wrapup-code",
        "AgentStateChange a1001 Wrap #3",
        "> end-wrapup",
        "CallEnd 900",
        "CallCompleted 900",
        "AgentStateChange a1001 Idle #4",
    ]);
    let out = told(&lines, &expected);
    assert_eq!(out[11]["wrapup-code-id"], 42);
    assert_eq!(out[13]["call-id"], 900);
}

#[test]
fn a_disposition_without_wrap_up_ends_it_and_the_first_failure_fails_it() {
    let wrapping = [answered(900, 1001), ended(900, 1001, 10).drain(..3).collect()].concat();
    let dispose = |id: i64| {
        request(
            "SetDisposition",
            id,
            json!({ "AgentIdx": 1001, "CallId": 900, "DispositionId": 42, "WrapNotRequired": true }),
        )
    };
    let done = [
        wrapping.clone(),
        vec![
            dispose(3),
            reply(3, 0, None),
            reply(3, 0, None),
            call("wrap-ended", 900, 12, json!({ "agent-id": 1001, "wrapup-code-id": 42 })),
        ],
    ];
    let out: Vec<String> = translate(&done.concat()).iter().map(short).skip(11).collect();
    assert_eq!(out[..4], ["> wrapup-code", "> end-wrapup", "CallEnd 900", "CallCompleted 900"], "{out:#?}");
    assert_eq!(out[4..], ["AgentStateChange a1001 Idle #3"], "the state after the wrap-up: {out:#?}");
    let failed = [wrapping, vec![dispose(3), reply(3, -1, Some("no such code"))]];
    let out: Vec<String> = translate(&failed.concat()).iter().map(short).skip(11).collect();
    assert_eq!(out[..2], ["> wrapup-code", "AgentRequestFailed a1001 RequestFailed #3"], "{out:#?}");
}

#[test]
fn requests_that_nobody_answers_or_shows_end_too() {
    let lines = [
        agent("agent-idle", 1001, 0, json!({})),
        request("SetAgentState", 6, json!({ "AgentIdx": 1001, "NewState": "NotReady" })),
        request("SetAgentState", 7, json!({ "AgentIdx": 1001, "NewState": "NotReady" })),
        reply(7, 0, None),
    ];
    let out = translate(&lines);
    let reasons: Vec<&str> = out.iter().filter_map(|event| event["FailureReason"].as_str()).collect();
    assert_eq!(
        reasons,
        [
            "no answer in 10 s; whether it was done is not known",
            "event-feed accepted it, and nothing showed it done in 30 s"
        ]
    );
}

#[test]
fn a_snapshot_shows_the_picture_and_marks_its_ends() {
    let mut lines = answered(900, 1001);
    lines.insert(
        0,
        agent(
            "agent-login",
            1001,
            0,
            json!({ "agent-number": "77", "agent-ext": "4001", "groups": [{ "type": 4, "id": 9 }] }),
        ),
    );
    lines.push(request("Snapshot", 8, json!({ "EntityType": ["AgentInfo", "CallInfo", "ServiceInfo"] })));
    lines.push(request("GetCallData", 9, json!({ "AgentIdx": 1001, "CallId": 900 })));
    let out = translate(&lines);
    let updates: Vec<&Value> = out.iter().filter(|event| event["EventType"] == "SnapShotUpdate").collect();
    assert_eq!(updates.len(), 3);
    assert!(updates.iter().all(|update| update["RequestId"] == 8 && update["SnapShotTypeComplete"] == true));
    let agent = &updates[0]["AgentData"];
    assert_eq!((&agent["AgentLoginName"], &agent["AgentStationAddress"]), (&json!("77"), &json!("4001")));
    assert_eq!((&agent["AgentState"], &agent["CallId"]), (&json!("Active"), &json!(900)));
    let call = &updates[1]["CallData"];
    assert_eq!(
        (&call["CallState"], &call["ANI"], &call["AgentId"]),
        (&json!("CallEstablished"), &json!("5551234"), &json!(1001))
    );
    assert_eq!((&updates[2]["SnapShotType"], &updates[2]["ServiceData"]), (&json!("ServiceInfo"), &Value::Null));
    let data = out.iter().find(|event| event["EventType"] == "CallDataUpdate").unwrap();
    assert_eq!((&data["UpdateType"], &data["RequestId"]), (&json!("GetCallDataReturned"), &json!(9)));
    assert_eq!(data["CallData"], json!([{ "key": "101", "value": "gold" }]));
}

#[test]
fn call_data_end_with_their_call() {
    let lines = [
        answered(900, 1001),
        ended(900, 1001, 10).drain(..3).collect(),
        vec![request("GetCallData", 8, json!({ "AgentIdx": 1001, "CallId": 900 }))],
        ended(900, 1001, 10).drain(3..4).collect(),
        vec![request("GetCallData", 9, json!({ "AgentIdx": 1001, "CallId": 900 }))],
    ];
    let events = translate(&lines.concat());
    let data = events.iter().find(|event| event["EventType"] == "CallDataUpdate").unwrap();
    assert_eq!((&data["RequestId"], &data["CallData"][0]["value"]), (&json!(8), &json!("gold")), "during the wrap-up");
    let end = events.iter().position(|event| event["EventType"] == "CallEnd").unwrap();
    assert_eq!(events[end]["CallData"], json!([{ "key": "101", "value": "gold" }]));
    let failed = events.iter().position(|event| event["EventType"] == "CallRequestFailed").unwrap();
    assert!(failed > end);
    assert_eq!(short(&events[failed]), "CallRequestFailed 900 a1001 InvalidCallId #9");
    assert_eq!(events[failed]["FailureReason"], "no such call is known");
}

// ── agents known from statistics ──────────────────────────────────────────────────────────────────────────────────────

#[test]
fn statistics_show_who_was_there_before_and_every_state_code_is_understood() {
    let stats = |id: i64, state: i64, seconds: u64| {
        json!({
            "version": 1, "timestamp": at(seconds), "topic": "contact-center", "message": "daily-agent-stats", "sub-topic": "",
            "agent-id": id, "agent-name": "Jane", "agent-number": "77", "agent-extension": "4001", "state": state,
            "state-start-time": at(seconds),
        })
    };
    let states = [
        (1, "Idle"),
        (2, "PendingActive"),
        (25, "PendingActive"),
        (4, "Wrap"),
        (7, "NotReady"),
        (24, "Reserved"),
        (3, "Active"),
        (5, "Active"),
        (6, "Active"),
        (8, "Active"),
        (9, "Active"),
        (10, "Active"),
        (11, "Active"),
        (21, "Active"),
        (26, "Active"),
        (27, "Active"),
        (30, "Active"),
        (99, "Active"),
    ];
    for (code, state) in states {
        let out: Vec<String> = translate(&[stats(1001, code, 0)]).iter().map(short).collect();
        assert_eq!(
            out[..2],
            ["AgentLoginStateChange a1001 AgentLoggedIn".into(), format!("AgentStateChange a1001 {state}")],
            "{code}"
        );
    }
    assert_eq!(translate(&[stats(1001, 0, 0)]).len(), 0, "an agent who was never there does not leave");
    told(
        &[stats(1001, 1, 0), stats(1001, 1, 1), stats(1001, 7, 2), stats(1001, 0, 3)],
        &[
            "AgentLoginStateChange a1001 AgentLoggedIn",
            "AgentStateChange a1001 Idle",
            "AgentStateChange a1001 NotReady",
            "AgentLoginStateChange a1001 AgentLoggedOut",
        ],
    );
}

#[test]
fn statistics_that_lag_behind_change_nothing() {
    let stats = json!({
        "version": 1, "timestamp": at(5), "topic": "contact-center", "message": "group-agent-stats", "group-id": 9,
        "agents": [{ "agent-id": 1001, "agent-number": "77", "agent-ext": "4001", "agent-state": 4, "state-start-time": at(1) }],
    });
    let lines = [
        agent(
            "agent-login",
            1001,
            0,
            json!({ "agent-number": "77", "agent-ext": "4001", "groups": [{ "type": 4, "id": 9 }] }),
        ),
        agent("agent-idle", 1001, 3, json!({})),
        stats,
    ];
    told(&lines, &["AgentLoginStateChange a1001 AgentLoggedIn", "AgentStateChange a1001 Idle"]);
}

// ── lines ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_line_that_cannot_be_taken_says_why_and_the_rest_goes_on() {
    let mut translator = translator();
    let mut out = Vec::new();
    let mut take = |line: &[u8]| out.push(line.to_vec());
    let mut why = |line: &str| translator.line(line, &mut take).unwrap_err();
    assert!(why("{").starts_with("not JSON"));
    assert_eq!(why("[]"), "not a JSON object");
    assert_eq!(why(r#"{"message":"hedl"}"#), "unknown message \"hedl\" (did you mean `held`?)");
    assert_eq!(why(r#"{"HoldCal":{}}"#), "unknown message \"HoldCal\" (did you mean `HoldCall`?)");
    assert_eq!(why(r#"{"OnLine":{}}"#), "a request of the session's own: there are no sessions in a file");
    assert!(why(r#"{"message":"agent-idle","agent-id":{"a":1}}"#).contains("agent-id is not of type id"));
    translator.line(r#"{"message":"agent-idle","agent-id":1}"#, &mut take).unwrap();
    assert_eq!(out.len(), 1);
}

/// Every message of the guide, filled in as its template has it, and what an application hears of it alone.
#[test]
fn every_template_of_the_guide_is_understood() {
    let templates: Value = serde_json::from_str(include_str!("fixtures/feed-templates.json")).unwrap();
    let templates = templates.as_array().unwrap();
    let mappings = Mappings::load(&Files::built_in(), &mut Problems::default());
    let feed = &mappings.dialects["event-feed"].vocabulary;
    for def in feed.messages.iter().filter(|def| def.side == cti_bridge::vocabulary::Side::Event) {
        let named = |template: &&Value| template["given"]["message"] == def.wire_name();
        let template = templates.iter().find(named).unwrap_or_else(|| panic!("{} has no template", def.label));
        let given = &template["given"];
        for field in def
            .fields
            .list
            .iter()
            .filter(|field| !field.optional && field.role != Some(cti_bridge::vocabulary::Role::Sequence))
        {
            assert!(given.get(&field.label).is_some(), "{} lacks {}", def.label, field.label);
        }
        let shown: Vec<String> = translate(std::slice::from_ref(given)).iter().map(short).collect();
        let expected: Vec<&str> = template["expect"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert_eq!(shown, expected, "{}", def.label);
    }
}
