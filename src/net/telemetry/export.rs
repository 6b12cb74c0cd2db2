//! Posting spans to a collector: in batches, one after the other, again as long as it may take them later. It owns how long it is
//! waited and what is complained of, which is once until the collector works again.

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use hyper::StatusCode;
use serde_json::Value;
use tokio::{sync::mpsc, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{Counts, Span, Telemetry, span};
use crate::{
    config::Telemetry as Settings,
    net::{
        exchange::{Access, Exchange, Failure},
        peers::Peers,
        tls::Connector,
    },
    port::Notice,
};

/// The most spans of one request.
const BATCH: usize = 64;
/// How long it is waited for further spans before some are posted.
const LINGER: Duration = Duration::from_millis(200);
/// The waits between two attempts.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(30);
/// How long a collector may take for all that is left when the bridge stops.
const LAST: Duration = Duration::from_secs(2);
/// The most that is read of an answer, in bytes, and the most that is shown of it.
const ANSWER: usize = 64 << 10;
const SHOWN: usize = 200;

/// Where the spans of calls go.
pub struct Exporter {
    exchange: Exchange,
    url: String,
    headers: Vec<(HeaderName, HeaderValue)>,
    resource: Value,
    limit: Duration,
    queue: mpsc::Receiver<Span>,
    counts: Arc<Counts>,
    peers: Peers,
    /// Cancelled when nobody makes any more spans.
    done: CancellationToken,
    /// The spans that were taken of the queue, and of which it is not known what becomes of them.
    undecided: u64,
    /// The spans that were dropped when the collector began to fail; none while it works.
    failing: Option<u64>,
}

/// What became of a request.
enum Outcome {
    /// It was taken, but for so many spans.
    Taken(u64),
    /// It will never be taken.
    Refused(String),
    /// It may be taken later, perhaps after so long.
    Later(String, Option<Duration>),
}

impl Exporter {
    /// The engine's side and the exporter.
    pub fn start(settings: &Settings, connector: Connector, peers: Peers) -> Result<(Telemetry, Exporter), String> {
        let access = Access::new(connector, &settings.tls, None, settings.plaintext, ANSWER);
        let exchange = Exchange::new(Arc::new(access), &settings.url)
            .map_err(|wrong| format!("telemetry: {} {wrong}", settings.url))?;
        let (sender, queue) = mpsc::channel(settings.queue);
        let (counts, done) = (Arc::new(Counts::default()), CancellationToken::new());
        let exporter = Exporter {
            exchange,
            url: settings.url.clone(),
            headers: settings.headers.clone(),
            resource: span::resource(&settings.service, &settings.attributes),
            limit: settings.timeout,
            queue,
            counts: counts.clone(),
            peers,
            done: done.clone(),
            undecided: 0,
            failing: None,
        };
        Ok((Telemetry::new(sender, counts, done.drop_guard()), exporter))
    }

    /// Posts until nobody has any more spans. Once nobody makes any, the collector has a moment for those that are left.
    pub async fn run(mut self) {
        let done = self.done.clone();
        let patience = async {
            done.cancelled().await;
            tokio::time::sleep(LAST).await;
        };
        tokio::select! {
            () = self.work() => {}
            () = patience => {}
        }
        let mut left = self.undecided;
        while self.queue.try_recv().is_ok() {
            left += 1;
        }
        let stopped = self.counts.stopped.fetch_add(left, Relaxed) + left;
        if stopped > 0 {
            let cause = "the bridge stopped before the collector took them";
            self.peers.complain(Notice::SpansDropped { cause, limit: None, count: Some(stopped) }).await;
        }
    }

    async fn work(&mut self) {
        let mut batch = Vec::new();
        while self.queue.recv_many(&mut batch, BATCH).await > 0 {
            self.undecided = batch.len() as u64;
            self.gather(&mut batch).await;
            self.undecided = batch.len() as u64;
            self.export(&mut batch).await;
            self.undecided = 0;
        }
    }

    /// Waits a little for further spans.
    async fn gather(&mut self, batch: &mut Vec<Span>) {
        let (queue, done) = (&mut self.queue, &self.done);
        let more = async { while batch.len() < BATCH && queue.recv_many(batch, BATCH - batch.len()).await > 0 {} };
        tokio::select! {
            () = done.cancelled() => {}
            _ = timeout(LINGER, more) => {}
        }
    }

    /// Has these spans taken, or drops and counts them.
    async fn export(&mut self, batch: &mut Vec<Span>) {
        let body = Bytes::from(span::request(&self.resource, batch).to_string());
        let number = batch.drain(..).len() as u64;
        let mut wait = SHORTEST;
        loop {
            let was_stopping = self.done.is_cancelled();
            let reason = match self.post(body.clone()).await {
                Outcome::Taken(rejected) => {
                    self.counts.exported.fetch_add(number.saturating_sub(rejected), Relaxed);
                    self.counts.refused.fetch_add(rejected.min(number), Relaxed);
                    return self.works(rejected).await;
                }
                Outcome::Refused(reason) => {
                    self.counts.refused.fetch_add(number, Relaxed);
                    return self.fails(reason).await;
                }
                Outcome::Later(reason, after) => {
                    wait = after.map_or(wait, |after| after.clamp(SHORTEST, LONGEST));
                    reason
                }
            };
            if was_stopping {
                self.counts.stopped.fetch_add(number, Relaxed);
                return;
            }
            self.fails(reason).await;
            tokio::select! {
                () = self.done.cancelled() => {}
                () = tokio::time::sleep(wait) => {}
            }
            wait = (wait * 2).min(LONGEST);
        }
    }

    async fn post(&mut self, body: Bytes) -> Outcome {
        let answer = self.exchange.post_json(&self.headers, body, self.limit).await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(Failure::Unsent(reason) | Failure::Unknown(reason)) => return Outcome::Later(reason, None),
        };
        let text = answer.body.unwrap_or_default();
        if answer.status.is_success() {
            let told: Value = serde_json::from_slice(&text).unwrap_or_default();
            let rejected = &told["partialSuccess"]["rejectedSpans"];
            let rejected = rejected.as_u64().or_else(|| rejected.as_str()?.parse().ok());
            return Outcome::Taken(rejected.unwrap_or(0));
        }
        let shown: String = String::from_utf8_lossy(&text).chars().take(SHOWN).collect();
        let reason = format!("it answered {} {shown}", answer.status).trim_end().to_owned();
        let may_come = [
            StatusCode::REQUEST_TIMEOUT,
            StatusCode::TOO_MANY_REQUESTS,
            StatusCode::BAD_GATEWAY,
            StatusCode::SERVICE_UNAVAILABLE,
            StatusCode::GATEWAY_TIMEOUT,
        ];
        match may_come.contains(&answer.status) {
            true => Outcome::Later(reason, answer.retry_after.map(Duration::from_secs)),
            false => Outcome::Refused(reason),
        }
    }

    /// Says once that the collector does not take spans.
    async fn fails(&mut self, reason: String) {
        if self.failing.is_none() {
            self.failing = Some(self.counts.dropped());
            self.peers.complain(Notice::TelemetryFailed { address: self.url.clone(), reason }).await;
        }
    }

    /// The collector took spans: all but so many.
    async fn works(&mut self, rejected: u64) {
        if rejected > 0 {
            return self.fails(format!("it took a request but for {rejected} spans")).await;
        }
        if let Some(before) = self.failing.take() {
            let count = self.counts.dropped().saturating_sub(before);
            self.peers.complain(Notice::TelemetryRestored { address: self.url.clone(), count }).await;
        }
    }
}
