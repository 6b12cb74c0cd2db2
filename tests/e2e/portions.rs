//! Much at once, over loopback: a lost link with thousands of calls, large snapshots, entities asked for over and over, and a
//! flood of log-ons. No session that reads is lost, each hears everything once, and the bridge goes on answering.

use std::collections::HashMap;

use cti_bridge::sim::{
    desk::Desk,
    feed::{FeedLine, FeedSim},
    messages::*,
    subscriber::Subscriber,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    task::JoinSet,
};

use crate::world::*;

/// A bridge between a feed and applications of both kinds, whose sessions have queues of 512 messages.
struct Crowd {
    feed: FeedSim,
    line: FeedLine,
    running: cti_bridge::net::Running,
}

impl Crowd {
    async fn start() -> Crowd {
        let feed = FeedSim::start().await.unwrap();
        let running = run(&format!(
            "[admin]\nlisten = '127.0.0.1:0'\n\
             [platform.mitel]\ndialect = 'event-feed'\naddress = '{}'\nuser = 'feed'\npassword = '{PASSWORD}'\n\
             reconnect_min = '10ms'\nlink_grace = '50ms'\n\
             [application.desk]\ndialect = 'ctips'\nlisten = '127.0.0.1:0'\nusers = {{ Test01 = '{USER_PASSWORD}' }}\n\
             platforms = ['mitel']\nqueue = 512\nsessions = 50\n\
             [application.wall]\ndialect = 'event-feed'\nlisten = '127.0.0.1:0'\nusers = {{ wall = '{USER_PASSWORD}' }}\n\
             platforms = ['mitel']\nqueue = 512\nread_only = ['wall']\nconnections = 64\n",
            feed.address
        ))
        .await;
        let line = soon("the bridge's log-on to the feed", feed.welcome(PASSWORD)).await.unwrap();
        Crowd { feed, line, running }
    }

    async fn desk(&self) -> Desk {
        let mut desk = Desk::start(self.running.applications[0]).await.unwrap();
        soon("a session", desk.online("Test01", USER_PASSWORD)).await.unwrap();
        desk
    }

    async fn wall(&self, types: &[(&str, &[&str])]) -> Subscriber {
        let log_on = Subscriber::log_on(self.running.applications[1], "wall", USER_PASSWORD);
        let mut wall = soon("a log-on", log_on).await.unwrap();
        assert_eq!(soon("a reply", wall.subscribe(types)).await.unwrap()["result"], 0);
        wall
    }

    /// Says all of this at once, as fast as it is read.
    async fn say_all(&mut self, messages: impl Iterator<Item = Value>) {
        for message in messages {
            self.line.say(&message).await.unwrap();
        }
    }

    /// The bridge has lost nobody, and answers.
    async fn has_lost_nobody(&self) {
        let metrics = get(self.running.admin.unwrap(), "/metrics").await;
        let lost: Vec<&str> = metrics.lines().filter(|line| line.contains("sessions_lost_total{")).collect();
        assert!(lost.iter().all(|line| line.ends_with(" 0")), "{lost:?}");
    }
}

/// The next event of a desk that satisfies this; how many others of a type came before.
async fn count_until(desk: &mut Desk, ty: &str, last: impl Fn(&Value) -> bool) -> usize {
    let mut count = 0;
    loop {
        let event = event(desk).await;
        count += usize::from(event["EventType"] == ty);
        if last(&event) {
            return count;
        }
    }
}

async fn wall_until(wall: &mut Subscriber, name: &str, most: usize) -> usize {
    let mut count = 0;
    while count < most {
        let message = soon("a message", wall.hear()).await.unwrap();
        count += usize::from(message["message"] == name);
    }
    count
}

fn logins(count: i64) -> impl Iterator<Item = Value> {
    (1001..1001 + count).map(|id| login(id, 0))
}

#[tokio::test]
async fn a_lost_link_with_many_calls_costs_nobody_the_session() {
    const CALLS: i64 = 400;
    let mut crowd = Crowd::start().await;
    let mut desks = Vec::new();
    let mut walls = Vec::new();
    for _ in 0..2 {
        desks.push(crowd.desk().await);
        walls.push(crowd.wall(&[("call-activity", &["*"])]).await);
    }
    let waiting = |number| call("queued", number, 4, json!({ "queued-group-internal-id": 9, "queued-group-type": 4 }));
    let said = crowd.say_all(logins(1).chain((1..=CALLS).map(waiting)));
    let heard = async {
        for wall in &mut walls {
            assert_eq!(wall_until(wall, "queued", CALLS as usize).await, CALLS as usize);
        }
    };
    tokio::join!(said, heard);
    crowd.line.close().await.unwrap();
    for wall in &mut walls {
        wall_until(wall, "call-cleared", CALLS as usize).await;
    }
    for desk in &mut desks {
        let is_last = |event: &Value| event["LoginState"] == "AgentLoggedOut";
        assert_eq!(count_until(desk, "CallCompleted", is_last).await as i64, CALLS);
    }
    crowd.has_lost_nobody().await;
    // Everything goes on.
    crowd.line = soon("another log-on", async {
        // Earlier attempts may have been given up meanwhile.
        loop {
            if let Ok(line) = crowd.feed.welcome(PASSWORD).await {
                return line;
            }
        }
    })
    .await;
    for desk in &mut desks {
        hears(desk, &["LinkStatus Up"]).await;
    }
}

/// The calls whose ends a connection hears, until there are so many: how often each.
async fn ends(wall: Subscriber, count: usize) -> HashMap<u64, usize> {
    let mut stream = BufReader::new(wall.into_stream());
    let (mut ends, mut frame) = (HashMap::new(), Vec::new());
    while ends.len() < count {
        frame.clear();
        assert_ne!(stream.read_until(0, &mut frame).await.unwrap(), 0, "the session was lost");
        let text = std::str::from_utf8(&frame).unwrap();
        if text.contains("\"call-cleared\"") {
            let (_, rest) = text.split_once("\"call-id\":").unwrap();
            let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap();
            *ends.entry(rest[..digits].parse().unwrap()).or_default() += 1;
        }
    }
    ends
}

/// As much as in a large site: more than thirty times what a queue holds, for each of sixty connections.
#[tokio::test]
async fn a_lost_link_with_8300_calls_is_told_to_60_sessions_each_end_once_while_the_bridge_answers() {
    const CALLS: usize = 8300;
    const SESSIONS: usize = 60;
    let mut crowd = Crowd::start().await;
    let all: [(&str, &[&str]); 1] = [("call-activity", &["*"])];
    let mut watch = crowd.wall(&all).await;
    let waiting = |number| call("queued", number, 4, json!({ "queued-group-internal-id": 9, "queued-group-type": 4 }));
    tokio::join!(crowd.say_all((1..=CALLS as i64).map(waiting)), wall_until(&mut watch, "queued", CALLS));
    let mut walls = vec![watch];
    while walls.len() < SESSIONS {
        walls.push(crowd.wall(&all).await);
    }
    crowd.line.close().await.unwrap();
    let mut hearing: JoinSet<_> = walls.into_iter().map(|wall| ends(wall, CALLS)).collect();
    while !hearing.is_empty() {
        tokio::select! {
            ends = hearing.join_next() => {
                let ends = ends.unwrap().unwrap();
                assert!(ends.len() == CALLS && ends.values().all(|count| *count == 1));
            }
            health = soon("an answer", get(crowd.running.admin.unwrap(), "/healthz")) => {
                assert!(health.starts_with("HTTP/1.1 200"), "{health}");
            }
        }
    }
    crowd.has_lost_nobody().await;
}

#[tokio::test]
async fn a_snapshot_longer_than_the_queue_is_told_to_the_end() {
    const AGENTS: i64 = 800;
    let mut crowd = Crowd::start().await;
    let mut wall = crowd.wall(&[("agent-login-logout", &["*"])]).await;
    tokio::join!(crowd.say_all(logins(AGENTS)), wall_until(&mut wall, "agent-login", AGENTS as usize));
    let mut desk = crowd.desk().await;
    desk.ask("Snapshot", &[("EntityType", "AgentInfo")]).await.unwrap();
    let is_last = |event: &Value| event["SnapShotTypeComplete"] == true;
    assert_eq!(count_until(&mut desk, "SnapShotUpdate", is_last).await as i64, AGENTS);
    crowd.has_lost_nobody().await;
}

#[tokio::test]
async fn clients_that_ask_for_entities_over_and_over_stop_nobody() {
    const AGENTS: i64 = 200;
    const ASKED: i64 = 60;
    let mut crowd = Crowd::start().await;
    let mut wall = crowd.wall(&[("agent-login-logout", &["*"])]).await;
    tokio::join!(crowd.say_all(logins(AGENTS)), wall_until(&mut wall, "agent-login", AGENTS as usize));
    let mut walls = Vec::new();
    for _ in 0..5 {
        let mut wall = crowd.wall(&[("agent-activity", &["*"])]).await;
        for _ in 0..ASKED {
            wall.send(json!({ "message": "subscribe-events", "subscribe": [["ecc", "entity", ["agent"]]] }))
                .await
                .unwrap();
        }
        walls.push(wall);
    }
    // Before any of them has read a word, others are answered.
    crowd.has_lost_nobody().await;
    crowd.line.say(&agent("agent-release", 1001, 9, json!({}))).await.unwrap();
    for wall in &mut walls {
        let (mut replies, mut snapshots, mut events) = (0, 0, 0);
        while replies < ASKED || snapshots == 0 || events == 0 {
            let message = soon("a message", wall.hear()).await.unwrap();
            match message["message"].as_str().unwrap() {
                "subscribe-events" => replies += 1,
                "entity-snapshot" => {
                    snapshots += 1;
                    assert_eq!(message["agents"].as_array().unwrap().len() as i64, AGENTS);
                }
                _ => events += 1,
            }
        }
        assert!(snapshots <= ASKED);
    }
    crowd.has_lost_nobody().await;
}

#[tokio::test]
async fn a_flood_of_log_ons_waits_for_sessions_that_all_read() {
    const AGENTS: i64 = 600;
    let mut crowd = Crowd::start().await;
    let mut desks = Vec::new();
    for _ in 0..3 {
        desks.push(crowd.desk().await);
    }
    crowd.say_all(logins(AGENTS)).await;
    for desk in &mut desks {
        let last = AGENTS + 1000;
        let is_last = |event: &Value| event["AgentId"] == last && event["LoginState"] == "AgentLoggedIn";
        assert_eq!(count_until(desk, "AgentLoginStateChange", is_last).await as i64, AGENTS);
    }
    crowd.has_lost_nobody().await;
}
