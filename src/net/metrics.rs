//! Metrics, in the text that Prometheus reads. Counters are the bridge's own counts, put into families when somebody asks;
//! only times are kept here.

use std::collections::HashMap;

use prometheus_client::{
    encoding::text::encode,
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::Registry,
};

use crate::{
    bridge::{
        Application, Bridge, Owner, Platform,
        routes::{self, Desk},
    },
    log,
    model::{LinkState, TransitionKind},
};

type Labels = Vec<(&'static str, String)>;
type Counters = Family<Labels, Counter>;
type Gauges = Family<Labels, Gauge>;

/// What is measured, not counted.
pub struct Metrics {
    /// From the bytes read to the event in the session's queue.
    pub translation: Histogram,
    /// From the queue to the client's answer.
    pub delivery: Histogram,
    /// Events that a client took and answered with a fault.
    pub faulted: Counter,
    /// WebSockets that were refused, or ended because their peers broke the rules.
    refused: Counters,
}

impl Default for Metrics {
    fn default() -> Metrics {
        let histogram = || Histogram::new(exponential_buckets(0.000_01, 3.0, 14));
        Metrics {
            translation: histogram(),
            delivery: histogram(),
            faulted: Counter::default(),
            refused: Counters::default(),
        }
    }
}

/// Families that belong to nobody, with their types: what is measured, and the lines of the log.
const MEASURED: [(&str, &str, &str); 4] = [
    ("histogram", "translation_seconds", "From the bytes read to the event queued"),
    ("histogram", "delivery_seconds", "From the event queued to the client's answer"),
    ("counter", "faulted", "Events that a client answered with a fault"),
    ("counter", "log_lines_dropped", "Lines of the log that nobody read in time, or that were not taken"),
];

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

// Every family of a platform has the label `platform`, every one of an application `application`; "owner" is either of them.
families! {
    heard: Counters "messages_in" ["platform" "message"] "Messages of a platform that were read"
    ignored: Counters "messages_ignored" ["platform" "message"] "Messages that nothing is made of, for a reason"
    refused: Counters "refused" ["owner" "reason"] "What was not taken, by reason"
    unknown: Counters "unknown" ["platform" "what"] "Messages, fields and values that the vocabulary does not know"
    replaced: Counters "texts_replaced" ["owner" "sort"]
        "Messages of which characters became U+FFFD, by what stood there"
    rules: Counters "rules_fired" ["owner" "rule"] "Rules that fired"
    ordered: Counters "orders" ["platform" "rule"] "What platforms were asked to do"
    said: Counters "messages_out" ["application" "message"] "Events said to an application"
    published: Counters "messages_published" ["application" "message"] "Events queued for sessions"
    untold: Counters "transitions_untold" ["application" "transition"]
        "Changes that an application's dialect does not tell"
    requests: Counters "requests_in" ["application" "message"] "Requests of an application"
    routes: Counters "routes" ["owner" "outcome"] "Route selections and requests, by what became of them"
    routes_open: Gauges "routes_open" ["owner"] "Selections that live on a routing platform"
    lost: Counters "sessions_lost" ["application" "cause"] "Sessions that ended against their client's will, by cause"
    discarded: Counters "messages_discarded" ["application" "cause"]
        "Events that waited for a session and were discarded with it"
    bounds: Counters "bounds_reached" ["platform" "bound"]
        "Live calls that were ended at a limit of the platform (`calls-ended`), and calls, agents and services that were left out"
    notices: Counters "notices" ["owner" "event" "sort"]
        "Events of the log by name, and by their first field with the bridge's own words; also those that were not logged one by one"
    gaps: Counters "sequence_gaps" ["platform"] "Gaps in the sequence of a platform's messages"
    reconnects: Counters "disconnects" ["platform"] "Connections to a platform that were lost"
    posts: Counters "posts" ["platform" "outcome"] "Requests posted to a platform, by what became of them"
    connected: Gauges "platform_connected" ["platform"] "Whether a platform is connected"
    calls: Gauges "calls" ["platform"] "Calls in the picture of a platform"
    agents: Gauges "agents" ["platform"] "Agents in the picture of a platform"
    ends_waiting: Gauges "ends_waiting" ["platform"]
        "Ends of calls and log-ons that wait until sessions have room to be told"
    sessions: Gauges "sessions" ["application"] "Sessions of an application"
    waiting: Gauges "queue" ["application" "session"] "Posts that wait for a session"
    remembered: Gauges "remembered" ["application"]
        "Requests that are remembered for an application's clients to ask about"
    unposted: Gauges "unposted" ["platform"] "Requests that wait to be posted to a platform"
    websockets_refused: Counters "websockets_refused" ["owner" "reason"]
        "WebSockets that were refused, or ended because their peers broke the rules, by reason"
}

impl Metrics {
    /// Counts a WebSocket that was refused, or ended because its peer broke the rules.
    pub fn refuse(&self, owner: Owner, name: &str, reason: &str) {
        let kind = match owner {
            Owner::Platform(_) => "platform",
            Owner::Application(_) => "application",
        };
        self.refused.get_or_create(&labels_of(kind, name)(&[("reason", reason)])).inc();
    }

    /// The report of this moment. `waiting` is how many posts wait for each session, `unposted` for each platform.
    pub fn render(
        &self,
        bridge: &Bridge,
        waiting: &HashMap<(usize, u32), usize>,
        unposted: &[Option<usize>],
    ) -> String {
        let report = Report { websockets_refused: self.refused.clone(), ..Report::default() };
        for (platform, unposted) in bridge.platforms().iter().zip(unposted) {
            report.platform(platform, *unposted);
        }
        for (index, application) in bridge.applications().iter().enumerate() {
            report.application(index, application, waiting);
            for (cause, count) in bridge.discarded_of(index) {
                let labels = labels_of("application", &application.name)(&[("cause", cause)]);
                report.discarded.get_or_create(&labels).inc_by(count);
            }
        }
        for router in bridge.routers() {
            report.desk(&labels_of("platform", &bridge.platforms()[router.platform].name), &router.desk);
        }
        for ((about, kind, sort), count) in bridge.notice_counts() {
            let owner = match about {
                Some(Owner::Platform(index)) => Some(("platform", &bridge.platforms()[index].name)),
                Some(Owner::Application(index)) => Some(("application", &bridge.applications()[index].name)),
                None => None,
            };
            let owner = owner.map(|(side, name)| (side, name.to_owned()));
            let sort = sort.map(|sort| ("sort", sort.to_owned()));
            let labels = owner.into_iter().chain([("event", kind.name().to_owned())]).chain(sort).collect();
            report.notices.get_or_create(&labels).inc_by(count);
        }
        let mut registry = Registry::with_prefix("cti_bridge");
        report.register(&mut registry);
        let [translation, delivery, faulted, lines] = MEASURED;
        registry.register(translation.1, translation.2, self.translation.clone());
        registry.register(delivery.1, delivery.2, self.delivery.clone());
        registry.register(faulted.1, faulted.2, self.faulted.clone());
        let dropped = Counter::<u64>::default();
        dropped.inc_by(log::dropped());
        registry.register(lines.1, lines.2, dropped);
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &registry);
        text
    }
}

impl Report {
    fn platform(&self, platform: &Platform, unposted: Option<usize>) {
        let labels = labels_of("platform", &platform.name);
        let add = |family: &Counters, labels: Labels, count: u64| {
            if count > 0 {
                family.get_or_create(&labels).inc_by(count);
            }
        };
        let counts = &platform.counts;
        for (place, def) in platform.incoming.vocabulary.messages.iter().enumerate() {
            let count = counts.read[place];
            add(&self.heard, labels(&[("message", &def.label)]), count);
            if platform.incoming.plans[place].ignored.is_some() {
                add(&self.ignored, labels(&[("message", &def.label)]), count);
            }
        }
        for (rule, count) in platform.incoming.rule_names.iter().zip(&counts.rules) {
            add(&self.rules, labels(&[("rule", rule)]), *count);
        }
        for (rule, count) in platform.outgoing().rule_names.iter().zip(&counts.orders) {
            add(&self.ordered, labels(&[("rule", rule)]), *count);
        }
        for (bound, count) in platform.model.bounds.counts() {
            add(&self.bounds, labels(&[("bound", bound)]), count);
        }
        for (effect, count) in &counts.effects {
            add(&self.refused, labels(&[("reason", effect.name())]), *count);
        }
        add(&self.refused, labels(&[("reason", "malformed")]), counts.malformed);
        add(&self.refused, labels(&[("reason", "too-long")]), counts.too_long);
        add(&self.refused, labels(&[("reason", "cut")]), counts.cut);
        add(&self.refused, labels(&[("reason", "data-cut")]), platform.model.data_cut);
        let troubles = platform.conversation.troubles();
        add(&self.refused, labels(&[("reason", "wrap-limit")]), troubles.wrap_limits);
        add(&self.refused, labels(&[("reason", "stranger")]), troubles.strangers);
        add(&self.refused, labels(&[("reason", "foreign-event")]), troubles.foreign_events);
        add(&self.unknown, labels(&[("what", "message")]), counts.unknown);
        add(&self.unknown, labels(&[("what", "field")]), counts.unknown_fields);
        add(&self.unknown, labels(&[("what", "value")]), troubles.unknown_values);
        for (sort, count) in platform.texts.counts() {
            add(&self.replaced, labels(&[("sort", sort.name())]), count);
        }
        add(&self.posts, labels(&[("outcome", "answered")]), counts.answered);
        add(&self.posts, labels(&[("outcome", "not-sent")]), counts.not_sent);
        add(&self.posts, labels(&[("outcome", "unknown")]), counts.unknown_outcome);
        add(&self.gaps, labels(&[]), troubles.gaps);
        add(&self.reconnects, labels(&[]), troubles.disconnects);
        let set = |family: &Gauges, value: usize| {
            family.get_or_create(&labels(&[])).set(i64::try_from(value).unwrap_or(i64::MAX));
        };
        set(&self.connected, usize::from(platform.model.link() == LinkState::Up));
        if let Some(unposted) = unposted {
            set(&self.unposted, unposted);
        }
        set(&self.calls, platform.model.call_count());
        set(&self.agents, platform.model.agents().count());
        set(&self.ends_waiting, platform.model.waiting_ends());
    }

    /// What became of the routes of an application, or of a platform whose routes the bridge selects.
    fn desk(&self, labels: &impl Fn(&[(&'static str, &str)]) -> Labels, desk: &Desk) {
        if desk.media().is_none() {
            return;
        }
        let routes::Counts { added, used, rejected, failed, unknown, full, left_over } = desk.counts;
        for (outcome, count) in [
            ("added", added),
            ("used", used),
            ("rejected", rejected),
            ("failed", failed),
            ("unknown", unknown),
            ("table-full", full),
            ("left-over", left_over),
        ] {
            if count > 0 {
                self.routes.get_or_create(&labels(&[("outcome", outcome)])).inc_by(count);
            }
        }
        let open = i64::try_from(desk.size().0).unwrap_or(i64::MAX);
        self.routes_open.get_or_create(&labels(&[])).set(open);
    }

    fn application(&self, index: usize, application: &Application, waiting: &HashMap<(usize, u32), usize>) {
        let labels = labels_of("application", &application.name);
        let add = |family: &Counters, labels: Labels, count: u64| {
            if count > 0 {
                family.get_or_create(&labels).inc_by(count);
            }
        };
        let counts = &application.counts;
        for (place, def) in application.to().vocabulary.messages.iter().enumerate() {
            add(&self.said, labels(&[("message", &def.label)]), counts.said[place]);
            add(&self.published, labels(&[("message", &def.label)]), counts.published[place]);
        }
        for (rule, count) in application.to().rule_names.iter().zip(&counts.rules) {
            add(&self.rules, labels(&[("rule", rule)]), *count);
        }
        for (rule, count) in application.from.rule_names.iter().zip(&counts.request_rules) {
            add(&self.rules, labels(&[("rule", rule)]), *count);
        }
        for (kind, count) in TransitionKind::ALL.iter().zip(&counts.untold) {
            add(&self.untold, labels(&[("transition", kind.name())]), *count);
        }
        for (place, def) in application.from.vocabulary.messages.iter().enumerate() {
            add(&self.requests, labels(&[("message", &def.label)]), counts.requests[place]);
        }
        add(&self.refused, labels(&[("reason", "fault")]), counts.refused);
        self.desk(&labels, &application.routes);
        add(&self.refused, labels(&[("reason", "other-media")]), counts.other_media);
        add(&self.refused, labels(&[("reason", "call-over")]), counts.held_back);
        let Some(server) = &application.server else { return };
        for (reason, count) in server.refused() {
            add(&self.refused, labels(&[("reason", reason)]), count);
        }
        if let Some(remembered) = server.remembered() {
            let remembered = i64::try_from(remembered).unwrap_or(i64::MAX);
            self.remembered.get_or_create(&labels(&[])).set(remembered);
        }
        for (sort, count) in server.texts().counts() {
            add(&self.replaced, labels(&[("sort", sort.name())]), count);
        }
        for (cause, count) in server.lost() {
            add(&self.lost, labels(&[("cause", cause)]), count);
        }
        let sessions = server.sessions();
        self.sessions.get_or_create(&labels(&[])).set(i64::try_from(sessions.len()).unwrap_or(i64::MAX));
        for key in sessions {
            let count = waiting.get(&(index, key)).copied().unwrap_or(0);
            let gauge = self.waiting.get_or_create(&labels(&[("session", &key.to_string())])).clone();
            gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        }
    }
}

/// Labels that begin with whose they are.
fn labels_of(kind: &'static str, name: &str) -> impl Fn(&[(&'static str, &str)]) -> Labels {
    move |more| [(kind, name)].iter().chain(more).map(|(name, value)| (*name, value.to_string())).collect()
}

#[cfg(test)]
mod tests {
    use std::{fmt::Write, fs};

    use super::*;

    const DOCUMENT: &str = "docs/reference/metrics.md";

    #[test]
    fn the_documentation_is_the_table() {
        let mut made = "# Metrics\n\n<!-- Made from src/net/metrics.rs by `UPDATE=1 cargo test --lib metrics`. -->\n\n\
                        `/metrics` of `[admin]` has these families, in the text format of Prometheus. A family without a value is \
                        left out.\n`owner` is `platform` or `application`, with the name of its section in the \
                        configuration.\n\n| metric | type | labels | what it counts |\n|---|---|---|---|\n"
            .to_owned();
        let mut row = |kind: &str, name: &str, labels: &[&str], help: &str| {
            let tail = if kind == "counter" { "_total" } else { "" };
            let labels: Vec<String> = labels.iter().map(|label| format!("`{label}`")).collect();
            writeln!(made, "| `cti_bridge_{name}{tail}` | {kind} | {} | {help} |", labels.join(", ")).unwrap();
        };
        for (kind, name, labels, help) in FAMILIES {
            row(if *kind == "Counters" { "counter" } else { "gauge" }, name, labels, help);
        }
        for (kind, name, help) in MEASURED {
            row(kind, name, &[], help);
        }
        if std::env::var_os("UPDATE").is_some() {
            fs::create_dir_all("docs/reference").unwrap();
            fs::write(DOCUMENT, &made).unwrap();
        }
        assert!(fs::read_to_string(DOCUMENT).is_ok_and(|kept| kept == made), "{DOCUMENT} is old: set UPDATE=1");
        let text = Metrics::default().render(&Bridge::default(), &HashMap::new(), &[]);
        for (_, name, _) in MEASURED {
            assert!(text.contains(&format!("# HELP cti_bridge_{name} ")), "{name} is not in\n{text}");
        }
    }
}
