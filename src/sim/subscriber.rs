//! An application for the Mitel event feed: it connects, authenticates, subscribes, receives events, and sends commands.

use std::{collections::VecDeque, io, net::SocketAddr};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    dialect::event_feed::digest,
    wire::nul::{Frame, Frames},
};

pub struct Subscriber {
    stream: TcpStream,
    frames: Frames,
    heard: VecDeque<Value>,
    requests: i64,
}

impl Subscriber {
    pub async fn connect(feed: SocketAddr) -> io::Result<Subscriber> {
        let stream = TcpStream::connect(feed).await?;
        stream.set_nodelay(true)?;
        Ok(Subscriber { stream, frames: Frames::new(1 << 20, 0), heard: VecDeque::new(), requests: 0 })
    }

    /// Connects and authenticates. A negative reply is an error.
    pub async fn log_on(feed: SocketAddr, user: &str, password: &str) -> io::Result<Subscriber> {
        let mut subscriber = Subscriber::connect(feed).await?;
        let digest = digest(password);
        let reply = subscriber.ask(json!({ "message": "authenticate", "user": user, "password": digest })).await?;
        match reply["result"].as_i64() {
            Some(0) => Ok(subscriber),
            _ => Err(io::Error::other(reply.to_string())),
        }
    }

    /// Subscribes to types, each with its ids. Returns the reply.
    pub async fn subscribe(&mut self, types: &[(&str, &[&str])]) -> io::Result<Value> {
        let records: Vec<Value> = types.iter().map(|(ty, ids)| json!(["ecc", ty, ids])).collect();
        self.ask(json!({ "message": "subscribe-events", "subscribe": records })).await
    }

    /// Sends a request with the next number and waits for its reply. Events that come first are kept.
    pub async fn ask(&mut self, request: Value) -> io::Result<Value> {
        let id = self.send(request).await?;
        let mut earlier = VecDeque::new();
        loop {
            let message = self.hear().await?;
            if message["request-id"] == id {
                earlier.append(&mut self.heard);
                self.heard = earlier;
                return Ok(message);
            }
            earlier.push_back(message);
        }
    }

    /// Sends a request with the next number. Returns the number.
    pub async fn send(&mut self, mut request: Value) -> io::Result<i64> {
        self.requests += 1;
        request["version"] = 1.into();
        request["topic"] = "contact-center".into();
        request["request-id"] = self.requests.into();
        self.raw(format!("{request}\0").as_bytes()).await?;
        Ok(self.requests)
    }

    /// Writes bytes unchanged.
    pub async fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// The next message.
    pub async fn hear(&mut self) -> io::Result<Value> {
        let mut buffer = [0; 4096];
        loop {
            if let Some(message) = self.heard.pop_front() {
                return Ok(message);
            }
            let count = self.stream.read(&mut buffer).await?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let mut rest = &buffer[..count];
            while let Some(Frame::Whole(frame)) = self.frames.next_frame(&mut rest) {
                self.heard.push_back(serde_json::from_slice(frame)?);
            }
        }
    }
    /// The connection alone, for whoever reads on without the messages that were received already.
    pub fn into_stream(self) -> TcpStream {
        self.stream
    }
}
