//! A relay beside CCAS: it connects to the bridge, sends the hello and events, answers pings by itself, and receives calls.

use std::{io, net::SocketAddr};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

pub struct Relay {
    stream: BufReader<TcpStream>,
    /// Record ids of the phone agents who are logged on.
    pub phone_agents: Vec<i64>,
    /// What was read of the next line so far.
    line: Vec<u8>,
}

impl Relay {
    /// Connects. Sends nothing yet.
    pub async fn connect(bridge: SocketAddr) -> io::Result<Relay> {
        let stream = TcpStream::connect(bridge).await?;
        stream.set_nodelay(true)?;
        Ok(Relay { stream: BufReader::new(stream), phone_agents: Vec::new(), line: Vec::new() })
    }

    /// Connects and sends the hello.
    pub async fn greet(bridge: SocketAddr, token: &str) -> io::Result<Relay> {
        let mut relay = Relay::connect(bridge).await?;
        relay.say(&json!({ "hello": "ccas-relay", "version": 1, "token": token })).await?;
        Ok(relay)
    }

    pub async fn say(&mut self, line: &Value) -> io::Result<()> {
        self.stream.write_all(format!("{line}\n").as_bytes()).await
    }

    /// The next line other than pings and GetPhoneAgentstatus, which are answered here. May be cancelled: what was read of
    /// a line is kept.
    pub async fn hear(&mut self) -> io::Result<Value> {
        loop {
            if self.stream.read_until(b'\n', &mut self.line).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let line: Value = serde_json::from_slice(&std::mem::take(&mut self.line))?;
            match line.get("ping") {
                Some(number) => {
                    let pong = json!({ "pong": number });
                    self.say(&pong).await?;
                }
                None if line["call"] == "GetPhoneAgentstatus" => {
                    let is_one = line["args"]["lAgentRecID"].as_i64().is_some_and(|id| self.phone_agents.contains(&id));
                    let status = json!({ "loggedOn": is_one, "ready": is_one, "notReadyReasonID": 0, "callState": 0 });
                    self.say(&json!({ "id": line["id"], "hresult": 0, "out": status })).await?;
                }
                None => return Ok(line),
            }
        }
    }

    /// Closes the connection, like a relay whose CCAS goes down.
    pub async fn close(&mut self) -> io::Result<()> {
        self.stream.shutdown().await
    }

    /// Answers a call.
    pub async fn answer(&mut self, call: &Value, error: Option<&str>) -> io::Result<()> {
        let mut reply = json!({ "id": call["id"], "hresult": 0, "out": {} });
        if let Some(error) = error {
            reply = json!({ "id": call["id"], "hresult": -2147467259_i64, "error": error });
        }
        self.say(&reply).await
    }
}
