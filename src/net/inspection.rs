//! The engine's answers to those who operate the bridge: the links to platforms, the latest complaints, and the metrics.
//! How they are asked for is the business of `admin` and `control`.

use std::collections::HashMap;

use super::{
    engine::{Engine, Link},
    input::{PlatformLink, Readiness},
    metrics::{Fill, Moment},
    post::Posts,
};
use crate::{
    bridge::{Owner, Platform},
    model::LinkState,
    one_line::one_line,
    port::{Connection, Level, Notice},
};

/// How many of the latest complaints are kept for a support case.
const COMPLAINTS: usize = 200;

/// A notice of level warn and above.
pub(super) struct Complaint {
    pub about: Option<Owner>,
    /// Its text and fields.
    pub words: String,
    /// The same with its time, its level and whom it is about.
    pub line: String,
}

impl Engine {
    /// Keeps a notice of level warn and above.
    pub(super) fn keep_complaint(&mut self, about: Option<Owner>, notice: &Notice) {
        if !matches!(notice.level(), Level::Warn | Level::Error) {
            return;
        }
        if self.complaints.len() == COMPLAINTS {
            self.complaints.pop_front();
        }
        let name = about.map_or("", |owner| self.name(owner));
        let line = format!("{:.3} {} {name} {notice}", jiff::Timestamp::now(), notice.level().name());
        let (line, words) = (one_line(&line).into_owned(), one_line(&notice.to_string()).into_owned());
        self.complaints.push_back(Complaint { about, words, line });
    }

    /// Somebody goes: what was complained of it is nobody's standing any more.
    pub(super) fn forget_complaints(&mut self, owner: Owner) {
        let of_owner = self.complaints.iter_mut().filter(|complaint| complaint.about == Some(owner));
        of_owner.for_each(|complaint| complaint.about = None);
    }

    pub(super) fn complaint_lines(&self) -> Vec<String> {
        self.complaints.iter().map(|complaint| complaint.line.clone()).collect()
    }

    /// How all platforms stand.
    pub(super) fn readiness(&self) -> Readiness {
        let link = |(index, platform): (usize, &Platform)| PlatformLink {
            name: platform.name.clone(),
            is_up: platform.model.link() == LinkState::Up,
            is_held_back: platform.is_held_back(),
            away: platform.away.clone(),
            last_complaint: self.last_complaint(Owner::Platform(index)),
        };
        let platforms = self.bridge.platforms().present().filter(|(_, it)| !it.is_leaving).map(link).collect();
        Readiness { platforms, store_failed: self.store_failed.clone() }
    }

    /// The words of the latest complaint about a platform or an application.
    fn last_complaint(&self, owner: Owner) -> Option<String> {
        let of_owner = self.complaints.iter().rev().find(|complaint| complaint.about == Some(owner));
        of_owner.map(|complaint| complaint.words.clone())
    }

    /// The metrics of this moment.
    pub(super) fn report(&self) -> String {
        let moment = Moment {
            now: self.now(),
            waiting: self.waiting(),
            unposted: self.ways.iter().map(|way| way.posts.as_ref().map(Posts::fill)).collect(),
            inputs: (self.inputs.max_capacity() - self.inputs.capacity(), self.inputs.max_capacity()),
            certificates: &self.certificates,
            telemetry: self.telemetry.as_ref(),
        };
        self.metrics.render(&self.bridge, &moment)
    }

    /// How much waits for each session of each application.
    fn waiting(&self) -> HashMap<(usize, u32), Fill> {
        let of = |(owner, connection): &(Owner, Connection), fill| match owner {
            Owner::Application(index) => Some(((*index, connection.number()), fill)),
            Owner::Platform(_) => None,
        };
        let calls = self.calls.iter().filter_map(|(key, calls)| of(key, calls.fill()));
        let links = self.links.iter().filter_map(|(key, link)| match link {
            Link::Open(writer) => of(key, writer.waiting.fill()),
            Link::Dialling(_) => None,
        });
        calls.chain(links).collect()
    }
}
