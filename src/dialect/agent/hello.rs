//! The first frame of a connection: who connects, in which version of the protocol, and whose desktop it is. What follows
//! from a good hello is a conversation's business.

use std::time::Duration;

use serde_json::Value;

use super::Tokens;
use crate::{dialect::strangers, port::Try};

/// The version of the protocol that is understood.
const VERSION: i64 = 1;

/// Who says hello.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// A relay beside an Agent, at a platform's listener.
    Relay,
    /// A program that was written for AgentClient, at an application's listener.
    Client,
}

impl Who {
    fn name(self) -> &'static str {
        match self {
            Who::Relay => "agent-relay",
            Who::Client => "agent-client",
        }
    }
}

/// A good hello.
#[derive(Debug, PartialEq, Eq)]
pub struct Hello {
    /// The logon id of the agent whose connection it is.
    pub agent: String,
}

/// The reason why a hello is not accepted.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The frame that the peer is sent before the connection closes, with its line feed.
    pub line: String,
    /// The cause for the log, which says more.
    pub cause: &'static str,
}

impl Refusal {
    /// Nobody looked at the hello: too many wrong ones came from its address.
    pub fn too_soon(wait: Duration) -> Refusal {
        Refusal { line: strangers::refusal(&Try::refusal(wait)), cause: "too many wrong hellos came from its address" }
    }
}

impl Hello {
    /// Reads a first frame. `moment` is in milliseconds since 1970, for tokens that expire.
    pub fn read(frame: &str, who: Who, tokens: &Tokens, moment: u64) -> Result<Hello, Refusal> {
        let refusal = |text: &str, cause| Err(Refusal { line: strangers::refusal(text), cause });
        let no_hello = format!("the first frame is no hello of an {}", who.name());
        let Some(hello) = strangers::object(frame) else { return refusal(&no_hello, "its first frame is no hello") };
        if hello.get("hello").and_then(Value::as_str) != Some(who.name()) {
            return refusal(&no_hello, "its first frame is no hello, or another's");
        }
        if hello.get("version").and_then(Value::as_i64) != Some(VERSION) {
            return refusal(&format!("only version {VERSION} is spoken here"), "it speaks another version");
        }
        let claimed = match hello.get("agent") {
            None | Some(Value::Null) => None,
            Some(Value::String(agent)) => Some(agent.clone()),
            Some(Value::Number(agent)) => Some(agent.to_string()),
            Some(_) => return refusal("refused", "its agent is no id"),
        };
        let token = hello.get("token").and_then(Value::as_str).unwrap_or_default();
        match tokens.owner(token, claimed.as_deref(), moment) {
            Ok(agent) => Ok(Hello { agent }),
            // The peer learns nothing of the reason.
            Err(cause) => refusal("refused", cause),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(frame: &str) -> Result<String, String> {
        let tokens = Tokens::new([("140", "secret"), ("141", "other"), ("142", "shared"), ("143", "shared")], None);
        let read = Hello::read(frame, Who::Relay, &tokens, 0);
        read.map(|hello| hello.agent).map_err(|refusal| {
            let json: Value = serde_json::from_str(refusal.line.strip_suffix('\n').unwrap()).unwrap();
            json["error"].as_str().unwrap().to_owned()
        })
    }

    #[test]
    fn a_good_hello_says_whose_the_connection_is() {
        let hello = |rest: &str| read(&format!(r#"{{"hello":"agent-relay","version":1,{rest}}}"#));
        assert_eq!(hello(r#""token":"secret""#).unwrap(), "140");
        assert_eq!(hello(r#""token":"secret","agent":"140","more":[1]"#).unwrap(), "140");
        assert_eq!(hello(r#""token":"secret","agent":140"#).unwrap(), "140");
        assert_eq!(hello(r#""token":"shared","agent":"143""#).unwrap(), "143");
        assert_eq!(
            read("\u{feff}{\"hello\":\"agent-relay\",\"version\":1,\"token\":\"secret\",\"x\":\"\t\"}\r").unwrap(),
            "140"
        );
        for rest in [
            r#""token":"wrong""#,
            r#""token":"""#,
            r#""token":"secre""#,
            r#""token":null"#,
            r#""token":["secret"]"#,
            r#""token":"secret","agent":"141""#,
            r#""token":"secret","agent":["140"]"#,
            r#""token":"shared""#,
            r#""agent":"140""#,
        ] {
            assert_eq!(hello(rest), Err("refused".to_owned()), "{rest}: the peer learns nothing");
        }
    }

    #[test]
    fn another_first_frame_is_refused_with_what_was_expected() {
        for (frame, expected) in [
            ("", "no hello"),
            ("[]", "no hello"),
            (r#"{"hello":"agent-client","version":1,"token":"secret"}"#, "agent-relay"),
            (r#"{"hello":"agent-relay","version":2,"token":"secret"}"#, "version 1"),
            (r#"{"hello":"agent-relay","token":"secret"}"#, "version 1"),
        ] {
            let error = read(frame).unwrap_err();
            assert!(error.contains(expected), "{frame}: {error}");
        }
    }
}
