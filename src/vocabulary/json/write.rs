//! Messages → JSON.

use smallvec::SmallVec;

use crate::{
    message::{self, Message, Value},
    vocabulary::{
        compound::join,
        definition::{Form, Vocabulary},
        field::{Field, Literal, Type},
        fields::{Record, part_label},
    },
};

impl Vocabulary {
    /// Writes a message as JSON, with the vocabulary's defaults for the fields that are not set.
    pub fn write_json(&self, message: &Message, out: &mut Vec<u8>) {
        let Some(kind) = message.kind() else { return };
        let def = self.message(kind);
        let name_field = self.name_field_of_line(def);
        let wrapped = self.form == Form::Soap && name_field.is_none();
        if wrapped {
            out.push(b'{');
            write_text(&def.label, out);
            out.push(b':');
        }
        let mut separator = b'{';
        let names = def.wire_names.iter().filter(|_| self.form == Form::Json);
        let named: SmallVec<[(&str, &str); 2]> = names.map(|(field, value)| (field.as_str(), value.as_str())).collect();
        if let Some(field) = name_field {
            write_key(field, &mut separator, out);
            write_text(&def.label, out);
        }
        let inside = self.inside(def);
        for (slot, field) in def.fields.list.iter().enumerate() {
            if inside == Some(slot) {
                write_key(self.parameter.as_deref().unwrap_or_default(), &mut separator, out);
                separator = b'{';
            }
            if name_field == Some(&*field.label) || !field.joined.is_empty() {
                continue;
            }
            if let Some((_, value)) = named.iter().find(|(label, _)| *label == field.label) {
                write_key(&field.label, &mut separator, out);
                self.write_value(&field.ty, Value::Text(value), out);
                continue;
            }
            let value = match message.get(slot) {
                Value::Absent => def.fields.piece(message, slot),
                value => value,
            };
            if matches!(value, Value::Absent) && field.optional {
                continue;
            }
            if field.family > 0 {
                self.write_family(field, value, &mut separator, out);
                continue;
            }
            write_key(&field.label, &mut separator, out);
            let fixed = def.fixed.iter().find(|(fixed, _)| *fixed == slot).map(|(_, literal)| literal);
            match (value, fixed) {
                (Value::Absent, Some(literal)) => self.write_literal(&field.ty, literal, out),
                (Value::Absent, None) => self.write_default(field, out),
                (value, _) => self.write_field(field, value, out),
            }
        }
        if inside == Some(def.fields.list.len()) {
            write_key(self.parameter.as_deref().unwrap_or_default(), &mut separator, out);
            separator = b'{';
        }
        if separator == b'{' {
            out.push(b'{');
        }
        out.push(b'}');
        if wrapped || inside.is_some() {
            out.push(b'}');
        }
    }

    /// Writes the items of a list as numbered fields, as many as the family has room for.
    fn write_family(&self, family: &Field, value: Value, separator: &mut u8, out: &mut Vec<u8>) {
        let Type::List(item) = &family.ty else { return };
        let Type::Record(place) = **item else { return };
        let mut items = value.as_list().into_iter().flat_map(|list| list.iter());
        for number in 0..family.family {
            let record = items.next().and_then(|item| item.as_record());
            for (slot, member) in self.records[place].fields.list.iter().enumerate() {
                write_key(&part_label(family, number, member), separator, out);
                match record.map(|record| record.get(slot)).unwrap_or_default() {
                    Value::Absent => self.write_literal(&member.ty, &member.default, out),
                    value => self.write_value(&member.ty, value, out),
                }
            }
        }
    }

    fn write_field(&self, field: &Field, value: Value, out: &mut Vec<u8>) {
        match (&field.separated, value) {
            (Some(separators), Value::List(list)) => write_text(&join(separators, list), out),
            _ => match (field.quotes, value) {
                (Some(true), Value::Text(text)) => write_text(text, out),
                (Some(true), Value::Int(number)) => write_text(itoa::Buffer::new().format(number), out),
                (Some(false), Value::Text(text)) if is_plain_number(text) => out.extend_from_slice(text.as_bytes()),
                _ => self.write_value(&field.ty, value, out),
            },
        }
    }

    fn write_default(&self, field: &Field, out: &mut Vec<u8>) {
        match &field.default {
            Literal::Int(number) => self.write_field(field, Value::Int(*number), out),
            literal => self.write_literal(&field.ty, literal, out),
        }
    }

    fn write_literal(&self, ty: &Type, literal: &Literal, out: &mut Vec<u8>) {
        match literal {
            Literal::Absent => out.extend_from_slice(b"null"),
            Literal::EmptyList => out.extend_from_slice(b"[]"),
            Literal::Int(number) => self.write_value(ty, Value::Int(*number), out),
            Literal::Bool(value) => self.write_value(ty, Value::Bool(*value), out),
            Literal::Text(text) => write_text(text, out),
        }
    }

    fn write_value(&self, ty: &Type, value: Value, out: &mut Vec<u8>) {
        match (ty, value) {
            (_, Value::Absent | Value::Nil) => out.extend_from_slice(b"null"),
            (Type::List(item), Value::List(list)) => {
                let mut separator = b'[';
                for value in list.iter() {
                    out.push(std::mem::replace(&mut separator, b','));
                    self.write_value(item, value, out);
                }
                if separator == b'[' {
                    out.push(b'[');
                }
                out.push(b']');
            }
            (Type::Record(place), Value::Record(record)) => self.write_record(&self.records[*place], record, out),
            (Type::Bool, value) => {
                let text: &[u8] = if value.as_bool() == Some(true) { b"true" } else { b"false" };
                out.extend_from_slice(text);
            }
            (Type::Enum(place), Value::Int(code)) if self.enums[*place].by_name => {
                match self.enums[*place].member(code) {
                    Some(member) => write_text(&member.name, out),
                    None => write_int(code, out),
                }
            }
            (Type::Text | Type::Time, Value::Int(number)) => write_text(itoa::Buffer::new().format(number), out),
            (Type::Int | Type::Long | Type::Enum(_), Value::Text(text)) if Value::Text(text).as_int().is_some() => {
                write_int(Value::Text(text).as_int().unwrap_or_default(), out);
            }
            // An id that came as a text and is a number in its usual form.
            (Type::Id, Value::Text(text)) if is_plain_number(text) => out.extend_from_slice(text.as_bytes()),
            (_, Value::Text(text)) => write_text(text, out),
            (_, Value::Int(number)) => write_int(number, out),
            (_, Value::Bool(value)) => out.extend_from_slice(if value { b"true" } else { b"false" }),
            (_, Value::Float(value)) => out.extend_from_slice(value.to_string().as_bytes()),
            // A list in place of a scalar, or the reverse, does not occur: rules are checked against the types.
            (_, Value::List(_) | Value::Record(_)) => out.extend_from_slice(b"null"),
        }
    }

    fn write_record(&self, def: &Record, record: message::Record, out: &mut Vec<u8>) {
        let (open, close) = if def.tuple { (b'[', b']') } else { (b'{', b'}') };
        let mut separator = open;
        for (field, value) in def.fields.list.iter().zip(record.iter()) {
            if def.tuple {
                out.push(std::mem::replace(&mut separator, b','));
            } else {
                write_key(&field.label, &mut separator, out);
            }
            match value {
                Value::Absent => self.write_default(field, out),
                value => self.write_field(field, value, out),
            }
        }
        if separator == open {
            out.push(open);
        }
        out.push(close);
    }
}

fn write_key(label: &str, separator: &mut u8, out: &mut Vec<u8>) {
    out.push(std::mem::replace(separator, b','));
    write_text(label, out);
    out.push(b':');
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    // Writing a string to memory cannot fail.
    let _ = serde_json::to_writer(out, text);
}

/// True if a text is a number in the form in which it would be written again.
fn is_plain_number(text: &str) -> bool {
    text.parse::<i64>().is_ok_and(|number| itoa::Buffer::new().format(number) == text)
}

fn write_int(number: i64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}
