//! The settings of CTI Portal Servers and of the applications that are written for one, as their sections have them.

use std::net::SocketAddr;

use secrecy::SecretString;

use super::{Client, ClientSettings, Server, Settings};
use crate::{
    dialect::registry::{
        ApplicationMaker, ApplicationSettings, ApplicationSide, ApplicationStart, ApplicationTransport, Entry,
        PlatformMaker, PlatformSettings, PlatformSide, PlatformStart, PlatformTransport, Posted, Reading, Served,
    },
    port::{ApplicationConversation, PlatformConversation},
    settings::{Callback, Callee, Limits, Passwords, Posts, Section, Url, Users, Wsdl, WsdlSource, profile, reconnect},
    vocabulary::Profile,
};

/// Where applications post to.
const PATH: &str = "/AgentCallService";

pub fn entry() -> Entry {
    Entry {
        name: "ctips".to_owned(),
        platform: Some(PlatformSide {
            named: &[],
            read: Box::new(platform),
            replaying: Some(|vocabulary| Box::new(Client::replaying(vocabulary))),
        }),
        application: Some(ApplicationSide {
            named: &["users"],
            read: Box::new(application),
            guests: false,
            statistics: false,
        }),
    }
}

/// The settings of one or several portals that stand in for each other, and the profile that they are spoken with in.
#[derive(Debug)]
pub struct Portal {
    pub settings: ClientSettings,
    pub profile: Profile,
}

fn platform(section: &Section, reading: &Reading) -> Option<PlatformSettings> {
    let defaults = ClientSettings::default();
    let urls = section.list("urls").unwrap_or_default();
    if urls.is_empty() {
        section.missing("urls", format!("`{}.urls` names no address", section.path));
    }
    let posts = Posts::read(section, &urls, "urls", 1, reading.plaintext);
    let callback = section.required("callback");
    let callee = callback.as_deref().and_then(|callback| Callee::read(section, callback, reading.plaintext));
    let profile = profile(section, reading.vocabulary);
    let wsdl = Wsdl::read(section, &profile);
    let settings = ClientSettings {
        urls: urls.iter().map(|url| url.as_str().into()).collect(),
        callback: callback.unwrap_or_default(),
        user: section.required("user").unwrap_or_default(),
        password: section.required_secret("password", "password_file"),
        tenant: i64::from(section.number("tenant", 1u32)),
        filters: filters(section),
        reply_timeout: section.duration("reply_timeout", defaults.reply_timeout),
        heartbeat_timeout: section.duration("heartbeat_timeout", defaults.heartbeat_timeout),
        reconnect: reconnect(section, defaults.reconnect),
        asks_wsdl: wsdl.source == WsdlSource::Service,
        ..defaults
    };
    let routed_by = section.text("routing");
    let callee = callee?;
    let exposed = Posts::exposes(&urls) || callee.is_exposed();
    let portal = Portal { settings, profile: profile.clone() };
    let posted = Posted { posts, callee: Some(callee), profile, wsdl };
    let settings = PlatformSettings::new(PlatformTransport::Posted(Box::new(posted)), portal);
    Some(PlatformSettings { exposed, routed_by, ..settings })
}

impl PlatformMaker for Portal {
    fn make(self: Box<Self>, start: PlatformStart) -> Box<dyn PlatformConversation> {
        let Portal { settings, profile } = *self;
        let callback = told(&settings.callback, start.called_at);
        let settings = ClientSettings { seed: start.seed, callback, ..settings };
        Box::new(Client::new(settings, start.vocabulary, profile, start.new_path))
    }
}

/// Where a platform is told to call: a port that is 0 becomes the one that was given.
fn told(callback: &str, called_at: Option<SocketAddr>) -> String {
    match (called_at, Url::to_serve(callback)) {
        (Some(address), Ok(url)) if url.port == 0 => url.with_port(address.port()),
        _ => callback.to_owned(),
    }
}

fn filters(section: &Section) -> Vec<(&'static str, String)> {
    let keys =
        [("FT_AGENT_ID", "filter_agents"), ("FT_SERVICE_ID", "filter_services"), ("FT_SWITCH_ID", "filter_switches")];
    let values = |(field, key)| {
        let values = section.list(key).unwrap_or_default();
        values.into_iter().map(move |value| (field, value))
    };
    keys.into_iter().flat_map(values).collect()
}

/// The settings of an application's service, and the profile that it is served in.
#[derive(Debug)]
pub struct Service {
    pub settings: Settings,
    pub profile: Profile,
}

fn application(section: &Section, reading: &Reading) -> Option<ApplicationSettings> {
    let Users { known, read_only, tries } = Users::read(section, Passwords::OrHashes);
    let defaults = Settings::default();
    let settings = Settings {
        users: known.into_iter().collect(),
        tries,
        max_sessions: section.number("sessions", defaults.max_sessions as u32) as usize,
        heartbeat: section.duration("heartbeat", defaults.heartbeat),
        missed_heartbeats: section.number("missed_heartbeats", defaults.missed_heartbeats),
        tenants: tenants(section),
    };
    let profile = profile(section, reading.vocabulary);
    let served = Served {
        path: PATH,
        profile: profile.clone(),
        limits: Limits::read(section),
        callback: Some(Callback::read(section, reading.plaintext)),
    };
    Some(ApplicationSettings {
        transport: ApplicationTransport::Served(Box::new(served)),
        conversation: Box::new(Service { settings, profile }),
        read_only,
        labels: Vec::new(),
    })
}

impl ApplicationMaker for Service {
    fn users(&self) -> Vec<(String, SecretString)> {
        self.settings.users.iter().map(|(name, secret)| (name.clone(), secret.clone())).collect()
    }

    fn make(self: Box<Self>, start: ApplicationStart) -> Box<dyn ApplicationConversation> {
        let Service { settings, profile } = *self;
        Box::new(Server::new(settings, start.vocabulary, profile, start.new_id))
    }
}

/// The tenants that sessions may be opened for.
fn tenants(section: &Section) -> Vec<i64> {
    let tenants = section.numbers("tenants").unwrap_or_default();
    if let Some(odd) = tenants.iter().find(|tenant| !(1..=i64::from(i32::MAX)).contains(*tenant)) {
        section.problem("tenants", format!("{odd} is no tenant: tenants are numbers from 1"));
    }
    tenants
}
