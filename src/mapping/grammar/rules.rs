//! `[on.<message>]`: the rules of each message or transition, which stand together. A table is a rule, or holds rules by their
//! names; TOML itself refuses a name that is there twice.

use super::{
    like,
    old_form::OldForms,
    place::{self, Beside},
    value::{self, Entries},
};
use crate::{
    diagnostic::{Problems, nearest},
    document::{Key, Node, Table},
    mapping::overlay,
};

/// The two sorts of rule files, whose rules have different keys.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// `from-<dialect>.toml`: rules of messages, which mean changes.
    Changes,
    /// `to-<dialect>.toml`: rules of transitions, which emit messages.
    Messages,
}

impl Direction {
    pub fn keys(self) -> &'static [&'static str] {
        match self {
            Direction::Changes => &["means", "when", "each", "set", "fixed", "weak"],
            Direction::Messages => &["emit", "when", "set", "fixed", "absent"],
        }
    }

    pub fn verb(self) -> &'static str {
        match self {
            Direction::Changes => "means",
            Direction::Messages => "emit",
        }
    }
}

/// A rule as it is written, after `like` was followed.
pub struct RawRule<'d> {
    /// The full name: `delivered`, or `delivered.to-agent` if the message has several rules.
    pub name: String,
    /// The message or transition.
    pub on: Key<'d>,
    /// The key that names the rule: the place of errors about all of it.
    pub place: Key<'d>,
    /// The rule that it is like could not be used, which is reported.
    pub lost: bool,
    pub keys: RuleKeys<'d>,
}

#[derive(Clone, Default)]
pub struct RuleKeys<'d> {
    /// `means` or `emit`.
    pub verb: Option<Node<'d>>,
    /// `means` or `emit` is that of the rule that this one is like.
    pub has_other_verb: bool,
    pub when: Option<Node<'d>>,
    pub each: Option<Node<'d>>,
    pub set: Entries<'d>,
    pub weak: Entries<'d>,
    pub absent: Vec<(Key<'d>, Node<'d>)>,
}

impl<'d> RuleKeys<'d> {
    pub fn read(
        section: &Table<'d>,
        direction: Direction,
        old: &mut OldForms<'d>,
        problems: &mut Problems,
    ) -> RuleKeys<'d> {
        let mut entries = |key, path: &str, fixed, problems: &mut Problems| {
            let table = section.get(key).and_then(|node: Node<'d>| node.table(problems));
            table.map(|table| value::entries(&table, path, fixed, old, problems)).unwrap_or_default()
        };
        let set = entries("set", "", false, problems);
        let fixed = entries("fixed", "", true, problems);
        let changes = direction == Direction::Changes;
        RuleKeys {
            set: value::join(set, fixed, problems),
            weak: if changes { entries("weak", "weak", false, problems) } else { Vec::new() },
            verb: section.get(direction.verb()),
            has_other_verb: false,
            when: section.get("when"),
            each: if changes { section.get("each") } else { None },
            absent: if changes { Vec::new() } else { section.section("absent", problems) },
        }
    }

    /// These keys, put over those of another rule.
    pub fn over(&self, base: &RuleKeys<'d>) -> RuleKeys<'d> {
        let set_by = |own: &Entries<'d>, name| own.iter().any(|(key, _)| key.name == name);
        let mut base = base.clone();
        // An attribute can change between `set` and `weak`, a field between `set` and `absent`.
        base.set
            .retain(|(key, _)| !set_by(&self.weak, key.name) && !self.absent.iter().any(|(k, _)| k.name == key.name));
        base.weak.retain(|(key, _)| !set_by(&self.set, key.name));
        base.absent
            .retain(|(key, _)| !set_by(&self.set, key.name) && !self.absent.iter().any(|(k, _)| k.name == key.name));
        base.absent.extend(self.absent.iter().cloned());
        RuleKeys {
            verb: self.verb.or(base.verb),
            has_other_verb: self.verb.is_none(),
            when: self.when.or(base.when),
            each: self.each.or(base.each),
            set: value::over(&base.set, &self.set),
            weak: value::over(&base.weak, &self.weak),
            absent: base.absent,
        }
    }
}

/// A rule before `like` is followed.
pub(super) struct Draft<'d> {
    /// Its own name, if its message has several rules.
    pub name: Option<Key<'d>>,
    pub like: Option<Node<'d>>,
    pub beside: Option<Beside<'d>>,
    pub keys: RuleKeys<'d>,
}

/// The rules of a message before `like` is followed.
pub(super) struct Drafts<'d> {
    pub on: Key<'d>,
    /// `like` of the message, which may name a message with several rules.
    pub like: Option<Node<'d>>,
    /// The keys in the message's own table. Beside `like`, they are put over all rules.
    pub keys: RuleKeys<'d>,
    /// The rules by their names, or the message's one rule.
    pub rules: Vec<Draft<'d>>,
}

/// Reads `[on]`. Examples are handed to `example` with their message.
pub fn read<'d>(
    table: &Table<'d>,
    direction: Direction,
    old: &mut OldForms<'d>,
    problems: &mut Problems,
    mut example: impl FnMut(&Key<'d>, Table<'d>, &mut Problems),
) -> Vec<RawRule<'d>> {
    let begin = overlay::begin(table);
    let extends = begin > 0;
    let mut messages = Vec::new();
    let mut stray_on = false;
    for (on, node) in table.section("on", problems) {
        if node.as_array().is_some() {
            let text = format!("several rules of a message have names: write `[on.{}.<name>]`", on.name);
            on.problem(problems, text);
            continue;
        }
        let Some(section) = node.table(problems) else { continue };
        let mut examples = section.tables("example", problems);
        let like = section.get("like");
        let entries = section.entries();
        let own = entries.iter().find(|(key, _)| direction.keys().contains(&key.name)).map(|(key, _)| key.clone());
        let keys = RuleKeys::read(&section, direction, old, problems);
        let mut drafts = Drafts { on: on.clone(), like, keys, rules: Vec::new() };
        for (name, node) in entries {
            if direction.keys().contains(&name.name) || matches!(name.name, "like" | "example") {
                continue;
            }
            let Some(rule) = node.as_table() else {
                if matches!(name.name, "before" | "after") {
                    let text = format!(
                        "`[on.{on}]` is the only rule of `{on}`, so it stands beside no other: `{}` is for `[on.{on}.<name>]`",
                        name.name,
                        on = on.name
                    );
                    name.problem(problems, text);
                } else if name.name != "on" {
                    let known = direction.keys().iter().copied().chain(["like", "example"]);
                    problems.unknown(name.source, name.span.clone(), "key", name.name, known);
                } else if !std::mem::replace(&mut stray_on, true) {
                    name.problem(problems, "the table's name says the message: write `[on.<message>]` without `on`");
                }
                continue;
            };
            if own.is_some() && like.is_none() {
                let help = nearest(name.name, direction.keys().iter().copied());
                let help = help.map(|right| format!("did you mean `{right}`?"));
                let text = format!(
                    "`[on.{on}]` is a rule, so it cannot hold the rule `{}`: write `[on.{on}.<name>]` for each of the two",
                    name.name,
                    on = on.name
                );
                problems.add_with_help(name.source, name.span.clone(), text, help);
                continue;
            }
            examples.extend(rule.tables("example", problems));
            let keys = RuleKeys::read(&rule, direction, old, problems);
            let beside = Beside::read(&rule, extends, problems);
            drafts.rules.push(Draft { name: Some(name), like: rule.get("like"), beside, keys });
            rule.finish(problems);
        }
        // The examples of the shipped rules show what these do without the changes.
        for table in examples.into_iter().filter(|table| table.span().start >= begin) {
            example(&on, table, problems);
        }
        if drafts.rules.is_empty() && drafts.like.is_none() {
            drafts.rules = vec![Draft { name: None, like: None, beside: None, keys: drafts.keys.clone() }];
        }
        place::place(&on, &mut drafts.rules, problems);
        messages.push(drafts);
    }
    like::resolve(messages, direction, problems)
}
