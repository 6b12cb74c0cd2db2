//! The fields that are kept when a message is read: those that its plan reads, down to the members of records, those that
//! conversations need, and the ones that name the message. All others are skipped on the wire.

use super::plan::{DeviceKindPlan, DevicePlan, Hop, KindPlan, Leaf, ListPlan, Rule};
use crate::{
    mapping::expression::Expr,
    vocabulary::{Field, Keep, MessageDef, Role, Side, Type, Vocabulary, Wanted},
};

pub fn wanted(vocabulary: &Vocabulary, plans: &[KindPlan]) -> Wanted {
    let kept = |(def, plan): (&MessageDef, &KindPlan)| {
        let conversation = |role| matches!(role, Some(Role::Sequence | Role::Time | Role::Utc));
        let whole = |role| def.side != Side::Event || conversation(role);
        let names = |label: &String| def.wire_names.iter().any(|(field, _)| field == label);
        let keep = |field: &Field| if whole(field.role) || names(&field.label) { Keep::Whole } else { Keep::Nothing };
        let keeps = def.fields.list.iter().map(keep);
        let mut reads = Reads { vocabulary, def, plan, keeps: keeps.collect() };
        plan.rules.iter().for_each(|rule| reads.rule(rule));
        reads.keeps.into()
    };
    vocabulary.messages.iter().zip(plans).map(kept).collect()
}

/// The part of its target that a path reads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Read {
    Whole,
    /// Only the items of a list; further paths read their members.
    Through,
}

/// Goes through a plan and notes the fields that it reads.
struct Reads<'r> {
    vocabulary: &'r Vocabulary,
    def: &'r MessageDef,
    plan: &'r KindPlan,
    keeps: Vec<Keep>,
}

/// The lists around an expression whose items it is evaluated for, the innermost last.
type Around<'a, 'r> = &'a [&'r Leaf];

impl<'r> Reads<'r> {
    fn rule(&mut self, rule: &'r Rule) {
        for slot in rule.calls.iter().map(|(_, _, slot)| slot).chain(&rule.request) {
            self.keeps[*slot] = Keep::Whole;
        }
        let items: Vec<&Leaf> = rule.each.iter().collect();
        if let Some(each) = &rule.each {
            self.leaf(each, &[], &[], Read::Through);
        }
        self.expr(rule.when.as_ref(), &items);
        self.expr(rule.call.as_ref().map(|(_, number)| number), &items);
        rule.facts.iter().for_each(|plan| self.expr(Some(&plan.expr), &items));
        for device in [&rule.party, &rule.other, &rule.to, &rule.service] {
            self.device(device.as_ref(), &items);
        }
        for list in rule.data.iter().chain(&rule.services) {
            self.list(list, &items);
        }
    }

    fn list(&mut self, list: &'r ListPlan, around: Around<'_, 'r>) {
        let mut items = around.to_vec();
        if let Some(each) = &list.each {
            self.leaf(each, around, &[], Read::Through);
            items.push(each);
        }
        for expr in [&list.when, &list.key, &list.value] {
            self.expr(expr.as_ref(), &items);
        }
        self.device(list.device.as_ref(), &items);
    }

    fn device(&mut self, device: Option<&'r DevicePlan>, around: Around<'_, 'r>) {
        let Some(device) = device else { return };
        let kind = match &device.kind {
            DeviceKindPlan::Member(_, expr) | DeviceKindPlan::Word(expr) => Some(expr),
            DeviceKindPlan::Unknown | DeviceKindPlan::Fixed(_) => None,
        };
        for expr in [kind, device.id.as_ref(), device.number.as_ref()] {
            self.expr(expr, around);
        }
    }

    fn expr(&mut self, expr: Option<&'r Expr<Leaf>>, around: Around<'_, 'r>) {
        for leaf in expr.iter().flat_map(|expr| expr.leaves()) {
            self.leaf(leaf, around, &[], Read::Whole);
        }
    }

    /// Notes that the target of a leaf, and of the hops `beyond` it, is read.
    fn leaf(&mut self, leaf: &'r Leaf, around: Around<'_, 'r>, beyond: &[&'r Hop], read: Read) {
        let (Leaf::Field { steps, .. } | Leaf::Let { steps, .. } | Leaf::Item { steps }) = leaf else { return };
        let hops: Vec<&Hop> = steps.iter().chain(beyond.iter().copied()).collect();
        for hop in steps {
            if let Hop::Keyed { equals, .. } = hop {
                self.expr(Some(equals), around);
            }
        }
        match leaf {
            Leaf::Field { slot, .. } => {
                let ty = &self.def.fields.list[*slot].ty;
                mark(self.vocabulary, &mut self.keeps[*slot], ty, &hops, read);
            }
            Leaf::Let { place, .. } => {
                for root in self.plan.lets.get(*place).iter().flat_map(|expr| expr.leaves()) {
                    self.leaf(root, &[], &hops, read);
                }
            }
            Leaf::Item { .. } => {
                if let Some((each, further)) = around.split_last() {
                    self.leaf(each, further, &hops, read);
                }
            }
            Leaf::Place => {}
        }
    }
}

/// Notes the members of a type that a path reads. All items of a list are treated alike.
fn mark(vocabulary: &Vocabulary, kept: &mut Keep, ty: &Type, hops: &[&Hop], read: Read) {
    let item = if let Type::List(item) = ty { item } else { ty };
    let fields = match item {
        Type::Record(place) => &vocabulary.records[*place].fields,
        Type::Bool | Type::Int | Type::Long | Type::Text | Type::Time | Type::Id | Type::Enum(_) | Type::List(_) => {
            return *kept = Keep::Whole;
        }
    };
    match hops.split_first() {
        None if read == Read::Whole => *kept = Keep::Whole,
        None => kept.hold(fields.list.len()),
        Some((Hop::At(_), further)) => mark(vocabulary, kept, item, further, read),
        Some((Hop::Numbered { record, slot, .. }, further)) => {
            mark(vocabulary, kept, item, &[&Hop::Member { record: *record, slot: *slot }], Read::Whole);
            mark(vocabulary, kept, item, further, read);
        }
        Some((Hop::Keyed { path, .. }, further)) => {
            mark(vocabulary, kept, item, &path.iter().collect::<Vec<_>>(), Read::Whole);
            mark(vocabulary, kept, item, further, read);
        }
        Some((Hop::Member { slot, .. }, further)) => {
            kept.hold(fields.list.len());
            if let Keep::Members(members) = kept {
                mark(vocabulary, &mut members[*slot], &fields.list[*slot].ty, further, read);
            }
        }
    }
}

#[cfg(test)]
mod tests;
