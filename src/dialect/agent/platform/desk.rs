//! One agent's desktop: its connection, and what it has shown: the agent, calls and sessions. What follows from changes is
//! decided elsewhere.

use std::collections::BTreeMap;

use hashbrown::HashSet;

use super::{FRAMES, calling::Purpose, transfers::HeldBack};
use crate::{
    dialect::awaited::Awaited,
    message::Value,
    model::{Id, NativeId},
    port::{Codec, Connection, Stream},
    time::Time,
};

/// See the module.
#[derive(Debug)]
pub(super) struct Desk {
    /// The agent's logon id, which its token has.
    pub agent: String,
    /// The agent's record id, once it is known.
    pub record: Option<i64>,
    /// The agent's station, which the desktop shows.
    pub station: String,
    pub line: Option<Line>,
    /// Something was heard of the agent, who was not logged off since.
    pub is_there: bool,
    /// When the agent is logged off, while the desktop is away.
    pub away_until: Option<Time>,
    /// The user information as it was told last, by field.
    pub known: Vec<Option<String>>,
    /// Its calls and sessions.
    pub calls: BTreeMap<Name, Shown>,
    /// Those that the desktop has shown in its present state, until it closes that.
    pub picture: Option<HashSet<Name>>,
    pub held_back: Option<HeldBack>,
    /// The names of its calls that differ from its own numbers.
    pub named: BTreeMap<Name, NativeId>,
}

/// The connection of a desktop's relay.
#[derive(Debug)]
pub(super) struct Line {
    pub connection: Connection,
    pub stream: Stream,
    /// It keeps messages apart by itself.
    pub is_text: bool,
    /// When something came on it last.
    pub heard: Time,
    pub next_ping: Time,
    pub pings: i64,
    /// How many frames may still come.
    pub frames: u32,
    /// The user information was told whole.
    pub is_known: bool,
    /// The desktop has shown its present state.
    pub has_shown: bool,
    pub awaited: Awaited<Purpose>,
}

/// A call or session: its place in the vocabulary's `call-names`, and its id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Name {
    pub space: u8,
    pub id: String,
}

/// A call or session that a desktop shows.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    pub state: State,
    /// The number of the other side.
    pub number: String,
    /// It has been shown to come from another agent.
    pub consulted: bool,
    pub since: Time,
}

/// What a call or session is for the desktop's agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Alerting,
    Originated,
    Connected,
    Held,
    /// Only work after it may go on.
    Cleared,
    /// Nothing more is said of it.
    Done,
}

impl Desk {
    pub fn new(agent: String) -> Desk {
        Desk {
            agent,
            record: None,
            station: String::new(),
            line: None,
            is_there: false,
            away_until: None,
            known: Vec::new(),
            calls: BTreeMap::new(),
            picture: None,
            held_back: None,
            named: BTreeMap::new(),
        }
    }

    /// The desktop's one voice call in one of these states; none if there are several.
    pub fn only_call(&self, states: &[State]) -> Option<&Name> {
        let mut fitting = self.calls.iter().filter(|(name, shown)| name.space == 0 && states.contains(&shown.state));
        let first = fitting.next()?;
        fitting.next().is_none().then_some(first.0)
    }

    pub fn state(&self, name: &Name) -> Option<State> {
        self.calls.get(name).map(|shown| shown.state)
    }
}

impl Line {
    pub fn new(now: Time, connection: Connection, is_text: bool, max_frame: usize) -> Line {
        Line {
            connection,
            stream: Stream::new(Codec::Lines, max_frame),
            is_text,
            heard: now,
            next_ping: now,
            pings: 0,
            frames: FRAMES,
            is_known: false,
            has_shown: false,
            awaited: Awaited::default(),
        }
    }
}

impl Name {
    /// The name that a value is; none if it names nothing.
    pub fn new(space: u8, value: Value<'_>) -> Option<Name> {
        let id = NativeId::new(Id::from_value(value))?;
        Some(Name { space, id: id.to_string() })
    }
}

impl State {
    /// By the number that the guide gives it. `ended`: the time of its end is set.
    pub fn from_code(code: i64, ended: bool) -> Option<State> {
        Some(match code {
            99 => State::Cleared,
            1 => State::Done,
            _ if ended => State::Done,
            2 | 4 => State::Originated,
            3 | 101 => State::Alerting,
            6 | 9 | 10 | 102 => State::Connected,
            8 => State::Held,
            -1 | 11 | 100 => State::Cleared,
            _ => return None,
        })
    }

    pub fn is_over(self) -> bool {
        matches!(self, State::Cleared | State::Done)
    }
}
