//! What applications ask: each request goes to the platform that owns its call or agent; snapshots and routes are answered
//! here, from the pictures.

use super::{Bridge, Cause, application::Application, ids::CallKey, picture::Local, routes::Asker};
use crate::{
    message::{Message, Value},
    model::{
        About, AgentIx, Ask, Asked, Audience, CallIx, Change, ChangeKind, ClientId, Device, DeviceKind, Entity, Fact,
        Failure, Id, RouteType, Service, ServiceIx, Transition, TransitionKind,
    },
    time::Time,
    vocabulary::{AgentPart, Role, Which},
};

/// What a request names beside its call, each with the platform that owns it.
struct Meant {
    agent: Option<(usize, AgentIx)>,
    second: Option<CallKey>,
    towards: Option<(usize, AgentIx)>,
}

/// A request that is answered with a failure instead of being done.
pub(super) fn refusal_of<'m>(change: &Change<'m>, failure: Failure, reason: &'m str) -> Change<'m> {
    let mut refusal = change.clone();
    refusal.kind = ChangeKind::Refuse;
    refusal.set(Fact::About, Value::Int(change.kind.about().code()));
    refusal.set(Fact::Failure, Value::Int(failure.code()));
    refusal.set(Fact::Reason, Value::Text(reason));
    refusal
}

impl Bridge {
    /// Takes in a request, now in `message`, of a session.
    pub(super) fn asked(&mut self, now: Time, index: usize, session: u32, id: i64, message: &Message) {
        let from = self.applications[index].from.clone();
        let def = message.kind().map(|kind| from.vocabulary.message(kind));
        let given = |role| def.and_then(|def| def.role(role)).and_then(|slot| message.get(slot).as_int());
        let parts = from.vocabulary.call_names.len() as u8;
        let call = |which| (0..parts).find_map(|place| given(Role::Call(which, place)));
        let asked =
            Asked { agent: given(Role::Agent(AgentPart::Id)), call: call(Which::Call), second: call(Which::Second) };
        let mut shown = Vec::new();
        let fired = from.changes(message, |rule, change| {
            self.applications[index].counts.request_rules[rule] += 1;
            match change.kind {
                ChangeKind::AskSnapshot => shown.extend(change.int(Fact::Entity).and_then(Entity::from_code)),
                ChangeKind::AskRoute => self.select_route(now, index, (session, id), asked, change),
                _ => self.ask(now, index, session, id, asked, change),
            }
        });
        if !shown.is_empty() {
            self.snapshot(index, session, id, &shown);
        }
        if !fired {
            // Rules are complete, so only a value that the vocabulary does not know leads here.
            let refusal = Change::new(ChangeKind::Refuse);
            self.ask(now, index, session, id, asked, &refusal);
        }
    }

    pub(super) fn ask(&mut self, now: Time, index: usize, session: u32, id: i64, asked: Asked, change: &Change) {
        let only_asks = matches!(change.kind, ChangeKind::AskState | ChangeKind::AskData | ChangeKind::Refuse);
        if self.applications[index].only_listens(session) && !only_asks {
            let refusal = refusal_of(change, Failure::Failed, "this user may listen, and give no commands");
            return self.ask(now, index, session, id, asked, &refusal);
        }
        let application = &self.applications[index];
        let call_id = change.call.number();
        let second_id = change.second.number();
        let call = call_id.and_then(|id| self.known_call(application, id));
        let second = second_id.and_then(|id| self.known_call(application, id));
        let agent_id = change.party.id.as_int();
        let agent = match agent_id {
            Some(id) => self.known_agent(application, id),
            None => self.agent_by_login(application, change.text(Fact::Number)),
        };
        let owner = call.map(|(platform, _)| platform).or(agent.map(|(platform, _)| platform));
        let Some(platform) = owner.or_else(|| application.platforms.first().copied()) else { return };
        let towards = self.agent_called(application, platform, change);
        let meant = Meant { agent, second, towards };
        if let Some((failure, reason)) = self.reaches_over(application, platform, &meant, change) {
            return self.ask(now, index, session, id, asked, &refusal_of(change, failure, reason));
        }
        let mut change = change.clone();
        if let Some(service) = self.service_called(application, platform, &change) {
            change.set(Fact::Destination, Value::Int(service));
        }
        let change = &change;
        fn here<I>(platform: usize, found: Option<(usize, I)>) -> Option<I> {
            found.filter(|(owner, _)| *owner == platform).map(|(_, found)| found)
        }
        let somebody_is_there =
            |platform: &usize| self.platforms[*platform].model.agents().any(|(_, agent)| agent.is_there());
        let mut platforms = vec![platform];
        if change.kind == ChangeKind::AskLogOffAll {
            // Where nobody is anywhere, one platform says so.
            let there: Vec<usize> = application.platforms.iter().copied().filter(somebody_is_there).collect();
            platforms = if there.is_empty() { platforms } else { there };
        }
        for platform in platforms {
            let service = self.known_service(&self.applications[index], platform, &change.service);
            let ask = Ask {
                client: ClientId { application: index as u16, session },
                id,
                agent: here(platform, agent),
                call: here(platform, call),
                second: here(platform, second),
                service,
                towards: here(platform, towards),
                asked,
                change,
            };
            self.platforms[platform].model.ask(now, &ask);
            self.settle(now, platform, Cause::Request);
        }
    }

    /// Why a request cannot be done that names things of different platforms, or a group of none: no platform reaches over
    /// to another, and the least that is wrong is not left out instead.
    fn reaches_over(
        &self,
        application: &Application,
        platform: usize,
        meant: &Meant,
        change: &Change,
    ) -> Option<(Failure, &'static str)> {
        if change.kind == ChangeKind::Refuse {
            return None;
        }
        let is_elsewhere = |owner: Option<usize>| owner.is_some_and(|owner| owner != platform);
        if is_elsewhere(meant.agent.map(|(owner, _)| owner)) {
            return Some((Failure::InvalidAgent, "the agent and the call are on different platforms"));
        }
        if is_elsewhere(meant.second.map(|(owner, _)| owner)) {
            return Some((Failure::InvalidCall, "the two calls are on different platforms"));
        }
        if is_elsewhere(meant.towards.map(|(owner, _)| owner)) {
            return Some((Failure::InvalidAgent, "the agent to call is on another platform"));
        }
        // Group 0 is the agent's own.
        let named = change.service.id.as_int().filter(|id| *id != 0 && meant.agent.is_some());
        if named.is_some() && self.known_service(application, platform, &change.service).is_none() {
            return Some((Failure::Failed, "the agent's platform has no such group"));
        }
        let called = change.fact(Fact::Destination).as_int();
        if change.other.kind.is_some_and(DeviceKind::is_service)
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
    fn service_called(&self, application: &Application, platform: usize, change: &Change) -> Option<i64> {
        let id = change.fact(Fact::Destination);
        let meant = Device {
            kind: change.other.kind.filter(|kind| kind.is_service()),
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
    fn agent_called(&self, application: &Application, platform: usize, change: &Change) -> Option<(usize, AgentIx)> {
        if change.other.kind != Some(DeviceKind::Agent) {
            return None;
        }
        let id = change.fact(Fact::Destination).as_int().and_then(|id| self.known_agent(application, id));
        let login = change.text(Fact::Destination);
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
        let local = Local { client, id, about: About::Snapshot, call: None };
        let (application, platform_) = (&mut self.applications[index], &self.platforms[platform]);
        application.say(index, platform, platform_, &transition, Some(&local));
    }

    // ── snapshots ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// One event per item, in the order in which the types were asked for; the last of each type is marked, and the last of
    /// all. A type without an item gets one event without data.
    fn snapshot(&mut self, index: usize, session: u32, id: i64, entities: &[Entity]) {
        let platforms = self.applications[index].platforms.clone();
        let Some(first) = platforms.first().copied() else { return };
        let mut items: Vec<(usize, Transition)> = Vec::new();
        for platform in &platforms {
            self.applications[index].give_numbers(*platform, &self.platforms[*platform]);
        }
        for entity in entities {
            let earlier = items.len();
            for platform in &platforms {
                items.extend(self.items(index, *platform, *entity).into_iter().map(|item| (*platform, item)));
            }
            if items.len() == earlier {
                let mut empty = Transition::new(TransitionKind::SnapshotEmpty);
                empty.details.entity = Some(*entity);
                items.push((first, empty));
            }
            if let Some((_, last)) = items.last_mut() {
                last.details.last_of_type = true;
            }
        }
        if let Some((_, last)) = items.last_mut() {
            last.details.last = true;
        }
        let server = self.applications[index].ctips();
        let completes_all = server.is_some_and(|server| server.profile().completes_all);
        for (platform, mut item) in items {
            if completes_all {
                item.details.last_of_type = item.details.last;
            }
            self.answer(index, platform, session, id, item);
        }
    }

    fn items(&self, index: usize, platform: usize, entity: Entity) -> Vec<Transition> {
        let model = &self.platforms[platform].model;
        match entity {
            Entity::Agents => {
                let agents = model.agents().filter(|(_, agent)| agent.is_there());
                agents.map(|(agent, _)| Transition::new(TransitionKind::SnapshotAgent).agent(agent)).collect()
            }
            Entity::Calls => {
                let ids = &self.applications[index].ids;
                let told = |call: &CallIx| ids.told((platform, *call)).is_some();
                let calls = model.calls().map(|(call, _)| call).filter(told);
                calls.map(|call| Transition::new(TransitionKind::SnapshotCall).call(call)).collect()
            }
            Entity::Services => {
                let services = model.services().filter(|(_, service)| service.told);
                let item = |service| {
                    let mut transition = Transition::new(TransitionKind::SnapshotService);
                    transition.service = Some(service);
                    transition
                };
                services.map(|(service, _)| item(service)).collect()
            }
        }
    }

    // ── routes ────────────────────────────────────────────────────────────────────────────────────────────────────────

    /// The platform that asks for a route routes the call as it is selected, and answers itself. It is told its own names
    /// of whom the call is to go to.
    pub(super) fn pass_selection(
        &mut self,
        now: Time,
        (platform, call): CallKey,
        asker: Asker,
        route: Option<RouteType>,
        change: &Change,
    ) {
        let application = &self.applications[usize::from(asker.client.application)];
        let kind = match route {
            Some(RouteType::Agent) => Some(DeviceKind::Agent),
            Some(RouteType::Service) => Some(DeviceKind::Group),
            _ => None,
        };
        let mut change = change.clone();
        change.other.kind = kind;
        let towards = self.agent_called(application, platform, &change).filter(|(owner, _)| *owner == platform);
        if let Some(service) = self.service_called(application, platform, &change) {
            change.set(Fact::Destination, Value::Int(service));
        }
        change.other.kind = None;
        let ask = Ask {
            client: asker.client,
            id: asker.id,
            agent: None,
            call: Some(call),
            second: None,
            service: None,
            towards: towards.map(|(_, agent)| agent),
            asked: Asked { call: asker.call, ..Asked::default() },
            change: &change,
        };
        self.platforms[platform].model.ask(now, &ask);
        self.settle(now, platform, Cause::Request);
    }
}
