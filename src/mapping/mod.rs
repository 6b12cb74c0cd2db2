//! Rules: what the messages of a dialect mean (`from-<dialect>.toml`) and how it says things (`to-<dialect>.toml`). Parsed,
//! checked against the vocabularies and the model's own words, compiled once into plans, run without interpreting text.

mod compile;
mod coverage;
mod example;
mod expr;
mod incoming;
mod outgoing;
mod run;
mod table;
mod types;
mod wanted;

use std::sync::Arc;

use hashbrown::HashMap;

pub use compile::{Expr, Literal};
pub use coverage::{Coverage, Fate};
pub use incoming::{Incoming, KindPlan, dotted_labels};
pub use outgoing::{CallPart, Leaf, Outgoing, ValuePlan};
pub use run::{Item, Picture};

use crate::{
    diagnostic::Problems,
    document::{Node, Table},
    shipped::Files,
    vocabulary::{self, Side, Vocabulary},
};

/// All vocabularies and rules that are there.
#[derive(Debug, Default)]
pub struct Mappings {
    pub dialects: HashMap<String, Arc<Dialect>>,
}

/// What there is about one dialect.
#[derive(Debug)]
pub struct Dialect {
    pub vocabulary: Arc<Vocabulary>,
    pub from: Option<Arc<Incoming>>,
    pub to: Option<Arc<Outgoing>>,
}

impl Mappings {
    /// Loads everything; what is wrong is added to `problems`.
    pub fn load(files: &Files, problems: &mut Problems) -> Mappings {
        files.check(problems);
        let mut dialects = HashMap::new();
        for name in files.dialects() {
            let Some(source) = files.get(&format!("dialects/{name}.toml")) else { continue };
            let vocabulary = Arc::new(vocabulary::load(source, problems));
            let from = files.get(&format!("from-{name}.toml"));
            let from = from.map(|source| Arc::new(incoming::load(source, &vocabulary, problems)));
            let to = files.get(&format!("to-{name}.toml"));
            let to = to.map(|source| Arc::new(outgoing::load(source, &vocabulary, problems)));
            dialects.insert(name.to_owned(), Arc::new(Dialect { vocabulary, from, to }));
        }
        Mappings { dialects }
    }

    /// How many examples stand beside the rules.
    pub fn example_count(&self) -> usize {
        let of = |dialect: &Arc<Dialect>| {
            let from = dialect.from.as_ref().map_or(0, |from| from.examples.len());
            from + dialect.to.as_ref().map_or(0, |to| to.examples.len())
        };
        self.dialects.values().map(of).sum()
    }

    /// Runs the examples that stand beside the rules.
    pub fn check_examples(&self, problems: &mut Problems) {
        let mut names: Vec<&String> = self.dialects.keys().collect();
        names.sort();
        for name in names {
            let dialect = &self.dialects[name];
            if let Some(from) = &dialect.from {
                from.check_examples(problems);
            }
            if let Some(to) = &dialect.to {
                to.check_examples(problems);
            }
        }
    }
}

/// The sides of a dialect that a file of rules is complete for.
fn sides(table: &Table, problems: &mut Problems) -> Vec<Side> {
    let sides = table.texts("sides", problems);
    let known = |(text, node): (&str, Node)| match text {
        "event" => Some(Side::Event),
        "reply" => Some(Side::Reply),
        "request" => Some(Side::Request),
        other => {
            problems.unknown(node.source(), node.inner_span(), "side", other, ["event", "reply", "request"]);
            None
        }
    };
    sides.into_iter().filter_map(known).collect()
}

/// Why something is not done, in a file of rules.
fn reason(node: Node, problems: &mut Problems) -> Option<String> {
    let text = node.text(problems)?;
    if text.trim().is_empty() {
        node.problem(problems, "a reason says why");
    }
    Some(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;

    #[test]
    fn the_shipped_mappings_are_right_and_their_examples_hold() {
        let mut problems = Problems::default();
        let mappings = Mappings::load(&Files::built_in(), &mut problems);
        mappings.check_examples(&mut problems);
        assert!(problems.is_empty(), "{} problems\n{}", problems.len(), problems.render());
    }

    /// What is wrong with rules of the event feed.
    fn wrong(rules: &str) -> String {
        let mut problems = Problems::default();
        let mappings = Mappings::load(&Files::built_in(), &mut problems);
        let source = Source::new("rules.toml", format!("dialect = \"event-feed\"\n{rules}"));
        incoming::load(&source, &mappings.dialects["event-feed"].vocabulary, &mut problems);
        problems.render()
    }

    #[test]
    fn a_name_of_let_is_one_sort_of_record() {
        let wrong = wrong(
            r#"
            let.one = "groups[0] ?? agents[0]"
            [[rule]]
            on       = "entity-snapshot"
            means    = "service-known"
            set.name = "one.thresholds[0].threshold-name""#,
        );
        assert!(
            wrong.contains("in `let.one`: a record of type agent-entity cannot stand for a group-entity"),
            "{wrong}"
        );
    }

    #[test]
    fn a_name_of_let_is_not_made_of_itself() {
        let wrong = wrong(
            r#"
            let.one   = "other.group"
            let.other = "one.group"
            [[rule]]
            on      = "held"
            means   = "held"
            set.ani = "one.id""#,
        );
        assert!(wrong.contains("in `let.one`: in `let.other`: `let.one` is made of itself"), "{wrong}");
    }

    #[test]
    fn what_a_name_of_let_reads_is_known_by_the_fields_themselves() {
        let wrong = wrong(
            r#"
            let.group = "call-table[0].group"
            let.again = "call-table[0].group"
            [[rule]]
            on         = "held"
            means      = "held"
            set.ani    = "group.id"
            set.reason = "again.type""#,
        );
        assert!(wrong.contains("`call-table.dnis` of `held` is not read"), "{wrong}");
        assert!(!wrong.contains("call-table.group"), "{wrong}");
    }

    #[test]
    fn a_number_stands_in_a_table_once() {
        let wrong = wrong("tables.t = { from = \"number\", to = \"text\", else = \"\", 1 = \"a\", 01 = \"b\" }");
        assert!(wrong.contains("this number stands above already"), "{wrong}");
    }
}
