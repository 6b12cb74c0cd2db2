use super::*;
use crate::{
    bridge::history::{Name, What},
    message::Kind,
    model::ChangeKind,
};

const QUEUED: Meaning = Meaning::Change(ChangeKind::Queued);
const OWNER: Owner = Owner::Platform(0);

fn message(call: i64) -> Entry<'static> {
    Entry { message: Some(Kind(1)), call: Name::Int(call), ..Entry::new(OWNER, What::MessageIn(None)) }
}

fn calls(tape: &Tape, from: u64) -> Vec<i64> {
    let parts = tape.since(from);
    let entries = parts.iter().flat_map(Part::entries);
    entries.filter_map(|(_, entry)| if let Name::Int(call) = entry.call { Some(call) } else { None }).collect()
}

#[test]
fn the_oldest_goes_first_and_the_bound_holds() {
    let tape = Tape::new(3 * BYTES, false);
    assert_eq!((tape.fill(), tape.start(), tape.end()), ((0, 3 * BYTES), 0, 0));
    assert!(tape.since(0).is_empty());
    let mut last = 0;
    while tape.start() == 0 {
        last += 1;
        tape.set_now(Time(last as u64));
        tape.add(&message(last).draft());
        assert_eq!(calls(&tape, 0).last(), Some(&last));
        if last % 97 == 0 {
            let place = tape.end();
            assert!(calls(&tape, place).is_empty());
            last += 1;
            tape.add(&message(last).draft());
            assert_eq!(calls(&tape, place), [last]);
        }
    }
    let left = calls(&tape, 0);
    assert!(left[0] > 1 && left.len() > 2 * PIECE / 8, "{} are left", left.len());
    assert!(left.windows(2).all(|pair| pair[1] == pair[0] + 1));
    assert_eq!(tape.fill(), (3 * BYTES, 3 * BYTES));
}

#[test]
fn the_first_rule_of_a_message_needs_no_entry_of_its_own() {
    let tape = Tape::new(BYTES, false);
    let fired = |rule| {
        if !tape.rule_fired(OWNER, rule, QUEUED) {
            let entry = Entry::new(OWNER, What::RuleFired(QUEUED));
            tape.add(&Entry { rule: Some(rule), call: Name::Int(9), ..entry }.draft());
        }
    };
    tape.add(&message(1).draft());
    fired(4);
    fired(5);
    let of_application = Entry::new(Owner::Application(0), What::MessageIn(None));
    tape.add(&Entry { call: Name::Int(2), ..of_application }.draft());
    fired(6);
    let parts = tape.since(0);
    let found: Vec<_> = parts.iter().flat_map(Part::entries).map(|(_, entry)| (entry.what, entry.rule)).collect();
    let queued = QUEUED;
    assert_eq!(
        found,
        [
            (What::MessageIn(Some(queued)), Some(4)),
            (What::RuleFired(queued), Some(5)),
            (What::MessageIn(None), None),
            (What::RuleFired(queued), Some(6)),
        ]
    );
}

#[test]
fn what_is_too_long_is_cut_and_fits_a_piece() {
    let tape = Tape::new(BYTES, true);
    let long = "é".repeat(BYTES);
    let names = Name::of_text(&long);
    let entry = Entry { call: names, agent: names, second: names, values: Some(&long), ..message(0) };
    for _ in 0..9 {
        tape.add(&entry.draft());
    }
    let parts = tape.since(0);
    let (_, last) = parts.iter().flat_map(Part::entries).last().unwrap();
    assert!(last.values.is_some_and(|values| values.len() > BYTES / 2 && long.starts_with(values)));
    assert_eq!(last.call, names);
}

#[test]
fn whoever_has_read_a_memory_goes_on_in_the_one_that_takes_its_place() {
    let tape = Tape::new(3 * BYTES, false);
    tape.add(&message(1).draft());
    let seen = tape.end();
    let next = Tape::after(&tape);
    assert!(calls(&next, 0).is_empty() && next.end() > seen);
    next.add(&message(2).draft());
    assert_eq!(calls(&next, seen), [2]);
    assert_eq!(next.fill().1, tape.fill().1);
}
