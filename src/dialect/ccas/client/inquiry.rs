//! Which agents are phone agents: CCAS is asked of each one who logs on, few at a time, because its snapshot does not tell and
//! the events that only phone agents have will be removed. What the answer means the rules say.

use std::collections::{BTreeMap, BTreeSet};

use super::{Client, Notice, Output, Purpose, State};
use crate::{
    message::Message,
    time::Time,
    vocabulary::{AgentPart, MessageDef, Role, Which},
};

/// So many questions are open at a time.
const AT_A_TIME: usize = 4;
/// So many agents wait to be asked about; of further ones nothing is known but what events tell.
const MAX_WAITING: usize = 10_000;

#[derive(Debug, Default)]
pub(super) struct Inquiry {
    waiting: BTreeSet<i64>,
    /// The question about each agent whose answer counts: the one that was asked last.
    last: BTreeMap<i64, i64>,
    open: usize,
}

impl Inquiry {
    /// Whether there is room. A question that is open is about an earlier log-on.
    fn want(&mut self, agent: i64) -> bool {
        self.last.remove(&agent);
        let has_room = self.waiting.len() < MAX_WAITING;
        if has_room {
            self.waiting.insert(agent);
        }
        has_room
    }

    fn forget(&mut self, agent: i64) {
        self.waiting.remove(&agent);
        self.last.remove(&agent);
    }

    /// About whom to ask next, with this number of the question.
    fn next(&mut self, question: i64) -> Option<i64> {
        if self.open >= AT_A_TIME {
            return None;
        }
        let agent = self.waiting.pop_first()?;
        self.last.insert(agent, question);
        self.open += 1;
        Some(agent)
    }

    /// A question is not open any more. Whether its answer counts.
    pub(super) fn answered(&mut self, agent: i64, question: i64) -> bool {
        self.open = self.open.saturating_sub(1);
        let counts = self.last.get(&agent) == Some(&question);
        if counts {
            self.last.remove(&agent);
        }
        counts
    }
}

impl Client {
    /// What an event says of who is there, and of work after calls.
    pub(super) fn follow(&mut self, now: Time, label: &str, def: &MessageDef, message: &Message) {
        let number = |role| def.role(role).and_then(|slot| message.get(slot).as_int());
        let Some(agent) = number(Role::Agent(AgentPart::Id)) else { return };
        match label {
            "LOGON" | "LOGON_PHONEAGENT" if self.settings.asks_of_agents => {
                if !self.inquiry.want(agent) {
                    let text = format!("agent {agent} is not asked about: {MAX_WAITING} others wait for it");
                    self.outputs.push_back(Output::Notice(Notice::warn(text).one_of("phone agents")));
                }
                self.inquire(now);
            }
            "LOGOFF" | "LOGOFF_PHONEAGENT" => {
                self.inquiry.forget(agent);
                self.wraps.over(agent, None);
            }
            "READY" => self.wraps.over(agent, None),
            "CLERICALENDED" => self.wraps.over(agent, number(Role::Call(Which::Call, 0))),
            _ => {}
        }
    }

    /// Asks about the next agents.
    pub(super) fn inquire(&mut self, now: Time) {
        while self.state == State::Live
            && let Some(agent) = self.inquiry.next(self.ids + 1)
        {
            self.call(now, "GetPhoneAgentstatus", &[("lAgentRecID", agent)], Purpose::Inquiry(agent));
        }
    }
}
