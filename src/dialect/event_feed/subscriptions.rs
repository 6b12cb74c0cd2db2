//! What a connection to an event feed has subscribed to: types of events, each for all or for certain ids. Facts from the
//! guide, chapter 3, Table 1 and "Unsubscribe Events Requests".

use hashbrown::{HashMap, HashSet};

use super::entities::{ENTITIES, PICTURED};
use crate::{
    message::{Kind, Message, Node, Value},
    port::{Directory, Known, Thing},
    vocabulary::{Fields, Role, Side, Vocabulary, Which},
};

/// What the ids of a subscription are ids of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Kinds of entities, by name.
    Entity,
    Agent,
    Group,
    /// Dialled numbers; only the platform knows which there are.
    Dnis,
    Call,
    /// There are no single ones.
    Everything,
}

/// A subscription type: its name, what its ids mean, its messages, and the field that says whom a message is about.
struct Offer {
    name: &'static str,
    subject: Subject,
    messages: &'static [&'static str],
    field: &'static str,
    source: Source,
    /// The guide gives it no list of ids: without one it is everything.
    listless: bool,
}

/// The source of a type's messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// Rules make them, whatever the platform.
    Rules,
    /// Only an event feed whose messages pass has them.
    Feed,
    /// Calls' messages of an event feed whose messages pass. The guide does not say which messages belong to the type.
    FeedCalls,
}

const fn offer(name: &'static str, subject: Subject, messages: &'static [&'static str], field: &'static str) -> Offer {
    Offer { name, subject, messages, field, source: Source::Rules, listless: false }
}

const fn listless(
    name: &'static str,
    subject: Subject,
    messages: &'static [&'static str],
    field: &'static str,
) -> Offer {
    Offer { name, subject, messages, field, source: Source::Rules, listless: true }
}

const fn numbers(name: &'static str, subject: Subject, message: &'static [&'static str], field: &'static str) -> Offer {
    Offer { name, subject, messages: message, field, source: Source::Feed, listless: false }
}

const LOGIN: [&str; 2] = ["agent-login", "agent-logout"];
const STATUS: [&str; 5] = ["agent-release", "agent-idle", "agent-wrap", "agent-reserved", "agent-on-call"];
const ACTIVITY: [&str; 7] = [LOGIN[0], LOGIN[1], STATUS[0], STATUS[1], STATUS[2], STATUS[3], STATUS[4]];

/// Statistics of groups' agents, made from the picture of each platform whose messages do not pass.
const GROUP_AGENTS: &str = "group-agent-stats";

/// The id that stands for all.
const ALL: &str = "*";

impl Offer {
    /// The ids of a record, if it has some, or means all.
    fn ids<'i>(&self, given: &'i [String]) -> Option<Vec<&'i str>> {
        match given.is_empty() {
            true => self.listless.then(|| vec![ALL]),
            false => Some(given.iter().map(String::as_str).collect()),
        }
    }
}

const fn calls(name: &'static str) -> Offer {
    Offer { name, subject: Subject::Call, messages: &[], field: "call-id", source: Source::FeedCalls, listless: true }
}

/// `call-activity` stands for every message that names a call and belongs to no other type. The guide does not say
/// which messages `call-routing`, `call-establishment` and `call-statistics` contain. A feed behind the bridge is asked
/// for them, too, and a session that subscribes to one hears all messages about calls, so that none is missing. Other
/// platforms have no such types.
const OFFERS: [Offer; 17] = [
    offer("entity", Subject::Entity, &["entity-update"], "filter"),
    listless("agent-login-logout", Subject::Agent, &LOGIN, "agent-id"),
    listless("agent-status", Subject::Agent, &STATUS, "agent-id"),
    offer("agent-activity", Subject::Agent, &ACTIVITY, "agent-id"),
    offer("call-activity", Subject::Call, &[], "call-id"),
    calls("call-routing"),
    calls("call-establishment"),
    calls("call-statistics"),
    offer(GROUP_AGENTS, Subject::Group, &["group-agent-stats"], "group-id"),
    numbers("group-stats", Subject::Group, &["group-stats"], "group-id"),
    numbers("daily-group-stats", Subject::Group, &["daily-group-stats"], "group-id"),
    numbers("agent-queue-stats", Subject::Agent, &["agent-queue-stats"], "agent-id"),
    numbers("email-agent-queue-stats", Subject::Agent, &["email-agent-queue-stats"], "agent-id"),
    numbers("daily-agent-stats", Subject::Agent, &["daily-agent-stats"], "agent-id"),
    numbers("dnis-stats", Subject::Dnis, &["dnis-stats"], "dnis-id"),
    numbers("daily-dnis-stats", Subject::Dnis, &["daily-dnis-stats"], "dnis-id"),
    numbers("agent-need-help", Subject::Everything, &["agent-need-help"], ""),
];

/// Offers, a bit for each.
type Set = u32;

/// The subscriptions that tell a kind of message.
#[derive(Debug)]
struct Told {
    offers: Set,
    /// Each with the slot that says whom the message is about.
    by: Vec<(usize, Option<usize>)>,
}

/// Which subscriptions tell each kind of message.
#[derive(Debug)]
pub struct Catalogue {
    by_kind: Vec<Told>,
    /// For updates of entities, the codes of their kinds.
    entities: Vec<i64>,
}

impl Catalogue {
    pub fn new(vocabulary: &Vocabulary) -> Catalogue {
        let place = |name: &str| OFFERS.iter().position(|offer| offer.name == name);
        let of = |(_, def): (Kind, &crate::vocabulary::MessageDef)| {
            let tells = |offer: &&Offer| offer.messages.contains(&def.label.as_str());
            let mut told: Vec<(usize, Option<usize>)> = OFFERS
                .iter()
                .filter(tells)
                .filter_map(|offer| Some((place(offer.name)?, def.fields.slot(offer.field))))
                .collect();
            let call = def.role(Role::Call(Which::Call, 1));
            if told.is_empty() && def.side == Side::Event && call.is_some() {
                let of_calls = OFFERS.iter().enumerate().filter(|(_, offer)| offer.subject == Subject::Call);
                told.extend(of_calls.map(|(place, _)| (place, call)));
            }
            Told { offers: told.iter().fold(0, |all, (place, _)| all | 1 << place), by: told }
        };
        let by_kind = vocabulary.kinds().map(of).collect();
        let known = vocabulary.enumeration("entity").map(|place| &vocabulary.enums[place]);
        let entities = ENTITIES[..PICTURED].iter().filter_map(|name| known?.code(name)).collect();
        Catalogue { by_kind, entities }
    }
}

/// The most single ids that one connection may subscribe to.
const MAX_IDS: usize = 10_000;

#[derive(Debug, Default)]
pub struct Subscriptions {
    /// The offers of which everything is wanted, as of most that are subscribed to.
    whole: Set,
    /// The single ids of others.
    ids: HashMap<usize, HashSet<String>>,
    /// How many these are.
    count: usize,
}

/// What came of a request to subscribe.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Why parts of it were not taken.
    pub refused: Vec<String>,
    /// Whether anything was.
    pub taken: bool,
    /// Kinds of entities that are subscribed to now: each is answered with a snapshot.
    pub entities: Vec<&'static str>,
    /// Groups whose agents' statistics are subscribed to: each group is told at once.
    pub groups: Vec<String>,
}

impl Subscriptions {
    /// Takes in one subscription record.
    pub fn add(&mut self, name: &str, ids: &[String], directory: &dyn Directory, outcome: &mut Outcome) {
        let Some((place, offer)) = OFFERS.iter().enumerate().find(|(_, offer)| offer.name == name) else {
            return outcome.refused.push(format!("{name}: not available"));
        };
        match offer.source {
            Source::Feed if !directory.passes() => {
                return outcome.refused.push(format!("{name}: not available from the platform"));
            }
            Source::FeedCalls if !directory.passes() => {
                let text =
                    format!("{name}: not available from the platform; call-activity has all messages about calls");
                return outcome.refused.push(text);
            }
            Source::Rules | Source::Feed | Source::FeedCalls => {}
        }
        let Some(ids) = offer.ids(ids) else { return outcome.refused.push(format!("{name}: no ids")) };
        let entities = if directory.passes() { &ENTITIES[..] } else { &ENTITIES[..PICTURED] };
        for id in ids {
            if id == ALL {
                self.whole |= 1 << place;
                if offer.subject == Subject::Entity {
                    outcome.entities.extend(entities);
                }
            } else if let Some(reason) = self.refuses(offer, id, entities, directory) {
                outcome.refused.push(format!("{name} {id}: {reason}"));
                continue;
            } else {
                if self.ids.entry(place).or_default().insert(id.to_owned()) {
                    self.count += 1;
                }
                outcome
                    .entities
                    .extend(entities.iter().filter(|entity| offer.subject == Subject::Entity && **entity == id));
            }
            if offer.name == GROUP_AGENTS {
                outcome.groups.push(id.to_owned());
            }
            outcome.taken = true;
        }
    }

    fn refuses(&self, offer: &Offer, id: &str, entities: &[&str], directory: &dyn Directory) -> Option<&'static str> {
        if self.count >= MAX_IDS {
            return Some("too many ids");
        }
        const ELSEWHERE: &str = "not available from its platform";
        let thing = match offer.subject {
            Subject::Agent => Thing::Agent,
            Subject::Group => Thing::Service,
            Subject::Call | Subject::Dnis | Subject::Entity | Subject::Everything => Thing::Call,
        };
        match offer.subject {
            Subject::Entity if entities.contains(&id) => None,
            Subject::Entity => Some("not available"),
            Subject::Everything => Some("only * is valid"),
            // Only the platform knows which numbers can be dialled.
            Subject::Dnis if id.parse::<i64>().is_err() => Some("unknown"),
            Subject::Dnis => (offer.source == Source::Feed && !directory.passes()).then_some(ELSEWHERE),
            Subject::Agent | Subject::Group | Subject::Call => match directory.knows(thing, id) {
                Known::No => Some("unknown"),
                // The subscription takes effect when the id appears. If the id then belongs to no feed, nothing is
                // told.
                Known::Maybe => None,
                Known::Yes => {
                    let lacks = offer.source == Source::Feed && !directory.passes_for(thing, id);
                    lacks.then_some(ELSEWHERE)
                }
            },
        }
    }

    /// Takes one subscription record back.
    pub fn remove(&mut self, name: &str, ids: &[String], outcome: &mut Outcome) {
        let Some((place, offer)) = OFFERS.iter().enumerate().find(|(_, offer)| offer.name == name) else {
            return outcome.refused.push(format!("{name}: not available"));
        };
        let Some(ids) = offer.ids(ids) else { return outcome.refused.push(format!("{name}: no ids")) };
        for id in ids {
            let known = match id {
                ALL => {
                    self.whole &= !(1 << place);
                    self.count -= self.ids.remove(&place).map_or(0, |ids| ids.len());
                    true
                }
                id => self.ids.get_mut(&place).is_some_and(|ids| ids.remove(id)),
            };
            if known {
                self.count -= usize::from(id != ALL);
                outcome.taken = true;
            } else {
                outcome.refused.push(format!("{name} {id}: was not subscribed to"));
            }
        }
    }

    /// True if any session subscribes to the statistics of groups' agents.
    pub fn watch_groups(&self) -> bool {
        let place = OFFERS.iter().position(|offer| offer.name == GROUP_AGENTS);
        place.is_some_and(|place| self.is_whole(place) || self.ids.get(&place).is_some_and(|ids| !ids.is_empty()))
    }

    fn is_whole(&self, place: usize) -> bool {
        self.whole & (1 << place) != 0
    }

    /// Whether this message is wanted here.
    pub fn want(&self, catalogue: &Catalogue, message: &Message) -> bool {
        let Some(kind) = message.kind() else { return false };
        let told = &catalogue.by_kind[kind.0 as usize];
        if self.whole & told.offers != 0 || self.count == 0 {
            return self.whole & told.offers != 0;
        }
        told.by.iter().any(|(place, slot)| {
            let Some(ids) = self.ids.get(place) else { return false };
            let value = slot.map(|slot| message.get(slot)).unwrap_or_default();
            if OFFERS[*place].subject == Subject::Entity {
                let code = value.as_int();
                let name = catalogue.entities.iter().position(|known| Some(*known) == code);
                return name.is_some_and(|name| ids.contains(ENTITIES[name]));
            }
            let mut buffer = itoa::Buffer::new();
            value.as_text(&mut buffer).is_some_and(|id| ids.contains(id))
        })
    }

    /// Whether entities of one of these kinds are wanted here.
    pub fn want_entities(&self, kinds: &[&str]) -> bool {
        let place = OFFERS.iter().position(|offer| offer.subject == Subject::Entity);
        let wants = |place: usize| {
            let ids = self.ids.get(&place);
            self.is_whole(place) || ids.is_some_and(|ids| kinds.iter().any(|kind| ids.contains(*kind)))
        };
        !kinds.is_empty() && place.is_some_and(wants)
    }
}

/// The subscription records of a request: type and ids.
pub fn read_records(vocabulary: &Vocabulary, message: &Message) -> Vec<(String, Vec<String>)> {
    let Some(kind) = message.kind() else { return Vec::new() };
    let fields = &vocabulary.message(kind).fields;
    let list = fields.slot("subscribe").and_then(|slot| message.get(slot).as_list());
    let member = |label: &str| vocabulary.members(fields, "subscribe").and_then(|members| members.slot(label));
    let (ty, ids) = (member("type"), member("ids"));
    let types = vocabulary.enumeration("subscription-type").map(|place| &vocabulary.enums[place]);
    let text = |value: Value| value.as_text(&mut itoa::Buffer::new()).unwrap_or_default().to_owned();
    let record = |value: Value| {
        let record = value.as_record()?;
        let given = record.get(ty?);
        let known = given.as_int().and_then(|code| types?.member(code)).map(|member| member.name.clone());
        let ids = record.get(ids?).as_list().into_iter().flat_map(|list| list.iter()).map(text).collect();
        Some((known.unwrap_or_else(|| text(given)), ids))
    };
    list.into_iter().flat_map(|list| list.iter()).filter_map(record).collect()
}

/// Writes subscription records, with these fields, into a message under construction.
pub fn write_records<'r, I: IntoIterator<Item = &'r str>>(
    members: &Fields,
    records: impl Iterator<Item = (&'r str, I)>,
    message: &mut Message,
) -> Node {
    let list = message.open_list();
    for (name, entries) in records {
        let ids = message.open_list();
        for entry in entries {
            let node = message.text(entry);
            message.push(node);
        }
        let ids = message.close_list(ids);
        let values = [("topic", message.text("ecc")), ("type", message.text(name)), ("ids", ids)];
        let record = members.record(values, message);
        message.push(record);
    }
    message.close_list(list)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::Entry;

    struct Office;

    impl crate::port::Abilities for Office {
        fn lacks(&self, _: crate::model::OrderKind, _: i64, _: i64) -> Option<String> {
            None
        }
    }

    impl Directory for Office {
        fn stamp(&self) -> &str {
            ""
        }

        fn entries(&self, _: bool) -> Vec<Entry> {
            Vec::new()
        }

        fn passes(&self) -> bool {
            false
        }

        fn passes_for(&self, _: Thing, _: &str) -> bool {
            false
        }

        fn knows(&self, thing: Thing, id: &str) -> Known {
            match (thing, id) {
                (Thing::Agent, "1001") => Known::Yes,
                (Thing::Service, _) => Known::Maybe,
                _ => Known::No,
            }
        }
    }

    #[test]
    fn what_is_unknown_or_not_available_is_named_and_the_rest_is_taken() {
        let mut subscriptions = Subscriptions::default();
        let mut outcome = Outcome::default();
        let ids = |ids: &[&str]| ids.iter().map(|id| id.to_string()).collect::<Vec<_>>();
        subscriptions.add("agent-activity", &ids(&["1001", "9"]), &Office, &mut outcome);
        subscriptions.add("group-stats", &ids(&["*"]), &Office, &mut outcome);
        subscriptions.add("call-routing", &ids(&["*"]), &Office, &mut outcome);
        subscriptions.add("entity", &ids(&["agent", "dnis"]), &Office, &mut outcome);
        subscriptions.add("call-activity", &[], &Office, &mut outcome);
        assert!(outcome.taken);
        assert_eq!(
            outcome.refused,
            [
                "agent-activity 9: unknown",
                "group-stats: not available from the platform",
                "call-routing: not available from the platform; call-activity has all messages about calls",
                "entity dnis: not available",
                "call-activity: no ids"
            ]
        );
        assert_eq!(outcome.entities, ["agent"]);
    }

    #[test]
    fn an_id_that_may_come_is_remembered() {
        let mut subscriptions = Subscriptions::default();
        let mut outcome = Outcome::default();
        subscriptions.add(GROUP_AGENTS, &["9".to_owned()], &Office, &mut outcome);
        assert!(outcome.refused.is_empty() && subscriptions.watch_groups());
        assert_eq!(outcome.groups, ["9"]);
        subscriptions.remove(GROUP_AGENTS, &["9".to_owned()], &mut outcome);
        assert!(!subscriptions.watch_groups());
    }

    /// The guide's table has no list of ids for two types.
    #[test]
    fn types_without_a_list_are_everything_without_one() {
        let mut subscriptions = Subscriptions::default();
        for name in ["agent-status", "agent-login-logout"] {
            let mut outcome = Outcome::default();
            subscriptions.add(name, &[], &Office, &mut outcome);
            subscriptions.remove(name, &[], &mut outcome);
            assert!(outcome.taken && outcome.refused.is_empty(), "{outcome:?}");
        }
    }
}
