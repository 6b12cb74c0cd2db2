//! Records of the guide's interfaces as JSON objects: read of messages, with only the properties that the message has, and
//! completed for a program, which may ask for any property. The meaning of a property is not decided here.

use serde_json::{Map, Value as Json};

use crate::{
    message::{self, Value},
    vocabulary::{Field, Fields, Literal, Type, Vocabulary},
};

/// One interface's properties.
pub type Record = Map<String, Json>;

/// The properties that a record of a message has. Empty texts and unset dates are none.
pub fn read(vocabulary: &Vocabulary, fields: &Fields, record: message::Record) -> Record {
    let values = fields.list.iter().zip(record.iter());
    values
        .filter_map(|(field, value)| Some((field.label.clone(), json(vocabulary, field, &field.ty, value)?)))
        .collect()
}

/// The record that a field of a message holds.
pub fn of_field(vocabulary: &Vocabulary, fields: &Fields, label: &str, message: &message::Message) -> Record {
    let found = || {
        let record = message.get(fields.slot(label)?).as_record()?;
        Some(read(vocabulary, vocabulary.members(fields, label)?, record))
    };
    found().unwrap_or_default()
}

/// The same of a whole message, by its top fields.
pub fn of_message(vocabulary: &Vocabulary, fields: &Fields, message: &message::Message) -> Record {
    let values = fields.list.iter().enumerate().map(|(slot, field)| (field, message.get(slot)));
    values
        .filter_map(|(field, value)| Some((field.label.clone(), json(vocabulary, field, &field.ty, value)?)))
        .collect()
}

fn json(vocabulary: &Vocabulary, field: &Field, ty: &Type, value: Value) -> Option<Json> {
    let mut buffer = itoa::Buffer::new();
    let mut text = || value.as_text(&mut buffer).map(Json::from);
    match ty {
        Type::Bool => value.as_bool().map(Json::from),
        Type::Int | Type::Long | Type::Enum(_) => value.as_int().map(Json::from),
        Type::Text => text(),
        Type::Time => text().filter(|text| !text.as_str().is_some_and(|text| text.starts_with("0001-01-01"))),
        Type::Id if field.quotes == Some(true) => text(),
        Type::Id => match (value, value.as_int()) {
            (Value::Int(_) | Value::Text(_), Some(number)) => Some(number.into()),
            _ => text(),
        },
        Type::Record(place) => Some(read(vocabulary, &vocabulary.records[*place].fields, value.as_record()?).into()),
        Type::List(item) => {
            let items = value.as_list()?;
            Some(items.iter().filter_map(|value| json(vocabulary, field, item, value)).collect::<Vec<_>>().into())
        }
    }
}

/// Adds the properties that are missing, as the guide's types have them where nothing is known. Dates that are not set stay
/// away.
pub fn complete(vocabulary: &Vocabulary, fields: &Fields, record: &mut Record) {
    for field in &fields.list {
        if let Some(known) = record.get_mut(&field.label) {
            complete_value(vocabulary, &field.ty, known);
        }
        let is_list_of_texts = matches!(&field.ty, Type::List(item) if **item == Type::Text);
        let may_lack = field.optional && field.ty != Type::Bool && !is_list_of_texts;
        if record.contains_key(&field.label) || may_lack {
            continue;
        }
        let missing = match (&field.ty, &field.default) {
            (Type::Bool, Literal::Bool(value)) => (*value).into(),
            (Type::Bool, _) => false.into(),
            (Type::Text, _) => "".into(),
            (Type::Int | Type::Long | Type::Enum(_) | Type::Id, Literal::Int(number)) => (*number).into(),
            (Type::Int | Type::Long | Type::Enum(_), _) => 0.into(),
            (Type::List(_), _) => Json::Array(Vec::new()),
            (Type::Id | Type::Time | Type::Record(_), _) => continue,
        };
        record.insert(field.label.clone(), missing);
    }
}

/// The same of records that are there, and of those in lists, without adding any.
fn complete_value(vocabulary: &Vocabulary, ty: &Type, value: &mut Json) {
    if let (Type::Record(place), Some(record)) = (ty, value.as_object_mut()) {
        complete(vocabulary, &vocabulary.records[*place].fields, record);
    }
    if let (Type::List(item), Some(items)) = (ty, value.as_array_mut()) {
        items.iter_mut().for_each(|value| complete_value(vocabulary, item, value));
    }
}

/// Completes what a method has returned.
pub fn complete_results(vocabulary: &Vocabulary, fields: &Fields, out: &mut Record) {
    for field in &fields.list {
        if let Some(value) = out.get_mut(&field.label) {
            complete_value(vocabulary, &field.ty, value);
        }
    }
}

/// Lays the properties that are told over those that are known.
pub fn overlay(known: &mut Record, told: Record) {
    for (label, value) in told {
        match (known.get_mut(&label), value) {
            (Some(Json::Object(known)), Json::Object(told)) => overlay(known, told),
            (_, value) => drop(known.insert(label, value)),
        }
    }
}

/// A whole number of a record; 0 where there is none.
pub fn number(record: &Record, label: &str) -> i64 {
    record.get(label).and_then(Json::as_i64).unwrap_or(0)
}

pub fn text<'r>(record: &'r Record, label: &str) -> &'r str {
    record.get(label).and_then(Json::as_str).unwrap_or_default()
}

pub fn is(record: &Record, label: &str) -> bool {
    record.get(label).and_then(Json::as_bool).unwrap_or(false)
}
