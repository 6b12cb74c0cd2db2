//! Bytes in, bytes out, without sockets: the bridge beside a hand-written translator of this one pair of dialects. Both say
//! the same, byte by byte, which is looked at before anything is measured.

mod hand_written;
#[path = "../support/mod.rs"]
mod support;

use std::{hint::black_box, time::Duration};

use bytes::Bytes;
use hand_written::HandWritten;
use support::{
    bridge::{Live, Translate},
    feed::{Agent, Feed},
    measure::{Way, compare, timed},
};

/// As many agents, and as many calls in one turn: so few that most turns are over before somebody else wants the processor.
const AGENTS: u32 = 20;
const TURNS: usize = 2000;

/// How often each side takes its turn: as often as the command line says, for whoever profiles.
fn turns() -> usize {
    std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(TURNS)
}

fn main() {
    say_the_same();
    compare(
        "an established event",
        turns(),
        AGENTS as usize,
        established(Live::new()),
        established(HandWritten::new()),
    );
    compare("a whole call", turns(), AGENTS as usize, whole_calls(Live::new()), whole_calls(HandWritten::new()));
    compare(
        "a group-stats message that nobody hears",
        turns(),
        AGENTS as usize,
        statistics(Live::new()),
        statistics(HandWritten::new()),
    );
}

/// One side of the comparison with its feed, at work with all agents there.
struct Side<T> {
    translate: T,
    feed: Feed,
    calls: u32,
}

impl<T: Translate> Side<T> {
    fn new(translate: T) -> Side<T> {
        let mut side = Side { translate, feed: Feed::default(), calls: 1000 };
        for agent in agents() {
            let bytes = side.feed.arrive(agent);
            side.read(&bytes);
        }
        side
    }

    fn read(&mut self, bytes: &[u8]) {
        self.translate.read(bytes, &mut drop_body);
    }

    fn read_all(&mut self, frames: &[Vec<u8>]) {
        frames.iter().for_each(|frame| self.read(frame));
    }

    /// A second later than before: ids of calls that are over are forgotten one by one, as they are in life.
    fn pass(&mut self) {
        self.translate.pass(Duration::from_secs(1), &mut drop_body);
    }

    fn next_calls(&mut self) -> Vec<(u32, Agent)> {
        let first = self.calls;
        self.calls += AGENTS;
        (first..).zip(agents()).collect()
    }
}

fn drop_body(body: Bytes) {
    black_box(&body);
}

fn agents() -> impl Iterator<Item = Agent> {
    (1001..1001 + AGENTS).map(Agent)
}

/// Each agent has a call alerting; what is timed is that all of them answer.
fn established(translate: impl Translate) -> impl Way {
    let mut side = Side::new(translate);
    move || {
        let calls = side.next_calls();
        for (call, agent) in &calls {
            let frames = side.feed.offer(*call, *agent);
            side.read_all(&frames);
        }
        let frames: Vec<_> = calls.iter().map(|(call, agent)| side.feed.establish(*call, *agent)).collect();
        let time = timed(|| side.read_all(&frames));
        for (call, agent) in &calls {
            let frames = side.feed.finish(*call, *agent);
            side.read_all(&frames);
            side.pass();
        }
        time
    }
}

/// Calls one after the other, from the first sign of life until their ids are forgotten.
fn whole_calls(translate: impl Translate) -> impl Way {
    let mut side = Side::new(translate);
    move || {
        let calls = side.next_calls();
        let calls: Vec<_> = calls.iter().map(|(call, agent)| side.feed.whole_call(*call, *agent)).collect();
        timed(|| {
            for frames in &calls {
                side.read_all(frames);
                side.pass();
            }
        })
    }
}

fn statistics(translate: impl Translate) -> impl Way {
    let mut side = Side::new(translate);
    move || {
        let frames: Vec<_> = agents().map(|_| side.feed.statistics()).collect();
        timed(|| side.read_all(&frames))
    }
}

/// Every message that is measured, and the time that passes, makes the same bodies on both sides.
fn say_the_same() {
    let (mut bridge, mut hand_written) = (Live::new(), HandWritten::new());
    let mut feed = Feed::default();
    let mut said = 0;
    let mut same = |frame: &[u8]| {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        bridge.read(frame, &mut |body| ours.push(body));
        hand_written.read(frame, &mut |body| theirs.push(body));
        bridge.pass(Duration::from_millis(300), &mut |body| ours.push(body));
        hand_written.pass(Duration::from_millis(300), &mut |body| theirs.push(body));
        assert_eq!(ours, theirs, "after {}", String::from_utf8_lossy(frame));
        said += ours.len();
    };
    agents().for_each(|agent| same(&feed.arrive(agent)));
    for (call, agent) in (1000..).zip(agents()) {
        feed.whole_call(call, agent).iter().for_each(|frame| same(frame));
        same(&feed.statistics());
    }
    println!("{said} bodies are the same on both sides");
}
