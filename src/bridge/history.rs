//! The stories of calls that were: ids, names, times and rules, and the values of messages if that is wanted. It owns a bounded
//! memory of them, and deliberately makes no text until somebody asks.
//!
//! Writing happens for every message, so an entry is small and needs no allocation where ids are numbers. It is written from
//! several places of one bridge that each hold this; the lock is never waited for.

mod query;

use std::{
    collections::VecDeque,
    fmt::Write,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{Bridge, Owner};
use crate::{
    message::{Kind, Value},
    model::{Effect, Meaning, Occasion, RequestKind, TransitionKind},
    port::Notice,
    time::Time,
};
pub use query::{Query, Watch};

/// An id as its side writes it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) enum Name {
    #[default]
    None,
    Int(i64),
    Text(Box<str>),
}

impl Name {
    pub fn of(value: Value<'_>) -> Name {
        let Value::Text(text) = value else { return value.as_int().map_or(Name::None, Name::Int) };
        // The same id may be written as a number on one side and as a text on the other.
        match text.parse::<i64>() {
            Ok(number) if !text.starts_with(['0', '+', '-']) || text == "0" => Name::Int(number),
            Ok(_) | Err(_) if text.is_empty() => Name::None,
            Ok(_) | Err(_) => Name::Text(text.into()),
        }
    }

    fn text(&self) -> Option<String> {
        match self {
            Name::None => None,
            Name::Int(number) => Some(number.to_string()),
            Name::Text(text) => Some(text.to_string()),
        }
    }

    fn length(&self) -> usize {
        if let Name::Text(text) = self { text.len() } else { 0 }
    }
}

/// The content of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// With the first rule that fired, and what that made of the message.
    MessageIn(Option<Meaning>),
    RuleFired(Meaning),
    Ignored,
    WithoutEffect(Meaning, Effect),
    Changed(Occasion),
    /// The reason is the bridge's own, or that of the rules.
    Untold(TransitionKind, Option<&'static str>),
    MessageOut,
    Taken(RequestKind),
    CommandOut,
    ReplyIn,
}

/// One part of a story.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub at: Time,
    pub owner: Owner,
    pub what: What,
    pub message: Option<Kind>,
    pub rule: Option<Arc<str>>,
    /// The platform or application on the other side.
    pub other: usize,
    pub session: Option<u32>,
    pub sessions: usize,
    pub request: Option<i64>,
    pub call: Name,
    pub second: Name,
    pub agent: Name,
    pub platform_call: Name,
    pub platform_agent: Name,
    pub values: Option<Box<str>>,
}

impl Entry {
    pub fn new(owner: Owner, what: What) -> Entry {
        Entry {
            at: Time(0),
            owner,
            what,
            message: None,
            rule: None,
            other: 0,
            session: None,
            sessions: 0,
            request: None,
            call: Name::None,
            second: Name::None,
            agent: Name::None,
            platform_call: Name::None,
            platform_agent: Name::None,
            values: None,
        }
    }

    fn size(&self) -> usize {
        let names = [&self.call, &self.second, &self.agent, &self.platform_call, &self.platform_agent];
        let texts: usize = names.iter().map(|name| name.length()).sum();
        size_of::<Entry>() + texts + self.values.as_ref().map_or(0, |values| values.len())
    }
}

#[derive(Debug)]
pub(super) struct History {
    now: AtomicU64,
    ring: Mutex<Ring>,
    /// The values of messages are kept, too.
    pub values: bool,
}

#[derive(Debug)]
struct Ring {
    entries: VecDeque<Entry>,
    bytes: usize,
    limit: usize,
    /// How many were ever added.
    made: u64,
}

impl History {
    pub fn new(limit: usize, values: bool) -> History {
        let ring = Ring { entries: VecDeque::new(), bytes: 0, limit, made: 0 };
        History { now: AtomicU64::new(0), ring: Mutex::new(ring), values }
    }

    /// Sets the time of the entries that follow.
    pub fn set_now(&self, now: Time) {
        self.now.store(now.0, Ordering::Relaxed);
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn add(&self, mut entry: Entry) {
        entry.at = Time(self.now.load(Ordering::Relaxed));
        let size = entry.size();
        let mut ring = self.ring();
        while ring.bytes + size > ring.limit {
            let Some(oldest) = ring.entries.pop_front() else { return };
            ring.bytes -= oldest.size();
        }
        ring.bytes += size;
        ring.made += 1;
        ring.entries.push_back(entry);
    }

    /// A rule fired for the message that came in last: most messages have one, which needs no entry of its own.
    pub fn rule_fired(&self, rule: &Arc<str>, means: Meaning, entry: impl FnOnce() -> Entry) {
        let mut ring = self.ring();
        if let Some(last) = ring.entries.back_mut()
            && let What::MessageIn(fired @ None) = &mut last.what
        {
            (*fired, last.rule) = (Some(means), Some(rule.clone()));
            return;
        }
        drop(ring);
        self.add(Entry { rule: Some(rule.clone()), ..entry() });
    }

    /// The bytes that are in use, and their bound.
    pub fn fill(&self) -> (usize, usize) {
        let ring = self.ring();
        (ring.bytes, ring.limit)
    }
}

impl Bridge {
    /// Keeps stories from now on, in at most so many bytes.
    pub fn remember_stories(&mut self, limit: usize, values: bool) {
        self.history = Some(Arc::new(History::new(limit, values)));
        self.set_tellers();
    }

    /// The vocabulary of something that is remembered is another one from now on: nobody could read it any more.
    pub(super) fn forget_stories(&mut self) {
        if let Some((limit, values)) = self.history.as_ref().map(|history| (history.fill().1, history.values)) {
            self.remember_stories(limit, values);
        }
    }

    /// How much of the history is in use, in bytes, and its bound.
    pub fn history_fill(&self) -> Option<(usize, usize)> {
        self.history.as_ref().map(|history| history.fill())
    }

    /// An entry as lines: the time, whose it is, and what the log would say.
    fn lines(&self, entry: &Entry) -> Vec<String> {
        let (side, name) = match entry.owner {
            Owner::Platform(index) => ("platform", self.platforms.get(index).map(|platform| &platform.name)),
            Owner::Application(index) => ("application", self.applications.get(index).map(|known| &known.name)),
        };
        let moment = i64::try_from(self.epoch + entry.at.0).unwrap_or_default();
        let moment = jiff::Timestamp::from_millisecond(moment).unwrap_or_default();
        let name = name.map(String::as_str).unwrap_or_default();
        let values = entry.values.as_deref().map(|values| format!(" values={values}")).unwrap_or_default();
        let line = |(place, notice): (usize, Notice)| {
            let (text, event) = (notice.kind().text(), notice.kind().name());
            let mut line = format!("{moment:.3} {text} event={event:?} {side}={name:?}");
            notice.each(|field, value| _ = write!(line, " {field}={value}"));
            // The second line of an entry is the rule's.
            line + if place == 0 { values.as_str() } else { "" }
        };
        self.notices_of(entry).into_iter().enumerate().map(line).collect()
    }

    /// The notices that the log would have.
    fn notices_of(&self, entry: &Entry) -> Vec<Notice> {
        let [call, second_call, agent] = [&entry.call, &entry.second, &entry.agent].map(Name::text);
        let [platform_call, platform_agent] = [&entry.platform_call, &entry.platform_agent].map(Name::text);
        let Entry { session, sessions, request, .. } = *entry;
        let message_name = self.message_name(entry);
        let rule = entry.rule.as_ref().map(|rule| rule.to_string());
        let platform = |index: usize| self.platforms.get(index).map(|it| it.name.clone()).unwrap_or_default();
        let application = |index: usize| self.applications.get(index).map(|it| it.name.clone());
        vec![match entry.what {
            What::MessageIn(fired) => {
                let came =
                    Notice::MessageIn { message_name, session, call: call.clone(), agent: agent.clone(), request };
                let fired = fired.zip(rule).map(|(means, rule)| {
                    let means = means.name();
                    Notice::RuleFired { rule, means, call, agent }
                });
                return [came].into_iter().chain(fired).collect();
            }
            What::RuleFired(means) => {
                Notice::RuleFired { rule: rule.unwrap_or_default(), means: means.name(), call, agent }
            }
            What::Ignored => {
                let reason = self.reason_ignored(entry).unwrap_or_else(|| "it has no rule".into());
                Notice::MessageIgnored { message_name, reason }
            }
            What::WithoutEffect(means, effect) => {
                Notice::ChangeWithoutEffect { means: means.name(), reason: effect.reason() }
            }
            What::Changed(transition) => {
                Notice::PictureChanged { transition: transition.name(), call, second_call, agent, request }
            }
            What::Untold(transition, reason) => {
                let of_rules = || self.reason_untold(entry, transition);
                let reason = reason.map(str::to_owned).or_else(of_rules).unwrap_or_else(|| NO_RULE_HOLDS.to_owned());
                Notice::TransitionUntold {
                    transition: transition.name(),
                    call: platform_call,
                    agent: platform_agent,
                    reason,
                }
            }
            What::MessageOut => {
                let of_platform = platform(entry.other);
                Notice::MessageOut {
                    message_name,
                    rule,
                    of_platform,
                    sessions,
                    session,
                    call,
                    agent,
                    request,
                    platform_call,
                    platform_agent,
                }
            }
            What::Taken(operation) => Notice::RequestTaken {
                operation: operation.name(),
                to_platform: platform(entry.other),
                session: session.unwrap_or_default(),
                request: request.unwrap_or_default(),
                agent,
                call,
                second_call,
            },
            What::CommandOut => {
                let (session, request) = (session.unwrap_or_default(), request.unwrap_or_default());
                Notice::CommandOut {
                    message_name,
                    rule,
                    asker: application(entry.other),
                    session,
                    request,
                    call,
                    agent,
                }
            }
            What::ReplyIn => {
                let (session, request) = (session.unwrap_or_default(), request.unwrap_or_default());
                Notice::ReplyIn { message_name, asker: application(entry.other), session, request }
            }
        }]
    }

    fn message_name(&self, entry: &Entry) -> String {
        let Some(kind) = entry.message else { return String::new() };
        let vocabulary = match (entry.owner, entry.what) {
            (Owner::Platform(index), What::CommandOut) => &self.platforms[index].outgoing().vocabulary,
            (Owner::Platform(index), _) => &self.platforms[index].incoming.vocabulary,
            (Owner::Application(index), What::MessageOut) => &self.applications[index].to().vocabulary,
            (Owner::Application(index), _) => &self.applications[index].from.vocabulary,
        };
        vocabulary.message(kind).label.clone()
    }

    fn reason_ignored(&self, entry: &Entry) -> Option<String> {
        let (Owner::Platform(index), Some(kind)) = (entry.owner, entry.message) else { return None };
        self.platforms[index].incoming.plans[kind.0 as usize].ignored.clone()
    }

    fn reason_untold(&self, entry: &Entry, transition: TransitionKind) -> Option<String> {
        let Owner::Application(index) = entry.owner else { return None };
        self.applications[index].to().plan(transition).ignored.clone()
    }
}

/// Why an application is not told of a transition, where its rules give no reason.
pub(super) const NO_RULE_HOLDS: &str = "the condition of no rule holds";
