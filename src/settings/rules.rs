//! Settings that the rules of a dialect declare, as the configuration has them.

use super::Section;
use crate::{
    diagnostic::did_you_mean,
    mapping::{Literal, Outgoing},
};

/// Reads `rules`: a value for each setting, in the order in which the rules declare them.
pub fn rules(section: &Section, outgoing: Option<&Outgoing>) -> Vec<Literal> {
    let given = section.values("rules");
    let Some(outgoing) = outgoing else { return Vec::new() };
    for (name, _) in &given {
        if !outgoing.knobs.iter().any(|(known, _)| known == name) {
            let help = did_you_mean(name, outgoing.knobs.iter().map(|(known, _)| known.as_str()));
            section.problem_in("rules", name, format!("the rules have no setting `{name}`{help}"));
        }
    }
    let value = |(name, default): &(String, Literal)| {
        let Some((_, text)) = given.iter().find(|(known, _)| known == name) else { return default.clone() };
        if let Some((_, choices)) = outgoing.choices.iter().find(|(known, _)| known == name)
            && !choices.contains(text)
        {
            let choices: Vec<String> = choices.iter().map(|choice| format!("{choice:?}")).collect();
            section.problem_in("rules", name, format!("`{name}` is one of {}", choices.join(", ")));
        }
        let parsed = match default {
            Literal::Int(_) => text.parse().ok().map(Literal::Int),
            Literal::Bool(_) => text.parse().ok().map(Literal::Bool),
            Literal::Text(_) => Some(Literal::Text(text.clone())),
        };
        parsed.unwrap_or_else(|| {
            let expected = match default {
                Literal::Int(_) => "a whole number",
                Literal::Bool(_) => "true or false",
                Literal::Text(_) => "a text",
            };
            section.problem_in("rules", name, format!("`{name}` should be {expected}"));
            default.clone()
        })
    };
    outgoing.knobs.iter().map(value).collect()
}
