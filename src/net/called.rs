//! The listener that a platform calls back: what it posts there goes to its conversation, whose answer it gets; and the WSDL
//! of what is offered.

use std::sync::Arc;

use hyper::{Method, Request, StatusCode, body::Incoming};

use super::{
    http::{Answer, Handler, Peer, answer, text},
    service::{self, Reads, ToBridge},
};
use crate::{
    vocabulary::{Contract, Profile, SchemaWriter, Vocabulary},
    wire::soap,
};

pub struct CallbackService {
    pub to: ToBridge,
    /// The path of the address that the platform is told.
    pub path: String,
    pub vocabulary: Arc<Vocabulary>,
    pub profile: Profile,
    pub secure: bool,
    pub reads: Reads,
}

impl Handler for CallbackService {
    async fn handle(&self, request: Request<Incoming>, peer: Peer) -> Answer {
        let path = request.uri().path();
        let rest = path.strip_prefix(&self.path).filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let Some(rest) = rest.map(|rest| rest.trim_matches('/').to_owned()) else {
            return text(StatusCode::NOT_FOUND, "there is nothing here\n");
        };
        match *request.method() {
            Method::POST => service::post(request, peer, &rest, &self.reads, &self.to).await,
            Method::GET => self.get(&request),
            _ => text(StatusCode::METHOD_NOT_ALLOWED, "POST events, or GET ?wsdl\n"),
        }
    }
}

impl CallbackService {
    fn get(&self, request: &Request<Incoming>) -> Answer {
        let query = request.uri().query().unwrap_or_default().to_lowercase();
        let writer =
            SchemaWriter { vocabulary: &self.vocabulary, profile: &self.profile, contract: Contract::Callback };
        let address = service::address(request, self.secure, &self.path);
        match service::document(&writer, &query, &address, &format!("{address}?")) {
            Some(document) => answer(StatusCode::OK, soap::CONTENT_TYPE, document),
            None => text(StatusCode::OK, "A client of this service listens here. GET ?wsdl or ?singleWsdl.\n"),
        }
    }
}
