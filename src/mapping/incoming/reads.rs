//! The fields that rules read, and the attributes that they become, by name. Coverage reports them.

use super::plan::{DeviceKindPlan, Hop, KindPlan, Leaf, Rule};
use crate::{
    mapping::expression::Expr,
    message::Kind,
    model::{ChangeKind, Fact},
    vocabulary::{MessageDef, Vocabulary},
};

/// The attributes under which rules find the devices of a change again.
const PARTY: &[&str] = &["agent.id", "party.id", "party.kind", "party.number", "call.agent", "call.originator"];
const OTHER: &[&str] = &["call.destination", "call.destination-type", "call.originator", "request.destination-type"];
const SERVICE: &[&str] = &["service.id", "call.service"];
const DATA: [&str; 2] = ["call.data", "request.data"];
const SERVICES: [&str; 2] = ["agent.services", "service.agents"];

/// All attributes that changes can set.
pub fn settable() -> impl Iterator<Item = &'static str> {
    let facts = Fact::ALL.iter().flat_map(|fact| fact.becomes());
    facts.chain(PARTY).chain(OTHER).chain(SERVICE).chain(&DATA).chain(&SERVICES).copied()
}

impl Rule {
    /// The fields of the message that this rule reads, by dotted label, with the attributes that they become.
    pub fn reads(&self, vocabulary: &Vocabulary, kind: Kind, plan: &KindPlan) -> Vec<(String, Vec<&'static str>)> {
        let mut reads =
            Reads { vocabulary, def: vocabulary.message(kind), plan, each: self.each.as_ref(), list: Vec::new() };
        // The facts of an application's request stay with the request. Of the facts about its end only the reason does.
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
