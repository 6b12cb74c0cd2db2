//! Lines of entries, as the log would have them: every number becomes the name that it stands for. It deliberately does not
//! choose which entries.

use std::fmt::Write;

use super::{Entry, Name, What};
use crate::{
    bridge::{Bridge, Owner},
    model::TransitionKind,
    port::Notice,
};

/// Why an application is not told of a transition, where its rules give no reason.
pub const NO_RULE_HOLDS: &str = "the condition of no rule holds";

impl Bridge {
    /// A moment as people read it.
    pub(super) fn moment(&self, at: crate::time::Time) -> String {
        let moment = i64::try_from(self.epoch + at.0).unwrap_or_default();
        format!("{:.3}", jiff::Timestamp::from_millisecond(moment).unwrap_or_default())
    }

    /// An entry as lines: the time, whose it is, and what the log would say.
    pub(super) fn lines(&self, place: u64, entry: &Entry) -> Vec<String> {
        let (side, name) = self.side(entry.owner);
        let moment = self.moment(entry.at);
        let values = entry.values.map(|values| format!(" values={values}")).unwrap_or_default();
        let line = |(number, notice): (usize, Notice)| {
            let (text, event) = (notice.kind().text(), notice.kind().name());
            let mut line = format!("{moment} {text} event={event:?} {side}={name:?}");
            notice.each(|field, value| _ = write!(line, " {field}={value}"));
            // The second line of an entry is the rule's.
            line + if number == 0 { values.as_str() } else { "" }
        };
        self.notices_of(place, entry).into_iter().enumerate().map(line).collect()
    }

    /// Whether an owner is a platform or an application, and its name.
    pub fn side(&self, owner: Owner) -> (&'static str, &str) {
        let (side, name) = match owner {
            Owner::Platform(index) => ("platform", self.platforms.get(index).map(|platform| &platform.name)),
            Owner::Application(index) => ("application", self.applications.get(index).map(|known| &known.name)),
        };
        (side, name.map(String::as_str).unwrap_or_default())
    }

    /// The notices that the log would have.
    pub(super) fn notices_of(&self, place: u64, entry: &Entry) -> Vec<Notice> {
        let [call, second_call, agent] = [entry.call, entry.second, entry.agent].map(Name::text);
        let [platform_call, platform_agent] = [entry.platform_call, entry.platform_agent].map(Name::text);
        let Entry { session, sessions, request, .. } = *entry;
        let message_name = self.message_name(entry);
        let rule = self.rule_name(place, entry);
        let platform = |index: usize| self.platforms.get(index).map(|it| it.name.clone()).unwrap_or_default();
        let application = |index: usize| self.applications.get(index).map(|it| it.name.clone());
        vec![match entry.what {
            What::MessageIn(fired) => {
                let came =
                    Notice::MessageIn { message_name, session, call: call.clone(), agent: agent.clone(), request };
                let fired = fired.map(|means| {
                    let (means, rule) = (means.name(), rule.unwrap_or_default());
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
            What::Changed(transition, _) => {
                Notice::PictureChanged { transition: transition.name(), call, second_call, agent, request }
            }
            What::Untold(transition, reason) => {
                let of_rules = || self.reason_untold(entry, transition);
                let reason = reason.map(|reason| reason.text().to_owned()).or_else(of_rules);
                Notice::TransitionUntold {
                    transition: transition.name(),
                    call: platform_call,
                    agent: platform_agent,
                    reason: reason.unwrap_or_else(|| NO_RULE_HOLDS.to_owned()),
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
        let platform = |index: usize| self.platforms.get(index);
        let application = |index: usize| self.applications.get(index);
        let vocabulary = match (entry.owner, entry.what) {
            (Owner::Platform(index), What::CommandOut) => platform(index).map(|it| &it.outgoing().vocabulary),
            (Owner::Platform(index), _) => platform(index).map(|it| &it.incoming.vocabulary),
            (Owner::Application(index), What::MessageOut) => application(index).map(|it| &it.to().vocabulary),
            (Owner::Application(index), _) => application(index).map(|it| &it.from.vocabulary),
        };
        let def = vocabulary.and_then(|vocabulary| vocabulary.messages.get(usize::from(kind.0)));
        def.map(|def| def.label.clone()).unwrap_or_default()
    }

    fn rule_name(&self, place: u64, entry: &Entry) -> Option<String> {
        let rule = entry.rule?;
        let is_outgoing = matches!(entry.what, What::MessageOut | What::CommandOut);
        let history = self.history.as_ref()?;
        if let Some(name) = history.past_rule(entry.owner, is_outgoing, place, rule) {
            return Some(name.to_string());
        }
        if place < history.unnamed {
            return None;
        }
        let names = match (entry.owner, is_outgoing) {
            (Owner::Platform(index), false) => self.platforms.get(index).map(|it| &it.incoming.rule_names),
            (Owner::Platform(index), true) => self.platforms.get(index).map(|it| &it.outgoing().rule_names),
            (Owner::Application(index), false) => self.applications.get(index).map(|it| &it.from.rule_names),
            (Owner::Application(index), true) => self.applications.get(index).map(|it| &it.to().rule_names),
        };
        names?.get(rule).map(|name| name.to_string())
    }

    fn reason_ignored(&self, entry: &Entry) -> Option<String> {
        let (Owner::Platform(index), Some(kind)) = (entry.owner, entry.message) else { return None };
        self.platforms.get(index)?.incoming.plans.get(usize::from(kind.0))?.ignored.clone()
    }

    fn reason_untold(&self, entry: &Entry, transition: TransitionKind) -> Option<String> {
        let Owner::Application(index) = entry.owner else { return None };
        self.applications.get(index)?.to().plan(transition).ignored.clone()
    }
}
