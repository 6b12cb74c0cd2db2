//! HTTP that the bridge serves: the bounds of a listener.

use std::time::Duration;

use super::Section;

/// Bounds of a listener.
#[derive(Debug, Clone)]
pub struct Limits {
    pub connections: usize,
    pub body: usize,
    pub header_timeout: Duration,
    pub body_timeout: Duration,
}

impl Limits {
    pub fn read(section: &Section) -> Limits {
        Limits::with(section, "connections", 100, Duration::from_secs(30))
    }

    /// The same with another key and default for the number of connections, and another default for idle ones.
    pub(super) fn with(section: &Section, key: &'static str, connections: u32, header_timeout: Duration) -> Limits {
        Limits {
            connections: section.number(key, connections) as usize,
            body: section.size("max_body", 256 << 10),
            header_timeout: section.duration("header_timeout", header_timeout),
            body_timeout: section.duration("body_timeout", Duration::from_secs(10)),
        }
    }
}
