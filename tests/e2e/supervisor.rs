//! A supervisor (systemd) that starts the bridge: it hears of the start, of signs of life, of reloads and of the stop. And whoever
//! asks by `cti-bridge health` whether the bridge works.

use std::{os::unix::net::UnixDatagram, path::Path, process::Command, time::Duration};

use cti_bridge::sim::feed::FeedSim;

use crate::{daemon::Daemon, edges::free, world::*};

/// What the supervisor hears next, apart from signs of life if another word is awaited.
fn heard(socket: &UnixDatagram, awaited: &str) -> String {
    let mut bytes = [0; 256];
    loop {
        let count = socket.recv(&mut bytes).unwrap_or_else(|error| panic!("nobody says {awaited}: {error}"));
        let word = String::from_utf8(bytes[..count].to_vec()).unwrap();
        if word != "WATCHDOG=1" || awaited == word {
            return word;
        }
    }
}

fn health(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_cti-bridge")).arg("health").args(arguments).output().unwrap();
    (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_supervisor_hears_of_the_start_of_signs_of_life_of_reloads_and_of_the_stop() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("notify-{}", std::process::id()));
    let _ = std::fs::remove_file(&path);
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let (feed, [admin]) = (FeedSim::start().await.unwrap(), free());
    let admin = admin.to_string();
    let rest = format!("[admin]\nlisten = '{admin}'");
    let text = text(&feed.address.to_string(), &Extra { rest: &rest, ..Extra::default() });
    let supervised = [("NOTIFY_SOCKET", path.to_str().unwrap()), ("WATCHDOG_USEC", "200000")];
    let mut daemon = Daemon::start_with(&text, &supervised);
    daemon.address().await;
    assert_eq!(heard(&socket, "READY=1"), "READY=1");
    for _ in 0..3 {
        assert_eq!(heard(&socket, "WATCHDOG=1"), "WATCHDOG=1");
    }
    assert_eq!(health(&[&admin]), (Some(0), "ok\n".into()));
    assert_eq!(health(&["--ready", &admin]), (Some(1), "cti-bridge: not connected: mitel\n".into()));
    let _line = soon("the log-on", feed.welcome(PASSWORD)).await.unwrap();
    soon("readiness", async {
        while health(&["--ready", &admin]).0 != Some(0) {
            tokio::task::yield_now().await;
        }
    })
    .await;
    for configuration in [&text, "platform = 1\n"] {
        daemon.configure(configuration);
        daemon.signal("-HUP");
        assert_eq!(heard(&socket, "RELOADING=1"), "RELOADING=1");
        assert_eq!(heard(&socket, "READY=1"), "READY=1");
    }
    daemon.signal("-TERM");
    assert_eq!(heard(&socket, "STOPPING=1"), "STOPPING=1");
    assert_eq!(daemon.end().await.code, Some(0));
    let (code, said) = health(&[&admin]);
    assert_eq!((code, said.contains("does not take the connection")), (Some(1), true), "{said}");
    std::fs::remove_file(&path).unwrap();
}

#[tokio::test]
async fn a_supervisor_that_cannot_be_reached_is_logged_and_stops_nothing() {
    let feed = FeedSim::start().await.unwrap();
    let text = text(&feed.address.to_string(), &Extra::default());
    let mut daemon = Daemon::start_with(&text, &[("NOTIFY_SOCKET", "/nonexistent/notify")]);
    let line = daemon.line("supervisor_away").await;
    assert!(line.contains("NOTIFY_SOCKET: No such file or directory"), "{line}");
    daemon.address().await;
    daemon.signal("-TERM");
    assert_eq!(daemon.end().await.code, Some(0));
}
