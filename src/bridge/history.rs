//! The stories of calls that were: ids, names, times and rules, and the values of messages if that is wanted. It owns a bounded
//! memory of them (`tape`, of one `entry` after the other, each written as a `draft`); `telling` makes lines of entries and
//! `query` finds those of a story when somebody asks. It deliberately makes no text before.

mod draft;
mod entry;
mod happening;
mod query;
mod tape;
mod telling;

use std::sync::Arc;

use super::{Bridge, Owner, exchange::Rules};
pub(super) use draft::Draft;
pub(super) use entry::{Entry, Name, Part, Unheard, What};
pub use happening::Happening;
pub use query::{Query, Watch};
pub(super) use tape::{About, Tape};
pub(super) use telling::NO_RULE_HOLDS;

#[derive(Debug)]
pub(super) struct History {
    pub tape: Arc<Tape>,
    /// The names of rules that were exchanged, the latest last, as long as there are entries of them.
    past: Vec<Past>,
    /// Entries before this place are of rules whose names are forgotten.
    unnamed: u64,
}

/// The names of the rules that an owner had before they were exchanged.
#[derive(Debug)]
struct Past {
    owner: Owner,
    is_outgoing: bool,
    /// Where the entries of the next rules begin.
    until: u64,
    names: Vec<Arc<str>>,
}

/// How many rules of the past keep their names.
const MOST_PAST: usize = 64;

impl History {
    /// The names of a rule when an entry was made, if the rules have been exchanged since.
    fn past_rule(&self, owner: Owner, is_outgoing: bool, place: u64, rule: usize) -> Option<&Arc<str>> {
        let is_of = |past: &&Past| (past.owner, past.is_outgoing) == (owner, is_outgoing) && place < past.until;
        self.past.iter().find(is_of)?.names.get(rule)
    }

    /// Keeps the names of rules that are exchanged, unless the new ones have the same.
    fn keep_names(&mut self, owner: Owner, is_outgoing: bool, names: &[Arc<str>], new: &[Arc<str>]) {
        if names == new {
            return;
        }
        let start = self.tape.start();
        self.past.retain(|past| past.until > start);
        if self.past.len() >= MOST_PAST {
            self.unnamed = self.past.remove(0).until;
        }
        self.past.push(Past { owner, is_outgoing, until: self.tape.end(), names: names.to_vec() });
    }
}

impl Bridge {
    /// Keeps stories from now on, in at most so many bytes.
    pub fn remember_stories(&mut self, limit: usize, values: bool) {
        let tape = Arc::new(Tape::new(limit, values));
        self.history = Some(History { tape, past: Vec::new(), unnamed: 0 });
        self.set_tellers();
    }

    /// The vocabulary of something that is remembered is another one from now on: nobody could read it any more.
    pub(super) fn forget_stories(&mut self) {
        if let Some(tape) = self.history.as_ref().map(|history| Tape::after(&history.tape)) {
            self.history = Some(History { tape: Arc::new(tape), past: Vec::new(), unnamed: 0 });
            self.set_tellers();
        }
    }

    /// How much of the history is in use, in bytes, and its bound.
    pub fn history_fill(&self) -> Option<(usize, usize)> {
        self.history.as_ref().map(|history| history.tape.fill())
    }

    /// The rules of an owner are about to be exchanged: entries that were made keep the names of theirs.
    pub(super) fn keep_rule_names(&mut self, owner: Owner, new: &Rules) {
        let Some(history) = &mut self.history else { return };
        let (incoming, outgoing) = match owner {
            Owner::Platform(index) => (&self.platforms[index].incoming, self.platforms[index].outgoing()),
            Owner::Application(index) => (&self.applications[index].from, self.applications[index].to()),
        };
        history.keep_names(owner, false, &incoming.rule_names, &new.incoming.rule_names);
        history.keep_names(owner, true, &outgoing.rule_names, &new.outgoing.rule_names);
    }
}
