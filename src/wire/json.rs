//! A JSON text, read once from its beginning to its end, strictly. Nothing is built: whoever reads says at each place what is
//! expected there, so that a key is compared where it stands and what nobody wants is passed over at the pace of a search.

use std::{borrow::Cow, ops::Range};

use serde::de::{DeserializeOwned, IgnoredAny};
use smallvec::SmallVec;

/// The text is no JSON. What is wrong with it a slower reader can say.
#[derive(Debug, PartialEq, Eq)]
pub struct Malformed;

/// A value, or the beginning of one: of a list [`Json::item`] tells whether another item follows, of a record
/// [`Json::key`].
#[derive(Debug, PartialEq)]
pub enum Token<'t> {
    Null,
    Bool(bool),
    Int(i64),
    /// A whole number that only fits without a sign.
    Large(u64),
    Float(f64),
    Text(Cow<'t, str>),
    List,
    Record,
}

/// As many digits as always fit into a number.
const FIT: usize = 18;

/// See the module.
#[derive(Debug)]
pub struct Json<'t> {
    text: &'t str,
    at: usize,
    /// A list or record has just begun: there is no comma before what comes first in it.
    begun: bool,
}

impl<'t> Json<'t> {
    pub fn new(text: &'t str) -> Json<'t> {
        Json { text, at: 0, begun: false }
    }

    /// How far it was read, in bytes.
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

    /// The value of a key, if it is a whole number of few digits and nothing stands around it; else nothing is read.
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

    /// Where the value of a key stands, if it is a text without escapes and nothing stands before it; else nothing is read.
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

    /// Whether another item follows in the list; if not, the list is over.
    #[inline]
    pub fn item(&mut self) -> Result<bool, Malformed> {
        self.more(b']')
    }

    /// Whether the next entry of the record has this key, with the comma before it, unless it is the first, and the colon
    /// behind it as nearly everybody writes them. If so, its value comes next.
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

    /// Whether the record is over here, without anything before its end. If so, it is left.
    #[inline(always)]
    pub fn has_end(&mut self) -> bool {
        let found = self.text.as_bytes().get(self.at) == Some(&b'}');
        if found {
            self.at += 1;
            self.begun = false;
        }
        found
    }

    /// The key of the next entry of the record; none where the record is over.
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

    /// Passes over the next value.
    pub fn skip(&mut self) -> Result<(), Malformed> {
        match self.skip_to_inside()? {
            None => Ok(()),
            Some(close) => self.skip_rest(close),
        }
    }

    /// Passes over what is left of the list.
    pub fn skip_list(&mut self) -> Result<(), Malformed> {
        self.skip_rest(b']')
    }

    /// Passes over what is left of the record.
    pub fn skip_record(&mut self) -> Result<(), Malformed> {
        self.skip_rest(b'}')
    }

    /// Nothing follows.
    pub fn end(&mut self) -> Result<(), Malformed> {
        match self.peek() {
            Ok(_) => Err(Malformed),
            Err(Malformed) if self.at == self.text.len() => Ok(()),
            Err(Malformed) => Err(Malformed),
        }
    }

    /// Passes over what is left of the list or record that ends so, however deep it is.
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

    /// Passes over a scalar, or enters a list or record: what ends it.
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

    /// The next byte that is no white space.
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

    /// Half of a surrogate pair is not a character. This is checked even if nobody reads the string, so that a message
    /// that passes on whole is valid JSON.
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

    /// Where, from there on, the first byte stands that is not simply part of a text: its end, an escape, a control character.
    /// Eight bytes are looked at together: of each, whether the subtraction borrows from its highest bit.
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

    /// A text with escapes in it, if it is one at all.
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

    /// A number that is written with more than a few digits, if it is one at all.
    #[cold]
    fn odd_number(&mut self) -> Result<Token<'t>, Malformed> {
        let (end, is_whole) = self.number_end()?;
        let text = &self.text[self.at..end];
        self.at = end;
        // There is a zero below zero only among floats.
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

    /// Where the number ends that stands here, and whether it is a whole one.
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

/// The same as the slices' own, without a call for most: keys are short, and there are many.
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
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Number, Value};

    use super::*;
    use crate::wire::tolerant;

    /// Reads any value, expecting one key everywhere.
    fn value(json: &mut Json) -> Result<Value, Malformed> {
        Ok(match json.token()? {
            Token::Null => Value::Null,
            Token::Bool(value) => Value::Bool(value),
            Token::Int(number) => Value::Number(number.into()),
            Token::Large(number) => Value::Number(number.into()),
            Token::Float(number) => Value::Number(Number::from_f64(number).ok_or(Malformed)?),
            Token::Text(text) => Value::String(text.into()),
            Token::List => {
                let mut list = Vec::new();
                while json.item()? {
                    list.push(value(json)?);
                }
                Value::Array(list)
            }
            Token::Record => {
                let mut record = Map::new();
                loop {
                    if json.has_end() {
                        break;
                    }
                    let key = match json.has_key(b",\"key\":") {
                        true => Some("key".into()),
                        false => json.key()?,
                    };
                    let Some(key) = key else { break };
                    let usual = json.usual_int().map(Value::from);
                    let text = json.text;
                    let usual = usual.or_else(|| json.usual_text().map(|part| Value::from(&text[part])));
                    let value = if let Some(usual) = usual { usual } else { value(json)? };
                    record.insert(key.into(), value);
                }
                Value::Object(record)
            }
        })
    }

    fn read(text: &str) -> Result<Value, Malformed> {
        let mut json = Json::new(text);
        let value = value(&mut json)?;
        json.end()?;
        Ok(value)
    }

    fn skips(text: &str) -> bool {
        let mut json = Json::new(text);
        json.skip().is_ok() && json.end().is_ok()
    }

    /// It reads what another reader reads, and passes over what the other does.
    fn agrees(text: &str) {
        assert_eq!(read(text).ok(), serde_json::from_str(text).ok(), "{text}");
        let is_json = serde_json::from_str::<IgnoredAny>(text).is_ok() && tolerant::mend(text).is_none();
        assert_eq!(skips(text), is_json, "{text}");
    }

    #[test]
    fn what_is_json_is_read_and_nothing_else() {
        for text in [
            r#" { "key" : 1 , "b" : [ ] , "c" : { } } "#,
            r#"{"key":[1,-2,0,-0,1.5,-1e3,1E+2,9223372036854775807,-9223372036854775808]}"#,
            "[9223372036854775808,18446744073709551615,18446744073709551616,123456789012345678901234567890]",
            r#"["","1234567","12345678","123456789 äöü€","a\"b\\c\/\b\f\n\r\té😀"]"#,
            "[true,false,null]",
            "3",
        ] {
            assert!(serde_json::from_str::<Value>(text).is_ok(), "{text}");
            agrees(text);
        }
        for text in [
            "",
            " ",
            "{",
            "[",
            "]",
            "[1",
            "[1,",
            "[1,]",
            "[,1]",
            "[1 2]",
            "{,}",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{a:1}",
            "{1:1}",
            "{\"a\" 1}",
            "[1}",
            "{\"a\":1]",
            "1 1",
            "01",
            "-",
            "-01",
            "+1",
            "1.",
            ".5",
            "1e",
            "1e+",
            "1.e1",
            "0x1",
            "1e999",
            "tru",
            "True",
            "nulll",
            "\"",
            "\"a",
            "\"\\\"",
            "\"\\x\"",
            "\"\\u12\"",
            "\"\\ud83d\"",
            "[\"\\uDE00\\uD83D\",1]",
            "\"a\nb\"",
            "\"\u{1}\"",
            "\"12345678\u{1f}\"",
            "\"\\",
            "\"\\é\"",
            "\u{b}1",
            "NaN",
        ] {
            agrees(text);
            assert_eq!(read(text), Err(Malformed), "{text}");
        }
    }

    #[test]
    fn how_deep_a_value_is_that_is_passed_over_does_not_matter() {
        let deep = |depth: usize| format!("{}{}", "[{\"a\":".repeat(depth) + "1", "}]".repeat(depth));
        assert!(skips(&deep(100_000)));
        assert!(!skips(&deep(10).replace("}]", "]}")));
    }

    #[test]
    fn the_rest_of_a_record_can_be_passed_over() {
        let mut json = Json::new(r#"{"key":1,"b":{"c":[2]},"d":3}"#);
        assert_eq!(json.token(), Ok(Token::Record));
        assert_eq!(json.key(), Ok(Some("key".into())));
        assert_eq!(json.token(), Ok(Token::Int(1)));
        assert!(!json.has_key(b",\"c\":") && json.has_key(b",\"b\":"));
        assert_eq!(json.skip(), Ok(()));
        assert_eq!((json.skip_record(), json.end()), (Ok(()), Ok(())));
    }

    proptest! {
        #[test]
        fn it_agrees_about_anything_that_looks_like_json(text in r#"([\[\]{}:, ]|"(key|[a-zä ]{0,12}|\\[nu"0dx]{1,5})"|-?[0-9]{1,3}(\.[0-9])?|true|null){1,12}"#) {
            agrees(&text);
        }

        #[test]
        fn it_agrees_about_texts(text in any::<String>()) {
            agrees(&serde_json::to_string(&text).unwrap());
        }
    }
}
