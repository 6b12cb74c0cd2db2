//! What the rules made of a routing platform's message, as news about a route.

use super::{News, Who};
use crate::{
    message::Value,
    model::{Change, ChangeKind, Fact, RejectReason},
};

impl News {
    /// The news of a change, and the platform's number of the route where the message names it. `fault` is the name of
    /// the fault if the message is one. The message's other names stay between the bridge and the platform.
    pub fn of(change: &Change, fault: Option<&str>) -> (Option<i64>, News) {
        let route = change.int(Fact::Route);
        let text = if let Value::Text(text) = change.fact(Fact::Reason) { text.trim() } else { "" };
        let reason = || match (fault, text) {
            (Some(fault), "") => fault.to_owned(),
            (Some(fault), text) => format!("{fault}: {text}"),
            (None, "") => "the platform gives no reason".to_owned(),
            (None, text) => text.to_owned(),
        };
        let who = || Who { login: change.party.number.to_owned(), id: change.party.id.as_int().filter(|id| *id != 0) };
        let news = match change.kind {
            ChangeKind::RouteAccepted => match route {
                Some(id) => News::Accepted(id),
                None => News::Failed { reason: "the answer names no request".to_owned(), unknown: true },
            },
            ChangeKind::RouteRefused => {
                let reason = change.int(Fact::RejectReason).and_then(RejectReason::from_code);
                News::Refused(reason.unwrap_or(RejectReason::Unknown))
            }
            ChangeKind::RouteQueued => News::Queued,
            ChangeKind::RouteTaken => News::Taken(who()),
            ChangeKind::RouteCompleted => News::Completed(who()),
            ChangeKind::RouteLost => News::Lost(reason()),
            ChangeKind::RouteCancelled => News::Cancelled,
            ChangeKind::RouteNotCancelled => News::NotCancelled,
            ChangeKind::RouteOver => News::Over(reason()),
            ChangeKind::RouteMissing => News::Missing(reason()),
            _ => News::Failed { reason: reason(), unknown: false },
        };
        (route, news)
    }
}
