//! Plans at work: messages become changes, transitions become messages. This is the path of every event: no text is
//! interpreted here, and nothing is allocated that need not be.

use std::cell::Cell;

use super::{
    compile::{Expr, Values},
    incoming::{self, DeviceKindPlan, DevicePlan, Hop, Incoming, KindPlan, ListPlan},
    outgoing::{self, Outgoing, ValuePlan},
    table::Table,
};
use crate::{
    message::{Message, Node, Value},
    model::{Change, Device, DeviceKind, Id, ItemAttribute, ListAttribute, TransitionKind},
    vocabulary::Which,
};

// ── messages → changes ────────────────────────────────────────────────────────────────────────────────────────────────

/// How many names of `[let]` are remembered while a message is worked on; further ones are worked out anew.
const MAX_LETS: usize = 4;

#[derive(Clone, Copy)]
struct MessageValues<'v> {
    message: &'v Message,
    plan: &'v KindPlan,
    tables: &'v [Table],
    item: Value<'v>,
    /// The item's position in its list, from 1.
    place: usize,
    /// What the names of `[let]` are in this message, as far as anybody asked.
    lets: &'v [Cell<Option<Value<'v>>>; MAX_LETS],
}

impl<'v> MessageValues<'v> {
    fn at(self, place: usize, item: Value<'v>) -> MessageValues<'v> {
        MessageValues { item, place: place + 1, ..self }
    }

    fn optional(&self, expr: &'v Option<Expr<incoming::Leaf>>) -> Value<'v> {
        expr.as_ref().map(|expr| expr.eval(self, self.tables)).unwrap_or_default()
    }

    fn let_value(&self, place: usize) -> Value<'v> {
        let Some(expr) = self.plan.lets.get(place) else { return Value::Absent };
        let Some(cell) = self.lets.get(place) else { return expr.eval(self, self.tables) };
        if let Some(known) = cell.get() {
            return known;
        }
        let value = expr.eval(self, self.tables);
        cell.set(Some(value));
        value
    }

    /// Goes along a path. Most paths end at once, or at a member.
    #[inline(always)]
    fn follow(&self, value: Value<'v>, hops: &'v [Hop]) -> Value<'v> {
        match (hops, value) {
            ([], value) => value,
            ([Hop::Member { slot, .. }], Value::Record(record)) => record.get(*slot),
            (hops, value) => self.follow_all(value, hops),
        }
    }

    /// What stands on the way is not looked at as a value, only where it leads to.
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

    /// The first of these items of which a path leads to a value.
    #[inline(never)]
    fn keyed(&self, items: &'v [Node], path: &'v [Hop], equals: &'v Expr<incoming::Leaf>) -> Node {
        let wanted = equals.eval(self, self.tables);
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

impl<'v> Values<'v, incoming::Leaf> for MessageValues<'v> {
    /// Most leaves are fields of the message: these are looked at where they are wanted.
    #[inline(always)]
    fn value(&self, leaf: &'v incoming::Leaf) -> Value<'v> {
        match leaf {
            incoming::Leaf::Field { slot, steps } if steps.is_empty() => self.message.get(*slot),
            leaf => self.led_to(leaf),
        }
    }
}

impl<'v> MessageValues<'v> {
    #[inline(never)]
    fn led_to(&self, leaf: &'v incoming::Leaf) -> Value<'v> {
        match leaf {
            incoming::Leaf::Field { slot, steps } => self.follow(self.message.get(*slot), steps),
            incoming::Leaf::Let { place, steps } => self.follow(self.let_value(*place), steps),
            incoming::Leaf::Item { steps } => self.follow(self.item, steps),
            incoming::Leaf::Place => Value::Int(self.place as i64),
        }
    }
}

impl Incoming {
    /// Makes changes of a message, in the order of the rules; `take` gets each with the number of its rule. Hands back
    /// whether any rule fired.
    pub fn changes(&self, message: &Message, mut take: impl FnMut(usize, &Change)) -> bool {
        let Some(kind) = message.kind() else { return false };
        let plan = &self.plans[kind.0 as usize];
        let lets = Default::default();
        let values = MessageValues { message, plan, tables: &self.tables, item: Value::Absent, place: 0, lets: &lets };
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
        rule: &'v incoming::Rule,
        values: &MessageValues<'v>,
        take: &mut impl FnMut(usize, &Change),
    ) -> bool {
        if rule.when.as_ref().is_some_and(|when| !when.holds(values, &self.tables)) {
            return false;
        }
        let mut change = Change::new(rule.means);
        for (which, place, slot) in &rule.calls {
            let names = match which {
                Which::Call => &mut change.call,
                Which::Second => &mut change.second,
                Which::Result => &mut change.result,
            };
            names.0[usize::from(*place)] = Id::from_value(values.message.get(*slot));
        }
        if let Some((place, number)) = &rule.call {
            change.call.0[usize::from(*place)] = Id::from_value(number.eval(values, &self.tables));
        }
        if let Some(slot) = rule.request {
            change.request = Id::from_value(values.message.get(slot));
        }
        change.party = self.device(rule.party.as_ref(), values);
        change.other = self.device(rule.other.as_ref(), values);
        change.to = self.device(rule.to.as_ref(), values);
        change.service = self.device(rule.service.as_ref(), values);
        for plan in &rule.facts {
            let value = plan.expr.eval(values, &self.tables);
            if plan.weak {
                change.set_weak(plan.fact, value);
            } else {
                change.set(plan.fact, value);
            }
        }
        if let Some(plan) = &rule.data {
            let pairs = change.data.get_or_insert_default();
            self.each(plan, values, |item| pairs.push((item.optional(&plan.key), item.optional(&plan.value))));
        }
        if let Some(plan) = &rule.services {
            let services = change.services.get_or_insert_default();
            self.each(plan, values, |item| services.push(self.device(plan.device.as_ref(), item)));
        }
        take(rule.number, &change);
        true
    }

    /// Goes through what a list has, where its condition holds.
    fn each<'v>(&'v self, plan: &'v ListPlan, values: &MessageValues<'v>, mut take: impl FnMut(&MessageValues<'v>)) {
        let holds = |values: &MessageValues<'v>| plan.when.as_ref().is_none_or(|when| when.holds(values, &self.tables));
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
                let code = expr.eval(values, &self.tables).as_int();
                code.and_then(|code| self.vocabulary.enums[*place].member(code)).and_then(|member| member.device)
            }
            DeviceKindPlan::Word(expr) => {
                let code = expr.eval(values, &self.tables).as_int();
                code.and_then(DeviceKind::from_code)
            }
        };
        let number = match values.optional(&plan.number) {
            Value::Text(text) => text,
            _ => "",
        };
        Device { kind, id: Id::from_value(values.optional(&plan.id)), number }
    }
}

// ── transitions → messages ────────────────────────────────────────────────────────────────────────────────────────────

/// The values of one item of a list, by [`ItemAttribute`].
pub type Item<'p> = [Value<'p>; ItemAttribute::ALL.len()];

/// What a transition and the picture around it show to rules.
pub trait Picture<'p> {
    fn value(&self, leaf: &outgoing::Leaf) -> Value<'p>;
    /// Goes through a list: `take` gets each item, and the picture from which the item's values are read.
    fn items(&self, list: ListAttribute, take: impl FnMut(&Self, Item<'p>));
}

struct PictureValues<'v, 'i, P> {
    picture: &'i P,
    item: Option<&'i Item<'v>>,
}

impl<'v, P: Picture<'v>> Values<'v, outgoing::Leaf> for PictureValues<'v, '_, P> {
    fn value(&self, leaf: &'v outgoing::Leaf) -> Value<'v> {
        match (leaf, self.item) {
            (outgoing::Leaf::Item(attribute), Some(item)) => item[*attribute as usize],
            _ => self.picture.value(leaf),
        }
    }
}

impl Outgoing {
    /// The reason why the platform cannot carry out an order, where that depends on the call or agent that the order is
    /// about.
    pub fn refusal<'v, P: Picture<'v>>(&'v self, order: TransitionKind, picture: &'v P) -> Option<&'v str> {
        let values = PictureValues { picture, item: None };
        let mut refusals = self.plans[order as usize].refusals.iter();
        refusals.find(|refusal| refusal.when.holds(&values, &self.tables)).map(|refusal| refusal.because.as_str())
    }

    /// True if the platform can carry out an order, given the state that the picture shows.
    pub fn can<'v, P: Picture<'v>>(&'v self, order: TransitionKind, picture: &'v P) -> bool {
        let values = PictureValues { picture, item: None };
        let plan = &self.plans[order as usize];
        let mut conditions = plan.rules.iter().map(|rule| &rule.when);
        let is_possible = !plan.steps.is_empty()
            || conditions.any(|when| when.as_ref().is_none_or(|when| when.holds(&values, &self.tables)));
        is_possible && self.refusal(order, picture).is_none()
    }

    /// Makes messages of a transition, in the order of the rules; `take` gets each with the number of its rule. Hands back
    /// whether any rule fired.
    pub fn messages<'v, P: Picture<'v>>(
        &'v self,
        transition: TransitionKind,
        picture: &'v P,
        into: &mut Message,
        mut take: impl FnMut(usize, &mut Message),
    ) -> bool {
        let values = PictureValues { picture, item: None };
        let mut fired = false;
        for rule in &self.plans[transition as usize].rules {
            if rule.when.as_ref().is_some_and(|when| !when.holds(&values, &self.tables)) {
                continue;
            }
            into.clear();
            into.start(rule.emit, rule.fields);
            for (slot, plan) in &rule.sets {
                let node = self.build(plan, &values, into);
                into.set(*slot, node);
            }
            take(rule.number, into);
            fired = true;
        }
        fired
    }

    fn build<'v, P: Picture<'v>>(
        &'v self,
        plan: &'v ValuePlan,
        values: &PictureValues<'v, '_, P>,
        into: &mut Message,
    ) -> Node {
        match plan {
            ValuePlan::Scalar(expr) => node(expr.eval(values, &self.tables), into),
            ValuePlan::Record { record, members } => {
                let open = into.open_record(self.vocabulary.records[*record].fields.list.len());
                for (slot, plan) in members {
                    let value = self.build(plan, values, into);
                    into.put(&open, *slot, value);
                }
                into.close_record(open)
            }
            ValuePlan::Joined { separator, parts } => {
                let mut text = String::new();
                for part in parts {
                    self.join(part, separator, values, &mut text);
                }
                if text.is_empty() { Node::Absent } else { into.text(&text) }
            }
            ValuePlan::List { list, most, item: plan } => {
                let open = into.open_list();
                each_item(values, *list, *most, |values| {
                    let value = self.build(plan, values, into);
                    into.push(value);
                });
                into.close_list(open)
            }
            ValuePlan::Items(items) => {
                let open = into.open_list();
                for (when, plan) in items {
                    if when.as_ref().is_some_and(|when| !when.holds(values, &self.tables)) {
                        continue;
                    }
                    match plan {
                        ValuePlan::List { list, most, item: plan } => each_item(values, *list, *most, |values| {
                            let value = self.build(plan, values, into);
                            into.push(value);
                        }),
                        plan => {
                            let value = self.build(plan, values, into);
                            into.push(value);
                        }
                    }
                }
                into.close_list(open)
            }
            ValuePlan::DeviceType { kind, codes } => {
                let kind = values.value(kind).as_int().and_then(DeviceKind::from_code);
                let code =
                    |wanted: DeviceKind| codes.iter().rev().find(|(known, _)| *known == wanted).map(|(_, code)| *code);
                let code = kind.and_then(|kind| code(kind).or_else(|| code(DeviceKind::Device)));
                code.map(Node::Int).unwrap_or_default()
            }
        }
    }
}

impl Outgoing {
    /// Adds a part of a text, or each item of a list, after the separator.
    fn join<'v, P: Picture<'v>>(
        &'v self,
        part: &'v ValuePlan,
        separator: &str,
        values: &PictureValues<'v, '_, P>,
        into: &mut String,
    ) {
        match part {
            ValuePlan::Scalar(expr) => {
                let (value, mut buffer) = (expr.eval(values, &self.tables), itoa::Buffer::new());
                if let Some(text) = value.as_text(&mut buffer) {
                    if !into.is_empty() {
                        into.push_str(separator);
                    }
                    into.push_str(text);
                }
            }
            ValuePlan::List { list, most, item: plan } => {
                each_item(values, *list, *most, |values| self.join(plan, separator, values, into));
            }
            _ => {}
        }
    }
}

/// Goes through the first items of a list.
fn each_item<'v, P: Picture<'v>>(
    values: &PictureValues<'v, '_, P>,
    list: ListAttribute,
    most: usize,
    mut take: impl FnMut(&PictureValues<'v, '_, P>),
) {
    let mut taken = 0;
    values.picture.items(list, |picture, item| {
        taken += 1;
        if taken <= most {
            take(&PictureValues { picture, item: Some(&item) });
        }
    });
}

/// A scalar, kept in the message.
fn node(value: Value, into: &mut Message) -> Node {
    match value {
        Value::Absent | Value::List(_) | Value::Record(_) => Node::Absent,
        Value::Nil => Node::Nil,
        Value::Bool(value) => Node::Bool(value),
        Value::Int(number) => Node::Int(number),
        Value::Float(number) => Node::Float(number),
        Value::Text(text) => into.text(text),
    }
}
