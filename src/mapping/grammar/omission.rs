//! Fields that a file passes over: each is reported once, at the message or rule that lacks it, or at the section where the
//! one missing line belongs.

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use crate::{
    diagnostic::{Problems, Source},
    document::{Key, Table},
    mapping::overlay,
};

/// The place of a section where a line is missing. A file without the section is shown at its `dialect`, one that extends
/// another at `extends`.
pub fn place_of<'d>(table: &Table<'d>, section: &str) -> (&'d Arc<Source>, Range<usize>) {
    let own = table.find(section).filter(|node| node.span().start >= overlay::begin(table));
    let node = own.or_else(|| table.find("extends")).or_else(|| table.find("dialect"));
    (table.source(), node.map_or(table.span(), |node| node.span()))
}

/// A field that a rule, or all rules of a message, should have.
pub struct Missing<'d> {
    pub field: String,
    pub message: String,
    pub place: Key<'d>,
}

impl<'d> Missing<'d> {
    /// Reports all fields that are not `done` ("read", "set"), with the section for a reason: a field of several messages at
    /// the section, all others of a message at the message.
    pub fn report(list: &[Missing<'d>], table: &Table<'d>, done: &str, section: &str, problems: &mut Problems) {
        let mut messages: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for missing in list {
            let of = messages.entry(&missing.field).or_default();
            if !of.contains(&missing.message.as_str()) {
                of.push(&missing.message);
            }
        }
        let mut alone: BTreeMap<&str, (&Key<'d>, Vec<&str>)> = BTreeMap::new();
        for missing in list.iter().filter(|missing| messages[missing.field.as_str()].len() == 1) {
            let (_, fields) = alone.entry(&missing.message).or_insert((&missing.place, Vec::new()));
            if !fields.contains(&missing.field.as_str()) {
                fields.push(&missing.field);
            }
        }
        for (field, of) in messages.iter().filter(|(_, of)| of.len() > 1) {
            let (source, span) = place_of(table, section);
            let text = format!("`{field}` is not {done}: it is in {}", some(of));
            problems.add_with_help(source, span, text, Some(line(field, section, None)));
        }
        for (message, (place, fields)) in alone {
            let text = match &fields[..] {
                [field] => format!("`{field}` of `{message}` is not {done}"),
                several => format!("these fields of `{message}` are not {done}: {}", quoted(several)),
            };
            let help = line(fields[0], section, Some(message));
            problems.add_with_help(place.source, place.span.clone(), text, Some(help));
        }
    }
}

/// The line that gives the reason.
fn line(field: &str, section: &str, message: Option<&str>) -> String {
    let key = if field.contains('.') { format!("\"{field}\"") } else { field.to_owned() };
    let message = message.map(|message| format!(".{message}")).unwrap_or_default();
    format!("otherwise write under `[{section}{message}]`: {key} = \"<the reason>\"")
}

/// The first three names, and how many more there are.
fn some(names: &[&str]) -> String {
    match names.len() {
        0..=3 => quoted(names),
        count => format!("{} and {} more", quoted(&names[..3]), count - 3),
    }
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
