//! Whole conversations of applications with the server, on a virtual clock.

use super::*;
use crate::{diagnostic::Problems, shipped::Files, vocabulary};

struct Desk {
    server: Server,
    vocabulary: Arc<Vocabulary>,
    now: Time,
    tokens: u64,
}

impl Desk {
    fn new(profile: &str) -> Desk {
        let files = Files::built_in();
        let source = files.get("dialects/ctips.toml").unwrap();
        let vocabulary = Arc::new(vocabulary::load(source, &mut Problems::default()));
        let profile = vocabulary.profile(profile).unwrap().clone();
        let users = [("Test01".to_owned(), SecretString::from("secret".to_owned()))];
        let settings = Settings { users: users.into_iter().collect(), max_sessions: 2, ..Settings::default() };
        let mut count = 0;
        let new_id = Box::new(move || {
            count += 1;
            format!("S-{count}")
        });
        let server = Server::new(settings, vocabulary.clone(), profile, new_id);
        Desk { server, vocabulary, now: Time(0), tokens: 0 }
    }

    /// Sends a request and hands back what became of it: "ok", "later", "asked 6", or the fault's reason.
    fn ask(&mut self, operation: &str, members: &str) -> String {
        let text = format!("{}<{operation}><args>{members}</args></{operation}>{}", soap::OPEN, soap::CLOSE);
        self.tokens += 1;
        match self.server.request(self.now, &HttpRequest::post(self.tokens, text.as_bytes()), &mut Message::default()) {
            Handled::Done(reply) | Handled::Online { reply, .. } => outcome(&reply),
            Handled::Later => "later".into(),
            Handled::Asked { id, .. } => format!("asked {id}"),
        }
    }

    fn open(&mut self, user: &str, password: &str) -> String {
        self.ask(
            "OpenConnection",
            &format!(
                "<ClientCallbackURL>http://127.0.0.1/</ClientCallbackURL><TenantIds><int>7</int></TenantIds>\
                 <UserCredentials><Password>{password}</Password><UserName>{user}</UserName></UserCredentials>"
            ),
        )
    }

    /// A session on line that hears everything.
    fn online(&mut self) -> u32 {
        assert_eq!(self.open("Test01", "secret"), "later");
        let key = self.server.next_session;
        self.server.started(self.now, key, Ok(()));
        let id = format!("<SessionId>S-{key}</SessionId>");
        for class in ["Agent", "Call", "Route", "System"] {
            let class = format!("{id}<MessageClass>EventCategory{class}</MessageClass>");
            assert_eq!(self.ask("AddMessageClass", &class), "ok");
        }
        assert_eq!(self.ask("OnLine", &id), "ok");
        self.outputs();
        key
    }

    fn outputs(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.server.poll())
            .map(|output| match output {
                ApplicationOutput::Wire(Output::Respond { reply, .. }) => format!("respond {}", outcome(&reply)),
                ApplicationOutput::Wire(Output::Call { connection, url, .. }) => {
                    format!("call {} {url}", connection.number())
                }
                ApplicationOutput::Wire(Output::Deliver { connection, delivery }) => {
                    let (session, body) = (connection.number(), String::from_utf8_lossy(&delivery.body));
                    match delivery.token {
                        Some(STARTED) => format!("start {session} {body}"),
                        Some(HEARTBEAT) => format!("heartbeat {session}"),
                        None => format!("publish {session} {body}"),
                        token => panic!("{token:?}"),
                    }
                }
                ApplicationOutput::Wire(Output::Close { connection }) => format!("end {}", connection.number()),
                ApplicationOutput::Wire(Output::Notice(notice)) => format!("{:?}: {}", notice.level(), notice),
                other => panic!("{other:?}"),
            })
            .collect()
    }

    fn wait(&mut self, seconds: u64) -> Vec<String> {
        self.now = self.now + Duration::from_secs(seconds);
        self.server.expire(self.now);
        self.outputs()
    }

    fn publish(&mut self, line: &str, audience: Audience) -> Vec<String> {
        let mut message = Message::default();
        self.vocabulary.read_json(line, false, &Vec::new(), &mut message).unwrap();
        self.server.publish(&mut message, &Filterable::default(), audience);
        self.outputs()
    }
}

fn outcome(reply: &Reply) -> String {
    let body = soap::parse(&reply.body, None).unwrap().body;
    match soap::Fault::of(&body).map(|fault| fault.reason) {
        Some(reason) => {
            assert_eq!(reply.status, 500);
            reason
        }
        None => "ok".into(),
    }
}

const EVERYONE: Audience = Audience { asker: None, only_asker: false };

#[test]
fn a_session_opens_only_after_its_client_was_called() {
    let mut desk = Desk::new("edk-2009-08");
    assert_eq!(desk.open("Test01", "secret"), "later");
    let outputs = desk.outputs();
    assert_eq!(outputs[0], "call 1 http://127.0.0.1/");
    assert!(outputs[1].starts_with("start 1 ") && outputs[1].contains("<sessionId>S-1</sessionId>"), "{outputs:?}");
    assert_eq!(desk.ask("OnLine", "<SessionId>S-1</SessionId>"), "the session is not open yet");
    desk.outputs();
    desk.server.started(desk.now, 1, Ok(()));
    let outputs = desk.outputs();
    assert_eq!(outputs[1], "respond ok");
    assert!(!outputs[0].contains("secret"), "{outputs:?}");
}

#[test]
fn a_client_that_cannot_be_called_gets_no_session() {
    let mut desk = Desk::new("edk-2009-08");
    desk.open("Test01", "secret");
    desk.outputs();
    desk.server.started(desk.now, 1, Err("connection refused".into()));
    let outputs = desk.outputs();
    assert!(
        outputs.contains(&"respond StartSession at ClientCallbackURL failed: connection refused".into()),
        "{outputs:?}"
    );
    assert_eq!(desk.server.sessions().len(), 0);
}

#[test]
fn bad_users_and_one_session_too_many_are_faults_with_the_reason() {
    let mut desk = Desk::new("edk-2009-08");
    assert_eq!(desk.open("Test01", "wrong"), "unknown user or wrong password");
    assert_eq!(desk.open("nobody", "-"), "unknown user or wrong password");
    desk.online();
    desk.online();
    assert_eq!(desk.open("Test01", "secret"), "the maximum number of connections (2) has been reached");
    assert_eq!(desk.ask("CloseConnection", "<SessionId>S-1</SessionId>"), "ok");
    assert_eq!(desk.open("Test01", "secret"), "later");
}

#[test]
fn what_makes_no_sense_is_refused_with_the_reason() {
    let mut desk = Desk::new("guide");
    assert_eq!(desk.ask("OpenSesame", ""), "there is no operation \"OpenSesame\"");
    assert_eq!(desk.ask("OnLine", ""), "the request has no SessionId");
    assert!(desk.ask("OnLine", "<SessionId>S-9</SessionId>").starts_with("no such session"));
    assert!(desk.ask("HoldCall", "<CallId>x</CallId>").starts_with("HoldCall: CallId: \"x\" is not of type int"));
    let reply = desk.server.request(Time(0), &HttpRequest::post(1, b"<a>"), &mut Message::default());
    assert!(matches!(reply, Handled::Done(reply) if outcome(&reply).contains("cut off")));
}

#[test]
fn refusals_are_logged_without_what_a_customer_gave() {
    let mut desk = Desk::new("edk-2009-08");
    desk.ask("OpenSesame", "");
    desk.ask("OnLine", "<SessionId>S-9</SessionId>");
    desk.ask("HoldCall", "<CallId>5551234</CallId><AgentIdx>Smith</AgentIdx>");
    desk.open("Test01", "wrong");
    assert_eq!(
        desk.outputs(),
        [
            r#"Warn: a request was refused cause="there is no such operation" reason="there is no operation \"OpenSesame\"""#,
            "Warn: a request was refused cause=\"no such session: it was closed, or lost its place, or never was\"",
            "Warn: a request was refused cause=\"a value is of another type\" reason=\"HoldCall: AgentIdx is not of type int\"",
            "Warn: a request was refused cause=\"unknown user or wrong password\" user=\"Test01\"",
        ]
    );
}

#[test]
fn requests_need_a_session_on_line_and_carry_their_number() {
    let mut desk = Desk::new("edk-2009-08");
    let key = desk.online();
    let request = format!("<SessionId>S-{key}</SessionId><RequestId>6</RequestId><AgentId>12</AgentId>");
    assert_eq!(desk.ask("GetAgentState", &request), "asked 6");
    assert_eq!(desk.ask("OffLine", "<SessionId>S-1</SessionId>"), "ok");
    assert_eq!(desk.ask("GetAgentState", &request), "the session is not on line");
    desk.outputs();
    assert_eq!(desk.publish(r#"{"EventType":"CallStarted"}"#, EVERYONE), Vec::<String>::new());
    assert_eq!(desk.ask("OnLine", "<SessionId>S-1</SessionId>"), "ok");
    assert_eq!(desk.publish(r#"{"EventType":"CallStarted"}"#, EVERYONE).len(), 1);
}

#[test]
fn the_asker_alone_sees_its_number_and_answers_are_for_it_alone() {
    let mut desk = Desk::new("edk-2009-08");
    let (first, second) = (desk.online(), desk.online());
    let event = r#"{"EventType":"AgentStateChange","AgentId":12,"AgentState":"Idle"}"#;
    let told = desk.publish(event, Audience { asker: Some((second, 6)), only_asker: false });
    let of = |key: u32| told.iter().find(|output| output.starts_with(&format!("publish {key} "))).unwrap();
    assert!(of(first).contains("<d4p1:RequestId>0</d4p1:RequestId>"));
    assert!(of(second).contains("<d4p1:RequestId>6</d4p1:RequestId>"));
    assert!(of(first).contains("<d4p1:TenantId>7</d4p1:TenantId>"), "the session's own tenant");
    let told = desk.publish(event, Audience { asker: Some((first, 9)), only_asker: true });
    assert_eq!(told.len(), 1);
    let link = desk.publish(r#"{"EventType":"LinkStatus"}"#, EVERYONE);
    assert!(link[0].contains("<d4p1:TenantId>0</d4p1:TenantId>"), "a link is of no tenant");
}

#[test]
fn own_outcomes_pass_filters_and_classes() {
    let mut desk = Desk::new("edk-2009-08");
    let key = desk.online();
    let id = format!("<SessionId>S-{key}</SessionId>");
    let filter = format!("{id}<FieldType>FT_AGENT_ID</FieldType><FieldValue>99</FieldValue>");
    assert_eq!(desk.ask("AddFilter", &filter), "ok");
    let event = r#"{"EventType":"CallHeld","AgentId":12}"#;
    assert_eq!(desk.publish(event, EVERYONE).len(), 0);
    assert_eq!(desk.publish(event, Audience { asker: Some((key, 6)), only_asker: false }).len(), 1);
    assert_eq!(desk.ask("DeleteFilter", &filter), "ok");
    assert_eq!(desk.publish(event, EVERYONE).len(), 1);
    let invalid = format!("{id}<FieldType>INVALID</FieldType><FieldValue>1</FieldValue>");
    assert_eq!(desk.ask("AddFilter", &invalid), "FieldType is nothing that can be filtered by");
}

#[test]
fn heartbeats_start_with_the_line_and_three_missed_end_the_session() {
    let mut desk = Desk::new("edk-2009-08");
    let key = desk.online();
    assert_eq!(desk.wait(0), ["heartbeat 1"]);
    desk.server.heartbeat_answered(key, true);
    assert_eq!(desk.wait(29), Vec::<String>::new());
    assert_eq!(desk.wait(1), ["heartbeat 1"]);
    desk.server.heartbeat_answered(key, false);
    assert_eq!(desk.wait(30), ["heartbeat 1"]);
    assert_eq!(desk.wait(30), Vec::<String>::new(), "still no answer: that is the second");
    let outputs = desk.wait(30);
    assert_eq!(
        outputs,
        [
            "Warn: the bridge ended a session cause=\"heartbeat\" session=1 user=\"Test01\" reason=\"3 heartbeats in a row went unanswered\"",
            "end 1"
        ]
    );
    assert_eq!(desk.server.lost["heartbeat"], 1);
}

#[test]
fn a_session_is_of_one_tenant_and_the_operator_says_of_which() {
    let mut desk = Desk::new("edk-2009-08");
    desk.online();
    let state =
        |tenant: &str| format!("<SessionId>S-1</SessionId><RequestId>6</RequestId>{tenant}<AgentIdx>12</AgentIdx>");
    for own in ["", "<TenantId>0</TenantId>", "<TenantId>7</TenantId>"] {
        assert_eq!(desk.ask("GetAgentState", &state(own)), "asked 6", "{own}");
    }
    let wrong = "TenantId is none of the session's tenants";
    for other in ["<TenantId>8</TenantId>", "<TenantId>-1</TenantId>"] {
        assert_eq!(desk.ask("GetAgentState", &state(other)), wrong);
        assert_eq!(desk.ask("OffLine", &format!("<SessionId>S-1</SessionId>{other}")), wrong);
    }
    desk.server.settings.tenants = vec![1, 2];
    assert_eq!(desk.open("Test01", "secret"), "sessions are not opened for this tenant");
    desk.server.settings.tenants = vec![1, 7];
    assert_eq!(desk.open("Test01", "secret"), "later");
}

#[test]
fn a_body_is_written_over_only_once_it_is_sent() {
    let mut desk = Desk::new("guide");
    desk.online();
    let mut body = |call: i64| {
        let mut message = Message::default();
        let line = format!(r#"{{"EventType":"CallStarted","CallId":{call}}}"#);
        desk.vocabulary.read_json(&line, false, &Vec::new(), &mut message).unwrap();
        desk.server.publish(&mut message, &Filterable::default(), EVERYONE);
        let Some(ApplicationOutput::Wire(Output::Deliver { delivery, .. })) = desk.server.poll() else { panic!() };
        delivery.body
    };
    let has = |body: &[u8], call: &str| String::from_utf8_lossy(body).contains(call);
    let (first, second) = (body(1111), body(2222));
    assert!(has(&first, "1111") && has(&second, "2222"));
    let place = second.as_ptr();
    drop(second);
    let third = body(3333);
    assert!(has(&first, "1111") && has(&third, "3333") && third.as_ptr() == place);
}
