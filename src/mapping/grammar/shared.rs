//! `[shared.<name>]`: settings, or a rule, of several messages.

use std::collections::BTreeSet;

use super::{
    old_form::OldForms,
    rules::{Direction, RuleKeys},
};
use crate::{
    diagnostic::Problems,
    document::{Key, Node, Table},
    mapping::overlay,
    vocabulary::Vocabulary,
};

pub struct Shared<'d> {
    pub name: Key<'d>,
    /// The fields of the messages that have these settings.
    pub having: Vec<(&'d str, Node<'d>)>,
    /// The messages themselves, if they are listed.
    pub messages: Vec<(&'d str, Node<'d>)>,
    pub keys: RuleKeys<'d>,
    /// False if an error in what these settings are for was reported.
    pub is_sound: bool,
}

impl<'d> Shared<'d> {
    pub fn read(
        table: &Table<'d>,
        direction: Direction,
        old: &mut OldForms<'d>,
        problems: &mut Problems,
    ) -> Vec<Shared<'d>> {
        let Some(node) = table.get("shared") else { return Vec::new() };
        if node.as_array().is_some() {
            return Vec::new(); // The old form was reported.
        }
        let mut list = Vec::new();
        for (name, node) in node.table(problems).map(|table| table.entries()).unwrap_or_default() {
            let Some(section) = node.table(problems) else { continue };
            let having = section.texts("having", problems);
            let messages =
                if direction == Direction::Changes { section.texts("messages", problems) } else { Vec::new() };
            let keys = RuleKeys::read(&section, direction, old, problems);
            section.finish(problems);
            let before = problems.len();
            let only_settings = keys.verb.is_none() && keys.when.is_none() && keys.absent.is_empty();
            if direction == Direction::Messages && having.is_empty() {
                name.problem(problems, "`having` is missing: the fields of the messages that share these settings");
            } else if direction == Direction::Messages && !only_settings {
                name.problem(problems, "only settings are shared: `set` and `fixed`");
            } else if having.is_empty() == messages.is_empty() {
                name.problem(problems, "either `having` or `messages` says which messages share this");
            } else if keys.verb.is_some() && messages.is_empty() {
                name.problem(problems, "a shared rule lists its `messages`");
            } else if keys.verb.is_none() && (keys.when.is_some() || keys.each.is_some()) {
                name.problem(problems, "`means` is missing: only a rule has `when` and `each`");
            }
            list.push(Shared { name, having, messages, keys, is_sound: problems.len() == before });
        }
        // The first settings that a rule lacks are its own: those of a file that extends another come before the shipped ones.
        let begin = overlay::begin(table);
        list.sort_by_key(|shared| shared.keys.verb.is_some() || shared.name.span.start < begin);
        list
    }

    /// Reports fields that no message has: such settings would never be any rule's.
    pub fn check_having(shared: &mut [Shared<'d>], vocabulary: &Vocabulary, problems: &mut Problems) {
        let mut known = BTreeSet::new();
        for def in &vocabulary.messages {
            known.extend(def.fields.labels());
            known.extend(def.devices.iter().map(|device| device.label.as_str()));
        }
        for entry in shared {
            for (label, node) in &entry.having {
                if !known.contains(label) {
                    problems.unknown(node.source(), node.inner_span(), "field", label, known.iter().copied());
                    entry.is_sound = false;
                }
            }
        }
    }
}
