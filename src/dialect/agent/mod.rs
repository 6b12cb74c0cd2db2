//! MiContact Center Agent's AgentClient, one desktop per agent: relays beside Agents connect to a platform of the bridge,
//! programs that were written for AgentClient to an application. `hello` and `tokens` decide whose a connection is, on both
//! sides alike. The protocol is documented in `relays/agent/README.md`; the meaning of its messages belongs to rules.

mod application;
mod hello;
pub mod platform;
mod record;
mod settings;
mod strays;
mod tokens;

use std::time::Duration;

pub use application::{CqCodes, Server, ServerSettings};
pub use hello::{Hello, Refusal, Who};
pub use settings::entry;
pub use tokens::Tokens;

/// How often the bridge pings.
const PING: Duration = Duration::from_secs(10);
/// A connection of lines on which nothing came for so long is lost.
const SILENCE: Duration = Duration::from_secs(35);
