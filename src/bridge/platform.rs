//! One platform: its conversation, its picture, and the rules between them.

use std::{collections::VecDeque, sync::Arc};

use super::picture::{Live, Naming};
use crate::{
    dialect::{Client, ClientOutput, Complaints, Heard, Notice},
    mapping::{Incoming, Literal, Outgoing},
    message::{Message, Value},
    model::{Call, Change, Effect, Id, Model, Transition},
    time::{self, Time},
    vocabulary::{JsonError, Role, Wanted},
    wire::nul::{Frame, Frames},
};

/// What a platform is made of.
pub struct PlatformParts {
    pub name: String,
    pub client: Box<dyn Client>,
    pub model: Model,
    pub incoming: Arc<Incoming>,
    pub outgoing: Arc<Outgoing>,
    pub knobs: Vec<Literal>,
    /// The longest frame in bytes.
    pub max_frame: usize,
}

#[derive(Debug)]
pub struct Platform {
    pub name: String,
    pub client: Box<dyn Client>,
    pub model: Model,
    pub incoming: Arc<Incoming>,
    outgoing: Arc<Outgoing>,
    knobs: Vec<Literal>,
    frames: Frames,
    max_frame: usize,
    /// What the conversation wants of the shell.
    wanted: VecDeque<ClientOutput>,
    message: Message,
    /// Messages are read whole, because somebody gets them as they are.
    pub tells_all: bool,
    /// The message is an event that nobody has passed on yet.
    has_event: bool,
    link_changed: bool,
    pub counts: Counts,
    complaints: Complaints,
    /// When the clock began, in milliseconds since 1970.
    pub epoch: Option<u64>,
    /// The moment of what is told now, as contact centres write it.
    pub stamp: String,
    stamped: u64,
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
}

/// Why a line was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bad(pub String);

impl Platform {
    pub fn new(parts: PlatformParts) -> Platform {
        let counts = Counts {
            read: vec![0; parts.incoming.vocabulary.messages.len()],
            rules: vec![0; parts.incoming.rule_names.len()],
            orders: vec![0; parts.outgoing.rule_names.len()],
            ..Counts::default()
        };
        Platform {
            name: parts.name,
            client: parts.client,
            model: parts.model,
            incoming: parts.incoming,
            outgoing: parts.outgoing,
            knobs: parts.knobs,
            frames: Frames::new(parts.max_frame, 0),
            max_frame: parts.max_frame,
            wanted: VecDeque::new(),
            message: Message::default(),
            tells_all: false,
            has_event: false,
            link_changed: false,
            counts,
            complaints: Complaints::default(),
            epoch: None,
            stamp: String::new(),
            stamped: 0,
        }
    }

    /// Says when what follows happens, for dialects that say it.
    pub fn stamp(&mut self, now: Time) {
        let seconds = self.epoch.map_or(0, |epoch| (epoch + now.0) / 1000);
        if seconds != self.stamped {
            self.stamped = seconds;
            self.stamp = time::write_civil(seconds * 1000);
        }
    }

    /// A guid for a call that the platform gives none: the same again for the same platform, number and day.
    pub fn mint_guid(&self, call: &Call) -> Box<str> {
        let number = call.names.first().map(|name| format!("{}/{}", name.space, name.id)).unwrap_or_default();
        let day = self.stamp.get(..10).unwrap_or_default();
        let name = format!("{}/{number}/{day}", self.name);
        uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, name.as_bytes()).to_string().into()
    }

    /// Whether the platform names its calls by more than numbers.
    pub fn names_calls(&self) -> bool {
        self.incoming.vocabulary.call_names.iter().any(|name| name == "guid")
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

    /// The rules by which the platform is asked to do things.
    pub fn outgoing(&self) -> &Outgoing {
        &self.outgoing
    }

    pub fn connected(&mut self, now: Time) {
        self.frames = Frames::new(self.max_frame, self.client.frame_end());
        self.client.connected(now);
    }

    /// Takes in what the socket gave. To be called when [`Platform::next`] has nothing more.
    pub fn push(&mut self, bytes: &[u8]) {
        self.frames.push(bytes);
    }

    /// Takes in the next message; whatever cannot be read is said and passed over. Whether there was one.
    pub fn next(&mut self, now: Time, notices: &mut Vec<Notice>) -> bool {
        let mut frames = std::mem::replace(&mut self.frames, Frames::new(0, 0));
        let frame = frames.next_frame();
        let found = frame.is_some();
        if let Some(frame) = frame {
            let bad = match frame {
                Frame::Text(text) => self.line(now, text).err(),
                Frame::TooLong => {
                    self.counts.too_long += 1;
                    Some(Bad(format!("a frame longer than {} bytes was dropped", self.max_frame)))
                }
                Frame::NotText => {
                    self.counts.malformed += 1;
                    Some(Bad("a frame that is not UTF-8 was dropped".into()))
                }
            };
            if let Some(Bad(text)) = bad {
                self.client.heard_something(now);
                notices.extend(self.complaints.about(now, text).map(Notice::warn));
            }
        }
        self.frames = frames;
        found
    }

    /// The event that was read last, until it is taken.
    pub fn take_event(&mut self) -> Option<Message> {
        std::mem::take(&mut self.has_event).then(|| std::mem::take(&mut self.message))
    }

    /// Gives the memory of an event back that was taken.
    pub fn keep(&mut self, message: Message) {
        self.message = message;
    }

    /// Takes in one message as its text.
    pub fn line(&mut self, now: Time, text: &str) -> Result<(), Bad> {
        self.has_event = false;
        let mut message = std::mem::take(&mut self.message);
        let everything = Wanted::new();
        let wanted = if self.tells_all { &everything } else { &self.incoming.wanted };
        let read = self.incoming.vocabulary.read_json(text, false, wanted, &mut message);
        let result = match read {
            Ok(decoded) => {
                self.counts.unknown_fields += u64::from(decoded.unknown);
                self.message(now, &message);
                decoded.malformed.map_or(Ok(()), |malformed| Err(self.malformed(&message, &malformed)))
            }
            Err(error) => Err(self.not_read(&error)),
        };
        self.message = message;
        result
    }

    /// A message of which a field could not be taken in.
    #[cold]
    fn malformed(&mut self, message: &Message, malformed: &str) -> Bad {
        self.counts.malformed += 1;
        let kind = message.kind().map(|kind| self.incoming.vocabulary.message(kind).label.as_str());
        Bad(format!("{}: {malformed}; the field was passed over", kind.unwrap_or_default()))
    }

    #[cold]
    fn not_read(&mut self, error: &JsonError) -> Bad {
        match error {
            JsonError::Unknown(_) => self.counts.unknown += 1,
            _ => self.counts.malformed += 1,
        }
        Bad(error.to_string())
    }

    /// Lets the picture follow from what the conversation found out.
    fn converse(&mut self, now: Time) {
        while let Some(output) = self.client.poll() {
            match output {
                ClientOutput::Up => {
                    self.link_changed = true;
                    self.model.link_up(now);
                }
                ClientOutput::Down(reason) => {
                    self.link_changed = true;
                    self.model.link_down(now, &reason);
                }
                ClientOutput::Lost(reason) => {
                    self.link_changed = true;
                    self.model.link_lost(now, &reason);
                }
                ClientOutput::Resync => self.model.resync(now),
                ClientOutput::Failed(request, reason) => self.model.fail_request(now, request, reason),
                output => self.wanted.push_back(output),
            }
        }
    }

    /// The next thing that the conversation wants of the shell.
    pub fn poll(&mut self, now: Time) -> Option<ClientOutput> {
        self.converse(now);
        self.wanted.pop_front()
    }

    /// Whether the link came or went since this was asked last.
    pub fn take_link_change(&mut self) -> bool {
        std::mem::take(&mut self.link_changed)
    }

    fn message(&mut self, now: Time, message: &Message) {
        let Some(kind) = message.kind() else { return };
        self.counts.read[kind.0 as usize] += 1;
        let heard = self.client.heard(now, message);
        // What a message shows of the link comes before what it says.
        self.converse(now);
        match heard {
            Heard::Event => {
                self.has_event = true;
                self.apply(now, message, None);
            }
            Heard::Answer(request) => self.apply(now, message, Some(Model::request_handle(request))),
            Heard::Nothing => {}
        }
    }

    fn apply(&mut self, now: Time, message: &Message, request: Option<Id<'static>>) {
        let incoming = &self.incoming;
        let kind = message.kind().map_or(0, |kind| kind.0 as usize);
        if incoming.plans[kind].rules.is_empty() {
            return;
        }
        let clock = incoming.vocabulary.messages[kind].role(Role::Time).map(|slot| message.get(slot));
        let clock = if let Some(Value::Text(text)) = clock { time::parse_civil(text) } else { None };
        let clock = clock.or(self.epoch.map(|epoch| epoch + now.0));
        self.model.begin(now, clock);
        let (model, counts) = (&mut self.model, &mut self.counts);
        incoming.changes(message, |rule, change| {
            counts.rules[rule] += 1;
            let effect = match request {
                // The platform's number of the request leads to the model's.
                Some(request) => {
                    let mut answer: Change = change.clone();
                    answer.request = request;
                    model.apply(&answer)
                }
                None => model.apply(change),
            };
            if effect != Effect::Taken {
                match counts.effects.iter_mut().find(|(known, _)| *known == effect) {
                    Some((_, count)) => *count += 1,
                    None => counts.effects.push((effect, 1)),
                }
            }
        });
    }

    /// Has the platform do what a request asks for; where it can't, the request fails with what the platform lacks.
    pub fn order(&mut self, now: Time, transition: &Transition) {
        let Some(request) = transition.request else { return };
        let outgoing = self.outgoing.clone();
        let wish = self.model.request(request).id;
        let mut message = std::mem::take(&mut self.message);
        let live = Live {
            model: &self.model,
            transition,
            naming: Naming::Native,
            local: None,
            knobs: &self.knobs,
            stamp: "",
            waiting: "",
        };
        let (client, counts) = (&mut self.client, &mut self.counts);
        let sent = outgoing.messages(transition.kind, &live, &mut message, |rule, message| {
            counts.orders[rule] += 1;
            client.command(now, message, request, wish);
        });
        self.message = message;
        let steps = &outgoing.plans[transition.kind as usize].steps;
        if !sent && !steps.is_empty() {
            self.model.take_steps(now, request, steps);
        } else if !sent {
            let lacks = outgoing.plans[transition.kind as usize].ignored.as_deref().unwrap_or("can't do this");
            let reason = format!("{} ({}) {lacks}", self.name, outgoing.vocabulary.title);
            self.model.fail_request(now, request, reason);
        }
    }
}
