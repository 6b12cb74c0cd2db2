//! The address of a SOAP service: requests in, answers and faults out, and the WSDL for those who want to generate code.

use std::{future::Future, sync::Arc};

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::{
    Method, Request, StatusCode,
    body::{Body, Incoming},
    header::{CONTENT_TYPE, HOST},
};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

use super::{
    engine::Input,
    http::{Answer, Handler, answer, text},
};
use crate::{
    config::Limits,
    dialect::Reply,
    vocabulary::{Contract, Profile, SchemaWriter, Schemas, Side, Vocabulary},
    wire::soap::{self, Blame},
};

/// Who answers the requests of a service.
pub trait Asked: Send + Sync + 'static {
    /// Brings a request: its body, and what the transport says of its encoding. None where nobody is there any more.
    fn ask(&self, body: Bytes, charset: Option<String>) -> impl Future<Output = Option<Reply>> + Send;
}

/// The bridge, for one of its applications.
pub struct ToBridge {
    pub application: usize,
    pub inputs: mpsc::Sender<Input>,
}

impl Asked for ToBridge {
    async fn ask(&self, body: Bytes, charset: Option<String>) -> Option<Reply> {
        let (reply, answered) = oneshot::channel();
        let input = Input::Request { application: self.application, body, charset, reply };
        self.inputs.send(input).await.ok()?;
        answered.await.ok()
    }
}

pub struct Service<A> {
    /// Where it is, with a slash before; also below another path, and in any case.
    pub path: &'static str,
    pub asked: A,
    pub vocabulary: Arc<Vocabulary>,
    pub profile: Profile,
    pub secure: bool,
    pub limits: Limits,
}

impl<A: Asked> Handler for Service<A> {
    async fn handle(&self, request: Request<Incoming>) -> Answer {
        let (path, name) = (request.uri().path(), self.path);
        let named = path.len() >= name.len() && path.is_char_boundary(path.len() - name.len());
        if !named || !path[path.len() - name.len()..].eq_ignore_ascii_case(name) {
            return text(StatusCode::NOT_FOUND, format!("there is nothing here; the service is at {name}\n"));
        }
        match *request.method() {
            Method::POST => self.post(request).await,
            Method::GET => self.get(&request),
            _ => text(StatusCode::METHOD_NOT_ALLOWED, "POST requests, or GET ?wsdl\n"),
        }
    }
}

impl<A: Asked> Service<A> {
    async fn post(&self, request: Request<Incoming>) -> Answer {
        let content_type =
            request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let charset = content_type.split(';').find_map(|part| {
            let (name, value) = part.trim().split_once('=')?;
            name.eq_ignore_ascii_case("charset").then(|| value.trim_matches('"').to_owned())
        });
        let too_long = || {
            let reason = format!("the request is longer than {} bytes", self.limits.body);
            fault(StatusCode::PAYLOAD_TOO_LARGE, Blame::Client, &reason)
        };
        if request.body().size_hint().lower() > self.limits.body as u64 {
            return too_long();
        }
        let body = Limited::new(request.into_body(), self.limits.body).collect();
        let body = match timeout(self.limits.body_timeout, body).await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => return too_long(),
            Ok(Err(error)) => return fault(StatusCode::BAD_REQUEST, Blame::Client, &error.to_string()),
            Err(_) => {
                let reason = format!("the request did not come within {} s", self.limits.body_timeout.as_secs());
                return fault(StatusCode::REQUEST_TIMEOUT, Blame::Client, &reason);
            }
        };
        match self.asked.ask(body, charset).await {
            Some(reply) => {
                let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                answer(status, soap::CONTENT_TYPE, reply.body)
            }
            None => fault(StatusCode::SERVICE_UNAVAILABLE, Blame::Server, "the bridge is shutting down"),
        }
    }

    /// The WSDL and its schemas: `?wsdl`, `?singleWsdl`, `?xsd=…`; the callback's with `callback` beside it.
    fn get(&self, request: &Request<Incoming>) -> Answer {
        let query = request.uri().query().unwrap_or_default().to_lowercase();
        let part = |name: &str| query.split('&').any(|part| part == name || part.starts_with(&format!("{name}=")));
        let calls_back = self.vocabulary.messages.iter().any(|def| def.side == Side::Callback);
        let callback = calls_back && query.contains("callback");
        let contract = if callback { Contract::Callback } else { Contract::Service };
        let writer = SchemaWriter { vocabulary: &self.vocabulary, profile: &self.profile, contract };
        let address = self.address(request);
        let base = if callback { format!("{address}?callback&amp;") } else { format!("{address}?") };
        let base = Schemas::At(&base);
        let document = if part("singlewsdl") {
            Some(writer.wsdl(&address, Schemas::Inline))
        } else if part("wsdl") || query == "callback" {
            Some(writer.wsdl(&address, base))
        } else {
            let name = query.split('&').find_map(|part| part.strip_prefix("xsd="));
            name.and_then(|name| writer.schema(name, base))
        };
        match document {
            Some(document) => answer(StatusCode::OK, soap::CONTENT_TYPE, document),
            None => {
                let more = if calls_back { " or ?wsdl&callback" } else { "" };
                text(StatusCode::OK, format!("{}. GET ?wsdl, ?singleWsdl{more}.\n", self.vocabulary.title))
            }
        }
    }

    /// Where the client sees the service; its own word counts only as far as it is a plain host.
    fn address(&self, request: &Request<Incoming>) -> String {
        let host = request.headers().get(HOST).and_then(|value| value.to_str().ok()).unwrap_or("localhost");
        let plain = host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']' | '_'));
        let host = if plain { host } else { "localhost" };
        format!("{}://{host}{}", if self.secure { "https" } else { "http" }, self.path)
    }
}

fn fault(status: StatusCode, blame: Blame, reason: &str) -> Answer {
    answer(status, soap::CONTENT_TYPE, Bytes::from(soap::fault(blame, reason, None)))
}
