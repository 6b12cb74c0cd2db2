//! Messages that are read in part mean the same as when they are read whole.

use crate::{diagnostic::Problems, mapping::Mappings, message::Message, shipped::Files, vocabulary::Keep};

fn kept(keep: &Keep) -> usize {
    match keep {
        Keep::Nothing => 0,
        Keep::Whole => 1,
        Keep::Members(members) => members.iter().map(kept).sum(),
    }
}

#[test]
fn what_no_rule_reads_is_passed_over_down_to_members_of_records() {
    let mappings = Mappings::load(&Files::built_in(), &mut Problems::default());
    let from = mappings.dialects["event-feed"].from.as_ref().unwrap();
    let fields = |label: &str| &from.wanted[from.vocabulary.find(label).unwrap().0 as usize];
    // Its name; sequence and time, for the conversation and the clock.
    assert_eq!(fields("group-stats").iter().map(kept).sum::<usize>(), 3);
    let established = from.vocabulary.find("established").unwrap();
    let slot = from.vocabulary.message(established).fields.slot("call-table").unwrap();
    let Keep::Members(members) = &fields("established")[slot] else { panic!("a call table is read in part") };
    let record = from.vocabulary.records.iter().find(|record| record.name == "call").unwrap();
    let member = |label: &str| &members[record.fields.slot(label).unwrap()];
    assert_eq!((kept(member("connections")), kept(member("dnis")), kept(member("call-profile"))), (0, 1, 2));
}

#[test]
fn a_field_that_is_wrong_twice_does_not_stand_for_another() {
    let mappings = Mappings::load(&Files::built_in(), &mut Problems::default());
    let from = mappings.dialects["event-feed"].from.as_ref().unwrap();
    let wrong = "\"call-table\":7,".repeat(20);
    let text = format!("{{\"message\":\"established\",{wrong}\"joining-device-id\":1001}}");
    let mut message = Message::default();
    from.vocabulary.read_json(&text, false, &from.wanted, &mut message).unwrap();
    let slot = from.vocabulary.message(message.kind().unwrap()).fields.slot("joining-device-id").unwrap();
    assert_eq!(message.get(slot).as_int(), Some(1001));
}

/// The plans find every field that they read, whether the message was read in part or whole.
#[test]
fn examples_mean_the_same_when_they_are_read_in_part() {
    let mappings = Mappings::load(&Files::built_in(), &mut Problems::default());
    for dialect in mappings.dialects.values() {
        let Some(from) = &dialect.from else { continue };
        for example in &from.examples {
            let text = example.text();
            let meaning = |wanted| {
                let mut message = Message::default();
                let read = from.vocabulary.read_json(&text, false, wanted, &mut message);
                let read = read.or_else(|_| from.vocabulary.read_json(&text, true, wanted, &mut message));
                read.unwrap();
                let mut changes = Vec::new();
                from.changes(&message, |rule, change| changes.push(format!("{rule} {change:?}")));
                changes
            };
            assert_eq!(meaning(&from.wanted), meaning(&Vec::new()), "{text}");
        }
    }
}
