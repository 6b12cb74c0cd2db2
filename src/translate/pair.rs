//! Bringing two dialects together: which can stand on which side, and the bridge between them.

use std::{fmt, sync::Arc};

use hashbrown::HashSet;

use super::{Tally, Translator};
use crate::{
    bridge::{ApplicationParts, Bridge, PlatformParts, routes},
    dialect::Registry,
    mapping::{Dialect, Literal, Mappings, Outgoing, Site},
    message::Message,
    model::{Model, Settings},
    port::Texts,
    time::{Clock, Time, Zone},
    vocabulary::Side,
};

/// Why two dialects cannot be brought together.
#[derive(Debug, PartialEq, Eq)]
pub enum PairError {
    UnknownDialect {
        name: String,
        known: Vec<String>,
    },
    /// There are no rules for this dialect on this side.
    NotOnThisSide {
        name: String,
        side: &'static str,
    },
}

impl fmt::Display for PairError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            PairError::UnknownDialect { name, known } => {
                write!(f, "there is no dialect {name:?}; there are {}", known.join(", "))
            }
            PairError::NotOnThisSide { name, side } => write!(f, "{name} has no rules for standing on the {side} side"),
        }
    }
}

/// The dialect of this name, if its rules let it stand where it is wanted.
pub fn dialect(mappings: &Mappings, name: &str, is_platform: bool) -> Result<Arc<Dialect>, PairError> {
    let Some(dialect) = mappings.dialects.get(name) else {
        let mut known: Vec<String> = mappings.dialects.keys().cloned().collect();
        known.sort();
        return Err(PairError::UnknownDialect { name: name.to_owned(), known });
    };
    // A platform that tells nothing by itself is asked, and answers.
    let (heard, said) = if is_platform {
        (&[Side::Event, Side::Reply][..], Side::Request)
    } else {
        (&[Side::Request][..], Side::Event)
    };
    let hears = dialect.from.as_ref().is_some_and(|from| heard.iter().any(|side| from.sides.contains(side)));
    let says = dialect.to.as_ref().is_some_and(|to| to.sides.contains(&said));
    if hears && says {
        return Ok(dialect.clone());
    }
    Err(PairError::NotOnThisSide { name: name.to_owned(), side: if is_platform { "platform" } else { "application" } })
}

/// One side of a translation.
#[derive(Debug, Clone, Copy)]
pub struct End<'e> {
    pub dialect: &'e str,
    /// The rule settings; their defaults where there are none.
    pub knobs: Option<&'e [Literal]>,
    pub site: &'e Site,
}

impl Translator {
    /// A translator of two dialects, with rules as they are shipped. Times that rules work with are UTC.
    pub fn new(mappings: &Mappings, registry: &Registry, from: &str, to: &str) -> Result<Translator, PairError> {
        let site = Site::default();
        let [from, to] = [from, to].map(|dialect| End { dialect, knobs: None, site: &site });
        Translator::between(mappings, registry, from, to, &Zone::default())
    }

    /// A translator of two sides as a site has them. `zone` is the zone of both where they name none.
    pub fn between(
        mappings: &Mappings,
        registry: &Registry,
        from_end: End,
        to_end: End,
        zone: &Zone,
    ) -> Result<Translator, PairError> {
        let (from, to) = (from_end.dialect, to_end.dialect);
        let platform = dialect(mappings, from, true)?;
        let application = dialect(mappings, to, false)?;
        let not = |name: &str| PairError::NotOnThisSide { name: name.to_owned(), side: "other" };
        let (incoming, outgoing) = platform.at(from_end.site, zone).ok_or_else(|| not(from))?;
        let mut model = Model::new(Settings { platform: from.to_owned(), ..Settings::default() });
        model.assume_link();
        let mut bridge = Bridge::default();
        let knobs = |end: End, outgoing: &Outgoing| match end.knobs {
            Some(knobs) => knobs.to_vec(),
            None => outgoing.knobs.iter().map(|(_, default)| default.clone()).collect(),
        };
        let index = bridge.add_platform(PlatformParts {
            name: from.to_owned(),
            conversation: registry.replaying(platform.vocabulary.clone()),
            model,
            knobs: knobs(from_end, &outgoing),
            incoming,
            outgoing,
            service_groups: Default::default(),
        });
        let (incoming, outgoing) = application.at(to_end.site, zone).ok_or_else(|| not(to))?;
        bridge.add_application(ApplicationParts {
            name: to.to_owned(),
            server: None,
            knobs: knobs(to_end, &outgoing),
            from: incoming,
            to: outgoing,
            platforms: vec![index],
            id_step: 1_000_000,
            routes: routes::Settings::default(),
            media_platform: None,
            media: application.vocabulary.media.clone(),
            read_only: Default::default(),
            labels: Vec::new(),
        });
        Ok(Translator {
            bridge,
            platform,
            application,
            notices: Vec::new(),
            strays: HashSet::new(),
            texts: Texts::default(),
            now: Time(0),
            clock: Clock::default(),
            start: None,
            relays: from == to,
            line: 0,
            tally: Tally::default(),
            explained: None,
            counted: Message::default(),
        })
    }
}
