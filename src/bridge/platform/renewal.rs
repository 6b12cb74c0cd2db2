//! A platform that is made anew while the bridge runs, or is taken out.

use std::sync::Arc;

use hashbrown::HashSet;

use super::{Platform, PlatformParts};
use crate::{
    bridge::{passing::Records, standstill::Standstill},
    message::Message,
    model::Model,
    port::{Input, PlatformConversation, PlatformOutput, Reading, Taken, Troubles},
    time::Time,
    vocabulary::Vocabulary,
};

impl Platform {
    /// Its connection is over, for this reason: whatever was asked for and is not answered has failed.
    pub(in crate::bridge) fn went_down(&mut self, now: Time, reason: &str) {
        self.link_changed = true;
        let why = format!("{}: {reason}", self.name);
        let unanswered = self.passed.all_unanswered();
        self.unanswerable.extend(unanswered.into_iter().map(|request| (request, why.clone())));
        self.away = Some(why);
        self.model.link_down(now, reason);
    }

    /// Another conversation goes on with the picture, by other rules and settings. Counts stay. Returns whether the vocabulary
    /// is another one.
    pub(in crate::bridge) fn renew(&mut self, parts: PlatformParts) -> bool {
        let PlatformParts { name: _, conversation, model, incoming, outgoing, knobs, service_groups } = parts;
        let (old, new) = (self.incoming.vocabulary.clone(), incoming.vocabulary.clone());
        let is_other = old.source.text != new.source.text;
        if is_other {
            self.counts.read = carried(&old, &self.counts.read, &new);
            self.said_fields = HashSet::new();
            self.records = Records::default();
        }
        self.take_rules(incoming, outgoing, knobs);
        self.model.change_settings(model.settings().clone());
        (self.conversation, self.service_groups) = (conversation, service_groups);
        self.descriptions.clear();
        self.wanted.clear();
        self.own.clear();
        (self.message, self.guest, self.answers) = (Message::default(), None, None);
        self.standstill = Standstill::default();
        is_other
    }

    /// It has taken its leave, and says nothing more; its calls still end.
    pub(in crate::bridge) fn leave(&mut self) {
        self.conversation = Box::new(Parted);
        self.is_leaving = true;
    }

    /// Nothing is left of it but its name and its rules, by which what is remembered of it can be read.
    pub(in crate::bridge) fn vacate(&mut self) {
        self.conversation = Box::new(Parted);
        self.model = Model::default();
        self.records = Records::default();
        self.passed = Default::default();
        self.wanted.clear();
        self.own.clear();
        self.said_fields = HashSet::new();
        self.descriptions.clear();
        self.route_news.clear();
        self.counts = Default::default();
    }
}

/// The counts of messages that keep their names.
fn carried(old: &Arc<Vocabulary>, counts: &[u64], new: &Arc<Vocabulary>) -> Vec<u64> {
    let place = |label: &str| old.messages.iter().position(|known| known.label == label);
    new.messages.iter().map(|def| place(&def.label).map_or(0, |place| counts[place])).collect()
}

/// The conversation with a platform that is gone.
#[derive(Debug)]
struct Parted;

impl PlatformConversation for Parted {
    fn handle(&mut self, _: Time, _: &mut Input<'_>, _: &Reading<'_>, _: &mut Message) -> Option<Taken> {
        None
    }

    fn command(&mut self, _: Time, _: &mut Message, _: crate::model::RequestIx, _: i64) {}

    fn poll(&mut self) -> Option<PlatformOutput> {
        None
    }

    fn deadline(&self) -> Option<Time> {
        None
    }

    fn expire(&mut self, _: Time) {}

    fn troubles(&self) -> Troubles {
        Troubles::default()
    }
}
