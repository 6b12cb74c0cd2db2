//! The report: its parts, and its table for people. Programs get the same parts as JSON.

use std::{collections::BTreeMap, fmt::Write};

use serde::Serialize;

/// The coverage of a pair of dialects, a platform's and an application's.
#[derive(Debug, Serialize)]
pub struct Coverage {
    pub from: String,
    pub to: String,
    /// The platform's events and replies, and what the application learns of each.
    pub events: Vec<Heard>,
    /// The application's requests, and what the platform is asked for each.
    pub requests: Vec<Heard>,
    /// The messages to the application, and their origins.
    pub told: Vec<Said>,
    /// The messages to the platform, and their origins.
    pub asked: Vec<Said>,
    pub totals: BTreeMap<&'static str, usize>,
}

/// A message that comes in.
#[derive(Debug, Serialize)]
pub struct Heard {
    pub message: String,
    /// The messages that it can become; none if it is ignored.
    pub into: Vec<String>,
    /// The reason why it is ignored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignored: Option<String>,
    /// The reason why it fails: the platform's limitation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// The bridge answers it from its picture.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub answered: bool,
    /// Only the conversation has to do with it.
    #[serde(skip)]
    pub session: bool,
    pub fields: Vec<Field>,
}

/// A message that goes out.
#[derive(Debug, Serialize)]
pub struct Said {
    pub message: String,
    /// The messages that it can be made of.
    pub of: Vec<String>,
    /// The reason why it is never said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unsaid: Option<String>,
    pub fields: Vec<Field>,
}

#[derive(Debug, Serialize)]
pub struct Field {
    pub field: String,
    pub fate: Fate,
    /// The fields that it goes to or comes from, or the reason why there are none.
    pub detail: Detail,
}

#[derive(Debug)]
pub enum Detail {
    Reason(String),
    /// A word or two, and the fields or attributes that it goes to or comes from.
    List(&'static str, Vec<String>),
}

impl Detail {
    pub fn reason(text: &str) -> Detail {
        Detail::Reason(text.to_owned())
    }

    /// The detail with at most `most` items of its list.
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
    /// Lists are written whole for programs.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text(usize::MAX))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// Its value is passed on: to a message that its own message can cause, or from a message that can cause its own.
    Carried,
    /// It is kept in the picture for later messages, or decides what happened, or is read from the picture.
    Derived,
    /// The other side has no place for it.
    Absent,
    /// It is left out for a reason.
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
    /// The fate as the table says it, and as the totals count it.
    pub fn fate(&self) -> (String, &'static str) {
        match (&self.ignored, &self.refused) {
            (Some(reason), _) => (format!("ignored: {reason}"), "messages ignored"),
            (_, Some(reason)) => (format!("refused: {reason}"), "messages refused"),
            _ if self.answered => ("answered by the bridge".to_owned(), "messages answered by the bridge"),
            _ => (format!("→ {}", none_if_empty(&self.into, "remembered")), "messages translated"),
        }
    }
}

impl Coverage {
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

impl Coverage {
    /// What becomes of each message, without its fields, as Markdown.
    pub fn markdown(&self) -> String {
        let mut out = format!("## {} → {}\n", self.from, self.to);
        for (title, list) in [("Events of the platform", &self.events), ("Requests of the application", &self.requests)]
        {
            let _ = writeln!(out, "\n| {title} | what becomes of it |\n|---|---|");
            for heard in list {
                let _ = writeln!(out, "| {} | {} |", heard.message, heard.fate().0.replace('|', "\\|"));
            }
        }
        out
    }
}

fn none_if_empty(list: &[String], otherwise: &str) -> String {
    if list.is_empty() { otherwise.to_owned() } else { list.join(", ") }
}

fn fields(fields: &[Field], out: &mut String) {
    for field in fields {
        // Long lists are cut: the whole list is in the JSON.
        let _ = writeln!(out, "    {:<9} {:<40} {}", field.fate.name(), field.field, field.detail.text(4));
    }
    let _ = writeln!(out);
}
