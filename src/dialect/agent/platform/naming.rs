//! The names of calls where each desktop numbers them on its own: a call's name for the rules is the agent's record id with
//! the number there, of the desktop that showed it first. A call that another desktop shows is the same one if each is at the
//! other's station and both came about the same time. Where ids are shared, names are the desktops' own numbers.

use std::time::Duration;

use super::{
    Client,
    additions::RECORDS,
    desk::{Desk, Name, State},
    fields::{member, text},
};
use crate::{
    message::{Message, Node, Value},
    model::{Id, NativeId, digits},
    time::Time,
    vocabulary::{Renames, Role, Thing},
};

/// Two desktops show one call within this time.
const NEAR: Duration = Duration::from_secs(10);
/// The most names of a desktop that are kept.
const MOST: usize = 2000;

struct Named<'n> {
    /// What comes before a number that is nowhere else.
    prefix: String,
    named: &'n std::collections::BTreeMap<Name, NativeId>,
}

impl Renames for Named<'_> {
    fn rename(&mut self, thing: Thing, id: Id<'_>) -> Option<NativeId> {
        let Thing::Call(space) = thing else { return None };
        let name = Name { space, id: NativeId::new(id)?.to_string() };
        Some(self.named.get(&name).cloned().unwrap_or_else(|| own_name(&self.prefix, &name)))
    }
}

fn own_name(prefix: &str, name: &Name) -> NativeId {
    // The four number spaces are apart.
    let space = ["", "m", "s", "c"].get(usize::from(name.space)).copied().unwrap_or_default();
    NativeId::Text(format!("{prefix}/{space}{}", name.id).into())
}

impl Client {
    /// Puts the names of calls in place of a desktop's own numbers.
    pub(super) fn name_calls(&mut self, now: Time, desk: usize, label: &str, message: &mut Message) {
        if self.settings.shares_ids {
            return;
        }
        let vocabulary = self.vocabulary.clone();
        if label == "OnCallEvent"
            && let Some(name) = Name::new(0, member(&vocabulary, message, &["Call", "ID"]))
            && self.is_new(desk, &name, member(&vocabulary, message, &["Call", "State"]).as_int())
        {
            let number = text(member(&vocabulary, message, &["Call", "PhoneNumber"]));
            let known = self.same_call(now, desk, &number);
            let named = known.unwrap_or_else(|| own_name(&self.prefix(desk), &name));
            self.keep_name(desk, name, named);
        } else if let Some((_, record, space, _)) = RECORDS.iter().find(|(event, ..)| *event == label)
            && let Some(name) = Name::new(*space, member(&vocabulary, message, &[record, "ID"]))
            && !self.desks[desk].named.contains_key(&name)
        {
            let named = own_name(&self.prefix(desk), &name);
            self.keep_name(desk, name, named);
        }
        let prefix = self.prefix(desk);
        vocabulary.rename(message, &mut Named { prefix, named: &self.desks[desk].named });
    }

    /// Whether a call begins under this number: one that was over may have had it before.
    fn is_new(&self, desk: usize, name: &Name, state: Option<i64>) -> bool {
        let Desk { named, calls, .. } = &self.desks[desk];
        let Some(known) = named.get(name) else { return true };
        let begins = state.and_then(|code| State::from_code(code, false));
        let is_known = calls.contains_key(&Name { space: name.space, id: known.to_string() });
        !is_known && matches!(begins, Some(State::Alerting | State::Originated))
    }

    fn prefix(&self, desk: usize) -> String {
        self.desks[desk].record.unwrap_or_default().to_string()
    }

    fn keep_name(&mut self, desk: usize, name: Name, named: NativeId) {
        let desk = &mut self.desks[desk];
        if desk.named.len() >= MOST {
            // The names of calls that are over go.
            let calls = &desk.calls;
            desk.named.retain(|name, named| calls.contains_key(&Name { space: name.space, id: named.to_string() }));
        }
        if desk.named.len() < MOST {
            desk.named.insert(name, named);
        }
    }

    /// The call of another desktop that a new one is the other end of.
    fn same_call(&self, now: Time, desk: usize, number: &str) -> Option<NativeId> {
        let station = digits(&self.desks[desk].station);
        let number = digits(number);
        if station.is_empty() || number.is_empty() {
            return None;
        }
        let others =
            self.desks.iter().enumerate().filter(|(place, other)| *place != desk && digits(&other.station) == number);
        let mut calls = others.flat_map(|(_, other)| &other.calls);
        let same = calls.find(|(name, shown)| {
            name.space == 0 && !shown.state.is_over() && digits(&shown.number) == station && now - shown.since <= NEAR
        })?;
        Some(NativeId::Text(same.0.id.as_str().into()))
    }

    /// Puts a desktop's own numbers in place of the names of calls.
    pub(super) fn use_own_numbers(&self, desk: usize, message: &mut Message) {
        let Some(kind) = message.kind().filter(|_| !self.settings.shares_ids) else { return };
        for (role, slot) in &self.vocabulary.message(kind).roles {
            let (Role::Call(..), Value::Text(named)) = (role, message.get(*slot)) else { continue };
            let is_meant = |known: &&NativeId| matches!(known, NativeId::Text(known) if **known == *named);
            let own = self.desks[desk].named.iter().find(|(_, known)| is_meant(known));
            if let Some(number) = own.and_then(|(name, _)| name.id.parse().ok()) {
                message.set(*slot, Node::Int(number));
            }
        }
    }
}
