//! Rules are read as they are written, and each mistake is reported once, at its place, with what to write.

use std::sync::Arc;

use crate::{
    diagnostic::{Problems, Source},
    mapping::{incoming, outgoing},
    vocabulary::{self, Vocabulary},
};

const VOCABULARY: &str = r#"
dialect      = "acme"
title        = "ACME Switch"
guide        = "made up"
form         = "json"
name         = ["event"]
request-name = ["do"]

[fields.agent]
event = "text"
agent = { type = "id", role = "agent" }
why   = "text"

[message.agent-on]
chapter = "1"
side    = "event"
include = ["agent"]

[message.agent-off]
chapter = "1"
side    = "event"
include = ["agent"]

[message.agent-idle]
chapter = "1"
side    = "event"
include = ["agent"]
fields  = { place = "text", group = "int", kind = "text" }

[message.log-off]
chapter = "2"
side    = "request"
fields  = { do = "text", agent = { type = "id", role = "agent" } }
"#;

fn vocabulary() -> Arc<Vocabulary> {
    let mut problems = Problems::default();
    let vocabulary = vocabulary::load(&Source::new("acme.toml", VOCABULARY), &mut problems);
    assert!(problems.is_empty(), "{}", problems.render());
    Arc::new(vocabulary)
}

/// The problems as "line:column text (help)".
fn listed(problems: &Problems) -> Vec<String> {
    let line = |problem: &crate::diagnostic::Problem| {
        let (line, column) = problem.source.position(problem.span.start);
        let help = problem.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
        format!("{line}:{column} {}{help}", problem.text)
    };
    problems.iter().map(line).collect()
}

/// What is wrong with rules of messages. The text begins in line 2.
#[track_caller]
fn from(rules: &str, expected: &[&str]) -> incoming::Incoming {
    let mut problems = Problems::default();
    let source = Source::new("from-acme.toml", format!("dialect = \"acme\"\n{rules}"));
    let incoming = incoming::load(&source, None, &vocabulary(), &mut problems);
    incoming.check_examples(&mut problems);
    assert_eq!(listed(&problems), expected);
    incoming
}

/// What is wrong with rules of transitions.
#[track_caller]
fn to(rules: &str, expected: &[&str]) -> outgoing::Outgoing {
    let mut problems = Problems::default();
    let source = Source::new("to-acme.toml", format!("dialect = \"acme\"\n{rules}"));
    let outgoing = outgoing::load(&source, None, &vocabulary(), &mut problems);
    outgoing.check_examples(&mut problems);
    assert_eq!(listed(&problems), expected);
    outgoing
}

fn names(names: &[Arc<str>]) -> Vec<&str> {
    names.iter().map(|name| &**name).collect()
}

const UNREAD: &str = "\n[unread]\nwhy = \"-\"\nplace = \"-\"\ngroup = \"-\"\nkind = \"-\"\n";

#[test]
fn rules_have_names_and_fire_in_the_order_of_the_file() {
    let rules = r#"
[on.agent-off]
means = "logged-off"

[on.agent-idle.second]
means = "activity"
fixed.state = "idle"

[on.agent-idle.first]
means = "agent-present"

  [[on.agent-idle.example]]
  given  = { event = "agent-idle", agent = 40 }
  expect = [{ change = "log-on-begun" }, { change = "activity", state = "idle" }, { change = "agent-present" }]

[shared.begun]
messages = "agent-idle"
means    = "log-on-begun"
"#;
    let incoming = from(&format!("{rules}{UNREAD}"), &[]);
    let expected = ["agent-idle.begun", "agent-off", "agent-idle.second", "agent-idle.first"];
    assert_eq!(names(&incoming.rule_names), expected);
}

#[test]
fn constants_and_expressions_are_one_value() {
    let rules = r#"
[on.agent-idle]
means = "agent-seen"
set.service.id = "group"
fixed.service.kind = "group"
weak.fixed.name = "Ann's"
fixed.number = "'7'"

  [[on.agent-idle.example]]
  given  = { event = "agent-idle", agent = 40, group = 9 }
  expect = [{ change = "agent-seen", service = "group 9", name = "Ann's", number = "'7'" }]
"#;
    from(&format!("{rules}{UNREAD}"), &[]);
}

#[test]
fn a_rule_that_is_like_another_changes_single_keys() {
    let rules = r#"
[on.agent-idle.one]
means = "agent-seen"
when = "group == 9"
set.service.id = "group"
fixed.service.kind = "group"

[on.agent-idle.two]
like = "agent-idle.one"
when = "group == 8"
fixed.service.kind = "agent-queue"

  [[on.agent-idle.two.example]]
  given  = { event = "agent-idle", agent = 40, group = 8 }
  expect = [{ change = "agent-seen", service = "agent-queue 8" }]

[on.agent-on.off]
means = "logged-off"
set.name = "why"
when = "why"

[on.agent-on.on]
means = "agent-seen"
fixed.free = true

[on.agent-off]
like = "agent-on"
fixed.number = "77"

[on.agent-off.on]
set.free = false

  [[on.agent-off.example]]
  given  = { event = "agent-off", agent = 40, why = "ill" }
  expect = [{ change = "logged-off", name = "ill", number = "77" }, { change = "agent-seen", free = false, number = "77" }]
"#;
    let incoming = from(&format!("{rules}\n[unread.agent-idle]\nwhy = \"-\"\nplace = \"-\"\nkind = \"-\"\n"), &[]);
    let expected = ["agent-idle.one", "agent-idle.two", "agent-on.off", "agent-on.on", "agent-off.off", "agent-off.on"];
    assert_eq!(names(&incoming.rule_names), expected);
}

#[test]
fn like_names_a_rule_that_is_written_out() {
    let rules = r#"
[on.agent-on]
like = "agent-of"
[on.agent-off]
like = "agent-off"
[on.agent-idle.one]
means = "ready"
[on.agent-idle.two]
like = "agent-idle.one"
[on.agent-idle.three]
like = "agent-idle.two"
[on.agent-idle.four]
like = "agent-idle"
"#;
    from(
        &format!("{rules}{UNREAD}"),
        &[
            "4:9 unknown rule `agent-of` (did you mean `agent-off`?)",
            "6:8 `agent-off` cannot be like itself",
            "12:8 `agent-idle.two` is itself like `agent-idle.one`: name that one",
            "14:8 `agent-idle` has several rules: name one of them, `agent-idle.one` or `agent-idle.two` or \
             `agent-idle.three` or `agent-idle.four`",
        ],
    );
}

#[test]
fn a_message_that_is_like_another_has_its_rules_and_no_others_by_mistake() {
    let rules = r#"
[on.agent-idle.one]
means = "ready"
[on.agent-idle.two]
means = "agent-present"
[on.agent-on]
like = "agent-idle"
[on.agent-on.tvo]
when = "why"
[on.agent-off]
like = "agent-idle.one"
[on.agent-off.one]
when = "why"
"#;
    from(
        &format!("{rules}{UNREAD}"),
        &[
            "9:14 unknown rule of `agent-idle` without `means`: `tvo` (did you mean `two`?)",
            "13:15 `like` makes `[on.agent-off]` a rule, so it cannot hold the rule `one`",
        ],
    );
}

#[test]
fn a_table_is_a_rule_or_holds_rules() {
    let rules = r#"
[on.agent-on]
means = "logged-on"
sett.name = "why"
[[on.agent-off]]
means = "logged-off"
[on.agent-idle.one]
when = "why"
wen = "why"
"#;
    from(
        &format!("{rules}{UNREAD}"),
        &[
            "5:1 `[on.agent-on]` is a rule, so it cannot hold the rule `sett`: write `[on.agent-on.<name>]` for each of the \
             two (did you mean `set`?)",
            "6:6 several rules of a message have names: write `[on.agent-off.<name>]`",
            "10:1 unknown key `wen` (did you mean `when`?)",
            "8:16 `means` is missing in the rule `agent-idle.one`",
        ],
    );
}

#[test]
fn a_name_is_there_once() {
    let wrong = "\n[on.agent-on.one]\nmeans = \"logged-on\"\n[on.agent-on.one]\nmeans = \"ready\"\n";
    from(&format!("{wrong}{UNREAD}"), &["5:14 duplicate key", "6:1 duplicate key"]);
    let twice = "\n[on.agent-on]\nmeans = \"logged-on\"\nset.name = \"why\"\nfixed.name = \"Ann\"\n";
    from(&format!("{twice}{UNREAD}"), &["6:7 `name` is set twice: by an expression and under `fixed`"]);
}

#[test]
fn the_old_form_is_an_error_once_that_says_the_new_form() {
    let rules = r#"
[[shared]]
having   = ["why"]
set.name = "why"

[[rule]]
on    = "agent-on"
means = "logged-on"

[[rule]]
on    = ["agent-off", "agent-idle"]
means = "logged-off"
"#;
    let expected = [
        "7:1 a rule is no longer written as `[[rule]]` and `on`: write `[on.agent-on]`, or `[on.agent-on.<name>]` if \
         `agent-on` has several rules (its examples are `[[on.agent-on.example]]`)",
        "3:1 `[[shared]]` has a name now: write `[shared.why]`",
    ];
    from(&format!("sides = [\"event\"]\n{}", &rules[1..]), &expected.map(|line| line));
    to(
        "\nsides = [\"event\", \"request\"]\n[[rule]]\non = [\"held\", \"retrieved\"]\nemit = \"agent-on\"\n\
         [[refusal]]\non = \"answer\"\nwhen = \"true\"\nbecause = \"-\"\n",
        &[
            "4:1 a rule is no longer written as `[[rule]]` and `on`: write `[on.held]`; `[on.retrieved]` has `like = \"held\"` \
             (its examples are `[[on.held.example]]`)",
            "7:1 `[[refusal]]` has a name now: write `[refuse.<name>]`, and `orders = \"answer\"` instead of `on`",
        ],
    );
}

#[test]
fn a_text_in_quotes_within_quotes_is_an_error_once() {
    let rules = r#"
[on.agent-on]
means = "logged-on"
on = "agent-on"
set.name = "'Ann'"
set.party = { kind = "'group'", id = "why" }
set.number = "why ?? '7'"
[on.agent-off]
means = "logged-off"
weak.name = "'Ann'"
on = "agent-off"
"#;
    let more = "a constant has no quotes within quotes: write";
    from(
        &format!("{rules}{UNREAD}"),
        &[
            "5:1 the table's name says the message: write `[on.<message>]` without `on`",
            &format!("6:12 {more} `fixed.name = \"Ann\"` (and 2 more like it)"),
        ],
    );
    let nested = "\n[on.agent-on]\nmeans = \"logged-on\"\nset.party = { kind = \"'group'\", id = \"why\" }\n";
    from(&format!("{nested}{UNREAD}"), &[&format!("5:22 {more} `fixed.party.kind = \"group\"`")]);
    let weak = "\n[on.agent-on]\nmeans = \"logged-on\"\nweak.name = \"'Ann'\"\n";
    from(&format!("{weak}{UNREAD}"), &[&format!("5:13 {more} `weak.fixed.name = \"Ann\"`")]);
}

#[test]
fn a_constant_fits_its_attribute() {
    let rules = "\n[on.agent-on]\nmeans = \"agent-seen\"\nfixed.state = \"idel\"\nfixed.free = \"yes\"\nfixed.party.kind = \"agnt\"\n";
    from(
        &format!("{rules}{UNREAD}"),
        &[
            "5:16 unknown member of the model's agent-state `idel` (did you mean `idle`?)",
            "6:15 this is a text, true or false is wanted here",
            "7:21 unknown kind of device `agnt` (did you mean `agent`?)",
        ],
    );
}

#[test]
fn an_omission_is_one_error_where_it_belongs() {
    let rules = "sides = [\"event\"]\n[on.agent-on]\nmeans = \"logged-on\"\n[on.agent-off]\nmeans = \"logged-off\"\n";
    let idle = "[on.agent-idle]\nmeans = \"ready\"\n";
    from(
        &format!("{rules}[ignore]\n"),
        &[
            "7:1 `agent-idle` has no rule and does not stand under `ignore` (write `[on.agent-idle]`, or here: agent-idle = \
             \"<the reason>\")",
            "1:11 `why` is not read: it is in `agent-on`, `agent-off` (otherwise write under `[unread]`: why = \"<the reason>\")",
        ],
    );
    from(
        &format!("{rules}{idle}[unread]\nplace = \"-\"\n"),
        &[
            "9:1 `why` is not read: it is in `agent-on`, `agent-off`, `agent-idle` (otherwise write under `[unread]`: why = \
             \"<the reason>\")",
            "7:5 these fields of `agent-idle` are not read: `group`, `kind` (otherwise write under `[unread.agent-idle]`: \
             group = \"<the reason>\")",
        ],
    );
}

#[test]
fn a_field_that_is_not_set_is_one_error_where_it_belongs() {
    let rules = r#"
[on.agent-logged-on]
emit = "agent-idle"
fixed.place = "here"
fixed.group = 9
[on.agent-state.idle]
emit = "agent-idle"
fixed.group = 9
fixed.kind = "-"
absent.place = "-"
[absent]
why = "-"
"#;
    let kind = "of `agent-idle` is not set (otherwise write under `[absent.agent-idle]`: kind = \"<the reason>\")";
    to(rules, &[&format!("3:5 `kind` {kind}")]);
    let two = "\n[on.agent-logged-on]\nemit = \"agent-on\"\n[on.agent-logged-off]\nemit = \"agent-off\"\n[absent.agent-idle]\nwhy = \"-\"\n";
    let help = "otherwise write under `[absent]`: why = \"<the reason>\"";
    to(two, &[&format!("7:2 `why` is not set: it is in `agent-on`, `agent-off` ({help})")]);
}

#[test]
fn a_refusal_names_its_orders_and_its_condition() {
    to(
        "\n[refuse.one]\norders = [\"answr\"]\nwhen = \"call.id\"\nbecause = \"-\"\n[refuse.two]\non = \"answer\"\n\
         [refuse.three]\norders = []\nwhen = \"call.id\"\nbecause = \"-\"\n",
        &[
            "4:12 unknown order `answr` (did you mean `answer`?)",
            "8:6 the orders of a refusal are written `orders = \"answer\"`, not `on`",
            "7:9 `when` is missing: what is never possible stands under `unsupported`",
            "7:9 `because` is missing",
            "9:9 `orders` is missing",
        ],
    );
}

#[test]
fn settings_are_shared_by_fields_and_rules_by_messages() {
    from(
        "\n[shared.none]\nfixed.name = \"-\"\n[shared.rule]\nhaving = [\"why\"]\nmeans = \"ready\"\n[shared.when]\nhaving = \"why\"\nwhen = \"why\"\n",
        &[
            "3:9 either `having` or `messages` says which messages share this",
            "5:9 a shared rule lists its `messages`",
            "8:9 `means` is missing: only a rule has `when` and `each`",
        ],
    );
    to(
        "\n[shared.none]\nfixed.why = \"-\"\n[shared.rule]\nhaving = [\"why\"]\nemit = \"agent-on\"\n",
        &[
            "3:9 `having` is missing: the fields of the messages that share these settings",
            "5:9 only settings are shared: `set` and `fixed`",
        ],
    );
}
