//! JSON → messages, in one pass.

use std::borrow::Cow;

use smallvec::SmallVec;

use super::{
    error::JsonError,
    kept::{Keep, Wanted},
};
use crate::{
    message::{Kind, Message, Node, Value},
    vocabulary::{
        compound::split,
        decoded::Decoded,
        definition::{Form, Vocabulary},
        field::Type,
        fields::{Fields, Shape},
        names::NotYet,
        scalar::{fits, is_number, typed_text},
    },
    wire::json::{Json, Malformed, Token},
};

pub struct Reader<'r, 't> {
    vocabulary: &'r Vocabulary,
    asks: bool,
    wanted: &'r Wanted,
    pub json: Json<'t>,
    pub into: &'r mut Message,
    pub decoded: Decoded,
    /// A list or record came before the message was named, so that its type was not known.
    pub again: bool,
}

/// The expected type of the next value, the part that is kept of it, and the field that it belongs to.
#[derive(Clone, Copy)]
struct Place<'r> {
    /// None as long as the message is not known.
    ty: Option<&'r Type>,
    keep: &'r Keep,
    field: Option<(&'r Fields, usize)>,
}

impl Place<'_> {
    const UNKNOWN: Place<'static> = Place { ty: None, keep: &Keep::Whole, field: None };

    fn is_container(&self) -> bool {
        matches!(self.ty, Some(Type::List(_) | Type::Record(_)))
    }
}

/// Keys and values that came before the message was named.
type Early<'t> = SmallVec<[(Cow<'t, str>, Node); 8]>;

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

    fn keep(&self, kind: Kind, slot: usize) -> &'r Keep {
        let fields = &self.vocabulary.message(kind).fields;
        let whole = fields.owner(slot);
        let kept = self.wanted.get(kind.0 as usize).and_then(|slots| slots.get(whole)).unwrap_or(&Keep::Whole);
        if *kept == Keep::Nothing && fields.is_joined(whole) { &Keep::Whole } else { kept }
    }

    #[cold]
    fn malformed(&mut self, label: &str, ty: &Type) {
        let expected = self.vocabulary.type_text(ty);
        self.decoded.malformed.get_or_insert_with(|| format!("{label} is not of type {expected}"));
    }

    // ── messages that are not named yet ──────────────────────────────────────────────────────────────────────────────

    pub fn object(&mut self) -> Result<(), JsonError> {
        if self.json.token()? != Token::Record {
            return Err(JsonError::NotAnObject);
        }
        let vocabulary = self.vocabulary;
        let mut early = Early::new();
        let mut name: Option<Node> = None;
        let mut more: Option<Node> = None;
        while let Some(label) = self.json.key()? {
            if vocabulary.form == Form::Soap
                && let Some(kind) = vocabulary.kind_of_line(self.asks, &label)
            {
                self.begin(kind, &Early::new());
                self.inside(kind)?;
                continue;
            }
            let is_name = match vocabulary.form {
                Form::Soap => label == "EventType",
                Form::Json => vocabulary.is_name(self.asks, 0, &label),
            };
            let is_more = vocabulary.is_name(self.asks, 1, &label);
            let known = vocabulary.kind_with(self.asks, &label);
            let mut value = self.value(Place::UNKNOWN)?;
            if let (true, Node::Int(number)) = (is_name, value) {
                value = self.into.text(itoa::Buffer::new().format(number));
            }
            early.push((label, value));
            if let Some(kind) = known {
                let known = self.begin(kind, &early);
                return self.members(kind, known);
            }
            if is_name {
                name = Some(value);
            } else if is_more {
                more = Some(value);
            }
            if !is_name && !is_more {
                continue;
            }
            let Some(named) = name else { continue };
            let Value::Text(named) = self.into.value(named) else { return Err(JsonError::Nameless) };
            let more = more.map(|node| self.into.value(node));
            let more = if let Some(Value::Text(text)) = more { Some(text) } else { None };
            let found = match vocabulary.form {
                Form::Soap => vocabulary.kind_of_line(self.asks, named).ok_or(NotYet::Never),
                Form::Json => vocabulary.kind_named(self.asks, named, more),
            };
            match found {
                Ok(kind) => {
                    let known = self.begin(kind, &early);
                    return self.members(kind, known);
                }
                Err(NotYet::More) => {}
                Err(NotYet::Never) => {
                    let shown = more.map_or(named.to_owned(), |more| format!("{named}/{more}"));
                    return Err(JsonError::Unknown(shown));
                }
            }
        }
        if self.into.kind().is_some() {
            return Ok(());
        }
        match name.map(|node| self.into.value(node)) {
            Some(Value::Text(named)) => Err(JsonError::Unknown(named.to_owned())),
            _ => self.begin_nameless(&early),
        }
    }

    /// The message is known now: the fields before its name are set. Returns the number of fields that were.
    fn begin(&mut self, kind: Kind, early: &Early) -> usize {
        let def = self.vocabulary.message(kind);
        let mut known = 0;
        self.into.start(kind, def.fields.width());
        for (label, node) in early {
            match def.fields.find(label) {
                // The parameter is a record, so that the message is read again.
                Some(Fields::INSIDE) => {}
                Some(slot) if *self.keep(kind, slot) != Keep::Nothing => {
                    let shape = def.fields.shape(slot);
                    match self.retype(*node, &shape) {
                        Some(node) => {
                            known += usize::from(self.into.is_absent(slot));
                            self.into.set(slot, node);
                        }
                        None => self.malformed(shape.label, shape.ty),
                    }
                }
                Some(_) => {}
                None => self.decoded.unknown.push(label.to_string()),
            }
        }
        known
    }

    /// Nothing named the message, but it may be recognised by its fields.
    fn begin_nameless(&mut self, early: &Early) -> Result<(), JsonError> {
        let labels = early.iter().map(|(label, _)| &**label);
        if let Some(kind) = self.vocabulary.kind_without_name(self.asks, labels) {
            self.begin(kind, early);
            return Ok(());
        }
        // In a SOAP dialect's line the key of the record names the message.
        let record = early.iter().find(|(_, node)| matches!(node, Node::Absent));
        let named = record.filter(|_| self.vocabulary.form == Form::Soap).map(|(label, _)| label);
        let unknown = named.map(|name| JsonError::Unknown(name.to_string()));
        Err(unknown.unwrap_or(JsonError::Nameless))
    }

    /// Converts a scalar that was read before its type was known.
    fn retype(&mut self, node: Node, shape: &Shape) -> Option<Node> {
        let ty = shape.ty;
        if let (Type::List(item), Some(separators), Node::Text(_) | Node::Int(_)) = (ty, shape.separated, node) {
            let mut buffer = itoa::Buffer::new();
            let text = self.into.value(node).as_text(&mut buffer).unwrap_or_default().to_owned();
            return Some(split(self.vocabulary, item, separators, &text, self.into));
        }
        match node {
            Node::Text(_) => {
                let Value::Text(text) = self.into.value(node) else { return Some(node) };
                Some(typed_text(self.vocabulary, ty, text).unwrap_or(node))
            }
            Node::Int(number) if matches!(ty, Type::Text | Type::Time) => {
                Some(self.into.text(itoa::Buffer::new().format(number)))
            }
            Node::List(_) | Node::Record(_) if !matches!(ty, Type::List(_) | Type::Record(_)) => None,
            Node::Float(number) if !fits(ty, number) => None,
            Node::Bool(_) if matches!(ty, Type::Id) => None,
            node => Some(node),
        }
    }

    // ── messages that are known ───────────────────────────────────────────────────────────────────────────────────────

    /// Reads a record with fields of the message: the message itself, or its one parameter.
    pub fn inside(&mut self, kind: Kind) -> Result<(), JsonError> {
        match self.json.token()? {
            Token::Record => self.members(kind, 0),
            _ => Err(JsonError::Syntax("expected the fields of a message, as a record".into())),
        }
    }

    /// Reads the fields of a message up to the record's end. `known` wanted fields are set already.
    fn members(&mut self, kind: Kind, known: usize) -> Result<(), JsonError> {
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
    fn value(&mut self, place: Place<'r>) -> Result<Node, Malformed> {
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
