//! Two platforms, one bridge, two applications, without sockets. Whatever the applications are told and whatever is sent to a
//! platform is checked against what the platforms were made to say: who owns which id is known here, not asked of the bridge.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use cti_bridge::{
    bridge::{Bridge, Output, Owner},
    model::LinkState,
    port,
    sim::messages,
    time::Time,
    wire::soap,
};
use serde_json::{Value, json};

use crate::support::assembly::assemble;

use super::{
    configuration::configuration,
    drive::{Line, take_call},
    stories::{AGENTS, GROUP, caller, ccas_story, feed_story, login_number, station},
};

pub const APPLICATIONS: usize = 2;
pub const DESK: usize = 0;
pub const CRM: usize = 1;
/// How far apart the ids of two platforms' agents and services are.
pub const STEP: i64 = 1_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Feed,
    Ccas,
}

/// A call as its platform knows it.
pub struct Life {
    pub number: i64,
    pub agent: i64,
    pub next: usize,
    /// Applications know of it, and it goes on.
    pub known: bool,
}

pub struct Platform {
    pub kind: Kind,
    pub line: Line,
    pub lives: Vec<Life>,
    pub calls: i64,
    pub sequence: u32,
    pub orders: Vec<Value>,
}

/// Whose doing it is what comes out of the bridge.
#[derive(Debug, Clone, Copy)]
pub enum Cause {
    Platform(usize, Option<i64>),
    /// Several platforms' timers may run out at once.
    Time,
    Asked {
        crossing: bool,
    },
}

/// What an application was told.
#[derive(Default)]
pub struct Told {
    /// Whose a call id is, or was last: platform and the platform's own number.
    pub owners: BTreeMap<i64, (usize, i64)>,
    /// Under which id a live call is known.
    pub ids: BTreeMap<(usize, i64), i64>,
    /// Since the last look: name, call id, agent id, request id.
    pub heard: Vec<(String, i64, i64, i64)>,
}

pub struct Office {
    pub bridge: Bridge,
    pub now: Time,
    pub platforms: [Platform; 2],
    pub told: [Told; APPLICATIONS],
    pub cause: Cause,
    pub requests: i64,
    pub names: BTreeSet<String>,
    pub snapshot: BTreeSet<(&'static str, i64)>,
    pub seen: BTreeSet<String>,
}

impl Office {
    pub fn new(kinds: [Kind; 2]) -> Office {
        let platform = |place: usize| {
            let kind = kinds[place];
            let line = Line::new(place, kind);
            Platform { kind, line, lives: Vec::new(), calls: 0, sequence: 0, orders: Vec::new() }
        };
        let mut office = Office {
            bridge: assemble(&configuration(kinds)),
            now: Time(0),
            platforms: [0, 1].map(platform),
            told: Default::default(),
            cause: Cause::Time,
            requests: 0,
            names: BTreeSet::new(),
            snapshot: BTreeSet::new(),
            seen: BTreeSet::new(),
        };
        office.bridge.expire(office.now);
        office.perform();
        office.open_desk();
        office.open_crm();
        for platform in 0..2 {
            office.bring_back(platform);
        }
        office
    }

    pub fn seen(&self) -> impl Iterator<Item = String> + '_ {
        self.seen.iter().cloned()
    }

    pub fn is_up(&self, platform: usize) -> bool {
        self.bridge.platforms()[platform].model.link() == LinkState::Up
    }

    // ── platforms ─────────────────────────────────────────────────────────────────────────────────────────────────────

    fn say(&mut self, platform: usize, call: Option<i64>, mut message: Value) {
        self.cause = Cause::Platform(platform, call);
        if self.platforms[platform].kind == Kind::Feed {
            message["sequence"] = self.platforms[platform].sequence.into();
            self.platforms[platform].sequence += 1;
        }
        self.platforms[platform].line.say(&mut self.bridge, self.now, &message.to_string());
        self.perform();
    }

    /// The line to a platform is lost: its applications learn which, and nothing happens to the other.
    pub fn lose(&mut self, platform: usize) {
        self.cause = Cause::Platform(platform, None);
        self.told.iter_mut().for_each(|told| told.heard.clear());
        self.platforms[platform].line.close(&mut self.bridge, self.now);
        self.perform();
        // The call's time of grace is over, too.
        self.now = self.now + Duration::from_millis(1);
        self.bridge.expire(self.now);
        self.perform();
        let links = self.told[DESK].heard.iter().filter(|(name, ..)| name == "LinkStatus").count();
        assert_eq!(links, 1, "one platform went");
        assert!(self.told[CRM].heard.iter().all(|(name, ..)| name != "entity-update"), "its entities stay");
        for life in &self.platforms[platform].lives {
            let call = (platform, life.number);
            let id = self.told[DESK].ids.get(&call);
            let ended = |(name, call, ..): &(String, i64, i64, i64)| name == "CallEnd" && Some(call) == id;
            assert!(!life.known || self.told[DESK].heard.iter().any(ended), "{call:?} ends with its link");
        }
        self.platforms[platform].lives.iter_mut().for_each(|life| life.known = false);
        self.platforms[platform].sequence = 0;
        for told in &mut self.told {
            told.ids.retain(|(owner, _), _| *owner != platform);
        }
    }

    /// The platform is there again, and shows its group and its agents.
    pub fn bring_back(&mut self, platform: usize) {
        while self.platforms[platform].line.waits() {
            self.pass(100);
        }
        self.cause = Cause::Platform(platform, None);
        self.platforms[platform].line.open(&mut self.bridge, self.now);
        self.perform();
        let person = |agent: i64| (login_number(platform, agent), format!("Agent {agent} of {platform}"));
        match self.platforms[platform].kind {
            Kind::Feed => {
                let groups = json!([{ "group-id": GROUP, "group-name": format!("Sales {platform}") }]);
                let agents = AGENTS.map(|agent| {
                    let (number, name) = person(agent);
                    json!({ "agent-id": agent, "agent-number": number, "agent-name": name })
                });
                self.say(platform, None, messages::other("entity-snapshot", 0, json!({ "groups": groups })));
                self.say(platform, None, messages::other("entity-snapshot", 0, json!({ "agents": agents })));
                for agent in AGENTS {
                    let login = json!({ "agent-number": person(agent).0, "agent-ext": station(agent),
                        "groups": [{ "type": 4, "id": GROUP }] });
                    self.say(platform, None, messages::agent("agent-login", agent, 0, login));
                    self.say(platform, None, messages::agent("agent-idle", agent, 0, json!({})));
                }
            }
            Kind::Ccas => {
                let group = json!({ "type": 33, "RecID": GROUP, "ServiceGroupPurpose": 0, "Name": format!("Sales {platform}") });
                self.say(platform, None, group);
                for agent in AGENTS {
                    let (number, name) = person(agent);
                    let logon = json!({ "type": 1, "RecID": agent, "Name": name, "LogonID": number,
                        "DN": station(agent), "VoiceReady": 1, "ServiceGroupList": GROUP.to_string() });
                    self.say(platform, None, logon);
                }
                self.say(platform, None, json!({ "type": 35 }));
            }
        }
        assert!(self.is_up(platform));
    }

    /// A call of a platform begins or goes on, by one message.
    pub fn go_on(&mut self, platform: usize, mut random: impl FnMut(usize) -> usize) {
        if !self.is_up(platform) {
            return;
        }
        let place = &mut self.platforms[platform];
        let free: Vec<i64> =
            AGENTS.into_iter().filter(|agent| place.lives.iter().all(|life| life.agent != *agent)).collect();
        if place.lives.is_empty() || (!free.is_empty() && random(3) == 0) {
            // Both platforms count alike: at different paces their numbers overlap.
            place.calls += 1;
            let (number, agent) = (899 + place.calls, free[random(free.len())]);
            place.lives.push(Life { number, agent, next: 0, known: false });
        }
        let turn = random(place.lives.len());
        let life = &mut place.lives[turn];
        let (number, agent, step) = (life.number, life.agent, life.next);
        life.next += 1;
        let (message, last) = match place.kind {
            Kind::Feed => feed_story(platform, number, agent, step),
            Kind::Ccas => ccas_story(number, agent, step, &caller(platform, number)),
        };
        let (starts, answers, over) = match place.kind {
            Kind::Feed => (step <= 2, step == 2, step == 5),
            Kind::Ccas => (step <= 2, step == 2, step == 3),
        };
        life.known = (life.known || starts) && !over;
        if last {
            place.lives.remove(turn);
        }
        self.told.iter_mut().for_each(|told| told.heard.clear());
        self.say(platform, Some(number), message);
        if answers {
            let agent_id = agent + STEP * platform as i64;
            for (application, name) in [(DESK, "CallEstablished"), (CRM, "established")] {
                let told = &self.told[application];
                let id = told.ids[&(platform, number)];
                let wanted = |(heard, call, agent, _): &(String, i64, i64, i64)| {
                    heard == name && *call == id && *agent == agent_id
                };
                assert!(told.heard.iter().any(wanted), "{name} {id} {agent_id}: {:?}", told.heard);
            }
        }
        if over {
            for told in &mut self.told {
                told.ids.remove(&(platform, number));
            }
        }
    }

    /// Time goes on.
    pub fn pass(&mut self, milliseconds: u64) {
        self.cause = Cause::Time;
        self.now = Time(self.now.0 + milliseconds);
        while self.bridge.deadline().is_some_and(|deadline| deadline <= self.now) {
            self.bridge.expire(self.now);
            self.perform();
        }
    }

    // ── what comes out ────────────────────────────────────────────────────────────────────────────────────────────────

    pub fn perform(&mut self) {
        let mut outputs = VecDeque::new();
        loop {
            outputs.extend(std::iter::from_fn(|| self.bridge.poll_all(self.now)));
            let Some(output) = outputs.pop_front() else { break };
            match output {
                Output::Wire { owner, output } => self.carry_out(owner, output),
                Output::Keep { .. } | Output::Drop { .. } => panic!("{output:?}"),
                Output::Notice { .. } | Output::Line(_) => {}
            }
        }
    }

    fn carry_out(&mut self, owner: Owner, output: port::Output) {
        match (owner, output) {
            (Owner::Platform(platform), port::Output::Connect { connection }) => {
                self.platforms[platform].line.wants(connection);
            }
            (Owner::Platform(platform), port::Output::Write { bytes, .. }) => self.sent(platform, &bytes),
            (Owner::Application(DESK), port::Output::Respond { reply, .. }) => {
                assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
            }
            (Owner::Application(DESK), port::Output::Call { .. }) => {}
            (Owner::Application(DESK), port::Output::Deliver { connection, delivery }) => match delivery.token {
                Some(token) => take_call(&mut self.bridge, self.now, connection, token),
                None => {
                    let envelope = soap::parse(&delivery.body, None).unwrap();
                    self.event(&envelope.body.children[0]);
                }
            },
            (Owner::Application(CRM), port::Output::Write { bytes, .. }) => {
                self.message(&serde_json::from_slice(&bytes[..bytes.len() - 1]).unwrap());
            }
            (Owner::Application(CRM), port::Output::WriteEach { message, to }) => {
                for (_, number) in to {
                    let bytes = message.numbered(number);
                    self.message(&serde_json::from_slice(&bytes[..bytes.len() - 1]).unwrap());
                }
            }
            (_, port::Output::Admit { .. }) => {}
            (owner, output) => panic!("{owner:?} {output:?}"),
        }
    }

    /// Something for a platform: pings and the conversation's own are answered, commands are accepted and kept.
    fn sent(&mut self, platform: usize, bytes: &[u8]) {
        let order: Value = serde_json::from_slice(&bytes[..bytes.len() - 1]).unwrap();
        let reply = match self.platforms[platform].kind {
            Kind::Feed => json!({ "version": 1, "topic": "contact-center", "request-id": order["request-id"],
                "message": order["message"], "result": 0 }),
            Kind::Ccas if order["ping"].is_number() => json!({ "pong": order["ping"] }),
            Kind::Ccas => json!({ "id": order["id"], "hresult": 0, "out": {} }),
        };
        let own = order["call"] == "GetPhoneAgentstatus";
        if !own && (order["message"] == "command" || order["call"].is_string()) {
            assert!(matches!(self.cause, Cause::Asked { .. }), "nobody asked for {order}");
            self.platforms[platform].orders.push(order);
        }
        self.platforms[platform].line.say(&mut self.bridge, self.now, &reply.to_string());
    }
}
