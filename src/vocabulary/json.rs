//! JSON ⇄ messages, by the vocabulary's types. A message is read in one pass, as the one that it seems to be, and only what
//! somebody wants of it is kept. Dialects that travel as SOAP have a JSON form, too: the lines of `translate`.

use std::{borrow::Cow, fmt};

use serde::de::IgnoredAny;
use smallvec::SmallVec;

use super::{names::Guessing, *};
use crate::{
    message::{Message, Node, Value},
    wire::json::{Json, Malformed, Token},
};

/// What was noticed while reading a message that could be read.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// Fields that the vocabulary does not know; they were passed over.
    pub unknown: u32,
    /// A field whose value has another shape than its type; it was passed over.
    pub malformed: Option<String>,
}

/// Why a text is no message.
#[derive(Debug, PartialEq, Eq)]
pub enum JsonError {
    /// Not JSON, or nested too deeply; with line and column.
    Syntax(String),
    /// JSON, but not an object.
    NotAnObject,
    /// An object without the fields that name a message.
    Nameless,
    /// A name that the vocabulary does not know.
    Unknown(String),
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            JsonError::Syntax(error) => write!(f, "not JSON: {error}"),
            JsonError::NotAnObject => write!(f, "not a JSON object"),
            JsonError::Nameless => write!(f, "nothing in it names a message"),
            JsonError::Unknown(name) => write!(f, "unknown message {name:?}"),
        }
    }
}

/// What is kept of a field when a message is read; the rest is passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keep {
    Nothing,
    Whole,
    /// Of the record that it is, or of each that it lists, what is said for its fields.
    Members(Box<[Keep]>),
}

impl Keep {
    /// It is kept, whatever of its so many members is.
    pub fn hold(&mut self, members: usize) {
        if *self == Keep::Nothing {
            *self = Keep::Members(vec![Keep::Nothing; members].into());
        }
    }

    fn is_nothing(&self) -> bool {
        matches!(self, Keep::Nothing)
    }

    fn member(&self, slot: usize) -> &Keep {
        match self {
            Keep::Members(members) => &members[slot],
            other => other,
        }
    }
}

/// Which fields of which messages are kept, by kind. An empty list keeps all.
pub type Wanted = Vec<Kept>;

/// Which fields of a message are kept, by slot, and how many of them: after the last one nobody has to look.
#[derive(Debug, Clone)]
pub struct Kept {
    slots: Box<[Keep]>,
    count: usize,
}

impl From<Vec<Keep>> for Kept {
    fn from(slots: Vec<Keep>) -> Kept {
        let count = slots.iter().filter(|keep| !keep.is_nothing()).count();
        Kept { slots: slots.into(), count }
    }
}

impl std::ops::Deref for Kept {
    type Target = [Keep];

    fn deref(&self) -> &[Keep] {
        &self.slots
    }
}

impl Vocabulary {
    /// Reads one JSON object. `asks` says which side speaks: the one that sends requests, or the one that answers and
    /// sends events. After an error nothing in `into` means anything.
    pub fn read_json(&self, text: &str, asks: bool, wanted: &Wanted, into: &mut Message) -> Result<Decoded, JsonError> {
        let guessed = self.guess(text, asks).and_then(|guess| self.read_guessed(text, asks, guess, wanted, into));
        let decoded = match guessed {
            Some(decoded) => decoded,
            None => self.read_unnamed(text, asks, wanted, into)?,
        };
        if let Some(kind) = into.kind() {
            self.message(kind).fields.put_together(into);
        }
        Ok(decoded)
    }

    /// Which message a text most likely is: the one that is named where the name field occurs first, be it at the top or
    /// not. Most senders say other things before; what they say can be typed at once by whoever knows the message.
    fn guess<'t>(&self, text: &'t str, asks: bool) -> Option<Guess<'t>> {
        let Guessing { field, kinds } = self.guessing[usize::from(asks)].as_ref()?;
        let after = field.find(text.as_bytes())? + field.needle().len();
        let rest = text[after..].trim_ascii_start().strip_prefix(':')?.trim_ascii_start().strip_prefix('"')?;
        let name = &rest[..memchr::memchr(b'"', rest.as_bytes())?];
        let (kind, slot) = *kinds.get(name)?;
        Some(Guess { kind, slot, name })
    }

    /// Reads an object as the message that was guessed; none if it turns out to be another, or is none.
    fn read_guessed(
        &self,
        text: &str,
        asks: bool,
        guess: Guess,
        wanted: &Wanted,
        into: &mut Message,
    ) -> Option<Decoded> {
        let decoded = self.read_as(text, asks, guess.kind, wanted, into).ok()?;
        matches!(into.get(guess.slot), Value::Text(name) if name == guess.name).then_some(decoded)
    }

    /// Reads an object of which nobody knows yet what it is.
    fn read_unnamed(&self, text: &str, asks: bool, wanted: &Wanted, into: &mut Message) -> Result<Decoded, JsonError> {
        into.clear();
        let mut reader = self.reader(text, asks, wanted, into);
        reader.object().and_then(|()| Ok(reader.json.end()?)).map_err(|error| said(error, text))?;
        match (reader.again, reader.into.kind()) {
            // A list or record came before the name.
            (true, Some(kind)) => self.read_as(text, asks, kind, wanted, into),
            _ => Ok(reader.decoded),
        }
    }

    /// Reads an object whose message is known.
    fn read_as(
        &self,
        text: &str,
        asks: bool,
        kind: Kind,
        wanted: &Wanted,
        into: &mut Message,
    ) -> Result<Decoded, JsonError> {
        into.clear();
        into.start(kind, self.message(kind).fields.width());
        let mut reader = self.reader(text, asks, wanted, into);
        reader.inside(kind).and_then(|()| Ok(reader.json.end()?)).map_err(|error| said(error, text))?;
        Ok(reader.decoded)
    }

    fn reader<'r, 't>(
        &'r self,
        text: &'t str,
        asks: bool,
        wanted: &'r Wanted,
        into: &'r mut Message,
    ) -> Reader<'r, 't> {
        into.hold(text);
        let json = Json::new(text);
        Reader { vocabulary: self, asks, wanted, json, into, decoded: Decoded::default(), again: false }
    }

    /// The message of this wire name (and, where several share it, of the further names in `more`).
    fn kind_named(&self, asks: bool, name: &str, more: Option<&str>) -> Result<Kind, NotYet> {
        let name = names::lower(name, self.ignore_case);
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

    /// Writes a message as JSON: all it says, and what the vocabulary says where it says nothing.
    pub fn write_json(&self, message: &Message, out: &mut Vec<u8>) {
        let Some(kind) = message.kind() else { return };
        let def = self.message(kind);
        let wrapped = self.form == Form::Soap && def.side != Side::Event;
        if wrapped {
            out.push(b'{');
            write_text(&def.label, out);
            out.push(b':');
        }
        let mut separator = b'{';
        let names = def.wire_names.iter().filter(|_| self.form == Form::Json);
        let named: SmallVec<[(&str, &str); 2]> = names.map(|(field, value)| (field.as_str(), value.as_str())).collect();
        if self.form == Form::Soap && def.side == Side::Event {
            write_key("EventType", &mut separator, out);
            write_text(&def.label, out);
        }
        let inside = def.inside(self);
        for (slot, field) in def.fields.list.iter().enumerate() {
            if inside == Some(slot) {
                write_key(self.parameter.as_deref().unwrap_or_default(), &mut separator, out);
                separator = b'{';
            }
            if self.form == Form::Soap && field.label == "EventType" || !field.joined.is_empty() {
                continue;
            }
            if let Some((_, value)) = named.iter().find(|(label, _)| *label == field.label) {
                write_key(&field.label, &mut separator, out);
                self.write_value(&field.ty, Value::Text(value), out);
                continue;
            }
            let value = match message.get(slot) {
                Value::Absent => def.fields.piece(message, slot),
                value => value,
            };
            if matches!(value, Value::Absent) && field.optional {
                continue;
            }
            if field.family > 0 {
                self.write_family(field, value, &mut separator, out);
                continue;
            }
            write_key(&field.label, &mut separator, out);
            let fixed = def.fixed.iter().find(|(fixed, _)| *fixed == slot).map(|(_, literal)| literal);
            match (value, fixed) {
                (Value::Absent, Some(literal)) => self.write_literal(&field.ty, literal, out),
                (Value::Absent, None) => self.write_literal(&field.ty, &field.default, out),
                (value, _) => self.write_field(field, value, out),
            }
        }
        if inside == Some(def.fields.list.len()) {
            write_key(self.parameter.as_deref().unwrap_or_default(), &mut separator, out);
            separator = b'{';
        }
        if separator == b'{' {
            out.push(b'{');
        }
        out.push(b'}');
        if wrapped || inside.is_some() {
            out.push(b'}');
        }
    }

    /// Writes the items of a list as numbered fields, as many as there is room for.
    fn write_family(&self, family: &Field, value: Value, separator: &mut u8, out: &mut Vec<u8>) {
        let Type::List(item) = &family.ty else { return };
        let Type::Record(place) = **item else { return };
        let mut items = value.as_list().into_iter().flat_map(|list| list.iter());
        for number in 0..family.family {
            let record = items.next().and_then(|item| item.as_record());
            for (slot, member) in self.records[place].fields.list.iter().enumerate() {
                write_key(&compound::part_label(family, number, member), separator, out);
                match record.map(|record| record.get(slot)).unwrap_or_default() {
                    Value::Absent => self.write_literal(&member.ty, &member.default, out),
                    value => self.write_value(&member.ty, value, out),
                }
            }
        }
    }

    fn write_field(&self, field: &Field, value: Value, out: &mut Vec<u8>) {
        match (&field.separated, value) {
            (Some(separators), Value::List(list)) => write_text(&compound::join(separators, list), out),
            _ => self.write_value(&field.ty, value, out),
        }
    }

    fn write_literal(&self, ty: &Type, literal: &Literal, out: &mut Vec<u8>) {
        match literal {
            Literal::Absent => out.extend_from_slice(b"null"),
            Literal::EmptyList => out.extend_from_slice(b"[]"),
            Literal::Int(number) => self.write_value(ty, Value::Int(*number), out),
            Literal::Bool(value) => self.write_value(ty, Value::Bool(*value), out),
            Literal::Text(text) => write_text(text, out),
        }
    }

    fn write_value(&self, ty: &Type, value: Value, out: &mut Vec<u8>) {
        match (ty, value) {
            (_, Value::Absent | Value::Nil) => out.extend_from_slice(b"null"),
            (Type::List(item), Value::List(list)) => {
                let mut separator = b'[';
                for value in list.iter() {
                    out.push(std::mem::replace(&mut separator, b','));
                    self.write_value(item, value, out);
                }
                if separator == b'[' {
                    out.push(b'[');
                }
                out.push(b']');
            }
            (Type::Record(place), Value::Record(record)) => self.write_record(&self.records[*place], record, out),
            (Type::Bool, value) => {
                let text: &[u8] = if value.as_bool() == Some(true) { b"true" } else { b"false" };
                out.extend_from_slice(text);
            }
            (Type::Enum(place), Value::Int(code)) if self.enums[*place].by_name => {
                match self.enums[*place].member(code) {
                    Some(member) => write_text(&member.name, out),
                    None => write_int(code, out),
                }
            }
            (Type::Text | Type::Time, Value::Int(number)) => write_text(itoa::Buffer::new().format(number), out),
            (Type::Int | Type::Long | Type::Enum(_), Value::Text(text)) if Value::Text(text).as_int().is_some() => {
                write_int(Value::Text(text).as_int().unwrap_or_default(), out);
            }
            (_, Value::Text(text)) => write_text(text, out),
            (_, Value::Int(number)) => write_int(number, out),
            (_, Value::Bool(value)) => out.extend_from_slice(if value { b"true" } else { b"false" }),
            (_, Value::Float(value)) => out.extend_from_slice(value.to_string().as_bytes()),
            // A list where a scalar belongs, or the reverse: rules are checked against the types, so there is none.
            (_, Value::List(_) | Value::Record(_)) => out.extend_from_slice(b"null"),
        }
    }

    fn write_record(&self, def: &super::Record, record: crate::message::Record, out: &mut Vec<u8>) {
        let (open, close) = if def.tuple { (b'[', b']') } else { (b'{', b'}') };
        let mut separator = open;
        for (field, value) in def.fields.list.iter().zip(record.iter()) {
            if def.tuple {
                out.push(std::mem::replace(&mut separator, b','));
            } else {
                write_key(&field.label, &mut separator, out);
            }
            match value {
                Value::Absent => self.write_literal(&field.ty, &field.default, out),
                value => self.write_field(field, value, out),
            }
        }
        if separator == open {
            out.push(open);
        }
        out.push(close);
    }
}

fn write_key(label: &str, separator: &mut u8, out: &mut Vec<u8>) {
    out.push(std::mem::replace(separator, b','));
    write_text(label, out);
    out.push(b':');
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    // Writing a string to memory cannot fail.
    let _ = serde_json::to_writer(out, text);
}

fn write_int(number: i64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// What is wrong with a text, in words.
#[cold]
fn said(error: JsonError, text: &str) -> JsonError {
    match error {
        JsonError::Syntax(words) if words.is_empty() => {
            let known = serde_json::from_str::<IgnoredAny>(text).err().map(|error| error.to_string());
            JsonError::Syntax(known.unwrap_or_else(|| "a text or number that stands for nothing".into()))
        }
        error => error,
    }
}

/// A message that a text may be: its name, and the field that must have it.
struct Guess<'t> {
    kind: Kind,
    slot: usize,
    name: &'t str,
}

/// Why a name does not say yet which message it is.
enum NotYet {
    More,
    Never,
}

/// A way to ask the map of wire names without owning the name.
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

// ── reading ───────────────────────────────────────────────────────────────────────────────────────────────────────────

struct Reader<'r, 't> {
    vocabulary: &'r Vocabulary,
    asks: bool,
    wanted: &'r Wanted,
    json: Json<'t>,
    into: &'r mut Message,
    decoded: Decoded,
    /// A list or record came before the message was named: its type was not known.
    again: bool,
}

/// What a value should be that is read next, what is kept of it, and which field it is of, or of whose list.
#[derive(Clone, Copy)]
struct Place<'r> {
    /// None as long as nobody knows which message it is in.
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

impl From<Malformed> for JsonError {
    /// The words for it are looked for when the text is given up.
    fn from(_: Malformed) -> JsonError {
        JsonError::Syntax(String::new())
    }
}

impl<'r, 't> Reader<'r, 't> {
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

    // ── messages that nobody has named yet ────────────────────────────────────────────────────────────────────────────

    fn object(&mut self) -> Result<(), JsonError> {
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

    /// The message has a name: what came before finds its place. Hands back how many fields did.
    fn begin(&mut self, kind: Kind, early: &Early) -> usize {
        let def = self.vocabulary.message(kind);
        let mut known = 0;
        self.into.start(kind, def.fields.width());
        for (label, node) in early {
            match def.fields.find(label) {
                // It is a record: the message is read again.
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
                None => self.decoded.unknown += 1,
            }
        }
        known
    }

    /// Nothing named the message: its fields may show it.
    fn begin_nameless(&mut self, early: &Early) -> Result<(), JsonError> {
        let labels = early.iter().map(|(label, _)| &**label);
        if let Some(kind) = self.vocabulary.kind_without_name(self.asks, labels) {
            self.begin(kind, early);
            return Ok(());
        }
        // In a SOAP dialect's line what a record belongs to is the message.
        let record = early.iter().find(|(_, node)| matches!(node, Node::Absent));
        let named = record.filter(|_| self.vocabulary.form == Form::Soap).map(|(label, _)| label);
        let unknown = named.map(|name| JsonError::Unknown(name.to_string()));
        Err(unknown.unwrap_or(JsonError::Nameless))
    }

    /// A scalar that was read without knowing its type, as the type wants it.
    fn retype(&mut self, node: Node, shape: &compound::Shape) -> Option<Node> {
        let ty = shape.ty;
        if let (Type::List(item), Some(separators), Node::Text(_) | Node::Int(_)) = (ty, shape.separated, node) {
            let mut buffer = itoa::Buffer::new();
            let text = self.into.value(node).as_text(&mut buffer).unwrap_or_default().to_owned();
            return Some(compound::split(self.vocabulary, item, separators, &text, self.into));
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
            node => Some(node),
        }
    }

    // ── messages that are known ───────────────────────────────────────────────────────────────────────────────────────

    /// The parameter that has fields of the message inside it.
    fn inside(&mut self, kind: Kind) -> Result<(), JsonError> {
        match self.json.token()? {
            Token::Record => self.members(kind, 0),
            _ => Err(JsonError::Syntax("expected the fields of a message, as a record".into())),
        }
    }

    /// The fields of a message of this kind, up to the record's end; so many that are wanted are known already.
    fn members(&mut self, kind: Kind, known: usize) -> Result<(), JsonError> {
        let fields = &self.vocabulary.message(kind).fields;
        let wanted = self.wanted.get(kind.0 as usize).filter(|slots| !slots.is_empty() && !fields.is_compound());
        let mut missing = wanted.map_or(usize::MAX, |slots| slots.count.saturating_sub(known));
        let mut next = 0;
        // Whatever follows the last wanted field is only passed over.
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
                found => {
                    self.json.skip()?;
                    self.decoded.unknown += u32::from(found.is_none());
                }
            }
        }
        Ok(self.json.skip_record()?)
    }

    /// The next key, as the slot of the field that it names; none at the record's end. Senders have an order in which they
    /// write fields: what followed the last one the last time is looked at first.
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
        *next = slot.map_or(*next, |slot| slot + 1);
        Ok(Some(slot))
    }

    /// A value as nearly everybody writes those of its type; where it is written in any other way, nothing is read. Nearly all
    /// values are read here, without asking what else they could be.
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

    /// Any value, read as its type wants it; without a type, as it comes.
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
            Token::Bool(value) if !place.is_container() => Node::Bool(value),
            Token::Large(number) if !place.is_container() => self.into.text(itoa::Buffer::new().format(number)),
            // Larger than any number.
            Token::Float(number) if number.is_infinite() => return Err(Malformed),
            Token::Float(number) if !place.is_container() => match place.ty {
                Some(Type::Text | Type::Time) => self.into.text(&number.to_string()),
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
            // More values than the tuple has fields are passed over.
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
                self.decoded.unknown += u32::from(slot.is_none());
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

    /// A scalar where the type is a list or record: the text of a list, or nothing.
    #[cold]
    fn unpack(&mut self, place: Place, text: &str) -> Node {
        let separated = place.field.and_then(|(fields, slot)| fields.shape(slot).separated);
        match (place.ty, separated) {
            (Some(Type::List(item)), Some(separators)) => {
                compound::split(self.vocabulary, item, separators, text, self.into)
            }
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

/// What a text is where its type is a number or an enumeration; none where it stays a text.
pub(super) fn typed_text(vocabulary: &Vocabulary, ty: &Type, text: &str) -> Option<Node> {
    match ty {
        Type::Int | Type::Long => text.trim().parse().ok().map(Node::Int),
        Type::Bool => Value::Text(text).as_bool().map(Node::Bool),
        Type::Enum(place) if vocabulary.enums[*place].by_name => vocabulary.member_code(*place, text).map(Node::Int),
        Type::Enum(_) => text.trim().parse().ok().map(Node::Int),
        _ => None,
    }
}
