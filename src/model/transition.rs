//! Output of the model: transitions, of which target rules make messages, and the queue of those that nobody has
//! taken yet. Whom they reach is decided in `bridge`.

use super::{
    About, AgentIx, AgentState, CallIx, ClientId, Detail, End, Entity, Failure, Object, RejectReason, RequestAttribute,
    RequestIx, RouteStatus, RouteType, ServiceIx, TransitionKind,
};

/// A party of a call: the call and the party's place in it.
pub type PartyRef = (CallIx, u8);

/// One transition. Indices stay valid until the model is told to forget what it ended.
#[derive(Debug, Clone)]
pub struct Transition {
    pub kind: TransitionKind,
    pub call: Option<CallIx>,
    pub second: Option<CallIx>,
    pub result: Option<CallIx>,
    pub agent: Option<AgentIx>,
    pub party: Option<PartyRef>,
    /// Where two calls join: who was in the first, and who came by the second.
    pub other: Option<PartyRef>,
    pub to: Option<PartyRef>,
    pub service: Option<ServiceIx>,
    pub request: Option<RequestIx>,
    pub audience: Audience,
    pub details: Details,
}

/// Who is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Everyone; the session that asked for it with the number of its request.
    All,
    /// Only the session that asked.
    Asker(ClientId),
}

/// Attributes of the transition itself, where it has them.
#[derive(Debug, Clone, Default)]
pub struct Details {
    pub state: Option<AgentState>,
    pub end: Option<End>,
    pub blind: bool,
    pub code: Option<i64>,
    pub told: bool,
    pub failure: Option<Failure>,
    /// The platform's own number for a failure.
    pub result: Option<i64>,
    pub about: Option<About>,
    pub reason: Option<String>,
    pub status: Option<RouteStatus>,
    pub route_type: Option<RouteType>,
    pub destination: Option<String>,
    pub reject: Option<RejectReason>,
    /// Seconds.
    pub timeout: Option<u32>,
    pub entity: Option<Entity>,
    pub last_of_type: bool,
    pub last: bool,
    /// The routing platform's number of a route.
    pub route: Option<i64>,
    pub if_allocated: bool,
    /// No message of the platform says it: it follows from what was lost, or from silence.
    pub presumed: bool,
}

impl Transition {
    pub fn new(kind: TransitionKind) -> Transition {
        Transition {
            kind,
            call: None,
            second: None,
            result: None,
            agent: None,
            party: None,
            other: None,
            to: None,
            service: None,
            request: None,
            audience: Audience::All,
            details: Details::default(),
        }
    }

    pub fn call(mut self, call: CallIx) -> Transition {
        self.call = Some(call);
        self
    }

    pub fn agent(mut self, agent: impl Into<Option<AgentIx>>) -> Transition {
        self.agent = agent.into();
        self
    }

    pub fn party(mut self, party: PartyRef) -> Transition {
        self.party = Some(party);
        self
    }

    pub fn request(mut self, request: impl Into<Option<RequestIx>>) -> Transition {
        self.request = request.into();
        self
    }

    /// Whether it has nothing that its signature lacks. Debug builds hold everything that is told to it.
    pub fn fits_its_signature(&self) -> bool {
        let objects = [
            (Object::Call, self.call.is_some()),
            (Object::Second, self.second.is_some()),
            (Object::Result, self.result.is_some()),
            (Object::Agent, self.agent.is_some()),
            (Object::Party, self.party.is_some()),
            (Object::Other, self.other.is_some()),
            (Object::To, self.to.is_some()),
            (Object::Service, self.service.is_some()),
        ];
        let said = &self.details;
        let details = [
            (Detail::State, said.state.is_some()),
            (Detail::End, said.end.is_some()),
            (Detail::Blind, said.blind),
            (Detail::Code, said.code.is_some()),
            (Detail::Told, said.told),
            (Detail::Failure, said.failure.is_some()),
            (Detail::Result, said.result.is_some()),
            (Detail::Reason, said.reason.is_some()),
            (Detail::Status, said.status.is_some()),
            (Detail::RouteType, said.route_type.is_some()),
            (Detail::Destination, said.destination.is_some()),
            (Detail::RejectReason, said.reject.is_some()),
            (Detail::Timeout, said.timeout.is_some()),
            (Detail::Entity, said.entity.is_some()),
            (Detail::LastOfType, said.last_of_type),
            (Detail::Last, said.last),
            (Detail::Route, said.route.is_some()),
            (Detail::IfAllocated, said.if_allocated),
        ];
        let is_asked = self.request.is_none() || self.kind.has_of_request(RequestAttribute::Id);
        is_asked
            && objects.iter().all(|(object, there)| !there || self.kind.has(*object))
            && details.iter().all(|(detail, there)| !there || self.kind.has_detail(*detail))
    }
}

/// Transitions that nobody has taken yet, in order.
#[derive(Debug, Default)]
pub(super) struct Transitions {
    queue: Vec<Transition>,
    /// True while transitions are told that no message says: they follow from what was lost, or from silence.
    pub presuming: bool,
}

impl Transitions {
    pub fn tell(&mut self, mut transition: Transition) {
        debug_assert!(transition.fits_its_signature(), "{transition:?}");
        transition.details.presumed = self.presuming;
        self.queue.push(transition);
    }

    /// Takes what the last message implies to have happened before it, and does not say.
    pub fn take_implied(&mut self, into: &mut Vec<Transition>) {
        let implied = self.queue.iter().take_while(|transition| transition.details.presumed).count();
        into.extend(self.queue.drain(..implied));
    }

    pub fn take(&mut self, into: &mut Vec<Transition>) {
        into.append(&mut self.queue);
    }
}
