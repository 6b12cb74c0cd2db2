//! Members of SOAP messages that the vocabulary does not know: they go on behind the known ones, in a profile's own namespace if
//! they came in that of their neighbours. Their elements, texts and nils are kept; other attributes are not, since no data contract
//! has any that mean something without its schema.

use std::fmt::Write;

use crate::{
    message::{Message, Node},
    wire::xml::{Element, XSI, escape},
};

/// Keeps these members of a record, or of the message where the owner is absent. `neighbour` is a member that is known.
#[cold]
pub(super) fn keep(members: &[&Element], neighbour: Option<&Element>, owner: Node, into: &mut Message) {
    for member in members {
        let mut xml = Vec::new();
        write_element(member, neighbour.map(|known| known.namespace.as_deref()), &mut xml);
        into.add_further(owner, &String::from_utf8_lossy(&xml));
    }
}

/// `around` is the namespace that counts where none is named.
fn write_element(element: &Element, around: Option<Option<&str>>, out: &mut Vec<u8>) {
    let own = element.namespace.as_deref();
    let mut open = format!("<{}", element.name);
    // Writing to a string cannot fail.
    if around != Some(own) {
        let _ = write!(open, " xmlns=\"{}\"", quoted(own.unwrap_or_default()));
    }
    if element.nil {
        let _ = write!(open, " xmlns:i=\"{XSI}\" i:nil=\"true\"");
    }
    out.extend_from_slice(open.as_bytes());
    out.push(b'>');
    if element.children.is_empty() || !element.text.trim().is_empty() {
        escape(&element.text, out);
    }
    element.children.iter().for_each(|child| write_element(child, Some(own), out));
    out.extend_from_slice(format!("</{}>", element.name).as_bytes());
}

/// A namespace as an attribute: it is kept as it was written, with its references.
fn quoted(namespace: &str) -> String {
    namespace.replace('"', "&quot;")
}

/// Writes the members that were kept of a record, or of the message. `namespace` is that of their new neighbours, if it must be
/// named.
#[cold]
pub(super) fn write(message: &Message, owner: Node, namespace: Option<&str>, out: &mut Vec<u8>) {
    for xml in message.further(owner) {
        let name = xml.find([' ', '>']).unwrap_or(xml.len());
        out.extend_from_slice(&xml.as_bytes()[..name]);
        if let Some(namespace) = namespace.filter(|_| !xml[name..].starts_with(" xmlns=")) {
            out.extend_from_slice(format!(" xmlns=\"{}\"", quoted(namespace)).as_bytes());
        }
        out.extend_from_slice(&xml.as_bytes()[name..]);
    }
}
