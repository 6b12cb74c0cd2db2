//! The bounds on how many calls, and how many bytes of them, are remembered: the oldest call makes room (`ages`). Bounds on the
//! items of a single call are in the module `calls`.
//!
//! Invariant: a call that makes room ends properly (`a_full_table_ends_the_call_that_was_silent_longest`).

use crate::model::*;

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
        let Some(index) = self.calls.oldest(spare) else { return false };
        self.calls.leave(index);
        if self.calls[index].is_live() {
            self.bounds.calls_ended += 1;
            self.presume_over(index);
        }
        self.complete(index);
        self.calls.weight -= std::mem::take(&mut self.calls[index].weighs);
        true
    }
}
