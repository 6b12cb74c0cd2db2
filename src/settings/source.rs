//! The sources of a configuration: a file, then the environment, then flags, each over the one before, merged into one table.
//! `section` reads the values of that table.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    sync::Arc,
};

use figment::{
    Error, Figment, Metadata, Profile, Provider,
    value::{Dict, Map, Value},
};
use toml::de::{DeTable, DeValue};

use super::{
    mask,
    section::{Form, Reader, Section},
    syntax,
    variables::{Unresolved, expand_all},
};
use crate::diagnostic::{Problems, Source};

pub const PREFIX: &str = "CTI_BRIDGE_";

/// All there is, merged.
pub struct Sources {
    root: Dict,
    pub(super) figment: Figment,
    /// The file as reports show it until it is known which values are not secret: with all values starred out.
    pub(super) shown: Arc<Source>,
    text: String,
    is_toml: bool,
    pub(super) spans: BTreeMap<String, std::ops::Range<usize>>,
    /// The variables that set keys, by their paths.
    pub(super) variables: BTreeMap<String, String>,
    pub(super) environment: BTreeMap<String, String>,
    /// Texts that name a variable which the environment does not have, by their paths.
    pub(super) unresolved: BTreeMap<String, Unresolved>,
    /// The folder of the file: relative paths in the file start there.
    pub(super) folder: PathBuf,
    /// Tables that are not there are read as empty ones, and all keys that are asked for are noted.
    pub(super) opens_all: bool,
    /// The paths of keys whose values were read as not secret.
    plain: RefCell<BTreeSet<String>>,
    /// The keys that were asked for, by their paths.
    pub asked: RefCell<BTreeMap<String, Form>>,
    /// The files and folders that were named.
    pub(super) named: RefCell<BTreeSet<PathBuf>>,
    /// What stands in files of platforms and applications with secrets that are not exchanged alone, each as a number, by key.
    contents: RefCell<BTreeMap<String, u64>>,
}

impl Sources {
    /// `file` is the configuration file's name and text, `environment` all variables, `flags` dotted keys with values. `named`
    /// are the keys of platforms and applications that are tables whose keys are names that the operator gives.
    pub fn merge(
        file: Option<(&str, &str)>,
        environment: BTreeMap<String, String>,
        flags: &[(String, String)],
        named: &[&str],
        problems: &mut Problems,
    ) -> Sources {
        let (name, text) = file.unwrap_or(("(no file)", ""));
        let (table, errors) = DeTable::parse_recoverable(text);
        let is_toml = errors.is_empty();
        let shown = Source::new(
            name,
            if is_toml { mask::known(text, table.get_ref(), &|_| false) } else { mask::unknown(text) },
        );
        for (span, text) in syntax::mistakes(text, &errors) {
            problems.add(&shown, span, text);
        }
        let mut spans = BTreeMap::new();
        let from_file = dict(table.get_ref(), "", &mut spans);
        let mut keys = Vec::new();
        let mut variables: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in &environment {
            let Some(variable) = name.strip_prefix(PREFIX) else { continue };
            let mut wrong = |text| problems.add(&Source::new("environment", name.clone()), 0..name.len(), text);
            let key = key_of(variable, &from_file, named, &mut wrong);
            let path = key.join(".");
            match variables.get(&path) {
                Some(other) => wrong(format!("this and {other} are both `{path}`: unset one of them")),
                None => _ = variables.insert(path, name.clone()),
            }
            keys.push((key, value.clone()));
        }
        let from_environment = nested(keys.into_iter());
        let from_flags = flags.iter().map(|(key, value)| (key.split('.').map(str::to_owned).collect(), value.clone()));
        let figment = Figment::new()
            .merge(Layer { name: name.to_owned(), dict: from_file })
            .merge(Layer { name: "environment".into(), dict: from_environment })
            .merge(Layer { name: "flag".into(), dict: nested(from_flags) });
        let mut root = figment.data().ok().and_then(|mut data| data.remove(&Profile::Default)).unwrap_or_default();
        let unresolved = expand_all(&mut root, &environment);
        let folder = Path::new(name).parent().map(Path::to_owned).unwrap_or_default();
        Sources {
            root,
            figment,
            shown,
            text: text.to_owned(),
            is_toml,
            spans,
            variables,
            environment,
            unresolved,
            folder,
            opens_all: false,
            plain: RefCell::default(),
            asked: RefCell::default(),
            named: RefCell::default(),
            contents: RefCell::default(),
        }
    }

    /// The files and folders that the configuration names, as far as it was read.
    pub fn named_files(&self) -> Vec<PathBuf> {
        self.named.borrow().iter().cloned().collect()
    }

    /// Takes note of what stands in a file: the section has changed if that does.
    pub(super) fn holds_content(&self, key: String, text: &str) {
        self.contents.borrow_mut().insert(key, number(text));
    }

    /// The same, to find out which keys there are: see [`Self::asked`].
    pub fn opening_all(self) -> Sources {
        Sources { opens_all: true, ..self }
    }

    /// The sections, each as a number that changes when anything in it does, secrets included, also those in files; platforms and applications
    /// one by one (`platform.mitel`), without the keys of these names.
    pub fn fingerprints(&self, without: &[&str]) -> BTreeMap<String, u64> {
        let contents = self.contents.borrow();
        let number = |value: &Value, path: &str| {
            let files =
                contents.iter().filter(|(key, _)| key.strip_prefix(path).is_some_and(|rest| rest.starts_with('.')));
            let files: Vec<_> = files.collect();
            number(&(serde_json::to_string(value).unwrap_or_default(), files))
        };
        let mut all = BTreeMap::new();
        for (key, value) in &self.root {
            match value {
                Value::Dict(_, sections) if matches!(key.as_str(), "platform" | "application") => {
                    for (name, section) in sections {
                        let mut section = section.clone();
                        if let Value::Dict(_, keys) = &mut section {
                            keys.retain(|key, _| !without.contains(&key.as_str()));
                        }
                        let path = format!("{key}.{name}");
                        let print = number(&section, &path);
                        all.insert(path, print);
                    }
                }
                value => {
                    let mut value = value.clone();
                    if let Value::Dict(_, keys) = &mut value {
                        keys.retain(|key, _| !without.contains(&key.as_str()));
                    }
                    all.insert(key.clone(), number(&value, key));
                }
            }
        }
        all
    }

    /// The file as reports show it, once it was read: with all values starred out that may be secrets.
    pub fn masked(&self) -> String {
        let (table, _) = DeTable::parse_recoverable(&self.text);
        let plain = self.plain.borrow();
        mask::known(&self.text, table.get_ref(), &|path| plain.contains(path))
    }

    /// Reads everything through `read`, and complains about whatever it did not ask for. What is wrong with a file that is no
    /// TOML may come of just that, and is not said.
    pub fn read<T>(&self, problems: &mut Problems, read: impl FnOnce(&Section) -> T) -> T {
        let mut unsaid = Problems::default();
        let said = if self.is_toml { problems } else { &mut unsaid };
        let reader = Reader {
            sources: self,
            problems: RefCell::new(std::mem::take(said)),
            plain: RefCell::default(),
            files: RefCell::default(),
        };
        let section = Section::new(&reader, String::new(), &self.root);
        let value = read(&section);
        section.finish();
        drop(section);
        let plain = reader.plain.into_inner();
        self.plain.borrow_mut().extend(plain.iter().cloned());
        *said = reader.problems.into_inner();
        if self.is_toml && !said.is_empty() {
            let (table, _) = DeTable::parse_recoverable(&self.text);
            let text = mask::known(&self.text, table.get_ref(), &|path| plain.contains(path));
            said.show(&self.shown, &Source::new(self.shown.name.clone(), text));
        }
        value
    }
}

/// A number that changes with the value.
fn number(value: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

struct Layer {
    name: String,
    dict: Dict,
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        Ok(Profile::Default.collect(self.dict.clone()))
    }
}

/// The key that a variable sets. Known keys may be written in any case. Names keep theirs, but one that differs only in case,
/// or by `_` for `-`, from one of the file means that.
fn key_of(variable: &str, file: &Dict, named: &[&str], wrong: &mut impl FnMut(String)) -> Vec<String> {
    let mut key: Vec<String> = Vec::new();
    let mut table = Some(file);
    for part in variable.split("__") {
        let is_name = match key.len() {
            1 => ["platform", "application"].contains(&key[0].as_str()),
            3 => key[2] == "tables" || named.contains(&key[2].as_str()),
            4 => key[2] == "tables",
            _ => false,
        };
        let is_setting = key.len() == 3 && key[2] == "rules";
        let part = match (is_name, is_setting) {
            (true, _) => name_of(part, table, wrong),
            (false, true) => name_of(&part.to_lowercase(), table, wrong),
            (false, false) => part.to_lowercase(),
        };
        table = table.and_then(|table| table.get(&part)).and_then(Value::as_dict);
        key.push(part);
    }
    key
}

/// The name as the file's table has it, if it has it.
fn name_of(name: &str, table: Option<&Dict>, wrong: &mut impl FnMut(String)) -> String {
    let known = || table.into_iter().flat_map(Dict::keys).map(String::as_str);
    match meant(name, known) {
        Ok(known) => known.unwrap_or(name).to_owned(),
        Err(clash) => {
            wrong(clash);
            name.to_owned()
        }
    }
}

/// The known name that a variable means, whose own name has no hyphens and may have another case.
///
/// # Errors
/// It may be several.
pub(super) fn meant<'n, I: Iterator<Item = &'n str>>(
    name: &str,
    known: impl Fn() -> I,
) -> Result<Option<&'n str>, String> {
    let written = |name: &str| name.to_lowercase();
    let folded = |name: &str| name.to_lowercase().replace('-', "_");
    if let Some(same) = known().find(|known| *known == name) {
        return Ok(Some(same));
    }
    let of_case = || known().filter(|known| written(known) == written(name));
    let folds = || known().filter(|known| folded(known) == folded(name));
    // Two names that differ only in case are two: a variable means one of them only if it is written like that.
    let found: Vec<&str> = if of_case().next().is_some() { of_case().collect() } else { folds().collect() };
    match found[..] {
        [] => Ok(None),
        [only] => Ok(Some(only)),
        [one, other, ..] => Err(format!("`{name}` may be `{one}` or `{other}`: set it in the file")),
    }
}

/// Keys, by their parts, as nested tables; all values are texts.
fn nested(entries: impl Iterator<Item = (Vec<String>, String)>) -> Dict {
    fn insert(dict: &mut Dict, key: &[String], value: String) {
        let Some((first, rest)) = key.split_first() else { return };
        if rest.is_empty() {
            dict.insert(first.clone(), Value::from(value));
            return;
        }
        let entry = dict.entry(first.clone()).or_insert_with(|| Value::from(Dict::new()));
        if let Value::Dict(_, inner) = entry {
            insert(inner, rest, value);
        }
    }
    let mut root = Dict::new();
    entries.for_each(|(key, value)| insert(&mut root, &key, value));
    root
}

/// A file's table as figment has it, and where each key's value stands.
fn dict(table: &DeTable, path: &str, spans: &mut BTreeMap<String, std::ops::Range<usize>>) -> Dict {
    let mut dict = Dict::new();
    for (key, value) in table.iter() {
        let key_path = join(path, key.get_ref());
        spans.insert(key_path.clone(), value.span());
        dict.insert(key.get_ref().to_string(), convert(value.get_ref(), &key_path, spans));
    }
    dict
}

fn convert(value: &DeValue, path: &str, spans: &mut BTreeMap<String, std::ops::Range<usize>>) -> Value {
    match value {
        DeValue::String(text) => Value::from(text.to_string()),
        DeValue::Integer(number) => {
            let digits = number.as_str().replace('_', "");
            i64::from_str_radix(&digits, number.radix()).map_or_else(|_| Value::from(digits.clone()), Value::from)
        }
        DeValue::Float(number) => Value::from(number.as_str().to_owned()),
        DeValue::Boolean(value) => Value::from(*value),
        DeValue::Datetime(time) => Value::from(time.to_string()),
        DeValue::Array(items) => {
            Value::from(items.iter().map(|item| convert(item.get_ref(), path, spans)).collect::<Vec<_>>())
        }
        DeValue::Table(table) => Value::from(dict(table, path, spans)),
    }
}

pub(super) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
