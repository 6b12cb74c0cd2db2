//! Sessions of other media than voice at a CCAS, and what a feed's application hears of them: played by lines, and over
//! sockets. Agents 40 and 41 are logged on, and nothing else has happened.

use cti_bridge::sim::{
    ccas::{at, clerical_ended, event},
    messages::all,
};
use serde_json::{Value, json};

use super::story::Story;

/// How CCAS tells of the sessions of a medium, and the feed's codes for it.
pub struct Medium {
    pub name: &'static str,
    id: &'static str,
    handling: i64,
    done: i64,
    forward: i64,
    redirect: i64,
    reject: i64,
    media: i64,
    call_type: i64,
    /// The cause of its end.
    over: &'static str,
}

/// What ends in an answer, and what does not, are two for e-mails alone; short messages share the e-mails' events. For open
/// media the guide has no codes.
pub const MEDIA: [Medium; 5] = [
    medium("e-mail", "MessageID", [62, 22, 23, 60, 20], [3, 3], " !33"),
    medium("deleted e-mail", "MessageID", [62, 21, 23, 60, 20], [3, 3], " !34"),
    medium("short message", "MessageID", [63, 22, 23, 60, 20], [0, 0], " !33"),
    medium("chat", "SessionID", [56, 57, 65, 61, 55], [2, 2], ""),
    medium("open media", "SessionID", [50, 51, 66, 64, 49], [0, 0], ""),
];

const fn medium(
    name: &'static str,
    id: &'static str,
    [handling, done, forward, redirect, reject]: [i64; 5],
    [media, call_type]: [i64; 2],
    over: &'static str,
) -> Medium {
    Medium { name, id, handling, done, forward, redirect, reject, media, call_type, over }
}

/// Events a second apart.
fn story(name: impl Into<String>, events: Vec<Value>, told: Vec<String>) -> Story {
    let lines = events.into_iter().zip(60..).map(|(event, second)| at(second, event)).collect();
    Story { name: name.into(), lines, told }
}

impl Medium {
    fn event(&self, ty: i64, agent: i64, extra: Value) -> Value {
        event(ty, agent, all(&[json!({ self.id: 5 }), extra]))
    }

    fn handled_by(&self, agent: i64) -> Value {
        self.event(self.handling, agent, json!({}))
    }

    fn done_by(&self, agent: i64, clerical: i64) -> Value {
        self.event(self.done, agent, json!({ "ClericalFlag": clerical }))
    }

    /// What is told from the handling on, until an agent begins to work after it or is free.
    fn handling_told(&self, agent: i64) -> Vec<String> {
        let Medium { media, call_type, .. } = self;
        vec![
            format!("established 5 a{agent}/40{agent} < ? {media}/{call_type}"),
            format!("agent-on-call 5 a{agent} type {call_type}"),
        ]
    }

    /// Agent 40 passes it on.
    fn passed_on_told(&self, to: &str) -> Vec<String> {
        let Medium { media, call_type, .. } = self;
        vec![
            format!("diverted 5 a40/4040 > {to} !10 {media}/{call_type}"),
            format!("conn-cleared 5 a40/4040 {media}/{call_type}"),
        ]
    }

    fn free_told(&self) -> Vec<String> {
        vec![format!("no-wrap 5 a40 {}/{}", self.media, self.call_type), "agent-idle a40".to_owned()]
    }

    /// Agent 41 takes it and is done.
    fn taken_told(&self) -> Vec<String> {
        let Medium { media, call_type, over, .. } = self;
        let mut told = self.handling_told(41);
        told.extend([
            format!("conn-cleared 5 a41/4041{over} {media}/{call_type}"),
            format!("call-cleared 5{over} {media}/{call_type}"),
            format!("no-wrap 5 a41 {media}/{call_type}"),
            "agent-idle a41".to_owned(),
        ]);
        told
    }
}

/// An agent handles it, and works after it: of no call, says CCAS.
pub fn handled(medium: &Medium) -> Story {
    let Medium { media, call_type, over, .. } = medium;
    let events = vec![medium.handled_by(40), medium.done_by(40, 1), clerical_ended(40, 0)];
    let mut told = medium.handling_told(40);
    told.extend([
        format!("conn-cleared 5 a40/4040{over} {media}/{call_type}"),
        format!("agent-wrap 5 a40 media {media}"),
        format!("call-cleared 5{over} {media}/{call_type}"),
        format!("wrap-ended 5 a40 !14 {media}/{call_type}"),
        "agent-idle a40".to_owned(),
    ]);
    story(medium.name, events, told)
}

/// To group 12, of which agent 41 is.
pub fn forwarded(medium: &Medium) -> Story {
    let Medium { media, call_type, .. } = medium;
    let events = vec![
        medium.handled_by(40),
        medium.event(medium.forward, 40, json!({ "ServiceGroupID": 12 })),
        event(3, 40, json!({})),
        medium.handled_by(41),
        medium.done_by(41, 0),
    ];
    let waits = |what: &str| format!("{what} 5 g12 {media}/{call_type}");
    let told = [
        medium.handling_told(40),
        medium.passed_on_told("g12"),
        vec![waits("queued")],
        medium.free_told(),
        vec![waits("dequeued")],
        medium.taken_told(),
    ];
    story(format!("{} to another group", medium.name), events, told.concat())
}

fn redirected_events(medium: &Medium, then: &[Value]) -> Vec<Value> {
    let redirect = medium.event(medium.redirect, 40, json!({ "ToRecID": 41, "ServiceGroupID": 9 }));
    [vec![medium.handled_by(40), redirect, event(3, 40, json!({}))], then.to_vec()].concat()
}

fn redirected_told(medium: &Medium) -> Vec<String> {
    let alerts = format!("delivered 5 a41/4041 < ? {}/{}", medium.media, medium.call_type);
    [medium.handling_told(40), medium.passed_on_told("a41/4041"), vec![alerts], medium.free_told()].concat()
}

/// To agent 41.
pub fn redirected(medium: &Medium) -> Story {
    let events = redirected_events(medium, &[medium.handled_by(41), medium.done_by(41, 0)]);
    let told = [redirected_told(medium), medium.taken_told()].concat();
    story(format!("{} to another agent", medium.name), events, told)
}

/// To agent 41, who lets it ring, and is not ready then; agent 40 takes it back.
pub fn redirected_in_vain(medium: &Medium) -> Story {
    let Medium { media, call_type, over, .. } = medium;
    let reject = medium.event(medium.reject, 41, json!({ "Cause": "Ring Timeout" }));
    let then = [reject, event(4, 41, json!({ "ReasonID": -1 })), medium.handled_by(40), medium.done_by(40, 0)];
    let mut told = redirected_told(medium);
    told.extend([format!("conn-cleared 5 a41/4041 !8 {media}/{call_type}"), "agent-release a41".to_owned()]);
    told.extend(medium.handling_told(40));
    told.extend([
        format!("conn-cleared 5 a40/4040{over} {media}/{call_type}"),
        format!("call-cleared 5{over} {media}/{call_type}"),
    ]);
    told.extend(medium.free_told());
    story(format!("{} to an agent who is away", medium.name), redirected_events(medium, &then), told)
}
