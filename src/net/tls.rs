//! TLS both ways. What each end shows and whom it trusts can be exchanged while the bridge runs: it counts from the next
//! handshake on, and connections that are open stay.

use std::{
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

    /// Puts new ends in force, for the handshakes that come after. Hands back the tables that need a restart instead: those
    /// that came or went, and those with another name of the server.
    pub fn exchange(&self, new: NewEnds) -> Vec<String> {
        let olds = self.acceptors.iter().map(|(table, _)| table).chain(self.connectors.iter().map(|(table, ..)| table));
        let news = new.acceptors.iter().map(|(table, _)| table).chain(new.connectors.iter().map(|(table, ..)| table));
        let (olds, news): (Vec<String>, Vec<String>) = (olds.cloned().collect(), news.cloned().collect());
        let mut left = olds.iter().filter(|table| !news.contains(table)).cloned().collect::<Vec<_>>();
        left.extend(news.into_iter().filter(|table| !olds.contains(table)));
        for (table, config) in new.acceptors {
            if let Some((_, acceptor)) = self.acceptors.iter().find(|(known, _)| *known == table) {
                acceptor.exchange(config);
            }
        }
        for (table, config, name) in new.connectors {
            match self.connectors.iter().find(|(known, ..)| *known == table) {
                Some((_, connector, known)) if *known == name => connector.exchange(config),
                Some(_) => left.push(table),
                None => {}
            }
        }
        left
    }
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
