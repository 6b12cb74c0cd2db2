//! What rules make of messages: a change that a platform tells, news of a route, or a request of an application. What each
//! can bring about is in `causes`, what each has in `change_signatures`.

use super::{About, words};

words! {
    /// What a platform says happened to calls, agents, services or requests.
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
        /// `party`, an agent, has finished the work after the call, with the disposition `code` where one is told.
        WrapEnded = "wrap-ended",
        /// `party`, an agent, is as ready as was said last: ready, where nothing was. Other calls or work after them go on.
        Freed = "freed",
        /// `party`, an agent, gave the call the disposition `code`.
        Disposed = "disposed",
        /// `party`, an agent, is logged on at `services`; in `state` where the platform shows it.
        LoggedOn = "logged-on",
        /// `party`, an agent, logs on; who it is follows, if the agent's number is not known.
        LogOnBegun = "log-on-begun",
        /// `party`, an agent, was heard of: logged on, unless the platform has said anything of that.
        AgentPresent = "agent-present",
        /// `party`, an agent, is logged off.
        LoggedOff = "logged-off",
        /// `party`, an agent, is ready. With `state`, the platform shows besides that the agent is on no call.
        Ready = "ready",
        /// `party`, an agent, is not ready, for `reason`. With `state` as above.
        NotReady = "not-ready",
        /// `party`, an agent, takes calls of one `media` or not, whatever the agent's readiness is.
        MediumReady = "medium-ready",
        /// The agent takes none of one `media`.
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
        /// Configuration: `party`, an agent, exists no more.
        AgentRemoved = "agent-removed",
        /// `party`, an agent, serves `services` and no others.
        AgentServes = "agent-serves",
        /// The agents seen in this message are all there are (of `service`, where one is named).
        AgentsListed = "agents-listed",
        /// Configuration: `service` exists.
        ServiceKnown = "service-known",
        /// Configuration: `service` exists no more.
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
    }
}

words! {
    /// What a routing platform says became of a route that was asked of it. Nothing of the picture changes.
    RouteChange {
        /// A routing platform took a route that was asked of it: `route` is its number of it.
        Accepted = "route-accepted",
        /// It did not, for `reject-reason`.
        Refused = "route-refused",
        /// `route` waits for an agent.
        Queued = "route-queued",
        /// `party`, an agent, has `route`, or is about to.
        Taken = "route-taken",
        /// `route` came to its end with `party`, an agent, where one had it.
        Completed = "route-completed",
        /// The routing platform gave `route` up.
        Lost = "route-lost",
        /// `route` was cancelled.
        Cancelled = "route-cancelled",
        /// It was not: an agent has it.
        NotCancelled = "route-not-cancelled",
        /// It is over already.
        Over = "route-over",
        /// The routing platform knows no such route.
        Missing = "route-missing",
        /// What was asked about a route failed: `reason`.
        Failed = "route-failed",
    }
}

words! {
    /// What an application asks.
    RequestKind {
        /// Log `party` on, or the agent of this `number`; then bring the agent into `state`.
        LogOn = "ask-log-on",
        /// Log `party` off, or the agent of this `number`.
        LogOff = "ask-log-off",
        /// Log off all agents.
        LogOffAll = "ask-log-off-all",
        /// Make `party` ready; this ends work after a call.
        Ready = "ask-ready",
        /// Make `party` not ready, for the reason `code`.
        NotReady = "ask-not-ready",
        /// Have `party` work after a call.
        Wrap = "ask-wrap",
        /// End the work of `party` after a call.
        EndWrap = "ask-end-wrap",
        /// What `party` is doing; the picture answers it.
        State = "ask-state",
        /// Have `party` answer the call.
        Answer = "ask-answer",
        /// Have `party` reject the call, for the reason `code`.
        Reject = "ask-reject",
        /// Clear `party` from the call.
        HangUp = "ask-hang-up",
        /// Have `party` hold the call.
        Hold = "ask-hold",
        /// Have `party` retrieve the call.
        Retrieve = "ask-retrieve",
        /// Have `party` call `destination`; its kind is that of `other`.
        MakeCall = "ask-make-call",
        /// Have `party` consult `destination` about the call; its kind is that of `other`.
        Consult = "ask-consult",
        /// Join `call` and `second` of `party` into a conference.
        Conference = "ask-conference",
        /// Join `call` and `second`, without `party`.
        Transfer = "ask-transfer",
        /// A blind transfer.
        Deflect = "ask-deflect",
        /// Have `party` send `digits` on the call.
        Digits = "ask-digits",
        /// The call's data; the picture answers it.
        Data = "ask-data",
        /// Set the call's `data`.
        SetData = "ask-set-data",
        /// Give the call the disposition `code` of `party`; `end-wrap` ends the work after it, too.
        Dispose = "ask-dispose",
        /// Show all of one `entity`; the picture answers it.
        Snapshot = "ask-snapshot",
        /// Route the call to `destination` of `route-type`.
        Route = "ask-route",
        /// The request cannot be carried at all: it fails with `failure` and `reason`, about `about`.
        Refuse = "refuse",
    }
}

/// What a rule makes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Meaning {
    Change(ChangeKind),
    Route(RouteChange),
    Request(RequestKind),
}

impl Meaning {
    pub fn all() -> impl Iterator<Item = Meaning> {
        let changes = ChangeKind::ALL.iter().copied().map(Meaning::Change);
        let routes = RouteChange::ALL.iter().copied().map(Meaning::Route);
        changes.chain(routes).chain(RequestKind::ALL.iter().copied().map(Meaning::Request))
    }

    /// The one that rules call so.
    pub fn from_name(name: &str) -> Option<Meaning> {
        Meaning::all().find(|known| known.name() == name)
    }

    pub fn names() -> impl Iterator<Item = &'static str> {
        Meaning::all().map(Meaning::name)
    }

    pub fn name(self) -> &'static str {
        match self {
            Meaning::Change(kind) => kind.name(),
            Meaning::Route(kind) => kind.name(),
            Meaning::Request(kind) => kind.name(),
        }
    }

    /// What it means, in a line or two.
    pub fn doc(self) -> &'static str {
        match self {
            Meaning::Change(kind) => kind.doc(),
            Meaning::Route(kind) => kind.doc(),
            Meaning::Request(kind) => kind.doc(),
        }
    }

    /// Its place among all.
    pub fn place(self) -> usize {
        match self {
            Meaning::Change(kind) => kind as usize,
            Meaning::Route(kind) => ChangeKind::ALL.len() + kind as usize,
            Meaning::Request(kind) => ChangeKind::ALL.len() + RouteChange::ALL.len() + kind as usize,
        }
    }

    pub fn request(self) -> Option<RequestKind> {
        match self {
            Meaning::Request(kind) => Some(kind),
            Meaning::Change(_) | Meaning::Route(_) => None,
        }
    }

    pub fn is_request(self) -> bool {
        self.request().is_some()
    }
}

impl ChangeKind {
    /// True if the change tells the outcome of a request.
    pub fn ends_request(self) -> bool {
        matches!(self, ChangeKind::RequestTaken | ChangeKind::RequestAccepted | ChangeKind::RequestFailed)
    }
}

impl RequestKind {
    /// What a failure of this request is about.
    pub fn about(self) -> About {
        use RequestKind as R;
        match self {
            R::LogOn | R::LogOff | R::LogOffAll => About::Login,
            R::Ready | R::NotReady | R::Wrap | R::EndWrap | R::State | R::Dispose => About::Agent,
            R::Snapshot => About::Snapshot,
            R::Route => About::Route,
            R::Answer | R::Reject | R::HangUp | R::Hold | R::Retrieve | R::MakeCall | R::Consult | R::Conference => {
                About::Call
            }
            R::Transfer | R::Deflect | R::Digits | R::Data | R::SetData | R::Refuse => About::Call,
        }
    }
}
