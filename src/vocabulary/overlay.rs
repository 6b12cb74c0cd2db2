//! What one service's own WSDL says otherwise than the profile that it is nearest to: by message, record and member. It is
//! made by comparison, never written by a person.

use hashbrown::HashMap;

use super::{Kind, Profile, Side, Type, Vocabulary};

/// What has members.
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

/// See the module. What is not in it stands as the profile has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overlay {
    /// Operations, events' classes, and types of records.
    pub names: HashMap<Owner, String>,
    pub actions: HashMap<Kind, String>,
    /// What the one parameter of an operation is called.
    pub parameters: HashMap<Kind, String>,
    /// The namespaces and names of the vocabulary's headers, by their places.
    pub headers: HashMap<usize, (String, String)>,
    /// The slots of members in the order in which they travel; the omitted ones are not among them.
    pub orders: HashMap<Owner, Vec<usize>>,
    pub members: HashMap<(Owner, usize), MemberForm>,
    /// What members of enumerations are called, by the enumeration's place and the member's code.
    pub values: HashMap<(usize, i64), String>,
}

/// How a member travels, where that is not as the profile has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemberForm {
    pub label: Option<String>,
    pub namespace: Option<String>,
    pub omitted: Option<bool>,
    /// Is a list of what the vocabulary has one of.
    pub listed: Option<bool>,
    /// Is one of what the vocabulary has a list of.
    pub single: bool,
    /// Is of another type; only where every value can be written as one of it.
    pub ty: Option<Type>,
    /// The namespace and name of a list's items.
    pub item: Option<(String, String)>,
    /// Is left out where it is empty, not marked as nil.
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

impl Vocabulary {
    /// The vocabulary as one reads by whom messages of this profile are read: it knows what they call messages, members and
    /// values, too. Kinds, slots and codes are the same.
    pub fn reading(&self, profile: &Profile) -> Vocabulary {
        let mut reading = self.clone();
        for (kind, def) in self.kinds() {
            let name = profile.message_name(self, kind);
            let kinds = reading.by_wire_name.entry((def.side == Side::Request, name.clone())).or_default();
            kinds.retain(|known| *known != kind);
            kinds.insert(0, kind);
            let place = kind.0 as usize;
            let names = &mut reading.messages[place].wire_names;
            if def.side != Side::Event && def.wire_name() != name {
                names.retain(|(field, _)| field != "operation");
                names.insert(0, ("operation".to_owned(), name));
            }
            for slot in 0..def.fields.list.len() {
                let label = profile.label(self, kind, slot).to_owned();
                reading.messages[place].fields.by_label.insert(label, slot as u16);
            }
        }
        for (place, record) in self.records.iter().enumerate() {
            for slot in 0..record.fields.list.len() {
                let label = profile.label(self, Owner::Record(place), slot).to_owned();
                reading.records[place].fields.by_label.insert(label, slot as u16);
            }
        }
        for (place, known) in reading.enums.iter_mut().enumerate() {
            known.by_text.extend(profile.member_names(self, place).into_iter().map(|(code, name)| (name, code)));
        }
        reading
    }
}
