//! `[application.…]`: the keys that every application has. Those of its transport and its conversation are read by its dialect.

use super::dialect;
use crate::{
    bridge::routes,
    dialect::{
        Registry,
        registry::{ApplicationSettings, Reading},
    },
    mapping::{Dialect, Literal, Mappings, Site},
    model::Media,
    settings::{Events, Listen, Section, rules, site},
};

#[derive(Debug)]
pub struct Application {
    pub name: String,
    pub dialect: String,
    pub listen: Listen,
    pub platforms: Vec<String>,
    pub routes: routes::Settings,
    /// The platform that routes are asked of.
    pub routed_by: Option<String>,
    pub id_step: i64,
    pub media: Vec<Media>,
    pub knobs: Vec<Literal>,
    /// What the section says to the rules.
    pub site: Site,
    /// The keys of its dialect.
    pub settings: ApplicationSettings,
    /// Its clients are guests of one platform of the same dialect.
    pub guests: bool,
    /// Its clients can subscribe to statistics.
    pub statistics: bool,
}

pub fn read(name: &str, section: &Section, mappings: &Mappings, registry: &Registry) -> Option<Application> {
    let plaintext = section.flag("plaintext", false);
    let listen = Listen::read(section, plaintext);
    let found = dialect::of_application(section, mappings, registry);
    let guests = found.as_ref().is_some_and(|(_, side)| side.guests);
    let platforms = platforms(section, found.as_ref().map(|(dialect, _)| &*dialect.vocabulary.dialect), guests);
    let between =
        if guests { Between::nothing() } else { Between::read(section, found.as_ref().map(|(dialect, _)| &**dialect)) };
    // Which keys there are beside these only the dialect knows.
    let (dialect, side) = found?;
    let settings = (side.read)(section, &Reading { vocabulary: &dialect.vocabulary, plaintext });
    section.finish();
    let Between { routes, routed_by, id_step, media, knobs, site } = between;
    Some(Application {
        name: name.to_owned(),
        dialect: dialect.vocabulary.dialect.clone(),
        listen: listen?,
        platforms,
        routes,
        routed_by,
        id_step,
        media,
        knobs,
        site,
        settings: settings?,
        guests,
        statistics: side.statistics,
    })
}

/// `platforms`: those that are listened to, the one first whose ids stay what they are.
fn platforms(section: &Section, dialect: Option<&str>, guests: bool) -> Vec<String> {
    let platforms = section.list("platforms").unwrap_or_default();
    for (place, name) in platforms.iter().enumerate() {
        if platforms[..place].contains(name) {
            section.problem("platforms", format!("{name:?} stands twice"));
        }
    }
    match dialect {
        Some(dialect) if guests && platforms.len() > 1 => {
            let text = format!("an application of {dialect} has one platform: ids would be given twice");
            section.problem("platforms", text);
        }
        Some(_) | None if platforms.is_empty() && !guests => {
            section.missing("platforms", format!("`{}.platforms` names no platform", section.path));
        }
        Some(_) | None => {}
    }
    platforms
}

/// The keys of what stands between an application and its platforms.
struct Between {
    routes: routes::Settings,
    routed_by: Option<String>,
    id_step: i64,
    media: Vec<Media>,
    knobs: Vec<Literal>,
    site: Site,
}

impl Between {
    /// Guests are answered by their platform: nothing is between.
    fn nothing() -> Between {
        let routes = routes::Settings::default();
        Between { routes, routed_by: None, id_step: 1, media: Vec::new(), knobs: Vec::new(), site: Site::default() }
    }

    fn read(section: &Section, dialect: Option<&Dialect>) -> Between {
        let defaults = routes::Settings::default();
        Between {
            routes: routes::Settings {
                timeout: section.duration("route_timeout", defaults.timeout),
                most: section.number("max_routes", defaults.most as u32) as usize,
                ..defaults
            },
            routed_by: section.text("routes"),
            id_step: i64::from(section.number("id_step", 1_000_000u32)),
            media: media(section, dialect.map_or(&[], |dialect| &dialect.vocabulary.media)),
            knobs: rules(section, dialect.and_then(|dialect| dialect.to.as_deref())),
            site: Site { zone: super::zone(section), ..site(section, dialect, Events::Go) },
        }
    }
}

fn media(section: &Section, default: &[Media]) -> Vec<Media> {
    let Some(names) = section.list("media") else { return default.to_vec() };
    let medium = |name: &String| {
        let known = Media::from_name(name);
        if known.is_none() {
            let known: Vec<&str> = Media::names().collect();
            section.problem("media", format!("{name:?} is no medium; there are {}", known.join(", ")));
        }
        known
    };
    names.iter().filter_map(medium).collect()
}
