//! The memory of the history: pieces of 64 KiB that are written one after the other, the oldest again when all are full. It owns
//! the bound, and deliberately knows nothing of what it keeps but where an entry begins.
//!
//! One task writes and reads it, at a few places that each hold it. So there is no lock, and no allocation but for each piece
//! once. The words are atomic only so that the compiler need not be told that.

use std::sync::{
    OnceLock,
    atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
};

use super::{draft::Draft, entry::Entry};
use crate::{bridge::Owner, model::Meaning, time::Time};

/// The words of a piece.
const PIECE: usize = 8192;
const BYTES: usize = PIECE * 8;

#[derive(Debug)]
pub struct Tape {
    pieces: Box<[Piece]>,
    /// The time of the entries that follow.
    now: AtomicU64,
    /// How many pieces were begun before the one that is written.
    begun: AtomicU64,
    /// That piece's place, and where in it the last entry begins.
    place: AtomicUsize,
    last: AtomicUsize,
    /// The values of messages are kept, too.
    pub values: bool,
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
        Tape { pieces, now: AtomicU64::new(0), begun: AtomicU64::new(0), place, last, values }
    }

    /// An empty memory in place of another: its places go on, so that whoever has read the other goes on reading.
    pub fn after(other: &Tape) -> Tape {
        let number = other.pieces.len() as u64;
        let tape = Tape::new(other.pieces.len() * BYTES, other.values);
        tape.begun.store((other.begun.load(Relaxed) / number + 1) * number, Relaxed);
        tape
    }

    /// Sets the time of the entries that follow.
    pub fn set_now(&self, now: Time) {
        self.now.store(now.0, Relaxed);
    }

    #[inline(never)]
    pub fn add(&self, draft: &Draft) {
        let (head, rest) = (draft.head(Time(self.now.load(Relaxed))), draft.rest());
        let length = head.len() + rest.len();
        let mut piece = &self.pieces[self.place.load(Relaxed)];
        if piece.used.load(Relaxed) + length > PIECE {
            piece = self.begin();
        }
        let begin = piece.used.load(Relaxed);
        let Some(places) = piece.words().get(begin..begin + length) else { return };
        let (first, others) = places.split_at(head.len());
        first.iter().zip(head).for_each(|(place, word)| place.store(word, Relaxed));
        others.iter().zip(rest).for_each(|(place, word)| place.store(*word, Relaxed));
        self.last.store(begin, Relaxed);
        piece.used.store(begin + length, Relaxed);
    }

    /// Begins the next piece, in place of the oldest.
    #[cold]
    fn begin(&self) -> &Piece {
        let next = (self.place.load(Relaxed) + 1) % self.pieces.len();
        self.place.store(next, Relaxed);
        self.begun.store(self.begun.load(Relaxed) + 1, Relaxed);
        self.pieces[next].used.store(0, Relaxed);
        &self.pieces[next]
    }

    /// A rule fired for the message that came in last: most messages have one, which needs no entry of its own.
    /// Returns false if it needs one.
    pub fn rule_fired(&self, owner: Owner, rule: usize, means: Meaning) -> bool {
        let piece = &self.pieces[self.place.load(Relaxed)];
        let last = self.last.load(Relaxed);
        let is_there = last < piece.used.load(Relaxed);
        if let Some([first, _, third]) = piece.words().get(last..last + 3).filter(|_| is_there)
            && let Some(words) = Entry::with_rule(first.load(Relaxed), third.load(Relaxed), owner, rule, means)
        {
            first.store(words.0, Relaxed);
            third.store(words.1, Relaxed);
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
        self.begun.load(Relaxed) * PIECE as u64 + self.pieces[self.place.load(Relaxed)].used.load(Relaxed) as u64
    }

    /// The place of the oldest entry that is left.
    pub fn start(&self) -> u64 {
        let begun = self.begun.load(Relaxed);
        begun.saturating_sub(self.pieces.len() as u64 - 1) * PIECE as u64
    }

    /// A copy of everything from a place on, the oldest first.
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
        (from / piece..=self.begun.load(Relaxed)).filter_map(copy).collect()
    }
}

impl Part {
    /// The entries, each with its place.
    pub fn entries(&self) -> impl Iterator<Item = (u64, Entry<'_>)> {
        let mut at = 0;
        std::iter::from_fn(move || {
            let (entry, length) = Entry::read(self.bytes.get(at..)?)?;
            let place = self.place + at as u64 / 8;
            at += length;
            Some((place, entry))
        })
    }
}

#[cfg(test)]
mod tests;
