//! One POST after the other to one address, over a connection that is opened when it is needed and kept; redirects are not
//! followed. What is not known to have failed before anything of it was written is said to be unknown.

use std::{
    io::ErrorKind,
    mem::MaybeUninit,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    Request, Response, StatusCode, Uri,
    body::Incoming,
    client::conn::http1::{SendRequest, handshake},
    header::{ACCEPT_ENCODING, CONTENT_TYPE, HOST, HeaderName, HeaderValue, RETRY_AFTER},
};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use socket2::{SockRef, Socket};
use tokio::{net::TcpStream, task::JoinHandle, time::timeout_at};

use super::{
    allow::{self, is_local},
    content::{self, Foreign},
    dial::Stream,
    tls::Connector,
};
use crate::{
    settings::{AllowList, ClientTls, Url},
    wire::soap,
};

/// How connections are made, and what is taken over them.
pub struct Access {
    connector: Connector,
    /// The name in the server's certificate, where it is not the host's.
    server_name: Option<String>,
    /// Whom they may lead to; anybody where there is none.
    allow: Option<AllowList>,
    /// Plain HTTP to other machines is allowed.
    plaintext: bool,
    /// The most that is read of an answer, in bytes.
    answer: usize,
    /// A connection that was idle for longer is not used again.
    idle: Option<Duration>,
}

impl Access {
    pub fn new(
        connector: Connector,
        tls: &ClientTls,
        allow: Option<AllowList>,
        plaintext: bool,
        answer: usize,
    ) -> Access {
        Access { connector, server_name: tls.server_name.clone(), allow, plaintext, answer, idle: None }
    }

    /// Connections are used again only if they were idle no longer than this.
    pub fn idle_for(self, limit: Duration) -> Access {
        Access { idle: Some(limit), ..self }
    }
}

/// The service's answer. Its body is unknown if it is too long, incomplete or compressed.
pub struct Answer {
    pub status: StatusCode,
    pub charset: Option<String>,
    pub body: Result<Bytes, String>,
    /// When it may be asked again, in seconds, if the service says so.
    pub retry_after: Option<u64>,
    /// The body was not read to its end.
    is_cut: bool,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Failure {
    /// Nothing of it was written.
    Unsent(String),
    /// It may have been taken, or in part.
    Unknown(String),
}

/// What is asked, made anew for each attempt.
type Make<'m> = dyn Fn(&Uri) -> Result<Request<Full<Bytes>>, String> + Sync + 'm;

/// The way to one address.
pub struct Exchange {
    access: Arc<Access>,
    uri: Uri,
    host: String,
    port: u16,
    secure: bool,
    open: Option<Open>,
}

/// A connection that is kept.
struct Open {
    sender: SendRequest<Full<Bytes>>,
    driver: JoinHandle<()>,
    /// The same socket again, to see whether the server has closed it.
    socket: Socket,
    /// When it was used last.
    since: Instant,
}

impl Open {
    /// Whether it may be used again: many servers close idle connections without saying so. What cannot be seen here is a
    /// server that closes it at the very moment.
    fn is_usable(&self, idle: Option<Duration>) -> bool {
        let mut byte = [MaybeUninit::uninit()];
        idle.is_none_or(|idle| self.since.elapsed() <= idle)
            && match self.socket.peek(&mut byte) {
                Ok(count) => count > 0,
                Err(error) => error.kind() == ErrorKind::WouldBlock,
            }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.close();
    }
}

impl Exchange {
    pub fn new(access: Arc<Access>, url: &str) -> Result<Exchange, String> {
        let Url { uri, secure, host, port } = Url::to_call(url)?;
        Ok(Exchange { access, uri, host, port, secure, open: None })
    }

    fn close(&mut self) {
        if let Some(open) = self.open.take() {
            open.driver.abort();
        }
    }

    /// Posts it, once. All of it may take so long, counted from `since`.
    pub async fn post(
        &mut self,
        action: &str,
        body: Bytes,
        since: Instant,
        limit: Duration,
    ) -> Result<Answer, Failure> {
        let make = |uri: &Uri| request(uri, action, body.clone());
        self.exchange_within(&make, since, limit).await
    }

    /// Posts JSON with these headers, once. All of it may take so long.
    pub async fn post_json(
        &mut self,
        headers: &[(HeaderName, HeaderValue)],
        body: Bytes,
        limit: Duration,
    ) -> Result<Answer, Failure> {
        let make = |uri: &Uri| json(uri, headers, body.clone());
        self.exchange_within(&make, Instant::now(), limit).await
    }

    async fn exchange_within(&mut self, make: &Make<'_>, since: Instant, limit: Duration) -> Result<Answer, Failure> {
        match timeout_at((since + limit).into(), self.exchange(make)).await {
            Ok(result) => result,
            Err(_) => {
                let written = self.open.is_some();
                self.close();
                let reason = format!("no answer in {} s", limit.as_secs_f64());
                Err(if written { Failure::Unknown(reason) } else { Failure::Unsent(reason) })
            }
        }
    }

    /// Gets what is at this path of the same host. Whoever asks bounds the time.
    pub async fn get(&mut self, path: &str) -> Result<Answer, String> {
        let make = |uri: &Uri| get(uri, path);
        self.exchange(&make).await.map_err(|failure| match failure {
            Failure::Unsent(reason) | Failure::Unknown(reason) => reason,
        })
    }

    /// One request and its answer. A kept connection that turns out to be closed before anything was written is replaced.
    async fn exchange(&mut self, make: &Make<'_>) -> Result<Answer, Failure> {
        if self.open.as_ref().is_some_and(|open| !open.is_usable(self.access.idle)) {
            self.close();
        }
        for attempt in 0..2 {
            let fresh = self.open.is_none();
            if fresh {
                self.open = Some(self.connect().await.map_err(Failure::Unsent)?);
            }
            let Some(open) = &mut self.open else { break };
            if let Err(error) = open.sender.ready().await {
                self.close();
                if fresh || attempt > 0 {
                    return Err(Failure::Unsent(error.to_string()));
                }
                continue;
            }
            let request = make(&self.uri).map_err(Failure::Unsent)?;
            match open.sender.try_send_request(request).await {
                Ok(response) => {
                    let answer = read(response, self.access.answer).await;
                    open.since = Instant::now();
                    if answer.is_cut {
                        self.close();
                    }
                    return Ok(answer);
                }
                Err(mut error) => {
                    let unsent = error.take_message().is_some();
                    let error = error.into_error();
                    let reason = match !fresh && error.is_incomplete_message() {
                        true => format!("the server closed a kept connection without saying so ({error})"),
                        false => error.to_string(),
                    };
                    self.close();
                    match (unsent, fresh) {
                        (true, false) if attempt == 0 => {}
                        (true, _) => return Err(Failure::Unsent(reason)),
                        (false, _) => return Err(Failure::Unknown(reason)),
                    }
                }
            }
        }
        Err(Failure::Unsent("the connection could not be kept".into()))
    }

    async fn addresses(&self) -> Result<Vec<SocketAddr>, String> {
        match &self.access.allow {
            Some(list) => allow::resolve(list, &self.host, self.port).await,
            None => {
                let found = tokio::net::lookup_host((self.host.as_str(), self.port)).await;
                Ok(found.map_err(|error| format!("{}: {error}", self.host))?.collect())
            }
        }
    }

    async fn connect(&self) -> Result<Open, String> {
        let mut last = format!("{} has no address", self.host);
        for address in self.addresses().await? {
            if !self.secure && !self.access.plaintext && !is_local(address.ip()) {
                last = format!("{address} is another machine: use https, or configure plaintext = true");
                continue;
            }
            match TcpStream::connect(address).await {
                Ok(stream) => {
                    let _ = stream.set_nodelay(true);
                    return self.shake_hands(stream).await;
                }
                Err(error) => last = format!("{address}: {error}"),
            }
        }
        Err(last)
    }

    async fn shake_hands(&self, stream: TcpStream) -> Result<Open, String> {
        let socket = SockRef::from(&stream).try_clone().map_err(|error| error.to_string())?;
        let stream: Box<dyn Stream> = if self.secure {
            let name = self.access.server_name.clone().unwrap_or_else(|| self.host.clone());
            let name = ServerName::try_from(name).map_err(|error| error.to_string())?;
            Box::new(
                self.access
                    .connector
                    .connector()
                    .connect(name, stream)
                    .await
                    .map_err(|error| format!("TLS: {error}"))?,
            )
        } else {
            Box::new(stream)
        };
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
        let driver = tokio::spawn(async move { drop(connection.await) });
        Ok(Open { sender, driver, socket, since: Instant::now() })
    }
}

fn get(uri: &Uri, path: &str) -> Result<Request<Full<Bytes>>, String> {
    let host = uri.authority().map(|authority| authority.as_str()).unwrap_or_default();
    Request::get(path)
        .header(HOST, host)
        .header(ACCEPT_ENCODING, "identity")
        .body(Full::default())
        .map_err(|error| error.to_string())
}

fn request(uri: &Uri, action: &str, body: Bytes) -> Result<Request<Full<Bytes>>, String> {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let host = uri.authority().map(|authority| authority.as_str()).unwrap_or_default();
    let action = HeaderValue::from_str(&format!("\"{action}\"")).map_err(|error| error.to_string())?;
    Request::post(path)
        .header(HOST, host)
        .header(CONTENT_TYPE, soap::CONTENT_TYPE)
        .header(ACCEPT_ENCODING, "identity")
        .header("SOAPAction", action)
        .body(Full::new(body))
        .map_err(|error| error.to_string())
}

fn json(uri: &Uri, headers: &[(HeaderName, HeaderValue)], body: Bytes) -> Result<Request<Full<Bytes>>, String> {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let host = uri.authority().map(|authority| authority.as_str()).unwrap_or_default();
    let mut request = Request::post(path)
        .header(HOST, host)
        .header(CONTENT_TYPE, "application/json")
        .header(ACCEPT_ENCODING, "identity");
    for (name, value) in headers {
        request = request.header(name, value);
    }
    request.body(Full::new(body)).map_err(|error| error.to_string())
}

/// Reads an answer to its end, so that the connection can be used again.
async fn read(response: Response<Incoming>, most: usize) -> Answer {
    let (status, charset) = (response.status(), content::charset(response.headers()));
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let packed = Foreign::of(response.headers()).and_then(|foreign| foreign.unread());
    let body = match Limited::new(response.into_body(), most).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            Err(format!("the answer ({status}) is longer than {most} bytes"))
        }
        Err(error) => Err(format!("the answer ({status}) broke off: {error}")),
    };
    let is_cut = body.is_err();
    let body = body.and_then(|body| match packed {
        Some(form) if !body.is_empty() => Err(format!("the answer ({status}) {form}")),
        _ => Ok(body),
    });
    Answer { status, charset, body, retry_after, is_cut }
}
