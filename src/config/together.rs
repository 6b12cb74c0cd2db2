//! Checks between sections: names that other sections have, platforms that fit their applications, addresses that are free.

use std::{collections::BTreeMap, net::SocketAddr};

use super::{Application, Config, Platform};
use crate::{
    diagnostic::did_you_mean, dialect::registry::PlatformTransport, mapping::Mappings, model::OrderKind,
    settings::Section,
};

pub fn check(root: &Section, config: &mut Config, mappings: &Mappings) {
    for key in ["platform", "application"].into_iter().filter(|key| !root.has(key)) {
        root.missing(key, "a configuration has at least one [platform.…] and one [application.…]");
    }
    let sections = Sections {
        root,
        platforms: root.sections("platform").into_iter().collect(),
        applications: root.sections("application").into_iter().collect(),
        mappings,
    };
    for application in &config.applications {
        if let Some(section) = sections.applications.get(&application.name) {
            sections.platforms_of(application, section, config);
            sections.routes_of(application, section, config);
        }
    }
    sections.addresses(config);
    sections.routing(config);
}

/// The sections by name, to complain about.
struct Sections<'r> {
    root: &'r Section<'r>,
    platforms: BTreeMap<String, Section<'r>>,
    applications: BTreeMap<String, Section<'r>>,
    mappings: &'r Mappings,
}

impl Sections<'_> {
    /// Whether the rules of a dialect have something for an order.
    fn can(&self, dialect: &str, order: OrderKind) -> bool {
        let rules = self.mappings.dialects.get(dialect).and_then(|dialect| dialect.to.as_ref());
        rules.is_some_and(|rules| rules.says(order))
    }

    /// Whether a platform can be asked for routes.
    fn routes(&self, platform: &Platform) -> bool {
        self.can(&platform.dialect, OrderKind::AddRoute)
    }

    /// `platforms`: they are there, and of the right dialect where that matters.
    fn platforms_of(&self, application: &Application, section: &Section, config: &Config) {
        for name in &application.platforms {
            // A platform that is no table is reported as that.
            if !self.platforms.contains_key(name) && !self.root.holds("platform", name) {
                section.problem("platforms", missing(name, config));
            }
            let found = config.platforms.iter().find(|known| known.name == *name);
            if let Some(other) = found.filter(|found| application.guests && found.dialect != application.dialect) {
                let (other, own) = (&other.dialect, &application.dialect);
                let text = format!("{name} speaks {other}: an application of {own} needs one of its own");
                section.problem("platforms", text);
            }
        }
    }

    /// `routes`: the platform is there and routes, and none of the application's own waits for a route in vain.
    fn routes_of(&self, application: &Application, section: &Section, config: &Config) {
        let Some(name) = &application.routed_by else { return };
        let named = config.platforms.iter().find(|platform| platform.name == *name);
        // A platform that asks for routes itself would never hear what the one that is asked decided.
        let waits = |platform: &&Platform| {
            let is_own = application.platforms.contains(&platform.name);
            let asks = self.can(&platform.dialect, OrderKind::SelectRoute);
            is_own && asks && platform.settings.routed_by.is_none()
        };
        if let Some(platform) = config.platforms.iter().find(waits) {
            let routing = named.filter(|named| self.routes(named)).map_or(name, |named| &named.dialect);
            let text = format!(
                "the routes that {0} asks for can't be asked of {name}: set `routing = \"{routing}\"` in [platform.{0}], or \
                 leave `routes` out, and {0} gets what the application selects",
                platform.name
            );
            section.problem("routes", text);
        }
        match named {
            Some(platform) if self.routes(platform) => {}
            Some(platform) => {
                section.problem("routes", format!("{name} speaks {}, and routes nothing", platform.dialect));
            }
            None if self.platforms.contains_key(name) => {}
            None => section.problem("routes", missing(name, config)),
        }
    }

    /// `listen`, `callback`: nobody else listens there.
    fn addresses(&self, config: &Config) {
        let mut listening: Vec<Listener> = Vec::new();
        for listener in listeners(config) {
            let address = listener.address;
            let taken = listening.iter().find(|known| known.address == address && address.port() != 0);
            if let Some(other) = taken {
                let other = if other.name.is_empty() { other.side } else { other.name };
                listener.complain(self.root, format!("{address} is taken by {other}: choose another port"));
            }
            listening.push(listener);
        }
    }

    /// `routing` of platforms: the name of the platform that is meant, where its dialect was given.
    fn routing(&self, config: &mut Config) {
        let mut dialects: Vec<&str> = self.mappings.dialects.keys().map(String::as_str).collect();
        dialects.retain(|dialect| self.can(dialect, OrderKind::AddRoute));
        dialects.sort_unstable();
        let routing = config.platforms.iter().filter(|platform| self.routes(platform));
        let known: Vec<(String, String)> =
            routing.map(|platform| (platform.name.clone(), platform.dialect.clone())).collect();
        for platform in &mut config.platforms {
            let Some(wanted) = &platform.settings.routed_by else { continue };
            let complain = |text: String| {
                if let Some(section) = self.platforms.get(&platform.name) {
                    section.problem("routing", text);
                }
            };
            if !dialects.contains(&wanted.as_str()) {
                if !known.iter().any(|(name, _)| name == wanted) {
                    let dialects = dialects.join(" or ");
                    complain(format!("there is no [platform.{wanted}] of dialect {dialects}"));
                }
                continue;
            }
            let of_dialect = known.iter().filter(|(_, dialect)| dialect == wanted);
            let names: Vec<&str> = of_dialect.map(|(name, _)| name.as_str()).collect();
            match names.as_slice() {
                [] => complain(format!("there is no [platform.…] of dialect {wanted}")),
                [only] => platform.settings.routed_by = Some((*only).to_owned()),
                several => complain(format!("say which: {}", several.join(", "))),
            }
        }
    }
}

fn missing(name: &str, config: &Config) -> String {
    let help = did_you_mean(name, config.platforms.iter().map(|platform| platform.name.as_str()));
    format!("there is no [platform.{name}]{help}")
}

/// An address that the bridge listens on, and the key that says so.
pub struct Listener<'c> {
    pub address: SocketAddr,
    /// `admin`, `platform` or `application`.
    side: &'static str,
    /// Empty for the admin's.
    name: &'c str,
    key: &'static str,
}

/// All addresses that the bridge listens on, the admin's first.
pub fn listeners(config: &Config) -> Vec<Listener<'_>> {
    let admin = config.admin.listen.map(|address| Listener { address, side: "admin", name: "", key: "listen" });
    let platforms = config.platforms.iter().filter_map(|platform| {
        let (address, key) = match &platform.settings.transport {
            PlatformTransport::Dialled(_) => return None,
            PlatformTransport::Accepted { listen, .. } => (listen.address, "listen"),
            PlatformTransport::Posted(posted) => (posted.callee.as_ref()?.listen, "callback"),
        };
        Some(Listener { address, side: "platform", name: &platform.name, key })
    });
    let applications = config.applications.iter().map(|application| {
        let (address, name) = (application.listen.address, application.name.as_str());
        Listener { address, side: "application", name, key: "listen" }
    });
    admin.into_iter().chain(platforms).chain(applications).collect()
}

impl Listener<'_> {
    /// Complains at the key.
    pub fn complain(&self, root: &Section, text: String) {
        if self.name.is_empty() {
            return root.section(self.side).into_iter().for_each(|section| section.problem(self.key, &text));
        }
        let sections = root.sections(self.side);
        if let Some((_, section)) = sections.iter().find(|(name, _)| name == self.name) {
            let listens_elsewhere = self.key == "callback" && section.has("callback_listen");
            section.problem(if listens_elsewhere { "callback_listen" } else { self.key }, text);
        }
    }
}
