//! A constant in a rule.

use crate::message::Value;

#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    Int(i64),
    Bool(bool),
    Text(String),
}

impl Literal {
    pub fn value(&self) -> Value<'_> {
        match self {
            Literal::Int(number) => Value::Int(*number),
            Literal::Bool(value) => Value::Bool(*value),
            Literal::Text(text) => Value::Text(text),
        }
    }
}
