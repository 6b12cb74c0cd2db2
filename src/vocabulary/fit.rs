//! What a message may hold at most: texts and lists that are longer are cut, never sent too long. Lengths are counted as .NET
//! counts them, in UTF-16 units, and nothing is cut within a character.

use super::{Type, Vocabulary};
use crate::message::{Message, Node};

impl Vocabulary {
    /// Cuts what is longer than the vocabulary allows; hands back how many texts and lists were.
    pub fn fit(&self, message: &mut Message) -> usize {
        let Some(def) = message.kind().map(|kind| self.message(kind)) else { return 0 };
        let mut cut = 0;
        for (slot, field) in def.fields.list.iter().enumerate() {
            let Some(most) = field.max.and_then(|most| usize::try_from(most).ok()) else { continue };
            match field.ty {
                Type::Text => cut += usize::from(message.shorten(slot, most)),
                Type::List(_) => cut += usize::from(message.shorten_list(slot, most)),
                _ => {}
            }
        }
        for (slot, field) in def.fields.list.iter().enumerate() {
            cut += self.fit_within(&field.ty, message.node(slot), message);
        }
        cut
    }

    /// Cuts the texts of records.
    fn fit_within(&self, ty: &Type, node: Node, message: &mut Message) -> usize {
        match ty {
            Type::List(item) if matches!(**item, Type::Record(_) | Type::List(_)) => {
                let count = message.entries(node).len();
                (0..count).map(|place| self.fit_within(item, message.entries(node)[place], message)).sum()
            }
            Type::Record(place) if matches!(node, Node::Record(_)) => {
                let fields = self.records[*place].fields.list.iter().enumerate();
                let fit = |(slot, field): (usize, &super::Field)| match (&field.ty, field.max) {
                    (Type::Text, Some(most)) => {
                        usize::from(message.shorten_member(node, slot, usize::try_from(most).unwrap_or(0)))
                    }
                    (ty, _) => self.fit_within(ty, message.entries(node)[slot], message),
                };
                fields.map(fit).sum()
            }
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        diagnostic::Problems,
        message::{Message, Value},
        shipped::Files,
        vocabulary::{self, Wanted},
    };

    #[test]
    fn what_is_too_long_is_cut_at_a_character_and_counted() {
        let files = Files::built_in();
        let media = vocabulary::load(files.get("dialects/open-media.toml").unwrap(), &mut Problems::default());
        let items: Vec<String> =
            (0..5).map(|n| format!("{{\"Label\":\"{n}\",\"Data\":\"{}\"}}", "ä".repeat(100 + n))).collect();
        let line = format!(
            "{{\"AddRequest\":{{\"PrivateData\":\"{}\",\"ServiceGroupName\":\"short\",\"IVRInfo\":[{}]}}}}",
            "😀".repeat(200),
            items.join(",")
        );
        let mut message = Message::default();
        media.read_json(&line, true, &Wanted::new(), &mut message).unwrap();
        // The private data, the list, and the data of all items but the first.
        assert_eq!(media.fit(&mut message), 1 + 1 + 2);
        let mut line = Vec::new();
        media.write_json(&message, &mut line);
        let said: serde_json::Value = serde_json::from_slice(&line).unwrap();
        let add = &said["AddRequest"];
        let private = add["PrivateData"].as_str().unwrap();
        assert_eq!((private.encode_utf16().count(), private.chars().count()), (254, 127), "255 would be half of one");
        let items = add["IVRInfo"].as_array().unwrap();
        assert_eq!(items.len(), 3);
        assert!(items.iter().all(|item| item["Data"].as_str().unwrap().chars().count() == 100));
        assert_eq!(media.fit(&mut message), 0);
        let slot = media.message(message.kind().unwrap()).fields.slot("ServiceGroupName").unwrap();
        assert!(matches!(message.get(slot), Value::Text("short")));
    }
}
