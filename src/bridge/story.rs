//! The story of a call, an agent or a request: what comes in, what follows, what goes out, under the ids of both sides. It
//! owns how that becomes notices at level debug, which are made only while somebody reads them. It deliberately decides
//! nothing: no step of the bridge depends on it.

use std::sync::Arc;

use super::{Bridge, platform::Platform};
use crate::{
    mapping::Incoming,
    message::{Message, Value},
    model::{Asked, CallIx, ClientId, Request, Transition},
    port::Notice,
    vocabulary::{AgentPart, Role, Vocabulary, Which},
};

/// The names of the applications, by their places: present while stories are read.
pub(super) type Applications = Option<Arc<[String]>>;

/// The ids in a message, as the side writes them whose message it is.
struct Ids {
    message_name: String,
    call: Option<String>,
    agent: Option<String>,
    request: Option<i64>,
}

impl Ids {
    fn of(vocabulary: &Vocabulary, message: &Message) -> Option<Ids> {
        let def = vocabulary.message(message.kind()?);
        let value = |role| def.role(role).map(|slot| message.get(slot)).unwrap_or_default();
        let part = |(part, _)| text(value(Role::Call(Which::Call, part as u8)));
        let is_number = |(_, name): &(usize, &String)| *name == "id";
        let parts = || vocabulary.call_names.iter().enumerate();
        Some(Ids {
            message_name: def.label.clone(),
            call: parts().filter(is_number).find_map(part).or_else(|| parts().find_map(part)),
            agent: [AgentPart::Id, AgentPart::Number].into_iter().find_map(|part| text(value(Role::Agent(part)))),
            request: value(Role::Request).as_int(),
        })
    }
}

fn text(value: Value) -> Option<String> {
    value.as_text(&mut itoa::Buffer::new()).map(str::to_owned)
}

/// A message came in: from a platform, or from a session of an application.
pub(super) fn message_in(vocabulary: &Vocabulary, message: &Message, session: Option<u32>) -> Option<Notice> {
    let Ids { message_name, call, agent, request } = Ids::of(vocabulary, message)?;
    Some(Notice::MessageIn { message_name, session, call, agent, request })
}

/// A message that no rule is for.
pub(super) fn ignored(incoming: &Incoming, message: &Message) -> Option<Notice> {
    let kind = message.kind()?;
    let reason = incoming.plans[kind.0 as usize].ignored.clone().unwrap_or_else(|| "it has no rule".into());
    Some(Notice::MessageIgnored { message_name: incoming.vocabulary.message(kind).label.clone(), reason })
}

/// A rule fired for a message.
pub(super) fn rule_fired(incoming: &Incoming, rule: usize, means: &'static str, message: &Message) -> Notice {
    let (call, agent) = Ids::of(&incoming.vocabulary, message).map_or((None, None), |ids| (ids.call, ids.agent));
    Notice::RuleFired { rule: incoming.rule_names[rule].to_string(), means, call, agent }
}

/// An application is not told of a transition.
pub(super) fn untold(platform: &Platform, transition: &Transition, reason: &str) -> Notice {
    Notice::TransitionUntold {
        transition: transition.kind.name(),
        call: transition.call.and_then(|call| platform.call_name(call)),
        agent: platform.agent_name(transition),
        reason: reason.to_owned(),
    }
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
    pub rule: Option<&'s str>,
    pub transition: Option<&'s Transition>,
}

/// A message goes out to sessions of an application.
pub(super) fn message_out(
    vocabulary: &Vocabulary,
    message: &Message,
    source: &Source<'_>,
    asker: Option<u32>,
    sessions: usize,
) -> Option<Notice> {
    let Ids { message_name, call, agent, request } = Ids::of(vocabulary, message)?;
    let Source { platform, rule, transition } = *source;
    Some(Notice::MessageOut {
        message_name,
        rule: rule.map(str::to_owned),
        of_platform: platform.name.clone(),
        sessions,
        session: asker,
        call,
        agent,
        request: request.filter(|number| *number != 0),
        platform_call: transition.and_then(|transition| platform.call_name(transition.call?)),
        platform_agent: transition.and_then(|transition| platform.agent_name(transition)),
    })
}

impl Platform {
    /// The platform's own name of a call: its number, or what else it calls it by.
    fn call_name(&self, call: CallIx) -> Option<String> {
        let call = self.model.find_call(call)?;
        let number = self.native_number(call).map(|number| number.to_string());
        number.or_else(|| call.names.first().map(|name| name.id.to_string()))
    }

    fn agent_name(&self, transition: &Transition) -> Option<String> {
        let agent = self.model.agent(transition.agent?);
        let id = agent.id.as_ref().map(|id| id.to_string());
        id.or_else(|| Some(agent.number.clone()).filter(|number| !number.is_empty()))
    }

    /// The picture changed, or the platform is asked for something.
    pub(super) fn transition_story(&self, transition: &Transition) -> Notice {
        Notice::PictureChanged {
            transition: transition.kind.name(),
            call: transition.call.and_then(|call| self.call_name(call)),
            second_call: transition.second.and_then(|call| self.call_name(call)),
            agent: self.agent_name(transition),
            request: transition.request.map(|request| self.model.request(request).id),
        }
    }

    /// A command goes to the platform.
    pub(super) fn command_story(&self, message: &Message, rule: Option<&str>, asker: Asker) -> Option<Notice> {
        let Ids { message_name, call, agent, .. } = Ids::of(&self.outgoing().vocabulary, message)?;
        let (rule, session, request) = (rule.map(str::to_owned), asker.client.session, asker.id);
        Some(Notice::CommandOut { message_name, rule, asker: self.asking(asker), session, request, call, agent })
    }

    /// The platform answered a command.
    pub(super) fn reply_story(&self, message: &Message, asker: Asker) -> Option<Notice> {
        let Ids { message_name, .. } = Ids::of(&self.incoming.vocabulary, message)?;
        let (session, request) = (asker.client.session, asker.id);
        Some(Notice::ReplyIn { message_name, asker: self.asking(asker), session, request })
    }

    /// The name of the application that asked.
    fn asking(&self, asker: Asker) -> Option<String> {
        self.traced.as_ref()?.get(usize::from(asker.client.application)).cloned()
    }
}

/// A session's request was understood, and goes to its platform.
pub(super) fn request_taken(
    operation: &'static str,
    to_platform: &Platform,
    (session, request): (u32, i64),
    asked: Asked,
) -> Notice {
    let to_platform = to_platform.name.clone();
    let [agent, call, second_call] = [asked.agent, asked.call, asked.second].map(|id| id.map(|id| id.to_string()));
    Notice::RequestTaken { operation, to_platform, session, request, agent, call, second_call }
}

impl Bridge {
    /// Has stories told from now on, or not any more.
    pub fn tell_stories(&mut self, told: bool) {
        let names = || self.applications.iter().map(|application| application.name.clone()).collect();
        let applications: Applications = told.then(names);
        self.applications.iter_mut().for_each(|application| application.is_traced = told);
        self.platforms.iter_mut().for_each(|platform| platform.traced.clone_from(&applications));
    }
}
