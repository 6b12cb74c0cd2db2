//! An entry that is being written, word by word. Every message writes several, with the nearest caches full of other things, so
//! that this is little code, which all places that write share. It owns the order in which an entry's parts stand.

use smallvec::SmallVec;

use super::entry::{
    HAS_REQUEST, HAS_SESSION, HAS_VALUES, HEAD, INT, LONGEST_VALUES, NAMES, NONE, Name, Part, TEXT, What, cut, packed,
};
use crate::{
    bridge::Owner,
    message::{Kind, Value},
    time::Time,
};

/// See the module. After the setters of what each entry has, the others are called in the order in which they stand here.
#[derive(Debug)]
pub struct Draft {
    owner: u16,
    what: [u8; 3],
    flags: u16,
    /// The message, the rule, the other side and the number of sessions.
    numbers: [u16; 4],
    /// Those after the head.
    words: SmallVec<[u64; 2 + NAMES]>,
}

impl Draft {
    #[inline]
    pub fn new(owner: Owner, what: What) -> Draft {
        let numbers = [NONE, NONE, 0, 0];
        Draft { owner: owner.code(), what: what.codes(), flags: 0, numbers, words: SmallVec::new() }
    }

    pub fn message(&mut self, kind: Kind) {
        self.numbers[0] = kind.0;
    }

    /// The rule's place among its owner's rules in that direction.
    pub fn rule(&mut self, rule: Option<usize>) {
        self.numbers[1] = rule.map_or(NONE, |rule| rule as u16);
    }

    pub fn other(&mut self, other: usize) {
        self.numbers[2] = other as u16;
    }

    pub fn sessions(&mut self, sessions: usize) {
        self.numbers[3] = sessions.min(usize::from(u16::MAX)) as u16;
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

    /// The id that a value of a message is.
    #[inline(never)]
    pub fn id(&mut self, part: Part, value: Value) {
        self.name(part, Name::of(value));
    }

    #[inline(never)]
    pub fn name(&mut self, part: Part, name: Name) {
        match name {
            Name::None => {}
            Name::Int(number) => self.put(part.flag(INT), number as u64),
            Name::Text(text) => self.text(part.flag(TEXT), text),
        }
    }

    #[cold]
    pub fn values(&mut self, values: &str) {
        self.text(HAS_VALUES, cut(values, LONGEST_VALUES));
    }

    #[inline(never)]
    fn put(&mut self, flag: u16, word: u64) {
        debug_assert!(self.flags < flag, "{:b} after {:b}", flag, self.flags);
        self.flags |= flag;
        self.words.push(word);
    }

    /// A text: its length, then its bytes.
    #[inline(never)]
    fn text(&mut self, flag: u16, text: &str) {
        self.put(flag, text.len() as u64);
        self.words.extend(text.as_bytes().chunks(8).map(|part| {
            let mut word = [0; 8];
            word[..part.len()].copy_from_slice(part);
            u64::from_le_bytes(word)
        }));
    }

    /// The words that every entry begins with.
    pub fn head(&self, at: Time) -> [u64; HEAD] {
        let [variant, kind, more] = self.what;
        let length = (HEAD + self.words.len()) as u16;
        let first = [length, u16::from_le_bytes([variant, kind]), self.flags, self.owner];
        [packed(first), at.0 | u64::from(more) << 56, packed(self.numbers)]
    }

    /// The words after those.
    pub fn rest(&self) -> &[u64] {
        &self.words
    }
}

#[cfg(test)]
impl super::Entry<'_> {
    pub fn draft(&self) -> Draft {
        let mut draft = Draft::new(self.owner, self.what);
        self.message.into_iter().for_each(|kind| draft.message(kind));
        draft.rule(self.rule);
        draft.other(self.other);
        draft.sessions(self.sessions);
        draft.session(self.session);
        draft.request(self.request);
        draft.name(Part::Call, self.call);
        draft.name(Part::Second, self.second);
        draft.name(Part::Agent, self.agent);
        draft.name(Part::PlatformCall, self.platform_call);
        draft.name(Part::PlatformAgent, self.platform_agent);
        draft.name(Part::Guid, self.guid);
        self.values.into_iter().for_each(|values| draft.values(values));
        draft
    }
}
