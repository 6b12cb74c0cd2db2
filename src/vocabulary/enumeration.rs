//! Enumerations and their members, found by name or by code.

use hashbrown::HashMap;

use crate::model::DeviceKind;

/// An enumeration. Inside the bridge its values are the members' codes; unknown values are kept as they came.
#[derive(Debug, Clone)]
pub struct Enum {
    pub name: String,
    pub chapter: String,
    /// True if members travel as their names, false if as their codes.
    pub by_name: bool,
    pub members: Vec<Member>,
    pub(super) by_text: HashMap<String, i64>,
}

#[derive(Debug, Clone)]
pub struct Member {
    pub name: String,
    /// The name on the wire if it is another one.
    pub wire: Option<String>,
    pub code: i64,
    /// The kind of device in the model, for members of types of device.
    pub device: Option<DeviceKind>,
}

impl Enum {
    pub fn code(&self, name: &str) -> Option<i64> {
        self.by_text.get(name).copied()
    }

    /// The code of a member by its name, its name on the wire or an alias, in any case.
    pub fn code_in_any_case(&self, text: &str) -> Option<i64> {
        let same = || self.by_text.iter().find(|(known, _)| known.eq_ignore_ascii_case(text));
        self.code(text).or_else(|| same().map(|(_, code)| *code))
    }

    pub fn member(&self, code: i64) -> Option<&Member> {
        by_code(&self.members, code, |member| member.code)
    }
}

/// The entry with this code. Most enumerations number their members from 0, so that the place of that number is tried first.
#[inline]
pub fn by_code<T>(list: &[T], code: i64, code_of: impl Fn(&T) -> i64) -> Option<&T> {
    let has_it = |one: &&T| code_of(one) == code;
    let at_place = usize::try_from(code).ok().and_then(|place| list.get(place));
    at_place.filter(has_it).or_else(|| list.iter().find(has_it))
}
