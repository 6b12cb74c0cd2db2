//! Streams that the bridge accepts: where it listens, and how much may wait for one connection.

use std::net::SocketAddr;

use super::{Section, ServerTls, Strangers};

/// Where others connect to the bridge.
#[derive(Debug, Clone)]
pub struct Listen {
    pub address: SocketAddr,
    pub tls: Option<ServerTls>,
    /// Bytes leave the machine unprotected, and the operator knows.
    pub exposed: bool,
    pub strangers: Strangers,
}

impl Listen {
    /// Reads `listen`, `tls` and the limits of strangers. `plaintext`: the operator knows that bytes may leave the machine unprotected.
    pub fn read(section: &Section, plaintext: bool) -> Option<Listen> {
        let address = address(section, "listen");
        let tls = ServerTls::read(section, "tls");
        let strangers = Strangers::read(section);
        let address = address?;
        let exposed = tls.is_none() && !address.ip().is_loopback();
        if exposed && !plaintext {
            section.problem("listen", "bytes leave this machine unprotected: add `tls`, or say `plaintext = true`");
        }
        Some(Listen { address, tls, exposed, strangers })
    }
}

/// How much may wait for one session: messages and bytes.
#[derive(Debug, Clone, Copy)]
pub struct Queue {
    pub messages: usize,
    pub bytes: usize,
}

impl Queue {
    pub fn read(section: &Section) -> Queue {
        Queue { messages: section.number("queue", 16_384u32) as usize, bytes: section.size("queue_bytes", 8 << 20) }
    }
}

/// An address with a port to listen on.
pub fn address(section: &Section, key: &'static str) -> Option<SocketAddr> {
    let text = section.required(key)?;
    let parsed = text.parse().ok();
    if parsed.is_none() {
        let text = format!("`{}.{key}` should be an address and port, such as \"127.0.0.1:8730\"", section.path);
        section.problem(key, text);
    }
    parsed
}
