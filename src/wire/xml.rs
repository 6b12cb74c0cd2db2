//! An XML document as a small tree, read strictly and within limits: the tokenizer underneath accepts much that is not
//! XML. There are no document types and no entities but the five predefined ones. Only characters are taken tolerantly:
//! those that XML forbids become U+FFFD, raw or as references.

use std::borrow::Cow;

use quick_xml::{
    NsReader, XmlVersion,
    events::{BytesStart, Event},
    name::{Namespace, QName, ResolveResult},
};

use super::{
    encoding,
    replaced::{Replaced, Sort},
};

pub const MAX_DEPTH: usize = 32;
pub const MAX_ELEMENTS: usize = 20_000;
/// The attributes of a reference and of the element it refers to, named as in SOAP's encoding; .NET's `z:Ref` and
/// `z:Id` are stored under the same names.
pub const HREF: &str = "href";
pub const ID: &str = "id";
const SERIALIZATION: &str = "http://schemas.microsoft.com/2003/10/Serialization/";
/// The namespace of `nil`.
pub const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

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
pub enum XmlError {
    /// The bytes are not XML at all, or are in an unknown encoding.
    Unreadable(String),
    Malformed {
        offset: u64,
        reason: String,
    },
}

impl std::fmt::Display for XmlError {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            XmlError::Unreadable(reason) => f.write_str(reason),
            XmlError::Malformed { offset, reason } => write!(f, "not XML at byte {offset}: {reason}"),
        }
    }
}

/// A document that was read.
#[derive(Debug)]
pub struct Document {
    pub root: Element,
    /// The reasons why characters of it became U+FFFD.
    pub replaced: Replaced,
    /// Some elements stand for others: see [`super::references`].
    pub has_references: bool,
}

/// Reads a whole document from its bytes; `charset` is the transport's information about them. The values of
/// `qualified` attributes are names with prefixes, `tns:Name`: they are returned as `{namespace}Name`, without a
/// namespace as `Name`. A value whose prefix is bound to nothing is not such a name, and stays as it is.
pub fn read(bytes: &[u8], charset: Option<&str>, qualified: &[&str]) -> Result<Document, XmlError> {
    let (text, replaced) = encoding::decode(bytes, charset).map_err(XmlError::Unreadable)?;
    let mut document = document(&text, qualified)?;
    document.replaced.join(replaced);
    Ok(document)
}

/// Reads a whole document from its text.
pub fn parse(text: &str) -> Result<Element, XmlError> {
    document(text, &[]).map(|document| document.root)
}

/// The same, with everything that was noticed; see [`read`].
pub fn document(text: &str, qualified: &[&str]) -> Result<Document, XmlError> {
    let mut replaced = Replaced::default();
    let text = allowed(text, &mut replaced);
    let mut reader = NsReader::from_str(&text);
    reader.config_mut().expand_empty_elements = true;
    let fail = |offset: u64, reason: &str| XmlError::Malformed { offset, reason: reason.to_owned() };
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    let (mut elements, mut has_references) = (0, false);
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
                let element = element(&reader, &start, qualified, &mut replaced);
                let element = element.map_err(|reason| fail(offset, &reason))?;
                has_references |= element.attribute(HREF).is_some();
                open.push(element);
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
                    // Some senders write a byte-order mark before the document, or a NUL after it.
                    None if content.chars().all(|c| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{fffd}')) => {}
                    None => return Err(fail(offset, "text outside the root element")),
                }
            }
            Event::CData(data) => match open.last_mut() {
                Some(parent) => parent.text.push_str(&data.xml10_content()),
                None => return Err(fail(offset, "text outside the root element")),
            },
            Event::GeneralRef(reference) => {
                let name = reference.xml10_content();
                let resolved = match &*name {
                    "amp" => '&',
                    "lt" => '<',
                    "gt" => '>',
                    "quot" => '"',
                    "apos" => '\'',
                    name => match referenced(name) {
                        Some(Some(c)) => c,
                        Some(None) => {
                            replaced.add(Sort::Reference);
                            char::REPLACEMENT_CHARACTER
                        }
                        None if name.starts_with('#') => return Err(fail(offset, "a reference without a number")),
                        None => return Err(fail(offset, "an entity that is not predefined")),
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
            Event::Eof => {
                let root = root.ok_or_else(|| fail(offset, "there is no element"))?;
                return Ok(Document { root, replaced, has_references });
            }
            _ => {}
        }
    }
}

/// The text with U+FFFD for each character that XML forbids.
fn allowed<'t>(text: &'t str, replaced: &mut Replaced) -> Cow<'t, str> {
    if text.chars().all(is_xml_char) {
        return Cow::Borrowed(text);
    }
    replaced.add(Sort::Forbidden);
    Cow::Owned(text.replace(|c| !is_xml_char(c), "\u{fffd}"))
}

/// The character that a reference, `#65` or `#x41`, stands for, if XML allows it. The outer option is none if the text
/// is not such a reference.
fn referenced(name: &str) -> Option<Option<char>> {
    let number = name.strip_prefix('#')?;
    let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |digits| (digits, 16));
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    // A number that does not fit is larger than any character's code.
    let code = u32::from_str_radix(digits, radix).ok();
    Some(code.and_then(char::from_u32).filter(|c| is_xml_char(*c)))
}

/// An attribute's value as written, with U+FFFD for each reference to a character that XML forbids.
fn allowed_references<'v>(value: &'v str, replaced: &mut Replaced) -> Cow<'v, str> {
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

fn element(
    reader: &NsReader<&[u8]>,
    start: &BytesStart,
    qualified: &[&str],
    replaced: &mut Replaced,
) -> Result<Element, String> {
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
        let mut attribute = attribute.map_err(|error| error.to_string())?;
        if attribute.key.as_namespace_binding().is_some() {
            continue;
        }
        if let Cow::Owned(allowed) = allowed_references(&attribute.value, replaced) {
            attribute.value = Cow::Owned(allowed);
        }
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| error.to_string())?;
        let (resolved, local) = resolver.resolve_attribute(attribute.key);
        let namespace_of = namespace(resolved)?;
        if namespace_of.as_deref() == Some(XSI) && local.as_ref() == "nil" {
            element.nil = matches!(value.trim(), "true" | "1");
        }
        let mut value = value.into_owned();
        match (namespace_of.as_deref(), local.as_ref()) {
            (Some(SERIALIZATION), "Ref") => {
                element.attributes.push((HREF.to_owned(), format!("#{value}")));
                continue;
            }
            (Some(SERIALIZATION), "Id") => {
                element.attributes.push((ID.to_owned(), value));
                continue;
            }
            // An attribute of another vocabulary that only looks like a reference.
            (Some(_), HREF | ID) => continue,
            _ => {}
        }
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
        let error = parse(text).expect_err(text).to_string();
        assert!(error.contains(reason), "{text:?}: {error}");
    }

    #[test]
    fn text_is_read_whole_with_its_references_and_sections() {
        let root = parse("<a xmlns='n'>x &amp; y&#33;<![CDATA[<z>]]><b/></a>").unwrap();
        assert_eq!((root.text.as_str(), root.namespace.as_deref()), ("x & y!<z>", Some("n")));
        assert_eq!(root.children[0].name, "b");
    }

    #[test]
    fn nil_is_seen_under_any_prefix() {
        let text = "<a xmlns:q='http://www.w3.org/2001/XMLSchema-instance'><b q:nil='true'/><c nil='true'/></a>";
        let root = parse(text).unwrap();
        assert_eq!((root.children[0].nil, root.children[1].nil), (true, false));
    }

    #[test]
    fn names_in_values_are_resolved_where_that_is_wanted() {
        let text =
            "<a xmlns='d' xmlns:t='u:t' type='t:X' name='t:Y'><b type=' Z ' xmlns:t='u:other'><c type='t:W'/></b></a>";
        let root = document(text, &["type"]).unwrap().root;
        assert_eq!((root.attribute("type"), root.attribute("name")), (Some("{u:t}X"), Some("t:Y")));
        let inner = &root.children[0];
        assert_eq!((inner.attribute("type"), inner.children[0].attribute("type")), (Some("{d}Z"), Some("{u:other}W")));
        assert_eq!(document("<a type='X'/>", &["type"]).unwrap().root.attribute("type"), Some("X"));
        assert_eq!(document("<a type='q:X'/>", &["type"]).unwrap().root.attribute("type"), Some("q:X"));
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
        refused("<!DOCTYPE a><a/>", "document type");
        refused("<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>", "document type");
        refused("<a>&e;</a>", "not predefined");
        refused("<a>&#;</a>", "without a number");
        refused("<a>&#xG;</a>", "without a number");
        refused("<a>&#-1;</a>", "without a number");
        refused(&"<a>".repeat(40), "too deep");
        refused(&format!("<a>{}</a>", "<b/>".repeat(30_000)), "too many");
    }

    #[track_caller]
    fn replaces(text: &str, expected: &str, sorts: &[Sort]) {
        let document = document(text, &[]).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        let value = document.root.attribute("v").unwrap_or(&document.root.text);
        assert_eq!((value, document.replaced.sorts().collect::<Vec<_>>()), (expected, sorts.to_vec()), "{text:?}");
    }

    #[test]
    fn characters_that_xml_forbids_are_replaced_and_nothing_is_lost() {
        use Sort::{Forbidden, Reference};
        for reference in
            ["&#x1F;", "&#0;", "&#000;", "&#xFFFE;", "&#xffff;", "&#xD800;", "&#x110000;", "&#99999999999;"]
        {
            replaces(&format!("<a>x{reference}y</a>"), "x\u{fffd}y", &[Reference]);
            replaces(&format!("<a v='{reference}y{reference}&amp;'/>"), "\u{fffd}y\u{fffd}&", &[Reference]);
            replaces(&format!("<a><![CDATA[{reference}]]></a>"), reference, &[]);
            replaces(&format!("<a><b v='{reference}'/>z</a>"), "z", &[Reference]);
            replaces(&format!("<a><!-- {reference} -->z</a>"), "z", &[]);
        }
        for raw in ["\0", "\u{1}", "\u{1f}", "\u{b}", "\u{fffe}", "\u{ffff}"] {
            replaces(&format!("<a>x{raw}</a>\n{raw}"), "x\u{fffd}", &[Forbidden]);
            replaces(&format!("<a v='{raw}'>x</a>"), "\u{fffd}", &[Forbidden]);
            replaces(&format!("<a><![CDATA[{raw}]]></a>"), "\u{fffd}", &[Forbidden]);
        }
        replaces("\u{feff}<a>\u{85}&#x85;&#xD;&#9;\u{fffd}\u{10ffff}</a>", "\u{85}\u{85}\r\t\u{fffd}\u{10ffff}", &[]);
    }

    #[test]
    fn bytes_are_decoded_and_what_they_lack_is_said() {
        let read =
            |bytes: &[u8], charset| read(bytes, charset, &[]).map(|document| (document.root.text, document.replaced));
        assert_eq!(read(b"\xef\xbb\xbf<a>\xe4</a>", None), Ok(("\u{fffd}".into(), Sort::Bytes.into())));
        assert_eq!(
            read(b"<?xml version='1.0' encoding = 'latin1'?><a>\xe4</a>", None),
            Ok(("ä".into(), Replaced::default()))
        );
        assert_eq!(read(b"<a/>", Some("klingon")).unwrap_err().to_string(), "the encoding \"klingon\" is not known");
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
