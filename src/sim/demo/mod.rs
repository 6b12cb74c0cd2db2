//! The demo, with nothing else installed: an embedded platform plays calls, the bridge translates them, and an embedded
//! application receives the events and sends requests. The platform is on the left, the application on the right.

mod ccas;
pub mod desktop;
mod feed;
mod reasons;
mod routing;

use std::time::Duration;

use serde_json::Value;
use tokio::time::timeout;

use crate::{
    config,
    diagnostic::Problems,
    dialect::Registry,
    mapping::Mappings,
    net,
    settings::Sources,
    sim::{
        desk::{Desk, Heard},
        stage::{Look, Stage},
    },
};
use reasons::Reasons;

/// The first lines of every legend.
const SIGNS: &str = "The platform's messages are on the left, the application's on the right. →  an event for the application. ←  a \
                     request of the application, and beside it what the platform is asked for. ·  why the application is told nothing.";

/// The silence before the next line is played.
const PAUSE: Duration = Duration::from_millis(90);

/// The stories of the demo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Story {
    /// A Mitel Connect event feed, and a CTIPS application.
    Feed,
    /// MiCC Enterprise, and an application written for the event feed.
    Ccas,
    /// A Mitel Connect event feed, a CTIPS application that routes, and the Open Media Service that finds the agents.
    Routing,
    /// MiCC Enterprise, and an agent's desk that was written for AgentClient, with nobody at it.
    Desktop,
}

/// Plays a story once, or again and again until it is stopped.
pub async fn run(story: Story, mappings: &Mappings, repeat: bool, look: Look, print: fn(&str)) -> Result<(), String> {
    let reasons = Reasons::default();
    let _guard = reasons.listen();
    loop {
        match story {
            Story::Feed => feed::play(mappings, &reasons, look, print).await?,
            Story::Ccas => ccas::play(mappings, &reasons, look, print).await?,
            Story::Routing => routing::play(mappings, &reasons, look, print).await?,
            Story::Desktop => desktop::play(mappings, look, print).await?,
        }
        if !repeat {
            return Ok(());
        }
    }
}

/// A bridge with this configuration.
async fn start(configuration: &str, mappings: &Mappings) -> Result<net::Running, String> {
    let mut problems = Problems::default();
    let sources = Sources::merge(Some(("demo", configuration)), Default::default(), &[], &[], &mut problems);
    let config = config::read(&sources, mappings, &Registry::shipped(), &mut problems);
    match problems.is_empty() {
        true => net::start(config, mappings).await,
        false => Err(problems.render()),
    }
}

/// Shows the events that an application receives beside their cause: the awaited one, if there is one, and then all others
/// until none comes for a while.
async fn hear(
    desk: &mut Desk,
    (stage, reasons): (&Stage, &Reasons),
    pause: Duration,
    cause: &str,
    awaited: Option<&str>,
    show: fn(&Value) -> String,
) {
    let (mut left, mut awaited) = (cause, awaited);
    loop {
        let heard = match awaited {
            Some(_) => desk.heard.recv().await,
            None => timeout(pause, desk.heard.recv()).await.ok().flatten(),
        };
        let Some(heard) = heard else { break };
        if let Heard::Event(event) = heard {
            stage.row(std::mem::take(&mut left), &format!("→ {}", show(&event)));
            awaited = awaited.filter(|name| event["EventType"] != *name);
        }
    }
    if !left.is_empty() {
        stage.row(left, &reasons.cell());
    }
}

/// Words of a JSON object: its values under these keys, where it has them.
fn words(of: &Value, keys: &[&str]) -> String {
    let word =
        |key: &&str| of.get(*key).filter(|value| !value.is_null()).map(|value| (key.to_string(), value.to_string()));
    let words = keys.iter().filter_map(word).map(|(key, value)| format!(" {key}={}", value.replace('"', "")));
    words.collect()
}

/// A feed message as a readable text.
fn describe(message: &Value) -> String {
    let name = message["message"].as_str().unwrap_or_default();
    let mut text = name.to_owned();
    for key in ["call-id", "secondary-call-id", "resultant-call-id"] {
        if let Some(id) = message.get(key).and_then(Value::as_i64) {
            text += &format!(" {id}");
        }
    }
    let devices =
        ["device", "alerting-device", "joining-device", "device-out", "transferring-device", "conferencing-device"];
    for key in devices {
        match message.get(format!("{key}-type")).and_then(Value::as_i64) {
            Some(3) => text += &format!(" agent {}", message[format!("{key}-id")]),
            Some(5) => text += &format!(" {}", message[key].as_str().unwrap_or_default()),
            _ => {}
        }
    }
    if let Some(id) = message.get("agent-id").and_then(Value::as_i64) {
        text += &format!(" agent {id}");
    }
    text
}
