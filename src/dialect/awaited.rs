//! Methods that a relay was asked to call and whose results are awaited: one number each per connection, and a time by which
//! the result is due. What a result means is the conversation's business.

use std::collections::BTreeMap;

use crate::time::Time;

/// See the module. `P` is the purpose of a call.
#[derive(Debug)]
pub struct Awaited<P> {
    /// Numbers are never used again, so that a late result answers nothing else.
    last: i64,
    open: BTreeMap<i64, (P, Time)>,
}

impl<P> Default for Awaited<P> {
    fn default() -> Awaited<P> {
        Awaited { last: 0, open: BTreeMap::new() }
    }
}

impl<P> Awaited<P> {
    /// The number of the last call.
    pub fn last(&self) -> i64 {
        self.last
    }

    /// A number for a call.
    pub fn begin(&mut self, purpose: P, due: Time) -> i64 {
        self.last += 1;
        self.open.insert(self.last, (purpose, due));
        self.last
    }

    /// The purpose of the call whose result has come.
    pub fn answered(&mut self, number: i64) -> Option<P> {
        self.open.remove(&number).map(|(purpose, _)| purpose)
    }

    /// Results do not come any more.
    pub fn lose(&mut self) -> impl Iterator<Item = P> + use<P> {
        std::mem::take(&mut self.open).into_values().map(|(purpose, _)| purpose)
    }

    pub fn deadline(&self) -> Option<Time> {
        self.open.values().map(|(_, due)| *due).min()
    }

    /// The calls whose results did not come in time, in their order.
    pub fn expire(&mut self, now: Time) -> Vec<(i64, P)> {
        let late: Vec<i64> = self.open.iter().filter(|(_, (_, due))| *due <= now).map(|(number, _)| *number).collect();
        late.into_iter().filter_map(|number| Some((number, self.answered(number)?))).collect()
    }
}
