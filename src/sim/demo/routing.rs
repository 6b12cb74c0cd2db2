//! A story with an event feed as the platform, a CTIPS application that routes its calls, and an Open Media Service that
//! finds agents. Three calls are routed: to a service, to an agent, and to an agent who is not available in time.

use serde_json::{Value, json};

use super::{PAUSE, describe, hear};
use crate::{
    mapping::Mappings,
    sim::{
        desk::Desk,
        feed::{FeedLine, FeedSim},
        media::MediaSim,
        messages::{call, login},
        stage::Stage,
    },
};

const CONFIGURATION: &str = r#"
store = ""
[platform.mitel]
dialect = "event-feed"
address = "FEED"
user = "demo"
password = "demo"
[platform.media]
dialect = "open-media"
url = "MEDIA"
user = "admin"
password = "secret"
poll = "50ms"
service_groups = { 30 = 9 }
rules = { group = 9 }
[application.desk]
dialect = "ctips"
listen = "127.0.0.1:0"
users = { demo = "demo" }
platforms = ["mitel"]
routes = "media"
route_timeout = "2s"
"#;

pub async fn play(mappings: &Mappings, print: fn(&str)) -> Result<(), String> {
    let text = |error: std::io::Error| error.to_string();
    let feed = FeedSim::start().await.map_err(text)?;
    let media = MediaSim::start().await.map_err(text)?;
    let configuration = CONFIGURATION.replace("FEED", &feed.address.to_string()).replace("MEDIA", &media.url());
    let running = super::start(&configuration, mappings).await?;
    let line = feed.welcome("demo").await.map_err(text)?;
    let mut desk = Desk::start(running.applications[0]).await.map_err(text)?;
    desk.online("demo", "demo").await?;
    let mut story = Story { line, desk, media, stage: Stage::new(print) };
    story.stage.title("event feed (calls), Open Media Service (agents)", "CTIPS routing application");
    let played = story.tell().await;
    drop(story);
    running.stop().await;
    played
}

/// All three sides, and the stage that shows them.
struct Story {
    line: FeedLine,
    desk: Desk,
    media: MediaSim,
    stage: Stage,
}

impl Story {
    async fn tell(&mut self) -> Result<(), String> {
        self.stage.chapter("An agent logs on; a call asks for its route, and goes to a service");
        self.say(login(1001, 0)).await?;
        self.ask_for_route(900).await?;
        self.select(900, "RouteToService", "30").await?;
        let added = self.media().await;
        self.hear_of("RouteUsed", "").await;
        self.stage.row(&format!("(request {added} waits for whoever serves group 9)"), "");
        self.say(call("call-cleared", 900, 0, json!({}))).await?;
        self.media().await;

        self.stage.chapter("A call goes to an agent: used once that agent has it");
        self.ask_for_route(901).await?;
        self.select(901, "RouteToAgent", "anna").await?;
        let added = self.media().await;
        self.hear("").await;
        self.media.allocate(added, "anna");
        self.hear_of("RouteUsed", &format!("request {added} is allocated to anna")).await;
        self.say(call("call-cleared", 901, 0, json!({}))).await?;
        self.media().await;

        self.stage.chapter("A call is to go to an agent who is busy: too late");
        self.ask_for_route(902).await?;
        self.select(902, "RouteToAgent", "bert").await?;
        self.media().await;
        self.stage.row("(two seconds go by)", "");
        self.media().await;
        self.hear_of("RouteUsed", "").await;
        self.say(call("call-cleared", 902, 0, json!({}))).await?;
        self.stage.chapter("That was all. The same, with your own platforms: cti-bridge run --config FILE");
        Ok(())
    }

    /// The feed sends a message. Shows the application's events beside it.
    async fn say(&mut self, message: Value) -> Result<(), String> {
        self.line.say(&message).await.map_err(|error| error.to_string())?;
        self.hear(&describe(&message)).await;
        Ok(())
    }

    async fn ask_for_route(&mut self, number: i64) -> Result<(), String> {
        let message = call("route-request", number, 0, json!({}));
        self.line.say(&message).await.map_err(|error| error.to_string())?;
        self.hear_of("RouteRequest", &describe(&message)).await;
        Ok(())
    }

    async fn select(&mut self, number: i64, action: &str, destination: &str) -> Result<(), String> {
        let members =
            [("CallId", &*number.to_string()), ("RouteActionType", action), ("RouteDestination", destination)];
        let id = self.desk.ask("RouteSelect", &members).await?;
        self.stage.row("", &format!("← RouteSelect {number} {action} {destination} (RequestId {id})"));
        Ok(())
    }

    /// Shows the next request to the Open Media Service. Returns the number of the Open Media request that it names.
    async fn media(&mut self) -> i64 {
        let heard = self.media.hear().await;
        let words: Vec<String> =
            ["ServiceGroupID", "PreferredAgentLogonID", "PrivateData", "OpenMediaID", "CancelIfAllocated"]
                .iter()
                .filter_map(|key| heard.given.get(*key).filter(|value| !value.is_null()).map(|value| (key, value)))
                .map(|(key, value)| format!("{key}={}", value.to_string().replace('"', "")))
                .collect();
        self.stage.row(&format!("← {} {}", heard.operation, words.join(" ")), "");
        heard.id
    }

    async fn hear(&mut self, cause: &str) {
        hear(&mut self.desk, &self.stage, PAUSE, cause, None, show).await;
    }

    /// The same, but waits until this event has come.
    async fn hear_of(&mut self, awaited: &str, cause: &str) {
        hear(&mut self.desk, &self.stage, PAUSE, cause, Some(awaited), show).await;
    }
}

/// A CTIEvent as a readable text.
fn show(event: &Value) -> String {
    let mut text = event["EventType"].as_str().unwrap_or_default().to_owned();
    if let Some(id) = event["CallId"].as_i64() {
        text += &format!(" {id}");
    }
    for key in ["RouteTimeout", "RouteStatus", "RouteType", "RouteDestination", "RouteRejectReason", "FailureReason"] {
        match &event[key] {
            Value::String(word) if !word.is_empty() => text += &format!(" {word}"),
            Value::Number(seconds) if key == "RouteTimeout" => text += &format!(" {seconds} s"),
            Value::Number(number) => text += &format!(" {number}"),
            _ => {}
        }
    }
    match event["RequestId"].as_i64().unwrap_or(0) {
        0 => text,
        id => format!("{text} (RequestId {id})"),
    }
}
