//! The configuration, checked: what is here can be run. Every key stands, with its default and a comment, in
//! `config/cti-bridge.toml`.

mod allow;
mod application;
mod mask;
mod platform;
mod soap;
mod source;
mod url;

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, time::Duration};

use crate::{
    log,
    mapping::{Dialect, Literal, Mappings},
    translate,
};
pub use allow::AllowList;
pub use application::{Application, Callback, Face, Limits, Queue};
pub use platform::{Conversation, Dial, Platform, Reach};
pub use soap::{Callee, Posts, Wsdl, WsdlSource};
pub use source::{PREFIX, Section, Sources};
pub use url::{Url, without_credentials};

/// A configuration that can be run.
#[derive(Debug)]
pub struct Config {
    pub log: log::Settings,
    pub shutdown_grace: Duration,
    pub platforms: Vec<Platform>,
    pub applications: Vec<Application>,
    pub admin: Option<SocketAddr>,
    /// The file that keeps open routes; none where nobody asks for any, or none shall be kept.
    pub store: Option<PathBuf>,
}

/// How servers are trusted that the bridge connects to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientTls {
    /// Certificates to trust, in PEM; those of the system where there is none.
    pub ca: Option<PathBuf>,
    /// The name in the server's certificate, where it is not the host's.
    pub server_name: Option<String>,
}

/// What the bridge shows to those who connect to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerTls {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// Reads and checks all of it; what is wrong is added to `problems`.
pub fn read(sources: &Sources, mappings: &Mappings, problems: &mut crate::diagnostic::Problems) -> Config {
    sources.read(problems, |root| {
        let mut config = Config {
            log: log_settings(root),
            shutdown_grace: root.duration("shutdown_grace", Duration::from_secs(5)),
            platforms: root
                .sections("platform")
                .iter()
                .filter_map(|(name, s)| platform::read(name, s, mappings))
                .collect(),
            applications: root
                .sections("application")
                .iter()
                .filter_map(|(name, s)| application::read(name, s, mappings))
                .collect(),
            admin: root.section("admin").and_then(|admin| {
                let listen = address(&admin, "listen");
                admin.finish();
                listen
            }),
            store: None,
        };
        root.text("mappings");
        let store = root.text_or("store", "cti-bridge.routes");
        let routes = config.applications.iter().any(|application| application.routed_by.is_some())
            || config.platforms.iter().any(|platform| platform.routed_by.is_some());
        config.store = (routes && !store.is_empty()).then(|| PathBuf::from(store));
        together(root, &config);
        choosers(root, &mut config);
        config
    })
}

/// Where the mappings are that override the shipped ones; needed before the rest can be checked.
pub fn mappings_folder(sources: &Sources) -> Option<PathBuf> {
    let mut ignored = crate::diagnostic::Problems::default();
    sources.read(&mut ignored, |root| root.path("mappings"))
}

fn together(root: &Section, config: &Config) {
    if !root.has("platform") || !root.has("application") {
        root.problem("", "a configuration has at least one [platform.…] and one [application.…]");
    }
    let names: Vec<&str> = config.platforms.iter().map(|platform| platform.name.as_str()).collect();
    let applications: BTreeMap<String, Section> = root.sections("application").into_iter().collect();
    for application in &config.applications {
        for platform in &application.platforms {
            let known = root.section("platform").is_some_and(|section| section.has(platform));
            if let (false, Some(section)) = (known, applications.get(&application.name)) {
                let near = crate::diagnostic::nearest(platform, names.iter().copied());
                let help = near.map(|right| format!(" (did you mean `{right}`?)")).unwrap_or_default();
                section.problem("platforms", format!("there is no [platform.{platform}]{help}"));
            }
            let found = config.platforms.iter().find(|known| known.name == *platform);
            let is_media = application.dialect == "open-media";
            let other = found.filter(|found| is_media && found.dialect != application.dialect);
            if let (Some(other), Some(section)) = (other, applications.get(&application.name)) {
                let text =
                    format!("{platform} speaks {}: an Open Media application needs one of its own", other.dialect);
                section.problem("platforms", text);
            }
        }
    }
    for application in &config.applications {
        let (Some(name), Some(section)) = (&application.routed_by, applications.get(&application.name)) else {
            continue;
        };
        // A CTIPS platform asks for routes itself, and would never hear what the Open Media Service decided.
        let waits = |platform: &&Platform| {
            let is_own = application.platforms.contains(&platform.name);
            is_own && platform.dialect == "ctips" && platform.routed_by.is_none()
        };
        if let Some(platform) = config.platforms.iter().find(waits) {
            let text = format!(
                "the routes that {0} asks for can't be asked of {name}: set `routing = \"open-media\"` in [platform.{0}], or \
                 leave `routes` out, and {0} gets what the application selects",
                platform.name
            );
            section.problem("routes", text);
        }
        let routes = |platform: &&Platform| platform.dialect == "open-media";
        match config.platforms.iter().find(|platform| platform.name == *name) {
            Some(platform) if routes(&platform) => {}
            Some(platform) => {
                section.problem("routes", format!("{name} speaks {}, and routes nothing", platform.dialect))
            }
            None if root.section("platform").is_some_and(|section| section.has(name)) => {}
            None => {
                let near = crate::diagnostic::nearest(name, names.iter().copied());
                let help = near.map(|right| format!(" (did you mean `{right}`?)")).unwrap_or_default();
                section.problem("routes", format!("there is no [platform.{name}]{help}"));
            }
        }
    }
    let mut listening: Vec<(SocketAddr, &str)> = config.admin.iter().map(|listen| (*listen, "admin")).collect();
    for application in &config.applications {
        let taken = listening.iter().find(|(listen, _)| *listen == application.listen && listen.port() != 0);
        if let (Some((listen, other)), Some(section)) = (taken, applications.get(&application.name)) {
            section.problem("listen", format!("{listen} is taken by {other}"));
        }
        listening.push((application.listen, &application.name));
    }
}

/// `routing` of platforms: the name of the platform that is meant, in the place of `open-media`.
fn choosers(root: &Section, config: &mut Config) {
    let sections: BTreeMap<String, Section> = root.sections("platform").into_iter().collect();
    let chooses = |platform: &&Platform| platform.dialect == "open-media";
    let known: Vec<String> = config.platforms.iter().filter(chooses).map(|platform| platform.name.clone()).collect();
    for platform in &mut config.platforms {
        let Some(wanted) = &platform.routed_by else { continue };
        let complain = |text: String| {
            if let Some(section) = sections.get(&platform.name) {
                section.problem("routing", text);
            }
        };
        match (wanted.as_str(), known.as_slice()) {
            ("open-media", [only]) => platform.routed_by = Some(only.clone()),
            ("open-media", []) => complain("there is no [platform.…] of dialect open-media".to_owned()),
            ("open-media", several) => complain(format!("say which: {}", several.join(", "))),
            (name, _) if known.iter().any(|known| known == name) => {}
            (name, _) => complain(format!("there is no [platform.{name}] of dialect open-media")),
        }
    }
}

/// A dialect that can stand on this side. Where there is none of its name, the rest of the section is read as the nearest's.
fn dialect(section: &Section, mappings: &Mappings, is_platform: bool) -> Option<std::sync::Arc<Dialect>> {
    let name = section.required("dialect")?;
    let find = |name: &str| match mappings.dialects.get(name) {
        // Clients of a service ask, and are answered as its platform answers: no rules stand between.
        Some(media) if name == "open-media" && !is_platform => Ok(media.clone()),
        _ => translate::dialect(mappings, name, is_platform),
    };
    find(&name)
        .or_else(|error| {
            let near = crate::diagnostic::nearest(&name, mappings.dialects.keys().map(String::as_str));
            let help = near.map(|right| format!(" (did you mean `{right}`?)")).unwrap_or_default();
            section.problem("dialect", format!("{error}{help}"));
            find(near.unwrap_or_default())
        })
        .ok()
}

fn log_settings(root: &Section) -> log::Settings {
    let mut settings = log::Settings::default();
    if let Some(section) = root.section("log") {
        settings.json = section.choice("format", &[("text", false), ("json", true)], false);
        match log::filter::read(&section.text_or("level", "info")) {
            Ok(filter) => settings.filter = filter,
            Err(wrong) => section.problem("level", wrong),
        }
        settings.queue_bytes = section.size("queue_bytes", settings.queue_bytes);
        section.finish();
    }
    settings
}

/// Settings that rules declare, as the configuration has them.
fn knobs(section: &Section, dialect: Option<&Dialect>) -> Vec<Literal> {
    let given = section.values("rules");
    let Some(outgoing) = dialect.and_then(|dialect| dialect.to.as_deref()) else { return Vec::new() };
    for (name, _) in &given {
        if !outgoing.knobs.iter().any(|(known, _)| known == name) {
            let near = crate::diagnostic::nearest(name, outgoing.knobs.iter().map(|(known, _)| known.as_str()));
            let help = near.map(|right| format!(" (did you mean `{right}`?)")).unwrap_or_default();
            section.problem("rules", format!("the rules have no setting `{name}`{help}"));
        }
    }
    let value = |(name, default): &(String, Literal)| {
        let Some((_, text)) = given.iter().find(|(known, _)| known == name) else { return default.clone() };
        if let Some((_, choices)) = outgoing.choices.iter().find(|(known, _)| known == name)
            && !choices.contains(text)
        {
            let choices: Vec<String> = choices.iter().map(|choice| format!("{choice:?}")).collect();
            section.problem("rules", format!("`{name}` is one of {}", choices.join(", ")));
        }
        let parsed = match default {
            Literal::Int(_) => text.parse().ok().map(Literal::Int),
            Literal::Bool(_) => text.parse().ok().map(Literal::Bool),
            Literal::Text(_) => Some(Literal::Text(text.clone())),
        };
        parsed.unwrap_or_else(|| {
            section.problem("rules", format!("`{name}` is not of the type of its default"));
            default.clone()
        })
    };
    outgoing.knobs.iter().map(value).collect()
}

fn client_tls(section: &Section) -> ClientTls {
    let tls = ClientTls { ca: section.path("ca"), server_name: section.text("server_name") };
    section.finish();
    tls
}

fn server_tls(section: &Section) -> Option<ServerTls> {
    let required = |name: &'static str| {
        if !section.has(name) {
            section.problem("", format!("`{}.{name}` is missing", section.path));
        }
        section.path(name)
    };
    let (certificate, key) = (required("certificate"), required("key"));
    section.finish();
    Some(ServerTls { certificate: certificate?, key: key? })
}

fn address(section: &Section, key: &'static str) -> Option<SocketAddr> {
    let text = section.required(key)?;
    let parsed = text.parse().ok();
    if parsed.is_none() {
        section.problem(
            key,
            format!("`{}.{key}` should be an address and port, such as \"127.0.0.1:8730\"", section.path),
        );
    }
    parsed
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests;
