//! The story of a call, an agent or a request: what comes in, what follows, what goes out, under the ids of both sides. It
//! owns how that becomes notices at level debug, which are made only while the log shows them, and entries of the `history`. It
//! deliberately decides nothing: no step of the bridge depends on it.

use std::sync::Arc;

use super::{
    Bridge, Owner,
    history::{About, Draft, NO_RULE_HOLDS, Name, Part, Tape, What},
    platform::Platform,
};
use crate::{
    mapping::{Incoming, Outgoing},
    message::{Message, Node},
    model::{
        Asked, CallIx, ClientId, Consequence, Effect, Meaning, Occasion, Request, RequestKind, Subjects, Transition,
        TransitionKind, is_guid,
    },
    port::Notice,
    vocabulary::{Role, Vocabulary},
};

pub(super) use super::history::Unheard;

/// Who reads the stories of one platform or application.
#[derive(Debug, Clone)]
pub(super) struct Teller {
    owner: Owner,
    /// The names of the applications, by their places: present while the log shows stories.
    log: Option<Arc<[String]>>,
    history: Option<Arc<Tape>>,
}

/// Nobody does.
impl Default for Teller {
    fn default() -> Teller {
        Teller { owner: Owner::Platform(0), log: None, history: None }
    }
}

/// Marks the calling branch as cold for the compiler.
#[inline]
#[cold]
fn seldom() {}

impl Teller {
    /// Most often nobody reads stories: what tells them is laid out apart from what every message needs.
    #[inline(always)]
    pub fn is_on(&self) -> bool {
        let is_on = self.log.is_some() || self.history.is_some();
        if is_on {
            seldom();
        }
        is_on
    }

    /// Keeps an entry for the history, if there is one.
    #[inline]
    fn remember(&self, what: What, fill: impl FnOnce(&mut Draft)) {
        if let Some(history) = &self.history {
            let mut draft = history.draft(self.owner, what, 0);
            fill(&mut draft);
            draft.finish();
        }
    }

    /// The same of a message, with its values where the history keeps them.
    #[inline]
    fn remember_message(&self, what: What, vocabulary: &Vocabulary, message: &Message, fill: impl FnOnce(&mut Draft)) {
        if let Some(history) = &self.history {
            let values = history.values.then(|| values_of(vocabulary, message));
            let mut draft = history.draft(self.owner, what, values.as_ref().map_or(0, String::len));
            fill(&mut draft);
            if let Some(values) = values {
                draft.values(&values);
            }
            draft.finish();
        }
    }

    /// Makes a notice, if the log shows stories.
    #[inline]
    fn notice(&self, notice: impl FnOnce() -> Notice) -> Option<Notice> {
        self.log.as_ref()?;
        seldom();
        Some(notice())
    }
}

/// The values of a message, but for its secrets.
#[cold]
fn values_of(vocabulary: &Vocabulary, message: &Message) -> String {
    let Some(def) = message.kind().map(|kind| vocabulary.message(kind)) else { return String::new() };
    let mut shown = message.clone();
    let secrets = def.fields.list.iter().enumerate().filter(|(_, field)| field.secret).map(|(slot, _)| slot);
    // The id of a session is as good as its password.
    let secrets = secrets.chain(def.role(Role::Session));
    secrets.for_each(|slot| shown.set(slot, Node::Absent));
    let mut text = Vec::new();
    vocabulary.write_json(&shown, &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// The call and the agent that a message names, as the side writes them whose message it is.
fn ids(vocabulary: &Vocabulary, message: &Message) -> [Option<String>; 2] {
    let Some(kind) = message.kind() else { return [None, None] };
    let mentions = &vocabulary.message(kind).mentions;
    [&mentions.call, &mentions.agent].map(|slots| Name::first(message, slots).text())
}

/// Adds them to an entry.
fn add_ids(draft: &mut Draft, vocabulary: &Vocabulary, message: &Message) {
    if let Some(kind) = message.kind() {
        draft.ids(&vocabulary.message(kind).mentions, message);
    }
}

/// A message came in: from a platform, or from a session of an application.
pub(super) fn message_in(
    teller: &Teller,
    vocabulary: &Vocabulary,
    message: &Message,
    session: Option<u32>,
) -> Option<Notice> {
    let kind = message.kind()?;
    let mentions = &vocabulary.message(kind).mentions;
    let request = mentions.request_of(message);
    teller.remember_message(What::MessageIn(None), vocabulary, message, |draft| {
        draft.message(kind);
        draft.session(session);
        draft.request(request);
        let numbers = draft.ids(mentions, message);
        draft.share(About::NOBODY, numbers);
    });
    teller.notice(|| {
        let message_name = vocabulary.message(kind).label.clone();
        let [call, agent] = ids(vocabulary, message);
        Notice::MessageIn { message_name, session, call, agent, request }
    })
}

/// A message that no rule is for.
pub(super) fn ignored(teller: &Teller, incoming: &Incoming, message: &Message) -> Option<Notice> {
    let kind = message.kind()?;
    teller.remember(What::Ignored, |draft| {
        draft.message(kind);
        add_ids(draft, &incoming.vocabulary, message);
    });
    teller.notice(|| {
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
    if teller.history.as_ref().is_some_and(|history| !history.rule_fired(teller.owner, rule, means)) {
        teller.remember(What::RuleFired(means), |draft| {
            draft.rule(Some(rule));
            add_ids(draft, &incoming.vocabulary, message);
        });
    }
    teller.notice(|| {
        let [call, agent] = ids(&incoming.vocabulary, message);
        Notice::RuleFired { rule: incoming.rule_names[rule].to_string(), means: means.name(), call, agent }
    })
}

/// The picture did not take a change.
pub(super) fn without_effect(
    teller: &Teller,
    incoming: &Incoming,
    means: Meaning,
    effect: Effect,
    message: &Message,
) -> Option<Notice> {
    teller.remember(What::WithoutEffect(means, effect), |draft| {
        add_ids(draft, &incoming.vocabulary, message);
    });
    teller.notice(|| Notice::ChangeWithoutEffect { means: means.name(), reason: effect.reason() })
}

/// An application is not told of a transition; without a reason of the bridge's own, that of its rules counts.
#[inline(never)]
pub(super) fn untold(
    teller: &Teller,
    rules: &Outgoing,
    platform: &Platform,
    transition: &Transition,
    reason: Option<Unheard>,
) -> Option<Notice> {
    teller.remember(What::Untold(transition.kind, reason), |draft| {
        // Both are the platform's names.
        platform.add_names(draft, transition);
    });
    teller.notice(|| {
        let of_rules = || rules.plan(transition.kind).ignored.as_deref();
        Notice::TransitionUntold {
            transition: transition.kind.name(),
            call: platform.call_id(transition.call).text(),
            agent: platform.agent_id(transition).text(),
            reason: reason.map(Unheard::text).or_else(of_rules).unwrap_or(NO_RULE_HOLDS).to_owned(),
        }
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
    /// Its place and its name. None for a message that passes whole.
    pub rule: Option<(usize, &'s Arc<str>)>,
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
    let kind = message.kind()?;
    let mentions = &vocabulary.message(kind).mentions;
    let request = mentions.request_of(message).filter(|number| *number != 0);
    let platform = source.platform;
    teller.remember_message(What::MessageOut, vocabulary, message, |draft| {
        draft.message(kind);
        draft.rule(source.rule.map(|(place, _)| place));
        draft.sessions(sessions);
        draft.session(asker);
        draft.request(request);
        draft.ids(mentions, message);
        match source.transition {
            Some(transition) => platform.add_names(draft, transition),
            None => draft.other(platform_of(platform)),
        }
    });
    teller.notice(|| {
        let [call, agent] = ids(vocabulary, message);
        Notice::MessageOut {
            message_name: vocabulary.message(kind).label.clone(),
            rule: source.rule.map(|(_, name)| name.to_string()),
            of_platform: platform.name.clone(),
            sessions,
            session: asker,
            call,
            agent,
            request,
            platform_call: source.transition.and_then(|of| platform.call_id(of.call).text()),
            platform_agent: source.transition.and_then(|of| platform.agent_id(of).text()),
        }
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
        if let Some(part) = part {
            seldom();
            self.wanted.push_back(part.into());
        }
    }

    /// The platform's own name of a call: its number, or what else it calls it by.
    fn call_id(&self, call: Option<CallIx>) -> Name<'_> {
        let Some(call) = call.and_then(|call| self.model.find_call(call)) else { return Name::None };
        let other = || call.names.first().map(|name| Name::of_id(name.id.as_id()));
        self.native_number(call).map(|(_, number)| Name::Int(number)).or_else(other).unwrap_or_default()
    }

    /// A name of a call that may be the same on another platform, and is no other call's: its guid.
    fn guid(&self, call: Option<CallIx>) -> Name<'_> {
        let Some(call) = call.and_then(|call| self.model.find_call(call)) else { return Name::None };
        let mut names = call.names.iter().map(|name| Name::of_id(name.id.as_id()));
        names.find(|name| matches!(name, Name::Text(text) if is_guid(text))).unwrap_or_default()
    }

    fn agent_id(&self, subject: &Subjects) -> Name<'_> {
        let Some(agent) = subject.agent.map(|agent| self.model.agent(agent)) else { return Name::None };
        agent.id.as_ref().map_or_else(|| Name::of_text(&agent.number), |id| Name::of_id(id.as_id()))
    }

    /// Adds the platform's own names of the call and the agent to an application's entry. Most often they are those of the
    /// change that the entry comes of.
    fn add_names(&self, draft: &mut Draft, subject: &Subjects) {
        draft.other(platform_of(self));
        if draft.is_about(About::of(self.teller.owner, subject.call, subject.agent)) {
            return draft.follow(Part::PlatformCall, Part::PlatformAgent);
        }
        draft.name(Part::PlatformCall, self.call_id(subject.call));
        draft.name(Part::PlatformAgent, self.agent_id(subject));
    }

    /// The picture changed, or the platform is asked for something.
    #[inline(never)]
    pub(super) fn consequence_story(&self, next: &Consequence) -> Option<Notice> {
        let (occasion, subject) = (next.occasion(), next.subject());
        let asker = subject.request.map(|request| Asker::from(self.model.request(request)));
        self.teller.remember(What::Changed(occasion, subject.details.presumed), |draft| {
            if let Some(Asker { client, id }) = asker {
                draft.other(usize::from(client.application));
                draft.session(Some(client.session));
                draft.request(Some(id));
            }
            let about = About::of(self.teller.owner, subject.call, subject.agent);
            if draft.is_about(about) {
                draft.follow(Part::Call, Part::Agent);
            } else {
                let names = [self.call_id(subject.call), self.agent_id(subject)];
                draft.name(Part::Call, names[0]);
                draft.name(Part::Agent, names[1]);
                draft.share(about, names.map(Name::number));
            }
            if subject.second.is_some() {
                draft.name(Part::Second, self.call_id(subject.second));
            }
            if subject.result.is_some() {
                // The call that the two become.
                draft.name(Part::PlatformCall, self.call_id(subject.result));
            }
            if occasion == Occasion::Transition(TransitionKind::CallStarted) {
                draft.name(Part::Guid, self.guid(subject.call));
            }
        });
        self.teller.notice(|| Notice::PictureChanged {
            transition: occasion.name(),
            call: self.call_id(subject.call).text(),
            second_call: self.call_id(subject.second).text(),
            agent: self.agent_id(subject).text(),
            request: asker.map(|asker| asker.id),
        })
    }

    /// A command goes to the platform.
    pub(super) fn command_story(&self, message: &Message, rule: Option<usize>, asker: Asker) -> Option<Notice> {
        let outgoing = self.outgoing();
        let vocabulary = &outgoing.vocabulary;
        let kind = message.kind()?;
        let (session, request) = (asker.client.session, asker.id);
        self.teller.remember_message(What::CommandOut, vocabulary, message, |draft| {
            draft.message(kind);
            draft.rule(rule);
            draft.other(usize::from(asker.client.application));
            draft.session(Some(session));
            draft.request(Some(request));
            add_ids(draft, vocabulary, message);
        });
        self.teller.notice(|| {
            let message_name = vocabulary.message(kind).label.clone();
            let rule = rule.map(|rule| outgoing.rule_names[rule].to_string());
            let (asker, [call, agent]) = (self.asking(asker), ids(vocabulary, message));
            Notice::CommandOut { message_name, rule, asker, session, request, call, agent }
        })
    }

    /// The platform answered a command.
    pub(super) fn reply_story(&self, message: &Message, asker: Asker) -> Option<Notice> {
        let kind = message.kind()?;
        let (session, request) = (asker.client.session, asker.id);
        self.teller.remember(What::ReplyIn, |draft| {
            draft.message(kind);
            draft.other(usize::from(asker.client.application));
            draft.session(Some(session));
            draft.request(Some(request));
        });
        self.teller.notice(|| {
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
    teller.remember(What::Taken(operation), |draft| {
        let [call, second, agent] = [asked.call, asked.second, asked.agent].map(|id| id.map_or(Name::None, Name::Int));
        draft.other(platform_of(to_platform));
        draft.session(Some(session));
        draft.request(Some(request));
        draft.name(Part::Call, call);
        draft.name(Part::Agent, agent);
        draft.name(Part::Second, second);
    });
    teller.notice(|| {
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
        let tape = self.history.as_ref().map(|history| history.tape.clone());
        let teller = |owner| Teller { owner, log: log.clone(), history: tape.clone() };
        for (index, application) in self.applications.iter_mut().enumerate() {
            application.teller = teller(Owner::Application(index));
        }
        for (index, platform) in self.platforms.iter_mut().enumerate() {
            platform.teller = teller(Owner::Platform(index));
        }
    }
}
