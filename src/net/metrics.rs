//! Metrics, in the text that Prometheus reads. Counters are the bridge's own counts, put into families when somebody asks;
//! only times are kept here. It owns the one table of families; `report` fills them, `text` writes them.

mod bounds;
mod process;
mod report;
mod text;
mod timing;

use std::collections::HashMap;

use prometheus_client::{
    encoding::text::{encode_eof, encode_registry},
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

use super::assemble::Work;
use crate::{
    bridge::{Bridge, Owner},
    config::certificates::Certificate,
    log,
    net::telemetry::Telemetry,
    time::Time,
};
pub use bounds::{Fill, Places};
pub use text::Form;
use timing::{Lengths, Timing};

type Labels = Vec<(&'static str, String)>;
type Counters = Family<Labels, Counter>;
type Gauges = Family<Labels, Gauge>;
type Timings = Family<Labels, Timing>;
type Latencies = Family<Labels, Lengths>;

/// What is measured, not counted, of one application.
#[derive(Clone)]
pub struct Measured {
    /// From the bytes read to the event in the session's queue.
    pub translation: Timing,
    /// From the queue to the client's answer.
    pub delivery: Timing,
    /// Events that a client took and answered with a fault.
    pub faulted: Counter,
}

/// What is measured, and what is known outside the bridge.
#[derive(Default)]
pub struct Metrics {
    translation: Timings,
    delivery: Timings,
    faulted: Counters,
    /// WebSockets that were refused, or ended because their peers broke the rules.
    refused: Counters,
    by_application: Vec<Measured>,
    /// The places of the listeners.
    pub places: Vec<Places>,
}

/// What the engine knows at the moment of a report.
#[derive(Default)]
pub struct Moment<'m> {
    pub now: Time,
    /// How much waits for each session of each application.
    pub waiting: HashMap<(usize, u32), Fill>,
    /// How many posts wait for each platform, of how many; none for platforms that are not posted to.
    pub unposted: Vec<Option<(usize, usize)>>,
    /// The engine's own queue of inputs.
    pub inputs: (usize, usize),
    pub certificates: &'m [Certificate],
    pub telemetry: Option<&'m Telemetry>,
}

/// The one table of families: the source of a report and of its documentation. A row is a family's field, its type, its name
/// without the program's, its labels, and what it counts.
macro_rules! families {
    ($($field:ident: $type:ident $name:literal [$($label:literal)*] $help:literal)*) => {
        /// The families of one report.
        #[derive(Default)]
        struct Report {
            $($field: $type,)*
        }

        impl Report {
            fn register(self, registry: &mut Registry) {
                $(registry.register($name, $help, self.$field);)*
            }
        }

        #[cfg(test)]
        const FAMILIES: &[(&str, &str, &[&str], &str)] =
            &[$((stringify!($type), $name, &[$($label),*], $help),)*];
    };
}

// Every family of a platform has the label `platform`, every one of an application `application`.
families! {
    build: Gauges "build_info" ["version" "commit"] "Always 1; the labels say which build runs"
    connected: Gauges "platform_connected" ["platform"] "Whether a platform is connected"
    reconnects: Counters "disconnects" ["platform"] "Connections to a platform that were lost"
    age: Gauges "last_message_age_seconds" ["platform"]
        "Since the last message of a platform was read, or since the start if there was none"
    is_held_back: Gauges "platform_held_back" ["platform"]
        "Whether nothing is read of a platform for now, because sessions have to catch up first"
    held_back: Counters "holds" ["platform"] "Times that nothing was read of a platform for a while"
    heard: Counters "messages_in" ["platform" "message"] "Messages of a platform that were read"
    ignored: Counters "messages_ignored" ["platform" "message"] "Messages that nothing is made of, for a reason"
    refused: Counters "refused" ["platform" "reason"] "What was not taken of a platform, by reason"
    unknown: Counters "unknown" ["platform" "what"] "Messages, fields and values that the vocabulary does not know"
    replaced: Counters "texts_replaced" ["platform" "sort"]
        "Messages of which characters became U+FFFD, by what stood there"
    rules: Counters "rules_fired" ["platform" "rule"] "Rules that fired for a platform's messages"
    ordered: Counters "orders" ["platform" "rule"] "What platforms were asked to do"
    open: Gauges "open_requests" ["platform"] "Requests that have no outcome yet"
    latency: Latencies "request_seconds" ["platform"] "From a request to its outcome"
    gaps: Counters "sequence_gaps" ["platform"] "Gaps in the sequence of a platform's messages"
    posts: Counters "posts" ["platform" "outcome"] "Requests posted to a platform, by what became of them"
    unposted: Gauges "unposted" ["platform"] "Requests that wait to be posted to a platform"
    calls: Gauges "calls" ["platform"] "Calls in the picture of a platform"
    agents: Gauges "agents" ["platform"] "Agents in the picture of a platform"
    ends_waiting: Gauges "ends_waiting" ["platform"]
        "Ends of calls and log-ons that wait until sessions have room to be told"
    reached: Counters "bounds_reached" ["platform" "bound"]
        "Live calls that were ended at a limit of the platform (`calls-ended`), calls, agents and services that were left out, and answered requests that were forgotten early"
    platform_routes: Counters "platform_routes" ["platform" "outcome"]
        "Routes that the bridge selects for a platform, by what became of them"
    platform_routes_open: Gauges "platform_routes_open" ["platform"]
        "Selections for a platform that live on a routing platform"

    sessions: Gauges "sessions" ["application"] "Sessions of an application"
    lost: Counters "sessions_lost" ["application" "cause"] "Sessions that ended against their client's will, by cause"
    discarded: Counters "messages_discarded" ["application" "cause"]
        "Events that waited for a session and were discarded with it"
    requests: Counters "requests_in" ["application" "message"] "Requests of an application"
    requests_refused: Counters "application_refused" ["application" "reason"]
        "What was not taken of an application, or not told to it, by reason"
    requests_replaced: Counters "application_texts_replaced" ["application" "sort"]
        "Requests of which characters became U+FFFD, by what stood there"
    application_rules: Counters "application_rules_fired" ["application" "rule"]
        "Rules that fired for what an application is told, or for its requests"
    said: Counters "messages_out" ["application" "message"] "Events said to an application"
    published: Counters "messages_published" ["application" "message"] "Events queued for sessions"
    untold: Counters "transitions_untold" ["application" "transition"]
        "Changes that an application's dialect does not tell"
    waiting: Gauges "queue" ["application" "session"] "Posts that wait for a session"
    translation: Timings "translation_seconds" ["application"] "From the bytes read to the event queued"
    delivery: Timings "delivery_seconds" ["application"] "From the event queued to the client's answer"
    faulted: Counters "faulted" ["application"] "Events that a client answered with a fault"
    remembered: Gauges "remembered" ["application"]
        "Requests that are remembered for an application's clients to ask about"
    routes: Counters "routes" ["application" "outcome"] "Route selections of an application, by what became of them"
    routes_open: Gauges "routes_open" ["application"] "Selections of an application that live on a routing platform"

    notices: Counters "notices" ["section" "event" "sort"]
        "Events of the log by name, and by their first field with the bridge's own words; also those that were not logged one by one"
    websockets_refused: Counters "websockets_refused" ["section" "reason"]
        "WebSockets that were refused, or ended because their peers broke the rules, by reason"

    used: Gauges "bound_used" ["section" "bound"]
        "How much of a bound is used: of calls, agents, queues, connections; of queues, that of the fullest session"
    limit: Gauges "bound_limit" ["section" "bound"] "The bound, by its section and key in the configuration"
    expiry: Gauges "certificate_expiry_timestamp_seconds" ["section" "path"]
        "When a certificate expires, in seconds since 1970; of a file with several, the first that does"
    spans: Counters "spans" ["outcome"]
        "Spans of calls for a collector, by what became of them: `exported`, or dropped for a reason"
    lines_dropped: Counter "log_lines_dropped" [] "Lines of the log that nobody read in time, or that were not taken"
}

impl Metrics {
    /// An application gets the next place.
    pub fn add_application(&mut self, name: &str) {
        let labels = vec![("application", name.to_owned())];
        self.by_application.push(Measured {
            translation: self.translation.get_or_create_owned(&labels),
            delivery: self.delivery.get_or_create_owned(&labels),
            faulted: self.faulted.get_or_create_owned(&labels),
        });
    }

    /// The places of a listener count from now on.
    pub fn add_places(&mut self, work: &Work) {
        self.places.extend(work.places.clone());
    }

    /// They do so no more, where the listener is another one or gone.
    pub fn remove_places(&mut self, section: &str) {
        self.places.retain(|places| places.section != section);
    }

    /// An application of this name is gone.
    pub fn forget_application(&mut self, name: &str) {
        let labels = vec![("application", name.to_owned())];
        self.translation.remove(&labels);
        self.delivery.remove(&labels);
        self.faulted.remove(&labels);
    }

    /// What is measured of an application, by its place.
    pub fn of_application(&self, index: usize) -> &Measured {
        &self.by_application[index]
    }

    /// Counts a WebSocket that was refused, or ended because its peer broke the rules.
    pub fn refuse(&self, owner: Owner, name: &str, reason: &str) {
        let side = match owner {
            Owner::Platform(_) => "platform",
            Owner::Application(_) => "application",
        };
        let labels = vec![("section", format!("{side}.{name}")), ("reason", reason.to_owned())];
        self.refused.get_or_create(&labels).inc();
    }

    /// The report of this moment.
    pub fn render(&self, bridge: &Bridge, moment: &Moment<'_>) -> String {
        let report = Report {
            translation: self.translation.clone(),
            delivery: self.delivery.clone(),
            faulted: self.faulted.clone(),
            websockets_refused: self.refused.clone(),
            ..Report::default()
        };
        report.fill(bridge, moment, &self.places);
        report.lines_dropped.inc_by(log::dropped());
        let mut registry = Registry::with_prefix("cti_bridge");
        report.register(&mut registry);
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode_registry(&mut text, &registry);
        let _ = encode_registry(&mut text, &process::registry());
        let _ = encode_eof(&mut text);
        text
    }
}

#[cfg(test)]
mod tests;
