//! Streams that the bridge dials, and how long it waits between attempts to reach somebody.

use std::time::Duration;

use super::{
    ClientTls, Section,
    url::{host_and_port, is_loopback},
};

#[derive(Debug, Clone)]
pub struct Dial {
    pub address: String,
    /// The port of `address`, and the host without it.
    pub host: String,
    pub port: u16,
    pub tls: Option<ClientTls>,
    pub connect_timeout: Duration,
    pub keepalive: Duration,
    /// Bytes leave the machine unprotected, and the operator knows.
    pub exposed: bool,
}

impl Dial {
    /// `plaintext`: the operator knows that bytes may leave the machine unprotected.
    pub fn read(section: &Section, plaintext: bool) -> Option<Dial> {
        let address = section.required("address");
        let tls = ClientTls::read(section, "tls");
        let connect_timeout = section.duration("connect_timeout", Duration::from_secs(10));
        let keepalive = section.duration("keepalive", Duration::from_secs(30));
        let address = address?;
        let Some((host, port)) = host_and_port(&address) else {
            let text = "`address` should be a host and a port from 1 to 65535, such as \"127.0.0.1:31456\"";
            section.problem("address", text);
            return None;
        };
        let exposed = tls.is_none() && !is_loopback(&host);
        if exposed && !plaintext {
            let text = "bytes leave this machine unprotected: add `tls = {}`, or say `plaintext = true`";
            section.problem("address", text);
        }
        Some(Dial { address, host, port, tls, connect_timeout, keepalive, exposed })
    }
}

/// The shortest and the longest wait between attempts.
pub fn reconnect(section: &Section, default: (Duration, Duration)) -> (Duration, Duration) {
    let shortest = section.duration("reconnect_min", default.0);
    let longest = section.duration("reconnect_max", default.1);
    if longest < shortest {
        section.problem("reconnect_max", "`reconnect_max` is shorter than `reconnect_min`");
    }
    (shortest, longest)
}
