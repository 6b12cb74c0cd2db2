//! The vocabulary in which messages of one service are read: it also knows the names that the service's profile has.

use super::{definition::Vocabulary, message_def::Side, overlay::Owner, profile::Profile};

impl Vocabulary {
    /// The vocabulary for reading messages of this profile. It also knows the profile's names of messages, members and values;
    /// kinds, slots and codes are the same.
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
                reading.messages[place].fields.also_called(profile.label(self, kind, slot), slot);
            }
        }
        for (place, record) in self.records.iter().enumerate() {
            for slot in 0..record.fields.list.len() {
                reading.records[place].fields.also_called(profile.label(self, Owner::Record(place), slot), slot);
            }
        }
        for (place, known) in reading.enums.iter_mut().enumerate() {
            known.by_text.extend(profile.member_names(self, place).into_iter().map(|(code, name)| (name, code)));
        }
        reading
    }
}
