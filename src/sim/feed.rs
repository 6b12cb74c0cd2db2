//! A Mitel Connect event feed to connect to: it authenticates, accepts subscriptions, and sends the messages that its
//! user chooses.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::{
    dialect::event_feed::digest,
    wire::nul::{Frame, Frames},
};

/// A feed that waits for connections.
pub struct FeedSim {
    listener: TcpListener,
    pub address: SocketAddr,
}

/// A connection to it.
pub struct FeedLine {
    stream: TcpStream,
    frames: Frames,
    sequence: u32,
    /// The request by which the bridge subscribed.
    pub subscribed: Value,
    /// Messages that were received and not yet read.
    heard: std::collections::VecDeque<Value>,
}

impl FeedSim {
    pub async fn start() -> std::io::Result<FeedSim> {
        FeedSim::at(([127, 0, 0, 1], 0).into()).await
    }

    /// Listens at a given address.
    pub async fn at(address: SocketAddr) -> std::io::Result<FeedSim> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(FeedSim { listener, address })
    }

    /// The next connection, before the first message.
    pub async fn accept(&self) -> std::io::Result<FeedLine> {
        let (stream, _) = self.listener.accept().await?;
        stream.set_nodelay(true)?;
        let frames = Frames::new(1 << 20, 0);
        Ok(FeedLine { stream, frames, sequence: 0, subscribed: Value::Null, heard: std::collections::VecDeque::new() })
    }

    /// The next connection, authenticated with this password and subscribed.
    pub async fn welcome(&self, password: &str) -> std::io::Result<FeedLine> {
        let mut line = self.accept().await?;
        let digest = digest(password);
        loop {
            let request = line.hear().await?;
            let authentic = request["password"].as_str().is_some_and(|given| given.eq_ignore_ascii_case(&digest));
            let result = if authentic { 0 } else { -1 };
            line.answer(&request, result, None).await?;
            if authentic {
                break;
            }
        }
        let request = line.hear().await?;
        line.answer(&request, 0, None).await?;
        line.subscribed = request;
        Ok(line)
    }
}

fn cut() -> std::io::Error {
    std::io::ErrorKind::UnexpectedEof.into()
}

impl FeedLine {
    /// The next request.
    pub async fn hear(&mut self) -> std::io::Result<Value> {
        let mut buffer = [0; 4096];
        loop {
            if let Some(request) = self.heard.pop_front() {
                return Ok(request);
            }
            let count = self.stream.read(&mut buffer).await?;
            if count == 0 {
                return Err(cut());
            }
            let mut rest = &buffer[..count];
            while let Some(frame) = self.frames.next_frame(&mut rest) {
                let Frame::Whole(frame) = frame else { return Err(cut()) };
                self.heard.push_back(serde_json::from_slice(frame)?);
            }
        }
    }

    /// Answers a request, with its id.
    pub async fn answer(&mut self, request: &Value, result: i64, error: Option<&str>) -> std::io::Result<()> {
        let mut reply = json!({
            "version": 1, "topic": "contact-center", "message": request["message"], "request-id": request["request-id"],
            "result": result,
        });
        if let Some(error) = error {
            reply["error-msg"] = error.into();
        }
        self.say(&reply).await
    }

    /// Sends a message, with the next sequence number.
    pub async fn say(&mut self, message: &Value) -> std::io::Result<()> {
        let mut message = message.clone();
        message["sequence"] = self.sequence.into();
        self.sequence = self.sequence.wrapping_add(1);
        self.raw(format!("{message}\0").as_bytes()).await
    }

    /// Simulates a lost message: its number is used up.
    pub fn skip(&mut self) {
        self.sequence = self.sequence.wrapping_add(1);
    }

    /// Writes bytes unchanged.
    pub async fn raw(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// The connection alone, for whoever numbers the messages.
    pub fn into_stream(self) -> TcpStream {
        self.stream
    }

    /// Closes the connection, like a platform that goes down.
    pub async fn close(&mut self) -> std::io::Result<()> {
        self.stream.shutdown().await
    }
}
