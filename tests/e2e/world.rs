//! A running bridge with its stand-ins, and how tests wait for them.

use std::{future::Future, time::Duration};

use cti_bridge::{
    config::{self, Config},
    diagnostic::Problems,
    dialect::Registry,
    net::{self, Running},
    settings::Sources,
    sim::{
        desk::{Desk, Heard},
        feed::{FeedLine, FeedSim},
        messages::{agent, login, short},
    },
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::support::mappings;

/// How long something may take that must happen.
const PATIENCE: Duration = Duration::from_secs(60);

pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    match timeout(PATIENCE, future).await {
        Ok(value) => value,
        Err(_) => panic!("{what} did not happen within {PATIENCE:?}"),
    }
}

/// A bridge between a feed and CTIPS applications.
pub struct World {
    pub feed: FeedSim,
    pub line: FeedLine,
    pub running: Running,
}

/// Settings beyond the least that is needed, by section.
#[derive(Default)]
pub struct Extra<'t> {
    pub top: &'t str,
    pub platform: &'t str,
    pub application: &'t str,
    pub rest: &'t str,
}

pub const PASSWORD: &str = "feed-pass-73";
pub const USER_PASSWORD: &str = "desk-pass-91";

pub fn text(feed: &str, extra: &Extra) -> String {
    format!(
        "{}\n[platform.mitel]\ndialect = 'event-feed'\naddress = '{feed}'\nuser = 'feed'\npassword = '{PASSWORD}'\n\
         reconnect_min = '10ms'\n{}\n\
         [application.desk]\ndialect = 'ctips'\nlisten = '127.0.0.1:0'\nusers = {{ Test01 = '{USER_PASSWORD}' }}\n\
         platforms = ['mitel']\n{}\n{}\n",
        extra.top, extra.platform, extra.application, extra.rest
    )
}

fn configure(text: &str, registry: &Registry) -> Config {
    let mut problems = Problems::default();
    let sources = Sources::merge(Some(("test", text)), Default::default(), &[], &registry.named(), &mut problems);
    let config = config::read(&sources, mappings(), registry, &mut problems);
    assert!(problems.is_empty(), "{}", problems.render());
    config
}

pub async fn run(text: &str) -> Running {
    start(text).await.unwrap()
}

/// The bridge of a configuration, or why there is none.
pub async fn start(text: &str) -> Result<Running, String> {
    start_with(text, &Registry::shipped()).await
}

/// The same with other dialects.
pub async fn start_with(text: &str, registry: &Registry) -> Result<Running, String> {
    net::start(configure(text, registry), mappings()).await
}

impl World {
    pub async fn start() -> World {
        World::with(Extra::default()).await
    }

    pub async fn with(extra: Extra<'_>) -> World {
        let feed = FeedSim::start().await.unwrap();
        let running = run(&text(&feed.address.to_string(), &extra)).await;
        let line = soon("the bridge's log-on to the feed", feed.welcome(PASSWORD)).await.unwrap();
        World { feed, line, running }
    }

    /// An application that is on line and hears everything.
    pub async fn desk(&self) -> Desk {
        let mut desk = Desk::start(self.running.applications[0]).await.unwrap();
        soon("a session", desk.online("Test01", USER_PASSWORD)).await.unwrap();
        desk
    }

    pub async fn say(&mut self, message: Value) {
        self.line.say(&message).await.unwrap();
    }

    pub async fn command(&mut self) -> Value {
        soon("a command", self.line.hear()).await.unwrap()
    }

    /// An agent is there and ready; the desk has heard it.
    pub async fn agent(&mut self, desk: &mut Desk, id: i64) {
        self.say(login(id, 0)).await;
        self.say(agent("agent-idle", id, 0, json!({}))).await;
        hears(desk, &[&format!("AgentLoginStateChange a{id} AgentLoggedIn"), &format!("AgentStateChange a{id} Idle")])
            .await;
    }
}

/// Heard when the link to the first platform is lost for good while agent 1001 is on call 900.
pub const LOST_WITH_A_CALL: [&str; 5] = [
    "LinkStatus Down",
    "CallCleared 900 a1001 NearEnd",
    "CallEnd 900",
    "CallCompleted 900",
    "AgentLoginStateChange a1001 AgentLoggedOut",
];

pub async fn event(desk: &mut Desk) -> Value {
    soon("an event", desk.event()).await.expect("the session is there")
}

/// The next events, in short, are these.
#[track_caller]
pub fn hears<'a>(desk: &'a mut Desk, expected: &'a [&'a str]) -> impl Future<Output = Vec<Value>> + 'a {
    let place = std::panic::Location::caller();
    async move {
        let mut events = Vec::new();
        for wanted in expected {
            let event = event(desk).await;
            assert_eq!(short(&event), *wanted, "after {:?}, at {place}", events.iter().map(short).collect::<Vec<_>>());
            events.push(event);
        }
        events
    }
}

/// The answer to a GET, head and all.
pub async fn get(address: std::net::SocketAddr, path: &str) -> String {
    request(address, "GET", path, "").await
}

/// The whole answer to a request with these further header lines.
pub async fn request(address: std::net::SocketAddr, method: &str, path: &str, headers: &str) -> String {
    let ask = async {
        let mut stream = TcpStream::connect(address).await?;
        let request = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.map(|_| answer)
    };
    soon("an answer", ask).await.unwrap()
}

/// The next heartbeat; what comes before is passed over.
pub async fn heartbeat(desk: &mut Desk) {
    let beats = async {
        loop {
            match desk.heard.recv().await {
                Some(Heard::Heartbeat) => break,
                Some(_) => {}
                None => panic!("the callback is gone"),
            }
        }
    };
    soon("a heartbeat", beats).await;
}
