//! The words of a vocabulary as a profile has them: names of messages, members and values, and the order of members.

use super::{definition::Vocabulary, enumeration::Member, message_def::Side, overlay::Owner, profile::Profile};
use crate::message::Kind;

impl Profile {
    /// The label of a member on this wire.
    pub fn label<'v>(&'v self, vocabulary: &'v Vocabulary, owner: impl Into<Owner>, slot: usize) -> &'v str {
        let owner = owner.into();
        if let Some(label) = self.overlay.member(owner, slot).and_then(|form| form.label.as_ref()) {
            return label;
        }
        match owner {
            Owner::Message(kind) => {
                let label = &vocabulary.message(kind).fields.list[slot].label;
                self.renamed.get(&(kind, slot)).unwrap_or(label)
            }
            Owner::Record(place) => &vocabulary.records[place].fields.list[slot].label,
        }
    }

    /// The slots of a data contract's members in the order in which they travel, without the omitted ones: the WSDL's order, else
    /// the base's members before the others, each of the two sorted by label.
    pub fn data_order(&self, vocabulary: &Vocabulary, owner: Owner) -> Vec<usize> {
        let (count, base) = match owner {
            Owner::Message(kind) => {
                let def = vocabulary.message(kind);
                (def.fields.list.len(), def.base.filter(|_| def.side == Side::Event).map_or(0, |(_, count)| count))
            }
            Owner::Record(place) => (vocabulary.records[place].fields.list.len(), 0),
        };
        if let Some(order) = self.overlay.orders.get(&owner) {
            return order.clone();
        }
        let mut slots: Vec<usize> = (0..count).filter(|slot| !self.is_omitted(owner, *slot)).collect();
        slots.sort_by_key(|slot| (*slot >= base, self.label(vocabulary, owner, *slot)));
        slots
    }

    /// The slots of an operation's parameters in the order in which they travel: the WSDL's order, else the vocabulary's.
    pub fn parameter_order(&self, vocabulary: &Vocabulary, kind: Kind) -> Vec<usize> {
        let owner = Owner::Message(kind);
        let usual = || 0..vocabulary.message(kind).fields.list.len();
        let kept = || usual().filter(|slot| !self.is_omitted(owner, *slot)).collect();
        self.overlay.orders.get(&owner).cloned().unwrap_or_else(kept)
    }

    /// The operation or event class of a message on this wire.
    pub fn message_name(&self, vocabulary: &Vocabulary, kind: Kind) -> String {
        if let Some(name) = self.overlay.names.get(&Owner::Message(kind)) {
            return name.clone();
        }
        let def = vocabulary.message(kind);
        let name = self.renamed_messages.get(&kind).map_or(def.wire_name(), String::as_str);
        match def.side {
            Side::Event => self.event_class.replace("{}", name),
            Side::Request | Side::Reply | Side::Callback => name.to_owned(),
        }
    }

    /// The names of an enumeration's members on this wire, by code.
    pub fn member_names(&self, vocabulary: &Vocabulary, place: usize) -> Vec<(i64, String)> {
        let name = |member: &Member| {
            let of_wsdl = self.overlay.values.get(&(place, member.code));
            let renamed = of_wsdl.or(self.renamed_members.get(&(place, member.code))).or(member.wire.as_ref());
            (member.code, renamed.unwrap_or(&member.name).clone())
        };
        vocabulary.enums[place].members.iter().map(name).collect()
    }

    pub fn action(&self, vocabulary: &Vocabulary, kind: Kind) -> String {
        if let Some(action) = self.overlay.actions.get(&kind) {
            return action.clone();
        }
        let (namespace, contract) = self.contract_of(vocabulary.message(kind).side);
        let operation = self.message_name(vocabulary, kind);
        let action = self.action.replace("{namespace}", namespace).replace("{contract}", contract);
        action.replace("{operation}", &operation)
    }
}
