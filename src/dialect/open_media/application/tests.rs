//! What the service makes of what is behind it: answers late, strange, or none at all.

use super::*;
use crate::{diagnostic::Problems, shipped::Files, vocabulary::Wanted};

struct World {
    server: Server,
    vocabulary: Arc<Vocabulary>,
    now: Time,
    token: u64,
}

fn world(settings: Settings) -> World {
    let mut problems = Problems::default();
    let source = Files::built_in().get("dialects/open-media.toml").unwrap().clone();
    let vocabulary = Arc::new(crate::vocabulary::load(&source, &mut problems));
    let users = [("web".to_owned(), SecretString::from("secret"))].into();
    let profile = vocabulary.profiles[0].clone();
    let mut server = Server::new(Settings { users, ..settings }, vocabulary.clone(), profile);
    server.link(None);
    World { server, vocabulary, now: Time(0), token: 0 }
}

const ADD: &str = r#"{"AddRequest":{"ServiceGroupID":9,"IVRInfo":[{"Label":"x"}]}}"#;

impl World {
    fn message(&self, asks: bool, line: &str) -> Message {
        let mut message = Message::default();
        self.vocabulary.read_json(line, asks, &Wanted::new(), &mut message).unwrap();
        message
    }

    /// A client asks this; the request's token.
    fn ask(&mut self, line: &str) -> u64 {
        let message = self.message(true, line);
        let template = ObjectTemplate::operation(&self.vocabulary, &self.server.profile, message.kind().unwrap());
        let mut body = Vec::new();
        template.write_with(&["web", "secret"], &self.vocabulary, &message, &mut body);
        self.token += 1;
        self.server.request(self.now, &HttpRequest::post(self.token, &body), &mut Message::default());
        self.token
    }

    /// The number under which what is behind is asked, and what.
    fn asked(&mut self) -> (u64, String) {
        match self.server.poll() {
            Some(ApplicationOutput::Ask { ask, message }) => {
                (ask, self.vocabulary.message(message.kind().unwrap()).label.clone())
            }
            other => panic!("{other:?}"),
        }
    }

    /// What is behind answers.
    fn answer(&mut self, ask: u64, line: &str) {
        let message = self.message(false, line);
        self.server.answered(self.now, ask, &message);
    }

    /// The answer to a client's request: the type of a fault and its text, or the reply's body.
    fn answered(&mut self, token: u64) -> Result<String, (String, String)> {
        loop {
            match self.server.poll() {
                Some(ApplicationOutput::Wire(Output::Respond { token: own, reply })) => {
                    assert_eq!(own, token);
                    let body = soap::parse(&reply.body, None).unwrap().body;
                    let Some(fault) = soap::Fault::of(&body) else {
                        assert_eq!(reply.status, 200);
                        return Ok(String::from_utf8(reply.body).unwrap());
                    };
                    assert_eq!(reply.status, 500);
                    return Err((fault.detail.map(|detail| detail.name).unwrap_or_default(), fault.reason));
                }
                Some(ApplicationOutput::Wire(Output::Notice(_))) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// A request that was added under a number.
    fn add(&mut self, id: i64) {
        let token = self.ask(ADD);
        let (ask, _) = self.asked();
        let line = r#"{"AddRequestResponse":{"RequestStatus":"Success","QueuePosition":1,"OpenMediaID":"#;
        self.answer(ask, &format!("{line}{id}}}}}"));
        self.answered(token).unwrap();
    }

    fn hear(&mut self, id: i64, status: &str) {
        let line = format!(
            r#"{{"GetOpenMediaRequestsByTimeResponse":{{"OpenMediaRequests":[{{"ID":{id},"Status":"{status}","ServiceGroupID":9}}]}}}}"#
        );
        let message = self.message(false, &line);
        self.server.hear(self.now, &message);
    }

    fn history(&mut self) -> Vec<i64> {
        self.server.cache.later(self.now, "web", None, 0).iter().map(|update| update.status.status).collect()
    }
}

#[test]
fn what_did_not_get_there_is_a_fault_and_what_may_have_is_said_to_be_unknown() {
    let mut world = world(Settings::default());
    let token = world.ask(ADD);
    let (ask, _) = world.asked();
    world.server.unanswered(world.now, ask, "connection refused", false);
    assert_eq!(world.answered(token), Err(("RouterDisconnectedFault".into(), "connection refused".into())));

    let token = world.ask(ADD);
    let (ask, _) = world.asked();
    world.server.unanswered(world.now, ask, "no answer within 10 s", true);
    let (name, reason) = world.answered(token).unwrap_err();
    assert_eq!(name, "", "RouterDisconnectedFault would have it sent once more");
    assert!(reason.contains("is not known"), "{reason}");
    // An answer that comes late, or twice, is nobody's.
    world.answer(ask, r#"{"AddRequestResponse":{"RequestStatus":"Success","OpenMediaID":7}}"#);
    assert!(world.server.poll().is_none());
    assert!(world.history().is_empty());
}

#[test]
fn faults_of_the_service_are_told_where_they_are_the_clients() {
    let mut world = world(Settings::default());
    let mut faulted = |fault: &str| {
        let token = world.ask(ADD);
        let (ask, _) = world.asked();
        world.answer(ask, &format!(r#"{{"{fault}":{{"Message":"no & never"}}}}"#));
        world.answered(token).unwrap_err()
    };
    assert_eq!(faulted("NoLicenseFault"), ("NoLicenseFault".into(), "no & never".into()));
    assert_eq!(faulted("InvalidDataException").0, "InvalidDataException");
    // The bridge's own account is not the client's fault.
    let (name, reason) = faulted("InvalidUserFault");
    assert_eq!((name.as_str(), reason.contains("bridge")), ("RouterDisconnectedFault", true));
    // A fault that AddRequest does not have goes without its type: the client's code knows none such there.
    assert_eq!(faulted("InvalidDataFault"), (String::new(), "InvalidDataFault: no & never".into()));
}

#[test]
fn updates_that_overtake_the_answer_are_kept_for_it() {
    let mut world = world(Settings::default());
    let token = world.ask(ADD);
    let (ask, _) = world.asked();
    world.hear(8, "Queued");
    world.hear(7, "Queued");
    world.hear(7, "Allocated");
    world.answer(ask, r#"{"AddRequestResponse":{"RequestStatus":"Success","OpenMediaID":7,"QueuePosition":1}}"#);
    world.answered(token).unwrap();
    assert_eq!(world.history(), [status::QUEUED, status::ALLOCATED], "and nothing of what others added");
    world.hear(7, "Allocated");
    world.hear(7, "Completed");
    world.hear(7, "Failed");
    assert_eq!(world.history(), [status::QUEUED, status::ALLOCATED, status::COMPLETED], "once each, and one end");
}

#[test]
fn a_place_in_the_queue_is_asked_for_and_what_is_known_told_where_nobody_answers() {
    let mut world = world(Settings::default());
    world.add(7);
    let question = r#"{"GetOpenMediaRequestStatusByID":{"openMediaID":7}}"#;
    let answer = |position: i64| {
        format!(
            r#"{{"GetOpenMediaRequestStatusByIDResponse":{{"OpenMediaRequests":[{{"ID":7,"Status":"Queued","ServiceGroupID":9,"QueuePosition":{position}}}]}}}}"#
        )
    };
    let token = world.ask(question);
    let (ask, label) = world.asked();
    assert_eq!(label, "GetOpenMediaRequestStatusByID");
    world.answer(ask, &answer(4));
    assert!(world.answered(token).unwrap().contains("<d4p1:QueuePosition>4</d4p1:QueuePosition>"));
    assert_eq!(world.history(), [status::QUEUED], "that is no update");

    let token = world.ask(question);
    let (ask, _) = world.asked();
    world.server.unanswered(world.now, ask, "slow", true);
    assert!(world.answered(token).unwrap().contains("<d4p1:Status>Queued</d4p1:Status>"));
    world.server.link(Some("no route".into()));
    let token = world.ask(question);
    assert!(world.answered(token).unwrap().contains("<d4p1:Status>Queued</d4p1:Status>"), "nobody is asked");

    // The service knows it no more: it was started anew.
    world.server.link(None);
    let token = world.ask(question);
    let (ask, _) = world.asked();
    world.answer(ask, r#"{"InvalidOpenMediaIDFault":{"Message":"?"}}"#);
    assert!(world.answered(token).unwrap().contains("<d4p1:Status>Failed</d4p1:Status>"));
    let token = world.ask(question);
    assert!(world.answered(token).unwrap().contains("Failed"), "what is over is not asked about");
}

#[test]
fn without_a_platform_every_request_is_refused_and_queries_are_answered() {
    let mut world = world(Settings::default());
    world.add(7);
    world.server.link(Some("no Open Media platform".into()));
    let token = world.ask(ADD);
    assert_eq!(world.answered(token), Err(("RouterDisconnectedFault".into(), "no Open Media platform".into())));
    let token = world.ask(r#"{"GetOpenMediaRequestsByTime":{}}"#);
    assert!(world.answered(token).unwrap().contains("<d4p1:ID>7</d4p1:ID>"));
    assert!(world.server.is_open(7) && !world.server.is_open(8));
    for (fault, history) in
        [("InvalidUserFault", &[status::QUEUED][..]), ("InvalidOpenMediaIDFault", &[status::QUEUED, status::FAILED])]
    {
        let message = world.message(false, &format!(r#"{{"{fault}":{{"Message":"?"}}}}"#));
        world.server.hear_of(world.now, 7, &message);
        assert_eq!(world.history(), history, "{fault}");
    }
}

#[test]
fn a_stranger_is_named_in_the_log_alone() {
    let mut world = world(Settings::default());
    let message = world.message(true, ADD);
    let template = ObjectTemplate::operation(&world.vocabulary, &world.server.profile, message.kind().unwrap());
    let mut body = Vec::new();
    template.write_with(&["mallory", "hunter2"], &world.vocabulary, &message, &mut body);
    world.server.request(world.now, &HttpRequest::post(1, &body), &mut Message::default());
    let Some(ApplicationOutput::Wire(Output::Notice(notice))) = world.server.poll() else { panic!("nothing is said") };
    let (user, fault) = (Some("mallory".into()), Some("InvalidUserFault"));
    let cause = "unknown LogonID or wrong Password";
    assert_eq!(*notice, Notice::RequestRefused { cause, user, fault, reason: None });
    let (name, reason) = world.answered(1).unwrap_err();
    assert_eq!((name.as_str(), reason.contains("mallory") || reason.contains("hunter2")), ("InvalidUserFault", false));
}

#[test]
fn a_user_who_may_only_look_changes_nothing() {
    let mut world = world(Settings { read_only: ["web".to_owned()].into(), ..Settings::default() });
    let token = world.ask(ADD);
    assert_eq!(world.answered(token).unwrap_err().0, "InvalidUserFault");
    let token = world.ask(r#"{"GetAllOpenMediaRequestStatus":{}}"#);
    world.answered(token).unwrap();
}

#[test]
fn the_bounds_hold_and_are_told() {
    let settings = Settings { max_requests: 2, max_updates: 3, max_waiting: 1, ..Settings::default() };
    let mut world = world(settings);
    world.add(1);
    world.add(2);
    // Both are open.
    let token = world.ask(ADD);
    let Some(ApplicationOutput::Wire(Output::Notice(notice))) = world.server.poll() else { panic!("nothing is said") };
    let reason = Some("2 are open already".into());
    assert_eq!(*notice, Notice::RequestRefused { cause: "too many are open", user: None, fault: None, reason });
    assert!(world.answered(token).unwrap().contains("<d4p1:RequestStatus>GeneralError</d4p1:RequestStatus>"));
    // One is over: it makes room.
    world.hear(1, "Cancelled");
    world.add(3);
    assert_eq!(world.server.cache.current(world.now, "web", 1), None);
    // The oldest updates go first.
    for name in ["Allocated", "Queued", "Allocated"] {
        world.hear(3, name);
    }
    let of_3 = world.server.cache.later(world.now, "web", Some(3), 0);
    let of_3: Vec<_> = of_3.iter().map(|update| update.status.status).collect();
    assert_eq!((of_3, world.server.refused()[0].1), (vec![status::ALLOCATED, status::QUEUED, status::ALLOCATED], 1));
    // One question at a time.
    let first = world.ask(r#"{"SetOptions":{"AllowDifferentTypes":1}}"#);
    let (ask, _) = world.asked();
    let second = world.ask(r#"{"SetOptions":{"AllowDifferentTypes":2}}"#);
    let (name, reason) = world.answered(second).unwrap_err();
    assert_eq!((name.as_str(), reason.contains("1 requests wait")), ("", true));
    world.answer(ask, r#"{"SetOptionsResponse":{"Result":true}}"#);
    assert!(world.answered(first).unwrap().contains("<SetOptionsResult>true</SetOptionsResult>"));
}
