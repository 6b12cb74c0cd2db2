//! One entry of the history, and its form in memory: a few words of 64 bits, with texts behind them only where an id is one. It
//! owns that form; it deliberately makes no names of its numbers.

use crate::{
    bridge::Owner,
    message::{Kind, Message, Node, Value},
    model::{Effect, Id, Meaning, Occasion, RequestKind, TransitionKind},
    time::Time,
};

/// An id as its side writes it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Name<'n> {
    #[default]
    None,
    Int(i64),
    Text(&'n str),
}

/// The longest id that is kept, and the longest values of a message, in bytes. Both fit a record, whatever they are.
pub const LONGEST_NAME: usize = 1024;
pub const LONGEST_VALUES: usize = 48 << 10;

impl<'n> Name<'n> {
    pub fn of(value: Value<'n>) -> Name<'n> {
        match value {
            Value::Int(number) => Name::Int(number),
            Value::Text(text) => Name::of_text(text),
            Value::Absent | Value::Nil | Value::List(_) | Value::Record(_) => Name::None,
            Value::Bool(_) | Value::Float(_) => value.as_int().map_or(Name::None, Name::Int),
        }
    }

    /// The first of a message's fields that has a value.
    #[inline]
    pub fn first(message: &'n Message, slots: &[u16]) -> Name<'n> {
        for slot in slots {
            let name = match message.node(usize::from(*slot)) {
                Node::Absent => continue,
                Node::Int(number) => return Name::Int(number),
                node => Name::of(message.value(node)),
            };
            if name != Name::None {
                return name;
            }
        }
        Name::None
    }

    pub fn of_text(text: &'n str) -> Name<'n> {
        let text = cut(text, LONGEST_NAME);
        // The same id may be written as a number on one side and as a text on the other.
        match text.as_bytes() {
            [] => Name::None,
            b"0" => Name::Int(0),
            [b'1'..=b'9', ..] => text.parse().map_or(Name::Text(text), Name::Int),
            _ => Name::Text(text),
        }
    }

    pub fn of_id(id: Id<'n>) -> Name<'n> {
        match id {
            Id::None => Name::None,
            Id::Int(number) => Name::Int(number),
            Id::Text(text) => Name::of_text(text),
        }
    }

    #[inline]
    pub fn number(self) -> i64 {
        if let Name::Int(number) = self { number } else { NO_NUMBER }
    }

    pub fn text(self) -> Option<String> {
        match self {
            Name::None => None,
            Name::Int(number) => Some(number.to_string()),
            Name::Text(text) => Some(text.to_owned()),
        }
    }

    /// True if both are the same id; guids are equal whatever their case, with or without braces.
    pub fn is(self, other: Name) -> bool {
        match (self, other) {
            (Name::Text(one), Name::Text(other)) => Id::Text(one) == Id::Text(other),
            (Name::Int(one), Name::Int(other)) => one == other,
            (Name::None | Name::Int(_) | Name::Text(_), _) => false,
        }
    }
}

/// The number of what has none.
pub const NO_NUMBER: i64 = i64::MIN;

/// The beginning of a text that is too long.
pub fn cut(text: &str, longest: usize) -> &str {
    if text.len() <= longest { text } else { &text[..text.floor_char_boundary(longest)] }
}

/// The bridge's own reason why an application is not told of a transition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unheard {
    /// The reply is the request's only answer.
    Replied,
    OtherMedium,
}

impl Unheard {
    const ALL: [Unheard; 2] = [Unheard::Replied, Unheard::OtherMedium];

    pub fn text(self) -> &'static str {
        match self {
            Unheard::Replied => "the reply is the request's only answer",
            Unheard::OtherMedium => "it is not told of calls of this medium",
        }
    }
}

/// The content of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// With what the first rule that fired made of the message.
    MessageIn(Option<Meaning>),
    RuleFired(Meaning),
    Ignored,
    WithoutEffect(Meaning, Effect),
    /// And whether no message of the platform says it.
    Changed(Occasion, bool),
    /// The reason is the bridge's own, or that of the rules.
    Untold(TransitionKind, Option<Unheard>),
    MessageOut,
    Taken(RequestKind),
    CommandOut,
    ReplyIn,
}

/// No kind, rule or reason.
const NO_BYTE: u8 = u8::MAX;
const NONE: u16 = u16::MAX;

impl What {
    /// A number for the variant, and one for each of its values.
    #[inline(always)]
    pub fn codes(self) -> [u8; 3] {
        match self {
            What::MessageIn(fired) => [0, 0, fired.map_or(NO_BYTE, |means| means.place() as u8)],
            What::RuleFired(means) => [1, means.place() as u8, 0],
            What::Ignored => [2, 0, 0],
            What::WithoutEffect(means, effect) => [3, means.place() as u8, effect as u8],
            What::Changed(occasion, presumed) => [4, occasion.place() as u8, u8::from(presumed)],
            What::Untold(transition, reason) => [5, transition as u8, reason.map_or(NO_BYTE, |reason| reason as u8)],
            What::MessageOut => [6, 0, 0],
            What::Taken(operation) => [7, operation as u8, 0],
            What::CommandOut => [8, 0, 0],
            What::ReplyIn => [9, 0, 0],
        }
    }

    fn of([variant, kind, more]: [u8; 3]) -> Option<What> {
        let meaning = |place: u8| Meaning::all().nth(usize::from(place));
        let transition = || TransitionKind::from_code(i64::from(kind));
        Some(match variant {
            0 => What::MessageIn(meaning(more)),
            1 => What::RuleFired(meaning(kind)?),
            2 => What::Ignored,
            3 => What::WithoutEffect(meaning(kind)?, *Effect::ALL.get(usize::from(more))?),
            4 => What::Changed(Occasion::all().nth(usize::from(kind))?, more == 1),
            5 => What::Untold(transition()?, Unheard::ALL.get(usize::from(more)).copied()),
            6 => What::MessageOut,
            7 => What::Taken(RequestKind::from_code(i64::from(kind))?),
            8 => What::CommandOut,
            9 => What::ReplyIn,
            _ => return None,
        })
    }

    /// Whether the entries that follow share its call and its agent.
    pub fn leads(self) -> bool {
        match self {
            What::MessageIn(_) | What::Changed(..) => true,
            What::RuleFired(_)
            | What::Ignored
            | What::WithoutEffect(..)
            | What::Untold(..)
            | What::MessageOut
            | What::Taken(_)
            | What::CommandOut
            | What::ReplyIn => false,
        }
    }
}

/// One part of a story, as it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'n> {
    pub at: Time,
    pub owner: Owner,
    pub what: What,
    pub message: Option<Kind>,
    /// The rule's place among its owner's rules in that direction.
    pub rule: Option<usize>,
    /// The platform or application on the other side; of a change that a request caused, the application that asked.
    pub other: usize,
    pub session: Option<u32>,
    pub sessions: usize,
    pub request: Option<i64>,
    pub call: Name<'n>,
    pub second: Name<'n>,
    pub agent: Name<'n>,
    pub platform_call: Name<'n>,
    pub platform_agent: Name<'n>,
    /// That of a call that begins: other platforms may know it by this, too.
    pub guid: Name<'n>,
    pub values: Option<&'n str>,
}

const OF_APPLICATION: u16 = 1 << 15;
/// The words that each entry begins with.
pub const HEAD: usize = 2;
pub const NAMES: usize = 6;
/// The words of the longest entry, but for values.
pub const LONGEST: usize = HEAD + 3 + NAMES * (1 + LONGEST_NAME / 8);
/// Flags, in the order in which the parts stand: two for each name, and one for each of the others.
pub const HAS_TIME: u16 = 1;
pub const HAS_SESSION: u16 = 1 << 1;
pub const HAS_REQUEST: u16 = 1 << 2;
pub const HAS_VALUES: u16 = 1 << 15;
pub const INT: u16 = 1;
pub const TEXT: u16 = 2;
/// It is that of the entry before which leads.
pub const SHARED: u16 = 3;

/// The names that an entry may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Call,
    Agent,
    Second,
    PlatformCall,
    PlatformAgent,
    Guid,
}

impl Part {
    const fn shift(self) -> u32 {
        match self {
            Part::Call => 3,
            Part::Agent => 5,
            Part::Second => 7,
            Part::PlatformCall => 9,
            Part::PlatformAgent => 11,
            Part::Guid => 13,
        }
    }

    /// The flag of a name of this sort: [`INT`], [`TEXT`] or [`SHARED`].
    pub const fn flag(self, sort: u16) -> u16 {
        sort << self.shift()
    }

    pub const fn is_agent(self) -> bool {
        matches!(self, Part::Agent | Part::PlatformAgent)
    }
}

/// What entries do not say again: the time of the entry before, and the names of the one that led.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shared<'n> {
    at: Time,
    call: Name<'n>,
    agent: Name<'n>,
}

impl Owner {
    #[inline]
    pub(super) fn code(self) -> u16 {
        match self {
            Owner::Platform(index) => index as u16,
            Owner::Application(index) => index as u16 | OF_APPLICATION,
        }
    }
}

impl<'n> Entry<'n> {
    pub fn new(owner: Owner, what: What) -> Entry<'n> {
        Entry {
            at: Time(0),
            owner,
            what,
            message: None,
            rule: None,
            other: 0,
            session: None,
            sessions: 0,
            request: None,
            call: Name::None,
            second: Name::None,
            agent: Name::None,
            platform_call: Name::None,
            platform_agent: Name::None,
            guid: Name::None,
            values: None,
        }
    }

    /// The platform whose names `platform_call` and `platform_agent` are.
    pub fn platform(&self) -> Owner {
        match self.what {
            What::Changed(..) => self.owner,
            What::MessageIn(_)
            | What::RuleFired(_)
            | What::Ignored
            | What::WithoutEffect(..)
            | What::Untold(..)
            | What::MessageOut
            | What::Taken(_)
            | What::CommandOut
            | What::ReplyIn => Owner::Platform(self.other),
        }
    }

    /// The application's request that it belongs to: its place, the session and the number.
    pub fn asked(&self) -> Option<(usize, u32, i64)> {
        let application = match (self.owner, self.what) {
            (Owner::Application(index), _) => index,
            (Owner::Platform(_), What::CommandOut | What::ReplyIn | What::Changed(..)) => self.other,
            (Owner::Platform(_), _) => return None,
        };
        Some((application, self.session?, self.request.filter(|number| *number != 0)?))
    }

    /// Reads an entry, and says how many bytes it has.
    pub fn read(bytes: &'n [u8], shared: &mut Shared<'n>) -> Option<(Entry<'n>, usize)> {
        let mut rest = bytes;
        let [what, flags, owner, other] = unpacked(word(&mut rest)?);
        let [message, rule, sessions, more] = unpacked(word(&mut rest)?);
        let [variant, kind] = what.to_le_bytes();
        let what = What::of([variant, kind, more as u8])?;
        let index = usize::from(owner & !OF_APPLICATION);
        let owner = if owner & OF_APPLICATION == 0 { Owner::Platform(index) } else { Owner::Application(index) };
        let mut entry = Entry::new(owner, what);
        entry.message = (message != NONE).then_some(Kind(message));
        entry.rule = (rule != NONE).then_some(usize::from(rule));
        (entry.other, entry.sessions) = (usize::from(other), usize::from(sessions));
        if flags & HAS_TIME != 0 {
            shared.at = Time(word(&mut rest)?);
        }
        entry.at = shared.at;
        if flags & HAS_SESSION != 0 {
            entry.session = Some(word(&mut rest)? as u32);
        }
        if flags & HAS_REQUEST != 0 {
            entry.request = Some(word(&mut rest)? as i64);
        }
        let mut name = |part: Part| -> Option<Name<'n>> {
            Some(match flags >> part.shift() & 3 {
                INT => Name::Int(word(&mut rest)? as i64),
                TEXT => Name::Text(text(&mut rest)?),
                SHARED if part.is_agent() => shared.agent,
                SHARED => shared.call,
                _ => Name::None,
            })
        };
        (entry.call, entry.agent, entry.second) = (name(Part::Call)?, name(Part::Agent)?, name(Part::Second)?);
        (entry.platform_call, entry.platform_agent) = (name(Part::PlatformCall)?, name(Part::PlatformAgent)?);
        entry.guid = name(Part::Guid)?;
        if flags & HAS_VALUES != 0 {
            entry.values = Some(text(&mut rest)?);
        }
        if what.leads() {
            (shared.call, shared.agent) = (entry.call, entry.agent);
        }
        Some((entry, bytes.len() - rest.len()))
    }

    /// The second word of an entry for a message that came in, once the first rule has fired for it. None if the words are
    /// those of another entry, or of one that has its rule.
    #[inline]
    pub fn with_rule([first, second]: [u64; HEAD], owner: Owner, rule: usize, means: Meaning) -> Option<u64> {
        // Neither flags nor the other side matter.
        let is_same = |one: u64, other: u64, mask: [u16; 4]| (one ^ other) & packed(mask) == 0;
        let [expected, without] = head(What::MessageIn(None), owner);
        let is_it = is_same(first, expected, [NONE, 0, NONE, 0]) && is_same(second, without, [0, 0, 0, NONE]);
        let rule = packed([0, rule as u16, 0, means.place() as u16]);
        is_it.then_some(second & packed([NONE, 0, NONE, 0]) | rule)
    }
}

/// The words that an entry begins with, before anything else is known: what it is, flags, the owner and the other side; the
/// message, the rule, the number of sessions, and what else there is to say what it is.
#[inline(always)]
pub fn head(what: What, owner: Owner) -> [u64; HEAD] {
    let [variant, kind, more] = what.codes();
    let what = u16::from_le_bytes([variant, kind]);
    [packed([what, 0, owner.code(), 0]), packed([NONE, NONE, 0, u16::from(more)])]
}

const fn packed([first, second, third, fourth]: [u16; 4]) -> u64 {
    first as u64 | (second as u64) << 16 | (third as u64) << 32 | (fourth as u64) << 48
}

fn unpacked(word: u64) -> [u16; 4] {
    [0, 16, 32, 48].map(|shift| (word >> shift) as u16)
}

fn word(rest: &mut &[u8]) -> Option<u64> {
    let (first, others) = rest.split_first_chunk()?;
    *rest = others;
    Some(u64::from_le_bytes(*first))
}

fn text<'n>(rest: &mut &'n [u8]) -> Option<&'n str> {
    let length = word(rest)? as usize;
    let (text, others) = rest.split_at_checked(length.next_multiple_of(8))?;
    *rest = others;
    std::str::from_utf8(&text[..length]).ok()
}

#[cfg(test)]
mod tests;
