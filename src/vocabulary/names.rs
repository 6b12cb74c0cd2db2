//! Messages and members found by their names on the wire, where these are more than labels.

use memchr::memmem::Finder;

use super::{
    definition::{Form, Vocabulary},
    field::Type,
    message_def::{MessageDef, Side},
    wire_name::{Guessing, WireName, lower},
};
use crate::message::Kind;

/// The reason why a name does not identify a message yet.
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

    /// The message that a line of a SOAP dialect names: an event by the name in its field, anything else by
    /// its own name.
    pub(super) fn kind_of_line(&self, asks: bool, name: &str) -> Option<Kind> {
        let label = self.find(name);
        let aliased = || self.by_wire_name.get(&(asks, name) as &dyn WireName).and_then(|kinds| kinds.first().copied());
        label.or_else(aliased).filter(|kind| (self.message(*kind).side == Side::Request) == asks)
    }

    /// The field that names a message in a SOAP dialect's line. Only events have it; other messages stand under their own
    /// names.
    pub(super) fn name_field_of_line(&self, def: &MessageDef) -> Option<&str> {
        let is_event = self.form == Form::Soap && def.side == Side::Event;
        self.name_fields(false).first().filter(|_| is_event).map(String::as_str)
    }

    /// The message that is recognised by this field.
    pub(super) fn kind_with(&self, asks: bool, field: &str) -> Option<Kind> {
        if self.by_key.is_empty() {
            return None;
        }
        let field = lower(field, self.ignore_case);
        self.by_key.get(&(asks, &*field) as &dyn WireName).copied()
    }

    /// The message that is recognised by these fields if nothing names one.
    pub(super) fn kind_without_name<'l>(
        &self,
        asks: bool,
        labels: impl Iterator<Item = &'l str> + Clone,
    ) -> Option<Kind> {
        let shows = |fields: &[String]| fields.iter().all(|field| labels.clone().any(|label| label == field));
        let known = self.nameless.iter().find(|(side, fields, _)| *side == asks && shows(fields));
        known.map(|(.., kind)| *kind)
    }

    /// The fields that name a message: a request if `asks`, else any other.
    pub(super) fn name_fields(&self, asks: bool) -> &[String] {
        &self.name_fields[usize::from(asks)]
    }

    /// Prepares the search for the first of the fields that name a message. Vocabularies whose names may be in any case, or whose
    /// messages are also recognised by other fields, have none.
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

    /// True if a field of this label is the one at this place among the fields that name a message.
    pub(super) fn is_name(&self, asks: bool, place: usize, label: &str) -> bool {
        let same = |field: &String| field == label || (self.ignore_case && field.eq_ignore_ascii_case(label));
        self.name_fields(asks).get(place).is_some_and(same)
    }

    /// The code of the member that has this name on the wire.
    pub(super) fn member_code(&self, place: usize, text: &str) -> Option<i64> {
        let known = &self.enums[place];
        let in_any_case = || known.members.iter().find(|member| member.name.eq_ignore_ascii_case(text.trim()));
        known.code(text).or_else(|| in_any_case().filter(|_| self.ignore_case).map(|member| member.code))
    }
}
