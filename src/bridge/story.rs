//! The story of a call, an agent or a request: what comes in, what follows, what goes out, under the ids of both sides. It
//! owns how that becomes notices at level debug, which are made only while the log shows them, and entries of the `history`. It
//! deliberately decides nothing: no step of the bridge depends on it.

use std::sync::Arc;

use super::{
    Bridge, Owner,
    history::{Entry, History, NO_RULE_HOLDS, Name, What},
    platform::Platform,
};
use crate::{
    mapping::Incoming,
    message::{Kind, Message, Node, Value},
    model::{Asked, CallIx, ClientId, Consequence, Effect, Meaning, Request, RequestKind, Subject, Transition},
    port::{Notice, Output},
    vocabulary::{AgentPart, Role, Vocabulary, Which},
};

/// Who reads the stories of one platform or application.
#[derive(Debug, Clone)]
pub(super) struct Teller {
    owner: Owner,
    /// The names of the applications, by their places: present while the log shows stories.
    log: Option<Arc<[String]>>,
    history: Option<Arc<History>>,
}

/// Nobody does.
impl Default for Teller {
    fn default() -> Teller {
        Teller { owner: Owner::Platform(0), log: None, history: None }
    }
}

impl Teller {
    pub fn is_on(&self) -> bool {
        self.log.is_some() || self.history.is_some()
    }

    /// Keeps an entry for the history, and makes a notice for the log, for those of them that there are.
    fn tell(&self, what: What, fill: impl FnOnce(&mut Entry), notice: impl FnOnce() -> Notice) -> Option<Notice> {
        if let Some(history) = &self.history {
            let mut entry = Entry::new(self.owner, what);
            fill(&mut entry);
            history.add(entry);
        }
        self.log.as_ref().map(|_| notice())
    }

    /// The values of a message, where the history keeps them.
    fn values(&self, vocabulary: &Vocabulary, message: &Message) -> Option<Box<str>> {
        self.history.as_ref().filter(|history| history.values)?;
        let mut shown = message.clone();
        let def = vocabulary.message(message.kind()?);
        let secrets = def.fields.list.iter().enumerate().filter(|(_, field)| field.secret).map(|(slot, _)| slot);
        // The id of a session is as good as its password.
        let secrets = secrets.chain(def.role(Role::Session));
        secrets.for_each(|slot| shown.set(slot, Node::Absent));
        let mut text = Vec::new();
        vocabulary.write_json(&shown, &mut text);
        Some(String::from_utf8_lossy(&text).into())
    }
}

/// The ids in a message, as the side writes them whose message it is.
struct Ids<'m> {
    kind: Kind,
    call: Value<'m>,
    agent: Value<'m>,
    request: Option<i64>,
}

impl<'m> Ids<'m> {
    fn of(vocabulary: &Vocabulary, message: &'m Message) -> Option<Ids<'m>> {
        let kind = message.kind()?;
        let def = vocabulary.message(kind);
        let (mut call, mut best) = (Value::Absent, None);
        let (mut agent, mut agent_number, mut request) = (Value::Absent, Value::Absent, None);
        for (role, slot) in &def.roles {
            if let Role::Call(Which::Call, part) = role {
                // The number is what people call a call by; without one, its most authoritative name.
                let rank = if vocabulary.call_names[usize::from(*part)] == "id" { 0 } else { part + 1 };
                let value = message.get(*slot);
                if best.is_none_or(|best| rank < best) && is_there(value) {
                    (best, call) = (Some(rank), value);
                }
            } else if *role == Role::Agent(AgentPart::Id) {
                agent = message.get(*slot);
            } else if *role == Role::Agent(AgentPart::Number) {
                agent_number = message.get(*slot);
            } else if *role == Role::Request {
                request = message.get(*slot).as_int();
            }
        }
        let agent = if is_there(agent) { agent } else { agent_number };
        Some(Ids { kind, call, agent, request })
    }
}

fn is_there(value: Value) -> bool {
    value.as_text(&mut itoa::Buffer::new()).is_some()
}

fn text(value: Value) -> Option<String> {
    value.as_text(&mut itoa::Buffer::new()).map(str::to_owned)
}

/// A message came in: from a platform, or from a session of an application.
pub(super) fn message_in(
    teller: &Teller,
    vocabulary: &Vocabulary,
    message: &Message,
    session: Option<u32>,
) -> Option<Notice> {
    let Ids { kind, call, agent, request } = Ids::of(vocabulary, message)?;
    let fill = |entry: &mut Entry| {
        (entry.message, entry.session, entry.request) = (Some(kind), session, request);
        (entry.call, entry.agent) = (Name::of(call), Name::of(agent));
        entry.values = teller.values(vocabulary, message);
    };
    teller.tell(What::MessageIn(None), fill, || {
        let message_name = vocabulary.message(kind).label.clone();
        Notice::MessageIn { message_name, session, call: text(call), agent: text(agent), request }
    })
}

/// A message that no rule is for.
pub(super) fn ignored(teller: &Teller, incoming: &Incoming, message: &Message) -> Option<Notice> {
    let kind = message.kind()?;
    let ids = Ids::of(&incoming.vocabulary, message)?;
    let fill = |entry: &mut Entry| {
        (entry.message, entry.call, entry.agent) = (Some(kind), Name::of(ids.call), Name::of(ids.agent));
    };
    teller.tell(What::Ignored, fill, || {
        let reason = incoming.plans[kind.0 as usize].ignored.clone().unwrap_or_else(|| "it has no rule".into());
        Notice::MessageIgnored { message_name: incoming.vocabulary.message(kind).label.clone(), reason }
    })
}

/// A rule fired for a message.
pub(super) fn rule_fired(
    teller: &Teller,
    incoming: &Incoming,
    rule: usize,
    means: Meaning,
    message: &Message,
) -> Option<Notice> {
    let rule = &incoming.rule_names[rule];
    let ids = || Ids::of(&incoming.vocabulary, message);
    if let Some(history) = &teller.history {
        history.rule_fired(rule, means, || {
            let mut entry = Entry::new(teller.owner, What::RuleFired(means));
            if let Some(ids) = ids() {
                (entry.call, entry.agent) = (Name::of(ids.call), Name::of(ids.agent));
            }
            entry
        });
    }
    teller.log.as_ref()?;
    let (call, agent) = ids().map_or((None, None), |ids| (text(ids.call), text(ids.agent)));
    Some(Notice::RuleFired { rule: rule.to_string(), means: means.name(), call, agent })
}

/// The picture did not take a change.
pub(super) fn without_effect(
    teller: &Teller,
    incoming: &Incoming,
    means: Meaning,
    effect: Effect,
    message: &Message,
) -> Option<Notice> {
    let fill = |entry: &mut Entry| {
        if let Some(ids) = Ids::of(&incoming.vocabulary, message) {
            (entry.call, entry.agent) = (Name::of(ids.call), Name::of(ids.agent));
        }
    };
    teller.tell(What::WithoutEffect(means, effect), fill, || Notice::ChangeWithoutEffect {
        means: means.name(),
        reason: effect.reason(),
    })
}

/// An application is not told of a transition; without a reason of the bridge's own, that of its rules counts.
pub(super) fn untold(
    teller: &Teller,
    platform: &Platform,
    transition: &Transition,
    reason: Option<&'static str>,
    of_rules: Option<&str>,
) -> Option<Notice> {
    let fill = |entry: &mut Entry| {
        // Both are the platform's names.
        entry.other = platform_of(platform);
        entry.platform_call = transition.call.map(|call| platform.call_id(call)).unwrap_or_default();
        entry.platform_agent = platform.agent_id(transition);
    };
    teller.tell(What::Untold(transition.kind, reason), fill, || Notice::TransitionUntold {
        transition: transition.kind.name(),
        call: transition.call.and_then(|call| platform.call_name(call)),
        agent: platform.agent_name(transition),
        reason: reason.or(of_rules).unwrap_or(NO_RULE_HOLDS).to_owned(),
    })
}

/// Who asked for something: an application's session, and the number that it gave the request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asker {
    pub client: ClientId,
    pub id: i64,
}

impl From<&Request> for Asker {
    fn from(request: &Request) -> Asker {
        Asker { client: request.client, id: request.id }
    }
}

/// What a message that goes out comes of.
pub(super) struct Source<'s> {
    pub platform: &'s Platform,
    /// None for a message that passes whole.
    pub rule: Option<&'s Arc<str>>,
    pub transition: Option<&'s Transition>,
}

/// A message goes out to sessions of an application.
pub(super) fn message_out(
    teller: &Teller,
    vocabulary: &Vocabulary,
    message: &Message,
    source: &Source<'_>,
    asker: Option<u32>,
    sessions: usize,
) -> Option<Notice> {
    let Ids { kind, call, agent, request } = Ids::of(vocabulary, message)?;
    let request = request.filter(|number| *number != 0);
    let Source { platform, rule, transition } = *source;
    let fill = |entry: &mut Entry| {
        (entry.message, entry.rule, entry.other) = (Some(kind), rule.cloned(), platform_of(platform));
        (entry.session, entry.sessions, entry.request) = (asker, sessions, request);
        (entry.call, entry.agent) = (Name::of(call), Name::of(agent));
        if let Some(transition) = transition {
            entry.platform_call = transition.call.map(|call| platform.call_id(call)).unwrap_or_default();
            entry.platform_agent = platform.agent_id(transition);
        }
        entry.values = teller.values(vocabulary, message);
    };
    teller.tell(What::MessageOut, fill, || Notice::MessageOut {
        message_name: vocabulary.message(kind).label.clone(),
        rule: rule.map(|rule| rule.to_string()),
        of_platform: platform.name.clone(),
        sessions,
        session: asker,
        call: text(call),
        agent: text(agent),
        request,
        platform_call: transition.and_then(|transition| platform.call_name(transition.call?)),
        platform_agent: transition.and_then(|transition| platform.agent_name(transition)),
    })
}

/// The platform's place in the bridge.
fn platform_of(platform: &Platform) -> usize {
    match platform.teller.owner {
        Owner::Platform(index) | Owner::Application(index) => index,
    }
}

impl Platform {
    /// Has a part of a story told.
    pub(super) fn tell_story(&mut self, part: Option<Notice>) {
        self.wanted.extend(part.map(Output::from));
    }

    /// The platform's own name of a call: its number, or what else it calls it by.
    fn call_name(&self, call: CallIx) -> Option<String> {
        let call = self.model.find_call(call)?;
        let number = self.native_number(call).map(|number| number.to_string());
        number.or_else(|| call.names.first().map(|name| name.id.to_string()))
    }

    /// The same for the history.
    fn call_id(&self, call: CallIx) -> Name {
        let Some(call) = self.model.find_call(call) else { return Name::None };
        let other = || call.names.first().map(|name| Name::of(Value::Text(&name.id.to_string())));
        self.native_number(call).map(Name::Int).or_else(other).unwrap_or_default()
    }

    fn agent_name(&self, subject: &Subject) -> Option<String> {
        let agent = self.model.agent(subject.agent?);
        let id = agent.id.as_ref().map(|id| id.to_string());
        id.or_else(|| Some(agent.number.clone()).filter(|number| !number.is_empty()))
    }

    /// The same for the history.
    fn agent_id(&self, subject: &Subject) -> Name {
        let Some(agent) = subject.agent.map(|agent| self.model.agent(agent)) else { return Name::None };
        let number = agent.id.as_ref().and_then(|id| id.as_id().as_int());
        let other = || Name::of(Value::Text(&self.agent_name(subject).unwrap_or_default()));
        number.map_or_else(other, Name::Int)
    }

    /// The picture changed, or the platform is asked for something.
    pub(super) fn consequence_story(&self, next: &Consequence) -> Option<Notice> {
        let (occasion, subject) = (next.occasion(), next.subject());
        let request = subject.request.map(|request| self.model.request(request).id);
        let fill = |entry: &mut Entry| {
            let call = |call: Option<CallIx>| call.map(|call| self.call_id(call)).unwrap_or_default();
            (entry.call, entry.second) = (call(subject.call), call(subject.second));
            // The call that the two become; it is the platform's own, too.
            (entry.platform_call, entry.other) = (call(subject.result), platform_of(self));
            (entry.agent, entry.request) = (self.agent_id(subject), request);
        };
        self.teller.tell(What::Changed(occasion), fill, || Notice::PictureChanged {
            transition: occasion.name(),
            call: subject.call.and_then(|call| self.call_name(call)),
            second_call: subject.second.and_then(|call| self.call_name(call)),
            agent: self.agent_name(subject),
            request,
        })
    }

    /// A command goes to the platform.
    pub(super) fn command_story(&self, message: &Message, rule: Option<&Arc<str>>, asker: Asker) -> Option<Notice> {
        let vocabulary = &self.outgoing().vocabulary;
        let Ids { kind, call, agent, .. } = Ids::of(vocabulary, message)?;
        let (session, request) = (asker.client.session, asker.id);
        let fill = |entry: &mut Entry| {
            (entry.message, entry.rule) = (Some(kind), rule.cloned());
            (entry.session, entry.request) = (Some(session), Some(request));
            entry.other = usize::from(asker.client.application);
            (entry.call, entry.agent) = (Name::of(call), Name::of(agent));
            entry.values = self.teller.values(vocabulary, message);
        };
        self.teller.tell(What::CommandOut, fill, || {
            let message_name = vocabulary.message(kind).label.clone();
            let (rule, asker) = (rule.map(|rule| rule.to_string()), self.asking(asker));
            Notice::CommandOut { message_name, rule, asker, session, request, call: text(call), agent: text(agent) }
        })
    }

    /// The platform answered a command.
    pub(super) fn reply_story(&self, message: &Message, asker: Asker) -> Option<Notice> {
        let kind = message.kind()?;
        let (session, request) = (asker.client.session, asker.id);
        let fill = |entry: &mut Entry| {
            (entry.message, entry.session, entry.request) = (Some(kind), Some(session), Some(request));
            entry.other = usize::from(asker.client.application);
        };
        self.teller.tell(What::ReplyIn, fill, || {
            let message_name = self.incoming.vocabulary.message(kind).label.clone();
            Notice::ReplyIn { message_name, asker: self.asking(asker), session, request }
        })
    }

    /// The name of the application that asked.
    fn asking(&self, asker: Asker) -> Option<String> {
        self.teller.log.as_ref()?.get(usize::from(asker.client.application)).cloned()
    }
}

/// A session's request was understood, and goes to its platform.
pub(super) fn request_taken(
    teller: &Teller,
    operation: RequestKind,
    to_platform: &Platform,
    (session, request): (u32, i64),
    asked: Asked,
) -> Option<Notice> {
    let fill = |entry: &mut Entry| {
        (entry.session, entry.request, entry.other) = (Some(session), Some(request), platform_of(to_platform));
        let [agent, call, second] = [asked.agent, asked.call, asked.second].map(|id| id.map_or(Name::None, Name::Int));
        (entry.agent, entry.call, entry.second) = (agent, call, second);
    };
    teller.tell(What::Taken(operation), fill, || {
        let (operation, to_platform) = (operation.name(), to_platform.name.clone());
        let [agent, call, second_call] = [asked.agent, asked.call, asked.second].map(|id| id.map(|id| id.to_string()));
        Notice::RequestTaken { operation, to_platform, session, request, agent, call, second_call }
    })
}

impl Bridge {
    /// Has the log tell stories from now on, or not any more.
    pub fn tell_stories(&mut self, told: bool) {
        self.logs_stories = told;
        self.set_tellers();
    }

    /// Has all platforms and applications tell their stories to those who read any now.
    pub(super) fn set_tellers(&mut self) {
        let names = || self.applications.iter().map(|application| application.name.clone()).collect();
        let log: Option<Arc<[String]>> = self.logs_stories.then(names);
        let teller = |owner| Teller { owner, log: log.clone(), history: self.history.clone() };
        for (index, application) in self.applications.iter_mut().enumerate() {
            application.teller = teller(Owner::Application(index));
        }
        for (index, platform) in self.platforms.iter_mut().enumerate() {
            platform.teller = teller(Owner::Platform(index));
        }
    }
}
