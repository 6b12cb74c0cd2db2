//! Which values of a message are ids, and of what: a call, an agent, a service, a switch. A message that goes on whole to an
//! application of the same dialect keeps everything but these (`message`, `json`). Which id becomes which is the caller's
//! business ([`Renames`]); the `names` key of a vocabulary file is read by `load`.

mod json;
pub(super) mod load;
mod message;

pub use json::Replacement;

use std::borrow::Cow;

use super::{AgentPart, Fields, Record, Role, Type, Vocabulary};
use crate::{
    message::Value,
    model::{DeviceKind, Id, NativeId},
};

/// The sort of thing that an id names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Thing {
    /// A part of a call's name: its place in [`Vocabulary::call_names`].
    Call(u8),
    Agent,
    /// An agent, by login name or by id: the field takes either.
    AgentOrNumber,
    /// Where calls queue. The kind, and with it the number space, is known where the dialect has several.
    Service(Option<DeviceKind>),
    Switch,
}

impl Thing {
    /// The thing that a device of this kind is. Other devices have no ids that an application could use.
    fn of_device(kind: DeviceKind) -> Option<Thing> {
        match kind {
            DeviceKind::Agent => Some(Thing::Agent),
            DeviceKind::Group | DeviceKind::AgentQueue | DeviceKind::EmailQueue | DeviceKind::Service => {
                Some(Thing::Service(Some(kind)))
            }
            DeviceKind::Device | DeviceKind::Ivr | DeviceKind::RoutePoint | DeviceKind::Script => None,
        }
    }

    /// The thing that a field with this role names without saying so.
    fn of_role(role: Role) -> Option<Thing> {
        match role {
            Role::Call(_, part) => Some(Thing::Call(part)),
            Role::Agent(AgentPart::Id) => Some(Thing::Agent),
            Role::Service => Some(Thing::Service(None)),
            Role::Platform => Some(Thing::Switch),
            Role::Agent(AgentPart::Number | AgentPart::Name | AgentPart::Station)
            | Role::Request
            | Role::Session
            | Role::Tenant
            | Role::Sequence
            | Role::Time
            | Role::Utc => None,
        }
    }
}

/// The ids of one side in terms of the other. Events have a platform's ids and get an application's, requests the reverse.
pub trait Renames {
    /// The id that goes on in place of this one; none where it stays as it is.
    ///
    /// An id that names nothing is never asked for: 0, -1, an empty text, and the wildcard `*`. Only a switch may be 0.
    fn rename(&mut self, thing: Thing, id: Id<'_>) -> Option<NativeId>;
}

/// Every id goes on as it is.
pub struct Unchanged;

impl Renames for Unchanged {
    fn rename(&mut self, _: Thing, _: Id<'_>) -> Option<NativeId> {
        None
    }
}

/// How it is known what a field's value names, or its values where it is a list.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Names {
    Thing(Thing),
    By(By),
    /// As the field says that holds the record, or lists it.
    Listed,
}

/// Other fields of the same message or record tell what it is.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct By {
    /// The slots of these fields, and what each of their values means.
    fields: Vec<(usize, Vec<(Said<'static>, Thing)>)>,
    otherwise: Option<Thing>,
}

/// The value of a field that tells what another one names.
#[derive(Debug, Clone, PartialEq)]
enum Said<'s> {
    Nothing,
    Code(i64),
    Text(Cow<'s, str>),
}

impl<'s> Said<'s> {
    fn of(value: Value<'s>) -> Said<'s> {
        match (value.as_int(), value) {
            (Some(code), _) => Said::Code(code),
            (None, Value::Text(text)) => Said::Text(text.into()),
            (None, _) => Said::Nothing,
        }
    }
}

impl Names {
    /// What a value names, where `listed` is what the record that has it is listed as.
    fn thing<'s>(&self, listed: Option<Thing>, says: impl Fn(usize) -> Said<'s>) -> Option<Thing> {
        match self {
            Names::Thing(thing) => Some(*thing),
            Names::Listed => listed,
            Names::By(by) => by.thing(says),
        }
    }
}

impl By {
    fn thing<'s>(&self, says: impl Fn(usize) -> Said<'s>) -> Option<Thing> {
        let of_field = |(slot, things): &(usize, Vec<(Said<'static>, Thing)>)| {
            let said = says(*slot);
            things.iter().find(|(known, _)| *known == said).map(|(_, thing)| *thing)
        };
        self.fields.iter().find_map(of_field).or(self.otherwise)
    }
}

/// Whose fields name something, so that all others are passed over.
#[derive(Debug, Default, Clone)]
pub(super) struct Naming {
    /// The slots whose values name something, or hold records that do.
    slots: Box<[u16]>,
    /// By slot: it is one of these, or tells what one of them names.
    looked_at: Box<[bool]>,
}

impl Vocabulary {
    /// Whether a message may have an id in it: if not, renaming leaves it as it is.
    pub fn names_anything(&self, kind: crate::message::Kind) -> bool {
        !self.message(kind).fields.naming.slots.is_empty()
    }

    /// Notes where ids stand, once all is loaded. Records that list others are looked at until nothing new is found.
    pub(super) fn enter_naming(&mut self) {
        let mut found = 0;
        loop {
            let namings: Vec<Naming> =
                self.records.iter().map(|record| Naming::of(&record.fields, &self.records)).collect();
            for (record, naming) in self.records.iter_mut().zip(namings) {
                record.fields.naming = naming;
            }
            let now = self.records.iter().filter(|record| !record.fields.naming.slots.is_empty()).count();
            if now == found {
                break;
            }
            found = now;
        }
        for def in &mut self.messages {
            def.fields.naming = Naming::of(&def.fields, &self.records);
        }
    }
}

impl Fields {
    /// The thing that a record of these fields is about: its first field has the id.
    pub fn about(&self) -> Option<Thing> {
        self.thing(0)
    }

    /// The thing that a field names, whatever other fields say.
    pub fn thing(&self, slot: usize) -> Option<Thing> {
        match self.list.get(slot)?.names {
            Some(Names::Thing(thing)) => Some(thing),
            Some(Names::By(_) | Names::Listed) | None => None,
        }
    }

    /// Whether a field has an id at any depth, or tells what another one names.
    pub fn is_of_ids(&self, slot: usize) -> bool {
        self.naming.is_looked_at(slot)
    }
}

impl Naming {
    fn of(fields: &Fields, records: &[Record]) -> Naming {
        let holds = |ty: &Type| ty.record().is_some_and(|place| !records[place].fields.naming.slots.is_empty());
        let mut slots = Vec::new();
        let mut looked_at = vec![false; fields.list.len()];
        for (slot, field) in fields.list.iter().enumerate() {
            if field.names.is_none() && !holds(&field.ty) {
                continue;
            }
            slots.push(slot as u16);
            looked_at[slot] = true;
            if let Some(Names::By(by)) = &field.names {
                by.fields.iter().for_each(|(slot, _)| looked_at[*slot] = true);
            }
        }
        Naming { slots: slots.into(), looked_at: looked_at.into() }
    }

    fn slots(&self) -> impl Iterator<Item = usize> + '_ {
        self.slots.iter().map(|slot| usize::from(*slot))
    }

    fn is_looked_at(&self, slot: usize) -> bool {
        self.looked_at.get(slot).copied().unwrap_or(false)
    }
}

/// The id that a value of this sort is, if it names anything.
fn id_of(thing: Thing, value: Value<'_>) -> Option<Id<'_>> {
    match value {
        Value::Int(_) | Value::Float(_) | Value::Text(_) => {}
        Value::Absent | Value::Nil | Value::Bool(_) | Value::List(_) | Value::Record(_) => return None,
    }
    match Id::from_value(value) {
        Id::None => (thing == Thing::Switch && value.as_int() == Some(0)).then_some(Id::Int(0)),
        Id::Text("*") => None,
        id => Some(id),
    }
}
