//! The bridge as `cti-bridge run` assembles it, without its sockets.

use cti_bridge::{
    bridge::{ApplicationParts, Bridge, PlatformParts},
    config::{self, Face, Reach, Sources},
    diagnostic::Problems,
    dialect::{Server, ccas, ctips, event_feed},
    model::Model,
    time::Time,
};

use super::mappings;

/// The bridge of a configuration. Platforms are in the order of their names, applications in the opposite one.
pub fn assemble(text: &str) -> Bridge {
    let mut problems = Problems::default();
    let mappings = mappings();
    let sources = Sources::merge(Some(("test", text)), Default::default(), &[], &mut problems);
    let mut config = config::read(&sources, mappings, &mut problems);
    assert!(problems.is_empty(), "{}", problems.render());
    config.platforms.sort_by(|one, other| one.name.cmp(&other.name));
    config.applications.sort_by(|one, other| other.name.cmp(&one.name));
    let mut bridge = Bridge::default();
    let count = config.platforms.len();
    for platform in config.platforms {
        let dialect = &mappings.dialects[&platform.dialect];
        let (incoming, outgoing) = (dialect.from.clone().unwrap(), dialect.to.clone().unwrap());
        let vocabulary = incoming.vocabulary.clone();
        let client: Box<dyn cti_bridge::dialect::Client> = match platform.reach {
            Reach::Feed { settings, .. } => Box::new(event_feed::Client::new(settings, vocabulary, Time(0))),
            Reach::Relay { settings, .. } => Box::new(ccas::Client::new(settings, vocabulary)),
            Reach::Soap { .. } => panic!("nobody is posted to here"),
        };
        bridge.add_platform(PlatformParts {
            name: platform.name,
            client,
            model: Model::new(platform.model),
            incoming,
            outgoing,
            knobs: platform.knobs,
            max_frame: platform.max_frame,
            service_groups: Default::default(),
        });
    }
    for application in config.applications {
        let dialect = &mappings.dialects[&application.dialect];
        let to = dialect.to.clone().unwrap();
        let vocabulary = to.vocabulary.clone();
        let server = match application.face {
            Face::Ctips { server, profile, .. } => {
                let mut count = 0;
                let new_id = Box::new(move || {
                    count += 1;
                    format!("session-{count}")
                });
                Server::Ctips(Box::new(ctips::Server::new(server, vocabulary, *profile, new_id)))
            }
            Face::EventFeed { server, .. } => Server::EventFeed(Box::new(event_feed::Server::new(server, vocabulary))),
            Face::OpenMedia { .. } => panic!("nobody asks for media here"),
        };
        bridge.add_application(ApplicationParts {
            name: application.name,
            server: Some(server),
            from: dialect.from.clone().unwrap(),
            to,
            knobs: application.knobs,
            platforms: (0..count).collect(),
            id_step: application.id_step,
            routes: application.routes,
            media_platform: None,
            media: application.media,
            read_only: Default::default(),
            labels: application.labels,
        });
    }
    bridge.set_epoch(1_795_000_000_000);
    bridge
}
