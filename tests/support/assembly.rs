//! The bridge as `cti-bridge run` assembles it, without its sockets.

use cti_bridge::{
    bridge::{ApplicationParts, Bridge, PlatformParts},
    config,
    diagnostic::Problems,
    dialect::{
        Registry,
        registry::{ApplicationStart, PlatformStart},
    },
    model::Model,
    settings::Sources,
    time::{Time, Zone},
};

use super::mappings;

/// The bridge of a configuration. Platforms are in the order of their names, applications in the opposite one.
pub fn assemble(text: &str) -> Bridge {
    let mut problems = Problems::default();
    let mappings = mappings();
    let registry = Registry::shipped();
    let sources = Sources::merge(Some(("test", text)), Default::default(), &[], &registry.named(), &mut problems);
    let mut config = config::read(&sources, mappings, &registry, &mut problems);
    assert!(problems.is_empty(), "{}", problems.render());
    config.platforms.sort_by(|one, other| one.name.cmp(&other.name));
    config.applications.sort_by(|one, other| other.name.cmp(&one.name));
    let mut bridge = Bridge::default();
    let count = config.platforms.len();
    for platform in config.platforms {
        let dialect = &mappings.dialects[&platform.dialect];
        let (incoming, outgoing) = dialect.at(&platform.site, &Zone::default()).unwrap();
        let conversation = platform.settings.conversation.make(PlatformStart {
            vocabulary: incoming.vocabulary.clone(),
            now: Time(0),
            seed: 1,
            called_at: None,
            statistics: false,
            new_path: Box::new(String::new),
        });
        bridge.add_platform(PlatformParts {
            name: platform.name,
            conversation,
            model: Model::new(platform.model),
            incoming,
            outgoing,
            knobs: platform.knobs,
            service_groups: Default::default(),
        });
    }
    for application in config.applications {
        let dialect = &mappings.dialects[&application.dialect];
        let (from, to) = dialect.at(&application.site, &Zone::default()).unwrap();
        let mut sessions = 0;
        let new_id = Box::new(move || {
            sessions += 1;
            format!("session-{sessions}")
        });
        let start = ApplicationStart { vocabulary: to.vocabulary.clone(), new_id };
        let server = application.settings.conversation.make(start);
        bridge.add_application(ApplicationParts {
            name: application.name,
            server: Some(server),
            from,
            to,
            knobs: application.knobs,
            platforms: (0..count).collect(),
            id_step: application.id_step,
            routes: application.routes,
            media_platform: None,
            media: application.media,
            read_only: Default::default(),
            labels: application.settings.labels,
        });
    }
    bridge.set_epoch(1_795_000_000_000);
    bridge
}
