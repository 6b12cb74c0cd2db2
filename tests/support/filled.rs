//! Messages that have everything: each field of a message of a vocabulary, with a value that its type allows and that no
//! other field has.

use cti_bridge::{
    message::Kind,
    vocabulary::{Enum, Field, Fields, Literal, Type, Vocabulary},
};
use serde_json::{Map, Value, json};

/// Fills messages of one vocabulary.
pub struct Filler<'v> {
    pub vocabulary: &'v Vocabulary,
    /// Whether the content of a text field must be a number.
    pub is_number: fn(&str) -> bool,
    /// The last number that was used.
    pub last: i64,
    /// Members of enumerations are taken in turn, so that each is seen in one of several variants.
    pub variant: usize,
}

impl Filler<'_> {
    fn next(&mut self) -> i64 {
        self.last += 1;
        self.last
    }

    /// All fields of a message of this kind.
    pub fn fields(&mut self, kind: Kind) -> Map<String, Value> {
        let vocabulary = self.vocabulary;
        let def = vocabulary.message(kind);
        let mut fields = self.of(&def.fields);
        for (slot, literal) in &def.fixed {
            let field = &def.fields.list[*slot];
            fields.insert(field.label.clone(), self.fixed(field, literal));
        }
        fields
    }

    fn fixed(&self, field: &Field, literal: &Literal) -> Value {
        match (literal, &field.ty) {
            (Literal::Int(code), Type::Enum(place)) => member(&self.vocabulary.enums[*place], *code),
            (Literal::Int(number), _) => json!(number),
            (Literal::Text(text), _) => json!(text),
            (Literal::Bool(is_so), _) => json!(is_so),
            (Literal::Absent, _) => Value::Null,
            (Literal::EmptyList, _) => json!([]),
        }
    }

    fn of(&mut self, fields: &Fields) -> Map<String, Value> {
        fields.list.iter().map(|field| (field.label.clone(), self.value(field, &field.ty))).collect()
    }

    fn value(&mut self, field: &Field, ty: &Type) -> Value {
        let value = self.plain(field, ty);
        if field.quotes == Some(true) && value.is_i64() { json!(value.to_string()) } else { value }
    }

    fn plain(&mut self, field: &Field, ty: &Type) -> Value {
        match ty {
            Type::Bool => json!(true),
            Type::Int => json!(self.next()),
            Type::Long => json!((1_i64 << 40) + self.next()),
            Type::Text if field.quotes == Some(false) => json!(self.next()),
            Type::Text if (self.is_number)(&field.label) => json!(self.next().to_string()),
            Type::Text => json!(format!("{} {} <&>", field.label, self.next())),
            Type::Id => json!(self.next()),
            Type::Time => {
                let number = self.next();
                json!(format!("2026-11-20 10:{:02}:{:02}", number / 60 % 60, number % 60))
            }
            Type::Enum(place) => {
                let known = &self.vocabulary.enums[*place];
                let most = known.members.len() - 1;
                member(known, known.members[if most == 0 { 0 } else { 1 + self.variant % most }].code)
            }
            Type::Record(place) => {
                let vocabulary = self.vocabulary;
                Value::Object(self.of(&vocabulary.records[*place].fields))
            }
            Type::List(item) => json!([self.value(field, item), self.value(field, item)]),
        }
    }
}

/// A member as it travels.
fn member(known: &Enum, code: i64) -> Value {
    match known.member(code) {
        Some(member) if known.by_name => json!(member.name),
        Some(_) | None => json!(code),
    }
}
