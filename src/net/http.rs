//! HTTP listeners: how many connections, how long a request's head may take, how large it may be. What is served is the
//! services' business.

use std::{convert::Infallible, future::Future, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::{
    Request, Response, StatusCode,
    body::{Body, Incoming},
    header::CONTENT_TYPE,
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    accept::{Accept, Accepted},
    metrics::Places,
    peers::Peers,
    tls::{Acceptor, shake_hands},
};
use crate::{
    port::{Connection, Notice},
    settings,
};

/// The most lines and bytes of a request's head.
pub(super) const MAX_HEADERS: usize = 64;
pub(super) const MAX_HEAD: usize = 64 << 10;

pub type Answer = Response<Full<Bytes>>;

/// The other end of a connection.
#[derive(Debug, Clone, Copy)]
pub struct Peer {
    pub connection: Connection,
    pub address: SocketAddr,
}

/// What answers requests.
pub trait Handler: Send + Sync + 'static {
    fn handle(&self, request: Request<Incoming>, peer: Peer) -> impl Future<Output = Answer> + Send;
}

#[derive(Debug, Clone)]
pub struct Limits {
    pub places: Places,
    pub header_timeout: Duration,
}

impl Limits {
    /// Those of a listener whose connections this section bounds, by this key.
    pub fn of(limits: &settings::Limits, section: String, key: &'static str) -> Limits {
        Limits { places: Places::new(section, key, limits.connections), header_timeout: limits.header_timeout }
    }

    pub fn admin() -> Limits {
        Limits { places: Places::new("admin", "connections", 16), header_timeout: Duration::from_secs(10) }
    }
}

pub fn answer(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(content_type));
    answer
}

pub fn text(status: StatusCode, body: impl Into<String>) -> Answer {
    answer(status, "text/plain; charset=utf-8", body.into())
}

/// A request's body, of at most so many bytes and in time; else what to answer, and why.
pub async fn body(body: Incoming, most: usize, limit: Duration) -> Result<Bytes, (StatusCode, String)> {
    let too_long = || (StatusCode::PAYLOAD_TOO_LARGE, format!("the request is longer than {most} bytes"));
    if body.size_hint().lower() > most as u64 {
        return Err(too_long());
    }
    match timeout(limit, Limited::new(body, most).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_long()),
        Ok(Err(error)) => Err((StatusCode::BAD_REQUEST, error.to_string())),
        Err(_) => {
            Err((StatusCode::REQUEST_TIMEOUT, format!("the request did not come within {} s", limit.as_secs_f64())))
        }
    }
}

/// Accepts connections until told to stop. At the limit, further connections wait to be accepted. Problems are reported
/// through `peers`, where the listener has one.
pub async fn serve<H: Handler>(
    listener: TcpListener,
    acceptor: Option<Acceptor>,
    Limits { places, header_timeout }: Limits,
    handler: Arc<H>,
    peers: Option<Peers>,
    shutdown: CancellationToken,
    tasks: TaskTracker,
) {
    let accept = Accept::new(&listener, places, peers.clone());
    let mut connections = 0;
    while let Some(Accepted { stream, peer: address, place }) = accept.next(&shutdown).await {
        connections += 1;
        let peer = Peer { connection: Connection::accepted(connections), address };
        let (handler, shutdown, acceptor) = (handler.clone(), shutdown.clone(), acceptor.clone());
        let peers = peers.clone();
        tasks.spawn(async move {
            let _place = place;
            let ended = match acceptor {
                None => converse(stream, handler, peer, header_timeout, shutdown).await,
                Some(acceptor) => {
                    let shaken = shake_hands(&acceptor, stream, header_timeout, address, peers.clone()).await;
                    let Some(stream) = shaken else { return };
                    converse(stream, handler, peer, header_timeout, shutdown).await
                }
            };
            if let (Err(error), Some(peers)) = (ended, peers) {
                let (peer, reason) = (address.to_string(), error.to_string());
                peers.complain(Notice::ConnectionEnded { peer, reason }).await;
            }
        });
    }
}

async fn converse<H: Handler>(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    handler: Arc<H>,
    peer: Peer,
    header_timeout: Duration,
    shutdown: CancellationToken,
) -> Result<(), hyper::Error> {
    let service = service_fn(move |request| {
        let handler = handler.clone();
        async move { Ok::<_, Infallible>(handler.handle(request, peer).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => ended,
        () = shutdown.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    }
}
