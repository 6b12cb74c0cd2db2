//! The shipped rules, and mistakes in rules that are reported.

use super::{Mappings, incoming, outgoing};
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
fn of_several_fields_of_one_role_the_role_reads_the_first() {
    let mut problems = Problems::default();
    let files = Files::built_in();
    let mappings = Mappings::load(&files, &mut problems);
    let reason = "ConsultationAgentId = \"CallOriginated has already named the consulting agent\"";
    let rules = files.get("from-ctips.toml").unwrap().text.replace(reason, "");
    incoming::load(&Source::new("rules.toml", rules), None, &mappings.dialects["ctips"].vocabulary, &mut problems);
    let wrong = problems.render();
    assert!(wrong.contains("`ConsultationAgentId` of `CallConsultation` is not read"), "{wrong}");
    assert_eq!(problems.len(), 1, "{wrong}");
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
            [on.held]
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
            [on.held]
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
fn call_data_is_one_entry_or_a_list_of_entries() {
    let rule = |data: &str| {
        errors(
            "from",
            "event-feed",
            &format!(
                r#"
            [on.held]
            means     = "held"
            set.party = "holding"
            set.data  = {data}
              [[on.held.example]]
              given  = {{ message = "held", call-id = 900, cause = 5, device-id = 40, device-type = 3, call-table = [{{ dnis = "800", call-profile = [{{ id = 101, value = "gold" }}, {{ id = 7, value = "x" }}] }}] }}
              expect = [{{ change = "held", call = {{ id = 900 }}, party = "agent 40", data = [{{ key = "101", value = "gold" }}, {{ key = "dnis", value = "800" }}] }}]"#
            ),
        )
    };
    let profile = r#"{ each = "call-table[0].call-profile", when = "id >= 101", key = "id", value = "value" }"#;
    let dnis = r#"{ fixed.key = "dnis", value = "call-table[0].dnis" }"#;
    assert_eq!(rule(&format!("[{profile}, {dnis}]")), [""; 0]);
    assert_ne!(rule(profile), [""; 0], "the other pair is missing");
    let wrong = rule(&format!("[{profile}, {{ fixed.key = \"dnis\", valeu = \"cause\" }}]"));
    assert!(wrong.iter().any(|error| error.contains("did you mean `value`?")), "{wrong:?}");
}

#[test]
fn what_a_name_of_let_reads_is_known_by_the_fields_themselves() {
    let wrong = wrong(
        r#"
            let.group = "call-table[0].group"
            let.again = "call-table[0].group"
            [on.held]
            means      = "held"
            set.party  = "holding"
            set.ani    = "group.id"
            set.dnis   = "again.type""#,
    );
    assert!(wrong.contains("these fields of `held` are not read: ") && wrong.contains("`call-table.dnis`"), "{wrong}");
    assert!(!wrong.contains("call-table.group"), "{wrong}");
}

#[test]
fn a_number_stands_in_a_table_once() {
    let wrong = wrong("tables.t = { from = \"number\", to = \"text\", else = \"\", 1 = \"a\", 01 = \"b\" }");
    assert!(wrong.contains("this number stands above already"), "{wrong}");
}

/// The errors of a rule file, each with its line, its column and its help; not those about what is missing in it.
fn errors(side: &str, dialect: &str, rules: &str) -> Vec<String> {
    let mut problems = Problems::default();
    let mappings = Mappings::load(&Files::built_in(), &mut problems);
    let vocabulary = &mappings.dialects[dialect].vocabulary;
    let source = Source::new("rules.toml", format!("dialect = \"{dialect}\"\n{rules}"));
    if side == "from" {
        incoming::load(&source, None, vocabulary, &mut problems).check_examples(&mut problems);
    } else {
        outgoing::load(&source, None, vocabulary, &mut problems).check_examples(&mut problems);
    }
    let omissions = ["does not stand under", " not read", " not set"];
    let told = problems.iter().filter(|problem| !omissions.iter().any(|part| problem.text.contains(part)));
    let line = |problem: &crate::diagnostic::Problem| {
        let (line, column) = source.position(problem.span.start);
        let help = problem.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
        format!("{line}:{column} {}{help}", problem.text)
    };
    told.map(line).collect()
}

#[test]
fn a_rule_sets_what_its_change_has() {
    let found = errors(
        "from",
        "event-feed",
        r#"
[on.delivered]
means       = "alerted"
set.party   = "alerting"
set.digits  = "guid"
fixed.cause = "busy"

[on.agent-idle]
means        = "ready"
weak.station = "agent-id"

[on.hangup]
means        = "ask-hang-up"
fixed.digits = "1"
set.code     = 1

[on.established]
like      = "delivered"
means     = "connected"
set.party = "joining"

[shared.hold]
messages         = ["held", "retrieved"]
means            = "held"
fixed.party.kind = "agent"
set.digits       = "guid"
"#,
    );
    assert_eq!(
        found,
        [
            "27:5 `held` has no `digits` (did you mean `dnis`?)",
            "6:5 `alerted` has no `digits` (did you mean `dnis`?)",
            "7:7 `alerted` has no `cause` (it can have call, party, ani, dnis, caller-name, priority, media, type, \
             sequence, service, data, other)",
            "11:6 `ready` has no `station` (did you mean `state`?)",
            "15:7 `ask-hang-up` has no `digits` (it can have party, number, call, code, reason)",
            "6:5 `connected` has no `digits` (did you mean `dnis`?)",
            "7:7 `connected` has no `cause` (it can have call, party, ani, dnis, caller-name, priority, media, type, \
             sequence, service, data, other)",
        ]
    );
}

#[test]
fn a_rule_sets_what_its_change_needs() {
    let found = errors(
        "from",
        "event-feed",
        r#"
[on.wrap-code]
means = "disposed"

[on.held]
means = "held"

[on.retrieved]
like = "held"

[on.agent-idle]
means = "queued"

[shared.answered]
messages = ["established"]
means    = "disposed"
"#,
    );
    assert_eq!(
        found,
        [
            "17:13 `disposed` needs `party` or `number`, which neither this rule nor a role of `established` sets",
            "17:13 `disposed` needs `code`, which neither this rule nor a role of `established` sets",
            "4:10 `disposed` needs `code`, which neither this rule nor a role of `wrap-code` sets",
            "7:10 `held` needs `party` or `other`, which neither this rule nor a role of `held` sets",
            "9:5 `held` needs `party` or `other`, which neither this rule nor a role of `retrieved` sets",
            "13:10 `queued` needs `call`, which neither this rule nor a role of `agent-idle` sets",
        ]
    );
}

#[test]
fn a_shared_setting_is_for_some_change_that_has_it() {
    let found = errors(
        "from",
        "event-feed",
        r#"
[shared.guid]
having           = ["guid"]
fixed.cause      = "busy"
set.route        = "call-id"
weak.fixed.media = "voice"

[shared.alerting]
messages  = ["delivered", "established"]
set.code  = "cause"
set.party = "alerting"

[on.delivered]
means = "alerted"

[on.call-cleared]
means = "ended"
"#,
    );
    assert_eq!(
        found,
        [
            "6:5 no rule for these messages makes a change that has `route`",
            "11:5 no rule for these messages makes a change that has `code`",
        ]
    );
}

#[test]
fn a_rule_reads_what_its_transition_has() {
    let found = errors(
        "to",
        "ctips",
        r#"
[tables.end]
from = "end"
to   = "CTIClearingPartyType"
near = "NearEnd"
far  = "FarEnd"

[on.call-queued]
emit     = "CallDelivered"
when     = "call.ani and not agent.id"
set.DNIS = "reason"

[on.agent-cleared]
emit                  = "CallCleared"
set.ClearingPartyType = "tables.end[end]"

[on.party-left]
like = "agent-cleared"

[on.service-added]
emit            = "ServiceStateChange"
set.AgentIdList = { each = "agent.services", item = "id" }

[on.hold]
emit = "HoldCall"
when = "request.digits or agent.ani or call.queued-time or platform"

[on.call-completed]
emit         = "CallEnd"
set.CallData = { each = "call.data", key = "state", value = "value" }

[refuse.callbacks]
orders  = ["answer", "log-on"]
when    = "call.type == 'callback'"
because = "of something"

[on.link-up]
emit = "LinkStatus"
when = "state"
"#,
    );
    assert_eq!(
        found,
        [
            "11:30 `call-queued` has no `agent.id` (did you mean `call.id`?)",
            "12:13 `call-queued` has no `reason` (it has call, service, party)",
            "16:37 `party-left` has no `end` (it has call, service, agent, party)",
            "23:29 `service-added` has no `agent.services` (it has service)",
            "27:9 `hold` has no `request.digits` (it has call, service, agent, party, request)",
            "27:27 `hold` has no `agent.ani` (did you mean `call.ani`?)",
            "27:40 `hold` has no `call.queued-time` (it has call, service, agent, party, request)",
            "27:60 `hold` has no `platform` (it has call, service, agent, party, request)",
            "31:45 `call-completed` has no `state` (did you mean `call.state`?)",
            "40:9 `link-up` has no `state` (it has nothing)",
            "35:12 `log-on` has no `call.type` (it has agent, party, request)",
        ]
    );
}

#[test]
fn a_device_and_an_example_have_what_their_transition_has() {
    let mut found = errors(
        "to",
        "event-feed",
        r#"
[on.alerting]
emit         = "delivered"
set.alerting = "other"
set.calling  = "caller"

  [[on.alerting.example]]
  given  = { transition = "alerting", call = { id = 900 }, agent = { since = "now" }, "request.data" = [] }
  expect = [{ message = "delivered" }]
"#,
    );
    found.sort();
    assert_eq!(
        found,
        [
            "5:17 `alerting` has no `other` (it has call, service, agent, party, answerable)",
            "8:3 `given.agent.since`: `alerting` has no `agent.since`",
            "8:3 `given.request.data`: `alerting` has no `request.data`",
        ]
    );
}

#[test]
fn a_shared_setting_reads_what_some_of_its_transitions_have() {
    let found = errors(
        "to",
        "ctips",
        r#"
[shared.numbers]
having   = ["ANI", "DNIS"]
set.ANI  = "call.ani ?? agent.since"
set.DNIS = "agent.number ?? request.id ?? call.dnis"

[shared.failures]
having            = ["FailureReason"]
set.FailureReason = "reason"

[on.call-queued]
emit = "CallDelivered"

[on.connected]
emit = "CallEstablished"
"#,
    );
    assert_eq!(
        found,
        [
            "5:25 no transition that this is used for has `agent.since`",
            "10:5 no rule for these messages leaves `FailureReason` open",
        ]
    );
}
