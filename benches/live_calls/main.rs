//! The cost of calls that are live at the same time, without sockets: how many bytes one takes, as the allocator counts them, and how
//! long the messages of another call take beside so many.

#[path = "../support/mod.rs"]
mod support;

use std::{alloc::System, time::Duration};

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use support::{
    bridge::{Live, Translate},
    feed::{Agent, Feed},
    measure::{Spread, timed},
    table::Table,
};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// So many calls are live at the same time.
const LIVE: [u32; 3] = [1_000, 10_000, 100_000];
/// The agents who have them, and one more whose calls are timed.
const AGENTS: u32 = 1000;
const TIMED: Agent = Agent(1001 + AGENTS);
/// Turns, and the whole calls of each.
const TURNS: usize = 200;
const CALLS: u32 = 20;
const OF_A_CALL: usize = 10;
/// Three items of data where the feed's template has one.
const ONE: &str = r#"{"id":101,"value":"gold"}"#;
const THREE: &str = r#"{"id":101,"value":"gold"},{"id":102,"value":"4711-0815-1"},{"id":103,"value":"en-GB"}"#;

fn main() {
    let mut crowds = LIVE.map(Crowd::new);
    let mut times = LIVE.map(|_| Vec::new());
    // They take turns: whatever else the machine does meets all alike.
    for turn in 0..TURNS + TURNS / 10 {
        for (crowd, times) in crowds.iter_mut().zip(&mut times) {
            let time = crowd.turn();
            if turn >= TURNS / 10 {
                times.push(time);
            }
        }
    }
    let mut table = Table::new(
        "live_calls",
        &["calls that are live", "bytes of one", "time of one message", "to that beside 1,000"],
    );
    for (crowd, of_crowd) in crowds.iter().zip(&times) {
        let ratio = Spread::of(of_crowd.iter().zip(&times[0]).map(|(time, first)| time / first).collect());
        let time = format!("{} ns", Spread::of(of_crowd.clone()).shown(0));
        table.row([crowd.live.to_string(), crowd.bytes.to_string(), time, ratio.shown(2)]);
    }
    table.finish();
}

/// A bridge with so many live calls.
struct Crowd {
    live: u32,
    /// The bytes of one of them.
    bytes: usize,
    bridge: Live,
    feed: Feed,
    next: u32,
}

impl Crowd {
    fn new(live: u32) -> Crowd {
        let (mut bridge, mut feed) = (Live::large(), Feed::default());
        for agent in 1001..=TIMED.0 {
            bridge.read(&feed.arrive(Agent(agent)), &mut drop);
        }
        let before = allocated();
        for call in 0..live {
            // Each agent has one, and the others wait.
            let frames = match call < AGENTS {
                true => {
                    let agent = Agent(1001 + call);
                    let mut frames = feed.offer(1000 + call, agent);
                    frames.push(feed.establish(1000 + call, agent));
                    frames
                }
                false => feed.queue(1000 + call),
            };
            for frame in frames {
                let frame = String::from_utf8(frame).expect("a frame in UTF-8");
                bridge.read(frame.replace(ONE, THREE).as_bytes(), &mut drop);
            }
        }
        let bytes = (allocated() - before) / live as usize;
        Crowd { live, bytes, bridge, feed, next: 1000 + live }
    }

    /// How many nanoseconds a message of a further call takes.
    fn turn(&mut self) -> f64 {
        let Crowd { bridge, feed, next, .. } = self;
        let calls: Vec<_> = (*next..*next + CALLS).flat_map(|call| feed.whole_call(call, TIMED)).collect();
        *next += CALLS;
        let took = timed(|| calls.iter().for_each(|frame| bridge.read(frame, &mut drop)));
        // Their ids are forgotten, and the calls that are live stay.
        bridge.pass(Duration::from_secs(10), &mut drop);
        took.as_nanos() as f64 / (CALLS as usize * OF_A_CALL) as f64
    }
}

/// How many bytes are allocated.
fn allocated() -> usize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}
