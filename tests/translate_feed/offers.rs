//! Calls that are offered to an agent, who is to make them: callbacks and campaigns.

use serde_json::Value;

use crate::{all_of, find, group, is_one_call, played, profile, stories};

#[test]
fn a_callback_is_one_call_by_both_its_names() {
    for (ty, code) in stories::CALLBACKS {
        let told = played(&stories::callback(ty, code));
        let delivered = find(&told, "delivered");
        assert_eq!((profile(delivered, 2), profile(delivered, 1)), (Some("5551234"), Some("800")));
        assert_eq!((profile(delivered, 101), group(delivered)), (Some("gold"), (4, 9)));
        is_one_call(&told);
    }
}

#[test]
fn a_refused_callback_is_over_and_nobody_abandoned_it() {
    let told = played(&stories::refused_callback());
    assert_eq!(find(&told, "agent-release")["release-code"], 5);
}

#[test]
fn a_callback_that_nobody_answers_is_reinserted_by_the_agent_and_comes_again() {
    for (cause, reinserted, over) in stories::FAILURES {
        let told = played(&stories::failed_callback(cause, reinserted, over));
        let again = find(&told, "agent-reinsert");
        assert_eq!((group(again), profile(again, 2)), ((4, 9), Some("5551234")), "{cause}");
        assert_eq!((profile(again, 7), profile(again, 8)), (Some("2026-11-20"), Some("10:01:04")), "{cause}");
        // The next attempt is another call.
        let ids: Vec<&Value> = all_of(&told, "call-cleared").map(|cleared| &cleared["call-id"]).collect();
        assert_eq!(ids, [17, 1_900_000_001]);
    }
}

#[test]
fn a_campaign_call_has_the_customer_before_and_after_it_is_dialled() {
    let told = played(&stories::campaign());
    for name in ["delivered", "initiated", "established", "call-cleared"] {
        let message = find(&told, name);
        for (id, text) in [(2, Some("5551234")), (1, Some("5551234")), (6, Some("Bob")), (48, None), (101, Some("12"))]
        {
            assert_eq!(profile(message, id), text, "profile {id} of {name}");
        }
    }
    is_one_call(&told);
}

#[test]
fn a_campaign_call_may_be_refused_or_not_reach_the_customer() {
    played(&stories::refused_campaign());
    played(&stories::busy_campaign());
}
