//! Between the route desks of applications and the platforms that routes are asked of: who is meant by a selection there,
//! what the desks want done, and what those platforms say.

mod targets;

use super::{Desk, Number, Order, Record, Target, Told, Wish};
use crate::{
    bridge::{Bridge, Cause, Output, Owner, ids::CallKey, picture::RouteOrder},
    mapping::CallPart,
    model::{self, Asked, Asking, Attributes, ClientId, DeviceKind, Fact, Failure, Model, RequestKind, RouteType},
    port::{Asker, Notice, RouteAsked},
    time::Time,
};

/// Whose desk: the places of applications and those of routers are numbers of two kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    Application(usize),
    Router(usize),
}

/// Numbers of routes begin with the place of whose they are; those of routers come after all applications'.
const PLACE: u32 = 40;
const ROUTERS: u64 = 1 << 16;

fn key(whose: Whose, number: Number) -> u64 {
    let place = match whose {
        Whose::Application(index) => index as u64,
        Whose::Router(index) => ROUTERS + index as u64,
    };
    place << PLACE | number.0
}

fn of_key(key: u64) -> (Whose, Number) {
    let place = key >> PLACE;
    let whose = match place.checked_sub(ROUTERS) {
        Some(router) => Whose::Router(router as usize),
        None => Whose::Application(place as usize),
    };
    (whose, Number(key & ((1 << PLACE) - 1)))
}

impl Bridge {
    // ── desks ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    fn desks(&self) -> impl Iterator<Item = Whose> + use<> {
        // The desks of those who are gone are empty.
        (0..self.applications.len()).map(Whose::Application).chain((0..self.routers.len()).map(Whose::Router))
    }

    fn desk(&self, whose: Whose) -> Option<&Desk> {
        match whose {
            Whose::Application(index) => self.applications.get(index).map(|application| &application.routes),
            Whose::Router(index) => self.routers.get(index).map(|router| &router.desk),
        }
    }

    fn desk_mut(&mut self, whose: Whose) -> Option<&mut Desk> {
        match whose {
            Whose::Application(index) => self.applications.get_mut(index).map(|application| &mut application.routes),
            Whose::Router(index) => self.routers.get_mut(index).map(|router| &mut router.desk),
        }
    }

    fn media(&self, whose: Whose) -> Option<usize> {
        self.desk(whose).and_then(Desk::media)
    }

    /// By what name a desk's records are known, and whom a notice about it is about.
    fn owner(&self, whose: Whose) -> (&str, Owner) {
        match whose {
            Whose::Application(index) => (&self.applications[index].name, Owner::Application(index)),
            Whose::Router(index) => {
                let platform = self.routers[index].platform;
                (&self.platforms[platform].name, Owner::Platform(platform))
            }
        }
    }

    // ── selections ────────────────────────────────────────────────────────────────────────────────────────────────────

    pub(in crate::bridge) fn select_route(
        &mut self,
        now: Time,
        index: usize,
        (session, id): (u32, i64),
        asked: Asked,
        asks: &Asking,
    ) {
        if self.applications[index].only_listens(session) {
            // It is refused there.
            return self.ask(now, index, session, id, asked, asks);
        }
        let given = asks.call.number();
        let application = &self.applications[index];
        let live = |(platform, call): &CallKey| {
            self.platforms[*platform].model.find_call(*call).is_some_and(crate::model::Call::is_live)
        };
        let call = given.and_then(|id| self.known_call(application, id)).filter(live);
        let Some(platform) = call.map(|(platform, _)| platform).or(application.platforms.first().copied()) else {
            return;
        };
        if call.is_none() && self.platforms[platform].model.link() != crate::model::LinkState::Up {
            let reason = format!("{} is not connected", self.platforms[platform].name);
            let nothing = Attributes::default();
            let asks = Asking::new(RequestKind::Route, &nothing);
            return self.refuse(now, index, (session, id), asked, &asks, (Failure::Failed, &reason));
        }
        let client = ClientId { application: index as u16, session };
        let route = asks.int(Fact::RouteType).and_then(RouteType::from_code);
        if let (Some(call), None) = (call, application.routes.media())
            && self.platforms[platform].routes_calls()
        {
            return self.pass_selection(now, call, super::Asker { client, id, call: given }, route, asks);
        }
        let mut wish = Wish {
            client,
            id,
            call: given,
            route,
            destination: None,
            target: Target::Service,
            service: None,
            data: Vec::new(),
        };
        if let (Some(call), Some(media)) = (call, application.routes.media()) {
            self.find_target(application, media, call, asks, &mut wish);
        }
        let others = || self.desks().filter(|whose| *whose != Whose::Application(index));
        let has_selected = |call| others().filter_map(|whose| self.desk(whose)).any(|desk| desk.has_selected(call));
        let taken = call.is_some_and(has_selected);
        self.applications[index].routes.select(now, call, taken, wish);
        self.settle_routes(now, platform);
    }

    // ── records ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// Records of open routes are kept from now on. These are what an earlier run left behind: each is cancelled where
    /// anybody knows its number, and reported.
    pub fn keep_routes(&mut self, now: Time, left: Vec<(u64, Record)>) {
        let last = left.iter().map(|(route, _)| of_key(*route).1.0).max().unwrap_or(0);
        self.keeps_routes_after = Some(last);
        for whose in self.desks() {
            if let Some(desk) = self.desk_mut(whose) {
                desk.keep(last);
            }
        }
        for (route, record) in left {
            let has_media =
                |whose: &Whose| self.media(*whose).is_some_and(|media| self.platforms[media].name == record.platform);
            let named = |whose: &Whose| self.owner(*whose).0 == record.application && has_media(whose);
            let whose = self.desks().find(named).or_else(|| self.desks().find(has_media));
            let outcome = match (whose, record.id) {
                (None, _) => "nobody asks that platform any more, so that nobody cancels it",
                (_, Some(_)) => "it is cancelled",
                (_, None) => "whether it was added is unknown",
            };
            let Record { application, platform, call, id, .. } = &record;
            let (asker, routing_platform) = (application.clone(), platform.clone());
            let call = call.to_string();
            let notice = Notice::RouteLeftOpen { call, asker, routing_platform, request: *id, outcome };
            let about = whose.map(|whose| self.owner(whose).1);
            // Each of these is logged: there are as many as routes were open, and they come once per start.
            self.outputs.push_back(Output::Notice { about, notice: notice.into() });
            let (before, number) = of_key(route);
            let own = (whose == Some(before)).then_some(number);
            let desk = whose.and_then(|whose| self.desk_mut(whose));
            let adopted = desk.and_then(|desk| desk.adopt(now, own, record.id));
            let adopted = whose.zip(adopted).map(|(whose, number)| key(whose, number));
            // What is being cancelled keeps its record, with all that it says, until it is over.
            if let Some(route) = adopted.filter(|adopted| *adopted != route) {
                self.outputs.push_back(Output::Keep { route, record: record.into() });
            }
            if adopted != Some(route) {
                self.outputs.push_back(Output::Drop { route });
            }
            self.settle_routes(now, 0);
        }
        self.collect(now);
    }

    /// A record is kept, or could not be.
    pub fn route_kept(&mut self, now: Time, route: u64, result: Result<(), String>) {
        let (whose, number) = of_key(route);
        let Some(desk) = self.desk_mut(whose) else { return };
        match result {
            Ok(()) => desk.kept(now, number),
            Err(reason) => desk.not_kept(number, &reason),
        }
        self.settle_routes(now, 0);
        self.collect(now);
    }

    fn record(&mut self, whose: Whose, media: usize, number: Number, id: Option<i64>) -> Record {
        let call = self.desk(whose).and_then(|desk| desk.wish(number)).and_then(|(_, call)| call);
        let name = call.map(|call| self.guid(whose, call));
        let call = self.desk_mut(whose).map(|desk| desk.name(number, name)).unwrap_or_default();
        let wish = self.desk(whose).and_then(|desk| desk.wish(number));
        Record {
            application: self.owner(whose).0.to_owned(),
            platform: self.platforms[media].name.clone(),
            call,
            service: wish.and_then(|(wish, _)| wish.service),
            agent: wish.and_then(|(wish, _)| match &wish.target {
                Target::Agent { login, .. } => Some(login.clone()),
                Target::Service | Target::Anyone | Target::Nobody => None,
            }),
            id,
        }
    }

    // ── what the desks want ───────────────────────────────────────────────────────────────────────────────────────────

    /// Whether any calls are routed by what a routing platform finds.
    fn finds_routes(&self) -> bool {
        let mut applications = self.applications.present();
        !self.routers.is_empty() || applications.any(|(_, application)| application.routes.media().is_some())
    }

    /// Whether no application's desk has anything to say.
    fn are_quiet(&self) -> bool {
        self.applications.present().all(|(_, application)| application.routes.is_quiet())
    }

    /// Whether a platform may have said something of a route.
    fn may_have_news(&self) -> bool {
        self.finds_routes() || self.platforms.present().any(|(_, platform)| !platform.route_news.is_empty())
    }

    /// Lets everything follow from what the desks and the routing platforms say, until nothing is left. `platform` is the
    /// one to speak of where no call is known.
    pub(in crate::bridge) fn settle_routes(&mut self, now: Time, platform: usize) {
        loop {
            if !self.are_quiet() {
                self.say_routes(platform);
            }
            if !self.may_have_news() {
                return;
            }
            let routed = self.route_calls(now);
            let mut is_done = !self.hear_of_routes(now) && !routed;
            for whose in self.desks() {
                while let Some(order) = self.desk_mut(whose).and_then(Desk::order) {
                    is_done = false;
                    self.carry_out(now, whose, order);
                }
            }
            if is_done {
                break;
            }
        }
    }

    fn say_routes(&mut self, platform: usize) {
        let mut used = Vec::new();
        for (index, application) in self.applications.present_mut() {
            while let Some(say) = application.routes.say() {
                if let (Some(call), Told::Used { .. }) = (say.call, &say.told) {
                    used.push((index, call, say.told.clone()));
                }
                let platform = say.call.map_or(platform, |(platform, _)| platform);
                application.say_route(index, platform, &self.platforms[platform], say);
            }
        }
        // The call is routed, whoever was asked.
        for (user, call, told) in used {
            for (index, application) in self.applications.present_mut().filter(|(index, _)| *index != user) {
                application.routes.used_elsewhere(call, &told);
                application.say_routes(index, call.0, &self.platforms[call.0]);
            }
        }
    }

    /// Hands the desks what was heard of their routes; whether there was anything.
    fn hear_of_routes(&mut self, now: Time) -> bool {
        let mut heard = false;
        for whose in self.desks() {
            let Some(media) = self.media(whose) else { continue };
            let away = self.platforms[media].away.clone();
            let Some(desk) = self.desk_mut(whose) else { continue };
            match (desk.is_down(), away) {
                (false, Some(reason)) => desk.media_down(now, &reason),
                (true, None) => desk.media_up(),
                _ => continue,
            }
            heard = true;
        }
        for media in 0..self.platforms.len() {
            for news in std::mem::take(&mut self.platforms[media].route_news) {
                heard = true;
                match news.asker {
                    Some((route, asked)) => {
                        let (whose, number) = of_key(route);
                        if let Some(desk) = self.desk_mut(whose) {
                            desk.answered(now, number, asked, news.news);
                        }
                    }
                    None => {
                        let Some(id) = news.id else { continue };
                        for whose in self.desks().filter(|whose| self.media(*whose) == Some(media)).collect::<Vec<_>>()
                        {
                            if let Some(desk) = self.desk_mut(whose) {
                                desk.heard(now, id, news.news.clone());
                            }
                        }
                    }
                }
            }
        }
        heard
    }

    fn carry_out(&mut self, now: Time, whose: Whose, order: Order) {
        let Some(media) = self.media(whose) else { return };
        match order {
            Order::Keep { number, id } => {
                let record = self.record(whose, media, number, id);
                self.outputs.push_back(Output::Keep { route: key(whose, number), record: record.into() });
            }
            Order::Drop { number } => self.outputs.push_back(Output::Drop { route: key(whose, number) }),
            Order::Add { number } => self.order_route(now, whose, media, (number, RouteAsked::Add), None, false),
            Order::Cancel { number, id, if_allocated } => {
                self.order_route(now, whose, media, (number, RouteAsked::Cancel), Some(id), if_allocated);
            }
            Order::LookUp { number, id } => {
                self.order_route(now, whose, media, (number, RouteAsked::LookUp), Some(id), false);
            }
            Order::Follow { number, id } => {
                let asker = Asker::Route { route: key(whose, number), asked: RouteAsked::LookUp };
                let conversing = self.platforms[media].conversing(now);
                if let Some(asks) = self.platforms[media].conversation.asks() {
                    asks.follow(conversing, id, asker);
                }
            }
            Order::Unfollow { id } => {
                if let Some(asks) = self.platforms[media].conversation.asks() {
                    asks.unfollow(id);
                }
            }
            Order::Report { notice } => self.complain(now, Some(self.owner(whose).1), notice),
        }
        if self.converse(now, media) {
            self.settle(now, media, Cause::Link);
        }
    }

    fn order_route(
        &mut self,
        now: Time,
        whose: Whose,
        media: usize,
        (number, asked): (Number, RouteAsked),
        id: Option<i64>,
        if_allocated: bool,
    ) {
        let mut order = model::Order::new(asked.order());
        (order.details.route, order.details.if_allocated) = (id, if_allocated);
        let wish = self.desk(whose).and_then(|desk| desk.wish(number));
        let Some((wish, call)) = wish.map(|(wish, call)| (wish.clone(), call)) else { return };
        order.call = call.map(|(_, call)| call);
        let (login, agent) = match wish.target {
            Target::Agent { login, id } => (login, id),
            Target::Service | Target::Nobody | Target::Anyone => (String::new(), None),
        };
        let kind = if login.is_empty() { DeviceKind::Group } else { DeviceKind::Agent };
        let guid = call.map(|call| self.guid(whose, call)).unwrap_or_default();
        let details = RouteOrder { guid, service: wish.service, kind: Some(kind), login, agent, data: wish.data };
        let nowhere = Model::default();
        let route = key(whose, number);
        let result = match call.map(|(platform, _)| platform).filter(|platform| *platform != media) {
            Some(platform) => match self.platforms.get_disjoint_mut([media, platform]) {
                Ok([media, platform]) => media.route(now, &platform.model, &order, (asked, &details), route),
                Err(_) => return,
            },
            None => self.platforms[media].route(now, &nowhere, &order, (asked, &details), route),
        };
        if let Err(reason) = result {
            let news = super::News::Failed { reason, unknown: false };
            if let Some(desk) = self.desk_mut(whose) {
                desk.answered(now, number, asked, news);
            }
        }
    }

    /// What names a call beside numbers, for the application and for whoever gets the route.
    fn guid(&self, whose: Whose, (platform, call): CallKey) -> String {
        let owner = &self.platforms[platform];
        let application = match whose {
            Whose::Application(index) => self.applications.get(index),
            Whose::Router(_) => None,
        };
        let known = application.and_then(|application| application.ids.call((platform, call)));
        let known = known.and_then(|known| known.guid.as_deref());
        let Some(found) = owner.model.find_call(call) else { return String::new() };
        let native = found.names.iter().find_map(|name| match &name.id {
            crate::model::NativeId::Text(text) => Some(text.to_string()),
            crate::model::NativeId::Int(_) => None,
        });
        let has_guid = application.is_some_and(|known| known.to().call_parts.contains(&CallPart::Guid));
        native.or(known.filter(|_| has_guid).map(str::to_owned)).unwrap_or_else(|| owner.mint_guid(found).into())
    }
}
