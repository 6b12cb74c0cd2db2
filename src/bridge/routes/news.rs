//! What the rules made of a routing platform's message, as news about a route.

use super::{News, Who};
use crate::{
    message::Value,
    model::{Change, ChangeKind, Fact, RejectReason},
};

impl News {
    /// The news of a change, and the platform's number of the route where the message names it. `message` is what the
    /// message is called in its own dialect.
    pub fn of(change: &Change, message: &str) -> (Option<i64>, News) {
        let route = change.int(Fact::Route);
        let reason = || match change.fact(Fact::Reason) {
            Value::Text("") | Value::Absent | Value::Nil => message.to_owned(),
            Value::Text(text) => format!("{message}: {text}"),
            _ => message.to_owned(),
        };
        let who = || Who { login: change.party.number.to_owned(), id: change.party.id.as_int().filter(|id| *id != 0) };
        let news = match change.kind {
            ChangeKind::RouteAccepted => match route {
                Some(id) => News::Accepted(id),
                None => News::Failed { reason: format!("{message} names no request"), unknown: true },
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
