//! What an application calls the calls, agents and services of its platforms. Calls are given their numbers one by one and
//! keep them until they are forgotten; agents and services have theirs by rule, so that they survive a restart.

use std::cell::RefCell;

use std::collections::VecDeque;

use hashbrown::HashMap;

use crate::model::{CallIx, DeviceKind, NativeId};

/// A call of one of the bridge's platforms.
pub type CallKey = (usize, CallIx);
/// A platform's own number of a call: the platform by its place in the bridge, the number space and the number.
pub type OwnNumber = (usize, u8, i64);

/// Where numbers begin that are minted for calls whose own number does not fit or is taken.
const MINTED: i64 = 1_900_000_000;
/// Where numbers begin of agents and services whose own id is no number that fits.
const HASHED: i64 = 1_500_000_000;
const HASHES: i64 = 300_000_000;

#[derive(Debug)]
pub struct Ids {
    /// How far apart the agents and services of one platform are from those of the next.
    step: i64,
    /// The platform whose messages pass as they are: its numbers, whatever they are, are the application's.
    relayed: Option<usize>,
    /// How many platforms there are: beyond the last one's numbers nothing else begins.
    platforms: usize,
    hashed: RefCell<Hashed>,
    calls: HashMap<CallKey, Call>,
    by_id: HashMap<i64, CallKey>,
    minted: i64,
    /// Ids of calls that the application was told of and that are over, the newest last.
    over: Over,
    /// Numbers of calls that their platform has named and not shown.
    unseen: Unseen,
    /// Numbers of the labels of call data.
    labels: HashMap<String, i64>,
}

#[derive(Debug)]
pub struct Call {
    pub id: i64,
    /// Whether the application is told of this call at all.
    pub told: bool,
    /// Minted for a call that its platform gives none.
    pub guid: Option<Box<str>>,
    /// The number space of its platform in which it has its own number: two calls with the same number in different ones
    /// are two.
    pub space: Option<u8>,
}

/// What must be known of a call that is given its number.
#[derive(Debug)]
pub struct New {
    /// The platform's own number of it, if the application may see that, and the number space in which that stands.
    pub native: Option<(u8, i64)>,
    pub told: bool,
    pub guid: Option<Box<str>>,
}

/// Whose numbers are hashes: two that have the same are told apart by nobody, and somebody should know.
#[derive(Debug, Default)]
struct Hashed {
    /// The first of each, and whether somebody was told of another.
    owners: HashMap<(Space, i64), (Owner, bool)>,
    collisions: Vec<String>,
}

/// The most owners of hashes that are remembered.
const MAX_HASHED: usize = 100_000;

/// A platform, the part of its room, and who it is there.
type Owner = (usize, i64, NativeId);

/// Agents and services are numbered apart from each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Space {
    Agents,
    Services,
}

/// The most ids of finished calls that are remembered.
const MAX_OVER: usize = 10_000;

/// A request about a remembered call fails at once. A request about an older one goes to the platform, which rejects it
/// itself.
#[derive(Debug, Default)]
struct Over {
    /// Each with the count of its entry in the order, and the platform and number space of its call.
    numbers: HashMap<i64, (u64, usize, Option<u8>)>,
    order: VecDeque<(u64, i64)>,
    count: u64,
}

impl Over {
    fn add(&mut self, number: i64, (platform, space): (usize, Option<u8>)) {
        self.count += 1;
        self.numbers.insert(number, (self.count, platform, space));
        self.order.push_back((self.count, number));
        while self.order.len() > MAX_OVER {
            // The number may belong to a call again, or have been added again since.
            if let Some((count, oldest)) = self.order.pop_front()
                && self.numbers.get(&oldest).is_some_and(|(last, ..)| *last == count)
            {
                self.numbers.remove(&oldest);
            }
        }
    }

    /// The id belongs to a call again.
    fn remove(&mut self, number: i64) {
        self.numbers.remove(&number);
    }
}

/// Numbers of calls that their platform has named and not shown: as many as finished calls are remembered.
#[derive(Debug, Default)]
struct Unseen {
    by_native: HashMap<OwnNumber, i64>,
    by_id: HashMap<i64, OwnNumber>,
    order: VecDeque<OwnNumber>,
}

impl Unseen {
    fn add(&mut self, native: OwnNumber, id: i64) {
        self.by_native.insert(native, id);
        self.by_id.insert(id, native);
        self.order.push_back(native);
        while self.order.len() > MAX_OVER {
            let oldest = self.order.pop_front();
            oldest.and_then(|oldest| self.take(oldest));
        }
    }

    fn take(&mut self, native: OwnNumber) -> Option<i64> {
        let id = self.by_native.remove(&native)?;
        self.by_id.remove(&id);
        Some(id)
    }
}

/// The first number of a label, and the most labels that have one; further ones have none, and are left out.
const LABELS: i64 = 101;
const MAX_LABELS: usize = 1000;

impl Ids {
    pub fn new(step: i64, platforms: usize, labels: &[(String, i64)]) -> Ids {
        let labels = labels.iter().cloned().collect();
        let hashed = RefCell::default();
        Ids {
            step,
            relayed: None,
            platforms,
            hashed,
            calls: HashMap::new(),
            by_id: HashMap::new(),
            minted: 0,
            over: Over::default(),
            unseen: Unseen::default(),
            labels,
        }
    }

    /// Messages of this platform, the application's first, pass as they are.
    pub fn relay(&mut self, platform: usize) {
        self.relayed = Some(platform);
    }

    /// Gives the call its number if it has none: its own where that is free. Of a platform whose messages pass, a call takes
    /// its own from an earlier call of that platform and number space; those of others never have one of their own. Whether
    /// the application is told of the call.
    pub fn give(&mut self, key: CallKey, new: impl FnOnce() -> New) -> bool {
        if let Some(call) = self.calls.get(&key) {
            return call.told;
        }
        let New { native, told, guid } = new();
        let passes = self.relayed == Some(key.0);
        let space = native.map(|(space, _)| space);
        let shown = native.and_then(|(space, number)| self.unseen.take((key.0, space, number)));
        let native = native.map(|(_, number)| number);
        let is_earlier =
            |owner: &CallKey| owner.0 == key.0 && self.calls.get(owner).is_none_or(|call| call.space == space);
        let may = |id: &i64| match self.by_id.get(id) {
            Some(owner) => passes && is_earlier(owner),
            None => passes || (self.relayed.is_none() && i32::try_from(*id).is_ok()),
        };
        let id = shown.or(native.filter(|id| *id > 0 && may(id))).unwrap_or_else(|| self.mint());
        self.over.remove(id);
        self.calls.insert(key, Call { id, told, guid, space });
        self.by_id.insert(id, key);
        told
    }

    fn mint(&mut self) -> i64 {
        loop {
            self.minted = (self.minted + 1) % (i64::from(i32::MAX) - MINTED);
            let id = MINTED + self.minted;
            if !self.by_id.contains_key(&id) && !self.unseen.by_id.contains_key(&id) {
                return id;
            }
        }
    }

    /// The number of a call that its platform has named and not shown. It stays the call's should the platform show it.
    pub fn unseen(&mut self, native: OwnNumber) -> i64 {
        if let Some(id) = self.unseen.by_native.get(&native) {
            return *id;
        }
        let id = self.mint();
        self.unseen.add(native, id);
        id
    }

    /// A platform's own number of a call that it has named and not shown.
    pub fn native_unseen(&self, id: i64) -> Option<OwnNumber> {
        self.unseen.by_id.get(&id).copied()
    }

    pub fn call(&self, key: CallKey) -> Option<&Call> {
        self.calls.get(&key)
    }

    /// A call that the application is told of.
    #[inline(never)]
    pub fn told(&self, key: CallKey) -> Option<&Call> {
        self.calls.get(&key).filter(|call| call.told)
    }

    /// The number of a label of call data: a number that is one already is its own.
    pub fn label(&self, label: &str) -> Option<i64> {
        label.parse().ok().filter(|number| *number >= LABELS).or_else(|| self.labels.get(label).copied())
    }

    /// Gives a label the next number, if it has none.
    pub fn learn_label(&mut self, label: &str) {
        if label.is_empty() || self.label(label).is_some() || self.labels.len() >= MAX_LABELS {
            return;
        }
        let free = |number: &i64| self.labels.values().all(|known| known != number);
        if let Some(next) = (LABELS..).find(free) {
            self.labels.insert(label.to_owned(), next);
        }
    }

    pub fn call_of_id(&self, id: i64) -> Option<CallKey> {
        self.by_id.get(&id).copied()
    }

    pub fn forget(&mut self, key: CallKey) {
        let Some(call) = self.calls.remove(&key) else { return };
        if self.by_id.get(&call.id) == Some(&key) {
            self.by_id.remove(&call.id);
            if call.told {
                self.over.add(call.id, (key.0, call.space));
            }
        }
    }

    /// A platform is gone: so are its calls, which are handed back.
    pub fn forget_platform(&mut self, platform: usize) -> Vec<CallKey> {
        let calls: Vec<CallKey> = self.calls.keys().copied().filter(|(owner, _)| *owner == platform).collect();
        calls.iter().for_each(|call| self.forget(*call));
        let unseen: Vec<OwnNumber> =
            self.unseen.order.iter().copied().filter(|(owner, ..)| *owner == platform).collect();
        unseen.into_iter().for_each(|native| _ = self.unseen.take(native));
        self.relayed = self.relayed.filter(|relayed| *relayed != platform);
        calls
    }

    /// So many platforms are in the list now.
    pub fn set_platforms(&mut self, count: usize) {
        self.platforms = count;
    }

    /// True if an id that leads to no call may be the platform's own id of a call that the application was never told
    /// of: it is not the id of a finished call, and was not minted by this or an earlier run of the bridge. `is_meant`
    /// says whether the request can mean a call of a platform and number space.
    pub fn may_be_unseen(&self, id: i64, is_meant: impl Fn(usize, Option<u8>) -> bool) -> bool {
        let over = self.over.numbers.get(&id);
        let is_over = over.is_some_and(|(_, platform, space)| is_meant(*platform, *space));
        id > 0 && !(MINTED..=i64::from(i32::MAX)).contains(&id) && !is_over
    }

    pub fn len(&self) -> usize {
        self.calls.len()
    }

    /// An agent's number: its own on the platform that the application lists first, `place` steps further on others.
    pub fn agent(&self, place: usize, native: &NativeId) -> i64 {
        self.spread(Space::Agents, place, 0, self.room(place), native)
    }

    /// How many agents a platform has numbers for.
    fn room(&self, place: usize) -> i64 {
        if place + 1 < self.platforms { self.step } else { HASHED }
    }

    /// A service's number: groups keep theirs, other kinds of queue stand apart from them, each in its quarter of a step.
    pub fn service(&self, place: usize, kind: DeviceKind, native: &NativeId) -> i64 {
        self.spread(Space::Services, place, self.offset(kind), self.step / 4, native)
    }

    fn offset(&self, kind: DeviceKind) -> i64 {
        let part = self.step / 4;
        match kind {
            DeviceKind::AgentQueue => part,
            DeviceKind::EmailQueue => 2 * part,
            DeviceKind::Service => 3 * part,
            DeviceKind::Group
            | DeviceKind::Device
            | DeviceKind::Agent
            | DeviceKind::Ivr
            | DeviceKind::RoutePoint
            | DeviceKind::Script => 0,
        }
    }

    /// A number in the room that begins there, or a hash where there is none for it.
    fn spread(&self, space: Space, place: usize, offset: i64, room: i64, native: &NativeId) -> i64 {
        if let (NativeId::Int(number), 0, Some(_)) = (native, place, self.relayed) {
            if *number >= self.room(place) {
                self.hashed.borrow_mut().keep((space, *number), (place, offset, native));
            }
            return *number;
        }
        let shift = self.step * place as i64 + offset;
        match native {
            NativeId::Int(number) if *number > 0 && *number < room && number + shift < HASHED => number + shift,
            other => self.hashed(space, place, offset, other),
        }
    }

    #[inline(never)]
    fn hashed(&self, space: Space, place: usize, offset: i64, native: &NativeId) -> i64 {
        let id = HASHED + hash(place, offset, &native.to_string()) % HASHES;
        self.hashed.borrow_mut().own((space, id), (place, offset, native));
        id
    }

    pub fn has_collisions(&self) -> bool {
        !self.hashed.borrow().collisions.is_empty()
    }

    /// Agents or services that have the same number, each number once.
    pub fn collisions(&self) -> Vec<String> {
        std::mem::take(&mut self.hashed.borrow_mut().collisions)
    }

    /// The native number that a service's id would stand for on a platform.
    pub fn native_service(&self, place: usize, kind: DeviceKind, id: i64) -> i64 {
        let shift = self.step * place as i64 + self.offset(kind);
        let passes = place == 0 && self.relayed.is_some();
        if !passes && id > shift && id - shift < self.step / 4 { id - shift } else { id }
    }

    /// The place of the platform whose range of ids contains an agent's id, and the agent's own number there.
    pub fn agent_room(&self, id: i64) -> Option<(usize, i64)> {
        let plain = |place: &usize| {
            let native = id - self.step * *place as i64;
            (native > 0 && native < self.room(*place) && id < HASHED).then_some((*place, native))
        };
        (0..self.platforms).find_map(|place| plain(&place)).or_else(|| Some((0, self.native_agent(0, id)?)))
    }

    /// The native number that an agent's number would be on a platform, if it is one there.
    pub fn native_agent(&self, place: usize, id: i64) -> Option<i64> {
        let native = id - self.step * place as i64;
        let passes = place == 0 && self.relayed.is_some();
        (native > 0 && (passes || (native < self.room(place) && id < HASHED))).then_some(native)
    }
}

impl Hashed {
    /// A number that passes stands where another platform's begin: whoever has that there is told apart by nobody.
    fn keep(&mut self, key: (Space, i64), (place, offset, native): (usize, i64, &NativeId)) {
        if self.owners.len() < MAX_HASHED && self.owners.insert(key, ((place, offset, native.clone()), true)).is_none()
        {
            let text = format!(
                "{native} of platform {} passes as it is, among the numbers of the next: raise id_step",
                place + 1
            );
            self.collisions.push(text);
        }
    }

    fn own(&mut self, key: (Space, i64), (place, offset, native): (usize, i64, &NativeId)) {
        let room = self.owners.len() < MAX_HASHED;
        let Some(((first, part, known), told)) = self.owners.get_mut(&key) else {
            if room {
                self.owners.insert(key, ((place, offset, native.clone()), false));
            }
            return;
        };
        if (*first, *part, &*known) != (place, offset, native) && !*told {
            *told = true;
            let (first, second, id) = (*first + 1, place + 1, key.1);
            self.collisions
                .push(format!("{known} of platform {first} and {native} of platform {second} are both number {id}"));
        }
    }
}

/// FNV-1a: the same for ever, whatever the standard library does.
fn hash(place: usize, offset: i64, text: &str) -> i64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325 ^ (place as u64) << 32 ^ offset as u64;
    for byte in text.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    (hash >> 2) as i64
}

#[cfg(test)]
mod tests;
