//! Histograms: of times that are measured as they pass, and of times that the bridge has counted.

use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::{
    encoding::{EncodeMetric, MetricEncoder, NoLabelSet},
    metrics::{
        MetricType, TypedMetric,
        histogram::{Histogram, exponential_buckets},
    },
};

use crate::bridge::latency::{BOUNDS, Latency};

/// Times that are measured.
#[derive(Debug, Clone)]
pub struct Timing(Histogram);

impl Default for Timing {
    fn default() -> Timing {
        Timing(Histogram::new(exponential_buckets(0.000_01, 3.0, 14)))
    }
}

impl Timing {
    pub fn observe(&self, seconds: f64) {
        self.0.observe(seconds);
    }
}

impl TypedMetric for Timing {
    const TYPE: MetricType = MetricType::Histogram;
}

impl EncodeMetric for Timing {
    fn encode(&self, encoder: MetricEncoder<'_>) -> std::fmt::Result {
        self.0.encode(encoder)
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
