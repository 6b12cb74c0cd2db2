//! What rules read of a request, and of the transition itself.

use super::{Live, optional, text};
use crate::{
    message::Value,
    model::{Detail, DeviceKind, OrderKind, RequestAttribute},
};

impl<'p> Live<'p> {
    pub(super) fn request_attribute(&self, attribute: RequestAttribute) -> Value<'p> {
        if let Some(route) = self.route {
            return match attribute {
                RequestAttribute::Service => optional(route.service),
                RequestAttribute::Destination => text(&route.login),
                RequestAttribute::DestinationType => optional(route.kind.map(DeviceKind::code)),
                RequestAttribute::Items => Value::Int(route.data.len() as i64),
                RequestAttribute::Id
                | RequestAttribute::About
                | RequestAttribute::Number
                | RequestAttribute::Station
                | RequestAttribute::ServiceKind
                | RequestAttribute::ServiceType
                | RequestAttribute::DestinationAgent
                | RequestAttribute::Dial
                | RequestAttribute::Code
                | RequestAttribute::Reason
                | RequestAttribute::Digits => Value::Absent,
            };
        }
        if let Some(local) = self.local {
            return match attribute {
                RequestAttribute::Id => Value::Int(local.id),
                RequestAttribute::About => Value::Int(local.about.code()),
                RequestAttribute::Number
                | RequestAttribute::Station
                | RequestAttribute::Service
                | RequestAttribute::ServiceKind
                | RequestAttribute::ServiceType
                | RequestAttribute::Destination
                | RequestAttribute::DestinationType
                | RequestAttribute::DestinationAgent
                | RequestAttribute::Dial
                | RequestAttribute::Code
                | RequestAttribute::Reason
                | RequestAttribute::Digits
                | RequestAttribute::Items => Value::Absent,
            };
        }
        let Some(request) = self.request() else { return Value::Absent };
        match attribute {
            RequestAttribute::Id => Value::Int(request.id),
            RequestAttribute::About => Value::Int(request.about.code()),
            RequestAttribute::Number => text(&request.number),
            RequestAttribute::Station => text(&request.station),
            RequestAttribute::Service => {
                let unseen = || optional(request.unseen.service.map(|(_, id)| id));
                request.service.map_or_else(unseen, |service| self.service_id(service))
            }
            RequestAttribute::ServiceKind => {
                let known = request.service.map(|service| self.model.service(service).kind);
                optional(known.or(request.unseen.service.map(|(kind, _)| kind)).map(DeviceKind::code))
            }
            RequestAttribute::ServiceType => optional(request.service_type),
            RequestAttribute::Destination => text(&request.destination),
            RequestAttribute::DestinationAgent => {
                let known = request.towards.map(|agent| &self.model.agent(agent).number);
                text(known.unwrap_or(&request.unseen_destination))
            }
            RequestAttribute::Dial => text(&request.dial),
            RequestAttribute::DestinationType => optional(request.destination_kind.map(DeviceKind::code)),
            RequestAttribute::Code => optional(request.code),
            RequestAttribute::Reason => text(&request.reason),
            RequestAttribute::Digits => text(&request.digits),
            RequestAttribute::Items => Value::Int(request.data.len() as i64),
        }
    }

    pub(super) fn detail(&self, detail: Detail) -> Value<'p> {
        let details = &self.subject.details;
        match detail {
            Detail::State => optional(details.state.map(|state| state.code())),
            Detail::End => optional(details.end.map(|end| end.code())),
            Detail::Blind => Value::Bool(details.blind),
            Detail::Code => optional(details.code),
            Detail::Told => Value::Bool(details.told),
            Detail::Answerable => {
                Value::Bool(self.source.is_some_and(|platform| platform.can(OrderKind::Answer, self.subject)))
            }
            Detail::Failure => optional(details.failure.map(|failure| failure.code())),
            Detail::Result => optional(details.result),
            Detail::Reason => details.reason.as_deref().map(Value::Text).unwrap_or_default(),
            Detail::Status => optional(details.status.map(|status| status.code())),
            Detail::RouteType => optional(details.route_type.map(|ty| ty.code())),
            Detail::Destination => details.destination.as_deref().map(Value::Text).unwrap_or_default(),
            Detail::Timeout => optional(details.timeout.map(i64::from)),
            Detail::Entity => optional(details.entity.map(|entity| entity.code())),
            Detail::LastOfType => Value::Bool(details.last_of_type),
            Detail::Last => Value::Bool(details.last),
            Detail::RejectReason => optional(details.reject.map(|reason| reason.code())),
            Detail::Route => optional(details.route),
            Detail::IfAllocated => Value::Bool(details.if_allocated),
        }
    }
}
