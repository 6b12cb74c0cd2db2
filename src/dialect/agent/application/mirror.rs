//! The desks of all agents, and the calls that wait, kept current from what the bridge publishes, whether or not a program is
//! connected. It takes messages apart and says who is to hear of what. An agent who is logged off and has nothing is
//! forgotten, so that it is bounded by the agents who are logged on.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use serde_json::Value as Json;
use smallvec::SmallVec;

use super::{
    super::strays,
    desk::{Desk, Item, Told},
    record::{self, Record, number},
    sort::Sort,
    waiting::{List, News, Update, Waiting},
};
use crate::{
    message::Message,
    port::Filterable,
    vocabulary::{AgentPart, Fields, Role, Vocabulary},
};

/// One thing for programs to hear.
#[derive(Debug)]
pub enum Tidings {
    /// The agent's own data, by this event.
    User {
        agent: i64,
        event: &'static str,
        at: String,
    },
    Item {
        agent: i64,
        item: Item,
    },
    /// Of a call that waits, with the moment.
    Waits {
        news: News,
        at: String,
    },
    /// How many wait at a group, as a desktop says it.
    RealTime {
        record: Record,
    },
    /// A platform can be reached, or not; or one agent's station alone, as a desktop says.
    Link {
        switch: i64,
        agent: Option<i64>,
        is_up: bool,
        at: String,
    },
}

/// See the module.
#[derive(Debug)]
pub struct Mirror {
    vocabulary: Arc<Vocabulary>,
    desks: HashMap<i64, Desk>,
    /// By the id of a call or session, the agents whose desks have it.
    holders: HashMap<i64, SmallVec<[i64; 1]>>,
    pub waiting: Waiting,
    /// The platforms that are connected.
    up: BTreeSet<i64>,
    /// Names of not ready reasons, by their ids.
    reasons: Vec<(i64, String)>,
}

/// A message that is taken in.
struct Heard<'h> {
    fields: &'h Fields,
    message: &'h Message,
    about: &'h Filterable<'h>,
    /// The message passes whole: it is a desktop's own.
    is_whole: bool,
    at: String,
}

impl Heard<'_> {
    fn record(&self, vocabulary: &Vocabulary, label: &str) -> Record {
        let mut record = record::of_field(vocabulary, self.fields, label, self.message);
        let text = self.message.held();
        if self.is_whole && !text.is_empty() {
            strays::add_of_field(vocabulary, self.fields, label, text, &mut record);
        }
        record
    }

    fn number(&self, label: &str) -> Option<i64> {
        self.message.get(self.fields.slot(label)?).as_int()
    }
}

impl Mirror {
    pub fn new(vocabulary: Arc<Vocabulary>, reasons: Vec<(i64, String)>) -> Mirror {
        let (desks, holders) = (HashMap::new(), HashMap::new());
        Mirror { vocabulary, desks, holders, waiting: Waiting::default(), up: BTreeSet::new(), reasons }
    }

    pub fn desk(&self, agent: i64) -> Option<&Desk> {
        self.desks.get(&agent)
    }

    /// The agent of this logon id, if the agent is at a desk.
    pub fn agent(&self, login: &str) -> Option<i64> {
        let is_it = |desk: &Desk| record::text(&desk.user, "LoginID") == login;
        let mut found = self.desks.iter().filter(|(_, desk)| is_it(desk)).map(|(agent, _)| *agent);
        let first = found.next()?;
        Some(found.fold(first, i64::min))
    }

    /// Whether another agent than this has the call or session.
    pub fn is_anothers(&self, agent: Option<i64>, id: i64) -> bool {
        self.holders.get(&id).is_some_and(|holders| holders.iter().any(|holder| Some(*holder) != agent))
    }

    /// Whether the agent's platform is connected, and the station can be reached; of an agent who is at no desk, whether any is.
    pub fn is_up(&self, agent: Option<i64>) -> bool {
        match agent.and_then(|agent| self.desk(agent)) {
            Some(desk) => !desk.is_cut_off && self.up.contains(&desk.switch),
            None => !self.up.is_empty(),
        }
    }

    /// Takes in a message, and returns what programs should hear of it.
    pub fn hear(&mut self, message: &Message, about: &Filterable<'_>, is_whole: bool) -> Vec<Tidings> {
        let vocabulary = self.vocabulary.clone();
        let Some(def) = message.kind().map(|kind| vocabulary.message(kind)) else { return Vec::new() };
        let role = |role| def.role(role).map(|slot| message.get(slot));
        let at = role(Role::Time).and_then(|at| at.text()).unwrap_or_default().to_owned();
        let agent = role(Role::Agent(AgentPart::Id)).and_then(|id| id.as_int()).unwrap_or(0);
        let heard = Heard { fields: &def.fields, message, about, is_whole, at };
        let label = def.label.as_str();
        if let Some(sort) = Sort::ALL.into_iter().find(|sort| sort.event() == label) {
            return self.item(agent, sort, heard);
        }
        if let Some(list) = List::of_event(label) {
            let record = heard.record(&vocabulary, list.record());
            let update = Update::from_code(heard.number("UpdateType").unwrap_or(0));
            let news = self.waiting.hear(list, update, record);
            return news.map(|news| Tidings::Waits { news, at: heard.at }).into_iter().collect();
        }
        match label {
            "OnUserLogin" | "OnUserStatusUpdate" | "UserInformation" => {
                self.user(agent, heard.record(&vocabulary, "UserInformation"), about, heard.at)
            }
            "OnApplicationClosed" => {
                let off = Record::from_iter([("LoggedOn".to_owned(), 0.into())]);
                self.user(agent, off, about, heard.at)
            }
            "Gone" => self.gone(agent, heard),
            "Conferenced" | "Transferred" => self.joined(agent, heard),
            "OnRealTimeInformationUpdate" => {
                vec![Tidings::RealTime { record: heard.record(&vocabulary, "RealTimeInformation") }]
            }
            "OnRegistrationStatus" => {
                let is_up = def.fields.slot("Registered").and_then(|slot| message.get(slot).as_bool()) == Some(true);
                // A desktop tells of its own station, the bridge of a platform.
                let agent = Some(agent).filter(|agent| *agent != 0);
                match agent {
                    Some(agent) => {
                        if let Some(desk) = self.desks.get_mut(&agent) {
                            desk.is_cut_off = !is_up;
                        }
                    }
                    None => {
                        self.up.remove(&about.switch);
                        self.up.extend(is_up.then_some(about.switch));
                    }
                }
                vec![Tidings::Link { switch: about.switch, agent, is_up, at: heard.at }]
            }
            _ => Vec::new(),
        }
    }

    fn user(&mut self, agent: i64, told: Record, about: &Filterable<'_>, at: String) -> Vec<Tidings> {
        let agent = Some(agent).filter(|agent| *agent != 0).unwrap_or_else(|| number(&told, "RecordID"));
        if agent == 0 {
            return Vec::new();
        }
        // Of who is at no desk, nobody need hear that they have left one.
        if told.get("LoggedOn").and_then(Json::as_i64) == Some(0) && !self.desks.contains_key(&agent) {
            return Vec::new();
        }
        let desk = self.desks.entry(agent).or_default();
        desk.switch = about.switch;
        desk.user.insert("RecordID".into(), agent.into());
        let event = desk.hear_user(told, &self.reasons);
        let over = if desk.is_logged_on() { Vec::new() } else { desk.end_work(&at) };
        let mut news: Vec<Tidings> = self.changed(agent, over).collect();
        news.extend(event.map(|event| Tidings::User { agent, event, at }));
        news
    }

    /// Drops the desks of agents who are gone, after programs were told.
    pub fn settle(&mut self, agent: i64) {
        if self.desk(agent).is_some_and(Desk::is_empty) {
            self.desks.remove(&agent);
        }
    }

    fn item(&mut self, agent: i64, sort: Sort, heard: Heard<'_>) -> Vec<Tidings> {
        let told = heard.record(&self.vocabulary, sort.record());
        let id = number(&told, "ID");
        if agent == 0 || id == 0 {
            return Vec::new();
        }
        let desk = self.desks.entry(agent).or_default();
        desk.switch = heard.about.switch;
        let group = heard.number("ServiceGroupID").filter(|group| *group != 0);
        let item = Item { sort, id, group, at: heard.at, record: told };
        let told = Told { item, is_whole: heard.is_whole, agent, abilities: heard.about.abilities };
        let changed = desk.hear(told);
        self.changed(agent, changed).collect()
    }

    /// Notes whose desk has these items, or has them no more, and tells of them.
    fn changed<I: IntoIterator<Item = Item>>(
        &mut self,
        agent: i64,
        items: I,
    ) -> impl Iterator<Item = Tidings> + use<I> {
        let items: Vec<Item> = items.into_iter().collect();
        for id in items.iter().map(|item| item.id) {
            let has = self.desks.get(&agent).is_some_and(|desk| desk.item(id).is_some());
            let holders = self.holders.entry(id).or_default();
            holders.retain(|holder| *holder != agent);
            holders.extend(has.then_some(agent));
            if holders.is_empty() {
                self.holders.remove(&id);
            }
        }
        items.into_iter().map(move |item| Tidings::Item { agent, item })
    }

    /// A call is over for one agent, or, where the bridge says so, for all.
    fn gone(&mut self, agent: i64, heard: Heard<'_>) -> Vec<Tidings> {
        let mut news = Vec::new();
        let sorts = [("CallID", Sort::Call), ("MessageID", Sort::Email), ("SessionID", Sort::Chat)];
        for (label, sort) in sorts {
            let Some(id) = heard.number(label) else { continue };
            let sort = heard.is_whole.then_some(sort);
            for holder in self.holders.get(&id).cloned().into_iter().flatten() {
                if let Some(desk) = self.desks.get_mut(&holder).filter(|_| agent == 0 || holder == agent) {
                    let item = desk.gone(id, sort, &heard.at);
                    news.extend(self.changed(holder, item));
                }
            }
            if !heard.is_whole {
                let over = self.waiting.gone(id).into_iter();
                news.extend(over.map(|gone| Tidings::Waits { news: gone, at: heard.at.clone() }));
            }
        }
        news
    }

    /// Two calls of a desktop became one, and no event of its own says that the other is over.
    fn joined(&mut self, agent: i64, heard: Heard<'_>) -> Vec<Tidings> {
        let result = heard.number("Result");
        let Some(desk) = self.desks.get_mut(&agent) else { return Vec::new() };
        let calls = ["HeldCall", "ActiveCall"].into_iter().filter_map(|label| heard.number(label));
        let over = calls.filter(|call| Some(*call) != result);
        let over: Vec<Item> = over.filter_map(|call| desk.gone(call, Some(Sort::Call), &heard.at)).collect();
        self.changed(agent, over).collect()
    }
}
