//! Statistics of groups' agents, for applications that subscribe to them. For platforms that tell none they come from
//! the picture: at the subscription, and then at most once a second. A feed's own messages pass.

use cti_bridge::{
    bridge::{Bridge, Output, Owner},
    dialect::event_feed::digest,
    port,
    sim::{ccas, messages},
    time::Time,
};
use serde_json::{Value, json};

use crate::{
    assembly::{CRM_PASSWORD, assemble},
    drive::{Line, connect_crm, crm_says},
    office::{CRM, Kind},
};

/// A bridge with one connection of a feed application.
struct Wall {
    bridge: Bridge,
    now: Time,
    kinds: [Kind; 2],
    lines: [Line; 2],
    sequences: [u32; 2],
    heard: Vec<Value>,
}

impl Wall {
    fn new(kinds: [Kind; 2]) -> Wall {
        let lines = [0, 1].map(|platform| Line::new(platform, kinds[platform]));
        let mut wall =
            Wall { bridge: assemble(kinds), now: Time(0), kinds, lines, sequences: [0; 2], heard: Vec::new() };
        wall.bridge.expire(wall.now);
        wall.perform();
        connect_crm(&mut wall.bridge, wall.now);
        wall.ask(json!({ "message": "authenticate", "user": "crm", "password": digest(CRM_PASSWORD) }));
        wall
    }

    fn connect(&mut self, platform: usize) {
        self.lines[platform].open(&mut self.bridge, self.now);
        self.perform();
    }

    fn say(&mut self, platform: usize, mut message: Value) {
        if self.kinds[platform] == Kind::Feed {
            message["sequence"] = self.sequences[platform].into();
            self.sequences[platform] += 1;
        }
        self.lines[platform].say(&mut self.bridge, self.now, &message.to_string());
        self.perform();
    }

    /// Agents 40 and 41 log on to groups 9 and 12 of a CCAS.
    fn office_opens(&mut self, platform: usize) {
        self.connect(platform);
        self.say(platform, json!({ "type": 33, "RecID": 9, "ServiceGroupPurpose": 0, "Name": "Sales" }));
        ccas::logons().into_iter().for_each(|line| self.say(platform, line));
        self.say(platform, json!({ "type": 35 }));
        self.say(platform, json!({ "type": 4, "RecID": 41, "ReasonID": 3 }));
    }

    fn ask(&mut self, mut request: Value) -> Value {
        request["request-id"] = 1.into();
        crm_says(&mut self.bridge, self.now, &request.to_string());
        self.perform();
        let replies = |message: &Value| message.get("result").is_some();
        let place = self.heard.iter().position(replies).expect("a reply");
        self.heard.remove(place)
    }

    fn subscribe(&mut self, name: &str, ids: &[&str]) -> Value {
        self.ask(json!({ "message": "subscribe-events", "subscribe": [["ecc", name, ids]] }))
    }

    /// The statistics of groups' agents that are heard within this time.
    fn hear(&mut self, milliseconds: u64) -> Vec<Value> {
        let end = self.now.0 + milliseconds;
        while let Some(deadline) = self.bridge.deadline().filter(|deadline| deadline.0 <= end) {
            self.now = self.now.max(deadline);
            self.bridge.expire(self.now);
            self.perform();
        }
        self.now = Time(end);
        let heard = std::mem::take(&mut self.heard);
        heard.into_iter().filter(|message| message["message"] == "group-agent-stats").collect()
    }

    fn perform(&mut self) {
        while let Some(output) = self.bridge.poll() {
            let Output::Wire { owner, output } = output else { continue };
            match (owner, output) {
                (Owner::Application(CRM), port::Output::Write { bytes, .. }) => {
                    self.heard.push(serde_json::from_slice(&bytes[..bytes.len() - 1]).unwrap());
                }
                (Owner::Platform(platform), port::Output::Connect { connection }) => {
                    self.lines[platform].wants(connection);
                }
                (Owner::Platform(platform), port::Output::Write { bytes, .. }) => {
                    let order: Value = serde_json::from_slice(&bytes[..bytes.len() - 1]).unwrap();
                    let reply = match self.kinds[platform] {
                        Kind::Feed => {
                            let (id, message) = (&order["request-id"], &order["message"]);
                            json!({ "request-id": id, "message": message, "result": 0 })
                        }
                        Kind::Ccas => json!({ "pong": order["ping"] }),
                    };
                    self.lines[platform].say(&mut self.bridge, self.now, &reply.to_string());
                }
                _ => {}
            }
        }
    }
}

/// The group, and the id and state of each of its agents.
fn states(heard: &[Value]) -> Vec<String> {
    let group = |message: &Value| {
        let agents = message["agents"].as_array().unwrap().iter();
        let agents = agents.map(|agent| format!(" {}:{}", agent["agent-id"], agent["agent-state"].as_str().unwrap()));
        format!("{}{}", message["group-id"], agents.collect::<String>())
    };
    heard.iter().map(group).collect()
}

#[test]
fn who_comes_late_learns_who_is_there_and_in_which_state() {
    let mut wall = Wall::new([Kind::Ccas, Kind::Ccas]);
    wall.office_opens(0);
    wall.hear(60_000);
    wall.say(
        0,
        json!({ "type": 24, "RecID": 40, "CallID": 900, "ServiceGroupID": 9, "CallingPartyNumber": "5551234",
        "CalledNumber": "800", "CallType": 0, "TimeInQueue": 30 }),
    );
    wall.say(0, ccas::delivered(40, 900, "5551234"));
    wall.say(0, ccas::established(40, 900, "5551234"));
    wall.hear(5_000);
    assert_eq!(wall.subscribe("group-agent-stats", &["*"])["result"], 0);
    let heard = wall.hear(0);
    assert_eq!(
        states(&heard),
        ["9 40:3 41:7", "12 40:21 41:7"],
        "on an ACD call, which is another group's for the second"
    );
    let sales = &heard[0];
    let began = sales["timestamp"].as_str().unwrap();
    assert_eq!((&sales["sub-topic"], &sales["group-name"]), (&json!("group-agent-stats"), &json!("Sales")));
    assert!(sales.get("agent-queue-id").is_none());
    let ann = &sales["agents"][0];
    assert_eq!((ann["agent-number"].as_str(), ann["agent-ext"].as_str()), (Some("140"), Some("4040")));
    assert_eq!((ann["ani"].as_str(), ann["dnis"].as_str()), (Some("5551234"), Some("800")));
    assert_eq!((ann["acd-calls"].as_str(), ann["held"].as_str()), (Some("1"), Some("0")));
    let since = ann["state-start-time"].as_str().unwrap();
    assert!(since.len() == began.len() && since < began, "{since} {began}");
    assert_eq!(sales["agents"][1]["release-code"], 3);
    assert_eq!(wall.hear(10_000), [Value::Null; 0], "nothing happened");
}

#[test]
fn a_group_is_told_at_most_once_a_second_and_only_what_is_new() {
    let mut wall = Wall::new([Kind::Ccas, Kind::Ccas]);
    wall.office_opens(0);
    wall.subscribe("group-agent-stats", &["9"]);
    assert_eq!(wall.hear(2_000).len(), 1);
    let mut told = Vec::new();
    for number in 0..40 {
        wall.say(0, json!({ "type": 3 + number % 2, "RecID": 40, "ReasonID": 1 }));
        told.extend(wall.hear(100));
    }
    assert!((3..=5).contains(&told.len()), "{:?}", states(&told));
    let last = wall.hear(2_000);
    assert_eq!(last.len(), 1, "{:?}", states(&last));
    assert_eq!(states(&last), ["9 40:7 41:7"]);
    wall.say(0, json!({ "type": 2, "RecID": 41 }));
    assert_eq!(states(&wall.hear(2_000)), ["9 40:7"], "who logged off is missing");
    let reply =
        wall.ask(json!({ "message": "unsubscribe-events", "subscribe": [["ecc", "group-agent-stats", ["9"]]] }));
    assert_eq!(reply["result"], 0);
    wall.say(0, json!({ "type": 3, "RecID": 40 }));
    assert_eq!(wall.hear(2_000), [Value::Null; 0]);
}

#[test]
fn a_group_subscribed_to_before_it_was_there_is_told_of_once_it_is() {
    let mut wall = Wall::new([Kind::Ccas, Kind::Ccas]);
    assert_eq!(wall.subscribe("group-agent-stats", &["9"])["result"], 0);
    assert_eq!(wall.subscribe("agent-status", &["41"])["result"], 0);
    assert_eq!(wall.hear(1_000), [Value::Null; 0]);
    wall.office_opens(0);
    let heard = wall.hear(3_000);
    assert_eq!(states(&heard).last().map(String::as_str), Some("9 40:1 41:7"));
    wall.connect(1);
    wall.say(1, json!({ "type": 35 }));
    // Both have said that this was everything: no time need pass.
    assert_eq!(wall.subscribe("group-agent-stats", &["77"])["error-msg"], "group-agent-stats 77: unknown");
    assert_eq!(wall.subscribe("daily-agent-stats", &["*"])["result"], -1, "nobody knows the day's totals");
}

#[test]
fn each_platforms_groups_are_told_by_itself() {
    let mut wall = Wall::new([Kind::Feed, Kind::Ccas]);
    wall.connect(0);
    wall.say(0, messages::login(1001, 0));
    wall.office_opens(1);
    wall.subscribe("group-agent-stats", &["*"]);
    assert_eq!(states(&wall.hear(2_000)), ["1000009 1000040:1 1000041:7", "1000012 1000040:1 1000041:7"]);
    let own = json!({ "group-id": 9, "of-later": true, "agents": [{ "agent-id": 1001, "agent-state": "5" }] });
    wall.say(0, messages::other("group-agent-stats", 1, own.clone()));
    let heard = wall.hear(2_000);
    assert_eq!((heard.len(), &heard[0]["agents"], &heard[0]["of-later"]), (1, &own["agents"], &json!(true)));
    wall.say(1, json!({ "type": 3, "RecID": 41 }));
    assert_eq!(states(&wall.hear(2_000)), ["1000009 1000040:1 1000041:1", "1000012 1000040:1 1000041:1"]);
}

/// Ten thousand agents are told in portions, so that other connections hear the next events in between.
#[test]
fn many_agents_are_told_in_portions() {
    let mut wall = Wall::new([Kind::Ccas, Kind::Ccas]);
    wall.connect(0);
    for agent in 1..=2000 {
        let group = (agent % 40 + 1).to_string();
        wall.say(
            0,
            json!({ "type": 1, "RecID": agent, "LogonID": agent.to_string(), "DN": agent.to_string(), "VoiceReady": 1,
            "ServiceGroupList": group }),
        );
    }
    wall.say(0, json!({ "type": 35 }));
    wall.heard.clear();
    wall.subscribe("group-agent-stats", &["*"]);
    let first = wall.hear(0);
    assert!((1..40).contains(&first.len()), "{}", first.len());
    assert_eq!(first.len() + wall.hear(1_000).len(), 40);
}
