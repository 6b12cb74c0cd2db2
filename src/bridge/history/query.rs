//! Finding the story of one call, agent or request. A call has another id on each side, and a transfer makes one story of two
//! calls: whatever an entry names together with something that belongs to the story belongs to it, too, and so does everything
//! that a request of it caused. Calls of two platforms are one story if they have the same guid, or if a message of an
//! application names both.

use std::collections::{HashMap, HashSet};

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
    /// The id is that of this platform alone, by its name.
    pub platform: Option<String>,
}

/// The most entries that one story shows.
const LONGEST: usize = 5_000;
/// The most ids that one story can have.
const MOST: usize = 64;
/// The most requests whose beginnings are kept apart.
const MOST_ASKED: usize = 100_000;

/// A request of an application: its place, the session and the number.
type Asked = (usize, u32, i64);

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
    /// The platforms whose id it is; none where it may be anybody's. One that went and came again has several places.
    platforms: Option<Vec<Owner>>,
    /// The number of the request, if one was asked for.
    request: Option<i64>,
    /// The ids that belong to it, each with the side that uses it; those of no side are used by all.
    names: Vec<(Option<Owner>, Known)>,
    /// Requests that belong to it, each with where it began: an application may give a number again.
    requests: HashSet<(Asked, u64)>,
    /// Where the last request of each number began.
    begun: HashMap<Asked, u64>,
    /// The place up to which entries were looked at.
    seen: u64,
}

impl Watch {
    fn new(Query { call, agent, request, .. }: Query, platforms: Option<Vec<Owner>>) -> Watch {
        let of = if call.is_some() { Thing::Call } else { Thing::Agent };
        let wanted = call.or(agent).unwrap_or_default();
        let wanted = Known::of(Name::of_text(&wanted));
        let (names, requests, begun) = (Vec::new(), HashSet::new(), HashMap::new());
        Watch { of, wanted, platforms, request, names, requests, begun, seen: 0 }
    }

    /// Whether a name belongs to the story, where `whose` is the side that has told it.
    fn has(&self, owner: Option<Owner>, whose: Owner, name: Name) -> bool {
        let is_theirs = || self.platforms.as_ref().is_none_or(|platforms| platforms.contains(&owner.unwrap_or(whose)));
        self.wanted.as_ref().is_some_and(|wanted| wanted.is(name) && is_theirs())
            || self.names.iter().any(|(known, id)| *known == owner && id.is(name))
    }

    /// Whether an entry belongs to the story. What it names belongs to it from now on.
    fn takes(&mut self, place: u64, entry: &Entry) -> bool {
        if let Some(request) = self.request {
            return entry.request == Some(request);
        }
        let (own, other, guid) = match self.of {
            Thing::Call => ([entry.call, entry.second], entry.platform_call, entry.guid),
            Thing::Agent => ([entry.agent, Name::None], entry.platform_agent, Name::None),
        };
        let (owner, platform) = (Some(entry.owner), Some(entry.platform()));
        let named = [(owner, own[0]), (owner, own[1]), (platform, other), (None, guid)];
        let named = named.into_iter().filter(|(_, name)| *name != Name::None);
        let asked = entry.asked().map(|asked| (asked, self.beginning(place, entry, asked)));
        let is_of_request = asked.is_some_and(|asked| self.requests.contains(&asked));
        let is_part = is_of_request || named.clone().any(|(owner, name)| self.has(owner, entry.owner, name));
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
        is_part
    }

    /// Where the request of an entry began: with the message of the session that asked.
    fn beginning(&mut self, place: u64, entry: &Entry, asked: Asked) -> u64 {
        if matches!((entry.owner, entry.what), (Owner::Application(_), What::MessageIn(_))) {
            if self.begun.len() >= MOST_ASKED {
                self.begun.clear();
            }
            self.begun.insert(asked, place);
        }
        self.begun.get(&asked).copied().unwrap_or_default()
    }

    /// The entries of the story among all that are remembered. An id may come up before it is known to belong to the
    /// story: the consultation before the transfer.
    fn find_in_all<'p, I>(&mut self, all: impl Fn() -> I) -> Vec<(u64, Entry<'p>)>
    where
        I: Iterator<Item = (u64, Entry<'p>)>,
    {
        loop {
            let before = self.names.len() + self.requests.len();
            // The last request of a number did not cause the entries before the first one.
            self.begun.clear();
            let found = all().filter(|(place, entry)| self.takes(*place, entry)).collect();
            if self.names.len() + self.requests.len() == before {
                return found;
            }
        }
    }

    /// The entries of the story among these.
    fn find<'p>(&mut self, parts: &'p [Part]) -> Vec<(u64, Entry<'p>)> {
        let all = parts.iter().flat_map(Part::entries);
        all.filter(|(place, entry)| self.takes(*place, entry)).collect()
    }
}

impl Bridge {
    /// The story as far as it is remembered, and what follows it from now on.
    ///
    /// # Errors
    /// There is no such platform.
    pub fn story(&self, query: Query) -> Result<(Vec<String>, Watch), String> {
        let platforms = query.platform.as_ref().map(|name| self.platforms_called(name)).transpose()?;
        let mut watch = Watch::new(query, platforms);
        let Some(history) = &self.history else { return Ok((Vec::new(), watch)) };
        let parts = history.tape.since(0);
        let found = watch.find_in_all(|| parts.iter().flat_map(Part::entries));
        watch.seen = history.tape.mark();
        // The bridge waits while the lines are made, so they are not many.
        let older = found.len().saturating_sub(LONGEST);
        let gone = self.gone(&history.tape, &parts);
        let left_out = (older > 0).then(|| format!("({older} older parts of the story are left out)"));
        let lines = found[older..].iter().flat_map(|(place, entry)| self.lines(*place, entry));
        Ok((gone.into_iter().chain(left_out).chain(lines).collect(), watch))
    }

    fn platforms_called(&self, name: &str) -> Result<Vec<Owner>, String> {
        let called = self.platforms.iter().enumerate().filter(|(_, platform)| platform.name == name);
        let owners: Vec<Owner> = called.map(|(index, _)| Owner::Platform(index)).collect();
        if owners.is_empty() {
            let mut names: Vec<&str> = self.platforms.iter().map(|platform| platform.name.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            return Err(format!("no platform is called {name:?}; there are: {}", names.join(", ")));
        }
        Ok(owners)
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
        let end = history.tape.mark();
        let seen = std::mem::replace(&mut watch.seen, end);
        if seen == end {
            return Vec::new();
        }
        let parts = history.tape.since(seen);
        let found = watch.find(&parts);
        found.iter().flat_map(|(place, entry)| self.lines(*place, entry)).collect()
    }
}

#[cfg(test)]
mod tests;
