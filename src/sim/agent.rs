//! A program written for AgentClient: it connects to an application of the bridge by lines of JSON, says hello, answers pings by
//! itself, calls methods, and receives events and results (`relays/agent/README.md`).

use std::{io, net::SocketAddr};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

pub struct AgentProgram {
    stream: BufReader<TcpStream>,
    calls: i64,
    /// What was read of the next line so far.
    line: Vec<u8>,
}

impl AgentProgram {
    /// Connects and sends the hello.
    pub async fn greet(bridge: SocketAddr, token: &str) -> io::Result<AgentProgram> {
        let stream = TcpStream::connect(bridge).await?;
        stream.set_nodelay(true)?;
        let mut program = AgentProgram { stream: BufReader::new(stream), calls: 0, line: Vec::new() };
        program.say(&json!({ "hello": "agent-client", "version": 1, "token": token })).await?;
        Ok(program)
    }

    async fn say(&mut self, line: &Value) -> io::Result<()> {
        self.stream.write_all(format!("{line}\n").as_bytes()).await
    }

    /// Calls a method. Returns its number, which the result has as `id`.
    pub async fn call(&mut self, method: &str, args: Value) -> io::Result<i64> {
        self.calls += 1;
        self.say(&json!({ "id": self.calls, "call": method, "args": args })).await?;
        Ok(self.calls)
    }

    /// The next event, result or error. May be cancelled: what was read of a line is kept.
    pub async fn hear(&mut self) -> io::Result<Value> {
        loop {
            if self.stream.read_until(b'\n', &mut self.line).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let frame: Value = serde_json::from_slice(&std::mem::take(&mut self.line))?;
            match frame.get("ping") {
                Some(number) => self.say(&json!({ "pong": number })).await?,
                None => return Ok(frame),
            }
        }
    }
}
