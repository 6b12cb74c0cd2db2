//! The live picture of one platform in CSTA's terms: calls with their parties, agents, services, open requests, the link.
//! Changes go in, transitions come out; what changes nothing says nothing. It knows no dialect, no application's ids, no
//! clock.
//!
//! Invariant: in whatever order events come, a call starts once and first, ends once and last, and everything ends
//! (`no_order_of_events_breaks_a_life`).

mod agents;
mod backlog;
mod bounds;
mod calls;
mod change;
mod consequence;
mod dispositions;
mod effect;
mod identity;
mod link;
mod moment;
mod requests;
mod routes;
mod services;
mod settings;
mod slab;
mod timers;
mod words;
mod wrap_up;

pub use agents::{Agent, Readiness};
pub use bounds::{Bounds, Reached};
pub use calls::{Call, Party, PartyState, Phase};
pub use change::{Asking, Attributes, Change, Said};
pub use consequence::{Audience, Consequence, Details, Order, PartyRef, Subjects, Telling, Transition};
pub use effect::Effect;
pub use identity::{CallNames, Device, Id, KnownDevice, NAMES, NativeId, SpacedId, SpacedRef, digits, is_guid, kept};
pub use link::LinkState;
pub use requests::{Ask, Asked, ClientId, Request, RequestIx, Unseen, Verdict, dialable};
pub use services::Service;
pub use settings::Settings;
pub use slab::{AgentIx, CallIx, ServiceIx, Slab};
pub use words::*;

use crate::time::Time;
use agents::Agents;
use backlog::Backlog;
use calls::Calls;
use consequence::Consequences;
use link::Link;
use moment::Moment;
use requests::Requests;
use services::Services;
use timers::{Timer, Timers};

/// The live picture. Each part owns its data and what needs nothing else; rules that concern several parts are methods of
/// the model, and stand in the module of the part that they change.
#[derive(Debug, Default)]
pub struct Model {
    settings: Settings,
    moment: Moment,
    calls: Calls,
    agents: Agents,
    services: Services,
    requests: Requests,
    link: Link,
    backlog: Backlog,
    timers: Timers,
    consequences: Consequences,
    /// What its bounds cost.
    pub bounds: Bounds,
    /// The number of items of call data for which there was no room.
    pub data_cut: u64,
}

impl Model {
    pub fn new(settings: Settings) -> Model {
        Model { settings, ..Model::default() }
    }

    /// Begins a message: everything applied until the next call belongs to it. `clock` is the moment of the message by
    /// the platform's clock, in milliseconds since 1970, where the message has one.
    pub fn begin(&mut self, now: Time, clock: Option<u64>) {
        self.moment.begin(now, clock);
    }

    /// Sets the difference between the message's local times and UTC, in milliseconds.
    pub fn set_ahead(&mut self, ahead: i64) {
        self.moment.ahead = ahead;
    }

    /// Takes in what the platform says.
    pub fn apply(&mut self, change: &Change) -> Effect {
        if !self.backlog.is_empty() {
            self.hasten(change);
        }
        self.requests.listen_to(Some(change));
        let effect = self.change(change);
        self.outcome_heard(change);
        self.requests.listen_to(None);
        self.follow_up_all();
        if effect == Effect::Taken && change.has_odd_code() { Effect::OddCode } else { effect }
    }

    fn change(&mut self, change: &Change) -> Effect {
        use ChangeKind::*;
        match change.kind {
            Started => self.started(change),
            Originated => self.originated(change),
            RouteAsked => self.route_asked(change),
            Routed => self.routed(change),
            RouteUsed => self.route_used(change),
            RouteRejected => self.route_rejected(change),
            Queued => self.queued(change),
            Reinserted => self.reinserted(change),
            Dequeued => self.dequeued(change),
            Allocated => self.allocated(change),
            Noted => self.noted(change),
            DataSet => self.data_set(change),
            Alerted => self.alerted(change),
            Connected => self.connected(change),
            Held => self.held(change),
            Retrieved => self.retrieved(change),
            Conferenced | Transferred => self.joined(change),
            Diverted => self.diverted(change),
            Left => self.left(change),
            Observed => self.observed(change),
            Ended => self.ended(change),
            Deserted => self.deserted(change),
            WrapStarted => self.wrap_started(change),
            WrapEnded => self.wrap_ended(change),
            Freed => self.freed(change),
            Disposed => self.disposed(change),
            LoggedOn => self.logged_on(change),
            LogOnBegun => self.log_on_begun(change),
            AgentPresent => self.agent_present(change),
            LoggedOff => self.logged_off(change),
            Ready => self.readiness(change, Readiness::Ready),
            NotReady => self.readiness(change, Readiness::NotReady),
            MediumReady => self.medium_readiness(change, Readiness::Ready),
            MediumNotReady => self.medium_readiness(change, Readiness::NotReady),
            Activity => self.activity(change),
            ActivityHinted => self.activity_hinted(change),
            AgentNoted => self.agent_noted(change),
            AgentSeen => self.agent_seen(change),
            AgentKnown => self.agent_known(change),
            AgentRemoved => self.agent_removed(change),
            AgentServes => self.agent_serves(change),
            AgentsListed => self.agents_listed(change),
            ServiceKnown => self.service_known(change),
            ServiceRemoved => self.service_removed(change),
            ServicesListed => self.services_listed(change),
            AllShown => self.all_shown(),
            Shown => self.shown(change),
            RequestTaken => self.request_taken(change),
            RequestAccepted => self.request_accepted(change),
            RequestFailed => self.request_failed(change),
        }
    }

    /// When [`Model::expire`] wants to be called next.
    pub fn deadline(&self) -> Option<Time> {
        self.timers.deadline()
    }

    /// Lets all timers run out that are due.
    pub fn expire(&mut self, now: Time) {
        self.moment.reach(now);
        while let Some(timer) = self.timers.due(self.moment.now) {
            match timer {
                Timer::StateGrace(agent) => self.state_grace_over(agent),
                Timer::LogOn(agent) => self.log_on_grace_over(agent),
                Timer::Hint(agent) => self.hint_over(agent),
                Timer::WrapGrace(call) => self.wrap_grace_over(call),
                Timer::CallExpiry => self.call_expiry_over(),
                Timer::OrphanGrace(call) => self.orphan_grace_over(call),
                Timer::IdGrace(call) => self.id_grace_over(call),
                Timer::Resync(epoch) => self.resync_over(epoch),
                Timer::LinkGrace(epoch) => self.link_grace_over(epoch),
                Timer::Request(request) => self.request_grace_over(request),
            }
            self.follow_up_all();
        }
    }

    /// Those of the next transitions that the last message implies to have happened before it, in order.
    pub fn take_implied(&mut self, into: &mut Vec<Consequence>) {
        self.consequences.take_implied(into);
    }

    /// The transitions since the last call, in order.
    pub fn take_consequences(&mut self, into: &mut Vec<Consequence>) {
        self.consequences.take(into);
    }

    /// Whether there is anything to settle: after most messages there is not.
    pub fn has_to_settle(&self) -> bool {
        let (services, calls) = (&self.services, &self.calls);
        services.has_news() || calls.has_forgotten() || self.requests.has_closed() || self.timers.are_many()
    }

    /// To be called when all transitions are used: drops requests that ended and calls whose time is over, and names the
    /// calls, so that applications may forget them, too. Services that were removed lose their agents.
    pub fn settle(&mut self, forgotten: &mut Vec<CallIx>) {
        self.requests.drop_closed();
        for call in self.calls.take_forgotten() {
            self.drop_call(call);
            forgotten.push(call);
        }
        self.timers.sweep(|call| self.calls.get(call).is_some());
        for service in self.services.take_closed() {
            self.leave_service(service);
        }
    }

    /// Services whose agents have changed since this was asked for last; a service may occur more than once.
    pub fn take_restaffed(&mut self) -> Vec<ServiceIx> {
        std::mem::take(&mut self.services.restaffed)
    }

    /// Other settings count from now on.
    pub fn change_settings(&mut self, settings: Settings) {
        self.settings = settings;
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    pub fn now(&self) -> Time {
        self.moment.now
    }

    pub fn calls(&self) -> impl Iterator<Item = (CallIx, &Call)> {
        self.calls_from(0)
    }

    /// The calls from this place of the table on.
    pub fn calls_from(&self, place: usize) -> impl Iterator<Item = (CallIx, &Call)> {
        self.calls.iter_from(place).filter(|(_, call)| call.phase == Phase::Live)
    }

    pub fn call(&self, call: CallIx) -> &Call {
        &self.calls[call]
    }

    pub fn find_call(&self, call: CallIx) -> Option<&Call> {
        self.calls.get(call)
    }

    pub fn agents(&self) -> impl Iterator<Item = (AgentIx, &Agent)> {
        self.agents.iter()
    }

    /// The agents from this place of the table on.
    pub fn agents_from(&self, place: usize) -> impl Iterator<Item = (AgentIx, &Agent)> {
        self.agents.iter_from(place)
    }

    pub fn agent(&self, agent: AgentIx) -> &Agent {
        &self.agents[agent]
    }

    pub fn services(&self) -> impl Iterator<Item = (ServiceIx, &Service)> {
        self.services.iter()
    }

    /// The services from this place of the table on.
    pub fn services_from(&self, place: usize) -> impl Iterator<Item = (ServiceIx, &Service)> {
        self.services.iter_from(place)
    }

    pub fn service(&self, service: ServiceIx) -> &Service {
        &self.services[service]
    }

    pub fn party(&self, party: PartyRef) -> &Party {
        &self.calls[party.0].parties[party.1 as usize]
    }

    /// Whether nothing is left of any call or request.
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty() && self.requests.is_empty()
    }

    /// The bytes that all calls take up.
    pub fn memory(&self) -> usize {
        self.calls.weight()
    }

    pub fn call_count(&self) -> usize {
        self.calls.len()
    }

    /// Runs `tell`. If `presumed`, the transitions are marked as ones that no message of the platform says.
    fn presume<T>(&mut self, presumed: bool, tell: impl FnOnce(&mut Model) -> T) -> T {
        let before = self.consequences.presuming;
        self.consequences.presuming |= presumed;
        let told = tell(self);
        self.consequences.presuming = before;
        told
    }

    fn tell(&mut self, transition: Transition) {
        self.consequences.tell(transition);
    }

    fn order(&mut self, order: Order) {
        self.consequences.order(order);
    }
}

#[cfg(test)]
mod tests;
