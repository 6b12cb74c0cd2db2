//! The changes that rules make of messages, and what each can bring about. What a change has is in `change_signatures`.

use super::{About, TransitionKind, words};

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
        /// Log `party` on, or the agent of this `number`; then bring the agent into `state`.
        AskLogOn = "ask-log-on",
        /// Log `party` off, or the agent of this `number`.
        AskLogOff = "ask-log-off",
        /// Log off all agents.
        AskLogOffAll = "ask-log-off-all",
        /// Make `party` ready; this ends work after a call.
        AskReady = "ask-ready",
        /// Make `party` not ready, for the reason `code`.
        AskNotReady = "ask-not-ready",
        /// Have `party` work after a call.
        AskWrap = "ask-wrap",
        /// End the work of `party` after a call.
        AskEndWrap = "ask-end-wrap",
        /// What `party` is doing; the picture answers it.
        AskState = "ask-state",
        /// Have `party` answer the call.
        AskAnswer = "ask-answer",
        /// Have `party` reject the call, for the reason `code`.
        AskReject = "ask-reject",
        /// Clear `party` from the call.
        AskHangUp = "ask-hang-up",
        /// Have `party` hold the call.
        AskHold = "ask-hold",
        /// Have `party` retrieve the call.
        AskRetrieve = "ask-retrieve",
        /// Have `party` call `destination`; its kind is that of `other`.
        AskMakeCall = "ask-make-call",
        /// Have `party` consult `destination` about the call; its kind is that of `other`.
        AskConsult = "ask-consult",
        /// Join `call` and `second` of `party` into a conference.
        AskConference = "ask-conference",
        /// Join `call` and `second`, without `party`.
        AskTransfer = "ask-transfer",
        /// A blind transfer.
        AskDeflect = "ask-deflect",
        /// Have `party` send `digits` on the call.
        AskDigits = "ask-digits",
        /// The call's data; the picture answers it.
        AskData = "ask-data",
        /// Set the call's `data`.
        AskSetData = "ask-set-data",
        /// Give the call the disposition `code` of `party`; `end-wrap` ends the work after it, too.
        AskDispose = "ask-dispose",
        /// Show all of one `entity`; the picture answers it.
        AskSnapshot = "ask-snapshot",
        /// Route the call to `destination` of `route-type`.
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

pub(in crate::model) use {asked, of_picture, of_route};

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
