//! What a section says to the rules of its dialect besides their settings: how telephone numbers are dialled (`numbers`), and
//! entries of the rules' tables (`tables`). Entries are checked as those of a rule file are.

use std::collections::{BTreeMap, btree_map::Entry};

use super::{Section, source::meant};
use crate::{
    diagnostic::did_you_mean,
    mapping::{Dialect, NumberPlan, Site, ValueTable},
};

/// The direction whose tables are meant where the rules of both have one of the same name: that of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Events {
    /// Platforms tell events to the bridge.
    Come,
    /// Applications are told them.
    Go,
}

/// Reads `numbers` and `tables`.
pub fn site(section: &Section, dialect: Option<&Dialect>, events: Events) -> Site {
    let mut site = Site { numbers: numbers(section), ..Site::default() };
    let sections = section.sections("tables");
    let Some(dialect) = dialect else { return site };
    let of = |rules: Option<&[ValueTable]>| rules.unwrap_or_default().to_vec();
    let mut from = of(dialect.from.as_deref().map(|rules| &rules.tables[..]));
    let mut to = of(dialect.to.as_deref().map(|rules| &rules.tables[..]));
    let (first, second) = match events {
        Events::Come => (&mut from, &mut to),
        Events::Go => (&mut to, &mut from),
    };
    let names: Vec<String> = first.iter().chain(second.iter()).map(|table| table.name.clone()).collect();
    // The table and the key of each entry so far, with whether a variable sets it. A variable's name has no hyphens: entries under
    // a table's own name come first, and win.
    let mut entered = BTreeMap::new();
    let (own, others): (Vec<_>, Vec<_>) = sections.iter().partition(|(name, _)| names.contains(name));
    for (name, entries) in own.into_iter().chain(others) {
        let mut name = name;
        if section.is_variable("tables", name) {
            // Both directions may have a table of the same name.
            let mut known: Vec<&String> = names.iter().collect();
            known.sort_unstable();
            known.dedup();
            match meant(name, || known.iter().map(|known| known.as_str())) {
                Ok(found) => name = names.iter().find(|known| Some(known.as_str()) == found).unwrap_or(name),
                Err(clash) => {
                    entries.problem("", clash);
                    continue;
                }
            }
        }
        let place = first.iter().position(|table| table.name == *name);
        let table = match place {
            Some(place) => Some(&mut first[place]),
            None => second.iter_mut().find(|table| table.name == *name),
        };
        match table {
            Some(table) => enter(table, entries, &mut entered),
            None => {
                let known = first.iter().chain(second.iter()).map(|table| table.name.as_str());
                entries.problem("", format!("the rules have no table `{name}`{}", did_you_mean(name, known)));
            }
        }
    }
    if !sections.is_empty() {
        (site.from_tables, site.to_tables) = (Some(from), Some(to));
    }
    site
}

fn enter(table: &mut ValueTable, entries: &Section, entered: &mut BTreeMap<(String, String), bool>) {
    for (key, given) in entries.given() {
        let is_variable = entries.is_set_by_variable(key);
        match entered.entry((table.name.clone(), key.to_owned())) {
            Entry::Vacant(entry) => _ = entry.insert(is_variable),
            Entry::Occupied(entry) => {
                if is_variable && *entry.get() {
                    let both = format!("two variables are both `{key}` of table `{}`: unset one of them", table.name);
                    entries.problem(key, both);
                }
                continue;
            }
        }
        if let Err(wrong) = table.enter(key, table.read(given)) {
            let help = wrong.help.map(|help| format!(" ({help})")).unwrap_or_default();
            entries.problem(key, format!("`{key}` of table `{}`: {}{help}", table.name, wrong.text));
        }
    }
}

fn numbers(section: &Section) -> NumberPlan {
    let default = NumberPlan::default();
    let Some(section) = section.section("numbers") else { return default };
    let digits = |key: &'static str| {
        let text = section.text(key)?;
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            section.problem(key, format!("`{}.{key}` should be digits", section.path));
        }
        Some(text)
    };
    let internal_prefixes = section.list("internal_prefixes").unwrap_or_default();
    if internal_prefixes.iter().any(|prefix| prefix.is_empty() || !prefix.bytes().all(|byte| byte.is_ascii_digit())) {
        section.problem(
            "internal_prefixes",
            format!("`{}.internal_prefixes` should be a list of texts of digits", section.path),
        );
    }
    let plan = NumberPlan {
        country: digits("country").unwrap_or(default.country),
        trunk: digits("trunk").unwrap_or(default.trunk),
        international: digits("international").unwrap_or(default.international),
        area: digits("area"),
        internal_length: section.number("internal_length", 0u32) as usize,
        internal_prefixes,
    };
    section.finish();
    plan
}
