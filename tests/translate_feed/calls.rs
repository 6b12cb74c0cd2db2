//! Calls: from outside, to outside, between agents; held, rejected, failed.

use cti_bridge::sim::ccas::{answered, at, event, logons, originated};
use serde_json::{Value, json};

use crate::{
    all_of, find, group, is_one_call, played, profile,
    stories::{self, Story, short},
    swapped, translate, translator,
};

#[test]
fn a_call_of_a_service_group_reads_as_the_feed_would_tell_it() {
    let told = played(&stories::service_call());
    let queued = find(&told, "queued");
    assert_eq!((&queued["timestamp"], &queued["gmt"]), (&json!("2026-11-20 10:01:00"), &json!("2026-11-20 10:01:00")));
    assert_eq!((&queued["queued-group-internal-id"], &queued["queued-group-type"]), (&json!(9), &json!(4)));
    // In all that is told of it the call has the caller, who was called, since when it waits, and the data of the IVR.
    for message in told.iter().filter(|message| message.get("call-table").is_some()) {
        let expected = [(2, "5551234"), (1, "800"), (7, "2026-11-20"), (8, "10:00:30"), (101, "gold"), (102, "4711")];
        for (id, text) in expected {
            assert_eq!(profile(message, id), Some(text), "profile {id} of {message}");
        }
        assert_eq!((group(message), &message["guid"]), ((4, 9), &queued["guid"]));
    }
    let reserved = find(&told, "agent-reserved");
    assert_eq!(reserved["groups"], json!([{ "type": 4, "id": 9 }, { "type": 4, "id": 12 }]));
    for name in ["agent-reserved", "agent-on-call", "agent-wrap"] {
        assert_eq!(find(&told, name)["guid"], queued["guid"], "{name}");
    }
    assert_eq!(find(&told, "agent-wrap")["tapi-call-id"], 900);
    assert_eq!(find(&told, "wrap-ended")["wrapup-id-list"], json!([2, 7]), "all that were entered");
}

#[test]
fn data_of_the_ivr_goes_by_the_numbers_of_its_labels() {
    let info = json!({ "CallID": 900, "ServiceGroupID": 9, "IVRLabel1": "Level", "IVRData1": "gold", "IVRLabel2": "117",
        "IVRData2": "x" });
    let told = translate("ccas", &[logons(), vec![event(24, 40, info)]].concat());
    let queued = find(&told, "queued");
    assert_eq!((profile(queued, 101), profile(queued, 117)), (Some("gold"), Some("x")));
}

#[test]
fn a_guid_is_the_same_again_for_the_same_platform_call_and_day() {
    let guid = |story: &Story| find(&played(story), "queued")["guid"].clone();
    let first = guid(&stories::service_call());
    assert_eq!(first, guid(&stories::service_call()));
    let mut tomorrow = stories::service_call();
    for line in &mut tomorrow.lines {
        line["at"] = line["at"].as_str().unwrap().replace("11-20", "11-21").into();
    }
    assert_ne!(first, guid(&tomorrow));
}

#[test]
fn an_outgoing_call_is_established_once() {
    let told = played(&stories::outgoing_call());
    let established = find(&told, "established");
    assert_eq!((profile(established, 2), profile(established, 1)), (Some("4040"), Some("5551234")));
    assert_eq!(group(established), (0, 0));
}

#[test]
fn a_call_to_an_agent_is_no_acd_call() {
    let told = played(&stories::direct_call());
    assert_eq!(profile(find(&told, "established"), 2), Some("5551234"));
}

#[test]
fn a_call_to_somebody_busy_is_over_and_nobody_abandoned_it() {
    let failed = event(42, 40, json!({ "CallID": 900, "Cause": 3, "CalledNumber": "5551234" }));
    let told = translate("ccas", &[logons(), vec![originated(40, 900), failed]].concat());
    assert_eq!(short(find(&told, "call-cleared")), "call-cleared 900 !1 1/0");
}

#[test]
fn a_caller_who_hangs_up_while_it_rings_abandons_the_call() {
    let mut story = stories::service_call();
    story.lines.truncate(2);
    story.lines.push(at(70, cti_bridge::sim::ccas::cleared(40, 900, 0)));
    let told = translate("ccas", &[logons(), story.lines].concat());
    assert_eq!(short(find(&told, "call-cleared")), "call-cleared 900 abandoned 1/1");
}

#[test]
fn hold_is_told_once_with_who_holds() {
    played(&stories::held_by_either_side());
    played(&stories::held_between_agents());
    // Whoever of the two is told first.
    played(&swapped(stories::held_between_agents(), 5));
    played(&swapped(stories::held_between_agents(), 7));
}

#[test]
fn an_internal_call_is_one_whoever_of_both_agents_is_told_first() {
    for story in [stories::internal_call(), swapped(stories::internal_call(), 1), swapped(stories::internal_call(), 3)]
    {
        let told = played(&story);
        let established = find(&told, "established");
        assert_eq!((profile(established, 2), profile(established, 1)), (Some("4040"), Some("4041")), "{}", story.name);
        is_one_call(&told);
    }
}

#[test]
fn a_code_that_is_no_number_is_named_and_the_others_are_told() {
    let (mut translator, mut told) = (translator("ccas"), Vec::new());
    let mut line = |line: &Value| {
        translator.line(&line.to_string(), &mut |line| told.push(serde_json::from_slice::<Value>(line).unwrap()))
    };
    for before in [logons(), answered(900)].concat() {
        line(&before).unwrap();
    }
    let codes = |list: &str| event(41, 40, json!({ "CallID": 900, "CallType": 3, "CQCodeList": list }));
    let passed_over = Err("CQCODES: a code that is no number was passed over".to_owned());
    assert_eq!(line(&codes("SALE|VIP")), passed_over);
    assert_eq!(line(&codes("VIP|7")), passed_over);
    let codes: Vec<&Value> = all_of(&told, "wrap-code").map(|message| &message["wrapup-code-id"]).collect();
    assert_eq!(codes, [&json!(7)]);
}

#[test]
fn a_rejected_call_goes_on_and_does_not_end_by_that_rejection() {
    let told = played(&stories::rejected_call());
    assert_eq!(all_of(&told, "queued").count(), 2);
    is_one_call(&told);
    let release = find(&told, "agent-release");
    assert_eq!((&release["agent-id"], &release["release-code"]), (&json!(40), &json!(0)), "no reason was given");
}

#[test]
fn a_rejection_because_the_agent_logged_off_logs_the_agent_off_once() {
    played(&stories::rejected_as_logged_off());
}
