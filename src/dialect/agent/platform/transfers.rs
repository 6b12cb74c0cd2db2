//! Transfers. No desktop sees one whole: the transferring agent's desktop loses its held and its active call together, and
//! another desktop's call then shows the information of a consultation. So the first end of such two calls, and everything
//! that the desktop says after it, is held back for a moment.

use super::{
    Client,
    desk::{Desk, Name, Shown, State},
    fields::made,
};
use crate::{
    message::Message,
    port::{Heard, PlatformOutput},
    time::Time,
};

/// The most events that a desktop holds back.
const MOST: usize = 100;

/// Events of a desktop that wait until it is known whether two ends are a transfer.
#[derive(Debug)]
pub(super) struct HeldBack {
    events: Vec<Message>,
    pair: Pair,
    /// Which of the two calls are over: the held one, the active one.
    over: [bool; 2],
    until: Time,
}

/// A held call and an active one of one desktop.
#[derive(Debug, Clone)]
pub(super) struct Pair {
    held: Name,
    active: Name,
    /// The number of the active call's other side.
    number: String,
}

/// A call that another agent transferred to a desktop.
#[derive(Debug)]
pub(super) struct Consulted {
    desk: usize,
    name: Name,
    until: Time,
}

/// What a desktop showed before an event about a call.
pub(super) struct Before {
    pub shown: Option<Shown>,
    pub pair: Option<Pair>,
}

impl Desk {
    /// What is known before an event about this call.
    pub fn clone_calls_for(&self, name: &Name) -> Before {
        Before { shown: self.calls.get(name).cloned(), pair: self.pair().filter(|_| name.space == 0) }
    }

    /// The held and the active call, if there is one of each.
    fn pair(&self) -> Option<Pair> {
        let held = self.only_call(&[State::Held])?.clone();
        let active = self.only_call(&[State::Connected, State::Originated])?.clone();
        let number = self.calls.get(&active).map(|shown| shown.number.clone()).unwrap_or_default();
        Some(Pair { held, active, number })
    }
}

impl Client {
    pub(super) fn transfers_deadline(&self) -> Option<Time> {
        self.holding.iter().filter_map(|desk| Some(self.desks[*desk].held_back.as_ref()?.until)).min()
    }

    /// Holds an event back, or lets rules hear it. `about`: the call that it is about, and the two calls that the desktop
    /// had before, if these were a held and an active one.
    pub(super) fn hold_or_hear(
        &mut self,
        now: Time,
        desk: usize,
        message: &Message,
        about: Option<(&Name, Option<Pair>)>,
    ) -> Heard {
        if self.desks[desk].held_back.is_none() {
            let Some((name, Some(pair))) = &about else { return Heard::Event };
            let is_over = self.desks[desk].state(name).is_none_or(State::is_over);
            let is_of_pair = [&pair.held, &pair.active].contains(name);
            if !is_of_pair || !is_over || self.settings.transfer_wait.is_zero() {
                return Heard::Event;
            }
            let (pair, until) = (pair.clone(), now + self.settings.transfer_wait);
            self.desks[desk].held_back = Some(HeldBack { events: Vec::new(), pair, over: [false; 2], until });
            self.holding.push(desk);
        }
        let Desk { held_back: Some(held), calls, .. } = &mut self.desks[desk] else { return Heard::Event };
        let states = [&held.pair.held, &held.pair.active].map(|name| calls.get(name).map(|shown| shown.state));
        let over = states.map(|state| state.is_none_or(State::is_over));
        // These were no ends, or the held call was retrieved when the other one ended.
        let goes_on = (0..2).any(|place| held.over[place] && !over[place]);
        let is_retrieved = !over[0] && states[0] != Some(State::Held);
        held.over = over;
        held.events.push(message.clone());
        if goes_on || is_retrieved || held.events.len() >= MOST {
            self.release(desk);
        } else if over == [true; 2]
            && let Some(place) =
                self.consulted.iter().position(|shown| shown.until > now && self.is_receiver(desk, shown))
        {
            let consulted = self.consulted.remove(place);
            self.transferred(desk, &consulted);
        }
        Heard::Nothing
    }

    /// A call of a desktop is shown to come from another agent. Returns whether this ends a transfer; then the event follows
    /// it.
    pub(super) fn consultation_shown(&mut self, now: Time, desk: usize, name: &Name, message: &Message) -> bool {
        self.consulted.retain(|consulted| consulted.until > now);
        let consulted = Consulted { desk, name: name.clone(), until: now + self.settings.transfer_wait };
        let is_complete =
            |desk: &usize| self.desks[*desk].held_back.as_ref().is_some_and(|held| held.over == [true; 2]);
        let from = self.holding.iter().copied().filter(is_complete).find(|from| self.is_receiver(*from, &consulted));
        let Some(from) = from else {
            self.consulted.push(consulted);
            return false;
        };
        self.transferred(from, &consulted);
        self.outputs.push_back(PlatformOutput::Event(Box::new(message.clone())));
        true
    }

    /// Whether the call is what became of the two that a desktop lost: it is one of them, or stands at the station that the
    /// agent had called.
    fn is_receiver(&self, from: usize, consulted: &Consulted) -> bool {
        let Some(HeldBack { pair, .. }) = &self.desks[from].held_back else { return false };
        let station = &self.desks[consulted.desk].station;
        consulted.desk != from
            && ([&pair.held, &pair.active].contains(&&consulted.name)
                || (!station.is_empty() && *station == pair.number))
    }

    /// Says that a desktop's two calls were transferred to another's, and then what was held back.
    fn transferred(&mut self, from: usize, to: &Consulted) {
        let Some(HeldBack { pair, .. }) = &self.desks[from].held_back else { return };
        if let (Some(agent), Some(receiver)) = (self.desks[from].record, self.desks[to.desk].record) {
            let (agent, receiver) = (agent.to_string(), receiver.to_string());
            let ids = [
                ("agent", &*agent),
                ("HeldCall", &*pair.held.id),
                ("ActiveCall", &*pair.active.id),
                ("Result", &*to.name.id),
                ("To", &*receiver),
            ];
            let transferred = made(&self.vocabulary, "Transferred", &ids);
            self.outputs.push_back(PlatformOutput::Event(transferred));
        }
        self.release(from);
    }

    /// Lets rules hear what a desktop holds back.
    pub(super) fn release(&mut self, desk: usize) {
        let Some(held) = self.desks[desk].held_back.take() else { return };
        self.holding.retain(|holding| *holding != desk);
        self.outputs.extend(held.events.into_iter().map(|event| PlatformOutput::Event(event.into())));
    }

    pub(super) fn expire_transfers(&mut self, now: Time) {
        for desk in self.holding.clone() {
            if self.desks[desk].held_back.as_ref().is_some_and(|held| held.until <= now) {
                self.release(desk);
            }
        }
    }
}
