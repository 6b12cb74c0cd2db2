//! The configuration, checked: what is here can be run. Every key stands, with its default and a comment, in
//! `config/cti-bridge.toml`.

mod allow;
mod source;

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, time::Duration};

use secrecy::SecretString;

use crate::{
    dialect::{ctips, event_feed},
    mapping::{Dialect, Literal, Mappings},
    model::{self, Media},
    translate,
    vocabulary::Profile,
};
pub use allow::AllowList;
pub use source::{PREFIX, Section, Sources};

/// A configuration that can be run.
#[derive(Debug)]
pub struct Config {
    pub log: Log,
    pub shutdown_grace: Duration,
    pub platforms: Vec<Platform>,
    pub applications: Vec<Application>,
    pub admin: Option<SocketAddr>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    pub json: bool,
    /// A level, or a filter such as `info,cti_bridge::net=debug`.
    pub level: String,
}

#[derive(Debug)]
pub struct Platform {
    pub name: String,
    pub dialect: String,
    pub address: String,
    /// The port of `address`, and the host without it.
    pub host: String,
    pub port: u16,
    pub tls: Option<ClientTls>,
    pub connect_timeout: Duration,
    pub keepalive: Duration,
    pub max_frame: usize,
    pub feed: event_feed::Settings,
    pub model: model::Settings,
    pub knobs: Vec<Literal>,
    /// Bytes leave the machine unprotected, and the operator knows.
    pub exposed: bool,
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

#[derive(Debug)]
pub struct Application {
    pub name: String,
    pub dialect: String,
    pub listen: SocketAddr,
    pub tls: Option<ServerTls>,
    pub platforms: Vec<String>,
    pub server: ctips::Settings,
    pub profile: Profile,
    pub route_timeout: Duration,
    pub id_step: i64,
    pub media: Vec<Media>,
    pub knobs: Vec<Literal>,
    pub callback: Callback,
    pub limits: Limits,
    pub exposed: bool,
}

/// Where clients may be called, and how long that may take.
#[derive(Debug, Clone)]
pub struct Callback {
    pub allow: AllowList,
    pub timeout: Duration,
    pub tls: ClientTls,
    /// Plain HTTP to other machines is allowed.
    pub plaintext: bool,
    /// How many events may wait for one session, and how many bytes.
    pub queue: usize,
    pub queue_bytes: usize,
}

/// Bounds of a listener.
#[derive(Debug, Clone)]
pub struct Limits {
    pub connections: usize,
    pub body: usize,
    pub header_timeout: Duration,
    pub body_timeout: Duration,
}

/// Reads and checks all of it; what is wrong is added to `problems`.
pub fn read(sources: &Sources, mappings: &Mappings, problems: &mut crate::diagnostic::Problems) -> Config {
    sources.read(problems, |root| {
        let config = Config {
            log: log(root),
            shutdown_grace: root.duration("shutdown_grace", Duration::from_secs(5)),
            platforms: root.sections("platform").iter().filter_map(|(name, s)| platform(name, s, mappings)).collect(),
            applications: root
                .sections("application")
                .iter()
                .filter_map(|(name, s)| application(name, s, mappings))
                .collect(),
            admin: root.section("admin").and_then(|admin| {
                let listen = address(&admin, "listen");
                admin.finish();
                listen
            }),
        };
        root.text("mappings");
        together(root, &config);
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

/// A dialect, by its rules on the side where it is wanted.
fn dialect(section: &Section, mappings: &Mappings, is_platform: bool) -> Option<std::sync::Arc<Dialect>> {
    let name = section.required("dialect")?;
    translate::dialect(mappings, &name, is_platform).map_err(|error| section.problem("dialect", error.to_string())).ok()
}

fn log(root: &Section) -> Log {
    let mut log = Log { json: false, level: "info".into() };
    if let Some(section) = root.section("log") {
        log.json = section.choice("format", &[("text", false), ("json", true)], false);
        let level = section.text_or("level", "info");
        match tracing_subscriber::EnvFilter::try_new(&level) {
            Ok(_) => log.level = level,
            Err(error) => section.problem("level", format!("{level:?} is no level and no filter: {error}")),
        }
        section.finish();
    }
    log
}

fn platform(name: &str, section: &Section, mappings: &Mappings) -> Option<Platform> {
    let dialect = dialect(section, mappings, true);
    let address = section.required("address");
    let tls = section.section("tls").map(|tls| client_tls(&tls));
    let plaintext = section.flag("plaintext", false);
    let user = section.required("user").unwrap_or_default();
    let password = section.secret("password", "password_file");
    if password.is_none() && !section.has("password") && !section.has("password_file") {
        section.problem("", format!("`{}.password` or `password_file` is missing", section.path));
    }
    let feed = event_feed::Settings::default();
    let model = model::Settings::default();
    let shortest = section.duration("reconnect_min", feed.reconnect.0);
    let longest = section.duration("reconnect_max", feed.reconnect.1);
    if longest < shortest {
        section.problem("reconnect_max", "`reconnect_max` is shorter than `reconnect_min`");
    }
    let platform = Platform {
        name: name.to_owned(),
        dialect: dialect.as_ref().map(|dialect| dialect.vocabulary.dialect.clone()).unwrap_or_default(),
        address: address.clone().unwrap_or_default(),
        host: String::new(),
        port: 0,
        connect_timeout: section.duration("connect_timeout", Duration::from_secs(10)),
        keepalive: section.duration("keepalive", Duration::from_secs(30)),
        max_frame: section.size("max_frame", 1 << 20),
        feed: event_feed::Settings {
            user,
            password: password.unwrap_or_else(|| String::new().into()),
            reply_timeout: section.duration("reply_timeout", feed.reply_timeout),
            silence: section.duration("silence", feed.silence),
            reconnect: (shortest, longest),
            seed: 1,
        },
        model: model::Settings {
            platform: name.to_owned(),
            state_grace: section.duration("state_grace", model.state_grace),
            wrap_grace: section.duration("wrap_grace", model.wrap_grace),
            call_expiry: section.duration("call_expiry", model.call_expiry),
            orphan_grace: section.duration("orphan_grace", model.orphan_grace),
            id_grace: section.duration("id_grace", model.id_grace),
            resync_grace: section.duration("resync_grace", model.resync_grace),
            request_grace: section.duration("request_grace", model.request_grace),
            max_calls: section.number("max_calls", model.max_calls as u32) as usize,
            max_agents: section.number("max_agents", model.max_agents as u32) as usize,
            max_services: section.number("max_services", model.max_services as u32) as usize,
            max_requests: section.number("max_requests", model.max_requests as u32) as usize,
            max_memory: section.size("max_memory", model.max_memory),
        },
        knobs: knobs(section, dialect.as_deref()),
        exposed: false,
        tls,
    };
    section.finish();
    let (host, port) = host_and_port(section, &address?)?;
    let exposed = platform.tls.is_none() && !is_loopback(&host);
    if exposed && !plaintext {
        section.problem("address", "bytes leave this machine unprotected: add `tls = {}`, or say `plaintext = true`");
    }
    dialect.map(|_| Platform { host, port, exposed, ..platform })
}

fn application(name: &str, section: &Section, mappings: &Mappings) -> Option<Application> {
    let dialect = dialect(section, mappings, false);
    let listen = address(section, "listen");
    let tls = section.section("tls").and_then(|tls| server_tls(&tls));
    let plaintext = section.flag("plaintext", false);
    let platforms = section.list("platforms").unwrap_or_default();
    for (place, name) in platforms.iter().enumerate() {
        if platforms[..place].contains(name) {
            section.problem("platforms", format!("{name:?} stands twice"));
        }
    }
    if platforms.is_empty() {
        section.problem("", format!("`{}.platforms` names no platform", section.path));
    }
    let defaults = ctips::Settings::default();
    let users = users(section);
    let profile = profile(section, dialect.as_ref().map(|dialect| &*dialect.vocabulary));
    let media: Vec<&str> = Media::names().collect();
    let application = Application {
        name: name.to_owned(),
        dialect: dialect.as_ref().map(|dialect| dialect.vocabulary.dialect.clone()).unwrap_or_default(),
        listen: listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0))),
        tls,
        platforms,
        server: ctips::Settings {
            users: users.into_iter().collect(),
            max_sessions: section.number("sessions", defaults.max_sessions as u32) as usize,
            heartbeat: section.duration("heartbeat", defaults.heartbeat),
            missed_heartbeats: section.number("missed_heartbeats", defaults.missed_heartbeats),
        },
        profile,
        route_timeout: section.duration("route_timeout", Duration::from_secs(20)),
        id_step: i64::from(section.number("id_step", 1_000_000u32)),
        media: section
            .list("media")
            .unwrap_or_else(|| vec!["voice".into()])
            .iter()
            .filter_map(|name| {
                let known = Media::from_name(name);
                if known.is_none() {
                    section.problem("media", format!("{name:?} is no medium; there are {}", media.join(", ")));
                }
                known
            })
            .collect(),
        knobs: knobs(section, dialect.as_deref()),
        callback: Callback {
            allow: allow_list(section),
            timeout: section.duration("callback_timeout", Duration::from_secs(10)),
            tls: section.section("callback_tls").map(|tls| client_tls(&tls)).unwrap_or_default(),
            plaintext,
            queue: section.number("queue", 16_384u32) as usize,
            queue_bytes: section.size("queue_bytes", 8 << 20),
        },
        limits: Limits {
            connections: section.number("connections", 100u32) as usize,
            body: section.size("max_body", 256 << 10),
            header_timeout: section.duration("header_timeout", Duration::from_secs(30)),
            body_timeout: section.duration("body_timeout", Duration::from_secs(10)),
        },
        exposed: false,
    };
    section.finish();
    let exposed = application.tls.is_none() && !listen?.ip().is_loopback();
    if exposed && !plaintext {
        section.problem("listen", "bytes leave this machine unprotected: add `tls`, or say `plaintext = true`");
    }
    dialect.map(|_| Application { exposed, ..application })
}

fn users(section: &Section) -> Vec<(String, SecretString)> {
    let mut users = section.secrets("users");
    if let Some(path) = section.path("users_file") {
        match std::fs::read_to_string(&path) {
            Ok(text) => match text.parse::<toml::Table>() {
                Ok(table) => {
                    for (name, value) in table {
                        match value {
                            toml::Value::String(password) => users.push((name, password.into())),
                            _ => section.problem("users_file", format!("{}: `{name}` has no password", path.display())),
                        }
                    }
                }
                Err(_) => {
                    section.problem("users_file", format!("{} is no list of name = \"password\"", path.display()))
                }
            },
            Err(error) => section.problem("users_file", format!("{} cannot be read: {error}", path.display())),
        }
    }
    if users.is_empty() {
        section.problem("", format!("`{}.users` or `users_file` names no user: nobody could connect", section.path));
    }
    users
}

/// Where clients may be called.
fn allow_list(section: &Section) -> AllowList {
    let mut list = AllowList::default();
    for entry in section.list("callback_allow").unwrap_or_else(|| vec!["127.0.0.0/8".into(), "::1".into()]) {
        if let Err(error) = list.add(&entry) {
            section.problem("callback_allow", error);
        }
    }
    list
}

/// The dialect's profile of the name that is asked for, or its first; without a dialect there is nothing to find it in.
fn profile(section: &Section, vocabulary: Option<&crate::vocabulary::Vocabulary>) -> Profile {
    let (name, namespaces) = (section.text("profile"), section.section("namespaces"));
    let Some(vocabulary) = vocabulary else { return Profile::default() };
    let known = name.as_ref().map_or(vocabulary.profiles.first(), |name| vocabulary.profile(name));
    if let (None, Some(name)) = (known, name) {
        let names: Vec<&str> = vocabulary.profiles.iter().map(|profile| profile.name.as_str()).collect();
        section.problem("profile", format!("there is no profile {name:?}; there are {}", names.join(", ")));
    }
    let mut profile = known.cloned().unwrap_or_default();
    if let Some(namespaces) = namespaces {
        profile.namespaces.service = namespaces.text_or("service", &profile.namespaces.service);
        profile.namespaces.callback = namespaces.text_or("callback", &profile.namespaces.callback);
        profile.namespaces.data = namespaces.text_or("data", &profile.namespaces.data);
        namespaces.finish();
    }
    profile
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
    let (certificate, key) = (section.required("certificate"), section.required("key"));
    section.finish();
    Some(ServerTls { certificate: certificate?.into(), key: key?.into() })
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

fn host_and_port(section: &Section, address: &str) -> Option<(String, u16)> {
    let parts = address.rsplit_once(':').and_then(|(host, port)| {
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        Some((host.to_owned(), port.parse().ok()?)).filter(|(host, _)| !host.is_empty())
    });
    if parts.is_none() {
        section.problem("address", "`address` should be a host and port, such as \"127.0.0.1:31456\"");
    }
    parts
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests;
