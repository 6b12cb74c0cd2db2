//! How a request comes in, is refused at once, or is kept. Which orders it becomes is decided in `plan`.

use super::{Asked, ClientId, Expect, Request, RequestIx, Unseen};
use crate::{
    message::Value,
    model::{identity::MAX_TEXT, *},
    time::Time,
};

/// An application's request, as a rule made it of a message, with the ids resolved that it knows.
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
    pub asks: Asking<'a, 'm>,
}

/// The longest data that a request may carry, in bytes.
const MAX_REQUEST_DATA: usize = 16 << 10;

impl Model {
    /// Takes in a request. It fails at once where it names nothing that is known, or where nobody is there to do it.
    pub fn ask(&mut self, now: Time, ask: &Ask) {
        self.begin(now, None);
        if ask.asks.kind == RequestKind::LogOffAll && self.link.state == LinkState::Up {
            let there = self.agents.iter().filter(|(_, agent)| agent.is_there()).map(|(agent, _)| agent);
            let there: Vec<AgentIx> = there.collect();
            for agent in &there {
                self.ask_one(&Ask { agent: Some(*agent), unseen: Unseen::default(), ..*ask }, RequestKind::LogOff);
            }
            if there.is_empty() {
                let index = self.new_request(ask, RequestKind::LogOff);
                self.fail(index, Failure::Failed, "nobody is logged on".into());
            }
            return;
        }
        let kind = ask.asks.kind;
        self.ask_one(ask, if kind == RequestKind::LogOffAll { RequestKind::LogOff } else { kind });
    }

    fn ask_one(&mut self, ask: &Ask, kind: RequestKind) {
        let full = self.requests.table.len() >= self.settings.max_requests;
        let index = self.new_request(ask, kind);
        if full {
            return self.fail(index, Failure::Failed, "too many requests are open".into());
        }
        if let Some(reason) = unusable(&ask.asks) {
            return self.fail(index, Failure::Failed, reason);
        }
        if kind == RequestKind::Refuse {
            let failure = ask.asks.int(Fact::Failure).and_then(Failure::from_code).unwrap_or(Failure::Failed);
            return self.fail(index, failure, ask.asks.text(Fact::Reason).to_owned());
        }
        // This check comes before all others: while the platform is not connected, nobody can tell whether an id is
        // wrong.
        if self.link.state != LinkState::Up {
            let reason = format!("{} is not connected", self.settings.platform);
            return self.fail(index, Failure::Failed, reason);
        }
        let request = &self.requests[index];
        let is_nowhere =
            request.towards.is_some() || self.has_shown_everyone() || request.unseen_destination.is_empty();
        if ask.asks.other.kind == Some(DeviceKind::Agent) && request.destination.is_empty() && is_nowhere {
            return self.fail(index, Failure::InvalidAgent, "the agent to call is logged on nowhere".into());
        }
        match self.plan(index, kind) {
            Ok(steps) if steps.is_empty() => {}
            Ok(steps) => {
                self.requests[index].steps = steps;
                self.next_step(index);
            }
            Err((failure, reason)) => self.fail(index, failure, reason.into()),
        }
    }

    pub(super) fn new_request(&mut self, ask: &Ask, kind: RequestKind) -> RequestIx {
        let change = ask.asks.attributes;
        let text = |fact| kept(change.fact(fact).as_text(&mut itoa::Buffer::new()).unwrap_or_default()).to_owned();
        let data = change.data.iter().flatten().map(|(key, value)| {
            let text = |value: &Value| value.as_text(&mut itoa::Buffer::new()).unwrap_or_default().to_owned();
            (text(key), text(value))
        });
        let is_to_agent = change.other.kind == Some(DeviceKind::Agent);
        let towards = ask.towards.map(|agent| &self.agents[agent]);
        let destination = if kind == RequestKind::Route {
            // A route leads to an agent by name, whether or not the agent is logged on.
            towards.map_or_else(|| text(Fact::Destination), |agent| agent.number.clone())
        } else if let Some(agent) = towards.filter(|agent| agent.is_logged_on()) {
            agent.station.clone()
        } else if is_to_agent {
            String::new()
        } else {
            text(Fact::Destination)
        };
        let about = change.int(Fact::About).and_then(About::from_code).unwrap_or_else(|| kind.about());
        let request = Request {
            since: self.moment.now,
            agent: ask.agent,
            call: ask.call,
            second: ask.second,
            service: ask.service,
            number: text(Fact::Number),
            station: text(Fact::Station),
            dial: self.dial(&destination, change.other.kind),
            destination,
            unseen_destination: if is_to_agent && ask.towards.is_none() {
                text(Fact::Destination)
            } else {
                String::new()
            },
            destination_kind: change.other.kind,
            towards: ask.towards,
            route_type: change.int(Fact::RouteType).and_then(RouteType::from_code),
            code: change.int(Fact::Code),
            reason: text(Fact::Reason),
            digits: text(Fact::Digits),
            data: if unusable(change).is_none() { data.collect() } else { Vec::new() },
            service_type: change.int(Fact::ServiceType),
            unseen: ask.unseen.clone(),
            about,
            initial: change.int(Fact::State).and_then(AgentState::from_code),
            ends_wrap: change.fact(Fact::EndWrap).as_bool() == Some(true),
            ..Request::new(kind, ask.client, ask.id, ask.asked)
        };
        self.requests.add(request)
    }

    /// The digits to dial for a destination.
    pub(in crate::model) fn dial(&self, destination: &str, kind: Option<DeviceKind>) -> String {
        if !kind.is_some_and(DeviceKind::is_service) {
            return dialable(destination).unwrap_or_default();
        }
        let number = destination.parse().ok().and_then(|id: i64| self.settings.service_numbers.get(&id));
        number.and_then(|number| dialable(number)).unwrap_or_default()
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
        let Some(request) = self.requests.table.values().find(asks) else { return device };
        let number = if request.dial.is_empty() { &request.destination } else { &request.dial };
        let id =
            request.destination_kind.filter(|kind| kind.is_service()).and_then(|_| request.destination.parse().ok());
        let kind = if request.towards.is_some() { Some(DeviceKind::Agent) } else { request.destination_kind };
        KnownDevice {
            kind: kind.or(Some(DeviceKind::Device)),
            agent: request.towards,
            id: id.map(NativeId::Int),
            number: number.as_str().into(),
        }
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
fn unusable(change: &Attributes) -> Option<String> {
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
