//! Whole conversations with a portal, on a virtual clock: its answers and calls are the bytes of its wire.

use super::*;
use crate::{
    diagnostic::Problems,
    message::Value,
    port::{Reply, drive::hand_in},
    shipped::Files,
    vocabulary,
    wire::soap,
};

struct Portal {
    client: Client,
    vocabulary: Arc<Vocabulary>,
    now: Time,
    /// What was posted and has no answer.
    posts: VecDeque<Post>,
    /// The answers to the portal's calls.
    replies: VecDeque<Reply>,
    /// Everything else that came out, in short.
    said: Vec<String>,
    message: Message,
    /// The path that the last OpenConnection named.
    path: String,
    sessions: u32,
}

const A: &str = "http://a/AgentCallService";
const B: &str = "http://b/AgentCallService";

impl Portal {
    fn new(profile: &str, change: impl FnOnce(&mut Settings)) -> Portal {
        let files = Files::built_in();
        let source = files.get("dialects/ctips.toml").unwrap();
        let vocabulary = Arc::new(vocabulary::load(source, &mut Problems::default()));
        let profile = vocabulary.profile(profile).unwrap().clone();
        let mut settings = Settings {
            urls: vec![A.into(), B.into()],
            callback: "http://bridge/events".into(),
            user: "Test01".into(),
            password: "secret".to_owned().into(),
            tenant: 7,
            ..Settings::default()
        };
        change(&mut settings);
        let mut count = 0;
        let new_path = Box::new(move || {
            count += 1;
            format!("p{count}")
        });
        let client = Client::new(settings, vocabulary.clone(), profile, new_path);
        Portal {
            client,
            vocabulary,
            now: Time(0),
            posts: VecDeque::new(),
            replies: VecDeque::new(),
            said: Vec::new(),
            message: Message::default(),
            path: String::new(),
            sessions: 0,
        }
    }

    /// A portal whose client is on line and has been shown everything.
    fn online() -> Portal {
        let mut portal = Portal::new("edk-2009-08", |_| {});
        portal.open();
        portal.said.clear();
        portal
    }

    fn open(&mut self) {
        self.wait(0);
        self.serve();
        for entity in ["ServiceInfo", "AgentInfo", "CallInfo"] {
            self.shows(entity);
            self.serve();
        }
    }

    fn collect(&mut self) {
        while let Some(output) = self.client.poll() {
            self.said.push(match output {
                PlatformOutput::Wire(Output::Post(post)) => {
                    if let Some(url) = member(&post, "ClientCallbackURL") {
                        self.path = url.rsplit('/').next().unwrap().to_owned();
                    }
                    self.posts.push_back(*post);
                    continue;
                }
                PlatformOutput::Wire(Output::Respond { reply, .. }) => {
                    self.replies.push_back(reply);
                    continue;
                }
                PlatformOutput::Failed(RequestIx(index), reason) => format!("failed {index}: {reason}"),
                PlatformOutput::Wire(Output::Notice(notice)) => format!("{:?}: {}", notice.level(), notice),
                other => format!("{other:?}").to_lowercase(),
            });
        }
    }

    fn hand_in(&mut self, input: Input<'_>) -> Heard {
        let heard = hand_in(&mut self.client, self.now, input, &self.vocabulary, &mut self.message);
        self.collect();
        heard
    }

    fn wait(&mut self, seconds: u64) {
        let until = self.now + Duration::from_secs(seconds);
        while let Some(due) = self.client.deadline().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            self.client.expire(self.now);
            self.collect();
            if !self.posts.is_empty() {
                return;
            }
        }
        self.now = until;
    }

    /// The next post: its operation.
    fn next(&mut self) -> String {
        self.posts.front().map(operation).unwrap_or_default()
    }

    fn outcome(&mut self, outcome: impl FnOnce(&Post) -> PostOutcome) -> Heard {
        let post = self.posts.pop_front().expect("something was posted");
        self.hand_in(Input::Answered { token: post.token, outcome: outcome(&post) })
    }

    /// Answers the next post as a portal does that takes it.
    fn accept(&mut self) -> Heard {
        self.sessions += u32::from(self.next() == "OpenConnection");
        let id = format!("S-{}", self.sessions);
        self.outcome(|post| {
            let name = operation(post);
            let result = match name.as_str() {
                "OpenConnection" => format!("<SessionId>{id}</SessionId><status>0</status>"),
                _ => "0".into(),
            };
            answer(200, format!("<{name}Response><{name}Result>{result}</{name}Result></{name}Response>"))
        })
    }

    fn serve(&mut self) {
        while !self.posts.is_empty() {
            self.accept();
        }
    }

    fn fault(&mut self, reason: &str) -> Heard {
        let body = soap::fault(soap::Blame::Client, reason, None);
        self.outcome(|_| PostOutcome::Answer { status: 500, charset: None, body: body.into() })
    }

    /// Calls the client: the fault's reason, or the operation that it answers to.
    fn call_at(&mut self, path: &str, body: &str) -> (Result<String, String>, Heard) {
        let text = format!("{}{body}{}", soap::OPEN, soap::CLOSE);
        let heard = self.hand_in(Input::Request(HttpRequest { path, ..HttpRequest::post(1, text.as_bytes()) }));
        let reply = self.replies.pop_front().expect("an answer");
        let body = soap::parse(&reply.body, None).unwrap().body;
        let outcome = match soap::Fault::of(&body) {
            Some(fault) => Err(fault.reason),
            None => Ok(format!("{} {}", body.namespace.unwrap_or_default(), body.name)),
        };
        assert_eq!(reply.status, if outcome.is_ok() { 200 } else { 500 });
        (outcome, heard)
    }

    fn call(&mut self, body: &str) -> (Result<String, String>, Heard) {
        let path = self.path.clone();
        self.call_at(&path, body)
    }

    /// Publishes an event of a class.
    fn event(&mut self, class: &str, members: &str) -> (Result<String, String>, Heard) {
        self.call(&format!(
            "<PublishCTIEvent xmlns='urn:x'><ctiEvent xmlns:d='urn:d' xmlns:i='http://www.w3.org/2001/XMLSchema-instance' \
             i:type='d:{class}'>{members}</ctiEvent></PublishCTIEvent>"
        ))
    }

    fn shows(&mut self, entity: &str) {
        let members = format!("<SnapShotType>{entity}</SnapShotType><SnapShotTypeComplete>true</SnapShotTypeComplete>");
        let (answered, heard) = self.event("CTISnapShotUpdate", &members);
        assert_eq!((answered.is_ok(), heard), (true, Heard::Shown));
    }

    fn ask(&mut self, label: &str, request: u32, wish: i64, fields: &[(&str, Node)]) {
        let kind = self.vocabulary.find(label).unwrap();
        let fields_of = &self.vocabulary.message(kind).fields;
        let mut message = Message::default();
        message.start(kind, fields_of.list.len());
        for (label, node) in fields {
            message.set(fields_of.slot(label).unwrap(), *node);
        }
        self.client.command(self.now, &mut message, RequestIx(request), wish);
        self.collect();
    }

    fn field(&self, label: &str) -> Value<'_> {
        let fields = &self.vocabulary.message(self.message.kind().expect("a message")).fields;
        self.message.get(fields.slot(label).unwrap())
    }

    fn text(&self, label: &str) -> String {
        self.field(label).as_text(&mut itoa::Buffer::new()).unwrap_or_default().to_owned()
    }

    #[track_caller]
    fn said(&mut self, expected: &[&str]) {
        let said = std::mem::take(&mut self.said);
        let alike = |(said, expected): (&String, &&str)| said.contains(*expected);
        assert!(said.len() == expected.len() && said.iter().zip(expected).all(alike), "{said:#?}");
    }
}

fn answer(status: u16, body: String) -> PostOutcome {
    let body = format!("{}{body}{}", soap::OPEN, soap::CLOSE);
    PostOutcome::Answer { status, charset: Some("utf-8".into()), body: body.into_bytes().into() }
}

fn operation(post: &Post) -> String {
    soap::parse(&post.body, None).unwrap().body.name
}

fn member(post: &Post, name: &str) -> Option<String> {
    let body = soap::parse(&post.body, None).unwrap().body;
    let child = body.children.first()?.child(name)?;
    Some(if child.children.is_empty() { child.text.clone() } else { child.children[0].text.clone() })
}

fn not_sent(_: &Post) -> PostOutcome {
    PostOutcome::NotSent("connection refused".into())
}

// ── sessions ──────────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_session_is_opened_registered_and_shown_everything() {
    let mut portal = Portal::new("edk-2009-08", |settings| {
        settings.filters = vec![("FT_SERVICE_ID", "9".into()), ("FT_AGENT_ID", "jdoe".into())];
    });
    portal.wait(0);
    assert_eq!((portal.next().as_str(), portal.posts[0].url.as_ref()), ("OpenConnection", A));
    let start = "<StartSession><userinfo><Password>secret</Password><UserName>Test01</UserName></userinfo>\
                 <sessionId>S-1</sessionId></StartSession>";
    assert_eq!(portal.call(start).0, Ok(" StartSessionResponse".into()), "it comes before the answer");
    portal.accept();
    let mut steps = Vec::new();
    while !portal.posts.is_empty() && portal.next() != "Snapshot" {
        let post = &portal.posts[0];
        let detail = member(post, "MessageClass")
            .or(member(post, "FieldType").zip(member(post, "FieldValue")).map(|(a, b)| a + " " + &b));
        steps.push(format!("{} {}", operation(post), detail.unwrap_or_default()));
        assert_eq!((member(post, "SessionId").unwrap(), member(post, "TenantId").unwrap()), ("S-1".into(), "7".into()));
        portal.accept();
    }
    assert_eq!(
        steps,
        [
            "AddMessageClass EventCategoryAgent",
            "AddMessageClass EventCategoryCall",
            "AddMessageClass EventCategoryRoute",
            "AddMessageClass EventCategorySystem",
            "AddFilter FT_SERVICE_ID 9",
            "AddFilter FT_AGENT_ID jdoe",
            "OnLine ",
        ]
    );
    portal.said(&["is open and on line address=\"http://a/", "up"]);
    for entity in ["ServiceInfo", "AgentInfo", "CallInfo"] {
        assert_eq!(member(&portal.posts[0], "EntityType").as_deref(), Some(entity));
        portal.accept();
        assert!(portal.posts.is_empty(), "one after the other");
        portal.shows(entity);
    }
    assert!(portal.posts.is_empty());
}

#[test]
fn requests_are_written_as_the_published_client_writes_them() {
    for (profile, fixture) in [
        ("edk-2009-08", include_str!("../../../../tests/fixtures/wire/ctips-edk-service.txt")),
        ("guide", include_str!("../../../../tests/fixtures/wire/ctips-guide-service.txt")),
    ] {
        let mut portal = Portal::new(profile, |settings| {
            (settings.callback, settings.tenant) = ("http://127.0.0.1:18841".into(), 1);
            settings.password = "Test01".to_owned().into();
        });
        portal.client.new_path = Box::new(|| "CTIEvents".into());
        portal.wait(0);
        let mut written = vec![];
        while portal.next() != "Snapshot" {
            written.push((portal.posts[0].action.clone(), portal.posts[0].body.clone()));
            portal.accept();
        }
        portal.posts.clear();
        portal.ask("SetAgentState", 1, 6, &[("AgentIdx", Node::Int(12)), ("NewState", Node::Int(1))]);
        written.push((portal.posts[0].action.clone(), portal.posts[0].body.clone()));
        // The capture registers for the class of calls alone.
        for place in [0, 2, 5, 6] {
            let (action, body) = &written[place];
            let body = String::from_utf8(body.clone()).unwrap();
            assert!(fixture.contains(&body), "{fixture:.0}{profile} has no\n{body}");
            assert!(fixture.contains(&format!("SOAPAction: \"{action}\"")), "{action}");
        }
    }
}

#[test]
fn whoever_starts_a_session_with_another_password_is_refused() {
    let mut portal = Portal::new("edk-2009-08", |_| {});
    portal.wait(0);
    let (refused, _) = portal.call("<StartSession><userinfo><UserName>Test01</UserName></userinfo></StartSession>");
    assert!(refused.unwrap_err().contains("another user or password"));
    portal.fault("StartSession failed");
    portal.said(&[
        "a call of the platform was refused",
        "no session with the platform address=\"http://a/AgentCallService\" reason=\"StartSession failed\" next_address=\"http://b/",
    ]);
    assert_eq!(portal.posts[0].url.as_ref(), B);
}

#[test]
fn the_next_address_is_tried_at_once_and_all_of_them_again_after_a_wait() {
    let mut portal = Portal::new("edk-2009-08", |_| {});
    portal.wait(0);
    portal.outcome(not_sent);
    assert_eq!(portal.posts[0].url.as_ref(), B);
    portal.outcome(|_| PostOutcome::Unknown("no answer in 10 s".into()));
    assert!(portal.posts.is_empty());
    portal.said(&[
        "reason=\"not sent: connection refused\" next_address=\"http://b/",
        "reason=\"no answer in 10 s; whether it was done is not known\" next_attempt_s=",
    ]);
    let first = portal.client.deadline().unwrap();
    assert!((Time(500)..=Time(1000)).contains(&first), "{first:?}");
    let mut waits = Vec::new();
    for _ in 0..9 {
        portal.wait(100);
        portal.outcome(not_sent);
        portal.outcome(not_sent);
        waits.push(portal.client.deadline().unwrap() - portal.now);
    }
    assert!(waits[0] < waits[3] && waits.iter().all(|wait| *wait <= Duration::from_secs(60)), "{waits:?}");
    portal.said.clear();
    portal.wait(100);
    portal.serve();
    portal.said(&["session with the platform is open and on line", "up"]);
}

#[test]
fn a_session_without_a_heartbeat_is_opened_anew_elsewhere_and_compared() {
    let mut portal = Portal::online();
    for _ in 0..10 {
        portal.wait(100);
        let beat = portal.call("<Heartbeat xmlns='urn:p'><sessionId>S-1</sessionId></Heartbeat>").0;
        assert_eq!(beat, Ok("urn:p HeartbeatResponse".into()));
        let beat = portal.call("<HeartbeatMessage xmlns='urn:q'/>").0;
        assert_eq!(beat, Ok("urn:q HeartbeatMessageResponse".into()), "the guide's form");
    }
    assert!(portal.posts.is_empty());
    portal.wait(119);
    assert!(portal.posts.is_empty());
    portal.wait(1);
    assert_eq!((portal.next().as_str(), portal.posts[0].url.as_ref()), ("OpenConnection", B));
    let late = portal.call_at("p1", "<Heartbeat/>").0;
    assert_eq!(late, Err("Heartbeat for no session that is open".into()), "the old session has an address of its own");
    portal.serve();
    portal.said(&[
        "reason=\"no heartbeat in 120 s\" next_address=\"http://b/",
        "a call of the platform was refused",
        "session with the platform is open and on line address=\"http://b/",
        "resync",
    ]);
    assert_eq!(portal.client.troubles().disconnects, 1);
}

#[test]
fn the_platform_is_down_once_no_address_answers() {
    let mut portal = Portal::online();
    portal.wait(120);
    portal.outcome(not_sent);
    portal.said(&["reason=\"no heartbeat in 120 s\" next_address=", "next_attempt_s=", "down"]);
    portal.ask("HoldCall", 3, 3, &[]);
    portal.said(&["failed 3: no session is open"]);
    portal.wait(100);
    portal.serve();
    portal.said(&["session with the platform is open and on line", "up"]);
}

#[test]
fn at_shutdown_the_connection_is_closed() {
    let mut portal = Portal::online();
    portal.client.shut_down(portal.now);
    portal.collect();
    assert_eq!(
        (portal.next().as_str(), member(&portal.posts[0], "SessionId")),
        ("CloseConnection", Some("S-1".into()))
    );
    portal.outcome(not_sent);
    assert_eq!(portal.client.deadline(), None);
    assert!(portal.call("<Heartbeat/>").0.is_err());
    assert!(portal.posts.is_empty());
}

#[test]
fn answers_of_a_session_that_is_over_answer_nothing() {
    let mut portal = Portal::online();
    portal.ask("HoldCall", 3, 3, &[]);
    let old = portal.posts.pop_front().unwrap();
    portal.wait(120);
    portal.said(&[
        "failed 3: the session was lost (no heartbeat in 120 s); whether it was done is not known",
        "no heartbeat",
    ]);
    let body = answer(200, "<HoldCallResponse><HoldCallResult>0</HoldCallResult></HoldCallResponse>".into());
    assert_eq!(portal.hand_in(Input::Answered { token: old.token, outcome: body }), Heard::Nothing);
}

// ── requests ──────────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn what_comes_of_a_request_is_told_by_the_event_that_carries_its_number() {
    let mut portal = Portal::online();
    portal.ask("HoldCall", 3, 41, &[("CallId", Node::Int(900)), ("AgentIdx", Node::Int(12))]);
    assert_eq!(member(&portal.posts[0], "RequestId").as_deref(), Some("41"), "the application's own number");
    assert_eq!(portal.accept(), Heard::Answer(RequestIx(3)));
    assert_eq!((portal.text("Operation"), portal.text("RequestId")), ("HoldCall".into(), "41".into()));
    let held = "<RequestId>41</RequestId><CallId>900</CallId><AgentId>12</AgentId>";
    assert_eq!(portal.event("CTICallHeld", held).1, Heard::Answer(RequestIx(3)));
    assert_eq!(portal.event("CTICallHeld", held).1, Heard::Answer(RequestIx(3)), "only the request knows what ends it");
    portal.client.ended(RequestIx(3));
    assert_eq!(portal.event("CTICallHeld", held).1, Heard::Event, "answered once");
    assert!(portal.field("RequestId").is_empty(), "nobody's number");
    portal.ask("HoldCall", 4, 41, &[]);
    portal.ask("HoldCall", 5, 41, &[]);
    let ids: Vec<_> = portal.posts.iter().map(|post| member(post, "RequestId").unwrap()).collect();
    assert_eq!(ids, ["41", "1000000001"], "a number that is open is not given again");
}

#[test]
fn a_fault_fails_the_request_and_the_session_is_tried() {
    let mut portal = Portal::online();
    portal.ask("HoldCall", 3, 3, &[]);
    portal.fault("the call is not there");
    portal.said(&["failed 3: the call is not there"]);
    assert_eq!(portal.next(), "AddMessageClass");
    portal.accept();
    assert!(portal.posts.is_empty() && portal.said.is_empty(), "it is there");

    portal.ask("HoldCall", 4, 4, &[]);
    portal.fault("no such session");
    portal.fault("no such session");
    assert_eq!((portal.next().as_str(), portal.posts[0].url.as_ref()), ("OpenConnection", A), "where it was");
    portal.serve();
    portal.said(&[
        "failed 4: no such session",
        "reason=\"no such session\" next_address=\"http://a/",
        "session with the platform is open",
        "resync",
    ]);
}

#[test]
fn what_was_not_sent_and_what_nobody_knows_of_are_told_apart_and_never_posted_twice() {
    let mut portal = Portal::online();
    portal.ask("HoldCall", 3, 3, &[]);
    portal.outcome(not_sent);
    portal.said(&["failed 3: not sent: connection refused"]);
    portal.accept();
    portal.ask("HoldCall", 4, 4, &[]);
    portal.outcome(|_| PostOutcome::Unknown("no answer in 10 s".into()));
    portal.said(&["failed 4: no answer in 10 s; whether it was done is not known"]);
    assert_eq!(portal.next(), "AddMessageClass");
    portal.outcome(not_sent);
    assert_eq!((portal.next().as_str(), portal.posts[0].url.as_ref()), ("OpenConnection", B));
    portal.serve();
    assert!(portal.posts.is_empty());
}

#[test]
fn an_answer_that_is_not_zero_or_cannot_be_read_fails_the_request() {
    let mut portal = Portal::online();
    portal.ask("HoldCall", 3, 3, &[]);
    portal.outcome(|_| answer(200, "<HoldCallResponse><HoldCallResult>7</HoldCallResult></HoldCallResponse>".into()));
    portal.ask("HoldCall", 4, 4, &[]);
    portal.outcome(|_| PostOutcome::Answer { status: 200, charset: None, body: "<html>".into() });
    portal.accept();
    portal.ask("HoldCall", 5, 5, &[]);
    portal.outcome(|_| PostOutcome::Answer { status: 404, charset: None, body: "nothing here".into() });
    portal.said(&[
        "failed 3: the portal answered 7",
        "failed 4: the portal's answer can't be read",
        "failed 5: the portal answered with status 404",
    ]);
}

// ── events ────────────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn events_are_read_as_either_profile_types_them() {
    let info = "<ANI>5551234</ANI>";
    for (class, info) in [
        ("CTICallConnected", format!("<CallInfo>{info}</CallInfo>")),
        ("CallConnectedEvent", format!("<CallInfo><CTICallInfo>{info}</CTICallInfo></CallInfo>")),
    ] {
        let mut portal = Portal::online();
        let members = format!("<AgentId>12</AgentId><CallId>900</CallId>{info}<CallType>InboundAcd</CallType>");
        let (answered, heard) = portal.event(class, &members);
        assert_eq!((answered, heard), (Ok("urn:x PublishCTIEventResponse".into()), Heard::Event));
        assert_eq!(super::super::text_in(&portal.vocabulary, &portal.message, "CallInfo", "ANI"), "5551234");
    }
}

#[test]
fn what_cannot_be_read_is_answered_with_a_fault_and_shows_nobody_alive() {
    let mut portal = Portal::online();
    portal.wait(119);
    let cases = [
        ("<Publish/>", "there is no operation \"Publish\""),
        ("<PublishCTIEvent/>", "has no event"),
        ("<PublishCTIEvent><ctiEvent/></PublishCTIEvent>", "does not say its type"),
        (
            "<PublishCTIEvent><ctiEvent><EventType>Surprise</EventType></ctiEvent></PublishCTIEvent>",
            "there is no event \"Surprise\"",
        ),
        (
            "<PublishCTIEvent><e><EventType>CallHeld</EventType><CallId>x</CallId></e></PublishCTIEvent>",
            "CallHeld: CallId: \"x\" is not of type int",
        ),
    ];
    for (body, reason) in cases {
        let (refused, heard) = portal.call(body);
        assert!(refused.as_ref().unwrap_err().contains(reason), "{refused:?}");
        assert_eq!((heard, portal.message.kind()), (Heard::Nothing, None));
    }
    portal.wait(1);
    assert_eq!(portal.next(), "OpenConnection");
}

#[test]
fn a_part_of_the_snapshot_that_fails_or_does_not_end_leaves_the_others() {
    let mut portal = Portal::new("guide", |_| {});
    portal.wait(0);
    portal.serve();
    portal.said.clear();
    let failed = "<FailureReason>not allowed</FailureReason>";
    assert!(portal.event("SnapShotRequestFailedEvent", failed).0.is_ok());
    portal.said(&[
        "did not send the snapshot; everything known stays as it is part=\"ServiceInfo\" reason=\"not allowed\"",
    ]);
    assert_eq!(member(&portal.posts[0], "EntityType").as_deref(), Some("AgentInfo"));
    assert_eq!(member(&portal.posts[0], "RequestId"), None, "the guide's has none");
    portal.serve();
    portal.wait(10);
    portal.said(&["part=\"AgentInfo\" reason=\"it did not end in time\""]);
    assert_eq!(member(&portal.posts[0], "EntityType").as_deref(), Some("CallInfo"));
    portal.serve();
    let complete = "<SnapShotType>CallInfo</SnapShotType><SnapShotComplete>true</SnapShotComplete>";
    assert!(portal.event("SnapShotUpdateEvent", complete).0.is_ok());
    assert!(portal.posts.is_empty());
}

fn link(portal: &mut Portal, component: &str, switch: u8, state: &str) {
    let members = format!(
        "<SwitchId>{switch}</SwitchId><ComponentType>{component}</ComponentType><ComponentState>{state}</ComponentState>"
    );
    // Applications of the same dialect get it whole.
    assert_eq!(portal.event("CTILinkStatus", &members).1, Heard::Event);
}

#[test]
fn the_platform_is_gone_once_all_its_switches_are_lost() {
    let mut portal = Portal::online();
    assert!(portal.event("CTICallHeld", "<SwitchId>2</SwitchId><CallId>900</CallId>").0.is_ok());
    link(&mut portal, "Gateway", 1, "Down");
    portal.said(&["is down part=\"switch 1\""]);
    link(&mut portal, "Gateway", 1, "Up");
    portal.said(&["is up part=\"switch 1\"", "resync"]);
    portal.posts.clear();
    link(&mut portal, "Gateway", 1, "Down");
    link(&mut portal, "Gateway", 2, "Down");
    portal.said(&["is down part=\"switch 1\"", "is down part=\"switch 2\"", "down(\"the portal has lost switch 2"]);
    link(&mut portal, "Gateway", 2, "Up");
    portal.said(&["is up part=\"switch 2\"", "up"]);
    assert_eq!(portal.next(), "Snapshot", "what changed meanwhile is shown");
}

#[test]
fn the_platform_is_gone_as_long_as_the_portal_has_lost_unified_ip() {
    // Whatever switch it names, if any.
    for (switch, before) in [(0, "<CallId>900</CallId>"), (0, "<SwitchId>1</SwitchId>"), (2, "<SwitchId>1</SwitchId>")]
    {
        let mut portal = Portal::online();
        assert!(portal.event("CTICallHeld", before).0.is_ok());
        link(&mut portal, "CenterCord", switch, "Down");
        portal.said(&["is down part=\"Unified IP\"", "down(\"the portal has lost unified ip"]);
        link(&mut portal, "Gateway", 1, "Down");
        link(&mut portal, "Gateway", 1, "Up");
        portal.said(&["is down part=\"switch 1\"", "is up part=\"switch 1\""]);
        link(&mut portal, "CenterCord", switch, "Up");
        portal.said(&["is up part=\"Unified IP\"", "up"]);
        assert_eq!(portal.next(), "Snapshot", "what changed meanwhile is shown");
    }
}

#[test]
fn a_part_of_the_snapshot_may_take_as_long_as_items_of_it_come() {
    let mut portal = Portal::new("edk-2009-08", |_| {});
    portal.wait(0);
    portal.serve();
    portal.said.clear();
    for _ in 0..5 {
        portal.wait(9);
        assert!(portal.event("CTISnapShotUpdate", "<SnapShotType>ServiceInfo</SnapShotType>").0.is_ok());
    }
    portal.said(&[]);
    portal.wait(10);
    portal.said(&["part=\"ServiceInfo\" reason=\"it did not end in time\""]);
}

#[test]
fn an_event_with_a_value_that_no_enumeration_has_is_taken_and_the_value_said_once() {
    let mut portal = Portal::online();
    let members = "<CallId>900</CallId><MediaType>Voice</MediaType><RouteTimeout>20</RouteTimeout>";
    for _ in 0..2 {
        let (answered, heard) = portal.event("CTIRouteRequest", members);
        assert_eq!((answered.is_ok(), heard), (true, Heard::Event));
        assert_eq!((portal.text("CallId"), portal.text("MediaType")), ("900".into(), "Voice".into()));
    }
    portal.said(&[
        r#"rules take it for absent message_name="RouteRequest" reason="MediaType: \"Voice\" is not of type CTIMediaType""#,
    ]);
    assert_eq!(portal.client.troubles().unknown_values, 2);
}
