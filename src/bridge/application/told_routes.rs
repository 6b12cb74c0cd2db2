//! How an application is told what became of route requests and selections. Which they are is decided in `routes`.

use super::{Application, Failed};
use crate::{
    bridge::{
        picture::Local,
        platform::Platform,
        routes::{Asker, Say, Told},
    },
    model::{About, Asked, Audience, DeviceKind, RequestKind, RouteStatus, RouteType, Transition, TransitionKind},
};

impl Application {
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
        used.details.route_type = Some(match kind {
            Some(DeviceKind::Agent) => RouteType::Agent,
            Some(kind) if kind.is_service() => RouteType::Service,
            Some(DeviceKind::Ivr) => RouteType::Ivr,
            None if destination.is_none_or(|destination| destination.number.is_empty()) => RouteType::Default,
            _ => RouteType::External,
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
                _ => (!destination.number.is_empty()).then(|| destination.number.to_string()),
            }
        });
        used
    }
}
