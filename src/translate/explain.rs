//! The explanation of a line: what it was read as, which rules fired, what changed, which messages came of it, and why
//! nothing did. It is the story that the bridge tells of a message, as text for people and as JSON for programs.

use std::fmt::Write;

use serde_json::{Map, json};

use crate::port::{Frequency, Notice, Value};

/// One step from a line to what came of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    Told(Notice),
    /// A message as it goes out: a command to the platform, or an event to the application.
    Written {
        is_command: bool,
        text: String,
    },
}

/// All that followed from one line, or from the end of all lines.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Explanation {
    pub steps: Vec<Step>,
    /// Why the line could not be used.
    pub error: Option<String>,
}

impl Explanation {
    /// Whether there is nothing to explain: a blank line, or an end without timers.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.error.is_none()
    }

    /// The reason why no message came of the line; none if one did.
    pub fn nothing(&self) -> Option<String> {
        if self.error.is_some() || self.steps.iter().any(|step| matches!(step, Step::Written { .. })) {
            return None;
        }
        // The reason that is nearest to the end: of the picture's silence, or of the application's.
        let reason = self.steps.iter().rev().find_map(|step| match step {
            Step::Told(Notice::MessageIgnored { reason, .. }) => Some(reason.clone()),
            Step::Told(Notice::ChangeWithoutEffect { reason, .. }) => Some((*reason).to_owned()),
            Step::Told(Notice::TransitionUntold { transition, reason, .. }) => Some(format!("{transition}: {reason}")),
            Step::Told(_) | Step::Written { .. } => None,
        });
        let changed = |step: &Step| matches!(step, Step::Told(Notice::PictureChanged { .. }));
        let fired = |step: &Step| matches!(step, Step::Told(Notice::RuleFired { .. }));
        let usual = if !self.steps.iter().any(fired) {
            "the condition of no rule holds"
        } else if self.steps.iter().any(changed) {
            "no application was to be told"
        } else {
            "nothing was new"
        };
        Some(reason.unwrap_or_else(|| usual.to_owned()))
    }

    /// For people: a heading and a line for each step. `place` is the line's, such as `line 3`.
    pub fn text(&self, place: &str) -> String {
        let mut text = format!("{place}\n");
        for step in &self.steps {
            let (what, said) = match step {
                Step::Told(notice) => said(notice),
                Step::Written { is_command, text } => (if *is_command { "asked" } else { "told" }, text.clone()),
            };
            let _ = writeln!(text, "  {what:<9} {said}");
        }
        if let Some(error) = &self.error {
            let _ = writeln!(text, "  {:<9} {error}", "error");
        }
        if let Some(reason) = self.nothing() {
            let _ = writeln!(text, "  {:<9} {reason}", "nothing");
        }
        text
    }

    /// For programs: one object. `unit` and `number` are the line's place; the end of all lines has none.
    pub fn json(&self, unit: &str, number: Option<u64>) -> String {
        let steps: Vec<_> = self.steps.iter().map(as_json).collect();
        let mut line = Map::new();
        match number {
            Some(number) => line.insert(unit.to_owned(), number.into()),
            None => line.insert("end".into(), true.into()),
        };
        line.insert("steps".into(), steps.into());
        if let Some(error) = &self.error {
            line.insert("error".into(), error.as_str().into());
        }
        if let Some(reason) = self.nothing() {
            line.insert("nothing".into(), reason.into());
        }
        serde_json::Value::Object(line).to_string()
    }
}

/// The sort of a step in a word, and the step in some.
fn said(notice: &Notice) -> (&'static str, String) {
    match notice {
        Notice::MessageIn { message_name, call, agent, request, session: _ } => {
            let request = request.map(|request| request.to_string());
            ("read", with(message_name, &[("call", call), ("agent", agent), ("request", &request)]))
        }
        Notice::MessageIgnored { message_name, reason } => ("ignored", format!("{message_name}: {reason}")),
        Notice::RuleFired { rule, means, .. } => ("rule", format!("{rule}, which means {means}")),
        Notice::ChangeWithoutEffect { means, reason } => ("no effect", format!("{means}: {reason}")),
        Notice::PictureChanged { transition, call, second_call, agent, request } => {
            let request = request.map(|request| request.to_string());
            let ids = [("call", call), ("second call", second_call), ("agent", agent), ("request", &request)];
            ("changed", with(transition, &ids))
        }
        Notice::TransitionUntold { transition, reason, .. } => ("untold", format!("{transition}: {reason}")),
        Notice::MessageOut { message_name, rule, .. } => ("message", by(message_name, rule.as_deref())),
        Notice::CommandOut { message_name, rule, .. } => ("command", by(message_name, rule.as_deref())),
        Notice::RequestTaken { operation, request, .. } => ("request", format!("{operation}, request {request}")),
        Notice::ReplyIn { message_name, request, .. } => ("reply", format!("{message_name}, request {request}")),
        other => ("notice", other.to_string()),
    }
}

fn with(what: &str, ids: &[(&str, &Option<String>)]) -> String {
    let named = ids.iter().filter_map(|(name, id)| Some(format!(", {name} {}", id.as_ref()?)));
    named.fold(what.to_owned(), |text, id| text + &id)
}

fn by(message: &str, rule: Option<&str>) -> String {
    match rule {
        Some(rule) => format!("{message} by the rule {rule}"),
        None => format!("{message}, which passes whole"),
    }
}

fn as_json(step: &Step) -> serde_json::Value {
    match step {
        Step::Told(notice) => {
            let mut fields = Map::new();
            fields.insert("event".into(), notice.kind().name().into());
            if notice.kind().frequency() != Frequency::Traced {
                fields.insert("text".into(), notice.kind().text().into());
            }
            notice.each(|name, value| {
                let value = match value {
                    Value::Text(text) => text.into(),
                    Value::Word(word) => word.into(),
                    Value::Number(number) => number.into(),
                    Value::Seconds(seconds) => seconds.into(),
                    Value::Flag(flag) => flag.into(),
                };
                fields.insert(name.into(), value);
            });
            fields.into()
        }
        Step::Written { is_command, text } => {
            let what = if *is_command { "asked" } else { "told" };
            let message = serde_json::from_str(text).unwrap_or_else(|_| json!(text));
            json!({ "event": what, "message": message })
        }
    }
}
