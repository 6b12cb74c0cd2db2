//! The messages that go out, and the messages and fields that they are made of.

use hashbrown::HashSet;

use super::report::{Detail, Fate, Field, Heard, Said};
use crate::{
    mapping::{labels::dotted_labels, outgoing::Outgoing},
    vocabulary::Side,
};

/// The messages of a side, each with the messages that were heard and can cause it.
pub fn said(to: &Outgoing, heard: &[Heard], side: Side) -> Vec<Said> {
    let vocabulary = &to.vocabulary;
    let carried: HashSet<&String> = heard
        .iter()
        .flat_map(|heard| &heard.fields)
        .filter(|field| field.fate == Fate::Carried)
        .flat_map(|field| if let Detail::List(_, list) = &field.detail { &list[..] } else { &[] })
        .collect();
    let mut list = Vec::new();
    for (kind, def) in vocabulary.kinds().filter(|(_, def)| def.side == side && !def.session) {
        let rules: Vec<_> = to.plans.iter().flat_map(|plan| &plan.rules).filter(|rule| rule.emit == kind).collect();
        let of =
            heard.iter().filter(|heard| heard.into.contains(&def.label)).map(|heard| heard.message.clone()).collect();
        let sets: Vec<(String, Vec<String>)> = rules.iter().flat_map(|rule| rule.sets(to)).collect();
        let field = |label: String| {
            let covers = |known: &str| label == known || label.starts_with(&format!("{known}."));
            let set = || sets.iter().filter(|(known, _)| covers(known));
            let absent = to.absent.iter().find(|((known, name), _)| *known == kind && covers(name));
            let mut paths: Vec<String> = set().flat_map(|(_, paths)| paths).cloned().collect();
            paths.sort();
            paths.dedup();
            let (fate, detail) = match (set().next(), absent) {
                (None, Some((_, reason))) => (Fate::Absent, Detail::reason(reason)),
                (None, None) => (Fate::Derived, Detail::reason("always the same")),
                (Some(_), _) if paths.is_empty() => (Fate::Derived, Detail::reason("a constant of the rule")),
                (Some(_), _) => {
                    let is_carried = set().any(|(known, _)| carried.contains(&format!("{}.{known}", def.label)));
                    (if is_carried { Fate::Carried } else { Fate::Derived }, Detail::List("←", paths))
                }
            };
            Field { field: label, fate, detail }
        };
        let unsaid = to.unsaid.get(&kind).cloned();
        let fields = match rules.is_empty() {
            true => Vec::new(),
            false => dotted_labels(vocabulary, def).into_iter().map(field).collect(),
        };
        list.push(Said { message: def.label.clone(), of, unsaid, fields });
    }
    list
}
