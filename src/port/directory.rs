//! What an application's conversation may look up: the things behind the bridge, under the application's own ids.

use crate::model::{DeviceKind, OrderKind};

/// The sort of thing that an id names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thing {
    Agent,
    Service,
    Call,
}

/// Whether an id names something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    Yes,
    /// Unknown so far: a platform that may have it has not shown everything.
    Maybe,
    No,
}

/// An agent or a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub id: i64,
    /// What a service is; none for an agent.
    pub kind: Option<DeviceKind>,
    /// An agent's login number.
    pub number: String,
    pub name: String,
}

/// What the platforms behind the bridge can do.
pub trait Abilities {
    /// What keeps the platform that has this call, or else this agent, from carrying out an order, as far as the picture
    /// shows; none if it can. Ids are the application's, and 0 is nobody's.
    fn lacks(&self, order: OrderKind, agent: i64, call: i64) -> Option<String>;
}

/// The things behind the bridge.
pub trait Directory: Abilities {
    /// The current moment in the first platform's local time, as contact centres write it.
    fn stamp(&self) -> &str;
    /// All agents, or all services, that the platforms have shown, in the order of their ids.
    fn entries(&self, agents: bool) -> Vec<Entry>;
    /// Whether messages of a platform pass whole to this application.
    fn passes(&self) -> bool;
    /// Whether the messages about this thing pass whole.
    fn passes_for(&self, thing: Thing, id: &str) -> bool;
    /// Whether this id, as the application writes it, names something.
    fn knows(&self, thing: Thing, id: &str) -> Known;
}
