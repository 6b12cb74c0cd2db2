//! The messages of the feed's guide, as its templates fill them in.

use cti_bridge::{
    sim::messages::short,
    vocabulary::{Role, Side},
};
use serde_json::Value;

use crate::support::{mappings, translate};

/// Every message of the guide, filled in as its template has it, and what an application hears of it alone.
#[test]
fn every_template_of_the_guide_is_understood() {
    let templates: Value = serde_json::from_str(include_str!("../fixtures/feed-templates.json")).unwrap();
    let templates = templates.as_array().unwrap();
    let feed = &mappings().dialects["event-feed"].vocabulary;
    for def in feed.messages.iter().filter(|def| def.side == Side::Event) {
        let named = |template: &&Value| template["given"]["message"] == def.wire_name();
        let template = templates.iter().find(named).unwrap_or_else(|| panic!("{} has no template", def.label));
        let given = &template["given"];
        for field in def.fields.list.iter().filter(|field| !field.optional && field.role != Some(Role::Sequence)) {
            assert!(given.get(&field.label).is_some(), "{} lacks {}", def.label, field.label);
        }
        let shown: Vec<String> =
            translate("event-feed", "ctips", std::slice::from_ref(given)).iter().map(short).collect();
        let expected: Vec<&str> = template["expect"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert_eq!(shown, expected, "{}", def.label);
    }
}
