//! Orders and times that no guide fixes. In whatever order the same facts come, and however long things take, the final
//! story is the same: which calls there were, that each started and ended once, who was cleared how, codes and data.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{story, translate};

/// A call's facts once everything is over.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Told {
    starts: usize,
    ends: usize,
    completions: usize,
    /// The agents whose connections were told cleared, and on which side.
    cleared: BTreeSet<String>,
    code: i64,
    data: String,
    kind: String,
}

/// The output for these lines, by call; calls are numbered in the order of their beginning.
fn told(from: &str, to: &str, lines: &[Value]) -> BTreeMap<String, Told> {
    let out = translate(from, to, lines);
    let mut calls: BTreeMap<String, Told> = BTreeMap::new();
    for message in &out {
        if to == "ctips" { of_ctips(message, &mut calls) } else { of_feed(message, &mut calls) }
    }
    calls
}

fn of_ctips(event: &Value, calls: &mut BTreeMap<String, Told>) {
    let kind = event["EventType"].as_str().unwrap_or_default();
    if !kind.starts_with("Call") {
        return;
    }
    let call = calls.entry(event["CallId"].to_string()).or_default();
    match kind {
        "CallStarted" => call.starts += 1,
        "CallCleared" => {
            call.cleared.insert(format!("{} {}", event["AgentId"], event["ClearingPartyType"]));
        }
        "CallDelivered" => call.kind = event["CallType"].to_string(),
        "CallEnd" => {
            call.ends += 1;
            call.code = event["AgentDisposition"].as_i64().unwrap_or(0);
            call.data = event["CallData"].to_string();
        }
        "CallCompleted" => call.completions += 1,
        _ => {}
    }
}

fn of_feed(message: &Value, calls: &mut BTreeMap<String, Told>) {
    let name = message["message"].as_str().unwrap_or_default();
    let Some(guid) = message["guid"].as_str().filter(|guid| !guid.is_empty()) else { return };
    let call = calls.entry(guid.to_owned()).or_insert_with(|| Told { starts: 1, ..Told::default() });
    let device = || format!("{}", message["device-out-id"]);
    match name {
        "conn-cleared" => {
            call.cleared.insert(device());
        }
        "call-cleared" => {
            call.ends += 1;
            let table = &message["call-table"][0];
            let items = table["call-profile"].as_array().into_iter().flatten();
            let data: Vec<&Value> = items.filter(|item| item["id"].as_i64() > Some(100)).collect();
            call.data = format!("{data:?}");
            call.kind = table["call-type"].to_string();
        }
        "wrap-code" => call.code = message["wrapup-code-id"].as_i64().unwrap_or(0),
        "wrap-ended" | "no-wrap" => call.completions += 1,
        _ => {}
    }
}

/// An event of CCAS, this many seconds after ten o'clock.
fn event(second: u64, ty: i64, agent: i64, fields: Value) -> Value {
    let at = format!("2026-11-20T{:02}:{:02}:{:02}Z", 10 + second / 3600, second % 3600 / 60, second % 60);
    let mut event = json!({ "type": ty, "RecID": agent, "at": at });
    event.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    event
}

fn office() -> Vec<Value> {
    let logon = |agent: i64| {
        let fields = json!({ "LogonID": (100 + agent).to_string(), "DN": (4000 + agent).to_string(), "VoiceReady": 1,
            "ServiceGroupList": "9" });
        event(0, 1, agent, fields)
    };
    vec![logon(40), logon(41), logon(42), json!({ "type": 35, "at": "2026-11-20T10:00:00Z" })]
}

fn information(second: u64, agent: i64, call: i64, ani: &str) -> Value {
    let fields = json!({ "CallID": call, "ServiceGroupID": 9, "CallingPartyNumber": ani, "CalledNumber": "800", "CallType": 3,
        "TimeInQueue": 30, "IVRLabel1": "tier", "IVRData1": "gold" });
    event(second, 24, agent, fields)
}

fn delivered(second: u64, agent: i64, call: i64, opposite: &str) -> Value {
    event(second, 8, agent, json!({ "CallID": call, "OppositePartyNumber": opposite }))
}

fn established(second: u64, agent: i64, call: i64, opposite: &str) -> Value {
    event(second, 9, agent, json!({ "CallID": call, "OppositePartyNumber": opposite, "CallSubstate": 0 }))
}

fn cleared(second: u64, agent: i64, call: i64, clerical: i64) -> Value {
    event(second, 14, agent, json!({ "CallID": call, "ClericalFlag": clerical, "DivertedFlag": 0 }))
}

/// Agents 1001 and 1002 and a customer are in a conference, which the file describes; then they leave in this order.
fn conference(leaves: &[Value]) -> Vec<Value> {
    let lines = story::lines("event-feed-to-ctips", "conference-customer-leaves-first");
    let joined = lines.iter().position(|line| line["message"] == "conferenced").unwrap();
    let (before, after) = lines.split_at(joined + 1);
    let is_leaving = |line: &&Value, who: &Value| {
        line["message"] == "conn-cleared" && (line["device-out-id"] == *who || line["device-out"] == *who)
    };
    let leave = |who: &Value| after.iter().find(|line| is_leaving(line, who)).unwrap().clone();
    let mut times = after.iter().filter(|line| line["message"] == "conn-cleared").map(|line| line["timestamp"].clone());
    let leaving = leaves.iter().map(|who| {
        let mut line = leave(who);
        line["timestamp"] = times.next().unwrap();
        line.as_object_mut().unwrap().remove("gmt");
        line
    });
    let rest = after.iter().filter(|line| line["message"] != "conn-cleared").cloned();
    before.iter().cloned().chain(leaving.collect::<Vec<_>>()).chain(rest).collect()
}

/// All orders of these events.
fn orders(events: &[Value]) -> Vec<Vec<Value>> {
    if events.is_empty() {
        return vec![Vec::new()];
    }
    let rest_after = |place: usize| {
        let mut rest = events.to_vec();
        let first = rest.remove(place);
        orders(&rest).into_iter().map(move |order| [vec![first.clone()], order].concat())
    };
    (0..events.len()).flat_map(rest_after).collect()
}

#[test]
fn information_delivery_and_answer_come_in_any_order() {
    let events =
        [information(10, 40, 900, "5551234"), delivered(10, 40, 900, "5551234"), established(10, 40, 900, "5551234")];
    for to in ["ctips", "event-feed"] {
        let mut stories = BTreeSet::new();
        for order in orders(&events) {
            let end = vec![cleared(60, 40, 900, 1), event(70, 41, 40, json!({ "CallID": 900, "CQCodeList": "7" }))];
            let lines = [office(), order, end, vec![event(80, 15, 40, json!({ "CallID": 900 }))]].concat();
            let told = told("ccas", to, &lines);
            assert_eq!(told.len(), 1, "{told:?}");
            stories.insert(format!("{told:?}"));
        }
        assert_eq!(stories.len(), 1, "{stories:#?}");
        assert!(
            stories.first().is_some_and(|story| story.contains("gold") && story.contains("code: 7")),
            "{stories:?}"
        );
    }
}

#[test]
fn a_supervisor_may_be_delivered_a_call_before_or_after_listening_to_it() {
    let supervisor = [
        delivered(20, 42, 900, "4040"),
        event(20, 9, 42, json!({ "CallID": 900, "CallSubstate": 3, "OppositePartyNumber": "4040" })),
    ];
    for order in orders(&supervisor) {
        let answered = vec![
            information(10, 40, 900, "5551234"),
            delivered(11, 40, 900, "5551234"),
            established(12, 40, 900, "5551234"),
        ];
        let lines = [office(), answered, order, vec![cleared(50, 42, 900, 0), cleared(60, 40, 900, 0)]].concat();
        let told = told("ccas", "ctips", &lines);
        let call = &told["900"];
        assert_eq!((call.starts, call.ends, call.completions), (1, 1, 1));
        assert!(call.cleared.contains("40 \"NearEnd\""), "{call:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// A wrap-up may take any time, and so may the queue and the ring before it: the codes entered in it are the
    /// call's.
    #[test]
    fn nothing_that_goes_on_is_forgotten(queue in 1u64..3600, ring in 1u64..800, wrap in 1u64..10_000) {
        let (answer, end) = (10 + queue + ring, 100 + queue + ring);
        let call = json!({ "CallID": 900 });
        let lines = [office(), vec![
            information(10, 41, 900, "5551234"),
            delivered(10, 41, 900, "5551234"),
            event(20, 16, 41, json!({ "CallID": 900, "Cause": "Ring Timeout" })),
            information(10 + queue.clamp(11, 800), 40, 900, "5551234"),
            delivered(10 + queue.clamp(11, 800), 40, 900, "5551234"),
            established(answer.max(830), 40, 900, "5551234"),
            cleared(end.max(900), 40, 900, 1),
            event(end.max(900) + wrap, 41, 40, json!({ "CallID": 900, "CQCodeList": "7" })),
            event(end.max(900) + wrap, 15, 40, call),
        ]].concat();
        for to in ["ctips", "event-feed"] {
            let told = told("ccas", to, &lines);
            prop_assert_eq!(told.len(), 1, "{:?}", told);
            let call = told.values().next().unwrap();
            prop_assert_eq!((call.starts, call.ends, call.completions, call.code), (1, 1, 1, 7), "{:?}", call);
        }
    }

    /// A call number is used again after any time, even while the agent of the old call still works after it.
    #[test]
    fn a_beginning_begins(gap in 1u64..4000, wrap in 1u64..4000) {
        let again = 60 + gap;
        let mut lines = vec![
            information(10, 40, 900, "5551234"), delivered(10, 40, 900, "5551234"), established(12, 40, 900, "5551234"),
            cleared(60, 40, 900, 1), event(60 + wrap, 15, 40, json!({ "CallID": 900 })),
            information(again, 41, 900, "5550000"), delivered(again, 41, 900, "5550000"),
            established(again + 2, 41, 900, "5550000"), cleared(again + 30, 41, 900, 0),
        ];
        lines.sort_by_key(|line| line["at"].as_str().unwrap().to_owned());
        let lines = [office(), lines].concat();
        for to in ["ctips", "event-feed"] {
            let told = told("ccas", to, &lines);
            // Numbers are free again after a while; names are not.
            prop_assert!(to == "ctips" || told.len() == 2, "{:?}", told);
            prop_assert_eq!(told.values().map(|call| call.starts).sum::<usize>(), 2, "{:?}", told);
            for call in told.values() {
                prop_assert_eq!(call.starts, call.ends, "{:?}", call);
                prop_assert_eq!(call.starts, call.completions, "{:?}", call);
            }
        }
    }

    /// Two agents and a customer leave a conference in any order: only agents whom the customer leaves behind are told
    /// far end.
    #[test]
    fn who_leaves_first_decides_who_hung_up(seed in 0usize..6) {
        let leaves = orders(&[json!("5551234"), json!(1001), json!(1002)])[seed].clone();
        let story = conference(&leaves);
        let told = told("event-feed", "ctips", &story);
        let customer = leaves.iter().position(|who| who.is_string()).unwrap();
        let call = told.values().find(|call| !call.cleared.is_empty()).unwrap();
        for agent in [1001, 1002] {
            let place = leaves.iter().position(|who| *who == json!(agent)).unwrap();
            let end = if place > customer { "FarEnd" } else { "NearEnd" };
            prop_assert!(call.cleared.contains(&format!("{agent} \"{end}\"")), "{leaves:?}: {call:?}");
        }
        prop_assert_eq!(call.cleared.len(), 2, "{:?}", call);
    }

    /// The link is cut for any length of time. Within the time of grace the call goes on under its ids; after it,
    /// events about it are told as another call's.
    #[test]
    fn a_cut_ends_calls_only_after_its_time(cut in 13u64..50, length in 1u64..100) {
        prop_assume!(length != 30);
        let link = |second: u64, word: &str| {
            json!({ "at": event(second, 0, 0, json!({}))["at"].clone(), "link": word })
        };
        let back = cut + length;
        let lines = [
            office(),
            vec![information(10, 40, 900, "5551234"), delivered(10, 40, 900, "5551234"), established(12, 40, 900, "5551234")],
            vec![link(cut, "down"), link(back, "up")],
            vec![event(back + 5, 10, 40, json!({ "CallID": 900, "OnHold": 0 })), cleared(back + 10, 40, 900, 0)],
        ].concat();
        for to in ["ctips", "event-feed"] {
            let told = told("ccas", to, &lines);
            prop_assert_eq!(told.len(), if length < 30 { 1 } else { 2 }, "{:?}", told);
            for call in told.values() {
                prop_assert_eq!((call.starts, call.ends), (1, 1), "{:?}", call);
            }
        }
    }
}
