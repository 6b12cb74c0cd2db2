//! Finds out which agents are phone agents. CCAS is asked about each agent who logs on, a few at a time, because its
//! snapshot does not say, and the events that only phone agents have are due to be removed. Rules interpret the answer.

use std::collections::{BTreeMap, BTreeSet};

use super::{Client, Notice, Purpose, State};
use crate::{
    message::Message,
    time::Time,
    vocabulary::{AgentPart, MessageDef, Role, Which},
};

/// The most questions that are open at a time.
const AT_A_TIME: usize = 4;
/// The most agents that wait to be asked about. Of further agents, only events show whether they are phone agents.
const MAX_WAITING: usize = 10_000;

#[derive(Debug, Default)]
pub(super) struct Inquiry {
    waiting: BTreeSet<i64>,
    /// The last question about each agent: only its answer counts.
    last: BTreeMap<i64, i64>,
    open: usize,
}

impl Inquiry {
    /// Queues a question about an agent; returns false if the queue is full. The answer to a question that is already
    /// open no longer counts, because it was asked at an earlier log-on.
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

    /// The next agent to ask about; `question` is the number of the question.
    fn next(&mut self, question: i64) -> Option<i64> {
        if self.open >= AT_A_TIME {
            return None;
        }
        let agent = self.waiting.pop_first()?;
        self.last.insert(agent, question);
        self.open += 1;
        Some(agent)
    }

    /// A question is no longer open. Returns whether its answer counts.
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
    /// Follows events that show agents logging on or off, and work after calls.
    pub(super) fn follow(&mut self, now: Time, label: &str, def: &MessageDef, message: &Message) {
        let number = |role| def.role(role).and_then(|slot| message.get(slot).as_int());
        let Some(agent) = number(Role::Agent(AgentPart::Id)) else { return };
        match label {
            "LOGON" | "LOGON_PHONEAGENT" if self.settings.asks_of_agents => {
                if !self.inquiry.want(agent) {
                    self.say(Notice::AgentNotAskedAbout { agent, waiting: MAX_WAITING });
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

    /// Asks about the next agents, as far as questions may be open.
    pub(super) fn inquire(&mut self, now: Time) {
        while self.state == State::Live
            && let Some(agent) = self.inquiry.next(self.awaited.last() + 1)
        {
            self.call(now, "GetPhoneAgentstatus", &[("lAgentRecID", agent)], Purpose::Inquiry(agent));
        }
    }
}
