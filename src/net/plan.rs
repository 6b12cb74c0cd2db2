//! What a new configuration means for each platform and application that runs, or shall. Nothing is done here.

use std::collections::BTreeSet;

use super::{
    reload::Exchanged,
    sections::{self, Section, Sections},
};
use crate::{
    config::{Application, Config, Platform},
    mapping::Mappings,
};

const STARTED: &str = "it is new";
const ENDED: &str = "it is gone";
const CHANGED: &str = "it has other keys or values, besides those that can be exchanged";
const VOCABULARY: &str = "its vocabulary changed";
const TLS: &str = "TLS came or went, or names another server";
const DIALECT: &str = "it speaks another dialect";
const LIST: &str = "its list of platforms changed, other than at its end";
const ROUTES: &str = "it takes part in routing";

/// What is to be done with a section of the new configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Its rules, users and certificates are exchanged.
    Stays,
    Comes,
    /// A platform goes on with its picture and another conversation.
    Anew(&'static str),
    /// It goes, and comes as another one.
    Replaced(&'static str),
    /// It stays as it is until the next start, or does not come until then.
    Later(&'static str),
}

/// What is done with all sections of a configuration.
pub struct Plan {
    /// By place in the configuration.
    pub platforms: Vec<Fate>,
    pub applications: Vec<Fate>,
    /// Sections that run and are not in the configuration, or are replaced.
    pub gone: BTreeSet<String>,
    /// Platforms that applications hear further, by the application's name.
    pub wider: Vec<(String, Vec<String>)>,
    pub exchanged: Exchanged,
}

impl Plan {
    /// The sections that are made.
    pub fn made(&self, config: &Config) -> BTreeSet<String> {
        let is_made = |fate: &Fate| matches!(fate, Fate::Comes | Fate::Anew(_) | Fate::Replaced(_));
        let platforms = config.platforms.iter().zip(&self.platforms).filter(|(_, fate)| is_made(fate));
        let applications = config.applications.iter().zip(&self.applications).filter(|(_, fate)| is_made(fate));
        let platforms = platforms.map(|(platform, _)| format!("platform.{}", platform.name));
        platforms.chain(applications.map(|(application, _)| format!("application.{}", application.name))).collect()
    }

    fn decide(&mut self, section: String, fate: Fate) -> Fate {
        match fate {
            Fate::Stays => {}
            Fate::Comes => self.exchanged.sections.push((section, STARTED)),
            Fate::Anew(why) => self.exchanged.sections.push((section, why)),
            Fate::Replaced(why) => {
                self.gone.insert(section.clone());
                self.exchanged.sections.push((section, why));
            }
            Fate::Later(why) => self.exchanged.later.push((section, why)),
        }
        fate
    }

    /// A section is not in the configuration any more.
    fn end(&mut self, section: String, routes: bool) {
        if routes {
            return self.exchanged.later.push((section, ROUTES));
        }
        self.gone.insert(section.clone());
        self.exchanged.sections.push((section, ENDED));
    }
}

/// What differs between what runs and the configuration.
struct Compared<'c> {
    mappings: &'c Mappings,
    /// Sections with other keys or values, or another sort of TLS.
    changed: &'c BTreeSet<String>,
    tls: &'c BTreeSet<String>,
}

impl Compared<'_> {
    /// Why a section cannot go on with what it has.
    fn why(&self, known: &Section, section: &str, dialect: &str) -> Option<&'static str> {
        let loaded = self.mappings.dialects.get(dialect);
        if known.dialect != dialect {
            Some(DIALECT)
        } else if loaded.is_some_and(|loaded| !known.speaks(&loaded.vocabulary)) {
            Some(VOCABULARY)
        } else if self.tls.contains(section) {
            Some(TLS)
        } else {
            self.changed.contains(section).then_some(CHANGED)
        }
    }

    fn platform(&self, known: Option<&Section>, platform: &Platform) -> Fate {
        let routes = sections::routes(platform) || known.is_some_and(|known| known.routes);
        let Some(known) = known else { return if routes { Fate::Later(ROUTES) } else { Fate::Comes } };
        let names = |loaded: &crate::mapping::Dialect| loaded.vocabulary.call_names.clone();
        let has_same_names = self.mappings.dialects.get(&platform.dialect).map(|loaded| names(loaded));
        let has_same_names = has_same_names.as_ref() == Some(&known.vocabulary.call_names);
        match self.why(known, &format!("platform.{}", platform.name), &platform.dialect) {
            None => Fate::Stays,
            Some(_) if routes => Fate::Later(ROUTES),
            // Its calls are known by names that the new one does not have.
            Some(why) if known.dialect != platform.dialect || !has_same_names => Fate::Replaced(why),
            Some(why) => Fate::Anew(why),
        }
    }
}

impl Sections {
    /// Compares what runs with a configuration. `changed` are the sections with other keys or values, `tls` those whose TLS is of
    /// another sort.
    pub fn plan(
        &self,
        config: &Config,
        mappings: &Mappings,
        changed: &BTreeSet<String>,
        tls: &BTreeSet<String>,
    ) -> Plan {
        let compared = Compared { mappings, changed, tls };
        let mut plan = Plan {
            platforms: Vec::new(),
            applications: Vec::new(),
            gone: BTreeSet::new(),
            wider: Vec::new(),
            exchanged: Exchanged::default(),
        };
        for platform in &config.platforms {
            let known = self.platforms.iter().find(|known| known.name == platform.name);
            let fate = compared.platform(known, platform);
            let fate = plan.decide(format!("platform.{}", platform.name), fate);
            plan.platforms.push(fate);
        }
        for known in &self.platforms {
            if !config.platforms.iter().any(|platform| platform.name == known.name) {
                plan.end(format!("platform.{}", known.name), known.routes);
            }
        }
        for application in &config.applications {
            let known = self.applications.iter().find(|known| known.name == application.name);
            let fate = self.application(&compared, known, application, config, &mut plan);
            let fate = plan.decide(format!("application.{}", application.name), fate);
            plan.applications.push(fate);
        }
        for known in &self.applications {
            if !config.applications.iter().any(|application| application.name == known.name) {
                plan.end(format!("application.{}", known.name), known.routes);
            }
        }
        plan
    }

    fn application(
        &self,
        compared: &Compared,
        known: Option<&Section>,
        application: &Application,
        config: &Config,
        plan: &mut Plan,
    ) -> Fate {
        let fates = || config.platforms.iter().zip(&plan.platforms);
        let fate_of = |name: &String| fates().find(|(it, _)| it.name == *name).map(|(_, fate)| *fate);
        let runs = |name: &String| self.platforms.iter().any(|known| known.name == *name);
        let comes_later = |name: &String| matches!(fate_of(name), Some(Fate::Later(_))) && !runs(name);
        let routes = sections::asks_for_routes(application) || known.is_some_and(|known| known.routes);
        if application.platforms.iter().any(comes_later) {
            return Fate::Later(ROUTES);
        }
        let Some(known) = known else { return if routes { Fate::Later(ROUTES) } else { Fate::Comes } };
        let stays =
            |name: &String| runs(name) && matches!(fate_of(name), Some(Fate::Stays | Fate::Anew(_) | Fate::Later(_)));
        let (old, new) = (&known.platforms, &application.platforms);
        let common = old.iter().zip(new).take_while(|(one, other)| one == other && stays(one)).count();
        // Ids follow from the place in the list: platforms can only be added or taken away behind the others.
        let is_gone = |name: &String| fate_of(name).is_none() && plan.gone.contains(&format!("platform.{name}"));
        let is_shorter = common == new.len() && old[common..].iter().all(is_gone);
        let list = (common < old.len() && !is_shorter).then_some(LIST);
        let why = compared.why(known, &format!("application.{}", application.name), &application.dialect);
        match why.or(list) {
            None if common == old.len() && routes && common < new.len() => Fate::Later(ROUTES),
            None => {
                if common < new.len() {
                    plan.wider.push((application.name.clone(), new[common..].to_vec()));
                }
                Fate::Stays
            }
            Some(_) if routes => Fate::Later(ROUTES),
            Some(why) => Fate::Replaced(why),
        }
    }
}
