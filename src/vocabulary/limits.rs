//! Checks the limits that a guide gives for texts, lists and numbers. Messages are cut to their limits by `fit`.

use super::{
    definition::Vocabulary,
    field::{Field, Literal, Type},
};
use crate::message::{Message, Value};

impl Vocabulary {
    /// The error for the first field of a message that is beyond its limits. Absent fields and defaults are never beyond.
    pub fn beyond(&self, message: &Message) -> Option<String> {
        let fields = &self.message(message.kind()?).fields.list;
        fields.iter().enumerate().find_map(|(slot, field)| self.field_beyond(field, &field.ty, message.get(slot)))
    }

    fn field_beyond(&self, field: &Field, ty: &Type, value: Value) -> Option<String> {
        let label = &field.label;
        match (ty, value) {
            (_, Value::Absent | Value::Nil) => None,
            (Type::List(item), Value::List(list)) => {
                let most = field.max.filter(|most| list.iter().count() as i64 > *most);
                let one = Field { max: None, ..field.clone() };
                most.map(|most| format!("{label} has more than {most} items"))
                    .or_else(|| list.iter().find_map(|value| self.field_beyond(&one, item, value)))
            }
            (Type::Record(place), Value::Record(record)) => {
                let mut fields = self.records[*place].fields.list.iter().zip(record.iter());
                fields.find_map(|(member, value)| self.field_beyond(member, &member.ty, value))
            }
            (Type::Text, Value::Text(text)) => {
                // The services count UTF-16 units, as .NET does.
                let most = field.max.filter(|most| text.encode_utf16().count() as i64 > *most)?;
                Some(format!("{label} is longer than {most} characters"))
            }
            (Type::Int | Type::Long, value) => {
                let number = value.as_int().filter(|number| field.default != Literal::Int(*number))?;
                let too_small = field.min.is_some_and(|least| number < least);
                let too_large = field.max.is_some_and(|most| number > most);
                (too_small || too_large).then(|| match (field.min, field.max) {
                    (Some(least), Some(most)) if least == most => format!("{label} is not {most}"),
                    (Some(least), Some(most)) => format!("{label} is not between {least} and {most}"),
                    (Some(least), None) => format!("{label} is less than {least}"),
                    (None, most) => format!("{label} is more than {}", most.unwrap_or_default()),
                })
            }
            _ => None,
        }
    }
}
