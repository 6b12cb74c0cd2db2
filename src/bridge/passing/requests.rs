//! Requests of an application, on their way to a platform of its own dialect.

use smallvec::SmallVec;

use super::{Passed, names::ToPlatform, open::Over, rename};
use crate::{
    bridge::{Bridge, Cause, application::Failed, picture::Local, story},
    message::Message,
    model::{
        About, Asked, Asking, Audience, ClientId, Fact, Failure, LinkState, RequestIx, RequestKind, Transition,
        TransitionKind, Verdict,
    },
    time::Time,
    vocabulary::{AgentPart, MessageDef, Role, Side, Which},
};

/// What a request asks, as far as that decides whether it passes.
#[derive(Debug, Default)]
struct Wish {
    asks: SmallVec<[(RequestKind, About); 2]>,
    /// The platform that has its call or its agent.
    owner: Option<usize>,
    /// Its ids are known to be over, or belong to different platforms.
    is_wrong: bool,
}

impl Bridge {
    /// Passes a request on whole. Returns false if it is answered by rules instead: snapshots are answered from what is
    /// known, and so is what no platform of the application's dialect can be asked.
    pub(in crate::bridge) fn pass_request(
        &mut self,
        now: Time,
        index: usize,
        (session, id): (u32, i64),
        asked: Asked,
        message: &Message,
    ) -> bool {
        let application = &self.applications[index];
        if !application.passing.contains(&true) {
            return false;
        }
        let wish = self.wish(index, asked, message);
        let Some(platform) = wish.owner.or(application.platforms.first().copied()) else { return false };
        let routes_here = || application.routes.media().is_some() || self.platforms[platform].is_routed;
        let is_answered_here = |(kind, _): &(RequestKind, About)| {
            *kind == RequestKind::Snapshot
                || (*kind == RequestKind::Route && routes_here())
                // A request about agents of several platforms is put to each of them.
                || (*kind == RequestKind::LogOffAll && application.platforms.len() > 1)
        };
        let may_ask = |(kind, _): &(RequestKind, About)| matches!(kind, RequestKind::State | RequestKind::Data);
        let concerns_several = application.platforms.len() > 1 && wish.asks.len() > 1;
        if !application.passes(platform)
            || wish.is_wrong
            || concerns_several
            || wish.asks.iter().any(is_answered_here)
            || (application.only_listens(session) && !wish.asks.iter().all(may_ask))
            || self.platforms[platform].model.link() != LinkState::Up
        {
            return false;
        }
        let def = message.kind().map(|kind| application.from.vocabulary.message(kind));
        let (operation, about) =
            wish.asks.first().copied().unwrap_or((RequestKind::Refuse, def.map_or(About::Call, about)));
        let client = ClientId { application: index as u16, session };
        let passed = Passed { client, id, operation, about, since: now, asked, message: message.clone() };
        if self.platforms[platform].has_most_requests() {
            self.fail_passed(now, platform, &passed, "too many requests are open");
            self.settle(now, platform, Cause::Request);
            return true;
        }
        let mut whole = Message::default();
        let place = application.place_of(platform).unwrap_or_default();
        let parts = &application.to.call_parts;
        let mut names =
            ToPlatform { ids: &application.ids, parts, platform: &self.platforms[platform], index: platform, place };
        rename(&application.from.vocabulary, message, true, &mut names, &mut whole);
        if application.teller.is_on() {
            let to = &self.platforms[platform];
            let taken = story::request_taken(&application.teller, operation, to, (session, id), asked);
            let command = to.command_story(&whole, None, story::Asker { client, id });
            self.applications[index].tell_story(taken);
            self.collect(now);
            self.platforms[platform].tell_story(command);
        }
        self.platforms[platform].pass_command(now, &mut whole, passed);
        self.settle(now, platform, Cause::Request);
        true
    }

    fn wish(&self, index: usize, asked: Asked, message: &Message) -> Wish {
        let application = &self.applications[index];
        let mut wish = Wish::default();
        let names_nothing = [asked.agent, asked.call].into_iter().flatten().any(|id| id <= 0);
        application.from.changes(message, |_, said| {
            let Some(asks) = said.asking() else { return };
            let kind = asks.kind;
            let about = match kind {
                RequestKind::Refuse => asks.int(Fact::About).and_then(About::from_code).unwrap_or(About::Call),
                kind => kind.about(),
            };
            wish.asks.push((kind, about));
            let meant = self.meant(application, asked, &asks);
            wish.owner = wish.owner.or(meant.owner());
            // A log-on names who is to log on otherwise, and a new call need not be about another one.
            wish.is_wrong |= names_nothing && !matches!(kind, RequestKind::LogOn | RequestKind::MakeCall);
            let platform = wish.owner.or(application.platforms.first().copied());
            wish.is_wrong |= platform.is_some_and(|platform| {
                let towards = self.agent_called(application, platform, &asks);
                self.wrong_with(application, platform, &meant, towards, &asks).is_some()
            });
        });
        wish
    }

    /// What follows for requests from what the platform's conversation did: those that cannot be answered any more fail.
    pub(in crate::bridge) fn settle_passed(&mut self, now: Time, index: usize) {
        for (request, reason) in self.platforms[index].take_unanswerable() {
            if let Some(passed) = self.platforms[index].passed.end(request) {
                self.fail_passed(now, index, &passed, &reason);
            }
        }
    }

    /// Ends requests whose time is up. One that the platform took is done if the picture shows it, and may have to wait
    /// until an agent is free.
    pub(in crate::bridge) fn expire_passed(&mut self, now: Time, index: usize) {
        for over in self.platforms[index].passed.expire(now) {
            let request = match over {
                Over::Answered(request) => request,
                Over::Unanswered(request, passed, taken) => {
                    let verdict = taken.map_or(Verdict::NotShown, |taken| self.judge(now, index, &passed, taken));
                    match (verdict, taken) {
                        (Verdict::Pending(due), Some(taken)) => {
                            self.platforms[index].passed.put_back(request, *passed, taken, due);
                            continue;
                        }
                        (Verdict::Done(transition), _) => self.tell_asker(now, index, &passed, *transition),
                        (Verdict::Pending(_) | Verdict::NotShown, _) => {
                            let platform = &self.platforms[index];
                            let what =
                                if taken.is_some() { "took it, and no event showed it done" } else { "did not answer" };
                            let seconds = (now - passed.since).as_secs();
                            let reason = format!("{} {what} in {seconds} s", platform.name);
                            self.fail_passed(now, index, &passed, &reason);
                        }
                    }
                    request
                }
            };
            self.platforms[index].conversation.ended(request);
        }
    }

    /// What the picture says of a request. One that asks several things is done when all of them are.
    fn judge(&mut self, now: Time, index: usize, passed: &Passed, taken: Time) -> Verdict {
        let from = self.applications[usize::from(passed.client.application)].from.clone();
        let mut verdict = None;
        from.changes(&passed.message, |_, said| {
            if let (Some(asks), None | Some(Verdict::Done(_))) = (said.asking(), &verdict) {
                verdict = Some(self.judge_one(now, index, passed, taken, asks));
            }
        });
        verdict.unwrap_or(Verdict::NotShown)
    }

    fn judge_one(&mut self, now: Time, index: usize, passed: &Passed, taken: Time, asks: Asking) -> Verdict {
        if asks.kind == RequestKind::Refuse {
            return Verdict::NotShown;
        }
        let application = &self.applications[usize::from(passed.client.application)];
        let meant = self.meant(application, passed.asked, &asks);
        let towards = self.agent_called(application, index, &asks);
        let ask = self.ask_of(application, index, (passed.client, passed.id, passed.asked), &meant, towards, asks);
        self.platforms[index].model.judge(now, &ask, taken)
    }

    /// Tells the asker alone how a request ended that no message of the platform answers.
    fn tell_asker(&mut self, now: Time, index: usize, passed: &Passed, mut transition: Transition) {
        transition.audience = Audience::Asker(passed.client);
        let Passed { client, id, about, asked, .. } = *passed;
        let local = Local { client, id, about, call: asked.call, agent: asked.agent };
        let me = usize::from(client.application);
        self.platforms[index].stamp(now);
        self.applications[me].say(me, index, &self.platforms[index], &transition, Some(&local));
    }

    fn fail_passed(&mut self, now: Time, index: usize, passed: &Passed, reason: &str) {
        let Passed { client, id, operation, about, asked, .. } = *passed;
        let mut transition = Transition::new(TransitionKind::RequestFailed);
        transition.details.failure = Some(Failure::Failed);
        transition.details.about = Some(about);
        transition.details.reason = Some(reason.to_owned());
        self.tell_asker(now, index, passed, transition);
        let application = &mut self.applications[usize::from(client.application)];
        application.failed(client.session, &Failed { operation, about, id, asked, reason });
    }
}

/// What a request is about that no rule knows, by the ids that it names.
fn about(def: &MessageDef) -> About {
    let has = |role| def.role(role).is_some();
    if has(Role::Call(Which::Call, 0)) {
        About::Call
    } else if has(Role::Agent(AgentPart::Id)) {
        About::Agent
    } else {
        About::Login
    }
}

impl crate::bridge::platform::Platform {
    /// Has the platform do what a request of its own dialect asks, whole.
    fn pass_command(&mut self, now: Time, message: &mut Message, passed: Passed) {
        let wish = passed.id;
        let request = self.passed.add(now, passed);
        let conversing = self.conversing(now);
        self.conversation.command(conversing, message, request, wish);
    }

    /// Takes note of an answer to a request that passed; hands back whether it is to be passed on.
    pub(in crate::bridge) fn answer_passed(&mut self, now: Time, request: RequestIx, message: &Message) -> bool {
        let side = message.kind().map(|kind| self.incoming.vocabulary.message(kind).side);
        // Where events tell outcomes, a reply only says that the request was taken.
        if side == Some(Side::Reply) && self.incoming.vocabulary.events_name_requests() {
            let due = now + self.model.settings().request_grace;
            self.passed.taken(now, request, due);
            return false;
        }
        true
    }
}
