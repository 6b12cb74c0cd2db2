//! Plays a story's lines. Without sessions they go through `translate`; with sessions, through a bridge on a virtual
//! clock whose conversations are those of `run`.

use cti_bridge::time::{Time, parse_utc};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::{
    translator,
    virtual_bridge::{Told, VirtualBridge},
};

/// The complete output of a story, one message per line.
pub fn play(from: &str, to: &str, input: &[u8]) -> String {
    let lines = input.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    let told = match std::str::from_utf8(input) {
        Ok(text) if text.lines().any(|line| direction(line).is_some_and(|one| one.session.is_some())) => {
            with_sessions(from, to, text)
        }
        Ok(_) | Err(_) => translated(from, to, lines),
    };
    told.into_iter().map(|line| line + "\n").collect()
}

fn translated<'l>(from: &str, to: &str, lines: impl Iterator<Item = &'l [u8]>) -> Vec<String> {
    let mut translator = translator(from, to);
    let mut told = Vec::new();
    for line in lines {
        let taken = translator.bytes(line, &mut |line| told.push(String::from_utf8_lossy(line).into_owned()));
        let notices = translator.notices().chain(taken.err());
        told.extend(notices.map(|notice| json!({ "notice": notice }).to_string()));
    }
    translator.finish(&mut |line| told.push(String::from_utf8_lossy(line).into_owned()));
    told.extend(translator.notices().map(|notice| json!({ "notice": notice }).to_string()));
    told
}

/// A line that is no message: from `at` on, a link is lost or back, a session opens, or one asks.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Direction {
    at: String,
    session: Option<String>,
    link: Option<Link>,
    request: Option<Value>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Link {
    Down,
    Up,
}

fn direction(line: &str) -> Option<Direction> {
    serde_json::from_str(line).ok()
}

fn with_sessions(from: &str, to: &str, text: &str) -> Vec<String> {
    let mut bridge = VirtualBridge::new(&[from], &[to]);
    let mut begun = None;
    let mut told = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let direction = direction(line);
        let moment = moment(line, direction.as_ref());
        let start = *begun.get_or_insert_with(|| {
            let start = moment.unwrap_or_else(|| panic!("the first line has no time: {line}"));
            bridge.set_epoch(start);
            bridge.connect(0);
            start
        });
        if let Some(moment) = moment {
            bridge.pass_until(Time(moment.saturating_sub(start)));
        }
        match direction {
            Some(direction) => direct(&mut bridge, direction),
            None => bridge.say(0, line),
        }
        told.extend(bridge.told().iter().map(said));
    }
    told
}

fn moment(line: &str, direction: Option<&Direction>) -> Option<u64> {
    let message: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let own = ["gmt", "at", "timestamp"].iter().find_map(|key| message[*key].as_str());
    let text = direction.map(|direction| direction.at.as_str()).or(own)?;
    Some(parse_utc(text).unwrap_or_else(|| panic!("{text:?} is no time: {line}")))
}

fn direct(bridge: &mut VirtualBridge, direction: Direction) {
    match (direction.session, direction.link, direction.request) {
        (None, Some(Link::Down), None) => bridge.lose(0),
        (None, Some(Link::Up), None) => bridge.connect(0),
        (None, None, None) => {}
        (None, _, Some(request)) => panic!("where there are sessions, one of them asks: {request}"),
        (Some(name), Some(Link::Down), None) => bridge.close(&name),
        (Some(name), Some(_), _) => panic!("session {name} is opened by a line of its own, without \"link\""),
        (Some(name), None, request) => {
            if !bridge.has(&name) {
                bridge.open(0, &name);
            }
            if let Some(request) = request {
                bridge.ask(&name, &request);
            }
        }
    }
}

/// What came out, as a line.
fn said(told: &Told) -> String {
    match told {
        Told::Session { name, message } => format!("{{\"session\":{},\"told\":{message}}}", json!(name)),
        Told::Over { name } => json!({ "session": name, "told": "the connection is closed" }).to_string(),
        Told::Platform { order, .. } => format!("{{\"asked\":{order}}}"),
    }
}
