//! The calls in the order in which they were heard of last, without looking through the table: a linked list of their places for
//! the calls that are needed, and one for those that are over. What is done with the oldest is not decided here (`room`, `expiry`).
//!
//! Invariant: each list is in the order of `last_event` (`no_order_of_events_breaks_a_life`).

use hashbrown::HashMap;
use smallvec::SmallVec;

use super::Calls;
use crate::{
    model::{slab::Index as _, *},
    time::Time,
};

/// Which list a call is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum List {
    /// Live calls, and calls that became part of a live one: their ids are needed for as long as that one.
    Needed,
    Over,
    /// The call is about to be dropped, or was.
    None,
}

/// The end of a list.
const END: u32 = u32::MAX;

/// The neighbours of a call in its list, by their places in the table.
#[derive(Debug, Clone, Copy)]
struct Link {
    older: u32,
    newer: u32,
    list: List,
}

/// The oldest and the newest of a list.
#[derive(Debug, Clone, Copy)]
struct Ends {
    oldest: u32,
    newest: u32,
}

/// The two lists.
#[derive(Debug)]
pub(super) struct Ages {
    /// By place in the table of calls.
    links: Vec<Link>,
    needed: Ends,
    over: Ends,
    /// The calls that became part of a call.
    parts: HashMap<CallIx, SmallVec<[CallIx; 2]>>,
}

impl Default for Ages {
    fn default() -> Ages {
        let empty = Ends { oldest: END, newest: END };
        Ages { links: Vec::new(), needed: empty, over: empty, parts: HashMap::new() }
    }
}

impl Ages {
    fn ends(&mut self, list: List) -> Option<&mut Ends> {
        match list {
            List::Needed => Some(&mut self.needed),
            List::Over => Some(&mut self.over),
            List::None => None,
        }
    }

    fn list_of(&self, place: u32) -> List {
        self.links.get(place as usize).map_or(List::None, |link| link.list)
    }

    /// Makes the call at this place the newest of a list.
    fn put(&mut self, place: u32, list: List) {
        if self.ends(list).is_some_and(|ends| ends.newest == place) {
            return;
        }
        self.take_out(place);
        if self.links.len() <= place as usize {
            self.links.resize(place as usize + 1, Link { older: END, newer: END, list: List::None });
        }
        let Some(ends) = self.ends(list) else { return };
        let older = std::mem::replace(&mut ends.newest, place);
        match older {
            END => ends.oldest = place,
            older => self.links[older as usize].newer = place,
        }
        self.links[place as usize] = Link { older, newer: END, list };
    }

    fn take_out(&mut self, place: u32) {
        let Some(Link { older, newer, list }) = self.links.get(place as usize).copied() else { return };
        let Some(ends) = self.ends(list) else { return };
        if newer == END {
            ends.newest = older;
        }
        if older == END {
            ends.oldest = newer;
        }
        if let Some(link) = self.links.get_mut(newer as usize) {
            link.older = older;
        }
        if let Some(link) = self.links.get_mut(older as usize) {
            link.newer = newer;
        }
        self.links[place as usize].list = List::None;
    }
}

impl Calls {
    /// A call is new.
    pub(super) fn begin_age(&mut self, index: CallIx) {
        self.ages.put(index.place() as u32, List::Needed);
    }

    /// A call was heard of, or worked on.
    pub fn renew(&mut self, index: CallIx, now: Time) {
        self[index].last_event = now;
        let place = index.place() as u32;
        self.ages.put(place, self.ages.list_of(place));
    }

    /// A call became part of another one.
    pub(super) fn join(&mut self, part: CallIx, result: CallIx, now: Time) {
        self[part].joined_into = Some(result);
        let mut parts = self.ages.parts.remove(&result).unwrap_or_default();
        parts.retain(|known| self.table.get(*known).is_some() && *known != part);
        parts.push(part);
        self.ages.parts.insert(result, parts);
        self.sort_in(part, now);
    }

    /// A call has just ended. It is over, and so is what became part of it, unless it is itself part of a live one.
    pub(super) fn end_age(&mut self, index: CallIx, now: Time) {
        self.renew(index, now);
        self.sort_in(index, now);
    }

    /// Puts a call into the list that it belongs to by now, and then what became part of it.
    fn sort_in(&mut self, index: CallIx, now: Time) {
        let mut open: SmallVec<[CallIx; 4]> = SmallVec::from_slice(&[index]);
        while let Some(index) = open.pop() {
            if self.get(index).is_none() {
                continue;
            }
            let (place, meant) = (index.place() as u32, if self.is_needed(index) { List::Needed } else { List::Over });
            let list = self.ages.list_of(place);
            if list == meant {
                continue;
            }
            if list != List::None {
                self.ages.put(place, meant);
                self.renew(index, now);
            }
            open.extend(self.ages.parts.get(&index).into_iter().flatten().copied());
        }
    }

    /// Drops a call. What became part of it is part of nothing any more.
    pub(super) fn remove(&mut self, index: CallIx, now: Time) -> Option<Call> {
        let call = self.table.remove(index)?;
        self.ages.take_out(index.place() as u32);
        for part in self.ages.parts.remove(&index).into_iter().flatten() {
            self.sort_in(part, now);
        }
        Some(call)
    }

    /// A call is about to be dropped.
    pub(super) fn leave(&mut self, index: CallIx) {
        if !self.is_leaving(index) {
            self.ages.take_out(index.place() as u32);
            self.forgotten.push(index);
        }
    }

    /// Whether a call is about to be dropped.
    pub(super) fn is_leaving(&self, index: CallIx) -> bool {
        self.ages.list_of(index.place() as u32) == List::None
    }

    /// Whether a call, or the one that it became part of, is live.
    fn is_needed(&self, index: CallIx) -> bool {
        self[self.result_of(index)].is_live()
    }

    /// The call that is the first to make room, unless it is the one to spare: the oldest that is over, else the oldest.
    pub(super) fn oldest(&self, spare: Option<CallIx>) -> Option<CallIx> {
        self.from(self.ages.over.oldest).chain(self.from(self.ages.needed.oldest)).find(|index| Some(*index) != spare)
    }

    /// The calls by age, the oldest first: those that are needed, and those that are over.
    pub(super) fn by_age(&self) -> [impl Iterator<Item = CallIx>; 2] {
        [self.ages.needed.oldest, self.ages.over.oldest].map(|oldest| self.from(oldest))
    }

    fn from(&self, place: u32) -> impl Iterator<Item = CallIx> {
        let known = |place: u32| (place != END).then_some(place);
        let newer = move |place: &u32| known(self.ages.links[*place as usize].newer);
        std::iter::successors(known(place), newer).filter_map(|place| self.table.at(place as usize))
    }
}

#[cfg(test)]
impl Calls {
    /// Fails unless the lists have all calls, each in the order of their ages.
    pub(in crate::model) fn check_ages(&self) {
        let lists = self.by_age().map(Iterator::collect::<Vec<_>>);
        for (list, needed) in lists.iter().zip([true, false]) {
            assert!(list.is_sorted_by_key(|index| self[*index].last_event), "{list:?}");
            for index in list {
                assert_eq!(self.is_needed(*index), needed, "{index:?} {:?}", self[*index]);
            }
        }
        assert_eq!(lists.iter().map(Vec::len).sum::<usize>() + self.forgotten.len(), self.len());
    }
}
