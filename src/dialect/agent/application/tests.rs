//! Conversations of programs with the server, on a virtual clock. What the bridge would publish is written as messages here.

use std::collections::BTreeSet;

use serde_json::json;

use super::*;
use crate::{
    diagnostic::Problems,
    model::{DeviceKind, OrderKind},
    port::{Abilities, Entry, Known, Thing},
    shipped::Files,
    vocabulary::{self, AgentPart},
};

/// What stands behind: agent 40 with logon id 140, one service group, and a platform that lacks some things.
#[derive(Default)]
struct Behind {
    lacks: Vec<OrderKind>,
    is_desktop: bool,
}

impl Abilities for Behind {
    fn lacks(&self, order: OrderKind, _: i64, _: i64) -> Option<String> {
        self.lacks.contains(&order).then(|| "the platform cannot".to_owned())
    }
}

impl Directory for Behind {
    fn stamp(&self) -> &str {
        "2026-11-20 11:00:00"
    }

    fn entries(&self, agents: bool) -> Vec<Entry> {
        let entry = |id, kind, number: &str, name: &str| Entry { id, kind, number: number.into(), name: name.into() };
        match agents {
            true => vec![entry(40, None, "140", "Ann"), entry(41, None, "141", "Ben")],
            false => vec![entry(9, Some(DeviceKind::Group), "", "Sales")],
        }
    }

    fn passes(&self) -> bool {
        self.is_desktop
    }

    fn passes_for(&self, _: Thing, _: &str) -> bool {
        self.is_desktop
    }

    fn knows(&self, _: Thing, _: &str) -> Known {
        Known::Maybe
    }
}

struct Pages {
    server: Server,
    vocabulary: Arc<Vocabulary>,
    behind: Behind,
    now: Time,
}

/// 2026-11-20 10:00:00 UTC.
const EPOCH: u64 = 1_795_168_800_000;

impl Pages {
    fn new() -> Pages {
        let files = Files::built_in();
        let source = files.get("dialects/agent.toml").unwrap();
        let vocabulary = Arc::new(vocabulary::load(source, &mut Problems::default()));
        let settings = ServerSettings {
            tokens: Tokens::new([("140", "tk-140"), ("141", "tk-141"), ("150", "tk-150")], None),
            max_connections: 3,
            not_ready_reasons: vec![(3, "lunch".into())],
            cq_codes: CqCodes { all: vec![(7, "sold".into()), (8, "lost".into())], of_groups: vec![(9, vec![7])] },
            ..ServerSettings::default()
        };
        let mut server = Server::new(settings, vocabulary.clone());
        server.set_epoch(EPOCH);
        Pages { server, vocabulary, behind: Behind::default(), now: Time(0) }
    }

    fn input(&mut self, mut input: Input<'_>) -> Vec<Heard> {
        let (mut message, mut heard) = (Message::default(), Vec::new());
        let holds_several = matches!(input, Input::Bytes { .. });
        while let Some(taken) = self.server.handle(self.now, &mut input, &self.behind, &mut message) {
            if let Taken::Message { heard: one, .. } = taken {
                heard.push(one);
            }
            // What follows from a call comes before the next message.
            if !holds_several || matches!(heard.last(), Some(Heard::Asked { .. })) {
                break;
            }
        }
        heard
    }

    fn connect(&mut self, key: u32) {
        self.input(Input::Opened { connection: Connection::accepted(key), peer: "test" });
    }

    fn send(&mut self, key: u32, frame: &str) -> Vec<Heard> {
        let line = format!("{frame}\n");
        self.input(Input::Bytes { connection: Connection::accepted(key), bytes: line.as_bytes() })
    }

    /// A program of the agent with this logon id, and what it hears first.
    fn open(&mut self, key: u32, login: &str) -> Vec<Json> {
        self.connect(key);
        self.send(key, &json!({ "hello": "agent-client", "version": 1, "token": format!("tk-{login}") }).to_string());
        self.hears(key)
    }

    /// The frames for a session since the last time; those for others are dropped.
    fn hears(&mut self, key: u32) -> Vec<Json> {
        let (frames, _) = self.outputs();
        frames.into_iter().filter(|(session, _)| *session == key).map(|(_, frame)| frame).collect()
    }

    /// Frames by session, and everything else in short.
    fn outputs(&mut self) -> (Vec<(u32, Json)>, Vec<String>) {
        let (mut frames, mut others) = (Vec::new(), Vec::new());
        while let Some(output) = self.server.poll() {
            match output {
                ApplicationOutput::Wire(Output::Write { connection, bytes }) => {
                    assert_eq!(bytes.iter().filter(|byte| **byte == b'\n').count(), 1, "a frame is one line");
                    frames.push((connection.number(), serde_json::from_slice(&bytes).unwrap()));
                }
                ApplicationOutput::Wire(Output::Close { connection }) => {
                    others.push(format!("close {}", connection.number()));
                }
                ApplicationOutput::Wire(Output::Admit { .. }) => {}
                ApplicationOutput::Wire(Output::Notice(notice)) => others.push(notice.to_string()),
                output => panic!("{output:?}"),
            }
        }
        (frames, others)
    }

    fn call(&mut self, key: u32, id: i64, method: &str, args: Json) -> (Vec<Heard>, Vec<Json>) {
        let heard = self.send(key, &json!({ "id": id, "call": method, "args": args }).to_string());
        (heard, self.hears(key))
    }

    /// The result of a method that the conversation answers by itself.
    fn result(&mut self, key: u32, method: &str, args: Json) -> Json {
        self.hears(key);
        let (heard, frames) = self.call(key, 5, method, args);
        assert!(heard.iter().all(|heard| *heard == Heard::Nothing), "{method} went to the bridge");
        let [frame] = &frames[..] else { panic!("{method}: {frames:?}") };
        assert_eq!(frame["id"], 5);
        frame.clone()
    }

    fn message(&self, json: &Json) -> Message {
        let mut message = Message::default();
        let read = self.vocabulary.read_json(&json.to_string(), false, &Vec::new(), &mut message);
        assert_eq!(read.unwrap().unknown, [""; 0]);
        message
    }

    fn publish(&mut self, json: Json) -> usize {
        let mut message = self.message(&json);
        let about = Filterable { switch: 1, abilities: Some(&self.behind), ..Filterable::default() };
        self.server.publish(&mut message, &about, Audience { asker: None, only_asker: false })
    }

    /// The bridge answers a request, or a desktop does.
    fn answer(&mut self, key: u32, id: i64, reply: Json) -> Vec<Json> {
        let mut message = self.message(&reply);
        let audience = Audience { asker: Some((key, id)), only_asker: true };
        let about = Filterable { switch: 1, ..Filterable::default() };
        match self.behind.is_desktop {
            true => self.server.pass(&mut message, &about, audience),
            false => self.server.publish(&mut message, &about, audience),
        };
        self.hears(key)
    }

    fn log_on(&mut self) {
        self.publish(json!({ "type": "OnRegistrationStatus", "Registered": true }));
        self.publish(json!({ "type": "OnUserLogin", "agent": 40, "at": "2026-11-20 11:00:01", "UserInformation": {
            "RecordID": 40, "LoginID": "140", "UserName": "Ann", "ExtensionNumber": "4040", "LoggedOn": 1 } }));
    }

    fn state(&mut self, id: i64, state: i64) -> usize {
        let described = match state {
            3 => "Offered",
            6 => "Connected",
            8 => "Held",
            11 => "Clearing",
            99 => "Clerical",
            _ => "Idle",
        };
        self.publish(json!({ "type": "OnCallEvent", "agent": 40, "at": "2026-11-20 11:00:02", "ServiceGroupID": 9,
            "Call": { "ID": id, "State": state, "StateDescription": described, "Incoming": true, "Type": 1,
                "PhoneNumber": "5551234", "CanAnswer": state == 3, "CanHold": state == 6, "CanHangup": state != 11,
                "IVR": [{ "Label": "tier", "Data": "gold" }, { "Label": "PrivateData", "Data": "vip" }],
                "CallInfo": { "GroupName": "Sales" } } }))
    }

    fn states(&mut self, id: i64, states: &[i64]) {
        for state in states {
            self.state(id, *state);
        }
    }

    fn pass_time(&mut self, until: u64) {
        while let Some(deadline) = self.server.deadline().filter(|deadline| deadline.0 <= until) {
            self.now = deadline.max(self.now);
            self.server.expire(self.now);
        }
        self.now = Time(until);
    }
}

fn types(frames: &[Json]) -> Vec<String> {
    frames.iter().map(|frame| frame["type"].as_str().unwrap_or("-").to_owned()).collect()
}

// ── hello and picture ─────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_program_hears_the_whole_picture_after_its_hello_and_then_what_changes() {
    let mut pages = Pages::new();
    pages.log_on();
    pages.state(900, 3);
    pages.state(900, 6);
    pages.state(901, 3);
    let frames = pages.open(1, "140");
    assert_eq!(frames[0], json!({ "ping": 1 }));
    assert_eq!(types(&frames[1..]), ["AgentAbilities", "OnUserLogin", "OnCallEvent", "OnCallEvent"]);
    let user = &frames[2]["UserInformation"];
    assert_eq!((&user["RecordID"], &user["LoggedOn"], &user["OASServerName"]), (&json!(40), &json!(1), &json!("")));
    let call = &frames[3]["Call"];
    assert_eq!(
        (&call["ID"], &call["State"], &call["StartTime"]),
        (&json!(900), &json!(6), &json!("2026-11-20T11:00:02+01:00"))
    );
    assert_eq!(
        (&call["IVRLabels"], &call["IVRData"], &call["PrivateData"]),
        (&json!(["tier"]), &json!(["gold"]), &json!("vip"))
    );
    assert_eq!(call["CallInfo"]["IVRDataString"], "gold");
    assert!(call.get("IVR").is_none() && call.get("EndTime").is_none(), "{call}");
    pages.state(901, 6);
    let frames = pages.hears(1);
    assert_eq!(
        types(&frames),
        ["AgentAbilities", "OnCallEvent"],
        "a call can be made now, also in the event's handler"
    );
    assert_eq!(
        frames[0],
        json!({ "type": "AgentAbilities", "agent": 40, "CanMakeCall": true }),
        "and nothing else changed"
    );
    assert_eq!(pages.state(901, 6), 0, "nothing has changed");
}

#[test]
fn an_agent_whom_nobody_has_shown_yet_is_logged_off_and_hears_the_log_on_later() {
    let mut pages = Pages::new();
    let frames = pages.open(1, "140");
    assert_eq!(types(&frames[1..]), ["AgentAbilities", "OnUserStatusUpdate"]);
    assert_eq!(frames[2]["UserInformation"]["LoggedOn"], 0);
    assert_eq!(frames[2]["UserInformation"]["UserName"], "Ann");
    pages.open(2, "150");
    pages.log_on();
    let (frames, _) = pages.outputs();
    let told: Vec<_> = frames.iter().filter(|(_, frame)| frame["type"] == "OnUserLogin").map(|(key, _)| *key).collect();
    assert_eq!(told, [1]);
    pages.publish(json!({ "type": "OnUserLogin", "agent": 50, "UserInformation": { "RecordID": 50, "LoginID": "150",
        "LoggedOn": 1 } }));
    assert_eq!(pages.hears(2)[0]["agent"], 50);
}

#[test]
fn who_has_no_good_token_gets_nothing_but_refused_and_one_line_in_the_log() {
    let mut pages = Pages::new();
    pages.server.tries = Tries::new(TryLimits { free: 10, ..TryLimits::default() });
    pages.log_on();
    for (frame, error) in [
        (r#"{"hello":"agent-client","version":1,"token":"tk-999"}"#, "refused"),
        (r#"{"hello":"agent-client","version":1,"token":"tk-140","agent":"141"}"#, "refused"),
        (r#"{"hello":"agent-client","version":1}"#, "refused"),
        (r#"{"hello":"agent-relay","version":1,"token":"tk-140"}"#, "the first frame is no hello of an agent-client"),
        (r#"{"id":1,"call":"GetCalls"}"#, "the first frame is no hello of an agent-client"),
        ("}{", "the first frame is no hello of an agent-client"),
    ] {
        pages.connect(1);
        pages.send(1, frame);
        let (frames, others) = pages.outputs();
        assert_eq!(frames, [(1, json!({ "error": error }))], "{frame}");
        assert_eq!(others.len(), 2, "{others:?}");
        assert!(others[0].contains("the bridge ended a session") && others[1] == "close 1", "{others:?}");
        assert!(!others[0].contains("tk-"), "{others:?}");
    }
    assert_eq!(pages.server.lost(), [("login", 6)]);
    pages.connect(1);
    pages.pass_time(10_000);
    assert_eq!(pages.outputs().1.len(), 2, "no hello in time");
}

#[test]
fn too_many_wrong_tokens_of_one_address_have_to_wait() {
    let mut pages = Pages::new();
    let hello = |pages: &mut Pages, token: &str| {
        pages.connect(1);
        pages.send(1, &json!({ "hello": "agent-client", "version": 1, "token": token }).to_string());
        pages.hears(1)[0].clone()
    };
    for _ in 0..5 {
        assert_eq!(hello(&mut pages, "tk-999")["error"], "refused");
    }
    let told = hello(&mut pages, "tk-140");
    assert_eq!(told["error"], "too many wrong log-ons from this address: try again in 1 s", "nobody looked");
    pages.pass_time(1000);
    assert_eq!(hello(&mut pages, "tk-140"), json!({ "ping": 1 }));
}

#[test]
fn an_agent_who_was_made_anew_is_the_same_one_to_programs() {
    let mut pages = Pages::new();
    pages.log_on();
    pages.open(1, "140");
    pages.publish(
        json!({ "type": "OnUserStatusUpdate", "agent": 40, "UserInformation": { "RecordID": 40, "LoggedOn": 0 } }),
    );
    pages.hears(1);
    pages.publish(json!({ "type": "OnUserLogin", "agent": 45, "UserInformation": { "RecordID": 45, "LoginID": "140",
        "LoggedOn": 1 } }));
    assert_eq!(pages.hears(1)[1]["UserInformation"]["RecordID"], 45);
}

#[test]
fn several_programs_of_one_agent_are_served_alike_and_another_agents_hears_nothing() {
    let mut pages = Pages::new();
    pages.log_on();
    pages.open(1, "140");
    pages.open(2, "140");
    pages.open(3, "141");
    pages.outputs();
    assert_eq!(pages.state(900, 3), 2);
    let (frames, _) = pages.outputs();
    assert_eq!(frames.iter().map(|(key, _)| *key).collect::<BTreeSet<_>>(), BTreeSet::from([1, 2]));
    pages.connect(4);
    assert!(pages.outputs().1[0].contains("all places are taken"));
}

// ── the lives of calls ────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_call_that_was_answered_ends_with_the_work_after_it_and_another_at_once() {
    let mut pages = Pages::new();
    pages.log_on();
    pages.open(1, "140");
    let states = |frames: Vec<Json>| -> Vec<i64> {
        let calls = frames.iter().filter(|frame| frame["type"] == "OnCallEvent");
        calls.map(|frame| frame["Call"]["State"].as_i64().unwrap()).collect()
    };
    pages.states(900, &[3, 6, 11, 99]);
    assert_eq!(states(pages.hears(1)), [3, 6, 11, 99]);
    assert_eq!(pages.result(1, "GetCalls", json!({}))["out"]["Calls"][0]["State"], 99);
    pages.state(900, 1);
    let frames = pages.hears(1);
    assert_eq!(frames[0]["Call"]["EndTime"], "2026-11-20T11:00:02+01:00");
    assert_eq!(frames[0]["Call"]["CanHangup"], false);
    assert_eq!(pages.result(1, "GetCalls", json!({}))["out"]["Calls"], json!([]));
    pages.state(901, 3);
    pages.state(901, 11);
    assert_eq!(states(pages.hears(1)), [3, 11, 1], "nobody works after a call that rang in vain");
    assert_eq!(pages.state(901, 1), 0);
    // A call after which nobody is shown to work is over when the bridge says so.
    pages.states(902, &[3, 6, 11]);
    pages.publish(json!({ "type": "Gone", "CallID": 902, "MessageID": 902, "SessionID": 902 }));
    assert_eq!(states(pages.hears(1)), [3, 6, 11, 1]);
}

#[test]
fn a_log_off_ends_the_work_after_calls_and_an_agent_is_forgotten() {
    let mut pages = Pages::new();
    pages.log_on();
    pages.open(1, "140");
    pages.states(900, &[3, 6, 11]);
    pages.hears(1);
    pages.publish(json!({ "type": "OnUserStatusUpdate", "agent": 40, "UserInformation": { "LoggedOn": 0 } }));
    let frames = pages.hears(1);
    assert_eq!(frames[1]["Call"]["State"], 1);
    assert!(types(&frames).contains(&"AgentAbilities".to_owned()), "no call can be made any more");
    assert!(frames.iter().any(|frame| frame["UserInformation"]["LoggedOn"] == 0));
    assert!(pages.server.mirror.desk(40).is_none());
    pages.log_on();
    assert!(types(&pages.hears(1)).contains(&"OnUserLogin".to_owned()));
}

#[test]
fn readiness_has_its_reason_by_name_and_loses_it() {
    let mut pages = Pages::new();
    pages.log_on();
    pages.open(1, "140");
    let ready = |pages: &mut Pages, user: Json| {
        pages.publish(json!({ "type": "OnUserStatusUpdate", "agent": 40, "UserInformation": user }));
        pages.hears(1).first().map(|frame| frame["UserInformation"].clone())
    };
    let user = ready(&mut pages, json!({ "ReadyStatus": false, "VoiceNotReadyReasonID": 3 })).unwrap();
    assert_eq!((&user["VoiceNotReadyReasonString"], &user["LoginID"]), (&json!("lunch"), &json!("140")));
    let user = ready(&mut pages, json!({ "ReadyStatus": true })).unwrap();
    assert_eq!((&user["VoiceNotReadyReasonID"], &user["VoiceNotReadyReasonString"]), (&json!(0), &json!("")));
    assert_eq!(ready(&mut pages, json!({ "ReadyStatus": true })), None);
}

#[test]
fn an_agent_has_at_most_so_many_calls() {
    let mut pages = Pages::new();
    pages.log_on();
    pages.open(1, "140");
    for id in 1..=101 {
        pages.state(id, 6);
    }
    let frames = pages.hears(1);
    let over: Vec<_> =
        frames.iter().filter(|frame| frame["Call"]["State"] == 1).map(|frame| &frame["Call"]["ID"]).collect();
    assert_eq!(over, [&json!(1)]);
    assert_eq!(pages.server.mirror.desk(40).unwrap().items.len(), 100);
}

#[test]
fn what_the_platform_cannot_do_no_property_offers() {
    let mut pages = Pages::new();
    pages.behind.lacks = vec![OrderKind::Hold, OrderKind::MakeCall, OrderKind::Transfer];
    pages.log_on();
    pages.state(900, 6);
    let frames = pages.open(1, "140");
    assert_eq!((&frames[3]["Call"]["CanHold"], &frames[3]["Call"]["CanHangup"]), (&json!(false), &json!(true)));
    assert_eq!(frames[1]["CanMakeCall"], false);
    let refused = frames[1]["Refused"].as_array().unwrap();
    assert!(refused.contains(&json!({ "Method": "HoldActiveCall", "Error": "the platform cannot" })), "{refused:?}");
    assert!(refused.iter().any(|refused| refused["Method"] == "StartRecording"));
    assert_eq!(pages.result(1, "CanMakeCall", json!({}))["error"], "the platform cannot");
}

// ── methods ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn every_method_of_the_vocabulary_has_one_row() {
    let vocabulary = Pages::new().vocabulary;
    let methods = vocabulary.messages.iter().filter(|def| def.side == Side::Request && !def.session);
    let known: BTreeSet<&str> = methods.map(|def| def.label.as_str()).collect();
    let rows: BTreeSet<&str> = methods::METHODS.iter().map(|(name, _)| *name).collect();
    assert_eq!(rows, known);
    assert_eq!(rows.len(), methods::METHODS.len());
    let others = methods::ORDERS.iter().map(|(name, _)| *name).chain(methods::OF_A_DESKTOP);
    assert!(others.into_iter().all(|name| known.contains(name)));
}

#[test]
fn a_call_is_checked_as_com_checks_it() {
    let mut pages = Pages::new();
    pages.log_on();
    pages.open(1, "140");
    for (method, args, hresult, error) in [
        ("Fly", json!({}), -2_147_352_570, "AgentClient has no method Fly"),
        ("AnswerCall", json!({}), -2_147_352_561, "AnswerCall needs CallID"),
        ("AnswerCall", json!({ "CallID": null }), -2_147_352_561, "AnswerCall needs CallID"),
        ("AnswerCall", json!({ "CallID": 1, "Loud": true }), -2_147_352_570, "AnswerCall has no parameter Loud"),
        ("AnswerCall", json!({ "CallID": "x" }), -2_147_352_571, "AnswerCall: CallID is of another type"),
        ("AnswerCall", json!({ "CallID": [1] }), -2_147_352_571, "CallID"),
        ("AnswerCall", json!({ "CallID": 1e12 }), -2_147_352_571, "CallID"),
        ("SetReadyStatus", json!({ "Status": "yes" }), -2_147_352_571, "SetReadyStatus: Status is of another type"),
        ("EnterCQCodes", json!({ "CallID": 1, "MediaType": 2, "Codes": [7] }), -2_147_352_571, "Codes"),
    ] {
        let (heard, frames) = pages.call(1, 5, method, args);
        assert_eq!((heard.len(), frames.len()), (0, 1), "{method}: {frames:?}");
        assert_eq!(frames[0]["hresult"], hresult, "{method}");
        assert!(frames[0]["error"].as_str().unwrap().contains(error), "{frames:?}");
        assert!(frames[0].get("out").is_none());
    }
    assert_eq!(pages.result(1, "getUserInfo", json!({}))["out"]["UserInformation"]["LoginID"], "140");
}

#[test]
fn a_method_that_is_sent_is_true_at_once_and_a_failure_after_that_is_an_event() {
    let mut pages = Pages::new();
    pages.log_on();
    pages.state(900, 3);
    pages.open(1, "140");
    // It is refused while it is asked.
    let (heard, frames) = pages.call(1, 1, "AnswerCall", json!({ "CallID": 900 }));
    assert_eq!((heard, frames), (vec![Heard::Asked { session: 1, id: 1 }], vec![]));
    let refused = json!({ "id": 1, "hresult": 0, "out": { "Result": false }, "error": "not now" });
    assert_eq!(pages.answer(1, 1, refused.clone()), std::slice::from_ref(&refused));
    // It is sent, then accepted.
    pages.call(1, 2, "AnswerCall", json!({ "CallID": 900 }));
    pages.pass_time(pages.now.0);
    let sent = json!({ "id": 2, "hresult": 0, "out": { "Result": true } });
    assert_eq!(pages.hears(1), std::slice::from_ref(&sent));
    assert_eq!(pages.answer(1, 2, sent), [Json::Null; 0]);
    // It is sent, then it fails.
    let failed = json!({ "type": "RequestFailed", "agent": 40, "id": 2, "call": "AnswerCall", "error": "not now" });
    assert_eq!(pages.answer(1, 2, refused.clone()), [failed]);
    assert_eq!(pages.answer(1, 2, refused), [Json::Null; 0], "once");
    // What happens shows that it was sent.
    pages.call(1, 3, "AnswerActiveCall", json!({}));
    pages.state(900, 6);
    let frames = pages.hears(1);
    assert_eq!((&frames[0]["id"], &frames[2]["type"]), (&json!(3), &json!("OnCallEvent")));
    // A method without a result.
    pages.call(1, 4, "CloseApplication", json!({}));
    pages.pass_time(pages.now.0);
    assert_eq!(pages.hears(1), [json!({ "id": 4, "hresult": 0, "out": {} })]);
}

#[test]
fn methods_of_the_active_call_mean_the_one_that_fits() {
    let mut pages = Pages::new();
    pages.log_on();
    pages.open(1, "140");
    let error = |pages: &mut Pages, method: &str, args: Json| {
        let result = pages.result(1, method, args);
        assert_eq!((&result["hresult"], &result["out"]["Result"]), (&json!(0), &json!(false)), "{method}");
        result["error"].as_str().unwrap().to_owned()
    };
    assert_eq!(error(&mut pages, "AnswerActiveCall", json!({})), "no call is ringing");
    assert_eq!(error(&mut pages, "HangupCall", json!({ "CallID": 77 })), "the agent has no call 77");
    pages.state(900, 3);
    pages.state(901, 3);
    assert_eq!(error(&mut pages, "AnswerActiveCall", json!({})), "several calls are ringing");
    assert_eq!(error(&mut pages, "HoldActiveCall", json!({ "CallID": 900 })), "call 900 is not active: it is offered");
    pages.state(900, 6);
    pages.state(900, 8);
    assert_eq!(error(&mut pages, "TransferCall", json!({ "CallID": 900 })), "no call is active");
    assert_eq!(pages.result(1, "CanTransfer", json!({}))["out"]["Result"], false);
    pages.state(901, 6);
    pages.hears(1);
    assert_eq!(pages.result(1, "CanTransfer", json!({}))["out"]["Result"], true);
    let mut asked = |method: &str, args: Json| {
        let frame = json!({ "id": 8, "call": method, "args": args }).to_string() + "\n";
        let mut message = Message::default();
        let mut input = Input::Bytes { connection: Connection::accepted(1), bytes: frame.as_bytes() };
        pages.server.handle(pages.now, &mut input, &pages.behind, &mut message);
        let def = pages.vocabulary.message(message.kind().unwrap());
        let get = |label: &str| def.fields.slot(label).and_then(|slot| message.get(slot).as_int());
        assert_eq!(get("agent"), Some(40));
        [get("CallID").or(get("HeldCallID")), get("ActiveCallID")]
    };
    assert_eq!(asked("TransferCall", json!({ "CallID": 900 })), [Some(900), Some(901)]);
    assert_eq!(asked("ConferenceActiveCall", json!({})), [Some(900), Some(901)]);
    assert_eq!(asked("RetrieveActiveCall", json!({})), [Some(900), None]);
    assert_eq!(asked("EnterDtmfActiveCall", json!({ "Digits": "1" })), [Some(901), None]);
}

#[test]
fn another_agents_calls_and_ids_are_refused_and_logged() {
    let mut pages = Pages::new();
    pages.log_on();
    pages.publish(json!({ "type": "OnCallEvent", "agent": 41, "Call": { "ID": 950, "State": 3 } }));
    pages.open(1, "140");
    let refused = |pages: &mut Pages, frame: Json| {
        assert_eq!(pages.send(1, &frame.to_string()), []);
        let (frames, others) = pages.outputs();
        assert_eq!((frames.len(), others.len()), (1, 1), "{frames:?} {others:?}");
        assert!(others[0].contains("a request was refused"), "{others:?}");
        frames[0].1.clone()
    };
    let call = json!({ "id": 5, "call": "AnswerCall", "args": { "CallID": 950 } });
    assert_eq!(refused(&mut pages, call)["error"], "the agent has no call 950");
    let agent = json!({ "id": 5, "agent": 41, "call": "GetCalls" });
    assert_eq!(refused(&mut pages, agent), json!({ "id": 5, "hresult": -2_147_467_259, "error": "refused" }));
    let log_on = json!({ "id": 5, "call": "LaunchBSAWithCredentials", "args": { "LogonID": "141", "Password": "x" } });
    assert_eq!(refused(&mut pages, log_on)["error"], "refused");
    let log_on = json!({ "id": 5, "call": "LogOn", "args": { "LogonID": "141" } });
    assert_eq!(refused(&mut pages, log_on)["error"], "refused");
    assert_eq!(pages.call(1, 6, "LogOn", json!({ "Station": "4040" })).0, [Heard::Asked { session: 1, id: 6 }]);
}

/// A bridge that was started anew does not know the agent yet; a program that was there before does.
#[test]
fn a_record_id_from_before_the_bridge_was_started_is_not_refused() {
    let mut pages = Pages::new();
    pages.open(1, "150");
    let calls = pages.call(1, 5, "GetCalls", json!({})).1;
    let named = json!({ "id": 5, "agent": 50, "call": "GetCalls" });
    assert_eq!(pages.send(1, &named.to_string()), [Heard::Nothing]);
    assert_eq!(pages.hears(1), calls);
    // The id is taken out of a request, because it could be another agent's.
    let log_on = json!({ "id": 6, "agent": 50, "call": "LogOn", "args": { "Station": "4040" } });
    let (mut message, input) = (Message::default(), format!("{log_on}\n"));
    let mut input = Input::Bytes { connection: Connection::accepted(1), bytes: input.as_bytes() };
    pages.server.handle(pages.now, &mut input, &pages.behind, &mut message).unwrap();
    let def = pages.vocabulary.message(message.kind().unwrap());
    let slot = def.role(Role::Agent(AgentPart::Id)).unwrap();
    assert!(message.is_absent(slot));
}

#[test]
fn lists_of_the_configuration_are_answered_and_reasons_are_known_by_name() {
    let mut pages = Pages::new();
    pages.log_on();
    pages.open(1, "140");
    let out = |pages: &mut Pages, method: &str, args: Json| pages.result(1, method, args)["out"].clone();
    assert_eq!(
        out(&mut pages, "GetNotReadyReasons", json!({})),
        json!({ "NotReadyReasons": [{ "ID": 3, "Name": "lunch" }] })
    );
    assert_eq!(
        out(&mut pages, "GetCQCodes", json!({ "ServiceGroupID": 9 })),
        json!({ "CQCodes": [{ "ID": 7, "Code": "7", "Name": "sold" }] })
    );
    let codes = out(&mut pages, "GetCQCodes", json!({ "ServiceGroupID": 11 }))["CQCodes"].clone();
    assert_eq!(codes.as_array().map(Vec::len), Some(2), "a group without a list of its own has all");
    assert_eq!(out(&mut pages, "GetAllTabs", json!({})), json!({ "Tabs": [] }));
    assert_eq!(out(&mut pages, "GetTabByName", json!({ "name": "x" })), json!({ "Tab": null }));
    assert_eq!(out(&mut pages, "IsRegistered", json!({})), json!({ "Result": true }));
    pages.publish(json!({ "type": "OnRegistrationStatus", "Registered": false }));
    pages.hears(1);
    assert_eq!(out(&mut pages, "IsRegistered", json!({})), json!({ "Result": false }));
    pages.publish(json!({ "type": "OnRegistrationStatus", "Registered": true }));
    for registered in [false, true] {
        pages.publish(json!({ "type": "OnRegistrationStatus", "agent": 40, "Registered": registered }));
        pages.hears(1);
        assert_eq!(out(&mut pages, "IsRegistered", json!({}))["Result"], registered, "the agent's own station");
    }
    let wrong = pages.result(1, "SetReadyStatus", json!({ "Status": false, "ReasonName": "nap" }));
    assert_eq!(wrong["error"], "no reason is called \"nap\"");
    let (heard, _) = pages.call(1, 6, "SetReadyStatus", json!({ "Status": false, "ReasonName": "Lunch" }));
    assert_eq!(heard, [Heard::Asked { session: 1, id: 6 }]);
}

#[test]
fn calls_that_wait_are_told_to_who_subscribed_and_counted() {
    let mut pages = Pages::new();
    pages.log_on();
    pages.open(1, "140");
    let waits = |pages: &mut Pages, id: i64, update: i64| {
        pages.publish(json!({ "type": "OnDispatchVoiceCallEvent", "UpdateType": update, "at": "2026-11-20 11:00:05",
            "DispatchVoiceCall": { "ID": id, "ServiceGroupID": 9, "Number": "5551234" } }))
    };
    waits(&mut pages, 900, 0);
    assert_eq!(pages.hears(1), [Json::Null; 0], "nobody has subscribed");
    assert_eq!(
        pages.result(1, "SubscribeDispatchVoiceCalls", json!({ "ServiceGroupID": 9, "Subscribe": true }))["out"]["Result"],
        true
    );
    let (_, frames) = pages.call(1, 5, "EnableDispatchEvents", json!({ "Enable": true }));
    assert_eq!(frames[1]["DispatchVoiceCall"]["ID"], 900);
    assert_eq!(frames[1]["UpdateType"], 0);
    let group = json!({ "ServiceGroupID": 0, "ServiceGroupName": "Sales", "Subscribe": true });
    let (_, frames) = pages.call(1, 5, "SubscribeRealTimeInformation", group);
    let counted = json!({ "ServiceGroupID": 9, "ServiceGroupName": "Sales", "CallsInQueue": 1 });
    assert_eq!(frames[1]["RealTimeInformation"], counted);
    waits(&mut pages, 901, 0);
    waits(&mut pages, 901, 0);
    let frames = pages.hears(1);
    assert_eq!(types(&frames), ["OnDispatchVoiceCallEvent", "OnRealTimeInformationUpdate"]);
    assert_eq!(frames[1]["RealTimeInformation"]["CallsInQueue"], 2);
    waits(&mut pages, 900, 2);
    assert_eq!(pages.hears(1)[0]["UpdateType"], 2);
    pages.publish(json!({ "type": "Gone", "CallID": 901 }));
    assert_eq!(pages.hears(1)[1]["RealTimeInformation"]["CallsInQueue"], 0);
    pages.result(1, "SubscribeDispatchVoiceCalls", json!({ "ServiceGroupID": 0, "Subscribe": false }));
    waits(&mut pages, 902, 0);
    assert_eq!(types(&pages.hears(1)), ["OnRealTimeInformationUpdate"]);
    let unknown = json!({ "ServiceGroupName": "Nobody", "Subscribe": true });
    assert_eq!(pages.result(1, "SubscribeRealTimeInformation", unknown)["error"], "no such service group is known");
}

#[test]
fn a_desktop_behind_answers_for_itself() {
    let mut pages = Pages::new();
    pages.behind.is_desktop = true;
    pages.log_on();
    let frames = pages.open(1, "140");
    assert_eq!(frames[1]["Refused"], json!([]));
    let (heard, frames) = pages.call(1, 1, "GetAllTabs", json!({}));
    assert_eq!((heard, frames.len()), (vec![Heard::Asked { session: 1, id: 1 }], 0));
    pages.pass_time(pages.now.0);
    assert_eq!(pages.hears(1), [Json::Null; 0], "the desktop has not answered");
    let tabs = json!({ "Tabs": [{ "Index": 0, "Name": "CRM", "Symbol": "", "Selected": true }] });
    let reply = json!({ "id": 1, "hresult": 0, "out": tabs });
    assert_eq!(pages.answer(1, 1, reply.clone()), [reply]);
    pages.call(1, 2, "StartRecording", json!({ "AgentID": 0, "AllCalls": true }));
    let failed = json!({ "id": 2, "hresult": -2_147_352_570, "error": "not from JavaScript" });
    assert_eq!(pages.answer(1, 2, failed.clone()), [failed]);
    pages.call(1, 3, "MakeCall", json!({ "Number": "1", "UseNumberTranslation": false }));
    pages.pass_time(10_000);
    let frames = pages.hears(1);
    let late = frames.iter().find(|frame| frame["id"] == 3).unwrap();
    assert_eq!(late["error"], "the desktop gave no result in 10 s");
}

#[test]
fn a_desktops_own_records_stand_whole() {
    let mut pages = Pages::new();
    pages.behind.is_desktop = true;
    pages.log_on();
    pages.open(1, "140");
    let mut pass = |json: Json| {
        let mut message = pages.message(&json);
        let about = Filterable { agent: 40, switch: 1, abilities: Some(&pages.behind), ..Filterable::default() };
        pages.server.pass(&mut message, &about, Audience { asker: None, only_asker: false });
        let (frames, _) = pages.outputs();
        frames.into_iter().map(|(_, frame)| frame).collect::<Vec<_>>()
    };
    let call = json!({ "ID": 900, "State": 6, "CanHold": true, "IVRLabels": ["a"], "IVRData": ["b"],
        "IVR": [{ "Label": "a", "Data": "b" }], "RecordingState": 1, "StartTime": "2026-11-20T10:00:00Z" });
    let frames = pass(json!({ "type": "OnCallEvent", "agent": 40, "Call": call }));
    let told = &frames[0]["Call"];
    assert_eq!(
        (&told["IVRData"], &told["RecordingState"], &told["StartTime"]),
        (&json!(["b"]), &json!(1), &json!("2026-11-20T10:00:00Z"))
    );
    assert!(told.get("ConnectedTime").is_none(), "a desktop knows its times itself");
    let frames =
        pass(json!({ "type": "UserInformation", "agent": 40, "UserInformation": { "EmailReadyStatus": true } }));
    assert_eq!(
        (&frames[0]["type"], &frames[0]["UserInformation"]["LoginID"]),
        (&json!("OnUserStatusUpdate"), &json!("140"))
    );
    pass(json!({ "type": "OnCallEvent", "agent": 40, "Call": { "ID": 901, "State": 10 } }));
    let frames = pass(json!({ "type": "Conferenced", "agent": 40, "HeldCall": 900, "ActiveCall": 901, "Result": 901 }));
    assert_eq!((frames.len(), &frames[0]["Call"]["ID"], &frames[0]["Call"]["State"]), (1, &json!(900), &json!(1)));
    let frames = pass(json!({ "type": "Gone", "agent": 40, "CallID": 901 }));
    assert_eq!(frames[0]["Call"]["State"], 1);
}

// ── liveness and bounds ───────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_stream_that_is_silent_is_lost_and_a_web_socket_is_not() {
    let mut pages = Pages::new();
    pages.open(1, "140");
    pages.connect(2);
    let hello = r#"{"hello":"agent-client","version":1,"token":"tk-140"}"#;
    pages.input(Input::Text { connection: Connection::accepted(2), text: hello });
    pages.outputs();
    pages.pass_time(30_000);
    let (frames, others) = pages.outputs();
    let pings = |key: u32| frames.iter().filter(|(session, frame)| *session == key && frame["ping"].is_u64()).count();
    assert_eq!((pings(1), pings(2), others.len()), (3, 3, 0));
    pages.send(1, r#"{"pong":4}"#);
    pages.pass_time(60_000);
    assert!(pages.outputs().1.is_empty());
    pages.pass_time(120_000);
    let (_, others) = pages.outputs();
    assert_eq!(others.len(), 2, "{others:?}");
    assert!(others[0].contains("no frame in 35 s") && others[1] == "close 1");
    assert_eq!(pages.server.sessions(), [2]);
}

#[test]
fn nonsense_ends_its_connection_alone() {
    let mut pages = Pages::new();
    let long = "x".repeat(70_000);
    for frame in [
        "nonsense",
        "[]",
        "{}",
        r#"{"call":"GetCalls"}"#,
        r#"{"id":0,"call":"GetCalls"}"#,
        r#"{"id":1,"call":7}"#,
        r#"{"ping":1}"#,
        &long,
    ] {
        pages.open(1, "140");
        pages.send(1, frame);
        let (frames, others) = pages.outputs();
        if frame.contains("call\":7") {
            assert_eq!(frames[0].1["hresult"], -2_147_352_570);
            pages.input(Input::Closed { connection: Connection::accepted(1), reason: "over", cause: None });
            pages.outputs();
            continue;
        }
        assert!(frames[0].1["error"].is_string() && frames.len() == 1, "{frame}: {frames:?}");
        assert_eq!(others.len(), 2, "{others:?}");
    }
    pages.open(2, "140");
    let text = Input::Text { connection: Connection::accepted(2), text: &long };
    pages.input(text);
    assert_eq!(pages.outputs().1.len(), 2);
}

#[test]
fn so_many_calls_wait_for_their_results_and_no_more() {
    let mut pages = Pages::new();
    pages.behind.is_desktop = true;
    pages.log_on();
    pages.open(1, "140");
    for id in 1..=session::MOST_CALLS as i64 {
        assert_eq!(pages.call(1, id, "GetAllTabs", json!({})).0.len(), 1);
    }
    let (heard, frames) = pages.call(1, 1001, "GetAllTabs", json!({}));
    assert_eq!((heard.len(), &frames[0]["hresult"]), (0, &json!(-2_147_467_259)));
    let (heard, _) = pages.call(1, 7, "GetAllTabs", json!({}));
    assert_eq!(heard.len(), 0, "its number is taken");
}
