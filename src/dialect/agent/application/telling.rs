//! Events to programs: the picture after a hello, and what changes in it. Each program hears of its own agent, and of the
//! waiting calls that it has subscribed to.

use serde_json::{Value as Json, json};

use super::{
    super::strays,
    Server,
    desk::Desk,
    frames,
    methods::{Can, OF_A_DESKTOP, ORDERS},
    mirror::Tidings,
    record::{Record, number, text},
    targets,
};
use crate::{
    message::Message,
    port::{Abilities, Audience, Directory, Entry, Filterable, Thing},
};

/// The agent of a logon id, as the platforms show agents, whether or not the agent is logged on. An agent of whom no logon id
/// is known is meant by its record id.
pub fn listed(directory: &dyn Directory, login: &str) -> Option<Entry> {
    let mut agents = directory.entries(true);
    let id = login.parse().ok();
    let by_number = agents.iter().position(|entry| entry.number == login);
    let by_id = || agents.iter().position(|entry| entry.number.is_empty() && Some(entry.id) == id);
    let place = by_number.or_else(by_id)?;
    Some(agents.swap_remove(place))
}

impl Server {
    /// The agent's desk as a program sees it; of an agent who is at none, as little as is known.
    pub(super) fn desk(&self, login: &str, agent: Option<i64>, directory: &dyn Directory) -> Desk {
        let known = agent.and_then(|agent| self.mirror.desk(agent));
        let mut user = known.map(|desk| desk.user.clone()).unwrap_or_default();
        if known.is_none() || text(&user, "LoginID").is_empty() {
            user.insert("LoginID".into(), login.into());
            if let Some(Entry { id, name, .. }) = listed(directory, login) {
                user.entry("RecordID").or_insert(id.into());
                user.entry("UserName").or_insert(name.into());
            }
        }
        let items = known.map(|desk| desk.items.clone()).unwrap_or_default();
        Desk { user, items, ..Desk::default() }
    }

    /// Tells a program that has just said hello the whole picture.
    pub(super) fn greet(&mut self, key: u32, directory: &dyn Directory) {
        let Some(session) = self.sessions.get(&key) else { return };
        let (login, agent) = (session.login.clone().unwrap_or_default(), session.agent);
        let desk = self.desk(&login, agent, directory);
        let event = if desk.is_logged_on() { "OnUserLogin" } else { "OnUserStatusUpdate" };
        let writer = self.writer();
        let user = writer.event(event, directory.stamp(), agent, &[("UserInformation", writer.user(&desk).into())]);
        let items: Vec<_> = desk.items.iter().map(|item| writer.item_event(agent.unwrap_or(0), item)).collect();
        self.tell_abilities(key, directory, directory.passes_for(Thing::Agent, &agent.unwrap_or(0).to_string()));
        self.write(key, user);
        items.into_iter().for_each(|item| self.write(key, item));
    }

    /// Takes an event into the mirror, and tells what is news. Hands back how many programs hear of it.
    pub(super) fn tell(
        &mut self,
        message: &Message,
        about: &Filterable<'_>,
        audience: Audience,
        is_whole: bool,
    ) -> usize {
        // A program that has come on line hears which platforms are away.
        if let (Some((key, _)), true) = (audience.asker, audience.only_asker) {
            return self.tell_one(key, message, about, is_whole);
        }
        self.answer_sent();
        let news = self.mirror.hear(message, about, is_whole);
        let beside = self.beside(message, is_whole);
        let told = news.iter().map(|tidings| self.spread(tidings, about.abilities, is_whole, &beside)).sum();
        for tidings in news {
            if let Tidings::User { agent, .. } | Tidings::Item { agent, .. } = tidings {
                self.mirror.settle(agent);
            }
        }
        told
    }

    /// Answers that only the asker gets show what everybody has been told: the mirror has it.
    fn tell_one(&mut self, key: u32, message: &Message, about: &Filterable<'_>, is_whole: bool) -> usize {
        let tidings = self.mirror.hear(message, about, is_whole);
        let mut told = 0;
        for tidings in &tidings {
            match tidings {
                Tidings::Link { .. } => {
                    told += usize::from(self.concerns(key, tidings) && self.send(key, tidings, &Record::new()));
                }
                Tidings::User { .. } | Tidings::Item { .. } | Tidings::Waits { .. } | Tidings::RealTime { .. } => {
                    told += self.spread(tidings, about.abilities, is_whole, &Record::new());
                }
            }
        }
        told
    }

    /// Tells something to every program that it concerns. Abilities come first, so that they are right in the handler of the
    /// event that they follow from.
    fn spread(
        &mut self,
        tidings: &Tidings,
        abilities: Option<&dyn Abilities>,
        is_whole: bool,
        beside: &Record,
    ) -> usize {
        if let Tidings::User { agent, .. } = tidings {
            self.bind(*agent);
        }
        let concerned: Vec<u32> = self.sessions.keys().copied().filter(|key| self.concerns(*key, tidings)).collect();
        let mut told = 0;
        for key in concerned {
            let is_of_desk = !matches!(tidings, Tidings::Waits { .. } | Tidings::RealTime { .. });
            if let Some(abilities) = abilities.filter(|_| is_of_desk) {
                self.tell_abilities(key, abilities, is_whole);
            }
            told += usize::from(self.send(key, tidings, beside));
        }
        if let Tidings::Waits { news, .. } = tidings {
            self.tell_waiting(news.group());
        }
        told
    }

    /// The unknown members of a desktop's own event.
    fn beside(&self, message: &Message, is_whole: bool) -> Record {
        let text = message.held();
        let kind = message.kind().filter(|_| is_whole && !text.is_empty());
        kind.map(|kind| strays::beside(&self.vocabulary.message(kind).fields, text)).unwrap_or_default()
    }

    fn send(&mut self, key: u32, tidings: &Tidings, beside: &Record) -> bool {
        let Some(session) = self.sessions.get(&key).filter(|session| session.login.is_some()) else { return false };
        let desk = session.agent.and_then(|agent| self.mirror.desk(agent));
        let Some(frame) = self.writer().tidings(tidings, desk, beside) else { return false };
        self.write(key, frame);
        true
    }

    fn concerns(&self, key: u32, tidings: &Tidings) -> bool {
        let Some(session) = self.sessions.get(&key).filter(|session| session.login.is_some()) else { return false };
        match tidings {
            Tidings::User { agent, .. } | Tidings::Item { agent, .. } => session.agent == Some(*agent),
            Tidings::Waits { news, .. } => session.subscriptions.want(news),
            Tidings::RealTime { record } => {
                session.subscriptions.real_time.contains_key(&number(record, "ServiceGroupID"))
            }
            Tidings::Link { agent: Some(agent), .. } => session.agent == Some(*agent),
            Tidings::Link { switch, agent: None, .. } => {
                let desk = session.agent.and_then(|agent| self.mirror.desk(agent));
                desk.is_none_or(|desk| desk.switch == *switch)
            }
        }
    }

    /// Programs that came before their agent was known hear of the agent from now on; so do those whose agent was made anew,
    /// under another record id.
    fn bind(&mut self, agent: i64) {
        let Some(desk) = self.mirror.desk(agent) else { return };
        let login = text(&desk.user, "LoginID");
        let is_it = |known: &String| known == login || login.is_empty() && known.parse() == Ok(agent);
        for session in self.sessions.values_mut() {
            let has_none = session.agent.is_none_or(|known| known != agent && self.mirror.desk(known).is_none());
            if has_none && session.login.as_ref().is_some_and(is_it) {
                session.agent = Some(agent);
            }
        }
    }

    // ── abilities ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// Tells a program what can be done for its agent: after its hello all of it, later what has changed.
    pub(super) fn tell_abilities(&mut self, key: u32, abilities: &(impl Abilities + ?Sized), is_desktop: bool) {
        let Some(session) = self.sessions.get(&key) else { return };
        let agent = session.agent;
        let nobody = Desk::default();
        let desk = agent.and_then(|agent| self.mirror.desk(agent)).unwrap_or(&nobody);
        let lacks = |order| abilities.lacks(order, agent.unwrap_or(0), 0);
        let mut parameters: Vec<(&'static str, Json)> = Vec::new();
        for can in Can::ALL {
            let can_do = lacks(can.order()).is_none() && targets::forbids(desk, can).is_none();
            parameters.push((can.name(), can_do.into()));
        }
        let mut refused: Vec<Json> = Vec::new();
        for (method, order) in ORDERS {
            refused.extend(lacks(order).map(|error| json!({ "Method": method, "Error": error })));
        }
        if !is_desktop {
            let error = "no platform here can do this";
            refused.extend(OF_A_DESKTOP.map(|method| json!({ "Method": method, "Error": error })));
        }
        parameters.push(("Refused", refused.into()));
        let Some(session) = self.sessions.get_mut(&key) else { return };
        parameters.retain(|(label, value)| {
            let value = value.to_string();
            let is_news = session.abilities.get(label) != Some(&value);
            if is_news {
                session.abilities.insert(label, value);
            }
            is_news
        });
        if !parameters.is_empty() {
            let frame = self.writer().event("AgentAbilities", "", agent, &parameters);
            self.write(key, frame);
        }
    }

    // ── calls that wait ───────────────────────────────────────────────────────────────────────────────────────────────

    /// Tells who subscribed to a group's real-time information how many wait there.
    fn tell_waiting(&mut self, group: i64) {
        let watch = |session: &super::Session| session.subscriptions.real_time.contains_key(&group);
        let watching = self.sessions.iter().filter(|(_, session)| watch(session));
        for key in watching.map(|(key, _)| *key).collect::<Vec<_>>() {
            self.tell_real_time(key, group);
        }
    }

    pub(super) fn tell_real_time(&mut self, key: u32, group: i64) {
        let name = |session: &super::Session| session.subscriptions.real_time.get(&group).cloned();
        let Some(name) = self.sessions.get(&key).and_then(name) else { return };
        let record = Record::from_iter([
            ("ServiceGroupID".to_owned(), group.into()),
            ("ServiceGroupName".to_owned(), name.into()),
            ("CallsInQueue".to_owned(), self.mirror.waiting.at(group).into()),
        ]);
        self.send(key, &Tidings::RealTime { record }, &Record::new());
    }

    /// All calls that wait, for a program that has just subscribed.
    pub(super) fn tell_all_waiting(&mut self, key: u32) {
        let Some(session) = self.sessions.get(&key) else { return };
        let writer = self.writer();
        let all = self.mirror.waiting.all(&session.subscriptions);
        let all: Vec<_> = all.iter().map(|news| writer.waits_event(news, "")).collect();
        all.into_iter().for_each(|frame| self.write(key, frame));
    }

    // ── results ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// Says that a request failed that was answered with true.
    pub(super) fn failed_late(&mut self, key: u32, id: i64, method: &str, reason: &str) {
        let agent = self.sessions.get(&key).and_then(|session| session.agent);
        let parameters: [(&str, Json); 3] = [("id", id.into()), ("call", method.into()), ("error", reason.into())];
        let frame = frames::Writer { vocabulary: &self.vocabulary, ahead: self.ahead };
        let frame = frame.event("RequestFailed", "", agent, &parameters);
        self.write(key, frame);
    }
}
