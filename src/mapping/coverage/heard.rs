//! The messages that come in, and the messages and fields that they can become.

use super::report::{Detail, Fate, Field, Heard};
use crate::{
    mapping::{
        incoming::Incoming,
        labels::dotted_labels,
        outgoing::{Outgoing, Rule},
    },
    model::{Meaning, Occasion, OrderKind},
    vocabulary::{AgentPart, Role, Side, Which},
};

/// The messages of these sides, each with its fate.
pub fn heard(from: &Incoming, to: &Outgoing, sides: &[Side]) -> Vec<Heard> {
    let vocabulary = &from.vocabulary;
    let mut list = Vec::new();
    for (kind, def) in vocabulary.kinds().filter(|(_, def)| sides.contains(&def.side)) {
        let plan = &from.plans[kind.0 as usize];
        if def.session || (plan.rules.is_empty() && plan.ignored.is_none()) {
            let reason = "the conversation's own".to_owned();
            list.push(Heard {
                message: def.label.clone(),
                into: Vec::new(),
                ignored: Some(reason),
                refused: None,
                answered: false,
                session: true,
                fields: Vec::new(),
            });
            continue;
        }
        let caused: Vec<Occasion> = plan.rules.iter().flat_map(|rule| rule.means.occasions()).collect();
        let becomes = Becomes::of(to, &caused, sides);
        let asks: Vec<_> = plan.rules.iter().map(|rule| rule.means).filter(|means| means.is_request()).collect();
        let refused = refusal(to, &asks);
        let answered = !asks.is_empty() && asks.iter().all(|means| orders(to, *means).next().is_none());
        let reads: Vec<(String, Vec<&str>)> =
            plan.rules.iter().flat_map(|rule| rule.reads(vocabulary, kind, plan)).collect();
        let shown: Vec<&str> = plan.rules.iter().flat_map(|rule| rule.means.shown()).collect();
        let field = |label: String| {
            let covers = |known: &str| label == known || label.starts_with(&format!("{known}."));
            if let Some((_, reason)) = plan.unread.iter().find(|(known, _)| covers(known)) {
                return Field { field: label, fate: Fate::Ignored, detail: Detail::reason(reason) };
            }
            if let Some(reason) = &refused {
                return Field { field: label, fate: Fate::Refused, detail: Detail::reason(reason) };
            }
            if answered {
                let detail = Detail::reason("it says what the bridge answers");
                return Field { field: label, fate: Fate::Derived, detail };
            }
            let read = reads.iter().filter(|(read, _)| *read == label).flat_map(|(_, becomes)| becomes).copied();
            let role = def.fields.slot(&label).and_then(|slot| def.fields.list[slot].role);
            let of_role = role.and_then(|role| role_attribute(from, role)).filter(|path| shown.contains(path));
            let attributes: Vec<&str> = read.chain(of_role).collect();
            let now = becomes.fields(&becomes.now, &attributes);
            // An answer to a request is said at once, or never.
            let kept: Vec<&str> = attributes.iter().copied().filter(|path| !path.starts_with("request.")).collect();
            let later = becomes.fields(&becomes.later, &kept);
            let untold = attributes.iter().find_map(|attribute| to.untold.get(*attribute));
            let (fate, detail) = if !now.is_empty() {
                (Fate::Carried, Detail::List("→", now))
            } else if def.wire_names.iter().any(|(name, _)| *name == label) {
                (Fate::Derived, Detail::reason("it names the message"))
            } else if !later.is_empty() {
                (Fate::Derived, Detail::List("the picture has it for", later))
            } else if let (Some(reason), None) = (untold, role) {
                (Fate::Absent, Detail::reason(reason))
            } else {
                (Fate::Derived, Detail::reason("it decides what happened, when, and to whom"))
            };
            Field { field: label, fate, detail }
        };
        let fields = match plan.rules.is_empty() {
            true => Vec::new(),
            false => dotted_labels(vocabulary, def).into_iter().map(field).collect(),
        };
        let into = becomes.messages();
        let ignored = plan.ignored.clone();
        list.push(Heard { message: def.label.clone(), into, ignored, refused, answered, session: false, fields });
    }
    list
}

/// The orders that a request gives to the platform. Only platforms that route are asked for routes; for others the bridge
/// answers.
pub(super) fn orders(to: &Outgoing, means: Meaning) -> impl Iterator<Item = OrderKind> {
    let orders = means.orders().iter().copied();
    orders.filter(move |order| !(order.is_of_route() || *order == OrderKind::SelectRoute) || to.says(*order))
}

/// The platform's limitations, if it can do nothing of what a message asks for.
fn refusal(to: &Outgoing, asks: &[Meaning]) -> Option<String> {
    let plans: Vec<_> = asks.iter().flat_map(|means| orders(to, *means)).map(|order| to.plan(order)).collect();
    if plans.iter().any(|plan| !plan.rules.is_empty() || !plan.steps.is_empty()) {
        return None;
    }
    let mut lacks: Vec<&str> = plans.iter().filter_map(|plan| plan.ignored.as_deref()).collect();
    lacks.dedup();
    (!lacks.is_empty()).then(|| lacks.join("; "))
}

/// The attribute that a field of this role is passed on as. A call's names other than its id only serve to find it.
pub(super) fn role_attribute(from: &Incoming, role: Role) -> Option<&'static str> {
    let is_id = |place: u8| from.vocabulary.call_names.get(place as usize).is_some_and(|name| name == "id");
    Some(match role {
        Role::Call(Which::Call, place) if is_id(place) => "call.id",
        Role::Call(Which::Second, place) if is_id(place) => "second.id",
        Role::Call(Which::Result, place) if is_id(place) => "result.id",
        Role::Agent(AgentPart::Id) => "agent.id",
        Role::Agent(AgentPart::Number) => "agent.number",
        Role::Agent(AgentPart::Name) => "agent.name",
        Role::Agent(AgentPart::Station) => "agent.station",
        Role::Request => "request.id",
        Role::Call(..)
        | Role::Service
        | Role::Session
        | Role::Tenant
        | Role::Platform
        | Role::Sequence
        | Role::Time
        | Role::Utc => return None,
    })
}

/// The rules by which a message that comes in can be passed on.
struct Becomes<'r> {
    to: &'r Outgoing,
    /// The rules of the transitions and orders that it causes.
    now: Vec<&'r Rule>,
    /// All rules for messages in the same direction, which may say later what the picture keeps of it.
    later: Vec<&'r Rule>,
}

impl<'r> Becomes<'r> {
    /// For the transitions and orders that a message can cause. Events are kept in the picture for later messages, requests are not.
    fn of(to: &'r Outgoing, occasions: &[Occasion], sides: &[Side]) -> Becomes<'r> {
        let said = |rule: &&Rule| sides.contains(&to.vocabulary.message(rule.emit).side);
        let steps = occasions.iter().flat_map(|occasion| &to.plan(*occasion).steps).copied().map(Occasion::Order);
        let plans = occasions.iter().copied().chain(steps).map(|occasion| to.plan(occasion));
        let later = to.plans.iter().filter(|_| sides.contains(&Side::Event));
        Becomes {
            to,
            now: plans.flat_map(|plan| &plan.rules).filter(said).collect(),
            later: later.flat_map(|plan| &plan.rules).filter(said).collect(),
        }
    }

    /// The messages that it causes.
    fn messages(&self) -> Vec<String> {
        let mut labels = Vec::new();
        for rule in &self.now {
            let label = &self.to.vocabulary.message(rule.emit).label;
            if !labels.contains(label) {
                labels.push(label.clone());
            }
        }
        labels
    }

    /// The fields that these rules set from one of these attributes.
    fn fields(&self, rules: &[&Rule], attributes: &[&str]) -> Vec<String> {
        let mut found = Vec::new();
        for rule in rules {
            for (label, paths) in rule.sets(self.to) {
                if paths.iter().any(|path| attributes.contains(&path.as_str())) {
                    found.push(format!("{}.{label}", self.to.vocabulary.message(rule.emit).label));
                }
            }
        }
        found.sort();
        found.dedup();
        found
    }
}
