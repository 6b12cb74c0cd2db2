//! Finding the story of one call, agent or request. A call has another id on each side, and a transfer makes one story of two
//! calls: whatever an entry names together with something that belongs to the story belongs to it, too. Calls of two platforms
//! that have the same guid are one story.

use std::collections::HashSet;

use super::{
    Entry, Name, What,
    tape::{Part, Tape},
};
use crate::bridge::{Bridge, Owner};

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

/// An id that belongs to a story.
#[derive(Debug)]
enum Known {
    Int(i64),
    Text(Box<str>),
}

impl Known {
    fn of(name: Name) -> Option<Known> {
        match name {
            Name::None => None,
            Name::Int(number) => Some(Known::Int(number)),
            Name::Text(text) => Some(Known::Text(text.into())),
        }
    }

    fn is(&self, name: Name) -> bool {
        name.is(match self {
            Known::Int(number) => Name::Int(*number),
            Known::Text(text) => Name::Text(text),
        })
    }
}

/// A story that is followed.
#[derive(Debug)]
pub struct Watch {
    of: Thing,
    /// The id that was asked for.
    wanted: Option<Known>,
    /// The number of the request, if one was asked for.
    request: Option<i64>,
    /// The ids that belong to it, each with the side that uses it; those of no side are used by all.
    names: Vec<(Option<Owner>, Known)>,
    /// Requests that belong to it: application, session and number.
    requests: HashSet<(usize, u32, i64)>,
    /// The place up to which entries were looked at.
    seen: u64,
}

impl Watch {
    fn new(Query { call, agent, request }: Query) -> Watch {
        let of = if call.is_some() { Thing::Call } else { Thing::Agent };
        let wanted = call.or(agent).unwrap_or_default();
        let wanted = Known::of(Name::of_text(&wanted));
        Watch { of, wanted, request, names: Vec::new(), requests: HashSet::new(), seen: 0 }
    }

    fn has(&self, owner: Option<Owner>, name: Name) -> bool {
        self.wanted.as_ref().is_some_and(|wanted| wanted.is(name))
            || self.names.iter().any(|(known, id)| *known == owner && id.is(name))
    }

    /// Whether an entry belongs to the story. What it names belongs to it from now on.
    fn takes(&mut self, entry: &Entry) -> bool {
        if let Some(request) = self.request {
            return entry.request == Some(request);
        }
        let (own, other, guid) = match self.of {
            Thing::Call => ([entry.call, entry.second], entry.platform_call, entry.guid),
            Thing::Agent => ([entry.agent, Name::None], entry.platform_agent, Name::None),
        };
        let (owner, platform) = (Some(entry.owner), Some(Owner::Platform(entry.other)));
        let named = [(owner, own[0]), (owner, own[1]), (platform, other), (None, guid)];
        let named = named.into_iter().filter(|(_, name)| *name != Name::None);
        let is_part = named.clone().any(|(owner, name)| self.has(owner, name));
        let asked = self.request_of(entry);
        if is_part {
            for (owner, name) in named {
                let is_new = !self.names.iter().any(|(known, id)| *known == owner && id.is(name));
                if is_new && self.names.len() < MOST {
                    self.names.extend(Known::of(name).map(|id| (owner, id)));
                }
            }
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

    /// The entries of the story among these.
    fn find<'p>(&mut self, parts: &'p [Part]) -> Vec<(u64, Entry<'p>)> {
        let all = parts.iter().flat_map(Part::entries);
        all.filter(|(_, entry)| self.takes(entry)).collect()
    }
}

impl Bridge {
    /// The story as far as it is remembered, and what follows it from now on.
    pub fn story(&self, query: Query) -> (Vec<String>, Watch) {
        let mut watch = Watch::new(query);
        let Some(history) = &self.history else { return (Vec::new(), watch) };
        let parts = history.tape.since(0);
        // An id may come up before it is known to belong to the story: the consultation before the transfer.
        let found = loop {
            let before = watch.names.len() + watch.requests.len();
            let found = watch.find(&parts);
            if watch.names.len() + watch.requests.len() == before {
                break found;
            }
        };
        watch.seen = history.tape.end();
        // The bridge waits while the lines are made, so they are not many.
        let older = found.len().saturating_sub(LONGEST);
        let gone = self.gone(&history.tape, &parts);
        let left_out = (older > 0).then(|| format!("({older} older parts of the story are left out)"));
        let lines = found[older..].iter().flat_map(|(place, entry)| self.lines(*place, entry));
        (gone.into_iter().chain(left_out).chain(lines).collect(), watch)
    }

    /// Says what is not remembered any more.
    fn gone(&self, tape: &Tape, parts: &[Part]) -> Option<String> {
        let (_, oldest) = parts.first()?.entries().next().filter(|_| tape.start() > 0)?;
        let (_, limit) = tape.fill();
        let moment = self.moment(oldest.at);
        Some(format!("(older than {moment} is gone: [trace] memory holds {} KiB)", limit >> 10))
    }

    /// The lines of a story since this was asked last.
    pub fn story_goes_on(&self, watch: &mut Watch) -> Vec<String> {
        let Some(history) = &self.history else { return Vec::new() };
        let end = history.tape.end();
        let seen = std::mem::replace(&mut watch.seen, end);
        if seen == end {
            return Vec::new();
        }
        let parts = history.tape.since(seen);
        let found = watch.find(&parts);
        found.iter().flat_map(|(place, entry)| self.lines(*place, entry)).collect()
    }
}
