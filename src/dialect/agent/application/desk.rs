//! One agent's desk as the agent's programs see it: who is logged on, and each call and session as it then is. Events tell
//! parts of them; the desk keeps the whole. It decides when something is worth telling: only what differs is.

use serde_json::Value as Json;

use super::{
    record::{self, Record, is, number},
    sort::{Sort, state},
};
use crate::{model::OrderKind, port::Abilities};

/// The most calls and sessions of one agent; for a further one, the oldest is told to be over.
const MOST_ITEMS: usize = 100;

/// The properties of a call that say what a program may do, with the orders that do it.
const ABILITIES: [(&str, OrderKind); 6] = [
    ("CanAnswer", OrderKind::Answer),
    ("CanDeflect", OrderKind::Deflect),
    ("CanHangup", OrderKind::HangUp),
    ("CanHold", OrderKind::Hold),
    ("CanRetrieve", OrderKind::Retrieve),
    ("CanReject", OrderKind::Reject),
];

/// A call or session of the agent's.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    pub sort: Sort,
    pub id: i64,
    /// The id of its service group.
    pub group: Option<i64>,
    /// When it was told of last, as the event said.
    pub at: String,
    pub record: Record,
}

impl Item {
    pub fn state(&self) -> i64 {
        number(&self.record, "State")
    }

    fn has_begun(&self) -> bool {
        self.record.contains_key("ConnectedTime")
    }
}

/// What an event tells of a call or session.
pub struct Told<'t> {
    pub item: Item,
    /// A desktop's own words: the record is whole, and its Can… properties are true.
    pub is_whole: bool,
    pub agent: i64,
    pub abilities: Option<&'t dyn Abilities>,
}

/// See the module.
#[derive(Debug, Default, Clone)]
pub struct Desk {
    pub user: Record,
    /// In the order in which they came.
    pub items: Vec<Item>,
    /// The platform that the agent is on, as [`crate::port::Filterable`] numbers it.
    pub switch: i64,
}

impl Desk {
    pub fn is_logged_on(&self) -> bool {
        number(&self.user, "LoggedOn") == 1
    }

    /// Nothing is known of the agent that a program could ask about.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty() && !self.is_logged_on()
    }

    pub fn item(&self, id: i64) -> Option<&Item> {
        self.items.iter().find(|item| item.id == id)
    }

    // ── the agent ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// Takes in what is told of the agent. Returns the event that tells it to programs, if it is news.
    pub fn hear_user(&mut self, mut told: Record, reasons: &[(i64, String)]) -> Option<&'static str> {
        let (before, was_on) = (self.user.clone(), self.is_logged_on());
        if told.get("LoggedOn").and_then(Json::as_i64) == Some(0) {
            told.insert("ReadyStatus".into(), false.into());
        }
        match told.get("ReadyStatus").and_then(Json::as_bool) {
            Some(true) => drop(told.insert("VoiceNotReadyReasonID".into(), 0.into())),
            Some(false) if !told.contains_key("VoiceNotReadyReasonID") => {
                told.insert("VoiceNotReadyReasonID".into(), 0.into());
            }
            Some(false) | None => {}
        }
        if let Some(reason) = told.get("VoiceNotReadyReasonID").and_then(Json::as_i64)
            && !told.contains_key("VoiceNotReadyReasonString")
        {
            let name = reasons.iter().find(|(id, _)| *id == reason).map_or("", |(_, name)| name);
            told.insert("VoiceNotReadyReasonString".into(), name.into());
        }
        record::overlay(&mut self.user, told);
        match self.is_logged_on() {
            true if !was_on => Some("OnUserLogin"),
            _ => (self.user != before).then_some("OnUserStatusUpdate"),
        }
    }

    // ── calls and sessions ────────────────────────────────────────────────────────────────────────────────────────────

    /// Takes in what is told of a call or session. Returns it as it is now, where that is news; after its end twice, if
    /// nobody worked on it.
    pub fn hear(&mut self, told: Told<'_>) -> Vec<Item> {
        let Told { item: mut heard, is_whole, agent, abilities } = told;
        let place = self.items.iter().position(|known| known.id == heard.id && is_same(known.sort, heard.sort));
        let is_over = is_over(&heard);
        let is_cleared = matches!(heard.state(), state::CLEARING | state::FAILED | state::FORCE_CLEARING);
        match_ivr(&mut heard.record);
        let Some(place) = place else {
            if is_over || is_cleared {
                return Vec::new();
            }
            let mut news = Vec::new();
            if self.items.len() >= MOST_ITEMS {
                let oldest = self.items.remove(0);
                news.push(ended(oldest, &heard.at));
            }
            stamp(&mut heard, is_whole);
            allow(&mut heard, is_whole, agent, abilities);
            news.push(heard.clone());
            self.items.push(heard);
            return news;
        };
        let known = &mut self.items[place];
        let before = known.record.clone();
        (known.at, known.group) = (heard.at, heard.group.or(known.group));
        if is_whole {
            known.record = heard.record;
        } else {
            keep_beginning(&before, &mut heard.record);
            record::overlay(&mut known.record, heard.record);
            stamp(known, is_whole);
        }
        allow(known, is_whole, agent, abilities);
        if is_over {
            let last = self.items.remove(place);
            let at = last.at.clone();
            return vec![ended(last, &at)];
        }
        let mut news = Vec::new();
        if known.record != before {
            news.push(known.clone());
        }
        // Nobody works after a call that was never answered.
        if is_cleared && !is_whole && !known.has_begun() {
            let last = self.items.remove(place);
            let at = last.at.clone();
            news.push(ended(last, &at));
        }
        news
    }

    /// The call or session is not there any more, whatever was told of it.
    pub fn gone(&mut self, id: i64, sort: Option<Sort>, at: &str) -> Option<Item> {
        let is_it = |item: &Item| item.id == id && sort.is_none_or(|sort| is_same(sort, item.sort));
        let place = self.items.iter().position(is_it)?;
        Some(ended(self.items.remove(place), at))
    }

    /// The agent is logged off: nobody works after calls any more.
    pub fn end_work(&mut self, at: &str) -> Vec<Item> {
        let is_worked_on = |item: &mut Item| matches!(item.state(), state::CLEARING | state::CLERICAL);
        self.items.extract_if(.., is_worked_on).map(|item| ended(item, at)).collect()
    }
}

/// Calls, messages and sessions are numbered apart from each other.
fn is_same(one: Sort, other: Sort) -> bool {
    one.number_name() == other.number_name()
}

/// Whether nothing follows. An e-mail that has just come has no state either.
fn is_over(item: &Item) -> bool {
    let has_ended = item.record.contains_key("EndTime");
    match item.sort {
        Sort::Email | Sort::Sms => has_ended,
        Sort::Call | Sort::OpenMedia | Sort::Chat => {
            item.state() == state::IDLE || has_ended && item.state() != state::CLERICAL
        }
    }
}

/// The item as it is told for the last time.
fn ended(mut item: Item, at: &str) -> Item {
    let (state, description) = item.sort.last_state();
    at.clone_into(&mut item.at);
    item.record.insert("State".into(), state.into());
    item.record.insert("StateDescription".into(), description.into());
    if !item.record.contains_key("EndTime") && !at.is_empty() {
        item.record.insert("EndTime".into(), at.into());
    }
    for (label, _) in ABILITIES {
        if item.record.contains_key(label) {
            item.record.insert(label.into(), false.into());
        }
    }
    item
}

/// Who called does not change: rules about calls that were joined cannot know it.
fn keep_beginning(known: &Record, told: &mut Record) {
    if known.contains_key("Incoming") {
        told.remove("Incoming");
        if number(known, "Type") != 0 {
            told.remove("Type");
        }
    }
}

/// The times that an event does not tell are those of the first event that showed it.
fn stamp(item: &mut Item, is_whole: bool) {
    if is_whole || item.at.is_empty() {
        return;
    }
    let begins = matches!(item.state(), state::CONNECTED | state::CONFERENCE | state::HANDLING);
    for (label, is_due) in [("StartTime", true), ("ConnectedTime", begins)] {
        if is_due && !item.record.contains_key(label) {
            item.record.insert(label.into(), item.at.as_str().into());
        }
    }
}

/// Takes from the Can… properties those that the platform behind cannot do.
fn allow(item: &mut Item, is_whole: bool, agent: i64, abilities: Option<&dyn Abilities>) {
    let Some(abilities) = abilities.filter(|_| !is_whole) else { return };
    for (label, order) in ABILITIES {
        if is(&item.record, label) && abilities.lacks(order, agent, item.id).is_some() {
            item.record.insert(label.into(), false.into());
        }
    }
}

/// Call data comes as pairs of label and data. The guide has two lists, in the call and in what a group says of it, and the
/// private data apart.
fn match_ivr(record: &mut Record) {
    let Some(Json::Array(pairs)) = record.remove("IVR") else { return };
    // An event without call data does not say that there is none any more.
    if pairs.is_empty() || record.contains_key("IVRData") {
        return;
    }
    let (mut labels, mut data) = (Vec::new(), Vec::new());
    for pair in pairs.iter().filter_map(Json::as_object) {
        let (label, value) = (record::text(pair, "Label"), record::text(pair, "Data"));
        if label == "PrivateData" {
            record.insert("PrivateData".into(), value.into());
            continue;
        }
        labels.push(label.to_owned());
        data.push(value.to_owned());
    }
    if let Some(Json::Object(info)) = record.get_mut("CallInfo") {
        for (label, texts) in [("IVRLabel", &labels), ("IVRData", &data)] {
            info.insert(format!("{label}String"), texts.join(",").into());
        }
        info.insert("IVRLabels".into(), labels.clone().into());
        info.insert("IVRData".into(), data.clone().into());
    }
    record.insert("IVRLabels".into(), labels.into());
    record.insert("IVRData".into(), data.into());
}
