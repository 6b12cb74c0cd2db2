//! The encoding of an XML document: its byte-order mark, the transport's charset, or its own declaration, in this order.

use std::borrow::Cow;

use encoding_rs::{Encoding, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE};

use super::replaced::{Replaced, Sort};

/// The length of the part of a document that is searched for its declaration.
const HEAD: usize = 256;

/// Bytes → text. Bytes without a character in the encoding become U+FFFD. An unknown encoding is an error that names
/// it.
pub fn decode<'b>(bytes: &'b [u8], charset: Option<&str>) -> Result<(Cow<'b, str>, Replaced), String> {
    let (text, _, malformed) = encoding(bytes, charset)?.decode(bytes);
    Ok((text, if malformed { Sort::Bytes.into() } else { Replaced::default() }))
}

fn encoding(bytes: &[u8], charset: Option<&str>) -> Result<&'static Encoding, String> {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return Ok(encoding);
    }
    // A document begins with `<`, so that its first two bytes show whether it is UTF-16.
    match bytes {
        [b'<', 0, ..] => return Ok(UTF_16LE),
        [0, b'<', ..] => return Ok(UTF_16BE),
        _ => {}
    }
    let charset = charset.map(str::trim).filter(|charset| !charset.is_empty());
    let Some(name) = charset.map(str::to_owned).or_else(|| declared(bytes)) else { return Ok(UTF_8) };
    match Encoding::for_label(name.as_bytes()) {
        None => Err(format!("the encoding {name:?} is not known")),
        Some(encoding) if encoding == REPLACEMENT => Err(format!("the encoding {name:?} is not known")),
        // The document was written as UTF-16 and says so, and was then sent as UTF-8.
        Some(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => Ok(UTF_8),
        Some(encoding) => Ok(encoding),
    }
}

/// The encoding that a document's declaration names: `<?xml version="1.0" encoding = 'iso-8859-1'?>`.
fn declared(bytes: &[u8]) -> Option<String> {
    let head = &bytes[..bytes.len().min(HEAD)];
    let head: String = head.iter().map(|byte| char::from(*byte)).collect();
    let declaration = head.trim_start().strip_prefix("<?xml")?.split_once("?>")?.0;
    let lower = declaration.to_ascii_lowercase();
    let at = lower.find("encoding")? + "encoding".len();
    let value = declaration[at..].trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let name = value[1..].split_once(quote)?.0.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads(bytes: &[u8], charset: Option<&str>, expected: &str) {
        let (text, replaced) = decode(bytes, charset).unwrap();
        assert!(text.contains(expected), "{text}");
        assert_eq!(replaced.has(Sort::Bytes), expected.contains('\u{fffd}'));
    }

    #[test]
    fn bytes_are_decoded_as_they_are_said_to_be() {
        reads("ä".as_bytes(), None, "ä");
        reads(b"\xe4", Some(" ISO-8859-1 "), "ä");
        reads(b"\xff\xfe<\0\xe4\0", Some("utf-8"), "<ä");
        reads(b"\xfe\xff\0<\0\xe4", None, "<ä");
        reads(b"\xef\xbb\xbf<\xc3\xa4", Some("iso-8859-1"), "<ä");
        reads(b"<\0\xe4\0", None, "<ä");
        reads(b"\0<\0\xe4", Some("utf-16"), "<ä");
        for declaration in [
            "<?xml version='1.0' encoding='ISO-8859-1'?>",
            "<?xml version=\"1.0\" encoding = \"iso-8859-1\" ?>",
            "<?xml version = '1.0'\n\tencoding\n=\n'Latin1' standalone='yes'?>",
            "\n<?xml version='1.0' ENCODING='windows-1252'?>",
        ] {
            reads(&[declaration.as_bytes(), b"<a>\xe4</a>"].concat(), None, "<a>ä</a>");
            reads(&[declaration.as_bytes(), "<a>ä</a>".as_bytes()].concat(), Some("UTF-8"), "<a>ä</a>");
        }
        reads("<?xml version='1.0' encoding='utf-16'?><a>ä</a>".as_bytes(), None, "ä");
        reads("<a encoding='iso-8859-1'>ä</a>".as_bytes(), None, "ä");
    }

    #[test]
    fn bytes_without_a_character_are_replaced_and_unknown_encodings_named() {
        reads(b"<a>\xe4</a>", None, "<a>\u{fffd}</a>");
        reads(b"<a>\xe4</a>", Some("us-ascii"), "<a>ä</a>");
        assert_eq!(decode(b"<a/>", Some("klingon")).unwrap_err(), "the encoding \"klingon\" is not known");
        assert!(decode(b"<?xml version='1.0' encoding = 'klingon'?><a/>", None).unwrap_err().contains("klingon"));
        assert!(decode(b"<a/>", Some("iso-2022-kr")).is_err());
    }
}
