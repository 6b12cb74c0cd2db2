//! Characters in XML. Reading replaces those that XML forbids by U+FFFD, writing escapes text content. The structure of
//! documents is read by `xml`.

use std::borrow::Cow;

use super::replaced::{Replaced, Sort};

/// The text with U+FFFD for each character that XML forbids.
pub(super) fn allowed<'t>(text: &'t str, replaced: &mut Replaced) -> Cow<'t, str> {
    if text.chars().all(is_xml_char) {
        return Cow::Borrowed(text);
    }
    replaced.add(Sort::Forbidden);
    Cow::Owned(text.replace(|c| !is_xml_char(c), "\u{fffd}"))
}

/// The character that a reference, `#65` or `#x41`, stands for, if XML allows it. The outer option is none if the text
/// is not such a reference.
pub(super) fn referenced(name: &str) -> Option<Option<char>> {
    let number = name.strip_prefix('#')?;
    let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |digits| (digits, 16));
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    // A number that does not fit is larger than any character's code.
    let code = u32::from_str_radix(digits, radix).ok();
    Some(code.and_then(char::from_u32).filter(|c| is_xml_char(*c)))
}

/// An attribute's value as it was written, but with U+FFFD for each reference to a character that XML forbids.
pub(super) fn allowed_references<'v>(value: &'v str, replaced: &mut Replaced) -> Cow<'v, str> {
    let mut out = String::new();
    let mut kept = 0;
    for (at, _) in value.match_indices("&#") {
        let Some((name, _)) = value[at + 1..].split_once(';') else { break };
        if referenced(name) == Some(None) {
            out.push_str(&value[kept..at]);
            out.push(char::REPLACEMENT_CHARACTER);
            kept = at + 1 + name.len() + 1;
        }
    }
    if kept == 0 {
        return Cow::Borrowed(value);
    }
    replaced.add(Sort::Reference);
    out.push_str(&value[kept..]);
    Cow::Owned(out)
}

fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// The bytes that may begin a character which text content cannot hold unescaped.
const SPECIAL: [bool; 256] = {
    let mut special = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        special[byte] = matches!(byte as u8, b'&' | b'<' | b'>' | b'\r' | 0..=0x08 | 0x0b | 0x0c | 0x0e..=0x1f | 0xef);
        byte += 1;
    }
    special
};

/// Writes text content. Characters that XML forbids become U+FFFD.
pub fn escape(text: &str, out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| SPECIAL[usize::from(byte)]) {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        let Some(c) = rest[at..].chars().next() else { break };
        match c {
            '&' => out.extend_from_slice(b"&amp;"),
            '<' => out.extend_from_slice(b"&lt;"),
            '>' => out.extend_from_slice(b"&gt;"),
            '\r' => out.extend_from_slice(b"&#xD;"),
            c if is_xml_char(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            _ => out.extend_from_slice("\u{fffd}".as_bytes()),
        }
        rest = &rest[at + c.len_utf8()..];
    }
    out.extend_from_slice(rest.as_bytes());
}
