//! The engine's part of another configuration: what changes is exchanged, those who go are told and let go, those who come begin.
//! What is to change is decided in `reload`.

use super::{
    assemble::{NewApplication, NewPlatform},
    engine::{Engine, Link, Way},
    reload::{Changes, NewRules, NewUsers},
};
use crate::{bridge::Owner, port};

impl Engine {
    /// Puts another configuration in force. Returns the number of sections whose rules were exchanged.
    pub(super) fn exchange(&mut self, changes: Changes) -> usize {
        let Changes { rules, users, certificates, gone, platforms, renewed, applications, wider, statistics } = changes;
        let now = self.now();
        self.bridge.finish_parting(now);
        self.perform(None);
        let done = self.exchange_rules(rules);
        for NewUsers { application, users, read_only } in users {
            self.bridge.exchange_users(application, users, &read_only);
        }
        self.certificates = certificates;
        statistics.into_iter().for_each(|platform| self.bridge.want_statistics(platform));
        // Applications first: what ends with their platforms need not be told to those who go anyway.
        for (owner, section) in &gone {
            if let Owner::Application(index) = owner {
                self.let_application_go(*index, section);
            }
        }
        for (owner, section) in &gone {
            if let Owner::Platform(index) = owner {
                self.let_platform_go(*index, section);
            }
        }
        let mut begun = Vec::new();
        for platform in platforms {
            begun.push(self.add_platform(platform));
        }
        for (index, platform) in renewed {
            self.renew_platform(index, platform);
            begun.push(index);
        }
        for NewApplication { parts, callbacks, work } in applications {
            self.metrics.add_application(&parts.name);
            self.metrics.add_places(&work);
            self.bridge.add_application(parts);
            self.callbacks.push(callbacks);
        }
        for (application, platform) in wider {
            self.bridge.widen(now, application, platform);
        }
        for index in begun {
            self.bridge.begin_platform(now, index);
        }
        self.perform(None);
        done
    }

    fn exchange_rules(&mut self, all: Vec<NewRules>) -> usize {
        let exchanged =
            all.into_iter().map(|NewRules { owner, rules }| self.bridge.exchange_rules(owner, rules).is_ok());
        exchanged.filter(|done| *done).count()
    }

    fn add_platform(&mut self, platform: NewPlatform) -> usize {
        let NewPlatform { parts, way, described, work } = platform;
        self.metrics.add_places(&work);
        let index = self.bridge.add_platform(parts);
        self.ways.push(way);
        self.eras.push(0);
        if let Some((path, fitted)) = described {
            self.bridge.described(self.now(), index, &path, Ok(fitted));
        }
        index
    }

    fn renew_platform(&mut self, index: usize, platform: NewPlatform) {
        let NewPlatform { parts, way, described, work } = platform;
        let section = format!("platform.{}", parts.name);
        self.bridge.renew_platform(self.now(), index, parts);
        self.perform(None);
        self.close_all(Owner::Platform(index), "");
        self.metrics.remove_places(&section);
        self.metrics.add_places(&work);
        self.ways[index] = way;
        self.eras[index] += 1;
        if let Some((path, fitted)) = described {
            self.bridge.described(self.now(), index, &path, Ok(fitted));
        }
    }

    fn let_platform_go(&mut self, index: usize, section: &str) {
        self.bridge.part_platform(self.now(), index);
        self.perform(None);
        self.close_all(Owner::Platform(index), "");
        self.metrics.remove_places(section);
        self.ways[index] = Way::default();
    }

    fn let_application_go(&mut self, index: usize, section: &str) {
        let owner = Owner::Application(index);
        self.bridge.part_application(self.now(), index);
        self.perform(None);
        self.close_all(owner, "its application is served no longer, or is started anew");
        self.perform(None);
        self.metrics.remove_places(section);
        let name = self.name(owner).to_owned();
        self.metrics.forget_application(&name);
        self.bridge.remove_application(index);
        self.callbacks[index] = None;
    }

    /// Closes all connections of somebody who goes. What waits to be written is written first.
    fn close_all(&mut self, owner: Owner, reason: &str) {
        let keys = self.links.keys().chain(self.calls.keys()).filter(|(whose, _)| *whose == owner);
        for key in keys.copied().collect::<Vec<_>>() {
            if let Some(Link::Dialling(stop)) = self.links.remove(&key) {
                stop.cancel();
            }
            self.calls.remove(&key);
            self.left(key.0, key.1);
            if let Owner::Application(_) = owner {
                let closed = port::Input::Closed { connection: key.1, reason, cause: None };
                self.bridge.handle(self.now(), owner, closed);
            }
        }
        if let Owner::Platform(index) = owner {
            self.held.remove(&index);
        }
        self.requests.retain(|_, (whose, _)| *whose != owner);
        self.forget_complaints(owner);
    }
}
