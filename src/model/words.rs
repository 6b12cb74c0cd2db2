//! The words in which everything that happens is said between dialects, CSTA's wherever it has one: the changes that rules
//! make of messages, the transitions that rules make messages of, and what can be read of calls, agents and the rest. They
//! are checked like a dialect's; `cti-bridge check` and the rule compiler read the tables here.

/// An enumeration whose members have names, as rules write them, and a line of documentation.
macro_rules! words {
    ($(#[$meta:meta])* $type:ident { $($(#[$doc:meta])* $variant:ident = $name:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum $type { $($(#[$doc])* $variant),+ }

        impl $type {
            pub const ALL: &'static [$type] = &[$($type::$variant),+];
            pub const NAMES: &'static [&'static str] = &[$($name),+];

            pub fn from_name(name: &str) -> Option<$type> {
                let place = $type::NAMES.iter().position(|known| *known == name)?;
                Some($type::ALL[place])
            }

            /// The member at a place in [`Self::ALL`]: how values of this type stand in expressions.
            pub fn from_code(code: i64) -> Option<$type> {
                $type::ALL.get(usize::try_from(code).ok()?).copied()
            }

            pub fn code(self) -> i64 {
                self as i64
            }

            pub fn name(self) -> &'static str {
                $type::NAMES[self as usize]
            }

            pub fn names() -> impl Iterator<Item = &'static str> {
                $type::NAMES.iter().copied()
            }
        }
    };
}

words! {
    /// What a device is; with it goes the number space of its id.
    DeviceKind {
        /// A dialable number that is nothing of the below.
        Device = "device",
        Agent = "agent",
        Group = "group",
        AgentQueue = "agent-queue",
        EmailQueue = "email-queue",
        Service = "service",
        Ivr = "ivr",
        RoutePoint = "route-point",
        Script = "script",
    }
}

impl DeviceKind {
    /// Whether calls queue here: what an application knows as a service.
    pub fn is_service(self) -> bool {
        matches!(self, DeviceKind::Group | DeviceKind::AgentQueue | DeviceKind::EmailQueue | DeviceKind::Service)
    }
}

words! {
    /// An agent's state as applications see it.
    AgentState {
        LoggedOff = "logged-off",
        NotReady = "not-ready",
        Idle = "idle",
        Reserved = "reserved",
        /// A call alerts.
        PendingActive = "pending-active",
        Active = "active",
        Wrap = "wrap",
        /// No state that a request may ask for.
        Other = "other",
    }
}

words! {
    /// An agent's occupation in detail, for statistics.
    Occupation {
        Idle = "idle",
        NotReady = "not-ready",
        Wrap = "wrap",
        Reserved = "reserved",
        /// A call that a group distributed is delivered.
        Alerting = "alerting",
        /// A call that waits for the agent to make it is delivered.
        OutboundAlerting = "outbound-alerting",
        /// On a call that a group distributed.
        Acd = "acd",
        /// On a call that waited for the agent to make it.
        OutboundAcd = "outbound-acd",
        /// On, or called by, a call that no group distributed; also when the agent is not ready besides.
        Incoming = "incoming",
        IncomingNotReady = "incoming-not-ready",
        Outgoing = "outgoing",
        OutgoingNotReady = "outgoing-not-ready",
        Email = "email",
        EmailIncoming = "email-incoming",
        EmailOutgoing = "email-outgoing",
        /// Busy with something that has no word of its own.
        Busy = "busy",
        BusyNotReady = "busy-not-ready",
        /// Busy with a call that another group distributed.
        Elsewhere = "elsewhere",
    }
}

words! {
    /// The state of a party's connection to a call.
    ConnectionState {
        /// The party calls, and nobody has answered yet.
        Initiated = "initiated",
        /// The party was called, and nothing was heard of it.
        Dialled = "dialled",
        Alerting = "alerting",
        Connected = "connected",
        Held = "held",
    }
}

words! {
    Media {
        Unknown = "unknown",
        Voice = "voice",
        Chat = "chat",
        Email = "email",
        Sms = "sms",
        /// Whatever else an agent can handle.
        OpenMedia = "open-media",
    }
}

words! {
    /// What brought a call about, where the platform says it.
    CallType {
        NonAcd = "non-acd",
        Acd = "acd",
        Callback = "callback",
        AbandonedCallback = "abandoned-callback",
        WebCallback = "web-callback",
        Campaign = "campaign",
    }
}

impl CallType {
    /// Whether such a call waits for an agent to make it.
    pub fn is_made_by_agents(self) -> bool {
        !matches!(self, CallType::NonAcd | CallType::Acd)
    }
}

words! {
    /// Why something happened, where the platform says it and what happened does not.
    Cause {
        Busy = "busy",
        Cancelled = "cancelled",
        /// Nobody can be reached by this number.
        Unobtainable = "unobtainable",
        /// Nobody answered in time.
        Timeout = "timeout",
        EmailReply = "email-reply",
        /// The e-mail is done with, and was not answered.
        EmailNoReply = "email-no-reply",
    }
}

words! {
    /// Who began a call, and towards whom.
    Direction {
        Inbound = "inbound",
        Outbound = "outbound",
        /// One agent called another.
        Internal = "internal",
        /// Begun by an agent who is connected to, or holds, another call.
        Consultation = "consultation",
    }
}

words! {
    /// Where a call is in its life.
    CallState {
        Started = "started",
        Originated = "originated",
        Queued = "queued",
        Alerting = "alerting",
        Connected = "connected",
        /// A consultation about another call is connected.
        Consulting = "consulting",
        Conferenced = "conferenced",
        Held = "held",
        Ended = "ended",
    }
}

words! {
    /// Which side of a call left it, seen from an agent.
    End {
        Near = "near",
        Far = "far",
    }
}

words! {
    /// Where a route leads.
    RouteType {
        Agent = "agent",
        Service = "service",
        External = "external",
        Default = "default",
        Ivr = "ivr",
    }
}

words! {
    RouteStatus {
        Success = "success",
        DefaultUsed = "default-used",
    }
}

words! {
    /// Why a route selection was refused.
    RejectReason {
        NoRoute = "no-route",
        Timeout = "timeout",
        CallCleared = "call-cleared",
        AlreadyRouted = "already-routed",
        Busy = "busy",
        Unknown = "unknown",
    }
}

words! {
    /// Why a request failed.
    Failure {
        InvalidAgent = "invalid-agent",
        InvalidCall = "invalid-call",
        InvalidState = "invalid-state",
        /// The platform refused it, can't do it, or did not answer.
        Failed = "failed",
    }
}

words! {
    /// What a request is about: it decides how its failure is said.
    About {
        Login = "login",
        Agent = "agent",
        Call = "call",
        Route = "route",
        Snapshot = "snapshot",
    }
}

words! {
    /// What a snapshot shows.
    Entity {
        Agents = "agents",
        Calls = "calls",
        Services = "services",
    }
}

words! {
    /// What rules make of messages. Down to `route-failed` the platform says what happened; the rest an application asks.
    ChangeKind {
        /// The call exists; `call`.
        Started = "started",
        /// `party` begins the call, or takes it upon itself to place one that was offered, towards `other` where it is known.
        /// `result` is what the platform names it by from then on.
        Originated = "originated",
        /// The platform asks where to route the call.
        RouteAsked = "route-asked",
        /// The platform routed the call to `other`.
        Routed = "routed",
        /// It routed the call as it was asked to: to `other`, `route-type`, with `status`.
        RouteUsed = "route-used",
        /// It did not route the call as it was asked to, for `reject-reason`.
        RouteRejected = "route-rejected",
        /// The call waits at `service`; where `party`, an agent, is in it, that agent put it there.
        Queued = "queued",
        /// `party`, an agent who placed a callback and reached nobody, put it back at `service`; `cause`. This is told
        /// before the callback's own end or after it.
        Reinserted = "reinserted",
        /// The call waits no longer.
        Dequeued = "dequeued",
        /// The call has waited at `service` and is now on its way to `party`, an agent, who is reserved for it.
        Allocated = "allocated",
        /// Attributes of a known call are remembered; nothing is told.
        Noted = "noted",
        /// Somebody set the call's `data`.
        DataSet = "data-set",
        /// The call alerts at `party`; `other` calls.
        Alerted = "alerted",
        /// `party` connects; `other` calls.
        Connected = "connected",
        /// `party` holds the call; where it is not named, whoever is opposite `other`.
        Held = "held",
        /// `party` retrieves the call; where it is not named, `other` says so, who or whose opposite had held it.
        Retrieved = "retrieved",
        /// `call` and `second` join into `result`; `party` did it, `other` was in the call, `to` is who came. Where `party` is
        /// not named, it is the agent who was in both.
        Conferenced = "conferenced",
        /// The same, and `party` leaves.
        Transferred = "transferred",
        /// The call goes from `party` to `other`: a blind transfer, or an alerting agent who did not answer.
        Diverted = "diverted",
        /// `party` leaves the call.
        Left = "left",
        /// `party`, an agent, listens to the call or assists in it, and is no party to it.
        Observed = "observed",
        /// The call is over.
        Ended = "ended",
        /// The call is over if no agent is in it any more.
        Deserted = "deserted",
        /// `party`, an agent, works after the call.
        WrapStarted = "wrap-started",
        WrapEnded = "wrap-ended",
        /// `party`, an agent, is as ready as was said last: ready, where nothing was. Other calls or work after them go on.
        Freed = "freed",
        /// `party`, an agent, gave the call the disposition `code`.
        Disposed = "disposed",
        LoggedOn = "logged-on",
        /// `party`, an agent, logs on; who it is follows, if the agent's number is not known.
        LogOnBegun = "log-on-begun",
        /// `party`, an agent, was heard of: logged on, unless the platform has said anything of that.
        AgentPresent = "agent-present",
        LoggedOff = "logged-off",
        /// `party`, an agent, is ready. With `state`, the platform shows besides that the agent is on no call.
        Ready = "ready",
        /// `party`, an agent, is not ready, for `reason`. With `state` as above.
        NotReady = "not-ready",
        /// `party`, an agent, takes calls of one `media` or not, whatever the agent's readiness is.
        MediumReady = "medium-ready",
        MediumNotReady = "medium-not-ready",
        /// What `party`, an agent, is doing (`state`), which says nothing of readiness.
        Activity = "activity",
        /// The same told beside the events of calls, in any order with them: it counts only where those events say
        /// nothing. Without a `state`, the agent's activity is over.
        ActivityHinted = "activity-hinted",
        /// A fact about `party`, an agent, other than the agent's state: `phone`.
        AgentNoted = "agent-noted",
        /// Statistics show `party`, an agent, in `state` since `since`.
        AgentSeen = "agent-seen",
        /// Configuration: `party`, an agent, exists.
        AgentKnown = "agent-known",
        AgentRemoved = "agent-removed",
        /// `party`, an agent, serves `services` and no others.
        AgentServes = "agent-serves",
        /// The agents seen in this message are all there are (of `service`, where one is named).
        AgentsListed = "agents-listed",
        /// Configuration: `service` exists.
        ServiceKnown = "service-known",
        ServiceRemoved = "service-removed",
        /// Since it came, or events were missed, the platform has shown all agents who are logged on, and all services.
        AllShown = "all-shown",
        /// Since then it has shown all that there are of one `entity`.
        Shown = "shown",
        /// The services seen in this message are all there are of their kind.
        ServicesListed = "services-listed",
        /// The platform has a request and tells its outcome later, by an event that names the request. A dialect whose
        /// rules make this change tells all outcomes so: its picture alone never shows a request done while the
        /// platform may still say otherwise.
        RequestTaken = "request-taken",
        /// The platform accepted a request: the event that shows it done will follow, or has come already. Where the
        /// platform tells outcomes by events, the request is done.
        RequestAccepted = "request-accepted",
        /// The platform refused a request; `reason`.
        RequestFailed = "request-failed",
        /// A routing platform took a route that was asked of it: `route` is its number of it.
        RouteAccepted = "route-accepted",
        /// It did not, for `reject-reason`.
        RouteRefused = "route-refused",
        /// `route` waits for an agent.
        RouteQueued = "route-queued",
        /// `party`, an agent, has `route`, or is about to.
        RouteTaken = "route-taken",
        /// `route` came to its end with `party`, an agent, where one had it.
        RouteCompleted = "route-completed",
        /// The routing platform gave `route` up.
        RouteLost = "route-lost",
        /// `route` was cancelled.
        RouteCancelled = "route-cancelled",
        /// It was not: an agent has it.
        RouteNotCancelled = "route-not-cancelled",
        /// It is over already.
        RouteOver = "route-over",
        /// The routing platform knows no such route.
        RouteMissing = "route-missing",
        /// What was asked about a route failed: `reason`.
        RouteFailed = "route-failed",
        AskLogOn = "ask-log-on",
        AskLogOff = "ask-log-off",
        AskLogOffAll = "ask-log-off-all",
        AskReady = "ask-ready",
        AskNotReady = "ask-not-ready",
        AskWrap = "ask-wrap",
        AskEndWrap = "ask-end-wrap",
        AskState = "ask-state",
        AskAnswer = "ask-answer",
        AskReject = "ask-reject",
        AskHangUp = "ask-hang-up",
        AskHold = "ask-hold",
        AskRetrieve = "ask-retrieve",
        AskMakeCall = "ask-make-call",
        AskConsult = "ask-consult",
        AskConference = "ask-conference",
        AskTransfer = "ask-transfer",
        /// A blind transfer.
        AskDeflect = "ask-deflect",
        AskDigits = "ask-digits",
        AskData = "ask-data",
        AskSetData = "ask-set-data",
        AskDispose = "ask-dispose",
        AskSnapshot = "ask-snapshot",
        AskRoute = "ask-route",
        /// The request cannot be carried at all: it fails with `failure` and `reason`, about `about`.
        Refuse = "refuse",
    }
}

// Which sort a change is of, as patterns: every change is of one of the three, so that a `match` over changes that
// concerns one sort need not list the others.

/// The platform says what happened to calls, agents, services or requests.
macro_rules! of_picture {
    () => {
        ChangeKind::Started
            | ChangeKind::Originated
            | ChangeKind::RouteAsked
            | ChangeKind::Routed
            | ChangeKind::RouteUsed
            | ChangeKind::RouteRejected
            | ChangeKind::Queued
            | ChangeKind::Reinserted
            | ChangeKind::Dequeued
            | ChangeKind::Allocated
            | ChangeKind::Noted
            | ChangeKind::DataSet
            | ChangeKind::Alerted
            | ChangeKind::Connected
            | ChangeKind::Held
            | ChangeKind::Retrieved
            | ChangeKind::Conferenced
            | ChangeKind::Transferred
            | ChangeKind::Diverted
            | ChangeKind::Left
            | ChangeKind::Observed
            | ChangeKind::Ended
            | ChangeKind::Deserted
            | ChangeKind::WrapStarted
            | ChangeKind::WrapEnded
            | ChangeKind::Freed
            | ChangeKind::Disposed
            | ChangeKind::LoggedOn
            | ChangeKind::LogOnBegun
            | ChangeKind::AgentPresent
            | ChangeKind::LoggedOff
            | ChangeKind::Ready
            | ChangeKind::NotReady
            | ChangeKind::MediumReady
            | ChangeKind::MediumNotReady
            | ChangeKind::Activity
            | ChangeKind::ActivityHinted
            | ChangeKind::AgentNoted
            | ChangeKind::AgentSeen
            | ChangeKind::AgentKnown
            | ChangeKind::AgentRemoved
            | ChangeKind::AgentServes
            | ChangeKind::AgentsListed
            | ChangeKind::ServiceKnown
            | ChangeKind::ServiceRemoved
            | ChangeKind::AllShown
            | ChangeKind::Shown
            | ChangeKind::ServicesListed
            | ChangeKind::RequestTaken
            | ChangeKind::RequestAccepted
            | ChangeKind::RequestFailed
    };
}

/// A routing platform says what became of a route.
macro_rules! of_route {
    () => {
        ChangeKind::RouteAccepted
            | ChangeKind::RouteRefused
            | ChangeKind::RouteQueued
            | ChangeKind::RouteTaken
            | ChangeKind::RouteCompleted
            | ChangeKind::RouteLost
            | ChangeKind::RouteCancelled
            | ChangeKind::RouteNotCancelled
            | ChangeKind::RouteOver
            | ChangeKind::RouteMissing
            | ChangeKind::RouteFailed
    };
}

/// An application asks it.
macro_rules! asked {
    () => {
        ChangeKind::AskLogOn
            | ChangeKind::AskLogOff
            | ChangeKind::AskLogOffAll
            | ChangeKind::AskReady
            | ChangeKind::AskNotReady
            | ChangeKind::AskWrap
            | ChangeKind::AskEndWrap
            | ChangeKind::AskState
            | ChangeKind::AskAnswer
            | ChangeKind::AskReject
            | ChangeKind::AskHangUp
            | ChangeKind::AskHold
            | ChangeKind::AskRetrieve
            | ChangeKind::AskMakeCall
            | ChangeKind::AskConsult
            | ChangeKind::AskConference
            | ChangeKind::AskTransfer
            | ChangeKind::AskDeflect
            | ChangeKind::AskDigits
            | ChangeKind::AskData
            | ChangeKind::AskSetData
            | ChangeKind::AskDispose
            | ChangeKind::AskSnapshot
            | ChangeKind::AskRoute
            | ChangeKind::Refuse
    };
}

pub(super) use {asked, of_picture, of_route};

impl ChangeKind {
    /// Whether an application asks this; else the platform says it.
    pub fn is_request(self) -> bool {
        matches!(self, asked!())
    }

    /// True if the change tells the outcome of a request.
    pub fn ends_request(self) -> bool {
        matches!(self, ChangeKind::RequestTaken | ChangeKind::RequestAccepted | ChangeKind::RequestFailed)
    }

    /// Whether it is about a route that was asked of a routing platform: nothing of the picture changes.
    pub fn is_of_route(self) -> bool {
        matches!(self, of_route!())
    }

    /// What a failure of this request is about.
    pub fn about(self) -> About {
        use ChangeKind::*;
        match self {
            AskLogOn | AskLogOff | AskLogOffAll => About::Login,
            AskReady | AskNotReady | AskWrap | AskEndWrap | AskState | AskDispose => About::Agent,
            AskSnapshot => About::Snapshot,
            AskRoute => About::Route,
            AskAnswer | AskReject | AskHangUp | AskHold | AskRetrieve | AskMakeCall | AskConsult | AskConference
            | AskTransfer | AskDeflect | AskDigits | AskData | AskSetData | Refuse => About::Call,
            of_picture!() | of_route!() => About::Call,
        }
    }
}

impl ChangeKind {
    /// The transitions that it can bring about, beside the start of a call that was not known and what it does to the state
    /// of agents. For the reports; the model is what decides.
    pub fn causes(self) -> &'static [TransitionKind] {
        use {ChangeKind as C, TransitionKind as T};
        match self {
            C::Started => &[T::CallStarted],
            C::Originated => &[T::CallStarted, T::CallDequeued, T::CallOriginated],
            C::Allocated => {
                &[T::CallStarted, T::PartyLeft, T::AgentCleared, T::CallQueued, T::CallDequeued, T::AgentState]
            }
            C::RouteAsked => &[T::CallStarted, T::RouteRequested],
            C::Routed => &[T::CallStarted, T::Routed, T::RouteUsed],
            C::RouteUsed => &[T::RouteUsed],
            C::RouteRejected => &[T::RouteRejected],
            C::Queued => &[T::CallStarted, T::PartyLeft, T::AgentCleared, T::CallQueued],
            C::DataSet => &[T::CallDataSet],
            C::Reinserted => &[T::PartyLeft, T::AgentCleared, T::CallQueued, T::CallReinserted],
            C::Noted | C::ServicesListed | C::MediumReady | C::MediumNotReady | C::AgentNoted => &[],
            C::Dequeued => &[T::CallDequeued],
            C::AgentKnown => &[T::AgentAdded, T::AgentChanged],
            C::Freed => &[T::WrapEnded, T::WrapSkipped, T::CallCompleted, T::AgentState],
            C::Alerted => &[T::CallStarted, T::CallDequeued, T::Alerting, T::AgentState],
            C::Connected => &[T::CallStarted, T::Connected, T::FarEndConnected, T::Consultation, T::AgentState],
            C::Held => &[T::CallStarted, T::Held, T::AgentState],
            C::Retrieved => &[T::CallStarted, T::Retrieved, T::AgentState],
            C::Conferenced => &[T::Conferenced, T::CallEnded, T::CallCompleted],
            C::Transferred => &[T::Transferred, T::AgentCleared, T::PartyLeft, T::CallEnded, T::CallCompleted],
            C::Diverted => &[T::Transferred, T::AgentCleared, T::PartyLeft],
            C::Left | C::Observed => &[T::PartyLeft, T::AgentCleared],
            C::Ended | C::Deserted => &[T::PartyLeft, T::AgentCleared, T::CallEnded, T::CallCompleted],
            C::WrapStarted => &[T::PartyLeft, T::AgentCleared, T::AgentState],
            C::WrapEnded => &[T::WrapEnded, T::WrapSkipped, T::CallCompleted, T::AgentState],
            C::Disposed => &[T::Disposed, T::DisposedLate, T::CallCompleted],
            C::LoggedOn => &[T::AgentAdded, T::AgentChanged, T::AgentLoggedOn, T::AgentState],
            C::LogOnBegun | C::AgentPresent => &[T::AgentAdded, T::AgentChanged, T::AgentLoggedOn],
            C::AgentServes => &[T::AgentLoggedOn],
            C::AllShown => &[T::AgentLoggedOff, T::CallCompleted, T::ServiceRemoved],
            C::Shown => {
                &[T::AgentLoggedOff, T::ServiceRemoved, T::PartyLeft, T::AgentCleared, T::CallEnded, T::CallCompleted]
            }
            C::RequestTaken => &[T::RequestAccepted],
            C::LoggedOff | C::AgentsListed => &[T::AgentLoggedOff, T::CallCompleted],
            C::AgentRemoved => &[T::AgentLoggedOff, T::CallCompleted, T::AgentRemoved],
            C::Ready => &[T::CallCompleted, T::AgentState],
            C::NotReady => &[T::CallCompleted, T::AgentState, T::AgentReason],
            C::Activity => &[T::AgentState],
            C::ActivityHinted => &[T::WrapEnded, T::WrapSkipped, T::CallCompleted, T::AgentState],
            C::AgentSeen => &[T::AgentAdded, T::AgentChanged, T::AgentLoggedOn, T::AgentState, T::AgentLoggedOff],
            C::ServiceKnown => &[T::ServiceAdded, T::ServiceChanged],
            C::ServiceRemoved => &[T::ServiceRemoved],
            C::RequestAccepted => {
                &[T::RequestAccepted, T::AgentState, T::AgentLoggedOn, T::AgentLoggedOff, T::Connected, T::AgentCleared]
            }
            C::RequestFailed => &[T::RequestFailed],
            C::RouteAccepted => &[T::RouteUsed],
            C::RouteRefused => &[T::RouteRejected],
            C::RouteTaken | C::RouteCompleted => &[T::RouteUsed, T::RouteRejected],
            C::RouteCancelled => &[T::RouteRejected, T::RequestFailed],
            C::RouteLost | C::RouteOver | C::RouteMissing | C::RouteFailed => &[T::RequestFailed],
            C::RouteQueued | C::RouteNotCancelled => &[],
            C::AskLogOn => &[T::LogOn, T::SetReady, T::SetNotReady],
            C::AskLogOff | C::AskLogOffAll => &[T::LogOff],
            C::AskReady => &[T::EndWrap, T::SetReady],
            C::AskNotReady => &[T::SetNotReady],
            C::AskWrap => &[T::StartWrap],
            C::AskEndWrap => &[T::EndWrap],
            C::AskState => &[T::AgentState],
            C::AskAnswer => &[T::Answer],
            C::AskReject => &[T::Reject],
            C::AskHangUp => &[T::HangUp],
            C::AskHold => &[T::Hold],
            C::AskRetrieve => &[T::Retrieve],
            C::AskMakeCall => &[T::MakeCall],
            C::AskConsult => &[T::Consult],
            C::AskConference => &[T::Conference],
            C::AskTransfer => &[T::Transfer],
            C::AskDeflect => &[T::Deflect],
            C::AskDigits => &[T::SendDigits],
            C::AskData => &[T::CallData],
            C::AskSetData => &[T::SetData],
            C::AskDispose => &[T::Dispose, T::EndWrap],
            C::AskSnapshot => &[T::SnapshotAgent, T::SnapshotCall, T::SnapshotService, T::SnapshotEmpty],
            C::AskRoute => &[T::AddRoute, T::SelectRoute, T::RouteUsed, T::RouteRejected, T::RequestFailed],
            C::Refuse => &[T::RequestFailed],
        }
    }
}

words! {
    /// What a change may carry beside calls, parties and services.
    Fact {
        /// The calling number.
        Ani = "ani",
        /// The dialled number.
        Dnis = "dnis",
        /// The caller's name.
        CallerName = "caller-name",
        Media = "media",
        Type = "type",
        /// The direction of an agent's own call, where the platform says it: outbound, internal or consultation.
        Direction = "direction",
        Cause = "cause",
        /// Whether the caller left before anybody answered, where the platform says it of a call that is over.
        Abandoned = "abandoned",
        /// The switch's number of the call.
        Sequence = "sequence",
        /// A disposition.
        Code = "code",
        /// For how long the call has been waiting, in seconds.
        Waited = "waited",
        State = "state",
        /// The readiness beneath an activity, or beneath a state that is not told.
        Underlying = "underlying",
        /// Whether the agent is shown to be on no call.
        Free = "free",
        /// Whether the call may wait where the platform does not show it.
        WaitsUnseen = "waits-unseen",
        /// When the state began, by the platform's clock.
        Since = "since",
        /// Why: a code or a text.
        Reason = "reason",
        Failure = "failure",
        /// The platform's own number for a failure, below zero.
        Result = "result",
        About = "about",
        Digits = "digits",
        Entity = "entity",
        RouteType = "route-type",
        /// Whether what was asked for is used, or the platform's default.
        Status = "status",
        /// Within how many seconds a route must be selected.
        Timeout = "timeout",
        /// A routing platform's number of a route.
        Route = "route",
        /// Why a route was refused.
        RejectReason = "reject-reason",
        /// How urgent the call is, from 1 to 100 as the platform counts; anything else is no priority.
        Priority = "priority",
        /// A destination as the application wrote it.
        Destination = "destination",
        /// End the wrap-up, too.
        EndWrap = "end-wrap",
        Number = "number",
        Name = "name",
        Station = "station",
        /// The sort of service that a request means, by the application's own number for it.
        ServiceType = "service-type",
        /// Whether the agent works at a telephone alone, without the platform's program.
        Phone = "phone",
    }
}

impl Fact {
    /// Where rules find it again: attributes as they write them.
    pub fn becomes(self) -> &'static [&'static str] {
        match self {
            Fact::Ani => &["call.ani"],
            Fact::Dnis => &["call.dnis"],
            Fact::CallerName => &["call.caller-name"],
            Fact::Media => &["call.media"],
            Fact::Type => &["call.type"],
            Fact::Direction => &["call.direction"],
            Fact::Cause => &["call.cause"],
            Fact::Abandoned => &["call.abandoned"],
            Fact::Sequence => &["call.sequence"],
            Fact::Code => &["call.disposition", "request.code"],
            Fact::State | Fact::Underlying => &["state", "agent.state"],
            Fact::Since | Fact::Free | Fact::WaitsUnseen => &[],
            Fact::Waited => &["call.queued-date", "call.queued-time"],
            Fact::Reason => &["reason", "request.reason", "agent.reason"],
            Fact::Failure => &["failure"],
            Fact::Result => &["result"],
            Fact::About => &["request.about"],
            Fact::Digits => &["request.digits"],
            Fact::Entity => &["entity"],
            Fact::RouteType => &["route-type", "request.destination-type"],
            Fact::Status => &["status"],
            Fact::Timeout => &["timeout"],
            Fact::Route => &[],
            Fact::RejectReason => &["reject-reason"],
            Fact::Priority => &["call.priority"],
            Fact::Destination => &["request.destination", "request.destination-agent", "request.dial", "destination"],
            Fact::EndWrap => &[],
            Fact::Number => &["agent.number", "request.number"],
            Fact::Name => &["agent.name", "service.name"],
            Fact::Station => &["agent.station", "request.station"],
            Fact::ServiceType => &["request.service-type"],
            Fact::Phone => &["agent.phone"],
        }
    }
}

words! {
    /// What rules make messages of. Down to `link-down` it is told to applications; the rest the platform shall do.
    TransitionKind {
        /// `call` exists.
        CallStarted = "call-started",
        /// `agent` begins `call`.
        CallOriginated = "call-originated",
        RouteRequested = "route-requested",
        /// The platform routed `call` by itself, to the call's destination.
        Routed = "routed",
        /// The route request is answered: `status`, `route-type`, `destination`.
        RouteUsed = "route-used",
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
        Held = "held",
        Retrieved = "retrieved",
        Conferenced = "conferenced",
        /// `blind`: one call, handed on.
        Transferred = "transferred",
        /// `party` leaves `call`.
        PartyLeft = "party-left",
        /// `agent` is cleared from `call`, once: `end` says whose side went.
        AgentCleared = "agent-cleared",
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
        AgentState = "agent-state",
        /// `agent`, who was told to be not ready, is so for another reason now.
        AgentReason = "agent-reason",
        /// The platform shows `agent` for the first time.
        AgentAdded = "agent-added",
        /// The platform calls `agent` otherwise than before.
        AgentChanged = "agent-changed",
        AgentRemoved = "agent-removed",
        AgentLoggedOn = "agent-logged-on",
        AgentLoggedOff = "agent-logged-off",
        ServiceAdded = "service-added",
        /// The platform calls `service` otherwise than before.
        ServiceChanged = "service-changed",
        ServiceRemoved = "service-removed",
        /// The platform took `request`: what shows it done follows, or has been told.
        RequestAccepted = "request-accepted",
        /// `request` failed: `failure`, `reason`.
        RequestFailed = "request-failed",
        /// The call data that `request` asked for.
        CallData = "call-data",
        CallDataSet = "call-data-set",
        DigitsSent = "digits-sent",
        SnapshotAgent = "snapshot-agent",
        SnapshotCall = "snapshot-call",
        SnapshotService = "snapshot-service",
        /// A snapshot without a single `entity`.
        SnapshotEmpty = "snapshot-empty",
        /// The agents who are logged on at `service`, and what each of them does, for sessions that subscribed to it.
        GroupAgents = "group-agents",
        LinkUp = "link-up",
        LinkDown = "link-down",
        LogOn = "log-on",
        LogOff = "log-off",
        SetReady = "set-ready",
        SetNotReady = "set-not-ready",
        StartWrap = "start-wrap",
        EndWrap = "end-wrap",
        Answer = "answer",
        Reject = "reject",
        HangUp = "hang-up",
        Hold = "hold",
        Retrieve = "retrieve",
        MakeCall = "make-call",
        Consult = "consult",
        Conference = "conference",
        Transfer = "transfer",
        Deflect = "deflect",
        SendDigits = "send-digits",
        SetData = "set-data",
        Dispose = "dispose",
        /// Has the platform route the call that it asked a route for.
        SelectRoute = "select-route",
        /// Asks a routing platform to find an agent for `call`, once.
        AddRoute = "add-route",
        CancelRoute = "cancel-route",
        LookUpRoute = "look-up-route",
    }
}

impl TransitionKind {
    /// Whether it answers a request, and says nothing of what happened.
    pub fn is_answer(self) -> bool {
        matches!(self, TransitionKind::RequestAccepted | TransitionKind::RequestFailed)
    }

    /// Whether it shows one thing in the answer to a request for a snapshot.
    pub fn shows_one(self) -> bool {
        use TransitionKind::{SnapshotAgent, SnapshotCall, SnapshotService};
        matches!(self, SnapshotAgent | SnapshotCall | SnapshotService)
    }

    /// Whether the platform shall do this; else applications are told.
    pub fn is_order(self) -> bool {
        use TransitionKind::*;
        matches!(
            self,
            LogOn
                | LogOff
                | SetReady
                | SetNotReady
                | StartWrap
                | EndWrap
                | Answer
                | Reject
                | HangUp
                | Hold
                | Retrieve
                | MakeCall
                | Consult
                | Conference
                | Transfer
                | Deflect
                | SendDigits
                | SetData
                | Dispose
                | SelectRoute
                | AddRoute
                | CancelRoute
                | LookUpRoute
        )
    }

    /// Whether it is asked of a routing platform, and not of the one that has the call.
    pub fn is_of_route(self) -> bool {
        matches!(self, TransitionKind::AddRoute | TransitionKind::CancelRoute | TransitionKind::LookUpRoute)
    }
}

words! {
    /// What a rule can read of a call.
    CallAttribute {
        Id = "id",
        Sequence = "sequence",
        /// What names it beside numbers: the platform's own name for it, else one that is minted.
        Guid = "guid",
        Ani = "ani",
        Dnis = "dnis",
        /// From 1 to 100, as its platform counts.
        Priority = "priority",
        /// The same counted from the other end: 1 for 100.
        PriorityReversed = "priority-reversed",
        /// How many items of data it has.
        Items = "items",
        CallerName = "caller-name",
        Media = "media",
        Type = "type",
        /// Why it ended, or its last party left.
        Cause = "cause",
        Direction = "direction",
        State = "state",
        /// The last code of the agent whom the transition is about; if it is about no agent, of the agent connected
        /// last.
        Disposition = "disposition",
        /// Where it waits or last waited.
        Service = "service",
        /// The agent who began it.
        Originator = "originator",
        /// The agent who is in it.
        Agent = "agent",
        DestinationType = "destination-type",
        Destination = "destination",
        /// Whoever called from outside left before anybody answered.
        Abandoned = "abandoned",
        /// When it began to wait, by the platform's clock.
        QueuedDate = "queued-date",
        QueuedTime = "queued-time",
    }
}

words! {
    AgentAttribute {
        Id = "id",
        Number = "number",
        Name = "name",
        Station = "station",
        State = "state",
        /// The agent's current call.
        Call = "call",
        /// Why the agent is not ready.
        Reason = "reason",
        /// The agent's detailed occupation; set only in `service.agents`.
        Occupation = "occupation",
        /// The time at which the agent's state began, as the platform's time of day is written.
        Since = "since",
        /// The calling and the dialled number of the distributed call that the agent handles.
        Ani = "ani",
        Dnis = "dnis",
        /// The last disposition that the agent gave, once the work after the call is over.
        Disposition = "disposition",
        /// The number of calls the agent is connected to, by sort, and the number of held calls.
        AcdCalls = "acd-calls",
        OutboundAcdCalls = "outbound-acd-calls",
        NonAcdCalls = "non-acd-calls",
        Chats = "chats",
        Emails = "emails",
        HeldCalls = "held-calls",
        /// Whether the agent works at a telephone alone, without the platform's program.
        Phone = "phone",
    }
}

words! {
    /// The parties that a transition can be about.
    PartyRole {
        /// Whom it is about.
        Party = "party",
        /// Who was in the call, where two calls join.
        Other = "other",
        /// Who came, where two calls join.
        To = "to",
        /// Who began the call.
        Caller = "caller",
        /// Where the call is going.
        Destination = "destination",
    }
}

words! {
    PartyAttribute {
        Id = "id",
        Kind = "kind",
        Number = "number",
    }
}

words! {
    ServiceAttribute {
        Id = "id",
        Kind = "kind",
        Name = "name",
    }
}

words! {
    RequestAttribute {
        /// The number that the asking application gave it.
        Id = "id",
        About = "about",
        /// The agent's number or name as it was asked for.
        Number = "number",
        Station = "station",
        /// The service that is meant, where the application names one.
        Service = "service",
        ServiceKind = "service-kind",
        /// The same, by the application's own number.
        ServiceType = "service-type",
        Destination = "destination",
        DestinationType = "destination-type",
        /// The number with which the agent logs on who is called.
        DestinationAgent = "destination-agent",
        /// The digits, `*`, `#` and `+` to dial for the destination; nothing if it is not a number, or is a service for
        /// which the configuration gives none.
        Dial = "dial",
        Code = "code",
        Reason = "reason",
        Digits = "digits",
        /// How many items of call data it has.
        Items = "items",
    }
}

words! {
    /// What a transition says of itself.
    Detail {
        State = "state",
        End = "end",
        Blind = "blind",
        /// The disposition that was given now, or the last one of the agent whose wrap-up ends.
        Code = "code",
        /// The far end's own connection has been told.
        Told = "told",
        /// Whether the platform has a way to answer `call` for the agent at whom it is delivered.
        Answerable = "answerable",
        Failure = "failure",
        /// The platform's own number for a failure.
        Result = "result",
        Reason = "reason",
        Status = "status",
        RouteType = "route-type",
        Destination = "destination",
        /// Seconds until a route request is closed by default.
        Timeout = "timeout",
        Entity = "entity",
        /// The last item of its type in a snapshot.
        LastOfType = "last-of-type",
        /// The last item of a snapshot.
        Last = "last",
        RejectReason = "reject-reason",
        /// The routing platform's number of the route.
        Route = "route",
        /// Whether a route is cancelled though an agent has it.
        IfAllocated = "if-allocated",
    }
}

words! {
    /// Lists that a rule can go through.
    ListAttribute {
        /// Call data: items have `key` and `value`.
        CallData = "call.data",
        /// What the application wants the call data to be: items have `key` and `value`.
        RequestData = "request.data",
        /// An agent's services: items have `id` and `kind`.
        AgentServices = "agent.services",
        /// The parties of a call: items have `number` where it is known, `id`, `kind` and `state`.
        CallParties = "call.parties",
        /// The agents of a service: items have `id`, and `agent` is the item's agent.
        ServiceAgents = "service.agents",
        /// The dispositions that the agent has given the call: items have `id`.
        CallDispositions = "call.dispositions",
    }
}

words! {
    /// What an item of a list has.
    ItemAttribute {
        Id = "id",
        Kind = "kind",
        /// A number for `key`, the same for as long as the bridge runs.
        Number = "number",
        Key = "key",
        Value = "value",
        /// The state of a party's connection.
        State = "state",
    }
}
