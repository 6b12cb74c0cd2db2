//! The types of expressions, and which type may stand where another is wanted. The type that each name of a rule has is found
//! in `type_of`.

use std::sync::Arc;

/// The type of an expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Ty {
    /// Any type: used where none is wanted in particular, or the type is unknown.
    Any,
    Bool,
    Number,
    Text,
    /// A number or a text that identifies something.
    Id,
    Members(Arc<Members>),
    List,
    Record,
}

/// An enumeration, of a dialect or of the model.
#[derive(Debug, PartialEq)]
pub struct Members {
    pub name: String,
    pub list: Vec<(String, i64)>,
}

impl Members {
    pub fn code(&self, name: &str) -> Option<i64> {
        self.list.iter().find(|(known, _)| known == name).map(|(_, code)| *code)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.list.iter().map(|(name, _)| name.as_str())
    }
}

impl Ty {
    pub fn name(&self) -> &str {
        match self {
            Ty::Any => "anything",
            Ty::Bool => "true or false",
            Ty::Number => "a number",
            Ty::Text => "a text",
            Ty::Id => "an id",
            Ty::Members(members) => &members.name,
            Ty::List => "a list",
            Ty::Record => "a record",
        }
    }

    /// True if a value of this type may stand where `wanted` is wanted. Every scalar can be written as a text, and a code as a
    /// number; a text does not fit where a number is wanted.
    pub fn fits(&self, wanted: &Ty) -> bool {
        match (self, wanted) {
            (_, Ty::Any) | (Ty::Any, _) => true,
            (Ty::Members(own), Ty::Members(wanted)) => own.name == wanted.name,
            (_, Ty::Members(_)) => false,
            (Ty::List, wanted) => *wanted == Ty::List,
            (Ty::Record, wanted) => *wanted == Ty::Record,
            (own, Ty::Bool) => *own == Ty::Bool,
            (own, Ty::Number) => matches!(own, Ty::Number | Ty::Id | Ty::Members(_)),
            (_, wanted) => !matches!(wanted, Ty::List | Ty::Record),
        }
    }
}
