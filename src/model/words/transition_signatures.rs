//! What can be read at each transition and order: the objects in scope, and what it says of itself. The table says what the
//! model and the bridge fill; whatever is told is held to it in debug builds
//! (`Telling::fits_its_signature`).

use super::{
    AgentAttribute, Attribute, CallAttribute, Detail, Fact, ListAttribute, Meaning, Occasion, OrderKind, Part,
    PartyRole, RequestAttribute, RequestKind, TransitionKind, words,
};

words! {
    /// The objects that rules about transitions read attributes of.
    Object {
        /// The call that it is about.
        Call = "call",
        /// The other call of a consultation or a join.
        Second = "second",
        /// The call that two calls have become.
        Result = "result",
        /// The agent whom it is about.
        Agent = "agent",
        /// The service that it is about, else the one of the call.
        Service = "service",
        /// The party that it is about.
        Party = "party",
        /// Who was in the call, where two calls join; the far end.
        Other = "other",
        /// Who came, where two calls join.
        To = "to",
    }
}

/// What a transition has.
#[derive(Debug, Clone, Copy)]
pub struct TransitionSignature {
    pub objects: &'static [Object],
    pub details: &'static [Detail],
}

const NOTHING: &[Object] = &[];
const CALL: &[Object] = &[Object::Call, Object::Service];
const AGENT: &[Object] = &[Object::Agent, Object::Party];
const SERVICE: &[Object] = &[Object::Service];
const CALL_AND_PARTY: &[Object] = &[Object::Call, Object::Service, Object::Party];
const CALL_AND_AGENT: &[Object] = &[Object::Call, Object::Service, Object::Agent, Object::Party];
const FAR_END: &[Object] = &[Object::Call, Object::Service, Object::Agent, Object::Party, Object::Other];
const TWO_CALLS: &[Object] = &[Object::Call, Object::Second, Object::Service, Object::Agent, Object::Party];
const JOIN: &[Object] = &[
    Object::Call,
    Object::Second,
    Object::Result,
    Object::Service,
    Object::Agent,
    Object::Party,
    Object::Other,
    Object::To,
];
const LAST: &[Detail] = &[Detail::LastOfType, Detail::Last];

impl TransitionKind {
    fn signature(self) -> TransitionSignature {
        use {Detail as D, TransitionKind as T};
        let (objects, details): (_, &'static [Detail]) = match self {
            T::CallStarted | T::Routed | T::CallDequeued | T::CallEnded | T::CallCompleted => (CALL, &[]),
            T::CallOriginated | T::Connected | T::Held | T::Retrieved | T::PartyLeft => (CALL_AND_AGENT, &[]),
            T::RouteRequested => (CALL, &[D::Timeout]),
            T::RouteUsed => (CALL, &[D::Status, D::RouteType, D::Destination]),
            T::RouteRejected => (CALL, &[D::RejectReason]),
            T::CallQueued => (CALL_AND_PARTY, &[]),
            T::CallReinserted => (CALL_AND_AGENT, &[]),
            T::Alerting => (CALL_AND_AGENT, &[D::Answerable]),
            T::FarEndConnected => (FAR_END, &[D::Told]),
            T::Consultation => (TWO_CALLS, &[]),
            T::Conferenced => (JOIN, &[]),
            T::Transferred => (JOIN, &[D::Blind]),
            T::AgentCleared => (TWO_CALLS, &[D::End]),
            T::WrapEnded | T::WrapSkipped | T::Disposed | T::DisposedLate => (CALL_AND_AGENT, &[D::Code]),
            T::AgentState => (CALL_AND_AGENT, &[D::State]),
            T::AgentReason | T::AgentAdded | T::AgentChanged | T::AgentRemoved => (AGENT, &[]),
            T::AgentLoggedOn | T::AgentLoggedOff => (AGENT, &[]),
            T::ServiceAdded | T::ServiceChanged | T::ServiceRemoved => (SERVICE, &[]),
            T::RequestAccepted => (TWO_CALLS, &[]),
            T::RequestFailed => (TWO_CALLS, &[D::Failure, D::Result, D::Reason]),
            T::CallData | T::CallDataSet | T::DigitsSent => (CALL_AND_AGENT, &[]),
            T::SnapshotAgent => (AGENT, LAST),
            T::SnapshotCall => (CALL, LAST),
            T::SnapshotService => (SERVICE, LAST),
            T::SnapshotEmpty => (NOTHING, &[D::Entity, D::LastOfType, D::Last]),
            T::GroupAgents => (&[Object::Service, Object::Agent], &[]),
            T::LinkUp | T::LinkDown => (NOTHING, &[]),
        };
        TransitionSignature { objects, details }
    }
}

impl OrderKind {
    fn signature(self) -> TransitionSignature {
        use {Detail as D, OrderKind as O};
        let (objects, details): (_, &'static [Detail]) = match self {
            O::LogOn | O::LogOff => (AGENT, &[]),
            O::SetReady | O::SetNotReady | O::StartWrap | O::EndWrap | O::Dispose => (CALL_AND_AGENT, &[]),
            O::Answer | O::Reject | O::HangUp | O::Hold | O::Retrieve => (CALL_AND_AGENT, &[]),
            O::MakeCall | O::Consult | O::Deflect | O::SendDigits | O::SetData => (CALL_AND_AGENT, &[]),
            O::Conference | O::Transfer => (TWO_CALLS, &[]),
            O::SelectRoute => (CALL, &[D::RouteType]),
            O::AddRoute => (&[Object::Call, Object::Service, Object::Agent], &[]),
            O::CancelRoute => (&[Object::Call, Object::Service, Object::Agent], &[D::Route, D::IfAllocated]),
            O::LookUpRoute => (&[Object::Call, Object::Service, Object::Agent], &[D::Route]),
        };
        TransitionSignature { objects, details }
    }
}

impl Occasion {
    pub fn signature(self) -> TransitionSignature {
        match self {
            Occasion::Transition(kind) => kind.signature(),
            Occasion::Order(kind) => kind.signature(),
        }
    }

    pub fn has(self, object: Object) -> bool {
        self.signature().objects.contains(&object)
    }

    pub fn has_detail(self, detail: Detail) -> bool {
        self.signature().details.contains(&detail)
    }

    pub fn has_party(self, role: PartyRole) -> bool {
        self.has(match role {
            PartyRole::Party => Object::Party,
            PartyRole::Other => Object::Other,
            PartyRole::To => Object::To,
            PartyRole::Caller | PartyRole::Destination => Object::Call,
        })
    }

    /// Whether an attribute of one of its calls can be read. When a call was queued is only told to applications.
    pub fn has_of_call(self, call: Object, attribute: CallAttribute) -> bool {
        let is_told = !self.is_order();
        self.has(call) && (is_told || !matches!(attribute, CallAttribute::QueuedDate | CallAttribute::QueuedTime))
    }

    /// Whether an attribute of its agent can be read.
    pub fn has_of_agent(self, attribute: AgentAttribute) -> bool {
        use AgentAttribute as A;
        // Only the id is known of the agent who asked for data, and of one whom a route is to reach.
        let has_id_only = self.is_of_route() || self.is(TransitionKind::CallData);
        self.has(Object::Agent)
            && match attribute {
                A::Id => true,
                A::Number | A::Name | A::Station | A::State | A::Reason | A::Phone => !has_id_only,
                A::Call => !has_id_only && !self.is_order(),
                A::Occupation
                | A::Since
                | A::Ani
                | A::Dnis
                | A::Disposition
                | A::AcdCalls
                | A::OutboundAcdCalls
                | A::NonAcdCalls
                | A::Chats
                | A::Emails
                | A::HeldCalls => self.is(TransitionKind::GroupAgents),
            }
    }

    /// Whether an attribute of the request that it answers, or orders, can be read: that of any request that it can be
    /// about.
    pub fn has_of_request(self, attribute: RequestAttribute) -> bool {
        use RequestAttribute as R;
        if self.is_of_route() {
            return matches!(attribute, R::Service | R::Destination | R::DestinationType | R::Items);
        }
        let asks = |fact| self.has_asked(Attribute::Fact(fact));
        let has_request = self.asks().next().is_some();
        match attribute {
            R::Id | R::About => has_request || self.is_snapshot(),
            R::Number => asks(Fact::Number),
            R::Station => asks(Fact::Station),
            R::Service | R::ServiceKind => self.has_asked(Attribute::Part(Part::Service)),
            R::ServiceType => asks(Fact::ServiceType),
            R::Destination | R::DestinationAgent | R::Dial => asks(Fact::Destination),
            R::DestinationType => self.has_asked(Attribute::Part(Part::Other)),
            R::Code => asks(Fact::Code),
            R::Reason => asks(Fact::Reason),
            R::Digits => asks(Fact::Digits),
            R::Items => self.has_asked(Attribute::Part(Part::Data)),
        }
    }

    /// Whether a rule about it can go through a list.
    pub fn has_list(self, list: ListAttribute) -> bool {
        match list {
            ListAttribute::CallData | ListAttribute::CallParties | ListAttribute::CallDispositions => {
                self.has(Object::Call)
            }
            ListAttribute::RequestData => self.has_of_request(RequestAttribute::Items),
            ListAttribute::AgentServices => {
                self.has(Object::Agent) && !self.is_of_route() && !self.is(TransitionKind::GroupAgents)
            }
            ListAttribute::ServiceAgents => self.has(Object::Service),
        }
    }

    /// The requests that it can answer, or that can lead to it if it is an order.
    fn asks(self) -> impl Iterator<Item = RequestKind> {
        RequestKind::ALL.iter().copied().filter(move |ask| match self {
            Occasion::Transition(kind) => kind.is_answer() || kind.is_outcome_of(*ask),
            // A consultation may be made of a hold and a call.
            Occasion::Order(order) => {
                ask.orders().contains(&order) || (order, *ask) == (OrderKind::MakeCall, RequestKind::Consult)
            }
        })
    }

    fn has_asked(self, attribute: Attribute) -> bool {
        self.asks().any(|ask| Meaning::Request(ask).has(attribute))
    }

    fn is(self, kind: TransitionKind) -> bool {
        self == Occasion::Transition(kind)
    }

    fn is_of_route(self) -> bool {
        self.order().is_some_and(OrderKind::is_of_route)
    }

    fn is_snapshot(self) -> bool {
        match self {
            Occasion::Transition(kind) => kind.shows_one() || kind == TransitionKind::SnapshotEmpty,
            Occasion::Order(_) => false,
        }
    }
}

impl TransitionKind {
    fn is_outcome_of(self, ask: RequestKind) -> bool {
        use {RequestKind as R, TransitionKind as T};
        let outcome = match ask {
            R::LogOn => T::AgentLoggedOn,
            R::LogOff | R::LogOffAll => T::AgentLoggedOff,
            R::Ready | R::NotReady | R::Wrap | R::EndWrap | R::State | R::Dispose => T::AgentState,
            R::Answer => T::Connected,
            R::Reject | R::HangUp => T::AgentCleared,
            R::Hold => T::Held,
            R::Retrieve => T::Retrieved,
            R::MakeCall | R::Consult => T::CallOriginated,
            R::Conference => T::Conferenced,
            R::Transfer | R::Deflect => T::Transferred,
            R::Digits => T::DigitsSent,
            R::Data => T::CallData,
            R::SetData => T::CallDataSet,
            R::Route => return matches!(self, T::RouteUsed | T::RouteRejected),
            R::Snapshot | R::Refuse => return false,
        };
        self == outcome
    }
}
