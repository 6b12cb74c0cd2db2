//! Files with secrets: which ones the configuration names, and users' files. No report shows what stands in them.

use std::path::{Path, PathBuf};

use secrecy::SecretString;
use toml::de::{DeTable, DeValue};

use super::{Section, mask};
use crate::diagnostic::Source;

impl Section<'_> {
    /// Reads a file with secrets.
    pub(super) fn read(&self, file: &Path) -> std::io::Result<String> {
        self.reader.files.borrow_mut().insert(file.to_owned());
        std::fs::read_to_string(file)
    }

    /// The files with secrets that were read so far, and the configuration itself.
    pub fn files(&self) -> Vec<PathBuf> {
        let own = PathBuf::from(&*self.reader.sources.shown.name);
        [own].into_iter().chain(self.reader.files.borrow().iter().cloned()).collect()
    }

    /// Names with secrets that stand in a file of their own, in lines of `name = "secret"`.
    pub fn secrets_file(&self, key: &'static str) -> Vec<(String, SecretString)> {
        let Some(path) = self.path(key) else { return Vec::new() };
        let text = match self.read(&path) {
            Ok(text) => text,
            Err(error) => {
                self.problem(key, format!("{} cannot be read: {error}", path.display()));
                return Vec::new();
            }
        };
        let (table, errors) = DeTable::parse_recoverable(&text);
        let shown =
            if errors.is_empty() { mask::known(&text, table.get_ref(), &|_| false) } else { mask::unknown(&text) };
        let shown = Source::new(path.display().to_string(), shown);
        let problem = |span, text: String| self.reader.problems.borrow_mut().add(&shown, span, text);
        for error in errors {
            problem(error.span().unwrap_or(0..0), format!("should be name = \"password\": {}", error.message()));
        }
        let mut secrets = Vec::new();
        for (name, value) in table.get_ref() {
            match value.get_ref() {
                DeValue::String(secret) if !secret.is_empty() => {
                    secrets.push((name.get_ref().to_string(), secret.to_string().into()));
                }
                _ => problem(value.span(), format!("`{}` has no password", name.get_ref())),
            }
        }
        secrets
    }

    /// Names with secrets that stand in a file of their own, in lines of `name:secret`. Empty lines, and those that begin
    /// with `#`, count for nothing.
    pub fn secret_lines(&self, key: &'static str) -> Vec<(String, SecretString)> {
        let Some(path) = self.path(key) else { return Vec::new() };
        let text = match self.read(&path) {
            Ok(text) => text,
            Err(error) => {
                self.problem(key, format!("{} cannot be read: {error}", path.display()));
                return Vec::new();
            }
        };
        let lines = text.lines().enumerate().map(|(place, line)| (place + 1, line.trim()));
        let read = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')).filter_map(|(place, line)| {
            let pair = line.split_once(':').map(|(name, secret)| (name.trim(), secret.trim()));
            let pair = pair.filter(|(name, secret)| !name.is_empty() && !secret.is_empty());
            if pair.is_none() {
                self.problem(key, format!("{}, line {place}: should be name:secret", path.display()));
            }
            pair.map(|(name, secret)| (name.to_owned(), secret.to_owned().into()))
        });
        read.collect()
    }
}
