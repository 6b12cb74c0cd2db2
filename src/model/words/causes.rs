//! What each change, piece of news and request can bring about. For the reports and for the signatures of transitions; the
//! model is what decides.

use super::{ChangeKind, Meaning, Occasion, OrderKind, RequestKind, RouteChange, TransitionKind};

impl Meaning {
    /// The transitions that it can bring about, beside what follows from orders.
    pub fn causes(self) -> &'static [TransitionKind] {
        match self {
            Meaning::Change(kind) => kind.causes(),
            Meaning::Route(kind) => kind.causes(),
            Meaning::Request(kind) => kind.answers(),
        }
    }

    /// The orders that it can lead to.
    pub fn orders(self) -> &'static [OrderKind] {
        match self {
            Meaning::Change(_) | Meaning::Route(_) => &[],
            Meaning::Request(kind) => kind.orders(),
        }
    }

    /// All that messages can be made of because of it.
    pub fn occasions(self) -> impl Iterator<Item = Occasion> {
        let orders = self.orders().iter().copied().map(Occasion::Order);
        orders.chain(self.causes().iter().copied().map(Occasion::Transition))
    }
}

impl ChangeKind {
    /// The transitions that it can bring about, beside the start of a call that was not known and what it does to the state
    /// of agents.
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
        }
    }
}

impl RouteChange {
    pub fn causes(self) -> &'static [TransitionKind] {
        use {RouteChange as R, TransitionKind as T};
        match self {
            R::Accepted => &[T::RouteUsed],
            R::Refused => &[T::RouteRejected],
            R::Taken | R::Completed => &[T::RouteUsed, T::RouteRejected],
            R::Cancelled => &[T::RouteRejected, T::RequestFailed],
            R::Lost | R::Over | R::Missing | R::Failed => &[T::RequestFailed],
            R::Queued | R::NotCancelled => &[],
        }
    }
}

impl RequestKind {
    /// The orders that it can lead to.
    pub fn orders(self) -> &'static [OrderKind] {
        use {OrderKind as O, RequestKind as R};
        match self {
            R::LogOn => &[O::LogOn, O::SetReady, O::SetNotReady],
            R::LogOff | R::LogOffAll => &[O::LogOff],
            R::Ready => &[O::EndWrap, O::SetReady],
            R::NotReady => &[O::SetNotReady],
            R::Wrap => &[O::StartWrap],
            R::EndWrap => &[O::EndWrap],
            R::Answer => &[O::Answer],
            R::Reject => &[O::Reject],
            R::HangUp => &[O::HangUp],
            R::Hold => &[O::Hold],
            R::Retrieve => &[O::Retrieve],
            R::MakeCall => &[O::MakeCall],
            R::Consult => &[O::Consult],
            R::Conference => &[O::Conference],
            R::Transfer => &[O::Transfer],
            R::Deflect => &[O::Deflect],
            R::Digits => &[O::SendDigits],
            R::SetData => &[O::SetData],
            R::Dispose => &[O::Dispose, O::EndWrap],
            R::Route => &[O::AddRoute, O::SelectRoute],
            R::State | R::Data | R::Snapshot | R::Refuse => &[],
        }
    }

    /// The transitions that answer it where no order is needed.
    pub fn answers(self) -> &'static [TransitionKind] {
        use {RequestKind as R, TransitionKind as T};
        match self {
            R::State => &[T::AgentState],
            R::Data => &[T::CallData],
            R::Snapshot => &[T::SnapshotAgent, T::SnapshotCall, T::SnapshotService, T::SnapshotEmpty],
            R::Route => &[T::RouteUsed, T::RouteRejected, T::RequestFailed],
            R::Refuse => &[T::RequestFailed],
            R::LogOn
            | R::LogOff
            | R::LogOffAll
            | R::Ready
            | R::NotReady
            | R::Wrap
            | R::EndWrap
            | R::Answer
            | R::Reject
            | R::HangUp
            | R::Hold
            | R::Retrieve
            | R::MakeCall
            | R::Consult
            | R::Conference
            | R::Transfer
            | R::Deflect
            | R::Digits
            | R::SetData
            | R::Dispose => &[],
        }
    }
}
