//! Texts: the place of their end, and their content.

use std::{borrow::Cow, ops::Range};

use serde::de::{DeserializeOwned, IgnoredAny};

use super::reader::{Json, Malformed};

impl<'t> Json<'t> {
    /// The place of a key's value if it is a text without escapes and without white space before it. Otherwise none, and
    /// the reader's place stays the same.
    #[inline]
    pub fn usual_text(&mut self) -> Option<Range<usize>> {
        if self.text.as_bytes().get(self.at) != Some(&b'"') {
            return None;
        }
        let first = self.at + 1;
        let end = self.special(first);
        if self.text.as_bytes().get(end) != Some(&b'"') {
            return None;
        }
        self.at = end + 1;
        Some(first..end)
    }

    #[inline]
    pub(super) fn string(&mut self) -> Result<Cow<'t, str>, Malformed> {
        let first = self.at + 1;
        let end = self.special(first);
        if self.text.as_bytes().get(end) != Some(&b'"') {
            return self.escaped().map(Cow::Owned);
        }
        self.at = end + 1;
        Ok(Cow::Borrowed(&self.text[first..end]))
    }

    pub(super) fn skip_string(&mut self) -> Result<(), Malformed> {
        let end = self.special(self.at + 1);
        if self.text.as_bytes().get(end) != Some(&b'"') {
            return self.skip_escaped();
        }
        self.at = end + 1;
        Ok(())
    }

    /// Half of a surrogate pair is not a character. This is checked even in strings that are skipped, so that a message
    /// that is passed on as it is remains valid JSON.
    #[cold]
    fn skip_escaped(&mut self) -> Result<(), Malformed> {
        let first = self.at;
        let _: IgnoredAny = self.escaped()?;
        let text = &self.text[first..self.at];
        let has_surrogates = ["\\ud", "\\uD"].iter().any(|begin| text.contains(begin));
        if has_surrogates && serde_json::from_str::<String>(text).is_err() {
            return Err(Malformed);
        }
        Ok(())
    }

    #[inline]
    fn special(&self, from: usize) -> usize {
        special(self.text.as_bytes(), from)
    }

    /// A text with escapes.
    #[cold]
    fn escaped<T: DeserializeOwned>(&mut self) -> Result<T, Malformed> {
        let bytes = self.text.as_bytes();
        let mut end = self.at + 1;
        loop {
            end = self.special(end);
            match bytes.get(end) {
                Some(b'\\') => end = (end + 2).min(bytes.len()),
                Some(b'"') => break,
                _ => return Err(Malformed),
            }
        }
        let text = serde_json::from_str(&self.text[self.at..=end]).map_err(|_| Malformed)?;
        self.at = end + 1;
        Ok(text)
    }
}

/// The place of the first byte from `from` on that is not plain text: the closing quote, an escape or a control character.
/// Eight bytes are tested together: the subtraction borrows from the highest bit of each byte that matches.
#[inline]
pub(super) fn special(text: &[u8], from: usize) -> usize {
    const EACH: u64 = u64::MAX / 255;
    let rest = &text[from..];
    let (chunks, tail) = rest.as_chunks::<8>();
    for (place, chunk) in chunks.iter().enumerate() {
        let bytes = u64::from_le_bytes(*chunk);
        let (quote, escape) = (bytes ^ (EACH * u64::from(b'"')), bytes ^ (EACH * u64::from(b'\\')));
        let control = bytes.wrapping_sub(EACH * u64::from(b' ')) & !bytes;
        let quote = quote.wrapping_sub(EACH) & !quote;
        let escape = escape.wrapping_sub(EACH) & !escape;
        let found = (control | quote | escape) & (EACH << 7);
        if found != 0 {
            return from + place * 8 + found.trailing_zeros() as usize / 8;
        }
    }
    let is_special = |byte: &u8| *byte < b' ' || matches!(byte, b'"' | b'\\');
    let place = tail.iter().position(is_special).unwrap_or(tail.len());
    from + chunks.len() * 8 + place
}
