//! One platform: its conversation, its picture, and the rules between them.

mod clock;
mod counts;
mod orders;
mod reading;
mod renewal;
mod service;
mod unread;

pub use clock::shown;
pub use counts::Counts;
use std::{collections::VecDeque, fmt, sync::Arc};

use hashbrown::{HashMap, HashSet};

use super::{
    ids::New,
    passing::{PassedRequests, Records},
    routes::{self, News},
    standstill::Standstill,
    story::Teller,
};
use crate::{
    mapping::{CallPart, Incoming, Literal, Outgoing},
    message::{Kind, Message},
    model::{Bounds, Call, CallIx, CallNames, Id, Model, OrderKind, RequestIx},
    port::{
        Asker, Heard, Input, Notice, Output, PlatformConversation, PlatformOutput, PostOutcome, Reading, RouteAsked,
        Taken, Texts,
    },
    time::{Clock, Time},
    vocabulary::{JsonError, Profile, Role, Wanted, Which},
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
    pub(super) outgoing: Arc<Outgoing>,
    pub(super) knobs: Vec<Literal>,
    /// Counts of characters in the platform's messages that became U+FFFD.
    pub texts: Texts,
    /// What the conversation wants of the shell.
    pub(super) wanted: VecDeque<Output>,
    /// Events that the conversation says itself, which nobody has taken in yet.
    own: VecDeque<Box<Message>>,
    message: Message,
    /// Messages are read whole, because somebody gets them as they are.
    pub tells_all: bool,
    /// The message is one that nobody has passed on yet.
    has_event: bool,
    /// See [`super::story`].
    pub(super) teller: Teller,
    /// The request that passed and that the message answers.
    answers: Option<RequestIx>,
    /// The message says that the request failed.
    pub(super) is_failure: bool,
    /// Requests of applications of the platform's own dialect.
    pub(super) passed: PassedRequests,
    /// The time for which nothing was read of it, see [`super::standstill`].
    pub(super) standstill: Standstill,
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
    /// It is taken out, and its calls still end.
    pub is_leaving: bool,
    /// What was heard of routes, and whose order the answer is that is being read.
    pub route_news: Vec<routes::Heard>,
    route_asker: Option<(u64, RouteAsked)>,
    /// Why the platform is away.
    pub away: Option<String>,
    /// Its own numbers of other platforms' services, where they differ.
    pub service_groups: HashMap<i64, i64>,
    /// See [`Platform::number_place`]: every message asks for it.
    number_place: Option<u8>,
    pub counts: Counts,
    /// The bounds of the picture as they were told last.
    said_bounds: Bounds,
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
        let place_of = |wanted: &str| parts.incoming.vocabulary.call_names.iter().position(|name| name == wanted);
        let [number_place, guid_place] =
            ["id", "guid"].map(|name| place_of(name).and_then(|place| place.try_into().ok()));
        if let Some(space) = guid_place {
            model.name_calls_uniquely(space);
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
            own: VecDeque::new(),
            message: Message::default(),
            tells_all: false,
            has_event: false,
            teller: Teller::default(),
            answers: None,
            is_failure: false,
            passed: PassedRequests::default(),
            standstill: Standstill::default(),
            records: Records::default(),
            unanswerable: Vec::new(),
            is_routed: false,
            guest: None,
            unanswered: Vec::new(),
            link_changed: false,
            is_leaving: false,
            said_bounds: Bounds::default(),
            route_news: Vec::new(),
            route_asker: None,
            away: None,
            service_groups: parts.service_groups,
            number_place,
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

    /// The platform's own number of a call, where it has one, and the place of that number among the call's names. Messages
    /// and sessions of other media have theirs in number spaces of their own.
    pub fn native_number(&self, call: &Call) -> Option<(u8, i64)> {
        let number = |place: u8| Some((place, call.name(place)?.as_id().as_int()?));
        let of_media = || {
            let parts = self.outgoing.call_parts.iter().zip(0..);
            parts.filter(|(part, _)| **part == CallPart::Number).find_map(|(_, place)| number(place))
        };
        self.number_place().and_then(number).or_else(of_media)
    }

    /// The place of the platform's own number of a call among the call's names.
    pub fn number_place(&self) -> Option<u8> {
        self.number_place
    }

    /// Whether the platform routes calls as it is told to.
    pub fn routes_calls(&self) -> bool {
        self.outgoing.says(OrderKind::SelectRoute)
    }

    /// The rules by which the platform is asked to do things.
    pub fn outgoing(&self) -> &Outgoing {
        &self.outgoing
    }

    /// Takes in the next message of an input; a message that cannot be read is said and passed over. Returns whether
    /// there was one.
    pub fn take_next(&mut self, now: Time, input: &mut Input<'_>, notices: &mut Vec<Notice>) -> bool {
        (self.has_event, self.is_failure) = (false, false);
        if !matches!(input, Input::Bytes { .. }) {
            self.message.clear();
        }
        if let Input::Answered { outcome, .. } = input {
            self.count_outcome(outcome);
        }
        let conversing = self.conversing(now);
        let Platform { incoming, tells_all, conversation, message, .. } = self;
        let everything = Wanted::new();
        let wanted = if *tells_all { &everything } else { &incoming.wanted };
        let reading = Reading { vocabulary: &incoming.vocabulary, wanted };
        match conversation.handle(conversing, input, &reading, message) {
            None => return false,
            Some(Taken::Nothing) => {}
            Some(Taken::Message { heard, decoded }) => {
                let message = std::mem::take(&mut self.message);
                let taken = self.take_in(now, heard, decoded, &message);
                if !self.unknown_fields.is_empty() {
                    self.say_unknown_fields(&message, notices);
                }
                if let Err(bad) = taken {
                    notices.push(bad.notice());
                }
                self.message = message;
            }
            Some(Taken::Unread(unread)) => notices.extend(self.not_read(&unread)),
        }
        true
    }

    fn count_outcome(&mut self, outcome: &PostOutcome) {
        match outcome {
            PostOutcome::Answer { .. } => self.counts.answered += 1,
            PostOutcome::NotSent(_) | PostOutcome::Crowded(_) => self.counts.not_sent += 1,
            PostOutcome::Unknown(_) => self.counts.unknown_outcome += 1,
        }
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
        // A message of which the application is not told takes no call's number.
        let is_seen = |place: u8| told || Some(place) == self.number_place();
        let native = self.native_number(known).filter(|(place, _)| !known.renamed && is_seen(*place));
        New { native, told, guid }
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
                PlatformOutput::Down(reason) => self.went_down(now, &reason),
                PlatformOutput::Resync => self.model.resync(now),
                PlatformOutput::Failed(request, reason) if PassedRequests::is_passed(request) => {
                    self.unanswerable.push((request, reason));
                }
                PlatformOutput::Failed(request, reason) => self.model.fail_request(now, request, reason),
                PlatformOutput::NoAnswer { asker: Asker::Route { route, asked }, reason, unknown } => {
                    let news = News::Failed { reason, unknown };
                    self.route_news.push(routes::Heard { asker: Some((route, asked)), id: None, news });
                }
                PlatformOutput::Replaced(replaced) => self.say_replaced(replaced),
                PlatformOutput::NoAnswer { asker: Asker::Guest(guest), reason, unknown } => {
                    self.unanswered.push(Unanswered { guest, reason, unknown });
                }
                PlatformOutput::Event(message) => self.own.push_back(message),
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
}
