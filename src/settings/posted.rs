//! HTTP services that the bridge posts to.

use super::{ClientTls, Section, Url, url::is_loopback};

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

impl Posts {
    /// Reads how these addresses, the values of `key`, are posted to. With `connections` 1 requests arrive in the order in which
    /// they are made.
    pub fn read(section: &Section, urls: &[String], key: &'static str, connections: u32, plaintext: bool) -> Posts {
        for url in urls {
            Posts::check_url(section, url, key, plaintext, "https://cc.example:8730/service");
        }
        Posts {
            tls: ClientTls::read(section, "tls").unwrap_or_default(),
            plaintext,
            connections: section.number("connections", connections) as usize,
            queue: section.number("queue", 1024u32) as usize,
            max_answer: section.size("max_answer", 1 << 20),
        }
    }

    /// Complains about an address that cannot be posted to, or must not: it should be one such as the example.
    pub fn check_url(section: &Section, url: &str, key: &'static str, plaintext: bool, example: &str) {
        match Url::to_call(url) {
            Ok(url) if !url.secure && !is_loopback(&url.host) && !plaintext => section
                .problem(key, "bytes leave this machine unprotected: use an https address, or say `plaintext = true`"),
            Ok(_) => {}
            Err(wrong) => section.problem(key, format!("{wrong}; it should be an address such as {example:?}")),
        }
    }

    /// Whether bytes leave the machine unprotected on the way to any of these.
    pub fn exposes(urls: &[String]) -> bool {
        urls.iter().filter_map(|url| Url::to_call(url).ok()).any(|url| !url.secure && !is_loopback(&url.host))
    }
}
