//! JSON texts that are not quite JSON. Messages are read strictly first, at full speed; only those that fail come here.
//! Tolerated are bytes that are not UTF-8, characters in strings that JSON does not allow, and several objects instead
//! of one. Structure stays strict: nothing outside strings is mended.

use std::{borrow::Cow, iter::Peekable, str::CharIndices};

use super::replaced::{Replaced, Sort};

/// The byte-order mark that some programs write before UTF-8.
pub const BOM: &[u8] = b"\xef\xbb\xbf";
const BAD: char = char::REPLACEMENT_CHARACTER;

/// Bytes → text. A byte-order mark is skipped, bytes that are no UTF-8 become U+FFFD.
#[inline]
pub fn decode(bytes: &[u8]) -> (Cow<'_, str>, Replaced) {
    let bytes = without_bom(bytes);
    match simdutf8::basic::from_utf8(bytes) {
        Ok(text) => (Cow::Borrowed(text), Replaced::default()),
        Err(_) => lossy(bytes),
    }
}

#[cold]
fn lossy(bytes: &[u8]) -> (Cow<'_, str>, Replaced) {
    (String::from_utf8_lossy(bytes), Sort::Bytes.into())
}

/// The bytes after a byte-order mark and white space, without the white space at their end.
#[inline]
pub fn without_bom(bytes: &[u8]) -> &[u8] {
    let mut bytes = bytes.trim_ascii();
    while let Some(rest) = bytes.strip_prefix(BOM) {
        bytes = rest.trim_ascii_start();
    }
    bytes
}

/// The text with U+FFFD for each character in its strings that JSON does not allow; none if there is nothing to
/// replace.
#[cold]
pub fn mend(text: &str) -> Option<(String, Replaced)> {
    let mut mended = Mended { text, out: String::new(), kept: 0, replaced: Replaced::default() };
    let mut chars = text.char_indices().peekable();
    while let Some((_, c)) = chars.next() {
        if c == '"' {
            mended.string(&mut chars);
        }
    }
    if mended.replaced.is_empty() {
        return None;
    }
    mended.out.push_str(&text[mended.kept..]);
    Some((mended.out, mended.replaced))
}

struct Mended<'t> {
    text: &'t str,
    out: String,
    /// The part of the text that is already in `out` ends here.
    kept: usize,
    replaced: Replaced,
}

type Chars<'t> = Peekable<CharIndices<'t>>;

impl Mended<'_> {
    fn replace(&mut self, from: usize, to: usize, sort: Sort) {
        self.out.push_str(&self.text[self.kept..from]);
        self.out.push(BAD);
        self.kept = to;
        self.replaced.add(sort);
    }

    /// Reads a string, after its opening quote.
    fn string(&mut self, chars: &mut Chars) {
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => return,
                '\\' => self.escape(at, chars),
                '\0'..='\u{1f}' => self.replace(at, at + 1, Sort::Control),
                _ => {}
            }
        }
    }

    /// Reads an escape, after its backslash, which is at `at`.
    fn escape(&mut self, at: usize, chars: &mut Chars) {
        match chars.peek().copied() {
            None => {}
            Some((_, '"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't')) => _ = chars.next(),
            Some((_, 'u')) => {
                chars.next();
                self.unit(at, chars);
            }
            Some((behind, c)) => {
                chars.next();
                self.replace(at, behind + c.len_utf8(), Sort::Escape);
            }
        }
    }

    /// Reads `\u` and its digits: a character, half of one, or neither.
    fn unit(&mut self, at: usize, chars: &mut Chars) {
        let digits = self.digits(at);
        let end = at + 2 + digits;
        skip(chars, end);
        let Some(unit) = self.value(at).filter(|_| digits == 4) else {
            return self.replace(at, end, Sort::Escape);
        };
        match unit {
            0xd800..0xdc00 if matches!(self.value(end), Some(0xdc00..0xe000)) => skip(chars, end + 6),
            0xd800..0xe000 => self.replace(at, end, Sort::Surrogate),
            _ => {}
        }
    }

    /// The number of hexadecimal digits after the `\u` at this place, at most the four that should follow.
    fn digits(&self, at: usize) -> usize {
        let digits = self.text.as_bytes().get(at + 2..).unwrap_or_default();
        digits.iter().take(4).take_while(|digit| digit.is_ascii_hexdigit()).count()
    }

    /// The value of the complete `\uXXXX` at this place.
    fn value(&self, at: usize) -> Option<u32> {
        let digits = self.text.get(at..at + 6)?.strip_prefix("\\u")?;
        if self.digits(at) == 4 { u32::from_str_radix(digits, 16).ok() } else { None }
    }
}

fn skip(chars: &mut Chars, end: usize) {
    while chars.next_if(|(at, _)| *at < end).is_some() {}
}

/// The first object of a text in which another follows directly, and the rest after the first. Strings may contain
/// characters that [`mend`] would replace.
#[cold]
pub fn split(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start_matches(BETWEEN);
    if !text.starts_with('{') {
        return None;
    }
    let bytes = text.as_bytes();
    let (mut depth, mut at, mut in_string) = (0usize, 0, false);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' if in_string => at += 1,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => {
                depth -= 1;
                if depth == 0 {
                    let (object, rest) = text.split_at(at + 1);
                    return rest.trim_start_matches(BETWEEN).starts_with('{').then_some((object, rest));
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// Characters that may stand between two objects.
const BETWEEN: [char; 5] = [' ', '\t', '\r', '\n', '\u{feff}'];

/// Objects of one frame that are not read yet.
#[derive(Debug, Default)]
pub struct Rest {
    text: String,
    /// The place where the next object begins.
    at: usize,
}

impl Rest {
    /// Keeps the text after the first object.
    pub fn keep(&mut self, rest: &str) {
        *self = Rest { text: rest.to_owned(), at: 0 };
    }

    /// The next object. The last one includes the rest of the text.
    #[inline]
    pub fn take_next(&mut self) -> Option<String> {
        if self.text.is_empty() { None } else { self.piece() }
    }

    #[cold]
    fn piece(&mut self) -> Option<String> {
        let next = self.text[self.at..].trim_start_matches(BETWEEN);
        if let Some((first, rest)) = split(next) {
            self.at = self.text.len() - rest.len();
            return Some(first.to_owned());
        }
        let last = next.to_owned();
        *self = Rest::default();
        Some(last)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn mended(text: &str) -> (String, Vec<Sort>) {
        let (text, replaced) = mend(text).unwrap_or_else(|| (text.to_owned(), Replaced::default()));
        (text, replaced.sorts().collect())
    }

    #[test]
    fn a_mark_at_the_start_is_skipped_and_other_bytes_become_characters() {
        assert_eq!(decode("\u{feff} \u{feff}{}\r\n".as_bytes()), ("{}".into(), Replaced::default()));
        assert_eq!(decode(b"Zo\xe9"), ("Zo\u{fffd}".into(), Sort::Bytes.into()));
        assert_eq!(decode("Zoé".as_bytes()), ("Zoé".into(), Replaced::default()));
    }

    #[test]
    fn what_json_has_no_character_for_is_replaced_in_strings_alone() {
        use Sort::{Control, Escape, Surrogate};
        for (text, expected, sorts) in [
            (r#"["\ud83d"]"#, "[\"\u{fffd}\"]", &[Surrogate][..]),
            (r#"["\ud83dx","\ude00"]"#, "[\"\u{fffd}x\",\"\u{fffd}\"]", &[Surrogate]),
            (r#"["\ude00\ud83d"]"#, "[\"\u{fffd}\u{fffd}\"]", &[Surrogate]),
            (r#"["\ud83d\ud83d\ude00"]"#, "[\"\u{fffd}\\ud83d\\ude00\"]", &[Surrogate]),
            (r#"["\uD83D\u0041\"]"]"#, "[\"\u{fffd}\\u0041\\\"]\"]", &[Surrogate]),
            (r#"["\ud83d\n"]"#, "[\"\u{fffd}\\n\"]", &[Surrogate]),
            ("[\"a\u{1}\tb\n\"]\n", "[\"a\u{fffd}\u{fffd}b\u{fffd}\"]\n", &[Control]),
            (
                r#"{"\x":"\é\'","\u12":"\u","\u00g0":"\u123é"}"#,
                "{\"\u{fffd}\":\"\u{fffd}\u{fffd}\",\"\u{fffd}\":\"\u{fffd}\",\"\u{fffd}g0\":\"\u{fffd}é\"}",
                &[Escape],
            ),
            (r#"["\\ud83d","\"\\"]"#, r#"["\\ud83d","\"\\"]"#, &[]),
            ("\u{1}[1]\\x", "\u{1}[1]\\x", &[]),
            (r#"["cut\"#, r#"["cut\"#, &[]),
            (r#"["\u"#, "[\"\u{fffd}", &[Escape]),
        ] {
            assert_eq!(mended(text), (expected.to_owned(), sorts.to_vec()), "{text}");
        }
    }

    #[test]
    fn two_objects_are_two_and_anything_else_behind_one_is_wrong() {
        assert_eq!(split(r#" {"a":"}\"{"}{"b":[{}]}"#), Some((r#"{"a":"}\"{"}"#, r#"{"b":[{}]}"#)));
        assert_eq!(split("{}\n\u{feff}{"), Some(("{}", "\n\u{feff}{")));
        for one in ["", "{}", "{} ", "{}x", "{},{}", "[{}{}]", "{]{", "x{}{}", "{\"a\":\"}{"] {
            assert_eq!(split(one).map(|(first, _)| first), (one == "{]{").then_some("{]"), "{one}");
        }
    }

    #[test]
    fn all_objects_of_a_frame_are_handed_out_one_by_one() {
        let mut rest = Rest::default();
        assert_eq!(rest.take_next(), None);
        rest.keep("{\"b\":1}\n\u{feff}{}{} x");
        let found: Vec<String> = std::iter::from_fn(|| rest.take_next()).collect();
        assert_eq!(found, ["{\"b\":1}", "{}", "{} x"]);
    }

    proptest! {
        #[test]
        fn whatever_stands_in_a_string_the_text_is_json_afterwards(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            // Without quotes, the bytes cannot end the string; a backslash before the closing quote must not escape it.
            let bytes: Vec<u8> = bytes.into_iter().filter(|byte| *byte != b'"').collect();
            let backslashes = bytes.iter().rev().take_while(|byte| **byte == b'\\').count();
            prop_assume!(backslashes % 2 == 0);
            let text = [b"{\"a\":[\"", &bytes[..], b"\"]}"].concat();
            let (text, _) = decode(&text);
            let (text, _) = mended(&text);
            prop_assert!(serde_json::from_str::<Value>(&text).is_ok(), "{text}");
        }

        #[test]
        fn json_is_left_alone(text in any::<String>()) {
            let text = serde_json::to_string(&[text]).unwrap();
            prop_assert_eq!(mended(&text), (text, vec![]));
        }
    }
}
