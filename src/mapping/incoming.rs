//! `from-<dialect>.toml` → a plan that makes changes of messages: what each message means. Everything is looked up and
//! checked here, once; running a plan interprets no text.

use std::{cell::RefCell, sync::Arc};

use hashbrown::HashSet;

use super::{
    compile::{Compiler, Expr, Literal, Scope, Ty, unknown},
    example::Example,
    expr::{self, Mistake, Step},
    reason,
    table::{self, Finders, Table},
    types,
    wanted::wanted,
};
use crate::{
    diagnostic::{Problems, Source},
    document::{self, Key, Node, Table as Section},
    message::Kind,
    model::{ChangeKind, DeviceKind, Fact, NAMES},
    vocabulary::{AgentPart, MessageDef, Role, Side, Type, Vocabulary, Wanted, Which},
};

/// What the messages of one dialect mean.
#[derive(Debug)]
pub struct Incoming {
    pub vocabulary: Arc<Vocabulary>,
    pub source: Arc<Source>,
    /// The sides of the dialect that these rules are complete for.
    pub sides: Vec<Side>,
    /// By kind of message.
    pub plans: Vec<KindPlan>,
    pub tables: Vec<Table>,
    /// Which fields are worth keeping when a message is read.
    pub wanted: Wanted,
    pub examples: Vec<Example>,
    /// A name for each rule, for metrics and coverage.
    pub rule_names: Vec<String>,
}

/// What one kind of message means.
#[derive(Debug, Default)]
pub struct KindPlan {
    pub rules: Vec<Rule>,
    /// Why nothing is made of it.
    pub ignored: Option<String>,
    /// Why fields of it are not read, by dotted label.
    pub unread: Vec<(String, String)>,
    /// Fields that are read, by dotted label.
    pub read: HashSet<String>,
    pub lets: Vec<Expr<Leaf>>,
}

/// A leaf of an expression about a message.
#[derive(Debug, Clone)]
pub enum Leaf {
    Field { slot: usize, steps: Vec<Hop> },
    Let { place: usize, steps: Vec<Hop> },
    Item { steps: Vec<Hop> },
}

#[derive(Debug, Clone)]
pub enum Hop {
    /// A field of a record, by the places of both in the vocabulary.
    Member {
        record: usize,
        slot: usize,
    },
    At(usize),
    /// The first item of which this field is a number.
    Numbered {
        record: usize,
        slot: usize,
        number: i64,
    },
    /// The first item of which a path leads to a value.
    Keyed {
        path: Vec<Hop>,
        equals: Arc<Expr<Leaf>>,
    },
}

#[derive(Debug)]
pub struct Rule {
    /// Its place in [`Incoming::rule_names`].
    pub number: usize,
    pub when: Option<Expr<Leaf>>,
    pub each: Option<Leaf>,
    pub means: ChangeKind,
    /// The number of the call, where it stands inside a record.
    pub call: Option<(u8, Expr<Leaf>)>,
    /// The names of its calls: whose, the name's place, and the slot where it stands.
    pub calls: Vec<(Which, u8, usize)>,
    pub request: Option<usize>,
    pub party: Option<DevicePlan>,
    pub other: Option<DevicePlan>,
    pub to: Option<DevicePlan>,
    pub service: Option<DevicePlan>,
    pub facts: Vec<FactPlan>,
    pub data: Option<ListPlan>,
    pub services: Option<ListPlan>,
}

#[derive(Debug)]
pub struct FactPlan {
    pub fact: Fact,
    pub expr: Expr<Leaf>,
    pub weak: bool,
}

#[derive(Debug)]
pub struct DevicePlan {
    pub kind: DeviceKindPlan,
    pub id: Option<Expr<Leaf>>,
    pub number: Option<Expr<Leaf>>,
}

#[derive(Debug)]
pub enum DeviceKindPlan {
    Unknown,
    Fixed(DeviceKind),
    /// Of this enumeration of the vocabulary, whose members say what they are.
    Member(usize, Expr<Leaf>),
    /// Of the model's own enumeration.
    Word(Expr<Leaf>),
}

/// A list, gone through item by item; without one, a single item.
#[derive(Debug)]
pub struct ListPlan {
    pub each: Option<Leaf>,
    pub when: Option<Expr<Leaf>>,
    pub key: Option<Expr<Leaf>>,
    pub value: Option<Expr<Leaf>>,
    pub device: Option<DevicePlan>,
}

/// Loads the rules of a dialect.
pub fn load(source: &Arc<Source>, vocabulary: &Arc<Vocabulary>, problems: &mut Problems) -> Incoming {
    document::read(source, problems, |table, problems| {
        let find = Finders { from: Box::new(|name| types::enumeration(vocabulary, name)), to: Box::new(types::words) };
        let dialect = table.required("dialect", problems);
        if dialect != vocabulary.dialect && !dialect.is_empty() {
            table.problem(problems, format!("these are rules of {dialect}, not of {}", vocabulary.dialect));
        }
        let tables = table.section("tables", problems);
        let tables = tables.iter().filter_map(|(key, node)| table::load(key, *node, &find, problems)).collect();
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
        let sides = loader.sides(&table, problems);
        for section in table.tables("rule", problems) {
            loader.rule(section, problems);
        }
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
    tables: Vec<Table>,
    lets: Vec<(Key<'d>, Node<'d>)>,
    shared: Vec<Shared<'d>>,
    plans: Vec<KindPlan>,
    rule_names: Vec<String>,
    examples: Vec<Example>,
}

/// What is set for every message that has certain fields.
struct Shared<'d> {
    having: Vec<&'d str>,
    set: Vec<(Key<'d>, Node<'d>)>,
    weak: Vec<(Key<'d>, Node<'d>)>,
}

impl<'d> Shared<'d> {
    fn read(section: Section<'d>, problems: &mut Problems) -> Shared<'d> {
        let having = section.texts("having", problems).into_iter().map(|(label, _)| label).collect();
        let shared = Shared { having, set: section.section("set", problems), weak: section.section("weak", problems) };
        section.finish(problems);
        shared
    }
}

impl<'l, 'd> Loader<'l, 'd> {
    fn sides(&self, table: &Section, problems: &mut Problems) -> Vec<Side> {
        let sides = table.texts("sides", problems);
        let known = |(text, node): &(&str, Node)| match *text {
            "event" => Some(Side::Event),
            "reply" => Some(Side::Reply),
            "request" => Some(Side::Request),
            other => {
                problems.unknown(node.source(), node.inner_span(), "side", other, ["event", "reply", "request"]);
                None
            }
        };
        sides.iter().filter_map(known).collect()
    }

    fn rule(&mut self, section: Section<'d>, problems: &mut Problems) {
        let means = self.means(&section, problems);
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
            let Some(means) = means else { continue };
            let raw = RawRule { means, set: &set, weak: &weak, when, each };
            self.rule_for(kind, &raw, problems);
        }
    }

    fn means(&self, section: &Section, problems: &mut Problems) -> Option<ChangeKind> {
        let text = section.required("means", problems);
        let means = ChangeKind::from_name(text);
        if means.is_none() && !text.is_empty() {
            let span = section.find("means").map_or(section.span(), |node| node.inner_span());
            problems.unknown(section.source(), span, "change", text, ChangeKind::names());
        }
        means
    }

    /// One rule for one message: its own settings, then the shared ones that it does not have.
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
            builder.set(&mut rule, key, *node, false);
        }
        for (key, node) in raw.weak {
            builder.set(&mut rule, key, *node, true);
        }
        for shared in &self.shared {
            let has = |label: &&str| def.fields.slot(label).is_some() || def.devices.iter().any(|d| d.label == **label);
            if shared.having.iter().all(has) {
                shared.set.iter().for_each(|(key, node)| builder.set_if_new(&mut rule, key, *node, false));
                shared.weak.iter().for_each(|(key, node)| builder.set_if_new(&mut rule, key, *node, true));
            }
        }
        builder.roles(&mut rule, def);
        scope.finish();
        plan.rules.push(rule);
        self.plans[kind.0 as usize] = plan;
        let suffix = if earlier == 0 { String::new() } else { format!("#{}", earlier + 1) };
        self.rule_names.push(format!("{}{suffix}", def.label));
    }

    fn ignored(&mut self, table: &Section, problems: &mut Problems) {
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

    /// Fields that are not read: for all messages, or for one.
    fn unread(&mut self, table: &Section, problems: &mut Problems) {
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

    /// Whether a message has a field of this dotted label.
    fn has(&self, kind: Kind, dotted: &str) -> bool {
        self.leaves(kind).iter().any(|label| label == dotted || label.starts_with(&format!("{dotted}.")))
    }

    /// The dotted labels of all fields of a message, records taken apart.
    fn leaves(&self, kind: Kind) -> Vec<String> {
        dotted_labels(self.vocabulary, self.vocabulary.message(kind))
    }

    fn complete(&self, table: &Section, sides: &[Side], problems: &mut Problems) {
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
    set: &'r [(Key<'d>, Node<'d>)],
    weak: &'r [(Key<'d>, Node<'d>)],
    when: Option<Node<'d>>,
    each: Option<Node<'d>>,
}

/// The dotted labels of a message's fields; records, and lists of records, are taken apart.
pub fn dotted_labels(vocabulary: &Vocabulary, def: &MessageDef) -> Vec<String> {
    fn walk(vocabulary: &Vocabulary, label: String, ty: &Type, into: &mut Vec<String>) {
        match ty {
            Type::List(item) => walk(vocabulary, label, item, into),
            Type::Record(place) => {
                for field in &vocabulary.records[*place].fields.list {
                    walk(vocabulary, format!("{label}.{}", field.label), &field.ty, into);
                }
            }
            _ => into.push(label),
        }
    }
    let mut labels = Vec::new();
    for field in &def.fields.list {
        walk(vocabulary, field.label.clone(), &field.ty, &mut labels);
    }
    labels
}

fn call_slots(def: &MessageDef) -> Vec<(Which, u8, usize)> {
    let places = |which| (0..NAMES as u8).map(move |place| (which, place));
    let names = [Which::Call, Which::Second, Which::Result].into_iter().flat_map(places);
    names.filter_map(|(which, place)| Some((which, place, def.role(Role::Call(which, place))?))).collect()
}

// ── names ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/// What names mean in a rule about one kind of message: fields of the item that `each` is at, fields of the message, parts
/// of its device groups, and the names that `[let]` gives.
struct MessageScope<'s, 'd> {
    vocabulary: &'s Vocabulary,
    def: &'s MessageDef,
    item: RefCell<Option<Type>>,
    lets: &'s [(Key<'d>, Node<'d>)],
    used_lets: RefCell<Vec<UsedLet>>,
    /// Names of `[let]` that are being compiled, the one that wants the next before it.
    begun_lets: RefCell<Vec<String>>,
    plan: RefCell<&'s mut KindPlan>,
}

struct UsedLet {
    name: String,
    ty: Type,
    label: String,
    expr: Option<Expr<Leaf>>,
}

impl<'s, 'd> MessageScope<'s, 'd> {
    fn new(
        vocabulary: &'s Vocabulary,
        def: &'s MessageDef,
        plan: &'s mut KindPlan,
        lets: &'s [(Key<'d>, Node<'d>)],
    ) -> MessageScope<'s, 'd> {
        MessageScope {
            vocabulary,
            def,
            item: RefCell::default(),
            lets,
            used_lets: RefCell::default(),
            begun_lets: RefCell::default(),
            plan: RefCell::new(plan),
        }
    }

    /// Expressions of `[let]` go into the plan, once, in the order of their places.
    fn finish(&self) {
        let mut plan = self.plan.borrow_mut();
        for used in self.used_lets.borrow_mut().iter_mut() {
            plan.lets.extend(used.expr.take());
        }
    }

    fn mark(&self, label: &str) {
        self.plan.borrow_mut().read.insert(label.to_owned());
    }

    /// Where a path leads: the leaf, the type, and the dotted label of what is read.
    fn resolve(&self, compiler: &Compiler<Self>, steps: &[Step]) -> Result<(Leaf, Type), Mistake> {
        let Some((Step::Name { name, span }, rest)) = steps.split_first() else {
            return Err(Mistake { span: 0..0, text: "a path begins with a name".into() });
        };
        let item = self.item.borrow().clone();
        if let Some(ty) = &item {
            if name == "item" {
                return self.walk(compiler, ty.clone(), "", rest).map(|(steps, ty)| (Leaf::Item { steps }, ty));
            }
            if let Type::Record(place) = ty
                && let Some(slot) = self.vocabulary.records[*place].fields.slot(name)
            {
                let field = &self.vocabulary.records[*place].fields.list[slot];
                self.mark_member(&field.label);
                let (mut hops, ty) = self.walk(compiler, field.ty.clone(), &field.label, rest)?;
                hops.insert(0, Hop::Member { record: *place, slot });
                return Ok((Leaf::Item { steps: hops }, ty));
            }
        }
        if let Some(group) = self.def.devices.iter().find(|group| group.label == *name) {
            let part = match rest {
                [Step::Name { name, .. }] => match name.as_str() {
                    "id" => group.id,
                    "type" => group.ty,
                    "number" => group.number,
                    _ => None,
                },
                _ => None,
            };
            let Some(slot) = part else {
                return Err(Mistake {
                    span: span.clone(),
                    text: format!("`{name}` is a device: say .id, .type or .number"),
                });
            };
            let field = &self.def.fields.list[slot];
            self.mark(&field.label);
            return Ok((Leaf::Field { slot, steps: Vec::new() }, field.ty.clone()));
        }
        if let Some(slot) = self.def.fields.slot(name) {
            let field = &self.def.fields.list[slot];
            let (steps, ty) = self.walk(compiler, field.ty.clone(), &field.label, rest)?;
            return Ok((Leaf::Field { slot, steps }, ty));
        }
        if let Some((place, ty, label)) = self.use_let(compiler, name)? {
            let (steps, ty) = self.walk(compiler, ty, &label, rest)?;
            return Ok((Leaf::Let { place, steps }, ty));
        }
        let lets = self.lets.iter().map(|(key, _)| key.name);
        let devices = self.def.devices.iter().map(|group| group.label.as_str());
        let known = self.def.fields.labels().chain(devices).chain(lets);
        Err(unknown(span.clone(), &format!("field of `{}`", self.def.label), name, known))
    }

    /// The label of the list that `each` goes through is known to the builder; members of items are marked beneath it.
    fn mark_member(&self, label: &str) {
        let lists = self.def.fields.list.iter().filter(|field| match &field.ty {
            Type::List(item) => Some(&**item) == self.item.borrow().as_ref(),
            _ => false,
        });
        for list in lists {
            self.mark(&format!("{}.{label}", list.label));
        }
        for field in &self.def.fields.list {
            self.mark_beneath(&field.ty, &field.label, label);
        }
        for used in self.used_lets.borrow().iter() {
            match &used.ty {
                Type::List(item) if Some(&**item) == self.item.borrow().as_ref() => {
                    self.mark(&format!("{}.{label}", used.label));
                }
                ty => self.mark_beneath(ty, &used.label, label),
            }
        }
    }

    /// Marks a member of items of a list that stands somewhere in a record.
    fn mark_beneath(&self, ty: &Type, prefix: &str, label: &str) {
        let Type::Record(place) = ty else { return };
        for field in &self.vocabulary.records[*place].fields.list {
            if let Type::List(item) = &field.ty
                && Some(&**item) == self.item.borrow().as_ref()
            {
                self.mark(&format!("{prefix}.{}.{label}", field.label));
            }
        }
    }

    /// Follows the steps of a path from a value of a type.
    fn walk(
        &self,
        compiler: &Compiler<Self>,
        ty: Type,
        label: &str,
        steps: &[Step],
    ) -> Result<(Vec<Hop>, Type), Mistake> {
        let mut ty = ty;
        let mut label = label.to_owned();
        let mut hops = Vec::new();
        for step in steps {
            match (step, &ty) {
                (Step::Name { name, span }, Type::Record(place)) => {
                    let fields = &self.vocabulary.records[*place].fields;
                    let Some(slot) = fields.slot(name) else {
                        return Err(unknown(span.clone(), "field", name, fields.labels()));
                    };
                    let field = &fields.list[slot];
                    hops.push(Hop::Member { record: *place, slot });
                    label = format!("{label}.{}", field.label);
                    ty = field.ty.clone();
                }
                (Step::Name { span, .. }, _) => {
                    return Err(Mistake { span: span.clone(), text: "what stands before this has no fields".into() });
                }
                (Step::At(place), Type::List(item)) => {
                    hops.push(Hop::At(*place));
                    ty = (**item).clone();
                }
                (Step::Keyed { path, equals }, Type::List(item)) => {
                    let (path, member) = self.walk(compiler, (**item).clone(), &label, path)?;
                    let wanted = types::of_type(self.vocabulary, &member);
                    let equals = compiler.compile(equals, &wanted)?;
                    hops.push(match (&path[..], &equals) {
                        ([Hop::Member { record, slot }], Expr::Literal(Literal::Int(number))) => {
                            Hop::Numbered { record: *record, slot: *slot, number: *number }
                        }
                        _ => Hop::Keyed { path, equals: Arc::new(equals) },
                    });
                    ty = (**item).clone();
                }
                (Step::At(_) | Step::Keyed { .. }, _) => {
                    return Err(Mistake { span: 0..0, text: format!("`{label}` is no list") });
                }
            }
        }
        // Of records and lists of them, what is in them is read, by other paths.
        let item = if let Type::List(item) = &ty { &**item } else { &ty };
        if !matches!(item, Type::Record(_)) {
            self.mark(&label);
        }
        Ok((hops, ty))
    }

    /// A name that `[let]` gives: compiled the first time that a rule about this message uses it.
    fn use_let(&self, compiler: &Compiler<Self>, name: &str) -> Result<Option<(usize, Type, String)>, Mistake> {
        let earlier = self.plan.borrow().lets.len();
        if let Some(place) = self.used_lets.borrow().iter().position(|used| used.name == name) {
            let used = &self.used_lets.borrow()[place];
            return Ok(Some((earlier + place, used.ty.clone(), used.label.clone())));
        }
        let Some((_, node)) = self.lets.iter().find(|(key, _)| key.name == name) else { return Ok(None) };
        if self.begun_lets.borrow().iter().any(|begun| begun == name) {
            return Err(Mistake { span: 0..0, text: format!("`let.{name}` is made of itself") });
        }
        self.begun_lets.borrow_mut().push(name.to_owned());
        let outer = self.item.replace(None);
        let compiled = self.compile_let(compiler, name, node.as_text().unwrap_or_default());
        self.item.replace(outer);
        self.begun_lets.borrow_mut().pop();
        let inside = |mistake: Mistake| Mistake { text: format!("in `let.{name}`: {}", mistake.text), ..mistake };
        let used = compiled.map_err(inside)?;
        let (place, ty, label) = (earlier + self.used_lets.borrow().len(), used.ty.clone(), used.label.clone());
        self.used_lets.borrow_mut().push(used);
        Ok(Some((place, ty, label)))
    }

    fn compile_let(&self, compiler: &Compiler<Self>, name: &str, text: &str) -> Result<UsedLet, Mistake> {
        let ast = expr::parse(text)?;
        let parts = if let expr::Tree::Choice(parts) = &ast.node { &parts[..] } else { std::slice::from_ref(&ast) };
        let Some(expr::Tree::Path(steps)) = parts.first().map(|part| &part.node) else {
            return Err(Mistake { span: 0..0, text: "this is no path".into() });
        };
        let (_, ty) = self.resolve(compiler, steps)?;
        for part in &parts[1..] {
            self.same_record(compiler, part, &ty)?;
        }
        let names = steps.iter().filter_map(|step| if let Step::Name { name, .. } = step { Some(name) } else { None });
        let mut label: Vec<String> = names.cloned().collect();
        // What another name of `[let]` stands for is what is read.
        if let Some(used) = self.used_lets.borrow().iter().find(|used| used.name == label[0]) {
            label[0].clone_from(&used.label);
        }
        let expr = compiler.compile(&ast, &Ty::Any)?;
        Ok(UsedLet { name: name.to_owned(), ty, label: label.join("."), expr: Some(expr) })
    }

    /// What stands instead of a record is one of the same type: its fields are read by their places.
    fn same_record(&self, compiler: &Compiler<Self>, part: &expr::Ast, first: &Type) -> Result<(), Mistake> {
        match &part.node {
            expr::Tree::Choice(parts) => parts.iter().try_for_each(|part| self.same_record(compiler, part, first)),
            expr::Tree::Path(steps) => {
                let (_, ty) = self.resolve(compiler, steps)?;
                match (first.record(), ty.record()) {
                    (Some(first), Some(other)) if first != other => {
                        let name = |place: usize| &self.vocabulary.records[place].name;
                        let text = format!("a record of type {} cannot stand for a {}", name(other), name(first));
                        Err(Mistake { span: 0..0, text })
                    }
                    _ => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }
}

impl Scope for MessageScope<'_, '_> {
    type Leaf = Leaf;

    fn path(&self, compiler: &Compiler<Self>, steps: &[Step]) -> Result<(Leaf, Ty), Mistake> {
        let (leaf, ty) = self.resolve(compiler, steps)?;
        Ok((leaf, types::of_type(self.vocabulary, &ty)))
    }
}

// ── settings ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/// Compiles the settings of one rule for one message.
struct Builder<'b, 's, 'd> {
    scope: &'b MessageScope<'s, 'd>,
    tables: &'b [Table],
    problems: &'b mut Problems,
}

impl<'b, 's, 'd> Builder<'b, 's, 'd> {
    fn compiler(&self) -> Compiler<'b, MessageScope<'s, 'd>> {
        Compiler { scope: self.scope, tables: self.tables }
    }

    fn mistake(&mut self, node: Node, mistake: Mistake) {
        let start = node.inner_span().start;
        self.problems.add(node.source(), start + mistake.span.start..start + mistake.span.end, mistake.text);
    }

    fn expr(&mut self, node: Node, wanted: &Ty) -> Option<Expr<Leaf>> {
        if let Some(number) = node.as_integer() {
            return Some(Expr::Literal(Literal::Int(number)));
        }
        if let Some(value) = node.as_boolean() {
            return Some(Expr::Literal(Literal::Bool(value)));
        }
        let text = node.text(self.problems)?;
        let compiled = expr::parse(text).and_then(|ast| self.compiler().compile(&ast, wanted));
        compiled.map_err(|mistake| self.mistake(node, mistake)).ok()
    }

    /// A path to a list, with the type of its items.
    fn list(&mut self, node: Node) -> Option<(Leaf, Type)> {
        let text = node.text(self.problems)?;
        let compiler = self.compiler();
        let found = expr::parse(text).and_then(|ast| match &ast.node {
            expr::Tree::Path(steps) => self.scope.resolve(&compiler, steps),
            _ => Err(Mistake { span: ast.span.clone(), text: "this is no path".into() }),
        });
        match found {
            Ok((leaf, Type::List(item))) => Some((leaf, *item)),
            Ok(_) => {
                node.problem(self.problems, "this is no list");
                None
            }
            Err(mistake) => {
                self.mistake(node, mistake);
                None
            }
        }
    }

    fn set_if_new(&mut self, rule: &mut Rule, key: &Key, node: Node, weak: bool) {
        let has_fact =
            |fact| rule.facts.iter().any(|plan| plan.fact == fact && (plan.weak == weak || !plan.weak && weak));
        let known = match key.name {
            "call" => rule.call.is_some(),
            "party" => rule.party.is_some(),
            "other" => rule.other.is_some(),
            "to" => rule.to.is_some(),
            "service" => rule.service.is_some(),
            "data" => rule.data.is_some(),
            "services" => rule.services.is_some(),
            name => Fact::from_name(name).is_some_and(|fact| has_fact(fact) && !weak),
        };
        if !known {
            self.set(rule, key, node, weak);
        }
    }

    fn set(&mut self, rule: &mut Rule, key: &Key, node: Node, weak: bool) {
        match key.name {
            "call" => {
                let place = self.scope.vocabulary.call_names.iter().position(|name| name == "id").unwrap_or_default();
                rule.call = self.expr(node, &Ty::Text).map(|expr| (place as u8, expr));
            }
            "party" => rule.party = self.device(node),
            "other" => rule.other = self.device(node),
            "to" => rule.to = self.device(node),
            "service" => rule.service = self.device(node),
            "data" => rule.data = self.pairs(node),
            "services" => rule.services = self.devices(node),
            name => {
                let Some(fact) = Fact::from_name(name) else {
                    let known = Fact::names().chain(["call", "party", "other", "to", "service", "data", "services"]);
                    self.problems.unknown(key.source, key.span.clone(), "part of a change", name, known);
                    return;
                };
                if let Some(expr) = self.expr(node, &types::of_fact(fact)) {
                    rule.facts.push(FactPlan { fact, expr, weak });
                }
            }
        }
    }

    /// A device: the name of a group of the message, a path to a record of type and id, or a table of kind, id and number.
    fn device(&mut self, node: Node) -> Option<DevicePlan> {
        if let Some(section) = node.as_table() {
            return self.device_parts(section);
        }
        let text = node.text(self.problems)?;
        let field = |slot: usize| Expr::Leaf(Leaf::Field { slot, steps: Vec::new() });
        if let Some(group) = self.scope.def.devices.iter().find(|group| group.label == text) {
            for slot in [group.id, group.ty, group.number].into_iter().flatten() {
                self.scope.mark(&self.scope.def.fields.list[slot].label);
            }
            let kind = group.ty.and_then(|slot| match &self.scope.def.fields.list[slot].ty {
                Type::Enum(place) => Some(DeviceKindPlan::Member(*place, field(slot))),
                _ => None,
            });
            let kind = kind.unwrap_or(DeviceKindPlan::Unknown);
            return Some(DevicePlan { kind, id: group.id.map(field), number: group.number.map(field) });
        }
        self.device_record(node, text)
    }

    fn device_record(&mut self, node: Node, text: &str) -> Option<DevicePlan> {
        let part = |builder: &mut Self, part: &str| {
            let ast = expr::parse(&format!("{text}.{part}")).ok()?;
            let expr::Tree::Path(steps) = ast.node else { return None };
            let compiler = builder.compiler();
            builder.scope.resolve(&compiler, &steps).map_err(|mistake| builder.mistake(node, mistake)).ok()
        };
        let (ty, enumeration) = match part(self, "type")? {
            (leaf, Type::Enum(place)) => (leaf, place),
            _ => {
                node.problem(self.problems, "a device is a group of the message's fields, or a record of type and id");
                return None;
            }
        };
        let (id, _) = part(self, "id")?;
        let kind = DeviceKindPlan::Member(enumeration, Expr::Leaf(ty));
        Some(DevicePlan { kind, id: Some(Expr::Leaf(id)), number: None })
    }

    fn device_parts(&mut self, section: Section) -> Option<DevicePlan> {
        let kind = section.get("kind").map(|node| self.device_kind(node)).unwrap_or(Some(DeviceKindPlan::Unknown));
        let id = section.get("id").and_then(|node| self.expr(node, &Ty::Text));
        let number = section.get("number").and_then(|node| self.expr(node, &Ty::Text));
        section.finish(self.problems);
        Some(DevicePlan { kind: kind?, id, number })
    }

    /// A literal kind, an expression of the model's kinds, or one of an enumeration whose members say what they are.
    fn device_kind(&mut self, node: Node) -> Option<DeviceKindPlan> {
        let text = node.text(self.problems)?;
        let ast = expr::parse(text).map_err(|mistake| self.mistake(node, mistake)).ok()?;
        if let expr::Tree::Text(name) = &ast.node {
            let kind = DeviceKind::from_name(name);
            if kind.is_none() {
                self.problems.unknown(node.source(), node.inner_span(), "kind of device", name, DeviceKind::names());
            }
            return kind.map(DeviceKindPlan::Fixed);
        }
        if let expr::Tree::Path(steps) = &ast.node {
            let compiler = self.compiler();
            if let Ok((leaf, Type::Enum(place))) = self.scope.resolve(&compiler, steps) {
                return Some(DeviceKindPlan::Member(place, Expr::Leaf(leaf)));
            }
        }
        let wanted = types::words("device-kind").map_or(Ty::Any, Ty::Members);
        self.expr(node, &wanted).map(DeviceKindPlan::Word)
    }

    /// `{ each, when, key, value }`; without `each`, one pair.
    fn pairs(&mut self, node: Node) -> Option<ListPlan> {
        let section = node.table(self.problems)?;
        self.each(section, |builder, section| {
            let key = section.get("key").and_then(|node| builder.expr(node, &Ty::Text));
            let value = section.get("value").and_then(|node| builder.expr(node, &Ty::Text));
            (key, value, None)
        })
    }

    /// `{ each, when, kind, id }`.
    fn devices(&mut self, node: Node) -> Option<ListPlan> {
        let section = node.table(self.problems)?;
        self.each(section, |builder, section| {
            let kind =
                section.get("kind").and_then(|node| builder.device_kind(node)).unwrap_or(DeviceKindPlan::Unknown);
            let id = section.get("id").and_then(|node| builder.expr(node, &Ty::Text));
            (None, None, Some(DevicePlan { kind, id, number: None }))
        })
    }

    #[allow(clippy::type_complexity)]
    fn each(
        &mut self,
        section: Section,
        parts: impl FnOnce(&mut Self, &Section) -> (Option<Expr<Leaf>>, Option<Expr<Leaf>>, Option<DevicePlan>),
    ) -> Option<ListPlan> {
        let list = match section.get("each") {
            Some(node) => Some(self.list(node)?),
            None => None,
        };
        let (each, item) = list.unzip();
        let outer = self.scope.item.replace(item);
        let when = section.get("when").and_then(|node| self.expr(node, &Ty::Any));
        let (key, value, device) = parts(self, &section);
        self.scope.item.replace(outer);
        section.finish(self.problems);
        Some(ListPlan { each, when, key, value, device })
    }

    /// Fields that say by their role what they are about fill in what the rule leaves open.
    fn roles(&mut self, rule: &mut Rule, def: &MessageDef) {
        let field = |slot: usize| Expr::Leaf(Leaf::Field { slot, steps: Vec::new() });
        for (slot, known) in def.fields.list.iter().enumerate() {
            let Some(role) = known.role else { continue };
            self.scope.mark(&known.label);
            known.joined.iter().for_each(|part| self.scope.mark(&def.fields.list[*part].label));
            let fact = match role {
                Role::Agent(AgentPart::Id) if rule.party.is_none() => {
                    let kind = DeviceKindPlan::Fixed(DeviceKind::Agent);
                    rule.party = Some(DevicePlan { kind, id: Some(field(slot)), number: None });
                    continue;
                }
                Role::Agent(AgentPart::Number) => Fact::Number,
                Role::Agent(AgentPart::Name) => Fact::Name,
                Role::Agent(AgentPart::Station) => Fact::Station,
                _ => continue,
            };
            if !rule.facts.iter().any(|plan| plan.fact == fact) {
                rule.facts.push(FactPlan { fact, expr: field(slot), weak: false });
            }
        }
        // What names the message is read by whoever reads the message.
        for (label, _) in &def.wire_names {
            self.scope.mark(label);
        }
    }
}

/// Where rules find again who did something, and to whom.
const PARTY: &[&str] = &["agent.id", "party.id", "party.kind", "party.number", "call.agent", "call.originator"];
const OTHER: &[&str] = &["call.destination", "call.destination-type", "call.originator", "request.destination-type"];
const SERVICE: &[&str] = &["service.id", "call.service"];
const DATA: [&str; 2] = ["call.data", "request.data"];
const SERVICES: [&str; 2] = ["agent.services", "service.agents"];

/// All attributes that changes set.
pub fn settable() -> impl Iterator<Item = &'static str> {
    let facts = Fact::ALL.iter().flat_map(|fact| fact.becomes());
    facts.chain(PARTY).chain(OTHER).chain(SERVICE).chain(&DATA).chain(&SERVICES).copied()
}

impl Rule {
    /// The fields of the message that this rule reads, by dotted label, with the attributes that they become.
    pub fn reads(&self, vocabulary: &Vocabulary, kind: Kind, plan: &KindPlan) -> Vec<(String, Vec<&'static str>)> {
        let mut reads =
            Reads { vocabulary, def: vocabulary.message(kind), plan, each: self.each.as_ref(), list: Vec::new() };
        // What an application asks stays with the request; what a platform says of a request's end is its reason.
        let asks = self.means.is_request();
        let ends = matches!(self.means, ChangeKind::RequestFailed | ChangeKind::Refuse);
        let of_service = self.means == ChangeKind::ServiceKnown;
        let possible = |attribute: &&&str| match **attribute {
            "agent.name" => !of_service,
            "service.name" => of_service,
            "reason" | "failure" => ends,
            attribute if attribute.starts_with("request.") => asks,
            _ => !asks,
        };
        for fact in &self.facts {
            let becomes: Vec<&str> = fact.fact.becomes().iter().filter(possible).copied().collect();
            reads.expr(&fact.expr, &becomes, None);
        }
        for (device, becomes) in
            [(&self.party, PARTY), (&self.other, OTHER), (&self.to, OTHER), (&self.service, SERVICE)]
        {
            let Some(device) = device else { continue };
            let kind = match &device.kind {
                DeviceKindPlan::Member(_, expr) | DeviceKindPlan::Word(expr) => Some(expr),
                DeviceKindPlan::Unknown | DeviceKindPlan::Fixed(_) => None,
            };
            for expr in [kind, device.id.as_ref(), device.number.as_ref()].into_iter().flatten() {
                reads.expr(expr, becomes, None);
            }
        }
        for (list, becomes) in [(&self.data, DATA), (&self.services, SERVICES)] {
            let Some(list) = list else { continue };
            let device = list.device.as_ref().and_then(|device| device.id.as_ref());
            for expr in [list.key.as_ref(), list.value.as_ref(), device].into_iter().flatten() {
                reads.expr(expr, &becomes, list.each.as_ref());
            }
        }
        reads.list
    }
}

/// Collects what a rule reads.
struct Reads<'r> {
    vocabulary: &'r Vocabulary,
    def: &'r MessageDef,
    plan: &'r KindPlan,
    each: Option<&'r Leaf>,
    list: Vec<(String, Vec<&'static str>)>,
}

impl<'r> Reads<'r> {
    fn expr(&mut self, expr: &Expr<Leaf>, becomes: &[&'static str], each: Option<&Leaf>) {
        for leaf in expr.leaves() {
            for label in self.labels(leaf, each.or(self.each)) {
                self.list.push((label, becomes.to_vec()));
            }
        }
    }

    /// The dotted labels that a leaf can be: a name of `[let]` may stand for several.
    fn labels(&self, leaf: &Leaf, each: Option<&Leaf>) -> Vec<String> {
        let (roots, hops) = match leaf {
            Leaf::Field { slot, steps } => (vec![self.def.fields.list[*slot].label.clone()], steps),
            Leaf::Let { place, steps } => {
                let leaves = self.plan.lets.get(*place).map(Expr::leaves).unwrap_or_default();
                let mut roots: Vec<String> = leaves.iter().flat_map(|leaf| self.labels(leaf, None)).collect();
                roots.dedup();
                (roots, steps)
            }
            Leaf::Item { steps } => (each.map(|each| self.labels(each, self.each)).unwrap_or_default(), steps),
        };
        let members = hops.iter().filter_map(|hop| match hop {
            Hop::Member { record, slot } => Some(&self.vocabulary.records[*record].fields.list[*slot].label),
            _ => None,
        });
        let tail: String = members.map(|name| format!(".{name}")).collect();
        roots.into_iter().map(|root| root + &tail).collect()
    }
}
