//! The bounds on how many calls, and how many bytes of them, are remembered: the oldest call makes room. Bounds on the
//! items of a single call are in the module `calls`.
//!
//! Invariant: a call that makes room ends properly (`a_full_table_ends_the_call_that_was_silent_longest`).

use super::Calls;
use crate::model::*;

/// How many of the oldest calls are looked for at a time.
const MAX_OLDEST: usize = 256;

impl Calls {
    /// The next of those that were found to be oldest, if it still is as it was.
    fn oldest(&mut self, spare: Option<CallIx>) -> Option<CallIx> {
        while let Some((index, last_event)) = self.oldest.pop_front() {
            let same = self.get(index).is_some_and(|call| call.last_event == last_event);
            if same && Some(index) != spare && !self.forgotten.contains(&index) {
                return Some(index);
            }
        }
        None
    }

    /// Looks through all calls for the oldest, for many evictions to come: nothing that happens makes another call older.
    fn look_for_oldest(&mut self, spare: Option<CallIx>) {
        let others = self.iter().filter(|(index, _)| Some(*index) != spare && !self.forgotten.contains(index));
        // The ids of a call that became part of a live one are needed for as long as that one.
        let is_needed = |index| self[self.result_of(index)].is_live();
        let mut others: Vec<_> = others.map(|(index, call)| (is_needed(index), call.last_event, index)).collect();
        let count = others.len().min(MAX_OLDEST);
        if count < others.len() {
            others.select_nth_unstable(count);
            others.truncate(count);
        }
        others.sort_unstable();
        self.oldest = others.into_iter().map(|(_, last_event, index)| (index, last_event)).collect();
    }
}

impl Model {
    /// Keeps count of what all calls are remembered by, and makes room where it is too much.
    pub(super) fn weigh(&mut self, index: CallIx) {
        let weight = self.calls[index].weight();
        let before = std::mem::replace(&mut self.calls[index].weighs, weight);
        self.calls.weight = self.calls.weight + weight - before;
        while self.calls.weight > self.settings.max_memory && self.evict_call(Some(index)) {}
    }

    /// Makes room: the oldest call that is over, else the one that has been silent longest, which ends properly. Whether
    /// there was any but the one to spare.
    pub(super) fn evict_call(&mut self, spare: Option<CallIx>) -> bool {
        let Some(index) = self.calls.oldest(spare).or_else(|| {
            self.calls.look_for_oldest(spare);
            self.calls.oldest(spare)
        }) else {
            return false;
        };
        self.calls.forgotten.push(index);
        if self.calls[index].is_live() {
            self.bounds.calls_ended += 1;
            self.presume_over(index);
        }
        self.complete(index);
        self.calls.weight -= std::mem::take(&mut self.calls[index].weighs);
        true
    }
}
