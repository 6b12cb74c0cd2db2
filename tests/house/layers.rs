//! Each layer uses only what stands below it, and everything up to `bridge` touches neither sockets nor clocks nor files.

use std::{collections::BTreeSet, fs, path::Path};

use crate::rust_source;

/// From the bottom to the top.
const LAYERS: [&str; 20] = [
    "time",
    "one_line",
    "diagnostic",
    "document",
    "message",
    "wire",
    "model",
    "vocabulary",
    "shipped",
    "mapping",
    "settings",
    "port",
    "dialect",
    "bridge",
    "translate",
    "log",
    "config",
    "net",
    "sim",
    "cli",
];

/// What the layers up to `bridge` never name outside their tests, and who may nevertheless.
const OUTSIDE: [&str; 9] = [
    "tokio",
    "hyper",
    "tracing",
    "std::net::Tcp",
    "std::fs",
    "Instant::now",
    "SystemTime",
    "TimeZone::system",
    "TimeZone::get",
];
const READS_FILES: [&str; 2] = ["shipped", "settings"];

/// The layers that know no dialect, and those of them that assemble a bridge from the list of dialects. Of `crate::dialect`
/// they name that list alone.
const KNOW_NO_DIALECT: [&str; 4] = ["bridge", "translate", "config", "net"];
const ASSEMBLE: [&str; 3] = ["config", "net", "translate"];
const LIST: [&str; 2] = ["Registry", "registry"];

/// The sources of a layer that the program is made of: the text before the tests inside, and no test files.
fn sources(layer: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open = vec![Path::new("src").join(layer), Path::new("src").join(layer).with_extension("rs")];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.is_file() && path.file_name().is_some_and(|name| name != "tests.rs") {
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
            found.push((path.display().to_string(), code));
        }
    }
    assert!(!found.is_empty(), "{layer} is gone");
    found
}

/// The layers that a source names: `crate::x` and the names of `use crate::{x::…, y::…}`.
fn named(code: &str) -> Vec<String> {
    rust_source::paths(code).into_iter().map(|path| path[0].clone()).collect()
}

#[test]
fn each_layer_uses_only_what_stands_below_it() {
    for (height, layer) in LAYERS.iter().enumerate() {
        for (path, code) in sources(layer) {
            for name in named(&code) {
                let used = LAYERS.iter().position(|known| *known == name);
                let used = used.unwrap_or_else(|| panic!("{path} uses crate::{name}, which is no layer of this test"));
                assert!(used <= height, "{path} uses crate::{name}, which stands above {layer}");
            }
        }
    }
}

#[test]
fn of_the_dialects_the_other_layers_name_the_list_alone() {
    let mut assembling = BTreeSet::new();
    for layer in KNOW_NO_DIALECT {
        for (path, code) in sources(layer) {
            for used in rust_source::paths(&code).iter().filter(|used| used[0] == "dialect") {
                let part = used.get(1).map_or("*", String::as_str);
                assert!(LIST.contains(&part), "{path} uses crate::dialect::{part}");
                assembling.insert(layer);
            }
        }
    }
    assert_eq!(Vec::from_iter(assembling), ASSEMBLE, "the layers that use crate::dialect::registry");
}

#[test]
fn everything_up_to_the_bridge_is_free_of_io() {
    let top = LAYERS.iter().position(|layer| *layer == "translate").unwrap();
    for layer in &LAYERS[..=top] {
        for (path, code) in sources(layer) {
            for word in OUTSIDE.iter().filter(|word| !(READS_FILES.contains(layer) && **word == "std::fs")) {
                assert!(!code.contains(word), "{path} names {word}");
            }
        }
    }
}

#[test]
fn every_part_of_the_library_is_a_layer() {
    let library = fs::read_to_string("src/lib.rs").unwrap();
    let parts: Vec<_> = library
        .lines()
        .filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';'))
        .collect();
    assert_eq!(parts.len(), LAYERS.len());
    assert!(parts.iter().all(|part| LAYERS.contains(part)), "{parts:?}");
}
