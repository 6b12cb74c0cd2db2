//! Event feed → event feed: ids in the text of a message.

use serde_json::{Value as Json, json};

use super::*;

/// The call of nearly every call-activity message, and its call table. IRNs, regular devices, IVR ports and scripts, DNIS entries,
/// IVR applications, releases and wrap-up codes stay; so does profile 4: the guide does not say which services it counts.
const CALL: &str = "call.id: call-id; call.pbx-id: pbx-call-id; call.guid: guid;";
const TABLE: &str = "group: call-table*.group.id call-table*.call-profile#4.value; agent: call-table*.call-profile#2.value; \
                     call.pbx-id: call-table*.call-profile#3.value; call.guid: call-table*.call-profile#5.value; \
                     agent-queue: call-table*.call-profile#6.value;";
/// The profile entries that the table counts: 1, 4, 19, 37, 38, 42, 43, 46, 101.
const PROFILE: [&str; 8] =
    ["dnis", "service-id", "agent-id", "pbx-call-id", "group-id", "call-guid", "agent-queue-id", "site-id"];
const JOIN: &str = "call.id: secondary-call-id resultant-call-id; call.pbx-id: secondary-pbx-call-id resultant-pbx-call-id; \
                    call.guid: secondary-guid resultant-guid;";
/// One subscription of each type, in the vocabulary's order.
const SUBSCRIPTIONS: &str = "group: subscribe#1.ids* subscribe#2.ids* subscribe#6.ids*; agent-queue: subscribe#3.ids*; \
                             email-queue: subscribe#4.ids*; \
                             agent: subscribe#5.ids* subscribe#9.ids* subscribe#10.ids* subscribe#12.ids*; \
                             call.id: subscribe#13.ids*";

/// Every message; types of device are agents', types of group groups'.
const MESSAGES: &[(&str, &[&str])] = &[
    // Requests and replies.
    ("authenticate", &[]),
    ("authenticate-reply", &[]),
    ("subscribe-events", &[SUBSCRIPTIONS]),
    ("subscribe-events-reply", &[SUBSCRIPTIONS]),
    ("unsubscribe-events", &[SUBSCRIPTIONS]),
    ("unsubscribe-events-reply", &[]),
    ("login", &["agent: agent-id; group: group-id"]),
    ("logout", &["agent: agent-id; group: group-id"]),
    ("release", &["agent: agent-id"]),
    ("resume", &["agent: agent-id"]),
    ("wrapup-code", &["agent: agent-id; call.id: call-id"]),
    ("manual-wrapup", &["agent: agent-id; call.id: call-id"]),
    ("end-wrapup", &["agent: agent-id; call.id: call-id"]),
    ("answer", &["agent: agent-id; call.id: call-id"]),
    ("hangup", &["agent: agent-id; call.id: call-id"]),
    ("command-reply", &[]),
    ("nameless-reply", &[]),
    // Agent activity.
    ("agent-login", &["agent: agent-id; group: groups*.id"]),
    ("agent-logout", &["agent: agent-id"]),
    ("agent-release", &["agent: agent-id"]),
    ("agent-idle", &["agent: agent-id"]),
    // The guide: tapi-call-id is the PBX call id.
    ("agent-wrap", &["agent: agent-id; call.id: call-id; call.pbx-id: tapi-call-id; call.guid: guid"]),
    ("agent-reserved", &["agent: agent-id; group: groups*.id; call.guid: guid"]),
    ("agent-on-call", &[CALL, "agent: agent-id"]),
    // Entities.
    (
        "entity-snapshot",
        &["group: groups*.group-id; agent-queue: agent-queues*.agent-queue-id; \
           email-queue: email-agent-queues*.agent-queue-id; agent: agents*.agent-id"],
    ),
    (
        "entity-update",
        &["group: group-id groups*.group-id; agent-queue: agent-queue-id agent-queues*.agent-queue-id; \
           email-queue: email-agent-queue-id email-agent-queues*.agent-queue-id; agent: agent-id agents*.agent-id"],
    ),
    // Statistics.
    ("group-stats", &["group: group-id"]),
    ("daily-group-stats", &["group: group-id"]),
    ("group-agent-stats", &["group: group-id; agent-queue: agent-queue-id; agent: agents*.agent-id"]),
    ("agent-queue-stats", &["agent: agent-id"]),
    ("email-agent-queue-stats", &["agent: agent-id"]),
    ("dnis-stats", &[]),
    ("daily-dnis-stats", &[]),
    ("agent-need-help", &["agent: agent*.agent-id"]),
    ("daily-agent-stats", &["agent: agent-id; group: current-group-id"]),
    // Call activity.
    ("type-change", &[CALL, TABLE]),
    ("agent-reinsert", &[CALL, TABLE, "agent: agent-id"]),
    ("call-cleared", &[CALL, TABLE, "agent: abandoned-dev-id"]),
    (
        "conferenced",
        &[CALL, TABLE, JOIN, "agent: conferencing-device-id conferenced-device-id conference-to-device-id"],
    ),
    ("conn-cleared", &[CALL, TABLE, "agent: device-out-id"]),
    ("delivered", &[CALL, TABLE, "agent: alerting-device-id calling-device-id"]),
    ("dequeued", &[CALL, TABLE, "group: queued-group-internal-id"]),
    ("diverted", &[CALL, TABLE, "group: divert-to-group-id; agent: divert-to-device-id divert-from-device-id"]),
    ("established", &[CALL, TABLE, "agent: joining-device-id calling-device-id"]),
    ("held", &[CALL, TABLE, "agent: device-id"]),
    ("initiated", &[CALL, TABLE, "group: group-id; agent: device-id"]),
    ("interflowed", &[CALL, TABLE, "agent: destination-internal-id"]),
    ("ivr-app-started", &[CALL, TABLE]),
    ("ivr-app-ended", &[CALL, TABLE]),
    ("to-no-agent-dest", &[CALL, TABLE, "agent: destination-internal-id"]),
    ("no-wrap", &[CALL, TABLE, "agent: agent-id"]),
    ("overflowed", &[CALL, TABLE, "group: overflow-destination-group-internal-id"]),
    ("queued", &[CALL, TABLE, "group: queued-group-internal-id"]),
    ("retrieved", &[CALL, TABLE, "agent: device-id"]),
    ("routed", &[CALL, TABLE, "agent: destination-internal-id"]),
    ("route-request", &[CALL, TABLE]),
    ("state-change", &[CALL, TABLE, "agent: monitoring-device-id monitored-device-id"]),
    ("transferred", &[CALL, TABLE, JOIN, "agent: transferring-device-id transferred-device-id transfer-to-device-id"]),
    ("wrap-ended", &[CALL, TABLE, "agent: agent-id"]),
    ("wrap-code", &[CALL, TABLE, "agent: agent-id"]),
];

fn filled(feed: &Vocabulary, label: &str) -> Message {
    let member = |of: &str, label: &str, place: usize| match (of, label) {
        ("device-type", "type") => Some("group"),
        ("device-type", label) if label.ends_with("group-type") => Some("group"),
        ("device-type", _) => Some("agent"),
        ("profile-id", _) => Some(PROFILE[place]),
        ("subscription-type", _) => {
            let types = ["entity", "group-stats", "daily-group-stats", "agent-queue-stats", "email-agent-queue-stats"];
            let more =
                ["daily-agent-stats", "group-agent-stats", "dnis-stats", "daily-dnis-stats", "agent-login-logout"];
            let last = ["agent-status", "agent-need-help", "agent-activity", "call-activity", "call-routing"];
            [types, more, last].concat().get(place).copied()
        }
        ("entity", _) => Some("agent-queue"),
        _ => None,
    };
    let items = |record: &str| match record {
        "profile" => PROFILE.len(),
        "subscription" => 15,
        _ => 2,
    };
    Filling { vocabulary: feed, items, member, next: 1000 }.message(feed.find(label).unwrap())
}

fn text_of(feed: &Vocabulary, message: &Message) -> String {
    let mut out = Vec::new();
    feed.write_json(message, &mut out);
    String::from_utf8(out).unwrap()
}

fn read_back(feed: &Vocabulary, kind: Kind, text: &str) -> Message {
    let asks = feed.message(kind).side == Side::Request;
    let mut message = Message::default();
    feed.read_json(text, asks, &Wanted::new(), &mut message).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(message.kind(), Some(kind), "{text}");
    message
}

fn spliced(feed: &Vocabulary, kind: Kind, text: &str, renames: &mut dyn Renames, more: &[Replacement]) -> String {
    let mut out = Vec::new();
    feed.rename_json(kind, text, renames, more, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The same with fields that nobody knows at the top and inside, whose names and values look like ids, and with other blanks.
fn with_strangers(text: &str) -> String {
    let mut value: Json = serde_json::from_str(text).unwrap();
    fn add(value: &mut Json) {
        match value {
            Json::Object(members) => {
                members.values_mut().for_each(add);
                members
                    .insert("x-new".into(), json!({"agent-id": 1001, "call-table": [{"group": {"type": 4, "id": 9}}]}));
                members.insert("x-call-id".into(), json!([1001, "1001", 1.50, null]));
            }
            Json::Array(items) => items.iter_mut().for_each(add),
            _ => {}
        }
    }
    add(&mut value);
    serde_json::to_string_pretty(&value).unwrap().replace("1.5,", "1.50,").replace("\": ", "\" :\t")
}

#[test]
fn what_names_something_is_renamed_and_nothing_else() {
    let feed = shipped("event-feed");
    assert_eq!(
        MESSAGES.iter().map(|(label, _)| *label).collect::<Vec<_>>(),
        feed.messages.iter().map(|def| def.label.as_str()).collect::<Vec<_>>()
    );
    for (label, ids) in MESSAGES {
        let message = filled(&feed, label);
        let kind = message.kind().unwrap();
        // A message that has no name of its own would be another one if it said it.
        let text = match *label == "nameless-reply" {
            true => r#"{"request-id":5,"result":-1,"error-msg":"7"}"#.to_owned(),
            false => text_of(&feed, &message),
        };
        for text in [with_strangers(&text), text] {
            assert_eq!(spliced(&feed, kind, &text, &mut Nothing, &[]), text);
            let before = values(&feed, &read_back(&feed, kind, &text));
            let other = spliced(&feed, kind, &text, &mut Adding(sorts(&feed)), &[]);
            let after = values(&feed, &read_back(&feed, kind, &other));
            assert_eq!(renamed(&feed, &before, &after), row(ids), "{label}: {other}");
            // Blanks and the forms of numbers stay, and so do the fields that nobody knows.
            let form = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "");
            assert_eq!(form(&other), form(&text));
            assert_eq!(other.matches("1.50").count(), text.matches("1.50").count());
            assert_eq!(
                strangers(&serde_json::from_str(&other).unwrap()),
                strangers(&serde_json::from_str(&text).unwrap())
            );
            // The message itself becomes the same.
            let mut message = read_back(&feed, kind, &text);
            feed.rename(&mut message, &mut Adding(sorts(&feed)));
            assert_eq!(values(&feed, &message), after);
            assert_eq!(feed.names_anything(kind), !ids.is_empty(), "{label}");
        }
    }
}

/// The values of all fields that nobody knows.
fn strangers(value: &Json) -> Vec<Json> {
    match value {
        Json::Object(members) => {
            let of = |(label, value): (&String, &Json)| match label.starts_with("x-") {
                true => vec![value.clone()],
                false => strangers(value),
            };
            members.iter().flat_map(of).collect()
        }
        Json::Array(items) => items.iter().flat_map(strangers).collect(),
        _ => Vec::new(),
    }
}

/// The guide's templates, as the fixtures have them: text and message are renamed alike, and back.
#[test]
fn the_templates_of_the_guide_are_renamed_there_and_back() {
    let feed = shipped("event-feed");
    let templates: Vec<Json> =
        serde_json::from_str(include_str!("../../../../tests/fixtures/feed-templates.json")).unwrap();
    assert!(templates.len() > 30);
    struct Back(Adding);
    impl Renames for Back {
        fn rename(&mut self, thing: Thing, id: Id<'_>) -> Option<NativeId> {
            let (_, _, more) = self.0.0.iter().find(|(_, known, _)| *known == thing)?;
            Some(NativeId::Int(id.as_int()? - more))
        }
    }
    for template in templates {
        let text = template["given"].to_string();
        let mut message = Message::default();
        feed.read_json(&text, false, &Wanted::new(), &mut message).unwrap();
        let kind = message.kind().unwrap();
        let there = spliced(&feed, kind, &text, &mut Adding(sorts(&feed)), &[]);
        feed.rename(&mut message, &mut Adding(sorts(&feed)));
        assert_eq!(values(&feed, &read_back(&feed, kind, &there)), values(&feed, &message));
        assert_eq!(spliced(&feed, kind, &there, &mut Back(Adding(sorts(&feed))), &[]), text);
    }
}

#[test]
fn the_kind_of_a_device_decides_what_its_id_is() {
    let feed = shipped("event-feed");
    let kind = feed.find("routed").unwrap();
    let renamed = |ty: &str| {
        let text = format!(r#"{{"message":"routed","destination-internal-id":7,"destination-type":{ty}}}"#);
        let message = read_back(&feed, kind, &spliced(&feed, kind, &text, &mut Adding(sorts(&feed)), &[]));
        let found = field(&feed, &message, "destination-internal-id");
        let more = found.trim_matches(|c: char| !c.is_ascii_digit()).parse::<i64>().unwrap() - 7;
        sorts(&feed).into_iter().find(|(_, _, known)| *known == more).map(|(sort, ..)| sort)
    };
    let expected = [
        (0, ""),
        (1, ""),
        (2, "service-device"),
        (3, "agent"),
        (4, "group"),
        (5, ""),
        (6, ""),
        (22, "agent-queue"),
        (23, "agent-queue"),
        (24, ""),
        (25, "email-queue"),
        (26, "email-queue"),
        (99, ""),
    ];
    for (code, sort) in expected {
        assert_eq!(renamed(&code.to_string()).unwrap_or_default(), sort, "{code}");
        assert_eq!(renamed(&format!("\"{code}\"")).unwrap_or_default(), sort, "{code} in quotes");
    }
    assert_eq!(renamed("null"), None);
}

#[test]
fn which_queues_a_list_has_the_filter_or_the_sub_topic_tells() {
    let feed = shipped("event-feed");
    let kind = feed.find("entity-snapshot").unwrap();
    let queue = |more: &str| {
        let text = format!(r#"{{"message":"entity-snapshot","agent-queues":[{{"agent-queue-id":"7"}}]{more}}}"#);
        let adding = sorts(&feed);
        let out = spliced(&feed, kind, &text, &mut Adding(adding.clone()), &[]);
        let found = adding.iter().find(|(_, _, more)| out.contains(&format!("\"{}\"", more + 7)));
        found.map(|(sort, ..)| sort.clone()).unwrap()
    };
    assert_eq!(queue(""), "agent-queue");
    assert_eq!(queue(r#","filter":"agent-queue""#), "agent-queue");
    assert_eq!(queue(r#","filter":"email agent queue""#), "email-queue");
    assert_eq!(queue(r#","sub-topic":"email-agent-queue-update""#), "email-queue");
    assert_eq!(queue(r#","sub-topic":"agent-queue-update""#), "agent-queue");
}

#[test]
fn values_of_the_conversation_are_replaced_by_role_or_put_at_the_front() {
    let feed = shipped("event-feed");
    let kind = feed.find("agent-idle").unwrap();
    let sequence = |value, insert| [Replacement { role: Role::Sequence, value: Id::Int(value), insert }];
    let with = |text: &str, more: &[Replacement]| spliced(&feed, kind, text, &mut Nothing, more);
    assert_eq!(with(r#"{ "sequence" : 7 ,"x":1}"#, &sequence(0, true)), r#"{ "sequence" : 0 ,"x":1}"#);
    assert_eq!(with(r#"{"sequence":"7"}"#, &sequence(8, true)), r#"{"sequence":"8"}"#);
    assert_eq!(with(r#"{ "x":1}"#, &sequence(8, true)), r#"{"sequence":8, "x":1}"#);
    assert_eq!(with("{}", &sequence(8, true)), r#"{"sequence":8}"#);
    assert_eq!(with("{}", &sequence(8, false)), "{}");
    assert_eq!(with(r#"{"x":{"sequence":7}}"#, &sequence(8, false)), r#"{"x":{"sequence":7}}"#);

    let kind = feed.find("answer").unwrap();
    let text = r#"{"request-id":"abc","message":"command","agent-id":1001,"call-id":"900"}"#;
    let request = Replacement { role: Role::Request, value: Id::Int(12), insert: true };
    let out = spliced(&feed, kind, text, &mut Nothing, &[request, Replacement { role: Role::Tenant, ..request }]);
    assert_eq!(out, text.replace("abc", "12"), "there is no tenant here");
    let text = Replacement { value: Id::Text("a\"b"), ..request };
    let out = spliced(&feed, kind, r#"{"request-id":5}"#, &mut Nothing, &[text]);
    assert_eq!(out, r#"{"request-id":"a\"b"}"#);
    let mut out = Vec::new();
    assert!(feed.rename_json(kind, "[]", &mut Nothing, &[request], &mut out).is_err());
    assert_eq!(out, b"");
}

#[test]
fn an_id_stays_in_its_form_and_what_is_none_is_left_alone() {
    let feed = shipped("event-feed");
    let kind = feed.find("held").unwrap();
    let with = |text: &str| spliced(&feed, kind, text, &mut Adding(sorts(&feed)), &[]);
    let id = sorts(&feed).iter().find(|(name, ..)| name == "call.id").unwrap().2;
    assert_eq!(with(r#"{"call-id":7}"#), format!(r#"{{"call-id":{}}}"#, id + 7));
    assert_eq!(with(r#"{"c\u0061ll-id" : "7" }"#), format!(r#"{{"c\u0061ll-id" : "{}" }}"#, id + 7));
    assert_eq!(with(r#"{"call-id":7.0}"#), format!(r#"{{"call-id":{}}}"#, id + 7));
    // Twice the same key: the last one counts, and both are renamed. What follows may tell what it is.
    let agent = sorts(&feed).iter().find(|(name, ..)| name == "agent").unwrap().2;
    assert_eq!(
        with(r#"{"device-type":4,"device-id":1,"device-id":2,"device-type":3}"#),
        format!(r#"{{"device-type":4,"device-id":{},"device-id":{},"device-type":3}}"#, agent + 1, agent + 2)
    );
    for same in [
        r#"{"call-id":0,"pbx-call-id":-1,"guid":""}"#,
        r#"{"call-id":null,"pbx-call-id":true,"guid":[7],"device-id":{"a":1},"device-type":3}"#,
        r#"{"call-id":"0049","call-table":7}"#,
        r#"{"call-table":[[1],{"group":[4,9]}]}"#,
        "[1]",
    ] {
        assert_eq!(with(same), same);
    }
    let subscribe = feed.find("subscribe-events").unwrap();
    let all = r#"{"subscribe":[["ecc","agent-activity",["*"]],["ecc","entity",["agent"]],["ecc"],[]]}"#;
    assert_eq!(spliced(&feed, subscribe, all, &mut Adding(sorts(&feed)), &[]), all);
    let named = r#"{"subscribe":[{"type":"agent-activity","ids":[7,"8"]}]}"#;
    assert_eq!(
        spliced(&feed, subscribe, named, &mut Adding(sorts(&feed)), &[]),
        format!(r#"{{"subscribe":[{{"type":"agent-activity","ids":[{},"{}"]}}]}}"#, agent + 7, agent + 8)
    );
    let mut out = b"x".to_vec();
    assert!(feed.rename_json(kind, r#"{"call-id":7"#, &mut Nothing, &[], &mut out).is_err());
    assert_eq!(out, b"x", "nothing is written of what is no JSON");
}
