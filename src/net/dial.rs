//! Streams to platforms that the bridge connects to.

use std::sync::Arc;

use rustls::pki_types::ServerName;
use socket2::{SockRef, TcpKeepalive};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::mpsc,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use super::{
    bring,
    input::Input,
    stream::{Route, converse},
    tls::Connector,
};
use crate::{
    bridge::Owner,
    port::Connection,
    settings::{Dial, Queue},
};

/// How many messages may wait to be written; a platform that does not read is given up.
const WRITES: usize = 1024;
/// How much is read at a time, in bytes.
const READ: usize = 64 << 10;

/// How one platform is dialled.
#[derive(Clone)]
pub struct Dialler {
    dial: Arc<Dial>,
    connector: Option<(Connector, ServerName<'static>)>,
}

pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl Dialler {
    pub fn new(dial: Dial, connector: Option<Connector>) -> Result<Dialler, String> {
        let connector = match dial.tls.as_ref().zip(connector) {
            None => None,
            Some((settings, connector)) => {
                let name = settings.server_name.clone().unwrap_or_else(|| dial.host.clone());
                let name = ServerName::try_from(name).map_err(|error| format!("{}: {error}", dial.address))?;
                Some((connector, name))
            }
        };
        Ok(Dialler { dial: Arc::new(dial), connector })
    }

    /// Connects and converses until the stream ends, or until told to stop.
    pub async fn run(self, owner: Owner, connection: Connection, inputs: mpsc::Sender<Input>, stop: CancellationToken) {
        let limit = self.dial.connect_timeout;
        let opened = tokio::select! {
            () = stop.cancelled() => return,
            opened = timeout(limit, self.open()) => opened,
        };
        let reason = match opened {
            Ok(Ok(stream)) => {
                let queue = Queue { messages: WRITES, bytes: usize::MAX };
                let route =
                    Route { owner, connection, peer: self.dial.address.clone(), queue, read: READ, standing: None };
                return converse(stream, route, &inputs).await;
            }
            Ok(Err(error)) => error,
            Err(_) => format!("no connection to {} in {} s", self.dial.address, limit.as_secs_f64()),
        };
        bring(&inputs, Input::Closed { owner, connection, reason, cause: None }).await;
    }

    async fn open(&self) -> Result<Box<dyn Stream>, String> {
        let Dial { host, port, address, keepalive, .. } = &*self.dial;
        let stream = TcpStream::connect((host.as_str(), *port)).await.map_err(|error| format!("{address}: {error}"))?;
        let _ = stream.set_nodelay(true);
        let probes = TcpKeepalive::new().with_time(*keepalive).with_interval(*keepalive / 3);
        let _ = SockRef::from(&stream).set_tcp_keepalive(&probes);
        match &self.connector {
            None => Ok(Box::new(stream)),
            Some((connector, name)) => {
                let stream = connector.connector().connect(name.clone(), stream).await;
                Ok(Box::new(stream.map_err(|error| format!("{address}: TLS: {error}"))?))
            }
        }
    }
}
