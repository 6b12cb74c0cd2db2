//! Loads `from-<dialect>.toml` section by section, and checks that it covers every message and field.

use std::sync::Arc;

use super::{
    names::MessageScope,
    parts::Builder,
    plan::{Incoming, KindPlan, Rule},
    signature::{self, Taken},
    wanted::wanted,
};
use crate::{
    diagnostic::{Problems, Source},
    document::{self, Key, Node, Table},
    mapping::{
        example::Example,
        labels::dotted_labels,
        rule_file::{check_dialect, reason, sides},
        type_of,
        value_table::{self, Finders, ValueTable},
        value_type::Ty,
    },
    message::Kind,
    model::{ChangeKind, NAMES},
    vocabulary::{MessageDef, Role, Side, Vocabulary, Which},
};

/// Loads the rules of a dialect.
pub fn load(source: &Arc<Source>, vocabulary: &Arc<Vocabulary>, problems: &mut Problems) -> Incoming {
    document::read(source, problems, |table, problems| {
        let find =
            Finders { from: Box::new(|name| type_of::enumeration(vocabulary, name)), to: Box::new(type_of::words) };
        check_dialect(&table, vocabulary, problems);
        let tables = table.section("tables", problems);
        let tables = tables.iter().filter_map(|(key, node)| value_table::load(key, *node, &find, problems)).collect();
        let mut loader = Loader {
            vocabulary,
            tables,
            lets: table.section("let", problems),
            shared: table
                .tables("shared", problems)
                .into_iter()
                .map(|section| Shared::read(section, problems))
                .collect(),
            plans: vocabulary.messages.iter().map(|_| KindPlan::default()).collect(),
            rule_names: Vec::new(),
            examples: Vec::new(),
        };
        let sides = sides(&table, problems);
        for section in table.tables("rule", problems) {
            loader.rule(section, problems);
        }
        loader.shared.iter().for_each(|shared| shared.check(problems));
        loader.ignored(&table, problems);
        loader.unread(&table, problems);
        loader.complete(&table, &sides, problems);
        table.finish(problems);
        let wanted = wanted(vocabulary, &loader.plans);
        Incoming {
            vocabulary: vocabulary.clone(),
            source: source.clone(),
            sides,
            plans: loader.plans,
            tables: loader.tables,
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
    shared: Vec<Shared<'d>>,
    plans: Vec<KindPlan>,
    rule_names: Vec<String>,
    examples: Vec<Example>,
}

/// `[[shared]]`: settings for every message that has certain fields.
struct Shared<'d> {
    having: Vec<&'d str>,
    set: Vec<(Key<'d>, Node<'d>)>,
    weak: Vec<(Key<'d>, Node<'d>)>,
    taken: Taken,
}

impl<'d> Shared<'d> {
    fn read(section: Table<'d>, problems: &mut Problems) -> Shared<'d> {
        let having = section.texts("having", problems).into_iter().map(|(label, _)| label).collect();
        let (set, weak) = (section.section("set", problems), section.section("weak", problems));
        section.finish(problems);
        Shared { having, set, weak, taken: Taken::default() }
    }

    fn check(&self, problems: &mut Problems) {
        self.set.iter().chain(&self.weak).for_each(|(key, _)| self.taken.check(key, problems));
    }
}

impl<'l, 'd> Loader<'l, 'd> {
    fn rule(&mut self, section: Table<'d>, problems: &mut Problems) {
        let means = self.means(&section, problems).zip(section.find("means"));
        let set = section.section("set", problems);
        let weak = section.section("weak", problems);
        let when = section.get("when");
        let each = section.get("each");
        let on = section.texts("on", problems);
        if on.is_empty() {
            section.problem(problems, "`on` is missing");
        }
        let first = on.first().and_then(|(label, _)| self.vocabulary.find(label));
        let asks = first.is_some_and(|kind| self.vocabulary.message(kind).side == Side::Request);
        for example in section.tables("example", problems) {
            self.examples.extend(Example::read(example, asks, problems));
        }
        section.finish(problems);
        for (label, node) in on {
            let Some(kind) = self.vocabulary.find(label) else {
                let known = self.vocabulary.messages.iter().map(|def| def.label.as_str());
                problems.unknown(node.source(), node.inner_span(), "message", label, known);
                continue;
            };
            let Some((means, means_at)) = means else { continue };
            let raw = RawRule { means, means_at, set: &set, weak: &weak, when, each };
            self.rule_for(kind, &raw, problems);
        }
    }

    fn means(&self, section: &Table, problems: &mut Problems) -> Option<ChangeKind> {
        let text = section.required("means", problems);
        let means = ChangeKind::from_name(text);
        if means.is_none() && !text.is_empty() {
            let span = section.find("means").map_or(section.span(), |node| node.inner_span());
            problems.unknown(section.source(), span, "change", text, ChangeKind::names());
        }
        means
    }

    /// Compiles a rule for one message: its own settings, then the shared ones that it lacks.
    fn rule_for(&mut self, kind: Kind, raw: &RawRule<'_, 'd>, problems: &mut Problems) {
        let def = self.vocabulary.message(kind);
        let number = self.rule_names.len();
        let earlier = self.plans[kind.0 as usize].rules.len();
        let mut plan = std::mem::take(&mut self.plans[kind.0 as usize]);
        let scope = MessageScope::new(self.vocabulary, def, &mut plan, &self.lets);
        let mut builder = Builder { scope: &scope, tables: &self.tables, problems };
        let item = raw.each.and_then(|node| builder.list(node));
        scope.item.replace(item.as_ref().map(|(_, ty)| ty.clone()));
        let mut rule = Rule {
            number,
            when: raw.when.and_then(|node| builder.expr(node, &Ty::Any)),
            each: item.map(|(leaf, _)| leaf),
            means: raw.means,
            call: None,
            calls: call_slots(def),
            request: def.role(Role::Request),
            party: None,
            other: None,
            to: None,
            service: None,
            facts: Vec::new(),
            data: None,
            services: None,
        };
        for (key, node) in raw.set {
            signature::check_set(raw.means, key, builder.problems);
            builder.set(&mut rule, key, *node, false);
        }
        for (key, node) in raw.weak {
            signature::check_set(raw.means, key, builder.problems);
            builder.set(&mut rule, key, *node, true);
        }
        for shared in &self.shared {
            let has = |label: &&str| def.fields.slot(label).is_some() || def.devices.iter().any(|d| d.label == **label);
            if shared.having.iter().all(has) {
                let takes = |(key, _): &&(Key, Node)| shared.taken.by(raw.means, key);
                let (set, weak) = (shared.set.iter().filter(takes), shared.weak.iter().filter(takes));
                set.for_each(|(key, node)| builder.set_if_new(&mut rule, key, *node, false));
                weak.for_each(|(key, node)| builder.set_if_new(&mut rule, key, *node, true));
            }
        }
        builder.roles(&mut rule, def);
        signature::check_complete(&rule, def, raw.means_at, builder.problems);
        scope.finish();
        plan.rules.push(rule);
        self.plans[kind.0 as usize] = plan;
        let suffix = if earlier == 0 { String::new() } else { format!("#{}", earlier + 1) };
        self.rule_names.push(format!("{}{suffix}", def.label));
    }

    fn ignored(&mut self, table: &Table, problems: &mut Problems) {
        for (key, node) in table.section("ignore", problems) {
            let Some(kind) = self.vocabulary.find(key.name) else {
                let known = self.vocabulary.messages.iter().map(|def| def.label.as_str());
                problems.unknown(key.source, key.span.clone(), "message", key.name, known);
                continue;
            };
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
                    let Some(kind) = self.vocabulary.find(key.name) else {
                        let known = self.vocabulary.messages.iter().map(|def| def.label.as_str());
                        problems.unknown(key.source, key.span.clone(), "message", key.name, known);
                        continue;
                    };
                    for (field, node) in fields.entries() {
                        let Some(reason) = reason(node, problems) else { continue };
                        if !self.has(kind, field.name) {
                            let labels = self.vocabulary.message(kind).fields.labels();
                            problems.unknown(field.source, field.span.clone(), "field", field.name, labels);
                        } else if self.plans[kind.0 as usize].read.contains(field.name) {
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

    fn complete(&self, table: &Table, sides: &[Side], problems: &mut Problems) {
        for (kind, def) in self.vocabulary.kinds() {
            let plan = &self.plans[kind.0 as usize];
            let told = !plan.rules.is_empty() || plan.ignored.is_some() || def.session;
            if sides.contains(&def.side) && !told {
                let text = format!("`{}` has no rule and does not stand under `ignore`", def.label);
                table.problem(problems, text);
            }
            if plan.rules.is_empty() {
                continue;
            }
            for label in self.leaves(kind) {
                let covers = |known: &str| label == known || label.starts_with(&format!("{known}."));
                let unread = plan.unread.iter().any(|(known, _)| covers(known));
                if !plan.read.contains(&label) && !unread {
                    let text = format!("`{label}` of `{}` is not read and does not stand under `unread`", def.label);
                    table.problem(problems, text);
                }
            }
        }
    }
}

struct RawRule<'r, 'd> {
    means: ChangeKind,
    means_at: Node<'d>,
    set: &'r [(Key<'d>, Node<'d>)],
    weak: &'r [(Key<'d>, Node<'d>)],
    when: Option<Node<'d>>,
    each: Option<Node<'d>>,
}

fn call_slots(def: &MessageDef) -> Vec<(Which, u8, usize)> {
    let places = |which| (0..NAMES as u8).map(move |place| (which, place));
    let names = [Which::Call, Which::Second, Which::Result].into_iter().flat_map(places);
    names.filter_map(|(which, place)| Some((which, place, def.role(Role::Call(which, place))?))).collect()
}
