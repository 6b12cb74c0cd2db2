//! Agents' states: every order of a few events, beside a model of what they mean, and every code of the feed's
//! statistics.

use std::collections::BTreeMap;

use cti_bridge::sim::{
    ccas::{cleared, clerical_ended, established, event, of_call},
    messages::{at, short},
};
use serde_json::{Value, json};

use crate::support::{translate, translator};

// ── for a CTIPS application ───────────────────────────────────────────────────────────────────────────────────────────

/// What an independent consumer of these events takes an agent's state to be; none for one who is logged off.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Seen {
    Ready,
    NotReady,
    Clerical,
    LoggedOff,
}

#[test]
fn agent_state_is_reduced_alike_in_any_order_for_ctips() {
    let rejected = |agent: i64| event(16, agent, json!({ "CallID": 900, "Cause": "Agent Logged Off" }));
    let make = |kind: usize, agent: i64| match kind {
        0 => event(3, agent, json!({})),
        1 => event(4, agent, json!({ "ReasonID": -1 })),
        2 => cleared(agent, 900, 1),
        3 => cleared(agent, 900, 0),
        4 => of_call(15, agent, 900),
        5 => rejected(agent),
        _ => event(2, agent, json!({})),
    };
    let mut translator = translator("ccas", "ctips");
    let mut expected = BTreeMap::new();
    let mut told = BTreeMap::new();
    for sequence in 0..7i64.pow(4) {
        let agent = sequence + 1;
        let (mut seen, mut ready) = (None, true);
        for place in 0..4 {
            let kind = (sequence / 7i64.pow(place)) as usize % 7;
            if seen != Some(Seen::LoggedOff) {
                ready = match kind {
                    0 => true,
                    1 => false,
                    _ => ready,
                };
                seen = Some(match kind {
                    2 => Seen::Clerical,
                    5 | 6 => Seen::LoggedOff,
                    _ if ready => Seen::Ready,
                    _ => Seen::NotReady,
                });
            }
            let mut take = |line: &[u8]| {
                let event: Value = serde_json::from_slice(line).unwrap();
                let word = event["AgentState"].as_str().or(event["LoginState"].as_str()).map(str::to_owned);
                told.insert(event["AgentId"].as_i64().unwrap(), word);
            };
            translator.line(&make(kind, agent).to_string(), &mut take).unwrap();
        }
        let word = match seen {
            Some(Seen::Ready) => "Idle",
            Some(Seen::NotReady) => "NotReady",
            Some(Seen::Clerical) => "Wrap",
            _ => "AgentLoggedOut",
        };
        expected.insert(agent, Some(word.to_owned()));
    }
    assert!(told == expected, "{:?}", told.iter().zip(&expected).find(|(told, expected)| told != expected));
}

// ── for a feed's application ──────────────────────────────────────────────────────────────────────────────────────────

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
fn agent_state_is_reduced_alike_in_any_order_for_the_feed() {
    let mut translator = translator("ccas", "event-feed");
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

// ── statistics ────────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn statistics_show_who_was_there_before_and_every_state_code_is_understood() {
    let stats = |id: i64, state: i64, seconds: u64| {
        json!({
            "version": 1, "timestamp": at(seconds), "topic": "contact-center", "message": "daily-agent-stats", "sub-topic": "",
            "agent-id": id, "agent-name": "Jane", "agent-number": "77", "agent-extension": "4001", "state": state,
            "state-start-time": at(seconds),
        })
    };
    let states = [
        (1, "Idle"),
        (2, "PendingActive"),
        (25, "PendingActive"),
        (4, "Wrap"),
        (7, "NotReady"),
        (24, "Reserved"),
        (3, "Active"),
        (5, "Active"),
        (6, "Active"),
        (8, "Active"),
        (9, "Active"),
        (10, "Active"),
        (11, "Active"),
        (21, "Active"),
        (26, "Active"),
        (27, "Active"),
        (30, "Active"),
        (99, "Active"),
    ];
    for (code, state) in states {
        let out: Vec<String> = translate("event-feed", "ctips", &[stats(1001, code, 0)]).iter().map(short).collect();
        assert_eq!(
            out[..2],
            ["AgentLoginStateChange a1001 AgentLoggedIn".into(), format!("AgentStateChange a1001 {state}")],
            "{code}"
        );
    }
    assert_eq!(
        translate("event-feed", "ctips", &[stats(1001, 0, 0)]).len(),
        0,
        "an agent who was never there does not leave"
    );
    let lines = [stats(1001, 1, 0), stats(1001, 1, 1), stats(1001, 7, 2), stats(1001, 0, 3)];
    let shown: Vec<String> = translate("event-feed", "ctips", &lines).iter().map(short).collect();
    assert_eq!(
        shown,
        [
            "AgentLoginStateChange a1001 AgentLoggedIn",
            "AgentStateChange a1001 Idle",
            "AgentStateChange a1001 NotReady",
            "AgentLoginStateChange a1001 AgentLoggedOut",
        ],
    );
}
