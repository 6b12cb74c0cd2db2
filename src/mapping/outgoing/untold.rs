//! `[untold]`: the attributes that no rule reads, each with its reason.

use hashbrown::{HashMap, HashSet};

use super::plan::Outgoing;
use crate::{
    diagnostic::Problems,
    document::{Key, Node, Table},
    mapping::{expression::Expr, grammar::place_of, incoming::settable, rule_file::reason},
    vocabulary::Side,
};

impl Outgoing {
    /// Checks that each attribute that changes set is read by some rule, or has a reason why not. If only part of the rules
    /// could be read, no attribute is missed.
    pub fn read_untold(&mut self, table: &Table, entries: &[(Key, Node)], partly: bool, problems: &mut Problems) {
        let rules = || self.plans.iter().flat_map(|plan| &plan.rules);
        let mut told: HashSet<String> = rules().flat_map(|rule| rule.sets(self)).flat_map(|(_, paths)| paths).collect();
        let conditions = rules().filter_map(|rule| rule.when.as_ref()).flat_map(Expr::leaves);
        told.extend(conditions.map(|leaf| leaf.path(self)));
        let refusals = self.plans.iter().flat_map(|plan| &plan.refusals).flat_map(|refusal| refusal.when.leaves());
        told.extend(refusals.map(|leaf| leaf.path(self)));
        let (settable, mut untold) = (settable(), HashMap::new());
        for (key, node) in entries {
            if !settable.contains(&key.name) {
                problems.unknown(key.source, key.span.clone(), "attribute", key.name, settable.iter().copied());
            } else if !partly && told.contains(key.name) {
                key.problem(problems, format!("`{}` is read by a rule above", key.name));
            }
            untold.extend(reason(*node, problems).map(|reason| (key.name.to_owned(), reason)));
        }
        for attribute in settable {
            let of_request = attribute.starts_with("request.");
            let wanted = self.sides.contains(if of_request { &Side::Request } else { &Side::Event });
            if wanted && !partly && !told.contains(attribute) && !untold.contains_key(attribute) {
                let text = format!("`{attribute}` is read by no rule and does not stand under `untold`");
                let (source, span) = place_of(table, "untold");
                let help = format!("write here: \"{attribute}\" = \"<the reason>\"");
                problems.add_with_help(source, span, text, Some(help));
            }
        }
        self.untold = untold;
    }
}
