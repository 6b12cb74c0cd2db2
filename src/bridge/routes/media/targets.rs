//! Where a selected route leads: the agent or the group as the routing platform knows them.

use crate::bridge::routes::{Target, Wish};
use crate::{
    bridge::{Bridge, application::Application, ids::CallKey},
    model::{Attributes, Device, DeviceKind, Fact, Id, RouteType},
};

impl Bridge {
    /// Who is meant on the routing platform.
    pub(super) fn find_target(
        &self,
        application: &Application,
        media: usize,
        (platform, call): CallKey,
        asks: &Attributes,
        wish: &mut Wish,
    ) {
        let mut buffer = itoa::Buffer::new();
        let destination = asks.fact(Fact::Destination);
        let text = destination.as_text(&mut buffer).unwrap_or_default().trim();
        let pairs = asks.data.iter().flatten().map(|(key, value)| {
            let (mut keys, mut values) = (itoa::Buffer::new(), itoa::Buffer::new());
            (
                key.as_text(&mut keys).unwrap_or_default().to_owned(),
                value.as_text(&mut values).unwrap_or_default().to_owned(),
            )
        });
        wish.data = pairs.collect();
        wish.destination = Some(text.to_owned()).filter(|text| !text.is_empty());
        match wish.route {
            Some(RouteType::Service) => {
                wish.service = text.parse().ok().map(|number| self.group_of(application, media, platform, number));
                // What is no number is no service.
                if wish.service.is_none_or(|number| i32::try_from(number).is_err() || number <= 0) {
                    wish.target = Target::Nobody;
                }
            }
            Some(RouteType::Agent) => {
                let agent = self.agent_of_route(application, platform, text);
                let number = agent.map(|(owner, agent)| self.platforms[owner].model.agent(agent).number.clone());
                let login = number.filter(|number| !number.is_empty()).unwrap_or_else(|| text.to_owned());
                let id = self.agent_there(application, media, &login);
                wish.target = if login.is_empty() { Target::Nobody } else { Target::Agent { login, id } };
                wish.service = self.service_of_call(application, media, (platform, call));
            }
            Some(RouteType::External | RouteType::Default | RouteType::Ivr) | None => {}
        }
    }

    /// The agent whom an application means by an id or a login name.
    pub(super) fn agent_of_route(
        &self,
        application: &Application,
        platform: usize,
        text: &str,
    ) -> Option<(usize, crate::model::AgentIx)> {
        let id = text.parse().ok().and_then(|id| self.known_agent(application, id));
        let own = || self.platforms[platform].model.agent_by_login(text).map(|agent| (platform, agent));
        id.or_else(own).or_else(|| self.agent_by_login(application, text))
    }

    /// The routing platform's own id of an agent, where a platform of the application shows that.
    pub(super) fn agent_there(&self, application: &Application, media: usize, login: &str) -> Option<i64> {
        let same = &self.platforms[media].outgoing().agents_of;
        let shows = |platform: &&usize| same.contains(&self.platforms[**platform].incoming.vocabulary.dialect);
        application.platforms.iter().filter(shows).find_map(|platform| {
            let model = &self.platforms[*platform].model;
            let agent = model.agent_by_login(login)?;
            model.agent(agent).id.as_ref()?.as_id().as_int()
        })
    }

    /// The routing platform's number of a service that an application means: by the table, as the application or as the
    /// service's own platform numbers it; else that platform's number.
    pub(super) fn group_of(&self, application: &Application, media: usize, platform: usize, number: i64) -> i64 {
        let groups = &self.platforms[media].service_groups;
        let native = || {
            let first = std::iter::once(&platform).chain(&application.platforms);
            first.copied().find_map(|platform| self.native_service(application, platform, number))
        };
        let mapped = |number: i64| groups.get(&number).copied();
        mapped(number).unwrap_or_else(|| native().map_or(number, |native| mapped(native).unwrap_or(native)))
    }

    pub(super) fn native_service(&self, application: &Application, platform: usize, number: i64) -> Option<i64> {
        let kinds = [DeviceKind::Group, DeviceKind::AgentQueue, DeviceKind::EmailQueue, DeviceKind::Service];
        kinds.into_iter().find_map(|kind| {
            let meant = Device { kind: Some(kind), id: Id::Int(number), ..Device::default() };
            let service = self.known_service(application, platform, &meant)?;
            self.platforms[platform].model.service(service).id.as_id().as_int()
        })
    }

    pub(super) fn service_of_call(
        &self,
        application: &Application,
        media: usize,
        (platform, call): CallKey,
    ) -> Option<i64> {
        let model = &self.platforms[platform].model;
        let service = model.service(model.find_call(call)?.service?);
        let seen = application.ids.service(application.place_of(platform)?, service.kind, &service.id);
        let mapped = self.platforms[media].service_groups.get(&seen).copied();
        mapped.or_else(|| self.native_group(media, (platform, call)))
    }

    /// The routing platform's number of the service that a call is at, by its own platform's number.
    pub(in crate::bridge::routes) fn native_group(&self, media: usize, (platform, call): CallKey) -> Option<i64> {
        let model = &self.platforms[platform].model;
        let native = model.service(model.find_call(call)?.service?).id.as_id().as_int()?;
        Some(self.platforms[media].service_groups.get(&native).copied().unwrap_or(native))
    }
}
