//! `[application.…]`: whom the bridge serves, where, and as what.

use std::{net::SocketAddr, time::Duration};

use secrecy::SecretString;

use super::{AllowList, ClientTls, Section, ServerTls, address, client_tls, dialect, knobs, server_tls};
use crate::{
    bridge::routes,
    dialect::{ctips, event_feed},
    mapping::{Literal, Mappings},
    model::Media,
    translate,
    vocabulary::{Profile, Vocabulary},
};

#[derive(Debug)]
pub struct Application {
    pub name: String,
    pub dialect: String,
    pub listen: SocketAddr,
    pub tls: Option<ServerTls>,
    pub platforms: Vec<String>,
    /// Users whose commands are refused.
    pub read_only: Vec<String>,
    pub routes: routes::Settings,
    /// The platform that routes are asked of.
    pub routed_by: Option<String>,
    pub id_step: i64,
    pub media: Vec<Media>,
    /// Numbers for labels of call data.
    pub labels: Vec<(String, i64)>,
    pub knobs: Vec<Literal>,
    pub face: Face,
    pub exposed: bool,
}

/// As what an application is served.
#[derive(Debug)]
pub enum Face {
    Ctips { server: ctips::Settings, profile: Box<Profile>, callback: Callback, limits: Limits },
    EventFeed { server: event_feed::ServerSettings, queue: Queue },
}

/// How much may wait for one session: messages and bytes.
#[derive(Debug, Clone, Copy)]
pub struct Queue {
    pub messages: usize,
    pub bytes: usize,
}

/// Where clients may be called, and how long that may take.
#[derive(Debug, Clone)]
pub struct Callback {
    pub allow: AllowList,
    pub timeout: Duration,
    pub tls: ClientTls,
    /// Plain HTTP to other machines is allowed.
    pub plaintext: bool,
    pub queue: Queue,
}

/// Bounds of a listener.
#[derive(Debug, Clone)]
pub struct Limits {
    pub connections: usize,
    pub body: usize,
    pub header_timeout: Duration,
    pub body_timeout: Duration,
}

pub fn read(name: &str, section: &Section, mappings: &Mappings) -> Option<Application> {
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
    let users = users(section);
    let read_only = section.list("read_only").unwrap_or_default();
    for user in read_only.iter().filter(|user| !users.iter().any(|(known, _)| known == *user)) {
        section.problem("read_only", format!("there is no user {user:?}"));
    }
    let is_feed = dialect.as_ref().is_some_and(|dialect| dialect.vocabulary.dialect == "event-feed");
    let face = match &dialect {
        Some(_) if is_feed => Some(event_feed(section, users)),
        Some(dialect) => Some(ctips(section, users, &dialect.vocabulary, plaintext)),
        None => None,
    };
    let routing = routes::Settings::default();
    let application = Application {
        name: name.to_owned(),
        dialect: dialect.as_ref().map(|dialect| dialect.vocabulary.dialect.clone()).unwrap_or_default(),
        listen: listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0))),
        tls,
        platforms,
        read_only,
        routes: routes::Settings {
            timeout: section.duration("route_timeout", routing.timeout),
            most: section.number("max_routes", routing.most as u32) as usize,
            ..routing
        },
        routed_by: section.text("routes"),
        id_step: i64::from(section.number("id_step", 1_000_000u32)),
        media: media(section, dialect.as_ref().map_or(&[], |dialect| translate::usual_media(&dialect.vocabulary))),
        labels: if is_feed { labels(section) } else { Vec::new() },
        knobs: knobs(section, dialect.as_deref()),
        // Which keys there are beside these only the dialect knows.
        face: face?,
        exposed: false,
    };
    section.finish();
    let exposed = application.tls.is_none() && !listen?.ip().is_loopback();
    if exposed && !plaintext {
        section.problem("listen", "bytes leave this machine unprotected: add `tls`, or say `plaintext = true`");
    }
    Some(Application { exposed, ..application })
}

fn ctips(section: &Section, users: Vec<(String, SecretString)>, vocabulary: &Vocabulary, plaintext: bool) -> Face {
    let defaults = ctips::Settings::default();
    let profile = profile(section, vocabulary);
    let server = ctips::Settings {
        users: users.into_iter().collect(),
        max_sessions: section.number("sessions", defaults.max_sessions as u32) as usize,
        heartbeat: section.duration("heartbeat", defaults.heartbeat),
        missed_heartbeats: section.number("missed_heartbeats", defaults.missed_heartbeats),
    };
    let callback = Callback {
        allow: allow_list(section),
        timeout: section.duration("callback_timeout", Duration::from_secs(10)),
        tls: section.section("callback_tls").map(|tls| client_tls(&tls)).unwrap_or_default(),
        plaintext,
        queue: queue(section),
    };
    let limits = Limits {
        connections: section.number("connections", 100u32) as usize,
        body: section.size("max_body", 256 << 10),
        header_timeout: section.duration("header_timeout", Duration::from_secs(30)),
        body_timeout: section.duration("body_timeout", Duration::from_secs(10)),
    };
    Face::Ctips { server, profile: Box::new(profile), callback, limits }
}

fn event_feed(section: &Section, users: Vec<(String, SecretString)>) -> Face {
    let defaults = event_feed::ServerSettings::default();
    let server = event_feed::ServerSettings {
        users: users.into_iter().collect(),
        max_connections: section.number("connections", defaults.max_connections as u32) as usize,
        max_frame: section.size("max_frame", defaults.max_frame),
        login_timeout: section.duration("login_timeout", defaults.login_timeout),
    };
    Face::EventFeed { server, queue: queue(section) }
}

fn queue(section: &Section) -> Queue {
    Queue { messages: section.number("queue", 16_384u32) as usize, bytes: section.size("queue_bytes", 8 << 20) }
}

fn media(section: &Section, default: &[Media]) -> Vec<Media> {
    let Some(names) = section.list("media") else { return default.to_vec() };
    let medium = |name: &String| {
        let known = Media::from_name(name);
        if known.is_none() {
            let known: Vec<&str> = Media::names().collect();
            section.problem("media", format!("{name:?} is no medium; there are {}", known.join(", ")));
        }
        known
    };
    names.iter().filter_map(medium).collect()
}

fn labels(section: &Section) -> Vec<(String, i64)> {
    let number = |(label, text): (String, String)| {
        let number = text.parse().ok().filter(|number| *number >= 101);
        if number.is_none() {
            section.problem("profile_ids", format!("the number of {label:?} should be 101 or more"));
        }
        Some((label, number?))
    };
    section.values("profile_ids").into_iter().filter_map(number).collect()
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

/// The profile of the name that is asked for, else the first.
pub fn profile(section: &Section, vocabulary: &Vocabulary) -> Profile {
    let name = section.text("profile");
    let known = name.as_ref().map_or(vocabulary.profiles.first(), |name| vocabulary.profile(name));
    if let (None, Some(name)) = (known, name) {
        let names: Vec<&str> = vocabulary.profiles.iter().map(|profile| profile.name.as_str()).collect();
        section.problem("profile", format!("there is no profile {name:?}; there are {}", names.join(", ")));
    }
    let mut profile = known.cloned().unwrap_or_default();
    if let Some(namespaces) = section.section("namespaces") {
        profile.namespaces.service = namespaces.text_or("service", &profile.namespaces.service);
        profile.namespaces.callback = namespaces.text_or("callback", &profile.namespaces.callback);
        profile.namespaces.data = namespaces.text_or("data", &profile.namespaces.data);
        namespaces.finish();
    }
    profile
}
