//! The listener that a platform calls back: what it posts there goes to its conversation, whose answer it gets; and the WSDL
//! of what is offered.

use std::{net::SocketAddr, sync::Arc, time::Instant};

use hyper::{Method, Request, StatusCode, body::Incoming};
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
};
use tokio_rustls::TlsAcceptor;

use super::{
    engine::Input,
    http::{self, Answer, Handler, answer, charset, text},
    service::{self, fault},
};
use crate::{
    config::Limits,
    vocabulary::{Contract, Profile, SchemaWriter, Vocabulary},
    wire::soap::{self, Blame},
};

/// Where a platform calls, and what answers it.
pub struct Callee {
    pub name: String,
    pub listener: TcpListener,
    pub address: SocketAddr,
    pub acceptor: Option<TlsAcceptor>,
    pub service: CallbackService,
}

pub struct CallbackService {
    pub platform: usize,
    pub inputs: mpsc::Sender<Input>,
    /// The path of the address that the platform is told.
    pub path: String,
    pub vocabulary: Arc<Vocabulary>,
    pub profile: Profile,
    pub secure: bool,
    pub limits: Limits,
}

impl Handler for CallbackService {
    async fn handle(&self, request: Request<Incoming>) -> Answer {
        let path = request.uri().path();
        let rest = path.strip_prefix(&self.path).filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let Some(rest) = rest.map(|rest| rest.trim_matches('/').to_owned()) else {
            return text(StatusCode::NOT_FOUND, "there is nothing here\n");
        };
        match *request.method() {
            Method::POST => self.post(request, rest).await,
            Method::GET => self.get(&request),
            _ => text(StatusCode::METHOD_NOT_ALLOWED, "POST events, or GET ?wsdl\n"),
        }
    }
}

impl CallbackService {
    async fn post(&self, request: Request<Incoming>, path: String) -> Answer {
        let charset = charset(request.headers());
        let body = match http::body(request.into_body(), self.limits.body, self.limits.body_timeout).await {
            Ok(body) => body,
            Err((status, reason)) => return fault(status, Blame::Client, &reason),
        };
        let stopping = || fault(StatusCode::SERVICE_UNAVAILABLE, Blame::Server, "the bridge is shutting down");
        let (reply, answered) = oneshot::channel();
        let input = Input::Called { platform: self.platform, path, body, charset, reply, at: Instant::now() };
        if self.inputs.send(input).await.is_err() {
            return stopping();
        }
        let Ok(reply) = answered.await else { return stopping() };
        let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        answer(status, soap::CONTENT_TYPE, reply.body)
    }

    fn get(&self, request: &Request<Incoming>) -> Answer {
        let query = request.uri().query().unwrap_or_default().to_lowercase();
        let writer =
            SchemaWriter { vocabulary: &self.vocabulary, profile: &self.profile, contract: Contract::Callback };
        let address = service::address(request, self.secure, &self.path);
        match service::document(&writer, &query, &address, &format!("{address}?")) {
            Some(document) => answer(StatusCode::OK, soap::CONTENT_TYPE, document),
            None => text(StatusCode::OK, "A client of a CTI Portal Server listens here. GET ?wsdl or ?singleWsdl.\n"),
        }
    }
}
