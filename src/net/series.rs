//! What waits for a stream: messages of its own, and series of messages that it shares with other streams. A series is made once,
//! of the messages that the same streams get one after the other; each stream adds only its own numbers, when it is written.

use std::{io::IoSlice, sync::Arc};

use bytes::Bytes;

use crate::port::{Connection, Shared};

/// The most of one series: bytes, unless a single message is longer, and messages.
const LONGEST: usize = 64 << 10;
const MESSAGES: usize = 256;

/// Messages that several streams get one after the other, without their numbers.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Series {
    text: Vec<u8>,
    messages: Vec<Part>,
    /// How many of them have a number.
    numbered: usize,
}

/// One message of a series.
#[derive(Debug, PartialEq, Eq)]
struct Part {
    /// Where its number stands in the text; none in a message that has no number.
    number_at: Option<usize>,
    end: usize,
}

impl Series {
    fn push(&mut self, message: &Shared) {
        let number_at = message.number_at.map(|at| self.text.len() + at);
        self.text.extend_from_slice(&message.text);
        self.messages.push(Part { number_at, end: self.text.len() });
        self.numbered += usize::from(number_at.is_some());
    }

    /// Where a message begins.
    fn start(&self, place: usize) -> usize {
        place.checked_sub(1).map_or(0, |before| self.messages[before].end)
    }
}

/// A series that is being made: for whom, each with the number of its first message.
pub struct Gathered {
    to: Vec<(Connection, u32)>,
    series: Series,
}

impl Gathered {
    pub fn new(message: &Shared, to: Vec<(Connection, u32)>) -> Gathered {
        let mut gathered = Gathered { to, series: Series::default() };
        gathered.series.push(message);
        gathered
    }

    /// Adds a message, if it goes to the same streams under the numbers that follow, and there is room for it.
    pub fn join(&mut self, message: &Shared, to: &[(Connection, u32)]) -> bool {
        let count = self.series.messages.len();
        let follows = |(known, next): (&(Connection, u32), &(Connection, u32))| {
            known.0 == next.0 && known.1.wrapping_add(count as u32) == next.1
        };
        let fits = count < MESSAGES && self.series.text.len() + message.text.len() <= LONGEST;
        let joins = fits && self.to.len() == to.len() && self.to.iter().zip(to).all(follows);
        if joins {
            self.series.push(message);
        }
        joins
    }

    /// How many messages each stream gets.
    pub fn messages(&self) -> usize {
        self.series.messages.len()
    }

    /// What each stream gets.
    pub fn frames(self) -> impl Iterator<Item = (Connection, Frame)> {
        let series = Arc::new(self.series);
        self.to.into_iter().map(move |(connection, first)| (connection, Frame::shared(series.clone(), first)))
    }
}

/// Messages for one stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// A message of its own.
    Own(Bytes),
    /// A series, with the number of its first message. `length` is that of all bytes that are written, shared or not.
    Shared { series: Arc<Series>, first: u32, length: usize },
}

impl From<Bytes> for Frame {
    fn from(text: Bytes) -> Frame {
        Frame::Own(text)
    }
}

impl Frame {
    fn shared(series: Arc<Series>, first: u32) -> Frame {
        let last = first.wrapping_add(series.messages.len() as u32 - 1);
        let digits = if first <= last && width(first) == width(last) {
            series.numbered * width(first)
        } else {
            let numbers = series.messages.iter().enumerate().filter(|(_, part)| part.number_at.is_some());
            numbers.map(|(place, _)| width(number(first, place))).sum()
        };
        let length = series.text.len() + digits;
        Frame::Shared { series, first, length }
    }

    /// The length of everything that is written.
    pub fn len(&self) -> usize {
        match self {
            Frame::Own(text) => text.len(),
            Frame::Shared { length, .. } => *length,
        }
    }

    pub fn messages(&self) -> usize {
        match self {
            Frame::Own(_) => 1,
            Frame::Shared { series, .. } => series.messages.len(),
        }
    }

    /// The length of one of its messages, as it is written.
    pub fn length_of(&self, place: usize) -> usize {
        match self {
            Frame::Own(text) => text.len(),
            Frame::Shared { series, first, .. } => {
                let Part { number_at, end } = series.messages[place];
                end - series.start(place) + number_at.map_or(0, |_| width(number(*first, place)))
            }
        }
    }

    /// The most parts that it is written in.
    pub fn parts(&self) -> usize {
        match self {
            Frame::Own(_) => 1,
            Frame::Shared { series, .. } => 2 * series.numbered + 1,
        }
    }

    /// Adds the numbers of its messages from this one on.
    pub fn numbers(&self, from: usize, into: &mut Vec<Digits>) {
        let Frame::Shared { series, first, .. } = self else { return };
        let numbered = series.messages.iter().enumerate().skip(from).filter(|(_, part)| part.number_at.is_some());
        into.extend(numbered.map(|(place, _)| Digits::of(number(*first, place))));
    }

    /// Adds what is left to write from this message on, of which so many bytes are written. `numbers` are those of `numbers`.
    pub fn slices<'f>(
        &'f self,
        (from, mut written): (usize, usize),
        numbers: &mut impl Iterator<Item = &'f Digits>,
        into: &mut Vec<IoSlice<'f>>,
    ) {
        let mut push = |part: &'f [u8]| {
            let skipped = written.min(part.len());
            written -= skipped;
            if skipped < part.len() {
                into.push(IoSlice::new(&part[skipped..]));
            }
        };
        match self {
            Frame::Own(text) => push(text),
            Frame::Shared { series, .. } => {
                let mut begin = series.start(from);
                for at in series.messages[from..].iter().filter_map(|part| part.number_at) {
                    push(&series.text[begin..at]);
                    numbers.next().into_iter().for_each(|digits| push(digits.as_bytes()));
                    begin = at;
                }
                push(&series.text[begin..]);
            }
        }
    }

    /// The bytes in one piece: copied only if they are shared.
    pub fn into_bytes(self) -> Bytes {
        if let Frame::Own(text) = self {
            return text;
        }
        let (mut numbers, mut slices) = (Vec::new(), Vec::new());
        self.numbers(0, &mut numbers);
        self.slices((0, 0), &mut numbers.iter(), &mut slices);
        slices.iter().flat_map(|slice| slice.iter().copied()).collect()
    }
}

/// The number of the message at this place of a series.
fn number(first: u32, place: usize) -> u32 {
    first.wrapping_add(place as u32)
}

/// How many digits a number has.
fn width(number: u32) -> usize {
    number.checked_ilog10().map_or(1, |power| power as usize + 1)
}

/// A number in decimal digits, in place.
#[derive(Debug, Clone, Copy)]
pub struct Digits {
    bytes: [u8; 10],
    length: u8,
}

impl Digits {
    fn of(number: u32) -> Digits {
        let mut buffer = itoa::Buffer::new();
        let text = buffer.format(number);
        let mut bytes = [0; 10];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Digits { bytes, length: text.len() as u8 }
    }

    fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(text: &'static str, number_at: Option<usize>) -> Shared {
        Shared { text: Bytes::from_static(text.as_bytes()), number_at }
    }

    fn to(numbers: &[u32]) -> Vec<(Connection, u32)> {
        numbers.iter().enumerate().map(|(place, number)| (Connection::accepted(place as u32), *number)).collect()
    }

    #[test]
    fn streams_share_the_text_and_differ_by_the_numbers() {
        let message = shared("{\"sequence\":,\"a\":1}\0", Some(12));
        let mut gathered = Gathered::new(&message, to(&[8, u32::MAX]));
        assert!(gathered.join(&shared("{}\0", None), &to(&[9, 0])), "a number was spent on it");
        assert!(gathered.join(&message, &to(&[10, 1])), "numbers begin anew");
        assert_eq!(gathered.messages(), 3);
        let frames: Vec<_> = gathered.frames().map(|(_, frame)| frame).collect();
        let expected = [
            "{\"sequence\":8,\"a\":1}\0{}\0{\"sequence\":10,\"a\":1}\0",
            "{\"sequence\":4294967295,\"a\":1}\0{}\0{\"sequence\":1,\"a\":1}\0",
        ];
        for (frame, expected) in frames.into_iter().zip(expected) {
            assert_eq!(frame.len(), expected.len());
            let lengths: Vec<_> = (0..3).map(|place| frame.length_of(place)).collect();
            assert_eq!(lengths, expected.split_inclusive('\0').map(str::len).collect::<Vec<_>>());
            for (from, written) in (0..3).flat_map(|place| (0..=lengths[place]).map(move |written| (place, written))) {
                let (mut numbers, mut slices) = (Vec::new(), Vec::new());
                frame.numbers(from, &mut numbers);
                frame.slices((from, written), &mut numbers.iter(), &mut slices);
                let left: Vec<u8> = slices.iter().flat_map(|slice| slice.to_vec()).collect();
                let before: usize = lengths[..from].iter().sum();
                assert_eq!(left, &expected.as_bytes()[before + written..], "{from} {written}");
                assert!(slices.len() <= frame.parts());
            }
            assert_eq!(frame.into_bytes(), expected);
        }
    }

    #[test]
    fn only_what_the_same_streams_get_next_joins_a_series() {
        let message = shared("{\"sequence\":}\0", Some(12));
        let mut gathered = Gathered::new(&message, to(&[3, 7]));
        for other in [&[4][..], &[4, 8, 1], &[4, 9], &[3, 7]] {
            assert!(!gathered.join(&message, &to(other)), "{other:?}");
        }
        let turned = vec![(Connection::accepted(1), 8), (Connection::accepted(0), 4)];
        assert!(!gathered.join(&message, &turned));
        assert!(gathered.join(&message, &to(&[4, 8])));
    }

    #[test]
    fn a_series_is_bounded() {
        let mut gathered = Gathered::new(&shared("a", None), to(&[0, 0]));
        let joined = (1..1000).take_while(|number| gathered.join(&shared("a", None), &to(&[*number; 2]))).count();
        assert_eq!(joined + 1, MESSAGES);
        let long = Shared { text: vec![b'x'; LONGEST].into(), number_at: None };
        let mut gathered = Gathered::new(&long, to(&[0, 0]));
        assert!(!gathered.join(&shared("a", None), &to(&[1, 1])));
    }
}
