//! A CTIPS platform behind: what it tells reads the same to a CTIPS application, and as the feed's own words to one that was
//! written for the feed; requests reach it with their numbers and ids.

use super::*;

/// What comes of lines at once.
fn through(from: &str, to: &str, lines: &[Value]) -> Vec<Value> {
    told_through(from, to, lines, false)
}

fn told_through(from: &str, to: &str, lines: &[Value], to_the_end: bool) -> Vec<Value> {
    let mappings = Mappings::load(&Files::built_in(), &mut Problems::default());
    let mut translator = Translator::new(&mappings, &Registry::shipped(), from, to).unwrap();
    let mut out = Vec::new();
    let mut take = |line: &[u8]| out.push(serde_json::from_slice(line).unwrap());
    for line in lines {
        translator.line(&line.to_string(), &mut take).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
    if to_the_end {
        translator.finish(&mut take);
    }
    out
}

fn shorts(events: &[Value]) -> Vec<String> {
    events.iter().map(short).collect()
}

/// The names of a feed's messages about agents and calls, without numbers that nobody has asked for.
fn words(told: &[Value]) -> Vec<&str> {
    let names = told.iter().map(|message| message["message"].as_str().unwrap());
    names.filter(|name| !name.starts_with("entity")).collect()
}

fn is_completion(event: &Value) -> bool {
    event["EventType"] == "CallCompleted" || event["EventType"] == "CallEnd"
}

/// What a CTIPS application is told of a story, told to a bridge that has it as its platform, is the same story again.
#[track_caller]
fn is_told_again(story: &[Value]) {
    let told = translate(story);
    assert!(told.len() > 5);
    let again = told_through("ctips", "ctips", &told, true);
    // When the work after a call is over an agent's state may show sooner than it was known then.
    let (told_over, told): (Vec<Value>, Vec<Value>) = told.into_iter().partition(is_completion);
    let (again_over, again): (Vec<Value>, Vec<Value>) = again.into_iter().partition(is_completion);
    assert_eq!(shorts(&again), shorts(&told));
    let sorted = |events: &[Value]| {
        let mut calls = shorts(events);
        calls.sort();
        calls
    };
    assert_eq!(sorted(&again_over), sorted(&told_over));
    let numbers = |events: &[Value]| -> Vec<Value> {
        let of = |event: &Value| json!([event["ANI"], event["DNIS"], event["CallInfo"], event["CallSequenceId"]]);
        events.iter().map(of).collect()
    };
    assert_eq!(numbers(&again), numbers(&told));
}

/// Both agents are logged on, and ready.
fn there() -> Vec<Value> {
    [1001, 1002].into_iter().flat_map(|id| [login(id, 0), agent("agent-idle", id, 0, json!({}))]).collect()
}

#[test]
fn an_inbound_call_is_told_again_as_it_was() {
    is_told_again(&[there(), answered(900, 1001), ended(900, 1001, 10)].concat());
}

#[test]
fn a_consultation_transfer_is_told_again_as_it_was() {
    for result in [900, 901, 902] {
        let to = agent_device("transfer-to-device", 1002);
        let story = [there(), answered(900, 1001), consulted_agent(), vec![joined("transferred", result, to)]].concat();
        is_told_again(&[story, ended(result, 1002, 30)].concat());
    }
}

#[test]
fn a_conference_is_told_again_as_it_was() {
    let to = agent_device("conference-to-device", 1002);
    let story = [there(), answered(900, 1001), consulted_agent(), vec![joined("conferenced", 902, to)]].concat();
    let left = call("conn-cleared", 902, 20, agent_device("device-out", 1002));
    is_told_again(&[story, vec![left], ended(902, 1001, 30)].concat());
}

#[test]
fn an_outgoing_call_is_told_again_as_it_was() {
    let dialled = json!({ "call-table": [{ "dnis": "5550000", "media": 1, "call-type": 0 }] });
    let far = device("alerting-device", 0, 5, "5550000");
    let joins = device("joining-device", 0, 5, "5550000");
    let calls = agent_device("calling-device", 1001);
    let story = [
        there(),
        vec![
            call("initiated", 903, 1, all(&[agent_device("device", 1001), dialled.clone()])),
            call("delivered", 903, 2, all(&[far, calls.clone(), dialled.clone()])),
            call("established", 903, 3, all(&[joins, calls, dialled])),
        ],
        ended(903, 1001, 10),
    ];
    is_told_again(&story.concat());
}

#[test]
fn a_blind_transfer_and_a_call_that_nobody_answered_are_told_again_as_they_were() {
    let diverted = |from: i64| {
        let to = device("divert-to-device", 0, 5, "5550000");
        call("diverted", 900, 10, all(&[agent_device("divert-from-device", from), to]))
    };
    is_told_again(&[there(), answered(900, 1001), vec![diverted(1001)]].concat());
    let unanswered = answered(900, 1001)[..4].to_vec();
    let requeued = call("queued", 900, 9, json!({ "queued-group-internal-id": 9, "queued-group-type": 4 }));
    let idle = agent("agent-idle", 1001, 9, json!({}));
    is_told_again(&[there(), unanswered, vec![requeued, idle, call("call-cleared", 900, 20, json!({}))]].concat());
}

#[test]
fn a_whole_inbound_call_reads_as_the_feed_would_tell_it() {
    let story = through("event-feed", "ctips", &[there(), answered(900, 1001), ended(900, 1001, 10)].concat());
    let told = through("ctips", "event-feed", &story[4..]);
    assert_eq!(
        words(&told),
        [
            "route-request",
            "routed",
            "queued",
            "dequeued",
            "delivered",
            "established",
            "agent-on-call",
            "conn-cleared",
            "agent-wrap",
            "wrap-code",
            "call-cleared",
            "wrap-ended",
            "agent-idle",
        ]
    );
    let delivered = told.iter().find(|message| message["message"] == "delivered").unwrap();
    assert_eq!((&delivered["call-id"], &delivered["alerting-device-id"]), (&json!(900), &json!(1001)));
    assert_eq!(delivered["calling-device"], "5551234");
    let table = &delivered["call-table"][0];
    assert_eq!((&table["dnis"], &table["media"], &table["group"]["id"]), (&json!("800"), &json!(1), &json!(9)));
    let profile = table["call-profile"].as_array().unwrap();
    assert!(profile.contains(&json!({ "id": 101, "value": "gold" })), "{profile:?}");
    assert!(told.iter().filter(|message| message["call-id"] == 900).all(|message| message["pbx-call-id"] != 0));
}

#[test]
fn agents_are_known_by_id_number_and_station_from_their_log_on_and_from_a_snapshot() {
    let seen = json!({ "EventType": "SnapShotUpdate", "SnapShotType": "AgentInfo", "SnapShotTypeComplete": false,
        "AgentData": { "AgentId": 12, "AgentLoginName": "77", "AgentStationAddress": "4001", "AgentState": "Active",
        "Services": [{ "ServiceId": 9, "ServiceState": "Active" }] } });
    let told = through("ctips", "event-feed", &[seen.clone(), seen]);
    assert_eq!(words(&told), ["agent-login", "agent-on-call"], "the same again is no news");
    let login = told.iter().find(|message| message["message"] == "agent-login").unwrap();
    assert_eq!(
        (&login["agent-id"], &login["agent-number"], &login["agent-ext"], &login["groups"][0]["id"]),
        (&json!(12), &json!(77), &json!(4001), &json!(9))
    );
}

#[test]
fn the_state_of_each_kind_is_an_agents_state() {
    let login = json!({ "EventType": "AgentLoginStateChange", "LoginState": "AgentLoggedIn", "AgentId": 12 });
    let states = [
        ("Idle", "agent-idle"),
        ("NotReady", "agent-release"),
        ("Reserved", "agent-reserved"),
        ("Active", "agent-on-call"),
        ("Idle", "agent-idle"),
        ("NotReadyPark", "agent-release"),
        ("MultiLine", "agent-on-call"),
        ("Idle", "agent-idle"),
        ("Wrap", "agent-wrap"),
        ("WrapWarning", ""),
    ];
    let state = |state: &str| json!({ "EventType": "AgentStateChange", "AgentId": 12, "AgentState": state });
    let lines: Vec<Value> = [login].into_iter().chain(states.iter().map(|(name, _)| state(name))).collect();
    let told = through("ctips", "event-feed", &lines);
    let expected: Vec<&str> = states.iter().map(|(_, word)| *word).filter(|word| !word.is_empty()).collect();
    assert_eq!(words(&told)[1..], expected);
}

fn event(ty: &str, more: Value) -> Value {
    all(&[json!({ "EventType": ty }), more])
}

/// A call that is connected to agent 12.
fn connected() -> Vec<Value> {
    let login =
        json!({ "LoginState": "AgentLoggedIn", "AgentId": 12, "AgentLoginName": "77", "AgentStationAddress": "4001" });
    vec![
        event("AgentLoginStateChange", login.clone()),
        event(
            "AgentLoginStateChange",
            all(&[login, json!({ "AgentId": 13, "AgentLoginName": "78", "AgentStationAddress": "4002" })]),
        ),
        event("CallOffered", json!({ "CallId": 900 })),
        event("CallEstablished", json!({ "CallId": 900, "AgentId": 12 })),
    ]
}

fn asked(operation: &str, fields: Value) -> Value {
    let mut request = json!({});
    request[operation] = fields;
    request
}

/// What comes of a request of a CTIPS application, after the call is connected: whole lines.
fn ask(lines: &[Value]) -> Vec<Value> {
    let heard = through("ctips", "ctips", &connected()).len();
    through("ctips", "ctips", &[connected(), lines.to_vec()].concat()).split_off(heard)
}

#[test]
fn requests_reach_the_platform_with_their_numbers_and_what_comes_of_them_comes_back() {
    let out = ask(&[
        asked(
            "MakeCall",
            json!({ "RequestId": 4, "AgentIdx": 12, "CallId": -1, "DestinationType": "Agent", "DestinationAddress": "13" }),
        ),
        json!({ "Accepted": { "RequestId": 4, "Operation": "MakeCall" } }),
        event(
            "CallOriginated",
            json!({ "RequestId": 4, "CallId": 901, "AgentId": 12, "DestType": "Agent", "Destination": "13" }),
        ),
        asked(
            "TransferCall",
            json!({ "RequestId": 5, "AgentIdx": 12, "CallId": 900, "ConsultationCallId": 901, "TransferType": "Consultation" }),
        ),
        event(
            "CallTransferred",
            json!({ "RequestId": 5, "CallId": 900, "ConsultingCallId": 900, "ConsultedCallId": 901, "TransferredCallId": 900, "ConsultationAgentId": 12 }),
        ),
    ]);
    let call = &out[0]["MakeCall"];
    assert_eq!((&call["RequestId"], &call["AgentIdx"]), (&json!(4), &json!(12)));
    let called = (&call["DestinationType"], &call["DestinationAddress"]);
    assert_eq!(called, (&json!("Agent"), &json!("78")), "an agent's id becomes the log-on name");
    assert_eq!(shorts(&out[1..3]), ["CallStarted 901", "CallOriginated 901 a12 Agent #4"]);
    let transfer = &out[3]["TransferCall"];
    assert_eq!(
        (&transfer["RequestId"], &transfer["CallId"], &transfer["ConsultationCallId"]),
        (&json!(5), &json!(900), &json!(901))
    );
    assert_eq!(short(&out[4]), "CallTransferred 900 900 901 900 a12 #5");
}

#[test]
fn digits_are_done_when_the_platform_has_dialled_them() {
    let digits = asked("SendDTMFDigits", json!({ "RequestId": 6, "AgentIdx": 12, "CallId": 900, "DTMFDigits": "42" }));
    let accepted = json!({ "Accepted": { "RequestId": 6, "Operation": "SendDTMFDigits" } });
    let out = ask(&[digits.clone(), accepted.clone()]);
    assert_eq!(out.len(), 1, "taken is not done: {out:#?}");
    assert_eq!(out[0]["SendDTMFDigits"]["DTMFDigits"], "42");
    let done = event("DigitsDialed", json!({ "RequestId": 6, "CallId": 900, "AgentId": 12, "DigitString": "42" }));
    assert_eq!(shorts(&ask(&[digits.clone(), accepted.clone(), done]))[1..], ["DigitsDialed 900 a12 #6"]);
    let failed =
        json!({ "RequestId": 6, "CallId": 900, "FailureType": "InvalidStateForRequest", "FailureReason": "no line" });
    let out = ask(&[digits, accepted, event("CallRequestFailed", failed)]);
    assert_eq!(short(&out[1]), "CallRequestFailed 900 a12 InvalidStateForRequest #6");
    assert_eq!(out[1]["FailureReason"], "no line");
}

#[test]
fn a_request_number_of_somebody_else_answers_nobody_here() {
    let digits = asked("SendDTMFDigits", json!({ "RequestId": 6, "AgentIdx": 12, "CallId": 900, "DTMFDigits": "42" }));
    let others = event("CallRequestFailed", json!({ "RequestId": 1, "CallId": 900, "FailureType": "RequestFailed" }));
    assert_eq!(ask(&[digits, others]).len(), 1);
}

fn routed(more: &[Value]) -> Vec<Value> {
    let request = event(
        "RouteRequest",
        json!({ "CallId": 902, "ServiceId": 9, "RouteTimeout": 10, "CallInfo": { "ANI": "5551234" } }),
    );
    ask(&[vec![request], more.to_vec()].concat())
}

#[test]
fn a_route_is_selected_by_the_application_and_the_platform_says_what_it_used() {
    let select = |id: i64, ty: &str, to: &str| {
        asked("RouteSelect", json!({ "RequestId": id, "CallId": 902, "RouteActionType": ty, "RouteDestination": to }))
    };
    let used = |id: i64, ty: &str, to: &str| {
        let status = if id > 0 { "RouteSuccess" } else { "RouteDefaultUsed" };
        event(
            "RouteUsed",
            json!({ "RequestId": id, "CallId": 902, "RouteStatus": status, "RouteType": ty, "RouteDestination": to }),
        )
    };
    let out = routed(&[select(5, "RouteToAgent", "13"), used(5, "RouteToAgent", "13")]);
    assert_eq!(shorts(&out[..3]), ["CallStarted 902", "CallOffered 902", "RouteRequest 902"]);
    assert_eq!(out[2]["RouteTimeout"], 10, "the platform's own time");
    let selected = &out[3]["RouteSelect"];
    assert_eq!(
        (&selected["RequestId"], &selected["CallId"], &selected["RouteActionType"], &selected["RouteDestination"]),
        (&json!(5), &json!(902), &json!("RouteToAgent"), &json!("78")),
        "an agent's id becomes the log-on name"
    );
    assert_eq!(shorts(&out[4..]), ["RouteUsed 902 RouteToAgent #5"]);
    assert_eq!((&out[4]["RouteStatus"], &out[4]["RouteDestination"]), (&json!("RouteSuccess"), &json!("13")));

    let rejected =
        event("RouteReject", json!({ "RequestId": 6, "CallId": 902, "RouteRejectReason": "DestinationBusy" }));
    let failed = event(
        "RouteRequestFailed",
        json!({ "RequestId": 7, "CallId": 902, "FailureType": "RouteTimeout", "FailureReason": "late" }),
    );
    let out = routed(&[
        select(6, "RouteToExternal", "5550000"),
        rejected,
        select(7, "RouteToService", "9"),
        failed,
        used(0, "RouteToDefault", ""),
    ]);
    assert_eq!(
        shorts(&out[3..]),
        [
            "?",
            "RouteReject 902 DestinationBusy #6",
            "?",
            "RouteRequestFailed 902 RequestFailed #7",
            "RouteUsed 902 RouteToDefault"
        ]
        .map(|text| if text == "?" { "> ?".to_owned() } else { text.to_owned() })
    );
}

#[test]
fn whoever_was_never_seen_is_logged_on_by_number_and_known_from_then_on() {
    let log_on = |id: i64| {
        asked(
            "LoginAgent",
            json!({ "RequestId": id, "AgentLoginName": "99", "StationId": "4099", "InitialState": "Idle" }),
        )
    };
    let shown = json!({ "RequestId": 4, "LoginState": "AgentLoggedIn", "AgentId": 20, "AgentLoginName": "99", "AgentStationAddress": "4099" });
    let out = ask(&[
        log_on(3),
        event(
            "AgentLoginRequestFailed",
            json!({ "RequestId": 3, "FailureType": "StationNotAvailable", "FailureReason": "taken" }),
        ),
        log_on(4),
        event("AgentLoginStateChange", shown),
        event("AgentStateChange", json!({ "AgentId": 20, "AgentState": "Idle" })),
    ]);
    let login = &out[0]["LoginAgent"];
    assert_eq!((&login["AgentLoginName"], &login["StationId"]), (&json!("99"), &json!("4099")));
    assert_eq!(
        (short(&out[1]).as_str(), &out[1]["AgentLoginName"]),
        ("AgentLoginRequestFailed RequestFailed #3", &json!("99"))
    );
    assert_eq!(out[2]["LoginAgent"]["RequestId"], 4);
    assert_eq!(short(&out[3]), "AgentLoginStateChange a20 AgentLoggedIn #4");
    assert_eq!(
        (&out[4]["SetAgentState"]["AgentIdx"], &out[4]["SetAgentState"]["NewState"]),
        (&json!(20), &json!("Idle"))
    );
    assert_eq!(short(&out[5]), "AgentStateChange a20 Idle");
}

#[test]
fn a_disposition_that_an_event_of_another_sort_names_ends_once_while_another_request_is_open() {
    let lines = [
        json!({ "EventType": "CallHeld", "CallId": 1, "AgentId": 1 }),
        request(
            "SetDisposition",
            1,
            json!({ "AgentIdx": 1, "CallId": 1, "DispositionId": 1, "WrapNotRequired": true }),
        ),
        request("MakeCall", 2, json!({ "AgentIdx": 1, "DestinationType": 2, "DestinationAddress": "555" })),
        json!({ "EventType": "CallTransferred", "RequestId": 1, "AgentId": 1, "CallId": 5, "ConsultingCallId": 0 }),
    ];
    let told = shorts(&told_through("ctips", "ctips", &lines, true));
    let ends: Vec<&String> = told.iter().filter(|event| event.ends_with("#1")).collect();
    assert_eq!(ends.len(), 1, "{told:#?}");
}
