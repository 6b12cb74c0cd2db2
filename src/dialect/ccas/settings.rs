//! The settings of CCAS behind its relay, as its section has them.

use std::collections::BTreeMap;

use super::{Client, Settings};
use crate::{
    dialect::registry::{
        Entry, PlatformMaker, PlatformSettings, PlatformSide, PlatformStart, PlatformTransport, Reading,
    },
    model,
    port::PlatformConversation,
    settings::{Listen, Section, TryLimits},
};

/// Connections at a time: the relay's, one that takes its place, and many peers that have not said hello. A crowd of those makes
/// a relay wait no longer than a moment.
const CONNECTIONS: usize = 66;

pub fn entry() -> Entry {
    Entry {
        name: "ccas".to_owned(),
        platform: Some(PlatformSide {
            named: &["pins", "service_numbers"],
            read: Box::new(platform),
            replaying: Some(|vocabulary| Box::new(Client::replaying(vocabulary))),
        }),
        application: None,
    }
}

fn platform(section: &Section, reading: &Reading) -> Option<PlatformSettings> {
    let listen = Listen::read(section, reading.plaintext);
    let token = section.required_secret("token", "token_file");
    let defaults = Settings::default();
    let settings = Settings {
        reply_timeout: section.duration("reply_timeout", defaults.reply_timeout),
        pins: section.secrets("pins").into_iter().collect(),
        manual_wrap_limit: section.duration("manual_wrap_limit", defaults.manual_wrap_limit),
        max_frame: section.size("max_frame", defaults.max_frame),
        token,
        tries: TryLimits::read(section),
        ..defaults
    };
    let service_numbers = service_numbers(section);
    let listen = listen?;
    let exposed = listen.exposed;
    let transport = PlatformTransport::Accepted { listen, connections: CONNECTIONS, web: None };
    let settings = PlatformSettings::new(transport, settings);
    Some(PlatformSettings { exposed, service_numbers, ..settings })
}

impl PlatformMaker for Settings {
    fn make(self: Box<Self>, start: PlatformStart) -> Box<dyn PlatformConversation> {
        Box::new(Client::new(*self, start.vocabulary))
    }
}

/// `service_numbers`: the numbers to dial for services, of which CCAS tells none.
fn service_numbers(section: &Section) -> BTreeMap<i64, String> {
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
