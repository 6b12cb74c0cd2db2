//! What the test programs share: the shipped mappings, stories in files, the messages of a feed in short, a bridge on a
//! virtual clock, and differences that a person can read. It holds no test.

#![allow(dead_code, reason = "each test program uses a part of this module")]

pub mod assembly;
pub mod difference;
pub mod filled;
pub mod media;
pub mod short;
pub mod soap;
pub mod story;
pub mod virtual_bridge;

use std::sync::LazyLock;

use cti_bridge::{diagnostic::Problems, dialect::Registry, mapping::Mappings, shipped::Files, translate::Translator};
use serde_json::Value;

/// The shipped mappings, read once: reading them takes longer than most tests.
pub fn mappings() -> &'static Mappings {
    static MAPPINGS: LazyLock<Mappings> = LazyLock::new(|| {
        let mut problems = Problems::default();
        let mappings = Mappings::load(&Files::built_in(), &mut problems);
        assert!(problems.is_empty(), "{}", problems.render());
        mappings
    });
    &MAPPINGS
}

pub fn translator(from: &str, to: &str) -> Translator {
    Translator::new(mappings(), &Registry::shipped(), from, to).unwrap()
}

/// The complete output for these lines, to the end of everything that goes on. Every line must be taken.
#[track_caller]
pub fn translate(from: &str, to: &str, lines: &[Value]) -> Vec<Value> {
    run(&mut translator(from, to), lines)
}

/// The same with a translator that was prepared, and can be asked for its notices afterwards.
#[track_caller]
pub fn run(translator: &mut Translator, lines: &[Value]) -> Vec<Value> {
    let mut told = Vec::new();
    let mut take = |line: &[u8]| told.push(serde_json::from_slice(line).unwrap());
    for line in lines {
        translator.line(&line.to_string(), &mut take).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
    translator.finish(&mut take);
    told
}

/// Numbers that are the same in every run (a linear congruential generator).
pub struct Numbers(pub u64);

impl Numbers {
    pub fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % most
    }
}
