//! Bytes in, bytes out, without sockets: the bridge beside a hand-written translator of this one pair of dialects. Both say
//! the same, byte by byte, which is looked at before anything is measured.

#![expect(clippy::print_stdout, reason = "the figures")]

mod hand_written;
#[path = "../support/mod.rs"]
mod support;

use std::{hint::black_box, time::Duration};

use bytes::Bytes;
use hand_written::HandWritten;
use support::{
    bridge::{Live, Translate},
    feed::{Agent, Feed},
    measure::{Comparison, Way, compare, timed},
};

/// As many agents, and as many calls in one turn: so few that most turns are over before somebody else wants the processor.
const AGENTS: u32 = 20;
const TURNS: usize = 2000;

fn main() {
    let mut rows = Rows { turns: TURNS, tabs: false };
    for argument in std::env::args().skip(1) {
        match argument.parse() {
            Ok(turns) => rows.turns = turns,
            Err(_) => rows.tabs |= argument == "--tsv",
        }
    }
    let said = say_the_same();
    if !rows.tabs {
        println!("{said} bodies are the same on both sides");
    }
    let hand_written = "hand-written";
    rows.measure("an established event", established(Live::new()), hand_written, established(HandWritten::new()));
    rows.measure("a whole call", whole_calls(Live::new()), hand_written, whole_calls(HandWritten::new()));
    let statistics_name = "a group-stats message that nobody hears";
    rows.measure(statistics_name, statistics(Live::new()), hand_written, statistics(HandWritten::new()));
    // `benches/compare` compares with the hand-written translator alone.
    if !rows.tabs {
        let remembering = whole_calls(Live::remembering());
        rows.measure("a whole call, remembered or not", remembering, "without history", whole_calls(Live::new()));
    }
}

/// The rows of figures, as the command line wants them.
struct Rows {
    /// How often each side takes its turn.
    turns: usize,
    /// Medians alone, between tabs: for `benches/compare`.
    tabs: bool,
}

impl Rows {
    fn measure(&self, name: &str, bridge: impl Way, other: &str, beside: impl Way) {
        let Comparison { bridge, reference, ratio } = compare(self.turns, AGENTS as usize, bridge, beside);
        if self.tabs {
            println!("{name}\t{:.1}\t{:.1}\t{:.4}", bridge.median, reference.median, ratio.median);
        } else {
            println!(
                "{name:<44} bridge {:>8.0} ns   {other} {:>8.0} ns   ratio bridge/{other} {:.2} ({:.2}–{:.2})",
                bridge.median, reference.median, ratio.median, ratio.low, ratio.high
            );
        }
    }
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

/// Every message that is measured, and the time that passes, makes the same bodies on both sides; returns how many.
fn say_the_same() -> usize {
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
    said
}
