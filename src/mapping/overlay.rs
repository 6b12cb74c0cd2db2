//! A rule file in the mappings folder that `extends = "shipped"`: it holds only what a site changes of the shipped file of the same
//! name. Both are read as one file, and each error is shown in the file that it is from. `document` merges; the sections' meaning
//! is `grammar`'s and the loaders'.

use std::sync::Arc;

use crate::{
    diagnostic::{Problems, Source},
    document::{self, Key, Node, Table},
};

/// The keys by which the table of a message is a rule itself.
const OF_A_RULE: [&str; 9] = ["means", "emit", "when", "each", "set", "fixed", "weak", "absent", "like"];

/// The sections whose entries are taken as they are: an entry is replaced, never merged.
const WHOLE_ENTRIES: [&str; 2] = ["shared", "refuse"];

/// Reads a rule file, over the shipped one if it extends that.
pub fn read<T>(
    file: &Arc<Source>,
    shipped: Option<&Arc<Source>>,
    problems: &mut Problems,
    read: impl FnOnce(Table, &mut Problems) -> T,
) -> T {
    match shipped.filter(|_| extends(file)) {
        Some(shipped) => document::read_over(shipped, file, problems, removed, whole, read),
        None => document::read(file, problems, |table, problems| {
            if let Some(node) = table.find("extends") {
                node.problem(problems, "there is no shipped file of this name to extend");
            } else if let Some(node) = table.get("remove") {
                node.problem(problems, "only a file that says `extends = \"shipped\"` removes something");
            }
            read(table, problems)
        }),
    }
}

/// The place in the text where a file that extends another begins; 0 in all other files.
pub fn begin(table: &Table) -> usize {
    table.find("extends").map_or(0, |node| node.span().start)
}

fn extends(file: &Arc<Source>) -> bool {
    document::read(file, &mut Problems::default(), |table, _| table.find("extends").is_some())
}

/// What a file changes of the shipped one, if it extends it: "replaces delivered", "adds …", "removes …", "changes …".
pub fn changes(file: &Arc<Source>, shipped: Option<&Arc<Source>>) -> Option<Vec<String>> {
    let shipped = shipped.filter(|_| extends(file))?;
    let mut problems = Problems::default();
    let names = |table: &Table| rules(table).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    let below = document::read(shipped, &mut problems, |table, _| names(&table));
    Some(document::read(file, &mut problems, |table, problems| {
        let verb = |name: &String| if below.contains(name) { "replaces" } else { "adds" };
        let mut changes: Vec<String> = names(&table).iter().map(|name| format!("{} {name}", verb(name))).collect();
        changes.extend(table.texts("remove", problems).iter().map(|(name, _)| format!("removes {name}")));
        for (key, node) in table.entries().iter().filter(|(key, _)| !matches!(key.name, "on" | "remove")) {
            let Some(section) = node.as_table() else { continue };
            changes.extend(section.entries().iter().map(|(entry, _)| format!("changes {}.{}", key.name, entry.name)));
        }
        changes
    }))
}

/// The rules of a file by their full names, with their paths.
fn rules(table: &Table) -> Vec<(String, Vec<String>)> {
    let mut rules = Vec::new();
    for (message, node) in table.find("on").and_then(|node| node.as_table()).iter().flat_map(Table::entries) {
        let path =
            |rule: Option<&str>| ["on", message.name].into_iter().chain(rule).map(str::to_owned).collect::<Vec<_>>();
        let Some(section) = node.as_table() else { continue };
        if is_rule(&section) {
            rules.push((message.name.to_owned(), path(None)));
            continue;
        }
        for (rule, _) in
            section.entries().iter().filter(|(rule, node)| rule.name != "example" && node.as_table().is_some())
        {
            rules.push((format!("{}.{}", message.name, rule.name), path(Some(rule.name))));
        }
    }
    rules
}

fn is_rule(section: &Table) -> bool {
    section.entries().iter().any(|(key, _)| OF_A_RULE.contains(&key.name))
}

/// The paths of all that `remove` names: rules by their names, entries of sections as `section.entry`.
fn removed(below: &Table, above: &Table, problems: &mut Problems) -> Vec<Vec<String>> {
    let mut known = rules(below);
    let messages: Vec<String> = known.iter().map(|(_, path)| path[1].clone()).collect();
    for message in messages {
        if !known.iter().any(|(name, _)| *name == message) {
            known.push((message.clone(), vec!["on".to_owned(), message]));
        }
    }
    for (section, node) in below.entries().iter().filter(|(section, _)| section.name != "on") {
        for (entry, node) in entries(*node) {
            let path = vec![section.name.to_owned(), entry.name.to_owned()];
            for (inner, _) in entries(node).iter().filter(|_| !WHOLE_ENTRIES.contains(&section.name)) {
                known.push((
                    format!("{}.{}", path.join("."), inner.name),
                    [&path[..], &[inner.name.to_owned()]].concat(),
                ));
            }
            known.push((path.join("."), path));
        }
    }
    let mut paths = Vec::new();
    for (name, node) in above.texts("remove", problems) {
        match known.iter().find(|(known, _)| known == name) {
            Some((_, path)) => paths.push(path.clone()),
            None => {
                let known = known.iter().map(|(known, _)| known.as_str());
                problems.unknown(node.source(), node.inner_span(), "rule or entry", name, known);
            }
        }
    }
    if let Some(node) = above.find("extends").filter(|node| node.as_text() != Some("shipped")) {
        node.problem(problems, "a file can only extend the shipped one: write `extends = \"shipped\"`");
    }
    paths
}

fn entries<'d>(node: Node<'d>) -> Vec<(Key<'d>, Node<'d>)> {
    node.as_table().map(|table| table.entries()).unwrap_or_default()
}

/// Whether a table replaces the one below it as a whole: rules do, and entries with a name.
fn whole(path: &[String], above: &Table) -> bool {
    match path {
        [section, _] if section == "on" => is_rule(above),
        [section, _] => WHOLE_ENTRIES.contains(&section.as_str()),
        [] | [_] => false,
        [section, ..] => section == "on",
    }
}

#[cfg(test)]
mod tests;
