//! `before` and `after`: the place of a rule in a file that extends another, beside a rule of the same message.

use super::rules::Draft;
use crate::{
    diagnostic::Problems,
    document::{Key, Node, Table},
};

#[derive(Clone, Copy)]
pub enum Beside<'d> {
    Before(Node<'d>),
    After(Node<'d>),
}

impl<'d> Beside<'d> {
    pub fn read(rule: &Table<'d>, extends: bool, problems: &mut Problems) -> Option<Beside<'d>> {
        let beside = match (rule.get("before"), rule.get("after")) {
            (Some(before), None) => Beside::Before(before),
            (None, Some(after)) => Beside::After(after),
            (None, None) => return None,
            (Some(_), Some(after)) => {
                after.problem(problems, "a rule stands before another or after one, not both");
                return None;
            }
        };
        if !extends {
            let node = beside.node();
            node.problem(
                problems,
                "in this file rules stand in their order: `before` and `after` are for one that `extends` it",
            );
            return None;
        }
        Some(beside)
    }

    fn node(self) -> Node<'d> {
        match self {
            Beside::Before(node) | Beside::After(node) => node,
        }
    }
}

/// Moves the rules of a message that say beside which other they stand.
pub(super) fn place(on: &Key, rules: &mut Vec<Draft>, problems: &mut Problems) {
    let own = |draft: &Draft| draft.name.as_ref().map(|name| name.name.to_owned());
    let beside: Vec<_> = rules.iter().filter_map(|draft| Some((own(draft)?, draft.beside?))).collect();
    for (name, beside) in beside {
        let Some(wanted) = beside.node().text(problems) else { continue };
        let short = wanted.strip_prefix(on.name).and_then(|rest| rest.strip_prefix('.')).unwrap_or(wanted);
        let Some(from) = rules.iter().position(|draft| own(draft).as_ref() == Some(&name)) else { continue };
        let moved = rules.remove(from);
        let to = rules.iter().position(|draft| own(draft).as_deref() == Some(short));
        let to = to.map(|to| if matches!(beside, Beside::After(_)) { to + 1 } else { to });
        if to.is_none() {
            let known: Vec<String> = rules.iter().filter_map(own).map(|name| format!("{}.{name}", on.name)).collect();
            let node = beside.node();
            let what = format!("other rule of `{}`", on.name);
            problems.unknown(node.source(), node.inner_span(), &what, wanted, known.iter().map(String::as_str));
        }
        rules.insert(to.unwrap_or(from), moved);
    }
}
