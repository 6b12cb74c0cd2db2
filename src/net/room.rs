//! Room in the queues of connections. The engine and the task that empties a queue share its count. When more than half of a
//! queue is taken, the bridge lets what is many wait; when more than three quarters are, the streams of its platforms are not
//! read for a while. The task brings the news when there is room again. What waits is decided in the bridge.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use hashbrown::HashMap;
use tokio::sync::mpsc;

use super::{
    bring,
    engine::{Engine, Link},
    input::Input,
    metrics::Fill,
    perform::Calls,
};
use crate::{
    bridge::{Owner, Room},
    port::Connection,
    settings::Queue,
};

/// How often it is looked at whether peers that are waited for still take something.
const LOOK: Duration = Duration::from_secs(1);
/// The longest that what is many waits for a session that takes nothing, in looks.
const IDLE: u32 = 5;
/// The longest that it waits for a session whose queue gets no less full.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a session must keep up until platforms wait for it anew, for as long as the limit says.
const FORGIVEN: Duration = Duration::from_secs(60);

/// How full a queue is. A level is left when the queue has emptied by a quarter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Level {
    Low,
    /// More than half was taken: what is many waits.
    High,
    /// More than three quarters were taken: so do platforms.
    Higher,
}

/// What waits in one queue.
#[derive(Debug)]
pub struct Waiting {
    limit: Queue,
    messages: AtomicUsize,
    bytes: AtomicUsize,
    /// All that was ever taken out.
    taken: AtomicUsize,
    level: AtomicU8,
}

impl Waiting {
    pub fn new(limit: Queue) -> Waiting {
        let none = || AtomicUsize::new(0);
        Waiting { limit, messages: none(), bytes: none(), taken: none(), level: AtomicU8::new(Level::Low as u8) }
    }

    /// Counts messages that are about to be queued. None if there is no room for them, else whether the level has risen.
    pub fn add(&self, count: usize, length: usize) -> Option<bool> {
        let messages = self.messages.fetch_add(count, Ordering::SeqCst) + count;
        let bytes = self.bytes.fetch_add(length, Ordering::SeqCst) + length;
        if messages > self.limit.messages || bytes > self.limit.bytes {
            return None;
        }
        let level = match self.quarters(messages, bytes) {
            0 | 1 => return Some(false),
            2 => Level::High,
            _ => Level::Higher,
        };
        Some(self.rise(level))
    }

    /// How many whole quarters of the queue are taken, whichever bound is nearer.
    fn quarters(&self, messages: usize, bytes: usize) -> usize {
        let over = |quarter| {
            let is_over = |count, limit: usize| count > limit / 4 * quarter + limit % 4 * quarter / 4;
            is_over(messages, self.limit.messages) || is_over(bytes, self.limit.bytes)
        };
        (1..=3).rev().find(|quarter| over(*quarter)).unwrap_or(0)
    }

    fn rise(&self, level: Level) -> bool {
        if self.level.load(Ordering::SeqCst) >= level as u8 {
            return false;
        }
        self.level.store(level as u8, Ordering::SeqCst);
        // The queue may have been emptied before the level stood there for its task to see.
        self.sink();
        true
    }

    /// Sets the level lower if there is more room. Returns true if it is lower now.
    fn sink(&self) -> bool {
        let level = self.level.load(Ordering::SeqCst);
        if level == Level::Low as u8 {
            return false;
        }
        let taken = self.quarters(self.messages.load(Ordering::SeqCst), self.bytes.load(Ordering::SeqCst));
        let lower = if taken < 1 { Level::Low } else { Level::High };
        let has_room = taken < usize::from(level) && (lower as u8) < level;
        has_room && self.level.compare_exchange(level, lower as u8, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }

    /// Counts messages that were taken out of the queue. Returns true if the engine should know that there is more room.
    pub fn take(&self, messages: usize, bytes: usize) -> bool {
        self.messages.fetch_sub(messages, Ordering::SeqCst);
        self.bytes.fetch_sub(bytes, Ordering::SeqCst);
        self.taken.fetch_add(messages, Ordering::Relaxed);
        self.sink()
    }

    /// All messages that were ever queued.
    fn told(&self) -> usize {
        self.taken.load(Ordering::Relaxed) + self.messages()
    }

    fn is_nearly_empty(&self) -> bool {
        let bytes = self.bytes.load(Ordering::Relaxed);
        self.messages() <= self.limit.messages / 8 && bytes <= self.limit.bytes / 8
    }

    /// Whether at least half of the others that were told as much have nearly nothing waiting. That a single one happens to
    /// have nothing says little.
    fn others_keep_up<'w>(&self, all: impl Iterator<Item = &'w Waiting>) -> bool {
        let told = self.told();
        let (mut others, mut keep_up) = (0, 0);
        for other in all.filter(|other| !std::ptr::eq(*other, self) && other.told() * 2 >= told) {
            others += 1;
            keep_up += usize::from(other.is_nearly_empty());
        }
        keep_up > 0 && keep_up * 2 >= others
    }

    pub fn fill(&self) -> Fill {
        let bytes = self.bytes.load(Ordering::Relaxed);
        Fill { messages: self.messages(), bytes, limit: self.limit }
    }

    /// The number of messages that wait.
    pub fn messages(&self) -> usize {
        self.messages.load(Ordering::Relaxed)
    }

    fn level(&self) -> Level {
        match self.level.load(Ordering::SeqCst) {
            0 => Level::Low,
            1 => Level::High,
            _ => Level::Higher,
        }
    }
}

/// Brings that a queue has more room.
pub async fn bring_room(inputs: &mpsc::Sender<Input>, owner: Owner, connection: Connection) {
    bring(inputs, Input::Room { owner, connection }).await;
}

/// A connection whose queue was filled of late.
struct Crowd {
    waiting: Arc<Waiting>,
    room: Room,
    /// When it came to have this room, or last more.
    since: Instant,
    /// What had been taken out when this was looked at last.
    taken: usize,
    /// How often nothing had been taken out since the last look.
    idle: u32,
    /// How long platforms have waited for it.
    held: Duration,
    /// The session is too slow while others keep up: nobody waits for it.
    is_alone: bool,
}

impl Crowd {
    fn new(waiting: &Arc<Waiting>, now: Instant) -> Crowd {
        Crowd {
            waiting: waiting.clone(),
            room: Room::Enough,
            since: now,
            taken: waiting.taken.load(Ordering::Relaxed),
            idle: 0,
            held: Duration::ZERO,
            is_alone: false,
        }
    }

    /// Finds out whether it is too slow alone. `all` are the queues of its application, which are looked at only if this one is
    /// filled. A queue that has filled sooner says nothing about its reader: on a busy machine, tasks take turns, and its own
    /// may have waited for one.
    fn judge<'w>(&mut self, now: Instant, all: impl Iterator<Item = &'w Waiting>) {
        let is_slow = self.waiting.level() == Level::Higher && now.duration_since(self.since) >= LOOK;
        self.is_alone = self.is_alone || is_slow && self.waiting.others_keep_up(all);
    }

    /// Looks at what was taken out since the last look.
    fn look<'w>(&mut self, now: Instant, all: impl Iterator<Item = &'w Waiting>) {
        let taken = self.waiting.taken.load(Ordering::Relaxed);
        let took = taken.wrapping_sub(std::mem::replace(&mut self.taken, taken));
        self.idle = if took > 0 || now.duration_since(self.since) < LOOK { 0 } else { self.idle + 1 };
        if took < self.waiting.messages() / 8 {
            self.judge(now, all);
        }
    }
}

/// All connections whose queues were filled of late; most often there are none.
pub struct Crowds {
    known: HashMap<(Owner, Connection), Crowd>,
    /// The longest that platforms wait for one session in all.
    hold_limit: Duration,
    next_look: Option<Instant>,
}

impl Crowds {
    pub fn new(hold_limit: Duration) -> Crowds {
        Crowds { known: HashMap::new(), hold_limit, next_look: None }
    }

    /// When the connections are to be looked at next.
    pub fn deadline(&self) -> Option<Instant> {
        self.next_look
    }

    /// Whether everybody keeps up, and has for a while.
    pub fn are_none(&self) -> bool {
        self.known.is_empty()
    }

    /// Whether anybody must be waited for before more is read of a platform.
    fn hold(&self, concerns: impl Fn(usize) -> bool) -> bool {
        self.known.iter().any(|((owner, _), crowd)| {
            let Owner::Application(index) = owner else { return false };
            let is_crowded = crowd.room == Room::Little && crowd.waiting.level() == Level::Higher;
            is_crowded && crowd.idle == 0 && !crowd.is_alone && crowd.held < self.hold_limit && concerns(*index)
        })
    }
}

impl Engine {
    /// A queue has risen to a higher level.
    pub(super) fn crowd(&mut self, owner: Owner, connection: Connection, waiting: &Arc<Waiting>) {
        let now = Instant::now();
        let Owner::Application(_) = owner else { return };
        let crowd = self.crowds.known.entry((owner, connection)).or_insert_with(|| Crowd::new(waiting, now));
        if crowd.room == Room::Enough && waiting.level() > Level::Low {
            (crowd.room, crowd.since, crowd.idle) = (Room::Little, now, 0);
            self.bridge.set_room(owner, connection, Room::Little);
        }
        crowd.judge(now, queues(&self.links, &self.calls, owner));
        self.crowds.next_look.get_or_insert(now + LOOK);
    }

    /// A queue has sunk to a lower level, which it may have left again.
    pub(super) fn has_room(&mut self, owner: Owner, connection: Connection) {
        let Some(crowd) = self.crowds.known.get_mut(&(owner, connection)) else { return };
        crowd.since = Instant::now();
        if crowd.waiting.level() == Level::Low {
            (crowd.room, crowd.is_alone) = (Room::Enough, false);
            self.bridge.set_room(owner, connection, Room::Enough);
        }
    }

    /// The connection is over.
    pub(super) fn left(&mut self, owner: Owner, connection: Connection) {
        if self.crowds.known.remove(&(owner, connection)).is_some() {
            self.bridge.set_room(owner, connection, Room::Enough);
        }
    }

    /// Nobody waits any longer for those that take nothing, or too little.
    pub(super) fn look_at_crowds(&mut self) {
        let now = Instant::now();
        let (held, links, calls) = (&self.held, &self.links, &self.calls);
        self.crowds.known.retain(|(owner, connection), crowd| {
            crowd.look(now, queues(links, calls, *owner));
            let elapsed = now.duration_since(crowd.since);
            match crowd.room {
                Room::Enough => return elapsed < FORGIVEN,
                Room::Little if crowd.idle < IDLE && elapsed < PATIENCE => {
                    let is_held = crowd.waiting.level() == Level::Higher && !held.is_empty();
                    crowd.held += if is_held { LOOK } else { Duration::ZERO };
                }
                Room::Little => {
                    crowd.room = Room::Stuck;
                    self.bridge.set_room(*owner, *connection, Room::Stuck);
                }
                Room::Stuck => {}
            }
            true
        });
        self.crowds.next_look = if self.crowds.known.is_empty() { None } else { Some(now + LOOK) };
    }

    /// Whether nothing more should be read of this platform for now: somebody must take what waits first.
    pub(super) fn is_held(&self, platform: usize) -> bool {
        if self.crowds.known.is_empty() {
            return false;
        }
        self.crowds.hold(|application| self.bridge.applications()[application].platforms.contains(&platform))
    }
}

/// The queues of an owner.
fn queues<'e>(
    links: &'e HashMap<(Owner, Connection), Link>,
    calls: &'e HashMap<(Owner, Connection), Calls>,
    owner: Owner,
) -> impl Iterator<Item = &'e Waiting> {
    let calls = calls.iter().map(|(key, calls)| (key, calls.waiting()));
    let links = links.iter().filter_map(|(key, link)| match link {
        Link::Open(writer) => Some((key, &writer.waiting)),
        Link::Dialling(_) => None,
    });
    calls.chain(links).filter(move |((of, _), _)| *of == owner).map(|(_, waiting)| waiting.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting() -> Waiting {
        Waiting::new(Queue { messages: 8, bytes: 100 })
    }

    #[test]
    fn a_queue_is_crowded_from_a_half_on_and_has_room_again_from_a_quarter_down() {
        let waiting = waiting();
        let rises: Vec<_> = (0..9).map(|_| waiting.add(1, 1)).collect();
        assert_eq!(rises[..4], [Some(false); 4]);
        assert_eq!(rises[4..7], [Some(true), Some(false), Some(true)], "at 5, and at 7");
        assert_eq!(rises[7..], [Some(false), None]);
        assert!(!waiting.take(4, 4));
        assert_eq!(waiting.level(), Level::Higher);
        assert!(waiting.take(1, 1), "a half is left");
        assert_eq!(waiting.level(), Level::High);
        assert!(!waiting.take(1, 1));
        assert!(waiting.take(1, 1), "a quarter is left");
        assert_eq!(waiting.level(), Level::Low);
        assert!(!waiting.take(2, 2));
    }

    #[test]
    fn bytes_count_like_messages() {
        let waiting = waiting();
        assert_eq!(waiting.add(1, 50), Some(false));
        assert_eq!(waiting.add(1, 1), Some(true));
        assert_eq!(waiting.add(1, 49), Some(true));
        assert_eq!(waiting.add(1, 1), None);
        assert!(waiting.take(1, 51));
        assert!(waiting.take(1, 25));
        assert_eq!((waiting.level(), waiting.messages()), (Level::Low, 2));
    }

    fn queue(waits: usize, taken: usize) -> Waiting {
        let waiting = Waiting::new(Queue { messages: 800, bytes: 100_000 });
        waiting.add(waits + taken, waits + taken);
        waiting.take(taken, taken);
        waiting
    }

    #[test]
    fn a_session_is_too_slow_alone_if_half_of_those_that_were_told_as_much_keep_up() {
        let slow = queue(700, 100);
        let is_alone = |others: &[(usize, usize)]| {
            let others: Vec<_> = others.iter().map(|(waits, taken)| queue(*waits, *taken)).collect();
            slow.others_keep_up(others.iter().chain([&slow]))
        };
        assert!(!is_alone(&[]), "nobody shows that it could be faster");
        assert!(is_alone(&[(10, 790)]));
        assert!(!is_alone(&[(300, 500)]));
        assert!(!is_alone(&[(10, 790), (500, 300), (600, 200)]), "one of three");
        assert!(is_alone(&[(10, 790), (5, 700), (600, 200), (500, 300)]));
        assert!(!is_alone(&[(0, 20), (0, 300), (700, 100)]), "those that were told little show nothing");
    }

    #[test]
    fn a_session_is_not_too_slow_before_it_had_a_second_nor_while_it_takes_much() {
        let (slow, quick) = (Arc::new(queue(700, 100)), queue(0, 800));
        let all = || [&*slow, &quick].into_iter();
        let start = Instant::now();
        let mut crowd = Crowd::new(&slow, start);
        crowd.judge(start + LOOK / 2, all());
        crowd.look(start + LOOK / 2, all());
        assert!(!crowd.is_alone, "its queue may have filled while others had their turns");
        slow.take(90, 90);
        crowd.look(start + LOOK, all());
        assert!(!crowd.is_alone, "it took an eighth of what waits");
        slow.take(5, 5);
        crowd.look(start + LOOK * 2, all());
        assert!(crowd.is_alone);
        assert_eq!(crowd.idle, 0);
    }

    #[test]
    fn a_queue_that_was_emptied_meanwhile_is_not_left_crowded() {
        let waiting = waiting();
        assert!(waiting.rise(Level::High));
        assert_eq!(waiting.level(), Level::Low);
    }
}
