//! `[platform.…]`: the keys that every platform has. Those of its transport and its conversation are read by its dialect.

use super::dialect;
use crate::{
    dialect::{
        Registry,
        registry::{PlatformSettings, Reading},
    },
    mapping::{Literal, Mappings, Site},
    model,
    settings::{Events, Section, rules, site},
};

#[derive(Debug)]
pub struct Platform {
    pub name: String,
    pub dialect: String,
    /// The keys of its dialect.
    pub settings: PlatformSettings,
    pub model: model::Settings,
    pub knobs: Vec<Literal>,
    /// What the section says to the rules.
    pub site: Site,
}

pub fn read(name: &str, section: &Section, mappings: &Mappings, registry: &Registry) -> Option<Platform> {
    let (dialect, side) = dialect::of_platform(section, mappings, registry)?;
    let plaintext = section.flag("plaintext", false);
    let settings = (side.read)(section, &Reading { vocabulary: &dialect.vocabulary, plaintext });
    let mut model = model(name, section);
    let knobs = rules(section, dialect.to.as_deref());
    let site = Site { zone: super::zone(section), ..site(section, Some(&*dialect), Events::Come) };
    section.finish();
    let settings = settings?;
    model.service_numbers = settings.service_numbers.clone();
    Some(Platform { name: name.to_owned(), dialect: dialect.vocabulary.dialect.clone(), settings, model, knobs, site })
}

fn model(name: &str, section: &Section) -> model::Settings {
    let defaults = model::Settings::default();
    model::Settings {
        platform: name.to_owned(),
        state_grace: section.duration("state_grace", defaults.state_grace),
        wrap_grace: section.duration("wrap_grace", defaults.wrap_grace),
        call_expiry: section.duration("call_expiry", defaults.call_expiry),
        orphan_grace: section.duration("orphan_grace", defaults.orphan_grace),
        unseen_wait: section.duration("unseen_wait", defaults.unseen_wait),
        id_grace: section.duration("id_grace", defaults.id_grace),
        link_grace: section.duration("link_grace", defaults.link_grace),
        resync_grace: section.duration("resync_grace", defaults.resync_grace),
        request_grace: section.duration("request_grace", defaults.request_grace),
        max_calls: section.number("max_calls", defaults.max_calls as u32) as usize,
        max_agents: section.number("max_agents", defaults.max_agents as u32) as usize,
        max_services: section.number("max_services", defaults.max_services as u32) as usize,
        max_requests: section.number("max_requests", defaults.max_requests as u32) as usize,
        service_numbers: Default::default(),
        max_memory: section.size("max_memory", defaults.max_memory),
    }
}
