//! Histograms: of times that are measured as they pass, and of times that the bridge has counted.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use prometheus_client::{
    encoding::{EncodeMetric, MetricEncoder, NoLabelSet},
    metrics::{MetricType, TypedMetric},
};

use crate::bridge::latency::{BOUNDS, Latency};

/// The bounds of measured times but the last, in seconds: each is three times the one before.
const STEPS: usize = 14;
const LEAST: f64 = 0.000_01;
const STEP: f64 = 3.0;

/// Times that are measured.
#[derive(Debug, Clone, Default)]
pub struct Timing(Arc<Mutex<Measured>>);

#[derive(Debug, Default)]
struct Measured {
    seconds: f64,
    /// How many were at most as long as each bound and longer than the one before.
    counts: [u64; STEPS + 1],
}

/// The upper bounds in seconds.
fn bounds() -> impl Iterator<Item = f64> {
    std::iter::successors(Some(LEAST), |bound| Some(bound * STEP)).take(STEPS).chain([f64::MAX])
}

impl Timing {
    /// Counts so many events that took so long.
    pub fn observe(&self, time: Duration, events: usize) {
        let seconds = time.as_secs_f64();
        let place = bounds().position(|bound| seconds <= bound).unwrap_or(STEPS);
        let mut measured = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        measured.seconds += seconds * events as f64;
        measured.counts[place] += events as u64;
    }
}

impl TypedMetric for Timing {
    const TYPE: MetricType = MetricType::Histogram;
}

impl EncodeMetric for Timing {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> std::fmt::Result {
        let Measured { seconds, counts } = &*self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let buckets: Vec<(f64, u64)> = bounds().zip(*counts).collect();
        encoder.encode_histogram::<NoLabelSet>(*seconds, counts.iter().sum(), &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        Timing::TYPE
    }
}

/// Times that the bridge has counted.
#[derive(Debug, Clone, Default)]
pub struct Lengths(Arc<Mutex<Latency>>);

impl Lengths {
    pub fn set(&self, latency: &Latency) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone_from(latency);
    }
}

impl TypedMetric for Lengths {
    const TYPE: MetricType = MetricType::Histogram;
}

impl EncodeMetric for Lengths {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> std::fmt::Result {
        let latency = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bounds = BOUNDS.iter().map(|millis| *millis as f64 / 1000.0).chain([f64::MAX]);
        let buckets: Vec<(f64, u64)> = bounds.zip(latency.counts).collect();
        let count = latency.counts.iter().sum();
        encoder.encode_histogram::<NoLabelSet>(latency.total.as_secs_f64(), count, &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        Lengths::TYPE
    }
}
