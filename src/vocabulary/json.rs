//! JSON ⇄ messages, by the vocabulary's types. A message is read in one pass, without knowing in advance which it is, and
//! only what somebody wants of it is kept. Dialects that travel as SOAP have a JSON form, too: the lines of `translate`.

use std::{borrow::Cow, fmt};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use smallvec::SmallVec;

use super::*;
use crate::message::{Message, Node, Value};

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

    fn member(&self, slot: usize) -> &Keep {
        match self {
            Keep::Members(members) => &members[slot],
            other => other,
        }
    }
}

/// Which fields of which messages are kept: by kind, then by slot. An empty list keeps all.
pub type Wanted = Vec<Box<[Keep]>>;

impl Vocabulary {
    /// Reads one JSON object. `asks` says which side speaks: the one that sends requests, or the one that answers and
    /// sends events. After an error nothing in `into` means anything.
    pub fn read_json(&self, text: &str, asks: bool, wanted: &Wanted, into: &mut Message) -> Result<Decoded, JsonError> {
        into.clear();
        let mut reader = Reader::new(self, asks, wanted, into);
        let mut json = serde_json::Deserializer::from_str(text);
        let read = json.deserialize_any(Top(&mut reader)).and_then(|()| json.end());
        if let Some(failure) = reader.failure {
            return Err(failure);
        }
        read.map_err(|error| JsonError::Syntax(error.to_string()))?;
        let decoded = match (reader.again, reader.into.kind()) {
            (true, Some(kind)) => self.read_again(text, asks, kind, wanted, into)?,
            _ => reader.decoded,
        };
        if let Some(kind) = into.kind() {
            self.message(kind).fields.put_together(into);
        }
        Ok(decoded)
    }

    /// Reads an object whose message is known by now, because a list or record came before its name.
    fn read_again(
        &self,
        text: &str,
        asks: bool,
        kind: Kind,
        wanted: &Wanted,
        into: &mut Message,
    ) -> Result<Decoded, JsonError> {
        into.clear();
        into.start(kind, self.message(kind).fields.width());
        let mut reader = Reader::new(self, asks, wanted, into);
        let mut json = serde_json::Deserializer::from_str(text);
        let read = Members { reader: &mut reader, kind }.deserialize(&mut json);
        read.map_err(|error| JsonError::Syntax(error.to_string()))?;
        Ok(reader.decoded)
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
            for member in &self.records[place].fields.list {
                write_key(&compound::part_label(family, number, member), separator, out);
                match record.map(|record| record.get(member.name)).unwrap_or_default() {
                    Value::Absent => self.write_literal(&member.ty, &member.default, out),
                    value => self.write_value(&member.ty, value, out),
                }
            }
        }
    }

    fn write_field(&self, field: &Field, value: Value, out: &mut Vec<u8>) {
        match (&field.separated, &field.ty, value) {
            (Some(separators), Type::List(item), Value::List(list)) => {
                write_text(&compound::join(self, item, separators, list), out);
            }
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
        for field in &def.fields.list {
            let value = record.get(field.name);
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

struct Reader<'r> {
    vocabulary: &'r Vocabulary,
    asks: bool,
    wanted: &'r Wanted,
    into: &'r mut Message,
    decoded: Decoded,
    failure: Option<JsonError>,
    /// A list or record came before the message was named: its type was not known.
    again: bool,
}

/// Keys and values that came before the message was named.
type Early<'de> = SmallVec<[(Cow<'de, str>, Node); 8]>;

impl<'r> Reader<'r> {
    fn new(vocabulary: &'r Vocabulary, asks: bool, wanted: &'r Wanted, into: &'r mut Message) -> Reader<'r> {
        Reader { vocabulary, asks, wanted, into, decoded: Decoded::default(), failure: None, again: false }
    }

    fn keep(&self, kind: Kind, slot: usize) -> &'r Keep {
        let fields = &self.vocabulary.message(kind).fields;
        let whole = fields.owner(slot);
        let kept = self.wanted.get(kind.0 as usize).and_then(|slots| slots.get(whole)).unwrap_or(&Keep::Whole);
        if *kept == Keep::Nothing && fields.is_joined(whole) { &Keep::Whole } else { kept }
    }

    fn malformed(&mut self, label: &str, ty: &Type) {
        let expected = self.vocabulary.type_text(ty);
        self.decoded.malformed.get_or_insert_with(|| format!("{label} is not of type {expected}"));
    }

    /// The message has a name: what came before finds its place.
    fn begin(&mut self, kind: Kind, early: &Early) {
        let def = self.vocabulary.message(kind);
        self.into.start(kind, def.fields.width());
        for (label, node) in early {
            match def.fields.find(label) {
                // It is a record: the message is read again.
                Some(Fields::INSIDE) => {}
                Some(slot) if *self.keep(kind, slot) != Keep::Nothing => {
                    let shape = def.fields.shape(slot);
                    match self.retype(*node, &shape) {
                        Some(node) => self.into.set(slot, node),
                        None => self.malformed(shape.label, shape.ty),
                    }
                }
                Some(_) => {}
                None => self.decoded.unknown += 1,
            }
        }
    }

    /// Nothing named the message: its fields may show it.
    fn begin_nameless(&mut self, early: &Early) {
        let labels = early.iter().map(|(label, _)| &**label);
        match self.vocabulary.kind_without_name(self.asks, labels) {
            Some(kind) => self.begin(kind, early),
            None => {
                // In a SOAP dialect's line what a record belongs to is the message.
                let record = early.iter().find(|(_, node)| matches!(node, Node::Absent));
                let named = record.filter(|_| self.vocabulary.form == Form::Soap).map(|(label, _)| label);
                let unknown = named.map(|name| JsonError::Unknown(name.to_string()));
                self.failure = Some(unknown.unwrap_or(JsonError::Nameless));
            }
        }
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

struct Top<'a, 'r>(&'a mut Reader<'r>);

impl<'de> Visitor<'de> for Top<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let reader = self.0;
        let vocabulary = reader.vocabulary;
        let mut early = Early::new();
        let mut name: Option<Node> = None;
        let mut more: Option<Node> = None;
        while let Some(label) = map.next_key_seed(Label)? {
            if vocabulary.form == Form::Soap
                && let Some(kind) = vocabulary.kind_of_line(reader.asks, &label)
            {
                reader.begin(kind, &Early::new());
                map.next_value_seed(Members { reader, kind })?;
                continue;
            }
            let is_name = match vocabulary.form {
                Form::Soap => label == "EventType",
                Form::Json => vocabulary.is_name(reader.asks, 0, &label),
            };
            let is_more = vocabulary.is_name(reader.asks, 1, &label);
            let known = vocabulary.kind_with(reader.asks, &label);
            let mut value =
                map.next_value_seed(Any { reader, ty: None, label: "", separated: None, keep: &Keep::Whole })?;
            if let (true, Node::Int(number)) = (is_name, value) {
                value = reader.into.text(itoa::Buffer::new().format(number));
            }
            early.push((label, value));
            if let Some(kind) = known {
                reader.begin(kind, &early);
                return Members { reader, kind }.read(map);
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
            let Value::Text(named) = reader.into.value(named) else {
                reader.failure = Some(JsonError::Nameless);
                return drain(map);
            };
            let more = more.map(|node| reader.into.value(node));
            let more = if let Some(Value::Text(text)) = more { Some(text) } else { None };
            let found = match vocabulary.form {
                Form::Soap => vocabulary.kind_of_line(reader.asks, named).ok_or(NotYet::Never),
                Form::Json => vocabulary.kind_named(reader.asks, named, more),
            };
            match found {
                Ok(kind) => {
                    reader.begin(kind, &early);
                    return Members { reader, kind }.read(map);
                }
                Err(NotYet::More) => {}
                Err(NotYet::Never) => {
                    let shown = more.map_or(named.to_owned(), |more| format!("{named}/{more}"));
                    reader.failure = Some(JsonError::Unknown(shown));
                    return drain(map);
                }
            }
        }
        if reader.into.kind().is_some() {
            return Ok(());
        }
        match name.map(|node| reader.into.value(node)) {
            Some(Value::Text(named)) => reader.failure = Some(JsonError::Unknown(named.to_owned())),
            _ => reader.begin_nameless(&early),
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        self.0.failure = Some(JsonError::NotAnObject);
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        self.not_an_object()
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        self.not_an_object()
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        self.not_an_object()
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        self.not_an_object()
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        self.not_an_object()
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.not_an_object()
    }
}

impl Top<'_, '_> {
    fn not_an_object<E>(self) -> Result<(), E> {
        self.0.failure = Some(JsonError::NotAnObject);
        Ok(())
    }
}

fn drain<'de, A: MapAccess<'de>>(mut map: A) -> Result<(), A::Error> {
    while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(())
}

/// Reads the fields of a message that is named.
struct Members<'a, 'r> {
    reader: &'a mut Reader<'r>,
    kind: Kind,
}

impl Members<'_, '_> {
    fn read<'de, A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Members { reader, kind } = self;
        let def = reader.vocabulary.message(kind);
        let wanted = reader.wanted.get(kind.0 as usize).filter(|slots| !slots.is_empty() && !def.fields.is_compound());
        let mut missing = wanted.map_or(usize::MAX, |slots| {
            let open = |(slot, keep): &(usize, &Keep)| **keep != Keep::Nothing && reader.into.is_absent(*slot);
            slots.iter().enumerate().filter(open).count()
        });
        let mut next = 0;
        // Whatever follows the last wanted field is only passed over.
        while missing > 0 {
            let Some(found) = map.next_key_seed(FieldKey(&def.fields, &mut next))? else { return Ok(()) };
            let keep = found.map_or(&Keep::Nothing, |slot| reader.keep(kind, slot));
            match found {
                Some(Fields::INSIDE) => map.next_value_seed(Members { reader: &mut *reader, kind })?,
                Some(slot) if *keep != Keep::Nothing => {
                    let compound::Shape { ty, label, separated } = def.fields.shape(slot);
                    let any = Any { reader: &mut *reader, ty: Some(ty), label, separated, keep };
                    let node = map.next_value_seed(any)?;
                    missing = missing.saturating_sub(usize::from(reader.into.is_absent(slot)));
                    reader.into.set(slot, node);
                }
                found => {
                    map.next_value::<IgnoredAny>()?;
                    reader.decoded.unknown += u32::from(found.is_none());
                }
            }
        }
        drain(map)
    }
}

impl<'de> DeserializeSeed<'de> for Members<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("the fields of a message")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        self.read(map)
    }
}

/// A key, as the slot of the field that it names. Fields mostly come in the vocabulary's order: the one after the last is
/// looked at first.
struct FieldKey<'a>(&'a Fields, &'a mut usize);

impl<'de> DeserializeSeed<'de> for FieldKey<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<usize>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for FieldKey<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a field name")
    }

    fn visit_str<E>(self, label: &str) -> Result<Option<usize>, E> {
        let FieldKey(fields, next) = self;
        let expected = fields.list.get(*next).filter(|field| field.label == label);
        let slot = if expected.is_some() { Some(*next) } else { fields.find(label) };
        *next = slot.map_or(*next, |slot| slot + 1);
        Ok(slot)
    }
}

/// A key of a message that is not named yet.
struct Label;

impl<'de> DeserializeSeed<'de> for Label {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Label {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a field name")
    }

    fn visit_borrowed_str<E>(self, label: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(label))
    }

    fn visit_str<E>(self, label: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(label.to_owned()))
    }
}

/// Any value, read as its type wants it; without a type, as it comes.
struct Any<'a, 'r> {
    reader: &'a mut Reader<'r>,
    ty: Option<&'a Type>,
    label: &'a str,
    /// What separates the items of a list that may come as a text.
    separated: Option<&'a str>,
    keep: &'a Keep,
}

impl<'de> DeserializeSeed<'de> for Any<'_, '_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Any<'_, '_> {
    fn mismatch<E>(self) -> Result<Node, E> {
        if let Some(ty) = self.ty {
            self.reader.malformed(self.label, ty);
        }
        Ok(Node::Absent)
    }

    /// A scalar where the type is a list or record: the text of a list, or nothing.
    fn unpack<E>(self, text: &str) -> Result<Node, E> {
        match (self.ty, self.separated) {
            (Some(Type::List(item)), Some(separators)) => {
                Ok(compound::split(self.reader.vocabulary, item, separators, text, self.reader.into))
            }
            _ => self.mismatch(),
        }
    }

    fn is_container(&self) -> bool {
        matches!(self.ty, Some(Type::List(_) | Type::Record(_)))
    }
}

impl<'de> Visitor<'de> for Any<'_, '_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Nil)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        if self.is_container() { self.mismatch() } else { Ok(Node::Bool(value)) }
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        match self.ty {
            Some(Type::Text | Type::Time) => Ok(self.reader.into.text(itoa::Buffer::new().format(value))),
            _ if self.is_container() => self.unpack(itoa::Buffer::new().format(value)),
            _ => Ok(Node::Int(value)),
        }
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Node, E> {
        match i64::try_from(value) {
            Ok(value) => self.visit_i64(value),
            Err(_) => Ok(self.reader.into.text(itoa::Buffer::new().format(value))),
        }
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        match self.ty {
            Some(Type::Text | Type::Time) => Ok(self.reader.into.text(&value.to_string())),
            _ if self.is_container() => self.mismatch(),
            _ => Ok(Node::Float(value)),
        }
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        if self.is_container() {
            return self.unpack(text);
        }
        let typed = self.ty.and_then(|ty| typed_text(self.reader.vocabulary, ty, text));
        Ok(typed.unwrap_or_else(|| self.reader.into.text(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        let vocabulary = self.reader.vocabulary;
        let record = match self.ty {
            Some(Type::Record(place)) => Some(&vocabulary.records[*place]).filter(|record| record.tuple),
            _ => None,
        };
        if record.is_none() && !matches!(self.ty, Some(Type::List(_))) {
            self.reader.again |= self.ty.is_none();
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            return self.mismatch();
        }
        let open = self.reader.into.open();
        let mut place = 0;
        loop {
            let field = record.map(|record| record.fields.list.get(place));
            let ty = match (field, self.ty) {
                (Some(Some(field)), _) => {
                    self.reader.into.key(field.name);
                    Some(&field.ty)
                }
                // More values than the tuple has fields: passed over.
                (Some(None), _) => {
                    while seq.next_element::<IgnoredAny>()?.is_some() {}
                    break;
                }
                (None, Some(Type::List(item))) => Some(&**item),
                (None, _) => None,
            };
            let keep = if record.is_some() { self.keep.member(place) } else { self.keep };
            let any = Any { reader: &mut *self.reader, ty, label: self.label, separated: None, keep };
            let Some(node) = seq.next_element_seed(any)? else {
                if record.is_some() {
                    self.reader.into.unkey();
                }
                break;
            };
            self.reader.into.push_read(node);
            place += 1;
        }
        Ok(match record {
            Some(_) => self.reader.into.close_record(open),
            None => self.reader.into.close_list(open),
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let record = match self.ty {
            Some(Type::Record(place)) => &self.reader.vocabulary.records[*place],
            other => {
                self.reader.again |= other.is_none();
                drain(map)?;
                return self.mismatch();
            }
        };
        let open = self.reader.into.open();
        let mut next = 0;
        while let Some(slot) = map.next_key_seed(FieldKey(&record.fields, &mut next))? {
            let keep = slot.map_or(&Keep::Nothing, |slot| self.keep.member(slot));
            let Some(slot) = slot.filter(|_| *keep != Keep::Nothing) else {
                self.reader.decoded.unknown += u32::from(slot.is_none());
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let field = &record.fields.list[slot];
            self.reader.into.key(field.name);
            let compound::Shape { ty, label, separated } = record.fields.shape(slot);
            let any = Any { reader: &mut *self.reader, ty: Some(ty), label, separated, keep };
            let node = map.next_value_seed(any)?;
            self.reader.into.push_read(node);
        }
        Ok(self.reader.into.close_record(open))
    }
}
