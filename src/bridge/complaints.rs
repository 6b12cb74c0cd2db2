//! Complaints: notices of which a peer can bring about any number. Of each sort a few are told one by one, the others are
//! counted, and how many they are is told when the span is over: no flood hides what is of another sort.

use std::{collections::VecDeque, time::Duration};

use super::{Output, Owner};
use crate::{
    port::{FEW, Level, Notice},
    time::Time,
};

#[derive(Debug, Default)]
pub(super) struct Complaints {
    spans: Vec<Span>,
}

/// A while in which complaints of one sort about one peer are told, up to their number.
#[derive(Debug)]
struct Span {
    about: Option<Owner>,
    sort: &'static str,
    level: Level,
    since: Time,
    told: u32,
    left_out: u64,
}

/// The sort of all notices that name no sort: they share one count.
const OTHERS: &str = "other notices";
const MOST: u32 = 10;
const LONGEST: usize = 400;
const LENGTH: Duration = Duration::from_secs(10);

impl Complaints {
    /// Passes a notice on, unless so many of its sort were passed on of late that it is only counted.
    #[cold]
    pub fn pass(&mut self, now: Time, about: Option<Owner>, mut notice: Notice, outputs: &mut VecDeque<Output>) {
        let sort = notice.sort.unwrap_or(OTHERS);
        if sort == FEW {
            return outputs.push_back(Output::Notice { about, notice });
        }
        if notice.text.len() > LONGEST {
            notice.text.truncate(notice.text.floor_char_boundary(LONGEST));
            notice.text.push('…');
        }
        self.expire(now, outputs);
        let place = self.spans.iter().position(|span| (span.about, span.sort) == (about, sort));
        let place = place.unwrap_or_else(|| {
            self.spans.push(Span { about, sort, level: notice.level, since: now, told: 0, left_out: 0 });
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

impl Span {
    fn end(self, outputs: &mut VecDeque<Output>) {
        if self.left_out > 0 {
            let text = format!("{} more within {} s: {}", self.left_out, LENGTH.as_secs(), self.sort);
            outputs.push_back(Output::Notice { about: self.about, notice: Notice::of(self.level, text) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_each_sort_ten_are_told_in_ten_seconds_and_the_others_counted() {
        let (mut complaints, mut outputs) = (Complaints::default(), VecDeque::new());
        let mut complain = |at: u64, about, sort, outputs: &mut VecDeque<Output>| {
            let notice = Notice::warn("x".repeat(1000)).one_of(sort);
            complaints.pass(Time(at), about, notice, outputs);
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
                Output::Notice { notice, .. } => (notice.level, notice.text.chars().count()),
                _ => panic!("a notice"),
            })
            .collect();
        assert_eq!(told, [(Level::Warn, "990 more within 10 s: garbage".len()), (Level::Warn, LONGEST + 1)]);
    }
}
