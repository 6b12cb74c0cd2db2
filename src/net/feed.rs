//! The socket to a feed: opened when the conversation asks for it, read until it ends, written from a bounded queue.

use std::{sync::Arc, time::Instant};

use bytes::BytesMut;
use rustls::pki_types::ServerName;
use socket2::{SockRef, TcpKeepalive};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    sync::mpsc,
    time::timeout,
};
use tokio_rustls::TlsConnector;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{bring, engine::Input, tls};
use crate::config::Platform;

/// How many messages may wait to be written; a platform that does not read is given up.
const WRITES: usize = 1024;
/// How much is read at a time.
const READ: usize = 64 << 10;

/// One platform's socket, as the engine knows it.
pub struct Feed {
    platform: Arc<Platform>,
    connector: Option<(TlsConnector, ServerName<'static>)>,
    /// Counts connections, so that what an earlier one still brings is not taken for the current one's.
    pub generation: u64,
    writer: Option<mpsc::Sender<Vec<u8>>>,
    stop: CancellationToken,
}

impl Feed {
    pub fn new(platform: Platform) -> Result<Feed, String> {
        let connector = match &platform.tls {
            None => None,
            Some(settings) => {
                let name = settings.server_name.clone().unwrap_or_else(|| platform.host.clone());
                let name = ServerName::try_from(name).map_err(|error| format!("{}: {error}", platform.name))?;
                Some((TlsConnector::from(tls::client(settings)?), name))
            }
        };
        let platform = Arc::new(platform);
        Ok(Feed { platform, connector, generation: 0, writer: None, stop: CancellationToken::new() })
    }

    pub fn connect(&mut self, index: usize, inputs: &mpsc::Sender<Input>, tasks: &TaskTracker) {
        self.disconnect();
        self.stop = CancellationToken::new();
        let line = Line {
            platform: self.platform.clone(),
            connector: self.connector.clone(),
            index,
            generation: self.generation,
            inputs: inputs.clone(),
        };
        let stop = self.stop.clone();
        tasks.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = line.run() => {}
            }
        });
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

    pub fn disconnect(&mut self) {
        self.generation += 1;
        self.writer = None;
        self.stop.cancel();
    }
}

/// One connection.
struct Line {
    platform: Arc<Platform>,
    connector: Option<(TlsConnector, ServerName<'static>)>,
    index: usize,
    generation: u64,
    inputs: mpsc::Sender<Input>,
}

impl Line {
    async fn run(self) {
        let limit = self.platform.connect_timeout;
        let reason = match timeout(limit, self.open()).await {
            Ok(Ok(stream)) => self.converse(stream).await,
            Ok(Err(error)) => error,
            Err(_) => format!("no connection to {} in {} s", self.platform.address, limit.as_secs()),
        };
        bring(&self.inputs, Input::Closed { platform: self.index, generation: self.generation, reason }).await;
    }

    async fn open(&self) -> Result<Box<dyn Stream>, String> {
        let Platform { host, port, address, keepalive, .. } = &*self.platform;
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

    /// Reads and writes until either ends; hands back why.
    async fn converse(&self, stream: Box<dyn Stream>) -> String {
        let (mut reader, mut writer) = tokio::io::split(stream);
        let (sender, mut receiver) = mpsc::channel::<Vec<u8>>(WRITES);
        let connected = Input::Connected { platform: self.index, generation: self.generation, writer: sender };
        bring(&self.inputs, connected).await;
        let write = async {
            while let Some(bytes) = receiver.recv().await {
                if let Err(error) = writer.write_all(&bytes).await {
                    return format!("writing: {error}");
                }
            }
            std::future::pending().await
        };
        let read = async {
            let mut buffer = BytesMut::new();
            loop {
                buffer.reserve(READ);
                match reader.read_buf(&mut buffer).await {
                    Ok(0) => return "closed by the platform".to_owned(),
                    Ok(_) => {}
                    Err(error) => return format!("reading: {error}"),
                }
                let bytes = buffer.split().freeze();
                let (platform, generation) = (self.index, self.generation);
                bring(&self.inputs, Input::Read { platform, generation, bytes, at: Instant::now() }).await;
            }
        };
        tokio::select! {
            reason = write => reason,
            reason = read => reason,
        }
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}
