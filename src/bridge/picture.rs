//! What rules read when they say a transition: the model's picture, with ids as the application, or the platform, knows them.

mod details;
mod naming;

use super::{
    ids::{Call, Ids},
    platform::Platform,
    statistics::Member,
};
use crate::{
    mapping::{CallPart, Item, Leaf, Literal, Picture},
    message::Value,
    model::{
        self, About, Agent, AgentAttribute, AgentIx, AgentState, CallAttribute, ClientId, ConnectionState, DeviceKind,
        Id, KnownDevice, ListAttribute, Model, NativeId, Occasion, PartyAttribute, PartyRef, PartyRole, PartyState,
        Request, ServiceAttribute, ServiceIx, Subjects,
    },
    vocabulary::{Role, Which},
};

/// Whose ids are written.
#[derive(Debug, Clone, Copy)]
pub enum Naming<'p> {
    /// An id as the platform gave it; `number` is the place of the plain number among the names of a call.
    Native { number: Option<u8> },
    /// An application's; the platform is its `place`th, from 0, and the bridge's `platform`th.
    Of {
        ids: &'p Ids,
        parts: &'p [CallPart],
        place: usize,
        /// The number under which the application knows the platform.
        switch: i64,
        platform: usize,
        /// The numbers of the transition's calls that are told.
        calls: [Option<&'p Call>; 3],
    },
}

/// A request that the bridge answers itself, without the model.
#[derive(Debug, Clone, Copy)]
pub struct Local {
    pub client: ClientId,
    pub id: i64,
    pub about: About,
    pub call: Option<i64>,
    pub agent: Option<i64>,
}

/// A route that a routing platform shall find, as far as the call's own platform does not show it.
#[derive(Debug, Clone, Default)]
pub struct RouteOrder {
    /// The call's name beside numbers.
    pub guid: String,
    /// The number of the service on the routing platform.
    pub service: Option<i64>,
    pub kind: Option<DeviceKind>,
    /// The login name of the agent who is wanted.
    pub login: String,
    /// The routing platform's own number of that agent.
    pub agent: Option<i64>,
    /// What the application gave with its selection.
    pub data: Vec<(String, String)>,
}

#[derive(Debug, Clone, Copy)]
pub struct Live<'p> {
    pub model: &'p Model,
    pub occasion: Occasion,
    pub subject: &'p Subjects,
    pub naming: Naming<'p>,
    pub local: Option<&'p Local>,
    /// What is asked of a routing platform.
    pub route: Option<&'p RouteOrder>,
    pub knobs: &'p [Literal],
    /// The current moment as contact centres write it: local time, and UTC.
    pub stamp: [&'p str; 2],
    /// Since when the call waits, in the same form.
    pub waiting: &'p str,
    /// The agents who are logged on at the group that is being told.
    pub members: &'p [Member],
    /// The member that a list has reached.
    pub member: Option<&'p Member>,
    /// The platform whose picture is told, when a transition is told to applications.
    pub source: Option<&'p Platform>,
}

/// A party as it can be read of.
enum Who<'p> {
    Agent(AgentIx),
    Device(&'p KnownDevice),
    /// Somebody outside, by number.
    Number(&'p str),
    /// An agent whom the platform has not shown, by the application's own id.
    Asked(i64),
}

fn text(text: &str) -> Value<'_> {
    if text.is_empty() { Value::Absent } else { Value::Text(text) }
}

fn native(id: &NativeId) -> Value<'_> {
    match id.as_id() {
        Id::None => Value::Absent,
        Id::Int(number) => Value::Int(number),
        Id::Text(text) => Value::Text(text),
    }
}

fn optional(number: Option<i64>) -> Value<'static> {
    number.map(Value::Int).unwrap_or_default()
}

impl<'p> Live<'p> {
    /// The picture as the platform itself is told of it, with its own ids; `number` is the place of its number among a call's
    /// names.
    pub fn native(
        model: &'p Model,
        (occasion, subject): (Occasion, &'p Subjects),
        knobs: &'p [Literal],
        number: Option<u8>,
    ) -> Live<'p> {
        Live {
            model,
            occasion,
            subject,
            naming: Naming::Native { number },
            local: None,
            route: None,
            knobs,
            stamp: [""; 2],
            waiting: "",
            members: &[],
            member: None,
            source: None,
        }
    }

    fn request(&self) -> Option<&'p Request> {
        self.subject.request.map(|request| self.model.request(request))
    }

    fn service(&self) -> Option<ServiceIx> {
        let of_call = self.subject.call.and_then(|call| self.model.find_call(call)).and_then(|call| call.service);
        self.subject.service.or(of_call)
    }

    fn call(&self, which: Which, attribute: CallAttribute) -> Value<'p> {
        let Some(call) = self.call_of(which).and_then(|call| self.model.find_call(call)) else {
            if attribute != CallAttribute::Id {
                return Value::Absent;
            }
            return match self.naming {
                Naming::Native { number } => number.map(|place| self.call_name(which, place)).unwrap_or_default(),
                Naming::Of { .. } => self.call_name(which, 0),
            };
        };
        let destination = &call.destination;
        match attribute {
            CallAttribute::Id => match self.naming {
                Naming::Native { .. } => self.call_name(which, 0),
                Naming::Of { calls, .. } => optional(calls[which as usize].map(|call| call.id)),
            },
            CallAttribute::Sequence => self.call_of(which).map(|call| self.sequence(call)).unwrap_or_default(),
            CallAttribute::Abandoned => Value::Bool(call.is_abandoned()),
            CallAttribute::QueuedDate => text(self.waiting.get(..10).unwrap_or_default()),
            CallAttribute::QueuedTime => text(self.waiting.get(11..).unwrap_or_default()),
            CallAttribute::Guid => match self.route {
                Some(route) => text(&route.guid),
                None => self.call_of(which).map(|call| self.guid(call)).unwrap_or_default(),
            },
            CallAttribute::Priority => optional(call.priority.map(i64::from)),
            CallAttribute::PriorityReversed => optional(call.priority.map(|priority| 101 - i64::from(priority))),
            CallAttribute::Items => Value::Int(call.data.len() as i64),
            CallAttribute::Ani => text(&call.ani),
            CallAttribute::Dnis => text(&call.dnis),
            CallAttribute::CallerName => text(&call.caller_name),
            CallAttribute::Media => optional(call.media.map(|media| media.code())),
            CallAttribute::Type => optional(call.ty.map(|ty| ty.code())),
            CallAttribute::Cause => optional(call.cause.map(|cause| cause.code())),
            CallAttribute::Direction => Value::Int(call.direction.code()),
            CallAttribute::State => Value::Int(call.state().code()),
            CallAttribute::Disposition => optional(match self.subject.agent {
                Some(agent) => call.disposition_of(agent),
                None => call.final_disposition(),
            }),
            CallAttribute::Service => call.service.map(|service| self.service_id(service)).unwrap_or_default(),
            CallAttribute::Originator => call.originator.map(|agent| self.agent_id(agent)).unwrap_or_default(),
            CallAttribute::Agent => call.agents_in().next().map(|(_, agent)| self.agent_id(agent)).unwrap_or_default(),
            CallAttribute::DestinationType => {
                let known = destination.kind.filter(|_| destination.id.is_some() || !destination.number.is_empty());
                let dialled = (!destination.number.is_empty()).then_some(DeviceKind::Device);
                optional(known.or(dialled).map(DeviceKind::code))
            }
            CallAttribute::Destination => match (destination.agent, &destination.id, destination.kind) {
                (Some(agent), ..) => self.agent_id(agent),
                (None, Some(id), Some(kind)) if kind.is_service() => self.service_number(kind, id),
                (None, Some(id), Some(_) | None) if destination.number.is_empty() => native(id),
                (None, Some(_) | None, Some(_) | None) => text(&destination.number),
            },
        }
    }

    fn agent(&self, attribute: AgentAttribute) -> Value<'p> {
        if let (Some(route), AgentAttribute::Id) = (self.route, attribute) {
            return optional(route.agent);
        }
        let Some(index) = self.member.map(|member| member.agent).or(self.subject.agent) else {
            let request = self.request().filter(|_| attribute == AgentAttribute::Id);
            let of_local = self.local.and_then(|local| local.agent).filter(|_| attribute == AgentAttribute::Id);
            let of_request = request.and_then(|request| match self.naming {
                Naming::Native { .. } => request.unseen.agent,
                Naming::Of { .. } => request.asked.agent,
            });
            return optional(of_request.or(of_local));
        };
        let agent = self.model.agent(index);
        match attribute {
            AgentAttribute::Id => self.agent_id(index),
            AgentAttribute::Number => text(&agent.number),
            AgentAttribute::Name => text(&agent.name),
            AgentAttribute::Station => text(&agent.station),
            AgentAttribute::Reason => text(&agent.reason),
            AgentAttribute::State => optional(agent.told.map(AgentState::code)),
            AgentAttribute::Phone => Value::Bool(agent.phone),
            AgentAttribute::Call => match (self.naming, agent.calls.last()) {
                (Naming::Of { ids, platform, .. }, Some(call)) => {
                    optional(ids.told((platform, *call)).map(|call| call.id))
                }
                (Naming::Of { .. }, None) | (Naming::Native { .. }, _) => Value::Absent,
            },
            AgentAttribute::Occupation => {
                optional(self.member.and_then(|member| member.occupation).map(|occupation| occupation.code()))
            }
            AgentAttribute::Since => self.member.map(|member| text(&member.since)).unwrap_or_default(),
            AgentAttribute::Ani => self.contact().map(|call| text(&call.ani)).unwrap_or_default(),
            AgentAttribute::Dnis => self.contact().map(|call| text(&call.dnis)).unwrap_or_default(),
            AgentAttribute::Disposition => optional(self.member.and_then(|member| member.disposition)),
            AgentAttribute::AcdCalls => optional(self.member.map(|member| member.calls.acd)),
            AgentAttribute::OutboundAcdCalls => optional(self.member.map(|member| member.calls.outbound_acd)),
            AgentAttribute::NonAcdCalls => optional(self.member.map(|member| member.calls.non_acd)),
            AgentAttribute::Chats => optional(self.member.map(|member| member.calls.chats)),
            AgentAttribute::Emails => optional(self.member.map(|member| member.calls.emails)),
            AgentAttribute::HeldCalls => optional(self.member.map(|member| member.calls.held)),
        }
    }

    /// The distributed call of the agent that the list has reached.
    fn contact(&self) -> Option<&'p model::Call> {
        self.model.find_call(self.member?.contact?)
    }

    fn who(&self, role: PartyRole) -> Option<Who<'p>> {
        let transition = self.subject;
        let of = |party: Option<PartyRef>| {
            let device = &self.model.party(party?).device;
            Some(device.agent.map_or(Who::Device(device), Who::Agent))
        };
        let call = transition.call.and_then(|call| self.model.find_call(call));
        match role {
            PartyRole::Party => {
                of(transition.party).or(transition.agent.map(Who::Agent)).or_else(|| match self.naming {
                    Naming::Native { .. } => None,
                    Naming::Of { .. } => self.request()?.asked.agent.map(Who::Asked),
                })
            }
            PartyRole::Other => of(transition.other),
            PartyRole::To => of(transition.to),
            PartyRole::Caller => {
                let call = call?;
                Some(call.originator.map_or(Who::Number(&call.ani), Who::Agent))
            }
            PartyRole::Destination => {
                let device = &call?.destination;
                Some(device.agent.map_or(Who::Device(device), Who::Agent))
            }
        }
    }

    fn party(&self, role: PartyRole, attribute: PartyAttribute) -> Value<'p> {
        let Some(who) = self.who(role) else { return Value::Absent };
        match (attribute, who) {
            (PartyAttribute::Kind, Who::Agent(_) | Who::Asked(_)) => Value::Int(DeviceKind::Agent.code()),
            (PartyAttribute::Id, Who::Asked(id)) => Value::Int(id),
            (PartyAttribute::Number, Who::Asked(_)) => Value::Absent,
            (PartyAttribute::Id, Who::Agent(agent)) => self.agent_id(agent),
            (PartyAttribute::Number, Who::Agent(agent)) => text(&self.model.agent(agent).station),
            (PartyAttribute::Kind, Who::Device(device)) => Value::Int(device.kind.unwrap_or(DeviceKind::Device).code()),
            (PartyAttribute::Id, Who::Device(device)) => match (&device.id, device.kind) {
                (Some(id), Some(kind)) if kind.is_service() => self.service_number(kind, id),
                (Some(id), _) => native(id),
                (None, _) => Value::Absent,
            },
            (PartyAttribute::Number, Who::Device(device)) => text(&device.number),
            (PartyAttribute::Kind, Who::Number(_)) => Value::Int(DeviceKind::Device.code()),
            (PartyAttribute::Id, Who::Number(_)) => Value::Absent,
            (PartyAttribute::Number, Who::Number(number)) => text(number),
        }
    }

    fn read(&self, leaf: &Leaf) -> Value<'p> {
        match leaf {
            Leaf::CallName(which, place) => self.call_name(*which, *place),
            Leaf::Call(which, attribute) => self.call(*which, *attribute),
            Leaf::Agent(attribute) => self.agent(*attribute),
            Leaf::Party(role, attribute) => self.party(*role, *attribute),
            Leaf::Service(ServiceAttribute::Id) => self.service().map(|s| self.service_id(s)).unwrap_or_default(),
            Leaf::Service(ServiceAttribute::Name) => {
                self.service().map(|service| text(&self.model.service(service).name)).unwrap_or_default()
            }
            Leaf::Service(ServiceAttribute::Kind) => {
                optional(self.service().map(|service| self.model.service(service).kind.code()))
            }
            Leaf::Request(attribute) => self.request_attribute(*attribute),
            Leaf::Detail(detail) => self.detail(*detail),
            Leaf::Knob(place) => self.knobs.get(*place).map(Literal::value).unwrap_or_default(),
            Leaf::Role(Role::Platform) => match self.naming {
                Naming::Of { switch, .. } => Value::Int(switch),
                Naming::Native { .. } => Value::Absent,
            },
            Leaf::Role(Role::Time) => text(self.stamp[0]),
            Leaf::Role(Role::Utc) => text(self.stamp[1]),
            Leaf::Role(_) | Leaf::Item(_) => Value::Absent,
        }
    }
}

impl<'p> Picture<'p> for Live<'p> {
    fn value(&self, leaf: &Leaf) -> Value<'p> {
        let value = self.read(leaf);
        let list = self.member.map(|_| ListAttribute::ServiceAgents);
        // Zero is no request's number.
        let is_nothing = value.is_empty() || matches!(value, Value::Bool(false) | Value::Int(0));
        debug_assert!(is_nothing || leaf.exists_at(self.occasion, list), "{:?}: {leaf:?}", self.occasion);
        value
    }

    fn items(&self, list: ListAttribute, mut take: impl FnMut(&Self, Item<'p>)) {
        // The order is that of `ItemAttribute`: id, kind, number, key, value, state.
        let nothing = Value::Absent;
        let pair = |key: &'p str, value: &'p str| {
            let number = match self.naming {
                Naming::Of { ids, .. } => optional(ids.label(key)),
                Naming::Native { .. } => Value::Absent,
            };
            [nothing, nothing, number, Value::Text(key), Value::Text(value), nothing]
        };
        let id = |id: Value<'p>, kind: DeviceKind| [id, Value::Int(kind.code()), nothing, nothing, nothing, nothing];
        match list {
            ListAttribute::CallData => {
                let call = self.subject.call.and_then(|call| self.model.find_call(call));
                call.into_iter()
                    .flat_map(|call| &call.data)
                    .map(|(key, value)| pair(key, value))
                    .for_each(|item| take(self, item));
            }
            ListAttribute::RequestData if let Some(route) = self.route => {
                route.data.iter().map(|(key, value)| pair(key, value)).for_each(|item| take(self, item));
            }
            ListAttribute::RequestData => {
                let request = self.request().into_iter();
                request
                    .flat_map(|request| &request.data)
                    .map(|(key, value)| pair(key, value))
                    .for_each(|item| take(self, item));
            }
            ListAttribute::AgentServices => {
                let agent = self.subject.agent.map(|agent| self.model.agent(agent));
                let services = agent.into_iter().flat_map(|agent| &agent.services);
                let services = services.map(|service| (*service, self.model.service(*service).kind));
                services.map(|(service, kind)| id(self.service_id(service), kind)).for_each(|item| take(self, item));
            }
            ListAttribute::CallDispositions => {
                let call = self.subject.call.and_then(|call| self.model.find_call(call));
                let given = call.into_iter().flat_map(|call| &call.dispositions);
                let own = given.filter(|(agent, _)| Some(*agent) == self.subject.agent).map(|(_, code)| *code);
                // Where the platform tells only how the call was disposed of, the call's disposition stands for the
                // entered codes.
                let last = call.filter(|call| call.dispositions.is_empty()).and_then(|call| call.disposition);
                own.chain(last)
                    .for_each(|code| take(self, [Value::Int(code), nothing, nothing, nothing, nothing, nothing]));
            }
            ListAttribute::CallParties => {
                let call = self.subject.result.or(self.subject.call).and_then(|call| self.model.find_call(call));
                let call = call.or_else(|| self.subject.call.and_then(|call| self.model.find_call(call)));
                for party in call.into_iter().flat_map(|call| &call.parties) {
                    let device = &party.device;
                    let Some(state) = connection(party.state, device.is_agent()) else { continue };
                    let (number, kind) = match device.agent {
                        Some(agent) => (self.model.agent(agent).station.as_str(), DeviceKind::Agent),
                        None => (device.number.as_str(), device.kind.unwrap_or(DeviceKind::Device)),
                    };
                    let id = match (device.agent, &device.id) {
                        (Some(agent), _) => self.agent_id(agent),
                        (None, Some(id)) if kind.is_service() => self.service_number(kind, id),
                        (None, Some(id)) => native(id),
                        (None, None) => nothing,
                    };
                    let (kind, state) = (Value::Int(kind.code()), Value::Int(state.code()));
                    take(self, [id, kind, text(number), nothing, nothing, state]);
                }
            }
            ListAttribute::ServiceAgents if !self.members.is_empty() => {
                for member in self.members {
                    let at = Live { member: Some(member), ..*self };
                    take(&at, id(self.agent_id(member.agent), DeviceKind::Agent));
                }
            }
            ListAttribute::ServiceAgents => {
                let service = self.service();
                let serves = |agent: &Agent| service.is_some_and(|service| agent.services.contains(&service));
                let agents = self.model.agents().filter(|(_, agent)| agent.is_logged_on() && serves(agent));
                let agents = agents.map(|(index, _)| id(self.agent_id(index), DeviceKind::Agent));
                agents.for_each(|item| take(self, item));
            }
        }
    }
}

/// How a party is connected to a call. A caller from outside is connected to the platform, whether or not anybody has
/// answered.
fn connection(state: PartyState, is_agent: bool) -> Option<ConnectionState> {
    match state {
        PartyState::Initiated if !is_agent => Some(ConnectionState::Connected),
        PartyState::Initiated => Some(ConnectionState::Initiated),
        PartyState::Dialled => Some(ConnectionState::Dialled),
        PartyState::Alerting => Some(ConnectionState::Alerting),
        PartyState::Connected => Some(ConnectionState::Connected),
        PartyState::Held => Some(ConnectionState::Held),
        PartyState::Left => None,
    }
}
