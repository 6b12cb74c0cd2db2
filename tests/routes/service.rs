//! An Open Media Service as the bridge sees it, without its sockets: it does what it is asked, or what the story wants.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use cti_bridge::{
    message::Message,
    port::{Post, PostOutcome},
    vocabulary::{self, ObjectTemplate, Vocabulary, Wanted},
    wire::soap::{self, Blame},
};
use serde_json::{Value, json};

/// What the service does with the next AddRequest.
#[derive(Debug, Clone, PartialEq)]
pub enum Mood {
    Accept,
    Refuse(&'static str),
    Fault(&'static str, &'static str),
    /// It is done, and the answer is lost.
    Lost(&'static str),
    /// Nothing reaches it, whatever is asked.
    Away(&'static str),
    /// The same, because too much else waits to be posted.
    Crowded(&'static str),
    /// It lets the bridge's user do nothing.
    Stranger,
    /// Something that is no SOAP service answers.
    Html(u16),
    /// The answer waits until the story lets it go.
    Hold,
    /// What it is asked about a single request, or to cancel, it does not answer.
    Silent,
    /// What it is asked about a single request is answered once the story lets the answers go.
    Slow,
}

pub struct Service {
    vocabulary: Arc<Vocabulary>,
    pub mood: Mood,
    next: i64,
    /// Its history: number, status, agent's record id and log-on id, by its clock.
    events: Vec<(i64, &'static str, i64, String)>,
    latest: BTreeMap<i64, usize>,
    /// What it was asked, in words; polls apart.
    pub asked: Vec<String>,
    pub polls: Vec<String>,
    /// The AddRequests as JSON.
    pub added: Vec<Value>,
    held: Vec<(u64, Bytes)>,
    /// How its answers are written, by operation.
    replies: BTreeMap<&'static str, ObjectTemplate>,
    /// Who logged on.
    pub users: Vec<Vec<String>>,
}

impl Service {
    pub fn new(vocabulary: Arc<Vocabulary>) -> Service {
        let profile = vocabulary.profile("open-media").unwrap();
        let reply = |operation| {
            let request = vocabulary.find(operation).unwrap();
            (operation, ObjectTemplate::reply(&vocabulary, profile, request).unwrap())
        };
        let operations = [
            "AddRequest",
            "CancelRequest",
            "GetOpenMediaRequestStatusByID",
            "GetOpenMediaRequestsByTime",
            "GetAllOpenMediaServiceGroupStatus",
        ];
        Service {
            replies: operations.into_iter().map(reply).collect(),
            vocabulary,
            mood: Mood::Accept,
            next: 1000,
            events: Vec::new(),
            latest: BTreeMap::new(),
            asked: Vec::new(),
            polls: Vec::new(),
            added: Vec::new(),
            held: Vec::new(),
            users: Vec::new(),
        }
    }

    /// Something happens to a request.
    pub fn happens(&mut self, id: i64, status: &'static str, agent: i64, login: &str) {
        self.latest.insert(id, self.events.len());
        self.events.push((id, status, agent, login.to_owned()));
    }

    /// What is over is remembered no more; the clock goes on.
    pub fn forget_the_past(&mut self) {
        let live = self.live();
        self.latest.retain(|id, _| live.contains(id));
        (self.asked, self.users) = (Vec::new(), Vec::new());
    }

    /// All requests are forgotten, the numbers begin anew.
    pub fn restart(&mut self) {
        self.events.clear();
        self.latest.clear();
        self.next = 5000;
    }

    /// The answers that were held back.
    pub fn let_go(&mut self) -> Vec<(u64, PostOutcome)> {
        if self.mood == Mood::Hold {
            self.mood = Mood::Accept;
        }
        self.held.drain(..).map(|(token, body)| (token, answer(body))).collect()
    }

    fn status(&self, id: i64) -> Option<(&'static str, i64, String)> {
        let (_, status, agent, login) = &self.events[*self.latest.get(&id)?];
        Some((status, *agent, login.clone()))
    }

    /// Those who have it still.
    pub fn live(&self) -> Vec<i64> {
        let ended = |id: &i64| matches!(self.status(*id), Some(("Complete" | "Failed" | "Cancelled", ..)));
        self.latest.keys().copied().filter(|id| !ended(id)).collect()
    }

    fn stamp(&self) -> String {
        format!("2026-11-20T10:27:44.{:06}Z", self.events.len())
    }

    /// What becomes of a post; none where the answer is held back.
    pub fn post(&mut self, post: &Post) -> Option<PostOutcome> {
        if let Mood::Away(reason) = self.mood {
            return Some(PostOutcome::NotSent(reason.into()));
        }
        if let Mood::Crowded(reason) = self.mood {
            return Some(PostOutcome::Crowded(reason.into()));
        }
        if self.mood == Mood::Stranger {
            return Some(answer(self.fault("InvalidUserFault", "bad user")));
        }
        let envelope = soap::parse(&post.body, None).unwrap();
        self.users.push(envelope.headers.iter().map(|header| header.text.clone()).collect());
        let kind = self.vocabulary.operation(&envelope.body.name).unwrap();
        let label = self.vocabulary.message(kind).label.clone();
        assert_eq!(&*post.action, format!("http://tempuri.org/IOpenMediaService/{label}"));
        let mut message = Message::default();
        self.vocabulary.read_xml(kind, &envelope.body, &mut message).unwrap();
        let mut line = Vec::new();
        self.vocabulary.write_json(&message, &mut line);
        let request: Value = serde_json::from_slice(&line).unwrap();
        let request = &request[&label];
        let body = match label.as_str() {
            "AddRequest" => {
                self.asked.push("add".into());
                self.added.push(request.clone());
                return self.add(post.token);
            }
            "CancelRequest" if self.mood == Mood::Silent => return None,
            "CancelRequest" => self.cancel(request),
            "GetOpenMediaRequestStatusByID" => {
                let id = request["openMediaID"].as_i64().unwrap();
                self.asked.push(format!("look-up {id}"));
                if self.mood == Mood::Silent {
                    return None;
                }
                let body = match self.status(id) {
                    Some((status, agent, login)) => {
                        let item = json!({ "ID": id, "Status": status, "AgentID": agent, "LogonID": login });
                        self.reply(&label, json!({ "TimeStamp": self.stamp(), "OpenMediaRequests": [item] }))
                    }
                    None => self.fault("InvalidOpenMediaIDFault", "no such request"),
                };
                if self.mood == Mood::Slow {
                    self.held.push((post.token, body));
                    return None;
                }
                body
            }
            "GetOpenMediaRequestsByTime" => {
                let since = request["retrieveLaterThan"].as_str().unwrap();
                self.polls.push(since.to_owned());
                let since: usize = since[20..26].parse().unwrap();
                let items = self.events[since.min(self.events.len())..].iter().map(|(id, status, agent, login)| {
                    json!({ "ID": id, "Status": status, "AgentID": agent, "LogonID": login })
                });
                let items: Vec<Value> = items.collect();
                self.reply(&label, json!({ "TimeStamp": self.stamp(), "OpenMediaRequests": items }))
            }
            "GetAllOpenMediaServiceGroupStatus" => self.reply(&label, json!({ "Status": [] })),
            other => panic!("{other} was asked for"),
        };
        Some(answer(body))
    }

    fn add(&mut self, token: u64) -> Option<PostOutcome> {
        let mood = self.mood.clone();
        let done = matches!(mood, Mood::Accept | Mood::Lost(_) | Mood::Hold | Mood::Silent | Mood::Slow);
        if done {
            self.next += 1;
            self.happens(self.next, "Queued", 0, "");
        }
        let accepted = json!({ "RequestStatus": "Success", "OpenMediaID": self.next, "QueuePosition": 1, "EWT": 5 });
        Some(match mood {
            Mood::Accept | Mood::Silent | Mood::Slow => answer(self.reply("AddRequest", accepted)),
            Mood::Refuse(status) => answer(self.reply("AddRequest", json!({ "RequestStatus": status }))),
            Mood::Fault(name, text) => answer(self.fault(name, text)),
            Mood::Lost(reason) => PostOutcome::Unknown(reason.into()),
            Mood::Html(status) => PostOutcome::Answer { status, charset: None, body: Bytes::from_static(b"<html/>") },
            Mood::Hold => {
                let body = self.reply("AddRequest", accepted);
                self.held.push((token, body));
                return None;
            }
            Mood::Away(_) | Mood::Crowded(_) | Mood::Stranger => unreachable!("nothing comes here"),
        })
    }

    fn cancel(&mut self, request: &Value) -> Bytes {
        let id = request["OpenMediaID"].as_i64().unwrap();
        let if_allocated = request["CancelIfAllocated"].as_bool().unwrap();
        assert_eq!(request["DoNotReport"], false);
        self.asked.push(format!("cancel {id}{}", if if_allocated { " though allocated" } else { "" }));
        match self.status(id) {
            None => self.fault("InvalidOpenMediaIDFault", "no such request"),
            Some(("Complete" | "Failed" | "Cancelled", ..)) => {
                self.fault("OpenMediaRequestTerminatedFault", "terminated already")
            }
            Some(("Allocated" | "Handling", ..)) if !if_allocated => {
                self.reply("CancelRequest", json!({ "Result": false }))
            }
            Some(_) => {
                self.happens(id, "Cancelled", 0, "");
                self.reply("CancelRequest", json!({ "Result": true }))
            }
        }
    }

    fn reply(&self, operation: &str, fields: Value) -> Bytes {
        let mut line = serde_json::Map::new();
        line.insert(format!("{operation}Response"), fields);
        let mut message = Message::default();
        self.vocabulary.read_json(&Value::Object(line).to_string(), false, &Wanted::new(), &mut message).unwrap();
        let mut out = Vec::new();
        self.replies[operation].write(&self.vocabulary, &message, &mut out);
        out.into()
    }

    fn fault(&self, name: &str, text: &str) -> Bytes {
        let profile = self.vocabulary.profile("open-media").unwrap();
        let kind = self.vocabulary.find(name).unwrap();
        vocabulary::fault(&self.vocabulary, profile, kind, Blame::Client, text).into()
    }
}

fn answer(body: Bytes) -> PostOutcome {
    let status = if String::from_utf8_lossy(&body).contains("Fault>") { 500 } else { 200 };
    PostOutcome::Answer { status, charset: None, body }
}
