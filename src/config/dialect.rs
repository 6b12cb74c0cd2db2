//! `dialect`: the dialect of a section, which needs a vocabulary, rules and a conversation for its side.

use std::sync::Arc;

use crate::{
    diagnostic::{did_you_mean, nearest},
    dialect::{
        Registry,
        registry::{ApplicationSide, PlatformSide},
    },
    mapping::{Dialect, Mappings},
    settings::Section,
    translate,
};

/// The dialect of a platform. Where there is none of its name, the rest of the section is read as the nearest's.
pub fn of_platform<'r>(
    section: &Section,
    mappings: &Mappings,
    registry: &'r Registry,
) -> Option<(Arc<Dialect>, &'r PlatformSide)> {
    let rules = |name: &str| translate::dialect(mappings, name, true).map_err(|error| error.to_string());
    let name = of(section, mappings, |name| stands(name, "platform", rules(name), registry.platform(name).is_some()))?;
    Some((mappings.dialects.get(&name)?.clone(), registry.platform(&name)?))
}

/// The dialect of an application, likewise.
pub fn of_application<'r>(
    section: &Section,
    mappings: &Mappings,
    registry: &'r Registry,
) -> Option<(Arc<Dialect>, &'r ApplicationSide)> {
    let side = |name: &str| registry.application(name);
    let rules = |name: &str| match mappings.dialects.get(name) {
        // Guests of a platform are answered as it answers: no rules stand between.
        Some(dialect) if side(name).is_some_and(|side| side.guests) => Ok(dialect.clone()),
        _ => translate::dialect(mappings, name, false).map_err(|error| error.to_string()),
    };
    let name = of(section, mappings, |name| stands(name, "application", rules(name), side(name).is_some()))?;
    Some((mappings.dialects.get(&name)?.clone(), side(&name)?))
}

/// Why a dialect cannot stand on a side, if it cannot.
fn stands(name: &str, side: &str, rules: Result<Arc<Dialect>, String>, converses: bool) -> Result<(), String> {
    match rules {
        Err(reason) => Err(reason),
        Ok(_) if !converses => Err(format!("{name} has no conversation for standing on the {side} side")),
        Ok(_) => Ok(()),
    }
}

/// The name of the section's dialect, or of the one that was meant.
fn of(section: &Section, mappings: &Mappings, stands: impl Fn(&str) -> Result<(), String>) -> Option<String> {
    let name = section.required("dialect")?;
    let Err(reason) = stands(&name) else { return Some(name) };
    if mappings.dialects.contains_key(&name) {
        let mut able: Vec<&str> =
            mappings.dialects.keys().map(String::as_str).filter(|other| stands(other).is_ok()).collect();
        able.sort_unstable();
        section.problem("dialect", format!("{reason}; there are {}", able.join(", ")));
        return None;
    }
    let near = nearest(&name, mappings.dialects.keys().map(String::as_str));
    let help = did_you_mean(&name, mappings.dialects.keys().map(String::as_str));
    section.problem("dialect", format!("{reason}{help}"));
    near.filter(|right| stands(right).is_ok()).map(str::to_owned)
}
