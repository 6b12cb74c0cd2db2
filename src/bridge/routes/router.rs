//! Platforms whose route requests the bridge answers itself: the routing platform chooses an agent, and the call goes there;
//! where it does not in time, or cannot, the platform's own routing is selected. Nothing else is ever selected for such a
//! call: applications are not asked.

use std::time::Duration;

use hashbrown::HashMap;

use super::{Desk, Say, Settings, Target, Told, Wish};
use crate::{
    bridge::{Bridge, Cause, ids::CallKey},
    message::Value,
    model::{
        Ask, Asked, Asking, Attributes, ClientId, Fact, RejectReason, RequestKind, RouteStatus, RouteStep, RouteType,
        Transition, TransitionKind, Unseen,
    },
    time::Time,
};

/// So long before its time is up the platform is told what to do without an agent: early enough for the last moment that the
/// routing platform has to say whether an agent got the call after all.
const BEFORE: Duration = Duration::from_secs(2);

const DEFAULT_USED: &str = "used its own default instead of the route";

/// Who asks where no application does.
const NOBODY: ClientId = ClientId { application: u16::MAX, session: 0 };

#[derive(Debug)]
pub struct Router {
    pub platform: usize,
    pub desk: Desk,
    /// Counts its selections.
    selected: i64,
    /// Calls for which the platform has asked for a route, until the route is used.
    asked: HashMap<CallKey, Pending>,
    /// Calls whose chosen agent the platform refused, each with the time until which another selection is in time.
    refused: Vec<(CallKey, Time)>,
}

#[derive(Debug)]
struct Pending {
    /// The time until which a selection is in time.
    until: Time,
    /// An agent was selected.
    chosen: bool,
}

impl Router {
    /// The platform does not send the call to the selected agent. Returns whether an agent had been selected.
    fn refused(&mut self, call: CallKey, why: &str) -> bool {
        let Some(asked) = self.asked.remove(&call).filter(|asked| asked.chosen) else { return false };
        self.desk.not_used(call, why);
        self.refused.push((call, asked.until));
        true
    }
}

impl Bridge {
    /// The bridge selects the routes of this platform: `media` chooses the agents.
    pub fn route_by(&mut self, platform: usize, media: usize, settings: Settings) {
        let desk = Desk::new(settings, Some(media));
        self.platforms[platform].is_routed = true;
        self.routers.push(Router { platform, desk, selected: 0, asked: HashMap::new(), refused: Vec::new() });
    }

    /// Takes note of what happens to calls of such a platform; whether applications need not be told.
    pub(in crate::bridge) fn routes_itself(&mut self, now: Time, index: usize, transition: &Transition) -> bool {
        let Some(place) = self.routers.iter().position(|router| router.platform == index) else { return false };
        let Some(call) = transition.call.map(|call| (index, call)) else { return false };
        if transition.kind == TransitionKind::RequestFailed {
            let request = transition.request.map(|request| self.platforms[index].model.request(request));
            let reason = transition.details.reason.as_deref().unwrap_or_default();
            let is_own = request.is_some_and(|request| request.client == NOBODY);
            return is_own && self.routers[place].refused(call, &format!("failed the route ({reason})"));
        }
        let Some(step) = transition.kind.route_step() else { return false };
        match step {
            RouteStep::Requested => {
                self.ask_for_agent(now, place, call, transition.details.timeout);
                true
            }
            RouteStep::Rejected => {
                self.routers[place].refused(call, "rejected the route");
                true
            }
            RouteStep::Used => {
                self.routers[place].asked.remove(&call);
                if transition.details.status == Some(RouteStatus::DefaultUsed) {
                    self.routers[place].desk.not_used(call, DEFAULT_USED);
                }
                true
            }
            RouteStep::Routed => {
                self.routers[place].asked.remove(&call);
                let desk = &mut self.routers[place].desk;
                desk.routed(call);
                let known = self.platforms[index].model.find_call(call.1);
                if known.is_some_and(|known| known.destination.kind.is_none()) {
                    desk.not_used(call, DEFAULT_USED);
                }
                false
            }
            RouteStep::Ended => {
                self.routers[place].asked.remove(&call);
                self.routers[place].desk.ended(call);
                false
            }
        }
    }

    fn ask_for_agent(&mut self, now: Time, place: usize, call: CallKey, seconds: Option<u32>) {
        let Some(media) = self.routers[place].desk.media() else { return };
        let service = self.native_group(media, call);
        let Router { desk, selected, asked, .. } = &mut self.routers[place];
        let time = seconds.map_or(desk.timeout(), |seconds| Duration::from_secs(seconds.into()));
        let time = time.saturating_sub(BEFORE);
        if !desk.open(now, call, time) {
            return;
        }
        asked.insert(call, Pending { until: now + time, chosen: false });
        *selected += 1;
        let wish = Wish {
            client: NOBODY,
            id: *selected,
            call: None,
            route: Some(RouteType::Agent),
            destination: None,
            target: Target::Anyone,
            service,
            data: Vec::new(),
        };
        desk.select(now, Some(call), false, wish);
    }

    /// Tells such platforms where their calls are to go; whether there was anything to tell.
    pub(super) fn route_calls(&mut self, now: Time) -> bool {
        let mut told = false;
        for place in 0..self.routers.len() {
            while let Some(say) = self.routers[place].desk.say() {
                told = true;
                let Some(call) = say.call else { continue };
                match self.decided(place, call, say) {
                    Some((route, login)) => self.select_for(now, place, call, route, &login),
                    None => continue,
                }
            }
            // After that time the platform's own time-out has passed, and it routes the call by itself.
            for (call, until) in std::mem::take(&mut self.routers[place].refused) {
                if now <= until {
                    told = true;
                    self.select_for(now, place, call, RouteType::Default, "");
                }
            }
        }
        told
    }

    /// Where a call is to go, once that is decided.
    fn decided(&mut self, place: usize, call: CallKey, say: Say) -> Option<(RouteType, String)> {
        let default = (RouteType::Default, String::new());
        match say.told {
            Told::Used { destination, .. } => Some((RouteType::Agent, destination.unwrap_or_default())),
            Told::DefaultUsed => Some(default),
            // Nobody asks any more.
            Told::Rejected(RejectReason::CallCleared | RejectReason::AlreadyRouted) => None,
            // Where the time was up, the default follows by itself.
            Told::Rejected(_) | Told::Failed(..) => self.routers[place].desk.routed(call).then_some(default),
        }
    }

    fn select_for(&mut self, now: Time, place: usize, key: CallKey, route: RouteType, login: &str) {
        let (platform, call) = key;
        if let Some(asked) = self.routers[place].asked.get_mut(&key) {
            asked.chosen = route == RouteType::Agent;
        }
        let mut asks = Attributes::default();
        asks.set(Fact::RouteType, Value::Int(route.code()));
        asks.set(Fact::Destination, Value::Text(login));
        let ask = Ask {
            client: NOBODY,
            id: self.routers[place].selected,
            agent: None,
            call: Some(call),
            second: None,
            service: None,
            unseen: Unseen::default(),
            towards: None,
            asked: Asked::default(),
            asks: Asking::new(RequestKind::Route, &asks),
        };
        self.platforms[platform].model.ask(now, &ask);
        self.settle(now, platform, Cause::Request);
    }
}
