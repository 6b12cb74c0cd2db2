//! JSON Schemas (draft 7, which editors and `taplo lint` read) of TOML files: the few shapes that the files of this program have.
//! Which keys there are is known to the readers of the files.

use serde_json::{Map, Value, json};

/// The schema of a whole file.
pub fn file(title: &str, mut schema: Value, definitions: &[(&str, Value)]) -> Value {
    schema["$schema"] = "http://json-schema.org/draft-07/schema#".into();
    schema["title"] = title.into();
    if !definitions.is_empty() {
        schema["definitions"] = definitions.iter().map(|(name, schema)| (name.to_string(), schema.clone())).collect();
    }
    schema
}

/// A shape that is defined once.
pub fn defined(name: &str) -> Value {
    json!({ "$ref": format!("#/definitions/{name}") })
}

/// The same with a description, unless that is empty.
pub fn described(mut schema: Value, doc: &str) -> Value {
    if doc.is_empty() {
        return schema;
    }
    if schema.get("$ref").is_some() {
        // Whatever stands beside a reference is ignored.
        schema = json!({ "allOf": [schema] });
    }
    schema["description"] = doc.into();
    schema
}

pub fn text(doc: &str) -> Value {
    described(json!({ "type": "string" }), doc)
}

/// The reason for an omission: a text that says something.
pub fn reason(doc: &str) -> Value {
    described(json!({ "type": "string", "pattern": "\\S" }), doc)
}

pub fn whole(doc: &str) -> Value {
    described(json!({ "type": "integer" }), doc)
}

pub fn flag(doc: &str) -> Value {
    described(json!({ "type": "boolean" }), doc)
}

/// A number, a text, true or false.
pub fn simple(doc: &str) -> Value {
    described(json!({ "type": ["integer", "string", "boolean"] }), doc)
}

pub fn word<'w>(doc: &str, words: impl IntoIterator<Item = &'w str>) -> Value {
    described(json!({ "enum": words.into_iter().collect::<Vec<_>>() }), doc)
}

/// A text, or several.
pub fn texts(doc: &str) -> Value {
    described(json!({ "type": ["string", "array"], "items": { "type": "string" } }), doc)
}

/// A word, or several.
pub fn words<'w>(doc: &str, words: impl IntoIterator<Item = &'w str>) -> Value {
    let one = json!({ "enum": words.into_iter().collect::<Vec<_>>() });
    described(json!({ "anyOf": [one, { "type": "array", "items": one }] }), doc)
}

/// A table with these keys and no others.
pub fn table<'k>(doc: &str, required: &[&str], keys: impl IntoIterator<Item = (&'k str, Value)>) -> Value {
    let properties: Map<String, Value> = keys.into_iter().map(|(key, schema)| (key.to_owned(), schema)).collect();
    let mut table = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    if !required.is_empty() {
        table["required"] = required.into();
    }
    described(table, doc)
}

/// A table whose keys are names.
pub fn names(doc: &str, each: Value) -> Value {
    described(json!({ "type": "object", "additionalProperties": each }), doc)
}

/// A table whose keys are some of these names.
pub fn known_names<'n>(doc: &str, known: impl IntoIterator<Item = &'n str>, each: &Value) -> Value {
    table(doc, &[], known.into_iter().map(|name| (name, each.clone())))
}
