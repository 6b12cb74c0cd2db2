//! The fields that rules read, and the attributes that they become, by name. Coverage reports them.

use super::plan::{DeviceKindPlan, Hop, KindPlan, Leaf, Rule};
use crate::{
    mapping::expression::Expr,
    message::Kind,
    model::{Attribute, Meaning, Part},
    vocabulary::{MessageDef, Vocabulary},
};

/// The paths of all attributes that rules set in some change. Calls are named by roles.
pub fn settable() -> Vec<&'static str> {
    let mut paths = Vec::new();
    for attribute in Attribute::settable().filter(|attribute| *attribute != Attribute::Part(Part::Call)) {
        for path in Meaning::all().flat_map(move |kind| kind.shows(attribute)) {
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
    }
    paths
}

impl Rule {
    /// The fields of the message that this rule reads, by dotted label, with the attributes that they become.
    pub fn reads(&self, vocabulary: &Vocabulary, kind: Kind, plan: &KindPlan) -> Vec<(String, Vec<&'static str>)> {
        let mut reads =
            Reads { vocabulary, def: vocabulary.message(kind), plan, each: self.each.as_ref(), list: Vec::new() };
        let becomes = |attribute| self.means.shows(attribute).collect::<Vec<_>>();
        for fact in &self.facts {
            reads.expr(&fact.expr, &becomes(Attribute::Fact(fact.fact)), None);
        }
        if let Some((_, number)) = &self.call {
            reads.expr(number, &becomes(Attribute::Part(Part::Call)), None);
        }
        for (device, part) in [
            (&self.party, Part::Party),
            (&self.other, Part::Other),
            (&self.to, Part::To),
            (&self.service, Part::Service),
        ] {
            let Some(device) = device else { continue };
            let kind = match &device.kind {
                DeviceKindPlan::Member(_, expr) | DeviceKindPlan::Word(expr) => Some(expr),
                DeviceKindPlan::Unknown | DeviceKindPlan::Fixed(_) => None,
            };
            for expr in [kind, device.id.as_ref(), device.number.as_ref()].into_iter().flatten() {
                reads.expr(expr, &becomes(Attribute::Part(part)), None);
            }
        }
        let data = self.data.iter().map(|list| (list, Part::Data));
        for (list, part) in data.chain(self.services.iter().map(|list| (list, Part::Services))) {
            let device = list.device.as_ref().and_then(|device| device.id.as_ref());
            for expr in [list.key.as_ref(), list.value.as_ref(), device].into_iter().flatten() {
                reads.expr(expr, &becomes(Attribute::Part(part)), list.each.as_ref());
            }
        }
        reads.list
    }
}

/// Collects the fields that a rule reads.
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

    /// The dotted labels that a leaf can stand for. A name of `[let]` can stand for several.
    fn labels(&self, leaf: &Leaf, each: Option<&Leaf>) -> Vec<String> {
        let (roots, hops) = match leaf {
            Leaf::Field { slot, steps } => (vec![self.def.fields.list[*slot].label.clone()], steps),
            Leaf::Let { place, steps } => {
                let leaves = self.plan.lets.get(*place).map(Expr::leaves).unwrap_or_default();
                let mut roots: Vec<String> = leaves.iter().flat_map(|leaf| self.labels(leaf, None)).collect();
                roots.dedup();
                (roots, steps)
            }
            Leaf::Place => return Vec::new(),
            Leaf::Item { steps } => (each.map(|each| self.labels(each, self.each)).unwrap_or_default(), steps),
        };
        let members = hops.iter().filter_map(|hop| match hop {
            Hop::Member { record, slot } => Some(&self.vocabulary.records[*record].fields.list[*slot].label),
            Hop::At(_) | Hop::Numbered { .. } | Hop::Keyed { .. } => None,
        });
        let tail: String = members.map(|name| format!(".{name}")).collect();
        roots.into_iter().map(|root| root + &tail).collect()
    }
}
