//! What of the mapping files is in force: the state of each file, its text, and how it differs from the built-in one, rule by
//! rule. It reads the files as they are written, so that it also tells of files that `check` refuses. Examples are no part of it.

use std::{fmt, sync::Arc};

use super::overlay;
use crate::{
    diagnostic::{Problems, Source, did_you_mean},
    document::{Key, Node, Table},
    shipped::{Files, rule_files},
};

/// The sections whose entries are one unit each, in rule files and in vocabularies.
const UNITS: [&str; 7] = ["shared", "refuse", "enum", "record", "fields", "message", "profile"];

/// A mapping file in force.
pub struct FileInForce {
    pub path: String,
    pub dialect: String,
    /// The number of rules, or of a vocabulary's messages.
    pub count: usize,
    pub is_vocabulary: bool,
    pub state: State,
    /// The file as its author knows it.
    pub name: String,
}

/// How a file stands to the built-in one.
pub enum State {
    BuiltIn,
    /// It extends the built-in file, with these changes.
    Extends(Vec<String>),
    Replaces,
    Added,
}

/// All files in force, each dialect's together.
pub fn list(files: &Files) -> Vec<FileInForce> {
    let of_dialect = |name: &str| std::iter::once(format!("dialects/{name}.toml")).chain(rule_files(name));
    let mut dialects: Vec<&str> = files.dialects().collect();
    dialects.sort_unstable();
    let mut paths: Vec<String> = dialects.into_iter().flat_map(of_dialect).collect();
    paths.retain(|path| files.get(path).is_some());
    let others: Vec<String> =
        files.paths().filter(|path| !paths.iter().any(|known| known == path)).map(str::to_owned).collect();
    paths.extend(others);
    paths.into_iter().filter_map(|path| file(files, path)).collect()
}

fn file(files: &Files, path: String) -> Option<FileInForce> {
    let source = files.get(&path)?;
    let state = match (files.shipped(&path), files.replaced(&path)) {
        (None, _) => State::Added,
        (Some(_), None) => State::BuiltIn,
        (Some(_), shipped) => overlay::changes(source, shipped).map_or(State::Replaces, State::Extends),
    };
    let is_vocabulary = path.starts_with("dialects/");
    let (dialect, count) = overlay::read(source, files.replaced(&path), &mut Problems::default(), |table, _| {
        let dialect = table.find("dialect").and_then(|node| node.as_text()).unwrap_or("?").to_owned();
        let count = if is_vocabulary { section(&table, "message").len() } else { rules(&table) };
        (dialect, count)
    });
    Some(FileInForce { path, dialect, count, is_vocabulary, state, name: source.name.clone() })
}

/// The number of rules as they are written: a shared rule is one, and `like` makes none.
fn rules(table: &Table) -> usize {
    let means = |(_, node): &(Key, Node)| node.as_table().is_some_and(|rule| rule.find("means").is_some());
    overlay::rules(table).len() + section(table, "shared").iter().filter(|shared| means(shared)).count()
}

fn section<'d>(table: &Table<'d>, name: &str) -> Vec<(Key<'d>, Node<'d>)> {
    table.find(name).and_then(|node| node.as_table()).map(|table| table.entries()).unwrap_or_default()
}

/// The path of a file that a person names: `from-ccas`, `from-ccas.toml`, `mappings/dialects/ccas.toml`.
pub fn path_of(files: &Files, name: &str) -> Result<String, String> {
    let wanted = name.strip_prefix("mappings/").unwrap_or(name);
    let wanted = wanted.strip_suffix(".toml").unwrap_or(wanted);
    let found = files.paths().find(|path| path.strip_suffix(".toml") == Some(wanted));
    found.map(str::to_owned).ok_or_else(|| {
        let known = files.paths().filter_map(|path| path.strip_suffix(".toml"));
        let help = did_you_mean(wanted, known);
        format!("there is no mapping file `{name}`{help}; `cti-bridge mappings list` shows all")
    })
}

/// The text of a file in force.
pub fn text(files: &Files, path: &str) -> Result<String, String> {
    let source = files.get(path).ok_or_else(|| format!("there is no mapping file `{path}`"))?;
    match files.replaced(path).filter(|_| overlay::extends(source)) {
        Some(shipped) => overlay::text(source, shipped),
        None => Ok(source.text.clone()),
    }
}

/// How a file in force differs from the built-in one. A file that is not built in has no differences.
pub fn differences(files: &Files, path: &str) -> Vec<Difference> {
    let (Some(source), Some(shipped)) = (files.get(path), files.replaced(path)) else { return Vec::new() };
    let mut ignored = Problems::default();
    let below = overlay::read(shipped, None, &mut ignored, |table, _| units(&table));
    let above = overlay::read(source, Some(shipped), &mut ignored, |table, _| units(&table));
    compare(&below, &above)
}

/// A rule, an entry or a key: whatever is compared as one.
struct Unit {
    name: String,
    /// The message whose rules stand in an order.
    message: Option<String>,
    /// Its keys with their values; a single value has the key "".
    values: Vec<(String, String)>,
}

/// One difference.
pub enum Difference {
    Added {
        name: String,
        values: Vec<(String, String)>,
    },
    Removed {
        name: String,
        values: Vec<(String, String)>,
    },
    Changed {
        name: String,
        removed: Vec<(String, String)>,
        added: Vec<(String, String)>,
    },
    /// The rules of a message that both have stand in another order.
    Order {
        message: String,
        rules: Vec<String>,
    },
}

fn compare(below: &[Unit], above: &[Unit]) -> Vec<Difference> {
    let mut differences = Vec::new();
    for unit in below {
        let Some(new) = above.iter().find(|new| new.name == unit.name) else {
            differences.push(Difference::Removed { name: unit.name.clone(), values: unit.values.clone() });
            continue;
        };
        let lacks = |one: &Unit, other: &Unit| {
            one.values.iter().filter(|value| !other.values.contains(value)).cloned().collect::<Vec<_>>()
        };
        let (removed, added) = (lacks(unit, new), lacks(new, unit));
        if !(removed.is_empty() && added.is_empty()) {
            differences.push(Difference::Changed { name: unit.name.clone(), removed, added });
        }
    }
    let new = above.iter().filter(|unit| !below.iter().any(|known| known.name == unit.name));
    differences.extend(new.map(|unit| Difference::Added { name: unit.name.clone(), values: unit.values.clone() }));
    let mut messages: Vec<&str> = below.iter().filter_map(|unit| unit.message.as_deref()).collect();
    messages.dedup();
    for message in messages {
        let order = |units: &[Unit], others: &[Unit]| {
            let of = units.iter().filter(|unit| unit.message.as_deref() == Some(message));
            let both = of.filter(|unit| others.iter().any(|other| other.name == unit.name));
            both.map(|unit| unit.name.clone()).collect::<Vec<_>>()
        };
        let rules = order(above, below);
        if rules != order(below, above) {
            differences.push(Difference::Order { message: message.to_owned(), rules });
        }
    }
    differences
}

/// All units of a file, in its order.
fn units(table: &Table) -> Vec<Unit> {
    let mut units = Vec::new();
    for (name, path) in overlay::rules(table) {
        let mut node = table.find(&path[0]);
        for key in &path[1..] {
            node = node.and_then(|node| node.as_table()?.find(key));
        }
        let Some(node) = node else { continue };
        let (mut values, message) = (Vec::new(), path.get(1).cloned());
        flatten("", node, &mut values);
        units.push(Unit { name: format!("rule {name}"), message, values });
    }
    for (key, node) in table.entries() {
        match node.as_table() {
            _ if matches!(key.name, "on" | "extends" | "remove") => {}
            Some(section) if UNITS.contains(&key.name) => {
                for (name, node) in section.entries() {
                    let mut values = Vec::new();
                    flatten("", node, &mut values);
                    units.push(Unit { name: format!("{} {}", key.name, name.name), message: None, values });
                }
            }
            Some(_) | None => {
                let mut values = Vec::new();
                flatten(key.name, node, &mut values);
                let unit = |(name, value)| Unit { name, message: None, values: vec![(String::new(), value)] };
                units.extend(values.into_iter().map(unit));
            }
        }
    }
    units
}

/// The values in a table by their dotted keys.
fn flatten(path: &str, node: Node, values: &mut Vec<(String, String)>) {
    match node.as_table().map(|table| table.entries()) {
        Some(entries) if !entries.is_empty() => {
            for (key, node) in entries.into_iter().filter(|(key, _)| key.name != "example") {
                let key = shown_key(key.name);
                flatten(&if path.is_empty() { key } else { format!("{path}.{key}") }, node, values);
            }
        }
        Some(_) | None => values.push((path.to_owned(), shown(node))),
    }
}

fn shown_key(name: &str) -> String {
    let is_bare = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if is_bare { name.to_owned() } else { format!("{name:?}") }
}

/// A value as TOML in one line.
fn shown(node: Node) -> String {
    let joined = |items: Vec<String>| items.join(", ");
    if let Some(text) = node.as_text() {
        return format!("{text:?}");
    }
    if let Some(items) = node.as_array() {
        return format!("[{}]", joined(items.into_iter().map(shown).collect()));
    }
    if let Some(table) = node.as_table() {
        let entry = |(key, node): (Key, Node)| format!("{} = {}", shown_key(key.name), shown(node));
        let entries = joined(table.entries().into_iter().map(entry).collect());
        return if entries.is_empty() { "{}".to_owned() } else { format!("{{ {entries} }}") };
    }
    let number = node.as_integer().map(|number| number.to_string());
    let truth = || node.as_boolean().map(|value| value.to_string());
    number.or_else(truth).unwrap_or_else(|| written(node))
}

/// A value as it stands in the file.
fn written(node: Node) -> String {
    let source: &Arc<Source> = node.source();
    source.text.get(node.span()).unwrap_or_default().to_owned()
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        fn all(f: &mut fmt::Formatter, sign: char, name: &str, values: &[(String, String)]) -> fmt::Result {
            match values {
                [(key, value)] if key.is_empty() => writeln!(f, "  {sign} {name} = {value}"),
                values => {
                    writeln!(f, "  {sign} {name}")?;
                    values.iter().try_for_each(|(key, value)| writeln!(f, "      {sign} {key} = {value}"))
                }
            }
        }
        match self {
            Difference::Added { name, values } => all(f, '+', name, values),
            Difference::Removed { name, values } => all(f, '-', name, values),
            Difference::Changed { name, removed, added } => match (&removed[..], &added[..]) {
                ([(key, old)], [(_, new)]) if key.is_empty() => {
                    writeln!(f, "  ~ {name} = {new} (built in: {old})")
                }
                (removed, added) => {
                    writeln!(f, "  ~ {name}")?;
                    removed.iter().try_for_each(|(key, value)| writeln!(f, "      - {key} = {value}"))?;
                    added.iter().try_for_each(|(key, value)| writeln!(f, "      + {key} = {value}"))
                }
            },
            Difference::Order { message, rules } => {
                let rules: Vec<&str> = rules.iter().map(|rule| rule.trim_start_matches("rule ")).collect();
                writeln!(f, "  ~ order of the rules of {message}: {}", rules.join(", "))
            }
        }
    }
}
