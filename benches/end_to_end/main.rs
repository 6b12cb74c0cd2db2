//! Over loopback, from the feed's socket to the application's callback: a bridge that runs as `cti-bridge run` does, beside
//! a poster of prepared bodies. How many events a second both get through, and how long one takes at a moderate rate.

mod poster;
mod sink;
#[path = "../support/mod.rs"]
mod support;

use std::time::{Duration, Instant};

use bytes::Bytes;
use cti_bridge::{
    net,
    sim::{
        desk::Desk,
        feed::{FeedLine, FeedSim},
    },
};
use poster::Poster;
use sink::Sink;
use support::{
    bridge::{Live, PASSWORD, Translate, USER_PASSWORD, configure},
    feed::{Agent, Feed},
    measure::Spread,
};
use tokio::{
    sync::mpsc,
    time::{MissedTickBehavior, interval, sleep},
};

const AGENTS: u32 = 10;
/// Calls of one turn, and turns of each side.
const CALLS: u32 = 300;
const TURNS: usize = 11;
/// The same at a moderate rate.
const PACED_CALLS: u32 = 40;
const PACED_TURNS: usize = 11;
const PACE: Duration = Duration::from_micros(2500);
/// How many events may be on their way: fewer than the bridge's queue holds, enough to keep it busy.
const UNDER_WAY: usize = 300;

#[tokio::main(worker_threads = 2)]
async fn main() {
    let sink = Sink::start();
    let mut bridge = Bridge::start(&sink).await;
    // A task of its own, as the bridge's is.
    let mut poster = Poster::connect(sink.address).await;
    let (handing, mut handed) = mpsc::unbounded_channel::<Bytes>();
    tokio::spawn(async move {
        while let Some(body) = handed.recv().await {
            poster.post(body).await;
        }
    });
    let hand = async |step: &Step| step.bodies.iter().for_each(|body| handing.send(body.clone()).expect("a poster"));

    let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..TURNS {
        let script = bridge.script(CALLS);
        let events: usize = script.iter().map(|step| step.bodies.len()).sum();
        let rate = |times: &[Instant], start: Instant| {
            assert_eq!(times.len(), events);
            events as f64 / times[events - 1].duration_since(start).as_secs_f64()
        };
        let start = Instant::now();
        bridge.say_all(&script, &sink).await;
        let bridged = rate(&sink.take(), start);
        let start = Instant::now();
        for step in &script {
            hand(step).await;
        }
        arrived(&sink, events, 0).await;
        let posted = rate(&sink.take(), start);
        ours.push(bridged);
        theirs.push(posted);
        ratios.push(bridged / posted);
    }
    print("events a second, as many as possible", "/s", [ours, theirs, ratios]);

    let (mut medians, mut slowest) = ([const { Vec::new() }; 3], [const { Vec::new() }; 3]);
    for _ in 0..PACED_TURNS {
        let script = bridge.script(PACED_CALLS);
        let line = &mut bridge.line;
        let ours = paced(&script, &sink, async |step: &Step| line.raw(&step.frame).await.expect("a bridge")).await;
        let theirs = paced(&script, &sink, hand).await;
        for (part, into) in [(0.5, &mut medians), (0.99, &mut slowest)] {
            let at = |times: &[f64]| times[((times.len() - 1) as f64 * part).round() as usize];
            let (ours, theirs) = (at(&ours), at(&theirs));
            for (value, into) in [ours, theirs, ours / theirs].into_iter().zip(into) {
                into.push(value);
            }
        }
    }
    let rate = 1.0 / PACE.as_secs_f64();
    print(&format!("p50 of one event at {rate:.0} messages a second"), "µs", medians);
    print(&format!("p99 of one event at {rate:.0} messages a second"), "µs", slowest);
    bridge.running.stop().await;
}

#[expect(clippy::print_stdout, reason = "the figures")]
fn print(name: &str, unit: &str, numbers: [Vec<f64>; 3]) {
    let [ours, theirs, ratio] = numbers.map(Spread::of);
    println!(
        "{name:<44} bridge {:>8.0} {unit}   hand-written {:>8.0} {unit}   ratio bridge/hand-written {:.2} ({:.2}–{:.2})",
        ours.median, theirs.median, ratio.median, ratio.low, ratio.high
    );
}

/// What the feed says, and the bodies that come of it.
struct Step {
    frame: Vec<u8>,
    bodies: Vec<Bytes>,
}

/// A bridge that runs, with its feed, and one that does not, which says beforehand what will come of it.
struct Bridge {
    running: net::Running,
    line: FeedLine,
    feed: Feed,
    oracle: Live,
    calls: u32,
}

impl Bridge {
    async fn start(sink: &Sink) -> Bridge {
        let simulator = FeedSim::start().await.expect("a feed");
        let (config, mappings) = configure(&simulator.address.to_string());
        let running = net::start(config, &mappings).await.expect("a bridge");
        let line = simulator.welcome(PASSWORD).await.expect("a connection");
        let mut desk = Desk::start(running.applications[0]).await.expect("a desk");
        let url = format!("http://{}/CTIEvents", sink.address);
        desk.session = desk.open_at(&url, "Test01", USER_PASSWORD).await.expect("a session");
        desk.register().await.expect("a session on line");
        // The simulator has numbered its two replies.
        let mut bridge = Bridge { running, line, feed: Feed::from(2), oracle: Live::new(), calls: 1000 };
        let arrivals = (1001..1001 + AGENTS).map(|agent| bridge.feed.arrive(Agent(agent))).collect();
        let script = bridge.foretell(arrivals);
        bridge.say_all(&script, sink).await;
        sink.take();
        bridge
    }

    fn foretell(&mut self, frames: Vec<Vec<u8>>) -> Vec<Step> {
        let step = |frame: Vec<u8>| {
            let mut bodies = Vec::new();
            self.oracle.read(&frame, &mut |body| bodies.push(body));
            Step { frame, bodies }
        };
        frames.into_iter().map(step).collect()
    }

    /// So many calls, one after the other.
    fn script(&mut self, calls: u32) -> Vec<Step> {
        let first = self.calls;
        self.calls += calls;
        let frames = (first..self.calls).flat_map(|call| self.feed.whole_call(call, Agent(1001 + call % AGENTS)));
        let frames = frames.collect();
        self.foretell(frames)
    }

    /// Says everything as fast as it is taken, and waits until all that comes of it is there.
    async fn say_all(&mut self, script: &[Step], sink: &Sink) {
        let mut expected = 0;
        for step in script {
            arrived(sink, expected, UNDER_WAY).await;
            self.line.raw(&step.frame).await.expect("a bridge");
            expected += step.bodies.len();
        }
        arrived(sink, expected, 0).await;
    }
}

/// Waits until no more than so many of the expected events are missing.
async fn arrived(sink: &Sink, expected: usize, missing: usize) {
    while sink.count() + missing < expected {
        sleep(Duration::from_millis(1)).await;
    }
}

/// Lets a step happen at every beat; hands back how long each event took from there to the callback, in microseconds, sorted.
async fn paced(script: &[Step], sink: &Sink, mut happen: impl AsyncFnMut(&Step)) -> Vec<f64> {
    let mut beat = interval(PACE);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut due = Vec::new();
    for step in script {
        beat.tick().await;
        due.extend(step.bodies.iter().map(|_| Instant::now()));
        happen(step).await;
    }
    arrived(sink, due.len(), 0).await;
    let took = sink.take().into_iter().zip(due).map(|(there, due)| there.duration_since(due).as_secs_f64() * 1e6);
    let mut took: Vec<f64> = took.collect();
    took.sort_unstable_by(f64::total_cmp);
    took
}
