//! Platforms that are posted to, and where they call back: their keys and bounds.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use super::{ClientTls, Limits, Section, ServerTls, Url, client_tls, is_loopback, server_tls};
use crate::vocabulary::{Profile, wsdl};

/// How a platform is posted to.
#[derive(Debug, Clone)]
pub struct Posts {
    pub tls: ClientTls,
    /// Plain HTTP to other machines is allowed.
    pub plaintext: bool,
    /// How many requests may be on their way at a time, each over a connection of its own.
    pub connections: usize,
    /// How many may wait for their turn.
    pub queue: usize,
    /// The longest answer, in bytes.
    pub max_answer: usize,
}

/// Where a platform calls the bridge.
#[derive(Debug, Clone)]
pub struct Callee {
    pub listen: SocketAddr,
    /// The path of the address that the platform is told.
    pub path: String,
    pub tls: Option<ServerTls>,
    pub limits: Limits,
}

/// Where it is found out how a service is spoken with.
#[derive(Debug, Clone)]
pub struct Wsdl {
    pub source: WsdlSource,
    pub limits: wsdl::Limits,
    /// How long reading all of it may take.
    pub timeout: Duration,
    /// The profile that was asked for; where none was, the one that fits best is the base.
    pub base: Option<Profile>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WsdlSource {
    /// The service is asked, whenever it is connected to.
    Service,
    File(PathBuf),
    /// The profile says all.
    Profile,
}

pub fn wsdl(section: &Section, profile: &Profile) -> Wsdl {
    let defaults = wsdl::Limits::default();
    let is_set = section.has("profile") || section.has("namespaces");
    Wsdl {
        source: match section.text_or("wsdl", "auto").as_str() {
            "auto" => WsdlSource::Service,
            "none" => WsdlSource::Profile,
            file => WsdlSource::File(file.into()),
        },
        limits: wsdl::Limits {
            documents: section.number("wsdl_max_documents", defaults.documents as u32) as usize,
            bytes: section.size("wsdl_max_size", defaults.bytes),
        },
        timeout: section.duration("wsdl_timeout", Duration::from_secs(10)),
        base: is_set.then(|| profile.clone()),
    }
}

/// How a platform at these addresses is posted to. With `connections` 1 requests arrive in the order in which they are made.
pub fn posts(section: &Section, urls: &[String], key: &'static str, connections: u32) -> Posts {
    let plaintext = section.flag("plaintext", false);
    for url in urls {
        match Url::to_call(url) {
            Ok(url) if !url.secure && !is_loopback(&url.host) && !plaintext => section
                .problem(key, "bytes leave this machine unprotected: use an https address, or say `plaintext = true`"),
            Ok(_) => {}
            Err(wrong) => section.problem(
                key,
                format!("{wrong}; it should be an address such as \"https://cc.example:8730/AgentCallService\""),
            ),
        }
    }
    Posts {
        tls: section.section("tls").map(|tls| client_tls(&tls)).unwrap_or_default(),
        plaintext,
        connections: section.number("connections", connections) as usize,
        queue: section.number("queue", 1024u32) as usize,
        max_answer: section.size("max_answer", 1 << 20),
    }
}

/// Whether bytes leave the machine unprotected on the way to any of these.
pub fn exposes(urls: &[String]) -> bool {
    urls.iter().filter_map(|url| Url::to_call(url).ok()).any(|url| !url.secure && !is_loopback(&url.host))
}

/// Where a platform calls back that is told this address.
pub fn callee(section: &Section, callback: &str, plaintext: bool) -> Option<Callee> {
    let Url { secure, host, port, uri } = match Url::to_serve(callback) {
        Ok(url) => url,
        Err(wrong) => {
            let text = format!("{wrong}; it should be an address such as \"http://127.0.0.1:8740/CTIEvents\"");
            section.problem("callback", text);
            return None;
        }
    };
    let listen = section.text_or(
        "callback_listen",
        &if host.contains(':') {
            format!("[{host}]:{port}")
        } else {
            format!("{}:{port}", if host == "localhost" { "127.0.0.1" } else { &host })
        },
    );
    let tls = section.section("callback_tls").and_then(|tls| server_tls(&tls));
    if secure != tls.is_some() {
        section.problem("callback", "an https callback has a certificate in `callback_tls`, and an http one has none");
    }
    let limits = Limits {
        connections: section.number("callback_connections", 32u32) as usize,
        body: section.size("max_body", 256 << 10),
        header_timeout: section.duration("header_timeout", Duration::from_secs(150)),
        body_timeout: section.duration("body_timeout", Duration::from_secs(10)),
    };
    let Ok(listen) = listen.parse::<SocketAddr>() else {
        section.problem(
            "callback_listen",
            "the callback's host is no address to listen on: say which in `callback_listen`",
        );
        return None;
    };
    if !secure && !listen.ip().is_loopback() && !plaintext {
        section.problem("callback", "bytes leave this machine unprotected: use https, or say `plaintext = true`");
    }
    Some(Callee { listen, path: uri.path().trim_end_matches('/').to_owned(), tls, limits })
}
