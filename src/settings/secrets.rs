//! Secrets of a section: in the file, in another file, or in the environment; and which files with secrets the configuration
//! names. No report shows what stands in them.

use std::path::{Path, PathBuf};

use figment::value::Value;
use secrecy::SecretString;
use toml::de::{DeTable, DeValue};

use super::{
    mask,
    section::{Form, Section},
    source::join,
};
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

    /// A secret: in the file, in another file (`<key>_file`), or in a variable (`${NAME}`).
    pub fn secret(&self, key: &'static str, file_key: &'static str) -> Option<SecretString> {
        let (text, file) = (self.hidden_text(key, Form::Secret), self.path(file_key));
        // The environment and the command line override the file, whichever of the two keys they set.
        let (own, other) = (self.source_of(key), self.source_of(file_key));
        match (text, file) {
            (Some(_), Some(_)) if own == other => {
                self.problem(key, format!("`{key}` and `{file_key}` are both given"));
                None
            }
            (Some(text), file) if file.is_none() || own > other => Some(text.into()),
            (_, Some(file)) => match self.read(&file) {
                Ok(text) => {
                    self.reader.sources.holds_content(self.path_of(file_key), &text);
                    Some(text.trim_end_matches(['\r', '\n']).to_owned().into())
                }
                Err(error) => {
                    self.problem(file_key, format!("{} cannot be read: {error}", file.display()));
                    None
                }
            },
            (_, None) => None,
        }
    }

    /// A secret that has to be there; an empty one where it is not.
    pub fn required_secret(&self, key: &'static str, file_key: &'static str) -> SecretString {
        let secret = self.secret(key, file_key);
        if secret.is_none() && !self.has(key) && !self.has(file_key) {
            self.missing(key, format!("`{}.{key}` or `{file_key}` is missing", self.path));
        }
        secret.unwrap_or_else(|| String::new().into())
    }

    /// Names with secrets.
    pub fn secrets(&self, key: &'static str) -> Vec<(String, SecretString)> {
        match self.find(key, Form::Secrets) {
            None => Vec::new(),
            Some(Value::Dict(_, dict)) => {
                let secret = |(name, value): (&String, &Value)| match value.as_str() {
                    Some(text) => {
                        let path = join(&self.path_of(key), name);
                        self.is_resolved(key, &path, true).then(|| (name.clone(), text.to_owned().into()))
                    }
                    None => {
                        let expected = "should be a text in quotes";
                        self.problem_in(key, name, format!("`{}.{name}` {expected}", self.path_of(key)));
                        None
                    }
                };
                dict.iter().filter_map(secret).collect()
            }
            Some(_) => self.wrong(key, "a table of names and passwords").unwrap_or_default(),
        }
    }

    /// The file that a key names, and its text.
    fn file_text(&self, key: &'static str) -> Option<(PathBuf, String)> {
        let path = self.path(key)?;
        match self.read(&path) {
            Ok(text) => {
                // Users of applications are exchanged alone.
                if self.path.starts_with("platform.") {
                    self.reader.sources.holds_content(self.path_of(key), &text);
                }
                Some((path, text))
            }
            Err(error) => {
                self.problem(key, format!("{} cannot be read: {error}", path.display()));
                None
            }
        }
    }

    /// Names with secrets that stand in a file of their own, in lines of `name = "secret"`. Those that have a fault are left out.
    pub fn secrets_file(
        &self,
        key: &'static str,
        fault: impl Fn(&str, &SecretString) -> Option<String>,
    ) -> Vec<(String, SecretString)> {
        let Some((path, text)) = self.file_text(key) else { return Vec::new() };
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
                    let (name, secret) = (name.get_ref().to_string(), secret.to_string().into());
                    match fault(&name, &secret) {
                        Some(fault) => problem(value.span(), fault),
                        None => secrets.push((name, secret)),
                    }
                }
                _ => problem(value.span(), format!("`{}` has no password", name.get_ref())),
            }
        }
        secrets
    }

    /// Names with secrets that stand in a file of their own, in lines of `name:secret`. Empty lines, and those that begin
    /// with `#`, count for nothing.
    pub fn secret_lines(&self, key: &'static str) -> Vec<(String, SecretString)> {
        let Some((path, text)) = self.file_text(key) else { return Vec::new() };
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
