//! The JSON Schema of configurations. The readers of the keys are its table: they read the commented file, and each key that they
//! ask for is noted with the form of its values (`settings::Form`). The comments of that file are the descriptions.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::read;
use crate::{
    diagnostic::Problems,
    dialect::Registry,
    document::schema::{defined, described, file, names, simple, table, word},
    mapping::{Dialect, Literal, Mappings, Outgoing},
    settings::{Form, Sources},
};

/// The commented file: every key, with its meaning.
pub(super) const COMMENTED: &str = include_str!("../../config/cti-bridge.toml");

/// The schema of a configuration with these mappings.
pub fn file_schema(mappings: &Mappings) -> Value {
    let registry = Registry::shipped();
    let mut problems = Problems::default();
    let file_text = Some(("cti-bridge.toml", COMMENTED));
    let sources = Sources::merge(file_text, BTreeMap::new(), &[], &registry.named(), &mut problems).opening_all();
    let config = read(&sources, mappings, &registry, &mut problems);
    let asked = sources.asked.borrow();
    let comments = comments();
    let mut definitions = Vec::new();
    let platforms = config.platforms.iter().map(|platform| (platform.name.as_str(), platform.dialect.as_str()));
    let applications =
        config.applications.iter().map(|application| (application.name.as_str(), application.dialect.as_str()));
    let platform = side("platform", platforms, mappings, &asked, &comments, &mut definitions);
    let application = side("application", applications, mappings, &asked, &comments, &mut definitions);
    let mut schema = section("", &asked, &comments);
    schema["description"] = "the configuration of cti-bridge".into();
    schema["properties"]["platform"] = names("the platforms, by names of your choice", platform);
    schema["properties"]["application"] = names("the applications, by names of your choice", application);
    let definitions: Vec<(&str, Value)> =
        definitions.iter().map(|(name, schema): &(String, Value)| (name.as_str(), schema.clone())).collect();
    file("A configuration of cti-bridge", schema, &definitions)
}

/// The schema of platforms, or of applications: by the dialect, one of the definitions.
fn side<'c>(
    side: &str,
    sections: impl Iterator<Item = (&'c str, &'c str)>,
    mappings: &Mappings,
    asked: &BTreeMap<String, Form>,
    comments: &Comments,
    definitions: &mut Vec<(String, Value)>,
) -> Value {
    let (mut cases, mut dialects, mut shown) = (Vec::new(), Vec::new(), serde_json::Map::new());
    for (name, dialect) in sections {
        let mut schema = section(&format!("{side}.{name}"), asked, comments);
        let keys = &mut schema["properties"];
        keys["dialect"] = json!({ "const": dialect });
        if let Some(known) = mappings.dialects.get(dialect) {
            if keys.get("rules").is_some() {
                keys["rules"] = rules(known.to.as_deref());
            }
            if keys.get("tables").is_some() {
                keys["tables"] = tables(known);
            }
        }
        for (key, schema) in keys.as_object().into_iter().flatten() {
            let doc = schema.get("description").cloned().unwrap_or_default();
            shown.entry(key.clone()).or_insert_with(|| json!({ "description": doc.as_str().unwrap_or_default() }));
        }
        let definition = format!("{side}-{dialect}");
        cases.push(json!({
            "if": { "required": ["dialect"], "properties": { "dialect": { "const": dialect } } },
            "then": defined(&definition),
        }));
        definitions.push((definition, schema));
        dialects.push(dialect);
    }
    dialects.sort_unstable();
    shown.insert("dialect".into(), word("the dialect that it speaks", dialects));
    json!({ "type": "object", "required": ["dialect"], "properties": shown, "allOf": cases })
}

/// The keys of a section that were asked for, and of the tables in it.
fn section(path: &str, asked: &BTreeMap<String, Form>, comments: &Comments) -> Value {
    let inside = |key: &str| match path {
        "" => Some(key.to_owned()),
        path => key.strip_prefix(path)?.strip_prefix('.').map(str::to_owned),
    };
    let own = asked.iter().filter_map(|(key, form)| Some((inside(key)?, form))).filter(|(key, _)| !key.contains('.'));
    let keys: Vec<(String, Value)> = own
        .map(|(key, form)| {
            let full = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            let mut schema = match form {
                Form::Table => section(&full, asked, comments),
                other => shape(other),
            };
            if let Some(doc) = comments.of(path, &key) {
                schema["description"] = doc.into();
            }
            (key, schema)
        })
        .collect();
    table("", &[], keys.iter().map(|(key, schema)| (key.as_str(), schema.clone())))
}

/// The values that a reader takes.
fn shape(form: &Form) -> Value {
    let either = |pattern: &str| json!({ "type": ["integer", "string"], "minimum": 1, "pattern": pattern });
    match form {
        Form::Text => simple(""),
        Form::Flag => json!({ "enum": [true, false, "true", "false"] }),
        Form::Number => either("^[0-9_]+$"),
        Form::Duration => json!({ "type": "string", "pattern": "^[0-9]+ *(ms|s|m|min|h)$" }),
        Form::Size => either("^[0-9_]+ *(B|KiB|MiB)?$"),
        Form::Choice(words) => json!({ "enum": words }),
        Form::Texts => json!({ "type": ["string", "array"], "items": { "type": "string" } }),
        Form::Numbers => json!({ "type": ["integer", "string", "array"], "items": { "type": "integer" } }),
        Form::Secret => json!({ "type": ["string", "integer", "boolean"] }),
        Form::Secrets => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        Form::Values => json!({ "type": "object", "additionalProperties": simple("") }),
        Form::Table | Form::Tables => json!({ "type": "object" }),
    }
}

/// The rule settings of a dialect.
fn rules(outgoing: Option<&Outgoing>) -> Value {
    let settings = outgoing.into_iter().flat_map(|outgoing| {
        outgoing.knobs.iter().map(|(name, default)| {
            let choices = outgoing.choices.iter().find(|(known, _)| known == name);
            let schema = match (choices, default) {
                (Some((_, choices)), _) => json!({ "enum": choices }),
                (None, Literal::Int(_)) => json!({ "type": ["integer", "string"], "pattern": "^[+-]?[0-9]+$" }),
                (None, Literal::Bool(_)) => shape(&Form::Flag),
                (None, Literal::Text(_)) => shape(&Form::Text),
            };
            (name.as_str(), schema)
        })
    });
    described(table("", &[], settings), "rule settings, which the dialect's rules declare")
}

/// The tables of a dialect's rules, of both directions.
fn tables(dialect: &Dialect) -> Value {
    let from = dialect.from.iter().flat_map(|rules| &rules.tables);
    let to = dialect.to.iter().flat_map(|rules| &rules.tables);
    let entries = shape(&Form::Values);
    let known = from.chain(to).map(|table| (table.name.as_str(), entries.clone()));
    table("entries of the rules' tables; they replace entries with the same key", &[], known)
}

/// The comments behind the keys of the commented file, by section and key.
struct Comments(Vec<(String, String, String)>);

impl Comments {
    /// The comment of a key; one that is written "as above" has the comment of another section of the same side.
    fn of(&self, section: &str, key: &str) -> Option<&str> {
        let side = section.split('.').next().unwrap_or_default();
        let of = |fits: &dyn Fn(&str) -> bool| {
            let mut found = self.0.iter().filter(|(known, name, _)| name == key && fits(known));
            found.next().map(|(_, _, doc)| doc.as_str())
        };
        of(&|known| known == section).or_else(|| of(&|known| !side.is_empty() && known.starts_with(side)))
    }
}

fn comments() -> Comments {
    let mut list: Vec<(String, String, String)> = Vec::new();
    let (mut section, mut is_open) = (String::new(), false);
    for line in COMMENTED.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']').to_owned();
            is_open = false;
        } else if let (Some(more), Some((_, _, doc)), true) =
            (line.trim_start().strip_prefix("# "), list.last_mut(), is_open)
            && line.starts_with("    ")
        {
            doc.push(' ');
            doc.push_str(more.trim());
        } else if let Some((key, doc)) = commented_key(line) {
            is_open = true;
            list.push((section.clone(), key.to_owned(), doc.to_owned()));
        } else {
            is_open = false;
        }
    }
    Comments(list)
}

/// The key of a line, also of one that is commented out, and the comment behind its value.
fn commented_key(line: &str) -> Option<(&str, &str)> {
    let (key, rest) = line.strip_prefix("# ").unwrap_or(line).split_once('=')?;
    let key = key.trim();
    let is_key = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    // Two spaces tell a comment from a `#` in a value.
    let (_, doc) = rest.split_once("  #").or_else(|| rest.split_once(" # "))?;
    is_key.then(|| (key, doc.trim_start_matches('#').trim()))
}
