//! The old form of rule files: each sort of it is reported once per file, with the new form to write instead.

use crate::{
    diagnostic::Problems,
    document::{Node, Table},
};

/// What a file still has in the old form.
#[derive(Default)]
pub struct OldForms<'d> {
    /// Texts in quotes within quotes, each with the path of the value that it is.
    quoted: Vec<(Node<'d>, String)>,
    /// The file has rules in the old form: what is missing in it cannot be known.
    pub rules: bool,
}

impl<'d> OldForms<'d> {
    /// Looks for rules, shared settings and refusals in the old form.
    pub fn of(table: &Table<'d>, problems: &mut Problems) -> OldForms<'d> {
        let mut old = OldForms::default();
        if let Some(first) = first(table.get("rule")) {
            old.rules = true;
            let on: Vec<&str> = names(&first);
            let name = on.first().copied().unwrap_or("<message>");
            let further = match on.get(1) {
                Some(second) => format!("; `[on.{second}]` has `like = \"{name}\"`"),
                None => format!(", or `[on.{name}.<name>]` if `{name}` has several rules"),
            };
            let was = if on.is_empty() { String::new() } else { " and `on`".to_owned() };
            let help = format!("its examples are `[[on.{name}.example]]`");
            let text = format!("a rule is no longer written as `[[rule]]`{was}: write `[on.{name}]`{further}");
            problems.add_with_help(first.source(), first.span(), text, Some(help));
        }
        if let Some(first) = first(table.find("shared")) {
            let name = first.find("having").map(|node| node.as_array().map_or(vec![node], |items| items));
            let name = name.and_then(|items| items.first()?.as_text()).unwrap_or("<name>");
            let text = format!("`[[shared]]` has a name now: write `[shared.{}]`", name.to_lowercase());
            first.problem(problems, text);
        }
        if let Some(first) = first(table.get("refusal")) {
            let orders = match names(&first)[..] {
                [one] => format!("`orders = \"{one}\"`"),
                _ => "`orders = […]`".to_owned(),
            };
            let text = format!("`[[refusal]]` has a name now: write `[refuse.<name>]`, and {orders} instead of `on`");
            first.problem(problems, text);
        }
        old
    }

    /// Notes a text in quotes within quotes that is a whole value.
    pub fn quoted(&mut self, node: Node<'d>, path: &str) {
        let inner = node.as_text().and_then(|text| text.strip_prefix('\'')?.strip_suffix('\''));
        if inner.is_some_and(|inner| !inner.contains('\'')) {
            self.quoted.push((node, path.to_owned()));
        }
    }

    /// Reports the first of the texts in quotes within quotes.
    pub fn finish(self, problems: &mut Problems) {
        let Some((node, path)) = self.quoted.first() else { return };
        let path = match path.strip_prefix("weak.") {
            Some(path) => format!("weak.fixed.{path}"),
            None => format!("fixed.{path}"),
        };
        let more = match self.quoted.len() {
            1 => String::new(),
            2 => " (and one more like it)".to_owned(),
            count => format!(" (and {} more like it)", count - 1),
        };
        let constant = node.as_text().unwrap_or_default().trim_matches('\'');
        node.problem(
            problems,
            format!("a constant has no quotes within quotes: write `{path} = \"{constant}\"`{more}"),
        );
    }
}

/// The first table of `[[key]]`.
fn first(node: Option<Node<'_>>) -> Option<Table<'_>> {
    node?.as_array()?.first()?.as_table()
}

/// The texts of `on`.
fn names<'d>(section: &Table<'d>) -> Vec<&'d str> {
    let Some(on) = section.find("on") else { return Vec::new() };
    on.as_array().map_or(vec![on], |items| items).into_iter().filter_map(|item| item.as_text()).collect()
}
