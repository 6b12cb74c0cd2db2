//! A whole bridge on a virtual clock: a CTIPS platform whose session is lost, and what an application hears of it.

use std::collections::VecDeque;

use crate::{
    bridge::{ApplicationParts, Bridge, Output, Owner, PlatformParts, routes},
    diagnostic::Problems,
    dialect::ctips,
    mapping::Mappings,
    model::{Media, Model, Settings},
    port::{self, HttpRequest, Input, Post, PostOutcome, Reply},
    shipped::Files,
    sim::messages::short,
    time::Time,
    wire::soap,
};

struct Office {
    bridge: Bridge,
    now: Time,
    posts: VecDeque<Post>,
    /// The answers to the portal's calls.
    replies: VecDeque<Reply>,
    /// What the application was told, in short.
    told: Vec<String>,
    sessions: u32,
    path: String,
}

impl Office {
    fn new() -> Office {
        Office::with(Settings::default())
    }

    fn with(model: Settings) -> Office {
        let mappings = Mappings::load(&Files::built_in(), &mut Problems::default());
        let dialect = &mappings.dialects["ctips"];
        let (from, to) = (dialect.from.clone().unwrap(), dialect.to.clone().unwrap());
        let settings = ctips::ClientSettings {
            urls: vec!["http://a/".into(), "http://b/".into()],
            callback: "http://bridge/events".into(),
            ..ctips::ClientSettings::default()
        };
        let profile = dialect.vocabulary.profile("edk-2009-08").unwrap().clone();
        let mut count = 0;
        let new_path = Box::new(move || {
            count += 1;
            format!("p{count}")
        });
        let mut bridge = Bridge::default();
        bridge.add_platform(PlatformParts {
            name: "aspect".into(),
            conversation: Box::new(ctips::Client::new(settings, dialect.vocabulary.clone(), profile, new_path)),
            model: Model::new(Settings { platform: "aspect".into(), ..model }),
            incoming: from.clone(),
            outgoing: to.clone(),
            knobs: Vec::new(),
            service_groups: Default::default(),
        });
        bridge.add_application(ApplicationParts {
            name: "desk".into(),
            server: None,
            from,
            to,
            knobs: Vec::new(),
            platforms: vec![0],
            id_step: 1_000_000,
            routes: routes::Settings::default(),
            media_platform: None,
            media: Media::ALL.to_vec(),
            read_only: Default::default(),
            labels: Vec::new(),
        });
        let (posts, replies, told) = (VecDeque::new(), VecDeque::new(), Vec::new());
        Office { bridge, now: Time(0), posts, replies, told, sessions: 0, path: String::new() }
    }

    fn collect(&mut self) {
        while let Some(output) = self.bridge.poll_all(self.now) {
            match output {
                Output::Wire { output: port::Output::Post(post), .. } => self.posts.push_back(*post),
                Output::Wire { output: port::Output::Respond { reply, .. }, .. } => self.replies.push_back(reply),
                Output::Line(line) => self.told.push(short(&serde_json::from_slice(&line).unwrap())),
                _ => {}
            }
        }
    }

    fn handle(&mut self, input: Input<'_>) {
        self.bridge.handle(self.now, Owner::Platform(0), input);
    }

    fn answered(&mut self, token: u64, outcome: PostOutcome) {
        self.handle(Input::Answered { token, outcome });
        self.collect();
    }

    /// The portal calls the bridge, and says this.
    fn called(&mut self, path: &str, body: &str) {
        self.handle(Input::Request(HttpRequest { path, ..HttpRequest::post(1, body.as_bytes()) }));
    }

    /// What an operator reads of refused calls.
    fn refusals(&mut self) -> Vec<String> {
        let notices = std::iter::from_fn(|| self.bridge.poll_all(self.now)).filter_map(|output| match output {
            Output::Notice { notice, .. } => Some(notice.to_string()),
            _ => None,
        });
        notices.filter(|text| text.contains("call of the platform") || text.contains("were left out")).collect()
    }

    fn wait(&mut self, seconds: u64) {
        let until = self.now + std::time::Duration::from_secs(seconds);
        while let Some(due) = self.bridge.deadline().filter(|due| *due <= until && self.posts.is_empty()) {
            self.now = self.now.max(due);
            self.bridge.expire(self.now);
            self.collect();
        }
        self.now = self.now.max(until);
    }

    fn refuse_all(&mut self) {
        while let Some(post) = self.posts.pop_front() {
            let refused = PostOutcome::NotSent("refused".into());
            self.answered(post.token, refused);
        }
    }

    /// Answers everything that is posted, and shows what a snapshot asks for: `shown` are the items of each type.
    fn serve(&mut self, shown: &[(&str, &[String])]) {
        while let Some(post) = self.posts.pop_front() {
            let body = soap::parse(&post.body, None).unwrap().body;
            let member = |name: &str| body.children[0].child(name);
            let operation = &body.name;
            let result = match operation.as_str() {
                "OpenConnection" => {
                    self.sessions += 1;
                    self.path = member("ClientCallbackURL").unwrap().text.rsplit('/').next().unwrap().to_owned();
                    format!("<SessionId>S-{}</SessionId>", self.sessions)
                }
                _ => "0".into(),
            };
            let entity = member("EntityType").map(|list| list.children[0].text.clone());
            let answer = format!("<{operation}Response><r>{result}</r></{operation}Response>");
            let body = format!("{}{answer}{}", soap::OPEN, soap::CLOSE).into_bytes().into();
            self.answered(post.token, PostOutcome::Answer { status: 200, charset: None, body });
            let Some(entity) = entity else { continue };
            let items = shown.iter().find(|(known, _)| *known == entity).map_or(&[][..], |(_, items)| items);
            for item in items {
                self.event("SnapShotUpdate", &format!("<SnapShotType>{entity}</SnapShotType>{item}"));
            }
            let end = "<SnapShotTypeComplete>true</SnapShotTypeComplete>";
            self.event("SnapShotUpdate", &format!("<SnapShotType>{entity}</SnapShotType>{end}"));
        }
    }

    fn event(&mut self, ty: &str, members: &str) {
        let event = format!("<PublishCTIEvent><e><EventType>{ty}</EventType>{members}</e></PublishCTIEvent>");
        let body = format!("{}{event}{}", soap::OPEN, soap::CLOSE);
        self.called(&self.path.clone(), &body);
        self.collect();
        let reply = self.replies.pop_front().expect("an answer");
        assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
    }

    #[track_caller]
    fn told(&mut self, expected: &[&str]) {
        assert_eq!(std::mem::take(&mut self.told), expected);
    }
}

fn agent(id: u8, state: &str) -> String {
    format!(
        "<AgentData><AgentId>{id}</AgentId><AgentLoginName>{}</AgentLoginName><AgentState>{state}</AgentState></AgentData>",
        id + 65
    )
}

fn call(id: u16, state: &str, agent: u8) -> String {
    format!(
        "<CallData><CallId>{id}</CallId><CallState>{state}</CallState><AgentId>{agent}</AgentId><ServiceId>9</ServiceId>\
         <ANI>5551234</ANI></CallData>"
    )
}

#[test]
fn a_session_that_is_lost_and_opened_anew_tells_what_changed_meanwhile_and_nothing_else() {
    let mut office = Office::new();
    let services =
        ["<ServiceData><ServiceId>9</ServiceId><ServiceState>Active</ServiceState></ServiceData>".to_owned()];
    office.wait(0);
    office.serve(&[
        ("ServiceInfo", &services),
        ("AgentInfo", &[agent(12, "Active"), agent(13, "Idle"), agent(14, "NotReady")]),
        ("CallInfo", &[call(900, "CallEstablished", 12), call(901, "CallDelivered", 0)]),
    ]);
    office.told(&[
        "LinkStatus Up",
        "ServiceStateChange",
        "AgentLoginStateChange a12 AgentLoggedIn",
        "AgentStateChange a12 Active",
        "AgentLoginStateChange a13 AgentLoggedIn",
        "AgentStateChange a13 Idle",
        "AgentLoginStateChange a14 AgentLoggedIn",
        "AgentStateChange a14 NotReady",
        "CallStarted 900",
        "CallOffered 900",
        "CallEstablished 900 a12",
        "CallStarted 901",
        "CallOffered 901",
        "CallDelivered 901",
    ]);
    office.wait(120);
    assert_eq!(office.posts[0].url.as_ref(), "http://b/", "no heartbeat: the other portal");
    office.serve(&[
        ("ServiceInfo", &services),
        ("AgentInfo", &[agent(12, "Active"), agent(14, "Idle")]),
        ("CallInfo", &[call(900, "CallHeld", 12), call(902, "CallDelivered", 0)]),
    ]);
    office.told(&[
        "AgentStateChange a14 Idle",
        "AgentLoginStateChange a13 AgentLoggedOut",
        "CallHeld 900 a12",
        "CallStarted 902",
        "CallOffered 902",
        "CallDelivered 902",
        "CallEnd 901",
        "CallCompleted 901",
    ]);
    office.event("CallRetrieved", "<CallId>900</CallId><AgentId>12</AgentId>");
    office.told(&["CallRetrieved 900 a12"]);
}

#[test]
fn a_session_that_cannot_be_opened_anew_ends_the_calls() {
    let mut office = Office::new();
    office.wait(0);
    office.serve(&[("AgentInfo", &[agent(12, "Active")]), ("CallInfo", &[call(900, "CallEstablished", 12)])]);
    office.told.clear();
    office.wait(120);
    let post = office.posts.pop_front().unwrap();
    office.answered(post.token, PostOutcome::NotSent("refused".into()));
    office.told(&["LinkStatus Down"]);
    for _ in 0..29 {
        office.wait(1);
        office.refuse_all();
    }
    office.told(&[]);
    office.wait(1);
    office.told(&[
        "CallCleared 900 a12 NearEnd",
        "CallEnd 900",
        "CallCompleted 900",
        "AgentLoginStateChange a12 AgentLoggedOut",
    ]);
}

#[test]
fn of_a_flood_of_refusals_is_said_how_many_were_left_out() {
    let mut office = Office::new();
    office.collect();
    let call = |office: &mut Office, body: &str| office.called("", body);
    (0..15).for_each(|_| call(&mut office, "<x/>"));
    assert_eq!(office.refusals().len(), 10);
    call(&mut office, &format!("{}<StartSession/>{}", soap::OPEN, soap::CLOSE));
    let refused = "a call of the platform was refused cause=\"it is for no session that is open\" \
                   reason=\"StartSession for no session that is open\"";
    assert_eq!(office.refusals(), [refused]);
    office.now = Time(10_000);
    assert!(office.bridge.deadline().is_some_and(|deadline| deadline <= office.now));
    office.bridge.expire(office.now);
    let left_out = |count| {
        let of = "of=\"callback_refused\" of_sort=\"it is no SOAP\"";
        format!("further events of one kind were left out {of} count={count} within_s=10")
    };
    assert_eq!(office.refusals(), [left_out(5)]);
    (0..12).for_each(|_| call(&mut office, "<x/>"));
    office.refusals();
    office.bridge.shut_down(office.now);
    assert_eq!(office.refusals(), [left_out(2)]);
}

#[test]
fn no_more_requests_pass_than_may_be_open() {
    let mut office = Office::with(Settings { max_requests: 2, ..Settings::default() });
    office.wait(0);
    office.serve(&[("AgentInfo", &[agent(12, "Active")])]);
    office.told.clear();
    let ask = |office: &mut Office, id: u8| {
        let request = format!(r#"{{"SetAgentState": {{"RequestId": {id}, "AgentIdx": 12, "NewState": "Idle"}}}}"#);
        assert!(office.bridge.application_line(office.now, 0, &request).is_ok());
        office.collect();
        office.serve(&[]);
    };
    (1..=3).for_each(|id| ask(&mut office, id));
    office.told(&["AgentRequestFailed a12 RequestFailed #3"]);
    office.event("AgentStateChange", "<AgentId>12</AgentId><AgentState>Idle</AgentState><RequestId>1</RequestId>");
    ask(&mut office, 4);
    office.told(&["AgentStateChange a12 Idle #1"]);
}
