//! What the service remembers of requests: the updates of each, for as long as the guide has it ("Status requests", "Data
//! cache"), and who may see them. Its own clock stamps them, so that asking for what came later than a stamp misses nothing.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use super::super::status;
use crate::time::Time;

/// A status update, without the time when it was heard of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    pub status: i64,
    pub agent: i64,
    pub tenant: i64,
    pub logon: String,
    pub group: i64,
    /// 0 where it is not queued.
    pub position: i64,
}

/// An update as it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    pub id: i64,
    /// Milliseconds since 1970.
    pub stamp: u64,
    /// Its place among all updates.
    number: u64,
    pub status: Status,
}

#[derive(Debug)]
struct Entry {
    owner: Arc<str>,
    /// Never empty.
    updates: VecDeque<Update>,
    /// Where it stands in the queue now.
    position: i64,
}

impl Entry {
    fn last(&self) -> Option<&Update> {
        self.updates.back()
    }

    fn is_over(&self) -> bool {
        self.last().is_some_and(|update| status::is_final(update.status.status))
    }
}

/// See the module.
#[derive(Debug)]
pub struct Cache {
    expiry: Duration,
    max_requests: usize,
    max_updates: usize,
    /// Milliseconds since 1970 when the clock began.
    epoch: u64,
    entries: BTreeMap<i64, Entry>,
    /// The stamp that was told last as the time of an answer: no later update has it.
    told: u64,
    /// The stamp of the last update.
    last: u64,
    number: u64,
    next_sweep: Time,
    /// Updates that were left out because their request had too many.
    pub dropped: u64,
}

/// How often what has expired is thrown away; nobody is shown it before that, either.
const SWEEP: Duration = Duration::from_secs(60);

impl Cache {
    pub fn new(expiry: Duration, max_requests: usize, max_updates: usize) -> Cache {
        Cache {
            expiry,
            max_requests,
            max_updates: max_updates.max(1),
            epoch: 0,
            entries: BTreeMap::new(),
            told: 0,
            last: 0,
            number: 0,
            next_sweep: Time(0),
            dropped: 0,
        }
    }

    pub fn set_epoch(&mut self, epoch: u64) {
        self.epoch = epoch;
    }

    fn clock(&self, now: Time) -> u64 {
        self.epoch.saturating_add(now.0)
    }

    /// The time of an answer: what is heard later has a later stamp.
    pub fn answer_stamp(&mut self, now: Time) -> u64 {
        self.told = self.clock(now).max(self.last).max(self.told);
        self.told
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether another request finds room; those that are over make it, the oldest first.
    pub fn has_room(&mut self, now: Time) -> bool {
        if self.entries.len() >= self.max_requests {
            self.sweep(now);
        }
        if self.entries.len() >= self.max_requests {
            let over = self.entries.iter().filter(|(_, entry)| entry.is_over());
            let oldest = over.min_by_key(|(_, entry)| entry.last().map(|update| update.number)).map(|(id, _)| *id);
            oldest.and_then(|id| self.entries.remove(&id));
        }
        self.entries.len() < self.max_requests
    }

    pub fn add(&mut self, now: Time, id: i64, owner: Arc<str>, first: Status) {
        // A number that is given anew is a new request.
        self.entries.remove(&id);
        if self.entries.is_empty() {
            self.next_sweep = now + SWEEP;
        }
        let position = first.position;
        let update = self.stamped(now, id, first);
        self.entries.insert(id, Entry { owner, updates: VecDeque::from([update]), position });
    }

    fn stamped(&mut self, now: Time, id: i64, status: Status) -> Update {
        self.last = self.clock(now).max(self.last).max(self.told + 1);
        self.number += 1;
        Update { id, stamp: self.last, number: self.number, status }
    }

    /// Hears of a request. The same once more is no update, except that its place in the queue may be another. Nothing
    /// follows what is over. Whether there is such a request.
    pub fn hear(&mut self, now: Time, id: i64, heard: Status) -> bool {
        let Some(entry) = self.entries.get_mut(&id) else { return false };
        if entry.is_over() {
            return true;
        }
        entry.position = heard.position;
        let is_same = |last: &Update| {
            (last.status.status, last.status.agent, last.status.group) == (heard.status, heard.agent, heard.group)
        };
        if entry.last().is_some_and(is_same) {
            return true;
        }
        let update = self.stamped(now, id, heard);
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.updates.push_back(update);
            if entry.updates.len() > self.max_updates {
                entry.updates.pop_front();
                self.dropped += 1;
            }
        }
        true
    }

    /// A request has failed, wherever it was.
    pub fn fail(&mut self, now: Time, id: i64) {
        let Some(last) = self.entries.get(&id).and_then(Entry::last) else { return };
        let group = last.status.group;
        let failed = Status { status: status::FAILED, agent: 0, tenant: 0, logon: String::new(), group, position: 0 };
        self.hear(now, id, failed);
    }

    pub fn fail_all(&mut self, now: Time) {
        let open: Vec<i64> = self.entries.keys().copied().filter(|id| self.is_open(*id)).collect();
        open.into_iter().for_each(|id| self.fail(now, id));
    }

    /// Whether a request is remembered and not over.
    pub fn is_open(&self, id: i64) -> bool {
        self.entries.get(&id).is_some_and(|entry| !entry.is_over())
    }

    pub fn clear(&mut self) {
        self.entries.clear();
    }

    // ── what is told ──────────────────────────────────────────────────────────────────────────────────────────────────

    fn is_expired(&self, now: Time, update: &Update) -> bool {
        update.stamp < self.oldest(now)
    }

    /// The stamp of the oldest update that has not expired.
    fn oldest(&self, now: Time) -> u64 {
        self.clock(now).saturating_sub(u64::try_from(self.expiry.as_millis()).unwrap_or(u64::MAX))
    }

    fn seen(&self, now: Time, owner: &str, entry: &Entry) -> bool {
        &*entry.owner == owner && !(entry.is_over() && entry.last().is_some_and(|last| self.is_expired(now, last)))
    }

    /// How a client's request fares; none where it has no such request, or has none any more.
    pub fn current(&self, now: Time, owner: &str, id: i64) -> Option<Update> {
        let entry = self.entries.get(&id).filter(|entry| self.seen(now, owner, entry))?;
        let mut current = entry.last()?.clone();
        current.status.position = if current.status.status == status::QUEUED { entry.position } else { 0 };
        Some(current)
    }

    /// How all of a client's requests fare.
    pub fn all(&self, now: Time, owner: &str) -> Vec<Update> {
        self.entries.keys().filter_map(|id| self.current(now, owner, *id)).collect()
    }

    /// What was heard later than a stamp, of one of a client's requests or of all, in the order in which it was heard.
    pub fn later(&self, now: Time, owner: &str, id: Option<i64>, stamp: u64) -> Vec<Update> {
        let mine = self
            .entries
            .iter()
            .filter(|(known, entry)| id.is_none_or(|id| id == **known) && self.seen(now, owner, entry));
        let later = mine.flat_map(|(_, entry)| {
            let last = entry.updates.len() - 1;
            let kept = entry.updates.iter().enumerate();
            kept.filter(move |(place, update)| *place == last || !self.is_expired(now, update))
                .map(|(_, update)| update)
        });
        let mut found: Vec<Update> = later.filter(|update| update.stamp > stamp).cloned().collect();
        found.sort_by_key(|update| update.number);
        found
    }

    // ── time ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    pub fn deadline(&self) -> Option<Time> {
        (!self.entries.is_empty()).then_some(self.next_sweep)
    }

    /// Throws away what has expired.
    pub fn expire(&mut self, now: Time) {
        if self.deadline().is_some_and(|deadline| deadline <= now) {
            self.sweep(now);
            self.next_sweep = now + SWEEP;
        }
    }

    fn sweep(&mut self, now: Time) {
        let oldest = self.oldest(now);
        let is_old = |update: &Update| update.stamp < oldest;
        self.entries.retain(|_, entry| !(entry.is_over() && entry.last().is_some_and(is_old)));
        for entry in self.entries.values_mut() {
            while entry.updates.len() > 1 && entry.updates.front().is_some_and(is_old) {
                entry.updates.pop_front();
            }
        }
    }
}
