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
/// How long a collector may take when the bridge stops.
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
    shutdown: CancellationToken,
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
    pub fn start(
        settings: &Settings,
        connector: Connector,
        peers: Peers,
        shutdown: CancellationToken,
    ) -> Result<(Telemetry, Exporter), String> {
        let access = Access::new(connector, &settings.tls, None, settings.plaintext, ANSWER);
        let exchange = Exchange::new(Arc::new(access), &settings.url)
            .map_err(|wrong| format!("telemetry: {} {wrong}", settings.url))?;
        let (sender, queue) = mpsc::channel(settings.queue);
        let counts = Arc::new(Counts::default());
        let exporter = Exporter {
            exchange,
            url: settings.url.clone(),
            headers: settings.headers.clone(),
            resource: span::resource(&settings.service, &settings.attributes),
            limit: settings.timeout,
            queue,
            counts: counts.clone(),
            peers,
            shutdown,
            failing: None,
        };
        Ok((Telemetry::new(sender, counts), exporter))
    }

    /// Posts until nobody has any more spans.
    pub async fn run(mut self) {
        let mut batch = Vec::new();
        while self.queue.recv_many(&mut batch, BATCH).await > 0 {
            self.gather(&mut batch).await;
            self.export(&mut batch).await;
        }
        let stopped = self.counts.stopped.load(Relaxed);
        if stopped > 0 {
            let cause = "the bridge stopped before the collector took them";
            self.peers.complain(Notice::SpansDropped { cause, limit: None, count: Some(stopped) }).await;
        }
    }

    /// Waits a little for further spans.
    async fn gather(&mut self, batch: &mut Vec<Span>) {
        let (queue, shutdown) = (&mut self.queue, &self.shutdown);
        let more = async { while batch.len() < BATCH && queue.recv_many(batch, BATCH - batch.len()).await > 0 {} };
        tokio::select! {
            () = shutdown.cancelled() => {}
            _ = timeout(LINGER, more) => {}
        }
    }

    /// Has these spans taken, or drops and counts them.
    async fn export(&mut self, batch: &mut Vec<Span>) {
        let body = Bytes::from(span::request(&self.resource, batch).to_string());
        let number = batch.drain(..).len() as u64;
        let mut wait = SHORTEST;
        loop {
            let was_stopping = self.shutdown.is_cancelled();
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
                () = self.shutdown.cancelled() => {}
                () = tokio::time::sleep(wait) => {}
            }
            wait = (wait * 2).min(LONGEST);
        }
    }

    async fn post(&mut self, body: Bytes) -> Outcome {
        let limit = if self.shutdown.is_cancelled() { self.limit.min(LAST) } else { self.limit };
        let post = self.exchange.post_json(&self.headers, body, limit);
        let stopping = self.shutdown.clone();
        let answer = tokio::select! {
            answer = post => answer,
            // An attempt that hangs is over soon.
            () = async { stopping.cancelled().await; tokio::time::sleep(LAST).await } => {
                return Outcome::Later("the bridge stops".into(), None);
            }
        };
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
