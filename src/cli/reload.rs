//! SIGHUP and `cti-bridge reload`: the configuration and all that belongs to it (mappings, users files, certificates) is loaded
//! again while the bridge runs. If all is right, it is exchanged between two messages and everything else stays; if anything is
//! wrong, nothing changes.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    run::{Loaded, Options, load},
    watch::Watch,
};
use crate::{
    log,
    mapping::Mappings,
    net::{Done, Exchanged, Running},
    port::Notice,
    shipped::Files,
};

/// The configuration and mappings that the bridge runs with, as far as the next reload has to know them.
pub struct InForce {
    /// The files of the mappings, and what was made of them.
    pub files: Files,
    pub mappings: Mappings,
    /// The sections of the configuration, see [`Loaded`]: those of platforms and applications as they run, all others as they
    /// were at the start.
    pub rest: BTreeMap<String, u64>,
    /// The files of all this.
    pub watch: Watch,
}

impl InForce {
    /// Loads everything again, and logs what became of it. Hands back the same as lines, or why nothing changed.
    pub async fn reload(&mut self, options: &Options, running: &mut Running) -> Done {
        // Whatever comes of it, these files were looked at.
        self.watch.seen();
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
    async fn exchange(&mut self, loaded: Loaded, running: &mut Running) -> Result<Vec<Notice>, String> {
        let Loaded { config, mappings, files, rest, watched, shown: _ } = loaded;
        let interval = config.watch;
        let filter = config.log.filter.clone();
        let before = &self.rest;
        let names: BTreeSet<&String> = before.keys().chain(rest.keys()).collect();
        let differs = names.into_iter().filter(|name| before.get(*name) != rest.get(*name));
        let (sections, others): (BTreeSet<String>, BTreeSet<String>) =
            differs.cloned().partition(|name| name.contains('.'));
        let Exchanged { done, sections, later } = running.exchange(config, &mappings, &sections).await?;
        log::show(&filter)?;
        running.tell_stories().await;
        let overlays = mappings.overlays.iter();
        let mut notices: Vec<Notice> = overlays
            .map(|overlay| Notice::OverlayInForce { path: overlay.file.clone(), changes: overlay.changes.join(", ") })
            .collect();
        notices.push(Notice::Reloaded { sections: done });
        notices.extend(sections.into_iter().map(|(section, cause)| Notice::SectionExchanged { cause, section }));
        let kept: BTreeSet<&String> = later.iter().map(|(section, _)| section).collect();
        let now = |(name, _): &(&String, &u64)| name.contains('.') && !kept.contains(*name);
        let mut in_force: BTreeMap<String, u64> =
            rest.iter().filter(now).map(|(name, print)| (name.clone(), *print)).collect();
        let old = self.rest.iter().filter(|(name, _)| !name.contains('.') || kept.contains(name));
        in_force.extend(old.map(|(name, print)| (name.clone(), *print)));
        (self.files, self.mappings, self.rest) = (files, mappings, in_force);
        self.watch.change(interval, watched);
        notices.extend(later.into_iter().map(|(section, reason)| Notice::RestartNeeded { section, reason }));
        let reason = "it has other keys or values than at the start, besides those that can change";
        let others = others.into_iter().filter(|section| section != "reload");
        notices.extend(others.map(|section| Notice::RestartNeeded { section, reason }));
        Ok(notices)
    }
}
