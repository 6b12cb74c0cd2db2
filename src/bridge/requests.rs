//! What applications ask: each request goes to the platform that owns its call or agent; routes are
//! answered here. Snapshots are in `snapshots`.

mod meant;
mod spaces;

use meant::{Meant, Named};

use super::{Bridge, Cause, application::Application, ids::CallKey, picture::Local, routes::Asker, story};
use crate::{
    message::{Message, Value},
    model::{
        About, AgentIx, Ask, Asked, Asking, Attributes, Audience, CallIx, CallNames, ClientId, Device, DeviceKind,
        Entity, Fact, Failure, Id, LinkState, NativeId, RequestKind, RouteType, Service, ServiceIx, SpacedId,
        Transition, Unseen,
    },
    time::Time,
    vocabulary::{AgentPart, Role, Which},
};

impl Bridge {
    /// Takes in a request, now in `message`, of a session.
    pub(super) fn asked(&mut self, now: Time, index: usize, session: u32, id: i64, message: &Message) {
        let from = self.applications[index].from.clone();
        let application = &mut self.applications[index];
        if application.teller.is_on() {
            let told = story::message_in(&application.teller, &from.vocabulary, message, Some(session));
            application.tell_story(told);
        }
        let def = message.kind().map(|kind| from.vocabulary.message(kind));
        let given = |role| def.and_then(|def| def.role(role)).and_then(|slot| message.get(slot).as_int());
        let parts = from.vocabulary.call_names.len() as u8;
        let call = |which| (0..parts).find_map(|place| given(Role::Call(which, place)));
        let asked =
            Asked { agent: given(Role::Agent(AgentPart::Id)), call: call(Which::Call), second: call(Which::Second) };
        if self.pass_request(now, index, (session, id), asked, message) {
            return;
        }
        let (mut shown, mut nothing) = (Vec::new(), false);
        let fired = from.changes(message, |rule, said| {
            let application = &mut self.applications[index];
            application.counts.request_rules[rule] += 1;
            if application.teller.is_on() {
                let told = story::rule_fired(&application.teller, &from, rule, said.kind, message);
                application.tell_story(told);
            }
            // Platforms' events are not an application's to tell.
            let Some(asks) = said.asking() else { return };
            match asks.kind.about() {
                About::Snapshot => match asks.int(Fact::Entity).and_then(Entity::from_code) {
                    Some(entity) => shown.push(entity),
                    None => nothing = true,
                },
                About::Route => self.select_route(now, index, (session, id), asked, &asks),
                About::Login | About::Agent | About::Call => self.ask(now, index, session, id, asked, &asks),
            }
        });
        let wrong = if nothing { Some("the snapshot names something that cannot be shown".to_owned()) } else { None };
        let cannot = || self.nobody_is_there(index).or_else(|| self.too_many_snapshots(index, session));
        let wrong = wrong.or_else(|| if shown.is_empty() { None } else { cannot() });
        if let Some(reason) = wrong {
            let nothing = Attributes::default();
            let asks = Asking::new(RequestKind::Snapshot, &nothing);
            self.refuse(now, index, (session, id), asked, &asks, (Failure::Failed, &reason));
        } else if !shown.is_empty() {
            self.snapshot(index, session, id, shown);
        }
        if !fired {
            // Rules are complete, so only a value that the vocabulary does not know leads here.
            let nothing = Attributes::default();
            self.ask(now, index, session, id, asked, &Asking::new(RequestKind::Refuse, &nothing));
        }
    }

    pub(super) fn ask(&mut self, now: Time, index: usize, session: u32, id: i64, asked: Asked, asks: &Asking) {
        let only_asks = matches!(asks.kind, RequestKind::State | RequestKind::Data | RequestKind::Refuse);
        if self.applications[index].only_listens(session) && !only_asks {
            let failure = (Failure::Failed, "this user may listen, and give no commands");
            return self.refuse(now, index, (session, id), asked, asks, failure);
        }
        let application = &self.applications[index];
        let meant = self.meant(application, asked, asks);
        let Some(platform) = meant.owner().or_else(|| application.platforms.first().copied()) else { return };
        let towards = self.agent_called(application, platform, asks);
        let is_up = self.platforms[platform].model.link() == LinkState::Up;
        if let Some(failure) = self.wrong_with(application, platform, &meant, towards, asks)
            && is_up
        {
            return self.refuse(now, index, (session, id), asked, asks, failure);
        }
        let mut attributes = asks.attributes.clone();
        if let Some(service) = self.service_called(application, platform, asks) {
            attributes.set(Fact::Destination, Value::Int(service));
        }
        let asks = Asking::new(asks.kind, &attributes);
        let somebody_is_there =
            |platform: &usize| self.platforms[*platform].model.agents().any(|(_, agent)| agent.is_there());
        let mut platforms = vec![platform];
        if asks.kind == RequestKind::LogOffAll {
            // Where nobody is anywhere, one platform says so.
            let there: Vec<usize> = application.platforms.iter().copied().filter(somebody_is_there).collect();
            platforms = if there.is_empty() { platforms } else { there };
        }
        for platform in platforms {
            if self.applications[index].teller.is_on() {
                let (to, teller) = (&self.platforms[platform], &self.applications[index].teller);
                let taken = story::request_taken(teller, asks.kind, to, (session, id), asked);
                self.applications[index].tell_story(taken);
                self.collect(now);
            }
            let application = &self.applications[index];
            let client = ClientId { application: index as u16, session };
            let ask = self.ask_of(application, platform, (client, id, asked), &meant, towards, asks);
            self.platforms[platform].model.ask(now, &ask);
            self.settle(now, platform, Cause::Request);
        }
    }

    /// Answers a request with a failure instead of having it done.
    pub(super) fn refuse<'m>(
        &mut self,
        now: Time,
        index: usize,
        (session, id): (u32, i64),
        asked: Asked,
        asks: &Asking<'_, 'm>,
        (failure, reason): (Failure, &'m str),
    ) {
        let mut refusal = asks.attributes.clone();
        refusal.set(Fact::About, Value::Int(asks.kind.about().code()));
        refusal.set(Fact::Failure, Value::Int(failure.code()));
        refusal.set(Fact::Reason, Value::Text(reason));
        self.ask(now, index, session, id, asked, &Asking::new(RequestKind::Refuse, &refusal));
    }

    /// A request as it is put to a platform.
    pub(super) fn ask_of<'a, 'm>(
        &self,
        application: &Application,
        platform: usize,
        (client, id, asked): (ClientId, i64, Asked),
        meant: &Meant,
        towards: Option<(usize, AgentIx)>,
        asks: Asking<'a, 'm>,
    ) -> Ask<'a, 'm> {
        Ask {
            client,
            id,
            agent: meant.agent.known_on(platform),
            call: meant.call.known_on(platform),
            second: meant.second.known_on(platform),
            service: self.known_service(application, platform, &asks.service),
            unseen: self.unseen(application, platform, meant, &asks),
            towards: towards.filter(|(owner, _)| *owner == platform).map(|(_, agent)| agent),
            asked,
            asks,
        }
    }

    /// The things that a request names.
    pub(super) fn meant(&self, application: &Application, asked: Asked, asks: &Asking) -> Meant {
        Meant {
            call: self.call_meant(application, asked.call, &asks.call),
            second: self.call_meant(application, asked.second, &asks.second),
            agent: self.agent_meant(application, asks),
        }
    }

    /// The call that an application means: `given` is the field of its request, `names` has the same value if it can be
    /// a call's. The number of an e-mail is not that of the call which happens to have it, too.
    fn call_meant(&self, application: &Application, given: Option<i64>, names: &CallNames<'_>) -> Named<CallIx> {
        let is_meant = |platform: usize, space| self.may_mean(application, platform, names, space);
        let space = |key| application.ids.call(key).and_then(|call| call.space);
        match names.number() {
            None if given.is_some_and(|given| given != 0) => Named::Over,
            None => Named::Nothing,
            Some(id) => match self.known_call(application, id).filter(|key| is_meant(key.0, space(*key))) {
                Some((platform, call)) => Named::Known(platform, call),
                None => match application.ids.native_unseen(id).filter(|own| is_meant(own.0, Some(own.1))) {
                    // A message that passed has named it.
                    Some((platform, _, native)) => Named::Unseen(Some(platform), native),
                    None if application.ids.may_be_unseen(id, is_meant) => Named::Unseen(None, id),
                    None => Named::Over,
                },
            },
        }
    }

    /// The agent that an application means, by number or login name.
    fn agent_meant(&self, application: &Application, asks: &Asking) -> Named<AgentIx> {
        let login = asks.text(Fact::Number);
        let Some(id) = asks.party.id.as_int() else {
            let found = self.agent_by_login(application, login);
            return found.map_or(Named::Nothing, |(platform, agent)| Named::Known(platform, agent));
        };
        if let Some((platform, agent)) = self.known_agent(application, id) {
            return Named::Known(platform, agent);
        }
        let room = application.ids.agent_room(id);
        let room = room.and_then(|(place, native)| Some((*application.platforms.get(place)?, native)));
        match room {
            Some((platform, _)) if self.platforms[platform].model.has_shown_everyone() => {
                // A log-on may name an agent whom no application has been shown.
                match asks.kind == RequestKind::LogOn {
                    true => self.agent_by_login(application, login).map_or(Named::Nothing, |(p, a)| Named::Known(p, a)),
                    false => Named::Over,
                }
            }
            Some((platform, native)) => Named::Unseen(Some(platform), native),
            None => Named::Over,
        }
    }

    /// The ids in a request that its platform has not shown, as the platform's own numbers.
    fn unseen(&self, application: &Application, platform: usize, meant: &Meant, asks: &Asking) -> Unseen {
        let call = |named: &Named<CallIx>, names: &CallNames<'_>| match named {
            Named::Unseen(owner, id) if owner.is_none_or(|owner| owner == platform) => {
                let space = self.space_of(application, platform, names)?;
                Some(SpacedId { space, id: NativeId::Int(*id) })
            }
            Named::Nothing | Named::Known(..) | Named::Unseen(..) | Named::Over => None,
        };
        let place = application.place_of(platform);
        let service = || {
            let (kind, id) = (asks.service.kind?, asks.service.id.as_int().filter(|id| *id != 0)?);
            Some((kind, application.ids.native_service(place?, kind, id)))
        };
        Unseen {
            agent: match meant.agent {
                Named::Unseen(owner, id) => (owner == Some(platform)).then_some(id),
                Named::Nothing | Named::Known(..) | Named::Over => None,
            },
            call: call(&meant.call, &asks.call),
            second: call(&meant.second, &asks.second),
            service: service(),
        }
    }

    /// The reason why a request that names a finished call, or things of different platforms, cannot be done. No
    /// platform can act on another platform's calls, and the bridge does not drop the offending field and carry out the
    /// rest.
    pub(super) fn wrong_with(
        &self,
        application: &Application,
        platform: usize,
        meant: &Meant,
        towards: Option<(usize, AgentIx)>,
        asks: &Asking,
    ) -> Option<(Failure, &'static str)> {
        use RequestKind::{MakeCall, Refuse};
        if asks.kind == Refuse {
            return None;
        }
        let is_elsewhere = |owner: Option<usize>| owner.is_some_and(|owner| owner != platform);
        if meant.agent.is_over() {
            return Some((Failure::InvalidAgent, "no such agent is known"));
        }
        // The call id of a request to make a call is ignored: the new call need not be about another one.
        if asks.kind != MakeCall && (meant.call.is_over() || meant.second.is_over()) {
            return Some((Failure::InvalidCall, "no such call is known"));
        }
        let is_nowhere = |named: &Named<CallIx>, names: &CallNames<'_>| {
            matches!(named, Named::Unseen(..)) && self.space_of(application, platform, names).is_none()
        };
        if asks.kind != MakeCall && (is_nowhere(&meant.call, &asks.call) || is_nowhere(&meant.second, &asks.second)) {
            return Some((Failure::InvalidCall, "the platform has no calls of this kind"));
        }
        if is_elsewhere(meant.agent.owner()) {
            return Some((Failure::InvalidAgent, "the agent and the call are on different platforms"));
        }
        if is_elsewhere(meant.second.owner()) {
            return Some((Failure::InvalidCall, "the two calls are on different platforms"));
        }
        if is_elsewhere(towards.map(|(owner, _)| owner)) {
            return Some((Failure::InvalidAgent, "the agent to call is on another platform"));
        }
        // Group 0 is the agent's own.
        let named = asks.service.id.as_int().filter(|id| *id != 0);
        if named.is_some_and(|id| self.service_elsewhere(application, platform, id)) {
            return Some((Failure::Failed, "the agent's platform has no such group"));
        }
        let called = asks.fact(Fact::Destination).as_int();
        if asks.other.kind.is_some_and(DeviceKind::is_service)
            && called.is_some_and(|id| self.service_elsewhere(application, platform, id))
        {
            return Some((Failure::Failed, "the service to call is on another platform"));
        }
        None
    }

    /// Whether this is the number of a service of another platform, and of none here.
    fn service_elsewhere(&self, application: &Application, platform: usize, id: i64) -> bool {
        let has = |owner: &usize| {
            let place = application.place_of(*owner).unwrap_or_default();
            let mut services = self.platforms[*owner].model.services();
            services.any(|(_, service)| application.ids.service(place, service.kind, &service.id) == id)
        };
        !has(&platform) && application.platforms.iter().any(has)
    }

    /// The platform's own number of the service that a call is to go to.
    fn service_called(&self, application: &Application, platform: usize, asks: &Attributes) -> Option<i64> {
        let id = asks.fact(Fact::Destination);
        let meant = Device {
            kind: asks.other.kind.filter(|kind| kind.is_service()),
            id: Id::Int(id.as_int()?),
            ..Device::default()
        };
        let service = self.known_service(application, platform, &meant)?;
        self.platforms[platform].model.service(service).id.as_id().as_int()
    }

    /// The call that an application means by its number.
    pub(super) fn known_call(&self, application: &Application, id: i64) -> Option<CallKey> {
        let (platform, call) = application.ids.call_of_id(id)?;
        self.platforms[platform].model.find_call(call).map(|_| (platform, call))
    }

    /// The agent that an application means by its number, on the first platform that knows one.
    pub(super) fn known_agent(&self, application: &Application, id: i64) -> Option<(usize, AgentIx)> {
        let on = |(place, platform): (usize, &usize)| {
            let model = &self.platforms[*platform].model;
            let plain = application.ids.native_agent(place, id).and_then(|native| model.agent_by_id(Id::Int(native)));
            let found = plain.or_else(|| {
                let named = |(index, agent): (AgentIx, &crate::model::Agent)| {
                    let same = agent.id.as_ref().is_some_and(|native| application.ids.agent(place, native) == id);
                    same.then_some(index)
                };
                model.agents().find_map(named)
            });
            found.map(|agent| (*platform, agent))
        };
        application.platforms.iter().enumerate().find_map(on)
    }

    /// The agent whom a request to a platform is to reach, by number or login name; of a name that others know, too, its own.
    pub(super) fn agent_called(
        &self,
        application: &Application,
        platform: usize,
        asks: &Attributes,
    ) -> Option<(usize, AgentIx)> {
        if asks.other.kind != Some(DeviceKind::Agent) {
            return None;
        }
        let id = asks.fact(Fact::Destination).as_int().and_then(|id| self.known_agent(application, id));
        let login = asks.text(Fact::Destination);
        let own = || self.platforms[platform].model.agent_by_login(login).map(|agent| (platform, agent));
        id.or_else(own).or_else(|| self.agent_by_login(application, login))
    }

    /// The service of a platform that an application means.
    pub(super) fn known_service(
        &self,
        application: &Application,
        platform: usize,
        meant: &Device,
    ) -> Option<ServiceIx> {
        let (id, place) = (meant.id.as_int()?, application.place_of(platform)?);
        let mut services = self.platforms[platform].model.services();
        let same = |service: &Service| {
            Some(service.kind) == meant.kind && application.ids.service(place, service.kind, &service.id) == id
        };
        services.find(|(_, service)| same(service)).map(|(index, _)| index)
    }

    pub(super) fn agent_by_login(&self, application: &Application, login: &str) -> Option<(usize, AgentIx)> {
        let on =
            |platform: &usize| self.platforms[*platform].model.agent_by_login(login).map(|agent| (*platform, agent));
        application.platforms.iter().find_map(on)
    }

    /// Answers a session alone.
    pub(super) fn answer(&mut self, index: usize, platform: usize, session: u32, id: i64, mut transition: Transition) {
        let client = ClientId { application: index as u16, session };
        transition.audience = Audience::Asker(client);
        let local = Local { client, id, about: About::Snapshot, call: None, agent: None };
        let (application, platform_) = (&mut self.applications[index], &self.platforms[platform]);
        application.say(index, platform, platform_, &transition, Some(&local));
    }

    /// The platform that asks for a route routes the call as it is selected, and answers itself. It is told its own names
    /// of whom the call is to go to.
    pub(super) fn pass_selection(
        &mut self,
        now: Time,
        (platform, call): CallKey,
        asker: Asker,
        route: Option<RouteType>,
        asks: &Asking,
    ) {
        let application = &self.applications[usize::from(asker.client.application)];
        let kind = route.and_then(RouteType::leads_to);
        let mut asks = asks.attributes.clone();
        asks.other.kind = kind;
        let towards = self.agent_called(application, platform, &asks).filter(|(owner, _)| *owner == platform);
        if let Some(service) = self.service_called(application, platform, &asks) {
            asks.set(Fact::Destination, Value::Int(service));
        }
        asks.other.kind = None;
        let ask = Ask {
            client: asker.client,
            id: asker.id,
            agent: None,
            call: Some(call),
            second: None,
            service: None,
            unseen: Unseen::default(),
            towards: towards.map(|(_, agent)| agent),
            asked: Asked { call: asker.call, ..Asked::default() },
            asks: Asking::new(RequestKind::Route, &asks),
        };
        self.platforms[platform].model.ask(now, &ask);
        self.settle(now, platform, Cause::Request);
    }
}
