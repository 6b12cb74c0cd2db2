//! How messages and members are found by what the wire calls them, where that is more than their labels.

use std::borrow::Cow;

use memchr::memmem::Finder;

use super::*;
use crate::diagnostic::nearest;

/// A name in the case in which it is looked up.
pub(super) fn lower(name: &str, ignore_case: bool) -> Cow<'_, str> {
    if ignore_case && name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        name.to_ascii_lowercase().into()
    } else {
        name.into()
    }
}

/// Where a text first mentions the field that names it, and which message each name alone means, with that field's slot.
#[derive(Debug, Clone)]
pub(super) struct Guessing {
    pub field: Finder<'static>,
    pub kinds: HashMap<String, (Kind, usize)>,
}

/// Why a name does not say yet which message it is.
pub(super) enum NotYet {
    More,
    Never,
}

impl Vocabulary {
    /// The message of this wire name (and, where several share it, of the further names in `more`).
    pub(super) fn kind_named(&self, asks: bool, name: &str, more: Option<&str>) -> Result<Kind, NotYet> {
        let name = lower(name, self.ignore_case);
        let found = self.by_wire_name.get(&(asks, &*name) as &dyn WireName).ok_or(NotYet::Never)?;
        match (found.as_slice(), more) {
            ([only], _) if self.message(*only).wire_names.len() < 2 => Ok(*only),
            (_, None) => Err(NotYet::More),
            (several, Some(more)) => several
                .iter()
                .copied()
                .find(|kind| self.message(*kind).wire_names.get(1).is_some_and(|(_, value)| value == more))
                .ok_or(NotYet::Never),
        }
    }

    /// The message that a line of a SOAP dialect names: an event by its EventType, anything else by its own name.
    pub(super) fn kind_of_line(&self, asks: bool, name: &str) -> Option<Kind> {
        let label = self.find(name);
        let aliased = || self.by_wire_name.get(&(asks, name) as &dyn WireName).and_then(|kinds| kinds.first().copied());
        label.or_else(aliased).filter(|kind| (self.message(*kind).side == Side::Request) == asks)
    }

    /// The message that has this field and is known by it.
    pub(super) fn kind_with(&self, asks: bool, field: &str) -> Option<Kind> {
        if self.by_key.is_empty() {
            return None;
        }
        let field = lower(field, self.ignore_case);
        self.by_key.get(&(asks, &*field) as &dyn WireName).copied()
    }

    /// The message that these fields show where nothing names one.
    pub(super) fn kind_without_name<'l>(
        &self,
        asks: bool,
        labels: impl Iterator<Item = &'l str> + Clone,
    ) -> Option<Kind> {
        let shows = |fields: &[String]| fields.iter().all(|field| labels.clone().any(|label| label == field));
        let known = self.nameless.iter().find(|(side, fields, _)| *side == asks && shows(fields));
        known.map(|(.., kind)| *kind)
    }

    /// Why a line is no message, for whoever wrote it: with the nearest name that there is.
    pub fn explain(&self, asks: bool, error: &JsonError) -> String {
        let JsonError::Unknown(name) = error else { return error.to_string() };
        /// Likeness is not looked for in longer names: it takes time, and there is none. Numbers are not alike.
        const LONGEST: usize = 64;
        let is_word = |name: &str| name.len() <= LONGEST && name.parse::<u32>().is_err();
        let of_side = self.messages.iter().filter(|def| (def.side == Side::Request) == asks);
        let known = of_side.flat_map(|def| [def.wire_name(), &def.label]);
        let near = nearest(name, known.filter(|known| is_word(name) && is_word(known)));
        error.to_string() + &near.map(|near| format!(" (did you mean `{near}`?)")).unwrap_or_default()
    }

    /// The fields that name a message of the side that asks, or of the other.
    pub(super) fn name_fields(&self, asks: bool) -> &[String] {
        &self.name_fields[usize::from(asks)]
    }

    /// Prepares the search for the first of the fields that name a message. There is none where it may be written in any
    /// case, or where messages are known by other fields, too.
    pub(super) fn enter_guessing(&mut self) {
        if self.form == Form::Json && !self.ignore_case && self.by_key.is_empty() {
            self.guessing = [self.guessing_of(false), self.guessing_of(true)];
        }
    }

    fn guessing_of(&self, asks: bool) -> Option<Guessing> {
        let field = self.name_fields(asks).first()?;
        let kind_of = |((side, name), kinds): (&(bool, String), &Vec<Kind>)| {
            let [kind] = kinds[..] else { return None };
            let def = self.message(kind);
            let slot = def.fields.slot(field)?;
            let is_it = *side == asks && def.wire_names.len() < 2 && def.fields.list[slot].ty == Type::Text;
            is_it.then(|| (name.clone(), (kind, slot)))
        };
        let kinds = self.by_wire_name.iter().filter_map(kind_of).collect();
        Some(Guessing { field: Finder::new(&format!("\"{field}\"")).into_owned(), kinds })
    }

    /// Whether a field of this label is the one at this place among those that name a message.
    pub(super) fn is_name(&self, asks: bool, place: usize, label: &str) -> bool {
        let same = |field: &String| field == label || (self.ignore_case && field.eq_ignore_ascii_case(label));
        self.form == Form::Json && self.name_fields(asks).get(place).is_some_and(same)
    }

    /// The code of the member that has this name on the wire.
    pub(super) fn member_code(&self, place: usize, text: &str) -> Option<i64> {
        let known = &self.enums[place];
        let in_any_case = || known.members.iter().find(|member| member.name.eq_ignore_ascii_case(text.trim()));
        known.code(text).or_else(|| in_any_case().filter(|_| self.ignore_case).map(|member| member.code))
    }
}

/// A way to ask the map of wire names without owning the name.
trait WireName {
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
