//! An Open Media Service with its router, without a socket: requests in, answers out, on the caller's clock.

use std::sync::Arc;

use hashbrown::HashMap;
use serde_json::Value;

use super::router::{Agent, Group, Router, State};
use crate::{
    diagnostic::{Problems, Source},
    dialect::open_media::{Server, ServerSettings},
    message::Message,
    port::{ApplicationConversation as _, ApplicationOutput, Guest as _, HttpRequest, Output, Reply},
    shipped::Files,
    time::Time,
    vocabulary::{self, Vocabulary, Wanted},
};

/// A request of a client that changed something.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    pub operation: String,
    /// The number of the added request, or the number that the request named, or 0.
    pub id: i64,
    /// The members of the request.
    pub given: Value,
}

/// The fate of a request that gets no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mishap {
    Done,
    NotDone,
}

#[derive(Debug)]
pub struct Office {
    pub server: Server,
    pub router: Router,
    vocabulary: Arc<Vocabulary>,
    epoch: u64,
    next_token: u64,
    /// Requests that were received and not yet read, without queries.
    pub heard: std::collections::VecDeque<Heard>,
    /// The number of requests of each operation.
    pub counts: HashMap<String, usize>,
    /// The fate of the next request of an operation.
    pub mishaps: Vec<(String, Mishap)>,
}

/// The users, groups and agents of an office.
#[derive(Debug, Clone)]
pub struct Plan {
    pub users: Vec<(String, String)>,
    /// Record id, name and tenant of each group.
    pub groups: Vec<(i64, String, i64)>,
    /// Record id and logon id of each agent; all are logged on.
    pub agents: Vec<(i64, String)>,
}

impl Default for Plan {
    fn default() -> Plan {
        let text = |text: &str| text.to_owned();
        Plan {
            users: vec![(text("admin"), text("secret"))],
            groups: vec![(9, text("Sales"), 1), (10, text("Support"), 1)],
            agents: vec![(501, text("anna")), (502, text("bert"))],
        }
    }
}

/// The built-in vocabulary.
pub fn shipped() -> Arc<Vocabulary> {
    let files = Files::built_in();
    let source = files.get("dialects/open-media.toml").cloned().unwrap_or_else(|| Source::new("", ""));
    Arc::new(vocabulary::load(&source, &mut Problems::default()))
}

impl Office {
    /// `epoch` is the start of the clock, in milliseconds since 1970.
    pub fn new(plan: &Plan, epoch: u64) -> Office {
        let vocabulary = shipped();
        let profile = vocabulary.profiles.first().cloned().unwrap_or_default();
        let users = plan.users.iter().map(|(user, password)| (user.clone(), password.clone().into())).collect();
        let mut server =
            Server::new(ServerSettings { users, ..ServerSettings::default() }, vocabulary.clone(), profile);
        server.set_epoch(epoch);
        server.link(None);
        let mut router = Router::starting_after(1000);
        for (id, name, tenant) in &plan.groups {
            router.groups.insert(*id, Group { name: name.clone(), tenant: *tenant, open: true });
        }
        for (id, logon) in &plan.agents {
            router.agents.push(Agent { id: *id, logon: logon.clone(), tenant: 1, logged_on: true });
        }
        Office {
            server,
            router,
            vocabulary,
            epoch,
            next_token: 0,
            heard: std::collections::VecDeque::new(),
            counts: HashMap::new(),
            mishaps: Vec::new(),
        }
    }

    pub fn vocabulary(&self) -> &Arc<Vocabulary> {
        &self.vocabulary
    }

    /// Handles one HTTP POST. Returns no answer if there is to be none.
    pub fn post(&mut self, now: Time, body: &[u8], charset: Option<&str>) -> Option<Reply> {
        self.next_token += 1;
        let mut message = Message::default();
        let label = self.operation_of(body, charset);
        let place = self.mishaps.iter().position(|(operation, _)| *operation == label);
        let mishap = place.map(|place| self.mishaps.remove(place).1);
        *self.counts.entry(label).or_default() += 1;
        if mishap == Some(Mishap::NotDone) {
            return None;
        }
        self.server.expire(now);
        let request = HttpRequest { charset, ..HttpRequest::post(self.next_token, body) };
        self.server.request(now, &request, &mut message);
        let reply = self.settle(now);
        reply.filter(|_| mishap.is_none())
    }

    fn operation_of(&self, body: &[u8], charset: Option<&str>) -> String {
        crate::wire::soap::parse(body, charset).map(|envelope| envelope.body.name).unwrap_or_default()
    }

    /// Processes all consequences. Returns the answer to the HTTP request, if there is one.
    fn settle(&mut self, now: Time) -> Option<Reply> {
        let mut reply = None;
        loop {
            self.tell_updates(now);
            match self.server.poll() {
                Some(ApplicationOutput::Wire(Output::Respond { reply: own, .. })) => reply = Some(own),
                Some(ApplicationOutput::Ask { ask, message }) => self.ask(now, ask, &message),
                Some(ApplicationOutput::Wire(_)) => {}
                None => return reply,
            }
        }
    }

    fn ask(&mut self, now: Time, ask: u64, message: &Message) {
        let mut line = Vec::new();
        self.vocabulary.write_json(message, &mut line);
        let Ok(Value::Object(line)) = serde_json::from_slice(&line) else { return };
        let Some((operation, given)) = line.into_iter().next() else { return };
        let answer = self.router.ask(self.epoch + now.0, &operation, &given);
        if !operation.starts_with("Get") {
            let added = answer["AddRequestResponse"]["OpenMediaID"].as_i64();
            let id = added.or(given["OpenMediaID"].as_i64()).unwrap_or(0);
            self.heard.push_back(Heard { operation, id, given });
        }
        if let Some(answer) = self.read(&answer) {
            self.server.answered(now, ask, &answer);
        }
    }

    fn read(&self, line: &Value) -> Option<Message> {
        let mut message = Message::default();
        self.vocabulary.read_json(&line.to_string(), false, &Wanted::new(), &mut message).ok()?;
        Some(message)
    }

    fn tell_updates(&mut self, now: Time) {
        if let Some(message) = self.router.take_updates().and_then(|line| self.read(&line)) {
            self.server.hear(now, &message);
        }
    }

    // ── what happens ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// Moves a request to a state at an agent. Returns false if there is no such open request.
    pub fn set(&mut self, now: Time, id: i64, state: State, logon: Option<&str>) -> bool {
        let set = self.router.set(id, state, logon);
        self.tell_updates(now);
        set
    }

    /// An agent becomes ready for these groups and gets the next request, if there is one.
    pub fn ready(&mut self, now: Time, logon: &str, groups: &[i64]) -> Option<i64> {
        let id = self.router.next_for(logon, groups)?;
        self.set(now, id, State::Allocated, Some(logon));
        Some(id)
    }

    /// The service restarts: every request is gone and unknown.
    pub fn restart(&mut self) {
        self.router.clear();
        self.server.restart();
    }

    /// The service loses its router: open requests fail and are removed.
    pub fn disconnect_router(&mut self, now: Time) {
        self.router.clear();
        self.server.router_lost(now, "the service is not connected to the router");
    }

    pub fn connect_router(&mut self) {
        self.server.link(None);
    }
}
