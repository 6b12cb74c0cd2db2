//! Statistics of groups' agents, for applications that subscribe to them. For platforms that tell none they come from
//! the picture: at the subscription, and then at most once a second. A feed's own messages pass.

use cti_bridge::{
    sim::{ccas, messages},
    time::Time,
};
use serde_json::{Value, json};

use crate::support::virtual_bridge::{Told, VirtualBridge};

/// A bridge with one connection of a feed application.
struct Wall {
    bridge: VirtualBridge,
    heard: Vec<Value>,
}

impl Wall {
    fn new(platforms: [&str; 2]) -> Wall {
        let mut bridge = VirtualBridge::new(&platforms, &["event-feed"]);
        bridge.open(0, "wall");
        Wall { bridge, heard: Vec::new() }
    }

    fn connect(&mut self, platform: usize) {
        self.bridge.connect(platform);
    }

    fn say(&mut self, platform: usize, message: Value) {
        self.bridge.say(platform, &message.to_string());
    }

    /// Agents 40 and 41 log on to groups 9 and 12 of a CCAS.
    fn office_opens(&mut self, platform: usize) {
        self.connect(platform);
        self.say(platform, json!({ "type": 33, "RecID": 9, "ServiceGroupPurpose": 0, "Name": "Sales" }));
        ccas::logons().into_iter().for_each(|line| self.say(platform, line));
        self.say(platform, json!({ "type": 35 }));
        self.say(platform, json!({ "type": 4, "RecID": 41, "ReasonID": 3 }));
    }

    fn collect(&mut self) {
        self.heard.extend(self.bridge.told().into_iter().filter_map(|told| match told {
            Told::Session { message, .. } => Some(serde_json::from_str::<Value>(&message).unwrap()),
            Told::Over { .. } | Told::Platform { .. } => None,
        }));
    }

    fn ask(&mut self, request: Value) -> Value {
        self.bridge.ask("wall", &request);
        self.collect();
        let replies = |message: &Value| message.get("result").is_some();
        let place = self.heard.iter().position(replies).expect("a reply");
        self.heard.remove(place)
    }

    fn subscribe(&mut self, name: &str, ids: &[&str]) -> Value {
        self.ask(json!({ "message": "subscribe-events", "subscribe": [["ecc", name, ids]] }))
    }

    /// The statistics of groups' agents that are heard within this time.
    fn hear(&mut self, milliseconds: u64) -> Vec<Value> {
        self.bridge.pass_until(Time(self.bridge.now.0 + milliseconds));
        self.collect();
        let heard = std::mem::take(&mut self.heard);
        heard.into_iter().filter(|message| message["message"] == "group-agent-stats").collect()
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
    let mut wall = Wall::new(["ccas", "ccas"]);
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
    let mut wall = Wall::new(["ccas", "ccas"]);
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
    let mut wall = Wall::new(["ccas", "ccas"]);
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
    let mut wall = Wall::new(["event-feed", "ccas"]);
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
    let mut wall = Wall::new(["ccas", "ccas"]);
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
    wall.collect();
    wall.heard.clear();
    wall.subscribe("group-agent-stats", &["*"]);
    let first = wall.hear(0);
    assert!((1..40).contains(&first.len()), "{}", first.len());
    assert_eq!(first.len() + wall.hear(1_000).len(), 40);
}
