//! MiCC Enterprise told to an application that was written for the event feed, by lines: what each event becomes, in which
//! order, with which ids, devices, numbers and causes.

use std::{collections::BTreeSet, sync::LazyLock};

use cti_bridge::{
    diagnostic::Problems, dialect::Registry, mapping::Mappings, shipped::Files, sim::ccas::logons,
    translate::Translator,
};
use serde_json::Value;

mod agents;
mod calls;
mod joins;
mod offers;
mod passing;
mod sessions;
#[path = "../stories/mod.rs"]
mod stories;

use stories::{Story, short};

static MAPPINGS: LazyLock<Mappings> = LazyLock::new(|| {
    let mut problems = Problems::default();
    let mappings = Mappings::load(&Files::built_in(), &mut problems);
    assert!(problems.is_empty(), "{}", problems.render());
    mappings
});

fn translator(from: &str) -> Translator {
    Translator::new(&MAPPINGS, &Registry::shipped(), from, "event-feed").unwrap()
}

/// What the lines come to; the end of input included.
fn translate(from: &str, lines: &[Value]) -> Vec<Value> {
    let mut translator = translator(from);
    let mut told = Vec::new();
    let mut out = |line: &[u8]| told.push(serde_json::from_slice(line).unwrap());
    for line in lines {
        translator.line(&line.to_string(), &mut out).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
    translator.finish(&mut out);
    assert_eq!(translator.notices().next(), None);
    told
}

/// Messages about agents and calls, in short.
fn shown(told: &[Value]) -> Vec<String> {
    told.iter().map(short).filter(|message| !message.starts_with("entity")).collect()
}

const LOGONS: [&str; 4] = ["agent-login a40 !12", "agent-idle a40", "agent-login a41 !12", "agent-idle a41"];

/// What is told of a story, which is what it says, and to the letter what the feed's reference has.
#[track_caller]
fn played(story: &Story) -> Vec<Value> {
    let told = translate("ccas", &[logons(), story.lines.clone()].concat());
    let expected: Vec<String> = LOGONS.map(str::to_owned).into_iter().chain(story.told.iter().cloned()).collect();
    assert_eq!(shown(&told), expected, "{}", story.name);
    told.iter().for_each(as_referenced);
    told
}

/// The same story with two neighbouring events in the other order: CCAS tells agents one after the other.
fn swapped(mut story: Story, first: usize) -> Story {
    story.lines.swap(first, first + 1);
    story
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
    all_of(told, name).next().unwrap_or_else(|| panic!("no {name} in {:#?}", shown(told)))
}

fn all_of<'t>(told: &'t [Value], name: &str) -> impl Iterator<Item = &'t Value> {
    told.iter().filter(move |message| message["message"] == name)
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
