//! Stories in files, `tests/stories/<from>-to-<to>/<flow>.in.ndjson` and `.out.ndjson`; tests/README.md says what their
//! lines are.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use super::short::short;

/// Lines for a bridge, and the messages that come of them, in short.
pub struct Story {
    pub name: String,
    pub lines: Vec<Value>,
    pub told: Vec<String>,
}

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

/// A story's files, and the two dialects that it is between.
pub struct Files {
    pub from: String,
    pub to: String,
    pub flow: String,
    pub input: PathBuf,
    pub output: PathBuf,
}

/// All stories, in order.
pub fn all() -> Vec<Files> {
    let mut found = Vec::new();
    for folder in entries(&root()).into_iter().filter(|path| path.is_dir()) {
        let (from, to) = name(&folder).split_once("-to-").expect("a folder is named <from>-to-<to>");
        for input in entries(&folder) {
            let Some(flow) = name(&input).strip_suffix(".in.ndjson") else {
                let input = input.with_file_name(name(&input).replace(".out.", ".in."));
                assert!(input.exists(), "{input:?} is missing: its output is there");
                continue;
            };
            let output = input.with_file_name(format!("{flow}.out.ndjson"));
            found.push(Files { from: from.into(), to: to.into(), flow: flow.into(), input, output });
        }
    }
    assert!(!found.is_empty(), "there are stories");
    found
}

fn read(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

/// The lines of a story.
pub fn lines(pair: &str, flow: &str) -> Vec<Value> {
    read(&root().join(pair).join(format!("{flow}.in.ndjson")))
}

/// The complete output of a story.
pub fn told(pair: &str, flow: &str) -> Vec<Value> {
    read(&root().join(pair).join(format!("{flow}.out.ndjson")))
}

/// Messages of a feed about agents and calls, in short.
pub fn shown(told: &[Value]) -> Vec<String> {
    told.iter().map(short).filter(|message| !message.starts_with("entity")).collect()
}
