//! Requests that named a call or an agent before the platform showed it: they are tied to it once it is shown. Ids as
//! applications know them are resolved in `bridge`.

use super::{Expect, Request, Requests};
use crate::model::*;

impl Requests {
    /// A call is known by these names from now on: earlier requests that named them are about this call.
    pub fn call_shown(&mut self, call: CallIx, names: &CallNames) {
        if self.is_empty() {
            return;
        }
        let named = |unseen: &Option<SpacedId>| {
            unseen
                .as_ref()
                .is_some_and(|id| names.iter().any(|name| name.space == id.space && name.id == id.id.as_id()))
        };
        self.learn(|request| {
            let is_first = request.call.is_none() && named(&request.unseen.call);
            let is_second = request.second.is_none() && named(&request.unseen.second);
            if is_first {
                request.call = Some(call);
            }
            if is_second {
                request.second = Some(call);
            }
            is_first || is_second
        });
    }

    /// The same for an agent, by id or by the number of a log-on.
    pub fn agent_shown(&mut self, agent: AgentIx, entry: &Agent) {
        if self.is_empty() {
            return;
        }
        let (id, number, name) = (entry.id.clone(), entry.number.clone(), entry.name.clone());
        self.learn(|request| {
            let by_id = request.unseen.agent.map(NativeId::Int).is_some_and(|meant| id.as_ref() == Some(&meant));
            let by_number = || [&number, &name].into_iter().any(|known| !known.is_empty() && *known == request.number);
            let is_meant = by_id || (request.kind == RequestKind::LogOn && by_number());
            let is_meant = is_meant && request.agent.is_none();
            if is_meant {
                request.agent = Some(agent);
            }
            is_meant
        });
    }

    /// Requests that named an unseen call or agent learn which one it is, and what they have to expect.
    fn learn(&mut self, learn: impl Fn(&mut Request) -> bool) {
        for request in self.table.values_mut().filter(|request| request.expect != Expect::Nothing) {
            if learn(request) {
                request.expect = request.expectation();
            }
        }
    }
}
