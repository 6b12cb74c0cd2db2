//! A client of an Open Media Service: writes requests as bytes, reads answers as JSON.

use std::{net::SocketAddr, sync::Arc};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, client::conn::http1::handshake, header::CONTENT_TYPE};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use super::office::shipped;
use crate::{
    message::Message,
    vocabulary::{NoReply, ObjectTemplate, Profile, Vocabulary, Wanted},
    wire::soap,
};

/// A client with its log-on.
#[derive(Debug, Clone)]
pub struct Client {
    vocabulary: Arc<Vocabulary>,
    profile: Profile,
    user: String,
    password: String,
}

/// A fault: its type, if it has one, and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub name: String,
    pub message: String,
}

impl Client {
    pub fn new(user: &str, password: &str) -> Client {
        let vocabulary = shipped();
        let profile = vocabulary.profiles.first().cloned().unwrap_or_default();
        Client { vocabulary, profile, user: user.to_owned(), password: password.to_owned() }
    }

    /// The envelope of an operation with these members.
    pub fn body(&self, operation: &str, members: Value) -> Vec<u8> {
        let mut message = Message::default();
        let line = json!({ operation: members }).to_string();
        let mut body = Vec::new();
        let read = self.vocabulary.read_json(&line, true, &Wanted::new(), &mut message);
        if let (Ok(_), Some(kind)) = (read, message.kind()) {
            let template = ObjectTemplate::operation(&self.vocabulary, &self.profile, kind);
            template.write_with(&[&self.user, &self.password], &self.vocabulary, &message, &mut body);
        }
        body
    }

    /// The members of an answer, or its value if it is a single value.
    pub fn read(&self, operation: &str, body: &[u8]) -> Result<Value, Fault> {
        let plain = |message: String| Fault { name: String::new(), message };
        let envelope = soap::parse(body, None).map_err(|error| plain(error.to_string()))?;
        let kind = self.vocabulary.find(operation).ok_or_else(|| plain(format!("no operation {operation}")))?;
        let mut message = Message::default();
        let reply = self.vocabulary.read_reply(kind, &envelope.body, &mut message).map_err(|error| match error {
            NoReply::Fault(fault) => plain(fault.reason),
            other => plain(other.to_string()),
        })?;
        let mut line = Vec::new();
        self.vocabulary.write_json(&message, &mut line);
        let line: Value = serde_json::from_slice(&line).unwrap_or_default();
        let def = self.vocabulary.message(reply);
        let members = &line[&def.label];
        if def.fault {
            let message = members["Message"].as_str().unwrap_or_default().to_owned();
            return Err(Fault { name: def.label.clone(), message });
        }
        Ok(if def.bare { members["Result"].clone() } else { members.clone() })
    }

    /// Sends a request to a service, over a new connection.
    pub async fn call(&self, service: SocketAddr, operation: &str, members: Value) -> Result<Value, Fault> {
        let lost = |error: &dyn std::fmt::Display| Fault { name: String::new(), message: error.to_string() };
        let body = self.body(operation, members);
        let stream = TcpStream::connect(service).await.map_err(|error| lost(&error))?;
        let (mut sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|error| lost(&error))?;
        let connection = tokio::spawn(connection);
        let action = format!("\"{}{}/{operation}\"", self.profile.namespaces.service, self.profile.contract);
        let request = Request::post("/OpenMediaService")
            .header("Host", service.to_string())
            .header("SOAPAction", action)
            .header(CONTENT_TYPE, soap::CONTENT_TYPE)
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| lost(&error))?;
        let response = sender.send_request(request).await.map_err(|error| lost(&error))?;
        let body = response.into_body().collect().await.map_err(|error| lost(&error))?.to_bytes();
        connection.abort();
        self.read(operation, &body)
    }
}
