//! What rules say, by name: for coverage, and for what has to be complete.

use std::cell::RefCell;

use hashbrown::{HashMap, HashSet};

use super::{Leaf, Outgoing, Rule, ValuePlan, names::TransitionScope};
use crate::{
    diagnostic::Problems,
    document::{Key, Node, Table as Section},
    mapping::{
        compile::{Compiler, Expr, Ty},
        expr,
        incoming::settable,
        reason,
    },
    model::ListAttribute,
    vocabulary::{Role, Side, Which},
};

impl Outgoing {
    /// `[untold]`: each attribute that changes set is read by some rule, or never, for a reason.
    pub fn read_untold(&mut self, table: &Section, entries: &[(Key, Node)], problems: &mut Problems) {
        let rules = || self.plans.iter().flat_map(|plan| &plan.rules);
        let mut told: HashSet<String> = rules().flat_map(|rule| rule.sets(self)).flat_map(|(_, paths)| paths).collect();
        let conditions = rules().filter_map(|rule| rule.when.as_ref()).flat_map(Expr::leaves);
        told.extend(conditions.map(|leaf| leaf.path(self)));
        let refusals = self.plans.iter().flat_map(|plan| &plan.refusals).flat_map(|refusal| refusal.when.leaves());
        told.extend(refusals.map(|leaf| leaf.path(self)));
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
    pub fn reads(&self, wanted: &[Leaf]) -> bool {
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
            Leaf::Role(Role::Time | Role::Utc) => "time".into(),
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
