//! Calling an application back: one task and one connection per session, everything in order. An event is sent once, or the
//! session ends; it is never left out.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    Request, StatusCode, Uri,
    body::Incoming,
    client::conn::http1::{SendRequest, handshake},
    header::{CONTENT_TYPE, HOST, HeaderValue},
};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::{
    net::TcpStream,
    sync::mpsc,
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_rustls::TlsConnector;
use tokio_util::sync::CancellationToken;

use super::{
    allow::{self, is_local},
    bring,
    engine::Input,
    metrics::Metrics,
    tls,
};
use crate::{config::Callback as Settings, dialect::ctips, wire::soap};

/// The most that is read of a client's answer.
const ANSWER: usize = 64 << 10;

/// What is posted to a client.
pub enum Post {
    Event { body: Bytes, at: Instant },
    Heartbeat { body: Bytes },
}

/// How the clients of one application are called.
pub struct Callbacks {
    pub settings: Settings,
    connector: TlsConnector,
}

impl Callbacks {
    pub fn new(settings: Settings) -> Result<Callbacks, String> {
        let connector = TlsConnector::from(tls::client(&settings.tls)?);
        Ok(Callbacks { settings, connector })
    }
}

/// One session's task.
pub struct Poster {
    pub callbacks: Arc<Callbacks>,
    pub application: usize,
    pub session: u32,
    pub inputs: mpsc::Sender<Input>,
    /// Bytes that wait in the queue.
    pub waiting: Arc<AtomicUsize>,
    pub metrics: Arc<Metrics>,
    /// How long a client that cannot be reached is waited for.
    pub give_up: Duration,
}

/// Why a post did not get through.
#[derive(Debug)]
enum Failure {
    /// Nothing of it was written.
    Unsent(String),
    /// It may have been taken, or in part.
    Unknown(String),
    /// It was taken, and answered by something else than success.
    Answered(StatusCode),
}

impl Poster {
    pub async fn run(
        self,
        callback: ctips::Callback,
        start: Bytes,
        posts: mpsc::Receiver<Post>,
        stop: CancellationToken,
    ) {
        let (application, session) = (self.application, self.session);
        let inputs = self.inputs.clone();
        let ended = tokio::select! {
            () = stop.cancelled() => None,
            ended = self.converse(callback, start, posts) => ended,
        };
        if let Some((reason, cause)) = ended {
            bring(&inputs, Input::Lost { application, session, reason, cause }).await;
        }
    }

    /// Calls until there is nothing more to call, or until that fails; hands back why.
    async fn converse(
        &self,
        callback: ctips::Callback,
        start: Bytes,
        mut posts: mpsc::Receiver<Post>,
    ) -> Option<(String, &'static str)> {
        let (application, session) = (self.application, self.session);
        let mut line = match Line::new(self.callbacks.clone(), &callback.url) {
            Ok(line) => line,
            Err(reason) => {
                bring(&self.inputs, Input::Started { application, session, result: Err(reason) }).await;
                return None;
            }
        };
        let result = line.post(&callback.start_action, start).await.map_err(|failure| failure.text());
        let failed = result.is_err();
        bring(&self.inputs, Input::Started { application, session, result }).await;
        if failed {
            return None;
        }
        while let Some(post) = posts.recv().await {
            match post {
                Post::Heartbeat { body } => {
                    let answered = line.post(&callback.heartbeat_action, body).await.is_ok();
                    bring(&self.inputs, Input::HeartbeatAnswered { application, session, answered }).await;
                }
                Post::Event { body, at } => {
                    self.waiting.fetch_sub(body.len(), Ordering::Relaxed);
                    if let Err(failure) = self.event(&mut line, &callback.publish_action, body).await {
                        return Some((failure.text(), "callback-failed"));
                    }
                    self.metrics.delivery.observe(at.elapsed().as_secs_f64());
                }
            }
        }
        None
    }

    /// Posts an event. While nothing of it has been written it is tried again, for as long as heartbeats may be missed.
    async fn event(&self, line: &mut Line, action: &str, body: Bytes) -> Result<(), Failure> {
        let begun = Instant::now();
        let mut wait = Duration::from_millis(100);
        loop {
            match line.post(action, body.clone()).await {
                Ok(()) => return Ok(()),
                // The client has it, and says that it could not cope: repeating it would be a second event.
                Err(Failure::Answered(StatusCode::INTERNAL_SERVER_ERROR)) => {
                    self.metrics.faulted.inc();
                    return Ok(());
                }
                Err(Failure::Unsent(reason)) if begun.elapsed() + wait < self.give_up => {
                    tracing::debug!(session = self.session, "not delivered yet: {reason}");
                    sleep(wait).await;
                    wait = (wait * 2).min(Duration::from_secs(5));
                }
                Err(failure) => return Err(failure),
            }
        }
    }
}

impl Failure {
    fn text(&self) -> String {
        match self {
            Failure::Unsent(reason) => reason.clone(),
            Failure::Unknown(reason) => format!("{reason}; whether it was taken is not known"),
            Failure::Answered(status) if status.is_redirection() => {
                format!("the callback answered with a redirect ({status}), which is not followed")
            }
            Failure::Answered(status) => format!("the callback answered {status}"),
        }
    }
}

/// The connection to one client, opened when it is needed and kept.
struct Line {
    callbacks: Arc<Callbacks>,
    uri: Uri,
    host: String,
    port: u16,
    secure: bool,
    open: Option<(SendRequest<Full<Bytes>>, JoinHandle<()>)>,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.close();
    }
}

impl Line {
    fn new(callbacks: Arc<Callbacks>, url: &str) -> Result<Line, String> {
        let bad = |why: &str| format!("ClientCallbackURL {why}");
        let uri: Uri = url.parse().map_err(|_| bad("is no URL"))?;
        let secure = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(bad("is neither http nor https")),
        };
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(bad("must not hold credentials"));
        }
        let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
        if host.is_empty() {
            return Err(bad("names no host"));
        }
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        Ok(Line { callbacks, uri, host, port, secure, open: None })
    }

    fn close(&mut self) {
        if let Some((_, driver)) = self.open.take() {
            driver.abort();
        }
    }

    async fn post(&mut self, action: &str, body: Bytes) -> Result<(), Failure> {
        let limit = self.callbacks.settings.timeout;
        match timeout(limit, self.exchange(action, body)).await {
            Ok(result) => result,
            Err(_) => {
                let written = self.open.is_some();
                self.close();
                let reason = format!("no answer from the callback in {} s", limit.as_secs_f64());
                Err(if written { Failure::Unknown(reason) } else { Failure::Unsent(reason) })
            }
        }
    }

    /// One request and its answer. A kept connection that turns out to be closed before anything was written is replaced.
    async fn exchange(&mut self, action: &str, body: Bytes) -> Result<(), Failure> {
        for attempt in 0..2 {
            let fresh = self.open.is_none();
            if fresh {
                self.open = Some(self.connect().await.map_err(Failure::Unsent)?);
            }
            let Some((sender, _)) = &mut self.open else { break };
            if let Err(error) = sender.ready().await {
                self.close();
                if fresh || attempt > 0 {
                    return Err(Failure::Unsent(error.to_string()));
                }
                continue;
            }
            let request = request(&self.uri, action, body.clone()).map_err(Failure::Unsent)?;
            match sender.try_send_request(request).await {
                Ok(response) => {
                    let status = response.status();
                    if drain(response.into_body()).await.is_err() {
                        self.close();
                    }
                    return if status.is_success() { Ok(()) } else { Err(Failure::Answered(status)) };
                }
                Err(mut error) => {
                    let unsent = error.take_message().is_some();
                    let reason = error.into_error().to_string();
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

    async fn connect(&self) -> Result<(SendRequest<Full<Bytes>>, JoinHandle<()>), String> {
        let addresses = allow::resolve(&self.callbacks.settings.allow, &self.host, self.port).await?;
        let mut last = String::new();
        for address in addresses {
            if !self.secure && !self.callbacks.settings.plaintext && !is_local(address.ip()) {
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

    async fn shake_hands(&self, stream: TcpStream) -> Result<(SendRequest<Full<Bytes>>, JoinHandle<()>), String> {
        if !self.secure {
            let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
            return Ok((sender, tokio::spawn(async move { drop(connection.await) })));
        }
        let name = ServerName::try_from(self.host.clone()).map_err(|error| error.to_string())?;
        let stream = self.callbacks.connector.connect(name, stream).await.map_err(|error| format!("TLS: {error}"))?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
        Ok((sender, tokio::spawn(async move { drop(connection.await) })))
    }
}

fn request(uri: &Uri, action: &str, body: Bytes) -> Result<Request<Full<Bytes>>, String> {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let host = uri.authority().map(|authority| authority.as_str()).unwrap_or_default();
    let action = HeaderValue::from_str(&format!("\"{action}\"")).map_err(|error| error.to_string())?;
    Request::post(path)
        .header(HOST, host)
        .header(CONTENT_TYPE, soap::CONTENT_TYPE)
        .header("SOAPAction", action)
        .body(Full::new(body))
        .map_err(|error| error.to_string())
}

/// Reads an answer to its end, so that the connection can be used again.
async fn drain(body: Incoming) -> Result<(), ()> {
    Limited::new(body, ANSWER).collect().await.map(drop).map_err(drop)
}
