//! Requests: what applications ask a platform to do. Each is ordered once, step by step, and ends once: by the event
//! that shows it done, by what the picture shows already, or by a failure with its reason. The platform decides: it is
//! also asked about calls and agents that its picture lacks. Where a platform tells outcomes by events that name
//! requests, only those end them.

mod asking;
mod ends;
mod outcome;
mod plan;
mod request;
mod shown;
mod steps;
mod time_out;
mod unseen;

pub use asking::{Ask, dialable};
pub use request::{Asked, ClientId, Expect, Request, RequestIx, Unseen};

use smallvec::SmallVec;

use crate::model::*;

pub type Requests = SmallVec<[RequestIx; 2]>;

impl Model {
    fn add_request(&mut self, request: Request) -> RequestIx {
        let index = RequestIx(self.requests_made);
        self.requests_made = self.requests_made.wrapping_add(1);
        self.requests.insert(index, request);
        index
    }

    fn request_mut(&mut self, index: RequestIx) -> &mut Request {
        self.requests.get_mut(&index).expect("a request is dropped only when its batch is settled")
    }

    /// How a platform's answer names a request: one more than its index, because zero names nothing.
    pub fn request_handle(index: RequestIx) -> Id<'static> {
        Id::Int(i64::from(index.0) + 1)
    }

    /// The open request that a platform's answer belongs to.
    pub(in crate::model) fn open_request(&self, change: &Change) -> Option<RequestIx> {
        let index = RequestIx(u32::try_from(change.request.as_int()? - 1).ok()?);
        self.requests.get(&index).filter(|request| request.expect != Expect::Nothing).map(|_| index)
    }

    fn close(&mut self, index: RequestIx) {
        let request = self.request_mut(index);
        if request.expect != Expect::Nothing {
            (request.expect, request.awaits) = (Expect::Nothing, None);
            self.closed.push(index);
        }
    }
}
