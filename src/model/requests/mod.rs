//! Requests: what applications ask a platform to do. Each is ordered once, step by step, and ends once: by the event that
//! shows it done, by what the picture shows already, or by a failure with its reason.

mod ends;

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

/// The longest data that a request may carry, in bytes.
const MAX_REQUEST_DATA: usize = 16 << 10;

pub type Requests = SmallVec<[RequestIx; 2]>;

/// What shows that a request is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// The platform's acceptance.
    Acceptance,
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
    pub destination_kind: Option<DeviceKind>,
    /// The agent who is called.
    pub towards: Option<AgentIx>,
    pub route_type: Option<RouteType>,
    pub code: Option<i64>,
    pub reason: String,
    pub digits: String,
    pub data: Vec<(String, String)>,
    pub asked: Asked,
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
    accepted: bool,
    /// The platform has not answered the last order.
    pending: bool,
    /// What is still to be ordered once the platform has accepted the last order.
    steps: SmallVec<[TransitionKind; 2]>,
}

impl Model {
    /// Takes in a request. It fails at once where it names nothing that is known, or where nobody is there to do it.
    pub fn ask(&mut self, now: Time, ask: &Ask) {
        self.begin(now, None);
        if ask.change.kind == ChangeKind::AskLogOffAll {
            let there = self.agents.iter().filter(|(_, agent)| agent.is_there()).map(|(agent, _)| agent);
            let there: Vec<AgentIx> = there.collect();
            for agent in &there {
                self.ask_one(&Ask { agent: Some(*agent), ..*ask }, ChangeKind::AskLogOff);
            }
            if there.is_empty() {
                let index = self.new_request(ask, ChangeKind::AskLogOff);
                self.fail(index, Failure::Failed, "nobody is logged on".into());
            }
            return;
        }
        self.ask_one(ask, ask.change.kind);
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
        if ask.change.other.kind == Some(DeviceKind::Agent) && self.requests[&index].destination.is_empty() {
            return self.fail(index, Failure::InvalidAgent, "the agent to call is logged on nowhere".into());
        }
        match self.plan(index, kind) {
            Ok(steps) if steps.is_empty() => {}
            Ok(_) if self.link.state != LinkState::Up => {
                let reason = format!("{} is not connected", self.settings.platform);
                self.fail(index, Failure::Failed, reason);
            }
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
            destination: match (ask.towards, change.other.kind) {
                // A route leads to an agent by name, logged on or not.
                (Some(agent), _) if change.kind == ChangeKind::AskRoute => self.agents[agent].number.clone(),
                _ if change.kind == ChangeKind::AskRoute => text(Fact::Destination),
                (Some(agent), _) if self.agents[agent].is_logged_on() => self.agents[agent].station.clone(),
                (_, Some(DeviceKind::Agent)) => String::new(),
                _ => text(Fact::Destination),
            },
            destination_kind: change.other.kind,
            towards: ask.towards,
            route_type: change.int(Fact::RouteType).and_then(RouteType::from_code),
            code: change.int(Fact::Code),
            reason: text(Fact::Reason),
            digits: text(Fact::Digits),
            data: if unusable(change).is_none() { data.collect() } else { Vec::new() },
            asked: ask.asked,
            about,
            initial: change.int(Fact::State).and_then(AgentState::from_code),
            quiet: false,
            undoes: false,
            awaits: None,
            undo: None,
            expect: Expect::Acceptance,
            accepted: false,
            pending: false,
            steps: SmallVec::new(),
        };
        let mut request = request;
        if change.fact(Fact::EndWrap).as_bool() == Some(true) {
            request.steps.push(TransitionKind::EndWrap);
        }
        self.add_request(request)
    }

    fn add_request(&mut self, request: Request) -> RequestIx {
        let index = RequestIx(self.requests_made);
        self.requests_made = self.requests_made.wrapping_add(1);
        self.requests.insert(index, request);
        index
    }

    /// What is to be ordered, after saying what shows it done; nothing where it is answered already.
    fn plan(
        &mut self,
        index: RequestIx,
        kind: ChangeKind,
    ) -> Result<SmallVec<[TransitionKind; 2]>, (Failure, &'static str)> {
        use ChangeKind::*;
        use TransitionKind as Order;
        let request = &self.requests[&index];
        let end_wrap = !request.steps.is_empty();
        let call = request.call.map(|call| self.result_of(call)).filter(|call| self.calls[*call].is_live());
        let named_call = request.call;
        let agent = request.agent.ok_or((Failure::InvalidAgent, "no such agent is known"));
        let of_call = || call.ok_or((Failure::InvalidCall, "no such call is known"));
        let second = request.second.map(|second| self.result_of(second));
        let request = self.request_mut(index);
        (request.call, request.second) = (call, second);
        let (expect, steps): (Expect, SmallVec<[Order; 2]>) = match kind {
            AskLogOn => {
                let number = request.number.clone();
                let agent = agent.or_else(|nobody| self.stranger(&number).ok_or(nobody))?;
                self.request_mut(index).agent = Some(agent);
                (Expect::LoggedOn(agent), smallvec![Order::LogOn])
            }
            AskLogOff => (Expect::LoggedOff(agent?), smallvec![Order::LogOff]),
            AskNotReady => (Expect::Readiness(agent?, Readiness::NotReady), smallvec![Order::SetNotReady]),
            AskReady => {
                let agent = agent?;
                (Expect::Readiness(agent, Readiness::Ready), self.steps_to_ready(index, agent))
            }
            AskWrap => {
                let agent = agent?;
                self.request_mut(index).call = self.call_to_wrap(agent);
                (Expect::Wrap(agent), smallvec![Order::StartWrap])
            }
            AskEndWrap => {
                let agent = agent?;
                let wrapped = self.agents[agent].wraps.first().copied().flatten();
                self.request_mut(index).call = named_call.or(wrapped);
                (Expect::WrapOver(agent), smallvec![Order::EndWrap])
            }
            AskState => {
                let agent = agent?;
                let transition = self.state_transition(agent, self.call_of_state(agent));
                self.finish_with(index, transition);
                return Ok(SmallVec::new());
            }
            AskAnswer => (Expect::Connected(of_call()?, agent?), smallvec![Order::Answer]),
            AskReject => (Expect::Left(of_call()?, agent?), smallvec![Order::Reject]),
            AskHangUp => (Expect::Left(of_call()?, agent?), smallvec![Order::HangUp]),
            AskHold => (Expect::Moved(of_call()?, agent?, PartyState::Held), smallvec![Order::Hold]),
            AskRetrieve => (Expect::Moved(of_call()?, agent?, PartyState::Connected), smallvec![Order::Retrieve]),
            AskMakeCall => (Expect::Originated(agent?), smallvec![Order::MakeCall]),
            AskConsult => {
                of_call()?;
                (Expect::Originated(agent?), smallvec![Order::Consult])
            }
            AskConference => (Expect::Joined(of_call()?), smallvec![Order::Conference]),
            AskTransfer => {
                let (call, agent) = (of_call()?, agent?);
                self.held_first(index, call, agent);
                (Expect::Joined(call), smallvec![Order::Transfer])
            }
            AskDeflect => (Expect::Joined(of_call()?), smallvec![Order::Deflect]),
            AskDigits => {
                of_call()?;
                (Expect::Acceptance, smallvec![Order::SendDigits])
            }
            AskSetData => {
                let call = of_call()?;
                self.label_data(index, call);
                (Expect::DataSet(call), smallvec![Order::SetData])
            }
            AskRoute => (Expect::Routed(of_call()?), smallvec![Order::SelectRoute]),
            AskData => {
                // Data end with their call, even while its id still leads to the work after it.
                let call = of_call()?;
                agent?;
                self.finish_with(index, Transition::new(TransitionKind::CallData).call(call));
                return Ok(SmallVec::new());
            }
            AskDispose => {
                // While the call goes on, or in the wrap-up after it.
                self.request_mut(index).call =
                    Some(named_call.or(call).ok_or((Failure::InvalidCall, "no such call is known"))?);
                match (agent?, end_wrap) {
                    (agent, true) => (Expect::WrapOver(agent), smallvec![Order::Dispose, Order::EndWrap]),
                    (agent, false) => (Expect::Disposed(agent), smallvec![Order::Dispose]),
                }
            }
            _ => return Err((Failure::Failed, "this cannot be asked")),
        };
        if matches!(kind, AskConference | AskTransfer | AskDeflect | AskConsult | AskDigits | AskSetData) {
            agent?;
        }
        self.request_mut(index).expect = expect;
        Ok(steps)
    }

    /// Data without labels replace those of the call one by one; what is empty at the end is not meant.
    fn label_data(&mut self, index: RequestIx, call: CallIx) {
        let labels = self.calls[call].data.iter().map(|(label, _)| label);
        let Some(request) = self.requests.get_mut(&index) else { return };
        while request.data.pop_if(|(label, value)| label.is_empty() && value.is_empty()).is_some() {}
        for ((label, _), known) in request.data.iter_mut().zip(labels).filter(|((label, _), _)| label.is_empty()) {
            label.clone_from(known);
        }
    }

    /// Whichever of the two calls was named first: the agent's held one is transferred to the other.
    fn held_first(&mut self, index: RequestIx, call: CallIx, agent: AgentIx) {
        let holds = |call: &Call| {
            let place = call.live_party_of(agent);
            place.is_some_and(|place| call.parties[place].state == PartyState::Held)
        };
        let held = self.call_of(agent, |call, _| holds(call)).filter(|_| !holds(&self.calls[call]));
        if let Some(held) = held {
            let request = self.request_mut(index);
            (request.call, request.second) = (Some(held), Some(call));
        }
    }

    /// Out of wrap-up first, where the agent is in it; then ready, unless the agent will be by itself.
    fn steps_to_ready(&mut self, index: RequestIx, agent: AgentIx) -> SmallVec<[TransitionKind; 2]> {
        let entry = &self.agents[agent];
        let wrap = entry.wraps.first().copied();
        let not_ready = entry.readiness == Some(Readiness::NotReady);
        match wrap {
            None => smallvec![TransitionKind::SetReady],
            Some(call) => {
                self.request_mut(index).call = call;
                match not_ready {
                    true => smallvec![TransitionKind::EndWrap, TransitionKind::SetReady],
                    false => smallvec![TransitionKind::EndWrap],
                }
            }
        }
    }

    /// The call that occupies an agent, as the event of the agent's state names it.
    fn call_of_state(&self, agent: AgentIx) -> Option<CallIx> {
        let entry = &self.agents[agent];
        entry.calls.last().or(entry.wraps.iter().flatten().last()).copied()
    }

    /// The call that an agent who wants to wrap up means: the one being wrapped up, else the one the agent is in.
    fn call_to_wrap(&self, agent: AgentIx) -> Option<CallIx> {
        let entry = &self.agents[agent];
        entry.wraps.iter().flatten().last().or(entry.owes.last()).or(entry.calls.last()).copied()
    }

    fn request_mut(&mut self, index: RequestIx) -> &mut Request {
        self.requests.get_mut(&index).expect("a request is dropped only when its batch is settled")
    }

    fn next_step(&mut self, index: RequestIx) {
        let request = self.request_mut(index);
        let order = request.steps.remove(0);
        request.pending = true;
        let mut transition = Transition::new(order).agent(request.agent).request(index);
        transition.call = request.call;
        transition.second = request.second;
        transition.details.route_type = request.route_type;
        if let (TransitionKind::Dispose | TransitionKind::EndWrap, Some(agent)) = (order, transition.agent) {
            transition.call = transition.call.map(|call| self.call_worked_on(agent, call));
        }
        self.tell(transition);
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
            destination_kind: None,
            towards: None,
            route_type: None,
            code: None,
            reason: String::new(),
            digits: String::new(),
            data: Vec::new(),
            asked: request.asked,
            about: kind.about(),
            initial: None,
            quiet: true,
            undoes: false,
            awaits: None,
            undo: None,
            expect,
            accepted: false,
            pending: false,
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
