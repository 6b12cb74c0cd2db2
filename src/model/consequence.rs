//! Output of the model: transitions and orders, of which rules make messages, and the queue of those that nobody has taken
//! yet. Whom they reach is decided in `bridge`.

use std::{
    fmt::Debug,
    ops::{Deref, DerefMut},
};

use super::{
    About, AgentIx, AgentState, CallIx, ClientId, Detail, End, Entity, Failure, Object, Occasion, OrderKind,
    RejectReason, RequestAttribute, RequestIx, RouteStatus, RouteType, ServiceIx, TransitionKind,
};

/// A party of a call: the call and the party's place in it.
pub type PartyRef = (CallIx, u8);

/// Something that is told: its kind, and what it is about.
#[derive(Debug, Clone)]
pub struct Telling<K> {
    pub kind: K,
    pub subject: Subjects,
}

/// It is told to applications.
pub type Transition = Telling<TransitionKind>;

/// The platform is asked to do it.
pub type Order = Telling<OrderKind>;

/// What follows from what a platform says or an application asks.
#[derive(Debug, Clone)]
pub enum Consequence {
    Tell(Transition),
    Order(Order),
}

/// What a transition or an order is about. Indices stay valid until the model is told to forget what it ended.
#[derive(Debug, Clone)]
pub struct Subjects {
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

/// Attributes of the transition itself, where it has them. Every event moves them several times, so that what few have is
/// apart: it can be read and set as if it were here.
#[derive(Debug, Clone, Default)]
pub struct Details {
    pub state: Option<AgentState>,
    pub end: Option<End>,
    pub blind: bool,
    pub code: Option<i64>,
    pub told: bool,
    pub entity: Option<Entity>,
    pub last_of_type: bool,
    pub last: bool,
    /// No message of the platform says it: it follows from what was lost, or from silence.
    pub presumed: bool,
    seldom: Option<Box<SeldomDetails>>,
}

/// Details of requests and routes.
#[derive(Debug, Clone, Default)]
pub struct SeldomDetails {
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
    /// The routing platform's number of a route.
    pub route: Option<i64>,
    pub if_allocated: bool,
}

static NO_DETAILS: SeldomDetails = SeldomDetails {
    failure: None,
    result: None,
    about: None,
    reason: None,
    status: None,
    route_type: None,
    destination: None,
    reject: None,
    timeout: None,
    route: None,
    if_allocated: false,
};

impl Deref for Details {
    type Target = SeldomDetails;

    fn deref(&self) -> &SeldomDetails {
        self.seldom.as_deref().unwrap_or(&NO_DETAILS)
    }
}

impl DerefMut for Details {
    fn deref_mut(&mut self) -> &mut SeldomDetails {
        self.seldom.get_or_insert_default()
    }
}

impl Default for Subjects {
    fn default() -> Subjects {
        Subjects {
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
}

impl<K> Deref for Telling<K> {
    type Target = Subjects;

    fn deref(&self) -> &Subjects {
        &self.subject
    }
}

impl<K> DerefMut for Telling<K> {
    fn deref_mut(&mut self) -> &mut Subjects {
        &mut self.subject
    }
}

impl<K: Copy + Into<Occasion>> Telling<K> {
    pub fn new(kind: K) -> Telling<K> {
        Telling { kind, subject: Subjects::default() }
    }

    pub fn call(mut self, call: CallIx) -> Telling<K> {
        self.call = Some(call);
        self
    }

    pub fn agent(mut self, agent: impl Into<Option<AgentIx>>) -> Telling<K> {
        self.agent = agent.into();
        self
    }

    pub fn party(mut self, party: PartyRef) -> Telling<K> {
        self.party = Some(party);
        self
    }

    pub fn request(mut self, request: impl Into<Option<RequestIx>>) -> Telling<K> {
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
        let occasion: Occasion = self.kind.into();
        let is_asked = self.request.is_none() || occasion.has_of_request(RequestAttribute::Id);
        is_asked
            && objects.iter().all(|(object, there)| !there || occasion.has(*object))
            && details.iter().all(|(detail, there)| !there || occasion.has_detail(*detail))
    }
}

impl Consequence {
    pub fn occasion(&self) -> Occasion {
        match self {
            Consequence::Tell(transition) => transition.kind.into(),
            Consequence::Order(order) => order.kind.into(),
        }
    }

    pub fn subject(&self) -> &Subjects {
        match self {
            Consequence::Tell(transition) => &transition.subject,
            Consequence::Order(order) => &order.subject,
        }
    }
}

/// Transitions and orders that nobody has taken yet, in order.
#[derive(Debug, Default)]
pub(super) struct Consequences {
    queue: Vec<Consequence>,
    /// True while transitions are told that no message says: they follow from what was lost, or from silence.
    pub presuming: bool,
}

impl Consequences {
    pub fn tell(&mut self, transition: Transition) {
        self.add(transition, Consequence::Tell);
    }

    pub fn order(&mut self, order: Order) {
        self.add(order, Consequence::Order);
    }

    fn add<K: Copy + Debug + Into<Occasion>>(
        &mut self,
        mut told: Telling<K>,
        of: impl FnOnce(Telling<K>) -> Consequence,
    ) {
        debug_assert!(told.fits_its_signature(), "{told:?}");
        told.details.presumed = self.presuming;
        self.queue.push(of(told));
    }

    /// Takes what the last message implies to have happened before it, and does not say.
    pub fn take_implied(&mut self, into: &mut Vec<Consequence>) {
        let implied = self.queue.iter().take_while(|next| next.subject().details.presumed).count();
        into.extend(self.queue.drain(..implied));
    }

    pub fn take(&mut self, into: &mut Vec<Consequence>) {
        into.append(&mut self.queue);
    }
}
