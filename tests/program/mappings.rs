//! `cti-bridge mappings`: what is built in, what is in force, and how the two differ.

use std::{fs, path::PathBuf};

use super::{cti_bridge, folder, stderr, stdout};

/// A folder that changes, replaces and adds files.
fn site(name: &str) -> PathBuf {
    let site = folder(name);
    fs::write(site.join("from-ccas.toml"), SITE).unwrap();
    let rules = fs::read_to_string("mappings/to-ctips.toml").unwrap();
    let open = "[on.call-queued]";
    assert!(rules.contains(open), "{open} is gone");
    fs::write(site.join("to-ctips.toml"), rules.replacen(open, &format!("# ours\n{open}"), 1)).unwrap();
    site
}

const SITE: &str = "extends = \"shipped\"\nremove = [\"LOGON.email-ready\"]\n\n\
                    # ours\n[on.READY]\nmeans = \"ready\"\nfixed.state = \"idle\"\n\n\
                    [on.LOGON.note]\nafter = \"LOGON.agent\"\nmeans = \"agent-seen\"\n\n\
                    [tables.media]\nemail = \"chat\"\n";

fn mappings(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = cti_bridge(&[&["mappings"], arguments].concat(), "");
    (output.status.code(), stdout(&output).to_owned(), stderr(&output).to_owned())
}

#[test]
fn list_shows_the_state_of_every_file() {
    let (code, said, _) = mappings(&["list"]);
    assert_eq!((code, said.lines().count()), (Some(0), 15));
    assert!(said.lines().all(|line| line.ends_with("  built in")), "{said}");
    let site = site("mappings-list");
    fs::create_dir_all(site.join("dialects")).unwrap();
    fs::write(site.join("dialects/acme.toml"), "dialect = \"acme\"\n").unwrap();
    let (code, said, _) = mappings(&["list", "--mappings", site.to_str().unwrap()]);
    assert_eq!((code, said.lines().count()), (Some(0), 16));
    let line = |start: &str| said.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{said}"));
    let changes = "replaces READY, adds LOGON.note, removes LOGON.email-ready, changes tables.media";
    assert!(line("from-ccas.toml  ").contains("extended by "), "{said}");
    assert!(line("from-ccas.toml  ").ends_with(changes), "{said}");
    assert!(line("to-ctips.toml ").contains("replaced by "), "{said}");
    assert!(line("to-ccas.toml ").ends_with("rules  built in"), "{said}");
    assert!(line("dialects/acme.toml ").contains("0 messages  added by "), "{said}");
}

#[test]
fn the_folder_of_a_configuration_is_in_force() {
    let site = site("mappings-config");
    let config = site.join("bridge.conf");
    fs::write(&config, format!("mappings = {:?}\n", site.to_str().unwrap())).unwrap();
    let (code, said, _) = mappings(&["list", "--config", config.to_str().unwrap()]);
    assert!(code == Some(0) && said.contains("extended by"), "{said}");
    let empty = ["list", "--config", config.to_str().unwrap(), "--set", "mappings=/nowhere"];
    assert!(mappings(&empty).2.contains("/nowhere"));
    fs::write(&config, "mappings = \n").unwrap();
    let (code, _, said) = mappings(&["list", "--config", config.to_str().unwrap()]);
    assert!(code == Some(1) && said.contains("is not valid TOML"), "{said}");
}

#[test]
fn print_shows_the_built_in_file_as_it_is() {
    let site = site("mappings-print");
    let text = fs::read_to_string("mappings/from-ccas.toml").unwrap();
    for name in ["from-ccas", "from-ccas.toml", "mappings/from-ccas.toml"] {
        assert_eq!(mappings(&["print", name]), (Some(0), text.clone(), String::new()));
    }
    assert_eq!(mappings(&["print", "from-ccas", "--mappings", site.to_str().unwrap()]).1, text);
    let (code, _, said) = mappings(&["print", "form-ccas"]);
    assert!(code == Some(1) && said.contains("did you mean `from-ccas`?"), "{said}");
}

#[test]
fn the_merged_file_can_stand_alone() {
    let site = site("mappings-merged");
    let at = site.to_str().unwrap();
    let merged = mappings(&["print", "from-ccas", "--in-force", "--mappings", at]).1;
    assert!(merged.starts_with("# Rules for events of the MiContact"), "{merged}");
    assert!(merged.contains("# ours\n[on.READY]\nmeans = \"ready\"\nfixed.state = \"idle\"\n"), "{merged}");
    for gone in ["extends", "remove ", "after =", "[[on.", "LOGON.email-ready"] {
        assert!(!merged.contains(gone), "{gone} is in\n{merged}");
    }
    assert!(merged.find("[on.LOGON.agent]") < merged.find("[on.LOGON.note]"), "{merged}");
    // Saved in the folder, it says the same; only the place of the new rule is no longer written as a key.
    let differs = |text: &str| text.lines().skip(1).filter(|line| !line.contains("after =")).collect::<String>();
    let before = mappings(&["diff", "from-ccas", "--mappings", at]).1;
    fs::write(site.join("from-ccas.toml"), &merged).unwrap();
    let (code, after, _) = mappings(&["diff", "from-ccas", "--mappings", at]);
    assert_eq!((code, differs(&after)), (Some(3), differs(&before)));
    let check = cti_bridge(&["check", "--mappings", at], "");
    // `means = "agent-seen"` alone is a right rule, and the reason that LOGON.email-ready read a field for is not missed.
    assert_eq!((check.status.code(), stderr(&check)), (Some(0), ""));
}

#[test]
fn every_shipped_file_stays_the_same_under_an_empty_change() {
    let site = folder("mappings-empty");
    for name in ["from-ctips", "to-ctips", "from-ccas", "to-event-feed"] {
        fs::write(site.join(format!("{name}.toml")), "extends = \"shipped\"\n").unwrap();
        let at = ["--mappings", site.to_str().unwrap()];
        let merged = mappings(&[&["print", name, "--in-force"], &at[..]].concat()).1;
        assert_eq!(mappings(&[&["diff"], &at[..]].concat()).0, Some(0));
        fs::write(site.join(format!("{name}.toml")), merged).unwrap();
        assert_eq!(mappings(&[&["diff"], &at[..]].concat()), (Some(0), String::new(), String::new()), "{name}");
        assert_eq!(cti_bridge(&["check", at[0], at[1]], "").status.code(), Some(0), "{name}");
    }
}

#[test]
fn diff_shows_each_difference_and_nothing_else() {
    assert_eq!(mappings(&["diff"]), (Some(0), String::new(), String::new()));
    let site = site("mappings-diff");
    let at = site.to_str().unwrap();
    let (code, said, _) = mappings(&["diff", "--mappings", at]);
    assert_eq!(code, Some(3));
    let expected = format!(
        "from-ccas.toml: {at}/from-ccas.toml extends the built-in file\n\
        \x20 - rule LOGON.email-ready\n\
        \x20     - means = \"medium-ready\"\n\
        \x20     - when = \"EmailReady == 'yes'\"\n\
        \x20     - fixed.media = \"email\"\n\
        \x20 ~ rule READY\n\
        \x20     + fixed.state = \"idle\"\n\
        \x20 ~ tables.media.email = \"chat\" (built in: \"email\")\n\
        \x20 + rule LOGON.note\n\
        \x20     + after = \"LOGON.agent\"\n\
        \x20     + means = \"agent-seen\"\n"
    );
    assert_eq!(said, expected, "a comment is no difference");
    assert_eq!(mappings(&["diff", "to-ccas", "--mappings", at]).0, Some(0));
    // The order of a message's rules counts, as all that match fire in it.
    let rules = fs::read_to_string("mappings/from-ccas.toml").unwrap();
    let [first, second] = ["[on.LOGON.email-ready]", "[on.LOGON.chat-ready]"];
    let swapped = rules.replace(first, "[here]").replace(second, first).replace("[here]", second);
    fs::write(site.join("from-ccas.toml"), swapped).unwrap();
    let (_, said, _) = mappings(&["diff", "from-ccas", "--mappings", at]);
    let order =
        "  ~ order of the rules of LOGON: LOGON.agent, LOGON.chat-ready, LOGON.email-not-ready, LOGON.email-ready,";
    assert!(said.contains(order), "{said}");
    // Vocabularies differ message by message.
    fs::create_dir_all(site.join("dialects")).unwrap();
    let words = fs::read_to_string("mappings/dialects/ccas.toml").unwrap();
    let words = words.replacen("ignore-case  = true", "ignore-case  = false", 1).replacen("yes = 1", "yes = 2", 1);
    fs::write(site.join("dialects/ccas.toml"), words).unwrap();
    let (_, said, _) = mappings(&["diff", "dialects/ccas", "--mappings", at]);
    let lines = ["  ~ ignore-case = false (built in: true)", "  ~ enum flag", "      - members.yes = 1"];
    lines.iter().for_each(|line| assert!(said.contains(line), "{line} is not in\n{said}"));
}
