//! Sends one message after the other through the bridge, each once the one before is there, and notes how long each takes.
//! It has a thread of its own.

use std::{
    io::{Read, Write},
    net,
    sync::mpsc::{Receiver, Sender, TryRecvError, channel},
    thread,
    time::{Duration, Instant},
};

use tokio::net::TcpStream;

use super::support::feed::{Agent, Feed};

/// How long nothing is sent between two messages.
const PAUSE: Duration = Duration::from_micros(500);

pub struct Probe {
    begin: Sender<Receiver<()>>,
    stop: Option<Sender<()>>,
    delays: Receiver<Delays>,
}

/// Delays in microseconds, sorted.
pub struct Delays(Vec<f64>);

impl Delays {
    /// The delay at this part of all of them.
    pub fn at(&self, part: f64) -> f64 {
        self.0[((self.0.len() - 1) as f64 * part).round() as usize]
    }
}

impl Probe {
    /// The way from a platform to an application.
    pub fn start(platform: TcpStream, application: TcpStream) -> Probe {
        let (begin, begun) = channel::<Receiver<()>>();
        let (told, delays) = channel();
        let (mut platform, mut application) = (blocking(platform), blocking(application));
        thread::spawn(move || {
            // The simulator has numbered its two replies.
            let mut feed = Feed::from(2);
            let arrival = feed.arrive(Agent(1001));
            platform.write_all(&arrival).expect("a bridge");
            let mut missing = 2;
            while missing > 0 {
                missing -= frames(&mut application).min(missing);
            }
            while let Ok(stop) = begun.recv() {
                let mut delays = Vec::new();
                // At least one, however soon it is over.
                while delays.is_empty() || stop.try_recv() == Err(TryRecvError::Empty) {
                    let frame = feed.idle(Agent(1001));
                    let start = Instant::now();
                    platform.write_all(&frame).expect("a bridge");
                    while frames(&mut application) == 0 {}
                    delays.push(start.elapsed().as_secs_f64() * 1e6);
                    thread::sleep(PAUSE);
                }
                delays.sort_unstable_by(f64::total_cmp);
                if told.send(Delays(delays)).is_err() {
                    return;
                }
            }
        });
        Probe { begin, stop: None, delays }
    }

    pub fn begin(&mut self) {
        let (stop, stopped) = channel();
        self.stop = Some(stop);
        self.begin.send(stopped).expect("a probe");
    }

    pub fn end(&mut self) -> Delays {
        self.stop = None;
        self.delays.recv().expect("delays")
    }
}

fn blocking(stream: TcpStream) -> net::TcpStream {
    let stream = stream.into_std().expect("a socket");
    stream.set_nonblocking(false).expect("a socket");
    stream
}

/// How many frames end in what comes next.
fn frames(stream: &mut net::TcpStream) -> usize {
    let mut buffer = [0; 4096];
    let read = stream.read(&mut buffer).expect("a bridge");
    assert!(read > 0, "the bridge has closed the connection");
    memchr::memchr_iter(0, &buffer[..read]).count()
}
