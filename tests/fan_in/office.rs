//! Two platforms, one bridge, two applications, without sockets. Whatever the applications are told and whatever is sent to a
//! platform is checked against what the platforms were made to say: who owns which id is known here, not asked of the bridge.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::LazyLock,
};

use cti_bridge::{
    bridge::{ApplicationParts, Bridge, Output, PlatformParts},
    config::{self, Face, Reach, Sources},
    diagnostic::Problems,
    dialect::{Server, ccas, ctips, event_feed},
    mapping::Mappings,
    model::{LinkState, Model},
    shipped::Files,
    sim::messages,
    time::Time,
    wire::{soap, xml::Element},
};
use serde_json::{Value, json};

pub const APPLICATIONS: usize = 2;
const DESK: usize = 0;
const CRM: usize = 1;
const STEP: i64 = 1_000_000;
/// Both platforms have these agents and this group.
const AGENTS: [i64; 2] = [40, 41];
const GROUP: i64 = 9;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Feed,
    Ccas,
}

/// What an application asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    NotReady,
    Answer,
    HangUp,
    Hold,
    Conference,
    LogIn,
}

impl Ask {
    pub const ALL: [Ask; 6] = [Ask::NotReady, Ask::Answer, Ask::HangUp, Ask::Hold, Ask::Conference, Ask::LogIn];
}

/// A call as its platform knows it.
struct Life {
    number: i64,
    agent: i64,
    next: usize,
    /// Applications know of it, and it goes on.
    known: bool,
}

struct Platform {
    kind: Kind,
    lives: Vec<Life>,
    calls: i64,
    sequence: u32,
    orders: Vec<Value>,
}

/// Whose doing it is what comes out of the bridge.
#[derive(Debug, Clone, Copy)]
enum Cause {
    Platform(usize, Option<i64>),
    /// Several platforms' timers may run out at once.
    Time,
    Asked {
        crossing: bool,
    },
}

/// What an application was told.
#[derive(Default)]
struct Told {
    /// Whose a call id is, or was last: platform and the platform's own number.
    owners: BTreeMap<i64, (usize, i64)>,
    /// Under which id a live call is known.
    ids: BTreeMap<(usize, i64), i64>,
    /// Since the last look: name, call id, agent id, request id.
    heard: Vec<(String, i64, i64, i64)>,
}

pub struct Office {
    bridge: Bridge,
    now: Time,
    platforms: [Platform; 2],
    told: [Told; APPLICATIONS],
    cause: Cause,
    requests: i64,
    crm: u32,
    names: BTreeSet<String>,
    snapshot: BTreeSet<(&'static str, i64)>,
    seen: BTreeSet<String>,
}

static MAPPINGS: LazyLock<Mappings> = LazyLock::new(|| Mappings::load(&Files::built_in(), &mut Problems::default()));

const CRM_PASSWORD: &str = "crm-pass-55";

fn assemble(kinds: [Kind; 2]) -> Bridge {
    let platform = |(place, kind): (usize, &Kind)| match kind {
        Kind::Feed => format!(
            "[platform.p{place}]\ndialect = 'event-feed'\naddress = '127.0.0.1:1'\nuser = 'feed'\npassword = 'pw-feed-1'\n"
        ),
        Kind::Ccas => format!(
            "[platform.p{place}]\ndialect = 'ccas'\nlisten = '127.0.0.1:0'\ntoken = 'tk-relay-1'\n\
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
        let client: Box<dyn cti_bridge::dialect::Client> = match platform.reach {
            Reach::Feed { settings, .. } => Box::new(event_feed::Client::new(settings, vocabulary, Time(0))),
            Reach::Relay { settings, .. } => Box::new(ccas::Client::new(settings, vocabulary)),
        };
        bridge.add_platform(PlatformParts {
            name: platform.name,
            client,
            model: Model::new(platform.model),
            incoming,
            outgoing,
            knobs: platform.knobs,
            max_frame: platform.max_frame,
        });
    }
    for application in config.applications {
        let dialect = &mappings.dialects[&application.dialect];
        let to = dialect.to.clone().unwrap();
        let vocabulary = to.vocabulary.clone();
        let server = match application.face {
            Face::Ctips { server, profile, .. } => {
                let new_id = Box::new(|| "session".to_owned());
                Server::Ctips(Box::new(ctips::Server::new(server, vocabulary, *profile, new_id)))
            }
            Face::EventFeed { server, .. } => Server::EventFeed(Box::new(event_feed::Server::new(server, vocabulary))),
        };
        bridge.add_application(ApplicationParts {
            name: application.name,
            server: Some(server),
            from: dialect.from.clone().unwrap(),
            to,
            knobs: application.knobs,
            platforms: vec![0, 1],
            id_step: application.id_step,
            route_timeout: application.route_timeout,
            media: application.media,
            read_only: Default::default(),
            labels: application.labels,
        });
    }
    bridge.set_epoch(1_795_000_000_000);
    bridge
}

/// The login number of an agent: the first agents of both platforms share theirs.
fn login_number(platform: usize, agent: i64) -> String {
    if agent == AGENTS[0] { "77".into() } else { (78 + platform).to_string() }
}

/// Who calls tells whose call it is.
fn caller(platform: usize, call: i64) -> String {
    format!("70{platform}{call}")
}

fn guid(platform: usize, call: i64) -> String {
    format!("guid-{platform}-{call}")
}

/// The platform that an agent's or a service's id belongs to, and its own number there.
fn native(id: i64) -> (usize, i64) {
    ((id / STEP) as usize, id % STEP)
}

fn text<'e>(element: &'e Element, name: &str) -> &'e str {
    element.child(name).map(|child| child.text.as_str()).unwrap_or_default()
}

fn number(element: &Element, name: &str) -> i64 {
    text(element, name).parse().unwrap_or(0)
}

impl Office {
    pub fn new(kinds: [Kind; 2]) -> Office {
        let platform = |kind| Platform { kind, lives: Vec::new(), calls: 0, sequence: 0, orders: Vec::new() };
        let mut office = Office {
            bridge: assemble(kinds),
            now: Time(0),
            platforms: kinds.map(platform),
            told: Default::default(),
            cause: Cause::Time,
            requests: 0,
            crm: 0,
            names: BTreeSet::new(),
            snapshot: BTreeSet::new(),
            seen: BTreeSet::new(),
        };
        office.bridge.expire(office.now);
        office.perform();
        office.open_desk();
        office.open_crm();
        for platform in 0..2 {
            office.bring_back(platform);
        }
        office
    }

    pub fn seen(&self) -> impl Iterator<Item = String> + '_ {
        self.seen.iter().cloned()
    }

    pub fn is_up(&self, platform: usize) -> bool {
        self.bridge.platforms()[platform].model.link() == LinkState::Up
    }

    // ── applications ──────────────────────────────────────────────────────────────────────────────────────────────────

    fn open_desk(&mut self) {
        let open = "<ClientCallbackURL>http://127.0.0.1:1/</ClientCallbackURL><TenantIds><int>1</int></TenantIds>\
                    <UserCredentials><Password>desk-pass-91</Password><UserName>Test01</UserName></UserCredentials>";
        self.post("OpenConnection", open);
        for class in ["Agent", "Call", "Route", "System"] {
            self.post("AddMessageClass", &format!("<MessageClass>EventCategory{class}</MessageClass>"));
        }
        self.post("OnLine", "");
    }

    fn post(&mut self, operation: &str, args: &str) {
        let of_session = "<SessionId>session</SessionId><TenantId>1</TenantId>";
        let session = if operation == "OpenConnection" { "" } else { of_session };
        let args = format!("{args}{session}");
        let body = format!("{}<{operation}><args>{args}</args></{operation}>{}", soap::OPEN, soap::CLOSE);
        self.bridge.request(self.now, DESK, 1, body.as_bytes(), None);
        self.perform();
    }

    fn open_crm(&mut self) {
        use md5::{Digest, Md5};
        let digest: String = Md5::digest(CRM_PASSWORD.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        self.crm = self.bridge.application_connected(self.now, CRM, "127.0.0.1:9").unwrap();
        self.send(json!({ "message": "authenticate", "user": "crm", "password": digest }));
        let all = json!(["*"]);
        let types = ["entity", "agent-activity", "call-activity"];
        let records: Vec<Value> = types.iter().map(|ty| json!(["ecc", ty, all])).collect();
        self.send(json!({ "message": "subscribe-events", "subscribe": records }));
    }

    fn send(&mut self, mut request: Value) {
        self.requests += 1;
        request["request-id"] = self.requests.into();
        let bytes = format!("{request}\0");
        self.bridge.application_read(self.now, CRM, self.crm, bytes.as_bytes());
        self.perform();
    }

    /// Both applications ask who and what is there: it is what both platforms say.
    pub fn snapshot(&mut self) {
        self.cause = Cause::Asked { crossing: false };
        self.names.clear();
        self.snapshot.clear();
        self.requests += 1;
        let types = ["AgentInfo", "CallInfo", "ServiceInfo"].map(|ty| format!("<CTIEntityType>{ty}</CTIEntityType>"));
        let args = format!("<RequestId>{}</RequestId><EntityType>{}</EntityType>", self.requests, types.concat());
        self.post("Snapshot", &args);
        self.send(json!({ "message": "subscribe-events", "subscribe": [["ecc", "entity", ["*"]]] }));
        for platform in 0..2 {
            let shift = STEP * platform as i64;
            if self.is_up(platform) {
                for agent in AGENTS {
                    assert!(self.snapshot.contains(&("agent", agent + shift)), "{agent} {:?}", self.snapshot);
                    assert!(self.snapshot.contains(&("crm agent", agent + shift)), "{agent} {:?}", self.snapshot);
                }
                assert!(self.snapshot.contains(&("service", GROUP + shift)), "{:?}", self.snapshot);
                assert!(self.snapshot.contains(&("crm group", GROUP + shift)), "{:?}", self.snapshot);
            } else {
                assert!(!self.snapshot.contains(&("crm group", GROUP + shift)), "{:?}", self.snapshot);
            }
            for life in self.platforms[platform].lives.iter().filter(|life| life.known) {
                let id = self.told[DESK].ids[&(platform, life.number)];
                assert!(self.snapshot.contains(&("call", id)), "{id} {:?}", self.snapshot);
            }
        }
    }

    /// Agents and services of both platforms by name, with their ids at both applications.
    pub fn names(mut self) -> BTreeSet<String> {
        self.snapshot();
        self.names
    }

    /// An application asks for something for an agent of a platform; the third of all calls is the other platform's.
    pub fn ask(
        &mut self,
        application: usize,
        ask: Ask,
        platform: usize,
        n: usize,
        mut random: impl FnMut(usize) -> usize,
    ) {
        // A feed has no word for these.
        let foreign = application == CRM && matches!(ask, Ask::Hold | Ask::Conference);
        let ask = if foreign { Ask::HangUp } else { ask };
        let agent = AGENTS[n % 2];
        let agent_id = agent + STEP * platform as i64;
        let crossing = n == 3 && !matches!(ask, Ask::NotReady | Ask::LogIn);
        let other = if crossing { 1 - platform } else { platform };
        let mut call = |platform: usize, known: &[Life]| {
            let known: Vec<&Life> = known.iter().filter(|life| life.known).collect();
            let life = known.get(random(known.len().max(1)))?;
            Some((life.number, *self.told[application].ids.get(&(platform, life.number))?))
        };
        let first = call(
            if ask == Ask::Conference { platform } else { other },
            match ask {
                Ask::Conference => &self.platforms[platform].lives,
                _ => &self.platforms[other].lives,
            },
        );
        let second = call(other, &self.platforms[other].lives);
        let needs = match ask {
            Ask::NotReady | Ask::LogIn => 0,
            Ask::Answer | Ask::HangUp | Ask::Hold => 1,
            Ask::Conference => 2,
        };
        if (needs > 0 && first.is_none()) || (needs > 1 && second.is_none()) {
            return;
        }
        let ((call, call_id), (_, second_id)) = (first.unwrap_or_default(), second.unwrap_or_default());
        // The login name 77 is known on both: the first platform is meant.
        let number = login_number(platform, agent);
        let meant = if application == DESK && ask == Ask::LogIn && number == "77" { 0 } else { platform };
        self.cause = Cause::Asked { crossing };
        self.told[application].heard.clear();
        if application == DESK {
            let (operation, args) = match ask {
                Ask::NotReady => ("SetAgentState", "<NewState>NotReady</NewState>".to_owned()),
                Ask::Answer => ("AcceptCall", format!("<CallId>{call_id}</CallId><AcceptCall>true</AcceptCall>")),
                Ask::HangUp => ("ClearCall", format!("<CallId>{call_id}</CallId>")),
                Ask::Hold => ("HoldCall", format!("<CallId>{call_id}</CallId>")),
                Ask::Conference => (
                    "ConferenceCall",
                    format!("<CallId>{call_id}</CallId><ConsultationCallId>{second_id}</ConsultationCallId>"),
                ),
                Ask::LogIn => {
                    ("LoginAgent", format!("<AgentLoginName>{number}</AgentLoginName><StationId>4099</StationId>"))
                }
            };
            let agent = if ask == Ask::LogIn { String::new() } else { format!("<AgentIdx>{agent_id}</AgentIdx>") };
            self.requests += 1;
            self.post(operation, &format!("<RequestId>{}</RequestId>{agent}{args}", self.requests));
        } else {
            let (what, with_call) = match ask {
                Ask::NotReady => ("release", false),
                Ask::Answer => ("answer", true),
                Ask::LogIn => ("login", false),
                _ => ("hangup", true),
            };
            let mut command = json!({ "message": "command", "sub-request-type": what, "agent-id": agent_id });
            if with_call {
                command["call-id"] = call_id.into();
            }
            if ask == Ask::LogIn {
                let group = if n >= 2 { (GROUP + STEP * platform as i64, 4) } else { (0, 0) };
                command["agent-number"] = number.clone().into();
                command["agent-extension"] = "4099".into();
                command["group-id"] = group.0.into();
                command["group-type"] = group.1.into();
            }
            self.send(command);
        }
        let failed = self.told[application]
            .heard
            .iter()
            .any(|(name, .., request)| *request == self.requests && (name.ends_with("Failed") || name == "command -1"));
        let orders: Vec<(usize, Value)> = (0..2)
            .flat_map(|place| std::mem::take(&mut self.platforms[place].orders).into_iter().map(move |o| (place, o)))
            .collect();
        let context = format!("{ask:?} by {application} for {agent_id}, call {call_id}, {orders:?}");
        if crossing {
            assert!(orders.is_empty() && failed, "nothing can be done across platforms: {context}");
            self.seen.insert("refused across".into());
            return;
        }
        // A feed holds and joins no calls.
        let lacks = matches!(ask, Ask::Hold | Ask::Conference) && self.platforms[meant].kind == Kind::Feed;
        let expected = usize::from(self.is_up(meant) && !lacks);
        assert_eq!(orders.len(), expected, "{context}");
        assert!(failed || expected > 0, "{context}");
        for (place, order) in orders {
            assert_eq!(place, meant, "{context}");
            let args = if order["args"].is_null() { &order } else { &order["args"] };
            let own = |keys: [&str; 2]| keys.iter().find_map(|key| args[*key].as_i64());
            if let Some(given) = own(["agent-id", "lAgentRecID"]) {
                assert_eq!(given, agent, "{context}");
            }
            if let (Some(given), 1) = (own(["call-id", "lCallID"]), needs) {
                assert_eq!(given, call, "{context}");
            }
            if let Some(group) = args["group-id"].as_i64() {
                assert!([0, GROUP].contains(&group), "{context}");
            }
            let name = order["call"].as_str().or(order["sub-request-type"].as_str()).unwrap();
            self.seen.insert(format!("order {name}"));
        }
    }

    // ── platforms ─────────────────────────────────────────────────────────────────────────────────────────────────────

    fn say(&mut self, platform: usize, call: Option<i64>, mut message: Value) {
        self.cause = Cause::Platform(platform, call);
        let end = match self.platforms[platform].kind {
            Kind::Feed => {
                message["sequence"] = self.platforms[platform].sequence.into();
                self.platforms[platform].sequence += 1;
                '\0'
            }
            Kind::Ccas => '\n',
        };
        self.bridge.platform_read(self.now, platform, format!("{message}{end}").as_bytes());
        self.perform();
    }

    /// The line to a platform is lost: its applications learn which, and nothing happens to the other.
    pub fn lose(&mut self, platform: usize) {
        self.cause = Cause::Platform(platform, None);
        self.told.iter_mut().for_each(|told| told.heard.clear());
        self.bridge.platform_closed(self.now, platform, "test");
        self.perform();
        let links = self.told[DESK].heard.iter().filter(|(name, ..)| name == "LinkStatus").count();
        assert_eq!(links, 1, "one platform went");
        assert!(self.told[CRM].heard.iter().any(|(name, ..)| name == "entity-update"), "its entities went");
        for life in &self.platforms[platform].lives {
            let call = (platform, life.number);
            let id = self.told[DESK].ids.get(&call);
            let ended = |(name, call, ..): &(String, i64, i64, i64)| name == "CallEnd" && Some(call) == id;
            assert!(!life.known || self.told[DESK].heard.iter().any(ended), "{call:?} ends with its link");
        }
        self.platforms[platform].lives.iter_mut().for_each(|life| life.known = false);
        self.platforms[platform].sequence = 0;
        for told in &mut self.told {
            told.ids.retain(|(owner, _), _| *owner != platform);
        }
    }

    /// The platform is there again, and shows its group and its agents.
    pub fn bring_back(&mut self, platform: usize) {
        self.cause = Cause::Platform(platform, None);
        self.bridge.platform_connected(self.now, platform);
        self.perform();
        let person = |agent: i64| (login_number(platform, agent), format!("Agent {agent} of {platform}"));
        match self.platforms[platform].kind {
            Kind::Feed => {
                let groups = json!([{ "group-id": GROUP, "group-name": format!("Sales {platform}") }]);
                let agents = AGENTS.map(|agent| {
                    let (number, name) = person(agent);
                    json!({ "agent-id": agent, "agent-number": number, "agent-name": name })
                });
                self.say(platform, None, messages::other("entity-snapshot", 0, json!({ "groups": groups })));
                self.say(platform, None, messages::other("entity-snapshot", 0, json!({ "agents": agents })));
                for agent in AGENTS {
                    let login = json!({ "agent-number": person(agent).0, "agent-ext": station(agent),
                        "groups": [{ "type": 4, "id": GROUP }] });
                    self.say(platform, None, messages::agent("agent-login", agent, 0, login));
                    self.say(platform, None, messages::agent("agent-idle", agent, 0, json!({})));
                }
            }
            Kind::Ccas => {
                let group = json!({ "type": 33, "RecID": GROUP, "ServiceGroupPurpose": 0, "Name": format!("Sales {platform}") });
                self.say(platform, None, group);
                for agent in AGENTS {
                    let (number, name) = person(agent);
                    let logon = json!({ "type": 1, "RecID": agent, "Name": name, "LogonID": number,
                        "DN": station(agent), "VoiceReady": 1, "ServiceGroupList": GROUP.to_string() });
                    self.say(platform, None, logon);
                }
                self.say(platform, None, json!({ "type": 35 }));
            }
        }
        assert!(self.is_up(platform));
    }

    /// A call of a platform begins or goes on, by one message.
    pub fn go_on(&mut self, platform: usize, mut random: impl FnMut(usize) -> usize) {
        if !self.is_up(platform) {
            return;
        }
        let place = &mut self.platforms[platform];
        let free: Vec<i64> =
            AGENTS.into_iter().filter(|agent| place.lives.iter().all(|life| life.agent != *agent)).collect();
        if place.lives.is_empty() || (!free.is_empty() && random(3) == 0) {
            // Both platforms count alike: at different paces their numbers overlap.
            place.calls += 1;
            let (number, agent) = (899 + place.calls, free[random(free.len())]);
            place.lives.push(Life { number, agent, next: 0, known: false });
        }
        let turn = random(place.lives.len());
        let life = &mut place.lives[turn];
        let (number, agent, step) = (life.number, life.agent, life.next);
        life.next += 1;
        let (message, last) = match place.kind {
            Kind::Feed => feed_story(platform, number, agent, step),
            Kind::Ccas => ccas_story(number, agent, step, &caller(platform, number)),
        };
        let (starts, answers, over) = match place.kind {
            Kind::Feed => (step <= 2, step == 2, step == 5),
            Kind::Ccas => (step <= 2, step == 2, step == 3),
        };
        life.known = (life.known || starts) && !over;
        if last {
            place.lives.remove(turn);
        }
        self.told.iter_mut().for_each(|told| told.heard.clear());
        self.say(platform, Some(number), message);
        if answers {
            let agent_id = agent + STEP * platform as i64;
            for (application, name) in [(DESK, "CallEstablished"), (CRM, "established")] {
                let told = &self.told[application];
                let id = told.ids[&(platform, number)];
                let wanted = |(heard, call, agent, _): &(String, i64, i64, i64)| {
                    heard == name && *call == id && *agent == agent_id
                };
                assert!(told.heard.iter().any(wanted), "{name} {id} {agent_id}: {:?}", told.heard);
            }
        }
        if over {
            for told in &mut self.told {
                told.ids.remove(&(platform, number));
            }
        }
    }

    /// Time goes on.
    pub fn pass(&mut self, milliseconds: u64) {
        self.cause = Cause::Time;
        self.now = Time(self.now.0 + milliseconds);
        while self.bridge.deadline().is_some_and(|deadline| deadline <= self.now) {
            self.bridge.expire(self.now);
            self.perform();
        }
    }

    // ── what comes out ────────────────────────────────────────────────────────────────────────────────────────────────

    fn perform(&mut self) {
        let mut outputs = VecDeque::new();
        loop {
            outputs.extend(std::iter::from_fn(|| self.bridge.poll()));
            let Some(output) = outputs.pop_front() else { break };
            match output {
                Output::Send { platform, bytes } => self.sent(platform, &bytes),
                Output::Respond { reply, .. } => {
                    assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
                }
                Output::Start { session, .. } => self.bridge.session_started(self.now, DESK, session, Ok(())),
                Output::Heartbeat { session, .. } => self.bridge.heartbeat_answered(DESK, session, true),
                Output::Publish { body, .. } => {
                    let envelope = soap::parse(&body, None).unwrap();
                    self.event(&envelope.body.children[0]);
                }
                Output::Write { bytes, .. } => {
                    self.message(&serde_json::from_slice(&bytes[..bytes.len() - 1]).unwrap())
                }
                Output::End { .. } | Output::Close { .. } | Output::Disconnect { .. } => panic!("{output:?}"),
                Output::Connect { .. } | Output::Notice { .. } | Output::Line(_) => {}
            }
        }
    }

    /// Something for a platform: pings and the conversation's own are answered, commands are accepted and kept.
    fn sent(&mut self, platform: usize, bytes: &[u8]) {
        let order: Value = serde_json::from_slice(&bytes[..bytes.len() - 1]).unwrap();
        let reply = match self.platforms[platform].kind {
            Kind::Feed => json!({ "version": 1, "topic": "contact-center", "request-id": order["request-id"],
                "message": order["message"], "result": 0 }),
            Kind::Ccas if order["ping"].is_number() => json!({ "pong": order["ping"] }),
            Kind::Ccas => json!({ "id": order["id"], "hresult": 0, "out": {} }),
        };
        if order["message"] == "command" || order["call"].is_string() {
            assert!(matches!(self.cause, Cause::Asked { .. }), "nobody asked for {order}");
            self.platforms[platform].orders.push(order);
        }
        let end = if self.platforms[platform].kind == Kind::Feed { '\0' } else { '\n' };
        self.bridge.platform_read(self.now, platform, format!("{reply}{end}").as_bytes());
    }

    /// A CTIEvent for the desk.
    fn event(&mut self, event: &Element) {
        let name = text(event, "EventType");
        self.seen.insert(format!("event {name}"));
        let (call, agent) = (number(event, "CallId"), number(event, "AgentId"));
        self.told[DESK].heard.push((name.into(), call, agent, number(event, "RequestId")));
        if matches!(self.cause, Cause::Asked { crossing: true }) && name.ends_with("Failed") {
            return;
        }
        let switch = number(event, "SwitchId");
        assert!([1, 2].contains(&switch), "{event:?}");
        let owner = switch as usize - 1;
        if let Cause::Platform(platform, _) = self.cause {
            assert_eq!(owner, platform, "{event:?}");
        }
        for data in ["AgentData", "CallData", "ServiceData"].iter().filter(|_| name == "SnapShotUpdate") {
            let Some(data) = event.child(data).filter(|data| !data.children.is_empty()) else { continue };
            self.item(owner, data);
        }
        self.check_agent(owner, agent);
        self.check_service(owner, number(event, "ServiceId"));
        for child in event.children.iter().filter(|child| child.name.ends_with("CallId")) {
            self.check_call(DESK, owner, child.text.parse().unwrap_or(0), name == "CallStarted");
        }
        let info = event.child("CallInfo").unwrap_or(event);
        self.check_caller(DESK, owner, call, text(info, "ANI"));
    }

    fn item(&mut self, owner: usize, data: &Element) {
        let (agent, call, service) = (number(data, "AgentId"), number(data, "CallId"), number(data, "ServiceId"));
        match data.name.as_str() {
            "AgentData" => {
                self.check_agent(owner, agent);
                self.snapshot.insert(("agent", agent));
                self.names.insert(format!("{owner} {} is {agent}", text(data, "AgentLoginName")));
            }
            "CallData" => {
                self.check_call(DESK, owner, call, false);
                self.check_agent(owner, agent);
                self.check_service(owner, service);
                self.snapshot.insert(("call", call));
            }
            _ => {
                self.check_service(owner, service);
                self.snapshot.insert(("service", service));
                self.names.insert(format!("{owner} service {service}"));
            }
        }
    }

    /// A message for the feed's application.
    fn message(&mut self, message: &Value) {
        let name = message["message"].as_str().unwrap_or_default();
        let agent = ["agent-id", "joining-device-id"].iter().find_map(|key| message[*key].as_i64()).unwrap_or(0);
        let call = message["call-id"].as_i64().unwrap_or(0);
        let request = message["request-id"].as_i64().unwrap_or(0);
        let heard = if name == "command" { format!("command {}", message["result"]) } else { name.to_owned() };
        self.told[CRM].heard.push((heard, call, agent, request));
        self.seen.insert(format!("message {name}"));
        if request != 0 {
            return;
        }
        if name == "entity-snapshot" {
            for (list, kind) in [("agents", "crm agent"), ("groups", "crm group")] {
                for entity in message[list].as_array().into_iter().flatten() {
                    let id = entity["agent-id"].as_i64().or(entity["group-id"].as_i64()).unwrap();
                    let given = entity["agent-name"].as_str().or(entity["group-name"].as_str()).unwrap();
                    assert!(given.ends_with(&native(id).0.to_string()), "{entity}");
                    self.snapshot.insert((kind, id));
                    self.names.insert(format!("crm {given} is {id}"));
                }
            }
            return;
        }
        let mut owners = BTreeSet::new();
        owners_in(message, &mut owners);
        if let Some(guid) = message["guid"].as_str().and_then(|guid| guid.strip_prefix("guid-")) {
            owners.insert(guid[..1].parse().unwrap());
        }
        owners.extend(match self.cause {
            Cause::Platform(platform, _) => Some(platform),
            _ => self.told[CRM].owners.get(&call).map(|(owner, _)| *owner),
        });
        assert_eq!(owners.len(), 1, "told of one platform, with ids of another: {message}");
        let owner = *owners.first().unwrap();
        self.check_call(CRM, owner, call, matches!(self.cause, Cause::Platform(..)));
        let profile = message["call-table"][0]["call-profile"].as_array().into_iter().flatten();
        for item in profile.filter(|item| item["id"] == 2) {
            self.check_caller(CRM, owner, call, item["value"].as_str().unwrap());
        }
    }

    fn check_agent(&self, owner: usize, id: i64) {
        assert!(id == 0 || (native(id).0 == owner && AGENTS.contains(&native(id).1)), "agent {id} of {owner}");
    }

    fn check_service(&self, owner: usize, id: i64) {
        assert!(id == 0 || native(id) == (owner, GROUP), "service {id} of {owner}");
    }

    /// An id belongs to a call of the platform that is told of; a new one to nobody who still has it.
    fn check_call(&mut self, application: usize, owner: usize, id: i64, may_start: bool) {
        if id == 0 {
            return;
        }
        let told = &mut self.told[application];
        let known = told.owners.get(&id).copied();
        let caused = if let Cause::Platform(platform, Some(call)) = self.cause { Some((platform, call)) } else { None };
        if let (Some(call), true) = (caused, may_start)
            && known != Some(call)
        {
            assert!(known.is_none_or(|known| !told.ids.contains_key(&known)), "{id} is {known:?}, and {call:?}, too");
            told.owners.insert(id, call);
            if id != call.1 {
                self.seen.insert("minted".into());
            }
        }
        if let (Some(call), true) = (caused, may_start) {
            told.ids.insert(call, id);
        }
        let now = told.owners.get(&id).copied();
        assert_eq!(now.map(|(platform, _)| platform), Some(owner), "call {id}: {:?}", self.cause);
    }

    /// Who calls is who calls there.
    fn check_caller(&self, application: usize, owner: usize, id: i64, number: &str) {
        if let (Some(whose), true) = (number.strip_prefix("70"), id != 0) {
            let (platform, call) = self.told[application].owners[&id];
            assert_eq!((whose, platform), (format!("{platform}{call}").as_str(), owner), "call {id}");
        }
    }
}

/// Both platforms have the same desks.
fn station(agent: i64) -> String {
    (4000 + agent).to_string()
}

/// The platforms that ids in a feed's message belong to.
fn owners_in(value: &Value, owners: &mut BTreeSet<usize>) {
    let Value::Object(fields) = value else {
        value.as_array().into_iter().flatten().for_each(|value| owners_in(value, owners));
        return;
    };
    for (key, value) in fields {
        let typed = key.strip_suffix("-type").filter(|_| matches!(value.as_i64(), Some(3 | 4)));
        let id = match (typed, key.as_str(), value.as_i64()) {
            (Some(device), ..) => fields.get(&format!("{device}-id")).and_then(Value::as_i64),
            (None, "type", Some(4)) => fields.get("id").and_then(Value::as_i64),
            (None, "agent-id" | "group-id" | "queued-group-internal-id", id) => id,
            _ => None,
        };
        owners.extend(id.filter(|id| *id != 0).map(|id| native(id).0));
        owners_in(value, owners);
    }
}

/// The messages of a call, one by one; whether it was the last.
fn feed_story(platform: usize, call: i64, agent: i64, step: usize) -> (Value, bool) {
    let number = caller(platform, call);
    let device = |prefix: &str| messages::device(prefix, agent, 3, &station(agent));
    let outside = messages::device("calling-device", 0, 5, &number);
    let guid = guid(platform, call);
    let table = json!({ "guid": guid, "call-table": [{ "media": 1, "call-type": 1, "dnis": "800",
        "group": { "type": 4, "id": GROUP }, "connections": [],
        "call-profile": [{ "id": 42, "value": guid }, { "id": 2, "value": number }] }] });
    let of_call =
        |message: &str, extra: Value| messages::call(message, call, 1, messages::all(&[table.clone(), extra]));
    let message = match step {
        0 => of_call("queued", json!({ "queued-group-internal-id": GROUP, "queued-group-type": 4 })),
        1 => of_call("delivered", messages::all(&[device("alerting-device"), outside])),
        2 => of_call("established", messages::all(&[device("joining-device"), outside])),
        3 => of_call("conn-cleared", device("device-out")),
        4 => messages::agent("agent-wrap", agent, 1, json!({ "call-id": call, "guid": guid })),
        5 => of_call("call-cleared", json!({})),
        _ => messages::agent("agent-idle", agent, 1, json!({})),
    };
    (message, step >= 6)
}

fn ccas_story(call: i64, agent: i64, step: usize, number: &str) -> (Value, bool) {
    let message = match step {
        0 => json!({ "type": 24, "RecID": agent, "CallID": call, "ServiceGroupID": GROUP, "CallingPartyNumber": number,
            "CalledNumber": "800", "CallType": 3, "TimeInQueue": 30 }),
        1 => json!({ "type": 8, "RecID": agent, "CallID": call, "OppositePartyNumber": number }),
        2 => json!({ "type": 9, "RecID": agent, "CallID": call, "OppositePartyNumber": number, "CallSubstate": 0 }),
        3 => json!({ "type": 14, "RecID": agent, "CallID": call, "ClericalFlag": 1, "DivertedFlag": 0 }),
        _ => json!({ "type": 15, "RecID": agent, "CallID": call }),
    };
    (message, step >= 4)
}
