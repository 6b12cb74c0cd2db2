//! `${NAME}` in the texts of a configuration: the value of that variable of the environment, wherever it stands in a text.

use std::collections::BTreeMap;

use figment::value::{Dict, Value};

use super::source::join;

/// A text that names a variable which the environment does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unresolved {
    /// None if it could not be the name of a variable: it may be a secret that looks like one.
    name: Option<String>,
    /// The text is nothing else. Otherwise it may be a password that looks like it.
    pub is_whole: bool,
}

impl Unresolved {
    pub fn text(&self) -> String {
        match &self.name {
            Some(name) => format!("the environment has no variable {name}"),
            None => "the environment has no such variable".to_owned(),
        }
    }
}

/// Expands all texts of a table. Hands back those that cannot be, by their paths; they stay as they are.
pub fn expand_all(root: &mut Dict, environment: &BTreeMap<String, String>) -> BTreeMap<String, Unresolved> {
    let mut unresolved = BTreeMap::new();
    in_dict(root, "", environment, &mut unresolved);
    unresolved
}

fn in_dict(dict: &mut Dict, path: &str, all: &BTreeMap<String, String>, unresolved: &mut BTreeMap<String, Unresolved>) {
    for (key, value) in dict.iter_mut() {
        in_value(value, &join(path, key), all, unresolved);
    }
}

fn in_value(value: &mut Value, path: &str, all: &BTreeMap<String, String>, bad: &mut BTreeMap<String, Unresolved>) {
    match value {
        Value::String(_, text) if text.contains("${") => match expand(text, all) {
            Ok(expanded) => *text = expanded,
            Err(unknown) => _ = bad.insert(path.to_owned(), unknown),
        },
        Value::Array(_, items) => items.iter_mut().for_each(|item| in_value(item, path, all, bad)),
        Value::Dict(_, dict) => in_dict(dict, path, all, bad),
        _ => {}
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// What is put in place of a variable is not looked at again.
fn expand(text: &str, environment: &BTreeMap<String, String>) -> Result<String, Unresolved> {
    let whole = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).filter(|name| !name.contains("${"));
    if let Some(name) = whole {
        let value = environment.get(name).filter(|_| is_name(name)).cloned();
        let name = is_name(name).then(|| name.to_owned());
        return value.ok_or(Unresolved { name, is_whole: true });
    }
    let (mut expanded, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once("${") {
        expanded += before;
        match after.split_once('}').filter(|(name, _)| is_name(name)) {
            Some((name, after)) => {
                let unknown = || Unresolved { name: Some(name.to_owned()), is_whole: false };
                expanded += environment.get(name).ok_or_else(unknown)?;
                rest = after;
            }
            None => {
                expanded += "${";
                rest = after;
            }
        }
    }
    Ok(expanded + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_expanded_wherever_they_stand_and_their_values_are_not_looked_at_again() {
        let environment = [("HOST", "cc.example"), ("PORT", "31456"), ("ODD", "${PORT}")];
        let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let expand = |text: &str| expand(text, &environment).map_err(|unknown| (unknown.text(), unknown.is_whole));
        for (text, expanded) in [
            ("${HOST}", "cc.example"),
            ("${HOST}:${PORT}", "cc.example:31456"),
            ("https://${HOST}/x", "https://cc.example/x"),
            ("${ODD}", "${PORT}"),
            ("a ${ODD} b", "a ${PORT} b"),
            ("5 ${} $HOST {HOST} ${a-b", "5 ${} $HOST {HOST} ${a-b"),
        ] {
            assert_eq!(expand(text).as_deref(), Ok(expanded));
        }
        for (text, reason, is_whole) in [
            ("${NOBODY}", "the environment has no variable NOBODY", true),
            ("x${NOBODY}", "the environment has no variable NOBODY", false),
            ("${a-b}", "the environment has no such variable", true),
        ] {
            assert_eq!(expand(text), Err((reason.to_owned(), is_whole)));
        }
    }
}
