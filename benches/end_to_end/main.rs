//! Over loopback, from the feed's socket to the application's callbacks: a bridge that runs as `cti-bridge run` does, beside
//! posters of prepared bodies. How many events a second both get through, and how long one takes at moderate rates.

mod poster;
#[path = "../support/mod.rs"]
mod support;

use std::{
    io::Write,
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;
use cti_bridge::{
    net,
    sim::{desk::Desk, feed::FeedSim},
};
use poster::Posters;
use support::{
    bridge::{Live, PASSWORD, Translate, USER_PASSWORD, configure},
    feed::{Agent, Feed},
    measure::Spread,
    sink::Sink,
    table::Table,
};
use tokio::time::sleep;

const AGENTS: u32 = 10;
/// Sessions that hear the same.
const SESSIONS: [usize; 3] = [1, 5, 10];
/// Events of one turn, for all sessions together, about; and turns of each side.
const EVENTS: usize = 4000;
const TURNS: usize = 11;
const REMEMBERED_TURNS: usize = 41;
/// Events a second, for one session.
const RATES: [u32; 2] = [1000, 5000];
const PACED_EVENTS: usize = 1000;
const PACED_TURNS: usize = 7;
/// Events of one call, about.
const OF_A_CALL: usize = 12;
/// How many events may be on their way to each session: fewer than the bridge's queue holds, enough to keep it busy.
const UNDER_WAY: usize = 300;

#[tokio::main(worker_threads = 2)]
async fn main() {
    let mut rates = Table::new(
        "end_to_end",
        &["events posted a second, as many as possible", "bridge", "poster of prepared bodies", "bridge/poster"],
    );
    let mut delays = Table::new(
        "end_to_end_delay",
        &["one event to one session", "bridge", "poster of prepared bodies", "bridge/poster"],
    );
    let mut remembered = Table::new(
        "end_to_end_remembered",
        &["a whole call, from the feed to all callbacks", "remembered", "not", "remembered/not"],
    );
    for sessions in SESSIONS {
        let sink = Sink::start();
        let mut bridge = Bridge::start(&sink, sessions, true).await;
        let posters = Posters::connect(sink.address, sessions).await;
        saturate(&mut bridge, &posters, &sink, sessions, &mut rates).await;
        if sessions == 1 {
            for rate in RATES {
                pace(&mut bridge, &posters, &sink, rate, &mut delays).await;
            }
        }
        let mut forgetful = Bridge::start(&sink, sessions, false).await;
        remember([&mut bridge, &mut forgetful], &sink, sessions, &mut remembered).await;
        bridge.running.stop().await;
        forgetful.running.stop().await;
    }
    rates.finish();
    delays.finish();
    remembered.finish();
}

/// As many events as possible.
async fn saturate(bridge: &mut Bridge, posters: &Posters, sink: &Sink, sessions: usize, table: &mut Table) {
    let mut turns = Turns::default();
    for turn in 0..=TURNS {
        let script = bridge.script(EVENTS / OF_A_CALL / sessions);
        let events = sessions * script.iter().map(|step| step.bodies.len()).sum::<usize>();
        let rate = |times: &[Instant], start: Instant| {
            assert_eq!(times.len(), events);
            events as f64 / times[events - 1].duration_since(start).as_secs_f64()
        };
        let start = Instant::now();
        bridge.say_all(&script, sink, sessions).await;
        let bridged = rate(&sink.take(), start);
        let start = Instant::now();
        script.iter().for_each(|step| posters.post_all(&step.bodies));
        arrived(sink, events, 0).await;
        let posted = rate(&sink.take(), start);
        // The first turn only warms up.
        if turn > 0 {
            turns.add(bridged, posted);
        }
    }
    table.row(turns.row(named(sessions), ""));
}

/// The cost of remembering stories, which the first bridge does and the second does not. They take turns, each first as often as
/// not.
async fn remember(bridges: [&mut Bridge; 2], sink: &Sink, sessions: usize, table: &mut Table) {
    let calls = EVENTS / OF_A_CALL / sessions;
    let mut turns = Turns::default();
    for turn in 0..=REMEMBERED_TURNS {
        let mut took = [0.0; 2];
        for place in [turn % 2, (turn + 1) % 2] {
            let script = bridges[place].script(calls);
            let start = Instant::now();
            bridges[place].say_all(&script, sink, sessions).await;
            let last = *sink.take().last().expect("an event");
            took[place] = last.duration_since(start).as_secs_f64() * 1e6 / calls as f64;
        }
        // The first turn only warms up.
        if turn > 0 {
            turns.add(took[0], took[1]);
        }
    }
    table.row(turns.row(named(sessions), " µs"));
}

/// So many events a second.
async fn pace(bridge: &mut Bridge, posters: &Posters, sink: &Sink, rate: u32, table: &mut Table) {
    let (mut medians, mut slowest) = (Turns::default(), Turns::default());
    for _ in 0..PACED_TURNS {
        let script = bridge.script(PACED_EVENTS / OF_A_CALL);
        let mut line = bridge.line.try_clone().expect("a socket");
        let ours = paced(&script, rate, sink, move |step: &Step| line.write_all(&step.frame).expect("a bridge")).await;
        let handed = posters.clone();
        let theirs = paced(&script, rate, sink, move |step: &Step| handed.post_all(&step.bodies)).await;
        for (part, into) in [(0.5, &mut medians), (0.99, &mut slowest)] {
            let at = |times: &[f64]| times[((times.len() - 1) as f64 * part).round() as usize];
            into.add(at(&ours), at(&theirs));
        }
    }
    for (name, turns) in [("median", medians), ("99th percentile", slowest)] {
        table.row(turns.row(format!("{name}, at {rate} events a second"), " µs"));
    }
}

/// The numbers of both sides in each turn, and the first by the second.
#[derive(Default)]
struct Turns([Vec<f64>; 3]);

impl Turns {
    fn add(&mut self, one: f64, other: f64) {
        for (value, into) in [one, other, one / other].into_iter().zip(&mut self.0) {
            into.push(value);
        }
    }

    /// A row of a table.
    fn row(self, name: String, unit: &str) -> [String; 4] {
        let [one, other, ratio] = self.0.map(Spread::of);
        let shown = |spread: Spread| spread.shown(0) + unit;
        [name, shown(one), shown(other), ratio.shown(2)]
    }
}

fn named(sessions: usize) -> String {
    format!("{sessions} session{}", if sessions == 1 { "" } else { "s" })
}

/// What the feed says, and the bodies that come of it.
#[derive(Clone)]
struct Step {
    frame: Vec<u8>,
    bodies: Vec<Bytes>,
}

/// A bridge that runs, with its feed, and one that does not, which says beforehand what will come of it.
struct Bridge {
    running: net::Running,
    /// To the bridge, of the feed.
    line: std::net::TcpStream,
    feed: Feed,
    oracle: Live,
    calls: u32,
}

impl Bridge {
    /// A bridge that remembers stories, as it does by default, or does not.
    async fn start(sink: &Sink, sessions: usize, remembers: bool) -> Bridge {
        let simulator = FeedSim::start().await.expect("a feed");
        let (mut config, mappings) = configure(&simulator.address.to_string());
        config.trace = config.trace.filter(|_| remembers);
        let running = net::start(config, &mappings).await.expect("a bridge");
        let line = simulator.welcome(PASSWORD).await.expect("a connection").into_stream().into_std().expect("a socket");
        line.set_nonblocking(false).expect("a socket");
        let url = format!("http://{}/CTIEvents", sink.address);
        for _ in 0..sessions {
            let mut desk = Desk::start(running.applications[0]).await.expect("a desk");
            desk.session = desk.open_at(&url, "Test01", USER_PASSWORD).await.expect("a session");
            desk.register().await.expect("a session on line");
        }
        // The simulator has numbered its two replies.
        let mut bridge = Bridge { running, line, feed: Feed::from(2), oracle: Live::new(), calls: 1000 };
        let arrivals = (1001..1001 + AGENTS).map(|agent| bridge.feed.arrive(Agent(agent))).collect();
        let script = bridge.foretell(arrivals);
        bridge.say_all(&script, sink, sessions).await;
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
    fn script(&mut self, calls: usize) -> Vec<Step> {
        let first = self.calls;
        self.calls += calls as u32;
        let frames = (first..self.calls).flat_map(|call| self.feed.whole_call(call, Agent(1001 + call % AGENTS)));
        let frames = frames.collect();
        self.foretell(frames)
    }

    /// Says everything as fast as it is taken, and waits until all that comes of it is there.
    async fn say_all(&mut self, script: &[Step], sink: &Sink, sessions: usize) {
        let mut expected = 0;
        for step in script {
            arrived(sink, expected, UNDER_WAY * sessions).await;
            self.line.write_all(&step.frame).expect("a bridge");
            expected += step.bodies.len() * sessions;
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

/// Lets the steps happen so that so many events come of them in a second; hands back how long each event took from there to
/// the callback, in microseconds, sorted. A thread of its own keeps the time.
async fn paced(script: &[Step], rate: u32, sink: &Sink, mut happen: impl FnMut(&Step) + Send + 'static) -> Vec<f64> {
    let steps = script.to_vec();
    let pacer = thread::spawn(move || {
        let mut due = Vec::new();
        let mut beat = Instant::now();
        for step in steps {
            thread::sleep(beat.saturating_duration_since(Instant::now()));
            let now = Instant::now();
            due.extend(step.bodies.iter().map(|_| now));
            happen(&step);
            beat = beat.max(now) + Duration::from_secs(1) * step.bodies.len() as u32 / rate;
        }
        due
    });
    let expected = script.iter().map(|step| step.bodies.len()).sum();
    arrived(sink, expected, 0).await;
    let due = pacer.join().expect("a pacer");
    let took = sink.take().into_iter().zip(due).map(|(there, due)| there.duration_since(due).as_secs_f64() * 1e6);
    let mut took: Vec<f64> = took.collect();
    took.sort_unstable_by(f64::total_cmp);
    took
}
