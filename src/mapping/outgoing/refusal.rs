//! `[refuse.<name>]`: orders that the platform cannot carry out under a condition, even if there are rules for them. Of several
//! refusals, the first in the file whose condition holds gives the reason.

use std::sync::Arc;

use super::{fields::Builder, load::Loader, names::TransitionScope, plan::Refusal};
use crate::{
    diagnostic::Problems,
    document::{Key, Table},
    mapping::rule_file::reason,
    model::{Occasion, OrderKind},
};

impl<'d> Loader<'_, 'd> {
    pub fn refusals(&mut self, table: &Table<'d>, problems: &mut Problems) {
        for (name, node) in table.section("refuse", problems) {
            if let Some(section) = node.table(problems) {
                self.refusal(&name, section, problems);
            }
        }
    }

    fn refusal(&mut self, name: &Key, section: Table, problems: &mut Problems) {
        let orders = section.texts("orders", problems);
        if let Some(on) = section.get("on") {
            let one = on.as_text().map_or("[…]".to_owned(), |order| format!("\"{order}\""));
            on.problem(problems, format!("the orders of a refusal are written `orders = {one}`, not `on`"));
        } else if orders.is_empty() {
            name.problem(problems, "`orders` is missing");
        }
        let transitions: Vec<_> = orders.iter().filter_map(|(order, _)| Occasion::from_name(order)).collect();
        let scope = TransitionScope::new(self.vocabulary, &self.knobs, &transitions);
        let mut builder = Builder::new(&scope, &self.tables, problems);
        let when = section.get("when").and_then(|node| builder.condition(node)).map(Arc::new);
        builder.report_lacks();
        if section.find("when").is_none() {
            name.problem(problems, "`when` is missing: what is never possible stands under `unsupported`");
        }
        let because = section.get("because").and_then(|node| reason(node, problems));
        if section.find("because").is_none() {
            name.problem(problems, "`because` is missing");
        }
        for (order, node) in orders {
            match OrderKind::from_name(order) {
                Some(kind) => {
                    let refusal = when.clone().zip(because.clone()).map(|(when, because)| Refusal { when, because });
                    self.plans[Occasion::Order(kind).place()].refusals.extend(refusal);
                }
                None => {
                    let known = OrderKind::names();
                    problems.unknown(node.source(), node.inner_span(), "order", order, known);
                }
            }
        }
        section.finish(problems);
    }
}
