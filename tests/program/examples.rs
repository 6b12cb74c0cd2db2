//! The site changes of `docs/examples`: each is right, and translates its capture as its files say, without it and with it.
//! `UPDATE=1 cargo test --test program examples` writes the expected outputs anew.

use std::{env, fs, path::Path};

use serde_json::Value;

use super::{cti_bridge, stderr, stdout};

/// A folder of `docs/examples`: the platform and the application in its configuration, and their dialects.
struct Example {
    name: &'static str,
    platform: [&'static str; 2],
    application: [&'static str; 2],
}

const FEED: [&str; 2] = ["mitel", "event-feed"];
const DESK: [&str; 2] = ["desk", "ctips"];

const EXAMPLES: [Example; 5] = [
    Example { name: "dispositions", platform: FEED, application: DESK },
    Example { name: "e164-numbers", platform: FEED, application: DESK },
    Example { name: "one-group", platform: FEED, application: DESK },
    Example { name: "queue-time", platform: FEED, application: DESK },
    Example { name: "release-codes", platform: ["micc", "ccas"], application: ["crm", "event-feed"] },
];

impl Example {
    fn path(&self, file: &str) -> String {
        format!("docs/examples/{}/{file}", self.name)
    }

    /// Translates the example's capture, and compares with a file of expected lines.
    #[track_caller]
    fn translates(&self, arguments: &[&str], expected: &str) {
        let input = fs::read_to_string(self.path("in.ndjson")).unwrap();
        let output = cti_bridge(&[&["translate", "--zone", "UTC"], arguments].concat(), &input);
        let (told, expected) = (stdout(&output), self.path(expected));
        assert_eq!(output.status.code(), Some(0), "{}: {}", self.name, stderr(&output));
        if env::var_os("UPDATE").is_some() {
            fs::write(&expected, told).unwrap();
        }
        assert_eq!(lines(told), lines(&fs::read_to_string(&expected).unwrap()), "{expected}");
    }
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_example_is_right_and_translates_as_its_files_say() {
    for example in &EXAMPLES {
        let (config, mappings) = (example.path("bridge.toml"), example.path("mappings"));
        let output = cti_bridge(&["check", "--config", &config, "--mappings", &mappings], "");
        assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""), "{}", example.name);
        assert!(stdout(&output).contains(" extends the shipped file: "), "{}", stdout(&output));

        let ([platform, from], [application, to]) = (example.platform, example.application);
        example.translates(&["--from", from, "--to", to], "before.ndjson");
        let site = ["--from", platform, "--to", application, "--config", &config, "--mappings", &mappings];
        example.translates(&site, "out.ndjson");
        let read = |file: &str| fs::read_to_string(example.path(file)).unwrap();
        assert_ne!(read("before.ndjson"), read("out.ndjson"), "{} changes nothing", example.name);
    }
}

#[test]
fn every_folder_of_examples_is_run() {
    let folders = fs::read_dir("docs/examples").unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<_> = folders.filter(|path| path.is_dir()).collect();
    folders.sort();
    let run: Vec<_> = EXAMPLES.iter().map(|example| Path::new("docs/examples").join(example.name)).collect();
    assert_eq!(folders, run);
}
