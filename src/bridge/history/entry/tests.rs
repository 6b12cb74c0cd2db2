use super::*;
use crate::{
    bridge::history::Tape,
    model::{ChangeKind, OrderKind, RouteChange},
};

fn words(entry: &Entry) -> Vec<u8> {
    let tape = Tape::new(0, true);
    tape.set_now(entry.at);
    entry.write(&tape);
    tape.since(0).remove(0).bytes
}

#[test]
fn an_entry_is_read_as_it_was_written() {
    let whats = [
        What::MessageIn(None),
        What::MessageIn(Some(Meaning::Change(ChangeKind::Queued))),
        What::RuleFired(Meaning::Change(ChangeKind::Connected)),
        What::Ignored,
        What::WithoutEffect(Meaning::Change(ChangeKind::Held), Effect::Late),
        What::Changed(TransitionKind::CallStarted.into(), false),
        What::Changed(TransitionKind::CallEnded.into(), true),
        What::Untold(TransitionKind::CallEnded, None),
        What::Untold(TransitionKind::CallEnded, Some(Unheard::Replied)),
        What::Untold(TransitionKind::CallEnded, Some(Unheard::OtherMedium)),
        What::MessageOut,
        What::Taken(RequestKind::Hold),
        What::RuleFired(Meaning::Request(RequestKind::Hold)),
        What::RuleFired(Meaning::Route(RouteChange::Accepted)),
        What::Changed(Occasion::Order(OrderKind::Hold), false),
        What::CommandOut,
        What::ReplyIn,
    ];
    for what in whats {
        for owner in [Owner::Platform(3), Owner::Application(0)] {
            let least = Entry { at: Time(1 << 40), ..Entry::new(owner, what) };
            let whole = Entry {
                message: Some(Kind(7)),
                rule: Some(1000),
                other: 2,
                session: Some(u32::MAX),
                sessions: 12,
                request: Some(-1),
                call: Name::Int(i64::MIN),
                second: Name::Text("é"),
                agent: Name::Int(0),
                platform_call: Name::Text("00030000-03e8-5d4e-a1f7-001049240000"),
                platform_agent: Name::Text("12345678"),
                guid: Name::Text("x"),
                values: Some("{\"a\":1}"),
                ..least
            };
            let [second, platform_call, platform_agent, guid] = [2, 3, 4, 5].map(Name::Int);
            let numbers = Entry { second, platform_call, platform_agent, guid, values: None, ..whole };
            assert_eq!(words(&numbers).len(), 8 * (HEAD + 3 + NAMES));
            for entry in [least, numbers, whole] {
                let mut bytes = words(&entry);
                let length = bytes.len();
                bytes.push(1);
                assert_eq!(Entry::read(&bytes, &mut Shared::default()), Some((entry, length)));
                for cut in 0..length - 8 {
                    // Whatever is missing, nothing panics.
                    let _ = Entry::read(&bytes[..cut], &mut Shared::default());
                }
            }
        }
    }
}

#[test]
fn an_id_is_the_same_as_number_and_as_text() {
    assert_eq!(Name::of(Value::Text("900")), Name::Int(900));
    assert_eq!(Name::of(Value::Text("0")), Name::Int(0));
    for text in ["0900", "+900", "9 0", "99999999999999999999999", "-1"] {
        assert_eq!(Name::of(Value::Text(text)), Name::Text(text));
    }
    assert_eq!(Name::of(Value::Text("")), Name::None);
    let long = "é".repeat(LONGEST_NAME);
    assert!(matches!(Name::of(Value::Text(&long)), Name::Text(kept) if kept.len() == LONGEST_NAME));
}
