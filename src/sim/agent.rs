//! A program written for AgentClient: it connects to an application of the bridge, says hello, calls methods, and receives events
//! and results.

use std::{io, net::SocketAddr};

use serde_json::{Value, json};

use super::json_lines::JsonLines;

pub struct AgentProgram {
    lines: JsonLines,
    calls: i64,
}

impl AgentProgram {
    /// Connects and sends the hello.
    pub async fn greet(bridge: SocketAddr, token: &str) -> io::Result<AgentProgram> {
        let mut lines = JsonLines::connect(bridge).await?;
        lines.say(&json!({ "hello": "agent-client", "version": 1, "token": token })).await?;
        Ok(AgentProgram { lines, calls: 0 })
    }

    /// Calls a method. Returns its number, which the result has as `id`.
    pub async fn call(&mut self, method: &str, args: Value) -> io::Result<i64> {
        self.calls += 1;
        self.lines.say(&json!({ "id": self.calls, "call": method, "args": args })).await?;
        Ok(self.calls)
    }

    /// The next event, result or error. May be cancelled.
    pub async fn hear(&mut self) -> io::Result<Value> {
        self.lines.hear().await
    }
}
