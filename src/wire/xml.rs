//! An XML document as a small tree, read strictly and within limits: the tokenizer underneath lets much pass that is no
//! XML. There are no document types and no entities but the five predefined ones.

use std::borrow::Cow;

use quick_xml::{
    NsReader, XmlVersion,
    events::{BytesStart, Event},
    name::{Namespace, QName, ResolveResult},
};

const MAX_DEPTH: usize = 32;
const MAX_ELEMENTS: usize = 20_000;
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// An element with all that is in it. Names are local names: prefixes are resolved and gone.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Element {
    pub name: String,
    pub namespace: Option<String>,
    pub attributes: Vec<(String, String)>,
    /// Marked as having no value.
    pub nil: bool,
    /// All text directly in it.
    pub text: String,
    pub children: Vec<Element>,
}

impl Element {
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Why bytes are no XML document that is read here.
#[derive(Debug, PartialEq, Eq)]
pub struct XmlError {
    pub offset: u64,
    pub reason: String,
}

impl std::fmt::Display for XmlError {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "not XML at byte {}: {}", self.offset, self.reason)
    }
}

/// Bytes → text, by the byte-order mark, the transport's charset, or the document's own declaration, in this order.
pub fn decode<'b>(bytes: &'b [u8], charset: Option<&str>) -> Result<Cow<'b, str>, XmlError> {
    let bad = |reason: String| XmlError { offset: 0, reason };
    let declared = || {
        let head = &bytes[..bytes.len().min(100)];
        let head = String::from_utf8_lossy(head);
        let from = head.split_once("encoding=")?.1;
        let quote = from.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        from[1..].split_once(quote).map(|(name, _)| name.to_owned())
    };
    let name = match encoding_rs::Encoding::for_bom(bytes) {
        Some((encoding, _)) => encoding.name().to_owned(),
        None => charset.map(str::to_owned).or_else(declared).unwrap_or_else(|| "utf-8".into()),
    };
    let encoding = encoding_rs::Encoding::for_label(name.trim().as_bytes())
        .ok_or_else(|| bad(format!("unknown encoding {name:?}")))?;
    let (text, _, malformed) = encoding.decode(bytes);
    if malformed {
        return Err(bad(format!("not valid {}", encoding.name())));
    }
    Ok(text)
}

/// Reads a whole document.
pub fn parse(text: &str) -> Result<Element, XmlError> {
    parse_resolving(text, &[])
}

/// Reads a whole document in which the values of these attributes are names with prefixes, `tns:Name`: they come as
/// `{namespace}Name`, without a namespace as `Name`; a value whose prefix is bound to nothing is no such name and stays.
pub fn parse_resolving(text: &str, qualified: &[&str]) -> Result<Element, XmlError> {
    let mut reader = NsReader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let fail = |offset: u64, reason: &str| XmlError { offset, reason: reason.to_owned() };
    if let Some((offset, _)) = text.char_indices().find(|(_, c)| !is_xml_char(*c)) {
        return Err(fail(offset as u64, "a control character"));
    }
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    let mut elements = 0;
    loop {
        let offset = reader.buffer_position();
        let event = reader.read_event().map_err(|error| fail(offset, &error.to_string()))?;
        match event {
            Event::Start(start) => {
                elements += 1;
                if root.is_some() {
                    return Err(fail(offset, "something follows the root element"));
                }
                if open.len() >= MAX_DEPTH || elements > MAX_ELEMENTS {
                    return Err(fail(offset, "too deep or too many elements"));
                }
                open.push(element(&reader, &start, qualified).map_err(|reason| fail(offset, &reason))?);
            }
            Event::End(_) => {
                let Some(element) = open.pop() else { return Err(fail(offset, "an end without a start")) };
                match open.last_mut() {
                    Some(parent) => parent.children.push(element),
                    None => root = Some(element),
                }
            }
            Event::Text(text) => {
                let content = text.xml10_content();
                match open.last_mut() {
                    Some(parent) => parent.text.push_str(&content),
                    None if content.trim().is_empty() || content == "\u{feff}" => {}
                    None => return Err(fail(offset, "text outside the root element")),
                }
            }
            Event::CData(data) => match open.last_mut() {
                Some(parent) => parent.text.push_str(&data.xml10_content()),
                None => return Err(fail(offset, "text outside the root element")),
            },
            Event::GeneralRef(reference) => {
                let resolved = match reference.resolve_char_ref().map_err(|error| fail(offset, &error.to_string()))? {
                    Some(c) if is_xml_char(c) => c,
                    Some(_) => return Err(fail(offset, "a reference to a control character")),
                    None => match &*reference.xml10_content() {
                        "amp" => '&',
                        "lt" => '<',
                        "gt" => '>',
                        "quot" => '"',
                        "apos" => '\'',
                        _ => return Err(fail(offset, "an entity that is not predefined")),
                    },
                };
                match open.last_mut() {
                    Some(parent) => parent.text.push(resolved),
                    None => return Err(fail(offset, "a reference outside the root element")),
                }
            }
            Event::DocType(_) => return Err(fail(offset, "a document type declaration is not allowed")),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof if !open.is_empty() => return Err(fail(offset, "the document is cut off")),
            Event::Eof => return root.ok_or_else(|| fail(offset, "there is no element")),
            _ => {}
        }
    }
}

fn element(reader: &NsReader<&[u8]>, start: &BytesStart, qualified: &[&str]) -> Result<Element, String> {
    let resolver = reader.resolver();
    let namespace = |resolved: ResolveResult| match resolved {
        ResolveResult::Bound(Namespace(uri)) => Ok(Some(uri.to_owned())),
        ResolveResult::Unbound => Ok(None),
        ResolveResult::Unknown(prefix) => Err(format!("prefix {prefix:?} is not bound")),
    };
    let (resolved, local) = resolver.resolve_element(start.name());
    let name = local.as_ref().to_owned();
    let mut element = Element { namespace: namespace(resolved)?, name, ..Element::default() };
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        if attribute.key.as_namespace_binding().is_some() {
            continue;
        }
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| error.to_string())?;
        let (resolved, local) = resolver.resolve_attribute(attribute.key);
        let is_xsi = namespace(resolved)?.as_deref() == Some(XSI);
        if is_xsi && local.as_ref() == "nil" {
            element.nil = matches!(value.trim(), "true" | "1");
        }
        let mut value = value.into_owned();
        if qualified.contains(&local.as_ref()) {
            let (resolved, local) = resolver.resolve_element(QName(value.trim()));
            value = match namespace(resolved) {
                Ok(Some(namespace)) => format!("{{{namespace}}}{}", local.as_ref()),
                Ok(None) => local.as_ref().to_owned(),
                Err(_) => value,
            };
        }
        element.attributes.push((local.as_ref().to_owned(), value));
    }
    Ok(element)
}

fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// Bytes that may begin what text content cannot hold as it is.
const SPECIAL: [bool; 256] = {
    let mut special = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        special[byte] = matches!(byte as u8, b'&' | b'<' | b'>' | b'\r' | 0..=0x08 | 0x0b | 0x0c | 0x0e..=0x1f | 0xef);
        byte += 1;
    }
    special
};

/// Writes text content: what XML cannot hold becomes the replacement character.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(text: &str, reason: &str) {
        let error = parse(text).expect_err(text);
        assert!(error.reason.contains(reason), "{text:?}: {error}");
    }

    #[test]
    fn text_is_read_whole_with_its_references_and_sections() {
        let root = parse("<a xmlns='n'>x &amp; y&#33;<![CDATA[<z>]]><b/></a>").unwrap();
        assert_eq!((root.text.as_str(), root.namespace.as_deref()), ("x & y!<z>", Some("n")));
        assert_eq!(root.children[0].name, "b");
    }

    #[test]
    fn nil_is_seen_under_any_prefix() {
        let root = parse("<a xmlns:q='http://www.w3.org/2001/XMLSchema-instance'><b q:nil='true'/><c nil='true'/></a>");
        let root = root.unwrap();
        assert_eq!((root.children[0].nil, root.children[1].nil), (true, false));
    }

    #[test]
    fn names_in_values_are_resolved_where_that_is_wanted() {
        let text =
            "<a xmlns='d' xmlns:t='u:t' type='t:X' name='t:Y'><b type=' Z ' xmlns:t='u:other'><c type='t:W'/></b></a>";
        let root = parse_resolving(text, &["type"]).unwrap();
        assert_eq!((root.attribute("type"), root.attribute("name")), (Some("{u:t}X"), Some("t:Y")));
        let inner = &root.children[0];
        assert_eq!((inner.attribute("type"), inner.children[0].attribute("type")), (Some("{d}Z"), Some("{u:other}W")));
        assert_eq!(parse_resolving("<a type='X'/>", &["type"]).unwrap().attribute("type"), Some("X"));
        assert_eq!(parse_resolving("<a type='q:X'/>", &["type"]).unwrap().attribute("type"), Some("q:X"));
    }

    #[test]
    fn what_is_no_document_is_refused() {
        refused("", "no element");
        refused("<a>", "cut off");
        refused("<a></b>", "");
        refused("<a/><b/>", "follows the root");
        refused("<a/>x", "outside the root");
        refused("<a x='1' x='2'/>", "");
        refused("<p:a/>", "not bound");
        refused("<a>\u{1}</a>", "control character");
        refused("<a>&#1;</a>", "control character");
        refused("<!DOCTYPE a><a/>", "document type");
        refused("<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>", "document type");
        refused("<a>&e;</a>", "not predefined");
        refused(&"<a>".repeat(40), "too deep");
        refused(&format!("<a>{}</a>", "<b/>".repeat(30_000)), "too many");
    }

    #[test]
    fn bytes_are_decoded_as_they_declare() {
        assert_eq!(decode("ä".as_bytes(), None).unwrap(), "ä");
        assert_eq!(decode(b"\xe4", Some("iso-8859-1")).unwrap(), "ä");
        assert_eq!(decode(b"\xff\xfe<\0", None).unwrap(), "<");
        assert!(decode(b"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe4</a>", None).unwrap().contains('ä'));
        assert!(decode(b"\xe4", None).is_err());
        assert!(decode(b"<a/>", Some("klingon")).is_err());
    }

    #[test]
    fn what_is_written_is_read_back() {
        let text = "a & b < c > d \"e\" \r\n ä \u{1F600} \u{ffff}\u{1}";
        let mut out = b"<a>".to_vec();
        escape(text, &mut out);
        out.extend_from_slice(b"</a>");
        let read = parse(std::str::from_utf8(&out).unwrap()).unwrap().text;
        assert_eq!(read, text.replace(['\u{ffff}', '\u{1}'], "\u{fffd}"));
    }
}
