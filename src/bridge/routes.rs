//! Routes of one application: each route request ends once, by what is used or with its call; each selection is answered
//! once.

use std::{collections::BTreeMap, time::Duration};

use hashbrown::HashSet;

use super::ids::CallKey;
use crate::{
    model::{Failure, RejectReason, RouteType},
    time::Time,
};

#[derive(Debug)]
pub struct Routes {
    timeout: Duration,
    open: BTreeMap<CallKey, Time>,
    /// Calls whose route request has been answered.
    done: HashSet<CallKey>,
}

/// The answer to a route selection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The platform's default routing is used.
    DefaultUsed,
    Rejected(RejectReason),
    Failed(Failure, &'static str),
}

impl Routes {
    pub fn new(timeout: Duration) -> Routes {
        Routes { timeout, open: BTreeMap::new(), done: HashSet::new() }
    }

    /// A route is asked for. Hands back the seconds within which it must be selected; none where it is open already.
    pub fn ask(&mut self, now: Time, call: CallKey) -> Option<u32> {
        if self.open.contains_key(&call) {
            return None;
        }
        self.done.remove(&call);
        self.open.insert(call, now + self.timeout);
        Some(u32::try_from(self.timeout.as_secs()).unwrap_or(u32::MAX))
    }

    /// The platform routed the call itself. Whether that answers a route request.
    pub fn routed(&mut self, call: CallKey) -> bool {
        self.close(call)
    }

    fn close(&mut self, call: CallKey) -> bool {
        let was_open = self.open.remove(&call).is_some();
        if was_open {
            self.done.insert(call);
        }
        was_open
    }

    /// An application selected a route. `call` is none where no such call is known.
    pub fn select(&mut self, call: Option<CallKey>, route: Option<RouteType>) -> Answer {
        let Some(call) = call else { return Answer::Failed(Failure::InvalidCall, "no such call is known") };
        match route {
            Some(RouteType::Default) if self.close(call) => Answer::DefaultUsed,
            Some(RouteType::Default) if self.done.contains(&call) => Answer::Rejected(RejectReason::AlreadyRouted),
            Some(RouteType::Default) => Answer::Failed(Failure::InvalidState, "no route was asked for this call"),
            Some(_) => Answer::Failed(Failure::Failed, "no `routes` platform is configured for this application"),
            None => Answer::Failed(Failure::Failed, "the selection names no route"),
        }
    }

    /// The call is over, and its route request with it.
    pub fn ended(&mut self, call: CallKey) {
        self.open.remove(&call);
    }

    pub fn forget(&mut self, call: CallKey) {
        self.open.remove(&call);
        self.done.remove(&call);
    }

    pub fn deadline(&self) -> Option<Time> {
        self.open.values().min().copied()
    }

    /// Calls whose time to be routed is up.
    pub fn expire(&mut self, now: Time) -> Vec<CallKey> {
        let due: Vec<CallKey> =
            self.open.iter().filter(|(_, deadline)| **deadline <= now).map(|(call, _)| *call).collect();
        for call in &due {
            self.close(*call);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::CallIx;

    const CALL: CallKey = (0, CallIx(1));

    #[test]
    fn a_route_request_ends_once() {
        let mut routes = Routes::new(Duration::from_secs(20));
        assert_eq!(routes.ask(Time(0), CALL), Some(20));
        assert_eq!(routes.ask(Time(0), CALL), None, "asked already");
        assert!(routes.routed(CALL));
        assert!(!routes.routed(CALL));
        assert_eq!(routes.expire(Time(60_000)), []);
        assert_eq!(routes.select(Some(CALL), Some(RouteType::Default)), Answer::Rejected(RejectReason::AlreadyRouted));
        assert_eq!(routes.ask(Time(0), CALL), Some(20), "a second time, at the next route point");
        assert_eq!(routes.expire(Time(20_000)), [CALL]);
    }

    #[test]
    fn selections_without_a_platform_for_routes_fail_except_for_the_default() {
        let mut routes = Routes::new(Duration::from_secs(20));
        let failed = |answer: Answer| if let Answer::Failed(failure, _) = answer { Some(failure) } else { None };
        assert_eq!(failed(routes.select(None, Some(RouteType::Default))), Some(Failure::InvalidCall));
        assert_eq!(failed(routes.select(Some(CALL), Some(RouteType::Default))), Some(Failure::InvalidState));
        routes.ask(Time(0), CALL);
        assert_eq!(failed(routes.select(Some(CALL), Some(RouteType::Service))), Some(Failure::Failed));
        assert_eq!(routes.select(Some(CALL), Some(RouteType::Default)), Answer::DefaultUsed);
        routes.forget(CALL);
        assert_eq!(routes.deadline(), None);
    }
}
