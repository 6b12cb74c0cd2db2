//! Commands and their replies: one id each per connection, the application's own number wherever it is free, so that both
//! sides' captures show the same.

use hashbrown::{HashMap, HashSet};

use crate::{model::RequestIx, time::Time};

/// Where numbers begin that no application is likely to use.
const MINTED: i64 = 1_000_000_000;
/// How many numbers of unanswered commands are kept from being used again on one connection.
const MAX_BURNT: usize = 10_000;

#[derive(Debug, Default)]
pub struct Commands {
    open: HashMap<i64, (RequestIx, Time)>,
    /// Commands of which something was heard: they are freed when their requests end.
    heard: HashSet<i64>,
    /// Ids whose reply never came: a late one must not answer another command.
    burnt: HashMap<i64, ()>,
    minted: i64,
    own: i64,
}

impl Commands {
    pub fn new_connection(&mut self) {
        self.burnt.clear();
        self.minted = 0;
        self.own = 0;
    }

    /// An id for a request of the conversation's own: small, and not a command's.
    pub fn own_id(&mut self) -> i64 {
        self.own += 1;
        while !self.is_free(self.own) {
            self.own += 1;
        }
        self.own
    }

    fn is_free(&self, id: i64) -> bool {
        !self.open.contains_key(&id) && !self.burnt.contains_key(&id)
    }

    /// An id for a command: the number that is wished for, unless something else has it.
    pub fn begin(&mut self, request: RequestIx, wish: i64, taken: bool, deadline: Time) -> i64 {
        let free = wish > 0 && wish < MINTED && !taken && self.is_free(wish);
        self.minted += i64::from(!free);
        let id = if free { wish } else { MINTED + self.minted };
        self.open.insert(id, (request, deadline));
        id
    }

    /// The ids of the commands that wait for their reply.
    pub fn open(&self) -> impl Iterator<Item = i64> {
        self.open.keys().copied()
    }

    /// The open command of an id.
    pub fn request(&self, id: i64) -> Option<RequestIx> {
        self.open.get(&id).map(|(request, _)| *request)
    }

    pub fn answered(&mut self, id: i64) -> Option<RequestIx> {
        self.heard.remove(&id);
        self.open.remove(&id).map(|(request, _)| request)
    }

    /// The open command that an event names. It stays open: several events may name one command, and only the request knows
    /// which of them ends it.
    pub fn named(&mut self, id: i64) -> Option<RequestIx> {
        let request = self.request(id)?;
        self.heard.insert(id);
        Some(request)
    }

    /// A request has ended. A command of which nothing was heard keeps its number, so that a late message about it is
    /// not mistaken for one about another command.
    pub fn ended(&mut self, request: RequestIx) {
        let of_request = |id: &&i64| self.open.get(*id).is_some_and(|(open, _)| *open == request);
        let over: Vec<i64> = self.heard.iter().filter(of_request).copied().collect();
        for id in over {
            self.answered(id);
        }
    }

    /// The connection is gone: nobody answers any more.
    pub fn lost(&mut self) -> Vec<RequestIx> {
        self.heard.clear();
        let mut lost: Vec<RequestIx> = self.open.drain().map(|(_, (request, _))| request).collect();
        lost.sort();
        lost
    }

    pub fn deadline(&self) -> Option<Time> {
        self.open.values().map(|(_, deadline)| *deadline).min()
    }

    pub fn expire(&mut self, now: Time) -> Vec<RequestIx> {
        let late: Vec<i64> =
            self.open.iter().filter(|(_, (_, deadline))| *deadline <= now).map(|(id, _)| *id).collect();
        let mut failed: Vec<RequestIx> = late
            .into_iter()
            .filter_map(|id| {
                if self.burnt.len() < MAX_BURNT {
                    self.burnt.insert(id, ());
                }
                self.answered(id)
            })
            .collect();
        failed.sort();
        failed
    }
}
