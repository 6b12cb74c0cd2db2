//! SOAP 1.1 envelopes, as the WCF stacks of both vendors write and read them.

use super::xml::{self, Element};

const ENVELOPE: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const ENVELOPE_12: &str = "http://www.w3.org/2003/05/soap-envelope";

pub const CONTENT_TYPE: &str = "text/xml; charset=utf-8";
pub const OPEN: &str = concat!(
    r#"<?xml version="1.0" encoding="utf-8"?>"#,
    r#"<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>"#
);
pub const CLOSE: &str = "</s:Body></s:Envelope>";
/// Where an envelope's body begins.
pub const BODY: &str = "<s:Body>";

/// An envelope's begin, before its headers; a further namespace is bound there where one is given.
pub fn envelope(more: Option<(&str, &str)>) -> String {
    let more = more.map(|(prefix, namespace)| format!(" xmlns:{prefix}=\"{namespace}\"")).unwrap_or_default();
    format!("<?xml version=\"1.0\" encoding=\"utf-8\"?><s:Envelope xmlns:s=\"{ENVELOPE}\"{more}>")
}

/// What an envelope holds.
#[derive(Debug)]
pub struct Envelope {
    pub headers: Vec<Element>,
    /// The one element of the body: the operation, or its response, or a fault.
    pub body: Element,
}

/// Why a document is no envelope that is understood.
#[derive(Debug, PartialEq, Eq)]
pub enum SoapError {
    Xml(xml::XmlError),
    /// An envelope of SOAP 1.2.
    Version,
    NotAnEnvelope,
    EmptyBody,
}

impl std::fmt::Display for SoapError {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            SoapError::Xml(error) => error.fmt(f),
            SoapError::Version => f.write_str("SOAP 1.2 is not spoken here, use SOAP 1.1"),
            SoapError::NotAnEnvelope => f.write_str("not a SOAP envelope"),
            SoapError::EmptyBody => f.write_str("the envelope has no body"),
        }
    }
}

/// Reads an envelope. `charset` is what the transport says of the bytes.
pub fn parse(bytes: &[u8], charset: Option<&str>) -> Result<Envelope, SoapError> {
    let text = xml::decode(bytes, charset).map_err(SoapError::Xml)?;
    let root = xml::parse(&text).map_err(SoapError::Xml)?;
    match (root.name.as_str(), root.namespace.as_deref()) {
        ("Envelope", Some(ENVELOPE)) => {}
        ("Envelope", Some(ENVELOPE_12)) => return Err(SoapError::Version),
        _ => return Err(SoapError::NotAnEnvelope),
    }
    let mut headers = Vec::new();
    let mut body = None;
    for part in root.children {
        match part.name.as_str() {
            "Header" => headers = part.children,
            "Body" => body = part.children.into_iter().next(),
            _ => {}
        }
    }
    Ok(Envelope { headers, body: body.ok_or(SoapError::EmptyBody)? })
}

/// Whose fault a fault is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    Client,
    Server,
}

/// A fault as .NET clients accept it: its parts without a prefix, and a detail of the contract's own type where there is
/// one, as (element, namespace).
pub fn fault(blame: Blame, reason: &str, detail: Option<(&str, &str)>) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    out.extend_from_slice(OPEN.as_bytes());
    let code = if blame == Blame::Client { "s:Client" } else { "s:Server" };
    out.extend_from_slice(format!("<s:Fault><faultcode>{code}</faultcode><faultstring>").as_bytes());
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

/// What an operation of this name and namespace answers: one simple value, or nothing.
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

/// A fault as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub code: String,
    pub reason: String,
    /// What stands in its detail: the fault of the contract, where it has one.
    pub detail: Option<Box<Element>>,
}

impl Fault {
    /// The fault that a body is, if it is one.
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
        assert_eq!(parse("<Envelope xmlns='http://www.w3.org/2003/05/soap-envelope'/>"), SoapError::Version);
        assert_eq!(
            parse("<Envelope xmlns='http://schemas.xmlsoap.org/soap/envelope/'><Body/></Envelope>"),
            SoapError::EmptyBody
        );
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
