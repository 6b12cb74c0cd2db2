//! The conversation with applications that believe they talk to an event feed: each connection authenticates first, then
//! subscribes, hears events in order under its own sequence, and sends commands, each of which is answered once.

mod admission;
mod answers;
mod subscribing;

use answers::{Numbering, reply_label};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use hashbrown::HashMap;
use secrecy::SecretString;

use super::{
    entities::Entities,
    subscriptions::{Catalogue, Subscriptions},
};
use crate::{
    message::{Kind, Message, Value},
    port::{
        ApplicationConversation, ApplicationOutput, Audience, Bound, Connection, Directory, Filterable, GroupWatcher,
        Heard, Input, Next, Notice, Output, Passes, Portions, Reading, Stream, Taken, Texts, Tries, Unread,
        WatchesGroups,
    },
    settings::TryLimits,
    time::Time,
    vocabulary::{Role, Side, Vocabulary, Wanted},
    wire::replaced::Replaced,
};

/// How applications are served.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    pub users: BTreeMap<String, SecretString>,
    pub tries: TryLimits,
    pub max_connections: usize,
    /// The longest request in bytes.
    pub max_frame: usize,
    /// How long a connection may take to authenticate.
    pub login_timeout: Duration,
}

impl Default for ServerSettings {
    fn default() -> ServerSettings {
        ServerSettings {
            users: BTreeMap::new(),
            tries: TryLimits::default(),
            max_connections: 50,
            max_frame: 64 << 10,
            login_timeout: Duration::from_secs(5),
        }
    }
}

/// A command that waits for its answer: at most so many on one connection.
const MAX_COMMANDS: usize = 1000;

/// One connection.
#[derive(Debug)]
pub struct Session {
    pub user: Option<String>,
    peer: String,
    stream: Stream,
    subscriptions: Subscriptions,
    sequence: u32,
    /// Commands that wait for their answers, with their names.
    commands: HashMap<i64, String>,
    deadline: Option<Time>,
}

impl Session {
    fn next_sequence(&mut self) -> u32 {
        let sequence = self.sequence;
        self.sequence = sequence.wrapping_add(1);
        sequence
    }
}

/// Connections, each with its next number.
type Recipients = smallvec::SmallVec<[(Connection, u32); 8]>;

/// See the module.
#[derive(Debug)]
pub struct Server {
    settings: ServerSettings,
    vocabulary: Arc<Vocabulary>,
    catalogue: Catalogue,
    /// Of the feed whose messages pass as they are.
    entities: Entities,
    /// The messages that say which entities there are.
    of_entities: [Option<Kind>; 2],
    sessions: BTreeMap<u32, Session>,
    tries: Tries,
    /// Snapshots of entities that are to be told: to whom, and of which kind. Nobody waits for the same one twice.
    snapshots: VecDeque<(u32, &'static str)>,
    /// Sessions that have subscribed to the statistics of groups' agents since this was asked for last.
    group_watchers: Vec<GroupWatcher>,
    outputs: VecDeque<ApplicationOutput>,
    /// Connections ended against their clients' will since the start, by why.
    lost: HashMap<&'static str, u64>,
    /// Counts of characters in requests that became U+FFFD.
    texts: Texts,
}

impl Server {
    pub fn new(settings: ServerSettings, vocabulary: Arc<Vocabulary>) -> Server {
        Server {
            tries: Tries::new(settings.tries),
            settings,
            catalogue: Catalogue::new(&vocabulary),
            entities: Entities::default(),
            of_entities: ["entity-snapshot", "entity-update"].map(|label| vocabulary.find(label)),
            vocabulary,
            sessions: BTreeMap::new(),
            snapshots: VecDeque::new(),
            group_watchers: Vec::new(),
            outputs: VecDeque::new(),
            lost: ["login", "too-many", "fell-behind"].map(|cause| (cause, 0)).into(),
            texts: Texts::default(),
        }
    }

    /// Takes the next message of a session's bytes. A command is left in `message`.
    fn read(
        &mut self,
        now: Time,
        key: u32,
        bytes: &mut &[u8],
        directory: &dyn Directory,
        message: &mut Message,
    ) -> Option<Taken> {
        let vocabulary = self.vocabulary.clone();
        let session = self.sessions.get_mut(&key)?;
        let reading = Reading { vocabulary: &vocabulary, wanted: &Wanted::new() };
        let (text, unread, replaced) = match session.stream.next(bytes, &reading, true, message)? {
            Next::Message(decoded) => {
                self.say_replaced(decoded.replaced);
                return Some(Taken::heard(self.request(now, key, directory, message, decoded.malformed())));
            }
            Next::Unread { text, unread, replaced } => (text, unread, replaced),
        };
        self.say_replaced(replaced);
        let reason = match &unread {
            Unread::TooLong(most) => format!("a request is at most {most} bytes long"),
            Unread::Json(error) => error.to_string(),
            Unread::Refused => String::new(),
        };
        let Received { id, command } = Received::of(&text);
        self.reply(key, "command-reply", id, -1, &[("command", &command), ("error-msg", &reason)]);
        if self.user_of(key).is_none() {
            self.hang_up(key, "something else than an authentication came first", "login");
        }
        Some(Taken::Unread(unread))
    }

    fn say_replaced(&mut self, replaced: Replaced) {
        for notice in self.texts.count(replaced) {
            self.say(notice);
        }
    }

    fn wire(&mut self, output: Output) {
        self.outputs.push_back(output.into());
    }

    fn say(&mut self, notice: Notice) {
        self.wire(notice.into());
    }

    fn closed(&mut self, key: u32, why: &str) {
        if let Some(session) = self.sessions.remove(&key) {
            let (user, peer, reason) = (session.user, Some(session.peer), why.to_owned());
            self.say(Notice::SessionClosed { session: key, user, peer, reason });
        }
    }

    /// The shell gave the connection up.
    fn give_up(&mut self, key: u32, reason: &str, cause: &'static str) {
        let user = self.user_of(key).map(str::to_owned);
        self.lose(key, user, reason, cause);
    }

    fn lose(&mut self, key: u32, user: Option<String>, reason: &str, cause: &'static str) {
        if let Some(session) = self.sessions.remove(&key) {
            *self.lost.entry(cause).or_default() += 1;
            let (peer, reason) = (Some(session.peer), reason.to_owned());
            self.say(Notice::SessionLost { cause, session: key, user, peer, reason });
        }
    }

    fn hang_up(&mut self, key: u32, reason: &str, cause: &'static str) {
        self.give_up(key, reason, cause);
        self.wire(Output::Close { connection: Connection::accepted(key) });
    }

    // ── requests ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// `malformed` says what of the request could not be read: what was not understood is not carried out in part.
    fn request(
        &mut self,
        now: Time,
        key: u32,
        directory: &dyn Directory,
        message: &Message,
        malformed: Option<String>,
    ) -> Heard {
        let vocabulary = self.vocabulary.clone();
        let Some(def) = message.kind().map(|kind| vocabulary.message(kind)) else { return Heard::Nothing };
        let given = def.role(Role::Request).map(|slot| message.get(slot)).unwrap_or_default();
        let id = given.as_int().unwrap_or(-1);
        if let (Value::Text(text), None) = (given, given.as_int())
            && !text.is_empty()
        {
            return self.without_number(key, &def.label, text);
        }
        if def.label == "authenticate" {
            self.authenticate(now, key, id, message);
            return Heard::Nothing;
        }
        if self.user_of(key).is_none() {
            self.reply(key, &reply_label(&def.label), id, -1, &[("error-msg", "authenticate first")]);
            self.hang_up(key, "something else than an authentication came first", "login");
            return Heard::Nothing;
        }
        if let Some(reason) = malformed {
            let texts = [("command", def.label.as_str()), ("error-msg", reason.as_str())];
            self.reply(key, &reply_label(&def.label), id, -1, &texts);
            return Heard::Nothing;
        }
        match def.label.as_str() {
            "subscribe-events" | "unsubscribe-events" => self.subscribe(key, id, &def.label, directory, message),
            name => return self.command(key, id, name),
        }
        Heard::Nothing
    }

    /// Refuses a request whose request-id is not a number: its replies could not be told from others.
    fn without_number(&mut self, key: u32, label: &str, given: &str) -> Heard {
        let reason = format!("request-id {:?} is no number", given.chars().take(40).collect::<String>());
        let reply = if label == "authenticate" { "authenticate-reply".into() } else { reply_label(label) };
        self.reply(key, &reply, -1, -1, &[("command", label), ("error-msg", &reason)]);
        if self.user_of(key).is_none() {
            self.hang_up(key, &reason, "login");
        }
        Heard::Nothing
    }

    fn command(&mut self, key: u32, id: i64, name: &str) -> Heard {
        let Some(session) = self.sessions.get_mut(&key) else { return Heard::Nothing };
        let refusal = if session.commands.len() >= MAX_COMMANDS {
            Some("too many commands wait for their answers")
        } else if session.commands.contains_key(&id) {
            Some("a command of this request-id waits for its answer")
        } else {
            None
        };
        if let Some(reason) = refusal {
            self.reply(key, "command-reply", id, -1, &[("command", name), ("error-msg", reason)]);
            return Heard::Nothing;
        }
        session.commands.insert(id, name.to_owned());
        Heard::Asked { session: key, id }
    }

    // ── replies and events ────────────────────────────────────────────────────────────────────────────────────────────
}

impl ApplicationConversation for Server {
    fn handle(
        &mut self,
        now: Time,
        input: &mut Input<'_>,
        directory: &dyn Directory,
        message: &mut Message,
    ) -> Option<Taken> {
        match input {
            Input::Bytes { connection, bytes } => {
                return self.read(now, connection.number(), bytes, directory, message);
            }
            Input::Opened { connection, peer } => self.connected(now, connection.number(), peer),
            Input::Closed { connection, reason, cause: None } => self.closed(connection.number(), reason),
            Input::Closed { connection, reason, cause: Some(cause) } => {
                self.give_up(connection.number(), reason, cause);
            }
            Input::Text { .. }
            | Input::Request(_)
            | Input::Answered { .. }
            | Input::Delivered { .. }
            | Input::Described { .. }
            | Input::Verified { .. } => {}
        }
        Some(Taken::Nothing)
    }

    /// Tells a message to every connection that has subscribed to it; a command's answer to whoever gave the command, once.
    /// Hands back how many got it.
    fn publish(&mut self, message: &mut Message, _: &Filterable<'_>, audience: Audience) -> usize {
        let Some(kind) = message.kind() else { return 0 };
        if self.vocabulary.message(kind).side == Side::Reply {
            return usize::from(self.answer(kind, message, audience));
        }
        let wants = |session: &Session| session.user.is_some() && session.subscriptions.want(&self.catalogue, message);
        // A command's answer is its reply: what it shows besides is for subscribers, like everything that happens.
        let concerns = |key: u32| !audience.only_asker || audience.asker.is_some_and(|(asker, _)| asker == key);
        let wanting = self.sessions.iter_mut().filter(|(key, session)| concerns(**key) && wants(session));
        let to = numbered(wanting);
        self.write_each(to, message)
    }

    fn poll(&mut self) -> Option<ApplicationOutput> {
        self.outputs.pop_front()
    }

    fn deadline(&self) -> Option<Time> {
        self.sessions.values().filter_map(|session| session.deadline).min()
    }

    fn expire(&mut self, now: Time) {
        let late = self.sessions.iter().filter(|(_, session)| session.deadline.is_some_and(|deadline| deadline <= now));
        for key in late.map(|(key, _)| *key).collect::<Vec<_>>() {
            let seconds = self.settings.login_timeout.as_secs_f64();
            self.hang_up(key, &format!("no authentication in {seconds} s"), "login");
        }
    }

    fn user_of(&self, session: u32) -> Option<&str> {
        self.sessions.get(&session)?.user.as_deref()
    }

    fn sessions(&self) -> Vec<u32> {
        self.sessions.keys().copied().collect()
    }

    fn lost(&self) -> Vec<(&'static str, u64)> {
        self.lost.iter().map(|(cause, count)| (*cause, *count)).collect()
    }

    fn exchange_users(&mut self, users: Vec<(String, SecretString)>, _: &[String]) -> bool {
        self.settings.users = users.into_iter().collect();
        true
    }

    fn bounds(&self) -> Vec<Bound> {
        vec![("connections", self.sessions.len(), self.settings.max_connections)]
    }

    fn texts(&self) -> &Texts {
        &self.texts
    }

    fn passes(&mut self) -> Option<&mut dyn Passes> {
        Some(self)
    }

    fn portions(&mut self) -> Option<&mut dyn Portions> {
        Some(self)
    }

    fn watches_groups(&mut self) -> Option<&mut dyn WatchesGroups> {
        Some(self)
    }
}

impl Passes for Server {
    fn pass(&mut self, message: &mut Message, _: &Filterable<'_>, audience: Audience) -> usize {
        if audience.only_asker {
            return usize::from(self.pass_answer(message, audience));
        }
        let about = self.of_entities.contains(&message.kind()).then(|| self.hear_of_entities(message.held()));
        let wants = |session: &Session| match &about {
            Some(kinds) => session.subscriptions.want_entities(kinds),
            None => session.subscriptions.want(&self.catalogue, message),
        };
        let mut wanting = self.sessions.iter_mut().filter(|(_, session)| session.user.is_some() && wants(session));
        let Some(first) = wanting.next() else { return 0 };
        // Looked for once, and only where somebody hears it.
        let Some(numbering) = Numbering::of(message.held()) else { return 0 };
        let to = numbered(std::iter::once(first).chain(wanting));
        self.send_each(to, &numbering)
    }
}

impl WatchesGroups for Server {
    fn has_watchers(&self) -> bool {
        self.sessions.values().any(|session| session.subscriptions.watch_groups())
    }

    fn new_watchers(&mut self) -> Vec<GroupWatcher> {
        std::mem::take(&mut self.group_watchers)
    }
}

/// The connections of these sessions, each with the number that it gives the message. There is room for all at once.
fn numbered<'s>(sessions: impl Iterator<Item = (&'s u32, &'s mut Session)>) -> Recipients {
    let mut to = Recipients::with_capacity(sessions.size_hint().1.unwrap_or(0));
    to.extend(sessions.map(|(key, session)| (Connection::accepted(*key), session.next_sequence())));
    to
}

/// The length, in bytes, to which an unknown command's name is repeated in the reply.
const MAX_NAME: usize = 100;

/// The fields of an unreadable request that its reply repeats.
struct Received {
    /// -1 if the request has no readable id.
    id: i64,
    /// The command's name as received.
    command: String,
}

impl Default for Received {
    fn default() -> Received {
        Received { id: -1, command: String::new() }
    }
}

impl Received {
    fn of(text: &str) -> Received {
        let request: Option<serde_json::Value> = serde_json::from_str(text).ok();
        let field = |name: &str| request.as_ref().and_then(|request| request.get(name));
        let id = field("request-id").and_then(|id| id.as_i64().or_else(|| id.as_str()?.parse().ok())).unwrap_or(-1);
        let name =
            |field_name: &str| field(field_name).and_then(serde_json::Value::as_str).filter(|name| !name.is_empty());
        let kept = |name: &str| name[..name.floor_char_boundary(MAX_NAME)].to_owned();
        let command = name("sub-request-type").or_else(|| name("message")).map(kept).unwrap_or_default();
        Received { id, command }
    }
}
