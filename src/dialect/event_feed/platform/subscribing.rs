//! The bridge's own requests to a feed: authentication, subscriptions, snapshots and statistics.

use super::{Client, Own, State, Subscription};
use crate::dialect::event_feed::subscriptions::write_records;
use crate::{
    message::{Message, Value},
    port::{Notice, PlatformOutput},
    time::Time,
};

/// What is subscribed to. Only the statistics show who was logged on before the bridge came.
pub(super) const SUBSCRIPTIONS: [Subscription; 7] = [
    // As the guide's table 1 prints them.
    ("entity", &["agent", "group", "agent-queue", "email agent queue", "dnis", "release-code", "wrapup-code"]),
    ("agent-activity", &["*"]),
    ("call-activity", &["*"]),
    ("agent-login-logout", &["*"]),
    ("agent-status", &["*"]),
    ("group-agent-stats", &["*"]),
    ("daily-agent-stats", &["*"]),
];
/// What the platform answers with a snapshot or with numbers of the moment: asked for anew when events were missed.
pub(super) const SNAPSHOTS: [Subscription; 3] = [SUBSCRIPTIONS[0], SUBSCRIPTIONS[5], SUBSCRIPTIONS[6]];
/// Message types that no rule reads, but that applications of the feed's own dialect may want. The guide does not say
/// which calls' messages the last three contain. A feed that does not know one of these is asked for it in vain.
pub(super) const STATISTICS: [Subscription; 10] = [
    ("group-stats", &["*"]),
    ("daily-group-stats", &["*"]),
    ("agent-queue-stats", &["*"]),
    ("email-agent-queue-stats", &["*"]),
    ("dnis-stats", &["*"]),
    ("daily-dnis-stats", &["*"]),
    ("agent-need-help", &["*"]),
    ("call-routing", &["*"]),
    ("call-establishment", &["*"]),
    ("call-statistics", &["*"]),
];

impl Client {
    pub(super) fn own_reply(&mut self, now: Time, own: Own, message: &Message) {
        let fields = &self.vocabulary.messages[message.kind().map_or(0, |kind| kind.0 as usize)].fields;
        let field = |label: &str| fields.slot(label).map(|slot| message.get(slot)).unwrap_or_default();
        let result = field("result").as_int().unwrap_or(0);
        let text = |value: Value| value.text().unwrap_or_default().to_owned();
        let error = text(field("error-msg"));
        let said = [text(field("additional-info")), error.clone()];
        let said = said.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        match own {
            Own::Authenticate if result < 0 => {
                let user = Some(self.settings.user.clone());
                self.say(Notice::BridgeRefused { user, reason: error, result: Some(result) });
                self.hang_up(now, "authentication refused");
            }
            Own::Authenticate => self.authenticated(now),
            Own::SubscribeAll if result < 0 => {
                self.say(Notice::SubscriptionSplit { reason: error });
                for (place, subscription) in self.subscriptions().into_iter().enumerate() {
                    self.subscribe(now, Own::Subscribe(place), &[subscription]);
                }
            }
            Own::SubscribeAll | Own::Refresh if result > 0 => {
                self.say(Notice::SubscriptionPartial { result, reason: said });
            }
            Own::Refresh if result < 0 => {
                self.say(Notice::SnapshotFailed { part: None, result: Some(result), reason: said });
            }
            Own::Subscribe(place) if result != 0 => {
                let subscribed_to = self.subscriptions()[place].0.to_string();
                self.say(Notice::SubscriptionRefused { subscribed_to, result, reason: said });
            }
            Own::SubscribeAll | Own::Subscribe(_) | Own::Refresh => {}
        }
    }

    pub(super) fn authenticated(&mut self, now: Time) {
        self.state = State::Live;
        self.backoff.reset();
        self.say(Notice::PlatformConnected {});
        self.outputs.push_back(PlatformOutput::Up);
        self.subscribe(now, Own::SubscribeAll, &self.subscriptions());
    }

    pub(super) fn subscriptions(&self) -> Vec<Subscription> {
        let statistics = if self.settings.statistics { &STATISTICS[..] } else { &[] };
        [&SUBSCRIPTIONS, statistics].concat()
    }

    pub(super) fn subscribe(&mut self, now: Time, own: Own, subscriptions: &[Subscription]) {
        self.ask(now, own, "subscribe-events", |vocabulary, kind, message| {
            let records = subscriptions.iter().map(|(ty, ids)| (*ty, ids.iter().copied()));
            let fields = &vocabulary.message(kind).fields;
            let members = vocabulary.members(fields, "subscribe");
            if let (Some(slot), Some(members)) = (fields.slot("subscribe"), members) {
                let node = write_records(members, records, message);
                message.set(slot, node);
            }
        });
    }

    pub(super) fn refresh(&mut self, now: Time) {
        let refreshing = self.own.values().any(|(own, _)| matches!(own, Own::Refresh | Own::SubscribeAll));
        if !refreshing {
            self.subscribe(now, Own::Refresh, &SNAPSHOTS);
        }
    }
}
