//! Scalars that came in another form than their type's: numbers and names in texts, numbers with a fraction.

use super::{definition::Vocabulary, field::Type};
use crate::message::{Node, Value};

/// True if every value of this type is a number.
pub fn is_number(ty: &Type) -> bool {
    matches!(ty, Type::Int | Type::Long | Type::Enum(_))
}

/// True if a number with a fraction or exponent may be a value of this type: it is whole, or need not be.
pub fn fits(ty: &Type, number: f64) -> bool {
    !(is_number(ty) || matches!(ty, Type::Id)) || Value::Float(number).as_int().is_some()
}

/// The value of a text whose type is a number, a truth value or an enumeration; none if it stays a text.
pub fn typed_text(vocabulary: &Vocabulary, ty: &Type, text: &str) -> Option<Node> {
    match ty {
        Type::Int | Type::Long => text.trim().parse().ok().map(Node::Int),
        Type::Bool => Value::Text(text).as_bool().map(Node::Bool),
        Type::Enum(place) if vocabulary.enums[*place].by_name => vocabulary.member_code(*place, text).map(Node::Int),
        Type::Enum(_) => text.trim().parse().ok().map(Node::Int),
        Type::Text | Type::Time | Type::Id | Type::Record(_) | Type::List(_) => None,
    }
}
