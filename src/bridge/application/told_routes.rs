//! How an application is told what became of route requests and selections. Which they are is decided in `routes`.

use super::{Application, Failed};
use crate::{
    bridge::{
        picture::Local,
        platform::Platform,
        routes::{Asker, Say, Told},
    },
    model::{
        About, Asked, Audience, CallIx, RequestKind, RouteStatus, RouteStep, RouteType, Transition, TransitionKind,
    },
    time::Time,
};

impl Application {
    /// Tells a transition that means something for the route of a call.
    pub(super) fn tell_route(
        &mut self,
        now: Time,
        me: usize,
        (index, platform): (usize, &Platform),
        (step, call): (RouteStep, CallIx),
        transition: &Transition,
    ) {
        let key = (index, call);
        match step {
            RouteStep::Requested => {
                if !self.is_told(index, platform, call) {
                    self.counts.other_media += 1;
                    return;
                }
                // The platform's own time counts, where it says one.
                let timeout = match transition.details.timeout {
                    Some(seconds) => self.routes.ask_within(now, key, seconds).then_some(seconds),
                    None => self.routes.ask(now, key),
                };
                if timeout.is_some() {
                    let mut asked = transition.clone();
                    asked.details.timeout = timeout;
                    self.say(me, index, platform, &asked, None);
                }
            }
            RouteStep::Routed => {
                let was_open = self.routes.routed(key);
                self.say_routes(me, index, platform);
                if was_open {
                    let used = self.route_used(index, platform, transition);
                    self.say(me, index, platform, &used, None);
                }
                self.say(me, index, platform, transition, None);
            }
            RouteStep::Used => {
                self.routes.routed(key);
                self.say_routes(me, index, platform);
                let mut used = self.route_used(index, platform, transition);
                used.request = transition.request;
                used.details.status = transition.details.status.or(used.details.status);
                used.details.route_type = transition.details.route_type.or(used.details.route_type);
                self.say(me, index, platform, &used, None);
            }
            RouteStep::Rejected => self.say(me, index, platform, transition, None),
            RouteStep::Ended => {
                self.routes.ended(key);
                self.say_routes(me, index, platform);
                self.say(me, index, platform, transition, None);
            }
        }
    }

    /// Says what the route desk has to say, of calls of this platform.
    pub fn say_routes(&mut self, me: usize, index: usize, platform: &Platform) {
        while let Some(say) = self.routes.say() {
            self.say_route(me, index, platform, say);
        }
    }

    /// Says how a route request or selection ended.
    pub fn say_route(&mut self, me: usize, index: usize, platform: &Platform, say: Say) {
        let Say { call, asker, told } = say;
        let mut transition = Transition::new(match told {
            Told::DefaultUsed | Told::Used { .. } => TransitionKind::RouteUsed,
            Told::Rejected(_) => TransitionKind::RouteRejected,
            Told::Failed(..) => TransitionKind::RequestFailed,
        });
        transition.call = call.map(|(_, call)| call);
        let details = &mut transition.details;
        match told {
            Told::DefaultUsed => {
                (details.status, details.route_type) = (Some(RouteStatus::DefaultUsed), Some(RouteType::Default));
            }
            Told::Used { route, destination } => {
                (details.status, details.route_type) = (Some(RouteStatus::Success), Some(route));
                details.destination = destination;
            }
            Told::Rejected(reason) => details.reject = Some(reason),
            Told::Failed(failure, reason) => {
                if let Some(asker) = asker {
                    let asked = Asked { call: asker.call, ..Asked::default() };
                    let (operation, about) = (RequestKind::Route, About::Route);
                    self.failed(
                        asker.client.session,
                        &Failed { operation, about, id: asker.id, asked, reason: &reason },
                    );
                }
                (details.failure, details.reason) = (Some(failure), Some(reason));
            }
        }
        let local =
            asker.map(|Asker { client, id, call }| Local { client, id, about: About::Route, call, agent: None });
        if let (Some(local), true) = (&local, transition.kind != TransitionKind::RouteUsed) {
            transition.audience = Audience::Asker(local.client);
        }
        self.say(me, index, platform, &transition, local.as_ref());
    }

    /// The platform routed a call by itself: that is what was used.
    pub(super) fn route_used(&self, index: usize, platform: &Platform, routed: &Transition) -> Transition {
        let mut used = Transition::new(TransitionKind::RouteUsed);
        used.call = routed.call;
        used.details.status = Some(RouteStatus::DefaultUsed);
        let destination = routed.call.and_then(|call| platform.model.find_call(call)).map(|call| &call.destination);
        let kind = destination.and_then(|destination| destination.kind);
        let has_number = destination.is_some_and(|destination| !destination.number.is_empty());
        used.details.route_type = Some(match kind {
            Some(kind) => RouteType::to(kind),
            None if has_number => RouteType::External,
            None => RouteType::Default,
        });
        used.details.destination = destination.and_then(|destination| {
            let place = self.place_of(index)?;
            match (destination.agent, &destination.id, kind) {
                (Some(agent), ..) => {
                    platform.model.agent(agent).id.as_ref().map(|id| self.ids.agent(place, id).to_string())
                }
                (None, Some(id), Some(kind)) if kind.is_service() => {
                    Some(self.ids.service(place, kind, id).to_string())
                }
                (None, None | Some(_), None | Some(_)) => has_number.then(|| destination.number.to_string()),
            }
        });
        used
    }
}
