//! What an operator asks of the program before and beside a bridge that runs.

use std::net::TcpListener;

use super::*;

fn file(name: &str, text: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("operate-{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("bridge.toml");
    fs::write(&file, text).unwrap();
    file
}

fn configuration(address: &str, listen: &str) -> String {
    format!(
        "[platform.mitel]\ndialect = 'event-feed'\naddress = '{address}'\nuser = 'feed'\npassword = 'secret'\n\
         reconnect_min = '10ms'\n[application.desk]\ndialect = 'ctips'\nlisten = '{listen}'\n\
         users = {{ Test01 = 'x' }}\nplatforms = ['mitel']\n"
    )
}

#[test]
fn the_version_says_the_commit() {
    let output = cti_bridge(&["--version"], "");
    let version = stdout(&output).trim();
    let commit = version
        .strip_prefix(concat!("cti-bridge ", env!("CARGO_PKG_VERSION"), " ("))
        .and_then(|rest| rest.strip_suffix(')'));
    let commit = commit.unwrap_or_else(|| panic!("{version}"));
    assert!(commit == "unknown" || commit.bytes().all(|byte| byte.is_ascii_hexdigit()), "{version}");
}

#[test]
fn check_tries_addresses_and_the_store_if_it_is_told_to() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    let file = file("bind", &configuration("127.0.0.1:1", &listen));
    let name = file.display().to_string();
    assert_eq!(cti_bridge(&["check", "--config", &name], "").status.code(), Some(0));
    let output = cti_bridge(&["check", "--bind", "--config", &name], "");
    let report = stderr(&output);
    assert_eq!(output.status.code(), Some(1));
    assert!(report.contains(&format!("cannot listen on {listen}")) && report.contains("listen = "), "{report}");
    drop(taken);
    assert_eq!(cti_bridge(&["check", "--bind", "--config", &name], "").status.code(), Some(0));

    let routes = "routes = 'media'\n[platform.media]\ndialect = 'open-media'\nurl = 'http://127.0.0.1:1/x'\n";
    let text = format!("store = 'nowhere/x'\n{}{routes}", configuration("127.0.0.1:1", "127.0.0.1:0"));
    fs::write(&file, text).unwrap();
    let output = cti_bridge(&["check", "--config", &name], "");
    assert!(stderr(&output).contains("nowhere/x cannot be written: No such file"), "{}", stderr(&output));
    fs::remove_dir_all(file.parent().unwrap()).unwrap();
}

#[test]
fn check_says_which_platform_does_not_let_the_bridge_in() {
    let file = file("connect", &configuration("127.0.0.1:1", "127.0.0.1:0"));
    let name = file.display().to_string();
    let output = cti_bridge(&["check", "--connect", "--config", &name], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).starts_with("platform.mitel: not connected: mitel: 127.0.0.1:1: "), "{}", stdout(&output));
    assert!(stderr(&output).contains("not every platform lets the bridge in"), "{}", stderr(&output));
    fs::remove_dir_all(file.parent().unwrap()).unwrap();
}
