//! Requests: what applications ask a platform to do. Each is ordered once, step by step, and ends once: by the event
//! that shows it done, by what the picture shows already, or by a failure with its reason. The platform decides: it is
//! also asked about calls and agents that its picture lacks. Where a platform tells outcomes by events that name
//! requests, only those end them.

mod asking;
mod ends;
mod outcome;
mod passed;
mod plan;
mod request;
mod shown;
mod steps;
mod time_out;
mod unseen;

pub use asking::{Ask, dialable};
pub use passed::Verdict;
pub(super) use request::Expect;
pub use request::{Asked, ClientId, Request, RequestIx, Unseen};

use std::collections::BTreeMap;

use smallvec::SmallVec;

use crate::model::*;

/// Requests that one transition answers.
pub type Answered = SmallVec<[RequestIx; 2]>;

/// The requests that are open, and those that ended in this batch, which are kept until their transitions are used.
#[derive(Debug, Default)]
pub(super) struct Requests {
    table: BTreeMap<RequestIx, Request>,
    made: u32,
    /// The platform tells the outcomes of requests by events that name them.
    outcomes_told: bool,
    /// The open request that the current change names, and the kind of that change.
    answering: Option<(RequestIx, ChangeKind)>,
    /// Those that ended in this batch.
    closed: Vec<RequestIx>,
    /// Those that are done and may lead to another.
    follow_ups: Vec<RequestIx>,
}

impl Requests {
    fn add(&mut self, request: Request) -> RequestIx {
        let index = RequestIx(self.made);
        self.made = self.made.wrapping_add(1);
        self.table.insert(index, request);
        index
    }

    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// The request, if it has not ended.
    fn open(&self, index: RequestIx) -> Option<&Request> {
        self.table.get(&index).filter(|request| request.expect != Expect::Nothing)
    }

    fn all_open(&self) -> impl Iterator<Item = (RequestIx, &Request)> {
        let open = self.table.iter().filter(|(_, request)| request.expect != Expect::Nothing);
        open.map(|(index, request)| (*index, request))
    }

    /// The open request that a platform's answer belongs to.
    pub fn answered_by(&self, change: &Change) -> Option<RequestIx> {
        let index = RequestIx(u32::try_from(change.request.as_int()? - 1).ok()?);
        self.open(index).map(|_| index)
    }

    /// The change that is taken in now, or that none is any more.
    pub fn listen_to(&mut self, change: Option<&Change>) {
        self.answering = change.and_then(|change| Some((self.answered_by(change)?, change.kind)));
    }

    fn close(&mut self, index: RequestIx) {
        let request = &mut self[index];
        if request.expect != Expect::Nothing {
            (request.expect, request.awaits) = (Expect::Nothing, None);
            self.closed.push(index);
        }
    }

    pub fn has_closed(&self) -> bool {
        !self.closed.is_empty()
    }

    pub fn drop_closed(&mut self) {
        for request in self.closed.drain(..) {
            self.table.remove(&request);
        }
    }

    /// The call is not known any more; what becomes of a disposition is told nevertheless.
    pub fn forget_call(&mut self, call: CallIx) {
        for request in self.table.values_mut() {
            request.call = request.call.filter(|known| *known != call);
            request.second = request.second.filter(|known| *known != call);
        }
    }
}

/// Indexing is for requests whose batch is not settled.
impl std::ops::Index<RequestIx> for Requests {
    type Output = Request;

    fn index(&self, index: RequestIx) -> &Request {
        &self.table[&index]
    }
}

impl std::ops::IndexMut<RequestIx> for Requests {
    fn index_mut(&mut self, index: RequestIx) -> &mut Request {
        self.table.get_mut(&index).expect("a request is dropped only when its batch is settled")
    }
}

impl Model {
    /// The platform tells the outcomes of requests by events that name them.
    pub fn expect_outcomes(&mut self) {
        self.requests.outcomes_told = true;
    }

    /// Requests that have ended and are not dropped yet.
    pub fn ended_requests(&self) -> &[RequestIx] {
        &self.requests.closed
    }

    /// When a request that has ended was asked for. None for one that the model asked by itself, after another.
    pub fn asked_since(&self, request: RequestIx) -> Option<Time> {
        let request = self.requests.table.get(&request)?;
        (!request.quiet && !request.undoes).then_some(request.since)
    }

    pub fn request(&self, request: RequestIx) -> &Request {
        &self.requests[request]
    }

    /// A request that may be over.
    pub fn find_request(&self, request: RequestIx) -> Option<&Request> {
        self.requests.table.get(&request)
    }

    pub fn open_requests(&self) -> usize {
        self.requests.table.len()
    }

    /// How a platform's answer names a request: one more than its index, because zero names nothing.
    pub fn request_handle(index: RequestIx) -> Id<'static> {
        Id::Int(i64::from(index.0) + 1)
    }
}
