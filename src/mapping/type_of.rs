//! The type of everything that a rule can name: `field` of a dialect's fields, `fact`, `call`, `agent` … of the model's facts
//! and attributes; and the enumerations that some of these types are.

use std::sync::Arc;

use super::value_type::{Members, Ty};
use crate::{
    model::{
        About, AgentAttribute, AgentState, CallAttribute, CallState, CallType, Cause, ConnectionState, Detail,
        DeviceKind, Direction, End, Entity, Fact, Failure, ItemAttribute, Media, Occupation, PartyAttribute,
        RejectReason, RequestAttribute, RouteStatus, RouteType, ServiceAttribute,
    },
    vocabulary::{Type, Vocabulary},
};

/// The model's enumerations by name.
pub fn words(name: &str) -> Option<Arc<Members>> {
    let names = match name {
        "agent-state" => AgentState::NAMES,
        "occupation" => Occupation::NAMES,
        "connection-state" => ConnectionState::NAMES,
        "media" => Media::NAMES,
        "call-type" => CallType::NAMES,
        "cause" => Cause::NAMES,
        "direction" => Direction::NAMES,
        "call-state" => CallState::NAMES,
        "end" => End::NAMES,
        "route-type" => RouteType::NAMES,
        "route-status" => RouteStatus::NAMES,
        "reject-reason" => RejectReason::NAMES,
        "failure" => Failure::NAMES,
        "about" => About::NAMES,
        "entity" => Entity::NAMES,
        "device-kind" => DeviceKind::NAMES,
        _ => return None,
    };
    let list = names.iter().enumerate().map(|(code, name)| (name.to_string(), code as i64)).collect();
    Some(Arc::new(Members { name: format!("the model's {name}"), list }))
}

fn members(name: &str) -> Ty {
    words(name).map_or(Ty::Any, Ty::Members)
}

/// A dialect's enumerations by name.
pub fn enumeration(vocabulary: &Vocabulary, name: &str) -> Option<Arc<Members>> {
    let place = vocabulary.enumeration(name)?;
    Some(members_of(vocabulary, place))
}

fn members_of(vocabulary: &Vocabulary, place: usize) -> Arc<Members> {
    let known = &vocabulary.enums[place];
    let list = known.members.iter().map(|member| (member.name.clone(), member.code)).collect();
    Arc::new(Members { name: known.name.clone(), list })
}

pub fn field(vocabulary: &Vocabulary, ty: &Type) -> Ty {
    match ty {
        Type::Bool => Ty::Bool,
        Type::Int | Type::Long => Ty::Number,
        Type::Text | Type::Time => Ty::Text,
        Type::Id => Ty::Id,
        Type::Enum(place) => Ty::Members(members_of(vocabulary, *place)),
        Type::Record(_) => Ty::Record,
        Type::List(_) => Ty::List,
    }
}

pub fn fact(fact: Fact) -> Ty {
    match fact {
        Fact::Media => members("media"),
        Fact::Type => members("call-type"),
        Fact::Direction => members("direction"),
        Fact::Cause => members("cause"),
        Fact::State | Fact::Underlying => members("agent-state"),
        Fact::Failure => members("failure"),
        Fact::About => members("about"),
        Fact::Entity => members("entity"),
        Fact::RouteType => members("route-type"),
        Fact::Status => members("route-status"),
        Fact::RejectReason => members("reject-reason"),
        Fact::Code | Fact::Result | Fact::Route | Fact::Timeout => Ty::Number,
        Fact::ServiceType => Ty::Any,
        Fact::EndWrap | Fact::Abandoned | Fact::Phone | Fact::Free | Fact::WaitsUnseen => Ty::Bool,
        Fact::Ani
        | Fact::Dnis
        | Fact::CallerName
        | Fact::Sequence
        | Fact::Waited
        | Fact::Since
        | Fact::Reason
        | Fact::Digits
        | Fact::Priority
        | Fact::Destination
        | Fact::Number
        | Fact::Name
        | Fact::Station => Ty::Text,
    }
}

pub fn call(attribute: CallAttribute) -> Ty {
    match attribute {
        CallAttribute::Media => members("media"),
        CallAttribute::Type => members("call-type"),
        CallAttribute::Cause => members("cause"),
        CallAttribute::Direction => members("direction"),
        CallAttribute::State => members("call-state"),
        CallAttribute::DestinationType => members("device-kind"),
        CallAttribute::Disposition | CallAttribute::Items => Ty::Number,
        CallAttribute::Priority | CallAttribute::PriorityReversed => Ty::Number,
        CallAttribute::Id | CallAttribute::Sequence => Ty::Id,
        CallAttribute::Agent | CallAttribute::Originator | CallAttribute::Service => Ty::Id,
        CallAttribute::Abandoned => Ty::Bool,
        CallAttribute::Guid
        | CallAttribute::Ani
        | CallAttribute::Dnis
        | CallAttribute::CallerName
        | CallAttribute::Destination
        | CallAttribute::QueuedDate
        | CallAttribute::QueuedTime => Ty::Text,
    }
}

pub fn agent(attribute: AgentAttribute) -> Ty {
    match attribute {
        AgentAttribute::State => members("agent-state"),
        AgentAttribute::Occupation => members("occupation"),
        AgentAttribute::Disposition
        | AgentAttribute::AcdCalls
        | AgentAttribute::OutboundAcdCalls
        | AgentAttribute::NonAcdCalls
        | AgentAttribute::Chats
        | AgentAttribute::Emails
        | AgentAttribute::HeldCalls => Ty::Number,
        AgentAttribute::Id | AgentAttribute::Number | AgentAttribute::Station | AgentAttribute::Call => Ty::Id,
        AgentAttribute::Phone => Ty::Bool,
        AgentAttribute::Name
        | AgentAttribute::Reason
        | AgentAttribute::Since
        | AgentAttribute::Ani
        | AgentAttribute::Dnis => Ty::Text,
    }
}

pub fn party(attribute: PartyAttribute) -> Ty {
    match attribute {
        PartyAttribute::Kind => members("device-kind"),
        PartyAttribute::Id | PartyAttribute::Number => Ty::Id,
    }
}

pub fn service(attribute: ServiceAttribute) -> Ty {
    match attribute {
        ServiceAttribute::Kind => members("device-kind"),
        ServiceAttribute::Id => Ty::Id,
        ServiceAttribute::Name => Ty::Text,
    }
}

pub fn item(attribute: ItemAttribute) -> Ty {
    match attribute {
        ItemAttribute::Kind => members("device-kind"),
        ItemAttribute::State => members("connection-state"),
        ItemAttribute::Number => Ty::Any,
        ItemAttribute::Id => Ty::Id,
        ItemAttribute::Key | ItemAttribute::Value => Ty::Text,
    }
}

pub fn request(attribute: RequestAttribute) -> Ty {
    match attribute {
        RequestAttribute::About => members("about"),
        RequestAttribute::DestinationType | RequestAttribute::ServiceKind => members("device-kind"),
        RequestAttribute::Code | RequestAttribute::Items => Ty::Number,
        RequestAttribute::ServiceType => Ty::Any,
        RequestAttribute::Id | RequestAttribute::Number | RequestAttribute::Station | RequestAttribute::Service => {
            Ty::Id
        }
        RequestAttribute::Destination
        | RequestAttribute::DestinationAgent
        | RequestAttribute::Dial
        | RequestAttribute::Reason
        | RequestAttribute::Digits => Ty::Text,
    }
}

pub fn detail(detail: Detail) -> Ty {
    match detail {
        Detail::State => members("agent-state"),
        Detail::End => members("end"),
        Detail::Failure => members("failure"),
        Detail::Status => members("route-status"),
        Detail::RouteType => members("route-type"),
        Detail::RejectReason => members("reject-reason"),
        Detail::Entity => members("entity"),
        Detail::Timeout | Detail::Code | Detail::Result | Detail::Route => Ty::Number,
        Detail::Blind | Detail::Told | Detail::LastOfType | Detail::Last | Detail::IfAllocated => Ty::Bool,
        Detail::Answerable => Ty::Bool,
        Detail::Reason | Detail::Destination => Ty::Text,
    }
}
