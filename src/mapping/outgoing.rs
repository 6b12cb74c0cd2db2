//! `to-<dialect>.toml` → a plan that makes messages of transitions: how a dialect says things. Everything is looked up and
//! checked here, once; running a plan interprets no text.

use std::{cell::RefCell, sync::Arc};

use hashbrown::{HashMap, HashSet};

use super::{
    compile::{Compiler, Expr, Literal, Scope, Ty, unknown},
    example::Example,
    expr::{self, Mistake, Step},
    incoming::{dotted_labels, settable},
    reason,
    table::{self, Finders, Table},
    types,
};
use crate::{
    diagnostic::{Problems, Source},
    document::{self, Key, Node, Table as Section},
    message::Kind,
    model::{
        AgentAttribute, CallAttribute, Detail, DeviceKind, ItemAttribute, ListAttribute, PartyAttribute, PartyRole,
        RequestAttribute, ServiceAttribute, TransitionKind,
    },
    vocabulary::{AgentPart, DeviceGroup, Literal as Default, MessageDef, Role, Side, Type, Vocabulary, Which},
};

/// How one dialect says what happened, or asks for what shall happen.
#[derive(Debug)]
pub struct Outgoing {
    pub vocabulary: Arc<Vocabulary>,
    pub source: Arc<Source>,
    /// The sides of the dialect that these rules are complete for.
    pub sides: Vec<Side>,
    /// By kind of transition.
    pub plans: Vec<TransitionPlan>,
    pub tables: Vec<Table>,
    pub examples: Vec<Example>,
    /// A name for each rule, for metrics and coverage.
    pub rule_names: Vec<String>,
    /// What a site can set for these rules, with its default.
    pub knobs: Vec<(String, Literal)>,
    /// Why a field keeps the vocabulary's default, by (message, dotted label).
    pub absent: HashMap<(Kind, String), String>,
    /// Why a message is never said.
    pub unsaid: HashMap<Kind, String>,
    /// Why an attribute that changes set is never said.
    pub untold: HashMap<String, String>,
    /// Whether any rule asks for the numbers of call data's labels, or since when calls wait.
    pub numbers_labels: bool,
    pub tells_waiting: bool,
    /// What the parts of a call's name are, by their places in the vocabulary's list.
    pub call_parts: Vec<CallPart>,
    /// The dialects whose agents' ids are this one's, too.
    pub agents_of: Vec<String>,
}

/// What a part of a call's name is to an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallPart {
    /// The number that is the application's own for the call.
    Number,
    Guid,
    /// The switch's number.
    Sequence,
}

impl CallPart {
    fn of(name: &str) -> CallPart {
        match name {
            "guid" => CallPart::Guid,
            "pbx-id" => CallPart::Sequence,
            _ => CallPart::Number,
        }
    }
}

#[derive(Debug, Default)]
pub struct TransitionPlan {
    pub rules: Vec<Rule>,
    /// Why it is not told, or what the platform lacks to do it.
    pub ignored: Option<String>,
    /// The orders that together do what there is no message for.
    pub steps: Vec<TransitionKind>,
}

impl Outgoing {
    /// Whether agents are logged on by their numbers alone, which needs no id of theirs.
    pub fn logs_on_by_number(&self) -> bool {
        let rules = &self.plans[TransitionKind::LogOn as usize].rules;
        let by_number = |rule: &Rule| {
            let def = self.vocabulary.message(rule.emit);
            let has = |part| def.role(Role::Agent(part)).is_some();
            has(AgentPart::Number) && !has(AgentPart::Id)
        };
        !rules.is_empty() && rules.iter().all(by_number)
    }
}

#[derive(Debug)]
pub struct Rule {
    /// Its place in [`Outgoing::rule_names`].
    pub number: usize,
    pub when: Option<Expr<Leaf>>,
    pub emit: Kind,
    pub fields: usize,
    pub sets: Vec<(usize, ValuePlan)>,
}

/// A leaf of an expression about a transition.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Leaf {
    /// A name of a call, by its place in the vocabulary's list.
    CallName(Which, u8),
    Call(Which, CallAttribute),
    Agent(AgentAttribute),
    Party(PartyRole, PartyAttribute),
    Service(ServiceAttribute),
    Request(RequestAttribute),
    Detail(Detail),
    Item(ItemAttribute),
    /// What the configuration sets, by its place in [`Outgoing::knobs`].
    Knob(usize),
    /// What only the conversation knows: tenant, session, the platform's place, sequence, time.
    Role(Role),
}

#[derive(Debug)]
pub enum ValuePlan {
    Scalar(Expr<Leaf>),
    /// Of the type that stands at this place in the vocabulary's list, with what is set by field.
    Record {
        record: usize,
        members: Vec<(usize, ValuePlan)>,
    },
    List {
        list: ListAttribute,
        /// How many of its items are gone through.
        most: usize,
        item: Box<ValuePlan>,
    },
    /// A text put together of several, those that are empty left out.
    Joined {
        separator: String,
        parts: Vec<ValuePlan>,
    },
    /// A list written out: each item where its condition holds, and the items of lists among them.
    Items(Vec<(Option<Expr<Leaf>>, ValuePlan)>),
    /// The dialect's code for a kind of device: the last that means it, because the first is often "unknown".
    DeviceType {
        kind: Leaf,
        codes: Vec<(DeviceKind, i64)>,
    },
}

/// Loads the rules of a dialect.
pub fn load(source: &Arc<Source>, vocabulary: &Arc<Vocabulary>, problems: &mut Problems) -> Outgoing {
    document::read(source, problems, |table, problems| {
        let find = Finders { from: Box::new(types::words), to: Box::new(|name| types::enumeration(vocabulary, name)) };
        let dialect = table.required("dialect", problems);
        if dialect != vocabulary.dialect && !dialect.is_empty() {
            table.problem(problems, format!("these are rules of {dialect}, not of {}", vocabulary.dialect));
        }
        let tables = table.section("tables", problems);
        let tables = tables.iter().filter_map(|(key, node)| table::load(key, *node, &find, problems)).collect();
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
        loader.reasons(&table, "ignore", problems);
        loader.reasons(&table, "unsupported", problems);
        loader.steps(&table, problems);
        loader.unsaid(&table, problems);
        loader.superfluous(problems);
        let sides = table.texts("sides", problems);
        loader.complete(&table, sides.iter().any(|(side, _)| *side == "event"), |kind| !kind.is_order(), problems);
        loader.complete(&table, sides.iter().any(|(side, _)| *side == "request"), |kind| kind.is_order(), problems);
        let known = |(side, node): (&str, Node), problems: &mut Problems| match side {
            "event" => Some(Side::Event),
            "request" => Some(Side::Request),
            "reply" => Some(Side::Reply),
            other => {
                problems.unknown(node.source(), node.inner_span(), "side", other, ["event", "request", "reply"]);
                None
            }
        };
        let sides: Vec<Side> = sides.into_iter().filter_map(|side| known(side, problems)).collect();
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

/// What is set in every message that has certain fields.
struct Shared<'d> {
    having: Vec<&'d str>,
    set: Vec<(Key<'d>, Node<'d>)>,
}

impl<'d> Shared<'d> {
    fn read(section: Section<'d>, problems: &mut Problems) -> Shared<'d> {
        let having = section.texts("having", problems).into_iter().map(|(label, _)| label).collect();
        let shared = Shared { having, set: section.section("set", problems) };
        section.finish(problems);
        shared
    }
}

struct Loader<'l, 'd> {
    vocabulary: &'l Arc<Vocabulary>,
    tables: Vec<Table>,
    knobs: Vec<(String, Literal)>,
    shared: Vec<Shared<'d>>,
    plans: Vec<TransitionPlan>,
    absent: HashMap<(Kind, String), String>,
    unsaid: HashMap<Kind, String>,
    /// The fields that stand under `absent`, with the messages that have them.
    absences: Vec<(Key<'d>, Vec<Kind>)>,
    /// The dotted labels that each rule sets in its message.
    set: Vec<(Kind, HashSet<String>)>,
    rule_names: Vec<String>,
    examples: Vec<Example>,
}

impl<'d> Loader<'_, 'd> {
    fn rule(&mut self, section: Section<'d>, problems: &mut Problems) {
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

    fn build(
        &mut self,
        transition: TransitionKind,
        emit: Kind,
        set: &[(Key<'d>, Node<'d>)],
        when: Option<Node<'d>>,
        problems: &mut Problems,
    ) -> (Rule, HashSet<String>) {
        let def = self.vocabulary.message(emit);
        let scope = TransitionScope { vocabulary: self.vocabulary, knobs: &self.knobs, item: RefCell::new(false) };
        let mut builder = Builder { scope: &scope, tables: &self.tables, problems, told: HashSet::new() };
        let number = self.rule_names.len();
        let mut rule = Rule {
            number,
            when: when.and_then(|node| builder.expr(node, &Ty::Any)),
            emit,
            fields: def.fields.list.len(),
            sets: Vec::new(),
        };
        for (key, node) in set {
            builder.set(&mut rule, def, key, *node);
        }
        for shared in &self.shared {
            if shared.having.iter().all(|label| def.fields.slot(label).is_some()) {
                for (key, node) in &shared.set {
                    let known = def.fields.slot(key.name).is_some_and(|slot| rule.sets.iter().any(|(s, _)| *s == slot));
                    if !known {
                        builder.set(&mut rule, def, key, *node);
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

    /// Every field of what is said is set, has the vocabulary's default, or is known to be absent.
    fn check_fields(
        &mut self,
        emit: Kind,
        told: &HashSet<String>,
        absent: &[(Key, Node)],
        complain: impl Fn(String, &mut Problems),
        problems: &mut Problems,
    ) {
        let def = self.vocabulary.message(emit);
        let covers = |known: &str, label: &str| label == known || label.starts_with(&format!("{known}."));
        let labels = dotted_labels(self.vocabulary, def);
        for (key, node) in absent {
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
            let defaulted = field.is_some_and(|field| field.optional || has_default(&field.default));
            let is_absent = self.absent.iter().any(|((kind, known), _)| *kind == emit && covers(known, &label));
            let is_told = told.iter().any(|known| covers(known, &label));
            if !(is_told || named || fixed || defaulted || is_absent) {
                complain(
                    format!("`{label}` of `{}` is not set and does not stand under `absent`", def.label),
                    problems,
                );
            }
        }
    }

    /// `[absent]`: a field of all messages, or `[absent.Message]`.
    fn absences(&mut self, table: &Section<'d>, problems: &mut Problems) {
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

    /// What is said to be absent is so in some message at least.
    fn superfluous(&self, problems: &mut Problems) {
        for (field, kinds) in &self.absences {
            let mut rules = self.set.iter().filter(|(kind, _)| kinds.contains(kind)).peekable();
            if rules.peek().is_some() && rules.all(|(_, set)| set.contains(field.name)) {
                field.problem(problems, format!("`{}` is set wherever it could be absent", field.name));
            }
        }
    }

    fn reasons(&mut self, table: &Section, section: &'static str, problems: &mut Problems) {
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

    /// `[steps]`: orders that the platform does as several others.
    fn steps(&mut self, table: &Section, problems: &mut Problems) {
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

    fn unsaid(&mut self, table: &Section, problems: &mut Problems) {
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

    fn complete(
        &self,
        table: &Section,
        wanted: bool,
        of_side: impl Fn(TransitionKind) -> bool,
        problems: &mut Problems,
    ) {
        for kind in TransitionKind::ALL.iter().copied().filter(|kind| wanted && of_side(*kind)) {
            let plan = &self.plans[kind as usize];
            if plan.ignored.is_none() && plan.steps.is_empty() && plan.rules.iter().all(|rule| rule.when.is_some()) {
                let section = if kind.is_order() { "unsupported" } else { "ignore" };
                let text =
                    format!("`{}` has no rule without a condition and does not stand under `{section}`", kind.name());
                table.problem(problems, text);
            }
        }
    }

    /// Every message of a side is said by some rule, or never, for a reason.
    fn all_said(&self, table: &Section, side: Side, problems: &mut Problems) {
        for (kind, def) in self.vocabulary.kinds() {
            let said = self.plans.iter().flat_map(|plan| &plan.rules).any(|rule| rule.emit == kind);
            if def.side == side && !def.session && !said && !self.unsaid.contains_key(&kind) {
                table
                    .problem(problems, format!("`{}` is said by no rule and does not stand under `unsaid`", def.label));
            }
        }
    }
}

/// A setting that rules declare: its default is a number, a truth value or a text.
fn knob(key: &Key, node: Node, problems: &mut Problems) -> Option<(String, Literal)> {
    let literal = node
        .as_integer()
        .map(Literal::Int)
        .or_else(|| node.as_boolean().map(Literal::Bool))
        .or_else(|| node.as_text().map(|text| Literal::Text(text.to_owned())));
    if literal.is_none() {
        node.problem(problems, "a setting's default is a number, a truth value or a text");
    }
    Some((key.name.to_owned(), literal?))
}

/// Whether a default means something, and is not just the type's nothing.
fn has_default(default: &Default) -> bool {
    match default {
        Default::Absent | Default::EmptyList | Default::Bool(_) => false,
        Default::Int(number) => *number != 0,
        Default::Text(text) => !text.is_empty(),
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
        other => Leaf::Role(other),
    }
}

/// What names mean in a rule about a transition.
struct TransitionScope<'s> {
    vocabulary: &'s Vocabulary,
    knobs: &'s [(String, Literal)],
    /// Whether the rule is at an item of a list.
    item: RefCell<bool>,
}

impl Scope for TransitionScope<'_> {
    type Leaf = Leaf;

    fn path(&self, _: &Compiler<Self>, steps: &[Step]) -> Result<(Leaf, Ty), Mistake> {
        let names: Vec<(&str, std::ops::Range<usize>)> = steps
            .iter()
            .filter_map(|step| match step {
                Step::Name { name, span } => Some((name.as_str(), span.clone())),
                _ => None,
            })
            .collect();
        if names.len() != steps.len() {
            return Err(Mistake {
                span: 0..0,
                text: "nothing here has items to look up: use a list with `each`".into(),
            });
        }
        match names.as_slice() {
            [(name, span)] => self.single(name, span.clone()),
            [(object, span), (attribute, attribute_span)] => {
                self.attribute(object, span.clone(), attribute, attribute_span.clone())
            }
            _ => Err(Mistake { span: names[0].1.clone(), text: "no path here is that long".into() }),
        }
    }
}

impl TransitionScope<'_> {
    fn single(&self, name: &str, span: std::ops::Range<usize>) -> Result<(Leaf, Ty), Mistake> {
        if *self.item.borrow()
            && let Some(attribute) = ItemAttribute::from_name(name)
        {
            return Ok((Leaf::Item(attribute), types::of_item(attribute)));
        }
        match name {
            "platform" => return Ok((Leaf::Role(Role::Platform), Ty::Number)),
            "time" => return Ok((Leaf::Role(Role::Time), Ty::Text)),
            _ => {}
        }
        let Some(detail) = Detail::from_name(name) else {
            let objects = ["call", "second", "result", "agent", "service", "request", "platform", "time"];
            let objects = objects.into_iter().chain(PartyRole::names());
            return Err(unknown(span, "name", name, Detail::names().chain(objects).chain(ItemAttribute::names())));
        };
        Ok((Leaf::Detail(detail), types::of_detail(detail)))
    }

    fn attribute(
        &self,
        object: &str,
        span: std::ops::Range<usize>,
        name: &str,
        name_span: std::ops::Range<usize>,
    ) -> Result<(Leaf, Ty), Mistake> {
        let which = match object {
            "call" => Some(Which::Call),
            "second" => Some(Which::Second),
            "result" => Some(Which::Result),
            _ => None,
        };
        if let Some(which) = which {
            if let Some(place) = self.vocabulary.call_names.iter().position(|known| known == name) {
                return Ok((Leaf::CallName(which, place as u8), Ty::Id));
            }
            let Some(attribute) = CallAttribute::from_name(name) else {
                let mut known: Vec<&str> = self.vocabulary.call_names.iter().map(String::as_str).collect();
                known.extend(CallAttribute::NAMES);
                return Err(unknown(name_span, "attribute of a call", name, known));
            };
            return Ok((Leaf::Call(which, attribute), types::of_call(attribute)));
        }
        match object {
            "config" => match self.knobs.iter().position(|(known, _)| known == name) {
                Some(place) => Ok((Leaf::Knob(place), Ty::Any)),
                None => Err(unknown(name_span, "setting", name, self.knobs.iter().map(|(known, _)| known.as_str()))),
            },
            "agent" => AgentAttribute::from_name(name)
                .map(|attribute| (Leaf::Agent(attribute), types::of_agent(attribute)))
                .ok_or_else(|| unknown(name_span, "attribute of an agent", name, AgentAttribute::names())),
            "service" => ServiceAttribute::from_name(name)
                .map(|attribute| (Leaf::Service(attribute), types::of_service(attribute)))
                .ok_or_else(|| unknown(name_span, "attribute of a service", name, ServiceAttribute::names())),
            "request" => RequestAttribute::from_name(name)
                .map(|attribute| (Leaf::Request(attribute), types::of_request(attribute)))
                .ok_or_else(|| unknown(name_span, "attribute of a request", name, RequestAttribute::names())),
            _ => {
                let objects = ["call", "second", "result", "agent", "service", "request", "config"];
                let Some(role) = PartyRole::from_name(object) else {
                    return Err(unknown(span, "object", object, objects.into_iter().chain(PartyRole::names())));
                };
                PartyAttribute::from_name(name)
                    .map(|attribute| (Leaf::Party(role, attribute), types::of_party(attribute)))
                    .ok_or_else(|| unknown(name_span, "attribute of a party", name, PartyAttribute::names()))
            }
        }
    }
}

struct Builder<'b, 's> {
    scope: &'b TransitionScope<'s>,
    tables: &'b [Table],
    problems: &'b mut Problems,
    /// Dotted labels of what is set.
    told: HashSet<String>,
}

impl Builder<'_, '_> {
    fn expr(&mut self, node: Node, wanted: &Ty) -> Option<Expr<Leaf>> {
        if let Some(number) = node.as_integer() {
            return Some(Expr::Literal(Literal::Int(number)));
        }
        if let Some(value) = node.as_boolean() {
            return Some(Expr::Literal(Literal::Bool(value)));
        }
        let text = node.text(self.problems)?;
        let compiler = Compiler { scope: self.scope, tables: self.tables };
        let compiled = expr::parse(text).and_then(|ast| compiler.compile(&ast, wanted));
        let start = node.inner_span().start;
        compiled
            .map_err(|mistake| {
                self.problems.add(node.source(), start + mistake.span.start..start + mistake.span.end, mistake.text);
            })
            .ok()
    }

    fn set(&mut self, rule: &mut Rule, def: &MessageDef, key: &Key, node: Node) {
        if let Some(group) = def.devices.iter().find(|group| group.label == key.name) {
            return self.device(rule, def, group, node);
        }
        let Some(slot) = def.fields.slot(key.name) else {
            let what = format!("field of `{}`", def.label);
            self.problems.unknown(key.source, key.span.clone(), &what, key.name, def.fields.labels());
            return;
        };
        let field = &def.fields.list[slot];
        if let Some(value) = self.value(&field.ty, &field.label, node) {
            rule.sets.push((slot, value));
        }
    }

    /// A group of fields that together are a device: all of them at once.
    fn device(&mut self, rule: &mut Rule, def: &MessageDef, group: &DeviceGroup, node: Node) {
        let Some(text) = node.text(self.problems) else { return };
        let role = PartyRole::from_name(text);
        if role.is_none() && text != "service" {
            let known = PartyRole::names().chain(["service"]);
            self.problems.unknown(node.source(), node.inner_span(), "party", text, known);
            return;
        }
        let leaf = |party, service: Option<_>| match role {
            Some(role) => Some(Leaf::Party(role, party)),
            None => service.map(Leaf::Service),
        };
        let mut set = |slot: Option<usize>, plan: Option<ValuePlan>| {
            if let (Some(slot), Some(plan)) = (slot, plan) {
                self.told.insert(def.fields.list[slot].label.clone());
                rule.sets.push((slot, plan));
            }
        };
        let scalar = |leaf: Option<Leaf>| leaf.map(|leaf| ValuePlan::Scalar(Expr::Leaf(leaf)));
        set(group.id, scalar(leaf(PartyAttribute::Id, Some(ServiceAttribute::Id))));
        set(group.number, scalar(leaf(PartyAttribute::Number, None)));
        let codes = match group.ty.map(|slot| &def.fields.list[slot].ty) {
            Some(Type::Enum(place)) => &self.scope.vocabulary.enums[*place].members[..],
            _ => &[],
        };
        let codes = codes.iter().filter_map(|member| Some((member.device?, member.code))).collect();
        let kind = leaf(PartyAttribute::Kind, Some(ServiceAttribute::Kind));
        set(group.ty, kind.map(|kind| ValuePlan::DeviceType { kind, codes }));
    }

    fn value(&mut self, ty: &Type, label: &str, node: Node) -> Option<ValuePlan> {
        match (ty, node.as_table()) {
            (Type::Record(place), Some(section)) => Some(self.record(*place, label, section.entries())),
            (Type::List(item), Some(section)) => self.list(item, label, section),
            (Type::Text, Some(section)) => self.joined(ty, label, section),
            (Type::List(item), None) if node.as_array().is_some() => self.items(item, label, node),
            (Type::Record(_) | Type::List(_), None) => {
                node.problem(self.problems, "a record or list is set by a table");
                None
            }
            _ => {
                self.told.insert(label.to_owned());
                let wanted = types::of_type(self.scope.vocabulary, ty);
                self.expr(node, &wanted).map(ValuePlan::Scalar)
            }
        }
    }

    fn record(&mut self, place: usize, label: &str, entries: Vec<(Key, Node)>) -> ValuePlan {
        let record = &self.scope.vocabulary.records[place];
        let mut members = Vec::new();
        for (key, node) in entries {
            let Some(slot) = record.fields.slot(key.name) else {
                let what = format!("field of `{}`", record.name);
                self.problems.unknown(key.source, key.span.clone(), &what, key.name, record.fields.labels());
                continue;
            };
            let field = &record.fields.list[slot];
            let value = self.value(&field.ty, &format!("{label}.{}", field.label), node);
            members.extend(value.map(|value| (slot, value)));
        }
        ValuePlan::Record { record: place, members }
    }

    /// `[{ when = condition, Member = expression, … }, { each = … }, …]`.
    fn items(&mut self, item: &Type, label: &str, node: Node) -> Option<ValuePlan> {
        let Type::Record(place) = item else {
            node.problem(self.problems, "only lists of records are written out");
            return None;
        };
        let mut items = Vec::new();
        for entry in node.as_array()?.iter() {
            let Some(section) = entry.table(self.problems) else { continue };
            if section.find("each").is_some() {
                items.extend(self.list(item, label, section).map(|list| (None, list)));
                continue;
            }
            let when = section.get("when").and_then(|node| self.expr(node, &Ty::Any));
            let members = section.entries().into_iter().filter(|(key, _)| key.name != "when").collect();
            items.push((when, self.record(*place, label, members)));
        }
        Some(ValuePlan::Items(items))
    }

    /// `{ joined = separator, of = [expression, { each = list, item = expression }, …] }`.
    fn joined(&mut self, ty: &Type, label: &str, section: Section) -> Option<ValuePlan> {
        let separator = section.required("joined", self.problems).to_owned();
        let Some(of) = section.get("of") else {
            section.problem(self.problems, "`of` is missing");
            return None;
        };
        let mut parts = Vec::new();
        for node in of.as_array().into_iter().flat_map(|items| items.into_iter()) {
            parts.extend(match node.as_table() {
                Some(list) => self.list(ty, label, list),
                None => self.value(ty, label, node),
            });
        }
        section.finish(self.problems);
        Some(ValuePlan::Joined { separator, parts })
    }

    /// `{ each = list, item = expression }` or `{ each = list, Member = expression, … }`; `most` items of it.
    fn list(&mut self, item: &Type, label: &str, section: Section) -> Option<ValuePlan> {
        let node = section.get("each");
        let Some(node) = node else {
            section.problem(self.problems, "`each` is missing");
            return None;
        };
        let text = node.text(self.problems)?;
        let Some(list) = ListAttribute::from_name(text) else {
            self.problems.unknown(node.source(), node.inner_span(), "list", text, ListAttribute::names());
            return None;
        };
        let most = section.get("most").and_then(|node| node.integer(self.problems));
        let most = most.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(0));
        self.scope.item.replace(true);
        let own = |(key, _): &(Key, Node)| !matches!(key.name, "each" | "most");
        let entries: Vec<_> = section.entries().into_iter().filter(own).collect();
        let plan = match item {
            Type::Record(place) => Some(self.record(*place, label, entries)),
            _ => match entries.first() {
                Some((key, node)) if key.name == "item" && entries.len() == 1 => self.value(item, label, *node),
                _ => {
                    section.problem(self.problems, "a list of values has `each` and `item`");
                    None
                }
            },
        };
        self.scope.item.replace(false);
        plan.map(|item| ValuePlan::List { list, most, item: Box::new(item) })
    }
}

impl Outgoing {
    /// `[untold]`: each attribute that changes set is read by some rule, or never, for a reason.
    fn read_untold(&mut self, table: &Section, entries: &[(Key, Node)], problems: &mut Problems) {
        let rules = || self.plans.iter().flat_map(|plan| &plan.rules);
        let mut told: HashSet<String> = rules().flat_map(|rule| rule.sets(self)).flat_map(|(_, paths)| paths).collect();
        let conditions = rules().filter_map(|rule| rule.when.as_ref()).flat_map(Expr::leaves);
        told.extend(conditions.map(|leaf| leaf.path(self)));
        let mut untold = HashMap::new();
        for (key, node) in entries {
            if !settable().any(|known| known == key.name) {
                problems.unknown(key.source, key.span.clone(), "attribute", key.name, settable());
            } else if told.contains(key.name) {
                key.problem(problems, format!("`{}` is read by a rule above", key.name));
            }
            untold.extend(reason(*node, problems).map(|reason| (key.name.to_owned(), reason)));
        }
        for attribute in settable() {
            let of_request = attribute.starts_with("request.");
            let wanted = self.sides.contains(if of_request { &Side::Request } else { &Side::Event });
            if wanted && !told.contains(attribute) && !untold.contains_key(attribute) {
                let text = format!("`{attribute}` is read by no rule and does not stand under `untold`");
                table.problem(problems, text);
            }
        }
        self.untold = untold;
    }

    /// Whether a path names a list or an attribute that rules can read; the reason where it does not.
    pub fn knows(&self, path: &str) -> Result<(), String> {
        if ListAttribute::from_name(path).is_some() {
            return Ok(());
        }
        let scope = TransitionScope { vocabulary: &self.vocabulary, knobs: &self.knobs, item: RefCell::new(false) };
        let compiler = Compiler { scope: &scope, tables: &self.tables };
        let known = expr::parse(path).and_then(|ast| compiler.compile(&ast, &Ty::Any));
        known.map(|_| ()).map_err(|mistake| mistake.text)
    }
}

impl ValuePlan {
    fn reads(&self, wanted: &[Leaf]) -> bool {
        match self {
            ValuePlan::Scalar(expr) => expr.leaves().iter().any(|leaf| wanted.contains(leaf)),
            ValuePlan::Record { members, .. } => members.iter().any(|(_, plan)| plan.reads(wanted)),
            ValuePlan::List { item, .. } => item.reads(wanted),
            ValuePlan::Items(items) => items.iter().any(|(_, plan)| plan.reads(wanted)),
            ValuePlan::Joined { parts, .. } => parts.iter().any(|plan| plan.reads(wanted)),
            ValuePlan::DeviceType { .. } => false,
        }
    }
}

impl Leaf {
    /// The leaf as rules write it.
    pub fn path(&self, rules: &Outgoing) -> String {
        let which = |which: &Which| match which {
            Which::Call => "call",
            Which::Second => "second",
            Which::Result => "result",
        };
        match self {
            Leaf::CallName(call, place) => format!("{}.{}", which(call), rules.vocabulary.call_names[*place as usize]),
            Leaf::Call(call, attribute) => format!("{}.{}", which(call), attribute.name()),
            Leaf::Agent(attribute) => format!("agent.{}", attribute.name()),
            Leaf::Party(role, attribute) => format!("{}.{}", role.name(), attribute.name()),
            Leaf::Service(attribute) => format!("service.{}", attribute.name()),
            Leaf::Request(attribute) => format!("request.{}", attribute.name()),
            Leaf::Detail(detail) => detail.name().to_owned(),
            Leaf::Item(attribute) => attribute.name().to_owned(),
            Leaf::Knob(place) => format!("config.{}", rules.knobs[*place].0),
            Leaf::Role(Role::Platform) => "platform".into(),
            Leaf::Role(Role::Tenant) => "tenant".into(),
            Leaf::Role(Role::Time) => "time".into(),
            Leaf::Role(_) => "conversation".into(),
        }
    }
}

impl Rule {
    /// The fields that this rule sets, by dotted label, with the attributes that they are made of.
    pub fn sets(&self, rules: &Outgoing) -> Vec<(String, Vec<String>)> {
        let def = rules.vocabulary.message(self.emit);
        let mut sets = Vec::new();
        for (slot, plan) in &self.sets {
            collect(rules, &def.fields.list[*slot].label, plan, None, &mut sets);
        }
        sets
    }
}

fn collect(
    rules: &Outgoing,
    label: &str,
    plan: &ValuePlan,
    list: Option<ListAttribute>,
    into: &mut Vec<(String, Vec<String>)>,
) {
    match plan {
        ValuePlan::Scalar(expr) => {
            let paths = expr.leaves().into_iter().map(|leaf| match (leaf, list) {
                (Leaf::Item(_), Some(list)) => list.name().to_owned(),
                (leaf, _) => leaf.path(rules),
            });
            into.push((label.to_owned(), paths.collect()));
        }
        ValuePlan::Record { record, members } => {
            let fields = &rules.vocabulary.records[*record].fields.list;
            for (slot, plan) in members {
                collect(rules, &format!("{label}.{}", fields[*slot].label), plan, list, into);
            }
        }
        ValuePlan::List { list, item, .. } => collect(rules, label, item, Some(*list), into),
        ValuePlan::Joined { parts, .. } => parts.iter().for_each(|part| collect(rules, label, part, list, into)),
        ValuePlan::Items(items) => items.iter().for_each(|(_, item)| collect(rules, label, item, list, into)),
        ValuePlan::DeviceType { kind, .. } => into.push((label.to_owned(), vec![kind.path(rules)])),
    }
}
