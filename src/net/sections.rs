//! The platforms and applications that run: what the next configuration is compared with, and what it is told of where they listen.

use std::{collections::BTreeSet, net::SocketAddr, sync::Arc, time::Duration};

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::assemble::{Listening, Named, Work};
use crate::{
    config::{Application, Config, Platform},
    vocabulary::Vocabulary,
};

/// One that runs.
pub struct Section {
    pub name: String,
    pub dialect: String,
    pub vocabulary: Arc<Vocabulary>,
    pub place: usize,
    /// How often it was made anew: of a platform.
    pub era: u32,
    /// The platforms that it lists: of an application.
    pub platforms: Vec<String>,
    /// It routes, is routed, or asks for routes.
    pub routes: bool,
    pub answer: Option<Duration>,
    /// Its statistics are subscribed to.
    pub statistics: bool,
    pub stop: CancellationToken,
    pub listening: Option<Listening>,
    address: Option<SocketAddr>,
    /// Ends when nothing is accepted any more.
    pub accepts: Option<JoinHandle<()>>,
}

/// All that run.
#[derive(Default)]
pub struct Sections {
    pub platforms: Vec<Section>,
    pub applications: Vec<Section>,
    /// How many places of the bridge were given so far.
    pub places: [usize; 2],
}

impl Section {
    fn new(name: &str, dialect: String, vocabulary: Arc<Vocabulary>, place: usize, work: &Work) -> Section {
        Section {
            name: name.to_owned(),
            dialect,
            vocabulary,
            place,
            era: 0,
            platforms: Vec::new(),
            routes: false,
            answer: None,
            statistics: false,
            stop: work.stop.clone(),
            listening: work.listening.clone(),
            address: work.address,
            accepts: None,
        }
    }

    /// It is made anew.
    pub fn renew(&mut self, vocabulary: Arc<Vocabulary>, work: &Work) {
        (self.vocabulary, self.stop) = (vocabulary, work.stop.clone());
        (self.listening, self.address) = (work.listening.clone(), work.address);
    }

    /// Whether this vocabulary is the one that it runs with.
    pub fn speaks(&self, vocabulary: &Arc<Vocabulary>) -> bool {
        Arc::ptr_eq(&self.vocabulary, vocabulary) || self.vocabulary.source.text == vocabulary.source.text
    }
}

impl Sections {
    /// Notes a platform at the next place.
    pub fn add_platform(
        &mut self,
        name: &str,
        dialect: String,
        vocabulary: Arc<Vocabulary>,
        (answer, routes, statistics): (Option<Duration>, bool, bool),
        work: &Work,
    ) {
        let section = Section::new(name, dialect, vocabulary, self.places[0], work);
        self.platforms.push(Section { answer, routes, statistics, ..section });
        self.places[0] += 1;
    }

    /// Notes an application at the next place.
    pub fn add_application(
        &mut self,
        name: &str,
        dialect: String,
        vocabulary: Arc<Vocabulary>,
        (platforms, routes): (Vec<String>, bool),
        work: &Work,
    ) {
        let section = Section::new(name, dialect, vocabulary, self.places[1], work);
        self.applications.push(Section { platforms, routes, ..section });
        self.places[1] += 1;
    }

    pub fn all(&mut self) -> impl Iterator<Item = (String, &mut Section)> {
        let platforms = self.platforms.iter_mut().map(|it| (format!("platform.{}", it.name), it));
        platforms.chain(self.applications.iter_mut().map(|it| (format!("application.{}", it.name), it)))
    }

    /// Listeners of sections that end, which others may take over.
    pub fn listening(&mut self, ends: impl Fn(&str) -> bool) -> Vec<Listening> {
        self.all().filter(|(name, _)| ends(name)).filter_map(|(_, section)| section.listening.clone()).collect()
    }

    /// What ends the I/O of sections that end, and the tasks that accept for them.
    pub fn retire(&mut self, ends: impl Fn(&str) -> bool) -> Vec<(CancellationToken, Option<JoinHandle<()>>)> {
        let ending = self.all().filter(|(name, _)| ends(name));
        ending.map(|(_, section)| (section.stop.clone(), section.accepts.take())).collect()
    }

    pub fn forget(&mut self, gone: &BTreeSet<String>) {
        self.platforms.retain(|it| !gone.contains(&format!("platform.{}", it.name)));
        self.applications.retain(|it| !gone.contains(&format!("application.{}", it.name)));
    }

    /// Notes what accepts the connections of a section.
    pub fn accepts(&mut self, section: &str, task: Option<JoinHandle<()>>) {
        if let Some((_, found)) = self.all().find(|(name, _)| name == section) {
            found.accepts = task;
        }
    }

    pub fn named(&self, name: &str) -> Option<Named> {
        let found = self.platforms.iter().find(|known| known.name == name)?;
        Some(Named { name: found.name.clone(), place: found.place, answer: found.answer })
    }

    pub fn all_named(&self) -> Vec<Named> {
        self.platforms.iter().filter_map(|it| self.named(&it.name)).collect()
    }

    /// Where platforms connect or call back, and where applications are served, in the order of their names.
    pub fn addresses(&mut self) -> (Vec<Option<SocketAddr>>, Vec<SocketAddr>) {
        self.platforms.sort_by(|one, other| one.name.cmp(&other.name));
        self.applications.sort_by(|one, other| one.name.cmp(&other.name));
        let platforms = self.platforms.iter().map(|it| it.address).collect();
        (platforms, self.applications.iter().filter_map(|it| it.address).collect())
    }
}

/// Platforms whose statistics an application may want.
pub fn wanting_statistics(config: &Config) -> Vec<String> {
    let wanting = config.applications.iter().filter(|application| application.statistics);
    wanting.flat_map(|application| application.platforms.iter().cloned()).collect()
}

/// Whether a platform routes, or is routed.
pub fn routes(platform: &Platform) -> bool {
    platform.settings.answer_time.is_some() || platform.settings.routed_by.is_some()
}

/// Whether an application asks for routes.
pub fn asks_for_routes(application: &Application) -> bool {
    application.routed_by.is_some()
}
