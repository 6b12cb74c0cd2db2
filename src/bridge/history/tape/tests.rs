use super::*;
use crate::{
    bridge::history::{Name, What},
    message::Kind,
    model::{ChangeKind, TransitionKind},
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
        message(last).write(&tape);
        assert_eq!(calls(&tape, 0).last(), Some(&last));
        if last % 97 == 0 {
            let place = tape.mark();
            assert!(calls(&tape, place).is_empty());
            last += 1;
            message(last).write(&tape);
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
            Entry { rule: Some(rule), call: Name::Int(9), ..entry }.write(&tape);
        }
    };
    message(1).write(&tape);
    fired(4);
    fired(5);
    let of_application = Entry::new(Owner::Application(0), What::MessageIn(None));
    Entry { call: Name::Int(2), ..of_application }.write(&tape);
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
fn what_is_told_once_is_read_with_every_entry_from_a_mark_on() {
    let tape = Tape::new(0, false);
    let about = |call| About::of(OWNER, Some(CallIx::of(call)), None);
    let out = |call| Entry { platform_call: Name::Int(call), ..Entry::new(Owner::Application(0), What::MessageOut) };
    let tell = |call: i64| {
        tape.set_now(Time(call as u64));
        message(call).write(&tape);
        let mut changed = tape.draft(OWNER, What::Changed(TransitionKind::CallStarted.into(), false), 0);
        changed.name(entry::Part::Call, Name::Int(call));
        changed.share(about(call as u64), [call, NO_NUMBER]);
        changed.finish();
        let mut follows = tape.draft(Owner::Application(0), What::MessageOut, 0);
        assert!(!follows.is_about(about(0)));
        if follows.is_about(about(call as u64)) {
            follows.follow(entry::Part::PlatformCall, entry::Part::PlatformAgent);
        } else {
            // It is the first in its piece.
            follows.name(entry::Part::PlatformCall, Name::Int(call));
        }
        follows.finish();
        out(call).write(&tape);
    };
    // So many that several pieces are written anew.
    let mut marks = Vec::new();
    for call in 1..5000 {
        if call % 7 == 0 {
            marks.push((tape.mark(), call));
        }
        tell(call);
        let (mark, first) = *marks.last().unwrap_or(&(0, 1));
        let parts = tape.since(mark);
        let entries: Vec<Entry> = parts.iter().flat_map(Part::entries).map(|(_, entry)| entry).collect();
        let told: Vec<i64> = (first.max(call - 6)..=call).collect();
        assert_eq!(entries.len(), 4 * told.len());
        for (entries, call) in entries.chunks(4).zip(told) {
            let named = |name| name == Name::Int(call);
            assert!(entries.iter().all(|entry| entry.at == Time(call as u64)));
            assert!(entries[..2].iter().all(|entry| named(entry.call)));
            assert!(entries[2..].iter().all(|entry| named(entry.platform_call) && entry.platform_agent == Name::None));
        }
    }
    let size = tape.since(marks.last().unwrap().0).iter().map(|part| part.bytes.len()).sum::<usize>();
    assert!(tape.start() > 0 && size <= 7 * 8 * (4 + 2 + 2 + 2), "{size} bytes");
}

#[test]
fn what_is_too_long_is_cut_and_fits_a_piece() {
    let tape = Tape::new(BYTES, true);
    let long = "é".repeat(BYTES);
    let names = Name::of_text(&long);
    let entry = Entry { call: names, agent: names, second: names, values: Some(&long), ..message(0) };
    for _ in 0..9 {
        entry.write(&tape);
    }
    let parts = tape.since(0);
    let (_, last) = parts.iter().flat_map(Part::entries).last().unwrap();
    assert!(last.values.is_some_and(|values| values.len() > BYTES / 2 && long.starts_with(values)));
    assert_eq!(last.call, names);
}

#[test]
fn whoever_has_read_a_memory_goes_on_in_the_one_that_takes_its_place() {
    let tape = Tape::new(3 * BYTES, false);
    message(1).write(&tape);
    let seen = tape.mark();
    let next = Tape::after(&tape);
    assert!(calls(&next, 0).is_empty() && next.end() > seen);
    message(2).write(&next);
    assert_eq!(calls(&next, seen), [2]);
    assert_eq!(next.fill().1, tape.fill().1);
}
