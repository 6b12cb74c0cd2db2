//! Settings that the rules of a dialect declare, as the configuration has them.

use super::{Section, source::meant};
use crate::{
    diagnostic::did_you_mean,
    mapping::{Literal, Outgoing},
};

/// Reads `rules`: a value for each setting, in the order in which the rules declare them.
pub fn rules(section: &Section, outgoing: Option<&Outgoing>) -> Vec<Literal> {
    let mut given = section.values("rules");
    let Some(outgoing) = outgoing else { return Vec::new() };
    let known = || outgoing.knobs.iter().map(|(known, _)| known.as_str());
    let mut renamed = Vec::new();
    for (name, text) in given.iter().filter(|(name, _)| !known().any(|known| known == name)) {
        match meant(name, known) {
            // A variable's name has no hyphens. What --set says under the setting's own name wins.
            Ok(Some(setting)) if section.is_variable("rules", name) => {
                if !given.iter().any(|(other, _)| other == setting) {
                    renamed.push((setting.to_owned(), text.clone()));
                } else if section.is_variable("rules", setting) {
                    section.problem_in("rules", name, format!("two variables are both `{setting}`: unset one of them"));
                }
            }
            Err(clash) if section.is_variable("rules", name) => section.problem_in("rules", name, clash),
            Ok(_) | Err(_) => {
                let help = did_you_mean(name, known());
                section.problem_in("rules", name, format!("the rules have no setting `{name}`{help}"));
            }
        }
    }
    given.extend(renamed);
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
