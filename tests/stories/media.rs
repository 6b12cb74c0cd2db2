//! Sessions of other media than voice, which are calls to the feed: e-mails, short messages, chats, open media. Also
//! what holds for everything that the feed's applications are told of a CCAS.

use std::collections::BTreeSet;

use cti_bridge::sim::ccas::logons;
use serde_json::{Value, json};

use crate::support::{
    media::{self, MEDIA, Medium},
    run,
    story::{self, Story, shown},
    translator,
};

const LOGONS: [&str; 4] = ["agent-login a40 !12", "agent-idle a40", "agent-login a41 !12", "agent-idle a41"];

/// What is told of a story, which is what it says, and to the letter what the feed's reference has.
#[track_caller]
fn played(story: &Story) -> Vec<Value> {
    let mut translator = translator("ccas", "event-feed");
    let told = run(&mut translator, &[logons(), story.lines.clone()].concat());
    assert_eq!(translator.notices().next(), None, "{}", story.name);
    let expected: Vec<String> = LOGONS.map(str::to_owned).into_iter().chain(story.told.iter().cloned()).collect();
    assert_eq!(shown(&told), expected, "{}", story.name);
    told.iter().for_each(as_referenced);
    told
}

#[test]
fn a_session_is_a_call_with_the_media_and_call_type_of_its_medium() {
    for medium in &MEDIA {
        let told = played(&media::handled(medium));
        let established = find(&told, "established");
        assert_eq!(established["call-id"], 5, "the number of the session itself");
        assert_eq!((profile(established, 2), profile(established, 7)), (None, None), "{}", medium.name);
        is_one_call(&told);
    }
}

#[test]
fn a_forwarded_session_waits_at_the_group() {
    for medium in &MEDIA {
        let told = played(&media::forwarded(medium));
        let diverted = find(&told, "diverted");
        assert_eq!((&diverted["divert-to-device-id"], &diverted["divert-to-device-type"]), (&json!(0), &json!(0)));
        let queued = find(&told, "queued");
        assert_eq!((group(queued), profile(queued, 8)), ((4, 12), Some("10:01:01")), "{}", medium.name);
        is_one_call(&told);
    }
}

#[test]
fn a_redirected_session_alerts_at_the_agent_and_may_be_rejected() {
    let each = |story: fn(&Medium) -> Story| {
        for medium in &MEDIA {
            is_one_call(&played(&story(medium)));
        }
    };
    each(media::redirected);
    each(media::redirected_in_vain);
}

#[test]
fn every_message_about_a_ccas_is_as_the_feeds_reference_has_it() {
    for files in story::all().iter().filter(|files| files.from == "ccas" && files.to == "event-feed") {
        let told = story::told("ccas-to-event-feed", &files.flow);
        told.iter().filter(|message| message["message"].is_string()).for_each(as_referenced);
    }
}

/// What holds for every message, and for every one about a call.
#[track_caller]
fn as_referenced(message: &Value) {
    assert_eq!((&message["version"], &message["topic"]), (&1.into(), &"contact-center".into()), "{message}");
    if let Some(gmt) = message.get("gmt") {
        assert_eq!(*gmt, message["timestamp"], "{message}");
    }
    assert!(message.get("cause").is_none_or(Value::is_i64), "{message}");
    if message.get("call-table").is_some() {
        let names = (profile(message, 42), profile(message, 37));
        let pbx = message["pbx-call-id"].to_string();
        assert_eq!(names, (message["guid"].as_str(), Some(pbx.as_str())), "{message}");
        assert_eq!(message["guid"].as_str().map(str::len), Some(36), "{message}");
        assert_eq!(message["call-table"].as_array().map(Vec::len), Some(1), "{message}");
        assert_eq!(message["call-table"][0]["dnis"].as_str().unwrap(), profile(message, 1).unwrap_or_default());
    }
}

/// The first message of this name.
#[track_caller]
fn find<'t>(told: &'t [Value], name: &str) -> &'t Value {
    told.iter().find(|message| message["message"] == name).unwrap_or_else(|| panic!("no {name} in {:#?}", shown(told)))
}

/// All that is told of calls is told of one.
#[track_caller]
fn is_one_call(told: &[Value]) {
    let guids: BTreeSet<&str> = told.iter().filter_map(|message| message["guid"].as_str()).collect();
    assert_eq!(guids.len(), 1, "{guids:?}");
}

/// A field of the profile of a message's call.
fn profile(message: &Value, id: i64) -> Option<&str> {
    let items = message["call-table"][0]["call-profile"].as_array()?;
    items.iter().find(|item| item["id"] == id).map(|item| item["value"].as_str().unwrap())
}

/// The group of a message's call, as type and id.
fn group(message: &Value) -> (i64, i64) {
    let group = &message["call-table"][0]["group"];
    (group["type"].as_i64().unwrap(), group["id"].as_i64().unwrap())
}
