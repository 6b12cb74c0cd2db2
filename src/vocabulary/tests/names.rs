//! What the loader says of wrong uses of `names` and `call-names`, and where.

use super::*;
use crate::diagnostic::Source;

const HEAD: &str = r#"
dialect = "x"
title = "x"
guide = "x"
form = "json"
name = ["message"]
call-names = ["guid", "id"]
[enum.kind]
chapter = "1"
[enum.kind.members]
agent = { code = 3, kind = "agent" }
pear  = 5
[enum.plain]
chapter = "1"
members = ["a", "b"]
[record.entry]
chapter = "1"
[record.entry.fields]
id = { type = "id", names = "listed" }
[record.other]
chapter = "1"
[record.other.fields]
x = "id"
[message.m]
chapter = "1"
side = "event"
[message.m.fields]
kind = "kind"
plain = "plain"
text = "text"
flag = "bool"
"#;

/// What is said of one more field, each with the text that it is said of.
fn said(field: &str) -> Vec<String> {
    said_of(&format!("{HEAD}{field}\n"))
}

/// The same of a whole vocabulary.
fn said_of(text: &str) -> Vec<String> {
    let mut problems = Problems::default();
    load(&Source::new("x.toml", text), &mut problems);
    let said = problems.iter().map(|problem| {
        let help = problem.help.as_deref().map(|help| format!(" ({help})")).unwrap_or_default();
        format!("{}: {}{help}", &text[problem.span.clone()], problem.text)
    });
    said.collect()
}

#[test]
fn right_uses_are_taken() {
    for right in [
        r#"x = { type = "id", names = "call" }"#,
        r#"x = { type = "[long]", names = "call.guid" }"#,
        r#"x = { type = "text", names = "email-queue" }"#,
        r#"x = { type = "id", names = { by = "kind" } }"#,
        r#"x = { type = "id", names = { by = "kind", 99 = "switch", agent = "agent-or-number" } }"#,
        r#"x = { type = "id", names = { by = ["plain", "text"], a = "agent", anything = "group", else = "service" } }"#,
        r#"x = { type = "[entry]", names = "agent" }"#,
        r#"x = { type = "entry", names = { by = "kind" } }"#,
    ] {
        assert_eq!(said(right), Vec::<String>::new(), "{right}");
    }
}

#[test]
fn wrong_uses_are_said_where_they_stand() {
    for (field, expected) in [
        (r#"x = { type = "id", names = "agnet" }"#, "agnet: unknown thing `agnet` (did you mean `agent`?)"),
        (r#"x = { type = "id", names = "call.pbx" }"#, "call.pbx: unknown thing `call.pbx`"),
        (r#"x = { type = "id", names = 3 }"#, "3: `names` is a word, or a table with `by`"),
        (r#"x = { type = "bool", names = "agent" }"#, "\"agent\": a value of type bool is no id"),
        (r#"x = { type = "[kind]", names = "agent" }"#, "\"agent\": a value of type [kind] is no id"),
        (r#"x = { type = "id", role = "agent", names = "agent" }"#, "\"agent\": the role says already what it names"),
        (
            r#"x = { type = "[id]", separated = ",", names = "agent" }"#,
            "\"agent\": only a value that travels as itself names something",
        ),
        (r#"x = { type = "id", names = { agent = "agent" } }"#, "{ agent = \"agent\" }: `by` is missing"),
        (r#"x = { type = "id", names = { by = "kidn" } }"#, "kidn: unknown field `kidn` (did you mean `kind`?)"),
        (r#"x = { type = "id", names = { by = "x" } }"#, "x: unknown field `x`"),
        (
            r#"x = { type = "id", names = { by = "flag" } }"#,
            "\"flag\": a value of type bool does not tell what another names",
        ),
        (
            r#"x = { type = "id", names = { by = "kind", agnet = "agent" } }"#,
            "agnet: unknown value `agnet` (did you mean `agent`?)",
        ),
        (r#"x = { type = "id", names = { by = "kind", agent = "pear" } }"#, "pear: unknown thing `pear`"),
        (
            r#"x = { type = "id", names = { by = "plain" } }"#,
            "{ by = \"plain\" }: nothing tells what which value means: `by` needs members with a `kind`, or entries",
        ),
        (r#"x = { type = "id", names = "listed" }"#, "\"listed\": only fields of records are `listed`"),
        (r#"x = { type = "other", names = "agent" }"#, "\"agent\": no field of `other` names what it is `listed` as"),
        (r#"x = "[entry]""#, "x: `names` is missing: fields of `entry` name what they are `listed` as"),
    ] {
        let said = said(field);
        assert_eq!(said.len(), 1, "{field}: {said:?}");
        assert!(said[0].starts_with(expected), "{field}: {said:?}");
    }
}

#[test]
fn a_field_that_replaces_another_names_what_it_says_itself() {
    let text = format!(
        "{HEAD}x = {{ type = \"id\", names = \"agent\" }}\n[fields.set]\nx = {{ type = \"id\", names = \"group\" }}\n\
         [message.n]\nchapter = \"1\"\nside = \"event\"\ninclude = [\"set\"]\n[message.n.fields]\nx = \"id\"\n"
    );
    let mut problems = Problems::default();
    let vocabulary = load(&Source::new("x.toml", text), &mut problems);
    assert!(problems.is_empty(), "{}", problems.render());
    let names = |label: &str| vocabulary.names_anything(vocabulary.find(label).unwrap());
    assert_eq!((names("m"), names("n")), (true, false));
}

#[test]
fn a_call_has_at_most_four_names() {
    let named = |names: &str| said_of(&HEAD.replace("\"guid\", \"id\"", names));
    assert_eq!(named(r#""guid", "id", "pbx", "leg""#), [""; 0]);
    assert_eq!(
        named(r#""guid", "id", "pbx", "leg", "batch""#),
        ["\"batch\": a call has at most 4 names, so `batch` is one too many"]
    );
}
