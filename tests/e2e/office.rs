//! A bridge between a CCAS, which tests play as a relay beside it, and two applications.

use cti_bridge::sim::{ccas::logons, relay::Relay, subscriber::Subscriber};
use serde_json::{Value, json};

use crate::world::{USER_PASSWORD, run, soon};

pub const TOKEN: &str = "relay-token-42";

/// A bridge between a CCAS and two applications, one written for an event feed, one for CTIPS.
pub struct Office {
    pub relay: Relay,
    pub running: cti_bridge::net::Running,
}

impl Office {
    pub async fn start() -> Office {
        Office::with("").await
    }

    /// `platform`: more settings of the platform.
    pub async fn with(platform: &str) -> Office {
        let text = format!(
            "[platform.micc]\ndialect = 'ccas'\nlisten = '127.0.0.1:0'\ntoken = '{TOKEN}'\n{platform}\n\
             pins = {{ 140 = '1400', 150 = '1500' }}\n\
             [application.crm]\ndialect = 'event-feed'\nlisten = '127.0.0.1:0'\nusers = {{ crm = '{USER_PASSWORD}' }}\n\
             platforms = ['micc']\n\
             [application.desk]\ndialect = 'ctips'\nlisten = '127.0.0.1:0'\nusers = {{ Test01 = '{USER_PASSWORD}' }}\n\
             platforms = ['micc']\n"
        );
        let running = run(&text).await;
        let relay = Relay::greet(running.platforms[0].unwrap(), TOKEN).await.unwrap();
        let mut office = Office { relay, running };
        office.snapshot().await;
        office
    }

    /// What CCAS tells when it is connected: two agents of one group.
    pub async fn snapshot(&mut self) {
        self.say(json!({ "type": 33, "RecID": 9, "ServiceGroupPurpose": 0, "Name": "Sales" })).await;
        for logon in logons() {
            self.say(logon).await;
        }
        self.say(json!({ "type": 35 })).await;
    }

    pub async fn say(&mut self, line: Value) {
        self.relay.say(&line).await.unwrap();
    }

    /// An application of the feed's, subscribed to everything about agents and calls; it has heard who is there.
    pub async fn crm(&self) -> Subscriber {
        let log_on = Subscriber::log_on(self.running.applications[0], "crm", USER_PASSWORD);
        let mut crm = soon("a log-on", log_on).await.unwrap();
        // The snapshot may still be on its way: until both agents are in it.
        loop {
            soon("a reply", crm.subscribe(&[("entity", &["agent"])])).await.unwrap();
            let snapshot = soon("a snapshot", crm.hear()).await.unwrap();
            if snapshot["agents"].as_array().is_some_and(|agents| agents.len() == 2) {
                break;
            }
            tokio::task::yield_now().await;
        }
        let subscribed = crm.subscribe(&[("agent-activity", &["*"]), ("call-activity", &["*"])]);
        assert_eq!(soon("a reply", subscribed).await.unwrap()["result"], 0);
        crm
    }
}

/// The messages that come next, those about entities left out.
pub async fn hear(crm: &mut Subscriber, expected: &[&str]) -> Vec<Value> {
    let mut heard: Vec<Value> = Vec::new();
    while heard.len() < expected.len() {
        let message = soon("a message", crm.hear()).await.unwrap();
        if !message["message"].as_str().unwrap().starts_with("entity") {
            heard.push(message);
        }
    }
    let words: Vec<_> = heard.iter().map(|message| message["message"].as_str().unwrap()).collect();
    assert_eq!(words, expected);
    heard
}
