//! What is read of the portal: answers to what was posted, and its calls: StartSession, heartbeats of either form, and events
//! typed as either profile types them. What can't be read is answered with a fault that says why.

use secrecy::ExposeSecret;
use subtle::ConstantTimeEq;

use super::*;
use crate::{
    message::Value,
    port::Reply,
    wire::{
        replaced::Replaced,
        soap::{self, Blame},
        xml::Element,
    },
};

/// The most switches that are told apart.
const MAX_SWITCHES: usize = 1000;
/// The most unknown values that are said; more are only counted.
const MAX_SAID: usize = 100;

/// What became of a request that the portal made to the bridge.
pub(super) struct Called {
    pub reply: Reply,
    /// What the message is that was in it.
    pub heard: Heard,
}

/// Why a post came to nothing.
enum Trouble {
    /// The portal says so.
    Refused(String),
    NotSent(String),
    Unknown(String),
}

impl Trouble {
    fn text(&self) -> String {
        match self {
            Trouble::Refused(reason) => reason.clone(),
            Trouble::NotSent(reason) => format!("not sent: {reason}"),
            Trouble::Unknown(reason) => format!("{reason}; whether it was done is not known"),
        }
    }
}

impl Client {
    // ── answers ───────────────────────────────────────────────────────────────────────────────────────────────────────

    pub(super) fn take_answer(&mut self, now: Time, token: u64, outcome: PostOutcome, message: &mut Message) -> Heard {
        // One that is not known any more belongs to a session that is over.
        let Some(asked) = self.posts.remove(&token) else { return Heard::Nothing };
        let (answer, replaced) = read(outcome);
        self.outputs.extend(PlatformOutput::replaced(replaced));
        match (asked, answer) {
            (Asked::Request(id), Ok(answer)) => return self.accepted(id, &answer, message),
            (Asked::Request(id), Err(trouble)) => {
                if let Some(request) = self.commands.answered(id) {
                    self.outputs.push_back(PlatformOutput::Failed(request, trouble.text()));
                }
                // A fault may say that there is no session any more, and nobody there says more: it is tried.
                self.probe();
            }
            (Asked::Open, Ok(answer)) => match session_of(&self.vocabulary, &answer) {
                Ok(id) => self.opened(now, id),
                Err(reason) => self.lose(now, &reason, true),
            },
            (Asked::Step, Ok(_)) => {
                if let State::Registering(done) = self.state {
                    self.state = State::Registering(done + 1);
                    self.step(now);
                }
            }
            (Asked::Open | Asked::Step, Err(trouble)) if self.state != State::Over => {
                self.lose(now, &trouble.text(), true);
            }
            (Asked::Probe, Err(Trouble::Refused(reason))) => self.lose(now, &reason, false),
            (Asked::Probe, Err(trouble)) => self.lose(now, &trouble.text(), true),
            (Asked::Snapshot, Err(trouble)) => {
                self.shown(now, Some(&trouble.text()));
                self.probe();
            }
            (Asked::Probe | Asked::Snapshot, Ok(_)) | (Asked::Open | Asked::Step, Err(_)) => {}
        }
        Heard::Nothing
    }

    /// A request was answered: 0 is taken, what comes of it is an event.
    fn accepted(&mut self, id: i64, answer: &Element, message: &mut Message) -> Heard {
        let Some(request) = self.commands.request(id) else { return Heard::Nothing };
        let result = answer.children.first().map_or("", |result| result.text.trim());
        if !matches!(result, "" | "0") {
            self.commands.answered(id);
            self.outputs.push_back(PlatformOutput::Failed(request, format!("the portal answered {result}")));
            return Heard::Nothing;
        }
        let Some(kind) = self.vocabulary.find("Accepted") else { return Heard::Nothing };
        let fields = &self.vocabulary.message(kind).fields;
        message.clear();
        message.start(kind, fields.list.len());
        let operation = answer.name.trim_end_matches("Response");
        let known = self.vocabulary.operation(operation).map(|kind| self.vocabulary.message(kind).label.as_str());
        let operation = message.text(known.unwrap_or(operation));
        for (label, node) in [("RequestId", Node::Int(id)), ("Operation", operation)] {
            if let Some(slot) = fields.slot(label) {
                message.set(slot, node);
            }
        }
        Heard::Answer(request)
    }

    // ── calls ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    pub(super) fn take_call(
        &mut self,
        now: Time,
        path: &str,
        body: &[u8],
        charset: Option<&str>,
        message: &mut Message,
    ) -> Called {
        let envelope = match soap::parse(body, charset) {
            Ok(envelope) => envelope,
            Err(error) => {
                let Called { reply, heard } = self.refuse("it is no SOAP", message, error.to_string());
                let body = soap::fault(error.blame(), &error.to_string(), None);
                return Called { reply: Reply { body, ..reply }, heard };
            }
        };
        self.outputs.extend(PlatformOutput::replaced(envelope.replaced));
        let operation = &envelope.body;
        let Some(kind) = self.vocabulary.callback(&operation.name) else {
            let reason = format!("there is no operation {:?}", operation.name);
            return self.refuse("there is no such operation", message, reason);
        };
        let is_open = matches!(self.state, State::Opening | State::Registering(_) | State::Online);
        if !is_open || path != self.session.path {
            let reason = format!("{} for no session that is open", operation.name);
            return self.refuse("it is for no session that is open", message, reason);
        }
        let vocabulary = self.vocabulary.clone();
        let called = match vocabulary.message(kind).label.as_str() {
            "StartSession" => self.start(kind, operation, message).map(|()| Heard::Nothing),
            "PublishCTIEvent" => self.event(now, operation, message),
            _ => Ok(Heard::Nothing),
        };
        match called {
            Ok(heard) => {
                self.session.heard = now;
                if heard == Heard::Nothing {
                    message.clear();
                }
                // In the caller's own words, should they be the other profile's.
                let namespace = operation.namespace.as_deref().unwrap_or_default();
                let value = (!self.profile.is_void(kind)).then_some("0");
                let body = soap::result(&operation.name, namespace, value);
                Called { reply: Reply { status: 200, body }, heard }
            }
            Err(reason) if operation.name == "StartSession" => self.refuse("StartSession is wrong", message, reason),
            Err(reason) => self.refuse("an event that cannot be read", message, reason),
        }
    }

    fn refuse(&mut self, cause: &'static str, message: &mut Message, reason: String) -> Called {
        message.clear();
        let body = soap::fault(Blame::Client, &reason, None);
        self.notice(Notice::CallbackRefused { cause, reason });
        Called { reply: Reply { status: 500, body }, heard: Heard::Nothing }
    }

    /// The portal shows who it takes the client for, and so that it is the one that was called.
    fn start(&mut self, kind: Kind, operation: &Element, message: &mut Message) -> Result<(), String> {
        let vocabulary = self.vocabulary.clone();
        vocabulary.read_xml(kind, operation, message).map_err(|wrong| wrong.to_string())?;
        let credential = |label: &str| crate::dialect::ctips::text_in(&vocabulary, message, "userinfo", label);
        let password = self.settings.password.expose_secret().as_bytes();
        let is_known: bool = credential("Password").as_bytes().ct_eq(password).into();
        if !is_known || credential("UserName") != self.settings.user {
            return Err("StartSession names another user or password than OpenConnection did".into());
        }
        Ok(())
    }

    /// Reads an event. Its request is one that is open here, or none.
    fn event(&mut self, now: Time, operation: &Element, message: &mut Message) -> Result<Heard, String> {
        let element = operation.children.first().ok_or("PublishCTIEvent has no event")?;
        let class = element.attribute("type").map(|class| class.rsplit(':').next().unwrap_or(class));
        let named = || element.child("EventType").map(|child| child.text.trim());
        let class = class.or_else(named).ok_or("the event does not say its type")?;
        let kind = *self.classes.get(class).ok_or_else(|| format!("there is no event {class:?}"))?;
        let vocabulary = self.vocabulary.clone();
        let def = vocabulary.message(kind);
        let strange =
            vocabulary.read_event(kind, element, message).map_err(|wrong| format!("{}: {wrong}", def.label))?;
        for wrong in strange {
            self.troubles.unknown_values += 1;
            let (message_name, reason) = (def.label.clone(), wrong.to_string());
            if self.said.len() < MAX_SAID && self.said.insert(format!("{message_name}: {reason}")) {
                self.notice(Notice::ValueUnknown { message_name, reason });
            }
        }
        let number = |message: &Message, label: &str| fields_of(def, message, label).as_int().unwrap_or(0);
        let switch = number(message, "SwitchId");
        if switch > 0 && self.switches.len() < MAX_SWITCHES {
            self.switches.insert(switch);
        }
        let id = def.role(Role::Request).map_or(0, |slot| message.get(slot).as_int().unwrap_or(0));
        match def.label.as_str() {
            "LinkStatus" => {
                let code = |enumeration: &str, member: &str| {
                    let place = self.vocabulary.enumeration(enumeration);
                    place.and_then(|place| self.vocabulary.enums[place].code(member))
                };
                let is = |label: &str, code: Option<i64>| Some(number(message, label)) == code;
                let is_down = is("ComponentState", code("CTIComponentState", "Down"));
                let is_whole = switch == 0 || is("ComponentType", code("CTIComponentType", "CenterCord"));
                self.link(now, Some(switch).filter(|_| !is_whole), is_down);
            }
            "SnapShotRequestFailed" => {
                let why = fields_of(def, message, "FailureReason").as_text(&mut itoa::Buffer::new()).map(str::to_owned);
                self.shown(now, Some(&why.unwrap_or_default()));
                return Ok(Heard::Nothing);
            }
            "SnapShotUpdate" if number(message, "SnapShotTypeComplete") != 0 => self.shown(now, None),
            "SnapShotUpdate" => self.still_shown(now),
            _ => {}
        }
        let request = self.commands.named(id);
        if let (None, Some(slot)) = (request, def.role(Role::Request)) {
            message.set(slot, Node::Absent);
        }
        // What the conversation itself asked is for the picture alone.
        let own = if def.label == "SnapShotUpdate" { Heard::Shown } else { Heard::Event };
        Ok(request.map_or(own, Heard::Answer))
    }

    /// The portal has lost Unified IP, or Unified IP one of its switches, or has it back. The platform is gone without Unified
    /// IP, or once all switches are lost.
    fn link(&mut self, now: Time, switch: Option<i64>, is_down: bool) {
        let lost = switch.map_or("Unified IP".to_owned(), |switch| format!("switch {switch}"));
        let part = lost.clone();
        self.notice(if is_down { Notice::PartDown { part } } else { Notice::PartUp { part } });
        let is_news = match switch {
            None => std::mem::replace(&mut self.is_cut_off, is_down) != is_down,
            Some(switch) if is_down => self.lost_switches.insert(switch),
            Some(switch) => self.lost_switches.remove(&switch),
        };
        // A portal that was reachable before its platform had nothing to show yet.
        let is_news = is_news || (self.is_unshown && !is_down);
        let none_left = !self.lost_switches.is_empty() && self.switches.is_subset(&self.lost_switches);
        if self.is_cut_off || none_left {
            self.down(&format!("the portal has lost {lost}"));
        } else if is_news && !is_down && self.state == State::Online {
            self.outputs.push_back(if self.is_up { PlatformOutput::Resync } else { PlatformOutput::Up });
            self.is_up = true;
            self.show_again(now);
        }
    }
}

fn fields_of<'m>(def: &crate::vocabulary::MessageDef, message: &'m Message, label: &str) -> Value<'m> {
    def.fields.slot(label).map(|slot| message.get(slot)).unwrap_or_default()
}

/// The body of an answer that is not a fault, and the reasons why characters of it became U+FFFD.
fn read(outcome: PostOutcome) -> (Result<Element, Trouble>, Replaced) {
    let (status, charset, body) = match outcome {
        PostOutcome::Answer { status, charset, body } => (status, charset, body),
        PostOutcome::NotSent(reason) | PostOutcome::Crowded(reason) => {
            return (Err(Trouble::NotSent(reason)), Replaced::default());
        }
        PostOutcome::Unknown(reason) => return (Err(Trouble::Unknown(reason)), Replaced::default()),
    };
    match soap::parse(&body, charset.as_deref()) {
        Ok(envelope) => {
            let answer = match soap::Fault::of(&envelope.body).map(|fault| fault.reason) {
                Some(reason) => Err(Trouble::Refused(reason)),
                None if status == 200 => Ok(envelope.body),
                None => Err(Trouble::Unknown(format!("the portal answered with status {status}"))),
            };
            (answer, envelope.replaced)
        }
        Err(error) => {
            let trouble = match status {
                200 => Trouble::Unknown(format!("the portal's answer can't be read: {error}")),
                _ => Trouble::Refused(format!("the portal answered with status {status}")),
            };
            (Err(trouble), Replaced::default())
        }
    }
}

/// The session that OpenConnection opened.
fn session_of(vocabulary: &Vocabulary, answer: &Element) -> Result<String, String> {
    let result = answer.children.first().ok_or("OpenConnection was answered with nothing")?;
    let record = vocabulary.records.iter().find(|record| record.name == "SessionObject");
    let slot = |name: &str| record.and_then(|record| record.fields.slot(name));
    let member = |name: &str| {
        let found = result.children.iter().find(|child| slot(&child.name) == slot(name));
        found.map_or("", |member| member.text.trim())
    };
    match (member("SessionId"), member("status")) {
        ("", _) => Err("OpenConnection was answered without a SessionId".into()),
        (id, "" | "0") => Ok(id.to_owned()),
        (_, status) => Err(format!("OpenConnection was answered with status {status}")),
    }
}
