//! The bridge as `cti-bridge run` assembles it, without its sockets.

use std::sync::LazyLock;

use cti_bridge::{
    bridge::{ApplicationParts, Bridge, PlatformParts},
    config::{self, Face, Reach, Sources},
    diagnostic::Problems,
    dialect::{ccas, ctips, event_feed},
    mapping::Mappings,
    model::Model,
    port::{ApplicationConversation, PlatformConversation},
    shipped::Files,
    time::Time,
};

use crate::office::Kind;

pub const CRM_PASSWORD: &str = "crm-pass-55";
pub const RELAY_TOKEN: &str = "tk-relay-1";

static MAPPINGS: LazyLock<Mappings> = LazyLock::new(|| Mappings::load(&Files::built_in(), &mut Problems::default()));

pub fn assemble(kinds: [Kind; 2]) -> Bridge {
    let platform = |(place, kind): (usize, &Kind)| match kind {
        Kind::Feed => format!(
            "[platform.p{place}]\ndialect = 'event-feed'\nlink_grace = '1ms'\naddress = '127.0.0.1:1'\nuser = 'feed'\npassword = 'pw-feed-1'\n"
        ),
        Kind::Ccas => format!(
            "[platform.p{place}]\ndialect = 'ccas'\nlink_grace = '1ms'\nlisten = '127.0.0.1:0'\ntoken = '{RELAY_TOKEN}'\n\
             pins = {{ 77 = 'pin-77', 78 = 'pin-78', 79 = 'pin-79' }}\n"
        ),
    };
    let text = kinds.iter().enumerate().map(platform).collect::<String>()
        + &format!(
            "[application.desk]\ndialect = 'ctips'\nlisten = '127.0.0.1:0'\nusers = {{ Test01 = 'desk-pass-91' }}\n\
             platforms = ['p0', 'p1']\n[application.crm]\ndialect = 'event-feed'\nlisten = '127.0.0.1:0'\n\
             users = {{ crm = '{CRM_PASSWORD}' }}\nplatforms = ['p0', 'p1']\n"
        );
    let mut problems = Problems::default();
    let mappings = &*MAPPINGS;
    let sources = Sources::merge(Some(("test", &text)), Default::default(), &[], &mut problems);
    let mut config = config::read(&sources, mappings, &mut problems);
    assert!(problems.is_empty(), "{}", problems.render());
    config.platforms.sort_by(|one, other| one.name.cmp(&other.name));
    config.applications.sort_by(|one, other| other.name.cmp(&one.name));
    let mut bridge = Bridge::default();
    for platform in config.platforms {
        let dialect = &mappings.dialects[&platform.dialect];
        let (incoming, outgoing) = (dialect.from.clone().unwrap(), dialect.to.clone().unwrap());
        let vocabulary = incoming.vocabulary.clone();
        let max_frame = platform.max_frame;
        let conversation: Box<dyn PlatformConversation> = match platform.reach {
            Reach::Feed { settings, .. } => {
                let settings = event_feed::Settings { max_frame, ..settings };
                Box::new(event_feed::Client::new(settings, vocabulary, Time(0)))
            }
            Reach::Relay { token, settings, .. } => {
                let settings = ccas::Settings { token, max_frame, ..settings };
                Box::new(ccas::Client::new(settings, vocabulary))
            }
            Reach::Soap { .. } => panic!("the office has no platform that is posted to"),
        };
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
        let to = dialect.to.clone().unwrap();
        let vocabulary = to.vocabulary.clone();
        let server: Box<dyn ApplicationConversation> = match application.face {
            Face::Ctips { server, profile, .. } => {
                let new_id = Box::new(|| "session".to_owned());
                Box::new(ctips::Server::new(server, vocabulary, *profile, new_id))
            }
            Face::EventFeed { server, .. } => Box::new(event_feed::Server::new(server, vocabulary)),
            Face::OpenMedia { .. } => panic!("nobody asks for calls there"),
        };
        bridge.add_application(ApplicationParts {
            name: application.name,
            server: Some(server),
            from: dialect.from.clone().unwrap(),
            to,
            knobs: application.knobs,
            platforms: vec![0, 1],
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
