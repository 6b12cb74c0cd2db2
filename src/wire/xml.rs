//! An XML document as a small tree, read strictly and within limits: the tokenizer underneath accepts much that is not
//! XML. There are no document types and no entities but the five predefined ones. Only characters are taken tolerantly:
//! those that XML forbids become U+FFFD, raw or as references (`characters`).

use std::borrow::Cow;

use quick_xml::{
    NsReader, XmlVersion,
    events::{BytesStart, Event},
    name::{Namespace, QName, ResolveResult},
};

pub use super::characters::escape;
use super::{
    characters::{allowed, allowed_references, referenced},
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

/// An element and its content. Names are local names: prefixes are resolved and dropped.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Element {
    pub name: String,
    pub namespace: Option<String>,
    pub attributes: Vec<(String, String)>,
    /// `xsi:nil` marks the element as having no value.
    pub nil: bool,
    /// The text directly in the element, without that of its children.
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

/// The reason why bytes cannot be read as a document.
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
    /// The reasons why characters of the document became U+FFFD.
    pub replaced: Replaced,
    /// True if some elements only refer to others: see [`super::references`].
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

/// Reads a whole document from its text, and also returns what was noticed about it; see [`read`].
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
            // An empty element comes as its start and its end.
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::Empty(_) => {}
            Event::Eof if !open.is_empty() => return Err(fail(offset, "the document is cut off")),
            Event::Eof => {
                let root = root.ok_or_else(|| fail(offset, "there is no element"))?;
                return Ok(Document { root, replaced, has_references });
            }
        }
    }
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
            // An attribute of another namespace that only looks like a reference.
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

#[cfg(test)]
mod tests;
