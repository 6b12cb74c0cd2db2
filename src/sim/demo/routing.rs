//! A story with an event feed as the platform, a CTIPS application that routes its calls, and an Open Media Service that
//! finds agents. Three calls are routed: to a service, to an agent, and to an agent who is not available in time.

use serde_json::{Value, json};

use super::{PAUSE, Reasons, SIGNS, describe, hear, words};
use crate::{
    mapping::Mappings,
    sim::{
        desk::Desk,
        feed::{FeedLine, FeedSim},
        media::MediaSim,
        messages::{call, login},
        stage::{Look, Person, Stage},
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

const PEOPLE: &[Person] = &[("agent ", 1001, "Ann")];
const LEGEND: [&str; 3] = [
    SIGNS,
    "Two platforms are on the left: a feed has the calls, an Open Media Service of MiCC Enterprise finds agents for them. Ann logs on at \
     the feed; anna and bert are agents of the service group 9 there, which CTIPS applications know as service 30.",
    "Where the words cross: CTIPS's RouteSelect is AddRequest of the Open Media Service, its end is CancelRequest; an allocated request is \
     RouteUsed, one that finds nobody in time is RouteReject.",
];

pub async fn play(mappings: &Mappings, reasons: &Reasons, look: Look, print: fn(&str)) -> Result<(), String> {
    let text = |error: std::io::Error| error.to_string();
    let feed = FeedSim::start().await.map_err(text)?;
    let media = MediaSim::start().await.map_err(text)?;
    let configuration = CONFIGURATION.replace("FEED", &feed.address.to_string()).replace("MEDIA", &media.url());
    let running = super::start(&configuration, mappings).await?;
    let line = feed.welcome("demo").await.map_err(text)?;
    let mut desk = Desk::start(running.applications[0]).await.map_err(text)?;
    desk.online("demo", "demo").await?;
    let stage = Stage::new(print, look, PEOPLE);
    let mut story = Story { line, desk, media, stage, reasons: reasons.clone() };
    story.stage.title(
        "platforms: event feed, Open Media Service",
        "application: routes calls, written for CTIPS",
        &LEGEND,
    );
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
    reasons: Reasons,
}

impl Story {
    async fn tell(&mut self) -> Result<(), String> {
        self.stage.chapter("An agent logs on; a call asks for its route, and goes to a service");
        self.say(login(1001, 0)).await?;
        self.ask_for_route(900).await?;
        let added = self.select(900, "RouteToService", "30").await?;
        self.hear_of("RouteUsed", &format!("(request {added} waits for whoever serves group 9)")).await;
        self.end(900).await?;

        self.stage.chapter("A call goes to an agent: used once that agent has it");
        self.ask_for_route(901).await?;
        let added = self.select(901, "RouteToAgent", "anna").await?;
        self.hear("").await;
        self.media.allocate(added, "anna");
        self.hear_of("RouteUsed", &format!("request {added} is allocated to anna")).await;
        self.end(901).await?;

        self.stage.chapter("A call is to go to an agent who is busy: too late");
        self.ask_for_route(902).await?;
        self.select(902, "RouteToAgent", "bert").await?;
        self.stage.row("(two seconds go by)", "· route_timeout of the application is 2 s");
        let (_, withdrawn) = self.media().await;
        self.hear_of("RouteUsed", &withdrawn).await;
        self.say(call("call-cleared", 902, 0, json!({}))).await?;
        self.stage.chapter("That was all. The same, with your own platforms: cti-bridge run --config FILE");
        Ok(())
    }

    /// The feed sends a message. Shows the application's events beside it.
    async fn say(&mut self, message: Value) -> Result<(), String> {
        self.reasons.clear();
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

    /// The application selects a route. Returns the number of the Open Media request that it becomes.
    async fn select(&mut self, number: i64, action: &str, destination: &str) -> Result<i64, String> {
        let members =
            [("CallId", &*number.to_string()), ("RouteActionType", action), ("RouteDestination", destination)];
        let id = self.desk.ask("RouteSelect", &members).await?;
        let (added, shown) = self.media().await;
        self.stage.row(&shown, &format!("← RouteSelect {number} {action} {destination} (RequestId {id})"));
        Ok(added)
    }

    /// The call is over, and so is its Open Media request.
    async fn end(&mut self, number: i64) -> Result<(), String> {
        self.say(call("call-cleared", number, 0, json!({}))).await?;
        let (_, withdrawn) = self.media().await;
        self.stage.row(&withdrawn, "· the call is over, and its request is withdrawn");
        Ok(())
    }

    /// The next request to the Open Media Service: the number of the Open Media request that it names, and the request as a text.
    async fn media(&mut self) -> (i64, String) {
        let heard = self.media.hear().await;
        let keys = ["ServiceGroupID", "PreferredAgentLogonID", "PrivateData", "OpenMediaID", "CancelIfAllocated"];
        (heard.id, format!("← {}{}", heard.operation, words(&heard.given, &keys)))
    }

    async fn hear(&mut self, cause: &str) {
        hear(&mut self.desk, (&self.stage, &self.reasons), PAUSE, cause, None, show).await;
    }

    /// The same, but waits until this event has come.
    async fn hear_of(&mut self, awaited: &str, cause: &str) {
        hear(&mut self.desk, (&self.stage, &self.reasons), PAUSE, cause, Some(awaited), show).await;
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
