//! What is deployed beside the program names what exists: metrics, the version, files.

use std::{collections::BTreeSet, fs};

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The names of metrics in a text.
fn metrics(text: &str) -> BTreeSet<&str> {
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let words = text.split(|c: char| !is_name(c)).filter(|word| word.starts_with("cti_bridge_"));
    words.collect()
}

#[test]
fn alerts_and_dashboard_are_made_of_metrics_that_exist() {
    let reference = read("docs/reference/metrics.md");
    let known = metrics(&reference);
    for path in
        ["deploy/prometheus/alerts.yml", "deploy/grafana/cti-bridge.json", "docs/operation.md", "docs/first-hour.md"]
    {
        let text = read(path);
        let named = metrics(&text);
        for name in &named {
            let family = ["_bucket", "_sum", "_count"].iter().find_map(|part| name.strip_suffix(part)).unwrap_or(name);
            let is_pattern = ["docs/operation.md", "docs/first-hour.md"].contains(&path) && name.ends_with('_');
            assert!(known.contains(family) || is_pattern, "{path}: there is no metric {name}");
        }
        assert!(named.len() > 3, "{path} names {named:?}");
    }
    serde_json::from_str::<serde_json::Value>(&read("deploy/grafana/cti-bridge.json")).unwrap();
}

#[test]
fn the_version_has_its_section_in_the_changelog_and_is_the_one_that_is_installed() {
    let version = env!("CARGO_PKG_VERSION");
    assert!(read("CHANGELOG.md").contains(&format!("\n## [{version}]")), "CHANGELOG.md has no section of {version}");
    assert!(read("README.md").contains(&format!("cti-bridge_{version}_amd64.deb")), "the README names another version");
    assert!(
        read("deploy/kubernetes.yaml").contains(&format!("cti-bridge:{version}\n")),
        "so does deploy/kubernetes.yaml"
    );
    assert!(read("README.md").lines().count() <= 150, "the README is long");
}

#[test]
fn every_file_of_the_package_exists() {
    let manifest = read("Cargo.toml");
    let assets = manifest.split("[package.metadata.deb]").nth(1).unwrap();
    let sources = assets.lines().filter_map(|line| line.trim().strip_prefix("[\"")?.split('"').next());
    let mut count = 0;
    for source in sources.filter(|source| !source.starts_with("target/stage/")) {
        assert!(fs::exists(source).unwrap(), "Cargo.toml: there is no {source}");
        count += 1;
    }
    assert!(count > 5, "the assets are elsewhere");
}
