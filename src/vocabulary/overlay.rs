//! The differences between one service's own WSDL and the profile that is nearest to it, by message, record and member. An
//! overlay is made by comparison (`wsdl`), never written by a person.

use hashbrown::HashMap;

use super::field::Type;
use crate::message::Kind;

/// A message or record, as the owner of members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Owner {
    Message(Kind),
    /// The place of a record in the vocabulary.
    Record(usize),
}

impl From<Kind> for Owner {
    fn from(kind: Kind) -> Owner {
        Owner::Message(kind)
    }
}

/// Differences from a profile. Everything else is as the profile has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overlay {
    /// Operations, events' classes, and types of records.
    pub names: HashMap<Owner, String>,
    pub actions: HashMap<Kind, String>,
    /// The name of an operation's one parameter.
    pub parameters: HashMap<Kind, String>,
    /// The namespaces and names of the vocabulary's headers, by their places.
    pub headers: HashMap<usize, (String, String)>,
    /// The slots of members in the order in which they travel, without the omitted ones.
    pub orders: HashMap<Owner, Vec<usize>>,
    pub members: HashMap<(Owner, usize), MemberForm>,
    /// The names of enumerations' members, by the enumeration's place and the member's code.
    pub values: HashMap<(usize, i64), String>,
}

/// The form in which a member travels, if it is not the profile's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemberForm {
    pub label: Option<String>,
    pub namespace: Option<String>,
    pub omitted: Option<bool>,
    /// True if the member is a list, and a single value in the vocabulary.
    pub listed: Option<bool>,
    /// True if the member is a single value, and a list in the vocabulary.
    pub single: bool,
    /// Another type of the member. Every value can be written as one of that type.
    pub ty: Option<Type>,
    /// The namespace and name of a list's items.
    pub item: Option<(String, String)>,
    /// An empty member is left out, not marked as nil.
    pub silent: bool,
}

impl Overlay {
    pub fn member(&self, owner: Owner, slot: usize) -> Option<&MemberForm> {
        self.members.get(&(owner, slot))
    }

    pub fn form(&mut self, owner: Owner, slot: usize) -> &mut MemberForm {
        self.members.entry((owner, slot)).or_default()
    }
}
