//! A connection to the bridge on which each frame is a JSON object on a line of its own: it answers pings by itself. Relays and
//! programs of AgentClient speak so (`relays/ccas/README.md`, `relays/agent/README.md`).

use std::{io, net::SocketAddr};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

pub struct JsonLines {
    stream: BufReader<TcpStream>,
    /// What was read of the next line so far.
    line: Vec<u8>,
}

impl JsonLines {
    /// Connects. Sends nothing yet.
    pub async fn connect(bridge: SocketAddr) -> io::Result<JsonLines> {
        let stream = TcpStream::connect(bridge).await?;
        stream.set_nodelay(true)?;
        Ok(JsonLines { stream: BufReader::new(stream), line: Vec::new() })
    }

    pub async fn say(&mut self, line: &Value) -> io::Result<()> {
        self.stream.write_all(format!("{line}\n").as_bytes()).await
    }

    /// The next line that is no ping. May be cancelled: what was read of a line is kept.
    pub async fn hear(&mut self) -> io::Result<Value> {
        loop {
            if self.stream.read_until(b'\n', &mut self.line).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let line: Value = serde_json::from_slice(&std::mem::take(&mut self.line))?;
            match line.get("ping") {
                Some(number) => self.say(&json!({ "pong": number })).await?,
                None => return Ok(line),
            }
        }
    }

    pub async fn close(&mut self) -> io::Result<()> {
        self.stream.shutdown().await
    }
}
