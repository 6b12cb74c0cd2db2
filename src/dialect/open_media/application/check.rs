//! What is wrong with a request, by the guide's limits and with its faults, before anything is sent.

use super::{Refusal, Server};
use crate::{dialect::open_media::status, message::Message, message::Value, time::Time};

/// The guide's faults.
pub(super) const FAULTS: [&str; 7] = [
    "InvalidUserFault",
    "NoLicenseFault",
    "RouterDisconnectedFault",
    "InvalidDataException",
    "InvalidDataFault",
    "InvalidOpenMediaIDFault",
    "OpenMediaRequestTerminatedFault",
];

pub(super) fn unknown_id(id: i64) -> Refusal {
    Refusal::of("InvalidOpenMediaIDFault", format!("there is no request {id}"))
}

impl Server {
    /// Refuses what a service would, or what no service should be asked.
    pub(super) fn check(&self, now: Time, user: &str, label: &str, message: &Message) -> Result<(), Refusal> {
        let words = &self.words;
        let of_data = if label == "SetOptions" { "InvalidDataFault" } else { "InvalidDataException" };
        let wrong = |reason: String| Err(Refusal::of(of_data, reason));
        if let Some(reason) = words.vocabulary.beyond(message) {
            return wrong(reason);
        }
        let id = words.int(message, "OpenMediaID");
        let current = self.cache.current(now, user, id);
        let no_group =
            || words.int(message, "ServiceGroupID") <= 0 && words.text(message, "ServiceGroupName").is_empty();
        match label {
            "AddRequest" | "ModifyRequest" if !self.has_information(message) => {
                wrong("IVRInfo has neither a label nor data".into())
            }
            "AddRequest" | "DivertRequest" if no_group() => {
                wrong("neither ServiceGroupID nor TenantID and ServiceGroupName are given".into())
            }
            "ModifyRequest" if current.is_none() => wrong(format!("there is no request {id}")),
            "SetOptions" if self.names_no_type(message) => {
                wrong("options 2 and 4 are about sessions of one type: TypeOfSession is not given".into())
            }
            "CancelRequest" | "GetOpenMediaRequestStatusByID" | "GetOpenMediaRequestHistoryByID"
                if current.is_none() =>
            {
                Err(unknown_id(id))
            }
            "CancelRequest" if current.is_some_and(|update| status::is_final(update.status.status)) => {
                Err(Refusal::of("OpenMediaRequestTerminatedFault", format!("request {id} is over")))
            }
            "GetServiceGroupStatus" if words.int(message, "serviceGroupID") <= 0 => {
                wrong("serviceGroupID is no service group".into())
            }
            _ => Ok(()),
        }
    }

    /// Whether a request has at least one label or data.
    fn has_information(&self, message: &Message) -> bool {
        let Some(items) = self.words.field(message, "IVRInfo").as_list() else { return false };
        let mut records = items.iter().filter_map(|item| item.as_record());
        records.any(|record| record.iter().any(|value| matches!(value, Value::Text(text) if !text.trim().is_empty())))
    }

    /// Whether options are to apply to one type of session, and none is given.
    fn names_no_type(&self, message: &Message) -> bool {
        let option = |label: &str| matches!(self.words.int(message, label), 2 | 4);
        let by_type = option("AgentActionOptions") || self.words.int(message, "CloseTabOptions") == 4;
        by_type && self.words.int(message, "TypeOfSession") <= 0
    }
}
