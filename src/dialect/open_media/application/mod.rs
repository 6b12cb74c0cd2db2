//! The Open Media Service as its clients see it: their log-ons, the limits of their requests, and the status of each. It owns no
//! requests' work: messages of the vocabulary go to a platform behind it and come back, be it a real service's conversation or a
//! router to play with.

mod behind;
mod cache;
mod check;
mod words;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use hashbrown::HashMap;
use secrecy::SecretString;

use super::{accepted, status};
use crate::{
    dialect::log_ons::{LogOn, LogOns, Refused},
    message::{Kind, Message},
    port::{
        ApplicationConversation, ApplicationOutput, Audience, Bound, Directory, Filterable, Guest, Heard, HttpRequest,
        Input, Notice, Output, Reply, Taken, Texts,
    },
    settings::TryLimits,
    time::{self, Time},
    vocabulary::{ObjectTemplate, Profile, Vocabulary, fault},
    wire::soap::{self, Blame},
};
use cache::Cache;
pub use cache::{Status, Update};
use words::Words;

/// How clients are served.
#[derive(Debug, Clone)]
pub struct Settings {
    pub users: BTreeMap<String, SecretString>,
    pub tries: TryLimits,
    /// Users who may only ask how things are.
    pub read_only: BTreeSet<String>,
    /// How long updates are kept, and requests that are over.
    pub expiry: Duration,
    /// How many requests are remembered. Where all of them are open, another is answered with GeneralError.
    pub max_requests: usize,
    /// How many updates of one request are kept; the oldest go first.
    pub max_updates: usize,
    /// How many questions may wait for what is behind; another is answered with a fault.
    pub max_waiting: usize,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            users: BTreeMap::new(),
            tries: TryLimits::default(),
            read_only: BTreeSet::new(),
            expiry: Duration::from_secs(30 * 60),
            max_requests: 10_000,
            max_updates: 100,
            max_waiting: 1000,
        }
    }
}

/// What became of a question.
#[derive(Debug, Clone, Copy)]
enum Answer<'a> {
    /// A reply of the vocabulary, or one of its faults.
    Reply(&'a Message),
    /// It did not get there: nothing was done.
    NotSent(&'a str),
    /// It may have been done, or not.
    Unknown(&'a str),
}

/// A question that waits for its answer.
#[derive(Debug)]
struct Waiting {
    token: u64,
    request: Kind,
    user: Arc<str>,
    /// The request that it is about.
    id: i64,
    /// The group that it is to go to.
    group: i64,
}

/// Why a client is refused: with a fault of the vocabulary, or one without a type.
#[derive(Debug)]
struct Refusal {
    fault: Option<&'static str>,
    blame: Blame,
    reason: String,
    /// Why, and who, where only the log is to know it.
    who: Option<(&'static str, String)>,
}

impl Refusal {
    fn of(fault: &'static str, reason: impl Into<String>) -> Refusal {
        Refusal { fault: Some(fault), blame: Blame::Client, reason: reason.into(), who: None }
    }

    fn plain(blame: Blame, reason: impl Into<String>) -> Refusal {
        Refusal { fault: None, blame, reason: reason.into(), who: None }
    }
}

/// A request whose sender's password is being verified.
#[derive(Debug)]
struct Parked {
    token: u64,
    user: Arc<str>,
    kind: Kind,
    wrong: Option<String>,
    message: Message,
}

/// How a request is done.
enum Done {
    /// It is answered with what is in this message.
    Now(Message),
    /// What is behind is asked.
    Ask { id: i64, group: i64 },
}

/// The service for one application. See the module.
#[derive(Debug)]
pub struct Server {
    settings: Settings,
    words: Words,
    profile: Profile,
    replies: HashMap<Kind, ObjectTemplate>,
    cache: Cache,
    log_ons: LogOns<Parked>,
    waiting: HashMap<u64, Waiting>,
    next_ask: u64,
    /// Why what is behind cannot be asked.
    down: Option<String>,
    /// Updates of requests whose adding is not answered yet.
    early: Vec<(i64, Status)>,
    added: Option<i64>,
    outputs: VecDeque<ApplicationOutput>,
    /// Counts of characters in requests that became U+FFFD.
    texts: Texts,
}

/// What a client is told whose log-on is wrong.
const WRONG: &str = "unknown LogonID or wrong Password";

/// The refusal of a log-on. Only the log is to know why, and whose.
fn turned_away(user: &str, Refused { cause, told }: Refused) -> Refusal {
    Refusal { who: Some((cause, user.to_owned())), ..Refusal::of("InvalidUserFault", told) }
}

/// How many updates are kept of requests that nobody is known to have added.
const MOST_EARLY: usize = 1000;

impl Server {
    pub fn new(mut settings: Settings, vocabulary: Arc<Vocabulary>, profile: Profile) -> Server {
        let requests = vocabulary.kinds().filter(|(_, def)| def.reply.is_some()).map(|(kind, _)| kind);
        let replies = requests.filter_map(|kind| Some((kind, ObjectTemplate::reply(&vocabulary, &profile, kind)?)));
        Server {
            replies: replies.collect(),
            cache: Cache::new(settings.expiry, settings.max_requests, settings.max_updates),
            words: Words::new(vocabulary),
            log_ons: LogOns::new(std::mem::take(&mut settings.users), settings.tries, WRONG),
            settings,
            profile,
            waiting: HashMap::new(),
            next_ask: 0,
            down: Some("no Open Media platform is connected".into()),
            early: Vec::new(),
            added: None,
            outputs: VecDeque::new(),
            texts: Texts::default(),
        }
    }

    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    // ── what clients ask ──────────────────────────────────────────────────────────────────────────────────────────────

    /// One HTTP POST. What it asks is left in `message`.
    pub fn request(&mut self, now: Time, request: &HttpRequest<'_>, message: &mut Message) {
        message.clear();
        if let Err(refusal) = self.handle(now, request, message) {
            self.refuse(request.token, &refusal);
        }
    }

    fn handle(&mut self, now: Time, request: &HttpRequest<'_>, message: &mut Message) -> Result<(), Refusal> {
        let plain = |reason: String| Refusal::plain(Blame::Client, reason);
        let read = soap::parse(request.body, request.charset);
        let envelope = read.map_err(|error| Refusal::plain(error.blame(), error.to_string()))?;
        for notice in self.texts.count(envelope.replaced) {
            self.say(notice);
        }
        let vocabulary = self.words.vocabulary.clone();
        let name = &envelope.body.name;
        let kind = vocabulary.operation(name).ok_or_else(|| plain(format!("there is no operation {name:?}")))?;
        let read = vocabulary.read_xml(kind, &envelope.body, message);
        let wrong = read.err().map(|wrong| format!("{}: {wrong}", vocabulary.message(kind).label));
        let header = |name: &str| {
            let found = envelope.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
            found.map_or("", |header| header.text.trim())
        };
        let (user, password, token) = (header("LogonID"), header("Password"), request.token);
        let park = || Parked { token, user: user.into(), kind, wrong: wrong.clone(), message: message.clone() };
        match self.log_ons.judge(now, request.peer, user, password, park) {
            LogOn::Judged(Ok(())) => self.admitted(now, token, user.into(), kind, wrong, message),
            LogOn::Judged(Err(refused)) => Err(turned_away(user, refused)),
            LogOn::Waits(output) => {
                self.outputs.extend(output.map(Into::into));
                Ok(())
            }
        }
    }

    /// The passwords of requests that waited were verified.
    fn verified(&mut self, now: Time, token: u64, is_right: Option<bool>) {
        let (requests, judged) = self.log_ons.verified(now, token, is_right);
        for Parked { token, user, kind, wrong, message } in requests {
            let done = match judged.clone() {
                Ok(()) => self.admitted(now, token, user, kind, wrong, &message),
                Err(refused) => Err(turned_away(&user, refused)),
            };
            if let Err(refusal) = done {
                self.refuse(token, &refusal);
            }
        }
    }

    /// Does a request of a user whose password was right. `wrong` says what could not be read of it.
    fn admitted(
        &mut self,
        now: Time,
        token: u64,
        user: Arc<str>,
        kind: Kind,
        wrong: Option<String>,
        message: &Message,
    ) -> Result<(), Refusal> {
        let is_question = self.words.vocabulary.message(kind).label.starts_with("Get");
        if self.settings.read_only.contains(&*user) && !is_question {
            return Err(Refusal::of("InvalidUserFault", "this user may only ask how things are"));
        }
        if let Some(wrong) = wrong {
            return Err(Refusal::plain(Blame::Client, wrong));
        }
        match self.consider(now, &user, kind, message)? {
            Done::Now(reply) => self.reply(token, kind, &reply),
            Done::Ask { id, group } => self.ask(Waiting { token, request: kind, user, id, group }, message)?,
        }
        Ok(())
    }

    /// What is to be done about a request, as far as what is here can tell.
    fn consider(&mut self, now: Time, user: &str, kind: Kind, message: &Message) -> Result<Done, Refusal> {
        let label = self.words.vocabulary.message(kind).label.clone();
        self.check(now, user, &label, message)?;
        let id = self.words.int(message, "OpenMediaID");
        let later_than =
            || self.words.field(message, "retrieveLaterThan").text().and_then(time::parse_since).unwrap_or(0);
        let updates = match label.as_str() {
            "AddRequest" if !self.cache.has_room(now) => {
                let reason = Some(format!("{} are open already", self.settings.max_requests));
                self.say(Notice::RequestRefused { cause: "too many are open", user: None, fault: None, reason });
                return Ok(Done::Now(self.words.added(accepted::GENERAL_ERROR, 0)));
            }
            "DivertRequest" if self.is_over(now, user, id) => {
                return Ok(Done::Now(self.words.diverted(accepted::GENERAL_ERROR, id)));
            }
            "ModifyRequest" if self.is_over(now, user, id) => return Ok(Done::Now(self.words.modified(false))),
            "GetOpenMediaRequestStatusByID" => {
                let current = self.cache.current(now, user, id);
                // Where a request stands in the queue only the service knows.
                if self.down.is_none() && current.as_ref().is_some_and(|update| !status::is_final(update.status.status))
                {
                    return Ok(Done::Ask { id, group: 0 });
                }
                current.into_iter().collect()
            }
            "GetOpenMediaRequestHistoryByID" => self.cache.later(now, user, Some(id), later_than()),
            "GetOpenMediaRequestsByTime" => self.cache.later(now, user, None, later_than()),
            "GetAllOpenMediaRequestStatus" => self.cache.all(now, user),
            _ => {
                let group = self.words.int(message, "ServiceGroupID");
                return match &self.down {
                    Some(why) => Err(Refusal::of("RouterDisconnectedFault", why.clone())),
                    None => Ok(Done::Ask { id, group }),
                };
            }
        };
        Ok(Done::Now(self.updates_reply(now, kind, &updates)))
    }

    fn updates_reply(&mut self, now: Time, request: Kind, updates: &[Update]) -> Message {
        let stamp = self.cache.answer_stamp(now);
        self.words.updates(request, stamp, updates)
    }

    fn is_over(&self, now: Time, user: &str, id: i64) -> bool {
        self.cache.current(now, user, id).is_none_or(|update| status::is_final(update.status.status))
    }

    fn ask(&mut self, waiting: Waiting, message: &Message) -> Result<(), Refusal> {
        if self.waiting.len() >= self.settings.max_waiting {
            let most = self.settings.max_waiting;
            return Err(Refusal::plain(
                Blame::Server,
                format!("{most} requests wait for the service: try again later"),
            ));
        }
        self.next_ask += 1;
        self.waiting.insert(self.next_ask, waiting);
        let message = Box::new(message.clone());
        self.outputs.push_back(ApplicationOutput::Ask { ask: self.next_ask, message });
        Ok(())
    }

    // ── answers ───────────────────────────────────────────────────────────────────────────────────────────────────────

    fn reply(&mut self, token: u64, request: Kind, message: &Message) {
        let Some(template) = self.replies.get(&request) else { return };
        let mut body = Vec::with_capacity(1024);
        template.write(&self.words.vocabulary, message, &mut body);
        self.wire(Output::Respond { token, reply: Reply { status: 200, body } });
    }

    fn refuse(&mut self, token: u64, refusal: &Refusal) {
        let Refusal { fault: name, blame, reason, who } = refusal;
        let kind = name.and_then(|name| self.words.vocabulary.find(name));
        let body = match kind {
            Some(kind) => fault(&self.words.vocabulary, &self.profile, kind, *blame, reason),
            None => soap::fault(*blame, reason, None),
        };
        // A reason may show what the client gave: the log is told the kind of fault only.
        let of_kind = name.unwrap_or("a fault without a type");
        let (cause, user) = who.clone().map_or((of_kind, None), |(cause, user)| (cause, Some(user)));
        self.say(Notice::RequestRefused { cause, user, fault: *name, reason: None });
        self.wire(Output::Respond { token, reply: Reply { status: 500, body } });
    }

    fn wire(&mut self, output: Output) {
        self.outputs.push_back(output.into());
    }

    fn say(&mut self, notice: Notice) {
        self.wire(notice.into());
    }
}

impl ApplicationConversation for Server {
    fn handle(&mut self, now: Time, input: &mut Input<'_>, _: &dyn Directory, message: &mut Message) -> Option<Taken> {
        match input {
            Input::Request(request) => {
                self.request(now, request, message);
                Some(Taken::heard(Heard::Nothing))
            }
            Input::Verified { token, is_right } => {
                self.verified(now, *token, *is_right);
                Some(Taken::Nothing)
            }
            // Clients post, and nobody calls them back.
            Input::Opened { .. }
            | Input::Bytes { .. }
            | Input::Text { .. }
            | Input::Answered { .. }
            | Input::Delivered { .. }
            | Input::Described { .. }
            | Input::Closed { .. } => None,
        }
    }

    /// Clients ask; nobody is told.
    fn publish(&mut self, _: &mut Message, _: &Filterable<'_>, _: Audience) -> usize {
        0
    }

    fn set_epoch(&mut self, epoch: u64) {
        self.cache.set_epoch(epoch);
    }

    fn poll(&mut self) -> Option<ApplicationOutput> {
        self.outputs.pop_front()
    }

    fn deadline(&self) -> Option<Time> {
        self.cache.deadline()
    }

    fn expire(&mut self, now: Time) {
        self.cache.expire(now);
    }

    fn user_of(&self, _: u32) -> Option<&str> {
        None
    }

    fn sessions(&self) -> Vec<u32> {
        Vec::new()
    }

    fn lost(&self) -> Vec<(&'static str, u64)> {
        Vec::new()
    }

    fn exchange_users(&mut self, users: Vec<(String, SecretString)>, read_only: &[String]) -> bool {
        self.log_ons.exchange(users);
        self.settings.read_only = read_only.iter().cloned().collect();
        true
    }

    fn bounds(&self) -> Vec<Bound> {
        vec![("max_requests", self.cache.len(), self.settings.max_requests)]
    }

    fn texts(&self) -> &Texts {
        &self.texts
    }

    fn refused(&self) -> Vec<(&'static str, u64)> {
        vec![("old-update", self.cache.dropped)]
    }

    fn remembered(&self) -> Option<usize> {
        Some(self.cache.len())
    }

    fn guest(&mut self) -> Option<&mut dyn Guest> {
        Some(self)
    }
}

#[cfg(test)]
mod tests;
