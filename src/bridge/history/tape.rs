//! The memory of the history: pieces of 64 KiB that are written one after the other, the oldest again when all are full. It owns
//! the bound, and what an entry need not say again because the one before said it. It deliberately knows nothing else of what it
//! keeps.
//!
//! One task writes and reads it, at a few places that each hold it. So there is no lock, and no allocation but for each piece
//! once. The words are atomic only so that the compiler need not be told that.

use std::sync::{
    OnceLock,
    atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering::Relaxed},
};

use super::{
    draft::Draft,
    entry::{self, Entry, HEAD, LONGEST, LONGEST_VALUES, NO_NUMBER, Shared, What},
};
use crate::{
    bridge::Owner,
    model::{AgentIx, CallIx, Meaning},
    time::Time,
};

/// The words of a piece.
const PIECE: usize = 8192;
const BYTES: usize = PIECE * 8;

#[derive(Debug)]
pub struct Tape {
    pieces: Box<[Piece]>,
    /// The time of the entries that follow.
    now: AtomicU64,
    /// The place of the piece that is written, and where in it the last entry begins.
    place: AtomicUsize,
    last: AtomicUsize,
    known: Known,
    /// How many pieces were begun before that one.
    turns: AtomicU64,
    /// The values of messages are kept, too.
    pub values: bool,
}

/// What the entries that follow need not say again, because whoever reads knows it: see [`Shared`]. The first entry of a piece and
/// the first after a mark say everything.
#[derive(Debug)]
struct Known {
    at: AtomicU64,
    /// The numbers of the call and the agent, which are most often the same on all sides.
    numbers: [AtomicI64; 2],
    about: [AtomicU64; 3],
}

const NO_TIME: u64 = u64::MAX;

/// The call and the agent of a platform that an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About([u64; 3]);

impl About {
    /// Nobody knows, as long as a message was only read.
    pub const NOBODY: About = About([u64::MAX; 3]);

    pub fn of(owner: Owner, call: Option<CallIx>, agent: Option<AgentIx>) -> About {
        let call = call.map_or(u64::MAX, CallIx::number);
        About([u64::from(owner.code()), call, agent.map_or(u64::MAX, AgentIx::number)])
    }
}

#[derive(Debug, Default)]
struct Piece {
    words: OnceLock<Box<[AtomicU64]>>,
    used: AtomicUsize,
}

impl Piece {
    fn words(&self) -> &[AtomicU64] {
        self.words.get_or_init(|| (0..PIECE).map(|_| AtomicU64::new(0)).collect())
    }
}

/// Entries that were written, from a place on.
pub struct Part {
    pub place: u64,
    pub bytes: Vec<u8>,
}

impl Tape {
    /// A memory of so many bytes, of which a part is dropped at a time.
    pub fn new(limit: usize, values: bool) -> Tape {
        let pieces = (0..(limit / BYTES).max(2)).map(|_| Piece::default()).collect();
        let [place, last] = [0; 2].map(AtomicUsize::new);
        let known = Known {
            at: AtomicU64::new(NO_TIME),
            numbers: [NO_NUMBER; 2].map(AtomicI64::new),
            about: About::NOBODY.0.map(AtomicU64::new),
        };
        Tape { pieces, now: AtomicU64::new(0), place, last, known, turns: AtomicU64::new(0), values }
    }

    /// An empty memory in place of another: its places go on, so that whoever has read the other goes on reading.
    pub fn after(other: &Tape) -> Tape {
        let number = other.pieces.len() as u64;
        let tape = Tape::new(other.pieces.len() * BYTES, other.values);
        tape.turns.store((other.turns.load(Relaxed) / number + 1) * number, Relaxed);
        tape
    }

    /// Sets the time of the entries that follow. Calls and agents may have got other names since.
    pub fn set_now(&self, now: Time) {
        self.now.store(now.0, Relaxed);
        self.share(About::NOBODY, [NO_NUMBER; 2]);
    }

    /// An entry that is to be written, with room for so many bytes of values.
    #[inline(always)]
    pub fn draft(&self, owner: Owner, what: What, values: usize) -> Draft<'_> {
        self.begun(entry::head(what, owner), LONGEST + values.min(LONGEST_VALUES).div_ceil(8))
    }

    #[inline(never)]
    fn begun(&self, head: [u64; HEAD], most: usize) -> Draft<'_> {
        let mut piece = &self.pieces[self.place.load(Relaxed)];
        if piece.used.load(Relaxed) + most > PIECE {
            piece = self.begin();
        }
        let room = piece.words().get(piece.used.load(Relaxed)..).unwrap_or_default();
        let now = self.now.load(Relaxed);
        let time = (self.known.at.load(Relaxed) != now).then_some(now);
        self.known.at.store(now, Relaxed);
        Draft::new(self, room, head, time)
    }

    /// So many words were written.
    #[inline]
    pub fn added(&self, length: usize) {
        let piece = &self.pieces[self.place.load(Relaxed)];
        let begin = piece.used.load(Relaxed);
        self.last.store(begin, Relaxed);
        piece.used.store(begin + length, Relaxed);
    }

    /// The entries that follow share the numbers of this call and agent.
    #[inline]
    pub fn share(&self, about: About, numbers: [i64; 2]) {
        self.known.numbers.iter().zip(numbers).for_each(|(known, number)| known.store(number, Relaxed));
        self.known.about.iter().zip(about.0).for_each(|(known, about)| known.store(about, Relaxed));
    }

    /// Whether a call or an agent has the number of the one that is shared.
    #[inline]
    pub fn shares(&self, part: entry::Part, number: i64) -> bool {
        number != NO_NUMBER && self.known.numbers[usize::from(part.is_agent())].load(Relaxed) == number
    }

    /// Whether the names that are shared are those of this call and agent.
    #[inline]
    pub fn is_about(&self, about: About) -> bool {
        self.known.about.iter().zip(about.0).all(|(known, about)| known.load(Relaxed) == about)
    }

    /// Begins the next piece, in place of the oldest.
    #[cold]
    fn begin(&self) -> &Piece {
        let next = (self.place.load(Relaxed) + 1) % self.pieces.len();
        self.place.store(next, Relaxed);
        self.turns.store(self.turns.load(Relaxed) + 1, Relaxed);
        self.pieces[next].used.store(0, Relaxed);
        self.forget_shared();
        &self.pieces[next]
    }

    /// The next entry is the first that is read.
    fn forget_shared(&self) {
        self.known.at.store(NO_TIME, Relaxed);
        self.share(About::NOBODY, [NO_NUMBER; 2]);
    }

    /// A rule fired for the message that came in last: most messages have one, which needs no entry of its own.
    /// Returns false if it needs one.
    pub fn rule_fired(&self, owner: Owner, rule: usize, means: Meaning) -> bool {
        let piece = &self.pieces[self.place.load(Relaxed)];
        let last = self.last.load(Relaxed);
        let is_there = last < piece.used.load(Relaxed);
        if let Some([first, second, ..]) = piece.words().get(last..).filter(|_| is_there)
            && let Some(word) = Entry::with_rule([first, second].map(|word| word.load(Relaxed)), owner, rule, means)
        {
            second.store(word, Relaxed);
            return true;
        }
        false
    }

    /// The bytes that are in use, and their bound.
    pub fn fill(&self) -> (usize, usize) {
        let pieces = self.pieces.iter().filter(|piece| piece.words.get().is_some()).count();
        (pieces * BYTES, self.pieces.len() * BYTES)
    }

    /// The place where the next entry will be.
    pub fn end(&self) -> u64 {
        self.turns.load(Relaxed) * PIECE as u64 + self.pieces[self.place.load(Relaxed)].used.load(Relaxed) as u64
    }

    /// The same. Entries are read from there on: they share nothing with those before.
    pub fn mark(&self) -> u64 {
        self.forget_shared();
        self.end()
    }

    /// The place of the oldest entry that is left.
    pub fn start(&self) -> u64 {
        let begun = self.turns.load(Relaxed);
        begun.saturating_sub(self.pieces.len() as u64 - 1) * PIECE as u64
    }

    /// A copy of everything from a place on that was marked, the oldest first.
    pub fn since(&self, from: u64) -> Vec<Part> {
        let from = from.max(self.start());
        let (piece, number) = (PIECE as u64, self.pieces.len() as u64);
        let copy = |turn: u64| {
            let known = &self.pieces[(turn % number) as usize];
            let begin = from.saturating_sub(turn * piece).min(piece) as usize;
            let words = known.words.get()?.get(begin..known.used.load(Relaxed))?;
            let bytes = words.iter().flat_map(|word| word.load(Relaxed).to_le_bytes()).collect();
            Some(Part { place: turn * piece + begin as u64, bytes })
        };
        (from / piece..=self.turns.load(Relaxed)).filter_map(copy).collect()
    }
}

impl Part {
    /// The entries, each with its place.
    pub fn entries(&self) -> impl Iterator<Item = (u64, Entry<'_>)> {
        let (mut at, mut shared) = (0, Shared::default());
        std::iter::from_fn(move || {
            let (entry, length) = Entry::read(self.bytes.get(at..)?, &mut shared)?;
            let place = self.place + at as u64 / 8;
            at += length;
            Some((place, entry))
        })
    }
}

#[cfg(test)]
mod tests;
