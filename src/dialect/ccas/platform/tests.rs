use super::*;
use crate::{diagnostic::Problems, mapping::Mappings, port::drive::hand_in, shipped::Files};

const TOKEN: &str = "relay-secret";

/// A client with what it said so far.
struct Line {
    client: Client,
    vocabulary: Arc<Vocabulary>,
    now: Time,
    /// How many relays have connected.
    relays: u32,
    sent: Vec<String>,
    rest: Vec<String>,
}

impl Line {
    fn new() -> Line {
        let mappings = Mappings::load(&Files::built_in(), &mut Problems::default());
        let vocabulary = mappings.dialects["ccas"].vocabulary.clone();
        let pins = BTreeMap::from([("140".to_owned(), SecretString::from("4711"))]);
        let settings = Settings { pins, token: TOKEN.to_owned().into(), ..Settings::default() };
        let client = Client::new(settings, vocabulary.clone());
        Line { client, vocabulary, now: Time(0), relays: 0, sent: Vec::new(), rest: Vec::new() }
    }

    fn hand_in(&mut self, input: Input<'_>) -> Heard {
        let heard = hand_in(&mut self.client, self.now, input, &self.vocabulary, &mut Message::default());
        self.collect();
        heard
    }

    fn read(&mut self, text: &str) -> Heard {
        let connection = Connection::accepted(self.relays);
        self.hand_in(Input::Bytes { connection, bytes: text.as_bytes() })
    }

    fn hear(&mut self, text: &str) -> Heard {
        self.read(&format!("{text}\n"))
    }

    fn ask(&mut self, label: &str, fields: &[(&str, &str)], request: u32) {
        let kind = self.vocabulary.find(label).unwrap();
        let def = &self.vocabulary.message(kind).fields;
        let mut message = Message::default();
        message.start(kind, def.list.len());
        for (label, text) in fields {
            let node = message.text(text);
            message.set(def.slot(label).unwrap(), node);
        }
        self.client.command(self.now, &mut message, RequestIx(request), 99);
        self.collect();
    }

    fn wait(&mut self, seconds: u64) {
        let until = self.now + Duration::from_secs(seconds);
        while let Some(deadline) = self.client.deadline().filter(|deadline| *deadline <= until) {
            self.now = deadline;
            self.client.expire(deadline);
            self.collect();
        }
        self.now = until;
    }

    fn collect(&mut self) {
        while let Some(output) = self.client.poll() {
            match output {
                PlatformOutput::Wire(Output::Admit { .. }) => {}
                PlatformOutput::Wire(Output::Write { connection, bytes }) => {
                    assert_eq!(connection, Connection::accepted(self.relays));
                    let line = String::from_utf8(bytes.to_vec()).unwrap();
                    self.sent.push(line.strip_suffix('\n').unwrap().to_owned());
                }
                PlatformOutput::Wire(Output::Notice(_)) => {}
                PlatformOutput::Up => self.rest.push("up".into()),
                PlatformOutput::Down(_) => self.rest.push("lost".into()),
                PlatformOutput::Resync => self.rest.push("resync".into()),
                PlatformOutput::Wire(Output::Close { .. }) => self.rest.push("disconnect".into()),
                PlatformOutput::Failed(request, reason) => self.rest.push(format!("failed {}: {reason}", request.0)),
                output => self.rest.push(format!("{output:?}")),
            }
        }
    }

    fn connect(&mut self) {
        self.relays += 1;
        self.hand_in(Input::Opened { connection: Connection::accepted(self.relays), peer: "relay" });
        self.hear(&format!(r#"{{"hello":"ccas-relay","version":1,"token":"{TOKEN}"}}"#));
    }

    fn close(&mut self) {
        self.hand_in(Input::Closed { connection: Connection::accepted(self.relays), reason: "gone", cause: None });
    }

    fn sent(&mut self) -> Vec<String> {
        std::mem::take(&mut self.sent)
    }

    fn rest(&mut self) -> Vec<String> {
        std::mem::take(&mut self.rest)
    }
}

#[test]
fn the_link_is_up_from_the_first_event_and_lost_when_the_relay_says_so() {
    let mut line = Line::new();
    line.connect();
    assert_eq!((line.sent(), line.rest()), (vec![r#"{"ping":1}"#.to_owned()], vec![]));
    assert_eq!(line.hear(r#"{"type":3,"RecID":40}"#), Heard::Event);
    assert_eq!(line.hear(r#"{"type":3,"RecID":40}"#), Heard::Event);
    assert_eq!(line.rest(), ["up"]);
    assert_eq!(line.hear(r#"{"type":36}"#), Heard::Nothing);
    assert_eq!(line.hear(r#"{"disconnected":true}"#), Heard::Nothing);
    line.hear(r#"{"pong":1}"#);
    assert_eq!(line.rest(), ["lost"], "told once, and a pong says nothing of CCAS now");
    line.hear(r#"{"type":35}"#);
    assert_eq!(line.rest(), ["up"]);
    line.close();
    line.close();
    assert_eq!(line.rest(), ["lost"]);
    assert_eq!(line.client.troubles().disconnects, 2);
}

#[test]
fn a_relay_with_nothing_to_tell_is_up_with_its_first_pong() {
    let mut line = Line::new();
    line.connect();
    line.hear(r#"{"pong":1}"#);
    assert_eq!(line.rest(), ["up"]);
}

#[test]
fn three_pings_without_a_pong_and_nobody_is_there() {
    let mut line = Line::new();
    line.connect();
    line.hear(r#"{"pong":1}"#);
    line.wait(29);
    assert_eq!((line.sent().len(), line.rest()), (3, vec!["up".to_owned()]));
    line.wait(1);
    assert_eq!((line.sent().len(), line.rest()), (1, vec![]), "the third without a pong was only just sent");
    line.wait(10);
    assert_eq!((line.sent().len(), line.rest()), (0, vec!["disconnect".to_owned(), "lost".into()]));
    assert_eq!(line.client.deadline(), None, "the relay is to come again");
}

#[test]
fn replies_find_their_commands_and_failures_have_a_reason() {
    let mut line = Line::new();
    line.connect();
    line.sent();
    line.ask("HoldCall", &[("lAgentRecID", "40"), ("lCallID", "900")], 5);
    line.ask("ConferenceCall", &[("lAgentRecID", "40")], 6);
    line.ask("StopApp", &[("lAgentRecID", "40")], 7);
    let sent = line.sent();
    assert_eq!(sent[0], r#"{"id":1,"call":"HoldCall","args":{"lAgentRecID":40,"lCallID":900}}"#);
    assert_eq!(line.hear(r#"{"id":2,"hresult":-2147467259,"error":"no"}"#), Heard::Answer(RequestIx(6)));
    assert_eq!(line.hear(r#"{"id":1,"hresult":0}"#), Heard::Answer(RequestIx(5)));
    assert_eq!(line.hear(r#"{"id":1,"hresult":0}"#), Heard::Nothing, "answered already");
    assert_eq!(line.hear(r#"{"id":3,"hresult":-2147024891}"#), Heard::Nothing);
    assert_eq!(line.rest(), ["failed 7: CCAS refused it: HRESULT 0x80070005"]);
}

#[test]
fn a_command_without_a_reply_fails_after_its_time_and_at_once_when_the_relay_is_lost() {
    let mut line = Line::new();
    line.connect();
    line.ask("StopApp", &[("lAgentRecID", "40")], 5);
    line.wait(9);
    assert!(line.rest().is_empty());
    line.wait(1);
    assert_eq!(line.rest(), ["failed 5: no answer in 10 s; whether it was done is not known"]);
    line.ask("StopApp", &[("lAgentRecID", "40")], 6);
    line.hear(r#"{"disconnected":true}"#);
    assert_eq!(line.rest(), ["failed 6: the connection was lost; whether it was done is not known", "lost"]);
    assert_eq!(line.hear(r#"{"id":1,"hresult":0}"#), Heard::Nothing, "too late, and no other command's");
}

#[test]
fn phone_agents_are_logged_on_with_their_pin_or_not_at_all() {
    let mut line = Line::new();
    line.connect();
    line.sent();
    line.ask("LogonPhoneAgent", &[("bstrPIN", "140"), ("bstrExtension", "4040")], 5);
    assert_eq!(
        line.sent(),
        [
            r#"{"id":1,"call":"LogonPhoneAgent","args":{"bstrPIN":"4711","bstrExtension":"4040","lTenantID":-1,"lOASID":0}}"#
        ],
    );
    line.ask("LogoffPhoneAgent", &[("bstrPIN", "141")], 6);
    assert!(line.sent().is_empty());
    line.ask("SetPhoneAgentReady", &[], 7);
    line.ask("SetPhoneAgentNotReady", &[("bstrPIN", "140"), ("lReasonID", "3")], 8);
    assert_eq!(
        line.rest(),
        [
            "failed 6: no PIN is configured for agent \"141\" (`pins` of the platform), and CCAS wants one",
            "failed 7: the agent's logon id is not known, so that no PIN can be looked up, and CCAS wants one",
        ]
    );
    let expected = r#"{"id":2,"call":"SetPhoneAgentNotReady","args":{"bstrPIN":"4711","lTenantID":-1,"lReasonID":3}}"#;
    assert_eq!(line.sent(), [expected]);
}

/// The agents that the lines ask about, each with the number of the question.
fn asked_about(sent: &[String]) -> Vec<(i64, i64)> {
    let lines = sent.iter().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let questions = lines.filter(|line| line["call"] == "GetPhoneAgentstatus");
    questions.map(|line| (line["id"].as_i64().unwrap(), line["args"]["lAgentRecID"].as_i64().unwrap())).collect()
}

#[test]
fn every_agent_who_logs_on_is_asked_about_a_few_at_a_time() {
    let mut line = Line::new();
    line.connect();
    for agent in 1..=10 {
        line.hear(&format!(r#"{{"type":1,"RecID":{agent}}}"#));
    }
    assert_eq!(asked_about(&line.sent()), [(1, 1), (2, 2), (3, 3), (4, 4)]);
    line.hear(r#"{"type":2,"RecID":1}"#);
    line.hear(r#"{"type":2,"RecID":5}"#);
    let answer = |id: i64, is_one: bool| format!(r#"{{"id":{id},"hresult":0,"out":{{"loggedOn":{is_one}}}}}"#);
    assert_eq!(line.hear(&answer(2, true)), Heard::About(2));
    assert_eq!(line.hear(&answer(3, false)), Heard::About(3));
    assert_eq!(line.hear(&answer(1, true)), Heard::Nothing, "who has logged off meanwhile");
    assert_eq!(line.hear(r#"{"id":4,"hresult":-2147467259,"error":"no"}"#), Heard::Nothing, "nothing is known by it");
    assert_eq!(asked_about(&line.sent()), [(5, 6), (6, 7), (7, 8), (8, 9)], "and not about 5, who has logged off");
    line.wait(10);
    assert_eq!(asked_about(&line.sent()), [(9, 10)], "a question that is not answered keeps nobody waiting for ever");
    assert!(line.rest().iter().all(|output| output == "up"), "no application hears of it");
    line.hear(r#"{"disconnected":true}"#);
    assert_eq!(line.hear(&answer(9, true)), Heard::Nothing);
    line.hear(r#"{"type":1,"RecID":2}"#);
    assert_eq!(asked_about(&line.sent()), [(10, 2)], "told anew, asked anew");
    line.hear(r#"{"type":45,"RecID":2,"DN":"4002"}"#);
    assert_eq!(line.hear(&answer(10, false)), Heard::Nothing, "it was about an earlier word");
    assert_eq!(asked_about(&line.sent()), [(11, 2)]);
}

fn extended(sent: &[String]) -> usize {
    sent.iter().filter(|line| line.contains("ExtendClerical")).count()
}

/// Agent 40 works after call 900, and an application asked for that.
fn wrapping() -> Line {
    let mut line = Line::new();
    line.connect();
    line.hear(r#"{"type":35}"#);
    line.ask("ExtendClerical", &[("lAgentRecID", "40"), ("lCallID", "900"), ("lNumSeconds", "60")], 5);
    assert_eq!(line.hear(r#"{"id":1,"hresult":0}"#), Heard::Answer(RequestIx(5)));
    line.sent();
    line
}

/// Lets the seconds pass while the relay answers pings.
fn pass(line: &mut Line, seconds: u64) -> Vec<String> {
    let mut sent = Vec::new();
    for _ in 0..seconds {
        line.wait(1);
        let now = line.sent();
        if now.iter().any(|line| line.contains("ping")) {
            line.hear(r#"{"pong":1}"#);
        }
        sent.extend(now);
    }
    sent
}

#[test]
fn work_after_a_call_that_was_asked_for_is_extended_until_it_is_ended() {
    for end in [
        r#"{"type":15,"RecID":40,"CallID":900}"#,
        r#"{"type":3,"RecID":40}"#,
        r#"{"type":2,"RecID":40}"#,
        r#"{"type":46,"RecID":40}"#,
        r#"{"disconnected":true}"#,
    ] {
        let mut line = wrapping();
        assert_eq!(extended(&pass(&mut line, 44)), 0);
        assert_eq!(extended(&pass(&mut line, 1)), 1, "before the minute is over");
        assert_eq!(extended(&pass(&mut line, 180)), 3, "by a minute each minute, whether it is answered or not");
        line.hear(r#"{"type":15,"RecID":40,"CallID":77}"#);
        line.hear(r#"{"type":15,"RecID":41,"CallID":900}"#);
        assert_eq!(extended(&pass(&mut line, 60)), 1, "another's work ended");
        line.hear(end);
        assert_eq!(extended(&pass(&mut line, 300)), 0, "{end}");
    }
    let mut line = wrapping();
    line.ask("CancelClerical", &[("lAgentRecID", "40"), ("lCallID", "900")], 6);
    assert_eq!(extended(&pass(&mut line, 300)), 0);
    let mut line = wrapping();
    assert_eq!(extended(&pass(&mut line, 45)), 1);
    assert_eq!(line.hear(r#"{"id":2,"hresult":-2147467259,"error":"no"}"#), Heard::Nothing);
    assert_eq!(extended(&pass(&mut line, 300)), 0, "refused");
}

#[test]
fn work_after_a_call_is_not_extended_for_ever() {
    let mut line = wrapping();
    assert_eq!((extended(&pass(&mut line, 3660)), line.client.troubles().wrap_limits), (60, 1));
    assert_eq!(extended(&pass(&mut line, 600)), 0);
}

#[test]
fn lost_events_are_a_gap() {
    let mut line = Line::new();
    line.connect();
    line.hear(r#"{"lost":3,"unsure":12}"#);
    assert_eq!(
        (line.rest(), line.client.troubles().gaps),
        (vec![], 1),
        "the picture that follows is compared in any case"
    );
    line.hear(r#"{"type":35}"#);
    line.hear(r#"{"lost":1}"#);
    line.hear(r#"{"lost":0,"unsure":0}"#);
    assert_eq!((line.rest(), line.client.troubles().gaps), (vec!["up".into(), "resync".into()], 2));
}
