//! Orders to a platform: the commands that rules make of them.

use super::Platform;
use crate::bridge::{
    picture::{Live, RouteOrder},
    story,
};
use crate::{
    model::{Model, Occasion, Order, OrderKind, RequestIx, Subjects},
    port::{Asker, Notice, RouteAsked},
    time::Time,
};

impl Platform {
    /// Asks a routing platform for something about a route. `model` is the picture that has its call. Else what the platform
    /// lacks.
    pub fn route(
        &mut self,
        now: Time,
        model: &Model,
        order: &Order,
        (asked, details): (RouteAsked, &RouteOrder),
        route: u64,
    ) -> Result<(), String> {
        debug_assert!(order.fits_its_signature(), "{order:?}");
        let outgoing = self.outgoing.clone();
        let mut message = std::mem::take(&mut self.message);
        let live = Live {
            route: Some(details),
            ..Live::native(model, (order.kind.into(), &order.subject), &self.knobs, None)
        };
        let conversing = self.standstill.conversing(now);
        let (mut asks, counts) = (self.conversation.asks(), &mut self.counts);
        let mut sent = asks.is_none();
        outgoing.messages(order.kind, &live, &mut message, |rule, message| {
            counts.orders[rule] += 1;
            counts.cut += outgoing.vocabulary.fit(message) as u64;
            // One order is one message, whatever the rules say.
            if let (false, Some(asks)) = (std::mem::replace(&mut sent, true), &mut asks) {
                asks.ask(conversing, message, Asker::Route { route, asked });
            }
        });
        sent &= asks.is_some();
        self.message = message;
        let lacks = outgoing.plan(order.kind).ignored.as_deref().unwrap_or("can't do this");
        if sent { Ok(()) } else { Err(format!("{} ({}) {lacks}", self.name, outgoing.vocabulary.title)) }
    }

    /// Tells the conversation which requests have ended, so that it need not watch for their outcomes.
    pub fn tell_ended_requests(&mut self) {
        for request in self.model.ended_requests() {
            self.conversation.ended(*request);
        }
    }

    /// Counts how long the requests took that have ended and are about to be dropped.
    pub fn time_ended_requests(&mut self, now: Time) {
        for request in self.model.ended_requests() {
            if let Some(since) = self.model.asked_since(*request) {
                self.counts.latency.observe(now - since);
            }
        }
    }

    /// The platform has answered a request that passed whole.
    pub fn passed_is_answered(&mut self, now: Time, request: RequestIx) {
        if let Some(since) = self.passed.unanswered_since(request) {
            self.counts.latency.observe(now - since);
        }
        let most = self.model.settings().max_requests;
        if self.passed.answered(now, request, most) {
            self.counts.forgotten += 1;
            let cause = "max_requests: events that name an answered request are told without its number early";
            self.wanted.push_back(Notice::BoundReached { cause, count: 1, limit: most }.into());
        }
    }

    /// How many requests have no outcome yet.
    pub fn open_requests(&self) -> usize {
        self.model.open_requests() + self.passed.unanswered()
    }

    /// True if the platform can carry out this order on the call or agent that something is about.
    pub fn can(&self, order: OrderKind, subject: &Subjects) -> bool {
        let asked = (Occasion::Order(order), subject);
        let live = Live::native(&self.model, asked, &self.knobs, self.number_place());
        self.outgoing.can(order, &live)
    }

    /// Has the platform do what a request asks for; where it can't, the request fails with what the platform lacks.
    pub fn order(&mut self, now: Time, order: &Order) {
        let Some(request) = order.request else { return };
        self.tell_ended_requests();
        let outgoing = self.outgoing.clone();
        let wish = self.model.request(request).id;
        let mut message = std::mem::take(&mut self.message);
        let live = Live::native(&self.model, (order.kind.into(), &order.subject), &self.knobs, self.number_place());
        let conversing = self.standstill.conversing(now);
        let (conversation, counts) = (&mut self.conversation, &mut self.counts);
        let refused = outgoing.refusal(order.kind, &live);
        let mut commands = self.teller.is_on().then(Vec::new);
        let sent = refused.is_none()
            && outgoing.messages(order.kind, &live, &mut message, |rule, message| {
                counts.orders[rule] += 1;
                if let Some(commands) = &mut commands {
                    commands.push((rule, message.clone()));
                }
                conversation.command(conversing, message, request, wish);
            });
        self.message = message;
        let plan = outgoing.plan(order.kind);
        if !sent && refused.is_none() && !plan.steps.is_empty() {
            self.model.take_steps(now, request, &plan.steps);
        } else if !sent {
            let lacks = refused.or(plan.ignored.as_deref()).unwrap_or("can't do this");
            let reason = format!("{} ({}) {lacks}", self.name, outgoing.vocabulary.title);
            self.model.fail_request(now, request, reason);
        }
        for (rule, command) in commands.into_iter().flatten() {
            let asker = story::Asker::from(self.model.request(request));
            self.tell_story(self.command_story(&command, Some(rule), asker));
        }
    }
}
