//! Two platforms with overlapping agent, call and group ids feed two applications, driven without sockets and on a virtual
//! clock: whatever happens in whatever order, no event is told of the other platform's, and no request reaches it.

mod asking;
mod assembly;
mod drive;
mod hearing;
mod office;
mod statistics;
mod stories;

use std::collections::BTreeMap;

use asking::Ask;
use office::{APPLICATIONS, Kind, Office};
use proptest::prelude::*;

/// Two platforms of these kinds, in the applications' order.
const PAIRS: [[Kind; 2]; 3] = [[Kind::Feed, Kind::Ccas], [Kind::Ccas, Kind::Feed], [Kind::Feed, Kind::Feed]];

/// A small generator, so that a failing seed replays.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn nothing_crosses_over_between_two_platforms(pair in 0..PAIRS.len(), seed in any::<u64>(), steps in 20usize..120) {
        let mut random = Random(seed | 1);
        let mut office = Office::new(PAIRS[pair]);
        for _ in 0..steps {
            let platform = random.below(2);
            match random.below(20) {
                0 if office.is_up(platform) => office.lose(platform),
                0 | 1 if !office.is_up(platform) => office.bring_back(platform),
                2..5 => office.pass(random.below(4000) as u64),
                5..12 => office.go_on(platform, |bound| random.below(bound)),
                12 => office.snapshot(),
                _ => {
                    let ask = Ask::ALL[random.below(Ask::ALL.len())];
                    office.ask(random.below(APPLICATIONS), ask, platform, random.below(4), |bound| random.below(bound));
                }
            }
        }
        for platform in 0..2 {
            if !office.is_up(platform) {
                office.bring_back(platform);
            }
        }
        office.snapshot();
        let after_a_restart = Office::new(PAIRS[pair]);
        prop_assert_eq!(office.names(), after_a_restart.names());
    }
}

#[test]
fn every_kind_of_thing_happens_on_every_pair() {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for pair in PAIRS {
        let mut random = Random(77);
        let mut office = Office::new(pair);
        for step in 0..400 {
            let platform = random.below(2);
            if !office.is_up(platform) {
                office.bring_back(platform);
            }
            match step % 4 {
                0 | 1 => office.go_on(platform, |bound| random.below(bound)),
                2 => office.pass(500),
                _ => {
                    let ask = Ask::ALL[random.below(Ask::ALL.len())];
                    office.ask(random.below(APPLICATIONS), ask, platform, random.below(4), |bound| random.below(bound));
                }
            }
            if step % 100 == 99 {
                office.lose(platform);
            }
        }
        for what in office.seen() {
            *seen.entry(what).or_default() += 1;
        }
    }
    for what in [
        "event CallStarted",
        "event CallEstablished",
        "event CallEnd",
        "event CallCompleted",
        "event LinkStatus",
        "event AgentStateChange",
        "event CallRequestFailed",
        "message established",
        "message call-cleared",
        "message entity-update",
        "order release",
        "order SetVoiceNotReady",
        "order hangup",
        "order HangupCall",
        "order answer",
        "order HoldCall",
        "order login",
        "refused across",
        "minted",
    ] {
        assert!(seen.contains_key(what), "{what} never happened: {seen:?}");
    }
}
