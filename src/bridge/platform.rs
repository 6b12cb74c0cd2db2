//! One platform: its conversation, its picture, and the rules between them.

use std::{collections::VecDeque, fmt, sync::Arc};

use hashbrown::{HashMap, HashSet};

use super::{
    ids::New,
    passing::{PassedRequests, Records},
    picture::{Live, RouteOrder},
    routes::{self, News},
};
use crate::{
    mapping::{Incoming, Literal, Outgoing},
    message::{Kind, Message, Value},
    model::{
        Call, CallIx, CallNames, Change, ChangeKind, Device, DeviceKind, Effect, Id, Model, RequestIx, Transition,
        TransitionKind,
    },
    port::{
        Asker, Heard, Input, Notice, Output, PlatformConversation, PlatformOutput, PostOutcome, Reading, Taken, Texts,
        Unread,
    },
    time::{self, Clock, Time, Zone},
    vocabulary::{
        Decoded, JsonError, Profile, Role, Vocabulary, Wanted, Which,
        wsdl::{Fitted, Part, Remark, Weight},
    },
    wire::replaced::Replaced,
};

/// What a platform is made of.
pub struct PlatformParts {
    pub name: String,
    pub conversation: Box<dyn PlatformConversation>,
    pub model: Model,
    pub incoming: Arc<Incoming>,
    pub outgoing: Arc<Outgoing>,
    pub knobs: Vec<Literal>,
    /// Of a routing platform: its own numbers of other platforms' services, where they differ.
    pub service_groups: HashMap<i64, i64>,
}

#[derive(Debug)]
pub struct Platform {
    pub name: String,
    pub conversation: Box<dyn PlatformConversation>,
    pub model: Model,
    pub incoming: Arc<Incoming>,
    outgoing: Arc<Outgoing>,
    knobs: Vec<Literal>,
    /// Counts of characters in the platform's messages that became U+FFFD.
    pub texts: Texts,
    /// What the conversation wants of the shell.
    wanted: VecDeque<Output>,
    message: Message,
    /// Messages are read whole, because somebody gets them as they are.
    pub tells_all: bool,
    /// The message is one that nobody has passed on yet.
    has_event: bool,
    /// The request that passed and that the message answers.
    answers: Option<RequestIx>,
    /// The message says that the request failed.
    pub(super) is_failure: bool,
    /// Requests of applications of the platform's own dialect.
    pub(super) passed: PassedRequests,
    /// The platform's own words of what snapshots show.
    pub(super) records: Records,
    /// Those of them that the platform cannot answer any more, with the reasons.
    unanswerable: Vec<(RequestIx, String)>,
    /// The platform's routes are selected by the bridge: its messages about routes do not pass.
    pub is_routed: bool,
    /// The message is for a guest, who has not got it yet.
    guest: Option<u64>,
    /// Guests' questions that have no answer.
    unanswered: Vec<Unanswered>,
    link_changed: bool,
    /// What was heard of routes, and whose order the answer is that is being read.
    pub route_news: Vec<routes::Heard>,
    route_asker: Option<(u64, TransitionKind)>,
    /// Why the platform is away.
    pub away: Option<String>,
    /// Its own numbers of other platforms' services, where they differ.
    pub service_groups: HashMap<i64, i64>,
    pub counts: Counts,
    /// Fields of the message that was read last that the vocabulary does not know, and those that were said.
    unknown_fields: Vec<String>,
    said_fields: HashSet<(Kind, String)>,
    /// What the WSDLs of the platform's services came to, by their addresses.
    descriptions: HashMap<Arc<str>, Description>,
    clock: Clock,
    /// When the clock began, in milliseconds since 1970.
    pub epoch: Option<u64>,
    /// The moment of the message being told, as contact centres write it: the platform's local time, and UTC.
    stamp: [String; 2],
    /// The second of UTC that `stamp` holds, and how far local time was ahead of it.
    stamped: (u64, i64),
}

/// A guest's question that has no answer.
#[derive(Debug)]
pub struct Unanswered {
    pub guest: u64,
    pub reason: String,
    /// The platform may have done it nevertheless.
    pub unknown: bool,
}

/// What a service's WSDL came to.
#[derive(Debug, Default)]
struct Description {
    /// What was said of it.
    notices: Vec<Notice>,
    profile: Option<Profile>,
}

/// What a platform's messages came to, by the places of messages and rules in their plans.
#[derive(Debug, Default)]
pub struct Counts {
    pub read: Vec<u64>,
    pub rules: Vec<u64>,
    pub orders: Vec<u64>,
    pub effects: Vec<(Effect, u64)>,
    pub unknown: u64,
    pub malformed: u64,
    pub too_long: u64,
    pub unknown_fields: u64,
    /// Texts and lists that were longer than the platform takes.
    pub cut: u64,
    /// Posts that were answered, that the platform cannot have seen, and of which nobody knows.
    pub answered: u64,
    pub not_sent: u64,
    pub unknown_outcome: u64,
}

/// The request that a message answers.
#[derive(Debug, Clone, Copy)]
enum Answers {
    Nothing,
    /// A request of the model, by its id on the platform's side.
    Request(Id<'static>),
    /// A question of the conversation about this agent.
    About(i64),
    /// A request that went to the platform whole. The platform's answer goes on whole, too.
    Passed,
}

/// Why a line was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bad {
    /// The name of the message that the line holds, as far as it can be read.
    pub message: Option<String>,
    pub reason: String,
}

impl Bad {
    pub fn of(reason: impl Into<String>) -> Bad {
        Bad { message: None, reason: reason.into() }
    }

    fn notice(self) -> Notice {
        Notice::MessageUnusable { message_name: self.message, reason: self.reason }
    }
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match &self.message {
            Some(message) => write!(f, "{message}: {}", self.reason),
            None => f.write_str(&self.reason),
        }
    }
}

impl Platform {
    pub fn new(parts: PlatformParts) -> Platform {
        let counts = Counts {
            read: vec![0; parts.incoming.vocabulary.messages.len()],
            rules: vec![0; parts.incoming.rule_names.len()],
            orders: vec![0; parts.outgoing.rule_names.len()],
            ..Counts::default()
        };
        let mut model = parts.model;
        if parts.incoming.tells_outcomes() {
            model.expect_outcomes();
        }
        if let Some(space) = parts.incoming.vocabulary.call_names.iter().position(|name| name == "guid") {
            model.name_calls_uniquely(space as u8);
        }
        Platform {
            name: parts.name,
            conversation: parts.conversation,
            model,
            incoming: parts.incoming,
            outgoing: parts.outgoing,
            knobs: parts.knobs,
            texts: Texts::default(),
            wanted: VecDeque::new(),
            message: Message::default(),
            tells_all: false,
            has_event: false,
            answers: None,
            is_failure: false,
            passed: PassedRequests::default(),
            records: Records::default(),
            unanswerable: Vec::new(),
            is_routed: false,
            guest: None,
            unanswered: Vec::new(),
            link_changed: false,
            route_news: Vec::new(),
            route_asker: None,
            away: None,
            service_groups: parts.service_groups,
            counts,
            unknown_fields: Vec::new(),
            said_fields: HashSet::new(),
            descriptions: HashMap::new(),
            clock: Clock::default(),
            epoch: None,
            stamp: Default::default(),
            stamped: (0, 0),
        }
    }

    /// An application of the platform's own dialect hears it: messages are read whole.
    pub fn tell_all(&mut self) {
        self.tells_all = true;
        self.records = Records::new(&self.incoming.vocabulary);
    }

    /// Sets the moment of the messages that follow, for dialects that write it. The moment is taken from the platform's
    /// clock, so that it agrees with the times in the platform's own messages.
    pub fn stamp(&mut self, now: Time) {
        let Some(epoch) = self.epoch else { return };
        let (moment, ahead) = self.clock.now(epoch + now.0);
        if (moment / 1000, ahead) != self.stamped {
            self.stamped = (moment / 1000, ahead);
            self.stamp = [local(moment, ahead), time::write_civil(moment)];
        }
    }

    /// The moment of the message being told: local time, and UTC.
    pub fn stamps(&self) -> [&str; 2] {
        self.stamp.each_ref().map(String::as_str)
    }

    /// A moment, in the platform's local time.
    pub fn local(&self, moment: u64) -> String {
        local(moment, self.clock.ahead(moment))
    }

    /// A moment of the bridge's clock in the platform's local time, to the second.
    pub fn civil(&self, at: Time) -> String {
        self.local(self.epoch.map_or(0, |epoch| epoch + at.0) / 1000 * 1000)
    }

    /// Sets the zone of a platform whose messages tell none.
    pub fn set_zone(&mut self, zone: Zone) {
        self.clock.set_zone(zone);
    }

    /// A guid for a call that the platform gives none. The same platform, number and day always give the same guid. A
    /// further call of that number on the same day adds the moment of its beginning.
    pub fn mint_guid(&self, call: &Call) -> Box<str> {
        let number = call.names.first().map(|name| format!("{}/{}", name.space, name.id)).unwrap_or_default();
        let day = self.stamp[1].get(..10).unwrap_or_default();
        let again = call.again_at.map(|moment| format!("/{moment}")).unwrap_or_default();
        let name = format!("{}/{number}/{day}{again}", self.name);
        uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, name.as_bytes()).to_string().into()
    }

    /// Whether an event follows a call that was told to be over although the platform had not said so.
    pub fn follows_spent(&self, event: &Message) -> bool {
        let Some(kind) = event.kind().filter(|_| self.model.has_spent_names()) else { return false };
        let def = self.incoming.vocabulary.message(kind);
        let mut names = CallNames::default();
        for (place, name) in names.0.iter_mut().enumerate() {
            if let Some(slot) = def.role(Role::Call(Which::Call, place as u8)) {
                *name = Id::from_value(event.get(slot));
            }
        }
        self.model.is_spent(&names)
    }

    /// The platform's own number of a call, where it has one.
    pub fn native_number(&self, call: &Call) -> Option<i64> {
        call.name(self.number_place()?).and_then(|id| id.as_id().as_int())
    }

    /// The place of the platform's own number among a call's names.
    pub fn number_place(&self) -> Option<u8> {
        let place = self.incoming.vocabulary.call_names.iter().position(|name| name == "id")?;
        u8::try_from(place).ok()
    }

    /// Whether the platform routes calls as it is told to.
    pub fn routes_calls(&self) -> bool {
        !self.outgoing.plans[TransitionKind::SelectRoute as usize].rules.is_empty()
    }

    /// The rules by which the platform is asked to do things.
    pub fn outgoing(&self) -> &Outgoing {
        &self.outgoing
    }

    /// Hands the conversation the profile that fits the WSDL of the service at this address. What the WSDL came to is said
    /// when it is not what was said of it before; where it cannot be read any more, what it said last serves.
    pub fn described(&mut self, now: Time, url: &Arc<str>, found: Result<Fitted, String>) {
        let last = self.descriptions.remove(url).unwrap_or_default();
        let (notices, profile) = match found {
            Ok(fitted) => (notices(&fitted), Some(fitted.profile)),
            Err(reason) => {
                let serves = if last.profile.is_some() { "its last content" } else { "the configured profile" };
                (vec![Notice::WsdlUnreadable { reason, serves }], last.profile)
            }
        };
        if last.notices != notices {
            self.wanted.extend(notices.iter().cloned().map(Output::from));
        }
        let known = profile.as_ref().ok_or_else(|| "its WSDL is not known".to_owned());
        self.take_next(now, &mut Input::Described { profile: known }, &mut Vec::new());
        self.descriptions.insert(url.clone(), Description { notices, profile });
    }

    /// Takes in the next message of an input; a message that cannot be read is said and passed over. Returns whether
    /// there was one.
    pub fn take_next(&mut self, now: Time, input: &mut Input<'_>, notices: &mut Vec<Notice>) -> bool {
        (self.has_event, self.is_failure) = (false, false);
        let mut message = std::mem::take(&mut self.message);
        if let Input::Answered { outcome, .. } = input {
            self.count_outcome(outcome);
        }
        if !matches!(input, Input::Bytes { .. }) {
            message.clear();
        }
        let Platform { incoming, tells_all, conversation, .. } = self;
        let everything = Wanted::new();
        let wanted = if *tells_all { &everything } else { &incoming.wanted };
        let reading = Reading { vocabulary: &incoming.vocabulary, wanted };
        let taken = conversation.handle(now, input, &reading, &mut message);
        let is_one = taken.is_some();
        let read = match taken {
            None | Some(Taken::Nothing) => Ok(()),
            Some(Taken::Message { heard, decoded }) => {
                let read = self.take_in(now, heard, decoded, &message).map_err(Bad::notice);
                if !self.unknown_fields.is_empty() {
                    self.say_unknown_fields(&message, notices);
                }
                read
            }
            Some(Taken::Unread(unread)) => self.not_read(&unread),
        };
        self.message = message;
        notices.extend(read.err());
        is_one
    }

    fn count_outcome(&mut self, outcome: &PostOutcome) {
        match outcome {
            PostOutcome::Answer { .. } => self.counts.answered += 1,
            PostOutcome::NotSent(_) | PostOutcome::Crowded(_) => self.counts.not_sent += 1,
            PostOutcome::Unknown(_) => self.counts.unknown_outcome += 1,
        }
    }

    /// Counts characters that became U+FFFD, and logs each sort of them once.
    fn say_replaced(&mut self, replaced: Replaced) {
        self.wanted.extend(self.texts.count(replaced).into_iter().map(Output::from));
    }

    /// The message that was read last, if it is to be passed on, and the request that passed and that it answers, until
    /// it is taken.
    pub fn take_event(&mut self) -> Option<(Message, Option<RequestIx>)> {
        std::mem::take(&mut self.has_event).then(|| (std::mem::take(&mut self.message), self.answers.take()))
    }

    /// Requests that passed and that cannot be answered any more, since this was asked last.
    pub fn take_unanswerable(&mut self) -> Vec<(RequestIx, String)> {
        std::mem::take(&mut self.unanswerable)
    }

    /// Whether so many requests are open, those that passed included, that no further one passes.
    pub fn has_most_requests(&self) -> bool {
        self.passed.unanswered() + self.model.open_requests() >= self.model.settings().max_requests
    }

    /// The platform's own names of a call, for an application that is told of it or not.
    pub fn numbering(&self, call: CallIx, wants_guid: bool, told: bool) -> New {
        let Some(known) = self.model.find_call(call) else { return New { native: None, told, guid: None } };
        let lacks_guid = known.renamed || !self.model.is_named_uniquely(known);
        let guid = (wants_guid && lacks_guid).then(|| self.mint_guid(known));
        New { native: self.native_number(known).filter(|_| !known.renamed), told, guid }
    }

    /// The guest for whom the message is that was read last, and the message, until it is taken.
    pub fn take_guest(&mut self) -> Option<(u64, Message)> {
        let guest = self.guest.take()?;
        Some((guest, std::mem::take(&mut self.message)))
    }

    /// Gives the memory of an event back that was taken.
    pub fn keep(&mut self, message: Message) {
        self.message = message;
    }

    /// Reports the link as lost or back, as a conversation would.
    pub fn set_link(&mut self, now: Time, is_up: bool) {
        self.link_changed = true;
        if is_up {
            self.away = None;
            self.model.link_up(now);
        } else {
            let reason = "the connection was lost";
            self.away = Some(format!("{}: {reason}", self.name));
            self.model.link_down(now, reason);
        }
    }

    /// Takes in one message as its text, of a platform that is a file.
    pub fn line(&mut self, now: Time, text: &str) -> Result<(), Bad> {
        (self.has_event, self.is_failure) = (false, false);
        let mut message = std::mem::take(&mut self.message);
        let everything = Wanted::new();
        let wanted = if self.tells_all { &everything } else { &self.incoming.wanted };
        let result = match self.incoming.vocabulary.read_json(text, false, wanted, &mut message) {
            Ok(decoded) => {
                let heard = self.conversation.lines().map_or(Heard::Event, |lines| lines.heard(now, &message));
                self.take_in(now, heard, decoded, &message)
            }
            Err(error) => {
                self.unread(now, text);
                self.count_unread(&error);
                Err(Bad::of(error.to_string()))
            }
        };
        self.message = message;
        result
    }

    /// A line of a platform that is a file was no message.
    pub fn unread(&mut self, now: Time, text: &str) {
        if let Some(lines) = self.conversation.lines() {
            lines.unread(now, Some(text));
        }
    }

    /// Says once of each field that the vocabulary does not know in which message it came. A platform can make up any number.
    #[cold]
    fn say_unknown_fields(&mut self, message: &Message, notices: &mut Vec<Notice>) {
        const MOST: usize = 100;
        const LONGEST: usize = 100;
        let fields = std::mem::take(&mut self.unknown_fields);
        let Some(kind) = message.kind() else { return };
        for mut field in fields {
            field.truncate(field.floor_char_boundary(LONGEST));
            let key = (kind, field);
            if self.said_fields.len() == MOST || self.said_fields.contains(&key) {
                continue;
            }
            let message_name = self.incoming.vocabulary.message(kind).label.clone();
            notices.push(Notice::FieldUnknown { message_name, field: key.1.clone() });
            self.said_fields.insert(key);
            if self.said_fields.len() == MOST {
                notices.push(Notice::FieldsOnlyCounted {});
            }
        }
    }

    /// A message of which a field could not be taken in.
    #[cold]
    fn malformed(&mut self, message: &Message, malformed: &str) -> Bad {
        self.counts.malformed += 1;
        let kind = message.kind().map(|kind| self.incoming.vocabulary.message(kind).label.as_str());
        Bad { message: kind.map(str::to_owned), reason: format!("{malformed}; the field was passed over") }
    }

    /// Counts a message that could not be read. The error is what is wrong with it, if that is to be said.
    #[cold]
    fn not_read(&mut self, unread: &Unread) -> Result<(), Notice> {
        match unread {
            Unread::TooLong(limit) => {
                self.counts.too_long += 1;
                Err(Notice::MessageTooLong { limit: *limit })
            }
            // The conversation has said why.
            Unread::Refused => {
                self.counts.malformed += 1;
                Ok(())
            }
            Unread::Json(error) => {
                self.count_unread(error);
                Err(match error {
                    JsonError::Unknown(name) => Notice::MessageUnknown { message_name: name.clone() },
                    JsonError::Syntax(_) | JsonError::NotAnObject | JsonError::Nameless => {
                        Notice::MessageUnusable { message_name: None, reason: error.to_string() }
                    }
                })
            }
        }
    }

    fn count_unread(&mut self, error: &JsonError) {
        match error {
            JsonError::Unknown(_) => self.counts.unknown += 1,
            JsonError::Syntax(_) | JsonError::NotAnObject | JsonError::Nameless => self.counts.malformed += 1,
        }
    }

    /// Lets the picture follow from what the conversation found out.
    fn converse(&mut self, now: Time) {
        while let Some(output) = self.conversation.poll() {
            match output {
                PlatformOutput::Up => {
                    self.link_changed = true;
                    self.away = None;
                    self.model.link_up(now);
                }
                PlatformOutput::Down(reason) => {
                    self.link_changed = true;
                    let why = format!("{}: {reason}", self.name);
                    let unanswered = self.passed.all_unanswered();
                    self.unanswerable.extend(unanswered.into_iter().map(|request| (request, why.clone())));
                    self.away = Some(why);
                    self.model.link_down(now, &reason);
                }
                PlatformOutput::Resync => self.model.resync(now),
                PlatformOutput::Failed(request, reason) if PassedRequests::is_passed(request) => {
                    self.unanswerable.push((request, reason));
                }
                PlatformOutput::Failed(request, reason) => self.model.fail_request(now, request, reason),
                PlatformOutput::NoAnswer { asker: Asker::Route { route, order }, reason, unknown } => {
                    let news = News::Failed { reason, unknown };
                    self.route_news.push(routes::Heard { asker: Some((route, order)), id: None, news });
                }
                PlatformOutput::Replaced(replaced) => self.say_replaced(replaced),
                PlatformOutput::NoAnswer { asker: Asker::Guest(guest), reason, unknown } => {
                    self.unanswered.push(Unanswered { guest, reason, unknown });
                }
                PlatformOutput::Wire(output) => self.wanted.push_back(output),
            }
        }
    }

    /// The next thing that the conversation wants of the shell.
    pub fn poll(&mut self, now: Time) -> Option<Output> {
        self.converse(now);
        self.wanted.pop_front()
    }

    /// Guests' questions that have no answer, since this was asked last.
    pub fn take_unanswered(&mut self) -> Vec<Unanswered> {
        std::mem::take(&mut self.unanswered)
    }

    /// Whether the link came or went since this was asked last.
    pub fn take_link_change(&mut self) -> bool {
        std::mem::take(&mut self.link_changed)
    }

    /// Lets everything follow from a message that was read; the error is what is wrong with it.
    fn take_in(&mut self, now: Time, heard: Heard, decoded: Decoded, message: &Message) -> Result<(), Bad> {
        self.counts.unknown_fields += decoded.unknown.len() as u64;
        self.unknown_fields = decoded.unknown;
        self.say_replaced(decoded.replaced);
        if let Some(kind) = message.kind() {
            self.counts.read[kind.0 as usize] += 1;
        }
        // What a message shows of the link comes before what it says.
        self.converse(now);
        let taken = self.follow(now, heard, message);
        // A malformed field is reported in preference to a rule's outcome.
        decoded.malformed.map_or(taken, |malformed| Err(self.malformed(message, &malformed)))
    }

    fn follow(&mut self, now: Time, heard: Heard, message: &Message) -> Result<(), Bad> {
        if self.tells_all {
            self.records.note(&self.incoming.vocabulary, message, &self.model);
        }
        match heard {
            Heard::Event => {
                self.has_event = true;
                return self.apply(now, message, Answers::Nothing);
            }
            Heard::Shown => return self.apply(now, message, Answers::Nothing),
            Heard::Answer(request) if PassedRequests::is_passed(request) => {
                self.has_event = self.answer_passed(now, request, message);
                if self.has_event {
                    self.answers = Some(request);
                    return self.apply(now, message, Answers::Passed);
                }
            }
            Heard::Answer(request) => {
                return self.apply(now, message, Answers::Request(Model::request_handle(request)));
            }
            Heard::About(agent) => return self.apply(now, message, Answers::About(agent)),
            Heard::For(Asker::Route { route, order }) => {
                self.route_asker = Some((route, order));
                let taken = self.apply(now, message, Answers::Nothing);
                self.route_asker = None;
                return taken;
            }
            Heard::For(Asker::Guest(guest)) => self.guest = Some(guest),
            // Only applications' conversations have sessions.
            Heard::Asked { .. } | Heard::Online { .. } | Heard::Nothing => {}
        }
        Ok(())
    }

    fn apply(&mut self, now: Time, message: &Message, answers: Answers) -> Result<(), Bad> {
        let incoming = &self.incoming;
        let kind = message.kind().map_or(0, |kind| kind.0 as usize);
        if incoming.plans[kind].rules.is_empty() {
            return Ok(());
        }
        let own = self.epoch.map(|epoch| epoch + now.0);
        let clock = shown(&incoming.vocabulary, message).and_then(|[local, utc]| self.clock.read(own, local, utc));
        let clock = clock.or(own);
        self.model.begin(now, clock);
        self.model.set_ahead(clock.map_or(0, |moment| self.clock.ahead(moment)));
        let (model, counts) = (&mut self.model, &mut self.counts);
        let (route_news, asker) = (&mut self.route_news, self.route_asker);
        let (is_routed, has_event, is_failure) = (self.is_routed, &mut self.has_event, &mut self.is_failure);
        let mut fault = None;
        incoming.changes(message, |rule, change| {
            counts.rules[rule] += 1;
            if is_routed
                && matches!(
                    change.kind,
                    ChangeKind::RouteAsked | ChangeKind::Routed | ChangeKind::RouteUsed | ChangeKind::RouteRejected
                )
            {
                *has_event = false;
            }
            if change.kind.is_of_route() {
                let def = &incoming.vocabulary.messages[kind];
                let (id, news) = News::of(change, def.fault.then_some(def.label.as_str()));
                return route_news.push(routes::Heard { asker, id, news });
            }
            let effect = match answers {
                // The platform's number of the request leads to the model's.
                Answers::Request(request) => {
                    let mut answer: Change = change.clone();
                    answer.request = request;
                    model.apply(&answer)
                }
                // Nobody waits for the outcome of a question that the conversation asked.
                Answers::About(_) | Answers::Passed if change.kind.ends_request() => {
                    *is_failure |= change.kind == ChangeKind::RequestFailed;
                    return;
                }
                Answers::About(agent) => {
                    let mut answer: Change = change.clone();
                    answer.request = Id::None;
                    answer.party = Device { kind: Some(DeviceKind::Agent), id: Id::Int(agent), number: "" };
                    model.apply(&answer)
                }
                // The number of a request that nobody here has made.
                Answers::Nothing | Answers::Passed if !change.request.is_none() => {
                    let mut plain: Change = change.clone();
                    plain.request = Id::None;
                    model.apply(&plain)
                }
                Answers::Nothing | Answers::Passed => model.apply(change),
            };
            if effect != Effect::Taken {
                fault = fault.or(effect.fault(change));
                match counts.effects.iter_mut().find(|(known, _)| *known == effect) {
                    Some((_, count)) => *count += 1,
                    None => counts.effects.push((effect, 1)),
                }
            }
        });
        fault.map_or(Ok(()), |fault| Err(Bad::of(format!("{}: {fault}", incoming.vocabulary.messages[kind].label))))
    }

    /// Asks a routing platform for something about a route. `model` is the picture that has its call. Else what the platform
    /// lacks.
    pub fn route(
        &mut self,
        now: Time,
        model: &Model,
        transition: &Transition,
        order: &RouteOrder,
        route: u64,
    ) -> Result<(), String> {
        let outgoing = self.outgoing.clone();
        let mut message = std::mem::take(&mut self.message);
        let live = Live { route: Some(order), ..Live::native(model, transition, &self.knobs, None) };
        let (mut asks, counts) = (self.conversation.asks(), &mut self.counts);
        let mut sent = asks.is_none();
        outgoing.messages(transition.kind, &live, &mut message, |rule, message| {
            counts.orders[rule] += 1;
            counts.cut += outgoing.vocabulary.fit(message) as u64;
            // One order is one message, whatever the rules say.
            if let (false, Some(asks)) = (std::mem::replace(&mut sent, true), &mut asks) {
                asks.ask(now, message, Asker::Route { route, order: transition.kind });
            }
        });
        sent &= asks.is_some();
        self.message = message;
        let lacks = outgoing.plans[transition.kind as usize].ignored.as_deref().unwrap_or("can't do this");
        if sent { Ok(()) } else { Err(format!("{} ({}) {lacks}", self.name, outgoing.vocabulary.title)) }
    }

    /// Tells the conversation which requests have ended, so that it need not watch for their outcomes.
    pub fn tell_ended_requests(&mut self) {
        for request in self.model.ended_requests() {
            self.conversation.ended(*request);
        }
    }

    /// True if the platform can carry out this order on the call or agent that the transition is about.
    pub fn can(&self, order: TransitionKind, transition: &Transition) -> bool {
        let live = Live::native(&self.model, transition, &self.knobs, self.number_place());
        self.outgoing.can(order, &live)
    }

    /// Has the platform do what a request asks for; where it can't, the request fails with what the platform lacks.
    pub fn order(&mut self, now: Time, transition: &Transition) {
        let Some(request) = transition.request else { return };
        self.tell_ended_requests();
        let outgoing = self.outgoing.clone();
        let wish = self.model.request(request).id;
        let mut message = std::mem::take(&mut self.message);
        let live = Live::native(&self.model, transition, &self.knobs, self.number_place());
        let (conversation, counts) = (&mut self.conversation, &mut self.counts);
        let refused = outgoing.refusal(transition.kind, &live);
        let sent = refused.is_none()
            && outgoing.messages(transition.kind, &live, &mut message, |rule, message| {
                counts.orders[rule] += 1;
                conversation.command(now, message, request, wish);
            });
        self.message = message;
        let plan = &outgoing.plans[transition.kind as usize];
        if !sent && refused.is_none() && !plan.steps.is_empty() {
            self.model.take_steps(now, request, &plan.steps);
        } else if !sent {
            let lacks = refused.or(plan.ignored.as_deref()).unwrap_or("can't do this");
            let reason = format!("{} ({}) {lacks}", self.name, outgoing.vocabulary.title);
            self.model.fail_request(now, request, reason);
        }
    }
}

fn local(moment: u64, ahead: i64) -> String {
    time::write_civil(moment.saturating_add_signed(ahead))
}

/// The times in a message, local and UTC; none where the dialect has no such fields.
pub fn shown<'m>(vocabulary: &Vocabulary, message: &'m Message) -> Option<[Option<&'m str>; 2]> {
    let def = vocabulary.message(message.kind()?);
    let shown = [Role::Time, Role::Utc].map(|role| match message.get(def.role(role)?) {
        Value::Text(text) => Some(text),
        _ => None,
    });
    (shown != [None, None]).then_some(shown)
}

/// What an operator should know of a service's WSDL: what is missing or wrong one by one, the rest in a line.
fn notices(fitted: &Fitted) -> Vec<Notice> {
    /// So many are told; a WSDL that differs in more is another service's, or wants a look at the whole comparison.
    const MOST: usize = 10;
    let serious = |remark: &Remark| remark.weight >= Weight::Lacks;
    let said = fitted.remarks().filter(|(_, remark)| serious(remark));
    let notice = |(part, remark): (&Part, &Remark)| Notice::WsdlDiffers {
        part: part.name.to_string(),
        reason: remark.text.to_string(),
    };
    let mut notices: Vec<Notice> = said.map(notice).collect();
    let more_lacks = notices.len().saturating_sub(MOST);
    notices.truncate(MOST);
    let differences = fitted.remarks().filter(|(_, remark)| !serious(remark)).count();
    notices.push(Notice::WsdlFollowed { profile: fitted.profile.name.to_string(), differences, more_lacks });
    notices
}
