//! Local clocks: whatever a platform's zone is, and whenever its clock is set, its calls are told at the moments when
//! they happened, and the local times that the bridge writes are local.

use cti_bridge::time::{Time, Zone, parse_utc, write_civil};
use jiff::tz::TimeZone;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{
    run, story, translator,
    virtual_bridge::{Told, VirtualBridge},
};

const FEED: &str = "event-feed-to-ctips";
const DAY: &str = "daylight-saving-none";
const CALL: &str = "whole-call";

fn lines(flow: &str) -> Vec<Value> {
    story::lines(FEED, flow)
}

/// The complete output, in Berlin's zone unless a message tells another.
fn told(from: &str, to: &str, input: &[Value]) -> Vec<Value> {
    let mut translator = translator(from, to);
    translator.set_zone(Zone::new(TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()));
    run(&mut translator, input)
}

/// A time, this many minutes later.
fn shifted(text: &str, minutes: i64) -> String {
    write_civil(parse_utc(text).unwrap().saturating_add_signed(minutes * 60_000))
}

fn minutes_between(earlier: &Value, later: &Value) -> i64 {
    let [earlier, later] = [earlier, later].map(|value| parse_utc(value.as_str().unwrap()).unwrap() as i64);
    (later - earlier) / 60_000
}

/// The lines of a feed whose clock is set forward by this many minutes before one of them.
fn set_clock(lines: &[Value], place: usize, minutes: i64) -> Vec<Value> {
    let mut lines = lines.to_vec();
    for line in lines.iter_mut().skip(place) {
        if let Some(text) = line["timestamp"].as_str() {
            line["timestamp"] = shifted(text, minutes).into();
        }
    }
    lines
}

/// Adds statistics, which tell only local time, after every event.
fn with_statistics(lines: &[Value]) -> Vec<Value> {
    let after = |line: &Value| {
        let statistics = json!({
            "version": 1, "timestamp": line["timestamp"], "message": "group-stats", "group-id": 30, "queued-calls": 1,
        });
        [line.clone(), statistics]
    };
    lines.iter().flat_map(after).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn setting_the_clock_moves_nothing(place in 0..30usize, quarters in -56..56i64, whole in any::<bool>()) {
        let day = lines(if whole { CALL } else { DAY });
        prop_assert_eq!(told("event-feed", "ctips", &set_clock(&day, place, quarters * 15)), told("event-feed", "ctips", &day));
    }

    #[test]
    fn nor_where_only_some_messages_tell_utc(place in 1..60usize, hours in -12..=1i64) {
        let day = with_statistics(&lines(DAY));
        prop_assert_eq!(told("event-feed", "ctips", &set_clock(&day, place, hours * 60)), told("event-feed", "ctips", &day));
    }
}

#[test]
fn local_time_is_the_source_s_and_utc_is_utc() {
    // The day's clock is an hour ahead of UTC, and is set back after the first call.
    let day = lines("daylight-saving");
    // Two feeds in front of an application for one feed.
    let mut bridge = VirtualBridge::new(&["event-feed", "event-feed"], &["event-feed"]);
    let start = parse_utc("2026-10-25 00:00:00").unwrap();
    bridge.set_epoch(start);
    bridge.connect(0);
    bridge.connect(1);
    bridge.open(0, "desk");
    bridge.ask("desk", &json!({ "message": "subscribe-events", "subscribe": [["ecc", "call-activity", ["*"]]] }));
    for line in &day {
        let now = parse_utc(line["gmt"].as_str().unwrap()).unwrap() - start;
        bridge.pass_until(Time(now));
        bridge.say(1, &line.to_string());
    }
    let told = bridge.told().into_iter().filter_map(|told| match told {
        Told::Session { message, .. } => serde_json::from_str::<Value>(&message).ok(),
        Told::Over { .. } | Told::Platform { .. } => None,
    });
    let told: Vec<Value> = told.collect();
    let of = |message: &str, ahead: i64| {
        let same =
            |line: &&Value| line["message"] == message && minutes_between(&line["gmt"], &line["timestamp"]) == ahead;
        told.iter().filter(same).count()
    };
    assert_eq!((of("queued", 120), of("queued", 60)), (1, 1), "{told:#?}");
    assert_eq!((of("established", 120), of("established", 60)), (1, 1));
    // The second feed's messages pass whole: their times are the feed's own.
    for line in told.iter().filter(|line| line["message"] == "queued") {
        let same = |sent: &&Value| sent["message"] == "queued" && sent["gmt"] == line["gmt"];
        let sent = day.iter().find(same).unwrap();
        assert_eq!(
            (&line["timestamp"], &line["call-table"][0]["dnis"]),
            (&sent["timestamp"], &sent["call-table"][0]["dnis"])
        );
    }
}

/// The start of queueing in profiles 7 and 8 of a message.
fn waits_since(line: &Value) -> String {
    let profile = line["call-table"][0]["call-profile"].as_array().unwrap();
    let value = |id: i64| profile.iter().find(|entry| entry["id"] == id).map(|entry| entry["value"].as_str().unwrap());
    format!("{} {}", value(7).unwrap(), value(8).unwrap())
}

#[test]
fn without_a_zone_of_its_own_a_platform_is_in_the_machine_s() {
    let at = |at: &str, mut line: Value| {
        line["at"] = at.into();
        line
    };
    let input = [
        at("2026-10-25T00:50:00Z", json!({ "type": 33, "RecID": 9, "ServiceGroupPurpose": 0, "Name": "Sales" })),
        at(
            "2026-10-25T00:50:00Z",
            json!({ "type": 1, "Name": "Ann", "DN": "4040", "RecID": 40, "LogonID": "140", "VoiceReady": 1, "ServiceGroupList": "9" }),
        ),
        at("2026-10-25T00:50:01Z", json!({ "type": 35 })),
        at(
            "2026-10-25T00:59:59Z",
            json!({ "type": 24, "RecID": 40, "CallID": 900, "ServiceGroupID": 9, "CallingPartyNumber": "5551234", "CalledNumber": "800", "TimeInQueue": 30 }),
        ),
        at("2026-10-25T01:00:00Z", json!({ "type": 8, "RecID": 40, "CallID": 900, "OppositePartyNumber": "5551234" })),
    ];
    let told = told("ccas", "event-feed", &input);
    let one = |message: &str| told.iter().find(|line| line["message"] == message).unwrap();
    let shows = |message: &str| (one(message)["gmt"].clone(), one(message)["timestamp"].clone());
    assert_eq!(shows("queued"), (json!("2026-10-25 00:59:59"), json!("2026-10-25 02:59:59")));
    assert_eq!(waits_since(one("queued")), "2026-10-25 02:59:29");
    assert_eq!(shows("delivered"), (json!("2026-10-25 01:00:00"), json!("2026-10-25 02:00:00")));
}

/// Statistics are old if their state began before the last event about the agent, by the same clock.
#[test]
fn when_a_state_began_is_read_by_the_feed_s_own_clock() {
    let event = |message: &str, local: &str, utc: &str| {
        json!({
            "timestamp": local, "gmt": utc, "message": message, "agent-id": 1001, "agent-number": 4001, "agent-ext": 5001,
            "cause": 0, "groups": [{ "type": 4, "id": 30 }],
        })
    };
    let shows = |local: &str, since: &str| {
        json!({
            "timestamp": local, "message": "group-agent-stats", "group-id": 30,
            "agents": [{ "agent-id": 1001, "agent-ext": "5001", "agent-state": 7, "state-start-time": since }],
        })
    };
    let input = |since: &str| {
        [
            event("agent-login", "2026-07-01 03:00:00", "2026-07-01 10:00:00"),
            event("agent-idle", "2026-07-01 03:00:10", "2026-07-01 10:00:10"),
            shows("2026-07-01 03:00:12", since),
        ]
    };
    let states = |since: &str| {
        let told = told("event-feed", "ctips", &input(since));
        told.iter()
            .filter_map(|line| line["NewState"].as_str().or(line["AgentState"].as_str()).map(str::to_owned))
            .collect()
    };
    let old: Vec<String> = states("2026-07-01 03:00:05");
    assert_eq!(old.last().map(String::as_str), Some("Idle"), "{old:?}");
    let new: Vec<String> = states("2026-07-01 03:00:11");
    assert_eq!(new.last().map(String::as_str), Some("NotReady"), "{new:?}");
}

/// The zone is assumed until a message tells UTC. If the assumption was wrong, the correction lets no time pass.
#[test]
fn finding_out_the_zone_passes_no_time() {
    let call = lines(CALL);
    let (at, told_at_once) = (call[0]["timestamp"].clone(), told("event-feed", "ctips", &call));
    let statistics = json!({ "timestamp": at, "message": "group-stats", "group-id": 30 });
    for ahead in [-8, 0, 9] {
        let mut call = set_clock(&call, 0, ahead * 60);
        call.insert(0, set_clock(std::slice::from_ref(&statistics), 0, ahead * 60).remove(0));
        assert_eq!(told("event-feed", "ctips", &call), told_at_once, "{ahead} h");
    }
}
