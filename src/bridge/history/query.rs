//! Finding the story of one call, agent or request. A call has another id on each side, and a transfer makes one story of two
//! calls: whatever an entry names together with something that belongs to the story belongs to it, too.

use std::collections::HashSet;

use super::{Entry, Name, What};
use crate::{
    bridge::{Bridge, Owner},
    message::Value,
};

/// A question for a story: that of a call or an agent, by an id on any side, or of a request, by its number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    pub call: Option<String>,
    pub agent: Option<String>,
    pub request: Option<i64>,
}

/// The most entries that one story shows.
const LONGEST: usize = 5_000;
/// The most ids that one story can have.
const MOST: usize = 64;

/// The thing that a story is about.
#[derive(Debug, Clone, Copy)]
enum Thing {
    Call,
    Agent,
}

/// A story that is followed.
#[derive(Debug)]
pub struct Watch {
    of: Thing,
    /// The id that was asked for.
    wanted: Name,
    /// The number of the request, if one was asked for.
    request: Option<i64>,
    /// The ids that belong to it, each with the side that uses it.
    names: HashSet<(Owner, Name)>,
    /// Requests that belong to it: application, session and number.
    requests: HashSet<(usize, u32, i64)>,
    /// How many entries were looked at.
    seen: u64,
}

impl Watch {
    fn new(Query { call, agent, request }: Query) -> Watch {
        let of = if call.is_some() { Thing::Call } else { Thing::Agent };
        let wanted = call.or(agent).unwrap_or_default();
        let wanted = Name::of(Value::Text(&wanted));
        Watch { of, wanted, request, names: HashSet::new(), requests: HashSet::new(), seen: 0 }
    }

    /// Whether an entry belongs to the story. What it names belongs to it from now on.
    fn takes(&mut self, entry: &Entry) -> bool {
        if let Some(request) = self.request {
            return entry.request == Some(request);
        }
        let (own, other) = match self.of {
            Thing::Call => ([&entry.call, &entry.second], &entry.platform_call),
            Thing::Agent => ([&entry.agent, &Name::None], &entry.platform_agent),
        };
        let named = [(entry.owner, own[0]), (entry.owner, own[1]), (Owner::Platform(entry.other), other)];
        let named = named.into_iter().filter(|(_, name)| **name != Name::None);
        let is_known =
            |(owner, name): (Owner, &Name)| *name == self.wanted || self.names.contains(&(owner, name.clone()));
        let is_part = named.clone().any(is_known);
        let asked = self.request_of(entry);
        if is_part {
            let room = MOST.saturating_sub(self.names.len());
            self.names.extend(named.map(|(owner, name)| (owner, name.clone())).take(room));
            if self.requests.len() < MOST {
                self.requests.extend(asked);
            }
        }
        // A reply names nothing but the request.
        is_part || (entry.what == What::ReplyIn && asked.is_some_and(|asked| self.requests.contains(&asked)))
    }

    fn request_of(&self, entry: &Entry) -> Option<(usize, u32, i64)> {
        let application = match (entry.owner, entry.what) {
            (Owner::Application(index), What::Taken(_)) => index,
            (Owner::Platform(_), What::CommandOut | What::ReplyIn) => entry.other,
            (Owner::Application(_) | Owner::Platform(_), _) => return None,
        };
        Some((application, entry.session?, entry.request?))
    }
}

impl Bridge {
    /// The story as far as it is remembered, and what follows it from now on.
    pub fn story(&self, query: Query) -> (Vec<String>, Watch) {
        let mut watch = Watch::new(query);
        let Some(history) = &self.history else { return (Vec::new(), watch) };
        let ring = history.ring();
        // An id may come up before it is known to belong to the story: the consultation before the transfer.
        loop {
            let before = watch.names.len() + watch.requests.len();
            ring.entries.iter().for_each(|entry| _ = watch.takes(entry));
            if watch.names.len() + watch.requests.len() == before {
                break;
            }
        }
        watch.seen = ring.made;
        let found: Vec<&Entry> = ring.entries.iter().filter(|entry| watch.takes(entry)).collect();
        // The bridge waits while the lines are made, so they are not many.
        let older = found.len().saturating_sub(LONGEST);
        let found: Vec<Entry> = found.into_iter().skip(older).cloned().collect();
        drop(ring);
        let left_out = (older > 0).then(|| format!("({older} older parts of the story are left out)"));
        let lines = found.iter().flat_map(|entry| self.lines(entry));
        (left_out.into_iter().chain(lines).collect(), watch)
    }

    /// The lines of a story since this was asked last.
    pub fn story_goes_on(&self, watch: &mut Watch) -> Vec<String> {
        let Some(history) = &self.history else { return Vec::new() };
        let ring = history.ring();
        let fresh = usize::try_from(ring.made - watch.seen).unwrap_or(usize::MAX).min(ring.entries.len());
        watch.seen = ring.made;
        let fresh = ring.entries.range(ring.entries.len() - fresh..);
        let found: Vec<Entry> = fresh.filter(|entry| watch.takes(entry)).cloned().collect();
        drop(ring);
        found.iter().flat_map(|entry| self.lines(entry)).collect()
    }
}
