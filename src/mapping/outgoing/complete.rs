//! The rules of a dialect are complete: every field of a message that is said is set or known to be absent, every transition
//! has a rule or a reason why not, and every message is said or has a reason why not.

use hashbrown::HashSet;

use super::load::Loader;
use crate::{
    diagnostic::Problems,
    document::Table,
    mapping::{
        grammar::{Missing, RawRule, place_of},
        labels::dotted_labels,
        rule_file::reason,
    },
    message::Kind,
    model::Occasion,
    vocabulary::Side,
};

impl<'d> Loader<'_, 'd> {
    /// Checks that every field of a message is set, has a default in the vocabulary, or is known to be absent.
    pub fn check_fields(&mut self, emit: Kind, told: &HashSet<String>, rule: &RawRule<'d>, problems: &mut Problems) {
        let def = self.vocabulary.message(emit);
        let covers = |known: &str, label: &str| label == known || label.starts_with(&format!("{known}."));
        let labels = dotted_labels(self.vocabulary, def);
        for (key, node) in &rule.keys.absent {
            if !labels.iter().any(|label| covers(key.name, label)) {
                problems.unknown(key.source, key.span.clone(), "field", key.name, labels.iter().map(String::as_str));
            }
            if told.contains(key.name) {
                key.problem(problems, format!("`{}` is set by this rule", key.name));
            }
            let reason = reason(*node, problems).unwrap_or_default();
            self.absent.insert((emit, key.name.to_owned()), reason);
        }
        for label in labels {
            let top = label.split('.').next().unwrap_or(&label);
            let slot = def.fields.slot(top);
            let field = slot.map(|slot| &def.fields.list[slot]);
            let named = def.wire_names.iter().any(|(name, _)| *name == label);
            let fixed = slot.is_some_and(|slot| def.fixed.iter().any(|(fixed, _)| *fixed == slot));
            let defaulted = field.is_some_and(|field| field.optional || field.has_default());
            let is_absent = self.absent.iter().any(|((kind, known), _)| *kind == emit && covers(known, &label));
            let is_told = told.iter().any(|known| covers(known, &label));
            // A joined field is split again into the fields that it consists of.
            let parts_of = |slot| def.fields.list.iter().filter(move |whole| whole.joined.contains(&slot));
            let is_part = slot.is_some_and(|slot| parts_of(slot).any(|whole| told.contains(&whole.label)));
            if !(is_told || is_part || named || fixed || defaulted || is_absent) {
                let place = rule.place.clone();
                self.missing.push(Missing { field: label, message: def.label.clone(), place });
            }
        }
    }

    /// Reports fields under `[absent]` that every rule sets.
    pub fn superfluous(&self, problems: &mut Problems) {
        for (field, kinds) in &self.absences {
            let mut rules = self.set.iter().filter(|(kind, _)| kinds.contains(kind)).peekable();
            if rules.peek().is_some() && rules.all(|(_, set)| set.contains(field.name)) {
                field.problem(problems, format!("`{}` is set wherever it could be absent", field.name));
            }
        }
    }

    /// Checks that nothing is passed over: transitions and messages of the file's sides, and fields.
    pub fn complete(&self, table: &Table<'d>, sides: &[Side], problems: &mut Problems) {
        Missing::report(&self.missing, table, "set", "absent", problems);
        for kind in Occasion::all() {
            let side = if kind.is_order() { Side::Request } else { Side::Event };
            if sides.contains(&side) {
                self.has_rule(kind, table, problems);
            }
        }
        for side in sides {
            self.all_said(table, *side, problems);
        }
    }

    /// Checks that a transition has a rule without a condition, or a reason why not.
    fn has_rule(&self, kind: Occasion, table: &Table<'d>, problems: &mut Problems) {
        let plan = &self.plans[kind.place()];
        let only_wrong = plan.rules.is_empty() && self.written.contains(&kind);
        let always = plan.rules.iter().any(|rule| rule.when.is_none());
        if plan.ignored.is_some() || !plan.steps.is_empty() || always || only_wrong {
            return;
        }
        let section = if kind.is_order() { "unsupported" } else { "ignore" };
        let name = kind.name();
        let text = format!("`{name}` has no rule without a condition and does not stand under `{section}`");
        let (source, span) = place_of(table, section);
        let rule =
            if plan.rules.is_empty() { format!("write `[on.{name}]`, or here: ") } else { "write here: ".to_owned() };
        problems.add_with_help(source, span, text, Some(format!("{rule}{name} = \"<the reason>\"")));
    }

    /// Checks that every message of a side is said by some rule, or has a reason why not.
    fn all_said(&self, table: &Table<'d>, side: Side, problems: &mut Problems) {
        for (kind, def) in self.vocabulary.kinds() {
            let said = self.plans.iter().flat_map(|plan| &plan.rules).any(|rule| rule.emit == kind);
            if def.side == side && !def.session && !said && !self.unsaid.contains_key(&kind) {
                let text = format!("`{}` is said by no rule and does not stand under `unsaid`", def.label);
                let (source, span) = place_of(table, "unsaid");
                let help =
                    format!("write a rule that has `emit = \"{0}\"`, or here: {0} = \"<the reason>\"", def.label);
                problems.add_with_help(source, span, text, Some(help));
            }
        }
    }
}
