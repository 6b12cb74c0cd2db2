//! Requests: what applications ask a platform to do. Each is ordered once, step by step, and ends once: by the event that
//! shows it done, by what the picture shows already, or by a failure with its reason.

use smallvec::{SmallVec, smallvec};

use super::{identity::MAX_TEXT, timers::Timer, *};
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
                // Data outlives the call as long as its id does.
                let call = call.or(named_call).ok_or((Failure::InvalidCall, "no such call is known"))?;
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

    // ── how requests end ──────────────────────────────────────────────────────────────────────────────────────────────

    /// The requests that this shows done; they end with the transition that tells it. Of others it may be what they waited
    /// for between two steps.
    pub(super) fn requests_shown(&mut self, shown: Expect) -> Requests {
        for request in self.requests.values_mut().filter(|request| request.awaits == Some(shown)) {
            (request.awaits, request.undo) = (None, Some(TransitionKind::Retrieve));
        }
        self.requests_where(|_, request| request.expect == shown)
    }

    /// Those that wanted an agent's wrap-up to be over, where it is.
    pub(super) fn wrap_ups_shown(&mut self, agent: AgentIx) -> Requests {
        self.requests_where(|model, request| {
            request.expect == Expect::WrapOver(agent) && model.is_wrap_up_over(agent, request.call)
        })
    }

    /// Those that gave a call a disposition, where the platform shows one: theirs, or any that it has accepted.
    pub(super) fn dispositions_shown(&mut self, call: Option<CallIx>, agent: AgentIx, change: &Change) -> Requests {
        let Some(code) = change.int(Fact::Code).filter(|code| *code != 0) else { return Requests::new() };
        self.requests_where(|model, request| {
            let result = |call: Option<CallIx>| call.map(|call| model.result_of(call));
            let same_call = result(request.call) == result(call);
            let shown = request.code == Some(code) || !request.pending;
            request.expect == Expect::Disposed(agent) && same_call && shown
        })
    }

    /// Requests that are done. One of several orders is not, while the platform may still refuse the last.
    fn requests_where(&mut self, is_shown: impl Fn(&Model, &Request) -> bool) -> Requests {
        if self.requests.is_empty() {
            return Requests::new();
        }
        let showable = |request: &Request| request.steps.is_empty() || !request.pending;
        let waiting = self.requests.iter().filter(|(_, request)| showable(request) && is_shown(self, request));
        let done: Requests = waiting.map(|(index, _)| *index).collect();
        for index in &done {
            self.close(*index);
            self.tell_accepted(*index);
        }
        self.follow_ups.extend_from_slice(&done);
        done
    }

    fn close(&mut self, index: RequestIx) {
        let request = self.request_mut(index);
        if request.expect != Expect::Nothing {
            (request.expect, request.awaits) = (Expect::Nothing, None);
            self.closed.push(index);
        }
    }

    /// What follows from requests that are done, once that is told, and those that waited for what has happened now.
    pub(super) fn follow_up_all(&mut self) {
        if self.requests.is_empty() {
            return;
        }
        loop {
            for index in std::mem::take(&mut self.follow_ups) {
                self.follow_up(index);
            }
            let waits = |request: &Request| !request.pending && request.awaits.is_none() && !request.steps.is_empty();
            let open = self.requests.iter().filter(|(_, request)| request.expect != Expect::Nothing);
            let waiting: Requests = open.filter(|(_, request)| waits(request)).map(|(index, _)| *index).collect();
            for index in waiting {
                self.advance(index);
            }
            // Those that were done thereby are there only as long as this batch is.
            if self.follow_ups.is_empty() {
                return;
            }
        }
    }

    /// After a log-on the agent is brought into the state that was asked for.
    fn follow_up(&mut self, index: RequestIx) {
        let request = &self.requests[&index];
        let Some(initial) = request.initial.filter(|_| request.kind == ChangeKind::AskLogOn) else { return };
        let Some(agent) = request.agent else { return };
        let (kind, readiness, order) = match initial {
            AgentState::NotReady => (ChangeKind::AskNotReady, Readiness::NotReady, TransitionKind::SetNotReady),
            _ => (ChangeKind::AskReady, Readiness::Ready, TransitionKind::SetReady),
        };
        let expect = Expect::Readiness(agent, readiness);
        let follow_up = Request { call: None, steps: smallvec![order], ..self.after(index, kind, expect) };
        let index = self.add_request(follow_up);
        match initial {
            AgentState::Idle | AgentState::NotReady => self.next_step(index),
            _ => self.fail(index, Failure::InvalidState, "nobody can log on into this state".into()),
        }
    }

    /// Tells everyone; the first request that this answers goes with it, the askers of others are told apart.
    pub(super) fn tell_answering(&mut self, transition: Transition, mut requests: Requests) {
        if requests.is_empty() {
            return self.tell(transition);
        }
        requests.retain(|request| !self.requests[request].quiet);
        let mut told = transition.clone();
        told.request = requests.first().copied();
        self.tell(told);
        requests.drain(..requests.len().min(1));
        self.answer_only(transition, requests);
    }

    /// Tells those who asked, and nobody else.
    pub(super) fn answer_only(&mut self, transition: Transition, requests: Requests) {
        for index in requests {
            let request = &self.requests[&index];
            if !request.quiet {
                let client = request.client;
                let answer = Transition { audience: Audience::Asker(client), ..transition.clone() };
                self.tell(answer.request(index));
            }
        }
    }

    fn finish_with(&mut self, index: RequestIx, transition: Transition) {
        self.close(index);
        self.answer_only(transition, smallvec![index]);
    }

    /// The open request that a platform's answer belongs to.
    pub(super) fn open_request(&self, change: &Change) -> Option<RequestIx> {
        let index = RequestIx(u32::try_from(change.request.as_int()? - 1).ok()?);
        self.requests.get(&index).filter(|request| request.expect != Expect::Nothing).map(|_| index)
    }

    /// The platform has it. What it comes to is not known, whatever the picture shows already.
    pub(super) fn request_taken(&mut self, change: &Change) -> Effect {
        let Some(index) = self.open_request(change) else { return Effect::UnknownRequest };
        self.request_mut(index).pending = false;
        self.tell_accepted(index);
        self.timers.set(self.now + self.settings.request_grace, Timer::Request(index));
        Effect::Taken
    }

    pub(super) fn finish(&mut self, index: RequestIx) {
        self.close(index);
        self.tell_accepted(index);
    }

    pub(super) fn request_accepted(&mut self, change: &Change) -> Effect {
        let Some(index) = self.open_request(change) else { return self.over_or_unknown(change) };
        self.request_mut(index).pending = false;
        self.advance(index);
        Effect::Taken
    }

    /// A message that shows a request done may say besides that it answers it.
    fn over_or_unknown(&self, change: &Change) -> Effect {
        let index = change.request.as_int().and_then(|handle| u32::try_from(handle - 1).ok()).map(RequestIx);
        let is_over = index.is_some_and(|index| self.closed.contains(&index));
        if is_over { Effect::Taken } else { Effect::UnknownRequest }
    }

    /// The platform has accepted what was ordered so far: what the picture shows done has ended, else what shows it done, or
    /// the step ordered last, is waited for, or the next is ordered as soon as it makes sense.
    fn advance(&mut self, index: RequestIx) {
        if let Some(transition) = self.done_already(index) {
            self.tell_accepted(index);
            self.close(index);
            self.follow_ups.push(index);
            return self.answer_only(transition, smallvec![index]);
        }
        let request = &self.requests[&index];
        let wraps = || request.agent.is_some_and(|agent| self.is_wrapping(agent, request.call));
        match request.steps.first() {
            Some(_) if request.awaits.is_some() => {
                self.timers.set(self.now + self.settings.request_grace, Timer::Request(index));
            }
            None => {
                self.tell_accepted(index);
                self.timers.set(self.now + self.settings.request_grace, Timer::Request(index));
            }
            Some(TransitionKind::EndWrap) if !wraps() => {}
            Some(_) => self.next_step(index),
        }
    }

    /// The platform took it, as its answer says, or as what happened shows: told once.
    fn tell_accepted(&mut self, index: RequestIx) {
        let request = self.request_mut(index);
        if std::mem::replace(&mut request.accepted, true) || request.quiet {
            return;
        }
        let mut transition = Transition::new(TransitionKind::RequestAccepted).agent(request.agent).request(index);
        transition.audience = Audience::Asker(request.client);
        transition.call = request.call;
        self.tell(transition);
    }

    /// What to tell the asker where the picture shows already what was asked for.
    fn done_already(&self, index: RequestIx) -> Option<Transition> {
        let request = &self.requests[&index];
        let party = |call: CallIx, agent| self.calls[call].party_of(agent).map(|place| (call, place as u8));
        let in_state = |call: CallIx, agent, state| {
            let place = self.calls[call].party_of(agent)?;
            (self.calls[call].parties[place].state == state).then_some(())
        };
        match request.expect {
            Expect::Readiness(agent, readiness) => {
                let entry = &self.agents[agent];
                let settled = entry.wraps.is_empty() && entry.settling.is_none();
                (entry.readiness == Some(readiness) && settled).then(|| self.state_transition(agent, None))
            }
            Expect::Wrap(agent) => {
                (!self.agents[agent].wraps.is_empty()).then(|| self.state_transition(agent, request.call))
            }
            Expect::LoggedOn(agent) => {
                self.agents[agent].is_logged_on().then(|| Transition::new(TransitionKind::AgentLoggedOn).agent(agent))
            }
            Expect::LoggedOff(agent) => (self.agents[agent].logged_on == Some(false))
                .then(|| Transition::new(TransitionKind::AgentLoggedOff).agent(agent)),
            Expect::Connected(call, agent) => {
                in_state(call, agent, PartyState::Connected)?;
                let transition = Transition::new(TransitionKind::Connected).call(call).agent(agent);
                Some(transition.party(party(call, agent)?))
            }
            Expect::Moved(call, agent, state) => {
                in_state(call, agent, state)?;
                let held = state == PartyState::Held;
                let kind = if held { TransitionKind::Held } else { TransitionKind::Retrieved };
                Some(Transition::new(kind).call(call).agent(agent).party(party(call, agent)?))
            }
            Expect::Left(call, agent) => {
                in_state(call, agent, PartyState::Left)?;
                let mut transition = Transition::new(TransitionKind::AgentCleared).call(call).agent(agent);
                transition.details.end = Some(End::Near);
                Some(transition.party(party(call, agent)?))
            }
            Expect::Acceptance => {
                Some(Transition::new(TransitionKind::DigitsSent).call(request.call?).agent(request.agent))
            }
            Expect::DataSet(call) => {
                let set = request.data.iter().all(|item| self.calls[call].data.contains(item));
                set.then(|| Transition::new(TransitionKind::CallDataSet).call(call).agent(request.agent))
            }
            Expect::WrapOver(agent) => {
                self.is_wrap_up_over(agent, request.call).then(|| self.state_transition(agent, None))
            }
            Expect::Disposed(agent) => {
                let call = self.calls.get(self.result_of(request.call?))?;
                let shown = request.code.is_some() && call.disposition == request.code;
                shown.then(|| self.state_transition(agent, request.call))
            }
            Expect::Originated(_) | Expect::Joined(_) | Expect::Routed(_) | Expect::Nothing => None,
        }
    }

    pub(super) fn request_failed(&mut self, change: &Change) -> Effect {
        let Some(index) = self.open_request(change) else { return Effect::UnknownRequest };
        let mut buffer = itoa::Buffer::new();
        let reason = match change.fact(Fact::Reason).as_text(&mut buffer) {
            Some(reason) => reason.to_owned(),
            None => format!("{} refused it without a reason", self.settings.platform),
        };
        let failure = change.int(Fact::Failure).and_then(Failure::from_code).unwrap_or(Failure::Failed);
        self.fail(index, failure, reason);
        Effect::Taken
    }

    /// Ends a request with a failure, if it has not ended.
    pub fn fail_request(&mut self, now: Time, index: RequestIx, reason: String) {
        self.begin(now, None);
        if self.requests.get(&index).is_some_and(|request| request.expect != Expect::Nothing) {
            self.fail(index, Failure::Failed, reason);
        }
    }

    fn fail(&mut self, index: RequestIx, failure: Failure, reason: String) {
        self.close(index);
        self.undo(index);
        let request = &self.requests[&index];
        if request.undoes {
            return;
        }
        let mut transition = Transition::new(TransitionKind::RequestFailed).agent(request.agent).request(index);
        transition.audience = Audience::Asker(request.client);
        transition.call = request.call;
        transition.details.failure = Some(failure);
        transition.details.about = Some(request.about);
        transition.details.reason = Some(reason);
        self.tell(transition);
    }

    fn fail_where(&mut self, concerned: impl Fn(&Request) -> bool, reason: &str) {
        let open = self.requests.iter().filter(|(_, request)| request.expect != Expect::Nothing);
        let failing: Vec<RequestIx> = open.filter(|(_, request)| concerned(request)).map(|(index, _)| *index).collect();
        for index in failing {
            self.fail(index, Failure::Failed, reason.to_owned());
        }
    }

    /// The call is over: what was asked for it cannot be done any more. A disposition can.
    pub(super) fn fail_requests_of(&mut self, call: CallIx) {
        let concerned = |request: &Request| {
            let about_it = request.call == Some(call) || request.second == Some(call);
            about_it && request.about == About::Call
        };
        self.fail_where(concerned, "the call ended");
    }

    /// The call is not known any more; what becomes of a disposition is told nevertheless.
    pub(super) fn forget_call_of_requests(&mut self, call: CallIx) {
        for request in self.requests.values_mut() {
            request.call = request.call.filter(|known| *known != call);
            request.second = request.second.filter(|known| *known != call);
        }
    }

    pub(super) fn fail_requests_of_agent(&mut self, agent: AgentIx) {
        let concerned = |request: &Request| {
            request.agent == Some(agent) && request.about == About::Agent && request.kind != ChangeKind::AskLogOn
        };
        self.fail_where(concerned, "the agent logged off");
    }

    pub(super) fn fail_all_requests(&mut self, reason: &str) {
        let reason = format!("{}: {reason}", self.settings.platform);
        // Nobody is there to take anything back.
        self.requests.values_mut().for_each(|request| request.undo = None);
        self.fail_where(|_| true, &reason);
    }

    /// Accepted, and nothing showed it done: whoever asked is told, so that everything ends.
    pub(super) fn request_grace_over(&mut self, index: RequestIx) {
        let Some(request) = self.requests.get(&index) else { return };
        if (!request.accepted && request.awaits.is_none()) || request.expect == Expect::Nothing {
            return;
        }
        let due = self.grace_of(request);
        if due > self.now {
            self.timers.set(due, Timer::Request(index));
        } else {
            let seconds = self.settings.request_grace.as_secs();
            let reason = format!("{} accepted it, and nothing showed it done in {seconds} s", self.settings.platform);
            self.fail(index, Failure::Failed, reason);
        }
    }

    /// Until when a request that was accepted long enough ago is waited for: what it asks of an agent may have to wait until
    /// the agent's calls are over, and a disposition until the platform tells it with the end of the wrap-up.
    fn grace_of(&self, request: &Request) -> Time {
        let (agent, may_wrap) = match request.expect {
            Expect::Readiness(agent, _) | Expect::Wrap(agent) | Expect::WrapOver(agent) => (agent, false),
            Expect::Disposed(agent) => (agent, true),
            _ => return self.now,
        };
        let entry = &self.agents[agent];
        let is_busy = entry.is_on_call() || (may_wrap && self.is_wrapping(agent, request.call));
        let from = if is_busy { self.now } else { entry.free_since };
        from + self.settings.request_grace
    }

    /// How a platform's answer names a request: one more than its index, because zero names nothing.
    pub fn request_handle(index: RequestIx) -> Id<'static> {
        Id::Int(i64::from(index.0) + 1)
    }
}

/// Why a request is not kept: what it says is cut nowhere, because half a number is another number.
fn unusable(change: &Change) -> Option<String> {
    let length = |value: Value| if let Value::Text(text) = value { text.len() } else { 0 };
    let code = change.fact(Fact::Code);
    if !code.is_empty() && code.as_int().is_none() {
        return Some("the request's code is no number".into());
    }
    if let Some(fact) = Fact::ALL.iter().find(|fact| length(change.fact(**fact)) > MAX_TEXT) {
        return Some(format!("the request's {} is longer than {MAX_TEXT} bytes", fact.name()));
    }
    let data: usize = change.data.iter().flatten().map(|(key, value)| length(*key) + length(*value)).sum();
    (data > MAX_REQUEST_DATA).then(|| format!("the request's data is longer than {MAX_REQUEST_DATA} bytes"))
}
