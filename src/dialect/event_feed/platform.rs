//! The conversation with an event feed that is the platform. It connects, authenticates, subscribes,
//! watches sequence and silence, correlates commands with their replies, and begins anew when the line is lost.

mod subscribing;

use std::{collections::VecDeque, sync::Arc, time::Duration};

use hashbrown::HashMap;
use secrecy::{ExposeSecret, SecretString};

use super::digest;
use crate::{
    dialect::{
        backoff::{Backoff, tenths},
        commands::Commands,
    },
    message::{Kind, Message, Node},
    model::{Id, RequestIx},
    port::{
        Codec, Connection, Heard, Input, Lines, Next, Notice, Output, PlatformConversation, PlatformOutput, Reading,
        Stream, Taken, Troubles,
    },
    time::Time,
    vocabulary::{MessageDef, Replacement, Role, Side, Unchanged, Vocabulary},
};

/// How a feed is talked to.
#[derive(Debug, Clone)]
pub struct Settings {
    pub user: String,
    pub password: SecretString,
    /// How long a reply may take.
    pub reply_timeout: Duration,
    /// How long nothing may be heard before the line is tried, by subscribing again.
    pub silence: Duration,
    /// The shortest and the longest wait between attempts to connect.
    pub reconnect: (Duration, Duration),
    /// Where the randomness of waits begins.
    pub seed: u64,
    /// Whether all statistics are subscribed to, for applications that want them.
    pub statistics: bool,
    /// The longest message in bytes.
    pub max_frame: usize,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            user: String::new(),
            password: String::new().into(),
            reply_timeout: Duration::from_secs(10),
            silence: Duration::from_secs(60),
            reconnect: (Duration::from_secs(1), Duration::from_secs(60)),
            seed: 1,
            statistics: false,
            max_frame: 1 << 20,
        }
    }
}

/// A type with its entities, or with the ids that it is about.
type Subscription = (&'static str, &'static [&'static str]);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nobody tries yet, or again, before this moment.
    Waiting(Time),
    Connecting,
    Authenticating,
    Live,
    /// There is no connection, only what was heard on one: nobody can be asked for anything.
    Replaying,
}

/// One feed. See the module.
#[derive(Debug)]
pub struct Client {
    settings: Settings,
    vocabulary: Arc<Vocabulary>,
    state: State,
    /// The connection that was asked for last.
    connection: Connection,
    stream: Stream,
    backoff: Backoff,
    /// The number that the next event or reply should have.
    sequence: Option<u32>,
    /// The number of unreadable messages since the last readable one whose sequence numbers were unreadable, too.
    unread: u32,
    commands: Commands,
    /// Requests of the conversation's own, by id.
    own: HashMap<i64, (Own, Time)>,
    heard: Time,
    outputs: VecDeque<PlatformOutput>,
    troubles: Troubles,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Own {
    Authenticate,
    /// All subscriptions in one request.
    SubscribeAll,
    /// One of them, because the platform refused them together.
    Subscribe(usize),
    /// To see whether anybody is there, or for a fresh snapshot.
    Refresh,
}

/// What a reply was the answer to.
enum Answered {
    Own(Own),
    Command(RequestIx),
}

impl PlatformConversation for Client {
    fn handle(
        &mut self,
        now: Time,
        input: &mut Input<'_>,
        reading: &Reading<'_>,
        message: &mut Message,
    ) -> Option<Taken> {
        match input {
            Input::Bytes { connection, bytes } if *connection == self.connection => {
                return self.read(now, bytes, reading, message);
            }
            Input::Opened { connection, .. } if *connection == self.connection => self.connected(now),
            Input::Closed { connection, reason, .. } if *connection == self.connection => self.closed(now, reason),
            // Of an earlier connection.
            Input::Bytes { .. } | Input::Opened { .. } | Input::Closed { .. } => return None,
            Input::Text { .. }
            | Input::Request(_)
            | Input::Answered { .. }
            | Input::Delivered { .. }
            | Input::Described { .. }
            | Input::Verified { .. } => {}
        }
        Some(Taken::Nothing)
    }

    /// Sends a command. `wish` is the number that the application gave the request: it is used where nothing else has it.
    fn command(&mut self, now: Time, message: &mut Message, request: RequestIx, wish: i64) {
        let taken = self.own.contains_key(&wish);
        let id = self.commands.begin(request, wish, taken, now + self.settings.reply_timeout);
        self.send(message, id);
    }

    fn want_statistics(&mut self) {
        self.settings.statistics = true;
    }

    fn poll(&mut self) -> Option<PlatformOutput> {
        self.outputs.pop_front()
    }

    fn deadline(&self) -> Option<Time> {
        let silence = self.heard + self.settings.silence;
        let own = self.own.values().map(|(_, deadline)| *deadline).min();
        let state = match self.state {
            State::Waiting(until) => return Some(until),
            State::Connecting => return None,
            State::Authenticating | State::Replaying => own,
            State::Live => Some(silence).filter(|_| own.is_none()),
        };
        [state, own, self.commands.deadline()].into_iter().flatten().min()
    }

    fn expire(&mut self, now: Time) {
        if let State::Waiting(until) = self.state
            && until <= now
        {
            self.state = State::Connecting;
            self.connection = Connection::asked(self.connection.number() + 1);
            self.wire(Output::Connect { connection: self.connection });
            return;
        }
        for request in self.commands.expire(now) {
            let seconds = self.settings.reply_timeout.as_secs_f64();
            let reason = format!("no answer in {seconds} s; whether it was done is not known");
            self.outputs.push_back(PlatformOutput::Failed(request, reason));
        }
        let late: Vec<i64> = self.own.iter().filter(|(_, (_, deadline))| *deadline <= now).map(|(id, _)| *id).collect();
        for id in late {
            let Some((own, asked)) = self.own.remove(&id) else { continue };
            let silent = self.heard + self.settings.reply_timeout <= asked;
            match own {
                Own::Authenticate => return self.hang_up(now, "no answer to the authentication"),
                Own::SubscribeAll | Own::Subscribe(_) | Own::Refresh if silent => {
                    return self.hang_up(now, "nobody answers: the connection is half open");
                }
                Own::SubscribeAll | Own::Subscribe(_) | Own::Refresh => self.say(Notice::SubscriptionUnanswered {}),
            }
        }
        if self.state == State::Live && self.own.is_empty() && self.heard + self.settings.silence <= now {
            self.refresh(now);
        }
    }

    fn troubles(&self) -> Troubles {
        self.troubles
    }

    fn lines(&mut self) -> Option<&mut dyn Lines> {
        Some(self)
    }
}

impl Lines for Client {
    fn heard(&mut self, now: Time, message: &Message) -> Heard {
        self.hear(now, message)
    }

    fn unread(&mut self, now: Time, text: Option<&str>) {
        self.hear_unread(now, text);
    }
}

impl Client {
    pub fn new(settings: Settings, vocabulary: Arc<Vocabulary>, now: Time) -> Client {
        let backoff = Backoff::new(settings.reconnect, settings.seed);
        Client {
            vocabulary,
            state: State::Waiting(now),
            connection: Connection::asked(0),
            stream: Stream::new(Codec::Nul, settings.max_frame),
            settings,
            backoff,
            sequence: None,
            unread: 0,
            commands: Commands::default(),
            own: HashMap::new(),
            heard: now,
            outputs: VecDeque::new(),
            troubles: Troubles::default(),
        }
    }

    /// A client whose conversation is over before it began: for messages that come from a file.
    pub fn replaying(vocabulary: Arc<Vocabulary>) -> Client {
        let mut client = Client::new(Settings::default(), vocabulary, Time(0));
        client.state = State::Replaying;
        client
    }

    /// Takes the next message of the feed's bytes.
    fn read(&mut self, now: Time, bytes: &mut &[u8], reading: &Reading<'_>, message: &mut Message) -> Option<Taken> {
        Some(match self.stream.next(bytes, reading, false, message)? {
            Next::Message(decoded) => Taken::Message { heard: self.hear(now, message), decoded },
            Next::Unread { text, unread, replaced } => {
                self.outputs.extend(PlatformOutput::replaced(replaced));
                self.hear_unread(now, Some(&text));
                Taken::Unread(unread)
            }
        })
    }

    /// The socket is open: authentication comes first.
    fn connected(&mut self, now: Time) {
        self.state = State::Authenticating;
        self.stream = Stream::new(Codec::Nul, self.settings.max_frame);
        self.heard = now;
        self.sequence = None;
        self.unread = 0;
        self.own.clear();
        self.commands.new_connection();
        let digest = digest(self.settings.password.expose_secret());
        let user = self.settings.user.clone();
        self.ask(now, Own::Authenticate, "authenticate", |vocabulary, kind, message| {
            let fields = &vocabulary.message(kind).fields;
            for (label, text) in [("user", &user), ("password", &digest)] {
                let node = message.text(text);
                if let Some(slot) = fields.slot(label) {
                    message.set(slot, node);
                }
            }
        });
    }

    /// The socket is closed, or could not be opened.
    fn closed(&mut self, now: Time, why: &str) {
        let was = self.state;
        if let State::Waiting(_) = was {
            return;
        }
        let wait = self.backoff.next();
        self.state = State::Waiting(now + wait);
        for request in self.commands.lost() {
            let reason = "the connection was lost; whether it was done is not known";
            self.outputs.push_back(PlatformOutput::Failed(request, reason.into()));
        }
        if was == State::Live {
            self.troubles.disconnects += 1;
            self.outputs.push_back(PlatformOutput::Down(why.to_owned()));
        }
        self.say(Notice::PlatformLost { reason: why.to_owned(), next_attempt_s: tenths(wait) });
    }

    /// A message was read: whose it is, and whether one is missing before it.
    fn hear(&mut self, now: Time, message: &Message) -> Heard {
        self.heard = now;
        let Some(kind) = message.kind() else { return Heard::Nothing };
        let number = |def: &MessageDef, role| def.role(role).and_then(|slot| message.get(slot).as_int());
        let def = self.vocabulary.message(kind);
        let (is_event, sequence) = (def.side == Side::Event, number(def, Role::Sequence));
        self.check_sequence(now, sequence);
        if is_event {
            return Heard::Event;
        }
        let vocabulary = self.vocabulary.clone();
        let def = vocabulary.message(kind);
        let id = number(def, Role::Request);
        let (own, command): (fn(Own) -> bool, bool) = match def.label.as_str() {
            "command-reply" => (|_| false, true),
            "nameless-reply" => (|_| true, true),
            "authenticate-reply" => (|own| own == Own::Authenticate, false),
            _ => (|own| own != Own::Authenticate, false),
        };
        match self.answered(id, own, command) {
            Some(Answered::Command(request)) => return Heard::Answer(request),
            Some(Answered::Own(own)) => self.own_reply(now, own, message),
            None if command => self.say(Notice::ReplyUnexpected { request: id.unwrap_or(-1) }),
            None => {}
        }
        Heard::Nothing
    }

    /// An unreadable message has its place in the sequence like any other, so that it is not counted as missing.
    fn hear_unread(&mut self, now: Time, text: Option<&str>) {
        self.heard = now;
        match text.and_then(sequence_of) {
            Some(sequence) => self.check_sequence(now, Some(sequence)),
            None => self.unread = self.unread.saturating_add(1),
        }
    }

    fn wire(&mut self, output: Output) {
        self.outputs.push_back(output.into());
    }

    fn say(&mut self, notice: Notice) {
        self.wire(notice.into());
    }

    fn hang_up(&mut self, now: Time, why: &str) {
        self.wire(Output::Close { connection: self.connection });
        self.closed(now, why);
    }

    fn check_sequence(&mut self, now: Time, sequence: Option<i64>) {
        let Some(sequence) = sequence.and_then(|sequence| u32::try_from(sequence).ok()) else { return };
        let expected = self.sequence.replace(sequence.wrapping_add(1));
        let unread = std::mem::take(&mut self.unread);
        let is_missed = |expected: &u32| sequence.wrapping_sub(*expected) > unread;
        if let Some(expected) = expected.filter(is_missed) {
            self.missed(now, sequence, expected);
        }
    }

    /// There is a gap before this message.
    #[cold]
    fn missed(&mut self, now: Time, sequence: u32, expected: u32) {
        self.troubles.gaps += 1;
        let is_live = self.state == State::Live;
        self.say(Notice::EventsMissed { sequence, expected, asks_snapshot: is_live });
        if is_live {
            self.outputs.push_back(PlatformOutput::Resync);
            self.refresh(now);
        }
    }

    /// What a reply answers: the open request of its id; where the id could not be read, the only one that it can be meant
    /// for. `own` says which of the conversation's own that may be, `command` whether a command may.
    fn answered(&mut self, id: Option<i64>, own: fn(Own) -> bool, command: bool) -> Option<Answered> {
        let mut open: Vec<i64> = self.own.iter().filter(|(_, (known, _))| own(*known)).map(|(id, _)| *id).collect();
        open.extend(self.commands.open().filter(|_| command));
        let id = match (id.filter(|id| *id >= 0), open.as_slice()) {
            (Some(id), _) => open.into_iter().find(|known| *known == id)?,
            (None, [only]) => *only,
            (None, _) => return None,
        };
        let own = self.own.remove(&id).map(|(own, _)| Answered::Own(own));
        own.or_else(|| self.commands.answered(id).map(Answered::Command))
    }

    // ── requests ──────────────────────────────────────────────────────────────────────────────────────────────────────

    fn ask(&mut self, now: Time, own: Own, label: &str, fill: impl FnOnce(&Vocabulary, Kind, &mut Message)) {
        let vocabulary = self.vocabulary.clone();
        let Some(kind) = vocabulary.find(label) else { return };
        let id = self.commands.own_id();
        let mut message = Message::default();
        message.start(kind, vocabulary.message(kind).fields.list.len());
        fill(&vocabulary, kind, &mut message);
        self.own.insert(id, (own, now + self.settings.reply_timeout));
        self.send(&mut message, id);
    }

    /// Sends a message under this number. One that was read from a text goes on whole.
    fn send(&mut self, message: &mut Message, id: i64) {
        let number = [Replacement { role: Role::Request, value: Id::Int(id), insert: true }];
        let mut bytes = Vec::with_capacity(256);
        let whole = message.kind().filter(|_| !message.held().is_empty()).and_then(|kind| {
            self.vocabulary.rename_json(kind, message.held(), &mut Unchanged, &number, &mut bytes).ok()
        });
        if whole.is_some() {
            bytes.push(Codec::Nul.end());
            return self.wire(Output::Write { connection: self.connection, bytes: bytes.into() });
        }
        bytes.clear();
        let slot = message.kind().and_then(|kind| self.vocabulary.message(kind).role(Role::Request));
        if let Some(slot) = slot {
            message.set(slot, Node::Int(id));
        }
        self.vocabulary.write_json(message, &mut bytes);
        bytes.push(Codec::Nul.end());
        self.wire(Output::Write { connection: self.connection, bytes: bytes.into() });
    }
}

/// The sequence number of a message that cannot be read otherwise.
fn sequence_of(text: &str) -> Option<i64> {
    const LABEL: &str = "\"sequence\"";
    let named = |text: &str| -> Option<i64> {
        let value = text.trim_start().strip_prefix(':')?.trim_start();
        let value = value.strip_prefix('"').unwrap_or(value);
        let digits = value.find(|c: char| !c.is_ascii_digit()).unwrap_or(value.len());
        value[..digits].parse().ok()
    };
    text.match_indices(LABEL).find_map(|(place, _)| named(&text[place + LABEL.len()..]))
}

#[cfg(test)]
mod tests;
