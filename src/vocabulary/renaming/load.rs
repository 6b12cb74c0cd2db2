//! The `names` key of a field: of what its value is the id. A role or a group of devices says it without the key. It is read once
//! all fields of the message or record are known, because another one of them may tell.

use super::{By, Names, Said, Thing};
use crate::{
    diagnostic::Problems,
    document::{Key, Node},
    vocabulary::{DeviceGroup, Enum, Field, Fields, Type, Vocabulary},
};

/// Where the file has a field, and its `names`.
pub struct FieldSource<'d> {
    pub key: Key<'d>,
    pub names: Option<Node<'d>>,
}

/// Sets what each field names.
pub fn resolve(
    vocabulary: &Vocabulary,
    fields: &mut Fields,
    devices: &[DeviceGroup],
    sources: &[FieldSource],
    problems: &mut Problems,
) {
    for FieldSource { key, names } in sources {
        let Some(slot) = fields.slot(key.name) else { continue };
        let implied = fields.list[slot].role.and_then(Thing::of_role).map(Names::Thing);
        let names = match names {
            Some(node) if implied.is_some() => {
                node.problem(problems, "the role says already what it names");
                implied
            }
            Some(node) => parse(vocabulary, fields, slot, *node, problems),
            None => implied,
        };
        fields.list[slot].names = names;
    }
    for DeviceGroup { id, ty, .. } in devices {
        let (Some(id), Some(ty)) = (*id, *ty) else { continue };
        let things = kinds_of(vocabulary, &fields.list[ty]);
        let names = &mut fields.list[id].names;
        if names.is_none() && !things.is_empty() {
            *names = Some(Names::By(By { fields: vec![(ty, things)], otherwise: None }));
        }
    }
}

/// Complains where a record and the fields that hold it do not agree about `listed`.
pub fn check(
    vocabulary: &Vocabulary,
    fields: &Fields,
    is_record: bool,
    sources: &[FieldSource],
    problems: &mut Problems,
) {
    for FieldSource { key, names } in sources {
        let Some(field) = fields.slot(key.name).map(|slot| &fields.list[slot]) else { continue };
        let record = field.ty.record().map(|place| &vocabulary.records[place]);
        let is_listed = |field: &Field| field.names == Some(Names::Listed);
        let takes = record.is_some_and(|record| record.fields.list.iter().any(is_listed));
        match (names, record) {
            (Some(node), _) if !is_record && is_listed(field) => {
                node.problem(problems, "only fields of records are `listed`");
            }
            (Some(node), Some(record)) if !takes => {
                node.problem(problems, format!("no field of `{}` names what it is `listed` as", record.name));
            }
            (None, Some(record)) if takes => {
                key.problem(
                    problems,
                    format!("`names` is missing: fields of `{}` name what they are `listed` as", record.name),
                );
            }
            _ => {}
        }
    }
}

fn parse(vocabulary: &Vocabulary, fields: &Fields, slot: usize, node: Node, problems: &mut Problems) -> Option<Names> {
    let field = &fields.list[slot];
    if !may_name(&field.ty) {
        let text = format!("a value of type {} is no id", vocabulary.type_text(&field.ty));
        node.problem(problems, text);
        return None;
    }
    if field.separated.is_some() || field.family > 0 || !field.joined.is_empty() {
        node.problem(problems, "only a value that travels as itself names something");
        return None;
    }
    let Some(table) = node.as_table() else {
        let Some(word) = node.as_text() else {
            node.problem(problems, "`names` is a word, or a table with `by`");
            return None;
        };
        return if word == "listed" {
            Some(Names::Listed)
        } else {
            thing(vocabulary, node, problems).map(Names::Thing)
        };
    };
    let mut by = By::default();
    for (label, node) in table.texts("by", problems) {
        match fields.slot(label).filter(|by| *by != slot) {
            Some(other) if tells(&fields.list[other].ty) => by.fields.push((other, Vec::new())),
            Some(other) => {
                let ty = vocabulary.type_text(&fields.list[other].ty);
                node.problem(problems, format!("a value of type {ty} does not tell what another names"));
            }
            None => {
                let others = fields.labels().filter(|other| *other != field.label);
                problems.unknown(node.source(), node.inner_span(), "field", label, others);
            }
        }
    }
    if by.fields.is_empty() {
        if table.find("by").is_none() {
            table.problem(problems, "`by` is missing");
        }
        return None;
    }
    by.otherwise = table.get("else").and_then(|node| thing(vocabulary, node, problems));
    let mut has_entries = by.otherwise.is_some();
    for (key, node) in table.entries().iter().filter(|(key, _)| !matches!(key.name, "by" | "else")) {
        has_entries = true;
        let Some(thing) = thing(vocabulary, *node, problems) else { continue };
        let mut is_value = false;
        for (slot, things) in &mut by.fields {
            let said = said(vocabulary, &fields.list[*slot].ty, key.name);
            is_value |= said.is_some();
            things.extend(said.map(|said| (said, thing)));
        }
        if !is_value {
            let tellers = by.fields.iter().filter_map(|(slot, _)| enumeration(vocabulary, &fields.list[*slot]));
            let members = tellers.flat_map(|known| known.members.iter().map(|member| member.name.as_str()));
            problems.unknown(key.source, key.span.clone(), "value", key.name, members);
        }
    }
    if !has_entries {
        for (slot, things) in &mut by.fields {
            *things = kinds_of(vocabulary, &fields.list[*slot]);
        }
        if by.fields.iter().all(|(_, things)| things.is_empty()) {
            table.problem(
                problems,
                "nothing tells what which value means: `by` needs members with a `kind`, or entries",
            );
        }
    }
    Some(Names::By(by))
}

/// The thing that a word stands for.
fn thing(vocabulary: &Vocabulary, node: Node, problems: &mut Problems) -> Option<Thing> {
    const WORDS: [(&str, Thing); 7] = {
        use crate::model::DeviceKind::{AgentQueue, EmailQueue, Group};
        [
            ("agent", Thing::Agent),
            ("agent-or-number", Thing::AgentOrNumber),
            ("service", Thing::Service(None)),
            ("group", Thing::Service(Some(Group))),
            ("agent-queue", Thing::Service(Some(AgentQueue))),
            ("email-queue", Thing::Service(Some(EmailQueue))),
            ("switch", Thing::Switch),
        ]
    };
    let word = node.text(problems)?;
    let plain = WORDS.iter().find(|(known, _)| *known == word).map(|(_, thing)| *thing);
    let part = if word == "call" { Some("id") } else { word.strip_prefix("call.") };
    let place = part.and_then(|part| vocabulary.call_names.iter().position(|name| name == part));
    let thing = plain.or(place.map(|place| Thing::Call(place as u8)));
    if thing.is_none() {
        let calls: Vec<String> = vocabulary.call_names.iter().map(|name| format!("call.{name}")).collect();
        let known = WORDS.iter().map(|(word, _)| *word).chain(["call"]).chain(calls.iter().map(String::as_str));
        problems.unknown(node.source(), node.inner_span(), "thing", word, known);
    }
    thing
}

/// Whether values of this type may be ids, or hold records that have some.
fn may_name(ty: &Type) -> bool {
    match ty {
        Type::Int | Type::Long | Type::Text | Type::Id | Type::Record(_) => true,
        Type::List(item) => may_name(item),
        Type::Bool | Type::Time | Type::Enum(_) => false,
    }
}

/// Whether a value of this type may tell what another one names.
fn tells(ty: &Type) -> bool {
    match ty {
        Type::Int | Type::Long | Type::Text | Type::Id | Type::Enum(_) => true,
        Type::Bool | Type::Time | Type::Record(_) | Type::List(_) => false,
    }
}

/// The value that a key stands for, if it is one of this type.
fn said(vocabulary: &Vocabulary, ty: &Type, key: &str) -> Option<Said<'static>> {
    let number = || key.parse().ok().map(Said::Code);
    match ty {
        Type::Enum(place) => vocabulary.enums[*place].code(key).map(Said::Code).or_else(number),
        Type::Int | Type::Long => number(),
        Type::Text | Type::Id => number().or_else(|| Some(Said::Text(key.to_owned().into()))),
        Type::Bool | Type::Time | Type::Record(_) | Type::List(_) => None,
    }
}

fn enumeration<'v>(vocabulary: &'v Vocabulary, field: &Field) -> Option<&'v Enum> {
    if let Type::Enum(place) = field.ty { Some(&vocabulary.enums[place]) } else { None }
}

/// The sort of thing that each member of an enumeration of device types stands for.
fn kinds_of(vocabulary: &Vocabulary, field: &Field) -> Vec<(Said<'static>, Thing)> {
    let members = enumeration(vocabulary, field).into_iter().flat_map(|known| &known.members);
    let things = members.filter_map(|member| Some((Said::Code(member.code), Thing::of_device(member.device?)?)));
    things.collect()
}
