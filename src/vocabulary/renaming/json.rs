//! Ids in the JSON text of a message, replaced by splicing: all other bytes stay as they came, known or not.

use std::ops::Range;

use smallvec::SmallVec;

use super::{Renames, Said, Thing, id_of};
use crate::{
    message::{Kind, Node, Value},
    model::{Id, NativeId},
    vocabulary::{Fields, Role, Type, Vocabulary, scalar::typed_text},
    wire::json::{Json, Malformed, Token},
};

/// A value of the conversation's own, which is known by its role: a request's number, a sequence.
#[derive(Debug, Clone, Copy)]
pub struct Replacement<'v> {
    pub role: Role,
    pub value: Id<'v>,
    /// Whether the field is put at the front of a message that does not have it.
    pub insert: bool,
}

/// Where a value stands in the text, and the slot of the field that it is of.
type Member = (usize, Range<usize>);

/// A part of the text, and the id that stands there instead.
type Edit = (Range<usize>, NativeId, Quotes);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quotes {
    Always,
    /// Only around what is no number.
    Needed,
}

impl Vocabulary {
    /// Writes the text of a message of this kind with other ids and with the replacements; hands back how many values were
    /// replaced. What stood in quotes still does, and numbers that are not replaced keep their form. Nothing is written if the text
    /// is no JSON; the text that a message holds always is.
    pub fn rename_json(
        &self,
        kind: Kind,
        text: &str,
        renames: &mut dyn Renames,
        replacements: &[Replacement<'_>],
        out: &mut Vec<u8>,
    ) -> Result<usize, Malformed> {
        let def = self.message(kind);
        let of_slot = |slot: usize| {
            let has_role = |replacement: &&Replacement| def.role(replacement.role) == Some(slot);
            replacements.iter().find(has_role)
        };
        let mut splicing = Splicing { vocabulary: self, text, renames, edits: SmallVec::new() };
        let looked_at = |slot: usize| def.fields.naming.is_looked_at(slot) || of_slot(slot).is_some();
        let members = splicing.members(&def.fields, 0..text.len(), &looked_at)?;
        splicing.fields(&def.fields, &members, None)?;
        for (slot, range) in &members {
            if let Some(replacement) = of_slot(*slot) {
                splicing.edits.retain(|(edited, ..)| edited != range);
                splicing.replace(range.clone(), replacement.value);
            }
        }
        let absent = replacements.iter().filter(|replacement| replacement.insert).filter_map(|replacement| {
            let slot = def.role(replacement.role).filter(|slot| members.iter().all(|(known, _)| known != slot))?;
            Some((def.fields.list[slot].label.as_str(), owned(replacement.value)))
        });
        let absent: SmallVec<[(&str, NativeId); 2]> = absent.collect();
        let mut edits = splicing.edits;
        edits.sort_unstable_by_key(|(range, ..)| range.start);
        let mut written = if absent.is_empty() { 0 } else { begin(text, &absent, out)? };
        for (range, id, quotes) in &edits {
            out.extend_from_slice(&text.as_bytes()[written..range.start]);
            write_id(id, *quotes, out);
            written = range.end;
        }
        out.extend_from_slice(&text.as_bytes()[written..]);
        Ok(edits.len() + absent.len())
    }
}

/// Writes the begin of an object with further members at the front; hands back how much of the text that was.
fn begin(text: &str, members: &[(&str, NativeId)], out: &mut Vec<u8>) -> Result<usize, Malformed> {
    let mut json = Json::new(text);
    if json.token()? != Token::Record {
        return Err(Malformed);
    }
    let begin = json.place();
    let is_empty = json.key()?.is_none();
    out.extend_from_slice(&text.as_bytes()[..begin]);
    for (place, (label, value)) in members.iter().enumerate() {
        write_text(label, out);
        out.push(b':');
        write_id(value, Quotes::Needed, out);
        if !is_empty || place + 1 < members.len() {
            out.push(b',');
        }
    }
    Ok(begin)
}

struct Splicing<'r, 't> {
    vocabulary: &'r Vocabulary,
    text: &'t str,
    renames: &'r mut dyn Renames,
    edits: SmallVec<[Edit; 16]>,
}

impl<'t> Splicing<'_, 't> {
    /// The members of an object that somebody looks at, in their order. What a field means may be told by one that follows it, so
    /// they are looked at once all are known.
    fn members(
        &self,
        fields: &Fields,
        range: Range<usize>,
        looked_at: &dyn Fn(usize) -> bool,
    ) -> Result<SmallVec<[Member; 16]>, Malformed> {
        let mut found = SmallVec::new();
        self.add_members(fields, range, looked_at, &mut found)?;
        Ok(found)
    }

    fn add_members(
        &self,
        fields: &Fields,
        range: Range<usize>,
        looked_at: &dyn Fn(usize) -> bool,
        found: &mut SmallVec<[Member; 16]>,
    ) -> Result<(), Malformed> {
        let mut json = Json::new(&self.text[range.clone()]);
        if json.token()? != Token::Record {
            return Ok(());
        }
        while let Some(label) = json.key()? {
            let value = self.skipped(&mut json, range.start)?;
            match fields.find(&label) {
                Some(Fields::INSIDE) => self.add_members(fields, value, looked_at, found)?,
                Some(slot) if looked_at(slot) => found.push((slot, value)),
                _ => {}
            }
        }
        Ok(())
    }

    /// The members of a record that travels as a list of its values.
    fn tuple(&self, range: Range<usize>) -> Result<SmallVec<[Member; 16]>, Malformed> {
        Ok(self.items(range)?.into_iter().enumerate().collect())
    }

    /// Where the items of a list stand; nothing else has any.
    fn items(&self, range: Range<usize>) -> Result<SmallVec<[Range<usize>; 16]>, Malformed> {
        let mut items = SmallVec::new();
        let mut json = Json::new(&self.text[range.clone()]);
        if json.token()? == Token::List {
            while json.item()? {
                items.push(self.skipped(&mut json, range.start)?);
            }
        }
        Ok(items)
    }

    /// Passes over a value; where it stands in the whole text, without the white space before it.
    fn skipped(&self, json: &mut Json, begin: usize) -> Result<Range<usize>, Malformed> {
        let first = begin + json.place();
        json.skip()?;
        let end = begin + json.place();
        let value = &self.text[first..end];
        Ok(end - value.trim_ascii_start().len()..end)
    }

    /// Replaces the ids of an object's members.
    fn fields(&mut self, fields: &Fields, members: &[Member], listed: Option<Thing>) -> Result<(), Malformed> {
        for (slot, range) in members {
            let Some(field) = fields.list.get(*slot).filter(|_| fields.naming.slots().any(|naming| naming == *slot))
            else {
                continue;
            };
            let says = |slot: usize| {
                // Of a key that occurs twice, the last counts.
                let told = members.iter().rev().find(|(known, _)| *known == slot);
                told.map_or(Said::Nothing, |(_, range)| self.said(&fields.list[slot].ty, range.clone()))
            };
            let thing = field.names.as_ref().and_then(|names| names.thing(listed, says));
            self.value(&field.ty, range.clone(), thing)?;
        }
        Ok(())
    }

    fn value(&mut self, ty: &Type, range: Range<usize>, thing: Option<Thing>) -> Result<(), Malformed> {
        match ty {
            Type::List(item) => {
                for range in self.items(range)? {
                    self.value(item, range, thing)?;
                }
            }
            Type::Record(place) => {
                let vocabulary = self.vocabulary;
                let record = &vocabulary.records[*place];
                let members = match record.tuple && self.text[range.clone()].starts_with('[') {
                    true => self.tuple(range)?,
                    false => self.members(&record.fields, range, &|slot| record.fields.naming.is_looked_at(slot))?,
                };
                self.fields(&record.fields, &members, thing)?;
            }
            Type::Bool | Type::Int | Type::Long | Type::Text | Type::Time | Type::Id | Type::Enum(_) => {
                if let Some(thing) = thing {
                    self.id(range, thing)?;
                }
            }
        }
        Ok(())
    }

    fn id(&mut self, range: Range<usize>, thing: Thing) -> Result<(), Malformed> {
        let large;
        let token = Json::new(&self.text[range.clone()]).token()?;
        let value = match &token {
            Token::Int(number) => Value::Int(*number),
            Token::Float(number) => Value::Float(*number),
            Token::Text(text) => Value::Text(text),
            Token::Large(number) => {
                large = number.to_string();
                Value::Text(&large)
            }
            Token::Null | Token::Bool(_) | Token::List | Token::Record => Value::Absent,
        };
        if let Some(other) = id_of(thing, value).and_then(|id| self.renames.rename(thing, id)) {
            let quotes = self.quotes(&range);
            self.edits.push((range, other, quotes));
        }
        Ok(())
    }

    fn replace(&mut self, range: Range<usize>, id: Id) {
        let quotes = self.quotes(&range);
        self.edits.push((range, owned(id), quotes));
    }

    fn quotes(&self, range: &Range<usize>) -> Quotes {
        if self.text[range.clone()].starts_with('"') { Quotes::Always } else { Quotes::Needed }
    }

    /// The value of a field that tells what another one names.
    fn said(&self, ty: &Type, range: Range<usize>) -> Said<'t> {
        match Json::new(&self.text[range]).token() {
            Ok(Token::Int(code)) => Said::Code(code),
            Ok(Token::Text(text)) => match typed_text(self.vocabulary, ty, &text) {
                Some(Node::Int(code)) => Said::Code(code),
                _ => text.trim().parse().map(Said::Code).unwrap_or(Said::Text(text)),
            },
            Ok(Token::Null | Token::Bool(_) | Token::Large(_) | Token::Float(_) | Token::List | Token::Record)
            | Err(Malformed) => Said::Nothing,
        }
    }
}

/// Nothing is written as 0.
fn owned(id: Id) -> NativeId {
    NativeId::new(id).unwrap_or(NativeId::Int(0))
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    // Writing a string to memory cannot fail.
    let _ = serde_json::to_writer(out, text);
}

fn write_id(id: &NativeId, quotes: Quotes, out: &mut Vec<u8>) {
    match (id, quotes) {
        (NativeId::Int(number), Quotes::Needed) => {
            out.extend_from_slice(itoa::Buffer::new().format(*number).as_bytes());
        }
        (NativeId::Int(number), Quotes::Always) => write_text(itoa::Buffer::new().format(*number), out),
        (NativeId::Text(text), Quotes::Always | Quotes::Needed) => write_text(text, out),
    }
}
