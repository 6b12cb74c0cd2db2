//! The reader: values, and the structure around them. Texts and numbers are read by `texts` and `numbers`.

use std::borrow::Cow;

use smallvec::SmallVec;

use super::{numbers::FIT, texts::special};

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

/// A reader and its place in the text.
#[derive(Debug)]
pub struct Json<'t> {
    pub(super) text: &'t str,
    pub(super) at: usize,
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
        if let Some(end) = usual_end(self.text.as_bytes(), self.at) {
            self.at = end;
            return Ok(());
        }
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
            if close == b'}' {
                self.skip_usual();
            }
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

    /// Skips the entries of a record that are written as nearly every sender writes them: with the comma before them, without
    /// white space, and with a usual scalar. It stops before the first entry that is written in another way.
    fn skip_usual(&mut self) {
        let bytes = self.text.as_bytes();
        while let (false, Some([b',', b'"', ..])) = (self.begun, bytes.get(self.at..)) {
            let key = special(bytes, self.at + 2);
            let Some(b"\":") = bytes.get(key..key + 2) else { return };
            let Some(end) = usual_end(bytes, key + 2) else { return };
            self.at = end;
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
}

/// The end of the value that begins here, if it is the last before a comma or the end of its record, and a text without
/// escapes or a whole number of few digits without a sign.
#[inline(always)]
fn usual_end(text: &[u8], at: usize) -> Option<usize> {
    let end = match *text.get(at)? {
        b'"' => {
            let end = special(text, at + 1);
            if text.get(end) != Some(&b'"') {
                return None;
            }
            end + 1
        }
        b'0' => at + 1,
        b'1'..=b'9' => {
            let digits = text[at..].iter().take(FIT).take_while(|byte| byte.is_ascii_digit());
            at + digits.count()
        }
        _ => return None,
    };
    matches!(text.get(end), Some(b',' | b'}')).then_some(end)
}

/// Like `starts_with` of slices, but without a call for the lengths that most keys have.
#[inline(always)]
fn starts_with(text: &[u8], wanted: &[u8]) -> bool {
    let Some(text) = text.get(..wanted.len()) else { return false };
    match text.len() {
        4..8 => text.first_chunk::<4>() == wanted.first_chunk() && text.last_chunk::<4>() == wanted.last_chunk(),
        8..=16 => text.first_chunk::<8>() == wanted.first_chunk() && text.last_chunk::<8>() == wanted.last_chunk(),
        17..=32 => text.first_chunk::<16>() == wanted.first_chunk() && text.last_chunk::<16>() == wanted.last_chunk(),
        _ => text == wanted,
    }
}
