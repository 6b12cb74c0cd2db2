//! One table of a configuration and the readers of its keys. Values are read by the type that is wanted, so that a number-like
//! text stays a text. Every mistake is reported at its place, and no report shows a secret.

use std::{cell::RefCell, collections::BTreeSet, path::PathBuf, time::Duration};

use figment::value::{Dict, Num, Value};

use super::{
    quantity::{parse_duration, parse_size},
    source::{PREFIX, Sources, join},
};
use crate::{
    diagnostic::{Problems, Source},
    mapping::Given,
};

/// The form of a key's values, for a description of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// A text, or a number or truth value that is taken as one.
    Text,
    Flag,
    /// A whole number above 0.
    Number,
    Duration,
    Size,
    Choice(Vec<String>),
    Texts,
    Numbers,
    Secret,
    /// Names with secrets.
    Secrets,
    /// Names with simple values.
    Values,
    /// A table of known keys.
    Table,
    /// Named tables.
    Tables,
}

/// A table that is not there.
static NOTHING: Dict = Dict::new();

pub(super) struct Reader<'s> {
    /// Files that the configuration names and that hold secrets.
    pub(super) files: RefCell<BTreeSet<PathBuf>>,
    pub(super) sources: &'s Sources,
    pub(super) problems: RefCell<Problems>,
    /// Paths of keys whose values were read as not secret. Every other value may be a secret: an unknown key may be a
    /// misspelt `password`.
    pub(super) plain: RefCell<BTreeSet<String>>,
}

impl Reader<'_> {
    pub(super) fn problem(&self, path: &str, value: Option<&Value>, text: String) {
        let metadata = value.and_then(|value| self.sources.figment.get_metadata(value.tag()));
        let origin = metadata.map(|metadata| metadata.name.to_string());
        match (self.sources.spans.get(path), origin.as_deref()) {
            (Some(span), origin) if origin.is_none_or(|name| name == self.sources.shown.name) => {
                self.problems.borrow_mut().add(&self.sources.shown, span.clone(), text);
            }
            (_, Some("environment")) => {
                let made = || format!("{PREFIX}{}", path.to_uppercase().replace('.', "__"));
                let name = self.sources.variables.get(path).cloned().unwrap_or_else(made);
                self.problems.borrow_mut().add(&Source::new("environment", name.clone()), 0..name.len(), text);
            }
            (_, Some("flag")) => {
                let flag = format!("--set {path}=…");
                self.problems.borrow_mut().add(&Source::new("command line", flag.clone()), 0..flag.len(), text);
            }
            _ => self.missing(path, text),
        }
    }

    /// About something that stands nowhere: shown at the nearest table that does.
    fn missing(&self, path: &str, text: String) {
        let mut above = path;
        let span = loop {
            match above.rsplit_once('.') {
                Some((table, _)) => above = table,
                None => break 0..0,
            }
            if let Some(span) = self.sources.spans.get(above) {
                break span.clone();
            }
        };
        self.problems.borrow_mut().add(&self.sources.shown, span, text);
    }
}

/// A table of the configuration whose reader asks for the keys it knows.
pub struct Section<'r> {
    pub(super) reader: &'r Reader<'r>,
    pub path: String,
    pub(super) dict: &'r Dict,
    pub(super) known: RefCell<Vec<&'static str>>,
    /// Keys that are required and not there, with what is to be said of each unless another key was meant to be it.
    pub(super) missing: RefCell<Vec<(&'static str, String)>>,
}

impl<'r> Section<'r> {
    pub(super) fn new(reader: &'r Reader<'r>, path: String, dict: &'r Dict) -> Section<'r> {
        Section { reader, path, dict, known: RefCell::default(), missing: RefCell::default() }
    }

    /// The value of a key that this reader knows, with the form of its values.
    pub(super) fn find(&self, key: &'static str, form: Form) -> Option<&'r Value> {
        self.known.borrow_mut().push(key);
        self.note(key, form);
        self.dict.get(key)
    }

    /// Notes the form of a key's values. The first note counts: it is of the reader that knows most.
    fn note(&self, key: &str, form: Form) {
        if self.reader.sources.opens_all {
            self.reader.sources.asked.borrow_mut().entry(self.path_of(key)).or_insert(form);
        }
    }

    pub(super) fn path_of(&self, key: &str) -> String {
        join(&self.path, key)
    }

    /// Complains about a key, or, with an empty one, about the whole section.
    pub fn problem(&self, key: &str, text: impl Into<String>) {
        let path = if key.is_empty() { self.path.clone() } else { self.path_of(key) };
        self.reader.problem(&path, self.dict.get(key), text.into());
    }

    /// Complains about an entry of a table of this section.
    pub fn problem_in(&self, table: &str, name: &str, text: impl Into<String>) {
        let value = self.dict.get(table).and_then(Value::as_dict).and_then(|dict| dict.get(name));
        self.reader.problem(&join(&self.path_of(table), name), value, text.into());
    }

    /// Complains that a key is not there, unless a misspelt one is.
    pub fn missing(&self, key: &'static str, text: impl Into<String>) {
        self.missing.borrow_mut().push((key, text.into()));
    }

    pub(super) fn wrong<T>(&self, key: &str, expected: &str) -> Option<T> {
        self.problem(key, format!("`{}` should be {expected}", self.path_of(key)));
        None
    }

    pub fn has(&self, key: &str) -> bool {
        self.dict.contains_key(key)
    }

    /// Marks the value of a key as not secret, so that reports may show it.
    pub(super) fn is_plain(&self, path: String) {
        self.reader.plain.borrow_mut().insert(path);
    }

    pub fn text(&self, key: &'static str) -> Option<String> {
        self.is_plain(self.path_of(key));
        self.hidden_text(key, Form::Text)
    }

    /// A text that reports do not show.
    pub(super) fn hidden_text(&self, key: &'static str, form: Form) -> Option<String> {
        let is_secret = form == Form::Secret;
        let value = self.find(key, form)?;
        if !self.is_resolved(key, &self.path_of(key), is_secret) {
            return None;
        }
        match value {
            Value::String(_, text) => Some(text.clone()),
            Value::Num(_, number) => Some(number_text(number)),
            Value::Bool(_, value) => Some(value.to_string()),
            _ => self.wrong(key, "a text"),
        }
    }

    /// Complains about a text that names a variable which the environment does not have. A password is only taken for such a
    /// text if it is nothing else.
    pub(super) fn is_resolved(&self, key: &str, path: &str, is_secret: bool) -> bool {
        let unresolved = self.reader.sources.unresolved.get(path).filter(|text| text.is_whole || !is_secret);
        if let Some(unresolved) = unresolved {
            self.problem(key, unresolved.text());
        }
        unresolved.is_none()
    }

    pub fn text_or(&self, key: &'static str, default: &str) -> String {
        self.text(key).unwrap_or_else(|| default.to_owned())
    }

    pub fn required(&self, key: &'static str) -> Option<String> {
        let text = self.text(key);
        if text.is_none() && !self.has(key) {
            self.missing(key, format!("`{}` is missing", self.path_of(key)));
        }
        text
    }

    fn parsed<T>(&self, key: &'static str, expected: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = self.text(key)?;
        parse(&text).or_else(|| self.wrong(key, expected))
    }

    pub fn flag(&self, key: &'static str, default: bool) -> bool {
        self.note(key, Form::Flag);
        self.parsed(key, "true or false", |text| text.parse().ok()).unwrap_or(default)
    }

    pub fn number<T: std::str::FromStr + PartialOrd + From<u8>>(&self, key: &'static str, default: T) -> T {
        self.note(key, Form::Number);
        let positive = |text: &str| text.replace('_', "").parse().ok().filter(|number: &T| *number >= T::from(1));
        self.parsed(key, "a whole number above 0", positive).unwrap_or(default)
    }

    /// A time, such as `30s`, `500ms`, `2m` or `4h`.
    pub fn duration(&self, key: &'static str, default: Duration) -> Duration {
        self.note(key, Form::Duration);
        self.parsed(key, "a time above 0, such as \"30s\", \"500ms\", \"2m\" or \"4h\"", parse_duration)
            .unwrap_or(default)
    }

    /// A size in bytes, such as `65536`, `64KiB` or `1MiB`.
    pub fn size(&self, key: &'static str, default: usize) -> usize {
        self.note(key, Form::Size);
        self.parsed(key, "a size above 0, such as 65536, \"64KiB\" or \"1MiB\"", parse_size).unwrap_or(default)
    }

    /// One of several words.
    pub fn choice<T: Copy>(&self, key: &'static str, choices: &[(&str, T)], default: T) -> T {
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        self.note(key, Form::Choice(names.iter().map(|name| name.to_string()).collect()));
        let expected = format!("one of {}", names.join(", "));
        let find = |text: &str| choices.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
        self.parsed(key, &expected, find).unwrap_or(default)
    }

    /// A list of texts; a text with commas is one, too.
    pub fn list(&self, key: &'static str) -> Option<Vec<String>> {
        self.is_plain(self.path_of(key));
        let value = self.find(key, Form::Texts)?;
        if !self.is_resolved(key, &self.path_of(key), false) {
            return None;
        }
        match value {
            Value::Array(_, items) => {
                let texts: Option<Vec<String>> = items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
                texts.or_else(|| self.wrong(key, "a list of texts"))
            }
            Value::String(_, text) => {
                Some(text.split(',').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect())
            }
            _ => self.wrong(key, "a list of texts"),
        }
    }

    /// A list of numbers; in the environment, they are separated by commas.
    pub fn numbers(&self, key: &'static str) -> Option<Vec<i64>> {
        let number = |value: &Value| match value {
            Value::Num(_, number) => number.to_i128().and_then(|number| i64::try_from(number).ok()),
            _ => None,
        };
        self.is_plain(self.path_of(key));
        let numbers: Option<Vec<i64>> = match self.find(key, Form::Numbers)? {
            Value::Array(_, items) => items.iter().map(number).collect(),
            Value::String(_, text) => text.split(',').map(|part| part.trim().parse().ok()).collect(),
            value => number(value).map(|number| vec![number]),
        };
        numbers.or_else(|| self.wrong(key, "a list of numbers"))
    }

    /// How much is wrong so far.
    pub fn problem_count(&self) -> usize {
        self.reader.problems.borrow().len()
    }

    /// Everything in a table of names and simple values, as texts.
    pub fn values(&self, key: &'static str) -> Vec<(String, String)> {
        let Some(Value::Dict(_, dict)) = self.find(key, Form::Values) else { return Vec::new() };
        dict.keys().for_each(|name| self.is_plain(join(&self.path_of(key), name)));
        dict.keys().for_each(|name| _ = self.is_resolved(key, &join(&self.path_of(key), name), false));
        let text = |value: &Value| match value {
            Value::String(_, text) => text.clone(),
            Value::Num(_, number) => number_text(number),
            Value::Bool(_, value) => value.to_string(),
            _ => String::new(),
        };
        dict.iter().map(|(name, value)| (name.clone(), text(value))).collect()
    }

    /// Whether an entry of a table of this section, or anything in it, is set by a variable of the environment.
    pub fn is_variable(&self, table: &str, name: &str) -> bool {
        let entry = self.dict.get(table).and_then(Value::as_dict).and_then(|table| table.get(name));
        entry.is_some_and(|value| self.comes_from_environment(value))
    }

    /// Whether a key of this table is set by a variable of the environment.
    pub fn is_set_by_variable(&self, key: &str) -> bool {
        self.dict.get(key).is_some_and(|value| self.comes_from_environment(value))
    }

    fn comes_from_environment(&self, value: &Value) -> bool {
        match value {
            Value::Dict(_, dict) => dict.values().any(|value| self.comes_from_environment(value)),
            value => {
                let metadata = self.reader.sources.figment.get_metadata(value.tag());
                metadata.is_some_and(|metadata| metadata.name == "environment")
            }
        }
    }

    /// Everything in this table, with its keys, which are names that the operator gives.
    pub fn given(&self) -> Vec<(&'r str, Given<'r>)> {
        let given = |value: &'r Value| match value {
            Value::String(_, text) => Given::Text(text),
            Value::Num(_, number) => {
                number.to_i128().and_then(|number| number.try_into().ok()).map_or(Given::Other, Given::Int)
            }
            Value::Bool(_, value) => Given::Bool(*value),
            _ => Given::Other,
        };
        for name in self.dict.keys() {
            self.is_plain(self.path_of(name));
            self.is_resolved(name, &self.path_of(name), false);
        }
        self.dict.iter().map(|(name, value)| (name.as_str(), given(value))).collect()
    }

    pub fn section(&self, key: &'static str) -> Option<Section<'r>> {
        let path = self.path_of(key);
        match self.find(key, Form::Table) {
            Some(Value::Dict(_, dict)) => Some(Section::new(self.reader, path, dict)),
            Some(_) => self.wrong(key, "a table"),
            None => self.reader.sources.opens_all.then(|| Section::new(self.reader, path, &NOTHING)),
        }
    }

    /// The named tables of `[key.name]`.
    pub fn sections(&self, key: &'static str) -> Vec<(String, Section<'r>)> {
        self.note(key, Form::Tables);
        let Some(section) = self.section(key) else { return Vec::new() };
        let named = |(name, value): (&'r String, &'r Value)| {
            let path = join(&section.path, name);
            match value {
                Value::Dict(_, dict) => Some((name.clone(), Section::new(self.reader, path, dict))),
                _ => {
                    self.reader.problem(&path, Some(value), format!("`{path}` should be a table"));
                    None
                }
            }
        };
        section.dict.iter().filter_map(named).collect()
    }

    /// True if a table of this section has an entry, of whatever type.
    pub fn holds(&self, table: &str, name: &str) -> bool {
        self.dict.get(table).and_then(Value::as_dict).is_some_and(|dict| dict.contains_key(name))
    }
}

fn number_text(number: &Num) -> String {
    number
        .to_i128()
        .map(|number| number.to_string())
        .or(number.to_u128().map(|number| number.to_string()))
        .unwrap_or_default()
}
