//! The settings of an Open Media Service and of the applications that are its clients, as their sections have them.

use secrecy::SecretString;

use super::{Client, ClientSettings, Server, ServerSettings};
use crate::{
    dialect::registry::{
        ApplicationMaker, ApplicationSettings, ApplicationSide, ApplicationStart, ApplicationTransport, Entry,
        PlatformMaker, PlatformSettings, PlatformSide, PlatformStart, PlatformTransport, Posted, Reading, Served,
    },
    port::{ApplicationConversation, PlatformConversation},
    settings::{Limits, Passwords, Posts, Section, Users, Wsdl, WsdlSource, profile, reconnect},
    vocabulary::Profile,
};

/// Where clients post to.
const PATH: &str = "/OpenMediaService";

pub fn entry() -> Entry {
    Entry {
        name: "open-media".to_owned(),
        platform: Some(PlatformSide {
            named: &["service_groups"],
            read: Box::new(platform),
            replaying: Some(|vocabulary| Box::new(Client::replaying(vocabulary))),
        }),
        application: Some(ApplicationSide {
            named: &["users"],
            read: Box::new(application),
            guests: true,
            statistics: false,
        }),
    }
}

/// The settings of a service that is a platform, and the profile that it is spoken with in.
#[derive(Debug)]
pub struct Service {
    pub settings: ClientSettings,
    pub profile: Profile,
}

fn platform(section: &Section, reading: &Reading) -> Option<PlatformSettings> {
    let defaults = ClientSettings::default();
    let url = section.required("url");
    let urls: Vec<String> = url.iter().cloned().collect();
    let posts = Posts::read(section, &urls, "url", 8, reading.plaintext);
    let user = section.text("user");
    let password = match user {
        // Where authentication is disabled nobody logs on.
        None => String::new().into(),
        Some(_) => section.required_secret("password", "password_file"),
    };
    let tenant = section.text("tenant").map_or(Some(defaults.tenant), |text| text.parse().ok()).unwrap_or_else(|| {
        section.problem("tenant", "should be a record id, or -1");
        defaults.tenant
    });
    let profile = profile(section, reading.vocabulary);
    let wsdl = Wsdl::read(section, &profile);
    let settings = ClientSettings {
        user: user.unwrap_or_default(),
        password,
        tenant,
        reply_timeout: section.duration("reply_timeout", defaults.reply_timeout),
        poll: section.duration("poll", defaults.poll),
        verify: section.duration("verify", defaults.verify),
        reconnect: reconnect(section, defaults.reconnect),
        asks_wsdl: wsdl.source == WsdlSource::Service,
        ..defaults
    };
    let service_groups = service_groups(section);
    let settings = ClientSettings { url: url?.into(), ..settings };
    let (exposed, answer_time) = (Posts::exposes(&urls), Some(settings.reply_timeout));
    let service = Service { settings, profile: profile.clone() };
    let posted = Posted { posts, callee: None, profile, wsdl };
    let settings = PlatformSettings::new(PlatformTransport::Posted(Box::new(posted)), service);
    Some(PlatformSettings { exposed, service_groups, answer_time, ..settings })
}

impl PlatformMaker for Service {
    fn make(self: Box<Self>, start: PlatformStart) -> Box<dyn PlatformConversation> {
        let Service { settings, profile } = *self;
        let settings = ClientSettings { seed: start.seed, ..settings };
        Box::new(Client::new(settings, start.vocabulary, &profile))
    }
}

/// `service_groups`: numbers of services of other platforms, and of the groups that they are here.
fn service_groups(section: &Section) -> Vec<(i64, i64)> {
    let pair = |(service, group): (String, String)| {
        let pair = service.parse().ok().zip(group.parse().ok()).filter(|(_, group)| *group > 0);
        if pair.is_none() {
            section.problem("service_groups", format!("{service:?} = {group:?} should be two numbers"));
        }
        pair
    };
    section.values("service_groups").into_iter().filter_map(pair).collect()
}

/// The settings of a service for clients, and the profile that it is served in.
#[derive(Debug)]
pub struct Office {
    pub settings: ServerSettings,
    pub profile: Profile,
}

fn application(section: &Section, reading: &Reading) -> Option<ApplicationSettings> {
    let Users { known, read_only, tries } = Users::read(section, Passwords::OrHashes);
    let defaults = ServerSettings::default();
    let number = |key: &'static str, default: usize| section.number(key, default as u32) as usize;
    let settings = ServerSettings {
        users: known.into_iter().collect(),
        tries,
        read_only: read_only.iter().cloned().collect(),
        expiry: section.duration("expiry", defaults.expiry),
        max_requests: number("max_requests", defaults.max_requests),
        max_updates: number("max_updates", defaults.max_updates),
        max_waiting: number("max_waiting", defaults.max_waiting),
    };
    let profile = profile(section, reading.vocabulary);
    let served = Served { path: PATH, profile: profile.clone(), limits: Limits::read(section), callback: None };
    Some(ApplicationSettings {
        transport: ApplicationTransport::Served(Box::new(served)),
        conversation: Box::new(Office { settings, profile }),
        read_only,
        labels: Vec::new(),
    })
}

impl ApplicationMaker for Office {
    fn users(&self) -> Vec<(String, SecretString)> {
        self.settings.users.iter().map(|(name, secret)| (name.clone(), secret.clone())).collect()
    }

    fn make(self: Box<Self>, start: ApplicationStart) -> Box<dyn ApplicationConversation> {
        let Office { settings, profile } = *self;
        Box::new(Server::new(settings, start.vocabulary, profile))
    }
}
