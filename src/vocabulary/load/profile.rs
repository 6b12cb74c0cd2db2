//! `[profile]`: wire profiles.

use std::{ops::Range, sync::Arc};

use hashbrown::{HashMap, HashSet};

use crate::{
    diagnostic::{Problems, Source},
    document::{Key, Node},
    message::Kind,
    vocabulary::{
        definition::Vocabulary,
        field::Type,
        hand::Hand,
        message_def::MessageDef,
        overlay::Overlay,
        profile::{Namespaces, Profile},
    },
};

/// The styles in which XML is written.
pub const HANDS: [&str; 2] = ["net", "compact"];

pub fn load(key: &Key, node: Node, vocabulary: &Vocabulary, problems: &mut Problems) -> Option<Profile> {
    let table = node.table(problems)?;
    let namespaces = table.get("namespaces").and_then(|node| node.table(problems))?;
    let profile = Profile {
        name: key.name.to_owned(),
        contract: table.required("contract", problems).to_owned(),
        callback_contract: table.text("callback_contract", problems).unwrap_or_default().to_owned(),
        event_class: table.text("event_class", problems).unwrap_or("{}").to_owned(),
        action: table.required("action", problems).to_owned(),
        namespaces: Namespaces {
            service: namespaces.required("service", problems).to_owned(),
            callback: namespaces.text("callback", problems).unwrap_or_default().to_owned(),
            data: namespaces.required("data", problems).to_owned(),
        },
        fault: table.text("fault", problems).map(str::to_owned),
        completes_all: table.choice("complete", &["type", "all"], problems) == Some("all"),
        void: table
            .texts("void", problems)
            .iter()
            .filter_map(|(text, node)| message(vocabulary, text, *node, problems))
            .collect(),
        listed: fields(vocabulary, table.texts("list", problems), problems),
        omitted: fields(vocabulary, table.texts("omit", problems), problems),
        pad: padding(vocabulary, table.section("pad", problems), problems),
        renamed: HashMap::new(),
        renamed_messages: HashMap::new(),
        renamed_members: HashMap::new(),
        hand: match table.choice("hand", &HANDS, problems) {
            Some("compact") => &Hand::COMPACT,
            _ => &Hand::NET,
        },
        overlay: Overlay::default(),
    };
    namespaces.finish(problems);
    let mut profile = profile;
    for (key, node) in table.section("rename", problems) {
        let Some(name) = node.text(problems) else { continue };
        if let Some(member) = enum_member(vocabulary, key.name) {
            profile.renamed_members.insert(member, name.to_owned());
        } else if key.name.contains('.') {
            let found = places(vocabulary, key.name);
            if found.is_empty() {
                unknown_place(vocabulary, key.source, key.span.clone(), key.name, problems);
            }
            profile.renamed.extend(found.into_iter().map(|place| (place, name.to_owned())));
        } else if let Some(kind) = vocabulary.find(key.name) {
            profile.renamed_messages.insert(kind, name.to_owned());
        } else {
            let known = vocabulary.messages.iter().map(|def| def.label.as_str());
            problems.unknown(key.source, key.span.clone(), "message", key.name, known);
        }
    }
    table.finish(problems);
    Some(profile)
}

fn message(vocabulary: &Vocabulary, text: &str, node: Node, problems: &mut Problems) -> Option<Kind> {
    let kind = vocabulary.find(text);
    if kind.is_none() {
        let known = vocabulary.messages.iter().map(|def| def.label.as_str());
        problems.unknown(node.source(), node.inner_span(), "message", text, known);
    }
    kind
}

fn fields(vocabulary: &Vocabulary, texts: Vec<(&str, Node)>, problems: &mut Problems) -> HashSet<(Kind, usize)> {
    let mut found = HashSet::new();
    for (text, node) in texts {
        let places = places(vocabulary, text);
        if places.is_empty() {
            unknown_place(vocabulary, node.source(), node.inner_span(), text, problems);
        }
        found.extend(places);
    }
    found
}

/// Reads `pad`: the number of items that lists of a label always have.
fn padding(vocabulary: &Vocabulary, entries: Vec<(Key, Node)>, problems: &mut Problems) -> HashMap<String, usize> {
    let of_messages = vocabulary.messages.iter().flat_map(|def| &def.fields.list);
    let fields = of_messages.chain(vocabulary.records.iter().flat_map(|record| &record.fields.list));
    let lists = fields.filter(|field| matches!(field.ty, Type::List(_))).map(|field| field.label.as_str());
    let mut pad = HashMap::new();
    for (key, node) in entries {
        if !lists.clone().any(|label| label == key.name) {
            problems.unknown(key.source, key.span.clone(), "list", key.name, lists.clone());
        }
        match node.integer(problems).map(usize::try_from) {
            Some(Ok(count)) => drop(pad.insert(key.name.to_owned(), count)),
            Some(Err(_)) => node.problem(problems, "no list has less than no items"),
            None => {}
        }
    }
    pad
}

/// Reports an unknown place, with the nearest known one.
fn unknown_place(
    vocabulary: &Vocabulary,
    source: &Arc<Source>,
    span: Range<usize>,
    text: &str,
    problems: &mut Problems,
) {
    let message = text.split_once('.').map_or("*", |(message, _)| message);
    let any = (message == "*").then_some("*");
    let places = vocabulary.messages.iter().flat_map(|def| {
        let labels = def.fields.list.iter().map(|field| field.label.as_str());
        labels.map(move |label| format!("{}.{label}", any.unwrap_or(&def.label)))
    });
    let places: Vec<String> = places.collect();
    problems.unknown(source, span, "field", text, places.iter().map(String::as_str));
}

/// The member that `Enumeration.Member` names.
fn enum_member(vocabulary: &Vocabulary, text: &str) -> Option<(usize, i64)> {
    let (name, member) = text.split_once('.')?;
    let place = vocabulary.enumeration(name)?;
    vocabulary.enums[place].code(member).map(|code| (place, code))
}

/// The places that `Message.Field`, or `*.Field`, names.
fn places(vocabulary: &Vocabulary, text: &str) -> Vec<(Kind, usize)> {
    let Some((message, label)) = text.split_once('.') else { return Vec::new() };
    let messages = vocabulary.kinds().filter(|(_, def)| message == "*" || def.label == message);
    let own = |def: &MessageDef| def.fields.list.iter().position(|field| field.label == label);
    messages.filter_map(|(kind, def)| own(def).map(|slot| (kind, slot))).collect()
}
