//! What happens at a CCAS, and what an application written for the event feed hears of it: played by lines, and over
//! sockets. Agents 40 and 41 are logged on, and nothing else has happened.

use cti_bridge::sim::ccas::{at, event};
use serde_json::{Value, json};

mod calls;
mod joins;
mod offers;
mod sessions;
mod short;

pub use calls::*;
pub use joins::*;
pub use offers::*;
pub use sessions::*;
pub use short::short;

const CUSTOMER: &str = "5551234";

/// Events, and what is told of them, in short.
pub struct Story {
    pub name: String,
    pub lines: Vec<Value>,
    pub told: Vec<String>,
}

impl Story {
    /// Events a second apart.
    fn new(name: impl Into<String>, events: Vec<Value>, told: &[&[&str]]) -> Story {
        let lines = events.into_iter().zip(60..).map(|(event, second)| at(second, event)).collect();
        let told = told.concat().into_iter().map(str::to_owned).collect();
        Story { name: name.into(), lines, told }
    }
}

fn strs(lines: &[String]) -> Vec<&str> {
    lines.iter().map(String::as_str).collect()
}

/// The feed has one readiness, of the agent: that of other media is not told, whatever the agent's own is. What agent 41 does
/// in between shows that nothing was.
pub fn readiness_of_each_medium() -> Story {
    let ready = [5, 53, 58].map(|ty| event(ty, 40, json!({})));
    let not_ready = [6, 52, 59].map(|ty| event(ty, 40, json!({ "ReasonID": 5, "ReasonString": "training" })));
    let voice_ready = |agent| [event(3, agent, json!({}))];
    let voice_not_ready = |agent| [event(4, agent, json!({ "ReasonID": 3, "ReasonString": "lunch" }))];
    let events: [&[Value]; 7] = [
        &not_ready,
        &voice_not_ready(40),
        &ready,
        &voice_not_ready(41),
        &voice_ready(40),
        &not_ready,
        &voice_ready(41),
    ];
    let told = ["agent-release a40 release 3", "agent-release a41 release 3", "agent-idle a40", "agent-idle a41"];
    Story::new("readiness of each medium", events.concat(), &[&told])
}
