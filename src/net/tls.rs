//! TLS both ways. What each end shows and whom it trusts can be exchanged while the bridge runs: it counts from the next
//! handshake on, and connections that are open stay.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use rustls::{ClientConfig, ServerConfig};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{TlsAcceptor, TlsConnector, server::TlsStream};

use super::{peers::Peers, strangers::Standing};
use crate::{
    config::{
        Config,
        certificates::{self, End, TlsTable, Wrong},
    },
    port::Notice,
    settings::ClientTls,
};

/// One end of TLS, for all handshakes of a listener or toward a platform.
#[derive(Clone)]
pub struct Exchangeable<T>(Arc<RwLock<Arc<T>>>);

pub type Acceptor = Exchangeable<ServerConfig>;
pub type Connector = Exchangeable<ClientConfig>;

impl<T> Exchangeable<T> {
    pub fn new(config: T) -> Exchangeable<T> {
        Exchangeable(Arc::new(RwLock::new(Arc::new(config))))
    }

    /// What counts for a handshake that begins now.
    pub fn current(&self) -> Arc<T> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn exchange(&self, config: T) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
    }
}

pub fn client(settings: &ClientTls) -> Result<Connector, String> {
    certificates::client(settings).map(Exchangeable::new).map_err(|wrong| wrong.text)
}

/// The ends of TLS of a configuration, each under its table: `platform.mitel.tls`.
#[derive(Default)]
pub struct Ends {
    acceptors: Vec<(String, Acceptor)>,
    /// With the name that the server's certificate should have, which is not exchanged.
    connectors: Vec<(String, Connector, Option<String>)>,
}

/// The ends of a configuration that is to be put in force.
pub struct NewEnds {
    acceptors: Vec<(String, ServerConfig)>,
    connectors: Vec<(String, ClientConfig, Option<String>)>,
}

impl NewEnds {
    /// Reads all files of a configuration.
    pub fn of(config: &Config) -> Result<NewEnds, String> {
        let mut ends = NewEnds { acceptors: Vec::new(), connectors: Vec::new() };
        for TlsTable { side, name, key, end } in config.tls_tables() {
            let table = table(side, name, key);
            let wrong = |wrong: Wrong| format!("{table}.{}: {}", wrong.key, wrong.text);
            match end {
                End::Server(tls) => {
                    let config = certificates::server(tls).map_err(wrong)?;
                    ends.acceptors.push((table, config));
                }
                End::Client(tls) => {
                    let config = certificates::client(tls).map_err(wrong)?;
                    ends.connectors.push((table, config, tls.server_name.clone()));
                }
            }
        }
        Ok(ends)
    }
}

impl From<NewEnds> for Ends {
    fn from(NewEnds { acceptors, connectors }: NewEnds) -> Ends {
        let acceptors = acceptors.into_iter().map(|(table, config)| (table, Exchangeable::new(config)));
        let connectors = connectors.into_iter().map(|(table, config, name)| (table, Exchangeable::new(config), name));
        Ends { acceptors: acceptors.collect(), connectors: connectors.collect() }
    }
}

impl Ends {
    /// The end of a table, if the configuration has that table.
    pub fn acceptor(&self, side: &str, name: &str, key: &str) -> Option<Acceptor> {
        let wanted = table(side, name, key);
        self.acceptors.iter().find(|(table, _)| *table == wanted).map(|(_, acceptor)| acceptor.clone())
    }

    pub fn connector(&self, side: &str, name: &str, key: &str) -> Option<Connector> {
        let wanted = table(side, name, key);
        self.connectors.iter().find(|(table, ..)| *table == wanted).map(|(_, connector, _)| connector.clone())
    }

    /// The sections whose tables came or went, or have another name of the server: those cannot be exchanged.
    pub fn differing(&self, new: &NewEnds) -> BTreeSet<String> {
        let olds = self.acceptors.iter().map(|(table, _)| (table, None));
        let olds: BTreeSet<_> =
            olds.chain(self.connectors.iter().map(|(table, _, name)| (table, name.as_ref()))).collect();
        let news = new.acceptors.iter().map(|(table, _)| (table, None));
        let news: BTreeSet<_> =
            news.chain(new.connectors.iter().map(|(table, _, name)| (table, name.as_ref()))).collect();
        olds.symmetric_difference(&news).map(|(table, _)| section(table).to_owned()).collect()
    }

    /// Puts new ends in force, for the handshakes that come after. `fresh` are those of the sections that are new or made anew,
    /// and replace theirs; a section that `has_gone` needs none any more.
    pub fn exchange(&mut self, new: NewEnds, fresh: Ends, has_gone: impl Fn(&str) -> bool) {
        for (table, config) in new.acceptors {
            if let Some((_, acceptor)) = self.acceptors.iter().find(|(known, _)| *known == table) {
                acceptor.exchange(config);
            }
        }
        for (table, config, name) in new.connectors {
            let known = self.connectors.iter().find(|(known, _, known_name)| *known == table && *known_name == name);
            if let Some((_, connector, _)) = known {
                connector.exchange(config);
            }
        }
        self.acceptors.retain(|(table, _)| !has_gone(section(table)));
        self.connectors.retain(|(table, ..)| !has_gone(section(table)));
        self.acceptors.extend(fresh.acceptors);
        self.connectors.extend(fresh.connectors);
    }
}

impl NewEnds {
    /// Takes out the ends of these sections.
    pub fn take(&mut self, is_taken: impl Fn(&str) -> bool) -> NewEnds {
        NewEnds {
            acceptors: self.acceptors.extract_if(.., |(table, _)| is_taken(section(table))).collect(),
            connectors: self.connectors.extract_if(.., |(table, ..)| is_taken(section(table))).collect(),
        }
    }
}

/// The section that a table is in.
fn section(table: &str) -> &str {
    table.rsplit_once('.').map_or(table, |(section, _)| section)
}

fn table(side: &str, name: &str, key: &str) -> String {
    if name.is_empty() { format!("{side}.{key}") } else { format!("{side}.{name}.{key}") }
}

impl Connector {
    pub fn connector(&self) -> TlsConnector {
        TlsConnector::from(self.current())
    }
}

/// Performs a TLS handshake, unless the connection has to leave before. If it fails, the reason is logged.
pub async fn shake_hands(
    acceptor: &Acceptor,
    stream: TcpStream,
    limit: Duration,
    peer: SocketAddr,
    standing: &Standing,
    peers: Option<Peers>,
) -> Option<TlsStream<TcpStream>> {
    let shaken = tokio::select! {
        () = standing.dismissed() => return None,
        shaken = timeout(limit, TlsAcceptor::from(acceptor.current()).accept(stream)) => shaken,
    };
    let reason = match shaken {
        Ok(Ok(stream)) => return Some(stream),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("it took longer than {} s", limit.as_secs_f64()),
    };
    if let Some(peers) = peers {
        peers.complain(Notice::TlsFailed { peer: peer.to_string(), reason }).await;
    }
    None
}
