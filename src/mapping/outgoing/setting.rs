//! The settings that rules declare under `[config]`, and that a site can change.

use crate::{
    diagnostic::Problems,
    document::{Key, Node},
    mapping::literal::Literal,
};

/// The allowed texts of a setting, if it has a list of them.
pub fn choices(key: &Key, node: Node, problems: &mut Problems) -> Option<(String, Vec<String>)> {
    node.as_array()?;
    let texts = node.texts(problems).into_iter().map(|(text, _)| text.to_owned());
    Some((key.name.to_owned(), texts.collect()))
}

/// A setting that rules declare: its default is a number, a truth value or a text.
pub fn knob(key: &Key, node: Node, problems: &mut Problems) -> Option<(String, Literal)> {
    // A list's first text is the default.
    let node = node.as_array().and_then(|choices| choices.first().copied()).unwrap_or(node);
    let literal = node
        .as_integer()
        .map(Literal::Int)
        .or_else(|| node.as_boolean().map(Literal::Bool))
        .or_else(|| node.as_text().map(|text| Literal::Text(text.to_owned())));
    if literal.is_none() {
        node.problem(problems, "a setting's default is a number, a truth value or a text");
    }
    Some((key.name.to_owned(), literal?))
}
