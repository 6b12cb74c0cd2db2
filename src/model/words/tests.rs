//! `docs/reference/words.md` is made of the tables: `UPDATE=1 cargo test --lib words` writes it anew.

use std::{fmt::Write, fs};

use super::*;

/// The reference that is made of the tables.
const DOCUMENT: &str = "docs/reference/words.md";

const HEAD: &str = "# The words of rules

<!-- Made from src/model/words/ by `UPDATE=1 cargo test --lib words`. -->

Rules in `from-<dialect>.toml` make *changes* of messages (`means`) and set their attributes (`set.X`, `weak.X`). Rules in
`to-<dialect>.toml` make messages of *transitions* and *orders* (`on`) and read their attributes. `cti-bridge check` refuses a rule
that sets or reads anything that is not listed here for its change or transition. `second`, `result` and `request` of a change are set
by the roles of the message's fields; of \"a or b\", one is needed.
";

fn quoted<'n>(names: impl IntoIterator<Item = &'n str>, between: &str) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    names.join(between)
}

fn changes(text: &mut String, title: &str, of_sort: impl Fn(Meaning) -> bool) {
    write!(text, "\n## {title}\n\n| change | meaning | needs | may have |\n|---|---|---|---|\n").unwrap();
    for kind in Meaning::all().filter(|meaning| of_sort(*meaning)) {
        let signature = kind.signature();
        let required = signature.required.iter().map(|group| quoted(group.iter().map(|known| known.name()), " or "));
        let needs = required.collect::<Vec<_>>().join(", ");
        let is_needed = |known: &Attribute| signature.required.iter().any(|group| **group == [*known]);
        let has = signature.attributes().filter(|known| !is_needed(known)).map(Attribute::name);
        writeln!(text, "| `{}` | {} | {needs} | {} |", kind.name(), kind.doc(), quoted(has, ", ")).unwrap();
    }
}

fn transitions(text: &mut String, title: &str, of_sort: impl Fn(Occasion) -> bool) {
    write!(text, "\n## {title}\n\n| name | meaning | in scope | of its request | its own |\n|---|---|---|---|---|\n")
        .unwrap();
    for kind in Occasion::all().filter(|kind| of_sort(*kind)) {
        let signature = kind.signature();
        let objects = quoted(signature.objects.iter().map(|object| object.name()), ", ");
        let asked = RequestAttribute::ALL.iter().filter(|attribute| kind.has_of_request(**attribute));
        let asked = quoted(asked.map(|attribute| attribute.name()), ", ");
        let details = quoted(signature.details.iter().map(|detail| detail.name()), ", ");
        writeln!(text, "| `{}` | {} | {objects} | {asked} | {details} |", kind.name(), kind.doc()).unwrap();
    }
}

fn entries(text: &mut String, title: &str, list: impl IntoIterator<Item = (&'static str, &'static str)>) {
    write!(text, "\n## {title}\n\n| name | meaning |\n|---|---|\n").unwrap();
    for (name, meaning) in list {
        writeln!(text, "| `{name}` | {meaning} |").unwrap();
    }
}

fn document() -> String {
    let mut text = HEAD.to_owned();
    changes(&mut text, "Changes: what a platform says", |said| matches!(said, Meaning::Change(_)));
    changes(&mut text, "Changes: what a routing platform says", |said| matches!(said, Meaning::Route(_)));
    changes(&mut text, "Changes: what an application asks", Meaning::is_request);
    let attributes = Attribute::settable().map(|attribute| (attribute.name(), attribute.doc()));
    entries(&mut text, "Attributes that rules set in changes", attributes);
    transitions(&mut text, "Transitions: what applications are told", |kind| !kind.is_order());
    transitions(&mut text, "Orders: what a platform is asked to do", Occasion::is_order);
    macro_rules! tables {
        ($($table:ident $title:literal)+) => {
            $(entries(&mut text, $title, $table::ALL.iter().map(|word| (word.name(), word.doc())));)+
        };
    }
    tables!(
        Object "Objects in scope"
        CallAttribute "Attributes of `call`, `second` and `result`"
        AgentAttribute "Attributes of `agent`"
        ServiceAttribute "Attributes of `service`"
        PartyRole "Parties"
        PartyAttribute "Attributes of a party"
        RequestAttribute "Attributes of `request`"
        Detail "A transition's own attributes"
        ListAttribute "Lists"
        ItemAttribute "Attributes of an item"
        About "`about`"
        AgentState "`agent-state`"
        CallState "`call-state`"
        CallType "`call-type`"
        Cause "`cause`"
        ConnectionState "`connection-state`"
        DeviceKind "`device-kind`"
        Direction "`direction`"
        End "`end`"
        Entity "`entity`"
        Failure "`failure`"
        Media "`media`"
        Occupation "`occupation`"
        RejectReason "`reject-reason`"
        RouteStatus "`route-status`"
        RouteType "`route-type`"
    );
    text
}

#[test]
fn the_reference_is_the_tables() {
    let made = document();
    if std::env::var_os("UPDATE").is_some() {
        fs::write(DOCUMENT, &made).unwrap();
    }
    assert!(fs::read_to_string(DOCUMENT).is_ok_and(|kept| kept == made), "{DOCUMENT} is old: set UPDATE=1");
}

#[test]
fn every_order_of_an_application_can_be_asked_for() {
    for kind in OrderKind::ALL.iter().filter(|kind| !kind.is_of_route()) {
        assert!(Occasion::Order(*kind).has_of_request(RequestAttribute::Id), "{}", kind.name());
    }
}
