//! The owner of the texts that functions make while one message or transition is worked on. As long as no function makes a
//! text, it holds nothing and allocates nothing.

use std::cell::{Cell, OnceCell};

/// The longest text that a function makes, in bytes. A longer result is absent.
pub const MOST_TEXT: usize = 64 << 10;

/// The most bytes of all texts that functions make for one message or transition. Further results are absent.
pub const MOST_TEXTS: usize = 4 << 20;

/// What each text counts beside its own bytes. It bounds the number of texts.
const EACH: usize = 32;

/// The first block has room for so many texts, each further one for twice as many as the one before.
const FIRST: usize = 8;

/// Enough blocks for all texts that have room.
const BLOCKS: usize = 15;

type Block = Box<[OnceCell<Box<str>>]>;

#[derive(Debug, Default)]
pub struct Results {
    count: Cell<usize>,
    bytes: Cell<usize>,
    blocks: OnceCell<Box<[OnceCell<Block>; BLOCKS]>>,
}

impl Results {
    /// Keeps a text. None if it is longer than a result may be, or if all together are.
    pub fn keep(&self, text: impl Into<Box<str>> + AsRef<str>) -> Option<&str> {
        let length = text.as_ref().len();
        let bytes = self.bytes.get() + EACH + length;
        if length > MOST_TEXT || bytes > MOST_TEXTS {
            return None;
        }
        let place = self.count.get() + FIRST;
        // The places of block n begin at FIRST << n, counted from FIRST.
        let block = (place / FIRST).ilog2() as usize;
        let blocks = self.blocks.get_or_init(Box::default);
        let size = FIRST << block;
        let texts = blocks.get(block)?.get_or_init(|| (0..size).map(|_| OnceCell::new()).collect());
        self.bytes.set(bytes);
        self.count.set(self.count.get() + 1);
        Some(texts.get(place - size)?.get_or_init(|| text.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_held_until_a_text_is_kept() {
        let results = Results::default();
        assert_eq!((results.blocks.get().is_none(), results.keep("x")), (true, Some("x")));
        assert_eq!(results.blocks.get().map(|blocks| blocks.iter().flat_map(OnceCell::get).count()), Some(1));
    }

    #[test]
    fn texts_stay_where_they_are_and_are_bounded() {
        let results = Results::default();
        let texts: Vec<&str> = (0..1000).filter_map(|number: u32| results.keep(number.to_string())).collect();
        assert!(texts.iter().enumerate().all(|(place, text)| *text == place.to_string()) && texts.len() == 1000);
        assert_eq!(results.keep("x".repeat(MOST_TEXT)).map(str::len), Some(MOST_TEXT));
        assert_eq!(results.keep("x".repeat(MOST_TEXT + 1)), None);
        let results = Results::default();
        assert_eq!((0..1_000_000).filter_map(|_| results.keep("")).count(), MOST_TEXTS / EACH);
        const { assert!(FIRST * ((1 << BLOCKS) - 1) >= MOST_TEXTS / EACH, "there are blocks for all of them") };
    }
}
