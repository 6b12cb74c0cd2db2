//! HTTP at a listener for streams. The first byte of a connection says whether it is a stream of lines or HTTP; over HTTP a client
//! gets one of the listener's files, or its connection becomes a WebSocket. Who may connect is decided here by the origin of
//! a page, and by nothing else: the conversation checks who somebody is.

use std::{
    convert::Infallible,
    future::poll_fn,
    io,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use http_body_util::Full;
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode, Version,
    body::Body,
    header::{
        ACCESS_CONTROL_ALLOW_ORIGIN, ALLOW, CACHE_CONTROL, CONNECTION, ETAG, HeaderName, HeaderValue, IF_NONE_MATCH,
        ORIGIN, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE, VARY,
        X_CONTENT_TYPE_OPTIONS,
    },
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use md5::{Digest, Md5};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    time::timeout,
};
use tokio_tungstenite::{WebSocketStream, tungstenite::handshake::derive_accept_key};

use super::{
    http::{Answer, MAX_HEAD, MAX_HEADERS, answer, text},
    peers::Peers,
    websocket,
};
use crate::{
    port::Notice,
    settings::{Web, WebFile},
};

/// How long a request and its answer may take together.
const EXCHANGE: Duration = Duration::from_secs(60);
/// How much is read of a connection to find out what it is, in bytes. Whatever reads on reads more at a time, and then
/// nothing is copied on the way.
const FIRST: usize = 512;
/// Pages of any origin may load the files: they hold nothing that is secret.
const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// What a connection turned out to be. It is read from the first byte on.
pub enum First<S> {
    Lines(BufReader<S>),
    Http(BufReader<S>),
}

impl<S: AsyncRead + AsyncWrite + Unpin> First<S> {
    /// Waits for the first byte, for this time at most. None if the connection ended before.
    pub async fn of(stream: S, limit: Duration) -> io::Result<Option<First<S>>> {
        let mut stream = BufReader::with_capacity(FIRST, stream);
        let first = match timeout(limit, stream.fill_buf()).await {
            Ok(bytes) => bytes?.first().copied(),
            Err(_) => return Err(io::Error::other(format!("it said nothing within {} s", limit.as_secs_f64()))),
        };
        Ok(first.map(|first| if begins_line(first) { First::Lines(stream) } else { First::Http(stream) }))
    }
}

/// A line begins with an object, white space, or the mark that some writers set before their first text.
fn begins_line(first: u8) -> bool {
    first == b'{' || first.is_ascii_whitespace() || first == 0xEF
}

/// What a listener serves over HTTP.
pub struct Endpoint {
    pub web: Web,
    /// A mark for the content of each file.
    tags: Vec<HeaderValue>,
}

/// Why a WebSocket is refused.
struct Refusal {
    status: StatusCode,
    cause: &'static str,
    /// What the client is told.
    reason: String,
}

impl Refusal {
    fn new(status: StatusCode, cause: &'static str, reason: impl Into<String>) -> Refusal {
        Refusal { status, cause, reason: reason.into() }
    }

    fn answer(&self) -> Answer {
        let mut answer = last(text(self.status, format!("{}\n", self.reason)));
        if self.status == StatusCode::UPGRADE_REQUIRED {
            let fields = answer.headers_mut();
            fields.insert(UPGRADE, HeaderValue::from_static("websocket"));
            fields.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        }
        answer
    }
}

impl Endpoint {
    pub fn new(web: Web) -> Endpoint {
        let tag = |file: &WebFile| {
            let digits: String = Md5::digest(file.content).iter().map(|byte| format!("{byte:02x}")).collect();
            HeaderValue::from_str(&format!("\"{digits}\"")).unwrap_or(HeaderValue::from_static("\"\""))
        };
        let tags = web.files.iter().map(tag).collect();
        Endpoint { web, tags }
    }

    /// Answers the requests of a connection, each of whose heads comes within `first_timeout`. Hands back the WebSocket if it became one; the error is why it ended otherwise.
    pub async fn serve<S: AsyncRead + AsyncWrite + Send + Unpin>(
        &self,
        stream: BufReader<S>,
        peer: &str,
        peers: &Peers,
        first_timeout: Duration,
    ) -> Result<Option<WebSocketStream<BufReader<S>>>, String> {
        let is_upgraded = AtomicBool::new(false);
        let service = service_fn(|request| {
            let answer = self.answer(&request);
            let origin = origin(request.headers()).map(str::to_owned);
            let is_upgraded = &is_upgraded;
            Box::pin(async move {
                let answer = match answer {
                    Ok(answer) => answer,
                    Err(refusal) => {
                        let (cause, peer) = (refusal.cause, peer.to_owned());
                        peers.complain(Notice::WebsocketRefused { cause, peer, origin }).await;
                        refusal.answer()
                    }
                };
                is_upgraded.store(answer.status() == StatusCode::SWITCHING_PROTOCOLS, Ordering::Relaxed);
                Ok::<_, Infallible>(answer)
            })
        });
        let mut connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(first_timeout)
            .max_headers(MAX_HEADERS)
            .max_buf_size(MAX_HEAD)
            .serve_connection(TokioIo::new(stream), service);
        let served = timeout(EXCHANGE, poll_fn(|context| connection.poll_without_shutdown(context))).await;
        served
            .map_err(|_| format!("a request took longer than {} s", EXCHANGE.as_secs()))?
            .map_err(|error| error.to_string())?;
        let parts = connection.into_parts();
        let mut stream = parts.io.into_inner();
        if !is_upgraded.load(Ordering::Relaxed) {
            let _ = timeout(first_timeout, stream.shutdown()).await;
            return Ok(None);
        }
        Ok(Some(websocket::open(stream, parts.read_buf, self.web.max_frame).await))
    }

    fn answer<B: Body>(&self, request: &Request<B>) -> Result<Answer, Refusal> {
        let path = request.uri().path();
        if path == self.web.path {
            return self.upgrade(request);
        }
        let file = self.web.files.iter().position(|file| file.path == path);
        let answer = match file {
            None => text(StatusCode::NOT_FOUND, "there is nothing here\n"),
            Some(_) if !matches!(*request.method(), Method::GET | Method::HEAD) => {
                let mut answer = text(StatusCode::METHOD_NOT_ALLOWED, "GET this file\n");
                answer.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
                answer
            }
            Some(place) => self.file(place, request.headers()),
        };
        Ok(last(answer))
    }

    /// A file, or the word that the client has it already.
    fn file(&self, place: usize, headers: &HeaderMap) -> Answer {
        let (file, tag) = (&self.web.files[place], &self.tags[place]);
        let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        let mut known = known.flat_map(|value| value.split(',')).map(|known| known.trim().trim_start_matches("W/"));
        let mut answer = if known.any(|known| known == "*" || known.as_bytes() == tag.as_bytes()) {
            let mut answer = Response::new(Full::default());
            *answer.status_mut() = StatusCode::NOT_MODIFIED;
            answer
        } else {
            answer(StatusCode::OK, file.content_type, file.content)
        };
        let fields = answer.headers_mut();
        fields.insert(ETAG, tag.clone());
        fields.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        fields.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        fields.insert(CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
        fields.insert(VARY, HeaderValue::from_static("Origin"));
        // Only modules of pages, and scripts whose content the page checks, need this.
        if let Some(origin) = headers.get(ORIGIN).filter(|_| self.is_own(headers)) {
            fields.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        }
        answer
    }

    /// Whether a request is from a page that may connect, or from no page.
    fn is_own(&self, headers: &HeaderMap) -> bool {
        let mut origins = headers.get_all(ORIGIN).iter();
        match (origins.next(), origins.next()) {
            (None, _) => true,
            (Some(origin), None) => self.web.origins.iter().any(|known| known.as_bytes() == origin.as_bytes()),
            (Some(_), Some(_)) => false,
        }
    }

    /// The answer that makes a WebSocket of the connection.
    fn upgrade<B: Body>(&self, request: &Request<B>) -> Result<Answer, Refusal> {
        let headers = request.headers();
        if !self.is_own(headers) {
            let reason = "pages of this origin may not connect";
            return Err(Refusal::new(StatusCode::FORBIDDEN, "foreign-origin", reason));
        }
        let is_asked = request.method() == Method::GET
            && request.version() == Version::HTTP_11
            && request.body().is_end_stream()
            && names(headers, &CONNECTION, "upgrade")
            && names(headers, &UPGRADE, "websocket")
            && headers.get(SEC_WEBSOCKET_VERSION).is_some_and(|version| version == "13");
        if !is_asked {
            let reason = "a WebSocket (version 13) is served here";
            return Err(Refusal::new(StatusCode::UPGRADE_REQUIRED, "no-upgrade", reason));
        }
        // The key is 16 bytes in base64.
        let key = headers.get(SEC_WEBSOCKET_KEY).filter(|key| key.len() == 24);
        let accept = key.and_then(|key| HeaderValue::from_str(&derive_accept_key(key.as_bytes())).ok());
        let Some(accept) = accept else {
            return Err(Refusal::new(StatusCode::BAD_REQUEST, "no-key", "Sec-WebSocket-Key is missing or wrong"));
        };
        if !names(headers, &SEC_WEBSOCKET_PROTOCOL, self.web.protocol) {
            let reason = format!("the subprotocol {} is served here", self.web.protocol);
            return Err(Refusal::new(StatusCode::BAD_REQUEST, "other-subprotocol", reason));
        }
        let mut answer = Response::new(Full::default());
        *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let fields = answer.headers_mut();
        fields.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        fields.insert(UPGRADE, HeaderValue::from_static("websocket"));
        fields.insert(SEC_WEBSOCKET_ACCEPT, accept);
        fields.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(self.web.protocol));
        Ok(answer)
    }
}

/// The same answer, after which the connection ends.
fn last(mut answer: Answer) -> Answer {
    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    answer
}

fn origin(headers: &HeaderMap) -> Option<&str> {
    headers.get(ORIGIN)?.to_str().ok()
}

/// Whether one of the words of a header, which are separated by commas, is this one.
fn names(headers: &HeaderMap, header: &HeaderName, word: &str) -> bool {
    let values = headers.get_all(header).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|part| part.trim().eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests;
