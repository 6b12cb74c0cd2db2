//! A TOML file that is read with its positions, so that all errors can be reported at once with their places. This module
//! knows the types of TOML values; its readers know the meaning of the keys.

use std::{cell::RefCell, ops::Range, sync::Arc};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::diagnostic::{Problems, Source};

mod merge;
pub mod schema;

/// Reads a whole file and hands its top table to `read`. Syntax errors are reported, and the rest of the file is still read.
pub fn read<T>(source: &Arc<Source>, problems: &mut Problems, read: impl FnOnce(Table, &mut Problems) -> T) -> T {
    let table = parse(source, 0, problems);
    read(Table::new(source, table.span(), table.get_ref()), problems)
}

/// Reads two files as one: what `above` says is put over what `below` says. `removed` names paths that are taken out first. A
/// table replaces the one below it if it is `whole`; all others are merged key by key.
pub fn read_over<T>(
    below: &Arc<Source>,
    above: &Arc<Source>,
    problems: &mut Problems,
    removed: impl FnOnce(&Table, &Table, &mut Problems) -> Vec<Vec<String>>,
    whole: impl Fn(&[String], &Table) -> bool,
    read: impl FnOnce(Table, &mut Problems) -> T,
) -> T {
    let joined = Source::joined(below, above);
    let mut table = parse(below, 0, problems).into_inner();
    let over = parse(above, below.text.len() + 1, problems);
    let span = over.span();
    let over = over.into_inner();
    let paths = removed(&Table::new(&joined, 0..0, &table), &Table::new(&joined, span.clone(), &over), problems);
    paths.iter().for_each(|path| merge::remove(&mut table, path));
    let whole = |path: &[String], above: &DeTable<'_>| whole(path, &Table::new(&joined, 0..0, above));
    let table = merge::put_over(table, over, &mut Vec::new(), &whole);
    read(Table::new(&joined, span, &table), problems)
}

/// The top table of a file, its entries in the order of the file. All places are moved by `shift`.
fn parse<'d>(source: &'d Arc<Source>, shift: usize, problems: &mut Problems) -> Spanned<DeTable<'d>> {
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    for error in errors {
        problems.add(source, error.span().unwrap_or(0..0), error.message().to_owned());
    }
    let span = table.span().start + shift..table.span().end + shift;
    Spanned::new(span, merge::placed(table.into_inner(), shift))
}

/// A value with its place.
#[derive(Clone, Copy)]
pub struct Node<'d> {
    source: &'d Arc<Source>,
    value: &'d Spanned<DeValue<'d>>,
}

impl<'d> Node<'d> {
    pub fn span(&self) -> Range<usize> {
        self.value.span()
    }

    /// The place of a string's text, without its quotes.
    pub fn inner_span(&self) -> Range<usize> {
        let span = self.span();
        match self.value.get_ref() {
            DeValue::String(text) if span.len() == text.len() + 2 => span.start + 1..span.end - 1,
            _ => span,
        }
    }

    pub fn source(&self) -> &'d Arc<Source> {
        self.source
    }

    pub fn problem(&self, problems: &mut Problems, text: impl Into<String>) {
        problems.add(self.source, self.span(), text);
    }

    fn expected(&self, problems: &mut Problems, what: &str) {
        self.problem(problems, format!("expected {what}, found {}", self.value.get_ref().type_str()));
    }

    pub fn as_text(&self) -> Option<&'d str> {
        match self.value.get_ref() {
            DeValue::String(text) => Some(text),
            _ => None,
        }
    }

    pub fn as_integer(&self) -> Option<i64> {
        match self.value.get_ref() {
            DeValue::Integer(integer) => i64::from_str_radix(&integer.as_str().replace('_', ""), integer.radix()).ok(),
            _ => None,
        }
    }

    pub fn as_boolean(&self) -> Option<bool> {
        match self.value.get_ref() {
            DeValue::Boolean(boolean) => Some(*boolean),
            _ => None,
        }
    }

    pub fn as_table(&self) -> Option<Table<'d>> {
        match self.value.get_ref() {
            DeValue::Table(table) => Some(Table::new(self.source, self.span(), table)),
            _ => None,
        }
    }

    pub fn as_array(&self) -> Option<Vec<Node<'d>>> {
        match self.value.get_ref() {
            DeValue::Array(array) => Some(array.iter().map(|value| Node { source: self.source, value }).collect()),
            _ => None,
        }
    }

    pub fn text(&self, problems: &mut Problems) -> Option<&'d str> {
        self.as_text().or_else(|| {
            self.expected(problems, "a string");
            None
        })
    }

    pub fn integer(&self, problems: &mut Problems) -> Option<i64> {
        self.as_integer().or_else(|| {
            self.expected(problems, "a whole number");
            None
        })
    }

    pub fn boolean(&self, problems: &mut Problems) -> Option<bool> {
        self.as_boolean().or_else(|| {
            self.expected(problems, "true or false");
            None
        })
    }

    pub fn table(&self, problems: &mut Problems) -> Option<Table<'d>> {
        self.as_table().or_else(|| {
            self.expected(problems, "a table");
            None
        })
    }

    pub fn array(&self, problems: &mut Problems) -> Vec<Node<'d>> {
        self.as_array().unwrap_or_else(|| {
            self.expected(problems, "an array");
            Vec::new()
        })
    }

    /// An array of strings; a single string counts as an array of one.
    pub fn texts(&self, problems: &mut Problems) -> Vec<(&'d str, Node<'d>)> {
        if let Some(text) = self.as_text() {
            return vec![(text, *self)];
        }
        let items = self.array(problems);
        items.into_iter().filter_map(|item| item.text(problems).map(|text| (text, item))).collect()
    }
}

/// A key with its place.
#[derive(Clone)]
pub struct Key<'d> {
    pub name: &'d str,
    pub span: Range<usize>,
    pub source: &'d Arc<Source>,
}

impl Key<'_> {
    pub fn problem(&self, problems: &mut Problems, text: impl Into<String>) {
        problems.add(self.source, self.span.clone(), text);
    }

    /// What tells this key from every other one, also of another file.
    pub fn place(&self) -> (*const Source, usize) {
        (Arc::as_ptr(self.source), self.span.start)
    }
}

#[cfg(test)]
thread_local! {
    /// The keys that the readers of each finished table know.
    pub static KNOWN: RefCell<std::collections::BTreeSet<std::collections::BTreeSet<&'static str>>> = RefCell::default();
}

/// A table whose readers ask for the keys that they know. [`Table::finish`] reports all others.
pub struct Table<'d> {
    source: &'d Arc<Source>,
    span: Range<usize>,
    entries: &'d DeTable<'d>,
    known: RefCell<Vec<&'static str>>,
}

impl<'d> Table<'d> {
    fn new(source: &'d Arc<Source>, span: Range<usize>, entries: &'d DeTable<'d>) -> Table<'d> {
        Table { source, span, entries, known: RefCell::default() }
    }

    pub fn source(&self) -> &'d Arc<Source> {
        self.source
    }

    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    pub fn problem(&self, problems: &mut Problems, text: impl Into<String>) {
        problems.add(self.source, self.span(), text);
    }

    /// The value of a key that this reader knows.
    pub fn get(&self, key: &'static str) -> Option<Node<'d>> {
        self.known.borrow_mut().push(key);
        self.find(key)
    }

    /// The value of any key, without marking it as known.
    pub fn find(&self, key: &str) -> Option<Node<'d>> {
        let value = self.entries.get(key)?;
        Some(Node { source: self.source, value })
    }

    pub fn text(&self, key: &'static str, problems: &mut Problems) -> Option<&'d str> {
        self.get(key)?.text(problems)
    }

    /// A string that is required.
    pub fn required(&self, key: &'static str, problems: &mut Problems) -> &'d str {
        match self.get(key) {
            Some(node) => node.text(problems).unwrap_or_default(),
            None => {
                self.problem(problems, format!("`{key}` is missing"));
                ""
            }
        }
    }

    /// One of several allowed words.
    pub fn choice(&self, key: &'static str, words: &[&str], problems: &mut Problems) -> Option<&'d str> {
        let node = self.get(key)?;
        let text = node.text(problems)?;
        if !words.contains(&text) {
            problems.unknown(self.source, node.inner_span(), key, text, words.iter().copied());
        }
        Some(text)
    }

    pub fn flag(&self, key: &'static str, problems: &mut Problems) -> bool {
        self.get(key).and_then(|node| node.boolean(problems)).unwrap_or(false)
    }

    pub fn texts(&self, key: &'static str, problems: &mut Problems) -> Vec<(&'d str, Node<'d>)> {
        self.get(key).map(|node| node.texts(problems)).unwrap_or_default()
    }

    /// The tables of `[[key]]`, if there are any.
    pub fn tables(&self, key: &'static str, problems: &mut Problems) -> Vec<Table<'d>> {
        let Some(node) = self.get(key) else { return Vec::new() };
        node.array(problems).into_iter().filter_map(|item| item.table(problems)).collect()
    }

    /// The entries of the table at `key`, if there is one.
    pub fn section(&self, key: &'static str, problems: &mut Problems) -> Vec<(Key<'d>, Node<'d>)> {
        self.get(key).and_then(|node| node.table(problems)).map(|table| table.entries()).unwrap_or_default()
    }

    pub fn entries(&self) -> Vec<(Key<'d>, Node<'d>)> {
        let entry = |(key, value): (&'d Spanned<_>, &'d Spanned<_>)| {
            let key: &'d Spanned<std::borrow::Cow<'d, str>> = key;
            let name: &'d str = key.get_ref();
            (Key { name, span: key.span(), source: self.source }, Node { source: self.source, value })
        };
        self.entries.iter().map(entry).collect()
    }

    /// Reports every key that no reader asked for.
    pub fn finish(self, problems: &mut Problems) {
        let known = self.known.borrow();
        #[cfg(test)]
        KNOWN.with_borrow_mut(|all| all.insert(known.iter().copied().collect()));
        for (key, _) in self.entries() {
            if !known.contains(&key.name) {
                problems.unknown(self.source, key.span.clone(), "key", key.name, known.iter().copied());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_reported_with_its_place() {
        let source = Source::new("a.toml", "title = 3\nenum = []\nnmae = \"x\"\n");
        let mut problems = Problems::default();
        read(&source, &mut problems, |table, problems| {
            table.text("title", problems);
            table.section("enum", problems);
            table.get("name");
            table.finish(problems);
        });
        let found: Vec<_> = problems.iter().map(|p| (source.position(p.span.start), p.text.as_str())).collect();
        assert_eq!(
            found,
            [
                ((1, 9), "expected a string, found integer"),
                ((2, 8), "expected a table, found array"),
                ((3, 1), "unknown key `nmae`"),
            ]
        );
    }

    #[test]
    fn a_syntax_error_does_not_hide_the_rest() {
        let source = Source::new("a.toml", "a = \nb = 1\n");
        let mut problems = Problems::default();
        let b = read(&source, &mut problems, |table, _| table.get("b").and_then(|node| node.as_integer()));
        assert_eq!(b, Some(1));
        assert_eq!(problems.len(), 1);
    }
}
