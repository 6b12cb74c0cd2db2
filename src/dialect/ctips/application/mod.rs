//! The conversation with applications that believe they talk to a CTI Portal Server: their sessions open, register for events, come
//! on line, are heart-beaten, and end when they fall behind. `session` owns what one session wants to hear, `event` how events
//! are written. Requests are read here and carried out by the bridge.

mod event;
mod heartbeats;
mod opening;
mod passing;
mod refusing;
mod session;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use hashbrown::HashMap;
use secrecy::SecretString;
use smallvec::SmallVec;

use crate::{
    dialect::log_ons::LogOns,
    message::{Kind, Message, Node, Value},
    port::{
        ApplicationConversation, ApplicationOutput, Audience, Bound, Connection, Delivery, Directory, Filterable,
        Heard, HttpRequest, Input, Notice, Output, Passes, Reply, Taken, Texts,
    },
    settings::TryLimits,
    time::Time,
    vocabulary::{ObjectTemplate, Profile, Role, Vocabulary},
    wire::soap::{self, Blame},
};
use event::Event;
use opening::Opening;
use session::{FilterField, Session, State};

/// How applications are served.
#[derive(Debug, Clone)]
pub struct Settings {
    pub users: BTreeMap<String, SecretString>,
    pub tries: TryLimits,
    pub max_sessions: usize,
    pub heartbeat: Duration,
    /// How many heartbeats in a row may go unanswered.
    pub missed_heartbeats: u32,
    /// The tenants that sessions may be opened for; any tenant if the list is empty.
    pub tenants: Vec<i64>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            users: BTreeMap::new(),
            tries: TryLimits::default(),
            max_sessions: 10,
            heartbeat: Duration::from_secs(30),
            missed_heartbeats: 3,
            tenants: Vec::new(),
        }
    }
}

/// What became of a request.
#[derive(Debug)]
enum Handled {
    /// Answered by the conversation itself.
    Done(Reply),
    /// The session is on line from now on.
    Online { session: u32, reply: Reply },
    /// The answer follows: the client is called first.
    Later,
    /// Accepted; what it asks, now in the message, goes to the model.
    Asked { session: u32, id: i64, reply: Reply },
}

/// The tokens of calls whose outcome matters.
const STARTED: u64 = 1;
const HEARTBEAT: u64 = 2;

/// The SOAPActions of the calls to clients.
struct Actions {
    start: Arc<str>,
    publish: Arc<str>,
    heartbeat: Arc<str>,
}

/// The server side of one application. See the module.
pub struct Server {
    settings: Settings,
    vocabulary: Arc<Vocabulary>,
    profile: Profile,
    sessions: BTreeMap<u32, Session>,
    /// OpenConnection requests that wait for their session to start.
    opening: HashMap<u32, u64>,
    log_ons: LogOns<Opening>,
    next_session: u32,
    new_id: Box<dyn FnMut() -> String + Send>,
    events: Vec<Option<Event>>,
    start: ObjectTemplate,
    heartbeat: ObjectTemplate,
    actions: Actions,
    outputs: VecDeque<ApplicationOutput>,
    /// Sessions lost since the start, by why.
    lost: HashMap<&'static str, u64>,
    /// Items that did not fit into a list of fixed length.
    cut: u64,
    /// Counts of characters in requests that became U+FFFD.
    texts: Texts,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.debug_struct("Server").field("sessions", &self.sessions).finish_non_exhaustive()
    }
}

impl Server {
    /// `new_id` makes session ids that nobody can guess.
    pub fn new(
        mut settings: Settings,
        vocabulary: Arc<Vocabulary>,
        profile: Profile,
        new_id: Box<dyn FnMut() -> String + Send>,
    ) -> Server {
        let find = |label: &str| vocabulary.find(label).unwrap_or(Kind(0));
        let action = |label: &str| Arc::from(profile.action(&vocabulary, find(label)));
        Server {
            actions: Actions {
                start: action("StartSession"),
                publish: action("PublishCTIEvent"),
                heartbeat: action("Heartbeat"),
            },
            events: Event::all(&vocabulary, &profile, find("PublishCTIEvent")),
            start: ObjectTemplate::operation(&vocabulary, &profile, find("StartSession")),
            heartbeat: ObjectTemplate::operation(&vocabulary, &profile, find("Heartbeat")),
            log_ons: LogOns::new(std::mem::take(&mut settings.users), settings.tries, "unknown user or wrong password"),
            settings,
            vocabulary,
            profile,
            sessions: BTreeMap::new(),
            opening: HashMap::new(),
            next_session: 0,
            new_id,
            outputs: VecDeque::new(),
            lost: ["heartbeat", "callback-failed", "fell-behind"].map(|cause| (cause, 0)).into(),
            cut: 0,
            texts: Texts::default(),
        }
    }

    fn wire(&mut self, output: Output) {
        self.outputs.push_back(output.into());
    }

    fn say(&mut self, notice: Notice) {
        self.wire(notice.into());
    }

    fn call(&mut self, key: u32, token: Option<u64>, action: Arc<str>, body: Bytes) {
        let delivery = Delivery { token, action, body };
        self.wire(Output::Deliver { connection: Connection::asked(key), delivery });
    }

    /// How long a client that cannot be reached is waited for: as long as it may miss heartbeats.
    fn give_up(&self) -> Duration {
        self.settings.heartbeat * self.settings.missed_heartbeats
    }

    // ── requests ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// One HTTP POST. A request for the model is left in `message`.
    fn request(&mut self, now: Time, request: &HttpRequest<'_>, message: &mut Message) -> Handled {
        let envelope = match soap::parse(request.body, request.charset) {
            Ok(envelope) => envelope,
            Err(error) if error.blame() == Blame::Version => {
                let handled = self.refuse("it is of another version of SOAP", &error.to_string());
                return match handled {
                    Handled::Done(reply) => {
                        let body = soap::fault(Blame::Version, &error.to_string(), None);
                        Handled::Done(Reply { body, ..reply })
                    }
                    handled => handled,
                };
            }
            Err(error) => return self.refuse("it is no SOAP", &error.to_string()),
        };
        for notice in self.texts.count(envelope.replaced) {
            self.say(notice);
        }
        let Some(kind) = self.vocabulary.operation(&envelope.body.name) else {
            let reason = format!("there is no operation {:?}", envelope.body.name);
            return self.refuse("there is no such operation", &reason);
        };
        let vocabulary = self.vocabulary.clone();
        if let Err(wrong) = vocabulary.read_xml(kind, &envelope.body, message) {
            let label = &vocabulary.message(kind).label;
            // The value may be a customer's: only the client is shown it.
            let told = format!("{label}: {} is not of type {}", wrong.member, wrong.expected);
            return self.refuse_telling("a value is of another type", Some(told), &format!("{label}: {wrong}"));
        }
        self.message(now, request, kind, message)
    }

    fn message(&mut self, now: Time, request: &HttpRequest<'_>, kind: Kind, message: &Message) -> Handled {
        let vocabulary = self.vocabulary.clone();
        let def = vocabulary.message(kind);
        if def.label == "OpenConnection" {
            return self.open(now, request, message);
        }
        let field = |label: &str| def.fields.slot(label).map(|slot| message.get(slot)).unwrap_or_default();
        let text = |label: &str| if let Value::Text(text) = field(label) { text } else { "" };
        let id = def.role(Role::Session).map(|slot| message.get(slot)).unwrap_or_default();
        let Value::Text(id) = id else { return self.refuse_for("the request has no SessionId") };
        let Some((key, session)) = self.sessions.iter_mut().find(|(_, session)| session.id == id) else {
            return self.refuse_for("no such session: it was closed, or lost its place, or never was");
        };
        let key = *key;
        if session.state == State::Starting {
            return self.refuse_for("the session is not open yet");
        }
        // Tenant 0 stands for the session's own tenant.
        let tenant = def.role(Role::Tenant).and_then(|slot| message.get(slot).as_int()).unwrap_or(0);
        if tenant != 0 && tenant != session.tenant {
            return self.refuse_for("TenantId is none of the session's tenants");
        }
        let number = |label: &str| field(label).as_int().unwrap_or(0);
        match def.label.as_str() {
            "CloseConnection" => {
                self.end(key, "closed by its client", None);
                Handled::Done(self.accept(kind))
            }
            "OnLine" => {
                session.state = State::Online;
                session.next_heartbeat = now;
                Handled::Online { session: key, reply: self.accept(kind) }
            }
            "OffLine" => {
                session.state = State::Offline;
                Handled::Done(self.accept(kind))
            }
            "AddMessageClass" | "DeleteMessageClass" => {
                match session.set_class(number("MessageClass"), def.label == "AddMessageClass") {
                    true => Handled::Done(self.accept(kind)),
                    false => self.refuse_for("MessageClass is none of the four event categories"),
                }
            }
            "AddFilter" | "DeleteFilter" => {
                let Some(field) = FilterField::from_code(number("FieldType")) else {
                    return self.refuse_for("FieldType is nothing that can be filtered by");
                };
                let value = text("FieldValue");
                if def.label == "DeleteFilter" {
                    session.delete_filter(field, value);
                } else if let Err(reason) = session.add_filter(field, value) {
                    return self.refuse("the filter cannot be added", &reason);
                }
                Handled::Done(self.accept(kind))
            }
            _ if session.state != State::Online => self.refuse_for("the session is not on line"),
            _ => {
                let id = def.role(Role::Request).and_then(|slot| message.get(slot).as_int()).unwrap_or(0);
                Handled::Asked { session: key, id, reply: self.accept(kind) }
            }
        }
    }

    // ── events ────────────────────────────────────────────────────────────────────────────────────────────────────────

    // ── how sessions end ──────────────────────────────────────────────────────────────────────────────────────────────
}

impl ApplicationConversation for Server {
    fn handle(&mut self, now: Time, input: &mut Input<'_>, _: &dyn Directory, message: &mut Message) -> Option<Taken> {
        match input {
            Input::Request(request) => {
                let token = request.token;
                let (reply, heard) = match self.request(now, request, message) {
                    Handled::Later => return Some(Taken::heard(Heard::Nothing)),
                    Handled::Done(reply) => (reply, Heard::Nothing),
                    Handled::Online { session, reply } => (reply, Heard::Online { session }),
                    Handled::Asked { session, id, reply } => (reply, Heard::Asked { session, id }),
                };
                self.wire(Output::Respond { token, reply });
                return Some(Taken::heard(heard));
            }
            Input::Delivered { connection, token: HEARTBEAT, result } => {
                self.heartbeat_answered(connection.number(), result.is_ok());
            }
            Input::Delivered { connection, result, .. } => {
                let result = std::mem::replace(result, Ok(()));
                self.started(now, connection.number(), result);
            }
            Input::Verified { token, is_right } => self.verified(now, *token, *is_right),
            Input::Closed { connection, reason, cause } => self.end(connection.number(), reason, *cause),
            // Clients post, and are called back: there is no stream.
            Input::Opened { .. }
            | Input::Bytes { .. }
            | Input::Text { .. }
            | Input::Answered { .. }
            | Input::Described { .. } => return None,
        }
        Some(Taken::Nothing)
    }

    /// Publishes an event to every session that wants it. The outcome of a session's own request always reaches it. Hands
    /// back how many got it.
    fn publish(&mut self, message: &mut Message, about: &Filterable<'_>, audience: Audience) -> usize {
        let Some(event) = message.kind().and_then(|kind| self.events[kind.0 as usize].as_mut()) else { return 0 };
        // What has been written already, and for whom: where its output stands.
        let mut written: SmallVec<[((i64, i64), usize); 2]> = SmallVec::new();
        let mut count = 0;
        for (key, session) in &self.sessions {
            let own = audience.asker.filter(|(asker, _)| asker == key).map(|(_, id)| id);
            let is_online = session.state == State::Online;
            let wanted = is_online && (own.is_some() || (!audience.only_asker && session.wants(event.class, about)));
            if !wanted {
                continue;
            }
            let variant = (session.tenant, own.unwrap_or(0));
            let known = written.iter().find(|(known, _)| *known == variant).map(|(_, place)| &self.outputs[*place]);
            let body = if let Some(ApplicationOutput::Wire(Output::Deliver { delivery, .. })) = known {
                delivery.body.clone()
            } else {
                for (slot, value) in [(event.tenant, variant.0), (event.request, variant.1)] {
                    if let Some(slot) = slot {
                        message.set(slot, Node::Int(value));
                    }
                }
                written.push((variant, self.outputs.len()));
                let (body, cut) = event.body(&self.vocabulary, message);
                self.cut += cut as u64;
                body
            };
            let delivery = Delivery { token: None, action: self.actions.publish.clone(), body };
            let connection = Connection::asked(*key);
            self.outputs.push_back(Output::Deliver { connection, delivery }.into());
            count += 1;
        }
        count
    }

    fn poll(&mut self) -> Option<ApplicationOutput> {
        self.outputs.pop_front()
    }

    fn deadline(&self) -> Option<Time> {
        let open = self.sessions.values().filter(|session| session.state != State::Starting);
        open.map(|session| session.next_heartbeat).min()
    }

    fn expire(&mut self, now: Time) {
        let due: Vec<u32> = self
            .sessions
            .iter()
            .filter(|(_, session)| session.state != State::Starting && session.next_heartbeat <= now)
            .map(|(key, _)| *key)
            .collect();
        for key in due {
            let Some(session) = self.sessions.get_mut(&key) else { continue };
            session.next_heartbeat = now + self.settings.heartbeat;
            if session.beating {
                session.missed += 1;
            } else {
                session.beating = true;
                let body = self.heartbeat_body(key);
                self.call(key, Some(HEARTBEAT), self.actions.heartbeat.clone(), body);
            }
            self.check_heartbeats(key);
        }
    }

    fn user_of(&self, session: u32) -> Option<&str> {
        self.sessions.get(&session).map(|session| session.user.as_str())
    }

    fn sessions(&self) -> Vec<u32> {
        self.sessions.keys().copied().collect()
    }

    fn lost(&self) -> Vec<(&'static str, u64)> {
        self.lost.iter().map(|(cause, count)| (*cause, *count)).collect()
    }

    fn exchange_users(&mut self, users: Vec<(String, SecretString)>, _: &[String]) -> bool {
        self.log_ons.exchange(users);
        true
    }

    fn bounds(&self) -> Vec<Bound> {
        vec![("sessions", self.sessions.len(), self.settings.max_sessions)]
    }

    fn texts(&self) -> &Texts {
        &self.texts
    }

    fn refused(&self) -> Vec<(&'static str, u64)> {
        vec![("list-cut", self.cut)]
    }

    fn marks_only_the_last(&self) -> bool {
        self.profile.completes_all
    }

    fn passes(&mut self) -> Option<&mut dyn Passes> {
        Some(self)
    }
}

#[cfg(test)]
mod tests;
