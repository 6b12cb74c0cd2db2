//! Addresses of HTTP services, parsed and checked in one place for the configuration and for addresses that clients
//! give.

use std::net::{IpAddr, Ipv6Addr};

use http::Uri;

use super::allow::is_host_name;

/// An http or https address.
#[derive(Debug, Clone)]
pub struct Url {
    pub uri: Uri,
    pub secure: bool,
    /// The host, without the brackets of an IPv6 address.
    pub host: String,
    /// The port as given, otherwise the scheme's default. A server with port 0 is given a free one.
    pub port: u16,
}

impl Url {
    /// Parses an address to listen on. The error says what is wrong with it and is meant to follow the address' name.
    pub fn to_serve(text: &str) -> Result<Url, String> {
        let uri: Uri = text.parse().map_err(|_| "is no URL")?;
        let secure = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err("is neither http nor https".into()),
        };
        let authority = uri.authority().map(|authority| authority.as_str()).unwrap_or_default();
        if authority.contains('@') {
            return Err("must not hold credentials".into());
        }
        let given = uri.host().unwrap_or_default();
        if given.is_empty() {
            return Err("is no URL: it names no host".into());
        }
        let host = match given.strip_prefix('[') {
            Some(inner) => inner.strip_suffix(']').filter(|inner| inner.parse::<Ipv6Addr>().is_ok()),
            None => is_host(given).then_some(given),
        };
        let host = host.ok_or_else(|| format!("is no URL: {given:?} is no host"))?.to_owned();
        let port = match authority.strip_prefix(given).unwrap_or_default() {
            "" => Some(if secure { 443 } else { 80 }),
            rest => rest.strip_prefix(':').and_then(port),
        };
        let port = port.ok_or("is no URL: its port should be a number from 1 to 65535")?;
        Ok(Url { uri, secure, host, port })
    }

    /// An address to call.
    pub fn to_call(text: &str) -> Result<Url, String> {
        let url = Url::to_serve(text)?;
        if url.port == 0 {
            return Err("is no URL: its port should be a number from 1 to 65535".into());
        }
        Ok(url)
    }

    /// The same address with another port.
    pub fn with_port(&self, port: u16) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let path = self.uri.path_and_query().map_or("/", |path| path.as_str());
        format!("{scheme}://{host}:{port}{path}")
    }
}

/// True if a text is a host name, or an IP address without brackets.
fn is_host(text: &str) -> bool {
    // Resolvers also accept numbers in other forms as addresses.
    let last = text.rsplit('.').next().unwrap_or_default().to_lowercase();
    let is_number = last.strip_prefix("0x").is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
    text.parse::<IpAddr>().is_ok() || (is_host_name(text) && !is_number)
}

/// A port: digits only, without a sign, and not empty.
fn port(text: &str) -> Option<u16> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// A host and a port to connect to, such as `cc.example:31456` or `[::1]:31456`.
pub fn host_and_port(address: &str) -> Option<(String, u16)> {
    let (host, number) = address.rsplit_once(':')?;
    let port = port(number).filter(|port| *port > 0)?;
    match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(inner) => inner.parse::<Ipv6Addr>().ok()?.to_string().into(),
        None => (!host.contains(':') && is_host(host)).then(|| host.to_owned()),
    }
    .map(|host: String| (host, port))
}

/// An address without its credentials, if the text is an address that has any.
pub fn without_credentials(text: &str) -> String {
    match text.rsplit_once('@') {
        None => text.to_owned(),
        Some((before, host)) => {
            let scheme = before.find("://").map_or("", |at| &before[..at + 3]);
            format!("{scheme}…@{host}")
        }
    }
}

/// Whether a host is this machine.
pub fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_host_and_a_port_that_can_be() {
        for (text, host, port) in [
            ("http://127.0.0.1/", "127.0.0.1", 80),
            ("https://cc.example", "cc.example", 443),
            ("http://my_desk:65535/events?x=1", "my_desk", 65535),
            ("HTTP://[::1]:1/", "::1", 1),
            ("https://DESK-7.example.:8443/x", "DESK-7.example.", 8443),
        ] {
            let url = Url::to_call(text).unwrap();
            assert_eq!((url.host.as_str(), url.port), (host, port), "{text}");
        }
        for text in [
            "http://127.0.0.1:99999/",
            "http://127.0.0.1:65536/",
            "http://127.0.0.1:0/",
            "http://127.0.0.1:/",
            "http://127.0.0.1:-1/",
            "http://127.0.0.1:+80/",
            "http://127.0.0.1:8o/",
            "http://127.0.0.1:80:80/",
            "http://[::1]x/",
            "http://[::1/",
            "http://[fe80]/",
            "http://300.1.1.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://a..b/",
            "http://-desk/",
            "http://de sk/",
            "http://*/",
            "http:///x",
            "http://",
            "http://:80/",
            "desk:80",
            "//desk/",
            "/x",
            "",
            "ftp://desk/",
            "http://u:p@desk/",
            "http://desk@",
        ] {
            let wrong = Url::to_call(text).map(|url| url.host).unwrap_err();
            assert!(
                ["is no URL", "is neither", "must not"].iter().any(|part| wrong.starts_with(part)),
                "{text}: {wrong}"
            );
        }
        assert_eq!(Url::to_serve("http://[::1]:0/x?y").unwrap().with_port(7), "http://[::1]:7/x?y");
    }

    #[test]
    fn an_address_to_connect_to_has_both() {
        for (text, expected) in [
            ("127.0.0.1:31456", Some(("127.0.0.1", 31456))),
            ("[::1]:1", Some(("::1", 1))),
            ("cc.example:65535", Some(("cc.example", 65535))),
            ("127.0.0.1", None),
            ("127.0.0.1:", None),
            ("127.0.0.1:0", None),
            ("127.0.0.1:+1", None),
            ("127.0.0.1:99999", None),
            (":80", None),
            ("::1:80", None),
            ("[::g]:80", None),
            ("300.1.1.1:80", None),
            ("http://desk:80", None),
            ("u:p@desk:80", None),
        ] {
            let found = host_and_port(text);
            assert_eq!(found.as_ref().map(|(host, port)| (host.as_str(), *port)), expected, "{text}");
        }
    }

    #[test]
    fn credentials_are_left_out() {
        for (text, shown) in
            [("http://u:p@desk/", "http://…@desk/"), ("u:p@q@desk", "…@desk"), ("http://desk/", "http://desk/")]
        {
            assert_eq!(without_credentials(text), shown);
        }
    }
}
