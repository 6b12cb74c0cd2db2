//! Where the relays of a CCAS connect: whoever says hello with the right token becomes the platform's line, in the place of
//! the one before; whoever does not is told why, and closed.

use std::{sync::Arc, time::Duration};

use secrecy::SecretString;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::{mpsc, oneshot},
    time::timeout,
};
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    accept::{Accept, Accepted},
    bring,
    engine::Input,
    line::{self, Stream},
};
use crate::dialect::ccas;

/// How long a hello may take, TLS and all.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest hello in bytes.
const HELLO: usize = 4096;
/// How many may be about to say hello.
const STRANGERS: usize = 8;

pub struct Relays {
    pub name: String,
    pub platform: usize,
    pub listener: TcpListener,
    pub acceptor: Option<TlsAcceptor>,
    pub token: SecretString,
    pub inputs: mpsc::Sender<Input>,
}

impl Relays {
    /// Accepts until told to stop.
    pub async fn serve(self, shutdown: CancellationToken, tasks: TaskTracker) {
        let relays = Arc::new(self);
        let accept = Accept::new(&relays.listener, STRANGERS);
        while let Some(Accepted { stream, peer, place }) = accept.next(&shutdown).await {
            let relays = relays.clone();
            tasks.spawn(async move {
                let welcomed = match relays.acceptor.clone() {
                    None => timeout(PATIENCE, relays.welcome(stream)).await.map(|w| w.map(boxed)),
                    Some(acceptor) => {
                        let welcome = async { relays.welcome(acceptor.accept(stream).await.ok()?).await };
                        timeout(PATIENCE, welcome).await.map(|w| w.map(boxed))
                    }
                };
                drop(place);
                match welcomed {
                    Ok(Some(stream)) => relays.converse(stream).await,
                    Ok(None) => tracing::warn!(platform = relays.name, "{peer} is no relay that may connect"),
                    Err(_) => tracing::warn!(platform = relays.name, "{peer} said no hello in time"),
                }
            });
        }
    }

    /// Reads the first line, byte by byte so that nothing after it is taken; none for whoever is refused.
    async fn welcome<S: Stream>(&self, mut stream: S) -> Option<S> {
        let mut hello = Vec::new();
        loop {
            let byte = stream.read_u8().await.ok()?;
            if byte == b'\n' {
                break;
            }
            hello.push(byte);
            if hello.len() > HELLO {
                break;
            }
        }
        match ccas::greet(&hello, &self.token) {
            Ok(()) => Some(stream),
            Err(refusal) => {
                let _ = stream.write_all(refusal.as_bytes()).await;
                let _ = stream.shutdown().await;
                None
            }
        }
    }

    async fn converse(&self, stream: Box<dyn Stream>) {
        let (reply, line) = oneshot::channel();
        bring(&self.inputs, Input::Relay { platform: self.platform, reply }).await;
        let Ok((generation, stop)) = line.await else { return };
        tokio::select! {
            () = stop.cancelled() => {}
            () = line::converse(stream, self.platform, generation, &self.inputs) => {}
        }
    }
}

fn boxed(stream: impl Stream + 'static) -> Box<dyn Stream> {
    Box::new(stream)
}
