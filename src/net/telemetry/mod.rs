//! OpenTelemetry: each call becomes a span with what happened as its events, for a collector that takes OTLP over HTTP. It owns
//! all of that: `calls` follows calls by what the bridge remembers, `span` is a span and its JSON, `export` posts them. It
//! deliberately waits for nobody: spans for which there is no room are dropped, counted and complained of.

mod calls;
mod export;
mod span;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use tokio::sync::mpsc;
use tokio_util::sync::DropGuard;

use crate::{
    bridge::{Bridge, Owner},
    port::Notice,
};
use calls::{Calls, Names};
pub use export::Exporter;
use span::Span;

/// What became of spans.
#[derive(Debug, Default)]
pub struct Counts {
    pub exported: AtomicU64,
    /// There was no room in the queue.
    pub queue_full: AtomicU64,
    /// The collector refused them.
    pub refused: AtomicU64,
    /// The bridge stopped before the collector took them.
    pub stopped: AtomicU64,
    /// Too many calls were followed already.
    pub not_followed: AtomicU64,
}

impl Counts {
    /// Each by its name.
    pub fn all(&self) -> [(&'static str, u64); 5] {
        [
            ("exported", self.exported.load(Relaxed)),
            ("queue-full", self.queue_full.load(Relaxed)),
            ("refused", self.refused.load(Relaxed)),
            ("stopped", self.stopped.load(Relaxed)),
            ("not-followed", self.not_followed.load(Relaxed)),
        ]
    }

    fn dropped(&self) -> u64 {
        self.all().iter().filter(|(name, _)| *name != "exported").map(|(_, count)| count).sum()
    }
}

/// The engine's side: follows calls, and queues those that are over.
pub struct Telemetry {
    calls: Calls,
    /// How far the bridge's memory has been read.
    place: u64,
    queue: mpsc::Sender<Span>,
    pub counts: Arc<Counts>,
    /// It was said that the queue is full, and it has been since.
    is_full: bool,
    /// Tells the exporter that there will be no more.
    _done: DropGuard,
}

impl Names for Bridge {
    fn of(&self, owner: Owner) -> (&'static str, &str) {
        self.side(owner)
    }
}

impl Telemetry {
    fn new(queue: mpsc::Sender<Span>, counts: Arc<Counts>, done: DropGuard) -> Telemetry {
        Telemetry { calls: Calls::default(), place: 0, queue, counts, is_full: false, _done: done }
    }

    /// Takes in what has happened since the last time. Hands back what should be complained of.
    pub fn observe(&mut self, bridge: &Bridge) -> Option<Notice> {
        let calls = &mut self.calls;
        bridge.happenings(&mut self.place, |happening| calls.take(&happening, bridge));
        self.counts.not_followed.store(calls.left_out, Relaxed);
        let spans = self.calls.complete();
        self.send(spans)
    }

    /// The bridge stops: calls that are not over are told as far as they have come.
    pub fn finish(mut self, bridge: &Bridge) -> Option<Notice> {
        let notice = self.observe(bridge);
        let spans = self.calls.all();
        notice.or(self.send(spans))
    }

    /// How many spans wait, and how many may.
    pub fn fill(&self) -> (usize, usize) {
        (self.queue.max_capacity() - self.queue.capacity(), self.queue.max_capacity())
    }

    fn send(&mut self, spans: Vec<Span>) -> Option<Notice> {
        let mut notice = None;
        for span in spans {
            if self.queue.try_send(span).is_ok() {
                self.is_full = false;
                continue;
            }
            self.counts.queue_full.fetch_add(1, Relaxed);
            if !std::mem::replace(&mut self.is_full, true) {
                let limit = self.queue.max_capacity() as u64;
                notice = Some(Notice::SpansDropped { cause: "the queue is full", limit: Some(limit), count: None });
            }
        }
        notice
    }
}
