//! The parts of a change that a rule sets.

use super::{
    names::MessageScope,
    plan::{DeviceKindPlan, DevicePlan, FactPlan, Leaf, ListPlan, Rule},
};
use crate::{
    diagnostic::Problems,
    document::{Key, Node},
    mapping::{
        compile::Compiler,
        expression::Expr,
        grammar::{SetParts, SetValue},
        syntax::{self, Mistake, Tree},
        type_of,
        value_table::ValueTable,
        value_type::Ty,
    },
    model::{Attribute, DeviceKind, Fact, Part},
    vocabulary::{AgentPart, MessageDef, Role, Type},
};

/// The parts of a change that are not facts.
pub const PARTS: [&str; 7] = ["call", "party", "other", "to", "service", "data", "services"];

/// Compiles the settings of one rule for one message.
pub struct Builder<'b, 's, 'd> {
    pub scope: &'b MessageScope<'s, 'd>,
    pub tables: &'b [ValueTable],
    pub problems: &'b mut Problems,
    /// The attributes that the rule sets, rightly or not.
    pub tried: Vec<Attribute>,
}

impl<'b, 's, 'd> Builder<'b, 's, 'd> {
    fn compiler(&self) -> Compiler<'b, MessageScope<'s, 'd>> {
        Compiler { scope: self.scope, tables: self.tables }
    }

    pub fn expr(&mut self, value: &SetValue, wanted: &Ty) -> Option<Expr<Leaf>> {
        value.expr(&self.compiler(), wanted, self.problems)
    }

    pub fn condition(&mut self, node: Node) -> Option<Expr<Leaf>> {
        self.compiler().read(node, &Ty::Any, self.problems)
    }

    /// A path to a list, with the type of its items.
    pub fn list(&mut self, node: Node) -> Option<(Leaf, Type)> {
        let text = node.text(self.problems)?;
        let compiler = self.compiler();
        let found = syntax::parse(text).and_then(|ast| {
            let Tree::Path(steps) = &ast.node else {
                return Err(Mistake { span: ast.span.clone(), text: "this is no path".into() });
            };
            self.scope.resolve(&compiler, steps)
        });
        match found {
            Ok((leaf, Type::List(item))) => Some((leaf, *item)),
            Ok(_) => {
                node.problem(self.problems, "this is no list");
                None
            }
            Err(mistake) => {
                mistake.tell(node, self.problems);
                None
            }
        }
    }

    pub fn set_if_new(&mut self, rule: &mut Rule, key: &Key, value: &SetValue, weak: bool) {
        let has_fact =
            |fact| rule.facts.iter().any(|plan| plan.fact == fact && (plan.weak == weak || !plan.weak && weak));
        let known = match key.name {
            "call" => rule.call.is_some(),
            "party" => rule.party.is_some(),
            "other" => rule.other.is_some(),
            "to" => rule.to.is_some(),
            "service" => rule.service.is_some(),
            "data" => !rule.data.is_empty(),
            "services" => rule.services.is_some(),
            name => Fact::from_name(name).is_some_and(|fact| has_fact(fact) && !weak),
        };
        if !known {
            self.set(rule, key, value, weak);
        }
    }

    pub fn set(&mut self, rule: &mut Rule, key: &Key, value: &SetValue, weak: bool) {
        self.tried.extend(Attribute::from_name(key.name));
        match key.name {
            "call" => {
                let place = self.scope.vocabulary.call_names.iter().position(|name| name == "id").unwrap_or_default();
                rule.call = self.expr(value, &Ty::Text).map(|expr| (place as u8, expr));
            }
            "party" => rule.party = self.device(value),
            "other" => rule.other = self.device(value),
            "to" => rule.to = self.device(value),
            "service" => rule.service = self.device(value),
            "data" => rule.data = self.pairs(value),
            "services" => rule.services = self.devices(value),
            name => {
                let Some(fact) = Fact::from_name(name) else {
                    let known = Fact::names().chain(PARTS);
                    self.problems.unknown(key.source, key.span.clone(), "part of a change", name, known);
                    return;
                };
                if let Some(expr) = self.expr(value, &type_of::fact(fact)) {
                    rule.facts.push(FactPlan { fact, expr, weak });
                }
            }
        }
    }

    /// A device: the name of a device group, a path to a record with `type` and `id`, or a table of kind, id and number.
    fn device(&mut self, value: &SetValue) -> Option<DevicePlan> {
        if let SetValue::Parts(parts) = value {
            return self.device_parts(parts);
        }
        let (text, node) = value.name(self.problems)?;
        let field = |slot: usize| Expr::Leaf(Leaf::Field { slot, steps: Vec::new() });
        if let Some(group) = self.scope.def.devices.iter().find(|group| group.label == text) {
            for slot in [group.id, group.ty, group.number].into_iter().flatten() {
                self.scope.mark(&self.scope.def.fields.list[slot].label);
            }
            let kind = group.ty.and_then(|slot| {
                let Type::Enum(place) = &self.scope.def.fields.list[slot].ty else { return None };
                Some(DeviceKindPlan::Member(*place, field(slot)))
            });
            let kind = kind.unwrap_or(DeviceKindPlan::Unknown);
            return Some(DevicePlan { kind, id: group.id.map(field), number: group.number.map(field) });
        }
        self.device_record(node, text)
    }

    fn device_record(&mut self, node: Node, text: &str) -> Option<DevicePlan> {
        let part = |builder: &mut Self, part: &str| {
            let ast = syntax::parse(&format!("{text}.{part}")).ok()?;
            let Tree::Path(steps) = ast.node else { return None };
            let compiler = builder.compiler();
            builder.scope.resolve(&compiler, &steps).map_err(|mistake| mistake.tell(node, builder.problems)).ok()
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

    fn device_parts(&mut self, parts: &SetParts) -> Option<DevicePlan> {
        let kind = parts.get("kind").map(|value| self.device_kind(value)).unwrap_or(Some(DeviceKindPlan::Unknown));
        let id = parts.get("id").and_then(|value| self.expr(value, &Ty::Text));
        let number = parts.get("number").and_then(|value| self.expr(value, &Ty::Text));
        parts.finish(self.problems);
        Some(DevicePlan { kind: kind?, id, number })
    }

    /// The kind of a device: a constant, a member of one of the vocabulary's enumerations, or an expression of the model's
    /// kinds.
    fn device_kind(&mut self, value: &SetValue) -> Option<DeviceKindPlan> {
        if let SetValue::Fixed(node) = value {
            let name = node.text(self.problems)?;
            return self.fixed_kind(name, *node);
        }
        let (text, node) = value.name(self.problems)?;
        let ast = syntax::parse(text).map_err(|mistake| mistake.tell(node, self.problems)).ok()?;
        if let Tree::Text(name) = &ast.node {
            return self.fixed_kind(name, node);
        }
        if let Tree::Path(steps) = &ast.node {
            let compiler = self.compiler();
            if let Ok((leaf, Type::Enum(place))) = self.scope.resolve(&compiler, steps) {
                return Some(DeviceKindPlan::Member(place, Expr::Leaf(leaf)));
            }
        }
        let wanted = type_of::words("device-kind").map_or(Ty::Any, Ty::Members);
        self.expr(value, &wanted).map(DeviceKindPlan::Word)
    }

    fn fixed_kind(&mut self, name: &str, node: Node) -> Option<DeviceKindPlan> {
        let kind = DeviceKind::from_name(name);
        if kind.is_none() {
            self.problems.unknown(node.source(), node.inner_span(), "kind of device", name, DeviceKind::names());
        }
        kind.map(DeviceKindPlan::Fixed)
    }

    /// `{ each, when, key, value }`; without `each`, one pair. Or a list of such entries.
    fn pairs(&mut self, value: &SetValue) -> Vec<ListPlan> {
        match value {
            SetValue::List(_, entries) => entries.iter().filter_map(|entry| self.pairs_of(entry)).collect(),
            SetValue::Given(_) | SetValue::Fixed(_) | SetValue::Parts(_) => self.pairs_of(value).into_iter().collect(),
        }
    }

    fn pairs_of(&mut self, value: &SetValue) -> Option<ListPlan> {
        let parts = value.parts(self.problems)?;
        self.each(parts, |builder, parts| {
            let key = parts.get("key").and_then(|value| builder.expr(value, &Ty::Text));
            let value = parts.get("value").and_then(|value| builder.expr(value, &Ty::Text));
            (key, value, None)
        })
    }

    /// `{ each, when, kind, id }`.
    fn devices(&mut self, value: &SetValue) -> Option<ListPlan> {
        let parts = value.parts(self.problems)?;
        self.each(parts, |builder, parts| {
            let kind =
                parts.get("kind").and_then(|value| builder.device_kind(value)).unwrap_or(DeviceKindPlan::Unknown);
            let id = parts.get("id").and_then(|value| builder.expr(value, &Ty::Text));
            (None, None, Some(DevicePlan { kind, id, number: None }))
        })
    }

    fn each(
        &mut self,
        section: &SetParts,
        parts: impl FnOnce(&mut Self, &SetParts) -> (Option<Expr<Leaf>>, Option<Expr<Leaf>>, Option<DevicePlan>),
    ) -> Option<ListPlan> {
        let list = match section.get("each") {
            Some(value) => {
                let (_, node) = value.name(self.problems)?;
                Some(self.list(node)?)
            }
            None => None,
        };
        let (each, item) = list.unzip();
        let outer = self.scope.item.replace(item);
        let when = section.get("when").and_then(|value| self.expr(value, &Ty::Any));
        let (key, value, device) = parts(self, section);
        self.scope.item.replace(outer);
        section.finish(self.problems);
        Some(ListPlan { each, when, key, value, device })
    }

    /// Sets the parts that the rule leaves open, and that its change has, from the fields that have the role for them.
    pub fn roles(&mut self, rule: &mut Rule, def: &MessageDef) {
        let field = |slot: usize| Expr::Leaf(Leaf::Field { slot, steps: Vec::new() });
        let means = rule.means;
        let has = |attribute| means.has(attribute);
        for (slot, known) in def.fields.list.iter().enumerate() {
            let Some(role) = known.role else { continue };
            // Of several fields of one role, the first counts: a rule reads the others, or they have a reason.
            if def.role(role) == Some(slot) {
                self.scope.mark(&known.label);
            }
            known.joined.iter().for_each(|part| self.scope.mark(&def.fields.list[*part].label));
            let fact = match role {
                Role::Agent(AgentPart::Id) if rule.party.is_none() && has(Attribute::Part(Part::Party)) => {
                    let kind = DeviceKindPlan::Fixed(DeviceKind::Agent);
                    rule.party = Some(DevicePlan { kind, id: Some(field(slot)), number: None });
                    continue;
                }
                Role::Agent(AgentPart::Number) => Fact::Number,
                Role::Agent(AgentPart::Name) => Fact::Name,
                Role::Agent(AgentPart::Station) => Fact::Station,
                Role::Call(..)
                | Role::Agent(_)
                | Role::Service
                | Role::Request
                | Role::Session
                | Role::Tenant
                | Role::Platform
                | Role::Sequence
                | Role::Time
                | Role::Utc => continue,
            };
            if has(Attribute::Fact(fact)) && !rule.facts.iter().any(|plan| plan.fact == fact) {
                rule.facts.push(FactPlan { fact, expr: field(slot), weak: false });
            }
        }
        // The fields that name the message are read by the vocabulary.
        for (label, _) in &def.wire_names {
            self.scope.mark(label);
        }
    }
}
