//! The frames that programs get: events with whole records, results, and the protocol's own. Moments are written with the
//! distance of the contact centre's clock from UTC, because a page may be in another zone.

use bytes::Bytes;
use serde_json::Value as Json;

use super::{
    desk::{Desk, Item},
    mirror::Tidings,
    record::{self, Record},
    waiting::News,
};
use crate::vocabulary::Vocabulary;

/// The properties that are dates.
const DATES: [&str; 4] = ["StartTime", "ConnectedTime", "EndTime", "QueueStartTime"];

/// The result numbers of COM.
pub mod hresult {
    pub const OK: i64 = 0;
    pub const FAILED: i64 = -2_147_467_259;
    pub const UNKNOWN: i64 = -2_147_352_570;
    pub const MISSING: i64 = -2_147_352_561;
    pub const MISTYPED: i64 = -2_147_352_571;
}

/// Writes frames.
#[derive(Debug)]
pub struct Writer<'w> {
    pub vocabulary: &'w Vocabulary,
    /// How many minutes the contact centre's clock is ahead of UTC, if that is known.
    pub ahead: Option<i64>,
}

impl Writer<'_> {
    fn shape(&self, record: &str, told: &mut Record) {
        if let Some(shape) = self.vocabulary.records.iter().find(|known| known.name == record) {
            record::complete(self.vocabulary, &shape.fields, told);
        }
        for label in DATES {
            if let Some(Json::String(date)) = told.get_mut(label) {
                *date = self.moment(date);
            }
        }
    }

    /// A local time of the contact centre, as RFC 3339 has it. What is no such time stays as it is.
    fn moment(&self, civil: &str) -> String {
        let bytes = civil.as_bytes();
        let Some(ahead) = self.ahead.filter(|_| bytes.len() == 19 && matches!(bytes[10], b' ' | b'T')) else {
            return civil.to_owned();
        };
        let (date, time) = (&civil[..10], &civil[11..]);
        let sign = if ahead < 0 { '-' } else { '+' };
        match ahead.abs() {
            0 => format!("{date}T{time}Z"),
            minutes => format!("{date}T{time}{sign}{:02}:{:02}", minutes / 60, minutes % 60),
        }
    }

    /// An event: its name, the moment, whom it is about, and its parameters.
    pub fn event(&self, event: &str, at: &str, agent: Option<i64>, parameters: &[(&str, Json)]) -> Bytes {
        let mut members = vec![("type", Json::from(event))];
        members.extend((!at.is_empty()).then(|| ("at", self.moment(at).into())));
        members.extend(agent.map(|agent| ("agent", agent.into())));
        let parameters = parameters.iter().map(|(label, value)| (*label, value.clone()));
        line(members.into_iter().chain(parameters))
    }

    /// The agent's data as the guide's interface has them.
    pub fn user(&self, desk: &Desk) -> Record {
        let mut user = desk.user.clone();
        self.shape("UserInformation", &mut user);
        user
    }

    /// A call or session as the guide's interface has it.
    pub fn item(&self, item: &Item) -> Record {
        let mut record = item.record.clone();
        self.shape(item.sort.record(), &mut record);
        record
    }

    pub fn item_event(&self, agent: i64, item: &Item) -> Bytes {
        let mut parameters: Vec<(&str, Json)> = Vec::new();
        parameters.extend(item.group.map(|group| ("ServiceGroupID", group.into())));
        parameters.push((item.sort.record(), self.item(item).into()));
        self.event(item.sort.event(), &item.at, Some(agent), &parameters)
    }

    pub fn waits_event(&self, news: &News, at: &str) -> Bytes {
        let mut record = news.record.clone();
        self.shape(news.list.record(), &mut record);
        let event = format!("On{}Event", news.list.record());
        let update = (news.update as i64).into();
        self.event(&event, at, None, &[("UpdateType", update), (news.list.record(), record.into())])
    }

    pub fn link_event(&self, is_up: bool, at: &str) -> Bytes {
        self.event("OnRegistrationStatus", at, None, &[("Registered", is_up.into())])
    }

    /// The frame of what concerns one agent's programs. `beside` is what else a desktop said in its event.
    pub fn tidings(&self, tidings: &Tidings, desk: Option<&Desk>, beside: &Record) -> Option<Bytes> {
        let frame = self.of_tidings(tidings, desk)?;
        Some(if beside.is_empty() { frame } else { with(&frame, beside) })
    }

    fn of_tidings(&self, tidings: &Tidings, desk: Option<&Desk>) -> Option<Bytes> {
        Some(match tidings {
            Tidings::User { agent, event, at } => {
                self.event(event, at, Some(*agent), &[("UserInformation", self.user(desk?).into())])
            }
            Tidings::Item { agent, item } => self.item_event(*agent, item),
            Tidings::Waits { news, at } => self.waits_event(news, at),
            Tidings::RealTime { record } => {
                self.event("OnRealTimeInformationUpdate", "", None, &[("RealTimeInformation", record.clone().into())])
            }
            Tidings::Link { is_up, at, .. } => self.link_event(*is_up, at),
        })
    }
}

/// The result of a method.
pub fn result(id: i64, hresult: i64, out: Option<Record>, error: Option<&str>) -> Bytes {
    let mut members = vec![("id", Json::from(id)), ("hresult", hresult.into())];
    members.extend(out.map(|out| ("out", out.into())));
    members.extend(error.map(|error| ("error", error.into())));
    line(members)
}

/// The result of a method that is true or false.
pub fn truth(id: i64, result_is: bool, error: Option<&str>) -> Bytes {
    let out = Record::from_iter([("Result".to_owned(), result_is.into())]);
    result(id, hresult::OK, Some(out), error)
}

pub fn ping(number: u64) -> Bytes {
    line([("ping", number.into())])
}

pub fn error(reason: &str) -> Bytes {
    line([("error", reason.into())])
}

/// A frame with further members, unless it has them.
fn with(frame: &[u8], members: &Record) -> Bytes {
    let mut known: Record = serde_json::from_slice(frame).unwrap_or_default();
    let mut text = frame.strip_suffix(b"}\n").unwrap_or(frame).to_vec();
    for (label, value) in members {
        if !known.keys().any(|known| known.eq_ignore_ascii_case(label)) {
            text.extend(format!(",{}:{value}", Json::from(label.as_str())).into_bytes());
            known.insert(label.clone(), Json::Null);
        }
    }
    text.extend(b"}\n");
    text.into()
}

/// A frame whose members stand in this order.
fn line<'l>(members: impl IntoIterator<Item = (&'l str, Json)>) -> Bytes {
    let mut text = String::with_capacity(256);
    for (label, value) in members {
        text.push(if text.is_empty() { '{' } else { ',' });
        text.push_str(&Json::from(label).to_string());
        text.push(':');
        text.push_str(&value.to_string());
    }
    text.push_str("}\n");
    text.into()
}
