//! What is many is told in portions, as queues have room, and in order: the ends that a lost link brings, and snapshots with
//! events between their items.

use std::collections::{HashMap, HashSet};

use cti_bridge::{
    sim::messages::{agent, agent_device, all, call, login, outside, short},
    time::Time,
};
use serde_json::{Value, json};

use crate::support::virtual_bridge::{Told, VirtualBridge};

/// How many messages may wait for a session.
const QUEUE: usize = 100;
const CALLS: i64 = 1000;

/// What each session heard since the last time, in order.
fn heard(bridge: &mut VirtualBridge) -> HashMap<String, Vec<Value>> {
    let mut heard: HashMap<String, Vec<Value>> = HashMap::new();
    for told in bridge.told() {
        match told {
            Told::Session { name, message } => {
                heard.entry(name).or_default().push(serde_json::from_str(&message).unwrap());
            }
            Told::Over { name } => panic!("{name} was lost"),
            Told::Platform { .. } => {}
        }
    }
    heard
}

/// Everything that a session heard after what it has heard so far, while it reads whatever waits.
fn rest(bridge: &mut VirtualBridge, names: &[&str], so_far: &mut HashMap<String, Vec<Value>>) {
    while names.iter().map(|name| bridge.read(name)).sum::<usize>() > 0 {
        for (name, more) in heard(bridge) {
            so_far.entry(name).or_default().extend(more);
        }
    }
}

/// A feed, with applications of both kinds in front of it: these sessions, and a wall that hears everything.
fn office(desks: &[&str]) -> VirtualBridge {
    let mut bridge = VirtualBridge::new(&["event-feed"], &["event-feed", "ctips"]);
    bridge.connect(0);
    for name in desks {
        bridge.open(0, name);
    }
    bridge.open(1, "wall");
    bridge.ask("wall", &json!({ "message": "subscribe-events",
        "subscribe": [["ecc", "call-activity", ["*"]], ["ecc", "agent-activity", ["*"]], ["ecc", "agent-login-logout", ["*"]]] }));
    bridge
}

fn talking(bridge: &mut VirtualBridge) {
    for id in 1001..1011 {
        bridge.say(0, &login(id, 0).to_string());
    }
    for number in 1..=CALLS {
        let queued = json!({ "queued-group-internal-id": 9, "queued-group-type": 4 });
        bridge.say(0, &call("queued", number, 4, queued).to_string());
    }
    for number in CALLS - 9..=CALLS {
        let parties = all(&[agent_device("joining-device", 1001 + number % 10), outside("calling-device")]);
        bridge.say(0, &call("established", number, 4, parties).to_string());
    }
}

/// The calls that an event of a desk, or a message to a wall, names as over.
fn number_of(event: &Value) -> Option<i64> {
    event.get("CallId").or(event.get("call-id")).and_then(Value::as_i64).filter(|number| *number > 0)
}

#[test]
fn a_lost_link_ends_thousands_of_calls_as_queues_have_room_and_each_once_and_last() {
    let mut bridge = office(&["desk"]);
    talking(&mut bridge);
    bridge.told();
    bridge.narrow(QUEUE);
    bridge.lose(0);
    bridge.pass_until(Time(60_000));
    let mut all_heard = heard(&mut bridge);
    let first = all_heard["desk"].len();
    assert!((QUEUE / 2..=QUEUE).contains(&first), "{first} events");
    assert_eq!(short(&all_heard["desk"][0]), "LinkStatus Down");
    // One that reads alone does not get far ahead of the other.
    while bridge.read("desk") > 0 {
        for (name, more) in heard(&mut bridge) {
            all_heard.entry(name).or_default().extend(more);
        }
    }
    assert!(all_heard["desk"].len() < 4 * QUEUE, "{} events", all_heard["desk"].len());
    rest(&mut bridge, &["wall", "desk"], &mut all_heard);
    let desk: Vec<String> = all_heard["desk"].iter().map(short).collect();
    let mut over = HashSet::new();
    for event in &all_heard["desk"] {
        if let Some(number) = number_of(event) {
            assert!(!over.contains(&number), "after the end: {}", short(event));
            if event["EventType"] == "CallCompleted" {
                over.insert(number);
            }
        }
    }
    assert_eq!(over.len() as i64, CALLS);
    let count = |word: &str| desk.iter().filter(|event| event.starts_with(word)).count() as i64;
    assert_eq!((count("CallEnd "), count("CallCompleted "), count("LinkStatus ")), (CALLS, CALLS, 1));
    assert_eq!(count("AgentLoginStateChange "), 10, "who is logged off");
    let cleared = all_heard["wall"].iter().filter(|message| message["message"] == "call-cleared").count() as i64;
    assert_eq!(cleared, CALLS);
}

#[test]
fn what_a_platform_that_is_back_says_of_a_call_comes_after_the_end_that_waited() {
    let mut bridge = office(&["desk"]);
    talking(&mut bridge);
    bridge.told();
    bridge.narrow(QUEUE);
    bridge.lose(0);
    bridge.pass_until(Time(60_000));
    bridge.connect(0);
    // Nobody has read a word, and yet events go on: after the ends of what they name.
    bridge.say(0, &call("held", CALLS, 90, agent_device("device", 1001 + CALLS % 10)).to_string());
    let mut all_heard = heard(&mut bridge);
    let told: Vec<String> = all_heard["desk"].iter().map(short).collect();
    let place =
        |wanted: &str| told.iter().position(|event| event == wanted).unwrap_or_else(|| panic!("{wanted}: {told:?}"));
    let end = place(&format!("CallCompleted {CALLS}"));
    assert!(place("LinkStatus Up") < end && end < place("CallStarted 1900000001"), "{told:?}");
    rest(&mut bridge, &["wall", "desk"], &mut all_heard);
    let told: Vec<String> = all_heard["desk"].iter().map(short).collect();
    let ends = |number: i64| told.iter().filter(|event| **event == format!("CallEnd {number}")).count();
    assert!((1..=CALLS).all(|number| ends(number) == 1));
    assert!(!told.contains(&"CallEnd 1900000001".to_owned()), "it goes on");
}

#[test]
fn nobody_waits_for_a_session_that_takes_nothing() {
    let mut bridge = office(&["desk"]);
    talking(&mut bridge);
    bridge.told();
    bridge.lose(0);
    bridge.is_stuck("wall");
    bridge.pass_until(Time(60_000));
    let heard = heard(&mut bridge);
    let ends = heard["desk"].iter().filter(|event| event["EventType"] == "CallEnd").count() as i64;
    assert_eq!(ends, CALLS);
}

#[test]
fn a_snapshot_is_told_between_events_and_says_what_is_so_by_then() {
    const AGENTS: i64 = 500;
    let mut bridge = office(&["desk", "other"]);
    for id in 1001..1001 + AGENTS {
        bridge.say(0, &login(id, 0).to_string());
        bridge.say(0, &agent("agent-idle", id, 0, json!({})).to_string());
    }
    bridge.told();
    bridge.narrow(QUEUE);
    bridge.ask("desk", &json!({ "Snapshot": { "EntityType": { "CTIEntityType": ["AgentInfo"] }, "RequestId": 7 } }));
    let mut all_heard = heard(&mut bridge);
    assert_eq!(all_heard["desk"].len(), QUEUE / 2 + 1);
    assert_eq!(all_heard.len(), 1, "the asker's alone");
    let (free, gone) = (1001 + AGENTS - 2, 1001 + AGENTS - 1);
    bridge.say(0, &agent("agent-release", free, 9, json!({})).to_string());
    bridge.say(0, &agent("agent-logout", gone, 9, json!({})).to_string());
    for (name, more) in heard(&mut bridge) {
        all_heard.entry(name).or_default().extend(more);
    }
    rest(&mut bridge, &["wall", "desk", "other"], &mut all_heard);
    let is_item = |event: &&Value| event["EventType"] == "SnapShotUpdate";
    let items: Vec<&Value> = all_heard["desk"].iter().filter(is_item).collect();
    assert_eq!(items.len() as i64, AGENTS - 1, "who has logged off is not shown any more");
    let complete = |event: &&&Value| event["SnapShotTypeComplete"] == true;
    assert_eq!(items.iter().filter(complete).count(), 1);
    assert!(complete(&items.last().unwrap()), "{}", items.last().unwrap());
    assert!(items.iter().all(|event| event["RequestId"] == 7));
    // What was told in between is what the item says.
    let events = all_heard["desk"].iter().filter(|event| !is_item(event)).map(short).collect::<Vec<_>>();
    assert!(events.contains(&format!("AgentStateChange a{free} NotReady")), "{events:?}");
    let item = items.iter().find(|item| item.to_string().contains(&format!(":{free},"))).unwrap();
    assert!(item.to_string().contains("NotReady"), "{item}");
    assert_eq!(all_heard["other"].iter().filter(is_item).count(), 0);
}
