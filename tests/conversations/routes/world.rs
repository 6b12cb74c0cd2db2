//! An event feed, an Open Media Service and a CTIPS application, joined by the bridge on a virtual clock.

use std::{
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

use cti_bridge::{
    bridge::{
        ApplicationParts, Bridge, Output, Owner, PlatformParts,
        routes::{self, Record},
    },
    diagnostic::Problems,
    dialect::{Registry, open_media},
    mapping::{Dialect, Literal, Mappings},
    model::{LinkState, Model, Settings},
    port::{self, Input, Level, PlatformConversation, PostOutcome},
    shipped::Files,
    time::Time,
};
use serde_json::{Value, json};

use super::{
    chosen::Portal,
    service::{Mood, Service},
};

const FEED: usize = 0;
const MEDIA: usize = 1;
const CCAS: usize = 2;
const PORTAL: usize = 3;

pub struct World {
    pub bridge: Bridge,
    pub now: Time,
    pub service: Service,
    /// What the application was told about routes, in words.
    told: Vec<String>,
    pub notices: Vec<String>,
    /// Records that are kept, as far as they are written; those that wait to be.
    pub records: std::collections::BTreeMap<u64, Record>,
    pub unwritten: Vec<u64>,
    keeps: bool,
    pub portal_asked: Arc<Mutex<Vec<Value>>>,
    /// The bridge is killed after so many outputs.
    pub lives: Option<usize>,
}

pub struct Site {
    pub keeps: bool,
    pub service_groups: Vec<(i64, i64)>,
    pub knobs: Vec<(&'static str, Literal)>,
    /// There is a CTIPS platform, too, whose routes the bridge selects.
    pub portal: bool,
    /// How many applications are asked for routes.
    pub applications: usize,
}

impl Default for Site {
    fn default() -> Site {
        Site { portal: false, applications: 1, keeps: false, service_groups: vec![(30, 9)], knobs: Vec::new() }
    }
}

fn platform(
    name: &str,
    dialect: &Arc<Dialect>,
    conversation: Box<dyn PlatformConversation>,
    knobs: &[(&str, Literal)],
) -> PlatformParts {
    let (incoming, outgoing) = (dialect.from.clone().unwrap(), dialect.to.clone().unwrap());
    let knob = |(name, default): &(String, Literal)| {
        knobs.iter().find(|(known, _)| known == name).map_or(default, |(_, value)| value).clone()
    };
    PlatformParts {
        name: name.into(),
        conversation,
        model: Model::new(Settings { platform: name.into(), ..Settings::default() }),
        knobs: outgoing.knobs.iter().map(knob).collect(),
        incoming,
        outgoing,
        service_groups: Default::default(),
    }
}

impl World {
    pub fn new() -> World {
        World::at(&Site::default())
    }

    pub fn at(site: &Site) -> World {
        static MAPPINGS: OnceLock<Mappings> = OnceLock::new();
        let mappings = MAPPINGS.get_or_init(|| Mappings::load(&Files::built_in(), &mut Problems::default()));
        let [feed, media, ccas, ctips] =
            ["event-feed", "open-media", "ccas", "ctips"].map(|name| mappings.dialects[name].clone());
        let mut bridge = Bridge::default();
        for (name, dialect) in [("mitel", &feed), ("media", &media), ("micc", &ccas)] {
            let mut parts = match name {
                "media" => {
                    let profile = media.vocabulary.profile("open-media").unwrap();
                    let settings = open_media::ClientSettings {
                        url: "http://media/".into(),
                        user: "admin".into(),
                        password: "secret".to_owned().into(),
                        ..open_media::ClientSettings::default()
                    };
                    let client = open_media::Client::new(settings, media.vocabulary.clone(), profile);
                    let service_groups = site.service_groups.iter().copied().collect();
                    PlatformParts { service_groups, ..platform(name, dialect, Box::new(client), &site.knobs) }
                }
                _ => platform(name, dialect, Registry::shipped().replaying(dialect.vocabulary.clone()), &[]),
            };
            if name != "media" {
                parts.model.assume_link();
            }
            bridge.add_platform(parts);
        }
        let portal_asked = Arc::new(Mutex::new(Vec::new()));
        if site.portal {
            let client = Portal { vocabulary: ctips.vocabulary.clone(), asked: portal_asked.clone(), open: None };
            let mut parts = platform("aspect", &ctips, Box::new(client), &[]);
            parts.model.assume_link();
            bridge.add_platform(parts);
            bridge.route_by(PORTAL, MEDIA, routes::Settings::default());
        }
        let to = ctips.to.clone().unwrap();
        for place in 0..site.applications {
            bridge.add_application(ApplicationParts {
                name: if place == 0 { "desk".into() } else { format!("desk {place}") },
                server: None,
                from: ctips.from.clone().unwrap(),
                knobs: Vec::new(),
                to: to.clone(),
                platforms: if site.portal { vec![FEED, CCAS, PORTAL] } else { vec![FEED, CCAS] },
                id_step: 1_000_000,
                routes: routes::Settings::default(),
                media_platform: Some(MEDIA),
                media: ctips.vocabulary.media.clone(),
                read_only: Default::default(),
                labels: Vec::new(),
            });
        }
        bridge.set_epoch(1_795_000_000_000);
        let mut world = World {
            bridge,
            now: Time(0),
            service: Service::new(media.vocabulary.clone()),
            told: Vec::new(),
            notices: Vec::new(),
            records: Default::default(),
            unwritten: Vec::new(),
            keeps: site.keeps,
            portal_asked,
            lives: None,
        };
        if site.keeps {
            world.bridge.keep_routes(world.now, Vec::new());
        }
        world.pass(0);
        world.service.asked.clear();
        world
    }

    // ── what happens ──────────────────────────────────────────────────────────────────────────────────────────────────

    pub fn feed(&mut self, message: &str, call: i64, fields: Value) -> &mut World {
        let mut line = json!({
            "name": message, "message": message, "version": 1, "topic": "contact-center",
            "gmt": "2026-11-20 10:27:44", "call-id": call, "guid": format!("guid-{call}"), "pbx-call-id": 5000 + call,
            "call-table": [{ "media": 1, "call-type": 1, "dnis": "800", "call-profile": [
                { "id": 2, "value": "5551234" }, { "id": 101, "value": "gold" }, { "id": 42, "value": format!("guid-{call}") },
            ] }],
        });
        for (key, value) in fields.as_object().into_iter().flatten() {
            line[key] = value.clone();
        }
        self.bridge.platform_line(self.now, FEED, &line.to_string()).unwrap();
        self.perform();
        self
    }

    /// A call comes in, and a route is asked for.
    pub fn call(&mut self, call: i64) -> &mut World {
        self.feed("route-request", call, json!({}))
    }

    pub fn ends(&mut self, call: i64) -> &mut World {
        self.feed("call-cleared", call, json!({}))
    }

    pub fn agent(&mut self, id: i64, number: &str) -> &mut World {
        let line = json!({
            "name": "agent-login", "message": "agent-login", "version": 1, "topic": "contact-center", "gmt": "2026-11-20 10:27:44",
            "agent-id": id, "agent-number": number, "agent-extension": format!("4{id}"), "agent-name": "Ann",
        });
        self.bridge.platform_line(self.now, FEED, &line.to_string()).unwrap();
        self.perform();
        self
    }

    pub fn ccas(&mut self, line: &Value) -> &mut World {
        self.bridge.platform_line(self.now, CCAS, &line.to_string()).unwrap();
        self.perform();
        self
    }

    pub fn portal(&mut self, line: &Value) -> &mut World {
        self.bridge.platform_line(self.now, PORTAL, &line.to_string()).unwrap();
        self.perform();
        self
    }

    pub fn select(&mut self, request: i64, call: i64, action: &str, destination: &str) -> &mut World {
        self.select_by(0, request, call, action, destination)
    }

    /// An application selects a route.
    pub fn select_by(
        &mut self,
        application: usize,
        request: i64,
        call: i64,
        action: &str,
        destination: &str,
    ) -> &mut World {
        let line = json!({ "RouteSelect": {
            "RequestId": request, "CallId": call, "RouteActionType": action, "RouteDestination": destination,
            "UserData": ["vip"],
        } });
        self.bridge.application_line(self.now, application, &line.to_string()).unwrap();
        self.perform();
        self
    }

    pub fn service_for(&mut self, request: i64, call: i64, service: &str) -> &mut World {
        self.select(request, call, "RouteToService", service)
    }

    pub fn agent_for(&mut self, request: i64, call: i64, agent: &str) -> &mut World {
        self.select(request, call, "RouteToAgent", agent)
    }

    /// Time goes by, second by second.
    pub fn pass(&mut self, seconds: u64) -> &mut World {
        let end = self.now + Duration::from_secs(seconds);
        loop {
            self.bridge.expire(self.now);
            self.perform();
            match self.bridge.deadline().filter(|due| *due <= end) {
                Some(due) => self.now = self.now.max(due),
                None => break,
            }
        }
        self.now = end;
        self
    }

    /// Answers that the service held back.
    pub fn let_go(&mut self) -> &mut World {
        let held = self.service.let_go();
        self.answers(held)
    }

    pub fn answers(&mut self, held: Vec<(u64, PostOutcome)>) -> &mut World {
        for (token, outcome) in held {
            self.bridge.handle(self.now, Owner::Platform(MEDIA), Input::Answered { token, outcome });
            self.perform();
        }
        self
    }

    pub fn mood(&mut self, mood: Mood) -> &mut World {
        self.service.mood = mood;
        self
    }

    pub fn happens(&mut self, id: i64, status: &'static str, agent: i64, login: &str) -> &mut World {
        self.service.happens(id, status, agent, login);
        self
    }

    /// What waits to be written is written.
    pub fn write(&mut self) -> &mut World {
        for route in std::mem::take(&mut self.unwritten) {
            self.bridge.route_kept(self.now, route, Ok(()));
            self.perform();
        }
        self
    }

    /// What an earlier run left is found; hands back how many routes were reported.
    pub fn restart_with(&mut self, left: std::collections::BTreeMap<u64, Record>) -> usize {
        self.keeps = true;
        self.records = left.clone();
        self.bridge.keep_routes(self.now, left.into_iter().collect());
        self.perform();
        self.write();
        self.notices.iter().filter(|notice| notice.contains("an earlier run left a route open")).count()
    }

    fn perform(&mut self) {
        while let Some(output) = self.bridge.poll_all(self.now) {
            if let Some(lives) = &mut self.lives {
                let Some(left) = lives.checked_sub(1) else { continue };
                *lives = left;
            }
            match output {
                Output::Wire { owner, output: port::Output::Post(post) } => {
                    assert_eq!(owner, Owner::Platform(MEDIA));
                    assert!(!format!("{post:?}").contains("secret"), "secrets are not shown");
                    if let Some(outcome) = self.service.post(&post) {
                        self.answer(post.token, outcome);
                    }
                }
                Output::Line(line) if !String::from_utf8_lossy(&line).contains("\"Route") => {}
                Output::Line(line) => {
                    let event: Value = serde_json::from_slice(&line).unwrap();
                    self.told.extend(short(&event));
                }
                Output::Notice { about, notice } => {
                    let about = match about {
                        Some(Owner::Platform(index)) => &*self.bridge.platforms()[index].name,
                        Some(Owner::Application(index)) => &*self.bridge.applications()[index].name,
                        None => "nobody",
                    };
                    let level = if notice.level() == Level::Error { "error: " } else { "" };
                    self.notices.push(format!("{about}: {level}{}", notice));
                }
                Output::Keep { route, record } => {
                    assert!(self.keeps);
                    self.records.insert(route, *record);
                    self.unwritten.push(route);
                }
                Output::Drop { route } => {
                    self.records.remove(&route);
                }
                Output::Wire { .. } => {}
            }
        }
    }

    fn answer(&mut self, token: u64, outcome: PostOutcome) {
        if self.lives != Some(0) {
            self.bridge.handle(self.now, Owner::Platform(MEDIA), Input::Answered { token, outcome });
        }
    }

    // ── what is shown ─────────────────────────────────────────────────────────────────────────────────────────────────

    /// What the application was told, and the service was asked, since this was asked last.
    #[track_caller]
    pub fn shows(&mut self, told: &[&str], asked: &[&str]) -> &mut World {
        assert_eq!(self.told, told);
        assert_eq!(self.service.asked, asked);
        self.told.clear();
        self.service.asked.clear();
        self
    }

    #[track_caller]
    pub fn tells(&mut self, told: &[&str]) -> &mut World {
        assert_eq!(self.told, told);
        self.told.clear();
        self.service.asked.clear();
        self
    }

    pub fn routes(&self) -> (usize, usize) {
        self.bridge.applications()[0].routes.size()
    }

    pub fn media_link(&self) -> LinkState {
        self.bridge.platforms()[MEDIA].model.link()
    }

    pub fn last_added(&self) -> &Value {
        self.service.added.last().expect("nothing was added")
    }
}

/// An event about a route, in words; none for others.
fn short(event: &Value) -> Option<String> {
    let name = event["EventType"].as_str()?;
    let mut words = vec![name.to_owned(), event["CallId"].to_string()];
    for key in ["RouteStatus", "RouteType", "RouteDestination", "RouteRejectReason", "FailureType", "FailureReason"] {
        if let Some(text) = event[key].as_str().filter(|text| !text.is_empty()) {
            words.push(text.to_owned());
        }
    }
    if event["RequestId"] != 0 && name != "RouteRequest" {
        words.push(format!("#{}", event["RequestId"]));
    }
    name.starts_with("Route").then(|| words.join(" "))
}
