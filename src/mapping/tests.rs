//! The shipped rules, and mistakes in rules that are reported.

use super::{Mappings, incoming};
use crate::{
    diagnostic::{Problems, Source},
    shipped::Files,
};

#[test]
fn the_shipped_mappings_are_right_and_their_examples_hold() {
    let mut problems = Problems::default();
    let mappings = Mappings::load(&Files::built_in(), &mut problems);
    mappings.check_examples(&mut problems);
    assert!(problems.is_empty(), "{} problems\n{}", problems.len(), problems.render());
}

/// What is wrong with rules of the event feed.
fn wrong(rules: &str) -> String {
    let mut problems = Problems::default();
    let mappings = Mappings::load(&Files::built_in(), &mut problems);
    let source = Source::new("rules.toml", format!("dialect = \"event-feed\"\n{rules}"));
    incoming::load(&source, None, &mappings.dialects["event-feed"].vocabulary, &mut problems);
    problems.render()
}

#[test]
fn a_name_of_let_is_one_sort_of_record() {
    let wrong = wrong(
        r#"
            let.one = "groups[0] ?? agents[0]"
            [on.entity-snapshot]
            means    = "service-known"
            set.name = "one.thresholds[0].threshold-name""#,
    );
    assert!(wrong.contains("in `let.one`: a record of type agent-entity cannot stand for a group-entity"), "{wrong}");
}

#[test]
fn a_name_of_let_is_not_made_of_itself() {
    let wrong = wrong(
        r#"
            let.one   = "other.group"
            let.other = "one.group"
            [on.held]
            means   = "held"
            set.ani = "one.id""#,
    );
    assert!(wrong.contains("in `let.one`: in `let.other`: `let.one` is made of itself"), "{wrong}");
}

#[test]
fn a_name_of_let_can_be_computed() {
    let rules = |set: &str| {
        wrong(&format!(
            r#"
            let.number = "digits(call-table[0].dnis) ?? 'none'"
            let.code   = "if number then length(number) + 1 else 0"
            [[rule]]
            on       = "held"
            means    = "held"
            set.dnis = "{set}""#
        ))
    };
    let right = rules("join('-', number, code)");
    assert!(!right.contains("let.") && !right.contains("`call-table.dnis` of `held` is not read"), "{right}");
    let wrong = rules("number.digits");
    assert!(wrong.contains("what stands before this has no fields"), "{wrong}");
}

#[test]
fn tables_map_numbers_and_texts_to_any_codes() {
    let wrong = wrong(
        r#"
            tables.a = { from = "text", to = "agent-state", x = "idle", else = "" }
            tables.b = { from = "media", to = "number", else = 1 }
            tables.c = { from = "number", to = "text", 1 = "one" }
            tables.d = { from = "cause", to = "cause", BUSY = "busi", else = "" }
            tables.e = { from = "nothing", to = "text" }
            [[rule]]
            on         = "held"
            means      = "held"
            set.reason = "tables.c[number(tables.b[tables.f[1]])]""#,
    );
    for part in ["unknown member of the model's cause `busi`", "unknown enumeration `nothing`", "unknown table `f`"] {
        assert!(wrong.contains(part), "{part:?} is missing in:\n{wrong}");
    }
    for name in ["tables.a", "tables.b", "tables.c"] {
        assert!(!wrong.contains(&format!("{name} = ")), "{name}:\n{wrong}");
    }
}

#[test]
fn what_a_name_of_let_reads_is_known_by_the_fields_themselves() {
    let wrong = wrong(
        r#"
            let.group = "call-table[0].group"
            let.again = "call-table[0].group"
            [on.held]
            means      = "held"
            set.ani    = "group.id"
            set.reason = "again.type""#,
    );
    assert!(wrong.contains("these fields of `held` are not read: ") && wrong.contains("`call-table.dnis`"), "{wrong}");
    assert!(!wrong.contains("call-table.group"), "{wrong}");
}

#[test]
fn a_number_stands_in_a_table_once() {
    let wrong = wrong("tables.t = { from = \"number\", to = \"text\", else = \"\", 1 = \"a\", 01 = \"b\" }");
    assert!(wrong.contains("this number stands above already"), "{wrong}");
}
