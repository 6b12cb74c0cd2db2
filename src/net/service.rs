//! The address of a SOAP service: requests in, answers and faults out, and the WSDL for those who want to generate code.

use std::{future::Future, sync::Arc, time::Instant};

use bytes::Bytes;
use hyper::{Method, Request, StatusCode, body::Incoming, header::HOST};
use tokio::sync::{mpsc, oneshot};

use super::{
    content::{self, Foreign},
    http::{self, Answer, Handler, Peer, answer, text},
    input::{self, Input},
};
use crate::{
    bridge::Owner,
    port::Reply,
    settings::Limits,
    vocabulary::{Contract, Profile, SchemaWriter, Schemas, Side, Vocabulary},
    wire::soap::{self, Blame},
};

/// Who answers the requests of a service.
pub trait Asked: Send + Sync {
    /// Brings a request. None if nobody is there any more.
    fn ask(&self, request: input::Request) -> impl Future<Output = Option<Reply>> + Send;
}

/// The bridge, for one of its applications or platforms.
pub struct ToBridge {
    pub owner: Owner,
    pub inputs: mpsc::Sender<Input>,
}

impl Asked for ToBridge {
    async fn ask(&self, request: input::Request) -> Option<Reply> {
        let (reply, answered) = oneshot::channel();
        let input = Input::Request { owner: self.owner, request, reply, at: Instant::now() };
        self.inputs.send(input).await.ok()?;
        answered.await.ok()
    }
}

/// What is read of every request: its bounds, and the headers that the conversation declared.
#[derive(Debug, Clone)]
pub struct Reads {
    pub limits: Limits,
    /// Names of headers, in lower case.
    pub headers: &'static [&'static str],
}

pub struct Service<A> {
    /// Where it is, with a slash before; also below another path, and in any case.
    pub path: &'static str,
    pub asked: A,
    pub vocabulary: Arc<Vocabulary>,
    pub profile: Profile,
    pub secure: bool,
    pub reads: Reads,
}

impl<A: Asked + 'static> Handler for Service<A> {
    async fn handle(&self, request: Request<Incoming>, peer: Peer) -> Answer {
        let (path, name) = (request.uri().path(), self.path);
        let named = path.len() >= name.len() && path.is_char_boundary(path.len() - name.len());
        if !named || !path[path.len() - name.len()..].eq_ignore_ascii_case(name) {
            return text(StatusCode::NOT_FOUND, format!("there is nothing here; the service is at {name}\n"));
        }
        match *request.method() {
            Method::POST => post(request, peer, "", &self.reads, &self.asked).await,
            Method::GET => self.get(&request),
            _ => text(StatusCode::METHOD_NOT_ALLOWED, "POST requests, or GET ?wsdl\n"),
        }
    }
}

impl<A: Asked> Service<A> {
    /// The WSDL and its schemas; the callback's with `callback` beside it.
    fn get(&self, request: &Request<Incoming>) -> Answer {
        let query = request.uri().query().unwrap_or_default().to_lowercase();
        let calls_back = self.vocabulary.messages.iter().any(|def| def.side == Side::Callback);
        let callback = calls_back && query.contains("callback");
        let contract = if callback { Contract::Callback } else { Contract::Service };
        let writer = SchemaWriter { vocabulary: &self.vocabulary, profile: &self.profile, contract };
        let address = address(request, self.secure, self.path);
        let base = if callback { format!("{address}?callback&amp;") } else { format!("{address}?") };
        match document(&writer, if query == "callback" { "wsdl" } else { &query }, &address, &base) {
            Some(document) => answer(StatusCode::OK, soap::CONTENT_TYPE, document),
            None => {
                let more = if calls_back { " or ?wsdl&callback" } else { "" };
                text(StatusCode::OK, format!("{}. GET ?wsdl, ?singleWsdl{more}.\n", self.vocabulary.title))
            }
        }
    }
}

/// Reads a request within its limits and hands back what it is answered. `path` is what follows the service's address.
pub async fn post(request: Request<Incoming>, peer: Peer, path: &str, reads: &Reads, asked: &impl Asked) -> Answer {
    match Foreign::of(request.headers()) {
        Some(foreign @ Foreign::Soap12) => {
            return fault(StatusCode::INTERNAL_SERVER_ERROR, Blame::Version, &foreign.refusal());
        }
        Some(foreign) => return fault(StatusCode::UNSUPPORTED_MEDIA_TYPE, Blame::Client, &foreign.refusal()),
        None => {}
    }
    let charset = content::charset(request.headers());
    let standing = peer.standing;
    let mut whole = input::Request {
        connection: peer.connection,
        method: request.method().to_string(),
        path: path.to_owned(),
        query: request.uri().query().unwrap_or_default().to_owned(),
        peer: peer.address.to_string(),
        headers: declared(&request, reads.headers),
        charset,
        body: Bytes::new(),
    };
    let limits = &reads.limits;
    whole.body = match http::body(request.into_body(), limits.body, limits.body_timeout).await {
        Ok(body) => body,
        Err((status, reason)) => return fault(status, Blame::Client, &reason),
    };
    if let Some(reason) = soap::packed(&whole.body) {
        return fault(StatusCode::UNSUPPORTED_MEDIA_TYPE, Blame::Client, reason);
    }
    let _busy = standing.busy();
    match asked.ask(whole).await {
        Some(reply) => {
            // No service accepts a request whose sender has not authenticated, by a password, a session or a secret path.
            if reply.status == 200 {
                standing.admit();
            }
            let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            answer(status, soap::CONTENT_TYPE, reply.body)
        }
        None => fault(StatusCode::SERVICE_UNAVAILABLE, Blame::Server, "the bridge is shutting down"),
    }
}

/// The declared headers that the request has.
fn declared(request: &Request<Incoming>, names: &[&str]) -> Vec<(String, String)> {
    let value = |name: &&str| Some(((*name).to_owned(), request.headers().get(*name)?.to_str().ok()?.to_owned()));
    names.iter().filter_map(value).collect()
}

/// The WSDL and its schemas, by the query: `wsdl`, `singlewsdl`, `xsd=…`. `base` is what the schemas' addresses begin with.
pub fn document(writer: &SchemaWriter, query: &str, address: &str, base: &str) -> Option<String> {
    let part = |name: &str| query.split('&').any(|part| part == name || part.starts_with(&format!("{name}=")));
    if part("singlewsdl") {
        return Some(writer.wsdl(address, Schemas::Inline));
    }
    if part("wsdl") {
        return Some(writer.wsdl(address, Schemas::At(base)));
    }
    let name = query.split('&').find_map(|part| part.strip_prefix("xsd="))?;
    writer.schema(name, Schemas::At(base))
}

/// Where the client sees the service; its own word counts only as far as it is a plain host.
pub fn address(request: &Request<Incoming>, secure: bool, path: &str) -> String {
    let host = request.headers().get(HOST).and_then(|value| value.to_str().ok()).unwrap_or("localhost");
    let plain = host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']' | '_'));
    let host = if plain { host } else { "localhost" };
    format!("{}://{host}{path}", if secure { "https" } else { "http" })
}

fn fault(status: StatusCode, blame: Blame, reason: &str) -> Answer {
    answer(status, soap::CONTENT_TYPE, Bytes::from(soap::fault(blame, reason, None)))
}
