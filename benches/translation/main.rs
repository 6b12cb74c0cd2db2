//! Bytes in, bytes out, without sockets: the bridge beside a hand-written translator of this one pair of dialects.

#[path = "../support/mod.rs"]
mod support;

use support::{bridge::{Live, Translate}, feed::{Agent, Feed}};

fn main() {
    let mut live = Live::new();
    let mut feed = Feed::default();
    let agent = Agent(1001);
    let mut show = |name: &str, bytes: &[u8]| {
        println!("== {name}: {}", String::from_utf8_lossy(bytes));
        live.read(bytes, &mut |body| println!("{}", String::from_utf8_lossy(&body)));
    };
    show("arrive", &feed.arrive(agent));
    for frame in feed.whole_call(900, agent) {
        show("call", &frame);
    }
    show("stats", &feed.statistics());
}
