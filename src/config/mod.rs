//! The configuration, checked: a [`Config`] can be run. It owns the keys that all platforms or applications have, and the checks
//! between sections. Keys of a dialect are read by the dialect, those of a transport by `settings`. Every key stands, with its
//! default and a comment, in `config/cti-bridge.toml` (`every_key_that_is_read_stands_in_the_commented_file`).

mod admin;
mod application;
pub mod certificates;
mod dialect;
mod file_schema;
mod platform;
mod telemetry;
mod together;
mod warnings;

use std::{path::PathBuf, time::Duration};

pub use crate::settings::{Callback, Dial, Limits, Posts, Queue};
use crate::{
    diagnostic::Problems,
    dialect::Registry,
    log,
    mapping::Mappings,
    port::Notice,
    settings::{Section, Sources},
    time::Zone,
};
pub use admin::{Admin, Trace};
pub use application::Application;
pub use file_schema::file_schema;
pub use platform::Platform;
pub use telemetry::Telemetry;
pub use together::{Listener, listeners};

/// A configuration that can be run.
#[derive(Debug)]
pub struct Config {
    pub log: log::Settings,
    pub shutdown_grace: Duration,
    /// The longest that platforms wait for sessions that are behind.
    pub hold_limit: Duration,
    pub platforms: Vec<Platform>,
    pub applications: Vec<Application>,
    pub admin: Admin,
    /// None if no stories are remembered.
    pub trace: Option<Trace>,
    /// How often the files of the configuration are looked at, to load them again once they have changed.
    pub watch: Option<Duration>,
    /// None if no spans are exported.
    pub telemetry: Option<Telemetry>,
    /// The file that keeps open routes; none where nobody asks for any, or none shall be kept.
    pub store: Option<PathBuf>,
    /// What is right, and better were otherwise.
    pub warnings: Vec<Notice>,
}

/// Reads and checks all of it; what is wrong is added to `problems`.
pub fn read(sources: &Sources, mappings: &Mappings, registry: &Registry, problems: &mut Problems) -> Config {
    read_and(sources, mappings, registry, problems, |_, _| {})
}

/// The same, with further checks, which may complain about the sections of the root.
pub fn read_and(
    sources: &Sources,
    mappings: &Mappings,
    registry: &Registry,
    problems: &mut Problems,
    further: impl FnOnce(&Section, &Config),
) -> Config {
    sources.read(problems, |root| {
        let mut config = Config {
            log: log_settings(root),
            hold_limit: root.duration("hold_limit", Duration::from_secs(10)),
            shutdown_grace: root.duration("shutdown_grace", Duration::from_secs(5)),
            platforms: root
                .sections("platform")
                .iter()
                .filter_map(|(name, section)| platform::read(name, section, mappings, registry))
                .collect(),
            applications: root
                .sections("application")
                .iter()
                .filter_map(|(name, section)| application::read(name, section, mappings, registry))
                .collect(),
            admin: Admin::read(root),
            trace: Trace::read(root),
            watch: admin::watch(root),
            telemetry: Telemetry::read(root),
            store: None,
            warnings: Vec::new(),
        };
        root.text("mappings");
        let store = root.text("store");
        let is_off = store.as_deref() == Some("");
        let file = match store {
            Some(path) => root.located("store", path),
            None => root.state_file("cti-bridge.routes"),
        };
        let routes = config.applications.iter().any(|application| application.routed_by.is_some())
            || config.platforms.iter().any(|platform| platform.settings.routed_by.is_some());
        config.store = (routes && !is_off).then_some(file);
        together::check(root, &mut config, mappings);
        certificates::check(root, &config);
        further(root, &config);
        config.warnings = warnings::of(root, &config);
        config
    })
}

/// Where the mappings are that override the shipped ones; needed before the rest can be checked.
pub fn mappings_folder(sources: &Sources) -> Option<PathBuf> {
    let mut ignored = Problems::default();
    sources.read(&mut ignored, |root| root.path("mappings"))
}

/// `zone`: the zone of the times that rules work with.
fn zone(section: &Section) -> Option<Zone> {
    let zone = zone_named(&section.text("zone")?);
    zone.map_err(|wrong| section.problem("zone", wrong)).ok()
}

/// The zone of this name, or with this offset.
pub fn zone_named(text: &str) -> Result<Zone, String> {
    let known = jiff::fmt::temporal::DateTimeParser::new().parse_time_zone(text.trim());
    known.map(Zone::new).map_err(|_| {
        format!("there is no zone {text:?}: expected a name such as Europe/Berlin, or an offset such as +02:00")
    })
}

fn log_settings(root: &Section) -> log::Settings {
    let mut settings = log::Settings::default();
    if let Some(section) = root.section("log") {
        settings.json = section.choice("format", &[("text", false), ("json", true)], false);
        match log::filter::read(&section.text_or("level", "info")) {
            Ok(filter) => settings.filter = filter,
            Err(wrong) => section.problem("level", wrong),
        }
        settings.queue_bytes = section.size("queue_bytes", settings.queue_bytes);
        section.finish();
    }
    settings
}

#[cfg(test)]
mod tests;
