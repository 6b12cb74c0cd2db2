//! Routes of one application. `desk` owns the route requests of calls: each ends once, by the route that is used or with its
//! call. `selection` follows each selection from its record to its end, and answers it once. Neither does I/O: messages
//! and orders come out of [`Desk::say`] and [`Desk::order`].

mod desk;
mod media;
mod news;
mod router;
mod selection;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub use desk::Desk;
pub use router::Router;
use serde::{Deserialize, Serialize};

use super::ids::CallKey;
use crate::{
    model::{ClientId, Failure, RejectReason, RouteType},
    port::{Notice, RouteAsked},
    time::Time,
};

/// The number of a selection: what its record, its orders and their answers are known by. Never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Number(pub u64);

#[derive(Debug, Clone)]
pub struct Settings {
    /// How long a route request is open.
    pub timeout: Duration,
    /// How long the routing platform may take to say that it took a route.
    pub answer: Duration,
    /// How many selections there may be at a time, those included that live until their calls end.
    pub most: usize,
    /// Records are kept: nothing is added before its record is.
    pub keeps: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { timeout: Duration::from_secs(20), answer: Duration::from_secs(10), most: 10_000, keeps: false }
    }
}

/// What an application selected, as far as the routing platform must know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Who asked, and the number that it gave its request.
    pub client: ClientId,
    pub id: i64,
    /// The call as it was asked for.
    pub call: Option<i64>,
    pub route: Option<RouteType>,
    /// The destination as it was asked for.
    pub destination: Option<String>,
    pub target: Target,
    /// The number of the service on the routing platform.
    pub service: Option<i64>,
    /// What goes with it, as the application wrote it.
    pub data: Vec<(String, String)>,
}

/// Whom a route leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Whoever serves a service: the routing platform's having taken it is enough.
    Service,
    /// One agent, by login name; `id` where the routing platform's own number of the agent is known.
    Agent { login: String, id: Option<i64> },
    /// Whomever the routing platform chooses.
    Anyone,
    /// What was selected can be nobody.
    Nobody,
}

/// The agent who has a request, as the routing platform says it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Who {
    pub login: String,
    pub id: Option<i64>,
}

/// Something to be said to the application about a route request of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Say {
    pub call: Option<CallKey>,
    /// Whose selection is answered; none where nobody's is.
    pub asker: Option<Asker>,
    pub told: Told,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asker {
    pub client: ClientId,
    pub id: i64,
    pub call: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// The platform's default routing is used.
    DefaultUsed,
    /// The selection is what is used; `destination` is the login name of the agent who has it.
    Used {
        route: RouteType,
        destination: Option<String>,
    },
    Rejected(RejectReason),
    Failed(Failure, String),
}

/// Something to be done with a selection.
#[derive(Debug, Clone, PartialEq)]
pub enum Order {
    /// Its record is to be kept; [`Desk::kept`] wants to know when it is.
    Keep {
        number: Number,
        id: Option<i64>,
    },
    /// Its record is needed no more.
    Drop {
        number: Number,
    },
    /// The routing platform is to be asked for it, now and never again.
    Add {
        number: Number,
    },
    Cancel {
        number: Number,
        id: i64,
        if_allocated: bool,
    },
    LookUp {
        number: Number,
        id: i64,
    },
    /// From now on what becomes of it matters.
    Follow {
        number: Number,
        id: i64,
    },
    Unfollow {
        id: i64,
    },
    /// Somebody should read this.
    Report {
        notice: Notice,
    },
}

/// News about a route, as a routing platform's conversation brought it.
#[derive(Debug)]
pub struct Heard {
    /// The route that was asked about, and what was asked.
    pub asker: Option<(u64, RouteAsked)>,
    /// The platform's number of the route.
    pub id: Option<i64>,
    pub news: News,
}

/// What the routing platform says of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// It has it, by this number.
    Accepted(i64),
    Refused(RejectReason),
    /// An order failed. `unknown`: it may have been carried out nevertheless.
    Failed {
        reason: String,
        unknown: bool,
    },
    Queued,
    /// An agent has it, or is about to.
    Taken(Who),
    /// It came to its end, with this agent.
    Completed(Who),
    /// The platform gave it up.
    Lost(String),
    Cancelled,
    /// It was not cancelled: an agent has it.
    NotCancelled,
    /// It is over, whatever became of it.
    Over(String),
    /// No such request is known there.
    Missing(String),
}

/// What is kept of an open route, for whoever runs after this one: enough to cancel it and to say what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub application: String,
    /// The routing platform.
    pub platform: String,
    /// The call, by its name beside numbers.
    pub call: String,
    /// Whom it was to lead to.
    pub service: Option<i64>,
    pub agent: Option<String>,
    /// The routing platform's number of it; none where it was being asked for.
    pub id: Option<i64>,
}

/// What happened so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub added: u64,
    pub used: u64,
    pub rejected: u64,
    pub failed: u64,
    /// Nobody knows whether the routing platform has them.
    pub unknown: u64,
    /// Selections that found the table full.
    pub full: u64,
    /// Routes that an earlier run left behind.
    pub left_over: u64,
}

/// How long the desk waits before it asks again for what must be cancelled: twice as long each time, up to the second.
const AGAIN: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(60));

/// How long, once the time is up, the routing platform may take to say whether an agent has it after all.
const LAST_MOMENT: Duration = Duration::from_secs(1);

/// When something of the desk's is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Alarm {
    /// The time to select a route for a call is up.
    Route(CallKey),
    /// The routing platform has not said whether it took it, or who has it now that the time is up.
    Answer(Number),
    /// What must be cancelled is asked for again.
    Again(Number),
}

type Due = (Time, Alarm);
