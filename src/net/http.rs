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
    strangers::Standing,
    tls::{Acceptor, shake_hands},
};
use crate::{
    port::{Connection, Notice},
    settings::{self, Strangers},
};

/// The most lines and bytes of a request's head.
pub(super) const MAX_HEADERS: usize = 64;
pub(super) const MAX_HEAD: usize = 64 << 10;

pub type Answer = Response<Full<Bytes>>;

/// The other end of a connection.
#[derive(Debug, Clone)]
pub struct Peer {
    pub connection: Connection,
    pub address: SocketAddr,
    /// Whether it has authenticated: a service admits it.
    pub standing: Standing,
}

/// What answers requests.
pub trait Handler: Send + Sync + 'static {
    fn handle(&self, request: Request<Incoming>, peer: Peer) -> impl Future<Output = Answer> + Send;
}

#[derive(Debug, Clone)]
pub struct Limits {
    pub places: Places,
    pub header_timeout: Duration,
    pub strangers: Strangers,
}

impl Limits {
    /// Those of a listener whose connections this section bounds, by this key.
    pub fn of(limits: &settings::Limits, section: String, key: &'static str, strangers: Strangers) -> Limits {
        let places = Places::new(section, key, limits.connections);
        Limits { places, header_timeout: limits.header_timeout, strangers }
    }

    pub fn admin() -> Limits {
        Limits {
            places: Places::new("admin", "connections", 64),
            header_timeout: Duration::from_secs(10),
            strangers: Strangers::default(),
        }
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

/// Accepts connections until told to stop. Problems are reported through `peers`, where the listener has one.
pub async fn serve<H: Handler>(
    listener: impl Into<Arc<TcpListener>>,
    acceptor: Option<Acceptor>,
    Limits { places, header_timeout, strangers }: Limits,
    handler: Arc<H>,
    peers: Option<Peers>,
    shutdown: CancellationToken,
    tasks: TaskTracker,
) {
    let listener = listener.into();
    let mut accept = Accept::new(&listener, places, strangers, peers.clone());
    let limits = (header_timeout, strangers.first_timeout);
    let mut connections = 0;
    while let Some(Accepted { stream, peer: address, place, standing }) = accept.next(&shutdown).await {
        connections += 1;
        let peer = Peer { connection: Connection::accepted(connections), address, standing };
        let (handler, shutdown, acceptor) = (handler.clone(), shutdown.clone(), acceptor.clone());
        let peers = peers.clone();
        tasks.spawn(async move {
            let _place = place;
            let ended = match acceptor {
                None => converse(stream, handler, peer, limits, shutdown).await,
                Some(acceptor) => {
                    let shaken = shake_hands(&acceptor, stream, limits.1, address, &peer.standing, peers.clone()).await;
                    let Some(stream) = shaken else { return };
                    converse(stream, handler, peer, limits, shutdown).await
                }
            };
            let Some(peers) = peers else { return };
            let peer = address.to_string();
            match ended {
                Ok(()) => {}
                Err(Ended::Failed(error)) => {
                    peers.complain(Notice::ConnectionEnded { peer, reason: error.to_string() }).await;
                }
                Err(Ended::TooLate) => {
                    let cause = "no whole request came within first_timeout";
                    peers.complain(Notice::StrangerDismissed { cause, address: None, peer }).await;
                }
            }
        });
    }
}

/// Why a connection ended early.
enum Ended {
    Failed(hyper::Error),
    /// There was no whole request in time.
    TooLate,
}

async fn converse<H: Handler>(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    handler: Arc<H>,
    peer: Peer,
    (header_timeout, first_timeout): (Duration, Duration),
    shutdown: CancellationToken,
) -> Result<(), Ended> {
    let standing = peer.standing.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let (handler, peer) = (handler.clone(), peer.clone());
        async move {
            let standing = peer.standing.clone();
            // Of a request with a body, the service knows when it is whole.
            let _busy = request.body().is_end_stream().then(|| standing.busy());
            let answer = handler.handle(request, peer).await;
            standing.heard();
            Ok::<_, Infallible>(answer)
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = standing.dismissed() => Ok(()),
        () = standing.overdue(first_timeout) => return Err(Ended::TooLate),
        () = shutdown.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    ended.map_err(Ended::Failed)
}
