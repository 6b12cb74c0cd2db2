//! Mistakes that people make in files: each is one error, at its place, with what to write instead.

use std::fs;

use crate::{cti_bridge, folder, stderr};

/// A configuration without a mistake. `hunter2` is its every secret.
const CONFIGURATION: &str = r#"[platform.micc]
dialect  = "ccas"
listen   = "127.0.0.1:7410"
token    = "hunter2"
pins     = { 77 = "hunter2", 78 = "hunter2" }

[platform.mitel]
dialect  = "event-feed"
address  = "127.0.0.1:31456"
user     = "feed"
password = "hunter2"

[application.desk]
dialect   = "ctips"
listen    = "127.0.0.1:8730"
users     = { Test01 = "hunter2" }
platforms = ["mitel"]
"#;

/// What is replaced in a file, by what, and the error: its place, and what it says.
type Mistake = (&'static str, &'static str, &'static str, &'static str);

const IN_CONFIGURATIONS: [Mistake; 34] = [
    // keys
    ("password = ", "pasword = ", "11:11", "unknown key `platform.mitel.pasword` (did you mean `password`?)"),
    ("user     = ", "username = ", "10:12", "unknown key `platform.mitel.username` (it is called `user`)"),
    ("users     = ", "usres     = ", "16:13", "unknown key `application.desk.usres` (did you mean `users`?)"),
    ("platforms = ", "platfroms = ", "17:13", "unknown key `application.desk.platfroms` (did you mean `platforms`?)"),
    ("dialect   = ", "dialct    = ", "14:13", "unknown key `application.desk.dialct` (did you mean `dialect`?)"),
    ("listen   = \"127.0.0.1:7410\"\n", "", "1:1", "`platform.micc.listen` is missing"),
    ("password = \"hunter2\"\n", "", "7:1", "`platform.mitel.password` or `password_file` is missing"),
    ("[application.desk]", "[applications.desk]", "", "unknown key `applications` (did you mean `application`?)"),
    ("user     = \"feed\"", "user     = \"feed\"\nqueue = 5", "11:9", "unknown key `platform.mitel.queue`"),
    // values
    ("user     = \"feed\"", "user     = \"feed\"\nsilence = 30", "11:11", "should be a time above 0, such as \"30s\""),
    (
        "user     = \"feed\"",
        "user     = \"feed\"\nmax_frame = \"1MB\"",
        "11:13",
        "should be a size above 0, such as 65536",
    ),
    ("user     = \"feed\"", "user     = \"feed\"\nplaintext = \"yes\"", "11:13", "should be true or false"),
    ("user     = \"feed\"", "user     = \"feed\"\nmax_calls = -3", "11:13", "should be a whole number above 0"),
    (
        "\"ctips\"",
        "\"ctip\"",
        "14:13",
        "there is no dialect \"ctip\"; there are agent, ccas, ctips, event-feed, open-media (did you mean `ctips`?)",
    ),
    (
        "\"127.0.0.1:31456\"",
        "\"127.0.0.1\"",
        "9:12",
        "should be a host and a port from 1 to 65535, such as \"127.0.0.1:31456\"",
    ),
    ("\"127.0.0.1:31456\"", "\"feed:hunter2@127.0.0.1:31456\"", "9:12", "should be a host and a port"),
    ("\"127.0.0.1:8730\"", "\"localhost\"", "15:13", "should be an address and port, such as \"127.0.0.1:8730\""),
    ("\"127.0.0.1:8730\"", "\"0.0.0.0:8730\"", "15:13", "add `tls`, or say `plaintext = true`"),
    ("\"127.0.0.1:8730\"", "\"127.0.0.1:7410\"", "15:13", "127.0.0.1:7410 is taken by micc: choose another port"),
    ("[\"mitel\"]", "[\"mitle\"]", "17:13", "there is no [platform.mitle] (did you mean `mitel`?)"),
    ("[\"mitel\"]", "[\"mitel\", \"mitel\"]", "17:13", "\"mitel\" stands twice"),
    (
        "[\"mitel\"]",
        "[\"mitel\"]\nmedia = [\"voise\"]",
        "18:9",
        "\"voise\" is no medium; there are unknown, voice, chat",
    ),
    ("[\"mitel\"]", "[\"mitel\"]\nread_only = [\"wall\"]", "18:13", "there is no user \"wall\""),
    ("[\"mitel\"]", "[\"mitel\"]\ncallback_allow = [\"*\"]", "18:18", "\"*\" is no address, network or host name"),
    (
        "[\"mitel\"]",
        "[\"mitel\"]\nrules = { call-edn = \"cleared\" }",
        "18:22",
        "the rules have no setting `call-edn` (did you mean `call-end`?)",
    ),
    (
        "[\"mitel\"]",
        "[\"mitel\"]\nrules = { call-end = \"later\" }",
        "18:22",
        "`call-end` is one of \"completed\", \"cleared\"",
    ),
    (
        "[platform.micc]",
        "[log]\nlevel = \"verbose\"\n[platform.micc]",
        "2:9",
        "\"verbose\" is no level (did you mean `debug`?)",
    ),
    // secrets
    (
        "password = \"hunter2\"",
        "password = \"${NO_SUCH_VARIABLE}\"",
        "11:12",
        "the environment has no variable NO_SUCH_VARIABLE",
    ),
    ("78 = \"hunter2\"", "78 = 1234", "5:35", "`platform.micc.pins.78` should be a text in quotes"),
    (
        "token    = \"hunter2\"",
        "token    = \"hunter2\"\ntoken_file = \"x\"",
        "4:12",
        "`token` and `token_file` are both given",
    ),
    // syntax
    ("token    = \"hunter2\"", "token    = \"hunter2", "4:20", "the text ends with its line; write the closing quote"),
    ("token    = \"hunter2\"", "token    \"hunter2\"", "4:10", "write key = value"),
    (", 78 = \"hunter2\" }", ", 78 = \"hunter2\"", "5:12", "`{` is not closed: write `}` where it ends"),
    (
        "user     = \"feed\"",
        "user     = \"feed\"\nuser     = \"hunter2\"",
        "11:1",
        "it is given above, in the same table; remove one of them",
    ),
];

/// Checks that `check` or `run` says one error of a file with a mistake, there.
#[track_caller]
fn one_error(output: &std::process::Output, place: &str, text: &str) {
    let said = stderr(output);
    assert_eq!(output.status.code(), Some(1), "{text}\n{said}");
    let errors: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("error: ")).collect();
    assert_eq!(errors.len(), 1, "{text}\n{said}");
    assert!(said.contains(text), "{text:?} is not in\n{said}");
    assert!(said.contains(&format!(":{place}\n")) || place.is_empty(), "{place} is not in\n{said}");
    assert!(!said.contains("hunter2"), "a secret is shown:\n{said}");
}

#[test]
fn each_mistake_in_a_configuration_is_one_error_at_its_place() {
    let file = folder("mistakes").join("bridge.toml");
    let name = file.to_str().unwrap();
    fs::write(&file, CONFIGURATION).unwrap();
    let right = cti_bridge(&["check", "--config", name], "");
    assert_eq!((right.status.code(), stderr(&right)), (Some(0), ""));
    for (number, (from, to, place, text)) in IN_CONFIGURATIONS.into_iter().enumerate() {
        assert!(CONFIGURATION.contains(from), "{from}");
        fs::write(&file, CONFIGURATION.replacen(from, to, 1)).unwrap();
        // `run` does not check the mappings' examples first, and is faster.
        one_error(&cti_bridge(&["run", "--config", name], ""), place, text);
        if number % 8 == 0 {
            one_error(&cti_bridge(&["check", "--config", name], ""), place, text);
        }
    }
}

#[test]
fn a_mistake_in_the_environment_or_a_flag_is_one_error_that_shows_no_secret() {
    let file = folder("mistakes-elsewhere").join("bridge.toml");
    let name = file.to_str().unwrap();
    fs::write(&file, CONFIGURATION).unwrap();
    for (set, text) in [
        ("platform.mitel=hunter2", "`platform.mitel` should be a table"),
        ("platform.micc.pins=hunter2", "`platform.micc.pins` should be a table of names and passwords"),
        ("platform.mitel.silence=hunter2", "`platform.mitel.silence` should be a time"),
        ("platform.mitel.passwd=hunter2", "unknown key `platform.mitel.passwd` (it is called `password`)"),
    ] {
        one_error(&cti_bridge(&["check", "--config", name, "--set", set], ""), "1:1", text);
    }
}

/// The same of the shipped rule files, each with the file's name.
const IN_RULES: [(&str, Mistake); 21] = [
    ("from-ccas.toml", ("TrunkID      = ", "TrunkIDD     = ", "", "unknown field `TrunkIDD`")),
    ("to-ctips.toml", ("dialect = \"ctips\"", "dialect = \"ctisp\"", "", "these are rules of ctisp, not of ctips")),
    // rules
    ("from-event-feed.toml", ("means     = \"alerted\"", "means     = \"alertd\"", "", "did you mean `alerted`?")),
    ("from-event-feed.toml", ("set.other = \"calling\"", "set.othr = \"calling\"", "", "did you mean `other`?")),
    ("from-event-feed.toml", ("set.other = \"calling\"", "set.other = \"callling\"", "", "did you mean `calling`?")),
    ("from-event-feed.toml", ("like = \"routed\"", "like = \"rooted\"", "", "did you mean `routed`?")),
    ("from-event-feed.toml", ("having   = [\"calling\"]", "having   = [\"caling\"]", "", "did you mean `calling`?")),
    (
        "from-event-feed.toml",
        ("set.type = \"tables.call-type[new-type]\"", "set.digits = \"new-type\"", "", "`noted` has no `digits`"),
    ),
    (
        "from-event-feed.toml",
        ("tables.call-type[new-type]", "tables.call-type[new-type", "", "expected `]`, found the end"),
    ),
    ("to-ctips.toml", ("emit = \"CallDelivered\"", "emit = \"CallDeliverd\"", "", "did you mean `CallDelivered`?")),
    ("to-ctips.toml", ("set.DNIS = \"call.dnis\"", "set.DNISS = \"call.dnis\"", "", "did you mean `DNIS`?")),
    ("to-ctips.toml", ("set.DNIS = \"call.dnis\"", "set.DNIS = \"call.dnsi\"", "", "did you mean `dnis`?")),
    ("to-ctips.toml", ("\"tables.end[end]\"", "\"reason\"", "", "this is a text, CTIClearingPartyType is wanted here")),
    ("to-ctips.toml", ("fixed.ComponentState = \"Up\"", "fixed.ComponentState = \"Upp\"", "", "did you mean `Up`?")),
    ("to-ctips.toml", ("[on.held]\n", "[[rule]]\non = \"held\"\n", "", "write `[on.held]`")),
    // conditions: a rule whose condition cannot be read is none without one
    (
        "to-event-feed.toml",
        ("when      = \"party.kind != 'agent'\"", "when      = \"service.idd\"", "", "did you mean `id`?"),
    ),
    (
        "to-ctips.toml",
        ("\"config.call-end == 'cleared'\"", "\"config.call-edn == 'cleared'\"", "", "did you mean `call-end`?"),
    ),
    // functions
    ("to-ctips.toml", ("set.DNIS = \"call.dnis\"", "set.DNIS = \"digitz(call.dnis)\"", "", "did you mean `digits`?")),
    (
        "to-ctips.toml",
        ("set.DNIS = \"call.dnis\"", "set.DNIS = \"slice(call.dnis)\"", "", "an argument is missing: slice("),
    ),
    // tables and reasons
    ("from-event-feed.toml", ("= \"timeout\"", "= \"time-out\"", "", "did you mean `timeout`?")),
    (
        "to-ctips.toml",
        (
            "\"request.reason\" = \"reasons are numbers in CTIPS\"\n",
            "",
            "",
            "write here: \"request.reason\" = \"<the reason>\"",
        ),
    ),
];

#[test]
fn each_mistake_in_a_rule_file_is_one_error_at_its_place() {
    for (file, (from, to, _, text)) in IN_RULES {
        let (output, line) = rules_of(file, from, to);
        one_error(&output, "", text);
        let said = stderr(&output);
        // An omission stands where its line is missing.
        let place = if to.is_empty() { format!("{file}:") } else { format!("{file}:{line}:") };
        assert!(said.contains(&place), "{place} is not in\n{said}");
    }
}

/// Each is a file over the shipped one.
#[test]
fn each_mistake_in_an_overlay_is_one_error_at_its_place() {
    let mappings = folder("mistakes-in-overlays");
    for (text, place, said) in [
        ("extends = \"shiped\"\n", "1:11", "write `extends = \"shipped\"`"),
        ("extends = \"shipped\"\nremove = [\"helds\"]\n", "2:12", "did you mean `held`?"),
        ("extends = \"shipped\"\n[tables.end]\nneer = \"NearEnd\"\n", "3:1", "did you mean `near`?"),
        (
            "extends = \"shipped\"\n[on.held]\nemit = \"CallHeld\"\nset.CallIdd = \"call.id\"\n",
            "4:5",
            "did you mean `CallId`?",
        ),
    ] {
        fs::write(mappings.join("to-ctips.toml"), text).unwrap();
        let output = cti_bridge(&["check", "--mappings", mappings.to_str().unwrap()], "");
        one_error(&output, place, said);
    }
}

/// What `check` says with one rule file changed, and the line that was changed.
fn rules_of(file: &str, from: &str, to: &str) -> (std::process::Output, usize) {
    let mappings = folder("mistakes-in-rules");
    let rules = fs::read_to_string(format!("mappings/{file}")).unwrap();
    let at = rules.find(from).unwrap_or_else(|| panic!("{from} is not in {file}"));
    fs::write(mappings.join(file), rules.replacen(from, to, 1)).unwrap();
    let output = cti_bridge(&["check", "--mappings", mappings.to_str().unwrap()], "");
    fs::remove_file(mappings.join(file)).unwrap();
    (output, rules[..at].lines().count() + usize::from(rules[..at].ends_with('\n')))
}
