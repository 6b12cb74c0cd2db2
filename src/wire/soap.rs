//! SOAP 1.1 envelopes, as the WCF stacks of both vendors write and read them.

use super::{
    references::{self, ReferenceError},
    replaced::Replaced,
    xml::{self, Document, Element, XmlError},
};

const ENVELOPE: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const ENVELOPE_12: &str = "http://www.w3.org/2003/05/soap-envelope";
/// The error text for peers who speak SOAP 1.2.
pub const NOT_12: &str = "SOAP 1.2 is not spoken here, use SOAP 1.1 (BasicHttpBinding, Content-Type text/xml)";

pub const CONTENT_TYPE: &str = "text/xml; charset=utf-8";
pub const OPEN: &str = concat!(
    r#"<?xml version="1.0" encoding="utf-8"?>"#,
    r#"<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>"#
);
pub const CLOSE: &str = "</s:Body></s:Envelope>";
/// The start tag of an envelope's body.
pub const BODY: &str = "<s:Body>";

/// The beginning of an envelope, before its headers. `more` binds a further namespace there.
pub fn envelope(more: Option<(&str, &str)>) -> String {
    let more = more.map(|(prefix, namespace)| format!(" xmlns:{prefix}=\"{namespace}\"")).unwrap_or_default();
    format!("<?xml version=\"1.0\" encoding=\"utf-8\"?><s:Envelope xmlns:s=\"{ENVELOPE}\"{more}>")
}

/// The content of an envelope.
#[derive(Debug)]
pub struct Envelope {
    pub headers: Vec<Element>,
    /// The one element of the body: the operation, or its response, or a fault.
    pub body: Element,
    /// The reasons why characters of the envelope became U+FFFD.
    pub replaced: Replaced,
}

/// The reason why a document is not an envelope that the bridge reads.
#[derive(Debug, PartialEq, Eq)]
pub enum SoapError {
    Xml(XmlError),
    /// An envelope of another version, by its namespace.
    Version(String),
    NotAnEnvelope,
    EmptyBody,
    Reference(ReferenceError),
}

impl std::fmt::Display for SoapError {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            SoapError::Xml(error) => error.fmt(f),
            SoapError::Version(namespace) if namespace == ENVELOPE_12 => f.write_str(NOT_12),
            SoapError::Version(namespace) => {
                write!(f, "an envelope of namespace {namespace:?} is not understood here, use SOAP 1.1")
            }
            SoapError::NotAnEnvelope => f.write_str("not a SOAP envelope"),
            SoapError::EmptyBody => f.write_str("the envelope has no body"),
            SoapError::Reference(error) => error.fmt(f),
        }
    }
}

impl SoapError {
    /// The side at fault, for the SOAP fault that answers the error.
    pub fn blame(&self) -> Blame {
        match self {
            SoapError::Version(_) => Blame::Version,
            SoapError::Xml(_) | SoapError::NotAnEnvelope | SoapError::EmptyBody | SoapError::Reference(_) => {
                Blame::Client
            }
        }
    }
}

/// Reads an envelope. `charset` is the one that the transport names.
pub fn parse(bytes: &[u8], charset: Option<&str>) -> Result<Envelope, SoapError> {
    if let Some(form) = packed(bytes) {
        return Err(SoapError::Xml(XmlError::Unreadable(form.into())));
    }
    let Document { mut root, replaced, has_references } = xml::read(bytes, charset, &[]).map_err(SoapError::Xml)?;
    match (root.name.as_str(), root.namespace.as_deref()) {
        ("Envelope", Some(ENVELOPE)) => {}
        ("Envelope", Some(namespace)) => return Err(SoapError::Version(namespace.to_owned())),
        _ => return Err(SoapError::NotAnEnvelope),
    }
    // The operation is the element that no other element refers to.
    let mut operation = 0;
    if has_references {
        let bodies = root.children.iter().find(|part| part.name == "Body");
        let mut children = bodies.into_iter().flat_map(|body| &body.children);
        let targets = references::targets(&root);
        let is_target = |child: &Element| child.attribute(xml::ID).is_some_and(|id| targets.contains(id));
        operation = children.position(|child| !is_target(child)).unwrap_or(0);
        root = references::resolve(&root).map_err(SoapError::Reference)?;
    }
    let mut headers = Vec::new();
    let mut body = None;
    for part in root.children {
        match part.name.as_str() {
            "Header" => headers = part.children,
            "Body" => body = part.children.into_iter().nth(operation),
            _ => {}
        }
    }
    Ok(Envelope { headers, body: body.ok_or(SoapError::EmptyBody)?, replaced })
}

/// If bytes are compressed or packed in a way that the bridge does not unpack, the name of that form and the advice to
/// send another.
pub fn packed(bytes: &[u8]) -> Option<&'static str> {
    let begin = bytes.trim_ascii_start();
    match begin {
        [0x1f, 0x8b, ..] => Some("the body is compressed with gzip: send it uncompressed"),
        [b'-', b'-', ..] => Some("the body is a multipart message (MTOM or attachments): send SOAP as plain text/xml"),
        _ => None,
    }
}

/// The side that is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    Client,
    Server,
    /// The envelope has another version.
    Version,
}

impl Blame {
    fn code(self) -> &'static str {
        match self {
            Blame::Client => "s:Client",
            Blame::Server => "s:Server",
            Blame::Version => "s:VersionMismatch",
        }
    }
}

/// A fault as .NET clients accept it: its parts without a prefix, and a detail of the contract's own type where there is
/// one, as (element, namespace).
pub fn fault(blame: Blame, reason: &str, detail: Option<(&str, &str)>) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    out.extend_from_slice(OPEN.as_bytes());
    out.extend_from_slice(format!("<s:Fault><faultcode>{}</faultcode><faultstring>", blame.code()).as_bytes());
    xml::escape(reason, &mut out);
    out.extend_from_slice(b"</faultstring>");
    if let Some((element, namespace)) = detail {
        out.extend_from_slice(format!(r#"<detail><{element} xmlns="{namespace}"><Message>"#).as_bytes());
        xml::escape(reason, &mut out);
        out.extend_from_slice(format!("</Message></{element}></detail>").as_bytes());
    }
    out.extend_from_slice(b"</s:Fault>");
    out.extend_from_slice(CLOSE.as_bytes());
    out
}

/// The response to an operation of this name and namespace: one simple value, or nothing.
pub fn result(operation: &str, namespace: &str, value: Option<&str>) -> Vec<u8> {
    let mut out = format!("{OPEN}<{operation}Response xmlns=\"").into_bytes();
    xml::escape(&namespace.replace('"', ""), &mut out);
    out.extend_from_slice(b"\">");
    if let Some(value) = value {
        out.extend_from_slice(format!("<{operation}Result>").as_bytes());
        xml::escape(value, &mut out);
        out.extend_from_slice(format!("</{operation}Result>").as_bytes());
    }
    out.extend_from_slice(format!("</{operation}Response>{CLOSE}").as_bytes());
    out
}

/// A fault that was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub code: String,
    pub reason: String,
    /// The element in its detail: the fault type of the contract, if it has one.
    pub detail: Option<Box<Element>>,
}

impl Fault {
    /// Reads the body of an envelope as a fault; none if it is something else.
    pub fn of(body: &Element) -> Option<Fault> {
        if body.name != "Fault" {
            return None;
        }
        let text = |name: &str| {
            let text = body.child(name).map(|element| element.text.trim()).filter(|text| !text.is_empty());
            text.map(str::to_owned)
        };
        Some(Fault {
            code: text("faultcode").unwrap_or_default(),
            reason: text("faultstring").unwrap_or_else(|| "a fault without a reason".into()),
            detail: body.child("detail").and_then(|detail| detail.children.first()).cloned().map(Box::new),
        })
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match &self.detail {
            Some(detail) => write!(f, "{}: {}", detail.name, self.reason),
            None => f.write_str(&self.reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_with_any_prefix_is_read() {
        let text = "<x:Envelope xmlns:x='http://schemas.xmlsoap.org/soap/envelope/'><x:Header><To>y</To></x:Header>\
                    <x:Body><OnLine xmlns='z'/></x:Body></x:Envelope>";
        let envelope = parse(text.as_bytes(), None).unwrap();
        assert_eq!((envelope.headers.len(), envelope.body.name.as_str()), (1, "OnLine"));
    }

    #[test]
    fn what_is_no_envelope_says_why() {
        let parse = |text: &str| parse(text.as_bytes(), None).unwrap_err();
        assert_eq!(parse("<Envelope/>"), SoapError::NotAnEnvelope);
        for namespace in [ENVELOPE_12, "http://www.w3.org/2001/06/soap-envelope"] {
            let error = parse(&format!("<Envelope xmlns='{namespace}'/>"));
            assert_eq!((&error, error.blame()), (&SoapError::Version(namespace.into()), Blame::Version));
        }
        assert!(parse("\u{1f}\u{8b}").to_string().contains("not XML"), "only as bytes");
        assert!(super::parse(b"\x1f\x8b\x08", None).unwrap_err().to_string().contains("gzip"));
        assert!(parse("\r\n--uuid:1\r\nContent-Type: application/xop+xml").to_string().contains("MTOM"));
        assert_eq!(
            parse("<Envelope xmlns='http://schemas.xmlsoap.org/soap/envelope/'><Body/></Envelope>"),
            SoapError::EmptyBody
        );
    }

    #[test]
    fn references_are_followed_wherever_the_elements_stand() {
        let body = |body: &str| {
            let text = format!("<e:Envelope xmlns:e='{ENVELOPE}'><e:Body>{body}</e:Body></e:Envelope>");
            parse(text.as_bytes(), None).map(|envelope| envelope.body)
        };
        let multiple = "<multiRef id='id0' root='0'>x</multiRef>";
        let add = "<Add><request href='#id0'/></Add>";
        for text in [format!("{multiple}{add}"), format!("{add}{multiple}")] {
            let add = body(&text).unwrap();
            assert_eq!((add.name.as_str(), add.children[0].text.as_str()), ("Add", "x"));
        }
        let error = body(add).unwrap_err();
        assert!(error.to_string().contains("\"#id0\""), "{error}");
        assert_eq!(error.blame(), Blame::Client);
    }

    #[test]
    fn a_fault_is_read_back() {
        let bytes = fault(Blame::Client, "no <such> session", Some(("CTIPortalServiceFault", "urn:x")));
        let body = parse(&bytes, None).unwrap().body;
        let fault = Fault::of(&body).unwrap();
        assert_eq!((fault.code.as_str(), fault.reason.as_str()), ("s:Client", "no <such> session"));
        let detail = fault.detail.as_ref().unwrap();
        assert_eq!(detail.child("Message").unwrap().text, "no <such> session");
        assert_eq!(fault.to_string(), "CTIPortalServiceFault: no <such> session");
        assert_eq!(Fault::of(detail), None);
    }
}
