//! The events that are published: the templates of their bodies, and the fields that differ from session to session. Which
//! session wants an event is not decided here (`session`).

use bytes::Bytes;

use crate::{
    message::{Kind, Message},
    vocabulary::{EventTemplate, Literal, Profile, Role, Side, Vocabulary},
};

/// Lengths of bodies are guessed in steps of so many bytes.
const LENGTH_STEP: usize = 256;

/// One kind of event.
pub struct Event {
    template: EventTemplate,
    pub class: usize,
    /// The slots of the session's own request and tenant.
    pub request: Option<usize>,
    pub tenant: Option<usize>,
    /// The length that the last body had, rounded up.
    usual_length: usize,
    /// That body: once it is sent, the next one is written in its place.
    last: Bytes,
}

impl Event {
    /// Those of all messages, by kind; none for a message that is no event. `publish` is the operation that carries them.
    pub fn all(vocabulary: &Vocabulary, profile: &Profile, publish: Kind) -> Vec<Option<Event>> {
        let all = vocabulary.kinds().map(|(kind, def)| {
            let category = def.fields.slot("EventCategory");
            let class = def.fixed.iter().find(|(slot, _)| Some(*slot) == category).map(|(_, literal)| literal);
            (def.side == Side::Event).then(|| Event {
                template: EventTemplate::new(vocabulary, profile, publish, kind),
                class: if let Some(Literal::Int(class)) = class { *class as usize } else { 0 },
                request: def.role(Role::Request),
                tenant: def.role(Role::Tenant),
                usual_length: 0,
                last: Bytes::new(),
            })
        });
        all.collect()
    }

    /// The body that tells it, and how many list items did not fit. The next one will be about as long: it is written at
    /// once where it stays.
    pub fn body(&mut self, vocabulary: &Vocabulary, message: &Message) -> (Bytes, usize) {
        let mut body = self.room();
        let cut = self.template.write(vocabulary, message, &mut body);
        self.usual_length = body.len().next_multiple_of(LENGTH_STEP);
        // It may stay in a queue for long.
        if body.capacity() > 2 * self.usual_length {
            body.shrink_to_fit();
        }
        let body = Bytes::from(body);
        self.last = body.clone();
        (body, cut)
    }

    /// Where a body can be written.
    fn room(&mut self) -> Vec<u8> {
        let last = std::mem::take(&mut self.last);
        if !last.is_unique() {
            return Vec::with_capacity(self.usual_length);
        }
        let mut room = Vec::from(last);
        room.clear();
        room
    }
}
