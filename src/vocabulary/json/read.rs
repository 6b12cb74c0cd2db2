//! JSON → messages whose definition is known, in one pass. Messages that are not named yet are read by `unnamed`, which
//! goes on here as soon as the name is known.

use super::{
    error::JsonError,
    kept::{Keep, Wanted},
};
use crate::{
    message::{Kind, Message, Node},
    vocabulary::{
        compound::split,
        decoded::Decoded,
        definition::Vocabulary,
        field::Type,
        fields::Fields,
        scalar::{fits, is_number, typed_text},
    },
    wire::json::{Json, Malformed, Token},
};

pub struct Reader<'r, 't> {
    pub vocabulary: &'r Vocabulary,
    pub asks: bool,
    wanted: &'r Wanted,
    pub json: Json<'t>,
    pub into: &'r mut Message,
    pub decoded: Decoded,
    /// A list or record came before the message was named, so that its type was not known.
    pub again: bool,
}

/// The expected type of the next value, the part that is kept of it, and the field that it belongs to.
#[derive(Clone, Copy)]
pub struct Place<'r> {
    /// None as long as the message is not known.
    ty: Option<&'r Type>,
    keep: &'r Keep,
    field: Option<(&'r Fields, usize)>,
}

impl Place<'_> {
    pub const UNKNOWN: Place<'static> = Place { ty: None, keep: &Keep::Whole, field: None };

    fn is_container(&self) -> bool {
        matches!(self.ty, Some(Type::List(_) | Type::Record(_)))
    }
}

impl<'r, 't> Reader<'r, 't> {
    pub fn new(
        vocabulary: &'r Vocabulary,
        text: &'t str,
        asks: bool,
        wanted: &'r Wanted,
        into: &'r mut Message,
    ) -> Reader<'r, 't> {
        into.hold(text);
        let json = Json::new(text);
        Reader { vocabulary, asks, wanted, json, into, decoded: Decoded::default(), again: false }
    }

    pub fn keep(&self, kind: Kind, slot: usize) -> &'r Keep {
        let fields = &self.vocabulary.message(kind).fields;
        let whole = fields.owner(slot);
        let kept = self.wanted.get(kind.0 as usize).and_then(|slots| slots.get(whole)).unwrap_or(&Keep::Whole);
        if *kept == Keep::Nothing && fields.is_joined(whole) { &Keep::Whole } else { kept }
    }

    #[cold]
    pub fn malformed(&mut self, label: &str, ty: &Type) {
        let expected = self.vocabulary.type_text(ty);
        self.decoded.malformed.get_or_insert_with(|| format!("{label} is not of type {expected}"));
    }

    /// Reads a record with fields of the message: the message itself, or its one parameter.
    pub fn inside(&mut self, kind: Kind) -> Result<(), JsonError> {
        let Token::Record = self.json.token()? else {
            return Err(JsonError::Syntax("expected the fields of a message, as a record".into()));
        };
        self.members(kind, 0)
    }

    /// Reads the fields of a message up to the record's end. `known` wanted fields are set already.
    pub fn members(&mut self, kind: Kind, known: usize) -> Result<(), JsonError> {
        let fields = &self.vocabulary.message(kind).fields;
        let wanted = self.wanted.get(kind.0 as usize).filter(|slots| !slots.is_empty() && !fields.is_compound());
        let mut missing = wanted.map_or(usize::MAX, |slots| slots.count().saturating_sub(known));
        let mut next = 0;
        // Everything after the last wanted field is skipped.
        while missing > 0 {
            let Some(found) = self.field(fields, &mut next)? else { return Ok(()) };
            let keep = match (found, wanted) {
                (None, _) => &Keep::Nothing,
                (Some(slot), Some(slots)) => slots.get(slot).unwrap_or(&Keep::Whole),
                (Some(slot), None) => self.keep(kind, slot),
            };
            match found {
                Some(Fields::INSIDE) => self.inside(kind)?,
                Some(slot) if !keep.is_nothing() => {
                    let ty = fields.ty(slot);
                    let node = match self.usual(ty) {
                        Some(node) => node,
                        None => self.value(Place { ty: Some(ty), keep, field: Some((fields, slot)) })?,
                    };
                    let is_new = node != Node::Absent && self.into.is_absent(slot);
                    missing = missing.saturating_sub(usize::from(is_new));
                    self.into.set(slot, node);
                }
                _ => self.json.skip()?,
            }
        }
        Ok(self.json.skip_record()?)
    }

    /// The slot of the next key's field; the outer option is none at the record's end. Senders write fields in an order of their
    /// own, so that the field which followed the last time is tried first.
    #[inline(always)]
    fn field(&mut self, fields: &Fields, next: &mut usize) -> Result<Option<Option<usize>>, Malformed> {
        match fields.likely(*next) {
            Some((slot, key)) if self.json.has_key(key) => {
                *next = slot + 1;
                Ok(Some(Some(slot)))
            }
            _ if self.json.has_end() => Ok(None),
            _ => self.unlikely_field(fields, next),
        }
    }

    #[inline(never)]
    fn unlikely_field(&mut self, fields: &Fields, next: &mut usize) -> Result<Option<Option<usize>>, Malformed> {
        let Some(label) = self.json.key()? else { return Ok(None) };
        let slot = fields.find_next(*next, &label);
        match slot {
            Some(slot) => *next = slot + 1,
            None => self.decoded.unknown.push(label.into_owned()),
        }
        Ok(Some(slot))
    }

    /// Reads a value that is written as nearly every sender writes values of its type. If it is written in another way, nothing is
    /// read. Nearly all values take this short way.
    #[inline(always)]
    fn usual(&mut self, ty: &Type) -> Option<Node> {
        match ty {
            Type::Int | Type::Long | Type::Enum(_) => self.json.usual_int().map(Node::Int),
            Type::Text | Type::Time => self.json.usual_text().map(|part| self.into.part(part)),
            Type::Id => match self.json.usual_int() {
                Some(number) => Some(Node::Int(number)),
                None => self.json.usual_text().map(|part| self.into.part(part)),
            },
            Type::Bool | Type::Record(_) | Type::List(_) => None,
        }
    }

    /// Reads any value: converted to its type, or as it comes if the type is not known.
    pub fn value(&mut self, place: Place<'r>) -> Result<Node, Malformed> {
        Ok(match self.json.token()? {
            Token::List => return self.list(place),
            Token::Record => return self.record(place),
            Token::Null => Node::Nil,
            Token::Text(text) if matches!(place.ty, Some(Type::Text)) => self.into.text(&text),
            Token::Text(text) if !place.is_container() => {
                let typed = place.ty.and_then(|ty| typed_text(self.vocabulary, ty, &text));
                typed.unwrap_or_else(|| self.into.text(&text))
            }
            Token::Int(number) if !place.is_container() => match place.ty {
                Some(Type::Text | Type::Time) => self.into.text(itoa::Buffer::new().format(number)),
                _ => Node::Int(number),
            },
            Token::Bool(_) if matches!(place.ty, Some(Type::Id)) => self.mismatch(place),
            Token::Bool(value) if !place.is_container() => Node::Bool(value),
            Token::Large(_) if place.ty.is_some_and(is_number) => self.mismatch(place),
            Token::Large(number) if !place.is_container() => self.into.text(itoa::Buffer::new().format(number)),
            // The number is too large for a float.
            Token::Float(number) if number.is_infinite() => return Err(Malformed),
            Token::Float(number) if !place.is_container() => match place.ty {
                Some(Type::Text | Type::Time) => self.into.text(&number.to_string()),
                Some(ty) if !fits(ty, number) => self.mismatch(place),
                _ => Node::Float(number),
            },
            Token::Text(text) => self.unpack(place, &text),
            Token::Int(number) => self.unpack(place, itoa::Buffer::new().format(number)),
            Token::Bool(_) | Token::Large(_) | Token::Float(_) => self.mismatch(place),
        })
    }

    fn list(&mut self, place: Place<'r>) -> Result<Node, Malformed> {
        let item = match place.ty {
            Some(Type::List(item)) => Place { ty: Some(item), ..place },
            Some(Type::Record(record)) if self.vocabulary.records[*record].tuple => return self.tuple(place, *record),
            ty => {
                self.again |= ty.is_none();
                self.json.skip_list()?;
                return Ok(self.mismatch(place));
            }
        };
        let open = self.into.open_list();
        while self.json.item()? {
            let node = self.value(item)?;
            self.into.push(node);
        }
        Ok(self.into.close_list(open))
    }

    /// A record that comes as a list of its values.
    #[inline(never)]
    fn tuple(&mut self, place: Place<'r>, record: usize) -> Result<Node, Malformed> {
        let fields = &self.vocabulary.records[record].fields;
        if self.into.is_full() {
            self.json.skip_list()?;
            return Ok(self.too_much(place));
        }
        let open = self.into.open_record(fields.list.len());
        let mut slot = 0;
        while self.json.item()? {
            // Values beyond the tuple's fields are skipped.
            let Some(field) = fields.list.get(slot) else {
                self.json.skip()?;
                continue;
            };
            let keep = place.keep.member(slot);
            let node = self.value(Place { ty: Some(&field.ty), keep, field: Some((fields, slot)) })?;
            self.into.put(&open, slot, node);
            slot += 1;
        }
        Ok(self.into.close_record(open))
    }

    fn record(&mut self, place: Place<'r>) -> Result<Node, Malformed> {
        let Some(Type::Record(record)) = place.ty else {
            self.again |= place.ty.is_none();
            self.json.skip_record()?;
            return Ok(self.mismatch(place));
        };
        if self.into.is_full() {
            self.json.skip_record()?;
            return Ok(self.too_much(place));
        }
        let fields = &self.vocabulary.records[*record].fields;
        let open = self.into.open_record(fields.list.len());
        let mut next = 0;
        while let Some(slot) = self.field(fields, &mut next)? {
            let keep = slot.map_or(&Keep::Nothing, |slot| place.keep.member(slot));
            let Some(slot) = slot.filter(|_| !keep.is_nothing()) else {
                self.json.skip()?;
                continue;
            };
            let ty = fields.ty(slot);
            let node = match self.usual(ty) {
                Some(node) => node,
                None => self.value(Place { ty: Some(ty), keep, field: Some((fields, slot)) })?,
            };
            self.into.put(&open, slot, node);
        }
        Ok(self.into.close_record(open))
    }

    /// A scalar whose type is a list or record: it may be the text of a list.
    #[cold]
    fn unpack(&mut self, place: Place, text: &str) -> Node {
        let separated = place.field.and_then(|(fields, slot)| fields.shape(slot).separated);
        match (place.ty, separated) {
            (Some(Type::List(item)), Some(separators)) => split(self.vocabulary, item, separators, text, self.into),
            _ => self.mismatch(place),
        }
    }

    #[cold]
    fn too_much(&mut self, place: Place) -> Node {
        if let Some((fields, slot)) = place.field {
            let label = fields.shape(slot).label;
            self.decoded.malformed.get_or_insert_with(|| format!("{label} has more records than a message may"));
        }
        Node::Absent
    }

    #[cold]
    fn mismatch(&mut self, place: Place) -> Node {
        if let (Some(ty), Some((fields, slot))) = (place.ty, place.field) {
            self.malformed(fields.shape(slot).label, ty);
        }
        Node::Absent
    }
}
