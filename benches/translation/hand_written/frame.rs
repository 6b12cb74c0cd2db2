//! The feed's frames: one structure, borrowed from the bytes, for all messages, with the fields that are used.

use std::borrow::Cow;

use serde::Deserialize;

/// Any event, as far as it is used. Borrowed from the frame.
#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
pub struct Frame<'f> {
    pub sequence: Option<u32>,
    #[serde(borrow)]
    pub message: Cow<'f, str>,
    pub call_id: i64,
    pub pbx_call_id: i64,
    pub tapi_call_id: i64,
    #[serde(borrow)]
    pub guid: Cow<'f, str>,
    #[serde(borrow)]
    pub call_table: Vec<Entry<'f>>,
    pub agent_id: i64,
    #[serde(borrow)]
    pub agent_number: Cow<'f, str>,
    #[serde(borrow)]
    pub agent_ext: Cow<'f, str>,
    pub groups: Vec<Group>,
    pub wrapup_code_id: i64,
    pub queued_group_internal_id: i64,
    pub destination_internal_id: i64,
    pub destination_type: i64,
    pub alerting_device_id: i64,
    pub alerting_device_type: i64,
    #[serde(borrow)]
    pub alerting_device: Cow<'f, str>,
    pub joining_device_id: i64,
    pub joining_device_type: i64,
    #[serde(borrow)]
    pub joining_device: Cow<'f, str>,
    pub calling_device_id: i64,
    pub calling_device_type: i64,
    #[serde(borrow)]
    pub calling_device: Cow<'f, str>,
    pub device_out_id: i64,
    pub device_out_type: i64,
    #[serde(borrow)]
    pub device_out: Cow<'f, str>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
pub struct Entry<'f> {
    pub media: i64,
    pub call_type: i64,
    #[serde(borrow)]
    pub dnis: Cow<'f, str>,
    pub group: Option<Group>,
    #[serde(borrow)]
    pub call_profile: Vec<Profile<'f>>,
}

#[derive(Deserialize)]
pub struct Profile<'f> {
    pub id: i64,
    #[serde(borrow)]
    pub value: Cow<'f, str>,
}

#[derive(Deserialize)]
pub struct Group {
    pub r#type: i64,
    pub id: i64,
}

pub struct Device<'f> {
    pub id: i64,
    pub kind: i64,
    pub number: &'f str,
}

pub const AGENT: i64 = 3;
pub const GROUP: i64 = 4;

impl Entry<'_> {
    pub fn profile(&self, id: i64) -> &str {
        self.call_profile.iter().find(|profile| profile.id == id).map_or("", |profile| &profile.value)
    }
}

impl<'f> Frame<'f> {
    /// The entry of the call table that is the event's own call.
    pub fn entry(&self) -> Option<&Entry<'f>> {
        let named = |id, value: &str| {
            let names = |entry: &&Entry| entry.call_profile.iter().any(|p| p.id == id && p.value == value);
            self.call_table.iter().find(names)
        };
        named(42, &self.guid)
            .or_else(|| named(1, itoa::Buffer::new().format(self.pbx_call_id)))
            .or(self.call_table.first())
    }

    pub fn calling(&self) -> Device<'_> {
        Device { id: self.calling_device_id, kind: self.calling_device_type, number: &self.calling_device }
    }
}
