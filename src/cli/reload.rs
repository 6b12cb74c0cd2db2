//! SIGHUP and `cti-bridge reload`: the configuration and all that belongs to it (mappings, users files, certificates) is loaded
//! again while the bridge runs. If all is right, it is exchanged between two messages and everything else stays; if anything is
//! wrong, nothing changes.

use std::collections::BTreeMap;

use super::run::{Loaded, Options, load, write};
use crate::{
    log,
    net::{Done, Running},
    port::Notice,
};

/// Loads everything again, and logs what became of it. Hands back the same as lines, or why nothing changed.
pub async fn reload(options: &Options, running: &Running, before: &BTreeMap<String, u64>) -> Done {
    let Loaded { config, mappings, rest, .. } =
        match load(&options.config, &options.overrides, options.mappings.as_deref()) {
            Ok(loaded) => loaded,
            Err(failure) => {
                let reports = failure.reports.lines().map(str::trim_end).filter(|line| !line.is_empty());
                return refuse(reports.fold(failure.reason.clone(), |reason, line| format!("{reason}\n{line}")));
            }
        };
    let exchanged = match running.exchange(&config, &mappings).await {
        Ok(exchanged) => exchanged,
        Err(reason) => return refuse(reason),
    };
    if let Err(reason) = log::show(&config.log.filter) {
        return refuse(reason);
    }
    running.tell_stories().await;
    let overlays = mappings.overlays.iter();
    let mut notices: Vec<Notice> = overlays
        .map(|overlay| Notice::OverlayInForce { path: overlay.file.clone(), changes: overlay.changes.join(", ") })
        .collect();
    notices.push(Notice::Reloaded { sections: exchanged.done });
    let restart = |section: String, reason| Notice::RestartNeeded { section, reason };
    notices.extend(exchanged.other_vocabulary.into_iter().map(|section| restart(section, "its vocabulary changed")));
    notices.extend(
        exchanged.other_tls.into_iter().map(|table| restart(table, "TLS came or went, or names another server")),
    );
    let names = before.keys().chain(rest.keys().filter(|name| !before.contains_key(*name)));
    for section in names.filter(|name| before.get(*name) != rest.get(*name)) {
        let reason = match (before.get(section), rest.get(section)) {
            (None, _) => "it is new",
            (_, None) => "it is gone",
            (Some(_), Some(_)) => "it has other keys or values than at the start, besides those that can change",
        };
        notices.push(restart(section.clone(), reason));
    }
    notices.iter().for_each(write);
    Ok(notices.iter().map(ToString::to_string).collect())
}

fn refuse(reason: String) -> Done {
    write(&Notice::ReloadRefused { reason: reason.clone() });
    Err(reason)
}
