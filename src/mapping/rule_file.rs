//! The parts that both sorts of rule files have, `from-<dialect>.toml` and `to-<dialect>.toml`. Rules are read by `incoming`
//! and `outgoing`.

use crate::{
    diagnostic::Problems,
    document::{Node, Table},
    vocabulary::{Side, Vocabulary},
};

/// Reports rules that are another dialect's.
pub fn check_dialect(table: &Table, vocabulary: &Vocabulary, problems: &mut Problems) {
    // `overlay` has read these.
    table.get("extends");
    table.get("remove");
    let Some(node) = table.get("dialect") else {
        let help = "a file that holds only changes of the shipped one says `extends = \"shipped\"`";
        let span = table.span();
        return problems.add_with_help(table.source(), span, "`dialect` is missing", Some(help.to_owned()));
    };
    let dialect = node.text(problems).unwrap_or_default();
    if dialect != vocabulary.dialect && !dialect.is_empty() {
        node.problem(problems, format!("these are rules of {dialect}, not of {}", vocabulary.dialect));
    }
}

/// The sides that rule files can be complete for.
pub const SIDES: [&str; 3] = ["event", "reply", "request"];

/// The sides of a dialect that a file of rules is complete for.
pub fn sides(table: &Table, problems: &mut Problems) -> Vec<Side> {
    let sides = table.texts("sides", problems);
    let known = |(text, node): (&str, Node)| match text {
        "event" => Some(Side::Event),
        "reply" => Some(Side::Reply),
        "request" => Some(Side::Request),
        other => {
            problems.unknown(node.source(), node.inner_span(), "side", other, SIDES);
            None
        }
    };
    sides.into_iter().filter_map(known).collect()
}

/// The reason that a rule file gives for something that it leaves out.
pub fn reason(node: Node, problems: &mut Problems) -> Option<String> {
    let text = node.text(problems)?;
    if text.trim().is_empty() {
        node.problem(problems, "a reason says why");
    }
    Some(text.to_owned())
}
