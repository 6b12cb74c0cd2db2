//! Plans at work: messages become changes. Every event takes this path: no text is interpreted here, and nothing is
//! allocated without need.

use std::cell::Cell;

use super::plan::{DeviceKindPlan, DevicePlan, Hop, Incoming, KindPlan, Leaf, ListPlan, Rule};
use crate::{
    mapping::{
        expression::{Context, Expr, Values},
        results::Results,
    },
    message::{Message, Node, Value},
    model::{Attributes, Device, DeviceKind, Id, Meaning, Said},
    vocabulary::Which,
};

/// The number of names of `[let]` whose values are kept while a message is worked on. Further ones are computed anew.
const MAX_LETS: usize = 4;

#[derive(Clone, Copy)]
struct MessageValues<'v> {
    message: &'v Message,
    plan: &'v KindPlan,
    context: &'v Context<'v>,
    item: Value<'v>,
    /// The item's position in its list, from 1.
    place: usize,
    /// The values of the names of `[let]` that were asked for so far.
    lets: &'v [Cell<Option<Value<'v>>>; MAX_LETS],
}

impl<'v> MessageValues<'v> {
    fn at(self, place: usize, item: Value<'v>) -> MessageValues<'v> {
        MessageValues { item, place: place + 1, ..self }
    }

    fn optional(&self, expr: &'v Option<Expr<Leaf>>) -> Value<'v> {
        expr.as_ref().map(|expr| expr.eval(self)).unwrap_or_default()
    }

    fn let_value(&self, place: usize) -> Value<'v> {
        let Some(expr) = self.plan.lets.get(place) else { return Value::Absent };
        let Some(cell) = self.lets.get(place) else { return expr.eval(self) };
        if let Some(known) = cell.get() {
            return known;
        }
        let value = expr.eval(self);
        cell.set(Some(value));
        value
    }

    /// Follows a path. Most paths end at once, or at a member of a record.
    #[inline(always)]
    fn follow(&self, value: Value<'v>, hops: &'v [Hop]) -> Value<'v> {
        match (hops, value) {
            ([], value) => value,
            ([Hop::Member { slot, .. }], Value::Record(record)) => record.get(*slot),
            (hops, value) => self.follow_all(value, hops),
        }
    }

    /// Follows a path of any length over nodes; only its end is read as a value.
    #[inline(never)]
    fn follow_all(&self, value: Value<'v>, hops: &'v [Hop]) -> Value<'v> {
        let mut node = value.container();
        for hop in hops {
            let entries = self.message.entries(node);
            node = match (hop, node) {
                (Hop::Member { slot, .. }, Node::Record(_)) | (Hop::At(slot), Node::List(_)) => {
                    entries.get(*slot).copied().unwrap_or_default()
                }
                (Hop::Numbered { slot, number, .. }, Node::List(_)) => self.message.numbered(entries, *slot, *number),
                (Hop::Keyed { path, equals }, Node::List(_)) => self.keyed(entries, path, equals),
                _ => return Value::Absent,
            };
        }
        self.message.value(node)
    }

    /// The first of these items in which a path leads to the wanted value.
    #[inline(never)]
    fn keyed(&self, items: &'v [Node], path: &'v [Hop], equals: &'v Expr<Leaf>) -> Node {
        let wanted = equals.eval(self);
        if wanted.is_empty() {
            return Node::Absent;
        }
        let is = |item: &&Node| same(self.follow(self.message.value(**item), path), wanted);
        items.iter().find(is).copied().unwrap_or_default()
    }
}

fn same(left: Value, right: Value) -> bool {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => left == right,
        (Value::Int(left), Value::Int(right)) => left == right,
        _ => left.as_int().is_some() && left.as_int() == right.as_int(),
    }
}

impl<'v> Values<'v, Leaf> for MessageValues<'v> {
    /// Most leaves are plain fields of the message: these are read inline.
    #[inline(always)]
    fn value(&self, leaf: &'v Leaf) -> Value<'v> {
        match leaf {
            Leaf::Field { slot, steps } if steps.is_empty() => self.message.get(*slot),
            leaf => self.led_to(leaf),
        }
    }

    fn context(&self) -> &'v Context<'v> {
        self.context
    }
}

impl<'v> MessageValues<'v> {
    #[inline(never)]
    fn led_to(&self, leaf: &'v Leaf) -> Value<'v> {
        match leaf {
            Leaf::Field { slot, steps } => self.follow(self.message.get(*slot), steps),
            Leaf::Let { place, steps } => self.follow(self.let_value(*place), steps),
            Leaf::Item { steps } => self.follow(self.item, steps),
            Leaf::Place => Value::Int(self.place as i64),
        }
    }
}

impl Incoming {
    /// Makes changes of a message, in the order of the rules. `take` gets each with the number of its rule. Returns true if
    /// any rule fired.
    pub fn changes(&self, message: &Message, mut take: impl FnMut(usize, Said<Meaning>)) -> bool {
        let Some(kind) = message.kind() else { return false };
        let plan = &self.plans[kind.0 as usize];
        let results = Results::default();
        let context = Context { tables: &self.tables, place: &self.place, results: &results };
        let lets = Default::default();
        let values = MessageValues { message, plan, context: &context, item: Value::Absent, place: 0, lets: &lets };
        let mut fired = false;
        for rule in &plan.rules {
            match &rule.each {
                None => fired |= self.fire(rule, &values, &mut take),
                Some(each) => {
                    let items = values.value(each).as_list();
                    for (place, item) in items.iter().flat_map(|list| list.iter()).enumerate() {
                        fired |= self.fire(rule, &values.at(place, item), &mut take);
                    }
                }
            }
        }
        fired
    }

    fn fire<'v>(
        &'v self,
        rule: &'v Rule,
        values: &MessageValues<'v>,
        take: &mut impl FnMut(usize, Said<Meaning>),
    ) -> bool {
        if rule.when.as_ref().is_some_and(|when| !when.holds(values)) {
            return false;
        }
        let mut attributes = Attributes::default();
        for (which, place, slot) in &rule.calls {
            let names = match which {
                Which::Call => &mut attributes.call,
                Which::Second => &mut attributes.second,
                Which::Result => &mut attributes.result,
            };
            names.0[usize::from(*place)] = Id::from_value(values.message.get(*slot));
        }
        if let Some((place, number)) = &rule.call {
            attributes.call.0[usize::from(*place)] = Id::from_value(number.eval(values));
        }
        if let Some(slot) = rule.request {
            attributes.request = Id::from_value(values.message.get(slot));
        }
        attributes.party = self.device(rule.party.as_ref(), values);
        attributes.other = self.device(rule.other.as_ref(), values);
        attributes.to = self.device(rule.to.as_ref(), values);
        attributes.service = self.device(rule.service.as_ref(), values);
        for plan in &rule.facts {
            let value = plan.expr.eval(values);
            if plan.weak {
                attributes.set_weak(plan.fact, value);
            } else {
                attributes.set(plan.fact, value);
            }
        }
        for plan in &rule.data {
            let pairs = attributes.data.get_or_insert_default();
            self.each(plan, values, |item| pairs.push((item.optional(&plan.key), item.optional(&plan.value))));
        }
        if let Some(plan) = &rule.services {
            let services = attributes.services.get_or_insert_default();
            self.each(plan, values, |item| services.push(self.device(plan.device.as_ref(), item)));
        }
        take(rule.number, Said::new(rule.means, &attributes));
        true
    }

    /// Calls `take` for each item of a list for which the condition holds.
    fn each<'v>(&'v self, plan: &'v ListPlan, values: &MessageValues<'v>, mut take: impl FnMut(&MessageValues<'v>)) {
        let holds = |values: &MessageValues<'v>| plan.when.as_ref().is_none_or(|when| when.holds(values));
        let Some(each) = &plan.each else {
            if holds(values) {
                take(values);
            }
            return;
        };
        let Value::List(list) = values.value(each) else { return };
        for (place, item) in list.iter().enumerate() {
            let values = values.at(place, item);
            if holds(&values) {
                take(&values);
            }
        }
    }

    fn device<'v>(&'v self, plan: Option<&'v DevicePlan>, values: &MessageValues<'v>) -> Device<'v> {
        let Some(plan) = plan else { return Device::default() };
        let kind = match &plan.kind {
            DeviceKindPlan::Unknown => None,
            DeviceKindPlan::Fixed(kind) => Some(*kind),
            DeviceKindPlan::Member(place, expr) => {
                let code = expr.eval(values).as_int();
                code.and_then(|code| self.vocabulary.enums[*place].member(code)).and_then(|member| member.device)
            }
            DeviceKindPlan::Word(expr) => {
                let code = expr.eval(values).as_int();
                code.and_then(DeviceKind::from_code)
            }
        };
        let number = if let Value::Text(text) = values.optional(&plan.number) { text } else { "" };
        Device { kind, id: Id::from_value(values.optional(&plan.id)), number }
    }
}
