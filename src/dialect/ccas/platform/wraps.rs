//! Work after a call that an application asked for. CCAS extends such work by a number of seconds, and the work should
//! last until somebody ends it. It is extended again before it runs out, for as long as the configuration allows.

use std::{collections::BTreeMap, time::Duration};

use super::{Client, Notice, Purpose};
use crate::{message::Message, time::Time};

/// The lead time of an extension before the work would run out, if the work is at least twice that long; otherwise it
/// is shorter.
const BEFORE: Duration = Duration::from_secs(15);
/// Extensions shorter than this are not repeated: the next one could come too late.
const SHORTEST: i64 = 4;

#[derive(Debug)]
struct ManualWrap {
    call: i64,
    seconds: i64,
    /// The time of the next extension, and the latest time until which the work is extended.
    next: Time,
    until: Time,
    /// The command of the last extension.
    command: i64,
}

/// Work after calls by agent: each agent works after one call at a time.
#[derive(Debug, Default)]
pub(super) struct ManualWraps {
    by_agent: BTreeMap<i64, ManualWrap>,
}

impl ManualWraps {
    pub(super) fn deadline(&self) -> Option<Time> {
        self.by_agent.values().map(|wrap| wrap.next).min()
    }

    /// The work after this call, or after any call, is over.
    pub(super) fn over(&mut self, agent: i64, call: Option<i64>) {
        let is_meant = |wrap: &ManualWrap| call.is_none_or(|call| call == 0 || call == wrap.call);
        if self.by_agent.get(&agent).is_some_and(is_meant) {
            self.by_agent.remove(&agent);
        }
    }

    /// CCAS refused this command, or may have refused it.
    pub(super) fn refused(&mut self, command: i64) {
        self.by_agent.retain(|_, wrap| wrap.command != command);
    }
}

impl Client {
    /// Follows a command that begins such work, or ends it.
    pub(super) fn follow_wrap(&mut self, now: Time, message: &Message) {
        let Some(kind) = message.kind() else { return };
        let def = self.vocabulary.message(kind);
        let number = |label: &str| def.fields.slot(label).and_then(|slot| message.get(slot).as_int());
        let Some(agent) = number("lAgentRecID") else { return };
        match def.label.as_str() {
            "ExtendClerical" => {
                let (Some(call), Some(seconds)) = (number("lCallID"), number("lNumSeconds")) else { return };
                let limit = self.settings.manual_wrap_limit;
                let Some(lasts) = u64::try_from(seconds).ok().filter(|_| seconds >= SHORTEST) else { return };
                if !limit.is_zero() {
                    let lasts = Duration::from_secs(lasts);
                    let next = now + (lasts - BEFORE.min(lasts / 2));
                    let wrap = ManualWrap { call, seconds, next, until: now + limit, command: self.awaited.last() };
                    self.wraps.by_agent.insert(agent, wrap);
                }
            }
            "CancelClerical" => self.wraps.over(agent, None),
            _ => {}
        }
    }

    pub(super) fn renew_wraps(&mut self, now: Time) {
        let due = self.wraps.by_agent.iter().filter(|(_, wrap)| wrap.next <= now);
        for agent in due.map(|(agent, _)| *agent).collect::<Vec<_>>() {
            let Some(wrap) = self.wraps.by_agent.get_mut(&agent) else { continue };
            if wrap.next >= wrap.until {
                self.wraps.by_agent.remove(&agent);
                self.troubles.wrap_limits += 1;
                self.say(Notice::WrapLimit { agent, limit_s: self.settings.manual_wrap_limit.as_secs() });
                continue;
            }
            wrap.next = wrap.next + Duration::from_secs(wrap.seconds.unsigned_abs());
            wrap.command = self.awaited.last() + 1;
            let numbers = [("lAgentRecID", agent), ("lCallID", wrap.call), ("lNumSeconds", wrap.seconds)];
            self.call(now, "ExtendClerical", &numbers, Purpose::Renewal { agent });
        }
    }
}
