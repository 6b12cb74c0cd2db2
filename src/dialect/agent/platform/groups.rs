//! The ids of service groups, of which records of calls have only the names: from the configuration, from real-time
//! information, and from lists of waiting calls in which the same call had the id.

use std::collections::VecDeque;

use hashbrown::HashMap;

use super::desk::Name;

/// The most names that are learnt.
const MOST_NAMES: usize = 10_000;
/// The groups of so many waiting calls are remembered.
const MOST_WAITING: usize = 1000;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Groups {
    by_name: HashMap<String, i64>,
    /// Calls and sessions that were told to wait at a group, the oldest first.
    waited: VecDeque<(Name, i64)>,
}

impl Groups {
    pub fn new(configured: &[(String, i64)]) -> Groups {
        Groups { by_name: configured.iter().cloned().collect(), waited: VecDeque::new() }
    }

    /// A group has this name. What the configuration says stays.
    pub fn learn(&mut self, name: &str, id: i64) {
        if self.by_name.len() < MOST_NAMES && !name.is_empty() && id > 0 {
            self.by_name.entry_ref(name).or_insert(id);
        }
    }

    /// A call or session waits at a group.
    pub fn waits(&mut self, name: Name, group: i64) {
        if group <= 0 || self.waited.back().is_some_and(|(last, _)| *last == name) {
            return;
        }
        if self.waited.len() == MOST_WAITING {
            self.waited.pop_front();
        }
        self.waited.push_back((name, group));
    }

    /// The id of the group of this name, whose call or session this is.
    pub fn id(&mut self, name: &str, of: &Name) -> Option<i64> {
        if let Some(id) = self.by_name.get(name) {
            return Some(*id);
        }
        let id = self.waited.iter().rev().find(|(waited, _)| waited == of)?.1;
        self.learn(name, id);
        Some(id)
    }
}
