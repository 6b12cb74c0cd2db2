//! Room in the queues of applications' sessions, as the shell tells it, and what is told in portions while there is some: ends
//! that are many, snapshots, and lists that a conversation tells by itself. What waits is kept as indices. The queues
//! themselves belong to the shell.

use std::collections::BTreeMap;

use super::{Application, Bridge, Cause, Owner, offered::Offered};
use crate::{port::Connection, time::Time};

/// Whether a connection can be told much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// Its queue has room for what is many.
    Enough,
    /// What is many waits for it. Events go on.
    Little,
    /// The same, but its peer takes nothing, or too slowly: only what it asked for itself waits for it.
    Stuck,
}

/// Sessions whose queues have little room, by application; most often there are none.
#[derive(Debug, Default)]
pub(super) struct Rooms(BTreeMap<(usize, u32), Room>);

impl Rooms {
    fn of(&self, application: usize, session: u32) -> Room {
        self.0.get(&(application, session)).copied().unwrap_or(Room::Enough)
    }

    /// An application is gone.
    pub fn forget(&mut self, application: usize) {
        self.0.retain(|(of, _), _| *of != application);
    }

    /// Whether no session of these applications must be waited for.
    fn is_free(&self, mut concerns: impl FnMut(usize) -> bool) -> bool {
        !self.0.iter().any(|((application, _), room)| *room == Room::Little && concerns(*application))
    }
}

impl Application {
    /// Whether a snapshot or a list is not told to the end.
    fn has_portions(&mut self) -> bool {
        let portions = self.server.as_mut().and_then(|server| server.portions());
        !self.snapshots.is_empty() || portions.is_some_and(|portions| portions.has_more())
    }
}

impl Bridge {
    /// Tells how much room the queue of a connection has. A connection that is over has enough.
    pub fn set_room(&mut self, owner: Owner, connection: Connection, room: Room) {
        // What goes to a platform is never many.
        let Owner::Application(index) = owner else { return };
        let key = (index, connection.number());
        match room {
            Room::Enough => drop(self.rooms.0.remove(&key)),
            Room::Little | Room::Stuck => drop(self.rooms.0.insert(key, room)),
        }
    }

    /// Goes on with what is told in portions: one call or agent that ends, one item of a snapshot, one list. Its outputs are
    /// to be polled before the next call. Returns false if nothing waits for which there is room.
    pub fn go_on(&mut self, now: Time) -> bool {
        self.waits_for_room() && self.take_turns(now)
    }

    /// Whether anything waits, with room or without: after most messages nothing does.
    fn waits_for_room(&mut self) -> bool {
        self.is_ending()
            || self.platforms.present().any(|(_, platform)| platform.is_leaving)
            || self.applications.iter_mut().any(Application::has_portions)
    }

    fn take_turns(&mut self, now: Time) -> bool {
        let sources = self.platforms.len() + self.applications.len();
        // Everybody has a turn.
        for _ in 0..sources {
            self.turn = if self.turn + 1 < sources { self.turn + 1 } else { 0 };
            let has_told = match self.turn.checked_sub(self.platforms.len()) {
                None => self.go_on_ending(now, self.turn),
                Some(application) => self.go_on_showing(now, application) || self.go_on_listing(now, application),
            };
            if has_told {
                return true;
            }
        }
        false
    }

    /// Whether calls or agents still end.
    pub fn is_ending(&self) -> bool {
        self.platforms.iter().any(|platform| platform.model.has_more())
    }

    /// The next call or agent of a platform ends, if every session that may be told has room.
    fn go_on_ending(&mut self, now: Time, index: usize) -> bool {
        let applications = &self.applications;
        let has_more = self.platforms[index].model.has_more();
        if !has_more && self.platforms[index].is_leaving && self.platforms.is_present(index) {
            self.remove_platform(now, index);
            return true;
        }
        if !has_more || !self.rooms.is_free(|application| applications[application].place_of(index).is_some()) {
            return false;
        }
        self.platforms[index].model.go_on(now);
        self.settle(now, index, Cause::Time);
        true
    }

    /// The next item of a snapshot, for a session that has room.
    fn go_on_showing(&mut self, now: Time, index: usize) -> bool {
        let rooms = &self.rooms;
        let mut snapshots = self.applications[index].snapshots.iter();
        let Some(place) = snapshots.position(|snapshot| rooms.of(index, snapshot.session) == Room::Enough) else {
            return false;
        };
        self.show_next(now, index, place);
        self.collect(now);
        true
    }

    /// The next list that a conversation tells by itself.
    fn go_on_listing(&mut self, now: Time, index: usize) -> bool {
        let Application { server, ids, platforms, passing, .. } = &mut self.applications[index];
        let portions = server.as_mut().and_then(|server| server.portions());
        let Some(portions) = portions.filter(|portions| portions.has_more()) else { return false };
        platforms.iter().for_each(|platform| self.platforms[*platform].stamp(now));
        let directory = Offered { ids, places: platforms, platforms: &self.platforms, passing };
        let rooms = &self.rooms;
        let has_told = portions.go_on(&|session| rooms.of(index, session) == Room::Enough, &directory);
        self.collect(now);
        has_told
    }

    /// The next output; where none is left, what waits is gone on with. For owners who take everything that comes.
    pub fn poll_all(&mut self, now: Time) -> Option<super::Output> {
        loop {
            let output = self.poll();
            if output.is_some() || !self.go_on(now) {
                return output;
            }
        }
    }
}
