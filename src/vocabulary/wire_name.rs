//! Names on the wire as keys: in the case in which they are looked up, and without owning them. Messages are looked up by
//! `names`.

use std::borrow::Cow;

use hashbrown::HashMap;
use memchr::memmem::Finder;

use crate::message::Kind;

/// A name in the case that is used for looking it up.
pub(super) fn lower(name: &str, ignore_case: bool) -> Cow<'_, str> {
    if ignore_case && name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        name.to_ascii_lowercase().into()
    } else {
        name.into()
    }
}

/// A search for the first mention of the naming field in a text, and the messages that one name alone identifies, each with
/// the slot of that field.
#[derive(Debug, Clone)]
pub(super) struct Guessing {
    pub field: Finder<'static>,
    pub kinds: HashMap<String, (Kind, usize)>,
}

/// A key of the map of wire names; a borrowed name can be looked up without an allocation.
pub(super) trait WireName {
    fn parts(&self) -> (bool, &str);
}

impl WireName for (bool, String) {
    fn parts(&self) -> (bool, &str) {
        (self.0, &self.1)
    }
}

impl WireName for (bool, &str) {
    fn parts(&self) -> (bool, &str) {
        (self.0, self.1)
    }
}

impl std::hash::Hash for dyn WireName + '_ {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.parts().hash(state);
    }
}

impl PartialEq for dyn WireName + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for dyn WireName + '_ {}

impl hashbrown::Equivalent<(bool, String)> for dyn WireName + '_ {
    fn equivalent(&self, key: &(bool, String)) -> bool {
        self.parts() == (key.0, key.1.as_str())
    }
}
