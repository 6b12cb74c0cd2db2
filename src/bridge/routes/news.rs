//! What the rules made of a routing platform's message, as news about a route.

use super::{News, Who};
use crate::{
    message::Value,
    model::{Attributes, Fact, RejectReason, RouteChange},
};

impl News {
    /// The news of a change, and the platform's number of the route where the message names it. `fault` is the name of
    /// the fault if the message is one. The message's other names stay between the bridge and the platform.
    pub fn of(kind: RouteChange, change: &Attributes, fault: Option<&str>) -> (Option<i64>, News) {
        let route = change.int(Fact::Route);
        let text = if let Value::Text(text) = change.fact(Fact::Reason) { text.trim() } else { "" };
        let reason = || match (fault, text) {
            (Some(fault), "") => fault.to_owned(),
            (Some(fault), text) => format!("{fault}: {text}"),
            (None, "") => "the platform gives no reason".to_owned(),
            (None, text) => text.to_owned(),
        };
        let who = || Who { login: change.party.number.to_owned(), id: change.party.id.as_int().filter(|id| *id != 0) };
        let news = match kind {
            RouteChange::Accepted => match route {
                Some(id) => News::Accepted(id),
                None => News::Failed { reason: "the answer names no request".to_owned(), unknown: true },
            },
            RouteChange::Refused => {
                let reason = change.int(Fact::RejectReason).and_then(RejectReason::from_code);
                News::Refused(reason.unwrap_or(RejectReason::Unknown))
            }
            RouteChange::Queued => News::Queued,
            RouteChange::Taken => News::Taken(who()),
            RouteChange::Completed => News::Completed(who()),
            RouteChange::Lost => News::Lost(reason()),
            RouteChange::Cancelled => News::Cancelled,
            RouteChange::NotCancelled => News::NotCancelled,
            RouteChange::Over => News::Over(reason()),
            RouteChange::Missing => News::Missing(reason()),
            RouteChange::Failed => News::Failed { reason: reason(), unknown: false },
        };
        (route, news)
    }
}
