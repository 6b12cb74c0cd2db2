//! Snapshots: what an application asks for at once, told item by item from the pictures, as its session has room. An item is
//! looked for when its turn comes, so that it tells what is so by then, like the events around it.

use std::collections::VecDeque;

use super::Bridge;
use crate::{
    model::{Entity, LinkState, Transition, TransitionKind},
    time::Time,
};

/// The most snapshots of one session that wait; a further one fails.
pub(super) const MOST_WAITING: usize = 16;

/// A snapshot that is being told.
#[derive(Debug)]
pub(super) struct Snapshot {
    pub session: u32,
    /// The number that the session gave its request.
    id: i64,
    /// The platforms that were connected when it was asked for; never empty.
    platforms: Vec<usize>,
    /// The types whose items are not all told yet.
    entities: VecDeque<Entity>,
    /// Where the next item of the first type is looked for.
    next: Place,
}

/// A place in the tables of several platforms.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    /// Which of the snapshot's platforms.
    platform: usize,
    place: usize,
}

impl Snapshot {
    /// A platform is gone, which was the last one in the list. Returns whether anything is left to tell of.
    pub fn strike(&mut self, platform: usize) -> bool {
        self.platforms.retain(|known| *known != platform);
        !self.platforms.is_empty()
    }
}

impl Bridge {
    /// The reason why there is nothing to show: none of the application's platforms is connected.
    pub(super) fn nobody_is_there(&self, index: usize) -> Option<String> {
        let platforms = &self.applications[index].platforms;
        let is_up = |platform: &usize| self.platforms[*platform].model.link() == LinkState::Up;
        if platforms.iter().any(is_up) {
            return None;
        }
        let names: Vec<&str> = platforms.iter().map(|platform| self.platforms[*platform].name.as_str()).collect();
        Some(format!("{} is not connected", names.join(", ")))
    }

    /// The reason why no further snapshot of a session is told: too many wait.
    pub(super) fn too_many_snapshots(&self, index: usize, session: u32) -> Option<String> {
        let waiting = self.applications[index].snapshots.iter().filter(|snapshot| snapshot.session == session);
        (waiting.count() >= MOST_WAITING).then(|| format!("{MOST_WAITING} snapshots of this session wait"))
    }

    /// Will tell what the connected platforms have, one event per item. Types come in the order in which they were asked
    /// for. The last item of each type is marked, and so is the last of all. A type without an item gets one event
    /// without data.
    pub(super) fn snapshot(&mut self, index: usize, session: u32, id: i64, entities: Vec<Entity>) {
        let is_up = |platform: &usize| self.platforms[*platform].model.link() == LinkState::Up;
        let platforms: Vec<usize> = self.applications[index].platforms.iter().copied().filter(is_up).collect();
        if platforms.is_empty() {
            return;
        }
        for platform in &platforms {
            self.applications[index].give_numbers(*platform, &self.platforms[*platform]);
        }
        let snapshot = Snapshot { session, id, platforms, entities: entities.into(), next: Place::default() };
        self.applications[index].snapshots.push_back(snapshot);
    }

    /// Tells the next item of a snapshot, by its place among those of the application. A snapshot that is complete, or
    /// whose session is over, is dropped.
    pub(super) fn show_next(&mut self, now: Time, index: usize, place: usize) {
        let application = &self.applications[index];
        let Snapshot { session, id, ref platforms, ref entities, next } = application.snapshots[place];
        let is_over = application.server.as_ref().is_some_and(|server| server.user_of(session).is_none());
        let Some(entity) = entities.front().copied().filter(|_| !is_over) else {
            self.applications[index].snapshots.remove(place);
            return;
        };
        let found = self.item(index, platforms, entity, next);
        let further = found.as_ref().and_then(|(at, _)| self.item(index, platforms, entity, *at)).is_some();
        let is_last = !further && entities.len() == 1;
        // The last item may be gone since the one before it was told: then an event without data is the last.
        let (at, mut item) = found.unwrap_or_else(|| {
            let mut empty = Transition::new(TransitionKind::SnapshotEmpty);
            empty.details.entity = Some(entity);
            (Place::default(), empty)
        });
        let platform = platforms[at.platform];
        let server = application.server.as_ref();
        let marks_only_the_last = server.is_some_and(|server| server.marks_only_the_last());
        (item.details.last_of_type, item.details.last) = (!further && (is_last || !marks_only_the_last), is_last);
        let snapshot = &mut self.applications[index].snapshots[place];
        snapshot.next = if further { at } else { Place::default() };
        if !further {
            snapshot.entities.pop_front();
        }
        if is_last {
            self.applications[index].snapshots.remove(place);
        }
        self.platforms[platform].stamp(now);
        self.answer(index, platform, session, id, item);
    }

    /// The next item of a type from this place on, and the place behind it.
    fn item(&self, index: usize, platforms: &[usize], entity: Entity, from: Place) -> Option<(Place, Transition)> {
        let mut from = from;
        while let Some(platform) = platforms.get(from.platform) {
            let model = &self.platforms[*platform].model;
            let found = match entity {
                Entity::Agents => {
                    let mut agents = model.agents_from(from.place).filter(|(_, agent)| agent.is_there());
                    let item = |agent| Transition::new(TransitionKind::SnapshotAgent).agent(agent);
                    agents.next().map(|(agent, _)| (agent.next_place(), item(agent)))
                }
                Entity::Calls => {
                    let ids = &self.applications[index].ids;
                    let mut calls = model.calls_from(from.place).map(|(call, _)| call);
                    let call = calls.find(|call| ids.told((*platform, *call)).is_some());
                    call.map(|call| (call.next_place(), Transition::new(TransitionKind::SnapshotCall).call(call)))
                }
                Entity::Services => {
                    let mut services = model.services_from(from.place).filter(|(_, service)| service.told);
                    services.next().map(|(service, _)| {
                        let mut item = Transition::new(TransitionKind::SnapshotService);
                        item.service = Some(service);
                        (service.next_place(), item)
                    })
                }
            };
            if let Some((place, item)) = found {
                return Some((Place { place, ..from }, item));
            }
            from = Place { platform: from.platform + 1, place: 0 };
        }
        None
    }
}
