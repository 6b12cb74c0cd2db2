//! What is lost between two dialects: the fates of `Coverage` that are losses, with those that only both rule files together
//! show, each once per reason. How they are shown is `page`'s.

use hashbrown::HashSet;
use serde::Serialize;

use super::{
    heard::{orders, role_attribute},
    report::{Coverage, Detail, Fate, Field, Heard},
    theme::theme,
    usage::Usage,
};
use crate::{
    mapping::{
        incoming::{Incoming, settable},
        mappings::Dialect,
        outgoing::Outgoing,
    },
    model::{Attribute, ChangeKind, Meaning, Occasion, RequestKind, TransitionKind},
    vocabulary::Side,
};

/// Attributes that the model finds by itself where no message tells them.
const INFERRED: [&str; 13] = [
    "state",
    "agent.state",
    "call.direction",
    "call.type",
    "call.abandoned",
    "call.queued-date",
    "call.queued-time",
    "call.data",
    "failure",
    "reason",
    "reject-reason",
    "status",
    "timeout",
];

/// How rules say that a message is the conversations' own: it is not lost.
const HANDLED: &str = "handled by the conversation";

/// All that is lost between a platform's dialect and an application's.
#[derive(Debug, Serialize)]
pub struct Losses {
    pub from: String,
    pub to: String,
    /// Messages pass whole, because both sides speak one dialect: nothing is lost.
    pub whole: bool,
    pub sections: Vec<Section>,
    /// The messages of the capture that the losses were counted in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capture: Option<u64>,
}

/// Losses of one sort.
#[derive(Debug, Serialize)]
pub struct Section {
    pub title: &'static str,
    /// What a line of it is about.
    pub unit: &'static str,
    pub losses: Vec<Loss>,
    /// How many of its messages or fields there are in all.
    pub of: usize,
}

/// Messages or fields that are lost for one reason.
#[derive(Debug, Serialize)]
pub struct Loss {
    pub places: Vec<Place>,
    pub reason: String,
    /// Only under conditions that the reason names.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub sometimes: bool,
    pub theme: &'static str,
    /// How often it occurs in a capture; none if a capture cannot show it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

impl Place {
    fn message(message: &str) -> Place {
        Place { message: message.to_owned(), field: None }
    }

    fn field(message: &str, field: &str) -> Place {
        Place { message: message.to_owned(), field: Some(field.to_owned()) }
    }
}

impl Section {
    fn new(title: &'static str, unit: &'static str, of: usize) -> Section {
        Section { title, unit, losses: Vec::new(), of }
    }

    /// Adds a place to the loss of this reason.
    fn add(&mut self, place: Place, reason: &str, sometimes: bool) {
        let known = self.losses.iter_mut().find(|loss| loss.reason == reason && loss.sometimes == sometimes);
        match known {
            Some(loss) if loss.places.contains(&place) => {}
            Some(loss) => loss.places.push(place),
            None => {
                let theme = theme(&place.message, place.field.as_deref(), reason);
                self.losses.push(Loss {
                    places: vec![place],
                    reason: reason.to_owned(),
                    sometimes,
                    theme,
                    count: None,
                });
            }
        }
    }

    /// The number of messages or fields that are lost, each once.
    pub fn lost(&self) -> usize {
        let places = self.losses.iter().filter(|loss| !loss.sometimes).flat_map(|loss| &loss.places);
        let mut lost: Vec<(&str, Option<&str>)> =
            places.map(|place| (place.message.as_str(), place.field.as_deref())).collect();
        lost.sort_unstable();
        lost.dedup();
        lost.len()
    }

    /// Counts each loss in a capture; what does not occur in it is left out. `count` is none for a place that no capture
    /// shows.
    fn weigh(&mut self, count: impl Fn(&Place) -> Option<u64>) {
        for loss in &mut self.losses {
            loss.count = loss.places.iter().map(&count).sum();
            loss.places.retain(|place| count(place) != Some(0));
            loss.places.sort_by_key(|place| std::cmp::Reverse(count(place)));
        }
        self.losses.retain(|loss| loss.count != Some(0));
        self.losses.sort_by_key(|loss| std::cmp::Reverse(loss.count));
    }
}

impl Losses {
    /// The losses between two dialects, if both have rules for their sides.
    pub fn of(platform: &Dialect, application: &Dialect) -> Option<Losses> {
        let coverage = Coverage::of(platform, application)?;
        let (from, order) = (platform.from.as_ref()?, platform.to.as_ref()?);
        let (asks, tell) = (application.from.as_ref()?, application.to.as_ref()?);
        if coverage.from == coverage.to {
            let (from, to) = (coverage.from, coverage.to);
            return Some(Losses { from, to, whole: true, sections: Vec::new(), capture: None });
        }
        let untold = untold(&coverage, from, asks, tell);
        let unfilled = unfilled(&coverage, &untold, from, asks, tell);
        let sections = vec![
            refused(&coverage, asks, order),
            unheard(&coverage, from),
            untold,
            unfilled,
            dropped(&coverage.events, from, "Data of the platform's events that no event has"),
            dropped(&coverage.requests, asks, "Data of requests that the platform never gets"),
        ];
        Some(Losses { from: coverage.from, to: coverage.to, whole: false, sections, capture: None })
    }

    /// Counts the losses in a capture.
    pub fn weigh(&mut self, usage: &Usage) {
        let field = |place: &Place| usage.field(&place.message, place.field.as_deref().unwrap_or_default());
        let [refused, unheard, untold, unfilled, dropped, unasked] = &mut self.sections[..] else { return };
        refused.weigh(|place| Some(usage.message(&place.message)));
        unheard.weigh(|place| Some(usage.message(&place.message)));
        untold.weigh(|_| None);
        unfilled.weigh(|place| Some(usage.told(&place.message)));
        dropped.weigh(|place| Some(field(place)));
        unasked.weigh(|place| Some(field(place)));
        self.capture = Some(usage.messages());
    }
}

/// Requests that the platform always or sometimes refuses.
fn refused(coverage: &Coverage, asks: &Incoming, order: &Outgoing) -> Section {
    let requests = coverage.requests.iter().filter(|heard| !heard.session).count();
    let mut section = Section::new("Requests that are refused", "requests", requests);
    let said = |reason: &str| format!("{} {reason}", coverage.from);
    for heard in &coverage.requests {
        if let Some(reason) = &heard.refused {
            section.add(Place::message(&heard.message), &said(reason), false);
        }
    }
    for (kind, def) in asks.vocabulary.kinds().filter(|(_, def)| def.side == Side::Request && !def.session) {
        if coverage.requests.iter().any(|heard| heard.message == def.label && heard.refused.is_some()) {
            continue;
        }
        let rules = &asks.plans[kind.0 as usize].rules;
        for order_kind in rules.iter().flat_map(|rule| orders(order, rule.means)) {
            let plan = order.plan(order_kind);
            let lacking = plan.ignored.iter().filter(|_| plan.rules.is_empty() && plan.steps.is_empty());
            for reason in plan.refusals.iter().map(|refusal| &refusal.because).chain(lacking) {
                section.add(Place::message(&def.label), &said(reason), true);
            }
        }
    }
    section
}

/// Events of the platform of which the application hears nothing.
fn unheard(coverage: &Coverage, from: &Incoming) -> Section {
    let events = || coverage.events.iter().filter(|heard| is_told(heard, from));
    let mut section = Section::new("Events of the platform that are never told", "events", events().count());
    for heard in events() {
        if let Some(reason) = &heard.ignored {
            section.add(Place::message(&heard.message), reason, false);
        }
    }
    section
}

/// Whether a message is for the other side. Replies, and what the conversations say to each other, are not.
fn is_told(heard: &Heard, rules: &Incoming) -> bool {
    let vocabulary = &rules.vocabulary;
    let is_reply = vocabulary.find(&heard.message).is_some_and(|kind| vocabulary.message(kind).side == Side::Reply);
    let is_handled = heard.ignored.as_ref().is_some_and(|reason| reason.starts_with(HANDLED));
    !heard.session && !is_reply && !is_handled
}

/// The application's events that nothing causes.
fn untold(coverage: &Coverage, from: &Incoming, asks: &Incoming, tell: &Outgoing) -> Section {
    let is_handled = |reason: &String| reason.starts_with(HANDLED);
    let told = || coverage.told.iter().filter(|said| !said.unsaid.as_ref().is_some_and(is_handled));
    let mut section = Section::new("Events that the application never gets", "events", told().count());
    let possible = Possible::of(from, asks);
    for said in told() {
        let place = || Place::message(&said.message);
        if let Some(reason) = &said.unsaid {
            section.add(place(), reason, false);
            continue;
        }
        let says = |occasion: Occasion| {
            let rules = &tell.plan(occasion).rules;
            rules.iter().any(|rule| tell.vocabulary.message(rule.emit).label == said.message)
        };
        if !Occasion::all().any(|occasion| says(occasion) && possible.has(occasion)) {
            section.add(place(), &format!("no message of {} causes it", coverage.from), false);
        }
    }
    section
}

/// The transitions that a platform's events and an application's requests can bring about.
struct Possible {
    caused: HashSet<Occasion>,
    has_events: bool,
}

impl Possible {
    fn of(from: &Incoming, asks: &Incoming) -> Possible {
        let means = |rules: &Incoming, asked: bool| -> Vec<Meaning> {
            let means = rules.plans.iter().flat_map(|plan| &plan.rules).map(|rule| rule.means);
            means.filter(|means| means.is_request() == asked).collect()
        };
        let told = means(from, false);
        let routes = told.contains(&Meaning::Change(ChangeKind::RouteAsked));
        // Nothing comes of a route that nobody asked for.
        let asked =
            means(asks, true).into_iter().filter(|means| routes || *means != Meaning::Request(RequestKind::Route));
        let caused = told.into_iter().chain(asked).flat_map(Meaning::occasions).collect();
        let is_event = |side: &Side| *side == Side::Event;
        Possible { caused, has_events: from.sides.iter().any(is_event) }
    }

    /// Routes are only told of where the platform asks for them. Everything else may follow from the picture that any
    /// events make, from the link, or from time.
    fn has(&self, occasion: Occasion) -> bool {
        use TransitionKind as T;
        let of_route = [T::RouteRequested, T::Routed, T::RouteUsed, T::RouteRejected].map(Occasion::Transition);
        let of_route = of_route.contains(&occasion);
        let of_link = !Meaning::all().any(|meaning| meaning.occasions().any(|caused| caused == occasion));
        self.caused.contains(&occasion) || (!of_route && self.has_events) || of_link
    }
}

/// Fields of events that keep their default, because nothing that this platform tells is in them.
fn unfilled(coverage: &Coverage, untold: &Section, from: &Incoming, asks: &Incoming, tell: &Outgoing) -> Section {
    let (known, settable) = (known(from, asks), settable());
    let is_missing = |path: &String| settable.contains(&path.as_str()) && !known.contains(path.as_str());
    let is_told =
        |message: &String| !untold.losses.iter().flat_map(|loss| &loss.places).any(|place| place.message == *message);
    let told = || coverage.told.iter().filter(|said| is_told(&said.message));
    let of = told().map(|said| said.fields.len()).sum();
    let mut section = Section::new("Fields of the application's events that are never filled", "fields", of);
    for said in told() {
        let Some(kind) = tell.vocabulary.find(&said.message) else { continue };
        let rules = tell.plans.iter().flat_map(|plan| &plan.rules).filter(|rule| rule.emit == kind);
        let sets: Vec<(String, Vec<String>)> = rules.flat_map(|rule| rule.sets(tell)).collect();
        for field in &said.fields {
            let place = || Place::field(&said.message, &field.field);
            if let (Fate::Absent, Detail::Reason(reason)) = (field.fate, &field.detail) {
                section.add(place(), reason, false);
                continue;
            }
            let set = sets.iter().filter(|(label, _)| *label == field.field);
            let paths: Vec<&String> =
                set.flat_map(|(_, paths)| paths).filter(|path| !path.starts_with("config.")).collect();
            if !paths.is_empty() && paths.iter().all(|path| is_missing(path)) {
                section.add(place(), &format!("{} does not tell it", coverage.from), false);
            }
        }
    }
    section.losses.sort_by_key(|loss| loss.places.len());
    section
}

/// The attributes that the platform's messages, the application's requests or the model itself can set.
fn known(from: &Incoming, asks: &Incoming) -> HashSet<&'static str> {
    let mut known: HashSet<&str> = INFERRED.into_iter().collect();
    for (rules, asked) in [(from, false), (asks, true)] {
        for (kind, def) in rules.vocabulary.kinds() {
            let plan = &rules.plans[kind.0 as usize];
            for rule in plan.rules.iter().filter(|rule| rule.means.is_request() == asked) {
                known.extend(rule.facts.iter().flat_map(|fact| rule.means.shows(Attribute::Fact(fact.fact))));
                known.extend(rule.reads(&rules.vocabulary, kind, plan).into_iter().flat_map(|(_, becomes)| becomes));
                known.extend(def.roles.iter().filter_map(|(role, _)| role_attribute(rules, *role)));
            }
        }
    }
    known
}

/// Fields of messages that nothing comes of, though something comes of their message.
fn dropped(list: &[Heard], rules: &Incoming, title: &'static str) -> Section {
    let fields = |heard: &&Heard| heard.refused.is_none() && is_told(heard, rules);
    let mut section = Section::new(title, "fields", list.iter().filter(fields).map(|heard| heard.fields.len()).sum());
    for heard in list.iter().filter(fields) {
        for Field { field, fate, detail } in &heard.fields {
            if let (Fate::Absent | Fate::Ignored, Detail::Reason(reason)) = (fate, detail) {
                section.add(Place::field(&heard.message, field), reason, false);
            }
        }
    }
    section.losses.sort_by_key(|loss| std::cmp::Reverse(loss.places.len()));
    section
}
