//! A file that extends the shipped rules of the event feed.

use super::*;
use crate::{
    mapping::{Mappings, incoming, outgoing},
    shipped::Files,
};

/// The shipped file under an overlay, the problems as "file:line:column text (help)", and the names of the rules.
fn over(name: &str, text: &str) -> (Vec<String>, Vec<String>) {
    let mut problems = Problems::default();
    let files = Files::built_in();
    let vocabulary = Mappings::load(&files, &mut problems).dialects["event-feed"].vocabulary.clone();
    let source = Source::new("site.toml", text);
    let names = if name.starts_with("from") {
        let rules = incoming::load(&source, files.get(name), &vocabulary, &mut problems);
        rules.check_examples(&mut problems);
        rules.rule_names
    } else {
        let rules = outgoing::load(&source, files.get(name), &vocabulary, &mut problems);
        rules.check_examples(&mut problems);
        rules.rule_names
    };
    let line = |problem: &crate::diagnostic::Problem| {
        let (line, column) = problem.source.position(problem.span.start);
        let help = problem.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
        format!("{}:{line}:{column} {}{help}", problem.source.name, problem.text)
    };
    (problems.iter().map(line).collect(), names.iter().map(|name| name.to_string()).collect())
}

const RULES: &str = r#"extends = "shipped"
remove  = ["entity-update.email-queues-removed", "command-reply", "nameless-reply"]

[on.established]
means             = "connected"
set.party         = "joining"
set.other         = "calling"
fixed.caller-name = "site"

  [[on.established.example]]
  given  = { message = "established", guid = "g", joining-device-id = 1001, joining-device-type = 3 }
  expect = [{ change = "connected", party = "agent 1001", caller-name = "site" }]

[on.entity-update.noted]
after = "entity-update.agent"
like  = "entity-update.agent"

[on.entity-update.first]
before = "agent"
like   = "entity-update.agent"

[ignore]
command-reply  = "this site sends no commands"
nameless-reply = "this site sends no commands"

[tables.media]
web = "email"

[unread]
version = "the version does not matter"
"#;

#[test]
fn a_file_holds_only_what_it_changes() {
    let (problems, names) = over("from-event-feed.toml", RULES);
    assert_eq!(problems, [""; 0]);
    let of = |message: &str| names.iter().filter(|name| name.starts_with(message)).take(4).collect::<Vec<_>>();
    assert_eq!(of("established"), ["established"]);
    let expected = ["entity-update.first", "entity-update.agent", "entity-update.noted", "entity-update.agent-removed"];
    assert_eq!(of("entity-update"), expected);
    assert!(!names.contains(&"entity-update.email-queues-removed".to_owned()) && of("command-reply").is_empty());

    let files = Files::built_in();
    let changes = changes(&Source::new("site.toml", RULES), files.get("from-event-feed.toml")).unwrap();
    let expected = [
        "replaces established",
        "adds entity-update.noted",
        "adds entity-update.first",
        "removes entity-update.email-queues-removed",
        "removes command-reply",
        "removes nameless-reply",
        "changes ignore.command-reply",
        "changes ignore.nameless-reply",
        "changes tables.media",
        "changes unread.version",
    ];
    assert_eq!(changes, expected);
}

#[test]
fn an_error_is_shown_in_the_file_that_it_is_from() {
    let (problems, _) = over(
        "from-event-feed.toml",
        r#"extends = "shiped"
remove  = ["estblished", "conn-cleared", "tables.media.voice", "unread.initiated.group-id"]

[on.entity-update.first]
before = "entity-update.agnt"
like   = "entity-update.agent"

[on.held]
means     = "held"
set.party = "holdng"
"#,
    );
    let expected = [
        "site.toml:2:13 unknown rule or entry `estblished` (did you mean `established`?)",
        "site.toml:1:11 a file can only extend the shipped one: write `extends = \"shipped\"`",
    ];
    assert_eq!(problems[..2], expected);
    assert!(problems[2].starts_with("mappings/from-event-feed.toml:") && problems[2].contains("the table lacks voice"));
    let expected = [
        "site.toml:5:11 unknown other rule of `entity-update` `entity-update.agnt` (did you mean `entity-update.agent`?)",
        "site.toml:10:14 unknown field `holdng.type` (did you mean `holding.type`?)",
    ];
    assert_eq!(problems[3..4], expected[..1]);
    assert!(problems[4].starts_with("site.toml:10:14 "), "{problems:?}");
    assert_eq!(problems.len(), 5, "nothing is missed while rules are wrong: {problems:#?}");
    let (rest, _) = over(
        "from-event-feed.toml",
        "extends = \"shipped\"\nremove = [\"conn-cleared\", \"unread.initiated.group-id\"]\n",
    );
    let lacks = "site.toml:1:11 `conn-cleared` has no rule and does not stand under `ignore` (write `[on.conn-cleared]`, or here: \
                 conn-cleared = \"<the reason>\")";
    assert!(rest.iter().any(|line| *line == lacks), "{problems:#?}");
    let unread = "mappings/from-event-feed.toml:";
    assert!(rest.iter().any(|line| line.starts_with(unread) && line.contains("`group-id` of `initiated` is not read")));
}

#[test]
fn only_a_file_that_extends_another_removes_and_places_rules() {
    let plain =
        "dialect = \"event-feed\"\nremove = [\"held\"]\n[on.held.one]\nmeans = \"held\"\nbefore = \"held.two\"\n";
    let (problems, _) = over("from-event-feed.toml", plain);
    let expected = [
        "site.toml:2:10 only a file that says `extends = \"shipped\"` removes something",
        "site.toml:5:10 in this file rules stand in their order: `before` and `after` are for one that `extends` it",
    ];
    assert_eq!(problems[..2], expected);
    let (problems, _) = over("from-nowhere.toml", "extends = \"shipped\"\ndialect = \"event-feed\"\n");
    assert_eq!(problems, ["site.toml:1:11 there is no shipped file of this name to extend"]);
}

#[test]
fn the_only_rule_of_a_message_stands_beside_no_other() {
    let rule = "extends = \"shipped\"\n[on.held]\nmeans = \"held\"\nset.party = \"holding\"\nafter = \"held\"\n";
    let (problems, _) = over("from-event-feed.toml", rule);
    let expected = "site.toml:5:1 `[on.held]` is the only rule of `held`, so it stands beside no other: `after` is for \
                    `[on.held.<name>]`";
    assert!(problems.contains(&expected.to_owned()), "{problems:#?}");
}

#[test]
fn settings_that_a_site_shares_count_before_the_shipped_ones() {
    let text = r#"extends = "shipped"

[shared.site]
having    = ["call-table", "guid"]
fixed.ani = "withheld"

[on.initiated]
means     = "originated"
set.party = "initiating"

  [[on.initiated.example]]
  given  = { message = "initiated", guid = "g", call-id = 9, device-id = 1001, device-type = 3, device = "4001", call-table = [{ dnis = "5551234" }] }
  expect = [{ change = "originated", call = { guid = "g", id = 9 }, party = "agent 1001 4001", dnis = "5551234", ani = "withheld" }]
"#;
    assert_eq!(over("from-event-feed.toml", text).0, [""; 0]);
}

#[test]
fn refusals_and_reasons_are_replaced_by_name() {
    let text = r#"extends = "shipped"
remove = ["unsupported.hold", "agent-reason"]

[refuse.busy]
orders  = "answer"
when    = "agent.reason"
because = "is not done here"

[unsupported]
hold = "is not possible at this site"

[ignore]
agent-reason = "nobody needs it"
"#;
    let (problems, names) = over("to-event-feed.toml", text);
    assert_eq!(problems, [""; 0]);
    assert!(!names.contains(&"agent-reason".to_owned()) && names.contains(&"agent-state.idle".to_owned()));
}
