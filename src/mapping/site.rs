//! What a site adds to a dialect's rules: its telephone numbers, its zone, and entries of tables. One dialect may stand in
//! several sections of a configuration; each has rules of its own, which share the compiled plans.

use std::sync::Arc;

use super::{Dialect, Incoming, Outgoing, ValueTable};
use crate::time::Zone;

/// Where the functions of rules are: they need it to understand numbers and times.
#[derive(Debug, Clone, Default)]
pub struct Place {
    pub numbers: NumberPlan,
    pub zone: Zone,
}

/// How telephone numbers are dialled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberPlan {
    /// The country's code, such as `49`. If it is empty, only numbers that name their country have one.
    pub country: String,
    /// The prefix of numbers of other areas, such as `0`.
    pub trunk: String,
    /// The prefix of numbers of other countries, such as `00`.
    pub international: String,
    /// The area of numbers without the trunk prefix. An empty one means that they have their area already.
    pub area: Option<String>,
    /// A number of at most so many digits is internal.
    pub internal_length: usize,
    /// A number that starts with one of these is internal.
    pub internal_prefixes: Vec<String>,
}

impl Default for NumberPlan {
    fn default() -> NumberPlan {
        NumberPlan {
            country: String::new(),
            trunk: "0".into(),
            international: "00".into(),
            area: None,
            internal_length: 0,
            internal_prefixes: Vec::new(),
        }
    }
}

impl NumberPlan {
    /// Whether a number is internal, given its digits as they are dialled.
    pub fn is_internal(&self, digits: &str) -> bool {
        digits.len() <= self.internal_length || self.internal_prefixes.iter().any(|prefix| digits.starts_with(prefix))
    }
}

/// What one section of the configuration says to the rules of its dialect.
#[derive(Debug, Clone, Default)]
pub struct Site {
    pub numbers: NumberPlan,
    /// The zone; the machine's where none is named.
    pub zone: Option<Zone>,
    /// All tables of the rules for incoming messages, if the site changes one of them.
    pub from_tables: Option<Vec<ValueTable>>,
    /// The same for outgoing messages.
    pub to_tables: Option<Vec<ValueTable>>,
}

impl Dialect {
    /// The rules of both directions at a site. None if a direction has no rules. `zone` is the machine's.
    pub fn at(&self, site: &Site, zone: &Zone) -> Option<(Arc<Incoming>, Arc<Outgoing>)> {
        let (from, to) = (self.from.as_deref()?, self.to.as_deref()?);
        let place = Place { numbers: site.numbers.clone(), zone: site.zone.clone().unwrap_or_else(|| zone.clone()) };
        let tables =
            |own: &[ValueTable], changed: &Option<Vec<ValueTable>>| changed.clone().unwrap_or_else(|| own.to_vec());
        let from = Incoming { tables: tables(&from.tables, &site.from_tables), place: place.clone(), ..from.clone() };
        let to = Outgoing { tables: tables(&to.tables, &site.to_tables), place, ..to.clone() };
        Some((Arc::new(from), Arc::new(to)))
    }
}
