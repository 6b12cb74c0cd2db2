//! Agents: who is there, in which state, and how the link's loss ends it.

use std::collections::BTreeMap;

use cti_bridge::sim::{
    ccas::{answered, cleared, clerical_ended, established, event, logon, logons},
    messages::all,
};
use serde_json::{Value, json};

use crate::{LOGONS, all_of, played, shown, stories, translate, translator};

#[test]
fn agents_of_the_snapshot_are_logged_on_with_their_number_station_and_groups() {
    let not_ready = all(&[logon(41), json!({ "VoiceReady": 0 })]);
    let told = translate("ccas", &[logon(40), not_ready, json!({ "type": 35 })]);
    assert_eq!(shown(&told), [&LOGONS[..3], &["agent-release a41"]].concat());
    let login = told.iter().find(|message| message["message"] == "agent-login").unwrap();
    assert_eq!((&login["agent-number"], &login["agent-ext"]), (&json!(140), &json!(4040)));
    assert_eq!(login["groups"], json!([{ "type": 4, "id": 9 }, { "type": 4, "id": 12 }]));
}

#[test]
fn readiness_is_that_of_voice_and_no_other_medium_is_told() {
    played(&stories::readiness_of_each_medium());
}

#[test]
fn a_new_name_of_an_agent_or_group_is_an_update_of_the_entity_told_once() {
    let named = |name: &str| all(&[logon(40), json!({ "Name": name })]);
    let group = |name: &str| json!({ "type": 33, "RecID": 9, "ServiceGroupPurpose": 0, "Name": name });
    let lines = [
        group("Sales"),
        named("Jane Doe"),
        json!({ "type": 35 }),
        named("Jane Smith"),
        group("Service"),
        group("Service"),
        named("Jane Smith"),
    ];
    let told = translate("ccas", &lines);
    let updates = told.iter().filter(|message| message["message"] == "entity-update");
    let updates: Vec<Value> = updates.skip_while(|message| message["update-type"] == "add").cloned().collect();
    assert_eq!(updates.len(), 2, "{updates:?}");
    // Ids in updates are in quotes, as the reference has them.
    let agent = json!({ "agent-id": "40", "agent-number": "140", "agent-name": "Jane Smith" });
    assert_eq!(all(&[updates[0].clone(), agent.clone()]), updates[0]);
    assert_eq!(updates[0]["agents"], json!([all(&[agent, json!({ "agent-id": 40 })])]));
    assert_eq!((&updates[1]["group-id"], &updates[1]["group-name"]), (&json!("9"), &json!("Service")));
    let kinds = updates.iter().map(|update| (&update["update-type"], &update["filter"]));
    assert!(kinds.eq([(&json!("update"), &json!("agent")), (&json!("update"), &json!("group"))]));
}

#[test]
fn why_an_agent_is_not_ready_is_told_when_it_changes_and_once() {
    let not_ready = |reason: i64| event(4, 40, json!({ "ReasonID": reason }));
    let lines = [logon(40), not_ready(7), not_ready(7), not_ready(8), not_ready(8), not_ready(-1), not_ready(-1)];
    let told = translate("ccas", &lines);
    let codes: Vec<&Value> = all_of(&told, "agent-release").map(|message| &message["release-code"]).collect();
    assert_eq!(codes, [7, 8, 0]);
    // During a call nobody is told; the state after it says the reason.
    let on_call = [logons(), answered(900), vec![not_ready(7), not_ready(8), cleared(40, 900, 0)]].concat();
    let told = translate("ccas", &on_call);
    let codes: Vec<&Value> = all_of(&told, "agent-release").map(|message| &message["release-code"]).collect();
    assert_eq!(codes, [8]);
}

#[test]
fn who_is_not_shown_any_more_after_a_lost_link_is_logged_off() {
    for loss in [json!({ "type": 36 }), json!({ "disconnected": true })] {
        let lines = [logons(), answered(900), vec![loss.clone(), loss, logon(40), json!({ "type": 35 })]].concat();
        let told = translate_lossy(&lines);
        // The call is over only if the platform says so, or has been silent about it for too long.
        assert_eq!(told.last().map(String::as_str), Some("agent-logout a41"), "{told:#?}");
    }
}

/// What is told, in short; that the link is lost, and there again, is said beside it.
fn translate_lossy(lines: &[Value]) -> Vec<String> {
    let (mut translator, mut told) = (translator("ccas"), Vec::new());
    for line in lines {
        let mut take = |line: &[u8]| told.push(serde_json::from_slice(line).unwrap());
        translator.line(&line.to_string(), &mut take).unwrap();
    }
    shown(&told)
}

// ── in any order ──────────────────────────────────────────────────────────────────────────────────────────────────────

/// Events of one agent and of one call.
const EVENTS: [fn(i64) -> Value; 8] = [
    |agent| event(3, agent, json!({})),
    |agent| event(4, agent, json!({ "ReasonID": -1 })),
    |agent| cleared(agent, agent, 1),
    |agent| cleared(agent, agent, 0),
    |agent| clerical_ended(agent, agent),
    |agent| event(16, agent, json!({ "CallID": agent, "Cause": "Agent Logged Off" })),
    |agent| event(2, agent, json!({})),
    |agent| established(agent, agent, "5551234"),
];
const LENGTH: u32 = 4;

/// What an independent consumer of these events takes an agent for (field notes, 3); beside it, that a call keeps an agent
/// busy from when it is established until it is cleared, and is neither entered nor left once more after that.
#[derive(Default)]
struct Reduced {
    clerical: bool,
    not_ready: bool,
    on_call: bool,
    call_over: bool,
    logged_off: bool,
}

impl Reduced {
    fn hear(&mut self, event: usize) {
        if self.logged_off {
            return;
        }
        let was_on_call = self.on_call;
        match event {
            0 | 1 => (self.not_ready, self.clerical) = (event == 1, false),
            2 if self.call_over => {}
            2 | 3 => (self.clerical, self.on_call) = (event == 2, false),
            4 => self.clerical = false,
            5 | 6 => self.logged_off = true,
            _ => self.on_call = !self.call_over,
        }
        self.call_over |= was_on_call && !self.on_call;
    }

    fn told(&self) -> &'static str {
        match self {
            Reduced { logged_off: true, .. } => "agent-logout",
            Reduced { on_call: true, .. } => "agent-on-call",
            Reduced { clerical: true, .. } => "agent-wrap",
            Reduced { not_ready: true, .. } => "agent-release",
            _ => "agent-idle",
        }
    }
}

#[test]
fn agent_state_is_reduced_alike_in_any_order() {
    let mut translator = translator("ccas");
    let (mut told, mut expected) = (BTreeMap::new(), BTreeMap::new());
    for sequence in 0..EVENTS.len().pow(LENGTH) {
        let agent = sequence as i64 + 1;
        let mut reduced = Reduced::default();
        let mut logins = 0;
        let events = (0..LENGTH).map(|place| sequence / EVENTS.len().pow(place) % EVENTS.len());
        for kind in events.clone() {
            reduced.hear(kind);
            let mut take = |line: &[u8]| {
                let message: Value = serde_json::from_slice(line).unwrap();
                let name = message["message"].as_str().unwrap();
                if name.starts_with("agent-") {
                    assert_eq!(message["agent-id"], agent);
                    logins += usize::from(name == "agent-login");
                    told.insert(agent, name.to_owned());
                }
            };
            translator.line(&EVENTS[kind](agent).to_string(), &mut take).unwrap();
            let state = told.get(&agent).map(String::as_str);
            assert_eq!(state, Some(reduced.told()), "{:?}", events.collect::<Vec<_>>());
        }
        expected.insert(agent, reduced.told());
        assert!(logins <= 1, "{:?}", events.collect::<Vec<_>>());
    }
    assert!(told.iter().map(|(agent, name)| (*agent, name.as_str())).eq(expected));
}
