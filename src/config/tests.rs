//! The configuration read as an operator writes it, rightly and wrongly.

use std::{any::Any, collections::BTreeMap};

use secrecy::ExposeSecret;

use super::*;
use crate::{
    dialect::{
        ctips, event_feed, open_media,
        registry::{PlatformTransport, Posted},
    },
    mapping::{Literal, Site, ValueTable},
    message::Value,
    settings::{PREFIX, WsdlSource},
    shipped::Files,
};

mod certificates;
mod defaults;
mod edges;

/// Read once for all tests, because reading takes longer than any test's own work.
static MAPPINGS: std::sync::LazyLock<Mappings> = std::sync::LazyLock::new(|| {
    let mut problems = Problems::default();
    let mappings = Mappings::load(&Files::built_in(), &mut problems);
    assert!(problems.is_empty(), "{}", problems.render());
    mappings
});

fn load(text: &str, environment: &[(&str, &str)], flags: &[(&str, &str)]) -> (Config, Problems) {
    let own = |list: &[(&str, &str)]| list.iter().map(|(a, b)| (a.to_string(), b.to_string())).collect::<Vec<_>>();
    let mut problems = Problems::default();
    let environment = own(environment).into_iter().collect();
    let registry = Registry::shipped();
    let sources =
        Sources::merge(Some(("bridge.toml", text)), environment, &own(flags), &registry.named(), &mut problems);
    let config = read(&sources, &MAPPINGS, &registry, &mut problems);
    (config, problems)
}

const SMALL: &str = r#"
[platform.mitel]
dialect = "event-feed"
address = "127.0.0.1:31456"
user = "feed"
password = "secret"
[application.desk]
dialect = "ctips"
listen = "127.0.0.1:8730"
users = { Test01 = "hidden" }
platforms = ["mitel"]
"#;

/// The least that the other sections of the commented file need.
const OTHERS: &str = r#"
[platform.micc]
dialect = "ccas"
listen = "127.0.0.1:7410"
token = "secret"
[platform.aspect]
dialect = "ctips"
urls = ["http://127.0.0.1:8740/AgentCallService"]
callback = "http://127.0.0.1:8741/CTIEvents"
user = "bridge"
password = "secret"
[platform.media]
dialect = "open-media"
url = "http://127.0.0.1:12620/OpenMediaService"
user = "admin"
password = "secret"
service_groups = { 30 = 9 }
[platform.desks]
dialect = "agent"
listen = "127.0.0.1:7420"
agents = { 140 = "hidden" }
service_groups = { "Sales" = 9 }
[application.pages]
dialect = "agent"
listen = "127.0.0.1:8731"
agents = { 140 = "hidden" }
platforms = ["mitel", "micc"]
not_ready_reasons = { 3 = "lunch" }
cq_codes = { 7 = "sold", 8 = "lost" }
group_cq_codes = { 9 = "7" }
[application.crm]
dialect = "event-feed"
listen = "127.0.0.1:31457"
users = { crm = "hidden", wall = "hidden" }
read_only = ["wall"]
platforms = ["micc", "mitel"]
[application.tickets]
dialect = "open-media"
listen = "127.0.0.1:12621"
users = { web = "hidden", wallboard = "hidden" }
read_only = ["wallboard"]
platforms = ["media"]
"#;

#[track_caller]
fn complains(text: &str, part: &str) -> String {
    let (_, problems) = load(text, &[], &[]);
    let report = problems.render();
    assert!(report.contains(part), "{part:?} is missing in:\n{report}");
    for secret in ["secret", "hidden"] {
        assert!(!report.contains(&format!("\"{secret}\"")), "a secret is shown:\n{report}");
    }
    report
}

#[test]
fn the_commented_file_is_right_and_shows_the_defaults() {
    let full = include_str!("../../config/cti-bridge.toml");
    let (shown, problems) = load(full, &[], &[]);
    assert!(problems.is_empty(), "{}", problems.render());
    let (default, _) = load(&format!("{SMALL}{OTHERS}"), &[], &[]);
    let plain = |config: &Config| {
        let text = format!("{:#?}", (&config.log, config.shutdown_grace, &config.platforms, &config.applications));
        text.replace('"', "")
    };
    assert_eq!(plain(&shown), plain(&default));
}

#[test]
fn every_key_that_is_read_stands_in_the_commented_file() {
    let full = file_schema::COMMENTED;
    let registry = Registry::shipped();
    let mut problems = Problems::default();
    // Tables that are optional are read as if they were there, so that their keys are asked for.
    let sources = Sources::merge(Some(("bridge.toml", full)), BTreeMap::new(), &[], &registry.named(), &mut problems);
    let sources = sources.opening_all();
    let config = read(&sources, &MAPPINGS, &registry, &mut problems);
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_shown = |key: &str| {
        full.match_indices(key).any(|(at, _)| {
            let (before, after) = (&full[..at], &full[at + key.len()..]);
            let is_set = after.trim_start_matches(' ').starts_with('=') || key.ends_with("_file");
            !before.ends_with(is_word) && !after.starts_with(is_word) && is_set
        })
    };
    let asked = sources.asked.borrow();
    let keys: Vec<&str> = asked.keys().filter_map(|path| path.rsplit('.').next()).collect();
    for key in ["mappings", "ca", "certificate", "pins", "profile_ids", "routing", "callback", "level"] {
        assert!(keys.contains(&key), "{key} is not asked for: {keys:?}");
    }
    let tables = ["platform", "application", "log", "admin", "trace", "reload", "telemetry"];
    for key in keys.into_iter().filter(|key| !tables.contains(key)) {
        assert!(is_shown(key), "{key} is not shown");
    }
    assert_eq!((config.platforms.len(), config.applications.len()), (5, 4), "each dialect on its sides");
}

#[test]
fn where_it_is_found_out_how_a_service_is_spoken_with() {
    let portal = "[platform.aspect]\ndialect = \"ctips\"\nurls = [\"http://127.0.0.1:8730/AgentCallService\"]\n\
                  callback = \"http://127.0.0.1:8740/CTIEvents\"\nuser = \"u\"\npassword = \"p\"\n";
    let wsdl = |text: &str| {
        let (config, problems) = load(&format!("{portal}{text}\n{SMALL}"), &[], &[]);
        assert!(problems.is_empty(), "{}", problems.render());
        posted(&config.platforms[0]).wsdl.clone()
    };
    assert_eq!(wsdl("").source, WsdlSource::Service);
    assert_eq!(wsdl("wsdl = \"none\"").source, WsdlSource::Profile);
    assert_eq!(wsdl("wsdl = \"/etc/portal.wsdl\"").source, WsdlSource::File("/etc/portal.wsdl".into()));
    assert!(wsdl("").base.is_none(), "the profile that fits best");
    assert_eq!(wsdl("profile = \"guide\"").base.unwrap().name, "guide");
    assert_eq!(wsdl("namespaces = { data = \"x\" }").base.unwrap().namespaces.data, "x");
}

/// The settings of a platform's conversation.
fn platform<T: 'static>(platform: &Platform) -> &T {
    (&*platform.settings.conversation as &dyn Any).downcast_ref().expect("a conversation of this dialect")
}

/// The settings of the conversation with an application.
fn application<T: 'static>(application: &Application) -> &T {
    (&*application.settings.conversation as &dyn Any).downcast_ref().expect("a conversation of this dialect")
}

fn posted(platform: &Platform) -> &Posted {
    match &platform.settings.transport {
        PlatformTransport::Posted(posted) => posted,
        PlatformTransport::Dialled(_) | PlatformTransport::Accepted { .. } => panic!("a service"),
    }
}

fn feed(config: &Config) -> &event_feed::Settings {
    platform(&config.platforms[0])
}

fn ctips(config: &Application) -> &ctips::Settings {
    &application::<ctips::settings::Service>(config).settings
}

#[test]
fn the_environment_wins_over_the_file_and_flags_over_both() {
    let environment =
        [("CTI_BRIDGE_PLATFORM__MITEL__USER", "0049"), ("CTI_BRIDGE_APPLICATION__DESK__SESSIONS", "3"), ("HOME", "/")];
    let (config, problems) = load(SMALL, &environment, &[("application.desk.sessions", "4")]);
    assert!(problems.is_empty(), "{}", problems.render());
    assert_eq!(feed(&config).user, "0049", "a text stays a text");
    assert_eq!(ctips(&config.applications[0]).max_sessions, 4);
}

#[test]
fn names_in_the_environment_mean_the_files_and_keep_their_case_otherwise() {
    let users = |text: &str, environment: &[(&str, &str)]| {
        let (config, problems) = load(text, environment, &[]);
        assert!(problems.is_empty(), "{}", problems.render());
        let desk = config.applications.iter().find(|application| application.name == "desk").unwrap();
        let shown = ctips(desk).users.iter().map(|(name, password)| format!("{name}={}", password.expose_secret()));
        let mut shown: Vec<_> = shown.collect();
        shown.sort();
        shown.join(" ")
    };
    for name in ["Test01", "TEST01", "test01"] {
        let variable = format!("CTI_BRIDGE_APPLICATION__DESK__USERS__{name}");
        assert_eq!(users(SMALL, &[(&variable, "changed")]), "Test01=changed", "{name}");
    }
    let other = [("CTI_BRIDGE_APPLICATION__Desk__Users__Jo.Ann", "new")];
    assert_eq!(users(SMALL, &other), "Jo.Ann=new Test01=hidden");
    let both = SMALL.replace("Test01 = \"hidden\"", "Test01 = \"a\", TEST01 = \"b\"");
    assert_eq!(users(&both, &[("CTI_BRIDGE_APPLICATION__DESK__USERS__TEST01", "c")]), "TEST01=c Test01=a");

    let upper = SMALL.replace("mitel", "Mitel");
    let (config, problems) = load(&upper, &[("CTI_BRIDGE_PLATFORM__MITEL__USER", "other")], &[]);
    assert!(problems.is_empty(), "{}", problems.render());
    assert_eq!((config.platforms.len(), feed(&config).user.as_str()), (1, "other"));
    let (_, problems) = load(SMALL, &[("CTI_BRIDGE_PLATFORM__Mitel__Silence", "soon")], &[]);
    assert!(problems.render().contains("CTI_BRIDGE_PLATFORM__Mitel__Silence"), "{}", problems.render());
}

#[test]
fn variables_write_hyphens_as_underscores() {
    let one = SMALL.replace("mitel", "north-east");
    let (config, problems) = load(&one, &[("CTI_BRIDGE_PLATFORM__NORTH_EAST__USER", "other")], &[]);
    assert!(problems.is_empty(), "{}", problems.render());
    assert_eq!((config.platforms.len(), feed(&config).user.as_str()), (1, "other"));
    // Of two names that it may be, a variable means neither.
    let users = SMALL.replace("Test01 = \"hidden\"", "jo-ann = \"a\", Jo-Ann = \"b\"");
    let report = load(&users, &[("CTI_BRIDGE_APPLICATION__DESK__USERS__JO_ANN", "c")], &[]).1.render();
    assert!(report.contains("`JO_ANN` may be `Jo-Ann` or `jo-ann`: set it in the file"), "{report}");
    assert!(report.contains("CTI_BRIDGE_APPLICATION__DESK__USERS__JO_ANN"), "{report}");
    let two = [("CTI_BRIDGE_PLATFORM__NORTH_EAST__USER", "a"), ("CTI_BRIDGE_PLATFORM__north-east__USER", "b")];
    let report = load(&one, &two, &[]).1.render();
    assert!(
        report.contains("this and CTI_BRIDGE_PLATFORM__NORTH_EAST__USER are both `platform.north-east.user`"),
        "{report}"
    );

    // The settings and tables of rules, whether or not the file has them.
    let variable = "CTI_BRIDGE_APPLICATION__DESK__RULES__CALL_END";
    let setting = |text: &str, environment: &[(&str, &str)], flags: &[(&str, &str)]| {
        let (config, problems) = load(text, environment, flags);
        assert!(problems.is_empty(), "{}", problems.render());
        format!("{:?}", config.applications[0].knobs)
    };
    let with =
        SMALL.replace("listen = \"127.0.0.1:8730\"", "listen = \"127.0.0.1:8730\"\nrules = { call-end = 'completed' }");
    let cleared = setting(SMALL, &[], &[("application.desk.rules.call-end", "cleared")]);
    assert_ne!(setting(&with, &[], &[]), cleared);
    assert_eq!(setting(SMALL, &[(variable, "cleared")], &[]), cleared);
    assert_eq!(setting(&with, &[(variable, "cleared")], &[]), cleared);
    let flag = [("application.desk.rules.call-end", "cleared")];
    assert_eq!(setting(&with, &[(variable, "completed")], &flag), cleared, "--set wins");
    assert_eq!(setting(SMALL, &[(variable, "completed")], &flag), cleared, "--set wins");
    let both = [(variable, "cleared"), ("CTI_BRIDGE_APPLICATION__DESK__RULES__CALL-END", "completed")];
    for (text, what) in
        [(SMALL, "two variables are both `call-end`"), (&with, "are both `application.desk.rules.call-end`")]
    {
        let report = load(text, &both, &[]).1.render();
        assert!(report.contains(what), "{report}");
    }
    let report = load(SMALL, &[("CTI_BRIDGE_APPLICATION__DESK__RULES__CALL_ENT", "x")], &[]).1.render();
    assert!(report.contains("the rules have no setting `call_ent` (did you mean `call-end`?)"), "{report}");
    complains(&with.replace("call-end", "call_end"), "the rules have no setting `call_end`");
}

#[test]
fn a_secret_of_a_higher_source_wins_whichever_of_its_two_keys_it_is() {
    let with_file = SMALL.replace("password = \"secret\"", "password_file = \"/nonexistent\"");
    assert_ne!(with_file, SMALL);
    complains(&with_file, "/nonexistent cannot be read");
    let (config, problems) = load(&with_file, &[("CTI_BRIDGE_PLATFORM__MITEL__PASSWORD", "s3cr3t")], &[]);
    assert!(problems.is_empty(), "{}", problems.render());
    assert_eq!(feed(&config).password.expose_secret(), "s3cr3t");
    let report = load(SMALL, &[("CTI_BRIDGE_PLATFORM__MITEL__PASSWORD_FILE", "/nonexistent")], &[]).1.render();
    assert!(report.contains("/nonexistent cannot be read"), "{report}");
    let flag = [("platform.mitel.password", "by flag")];
    let (config, problems) = load(SMALL, &[("CTI_BRIDGE_PLATFORM__MITEL__PASSWORD_FILE", "/nonexistent")], &flag);
    assert!(problems.is_empty(), "{}", problems.render());
    assert_eq!(feed(&config).password.expose_secret(), "by flag");
    let both = SMALL.replace("password = \"secret\"", "password = \"secret\"\npassword_file = \"/nonexistent\"");
    complains(&both, "`password` and `password_file` are both given");
}

#[test]
fn variables_stand_in_every_text() {
    let text = SMALL.replace("127.0.0.1:31456", "${FEED_HOST}:${FEED_PORT}");
    let (config, problems) = load(&text, &[("FEED_HOST", "127.0.0.7"), ("FEED_PORT", "31999")], &[]);
    assert!(problems.is_empty(), "{}", problems.render());
    let PlatformTransport::Dialled(dial) = &config.platforms[0].settings.transport else { panic!("a feed is dialled") };
    assert_eq!(dial.address, "127.0.0.7:31999");
    complains(&text, "the environment has no variable FEED_HOST");
    complains(&format!("{SMALL}[admin]\nlisten = '${{ADMIN}}'\n"), "the environment has no variable ADMIN");
}

#[test]
fn relative_paths_start_where_they_are_written() {
    let media = "[platform.media]\ndialect = 'open-media'\nurl = 'http://127.0.0.1:1/x'\n";
    let text = SMALL.replace("platforms = [\"mitel\"]", "platforms = [\"mitel\"]\nroutes = 'media'");
    assert_ne!(text, SMALL);
    let text = format!("{text}{media}");
    let store = |top: &str, environment: &[(&str, &str)], flags: &[(&str, &str)]| {
        let own = |list: &[(&str, &str)]| list.iter().map(|(a, b)| (a.to_string(), b.to_string())).collect::<Vec<_>>();
        let (mut problems, registry) = (Problems::default(), Registry::shipped());
        let (file, environment) = (format!("{top}{text}"), own(environment).into_iter().collect());
        let file = Some(("/etc/cti/bridge.toml", file.as_str()));
        let sources = Sources::merge(file, environment, &own(flags), &registry.named(), &mut problems);
        let config = read(&sources, &MAPPINGS, &registry, &mut problems);
        assert!(problems.is_empty(), "{}", problems.render());
        config.store.unwrap().display().to_string()
    };
    assert_eq!(store("store = 'own.routes'\n", &[], &[]), "/etc/cti/own.routes");
    assert_eq!(store("", &[], &[]), "/etc/cti/cti-bridge.routes", "beside the configuration");
    assert_eq!(store("", &[("STATE_DIRECTORY", "/var/lib/cti:/x")], &[]), "/var/lib/cti/cti-bridge.routes");
    assert_eq!(store("store = 'own.routes'\n", &[("CTI_BRIDGE_STORE", "here.routes")], &[]), "here.routes");
    assert_eq!(store("", &[], &[("store", "there.routes")]), "there.routes");
}

#[test]
fn the_socket_is_where_the_service_manager_has_sockets() {
    let socket =
        |text: &str, environment: &[(&str, &str)]| load(&format!("{SMALL}{text}"), environment, &[]).0.admin.socket;
    assert_eq!(socket("", &[]), None);
    let managed = [("RUNTIME_DIRECTORY", "/run/cti")];
    assert_eq!(socket("", &managed), Some("/run/cti/admin.sock".into()));
    assert_eq!(socket("[admin]\nsocket = ''\nlisten = '127.0.0.1:9'\n", &managed), None);
    assert_eq!(socket("[admin]\nsocket = '/x.sock'\n", &managed), Some("/x.sock".into()));
}

#[test]
fn secrets_come_from_a_variable_too() {
    let text = SMALL.replace("\"secret\"", "\"${FEED_PASSWORD}\"");
    let (config, problems) = load(&text, &[("FEED_PASSWORD", "s3cr3t")], &[]);
    assert!(problems.is_empty(), "{}", problems.render());
    assert_eq!(feed(&config).password.expose_secret(), "s3cr3t");
    complains(&text, "the environment has no variable FEED_PASSWORD");
}

#[test]
fn everything_that_is_wrong_is_said_at_once_with_its_place() {
    let text =
        SMALL.replace("user = \"feed\"", "usr = \"feed\"\nsilence = \"soon\"").replace("[\"mitel\"]", "[\"mitl\"]");
    let report = complains(&text, "unknown key `platform.mitel.usr` (did you mean `user`?)");
    for part in ["bridge.toml:5:7", "bridge.toml:6:11", "there is no [platform.mitl] (did you mean `mitel`?)"] {
        assert!(report.contains(part), "{part:?} is missing in:\n{report}");
    }
    assert_eq!(report.matches("error: ").count(), 3, "a misspelt key is not missing besides:\n{report}");
    complains(&SMALL.replace("user = \"feed\"", ""), "`platform.mitel.user` is missing");
    complains(&SMALL.replace("8730", "87300"), "should be an address and port");
    complains(&SMALL.replace("\"ctips\"", "\"ctip\""), "there is no dialect \"ctip\"");
    complains(&format!("{SMALL}profile = \"old\""), "there is no profile \"old\"; there are edk-2009-08, guide");
    complains(&format!("{SMALL}media = [\"fax\"]"), "\"fax\" is no medium");
    complains(&format!("{SMALL}callback_allow = [\"10.0.0.0/99\", \"x/8\"]"), "\"10.0.0.0/99\" has no such prefix");
    let anywhere =
        complains(&format!("{SMALL}callback_allow = [\"*\", \"300.1.1.1\"]"), "\"*\" is no address, network");
    assert!(anywhere.contains("\"300.1.1.1\" is no address, network or host name"), "{anywhere}");
    complains(&SMALL.replace("[\"mitel\"]", "[\"mitel\", \"mitel\"]"), "\"mitel\" stands twice");
    let both = complains(&format!("{SMALL}profile = \"old\"\nheartbet = \"3s\""), "there is no profile \"old\"");
    assert!(both.contains("unknown key `application.desk.heartbet`"), "{both}");
    let of_dialect = "profile = \"guide\"\nnamespaces = { data = \"x\" }\nrules = { x = 1 }";
    let only = complains(&format!("{}{of_dialect}", SMALL.replace("\"ctips\"", "\"ctip\"")), "there is no dialect");
    assert!(!only.contains("unknown key"), "{only}");
    let misspelt = SMALL.replace("\"event-feed\"", "\"event-fed\"\nreply_timeout = \"10\"").replace("user =", "usr =");
    let whole = complains(&misspelt, "there is no dialect \"event-fed\"");
    for part in ["(did you mean `event-feed`?)", "unknown key `platform.mitel.usr` (did you mean `user`?)"] {
        assert!(whole.contains(part), "{part:?} is missing in:\n{whole}");
    }
    assert!(whole.contains("`platform.mitel.reply_timeout` should be a time"), "{whole}");
    let media = format!("{SMALL}{TICKETS}expriy = \"1s\"").replace("\"open-media\"", "\"open-medai\"");
    let whole = complains(&media, "there is no dialect \"open-medai\"");
    assert!(whole.contains("unknown key `application.tickets.expriy` (did you mean `expiry`?)"), "{whole}");
    assert!(!whole.contains("names no platform"), "{whole}");
    complains(&format!("{SMALL}[admin]\nlisten = \"127.0.0.1:8730\""), "127.0.0.1:8730 is taken by admin");
    complains(&format!("{SMALL}[log]\nlevel = \"info,=\""), "nothing is logged by a module");
    let spans = "[trace]\nremember = false\n[telemetry]\notlp = \"https://collector.example:4318\"";
    complains(&format!("{SMALL}{spans}"), "the spans of [telemetry] are made of what is remembered");
    complains(&SMALL.replace("\"hidden\"", "\"\""), "the password of \"Test01\" is empty");
    let nameless = complains(&format!("{SMALL}namespaces = {{ data = \"\" }}"), "a namespace is not empty");
    assert!(nameless.contains("bridge.toml:12:23"), "{nameless}");
    complains("", "at least one [platform.…]");
    let broken = complains(&SMALL.replace("[platform.mitel]", "[platform.mitel"), "bridge.toml:2:");
    assert_eq!(broken.matches("error: ").count(), 1, "what is no TOML is that alone:\n{broken}");
}

const TICKETS: &str = r#"
[application.tickets]
dialect = "open-media"
listen = "127.0.0.1:12620"
users = { web = "hidden" }
"#;

#[test]
fn an_open_media_application_has_a_service_behind_it_or_nothing() {
    let (config, problems) = load(&format!("{SMALL}{TICKETS}"), &[], &[]);
    assert!(problems.is_empty(), "{}", problems.render());
    let open_media::settings::Office { settings, profile } = application(&config.applications[1]);
    assert_eq!((settings.expiry, profile.name.as_str()), (Duration::from_secs(1800), "open-media"));
    let with = |line: &str| format!("{SMALL}{TICKETS}{line}");
    complains(
        &with("platforms = [\"mitel\"]"),
        "mitel speaks event-feed: an application of open-media needs one of its own",
    );
    complains(&with("platforms = [\"a\", \"b\"]"), "an application of open-media has one platform");
    complains(&with("id_step = 7"), "unknown key `application.tickets.id_step`");
    complains(&with("read_only = [\"mail\"]"), "there is no user \"mail\"");
    complains(&with("profile = \"old\""), "there is no profile \"old\"; there are open-media, guide");
    complains(&with("").replace("users = { web = \"hidden\" }", ""), "names no user");
}

#[test]
fn secrets_are_not_shown_even_where_they_are_wrong() {
    complains(
        &SMALL.replace("password = \"secret\"", "password = [\"secret\"]"),
        "`platform.mitel.password` should be a text",
    );
    complains(&SMALL.replace("\"hidden\" }", "\"hidden\", \"x }"), "bridge.toml");
    complains(&SMALL.replace("password = \"secret\"", "password \"secret\""), "bridge.toml:6:");
    let lines = SMALL
        .replace("{ Test01 = \"hidden\" }", "{\n A = 5,\n Test01 = \"hidden\",\n Test02 = \"}\",\n B = \"hidden\"\n}");
    complains(&lines, "`application.desk.users.A` should be a text in quotes");
    let (_, problems) =
        load(&SMALL.replace("silence", "x"), &[("CTI_BRIDGE_PLATFORM__MITEL__PASSWORT", "hidden")], &[]);
    let report = problems.render();
    assert!(report.contains("unknown key") && !report.contains("hidden"), "{report}");
}

#[test]
fn bytes_leave_the_machine_unprotected_only_where_somebody_says_so() {
    let away = SMALL.replace("127.0.0.1:31456", "cc.example:31456");
    complains(&away, "bytes leave this machine unprotected");
    for way_out in ["plaintext = true", "tls = {}"] {
        let (config, problems) = load(&away.replace("user =", &format!("{way_out}\nuser =")), &[], &[]);
        assert!(problems.is_empty(), "{}", problems.render());
        assert_eq!(config.platforms[0].settings.exposed, way_out.starts_with("plaintext"));
    }
    complains(&SMALL.replace("127.0.0.1:8730", "0.0.0.0:8730"), "bytes leave this machine unprotected");
}

#[test]
fn a_portal_is_posted_to_and_calls_back_as_the_operator_says() {
    let aspect = |more: &str| {
        let text = SMALL.replacen(
            "[application",
            &format!(
                "[platform.aspect]\ndialect = \"ctips\"\nuser = \"u\"\npassword = \"secret\"\n{more}\n[application"
            ),
            1,
        );
        text.replace("\"mitel\"]", "\"mitel\", \"aspect\"]")
    };
    let here = "urls = [\"http://localhost:1/x\"]\n";
    let back = "callback = \"http://127.0.0.1:2/y/\"\n";
    let (config, problems) = load(&aspect(&format!("{here}{back}filter_services = [\"9\"]")), &[], &[]);
    assert!(problems.is_empty(), "{}", problems.render());
    let callee = posted(&config.platforms[0]).callee.as_ref().expect("a portal calls back");
    let exposed = config.platforms[0].settings.exposed;
    assert_eq!((callee.path.as_str(), callee.listen.port(), exposed), ("/y", 2, false));
    let ctips::settings::Portal { settings, .. } = platform(&config.platforms[0]);
    assert_eq!(settings.filters, [("FT_SERVICE_ID", "9".to_owned())]);

    complains(&aspect(back), "`platform.aspect.urls` names no address");
    complains(&aspect(here), "`platform.aspect.callback` is missing");
    complains(&aspect(&format!("{back}urls = [\"localhost\"]")), "should be an address such as");
    complains(&aspect(&format!("{back}urls = [\"http://u:secret@localhost/\"]")), "should be an address such as");
    complains(&aspect(&format!("{back}urls = [\"http://cc.example/\"]")), "use an https address, or say `plaintext");
    complains(&aspect(&format!("{here}callback = \"http://10.1.2.3:2/y\"")), "bytes leave this machine unprotected");
    complains(&aspect(&format!("{here}callback = \"http://bridge.example/y\"")), "say which in `callback_listen`");
    complains(&aspect(&format!("{here}callback = \"https://127.0.0.1/y\"")), "has a certificate in `callback_tls`");
    let away = format!("{back}urls = [\"http://cc.example/\"]\nplaintext = true");
    let (config, problems) = load(&aspect(&away), &[], &[]);
    assert!(problems.is_empty() && config.platforms[0].settings.exposed, "{}", problems.render());
}

#[test]
fn routes_name_a_platform_that_routes() {
    let media = "[platform.media]\ndialect = 'open-media'\nurl = 'http://127.0.0.1:1/x'\n";
    let with = |routes: &str| format!("{SMALL}routes = {routes}\n{media}");
    let (config, problems) = load(&with("'media'"), &[], &[]);
    assert!(problems.is_empty(), "{}", problems.render());
    assert_eq!(config.store.as_deref(), Some(std::path::Path::new("cti-bridge.routes")));
    let (config, _) = load(&format!("store = ''\n{}", with("'media'")), &[], &[]);
    assert_eq!(config.store, None);
    assert_eq!(load(SMALL, &[], &[]).0.store, None, "nobody routes");
    complains(&with("'medja'"), "there is no [platform.medja] (did you mean `media`?)");
    complains(&with("'mitel'"), "mitel speaks event-feed, and routes nothing");
    complains(&format!("{}service_groups = {{ a = 9 }}", with("'media'")), "\"a\" = \"9\" should be two numbers");
    complains(&with("'media'").replace("127.0.0.1:1/x", "micc.example/x"), "bytes leave this machine unprotected");
    complains(&format!("{}user = 'admin'", with("'media'")), "`platform.media.password` or `password_file` is missing");
}

#[test]
fn routes_are_asked_for_no_platform_that_waits_for_them_itself() {
    let with = |routing: &str, routes: &str| {
        let aspect = "urls = ['http://localhost:1/x']\ncallback = 'http://127.0.0.1:2/y'\nuser = 'u'\npassword = 'p'";
        let media = "[platform.media]\ndialect = 'open-media'\nurl = 'http://127.0.0.1:1/x'\n";
        SMALL.replace("\"mitel\"]", "\"mitel\", \"aspect\"]")
            + &format!("{routes}\n{media}[platform.aspect]\ndialect = 'ctips'\n{aspect}\n{routing}")
    };
    complains(
        &with("", "routes = 'media'"),
        "set `routing = \"open-media\"` in [platform.aspect], or leave `routes` out",
    );
    for (routing, routes) in [("routing = 'open-media'", "routes = 'media'"), ("", "")] {
        let (_, problems) = load(&with(routing, routes), &[], &[]);
        assert!(problems.is_empty(), "{}", problems.render());
    }
}

#[test]
fn a_site_adds_to_the_rules() {
    let desk = |more: &str| format!("{SMALL}\n{more}");
    let config = |text: &str, environment: &[(&str, &str)]| {
        let (config, problems) = load(text, environment, &[]);
        assert!(problems.is_empty(), "{}", problems.render());
        config
    };
    let looked_up = |site: &Site, key: &str| {
        let table = site.from_tables.iter().flatten().find(|table| table.name == "release-code").unwrap();
        table.look_up(Value::Text(key)).as_int()
    };
    let name = config(SMALL, &[]).applications[0].name.clone();
    let codes = format!("[application.{name}.tables.release-code]\n7 = 42\nelse = 1");
    let site = config(&desk(&codes), &[]).applications.remove(0).site;
    assert_eq!((looked_up(&site, "7"), looked_up(&site, "8")), (Some(42), Some(1)));
    for written in ["release-code", "RELEASE_CODE"] {
        let variable = format!("{PREFIX}APPLICATION__{name}__TABLES__{written}__7");
        let site = config(SMALL, &[(&variable, "43")]).applications.remove(0).site;
        assert_eq!((looked_up(&site, "7"), looked_up(&site, "8")), (Some(43), None), "{written}");
    }
    let variable = |written: &str, key: u32| format!("{PREFIX}APPLICATION__{name}__TABLES__{written}__{key}");
    let (folded, exact) = (variable("RELEASE_CODE", 7), variable("release-code", 7));
    let report = load(SMALL, &[(&folded, "43"), (&exact, "44")], &[]).1.render();
    assert!(report.contains("two variables are both `7` of table `release-code`: unset one of them"), "{report}");
    let site = config(SMALL, &[(&folded, "43"), (&variable("release-code", 8), "44")]).applications.remove(0).site;
    assert_eq!((looked_up(&site, "7"), looked_up(&site, "8")), (Some(43), Some(44)), "two entries of one table");
    let flag = format!("application.{name}.tables.release-code.7");
    let (with_flag, problems) = load(SMALL, &[(&folded, "43")], &[(&flag, "45")]);
    assert!(problems.is_empty(), "{}", problems.render());
    assert_eq!(looked_up(&with_flag.applications[0].site, "7"), Some(45), "--set wins");
    let numbers =
        format!("[application.{name}.numbers]\ncountry = 49\ninternal_length = 4\ninternal_prefixes = ['81']");
    let site = config(&desk(&numbers), &[]).applications.remove(0).site;
    assert_eq!((site.numbers.country.as_str(), site.numbers.trunk.as_str()), ("49", "0"));
    assert!(site.numbers.is_internal("8155555") && site.numbers.is_internal("4001") && site.from_tables.is_none());
    let zone = config(&desk("zone = '+02:00'"), &[]).applications.remove(0).site.zone.unwrap();
    assert_eq!(zone.ahead(0), 7_200_000);
    // Where both directions have a table, an application's is the one for events.
    let media =
        config(&desk(&format!("[application.{name}.tables.media]\nvoice = 'Chat'")), &[]).applications.remove(0);
    let changed = |tables: &Option<Vec<ValueTable>>, own: &[ValueTable]| {
        let place = own.iter().position(|table| table.name == "media").unwrap();
        format!("{:?}", tables.as_ref().unwrap()[place]) != format!("{:?}", own[place])
    };
    let rules = &MAPPINGS.dialects["ctips"];
    assert!(changed(&media.site.to_tables, &rules.to.as_ref().unwrap().tables));
    assert!(!changed(&media.site.from_tables, &rules.from.as_ref().unwrap().tables));

    let wrong = |more: &str, parts: &[&str]| {
        let report = load(&desk(more), &[], &[]).1.render();
        for part in parts {
            assert!(report.contains(part), "{part:?} is missing in:\n{report}");
        }
    };
    let table = |name_of: &str, entry: &str| format!("[application.{name}.tables.{name_of}]\n{entry}");
    wrong(&table("release-cod", "7 = 1"), &["the rules have no table `release-cod` (did you mean `release-code`?)"]);
    wrong(&table("release-code", "seven = 1"), &["`seven` of table `release-code`: this is no number", "seven = 1"]);
    wrong(&table("release-code", "7 = 'x'"), &["does not fit: the table maps to a number", "7 = 'x'"]);
    wrong(&table("release-code", "7 = [1]"), &["does not fit: the table maps to a number", "7 = [1]"]);
    wrong(&table("media", "voize = 'Chat'"), &["unknown member of the model's media `voize`", "did you mean `voice`?"]);
    wrong(
        &table("media", "voice = 'VoiceAnalg'"),
        &["unknown member of CTIMediaType `VoiceAnalg`", "did you mean `Voice"],
    );
    wrong("tables = 7", &["should be a table"]);
    wrong("zone = 'Nowhere/Else'", &["there is no zone \"Nowhere/Else\""]);
    wrong("numbers = { country = '+49' }", &["numbers.country` should be digits"]);
    wrong("numbers = { contry = '49' }", &["unknown key", "did you mean `country`?"]);
    wrong("numbers = { internal_prefixes = ['8x'] }", &["should be a list of texts of digits"]);
}

#[test]
fn rules_have_settings_of_their_own() {
    let with = |rules: &str| SMALL.replace("[application", &format!("rules = {{ {rules} }}\n[application"));
    let (config, problems) = load(&with("release-code = 7"), &[], &[]);
    assert!(problems.is_empty(), "{}", problems.render());
    assert_eq!(config.platforms[0].knobs, [Literal::Int(7)]);
    complains(&with("release-cod = 7"), "the rules have no setting `release-cod` (did you mean `release-code`?)");
    complains(&with("release-code = \"x\""), "`release-code` should be a whole number");
}
