//! The spans of calls that are not over yet: which happening belongs to which call, and when a call's span is complete. It
//! deliberately sends nothing.

use std::collections::HashMap;

use super::span::{Event, Ids, MOST_EVENTS, Span, Status};
use crate::{
    bridge::{Happening, Owner},
    model::TransitionKind,
};

/// The most calls that are followed at a time.
const MOST_CALLS: usize = 10_000;
/// The most events of all of them together.
const MOST_IN_ALL: usize = 100_000;
/// The most names and requests of one call.
const MOST_NAMES: usize = 256;

/// A call that is followed, by the number that it was given here.
type Number = u64;

#[derive(Debug, Default)]
pub struct Calls {
    open: HashMap<Number, Open>,
    next: Number,
    /// What each side calls the calls.
    names: HashMap<(Owner, String), Number>,
    requests: HashMap<(usize, u32, i64), Number>,
    /// What came in of each platform last, and what followed, if it names a call that is not followed: it may be about to begin.
    before: HashMap<Owner, Vec<Happening>>,
    events: usize,
    /// Calls that are over.
    over: Vec<Number>,
    /// Calls that were not followed, because too many are.
    pub left_out: u64,
}

#[derive(Debug)]
struct Open {
    span: Span,
    names: Vec<(Owner, String)>,
    requests: Vec<(usize, u32, i64)>,
}

/// The names of platforms and applications.
pub trait Names {
    /// `platform` or `application`, and the name.
    fn of(&self, owner: Owner) -> (&'static str, &str);
}

impl Calls {
    pub fn take(&mut self, happening: &Happening, names: &impl Names) {
        let known = self.known(happening);
        if let (Some((TransitionKind::CallStarted, _)), Some((Owner::Platform(_), _))) =
            (happening.transition, happening.calls.first())
        {
            self.begin(happening, names);
        } else if known.is_empty() {
            return self.keep(happening);
        }
        let known = self.known(happening);
        for number in &known {
            self.add(*number, happening, names);
        }
        if let [one, other, ..] = known[..]
            && happening.transition.is_some()
        {
            self.join(one, other);
        }
    }

    /// The calls that a happening belongs to.
    fn known(&self, happening: &Happening) -> Vec<Number> {
        let mut known: Vec<Number> = happening.calls.iter().filter_map(|name| self.names.get(name)).copied().collect();
        known.extend(happening.request.and_then(|request| self.requests.get(&request)));
        known.sort_unstable();
        known.dedup();
        known
    }

    /// Keeps what may belong to a call that is about to begin: until the next message of the same side comes.
    fn keep(&mut self, happening: &Happening) {
        let kept = self.before.entry(happening.owner).or_default();
        if happening.is_message {
            kept.clear();
        }
        if kept.len() < MOST_NAMES {
            kept.push(happening.clone());
        }
    }

    fn begin(&mut self, happening: &Happening, names: &impl Names) {
        let Some(name) = happening.calls.first() else { return };
        if self.open.len() >= MOST_CALLS {
            self.left_out += 1;
            return;
        }
        // An id that comes again is another call's.
        let number = self.next;
        self.next += 1;
        let (_, platform) = names.of(name.0);
        let span = Span {
            ids: Ids::of(platform, &name.1, happening.guid.as_deref(), happening.at),
            platform: platform.to_owned(),
            call: name.1.clone(),
            guid: happening.guid.clone(),
            agents: Vec::new(),
            start: happening.at,
            end: happening.at,
            events: Vec::new(),
            dropped_events: 0,
            links: Vec::new(),
            status: Status::Ok,
        };
        self.names.insert(name.clone(), number);
        self.open.insert(number, Open { span, names: vec![name.clone()], requests: Vec::new() });
        let before = self.before.remove(&happening.owner).unwrap_or_default();
        for earlier in before.iter().filter(|earlier| earlier.calls.contains(name)) {
            self.add(number, earlier, names);
        }
    }

    fn add(&mut self, number: Number, happening: &Happening, names: &impl Names) {
        let Some(open) = self.open.get_mut(&number) else { return };
        let span = &mut open.span;
        for notice in &happening.notices {
            if span.events.len() < MOST_EVENTS && self.events < MOST_IN_ALL {
                self.events += 1;
                span.events.push(Event::of(happening.at, names.of(happening.owner), notice));
            } else {
                span.dropped_events += 1;
            }
        }
        (span.start, span.end) = (span.start.min(happening.at), span.end.max(happening.at));
        if let (Owner::Platform(_), Some(agent)) = (happening.owner, &happening.agent)
            && !span.agents.contains(agent)
            && span.agents.len() < MOST_NAMES
        {
            span.agents.push(agent.clone());
        }
        if let Some((TransitionKind::CallEnded, true)) = happening.transition {
            span.status = Status::Error("the platform did not say that the call is over");
        } else if let Some((TransitionKind::RequestFailed, _)) = happening.transition {
            span.status = Status::Error("a request failed");
        }
        // The first name is the call's own; an application's name for it leads here from now on.
        let is_own = happening.calls.iter().any(|name| open.names.contains(name));
        let is_of_one = happening.transition.is_none() && is_own;
        for name in happening.calls.iter().filter(|(owner, _)| is_of_one && matches!(owner, Owner::Application(_))) {
            if !open.names.contains(name) && open.names.len() < MOST_NAMES {
                open.names.push(name.clone());
                self.names.insert(name.clone(), number);
            }
        }
        if let Some(request) = happening.request.filter(|request| !open.requests.contains(request))
            && open.requests.len() < MOST_NAMES
        {
            open.requests.push(request);
            self.requests.insert(request, number);
        }
        let is_first = happening.calls.first().is_some_and(|name| open.names.first() == Some(name));
        if is_first && matches!(happening.transition, Some((TransitionKind::CallCompleted, _))) {
            self.over.push(number);
        }
    }

    /// Two calls have to do with each other.
    fn join(&mut self, one: Number, other: Number) {
        for (one, other) in [(one, other), (other, one)] {
            let Some(ids) = self.open.get(&other).map(|open| open.span.ids.clone()) else { return };
            let Some(open) = self.open.get_mut(&one) else { return };
            if !open.span.links.contains(&ids) && open.span.links.len() < MOST_NAMES {
                open.span.links.push(ids);
            }
        }
    }

    /// The spans that are complete. Whatever follows from the end of a call has been taken in by now.
    pub fn complete(&mut self) -> Vec<Span> {
        let over = std::mem::take(&mut self.over);
        self.remove(over)
    }

    /// All spans that are left, of calls that are not over.
    pub fn all(&mut self) -> Vec<Span> {
        let mut spans = self.remove(self.open.keys().copied().collect());
        spans.iter_mut().for_each(|span| span.status = Status::Error("the bridge stopped before the call was over"));
        spans
    }

    fn remove(&mut self, mut numbers: Vec<Number>) -> Vec<Span> {
        numbers.sort_unstable();
        let mut spans = Vec::new();
        for number in numbers {
            let Some(open) = self.open.remove(&number) else { continue };
            self.events -= open.span.events.len();
            // An id that was given anew meanwhile is the other call's.
            let is_its = |found: Option<&Number>| found == Some(&number);
            for name in open.names.iter().filter(|name| is_its(self.names.get(name))).collect::<Vec<_>>() {
                self.names.remove(name);
            }
            for request in open.requests.iter().filter(|it| is_its(self.requests.get(it))).collect::<Vec<_>>() {
                self.requests.remove(request);
            }
            spans.push(open.span);
        }
        spans
    }
}

#[cfg(test)]
mod tests;
