//! An entry that is being written, word by word, where it stays. Every message writes several, and their code and data have to
//! be fetched anew each time, so that this is little code, which all places that write share. It owns the order in which an
//! entry's parts stand.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::{
    entry::{
        HAS_REQUEST, HAS_SESSION, HAS_TIME, HAS_VALUES, HEAD, INT, LONGEST_VALUES, NO_NUMBER, Name, Part, SHARED, TEXT,
        cut,
    },
    tape::{About, Tape},
};
use crate::{
    message::{Kind, Message},
    vocabulary::Mentions,
};

/// See the module. After the setters of what each entry has, the others are called in the order in which they stand here.
#[derive(Debug)]
pub struct Draft<'t> {
    tape: &'t Tape,
    room: &'t [AtomicU64],
    /// How many words are written, with those of the head.
    length: usize,
    head: [u64; HEAD],
}

impl<'t> Draft<'t> {
    #[inline]
    pub fn new(tape: &'t Tape, room: &'t [AtomicU64], head: [u64; HEAD], time: Option<u64>) -> Draft<'t> {
        let mut draft = Draft { tape, room, length: HEAD, head };
        if let Some(time) = time {
            draft.put(HAS_TIME, time);
        }
        draft
    }

    #[inline]
    pub fn other(&mut self, other: usize) {
        self.head[0] |= u64::from(other as u16) << 48;
    }

    #[inline]
    pub fn message(&mut self, kind: Kind) {
        self.head[1] &= !u64::from(!kind.0);
    }

    /// The rule's place among its owner's rules in that direction.
    #[inline]
    pub fn rule(&mut self, rule: Option<usize>) {
        if let Some(rule) = rule {
            self.head[1] &= !(u64::from(!(rule as u16)) << 16);
        }
    }

    #[inline]
    pub fn sessions(&mut self, sessions: usize) {
        self.head[1] |= (sessions.min(usize::from(u16::MAX)) as u64) << 32;
    }

    pub fn session(&mut self, session: Option<u32>) {
        if let Some(session) = session {
            self.put(HAS_SESSION, u64::from(session));
        }
    }

    pub fn request(&mut self, request: Option<i64>) {
        if let Some(request) = request {
            self.put(HAS_REQUEST, request as u64);
        }
    }

    /// Adds the ids in a message. Returns the numbers of the call and the agent.
    #[inline(never)]
    pub fn ids(&mut self, mentions: &Mentions, message: &Message) -> [i64; 2] {
        let numbers = [self.id(Part::Call, &mentions.call, message), self.id(Part::Agent, &mentions.agent, message)];
        self.id(Part::Second, &mentions.second, message);
        numbers
    }

    /// Adds an id, the first of these fields that has a value, and returns its number.
    #[inline]
    fn id(&mut self, part: Part, slots: &[u16], message: &Message) -> i64 {
        if slots.is_empty() {
            return NO_NUMBER;
        }
        let name = Name::first(message, slots);
        match name {
            Name::None => {}
            Name::Int(number) => self.number(part, number),
            Name::Text(_) => self.name(part, name),
        }
        name.number()
    }

    /// The entries that follow share these numbers, and all names if the call and the agent are these.
    #[inline]
    pub fn share(&mut self, about: About, numbers: [i64; 2]) {
        self.tape.share(about, numbers);
    }

    /// Whether the entry that led is about this call and agent.
    #[inline]
    pub fn is_about(&self, about: About) -> bool {
        self.tape.is_about(about)
    }

    /// The call and the agent are those of the entry that led.
    #[inline]
    pub fn follow(&mut self, call: Part, agent: Part) {
        self.flag(call.flag(SHARED) | agent.flag(SHARED));
    }

    #[inline(never)]
    pub fn name(&mut self, part: Part, name: Name) {
        match name {
            Name::None => {}
            Name::Int(number) => self.number(part, number),
            Name::Text(text) => self.text(part.flag(TEXT), text),
        }
    }

    #[inline]
    fn number(&mut self, part: Part, number: i64) {
        if self.tape.shares(part, number) {
            self.flag(part.flag(SHARED));
        } else {
            self.put(part.flag(INT), number as u64);
        }
    }

    #[cold]
    pub fn values(&mut self, values: &str) {
        self.text(HAS_VALUES, cut(values, LONGEST_VALUES));
    }

    #[inline]
    fn put(&mut self, flag: u16, word: u64) {
        self.flag(flag);
        self.push(word);
    }

    #[inline]
    fn flag(&mut self, flag: u16) {
        self.head[0] |= u64::from(flag) << 16;
    }

    #[inline]
    fn push(&mut self, word: u64) {
        if let Some(place) = self.room.get(self.length) {
            place.store(word, Relaxed);
        }
        self.length += 1;
    }

    /// A text: its length, then its bytes.
    #[inline(never)]
    fn text(&mut self, flag: u16, text: &str) {
        self.put(flag, text.len() as u64);
        for part in text.as_bytes().chunks(8) {
            let mut word = [0; 8];
            word[..part.len()].copy_from_slice(part);
            self.push(u64::from_le_bytes(word));
        }
    }

    /// It is written: the next one begins behind it.
    #[inline]
    pub fn finish(self) {
        if let [first, second, ..] = self.room {
            first.store(self.head[0], Relaxed);
            second.store(self.head[1], Relaxed);
        }
        self.tape.added(self.length);
    }
}

#[cfg(test)]
impl super::Entry<'_> {
    pub fn write(&self, tape: &Tape) {
        let mut draft = tape.draft(self.owner, self.what, self.values.map_or(0, str::len));
        self.message.into_iter().for_each(|kind| draft.message(kind));
        draft.rule(self.rule);
        draft.other(self.other);
        draft.sessions(self.sessions);
        draft.session(self.session);
        draft.request(self.request);
        draft.name(Part::Call, self.call);
        draft.name(Part::Agent, self.agent);
        draft.name(Part::Second, self.second);
        draft.name(Part::PlatformCall, self.platform_call);
        draft.name(Part::PlatformAgent, self.platform_agent);
        draft.name(Part::Guid, self.guid);
        self.values.into_iter().for_each(|values| draft.values(values));
        if self.what.leads() {
            draft.share(About::NOBODY, [self.call, self.agent].map(Name::number));
        }
        draft.finish();
    }
}
