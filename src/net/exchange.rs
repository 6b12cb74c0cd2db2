//! One POST after the other to one address, over a connection that is opened when it is needed and kept; redirects are not
//! followed. What is not known to have failed before anything of it was written is said to be unknown. Whoever waits for an
//! answer works the connection meanwhile (`driven`), so that no other task has to be woken for it.

use std::{
    convert::Infallible,
    future::poll_fn,
    io::ErrorKind,
    mem::MaybeUninit,
    net::SocketAddr,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    Request, Response, StatusCode, Uri,
    body::Incoming,
    header::{ACCEPT_ENCODING, CONTENT_TYPE, HOST, HeaderName, HeaderValue, RETRY_AFTER},
    http::request::Parts,
};
use rustls::pki_types::ServerName;
use socket2::{SockRef, Socket};
use tokio::net::TcpStream;

use super::{
    alarm::Alarm,
    allow::{self, is_local},
    content::{self, Foreign},
    dial::Stream,
    driven::Driven,
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

/// The way to one address.
pub struct Exchange {
    access: Arc<Access>,
    uri: Uri,
    host: String,
    port: u16,
    secure: bool,
    open: Option<Open>,
    /// The head of the latest post, with its action: most posts have the same.
    head: Option<(String, Arc<Parts>)>,
    /// Rings when a post has taken as long as it may.
    limits: Alarm,
}

/// A connection that is kept.
struct Open {
    driven: Driven,
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

impl Exchange {
    pub fn new(access: Arc<Access>, url: &str) -> Result<Exchange, String> {
        let Url { uri, secure, host, port } = Url::to_call(url)?;
        Ok(Exchange { access, uri, host, port, secure, open: None, head: None, limits: Alarm::default() })
    }

    fn close(&mut self) {
        self.open = None;
    }

    /// Looks whether the server has closed the connection that is kept, which then is closed here, too.
    pub fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(open) = &mut self.open else { return Poll::Pending };
        match open.driven.poll_ended(cx) {
            Poll::Ready(()) => {
                self.close();
                Poll::Ready(())
            }
            Poll::Pending => Poll::Pending,
        }
    }

    /// Goes on for as long as nothing is asked. A connection that the server closes meanwhile is closed here, too.
    pub async fn idle(&mut self) -> Infallible {
        loop {
            poll_fn(|cx| self.poll_closed(cx)).await;
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
        let head = self.head(action).map_err(Failure::Unsent)?;
        self.exchange_within(&head, &body, since, limit).await
    }

    /// Posts JSON with these headers, once. All of it may take so long.
    pub async fn post_json(
        &mut self,
        headers: &[(HeaderName, HeaderValue)],
        body: Bytes,
        limit: Duration,
    ) -> Result<Answer, Failure> {
        let head = json(&self.uri, headers).map_err(Failure::Unsent)?;
        self.exchange_within(&head, &body, Instant::now(), limit).await
    }

    async fn exchange_within(
        &mut self,
        head: &Parts,
        body: &Bytes,
        since: Instant,
        limit: Duration,
    ) -> Result<Answer, Failure> {
        let mut limits = std::mem::take(&mut self.limits);
        limits.set(Some((since + limit).into()));
        let result = tokio::select! {
            biased;
            result = self.exchange(head, body) => Some(result),
            () = limits.ring() => None,
        };
        self.limits = limits;
        result.unwrap_or_else(|| {
            let written = self.open.is_some();
            self.close();
            let reason = format!("no answer in {} s", limit.as_secs_f64());
            Err(if written { Failure::Unknown(reason) } else { Failure::Unsent(reason) })
        })
    }

    /// Gets what is at this path of the same host. Whoever asks bounds the time.
    pub async fn get(&mut self, path: &str) -> Result<Answer, String> {
        let head = get(&self.uri, path)?;
        self.exchange(&head, &Bytes::new()).await.map_err(|failure| match failure {
            Failure::Unsent(reason) | Failure::Unknown(reason) => reason,
        })
    }

    /// One request and its answer. A kept connection that turns out to be closed before anything was written is replaced.
    async fn exchange(&mut self, head: &Parts, body: &Bytes) -> Result<Answer, Failure> {
        if self.open.as_ref().is_some_and(|open| !open.is_usable(self.access.idle)) {
            self.close();
        }
        for attempt in 0..2 {
            let fresh = self.open.is_none();
            if fresh {
                self.open = Some(self.connect().await.map_err(Failure::Unsent)?);
            }
            let Some(Open { driven, since, .. }) = &mut self.open else { break };
            if let Err(error) = driven.ready().await {
                self.close();
                if fresh || attempt > 0 {
                    return Err(Failure::Unsent(error.to_string()));
                }
                continue;
            }
            let request = Request::from_parts(head.clone(), Full::new(body.clone()));
            match driven.send(request).await {
                Ok(response) => {
                    let answer = driven.until(read(response, self.access.answer)).await;
                    *since = Instant::now();
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

    async fn addresses(&mut self) -> Result<Vec<SocketAddr>, String> {
        match &self.access.allow {
            Some(list) => allow::resolve(list, &self.host, self.port).await,
            None => {
                let found = tokio::net::lookup_host((self.host.as_str(), self.port)).await;
                Ok(found.map_err(|error| format!("{}: {error}", self.host))?.collect())
            }
        }
    }

    async fn connect(&mut self) -> Result<Open, String> {
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

    async fn shake_hands(&mut self, stream: TcpStream) -> Result<Open, String> {
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
        let driven = Driven::shake_hands(stream).await.map_err(|error| error.to_string())?;
        Ok(Open { driven, socket, since: Instant::now() })
    }

    /// The head of posts of this action.
    fn head(&mut self, action: &str) -> Result<Arc<Parts>, String> {
        match &self.head {
            Some((known, head)) if known == action => Ok(head.clone()),
            _ => {
                let head = Arc::new(post(&self.uri, action)?);
                self.head = Some((action.to_owned(), head.clone()));
                Ok(head)
            }
        }
    }
}

// Constant parts of heads: they cost nothing to be cloned for each post.
const IDENTITY: HeaderValue = HeaderValue::from_static("identity");
const SOAP: HeaderValue = HeaderValue::from_static(soap::CONTENT_TYPE);
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const ACTION: HeaderName = HeaderName::from_static("soapaction");

fn get(uri: &Uri, path: &str) -> Result<Parts, String> {
    let host = uri.authority().map(|authority| authority.as_str()).unwrap_or_default();
    let request = Request::get(path).header(HOST, host).header(ACCEPT_ENCODING, IDENTITY).body(());
    request.map(|request| request.into_parts().0).map_err(|error| error.to_string())
}

fn post(uri: &Uri, action: &str) -> Result<Parts, String> {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let host = uri.authority().map(|authority| authority.as_str()).unwrap_or_default();
    let action = HeaderValue::from_str(&format!("\"{action}\"")).map_err(|error| error.to_string())?;
    let request = Request::post(path)
        .header(HOST, host)
        .header(CONTENT_TYPE, SOAP)
        .header(ACCEPT_ENCODING, IDENTITY)
        .header(ACTION, action)
        .body(());
    request.map(|request| request.into_parts().0).map_err(|error| error.to_string())
}

fn json(uri: &Uri, headers: &[(HeaderName, HeaderValue)]) -> Result<Parts, String> {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let host = uri.authority().map(|authority| authority.as_str()).unwrap_or_default();
    let mut request =
        Request::post(path).header(HOST, host).header(CONTENT_TYPE, JSON).header(ACCEPT_ENCODING, IDENTITY);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    request.body(()).map(|request| request.into_parts().0).map_err(|error| error.to_string())
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
