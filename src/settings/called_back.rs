//! Calls back: where a platform that is posted to calls the bridge, and where clients that post to the bridge may be called.

use std::{net::SocketAddr, time::Duration};

use super::{AllowList, ClientTls, Limits, Queue, Section, ServerTls, Strangers, Url};

/// Where a platform calls the bridge.
#[derive(Debug, Clone)]
pub struct Callee {
    pub listen: SocketAddr,
    /// The path of the address that the platform is told.
    pub path: String,
    pub tls: Option<ServerTls>,
    pub limits: Limits,
    pub strangers: Strangers,
}

impl Callee {
    /// Reads where a platform calls that is told this address.
    pub fn read(section: &Section, callback: &str, plaintext: bool) -> Option<Callee> {
        let Url { secure, host, port, uri } = match Url::to_serve(callback) {
            Ok(url) => url,
            Err(wrong) => {
                let text = format!("{wrong}; it should be an address such as \"http://127.0.0.1:8740/events\"");
                section.problem("callback", text);
                return None;
            }
        };
        let own = if host.contains(':') {
            format!("[{host}]:{port}")
        } else {
            format!("{}:{port}", if host == "localhost" { "127.0.0.1" } else { &host })
        };
        let listen = section.text_or("callback_listen", &own);
        let tls = ServerTls::read(section, "callback_tls");
        if secure != tls.is_some() {
            let text = "an https callback has a certificate in `callback_tls`, and an http one has none";
            section.problem("callback", text);
        }
        let strangers = Strangers::read(section);
        let limits = Limits::with(section, "callback_connections", 32, Duration::from_secs(150));
        let Ok(listen) = listen.parse::<SocketAddr>() else {
            let text = "the callback's host is no address to listen on: say which in `callback_listen`";
            section.problem("callback_listen", text);
            return None;
        };
        if !secure && !listen.ip().is_loopback() && !plaintext {
            section.problem("callback", "bytes leave this machine unprotected: use https, or say `plaintext = true`");
        }
        Some(Callee { listen, path: uri.path().trim_end_matches('/').to_owned(), tls, limits, strangers })
    }

    /// Whether bytes leave the machine unprotected on the way here.
    pub fn is_exposed(&self) -> bool {
        self.tls.is_none() && !self.listen.ip().is_loopback()
    }
}

/// Where clients may be called, and how long that may take.
#[derive(Debug, Clone)]
pub struct Callback {
    pub allow: AllowList,
    pub timeout: Duration,
    /// A connection that was idle for longer is not used again.
    pub idle: Duration,
    pub tls: ClientTls,
    /// Plain HTTP to other machines is allowed.
    pub plaintext: bool,
    pub queue: Queue,
}

impl Callback {
    pub fn read(section: &Section, plaintext: bool) -> Callback {
        Callback {
            allow: allow_list(section),
            timeout: section.duration("callback_timeout", Duration::from_secs(10)),
            idle: section.duration("callback_idle", Duration::from_secs(4)),
            tls: ClientTls::read(section, "callback_tls").unwrap_or_default(),
            plaintext,
            queue: Queue::read(section),
        }
    }
}

fn allow_list(section: &Section) -> AllowList {
    let mut list = AllowList::default();
    for entry in section.list("callback_allow").unwrap_or_else(|| vec!["127.0.0.0/8".into(), "::1".into()]) {
        if let Err(error) = list.add(&entry) {
            section.problem("callback_allow", error);
        }
    }
    list
}
