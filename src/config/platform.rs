//! `[platform.…]`: what the bridge connects to, or who connects to it, and how.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use secrecy::SecretString;

use super::{
    ClientTls, Section, ServerTls, address, application, client_tls, dialect, is_loopback, knobs, server_tls,
    soap::{self, Callee, Posts, Wsdl, WsdlSource},
    url,
};
use crate::{
    dialect::{ccas, ctips, event_feed, open_media},
    mapping::{Literal, Mappings},
    model,
    vocabulary::{Profile, Vocabulary},
};

#[derive(Debug)]
pub struct Platform {
    pub name: String,
    pub dialect: String,
    pub reach: Reach,
    pub max_frame: usize,
    pub model: model::Settings,
    pub knobs: Vec<Literal>,
    /// Of a routing platform: its numbers of the services of others.
    pub service_groups: Vec<(i64, i64)>,
    /// The platform that chooses the agents for this one's calls.
    pub routed_by: Option<String>,
    /// Bytes leave the machine unprotected, and the operator knows.
    pub exposed: bool,
}

/// How a platform is reached.
#[derive(Debug)]
pub enum Reach {
    /// The bridge connects to an event feed.
    Feed { dial: Dial, settings: event_feed::Settings },
    /// A relay beside CCAS connects to the bridge.
    Relay { listen: SocketAddr, tls: Option<ServerTls>, token: SecretString, settings: ccas::Settings },
    /// The bridge posts to a SOAP service, which may call it back.
    Soap { posts: Posts, callee: Option<Callee>, profile: Box<Profile>, wsdl: Box<Wsdl>, conversation: Conversation },
}

/// What is said to a SOAP service.
#[derive(Debug)]
pub enum Conversation {
    Ctips(ctips::ClientSettings),
    OpenMedia(open_media::ClientSettings),
}

#[derive(Debug, Clone)]
pub struct Dial {
    pub address: String,
    /// The port of `address`, and the host without it.
    pub host: String,
    pub port: u16,
    pub tls: Option<ClientTls>,
    pub connect_timeout: Duration,
    pub keepalive: Duration,
}

pub fn read(name: &str, section: &Section, mappings: &Mappings) -> Option<Platform> {
    let dialect = dialect(section, mappings, true)?;
    let plaintext = section.flag("plaintext", false);
    let reached = match dialect.vocabulary.dialect.as_str() {
        "ccas" => relay(section, plaintext),
        "ctips" => portal(section, plaintext, &dialect.vocabulary),
        "open-media" => media(section, &dialect.vocabulary),
        _ => feed(section, plaintext),
    };
    // What is posted has bounds of its own.
    let is_posted = matches!(&reached, Some((Reach::Soap { .. }, _)));
    let max_frame = if is_posted { 0 } else { section.size("max_frame", 1 << 20) };
    let mut model = model(name, section);
    if dialect.vocabulary.dialect == "ccas" {
        model.service_numbers = numbers(section);
    }
    let platform = reached.map(|(reach, exposed)| Platform {
        name: name.to_owned(),
        dialect: dialect.vocabulary.dialect.clone(),
        reach,
        max_frame,
        model,
        knobs: knobs(section, Some(&dialect)),
        service_groups: if dialect.vocabulary.dialect == "open-media" { groups(section) } else { Vec::new() },
        routed_by: if dialect.vocabulary.dialect == "ctips" { section.text("routing") } else { None },
        exposed,
    });
    section.finish();
    platform
}

/// The reach, and whether bytes leave the machine unprotected.
fn feed(section: &Section, plaintext: bool) -> Option<(Reach, bool)> {
    let address = section.required("address");
    let tls = section.section("tls").map(|tls| client_tls(&tls));
    let user = section.required("user").unwrap_or_default();
    let password = secret(section, "password", "password_file");
    let defaults = event_feed::Settings::default();
    let shortest = section.duration("reconnect_min", defaults.reconnect.0);
    let longest = section.duration("reconnect_max", defaults.reconnect.1);
    if longest < shortest {
        section.problem("reconnect_max", "`reconnect_max` is shorter than `reconnect_min`");
    }
    let settings = event_feed::Settings {
        user,
        password,
        reply_timeout: section.duration("reply_timeout", defaults.reply_timeout),
        silence: section.duration("silence", defaults.silence),
        reconnect: (shortest, longest),
        ..defaults
    };
    let connect_timeout = section.duration("connect_timeout", Duration::from_secs(10));
    let keepalive = section.duration("keepalive", Duration::from_secs(30));
    let address = address?;
    let (host, port) = host_and_port(section, &address)?;
    let exposed = tls.is_none() && !is_loopback(&host);
    if exposed && !plaintext {
        section.problem("address", "bytes leave this machine unprotected: add `tls = {}`, or say `plaintext = true`");
    }
    let dial = Dial { address, host, port, tls, connect_timeout, keepalive };
    Some((Reach::Feed { dial, settings }, exposed))
}

fn relay(section: &Section, plaintext: bool) -> Option<(Reach, bool)> {
    let listen = address(section, "listen");
    let tls = section.section("tls").and_then(|tls| server_tls(&tls));
    let token = secret(section, "token", "token_file");
    let defaults = ccas::Settings::default();
    let settings = ccas::Settings {
        reply_timeout: section.duration("reply_timeout", defaults.reply_timeout),
        pins: section.secrets("pins").into_iter().collect(),
        manual_wrap_limit: section.duration("manual_wrap_limit", defaults.manual_wrap_limit),
        ..defaults
    };
    let listen = listen?;
    let exposed = tls.is_none() && !listen.ip().is_loopback();
    if exposed && !plaintext {
        section.problem("listen", "bytes leave this machine unprotected: add `tls`, or say `plaintext = true`");
    }
    Some((Reach::Relay { listen, tls, token, settings }, exposed))
}

/// A CTI Portal Server, or several that stand in for each other.
fn portal(section: &Section, plaintext: bool, vocabulary: &Vocabulary) -> Option<(Reach, bool)> {
    let defaults = ctips::ClientSettings::default();
    let urls = section.list("urls").unwrap_or_default();
    if urls.is_empty() {
        section.problem("", format!("`{}.urls` names no address", section.path));
    }
    let posts = soap::posts(section, &urls, "urls", 1);
    let callback = section.required("callback");
    let callee = callback.as_deref().and_then(|callback| soap::callee(section, callback, plaintext));
    let shortest = section.duration("reconnect_min", defaults.reconnect.0);
    let longest = section.duration("reconnect_max", defaults.reconnect.1);
    if longest < shortest {
        section.problem("reconnect_max", "`reconnect_max` is shorter than `reconnect_min`");
    }
    let filters =
        [("FT_AGENT_ID", "filter_agents"), ("FT_SERVICE_ID", "filter_services"), ("FT_SWITCH_ID", "filter_switches")];
    let filters = filters.iter().flat_map(|(field, key)| {
        let values = section.list(key).unwrap_or_default();
        values.into_iter().map(move |value| (*field, value))
    });
    let settings = ctips::ClientSettings {
        urls: urls.iter().map(|url| url.as_str().into()).collect(),
        callback: callback.unwrap_or_default(),
        user: section.required("user").unwrap_or_default(),
        password: secret(section, "password", "password_file"),
        tenant: i64::from(section.number("tenant", 1u32)),
        filters: filters.collect(),
        reply_timeout: section.duration("reply_timeout", defaults.reply_timeout),
        heartbeat_timeout: section.duration("heartbeat_timeout", defaults.heartbeat_timeout),
        reconnect: (shortest, longest),
        ..defaults
    };
    let profile = Box::new(application::profile(section, vocabulary));
    let wsdl = Box::new(soap::wsdl(section, &profile));
    let settings = ctips::ClientSettings { asks_wsdl: wsdl.source == WsdlSource::Service, ..settings };
    let callee = callee?;
    let exposed = soap::exposes(&urls) || (callee.tls.is_none() && !callee.listen.ip().is_loopback());
    let conversation = Conversation::Ctips(settings);
    Some((Reach::Soap { posts, callee: Some(callee), profile, wsdl, conversation }, exposed))
}

/// An Open Media Service.
fn media(section: &Section, vocabulary: &Vocabulary) -> Option<(Reach, bool)> {
    let defaults = open_media::ClientSettings::default();
    let url = section.required("url");
    let urls: Vec<String> = url.iter().cloned().collect();
    let posts = soap::posts(section, &urls, "url", 8);
    let shortest = section.duration("reconnect_min", defaults.reconnect.0);
    let longest = section.duration("reconnect_max", defaults.reconnect.1);
    if longest < shortest {
        section.problem("reconnect_max", "`reconnect_max` is shorter than `reconnect_min`");
    }
    let user = section.text("user");
    let password = match user {
        // Where authentication is disabled nobody logs on.
        None => String::new().into(),
        Some(_) => secret(section, "password", "password_file"),
    };
    let settings = open_media::ClientSettings {
        url: url?.into(),
        user: user.unwrap_or_default(),
        password,
        tenant: section.text("tenant").map_or(Some(defaults.tenant), |text| text.parse().ok()).unwrap_or_else(|| {
            section.problem("tenant", "should be a record id, or -1");
            defaults.tenant
        }),
        reply_timeout: section.duration("reply_timeout", defaults.reply_timeout),
        poll: section.duration("poll", defaults.poll),
        verify: section.duration("verify", defaults.verify),
        reconnect: (shortest, longest),
        ..defaults
    };
    let profile = Box::new(application::profile(section, vocabulary));
    let wsdl = Box::new(soap::wsdl(section, &profile));
    let settings = open_media::ClientSettings { asks_wsdl: wsdl.source == WsdlSource::Service, ..settings };
    let conversation = Conversation::OpenMedia(settings);
    Some((Reach::Soap { posts, callee: None, profile, wsdl, conversation }, soap::exposes(&urls)))
}

/// `service_groups`: numbers of services of other platforms, and of the groups that they are here.
fn groups(section: &Section) -> Vec<(i64, i64)> {
    let pair = |(service, group): (String, String)| {
        let pair = service.parse().ok().zip(group.parse().ok()).filter(|(_, group)| *group > 0);
        if pair.is_none() {
            section.problem("service_groups", format!("{service:?} = {group:?} should be two numbers"));
        }
        pair
    };
    section.values("service_groups").into_iter().filter_map(pair).collect()
}

/// `service_numbers`: the numbers to dial for services, where the platform tells none.
fn numbers(section: &Section) -> BTreeMap<i64, String> {
    let pair = |(service, number): (String, String)| {
        let pair = service.parse().ok().zip(model::dialable(&number));
        if pair.is_none() {
            section.problem(
                "service_numbers",
                format!("{service:?} = {number:?} should be a service's number, and what is dialled to reach it"),
            );
        }
        pair
    };
    section.values("service_numbers").into_iter().filter_map(pair).collect()
}

fn secret(section: &Section, key: &'static str, file_key: &'static str) -> SecretString {
    let secret = section.secret(key, file_key);
    if secret.is_none() && !section.has(key) && !section.has(file_key) {
        section.problem("", format!("`{}.{key}` or `{file_key}` is missing", section.path));
    }
    secret.unwrap_or_else(|| String::new().into())
}

fn model(name: &str, section: &Section) -> model::Settings {
    let defaults = model::Settings::default();
    model::Settings {
        platform: name.to_owned(),
        state_grace: section.duration("state_grace", defaults.state_grace),
        wrap_grace: section.duration("wrap_grace", defaults.wrap_grace),
        call_expiry: section.duration("call_expiry", defaults.call_expiry),
        orphan_grace: section.duration("orphan_grace", defaults.orphan_grace),
        unseen_wait: section.duration("unseen_wait", defaults.unseen_wait),
        id_grace: section.duration("id_grace", defaults.id_grace),
        link_grace: section.duration("link_grace", defaults.link_grace),
        resync_grace: section.duration("resync_grace", defaults.resync_grace),
        request_grace: section.duration("request_grace", defaults.request_grace),
        max_calls: section.number("max_calls", defaults.max_calls as u32) as usize,
        max_agents: section.number("max_agents", defaults.max_agents as u32) as usize,
        max_services: section.number("max_services", defaults.max_services as u32) as usize,
        max_requests: section.number("max_requests", defaults.max_requests as u32) as usize,
        service_numbers: Default::default(),
        max_memory: section.size("max_memory", defaults.max_memory),
    }
}

fn host_and_port(section: &Section, address: &str) -> Option<(String, u16)> {
    let parts = url::host_and_port(address);
    if parts.is_none() {
        let text = "`address` should be a host and a port from 1 to 65535, such as \"127.0.0.1:31456\"";
        section.problem("address", text);
    }
    parts
}
