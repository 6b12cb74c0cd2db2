//! Requests that went to a platform whole. Each ends once: by the platform's own answer, or by a failure that the bridge
//! tells because no answer can come any more.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
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
/// For each request that may be open, so many that were answered linger.
const LINGERING: usize = 10;

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
    /// Those that were answered, the latest last, but for one that makes room.
    lingering: VecDeque<RequestIx>,
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
        if !open.answered {
            self.unanswered -= 1;
        } else if self.lingering.front() == Some(&index) {
            self.lingering.pop_front();
        } else {
            self.lingering.retain(|known| *known != index);
        }
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
            open.taken = Some(now);
            self.put_off(request, due);
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

    /// The platform has answered a request, of which `most` may be open. Whether another one, which was answered the longest
    /// ago, lingers no more to make room.
    pub fn answered(&mut self, now: Time, request: RequestIx, most: usize) -> bool {
        let Some(open) = self.open.get_mut(&request) else { return false };
        if !std::mem::replace(&mut open.answered, true) {
            self.unanswered -= 1;
            self.lingering.push_back(request);
            // Only a request that is not answered is looked at again.
            open.passed.message = Message::default();
        }
        self.put_off(request, now + LINGER);
        let oldest = if self.lingering.len() > most * LINGERING { self.lingering.pop_front() } else { None };
        oldest.into_iter().for_each(|oldest| self.put_off(oldest, now));
        oldest.is_some()
    }

    /// The time of a request is up at another moment.
    fn put_off(&mut self, request: RequestIx, due: Time) {
        if let Some(open) = self.open.get_mut(&request) {
            self.dues.remove(&(open.due, request));
            self.dues.insert((due, request));
            open.due = due;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RequestKind;

    fn asked(requests: &mut PassedRequests, number: i64) -> RequestIx {
        let passed = Passed {
            client: ClientId { application: 0, session: 1 },
            id: number,
            operation: RequestKind::Answer,
            about: About::Call,
            since: Time(0),
            asked: Asked::default(),
            message: Message::default(),
        };
        requests.add(Time(0), passed)
    }

    #[test]
    fn few_answered_requests_linger_and_the_oldest_makes_room() {
        let mut requests = PassedRequests::default();
        let all: Vec<RequestIx> = (0..=20).map(|number| asked(&mut requests, number)).collect();
        let forgets: Vec<bool> = all.iter().map(|request| requests.answered(Time(7), *request, 2)).collect();
        assert_eq!((forgets.iter().filter(|is_so| **is_so).count(), forgets[20]), (1, true));
        // It is over at once, the others when their time is up.
        let [Over::Answered(first)] = requests.expire(Time(7))[..] else { panic!("one is over") };
        assert_eq!((first, requests.deadline()), (all[0], Some(Time(7) + LINGER)));
        assert_eq!(requests.expire(Time(7) + LINGER).len(), 20);
        assert_eq!((requests.deadline(), requests.lingering.len(), requests.unanswered()), (None, 0, 0));
    }
}
