//! The values that rules set. Constants under `fixed` and expressions are merged, so that one compound value can have both.
//! The type of a value is checked where it is compiled.

use std::{cell::RefCell, ops::Range, sync::Arc};

use super::old_form::OldForms;
use crate::{
    diagnostic::{Problems, Source},
    document::{Key, Node, Table},
    mapping::{
        compile::{Compiler, Scope},
        expression::Expr,
        syntax::{Ast, Tree},
        value_type::Ty,
    },
};

/// Attributes or fields, each with the value that it is set to, in the order of the file.
pub type Entries<'d> = Vec<(Key<'d>, SetValue<'d>)>;

#[derive(Clone)]
pub enum SetValue<'d> {
    /// An expression, a number or a truth value.
    Given(Node<'d>),
    /// A constant, under `fixed`.
    Fixed(Node<'d>),
    /// A list that is written out.
    List(Node<'d>, Vec<SetValue<'d>>),
    Parts(SetParts<'d>),
}

/// A compound value. Like a [`Table`], it reports the keys that no reader asked for.
#[derive(Clone)]
pub struct SetParts<'d> {
    source: &'d Arc<Source>,
    span: Range<usize>,
    entries: Entries<'d>,
    known: RefCell<Vec<&'static str>>,
}

impl<'d> SetValue<'d> {
    /// Reads a value at a path, which is needed to say how a text in quotes is written.
    fn read(node: Node<'d>, path: &str, fixed: bool, old: &mut OldForms<'d>, problems: &mut Problems) -> SetValue<'d> {
        if let Some(table) = node.as_table() {
            return SetValue::Parts(SetParts::read(&table, path, fixed, old, problems));
        }
        if fixed {
            return SetValue::Fixed(node);
        }
        if let Some(items) = node.as_array() {
            // The path of a value in a list begins in the list.
            let item = |item: Node<'d>| match item.as_table() {
                Some(table) => SetValue::Parts(SetParts::read(&table, "", false, old, problems)),
                None => SetValue::Given(item),
            };
            return SetValue::List(node, items.into_iter().map(item).collect());
        }
        old.quoted(node, path);
        SetValue::Given(node)
    }

    /// The place of the value.
    pub fn problem(&self, problems: &mut Problems, text: impl Into<String>) {
        match self {
            SetValue::Given(node) | SetValue::Fixed(node) | SetValue::List(node, _) => node.problem(problems, text),
            SetValue::Parts(parts) => parts.problem(problems, text),
        }
    }

    /// The value as a name that is not an expression. A constant is no name.
    pub fn name(&self, problems: &mut Problems) -> Option<(&'d str, Node<'d>)> {
        match self {
            SetValue::Given(node) | SetValue::List(node, _) => node.text(problems).map(|text| (text, *node)),
            SetValue::Fixed(_) | SetValue::Parts(_) => {
                self.problem(problems, "a name is wanted here, and it stands under `set`");
                None
            }
        }
    }

    pub fn parts(&self, problems: &mut Problems) -> Option<&SetParts<'d>> {
        match self {
            SetValue::Parts(parts) => Some(parts),
            SetValue::Given(_) | SetValue::Fixed(_) | SetValue::List(..) => {
                self.problem(problems, "a table is wanted here");
                None
            }
        }
    }

    /// Compiles a single value.
    pub fn expr<S: Scope>(
        &self,
        compiler: &Compiler<'_, S>,
        wanted: &Ty,
        problems: &mut Problems,
    ) -> Option<Expr<S::Leaf>> {
        match self {
            SetValue::Given(node) => compiler.read(*node, wanted, problems),
            SetValue::Fixed(node) => constant(compiler, *node, wanted, problems),
            SetValue::List(..) | SetValue::Parts(_) => {
                self.problem(problems, format!("{} is wanted here, not several values", wanted.name()));
                None
            }
        }
    }
}

/// A constant of the wanted type: its text is not an expression.
pub fn constant<S: Scope>(
    compiler: &Compiler<'_, S>,
    node: Node,
    wanted: &Ty,
    problems: &mut Problems,
) -> Option<Expr<S::Leaf>> {
    let Some(text) = node.as_text() else { return compiler.read(node, wanted, problems) };
    let ast = Ast { node: Tree::Text(text.to_owned()), span: 0..text.len() };
    compiler.compile(&ast, wanted).map_err(|mistake| mistake.tell(node, problems)).ok()
}

impl<'d> SetParts<'d> {
    fn read(
        table: &Table<'d>,
        path: &str,
        fixed: bool,
        old: &mut OldForms<'d>,
        problems: &mut Problems,
    ) -> SetParts<'d> {
        let (mut given, mut constants) = (Vec::new(), Vec::new());
        for (key, node) in table.entries() {
            let below = if path.is_empty() { key.name.to_owned() } else { format!("{path}.{}", key.name) };
            match node.as_table() {
                Some(inner) if key.name == "fixed" && !fixed => {
                    constants.extend(entries(&inner, path, true, old, problems));
                }
                _ => given.push((key, SetValue::read(node, &below, fixed, old, problems))),
            }
        }
        let (source, span) = (table.source(), table.span());
        SetParts { source, span, entries: join(given, constants, problems), known: RefCell::default() }
    }

    pub fn problem(&self, problems: &mut Problems, text: impl Into<String>) {
        problems.add(self.source, self.span.clone(), text);
    }

    pub fn entries(&self) -> &[(Key<'d>, SetValue<'d>)] {
        &self.entries
    }

    /// The value of a key that this reader knows.
    pub fn get(&self, key: &'static str) -> Option<&SetValue<'d>> {
        self.known.borrow_mut().push(key);
        self.entries.iter().find(|(known, _)| known.name == key).map(|(_, value)| value)
    }

    pub fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|(known, _)| known.name == key)
    }

    /// Reports every key that no reader asked for.
    pub fn finish(&self, problems: &mut Problems) {
        let known = self.known.borrow();
        for (key, _) in self.entries.iter().filter(|(key, _)| !known.contains(&key.name)) {
            problems.unknown(key.source, key.span.clone(), "key", key.name, known.iter().copied());
        }
    }
}

/// The entries of `set`, `weak` or `fixed`. The path of `weak` is "weak"; the others begin at the attribute.
pub fn entries<'d>(
    table: &Table<'d>,
    path: &str,
    fixed: bool,
    old: &mut OldForms<'d>,
    problems: &mut Problems,
) -> Entries<'d> {
    SetParts::read(table, path, fixed, old, problems).entries
}

/// Merges expressions and constants. Only compound values can have both.
pub fn join<'d>(given: Entries<'d>, constants: Entries<'d>, problems: &mut Problems) -> Entries<'d> {
    let mut joined = given;
    for (key, value) in constants {
        match (joined.iter_mut().find(|(known, _)| known.name == key.name), value) {
            (None, value) => joined.push((key, value)),
            (Some((_, SetValue::Parts(parts))), SetValue::Parts(more)) => {
                parts.entries = join(std::mem::take(&mut parts.entries), more.entries, problems);
            }
            (Some(_), _) => {
                key.problem(problems, format!("`{}` is set twice: by an expression and under `fixed`", key.name));
            }
        }
    }
    joined.sort_by_key(|(key, _)| key.span.start);
    joined
}

/// The entries of another rule with those of a rule that is `like` it put over them. Compound values are merged; an empty one
/// replaces the other's.
pub fn over<'d>(base: &[(Key<'d>, SetValue<'d>)], own: &[(Key<'d>, SetValue<'d>)]) -> Entries<'d> {
    let mut merged = base.to_vec();
    for (key, value) in own {
        match (merged.iter_mut().find(|(known, _)| known.name == key.name), value) {
            (None, value) => merged.push((key.clone(), value.clone())),
            (Some((_, SetValue::Parts(parts))), SetValue::Parts(own)) if !own.entries.is_empty() => {
                parts.entries = over(&parts.entries, &own.entries);
            }
            (Some(known), value) => *known = (key.clone(), value.clone()),
        }
    }
    merged
}
