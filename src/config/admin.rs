//! `[admin]`, `[trace]` and `[reload]`: how the bridge is watched and operated while it runs.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use crate::settings::{self, Section};

/// Where operators reach the bridge.
#[derive(Debug, Default)]
pub struct Admin {
    /// Health and metrics, to be read by anybody who can connect.
    pub listen: Option<SocketAddr>,
    /// The Unix socket for what changes the bridge or shows calls.
    pub socket: Option<PathBuf>,
}

/// What is remembered of the stories of calls.
#[derive(Debug, Clone, Copy)]
pub struct Trace {
    /// The most bytes.
    pub memory: usize,
    /// The values of messages are remembered, too.
    pub values: bool,
}

impl Admin {
    pub fn read(root: &Section) -> Admin {
        // As a service, the bridge has a folder for sockets.
        let usual = root.runtime_file("admin.sock");
        let Some(section) = root.section("admin") else { return Admin { listen: None, socket: usual } };
        let socket = section.text("socket");
        let listen = match section.has("listen") || socket.is_none() {
            true => settings::address(&section, "listen"),
            false => None,
        };
        let socket = match socket {
            Some(path) if path.is_empty() => None,
            Some(path) => Some(section.located("socket", path)),
            None => usual,
        };
        section.finish();
        Admin { listen, socket }
    }
}

impl Trace {
    /// None if nothing is remembered.
    pub fn read(root: &Section) -> Option<Trace> {
        let usual = Trace { memory: MEMORY, values: false };
        let Some(section) = root.section("trace") else { return Some(usual) };
        let remembers = section.flag("remember", true);
        let trace = Trace { memory: section.size("memory", usual.memory), values: section.flag("values", false) };
        if !remembers && root.has("telemetry") {
            section.problem("remember", "the spans of [telemetry] are made of what is remembered");
        }
        section.finish();
        remembers.then_some(trace)
    }
}

/// The memory of stories, in bytes, unless the configuration says another.
const MEMORY: usize = 8 << 20;

/// `[reload]`: how often the files of the configuration are looked at; none where they are not watched.
pub fn watch(root: &Section) -> Option<Duration> {
    let section = root.section("reload")?;
    let (is_watched, interval) = (section.flag("watch", false), section.duration("interval", Duration::from_secs(5)));
    section.finish();
    is_watched.then_some(interval)
}
