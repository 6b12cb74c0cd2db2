//! Stories that stay the same when something about them varies that means nothing, and one that doesn't.

use cti_bridge::sim::messages;
use serde_json::Value;

use crate::support::{difference::difference, story, translate};

fn text(told: &[Value]) -> String {
    told.iter().map(|message| format!("{message}\n")).collect()
}

/// An IVR is a device of type 24 or 6, or a number outside; and some platforms say once more that it has left.
#[test]
fn an_ivr_that_a_call_was_diverted_from_is_nobody_whatever_its_type() {
    let (pair, flow) = ("event-feed-to-ctips", "call-diverted-from-an-ivr");
    let lines = story::lines(pair, flow);
    let expected: Vec<String> = story::told(pair, flow).iter().map(messages::short).collect();
    let leaves = lines.iter().position(|line| line["device-out"] == "ivr1").expect("the IVR leaves");
    for kind in [24, 6, 5] {
        for is_repeated in [true, false] {
            let mut lines = lines.clone();
            if !is_repeated {
                lines.remove(leaves);
            }
            for line in &mut lines {
                let types = line.as_object_mut().unwrap().iter_mut().filter(|(key, _)| key.ends_with("-type"));
                types.filter(|(_, value)| **value == 24).for_each(|(_, value)| *value = kind.into());
            }
            let shown: Vec<String> = translate("event-feed", "ctips", &lines).iter().map(messages::short).collect();
            let after = |shown: &[String]| {
                let answered = shown.iter().position(|event| event == "CallEstablished 900 a1001").unwrap();
                shown[answered..].to_vec()
            };
            assert_eq!(after(&shown), after(&expected), "type {kind}, told again: {is_repeated}");
        }
    }
}

#[test]
fn a_guid_is_the_same_again_for_the_same_platform_call_and_day() {
    let (pair, flow) = ("ccas-to-event-feed", "service-call");
    let lines = story::lines(pair, flow);
    let told = translate("ccas", "event-feed", &lines);
    let difference = difference(&text(&story::told(pair, flow)), &text(&told));
    assert!(difference.is_empty(), "\n{difference}");
    let guid = |told: &[Value]| told.iter().find(|message| message["message"] == "queued").unwrap()["guid"].clone();
    let mut tomorrow = lines;
    for line in tomorrow.iter_mut().filter(|line| line["at"].is_string()) {
        line["at"] = line["at"].as_str().unwrap().replace("11-20", "11-21").into();
    }
    assert_ne!(guid(&told), guid(&translate("ccas", "event-feed", &tomorrow)));
}
