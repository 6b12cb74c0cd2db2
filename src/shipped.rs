//! The vocabularies and rules in the binary, and a folder whose files replace those of the same name.

use std::{path::Path, sync::Arc};

use crate::diagnostic::{Problems, Source};

macro_rules! shipped {
    ($($path:literal),+ $(,)?) => {
        const FILES: &[(&str, &str)] = &[$(($path, include_str!(concat!("../mappings/", $path)))),+];
    };
}

shipped! {
    "dialects/event-feed.toml",
    "dialects/ctips.toml",
    "dialects/ccas.toml",
    "dialects/open-media.toml",
    "dialects/agent.toml",
    "from-event-feed.toml",
    "to-event-feed.toml",
    "from-ctips.toml",
    "to-ctips.toml",
    "from-ccas.toml",
    "to-ccas.toml",
    "from-open-media.toml",
    "to-open-media.toml",
    "from-agent.toml",
    "to-agent.toml",
}

/// The mapping files in use.
#[derive(Debug, Clone)]
pub struct Files {
    list: Vec<(String, Arc<Source>)>,
    /// The files in the binary that others replace.
    replaced: Vec<(String, Arc<Source>)>,
}

/// The names of a dialect's rule files.
pub fn rule_files(dialect: &str) -> [String; 2] {
    [format!("from-{dialect}.toml"), format!("to-{dialect}.toml")]
}

impl Files {
    /// The files in the binary.
    pub fn built_in() -> Files {
        let source = |(path, text): &(&str, &str)| (path.to_string(), Source::new(format!("mappings/{path}"), *text));
        Files { list: FILES.iter().map(source).collect(), replaced: Vec::new() }
    }

    /// The files in the binary, except that each file in `folder` replaces the one of the same name or is added.
    pub fn overridden_by(folder: &Path) -> std::io::Result<Files> {
        let mut files = Files::built_in();
        let mut count = 0;
        for sub in ["", "dialects"] {
            let inside = folder.join(sub);
            if !sub.is_empty() && !inside.is_dir() {
                continue;
            }
            let mut entries: Vec<_> = std::fs::read_dir(&inside)?.collect::<Result<_, _>>()?;
            entries.sort_by_key(std::fs::DirEntry::file_name);
            for entry in entries {
                let path = entry.path();
                if path.extension().is_none_or(|extension| extension != "toml") {
                    continue;
                }
                let name = Path::new(sub).join(entry.file_name()).to_string_lossy().replace('\\', "/");
                let source = Source::new(path.display().to_string(), std::fs::read_to_string(&path)?);
                count += 1;
                if let Some(place) = files.list.iter().position(|(known, _)| *known == name) {
                    files.replaced.push(files.list.remove(place));
                }
                files.list.push((name, source));
            }
        }
        if count == 0 {
            return Err(std::io::Error::other("there is no mapping file (*.toml) in this folder"));
        }
        Ok(files)
    }

    /// The same files, but for this one's text.
    #[cfg(test)]
    pub fn with(mut self, name: &str, change: impl FnOnce(&str) -> String) -> Files {
        let (_, source) = self.list.iter_mut().find(|(known, _)| known == name).expect("a file of this name");
        *source = Source::new(source.name.clone(), change(&source.text));
        self
    }

    /// Every file must replace a built-in one, or belong to a new dialect.
    pub fn check(&self, problems: &mut Problems) {
        let rules: Vec<String> = self.dialects().flat_map(rule_files).collect();
        for (path, source) in &self.list {
            if !path.starts_with("dialects/") && !rules.contains(path) {
                problems.unknown(source, 0..0, "mapping file", path, rules.iter().map(String::as_str));
            }
        }
    }

    pub fn get(&self, path: &str) -> Option<&Arc<Source>> {
        self.list.iter().find(|(known, _)| known == path).map(|(_, source)| source)
    }

    /// The file in the binary of this name, whether it is in use or replaced.
    pub fn shipped(&self, path: &str) -> Option<&Arc<Source>> {
        let in_binary = FILES.iter().any(|(known, _)| *known == path);
        self.replaced(path).or_else(|| self.get(path).filter(|_| in_binary))
    }

    /// The file in the binary that the one of this name replaces.
    pub fn replaced(&self, path: &str) -> Option<&Arc<Source>> {
        self.replaced.iter().find(|(known, _)| known == path).map(|(_, source)| source)
    }

    /// Whether a file, and the one that it replaces, are the same among these and others.
    pub fn has_same(&self, others: &Files, path: &str) -> bool {
        let same = |one: Option<&Arc<Source>>, other: Option<&Arc<Source>>| match (one, other) {
            (Some(one), Some(other)) => one.name == other.name && one.text == other.text,
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        same(self.get(path), others.get(path)) && same(self.replaced(path), others.replaced(path))
    }

    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.list.iter().map(|(path, _)| path.as_str())
    }

    /// The dialects that have a vocabulary.
    pub fn dialects(&self) -> impl Iterator<Item = &str> {
        self.paths().filter_map(|path| path.strip_prefix("dialects/")?.strip_suffix(".toml"))
    }
}
