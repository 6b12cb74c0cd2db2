//! What a change carries: its parts, and facts beside calls, parties and services. Which of them a change has is in
//! `change_signatures`.

use super::words;

words! {
    /// What a change may carry as more than a single value.
    Part {
        /// The call that it is about, by the names that the platform has for it. Roles set it; `set.call` sets the number.
        Call = "call",
        /// The other of two calls that join. Only roles set it.
        Second = "second",
        /// The call that two calls become, or what the platform names the call from then on. Only roles set it.
        Result = "result",
        /// The request that it answers; of an application's request, its number. Only roles set it.
        Request = "request",
        /// Whom it is about: a device.
        Party = "party",
        /// The opposite party, or where the call goes: a device.
        Other = "other",
        /// Who came, where two calls join: a device.
        To = "to",
        /// Where the call waits, or the service that is meant: a device.
        Service = "service",
        /// Call data: pairs of key and value.
        Data = "data",
        /// The services of an agent: devices.
        Services = "services",
    }
}

impl Part {
    /// Whether rules can set it; if not, roles do.
    pub fn is_settable(self) -> bool {
        !matches!(self, Part::Second | Part::Result | Part::Request)
    }

    /// Where rules find it again, as for [`Fact::becomes`].
    pub fn becomes(self) -> &'static [&'static str] {
        match self {
            Part::Call => &["call.id"],
            Part::Second => &["second.id"],
            Part::Result => &["result.id"],
            Part::Request => &["request.id"],
            Part::Party => &["agent.id", "party.id", "party.kind", "party.number", "call.agent", "call.originator"],
            Part::Other | Part::To => {
                &["call.destination", "call.destination-type", "call.originator", "request.destination-type"]
            }
            Part::Service => &["service.id", "call.service", "request.service"],
            Part::Data => &["call.data", "request.data"],
            Part::Services => &["agent.services", "service.agents"],
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
        /// The medium of the call; of a medium's readiness, the medium.
        Media = "media",
        /// What brought the call about.
        Type = "type",
        /// The direction of an agent's own call, where the platform says it: outbound, internal or consultation.
        Direction = "direction",
        /// Why it happened.
        Cause = "cause",
        /// Whether the caller left before anybody answered, where the platform says it of a call that is over.
        Abandoned = "abandoned",
        /// The switch's number of the call.
        Sequence = "sequence",
        /// A disposition.
        Code = "code",
        /// For how long the call has been waiting, in seconds.
        Waited = "waited",
        /// The agent's state.
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
        /// The kind of failure.
        Failure = "failure",
        /// The platform's own number for a failure, below zero.
        Result = "result",
        /// What the refused request is about.
        About = "about",
        /// The digits to send: 0 to 9, `*` and `#`.
        Digits = "digits",
        /// What the snapshot shows.
        Entity = "entity",
        /// Where the route leads.
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
        /// The number with which the agent logs on.
        Number = "number",
        /// The name of the agent, or of the service.
        Name = "name",
        /// The number of the agent's telephone.
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
