//! What can be read at each transition and order: the objects in scope, and what it says of itself. The table says what the
//! model and the bridge fill; whatever is told is held to it in debug builds
//! (`Transition::fits_its_signature`).

use super::{
    AgentAttribute, Attribute, CallAttribute, ChangeKind, Detail, Fact, ListAttribute, Part, PartyRole,
    RequestAttribute, TransitionKind, words,
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
    pub fn signature(self) -> TransitionSignature {
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
            T::LogOn | T::LogOff => (AGENT, &[]),
            T::SetReady | T::SetNotReady | T::StartWrap | T::EndWrap | T::Dispose => (CALL_AND_AGENT, &[]),
            T::Answer | T::Reject | T::HangUp | T::Hold | T::Retrieve => (CALL_AND_AGENT, &[]),
            T::MakeCall | T::Consult | T::Deflect | T::SendDigits | T::SetData => (CALL_AND_AGENT, &[]),
            T::Conference | T::Transfer => (TWO_CALLS, &[]),
            T::SelectRoute => (CALL, &[D::RouteType]),
            T::AddRoute => (&[Object::Call, Object::Service, Object::Agent], &[]),
            T::CancelRoute => (&[Object::Call, Object::Service, Object::Agent], &[D::Route, D::IfAllocated]),
            T::LookUpRoute => (&[Object::Call, Object::Service, Object::Agent], &[D::Route]),
        };
        TransitionSignature { objects, details }
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
        let has_id_only = self.is_of_route() || self == TransitionKind::CallData;
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
                | A::HeldCalls => self == TransitionKind::GroupAgents,
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
                self.has(Object::Agent) && !self.is_of_route() && self != TransitionKind::GroupAgents
            }
            ListAttribute::ServiceAgents => self.has(Object::Service),
        }
    }

    /// The requests that it can answer, or that can lead to it if it is an order.
    fn asks(self) -> impl Iterator<Item = ChangeKind> {
        let asks = ChangeKind::ALL.iter().copied().filter(|kind| kind.is_request());
        asks.filter(move |ask| self.is_answer() || self.is_outcome_of(*ask))
    }

    fn is_outcome_of(self, ask: ChangeKind) -> bool {
        use {ChangeKind as C, TransitionKind as T};
        if self.is_order() {
            // A consultation may be made of a hold and a call.
            return ask.causes().contains(&self) || (self, ask) == (T::MakeCall, C::AskConsult);
        }
        let outcome = match ask {
            C::AskLogOn => T::AgentLoggedOn,
            C::AskLogOff | C::AskLogOffAll => T::AgentLoggedOff,
            C::AskReady | C::AskNotReady | C::AskWrap | C::AskEndWrap | C::AskState | C::AskDispose => T::AgentState,
            C::AskAnswer => T::Connected,
            C::AskReject | C::AskHangUp => T::AgentCleared,
            C::AskHold => T::Held,
            C::AskRetrieve => T::Retrieved,
            C::AskMakeCall | C::AskConsult => T::CallOriginated,
            C::AskConference => T::Conferenced,
            C::AskTransfer | C::AskDeflect => T::Transferred,
            C::AskDigits => T::DigitsSent,
            C::AskData => T::CallData,
            C::AskSetData => T::CallDataSet,
            C::AskRoute => return matches!(self, T::RouteUsed | T::RouteRejected),
            C::AskSnapshot | C::Refuse => return false,
            super::of_picture!() | super::of_route!() => return false,
        };
        self == outcome
    }

    fn has_asked(self, attribute: Attribute) -> bool {
        self.asks().any(|ask| ask.has(attribute))
    }

    fn is_snapshot(self) -> bool {
        self.shows_one() || self == TransitionKind::SnapshotEmpty
    }
}
