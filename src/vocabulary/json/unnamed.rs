//! JSON → messages that are not named yet: their first fields are kept as they come, and find their places once the message is
//! known.

use std::borrow::Cow;

use smallvec::SmallVec;

use super::{
    error::JsonError,
    kept::Keep,
    read::{Place, Reader},
};
use crate::{
    message::{Kind, Node, Value},
    vocabulary::{
        compound::split,
        definition::Form,
        field::Type,
        fields::{Fields, Shape},
        names::NotYet,
        scalar::{fits, typed_text},
    },
    wire::json::Token,
};

/// Keys and values that came before the message was named.
type Early<'t> = SmallVec<[(Cow<'t, str>, Node); 8]>;

impl Reader<'_, '_> {
    /// Reads an object: the name, and then the rest of the message.
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
            let is_name = vocabulary.is_name(self.asks, 0, &label);
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
}
