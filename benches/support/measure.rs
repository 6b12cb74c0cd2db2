//! Two ways of doing the same, compared: they take turns, so that whatever else the machine does meets both alike, and each
//! turn gives one ratio.

use std::time::{Duration, Instant};

/// A number with its spread.
#[derive(Clone, Copy)]
pub struct Spread {
    pub low: f64,
    pub median: f64,
    pub high: f64,
}

impl Spread {
    /// The median, with the tenth and the ninetieth part of a hundred.
    pub fn of(mut values: Vec<f64>) -> Spread {
        values.sort_unstable_by(f64::total_cmp);
        let at = |part: f64| values[((values.len() - 1) as f64 * part).round() as usize];
        Spread { low: at(0.1), median: at(0.5), high: at(0.9) }
    }

    /// The median with its range, with so many digits.
    pub fn shown(self, digits: usize) -> String {
        let Spread { low, median, high } = self;
        format!("{median:.digits$} ({low:.digits$}–{high:.digits$})")
    }
}

/// One way: what is not timed, then what is; it hands back how long the latter took.
pub trait Way {
    fn turn(&mut self) -> Duration;
}

impl<F: FnMut() -> Duration> Way for F {
    fn turn(&mut self) -> Duration {
        self()
    }
}

/// The cost of the bridge and of what it is compared with: nanoseconds for each item of a turn, and the ratio of the two in the
/// same turn.
pub struct Comparison {
    pub bridge: Spread,
    pub reference: Spread,
    pub ratio: Spread,
}

/// Lets the bridge and its reference take turns, of so many items each.
pub fn compare(turns: usize, items: usize, mut bridge: impl Way, mut reference: impl Way) -> Comparison {
    for _ in 0..turns / 10 {
        bridge.turn();
        reference.turn();
    }
    let mut times = [Vec::new(), Vec::new()];
    let mut ratios = Vec::new();
    for turn in 0..turns {
        let nanos = |duration: Duration| duration.as_nanos() as f64 / items as f64;
        // The side that goes first finds colder caches: each does so half of the times.
        let (ours, theirs) = if turn % 2 == 0 {
            let ours = bridge.turn();
            (ours, reference.turn())
        } else {
            let theirs = reference.turn();
            (bridge.turn(), theirs)
        };
        times[0].push(nanos(ours));
        times[1].push(nanos(theirs));
        ratios.push(ours.as_nanos() as f64 / theirs.as_nanos() as f64);
    }
    let [bridge, reference] = times.map(Spread::of);
    Comparison { bridge, reference, ratio: Spread::of(ratios) }
}

/// How long something takes.
pub fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}
