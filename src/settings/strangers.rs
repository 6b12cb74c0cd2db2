//! Connections of a listener whose peers have not authenticated yet, and dead ones: how many of one address there may be, and
//! for how long.

use std::time::Duration;

use super::Section;

#[derive(Debug, Clone, Copy)]
pub struct Strangers {
    /// The most strangers of one address.
    pub per_address: usize,
    /// The most time for a TLS handshake, and from there to the first whole request of an HTTP connection.
    pub first_timeout: Duration,
    /// The time between TCP keep-alive probes.
    pub keepalive: Duration,
}

impl Default for Strangers {
    fn default() -> Strangers {
        Strangers { per_address: 16, first_timeout: Duration::from_secs(5), keepalive: Duration::from_secs(30) }
    }
}

impl Strangers {
    pub fn read(section: &Section) -> Strangers {
        let defaults = Strangers::default();
        Strangers {
            per_address: section.number("strangers", defaults.per_address as u32) as usize,
            first_timeout: section.duration("first_timeout", defaults.first_timeout),
            keepalive: section.duration("keepalive", defaults.keepalive),
        }
    }
}
