//! Exchanging rules and their settings between two messages: everything else (sessions, calls, ids, open requests, counts)
//! stays. It deliberately exchanges no vocabulary: conversations hold theirs for as long as a connection lasts.

use std::sync::Arc;

use secrecy::SecretString;

use super::{Application, Bridge, Owner, Platform};
use crate::{
    mapping::{Incoming, Literal, Outgoing},
    vocabulary::Vocabulary,
};

/// The rules of a platform or an application, and the settings that its section gives them.
#[derive(Debug, Clone)]
pub struct Rules {
    pub incoming: Arc<Incoming>,
    pub outgoing: Arc<Outgoing>,
    pub settings: Vec<Literal>,
}

/// The new rules are for another vocabulary than the one that is in use: nothing was exchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OtherVocabulary;

impl Bridge {
    /// Puts other users of an application in force, for log-ons that come after this. Sessions that are open stay, but a user who
    /// may only listen from now on does so at once. Returns false if the application cannot exchange its users.
    pub fn exchange_users(&mut self, index: usize, users: Vec<(String, SecretString)>, read_only: &[String]) -> bool {
        let application = &mut self.applications[index];
        application.read_only = read_only.iter().cloned().collect();
        application.server.as_mut().is_some_and(|server| server.exchange_users(users, read_only))
    }

    /// Puts other rules in force, for the messages that come after this.
    pub fn exchange_rules(&mut self, owner: Owner, rules: Rules) -> Result<(), OtherVocabulary> {
        let (incoming, outgoing) = match owner {
            Owner::Platform(index) => {
                let platform = &self.platforms[index];
                (&platform.incoming.vocabulary, &platform.outgoing().vocabulary)
            }
            Owner::Application(index) => {
                let application = &self.applications[index];
                (&application.from.vocabulary, &application.to().vocabulary)
            }
        };
        let is_same = |old: &Vocabulary, new: &Vocabulary| old.source.text == new.source.text;
        if !is_same(incoming, &rules.incoming.vocabulary) || !is_same(outgoing, &rules.outgoing.vocabulary) {
            return Err(OtherVocabulary);
        }
        self.keep_rule_names(owner, &rules);
        match owner {
            Owner::Platform(index) => {
                let Rules { incoming, outgoing, settings } = rules;
                self.platforms[index].take_rules(incoming, outgoing, settings);
            }
            Owner::Application(index) => self.applications[index].exchange_rules(rules),
        }
        Ok(())
    }
}

impl Platform {
    /// Other rules count from now on. The counts of those that keep their names go on.
    pub(super) fn take_rules(&mut self, incoming: Arc<Incoming>, outgoing: Arc<Outgoing>, settings: Vec<Literal>) {
        self.counts.rules = carried(&self.incoming.rule_names, &self.counts.rules, &incoming.rule_names);
        self.counts.orders = carried(&self.outgoing.rule_names, &self.counts.orders, &outgoing.rule_names);
        (self.incoming, self.outgoing, self.knobs) = (incoming, outgoing, settings);
        if self.incoming.tells_outcomes() {
            self.model.expect_outcomes();
        }
    }
}

impl Application {
    fn exchange_rules(&mut self, Rules { incoming, outgoing, settings }: Rules) {
        self.counts.rules = carried(&self.to.rule_names, &self.counts.rules, &outgoing.rule_names);
        self.counts.request_rules = carried(&self.from.rule_names, &self.counts.request_rules, &incoming.rule_names);
        (self.from, self.to, self.knobs) = (incoming, outgoing, settings);
    }
}

/// The counts of rules that keep their names; new ones begin at zero.
fn carried(old: &[Arc<str>], counts: &[u64], new: &[Arc<str>]) -> Vec<u64> {
    let count = |name: &Arc<str>| old.iter().position(|known| known == name).map_or(0, |place| counts[place]);
    new.iter().map(count).collect()
}

#[cfg(test)]
mod tests;
