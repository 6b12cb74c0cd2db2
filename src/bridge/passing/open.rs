//! Requests that went to a platform whole. Each ends once: by the platform's own answer, or by a failure that the bridge
//! tells because no answer can come any more.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crate::{
    message::Message,
    model::{About, Asked, ClientId, RequestIx, RequestKind},
    time::Time,
};

/// The numbers of requests that pass: the model counts its own from 0.
const FIRST: u32 = 1 << 31;
/// How long an answer is waited for if the platform has not even taken the request.
const LONGEST: Duration = Duration::from_secs(600);
/// How long events that name an answered request are still told under its number: several may come of one request.
const LINGER: Duration = Duration::from_secs(60);

/// One request.
#[derive(Debug, Clone)]
pub(in crate::bridge) struct Passed {
    pub client: ClientId,
    /// The session's own number of it.
    pub id: i64,
    pub operation: RequestKind,
    pub about: About,
    pub since: Time,
    /// The ids as the application gave them.
    pub asked: Asked,
    /// The request as it came.
    pub message: Message,
}

#[derive(Debug)]
struct Open {
    passed: Passed,
    /// The time at which the platform took the request.
    taken: Option<Time>,
    answered: bool,
    due: Time,
}

/// The requests of one platform.
#[derive(Debug, Default)]
pub(in crate::bridge) struct PassedRequests {
    open: BTreeMap<RequestIx, Open>,
    /// When the time of each is up, the next first.
    dues: BTreeSet<(Time, RequestIx)>,
    /// How many are not answered.
    unanswered: usize,
    made: u32,
}

/// A request whose time is up.
pub(in crate::bridge) enum Over {
    /// It was answered: events that name it are nobody's from now on.
    Answered(RequestIx),
    /// Nothing answered it since the platform took it, if it did.
    Unanswered(RequestIx, Box<Passed>, Option<Time>),
}

impl PassedRequests {
    /// Whether a request passed; otherwise it is the model's.
    pub fn is_passed(request: RequestIx) -> bool {
        request.0 >= FIRST
    }

    pub fn add(&mut self, now: Time, passed: Passed) -> RequestIx {
        let index = RequestIx(FIRST | self.made);
        self.made = (self.made + 1) % FIRST;
        self.insert(index, Open { passed, taken: None, answered: false, due: now + LONGEST });
        index
    }

    /// Takes in a request that is not answered.
    fn insert(&mut self, index: RequestIx, open: Open) {
        self.take(index);
        self.dues.insert((open.due, index));
        self.unanswered += 1;
        self.open.insert(index, open);
    }

    fn take(&mut self, index: RequestIx) -> Option<Open> {
        let open = self.open.remove(&index)?;
        self.dues.remove(&(open.due, index));
        self.unanswered -= usize::from(!open.answered);
        Some(open)
    }

    /// The number of requests that are not answered.
    pub fn unanswered(&self) -> usize {
        self.unanswered
    }

    pub fn get(&self, request: RequestIx) -> Option<&Passed> {
        self.open.get(&request).map(|open| &open.passed)
    }

    /// The platform has taken a request: its outcome is waited for no longer than this.
    pub fn taken(&mut self, now: Time, request: RequestIx, due: Time) {
        if let Some(open) = self.open.get_mut(&request).filter(|open| !open.answered) {
            self.dues.remove(&(open.due, request));
            self.dues.insert((due, request));
            (open.taken, open.due) = (Some(now), due);
        }
    }

    /// A request that was taken out may still be answered until then.
    pub fn put_back(&mut self, request: RequestIx, passed: Passed, taken: Time, due: Time) {
        self.insert(request, Open { passed, taken: Some(taken), answered: false, due });
    }

    /// When a request that is not answered was asked for.
    pub fn unanswered_since(&self, request: RequestIx) -> Option<Time> {
        self.open.get(&request).filter(|open| !open.answered).map(|open| open.passed.since)
    }

    /// The platform has answered a request.
    pub fn answered(&mut self, now: Time, request: RequestIx) {
        if let Some(open) = self.open.get_mut(&request) {
            self.dues.remove(&(open.due, request));
            self.dues.insert((now + LINGER, request));
            self.unanswered -= usize::from(!open.answered);
            (open.answered, open.due) = (true, now + LINGER);
        }
    }

    /// Ends a request. None if it was answered, or is not known.
    pub fn end(&mut self, request: RequestIx) -> Option<Passed> {
        self.take(request).filter(|open| !open.answered).map(|open| open.passed)
    }

    /// All requests that are not answered.
    pub fn all_unanswered(&self) -> Vec<RequestIx> {
        self.open.iter().filter(|(_, open)| !open.answered).map(|(index, _)| *index).collect()
    }

    /// Nothing was read of the platform for so long: every answer may come so much later.
    pub fn wait_longer(&mut self, held: Duration) {
        self.open.values_mut().for_each(|open| open.due = open.due + held);
        self.dues = self.open.iter().map(|(index, open)| (open.due, *index)).collect();
    }

    pub fn deadline(&self) -> Option<Time> {
        self.dues.first().map(|(due, _)| *due)
    }

    /// Takes out the requests whose time is up.
    pub fn expire(&mut self, now: Time) -> Vec<Over> {
        let mut over = Vec::new();
        while let Some((_, index)) = self.dues.first().copied().filter(|(due, _)| *due <= now) {
            match self.take(index) {
                Some(open) => over.push((index, open)),
                None => drop(self.dues.pop_first()),
            }
        }
        // In the order in which they were asked.
        over.sort_unstable_by_key(|(index, _)| *index);
        let end = |(index, open): (RequestIx, Open)| match open.answered {
            true => Over::Answered(index),
            false => Over::Unanswered(index, Box::new(open.passed), open.taken),
        };
        over.into_iter().map(end).collect()
    }
}
