//! Calls of methods: checked, answered from the mirror, or handed to the bridge. A method that is sent is true unless the
//! bridge refuses it at once, which it does before anything else happens; a failure after that is told by an event.

use serde_json::{Value as Json, json};

use super::{
    NEITHER, Server,
    arguments::Arguments,
    desk::Desk,
    frames::{self, hresult},
    methods::{self, Can, Method, Target},
    record::{self, Record},
    session::{Call, MOST_CALLS, RESULT, Wait},
    sort::Sort,
    targets::{self, Calls, Refused},
    waiting::{List, MOST_SUBSCRIPTIONS},
};
use crate::{
    message::{Message, Node, Value},
    port::{Audience, Directory, Heard, Known, Notice, Taken, Thing, Unread},
    time::Time,
    vocabulary::{AgentPart, Decoded, Role},
};

/// A method's call on its way.
struct Asked<'a> {
    now: Time,
    key: u32,
    id: i64,
    /// A desktop is behind: it has answers of its own.
    is_desktop: bool,
    desk: &'a Desk,
    directory: &'a dyn Directory,
}

impl Server {
    /// Answers a call, now in `message`, or hands it to the bridge.
    pub(super) fn called(
        &mut self,
        now: Time,
        key: u32,
        id: i64,
        decoded: &Decoded,
        directory: &dyn Directory,
        message: &mut Message,
    ) -> Taken {
        let vocabulary = self.vocabulary.clone();
        let Some(def) = message.kind().map(|kind| vocabulary.message(kind)) else { return Taken::Nothing };
        let Some(method) = methods::method(&def.label) else {
            return self.nonsense(key, NEITHER);
        };
        let Some(session) = self.sessions.get_mut(&key) else { return Taken::Nothing };
        let login = session.login.clone().unwrap_or_default();
        // An agent who was not known yet may be by now.
        if session.agent.is_none() {
            session.agent = self.mirror.agent(&login);
        }
        let agent = session.agent;
        let arguments = Arguments { def, message };
        if let Err((hresult, error)) = arguments.check(decoded) {
            self.write(key, frames::result(id, hresult, None, Some(&error)));
            return Taken::Unread(Unread::Refused);
        }
        let claim = def.role(Role::Agent(AgentPart::Id));
        let claimed = claim.and_then(|slot| message.get(slot).as_int());
        let names_another = claimed.is_some_and(|id| match agent {
            Some(agent) => id != agent,
            None => self.mirror.desk(id).is_some(),
        });
        let login_slot = def.role(Role::Agent(AgentPart::Number)).filter(|_| method == Method::LogOn);
        let logs_another =
            login_slot.is_some_and(|slot| !message.get(slot).is_empty() && !is_text(message, slot, &login));
        if names_another || logs_another {
            return self.foreign(key, id, claimed, None);
        }
        // A program may know its agent's record id from before the bridge was started, when the bridge does not yet. Nothing
        // says then whose it is, so that the call goes on without it.
        if let (Some(slot), None) = (claim, agent) {
            message.set(slot, Node::Absent);
        }
        let is_desktop = directory.passes_for(Thing::Agent, &agent.unwrap_or(0).to_string());
        let desk = match (method, agent.and_then(|agent| self.mirror.desk(agent))) {
            (Method::GetUser, _) => self.desk(&login, agent, directory),
            (_, known) => known.cloned().unwrap_or_default(),
        };
        let asked = Asked { now, key, id, is_desktop, desk: &desk, directory };
        match method {
            Method::Ask(target) => self.ask_about(&asked, target, message),
            Method::SetReady => self.set_ready(&asked, message),
            Method::LogOn | Method::LogOff => {
                if let Some(slot) = login_slot {
                    let node = message.text(&login);
                    message.set(slot, node);
                }
                self.ask(&asked, Calls::default(), message)
            }
            Method::NotReadyReasons | Method::CqCodes | Method::AllTabs | Method::TabByName if is_desktop => {
                self.ask(&asked, Calls::default(), message)
            }
            Method::True
            | Method::IsRegistered
            | Method::GetUser
            | Method::GetItems(_)
            | Method::Can(_)
            | Method::NotReadyReasons
            | Method::CqCodes
            | Method::AllTabs
            | Method::TabByName
            | Method::Subscribe(_)
            | Method::EnableDispatch
            | Method::SubscribeRealTime => {
                self.answer_here(&asked, method, Arguments { def, message });
                Taken::heard(Heard::Nothing)
            }
        }
    }

    /// Another agent's things are nobody else's business.
    fn foreign(&mut self, key: u32, id: i64, agent: Option<i64>, call: Option<i64>) -> Taken {
        let user = self.sessions.get(&key).and_then(|session| session.login.clone());
        let reason = match (agent, call) {
            (_, Some(call)) => format!("call {call} is another agent's"),
            (Some(agent), None) => format!("agent {agent} is another one"),
            (None, None) => "the agent is another one".to_owned(),
        };
        self.say(Notice::RequestRefused {
            cause: "it is about another agent",
            user,
            fault: None,
            reason: Some(reason),
        });
        match call {
            Some(call) => self.write(key, frames::truth(id, false, Some(&no_such_call(call)))),
            None => self.write(key, frames::result(id, hresult::FAILED, None, Some("refused"))),
        }
        Taken::Unread(Unread::Refused)
    }

    // ── what the bridge is asked ──────────────────────────────────────────────────────────────────────────────────────

    fn ask_about(&mut self, asked: &Asked<'_>, target: Target, message: &mut Message) -> Taken {
        let vocabulary = self.vocabulary.clone();
        let named = message.kind().and_then(|kind| {
            let arguments = Arguments { def: vocabulary.message(kind), message };
            arguments.number("CallID").or(arguments.number("HeldCallID"))
        });
        let reason = match targets::find(asked.desk, target, named) {
            Ok(calls) => return self.ask(asked, calls, message),
            Err(Refused::NotTheirs(call)) => {
                let agent = self.sessions.get(&asked.key).and_then(|session| session.agent);
                if self.mirror.is_anothers(agent, call) {
                    return self.foreign(asked.key, asked.id, None, Some(call));
                }
                no_such_call(call)
            }
            Err(Refused::State(reason)) => reason,
        };
        self.write(asked.key, frames::truth(asked.id, false, Some(&reason)));
        Taken::heard(Heard::Nothing)
    }

    /// The name of a reason becomes its id, which is what platforms know.
    fn set_ready(&mut self, asked: &Asked<'_>, message: &mut Message) -> Taken {
        let vocabulary = self.vocabulary.clone();
        let Some(def) = message.kind().map(|kind| vocabulary.message(kind)) else { return Taken::Nothing };
        let arguments = Arguments { def, message };
        let (id, name) = (arguments.number("ReasonID").unwrap_or(0), arguments.text("ReasonName"));
        if !arguments.is("Status") && id == 0 && !name.is_empty() && !asked.is_desktop {
            let mut reasons = self.settings.not_ready_reasons.iter();
            let Some((id, _)) = reasons.find(|(_, known)| known.eq_ignore_ascii_case(name)) else {
                let error = format!("no reason is called {:?}", name.chars().take(64).collect::<String>());
                self.write(asked.key, frames::truth(asked.id, false, Some(&error)));
                return Taken::heard(Heard::Nothing);
            };
            if let Some(slot) = def.fields.slot("ReasonID") {
                message.set(slot, Node::Int(*id));
            }
        }
        self.ask(asked, Calls::default(), message)
    }

    /// Hands a call to the bridge, with the ids that it means.
    fn ask(&mut self, asked: &Asked<'_>, calls: Calls, message: &mut Message) -> Taken {
        let vocabulary = self.vocabulary.clone();
        let Some(def) = message.kind().map(|kind| vocabulary.message(kind)) else { return Taken::Nothing };
        let Asked { now, key, id, is_desktop, .. } = *asked;
        let Some(session) = self.sessions.get_mut(&key) else { return Taken::Nothing };
        let call = Call {
            method: def.label.clone(),
            is_void: def.results.is_empty(),
            wait: if is_desktop { Wait::Desktop(now + RESULT) } else { Wait::Sent(now) },
        };
        let agent = session.agent;
        if !session.begin(id, call) {
            let error = format!("a call of this number waits for its result, or {MOST_CALLS} calls do");
            self.write(key, frames::result(id, hresult::FAILED, None, Some(&error)));
            return Taken::Unread(Unread::Refused);
        }
        if !is_desktop {
            self.sent.push((key, id));
        }
        let ids = [
            (Role::Agent(AgentPart::Id), agent),
            (Role::Request, Some(id)),
            (Role::Call(crate::vocabulary::Which::Call, 0), calls.call),
            (Role::Call(crate::vocabulary::Which::Second, 0), calls.second),
        ];
        for (role, id) in ids {
            if let (Some(slot), Some(id)) = (def.role(role), id) {
                message.set(slot, Node::Int(id));
            }
        }
        // The text that it was read from lacks what was added.
        message.forget_text();
        Taken::heard(Heard::Asked { session: key, id })
    }

    // ── what the conversation answers ─────────────────────────────────────────────────────────────────────────────────

    fn answer_here(&mut self, asked: &Asked<'_>, method: Method, arguments: Arguments<'_>) {
        let Asked { key, id, desk, directory, .. } = *asked;
        let writer = self.writer();
        let result = |label: &str, value: Json| {
            frames::result(id, hresult::OK, Some(Record::from_iter([(label.to_owned(), value)])), None)
        };
        let frame = match method {
            Method::GetUser => result("UserInformation", writer.user(desk).into()),
            Method::GetItems(sort) => {
                let items = desk.items.iter().filter(|item| item.sort == sort);
                let items: Vec<Json> = items.map(|item| writer.item(item).into()).collect();
                result(Sort::getter(sort).1, items.into())
            }
            Method::NotReadyReasons => {
                let reasons = self.settings.not_ready_reasons.iter();
                let reasons: Vec<Json> = reasons.map(|(id, name)| json!({ "ID": id, "Name": name })).collect();
                result("NotReadyReasons", reasons.into())
            }
            Method::CqCodes => {
                let codes = self.settings.cq_codes.of(arguments.number("ServiceGroupID").unwrap_or(0)).into_iter();
                let code = |(id, name): &(i64, String)| json!({ "ID": id, "Code": id.to_string(), "Name": name });
                result("CQCodes", codes.map(code).collect::<Vec<Json>>().into())
            }
            Method::AllTabs => result("Tabs", Json::Array(Vec::new())),
            Method::TabByName => result("Tab", Json::Null),
            Method::IsRegistered => {
                let agent = self.sessions.get(&key).and_then(|session| session.agent);
                frames::truth(id, self.mirror.is_up(agent), None)
            }
            Method::Can(can) => {
                let reason = self.cannot(asked, can);
                frames::truth(id, reason.is_none(), reason.as_deref())
            }
            Method::Subscribe(list) => return self.subscribe(key, id, list, arguments),
            Method::EnableDispatch => {
                let enable = arguments.is("Enable");
                if let Some(session) = self.sessions.get_mut(&key) {
                    session.subscriptions.is_enabled = enable;
                }
                self.write(key, frames::truth(id, true, None));
                return self.tell_all_waiting(key);
            }
            Method::SubscribeRealTime => return self.subscribe_real_time(key, id, arguments, directory),
            Method::True | Method::Ask(_) | Method::SetReady | Method::LogOn | Method::LogOff => {
                frames::truth(id, true, None)
            }
        };
        self.write(key, frame);
    }

    /// The reason why a Can… method is false.
    fn cannot(&self, asked: &Asked<'_>, can: Can) -> Option<String> {
        let agent = self.sessions.get(&asked.key).and_then(|session| session.agent).unwrap_or(0);
        targets::forbids(asked.desk, can).or_else(|| asked.directory.lacks(can.order(), agent, 0))
    }

    fn subscribe(&mut self, key: u32, id: i64, list: List, arguments: Arguments<'_>) {
        let Some(session) = self.sessions.get_mut(&key) else { return };
        let selector = list.parameter().and_then(|parameter| arguments.number(parameter)).unwrap_or(0);
        let subscribes = arguments.is("Subscribe");
        if !session.subscriptions.set(list, selector, subscribes) {
            let error = format!("a connection has at most {MOST_SUBSCRIPTIONS} subscriptions");
            return self.write(key, frames::truth(id, false, Some(&error)));
        }
        let waiting = self.mirror.waiting.all(&session.subscriptions);
        self.write(key, frames::truth(id, true, None));
        let is_new = |news: &super::waiting::News| {
            news.list == list
                && list.parameter().is_none_or(|label| selector == 0 || record::number(&news.record, label) == selector)
        };
        for news in waiting.iter().filter(|news| subscribes && is_new(news)) {
            let frame = self.writer().waits_event(news, "");
            self.write(key, frame);
        }
    }

    /// The name counts more than the id.
    fn subscribe_real_time(&mut self, key: u32, id: i64, arguments: Arguments<'_>, directory: &dyn Directory) {
        let (group, name) = (arguments.number("ServiceGroupID").unwrap_or(0), arguments.text("ServiceGroupName"));
        let groups = directory.entries(false);
        let is_it = |entry: &&crate::port::Entry| {
            if name.is_empty() { entry.id == group } else { entry.name == name }
        };
        let known = groups.iter().find(is_it).map(|entry| (entry.id, entry.name.clone()));
        // A group may not have shown itself yet.
        let may_be = || group > 0 && directory.knows(Thing::Service, &group.to_string()) != Known::No;
        let unseen = || (name.is_empty() && may_be()).then(|| (group, String::new()));
        let Some((group, name)) = known.or_else(unseen) else {
            return self.write(key, frames::truth(id, false, Some("no such service group is known")));
        };
        let Some(session) = self.sessions.get_mut(&key) else { return };
        let groups = &mut session.subscriptions.real_time;
        if !arguments.is("Subscribe") {
            groups.remove(&group);
            return self.write(key, frames::truth(id, true, None));
        }
        if groups.len() >= MOST_SUBSCRIPTIONS {
            let error = format!("a connection has at most {MOST_SUBSCRIPTIONS} subscriptions");
            return self.write(key, frames::truth(id, false, Some(&error)));
        }
        groups.insert(group, name);
        self.write(key, frames::truth(id, true, None));
        self.tell_real_time(key, group);
    }

    // ── results of what was asked ─────────────────────────────────────────────────────────────────────────────────────

    /// The bridge's answer to a request: accepted, or failed with a reason.
    pub(super) fn reply(&mut self, message: &Message, audience: Audience) -> bool {
        let Some(((key, id), kind)) = audience.asker.zip(message.kind()) else { return false };
        let vocabulary = self.vocabulary.clone();
        let arguments = Arguments { def: vocabulary.message(kind), message };
        let out = arguments.value("out").as_record();
        let is_true = out.is_none_or(|out| {
            let slot = vocabulary.members(&arguments.def.fields, "out").and_then(|fields| fields.slot("Result"));
            slot.is_none_or(|slot| out.get(slot).as_bool() != Some(false))
        });
        self.finish(key, id, is_true, arguments.text("error"))
    }

    fn finish(&mut self, key: u32, id: i64, is_true: bool, error: &str) -> bool {
        let Some(session) = self.sessions.get_mut(&key) else { return false };
        let Some((wait, is_void)) = session.calls.get(&id).map(|call| (call.wait, call.is_void)) else { return false };
        let is_answered = wait == Wait::Answered;
        let error = (!error.is_empty()).then_some(error);
        match (is_true, is_answered) {
            (true, true) => return false,
            (true, false) => {
                session.answer(id);
                self.write(key, truth(id, is_void, true, None));
            }
            (false, false) => {
                session.end(id);
                self.write(key, truth(id, is_void, false, error));
            }
            (false, true) => {
                let method = session.end(id).map(|call| call.method).unwrap_or_default();
                self.failed_late(key, id, &method, error.unwrap_or("the request failed"));
            }
        }
        true
    }

    /// A desktop's own result, with all that it returned.
    pub(super) fn pass_reply(&mut self, message: &Message, audience: Audience) -> bool {
        let Some(((key, id), kind)) = audience.asker.zip(message.kind()) else { return false };
        let Some(session) = self.sessions.get_mut(&key) else { return false };
        let Some(call) = session.end(id).filter(|call| call.wait != Wait::Answered) else { return false };
        let vocabulary = self.vocabulary.clone();
        let arguments = Arguments { def: vocabulary.message(kind), message };
        let hresult = arguments.number("hresult").unwrap_or(hresult::OK);
        let mut out = record::of_field(&vocabulary, &arguments.def.fields, "out", message);
        if let Some(fields) = vocabulary.members(&arguments.def.fields, "out") {
            record::complete_results(&vocabulary, fields, &mut out);
        }
        out.retain(|label, _| !call.is_void || label != "Result");
        let error = Some(arguments.text("error")).filter(|error| !error.is_empty());
        let out = (hresult == hresult::OK).then_some(out);
        self.write(key, frames::result(id, hresult, out, error));
        true
    }

    /// Whatever went to the bridge and was not refused there is true: it was sent.
    pub(super) fn answer_sent(&mut self) {
        for (key, id) in std::mem::take(&mut self.sent) {
            let Some(session) = self.sessions.get_mut(&key) else { continue };
            let call = session.calls.get(&id).filter(|call| matches!(call.wait, Wait::Sent(_)));
            if let Some(is_void) = call.map(|call| call.is_void) {
                session.answer(id);
                self.write(key, truth(id, is_void, true, None));
            }
        }
    }

    /// A desktop took too long: whether the method did anything is unknown.
    pub(super) fn give_up_calls(&mut self, now: Time, key: u32) {
        let Some(session) = self.sessions.get_mut(&key) else { return };
        let is_late = |call: &Call| matches!(call.wait, Wait::Desktop(until) if until <= now);
        let late = session.calls.iter().filter(|(_, call)| is_late(call)).map(|(id, _)| *id);
        for id in late.collect::<Vec<_>>() {
            if let Some(session) = self.sessions.get_mut(&key) {
                session.end(id);
            }
            let error = format!("the desktop gave no result in {} s", RESULT.as_secs());
            self.write(key, frames::result(id, hresult::FAILED, None, Some(&error)));
        }
    }
}

/// A method's result; one that returns nothing has none, and its error stands alone.
fn truth(id: i64, is_void: bool, is_true: bool, error: Option<&str>) -> bytes::Bytes {
    match is_void {
        true => frames::result(id, hresult::OK, Some(Record::new()), error),
        false => frames::truth(id, is_true, error),
    }
}

fn no_such_call(call: i64) -> String {
    format!("the agent has no call {call}")
}

fn is_text(message: &Message, slot: usize, text: &str) -> bool {
    matches!(message.get(slot), Value::Text(known) if known == text)
}
