//! The transitions and orders that rules make messages of. What can be read at each is in `transition_signatures`.

use super::words;

words! {
    /// What applications are told.
    TransitionKind {
        /// `call` exists.
        CallStarted = "call-started",
        /// `agent` begins `call`.
        CallOriginated = "call-originated",
        /// The platform asks where to route `call`, within `timeout`.
        RouteRequested = "route-requested",
        /// The platform routed `call` by itself, to the call's destination.
        Routed = "routed",
        /// The route request is answered: `status`, `route-type`, `destination`.
        RouteUsed = "route-used",
        /// The route request is answered: refused, for `reject-reason`.
        RouteRejected = "route-rejected",
        /// `call` waits at `service`; `party`, where there is one, is the agent who put it there.
        CallQueued = "call-queued",
        /// `call`, a callback that is over, waits again at `service`; `agent` placed it and reached nobody.
        CallReinserted = "call-reinserted",
        /// `call` waits no longer at `service`.
        CallDequeued = "call-dequeued",
        /// `call` alerts at `party`.
        Alerting = "alerting",
        /// `party` connects to `call`.
        Connected = "connected",
        /// The far end of `agent`'s own call connects.
        FarEndConnected = "far-end-connected",
        /// `second` is a consultation of `agent` about `call`.
        Consultation = "consultation",
        /// `party` holds `call`.
        Held = "held",
        /// `party` retrieves `call`.
        Retrieved = "retrieved",
        /// `call` and `second` have joined in `result`; `party` did it.
        Conferenced = "conferenced",
        /// `blind`: one call, handed on.
        Transferred = "transferred",
        /// `party` leaves `call`.
        PartyLeft = "party-left",
        /// `agent` is cleared from `call`, once: `end` says whose side went.
        AgentCleared = "agent-cleared",
        /// `call` is over.
        CallEnded = "call-ended",
        /// The call is over and so is the wrap-up of all who answered it.
        CallCompleted = "call-completed",
        /// `agent` has finished the work after `call`.
        WrapEnded = "wrap-ended",
        /// `agent` had no work after `call`.
        WrapSkipped = "wrap-skipped",
        /// `agent` gave `call` a disposition.
        Disposed = "disposed",
        /// The same, after `call` was told complete.
        DisposedLate = "disposed-late",
        /// `agent` is in another `state`; `call` is the call that brought it about, where one did.
        AgentState = "agent-state",
        /// `agent`, who was told to be not ready, is so for another reason now.
        AgentReason = "agent-reason",
        /// The platform shows `agent` for the first time.
        AgentAdded = "agent-added",
        /// The platform calls `agent` otherwise than before.
        AgentChanged = "agent-changed",
        /// `agent` exists no more.
        AgentRemoved = "agent-removed",
        /// `agent` is logged on, or serves other services.
        AgentLoggedOn = "agent-logged-on",
        /// `agent` is logged off.
        AgentLoggedOff = "agent-logged-off",
        /// The platform shows `service` for the first time.
        ServiceAdded = "service-added",
        /// The platform calls `service` otherwise than before.
        ServiceChanged = "service-changed",
        /// `service` exists no more.
        ServiceRemoved = "service-removed",
        /// The platform took `request`: what shows it done follows, or has been told.
        RequestAccepted = "request-accepted",
        /// `request` failed: `failure`, `reason`.
        RequestFailed = "request-failed",
        /// The call data that `request` asked for.
        CallData = "call-data",
        /// The data of `call` was set as `request` asked.
        CallDataSet = "call-data-set",
        /// The digits of `request` were sent.
        DigitsSent = "digits-sent",
        /// One agent of a snapshot.
        SnapshotAgent = "snapshot-agent",
        /// One call of a snapshot.
        SnapshotCall = "snapshot-call",
        /// One service of a snapshot.
        SnapshotService = "snapshot-service",
        /// A snapshot without a single `entity`.
        SnapshotEmpty = "snapshot-empty",
        /// The agents who are logged on at `service`, and what each of them does, for sessions that subscribed to it.
        GroupAgents = "group-agents",
        /// The platform is connected.
        LinkUp = "link-up",
        /// The platform is not connected.
        LinkDown = "link-down",
    }
}

words! {
    /// What a platform shall do.
    OrderKind {
        /// Log the agent on.
        LogOn = "log-on",
        /// Log the agent off.
        LogOff = "log-off",
        /// Make the agent ready.
        SetReady = "set-ready",
        /// Make the agent not ready.
        SetNotReady = "set-not-ready",
        /// Have the agent work after a call.
        StartWrap = "start-wrap",
        /// End the agent's work after a call.
        EndWrap = "end-wrap",
        /// Have the agent answer the call.
        Answer = "answer",
        /// Have the agent reject the call.
        Reject = "reject",
        /// Clear the agent from the call.
        HangUp = "hang-up",
        /// Have the agent hold the call.
        Hold = "hold",
        /// Have the agent retrieve the call.
        Retrieve = "retrieve",
        /// Have the agent call the request's destination.
        MakeCall = "make-call",
        /// Have the agent consult the request's destination about the call.
        Consult = "consult",
        /// Join the agent's two calls into a conference.
        Conference = "conference",
        /// Join the agent's two calls without the agent.
        Transfer = "transfer",
        /// Have the call go to the request's destination: a blind transfer.
        Deflect = "deflect",
        /// Send the request's digits on the call.
        SendDigits = "send-digits",
        /// Set the call's data to the request's.
        SetData = "set-data",
        /// Give the call the agent's disposition.
        Dispose = "dispose",
        /// Has the platform route the call that it asked a route for.
        SelectRoute = "select-route",
        /// Asks a routing platform to find an agent for `call`, once.
        AddRoute = "add-route",
        /// Asks it to give a route up.
        CancelRoute = "cancel-route",
        /// Asks what became of a route.
        LookUpRoute = "look-up-route",
    }
}

/// What rules make messages of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Occasion {
    /// Applications are told it.
    Transition(TransitionKind),
    /// The platform is asked to do it.
    Order(OrderKind),
}

impl From<TransitionKind> for Occasion {
    fn from(kind: TransitionKind) -> Occasion {
        Occasion::Transition(kind)
    }
}

impl From<OrderKind> for Occasion {
    fn from(kind: OrderKind) -> Occasion {
        Occasion::Order(kind)
    }
}

impl Occasion {
    pub fn all() -> impl Iterator<Item = Occasion> {
        let transitions = TransitionKind::ALL.iter().copied().map(Occasion::Transition);
        transitions.chain(OrderKind::ALL.iter().copied().map(Occasion::Order))
    }

    /// The one that rules call so.
    pub fn from_name(name: &str) -> Option<Occasion> {
        Occasion::all().find(|known| known.name() == name)
    }

    pub fn names() -> impl Iterator<Item = &'static str> {
        Occasion::all().map(Occasion::name)
    }

    pub fn name(self) -> &'static str {
        match self {
            Occasion::Transition(kind) => kind.name(),
            Occasion::Order(kind) => kind.name(),
        }
    }

    /// What it means, in a line or two.
    pub fn doc(self) -> &'static str {
        match self {
            Occasion::Transition(kind) => kind.doc(),
            Occasion::Order(kind) => kind.doc(),
        }
    }

    /// Its place among all.
    pub fn place(self) -> usize {
        match self {
            Occasion::Transition(kind) => kind as usize,
            Occasion::Order(kind) => TransitionKind::ALL.len() + kind as usize,
        }
    }

    pub fn order(self) -> Option<OrderKind> {
        match self {
            Occasion::Transition(_) => None,
            Occasion::Order(kind) => Some(kind),
        }
    }

    pub fn is_order(self) -> bool {
        self.order().is_some()
    }
}

/// What a transition means for the route of its call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouteStep {
    /// The platform asks for one.
    Requested,
    /// The platform has routed the call by itself.
    Routed,
    Used,
    Rejected,
    /// The call is over, and with it whatever was wanted for it.
    Ended,
}

impl TransitionKind {
    #[inline]
    pub fn route_step(self) -> Option<RouteStep> {
        Some(match self {
            TransitionKind::RouteRequested => RouteStep::Requested,
            TransitionKind::Routed => RouteStep::Routed,
            TransitionKind::RouteUsed => RouteStep::Used,
            TransitionKind::RouteRejected => RouteStep::Rejected,
            TransitionKind::CallEnded => RouteStep::Ended,
            TransitionKind::CallStarted
            | TransitionKind::CallOriginated
            | TransitionKind::CallQueued
            | TransitionKind::CallReinserted
            | TransitionKind::CallDequeued
            | TransitionKind::Alerting
            | TransitionKind::Connected
            | TransitionKind::FarEndConnected
            | TransitionKind::Consultation
            | TransitionKind::Held
            | TransitionKind::Retrieved
            | TransitionKind::Conferenced
            | TransitionKind::Transferred
            | TransitionKind::PartyLeft
            | TransitionKind::AgentCleared
            | TransitionKind::CallCompleted
            | TransitionKind::WrapEnded
            | TransitionKind::WrapSkipped
            | TransitionKind::Disposed
            | TransitionKind::DisposedLate
            | TransitionKind::AgentState
            | TransitionKind::AgentReason
            | TransitionKind::AgentAdded
            | TransitionKind::AgentChanged
            | TransitionKind::AgentRemoved
            | TransitionKind::AgentLoggedOn
            | TransitionKind::AgentLoggedOff
            | TransitionKind::ServiceAdded
            | TransitionKind::ServiceChanged
            | TransitionKind::ServiceRemoved
            | TransitionKind::RequestAccepted
            | TransitionKind::RequestFailed
            | TransitionKind::CallData
            | TransitionKind::CallDataSet
            | TransitionKind::DigitsSent
            | TransitionKind::SnapshotAgent
            | TransitionKind::SnapshotCall
            | TransitionKind::SnapshotService
            | TransitionKind::SnapshotEmpty
            | TransitionKind::GroupAgents
            | TransitionKind::LinkUp
            | TransitionKind::LinkDown => return None,
        })
    }

    /// Whether it answers a request, and says nothing of what happened.
    pub fn is_answer(self) -> bool {
        matches!(self, TransitionKind::RequestAccepted | TransitionKind::RequestFailed)
    }

    /// Whether it shows one thing in the answer to a request for a snapshot.
    pub fn shows_one(self) -> bool {
        use TransitionKind::{SnapshotAgent, SnapshotCall, SnapshotService};
        matches!(self, SnapshotAgent | SnapshotCall | SnapshotService)
    }
}

impl OrderKind {
    /// Whether it is asked of a routing platform, and not of the one that has the call.
    pub fn is_of_route(self) -> bool {
        matches!(self, OrderKind::AddRoute | OrderKind::CancelRoute | OrderKind::LookUpRoute)
    }
}
