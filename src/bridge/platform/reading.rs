//! A platform's messages, once they are read: the rules' changes of its picture, and the requests that they answer.

use std::collections::VecDeque;

use super::{Bad, Platform, shown};
use crate::bridge::{
    passing::PassedRequests,
    routes::{self, News},
    story,
};
use crate::{
    message::Message,
    model::{Bounds, Change, ChangeKind, Device, DeviceKind, Effect, Id, Meaning, Model, Reached},
    port::{Asker, Heard, Notice, Output},
    time::Time,
    vocabulary::{Decoded, Observed},
};

/// The request that a message answers.
#[derive(Debug, Clone, Copy)]
pub(super) enum Answers {
    Nothing,
    /// A request of the model, by its id on the platform's side.
    Request(Id<'static>),
    /// A question of the conversation about this agent.
    About(i64),
    /// A request that went to the platform whole. The platform's answer goes on whole, too.
    Passed,
}

/// Says which bounds of the picture were reached since the last time.
#[cold]
fn say_bounds(model: &Model, said: &mut Bounds, wanted: &mut VecDeque<Output>) {
    for Reached { cause, count, limit } in model.reached_since(said) {
        wanted.push_back(Notice::BoundReached { cause, count, limit }.into());
    }
    *said = model.bounds;
}

impl Platform {
    /// The next event that the conversation says itself.
    pub fn next_own(&mut self) -> Option<Box<Message>> {
        self.own.pop_front()
    }

    /// Takes it in.
    pub fn take_own(&mut self, now: Time, message: Box<Message>, notices: &mut Vec<Notice>) {
        (self.has_event, self.is_failure) = (false, false);
        if let Err(bad) = self.take_in(now, Heard::Event, Decoded::default(), &message) {
            notices.push(bad.notice());
        }
        self.message = *message;
    }

    /// Lets everything follow from a message that was read; the error is what is wrong with it.
    pub(super) fn take_in(&mut self, now: Time, heard: Heard, decoded: Decoded, message: &Message) -> Result<(), Bad> {
        let malformed = decoded.observed().and_then(|observed| self.note_observed(*observed));
        if let Some(kind) = message.kind() {
            self.counts.read[kind.0 as usize] += 1;
            self.counts.last_read = Some(now);
        }
        if self.teller.is_on() {
            self.tell_story(story::message_in(&self.teller, &self.incoming.vocabulary, message, None));
            self.tell_reply(heard, message);
        }
        // The link comes first: a message shows that it is up, whatever else it says.
        self.converse(now);
        let taken = self.follow(now, heard, message);
        // A malformed field is reported in preference to a rule's outcome.
        malformed.map_or(taken, |malformed| Err(self.malformed(message, &malformed)))
    }

    /// Counts and says what was observed while a message was read, and hands back which field is not of its type.
    #[cold]
    fn note_observed(&mut self, observed: Observed) -> Option<String> {
        if !observed.unknown.is_empty() {
            self.counts.unknown_fields += observed.unknown.len() as u64;
            self.unknown_fields = observed.unknown;
        }
        if !observed.replaced.is_empty() {
            self.say_replaced(observed.replaced);
        }
        observed.malformed
    }

    /// Tells whose command a message answers.
    fn tell_reply(&mut self, heard: Heard, message: &Message) {
        let Heard::Answer(request) = heard else { return };
        let asker = match self.passed.get(request) {
            Some(passed) => Some(story::Asker { client: passed.client, id: passed.id }),
            None => self.model.find_request(request).map(story::Asker::from),
        };
        self.tell_story(asker.and_then(|asker| self.reply_story(message, asker)));
    }

    pub(super) fn follow(&mut self, now: Time, heard: Heard, message: &Message) -> Result<(), Bad> {
        if self.tells_all {
            self.records.note(&self.incoming.vocabulary, message, &self.model);
        }
        match heard {
            Heard::Event => {
                self.has_event = true;
                return self.apply(now, message, Answers::Nothing);
            }
            Heard::Shown => return self.apply(now, message, Answers::Nothing),
            Heard::Answer(request) if PassedRequests::is_passed(request) => {
                self.has_event = self.answer_passed(now, request, message);
                if self.has_event {
                    self.answers = Some(request);
                    return self.apply(now, message, Answers::Passed);
                }
            }
            Heard::Answer(request) => {
                return self.apply(now, message, Answers::Request(Model::request_handle(request)));
            }
            Heard::About(agent) => return self.apply(now, message, Answers::About(agent)),
            Heard::For(Asker::Route { route, asked }) => {
                self.route_asker = Some((route, asked));
                let taken = self.apply(now, message, Answers::Nothing);
                self.route_asker = None;
                return taken;
            }
            Heard::For(Asker::Guest(guest)) => self.guest = Some(guest),
            // Only applications' conversations have sessions.
            Heard::Asked { .. } | Heard::Online { .. } | Heard::Nothing => {}
        }
        Ok(())
    }

    pub(super) fn apply(&mut self, now: Time, message: &Message, answers: Answers) -> Result<(), Bad> {
        let incoming = &self.incoming;
        let kind = message.kind().map_or(0, |kind| kind.0 as usize);
        if incoming.plans[kind].rules.is_empty() {
            if self.teller.is_on() {
                let ignored = story::ignored(&self.teller, incoming, message);
                self.tell_story(ignored);
            }
            return Ok(());
        }
        let own = self.epoch.map(|epoch| epoch + now.0);
        let clock = shown(&incoming.vocabulary, message).and_then(|[local, utc]| self.clock.read(own, local, utc));
        let clock = clock.or(own);
        self.model.begin(now, clock);
        self.model.set_ahead(clock.map_or(0, |moment| self.clock.ahead(moment)));
        let (model, counts) = (&mut self.model, &mut self.counts);
        let (teller, wanted) = (&self.teller, &mut self.wanted);
        let (route_news, asker) = (&mut self.route_news, self.route_asker);
        let (is_routed, has_event, is_failure) = (self.is_routed, &mut self.has_event, &mut self.is_failure);
        let mut fault = None;
        incoming.changes(message, |rule, said| {
            counts.rules[rule] += 1;
            if teller.is_on() {
                wanted.extend(story::rule_fired(teller, incoming, rule, said.kind, message).map(Output::from));
            }
            let kind = match said.kind {
                Meaning::Change(kind) => kind,
                Meaning::Route(news) => {
                    let def = &incoming.vocabulary.messages[kind];
                    let (id, news) = News::of(news, &said, def.fault.then_some(def.label.as_str()));
                    return route_news.push(routes::Heard { asker, id, news });
                }
                // A platform asks for nothing: its rules are of the other side.
                Meaning::Request(_) => return counts.add_effect(Effect::UnknownRequest),
            };
            use ChangeKind::{RouteAsked, RouteRejected, RouteUsed, Routed};
            if is_routed && matches!(kind, RouteAsked | Routed | RouteUsed | RouteRejected) {
                *has_event = false;
            }
            let effect = match answers {
                // The platform's number of the request leads to the model's.
                Answers::Request(request) => {
                    let mut answer = said.attributes.clone();
                    answer.request = request;
                    model.apply(&Change::new(kind, &answer))
                }
                // Nobody waits for the outcome of a question that the conversation asked.
                Answers::About(_) | Answers::Passed if kind.ends_request() => {
                    *is_failure |= kind == ChangeKind::RequestFailed;
                    return;
                }
                Answers::About(agent) => {
                    let mut answer = said.attributes.clone();
                    answer.request = Id::None;
                    answer.party = Device { kind: Some(DeviceKind::Agent), id: Id::Int(agent), number: "" };
                    model.apply(&Change::new(kind, &answer))
                }
                // The number of a request that nobody here has made.
                Answers::Nothing | Answers::Passed if !said.request.is_none() => {
                    let mut plain = said.attributes.clone();
                    plain.request = Id::None;
                    model.apply(&Change::new(kind, &plain))
                }
                Answers::Nothing | Answers::Passed => model.apply(&Change::new(kind, said.attributes)),
            };
            if effect != Effect::Taken {
                if teller.is_on() {
                    let told = story::without_effect(teller, incoming, said.kind, effect, message);
                    wanted.extend(told.map(Output::from));
                }
                fault = fault.or(effect.fault(&said));
                counts.add_effect(effect);
            }
        });
        if model.bounds != self.said_bounds {
            say_bounds(model, &mut self.said_bounds, wanted);
        }
        fault.map_or(Ok(()), |fault| Err(Bad::of(format!("{}: {fault}", incoming.vocabulary.messages[kind].label))))
    }
}
