//! The CTI Portal Server's address: requests in, answers and faults out, and the WSDL for those who want to generate code.

use std::sync::Arc;

use bytes::Bytes;
use hyper::{Method, Request, StatusCode, body::Incoming, header::HOST};
use tokio::sync::{mpsc, oneshot};

use super::{
    engine::Input,
    http::{self, Answer, Handler, answer, charset, text},
};
use crate::{
    config::Limits,
    vocabulary::{Contract, Profile, SchemaWriter, Schemas, Vocabulary},
    wire::soap::{self, Blame},
};

const NAME: &str = "/AgentCallService";

pub struct Service {
    pub application: usize,
    pub inputs: mpsc::Sender<Input>,
    pub vocabulary: Arc<Vocabulary>,
    pub profile: Profile,
    pub secure: bool,
    pub limits: Limits,
}

impl Handler for Service {
    async fn handle(&self, request: Request<Incoming>) -> Answer {
        let path = request.uri().path();
        let named = path.len() >= NAME.len() && path.is_char_boundary(path.len() - NAME.len());
        if !named || !path[path.len() - NAME.len()..].eq_ignore_ascii_case(NAME) {
            return text(StatusCode::NOT_FOUND, format!("there is nothing here; the service is at {NAME}\n"));
        }
        match *request.method() {
            Method::POST => self.post(request).await,
            Method::GET => self.get(&request),
            _ => text(StatusCode::METHOD_NOT_ALLOWED, "POST requests, or GET ?wsdl\n"),
        }
    }
}

impl Service {
    async fn post(&self, request: Request<Incoming>) -> Answer {
        let charset = charset(request.headers());
        let body = match http::body(request.into_body(), self.limits.body, self.limits.body_timeout).await {
            Ok(body) => body,
            Err((status, reason)) => return fault(status, Blame::Client, &reason),
        };
        let (reply, answered) = oneshot::channel();
        let input = Input::Request { application: self.application, body, charset, reply };
        if self.inputs.send(input).await.is_err() {
            return fault(StatusCode::SERVICE_UNAVAILABLE, Blame::Server, "the bridge is shutting down");
        }
        match answered.await {
            Ok(reply) => {
                let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                answer(status, soap::CONTENT_TYPE, reply.body)
            }
            Err(_) => fault(StatusCode::SERVICE_UNAVAILABLE, Blame::Server, "the bridge is shutting down"),
        }
    }

    /// The WSDL and its schemas; the callback's with `callback` beside it.
    fn get(&self, request: &Request<Incoming>) -> Answer {
        let query = request.uri().query().unwrap_or_default().to_lowercase();
        let callback = query.contains("callback");
        let contract = if callback { Contract::Callback } else { Contract::Service };
        let writer = SchemaWriter { vocabulary: &self.vocabulary, profile: &self.profile, contract };
        let address = address(request, self.secure, NAME);
        let base = if callback { format!("{address}?callback&amp;") } else { format!("{address}?") };
        match document(&writer, if query == "callback" { "wsdl" } else { &query }, &address, &base) {
            Some(document) => answer(StatusCode::OK, soap::CONTENT_TYPE, document),
            None => {
                text(StatusCode::OK, "The CTI Portal Server interface. GET ?wsdl, ?singleWsdl or ?wsdl&callback.\n")
            }
        }
    }
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

pub fn fault(status: StatusCode, blame: Blame, reason: &str) -> Answer {
    answer(status, soap::CONTENT_TYPE, Bytes::from(soap::fault(blame, reason, None)))
}
