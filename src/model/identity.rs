//! Who is who on a platform: native ids, and the devices that events name. Tables from ids to calls, agents and services
//! are kept by their owners.

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use hashbrown::Equivalent;
use smallvec::SmallVec;
use smol_str::SmolStr;

use super::{AgentIx, DeviceKind};

/// An id as its platform gave it, borrowed from a message. Guids are equal whatever their case, with or without braces.
#[derive(Debug, Clone, Copy, Default)]
pub enum Id<'m> {
    #[default]
    None,
    Int(i64),
    Text(&'m str),
}

/// The longest id and the longest number or name that is kept, in bytes.
pub const MAX_TEXT: usize = 256;

/// The longest number that is one, with its sign.
const MAX_DIGITS: usize = 20;

/// A number or name as far as it is kept.
pub fn kept(text: &str) -> &str {
    if text.len() <= MAX_TEXT {
        return text;
    }
    let end = (0..=MAX_TEXT).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    &text[..end]
}

/// The text without the white space around it, of which most have none.
fn trimmed(text: &str) -> &str {
    let is_plain = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii_graphic);
    let bytes = text.as_bytes();
    if is_plain(bytes.first()) && is_plain(bytes.last()) { text } else { text.trim() }
}

impl<'m> Id<'m> {
    /// The id that a value names. Zero, minus one, the empty text and one longer than [`MAX_TEXT`] name nothing. A number
    /// that travels as text is that number; `0049` is a text.
    pub fn from_value(value: crate::message::Value<'m>) -> Id<'m> {
        if let crate::message::Value::Text(text) = value {
            return Id::from_text(text);
        }
        match value.as_int() {
            Some(0 | -1) | None => Id::None,
            Some(number) => Id::Int(number),
        }
    }

    pub fn from_text(text: &'m str) -> Id<'m> {
        let text = trimmed(text);
        let canonical = !text.starts_with('+') && (text == "0" || !text.starts_with('0'));
        // Most names are too long to be numbers, but for those that begin with zeros or a sign: a GUID of zeros is nothing.
        let may_be_one = text.len() <= MAX_DIGITS || text.starts_with(['0', '-', '+']);
        let number = if may_be_one { text.parse::<i64>().ok() } else { None };
        match number {
            Some(0 | -1) => Id::None,
            Some(number) if canonical => Id::Int(number),
            _ if text.is_empty() || text.len() > MAX_TEXT => Id::None,
            _ => Id::Text(text),
        }
    }

    pub fn is_none(self) -> bool {
        self == Id::None
    }

    pub fn as_int(self) -> Option<i64> {
        match self {
            Id::Int(number) => Some(number),
            Id::None | Id::Text(_) => None,
        }
    }
}

impl PartialEq for Id<'_> {
    #[inline]
    fn eq(&self, other: &Id) -> bool {
        match (self, other) {
            (Id::Int(one), Id::Int(other)) => one == other,
            (Id::Text(one), Id::Text(other)) => one == other || is_same_guid(one, other),
            (Id::None, Id::None) => true,
            (Id::None | Id::Int(_) | Id::Text(_), _) => false,
        }
    }
}

impl Eq for Id<'_> {}

const GUID: usize = 36;

#[inline]
fn without_braces(text: &str) -> &[u8] {
    match text.as_bytes() {
        [b'{', inner @ .., b'}'] => inner,
        bytes => bytes,
    }
}

/// The guid that a text holds, without braces and regardless of case.
#[inline]
fn guid(text: &str) -> Option<[u8; GUID]> {
    let mut guid: [u8; GUID] = without_braces(text).try_into().ok()?;
    if [8, 13, 18, 23].iter().any(|at| guid[*at] != b'-') {
        return None;
    }
    guid.make_ascii_lowercase();
    guid.iter()
        .enumerate()
        .all(|(at, byte)| byte.is_ascii_hexdigit() || (*byte == b'-' && matches!(at, 8 | 13 | 18 | 23)))
        .then_some(guid)
}

/// True for the text of a guid, which no other call of any platform has.
pub fn is_guid(text: &str) -> bool {
    guid(text).is_some()
}

#[cold]
fn is_same_guid(one: &str, other: &str) -> bool {
    guid(one).is_some_and(|one| guid(other) == Some(one))
}

/// An id that the model keeps, spelled as it came first.
#[derive(Debug, Clone)]
pub enum NativeId {
    Int(i64),
    /// Shared by what keeps it: a call, and the table that leads to it.
    Text(Arc<str>),
}

impl PartialEq for NativeId {
    #[inline]
    fn eq(&self, other: &NativeId) -> bool {
        self.as_id() == other.as_id()
    }
}

impl Eq for NativeId {}

impl Hash for NativeId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_spaced(0, self.as_id(), state);
    }
}

impl NativeId {
    pub fn new(id: Id) -> Option<NativeId> {
        match id {
            Id::None => None,
            Id::Int(number) => Some(NativeId::Int(number)),
            Id::Text(text) => Some(NativeId::Text(text.into())),
        }
    }

    pub fn as_id(&self) -> Id<'_> {
        match self {
            NativeId::Int(number) => Id::Int(*number),
            NativeId::Text(text) => Id::Text(text),
        }
    }
}

impl std::fmt::Display for NativeId {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            NativeId::Int(number) => number.fmt(f),
            NativeId::Text(text) => text.fmt(f),
        }
    }
}

/// An id in one of several number spaces: a call's guid and its number, a group and an agent queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpacedId {
    pub space: u8,
    pub id: NativeId,
}

/// The same, borrowed: how a map of [`SpacedId`]s is asked.
#[derive(Debug, Clone, Copy)]
pub struct SpacedRef<'m> {
    pub space: u8,
    pub id: Id<'m>,
}

fn hash_spaced<H: Hasher>(space: u8, id: Id, state: &mut H) {
    match id {
        Id::None => state.write_u8(0),
        Id::Int(number) => state.write_i64(number ^ (i64::from(space) << 56)),
        Id::Text(text) => {
            state.write_u8(space);
            // Whether a text as long as a guid is one, only equality asks: this is on every message's way.
            match <[u8; GUID]>::try_from(without_braces(text)) {
                Ok(guid) => state.write(&guid.map(|byte| byte | 0x20)),
                Err(_) => state.write(text.as_bytes()),
            }
        }
    }
}

impl Hash for SpacedId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_spaced(self.space, self.id.as_id(), state);
    }
}

impl Hash for SpacedRef<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_spaced(self.space, self.id, state);
    }
}

impl Equivalent<SpacedId> for SpacedRef<'_> {
    fn equivalent(&self, key: &SpacedId) -> bool {
        self.space == key.space && self.id == key.id.as_id()
    }
}

/// The most names that a call can be given by one event: its guid, its number, the switch's number, and one to spare.
pub const NAMES: usize = 4;

/// The names that an event gives a call: one id per number space, the most authoritative first.
#[derive(Debug, Clone, Copy, Default)]
pub struct CallNames<'m>(pub [Id<'m>; NAMES]);

impl<'m> CallNames<'m> {
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|id| id.is_none())
    }

    /// The first name that is a number: what an application calls a call by.
    pub fn number(&self) -> Option<i64> {
        self.0.iter().find_map(|id| id.as_int())
    }

    pub fn iter(&self) -> impl Iterator<Item = SpacedRef<'m>> + '_ {
        let named = self.0.iter().enumerate().filter(|(_, id)| !id.is_none());
        named.map(|(space, id)| SpacedRef { space: space as u8, id: *id })
    }
}

/// A device as an event names it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Device<'m> {
    pub kind: Option<DeviceKind>,
    pub id: Id<'m>,
    pub number: &'m str,
}

impl Device<'_> {
    pub fn is_empty(&self) -> bool {
        self.id.is_none() && self.number.is_empty()
    }

    /// True if this is an agent who is told by an id.
    pub fn names_agent(&self) -> bool {
        self.kind == Some(DeviceKind::Agent) && !self.id.is_none()
    }
}

/// A device that the model keeps: a party of a call, or where a call was sent.
#[derive(Debug, Clone, Default)]
pub struct KnownDevice {
    pub kind: Option<DeviceKind>,
    pub agent: Option<AgentIx>,
    pub id: Option<NativeId>,
    pub number: SmolStr,
}

impl KnownDevice {
    pub fn is_agent(&self) -> bool {
        self.agent.is_some()
    }
}

/// Digits of a number, by which stations are compared.
pub fn digits(number: &str) -> SmallVec<[u8; 24]> {
    number.bytes().filter(u8::is_ascii_digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_texts_that_are_numbers_are_the_same_id() {
        assert_eq!(Id::from_text("1001"), Id::Int(1001));
        assert_eq!(Id::from_text("0049"), Id::Text("0049"));
        assert_eq!(Id::from_text("+49"), Id::Text("+49"));
        assert_eq!(Id::from_text("{9f}"), Id::Text("{9f}"));
        assert_eq!(Id::from_text("\u{a0}1001\u{b}"), Id::Int(1001));
        let zeros = "0".repeat(32);
        for nothing in ["", "0", "-1", " ", "\u{a0}", &zeros, &format!("-{zeros}1"), &"x".repeat(MAX_TEXT + 1)] {
            assert_eq!(Id::from_text(nothing), Id::None, "{nothing:?}");
        }
    }

    #[test]
    fn a_guid_is_the_same_in_any_case_and_in_braces() {
        let guid = "6f9619ff-8b86-d011-b42d-00c04fc964ff";
        let upper = guid.to_uppercase();
        let mut map = hashbrown::HashMap::new();
        map.insert(SpacedId { space: 0, id: NativeId::Text(upper.as_str().into()) }, ());
        for same in [guid.to_owned(), upper.clone(), format!("{{{upper}}}"), format!("{{{guid}}}")] {
            assert_eq!(Id::from_text(&same), Id::Text(guid), "{same}");
            assert!(map.contains_key(&SpacedRef { space: 0, id: Id::from_text(&same) }), "{same}");
        }
        for other in [
            &guid[1..],
            &format!("{{{guid}"),
            &guid.replace('f', "e"),
            &guid.replace('-', "a"),
            &guid.replace('6', "g"),
        ] {
            assert_ne!(Id::from_text(other), Id::Text(guid), "{other}");
            assert!(!map.contains_key(&SpacedRef { space: 0, id: Id::from_text(other) }), "{other}");
        }
        assert_ne!(Id::Text("jdoe"), Id::Text("JDOE"), "names are as they are");
    }

    #[test]
    fn what_is_too_long_to_keep_is_cut_between_characters() {
        assert_eq!(kept("4001"), "4001");
        assert_eq!(kept(&"é".repeat(200)), "é".repeat(128));
        assert_eq!(kept(&format!("x{}", "é".repeat(200))).len(), 255);
    }

    #[test]
    fn the_same_number_in_two_spaces_is_two_ids() {
        let mut map = hashbrown::HashMap::new();
        map.insert(SpacedId { space: 1, id: NativeId::Int(9) }, "group");
        map.insert(SpacedId { space: 2, id: NativeId::Int(9) }, "agent queue");
        assert_eq!(map.get(&SpacedRef { space: 1, id: Id::Int(9) }), Some(&"group"));
        assert_eq!(map.get(&SpacedRef { space: 2, id: Id::Int(9) }), Some(&"agent queue"));
        assert_eq!(map.get(&SpacedRef { space: 3, id: Id::Int(9) }), None);
    }
}
