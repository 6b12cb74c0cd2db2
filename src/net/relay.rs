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
    peers::{NO_TLS, Peers},
};
use crate::{bridge::About, dialect::ccas};

/// How long a hello may take, TLS and all.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest hello in bytes.
const HELLO: usize = 4096;
/// How many may be about to say hello.
const STRANGERS: usize = 8;

/// The reason why a peer is not a relay: the notice's sort, and its text.
struct Stranger(&'static str, String);

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
        let peers = Peers { inputs: relays.inputs.clone(), about: About::Platform(relays.platform) };
        let accept = Accept::new(&relays.listener, STRANGERS, Some(peers.clone()));
        while let Some(Accepted { stream, peer, place }) = accept.next(&shutdown).await {
            let (relays, peers) = (relays.clone(), peers.clone());
            tasks.spawn(async move {
                let welcome = async {
                    match relays.acceptor.clone() {
                        None => relays.welcome(stream).await.map(boxed),
                        Some(acceptor) => {
                            let stream = acceptor.accept(stream).await;
                            let stream = stream.map_err(|error| Stranger(NO_TLS, format!("no TLS: {error}")))?;
                            relays.welcome(stream).await.map(boxed)
                        }
                    }
                };
                let late = || Stranger("relays that said no hello", "it said no hello in time".to_owned());
                let welcomed = timeout(PATIENCE, welcome).await.unwrap_or_else(|_| Err(late()));
                drop(place);
                match welcomed {
                    Ok(stream) => relays.converse(stream).await,
                    Err(Stranger(sort, reason)) => {
                        peers.complain(sort, format!("{peer} is no relay that may connect: {reason}")).await;
                    }
                }
            });
        }
    }

    /// Reads the first line byte by byte, so that nothing after it is consumed.
    async fn welcome<S: Stream>(&self, mut stream: S) -> Result<S, Stranger> {
        let mut hello = Vec::new();
        loop {
            let byte = stream.read_u8().await;
            let gone = |_| Stranger("relays that said no hello", "it went before it said hello".to_owned());
            let byte = byte.map_err(gone)?;
            if byte == b'\n' {
                break;
            }
            hello.push(byte);
            if hello.len() > HELLO {
                break;
            }
        }
        match ccas::greet(&hello, &self.token) {
            Ok(()) => Ok(stream),
            Err(refusal) => {
                let _ = stream.write_all(refusal.as_bytes()).await;
                let _ = stream.shutdown().await;
                Err(Stranger("refused relays", "its hello or its token is wrong".to_owned()))
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
