//! Finds out the commit that is built: from the environment (BRIDGE_COMMIT), from git, or from `commit.txt`, in which
//! `git archive` writes it. Nothing else is generated.

use std::{fs, path::Path, process::Command};

fn main() {
    println!("cargo::rerun-if-env-changed=BRIDGE_COMMIT");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=commit.txt");
    let given = std::env::var("BRIDGE_COMMIT").ok().filter(|text| is_commit(text));
    let commit = given.or_else(of_git).or_else(of_archive).unwrap_or_else(|| "unknown".to_owned());
    println!("cargo::rustc-env=BRIDGE_COMMIT={commit}");
}

/// The commit that is checked out. A repository around an unpacked archive is not the program's own: only a `.git` right here
/// counts.
fn of_git() -> Option<String> {
    if !Path::new(".git").exists() {
        return None;
    }
    // The log of HEAD grows with every commit, and whenever another one is checked out.
    let log = git(&["rev-parse", "--git-path", "logs/HEAD"])?;
    if Path::new(&log).exists() {
        println!("cargo::rerun-if-changed={log}");
    }
    git(&["rev-parse", "--short=12", "HEAD"]).filter(|text| is_commit(text))
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}

/// The commit of an archive that `git archive` made; a checkout has the placeholder instead.
fn of_archive() -> Option<String> {
    fs::read_to_string("commit.txt").ok().map(|text| text.trim().to_owned()).filter(|text| is_commit(text))
}

fn is_commit(text: &str) -> bool {
    (7..=40).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
