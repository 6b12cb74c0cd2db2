//! Whole conversations with a feed, on a virtual clock.

use super::*;
use crate::{diagnostic::Problems, port::drive::hand_in, shipped::Files, vocabulary};

struct Line {
    client: Client,
    vocabulary: Arc<Vocabulary>,
    now: Time,
}

impl Line {
    fn new() -> Line {
        let files = Files::built_in();
        let source = files.get("dialects/event-feed.toml").unwrap();
        let vocabulary = Arc::new(vocabulary::load(source, &mut Problems::default()));
        let settings = Settings { user: "feed".into(), password: "secret".to_owned().into(), ..Settings::default() };
        Line { client: Client::new(settings, vocabulary.clone(), Time(0)), vocabulary, now: Time(0) }
    }

    /// A line whose feed has accepted everything.
    fn live() -> Line {
        let mut line = Line::new();
        line.wait(0);
        line.open();
        line.outputs();
        line.hear(r#"{"message":"authenticate","request-id":1,"result":0}"#);
        line.hear(r#"{"message":"subscribe-events","request-id":2,"result":0}"#);
        line.outputs();
        line
    }

    fn hand_in(&mut self, input: Input<'_>) -> Heard {
        hand_in(&mut self.client, self.now, input, &self.vocabulary, &mut Message::default())
    }

    /// The connection that was asked for last is open.
    fn open(&mut self) {
        let connection = self.client.connection;
        self.hand_in(Input::Opened { connection, peer: "feed" });
    }

    /// The connection is over, or could not be opened.
    fn close(&mut self, reason: &str) {
        let connection = self.client.connection;
        self.hand_in(Input::Closed { connection, reason, cause: None });
    }

    fn hear(&mut self, text: &str) -> Heard {
        let connection = self.client.connection;
        self.hand_in(Input::Bytes { connection, bytes: format!("{text}\0").as_bytes() })
    }

    fn wait(&mut self, seconds: u64) {
        self.now = self.now + Duration::from_secs(seconds);
        self.client.expire(self.now);
    }

    /// What came out, in short; frames as they are sent.
    fn outputs(&mut self) -> Vec<String> {
        let current = self.client.connection;
        std::iter::from_fn(|| self.client.poll())
            .map(|output| match output {
                PlatformOutput::Wire(Output::Write { connection, bytes }) => {
                    assert_eq!(connection, current);
                    String::from_utf8(bytes.to_vec()).unwrap()
                }
                PlatformOutput::Wire(Output::Connect { connection }) => format!("Connect {}", connection.number()),
                PlatformOutput::Wire(Output::Close { connection }) => format!("Close {}", connection.number()),
                PlatformOutput::Wire(Output::Notice(notice)) => format!("{:?}: {}", notice.level(), notice),
                other => format!("{other:?}"),
            })
            .collect()
    }

    fn command(&mut self, request: u32, wish: i64) -> String {
        let kind = self.vocabulary.find("resume").unwrap();
        let mut message = Message::default();
        message.start(kind, self.vocabulary.message(kind).fields.list.len());
        self.client.command(self.now, &mut message, RequestIx(request), wish);
        let sent = self.outputs().into_iter().find(|output| output.contains("resume")).unwrap();
        sent.split("\"request-id\":").nth(1).unwrap().split(',').next().unwrap().to_owned()
    }
}

#[track_caller]
fn has(outputs: &[String], part: &str) {
    assert!(outputs.iter().any(|output| output.contains(part)), "{part:?} is missing in {outputs:#?}");
}

#[test]
fn it_authenticates_with_the_digest_and_subscribes_to_everything_it_needs() {
    let mut line = Line::new();
    line.wait(0);
    assert_eq!(line.outputs(), ["Connect 1"]);
    line.open();
    let sent = line.outputs();
    has(&sent, r#""message":"authenticate","user":"feed","password":"5ebe2294ecd0e0f08eab7690d2a6ee69""#);
    assert!(sent[0].ends_with('\0') && !sent[0].contains("secret"));
    line.hear(r#"{"message":"authenticate","request-id":1,"result":0}"#);
    let after = line.outputs();
    has(&after, "Up");
    let entities = r#"["agent","group","agent-queue","email agent queue","dnis","release-code","wrapup-code"]"#;
    has(&after, &format!(r#"["ecc","entity",{entities}]"#));
    has(&after, r#"["ecc","call-activity",["*"]]"#);
}

#[test]
fn replies_as_the_sample_exchange_prints_them_are_known_by_their_id() {
    let mut line = Line::new();
    line.wait(0);
    line.open();
    line.outputs();
    let reply = |id: i64, result: i64| {
        format!(
            r#"{{"version":1,"topic":"contact-center","request-id":{id},"result":{result},"subscriptions":[["ecc","entity",["agent"]]]}}"#
        )
    };
    line.hear(&reply(1, 0));
    let outputs = line.outputs();
    has(&outputs, "Up");
    has(&outputs, r#""request-id":2"#);
    line.hear(&reply(2, 1));
    has(&line.outputs(), "accepted in part only");
    line.command(5, 6);
    assert_eq!(line.hear(&reply(6, 0)), Heard::Answer(RequestIx(5)));
    assert_eq!(line.hear(&reply(6, 0)), Heard::Nothing, "answered once");
}

#[test]
fn a_reply_whose_request_could_not_be_read_answers_the_only_one_that_is_open() {
    let mut line = Line::live();
    let reply = r#"{"message":"command","request-id":-1,"result":-5,"error-msg":"no JSON"}"#;
    assert_eq!(line.hear(reply), Heard::Nothing);
    line.command(1, 6);
    assert_eq!(line.hear(reply), Heard::Answer(RequestIx(1)));
    line.command(2, 7);
    line.command(3, 8);
    line.outputs();
    assert_eq!(line.hear(reply), Heard::Nothing, "either may be meant");
    has(&line.outputs(), "Warn: a reply answers no command that is open request=-1");
}

#[test]
fn a_fresh_snapshot_that_is_refused_is_said() {
    let mut line = Line::live();
    line.hear(r#"{"message":"agent-idle","agent-id":1,"sequence":1}"#);
    line.hear(r#"{"message":"agent-idle","agent-id":1,"sequence":3}"#);
    line.outputs();
    line.hear(r#"{"message":"subscribe-events","request-id":3,"result":-9,"error-msg":"not now"}"#);
    assert_eq!(
        line.outputs(),
        [
            r#"Error: the platform did not send the snapshot; everything known stays as it is result=-9 reason="not now""#
        ]
    );
}

#[test]
fn a_gap_in_what_is_replayed_is_said_and_nobody_is_asked() {
    let mut line = Line::new();
    line.client = Client::replaying(line.vocabulary.clone());
    line.hear(r#"{"message":"agent-idle","agent-id":1,"sequence":1}"#);
    line.hear(r#"{"message":"agent-idle","agent-id":1,"sequence":100}"#);
    assert_eq!(
        line.outputs(),
        ["Warn: the sequence has a gap: events were missed sequence=100 expected=2 asks_snapshot=false"]
    );
    assert_eq!((line.client.deadline(), line.client.troubles().gaps), (None, 1));
}

#[test]
fn wrong_credentials_are_said_and_tried_again_later() {
    let mut line = Line::new();
    line.wait(0);
    line.open();
    line.outputs();
    line.hear(r#"{"message":"authenticate","request-id":1,"result":-1,"error-msg":"no such user"}"#);
    let outputs = line.outputs();
    has(&outputs, "Error: the platform refuses the bridge's user user=\"feed\" reason=\"no such user\" result=-1");
    has(&outputs, "Close 1");
    line.wait(1);
    assert_eq!(line.outputs(), ["Connect 2"]);
}

#[test]
fn a_feed_that_refuses_to_subscribe_at_once_is_asked_one_by_one() {
    let mut line = Line::new();
    line.wait(0);
    line.open();
    line.hear(r#"{"message":"authenticate","request-id":1,"result":0}"#);
    line.outputs();
    line.hear(r#"{"message":"subscribe-events","request-id":2,"result":-3,"error-msg":"too many"}"#);
    let outputs = line.outputs();
    assert_eq!(
        outputs.iter().filter(|output| output.contains("subscribe-events")).count(),
        subscribing::SUBSCRIPTIONS.len()
    );
    line.hear(r#"{"message":"subscribe-events","request-id":4,"result":-3,"error-msg":"unknown"}"#);
    has(
        &line.outputs(),
        "Error: a subscription was refused subscribed_to=\"agent-activity\" result=-3 reason=\"unknown\"",
    );
}

#[test]
fn a_gap_in_the_sequence_is_answered_by_a_fresh_snapshot_once() {
    let mut line = Line::live();
    let event = |sequence: u64| format!(r#"{{"message":"agent-idle","agent-id":1,"sequence":{sequence}}}"#);
    assert_eq!(line.hear(&event(4294967294)), Heard::Event);
    line.hear(&event(4294967295));
    line.hear(&event(0));
    line.hear(r#"{"message":"agent-idle","agent-id":1}"#);
    line.hear(&event(1));
    assert_eq!(line.outputs(), Vec::<String>::new(), "it wraps around, and may be missing");
    line.hear(&event(3));
    let outputs = line.outputs();
    has(&outputs, "Resync");
    has(&outputs, r#"["ecc","entity""#);
    line.hear(&event(9));
    let outputs = line.outputs();
    has(&outputs, "Resync");
    assert!(!outputs.iter().any(|output| output.contains("ecc")), "a snapshot is on its way already");
    assert_eq!(line.client.troubles().gaps, 2);
}

#[test]
fn silence_is_answered_by_subscribing_again_and_then_by_a_new_connection() {
    let mut line = Line::live();
    line.wait(59);
    assert_eq!(line.outputs(), Vec::<String>::new());
    line.wait(1);
    has(&line.outputs(), "subscribe-events");
    line.hear(r#"{"message":"subscribe-events","request-id":3,"result":0}"#);
    line.wait(60);
    has(&line.outputs(), "subscribe-events");
    line.wait(10);
    let outputs = line.outputs();
    has(&outputs, "Close 1");
    has(&outputs, "Down(\"nobody answers: the connection is half open\")");
}

#[test]
fn an_unanswered_subscription_is_no_reason_to_leave_a_feed_that_talks() {
    let mut line = Line::live();
    line.wait(60);
    line.outputs();
    line.wait(5);
    line.hear(r#"{"message":"agent-idle","agent-id":1}"#);
    line.wait(5);
    assert_eq!(line.outputs(), ["Warn: a subscription was not answered, though the platform is alive"]);
}

#[test]
fn waits_between_attempts_double_up_to_the_longest_and_start_over() {
    let mut line = Line::new();
    let mut waits = Vec::new();
    line.wait(0);
    for _ in 0..9 {
        line.outputs();
        line.close("refused");
        let until = line.client.deadline().unwrap();
        waits.push((until - line.now).as_secs_f64());
        line.now = until;
        line.client.expire(until);
    }
    for (place, wait) in waits.iter().enumerate() {
        let longest = f64::from(1u32 << place).min(60.0);
        assert!((longest / 2.0..=longest).contains(wait), "{waits:?}");
    }
    line.open();
    line.hear(r#"{"message":"authenticate","request-id":1,"result":0}"#);
    line.close("gone");
    let wait = line.client.deadline().unwrap() - line.now;
    assert!(wait <= Duration::from_secs(1), "{wait:?}");
}

#[test]
fn commands_carry_the_applications_number_where_it_is_free() {
    let mut line = Line::live();
    assert_eq!(line.command(1, 6), "6");
    assert_eq!(line.command(2, 6), "1000000001", "taken");
    assert_eq!(line.command(3, -1), "1000000002", "no number at all");
    let reply = |id: i64| format!(r#"{{"message":"command","request-id":{id},"result":0}}"#);
    assert_eq!(line.hear(&reply(6)), Heard::Answer(RequestIx(1)));
    assert_eq!(line.hear(&reply(1000000001)), Heard::Answer(RequestIx(2)));
    assert_eq!(line.hear(&reply(6)), Heard::Nothing, "answered once");
    assert_eq!(line.command(4, 6), "6", "free again");
}

#[test]
fn a_command_without_an_answer_fails_and_its_late_reply_answers_nothing_else() {
    let mut line = Line::live();
    line.command(1, 6);
    line.wait(10);
    has(&line.outputs(), "Failed(RequestIx(1), \"no answer in 10 s; whether it was done is not known\")");
    assert_ne!(line.command(2, 6), "6", "the late reply to the first must not answer the second");
    assert_eq!(line.hear(r#"{"message":"command","request-id":6,"result":0}"#), Heard::Nothing);
}

#[test]
fn commands_open_when_the_connection_is_lost_fail() {
    let mut line = Line::live();
    line.command(1, 6);
    line.close("reset");
    let outputs = line.outputs();
    has(&outputs, "Failed(RequestIx(1), \"the connection was lost; whether it was done is not known\")");
    has(&outputs, "Down(\"reset\")");
}
