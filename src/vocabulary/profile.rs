//! Wire profiles: the names and shapes of a dialect's words on the wire of one of its implementations. A profile is data, laid
//! over the vocabulary; `wording` applies it.

use hashbrown::{HashMap, HashSet};

use super::{
    hand::Hand,
    message_def::Side,
    overlay::{Overlay, Owner},
};
use crate::message::Kind;

/// One implementation's wire profile. Everything that it does not name is as the vocabulary has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    pub name: String,
    pub contract: String,
    pub callback_contract: String,
    /// `{}` is the message's class name.
    pub(super) event_class: String,
    /// `{namespace}`, `{contract}` and `{operation}` are replaced.
    pub(super) action: String,
    pub namespaces: Namespaces,
    /// The type of a fault's detail, if it has one.
    pub fault: Option<String>,
    /// True if only the very last update of a snapshot is marked, not the last of each type.
    pub completes_all: bool,
    /// Operations that return nothing.
    pub(super) void: HashSet<Kind>,
    /// Fields that are lists here, and single values in the vocabulary.
    pub(super) listed: HashSet<(Kind, usize)>,
    pub(super) omitted: HashSet<(Kind, usize)>,
    pub(super) renamed: HashMap<(Kind, usize), String>,
    pub(super) renamed_messages: HashMap<Kind, String>,
    /// The number of items that a list of this label always has.
    pub(super) pad: HashMap<String, usize>,
    /// The names of enumerations' members that are not the vocabulary's.
    pub(super) renamed_members: HashMap<(usize, i64), String>,
    /// The way in which requests are written.
    pub(super) hand: &'static Hand,
    /// The differences that the service's own WSDL shows.
    pub overlay: Overlay,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Namespaces {
    pub service: String,
    pub callback: String,
    pub data: String,
}

impl Profile {
    pub fn is_void(&self, kind: Kind) -> bool {
        self.void.contains(&kind)
    }

    pub fn set_void(&mut self, kind: Kind, is_void: bool) {
        if is_void {
            self.void.insert(kind);
        } else {
            self.void.remove(&kind);
        }
    }

    /// True if a member is a list here, and a single value in the vocabulary.
    pub fn is_listed(&self, owner: impl Into<Owner>, slot: usize) -> bool {
        let owner = owner.into();
        let own = || matches!(owner, Owner::Message(kind) if self.listed.contains(&(kind, slot)));
        self.overlay.member(owner, slot).and_then(|form| form.listed).unwrap_or_else(own)
    }

    pub fn is_omitted(&self, owner: impl Into<Owner>, slot: usize) -> bool {
        let owner = owner.into();
        let own = || matches!(owner, Owner::Message(kind) if self.omitted.contains(&(kind, slot)));
        self.overlay.member(owner, slot).and_then(|form| form.omitted).unwrap_or_else(own)
    }

    /// The namespace of a member of a data contract.
    pub fn namespace(&self, owner: Owner, slot: usize) -> &str {
        let own = self.overlay.member(owner, slot).and_then(|form| form.namespace.as_deref());
        own.unwrap_or(&self.namespaces.data)
    }

    pub fn padding(&self, label: &str) -> usize {
        self.pad.get(label).copied().unwrap_or(0)
    }

    /// The namespace and contract that an operation belongs to.
    pub fn contract_of(&self, side: Side) -> (&str, &str) {
        match side {
            Side::Callback | Side::Event => (&self.namespaces.callback, &self.callback_contract),
            Side::Request | Side::Reply => (&self.namespaces.service, &self.contract),
        }
    }
}
