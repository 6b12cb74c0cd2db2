//! Plans at work: transitions become messages. Every event takes this path: no text is interpreted here, and nothing is
//! allocated without need.

use super::{
    picture::{Item, Picture},
    plan::{Leaf, OccasionPlan, Outgoing, ValuePlan},
};
use crate::{
    mapping::{
        expression::{Context, Expr, Values},
        results::Results,
    },
    message::{Message, Node, Value},
    model::{DeviceKind, ListAttribute, Occasion, OrderKind},
};

/// The values that the expressions of one rule read: those of the picture live for `'v`, what is made of them for `'w`.
struct PictureValues<'w, 'v, 'i, P> {
    picture: &'i P,
    item: Option<&'i Item<'v>>,
    context: &'w Context<'w>,
}

impl<'w, 'v: 'w, P: Picture<'v>> Values<'w, Leaf> for PictureValues<'w, 'v, '_, P> {
    fn context(&self) -> &'w Context<'w> {
        self.context
    }

    fn value(&self, leaf: &'w Leaf) -> Value<'w> {
        match (leaf, self.item) {
            (Leaf::Item(attribute), Some(item)) => item[*attribute as usize],
            _ => self.picture.value(leaf),
        }
    }
}

impl Outgoing {
    fn context<'w>(&'w self, results: &'w Results) -> Context<'w> {
        Context { tables: &self.tables, place: &self.place, results }
    }

    /// The reason why the platform cannot carry out an order for this call or agent, if there is one.
    pub fn refusal<'v, P: Picture<'v>>(&'v self, order: OrderKind, picture: &'v P) -> Option<&'v str> {
        let results = Results::default();
        let context = self.context(&results);
        let values = PictureValues { picture, item: None, context: &context };
        let mut refusals = self.plan(order).refusals.iter();
        refusals.find(|refusal| refusal.when.holds(&values)).map(|refusal| refusal.because.as_str())
    }

    /// The rules of a transition or an order, or the reason why there are none.
    pub fn plan(&self, occasion: impl Into<Occasion>) -> &OccasionPlan {
        &self.plans[occasion.into().place()]
    }

    /// Whether there are rules for a transition or an order.
    pub fn says(&self, occasion: impl Into<Occasion>) -> bool {
        !self.plan(occasion).rules.is_empty()
    }

    /// True if the platform can carry out an order, given the state that the picture shows.
    pub fn can<'v, P: Picture<'v>>(&'v self, order: OrderKind, picture: &'v P) -> bool {
        let results = Results::default();
        let context = self.context(&results);
        let values = PictureValues { picture, item: None, context: &context };
        let plan = self.plan(order);
        let mut conditions = plan.rules.iter().map(|rule| &rule.when);
        let is_possible =
            !plan.steps.is_empty() || conditions.any(|when| when.as_ref().is_none_or(|when| when.holds(&values)));
        is_possible && self.refusal(order, picture).is_none()
    }

    /// What keeps the platform from carrying out an order whatever the leaves that are open will be, if anything does: of an
    /// order that nobody has given yet, those of its request.
    pub fn lacks<'v, P: Picture<'v>>(
        &'v self,
        order: OrderKind,
        picture: &'v P,
        is_open: impl Fn(&Leaf) -> bool,
    ) -> Option<&'v str> {
        let results = Results::default();
        let context = self.context(&results);
        let values = PictureValues { picture, item: None, context: &context };
        let plan = self.plan(order);
        let mut refusals = plan.refusals.iter();
        if let Some(refusal) = refusals.find(|refusal| !refusal.when.outcomes(&values, &is_open).fails) {
            return Some(&refusal.because);
        }
        let mut conditions = plan.rules.iter().map(|rule| &rule.when);
        let may_hold =
            |when: &'v Option<Expr<Leaf>>| when.as_ref().is_none_or(|when| when.outcomes(&values, &is_open).holds);
        let is_possible = !plan.steps.is_empty() || conditions.any(may_hold);
        (!is_possible).then(|| plan.ignored.as_deref().unwrap_or("can't do this"))
    }

    /// Makes messages of a transition, in the order of the rules. `take` gets each with the number of its rule. Returns true
    /// if any rule fired.
    pub fn messages<'v, P: Picture<'v>>(
        &'v self,
        occasion: impl Into<Occasion>,
        picture: &'v P,
        into: &mut Message,
        mut take: impl FnMut(usize, &mut Message),
    ) -> bool {
        let results = Results::default();
        let context = self.context(&results);
        let values = PictureValues { picture, item: None, context: &context };
        let mut fired = false;
        for rule in &self.plan(occasion).rules {
            if rule.when.as_ref().is_some_and(|when| !when.holds(&values)) {
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

    fn build<'w, 'v: 'w, P: Picture<'v>>(
        &'w self,
        plan: &'w ValuePlan,
        values: &PictureValues<'w, 'v, '_, P>,
        into: &mut Message,
    ) -> Node {
        match plan {
            ValuePlan::Scalar(expr) => node(expr.eval(values), into),
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
                    if when.as_ref().is_some_and(|when| !when.holds(values)) {
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
    /// Adds a text, or each item of a list, to the joined text.
    fn join<'w, 'v: 'w, P: Picture<'v>>(
        &'w self,
        part: &'w ValuePlan,
        separator: &str,
        values: &PictureValues<'w, 'v, '_, P>,
        into: &mut String,
    ) {
        match part {
            ValuePlan::Scalar(expr) => {
                let (value, mut buffer) = (expr.eval(values), itoa::Buffer::new());
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
            ValuePlan::Record { .. }
            | ValuePlan::Joined { .. }
            | ValuePlan::Items(_)
            | ValuePlan::DeviceType { .. } => {}
        }
    }
}

/// Calls `take` for the first `most` items of a list.
fn each_item<'w, 'v: 'w, P: Picture<'v>>(
    values: &PictureValues<'w, 'v, '_, P>,
    list: ListAttribute,
    most: usize,
    mut take: impl FnMut(&PictureValues<'w, 'v, '_, P>),
) {
    let mut taken = 0;
    values.picture.items(list, |picture, item| {
        taken += 1;
        if taken <= most {
            take(&PictureValues { picture, item: Some(&item), context: values.context });
        }
    });
}

/// The node of a scalar, whose text is kept in the message.
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
