//! Values that are wrong in every source, and what reports about them show.

use super::*;

/// Checks that a wrong value is reported, with its place, from every source. `section` is the header above the key in
/// the file, or none if that header is the first one.
#[track_caller]
fn complains_everywhere(section: &str, key: &str, value: &str, part: &str) {
    let name = key.rsplit('.').next().unwrap();
    let text = match SMALL.lines().find(|line| section.is_empty() && line.starts_with(&format!("{name} ="))) {
        Some(line) => SMALL.replace(line, &format!("{name} = '{value}'")),
        None => format!("{SMALL}{section}\n{name} = '{value}'\n"),
    };
    let in_file = load(&text, &[], &[]).1.render();
    let variable = format!("{PREFIX}{}", key.to_uppercase().replace('.', "__"));
    let in_environment = load(SMALL, &[(&variable, value)], &[]).1.render();
    let by_flag = load(SMALL, &[], &[(key, value)]).1.render();
    let flag = format!("--set {key}=…");
    for (report, place) in [(in_file, "bridge.toml:"), (in_environment, &variable), (by_flag, &flag)] {
        assert!(report.contains(part) && report.contains(place), "{part:?} at {place:?} is missing in:\n{report}");
    }
}

#[test]
fn a_level_that_is_none_is_an_error_wherever_it_is_given() {
    for (level, part) in [
        ("verbose", "did you mean `debug`?"),
        ("nfo", "did you mean `info`?"),
        ("warning", "did you mean `warn`?"),
        ("", "a level is missing"),
        ("info,cti_bridge::nett=debug", "did you mean `cti_bridge::net`?"),
        ("info,cti_bridge::net=debugg", "did you mean `debug`?"),
    ] {
        complains_everywhere("[log]", "log.level", level, part);
    }
    for level in ["error", "warn", "info", "debug", "trace", "off", "info,cti_bridge::net=debug"] {
        let (config, problems) = load(SMALL, &[], &[("log.level", level)]);
        assert!(problems.is_empty(), "{}", problems.render());
        assert_eq!(config.log.filter, level);
    }
}

#[test]
fn an_address_that_is_none_is_an_error_wherever_it_is_given() {
    for port in ["99999", "65536", "0", "", "8o", "-1"] {
        complains_everywhere("", "platform.mitel.address", &format!("127.0.0.1:{port}"), "should be a host and a port");
        let url = format!("http://127.0.0.1:{port}/x");
        let portal = |urls: &str, callback: &str| {
            let keys = format!("urls = ['{urls}']\ncallback = '{callback}'\nuser = 'u'\npassword = 'p'\n");
            load(&format!("{SMALL}[platform.aspect]\ndialect = 'ctips'\n{keys}"), &[], &[]).1.render()
        };
        let report = portal(&url, "http://127.0.0.1:2/y");
        assert!(report.contains("is no URL") && report.contains("urls = "), "{url}:\n{report}");
        if port != "0" {
            let report = portal("http://127.0.0.1:2/y", &url);
            assert!(report.contains("is no URL") && report.contains("callback = "), "{url}:\n{report}");
        }
        complains(&format!("{SMALL}[platform.media]\ndialect = 'open-media'\nurl = '{url}'\n"), "is no URL");
        if port != "0" {
            let listen = format!("127.0.0.1:{port}");
            complains(&SMALL.replace("127.0.0.1:8730", &listen), "should be an address and port");
            complains(&format!("{SMALL}[admin]\nlisten = '{listen}'"), "should be an address and port");
        }
    }
    for host in ["300.1.1.1", "a..b", "", "-a", "[::g]"] {
        complains_everywhere("", "platform.mitel.address", &format!("{host}:80"), "should be a host and a port");
        let url = format!("http://{host}/x");
        complains(&format!("{SMALL}[platform.media]\ndialect = 'open-media'\nurl = '{url}'\n"), "is no URL");
    }
}

/// Keys of all kinds that hold secrets.
const SECRETS: &str = r#"
[platform.micc]
dialect = "ccas"
listen = "127.0.0.1:7410"
token = "TOKEN"
pins = { 77 = "PIN" }
[platform.mitel]
dialect = "event-feed"
address = "127.0.0.1:31456"
user = "feed"
password = "PASSWORD"
[application.desk]
dialect = "ctips"
listen = "127.0.0.1:8730"
users = { Test01 = "USER" }
platforms = ["mitel"]
"#;

const SECRET: &str = "hunter2";
const PINS: &str = r#"pins = { 77 = "PIN" }"#;
const TOKEN: &str = r#"token = "TOKEN""#;
const USERS: &str = r#"users = { Test01 = "USER" }"#;
const PASSWORD: &str = r#"password = "PASSWORD""#;

/// Checks that a configuration in which `to` replaces `from` is wrong, and that its report shows no secret.
#[track_caller]
fn hides(from: &str, to: &str) {
    assert!(to.contains(SECRET) && SECRETS.contains(from));
    let (_, problems) = load(&SECRETS.replace(from, to), &[], &[]);
    let report = problems.render();
    assert!(report.contains("bridge.toml:"), "nothing is wrong with\n{to}\n{report}");
    assert!(!report.contains(SECRET), "of\n{to}\nis shown:\n{report}");
}

#[test]
fn no_report_about_a_file_that_is_toml_shows_a_secret() {
    for (from, to) in [
        (PINS, r#"pins = { 77 = "hunter2", 78 = 5 }"#),
        (PINS, r#"pins = ["hunter2"]"#),
        (PINS, r#"pins = "hunter2""#),
        (PINS, "pins.77 = \"hunter2\"\npins.78 = true"),
        (PINS, r#"pin = { 77 = "hunter2" }"#),
        (PINS, r#"pins = { 77 = ["a", "hunter2"] }"#),
        (PINS, r#"pins = { 77 = { pin = "hunter2" } }"#),
        (PINS, "max_frame = \"x\" # pins = hunter2"),
        (TOKEN, r#"token = { value = "hunter2" }"#),
        (TOKEN, r#"tokn = "hunter2""#),
        (TOKEN, "token = \"\"\"\nhunter2\n\"\"\"\ntoken_file = \"x\""),
        (TOKEN, "token = '''\n[hunter2]\nhunter2 = hunter2'''\ntoken_file = \"x\""),
        (TOKEN, "token = \"${hunter2-$}\""),
        (PASSWORD, "password = [\n  \"x\",\n  \"hunter2\",\n]"),
        (PASSWORD, r#"passwd = "hunter2""#),
        (PASSWORD, r#""password" = { "x" = "hunter2" }"#),
        (PASSWORD, "'pass word' = 'hunter2'"),
        (PASSWORD, "password = 'x'\nkept.in.here = 'hunter2'"),
        (USERS, r#"users = { Test01 = "hunter2", Test02 = "" }"#),
        (USERS, r#"users = { Test01 = 5, Test02 = "hunter2" }"#),
        (USERS, r#"users = "Test01=hunter2""#),
        (USERS, r#"usrs = { Test01 = "hunter2" }"#),
        (USERS, "users.Test01 = \"hunter2\"\nusers.Test02 = \"\""),
        (USERS, r#"users = [{ name = "Test01", password = "hunter2" }]"#),
        (USERS, "users = {\n  Test01 = \"hunter2\", # hunter2\n  Test02 = 1,\n}"),
        (USERS, "users = { Test01 = 'x' }\ntls = { certificate = 'x', key = \"\"\"-----BEGIN\nhunter2\n\"\"\" }"),
        (r#""127.0.0.1:31456""#, r#""feed:hunter2@127.0.0.1:31456""#),
        (r#"["mitel"]"#, "[\"mitel\"]\ncallback_allow = [\"http://u:hunter2@desk/\"]"),
    ] {
        hides(from, to);
    }
}

#[test]
fn no_report_about_a_file_that_is_no_toml_shows_a_secret() {
    for (from, to) in [
        (TOKEN, "token = hunter2"),
        (TOKEN, "token = \"hunter2"),
        (TOKEN, "token = \"hunter2\nhunter2=hunter2\nhunter2\""),
        (TOKEN, "token: hunter2"),
        (TOKEN, "token hunter2"),
        (TOKEN, "token = \"\"\"\nhunter2\n[hunter2]\nhunter2 = hunter2"),
        (TOKEN, "token = '''\nhunter2 = 'hunter2'\n"),
        (TOKEN, "token = \"a\"\ntoken = \"hunter2\""),
        (PINS, "pins = { 77 = \"hunter2\" "),
        (PINS, "pins = { 77 = \"hunter2\", \n 78 = hunter2 }\n"),
        (PINS, "pins = [\n [hunter2]\n hunter2 = hunter2\n]"),
        (PINS, "[platform.micc.pins\n77 = \"hunter2\""),
        (USERS, r#"users = { Test01 = "hunter2" } }"#),
        (USERS, r#"users = { Test01 "hunter2" }"#),
        (USERS, "users {\n Test01 = \"hunter2\"\n}"),
        (USERS, r#"[application.desk users = { Test01 = "hunter2" }]"#),
        (USERS, r#"= "hunter2""#),
        (USERS, r#""hunter2"#),
        (USERS, r#"users = { Test01 = "\xhunter2" }"#),
    ] {
        hides(from, to);
    }
}

#[test]
fn no_report_about_a_flag_or_a_variable_shows_a_secret() {
    for (key, value) in [
        ("platform.mitel.pasword", SECRET),
        ("platform.micc.pins", SECRET),
        ("application.desk.users", SECRET),
        ("platform.mitel.address", "feed:hunter2@127.0.0.1:1"),
        ("platform.mitel.password", "${hunter2!}"),
    ] {
        let report = load(SECRETS, &[], &[(key, value)]).1.render();
        assert!(report.contains("--set ") && !report.contains(SECRET), "{report}");
        let variable = format!("{PREFIX}{}", key.to_uppercase().replace('.', "__"));
        let report = load(SECRETS, &[(&variable, value)], &[]).1.render();
        assert!(report.contains(&variable) && !report.contains(SECRET), "{report}");
    }
}

#[test]
fn a_report_shows_the_value_that_is_wrong_where_it_is_no_secret() {
    let report = complains(&SMALL.replace("8730", "87300"), "should be an address and port");
    assert!(report.contains("listen = \"127.0.0.1:87300\""), "{report}");
    let report = complains(&SMALL.replace("user =", "silence = \"soon\"\nuser ="), "should be a time");
    assert!(report.contains("silence = \"soon\""), "{report}");
}

#[test]
fn what_a_file_quotes_makes_no_line_of_a_report() {
    let key = r#""x\n\u001b[2Kerror: forged\u2028forged\u0085forged""#;
    let text = SMALL.replace("user =", &format!("{key} = 1\nuser ="));
    let report = complains(&text, r"unknown key `platform.mitel.x\n");
    assert!(!report.contains("\nforged") && !report.contains("\nerror: forged"), "{report}");
    assert!(!report.contains(['\u{1b}', '\u{2028}', '\u{85}']), "{report:?}");
}
