//! The ids by which people tell what a message is about.

use crate::{
    bridge::history::{Draft, Part},
    message::{Kind, Message, Value},
    vocabulary::Vocabulary,
};

/// The ids in a message, as the side writes them whose message it is.
pub struct Ids<'m> {
    pub kind: Kind,
    pub call: Value<'m>,
    pub second: Value<'m>,
    pub agent: Value<'m>,
    pub request: Option<i64>,
}

impl<'m> Ids<'m> {
    pub fn of(vocabulary: &Vocabulary, message: &'m Message) -> Option<Ids<'m>> {
        let kind = message.kind()?;
        let def = vocabulary.message(kind);
        let first = |slots: &[usize]| slots.iter().map(|slot| message.get(*slot)).find(is_there).unwrap_or_default();
        let [call, second, agent] =
            [&def.mentions.call, &def.mentions.second, &def.mentions.agent].map(|slots| first(slots));
        let request = def.mentions.request.and_then(|slot| message.get(slot).as_int());
        Some(Ids { kind, call, second, agent, request })
    }

    /// Adds the message and its ids to an entry.
    pub fn add_to(&self, draft: &mut Draft) {
        draft.message(self.kind);
        draft.id(Part::Call, self.call);
        draft.id(Part::Second, self.second);
        draft.id(Part::Agent, self.agent);
    }
}

fn is_there(value: &Value) -> bool {
    match value {
        Value::Int(_) | Value::Bool(_) => true,
        Value::Text(text) => !text.is_empty(),
        Value::Float(_) => value.as_int().is_some(),
        Value::Absent | Value::Nil | Value::List(_) | Value::Record(_) => false,
    }
}

pub fn text(value: Value) -> Option<String> {
    value.as_text(&mut itoa::Buffer::new()).map(str::to_owned)
}
