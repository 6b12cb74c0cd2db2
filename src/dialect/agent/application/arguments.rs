//! The parameters of a method's call, checked as COM checks them: nothing unknown, nothing missing, each of its type.

use super::frames::hresult;
use crate::{
    message::{Message, Value},
    time,
    vocabulary::{Decoded, Field, MessageDef, Type},
};

/// What is wrong with a call, as its result number and the reason.
pub type Wrong = (i64, String);

/// The parameters of a call that was read.
#[derive(Clone, Copy)]
pub struct Arguments<'a> {
    pub def: &'a MessageDef,
    pub message: &'a Message,
}

impl<'a> Arguments<'a> {
    pub fn value(&self, label: &str) -> Value<'a> {
        self.def.fields.slot(label).map(|slot| self.message.get(slot)).unwrap_or_default()
    }

    pub fn number(&self, label: &str) -> Option<i64> {
        self.value(label).as_int()
    }

    pub fn is(&self, label: &str) -> bool {
        self.value(label).as_bool() == Some(true)
    }

    pub fn text(&self, label: &str) -> &'a str {
        match self.value(label) {
            Value::Text(text) => text,
            Value::Absent
            | Value::Nil
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::List(_)
            | Value::Record(_) => "",
        }
    }

    pub fn check(&self, decoded: &Decoded) -> Result<(), Wrong> {
        let method = &self.def.label;
        if let Some(unknown) = decoded.unknown.first() {
            return Err((hresult::UNKNOWN, format!("{method} has no parameter {unknown}")));
        }
        if let Some(malformed) = &decoded.malformed {
            return Err((hresult::MISTYPED, format!("{method}: {malformed}")));
        }
        let own = self.def.base.map_or(0, |(_, count)| count);
        for (slot, field) in self.def.fields.list.iter().enumerate().skip(own) {
            let value = self.message.get(slot);
            if matches!(value, Value::Absent | Value::Nil) {
                if !field.optional {
                    return Err((hresult::MISSING, format!("{method} needs {}", field.label)));
                }
            } else if !fits(field, value) {
                return Err((hresult::MISTYPED, format!("{method}: {} is of another type", field.label)));
            }
        }
        Ok(())
    }
}

fn fits(field: &Field, value: Value) -> bool {
    let is_int = || value.as_int().is_some_and(|number| i32::try_from(number).is_ok());
    match &field.ty {
        Type::Bool => value.as_bool().is_some(),
        Type::Int | Type::Enum(_) | Type::Id => !matches!(value, Value::Bool(_)) && is_int(),
        Type::Long => !matches!(value, Value::Bool(_)) && value.as_int().is_some(),
        Type::Text => matches!(value, Value::Text(_) | Value::Int(_)),
        Type::Time => matches!(value, Value::Text(text) if time::parse(text).is_some()),
        Type::Record(_) => value.as_record().is_some(),
        Type::List(_) => value.as_list().is_some_and(|list| list.iter().all(|item| item.as_record().is_some())),
    }
}
