//! What became of the lines of a translation, counted for its summary. Everything that is listed by name is bounded.

use std::{collections::BTreeMap, fmt::Write};

use crate::{bridge::Platform, message::Kind, model::Effect};

/// Names and reasons that are told apart; further ones are counted together.
const MOST: usize = 64;

/// Names and reasons that the summary lists.
const LISTED: usize = 8;

#[derive(Debug, Default)]
pub struct Tally {
    pub(super) lines: u64,
    pub(super) events: Group,
    pub(super) commands: Group,
    pub(super) failed: Group,
    pub(super) bad: Group,
    pub(super) idle: Group,
}

/// Counts by name, each with the first line that is counted; 0 is the end of the input.
#[derive(Debug, Default)]
pub struct Group {
    total: u64,
    by_name: BTreeMap<String, (u64, u64)>,
}

impl Group {
    pub fn add(&mut self, name: &str, line: u64) {
        self.total += 1;
        let name = if self.by_name.len() < MOST || self.by_name.contains_key(name) { name } else { "others" };
        match self.by_name.get_mut(name) {
            Some((count, _)) => *count += 1,
            None => _ = self.by_name.insert(name.to_owned(), (1, line)),
        }
    }

    /// The names with the highest counts, and how many there are besides.
    fn listed(&self) -> (Vec<(&str, u64, u64)>, usize) {
        let mut list: Vec<_> =
            self.by_name.iter().map(|(name, (count, first))| (name.as_str(), *count, *first)).collect();
        list.sort_by_key(|(_, count, _)| std::cmp::Reverse(*count));
        let more = list.len().saturating_sub(LISTED);
        list.truncate(LISTED);
        (list, more)
    }
}

impl Tally {
    /// How many messages were told to either side.
    pub(super) fn told(&self) -> u64 {
        self.events.total + self.commands.total
    }

    /// The summary, in lines. `unit` is what the numbers count: lines or messages.
    pub fn summary(&self, unit: &str) -> Vec<String> {
        let some =
            |count: u64, what: &str, several: &str| format!("{count} {}", if count == 1 { what } else { several });
        let units = format!("{unit}s");
        let mut first = format!(
            "{} read, {} told, {} given",
            some(self.lines, unit, &units),
            some(self.events.total, "event", "events"),
            some(self.commands.total, "command", "commands"),
        );
        let mut lines = Vec::new();
        for (group, what) in [(&self.events, "events"), (&self.commands, "commands")] {
            let (list, more) = group.listed();
            let names: Vec<String> = list.iter().map(|(name, count, _)| format!("{name} {count}")).collect();
            let more = if more > 0 { format!(", and {more} more names") } else { String::new() };
            if !names.is_empty() {
                lines.push(format!("{what}: {}{more}", names.join(", ")));
            }
        }
        for (group, one, several, what) in [
            (&self.failed, "request failed", "requests failed", "failed"),
            (&self.bad, "not understood", "not understood", "not understood"),
            (&self.idle, "without effect", "without effect", "without effect"),
        ] {
            if group.total > 0 {
                let _ = write!(first, ", {}", some(group.total, one, several));
            }
            let (list, more) = group.listed();
            let place = |line: u64| if line == 0 { "at the end".to_owned() } else { format!("{unit} {line}") };
            lines.extend(list.iter().map(|(reason, count, line)| match count {
                1 => format!("{what}: {reason} ({})", place(*line)),
                count => format!("{what}: {reason} ({count}, the first {})", place(*line)),
            }));
            if more > 0 {
                lines.push(format!("{what}: {more} more reasons"));
            }
        }
        lines.insert(0, first);
        lines
    }
}

/// How far a platform had come before a message.
pub(super) struct Before {
    rules: u64,
    effects: Vec<(Effect, u64)>,
}

impl Before {
    pub(super) fn of(platform: &Platform) -> Before {
        Before { rules: platform.counts.rules.iter().sum(), effects: platform.counts.effects.clone() }
    }

    /// Why nothing came of a message of the platform, if nothing did: no rule is for it, or whom it names is not known.
    pub(super) fn idle(&self, platform: &Platform, kind: Kind) -> Option<String> {
        let label = &platform.incoming.vocabulary.message(kind).label;
        if let Some(reason) = &platform.incoming.plans[kind.0 as usize].ignored {
            return Some(format!("{label}: {reason}"));
        }
        let counts = &platform.counts;
        let rules = counts.rules.iter().sum::<u64>() - self.rules;
        let known = |effect: Effect| self.effects.iter().find(|(known, _)| *known == effect).map_or(0, |(_, n)| *n);
        let new = |(effect, count): &(Effect, u64)| (*effect, count - known(*effect));
        let effects: Vec<(Effect, u64)> = counts.effects.iter().map(new).filter(|(_, count)| *count > 0).collect();
        let (effect, _) = effects.first()?;
        let is_idle = effects.iter().map(|(_, count)| count).sum::<u64>() == rules;
        is_idle.then(|| format!("{label}: {}", effect.reason()))
    }
}
