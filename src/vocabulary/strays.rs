//! The parts of a line of JSON that reading skips. Reading only counts them; here they are named, for the line's author.

use serde_json::{Map, Value};

use super::{
    definition::{Form, Vocabulary},
    field::Type,
    fields::Fields,
    message_def::Side,
};
use crate::{diagnostic::did_you_mean, message::Kind};

impl Vocabulary {
    /// The mistakes in the fields of a line that was read as this message.
    pub fn strays(&self, text: &str, kind: Kind) -> Vec<String> {
        let def = self.message(kind);
        let mut found = Strays { vocabulary: self, message: &def.label, list: Vec::new() };
        match serde_json::from_str(text) {
            Ok(Value::Object(top)) if self.form == Form::Soap && self.name_field_of_line(def).is_none() => {
                for (label, value) in &top {
                    match (self.kind_of_line(def.side == Side::Request, label), value) {
                        (Some(known), Value::Object(fields)) if known == kind => found.fields(&def.fields, fields),
                        _ => found.unknown(label, [def.label.as_str()]),
                    }
                }
            }
            Ok(Value::Object(top)) => {
                let names = self.name_fields(def.side == Side::Request);
                let fields = top.into_iter().filter(|(label, _)| !names.contains(label));
                found.fields(&def.fields, &fields.collect());
            }
            _ => {}
        }
        found.list
    }
}

struct Strays<'s> {
    vocabulary: &'s Vocabulary,
    message: &'s str,
    list: Vec<String>,
}

impl Strays<'_> {
    fn unknown<'k>(&mut self, label: &str, known: impl IntoIterator<Item = &'k str>) {
        let near = did_you_mean(label, known);
        self.list.push(format!("{}: unknown field `{label}`{near}", self.message));
    }

    fn fields(&mut self, known: &Fields, given: &Map<String, Value>) {
        for (label, value) in given {
            match (known.find(label), value) {
                (None, _) => self.unknown(label, known.labels()),
                (Some(Fields::INSIDE), Value::Object(inside)) => self.fields(known, inside),
                (Some(Fields::INSIDE), _) => {}
                (Some(slot), value) => self.value(label, known.shape(slot).ty, value),
            }
        }
    }

    fn value(&mut self, label: &str, ty: &Type, value: &Value) {
        match (ty, value) {
            (Type::List(item), Value::Array(items)) => items.iter().for_each(|value| self.value(label, item, value)),
            (Type::Record(place), Value::Object(given)) => self.fields(&self.vocabulary.records[*place].fields, given),
            (Type::Int | Type::Long, Value::String(text))
                if !text.is_empty() && text.trim().parse::<i64>().is_err() =>
            {
                self.list.push(format!("{}: {label} is no number: {text:?}", self.message));
            }
            _ => {}
        }
    }
}
