//! The fields of a message that a rule sets.

use hashbrown::HashSet;

use super::{
    names::TransitionScope,
    plan::{Leaf, Rule, ValuePlan},
    signature::Lack,
};
use crate::{
    diagnostic::Problems,
    document::{Key, Node},
    mapping::{
        compile::Compiler,
        expression::Expr,
        grammar::{SetParts, SetValue},
        type_of,
        value_table::ValueTable,
        value_type::Ty,
    },
    model::{ListAttribute, Object, Occasion, PartyAttribute, PartyRole, ServiceAttribute},
    vocabulary::{DeviceGroup, MessageDef, Type},
};

pub struct Builder<'b, 's> {
    pub scope: &'b TransitionScope<'s>,
    pub tables: &'b [ValueTable],
    pub problems: &'b mut Problems,
    /// The dotted labels of the fields that are set.
    pub told: HashSet<String>,
    /// What the transition lacks of what was read so far.
    pub lacks: Vec<Lack>,
}

impl<'b, 's> Builder<'b, 's> {
    pub fn new(
        scope: &'b TransitionScope<'s>,
        tables: &'b [ValueTable],
        problems: &'b mut Problems,
    ) -> Builder<'b, 's> {
        Builder { scope, tables, problems, told: HashSet::new(), lacks: Vec::new() }
    }

    fn expr(&mut self, value: &SetValue, wanted: &Ty) -> Option<Expr<Leaf>> {
        let compiler = Compiler { scope: self.scope, tables: self.tables };
        let expr = value.expr(&compiler, wanted, self.problems);
        match value {
            SetValue::Given(node) => self.take_lacks(*node),
            // A constant reads nothing, and several values are no expression.
            SetValue::Fixed(_) | SetValue::List(..) | SetValue::Parts(_) => {}
        }
        expr
    }

    /// Takes over what a transition lacks of what an expression reads.
    fn take_lacks(&mut self, node: Node) {
        let start = node.inner_span().start;
        for (span, transition, path) in self.scope.lacks.take() {
            let (source, span) = (node.source().clone(), start + span.start..start + span.end);
            self.lacks.push(Lack { source, span, transition, path });
        }
    }

    /// Reports what was read so far that the transition lacks.
    pub fn report_lacks(&mut self) {
        for lack in std::mem::take(&mut self.lacks) {
            lack.report(self.scope.vocabulary, self.problems);
        }
    }

    /// Notes what a whole value names that some transition lacks.
    fn check(&mut self, node: Node, path: &str, has: impl Fn(Occasion) -> bool) {
        for transition in self.scope.transitions.iter().copied().filter(|transition| !has(*transition)) {
            let (source, span) = (node.source().clone(), node.inner_span());
            self.lacks.push(Lack { source, span, transition, path: path.to_owned() });
        }
    }

    pub fn condition(&mut self, node: Node) -> Option<Expr<Leaf>> {
        let compiler = Compiler { scope: self.scope, tables: self.tables };
        let expr = compiler.read(node, &Ty::Any, self.problems);
        self.take_lacks(node);
        expr
    }

    pub fn set(&mut self, rule: &mut Rule, def: &MessageDef, key: &Key, value: &SetValue) {
        if let Some(group) = def.devices.iter().find(|group| group.label == key.name) {
            return self.device(rule, def, group, value);
        }
        let Some(slot) = def.fields.slot(key.name) else {
            let what = format!("field of `{}`", def.label);
            self.problems.unknown(key.source, key.span.clone(), &what, key.name, def.fields.labels());
            return;
        };
        let field = &def.fields.list[slot];
        if let Some(value) = self.value(&field.ty, &field.label, value) {
            rule.sets.push((slot, value));
        }
    }

    /// Sets all fields of a device group.
    fn device(&mut self, rule: &mut Rule, def: &MessageDef, group: &DeviceGroup, value: &SetValue) {
        let Some((text, node)) = value.name(self.problems) else { return };
        let role = PartyRole::from_name(text);
        if role.is_none() && text != "service" {
            let known = PartyRole::names().chain(["service"]);
            self.problems.unknown(node.source(), node.inner_span(), "party", text, known);
            return;
        }
        self.check(node, text, |transition| match role {
            Some(role) => transition.has_party(role),
            None => transition.has(Object::Service),
        });
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

    fn value(&mut self, ty: &Type, label: &str, value: &SetValue) -> Option<ValuePlan> {
        match (ty, value) {
            (Type::Record(place), SetValue::Parts(parts)) => Some(self.record(*place, label, parts.entries())),
            (Type::List(item), SetValue::Parts(parts)) => self.list(item, label, parts),
            (Type::Text, SetValue::Parts(parts)) => self.joined(ty, label, parts),
            (Type::List(item), SetValue::List(node, items)) => self.items(item, label, *node, items),
            (Type::Record(_) | Type::List(_), SetValue::Given(_) | SetValue::Fixed(_) | SetValue::List(..)) => {
                value.problem(self.problems, "a record or list is set by a table");
                None
            }
            (
                Type::Bool | Type::Int | Type::Long | Type::Text | Type::Time | Type::Id | Type::Enum(_),
                SetValue::Given(_) | SetValue::Fixed(_) | SetValue::List(..) | SetValue::Parts(_),
            ) => {
                self.told.insert(label.to_owned());
                let wanted = type_of::field(self.scope.vocabulary, ty);
                self.expr(value, &wanted).map(ValuePlan::Scalar)
            }
        }
    }

    fn record<'d>(&mut self, place: usize, label: &str, entries: &[(Key<'d>, SetValue<'d>)]) -> ValuePlan {
        let record = &self.scope.vocabulary.records[place];
        let mut members = Vec::new();
        for (key, value) in entries {
            let Some(slot) = record.fields.slot(key.name) else {
                let what = format!("field of `{}`", record.name);
                self.problems.unknown(key.source, key.span.clone(), &what, key.name, record.fields.labels());
                continue;
            };
            let field = &record.fields.list[slot];
            let value = self.value(&field.ty, &format!("{label}.{}", field.label), value);
            members.extend(value.map(|value| (slot, value)));
        }
        ValuePlan::Record { record: place, members }
    }

    /// `[{ when = condition, Member = expression, … }, { each = … }, …]`.
    fn items(&mut self, item: &Type, label: &str, node: Node, items: &[SetValue]) -> Option<ValuePlan> {
        let Type::Record(place) = item else {
            node.problem(self.problems, "only lists of records are written out");
            return None;
        };
        let mut plans = Vec::new();
        for entry in items {
            let Some(parts) = entry.parts(self.problems) else { continue };
            if parts.has("each") {
                plans.extend(self.list(item, label, parts).map(|list| (None, list)));
                continue;
            }
            let when = parts.get("when").and_then(|value| self.expr(value, &Ty::Any));
            let members: Vec<_> = parts.entries().iter().filter(|(key, _)| key.name != "when").cloned().collect();
            plans.push((when, self.record(*place, label, &members)));
        }
        Some(ValuePlan::Items(plans))
    }

    /// `{ joined = separator, of = [expression, { each = list, item = expression }, …] }`.
    fn joined(&mut self, ty: &Type, label: &str, parts: &SetParts) -> Option<ValuePlan> {
        let Some((separator, _)) = parts.get("joined").and_then(|value| value.name(self.problems)) else {
            parts.problem(self.problems, "`joined` is missing: the text between the parts");
            return None;
        };
        let Some(of) = parts.get("of") else {
            parts.problem(self.problems, "`of` is missing");
            return None;
        };
        let mut plans = Vec::new();
        if let SetValue::List(_, items) = of {
            for item in items {
                plans.extend(match item {
                    SetValue::Parts(list) => self.list(ty, label, list),
                    SetValue::Given(_) | SetValue::Fixed(_) | SetValue::List(..) => self.value(ty, label, item),
                });
            }
        }
        parts.finish(self.problems);
        Some(ValuePlan::Joined { separator: separator.to_owned(), parts: plans })
    }

    /// `{ each = list, item = expression }` or `{ each = list, Member = expression, … }`, with at most `most` items.
    fn list(&mut self, item: &Type, label: &str, parts: &SetParts) -> Option<ValuePlan> {
        let Some(value) = parts.get("each") else {
            parts.problem(self.problems, "`each` is missing");
            return None;
        };
        let (text, node) = value.name(self.problems)?;
        let Some(list) = ListAttribute::from_name(text) else {
            self.problems.unknown(node.source(), node.inner_span(), "list", text, ListAttribute::names());
            return None;
        };
        self.check(node, text, |transition| transition.has_list(list));
        let most = match parts.get("most") {
            Some(SetValue::Given(node)) => node.integer(self.problems),
            Some(other) => {
                other.problem(self.problems, "`most` is a whole number");
                None
            }
            None => None,
        };
        let most = most.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(0));
        let outer = self.scope.list.replace(Some(list));
        let own = |(key, _): &&(Key, SetValue)| !matches!(key.name, "each" | "most");
        let entries: Vec<_> = parts.entries().iter().filter(own).cloned().collect();
        let plan = if let Type::Record(place) = item {
            Some(self.record(*place, label, &entries))
        } else {
            match entries.first() {
                Some((key, value)) if key.name == "item" && entries.len() == 1 => self.value(item, label, value),
                _ => {
                    parts.problem(self.problems, "a list of values has `each` and `item`");
                    None
                }
            }
        };
        self.scope.list.set(outer);
        plan.map(|item| ValuePlan::List { list, most, item: Box::new(item) })
    }
}
