//! The bridge as `cti-bridge run` assembles it, without its sockets: bytes of a feed in, bodies for one CTIPS session out.

use std::time::Duration;

use bytes::Bytes;
use cti_bridge::{
    bridge::{ApplicationParts, Bridge, Output, Owner, PlatformParts},
    config::{self, Config},
    diagnostic::Problems,
    dialect::{
        Registry,
        registry::{ApplicationStart, PlatformStart},
    },
    mapping::Mappings,
    model::{LinkState, Model},
    port::{self, Connection, HttpRequest, Input},
    settings::Sources,
    shipped::Files,
    time::Time,
    wire::soap,
};

pub const PASSWORD: &str = "feed-pass-73";
pub const USER_PASSWORD: &str = "desk-pass-91";

/// A feed, and an application for CTIPS.
pub fn configure(feed: &str) -> (Config, Mappings) {
    read(feed, "", "dialect = 'ctips'")
}

/// A feed, and an application that was written for one.
pub fn configure_passing(feed: &str) -> (Config, Mappings) {
    read(feed, "", "dialect = 'event-feed'\nconnections = 64")
}

fn read(feed: &str, platform: &str, application: &str) -> (Config, Mappings) {
    let text = format!(
        "[platform.mitel]\ndialect = 'event-feed'\naddress = '{feed}'\nuser = 'feed'\npassword = '{PASSWORD}'\n{platform}\
         [application.desk]\n{application}\nlisten = '127.0.0.1:0'\nusers = {{ Test01 = '{USER_PASSWORD}' }}\n\
         platforms = ['mitel']\n"
    );
    configure_text(&[text])
}

/// The sections of a configuration.
pub fn configure_text(sections: &[String]) -> (Config, Mappings) {
    let text = sections.concat();
    let mut problems = Problems::default();
    let mappings = Mappings::load(&Files::built_in(), &mut problems);
    let sources = Sources::merge(Some(("bench", &text)), Default::default(), &[], &[], &mut problems);
    let config = config::read(&sources, &mappings, &Registry::shipped(), &mut problems);
    assert!(problems.is_empty(), "{}", problems.render());
    (config, mappings)
}

const FEED: Owner = Owner::Platform(0);
const DESK: Owner = Owner::Application(0);

/// A bridge with a feed that is live and a session that hears everything.
pub struct Live {
    bridge: Bridge,
    now: Time,
    /// The connection to the feed.
    feed: Connection,
}

impl Live {
    pub fn new() -> Live {
        Live::opened(Live::of(configure("127.0.0.1:1")))
    }

    /// The same, and stories are remembered.
    pub fn remembering() -> Live {
        let mut live = Live::of(configure("127.0.0.1:1"));
        live.bridge.remember_stories(8 << 20, false);
        Live::opened(live)
    }

    /// The same with room for very many calls.
    pub fn large() -> Live {
        let room = "max_calls = 200000\nmax_memory = '1024MiB'\norphan_grace = '24h'\ncall_expiry = '24h'\n";
        Live::opened(Live::of(read("127.0.0.1:1", room, "dialect = 'ctips'")))
    }

    fn opened(mut live: Live) -> Live {
        live.open();
        live
    }

    /// A bridge with a feed that is live, and an application of a feed that has no connection.
    pub fn passing() -> Live {
        Live::of(configure_passing("127.0.0.1:1"))
    }

    fn of((config, mappings): (Config, Mappings)) -> Live {
        let mut bridge = Bridge::default();
        for platform in config.platforms {
            let dialect = &mappings.dialects[&platform.dialect];
            let incoming = dialect.from.clone().expect("rules from the feed");
            let settings = platform.settings;
            let start = PlatformStart {
                vocabulary: incoming.vocabulary.clone(),
                now: Time(0),
                seed: 1,
                called_at: None,
                statistics: false,
                new_path: Box::new(String::new),
            };
            bridge.add_platform(PlatformParts {
                name: platform.name,
                conversation: settings.conversation.make(start),
                model: Model::new(platform.model),
                incoming,
                outgoing: dialect.to.clone().expect("rules to the feed"),
                knobs: platform.knobs,
                service_groups: Default::default(),
            });
        }
        for application in config.applications {
            let dialect = &mappings.dialects[&application.dialect];
            let to = dialect.to.clone().expect("rules to CTIPS");
            let new_id = Box::new(|| "session".to_owned());
            let start = ApplicationStart { vocabulary: to.vocabulary.clone(), new_id };
            bridge.add_application(ApplicationParts {
                name: application.name,
                server: Some(application.settings.conversation.make(start)),
                from: dialect.from.clone().expect("rules from CTIPS"),
                to,
                knobs: application.knobs,
                platforms: vec![0],
                id_step: application.id_step,
                routes: application.routes,
                media_platform: None,
                media: application.media,
                read_only: Default::default(),
                labels: application.settings.labels,
            });
        }
        let mut live = Live { bridge, now: Time(0), feed: Connection::asked(0) };
        live.log_on();
        live
    }

    fn log_on(&mut self) {
        self.bridge.expire(self.now);
        while let Some(output) = self.bridge.poll_all(self.now) {
            let bytes = match output {
                Output::Wire { output: port::Output::Connect { connection }, .. } => {
                    self.feed = connection;
                    self.bridge.handle(self.now, FEED, Input::Opened { connection, peer: "feed" });
                    continue;
                }
                Output::Wire { output: port::Output::Write { bytes, .. }, .. } => bytes,
                _ => continue,
            };
            let text = std::str::from_utf8(&bytes[..bytes.len() - 1]).expect("a request in UTF-8");
            let request: serde_json::Value = serde_json::from_str(text).expect("a request in JSON");
            // A number of its own would be a gap when the events begin with 0.
            let reply = serde_json::json!({
                "version": 1, "topic": "contact-center", "request-id": request["request-id"],
                "message": request["message"], "result": 0,
            });
            self.hear(format!("{reply}\0").as_bytes());
        }
        assert_eq!(self.bridge.platforms()[0].model.link(), LinkState::Up);
    }

    fn hear(&mut self, bytes: &[u8]) {
        self.bridge.handle(self.now, FEED, Input::Bytes { connection: self.feed, bytes });
    }

    /// The client takes a call of which the outcome matters: the start of its session, or a heartbeat.
    fn take_call(&mut self, connection: Connection, token: u64) {
        self.bridge.handle(self.now, DESK, Input::Delivered { connection, token, result: Ok(()) });
    }

    fn open(&mut self) {
        let credentials = format!("<Password>{USER_PASSWORD}</Password><UserName>Test01</UserName>");
        let open = format!(
            "<ClientCallbackURL>http://127.0.0.1:1/</ClientCallbackURL><TenantIds><int>1</int></TenantIds>\
             <UserCredentials>{credentials}</UserCredentials>"
        );
        self.ask("OpenConnection", &open);
        for class in ["Agent", "Call", "Route", "System"] {
            self.ask("AddMessageClass", &format!("<MessageClass>EventCategory{class}</MessageClass>"));
        }
        self.ask("OnLine", "");
    }

    fn ask(&mut self, operation: &str, args: &str) {
        let session = if operation == "OpenConnection" { "" } else { "<SessionId>session</SessionId>" };
        let args = format!("{args}{session}");
        let body = format!("{}<{operation}><args>{args}</args></{operation}>{}", soap::OPEN, soap::CLOSE);
        self.bridge.handle(self.now, DESK, Input::Request(HttpRequest::post(1, body.as_bytes())));
        while let Some(output) = self.bridge.poll_all(self.now) {
            let Output::Wire { output, .. } = output else { continue };
            match output {
                port::Output::Deliver { connection, delivery } => {
                    self.take_call(connection, delivery.token.expect("no event is told yet"));
                }
                port::Output::Respond { reply, .. } => {
                    assert_eq!(reply.status, 200, "{operation}: {}", String::from_utf8_lossy(&reply.body));
                }
                _ => {}
            }
        }
    }
}

/// Something that makes bodies for a CTIPS session of a feed's bytes.
pub trait Translate {
    fn read(&mut self, bytes: &[u8], publish: &mut impl FnMut(Bytes));

    /// Time goes on, and whatever is due happens.
    fn pass(&mut self, time: Duration, publish: &mut impl FnMut(Bytes));
}

impl Translate for Live {
    fn read(&mut self, bytes: &[u8], publish: &mut impl FnMut(Bytes)) {
        self.hear(bytes);
        self.perform(publish);
    }

    fn pass(&mut self, time: Duration, publish: &mut impl FnMut(Bytes)) {
        self.now = self.now + time;
        if self.bridge.deadline().is_some_and(|deadline| deadline <= self.now) {
            self.bridge.expire(self.now);
            self.perform(publish);
        }
    }
}

impl Live {
    fn perform(&mut self, publish: &mut impl FnMut(Bytes)) {
        while let Some(output) = self.bridge.poll_all(self.now) {
            match output {
                Output::Wire { output: port::Output::Deliver { connection, delivery }, .. } => match delivery.token {
                    Some(token) => self.take_call(connection, token),
                    None => publish(delivery.body),
                },
                Output::Wire { output: port::Output::Write { .. }, .. } => {
                    panic!("the bridge asks the feed for something")
                }
                Output::Notice { notice, .. } => panic!("{notice}"),
                _ => {}
            }
        }
    }
}
