//! Strict JSON, read once from beginning to end. No tree is built: at each place the caller says what it expects, so that
//! keys are compared in place and unwanted values are skipped as fast as a text search. The meaning of keys and values
//! belongs to `vocabulary`; texts that are almost JSON are mended by `tolerant`.

use std::{borrow::Cow, ops::Range};

use serde::de::{DeserializeOwned, IgnoredAny};
use smallvec::SmallVec;

/// The text is not JSON. A slower reader can say what is wrong with it.
#[derive(Debug, PartialEq, Eq)]
pub struct Malformed;

/// A value, or the beginning of a list or record. In a list, [`Json::item`] tells whether another item follows; in a
/// record, [`Json::key`].
#[derive(Debug, PartialEq)]
pub enum Token<'t> {
    Null,
    Bool(bool),
    Int(i64),
    /// A whole number that fits into 64 bits only without a sign.
    Large(u64),
    Float(f64),
    Text(Cow<'t, str>),
    List,
    Record,
}

/// The most digits that fit into an `i64` whatever they are.
const FIT: usize = 18;

/// A reader and its place in the text.
#[derive(Debug)]
pub struct Json<'t> {
    text: &'t str,
    at: usize,
    /// A list or record has just begun, so that no comma stands before its first entry.
    begun: bool,
}

impl<'t> Json<'t> {
    pub fn new(text: &'t str) -> Json<'t> {
        Json { text, at: 0, begun: false }
    }

    /// The number of bytes that were read.
    pub fn place(&self) -> usize {
        self.at
    }

    /// The next value, or its beginning.
    #[inline(always)]
    pub fn token(&mut self) -> Result<Token<'t>, Malformed> {
        Ok(match self.peek()? {
            b'"' => Token::Text(self.string()?),
            b'{' => self.begin(Token::Record),
            b'[' => self.begin(Token::List),
            b't' => self.word("true", Token::Bool(true))?,
            b'f' => self.word("false", Token::Bool(false))?,
            b'n' => self.word("null", Token::Null)?,
            _ => self.number()?,
        })
    }

    /// The value of a key if it is a whole number of few digits without white space around it. Otherwise none, and the
    /// place stays the same.
    #[inline]
    pub fn usual_int(&mut self) -> Option<i64> {
        let bytes = self.text.as_bytes().get(self.at..)?;
        let digits = bytes.iter().map(|byte| byte.wrapping_sub(b'0')).take_while(|digit| *digit < 10);
        let (mut number, mut length) = (0i64, 0);
        for digit in digits {
            number = number.wrapping_mul(10).wrapping_add(i64::from(digit));
            length += 1;
        }
        let is_plain = (1..=FIT).contains(&length) && (length == 1 || bytes[0] != b'0');
        let ends = matches!(bytes.get(length), Some(b',' | b'}'));
        if !is_plain || !ends {
            return None;
        }
        self.at += length;
        Some(number)
    }

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

    /// True if another item follows in the list. If not, the list is left.
    #[inline]
    pub fn item(&mut self) -> Result<bool, Malformed> {
        self.more(b']')
    }

    /// True if the next entry of the record has this key, written as nearly every sender writes it: with the comma before
    /// it (unless it is the first entry) and the colon behind it, without white space. Its value comes next then.
    #[inline]
    pub fn has_key(&mut self, usual: &[u8]) -> bool {
        let Some(usual) = usual.get(usize::from(self.begun)..) else { return false };
        let found = !usual.is_empty() && starts_with(&self.text.as_bytes()[self.at..], usual);
        if found {
            self.at += usual.len();
            self.begun = false;
        }
        found
    }

    /// True if the record ends exactly here. The record is left then.
    #[inline(always)]
    pub fn has_end(&mut self) -> bool {
        let found = self.text.as_bytes().get(self.at) == Some(&b'}');
        if found {
            self.at += 1;
            self.begun = false;
        }
        found
    }

    /// The key of the next entry of the record; none at the record's end.
    pub fn key(&mut self) -> Result<Option<Cow<'t, str>>, Malformed> {
        if !self.more(b'}')? {
            return Ok(None);
        }
        if self.peek()? != b'"' {
            return Err(Malformed);
        }
        let key = self.string()?;
        self.colon()?;
        Ok(Some(key))
    }

    /// Skips the next value.
    pub fn skip(&mut self) -> Result<(), Malformed> {
        match self.skip_to_inside()? {
            None => Ok(()),
            Some(close) => self.skip_rest(close),
        }
    }

    /// Skips the rest of the list.
    pub fn skip_list(&mut self) -> Result<(), Malformed> {
        self.skip_rest(b']')
    }

    /// Skips the rest of the record.
    pub fn skip_record(&mut self) -> Result<(), Malformed> {
        self.skip_rest(b'}')
    }

    /// Checks that nothing but white space follows.
    pub fn end(&mut self) -> Result<(), Malformed> {
        match self.peek() {
            Ok(_) => Err(Malformed),
            Err(Malformed) if self.at == self.text.len() => Ok(()),
            Err(Malformed) => Err(Malformed),
        }
    }

    /// Skips the rest of the list or record that ends with `close`. Nesting may be of any depth: there is no recursion.
    fn skip_rest(&mut self, close: u8) -> Result<(), Malformed> {
        let mut open: SmallVec<[u8; 32]> = SmallVec::new();
        let mut close = close;
        loop {
            if !self.more(close)? {
                match open.pop() {
                    Some(outer) => close = outer,
                    None => return Ok(()),
                }
                continue;
            }
            if close == b'}' {
                if self.peek()? != b'"' {
                    return Err(Malformed);
                }
                self.skip_string()?;
                self.colon()?;
            }
            if let Some(inner) = self.skip_to_inside()? {
                open.push(close);
                close = inner;
            }
        }
    }

    /// Skips a scalar, or enters a list or record and returns the byte that ends it.
    fn skip_to_inside(&mut self) -> Result<Option<u8>, Malformed> {
        match self.peek()? {
            b'"' => self.skip_string()?,
            b'{' => {
                self.begin(Token::Record);
                return Ok(Some(b'}'));
            }
            b'[' => {
                self.begin(Token::List);
                return Ok(Some(b']'));
            }
            b't' => _ = self.word("true", Token::Null)?,
            b'f' => _ = self.word("false", Token::Null)?,
            b'n' => _ = self.word("null", Token::Null)?,
            _ => _ = self.number()?,
        }
        Ok(None)
    }

    /// The next byte that is not white space.
    #[inline]
    fn peek(&mut self) -> Result<u8, Malformed> {
        while let Some(byte) = self.text.as_bytes().get(self.at) {
            if *byte > b' ' {
                return Ok(*byte);
            }
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Err(Malformed);
            }
            self.at += 1;
        }
        Err(Malformed)
    }

    #[inline]
    fn begin(&mut self, token: Token<'t>) -> Token<'t> {
        self.at += 1;
        self.begun = true;
        token
    }

    #[inline]
    fn more(&mut self, close: u8) -> Result<bool, Malformed> {
        let begun = std::mem::take(&mut self.begun);
        match self.peek()? {
            byte if byte == close => {
                self.at += 1;
                Ok(false)
            }
            _ if begun => Ok(true),
            b',' => {
                self.at += 1;
                Ok(true)
            }
            _ => Err(Malformed),
        }
    }

    #[inline]
    fn colon(&mut self) -> Result<(), Malformed> {
        if self.peek()? != b':' {
            return Err(Malformed);
        }
        self.at += 1;
        Ok(())
    }

    #[inline]
    fn word(&mut self, word: &str, token: Token<'t>) -> Result<Token<'t>, Malformed> {
        if !self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            return Err(Malformed);
        }
        self.at += word.len();
        Ok(token)
    }

    // ── texts ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    #[inline]
    fn string(&mut self) -> Result<Cow<'t, str>, Malformed> {
        let first = self.at + 1;
        let end = self.special(first);
        if self.text.as_bytes().get(end) != Some(&b'"') {
            return self.escaped().map(Cow::Owned);
        }
        self.at = end + 1;
        Ok(Cow::Borrowed(&self.text[first..end]))
    }

    fn skip_string(&mut self) -> Result<(), Malformed> {
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

    /// The place of the first byte from `from` on that is not plain text: the closing quote, an escape or a control
    /// character. Eight bytes are tested together: the subtraction borrows from the highest bit of each byte that matches.
    #[inline]
    fn special(&self, from: usize) -> usize {
        const EACH: u64 = u64::MAX / 255;
        let rest = &self.text.as_bytes()[from..];
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

    // ── numbers ───────────────────────────────────────────────────────────────────────────────────────────────────────

    #[inline]
    fn number(&mut self) -> Result<Token<'t>, Malformed> {
        let bytes = self.text.as_bytes();
        let negative = bytes[self.at] == b'-';
        let first = self.at + usize::from(negative);
        let mut number: i64 = 0;
        let mut length = 0;
        while let Some(digit) =
            bytes.get(first + length).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit < 10)
        {
            number = number.wrapping_mul(10).wrapping_add(i64::from(digit));
            length += 1;
        }
        let is_plain = number != 0 && length <= FIT && bytes[first] != b'0' || (length == 1 && !negative);
        if !is_plain || matches!(bytes.get(first + length), Some(b'.' | b'e' | b'E')) {
            return self.odd_number();
        }
        self.at = first + length;
        Ok(Token::Int(if negative { -number } else { number }))
    }

    /// A number with many digits, a fraction or an exponent.
    #[cold]
    fn odd_number(&mut self) -> Result<Token<'t>, Malformed> {
        let (end, is_whole) = self.number_end()?;
        let text = &self.text[self.at..end];
        self.at = end;
        // Only floats have a negative zero.
        if is_whole && text != "-0" {
            if let Ok(number) = text.parse() {
                return Ok(Token::Int(number));
            }
            if let Ok(large) = text.parse() {
                return Ok(Token::Large(large));
            }
        }
        Ok(Token::Float(text.parse().map_err(|_| Malformed)?))
    }

    /// The end of the number that begins here, and whether it is a whole number.
    fn number_end(&self) -> Result<(usize, bool), Malformed> {
        let bytes = self.text.as_bytes();
        let digits = |from: usize| {
            let length = bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            if length > 0 { Ok(from + length) } else { Err(Malformed) }
        };
        let first = self.at + usize::from(bytes[self.at] == b'-');
        let whole = digits(first)?;
        if bytes[first] == b'0' && whole > first + 1 {
            return Err(Malformed);
        }
        let mut end = whole;
        if bytes.get(end) == Some(&b'.') {
            end = digits(end + 1)?;
        }
        if let Some(b'e' | b'E') = bytes.get(end) {
            end = digits(end + 1 + usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-'))))?;
        }
        Ok((end, end == whole))
    }
}

/// Like `starts_with` of slices, but without a call for the lengths that most keys have.
#[inline(always)]
fn starts_with(text: &[u8], wanted: &[u8]) -> bool {
    let Some(text) = text.get(..wanted.len()) else { return false };
    match text.len() {
        4..8 => text.first_chunk::<4>() == wanted.first_chunk() && text.last_chunk::<4>() == wanted.last_chunk(),
        8..=16 => text.first_chunk::<8>() == wanted.first_chunk() && text.last_chunk::<8>() == wanted.last_chunk(),
        _ => text == wanted,
    }
}

#[cfg(test)]
mod tests;
