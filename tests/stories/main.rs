//! Stories as files: the complete output for a platform's messages and an application's requests.
//!
//! `<from>-to-<to>/<flow>.in.ndjson` are lines as `cti-bridge translate` takes them: a message of either side, or
//! `{"at": T, "link": "down" | "up"}`, `{"at": T, "request": {…}}`, `{"at": T}`. `<flow>.out.ndjson` beside it is the
//! expected output, one message per line, with `{"notice": "…"}` where the bridge reports something about a line.
//! `UPDATE=1 cargo test --test stories` rewrites the outputs: read the difference before you commit it.

mod orders;
mod zones;

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use cti_bridge::{diagnostic::Problems, dialect::Registry, mapping::Mappings, shipped::Files, translate::Translator};
use serde_json::json;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stories")
}

/// Paths in a folder, in order.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

/// The complete output of a story, one message per line.
fn told(mappings: &Mappings, from: &str, to: &str, input: &[u8]) -> String {
    let mut translator = Translator::new(mappings, &Registry::shipped(), from, to).unwrap();
    let mut told = Vec::new();
    for line in input.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
        let taken = translator.bytes(line, &mut |line| told.push(String::from_utf8_lossy(line).into_owned()));
        let notices = translator.notices().chain(taken.err());
        told.extend(notices.map(|notice| json!({ "notice": notice }).to_string()));
    }
    translator.finish(&mut |line| told.push(String::from_utf8_lossy(line).into_owned()));
    told.extend(translator.notices().map(|notice| json!({ "notice": notice }).to_string()));
    told.into_iter().map(|line| line + "\n").collect()
}

/// The first differences between two outputs, in a few lines.
fn difference(expected: &str, found: &str) -> String {
    let (expected, found): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), found.lines().collect());
    let same = expected.iter().zip(&found).take_while(|(expected, found)| expected == found).count();
    let mut text = format!("line {}:\n", same + 1);
    for (sign, lines) in [("-", &expected), ("+", &found)] {
        for line in lines.iter().skip(same).take(3) {
            writeln!(text, "  {sign} {line}").unwrap();
        }
    }
    text
}

static MAPPINGS: LazyLock<Mappings> = LazyLock::new(|| {
    let mut problems = Problems::default();
    let mappings = Mappings::load(&Files::built_in(), &mut problems);
    assert!(problems.is_empty(), "{}", problems.render());
    mappings
});

fn mappings() -> &'static Mappings {
    &MAPPINGS
}

/// The lines of all stories that have a platform of this dialect, and the requests of all that have an application of
/// the other one.
fn corpus(from: &str, to: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for folder in entries(&root()).into_iter().filter(|path| path.is_dir()) {
        let Some((platform, application)) = name(&folder).split_once("-to-") else { continue };
        for path in entries(&folder).into_iter().filter(|path| name(path).ends_with(".in.ndjson")) {
            let text = fs::read(&path).unwrap();
            let text = String::from_utf8_lossy(&text).into_owned();
            let fits = |line: &&str| {
                let is_request = line.contains("\"request\"") || line.contains("\"SessionId\"");
                if is_request { application == to } else { platform == from }
            };
            lines.extend(text.lines().filter(fits).map(str::to_owned));
        }
    }
    lines
}

/// Numbers that are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % most
    }
}

#[test]
fn whatever_is_told_in_whatever_order_comes_to_an_end() {
    let mut numbers = Numbers(9);
    for from in ["event-feed", "ccas", "ctips"] {
        for to in ["event-feed", "ctips"] {
            let corpus = corpus(from, to);
            assert!(!corpus.is_empty(), "there are stories of {from} and {to}");
            for round in 0..30 {
                let mut translator = Translator::new(mappings(), &Registry::shipped(), from, to).unwrap();
                let lines: Vec<&String> = (0..40).map(|_| &corpus[numbers.below(corpus.len())]).collect();
                for line in &lines {
                    translator.line(line, &mut |_| {}).ok();
                }
                translator.finish(&mut |_| {});
                let left = translator.notices().any(|notice| notice.contains("without end"));
                assert!(!left && !translator.waits(), "{from}-to-{to}, round {round}: {lines:#?}");
            }
        }
    }
}

#[test]
fn every_story_is_told_as_its_file_says() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut wrong = String::new();
    let mut count = 0;
    for folder in entries(&root()).into_iter().filter(|path| path.is_dir()) {
        let (from, to) = name(&folder).split_once("-to-").expect("a folder is named <from>-to-<to>");
        for path in entries(&folder) {
            let Some(flow) = name(&path).strip_suffix(".in.ndjson") else {
                assert!(path.with_file_name(name(&path).replace(".out.", ".in.")).exists(), "{path:?} has no input");
                continue;
            };
            count += 1;
            let output = path.with_file_name(format!("{flow}.out.ndjson"));
            let found = told(mappings(), from, to, &fs::read(&path).unwrap());
            if update {
                fs::write(&output, found).unwrap();
                continue;
            }
            let expected = fs::read_to_string(&output).unwrap_or_default();
            if expected != found {
                write!(wrong, "{from}-to-{to}/{flow}, {}", difference(&expected, &found)).unwrap();
            }
        }
    }
    assert!(count > 0, "there are stories");
    assert!(wrong.is_empty(), "\n{wrong}");
}
