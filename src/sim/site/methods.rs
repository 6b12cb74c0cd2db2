//! The methods of CCAS that the site carries out, for Ann alone. A method that does not fit the state fails, as it does at CCAS.

use serde_json::Value;

use super::{ANN, ANSWERS, BEN, BEN_STATION, Part, STAYS, Site, Step, events};
use crate::time::Time;

impl Site {
    /// Carries out a method. The error is the text that CCAS would give.
    pub fn call(&mut self, now: Time, method: &str, args: &Value) -> Result<(), String> {
        let number = |key: &str| args[key].as_i64().unwrap_or_default();
        let text = |key: &str| args[key].as_str().unwrap_or_default();
        let call = number("lCallID");
        if number("lAgentRecID") != ANN {
            return Err("this desk has no such agent".to_owned());
        }
        match method {
            "SetVoiceReady" => self.set_ready(None),
            "SetVoiceNotReady" => self.set_ready(Some(number("lReason"))),
            "AnswerCall" => self.answer(call)?,
            "HangupCall" => self.hang_up(call)?,
            "RejectServiceCall" => self.reject(call)?,
            "HoldCall" => self.change(call, Part::Connected, Part::Held, events::held)?,
            "RetrieveCall" => self.change(call, Part::Held, Part::Connected, events::retrieved)?,
            "MakeCall" => self.make_call(now, text("bstrDialString"))?,
            "TransferCall" | "ConferenceCall" => self.join(now, method == "TransferCall")?,
            "DeflectCall" => self.deflect(now, call, text("bstrDest"))?,
            "SendDTMF" | "SetAgentIVRData" => {
                self.part_in(call)?;
            }
            "SetAgentCQCodes" => {
                let codes = text("bstrCQCodes").trim_end_matches('|').to_owned();
                self.events.push(events::codes(call, &codes));
            }
            "ExtendClerical" => {}
            "CancelClerical" => self.end_clerical(call)?,
            _ => return Err(format!("this site cannot carry out {method}")),
        }
        self.wait_for_customer(now);
        Ok(())
    }

    fn part_in(&self, call: i64) -> Result<Part, String> {
        self.calls.get(&call).map(|found| found.part).ok_or_else(|| format!("there is no call {call}"))
    }

    /// Moves Ann's part in a call from one to another.
    fn change(&mut self, call: i64, from: Part, to: Part, event: impl Fn(i64) -> Value) -> Result<(), String> {
        let found = self.calls.get_mut(&call).filter(|found| found.part == from);
        found.ok_or_else(|| format!("call {call} is not in the state for that"))?.part = to;
        self.events.push(event(call));
        Ok(())
    }

    fn set_ready(&mut self, reason: Option<i64>) {
        self.ready = reason.is_none();
        self.events.push(reason.map_or_else(events::ready, events::not_ready));
    }

    fn answer(&mut self, call: i64) -> Result<(), String> {
        let opposite = self.calls.get(&call).map(|found| found.opposite.clone()).unwrap_or_default();
        self.change(call, Part::Ringing, Part::Connected, |call| events::established(ANN, call, &opposite))?;
        self.forget(Step::RingsTooLong(call));
        Ok(())
    }

    fn hang_up(&mut self, call: i64) -> Result<(), String> {
        let part = self.part_in(call)?;
        let Some(found) = self.calls.remove(&call) else { return Ok(()) };
        if found.opposite == BEN_STATION && part != Part::Dialing {
            self.events.push(events::cleared(BEN, call, false));
        }
        let clerical = found.of_group && part != Part::Ringing;
        self.events.push(events::cleared(ANN, call, clerical));
        self.clerical = if clerical { Some(call) } else { self.clerical };
        Ok(())
    }

    /// The customer's call goes back to the group.
    fn reject(&mut self, call: i64) -> Result<(), String> {
        if self.part_in(call)? != Part::Ringing {
            return Err(format!("call {call} does not ring"));
        }
        self.forget(Step::RingsTooLong(call));
        self.calls.remove(&call);
        self.events.push(events::rejected(call, "Rejected"));
        Ok(())
    }

    fn make_call(&mut self, now: Time, number: &str) -> Result<(), String> {
        if self.calls.values().any(|call| call.part != Part::Held) {
            return Err("the agent is in another call".to_owned());
        }
        let call = self.new_call(Part::Dialing, number, false);
        self.events.push(events::originated(call));
        self.plan(now, ANSWERS / 2, Step::FarEndRings(call));
        Ok(())
    }

    /// Joins Ann's held call and her active one.
    fn join(&mut self, now: Time, transfers: bool) -> Result<(), String> {
        let of_part = |part| self.calls.iter().find(|(_, call)| call.part == part).map(|(id, _)| *id);
        let (Some(held), Some(active)) = (of_part(Part::Held), of_part(Part::Connected)) else {
            return Err("a held call and an active one are needed".to_owned());
        };
        let (Some(first), Some(second)) = (self.calls.remove(&held), self.calls.remove(&active)) else { return Ok(()) };
        let result = self.new_call(Part::Connected, &first.opposite, first.of_group);
        let name = if transfers { "TRANSFERRED" } else { "CONFERENCE" };
        let ids = [held, active, result];
        let clerical = transfers && first.of_group;
        self.events.push(events::joined(name, ANN, ids, &second.opposite, clerical));
        if second.opposite == BEN_STATION {
            self.events.push(events::joined(name, BEN, ids, &first.opposite, false));
        }
        if transfers {
            self.calls.remove(&result);
            self.clerical = if clerical { Some(held) } else { self.clerical };
            if second.opposite == BEN_STATION {
                self.plan(now, STAYS, Step::BenHangsUp(result));
            }
        }
        Ok(())
    }

    /// A single step transfer. Ben takes what is sent to him.
    fn deflect(&mut self, now: Time, call: i64, destination: &str) -> Result<(), String> {
        self.part_in(call)?;
        self.forget(Step::RingsTooLong(call));
        let opposite = self.calls.remove(&call).map(|found| found.opposite).unwrap_or_default();
        self.events.push(events::diverted(call));
        if destination == BEN_STATION {
            self.events.extend([events::delivered(BEN, call, &opposite), events::established(BEN, call, &opposite)]);
            self.plan(now, STAYS, Step::BenHangsUp(call));
        }
        Ok(())
    }

    fn end_clerical(&mut self, call: i64) -> Result<(), String> {
        if self.clerical != Some(call) {
            return Err(format!("there is no work after call {call}"));
        }
        self.clerical = None;
        self.events.push(events::clerical_ended(call));
        Ok(())
    }
}
