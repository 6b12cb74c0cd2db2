//! What a vocabulary names, message by message: every field has a value of its own, and a renaming that adds another number to
//! the ids of each sort shows which of them are ids, and of what. The tables are for a reader with the guide beside them.

mod ctips;
mod feed;

use std::collections::BTreeMap;

use super::*;
use crate::model::{DeviceKind, Id, NativeId};

/// What each sort of id is called in the tables, and how much is added to it.
fn sorts(vocabulary: &Vocabulary) -> Vec<(String, Thing, i64)> {
    let calls = vocabulary.call_names.iter().enumerate();
    let calls = calls.map(|(place, name)| (format!("call.{name}"), Thing::Call(place as u8)));
    let others = [
        ("agent", Thing::Agent),
        ("agent-or-number", Thing::AgentOrNumber),
        ("service", Thing::Service(None)),
        ("group", Thing::Service(Some(DeviceKind::Group))),
        ("agent-queue", Thing::Service(Some(DeviceKind::AgentQueue))),
        ("email-queue", Thing::Service(Some(DeviceKind::EmailQueue))),
        ("service-device", Thing::Service(Some(DeviceKind::Service))),
        ("switch", Thing::Switch),
    ];
    let all = calls.chain(others.map(|(name, thing)| (name.to_owned(), thing)));
    all.enumerate().map(|(place, (name, thing))| (name, thing, 1_000_000 * (place as i64 + 1))).collect()
}

/// Adds to every id the number of its sort.
struct Adding(Vec<(String, Thing, i64)>);

impl Renames for Adding {
    fn rename(&mut self, thing: Thing, id: Id<'_>) -> Option<NativeId> {
        let (_, _, more) = self.0.iter().find(|(_, known, _)| *known == thing)?;
        Some(NativeId::Int(id.as_int()? + more))
    }
}

/// Leaves every id as it is.
struct Nothing;

impl Renames for Nothing {
    fn rename(&mut self, _: Thing, _: Id<'_>) -> Option<NativeId> {
        None
    }
}

/// Fills all fields of a message, each with a value of its own; texts are numbers, so that no text stays for its form alone.
struct Filling<'v> {
    vocabulary: &'v Vocabulary,
    /// How many items a list has whose records are of this type.
    items: fn(&str) -> usize,
    /// Which member a field has, as the item of this place in a list.
    member: fn(&str, &str, usize) -> Option<&'static str>,
    next: i64,
}

impl Filling<'_> {
    fn message(&mut self, kind: Kind) -> Message {
        let def = self.vocabulary.message(kind);
        let mut message = Message::default();
        message.start(kind, def.fields.width());
        for (slot, field) in def.fields.list.iter().enumerate() {
            let fixed = def.fixed.iter().find(|(fixed, _)| *fixed == slot).map(|(_, literal)| literal);
            let is_name = def.wire_names.iter().any(|(name, _)| *name == field.label);
            let node = match fixed {
                Some(Literal::Int(code)) => Node::Int(*code),
                _ if is_name => continue,
                _ => self.value(&mut message, &field.label, &field.ty, 0),
            };
            message.set(slot, node);
        }
        message
    }

    fn value(&mut self, message: &mut Message, label: &str, ty: &Type, place: usize) -> Node {
        self.next += 1;
        match ty {
            Type::Bool => Node::Bool(true),
            Type::Int | Type::Long | Type::Id => Node::Int(self.next),
            Type::Text => message.text(&self.next.to_string()),
            Type::Time => message.text("2026-11-29 10:00:00"),
            Type::Enum(of) => {
                let known = &self.vocabulary.enums[*of];
                let named = (self.member)(&known.name, label, place);
                let usual = || known.members[1 + self.next as usize % (known.members.len() - 1)].code;
                Node::Int(named.map_or_else(usual, |name| known.code(name).unwrap()))
            }
            Type::List(item) => {
                let items = match **item {
                    Type::Record(of) => (self.items)(&self.vocabulary.records[of].name),
                    _ => 2,
                };
                let list = message.open_list();
                for place in 0..items {
                    let node = self.value(message, label, item, place);
                    message.push(node);
                }
                message.close_list(list)
            }
            Type::Record(of) => {
                let fields = &self.vocabulary.records[*of].fields;
                let record = message.open_record(fields.list.len());
                for (slot, field) in fields.list.iter().enumerate() {
                    let node = self.value(message, &field.label, &field.ty, place);
                    message.put(&record, slot, node);
                }
                message.close_record(record)
            }
        }
    }
}

/// All values of a message that say something, each with its path; items are counted from 0.
fn values(vocabulary: &Vocabulary, message: &Message) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (slot, field) in vocabulary.message(message.kind().unwrap()).fields.list.iter().enumerate() {
        add_values(vocabulary, field.label.clone(), &field.ty, message.get(slot), &mut found);
    }
    found
}

fn add_values(vocabulary: &Vocabulary, path: String, ty: &Type, value: Value, found: &mut BTreeMap<String, String>) {
    match (ty, value) {
        (_, Value::Absent | Value::Nil | Value::Text("")) => {}
        (Type::List(item), Value::List(list)) => {
            for (place, value) in list.iter().enumerate() {
                add_values(vocabulary, format!("{path}[{place}]"), item, value, found);
            }
        }
        (Type::Record(of), Value::Record(record)) => {
            for (field, value) in vocabulary.records[*of].fields.list.iter().zip(record.iter()) {
                add_values(vocabulary, format!("{path}.{}", field.label), &field.ty, value, found);
            }
        }
        (_, Value::Text(text)) => drop(found.insert(path, format!("{text:?}"))),
        (_, value) => drop(found.insert(path, format!("{value:?}"))),
    }
}

/// What was renamed, as the tables say it: by sort, in the order of the paths, without the places of items.
fn renamed(
    vocabulary: &Vocabulary,
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
) -> BTreeMap<String, Vec<String>> {
    assert_eq!(before.len(), after.len());
    let number = |value: &str| value.trim_matches(|c: char| !c.is_ascii_digit()).parse::<i64>().unwrap();
    let form = |value: &str| value.replace(|c: char| c.is_ascii_digit(), "");
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for ((path, one), (same, other)) in before.iter().zip(after).filter(|(one, other)| one != other) {
        assert_eq!((path, form(one)), (same, form(other)), "a number stays one, and a text");
        let more = number(other) - number(one);
        let sorts = sorts(vocabulary);
        let (sort, ..) = sorts.iter().find(|(_, _, known)| *known == more).unwrap();
        let mut path = path.clone();
        // The entries of a profile, and subscriptions, are told apart; all others are alike.
        while let (Some(open), Some(close)) = (path.find('['), path.find(']')) {
            let place = path[open + 1..close].to_owned();
            let keeps = path[..open].ends_with("call-profile") || path[..open].ends_with("subscribe");
            path.replace_range(open..=close, &if keeps { format!("#{place}") } else { "*".to_owned() });
        }
        let paths = found.entry(sort.clone()).or_default();
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    found.values_mut().for_each(|paths| paths.sort());
    found
}

/// A row of a table: `sort: path path; sort: path`.
fn row(texts: &[&str]) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for part in texts.iter().flat_map(|text| text.split(';')).filter(|part| !part.trim().is_empty()) {
        let (sort, paths) = part.split_once(':').unwrap();
        found.entry(sort.trim().into()).or_default().extend(paths.split_whitespace().map(str::to_owned));
    }
    found.values_mut().for_each(|paths| paths.sort());
    found
}
