//! SIGHUP and `cti-bridge reload`: the configuration and all that belongs to it (mappings, users files, certificates) is loaded
//! again while the bridge runs. If all is right, it is exchanged between two messages and everything else stays; if anything is
//! wrong, nothing changes.

use std::collections::BTreeMap;

use super::run::{Loaded, Options, load};
use crate::{
    log,
    mapping::Mappings,
    net::{Done, Running},
    port::Notice,
    shipped::Files,
};

/// What the bridge runs with, as far as the next reload has to know it.
pub struct InForce {
    /// The files of the mappings, and what was made of them.
    pub files: Files,
    pub mappings: Mappings,
    /// The sections of the configuration at the start, see [`Loaded`].
    pub rest: BTreeMap<String, u64>,
}

impl InForce {
    /// Loads everything again, and logs what became of it. Hands back the same as lines, or why nothing changed.
    pub async fn reload(&mut self, options: &Options, running: &Running) -> Done {
        let done = match load(&options.config, &options.overrides, options.mappings.as_deref(), Some(self)) {
            Ok(loaded) => self.exchange(loaded, running).await,
            Err(failure) => {
                let reports = failure.reports.lines().map(str::trim_end).filter(|line| !line.is_empty());
                Err(reports.fold(failure.reason.clone(), |reason, line| format!("{reason}\n{line}")))
            }
        };
        match done {
            Ok(notices) => {
                let lines = notices.iter().map(ToString::to_string).collect();
                for notice in notices {
                    running.complain(notice).await;
                }
                Ok(lines)
            }
            Err(reason) => {
                running.complain(Notice::ReloadRefused { reason: reason.clone() }).await;
                Err(reason)
            }
        }
    }

    /// Puts in force what was loaded.
    async fn exchange(&mut self, loaded: Loaded, running: &Running) -> Result<Vec<Notice>, String> {
        let Loaded { config, mappings, files, rest, shown: _ } = loaded;
        let exchanged = running.exchange(&config, &mappings).await?;
        log::show(&config.log.filter)?;
        running.tell_stories().await;
        let overlays = mappings.overlays.iter();
        let mut notices: Vec<Notice> = overlays
            .map(|overlay| Notice::OverlayInForce { path: overlay.file.clone(), changes: overlay.changes.join(", ") })
            .collect();
        (self.files, self.mappings) = (files, mappings);
        notices.push(Notice::Reloaded { sections: exchanged.done });
        let restart = |section: String, reason| Notice::RestartNeeded { section, reason };
        notices
            .extend(exchanged.other_vocabulary.into_iter().map(|section| restart(section, "its vocabulary changed")));
        notices.extend(
            exchanged.other_tls.into_iter().map(|table| restart(table, "TLS came or went, or names another server")),
        );
        let before = &self.rest;
        let names = before.keys().chain(rest.keys().filter(|name| !before.contains_key(*name)));
        for section in names.filter(|name| before.get(*name) != rest.get(*name)) {
            let reason = match (before.get(section), rest.get(section)) {
                (None, _) => "it is new",
                (_, None) => "it is gone",
                (Some(_), Some(_)) => "it has other keys or values than at the start, besides those that can change",
            };
            notices.push(restart(section.clone(), reason));
        }
        Ok(notices)
    }
}
