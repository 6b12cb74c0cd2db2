//! One selection towards a routing platform, from its record to its end: it is added once, followed until it is decided,
//! answered once, and cancelled when nobody needs it any more.

use std::time::Duration;

use super::{AGAIN, Alarm, Desk, LAST_MOMENT, News, Number, Order, Target, Told, Who, Wish};
use crate::{
    bridge::ids::CallKey,
    model::{ClientId, Failure, RejectReason, RouteType},
    port::{Notice, RouteAsked},
    time::Time,
};

#[derive(Debug)]
pub struct Selection {
    /// None once the call is over.
    pub call: Option<CallKey>,
    /// What its record calls the call, also when that is over.
    pub named: String,
    pub wish: Wish,
    pub state: State,
    pub answered: bool,
    /// The routing platform's number of it, and when it gave that.
    pub accepted: Option<(i64, Time)>,
    /// When the alarm goes off that it has, and how long it waited for it.
    due: Option<(Time, Alarm)>,
    waited: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Its record is being kept; nobody was asked yet.
    Keeping,
    /// The routing platform is asked for it.
    Adding,
    /// The same, and nobody waits for it any more: if it is added after all, it is cancelled.
    Unwanted,
    /// The routing platform has it; an agent is to get it.
    Waiting,
    /// The time is up: it is taken back, unless an agent has it.
    Withdrawing,
    /// An agent got it meanwhile: who?
    LookingUp,
    /// It is what was used; it lives until the call ends.
    Used,
    /// It must end, and may have to be asked more than once.
    Cancelling,
}

impl Selection {
    pub fn new(call: CallKey, wish: Wish) -> Selection {
        Selection {
            call: Some(call),
            named: String::new(),
            wish,
            state: State::Keeping,
            answered: false,
            accepted: None,
            due: None,
            waited: Duration::ZERO,
        }
    }

    /// One that an earlier run left behind: nobody knows any more who asked for it.
    pub fn left_over(now: Time, id: i64) -> Selection {
        let client = ClientId { application: 0, session: 0 };
        let target = Target::Nobody;
        Selection {
            call: None,
            named: String::new(),
            wish: Wish {
                client,
                id: 0,
                call: None,
                route: None,
                destination: None,
                target,
                service: None,
                data: Vec::new(),
            },
            state: State::Cancelling,
            answered: true,
            accepted: Some((id, now)),
            due: None,
            waited: Duration::ZERO,
        }
    }
}

const NOBODY_KNOWS: &str = "whether the request was added is unknown";

impl Desk {
    /// The record is kept: now the routing platform can be asked, and is, once.
    pub fn kept(&mut self, now: Time, number: Number) {
        let Some(selection) = self.selections.get_mut(&number).filter(|known| known.state == State::Keeping) else {
            return;
        };
        selection.state = State::Adding;
        self.counts.added += 1;
        self.want(Order::Add { number });
        self.alarm(number, now + self.settings.answer, Alarm::Answer(number));
    }

    /// The record could not be kept: nothing is asked for, since nobody could say after a crash that it was.
    pub fn not_kept(&mut self, number: Number, reason: &str) {
        if self.selections.get(&number).is_some_and(|known| known.state == State::Keeping) {
            let text = format!("its record could not be kept: {reason}");
            self.answer(number, Told::Failed(Failure::Failed, text));
            self.finish(number);
        }
    }

    /// What the routing platform says to an order.
    pub fn answered(&mut self, now: Time, number: Number, asked: RouteAsked, news: News) {
        match asked {
            RouteAsked::Add => self.added(now, number, news),
            RouteAsked::Cancel => self.cancelled(now, number, news),
            RouteAsked::LookUp => self.status(now, number, news),
        }
    }

    fn added(&mut self, now: Time, number: Number, news: News) {
        let Some(selection) = self.selections.get_mut(&number) else { return };
        if !matches!(selection.state, State::Adding | State::Unwanted) {
            return;
        }
        let wanted = selection.state == State::Adding;
        self.no_alarm(number);
        match news {
            News::Accepted(id) => self.accepted(now, number, id, wanted),
            News::Refused(reason) => {
                self.answer(number, Told::Rejected(reason));
                self.finish(number);
            }
            News::Failed { reason, unknown } => {
                if unknown {
                    self.counts.unknown += 1;
                    let text = format!("{reason}: {NOBODY_KNOWS}");
                    self.want(Order::Report { notice: Notice::RouteUncertain { route: number.0, reason } });
                    self.answer(number, Told::Failed(Failure::Failed, text));
                } else {
                    self.answer(number, Told::Failed(Failure::Failed, reason));
                }
                self.finish(number);
            }
            // Whatever else it may be, it is no sign that the request was added.
            News::Missing(reason) | News::Over(reason) | News::Lost(reason) => {
                self.answer(number, Told::Failed(Failure::Failed, reason));
                self.finish(number);
            }
            News::Queued | News::Taken(_) | News::Completed(_) | News::Cancelled | News::NotCancelled => {
                let reason = format!("the routing platform answered something else: {NOBODY_KNOWS}");
                self.answer(number, Told::Failed(Failure::Failed, reason));
                self.finish(number);
            }
        }
    }

    fn accepted(&mut self, now: Time, number: Number, id: i64, wanted: bool) {
        // A number that somebody has is given anew: the platform has forgotten whom it gave it to.
        if let Some(earlier) = self.by_id.get(&id).copied() {
            self.status(now, earlier, News::Missing("the routing platform was restarted".into()));
        }
        self.by_id.insert(id, number);
        let Some(selection) = self.selections.get_mut(&number) else { return };
        selection.accepted = Some((id, now));
        let (target, destination) = (selection.wish.target.clone(), selection.wish.destination.clone());
        if self.settings.keeps {
            self.want(Order::Keep { number, id: Some(id) });
        }
        if !wanted {
            self.cancel(number);
            return;
        }
        match target {
            Target::Service => self.used(number, RouteType::Service, destination),
            Target::Agent { .. } | Target::Anyone | Target::Nobody => {
                self.turn(number, State::Waiting);
                self.want(Order::Follow { number, id });
            }
        }
    }

    /// The routing platform did not say in time whether it took it, or who has it. Whoever waits is answered nevertheless.
    pub(super) fn no_answer(&mut self, number: Number) {
        let Some(selection) = self.selections.get_mut(&number) else { return };
        selection.due = None;
        match selection.state {
            State::Adding => {
                selection.state = State::Unwanted;
                let text = format!("no answer in {} s: {NOBODY_KNOWS}", self.settings.answer.as_secs_f64());
                self.answer(number, Told::Failed(Failure::Failed, text));
            }
            State::Withdrawing | State::LookingUp => {
                self.answer(number, Told::Rejected(RejectReason::Timeout));
                self.cancel(number);
            }
            State::Keeping | State::Unwanted | State::Waiting | State::Used | State::Cancelling => {}
        }
    }

    /// What became of a request.
    pub(super) fn status(&mut self, now: Time, number: Number, news: News) {
        let Some(selection) = self.selections.get(&number) else { return };
        match selection.state {
            State::Waiting | State::LookingUp => self.decide(now, number, news),
            State::Used | State::Withdrawing | State::Cancelling => self.note_end(now, number, &news),
            State::Keeping | State::Adding | State::Unwanted => {}
        }
    }

    /// The application waits to hear who gets it.
    fn decide(&mut self, now: Time, number: Number, news: News) {
        let looked_up = self.selections.get(&number).is_some_and(|known| known.state == State::LookingUp);
        match news {
            News::Taken(who) => self.taken(number, &who, false),
            News::Completed(who) => self.taken(number, &who, true),
            News::Lost(reason) | News::Missing(reason) => {
                self.answer(number, Told::Failed(Failure::Failed, reason));
                self.finish(number);
            }
            News::Cancelled | News::Over(_) if looked_up => {
                self.answer(number, Told::Rejected(RejectReason::Timeout));
                self.finish(number);
            }
            News::Cancelled => {
                self.answer(number, Told::Failed(Failure::Failed, "somebody cancelled the request".into()));
                self.finish(number);
            }
            News::Over(reason) => {
                self.answer(number, Told::Failed(Failure::Failed, reason));
                self.finish(number);
            }
            // It waits again, or nobody could say: the time is up.
            News::Queued if looked_up => {
                self.answer(number, Told::Rejected(RejectReason::Timeout));
                self.cancel(number);
            }
            News::Failed { .. } if looked_up => {
                self.answer(number, Told::Rejected(RejectReason::Timeout));
                self.cancel_later(now, number);
            }
            // The next poll will tell.
            News::Queued | News::Failed { .. } => {}
            News::Accepted(_) | News::Refused(_) | News::NotCancelled => {}
        }
    }

    fn taken(&mut self, number: Number, who: &Who, over: bool) {
        let Some(selection) = self.selections.get(&number) else { return };
        let same = |login: &str, id: Option<i64>| {
            (!who.login.is_empty() && who.login.eq_ignore_ascii_case(login)) || (id.is_some() && id == who.id)
        };
        let destination = match &selection.wish.target {
            Target::Agent { login, id } if same(login, *id) => {
                Some(if who.login.is_empty() { login.clone() } else { who.login.clone() })
            }
            Target::Anyone if !who.login.is_empty() => Some(who.login.clone()),
            Target::Agent { .. } | Target::Anyone | Target::Service | Target::Nobody => None,
        };
        match destination {
            Some(login) => {
                self.used(number, RouteType::Agent, Some(login));
                if over {
                    self.finish(number);
                }
            }
            None => {
                self.answer(number, Told::Rejected(RejectReason::NoRoute));
                if over {
                    self.finish(number);
                } else {
                    self.cancel(number);
                }
            }
        }
    }

    fn used(&mut self, number: Number, route: RouteType, destination: Option<String>) {
        self.turn(number, State::Used);
        self.no_alarm(number);
        self.answer(number, Told::Used { route, destination });
    }

    /// Nobody waits for it: all that matters is whether it has ended.
    fn note_end(&mut self, now: Time, number: Number, news: &News) {
        let state = self.selections.get(&number).map(|known| known.state);
        let is_cancelled = match state {
            Some(State::Used) => false,
            Some(State::Cancelling) => true,
            // What is being withdrawn is told by the answer to that.
            Some(State::Withdrawing) => return,
            Some(State::Keeping | State::Adding | State::Unwanted | State::Waiting | State::LookingUp) | None => return,
        };
        match news {
            News::Completed(_) | News::Lost(_) | News::Cancelled | News::Over(_) | News::Missing(_) => {
                self.finish(number);
            }
            // It was asked for because a cancellation was not taken.
            News::Queued | News::Taken(_) | News::Failed { .. } if is_cancelled => self.cancel_later(now, number),
            News::Queued | News::Taken(_) | News::Failed { .. } => {}
            News::Accepted(_) | News::Refused(_) | News::NotCancelled => {}
        }
    }

    // ── the end ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// The time is up for a selection that has not been answered.
    pub(super) fn withdraw(&mut self, now: Time, number: Number) {
        let Some(selection) = self.selections.get(&number) else { return };
        if let (State::Waiting, Some((id, _))) = (selection.state, selection.accepted) {
            self.turn(number, State::Withdrawing);
            self.want(Order::Cancel { number, id, if_allocated: false });
            self.alarm(number, now + LAST_MOMENT, Alarm::Answer(number));
        } else {
            self.answer(number, Told::Rejected(RejectReason::Timeout));
            self.abandon(number);
        }
    }

    /// Nobody needs it any more: it is never added, or cancelled.
    pub(super) fn abandon(&mut self, number: Number) {
        let Some(selection) = self.selections.get_mut(&number) else { return };
        match selection.state {
            State::Keeping => self.finish(number),
            State::Adding => selection.state = State::Unwanted,
            State::Waiting | State::Withdrawing | State::LookingUp | State::Used => self.cancel(number),
            State::Unwanted | State::Cancelling => {}
        }
    }

    fn cancelled(&mut self, now: Time, number: Number, news: News) {
        let Some(selection) = self.selections.get(&number) else { return };
        let Some((id, _)) = selection.accepted else { return };
        match selection.state {
            State::Withdrawing => match news {
                News::Cancelled => {
                    self.answer(number, Told::Rejected(RejectReason::Timeout));
                    self.finish(number);
                }
                // It was allocated, or came to its end, meanwhile: to whom?
                News::NotCancelled | News::Over(_) => {
                    self.turn(number, State::LookingUp);
                    self.want(Order::LookUp { number, id });
                }
                News::Missing(reason) | News::Lost(reason) => {
                    self.answer(number, Told::Failed(Failure::Failed, reason));
                    self.finish(number);
                }
                News::Accepted(_)
                | News::Refused(_)
                | News::Failed { .. }
                | News::Queued
                | News::Taken(_)
                | News::Completed(_) => {
                    self.answer(number, Told::Rejected(RejectReason::Timeout));
                    self.cancel_later(now, number);
                }
            },
            State::Cancelling => match news {
                News::Cancelled | News::Over(_) | News::Missing(_) | News::Lost(_) => self.finish(number),
                // Either it is over, or it must be asked for again.
                News::NotCancelled => self.want(Order::LookUp { number, id }),
                News::Accepted(_)
                | News::Refused(_)
                | News::Failed { .. }
                | News::Queued
                | News::Taken(_)
                | News::Completed(_) => self.cancel_later(now, number),
            },
            State::Keeping | State::Adding | State::Unwanted | State::Waiting | State::LookingUp | State::Used => {}
        }
    }

    /// It must end, whoever has it.
    pub(super) fn cancel(&mut self, number: Number) {
        self.turn(number, State::Cancelling);
        self.no_alarm(number);
        if let Some((id, _)) = self.selections.get(&number).and_then(|known| known.accepted) {
            self.want(Order::Cancel { number, id, if_allocated: true });
        }
    }

    pub(super) fn cancel_later(&mut self, now: Time, number: Number) {
        self.turn(number, State::Cancelling);
        let Some(selection) = self.selections.get_mut(&number) else { return };
        selection.waited = (selection.waited * 2).clamp(AGAIN.0, AGAIN.1);
        let due = now + selection.waited;
        self.alarm(number, due, Alarm::Again(number));
    }

    pub(super) fn again(&mut self, number: Number) {
        if self.selections.get(&number).is_some_and(|known| known.state == State::Cancelling) {
            self.cancel(number);
        }
    }

    fn turn(&mut self, number: Number, state: State) {
        let Some(selection) = self.selections.get_mut(&number) else { return };
        let followed = selection.state == State::Waiting && state != State::Waiting;
        selection.state = state;
        if let (true, Some((id, _))) = (followed, selection.accepted) {
            self.want(Order::Unfollow { id });
        }
    }

    /// Nothing is left of it but the answer.
    fn finish(&mut self, number: Number) {
        self.no_alarm(number);
        let Some(selection) = self.selections.remove(&number) else { return };
        if let Some((id, _)) = selection.accepted {
            if self.by_id.get(&id) == Some(&number) {
                self.by_id.remove(&id);
            }
            if selection.state == State::Waiting {
                self.want(Order::Unfollow { id });
            }
        }
        if let Some(route) = selection.call.and_then(|call| self.routes.get_mut(&call)) {
            route.selections.retain(|known| *known != number);
        }
        if self.settings.keeps {
            self.want(Order::Drop { number });
        }
    }

    fn alarm(&mut self, number: Number, due: Time, alarm: Alarm) {
        self.no_alarm(number);
        if let Some(selection) = self.selections.get_mut(&number) {
            selection.due = Some((due, alarm));
            self.alarms.insert((due, alarm));
        }
    }

    fn no_alarm(&mut self, number: Number) {
        if let Some(due) = self.selections.get_mut(&number).and_then(|selection| selection.due.take()) {
            self.alarms.remove(&due);
        }
    }
}
