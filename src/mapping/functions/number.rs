//! Conversions between numbers and texts.

use super::Arguments;
use crate::message::Value;

pub fn as_text<'v>(arguments: &Arguments<'_, 'v>) -> Value<'v> {
    arguments.text(0).map(Value::Text).unwrap_or_default()
}

pub fn as_number<'v>(arguments: &Arguments<'_, 'v>) -> Value<'v> {
    arguments.number(0).map(Value::Int).unwrap_or_default()
}
