//! The settings of an event feed and of the applications that are written for one, as their sections have them.

use secrecy::SecretString;

use super::{Client, Server, ServerSettings, Settings};
use crate::{
    dialect::registry::{
        ApplicationMaker, ApplicationSettings, ApplicationSide, ApplicationStart, ApplicationTransport, Entry,
        PlatformMaker, PlatformSettings, PlatformSide, PlatformStart, PlatformTransport, Reading,
    },
    port::{ApplicationConversation, PlatformConversation},
    settings::{Dial, Passwords, Queue, Section, Users, reconnect},
};

/// Why a user of a feed has a password and no hash.
const NO_HASH: &str =
    "clients of a feed answer with a digest of the password, and the bridge needs the password to compare it";

pub fn entry() -> Entry {
    Entry {
        name: "event-feed".to_owned(),
        platform: Some(PlatformSide {
            named: &[],
            read: Box::new(platform),
            replaying: Some(|vocabulary| Box::new(Client::replaying(vocabulary))),
        }),
        application: Some(ApplicationSide {
            named: &["users", "profile_ids"],
            read: Box::new(application),
            guests: false,
            statistics: true,
        }),
    }
}

fn platform(section: &Section, reading: &Reading) -> Option<PlatformSettings> {
    let dial = Dial::read(section, reading.plaintext);
    let defaults = Settings::default();
    let settings = Settings {
        user: section.required("user").unwrap_or_default(),
        password: section.required_secret("password", "password_file"),
        reply_timeout: section.duration("reply_timeout", defaults.reply_timeout),
        silence: section.duration("silence", defaults.silence),
        reconnect: reconnect(section, defaults.reconnect),
        max_frame: section.size("max_frame", defaults.max_frame),
        ..defaults
    };
    let dial = dial?;
    let exposed = dial.exposed;
    let settings = PlatformSettings::new(PlatformTransport::Dialled(dial), settings);
    Some(PlatformSettings { exposed, ..settings })
}

impl PlatformMaker for Settings {
    fn make(self: Box<Self>, start: PlatformStart) -> Box<dyn PlatformConversation> {
        let settings = Settings { seed: start.seed, statistics: start.statistics, ..*self };
        Box::new(Client::new(settings, start.vocabulary, start.now))
    }
}

fn application(section: &Section, _: &Reading) -> Option<ApplicationSettings> {
    let Users { known, read_only, tries } = Users::read(section, Passwords::Alone(NO_HASH));
    let defaults = ServerSettings::default();
    let settings = ServerSettings {
        users: known.into_iter().collect(),
        tries,
        max_connections: section.number("connections", defaults.max_connections as u32) as usize,
        max_frame: section.size("max_frame", defaults.max_frame),
        login_timeout: section.duration("login_timeout", defaults.login_timeout),
    };
    let (queue, connections) = (Queue::read(section), settings.max_connections);
    let transport = ApplicationTransport::Accepted { queue, connections, web: None };
    let labels = labels(section);
    Some(ApplicationSettings { transport, conversation: Box::new(settings), read_only, labels })
}

impl ApplicationMaker for ServerSettings {
    fn users(&self) -> Vec<(String, SecretString)> {
        self.users.iter().map(|(name, secret)| (name.clone(), secret.clone())).collect()
    }

    fn make(self: Box<Self>, start: ApplicationStart) -> Box<dyn ApplicationConversation> {
        Box::new(Server::new(*self, start.vocabulary))
    }
}

/// `profile_ids`: numbers of call profiles for labels of call data.
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
