//! Sessions of other media than voice, which are calls to the feed: e-mails, short messages, chats, open media.

use serde_json::json;

use crate::{find, group, is_one_call, played, profile, stories, stories::Medium};

#[test]
fn a_session_is_a_call_with_the_media_and_call_type_of_its_medium() {
    for medium in &stories::MEDIA {
        let told = played(&stories::handled(medium));
        let established = find(&told, "established");
        assert_eq!(established["call-id"], 1_900_000_001, "a number of the bridge's own");
        assert_eq!((profile(established, 2), profile(established, 7)), (None, None), "{}", medium.name);
        is_one_call(&told);
    }
}

#[test]
fn a_forwarded_session_waits_at_the_group() {
    for medium in &stories::MEDIA {
        let told = played(&stories::forwarded(medium));
        let diverted = find(&told, "diverted");
        assert_eq!((&diverted["divert-to-device-id"], &diverted["divert-to-device-type"]), (&json!(0), &json!(0)));
        let queued = find(&told, "queued");
        assert_eq!((group(queued), profile(queued, 8)), ((4, 12), Some("10:01:01")), "{}", medium.name);
        is_one_call(&told);
    }
}

#[test]
fn a_redirected_session_alerts_at_the_agent_and_may_be_rejected() {
    let each = |story: fn(&Medium) -> stories::Story| {
        for medium in &stories::MEDIA {
            is_one_call(&played(&story(medium)));
        }
    };
    each(stories::redirected);
    each(stories::redirected_in_vain);
}
