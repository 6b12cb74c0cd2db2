//! Keys that nobody asks for, and required keys that are not there: one mistake where a key is misspelt.

use figment::value::Value;

use super::Section;
use crate::diagnostic::{did_you_mean, nearest};

/// Names by which keys are known elsewhere or were known before, with their names here. A key that gets a new name keeps
/// its old one in this list.
const OTHER_NAMES: [(&str, &str); 10] = [
    ("knobs", "rules"),
    ("config", "rules"),
    ("settings", "rules"),
    ("username", "user"),
    ("passwd", "password"),
    ("host", "address"),
    ("bind", "listen"),
    ("port", "listen"),
    ("endpoint", "url"),
    ("loglevel", "level"),
];

impl Section<'_> {
    /// Complains about every key that nobody asked for.
    pub fn finish(&self) {
        let known = self.known.borrow();
        for (key, value) in self.dict.iter().filter(|(key, _)| !known.contains(&key.as_str())) {
            self.unknown(key, value, &known);
        }
    }

    /// Complains about a key that is none of these. The key that it was meant to be is not missing besides.
    fn unknown(&self, key: &str, value: &Value, known: &[&str]) {
        let lower = key.to_lowercase();
        let other = OTHER_NAMES.iter().find(|(other, right)| *other == lower && known.contains(right));
        let right = other.map(|(_, right)| *right).or_else(|| nearest(key, known.iter().copied()));
        let path = self.path_of(key);
        let help = match other {
            Some((_, right)) => format!(" (it is called `{right}`)"),
            None => did_you_mean(key, known.iter().copied()),
        };
        self.reader.problem(&path, Some(value), format!("unknown key `{path}`{help}"));
        self.missing.borrow_mut().retain(|(wanted, _)| !right.is_some_and(|right| right.starts_with(wanted)));
    }
}

impl Drop for Section<'_> {
    /// Says what is missing. Where the reader gave up, because the section's dialect is not known, its other keys are not
    /// known either.
    fn drop(&mut self) {
        let known = self.known.borrow().clone();
        let wanted: Vec<&str> = self.missing.borrow().iter().map(|(wanted, _)| *wanted).collect();
        for (key, value) in self.dict.iter().filter(|(key, _)| !known.contains(&key.as_str())) {
            if nearest(key, wanted.iter().copied()).is_some() {
                self.unknown(key, value, &wanted);
            }
        }
        for (_, text) in self.missing.take() {
            self.problem("", text);
        }
    }
}
