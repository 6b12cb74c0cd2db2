//! Properties that the vocabulary does not know. Between a desktop and a program of AgentClient they stay where they were said,
//! in a record or beside it; nobody reads them.

use serde_json::{Map, Value as Json};

use crate::{
    dialect::strangers,
    vocabulary::{Fields, Vocabulary},
};

/// The members of a frame as it was said.
pub fn said(text: &str) -> Option<Map<String, Json>> {
    strangers::object(text)
}

/// Adds what was said and is in no field to a record, and to the records in it.
pub fn add(vocabulary: &Vocabulary, fields: &Fields, said: Map<String, Json>, record: &mut Map<String, Json>) {
    for (label, value) in said {
        let field = fields.list.iter().find(|field| field.label.eq_ignore_ascii_case(&label));
        match (field, value) {
            (None, value) => {
                if !record.keys().any(|known| known.eq_ignore_ascii_case(&label)) {
                    record.insert(label, value);
                }
            }
            (Some(field), Json::Object(said)) => {
                if let (Some(place), Some(Json::Object(inner))) = (field.ty.record(), record.get_mut(&field.label)) {
                    add(vocabulary, &vocabulary.records[place].fields, said, inner);
                }
            }
            (Some(_), _) => {}
        }
    }
}

/// The same of the record that a field holds.
pub fn add_of_field(vocabulary: &Vocabulary, fields: &Fields, label: &str, text: &str, record: &mut Map<String, Json>) {
    let found = || {
        let members = said(text)?;
        let (_, value) = members.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(label))?;
        let Json::Object(inner) = value else { return None };
        Some((vocabulary.members(fields, label)?, inner))
    };
    if let Some((fields, inner)) = found() {
        add(vocabulary, fields, inner, record);
    }
}

/// What an event says beside its fields.
pub fn beside(fields: &Fields, text: &str) -> Map<String, Json> {
    let mut members = said(text).unwrap_or_default();
    members.retain(|label, _| !fields.list.iter().any(|field| field.label.eq_ignore_ascii_case(label)));
    members
}
