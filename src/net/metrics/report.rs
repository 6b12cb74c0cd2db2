//! Fills a report: each family with the counts of every platform and application. Counters are there from the start, at zero.

use super::{Counters, Gauges, Labels, Moment, Places, Report};
use crate::{
    bridge::{
        Application, Bridge, Owner, Platform,
        routes::{self, Desk},
    },
    model::{Effect, LinkState, TransitionKind},
    net::build,
};

impl Report {
    pub(super) fn fill(&self, bridge: &Bridge, moment: &Moment<'_>, places: &[Places]) {
        let build = vec![("version", build::VERSION.to_owned()), ("commit", build::COMMIT.to_owned())];
        self.build.get_or_create(&build).set(1);
        for (index, platform) in bridge.platforms().present() {
            let unposted = moment.unposted.get(index).unwrap_or(&None);
            self.platform(platform, moment, *unposted);
        }
        for (index, application) in bridge.applications().present() {
            self.application(index, application, moment);
        }
        for router in bridge.routers() {
            let labels = labels_of("platform", &bridge.platforms()[router.platform].name);
            desk(&self.platform_routes, &self.platform_routes_open, &labels, &router.desk);
        }
        for (index, application) in bridge.applications().present() {
            for (cause, count) in bridge.discarded_of(index) {
                add(&self.discarded, labels_of("application", &application.name)(&[("cause", cause)]), count);
            }
        }
        for ((about, kind, sort), count) in bridge.notice_counts() {
            let section = match about {
                Some(Owner::Platform(index)) => format!("platform.{}", bridge.platforms()[index].name),
                Some(Owner::Application(index)) => format!("application.{}", bridge.applications()[index].name),
                None => "bridge".to_owned(),
            };
            let labels = labels_of("section", &section)(&[("event", kind.name()), ("sort", sort.unwrap_or_default())]);
            add(&self.notices, labels, count);
        }
        self.bounds(bridge, moment, places);
        for (outcome, count) in moment.telemetry.iter().flat_map(|telemetry| telemetry.counts.all()) {
            add(&self.spans, vec![("outcome", outcome.to_owned())], count);
        }
        for certificate in moment.certificates {
            let path = certificate.path.display().to_string();
            let labels = vec![("section", certificate.section.clone()), ("path", path)];
            self.expiry.get_or_create(&labels).set(certificate.expiry);
        }
    }

    fn platform(&self, platform: &Platform, moment: &Moment<'_>, unposted: Option<(usize, usize)>) {
        let labels = labels_of("platform", &platform.name);
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
        let forgotten = ("answered-requests", counts.forgotten);
        for (bound, count) in platform.model.bounds.counts().into_iter().chain([forgotten]) {
            add(&self.reached, labels(&[("bound", bound)]), count);
        }
        for effect in Effect::ALL.iter().filter(|effect| **effect != Effect::Taken) {
            let counted = counts.effects.iter().find(|(known, _)| known == effect);
            add(&self.refused, labels(&[("reason", effect.name())]), counted.map_or(0, |(_, count)| *count));
        }
        let troubles = platform.conversation.troubles();
        for (reason, count) in [
            ("malformed", counts.malformed),
            ("too-long", counts.too_long),
            ("cut", counts.cut),
            ("data-cut", platform.model.data_cut),
            ("wrap-limit", troubles.wrap_limits),
            ("stranger", troubles.strangers),
            ("foreign-event", troubles.foreign_events),
        ] {
            add(&self.refused, labels(&[("reason", reason)]), count);
        }
        for (what, count) in
            [("message", counts.unknown), ("field", counts.unknown_fields), ("value", troubles.unknown_values)]
        {
            add(&self.unknown, labels(&[("what", what)]), count);
        }
        for (sort, count) in platform.texts.counts() {
            add(&self.replaced, labels(&[("sort", sort.name())]), count);
        }
        if let Some((waiting, _)) = unposted {
            set(&self.unposted, labels(&[]), waiting);
            for (outcome, count) in
                [("answered", counts.answered), ("not-sent", counts.not_sent), ("unknown", counts.unknown_outcome)]
            {
                add(&self.posts, labels(&[("outcome", outcome)]), count);
            }
        }
        add(&self.gaps, labels(&[]), troubles.gaps);
        add(&self.reconnects, labels(&[]), troubles.disconnects);
        let age = moment.now - counts.last_read.unwrap_or_default();
        set(&self.age, labels(&[]), usize::try_from(age.as_secs()).unwrap_or(usize::MAX));
        set(&self.connected, labels(&[]), usize::from(platform.model.link() == LinkState::Up));
        set(&self.is_held_back, labels(&[]), usize::from(platform.is_held_back()));
        add(&self.held_back, labels(&[]), platform.times_held_back());
        set(&self.open, labels(&[]), platform.open_requests());
        self.latency.get_or_create(&labels(&[])).set(&counts.latency);
        set(&self.calls, labels(&[]), platform.model.call_count());
        set(&self.agents, labels(&[]), platform.model.agents().count());
        set(&self.ends_waiting, labels(&[]), platform.model.waiting_ends());
    }

    fn application(&self, index: usize, application: &Application, moment: &Moment<'_>) {
        let labels = labels_of("application", &application.name);
        let counts = &application.counts;
        for (place, def) in application.to().vocabulary.messages.iter().enumerate() {
            add(&self.said, labels(&[("message", &def.label)]), counts.said[place]);
            add(&self.published, labels(&[("message", &def.label)]), counts.published[place]);
        }
        for (rule, count) in application.to().rule_names.iter().zip(&counts.rules) {
            add(&self.application_rules, labels(&[("rule", rule)]), *count);
        }
        for (rule, count) in application.from.rule_names.iter().zip(&counts.request_rules) {
            add(&self.application_rules, labels(&[("rule", rule)]), *count);
        }
        for (kind, count) in TransitionKind::ALL.iter().zip(&counts.untold) {
            add(&self.untold, labels(&[("transition", kind.name())]), *count);
        }
        for (place, def) in application.from.vocabulary.messages.iter().enumerate() {
            add(&self.requests, labels(&[("message", &def.label)]), counts.requests[place]);
        }
        for (reason, count) in
            [("fault", counts.refused), ("other-media", counts.other_media), ("call-over", counts.held_back)]
        {
            add(&self.requests_refused, labels(&[("reason", reason)]), count);
        }
        desk(&self.routes, &self.routes_open, &labels, &application.routes);
        let Some(server) = &application.server else { return };
        for (reason, count) in server.refused() {
            add(&self.requests_refused, labels(&[("reason", reason)]), count);
        }
        if let Some(remembered) = server.remembered() {
            set(&self.remembered, labels(&[]), remembered);
        }
        for (sort, count) in server.texts().counts() {
            add(&self.requests_replaced, labels(&[("sort", sort.name())]), count);
        }
        for (cause, count) in server.lost() {
            add(&self.lost, labels(&[("cause", cause)]), count);
        }
        let sessions = server.sessions();
        set(&self.sessions, labels(&[]), sessions.len());
        for key in sessions {
            let waiting = moment.waiting.get(&(index, key)).map_or(0, |fill| fill.messages);
            set(&self.waiting, labels(&[("session", &key.to_string())]), waiting);
        }
    }
}

/// What became of the routes of an application, or of a platform whose routes the bridge selects.
fn desk(family: &Counters, open: &Gauges, labels: &impl Fn(&[(&'static str, &str)]) -> Labels, desk: &Desk) {
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
        add(family, labels(&[("outcome", outcome)]), count);
    }
    set(open, labels(&[]), desk.size().0);
}

/// Adds to a counter, which is there even if the count is zero.
fn add(family: &Counters, labels: Labels, count: u64) {
    family.get_or_create(&labels).inc_by(count);
}

fn set(family: &Gauges, labels: Labels, value: usize) {
    family.get_or_create(&labels).set(i64::try_from(value).unwrap_or(i64::MAX));
}

/// Labels that begin with whose they are.
fn labels_of(kind: &'static str, name: &str) -> impl Fn(&[(&'static str, &str)]) -> Labels {
    move |more| [(kind, name)].iter().chain(more).map(|(name, value)| (*name, value.to_string())).collect()
}
