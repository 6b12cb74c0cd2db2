//! References between elements: `href="#1"` stands for the element with `id="1"`, wherever that is (SOAP 1.1, section
//! 5). Some stacks write a value that occurs twice only once, others write every object behind the operation. This
//! module puts the elements into their places. A reference that cannot be followed is an error that names it, never an
//! empty value.

use std::{
    collections::{HashMap, HashSet},
    fmt,
};

use super::xml::{Element, HREF, ID, MAX_DEPTH, MAX_ELEMENTS};

/// The most bytes of text and attributes in a document after its references were followed.
const MAX_BYTES: usize = 4 << 20;

/// The reason why a reference cannot be followed.
#[derive(Debug, PartialEq, Eq)]
pub enum ReferenceError {
    /// No element has this id.
    Unknown(String),
    /// Several elements have this id.
    Ambiguous(String),
    /// The reference leads back to the element that contains it.
    Circular(String),
    /// It leads out of the message.
    Elsewhere(String),
    /// Following the references would make the message larger than the bridge reads.
    TooMuch(String),
}

impl fmt::Display for ReferenceError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            ReferenceError::Unknown(href) => write!(f, "the reference {href:?} leads nowhere: no element has that id"),
            ReferenceError::Ambiguous(href) => {
                write!(f, "the reference {href:?} is ambiguous: several elements have that id")
            }
            ReferenceError::Circular(href) => write!(f, "the reference {href:?} leads back to itself"),
            ReferenceError::Elsewhere(href) => {
                write!(
                    f,
                    "the reference {href:?} leads out of the message: only elements of the message itself are read"
                )
            }
            ReferenceError::TooMuch(href) => {
                write!(f, "the reference {href:?} makes the message too deep or too large: write the values out")
            }
        }
    }
}

/// The same document, with each reference replaced by the content of its element.
pub fn resolve(root: &Element) -> Result<Element, ReferenceError> {
    let mut known = HashMap::new();
    collect(root, &mut known);
    let mut resolver = Resolver { known, open: Vec::new(), elements: 0, bytes: 0 };
    resolver.element(root, 0)
}

/// The ids that references within the message name.
pub fn targets(root: &Element) -> HashSet<&str> {
    fn collect<'e>(element: &'e Element, targets: &mut HashSet<&'e str>) {
        targets.extend(target(element));
        element.children.iter().for_each(|child| collect(child, targets));
    }
    let mut targets = HashSet::new();
    collect(root, &mut targets);
    targets
}

/// The id that a reference within the message names.
fn target(element: &Element) -> Option<&str> {
    element.attribute(HREF)?.trim().strip_prefix('#')
}

/// Elements by their ids; none where several have it.
fn collect<'e>(element: &'e Element, known: &mut HashMap<&'e str, Option<&'e Element>>) {
    if let Some(id) = element.attribute(ID) {
        known.entry(id).and_modify(|known| *known = None).or_insert(Some(element));
    }
    element.children.iter().for_each(|child| collect(child, known));
}

struct Resolver<'e> {
    known: HashMap<&'e str, Option<&'e Element>>,
    /// The ids of the references that are being followed.
    open: Vec<&'e str>,
    elements: usize,
    bytes: usize,
}

impl<'e> Resolver<'e> {
    fn element(&mut self, element: &'e Element, depth: usize) -> Result<Element, ReferenceError> {
        let Some(href) = element.attribute(HREF) else { return self.copy(element, element, depth) };
        let Some(id) = target(element) else {
            // An outside address in an element with a value of its own is part of that value.
            let is_empty = element.children.is_empty() && element.text.trim().is_empty();
            return match is_empty {
                true => Err(ReferenceError::Elsewhere(href.to_owned())),
                false => self.copy(element, element, depth),
            };
        };
        let href = || href.trim().to_owned();
        let found = self.known.get(id).copied().ok_or_else(|| ReferenceError::Unknown(href()))?;
        let found = found.ok_or_else(|| ReferenceError::Ambiguous(href()))?;
        if self.open.contains(&id) {
            return Err(ReferenceError::Circular(href()));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(ReferenceError::TooMuch(href()));
        }
        self.open.push(id);
        // The element that is referred to may itself refer to another.
        let copied = match found.attribute(HREF) {
            Some(_) => self.element(found, depth).map(|copied| Element {
                name: element.name.clone(),
                namespace: element.namespace.clone(),
                ..copied
            }),
            None => self.copy(element, found, depth),
        };
        self.open.pop();
        copied.map_err(|error| match error {
            ReferenceError::TooMuch(inner) if inner.is_empty() => ReferenceError::TooMuch(href()),
            error => error,
        })
    }

    /// An element with the name of the one and the content of the other.
    fn copy(&mut self, named: &Element, content: &'e Element, depth: usize) -> Result<Element, ReferenceError> {
        self.elements += 1;
        let attributes = content.attributes.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
        self.bytes += named.name.len() + content.text.len() + attributes;
        if depth >= MAX_DEPTH || self.elements > MAX_ELEMENTS || self.bytes > MAX_BYTES {
            return Err(ReferenceError::TooMuch(String::new()));
        }
        let children = content.children.iter().map(|child| self.element(child, depth + 1));
        Ok(Element {
            name: named.name.clone(),
            namespace: named.namespace.clone(),
            attributes: content.attributes.clone(),
            nil: content.nil,
            text: content.text.clone(),
            children: children.collect::<Result<_, _>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::xml;

    fn resolved(text: &str) -> Result<Element, ReferenceError> {
        let document = xml::document(text, &[]).unwrap();
        assert!(document.has_references, "{text}");
        resolve(&document.root)
    }

    #[track_caller]
    fn reads(text: &str, expected: &str) {
        fn shown(element: &Element) -> String {
            let children: String = element.children.iter().map(shown).collect();
            let ty = element.attribute("type").map(|ty| format!(" {ty}")).unwrap_or_default();
            format!("{}{ty}({}{}{children})", element.name, if element.nil { "nil" } else { "" }, element.text)
        }
        assert_eq!(resolved(text).map(|root| shown(&root)), Ok(expected.to_owned()), "{text}");
    }

    #[test]
    fn an_element_stands_wherever_it_is_referred_to() {
        reads("<a><b id='1'><d>x</d></b><c href='#1'/></a>", "a(b(d(x))c(d(x)))");
        reads("<a><c href=' #1 '/><m id='1' type='T'>x</m></a>", "a(c T(x)m T(x))");
        reads("<a><b href='#1'/><m id='1'><c href='#2'/></m><m id='2'>x</m></a>", "a(b(c(x))m(c(x))m(x))");
        reads("<a><b href='#1'/><m id='1' href='#2'/><m id='2'>x</m></a>", "a(b(x)m(x)m(x))");
        reads("<a><b id='1'>x</b><b href='http://x'>y</b><c href='#1'/></a>", "a(b(x)b(y)c(x))");
        let net = "xmlns:z='http://schemas.microsoft.com/2003/10/Serialization/' \
                   xmlns:i='http://www.w3.org/2001/XMLSchema-instance'";
        reads(&format!("<a {net}><b z:Id='i1'>x</b><c z:Ref='i1' i:nil='true'/></a>"), "a(b(x)c(x))");
    }

    #[test]
    fn a_reference_that_cannot_be_followed_is_named() {
        use ReferenceError::{Ambiguous, Circular, Elsewhere, TooMuch, Unknown};
        let refused = |text: &str, error: ReferenceError| {
            match (resolved(text), error) {
                // Any of the references may be the one that exceeds the bound.
                (Err(TooMuch(href)), TooMuch(_)) => assert!(href.starts_with('#'), "{href}"),
                (found, error) => assert_eq!(found, Err(error), "{text}"),
            }
        };
        refused("<a><b href='#9'/></a>", Unknown("#9".into()));
        refused("<a><b id='1'/><b id='1'/><b href='#1'/></a>", Ambiguous("#1".into()));
        refused("<a><b id='1'><c href='#1'/></b></a>", Circular("#1".into()));
        refused("<a><b id='1' href='#2'/><b id='2' href='#1'/></a>", Circular("#2".into()));
        refused("<a><b href='cid:part1'/></a>", Elsewhere("cid:part1".into()));
        refused("<a><b href=''/></a>", Elsewhere(String::new()));
        let chain: String = (1..100).map(|n| format!("<b id='{n}' href='#{}'/>", n - 1)).collect();
        refused(&format!("<a><b id='0'>x</b><b href='#99'/>{chain}</a>"), TooMuch(String::new()));
        // Each of these elements is twice as large as the one before.
        let doubling: String =
            (1..30).map(|n| format!("<b id='{n}'><c href='#{0}'/><c href='#{0}'/></b>", n - 1)).collect();
        refused(&format!("<a><b id='0'>x</b><b href='#29'/>{doubling}</a>"), TooMuch(String::new()));
        let long = "x".repeat(100_000);
        let many = "<c href='#0'/>".repeat(100);
        refused(&format!("<a><b id='0'>{long}</b>{many}</a>"), TooMuch(String::new()));
    }
}
