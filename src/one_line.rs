//! Text from outside on one line of a log or a terminal. Characters that end a line, move the cursor or change the
//! reading order are escaped, so that no text from a peer looks like a line of its own.

use std::{borrow::Cow, fmt::Write};

/// The form of an escape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escape {
    /// For people: `\n`, `\u{2028}`.
    Text,
    /// For a line of JSON, where such characters only stand inside strings: `\u2028`.
    Json,
}

/// The text, with every character escaped that does not belong inside a line; in the form for people.
pub fn one_line(text: &str) -> Cow<'_, str> {
    escaped(text, Escape::Text)
}

/// The same, in the given form.
pub fn escaped(text: &str, escape: Escape) -> Cow<'_, str> {
    let Some(first) = text.find(is_unsafe) else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len() + 16);
    out.push_str(&text[..first]);
    for letter in text[first..].chars() {
        // Writing to a string cannot fail.
        let _ = match (is_unsafe(letter), escape) {
            (false, _) => out.write_char(letter),
            (true, Escape::Text) => write!(out, "{}", letter.escape_default()),
            (true, Escape::Json) => {
                letter.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| write!(out, "\\u{unit:04x}"))
            }
        };
    }
    Cow::Owned(out)
}

/// True for control characters (line ends, terminals' escapes, U+0085), line and paragraph separators, and characters
/// that control how bidirectional text is shown.
fn is_unsafe(letter: char) -> bool {
    let is_separator = matches!(letter, '\u{2028}' | '\u{2029}');
    let is_direction =
        matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let is_invisible = matches!(letter, '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}');
    letter.is_control() || is_separator || is_direction || is_invisible
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_ends_the_line_or_moves_what_stands_in_it() {
        for (text, shown) in [
            ("plain, äöü and 日本", "plain, äöü and 日本"),
            ("a\r\nb\tc", "a\\r\\nb\\tc"),
            ("\u{1b}[2Ka\u{7f}\u{9b}", "\\u{1b}[2Ka\\u{7f}\\u{9b}"),
            ("a\u{85}b\u{2028}c\u{2029}d", "a\\u{85}b\\u{2028}c\\u{2029}d"),
            ("\u{202e}desrever\u{2066}\u{200f}\u{61c}", "\\u{202e}desrever\\u{2066}\\u{200f}\\u{61c}"),
            ("\0\u{feff}", "\\u{0}\\u{feff}"),
        ] {
            assert_eq!(one_line(text), shown);
            assert_eq!(one_line(shown), shown, "nothing is escaped twice");
        }
    }

    #[test]
    fn in_json_the_text_stays_what_it_was() {
        let text = "a\u{85}b\u{2028}c\u{202e}d\u{e0041}\u{7f}é";
        let json = format!("{{\"x\":\"{text}\"}}");
        let line = escaped(&json, Escape::Json);
        assert_eq!(line.find(is_unsafe), None);
        let read: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(read["x"], text);
    }
}
