//! Messages of the dialects read and written by their shipped vocabularies.

mod ccas;
mod further;
mod names;
mod open_media;
mod renaming;

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::{
    diagnostic::Problems,
    message::{Kind, Message, Node, Value},
    model::Media,
    shipped::Files,
    wire::{replaced::Sort, soap, tolerant},
};

fn shipped(dialect: &str) -> Vocabulary {
    let mut problems = Problems::default();
    let files = Files::built_in();
    let vocabulary = load(files.get(&format!("dialects/{dialect}.toml")).unwrap(), &mut problems);
    assert!(problems.is_empty(), "{}", problems.render());
    vocabulary
}

#[test]
fn the_media_that_applications_are_told_of_are_the_dialects_own_or_all() {
    assert_eq!(shipped("ctips").media, [Media::Voice]);
    assert_eq!(shipped("event-feed").media, Media::ALL);
    let mut problems = Problems::default();
    let text = "dialect = 'x'\ntitle = 'x'\nguide = 'x'\nform = 'json'\nname = ['is']\nmedia = ['voice', 'voise']\n";
    let vocabulary = load(&crate::diagnostic::Source::new("x.toml", text), &mut problems);
    assert_eq!(vocabulary.media, [Media::Voice]);
    let report = problems.render();
    assert!(report.contains("unknown medium `voise`") && report.contains("x.toml:6:20"), "{report}");
}

/// The field of a message, written out.
fn field(vocabulary: &Vocabulary, message: &Message, label: &str) -> String {
    let slot = vocabulary.message(message.kind().unwrap()).fields.slot(label).unwrap();
    match message.get(slot) {
        Value::Text(text) => text.to_owned(),
        value => format!("{value:?}"),
    }
}

/// A member of a record of this type.
fn member<'m>(vocabulary: &Vocabulary, ty: &str, record: Value<'m>, label: &str) -> Value<'m> {
    let ty = vocabulary.records.iter().find(|record| record.name == ty).unwrap();
    record.as_record().unwrap().get(ty.fields.slot(label).unwrap())
}

fn read(vocabulary: &Vocabulary, text: &str) -> Result<(Message, Decoded), JsonError> {
    let mut message = Message::default();
    let decoded = vocabulary.read_json(text, false, &Wanted::new(), &mut message)?;
    Ok((message, decoded))
}

#[test]
fn records_beyond_what_a_message_may_have_are_passed_over_and_said() {
    let feed = shipped("event-feed");
    let text = |count: usize| format!(r#"{{"message":"held","call-table":[{}{{}}],"guid":"g"}}"#, "{},".repeat(count));
    assert_eq!(read(&feed, &text(10_000)).unwrap().1, Decoded::default());
    let (message, decoded) = read(&feed, &text(300_000)).unwrap();
    assert_eq!(decoded.malformed.as_deref(), Some("call-table has more records than a message may"));
    assert_eq!(field(&feed, &message, "guid"), "g");
}

#[test]
fn a_feed_message_is_read_in_any_order_of_its_fields() {
    let feed = shipped("event-feed");
    let table = r#"[{"media":1,"group":{"type":4,"id":"9"},"call-profile":[{"id":2,"value":5551234}]}]"#;
    let first = format!(r#"{{"message":"held","call-table":{table},"call-id":"900","guid":"g"}}"#);
    let last = format!(r#"{{"guid":"g","call-table":{table},"call-id":900,"message":"held"}}"#);
    for text in [first, last] {
        let (message, decoded) = read(&feed, &text).unwrap();
        assert_eq!(decoded, Decoded::default());
        assert_eq!(field(&feed, &message, "guid"), "g");
        assert!(field(&feed, &message, "call-id").contains("900"));
        let calls = message.get(feed.messages[message.kind().unwrap().0 as usize].fields.slot("call-table").unwrap());
        let call = calls.as_list().unwrap().iter().next().unwrap();
        let group = member(&feed, "call", call, "group");
        assert_eq!(member(&feed, "group", group, "id").as_int(), Some(9));
        let profile = member(&feed, "call", call, "call-profile").as_list().unwrap().iter().next().unwrap();
        let value = member(&feed, "profile", profile, "value");
        assert!(matches!(value, Value::Text("5551234")), "a number where a text belongs: {value:?}");
    }
}

#[test]
fn misprints_and_old_names_of_the_guide_are_read() {
    let feed = shipped("event-feed");
    let label = |text: &str| feed.message(read(&feed, text).unwrap().0.kind().unwrap()).label.clone();
    assert_eq!(label(r#"{"message":"agent- idle ","agent-id":1}"#), "agent-idle");
    assert_eq!(label(r#"{"message":"agent-gueue-stats"}"#), "agent-queue-stats");
    let (message, _) = read(&feed, r#"{"message":"interflowed","quid":"g"}"#).unwrap();
    assert_eq!(field(&feed, &message, "guid"), "g");
    let (message, _) = read(&feed, r#"{"message":"group-stats","queued-calls=above-tasa":7}"#).unwrap();
    assert_eq!(field(&feed, &message, "queued-calls-above-tasa"), "Int(7)");
}

#[test]
fn what_is_no_message_says_why() {
    let feed = shipped("event-feed");
    let why = |text: &str| read(&feed, text).unwrap_err().to_string();
    assert_eq!(why("[1]"), "not a JSON object");
    assert_eq!(why("3"), "not a JSON object");
    assert_eq!(why(r#"{"guid":"g"}"#), "nothing in it names a message");
    assert_eq!(why(r#"{"request-id":1}"#), "nothing in it names a message");
    assert_eq!(why(r#"{"message":"hedl"}"#), "unknown message \"hedl\"");
    let explained = |name: &str| feed.explain(false, &JsonError::Unknown(name.into()));
    assert_eq!(explained("hedl"), "unknown message \"hedl\" (did you mean `held`?)");
    assert_eq!(explained("zzz"), "unknown message \"zzz\"");
    assert!(why(r#"{"message":"held","#).contains("line 1 column"));
    assert!(why(&format!(r#"{{"message":"held","x":{}"#, "[".repeat(5000))).contains("not JSON"));
}

/// A message is guessed by the first name that stands anywhere in the text.
#[test]
fn a_name_inside_something_else_names_nothing() {
    let feed = shipped("event-feed");
    let held = |text: &str| {
        let (message, _) = read(&feed, text).unwrap();
        assert_eq!(feed.message(message.kind().unwrap()).label, "held", "{text}");
        assert_eq!(field(&feed, &message, "guid"), "g", "{text}");
    };
    held(r#"{"x":{"message":"delivered"},"guid":"g","message":"held"}"#);
    held(r#"{"guid":"g","x":"\"message\":\"delivered\"","message" : "held"}"#);
    held(r#"{"guid":"g","x":["message"],"message":"h\u0065ld"}"#);
    assert_eq!(read(&feed, r#"{"x":{"message":"held"}}"#).unwrap_err(), JsonError::Nameless);
}

#[test]
fn unknown_and_malformed_fields_are_counted_and_the_rest_is_read() {
    let feed = shipped("event-feed");
    let (message, decoded) = read(&feed, r#"{"message":"held","new":1,"call-id":{"a":1},"guid":"g"}"#).unwrap();
    assert_eq!(decoded.unknown, ["new"]);
    assert_eq!(decoded.malformed().unwrap(), "call-id is not of type id");
    assert_eq!(field(&feed, &message, "guid"), "g");
}

#[test]
fn only_what_is_wanted_is_kept() {
    let feed = shipped("event-feed");
    let held = feed.find("held").unwrap();
    let nothing = |def: &MessageDef| vec![Keep::Nothing; def.fields.list.len()];
    let mut keeps: Vec<Vec<Keep>> = feed.messages.iter().map(nothing).collect();
    keeps[held.0 as usize][feed.message(held).fields.slot("guid").unwrap()] = Keep::Whole;
    let wanted: Wanted = keeps.into_iter().map(Kept::from).collect();
    let mut message = Message::default();
    feed.read_json(r#"{"version":1,"message":"held","call-id":1,"guid":"g"}"#, false, &wanted, &mut message).unwrap();
    assert_eq!(field(&feed, &message, "guid"), "g");
    assert_eq!(field(&feed, &message, "call-id"), "Absent");
}

#[test]
fn a_command_is_written_as_the_reference_shows_it() {
    let feed = shipped("event-feed");
    let kind = feed.find("release").unwrap();
    let def = feed.message(kind);
    let mut message = Message::default();
    message.start(kind, def.fields.list.len());
    for (label, number) in [("request-id", 7), ("agent-id", 1001), ("release-code", 3)] {
        message.set(def.fields.slot(label).unwrap(), Node::Int(number));
    }
    let mut out = Vec::new();
    feed.write_json(&message, &mut out);
    assert_eq!(
        String::from_utf8(out).unwrap(),
        r#"{"version":1,"topic":"contact-center","request-id":7,"message":"command","sub-request-type":"release","agent-id":1001,"release-code":3}"#
    );
}

// ── CTIPS ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/// A captured conversation.
fn capture(name: &str) -> String {
    let path = format!("{}/tests/fixtures/wire/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

/// The bodies of a captured conversation.
fn captured(name: &str) -> Vec<String> {
    let text = capture(name);
    text.lines()
        .filter(|line| line.starts_with("<?xml"))
        .map(|line| line.trim_end_matches("--<<--").to_owned())
        .collect()
}

fn event(ctips: &Vocabulary, line: &str) -> Message {
    let mut message = Message::default();
    ctips.read_json(line, false, &Wanted::new(), &mut message).unwrap();
    message
}

#[test]
fn events_are_written_exactly_as_a_wcf_stack_wrote_them() {
    let ctips = shipped("ctips");
    let publish = ctips.find("PublishCTIEvent").unwrap();
    let lines = [
        r#"{"EventType":"AgentStateChange","AgentId":12,"AgentState":"Idle","ServiceIds":[3,4]}"#,
        r#"{"EventType":"CallConnected","AgentId":12,"CallId":7,"CallType":"InboundAcd","ResponseRequired":true,
            "CallInfo":{"ANI":"5551234","DNIS":"800","CallData":null}}"#,
        r#"{"EventType":"RouteRequest","CallId":7,"CallInfo":{"ANI":"5551234","CallData":null},"RouteTimeout":20}"#,
    ];
    for (profile, fixture) in [("edk-2009-08", "ctips-edk-callback.txt"), ("guide", "ctips-guide-callback.txt")] {
        let profile = ctips.profile(profile).unwrap();
        let bodies = captured(fixture);
        for line in lines {
            let message = event(&ctips, line);
            let mut out = Vec::new();
            let template = EventTemplate::new(&ctips, profile, publish, message.kind().unwrap());
            assert_eq!(template.write(&ctips, &message, &mut out), 0);
            let written = String::from_utf8(out).unwrap();
            assert!(bodies.contains(&written), "{fixture} has no\n{written}");
        }
    }
}

#[test]
fn call_data_always_has_twenty_items_where_clients_count_on_it() {
    let ctips = shipped("ctips");
    let publish = ctips.find("PublishCTIEvent").unwrap();
    let count = |profile: &str, line: &str| {
        let message = event(&ctips, line);
        let mut out = Vec::new();
        let profile = ctips.profile(profile).unwrap();
        let cut =
            EventTemplate::new(&ctips, profile, publish, message.kind().unwrap()).write(&ctips, &message, &mut out);
        (String::from_utf8(out).unwrap().matches("<d4p1:CTICallDataItem>").count(), cut)
    };
    let one = r#"{"EventType":"CallEnd","CallData":[{"key":"101","value":"x"}]}"#;
    let many =
        format!(r#"{{"EventType":"CallEnd","CallData":[{}]}}"#, vec![r#"{"key":"k","value":"v"}"#; 23].join(","));
    assert_eq!(count("edk-2009-08", one), (20, 0));
    assert_eq!(count("edk-2009-08", r#"{"EventType":"CallEnd"}"#), (20, 0));
    assert_eq!(count("edk-2009-08", r#"{"EventType":"CallConnected","CallInfo":{"ANI":"1"}}"#), (20, 0));
    assert_eq!(count("edk-2009-08", &many), (20, 3));
    assert_eq!(count("guide", one), (1, 0));
    assert_eq!(count("guide", r#"{"EventType":"CallEnd"}"#), (0, 0));
}

#[test]
fn captured_requests_are_read_whole() {
    let ctips = shipped("ctips");
    for fixture in ["ctips-edk-service.txt", "ctips-guide-service.txt"] {
        let mut seen = Vec::new();
        for body in captured(fixture) {
            let envelope = soap::parse(body.as_bytes(), None).unwrap();
            let Some(kind) = ctips.operation(&envelope.body.name) else { continue };
            let mut message = Message::default();
            let decoded = ctips.read_xml(kind, &envelope.body, &mut message).unwrap();
            assert!(decoded.unknown.is_empty(), "{body}");
            let mut line = Vec::new();
            ctips.write_json(&message, &mut line);
            seen.push(String::from_utf8(line).unwrap());
        }
        let request = |name: &str| seen.iter().find(|line| line.starts_with(&format!("{{\"{name}\""))).unwrap();
        assert!(request("OpenConnection").contains(r#""TenantIds":[1]"#));
        assert!(request("Snapshot").contains(r#""EntityType":["AgentInfo","CallInfo"]"#));
        assert!(request("RouteSelect").contains(r#""RouteDestination":"jdoe","UserData":["a","b"]"#));
        assert!(request("SetAgentState").contains(r#""AgentIdx":12,"NewState":"NotReady""#));
    }
}

#[test]
fn a_request_with_a_wrong_value_says_which() {
    let ctips = shipped("ctips");
    let body = |member: &str| {
        let text = format!("{}<SetAgentState><x>{member}</x></SetAgentState>{}", soap::OPEN, soap::CLOSE);
        let envelope = soap::parse(text.as_bytes(), None).unwrap();
        let kind = ctips.operation("SetAgentState").unwrap();
        ctips.read_xml(kind, &envelope.body, &mut Message::default()).map_err(|wrong| wrong.to_string())
    };
    assert_eq!(body("<NewState>Asleep</NewState>").unwrap_err(), "NewState: \"Asleep\" is not of type CTIAgentState");
    assert_eq!(body("<AgentId>99999999999</AgentId>").unwrap_err(), "AgentIdx: \"99999999999\" is not of type int");
    let observed = Observed { unknown: vec!["Extra".into()], ..Observed::default() };
    assert_eq!(body("<Extra>1</Extra><AgentIdx/>").unwrap().observed().as_deref(), Some(&observed));
}

#[test]
fn the_server_calls_its_client_as_each_profile_has_it() {
    let ctips = shipped("ctips");
    for (profile, fixture) in [("edk-2009-08", "ctips-edk-callback.txt"), ("guide", "ctips-guide-callback.txt")] {
        let profile = ctips.profile(profile).unwrap();
        let bodies = captured(fixture);
        for line in [
            r#"{"StartSession":{"userinfo":{"UserName":"Test01","Password":"Test01"},"sessionId":"S-1"}}"#,
            r#"{"Heartbeat":{"sessionId":"S-1"}}"#,
        ] {
            let message = event(&ctips, line);
            let mut out = Vec::new();
            ObjectTemplate::operation(&ctips, profile, message.kind().unwrap()).write(&ctips, &message, &mut out);
            let written = String::from_utf8(out).unwrap();
            assert!(bodies.contains(&written), "{fixture} has no\n{written}");
        }
    }
}

#[test]
fn requests_are_written_exactly_as_a_wcf_client_wrote_them() {
    let ctips = shipped("ctips");
    for (profile, fixture) in [("edk-2009-08", "ctips-edk-service.txt"), ("guide", "ctips-guide-service.txt")] {
        let profile = ctips.profile(profile).unwrap();
        for body in captured(fixture) {
            let envelope = soap::parse(body.as_bytes(), None).unwrap();
            // Mono writes items of an enumeration in the CLR's default namespace, Microsoft's stack in the type's own.
            let Some(kind) = ctips.operation(&envelope.body.name).filter(|_| envelope.body.name != "Snapshot") else {
                continue;
            };
            let mut message = Message::default();
            ctips.read_xml(kind, &envelope.body, &mut message).unwrap();
            let mut out = Vec::new();
            ObjectTemplate::operation(&ctips, profile, kind).write(&ctips, &message, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), body);
        }
    }
}

#[test]
fn answers_are_written_exactly_as_a_wcf_stack_wrote_them() {
    let ctips = shipped("ctips");
    for (profile, fixture) in [("edk-2009-08", "ctips-edk-service.txt"), ("guide", "ctips-guide-service.txt")] {
        let profile = ctips.profile(profile).unwrap();
        let bodies = captured(fixture);
        let open =
            response(&ctips, profile, ctips.find("OpenConnection").unwrap(), &[("SessionId", "S-1"), ("status", "0")]);
        let online = response(&ctips, profile, ctips.find("OnLine").unwrap(), &[("", "0")]);
        for answer in [open, online] {
            let answer = String::from_utf8(answer).unwrap();
            assert!(bodies.contains(&answer), "{fixture} has no\n{answer}");
        }
    }
}

#[test]
fn the_wsdl_of_each_profile_is_xml_and_names_every_operation_and_event() {
    let ctips = shipped("ctips");
    for profile in &ctips.profiles {
        for contract in [Contract::Service, Contract::Callback] {
            let writer = SchemaWriter { vocabulary: &ctips, profile, contract };
            let text = writer.wsdl("http://127.0.0.1:8730/AgentCallService", Schemas::Inline);
            let root = crate::wire::xml::parse(&text).unwrap();
            let port = root.child("portType").unwrap();
            assert_eq!(port.children.len(), if contract == Contract::Service { 27 } else { 3 });
            let types = &root.child("types").unwrap().children[1];
            let named = |name: &str| types.children.iter().any(|child| child.attribute("name") == Some(name));
            for (kind, def) in ctips.kinds().filter(|(_, def)| def.side == Side::Event) {
                assert!(named(&profile.message_name(&ctips, kind)), "{} has no type", def.label);
            }
            let imported = writer.wsdl("http://x/", Schemas::At("http://x/AgentCallService?"));
            assert!(imported.contains("schemaLocation=\"http://x/AgentCallService?xsd=xsd1\""));
            for name in ["xsd0", "xsd1", "xsd2"] {
                crate::wire::xml::parse(&writer.schema(name, Schemas::At("http://x/")).unwrap()).unwrap();
            }
            assert!(writer.schema("xsd9", Schemas::Inline).is_none());
        }
    }
}

static FEED: LazyLock<Vocabulary> = LazyLock::new(|| shipped("event-feed"));
static CTIPS: LazyLock<Vocabulary> = LazyLock::new(|| shipped("ctips"));

const DELIVERED: &str = r#"{"version":1,"sequence":7,"odd":{"of":["nobody",{"x":"y"}]},"message":"delivered","guid":"g","call-id":900,"call-table":[{"dnis":"800","call-profile":[{"id":101,"value":"Zoe"}],"strange":["z"]}],"alerting-device":"4001","more":"m"}"#;

/// A message with these bytes in the place of a string's content. The message's name stays, and so does the field that
/// holds it.
fn spliced(text: &str, place: usize, bytes: &[u8]) -> Vec<u8> {
    let mut parts: Vec<Vec<u8>> = text.split('"').map(|part| part.as_bytes().to_vec()).collect();
    let inside = (1..parts.len())
        .step_by(2)
        .filter(|at| !matches!(&*parts[*at], b"message" | b"delivered" | b"EventType" | b"CallConnected"));
    let inside: Vec<usize> = inside.collect();
    parts[inside[place % inside.len()]] = bytes.to_vec();
    parts.join(&b'"')
}

/// Bytes that end neither a string nor a frame.
fn odd_bytes() -> impl Strategy<Value = Vec<u8>> {
    let pieces = prop_oneof![
        any::<u8>().prop_map(|byte| vec![byte]),
        Just(br"\ud83d".to_vec()),
        Just(br"\ude00".to_vec()),
        Just(br"\u12".to_vec()),
        Just(br"\x".to_vec()),
        Just("\u{feff}é😀".as_bytes().to_vec()),
    ];
    proptest::collection::vec(pieces, 0..8).prop_map(|pieces| pieces.concat()).prop_filter("it ends nothing", |bytes| {
        let backslashes = bytes.iter().rev().take_while(|byte| **byte == b'\\').count();
        backslashes % 2 == 0 && !bytes.contains(&b'"') && !bytes.contains(&0)
    })
}

proptest! {
    #[test]
    fn whatever_stands_in_a_string_of_a_message_the_message_counts(place in 0..100usize, bytes in odd_bytes()) {
        let connected = r#"{"EventType":"CallConnected","CallId":900,"AgentIdx":13,"ANI":"555","CallInfo":{"CallData":[{"Key":"k","Value":"v"}]},"odd":["x"]}"#;
        for (vocabulary, text, name) in [(&*FEED, DELIVERED, "delivered"), (&*CTIPS, connected, "CallConnected")] {
            let bytes = spliced(text, place, &bytes);
            let (text, _) = tolerant::decode(&bytes);
            let read = read(vocabulary, &text);
            prop_assert!(read.is_ok(), "{text}: {read:?}");
            let (message, _) = read.unwrap();
            prop_assert_eq!(&vocabulary.message(message.kind().unwrap()).label, name);
            prop_assert!(serde_json::from_str::<serde_json::Value>(message.held()).is_ok(), "{}", message.held());
        }
    }
}

#[test]
fn odd_characters_are_replaced_wherever_they_stand() {
    for (bytes, sort) in
        [(&b"Zo\xe9"[..], Sort::Bytes), (br"\ud83d", Sort::Surrogate), (b"\x1f", Sort::Control), (br"\x", Sort::Escape)]
    {
        for place in 0..40 {
            let bytes = spliced(DELIVERED, place, bytes);
            let (text, mut replaced) = tolerant::decode(&bytes);
            let (message, decoded) = read(&FEED, &text).unwrap_or_else(|error| panic!("{text}: {error}"));
            replaced.join(decoded.replaced);
            assert_eq!(replaced, sort.into(), "{text}");
            assert!(message.held().contains('\u{fffd}'), "{text}");
        }
    }
    let number = DELIVERED.replace("900", "\"9\\x\"");
    let (message, _) = read(&FEED, &number).unwrap();
    assert_eq!(field(&FEED, &message, "call-id"), "9\u{fffd}", "an id may be a text");
}
