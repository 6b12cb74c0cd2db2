use super::*;
use crate::{
    diagnostic::Problems, mapping::Mappings, message::Node, port::Heard, port::drive::hand_in, shipped::Files,
};

/// The bridge's side of desktops: what rules would hear, what is sent, and everything else that is said.
struct Desks {
    client: Client,
    vocabulary: Arc<Vocabulary>,
    now: Time,
    last: u32,
    heard: Vec<String>,
    sent: Vec<(u32, String)>,
    rest: Vec<String>,
}

const EPOCH: u64 = 1_795_168_800_000; // 2026-11-20T10:00:00Z

impl Desks {
    fn new() -> Desks {
        Desks::with(|_| {})
    }

    fn with(set: impl FnOnce(&mut Settings)) -> Desks {
        let mappings = Mappings::load(&Files::built_in(), &mut Problems::default());
        let vocabulary = mappings.dialects["agent"].vocabulary.clone();
        let tokens = Tokens::new([("140", "ann"), ("141", "bob"), ("142", "cyd")], None);
        let mut settings = Settings { tokens, service_groups: vec![("Sales".to_owned(), 9)], ..Settings::default() };
        set(&mut settings);
        let mut client = Client::new(settings, vocabulary.clone(), Time(0));
        client.set_epoch(EPOCH);
        let (heard, sent, rest) = Default::default();
        let mut desks = Desks { client, vocabulary, now: Time(0), last: 0, heard, sent, rest };
        desks.wait(0);
        assert_eq!(desks.rest(), ["up"], "the platform is up while the bridge listens");
        desks
    }

    fn hand_in(&mut self, input: Input<'_>) {
        let mut message = Message::default();
        let heard = hand_in(&mut self.client, self.now, input, &self.vocabulary, &mut message);
        match heard {
            Heard::Event => self.heard(&message),
            Heard::Answer(request) => self.rest.push(format!("answer {}", request.0)),
            _ => {}
        }
        self.collect();
    }

    fn heard(&mut self, message: &Message) {
        let mut line = Vec::new();
        self.vocabulary.write_json(message, &mut line);
        self.heard.push(String::from_utf8(line).unwrap());
    }

    fn collect(&mut self) {
        while let Some(output) = self.client.poll() {
            match output {
                PlatformOutput::Wire(Output::Write { connection, bytes }) => {
                    let line = String::from_utf8(bytes.to_vec()).unwrap();
                    self.sent.push((connection.number(), line.strip_suffix('\n').unwrap().to_owned()));
                }
                PlatformOutput::Wire(Output::Close { connection }) => {
                    self.rest.push(format!("close {}", connection.number()));
                }
                PlatformOutput::Wire(Output::Admit { .. }) => {}
                PlatformOutput::Wire(Output::Notice(notice)) => {
                    let mut text = notice.kind().name().to_owned();
                    notice.each(|_, value| text += &format!(" {value}"));
                    self.rest.push(text);
                }
                PlatformOutput::Event(message) => self.heard(&message),
                PlatformOutput::Up => self.rest.push("up".into()),
                PlatformOutput::Failed(request, reason) => self.rest.push(format!("failed {}: {reason}", request.0)),
                output => self.rest.push(format!("{output:?}")),
            }
        }
    }

    /// A connection that says a hello with this token.
    fn connect(&mut self, token: &str) -> u32 {
        self.last += 1;
        self.hand_in(Input::Opened { connection: Connection::accepted(self.last), peer: "desk" });
        self.say(self.last, &format!(r#"{{"hello":"agent-relay","version":1,"token":"{token}"}}"#));
        self.last
    }

    fn say(&mut self, connection: u32, frame: &str) {
        let bytes = format!("{frame}\n");
        self.hand_in(Input::Bytes { connection: Connection::accepted(connection), bytes: bytes.as_bytes() });
    }

    fn close(&mut self, connection: u32) {
        let connection = Connection::accepted(connection);
        self.hand_in(Input::Closed { connection, reason: "gone", cause: None });
    }

    /// A desktop that has shown its present state.
    fn desk(&mut self, token: &str, record: i64, login: &str) -> u32 {
        let desk = self.connect(token);
        self.show(desk, record, login);
        self.say(desk, r#"{"type":"UserInformation"}"#);
        self.quiet();
        desk
    }

    fn show(&mut self, desk: u32, record: i64, login: &str) {
        let user = format!(
            r#""RecordID":{record},"LoginID":"{login}","ExtensionNumber":"40{record}","LoggedOn":1,"ReadyStatus":true"#
        );
        self.say(desk, &format!(r#"{{"type":"UserInformation","UserInformation":{{{user}}}}}"#));
    }

    fn call(&mut self, desk: u32, id: i64, state: i64, more: &str) {
        self.say(desk, &format!(r#"{{"type":"OnCallEvent","Call":{{"ID":{id},"State":{state}{more}}}}}"#));
    }

    fn wait(&mut self, millis: u64) {
        let until = Time(self.now.0 + millis);
        while let Some(deadline) = self.client.deadline().filter(|deadline| *deadline <= until) {
            self.now = deadline.max(self.now);
            self.client.expire(self.now);
            self.collect();
        }
        self.now = until;
    }

    fn ask(&mut self, label: &str, fields: &[(&str, i64)], request: u32) {
        let kind = self.vocabulary.find(label).unwrap();
        let def = &self.vocabulary.message(kind).fields;
        let mut message = Message::default();
        message.start(kind, def.list.len());
        for (label, number) in fields {
            message.set(def.slot(label).unwrap(), Node::Int(*number));
        }
        self.client.command(self.now, &mut message, RequestIx(request), 99);
        self.collect();
    }

    fn heard_now(&mut self) -> Vec<String> {
        std::mem::take(&mut self.heard)
    }

    /// What was heard, as the type, the agent and the call of each event.
    fn told(&mut self) -> Vec<String> {
        let short = |line: String| {
            let event: serde_json::Value = serde_json::from_str(&line).unwrap();
            let of = |path: &str| event.pointer(path).map(ToString::to_string).unwrap_or_default();
            let call = ["/Call/ID", "/CallID", "/MessageID", "/SessionID"].map(of).concat();
            let text = format!("{} {} {call} {}", event["type"].as_str().unwrap(), of("/agent"), of("/Call/State"));
            text.trim_end().to_owned()
        };
        self.heard_now().into_iter().map(short).collect()
    }

    fn sent(&mut self) -> Vec<String> {
        std::mem::take(&mut self.sent).into_iter().map(|(desk, line)| format!("{desk} {line}")).collect()
    }

    fn rest(&mut self) -> Vec<String> {
        std::mem::take(&mut self.rest)
    }

    fn quiet(&mut self) {
        (self.heard, self.sent, self.rest) = Default::default();
    }
}

#[test]
fn a_hello_is_accepted_by_a_ping_and_refused_without_a_reason() {
    let mut desks = Desks::new();
    desks.connect("ann");
    assert_eq!(desks.sent(), [r#"1 {"ping":1}"#]);
    assert_eq!(desks.rest(), [r#"desktop_connected "140" "desk""#]);
    desks.connect("nobody's");
    assert_eq!(desks.sent(), [r#"2 {"error":"refused"}"#]);
    assert_eq!(desks.rest(), [r#"relay_refused "its token is unknown" "desk""#, "close 2"]);
    assert_eq!(desks.client.troubles().strangers, 1);
    desks.say(2, r#"{"type":"OnApplicationClosed","agent":40}"#);
    assert_eq!((desks.heard_now().len(), desks.sent().len()), (0, 0), "it is nobody");
    // Nonsense is no hello, however long it is.
    desks.last += 1;
    desks.hand_in(Input::Opened { connection: Connection::accepted(3), peer: "desk" });
    desks.say(3, &"x".repeat(64 << 10));
    assert_eq!(desks.rest().last().unwrap(), "close 3");
}

#[test]
fn the_newest_connection_of_an_agent_counts() {
    let mut desks = Desks::new();
    let first = desks.desk("ann", 40, "140");
    desks.ask("AnswerCall", &[("agent", 40), ("CallID", 900)], 5);
    desks.quiet();
    let second = desks.connect("ann");
    assert_eq!(
        desks.sent(),
        [format!("{first} {{\"error\":\"replaced by a newer connection\"}}"), format!("{second} {{\"ping\":1}}")]
    );
    let rest = desks.rest();
    assert_eq!(rest[0], format!("close {first}"));
    assert!(rest[1].starts_with("failed 5: the desktop's connection was lost"), "{rest:?}");
    desks.say(first, r#"{"type":"OnUserStatusUpdate","UserInformation":{"ReadyStatus":false}}"#);
    assert_eq!(desks.told(), [""; 0], "an older connection says nothing any more");
    desks.wait(60_000);
    assert!(!desks.told().iter().any(|event| event.starts_with("OnApplicationClosed")));
}

#[test]
fn a_desktop_speaks_of_its_own_agent_alone() {
    let mut desks = Desks::new();
    let ann = desks.connect("ann");
    desks.quiet();
    desks.call(ann, 900, 3, "");
    assert_eq!(desks.rest(), [r#"desktop_event_refused "its desktop has not said whose it is" "140" "OnCallEvent""#]);
    desks.show(ann, 40, "140");
    desks.call(ann, 900, 3, "");
    assert_eq!(desks.told(), ["UserInformation 40", "OnCallEvent 40 900 3"], "the connection says whose it is");
    let bob = desks.connect("bob");
    desks.quiet();
    for event in [
        r#"{"type":"UserInformation","UserInformation":{"RecordID":40,"LoginID":"141"}}"#,
        r#"{"type":"UserInformation","UserInformation":{"RecordID":41,"LoginID":"140"}}"#,
        r#"{"type":"OnApplicationClosed","agent":40}"#,
    ] {
        desks.say(bob, event);
    }
    desks.show(bob, 41, "141");
    assert_eq!(desks.told(), ["UserInformation 41"]);
    desks.say(bob, r#"{"type":"OnCallEvent","agent":40,"Call":{"ID":900,"State":11}}"#);
    desks.say(bob, r#"{"type":"Transferred","agent":41,"HeldCall":1,"ActiveCall":2,"Result":2}"#);
    desks.say(
        bob,
        r#"{"type":"OnDispatchVoiceCallEvent","UpdateType":0,"DispatchVoiceCall":{"ID":1,"ServiceGroupID":9}}"#,
    );
    assert_eq!(desks.told(), [""; 0]);
    assert_eq!(desks.client.troubles().foreign_events, 7);
    let rest = desks.rest();
    assert!(rest.iter().all(|notice| notice.starts_with("desktop_event_refused")) && rest.len() == 6, "{rest:?}");
}

#[test]
fn only_differences_of_user_information_go_on() {
    let mut desks = Desks::new();
    let ann = desks.desk("ann", 40, "140");
    let mut update = |record: &str| {
        desks.say(ann, &format!(r#"{{"type":"OnUserStatusUpdate","UserInformation":{{{record}}}}}"#));
        let heard = desks.heard_now();
        let event: Option<serde_json::Value> = heard.first().map(|line| serde_json::from_str(line).unwrap());
        event.map(|event| event["UserInformation"].to_string())
    };
    let whole = r#""RecordID":40,"LoginID":"140","LoggedOn":1"#;
    assert_eq!(update(&format!("{whole},\"ReadyStatus\":true")), None);
    let not_ready = format!(r#"{whole},"ReadyStatus":false,"VoiceNotReadyReasonID":3"#);
    assert!(update(&not_ready).unwrap().contains(r#""ReadyStatus":false,"#));
    assert_eq!(update(&not_ready), None);
    assert!(update(&format!("{whole},\"ReadyStatus\":true")).is_some());
    let again = update(r#""ReadyStatus":false"#).unwrap();
    assert!(again.contains(r#""VoiceNotReadyReasonID":3"#), "the reason is the one that was known: {again}");
}

#[test]
fn a_desktop_may_tell_of_its_agent_in_pieces() {
    let mut desks = Desks::new();
    let ann = desks.connect("ann");
    desks.quiet();
    let mut tell = |record: &str| {
        desks.say(ann, &format!(r#"{{"type":"UserInformation","UserInformation":{{{record}}}}}"#));
        let heard = desks.heard_now().concat();
        serde_json::from_str::<serde_json::Value>(&heard).unwrap()["UserInformation"].clone()
    };
    assert_eq!(
        tell(r#""RecordID":40,"ReadyStatus":true"#)["LoginID"],
        "",
        "it has not said that the agent is logged on"
    );
    let told = tell(r#""LoggedOn":1"#);
    assert_eq!((&told["LoginID"], &told["ReadyStatus"]), (&"140".into(), &true.into()), "{told}");
    let told = tell(r#""ExtensionNumber":"4040","UserName":"Ann""#);
    assert_eq!((&told["LoggedOn"], &told["LoginID"]), (&1.into(), &"140".into()), "{told}");
    let told = tell(r#""ReadyStatus":false"#);
    assert_eq!(told["LoginID"], "", "readiness alone stands alone: {told}");
}

#[test]
fn an_agent_who_was_made_anew_has_another_record() {
    let mut desks = Desks::new();
    let ann = desks.desk("ann", 40, "140");
    desks.desk("bob", 41, "141");
    desks.call(ann, 900, 6, "");
    desks.quiet();
    desks.say(ann, r#"{"type":"OnUserStatusUpdate","UserInformation":{"RecordID":45,"ReadyStatus":false}}"#);
    desks.show(ann, 41, "140");
    assert_eq!(desks.told(), [""; 0], "a record alone says nothing, and another agent's is not to be had");
    desks.show(ann, 45, "140");
    assert_eq!(desks.told(), ["Gone 40 900", "OnApplicationClosed 40", "UserInformation 45"]);
    desks.call(ann, 901, 3, "");
    assert_eq!(desks.told(), ["OnCallEvent 45 901 3"]);
    desks.ask("AnswerCall", &[("agent", 40), ("CallID", 900)], 5);
    assert!(desks.rest().iter().any(|line| line.contains("no desktop of agent 40")), "the record before is nobody's");
    desks.ask("AnswerCall", &[("agent", 45), ("CallID", 901)], 6);
    assert_eq!(desks.sent().len(), 1);
}

#[test]
fn too_many_wrong_hellos_of_one_address_have_to_wait() {
    let mut desks = Desks::new();
    for _ in 0..5 {
        desks.connect("guess");
    }
    desks.quiet();
    let last = desks.connect("ann");
    let error = r#"{"error":"too many wrong log-ons from this address: try again in 1 s"}"#;
    assert_eq!(desks.sent(), [format!("{last} {error}")]);
    assert!(desks.rest()[0].contains("too many wrong hellos"));
    desks.wait(1000);
    let last = desks.connect("ann");
    assert_eq!(desks.sent(), [format!(r#"{last} {{"ping":1}}"#)]);
}

#[test]
fn events_are_completed_before_rules_read_them() {
    let mut desks = Desks::with(|settings| settings.lists = vec![&LISTS[2]]);
    let ann = desks.desk("ann", 40, "140");
    desks.call(ann, 900, 3, r#","CallInfo":{"GroupName":"Sales","IVRLabels":["tier",""],"IVRData":["gold","x"]}"#);
    let heard = desks.heard_now().concat();
    assert!(heard.contains(r#""ServiceGroupID":9"#), "{heard}");
    assert!(heard.contains(r#""IVR":[{"Label":"tier","Data":"gold"},{"#), "{heard}");
    assert!(heard.contains(r#""Data":"x"}]"#), "{heard}");
    desks.say(ann, r#"{"type":"OnEmailEvent","Email":{"ID":5,"State":101,"GroupName":"Mail"}}"#);
    let heard = desks.heard_now().concat();
    assert!(heard.contains(r#""SessionID":5"#) && !heard.contains("ServiceGroupID"), "{heard}");
    // A call that waited at a group shows which group has the name.
    let waits =
        r#"{"type":"OnDispatchVoiceCallEvent","UpdateType":0,"DispatchVoiceCall":{"ID":902,"ServiceGroupID":12}}"#;
    desks.say(ann, waits);
    desks.call(ann, 902, 3, r#","CallInfo":{"GroupName":"Help"}"#);
    desks.call(ann, 903, 3, r#","CallInfo":{"GroupName":"Help"}"#);
    let heard = desks.heard_now();
    assert!(heard[1].contains(r#""ServiceGroupID":12"#) && heard[2].contains(r#""ServiceGroupID":12"#), "{heard:?}");
}

#[test]
fn a_desktop_that_comes_back_shows_what_is_gone() {
    let mut desks = Desks::new();
    let ann = desks.desk("ann", 40, "140");
    desks.call(ann, 900, 6, "");
    desks.call(ann, 901, 8, "");
    desks.say(ann, r#"{"type":"OnChatEvent","Chat":{"ID":7,"State":6}}"#);
    desks.close(ann);
    assert_eq!(desks.rest(), [r#"desktop_lost "140" "gone""#]);
    desks.quiet();
    desks.wait(29_000);
    let again = desks.connect("ann");
    // What waited comes before the present state, and does not show that the call is still there.
    desks.say(again, r#"{"lost":2,"unsure":1}"#);
    desks.call(again, 900, 6, "");
    desks.show(again, 40, "140");
    desks.call(again, 901, 6, "");
    desks.quiet();
    desks.say(again, r#"{"type":"UserInformation"}"#);
    assert_eq!(desks.told(), ["Gone 40 900", "Gone 40 7"]);
    desks.wait(60_000);
    assert_eq!(desks.told(), [""; 0], "it is back");
    assert_eq!(desks.client.troubles().gaps, 1);
}

#[test]
fn a_desktop_that_stays_away_is_an_agent_who_logs_off() {
    let mut desks = Desks::new();
    let ann = desks.desk("ann", 40, "140");
    let bob = desks.desk("bob", 41, "141");
    desks.call(ann, 900, 6, "");
    desks.say(ann, r#"{"type":"OnEmailEvent","Email":{"ID":5,"State":102}}"#);
    desks.close(ann);
    desks.quiet();
    desks.wait(10_000);
    // The connection of the relay says nothing of the Agent.
    let again = desks.connect("ann");
    desks.say(again, r#"{"disconnected":true}"#);
    desks.ask("AnswerCall", &[("agent", 40), ("CallID", 900)], 5);
    assert_eq!(desks.rest().last().unwrap(), "failed 5: the Agent of agent 140 is away");
    desks.wait(19_999);
    assert_eq!(desks.told(), [""; 0]);
    desks.wait(1);
    assert_eq!(desks.told(), ["Gone 40 900", "Gone 40 5", "OnApplicationClosed 40"]);
    desks.say(bob, r#"{"pong":4}"#);
    desks.wait(34_000);
    assert_eq!(desks.told(), [""; 0], "once");
    desks.close(bob);
    desks.wait(30_000);
    assert_eq!(desks.told(), ["OnApplicationClosed 41"]);
}

#[test]
fn desktops_that_went_away_together_are_given_up_a_few_at_a_time() {
    let agents: Vec<(String, String)> = (100..220).map(|agent| (agent.to_string(), format!("token-{agent}"))).collect();
    let mut desks = Desks::with(|settings| settings.tokens = Tokens::new(agents.clone(), None));
    let lines: Vec<u32> =
        agents.iter().map(|(agent, token)| desks.desk(token, agent.parse().unwrap(), agent)).collect();
    lines.into_iter().for_each(|line| desks.close(line));
    desks.wait(30_000);
    let first = desks.told().len();
    desks.wait(100);
    let second = desks.told().len();
    desks.wait(100);
    assert_eq!([first, second, desks.told().len()], [50, 50, 20]);
}

#[test]
fn an_agent_that_is_closed_ends_its_calls_first() {
    let mut desks = Desks::new();
    let ann = desks.desk("ann", 40, "140");
    desks.call(ann, 900, 6, "");
    desks.quiet();
    desks.say(ann, r#"{"type":"OnApplicationClosed","at":"2026-11-20T10:00:00Z"}"#);
    assert_eq!(desks.told(), ["Gone 40 900", "OnApplicationClosed 40"]);
    desks.show(ann, 40, "140");
    assert!(desks.heard_now().concat().contains(r#""LoggedOn":1"#), "it is told whole again");
}

#[test]
fn commands_go_to_the_desktop_of_their_agent() {
    let mut desks = Desks::new();
    let ann = desks.desk("ann", 40, "140");
    let bob = desks.desk("bob", 41, "141");
    desks.ask("AnswerCall", &[("agent", 41), ("CallID", 900)], 5);
    desks.ask("AnswerCall", &[("agent", 40), ("CallID", 901)], 6);
    assert_eq!(
        desks.sent(),
        [
            format!(r#"{bob} {{"id":1,"agent":41,"call":"AnswerCall","args":{{"CallID":900}}}}"#),
            format!(r#"{ann} {{"id":1,"agent":40,"call":"AnswerCall","args":{{"CallID":901}}}}"#),
        ]
    );
    desks.say(bob, r#"{"id":1,"hresult":0,"out":{"Result":true}}"#);
    assert_eq!(desks.rest(), ["answer 5"]);
    desks.say(bob, r#"{"id":1,"hresult":0,"out":{"Result":true}}"#);
    assert_eq!(desks.rest(), ["reply_unexpected 1"], "the other desktop's call is not answered");
    desks.wait(10_000);
    assert_eq!(desks.rest(), ["failed 6: no answer in 10 s; whether it was done is not known"]);
    desks.ask("AnswerCall", &[("agent", 49), ("CallID", 901)], 7);
    assert_eq!(desks.rest(), ["failed 7: no desktop of agent 49 is known"]);
    desks.close(ann);
    desks.quiet();
    desks.ask("AnswerCall", &[("agent", 40), ("CallID", 901)], 8);
    assert_eq!(desks.rest(), ["failed 8: the desktop of agent 140 is not connected"]);
}

#[test]
fn the_active_call_is_put_in() {
    let mut desks = Desks::new();
    let ann = desks.desk("ann", 40, "140");
    desks.call(ann, 900, 8, r#","ConsultingCallInfo":{"GroupName":""}"#);
    desks.call(ann, 901, 6, "");
    let mut asked = |label: &str, fields: &[(&str, i64)]| {
        desks.ask(label, &[&[("agent", 40)], fields].concat(), 5);
        let sent = desks.sent().concat();
        sent.split_once(r#""args":"#).unwrap().1.trim_end_matches('}').to_owned()
    };
    assert_eq!(asked("HoldActiveCall", &[]), r#"{"CallID":901"#);
    assert_eq!(asked("RetrieveActiveCall", &[]), r#"{"CallID":900"#);
    assert_eq!(asked("ConferenceActiveCall", &[]), r#"{"HeldCallID":900,"ActiveCallID":901"#);
    let reversed = [("HeldCallID", 901), ("ActiveCallID", 900)];
    assert_eq!(asked("ConferenceActiveCall", &reversed), r#"{"HeldCallID":900,"ActiveCallID":901"#);
    assert_eq!(asked("TransferCall", &[("CallID", 900)]), r#"{"CallID":900,"ActiveCallID":901"#);
    desks.call(ann, 902, 6, "");
    desks.ask("HoldActiveCall", &[("agent", 40)], 6);
    assert!(desks.sent().concat().contains(r#""args":{}"#), "there are several: the relay says no");
}

#[test]
fn codes_are_confirmed_by_the_result() {
    let mut desks = Desks::new();
    let ann = desks.desk("ann", 40, "140");
    desks.ask("EnterCQCodes", &[("agent", 40), ("CallID", 900), ("MediaType", 2)], 5);
    desks.say(ann, r#"{"id":1,"hresult":0,"out":{"Result":true}}"#);
    assert_eq!((desks.rest(), desks.told()), (vec!["answer 5".to_owned()], vec!["CQCodesEntered 40 900".to_owned()]));
    desks.ask("EnterCQCodes", &[("agent", 40), ("CallID", 7), ("MediaType", 1)], 6);
    desks.say(ann, r#"{"id":2,"hresult":0,"out":{"Result":true}}"#);
    assert!(desks.heard_now().concat().contains(r#""SessionID":7"#), "a chat is a session");
    desks.ask("EnterCQCodes", &[("agent", 40), ("CallID", 900), ("MediaType", 2)], 7);
    desks.say(ann, r#"{"id":3,"hresult":0,"out":{"Result":false},"error":"no such code"}"#);
    assert_eq!(desks.told(), [""; 0]);
}

/// Ann holds a customer and has called Bob.
fn consultation(desks: &mut Desks) -> (u32, u32) {
    let ann = desks.desk("ann", 40, "140");
    let bob = desks.desk("bob", 41, "141");
    desks.call(ann, 900, 8, r#","PhoneNumber":"5551234""#);
    desks.call(ann, 901, 6, r#","PhoneNumber":"4041""#);
    desks.call(bob, 901, 6, r#","PhoneNumber":"4040""#);
    desks.quiet();
    (ann, bob)
}

const CONSULTED: &str = r#","PhoneNumber":"5551234","ConsultingCallInfo":{"GroupName":"Sales"}"#;

#[test]
fn two_ends_and_a_consultation_are_a_transfer() {
    let mut desks = Desks::new();
    let (ann, bob) = consultation(&mut desks);
    desks.call(ann, 900, 11, "");
    desks.call(ann, 901, 11, "");
    desks.say(ann, r#"{"type":"OnUserStatusUpdate","UserInformation":{"ReadyStatus":false}}"#);
    assert_eq!(desks.told(), [""; 0], "it waits");
    desks.call(bob, 901, 6, CONSULTED);
    let heard = desks.heard.concat();
    assert!(heard.contains(r#""HeldCall":900,"ActiveCall":901,"Result":901,"To":41"#), "{heard}");
    let rest = ["OnCallEvent 40 900 11", "OnCallEvent 40 901 11", "OnUserStatusUpdate 40", "OnCallEvent 41 901 6"];
    assert_eq!(desks.told(), [&["Transferred 40"], &rest[..]].concat());
    desks.call(ann, 900, 1, "");
    assert_eq!(desks.told(), ["OnCallEvent 40 900 1"], "nothing waits any more");
    desks.wait(5000);
    assert_eq!(desks.told(), [""; 0]);
}

#[test]
fn the_receivers_desktop_may_be_quicker() {
    let mut desks = Desks::new();
    let (ann, bob) = consultation(&mut desks);
    desks.call(bob, 903, 6, r#","ConsultingCallInfo":{"GroupName":"","QueueDuration":null}"#);
    assert_eq!(desks.told(), ["OnCallEvent 41 903 6"], "an empty record shows nothing");
    desks.call(bob, 902, 6, CONSULTED);
    desks.say(ann, r#"{"type":"Gone","CallID":900}"#);
    assert_eq!(desks.told(), ["OnCallEvent 41 902 6"]);
    desks.say(ann, r#"{"type":"Gone","CallID":901}"#);
    let heard = desks.heard.concat();
    assert!(heard.contains(r#""ActiveCall":901,"Result":902,"To":41"#), "by the station that was called: {heard}");
    assert_eq!(desks.told(), ["Transferred 40", "Gone 40 900", "Gone 40 901"]);
}

#[test]
fn ends_without_a_receiver_are_ends() {
    let mut desks = Desks::new();
    let (ann, bob) = consultation(&mut desks);
    desks.call(ann, 901, 11, "");
    desks.call(ann, 900, 11, "");
    desks.wait(1499);
    assert_eq!(desks.told(), [""; 0]);
    desks.wait(1);
    assert_eq!(desks.told(), ["OnCallEvent 40 901 11", "OnCallEvent 40 900 11"]);
    desks.call(bob, 901, 6, CONSULTED);
    assert_eq!(desks.told(), ["OnCallEvent 41 901 6"]);
}

#[test]
fn a_consultation_that_ends_is_no_transfer() {
    let mut desks = Desks::new();
    let (ann, _) = consultation(&mut desks);
    desks.call(ann, 901, 11, "");
    desks.call(ann, 900, 8, "");
    assert_eq!(desks.told(), [""; 0]);
    desks.call(ann, 900, 6, "");
    assert_eq!(desks.told(), ["OnCallEvent 40 901 11", "OnCallEvent 40 900 8", "OnCallEvent 40 900 6"]);
}

#[test]
fn desktops_that_number_calls_on_their_own_are_joined_by_numbers_and_times() {
    let mut desks = Desks::with(|settings| settings.shares_ids = false);
    let ann = desks.desk("ann", 40, "140");
    let bob = desks.desk("bob", 41, "141");
    let cyd = desks.desk("cyd", 42, "142");
    desks.call(ann, 7, 2, r#","PhoneNumber":"4041""#);
    desks.call(bob, 7, 3, r#","PhoneNumber":"4040""#);
    desks.call(cyd, 7, 3, r#","PhoneNumber":"5551234""#);
    desks.say(cyd, r#"{"type":"OnChatEvent","Chat":{"ID":7,"State":6}}"#);
    assert_eq!(
        desks.told(),
        [
            r#"OnCallEvent 40 "40/7" 2"#,
            r#"OnCallEvent 41 "40/7" 3"#,
            r#"OnCallEvent 42 "42/7" 3"#,
            r#"OnChatEvent 42 "42/s7""#
        ]
    );
    // Each desktop is asked by its own number.
    let kind = desks.vocabulary.find("AnswerCall").unwrap();
    let fields = &desks.vocabulary.message(kind).fields;
    let mut message = Message::default();
    message.start(kind, fields.list.len());
    let call = message.text("40/7");
    message.set(fields.slot("CallID").unwrap(), call);
    message.set(fields.slot("agent").unwrap(), Node::Int(41));
    desks.client.command(desks.now, &mut message, RequestIx(5), 1);
    desks.collect();
    assert_eq!(desks.sent(), [format!(r#"{bob} {{"id":1,"agent":41,"call":"AnswerCall","args":{{"CallID":7}}}}"#)]);
    // The number comes again for another call.
    desks.call(bob, 7, 1, "");
    desks.wait(20_000);
    desks.quiet();
    desks.call(bob, 7, 3, r#","PhoneNumber":"4040""#);
    assert_eq!(desks.told(), [r#"OnCallEvent 41 "41/7" 3"#]);
}

#[test]
fn a_silent_connection_is_lost_and_a_websocket_is_the_shells() {
    let mut desks = Desks::new();
    let ann = desks.desk("ann", 40, "140");
    desks.last += 1;
    let bob = Connection::accepted(desks.last);
    desks.hand_in(Input::Opened { connection: bob, peer: "page" });
    desks.hand_in(Input::Text { connection: bob, text: r#"{"hello":"agent-relay","version":1,"token":"bob"}"# });
    desks.hand_in(Input::Text {
        connection: bob,
        text: "{\"type\":\"UserInformation\",\n\"UserInformation\":{\"RecordID\":41,\"LoginID\":\"141\"}}",
    });
    assert_eq!(desks.told(), ["UserInformation 41"]);
    desks.quiet();
    desks.wait(34_000);
    assert_eq!(desks.sent().len(), 6, "three pings each");
    desks.say(ann, r#"{"pong":4}"#);
    desks.wait(34_000);
    assert_eq!(desks.rest(), [""; 0]);
    desks.wait(1000);
    let rest = desks.rest();
    assert_eq!(rest, [format!("close {ann}"), r#"desktop_lost "140" "it does not answer""#.to_owned()]);
    desks.wait(300_000);
    assert_eq!(desks.rest(), [""; 0], "the other one is looked after by its transport");
}

#[test]
fn a_moment_that_cannot_be_is_the_bridges() {
    let mut desks = Desks::new();
    let ann = desks.desk("ann", 40, "140");
    for at in ["2026-11-20T09:30:00Z", "2026-11-20T12:00:00Z", "2025-01-01T00:00:00Z"] {
        desks.say(ann, &format!(r#"{{"type":"OnCallEvent","at":"{at}","Call":{{"ID":900,"State":3}}}}"#));
    }
    let has_moment: Vec<bool> = desks.heard_now().iter().map(|line| line.contains(r#""at""#)).collect();
    assert_eq!(has_moment, [true, false, false]);
}

#[test]
fn a_flood_and_a_frame_that_is_too_long_end_the_connection() {
    let mut desks = Desks::new();
    let ann = desks.desk("ann", 40, "140");
    let frames = "{\"pong\":1}\n".repeat(FRAMES as usize + 10);
    desks.hand_in(Input::Bytes { connection: Connection::accepted(ann), bytes: frames.as_bytes() });
    let rest = desks.rest();
    assert_eq!(rest, [format!("close {ann}"), r#"desktop_lost "140" "it sends too much at once""#.to_owned()]);
    assert!(desks.sent().last().unwrap().contains("too much"));
}

#[test]
fn a_desktop_subscribes_to_what_is_configured_after_its_present_state() {
    let mut desks = Desks::with(|settings| {
        settings.lists = vec![&LISTS[2], &LISTS[1]];
        settings.real_time = vec!["Sales".to_owned()];
    });
    let ann = desks.connect("ann");
    desks.show(ann, 40, "140");
    desks.quiet();
    desks.say(ann, r#"{"type":"UserInformation"}"#);
    desks.say(ann, r#"{"type":"UserInformation"}"#);
    let sent = desks.sent();
    assert_eq!(sent.len(), 4, "{sent:?}");
    assert!(sent[3].ends_with(r#""call":"EnableDispatchEvents","args":{"Enable":true}}"#), "{sent:?}");
    assert!(sent[0].ends_with(r#""call":"SubscribeDispatchVoiceCalls","args":{"ServiceGroupID":0,"Subscribe":true}}"#));
    assert!(sent[1].ends_with(r#""call":"SubscribeDispatchCommonHoldCalls","args":{"Subscribe":true}}"#), "{sent:?}");
    assert!(sent[2].contains(r#""ServiceGroupName":"Sales""#), "{sent:?}");
    desks.say(ann, r#"{"id":1,"hresult":0,"out":{"Result":true}}"#);
    desks.say(ann, r#"{"id":3,"hresult":-2147352570,"error":"not from a page"}"#);
    assert_eq!(desks.rest(), [r#"subscription_refused "Sales" -2147352570 "not from a page""#]);
}
