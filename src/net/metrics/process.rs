//! Metrics of the process itself, under the names that all programs give them. They are read from /proc, so only Linux has
//! them.

use std::sync::atomic::AtomicU64;

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};

#[cfg(target_os = "linux")]
mod linux;

/// What is known of the process.
#[derive(Debug, Default, PartialEq)]
struct Process {
    cpu_seconds: Option<f64>,
    open_fds: Option<i64>,
    max_fds: Option<i64>,
    resident_bytes: Option<i64>,
    start_seconds: Option<f64>,
}

pub fn registry() -> Registry {
    #[cfg(target_os = "linux")]
    let process = linux::read();
    #[cfg(not(target_os = "linux"))]
    let process = Process::default();
    process.registry()
}

/// Names, types and help, as they are documented.
#[cfg(test)]
pub const FAMILIES: [(&str, &str, &str); 5] = [
    ("process_cpu_seconds_total", "counter", CPU),
    ("process_open_fds", "gauge", OPEN),
    ("process_max_fds", "gauge", MOST),
    ("process_resident_memory_bytes", "gauge", MEMORY),
    ("process_start_time_seconds", "gauge", START),
];
const CPU: &str = "Processor time, of the program and of the system for it, in seconds";
const OPEN: &str = "Open file descriptors";
const MOST: &str = "The most file descriptors that may be open";
const MEMORY: &str = "Resident memory in bytes";
const START: &str = "When the process started, in seconds since 1970";

impl Process {
    fn registry(&self) -> Registry {
        let mut registry = Registry::with_prefix("process");
        if let Some(seconds) = self.cpu_seconds {
            let counter = Counter::<f64, AtomicU64>::default();
            counter.inc_by(seconds);
            registry.register("cpu_seconds", CPU, counter);
        }
        let numbers = [
            ("open_fds", OPEN, self.open_fds),
            ("max_fds", MOST, self.max_fds),
            ("resident_memory_bytes", MEMORY, self.resident_bytes),
        ];
        for (name, help, value) in numbers {
            if let Some(value) = value {
                let gauge = Gauge::<i64>::default();
                gauge.set(value);
                registry.register(name, help, gauge);
            }
        }
        if let Some(seconds) = self.start_seconds {
            let gauge = Gauge::<f64, AtomicU64>::default();
            gauge.set(seconds);
            registry.register("start_time_seconds", START, gauge);
        }
        registry
    }
}
