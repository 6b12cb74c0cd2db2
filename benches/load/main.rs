//! How long a message takes through the bridge while much happens in another part of it: a line with thousands of calls is
//! lost, a large snapshot is told, a platform floods. Beside it, the same while nothing else happens. The message is of a
//! platform of its own, for an application of its own; the bridge is the same.

mod probe;
#[path = "../support/mod.rs"]
mod support;

use std::time::Instant;

use cti_bridge::{
    net,
    sim::{desk::Desk, feed::FeedSim, subscriber::Subscriber},
};
use probe::{Delays, Probe};
use support::{
    bridge::{PASSWORD, USER_PASSWORD, configure_text},
    crowd::Crowd,
    feed::{Agent, Feed},
    measure::Spread,
    sink::Sink,
    table::Table,
};
use tokio::{io::AsyncWriteExt, net::TcpStream, time::sleep};

/// Connections that hear all of what happens.
const CONNECTIONS: usize = 60;
/// Live calls of the line that is lost.
const CALLS: u32 = 8000;
/// Agents of the snapshot.
const AGENTS: u32 = 10_000;
/// Calls of the flood, of ten messages each.
const FLOOD: u32 = 3000;
const TURNS: usize = 5;
/// Messages of one call until it alerts, and until it is over.
const OFFERED: usize = 4;
const WHOLE: usize = 10;
/// The places of the applications, which are in the order of their names.
const DESK: usize = 0;
const PROBE: usize = 1;
const WALL: usize = 2;

#[tokio::main(worker_threads = 2)]
async fn main() {
    let mut table = Table::new(
        "load",
        &["meanwhile", "median", "undisturbed", "ratio", "99th percentile", "undisturbed", "ratio", "longest"],
    );
    measure(&mut table, &format!("a line with {CALLS} calls is lost, {CONNECTIONS} connections"), lose_line).await;
    measure(&mut table, &format!("a snapshot of {AGENTS} agents is told"), tell_snapshot).await;
    measure(&mut table, &format!("a platform floods {CONNECTIONS} connections"), flood).await;
    table.finish();
}

/// Delays of the probe: undisturbed, and while something else happened.
type Turn = (Delays, Delays);

async fn measure(table: &mut Table, name: &str, turn: impl AsyncFn() -> Turn) {
    let mut cells = [const { Vec::new() }; 7];
    for _ in 0..TURNS {
        let (undisturbed, disturbed) = turn().await;
        let [median, before, slow, slow_before] =
            [disturbed.at(0.5), undisturbed.at(0.5), disturbed.at(0.99), undisturbed.at(0.99)];
        let values = [median, before, median / before, slow, slow_before, slow / slow_before, disturbed.at(1.0)];
        for (value, into) in values.into_iter().zip(&mut cells) {
            into.push(value);
        }
    }
    let [median, before, ratio, slow, slow_before, slow_ratio, longest] = cells.map(Spread::of);
    let micros = |spread: Spread| format!("{} µs", spread.shown(0));
    let (ratio, slow_ratio) = (ratio.shown(1), slow_ratio.shown(1));
    let [median, before, slow, slow_before] = [median, before, slow, slow_before].map(micros);
    table.row([name.to_owned(), median, before, ratio, slow, slow_before, slow_ratio, micros(longest)]);
}

/// A bridge with a platform of which much is heard, and one for the probe.
struct World {
    running: net::Running,
    /// The line of which much is heard, until it is taken.
    bulk: Option<TcpStream>,
    feed: Feed,
    probe: Probe,
}

impl World {
    async fn start() -> World {
        let (bulk, quiet) = (FeedSim::start().await.expect("a feed"), FeedSim::start().await.expect("a feed"));
        let platform = |name: &str, feed: &FeedSim| {
            format!(
                "[platform.{name}]\ndialect = 'event-feed'\naddress = '{}'\nuser = 'feed'\npassword = '{PASSWORD}'\n\
                 link_grace = '50ms'\nmax_calls = 20000\nmax_agents = 20000\n",
                feed.address
            )
        };
        let application = |name: &str, dialect: &str, platform: &str, connections: &str| {
            format!(
                "[application.{name}]\ndialect = '{dialect}'\nlisten = '127.0.0.1:0'\n{connections}\
                 users = {{ Test01 = '{USER_PASSWORD}' }}\nplatforms = ['{platform}']\n"
            )
        };
        // All connections are equally slow on a busy machine: none is to end for it.
        let (config, mappings) = configure_text(&[
            "hold_limit = '1h'\n".to_owned(),
            platform("bulk", &bulk),
            platform("quiet", &quiet),
            application("wall", "event-feed", "bulk", "connections = 64\n"),
            application("desk", "ctips", "bulk", ""),
            application("probe", "event-feed", "quiet", ""),
        ]);
        let running = net::start(config, &mappings).await.expect("a bridge");
        let bulk = bulk.welcome(PASSWORD).await.expect("a connection").into_stream();
        let quiet = quiet.welcome(PASSWORD).await.expect("a connection").into_stream();
        let hearing = subscribe(&running, PROBE).await;
        let probe = Probe::start(quiet, hearing);
        // The simulator has numbered its two replies.
        World { running, bulk: Some(bulk), feed: Feed::from(2), probe }
    }

    /// So many connections that hear everything about calls and agents.
    async fn crowd(&self, connections: usize) -> Crowd {
        let mut streams = Vec::new();
        for _ in 0..connections {
            streams.push(subscribe(&self.running, WALL).await);
        }
        Crowd::listen(streams)
    }

    async fn say(&mut self, bytes: &[u8]) {
        self.bulk.as_mut().expect("a line").write_all(bytes).await.expect("a bridge");
    }

    /// Delays with and without something that happens.
    async fn turn(mut self, happening: impl Future<Output = ()>) -> Turn {
        let begun = Instant::now();
        self.probe.begin();
        happening.await;
        let disturbed = self.probe.end();
        let took = begun.elapsed();
        self.probe.begin();
        sleep(took).await;
        let undisturbed = self.probe.end();
        self.running.stop().await;
        (undisturbed, disturbed)
    }
}

async fn subscribe(running: &net::Running, application: usize) -> TcpStream {
    let log_on = Subscriber::log_on(running.applications[application], "Test01", USER_PASSWORD);
    let mut subscriber = log_on.await.expect("a connection");
    let all = ["agent-login-logout", "agent-status", "agent-activity", "call-activity"].map(|ty| (ty, &["*"][..]));
    subscriber.subscribe(&all).await.expect("a subscription");
    subscriber.into_stream()
}

async fn lose_line() -> Turn {
    let mut world = World::start().await;
    let watch = world.crowd(1).await;
    let calls = (1000..1000 + CALLS).flat_map(|call| world.feed.offer(call, Agent(1001 + call % 10)));
    let said: Vec<u8> = calls.flatten().collect();
    let start = Instant::now();
    world.say(&said).await;
    watch.hear(CALLS as usize * OFFERED, start).await;
    let crowd = world.crowd(CONNECTIONS).await;
    crowd.quieten().await;
    let mut bulk = world.bulk.take().expect("a line");
    world
        .turn(async {
            bulk.shutdown().await.expect("a connection");
            crowd.hear(CALLS as usize * CONNECTIONS, Instant::now()).await;
        })
        .await
}

async fn tell_snapshot() -> Turn {
    let mut world = World::start().await;
    let watch = world.crowd(1).await;
    let said: Vec<u8> = (1001..1001 + AGENTS).flat_map(|agent| world.feed.arrive(Agent(agent))).collect();
    let start = Instant::now();
    world.say(&said).await;
    watch.hear(AGENTS as usize * 2, start).await;
    let sink = Sink::start();
    let mut desk = Desk::start(world.running.applications[DESK]).await.expect("a desk");
    let url = format!("http://{}/CTIEvents", sink.address);
    desk.session = desk.open_at(&url, "Test01", USER_PASSWORD).await.expect("a session");
    desk.register().await.expect("a session on line");
    world
        .turn(async {
            desk.ask("Snapshot", &[("EntityType", "AgentInfo")]).await.expect("a snapshot");
            while sink.count() < AGENTS as usize {
                sleep(std::time::Duration::from_millis(1)).await;
            }
        })
        .await
}

async fn flood() -> Turn {
    let mut world = World::start().await;
    let crowd = world.crowd(CONNECTIONS).await;
    let arrivals: Vec<u8> = (1001..1011).flat_map(|agent| world.feed.arrive(Agent(agent))).collect();
    let start = Instant::now();
    world.say(&arrivals).await;
    crowd.hear(20 * CONNECTIONS, start).await;
    let calls = (1000..1000 + FLOOD).flat_map(|call| world.feed.whole_call(call, Agent(1001 + call % 10)));
    let said: Vec<u8> = calls.flatten().collect();
    let mut bulk = world.bulk.take().expect("a line");
    world
        .turn(async {
            let start = Instant::now();
            bulk.write_all(&said).await.expect("a bridge");
            crowd.hear(FLOOD as usize * WHOLE * CONNECTIONS, start).await;
        })
        .await
}
