//! The things behind the bridge that an application's conversation can look up, under the application's own ids.

use super::abilities::Able;
use super::{ids::Ids, platform::Platform};
use crate::{
    model::OrderKind,
    port::{Abilities, Directory, Entry, Known, Thing},
};

/// The directory of one application.
pub(super) struct Offered<'o> {
    pub ids: &'o Ids,
    /// The application's platforms, in its order.
    pub places: &'o [usize],
    pub platforms: &'o [Platform],
    /// By place: messages of this platform pass whole, statistics among them, which no rule says.
    pub passing: &'o [bool],
}

impl Offered<'_> {
    fn pictures(&self) -> impl Iterator<Item = (usize, &Platform)> {
        self.places.iter().enumerate().map(|(place, platform)| (place, &self.platforms[*platform]))
    }

    fn shows(&self, (place, platform): (usize, &Platform), thing: Thing, id: i64) -> bool {
        match thing {
            Thing::Agent => {
                let mut agents = platform.model.agents();
                agents.any(|(_, agent)| agent.id.as_ref().is_some_and(|native| self.ids.agent(place, native) == id))
            }
            Thing::Service => {
                let mut services = platform.model.services();
                services.any(|(_, service)| self.ids.service(place, service.kind, &service.id) == id)
            }
            Thing::Call => self.ids.call_of_id(id).is_some(),
        }
    }
}

impl Abilities for Offered<'_> {
    /// Somebody whom no platform has shown is asked of the first.
    fn lacks(&self, order: OrderKind, agent: i64, call: i64) -> Option<String> {
        let owner = self.ids.call_of_id(call).map(|(platform, _)| platform);
        let able = |(place, platform)| Able { ids: self.ids, platform, index: self.places[place], place };
        let has_call = |able: &Able| owner == Some(able.index);
        let mut pictures = self.pictures().map(able).collect::<smallvec::SmallVec<[Able; 4]>>();
        let found = pictures.iter().position(has_call);
        let found = found.or_else(|| pictures.iter().position(|able| able.agent(agent).is_some())).unwrap_or(0);
        if pictures.is_empty() {
            Some("no platform is there".into())
        } else {
            pictures.remove(found).lacks(order, agent, call)
        }
    }
}

impl Directory for Offered<'_> {
    fn stamp(&self) -> &str {
        self.pictures().next().map(|(_, platform)| platform.stamps()[0]).unwrap_or_default()
    }

    /// A platform keeps its agents and services while it is not connected.
    fn entries(&self, agents: bool) -> Vec<Entry> {
        let mut entries = Vec::new();
        for (place, platform) in self.pictures() {
            if agents {
                let shown = platform.model.agents().filter(|(_, agent)| agent.shown);
                entries.extend(shown.filter_map(|(_, agent)| {
                    let id = self.ids.agent(place, agent.id.as_ref()?);
                    Some(Entry { id, kind: None, number: agent.number.clone(), name: agent.name.clone() })
                }));
                continue;
            }
            let told = platform.model.services().map(|(_, service)| service).filter(|service| service.told);
            entries.extend(told.map(|service| {
                let id = self.ids.service(place, service.kind, &service.id);
                Entry { id, kind: Some(service.kind), number: String::new(), name: service.name.clone() }
            }));
        }
        entries.sort_by_key(|entry| entry.id);
        entries
    }

    fn passes(&self) -> bool {
        self.passing.contains(&true)
    }

    fn passes_for(&self, thing: Thing, id: &str) -> bool {
        let Ok(number) = id.parse() else { return false };
        let mut passing = self.pictures().filter(|(place, _)| self.passing[*place]);
        passing.any(|picture| self.shows(picture, thing, number))
    }

    fn knows(&self, thing: Thing, id: &str) -> Known {
        let Ok(number) = id.parse::<i64>() else { return Known::No };
        if self.pictures().any(|picture| self.shows(picture, thing, number)) {
            return Known::Yes;
        }
        match thing {
            // A call that began before the bridge did is shown by its next event.
            Thing::Call if number > 0 => Known::Maybe,
            Thing::Call => Known::No,
            Thing::Agent | Thing::Service => {
                match self.pictures().all(|(_, platform)| platform.model.has_shown_everything()) {
                    true => Known::No,
                    false => Known::Maybe,
                }
            }
        }
    }
}
