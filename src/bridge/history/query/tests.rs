//! The entries that belong to a story.

use super::*;
use crate::model::{Occasion, OrderKind, RequestKind, TransitionKind};

const APPLICATION: Owner = Owner::Application(2);
const NORTH: Owner = Owner::Platform(0);
const SOUTH: Owner = Owner::Platform(1);

fn entry(owner: Owner, what: What, call: Name<'static>) -> Entry<'static> {
    Entry { call, ..Entry::new(owner, what) }
}

fn asked(entry: Entry<'static>, request: i64) -> Entry<'static> {
    Entry { session: Some(1), request: Some(request), ..entry }
}

/// An entry of a platform that a request of the application caused.
fn caused(entry: Entry<'static>, request: i64) -> Entry<'static> {
    Entry { other: 2, ..asked(entry, request) }
}

fn call(id: &str) -> Query {
    Query { call: Some(id.into()), ..Query::default() }
}

/// The places of the entries that belong to a story.
fn found(watch: &mut Watch, entries: &[Entry]) -> Vec<usize> {
    let all = || entries.iter().zip(1u64..).map(|(entry, place)| (place, *entry));
    watch.find_in_all(all).into_iter().map(|(place, _)| place as usize - 1).collect()
}

#[test]
fn all_that_a_request_causes_belongs_to_its_call_and_a_number_may_be_given_again() {
    let changed = |call| entry(NORTH, What::Changed(Occasion::Transition(TransitionKind::CallOriginated), false), call);
    let entries = [
        // A consultation about call 900: the platform calls it 901.
        asked(entry(APPLICATION, What::MessageIn(None), Name::Int(900)), 7),
        asked(entry(APPLICATION, What::Taken(RequestKind::MakeCall), Name::Int(900)), 7),
        caused(entry(NORTH, What::Changed(Occasion::Order(OrderKind::MakeCall), false), Name::None), 7),
        caused(entry(NORTH, What::CommandOut, Name::None), 7),
        caused(entry(NORTH, What::ReplyIn, Name::None), 7),
        caused(changed(Name::Int(901)), 7),
        entry(NORTH, What::MessageIn(None), Name::Int(901)),
        // The same number, of another request.
        asked(entry(APPLICATION, What::MessageIn(None), Name::Int(500)), 7),
        caused(changed(Name::Int(501)), 7),
        // No number at all.
        asked(entry(APPLICATION, What::MessageIn(None), Name::Int(900)), 0),
        asked(entry(APPLICATION, What::MessageIn(None), Name::Int(500)), 0),
    ];
    for id in ["900", "901"] {
        let mut watch = Watch::new(call(id), None);
        assert_eq!(found(&mut watch, &entries), [0, 1, 2, 3, 4, 5, 6, 9], "{id}");
    }
    assert_eq!(found(&mut Watch::new(call("501"), None), &entries), [7, 8, 10]);
}

#[test]
fn a_request_whose_beginning_is_gone_joins_no_later_one_with_its_number() {
    let changed = |call| entry(NORTH, What::Changed(Occasion::Transition(TransitionKind::CallOriginated), false), call);
    let entries = [
        caused(changed(Name::Int(501)), 7),
        asked(entry(APPLICATION, What::MessageIn(None), Name::Int(900)), 7),
        caused(changed(Name::Int(901)), 7),
    ];
    assert_eq!(found(&mut Watch::new(call("900"), None), &entries), [1, 2]);
}

#[test]
fn an_id_is_one_platforms_if_that_is_wanted() {
    let told = |platform: usize, id: i64| Entry {
        other: platform,
        platform_call: Name::Int(900),
        ..entry(APPLICATION, What::MessageOut, Name::Int(id))
    };
    let entries = [
        entry(NORTH, What::MessageIn(None), Name::Int(900)),
        told(0, 900),
        entry(SOUTH, What::MessageIn(None), Name::Int(900)),
        told(1, 1_900_000_001),
        Entry {
            guid: Name::Text("00030000-0384-5d4e-a1f7-001049240001"),
            ..entry(SOUTH, What::Changed(Occasion::Transition(TransitionKind::CallStarted), false), Name::Int(900))
        },
    ];
    let story = |platforms, id: &str| found(&mut Watch::new(call(id), platforms), &entries);
    assert_eq!(story(None, "900"), [0, 1, 2, 3, 4]);
    assert_eq!(story(Some(vec![NORTH]), "900"), [0, 1]);
    assert_eq!(story(Some(vec![SOUTH]), "900"), [2, 3, 4]);
    assert_eq!(story(Some(vec![SOUTH]), "00030000-0384-5d4e-a1f7-001049240001"), [2, 3, 4]);
    assert_eq!(story(Some(vec![NORTH]), "1900000001"), [0; 0], "that is the application's");
}
