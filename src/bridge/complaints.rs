//! Complaints: notices of which a peer can bring about any number. Of each kind and sort a few are told one by one, the
//! others are counted, and how many they are is told when the span is over: no flood hides what is of another kind.

use std::{collections::VecDeque, time::Duration};

use hashbrown::HashMap;

use super::{Bridge, Output, Owner};
use crate::{
    port::{Frequency, Kind, Notice},
    time::Time,
};

#[derive(Debug, Default)]
pub(super) struct Complaints {
    spans: Vec<Span>,
    /// All notices since the start but stories, also those that were left out. Kinds and sorts are the bridge's own words, so
    /// this has a bound.
    counts: HashMap<Said, u64>,
}

/// Notices of one kind and sort about one owner.
pub type Said = (Option<Owner>, Kind, Option<&'static str>);

/// A while in which complaints of one kind about one peer are told, up to their number.
#[derive(Debug)]
struct Span {
    about: Option<Owner>,
    kind: Kind,
    sort: Option<&'static str>,
    since: Time,
    told: u32,
    left_out: u64,
}

const MOST: u32 = 10;
const LONGEST: usize = 400;
const LENGTH: Duration = Duration::from_secs(10);

impl Complaints {
    /// Passes a notice on, unless so many of its kind were passed on of late that it is only counted.
    #[cold]
    pub fn pass(&mut self, now: Time, about: Option<Owner>, mut notice: Box<Notice>, outputs: &mut VecDeque<Output>) {
        let (kind, sort) = (notice.kind(), notice.sort());
        if kind.frequency() != Frequency::Traced {
            *self.counts.entry((about, kind, sort)).or_default() += 1;
        }
        if kind.frequency() != Frequency::Many {
            return outputs.push_back(Output::Notice { about, notice });
        }
        notice.shorten(LONGEST);
        self.expire(now, outputs);
        let place = self.spans.iter().position(|span| (span.about, span.kind, span.sort) == (about, kind, sort));
        let place = place.unwrap_or_else(|| {
            self.spans.push(Span { about, kind, sort, since: now, told: 0, left_out: 0 });
            self.spans.len() - 1
        });
        let span = &mut self.spans[place];
        if span.told == MOST {
            span.left_out += 1;
            return;
        }
        span.told += 1;
        outputs.push_back(Output::Notice { about, notice });
    }

    /// Somebody is gone, and nothing more is said of it.
    pub fn forget(&mut self, owner: Owner) {
        self.spans.retain(|span| span.about != Some(owner));
        self.counts.retain(|(about, ..), _| *about != Some(owner));
    }

    /// How many notices there were.
    pub fn counts(&self) -> impl Iterator<Item = (Said, u64)> {
        self.counts.iter().map(|(said, count)| (*said, *count))
    }

    /// When a span is over of which something was left out.
    pub fn deadline(&self) -> Option<Time> {
        self.spans.iter().filter(|span| span.left_out > 0).map(|span| span.since + LENGTH).min()
    }

    /// Says what was left out of the spans that are over.
    pub fn expire(&mut self, now: Time, outputs: &mut VecDeque<Output>) {
        let over = self.spans.extract_if(.., |span| now - span.since >= LENGTH);
        over.for_each(|span| span.end(outputs));
    }

    /// No span goes on: the bridge is about to stop.
    pub fn end(&mut self, outputs: &mut VecDeque<Output>) {
        self.spans.drain(..).for_each(|span| span.end(outputs));
    }
}

impl Bridge {
    /// Logs a notice about a platform, application or peer, unless its kind was logged too often of late. The I/O tasks
    /// complain through this, too, so that there is one count of complaints.
    pub fn complain(&mut self, now: Time, about: Option<Owner>, notice: Notice) {
        self.complaints.pass(now, about, notice.into(), &mut self.outputs);
    }

    /// How many notices there were since the start, also those that were not logged.
    pub fn notice_counts(&self) -> impl Iterator<Item = (Said, u64)> {
        self.complaints.counts()
    }
}

impl Span {
    fn end(self, outputs: &mut VecDeque<Output>) {
        if self.left_out > 0 {
            let Span { about, kind, sort, left_out, .. } = self;
            let within_s = LENGTH.as_secs();
            let notice = Notice::LeftOut { of: kind.name(), of_sort: sort, count: left_out, within_s };
            outputs.push_back(Output::Notice { about, notice: notice.into() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::Level;

    #[test]
    fn of_each_kind_ten_are_told_in_ten_seconds_and_the_others_counted() {
        let (mut complaints, mut outputs) = (Complaints::default(), VecDeque::new());
        let mut complain = |at: u64, about, cause, outputs: &mut VecDeque<Output>| {
            let notice = Notice::CallbackRefused { cause, reason: "x".repeat(1000) };
            complaints.pass(Time(at), about, notice.into(), outputs);
            complaints.deadline()
        };
        let one = Some(Owner::Application(0));
        (0..1000).for_each(|at| _ = complain(at, one, "garbage", &mut outputs));
        assert_eq!(complain(1000, one, "log-ons", &mut outputs), Some(Time(10_000)));
        complain(1000, Some(Owner::Application(1)), "garbage", &mut outputs);
        assert_eq!(outputs.len(), 12, "neither another sort nor another peer is hidden");
        outputs.clear();
        assert_eq!(complain(10_000, one, "garbage", &mut outputs), None, "the next span");
        let told: Vec<_> = outputs
            .iter()
            .map(|output| match output {
                Output::Notice { notice, .. } => *notice.clone(),
                _ => panic!("a notice"),
            })
            .collect();
        let left_out = Notice::LeftOut { of: "callback_refused", of_sort: Some("garbage"), count: 990, within_s: 10 };
        let shortened = Notice::CallbackRefused { cause: "garbage", reason: "x".repeat(LONGEST) + "…" };
        assert_eq!((told[0].level(), told), (Level::Warn, vec![left_out, shortened]));
        assert_eq!(complaints.counts().map(|(_, count)| count).sum::<u64>(), 1003, "all are counted");
    }
}
