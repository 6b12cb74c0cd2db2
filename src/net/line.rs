//! The line to a platform: dialled when the conversation asks for it, or brought by a relay; read until it ends, written from
//! a bounded queue.

use std::sync::Arc;

use rustls::pki_types::ServerName;
use socket2::{SockRef, TcpKeepalive};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::mpsc,
    time::timeout,
};
use tokio_rustls::TlsConnector;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{batch::Batch, bring, engine::Input, read_on, tls};
use crate::config::Dial;

/// How many messages may wait to be written; a platform that does not read is given up.
const WRITES: usize = 1024;
/// How much is read at a time.
const READ: usize = 64 << 10;

/// One platform's line, as the engine knows it.
pub struct Line {
    dialler: Option<Dialler>,
    /// Counts connections, so that what an earlier one still brings is not taken for the current one's.
    pub generation: u64,
    writer: Option<mpsc::Sender<Vec<u8>>>,
    stop: CancellationToken,
}

/// How a platform is dialled.
#[derive(Clone)]
struct Dialler {
    dial: Arc<Dial>,
    connector: Option<(TlsConnector, ServerName<'static>)>,
}

impl Line {
    /// A line that the bridge dials.
    pub fn dialled(dial: Dial) -> Result<Line, String> {
        let connector = match &dial.tls {
            None => None,
            Some(settings) => {
                let name = settings.server_name.clone().unwrap_or_else(|| dial.host.clone());
                let name = ServerName::try_from(name).map_err(|error| format!("{}: {error}", dial.address))?;
                Some((TlsConnector::from(tls::client(settings)?), name))
            }
        };
        Ok(Line { dialler: Some(Dialler { dial: Arc::new(dial), connector }), ..Line::awaited() })
    }

    /// A line that somebody else brings.
    pub fn awaited() -> Line {
        Line { dialler: None, generation: 0, writer: None, stop: CancellationToken::new() }
    }

    pub fn connect(&mut self, platform: usize, inputs: &mpsc::Sender<Input>, tasks: &TaskTracker) {
        let Some(dialler) = self.dialler.clone() else { return };
        let (generation, stop) = self.renew();
        let inputs = inputs.clone();
        tasks.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = dialler.run(platform, generation, inputs) => {}
            }
        });
    }

    /// A new connection takes the place of whatever there was: its number, and what ends it.
    pub fn renew(&mut self) -> (u64, CancellationToken) {
        self.disconnect();
        self.stop = CancellationToken::new();
        (self.generation, self.stop.clone())
    }

    /// Whether the connection is the current one.
    pub fn connected(&mut self, generation: u64, writer: mpsc::Sender<Vec<u8>>) -> bool {
        let current = generation == self.generation;
        if current {
            self.writer = Some(writer);
        }
        current
    }

    pub fn closed(&mut self, generation: u64) -> bool {
        let current = generation == self.generation;
        if current {
            self.disconnect();
        }
        current
    }

    /// Whether there was room.
    pub fn send(&mut self, bytes: Vec<u8>) -> bool {
        self.writer.as_ref().is_none_or(|writer| writer.try_send(bytes).is_ok())
    }

    pub fn is_open(&self) -> bool {
        self.writer.is_some()
    }

    pub fn disconnect(&mut self) {
        self.generation += 1;
        self.writer = None;
        self.stop.cancel();
    }
}

impl Dialler {
    async fn run(self, platform: usize, generation: u64, inputs: mpsc::Sender<Input>) {
        let limit = self.dial.connect_timeout;
        let reason = match timeout(limit, self.open()).await {
            Ok(Ok(stream)) => return converse(stream, platform, generation, &inputs).await,
            Ok(Err(error)) => error,
            Err(_) => format!("no connection to {} in {} s", self.dial.address, limit.as_secs_f64()),
        };
        bring(&inputs, Input::Closed { platform, generation, reason }).await;
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
                let stream = connector.connect(name.clone(), stream).await;
                Ok(Box::new(stream.map_err(|error| format!("{address}: TLS: {error}"))?))
            }
        }
    }
}

/// Reads and writes until either ends, and says why.
pub async fn converse(stream: impl Stream, platform: usize, generation: u64, inputs: &mpsc::Sender<Input>) {
    let (mut reader, mut writer) = tokio::io::split(stream);
    let (sender, mut receiver) = mpsc::channel::<Vec<u8>>(WRITES);
    bring(inputs, Input::Connected { platform, generation, writer: sender }).await;
    let write = async {
        let mut batch = Batch::default();
        while batch.fill(&mut receiver).await {
            if let Err(error) = batch.write(&mut writer).await {
                return format!("writing: {error}");
            }
        }
        std::future::pending().await
    };
    let heard = |bytes, at| Input::Read { platform, generation, bytes, at };
    let read = read_on(&mut reader, READ, "closed by the platform", inputs, heard);
    let reason = tokio::select! {
        reason = write => reason,
        reason = read => reason,
    };
    bring(inputs, Input::Closed { platform, generation, reason }).await;
}

pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}
