//! MiCC Enterprise told to an application that was written for the event feed, by lines: what each event becomes, in which
//! order, with which ids, numbers and causes.

use cti_bridge::{diagnostic::Problems, mapping::Mappings, shipped::Files, translate::Translator};
use serde_json::{Value, json};

/// What the lines come to.
fn translate(from: &str, lines: &[Value]) -> Vec<Value> {
    let mut problems = Problems::default();
    let mappings = Mappings::load(&Files::built_in(), &mut problems);
    assert!(problems.is_empty(), "{}", problems.render());
    let mut translator = Translator::new(&mappings, from, "event-feed").unwrap();
    let mut told = Vec::new();
    let mut out = |line: &[u8]| told.push(serde_json::from_slice(line).unwrap());
    for line in lines {
        translator.line(&line.to_string(), &mut out).unwrap();
    }
    translator.finish(&mut out);
    told
}

fn at(seconds: u64, mut event: Value) -> Value {
    event["at"] = format!("2026-11-20T10:{:02}:{:02}Z", seconds / 60, seconds % 60).into();
    event
}

fn logon(id: i64) -> Value {
    let dn = (4000 + id).to_string();
    let number = (id + 37).to_string();
    at(
        0,
        json!({ "type": 1, "RecID": id, "Name": "Ann", "LogonID": number, "DN": dn, "VoiceReady": 1, "ServiceGroupList": "9" }),
    )
}

fn of_call(ty: i64, seconds: u64, more: Value) -> Value {
    let mut event = more;
    (event["type"], event["RecID"], event["CallID"]) = (ty.into(), 40.into(), 900.into());
    at(seconds, event)
}

/// The names of messages about agents and calls.
fn words(told: &[Value]) -> Vec<&str> {
    let names = told.iter().map(|message| message["message"].as_str().unwrap());
    names.filter(|name| !name.starts_with("entity")).collect()
}

fn find<'t>(told: &'t [Value], name: &str) -> &'t Value {
    told.iter().find(|message| message["message"] == name).unwrap_or_else(|| panic!("no {name} in {told:#?}"))
}

fn service_call() -> Vec<Value> {
    let customer = json!({ "OppositePartyNumber": "5551234" });
    vec![
        logon(40),
        of_call(
            24,
            60,
            json!({ "ServiceGroupID": 9, "CallingPartyNumber": "5551234", "CalledNumber": "800", "CallType": 3,
            "TimeInQueue": 30, "IVRLabel1": "Level", "IVRData1": "gold", "IVRLabel2": "117", "IVRData2": "x" }),
        ),
        of_call(8, 61, customer.clone()),
        of_call(9, 65, customer),
        of_call(10, 70, json!({ "OnHold": 0 })),
        of_call(11, 80, json!({})),
        of_call(14, 90, json!({ "ClericalFlag": 1, "DivertedFlag": 0 })),
        of_call(15, 95, json!({})),
    ]
}

#[test]
fn a_call_of_a_service_group_reads_as_the_feed_would_tell_it() {
    let told = translate("ccas", &service_call());
    assert_eq!(
        words(&told),
        [
            "agent-login",
            "agent-idle",
            "queued",
            "dequeued",
            "agent-reserved",
            "delivered",
            "established",
            "agent-on-call",
            "held",
            "retrieved",
            "conn-cleared",
            "agent-wrap",
            "call-cleared",
            "wrap-ended",
            "agent-idle",
        ]
    );
    let queued = find(&told, "queued");
    assert_eq!(
        (queued["timestamp"].as_str(), queued["gmt"].as_str()),
        (Some("2026-11-20 10:01:00"), Some("2026-11-20 10:01:00"))
    );
    assert_eq!((queued["queued-group-internal-id"].as_i64(), queued["queued-group-type"].as_i64()), (Some(9), Some(4)));
    let call = &queued["call-table"][0];
    assert_eq!(
        (call["media"].as_i64(), call["call-type"].as_i64(), call["dnis"].as_str()),
        (Some(1), Some(1), Some("800"))
    );
    let value = |id: i64| {
        let items = call["call-profile"].as_array().unwrap();
        items.iter().find(|item| item["id"] == id).map(|item| item["value"].as_str().unwrap().to_owned())
    };
    let expected = [(2, "5551234"), (1, "800"), (7, "2026-11-20"), (8, "10:00:30"), (101, "gold"), (117, "x")];
    for (id, text) in expected {
        assert_eq!(value(id).as_deref(), Some(text), "profile {id}");
    }
    assert_eq!(value(42).as_deref(), queued["guid"].as_str());
    let established = find(&told, "established");
    assert_eq!(established["joining-device-id"], 40);
    assert_eq!(
        (established["joining-device-type"].as_i64(), established["joining-device"].as_str()),
        (Some(3), Some("4040"))
    );
    assert_eq!(
        (established["calling-device-type"].as_i64(), established["calling-device"].as_str()),
        (Some(5), Some("5551234"))
    );
}

#[test]
fn a_guid_is_the_same_again_for_the_same_platform_call_and_day() {
    let guid = |lines: &[Value]| find(&translate("ccas", lines), "queued")["guid"].as_str().unwrap().to_owned();
    let first = guid(&service_call());
    assert_eq!(first, guid(&service_call()));
    let mut tomorrow = service_call();
    for line in &mut tomorrow {
        line["at"] = line["at"].as_str().unwrap().replace("11-20", "11-21").into();
    }
    assert_ne!(first, guid(&tomorrow));
}

#[test]
fn an_outgoing_call_is_established_once() {
    let told = translate(
        "ccas",
        &[
            logon(40),
            of_call(7, 10, json!({ "CallType": 3 })),
            of_call(9, 15, json!({ "OppositePartyNumber": "5551234" })),
            of_call(14, 20, json!({ "ClericalFlag": 0, "DivertedFlag": 0 })),
        ],
    );
    assert_eq!(
        words(&told),
        [
            "agent-login",
            "agent-idle",
            "initiated",
            "established",
            "agent-on-call",
            "conn-cleared",
            "call-cleared",
            "no-wrap",
            "agent-idle"
        ]
    );
    let established = find(&told, "established");
    assert_eq!(
        (established["joining-device"].as_str(), established["calling-device-id"].as_i64()),
        (Some("5551234"), Some(40))
    );
    assert_eq!(established["call-table"][0]["call-type"], 0, "no ACD call");
}

#[test]
fn whoever_transferred_leaves_and_works_after_the_call_that_was_handed_on() {
    let customer = json!({ "OppositePartyNumber": "5551234" });
    let told = translate(
        "ccas",
        &[
            logon(40),
            logon(41),
            of_call(8, 10, customer.clone()),
            of_call(9, 11, customer),
            of_call(10, 20, json!({ "OnHold": 0 })),
            at(21, json!({ "type": 7, "RecID": 40, "CallID": 901, "CallType": 3 })),
            at(22, json!({ "type": 9, "RecID": 41, "CallID": 901, "OppositePartyNumber": "4040" })),
            at(
                30,
                json!({ "type": 12, "RecID": 40, "HeldCallID": 900, "ActiveCallID": 901, "NewCallID": 902,
                "TransferringAgent": 1, "ClericalFlag": 1, "OppositePartyNumber": "5551234" }),
            ),
            of_call(15, 40, json!({})),
        ],
    );
    let of = |name: &str| -> Vec<i64> {
        let own = told.iter().filter(|message| message["message"] == name && message["agent-id"] != 41);
        own.filter_map(|message| message["call-id"].as_i64()).collect()
    };
    assert_eq!((of("agent-wrap"), of("wrap-ended")), (vec![900], vec![900]), "{:?}", words(&told));
    let left = find(&told, "conn-cleared");
    assert_eq!((left["call-id"].as_i64(), left["device-out-id"].as_i64()), (Some(900), Some(40)));
}

#[test]
fn each_disposition_is_told_with_its_own_code() {
    let customer = json!({ "OppositePartyNumber": "5551234" });
    let codes = of_call(41, 20, json!({ "CallType": 3, "CQCodeList": "2|7" }));
    let told = translate("ccas", &[logon(40), of_call(8, 10, customer.clone()), of_call(9, 11, customer), codes]);
    let own = told.iter().filter(|message| message["message"] == "wrap-code");
    let codes: Vec<i64> = own.map(|message| message["wrapup-code-id"].as_i64().unwrap()).collect();
    assert_eq!(codes, [2, 7]);
}

#[test]
fn causes_are_the_guides() {
    let email = |ty: i64, seconds: u64| {
        at(seconds, json!({ "type": ty, "RecID": 40, "MessageID": 5, "ServiceGroupID": 9, "ClericalFlag": 0 }))
    };
    for (end, cause) in [(22, 33), (21, 34)] {
        let told = translate("ccas", &[logon(40), email(62, 10), email(end, 20)]);
        let cleared = find(&told, "call-cleared");
        assert_eq!(cleared["cause"], cause, "{cleared}");
        assert_eq!(
            (cleared["call-table"][0]["media"].as_i64(), cleared["call-table"][0]["call-type"].as_i64()),
            (Some(3), Some(3))
        );
    }
    let failed = translate(
        "ccas",
        &[
            logon(40),
            of_call(7, 10, json!({ "CallType": 3 })),
            of_call(42, 12, json!({ "Cause": 3, "CalledNumber": "5551234" })),
        ],
    );
    assert_eq!(find(&failed, "call-cleared")["cause"], 1, "busy");
}

#[test]
fn a_code_that_is_no_number_fails_the_command_and_is_not_taken_for_another() {
    let release = json!({ "version": 1, "topic": "contact-center", "message": "command", "request-id": 4,
        "sub-request-type": "release", "agent-id": 40, "release-code": "seven" });
    let told = translate("ccas", &[logon(40), release]);
    let reply = told.last().unwrap();
    assert_eq!((reply["message"].as_str(), reply["result"].as_i64()), (Some("command"), Some(-1)), "{told:#?}");
    assert!(reply["error-msg"].as_str().unwrap().contains("no number"), "{reply}");
}

#[test]
fn between_two_feeds_messages_pass_as_they_are() {
    let stats = json!({ "version": 1, "timestamp": "2026-11-20 10:00:00", "topic": "contact-center", "message": "group-stats",
        "sub-topic": "group-stats", "group-id": 9, "group-name": "Sales", "queued-calls": 7, "tsf": 81 });
    let told = translate("event-feed", std::slice::from_ref(&stats));
    assert_eq!(told.len(), 1);
    for (key, value) in stats.as_object().unwrap() {
        assert_eq!(told[0][key], *value, "{key}");
    }
    let login = json!({ "version": 1, "timestamp": "2026-11-20 10:00:00", "topic": "contact-center", "message": "agent-login",
        "sub-topic": "", "agent-id": 1001, "agent-number": "77", "agent-ext": "4001", "groups": [], "cause": 12 });
    let release = json!({ "version": 1, "topic": "contact-center", "message": "command", "request-id": 4,
        "sub-request-type": "release", "agent-id": 1001, "release-code": 3 });
    let refusal = json!({ "version": 1, "topic": "contact-center", "message": "command", "request-id": 4, "result": -2,
        "error-msg": "not now" });
    let told = translate("event-feed", &[login, release, refusal]);
    assert_eq!(words(&told), ["agent-login", "command", "command"]);
    assert_eq!((told[1]["sub-request-type"].as_str(), told[1]["release-code"].as_i64()), (Some("release"), Some(3)));
    assert_eq!((told[2]["result"].as_i64(), told[2]["error-msg"].as_str()), (Some(-1), Some("not now")));
}
