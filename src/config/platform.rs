//! `[platform.…]`: what the bridge connects to, and how.

use std::time::Duration;

use super::{ClientTls, Section, client_tls, dialect, is_loopback, knobs};
use crate::{
    dialect::event_feed,
    mapping::{Literal, Mappings},
    model,
};

#[derive(Debug)]
pub struct Platform {
    pub name: String,
    pub dialect: String,
    pub address: String,
    /// The port of `address`, and the host without it.
    pub host: String,
    pub port: u16,
    pub tls: Option<ClientTls>,
    pub connect_timeout: Duration,
    pub keepalive: Duration,
    pub max_frame: usize,
    pub feed: event_feed::Settings,
    pub model: model::Settings,
    pub knobs: Vec<Literal>,
    /// Bytes leave the machine unprotected, and the operator knows.
    pub exposed: bool,
}

pub fn read(name: &str, section: &Section, mappings: &Mappings) -> Option<Platform> {
    let dialect = dialect(section, mappings, true);
    let address = section.required("address");
    let tls = section.section("tls").map(|tls| client_tls(&tls));
    let plaintext = section.flag("plaintext", false);
    let user = section.required("user").unwrap_or_default();
    let password = section.secret("password", "password_file");
    if password.is_none() && !section.has("password") && !section.has("password_file") {
        section.problem("", format!("`{}.password` or `password_file` is missing", section.path));
    }
    let feed = event_feed::Settings::default();
    let model = model::Settings::default();
    let shortest = section.duration("reconnect_min", feed.reconnect.0);
    let longest = section.duration("reconnect_max", feed.reconnect.1);
    if longest < shortest {
        section.problem("reconnect_max", "`reconnect_max` is shorter than `reconnect_min`");
    }
    let platform = Platform {
        name: name.to_owned(),
        dialect: dialect.as_ref().map(|dialect| dialect.vocabulary.dialect.clone()).unwrap_or_default(),
        address: address.clone().unwrap_or_default(),
        host: String::new(),
        port: 0,
        connect_timeout: section.duration("connect_timeout", Duration::from_secs(10)),
        keepalive: section.duration("keepalive", Duration::from_secs(30)),
        max_frame: section.size("max_frame", 1 << 20),
        feed: event_feed::Settings {
            user,
            password: password.unwrap_or_else(|| String::new().into()),
            reply_timeout: section.duration("reply_timeout", feed.reply_timeout),
            silence: section.duration("silence", feed.silence),
            reconnect: (shortest, longest),
            ..feed
        },
        model: model::Settings {
            platform: name.to_owned(),
            state_grace: section.duration("state_grace", model.state_grace),
            wrap_grace: section.duration("wrap_grace", model.wrap_grace),
            call_expiry: section.duration("call_expiry", model.call_expiry),
            orphan_grace: section.duration("orphan_grace", model.orphan_grace),
            id_grace: section.duration("id_grace", model.id_grace),
            resync_grace: section.duration("resync_grace", model.resync_grace),
            request_grace: section.duration("request_grace", model.request_grace),
            max_calls: section.number("max_calls", model.max_calls as u32) as usize,
            max_agents: section.number("max_agents", model.max_agents as u32) as usize,
            max_services: section.number("max_services", model.max_services as u32) as usize,
            max_requests: section.number("max_requests", model.max_requests as u32) as usize,
            max_memory: section.size("max_memory", model.max_memory),
        },
        knobs: knobs(section, dialect.as_deref()),
        exposed: false,
        tls,
    };
    section.finish();
    let (host, port) = host_and_port(section, &address?)?;
    let exposed = platform.tls.is_none() && !is_loopback(&host);
    if exposed && !plaintext {
        section.problem("address", "bytes leave this machine unprotected: add `tls = {}`, or say `plaintext = true`");
    }
    dialect.map(|_| Platform { host, port, exposed, ..platform })
}

fn host_and_port(section: &Section, address: &str) -> Option<(String, u16)> {
    let parts = address.rsplit_once(':').and_then(|(host, port)| {
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        Some((host.to_owned(), port.parse().ok()?)).filter(|(host, _)| !host.is_empty())
    });
    if parts.is_none() {
        section.problem("address", "`address` should be a host and port, such as \"127.0.0.1:31456\"");
    }
    parts
}
