//! The fields of a message that a rule sets.

use hashbrown::HashSet;

use super::{
    names::TransitionScope,
    plan::{Leaf, Rule, ValuePlan},
    signature::Lack,
};
use crate::{
    diagnostic::Problems,
    document::{Key, Node, Table},
    mapping::{compile::Compiler, expression::Expr, type_of, value_table::ValueTable, value_type::Ty},
    model::{ListAttribute, Object, PartyAttribute, PartyRole, ServiceAttribute, TransitionKind},
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

    pub fn expr(&mut self, node: Node, wanted: &Ty) -> Option<Expr<Leaf>> {
        let compiler = Compiler { scope: self.scope, tables: self.tables };
        let expr = compiler.read(node, wanted, self.problems);
        let start = node.inner_span().start;
        for (span, transition, path) in self.scope.lacks.take() {
            let (source, span) = (node.source().clone(), start + span.start..start + span.end);
            self.lacks.push(Lack { source, span, transition, path });
        }
        expr
    }

    /// Reports what was read so far that the transition lacks.
    pub fn report_lacks(&mut self) {
        for lack in std::mem::take(&mut self.lacks) {
            lack.report(self.scope.vocabulary, self.problems);
        }
    }

    /// Notes what a whole value names that some transition lacks.
    fn check(&mut self, node: Node, path: &str, has: impl Fn(TransitionKind) -> bool) {
        for transition in self.scope.transitions.iter().copied().filter(|transition| !has(*transition)) {
            let (source, span) = (node.source().clone(), node.inner_span());
            self.lacks.push(Lack { source, span, transition, path: path.to_owned() });
        }
    }

    pub fn set(&mut self, rule: &mut Rule, def: &MessageDef, key: &Key, node: Node) {
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

    /// Sets all fields of a device group.
    fn device(&mut self, rule: &mut Rule, def: &MessageDef, group: &DeviceGroup, node: Node) {
        let Some(text) = node.text(self.problems) else { return };
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
                let wanted = type_of::field(self.scope.vocabulary, ty);
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
    fn joined(&mut self, ty: &Type, label: &str, section: Table) -> Option<ValuePlan> {
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

    /// `{ each = list, item = expression }` or `{ each = list, Member = expression, … }`, with at most `most` items.
    fn list(&mut self, item: &Type, label: &str, section: Table) -> Option<ValuePlan> {
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
        self.check(node, text, |transition| transition.has_list(list));
        let most = section.get("most").and_then(|node| node.integer(self.problems));
        let most = most.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(0));
        let outer = self.scope.list.replace(Some(list));
        let own = |(key, _): &(Key, Node)| !matches!(key.name, "each" | "most");
        let entries: Vec<_> = section.entries().into_iter().filter(own).collect();
        let plan = if let Type::Record(place) = item {
            Some(self.record(*place, label, entries))
        } else {
            match entries.first() {
                Some((key, node)) if key.name == "item" && entries.len() == 1 => self.value(item, label, *node),
                _ => {
                    section.problem(self.problems, "a list of values has `each` and `item`");
                    None
                }
            }
        };
        self.scope.list.set(outer);
        plan.map(|item| ValuePlan::List { list, most, item: Box::new(item) })
    }
}
