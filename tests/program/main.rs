//! The program as a user runs it: arguments, streams, exit codes. `translate` has a file of its own.

mod site;
mod translate;

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value;

mod acme;
mod examples;
mod explain;
mod losses;
mod mappings;
mod mistakes;
mod operate;
mod schema;

/// Runs the program to its end, in Tokyo's time zone.
fn cti_bridge(arguments: &[&str], input: &str) -> Output {
    cti_bridge_bytes(arguments, input.as_bytes())
}

fn cti_bridge_bytes(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_cti-bridge"))
        .args(arguments)
        .env("TZ", "JST-9")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

/// Starts the program with nobody who reads what it says on stderr.
fn unread(arguments: &[&str]) -> Child {
    let (reader, stderr) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = Command::new(env!("CARGO_BIN_EXE_cti-bridge"));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(stderr).spawn().unwrap()
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

/// What `translate` says about lines, without the summary that ends it.
fn complaints(output: &Output) -> &str {
    let said = stderr(output);
    let summary = said.find("end: ").filter(|at| *at == 0 || said[..*at].ends_with('\n'));
    let summary = summary.unwrap_or_else(|| panic!("no summary ends\n{said}"));
    assert!(said[summary..].lines().all(|line| line.starts_with("end: ")), "{said}");
    &said[..summary]
}

/// A folder of this test's own, empty.
fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

const PAIR: [&str; 4] = ["--from", "event-feed", "--to", "ctips"];

const LOGIN: &str = r#"{"version":1,"timestamp":"2026-11-20 10:00:00","topic":"contact-center","message":"agent-login","agent-id":40,"agent-number":"40","agent-ext":"1040"}"#;

// ── stderr ────────────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn nobody_reading_stderr_changes_neither_the_work_nor_the_exit_code() {
    let mappings = folder("unread");
    let rules = fs::read_to_string("mappings/to-ctips.toml").unwrap();
    fs::write(mappings.join("to-ctips.toml"), rules.replacen("\"call.ani\"", "\"call.anni\"", 1)).unwrap();
    assert_eq!(unread(&["check", "--mappings", mappings.to_str().unwrap()]).wait().unwrap().code(), Some(1));
    assert_eq!(unread(&["run", "--config", "nowhere.toml"]).wait().unwrap().code(), Some(1));
    let mut child = unread(&[&["translate"], &PAIR[..]].concat());
    child.stdin.take().unwrap().write_all(format!("rubbish\n{LOGIN}\n").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), stdout(&output).lines().count()), (Some(0), 1));
}

#[test]
fn text_from_outside_makes_no_line_of_stderr() {
    let forged = "x\\r\\nline 9: forged\\u2028forged\\u0085forged\\u001b[2Kforged\\u202eforged";
    let lines = [
        format!("{{\"message\":\"{forged}\"}}"),
        format!("{{\"message\":\"agent-idle\",\"agent-id\":\"{forged}\"}}"),
        format!("{{\"{forged}\":1}}"),
        format!("{{\"{forged}\":{{\"AgentIdx\":1}}}}"),
        "{\"message\":\"agent-idle\",\"a\u{2028}forged\":1,\"agent-id\":1001}".to_owned(),
    ];
    let output = cti_bridge(&[&["translate"], &PAIR[..]].concat(), &(lines.join("\n") + "\n"));
    let said = complaints(&output);
    assert!(said.contains("forged"), "{said}");
    assert!(said.lines().all(|line| line.starts_with("line ") && !line.starts_with("line 9")), "{said}");
    let said = stderr(&output);
    let odd = |c: char| c != '\n' && (c.is_control() || ['\u{2028}', '\u{202e}'].contains(&c));
    assert!(!said.contains(odd), "{said:?}");
    // Neither does a dialect's name.
    let output = cti_bridge(&["translate", "--from", "event\nforged", "--to", "ctips"], "");
    assert_eq!(stderr(&output).lines().count(), 1, "{}", stderr(&output));
    // An argument that is not KEY=VALUE is not repeated: it may be a secret.
    let config = ["check", "--config", "config/cti-bridge.toml", "--set", "platform.mitel.password:hunter2"];
    let output = cti_bridge(&config, "");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("--set number 1: expected KEY=VALUE"), "{}", stderr(&output));
    assert!(!stderr(&output).contains("hunter2"), "{}", stderr(&output));
}

#[test]
fn a_bridge_whose_log_nobody_reads_goes_on() {
    let feed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let config = folder("unread-log").join("bridge.toml");
    let text = format!(
        "[platform.mitel]\ndialect = 'event-feed'\naddress = '{}'\nuser = 'x'\npassword = 'x'\n[application.desk]\n\
         dialect = 'ctips'\nlisten = '127.0.0.1:0'\nusers = {{ x = 'x' }}\nplatforms = ['mitel']\n",
        feed.local_addr().unwrap()
    );
    fs::write(&config, text).unwrap();
    let mut child = unread(&["run", "--config", config.to_str().unwrap()]);
    let id = child.id().to_string();
    // By then it has said whom it serves.
    std::thread::spawn(move || feed.accept().map(|_| Command::new("kill").args(["-TERM", &id]).status()));
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

// ── check ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn check_warns_of_files_that_others_can_write_and_of_an_admin_listener_for_everybody() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder("writable");
    let (config, users) = (folder.join("bridge.toml"), folder.join("users.toml"));
    let text = format!(
        "[platform.mitel]\ndialect = 'event-feed'\naddress = '127.0.0.1:1'\nuser = 'x'\npassword = 'x'\n\
         [application.desk]\ndialect = 'ctips'\nlisten = '127.0.0.1:0'\nusers_file = '{}'\nplatforms = ['mitel']\n\
         [admin]\nlisten = '0.0.0.0:9901'\n",
        users.display()
    );
    fs::write(&config, text).unwrap();
    fs::write(&users, "Test01 = 'x'\n").unwrap();
    let check = || cti_bridge(&["check", "--config", config.to_str().unwrap()], "");
    for path in [&config, &users] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    let admin = "warning: anybody who reaches this machine can read health and metrics address=\"0.0.0.0:9901\"\n";
    let output = check();
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), admin));
    for path in [&config, &users] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o666)).unwrap();
        let output = check();
        let said = stderr(&output);
        let warning = format!(
            "warning: others can write a file of the configuration: they decide who logs on, and where to path=\"{}\"\n",
            path.display()
        );
        assert!(said.contains(&warning), "{said}");
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }
}

#[test]
fn check_passes_what_is_shipped() {
    let output = cti_bridge(&["check", "--config", "config/cti-bridge.toml"], "");
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""));
    assert!(stdout(&output).contains("no errors"), "{}", stdout(&output));
}

#[test]
fn check_names_bad_lines_of_a_users_file_where_they_stand_and_shows_no_password() {
    let folder = folder("users-file");
    let users = folder.join("desk.users");
    let config = folder.join("bridge.toml");
    let text = fs::read_to_string("config/cti-bridge.toml").unwrap();
    let own = format!("users_file = {:?}\nread_only = [\"wall\"]", users.display().to_string());
    let text = text.replacen("users     = { Test01 = \"Test01\" }", &own, 1);
    fs::write(&config, &text).unwrap();
    let check = |lines: &str, set: &[&str]| {
        fs::write(&users, lines).unwrap();
        let output = cti_bridge(&[&["check", "--config", config.to_str().unwrap()], set].concat(), "");
        (output.status.code(), stderr(&output).to_owned())
    };
    let bad = [
        ("desk = \"hidden\"\nwall \"hidden\"\n", &["desk.users:2:6", "should be name = \"password\"", "\n1 error"][..]),
        (
            "desk = \"\"\nlist = [\"hidden\"]\n",
            &["desk.users:1:8", "`desk` has no password", "desk.users:2:8", "\n2 errors"],
        ),
        (
            "wall = \"x\"\ndesk = \"$argon2id$v=19$m=99999,t=2,p=1$hiddenhiddenhiddenhidden$hiddenhiddenhiddenhidden\"\n",
            &["desk.users:2:8", "the password of \"desk\" asks for 99999 KiB of memory", "\n1 error"],
        ),
    ];
    for (lines, parts) in bad {
        let (code, said) = check(lines, &[]);
        assert_eq!(code, Some(1));
        parts.iter().for_each(|part| assert!(said.contains(part), "{part} is not in\n{said}"));
        assert!(!said.contains("hidden"), "a password is shown:\n{said}");
    }
    assert!(check("", &[]).1.contains("names no user"));
    assert_eq!(check("wall = \"hidden\"\n", &["--set", "application.desk.users.wall=other"]), (Some(0), String::new()));
    let (_, said) = check("wall = \"hidden\"\n", &["--set", "application.desk.users.WALL=other"]);
    assert!(said.contains("\"WALL\" and \"wall\" of the file differ only in case"), "{said}");
}

#[test]
fn a_hash_of_a_password_is_printed_and_can_stand_in_its_place_where_the_client_sends_the_password() {
    let output = cti_bridge(&["hash-password"], "hidden\n");
    let (code, hash) = (output.status.code(), stdout(&output).trim_end().to_owned());
    assert_eq!((code, stderr(&output)), (Some(0), ""));
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$") && !hash.contains("hidden"), "{hash}");
    let check = |section: &str| {
        let set = format!("application.{section}={hash}");
        let output = cti_bridge(&["check", "--config", "config/cti-bridge.toml", "--set", &set], "");
        (output.status.code(), stderr(&output).to_owned())
    };
    assert_eq!(check("desk.users.Test01"), (Some(0), String::new()));
    assert_eq!(check("tickets.users.web"), (Some(0), String::new()));
    let (code, said) = check("crm.users.crm");
    assert_eq!(code, Some(1));
    assert!(
        said.contains("the password of \"crm\" cannot be a hash: clients of a feed answer with a digest"),
        "{said}"
    );
    assert!(!said.contains(&hash[30..]), "the hash is shown:\n{said}");
    for (stdin, reason) in [("", "the password is empty"), ("a\nb\n", "stdin has more than one line")] {
        let output = cti_bridge(&["hash-password"], stdin);
        assert_eq!((output.status.code(), stderr(&output)), (Some(1), &*format!("cti-bridge: {reason}\n")));
    }
}

#[test]
fn check_takes_what_would_be_set() {
    let with = |set: &str| cti_bridge(&["check", "--config", "config/cti-bridge.toml", "--set", set], "");
    let said = |set: &str| stderr(&with(set)).to_owned();
    assert_eq!(with("platform.mitel.silence=2m").status.code(), Some(0));
    assert!(said("platform.mitel.silence=soon").contains("--set platform.mitel.silence=…"));
    assert!(said("platform.mitel.silense=2m").contains("did you mean `silence`?"));
    assert_eq!(cti_bridge(&["check", "--set", "shutdown_grace=1s"], "").status.code(), Some(2), "of which file?");
}

#[test]
fn a_variable_that_is_no_text_matters_where_it_sets_a_key() {
    use std::os::unix::ffi::OsStrExt;
    let check = |name: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cti-bridge"));
        let command = command.args(["check", "--config", "config/cti-bridge.toml"]);
        command.env(name, std::ffi::OsStr::from_bytes(b"\xff")).output().unwrap()
    };
    assert_eq!(check("SOMEBODYS").status.code(), Some(0));
    let output = check("CTI_BRIDGE_STORE");
    let said = (output.status.code(), stderr(&output));
    assert_eq!(said, (Some(1), "cti-bridge: the variable CTI_BRIDGE_STORE is not UTF-8\n"));
}

#[test]
fn check_names_every_mistake_with_its_place_and_the_nearest_right_name() {
    let mappings = folder("broken-mappings");
    let rules = fs::read_to_string("mappings/from-event-feed.toml").unwrap();
    let target = fs::read_to_string("mappings/to-ctips.toml").unwrap();
    assert!(rules.contains("tables.media[table.media]") && target.contains("\"call.ani\""));
    fs::write(
        mappings.join("from-event-feed.toml"),
        rules.replacen("tables.media[table.media]", "tables.media[table.medai]", 1),
    )
    .unwrap();
    fs::write(mappings.join("to-ctips.toml"), target.replacen("\"call.ani\"", "\"call.anni\"", 1)).unwrap();
    let config = mappings.join("bridge.conf");
    fs::write(&config, "[admin]\nlisten = \"127.0.0.1:0\"\nlissten = 1\n").unwrap();

    let (mappings, config) = (mappings.to_str().unwrap(), config.to_str().unwrap());
    let output = cti_bridge(&["check", "--mappings", mappings, "--config", config], "");
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    for (wrong, right) in [("medai", "media"), ("call.anni", "ani"), ("lissten", "listen")] {
        assert!(said.contains(wrong) && said.contains(right), "{wrong} → {right} is not in\n{said}");
    }
    for file in ["from-event-feed.toml:", "to-ctips.toml:", "bridge.conf:3:1"] {
        assert!(said.contains(file), "{file} is not in\n{said}");
    }
}

/// What `check` says of the shipped files with these changes: in a file, of a text into another.
#[track_caller]
fn check_complains(name: &str, changes: &[(&str, &str, &str)]) -> String {
    let mappings = folder(name);
    for (file, from, to) in changes {
        let path = mappings.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let text =
            fs::read_to_string(&path).unwrap_or_else(|_| fs::read_to_string(format!("mappings/{file}")).unwrap());
        assert!(text.contains(from), "{from:?} is not in {file}");
        fs::write(path, text.replacen(from, to, 1)).unwrap();
    }
    let output = cti_bridge(&["check", "--mappings", mappings.to_str().unwrap()], "");
    assert_eq!(output.status.code(), Some(1), "{changes:?} passes: {}", stdout(&output));
    stderr(&output).to_owned()
}

#[test]
fn check_finds_what_would_be_wrong_in_silence() {
    let feed = "dialects/event-feed.toml";
    let said = check_complains(
        "silent-mistakes",
        &[
            ("to-ctips.toml", "set.RouteTimeout = \"timeout\"", "set.RouteTimeout = \"reason\""),
            ("to-ctips.toml", "set.ResponseRequired        = \"answerable\"", "set.ResponseRequired = \"'yes'\""),
            ("to-ctips.toml", "\"RouteUsed reports it if an application was asked for a route\"", "\" \""),
            ("to-ctips.toml", "[unsaid]", "[unsaid]\nCallHeld = \"never\""),
            ("dialects/ctips.toml", "{ CallData = 20 }", "{ CalData = 20 }"),
            ("dialects/ctips.toml", "\"*.AgentIdx\"", "\"*.AgentIdxx\""),
            ("dialects/ctips.toml", "[\"CallConnected.CallInfo\"", "[\"CallConnected.CalInfo\""),
            ("dialects/ctips.toml", "omit              = [\"Snapshot.RequestId\"", "omit = [\"Snapshot.RequestIdd\""),
            (feed, "acd-alerting                        = 2", "acd-alerting                        = 1"),
        ],
    );
    for part in [
        "this is a text, a number is wanted here",
        "this is a text, true or false is wanted here",
        "a reason says why",
        "`CallHeld` is said by a rule above",
        "unknown list `CalData`",
        "did you mean `CallData`?",
        "did you mean `*.AgentIdx`?",
        "did you mean `CallConnected.CallInfo`?",
        "did you mean `Snapshot.RequestId`?",
        "`acd-alerting` has the code of `idle`",
    ] {
        assert!(said.contains(part), "{part:?} is not in\n{said}");
    }
    // Whether something is superfluous is looked for once the rules themselves are right.
    let said = check_complains("superfluous", &[("to-ctips.toml", "[absent]", "[absent]\nFailureType = \"never\"")]);
    assert!(said.contains("`FailureType` is set wherever it could be absent"), "{said}");
    for reasons in ["[ignore]\nrouted = \"\"", "[unread.LoginAgent]\nMultiLine = \"\"", "[unsupported]\nhold = \"\""] {
        let (section, entry) = reasons.split_once('\n').unwrap();
        let file = match section {
            "[ignore]" => "to-ctips.toml",
            "[unread.LoginAgent]" => "from-ctips.toml",
            _ => "to-event-feed.toml",
        };
        let key = entry.split_once(" =").unwrap().0;
        let text = fs::read_to_string(format!("mappings/{file}")).unwrap();
        let line = text.split(section).nth(1).unwrap().lines().find(|line| line.starts_with(key)).unwrap();
        let said = check_complains("empty-reason", &[(file, line, entry)]);
        assert!(said.contains("a reason says why"), "{said}");
    }
}

#[test]
fn check_finds_misspelt_names_in_what_examples_give() {
    let said = check_complains(
        "misspelt-examples",
        &[
            ("from-event-feed.toml", "request-id = 7, command = ", "request-id = 7, comand = "),
            ("to-event-feed.toml", "request = { station = \"4001\" }", "request = { staton = \"4001\" }"),
        ],
    );
    for part in ["unknown field `comand` (did you mean `command`?)", "staton", "did you mean `station`?"] {
        assert!(said.contains(part), "{part:?} is not in\n{said}");
    }
}

#[test]
fn check_finds_mappings_that_never_take_effect() {
    let mappings = folder("useless-mappings");
    let check = || cti_bridge(&["check", "--mappings", mappings.to_str().unwrap()], "");
    let empty = check();
    assert_eq!(empty.status.code(), Some(1));
    assert!(stderr(&empty).contains("no mapping file"), "{}", stderr(&empty));
    fs::copy("mappings/to-ctips.toml", mappings.join("to-ctipz.toml")).unwrap();
    let useless = check();
    assert_eq!(useless.status.code(), Some(1));
    let said = stderr(&useless);
    assert!(said.contains("unknown mapping file `to-ctipz.toml`") && said.contains("`to-ctips.toml`?"), "{said}");
}

#[test]
fn check_runs_the_examples_beside_the_rules() {
    let mappings = folder("failing-example");
    let rules = fs::read_to_string("mappings/to-ctips.toml").unwrap();
    let wrong = rules.replacen(
        "EventType = \"CallOriginated\", AgentId = 12",
        "EventType = \"CallOriginated\", AgentId = 13",
        1,
    );
    assert_ne!(rules, wrong);
    fs::write(mappings.join("to-ctips.toml"), wrong).unwrap();
    let output = cti_bridge(&["check", "--mappings", mappings.to_str().unwrap()], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("example"), "{}", stderr(&output));
}

#[test]
fn check_lists_what_a_file_changes_of_the_shipped_one() {
    let mappings = folder("overlay");
    let file = mappings.join("from-ccas.toml");
    let rules = "extends = \"shipped\"\n[on.READY]\nmeans = \"ready\"\nfixed.name = \"Ann\"\n[unread]\nTrunkID = \"unknown here\"\n";
    fs::write(&file, rules).unwrap();
    let check = || cti_bridge(&["check", "--mappings", mappings.to_str().unwrap()], "");
    let checked = check();
    let listed = format!("{} extends the shipped file: replaces READY, changes unread.TrunkID\n", file.display());
    assert!(checked.status.success() && stdout(&checked).starts_with(&listed), "{}", stderr(&checked));

    fs::write(&file, rules.replace("\"ready\"", "\"redy\"")).unwrap();
    let said = check();
    let said = stderr(&said);
    assert!(said.contains("from-ccas.toml:3:10") && said.contains("did you mean `ready`?"), "{said}");
}

#[test]
fn a_missing_reason_is_one_error_at_its_section() {
    let reason = "sequence      = \"the counter of one connection; requests have no gaps\"";
    let said = check_complains("one-omission", &[("from-event-feed.toml", reason, "")]);
    assert_eq!(said.matches("error: ").count(), 1, "{said}");
    assert!(said.contains("error: `sequence` is not read: it is in `login`, "), "{said}");
    assert!(said.contains("[unread]\n") && said.contains("write under `[unread]`: sequence = "), "{said}");
}

// ── coverage ──────────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn coverage_accounts_for_every_message_and_field() {
    let output = cti_bridge(&[&["coverage"], &PAIR[..], &["--format", "json"]].concat(), "");
    assert_eq!(output.status.code(), Some(0));
    let reports: Value = serde_json::from_str(stdout(&output)).unwrap();
    let events = reports[0]["events"].as_array().unwrap();
    assert!(events.len() > 40);
    for event in events {
        let fields = event["fields"].as_array().unwrap();
        assert!(event["ignored"].is_string() || !fields.is_empty(), "{event}");
        for field in fields {
            let fate = field["fate"].as_str().unwrap();
            assert!(["carried", "derived", "absent", "ignored"].contains(&fate), "{field}");
            assert!(!field["detail"].as_str().unwrap().is_empty(), "{}: {field}", event["message"]);
        }
    }
    let table = cti_bridge(&[&["coverage"], &PAIR[..]].concat(), "");
    assert!(stdout(&table).contains("Totals"));
}

#[test]
fn what_is_carried_reaches_the_messages_that_come_of_this_one_and_no_others() {
    let all = cti_bridge(&["coverage", "--format", "json"], "");
    let reports: Vec<Value> = serde_json::from_str(stdout(&all)).unwrap();
    assert!(reports.len() > 4);
    let mut carried = 0;
    for report in &reports {
        for (incoming, outgoing) in [("events", "told"), ("requests", "asked")] {
            let said = report[outgoing].as_array().unwrap();
            for message in report[incoming].as_array().unwrap() {
                let into = message["into"].as_array().unwrap();
                for field in message["fields"].as_array().unwrap().iter().filter(|field| field["fate"] == "carried") {
                    carried += 1;
                    let targets = field["detail"].as_str().unwrap().strip_prefix("→ ").unwrap().split(", ");
                    for target in targets {
                        let (to, of) =
                            target.split_once('.').unwrap_or_else(|| panic!("{target} is no field: {field}"));
                        assert!(into.iter().any(|known| known == to), "{}: {field}", message["message"]);
                        // A reply is said to whoever asked; what else is said is listed, with the field.
                        let Some(said) = said.iter().find(|said| said["message"] == to) else { continue };
                        let fields = said["fields"].as_array().unwrap().iter();
                        let mut shown = fields.filter(|field| field["fate"] == "carried");
                        assert!(
                            shown.any(|field| field["field"].as_str().unwrap().starts_with(of)),
                            "{target}: {said}"
                        );
                    }
                }
            }
        }
    }
    assert!(carried > 500, "{carried}");
    // The picture alone hears of a call that waits no longer; who called is told with the next event.
    let pair = reports.iter().find(|report| report["from"] == "event-feed" && report["to"] == "ctips").unwrap();
    let dequeued = pair["events"].as_array().unwrap().iter().find(|event| event["message"] == "dequeued").unwrap();
    assert_eq!(dequeued["into"], serde_json::json!([]));
    let id = dequeued["fields"].as_array().unwrap().iter().find(|field| field["field"] == "call-id").unwrap();
    assert_eq!(id["fate"], "derived");
    let detail = id["detail"].as_str().unwrap();
    assert!(detail.contains("CallEnd.CallId") && !detail.contains("AcceptCall"), "{detail}");
    assert!(detail.split(", ").count() > 40, "a program reads lists whole: {detail}");
}

#[test]
fn nothing_is_carried_that_a_change_or_its_transitions_never_have() {
    let output = cti_bridge(&["coverage", "--from", "ctips", "--to", "ctips", "--format", "json"], "");
    let reports: Value = serde_json::from_str(stdout(&output)).unwrap();
    let field = |message: &str, name: &str| {
        let event = reports[0]["events"].as_array().unwrap().iter().find(|event| event["message"] == message).unwrap();
        event["fields"].as_array().unwrap().iter().find(|field| field["field"] == name).unwrap().clone()
    };
    // A call that alerts answers no request; one that is answered may.
    let (alerts, answered) = (field("CallConnected", "RequestId"), field("CallEstablished", "RequestId"));
    assert!(!alerts["detail"].as_str().unwrap().contains("CallConnected"), "{alerts}");
    assert_eq!(answered["fate"], "carried", "{answered}");
    assert!(answered["detail"].as_str().unwrap().contains("CallEstablished.RequestId"), "{answered}");
    // A refused route says nothing of the call.
    assert_eq!(field("RouteReject", "CallSequenceId")["fate"], "ignored");
}

#[test]
fn coverage_tells_refused_and_answered_requests_from_translated_ones() {
    let output = cti_bridge(&[&["coverage"], &PAIR[..]].concat(), "");
    let said = |line: &str| assert!(stdout(&output).lines().any(|known| known == line), "{line:?} is missing");
    said("HoldCall  refused: has no command to hold a call");
    said("TransferCall  refused: has no command to transfer a call");
    for answered in ["GetCallData", "GetAgentState", "Snapshot", "RouteSelect"] {
        said(&format!("{answered}  answered by the bridge"));
    }
    said("ClearCall  → hangup");
    let of =
        |message: &str| stdout(&output).split(&format!("\n{message}  ")).nth(1).unwrap().split("\n\n").next().unwrap();
    assert!(of("HoldCall").contains("refused   CallId") && !of("HoldCall").contains("carried"), "{}", of("HoldCall"));
    assert!(!of("GetCallData").contains("carried"), "{}", of("GetCallData"));
    assert!(stdout(&output).contains("messages refused"));
}

#[test]
fn what_a_target_never_says_stands_in_its_rules_with_the_reason() {
    let output = cti_bridge(&[&["coverage"], &PAIR[..]].concat(), "");
    for (message, field, reason) in [
        ("LogoutAgent", "ReasonCode", "log-off and hang-up take no reason; a release takes a code"),
        ("AcceptCall", "RejectReason", "log-off and hang-up take no reason; a release takes a code"),
        ("agent-release", "release-code", "AgentStateChange has no reason"),
        ("entity-update", "agent-name", "CTIPS identifies agents only by their log-on names"),
        ("entity-update", "group-name", "CTIPS identifies services only by their ids"),
    ] {
        let of = stdout(&output).split(&format!("\n{message}  ")).nth(1).unwrap().split("\n\n").next().unwrap();
        let line = of.lines().find(|line| line.split_whitespace().nth(1) == Some(field)).unwrap();
        assert!(line.trim().starts_with("absent") && line.ends_with(reason), "{message}: {line}");
    }
    let changes = [("to-ctips.toml", "\"agent.reason\"     =", "\"agent.resaon\"     =")];
    let said = check_complains("untold", &changes);
    for part in
        ["unknown attribute `agent.resaon`", "did you mean `agent.reason`?", "`agent.reason` is read by no rule"]
    {
        assert!(said.contains(part), "{part:?} is not in\n{said}");
    }
    let said = check_complains("told", &[("to-ctips.toml", "[untold]", "[untold]\n\"call.ani\" = \"secret\"")]);
    assert!(said.contains("`call.ani` is read by a rule above"), "{said}");
}

// ── demo, help ────────────────────────────────────────────────────────────────────────────────────────────────────────

/// What a demo shows: each cause, and what comes of it beside it or below, as soon as it comes.
#[track_caller]
fn demo(arguments: &[&str], expected: &[(&str, &str)]) {
    let output = cti_bridge(arguments, "");
    let shown = stdout(&output);
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""), "{shown}");
    for (left, right) in expected {
        let mut rows = shown.lines().skip_while(|row| !row.starts_with(left));
        assert!(rows.any(|row| row.contains(right)), "no row {left} → {right} in\n{shown}");
    }
    assert!(shown.lines().all(|row| row.chars().count() <= 120), "too wide for a terminal");
}

#[test]
fn the_demo_shows_the_main_job_and_ends() {
    demo(
        &["demo"],
        &[
            ("delivered 900 agent 1001", "→ CallConnected 900 agent 1001"),
            ("transferred 910 911 912", "→ CallTransferred 910 + 911 = 912"),
            ("conferenced", "→ CallConferenced"),
            ("", "LinkStatus"),
            ("", "AgentRequestFailed"),
        ],
    );
}

#[test]
fn the_other_demo_shows_ccas_behind_a_feed_application() {
    demo(
        &["demo", "ccas"],
        &[
            ("CALLINFORMATION RecID=40 (Ann) CallID=900", "→ queued 900 101=gold"),
            ("TRANSFERRED RecID=40", "→ transferred 910 911 912"),
            ("← SetVoiceNotReady", ""),
            ("(connection replaced)", ""),
            ("CONNECTIONCLEARED RecID=41 (Ben) CallID=940", "→ conn-cleared 940"),
        ],
    );
}

#[test]
fn the_third_demo_routes_a_call_to_a_service_one_to_an_agent_and_one_too_late() {
    demo(
        &["demo", "routing"],
        &[
            ("route-request 900", "→ CallStarted 900"),
            ("← AddRequest ServiceGroupID=9", ""),
            ("", "→ RouteUsed 900 RouteSuccess RouteToService 30 (RequestId 1)"),
            ("request 1002 is allocated to anna", "→ RouteUsed 901 RouteSuccess RouteToAgent anna (RequestId 2)"),
            ("← CancelRequest OpenMediaID=1003", ""),
            ("    CancelIfAllocated=false", ""),
            ("", "→ RouteReject 902 RouteTimeout (RequestId 3)"),
            ("", "→ RouteUsed 902 RouteDefaultUsed RouteToDefault"),
        ],
    );
}

#[test]
fn the_demo_fits_80_columns_says_why_a_cell_would_be_empty_and_has_colours_only_if_asked() {
    let play = |color: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cti-bridge"));
        let output = command.args(["demo", "routing", "--color", color]).env("COLUMNS", "80").output().unwrap();
        stdout(&output).to_owned()
    };
    let plain = play("auto");
    assert!(plain.lines().all(|row| row.chars().count() <= 80), "{plain}");
    for part in ["Where the words cross: ", "→  an event for the application", "· the call is over", "agent 1001 (Ann)"]
    {
        assert!(plain.replace("\n   ", " ").contains(part), "{part} is not in\n{plain}");
    }
    // Only a cell of the platform that goes on below may stand alone.
    let alone = |row: &&str| !row.is_empty() && !row.starts_with([' ', '▶']) && row.chars().count() < 36;
    let told = plain.lines().skip_while(|row| !row.starts_with('▶'));
    assert_eq!(told.filter(alone).collect::<Vec<_>>(), [""; 0]);
    assert!(!plain.contains('\x1b') && play("always").contains("\x1b[32m→ CallStarted 900\x1b[0m"));
}

#[test]
fn a_manual_and_completions_are_made_of_the_command_line() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("man-{}", std::process::id()));
    assert_eq!(cti_bridge(&["man", folder.to_str().unwrap()], "").status.code(), Some(0));
    let page = fs::read_to_string(folder.join("cti-bridge-run.1")).unwrap();
    assert!(page.contains("CTI_BRIDGE_PLATFORM__MITEL__ADDRESS"), "{page}");
    fs::remove_dir_all(&folder).unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let script = cti_bridge(&["completions", shell], "");
        assert!(stdout(&script).contains("translate"), "{shell}: {}", stdout(&script));
    }
}

#[test]
fn a_wrong_argument_exits_with_2_and_help_tells_the_exit_codes() {
    assert_eq!(cti_bridge(&["demo", "--sideways"], "").status.code(), Some(2));
    let help = cti_bridge(&["--help"], "");
    assert_eq!(help.status.code(), Some(0));
    assert!(stdout(&help).contains("Exit codes"));
    for dialect in ["agent (", "event-feed (", "ctips (", "ccas (", "open-media ("] {
        assert!(stdout(&help).contains(dialect), "{dialect} is not in\n{}", stdout(&help));
    }
    assert!(stdout(&cti_bridge(&["run", "--help"], "")).contains("CTI_BRIDGE_PLATFORM__MITEL__ADDRESS"));
    assert!(stdout(&cti_bridge(&["check", "--help"], "")).contains("speaks: ctips or open-media"));
}

// ── check --wsdl ──────────────────────────────────────────────────────────────────────────────────────────────────────

const SINGLE: &str = "tests/fixtures/wsdl/open-media-single/wsdl.xml";

/// Serves these documents, by the target that is asked, until nobody asks any more.
fn serve(documents: Vec<(String, String)>) -> std::net::SocketAddr {
    use std::io::{BufRead, BufReader};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let mut first = String::new();
            while stream.read_line(&mut first).is_ok_and(|count| count > 0) {
                let mut line = String::new();
                while stream.read_line(&mut line).is_ok_and(|count| count > 2) {
                    line.clear();
                }
                let target = first.split(' ').nth(1).unwrap();
                let found = documents.iter().find(|(known, _)| known == target);
                let (status, text) = found.map_or(("404 Not Found", ""), |(_, text)| ("200 OK", text));
                let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", text.len());
                stream.get_mut().write_all((head + text).as_bytes()).unwrap();
                first.clear();
            }
        }
    });
    address
}

#[test]
fn check_shows_what_a_services_wsdl_says_otherwise() {
    let output = cti_bridge(&["check", "--wsdl", SINGLE, "--dialect", "open-media"], "");
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""));
    let table = stdout(&output);
    for line in [
        "contract      IOpenMediaService of http://tempuri.org/",
        "SOAPActions   such as http://tempuri.org/IOpenMediaService/AddRequest",
        "operation    AddRequest                        AddRequest                        yes",
        "             - the header Password is PassWord of OpenMediaService2",
        "             - optional: has no member Message",
        "             - unused: is not known: its reason is told as it comes",
        "             - Allocated (2) is written Zugeteilt",
    ] {
        assert!(table.lines().any(|known| known == line), "{line} is not in\n{table}");
    }
    assert!(table.contains("\nfits: ") && table.contains(" 0 missing, 0 contradictory"), "{table}");
}

#[test]
fn check_fails_where_a_wsdl_lacks_what_may_be_needed() {
    let asmx = "tests/fixtures/wsdl/open-media-asmx/wsdl.xml";
    let output = cti_bridge(&["check", "--wsdl", asmx, "--dialect", "open-media"], "");
    assert_eq!(output.status.code(), Some(1));
    let table = stdout(&output);
    assert!(table.contains("- MISSING: the WSDL has no such operation"), "{table}");
    assert!(table.contains("\ndoes not fit: ") && table.contains(" 6 missing"), "{table}");
}

#[test]
fn check_reads_a_wsdl_with_its_imports_from_the_address_that_was_asked() {
    let names = ["wsdl", "wsdl=wsdl0", "xsd=xsd0", "xsd=xsd1", "xsd=xsd2"];
    let document = |name: &&str| {
        let file =
            format!("tests/fixtures/wsdl/open-media-mono-other-namespaces/{}.xml", name.rsplit('=').next().unwrap());
        (format!("/OpenMediaService?{name}"), fs::read_to_string(file).unwrap())
    };
    let address = serve(names.iter().map(document).collect());
    let url = format!("http://{address}/OpenMediaService");
    let output = cti_bridge(&["check", "--wsdl", &url, "--dialect", "open-media"], "");
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""));
    let table = stdout(&output);
    assert!(table.contains("contract      IOpenMediaService of http://openmedia.example/service/2024"), "{table}");
    let moved = format!("- imports name the host 127.0.0.1:18733; they were read from http://{address}");
    assert!(table.contains(&moved), "{table}");

    let output = cti_bridge(&["check", "--wsdl", &format!("http://{address}/other"), "--dialect", "open-media"], "");
    assert_eq!(output.status.code(), Some(1));
    let expected = format!("cti-bridge: http://{address}/other?wsdl: answered 404 Not Found\n");
    assert_eq!((stdout(&output), stderr(&output)), ("", expected.as_str()));
}

#[test]
fn check_reads_the_files_that_a_wsdl_imports_and_fetches_nothing_for_them() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("wsdl-{}", std::process::id()));
    fs::create_dir_all(folder.join("main/more")).unwrap();
    fs::create_dir_all(folder.join("shared types")).unwrap();
    let fixture = |name: &str| {
        let file = format!("tests/fixtures/wsdl/open-media-mono-other-namespaces/{name}.xml");
        fs::read_to_string(file).unwrap()
    };
    let address = "http://127.0.0.1:18733/OpenMediaService";
    let write = |file: &str, text: String| fs::write(folder.join(file), text).unwrap();
    write("main/service.wsdl", fixture("wsdl").replace(&format!("{address}?wsdl=wsdl0"), "./more/wsdl0.wsdl"));
    let schemas = |text: String, folder: &str| {
        (0..3).fold(text, |text, number| {
            text.replace(&format!("{address}?xsd=xsd{number}"), &format!("{folder}xsd{number}.xsd"))
        })
    };
    write("main/more/wsdl0.wsdl", schemas(fixture("wsdl0"), "../../shared%20types/"));
    for number in 0..3 {
        write(
            &format!("shared types/xsd{number}.xsd"),
            schemas(fixture(&format!("xsd{number}")), "../shared%20types/"),
        );
    }
    let check = |folder: &Path, file: &str| {
        let arguments = ["check", "--wsdl", file, "--dialect", "open-media"];
        Command::new(env!("CARGO_BIN_EXE_cti-bridge")).args(arguments).current_dir(folder).output().unwrap()
    };
    for (inside, file) in
        [(folder.as_path(), "main/service.wsdl"), (&folder.join("shared types"), "../main/service.wsdl")]
    {
        let output = check(inside, file);
        assert_eq!((output.status.code(), stderr(&output)), (Some(0), ""), "{file}");
        let table = stdout(&output);
        assert!(table.contains("contract      IOpenMediaService of http://openmedia.example/service/2024"), "{table}");
    }
    // A schema that includes the others in a circle of longer and longer paths is read once.
    let circle =
        "<schema xmlns='http://www.w3.org/2001/XMLSchema'><include schemaLocation='../shared%20types/a.xsd'/></schema>";
    write("shared types/a.xsd", circle.to_owned());
    let output = check(&folder, "shared types/a.xsd");
    assert!(!stderr(&output).contains("more than"), "{}", stderr(&output));
    write("main/service.wsdl", fixture("wsdl"));
    let output = check(&folder, "main/service.wsdl");
    let expected = format!(
        "cti-bridge: main/service.wsdl imports {address}?wsdl=wsdl0, which is not fetched for a file: download it and name \
         that file there, or have a file that holds everything (?singleWsdl)\n"
    );
    assert_eq!((output.status.code(), stderr(&output)), (Some(1), expected.as_str()));
}

#[test]
fn check_says_what_it_cannot_compare() {
    let why = |arguments: &[&str]| {
        let output = cti_bridge(&[&["check", "--wsdl"], arguments].concat(), "");
        assert_ne!(output.status.code(), Some(0));
        stderr(&output).to_owned()
    };
    assert!(why(&[SINGLE]).contains("--dialect"));
    assert!(why(&[SINGLE, "--dialect", "ccas"]).contains("there are ctips, open-media"));
    assert!(why(&[SINGLE, "--dialect", "ctips"]).contains("none of the operations of Aspect"));
    assert!(why(&[SINGLE, "--dialect", "open-media", "--profile", "x"]).contains("there are open-media, guide"));
    assert!(why(&["Cargo.toml", "--dialect", "ctips"]).contains("Cargo.toml: not XML"));
    assert!(why(&["nowhere.wsdl", "--dialect", "ctips"]).contains("nowhere.wsdl: No such file"));
    assert!(why(&["http://u:secret@127.0.0.1:1/x", "--dialect", "ctips"]).contains("must not hold credentials"));
    assert!(!why(&["http://u:secret@127.0.0.1:1/x", "--dialect", "ctips"]).contains("secret"));
}
