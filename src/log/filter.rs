//! The log's `level`: one level for everything, and optional levels for single modules.

use super::MODULES;
use crate::diagnostic::did_you_mean;

const LEVELS: [&str; 6] = ["error", "warn", "info", "debug", "trace", "off"];
/// The level of everything else, if a filter names modules only.
const USUAL: &str = "info";
/// The name below which this program's modules are.
const PROGRAM: &str = "cti_bridge";
/// Libraries that write to the bridge's log.
const LIBRARIES: [&str; 1] = ["rustls"];

/// Reads a filter such as `info` or `info,cti_bridge::net=debug`, and returns it written out, or the error. A word that
/// is neither a level nor a module is an error: as a filter it would let nothing through.
pub fn read(text: &str) -> Result<String, String> {
    let (mut own, mut modules) = (None, Vec::new());
    for part in text.split(',').map(str::trim) {
        match part.split_once('=').map(|(target, level)| (target.trim(), level.trim())) {
            None => {
                let level = level(part)?;
                if own.replace(level).is_some() {
                    return Err("a filter has one level for everything, and others as `module=level`".into());
                }
            }
            Some((target, of_target)) => modules.push(format!("{}={}", module(target)?, level(of_target)?)),
        }
    }
    modules.insert(0, own.unwrap_or(USUAL).to_owned());
    Ok(modules.join(","))
}

fn level(word: &str) -> Result<&'static str, String> {
    let lower = word.to_lowercase();
    let known = LEVELS.into_iter().find(|level| *level == lower);
    known.ok_or_else(|| match (word, module(word)) {
        ("", _) => format!("a level is missing: {}", LEVELS.join(", ")),
        (_, Ok(_)) => format!("the level of {word} is missing: {word}=debug"),
        (_, Err(_)) => {
            // Words that other programs use for these levels are not similar enough to be found by spelling.
            let synonym = [("verbose", "debug"), ("fatal", "error"), ("critical", "error"), ("notice", "info")];
            let synonym = synonym.iter().find(|(known, _)| *known == lower).map(|(_, level)| *level);
            let near = synonym.map_or_else(|| did_you_mean(word, LEVELS), |level| did_you_mean(level, [level]));
            format!("{word:?} is no level{near}; there are {}", LEVELS.join(", "))
        }
    })
}

/// The name of a module that logs, or of a parent of such modules.
fn module(target: &str) -> Result<&str, String> {
    let known = || std::iter::once(PROGRAM.to_owned()).chain(MODULES.iter().map(|name| format!("{PROGRAM}::{name}")));
    if LIBRARIES.contains(&target) || known().any(|name| name == target) {
        return Ok(target);
    }
    let names: Vec<String> = known().chain(LIBRARIES.map(str::to_owned)).collect();
    let near = did_you_mean(target, names.iter().map(String::as_str));
    Err(format!("nothing is logged by a module {target:?}{near}; there are {}", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_a_level_and_levels_of_modules() {
        for (text, filter) in [
            ("info", "info"),
            ("INFO", "info"),
            (" off ", "off"),
            ("info,cti_bridge::net=debug", "info,cti_bridge::net=debug"),
            (
                "warn, cti_bridge::net::perform = trace ,rustls=debug",
                "warn,cti_bridge::net::perform=trace,rustls=debug",
            ),
            ("cti_bridge=debug", "info,cti_bridge=debug"),
            ("cti_bridge::bridge=debug,error", "error,cti_bridge::bridge=debug"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(filter));
            assert!(tracing_subscriber::EnvFilter::try_new(filter).is_ok());
        }
    }

    #[test]
    fn a_word_that_is_no_level_and_a_module_that_is_none_are_told_with_the_nearest() {
        for (text, part) in [
            ("verbose", "\"verbose\" is no level (did you mean `debug`?)"),
            ("nfo", "did you mean `info`?"),
            ("warning", "did you mean `warn`?"),
            ("Eror", "did you mean `error`?"),
            ("", "a level is missing"),
            ("info,", "a level is missing"),
            ("info,cti_bridge::net=", "a level is missing"),
            ("info,cti_bridge::net", "the level of cti_bridge::net is missing"),
            ("info,cti_bridge::nett=debug", "did you mean `cti_bridge::net`?"),
            ("info,cti-bridge=debug", "did you mean `cti_bridge`?"),
            ("info,cti_bridge::net=debgu", "did you mean `debug`?"),
            ("info,debug", "one level for everything"),
            ("info,=debug", "no"),
            ("cti_bridge[session]=debug", "did you mean `cti_bridge`?"),
            ("3", "\"3\" is no level"),
        ] {
            let wrong = read(text).unwrap_err();
            assert!(wrong.contains(part), "{text:?}: {wrong}");
        }
    }
}
