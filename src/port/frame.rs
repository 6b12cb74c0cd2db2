//! Messages on their way to streams. A message that several connections get is made once: they share its bytes, and each adds
//! only its own number.

use std::io::IoSlice;

use bytes::Bytes;

/// A message that several connections get, each under a number of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shared {
    /// The message without the number.
    pub text: Bytes,
    /// Where the number stands; none in a message that has no number.
    pub number_at: Option<usize>,
}

impl Shared {
    /// The message as a connection gets it.
    pub fn numbered(&self, number: u32) -> Frame {
        Frame { text: self.text.clone(), number: self.number_at.map(|at| Number { at, digits: Digits::of(number) }) }
    }
}

/// The bytes of one message for one stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    text: Bytes,
    number: Option<Number>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Number {
    at: usize,
    digits: Digits,
}

/// A number in decimal digits, in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Digits {
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

impl From<Bytes> for Frame {
    fn from(text: Bytes) -> Frame {
        Frame { text, number: None }
    }
}

impl Frame {
    /// The length of everything that is written, shared or not.
    pub fn len(&self) -> usize {
        self.text.len() + self.number.map_or(0, |number| usize::from(number.digits.length))
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The parts to write one after the other.
    fn parts(&self) -> [&[u8]; 3] {
        match &self.number {
            Some(Number { at, digits }) => {
                let (before, after) = self.text.split_at(*at);
                [before, digits.as_bytes(), after]
            }
            None => [&self.text, &[], &[]],
        }
    }

    /// Adds what is left to write after the first `written` bytes.
    pub fn slices<'f>(&'f self, mut written: usize, into: &mut Vec<IoSlice<'f>>) {
        for part in self.parts() {
            let skipped = written.min(part.len());
            written -= skipped;
            if skipped < part.len() {
                into.push(IoSlice::new(&part[skipped..]));
            }
        }
    }

    /// The bytes in one piece: copied only if there is a number.
    pub fn into_bytes(self) -> Bytes {
        match self.number {
            None => self.text,
            Some(_) => self.parts().concat().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_share_the_text_and_differ_by_the_number() {
        let shared = Shared { text: Bytes::from_static(b"{\"sequence\":,\"a\":1}\0"), number_at: Some(12) };
        for (number, expected) in [(0, "{\"sequence\":0,\"a\":1}\0"), (u32::MAX, "{\"sequence\":4294967295,\"a\":1}\0")]
        {
            let frame = shared.numbered(number);
            assert_eq!(frame.len(), expected.len());
            assert_eq!(frame.text.as_ptr(), shared.text.as_ptr());
            for written in 0..=expected.len() {
                let mut slices = Vec::new();
                frame.slices(written, &mut slices);
                let left: Vec<u8> = slices.iter().flat_map(|slice| slice.to_vec()).collect();
                assert_eq!(left, &expected.as_bytes()[written..]);
            }
            assert_eq!(frame.into_bytes(), expected);
        }
        let plain = Shared { text: Bytes::from_static(b"{}\n"), number_at: None };
        assert_eq!(plain.numbered(7).into_bytes(), "{}\n");
    }
}
