//! What applications' connections bring: HTTP requests of CTIPS and Open Media clients, bytes of event-feed clients, lines of a file.

use super::{Bad, Bridge, FILE_SESSION, Output, application::Application, ids::Ids, platform::Platform};
use crate::{
    dialect::{
        Server, ctips,
        event_feed::{EMAIL_QUEUE, Entity, Known, Step, Subject, World},
    },
    message::Value,
    model::{DeviceKind, LinkState, Transition, TransitionKind},
    time::Time,
};

impl Bridge {
    /// One HTTP POST of an application.
    pub fn request(&mut self, now: Time, index: usize, token: u64, body: &[u8], charset: Option<&str>) {
        let Some(server) = self.applications[index].ctips() else {
            return self.media_request(now, index, token, body, charset);
        };
        let mut message = std::mem::take(&mut self.message);
        let handled = server.request(now, token, body, charset, &mut message);
        let counts = &mut self.applications[index].counts;
        if let Some(kind) = message.kind() {
            counts.requests[kind.0 as usize] += 1;
        }
        let respond = |reply| Output::Respond { application: index, token, reply };
        match handled {
            ctips::Handled::Done(reply) => {
                counts.refused += u64::from(reply.status != 200);
                self.outputs.push_back(respond(reply));
            }
            ctips::Handled::Later => {}
            ctips::Handled::Online { session, reply } => {
                self.outputs.push_back(respond(reply));
                self.tell_lost_links(index, session);
            }
            ctips::Handled::Asked { session, id, reply } => {
                self.outputs.push_back(respond(reply));
                self.asked(now, index, session, id, &message);
            }
        }
        self.message = message;
        self.collect(now);
    }

    /// A request of the application that is a file.
    pub fn application_line(&mut self, now: Time, index: usize, text: &str) -> Result<(), Bad> {
        let from = self.applications[index].from.clone();
        let mut message = std::mem::take(&mut self.message);
        let read = from.vocabulary.read_json(text, true, &Vec::new(), &mut message);
        let result = match read {
            Ok(decoded) => {
                let def = message.kind().map(|kind| from.vocabulary.message(kind));
                let role = def.and_then(|def| def.role(crate::vocabulary::Role::Request));
                let given = role.map(|slot| message.get(slot)).unwrap_or_default();
                let id = given.as_int().unwrap_or(0);
                if def.is_some_and(|def| def.session) {
                    Err(Bad("a request of the session's own: there are no sessions in a file".into()))
                } else if let (Value::Text(text), None) = (given, given.as_int())
                    && !text.is_empty()
                {
                    let label = def.map(|def| def.label.as_str()).unwrap_or_default();
                    let field =
                        def.zip(role).map(|(def, slot)| def.fields.list[slot].label.as_str()).unwrap_or_default();
                    Err(Bad(format!("{label}: {field} is no number: {text:?}")))
                } else {
                    self.asked(now, index, FILE_SESSION, id, &message);
                    decoded.malformed.map_or(Ok(()), |malformed| Err(Bad(malformed)))
                }
            }
            Err(error) => Err(Bad(from.vocabulary.explain(true, &error))),
        };
        self.message = message;
        self.collect(now);
        result
    }

    /// Whoever comes on line learns which platforms are not there.
    fn tell_lost_links(&mut self, index: usize, session: u32) {
        for platform in self.applications[index].platforms.clone() {
            if self.platforms[platform].model.link() != LinkState::Up {
                let transition = Transition::new(TransitionKind::LinkDown);
                self.answer(index, platform, session, 0, transition);
            }
        }
    }

    pub fn session_started(&mut self, now: Time, index: usize, session: u32, result: Result<(), String>) {
        if let Some(server) = self.applications[index].ctips() {
            server.started(now, session, result);
        }
        self.collect(now);
    }

    pub fn heartbeat_answered(&mut self, now: Time, index: usize, session: u32, answered: bool) {
        if let Some(server) = self.applications[index].ctips() {
            server.heartbeat_answered(session, answered);
        }
        self.collect(now);
    }

    pub fn session_lost(&mut self, now: Time, index: usize, session: u32, reason: &str, cause: &'static str) {
        if let Some(server) = &mut self.applications[index].server {
            server.session_lost(session, reason, cause);
        }
        self.applications[index].watch_groups();
        self.collect(now);
    }

    // ── connections to an event feed ──────────────────────────────────────────────────────────────────────────────────

    /// A connection was opened; none where it is one too many.
    pub fn application_connected(&mut self, now: Time, index: usize, peer: &str) -> Option<u32> {
        let server = self.applications[index].event_feed()?;
        let session = server.connected(now, peer);
        self.collect(now);
        session
    }

    pub fn application_read(&mut self, now: Time, index: usize, session: u32, mut bytes: &[u8]) {
        let mut message = std::mem::take(&mut self.message);
        for platform in &self.applications[index].platforms {
            self.platforms[*platform].stamp(now);
        }
        loop {
            let Application { server, ids, platforms, relays, .. } = &mut self.applications[index];
            let Some(server) = server.as_mut().and_then(Server::event_feed) else { break };
            let offered = Offered { ids, places: platforms, platforms: &self.platforms, relays: *relays };
            let Some(step) = server.next(session, &mut bytes, &offered, &mut message) else { break };
            if let Some(kind) = message.kind() {
                self.applications[index].counts.requests[kind.0 as usize] += 1;
            }
            if let Step::Command { id } = step {
                self.asked(now, index, session, id, &message);
            }
        }
        self.message = message;
        let application = &mut self.applications[index];
        let watchers = application.event_feed().map(|server| server.new_group_watchers()).unwrap_or_default();
        application.watch_groups();
        for (session, groups) in watchers {
            application.want_groups(session, groups.as_deref(), &self.platforms);
        }
        self.collect(now);
    }

    pub fn application_closed(&mut self, now: Time, index: usize, session: u32, why: &str) {
        if let Some(server) = self.applications[index].event_feed() {
            server.closed(session, why);
        }
        self.applications[index].watch_groups();
        self.collect(now);
    }
}

/// What an application can subscribe to.
struct Offered<'o> {
    ids: &'o Ids,
    /// The application's platforms, in its order.
    places: &'o [usize],
    platforms: &'o [Platform],
    /// Messages of the first platform pass as they are: statistics among them, which no rule says.
    relays: bool,
}

impl Offered<'_> {
    fn pictures(&self) -> impl Iterator<Item = (usize, &Platform)> {
        self.places.iter().enumerate().map(|(place, platform)| (place, &self.platforms[*platform]))
    }
}

impl World for Offered<'_> {
    fn stamp(&self) -> &str {
        self.pictures().next().map(|(_, platform)| platform.stamps()[0]).unwrap_or_default()
    }

    fn entities(&self, kind: &str) -> Vec<Entity> {
        let mut entities = Vec::new();
        // A platform keeps its calls and agents while it is not connected.
        for (place, platform) in self.pictures() {
            if kind == "agent" {
                let shown = platform.model.agents().filter(|(_, agent)| agent.shown);
                entities.extend(shown.filter_map(|(_, agent)| {
                    let id = self.ids.agent(place, agent.id.as_ref()?);
                    Some(Entity { id, number: agent.number.clone(), name: agent.name.clone() })
                }));
                continue;
            }
            let named = |service: DeviceKind| match service {
                DeviceKind::AgentQueue => "agent-queue",
                DeviceKind::EmailQueue => EMAIL_QUEUE,
                _ => "group",
            };
            let services = platform.model.services().map(|(_, service)| service);
            let wanted = services.filter(|service| service.told && named(service.kind) == kind);
            entities.extend(wanted.map(|service| {
                let id = self.ids.service(place, service.kind, &service.id);
                Entity { id, number: String::new(), name: service.name.clone() }
            }));
        }
        entities.sort_by_key(|entity| entity.id);
        entities
    }

    fn relays(&self) -> bool {
        self.relays
    }

    fn has_statistics_of(&self, subject: Subject, id: &str) -> bool {
        self.relays && self.pictures().take(1).any(|picture| self.shows(picture, subject, id))
    }

    fn knows(&self, subject: Subject, id: &str) -> Known {
        let Ok(number) = id.parse::<i64>() else { return Known::No };
        if self.pictures().any(|picture| self.shows(picture, subject, id)) {
            return Known::Yes;
        }
        match subject {
            // A call that began before the bridge did is shown by its next event.
            Subject::Call if number > 0 => Known::Maybe,
            Subject::Call => Known::No,
            _ if self.pictures().all(|(_, platform)| platform.model.has_shown_everything()) => Known::No,
            _ => Known::Maybe,
        }
    }
}

impl Offered<'_> {
    fn shows(&self, (place, platform): (usize, &Platform), subject: Subject, id: &str) -> bool {
        let Ok(id) = id.parse::<i64>() else { return false };
        match subject {
            Subject::Agent => {
                let mut agents = platform.model.agents();
                agents.any(|(_, agent)| agent.id.as_ref().is_some_and(|native| self.ids.agent(place, native) == id))
            }
            Subject::Group => {
                let mut services = platform.model.services();
                services.any(|(_, service)| self.ids.service(place, service.kind, &service.id) == id)
            }
            // Only the platform knows which numbers can be dialled.
            Subject::Dnis => true,
            Subject::Call => self.ids.call_of_id(id).is_some(),
            Subject::Entity | Subject::Everything => false,
        }
    }
}
