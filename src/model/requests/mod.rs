//! Requests: what applications ask a platform to do. Each is ordered once, step by step, and ends once: by the event
//! that shows it done, by what the picture shows already, or by a failure with its reason. The platform decides: it is
//! also asked about calls and agents that its picture lacks. Where a platform tells outcomes by events that name
//! requests, only those end them.

mod ends;
mod outcome;
mod plan;

use smallvec::{SmallVec, smallvec};

use super::{identity::MAX_TEXT, *};
use crate::message::Value;

/// The session of an application that asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientId {
    pub application: u16,
    pub session: u32,
}

/// A request open at one platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestIx(pub u32);

/// What an application asks: the change that a rule made of its request, with the ids resolved that it knows.
#[derive(Debug)]
pub struct Ask<'a, 'm> {
    pub client: ClientId,
    /// The number that the application gave the request.
    pub id: i64,
    pub agent: Option<AgentIx>,
    pub call: Option<CallIx>,
    pub second: Option<CallIx>,
    pub service: Option<ServiceIx>,
    /// The ids in the request that the platform has not shown, as the platform's own numbers.
    pub unseen: Unseen,
    /// The agent that the request's destination is.
    pub towards: Option<AgentIx>,
    pub asked: Asked,
    pub change: &'a Change<'m>,
}

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

/// The longest data that a request may carry, in bytes.
const MAX_REQUEST_DATA: usize = 16 << 10;

pub type Requests = SmallVec<[RequestIx; 2]>;

/// What shows that a request is done.
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

#[derive(Debug)]
pub struct Request {
    pub kind: ChangeKind,
    pub client: ClientId,
    pub id: i64,
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
    initial: Option<AgentState>,
    /// Follows from another request, which has been answered: only its failure is told.
    quiet: bool,
    /// Takes back what another request did before it failed: nothing is told of it.
    undoes: bool,
    /// What shows that the step ordered last is done, where that is not its acceptance.
    awaits: Option<Expect>,
    /// What takes back the steps that are done, should the next one fail.
    undo: Option<TransitionKind>,
    expect: Expect,
    /// The time at which the platform accepted the request.
    accepted: Option<Time>,
    /// The asker was told that the platform took the request. If a reply is a request's only answer, the request is
    /// answered with it.
    pub told_accepted: bool,
    /// The platform has not answered the last order.
    pending: bool,
    /// The state that was asked for has come about, and the platform has not said yet whether the request caused it.
    shown: bool,
    /// An event of the platform named the request: from then on the picture decides.
    named: bool,
    /// The last order given.
    ordered: Option<TransitionKind>,
    /// The time until which the outcome is waited for.
    due: Time,
    /// The end of a wrap-up is asked for, too.
    ends_wrap: bool,
    /// What is still to be ordered once the platform has accepted the last order.
    steps: SmallVec<[TransitionKind; 2]>,
}

impl Model {
    /// Takes in a request. It fails at once where it names nothing that is known, or where nobody is there to do it.
    pub fn ask(&mut self, now: Time, ask: &Ask) {
        self.begin(now, None);
        if ask.change.kind == ChangeKind::AskLogOffAll && self.link.state == LinkState::Up {
            let there = self.agents.iter().filter(|(_, agent)| agent.is_there()).map(|(agent, _)| agent);
            let there: Vec<AgentIx> = there.collect();
            for agent in &there {
                self.ask_one(&Ask { agent: Some(*agent), unseen: Unseen::default(), ..*ask }, ChangeKind::AskLogOff);
            }
            if there.is_empty() {
                let index = self.new_request(ask, ChangeKind::AskLogOff);
                self.fail(index, Failure::Failed, "nobody is logged on".into());
            }
            return;
        }
        let kind = ask.change.kind;
        self.ask_one(ask, if kind == ChangeKind::AskLogOffAll { ChangeKind::AskLogOff } else { kind });
    }

    fn ask_one(&mut self, ask: &Ask, kind: ChangeKind) {
        let full = self.requests.len() >= self.settings.max_requests;
        let index = self.new_request(ask, kind);
        if full {
            return self.fail(index, Failure::Failed, "too many requests are open".into());
        }
        if let Some(reason) = unusable(ask.change) {
            return self.fail(index, Failure::Failed, reason);
        }
        if kind == ChangeKind::Refuse {
            let failure = ask.change.int(Fact::Failure).and_then(Failure::from_code).unwrap_or(Failure::Failed);
            return self.fail(index, failure, ask.change.text(Fact::Reason).to_owned());
        }
        // This check comes before all others: while the platform is not connected, nobody can tell whether an id is
        // wrong.
        if self.link.state != LinkState::Up {
            let reason = format!("{} is not connected", self.settings.platform);
            return self.fail(index, Failure::Failed, reason);
        }
        let request = &self.requests[&index];
        let is_nowhere =
            request.towards.is_some() || self.has_shown_everyone() || request.unseen_destination.is_empty();
        if ask.change.other.kind == Some(DeviceKind::Agent) && request.destination.is_empty() && is_nowhere {
            return self.fail(index, Failure::InvalidAgent, "the agent to call is logged on nowhere".into());
        }
        match self.plan(index, kind) {
            Ok(steps) if steps.is_empty() => {}
            Ok(steps) => {
                self.request_mut(index).steps = steps;
                self.next_step(index);
            }
            Err((failure, reason)) => self.fail(index, failure, reason.into()),
        }
    }

    fn new_request(&mut self, ask: &Ask, kind: ChangeKind) -> RequestIx {
        let change = ask.change;
        let text = |fact| kept(change.fact(fact).as_text(&mut itoa::Buffer::new()).unwrap_or_default()).to_owned();
        let data = change.data.iter().flatten().map(|(key, value)| {
            let text = |value: &Value| value.as_text(&mut itoa::Buffer::new()).unwrap_or_default().to_owned();
            (text(key), text(value))
        });
        let destination = match (ask.towards, change.other.kind) {
            // A route leads to an agent by name, whether or not the agent is logged on.
            (Some(agent), _) if change.kind == ChangeKind::AskRoute => self.agents[agent].number.clone(),
            _ if change.kind == ChangeKind::AskRoute => text(Fact::Destination),
            (Some(agent), _) if self.agents[agent].is_logged_on() => self.agents[agent].station.clone(),
            (_, Some(DeviceKind::Agent)) => String::new(),
            _ => text(Fact::Destination),
        };
        let about = change.int(Fact::About).and_then(About::from_code).unwrap_or_else(|| kind.about());
        let request = Request {
            kind,
            client: ask.client,
            id: ask.id,
            agent: ask.agent,
            call: ask.call,
            second: ask.second,
            service: ask.service,
            number: text(Fact::Number),
            station: text(Fact::Station),
            dial: self.dial(&destination, change.other.kind),
            destination,
            unseen_destination: match (ask.towards, change.other.kind) {
                (None, Some(DeviceKind::Agent)) => text(Fact::Destination),
                _ => String::new(),
            },
            destination_kind: change.other.kind,
            towards: ask.towards,
            route_type: change.int(Fact::RouteType).and_then(RouteType::from_code),
            code: change.int(Fact::Code),
            reason: text(Fact::Reason),
            digits: text(Fact::Digits),
            data: if unusable(change).is_none() { data.collect() } else { Vec::new() },
            service_type: change.int(Fact::ServiceType),
            asked: ask.asked,
            unseen: ask.unseen.clone(),
            about,
            initial: change.int(Fact::State).and_then(AgentState::from_code),
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
            ends_wrap: change.fact(Fact::EndWrap).as_bool() == Some(true),
            steps: SmallVec::new(),
        };
        self.add_request(request)
    }

    fn add_request(&mut self, request: Request) -> RequestIx {
        let index = RequestIx(self.requests_made);
        self.requests_made = self.requests_made.wrapping_add(1);
        self.requests.insert(index, request);
        index
    }

    /// The digits to dial for a destination.
    fn dial(&self, destination: &str, kind: Option<DeviceKind>) -> String {
        match kind {
            Some(kind) if kind.is_service() => {
                let number = destination.parse().ok().and_then(|id: i64| self.settings.service_numbers.get(&id));
                number.and_then(|number| dialable(number)).unwrap_or_default()
            }
            _ => dialable(destination).unwrap_or_default(),
        }
    }

    /// The party that an agent's new call is made to: the one who is named, otherwise, if the call has no other party
    /// yet, the one whom the agent was asked to call.
    pub(in crate::model) fn called_by(&mut self, call: CallIx, agent: AgentIx, named: &Device) -> KnownDevice {
        let device = self.device(named);
        let is_named = device.agent.is_some() || !device.number.is_empty() || device.id.is_some();
        if is_named || self.calls[call].others_in().next().is_some() {
            return device;
        }
        let asks = |request: &&Request| {
            let is_ordered = request.steps.is_empty() && request.awaits.is_none();
            request.expect == Expect::Originated(agent) && is_ordered && !request.destination.is_empty()
        };
        let Some(request) = self.requests.values().find(asks) else { return device };
        let number = if request.dial.is_empty() { &request.destination } else { &request.dial };
        let id =
            request.destination_kind.filter(|kind| kind.is_service()).and_then(|_| request.destination.parse().ok());
        let kind = if request.towards.is_some() { Some(DeviceKind::Agent) } else { request.destination_kind };
        KnownDevice {
            kind: kind.or(Some(DeviceKind::Device)),
            agent: request.towards,
            id: id.map(NativeId::Int),
            number: number.clone(),
        }
    }

    fn request_mut(&mut self, index: RequestIx) -> &mut Request {
        self.requests.get_mut(&index).expect("a request is dropped only when its batch is settled")
    }

    fn next_step(&mut self, index: RequestIx) {
        let request = self.request_mut(index);
        let order = request.steps.remove(0);
        (request.pending, request.named, request.ordered) = (true, false, Some(order));
        let mut transition = Transition::new(order).agent(request.agent).request(index);
        let was_accepted = request.accepted.is_some();
        transition.call = request.call;
        transition.second = request.second;
        transition.details.route_type = request.route_type;
        if let (TransitionKind::Dispose | TransitionKind::EndWrap, Some(agent)) = (order, transition.agent) {
            transition.call = transition.call.map(|call| self.call_worked_on(agent, call));
        }
        self.tell(transition);
        if was_accepted {
            self.wait_for_outcome(index);
        }
    }

    /// The platform does what was ordered last in these steps. A hold must show before the next, and is taken back if that
    /// fails.
    pub fn take_steps(&mut self, now: Time, index: RequestIx, steps: &[TransitionKind]) {
        self.begin(now, None);
        let Some(request) = self.requests.get_mut(&index).filter(|request| request.expect != Expect::Nothing) else {
            return;
        };
        let (call, agent) = (request.call, request.agent);
        request.steps = steps.iter().chain(&request.steps).copied().collect();
        if let (Some(TransitionKind::Hold), Some(call), Some(agent)) = (steps.first(), call, agent) {
            let awaits = Expect::Moved(call, agent, PartyState::Held);
            let is_held = self.is_in_state(call, agent, PartyState::Held);
            let request = self.request_mut(index);
            if is_held {
                request.steps.remove(0);
            } else {
                request.awaits = Some(awaits);
            }
        }
        self.next_step(index);
    }

    /// Takes back what a request did before it failed, if there is still something to take back.
    fn undo(&mut self, index: RequestIx) {
        let request = self.request_mut(index);
        let (Some(order), Some(call), Some(agent)) = (request.undo.take(), request.call, request.agent) else { return };
        if !self.calls[call].is_live() || !self.is_in_state(call, agent, PartyState::Held) {
            return;
        }
        let expect = Expect::Moved(call, agent, PartyState::Connected);
        let undoing =
            Request { undoes: true, steps: smallvec![order], ..self.after(index, ChangeKind::AskRetrieve, expect) };
        let index = self.add_request(undoing);
        self.next_step(index);
    }

    /// A request that follows from another.
    fn after(&self, index: RequestIx, kind: ChangeKind, expect: Expect) -> Request {
        let request = &self.requests[&index];
        Request {
            kind,
            client: request.client,
            id: request.id,
            agent: request.agent,
            call: request.call,
            second: None,
            service: request.service,
            number: request.number.clone(),
            station: request.station.clone(),
            destination: String::new(),
            dial: String::new(),
            unseen_destination: String::new(),
            destination_kind: None,
            towards: None,
            route_type: None,
            service_type: None,
            code: None,
            reason: String::new(),
            digits: String::new(),
            data: Vec::new(),
            asked: request.asked,
            unseen: request.unseen.clone(),
            about: kind.about(),
            initial: None,
            quiet: true,
            undoes: false,
            awaits: None,
            undo: None,
            expect,
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

    fn is_in_state(&self, call: CallIx, agent: AgentIx, state: PartyState) -> bool {
        let call = &self.calls[call];
        call.party_of(agent).is_some_and(|place| call.parties[place].state == state)
    }

    /// How a platform's answer names a request: one more than its index, because zero names nothing.
    pub fn request_handle(index: RequestIx) -> Id<'static> {
        Id::Int(i64::from(index.0) + 1)
    }
}

/// A number as it is dialled, without the signs that people write between digits; none if the text is not a number.
pub fn dialable(number: &str) -> Option<String> {
    let is_dialled = |sign: &char| sign.is_ascii_digit() || matches!(sign, '*' | '#' | '+');
    let between = |sign: char| matches!(sign, ' ' | '-' | '.' | '/' | '(' | ')');
    let is_number = number.chars().all(|sign| is_dialled(&sign) || between(sign));
    let dialled: String = number.chars().filter(is_dialled).collect();
    Some(dialled).filter(|dialled| is_number && dialled.contains(|sign| sign != '+'))
}

/// Why a request is not kept: what it says is cut nowhere, because half a number is another number.
fn unusable(change: &Change) -> Option<String> {
    let length = |value: Value| if let Value::Text(text) = value { text.len() } else { 0 };
    if change.has_odd_code() {
        return Some("the request's code is no number".into());
    }
    if let Some(fact) = Fact::ALL.iter().find(|fact| length(change.fact(**fact)) > MAX_TEXT) {
        return Some(format!("the request's {} is longer than {MAX_TEXT} bytes", fact.name()));
    }
    let data: usize = change.data.iter().flatten().map(|(key, value)| length(*key) + length(*value)).sum();
    (data > MAX_REQUEST_DATA).then(|| format!("the request's data is longer than {MAX_REQUEST_DATA} bytes"))
}
