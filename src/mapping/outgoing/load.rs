//! Loads `to-<dialect>.toml` section by section. `complete` checks that nothing is missing.

use std::{cell::RefCell, sync::Arc};

use hashbrown::{HashMap, HashSet};

use super::{
    fields::Builder,
    names::TransitionScope,
    plan::{CallPart, Leaf, Outgoing, Refusal, Rule, TransitionPlan, ValuePlan},
    setting::{choices, knob},
    signature::Uses,
};
use crate::{
    diagnostic::{Problems, Source},
    document::{self, Key, Node, Table},
    mapping::{
        example::Example,
        expression::Expr,
        labels::dotted_labels,
        literal::Literal,
        rule_file::{check_dialect, reason, sides},
        type_of,
        value_table::{self, Finders, ValueTable},
        value_type::Ty,
    },
    message::Kind,
    model::{AgentAttribute, CallAttribute, ItemAttribute, RequestAttribute, ServiceAttribute, TransitionKind},
    vocabulary::{AgentPart, Role, Side, Vocabulary, Which},
};

/// Loads the rules of a dialect.
pub fn load(source: &Arc<Source>, vocabulary: &Arc<Vocabulary>, problems: &mut Problems) -> Outgoing {
    document::read(source, problems, |table, problems| {
        let find =
            Finders { from: Box::new(type_of::words), to: Box::new(|name| type_of::enumeration(vocabulary, name)) };
        check_dialect(&table, vocabulary, problems);
        let tables = table.section("tables", problems);
        let tables = tables.iter().filter_map(|(key, node)| value_table::load(key, *node, &find, problems)).collect();
        let knobs = table.section("config", problems);
        let mut loader = Loader {
            vocabulary,
            tables,
            knobs: knobs.iter().filter_map(|(key, node)| knob(key, *node, problems)).collect(),
            shared: table
                .tables("shared", problems)
                .into_iter()
                .map(|section| Shared::read(section, problems))
                .collect(),
            plans: TransitionKind::ALL.iter().map(|_| TransitionPlan::default()).collect(),
            absent: HashMap::new(),
            unsaid: HashMap::new(),
            absences: Vec::new(),
            set: Vec::new(),
            rule_names: Vec::new(),
            examples: Vec::new(),
        };
        loader.absences(&table, problems);
        for section in table.tables("rule", problems) {
            loader.rule(section, problems);
        }
        for section in table.tables("refusal", problems) {
            loader.refusal(section, problems);
        }
        for (key, _, uses) in loader.shared.iter().flat_map(|shared| &shared.set) {
            uses.borrow().check(key, problems);
        }
        loader.reasons(&table, "ignore", problems);
        loader.reasons(&table, "unsupported", problems);
        loader.steps(&table, problems);
        loader.unsaid(&table, problems);
        loader.superfluous(problems);
        let sides = sides(&table, problems);
        loader.complete(&table, sides.contains(&Side::Event), |kind| !kind.is_order(), problems);
        loader.complete(&table, sides.contains(&Side::Request), |kind| kind.is_order(), problems);
        for side in &sides {
            loader.all_said(&table, *side, problems);
        }
        let agents_of = table.texts("agents-of", problems).into_iter().map(|(name, _)| name.to_owned()).collect();
        let untold = table.section("untold", problems);
        let reads = |wanted: &[Leaf]| {
            let rules = loader.plans.iter().flat_map(|plan| &plan.rules);
            rules.flat_map(|rule| &rule.sets).any(|(_, plan)| plan.reads(wanted))
        };
        let numbers_labels = reads(&[Leaf::Item(ItemAttribute::Number)]);
        let waiting = [CallAttribute::QueuedDate, CallAttribute::QueuedTime];
        let tells_waiting = reads(&waiting.map(|attribute| Leaf::Call(Which::Call, attribute)));
        let mut outgoing = Outgoing {
            vocabulary: vocabulary.clone(),
            source: source.clone(),
            sides,
            plans: loader.plans,
            tables: loader.tables,
            examples: loader.examples,
            rule_names: loader.rule_names,
            knobs: loader.knobs,
            choices: knobs.iter().filter_map(|(key, node)| choices(key, *node, problems)).collect(),
            absent: loader.absent,
            unsaid: loader.unsaid,
            untold: HashMap::new(),
            numbers_labels,
            tells_waiting,
            call_parts: vocabulary.call_names.iter().map(|name| CallPart::of(name)).collect(),
            agents_of,
        };
        outgoing.read_untold(&table, &untold, problems);
        table.finish(problems);
        outgoing
    })
}

/// `[[shared]]`: settings for every message that has certain fields.
struct Shared<'d> {
    having: Vec<&'d str>,
    set: Vec<(Key<'d>, Node<'d>, RefCell<Uses>)>,
}

impl<'d> Shared<'d> {
    fn read(section: Table<'d>, problems: &mut Problems) -> Shared<'d> {
        let having = section.texts("having", problems).into_iter().map(|(label, _)| label).collect();
        let set = section.section("set", problems).into_iter().map(|(key, node)| (key, node, RefCell::default()));
        let shared = Shared { having, set: set.collect() };
        section.finish(problems);
        shared
    }
}

/// The rules of a file while they are read.
pub struct Loader<'l, 'd> {
    pub vocabulary: &'l Arc<Vocabulary>,
    tables: Vec<ValueTable>,
    knobs: Vec<(String, Literal)>,
    shared: Vec<Shared<'d>>,
    pub plans: Vec<TransitionPlan>,
    pub absent: HashMap<(Kind, String), String>,
    pub unsaid: HashMap<Kind, String>,
    /// The fields that stand under `absent`, with the messages that have them.
    pub absences: Vec<(Key<'d>, Vec<Kind>)>,
    /// The dotted labels that each rule sets in its message.
    pub set: Vec<(Kind, HashSet<String>)>,
    rule_names: Vec<String>,
    examples: Vec<Example>,
}

impl<'d> Loader<'_, 'd> {
    fn rule(&mut self, section: Table<'d>, problems: &mut Problems) {
        let emit = section.required("emit", problems);
        let kind = self.vocabulary.find(emit);
        if kind.is_none() && !emit.is_empty() {
            let span = section.find("emit").map_or(section.span(), |node| node.inner_span());
            let known = self.vocabulary.messages.iter().map(|def| def.label.as_str());
            problems.unknown(section.source(), span, "message", emit, known);
        }
        let set = section.section("set", problems);
        let absent = section.section("absent", problems);
        let when = section.get("when");
        let on = section.texts("on", problems);
        if on.is_empty() {
            section.problem(problems, "`on` is missing");
        }
        for example in section.tables("example", problems) {
            self.examples.extend(Example::read(example, false, problems));
        }
        let span = section.span();
        let source = section.source();
        section.finish(problems);
        let Some(emit) = kind else { return };
        for (name, node) in on {
            let Some(transition) = TransitionKind::from_name(name) else {
                problems.unknown(node.source(), node.inner_span(), "transition", name, TransitionKind::names());
                continue;
            };
            let (rule, told) = self.build(transition, emit, &set, when, problems);
            self.check_fields(
                emit,
                &told,
                &absent,
                |text, problems| problems.add(source, span.clone(), text),
                problems,
            );
            self.plans[transition as usize].rules.push(rule);
        }
    }

    /// `[[refusal]]`: orders that the platform cannot carry out under a condition, even if there are rules for them.
    fn refusal(&mut self, section: Table<'d>, problems: &mut Problems) {
        let on = section.texts("on", problems);
        if on.is_empty() {
            section.problem(problems, "`on` is missing");
        }
        let transitions: Vec<_> = on.iter().filter_map(|(name, _)| TransitionKind::from_name(name)).collect();
        let scope = TransitionScope::new(self.vocabulary, &self.knobs, &transitions);
        let mut builder = Builder::new(&scope, &self.tables, problems);
        let when = section.get("when").and_then(|node| builder.expr(node, &Ty::Any)).map(Arc::new);
        builder.report_lacks();
        if section.find("when").is_none() {
            section.problem(problems, "`when` is missing: what is never possible stands under `unsupported`");
        }
        let because = section.get("because").and_then(|node| reason(node, problems));
        if section.find("because").is_none() {
            section.problem(problems, "`because` is missing");
        }
        for (name, node) in on {
            match TransitionKind::from_name(name).filter(|kind| kind.is_order()) {
                Some(kind) => {
                    let refusal = when.clone().zip(because.clone()).map(|(when, because)| Refusal { when, because });
                    self.plans[kind as usize].refusals.extend(refusal);
                }
                None => {
                    let known = TransitionKind::ALL.iter().filter(|kind| kind.is_order()).map(|kind| kind.name());
                    problems.unknown(node.source(), node.inner_span(), "order", name, known);
                }
            }
        }
        section.finish(problems);
    }

    fn build(
        &mut self,
        transition: TransitionKind,
        emit: Kind,
        set: &[(Key<'d>, Node<'d>)],
        when: Option<Node<'d>>,
        problems: &mut Problems,
    ) -> (Rule, HashSet<String>) {
        let def = self.vocabulary.message(emit);
        let transitions = [transition];
        let scope = TransitionScope::new(self.vocabulary, &self.knobs, &transitions);
        let mut builder = Builder::new(&scope, &self.tables, problems);
        let number = self.rule_names.len();
        let mut rule = Rule {
            number,
            on: transition,
            when: when.and_then(|node| builder.expr(node, &Ty::Any)),
            emit,
            fields: def.fields.list.len(),
            sets: Vec::new(),
        };
        for (key, node) in set {
            builder.set(&mut rule, def, key, *node);
        }
        builder.report_lacks();
        for shared in &self.shared {
            if shared.having.iter().all(|label| def.fields.slot(label).is_some()) {
                for (key, node, uses) in &shared.set {
                    let known = def.fields.slot(key.name).is_some_and(|slot| rule.sets.iter().any(|(s, _)| *s == slot));
                    if !known {
                        builder.set(&mut rule, def, key, *node);
                        uses.borrow_mut().add(std::mem::take(&mut builder.lacks));
                    }
                }
            }
        }
        self.set.push((emit, builder.told.clone()));
        for (slot, field) in def.fields.list.iter().enumerate() {
            let fixed = def.fixed.iter().any(|(fixed, _)| *fixed == slot);
            if let (Some(role), false) = (field.role, fixed || rule.sets.iter().any(|(known, _)| *known == slot)) {
                rule.sets.push((slot, ValuePlan::Scalar(Expr::Leaf(role_leaf(role)))));
                builder.told.insert(field.label.clone());
            }
        }
        let told = builder.told;
        let earlier = self.plans[transition as usize].rules.iter().filter(|rule| rule.emit == emit).count();
        let suffix = if earlier == 0 { String::new() } else { format!("#{}", earlier + 1) };
        self.rule_names.push(format!("{}:{}{suffix}", transition.name(), def.label));
        (rule, told)
    }

    /// `[absent]`: a field of all messages, or `[absent.Message]`.
    fn absences(&mut self, table: &Table<'d>, problems: &mut Problems) {
        for (key, node) in table.section("absent", problems) {
            let fields = match node.as_table() {
                Some(section) => section.entries(),
                None => vec![(key.clone(), node)],
            };
            let only = node.as_table().is_some().then(|| self.vocabulary.find(key.name));
            if only == Some(None) {
                let known = self.vocabulary.messages.iter().map(|def| def.label.as_str());
                problems.unknown(key.source, key.span.clone(), "message", key.name, known);
                continue;
            }
            for (field, node) in fields {
                let Some(reason) = reason(node, problems) else { continue };
                let mut places = Vec::new();
                for (kind, def) in self.vocabulary.kinds() {
                    if only.flatten().is_some_and(|only| only != kind) {
                        continue;
                    }
                    let labels = dotted_labels(self.vocabulary, def);
                    if labels.iter().any(|label| label == field.name || label.starts_with(&format!("{}.", field.name)))
                    {
                        places.push(kind);
                        self.absent.insert((kind, field.name.to_owned()), reason.clone());
                    }
                }
                if places.is_empty() {
                    let labels = self.vocabulary.messages.iter().flat_map(|def| def.fields.labels());
                    problems.unknown(field.source, field.span.clone(), "field", field.name, labels);
                }
                self.absences.push((field, places));
            }
        }
    }

    fn reasons(&mut self, table: &Table, section: &'static str, problems: &mut Problems) {
        for (key, node) in table.section(section, problems) {
            let Some(kind) = TransitionKind::from_name(key.name) else {
                problems.unknown(key.source, key.span.clone(), "transition", key.name, TransitionKind::names());
                continue;
            };
            let plan = &mut self.plans[kind as usize];
            if plan.rules.iter().any(|rule| rule.when.is_none()) {
                key.problem(problems, format!("`{}` stands under `{section}` and has a rule above", key.name));
            }
            plan.ignored = reason(node, problems);
        }
    }

    /// `[steps]`: orders that are carried out as several others.
    fn steps(&mut self, table: &Table, problems: &mut Problems) {
        let section = table.section("steps", problems);
        for (key, node) in section {
            let mut order = |name: &str, source: &Arc<Source>, span| {
                let kind = TransitionKind::from_name(name).filter(|kind| kind.is_order());
                if kind.is_none() {
                    let known = TransitionKind::ALL.iter().filter(|kind| kind.is_order()).map(|kind| kind.name());
                    problems.unknown(source, span, "order", name, known);
                }
                kind
            };
            let Some(kind) = order(key.name, key.source, key.span.clone()) else { continue };
            let items = node.as_array().into_iter().flat_map(|items| items.into_iter());
            let steps = items.filter_map(|item| order(item.as_text()?, item.source(), item.inner_span())).collect();
            let plan = &mut self.plans[kind as usize];
            plan.steps = steps;
            if plan.steps.is_empty() {
                node.problem(problems, "steps are a list of orders");
            } else if plan.rules.iter().any(|rule| rule.when.is_none()) {
                key.problem(problems, format!("`{}` stands under `steps` and has a rule above", key.name));
            }
        }
    }

    fn unsaid(&mut self, table: &Table, problems: &mut Problems) {
        for (key, node) in table.section("unsaid", problems) {
            let Some(kind) = self.vocabulary.find(key.name) else {
                let known = self.vocabulary.messages.iter().map(|def| def.label.as_str());
                problems.unknown(key.source, key.span.clone(), "message", key.name, known);
                continue;
            };
            if self.plans.iter().flat_map(|plan| &plan.rules).any(|rule| rule.emit == kind) {
                key.problem(problems, format!("`{}` is said by a rule above", key.name));
            }
            self.unsaid.extend(reason(node, problems).map(|reason| (kind, reason)));
        }
    }
}

fn role_leaf(role: Role) -> Leaf {
    match role {
        Role::Call(which, place) => Leaf::CallName(which, place),
        Role::Agent(AgentPart::Id) => Leaf::Agent(AgentAttribute::Id),
        Role::Agent(AgentPart::Number) => Leaf::Agent(AgentAttribute::Number),
        Role::Agent(AgentPart::Name) => Leaf::Agent(AgentAttribute::Name),
        Role::Agent(AgentPart::Station) => Leaf::Agent(AgentAttribute::Station),
        Role::Service => Leaf::Service(ServiceAttribute::Id),
        Role::Request => Leaf::Request(RequestAttribute::Id),
        Role::Session | Role::Tenant | Role::Platform | Role::Sequence | Role::Time | Role::Utc => Leaf::Role(role),
    }
}
