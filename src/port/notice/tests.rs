//! The table is well formed, and `docs/reference/log-events.md` is made of it: `UPDATE=1 cargo test --lib notice` writes it anew.

use std::{collections::BTreeSet, fmt::Write, fs};

use super::*;

/// The documentation that is made of the table.
const DOCUMENT: &str = "docs/reference/log-events.md";

const HEAD: &str = "# Log events

<!-- Made from src/port/notice/table.rs by `UPDATE=1 cargo test --lib notice`. -->

A line of the log that tells what happened has a constant text as its message, the name of the event in the field `event`, and
everything else in fields. In the text format, the fields follow the message; with `format = \"json\"` they are keys beside it.
`platform` or `application` names the section of the configuration that the event is about. A field that has no value is left
out. Names of events and fields stay the same from release to release; texts may change.

Texts from outside are only ever values of fields. They are quoted and escaped, so they never look like another field or line, and
cut after 400 bytes.

Of each event about one platform or application, and of each value of its first field with the bridge's own words (such as `cause`),
the log shows at most ten in ten seconds. `left_out` says how many more there were. Events that cannot be numerous are always
shown; the table marks them with \"all\".

Events at level debug that are marked with \"all\" are the story of a call, an agent or a request: a message that came in, the rules
that it fired, what changed, the commands and messages that went out. Each has the ids of the side that it is about, as that side
writes them; `message_out` has those of both sides. They are made only while the log shows them.
";

fn document() -> String {
    let mut text = format!("{HEAD}\n| event | level | shown | message | fields |\n|---|---|---|---|---|\n");
    for kind in Kind::ALL {
        let shown = match kind.frequency() {
            Frequency::Many => "",
            Frequency::Few | Frequency::Traced => "all",
        };
        let level = if kind.name() == "left_out" { "that of the others" } else { kind.level().name() };
        let fields: Vec<String> = kind.fields().iter().map(|field| format!("`{field}`")).collect();
        writeln!(text, "| `{}` | {level} | {shown} | {} | {} |", kind.name(), kind.text(), fields.join(", ")).unwrap();
    }
    text += "\n| field | meaning |\n|---|---|\n";
    for (field, meaning) in FIELDS {
        writeln!(text, "| `{field}` | {meaning} |").unwrap();
    }
    text
}

#[test]
fn the_documentation_is_the_table() {
    let made = document();
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all("docs/reference").unwrap();
        fs::write(DOCUMENT, &made).unwrap();
    }
    assert!(fs::read_to_string(DOCUMENT).is_ok_and(|kept| kept == made), "{DOCUMENT} is old: set UPDATE=1");
}

#[test]
fn names_are_the_variants_in_snake_case_and_texts_are_constant() {
    for kind in Kind::ALL {
        let snake: String = format!("{kind:?}")
            .char_indices()
            .map(|(place, letter)| match (place, letter.is_uppercase()) {
                (0, _) | (_, false) => letter.to_lowercase().to_string(),
                (_, true) => format!("_{}", letter.to_lowercase()),
            })
            .collect();
        assert_eq!(kind.name(), snake);
        assert!(!kind.text().contains(['{', '}', '|', '\n']) && !kind.text().ends_with('.'), "{}", kind.text());
    }
    let texts: BTreeSet<&str> = Kind::ALL.iter().map(|kind| kind.text()).collect();
    assert_eq!(texts.len(), Kind::ALL.len(), "no two kinds have one text");
}

#[test]
fn every_field_has_a_meaning_and_no_field_is_called_as_one_of_the_log_s_own() {
    let used: BTreeSet<&str> = Kind::ALL.iter().flat_map(|kind| kind.fields()).copied().collect();
    let known: Vec<&str> = FIELDS.iter().map(|(field, _)| *field).collect();
    assert_eq!(used.into_iter().collect::<Vec<_>>(), known);
    for own in ["event", "platform", "application", "message", "level", "timestamp", "target"] {
        assert!(!known.contains(&own), "{own}");
    }
}

#[test]
fn texts_from_outside_are_quoted_fields_and_cut_where_a_letter_ends() {
    let mut notice = Notice::SessionClosed {
        session: 3,
        user: Some("ann\" session=4\nERROR".into()),
        peer: None,
        reason: "é".repeat(10),
    };
    notice.shorten(5);
    assert_eq!(notice.to_string(), "a session closed session=3 user=\"ann\\\" …\" reason=\"éé…\"");
    notice = Notice::CallbackRefused { cause: "it is no SOAP", reason: "a\nb".into() };
    assert_eq!(notice.to_string(), "a call of the platform was refused cause=\"it is no SOAP\" reason=\"a\\nb\"");
    assert_eq!((notice.sort(), notice.kind().level()), (Some("it is no SOAP"), Level::Warn));
}

#[test]
fn what_is_left_out_matters_as_much_as_it_would_itself() {
    let left_out = |of| Notice::LeftOut { of, of_sort: None, count: 5, within_s: 10 }.level();
    let levels = ["session_closed", "ids_collide", "bridge_refused"].map(left_out);
    assert_eq!(levels, [Level::Info, Level::Warn, Level::Error]);
}

/// A value of a field's type that looks like another line of the log, as far as it can.
trait Hostile {
    fn hostile() -> Self;
}

impl Hostile for String {
    fn hostile() -> String {
        "x\r\n2031-01-01 ERROR forged\u{1b}[2K\u{85}\u{2028}\u{202e}\" forged=1".to_owned()
    }
}

impl<H: Hostile> Hostile for Option<H> {
    fn hostile() -> Option<H> {
        Some(H::hostile())
    }
}

macro_rules! harmless {
    ($($type:ty = $value:expr),*) => {
        $(impl Hostile for $type {
            fn hostile() -> $type {
                $value
            }
        })*
    };
}

harmless!(&'static str = "word", bool = true, f64 = 1.0, i64 = 1, u32 = 1, u64 = 1, usize = 1);

macro_rules! hostile_notices {
    ($($variant:ident $name:ident $level:ident $frequency:ident $text:literal {
        $($field:ident: $type:ty),* $(,)?
    })*) => {
        vec![$(Notice::$variant { $($field: <$type>::hostile()),* }),*]
    };
}

#[test]
fn no_text_from_outside_makes_a_line_of_any_sort_of_notice() {
    let notices: Vec<Notice> = table!(hostile_notices);
    assert_eq!(notices.len(), Kind::ALL.len());
    for notice in notices {
        let shown = notice.to_string();
        let line = crate::one_line::one_line(&shown);
        let odd = |c: char| c.is_control() || ['\u{2028}', '\u{2029}', '\u{202e}'].contains(&c);
        assert!(!line.contains(odd), "{line:?}");
        let quoted =
            notice.kind().fields().is_empty() || !line.contains("\" forged=1") || line.contains("\\\" forged=1");
        assert!(quoted, "a text looks like a field: {line}");
        assert!(line.starts_with(notice.kind().text()), "{line}");
    }
}
