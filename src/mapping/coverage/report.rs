//! What becomes of every message and field between two dialects: `from-` and `to-` rules put together. Nothing here decides
//! anything; it reads the compiled rules.

use std::{collections::BTreeMap, fmt::Write};

use hashbrown::HashSet;
use serde::Serialize;

use super::{Dialect, Incoming, Outgoing, dotted_labels, outgoing::Rule};
use crate::{
    model::{ChangeKind, TransitionKind},
    vocabulary::{AgentPart, Role, Side, Which},
};

/// A pair of dialects: the first is the platform, the second the application.
#[derive(Debug, Serialize)]
pub struct Coverage {
    pub from: String,
    pub to: String,
    /// The platform's events and replies, as the application hears of them.
    pub events: Vec<Heard>,
    /// The application's requests, as the platform is asked.
    pub requests: Vec<Heard>,
    /// What the application is told, and what of.
    pub told: Vec<Said>,
    /// What the platform is asked, and what of.
    pub asked: Vec<Said>,
    pub totals: BTreeMap<&'static str, usize>,
}

/// A message that comes in.
#[derive(Debug, Serialize)]
pub struct Heard {
    pub message: String,
    /// What it can become; empty where it is ignored.
    pub into: Vec<String>,
    /// Why nothing is made of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignored: Option<String>,
    /// Why it fails: what the platform lacks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// The bridge answers it from its picture.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub answered: bool,
    pub fields: Vec<Field>,
}

/// A message that goes out.
#[derive(Debug, Serialize)]
pub struct Said {
    pub message: String,
    /// What it can be made of.
    pub of: Vec<String>,
    /// Why it is never said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unsaid: Option<String>,
    pub fields: Vec<Field>,
}

#[derive(Debug, Serialize)]
pub struct Field {
    pub field: String,
    pub fate: Fate,
    /// Where it goes or comes from, or why it does not.
    pub detail: Detail,
}

#[derive(Debug)]
pub enum Detail {
    Reason(String),
    /// What it goes to or comes from, after a word or two.
    List(&'static str, Vec<String>),
}

impl Detail {
    fn reason(text: &str) -> Detail {
        Detail::Reason(text.to_owned())
    }

    /// With so many items of the list at most.
    fn text(&self, most: usize) -> String {
        match self {
            Detail::Reason(reason) => reason.clone(),
            Detail::List(lead, list) => {
                let more = list.len().saturating_sub(most);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                format!("{lead} {}{more}", list[..list.len().min(most)].join(", "))
            }
        }
    }
}

impl Serialize for Detail {
    /// Whole: programs read it.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text(usize::MAX))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// Its value goes through: it is in a message that this very message can bring about, or is of one that can bring this
    /// message about.
    Carried,
    /// It goes into the picture, for later messages or to decide what happened, or comes out of the picture.
    Derived,
    /// The other side has nothing for it.
    Absent,
    /// Passed over, for a reason.
    Ignored,
    /// Its message is refused.
    Refused,
}

impl Fate {
    fn name(self) -> &'static str {
        match self {
            Fate::Carried => "carried",
            Fate::Derived => "derived",
            Fate::Absent => "absent",
            Fate::Ignored => "ignored",
            Fate::Refused => "refused",
        }
    }
}

impl Heard {
    /// What becomes of it, as the table says it and as the totals count it.
    fn fate(&self) -> (String, &'static str) {
        match (&self.ignored, &self.refused) {
            (Some(reason), _) => (format!("ignored: {reason}"), "messages ignored"),
            (_, Some(reason)) => (format!("refused: {reason}"), "messages refused"),
            _ if self.answered => ("answered by the bridge".to_owned(), "messages answered by the bridge"),
            _ => (format!("→ {}", none_if_empty(&self.into, "remembered")), "messages translated"),
        }
    }
}

impl Coverage {
    /// Puts the rules of a platform's dialect and an application's together.
    pub fn of(platform: &Dialect, application: &Dialect) -> Option<Coverage> {
        let (from, order) = (platform.from.as_ref()?, platform.to.as_ref()?);
        let (asks, tell) = (application.from.as_ref()?, application.to.as_ref()?);
        let events = heard(from, tell, &[Side::Event, Side::Reply]);
        let requests = heard(asks, order, &[Side::Request]);
        let told = said(tell, &events, Side::Event);
        let asked = said(order, &requests, Side::Request);
        let mut totals = BTreeMap::new();
        for heard in events.iter().chain(&requests) {
            *totals.entry(heard.fate().1).or_default() += 1;
            count(&heard.fields, "fields in", &mut totals);
        }
        for said in told.iter().chain(&asked) {
            *totals.entry(if said.unsaid.is_some() { "messages never said" } else { "messages said" }).or_default() +=
                1;
            count(&said.fields, "fields out", &mut totals);
        }
        let (from, to) = (platform.vocabulary.dialect.clone(), application.vocabulary.dialect.clone());
        Some(Coverage { from, to, events, requests, told, asked, totals })
    }

    /// The report as a person reads it.
    pub fn table(&self) -> String {
        let mut out = String::new();
        let _ = writeln!(out, "{} (platform) → {} (application)\n", self.from, self.to);
        for (title, list) in [("Events", &self.events), ("Requests", &self.requests)] {
            let _ = writeln!(out, "── {title}: what comes in ──\n");
            for heard in list {
                let _ = writeln!(out, "{}  {}", heard.message, heard.fate().0);
                fields(&heard.fields, &mut out);
            }
        }
        for (title, list) in [("Events", &self.told), ("Requests", &self.asked)] {
            let _ = writeln!(out, "── {title}: what goes out ──\n");
            for said in list {
                let fate = match &said.unsaid {
                    Some(reason) => format!("never said: {reason}"),
                    None => format!("← {}", none_if_empty(&said.of, "the picture")),
                };
                let _ = writeln!(out, "{}  {fate}", said.message);
                fields(&said.fields, &mut out);
            }
        }
        let _ = writeln!(out, "── Totals ──\n");
        for (what, count) in &self.totals {
            let _ = writeln!(out, "{count:6}  {what}");
        }
        out
    }
}

fn none_if_empty(list: &[String], otherwise: &str) -> String {
    if list.is_empty() { otherwise.to_owned() } else { list.join(", ") }
}

fn fields(fields: &[Field], out: &mut String) {
    for field in fields {
        // A long list is cut where nobody reads on.
        let _ = writeln!(out, "    {:<9} {:<40} {}", field.fate.name(), field.field, field.detail.text(4));
    }
    let _ = writeln!(out);
}

fn count(fields: &[Field], side: &str, totals: &mut BTreeMap<&'static str, usize>) {
    for field in fields {
        let what = match (side, field.fate) {
            ("fields in", Fate::Carried) => "fields in, carried",
            ("fields in", Fate::Derived) => "fields in, derived",
            ("fields in", Fate::Absent) => "fields in, absent",
            ("fields in", Fate::Ignored) => "fields in, ignored",
            ("fields in", Fate::Refused) => "fields in, refused",
            (_, Fate::Carried) => "fields out, carried",
            (_, Fate::Derived) => "fields out, derived",
            (_, Fate::Absent) => "fields out, absent",
            (_, Fate::Ignored | Fate::Refused) => "fields out, ignored",
        };
        *totals.entry(what).or_default() += 1;
    }
}

/// What a message that comes in can become.
struct Becomes<'r> {
    to: &'r Outgoing,
    /// The rules of what it brings about.
    now: Vec<&'r Rule>,
    /// All rules whose messages go the same way: what is told of the picture later.
    later: Vec<&'r Rule>,
}

impl<'r> Becomes<'r> {
    /// For the transitions that a message can cause. Events come out of the picture again, requests do not go into it.
    fn of(to: &'r Outgoing, transitions: &[TransitionKind], sides: &[Side]) -> Becomes<'r> {
        let said = |rule: &&Rule| sides.contains(&to.vocabulary.message(rule.emit).side);
        let steps = transitions.iter().flat_map(|transition| &to.plans[*transition as usize].steps);
        let plans = transitions.iter().chain(steps).map(|transition| &to.plans[*transition as usize]);
        let later = to.plans.iter().filter(|_| sides.contains(&Side::Event));
        Becomes {
            to,
            now: plans.flat_map(|plan| &plan.rules).filter(said).collect(),
            later: later.flat_map(|plan| &plan.rules).filter(said).collect(),
        }
    }

    /// The messages that it brings about.
    fn messages(&self) -> Vec<String> {
        let mut labels = Vec::new();
        for rule in &self.now {
            let label = &self.to.vocabulary.message(rule.emit).label;
            if !labels.contains(label) {
                labels.push(label.clone());
            }
        }
        labels
    }

    /// The fields that rules set by one of these attributes.
    fn fields(&self, rules: &[&Rule], attributes: &[&str]) -> Vec<String> {
        let mut found = Vec::new();
        for rule in rules {
            for (label, paths) in rule.sets(self.to) {
                if paths.iter().any(|path| attributes.contains(&path.as_str())) {
                    found.push(format!("{}.{label}", self.to.vocabulary.message(rule.emit).label));
                }
            }
        }
        found.sort();
        found.dedup();
        found
    }
}

fn heard(from: &Incoming, to: &Outgoing, sides: &[Side]) -> Vec<Heard> {
    let vocabulary = &from.vocabulary;
    let mut list = Vec::new();
    for (kind, def) in vocabulary.kinds().filter(|(_, def)| sides.contains(&def.side)) {
        let plan = &from.plans[kind.0 as usize];
        if def.session || (plan.rules.is_empty() && plan.ignored.is_none()) {
            let reason = "the conversation's own".to_owned();
            list.push(Heard {
                message: def.label.clone(),
                into: Vec::new(),
                ignored: Some(reason),
                refused: None,
                answered: false,
                fields: Vec::new(),
            });
            continue;
        }
        let caused: Vec<TransitionKind> = plan.rules.iter().flat_map(|rule| rule.means.causes()).copied().collect();
        let becomes = Becomes::of(to, &caused, sides);
        let asks: Vec<_> = plan.rules.iter().map(|rule| rule.means).filter(|means| means.is_request()).collect();
        let refused = refusal(to, &asks);
        let answered = !asks.is_empty() && asks.iter().all(|means| orders(to, *means).next().is_none());
        let reads: Vec<(String, Vec<&str>)> =
            plan.rules.iter().flat_map(|rule| rule.reads(vocabulary, kind, plan)).collect();
        let field = |label: String| {
            let covers = |known: &str| label == known || label.starts_with(&format!("{known}."));
            if let Some((_, reason)) = plan.unread.iter().find(|(known, _)| covers(known)) {
                return Field { field: label, fate: Fate::Ignored, detail: Detail::reason(reason) };
            }
            if let Some(reason) = &refused {
                return Field { field: label, fate: Fate::Refused, detail: Detail::reason(reason) };
            }
            if answered {
                let detail = Detail::reason("it says what the bridge answers");
                return Field { field: label, fate: Fate::Derived, detail };
            }
            let read = reads.iter().filter(|(read, _)| *read == label).flat_map(|(_, becomes)| becomes).copied();
            let role = def.fields.slot(&label).and_then(|slot| def.fields.list[slot].role);
            let attributes: Vec<&str> = read.chain(role.and_then(|role| role_attribute(from, role))).collect();
            let now = becomes.fields(&becomes.now, &attributes);
            // What answers a request is said at once, or never.
            let kept: Vec<&str> = attributes.iter().copied().filter(|path| !path.starts_with("request.")).collect();
            let later = becomes.fields(&becomes.later, &kept);
            let untold = attributes.iter().find_map(|attribute| to.untold.get(*attribute));
            let (fate, detail) = if !now.is_empty() {
                (Fate::Carried, Detail::List("→", now))
            } else if def.wire_names.iter().any(|(name, _)| *name == label) {
                (Fate::Derived, Detail::reason("it names the message"))
            } else if !later.is_empty() {
                (Fate::Derived, Detail::List("the picture has it for", later))
            } else if let (Some(reason), None) = (untold, role) {
                (Fate::Absent, Detail::reason(reason))
            } else {
                (Fate::Derived, Detail::reason("it decides what happened, when, and to whom"))
            };
            Field { field: label, fate, detail }
        };
        let fields = match plan.rules.is_empty() {
            true => Vec::new(),
            false => dotted_labels(vocabulary, def).into_iter().map(field).collect(),
        };
        let into = becomes.messages();
        let ignored = plan.ignored.clone();
        list.push(Heard { message: def.label.clone(), into, ignored, refused, answered, fields });
    }
    list
}

/// What a request has the platform do. Routes are asked of platforms that route; for others the bridge answers.
fn orders(to: &Outgoing, means: ChangeKind) -> impl Iterator<Item = TransitionKind> {
    let routes = |order: TransitionKind| !to.plans[order as usize].rules.is_empty();
    let caused = means.causes().iter().copied().filter(|caused| caused.is_order());
    caused.filter(move |order| !(order.is_of_route() || *order == TransitionKind::SelectRoute) || routes(*order))
}

/// What the platform lacks, where it can do nothing of what a message asks it for.
fn refusal(to: &Outgoing, asks: &[ChangeKind]) -> Option<String> {
    let plans: Vec<_> =
        asks.iter().flat_map(|means| orders(to, *means)).map(|order| &to.plans[order as usize]).collect();
    if plans.iter().any(|plan| !plan.rules.is_empty() || !plan.steps.is_empty()) {
        return None;
    }
    let mut lacks: Vec<&str> = plans.iter().filter_map(|plan| plan.ignored.as_deref()).collect();
    lacks.dedup();
    (!lacks.is_empty()).then(|| lacks.join("; "))
}

/// The attribute that a field of this role is, where it is passed on as it is. A call's other names only lead to it.
fn role_attribute(from: &Incoming, role: Role) -> Option<&'static str> {
    let is_id = |place: u8| from.vocabulary.call_names.get(place as usize).is_some_and(|name| name == "id");
    Some(match role {
        Role::Call(Which::Call, place) if is_id(place) => "call.id",
        Role::Call(Which::Second, place) if is_id(place) => "second.id",
        Role::Call(Which::Result, place) if is_id(place) => "result.id",
        Role::Agent(AgentPart::Id) => "agent.id",
        Role::Agent(AgentPart::Number) => "agent.number",
        Role::Agent(AgentPart::Name) => "agent.name",
        Role::Agent(AgentPart::Station) => "agent.station",
        Role::Request => "request.id",
        _ => return None,
    })
}

/// The messages of a side, and which of those that were heard bring them about.
fn said(to: &Outgoing, heard: &[Heard], side: Side) -> Vec<Said> {
    let vocabulary = &to.vocabulary;
    let carried: HashSet<&String> = heard
        .iter()
        .flat_map(|heard| &heard.fields)
        .filter(|field| field.fate == Fate::Carried)
        .flat_map(|field| if let Detail::List(_, list) = &field.detail { &list[..] } else { &[] })
        .collect();
    let mut list = Vec::new();
    for (kind, def) in vocabulary.kinds().filter(|(_, def)| def.side == side && !def.session) {
        let rules: Vec<_> = to.plans.iter().flat_map(|plan| &plan.rules).filter(|rule| rule.emit == kind).collect();
        let of =
            heard.iter().filter(|heard| heard.into.contains(&def.label)).map(|heard| heard.message.clone()).collect();
        let sets: Vec<(String, Vec<String>)> = rules.iter().flat_map(|rule| rule.sets(to)).collect();
        let field = |label: String| {
            let covers = |known: &str| label == known || label.starts_with(&format!("{known}."));
            let set = || sets.iter().filter(|(known, _)| covers(known));
            let absent = to.absent.iter().find(|((known, name), _)| *known == kind && covers(name));
            let mut paths: Vec<String> = set().flat_map(|(_, paths)| paths).cloned().collect();
            paths.sort();
            paths.dedup();
            let (fate, detail) = match (set().next(), absent) {
                (None, Some((_, reason))) => (Fate::Absent, Detail::reason(reason)),
                (None, None) => (Fate::Derived, Detail::reason("always the same")),
                (Some(_), _) if paths.is_empty() => (Fate::Derived, Detail::reason("a constant of the rule")),
                (Some(_), _) => {
                    let is_carried = set().any(|(known, _)| carried.contains(&format!("{}.{known}", def.label)));
                    (if is_carried { Fate::Carried } else { Fate::Derived }, Detail::List("←", paths))
                }
            };
            Field { field: label, fate, detail }
        };
        let unsaid = to.unsaid.get(&kind).cloned();
        let fields = match rules.is_empty() {
            true => Vec::new(),
            false => dotted_labels(vocabulary, def).into_iter().map(field).collect(),
        };
        list.push(Said { message: def.label.clone(), of, unsaid, fields });
    }
    list
}
