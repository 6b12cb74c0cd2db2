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

/// Members of the protocol's own frames. An event that carried one would be read as an answer, a ping or an error.
const OF_THE_PROTOCOL: [&str; 9] = ["id", "hresult", "out", "error", "ping", "pong", "call", "args", "hello"];

/// The unknown members of an event, without those that the protocol uses itself.
pub fn beside(fields: &Fields, text: &str) -> Map<String, Json> {
    let mut members = said(text).unwrap_or_default();
    let of_the_protocol = |label: &str| OF_THE_PROTOCOL.iter().any(|own| own.eq_ignore_ascii_case(label));
    let is_field = |label: &str| fields.list.iter().any(|field| field.label.eq_ignore_ascii_case(label));
    members.retain(|label, _| !is_field(label) && !of_the_protocol(label));
    members
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_no_member_of_another_frame_beside_it() {
        let own = r#""ID":1,"hresult":0,"Out":{},"error":"no","PING":2,"pong":3,"call":"x","args":{},"hello":{}"#;
        let text = format!(r#"{{"type":"OnCallEvent",{own},"Errors":4,"Colour":"red"}}"#);
        let members = beside(&Fields::default(), &text);
        let mut labels: Vec<&str> = members.keys().map(String::as_str).collect();
        labels.sort_unstable();
        assert_eq!(labels, ["Colour", "Errors", "type"]);
    }
}
