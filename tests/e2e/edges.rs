//! Operators' problems: a log that nobody reads, floods of complaints, text from outside that looks like lines of the
//! log, signals, and invalid addresses.

use std::{
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    process::{Command, Stdio},
    time::Instant,
};

use cti_bridge::sim::{desk::Desk, feed::FeedSim, messages::*, relay::Relay, subscriber::Subscriber};
use serde_json::json;
use tokio::{io::AsyncReadExt, net::TcpStream};

use crate::{
    daemon::{Daemon, Hosted},
    world::*,
};

/// Addresses that nobody listens on at the moment.
pub fn free<const N: usize>() -> [SocketAddr; N] {
    let held = [(); N].map(|()| std::net::TcpListener::bind("127.0.0.1:0").unwrap());
    held.map(|listener| listener.local_addr().unwrap())
}

#[tokio::test]
async fn a_log_that_nobody_reads_stops_nobody_and_says_later_what_was_dropped() {
    let feed = FeedSim::start().await.unwrap();
    let [desk, admin] = free();
    let rest = format!("[log]\nlevel = 'debug'\nqueue_bytes = '16KiB'\n[admin]\nlisten = '{admin}'");
    let text = text(&feed.address.to_string(), &Extra { rest: &rest, ..Extra::default() });
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("unread-{}.toml", std::process::id()));
    std::fs::write(&file, text.replace("127.0.0.1:0", &desk.to_string())).unwrap();
    let (reader, stderr) = std::io::pipe().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_cti-bridge"));
    let mut child = command.args(["run", "--config"]).arg(&file).stderr(Stdio::from(stderr)).spawn().unwrap();
    drop(command);
    let mut line = soon("the log-on", feed.welcome(PASSWORD)).await.unwrap();
    let stranger = Desk::start(desk).await.unwrap();
    // This is much more than a pipe and the queue hold.
    for number in 0..2000 {
        line.say(&login(1001, number)).await.unwrap();
        if number % 10 == 0 {
            stranger.open_at(&stranger.url(), "Test01", "wrong").await.unwrap_err();
        }
    }
    assert!(get(admin, "/healthz").await.starts_with("HTTP/1.1 200"));
    let metrics = soon("dropped lines", async {
        loop {
            let metrics = get(admin, "/metrics").await;
            if metrics.contains("cti_bridge_log_lines_dropped_total ") && !metrics.contains("_dropped_total 0") {
                return metrics;
            }
        }
    });
    metrics.await;
    // The log is read again: all waiting lines come, and the number of dropped ones.
    let mut log = BufReader::new(reader);
    let (found, log) = tokio::task::spawn_blocking(move || {
        let mut line = String::new();
        while log.read_line(&mut line).unwrap() > 0 {
            if line.contains("lines of the log were dropped") {
                return (line, log);
            }
            line.clear();
        }
        panic!("nothing was said");
    })
    .await
    .unwrap();
    assert!(found.contains("lines="), "{found}");
    // The reader stops again: the bridge ends without waiting for it.
    for number in 0..1000 {
        line.say(&login(1001, number)).await.unwrap();
    }
    assert!(get(admin, "/healthz").await.starts_with("HTTP/1.1 200"));
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    let ended = tokio::task::spawn_blocking(move || child.wait());
    assert_eq!(soon("the end", ended).await.unwrap().unwrap().code(), Some(0));
    drop(log);
    std::fs::remove_file(&file).unwrap();
}

#[tokio::test]
async fn signals_that_mean_nothing_yet_end_nothing() {
    let mut world = Hosted::with(Extra::default()).await;
    for (signal, said) in [("-USR1", "SIGUSR1"), ("-USR2", "SIGUSR2")] {
        world.daemon.signal(signal);
        world.daemon.line(said).await;
    }
    world.works(1001).await;
    world.daemon.signal("-TERM");
    assert_eq!(world.daemon.end().await.code, Some(0));
}

/// Connects, and waits until the connection is closed.
async fn refused(address: SocketAddr) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let _ = stream.read(&mut [0; 64]).await;
}

#[tokio::test]
async fn floods_of_every_sort_are_a_few_lines_each() {
    const FLOOD: usize = 200;
    let feed = FeedSim::start().await.unwrap();
    let [desk, relay, crm, few] = free();
    let rest = format!(
        "[platform.micc]\ndialect = 'ccas'\nlisten = '{relay}'\ntoken = 'relay-token'\n\
         logon_tries = 1000000\n\
         [application.crm]\ndialect = 'event-feed'\nlisten = '{crm}'\nusers = {{ crm = 'right' }}\nplatforms = ['mitel']\n\
         logon_tries = 1000000\n\
         [application.few]\ndialect = 'event-feed'\nlisten = '{few}'\nusers = {{ crm = 'right' }}\nplatforms = ['mitel']\n\
         connections = 1\n"
    );
    let text = text(&feed.address.to_string(), &Extra { rest: &rest, ..Extra::default() });
    let mut daemon = Daemon::start(&text.replace("127.0.0.1:0", &desk.to_string()));
    for _ in 0..3 {
        daemon.line("serving an application").await;
    }
    let begun = Instant::now();
    let mut line = soon("the log-on", feed.welcome(PASSWORD)).await.unwrap();
    for _ in 0..1000 {
        assert!(Subscriber::log_on(crm, "crm", "wrong").await.is_err());
    }
    for number in 0..FLOOD {
        drop(TcpStream::connect(crm).await.unwrap());
        let mut stranger = Relay::greet(relay, "guess").await.unwrap();
        let _ = stranger.hear().await;
        drop(TcpStream::connect(relay).await.unwrap());
        let gap = json!({ "message": "agent-idle", "agent-id": 1001, "sequence": number * 2 });
        line.raw(format!("{gap}\0").as_bytes()).await.unwrap();
        let reply = json!({ "message": "command", "command": "hold", "request-id": 7000 + number, "result": 0 });
        line.raw(format!("{reply}\0").as_bytes()).await.unwrap();
    }
    let held = Subscriber::log_on(few, "crm", "right").await.unwrap();
    for _ in 0..FLOOD {
        refused(few).await;
    }
    drop(held);
    let [nobody] = free();
    let stranger = Desk::start(desk).await.unwrap();
    for _ in 0..50 {
        let url = format!("http://{nobody}/CTIEvents");
        stranger.open_at(&url, "Test01", USER_PASSWORD).await.unwrap_err();
    }
    daemon.signal("-TERM");
    let log = daemon.end().await.log;
    let spans = begun.elapsed().as_secs() as usize / 10 + 2;
    for part in [
        "unknown user or wrong password",
        "a session closed event=\"session_closed\" application=\"crm\"",
        "its hello or its token is wrong",
        "it went before it said hello",
        "the sequence has a gap: events were missed event=\"events_missed\"",
        "a reply answers no command that is open event=\"reply_unexpected\"",
        "a connection was refused: all places are taken event=\"connection_refused\"",
        "a session was refused: its callback did not take it event=\"session_refused\"",
    ] {
        let lines = log.lines().filter(|line| line.contains(part)).count();
        assert!(lines >= 10 && lines <= 10 * spans, "{lines} times {part:?} in {spans} spans:\n{log}");
    }
    assert!(log.contains(" of=\"session_lost\" of_sort=\"login\" count="), "{log}");
}

#[tokio::test]
async fn text_from_outside_forges_no_line_of_the_log() {
    const FORGED: &str =
        "x\r\n2031-01-01T00:00:00Z ERROR forged\u{2028}forged\u{85}forged\u{1b}[2Kforged\u{202e}forged";
    for format in ["text", "json"] {
        let rest = format!("[log]\nformat = '{format}'\nlevel = 'debug'");
        let mut world = Hosted::with(Extra { rest: &rest, ..Extra::default() }).await;
        world.works(1001).await;
        world.desk.ask("SetAgentState", &[("AgentIdx", "1001"), ("NewState", "Idle")]).await.unwrap();
        let command = soon("a command", world.line.hear()).await.unwrap();
        let reply = json!({
            "version": 1, "message": "command", "request-id": command["request-id"], "result": -1, "error-msg": FORGED,
            "command": command["sub-request-type"],
        });
        world.line.say(&reply).await.unwrap();
        world.line.say(&json!({ "message": FORGED })).await.unwrap();
        world.line.raw(b"{\"message\":\"agent-idle\",\"a\nforged\":1}\0").await.unwrap();
        let stranger = Desk::start(world.service).await.unwrap();
        stranger.open_at(&stranger.url(), "Test\u{85}forged\u{2028}forged", "wrong").await.unwrap_err();
        world.works(1002).await;
        world.daemon.signal("-TERM");
        let log = world.daemon.end().await.log;
        assert!(log.contains("forged"), "{log}");
        let is_own = |line: &&str| match format {
            "text" => line.starts_with("20") && [" INFO ", " WARN ", "DEBUG "].iter().any(|level| line.contains(level)),
            _ => serde_json::from_str::<serde_json::Value>(line).is_ok_and(|line| line["level"].is_string()),
        };
        let forged: Vec<&str> = log.lines().filter(|line| !is_own(line) || line.starts_with("2031")).collect();
        assert!(forged.is_empty(), "{forged:#?}");
        let odd = |c: char| c != '\n' && (c.is_control() || ['\u{2028}', '\u{202e}'].contains(&c));
        assert!(!log.contains(odd), "{log:?}");
    }
}

#[tokio::test]
async fn a_callback_url_that_is_none_is_a_fault_that_says_so() {
    let world = World::start().await;
    let stranger = Desk::start(world.running.applications[0]).await.unwrap();
    for url in [
        "http://127.0.0.1:99999/CTIEvents",
        "http://127.0.0.1:65536/",
        "http://127.0.0.1:0/",
        "http://127.0.0.1:/",
        "http://127.0.0.1:8o/",
        "http://300.1.1.1/",
        "http:///CTIEvents",
    ] {
        let reason = stranger.open_at(url, "Test01", USER_PASSWORD).await.unwrap_err();
        assert!(reason.contains("StartSession at ClientCallbackURL failed: the address is no URL"), "{url}: {reason}");
    }
}

/// A start that fails logs the reason, even if the log is read late.
#[test]
fn why_a_bridge_does_not_start_is_the_last_line() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("taken-{}.toml", std::process::id()));
    let text = text("127.0.0.1:1", &Extra { rest: "[log]\nlevel = 'off'", ..Extra::default() });
    std::fs::write(&file, text.replace("127.0.0.1:0", &taken.local_addr().unwrap().to_string())).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_cti-bridge"));
    let mut child = command.args(["run", "--config"]).arg(&file).stderr(Stdio::piped()).spawn().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let mut log = String::new();
    child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert!(log.starts_with("cti-bridge: desk: cannot listen on "), "{log}");
    std::fs::remove_file(&file).unwrap();
}
