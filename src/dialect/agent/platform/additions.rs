//! What a desktop's events do not say and rules look for: ids of service groups and sessions, data in pairs, and only the
//! differences of user information.

use super::{
    super::{record, strays},
    Client,
    desk::Name,
    fields::{id_node, is_set, member, record_fields, spot, text},
};
use crate::{
    message::{Message, Node, Value},
    vocabulary::{Vocabulary, Wanted},
};

/// The events that have a record with an id: the record, the place of its id in `call-names`, and what leads from the
/// record to the name of its group.
pub(super) const RECORDS: [(&str, &str, u8, &[&str]); 5] = [
    ("OnCallEvent", "Call", 0, &["CallInfo", "GroupName"]),
    ("OnEmailEvent", "Email", 1, &["GroupName"]),
    ("OnSMSEvent", "SMS", 1, &["GroupName"]),
    ("OnOpenMediaEvent", "OpenMedia", 2, &["CallInfo", "GroupName"]),
    ("OnChatEvent", "Chat", 2, &["GroupName"]),
];

/// The same of lists of waiting calls and sessions, whose records have the id of their group.
const WAITING: [(&str, &str, u8); 6] = [
    ("OnDispatchPersonalCallEvent", "DispatchPersonalCall", 0),
    ("OnDispatchCommonHoldCallEvent", "DispatchCommonHoldCall", 0),
    ("OnDispatchVoiceCallEvent", "DispatchVoiceCall", 0),
    ("OnDispatchEmailEvent", "DispatchEmail", 1),
    ("OnDispatchSMSEvent", "DispatchSMS", 1),
    ("OnDispatchCampaignCallEvent", "DispatchCampaignCall", 3),
];

impl Client {
    /// Completes the event of a call or session.
    pub(super) fn complete(&mut self, message: &mut Message, record: &str, name: &Name, group: &[&str]) {
        let vocabulary = self.vocabulary.clone();
        let path: Vec<&str> = std::iter::once(record).chain(group.iter().copied()).collect();
        let group = text(member(&vocabulary, message, &path));
        if !group.is_empty()
            && !is_set(member(&vocabulary, message, &["ServiceGroupID"]))
            && let Some(id) = self.groups.id(&group, name)
        {
            put(&vocabulary, message, &["ServiceGroupID"], Node::Int(id));
        }
        copy_session_id(&vocabulary, message, record);
        if name.space == 0 {
            pair_data(&vocabulary, message);
        }
    }

    /// Completes the event of a list of waiting calls, and learns from it.
    pub(super) fn complete_waiting(&mut self, label: &str, message: &mut Message) {
        let vocabulary = self.vocabulary.clone();
        let Some((_, record, space)) = WAITING.iter().find(|(known, ..)| *known == label) else { return };
        copy_session_id(&vocabulary, message, record);
        let group = member(&vocabulary, message, &[record, "ServiceGroupID"]).as_int().unwrap_or_default();
        if let Some(name) = Name::new(*space, member(&vocabulary, message, &[record, "ID"])) {
            self.groups.waits(name, group);
        }
    }

    /// The text of a completed event lacks what was added to it, so only its fields count from now on. Where the text has
    /// properties that the vocabulary does not know, it is written anew with both.
    pub(super) fn settle_text(&self, message: &mut Message) {
        if self.has_strays
            && let Some(text) = self.with_strays(message)
        {
            let mut whole = Message::default();
            if self.vocabulary.read_json(&text, false, &Wanted::new(), &mut whole).is_ok() {
                *message = whole;
                return;
            }
        }
        message.forget_text();
    }

    fn with_strays(&self, message: &Message) -> Option<String> {
        let said = strays::said(message.held())?;
        let def = self.vocabulary.message(message.kind()?);
        let mut completed = record::of_message(&self.vocabulary, &def.fields, message);
        completed.insert("type".to_owned(), def.label.as_str().into());
        strays::add(&self.vocabulary, &def.fields, said, &mut completed);
        serde_json::to_string(&completed).ok()
    }

    /// Takes out of user information what has not changed. Returns whether anything is left.
    pub(super) fn differences(&mut self, desk: usize, message: &mut Message) -> bool {
        let mut has_news = false;
        for (slot, told) in self.user_information(message).into_iter().enumerate() {
            let Some(told) = told else { continue };
            let known = &mut self.desks[desk].known[slot];
            let is_news = known.as_ref() != Some(&told);
            if is_news {
                *known = Some(told);
                has_news = true;
            } else {
                self.put_user(message, slot, Node::Absent);
            }
        }
        if has_news {
            self.keep_reason(desk, message);
        }
        has_news
    }

    /// Notes user information that is told whole. Properties that are left out have not changed.
    pub(super) fn note_user(&mut self, desk: usize, message: &Message) {
        for (slot, told) in self.user_information(message).into_iter().enumerate() {
            if told.is_some() {
                self.desks[desk].known[slot] = told;
            }
        }
    }

    /// The user information of a message, by field; none where a field is not set.
    pub(super) fn user_information(&self, message: &Message) -> Vec<Option<String>> {
        let Some(record) = member(&self.vocabulary, message, &["UserInformation"]).as_record() else {
            return Vec::new();
        };
        record.iter().map(|value| is_set(value).then(|| text(value))).collect()
    }

    /// Rules learn of an agent from one event. What a desktop has told in several, in whatever order, is put together: who the
    /// agent is whenever some of that is told, and the readiness at the log-on.
    pub(super) fn complete_user(&self, desk: usize, message: &mut Message) {
        const WHO: [&str; 4] = ["LoggedOn", "LoginID", "UserName", "ExtensionNumber"];
        const READINESS: [&str; 3] = ["ReadyStatus", "VoiceNotReadyReasonID", "VoiceNotReadyReasonString"];
        let Some(fields) = record_fields(&self.vocabulary, message, "UserInformation") else { return };
        let slot = |label: &str| fields.slot(label);
        let told = self.user_information(message);
        let is_told = |label: &&str| slot(label).is_some_and(|slot| told.get(slot).is_some_and(Option::is_some));
        let desk = &self.desks[desk];
        let known = |label: &str| desk.known.get(slot(label)?)?.as_deref();
        if known("LoggedOn") != Some("1") || !WHO.iter().any(&is_told) {
            return;
        }
        let logs_on = is_told(&"LoggedOn");
        let labels = WHO.iter().chain(READINESS.iter().filter(|_| logs_on));
        for label in labels.filter(|label| !is_told(label)) {
            let value = if *label == "LoginID" { Some(desk.agent.as_str()) } else { known(label) };
            let node = match (*label, value) {
                (_, None) => continue,
                ("ReadyStatus", Some(value)) => Node::Bool(value == "true"),
                ("LoggedOn" | "VoiceNotReadyReasonID", Some(value)) => id_node(message, value),
                (_, Some(value)) => message.text(value),
            };
            put(&self.vocabulary, message, &["UserInformation", label], node);
        }
    }

    /// Whoever becomes not ready has a reason, and it may be the one that was known.
    fn keep_reason(&self, desk: usize, message: &mut Message) {
        let vocabulary = self.vocabulary.clone();
        let has = |message: &Message, label| member(&vocabulary, message, &["UserInformation", label]).as_bool();
        let reason = "VoiceNotReadyReasonID";
        if has(message, "ReadyStatus") != Some(false)
            || is_set(member(&vocabulary, message, &["UserInformation", reason]))
        {
            return;
        }
        let slot = record_fields(&vocabulary, message, "UserInformation").and_then(|fields| fields.slot(reason));
        let known = slot.and_then(|slot| self.desks[desk].known.get(slot)?.as_ref()?.parse().ok());
        if let Some(known) = known {
            put(&vocabulary, message, &["UserInformation", reason], Node::Int(known));
        }
    }

    fn put_user(&self, message: &mut Message, slot: usize, node: Node) {
        let fields = message.kind().map(|kind| &self.vocabulary.message(kind).fields);
        let record = fields.and_then(|fields| fields.slot("UserInformation")).map(|slot| message.node(slot));
        if let Some(spot) = message.spots(record.unwrap_or_default()).nth(slot) {
            message.replace(spot, node);
        }
    }
}

fn put(vocabulary: &Vocabulary, message: &mut Message, path: &[&str], node: Node) {
    if let Some(spot) = spot(vocabulary, message, path) {
        message.replace(spot, node);
    }
}

/// Events of sessions have the id of their record as their own, too.
fn copy_session_id(vocabulary: &Vocabulary, message: &mut Message, record: &str) {
    if let Some(spot) = spot(vocabulary, message, &[record, "ID"]) {
        let id = message.at(spot);
        put(vocabulary, message, &["SessionID"], id);
    }
}

/// Labels and data of a call, in pairs. They stand in the call, or in the information that a group's call has.
fn pair_data(vocabulary: &Vocabulary, message: &mut Message) {
    if is_set(member(vocabulary, message, &["Call", "IVR"])) {
        return;
    }
    let list = |path: &[&str]| items(member(vocabulary, message, path));
    let (mut labels, mut data) = (list(&["Call", "IVRLabels"]), list(&["Call", "IVRData"]));
    if labels.is_empty() && data.is_empty() {
        (labels, data) = (list(&["Call", "CallInfo", "IVRLabels"]), list(&["Call", "CallInfo", "IVRData"]));
    }
    if labels.is_empty() && data.is_empty() {
        let pieces = |path: &[&str]| pieces(&text(member(vocabulary, message, path)));
        labels = pieces(&["Call", "CallInfo", "IVRLabelString"]);
        data = pieces(&["Call", "CallInfo", "IVRDataString"]);
    }
    if labels.is_empty() && data.is_empty() {
        return;
    }
    let Some(fields) = vocabulary.records.iter().find(|record| record.name == "ivr").map(|record| &record.fields)
    else {
        return;
    };
    let open = message.open_list();
    for place in 0..labels.len().max(data.len()) {
        let text = |texts: &[String], message: &mut Message| match texts.get(place) {
            Some(text) if !text.is_empty() => message.text(text),
            _ => Node::Absent,
        };
        let pair = [("Label", text(&labels, message)), ("Data", text(&data, message))];
        let record = fields.record(pair, message);
        message.push(record);
    }
    let pairs = message.close_list(open);
    put(vocabulary, message, &["Call", "IVR"], pairs);
}

fn items(value: Value<'_>) -> Vec<String> {
    value.as_list().map(|list| list.iter().map(text).collect()).unwrap_or_default()
}

fn pieces(text: &str) -> Vec<String> {
    if text.is_empty() { Vec::new() } else { text.split(',').map(|piece| piece.trim().to_owned()).collect() }
}
