//! Scenarios through `translate`: CCAS behind, a CTIPS application in front, with no rules for the pair.

use std::{collections::BTreeMap, sync::LazyLock};

use cti_bridge::{
    diagnostic::Problems,
    dialect::Registry,
    mapping::Mappings,
    shipped::Files,
    sim::{
        ccas::{
            answered, at, cleared, conferenced, consulted, delivered, established, event, hold, information, logon,
            logons, of_call, transferred,
        },
        messages,
    },
    translate::Translator,
};
use serde_json::{Value, json};

static MAPPINGS: LazyLock<Mappings> = LazyLock::new(|| Mappings::load(&Files::built_in(), &mut Problems::default()));

fn translator() -> Translator {
    Translator::new(&MAPPINGS, &Registry::shipped(), "ccas", "ctips").unwrap()
}

/// Lines through a bridge; the end of input included.
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

/// An event, or a command with the values of its arguments in the order of their names, in short.
fn short(line: &Value) -> String {
    match line["call"].as_str() {
        Some(call) => {
            let args = line["args"].as_object().unwrap().values().map(Value::to_string);
            format!("> {call} {}", args.collect::<Vec<_>>().join(" "))
        }
        None => messages::short(line),
    }
}

#[track_caller]
fn told(lines: &[Value], expected: &[&str]) -> Vec<Value> {
    let events = translate(lines);
    let shown: Vec<String> = events.iter().map(short).collect();
    assert_eq!(shown, expected, "{shown:#?}");
    events
}

// ── events ────────────────────────────────────────────────────────────────────────────────────────────────────────────

const LOGON_40: [&str; 2] = ["AgentLoginStateChange a40 AgentLoggedIn", "AgentStateChange a40 Idle"];
const LOGON_41: [&str; 2] = ["AgentLoginStateChange a41 AgentLoggedIn", "AgentStateChange a41 Idle"];

const ANSWERED: [&str; 8] = [
    "CallStarted 900",
    "CallOffered 900",
    "CallDelivered 900",
    "AgentStateChange a40 Reserved",
    "CallConnected 900 a40",
    "AgentStateChange a40 PendingActive",
    "CallEstablished 900 a40",
    "AgentStateChange a40 Active",
];

const CONSULTED: [&str; 9] = [
    "CallHeld 900 a40",
    "CallStarted 901",
    "CallOriginated 901 a40 NoDestination",
    "CallConnected 901 a41",
    "AgentStateChange a41 PendingActive",
    "CallEstablished 901 a41",
    "AgentStateChange a41 Active",
    "CallEstablished 901 a40",
    "CallConsultation 900 901 a40",
];

fn story(parts: &[&[&'static str]]) -> Vec<&'static str> {
    parts.concat()
}

// ── agents ────────────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn the_snapshot_is_told_as_it_comes() {
    let group = |id: i64, name: &str| json!({ "type": 33, "RecID": id, "ServiceGroupPurpose": 0, "Name": name });
    let not_ready = messages::all(&[logon(41), json!({ "VoiceReady": 0 })]);
    let lines = [group(9, "Sales"), group(12, "Service"), logon(40), not_ready, json!({ "type": 35 })];
    let expected = [
        "ServiceStateChange",
        "ServiceStateChange",
        LOGON_40[0],
        LOGON_40[1],
        LOGON_41[0],
        "AgentStateChange a41 NotReady",
    ];
    let events = told(&lines, &expected);
    assert_eq!((&events[0]["ServiceId"], &events[0]["ServiceState"]), (&json!(9), &json!("AddService")));
    let login = &events[2];
    assert_eq!((&login["AgentLoginName"], &login["AgentStationAddress"]), (&json!("140"), &json!("4040")));
    assert_eq!(login["ServiceState"].as_array().unwrap().len(), 2);
}

#[test]
fn readiness_is_voice_readiness_and_other_media_are_not_told() {
    let mut lines = vec![logon(40), event(4, 40, json!({ "ReasonID": 3, "ReasonString": "lunch" }))];
    lines.extend([5, 53, 58].map(|ty| event(ty, 40, json!({}))));
    lines.extend([6, 52, 59].map(|ty| event(ty, 40, json!({ "ReasonID": -1, "ReasonString": "" }))));
    lines.push(event(3, 40, json!({})));
    lines.push(event(2, 40, json!({})));
    let expected =
        ["AgentStateChange a40 NotReady", "AgentStateChange a40 Idle", "AgentLoginStateChange a40 AgentLoggedOut"];
    told(&lines, &story(&[&LOGON_40, &expected]));
}

#[test]
fn an_event_about_an_agent_who_is_not_known_implies_the_log_on_once() {
    let lines = [event(3, 40, json!({})), event(2, 40, json!({})), cleared(40, 7, 0)];
    let expected = [LOGON_40[0], LOGON_40[1], "AgentLoginStateChange a40 AgentLoggedOut"];
    told(&lines, &expected);
}

#[test]
fn phone_agents_are_told_of_once() {
    let double = event(45, 40, json!({ "DN": "4040" }));
    for log_on in [[logon(40), double.clone()], [double.clone(), logon(40)]] {
        let mut lines = log_on.to_vec();
        lines.extend([
            information(24, 40, 900),
            information(48, 40, 900),
            delivered(40, 900, "5551234"),
            established(40, 900, "5551234"),
            event(47, 40, json!({ "CallSubstate": 2 })),
            information(48, 40, 900),
            cleared(40, 900, 1),
            event(47, 40, json!({ "CallSubstate": 3 })),
            of_call(15, 40, 900),
            event(47, 40, json!({ "CallSubstate": 1 })),
            event(2, 40, json!({})),
            event(46, 40, json!({})),
        ]);
        let ended = [
            "CallCleared 900 a40 NearEnd",
            "AgentStateChange a40 Wrap",
            "CallEnd 900",
            "CallCompleted 900",
            "AgentStateChange a40 Idle",
            "AgentLoginStateChange a40 AgentLoggedOut",
        ];
        let events = told(&lines, &story(&[&LOGON_40, &ANSWERED, &ended]));
        assert_eq!(events[0]["AgentLoginName"], "140");
    }
}

#[test]
fn a_phone_agent_who_is_told_of_by_the_double_alone_is_logged_on_a_moment_later() {
    let lines = [event(45, 40, json!({ "DN": "4040" }))];
    let events = told(&lines, &[LOGON_40[0]]);
    assert_eq!(events[0]["AgentStationAddress"], "4040");
}

#[test]
fn after_clerical_work_an_agent_is_ready_unless_the_last_readiness_was_not() {
    let mut lines = vec![logon(40)];
    lines.extend(answered(900));
    lines.push(event(4, 40, json!({ "ReasonID": -1 })));
    lines.extend([cleared(40, 900, 1), of_call(15, 40, 900)]);
    let ended = [
        "CallCleared 900 a40 NearEnd",
        "AgentStateChange a40 Wrap",
        "CallEnd 900",
        "CallCompleted 900",
        "AgentStateChange a40 NotReady",
    ];
    told(&lines, &story(&[&LOGON_40, &ANSWERED, &ended]));
}

/// What an independent consumer of these events takes an agent's state to be; none for one who is logged off.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Seen {
    Ready,
    NotReady,
    Clerical,
    LoggedOff,
}

#[test]
fn agent_state_is_reduced_alike_in_any_order() {
    let rejected = |agent: i64| event(16, agent, json!({ "CallID": 900, "Cause": "Agent Logged Off" }));
    let make = |kind: usize, agent: i64| match kind {
        0 => event(3, agent, json!({})),
        1 => event(4, agent, json!({ "ReasonID": -1 })),
        2 => cleared(agent, 900, 1),
        3 => cleared(agent, 900, 0),
        4 => of_call(15, agent, 900),
        5 => rejected(agent),
        _ => event(2, agent, json!({})),
    };
    let mut translator = translator();
    let mut expected = BTreeMap::new();
    let mut told = BTreeMap::new();
    for sequence in 0..7i64.pow(4) {
        let agent = sequence + 1;
        let (mut seen, mut ready) = (None, true);
        for place in 0..4 {
            let kind = (sequence / 7i64.pow(place)) as usize % 7;
            if seen != Some(Seen::LoggedOff) {
                ready = match kind {
                    0 => true,
                    1 => false,
                    _ => ready,
                };
                seen = Some(match kind {
                    2 => Seen::Clerical,
                    5 | 6 => Seen::LoggedOff,
                    _ if ready => Seen::Ready,
                    _ => Seen::NotReady,
                });
            }
            let mut take = |line: &[u8]| {
                let event: Value = serde_json::from_slice(line).unwrap();
                let word = event["AgentState"].as_str().or(event["LoginState"].as_str()).map(str::to_owned);
                told.insert(event["AgentId"].as_i64().unwrap(), word);
            };
            translator.line(&make(kind, agent).to_string(), &mut take).unwrap();
        }
        let word = match seen {
            Some(Seen::Ready) => "Idle",
            Some(Seen::NotReady) => "NotReady",
            Some(Seen::Clerical) => "Wrap",
            _ => "AgentLoggedOut",
        };
        expected.insert(agent, Some(word.to_owned()));
    }
    assert!(told == expected, "{:?}", told.iter().zip(&expected).find(|(told, expected)| told != expected));
}

#[test]
fn the_services_of_an_agent_change() {
    let lines = [
        logon(40),
        event(34, 40, json!({ "ServiceGroupList": "9, 13" })),
        event(34, 40, json!({ "ServiceGroupList": "13|9" })),
    ];
    let events = told(&lines, &[LOGON_40[0], LOGON_40[1], LOGON_40[0]]);
    let ids: Vec<&Value> = events[2]["ServiceState"].as_array().unwrap().iter().map(|s| &s["ServiceId"]).collect();
    assert_eq!(ids, [&json!(9), &json!(13)]);
}

// ── calls ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_whole_service_group_call_with_data_of_the_ivr() {
    let mut lines = vec![logon(40)];
    lines.extend(answered(900));
    lines.push(event(41, 40, json!({ "CallID": 900, "CallType": 3, "CQCodeList": "2|7" })));
    lines.extend([cleared(40, 900, 1), of_call(15, 40, 900)]);
    let ended = [
        "CallCleared 900 a40 NearEnd",
        "AgentStateChange a40 Wrap",
        "CallEnd 900",
        "CallCompleted 900",
        "AgentStateChange a40 Idle",
    ];
    let events = told(&lines, &story(&[&LOGON_40, &ANSWERED, &ended]));
    let offered = &events[3];
    assert_eq!((&offered["ANI"], &offered["DNIS"]), (&json!("5551234"), &json!("800")));
    assert_eq!(events[4]["ServiceId"], 9);
    let data = json!([{ "key": "tier", "value": "gold" }, { "key": "order", "value": "4711" }]);
    assert_eq!((&events[6]["CallInfo"]["CallData"], &events[6]["CallType"]), (&data, &json!("InboundAcd")));
    let end = &events[12];
    assert_eq!((&end["AgentDisposition"], &end["CallData"]), (&json!(7), &data));
}

#[test]
fn without_clerical_work_the_agent_is_free_at_once() {
    let mut lines = vec![logon(40)];
    lines.extend(answered(900));
    lines.push(cleared(40, 900, 0));
    let ended = ["CallCleared 900 a40 NearEnd", "CallEnd 900", "CallCompleted 900", "AgentStateChange a40 Idle"];
    told(&lines, &story(&[&LOGON_40, &ANSWERED, &ended]));
}

#[test]
fn an_outgoing_call() {
    let lines = [
        logon(40),
        event(7, 40, json!({ "CallID": 900, "CallType": 3 })),
        delivered(40, 900, "5559999"),
        established(40, 900, "5559999"),
        cleared(40, 900, 0),
    ];
    let expected = [
        "CallStarted 900",
        "CallOriginated 900 a40 NoDestination",
        "CallEstablished 900 a40",
        "AgentStateChange a40 Active",
        "CallCleared 900 a40 NearEnd",
        "CallEnd 900",
        "CallCompleted 900",
        "AgentStateChange a40 Idle",
    ];
    let events = told(&lines, &story(&[&LOGON_40, &expected]));
    let established = &events[4];
    assert_eq!((&established["ANI"], &established["DNIS"]), (&json!("4040"), &json!("5559999")));
}

#[test]
fn a_call_that_fails_is_over() {
    let lines = [
        logon(40),
        of_call(7, 40, 900),
        event(42, 40, json!({ "CallID": 900, "Cause": 3, "CalledNumber": "5559999" })),
    ];
    let expected = [
        "CallStarted 900",
        "CallOriginated 900 a40 NoDestination",
        "CallCleared 900 a40 NearEnd",
        "CallEnd 900",
        "CallCompleted 900",
    ];
    told(&lines, &story(&[&LOGON_40, &expected]));
}

#[test]
fn hold_by_either_side_is_told_once() {
    let hold = |on_hold: i64| hold(40, 900, on_hold);
    let mut lines = vec![logon(40)];
    lines.extend(answered(900));
    lines.extend([hold(0), hold(0), of_call(11, 40, 900), of_call(11, 40, 900)]);
    lines.extend([hold(1), hold(1), of_call(11, 40, 900)]);
    lines.push(cleared(40, 900, 0));
    let held = ["CallHeld 900 a40", "CallRetrieved 900 a40", "CallHeld 900", "CallRetrieved 900"];
    let ended = ["CallCleared 900 a40 NearEnd", "CallEnd 900", "CallCompleted 900", "AgentStateChange a40 Idle"];
    told(&lines, &story(&[&LOGON_40, &ANSWERED, &held, &ended]));
}

#[test]
fn a_hold_between_agents_is_one_in_either_order() {
    let calls = [of_call(7, 40, 900), delivered(41, 900, "4040"), established(40, 900, "4041")];
    let own = hold(40, 900, 0);
    let other = hold(41, 900, 1);
    for pair in [[own.clone(), other.clone()], [other, own]] {
        let mut lines = [logons(), calls.to_vec(), pair.to_vec()].concat();
        lines.extend([of_call(11, 41, 900), of_call(11, 40, 900)]);
        lines.extend([cleared(41, 900, 0), cleared(40, 900, 0)]);
        let expected = [
            "CallStarted 900",
            "CallOriginated 900 a40 NoDestination",
            "CallConnected 900 a41",
            "AgentStateChange a41 PendingActive",
            "CallEstablished 900 a41",
            "AgentStateChange a41 Active",
            "CallEstablished 900 a40",
            "AgentStateChange a40 Active",
            "CallHeld 900 a40",
            "CallRetrieved 900 a40",
            "CallCleared 900 a41 NearEnd",
            "CallCleared 900 a40 FarEnd",
            "AgentStateChange a41 Idle",
            "CallEnd 900",
            "CallCompleted 900",
            "AgentStateChange a40 Idle",
        ];
        told(&lines, &story(&[&LOGON_40, &LOGON_41, &expected]));
    }
}

#[test]
fn a_transfer_is_told_once_whichever_agent_hears_of_it_first() {
    let [own, other] = transferred(902, 0);
    for pair in [[own.clone(), other.clone()], [other, own]] {
        let mut lines = [logons(), answered(900), consulted(), pair.to_vec()].concat();
        lines.push(cleared(41, 902, 0));
        let joined = [
            "CallTransferred 900 900 901 902 a40",
            "CallCleared 900 901 a40 NearEnd",
            "CallEnd 901",
            "CallCompleted 901",
        ];
        let events = translate(&lines);
        let shown: Vec<String> = events.iter().map(short).collect();
        let start = story(&[&LOGON_40, &LOGON_41, &ANSWERED, &CONSULTED, &joined]);
        assert_eq!(shown[..start.len()], start, "{shown:#?}");
        let count = |event: &str| shown[start.len()..].iter().filter(|known| **known == event).count();
        for once in [
            "AgentStateChange a40 Idle",
            "CallCleared 902 a41 NearEnd",
            "CallEnd 902",
            "CallCompleted 902",
            "CallEnd 900",
            "CallCompleted 900",
        ] {
            assert_eq!(count(once), 1, "{once}: {shown:#?}");
        }
        let end = events.iter().find(|event| short(event) == "CallEnd 902").unwrap();
        assert_eq!(end["CallData"][0], json!({ "key": "tier", "value": "gold" }), "the customer's data survive");
    }
}

#[test]
fn whoever_transfers_may_have_clerical_work() {
    let mut lines = [logons(), answered(900), consulted(), transferred(901, 1).to_vec()].concat();
    lines.extend([of_call(15, 40, 900), cleared(41, 901, 0)]);
    let joined = [
        "CallTransferred 900 900 901 901 a40",
        "CallCleared 900 901 a40 NearEnd",
        "AgentStateChange a40 Wrap",
        "CallEnd 900",
        "CallCompleted 900",
        "AgentStateChange a40 Idle",
        "CallCleared 901 a41 NearEnd",
        "CallEnd 901",
        "CallCompleted 901",
        "AgentStateChange a41 Idle",
    ];
    told(&lines, &story(&[&LOGON_40, &LOGON_41, &ANSWERED, &CONSULTED, &joined]));
}

#[test]
fn a_blind_transfer() {
    let mut lines = [logons(), answered(900)].concat();
    lines.push(event(
        14,
        40,
        json!({ "CallID": 900, "ClericalFlag": 0, "DivertedFlag": 1, "DivertDestination": "4041" }),
    ));
    lines.extend([delivered(41, 900, "5551234"), established(41, 900, "5551234"), cleared(41, 900, 0)]);
    let expected = [
        "CallTransferred 900 900 900 900 a40",
        "CallCleared 900 a40 NearEnd",
        "AgentStateChange a40 Idle",
        "CallConnected 900 a41",
        "AgentStateChange a41 PendingActive",
        "CallEstablished 900 a41",
        "AgentStateChange a41 Active",
        "CallCleared 900 a41 NearEnd",
        "CallEnd 900",
        "CallCompleted 900",
        "AgentStateChange a41 Idle",
    ];
    told(&lines, &story(&[&LOGON_40, &LOGON_41, &ANSWERED, &expected]));
}

#[test]
fn a_conference_is_told_once() {
    let [own, other] = conferenced();
    for pair in [[own.clone(), other.clone()], [other, own]] {
        let mut lines = [logons(), answered(900), consulted(), pair.to_vec()].concat();
        lines.extend([cleared(40, 902, 0), cleared(41, 902, 0)]);
        let joined = [
            "CallConferenced 900 900 901 902 a40",
            "CallEnd 900",
            "CallCompleted 900",
            "CallEnd 901",
            "CallCompleted 901",
            "CallCleared 902 a40 NearEnd",
            "AgentStateChange a40 Idle",
            "CallCleared 902 a41 NearEnd",
            "CallEnd 902",
            "CallCompleted 902",
            "AgentStateChange a41 Idle",
        ];
        told(&lines, &story(&[&LOGON_40, &LOGON_41, &ANSWERED, &CONSULTED, &joined]));
    }
}

#[test]
fn an_internal_call_is_one_whoever_is_told_first() {
    let originated = of_call(7, 40, 900);
    let alerting = [delivered(40, 900, "4041"), delivered(41, 900, "4040")];
    let connected = [established(40, 900, "4041"), established(41, 900, "4040")];
    for (first, second) in [(0, 1), (1, 0)] {
        let mut lines = logons();
        lines.push(originated.clone());
        lines.extend([&alerting[first], &alerting[second], &connected[first], &connected[second]].map(Value::clone));
        lines.extend([cleared(41, 900, 0), cleared(40, 900, 0)]);
        let expected = [
            "CallStarted 900",
            "CallOriginated 900 a40 NoDestination",
            "CallConnected 900 a41",
            "AgentStateChange a41 PendingActive",
            "CallEstablished 900 a41",
            "AgentStateChange a41 Active",
            "CallEstablished 900 a40",
            "AgentStateChange a40 Active",
            "CallCleared 900 a41 NearEnd",
            "CallCleared 900 a40 FarEnd",
            "AgentStateChange a41 Idle",
            "CallEnd 900",
            "CallCompleted 900",
            "AgentStateChange a40 Idle",
        ];
        let events = told(&lines, &story(&[&LOGON_40, &LOGON_41, &expected]));
        assert_eq!(
            (&events[6]["CallInfo"]["ANI"], &events[6]["CallType"]),
            (&json!("4040"), &json!("InboundInternal"))
        );
    }
}

#[test]
fn an_observer_is_no_party() {
    let mut lines = [logons(), answered(900)].concat();
    for substate in [1, 3] {
        lines.push(event(9, 41, json!({ "CallID": 900, "CallSubstate": substate, "OppositePartyNumber": "4040" })));
        lines.push(cleared(41, 900, 0));
    }
    lines.push(cleared(40, 900, 0));
    let ended = ["CallCleared 900 a40 NearEnd", "CallEnd 900", "CallCompleted 900", "AgentStateChange a40 Idle"];
    told(&lines, &story(&[&LOGON_40, &LOGON_41, &ANSWERED, &ended]));
}

#[test]
fn a_rejected_call_goes_to_the_next_agent() {
    let mut lines = logons();
    lines.extend([information(24, 40, 900), delivered(40, 900, "5551234")]);
    lines.push(event(16, 40, json!({ "CallID": 900, "Cause": "Ring Timeout" })));
    lines.push(event(4, 40, json!({ "ReasonID": -1 })));
    lines.extend([information(24, 41, 900), delivered(41, 900, "5551234"), established(41, 900, "5551234")]);
    lines.push(cleared(41, 900, 0));
    let expected = [
        "CallCleared 900 a40 NearEnd",
        "AgentStateChange a40 NotReady",
        "CallDelivered 900",
        "AgentStateChange a41 Reserved",
        "CallConnected 900 a41",
        "AgentStateChange a41 PendingActive",
        "CallEstablished 900 a41",
        "AgentStateChange a41 Active",
        "CallCleared 900 a41 NearEnd",
        "CallEnd 900",
        "CallCompleted 900",
        "AgentStateChange a41 Idle",
    ];
    told(&lines, &story(&[&LOGON_40, &LOGON_41, &ANSWERED[..6], &expected]));
}

#[test]
fn a_rejection_because_the_agent_logged_off_logs_the_agent_off() {
    let lines = [
        logon(40),
        information(24, 40, 900),
        event(16, 40, json!({ "CallID": 900, "Cause": "Agent Logged Off" })),
        event(2, 40, json!({})),
    ];
    let expected = ["AgentLoginStateChange a40 AgentLoggedOut", "CallEnd 900", "CallCompleted 900"];
    told(&lines, &story(&[&LOGON_40, &ANSWERED[..4], &expected]));
}

#[test]
fn a_callback_is_one_call_by_both_its_names() {
    let offered = event(
        25,
        40,
        json!({ "OrigCallID": 17, "CallType": 3, "ServiceGroupID": 9, "CallingPartyNumber": "5551234", "CalledNumber": "800", "IVRLabel1": "tier", "IVRData1": "gold" }),
    );
    let lines = [
        logon(40),
        offered,
        event(17, 40, json!({ "OrigCallID": 17, "CallID": 900, "CallType": 3 })),
        event(7, 40, json!({ "CallID": 900, "CallType": 3, "ServiceGroupID": 9 })),
        delivered(40, 900, "5551234"),
        established(40, 900, "5551234"),
        json!({ "HoldCall": { "RequestId": 4, "AgentIdx": 40, "CallId": 17 } }),
        cleared(40, 900, 1),
        event(19, 40, json!({ "CallID": 900, "CallType": 3, "CallbackStatus": 1, "Cause": "Succeeded" })),
        of_call(15, 40, 900),
    ];
    let expected = [
        "CallStarted 17",
        "CallOffered 17",
        "CallConnected 17 a40",
        "AgentStateChange a40 PendingActive",
        "CallOriginated 17 a40 External",
        "CallEstablished 17 a40",
        "AgentStateChange a40 Active",
        "> HoldCall 40 900",
        "CallCleared 17 a40 NearEnd",
        "AgentStateChange a40 Wrap",
        "CallRequestFailed 17 a40 RequestFailed #4",
        "CallEnd 17",
        "CallCompleted 17",
        "AgentStateChange a40 Idle",
    ];
    let events = told(&lines, &story(&[&LOGON_40, &expected]));
    assert_eq!((&events[4]["CallInfo"]["ANI"], &events[4]["CallType"]), (&json!("5551234"), &json!("OutboundAod")));
    assert_eq!(events[6]["Destination"], "5551234");
}

#[test]
fn a_callback_may_be_refused_and_one_that_nobody_answers_waits_again() {
    let offered = |call: i64| {
        event(
            25,
            40,
            json!({ "OrigCallID": call, "CallType": 2, "ServiceGroupID": 9, "CallingPartyNumber": "5551234", "CalledNumber": "800" }),
        )
    };
    let lines = [
        logon(40),
        offered(900),
        event(18, 40, json!({ "CallID": 900, "CallType": 2, "Cause": "Callback Rejected By Agent" })),
        event(3, 40, json!({})),
        offered(900),
        event(17, 40, json!({ "OrigCallID": 900, "CallID": 901, "CallType": 2 })),
        event(19, 40, json!({ "CallID": 901, "CallType": 2, "CallbackStatus": 0, "Cause": "No Answer" })),
        cleared(40, 901, 0),
    ];
    let events = translate(&lines);
    let shown: Vec<String> = events.iter().map(short).collect();
    let starts = shown.iter().filter(|event| event.starts_with("CallStarted")).count();
    let ends = shown.iter().filter(|event| event.starts_with("CallEnd")).count();
    assert_eq!((starts, ends), (2, 2), "{shown:#?}");
    let place = |event: &str| shown.iter().position(|known| known.starts_with(event)).unwrap_or(usize::MAX);
    assert!(
        place("CallDelivered") < shown.iter().rposition(|event| event.starts_with("CallEnd")).unwrap(),
        "{shown:#?}"
    );
    assert_eq!(shown.last().unwrap(), "AgentStateChange a40 Idle", "{shown:#?}");
}

#[test]
fn a_campaign_call_is_tied_to_the_call_that_is_dialled() {
    let campaign =
        |ty: i64, extra: Value| event(ty, 40, messages::all(&[json!({ "CampaignID": 3, "CustomerID": 8 }), extra]));
    let lines = [
        logon(40),
        campaign(
            32,
            json!({ "CustomerName": "Bob", "CustomerNumber": "5551234", "Comment": "", "IVRLabel1": "debt", "IVRData1": "12" }),
        ),
        campaign(29, json!({ "CallID": 900 })),
        event(7, 40, json!({ "CallID": 900, "CallType": 5 })),
        delivered(40, 900, "5551234"),
        established(40, 900, "5551234"),
        cleared(40, 900, 0),
        campaign(31, json!({ "Cause": "Completed Successfully" })),
    ];
    let events = translate(&lines);
    let shown: Vec<String> = events.iter().map(short).collect();
    let id = events[2]["CallId"].as_i64().unwrap();
    let expected = [
        format!("CallStarted {id}"),
        format!("CallOffered {id}"),
        format!("CallConnected {id} a40"),
        "AgentStateChange a40 PendingActive".into(),
        format!("CallOriginated {id} a40 External"),
        format!("CallEstablished {id} a40"),
        "AgentStateChange a40 Active".into(),
        format!("CallCleared {id} a40 NearEnd"),
        format!("CallEnd {id}"),
        format!("CallCompleted {id}"),
        "AgentStateChange a40 Idle".into(),
    ];
    assert_eq!(shown[2..], expected, "{shown:#?}");
    assert_eq!((&events[4]["CallInfo"]["LastName"], &events[6]["Destination"]), (&json!("Bob"), &json!("5551234")));
    assert_eq!(events[4]["CallInfo"]["CallData"], json!([{ "key": "debt", "value": "12" }]));
}

#[test]
fn a_campaign_call_may_be_refused() {
    let campaign =
        |ty: i64, extra: Value| event(ty, 40, messages::all(&[json!({ "CampaignID": 3, "CustomerID": 8 }), extra]));
    let lines = [
        logon(40),
        campaign(32, json!({ "CustomerName": "Bob", "CustomerNumber": "5551234", "Comment": "" })),
        campaign(30, json!({ "Cause": "Rejected By Agent" })),
        campaign(31, json!({ "Cause": "Not Yet Called" })),
    ];
    let shown: Vec<String> = translate(&lines).iter().map(short).collect();
    let named = |event: &str| shown.iter().filter(|known| known.starts_with(event)).count();
    assert_eq!((named("CallStarted"), named("CallCleared"), named("CallEnd")), (1, 1, 1), "{shown:#?}");
}

// ── other media ───────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn sessions_of_other_media_are_not_told_as_calls_but_the_agent_is_active() {
    let message =
        |ty: i64, extra: Value| event(ty, 40, messages::all(&[json!({ "MessageID": 5, "ServiceGroupID": 9 }), extra]));
    let session =
        |ty: i64, extra: Value| event(ty, 40, messages::all(&[json!({ "SessionID": 5, "ServiceGroupID": 9 }), extra]));
    let clerical = || json!({ "ClericalFlag": 1 });
    let cases = [
        [message(62, json!({})), message(21, clerical()), message(15, json!({ "CallID": 0 }))],
        [
            message(63, json!({})),
            message(22, json!({ "ClericalFlag": 1, "EmailText": "hi" })),
            message(15, json!({ "CallID": 0 })),
        ],
        [session(56, json!({})), session(57, clerical()), session(15, json!({ "CallID": 0 }))],
        [session(50, json!({})), session(51, clerical()), session(15, json!({ "CallID": 0 }))],
    ];
    for [handling, done, ended] in cases {
        let expected = ["AgentStateChange a40 Active", "AgentStateChange a40 Wrap", "AgentStateChange a40 Idle"];
        told(&[logon(40), handling, done, ended], &story(&[&LOGON_40, &expected]));
    }
}

#[test]
fn a_session_is_forwarded_to_a_group_or_redirected_to_an_agent() {
    let cases = [(62, 23, 60, "MessageID"), (56, 65, 61, "SessionID"), (50, 66, 64, "SessionID")];
    for (handling, forward, redirect, id) in cases {
        let of = |ty: i64, agent: i64, extra: Value| {
            let mut line = event(ty, agent, extra);
            line[id] = 5.into();
            line
        };
        let mut lines = logons();
        lines.extend([
            of(handling, 40, json!({})),
            of(forward, 40, json!({ "ServiceGroupID": 12 })),
            event(3, 40, json!({})),
            of(handling, 40, json!({})),
            of(redirect, 40, json!({ "ToRecID": 41, "ServiceGroupID": 12 })),
            event(3, 40, json!({})),
            of(handling, 41, json!({})),
        ]);
        let expected = [
            "AgentStateChange a40 Active",
            "AgentStateChange a40 Idle",
            "AgentStateChange a40 Active",
            "AgentStateChange a41 PendingActive",
            "AgentStateChange a40 Idle",
            "AgentStateChange a41 Active",
            // Nothing is heard of the session any more.
            "AgentStateChange a41 Idle",
        ];
        told(&lines, &story(&[&LOGON_40, &LOGON_41, &expected]));
    }
}

#[test]
fn ids_of_calls_messages_and_sessions_are_never_mixed() {
    let lines = [
        logon(40),
        logon(41),
        information(24, 40, 5),
        event(62, 41, json!({ "MessageID": 5 })),
        event(56, 41, json!({ "SessionID": 5 })),
        delivered(40, 5, "5551234"),
        event(22, 41, json!({ "MessageID": 5, "ServiceGroupID": 9, "ClericalFlag": 0 })),
        established(40, 5, "5551234"),
        event(57, 41, json!({ "SessionID": 5, "ClericalFlag": 0 })),
        cleared(40, 5, 0),
    ];
    let expected = [
        "CallStarted 5",
        "CallOffered 5",
        "CallDelivered 5",
        "AgentStateChange a40 Reserved",
        "AgentStateChange a41 Active",
        "CallConnected 5 a40",
        "AgentStateChange a40 PendingActive",
        "CallEstablished 5 a40",
        "AgentStateChange a40 Active",
        "AgentStateChange a41 Idle",
        "CallCleared 5 a40 NearEnd",
        "CallEnd 5",
        "CallCompleted 5",
        "AgentStateChange a40 Idle",
    ];
    told(&lines, &story(&[&LOGON_40, &LOGON_41, &expected]));
}

// ── the link ──────────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn what_a_platform_shows_after_a_lost_link_is_compared_with_what_was_known() {
    for loss in [json!({ "type": 36 }), json!({ "disconnected": true })] {
        let mut lines = vec![
            json!({ "type": 33, "RecID": 9, "Name": "Sales" }),
            json!({ "type": 33, "RecID": 12, "Name": "Service" }),
        ];
        lines.extend([logon(40), logon(41)]);
        lines.extend(answered(900));
        lines.extend([loss.clone(), loss]);
        lines.extend([json!({ "type": 33, "RecID": 9, "Name": "Sales" }), logon(40), json!({ "type": 35 })]);
        // The call is the agent's until the platform says otherwise, which it never does in these lines.
        let expected = [
            "LinkStatus Down",
            "LinkStatus Up",
            "AgentLoginStateChange a41 AgentLoggedOut",
            "ServiceStateChange",
            "CallCleared 900 a40 NearEnd",
            "AgentStateChange a40 Idle",
            "CallEnd 900",
            "CallCompleted 900",
        ];
        let events = told(&lines, &story(&[&["ServiceStateChange"; 2], &LOGON_40, &LOGON_41, &ANSWERED, &expected]));
        let removed = &events[events.len() - 5];
        assert_eq!((&removed["ServiceId"], &removed["ServiceState"]), (&json!(12), &json!("RemoveService")));
    }
}

#[test]
fn a_request_while_the_link_is_lost_fails_at_once() {
    let lines = [
        logon(40),
        json!({ "disconnected": true }),
        json!({ "SetAgentState": { "RequestId": 5, "AgentIdx": 40, "NewState": "NotReady" } }),
    ];
    let expected =
        ["LinkStatus Down", "AgentRequestFailed a40 RequestFailed #5", "AgentLoginStateChange a40 AgentLoggedOut"];
    told(&lines, &story(&[&LOGON_40, &expected]));
}

// ── requests ──────────────────────────────────────────────────────────────────────────────────────────────────────────

fn reply(id: i64) -> Value {
    json!({ "id": id, "hresult": 0 })
}

fn ask(name: &str, call: i64, extra: Value) -> Value {
    json!({ name: messages::all(&[json!({ "RequestId": 7, "AgentIdx": 40, "CallId": call }), extra]) })
}

/// What comes after agents 40 and 41 are logged on and agent 40 has answered call 900.
#[track_caller]
fn asked(lines: &[Value], expected: &[&'static str]) -> Vec<Value> {
    let before = [logons(), answered(900)].concat();
    let events = translate(&[before.clone(), lines.to_vec(), vec![cleared(40, 900, 0)]].concat());
    let shown: Vec<String> = events.iter().map(short).collect();
    let earlier = LOGON_40.len() + LOGON_41.len() + ANSWERED.len();
    let later = shown[earlier..].iter().take(expected.len()).collect::<Vec<_>>();
    assert_eq!(later, expected.iter().collect::<Vec<_>>(), "{shown:#?}");
    events
}

#[test]
fn requests_about_a_call_become_methods_and_are_done_by_events() {
    let hold = hold(40, 900, 0);
    asked(
        &[
            ask("HoldCall", 900, json!({})),
            reply(1),
            hold.clone(),
            ask("RetrieveCall", 900, json!({})),
            of_call(11, 40, 900),
            reply(2),
        ],
        &["> HoldCall 40 900", "CallHeld 900 a40 #7", "> RetrieveCall 40 900", "CallRetrieved 900 a40 #7"],
    );
    asked(
        &[ask("ClearCall", 900, json!({})), reply(1), cleared(40, 900, 0)],
        &["> HangupCall 40 900", "CallCleared 900 a40 NearEnd #7"],
    );
    asked(
        &[ask("SendDTMFDigits", 900, json!({ "DTMFDigits": "12#" })), reply(1)],
        &["> SendDTMF \"12#\" 40 900", "DigitsDialed 900 a40 #7"],
    );
    let deflect = json!({ "TransferType": "Blind", "DestinationType": "External", "DestinationAddress": "5559999" });
    let diverted =
        event(14, 40, json!({ "CallID": 900, "ClericalFlag": 0, "DivertedFlag": 1, "DivertDestination": "5559999" }));
    asked(
        &[ask("TransferCall", 900, deflect), reply(1), diverted],
        &["> DeflectCall \"5559999\" 40 900", "CallTransferred 900 900 900 900 a40 #7"],
    );
}

#[test]
fn a_ringing_group_call_is_rejected_and_any_other_hung_up() {
    let reject = ask("AcceptCall", 900, json!({ "AcceptCall": false }));
    let answer = ask("AcceptCall", 900, json!({ "AcceptCall": true }));
    let group = [logon(40), information(24, 40, 900), delivered(40, 900, "5551234")];
    let direct = [logon(40), delivered(40, 900, "5551234")];
    for (lines, request, expected) in [
        (&group[..], &reject, "> RejectServiceCall 40 900"),
        (&direct[..], &reject, "> HangupCall 40 900"),
        (&group[..], &answer, "> AnswerCall 40 900"),
    ] {
        let shown: Vec<String> =
            translate(&[lines, std::slice::from_ref(request)].concat()).iter().map(short).collect();
        let sent: Vec<&String> = shown.iter().filter(|line| line.starts_with('>')).collect();
        assert_eq!(sent, [expected]);
    }
}

#[test]
fn an_agent_is_called_at_the_station() {
    let call = |destination: &str, address: &str| {
        ask("MakeCall", -1, json!({ "DestinationType": destination, "DestinationAddress": address }))
    };
    let to = |request: Value, expected: &str| {
        // No other agent is logged on.
        let lines = [logon(40), logon(41), json!({ "type": 35 }), request];
        let shown: Vec<String> = translate(&lines).iter().map(short).collect();
        assert_eq!(shown[4], expected, "{shown:#?}");
    };
    to(call("External", "5559999"), "> MakeCall \"5559999\" 40");
    to(call("Agent", "41"), "> MakeCall \"4041\" 40");
    to(call("Agent", "141"), "> MakeCall \"4041\" 40");
    to(call("Agent", "99"), "CallRequestFailed -1 a40 InvalidAgent #7");
}

#[test]
fn a_call_is_made() {
    let call = ask("MakeCall", -1, json!({ "DestinationType": "External", "DestinationAddress": "5559999" }));
    let lines = [logon(40), call, reply(1), of_call(7, 40, 900), cleared(40, 900, 0)];
    let expected = [
        "> MakeCall \"5559999\" 40",
        "CallStarted 900",
        "CallOriginated 900 a40 External #7",
        "CallCleared 900 a40 NearEnd",
        "CallEnd 900",
        "CallCompleted 900",
    ];
    let events = told(&lines, &story(&[&LOGON_40, &expected]));
    let originated = events.iter().find(|event| event["EventType"] == "CallOriginated").unwrap();
    assert_eq!(originated["Destination"], "5559999", "the number that was asked for");
}

fn consult() -> Value {
    ask("ConsultationCall", 900, json!({ "DestinationType": "Agent", "DestinationAddress": "41" }))
}

#[test]
fn a_consultation_holds_first_and_calls_once_that_shows() {
    let hold = hold(40, 900, 0);
    let expected = [
        "> HoldCall 40 900",
        "CallHeld 900 a40",
        "> MakeCall \"4041\" 40",
        "CallStarted 901",
        "CallOriginated 901 a40 Agent #7",
    ];
    // The reply may come before the event, or after it.
    asked(&[consult(), reply(1), hold.clone(), reply(2), of_call(7, 40, 901)], &expected);
    asked(&[consult(), hold.clone(), reply(1), reply(2), of_call(7, 40, 901)], &expected);
    // As long as the hold may still be refused, nobody is called.
    let events = asked(&[consult(), hold.clone()], &["> HoldCall 40 900", "CallHeld 900 a40"]);
    assert!(!events.iter().any(|event| short(event).starts_with("> MakeCall")));
    // Who is on hold already is not held again.
    let expected = ["CallHeld 900 a40", "> MakeCall \"4041\" 40", "CallStarted 901"];
    asked(&[hold, consult(), reply(1), of_call(7, 40, 901)], &expected);
}

#[test]
fn a_consultation_that_fails_takes_the_hold_back() {
    let hold = hold(40, 900, 0);
    let refused = json!({ "id": 2, "hresult": -2147467259, "error": "no line" });
    let lines = [consult(), reply(1), hold, refused, reply(3), of_call(11, 40, 900)];
    let expected = [
        "> HoldCall 40 900",
        "CallHeld 900 a40",
        "> MakeCall \"4041\" 40",
        "> RetrieveCall 40 900",
        "CallRequestFailed 900 a40 RequestFailed #7",
        "CallRetrieved 900 a40",
    ];
    let events = asked(&lines, &expected);
    let failed = events.iter().find(|event| event["EventType"] == "CallRequestFailed").unwrap();
    assert_eq!(failed["FailureReason"], "no line");
    // A hold that is refused leaves nothing to take back.
    let refused = json!({ "id": 1, "hresult": -2147467259 });
    let events = asked(&[consult(), refused], &["> HoldCall 40 900", "CallRequestFailed 900 a40 RequestFailed #7"]);
    let failed = events.iter().find(|event| event["EventType"] == "CallRequestFailed").unwrap();
    assert_eq!(failed["FailureReason"], "CCAS refused it: HRESULT 0x80004005");
    assert!(!events.iter().any(|event| short(event).starts_with("> RetrieveCall")));
}

#[test]
fn the_held_call_is_transferred_to_the_active_one() {
    for call in [900, 901] {
        let transfer = ask("TransferCall", call, json!({ "TransferType": "Consultation" }));
        let lines = [consulted(), vec![transfer, reply(1)], transferred(902, 0).to_vec()].concat();
        let expected = story(&[&CONSULTED, &["> TransferCall 40 900", "CallTransferred 900 900 901 902 a40 #7"]]);
        asked(&lines, &expected);
    }
    let conference = ask("ConferenceCall", 900, json!({}));
    let ids = json!({ "HeldCallID": 900, "ActiveCallID": 901, "NewCallID": 902, "OppositePartyNumber": "" });
    let lines = [consulted(), vec![conference, reply(1), event(13, 40, ids)]].concat();
    asked(&lines, &story(&[&CONSULTED, &["> ConferenceCall 40", "CallConferenced 900 900 901 902 a40 #7"]]));
}

#[test]
fn call_data_is_set_when_the_update_shows_it() {
    let update = event(39, 40, json!({ "CallID": 900, "CallType": 3, "IVRLabel1": "tier", "IVRData1": "silver" }));
    let other = event(40, 40, json!({ "CallID": 900, "CallType": 3, "PrivateData": "vip" }));
    let set = |data: &[&str]| ask("SetCallData", 900, json!({ "UserData": data }));
    asked(
        &[set(&["silver", ""]), reply(1), other, update],
        &[
            "> SetAgentIVRData \"silver\" \"\" \"\" \"tier\" \"\" \"\" 40 900 -1",
            "CallDataUpdate 900 a40 SetCallDataSucceeded #7",
        ],
    );
    let events = asked(&[set(&["1", "2", "3", "4"])], &["CallRequestFailed 900 a40 RequestFailed #7"]);
    let failed = events.iter().find(|event| event["EventType"] == "CallRequestFailed").unwrap();
    let reason = failed["FailureReason"].as_str().unwrap();
    assert!(reason.contains("at most three items"), "{reason}");
}

#[test]
fn requests_about_an_agent() {
    let state = |state: &str| json!({ "SetAgentState": { "RequestId": 7, "AgentIdx": 40, "NewState": state } });
    let lines = [
        logon(40),
        state("NotReady"),
        reply(1),
        event(4, 40, json!({ "ReasonID": -1 })),
        state("Idle"),
        event(3, 40, json!({})),
        reply(2),
        json!({ "LoginAgent": { "RequestId": 8, "AgentLoginName": "140", "StationId": "4040" } }),
    ];
    let expected = [
        "> SetVoiceNotReady 40 0",
        "AgentStateChange a40 NotReady #7",
        "> SetVoiceReady 40",
        "AgentStateChange a40 Idle",
        "AgentStateChange a40 Idle #7",
        "AgentLoginRequestFailed a40 RequestFailed #8",
    ];
    let events = told(&lines, &story(&[&LOGON_40, &expected]));
    let reason = events.last().unwrap()["FailureReason"].as_str().unwrap().to_owned();
    assert!(reason.contains("no PIN is configured"), "{reason}");
}

#[test]
fn clerical_work_is_extended_and_cancelled() {
    let state = |state: &str| json!({ "SetAgentState": { "RequestId": 7, "AgentIdx": 40, "NewState": state } });
    let before = [vec![logon(40)], answered(900), vec![cleared(40, 900, 1)]].concat();
    let lines = [
        state("Wrap"),
        reply(1),
        ask("SetDisposition", 900, json!({ "DispositionId": 3 })),
        event(41, 40, json!({ "CallID": 900, "CallType": 3, "CQCodeList": "3" })),
        reply(2),
        state("Idle"),
        reply(3),
        of_call(15, 40, 900),
    ];
    let shown: Vec<String> = translate(&[before, lines.to_vec()].concat()).iter().map(short).collect();
    let expected = [
        "CallCleared 900 a40 NearEnd",
        "AgentStateChange a40 Wrap",
        "> ExtendClerical 40 900 60",
        "AgentStateChange a40 Wrap #7",
        "> SetAgentCQCodes \"3|\" 40 900 9",
        "AgentStateChange a40 Wrap #7",
        "> CancelClerical 40 900",
        "CallEnd 900",
        "CallCompleted 900",
        "AgentStateChange a40 Idle #7",
    ];
    assert_eq!(shown[LOGON_40.len() + ANSWERED.len()..], expected, "{shown:#?}");
}

#[test]
fn the_time_of_a_line_is_the_clock() {
    // A request that is not answered fails after the time for a reply.
    let lines = [
        at(0, logon(40)),
        json!({ "SetAgentState": { "RequestId": 5, "AgentIdx": 40, "NewState": "NotReady" } }),
        at(9, event(53, 40, json!({}))),
        at(11, event(3, 40, json!({}))),
        at(12, event(4, 40, json!({ "ReasonID": -1 }))),
    ];
    let expected =
        ["> SetVoiceNotReady 40 0", "AgentRequestFailed a40 RequestFailed #5", "AgentStateChange a40 NotReady"];
    told(&lines, &story(&[&LOGON_40, &expected]));
}
