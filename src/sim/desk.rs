//! A CTIPS application: it offers its callback, opens a session, registers, goes on line, and receives CTIEvents.

use std::{net::SocketAddr, sync::Arc};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, StatusCode, body::Incoming, client::conn::http1::handshake, header::CONTENT_TYPE};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    net::http::{self, Answer, Handler, Peer},
    wire::{
        soap,
        xml::{Element, escape},
    },
};

/// A call of the bridge to the application.
#[derive(Debug)]
pub enum Heard {
    /// A CTIEvent, its members as JSON.
    Event(Value),
    Heartbeat,
    Start,
}

/// The callback service of a desk.
struct Callback {
    heard: mpsc::UnboundedSender<Heard>,
}

impl Handler for Callback {
    async fn handle(&self, request: Request<Incoming>, _: Peer) -> Answer {
        let Ok(body) = request.into_body().collect().await else {
            return http::text(StatusCode::BAD_REQUEST, "");
        };
        let Ok(envelope) = soap::parse(&body.to_bytes(), None) else {
            return http::text(StatusCode::BAD_REQUEST, "");
        };
        let operation = envelope.body;
        let heard = match operation.name.as_str() {
            "PublishCTIEvent" => operation.children.first().map(|event| Heard::Event(members(event))),
            "Heartbeat" | "HeartbeatMessage" => Some(Heard::Heartbeat),
            "StartSession" => Some(Heard::Start),
            _ => None,
        };
        let name = &operation.name;
        let answer =
            format!("{}<{name}Response><{name}Result>0</{name}Result></{name}Response>{}", soap::OPEN, soap::CLOSE);
        if let Some(heard) = heard {
            let _ = self.heard.send(heard);
        }
        http::answer(StatusCode::OK, soap::CONTENT_TYPE, answer)
    }
}

/// An element's members as JSON: numbers as numbers, lists as lists.
fn members(element: &Element) -> Value {
    if element.nil {
        return Value::Null;
    }
    if element.children.is_empty() {
        let text = element.text.as_str();
        return match (text.parse::<i64>(), text) {
            (Ok(number), _) if number.to_string() == text => json!(number),
            (_, "true") => true.into(),
            (_, "false") => false.into(),
            _ => text.into(),
        };
    }
    let first = &element.children[0].name;
    let is_list = ["int", "string", "CTICallDataItem", "CTIServiceInfo"].contains(&first.as_str());
    if is_list {
        return element.children.iter().map(members).collect();
    }
    Value::Object(element.children.iter().map(|child| (child.name.clone(), members(child))).collect())
}

/// An application with its session.
pub struct Desk {
    service: SocketAddr,
    pub callback: SocketAddr,
    pub session: String,
    pub heard: mpsc::UnboundedReceiver<Heard>,
    stop: CancellationToken,
    requests: i64,
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Desk {
    /// Offers a callback. Does not open a session yet.
    pub async fn start(service: SocketAddr) -> std::io::Result<Desk> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let callback = listener.local_addr()?;
        let (sender, heard) = mpsc::unbounded_channel();
        let stop = CancellationToken::new();
        let handler = Arc::new(Callback { heard: sender });
        tokio::spawn(http::serve(
            listener,
            None,
            http::Limits::admin(),
            handler,
            None,
            stop.clone(),
            TaskTracker::new(),
        ));
        Ok(Desk { service, callback, session: String::new(), heard, stop, requests: 0 })
    }

    /// The URL of the callback.
    pub fn url(&self) -> String {
        format!("http://{}/CTIEvents", self.callback)
    }

    /// Opens a session with this callback URL, and returns its id or the fault's reason.
    pub async fn open_at(&self, url: &str, user: &str, password: &str) -> Result<String, String> {
        let mut args = member("ClientCallbackURL", url);
        args += "<TenantIds><int>1</int></TenantIds><UserCredentials>";
        args += &(member("Password", password) + &member("UserName", user));
        args += "</UserCredentials>";
        let response = self.post("OpenConnection", &args).await?;
        let result = response.children.first().and_then(|result| result.child("SessionId"));
        Ok(result.map(|id| id.text.clone()).unwrap_or_default())
    }

    /// Opens a session. Returns the fault's reason if that fails.
    pub async fn open(&mut self, user: &str, password: &str) -> Result<(), String> {
        self.session = self.open_at(&self.url(), user, password).await?;
        Ok(())
    }

    /// Registers for all message classes and goes on line.
    pub async fn register(&self) -> Result<(), String> {
        for class in ["Agent", "Call", "Route", "System"] {
            self.call("AddMessageClass", &[("MessageClass", &format!("EventCategory{class}"))]).await?;
        }
        self.call("OnLine", &[]).await
    }

    /// Opens a session that receives all events.
    pub async fn online(&mut self, user: &str, password: &str) -> Result<(), String> {
        self.open(user, password).await?;
        self.register().await
    }

    /// A request of the session.
    pub async fn call(&self, operation: &str, members: &[(&str, &str)]) -> Result<(), String> {
        let mut args: String = members.iter().map(|(name, value)| member(name, value)).collect();
        args += &(member("SessionId", &self.session) + &member("TenantId", "1"));
        self.post(operation, &args).await.map(drop)
    }

    /// A request with the next number. Returns the number.
    pub async fn ask(&mut self, operation: &str, members: &[(&str, &str)]) -> Result<i64, String> {
        self.requests += 1;
        let id = self.requests.to_string();
        let members = [members, &[("RequestId", id.as_str())]].concat();
        self.call(operation, &members).await?;
        Ok(self.requests)
    }

    async fn post(&self, operation: &str, args: &str) -> Result<Element, String> {
        let body = format!("{}<{operation}><args>{args}</args></{operation}>{}", soap::OPEN, soap::CLOSE);
        let (_, body) = self.send(body.into()).await?;
        let envelope = soap::parse(&body, None).map_err(|error| error.to_string())?;
        match soap::Fault::of(&envelope.body).map(|fault| fault.reason) {
            Some(reason) => Err(reason),
            None => Ok(envelope.body),
        }
    }

    /// Posts bytes unchanged. Returns the status and the body.
    pub async fn send(&self, body: Bytes) -> Result<(StatusCode, Bytes), String> {
        let text = |error: &dyn std::fmt::Display| error.to_string();
        let stream = TcpStream::connect(self.service).await.map_err(|error| text(&error))?;
        let (mut sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|error| text(&error))?;
        tokio::spawn(connection);
        let request = Request::post("/AgentCallService")
            .header(hyper::header::HOST, self.service.to_string())
            .header(CONTENT_TYPE, soap::CONTENT_TYPE)
            .body(Full::new(body))
            .map_err(|error| text(&error))?;
        let response = sender.send_request(request).await.map_err(|error| text(&error))?;
        let status = response.status();
        let body = response.into_body().collect().await.map_err(|error| text(&error))?;
        Ok((status, body.to_bytes()))
    }

    /// The next event that is here already.
    pub fn event_now(&mut self) -> Option<Value> {
        loop {
            match self.heard.try_recv().ok()? {
                Heard::Event(event) => return Some(event),
                Heard::Heartbeat | Heard::Start => {}
            }
        }
    }

    /// The next event. Heartbeats are skipped.
    pub async fn event(&mut self) -> Option<Value> {
        loop {
            match self.heard.recv().await? {
                Heard::Event(event) => return Some(event),
                Heard::Heartbeat | Heard::Start => {}
            }
        }
    }
}

fn member(name: &str, value: &str) -> String {
    let mut escaped = Vec::new();
    escape(value, &mut escaped);
    format!("<{name}>{}</{name}>", String::from_utf8_lossy(&escaped))
}
