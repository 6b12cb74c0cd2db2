//! `[application.…]`: whom the bridge serves, where, and as what.

use std::{net::SocketAddr, time::Duration};

use secrecy::{ExposeSecret, SecretString};

use super::{AllowList, ClientTls, Section, ServerTls, address, client_tls, dialect, knobs, server_tls};
use crate::{
    bridge::routes,
    dialect::{ctips, event_feed, open_media},
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
    OpenMedia { server: Box<open_media::ServerSettings>, profile: Box<Profile>, limits: Limits },
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
    let is_media = dialect.as_ref().is_some_and(|dialect| dialect.vocabulary.dialect == "open-media");
    let listen = address(section, "listen");
    let tls = section.section("tls").and_then(|tls| server_tls(&tls));
    let plaintext = section.flag("plaintext", false);
    let platforms = section.list("platforms").unwrap_or_default();
    for (place, name) in platforms.iter().enumerate() {
        if platforms[..place].contains(name) {
            section.problem("platforms", format!("{name:?} stands twice"));
        }
    }
    if is_media && platforms.len() > 1 {
        section.problem("platforms", "an Open Media application has one platform: ids would be given twice");
    }
    if platforms.is_empty() && !is_media {
        section.problem("", format!("`{}.platforms` names no platform", section.path));
    }
    let users = users(section);
    let read_only = section.list("read_only").unwrap_or_default();
    let is_user = |user: &String| users.iter().flatten().any(|(known, _)| known == user);
    for user in read_only.iter().filter(|user| users.is_some() && !is_user(user)) {
        section.problem("read_only", format!("there is no user {user:?}"));
    }
    let users = users.unwrap_or_default();
    let is_feed = dialect.as_ref().is_some_and(|dialect| dialect.vocabulary.dialect == "event-feed");
    let face = match &dialect {
        Some(_) if is_feed => Some(event_feed(section, users)),
        Some(dialect) if is_media => Some(open_media(section, users, &dialect.vocabulary)),
        Some(dialect) => Some(ctips(section, users, &dialect.vocabulary, plaintext)),
        None => None,
    };
    let usual = dialect.as_ref().map_or(&[][..], |dialect| translate::usual_media(&dialect.vocabulary));
    let application = Application {
        name: name.to_owned(),
        dialect: dialect.as_ref().map(|dialect| dialect.vocabulary.dialect.clone()).unwrap_or_default(),
        listen: listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0))),
        tls,
        platforms,
        read_only,
        routes: if is_media { routes::Settings::default() } else { routing(section) },
        routed_by: if is_media { None } else { section.text("routes") },
        id_step: if is_media { 1 } else { i64::from(section.number("id_step", 1_000_000u32)) },
        media: if is_media { Vec::new() } else { media(section, usual) },
        labels: if is_feed { labels(section) } else { Vec::new() },
        knobs: if is_media { Vec::new() } else { knobs(section, dialect.as_deref()) },
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

fn routing(section: &Section) -> routes::Settings {
    let defaults = routes::Settings::default();
    routes::Settings {
        timeout: section.duration("route_timeout", defaults.timeout),
        most: section.number("max_routes", defaults.most as u32) as usize,
        ..defaults
    }
}

fn ctips(section: &Section, users: Vec<(String, SecretString)>, vocabulary: &Vocabulary, plaintext: bool) -> Face {
    let defaults = ctips::Settings::default();
    let profile = profile(section, vocabulary);
    let server = ctips::Settings {
        users: users.into_iter().collect(),
        max_sessions: section.number("sessions", defaults.max_sessions as u32) as usize,
        heartbeat: section.duration("heartbeat", defaults.heartbeat),
        missed_heartbeats: section.number("missed_heartbeats", defaults.missed_heartbeats),
        tenants: tenants(section),
    };
    let callback = Callback {
        allow: allow_list(section),
        timeout: section.duration("callback_timeout", Duration::from_secs(10)),
        tls: section.section("callback_tls").map(|tls| client_tls(&tls)).unwrap_or_default(),
        plaintext,
        queue: queue(section),
    };
    Face::Ctips { server, profile: Box::new(profile), callback, limits: limits(section) }
}

/// The tenants that sessions may be opened for.
fn tenants(section: &Section) -> Vec<i64> {
    let tenants = section.numbers("tenants").unwrap_or_default();
    if let Some(odd) = tenants.iter().find(|tenant| !(1..=i64::from(i32::MAX)).contains(*tenant)) {
        section.problem("tenants", format!("{odd} is no tenant: tenants are numbers from 1"));
    }
    tenants
}

fn limits(section: &Section) -> Limits {
    Limits {
        connections: section.number("connections", 100u32) as usize,
        body: section.size("max_body", 256 << 10),
        header_timeout: section.duration("header_timeout", Duration::from_secs(30)),
        body_timeout: section.duration("body_timeout", Duration::from_secs(10)),
    }
}

fn open_media(section: &Section, users: Vec<(String, SecretString)>, vocabulary: &Vocabulary) -> Face {
    let defaults = open_media::ServerSettings::default();
    let number = |key: &'static str, default: usize| section.number(key, default as u32) as usize;
    let server = open_media::ServerSettings {
        users: users.into_iter().collect(),
        read_only: section.list("read_only").unwrap_or_default().into_iter().collect(),
        expiry: section.duration("expiry", defaults.expiry),
        max_requests: number("max_requests", defaults.max_requests),
        max_updates: number("max_updates", defaults.max_updates),
        max_waiting: number("max_waiting", defaults.max_waiting),
    };
    let profile = profile(section, vocabulary);
    Face::OpenMedia { server: Box::new(server), profile: Box::new(profile), limits: limits(section) }
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

/// Who may log on; none where something is wrong with them. What stands in `users` wins over the file.
fn users(section: &Section) -> Option<Vec<(String, SecretString)>> {
    let before = section.problem_count();
    let mut users = section.secrets("users");
    for (name, _) in users.iter().filter(|(_, password)| password.expose_secret().is_empty()) {
        section.problem("users", format!("the password of {name:?} is empty"));
    }
    let own = users.len();
    for (name, password) in section.secrets_file("users_file") {
        match users[..own].iter().find(|(known, _)| known.to_lowercase() == name.to_lowercase()) {
            None => users.push((name, password)),
            Some((known, _)) if *known == name => {}
            Some((known, _)) => {
                section.problem("users", format!("{known:?} and {name:?} of the file differ only in case"));
            }
        }
    }
    if section.problem_count() > before {
        return None;
    }
    if users.is_empty() {
        section.problem("", format!("`{}.users` or `users_file` names no user: nobody could connect", section.path));
    }
    Some(users)
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
        let known = &mut profile.namespaces;
        let known = [("service", &mut known.service), ("callback", &mut known.callback), ("data", &mut known.data)];
        for (key, known) in known {
            match namespaces.text(key) {
                Some(text) if text.is_empty() => namespaces.problem(key, "a namespace is not empty"),
                Some(text) => *known = text,
                None => {}
            }
        }
        namespaces.finish();
    }
    profile
}
