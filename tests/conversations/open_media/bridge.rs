//! Open Media applications in front of a platform, through the bridge: the platform is the embedded office, whose clock only
//! the test passes.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
};

use cti_bridge::{
    bridge::{ApplicationParts, Bridge, Output, Owner, PlatformParts},
    dialect::open_media,
    mapping::Mappings,
    message::Message,
    model::{Model, RequestIx, Settings},
    port::{
        self, Asker, Asks, Connection, Heard, HttpRequest, Input, PlatformConversation, PlatformOutput, PostOutcome,
        Reading, Taken, Troubles,
    },
    shipped::Files,
    sim::media::client::{Client, Fault},
    time::Time,
    vocabulary::{Vocabulary, Wanted},
};
use serde_json::{Value, json};

use super::{EPOCH, request};

/// What a platform was asked and did not answer yet, whom it follows, and what it says next.
#[derive(Debug, Default)]
struct Behind {
    asked: VecDeque<(Asker, String)>,
    followed: BTreeMap<i64, Asker>,
    says: Option<(Heard, String)>,
    outputs: VecDeque<PlatformOutput>,
}

/// A conversation that does what the test says.
#[derive(Debug)]
struct Played {
    vocabulary: Arc<Vocabulary>,
    behind: Arc<Mutex<Behind>>,
}

impl Played {
    fn behind(&self) -> MutexGuard<'_, Behind> {
        self.behind.lock().unwrap()
    }
}

impl PlatformConversation for Played {
    fn handle(&mut self, _: Time, input: &mut Input<'_>, _: &Reading<'_>, message: &mut Message) -> Option<Taken> {
        let mut behind = self.behind.lock().unwrap();
        match input {
            Input::Opened { .. } => behind.outputs.push_back(PlatformOutput::Up),
            Input::Closed { reason, .. } => behind.outputs.push_back(PlatformOutput::Down((*reason).to_owned())),
            Input::Answered { .. } => {
                let Some((heard, line)) = behind.says.take() else { return Some(Taken::Nothing) };
                self.vocabulary.read_json(&line, false, &Wanted::new(), message).unwrap();
                return Some(Taken::heard(heard));
            }
            input => panic!("{input:?}"),
        }
        Some(Taken::Nothing)
    }
    fn command(&mut self, _: Time, _: &mut Message, _: RequestIx, _: i64) {}
    fn poll(&mut self) -> Option<PlatformOutput> {
        self.behind().outputs.pop_front()
    }
    fn deadline(&self) -> Option<Time> {
        None
    }
    fn expire(&mut self, _: Time) {}
    fn troubles(&self) -> Troubles {
        Troubles::default()
    }
    fn asks(&mut self) -> Option<&mut dyn Asks> {
        Some(self)
    }
}

impl Asks for Played {
    fn ask(&mut self, _: Time, message: &mut Message, asker: Asker) {
        let mut line = Vec::new();
        self.vocabulary.write_json(message, &mut line);
        self.behind().asked.push_back((asker, String::from_utf8(line).unwrap()));
    }
    fn follow(&mut self, _: Time, id: i64, asker: Asker) {
        self.behind().followed.insert(id, asker);
    }
    fn unfollow(&mut self, id: i64) {
        self.behind().followed.remove(&id);
    }
}

struct World {
    bridge: Bridge,
    behind: Arc<Mutex<Behind>>,
    web: Client,
    now: Time,
    /// How many connections the platform has had.
    lines: u32,
    token: u64,
}

/// Two applications in front of one platform, and one with nothing behind it.
fn world() -> World {
    let mappings = Mappings::load(&Files::built_in(), &mut Default::default());
    let media = mappings.dialects["open-media"].clone();
    let (incoming, outgoing) = (media.from.clone().unwrap(), media.to.clone().unwrap());
    let behind: Arc<Mutex<Behind>> = Arc::default();
    let mut bridge = Bridge::default();
    let client = Played { vocabulary: media.vocabulary.clone(), behind: behind.clone() };
    let platform = bridge.add_platform(PlatformParts {
        name: "media".into(),
        conversation: Box::new(client),
        model: Model::new(Settings::default()),
        knobs: outgoing.knobs.iter().map(|(_, default)| default.clone()).collect(),
        incoming: incoming.clone(),
        outgoing: outgoing.clone(),
        service_groups: Default::default(),
    });
    for (name, platforms) in [("tickets", vec![platform]), ("chats", vec![platform]), ("lonely", vec![])] {
        let settings = open_media::ServerSettings {
            users: [("web".to_owned(), "secret".to_owned().into())].into(),
            ..Default::default()
        };
        let profile = media.vocabulary.profiles[0].clone();
        let server = open_media::Server::new(settings, media.vocabulary.clone(), profile);
        bridge.add_application(ApplicationParts {
            name: name.into(),
            server: Some(Box::new(server)),
            from: incoming.clone(),
            to: outgoing.clone(),
            knobs: Vec::new(),
            platforms,
            id_step: 1,
            routes: Default::default(),
            media: Vec::new(),
            media_platform: None,
            read_only: Default::default(),
            labels: Vec::new(),
        });
    }
    bridge.set_epoch(EPOCH);
    let web = Client::new("web", "secret");
    let mut world = World { bridge, behind, web, now: Time(0), lines: 0, token: 0 };
    world.connect();
    world
}

impl World {
    /// The platform is there.
    fn connect(&mut self) {
        self.lines += 1;
        let connection = Connection::accepted(self.lines);
        self.bridge.handle(self.now, Owner::Platform(0), Input::Opened { connection, peer: "media" });
    }

    fn disconnect(&mut self) {
        let connection = Connection::accepted(self.lines);
        let closed = Input::Closed { connection, reason: "gone", cause: None };
        self.bridge.handle(self.now, Owner::Platform(0), closed);
    }

    /// A client of an application asks; its token.
    fn ask(&mut self, application: usize, operation: &str, members: Value) -> u64 {
        self.token += 1;
        let body = self.web.body(operation, members);
        let request = Input::Request(HttpRequest::post(self.token, &body));
        self.bridge.handle(self.now, Owner::Application(application), request);
        self.token
    }

    fn behind(&self) -> MutexGuard<'_, Behind> {
        self.behind.lock().unwrap()
    }

    /// What the platform is asked next.
    fn asked(&mut self) -> (Asker, Value) {
        let (asker, line) = self.behind().asked.pop_front().expect("a question");
        (asker, serde_json::from_str(&line).unwrap())
    }

    /// The platform says something: to somebody, or to all.
    fn says(&mut self, heard: Heard, line: &Value) {
        self.behind().says = Some((heard, line.to_string()));
        let outcome = PostOutcome::Answer { status: 200, charset: None, body: Default::default() };
        self.bridge.handle(self.now, Owner::Platform(0), Input::Answered { token: 0, outcome });
    }

    fn answer(&mut self, asker: Asker, line: Value) {
        self.says(Heard::For(asker), &line);
    }

    fn answered(&mut self, operation: &str, token: u64) -> Option<Result<Value, Fault>> {
        let mut found = None;
        while let Some(output) = self.bridge.poll_all(self.now) {
            if let Output::Wire { output: port::Output::Respond { token: own, reply }, .. } = output {
                assert_eq!((own, found.is_none()), (token, true), "one answer, to whom it belongs");
                found = Some(self.web.read(operation, &reply.body));
            }
        }
        found
    }

    fn add(&mut self, application: usize, id: i64) {
        let token = self.ask(application, "AddRequest", request(9));
        let (ask, line) = self.asked();
        assert_eq!(line["AddRequest"]["ServiceGroupID"], 9);
        assert!(self.answered("AddRequest", token).is_none(), "not before the platform has answered");
        self.answer(
            ask,
            json!({ "AddRequestResponse": { "RequestStatus": "Success", "OpenMediaID": id, "QueuePosition": 1 } }),
        );
        assert_eq!(self.answered("AddRequest", token).unwrap().unwrap()["OpenMediaID"], id);
    }

    fn followed(&self) -> Vec<i64> {
        self.behind().followed.keys().copied().collect()
    }

    fn statuses(&mut self, application: usize) -> Vec<(i64, String)> {
        let token = self.ask(application, "GetOpenMediaRequestsByTime", json!({}));
        let answer = self.answered("GetOpenMediaRequestsByTime", token).unwrap().unwrap();
        super::World::statuses(&answer)
    }
}

#[test]
fn what_clients_ask_goes_to_the_platform_once_and_one_poll_serves_them_all() {
    let mut world = world();
    world.add(0, 1001);
    world.add(1, 1002);
    let update =
        |id: i64| json!({ "ID": id, "Status": "Allocated", "AgentID": 501, "LogonID": "anna", "ServiceGroupID": 9 });
    let poll = json!({ "GetOpenMediaRequestsByTimeResponse": { "OpenMediaRequests": [update(1001), update(1002)] } });
    world.says(Heard::Event, &poll);
    let both = |id: i64| vec![(id, "Queued".to_owned()), (id, "Allocated".to_owned())];
    for _ in 0..10 {
        assert_eq!(world.statuses(0), both(1001));
        assert_eq!(world.statuses(1), both(1002));
    }
    assert!(world.behind().asked.is_empty(), "no client's query reaches the platform");
    assert_eq!(world.bridge.applications()[0].counts.requests.iter().sum::<u64>(), 11);
    // What is followed ends with it.
    assert_eq!(world.followed(), [1001, 1002]);
    let done = json!({ "ID": 1001, "Status": "Completed", "ServiceGroupID": 9 });
    world.says(Heard::Event, &json!({ "GetOpenMediaRequestsByTimeResponse": { "OpenMediaRequests": [done] } }));
    assert_eq!(world.followed(), [1002]);
}

#[test]
fn a_request_that_the_service_has_forgotten_has_failed() {
    let mut world = world();
    world.add(0, 1001);
    let asker = world.behind().followed[&1001];
    world.answer(asker, json!({ "InvalidOpenMediaIDFault": { "Message": "?" } }));
    assert_eq!(world.statuses(0), [(1001, "Queued".to_owned()), (1001, "Failed".to_owned())]);
    assert!(world.followed().is_empty());
}

#[test]
fn what_has_no_answer_is_refused_or_said_to_be_unknown() {
    let mut world = world();
    for (unknown, fault) in [(false, "RouterDisconnectedFault"), (true, "")] {
        let token = world.ask(0, "AddRequest", request(9));
        let (asker, _) = world.asked();
        world.behind().outputs.push_back(PlatformOutput::NoAnswer { asker, reason: "silence".into(), unknown });
        world.says(Heard::Nothing, &json!({ "AddRequestResponse": {} }));
        assert_eq!(world.answered("AddRequest", token).unwrap().unwrap_err().name, fault);
        assert!(world.followed().is_empty());
    }
}

#[test]
fn answers_find_their_clients_in_whatever_order_they_come() {
    let mut world = world();
    let options = |types: i64| json!({ "AllowDifferentTypes": types });
    let tokens = [world.ask(0, "SetOptions", options(1)), world.ask(1, "SetOptions", options(2))];
    let asks = [world.asked(), world.asked()];
    for (place, result) in [(1, false), (0, true)] {
        world.answer(asks[place].0, json!({ "SetOptionsResponse": { "Result": result } }));
        assert_eq!(world.answered("SetOptions", tokens[place]).unwrap().unwrap(), result);
    }
}

#[test]
fn without_a_platform_or_its_line_every_request_is_refused_and_nothing_asked() {
    let mut world = world();
    world.add(0, 1001);
    world.disconnect();
    for (application, reason) in [(0, "media is not connected"), (2, "no platform stands behind")] {
        let token = world.ask(application, "AddRequest", request(9));
        let fault = world.answered("AddRequest", token).unwrap().unwrap_err();
        assert_eq!(fault.name, "RouterDisconnectedFault");
        assert!(fault.message.contains(reason), "{}", fault.message);
    }
    assert_eq!(world.statuses(0), [(1001, "Queued".to_owned())], "what is known is told still");
    assert!(world.behind().asked.is_empty());
    assert_eq!(world.bridge.applications()[2].counts.refused, 1);
    world.connect();
    world.add(0, 1003);
}
