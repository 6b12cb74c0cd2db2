//! The vocabularies and rules of all dialects: loaded together, looked up by the dialect's name.

use std::sync::Arc;

use hashbrown::HashMap;

use super::{
    incoming::{self, Incoming},
    outgoing::{self, Outgoing},
    overlay,
};
use crate::{
    diagnostic::Problems,
    shipped::{Files, rule_files},
    vocabulary::{self, Vocabulary},
};

/// All dialects by their names.
#[derive(Debug, Default)]
pub struct Mappings {
    pub dialects: HashMap<String, Arc<Dialect>>,
    /// The rule files that change shipped ones.
    pub overlays: Vec<Overlay>,
}

/// A rule file that extends the shipped one.
#[derive(Debug, PartialEq, Eq)]
pub struct Overlay {
    /// The file as its author knows it.
    pub file: String,
    /// What it changes: "replaces established", "removes …".
    pub changes: Vec<String>,
}

/// The vocabulary of one dialect, and its rules in either direction if there are any.
#[derive(Debug)]
pub struct Dialect {
    pub vocabulary: Arc<Vocabulary>,
    pub from: Option<Arc<Incoming>>,
    pub to: Option<Arc<Outgoing>>,
}

impl Mappings {
    /// Loads everything. Mistakes are added to `problems`.
    pub fn load(files: &Files, problems: &mut Problems) -> Mappings {
        Mappings::load_anew(files, None, problems)
    }

    /// The same. What was loaded before without a mistake is not compiled again if its files have not changed.
    pub fn load_anew(files: &Files, before: Option<(&Files, &Mappings)>, problems: &mut Problems) -> Mappings {
        files.check(problems);
        let mut dialects = HashMap::new();
        let mut overlays = Vec::new();
        for name in files.dialects() {
            let path = format!("dialects/{name}.toml");
            let Some(source) = files.get(&path) else { continue };
            let [from, to] = rule_files(name);
            let unchanged = before.filter(|(old, _)| [&path, &from, &to].iter().all(|path| files.has_same(old, path)));
            let known = unchanged.and_then(|(_, loaded)| loaded.dialects.get(name));
            for path in [&from, &to] {
                let Some(source) = files.get(path) else { continue };
                let changes = overlay::changes(source, files.replaced(path));
                overlays.extend(changes.map(|changes| Overlay { file: source.name.clone(), changes }));
            }
            if let Some(known) = known {
                dialects.insert(name.to_owned(), known.clone());
                continue;
            }
            let vocabulary = Arc::new(vocabulary::load(source, problems));
            let load = |source| Arc::new(incoming::load(source, files.replaced(&from), &vocabulary, problems));
            let from = files.get(&from).map(load);
            let load = |source| Arc::new(outgoing::load(source, files.replaced(&to), &vocabulary, problems));
            let to = files.get(&to).map(load);
            dialects.insert(name.to_owned(), Arc::new(Dialect { vocabulary, from, to }));
        }
        overlays.sort_by(|one: &Overlay, other| one.file.cmp(&other.file));
        Mappings { dialects, overlays }
    }

    /// The number of examples beside the rules.
    pub fn example_count(&self) -> usize {
        let of = |dialect: &Arc<Dialect>| {
            let from = dialect.from.as_ref().map_or(0, |from| from.examples.len());
            from + dialect.to.as_ref().map_or(0, |to| to.examples.len())
        };
        self.dialects.values().map(of).sum()
    }

    /// Runs all examples, in the order of the dialects' names.
    pub fn check_examples(&self, problems: &mut Problems) {
        let mut names: Vec<&String> = self.dialects.keys().collect();
        names.sort();
        for name in names {
            let dialect = &self.dialects[name];
            if let Some(from) = &dialect.from {
                from.check_examples(problems);
            }
            if let Some(to) = &dialect.to {
                to.check_examples(problems);
            }
        }
    }
}
