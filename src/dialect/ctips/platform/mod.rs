//! The conversation with a CTI Portal Server as the platform: a session is opened, registered, brought on line and watched
//! (`opening`); answers and calls of the portal are read (`reading`). The portal is stateless and there may be several (guide,
//! chapter 1): when a session ends, another is opened, at the next address if necessary, and shows everything anew.

mod opening;
mod reading;

use reading::Called;

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use secrecy::SecretString;

use crate::{
    dialect::{
        backoff::{Backoff, tenths},
        commands::Commands,
    },
    message::{Kind, Message, Node},
    model::RequestIx,
    port::{
        Codec, Connection, Heard, HttpRequest, Input, Lines, Notice, Output, PlatformConversation, PlatformOutput,
        Post, PostOutcome, Reading, Taken, Troubles, Unread,
    },
    time::Time,
    vocabulary::{Fields, ObjectTemplate, Profile, Role, Side, Vocabulary},
};

/// How a portal is talked to.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where it is; the first is the one to begin with.
    pub urls: Vec<Arc<str>>,
    /// Where it shall call; each session has a path of its own beneath.
    pub callback: String,
    pub user: String,
    pub password: SecretString,
    pub tenant: i64,
    /// Fields and values that events are filtered by, as the vocabulary's CTIFieldType names them.
    pub filters: Vec<(&'static str, String)>,
    /// How long an answer may take.
    pub reply_timeout: Duration,
    /// Nothing called for so long: the session is over.
    pub heartbeat_timeout: Duration,
    /// The shortest and the longest wait between attempts.
    pub reconnect: (Duration, Duration),
    /// Whether the portal's own WSDL is asked how it is spoken with, before each session.
    pub asks_wsdl: bool,
    /// Where the randomness of waits begins.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            urls: Vec::new(),
            callback: String::new(),
            user: String::new(),
            password: String::new().into(),
            tenant: 1,
            filters: Vec::new(),
            reply_timeout: Duration::from_secs(10),
            heartbeat_timeout: Duration::from_secs(120),
            reconnect: (Duration::from_secs(1), Duration::from_secs(60)),
            asks_wsdl: false,
            seed: 1,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nobody tries yet, or again, before this moment.
    Waiting(Time),
    /// Its WSDL is being read.
    Asking,
    /// OpenConnection is on its way.
    Opening,
    /// So many steps towards being on line are done.
    Registering(usize),
    Online,
    /// There is no session, and none is wanted.
    Over,
    /// There is none, only what was heard in one.
    Replaying,
}

/// A session as far as it has come.
#[derive(Debug, Default)]
struct Session {
    /// What is called beneath the callback's address: only who was told it calls it.
    path: String,
    /// Its id, once the portal has given one.
    id: String,
    /// When it was last called.
    heard: Time,
}

/// What a post was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Open,
    Step,
    /// To see whether the session is there still.
    Probe,
    Snapshot,
    /// A request, by the number that the portal knows it by.
    Request(i64),
}

/// One platform. See the module.
pub struct Client {
    settings: Settings,
    /// The dialect's, which knows what the profile calls things, too.
    vocabulary: Arc<Vocabulary>,
    profile: Profile,
    /// The vocabulary and the profile that were configured: where no WSDL says otherwise, these serve.
    configured: (Arc<Vocabulary>, Profile),
    templates: Vec<Option<ObjectTemplate>>,
    /// Classes of events, as either profile writes them.
    classes: HashMap<String, Kind>,
    new_path: Box<dyn FnMut() -> String + Send>,
    state: State,
    /// Which of the addresses is talked to, and how many were tried in vain since one answered.
    at: usize,
    tried: usize,
    backoff: Backoff,
    session: Session,
    /// Whether the picture is thought to be the platform's.
    is_up: bool,
    /// Which switches are known, and which of them the portal has lost.
    switches: HashSet<i64>,
    lost_switches: HashSet<i64>,
    /// A part of the last snapshot failed.
    is_unshown: bool,
    /// The portal has lost Unified IP itself.
    is_cut_off: bool,
    tokens: u64,
    posts: HashMap<u64, Asked>,
    commands: Commands,
    /// What the snapshot shows next, and until when something of it is awaited.
    snapshot: Option<(usize, Time)>,
    outputs: VecDeque<PlatformOutput>,
    troubles: Troubles,
    /// Which unknown values have been said: each once.
    said: HashSet<String>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.debug_struct("Client").field("state", &self.state).field("at", &self.at).finish_non_exhaustive()
    }
}

impl PlatformConversation for Client {
    fn handle(&mut self, now: Time, input: &mut Input<'_>, _: &Reading<'_>, message: &mut Message) -> Option<Taken> {
        match input {
            Input::Answered { token, outcome } => {
                let outcome = std::mem::replace(outcome, PostOutcome::Unknown(String::new()));
                Some(Taken::heard(self.take_answer(now, *token, outcome, message)))
            }
            Input::Request(request) => Some(self.take_request(now, request, message)),
            Input::Described { profile } => {
                self.described(now, profile);
                Some(Taken::Nothing)
            }
            // Everything is posted: there is no stream.
            Input::Opened { .. }
            | Input::Bytes { .. }
            | Input::Text { .. }
            | Input::Delivered { .. }
            | Input::Verified { .. }
            | Input::Closed { .. } => None,
        }
    }

    fn command(&mut self, now: Time, message: &mut Message, request: RequestIx, wish: i64) {
        let Some(kind) = message.kind().filter(|_| matches!(self.state, State::Online | State::Replaying)) else {
            return self.outputs.push_back(PlatformOutput::Failed(request, "no session is open".into()));
        };
        let id = self.commands.begin(request, wish, false, self.outcome_by(now));
        if let Some(slot) = self.vocabulary.message(kind).role(Role::Request) {
            message.set(slot, Node::Int(id));
        }
        if self.state == State::Online {
            return self.post(Asked::Request(id), message);
        }
        let mut line = Vec::with_capacity(256);
        self.vocabulary.write_json(message, &mut line);
        line.push(Codec::Nul.end());
        self.wire(Output::Write { connection: Connection::asked(0), bytes: line.into() });
    }

    fn ended(&mut self, request: RequestIx) {
        self.commands.ended(request);
    }

    fn shut_down(&mut self, _: Time) {
        if matches!(self.state, State::Registering(_) | State::Online) {
            self.say("CloseConnection", Asked::Step, |_, _| {});
        }
        self.state = State::Over;
    }

    fn poll(&mut self) -> Option<PlatformOutput> {
        self.outputs.pop_front()
    }

    fn deadline(&self) -> Option<Time> {
        match self.state {
            State::Waiting(until) => Some(until),
            State::Asking | State::Over | State::Replaying => None,
            State::Opening => self.commands.deadline(),
            State::Registering(_) | State::Online => {
                let silence = self.session.heard + self.settings.heartbeat_timeout;
                let snapshot = self.snapshot.map(|(_, until)| until);
                [Some(silence), snapshot, self.commands.deadline()].into_iter().flatten().min()
            }
        }
    }

    fn expire(&mut self, now: Time) {
        // Requests end by their posts' outcomes; numbers whose events never came are kept from being used again.
        self.commands.expire(now);
        match self.state {
            State::Waiting(until) if until <= now => self.reach(now),
            State::Registering(_) | State::Online => self.check_silence(now),
            State::Waiting(_) | State::Asking | State::Opening | State::Over | State::Replaying => {}
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
    fn heard(&mut self, _: Time, message: &Message) -> Heard {
        let Some(kind) = message.kind() else { return Heard::Nothing };
        let def = self.vocabulary.message(kind);
        let id = def.role(Role::Request).map_or(0, |slot| message.get(slot).as_int().unwrap_or(0));
        match def.side {
            Side::Event => self.commands.named(id).map_or(Heard::Event, Heard::Answer),
            Side::Reply => self.commands.request(id).map_or(Heard::Nothing, Heard::Answer),
            Side::Request | Side::Callback => Heard::Nothing,
        }
    }

    fn unread(&mut self, _: Time, _: Option<&str>) {}
}

impl Client {
    fn wire(&mut self, output: Output) {
        self.outputs.push_back(output.into());
    }

    fn described(&mut self, now: Time, profile: &Result<&Profile, String>) {
        self.speak(profile.as_ref().map_or(&self.configured.1, |profile| *profile).clone());
        if self.state == State::Asking {
            self.open(now);
        }
    }

    /// A request of the portal's, which is answered at once.
    fn take_request(&mut self, now: Time, request: &HttpRequest, message: &mut Message) -> Taken {
        let HttpRequest { token, path, body, charset, .. } = *request;
        let Called { reply, heard } = self.take_call(now, path, body, charset, message);
        let is_refused = reply.status != 200;
        self.wire(Output::Respond { token, reply });
        if is_refused { Taken::Unread(Unread::Refused) } else { Taken::heard(heard) }
    }
}

#[cfg(test)]
mod tests;
