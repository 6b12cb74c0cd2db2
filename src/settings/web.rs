//! Connections of web pages at a listener for streams: which pages may connect, how long a message may be, and the files that
//! pages load. The dialect says where the WebSocket is and what is served; the operator, who may use it.

use super::{Section, Url};

/// The longest message of a connection unless the configuration says otherwise, in bytes.
const MAX_FRAME: usize = 64 << 10;

/// A listener for streams that also speaks HTTP: a WebSocket is a stream there, and files are served beside it.
#[derive(Debug, Clone)]
pub struct Web {
    /// The WebSocket's subprotocol, which a client must ask for.
    pub protocol: &'static str,
    /// The path of the WebSocket.
    pub path: &'static str,
    /// The origins whose pages may connect, as browsers send them. Clients that send none are no pages.
    pub origins: Vec<String>,
    /// The longest message in bytes.
    pub max_frame: usize,
    pub files: &'static [WebFile],
}

/// A file that the bridge serves.
#[derive(Debug, Clone, Copy)]
pub struct WebFile {
    pub path: &'static str,
    pub content_type: &'static str,
    pub content: &'static [u8],
}

impl Web {
    /// Reads `origins` and `max_frame`.
    pub fn read(section: &Section, protocol: &'static str, path: &'static str, files: &'static [WebFile]) -> Web {
        let origin = |text: String| origin(&text).map_err(|wrong| section.problem("origins", wrong)).ok();
        let origins = section.list("origins").unwrap_or_default().into_iter().filter_map(origin).collect();
        Web { protocol, path, origins, max_frame: section.size("max_frame", MAX_FRAME), files }
    }
}

/// An origin as browsers send it: the scheme, the host, and a port other than the scheme's own.
fn origin(text: &str) -> Result<String, String> {
    if text == "null" {
        return Ok(text.to_owned());
    }
    if text == "*" {
        return Err("`*` is not allowed here, because pages of any site could connect: name each origin".into());
    }
    let wrong = || format!("{text:?} is no origin: write it as \"https://crm.example\" or \"http://127.0.0.1:8080\"");
    let origin = text.to_ascii_lowercase();
    let (scheme, host) = origin.split_once("://").ok_or_else(wrong)?;
    let is_scheme = |text: &str| {
        text.starts_with(|first: char| first.is_ascii_alphabetic())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    };
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"/?#@*\\".contains(&byte);
    if !is_scheme(scheme) || host.is_empty() || !host.bytes().all(is_plain) {
        return Err(wrong());
    }
    if let "http" | "https" = scheme {
        Url::to_serve(&origin).map_err(|_| wrong())?;
        let own = if scheme == "https" { ":443" } else { ":80" };
        if let Some(host) = host.strip_suffix(own) {
            return Err(format!(
                "{text:?} is never sent, because browsers leave out {own}: write \"{scheme}://{host}\""
            ));
        }
    }
    Ok(origin)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{diagnostic::Problems, settings::Sources};

    fn read(text: &str) -> (Web, String) {
        let mut problems = Problems::default();
        let sources = Sources::merge(Some(("web.toml", text)), Default::default(), &[], &[], &mut problems);
        let web = sources.read(&mut problems, |section| Web::read(section, "test.v1", "/test", &[]));
        (web, problems.render())
    }

    #[test]
    fn no_page_may_connect_unless_its_origin_is_listed() {
        let (web, report) = read("");
        assert_eq!((web.origins.len(), web.max_frame, report.as_str()), (0, 64 << 10, ""));
        let (web, report) = read("origins = ['https://CRM.example', 'null', 'http://[::1]:8080']\nmax_frame = '1MiB'");
        assert_eq!(report, "");
        assert_eq!(web.origins, ["https://crm.example", "null", "http://[::1]:8080"]);
        assert_eq!(web.max_frame, 1 << 20);
    }

    #[test]
    fn origins_are_as_browsers_send_them() {
        for text in
            ["http://desk", "https://crm.example:8443", "chrome-extension://abc", "app://desk", "http://127.0.0.1:0"]
        {
            assert_eq!(origin(text).as_deref(), Ok(text));
        }
        for text in [
            "",
            "crm.example",
            "//crm.example",
            "https://",
            "https://crm.example/",
            "https://crm.example/app",
            "https://u@crm.example",
            "https://*.example",
            "https://crm example",
            "https://crm.example:x",
            "1http://crm.example",
            "https://crm.example?x",
            "Null",
        ] {
            assert!(origin(text).unwrap_err().contains("is no origin"), "{text}");
        }
        assert!(origin("*").unwrap_err().contains("pages of any site"));
        let never = origin("https://crm.example:443").unwrap_err();
        assert!(never.ends_with("leave out :443: write \"https://crm.example\""), "{never}");
        assert!(origin("http://crm.example:443").is_ok());
    }

    #[test]
    fn a_mistake_is_shown_at_its_key() {
        let (web, report) = read("max_frame = 0\norigins = ['https://crm.example', '*']\n");
        assert_eq!(web.origins, ["https://crm.example"]);
        assert!(report.contains("web.toml:1") && report.contains("`max_frame` should be a size"), "{report}");
        assert!(report.contains("web.toml:2") && report.contains("`*` is not allowed here"), "{report}");
    }
}
