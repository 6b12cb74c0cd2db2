//! Differences between two outputs, one message a line, that a person can read: unchanged messages in short, changed
//! ones by the fields that differ.

use std::fmt::Write as _;

use cti_bridge::sim::messages;
use serde_json::Value;

use super::short::short;

/// Unchanged lines that are shown before a change.
const CONTEXT: usize = 2;
/// A text longer than this is cut.
const LONGEST: usize = 2000;

#[derive(Clone, Copy, PartialEq)]
enum Edit {
    Same,
    Removed,
    Added,
}

/// The differences, in order; nothing if there are none.
pub fn difference(expected: &str, found: &str) -> String {
    let (expected, found): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), found.lines().collect());
    let edits = edits(&expected, &found);
    let mut text = String::new();
    let (mut old, mut new, mut shown) = (0_usize, 0_usize, 0_usize);
    let mut place = 0;
    while place < edits.len() {
        if edits[place] == Edit::Same {
            (old, new, place) = (old + 1, new + 1, place + 1);
            continue;
        }
        let count =
            |kind: Edit| edits[place..].iter().take_while(|edit| **edit != Edit::Same).filter(|e| **e == kind).count();
        let (removed, added) = (count(Edit::Removed), count(Edit::Added));
        let first = old.saturating_sub(CONTEXT).max(shown);
        if first > shown || shown == 0 {
            writeln!(text, "  line {}:", first + 1).unwrap();
        }
        expected[first..old].iter().for_each(|line| writeln!(text, "      {}", in_short(line)).unwrap());
        say(&expected[old..old + removed], &found[new..new + added], &mut text);
        (old, new, place) = (old + removed, new + added, place + removed + added);
        shown = old;
    }
    text
}

/// A run of changed lines: those of the same name are compared, in order, field by field.
fn say(expected: &[&str], found: &[&str], text: &mut String) {
    let mut rest = found;
    for old in expected {
        let same_name = rest.iter().position(|new| name(new) == name(old) && !name(old).is_empty());
        match same_name {
            Some(place) => {
                rest[..place].iter().for_each(|new| whole('+', new, text));
                fields(old, rest[place], text);
                rest = &rest[place + 1..];
            }
            None => whole('-', old, text),
        }
    }
    rest.iter().for_each(|new| whole('+', new, text));
}

fn whole(sign: char, line: &str, text: &mut String) {
    writeln!(text, "    {sign} {}\n          {}", in_short(line), cut(line)).unwrap();
}

fn fields(old: &str, new: &str, text: &mut String) {
    writeln!(text, "    ~ {}", in_short(new)).unwrap();
    let (Ok(old_value), Ok(new_value)) = (serde_json::from_str(old), serde_json::from_str(new)) else { return };
    let before = text.len();
    compare("", Some(&old_value), Some(&new_value), text);
    if text.len() == before {
        writeln!(text, "        only written otherwise:\n        - {}\n        + {}", cut(old), cut(new)).unwrap();
    }
}

fn compare(path: &str, old: Option<&Value>, new: Option<&Value>, text: &mut String) {
    match (old, new) {
        _ if old == new => {}
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let mut keys: Vec<&String> = old.keys().chain(new.keys()).collect();
            keys.sort();
            keys.dedup();
            for key in keys {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                compare(&path, old.get(key), new.get(key), text);
            }
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) => {
            for place in 0..old.len().max(new.len()) {
                compare(&format!("{path}[{place}]"), old.get(place), new.get(place), text);
            }
        }
        _ => {
            let word =
                |value: Option<&Value>| value.map_or_else(|| "(absent)".to_owned(), |value| cut(&value.to_string()));
            writeln!(text, "        {path}: {} -> {}", word(old), word(new)).unwrap();
        }
    }
}

/// What a message is called, whichever dialect it is of.
fn name(line: &str) -> String {
    let Ok(value) = serde_json::from_str::<Value>(line) else { return String::new() };
    let own =
        ["EventType", "message", "call", "notice"].iter().find_map(|key| Some((*key, value.get(*key)?.as_str()?)));
    match (own, &value) {
        (Some(("notice", _)), _) => "notice".into(),
        (Some((_, name)), _) => name.into(),
        (None, Value::Object(fields)) if fields.len() == 1 => fields.keys().next().unwrap().clone(),
        (None, Value::Object(fields)) => {
            let inner = ["told", "asked"].iter().find_map(|key| fields.get(*key));
            inner.map(|inner| name(&inner.to_string())).unwrap_or_default()
        }
        (None, _) => String::new(),
    }
}

/// A message in short, whichever dialect it is of.
pub fn in_short(line: &str) -> String {
    let Ok(value) = serde_json::from_str::<Value>(line) else { return cut(line) };
    let inner = |key: &str| value.get(key).map(|inner| in_short(&inner.to_string()));
    if let Some(session) = value["session"].as_str() {
        return format!("{session}: {}", inner("told").unwrap_or_default());
    }
    if let Some(asked) = inner("asked") {
        return asked;
    }
    if let Some(notice) = value["notice"].as_str() {
        return format!("notice: {notice}");
    }
    if value.get("EventType").is_some() {
        return messages::short(&value);
    }
    if value["message"].is_string() {
        return match value["sub-request-type"].as_str() {
            Some(command) => format!("> {command}"),
            None => short(&value),
        };
    }
    match (value["call"].as_str(), value.as_object()) {
        (Some(method), _) => format!("> {method} {}", value["args"]),
        (None, Some(fields)) if fields.len() == 1 => format!("> {}", fields.keys().next().unwrap()),
        (None, _) => cut(line),
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The shortest way from one list to the other (longest common subsequence); removals before additions.
fn edits(old: &[&str], new: &[&str]) -> Vec<Edit> {
    let mut common = vec![vec![0_u32; new.len() + 1]; old.len() + 1];
    for (i, one) in old.iter().enumerate().rev() {
        for (j, other) in new.iter().enumerate().rev() {
            common[i][j] = if one == other { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut edits = Vec::new();
    while i < old.len() || j < new.len() {
        let edit = match (old.get(i), new.get(j)) {
            (Some(one), Some(other)) if one == other => Edit::Same,
            (Some(_), None) => Edit::Removed,
            (Some(_), Some(_)) if common[i + 1][j] >= common[i][j + 1] => Edit::Removed,
            (Some(_) | None, _) => Edit::Added,
        };
        i += usize::from(edit != Edit::Added);
        j += usize::from(edit != Edit::Removed);
        edits.push(edit);
    }
    edits
}
