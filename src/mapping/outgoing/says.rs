//! The contents of rules by name, for reports and for the check that rules are complete.

use super::plan::{Leaf, Outgoing, Rule, ValuePlan};
use crate::{
    model::{ListAttribute, Occasion},
    vocabulary::{Role, Which},
};

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
    /// The path by which rules name the leaf.
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
    /// The fields that this rule sets, by dotted label, each with the attributes of its transition that it is made of.
    pub fn sets(&self, rules: &Outgoing) -> Vec<(String, Vec<String>)> {
        let def = rules.vocabulary.message(self.emit);
        let mut sets = Vec::new();
        for (slot, plan) in &self.sets {
            collect(rules, self.on, &def.fields.list[*slot].label, plan, None, &mut sets);
        }
        sets
    }
}

fn collect(
    rules: &Outgoing,
    on: Occasion,
    label: &str,
    plan: &ValuePlan,
    list: Option<ListAttribute>,
    into: &mut Vec<(String, Vec<String>)>,
) {
    match plan {
        ValuePlan::Scalar(expr) => {
            let leaves = expr.leaves().into_iter().filter(|leaf| leaf.exists_at(on, list));
            let paths = leaves.map(|leaf| match (leaf, list) {
                (Leaf::Item(_), Some(list)) => list.name().to_owned(),
                (leaf, _) => leaf.path(rules),
            });
            into.push((label.to_owned(), paths.collect()));
        }
        ValuePlan::Record { record, members } => {
            let fields = &rules.vocabulary.records[*record].fields.list;
            for (slot, plan) in members {
                collect(rules, on, &format!("{label}.{}", fields[*slot].label), plan, list, into);
            }
        }
        ValuePlan::List { list, item, .. } => collect(rules, on, label, item, Some(*list), into),
        ValuePlan::Joined { parts, .. } => parts.iter().for_each(|part| collect(rules, on, label, part, list, into)),
        ValuePlan::Items(items) => items.iter().for_each(|(_, item)| collect(rules, on, label, item, list, into)),
        ValuePlan::DeviceType { kind, .. } => {
            let path = Some(kind).filter(|kind| kind.exists_at(on, list)).map(|kind| kind.path(rules));
            into.push((label.to_owned(), path.into_iter().collect()));
        }
    }
}
