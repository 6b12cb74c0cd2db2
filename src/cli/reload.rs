//! SIGHUP: the configuration and the mappings are loaded again while the bridge runs. If all is right, the rules change
//! between two messages and everything else stays; if anything is wrong, nothing changes.

use std::collections::BTreeMap;

use super::run::{Loaded, Options, load, write};
use crate::{net::Running, port::Notice};

/// Loads everything again, and logs what became of it. Hands back what the sections say now, if it is in force.
pub async fn reload(options: &Options, running: &Running, before: &BTreeMap<String, u64>) {
    let Loaded { config, mappings, rest } = match load(&options.config, &options.overrides, options.mappings.as_deref())
    {
        Ok(loaded) => loaded,
        Err(failure) => {
            let reports = failure.reports.lines().map(str::trim_end).filter(|line| !line.is_empty());
            let reason = reports.fold(failure.reason.clone(), |reason, line| format!("{reason}\n{line}"));
            return write(&Notice::ReloadRefused { reason });
        }
    };
    match running.exchange_rules(&config, &mappings).await {
        Ok(exchanged) => {
            for overlay in &mappings.overlays {
                write(&Notice::OverlayInForce { path: overlay.file.clone(), changes: overlay.changes.join(", ") });
            }
            write(&Notice::Reloaded { sections: exchanged.done });
            for section in exchanged.other_vocabulary {
                write(&Notice::RestartNeeded { section, reason: "its vocabulary changed" });
            }
        }
        Err(reason) => return write(&Notice::ReloadRefused { reason }),
    }
    let names = before.keys().chain(rest.keys().filter(|name| !before.contains_key(*name)));
    for section in names.filter(|name| before.get(*name) != rest.get(*name)) {
        let reason = match (before.get(section), rest.get(section)) {
            (None, _) => "it is new",
            (_, None) => "it is gone",
            (Some(_), Some(_)) => "it has other keys or values than at the start, besides those of its rules",
        };
        write(&Notice::RestartNeeded { section: section.clone(), reason });
    }
}
