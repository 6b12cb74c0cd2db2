//! Loads `to-<dialect>.toml` section by section. `complete` checks that nothing is missing.

use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use super::{
    fields::Builder,
    names::TransitionScope,
    plan::{CallPart, Leaf, OccasionPlan, Outgoing, Rule, ValuePlan},
    setting::{choices, knob},
    signature::Uses,
};
use crate::{
    diagnostic::{Problems, Source},
    document::{Key, Node, Table},
    mapping::{
        example::Example,
        expression::Expr,
        grammar::{self, Direction, Missing, OldForms, RawRule, RuleKeys, Shared},
        labels::dotted_labels,
        literal::Literal,
        overlay,
        rule_file::{check_dialect, reason, sides},
        type_of,
        value_table::{self, Finders, ValueTable},
    },
    message::Kind,
    model::{AgentAttribute, CallAttribute, ItemAttribute, Occasion, OrderKind, RequestAttribute, ServiceAttribute},
    vocabulary::{AgentPart, Role, Vocabulary, Which},
};

/// Loads the rules of a dialect, over the shipped ones if the file extends these.
pub fn load(
    source: &Arc<Source>,
    shipped: Option<&Arc<Source>>,
    vocabulary: &Arc<Vocabulary>,
    problems: &mut Problems,
) -> Outgoing {
    overlay::read(source, shipped, problems, |table, problems| {
        let find =
            Finders { from: Box::new(type_of::words), to: Box::new(|name| type_of::enumeration(vocabulary, name)) };
        let before = problems.len();
        check_dialect(&table, vocabulary, problems);
        let tables = table.section("tables", problems);
        let tables = tables.iter().filter_map(|(key, node)| value_table::load(key, *node, &find, problems)).collect();
        let knobs = table.section("config", problems);
        let mut old = OldForms::of(&table, problems);
        let mut loader = Loader {
            vocabulary,
            tables,
            knobs: knobs.iter().filter_map(|(key, node)| knob(key, *node, problems)).collect(),
            shared: Shared::read(&table, Direction::Messages, &mut old, problems),
            uses: Uses::default(),
            plans: Occasion::all().map(|_| OccasionPlan::default()).collect(),
            absent: HashMap::new(),
            unsaid: HashMap::new(),
            absences: Vec::new(),
            set: Vec::new(),
            missing: Vec::new(),
            written: HashSet::new(),
            rule_names: Vec::new(),
            examples: Vec::new(),
        };
        Shared::check_having(&mut loader.shared, vocabulary, problems);
        loader.absences(&table, problems);
        let example = |_: &Key, section: Table, problems: &mut Problems| {
            loader.examples.extend(Example::read(section, false, problems));
        };
        let rules = grammar::read(&table, Direction::Messages, &mut old, problems, example);
        for rule in &rules {
            loader.rule(rule, problems);
        }
        loader.refusals(&table, problems);
        loader.reasons(&table, "ignore", problems);
        loader.reasons(&table, "unsupported", problems);
        loader.steps(&table, problems);
        loader.unsaid(&table, problems);
        let sides = sides(&table, problems);
        // Whether anything is missing, or superfluous, can be said once the rules themselves are right.
        let is_right = problems.len() == before && !old.rules;
        if is_right {
            loader.superfluous(problems);
            let settings = loader.shared.iter().filter(|shared| shared.is_sound).flat_map(|shared| &shared.keys.set);
            settings.for_each(|(key, _)| loader.uses.check(key, problems));
            loader.complete(&table, &sides, problems);
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
            plans: loader.plans.into(),
            tables: loader.tables,
            place: Default::default(),
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
        outgoing.read_untold(&table, &untold, !is_right, problems);
        old.finish(problems);
        table.finish(problems);
        outgoing
    })
}

/// The rules of a file while they are read.
pub struct Loader<'l, 'd> {
    pub vocabulary: &'l Arc<Vocabulary>,
    pub tables: Vec<ValueTable>,
    pub knobs: Vec<(String, Literal)>,
    shared: Vec<Shared<'d>>,
    uses: Uses,
    pub plans: Vec<OccasionPlan>,
    pub absent: HashMap<(Kind, String), String>,
    pub unsaid: HashMap<Kind, String>,
    /// The fields that stand under `absent`, with the messages that have them.
    pub absences: Vec<(Key<'d>, Vec<Kind>)>,
    /// The dotted labels that each rule sets in its message.
    pub set: Vec<(Kind, HashSet<String>)>,
    /// The fields of messages that rules do not set.
    pub missing: Vec<Missing<'d>>,
    /// The transitions that the file has rules of, also if they are wrong.
    pub written: HashSet<Occasion>,
    rule_names: Vec<Arc<str>>,
    examples: Vec<Example>,
}

impl<'d> Loader<'_, 'd> {
    fn rule(&mut self, raw: &RawRule<'d>, problems: &mut Problems) {
        let emit = raw.keys.verb.and_then(|verb| self.message(verb, problems));
        let Some(transition) = Occasion::from_name(raw.on.name) else {
            let known = Occasion::names();
            problems.unknown(raw.on.source, raw.on.span.clone(), "transition", raw.on.name, known);
            return;
        };
        self.written.insert(transition);
        let Some(emit) = emit else { return };
        let (rule, told) = self.build(&raw.name, transition, emit, &raw.keys, problems);
        self.check_fields(emit, &told, raw, problems);
        self.plans[transition.place()].rules.push(rule);
    }

    /// The message that a rule emits.
    fn message(&self, verb: Node, problems: &mut Problems) -> Option<Kind> {
        let text = verb.text(problems)?;
        let kind = self.vocabulary.find(text);
        if kind.is_none() {
            let known = self.vocabulary.messages.iter().map(|def| def.label.as_str());
            problems.unknown(verb.source(), verb.inner_span(), "message", text, known);
        }
        kind
    }

    fn build(
        &mut self,
        name: &str,
        transition: Occasion,
        emit: Kind,
        keys: &RuleKeys<'d>,
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
            when: keys.when.map(|node| builder.condition(node).unwrap_or_else(Expr::unreadable)),
            emit,
            fields: def.fields.list.len(),
            sets: Vec::new(),
        };
        for (key, value) in &keys.set {
            builder.set(&mut rule, def, key, value);
        }
        builder.report_lacks();
        for shared in &self.shared {
            if shared.having.iter().all(|(label, _)| def.fields.slot(label).is_some()) {
                for (key, value) in &shared.keys.set {
                    let is_device = def.devices.iter().any(|device| device.label == key.name);
                    if def.fields.slot(key.name).is_none() && !is_device {
                        // The same for each message, so that it is reported once.
                        builder.problems.unknown(key.source, key.span.clone(), "field", key.name, def.fields.labels());
                        continue;
                    }
                    let known = def.fields.slot(key.name).is_some_and(|slot| rule.sets.iter().any(|(s, _)| *s == slot));
                    if !known {
                        builder.set(&mut rule, def, key, value);
                        self.uses.add(key, std::mem::take(&mut builder.lacks));
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
        self.rule_names.push(name.into());
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
            let Some(kind) = Occasion::from_name(key.name) else {
                problems.unknown(key.source, key.span.clone(), "transition", key.name, Occasion::names());
                continue;
            };
            let plan = &mut self.plans[kind.place()];
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
                let kind = OrderKind::from_name(name);
                if kind.is_none() {
                    let known = OrderKind::names();
                    problems.unknown(source, span, "order", name, known);
                }
                kind
            };
            let Some(kind) = order(key.name, key.source, key.span.clone()) else { continue };
            let items = node.as_array().into_iter().flat_map(|items| items.into_iter());
            let steps = items.filter_map(|item| order(item.as_text()?, item.source(), item.inner_span())).collect();
            let plan = &mut self.plans[Occasion::Order(kind).place()];
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
