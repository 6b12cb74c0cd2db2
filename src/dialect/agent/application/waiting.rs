//! Calls that wait for an agent, in the guide's six dispatch lists, and the sessions' subscriptions to them. How many wait at
//! a service group, which the guide calls real-time information, is counted here.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::record::{Record, number};

/// The most calls that are listed; further ones are not told.
const MOST: usize = 10_000;
/// The most subscriptions of one session.
pub const MOST_SUBSCRIPTIONS: usize = 1000;

/// The guide's UpdateType.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Update {
    Add = 0,
    Change = 1,
    Delete = 2,
}

impl Update {
    pub fn from_code(code: i64) -> Update {
        match code {
            1 => Update::Change,
            2 => Update::Delete,
            _ => Update::Add,
        }
    }
}

/// One of the guide's lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum List {
    Personal,
    CommonHold,
    Voice,
    Email,
    Sms,
    Campaign,
}

impl List {
    pub const ALL: [List; 6] = [List::Personal, List::CommonHold, List::Voice, List::Email, List::Sms, List::Campaign];

    /// The record in the list's event.
    pub fn record(self) -> &'static str {
        match self {
            List::Personal => "DispatchPersonalCall",
            List::CommonHold => "DispatchCommonHoldCall",
            List::Voice => "DispatchVoiceCall",
            List::Email => "DispatchEmail",
            List::Sms => "DispatchSMS",
            List::Campaign => "DispatchCampaignCall",
        }
    }

    /// The list that an event tells of.
    pub fn of_event(event: &str) -> Option<List> {
        let record = event.strip_prefix("On")?.strip_suffix("Event")?;
        List::ALL.into_iter().find(|list| list.record() == record)
    }

    /// The parameter that a subscription to it has; 0 is all. Common hold has none.
    pub fn parameter(self) -> Option<&'static str> {
        match self {
            List::Personal | List::Voice | List::Email | List::Sms => Some("ServiceGroupID"),
            List::Campaign => Some("CampaignID"),
            List::CommonHold => None,
        }
    }
}

/// A change of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct News {
    pub list: List,
    pub update: Update,
    pub record: Record,
}

impl News {
    /// What subscriptions select by.
    fn selector(&self) -> i64 {
        self.list.parameter().map_or(0, |parameter| number(&self.record, parameter))
    }

    pub fn group(&self) -> i64 {
        number(&self.record, "ServiceGroupID")
    }
}

/// See the module.
#[derive(Debug, Default)]
pub struct Waiting {
    calls: BTreeMap<(List, i64), Record>,
    /// How many wait at each service group.
    at: HashMap<i64, usize>,
}

impl Waiting {
    /// Takes in what is told of a waiting call. Several desktops may tell the same: only differences are news.
    pub fn hear(&mut self, list: List, update: Update, record: Record) -> Option<News> {
        let key = (list, number(&record, "ID"));
        if update == Update::Delete {
            return self.take(list, key.1).map(|known| News { list, update, record: known });
        }
        let known = self.calls.get(&key);
        if known == Some(&record) || known.is_none() && self.calls.len() >= MOST {
            return None;
        }
        let update = if known.is_some() { Update::Change } else { Update::Add };
        self.take(list, key.1);
        *self.at.entry(number(&record, "ServiceGroupID")).or_default() += 1;
        self.calls.insert(key, record.clone());
        Some(News { list, update, record })
    }

    /// A call is over, whatever the lists say.
    pub fn gone(&mut self, id: i64) -> Vec<News> {
        let gone = List::ALL.into_iter().filter_map(|list| Some((list, self.take(list, id)?)));
        gone.map(|(list, record)| News { list, update: Update::Delete, record }).collect()
    }

    /// All calls that wait and that a subscription selects.
    pub fn all(&self, subscriptions: &Subscriptions) -> Vec<News> {
        let added = |((list, _), record): (&(List, i64), &Record)| News {
            list: *list,
            update: Update::Add,
            record: record.clone(),
        };
        self.calls.iter().map(added).filter(|news| subscriptions.want(news)).collect()
    }

    fn take(&mut self, list: List, id: i64) -> Option<Record> {
        let record = self.calls.remove(&(list, id))?;
        let group = number(&record, "ServiceGroupID");
        if let Some(count) = self.at.get_mut(&group) {
            *count -= 1;
            if *count == 0 {
                self.at.remove(&group);
            }
        }
        Some(record)
    }

    /// How many calls and messages wait at a service group.
    pub fn at(&self, group: i64) -> usize {
        self.at.get(&group).copied().unwrap_or(0)
    }
}

/// What one session wants of the lists.
#[derive(Debug, Default)]
pub struct Subscriptions {
    lists: BTreeSet<(List, i64)>,
    /// Service groups whose real-time information it wants, with their names.
    pub real_time: BTreeMap<i64, String>,
    pub is_enabled: bool,
}

impl Subscriptions {
    /// Adds or takes away a subscription. Returns false if there are too many.
    pub fn set(&mut self, list: List, selector: i64, subscribe: bool) -> bool {
        match subscribe {
            true if self.lists.len() >= MOST_SUBSCRIPTIONS => return false,
            true => drop(self.lists.insert((list, selector))),
            // All of them are taken back by one call, too.
            false if selector == 0 => self.lists.retain(|(known, _)| *known != list),
            false => drop(self.lists.remove(&(list, selector))),
        }
        true
    }

    pub fn want(&self, news: &News) -> bool {
        let has = |selector| self.lists.contains(&(news.list, selector));
        self.is_enabled && (has(0) || has(news.selector()))
    }
}
