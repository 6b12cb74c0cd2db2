//! `docs/reference` is made of what the program itself reads: `UPDATE=1 cargo test --test house reference` writes it anew.
//! `metrics.md`, `log-events.md`, `functions.md` and `words.md` are made beside their tables, in `src`.

use std::{fmt::Write, fs};

use cti_bridge::{
    diagnostic::Problems,
    mapping::{Losses, Mappings},
    shipped::Files,
    translate::dialect,
    vocabulary::{Side, Vocabulary},
};

fn mappings() -> Mappings {
    let mut problems = Problems::default();
    let mappings = Mappings::load(&Files::built_in(), &mut problems);
    assert!(problems.is_empty(), "{}", problems.render());
    mappings
}

/// Checks that a page is what is made of its source now, or writes it.
#[track_caller]
pub fn keep(name: &str, title: &str, source: &str, text: &str) {
    let path = format!("docs/reference/{name}");
    let made =
        format!("# {title}\n\n<!-- Made from {source} by `UPDATE=1 cargo test --test house reference`. -->\n\n{text}");
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all("docs/reference").unwrap();
        fs::write(&path, &made).unwrap();
    }
    assert!(fs::read_to_string(&path).is_ok_and(|kept| kept == made), "{path} is old: set UPDATE=1");
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

// ── configuration ─────────────────────────────────────────────────────────────────────────────────────────────────────

/// One key of the commented configuration file.
struct Key {
    line: String,
    meaning: String,
}

/// A line that sets a key, also one that is commented out, split into key, value and comment.
fn key_of(line: &str) -> Option<Key> {
    let commented = line.strip_prefix("# ").unwrap_or(line);
    let (key, rest) = commented.split_once('=')?;
    let is_key = |key: &str| !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let key = key.trim();
    // Two spaces tell a comment behind a value from a `#` inside it; prose has no value behind its `=`.
    let (value, meaning) = rest.split_once("  #").or_else(|| rest.split_once(" # ")).unwrap_or((rest, ""));
    let value = value.trim();
    let is_value = value.starts_with(['"', '[', '{', 't', 'f']) || value.starts_with(|c: char| c.is_ascii_digit());
    (is_key(key) && is_value && rest.starts_with(' ')).then(|| Key {
        line: format!("{} | {}", format_args!("`{key}`"), format_args!("`{}`", cell(value))),
        meaning: meaning.trim_start_matches('#').trim().to_owned(),
    })
}

#[test]
fn the_configuration_reference_is_the_commented_file() {
    let file = fs::read_to_string("config/cti-bridge.toml").unwrap();
    let (mut out, mut prose, mut keys) = (String::new(), Vec::<String>::new(), Vec::<Key>::new());
    let mut count = 0;
    let mut flush = |prose: &mut Vec<String>, keys: &mut Vec<Key>, out: &mut String| {
        if !keys.is_empty() {
            out.push_str("\n| key | default or example | meaning |\n|---|---|---|\n");
            for key in keys.drain(..) {
                count += 1;
                writeln!(out, "| {} | {} |", key.line, cell(&key.meaning)).unwrap();
            }
        }
        if !prose.is_empty() {
            out.push('\n');
            prose.drain(..).for_each(|line| writeln!(out, "{line}").unwrap());
        }
    };
    for line in file.lines() {
        if line.starts_with('[') {
            flush(&mut prose, &mut keys, &mut out);
            writeln!(out, "\n## `{line}`").unwrap();
        } else if let Some(key) = key_of(line) {
            if keys.is_empty() {
                flush(&mut prose, &mut keys, &mut out);
            }
            keys.push(key);
        } else if let (Some(more), Some(key)) = (line.trim_start().strip_prefix("# "), keys.last_mut())
            && line.starts_with("    ")
        {
            key.meaning = format!("{} {}", key.meaning, more.trim()).trim().to_owned();
        } else if let Some(text) = line.strip_prefix('#') {
            if prose.is_empty() {
                flush(&mut prose, &mut keys, &mut out);
            }
            let text = text.strip_prefix(' ').unwrap_or(text);
            let text = if text.starts_with('─') { text.trim_matches(['─', ' ']) } else { text.trim_end() };
            prose.push(text.to_owned());
        } else if !prose.is_empty() && keys.is_empty() {
            flush(&mut prose, &mut keys, &mut out);
        }
    }
    flush(&mut prose, &mut keys, &mut out);
    assert!(count > 100, "only {count} keys are found");
    keep("configuration.md", "Configuration", "config/cti-bridge.toml", out.trim_start());
}

// ── dialects ──────────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn the_dialects_reference_is_the_vocabularies() {
    let mappings = mappings();
    let mut names: Vec<&String> = mappings.dialects.keys().collect();
    names.sort();
    let mut out = String::new();
    for name in names {
        let vocabulary = &mappings.dialects[name].vocabulary;
        writeln!(out, "## {name}: {}\n", vocabulary.title).unwrap();
        for (side, title) in [
            (Side::Event, "Events (platform → application)"),
            (Side::Request, "Requests (application → platform)"),
            (Side::Reply, "Replies"),
            (Side::Callback, "Other calls of the platform"),
        ] {
            messages(vocabulary, side, title, &mut out);
        }
    }
    keep("dialects.md", "Dialects", "mappings/dialects", out.trim_end_matches('\n').to_owned().as_str());
}

fn messages(vocabulary: &Vocabulary, side: Side, title: &str, out: &mut String) {
    let mut rows = vocabulary.kinds().filter(|(_, def)| def.side == side).peekable();
    if rows.peek().is_none() {
        return;
    }
    writeln!(out, "### {title}\n\n| message | chapter of the guide | fields |\n|---|---|---|").unwrap();
    for (_, def) in rows {
        let fields: Vec<&str> = def.fields.labels().collect();
        writeln!(out, "| `{}` | {} | {} |", def.label, cell(&def.chapter), fields.join(", ")).unwrap();
    }
    out.push('\n');
}

// ── coverage ──────────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn the_coverage_reference_is_what_is_lost() {
    let mappings = mappings();
    let mut names: Vec<&String> = mappings.dialects.keys().collect();
    names.sort();
    let mut out = "What is lost between each two dialects, as `cti-bridge coverage --losses` shows it. `cti-bridge coverage` shows the \
                   fate of every message and field. Where a dialect lacks the rules of a side, there are no pairs:\n\n"
        .to_owned();
    for name in &names {
        for is_platform in [true, false] {
            if let Err(error) = dialect(&mappings, name, is_platform) {
                writeln!(out, "- {error}").unwrap();
            }
        }
    }
    for from in &names {
        for to in &names {
            let sides = (dialect(&mappings, from, true), dialect(&mappings, to, false));
            let (Ok(platform), Ok(application)) = sides else { continue };
            let Some(losses) = Losses::of(&platform, &application) else { continue };
            writeln!(out, "\n## {from} → {to}\n\n```text\n{}```", losses.screen()).unwrap();
        }
    }
    keep("coverage.md", "Coverage", "the rules in mappings", &out);
}
