//! The form of an HTTP message's body: its charset, and whether it is in a form that the bridge does not read. A sender
//! of such a form is told what to change, rather than that the body is not XML.

use hyper::{
    HeaderMap,
    header::{CONTENT_ENCODING, CONTENT_TYPE},
};

/// The charset that the transport names for a body.
pub fn charset(headers: &HeaderMap) -> Option<String> {
    content_type(headers).split(';').skip(1).find_map(|part| {
        let (name, value) = part.split_once('=')?;
        let value = value.trim().trim_matches(['"', '\'']).trim();
        (name.trim().eq_ignore_ascii_case("charset") && !value.is_empty()).then(|| value.to_owned())
    })
}

fn content_type(headers: &HeaderMap) -> &str {
    headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// A form of body that the bridge does not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Foreign {
    /// Compressed, as the header says.
    Compressed(String),
    /// MTOM, or SOAP with attachments.
    Multipart(String),
    /// SOAP 1.2.
    Soap12,
    /// A form other than XML.
    Other(String),
}

impl Foreign {
    /// The foreign form of a body, if its headers name one. A missing Content-Type, or any type of text, is accepted.
    pub fn of(headers: &HeaderMap) -> Option<Foreign> {
        let encodings = headers.get_all(CONTENT_ENCODING).iter().filter_map(|value| value.to_str().ok());
        let mut encodings = encodings.flat_map(|value| value.split(',')).map(str::trim);
        if let Some(encoding) = encodings.find(|name| !name.is_empty() && !name.eq_ignore_ascii_case("identity")) {
            return Some(Foreign::Compressed(encoding.to_lowercase()));
        }
        let ty = content_type(headers).split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let is_binary = |name: &str| ty.starts_with(name);
        match ty.as_str() {
            "application/xop+xml" => Some(Foreign::Multipart(ty)),
            "application/soap+xml" => Some(Foreign::Soap12),
            _ if ty.starts_with("multipart/") => Some(Foreign::Multipart(ty)),
            _ if ty.ends_with("/json") || ty.ends_with("+json") => Some(Foreign::Other(ty)),
            _ if is_binary("application/soap+msbin") || is_binary("application/fastinfoset") => {
                Some(Foreign::Other(ty))
            }
            _ => None,
        }
    }

    /// The error text for a request in this form.
    pub fn refusal(&self) -> String {
        match self {
            Foreign::Compressed(encoding) => format!(
                "a body with Content-Encoding {encoding} is not read here: send it uncompressed (without Content-Encoding)"
            ),
            Foreign::Multipart(ty) => format!(
                "a body of Content-Type {ty} is not read here: send SOAP 1.1 as text/xml, without MTOM or attachments \
                 (WCF: messageEncoding=\"Text\")"
            ),
            Foreign::Soap12 => crate::wire::soap::NOT_12.to_owned(),
            Foreign::Other(ty) => {
                format!("a body of Content-Type {ty} is not read here: send SOAP 1.1 as text/xml")
            }
        }
    }

    /// The reason why an answer in this form is not read. None for SOAP 1.2, whose envelope shows its own version.
    pub fn unread(&self) -> Option<String> {
        match self {
            Foreign::Compressed(encoding) => {
                Some(format!("is compressed (Content-Encoding: {encoding}), which nobody asked for"))
            }
            Foreign::Multipart(ty) => Some(format!(
                "is a multipart message (Content-Type: {ty}, MTOM or attachments), which nobody asked for"
            )),
            Foreign::Soap12 | Foreign::Other(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(hyper::header::HeaderName, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), hyper::header::HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn a_charset_is_found_however_it_is_written() {
        for (text, expected) in [
            ("text/xml; charset=utf-8", Some("utf-8")),
            ("text/xml;action=\"x\"; Charset = \"ISO-8859-1\"", Some("ISO-8859-1")),
            ("text/xml; charset='utf-16'", Some("utf-16")),
            ("text/xml; charset=", None),
            ("text/xml", None),
        ] {
            assert_eq!(charset(&headers(&[(CONTENT_TYPE, text)])).as_deref(), expected, "{text}");
        }
        assert_eq!(charset(&HeaderMap::new()), None);
    }

    #[test]
    fn what_is_packed_is_foreign_and_any_text_is_not() {
        let multipart = "multipart/related; type=\"application/xop+xml\"; boundary=\"x\"";
        for (name, text, expected) in [
            (CONTENT_ENCODING, "GZIP", Some(Foreign::Compressed("gzip".into()))),
            (CONTENT_ENCODING, "identity, deflate", Some(Foreign::Compressed("deflate".into()))),
            (CONTENT_ENCODING, "identity", None),
            (CONTENT_TYPE, multipart, Some(Foreign::Multipart("multipart/related".into()))),
            (CONTENT_TYPE, "application/xop+xml", Some(Foreign::Multipart("application/xop+xml".into()))),
            (CONTENT_TYPE, "Application/SOAP+xml; charset=utf-8", Some(Foreign::Soap12)),
            (CONTENT_TYPE, "application/json", Some(Foreign::Other("application/json".into()))),
            (CONTENT_TYPE, "application/soap+msbin1", Some(Foreign::Other("application/soap+msbin1".into()))),
            (CONTENT_TYPE, "text/xml; charset=utf-8", None),
            (CONTENT_TYPE, "application/xml", None),
            (CONTENT_TYPE, "application/x-www-form-urlencoded", None),
            (CONTENT_TYPE, "text/plain", None),
        ] {
            assert_eq!(Foreign::of(&headers(&[(name, text)])), expected, "{text}");
        }
        assert_eq!(Foreign::of(&HeaderMap::new()), None);
    }
}
