//! One request: plain data, and the event that would show it done ([`Expect`]). Whether that has happened is decided in
//! `shown`.

use smallvec::SmallVec;

use crate::{model::*, time::Time};

/// The session of an application that asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientId {
    pub application: u16,
    pub session: u32,
}

/// A request open at one platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestIx(pub u32);

/// The ids as the application gave them, for telling it what failed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked {
    pub agent: Option<i64>,
    pub call: Option<i64>,
    pub second: Option<i64>,
}

/// Ids of a request that the picture does not have. The platform decides whether they exist.
#[derive(Debug, Clone, Default)]
pub struct Unseen {
    pub agent: Option<i64>,
    pub call: Option<SpacedId>,
    pub second: Option<SpacedId>,
    pub service: Option<(DeviceKind, i64)>,
}

/// The event that shows a request done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// The platform's acceptance.
    Acceptance,
    /// An agent or a call that the platform has not shown yet, such as an agent who is to log on.
    Unseen,
    Readiness(AgentIx, Readiness),
    Wrap(AgentIx),
    WrapOver(AgentIx),
    LoggedOn(AgentIx),
    LoggedOff(AgentIx),
    Originated(AgentIx),
    Connected(CallIx, AgentIx),
    Moved(CallIx, AgentIx, PartyState),
    Left(CallIx, AgentIx),
    Joined(CallIx),
    Disposed(AgentIx),
    DataSet(CallIx),
    /// The platform's word on a route that was selected.
    Routed(CallIx),
    /// Nothing more: it has ended.
    Nothing,
}

impl Expect {
    /// True for a state of an agent: it may come about without the request, and may be told to an asker who asks again.
    pub(super) fn is_state(self) -> bool {
        match self {
            Expect::Readiness(..)
            | Expect::Wrap(_)
            | Expect::WrapOver(_)
            | Expect::LoggedOn(_)
            | Expect::LoggedOff(_)
            | Expect::Disposed(_) => true,
            Expect::Acceptance
            | Expect::Unseen
            | Expect::Originated(_)
            | Expect::Connected(..)
            | Expect::Moved(..)
            | Expect::Left(..)
            | Expect::Joined(_)
            | Expect::DataSet(_)
            | Expect::Routed(_)
            | Expect::Nothing => false,
        }
    }
}

#[derive(Debug)]
pub struct Request {
    pub kind: RequestKind,
    pub client: ClientId,
    pub id: i64,
    /// When it was asked for.
    pub since: Time,
    pub agent: Option<AgentIx>,
    pub call: Option<CallIx>,
    pub second: Option<CallIx>,
    pub service: Option<ServiceIx>,
    pub number: String,
    pub station: String,
    pub destination: String,
    /// The digits to dial for the destination; empty if the destination is not a number.
    pub dial: String,
    pub destination_kind: Option<DeviceKind>,
    /// The agent who is called.
    pub towards: Option<AgentIx>,
    pub route_type: Option<RouteType>,
    pub code: Option<i64>,
    pub reason: String,
    pub digits: String,
    pub data: Vec<(String, String)>,
    /// The number or name of the agent to call, if the platform has not shown that agent.
    pub unseen_destination: String,
    /// The sort of service that is meant, by the application's own number for it.
    pub service_type: Option<i64>,
    pub asked: Asked,
    pub unseen: Unseen,
    pub about: About,
    /// The state that a log-on is to end in.
    pub(super) initial: Option<AgentState>,
    /// Follows from another request, which has been answered: only its failure is told.
    pub(super) quiet: bool,
    /// Takes back what another request did before it failed: nothing is told of it.
    pub(super) undoes: bool,
    /// The event that shows the step ordered last done, where that is not its acceptance.
    pub(super) awaits: Option<Expect>,
    /// The order that takes back the steps that are done, should the next one fail.
    pub(super) undo: Option<OrderKind>,
    pub(super) expect: Expect,
    /// The time at which the platform accepted the request.
    pub(super) accepted: Option<Time>,
    /// The asker was told that the platform took the request. If a reply is a request's only answer, the request is
    /// answered with it.
    pub told_accepted: bool,
    /// The platform has not answered the last order.
    pub(super) pending: bool,
    /// The state that was asked for has come about, and the platform has not said yet whether the request caused it.
    pub(super) shown: bool,
    /// An event of the platform named the request: from then on the picture decides.
    pub(super) named: bool,
    /// The last order given.
    pub(super) ordered: Option<OrderKind>,
    /// The time until which the outcome is waited for.
    pub(super) due: Time,
    /// The end of a wrap-up is asked for, too.
    pub(super) ends_wrap: bool,
    /// Orders that are still to be given once the platform has accepted the last one.
    pub(super) steps: SmallVec<[OrderKind; 2]>,
}

impl Request {
    /// A request that asks for nothing yet, and that nothing has happened to.
    pub(super) fn new(kind: RequestKind, client: ClientId, id: i64, asked: Asked) -> Request {
        Request {
            kind,
            client,
            id,
            since: Time::default(),
            agent: None,
            call: None,
            second: None,
            service: None,
            number: String::new(),
            station: String::new(),
            destination: String::new(),
            dial: String::new(),
            destination_kind: None,
            towards: None,
            route_type: None,
            code: None,
            reason: String::new(),
            digits: String::new(),
            data: Vec::new(),
            unseen_destination: String::new(),
            service_type: None,
            asked,
            unseen: Unseen::default(),
            about: kind.about(),
            initial: None,
            quiet: false,
            undoes: false,
            awaits: None,
            undo: None,
            expect: Expect::Acceptance,
            accepted: None,
            told_accepted: false,
            pending: false,
            shown: false,
            named: false,
            ordered: None,
            due: Time(0),
            ends_wrap: false,
            steps: SmallVec::new(),
        }
    }

    /// The event that shows the request done. If the platform has not shown the call or agent that is meant, its
    /// acceptance is enough, because nothing else could show it.
    pub(super) fn expectation(&self) -> Expect {
        use RequestKind as R;
        let (call, agent) = (self.call, self.agent);
        let of_both = call.zip(agent);
        let expect = match self.kind {
            R::LogOn => Some(agent.map_or(Expect::Unseen, Expect::LoggedOn)),
            R::LogOff => agent.map(Expect::LoggedOff),
            R::NotReady => agent.map(|agent| Expect::Readiness(agent, Readiness::NotReady)),
            R::Ready => agent.map(|agent| Expect::Readiness(agent, Readiness::Ready)),
            R::Wrap => agent.map(Expect::Wrap),
            R::EndWrap => agent.map(Expect::WrapOver),
            R::Answer => of_both.map(|(call, agent)| Expect::Connected(call, agent)),
            R::Reject | R::HangUp => of_both.map(|(call, agent)| Expect::Left(call, agent)),
            R::Hold => of_both.map(|(call, agent)| Expect::Moved(call, agent, PartyState::Held)),
            R::Retrieve => of_both.map(|(call, agent)| Expect::Moved(call, agent, PartyState::Connected)),
            R::MakeCall | R::Consult => agent.map(Expect::Originated),
            R::Conference | R::Transfer | R::Deflect => call.map(Expect::Joined),
            R::SetData => call.map(Expect::DataSet),
            R::Route => call.map(Expect::Routed),
            R::Dispose if self.ends_wrap => agent.map(Expect::WrapOver),
            R::Dispose => agent.map(Expect::Disposed),
            R::LogOffAll | R::State | R::Digits | R::Data | R::Snapshot | R::Refuse => None,
        };
        expect.unwrap_or(Expect::Acceptance)
    }
}
