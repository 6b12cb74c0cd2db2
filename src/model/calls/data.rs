//! A call's data: items with unique keys, in the order in which they were told. When data is told is not decided here.

use smallvec::SmallVec;
use smol_str::{SmolStr, format_smolstr};

use super::{MAX_DATA, facts::note_text};
use crate::message::Value;

/// Remembers items, and returns for how many there was no room. An item that is told again is the same item; two items
/// with one key in one message are two.
pub(super) fn note(known: &mut Vec<(SmolStr, SmolStr)>, told: &[(Value, Value)]) -> u64 {
    let mut cut = 0;
    // Nearly always, all of a call's data is in one message.
    known.reserve_exact(told.len().min(MAX_DATA).saturating_sub(known.len()));
    for (place, (key, value)) in told.iter().enumerate() {
        // Items beyond this number would be dropped in any case.
        let Some(rank) = rank(&told[..place.min(MAX_DATA)], *key, *value) else { continue };
        let (mut buffer, mut value_buffer) = (itoa::Buffer::new(), itoa::Buffer::new());
        let key = key.as_text(&mut buffer).unwrap_or_default();
        let value = value.as_text(&mut value_buffer).unwrap_or_default();
        let has_room = match rank {
            0 => item(known, key, value),
            rank => item(known, &format_smolstr!("{key} ({})", rank + 1), value),
        };
        cut += u64::from(!has_room);
    }
    cut
}

/// The number of different values that earlier items have under this key; none if one of them has the same value.
fn rank(earlier: &[(Value, Value)], key: Value, value: Value) -> Option<usize> {
    let mut others: SmallVec<[Value; 4]> = SmallVec::new();
    for (_, other) in earlier.iter().filter(|(other, _)| is_same(*other, key)) {
        if is_same(*other, value) {
            return None;
        }
        if !other.is_empty() && !others.iter().any(|known| is_same(*known, *other)) {
            others.push(*other);
        }
    }
    Some(if value.is_empty() { 0 } else { others.len() })
}

fn is_same(left: Value, right: Value) -> bool {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => left == right,
        (Value::Int(left), Value::Int(right)) => left == right,
        (left, right) => left.as_text(&mut itoa::Buffer::new()) == right.as_text(&mut itoa::Buffer::new()),
    }
}

/// Adds or replaces an item. Returns false if there was no room.
fn item(known: &mut Vec<(SmolStr, SmolStr)>, key: &str, value: &str) -> bool {
    match known.iter().position(|(other, _)| other == key) {
        Some(place) => note_text(&mut known[place].1, value),
        None if known.len() < MAX_DATA => known.push((key.into(), value.into())),
        None => return false,
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(told: &[&[(&str, &str)]]) -> (Vec<(SmolStr, SmolStr)>, u64) {
        let (mut known, mut cut) = (Vec::new(), 0);
        for message in told {
            let items: Vec<_> = message.iter().map(|(key, value)| (Value::Text(key), Value::Text(value))).collect();
            cut += note(&mut known, &items);
        }
        (known, cut)
    }

    #[test]
    fn no_item_of_a_message_takes_the_place_of_another() {
        let pairs = |list: &[(&str, &str)]| -> Vec<(SmolStr, SmolStr)> {
            list.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect()
        };
        let twice: &[(&str, &str)] = &[("tier", "gold"), ("tier", "vip"), ("tier", "gold"), ("1", "x")];
        let kept = pairs(&[("tier", "gold"), ("tier (2)", "vip"), ("1", "x")]);
        assert_eq!(noted(&[twice]).0, kept);
        assert_eq!(noted(&[twice, twice]).0, kept, "the same again changes nothing");
        assert_eq!(noted(&[&[("tier", ""), ("tier", "gold")]]).0, pairs(&[("tier", "gold")]), "an empty one is none");
        assert_eq!(noted(&[twice, &[("tier", "silver")]]).0[0], ("tier".into(), "silver".into()), "an update");
    }

    #[test]
    fn items_that_do_not_fit_are_counted() {
        let keys: Vec<String> = (0..MAX_DATA + 3).map(|key| key.to_string()).collect();
        let items: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), "x")).collect();
        let (known, cut) = noted(&[&items]);
        assert_eq!((known.len(), cut), (MAX_DATA, 3));
    }
}
