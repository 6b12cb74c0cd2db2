//! How far bounds are used: every one has two gauges, under its section and key in the configuration, so that one alert
//! watches all of them.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::{Labels, Moment, Report};
use crate::{
    bridge::{Application, Bridge, Platform},
    log,
    settings::Queue,
};

/// The places of a listener: so many connections at a time.
#[derive(Debug, Clone)]
pub struct Places {
    pub section: String,
    bound: &'static str,
    pub limit: usize,
    pub free: Arc<Semaphore>,
}

impl Places {
    /// Of the section and the key that say how many there are.
    pub fn new(section: impl Into<String>, bound: &'static str, limit: usize) -> Places {
        Places { section: section.into(), bound, limit, free: Arc::new(Semaphore::new(limit)) }
    }
}

/// What waits in a queue.
#[derive(Debug, Clone, Copy)]
pub struct Fill {
    pub messages: usize,
    pub bytes: usize,
    pub limit: Queue,
}

impl Report {
    pub(super) fn bounds(&self, bridge: &Bridge, moment: &Moment<'_>, places: &[Places]) {
        for (index, platform) in bridge.platforms().present() {
            let unposted = moment.unposted.get(index).unwrap_or(&None);
            self.bounds_of_platform(platform, *unposted);
        }
        for (index, application) in bridge.applications().present() {
            self.bounds_of_application(index, application, moment);
        }
        for Places { section, bound, limit, free } in places {
            self.bound(section, bound, limit.saturating_sub(free.available_permits()), *limit);
        }
        self.bound("bridge", "inputs", moment.inputs.0, moment.inputs.1);
        if let Some((used, limit)) = bridge.history_fill() {
            self.bound("trace", "memory", used, limit);
        }
        if let Some(telemetry) = moment.telemetry {
            let (used, limit) = telemetry.fill();
            self.bound("telemetry", "queue", used, limit);
        }
        if let Some((used, limit)) = log::fill() {
            self.bound("log", "queue_bytes", used, limit);
        }
    }

    fn bound(&self, section: &str, bound: &str, used: usize, limit: usize) {
        let labels: Labels = vec![("section", section.to_owned()), ("bound", bound.to_owned())];
        for (family, value) in [(&self.used, used), (&self.limit, limit)] {
            family.get_or_create(&labels).set(i64::try_from(value).unwrap_or(i64::MAX));
        }
    }

    fn bounds_of_platform(&self, platform: &Platform, unposted: Option<(usize, usize)>) {
        let section = format!("platform.{}", platform.name);
        let (model, settings) = (&platform.model, platform.model.settings());
        for (bound, used, limit) in [
            ("max_calls", model.call_count(), settings.max_calls),
            ("max_agents", model.agents().count(), settings.max_agents),
            ("max_services", model.services().count(), settings.max_services),
            ("max_requests", platform.open_requests(), settings.max_requests),
            ("max_memory", model.memory(), settings.max_memory),
        ] {
            self.bound(&section, bound, used, limit);
        }
        if let Some((used, limit)) = unposted {
            self.bound(&section, "queue", used, limit);
        }
    }

    fn bounds_of_application(&self, index: usize, application: &Application, moment: &Moment<'_>) {
        let section = format!("application.{}", application.name);
        for (bound, used, limit) in application.server.iter().flat_map(|server| server.bounds()) {
            self.bound(&section, bound, used, limit);
        }
        if application.routes.media().is_some() {
            self.bound(&section, "max_routes", application.routes.size().0, application.routes.most());
        }
        let queues = moment.waiting.iter().filter(|((owner, _), _)| *owner == index).map(|(_, fill)| fill);
        let fullest = |count: fn(&Fill) -> (usize, usize)| queues.clone().map(count).max();
        let messages = fullest(|fill| (fill.messages, fill.limit.messages));
        let bytes = fullest(|fill| (fill.bytes, fill.limit.bytes));
        for (bound, fill) in [("queue", messages), ("queue_bytes", bytes)] {
            if let Some((used, limit)) = fill {
                self.bound(&section, bound, used, limit);
            }
        }
    }
}
