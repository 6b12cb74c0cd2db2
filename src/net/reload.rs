//! A newly loaded configuration is compared with what runs. Everything that it needs is read, made and opened before anything
//! changes: rules, users and files of TLS are exchanged, platforms and applications come, go, or are made anew, and all others keep
//! everything. The engine's part of it is in `joining`.

use std::collections::BTreeSet;

use secrecy::SecretString;
use tokio::sync::oneshot;

use super::{
    Running,
    assemble::{Named, NewApplication, NewPlatform, Work, Workshop, rules},
    bring,
    eras::PLACES,
    input::Input,
    plan::Fate,
    sections::{self, Section},
    tls::{Ends, NewEnds},
};
use crate::{
    bridge::{Owner, Rules},
    config::{Config, certificates::Certificate},
    mapping::Mappings,
    time::Time,
};

/// The new rules of a section.
pub struct NewRules {
    pub owner: Owner,
    pub rules: Rules,
}

/// The new users of an application.
pub struct NewUsers {
    pub application: usize,
    pub users: Vec<(String, SecretString)>,
    pub read_only: Vec<String>,
}

/// What another configuration changes.
pub struct Changes {
    pub rules: Vec<NewRules>,
    pub users: Vec<NewUsers>,
    pub certificates: Vec<Certificate>,
    /// Those who go, with their sections.
    pub gone: Vec<(Owner, String)>,
    /// These get the next places.
    pub platforms: Vec<NewPlatform>,
    /// Platforms that are made anew, by their places.
    pub renewed: Vec<(usize, NewPlatform)>,
    /// These get the next places.
    pub applications: Vec<NewApplication>,
    /// Applications that hear a further platform.
    pub wider: Vec<(usize, usize)>,
    /// Platforms whose statistics are wanted from their next connection on.
    pub statistics: Vec<usize>,
}

/// What became of a new configuration.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Exchanged {
    /// The number of sections whose rules were exchanged.
    pub done: usize,
    /// The sections that came, went or were made anew, and which of it.
    pub sections: Vec<(String, &'static str)>,
    /// The sections whose changes take effect at the next start, and why.
    pub later: Vec<(String, &'static str)>,
}

impl Running {
    /// Puts another configuration in force, between two messages. `changed` are the sections that have other keys or values than
    /// before, besides those that can be exchanged. If anything cannot be had, nothing changes.
    pub async fn exchange(
        &mut self,
        config: Config,
        mappings: &Mappings,
        changed: &BTreeSet<String>,
    ) -> Result<Exchanged, String> {
        let mut new_ends = NewEnds::of(&config)?;
        let mut plan = self.sections.plan(&config, mappings, changed, &self.ends.differing(&new_ends));
        let certificates = config.certificates();
        let statistics = sections::wanting_statistics(&config);
        let mut changes = Changes {
            rules: Vec::new(),
            users: Vec::new(),
            certificates,
            gone: Vec::new(),
            platforms: Vec::new(),
            renewed: Vec::new(),
            applications: Vec::new(),
            wider: Vec::new(),
            statistics: Vec::new(),
        };
        let made = plan.made(&config);
        let fresh = Ends::from(new_ends.take(|section| made.contains(section)));
        let ends = |section: &str| plan.gone.contains(section) || made.contains(section);
        let free = self.sections.listening(ends);
        let now = Time(u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX));
        let (inputs, shutdown, tasks) = (&self.inputs, &self.shutdown, &self.tasks);
        let mut shop = Workshop { mappings, ends: &fresh, inputs, shutdown, tasks, now, free };
        let mut named: Vec<Named> = self.sections.all_named();
        named.retain(|known| !plan.gone.contains(&format!("platform.{}", known.name)));
        let mut next = self.sections.places;
        let mut noted: Vec<Noted> = Vec::new();
        for (platform, fate) in config.platforms.into_iter().zip(&plan.platforms) {
            let known = self.sections.platforms.iter().find(|known| known.name == platform.name);
            let (name, dialect, wants) =
                (platform.name.clone(), platform.dialect.clone(), statistics.contains(&platform.name));
            match (fate, known) {
                (Fate::Comes | Fate::Replaced(_), _) => {
                    let made = shop.platform((next[0], 0), platform, wants).await?;
                    named.push(Named { name: name.clone(), place: next[0], answer: None });
                    next[0] += 1;
                    noted.push(Noted::Platform { name, dialect, statistics: wants, at: changes.platforms.len() });
                    changes.platforms.push(made);
                }
                (Fate::Anew(_), Some(known)) => {
                    let made = shop.platform((known.place, known.era + 1), platform, wants).await?;
                    noted.push(Noted::Renewed { name, statistics: wants, at: changes.renewed.len() });
                    changes.renewed.push((known.place, made));
                }
                // What keeps its place may have other rules, as far as they are for its vocabulary.
                (Fate::Stays | Fate::Later(_), Some(known)) => {
                    let (incoming, outgoing) = rules(mappings, &platform.dialect, &platform.site)?;
                    let rules = Rules { incoming, outgoing, settings: platform.knobs };
                    changes.rules.push(NewRules { owner: Owner::Platform(known.place), rules });
                    changes.statistics.extend((wants && !known.statistics).then_some(known.place));
                }
                (Fate::Later(_) | Fate::Stays | Fate::Anew(_), _) => {}
            }
        }
        for (application, fate) in config.applications.into_iter().zip(&plan.applications) {
            let known = self.sections.applications.iter().find(|known| known.name == application.name);
            match (fate, known) {
                (Fate::Comes | Fate::Replaced(_), _) => {
                    let (name, dialect) = (application.name.clone(), application.dialect.clone());
                    let platforms = application.platforms.clone();
                    let made = shop.application(next[1], application, &named).await?;
                    next[1] += 1;
                    noted.push(Noted::Application { name, dialect, platforms, at: changes.applications.len() });
                    changes.applications.push(made);
                }
                (Fate::Stays | Fate::Later(_), Some(known)) => {
                    let (incoming, outgoing) = rules(mappings, &application.dialect, &application.site)?;
                    let rules = Rules { incoming, outgoing, settings: application.knobs };
                    changes.rules.push(NewRules { owner: Owner::Application(known.place), rules });
                    let read_only = application.settings.read_only.clone();
                    let users = application.settings.conversation.users();
                    changes.users.push(NewUsers { application: known.place, users, read_only });
                    let further =
                        plan.wider.iter().filter(|(name, _)| *name == known.name).flat_map(|(_, names)| names);
                    let places = further.filter_map(|name| named.iter().find(|it| it.name == *name));
                    changes.wider.extend(places.map(|platform| (known.place, platform.place)));
                    if *fate == Fate::Stays {
                        noted.push(Noted::List { name: application.name, platforms: application.platforms });
                    }
                }
                (Fate::Later(_) | Fate::Stays | Fate::Anew(_), _) => {}
            }
        }
        if next.iter().any(|places| *places >= PLACES) {
            return Err("too many platforms or applications came and went: restart the bridge".into());
        }
        drop(shop);
        let owners = |sections: &[Section], side: &str, owner: fn(usize) -> Owner| {
            let section = |known: &Section| (owner(known.place), format!("{side}.{}", known.name));
            sections.iter().map(section).filter(|(_, section)| plan.gone.contains(section)).collect::<Vec<_>>()
        };
        changes.gone.extend(owners(&self.sections.platforms, "platform", Owner::Platform));
        changes.gone.extend(owners(&self.sections.applications, "application", Owner::Application));
        // What ran of those who go, or are made anew, ends once the engine has let them go; then what is new begins.
        let old = self.sections.retire(ends);
        let work = self.note(noted, &mut changes, &plan.gone);
        let (reply, exchanged) = oneshot::channel();
        bring(&self.inputs, Input::Exchange { changes: Box::new(changes), reply }).await;
        plan.exchanged.done = exchanged.await.map_err(|_| "the bridge is stopping".to_owned())?;
        let is_replaced = |section: &str| plan.gone.contains(section) || made.contains(section);
        self.ends.exchange(new_ends, fresh, is_replaced);
        for (stop, accepts) in old {
            stop.cancel();
            if let Some(accepts) = accepts {
                let _ = accepts.await;
            }
        }
        for mut own in work {
            let task = own.begin(&self.tasks);
            self.sections.accepts(&own.section(), task);
        }
        (self.platforms, self.applications) = self.sections.addresses();
        Ok(plan.exchanged)
    }

    /// Notes what runs from now on. Hands back its I/O, which does not run yet.
    fn note(&mut self, noted: Vec<Noted>, changes: &mut Changes, gone: &BTreeSet<String>) -> Vec<Work> {
        self.sections.forget(gone);
        let sections = &mut self.sections;
        let mut work = Vec::new();
        for note in noted {
            match note {
                Noted::Platform { name, dialect, statistics, at } => {
                    let NewPlatform { parts, work: own, .. } = &mut changes.platforms[at];
                    let vocabulary = parts.incoming.vocabulary.clone();
                    sections.add_platform(&name, dialect, vocabulary, (None, false, statistics), own);
                    work.push(own.split());
                }
                Noted::Renewed { name, statistics, at } => {
                    let NewPlatform { parts, work: own, .. } = &mut changes.renewed[at].1;
                    if let Some(known) = sections.platforms.iter_mut().find(|known| known.name == name) {
                        known.renew(parts.incoming.vocabulary.clone(), own);
                        (known.statistics, known.era) = (statistics, known.era + 1);
                    }
                    work.push(own.split());
                }
                Noted::Application { name, dialect, platforms, at } => {
                    let NewApplication { parts, work: own, .. } = &mut changes.applications[at];
                    sections.add_application(&name, dialect, parts.to.vocabulary.clone(), (platforms, false), own);
                    work.push(own.split());
                }
                Noted::List { name, platforms } => {
                    if let Some(known) = sections.applications.iter_mut().find(|known| known.name == name) {
                        known.platforms = platforms;
                    }
                }
            }
        }
        work
    }
}

/// Something to be noted of a section once everything is there; `at` is the place among its sort in [`Changes`].
enum Noted {
    Platform {
        name: String,
        dialect: String,
        statistics: bool,
        at: usize,
    },
    Renewed {
        name: String,
        statistics: bool,
        at: usize,
    },
    Application {
        name: String,
        dialect: String,
        platforms: Vec<String>,
        at: usize,
    },
    /// An application that stays lists these.
    List {
        name: String,
        platforms: Vec<String>,
    },
}
