//! What an application calls the calls, agents and services of its platforms. Calls are given their numbers one by one and
//! keep them until they are forgotten; agents and services have theirs by rule, so that they survive a restart.

use std::cell::RefCell;

use std::collections::VecDeque;

use hashbrown::{HashMap, HashSet};

use crate::model::{CallIx, DeviceKind, NativeId};

/// A call of one of the bridge's platforms.
pub type CallKey = (usize, CallIx);

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
}

/// What must be known of a call that is given its number.
#[derive(Debug)]
pub struct New {
    /// The platform's own number of it, if the application may see that.
    pub native: Option<i64>,
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
    numbers: HashSet<i64>,
    order: VecDeque<i64>,
}

impl Over {
    fn add(&mut self, number: i64) {
        if !self.numbers.insert(number) {
            return;
        }
        self.order.push_back(number);
        while self.order.len() > MAX_OVER {
            if let Some(oldest) = self.order.pop_front() {
                self.numbers.remove(&oldest);
            }
        }
    }

    /// The id belongs to a call again.
    fn remove(&mut self, number: i64) {
        if self.numbers.remove(&number) {
            self.order.retain(|known| *known != number);
        }
    }
}

/// Numbers of calls that their platform has named and not shown: as many as finished calls are remembered.
#[derive(Debug, Default)]
struct Unseen {
    by_native: HashMap<(usize, i64), i64>,
    by_id: HashMap<i64, (usize, i64)>,
    order: VecDeque<(usize, i64)>,
}

impl Unseen {
    fn add(&mut self, native: (usize, i64), id: i64) {
        self.by_native.insert(native, id);
        self.by_id.insert(id, native);
        self.order.push_back(native);
        while self.order.len() > MAX_OVER {
            let oldest = self.order.pop_front();
            oldest.and_then(|oldest| self.take(oldest));
        }
    }

    fn take(&mut self, native: (usize, i64)) -> Option<i64> {
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
    /// its own from an earlier call of that platform; those of others never have one of their own. Whether the application is
    /// told of the call.
    pub fn give(&mut self, key: CallKey, new: impl FnOnce() -> New) -> bool {
        if let Some(call) = self.calls.get(&key) {
            return call.told;
        }
        let New { native, told, guid } = new();
        let passes = self.relayed == Some(key.0);
        let may = |id: &i64| match self.by_id.get(id) {
            Some((owner, _)) => passes && *owner == key.0,
            None => passes || (self.relayed.is_none() && i32::try_from(*id).is_ok()),
        };
        let shown = native.and_then(|native| self.unseen.take((key.0, native)));
        let id = shown.or(native.filter(|id| *id > 0 && may(id))).unwrap_or_else(|| self.mint());
        self.over.remove(id);
        self.calls.insert(key, Call { id, told, guid });
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

    /// The number of a call that its platform, by its place in the bridge, has named and not shown. It stays the call's
    /// should the platform show it.
    pub fn unseen(&mut self, native: (usize, i64)) -> i64 {
        if let Some(id) = self.unseen.by_native.get(&native) {
            return *id;
        }
        let id = self.mint();
        self.unseen.add(native, id);
        id
    }

    /// The platform and its own number of a call that it has named and not shown.
    pub fn native_unseen(&self, id: i64) -> Option<(usize, i64)> {
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
                self.over.add(call.id);
            }
        }
    }

    /// True if an id that leads to no call may be the platform's own id of a call that the application was never told
    /// of: it is not the id of a finished call, and was not minted by this or an earlier run of the bridge.
    pub fn may_be_unseen(&self, id: i64) -> bool {
        id > 0 && !(MINTED..=i64::from(i32::MAX)).contains(&id) && !self.over.numbers.contains(&id)
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
            _ => 0,
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
            other => {
                let id = HASHED + hash(place, offset, &other.to_string()) % HASHES;
                self.hashed.borrow_mut().own((space, id), (place, offset, other));
                id
            }
        }
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
mod tests {
    use super::*;

    #[test]
    fn a_call_keeps_its_own_number_where_it_fits_and_is_free() {
        let mut ids = Ids::new(1_000_000, 2, &[]);
        let mut give = |platform, call, native| {
            let key = (platform, CallIx(call));
            ids.give(key, || New { native, told: true, guid: None });
            ids.call(key).unwrap().id
        };
        assert_eq!(give(0, 1, Some(900)), 900);
        assert_eq!(give(0, 1, Some(901)), 900, "for good");
        assert_eq!(give(1, 1, Some(900)), 1_900_000_001, "taken");
        assert_eq!(give(0, 2, Some(1 << 40)), 1_900_000_002, "too large");
        assert_eq!(give(0, 3, None), 1_900_000_003);
        assert_eq!(ids.call_of_id(900), Some((0, CallIx(1))));
        ids.forget((0, CallIx(1)));
        assert_eq!(ids.call_of_id(900), None);
    }

    #[test]
    fn a_number_that_the_application_was_told_of_is_no_call_any_more_and_others_may_be() {
        let mut ids = Ids::new(1_000_000, 1, &[]);
        let new = |native| move || New { native: Some(native), told: true, guid: None };
        assert!(ids.may_be_unseen(900));
        ids.give((0, CallIx(1)), new(900));
        ids.forget((0, CallIx(1)));
        assert!(!ids.may_be_unseen(900), "it is over");
        ids.give((0, CallIx(2)), new(900));
        ids.forget((0, CallIx(2)));
        for call in 0..MAX_OVER as u64 {
            ids.give((0, CallIx(call)), new(call as i64 + 1000));
            ids.forget((0, CallIx(call)));
        }
        assert!(ids.may_be_unseen(900), "so much is remembered");
        assert_eq!((ids.over.numbers.len(), ids.over.order.len()), (MAX_OVER, MAX_OVER));
        for none in [0, -1, MINTED, 1_900_000_001, i64::from(i32::MAX)] {
            assert!(!ids.may_be_unseen(none), "{none}");
        }
    }

    #[test]
    fn a_number_of_an_agent_says_whose_it_is() {
        let ids = Ids::new(1_000_000, 2, &[]);
        assert_eq!((ids.agent_room(12), ids.agent_room(1_000_012)), (Some((0, 12)), Some((1, 12))));
        assert_eq!((ids.agent_room(0), ids.agent_room(-1), ids.agent_room(1_600_000_000)), (None, None, None));
        assert_eq!(ids.native_service(1, DeviceKind::AgentQueue, 1_250_009), 9);
        let mut relaying = Ids::new(1_000_000, 2, &[]);
        relaying.relay(7);
        assert_eq!(
            (relaying.agent_room(1_000_012), relaying.agent_room(1_600_000_000)),
            (Some((1, 12)), Some((0, 1_600_000_000)))
        );
        assert_eq!(relaying.native_service(0, DeviceKind::AgentQueue, 9), 9);
    }

    #[test]
    fn numbers_that_pass_are_their_own_whatever_they_are() {
        let mut ids = Ids::new(1_000_000, 2, &[]);
        ids.relay(7);
        let mut give = |platform, call, native| {
            let key = (platform, CallIx(call));
            ids.give(key, || New { native: Some(native), told: true, guid: None });
            ids.call(key).unwrap().id
        };
        assert_eq!(give(8, 1, 900), 1_900_000_001, "a number that the first platform may still say");
        assert_eq!((give(7, 1, 900), give(7, 2, 1 << 40)), (900, 1 << 40));
        assert_eq!(give(7, 3, 900), 900, "heard of again after its end");
        assert_ne!(give(7, 4, 1_900_000_001), 1_900_000_001, "another platform's call has it");
        ids.forget((7, CallIx(1)));
        assert_eq!(ids.call_of_id(900), Some((7, CallIx(3))));
        let queue = NativeId::Int(9);
        assert_eq!(ids.service(0, DeviceKind::AgentQueue, &queue), 9);
        assert_eq!(ids.service(1, DeviceKind::AgentQueue, &queue), 1_250_009);
        assert_eq!(ids.collisions(), Vec::<String>::new());
        let large = NativeId::Int(1_600_000_000);
        assert_eq!([ids.agent(0, &large), ids.agent(0, &large)], [1_600_000_000; 2]);
        assert_eq!(ids.native_agent(0, 1_600_000_000), Some(1_600_000_000));
        assert_eq!(ids.collisions().len(), 1, "said once");
    }

    #[test]
    fn agents_and_services_have_the_same_numbers_after_a_restart() {
        let ids = Ids::new(1_000_000, 2, &[]);
        let agent = NativeId::Int(12);
        assert_eq!((ids.agent(0, &agent), ids.agent(1, &agent)), (12, 1_000_012));
        assert_eq!(ids.native_agent(1, 1_000_012), Some(12));
        let queue = NativeId::Int(9);
        assert_eq!(ids.service(0, DeviceKind::Group, &queue), 9);
        assert_eq!(ids.service(0, DeviceKind::AgentQueue, &queue), 250_009);
        let text = NativeId::Text("jdoe".into());
        assert_eq!(ids.agent(0, &text), Ids::new(1_000_000, 2, &[]).agent(0, &text));
        assert_ne!(ids.agent(0, &text), ids.agent(1, &text));
        assert!(i32::try_from(ids.agent(0, &text)).is_ok());
    }

    #[test]
    fn numbers_that_have_no_room_are_hashed_so_that_none_is_given_twice() {
        let ids = Ids::new(1_000_000, 2, &[]);
        let int = NativeId::Int;
        let queue = ids.service(0, DeviceKind::AgentQueue, &int(9));
        assert_eq!(queue, 250_009);
        assert_ne!(ids.service(0, DeviceKind::Group, &int(250_009)), queue);
        assert_ne!(ids.agent(0, &int(1_000_012)), ids.agent(1, &int(12)));
        assert_eq!(ids.native_agent(0, 1_000_012), None, "it is an agent of the second platform");
        assert_eq!(ids.agent(1, &int(1_000_012)), 2_000_012, "nothing begins beyond the last platform");
        assert_eq!(Ids::new(1_000_000, 1, &[]).agent(0, &int(7_654_321)), 7_654_321);
        let all = [int(250_009), int(1_000_012), int(i64::MAX), int(0), int(-5), NativeId::Text("jdoe".into())];
        let fits = |id: i64| (HASHED..MINTED).contains(&id);
        assert!(all.iter().all(|native| fits(ids.service(1, DeviceKind::Group, native))), "hashes stand apart");
        assert_eq!(ids.collisions(), Vec::<String>::new());
    }

    #[test]
    fn two_with_one_hash_are_said_once() {
        let ids = Ids::new(1_000_000, 1, &[]);
        let mut seen = HashMap::new();
        let name = |number: u32| NativeId::Text(format!("agent{number}").into());
        let (first, second) = (0..)
            .find_map(|number| seen.insert(ids.agent(0, &name(number)), number).map(|earlier| (earlier, number)))
            .unwrap();
        let collisions = ids.collisions();
        assert_eq!(collisions.len(), 1);
        let both = format!("agent{first} of platform 1 and agent{second} of platform 1 are both number");
        assert!(collisions[0].starts_with(&both), "{collisions:?}");
        ids.agent(0, &name(first));
        ids.agent(0, &name(second));
        assert_eq!(ids.collisions(), Vec::<String>::new());
    }

    #[test]
    fn labels_have_numbers_in_the_order_of_first_sight() {
        let mut ids = Ids::new(1_000_000, 1, &[("Account".into(), 150)]);
        for label in ["Name", "Account", "Name", "117", ""] {
            ids.learn_label(label);
        }
        assert_eq!(
            ["Account", "Name", "117", ""].map(|label| ids.label(label)),
            [Some(150), Some(101), Some(117), None]
        );
    }
}
