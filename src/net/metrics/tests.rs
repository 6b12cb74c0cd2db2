use std::{collections::BTreeMap, fmt::Write, fs};

use super::*;

const DOCUMENT: &str = "docs/reference/metrics.md";

#[test]
fn the_documentation_is_the_table() {
    let mut made = "# Metrics\n\n<!-- Made from src/net/metrics.rs by `UPDATE=1 cargo test --lib metrics`. -->\n\n\
                    `/metrics` of `[admin]` has these families, in the text format of Prometheus (`text/plain`), or as \
                    OpenMetrics if the\n`Accept` header names it. Counters are there from the start, at zero. A family without a \
                    value is left out: no\nplatform is posted to, or no session is open. `platform`, `application` and `section` \
                    are names of sections of the\nconfiguration; `bound` is a key of a section, and `bridge` and `admin` have \
                    bounds that no key sets.\n\n| metric | type | labels | what it counts |\n|---|---|---|---|\n"
        .to_owned();
    let mut row = |kind: &str, name: &str, labels: &[&str], help: &str| {
        let labels: Vec<String> = labels.iter().map(|label| format!("`{label}`")).collect();
        writeln!(made, "| `{name}` | {kind} | {} | {help} |", labels.join(", ")).unwrap();
    };
    for (kind, name, labels, help) in FAMILIES {
        let (kind, tail) = match *kind {
            "Counters" | "Counter" => ("counter", "_total"),
            "Gauges" => ("gauge", ""),
            _ => ("histogram", ""),
        };
        row(kind, &format!("cti_bridge_{name}{tail}"), labels, help);
    }
    for (name, kind, help) in process::FAMILIES {
        row(kind, name, &[], &format!("{help} (Linux)"));
    }
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all("docs/reference").unwrap();
        fs::write(DOCUMENT, &made).unwrap();
    }
    assert!(fs::read_to_string(DOCUMENT).is_ok_and(|kept| kept == made), "{DOCUMENT} is old: set UPDATE=1");
}

#[test]
fn names_follow_the_rules_of_prometheus() {
    for (kind, name, _, _) in FAMILIES {
        assert!(!name.ends_with("_total") && !name.ends_with("_count"), "{name} gets its ending by itself");
        assert_eq!(
            name.ends_with("_seconds"),
            matches!(*kind, "Timings" | "Latencies") || name.contains("_age_") || name.contains("timestamp"),
            "{name}"
        );
    }
}

fn report(form: Form) -> String {
    let mut metrics = Metrics { places: vec![Places::new("admin", "connections", 16)], ..Metrics::default() };
    metrics.add_application("desk");
    metrics.of_application(0).delivery.observe(std::time::Duration::from_millis(1), 1);
    form.of(metrics.render(&Bridge::default(), &Moment { inputs: (3, 64), ..Moment::default() }))
}

#[test]
fn the_older_text_names_counters_as_their_samples_do_and_has_no_end_mark() {
    let (open, plain) = (report(Form::OpenMetrics), report(Form::Plain));
    assert!(open.contains("# TYPE cti_bridge_faulted counter\n") && open.ends_with("# EOF\n"), "{open}");
    assert!(plain.contains("# TYPE cti_bridge_faulted_total counter\n") && !plain.contains("EOF"), "{plain}");
    for line in [
        "# HELP cti_bridge_faulted_total Events that a client answered with a fault.",
        "cti_bridge_faulted_total{application=\"desk\"} 0",
        "cti_bridge_delivery_seconds_count{application=\"desk\"} 1",
        "cti_bridge_translation_seconds_count{application=\"desk\"} 0",
        "cti_bridge_bound_used{section=\"bridge\",bound=\"inputs\"} 3",
        "cti_bridge_bound_limit{section=\"admin\",bound=\"connections\"} 16",
    ] {
        assert!(plain.lines().any(|known| known == line), "{line} is missing in\n{plain}");
    }
    assert!(plain.contains("\ncti_bridge_log_lines_dropped_total "), "{plain}");
    assert_eq!(Form::accepted(Some("application/openmetrics-text;version=1.0.0,text/plain;q=0.5")), Form::OpenMetrics);
    assert_eq!((Form::accepted(Some("text/plain")), Form::accepted(None)), (Form::Plain, Form::Plain));
}

#[test]
#[cfg(target_os = "linux")]
fn the_process_is_measured() {
    let plain = report(Form::Plain);
    let value = |name: &str| {
        let line = plain.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("{name} is missing in\n{plain}")).parse::<f64>().unwrap()
    };
    for (name, kind, _) in process::FAMILIES {
        assert!(value(name) >= 0.0 && plain.contains(&format!("# TYPE {name} {kind}\n")), "{name}");
    }
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
    let age = now - value("process_start_time_seconds");
    assert!((-2.0..86_400.0).contains(&age), "{age}");
    assert!(value("process_resident_memory_bytes") > 1e6 && value("process_open_fds") >= 3.0);
}

/// Rates and alerts need one set of labels in each family.
#[test]
fn each_family_has_one_set_of_labels() {
    let plain = report(Form::Plain);
    let mut sets: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, labels) in plain.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('{')) {
        let (labels, _) = labels.split_once('}').unwrap();
        let labels = labels.split(',').filter_map(|label| label.split('=').next()).filter(|label| *label != "le");
        let labels: Vec<&str> = labels.collect();
        assert_eq!(*sets.entry(name).or_insert_with(|| labels.clone()), labels, "{name}");
    }
}
