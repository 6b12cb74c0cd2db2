//! Agents' desktops, each on a connection of its own, behind a CTIPS application and one of an event feed: calls that several
//! desktops show, transfers, and desktops that go away and come back.

use std::time::Duration;

use cti_bridge::sim::messages::short;
use serde_json::{Value, json};

use crate::support::virtual_bridge::{Told, VirtualBridge};

struct Office {
    bridge: VirtualBridge,
    ann: u32,
    bob: u32,
}

impl Office {
    fn new() -> Office {
        let mut bridge = VirtualBridge::new(&["agent"], &["event-feed", "ctips"]);
        bridge.open(0, "desk");
        bridge.open(1, "wall");
        bridge.ask(
            "wall",
            &json!({ "message": "subscribe-events",
            "subscribe": [["ecc", "call-activity", ["*"]], ["ecc", "agent-activity", ["*"]]] }),
        );
        bridge.told();
        let ann = bridge.desktop(0, "tk-desk-140");
        let bob = bridge.desktop(0, "tk-desk-141");
        let mut office = Office { bridge, ann, bob };
        office.shows(office.ann, 40, true);
        office.shows(office.bob, 41, true);
        office.closes_picture(office.ann);
        office.closes_picture(office.bob);
        let heard = office.heard("desk");
        assert_eq!(
            heard,
            [
                "AgentLoginStateChange a40 AgentLoggedIn",
                "AgentStateChange a40 Idle",
                "AgentLoginStateChange a41 AgentLoggedIn",
                "AgentStateChange a41 Idle"
            ]
        );
        office
    }

    fn say(&mut self, desktop: u32, event: Value) {
        self.bridge.turn_to(0, desktop);
        self.bridge.say(0, &event.to_string());
    }

    /// The user information of a desktop, as a relay tells it after the hello.
    fn shows(&mut self, desktop: u32, record: i64, ready: bool) {
        self.say(
            desktop,
            json!({ "type": "UserInformation", "UserInformation": { "RecordID": record,
            "LoginID": format!("1{record}"), "ExtensionNumber": format!("40{record}"), "LoggedOn": 1,
            "ReadyStatus": ready } }),
        );
    }

    fn closes_picture(&mut self, desktop: u32) {
        self.say(desktop, json!({ "type": "UserInformation" }));
    }

    fn call(&mut self, desktop: u32, id: i64, state: i64, more: Value) {
        let mut call = json!({ "ID": id, "State": state });
        call.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.say(desktop, json!({ "type": "OnCallEvent", "Call": call }));
    }

    /// Ann talks to a customer of a group.
    fn talks(&mut self) {
        let more = || {
            json!({ "Incoming": true, "PhoneNumber": "5551234", "CalledNumber": "800",
                "CallInfo": { "GroupName": "Sales", "QueueDuration": 5 } })
        };
        self.call(self.ann, 900, 3, more());
        self.call(self.ann, 900, 6, more());
        self.heard("desk");
    }

    fn lose(&mut self, desktop: u32) {
        self.bridge.turn_to(0, desktop);
        self.bridge.lose(0);
    }

    fn wait(&mut self, millis: u64) {
        let until = self.bridge.now + Duration::from_millis(millis);
        self.bridge.pass_until(until);
    }

    /// What a session heard since the last time, in short.
    fn heard(&mut self, session: &str) -> Vec<String> {
        let told = self.bridge.told().into_iter().filter_map(|told| match told {
            Told::Session { name, message } if name == session => {
                let event: Value = serde_json::from_str(&message).unwrap();
                Some(event["message"].as_str().map_or_else(|| short(&event), str::to_owned))
            }
            _ => None,
        });
        told.filter(|event| !event.starts_with("entity")).collect()
    }

    /// The methods that desktops were asked to call.
    fn asked(&mut self) -> Vec<Value> {
        let told = self.bridge.told().into_iter();
        told.filter_map(|told| if let Told::Platform { order, .. } = told { Some(order) } else { None }).collect()
    }
}

#[test]
fn a_call_that_two_desktops_show_is_one_and_its_transfer_is_told() {
    let mut office = Office::new();
    office.talks();
    let (ann, bob) = (office.ann, office.bob);
    office.call(ann, 900, 8, json!({}));
    office.call(ann, 901, 2, json!({ "Incoming": false, "PhoneNumber": "4041", "Type": 3 }));
    office.call(bob, 901, 3, json!({ "Incoming": true, "PhoneNumber": "4040", "Type": 3 }));
    office.call(bob, 901, 6, json!({ "Incoming": true, "PhoneNumber": "4040", "Type": 3 }));
    office.call(ann, 901, 6, json!({ "Incoming": false, "PhoneNumber": "4041", "Type": 3 }));
    let heard = office.heard("desk");
    assert_eq!(heard.iter().filter(|event| event.starts_with("CallStarted")).count(), 1, "{heard:?}");
    assert!(heard.contains(&"CallHeld 900 a40".to_owned()), "{heard:?}");
    office.call(ann, 900, 11, json!({}));
    office.say(ann, json!({ "type": "Gone", "CallID": 901 }));
    assert_eq!(office.heard("desk"), [""; 0], "whether it is a transfer is not known yet");
    let consulted =
        || json!({ "Incoming": true, "PhoneNumber": "5551234", "ConsultingCallInfo": { "GroupName": "Sales" } });
    office.call(bob, 901, 6, consulted());
    let heard = office.heard("desk");
    assert!(heard[0].starts_with("CallTransferred"), "{heard:?}");
    assert!(heard.contains(&"CallEnd 900".to_owned()), "the held call is part of the other one: {heard:?}");
    assert!(!heard.contains(&"CallEnd 901".to_owned()), "{heard:?}");
    office.wait(5000);
    office.call(bob, 901, 11, consulted());
    office.say(bob, json!({ "type": "Gone", "CallID": 901 }));
    let heard = office.heard("desk");
    assert_eq!(heard.iter().filter(|event| event.starts_with("CallEnd ")).count(), 1, "{heard:?}");
    for desktop in [ann, bob] {
        office.say(desktop, json!({ "pong": 1 }));
    }
    office.wait(120_000);
    let heard = office.heard("desk");
    assert!(!heard.iter().any(|event| event.starts_with("CallEnd ") || event.contains("LoggedOut")), "{heard:?}");
}

#[test]
fn a_desktop_that_is_cut_and_back_tells_only_what_is_new() {
    let mut office = Office::new();
    office.talks();
    let ann = office.ann;
    office.lose(ann);
    office.wait(20_000);
    assert_eq!(office.heard("desk"), [""; 0]);
    office.ann = office.bridge.desktop(0, "tk-desk-140");
    let again = office.ann;
    office.shows(again, 40, true);
    office.call(again, 900, 6, json!({ "PhoneNumber": "5551234" }));
    office.closes_picture(again);
    assert_eq!(office.heard("desk"), [""; 0], "nothing has changed");
    // Cut again: meanwhile the call ends, and the agent is not ready any more.
    office.lose(again);
    office.wait(29_000);
    office.ann = office.bridge.desktop(0, "tk-desk-140");
    let again = office.ann;
    office.shows(again, 40, false);
    office.closes_picture(again);
    let heard = office.heard("desk");
    let ended = ["CallCleared 900 a40", "CallEnd 900", "CallCompleted 900"];
    for event in ended {
        assert_eq!(heard.iter().filter(|told| told.starts_with(event)).count(), 1, "{heard:?}");
    }
    assert!(heard.last().unwrap().starts_with("AgentStateChange a40 NotReady"), "{heard:?}");
    assert!(!heard.iter().any(|event| event.contains("LinkStatus") || event.contains("LoggedOut")), "{heard:?}");
}

#[test]
fn a_desktop_that_stays_away_ends_its_own_calls_alone() {
    let mut office = Office::new();
    office.talks();
    let (ann, bob) = (office.ann, office.bob);
    office.call(bob, 950, 6, json!({ "Incoming": true, "PhoneNumber": "5559999" }));
    office.heard("desk");
    office.lose(ann);
    office.wait(29_999);
    assert_eq!(office.heard("desk"), [""; 0]);
    office.wait(2);
    let heard = office.heard("desk");
    assert_eq!(heard.last().unwrap(), "AgentLoginStateChange a40 AgentLoggedOut", "{heard:?}");
    assert!(heard.contains(&"CallEnd 900".to_owned()), "{heard:?}");
    assert!(
        !heard.iter().any(|event| event.contains("950") || event.contains("a41") || event.contains("Link")),
        "{heard:?}"
    );
    // What is asked of it fails at once, and of the other one it does not.
    office.bridge.ask("desk", &json!({ "HoldCall": { "AgentIdx": 41, "CallId": 950, "RequestId": 7 } }));
    let asked = office.asked();
    assert_eq!((asked[0]["call"].as_str(), &asked[0]["args"]), (Some("HoldActiveCall"), &json!({ "CallID": 950 })));
}

#[test]
fn what_a_desktop_refuses_fails_with_its_reason() {
    let mut office = Office::new();
    office.talks();
    let ann = office.ann;
    office.bridge.ask(
        "wall",
        &json!({ "message": "command", "sub-request-type": "release", "agent-id": 40,
        "release-code": 7, "request-id": 5 }),
    );
    let asked = office.asked();
    assert_eq!(
        asked[0],
        json!({ "id": 1, "agent": 40, "call": "SetReadyStatus",
        "args": { "Status": false, "ReasonID": 7 } })
    );
    office.say(ann, json!({ "id": 1, "hresult": 0, "out": { "Result": false }, "error": "not while on a call" }));
    let told = office.bridge.told();
    let reply = told.iter().find_map(|told| match told {
        Told::Session { name, message } if name == "wall" => Some(message),
        _ => None,
    });
    assert!(reply.is_some_and(|reply| reply.contains("not while on a call")), "{reply:?}");
}

#[test]
fn a_program_in_front_of_desktops_need_not_name_its_agent() {
    let Front { mut bridge, .. } = Front::new();
    bridge.ask("140-page", &json!({ "id": 1, "call": "SetReadyStatus", "args": { "Status": false, "ReasonID": 3 } }));
    let orders = bridge.told().into_iter().filter_map(|told| match told {
        Told::Platform { order, .. } => Some(order),
        Told::Session { .. } | Told::Over { .. } => None,
    });
    let orders: Vec<Value> = orders.collect();
    let args = json!({ "Status": false, "ReasonID": 3 });
    assert_eq!(orders, [json!({ "id": 1, "agent": 40, "call": "SetReadyStatus", "args": args })]);
}

/// A page in front of desktops.
struct Front {
    bridge: VirtualBridge,
    asked: i64,
}

impl Front {
    fn new() -> Front {
        let mut bridge = VirtualBridge::new(&["agent"], &["agent"]);
        let ann = bridge.desktop(0, "tk-desk-140");
        bridge.turn_to(0, ann);
        let user =
            json!({ "RecordID": 40, "LoginID": "140", "ExtensionNumber": "4040", "LoggedOn": 1, "ReadyStatus": true });
        bridge.say(0, &json!({ "type": "UserInformation", "UserInformation": user }).to_string());
        bridge.say(0, &json!({ "type": "UserInformation" }).to_string());
        bridge.open(0, "140-page");
        bridge.told();
        Front { bridge, asked: 0 }
    }

    /// What the page hears when the desktop says this.
    fn hears(&mut self, event: &Value) -> Vec<Value> {
        self.bridge.say(0, &event.to_string());
        self.frames()
    }

    fn frames(&mut self) -> Vec<Value> {
        let told = self.bridge.told().into_iter();
        let frames = told.filter_map(|told| match told {
            Told::Session { message, .. } => serde_json::from_str(&message).ok(),
            Told::Platform { .. } | Told::Over { .. } => None,
        });
        frames.collect()
    }

    /// The calls that desktops are asked for when the page makes this one.
    fn asks(&mut self, method: &str, args: Value) -> Vec<Value> {
        self.asked += 1;
        self.bridge.ask("140-page", &json!({ "id": self.asked, "call": method, "args": args }));
        let told = self.bridge.told().into_iter();
        told.filter_map(|told| match told {
            Told::Platform { order, .. } => Some(order),
            Told::Session { .. } | Told::Over { .. } => None,
        })
        .collect()
    }

    fn result(&mut self, method: &str) -> Value {
        self.asked += 1;
        self.bridge.ask("140-page", &json!({ "id": self.asked, "call": method, "args": {} }));
        let frames = self.frames();
        frames.iter().find(|frame| frame["id"] == self.asked).unwrap()["out"].clone()
    }
}

#[test]
fn sessions_of_every_medium_reach_programs_in_front_of_desktops() {
    let mut front = Front::new();
    for (record, method, list, session) in [
        ("Email", "GetEmails", "Emails", json!({ "ID": 5, "State": 102, "GroupName": "Mail" })),
        ("SMS", "GetSMS", "SMS", json!({ "ID": 6, "State": 102, "GroupName": "SMS" })),
        (
            "OpenMedia",
            "GetOpenMedia",
            "OpenMedia",
            json!({ "ID": 7, "State": 6, "CallInfo": { "GroupName": "Cases" } }),
        ),
        ("Chat", "GetChats", "Chats", json!({ "ID": 8, "State": 6, "GroupName": "Web", "CustomerName": "Doe" })),
    ] {
        let event = format!("On{record}Event");
        let heard = front.hears(&json!({ "type": event, (record): session }));
        assert_eq!((&heard[0]["type"], &heard[0]["agent"]), (&json!(event), &json!(40)), "{heard:?}");
        assert_eq!(heard[0][record]["State"], session["State"]);
        let id = &session["ID"];
        assert_eq!(&heard[0][record]["ID"], id, "it stays as it is");
        assert_eq!(front.result(method)[list].as_array().map(Vec::len), Some(1), "{method}");
    }
    let heard = front.hears(&json!({ "type": "Gone", "SessionID": 8 }));
    assert_eq!((&heard[0]["type"], &heard[0]["Chat"]["State"]), (&json!("OnChatEvent"), &json!(1)), "{heard:?}");
    assert_eq!(front.result("GetChats"), json!({ "Chats": [] }));
    assert_eq!(front.result("GetOpenMedia")["OpenMedia"].as_array().map(Vec::len), Some(1));
}

#[test]
fn an_e_mail_keeps_its_number_unless_a_call_has_the_same_one() {
    let mut front = Front::new();
    let handles = |id: i64| json!({ "type": "OnEmailEvent", "Email": { "ID": id, "State": 102, "GroupName": "Mail" } });
    assert_eq!(front.hears(&handles(5))[0]["Email"]["ID"], 5);
    let call = json!({ "ID": 6, "State": 6, "CallInfo": { "GroupName": "Sales" } });
    assert_eq!(front.hears(&json!({ "type": "OnCallEvent", "Call": call }))[0]["Call"]["ID"], 6);
    assert_eq!(front.hears(&handles(6))[0]["Email"]["ID"], 1_900_000_001);
    // Requests name it by the desktop's own number, shown or not.
    for (named, own) in [(5, 5), (1_900_000_001, 6), (77, 77)] {
        let orders = front.asks("RetrieveDispatchEmail", json!({ "CallID": named }));
        assert_eq!(orders[0]["args"], json!({ "CallID": own }), "{orders:?}");
    }
    let heard = front.hears(&json!({ "type": "Gone", "MessageID": 6 }));
    assert_eq!(
        (&heard[0]["type"], &heard[0]["Email"]["ID"]),
        (&json!("OnEmailEvent"), &json!(1_900_000_001)),
        "{heard:?}"
    );
    assert_eq!(front.result("GetCalls")["Calls"].as_array().map(Vec::len), Some(1), "the call goes on");
}

#[test]
fn a_program_in_front_of_desktops_is_registered() {
    let mut front = Front::new();
    assert_eq!(front.result("IsRegistered"), json!({ "Result": true }));
    front.hears(&json!({ "type": "OnRegistrationStatus", "Registered": false }));
    assert_eq!(front.result("IsRegistered"), json!({ "Result": false }));
}

#[test]
fn properties_that_nobody_knows_reach_programs_in_front_of_desktops() {
    let mut front = Front::new();
    for (id, event) in [(900, "OnCallEvent"), (8, "OnChatEvent")] {
        let record = &event[2..event.len() - 5];
        let said = json!({ "ID": id, "State": 6, "Sentiment": { "Score": 3 }, "CallInfo": { "GroupName": "Sales", "Skill": "gold" } });
        let heard = front.hears(&json!({ "type": event, "Trace": { "Id": "a-1" }, "AT": 1, (record): said }));
        let told = &heard[0][record];
        assert_eq!((&heard[0]["Trace"], heard[0].get("AT")), (&json!({ "Id": "a-1" }), None), "{heard:?}");
        assert_eq!((&told["Sentiment"], &told["State"]), (&json!({ "Score": 3 }), &json!(6)), "{heard:?}");
        if event == "OnCallEvent" {
            assert_eq!((&told["CallInfo"]["Skill"], &heard[0]["agent"]), (&json!("gold"), &json!(40)), "{heard:?}");
        }
    }
}
