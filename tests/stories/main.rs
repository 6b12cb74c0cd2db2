//! Translation stories, as files and generated. tests/README.md says how to read a story's files and how to add one.
//!
//! `UPDATE=1 cargo test --test stories` rewrites the outputs: read the difference before you commit it.

mod agent_states;
mod guide;
mod media;
mod orders;
mod play;
#[path = "../support/mod.rs"]
mod support;
mod told_again;
mod variations;
mod zones;

use std::{collections::BTreeSet, fmt::Write as _, fs};

use support::{Numbers, difference::difference, story, translator};

#[test]
fn every_story_is_told_as_its_file_says() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut wrong = String::new();
    for files in story::all() {
        let found = play::play(&files.from, &files.to, &fs::read(&files.input).unwrap());
        if update {
            fs::write(&files.output, found).unwrap();
            continue;
        }
        let expected = fs::read_to_string(&files.output).unwrap_or_default();
        if expected != found {
            let story::Files { from, to, flow, .. } = &files;
            let difference = difference(&expected, &found);
            writeln!(wrong, "{from}-to-{to}/{flow}\n{difference}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "(- expected, + found, ~ other fields)\n\n{wrong}");
}

#[test]
fn every_folder_of_stories_is_in_the_readme() {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/README.md")).unwrap();
    let pairs: BTreeSet<String> = story::all().iter().map(|files| format!("{}-to-{}", files.from, files.to)).collect();
    for pair in pairs {
        assert!(readme.contains(&format!("`{pair}`")), "tests/README.md does not mention {pair}");
    }
}

/// The lines of all stories that have a platform of this dialect, and the requests of all that have an application of
/// the other one.
fn corpus(from: &str, to: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for files in story::all() {
        let text = String::from_utf8_lossy(&fs::read(&files.input).unwrap()).into_owned();
        let fits = |line: &&str| {
            let is_request = line.contains("\"request\"") || line.contains("\"SessionId\"");
            if is_request { files.to == to } else { files.from == from }
        };
        lines.extend(text.lines().filter(fits).map(str::to_owned));
    }
    lines
}

#[test]
fn whatever_is_told_in_whatever_order_comes_to_an_end() {
    let mut numbers = Numbers(9);
    for from in ["event-feed", "ccas", "ctips"] {
        for to in ["event-feed", "ctips"] {
            let corpus = corpus(from, to);
            assert!(!corpus.is_empty(), "there are stories of {from} and {to}");
            for round in 0..30 {
                let mut translator = translator(from, to);
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
