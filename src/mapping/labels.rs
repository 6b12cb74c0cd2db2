//! Dotted labels: the names of fields, and of fields inside records, as rules and reports write them.

use crate::vocabulary::{MessageDef, Type, Vocabulary};

/// The dotted labels of a message's fields. Records, and lists of records, are replaced by their fields.
pub fn dotted_labels(vocabulary: &Vocabulary, def: &MessageDef) -> Vec<String> {
    fn walk(vocabulary: &Vocabulary, label: String, ty: &Type, into: &mut Vec<String>) {
        match ty {
            Type::List(item) => walk(vocabulary, label, item, into),
            Type::Record(place) => {
                for field in &vocabulary.records[*place].fields.list {
                    walk(vocabulary, format!("{label}.{}", field.label), &field.ty, into);
                }
            }
            Type::Bool | Type::Int | Type::Long | Type::Text | Type::Time | Type::Id | Type::Enum(_) => {
                into.push(label);
            }
        }
    }
    let mut labels = Vec::new();
    for field in &def.fields.list {
        walk(vocabulary, field.label.clone(), &field.ty, &mut labels);
    }
    labels
}
