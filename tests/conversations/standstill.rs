//! A platform of which nothing is read while sessions catch up: its time-outs stand still, and go on where they stopped.

use cti_bridge::{sim::ccas, time::Time};
use serde_json::{Value, json};

use crate::support::virtual_bridge::{Told, VirtualBridge};

/// An agent's call behind CCAS, and an application that has asked to hold it. CCAS has 10 s to answer the method.
fn asked() -> VirtualBridge {
    let mut bridge = VirtualBridge::new(&["ccas"], &["ctips"]);
    bridge.connect(0);
    bridge.open(0, "desk");
    for line in ccas::logons().into_iter().chain(ccas::answered(900)) {
        bridge.say(0, &line.to_string());
    }
    bridge.told();
    bridge.ask("desk", &json!({ "HoldCall": { "AgentIdx": 40, "CallId": 900, "RequestId": 7 } }));
    bridge
}

/// The events that the desk has heard since, by type and request.
fn heard(bridge: &mut VirtualBridge) -> Vec<String> {
    let event = |told| match told {
        Told::Session { message, .. } => {
            let event: Value = serde_json::from_str(&message).unwrap();
            (event["RequestId"] == 7).then(|| event["EventType"].as_str().unwrap_or_default().to_owned())
        }
        Told::Over { .. } | Told::Platform { .. } => None,
    };
    bridge.told().into_iter().filter_map(event).collect()
}

/// Lets so many seconds go by.
fn pass(bridge: &mut VirtualBridge, seconds: u64) {
    let until = Time(bridge.now.0 + seconds * 1000);
    bridge.pass_until(until);
}

#[test]
fn an_answer_that_waits_unread_is_not_late() {
    let mut bridge = asked();
    pass(&mut bridge, 8);
    bridge.hold_back(0, true);
    pass(&mut bridge, 30);
    assert_eq!(heard(&mut bridge), [""; 0]);
    bridge.hold_back(0, false);
    pass(&mut bridge, 1);
    assert_eq!(heard(&mut bridge), [""; 0], "it has 2 s left");
    pass(&mut bridge, 2);
    assert_eq!(heard(&mut bridge), ["CallRequestFailed"]);
}

#[test]
fn nor_is_an_event_that_shows_a_request_done() {
    let mut bridge = asked();
    bridge.say(0, &json!({ "id": 1, "hresult": 0, "out": {} }).to_string());
    bridge.say(0, &json!({ "id": 2, "hresult": 0, "out": {} }).to_string());
    bridge.say(0, &json!({ "id": 3, "hresult": 0, "out": {} }).to_string());
    pass(&mut bridge, 20);
    bridge.hold_back(0, true);
    pass(&mut bridge, 60);
    bridge.hold_back(0, false);
    pass(&mut bridge, 5);
    assert_eq!(heard(&mut bridge), [""; 0]);
    bridge.say(0, &ccas::hold(40, 900, 0).to_string());
    assert_eq!(heard(&mut bridge), ["CallHeld"]);
}

#[test]
fn it_is_said_how_long_a_platform_was_held_back() {
    let mut bridge = asked();
    bridge.notices();
    bridge.hold_back(0, true);
    bridge.hold_back(0, true);
    pass(&mut bridge, 3);
    bridge.hold_back(0, false);
    let said = bridge.notices().join("\n");
    assert!(said.contains("sessions have to catch up first") && said.contains("held_s=3"), "{said}");
    assert_eq!(said.matches("catch up").count(), 1, "{said}");
}
