//! The conversation with an Open Media Service. Requests are posted, one each. One poll serves all requests that somebody follows,
//! and there is none while there are none. A request is looked at by itself, a few at a time, where a poll cannot tell: its fate
//! before its number was known, and whether the service still has it after a silence. Liveness is inferred from the service's replies;
//! a restart shows when it no longer knows the request ids.

mod answers;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use secrecy::{ExposeSecret, SecretString};

use crate::{
    dialect::backoff::Backoff,
    message::{Kind, Message, Value},
    model::RequestIx,
    port::{
        Asker, Asks, Heard, Input, Lines, Output, PlatformConversation, PlatformOutput, Post, PostOutcome, Reading,
        Taken, Troubles,
    },
    time::Time,
    vocabulary::{ObjectTemplate, Profile, Side, Vocabulary},
};

#[derive(Debug, Clone)]
pub struct Settings {
    pub url: Arc<str>,
    /// A host administrator's log-on; empty where the service has authentication disabled.
    pub user: String,
    pub password: SecretString,
    /// The tenant whose groups are asked for to see whether the service is there; -1 without tenants.
    pub tenant: i64,
    /// How long the service may take to answer.
    pub reply_timeout: Duration,
    /// How often it is asked what became of what is followed.
    pub poll: Duration,
    /// How often it is asked whether it still has what is followed.
    pub verify: Duration,
    /// The first wait before asking again a service that does not answer, and the longest.
    pub reconnect: (Duration, Duration),
    /// Where the randomness of those waits begins.
    pub seed: u64,
    /// Whether the service is asked how it is spoken with, whenever it is there again.
    pub asks_wsdl: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            url: Arc::from(""),
            user: String::new(),
            password: SecretString::from(""),
            tenant: -1,
            reply_timeout: Duration::from_secs(10),
            poll: Duration::from_secs(1),
            verify: Duration::from_secs(30),
            reconnect: (Duration::from_secs(1), Duration::from_secs(60)),
            seed: 1,
            asks_wsdl: false,
        }
    }
}

/// The answer to a route's order may come after its asker was told that there is none, and still matters: a request
/// that was added must then be cancelled. The bridge listens for such an answer for this many times the reply time-out.
const LATE: u32 = 3;
/// So many requests in a row that get no answer mean that the service is away; one may be a connection that died.
const LOST: u32 = 2;

/// So many requests are looked at at a time: orders find most of the connections free.
const LOOKS: usize = 4;

/// The fault that says that the user, who is the bridge itself, is not let in.
const REFUSED: &str = "InvalidUserFault";

/// So many requests wait until it is known how the service is spoken with.
const HELD: usize = 1000;

/// What a post was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// Whether the service is there.
    Probe,
    Poll,
    Order(Asker),
    /// The status of something that is followed, because the conversation wants to know.
    Look(i64, Asker),
}

/// See the module.
pub struct Client {
    settings: Settings,
    /// The vocabulary and the profile that were configured: where no WSDL says otherwise, these serve.
    configured: (Arc<Vocabulary>, Profile),
    vocabulary: Arc<Vocabulary>,
    /// By kind of message: how it is written, and its SOAPAction.
    templates: Vec<Option<(ObjectTemplate, Arc<str>)>>,
    tokens: u64,
    posts: HashMap<u64, (Kind, Asked)>,
    is_up: bool,
    /// When a service that is away is asked again.
    probe: Option<Time>,
    /// Its WSDL is being read; the probe follows.
    describing: bool,
    /// What was asked before anything was known of how the service is spoken with; nothing waits once that is known.
    held: Option<Vec<(Message, Asked)>>,
    backoff: Backoff,
    /// Requests in a row without an answer.
    silent: u32,
    /// What is followed, by the service's number.
    followed: BTreeMap<i64, Asker>,
    /// Those of them that are to be looked at.
    due: BTreeSet<i64>,
    /// What is being looked at, whether anybody follows it still or not.
    looking: BTreeSet<i64>,
    /// The service's clock when it last told what happened.
    stamp: Option<String>,
    poll: Option<Time>,
    polling: bool,
    /// When somebody last looked whether the service still has what is followed; at once where none is given.
    verified: Option<Time>,
    outputs: VecDeque<PlatformOutput>,
    troubles: Troubles,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.debug_struct("Client").field("is_up", &self.is_up).field("followed", &self.followed).finish_non_exhaustive()
    }
}

impl Client {
    pub fn new(settings: Settings, vocabulary: Arc<Vocabulary>, profile: &Profile) -> Client {
        let mut client = Client {
            configured: (vocabulary.clone(), profile.clone()),
            templates: Vec::new(),
            backoff: Backoff::new(settings.reconnect, settings.seed),
            settings,
            vocabulary,
            tokens: 0,
            posts: HashMap::new(),
            is_up: false,
            probe: Some(Time(0)),
            describing: false,
            held: None,
            silent: 0,
            followed: BTreeMap::new(),
            due: BTreeSet::new(),
            looking: BTreeSet::new(),
            stamp: None,
            poll: None,
            polling: false,
            verified: None,
            outputs: VecDeque::new(),
            troubles: Troubles::default(),
        };
        client.speak(profile);
        client.held = client.settings.asks_wsdl.then(Vec::new);
        client
    }

    /// Speaks as this profile has it from now on.
    fn speak(&mut self, profile: &Profile) {
        let known = &self.configured.0;
        let template = |(kind, def): (Kind, &crate::vocabulary::MessageDef)| {
            let template = || ObjectTemplate::operation(known, profile, kind);
            (def.side == Side::Request).then(|| (template(), profile.action(known, kind).into()))
        };
        self.templates = known.kinds().map(template).collect();
        self.vocabulary = Arc::new(known.reading(profile));
    }

    /// A client without a service: for lines that come from a file.
    pub fn replaying(vocabulary: Arc<Vocabulary>) -> Client {
        let profile = vocabulary.profiles.first().cloned().unwrap_or_default();
        Client { probe: None, ..Client::new(Settings::default(), vocabulary, &profile) }
    }

    // ── what is asked ─────────────────────────────────────────────────────────────────────────────────────────────────

    fn post(&mut self, message: &Message, asked: Asked) {
        if let Some(held) = &mut self.held {
            if held.len() < HELD {
                return held.push((message.clone(), asked));
            }
            if let Asked::Order(asker) = asked {
                let reason = format!("its WSDL is not read yet, and {HELD} requests wait for that");
                self.outputs.push_back(PlatformOutput::NoAnswer { asker, reason, unknown: false });
            }
            return;
        }
        let Some((kind, place)) = message.kind().map(|kind| (kind, kind.0 as usize)) else { return };
        let Some(Some((template, action))) = self.templates.get(place) else { return };
        let mut body = Vec::with_capacity(1024);
        let headers = [self.settings.user.as_str(), self.settings.password.expose_secret()];
        let headers = if self.settings.user.is_empty() { &[][..] } else { &headers[..] };
        template.write_with(headers, &self.vocabulary, message, &mut body);
        let times = if matches!(asked, Asked::Order(Asker::Route { .. })) { LATE } else { 1 };
        self.tokens += 1;
        self.posts.insert(self.tokens, (kind, asked));
        self.wire(Output::Post(Box::new(Post {
            token: self.tokens,
            url: self.settings.url.clone(),
            action: action.clone(),
            body,
            timeout: self.settings.reply_timeout * times,
        })));
    }

    /// Posts an operation of the conversation's own, with one parameter.
    fn say(&mut self, label: &str, parameter: &str, value: Value, asked: Asked) {
        let Some(kind) = self.vocabulary.find(label) else { return };
        let def = self.vocabulary.message(kind);
        let mut message = Message::default();
        message.start(kind, def.fields.list.len());
        if let Some(slot) = def.fields.slot(parameter) {
            let node = message.copy(value);
            message.set(slot, node);
        }
        self.post(&message, asked);
    }

    /// Asks the service how it is spoken with, where that is wanted, and then whether it is there.
    fn reach(&mut self) {
        self.probe = None;
        if self.settings.asks_wsdl {
            self.describing = true;
            self.wire(Output::Describe(self.settings.url.clone()));
        } else {
            self.probe();
        }
    }

    fn probe(&mut self) {
        let tenant = Value::Int(self.settings.tenant);
        self.say("GetAllOpenMediaServiceGroupStatus", "tenantID", tenant, Asked::Probe);
    }

    /// Asks for what happened since the service told it last. Where its clock is not known, a look shows it.
    fn poll_now(&mut self, now: Time) {
        self.poll = Some(now + self.settings.poll);
        let Some(first) = self.followed.keys().next().copied() else {
            return self.poll = None;
        };
        let is_due = self.verified.is_none_or(|verified| now - verified >= self.settings.verify);
        if is_due || self.stamp.is_none() && self.looking.is_empty() {
            self.verified = Some(now);
            self.due.insert(first);
        }
        self.look();
        if let Some(stamp) = self.stamp.clone() {
            self.polling = true;
            self.say("GetOpenMediaRequestsByTime", "retrieveLaterThan", Value::Text(&stamp), Asked::Poll);
        }
    }

    /// Looks at what is to be looked at, a few at a time, the newest first: it is the likeliest to have been missed.
    fn look(&mut self) {
        // The first look shows the service's clock. The others come after it, so that a poll tells whatever they do not.
        let most = if self.stamp.is_some() { LOOKS } else { 1 };
        while self.is_up
            && self.looking.len() < most
            && let Some(id) = self.due.pop_last()
        {
            if let Some(asker) = self.followed.get(&id).copied()
                && self.looking.insert(id)
            {
                let asked = Asked::Look(id, asker);
                self.say("GetOpenMediaRequestStatusByID", "openMediaID", Value::Int(id), asked);
            }
        }
    }

    /// A service that has forgotten one may have forgotten all: it was restarted. While any wait to be looked at, that is
    /// known.
    fn forgotten(&mut self, id: i64) {
        if self.due.is_empty() {
            self.due.extend(self.followed.keys().filter(|other| **other != id));
        }
    }

    // ── what is answered ──────────────────────────────────────────────────────────────────────────────────────────────
}

impl PlatformConversation for Client {
    fn handle(&mut self, now: Time, input: &mut Input<'_>, _: &Reading<'_>, message: &mut Message) -> Option<Taken> {
        match input {
            Input::Answered { token, outcome } => {
                let outcome = std::mem::replace(outcome, PostOutcome::Unknown(String::new()));
                Some(Taken::heard(self.take_answer(now, *token, outcome, message)))
            }
            Input::Described { profile } => {
                self.described(profile);
                Some(Taken::Nothing)
            }
            // Everything is posted, and nobody calls back.
            Input::Opened { .. }
            | Input::Bytes { .. }
            | Input::Text { .. }
            | Input::Request(_)
            | Input::Delivered { .. }
            | Input::Verified { .. }
            | Input::Closed { .. } => None,
        }
    }

    /// The rules have no command: the service has no agents or calls to do anything with.
    fn command(&mut self, _: Time, _: &mut Message, request: RequestIx, _: i64) {
        self.outputs.push_back(PlatformOutput::Failed(request, "takes no commands".into()));
    }

    fn poll(&mut self) -> Option<PlatformOutput> {
        self.outputs.pop_front()
    }

    fn deadline(&self) -> Option<Time> {
        let poll = self.poll.filter(|_| !self.polling && self.is_up);
        [self.probe, poll].into_iter().flatten().min()
    }

    fn expire(&mut self, now: Time) {
        if self.probe.is_some_and(|due| due <= now) {
            self.reach();
        }
        if !self.polling && self.is_up && self.poll.is_some_and(|due| due <= now) {
            self.poll_now(now);
        }
    }

    fn troubles(&self) -> Troubles {
        self.troubles
    }

    fn asks(&mut self) -> Option<&mut dyn Asks> {
        Some(self)
    }

    fn lines(&mut self) -> Option<&mut dyn Lines> {
        Some(self)
    }
}

impl Lines for Client {
    fn heard(&mut self, _: Time, _: &Message) -> Heard {
        Heard::Event
    }

    fn unread(&mut self, _: Time, _: Option<&str>) {}
}

impl Asks for Client {
    fn ask(&mut self, _: Time, message: &mut Message, asker: Asker) {
        self.post(message, Asked::Order(asker));
    }

    fn follow(&mut self, now: Time, id: i64, asker: Asker) {
        if self.followed.is_empty() {
            // A clock that stood still while nobody followed anything would bring all that happened since.
            (self.stamp, self.verified) = (None, Some(now));
            self.poll = Some(now + self.settings.poll);
        }
        self.followed.insert(id, asker);
        // A poll may have told of it before anybody knew its number.
        self.due.insert(id);
        self.look();
    }

    fn unfollow(&mut self, id: i64) {
        self.followed.remove(&id);
        self.due.remove(&id);
        if self.followed.is_empty() {
            self.poll = None;
        }
    }
}

impl Client {
    fn wire(&mut self, output: Output) {
        self.outputs.push_back(output.into());
    }

    fn described(&mut self, profile: &Result<&Profile, String>) {
        let profile = profile.as_ref().map_or(&self.configured.1, |profile| *profile).clone();
        self.speak(&profile);
        for (message, asked) in self.held.take().unwrap_or_default() {
            self.post(&message, asked);
        }
        if std::mem::take(&mut self.describing) {
            self.probe();
        }
    }
}
