//! The definition of a message: who says it, its names, its fields, and the messages that answer it.

use std::ops::Range;

use smallvec::SmallVec;

use super::{
    field::{AgentPart, Literal, Role, Type, Which},
    fields::Fields,
};
use crate::message::{Kind, Message};

/// The side that says a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// Application → platform.
    Request,
    /// The platform's answer to a request, outside the stream of events.
    Reply,
    /// Platform → application.
    Event,
    /// A call from the platform into the application that is not an event: session start, heartbeat.
    Callback,
}

/// A group of fields that together are one device.
#[derive(Debug, Clone)]
pub struct DeviceGroup {
    pub label: String,
    pub id: Option<usize>,
    pub ty: Option<usize>,
    pub number: Option<usize>,
}

#[derive(Debug, Clone)]
pub struct MessageDef {
    pub label: String,
    pub chapter: String,
    pub side: Side,
    /// The content of the fields that name the message; for SOAP, the operation and the class.
    pub wire_names: Vec<(String, String)>,
    /// Further names on the wire.
    pub aliases: Vec<String>,
    pub fields: Fields,
    /// The fields that have a role. Some of them are looked up for every event.
    pub roles: Vec<(Role, usize)>,
    pub mentions: Mentions,
    /// The record whose fields come first, and their number.
    pub base: Option<(usize, usize)>,
    /// Fields with a fixed value, by slot.
    pub fixed: Vec<(usize, Literal)>,
    pub devices: Vec<DeviceGroup>,
    /// The type of the result that a request returns.
    pub returns: Option<Type>,
    /// The members of the results in its reply, in the guide's order.
    pub results: Vec<String>,
    /// No data contract is around its fields: they are an operation's own parameters, or the one field is the result.
    pub bare: bool,
    /// The reply that answers a request.
    pub reply: Option<Kind>,
    /// The replies by which a request may be refused.
    pub faults: Vec<Kind>,
    /// A reply that refuses.
    pub fault: bool,
    /// A request that only concerns the session and never reaches the model.
    pub session: bool,
    pub span: Range<usize>,
}

/// A few fields of a message. Every message that is remembered needs them, so that they stand in its definition.
pub type Slots = SmallVec<[u16; 8]>;

/// The fields by which people tell which call, agent and request a message is about, and when it was said; of several, the
/// first that has a value.
#[derive(Debug, Clone, Default)]
pub struct Mentions {
    pub call: Slots,
    /// Of another call: the second one, or the one that two become.
    pub second: Slots,
    pub agent: Slots,
    pub request: Option<usize>,
    /// The moment: local time, and UTC.
    pub times: [Option<usize>; 2],
}

impl Mentions {
    /// The number of the request that a message names.
    pub fn request_of(&self, message: &Message) -> Option<i64> {
        self.request.and_then(|slot| message.get(slot).as_int())
    }

    pub(super) fn of(roles: &[(Role, usize)], call_names: &[String]) -> Mentions {
        let (mut calls, mut others) = (Vec::new(), Vec::new());
        let (mut ids, mut numbers, mut request) = (Vec::new(), Vec::new(), None);
        let mut times = [None; 2];
        for (role, slot) in roles {
            match role {
                Role::Call(Which::Call, part) => calls.push((*part, *slot)),
                Role::Agent(AgentPart::Id) => ids.push(*slot),
                Role::Agent(AgentPart::Number) => numbers.push(*slot),
                Role::Request => request = Some(*slot),
                Role::Call(Which::Second | Which::Result, part) => others.push((*part, *slot)),
                Role::Agent(AgentPart::Name | AgentPart::Station)
                | Role::Service
                | Role::Session
                | Role::Tenant
                | Role::Platform
                | Role::Sequence => {}
                Role::Time => times[0] = Some(*slot),
                Role::Utc => times[1] = Some(*slot),
            }
        }
        // The number is what people call a call by; without one, its most authoritative name.
        let sorted = |mut calls: Vec<(u8, usize)>| -> Slots {
            calls.sort_by_key(|(part, _)| if call_names[usize::from(*part)] == "id" { 0 } else { part + 1 });
            calls.into_iter().map(|(_, slot)| slot as u16).collect()
        };
        Mentions {
            call: sorted(calls),
            second: sorted(others),
            agent: ids.into_iter().chain(numbers).map(|slot| slot as u16).collect(),
            request,
            times,
        }
    }
}

impl MessageDef {
    /// The name under which the message travels: for SOAP its operation or class, for JSON the first name field.
    pub fn wire_name(&self) -> &str {
        self.wire_names.first().map_or(&self.label, |(_, value)| value)
    }

    pub fn role(&self, role: Role) -> Option<usize> {
        self.roles.iter().find(|(known, _)| *known == role).map(|(_, slot)| *slot)
    }
}
