//! Over loopback, from a feed's socket to many connections of a feed's application: a bridge that runs as `cti-bridge run`
//! does, beside relays that only split and pass frames. How many frames a second all connections get together.

mod relay;
#[path = "../support/mod.rs"]
mod support;

use std::time::{Duration, Instant};

use cti_bridge::{
    net,
    sim::{feed::FeedSim, subscriber::Subscriber},
};
use support::{
    bridge::{Live, PASSWORD, Translate, USER_PASSWORD, configure_passing},
    crowd::Crowd,
    feed::{Agent, Feed},
    measure::{Spread, timed},
    table::Table,
};
use tokio::{io::AsyncWriteExt, net::TcpStream};

const AGENTS: u32 = 10;
const TURNS: usize = 9;
/// How many frames are delivered in a turn, all connections together, and how many calls they are of, at most.
const FRAMES: usize = 50_000;
const CALLS: usize = 500;
/// The messages of one whole call.
const OF_A_CALL: usize = 10;

#[tokio::main(worker_threads = 2)]
async fn main() {
    let mut table = Table::new(
        "fan_out",
        &["frames a second to all connections", "bridge", "coalescing relay", "relay", "bridge/coalescing relay"],
    );
    let mut beside = Table::new(
        "fan_out_cost",
        &[
            "time of one message",
            "bridge",
            "coalescing relay",
            "reading it and keeping the picture",
            "bridge/both limits",
        ],
    );
    for connections in [1, 10, 50] {
        measure(connections, &mut table, &mut beside).await;
    }
    table.finish();
    beside.finish();
}

async fn measure(connections: usize, table: &mut Table, beside: &mut Table) {
    let mut bridge = Bridge::start(connections).await;
    let mut relays = [Relay::start(true, connections).await, Relay::start(false, connections).await];
    let mut reading = Reading::new();
    let mut rates = [const { Vec::new() }; 3];
    let mut costs = [const { Vec::new() }; 3];
    let (mut ratios, mut over) = (Vec::new(), Vec::new());
    for turn in 0..=TURNS {
        let calls = u32::try_from(CALLS.min(FRAMES / connections / OF_A_CALL)).expect("few calls");
        let script = bridge.script(calls);
        let frames = calls as usize * OF_A_CALL;
        let bridged = bridge.say(&script, frames * connections).await;
        let mut relayed = [Duration::ZERO; 2];
        for (relay, took) in relays.iter_mut().zip(&mut relayed) {
            *took = relay.say(&script, frames * connections).await;
        }
        let read = reading.read(calls);
        // The first turn only warms up.
        if turn == 0 {
            continue;
        }
        let rate = |took: Duration| (frames * connections) as f64 / took.as_secs_f64();
        for (took, into) in [bridged, relayed[0], relayed[1]].into_iter().zip(&mut rates) {
            into.push(rate(took));
        }
        for (took, into) in [bridged, relayed[0], read].into_iter().zip(&mut costs) {
            into.push(took.as_secs_f64() * 1e6 / frames as f64);
        }
        ratios.push(rate(bridged) / rate(relayed[0]));
        over.push(bridged.as_secs_f64() / (relayed[0] + read).as_secs_f64());
    }
    let name = format!("{connections} connection{}", if connections == 1 { "" } else { "s" });
    let cells = rates.map(|rate| Spread::of(rate).shown(0));
    table.row(std::iter::once(name.clone()).chain(cells).chain([Spread::of(ratios).shown(2)]));
    let cells = costs.map(|cost| format!("{} µs", Spread::of(cost).shown(1)));
    beside.row(std::iter::once(name).chain(cells).chain([Spread::of(over).shown(2)]));
    bridge.running.stop().await;
}

/// The way to a program that passes frames, and those who get them.
struct Side {
    source: TcpStream,
    crowd: Crowd,
}

impl Side {
    async fn say(&mut self, script: &[u8], frames: usize) -> Duration {
        let start = Instant::now();
        self.source.write_all(script).await.expect("somebody reads");
        self.crowd.hear(frames, start).await
    }
}

struct Relay(Side);

impl Relay {
    async fn start(coalesces: bool, connections: usize) -> Relay {
        let (source, receivers) = relay::start(coalesces, connections).await;
        Relay(Side { source, crowd: Crowd::listen(receivers) })
    }

    async fn say(&mut self, script: &[u8], frames: usize) -> Duration {
        self.0.say(script, frames).await
    }
}

struct Bridge {
    running: net::Running,
    side: Side,
    feed: Feed,
    calls: u32,
}

impl Bridge {
    async fn start(connections: usize) -> Bridge {
        let simulator = FeedSim::start().await.expect("a feed");
        let (config, mappings) = configure_passing(&simulator.address.to_string());
        let running = net::start(config, &mappings).await.expect("a bridge");
        let line = simulator.welcome(PASSWORD).await.expect("a connection");
        let mut receivers = Vec::new();
        for _ in 0..connections {
            let mut subscriber =
                Subscriber::log_on(running.applications[0], "Test01", USER_PASSWORD).await.expect("a connection");
            let all =
                ["agent-login-logout", "agent-status", "agent-activity", "call-activity"].map(|ty| (ty, &["*"][..]));
            subscriber.subscribe(&all).await.expect("a subscription");
            receivers.push(subscriber.into_stream());
        }
        let side = Side { source: line.into_stream(), crowd: Crowd::listen(receivers) };
        // The simulator has numbered its two replies.
        let mut bridge = Bridge { running, side, feed: Feed::from(2), calls: 1000 };
        let arrivals: Vec<u8> = agents().flat_map(|agent| bridge.feed.arrive(agent)).collect();
        bridge.side.source.write_all(&arrivals).await.expect("a bridge");
        bridge.side.crowd.quieten().await;
        bridge
    }

    /// So many calls, one after the other.
    fn script(&mut self, calls: u32) -> Vec<u8> {
        let first = self.calls;
        self.calls += calls;
        script(&mut self.feed, first, calls)
    }

    async fn say(&mut self, script: &[u8], frames: usize) -> Duration {
        self.side.say(script, frames).await
    }
}

fn script(feed: &mut Feed, first: u32, calls: u32) -> Vec<u8> {
    (first..first + calls).flat_map(|call| feed.whole_call(call, Agent(1001 + call % AGENTS))).flatten().collect()
}

fn agents() -> impl Iterator<Item = Agent> {
    (1001..1001 + AGENTS).map(Agent)
}

/// A bridge to which nobody has subscribed, without sockets.
struct Reading {
    live: Live,
    feed: Feed,
    calls: u32,
}

impl Reading {
    fn new() -> Reading {
        let mut reading = Reading { live: Live::passing(), feed: Feed::default(), calls: 1000 };
        for agent in agents() {
            let arrival = reading.feed.arrive(agent);
            reading.live.read(&arrival, &mut drop);
        }
        reading
    }

    fn read(&mut self, calls: u32) -> Duration {
        let script = script(&mut self.feed, self.calls, calls);
        self.calls += calls;
        let live = &mut self.live;
        // Time passes, so that calls that are over are forgotten.
        timed(|| {
            for bytes in script.chunks(64 << 10) {
                live.read(bytes, &mut drop);
                live.pass(Duration::from_secs(10), &mut drop);
            }
        })
    }
}
