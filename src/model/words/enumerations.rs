//! The enumerations of the model: what rules compare attributes with, and what their tables lead to.

use super::words;

words! {
    /// What a device is; with it goes the number space of its id.
    DeviceKind {
        /// A dialable number that is nothing of the below.
        Device = "device",
        /// An agent, by record id.
        Agent = "agent",
        /// A group of agents.
        Group = "group",
        /// The queue of one agent.
        AgentQueue = "agent-queue",
        /// The queue of one agent's e-mails.
        EmailQueue = "email-queue",
        /// A service that is neither a group nor a queue.
        Service = "service",
        /// A port of an IVR.
        Ivr = "ivr",
        /// A number at which calls are routed.
        RoutePoint = "route-point",
        /// A script that handles calls.
        Script = "script",
    }
}

impl RouteType {
    /// The type of a route to such a device.
    pub fn to(kind: DeviceKind) -> RouteType {
        match kind {
            DeviceKind::Agent => RouteType::Agent,
            DeviceKind::Group | DeviceKind::AgentQueue | DeviceKind::EmailQueue | DeviceKind::Service => {
                RouteType::Service
            }
            DeviceKind::Ivr => RouteType::Ivr,
            DeviceKind::Device | DeviceKind::RoutePoint | DeviceKind::Script => RouteType::External,
        }
    }

    /// What a route of this type leads to, if that is known by an id.
    pub fn leads_to(self) -> Option<DeviceKind> {
        match self {
            RouteType::Agent => Some(DeviceKind::Agent),
            RouteType::Service => Some(DeviceKind::Group),
            RouteType::External | RouteType::Default | RouteType::Ivr => None,
        }
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
        /// Not logged on.
        LoggedOff = "logged-off",
        /// Takes no calls.
        NotReady = "not-ready",
        /// Ready, and on no call.
        Idle = "idle",
        /// A waiting call is on its way to the agent.
        Reserved = "reserved",
        /// A call alerts.
        PendingActive = "pending-active",
        /// On a call.
        Active = "active",
        /// Works after a call.
        Wrap = "wrap",
        /// No state that a request may ask for.
        Other = "other",
    }
}

words! {
    /// An agent's occupation in detail, for statistics.
    Occupation {
        /// Ready, and on no call.
        Idle = "idle",
        /// Takes no calls.
        NotReady = "not-ready",
        /// Works after a call.
        Wrap = "wrap",
        /// A waiting call is on its way to the agent.
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
        /// The same, and not ready.
        IncomingNotReady = "incoming-not-ready",
        /// On a call that the agent made.
        Outgoing = "outgoing",
        /// The same, and not ready.
        OutgoingNotReady = "outgoing-not-ready",
        /// Handles an e-mail.
        Email = "email",
        /// Handles an e-mail, and is called besides.
        EmailIncoming = "email-incoming",
        /// Handles an e-mail, and has made a call besides.
        EmailOutgoing = "email-outgoing",
        /// Busy with something that has no word of its own.
        Busy = "busy",
        /// The same, and not ready.
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
        /// The call alerts at the party.
        Alerting = "alerting",
        /// The party is connected.
        Connected = "connected",
        /// The party holds the call.
        Held = "held",
    }
}

words! {
    Media {
        /// The platform does not know it.
        Unknown = "unknown",
        /// A telephone call.
        Voice = "voice",
        /// A chat.
        Chat = "chat",
        /// An e-mail.
        Email = "email",
        /// A short message.
        Sms = "sms",
        /// Whatever else an agent can handle.
        OpenMedia = "open-media",
    }
}

words! {
    /// What brought a call about, where the platform says it.
    CallType {
        /// No group distributes it.
        NonAcd = "non-acd",
        /// A group distributes it.
        Acd = "acd",
        /// Calls back somebody who asked for that on the telephone.
        Callback = "callback",
        /// Calls back somebody who had hung up before anybody answered.
        AbandonedCallback = "abandoned-callback",
        /// Calls back somebody who asked for that on the web.
        WebCallback = "web-callback",
        /// Calls a customer of a campaign.
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
        /// The called party is busy.
        Busy = "busy",
        /// It was cancelled.
        Cancelled = "cancelled",
        /// Nobody can be reached by this number.
        Unobtainable = "unobtainable",
        /// Nobody answered in time.
        Timeout = "timeout",
        /// The e-mail was answered.
        EmailReply = "email-reply",
        /// The e-mail is done with, and was not answered.
        EmailNoReply = "email-no-reply",
    }
}

words! {
    /// Who began a call, and towards whom.
    Direction {
        /// Somebody outside called.
        Inbound = "inbound",
        /// An agent called somebody outside.
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
        /// It exists.
        Started = "started",
        /// An agent began it.
        Originated = "originated",
        /// It waits at a service.
        Queued = "queued",
        /// It alerts at an agent.
        Alerting = "alerting",
        /// An agent is connected.
        Connected = "connected",
        /// A consultation about another call is connected.
        Consulting = "consulting",
        /// It is a conference.
        Conferenced = "conferenced",
        /// An agent holds it, and none is connected.
        Held = "held",
        /// It is over.
        Ended = "ended",
    }
}

words! {
    /// Which side of a call left it, seen from an agent.
    End {
        /// The agent's own side.
        Near = "near",
        /// The other side.
        Far = "far",
    }
}

words! {
    /// Where a route leads.
    RouteType {
        /// To an agent.
        Agent = "agent",
        /// To a service.
        Service = "service",
        /// To a number outside.
        External = "external",
        /// Wherever the platform leads calls by default.
        Default = "default",
        /// To an IVR.
        Ivr = "ivr",
    }
}

words! {
    RouteStatus {
        /// The selected route is used.
        Success = "success",
        /// The platform's default is used.
        DefaultUsed = "default-used",
    }
}

words! {
    /// Why a route selection was refused.
    RejectReason {
        /// Nothing leads to the destination.
        NoRoute = "no-route",
        /// The selection came too late.
        Timeout = "timeout",
        /// The call is over.
        CallCleared = "call-cleared",
        /// The call was routed before.
        AlreadyRouted = "already-routed",
        /// The destination is busy.
        Busy = "busy",
        /// The platform does not say.
        Unknown = "unknown",
    }
}

words! {
    /// Why a request failed.
    Failure {
        /// It names no agent that is known.
        InvalidAgent = "invalid-agent",
        /// It names no call that is known.
        InvalidCall = "invalid-call",
        /// It asks for a state that cannot be asked for.
        InvalidState = "invalid-state",
        /// The platform refused it, can't do it, or did not answer.
        Failed = "failed",
    }
}

words! {
    /// What a request is about: it decides how its failure is said.
    About {
        /// A log-on or log-off.
        Login = "login",
        /// An agent's state.
        Agent = "agent",
        /// A call.
        Call = "call",
        /// A route.
        Route = "route",
        /// A snapshot.
        Snapshot = "snapshot",
    }
}

words! {
    /// What a snapshot shows.
    Entity {
        /// The agents who are logged on.
        Agents = "agents",
        /// The calls.
        Calls = "calls",
        /// The services.
        Services = "services",
    }
}
