//! Two calls that become one, and calls that are handed on.

use serde_json::json;

use crate::{find, group, played, profile, stories, swapped};

#[test]
fn whoever_transferred_works_after_the_call_that_was_handed_on() {
    for story in [stories::transfer(), swapped(stories::transfer(), 9)] {
        let told = played(&story);
        let transferred = find(&told, "transferred");
        let guids = ["guid", "secondary-guid", "resultant-guid"].map(|key| transferred[key].as_str().unwrap());
        assert!(guids[0] != guids[1] && guids[1] != guids[2] && guids[0] != guids[2]);
        let pbx = ["pbx-call-id", "secondary-pbx-call-id", "resultant-pbx-call-id"].map(|key| &transferred[key]);
        assert_eq!(pbx, [&json!(900), &json!(901), &json!(902)]);
        still_the_customers(&told);
    }
}

#[test]
fn a_conference_is_told_once_whichever_agent_hears_of_it_first() {
    for story in [stories::conference(), swapped(stories::conference(), 9)] {
        let told = played(&story);
        let conferenced = find(&told, "conferenced");
        assert_eq!((&conferenced["guid"], &conferenced["secondary-guid"]), {
            let guid = |name: &str| &find(&told, name)["guid"];
            (guid("queued"), guid("initiated"))
        });
        still_the_customers(&told);
    }
}

/// The call that the two became has the customer's number and data, and since when the customer waited.
fn still_the_customers(told: &[serde_json::Value]) {
    let last = told.iter().rev().find(|message| message["message"] == "call-cleared").unwrap();
    assert_eq!(last["call-id"], 902);
    for (id, text) in [(2, "5551234"), (1, "800"), (7, "2026-11-20"), (8, "10:00:30"), (101, "gold"), (102, "4711")] {
        assert_eq!(profile(last, id), Some(text), "profile {id}");
    }
    assert_eq!(group(last), (4, 9));
}

#[test]
fn a_blind_transfer_is_a_diverted_call() {
    let told = played(&stories::blind_transfer());
    let diverted = find(&told, "diverted");
    assert_eq!((&diverted["divert-to-group-id"], &diverted["divert-to-group-type"]), (&json!(0), &json!(0)));
}
