//! Loads `from-<dialect>.toml` section by section, and checks that it covers every message and field.

use std::{ops::Range, sync::Arc};

use super::{
    names::MessageScope,
    parts::Builder,
    plan::{Incoming, KindPlan, Rule},
    signature::{self, Taken},
    wanted::wanted,
};
use crate::{
    diagnostic::{Problems, Source},
    document::{Key, Node, Table},
    mapping::{
        example::Example,
        expression::Expr,
        grammar::{self, Direction, Missing, OldForms, RawRule, RuleKeys, Shared, place_of},
        labels::dotted_labels,
        overlay,
        rule_file::{check_dialect, reason, sides},
        type_of,
        value_table::{self, Finders, ValueTable},
    },
    message::Kind,
    model::{Meaning, NAMES},
    vocabulary::{MessageDef, Role, Side, Vocabulary, Which},
};

/// Loads the rules of a dialect, over the shipped ones if the file extends these.
pub fn load(
    source: &Arc<Source>,
    shipped: Option<&Arc<Source>>,
    vocabulary: &Arc<Vocabulary>,
    problems: &mut Problems,
) -> Incoming {
    overlay::read(source, shipped, problems, |table, problems| {
        let find =
            Finders { from: Box::new(|name| type_of::enumeration(vocabulary, name)), to: Box::new(type_of::words) };
        let before = problems.len();
        check_dialect(&table, vocabulary, problems);
        let tables = table.section("tables", problems);
        let tables = tables.iter().filter_map(|(key, node)| value_table::load(key, *node, &find, problems)).collect();
        let mut old = OldForms::of(&table, problems);
        let mut loader = Loader {
            vocabulary,
            tables,
            lets: table.section("let", problems),
            is_right: false,
            shared: Shared::read(&table, Direction::Changes, &mut old, problems),
            taken: Taken::default(),
            plans: vocabulary.messages.iter().map(|_| KindPlan::default()).collect(),
            places: vec![None; vocabulary.messages.len()],
            rule_names: Vec::new(),
            examples: Vec::new(),
        };
        let sides = sides(&table, problems);
        Shared::check_having(&mut loader.shared, vocabulary, problems);
        loader.shared_rules(problems);
        let example = |on: &Key, example: Table, problems: &mut Problems| loader.example(on, example, problems);
        let rules = grammar::read(&table, Direction::Changes, &mut old, problems, example);
        for rule in &rules {
            loader.rule(rule, problems);
        }
        loader.is_right = problems.len() == before && !old.rules;
        loader.ignored(&table, problems);
        loader.unread(&table, problems);
        // Whether anything is missing, or superfluous, can be said once the rules themselves are right.
        if loader.is_right && problems.len() == before {
            loader.check_taken(problems);
            loader.complete(&table, &sides, problems);
        }
        old.finish(problems);
        table.finish(problems);
        let wanted = wanted(vocabulary, &loader.plans);
        Incoming {
            vocabulary: vocabulary.clone(),
            source: source.clone(),
            sides,
            plans: loader.plans.into(),
            tables: loader.tables,
            place: Default::default(),
            wanted,
            examples: loader.examples,
            rule_names: loader.rule_names,
        }
    })
}

struct Loader<'l, 'd> {
    vocabulary: &'l Arc<Vocabulary>,
    tables: Vec<ValueTable>,
    lets: Vec<(Key<'d>, Node<'d>)>,
    /// The rules were read without an error.
    is_right: bool,
    shared: Vec<Shared<'d>>,
    taken: Taken,
    plans: Vec<KindPlan>,
    /// The place of the rules of each message, for errors about all of them.
    places: Vec<Option<Key<'d>>>,
    rule_names: Vec<Arc<str>>,
    examples: Vec<Example>,
}

impl<'l, 'd> Loader<'l, 'd> {
    fn kind(&self, label: &str, source: &Arc<Source>, span: Range<usize>, problems: &mut Problems) -> Option<Kind> {
        let kind = self.vocabulary.find(label);
        if kind.is_none() {
            let known = self.vocabulary.messages.iter().map(|def| def.label.as_str());
            problems.unknown(source, span, "message", label, known);
        }
        kind
    }

    fn example(&mut self, on: &Key, section: Table, problems: &mut Problems) {
        let kind = self.vocabulary.find(on.name);
        let asks = kind.is_some_and(|kind| self.vocabulary.message(kind).side == Side::Request);
        self.examples.extend(Example::read(section, asks, problems));
    }

    /// Rules that several messages share. They fire before the messages' own.
    fn shared_rules(&mut self, problems: &mut Problems) {
        let shared = std::mem::take(&mut self.shared);
        for rule in &shared {
            let kinds: Vec<_> = rule
                .messages
                .iter()
                .filter_map(|(label, node)| {
                    self.kind(label, node.source(), node.inner_span(), problems).zip(Some(node))
                })
                .collect();
            let Some(means) = Means::of(&rule.keys, &rule.name, problems) else { continue };
            for (kind, node) in kinds {
                let place = Key { name: rule.name.name, span: node.inner_span(), source: node.source() };
                self.places[kind.0 as usize].get_or_insert(place);
                let name = format!("{}.{}", self.vocabulary.message(kind).label, rule.name.name);
                self.rule_for(kind, name, &means, &rule.keys, &shared, problems);
            }
        }
        self.shared = shared;
    }

    fn rule(&mut self, raw: &RawRule<'d>, problems: &mut Problems) {
        let Some(kind) = self.kind(raw.on.name, raw.on.source, raw.on.span.clone(), problems) else { return };
        self.places[kind.0 as usize] = Some(raw.on.clone());
        let Some(means) = Means::of(&raw.keys, &raw.place, problems) else { return };
        let shared = std::mem::take(&mut self.shared);
        self.rule_for(kind, raw.name.clone(), &means, &raw.keys, &shared, problems);
        self.shared = shared;
    }

    /// Compiles a rule for one message: its own settings, then the shared ones that it lacks.
    fn rule_for(
        &mut self,
        kind: Kind,
        name: String,
        said: &Means,
        keys: &RuleKeys<'d>,
        shared: &[Shared<'d>],
        problems: &mut Problems,
    ) {
        let def = self.vocabulary.message(kind);
        let means = said.meaning;
        let number = self.rule_names.len();
        let mut plan = std::mem::take(&mut self.plans[kind.0 as usize]);
        let scope = MessageScope::new(self.vocabulary, def, &mut plan, &self.lets);
        let mut builder = Builder { scope: &scope, tables: &self.tables, problems, tried: Vec::new() };
        let item = keys.each.and_then(|node| builder.list(node));
        scope.item.replace(item.as_ref().map(|(_, ty)| ty.clone()));
        let mut rule = Rule {
            number,
            when: keys.when.map(|node| builder.condition(node).unwrap_or_else(Expr::unreadable)),
            each: item.map(|(leaf, _)| leaf),
            means,
            call: None,
            calls: call_slots(def),
            request: def.role(Role::Request),
            party: None,
            other: None,
            to: None,
            service: None,
            facts: Vec::new(),
            data: Vec::new(),
            services: None,
        };
        for (key, value) in &keys.set {
            builder.tried.extend(signature::check_set(means, key, builder.problems));
            builder.set(&mut rule, key, value, false);
        }
        for (key, value) in &keys.weak {
            builder.tried.extend(signature::check_set(means, key, builder.problems));
            builder.set(&mut rule, key, value, true);
        }
        for settings in shared.iter().filter(|shared| shared.keys.verb.is_none()) {
            let has = |(label, _): &(&str, Node)| {
                def.fields.slot(label).is_some() || def.devices.iter().any(|device| device.label == *label)
            };
            let listed = settings.messages.iter().any(|(label, _)| *label == def.label);
            if listed || (settings.messages.is_empty() && settings.having.iter().all(has)) {
                let mut takes = |key: &Key| self.taken.by(means, key);
                let RuleKeys { set, weak, .. } = &settings.keys;
                for (key, value) in set.iter().filter(|(key, _)| takes(key)) {
                    builder.set_if_new(&mut rule, key, value, false);
                }
                for (key, value) in weak.iter().filter(|(key, _)| takes(key)) {
                    builder.set_if_new(&mut rule, key, value, true);
                }
            }
        }
        builder.roles(&mut rule, def);
        signature::check_complete(&rule, &builder.tried, def, (said.source, &said.span), builder.problems);
        scope.finish();
        plan.rules.push(rule);
        self.plans[kind.0 as usize] = plan;
        self.rule_names.push(name.into());
    }

    /// Reports shared settings that no rule has taken.
    fn check_taken(&self, problems: &mut Problems) {
        let is_known = |(label, _): &(&str, Node)| self.vocabulary.find(label).is_some();
        let is_right = |shared: &&Shared| shared.is_sound && shared.messages.iter().all(is_known);
        for shared in self.shared.iter().filter(|shared| shared.keys.verb.is_none()).filter(is_right) {
            shared.keys.set.iter().chain(&shared.keys.weak).for_each(|(key, _)| self.taken.check(key, problems));
        }
    }

    fn ignored(&mut self, table: &Table, problems: &mut Problems) {
        for (key, node) in table.section("ignore", problems) {
            let Some(kind) = self.kind(key.name, key.source, key.span.clone(), problems) else { continue };
            if !self.plans[kind.0 as usize].rules.is_empty() {
                key.problem(problems, format!("`{}` is ignored here and has a rule above", key.name));
            }
            self.plans[kind.0 as usize].ignored = reason(node, problems);
        }
    }

    /// `[unread]`: fields that are not read, of all messages or of one.
    fn unread(&mut self, table: &Table, problems: &mut Problems) {
        for (key, node) in table.section("unread", problems) {
            let kinds: Vec<Kind> = self.vocabulary.kinds().map(|(kind, _)| kind).collect();
            match node.as_table() {
                None => {
                    let Some(reason) = reason(node, problems) else { continue };
                    let known = kinds.into_iter().filter(|kind| self.has(*kind, key.name)).collect::<Vec<_>>();
                    if known.is_empty() {
                        let labels = self.vocabulary.messages.iter().flat_map(|def| def.fields.labels());
                        problems.unknown(key.source, key.span.clone(), "field", key.name, labels);
                    }
                    for kind in known {
                        let plan = &mut self.plans[kind.0 as usize];
                        plan.unread.push((key.name.to_owned(), reason.clone()));
                    }
                }
                Some(fields) => {
                    let Some(kind) = self.kind(key.name, key.source, key.span.clone(), problems) else { continue };
                    for (field, node) in fields.entries() {
                        let Some(reason) = reason(node, problems) else { continue };
                        if !self.has(kind, field.name) {
                            let labels = self.vocabulary.message(kind).fields.labels();
                            problems.unknown(field.source, field.span.clone(), "field", field.name, labels);
                        } else if self.is_right && self.plans[kind.0 as usize].read.contains(field.name) {
                            field.problem(problems, format!("`{}` is read by a rule", field.name));
                        }
                        self.plans[kind.0 as usize].unread.push((field.name.to_owned(), reason));
                    }
                }
            }
        }
    }

    /// True if a message has a field of this dotted label.
    fn has(&self, kind: Kind, dotted: &str) -> bool {
        self.leaves(kind).iter().any(|label| label == dotted || label.starts_with(&format!("{dotted}.")))
    }

    /// The dotted labels of all fields of a message, those inside records included.
    fn leaves(&self, kind: Kind) -> Vec<String> {
        dotted_labels(self.vocabulary, self.vocabulary.message(kind))
    }

    fn complete(&self, table: &Table<'d>, sides: &[Side], problems: &mut Problems) {
        let mut missing = Vec::new();
        for (kind, def) in self.vocabulary.kinds() {
            let plan = &self.plans[kind.0 as usize];
            let place = &self.places[kind.0 as usize];
            let told = place.is_some() || !plan.rules.is_empty() || plan.ignored.is_some() || def.session;
            if sides.contains(&def.side) && !told {
                let (source, span) = place_of(table, "ignore");
                let text = format!("`{}` has no rule and does not stand under `ignore`", def.label);
                let help = format!("write `[on.{0}]`, or here: {0} = \"<the reason>\"", def.label);
                problems.add_with_help(source, span, text, Some(help));
            }
            let (false, Some(place)) = (plan.rules.is_empty(), place) else { continue };
            for label in self.leaves(kind) {
                let covers = |known: &str| label == known || label.starts_with(&format!("{known}."));
                let unread = plan.unread.iter().any(|(known, _)| covers(known));
                if !plan.read.contains(&label) && !unread {
                    missing.push(Missing { field: label, message: def.label.clone(), place: place.clone() });
                }
            }
        }
        Missing::report(&missing, table, "read", "unread", problems);
    }
}

/// The change that a rule means.
struct Means<'d> {
    meaning: Meaning,
    /// The place of errors about the change: `means`, or the rule if it has that of the rule that it is like.
    source: &'d Arc<Source>,
    span: Range<usize>,
}

impl<'d> Means<'d> {
    fn of(keys: &RuleKeys<'d>, rule: &Key<'d>, problems: &mut Problems) -> Option<Means<'d>> {
        let verb = keys.verb?;
        let text = verb.text(problems)?;
        let Some(meaning) = Meaning::from_name(text) else {
            problems.unknown(verb.source(), verb.inner_span(), "change", text, Meaning::names());
            return None;
        };
        let span = if keys.has_other_verb { rule.span.clone() } else { verb.inner_span() };
        Some(Means { meaning, source: if keys.has_other_verb { rule.source } else { verb.source() }, span })
    }
}

fn call_slots(def: &MessageDef) -> Vec<(Which, u8, usize)> {
    let places = |which| (0..NAMES as u8).map(move |place| (which, place));
    let names = [Which::Call, Which::Second, Which::Result].into_iter().flat_map(places);
    names.filter_map(|(which, place)| Some((which, place, def.role(Role::Call(which, place))?))).collect()
}
