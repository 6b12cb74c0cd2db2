//! A relay beside CCAS: it connects to the bridge, sends the hello and events, answers pings by itself, and receives calls.

use std::{io, net::SocketAddr};

use serde_json::{Value, json};

use super::json_lines::JsonLines;

pub struct Relay {
    lines: JsonLines,
    /// Record ids of the phone agents who are logged on.
    pub phone_agents: Vec<i64>,
}

impl Relay {
    /// Connects. Sends nothing yet.
    pub async fn connect(bridge: SocketAddr) -> io::Result<Relay> {
        Ok(Relay { lines: JsonLines::connect(bridge).await?, phone_agents: Vec::new() })
    }

    /// Connects and sends the hello.
    pub async fn greet(bridge: SocketAddr, token: &str) -> io::Result<Relay> {
        let mut relay = Relay::connect(bridge).await?;
        relay.say(&json!({ "hello": "ccas-relay", "version": 1, "token": token })).await?;
        Ok(relay)
    }

    pub async fn say(&mut self, line: &Value) -> io::Result<()> {
        self.lines.say(line).await
    }

    /// The next line other than pings and GetPhoneAgentstatus, which are answered here. May be cancelled.
    pub async fn hear(&mut self) -> io::Result<Value> {
        loop {
            let line = self.lines.hear().await?;
            if line["call"] != "GetPhoneAgentstatus" {
                return Ok(line);
            }
            let is_one = line["args"]["lAgentRecID"].as_i64().is_some_and(|id| self.phone_agents.contains(&id));
            let status = json!({ "loggedOn": is_one, "ready": is_one, "notReadyReasonID": 0, "callState": 0 });
            self.say(&json!({ "id": line["id"], "hresult": 0, "out": status })).await?;
        }
    }

    /// Closes the connection, like a relay whose CCAS goes down.
    pub async fn close(&mut self) -> io::Result<()> {
        self.lines.close().await
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
