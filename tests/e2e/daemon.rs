//! The daemon as a process of its own: its logs, its memory, its end.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread::JoinHandle,
};

use cti_bridge::{
    dialect::event_feed::digest,
    sim::{
        ccas::logon,
        desk::Desk,
        feed::{FeedLine, FeedSim},
        messages::*,
        relay::Relay,
        subscriber::Subscriber,
    },
};
use serde_json::json;
use tokio::sync::mpsc;

use crate::{edges::free, world::*};

/// A process and the reader of its log.
pub struct Daemon {
    child: Child,
    lines: mpsc::UnboundedReceiver<String>,
    log: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
    file: std::path::PathBuf,
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_file(&self.file);
    }
}

impl Daemon {
    pub fn start(configuration: &str) -> Daemon {
        Daemon::start_with(configuration, &[])
    }

    /// One with these variables in its environment.
    pub fn start_with(configuration: &str, variables: &[(&str, &str)]) -> Daemon {
        static COUNT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let folder = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        let file = folder.join(format!("daemon-{}-{number}.toml", std::process::id()));
        std::fs::write(&file, configuration).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_cti-bridge"))
            .args(["run", "--config"])
            .arg(&file)
            .env_remove("RUST_LOG")
            .envs(variables.iter().copied())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = mpsc::unbounded_channel();
        let log = Arc::new(Mutex::new(String::new()));
        let (stderr, shared) = (child.stderr.take().unwrap(), log.clone());
        let reader = std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                *shared.lock().unwrap() += &format!("{line}\n");
                let _ = sender.send(line);
            }
        });
        Daemon { child, lines, log, reader: Some(reader), file }
    }

    /// Its configuration file.
    pub fn configuration(&self) -> String {
        std::fs::read_to_string(&self.file).unwrap()
    }

    /// Changes its configuration file.
    pub fn configure(&self, text: &str) {
        std::fs::write(&self.file, text).unwrap();
    }

    /// The next line that contains this.
    pub async fn line(&mut self, part: &str) -> String {
        let search = async {
            while let Some(line) = self.lines.recv().await {
                if line.contains(part) {
                    return line;
                }
            }
            panic!("the daemon ended without saying {part:?}:\n{}", self.log.lock().unwrap())
        };
        soon(part, search).await
    }

    /// Where an application is served, from the log.
    pub async fn address(&mut self) -> SocketAddr {
        let line = self.line("serving an application").await;
        let (_, address) = line.split_once("address").unwrap();
        let address = address.trim_start_matches(['=', '"', ':']);
        address.split(|c: char| !(c.is_ascii_digit() || ".:".contains(c))).next().unwrap().parse().unwrap()
    }

    /// The most memory that the process ever had in use, in KiB.
    pub fn peak_memory(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    pub fn signal(&self, name: &str) {
        assert!(Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap().success());
    }

    /// As `kill -9` does it, without another process's time.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
    }

    /// Waits until it has ended. Only then is its log whole.
    pub async fn end(&mut self) -> End {
        let reader = self.reader.take().expect("a daemon ends once");
        let read = tokio::task::spawn_blocking(move || reader.join());
        soon("the daemon's end", read).await.unwrap().unwrap();
        End { code: self.child.wait().unwrap().code(), log: std::mem::take(&mut self.log.lock().unwrap()) }
    }
}

pub struct End {
    /// None: by a signal.
    pub code: Option<i32>,
    pub log: String,
}

/// A daemon between a feed and a desk, both of which are well.
pub struct Hosted {
    pub daemon: Daemon,
    _feed: FeedSim,
    pub line: FeedLine,
    pub desk: Desk,
    pub service: SocketAddr,
}

impl Hosted {
    pub async fn with(extra: Extra<'_>) -> Hosted {
        let feed = FeedSim::start().await.unwrap();
        let mut daemon = Daemon::start(&text(&feed.address.to_string(), &extra));
        let service = daemon.address().await;
        let line = soon("the log-on", feed.welcome(PASSWORD)).await.unwrap();
        let mut desk = Desk::start(service).await.unwrap();
        soon("a session", desk.online("Test01", USER_PASSWORD)).await.unwrap();
        Hosted { daemon, _feed: feed, line, desk, service }
    }

    /// Whatever was done to it, a session works as ever.
    pub async fn works(&mut self, agent_id: i64) {
        self.line.say(&login(agent_id, 0)).await.unwrap();
        let told = format!("AgentLoginStateChange a{agent_id} AgentLoggedIn");
        while short(&event(&mut self.desk).await) != told {}
    }
}

#[tokio::test]
async fn logs_say_what_happens_to_connections_and_no_secret_or_customer() {
    for format in ["text", "json"] {
        let rest = format!("[log]\nformat = '{format}'");
        let mut world = Hosted::with(Extra { rest: &rest, ..Extra::default() }).await;
        let stranger = Desk::start(world.service).await.unwrap();
        stranger.open_at(&stranger.url(), "Test01", "wrong-password").await.unwrap_err();
        let called = stranger.call("MakeCall", &[("Destination", "5551234"), ("CallId", "x5551234")]).await;
        assert!(called.unwrap_err().contains("CallId"));
        stranger.open_at("http://192.0.2.1/?token=abc", "Test01", USER_PASSWORD).await.unwrap_err();
        let answered = all(&[agent_device("joining-device", 1001), outside("calling-device")]);
        world.line.say(&call("established", 900, 4, answered)).await.unwrap();
        world
            .line
            .raw(b"{\"message\":\"delivered\",\"guid\":\"x\",\"call-table\":5551234}\0{\"ani\":\"5551234\",\0")
            .await
            .unwrap();
        world.works(1002).await;
        let make_call = [("AgentIdx", "1002"), ("CallId", "-1"), ("Destination", "5551234")];
        world.desk.ask("MakeCall", &make_call).await.unwrap();
        world.daemon.line("a request failed").await;
        world.line.close().await.unwrap();
        world.daemon.line("the platform is not connected").await;
        world.daemon.signal("-TERM");
        let End { code, log } = world.daemon.end().await;
        assert_eq!(code, Some(0));
        let lines: [&[&str]; 6] = [
            &["the platform is connected and lets the bridge in", "event=platform_connected platform=mitel"],
            &[
                "a session opened",
                "event=session_opened application=desk session=1 user=Test01 callback=http://127.0.0.1:",
            ],
            &[
                "a request was refused",
                "event=request_refused application=desk cause=unknown user or wrong password user=Test01",
            ],
            &["cause=a value is of another type reason=MakeCall: CallId is not of type int"],
            &[
                "a session was refused: its callback did not take it",
                "event=session_refused",
                "is not in callback_allow",
            ],
            &[
                "a request failed",
                "event=request_failed application=desk about=about a call operation=make-call request=1 session=1 \
                 agent=1002 call=-1 reason=mitel (Mitel Connect ONSITE event feed) has no",
            ],
        ];
        let lost = ["event=platform_lost platform=mitel reason=closed by the platform next_attempt_s="];
        for parts in lines.into_iter().chain([&lost[..]]) {
            // The same line in either format, without quotes.
            let plain = |line: &str| match format {
                "text" => line.replace('"', ""),
                _ => line.replace("\":\"", "=").replace("\":", "=").replace(",\"", " ").replace('"', ""),
            };
            let is_it = |line: &str| parts.iter().all(|part| line.contains(part));
            assert!(log.lines().any(|line| is_it(&plain(line))), "{parts:?} is missing in\n{log}");
        }
        for secret in [PASSWORD, USER_PASSWORD, "wrong-password", "5551234", "gold", "token=abc", &world.desk.session] {
            assert!(!log.contains(secret), "{secret} is shown in\n{log}");
        }
        if format == "json" {
            for line in log.lines() {
                let line: serde_json::Value = serde_json::from_str(line).unwrap();
                assert!(line["timestamp"].is_string() && line["level"].is_string(), "{line}");
            }
        }
    }
}

#[tokio::test]
async fn a_flood_of_rubbish_hides_no_refused_log_on_and_is_counted() {
    let mut world = Hosted::with(Extra::default()).await;
    let stranger = Desk::start(world.service).await.unwrap();
    for _ in 0..12 {
        stranger.call("OpenSesame", &[]).await.unwrap_err();
    }
    for _ in 0..5 {
        stranger.open_at(&stranger.url(), "Test01", "wrong-password").await.unwrap_err();
    }
    world.daemon.signal("-TERM");
    let End { log, .. } = world.daemon.end().await;
    let refused = "a request was refused event=\"request_refused\" application=\"desk\"";
    let rubbish =
        format!("{refused} cause=\"there is no such operation\" reason=\"there is no operation \\\"OpenSesame");
    assert_eq!(log.matches(&rubbish).count(), 10, "{log}");
    let log_on = format!("{refused} cause=\"unknown user or wrong password\" user=\"Test01\"");
    assert_eq!(log.matches(&log_on).count(), 5, "{log}");
    let left_out = "event=\"left_out\" application=\"desk\" of=\"request_refused\" of_sort=\"there is no such operation\" \
                    count=2 within_s=10";
    assert!(log.contains(left_out), "{log}");
}

#[tokio::test]
async fn fields_that_nobody_knows_are_said_once_and_not_without_end() {
    let mut world = Hosted::with(Extra::default()).await;
    world.works(1001).await;
    let idle = |field: &str| format!("{{\"message\":\"agent-idle\",\"{field}\":5551234,\"agent-id\":1001}}\0");
    for field in ["newfield", "newfield", "other\\nfield"] {
        world.line.raw(idle(field).as_bytes()).await.unwrap();
    }
    for number in 0..150 {
        world.line.raw(idle(&format!("field{number}")).as_bytes()).await.unwrap();
    }
    world.works(1002).await;
    world.daemon.signal("-TERM");
    let End { log, .. } = world.daemon.end().await;
    let unknown = "the vocabulary does not know a field of a message event=\"field_unknown\" platform=\"mitel\" \
                   message_name=\"agent-idle\" field=";
    assert_eq!(log.matches(&format!("{unknown}\"newfield\"")).count(), 1, "{log}");
    assert!(log.contains(&format!("{unknown}\"other\\nfield\"")), "one line of the log stays one:\n{log}");
    assert_eq!(log.matches(unknown).count(), 100, "{log}");
    let mut lines = log.lines().skip_while(|line| !line.contains(&format!("{unknown}\"field97\"")));
    let next = lines.nth(1).unwrap_or_default();
    assert!(next.contains("further unknown fields are only counted event=\"fields_only_counted\""), "{log}");
    assert!(!log.contains("5551234"), "a value is shown:\n{log}");
}

#[tokio::test]
async fn messages_are_shown_to_whoever_asks_for_them_and_secrets_never() {
    let rest = "[log]\nlevel = 'trace'";
    let mut world = Hosted::with(Extra { rest, ..Extra::default() }).await;
    let answered = all(&[agent_device("joining-device", 1001), outside("calling-device")]);
    world.line.say(&call("established", 900, 4, answered)).await.unwrap();
    world.works(1002).await;
    world.daemon.signal("-TERM");
    let heard = world.daemon.end().await.log;
    for part in ["heard {", "told <", "ANI>5551234<"] {
        assert!(heard.contains(part), "{part} is missing in\n{heard}");
    }
    let digest = "7c876a9c1267571709008994a9fe1d7e";
    for secret in [PASSWORD, USER_PASSWORD, digest] {
        assert!(!heard.contains(secret), "{secret} is shown in\n{heard}");
    }
}

/// At level debug, the log tells what came in, what followed and what went out, under the ids of both sides.
#[tokio::test]
async fn a_message_s_story_is_told_to_whoever_asks_for_it_and_has_no_data() {
    let mut world = Hosted::with(Extra { rest: "[log]\nlevel = 'debug'", ..Extra::default() }).await;
    let answered = all(&[agent_device("joining-device", 1001), outside("calling-device")]);
    world.line.say(&call("established", 900, 4, answered)).await.unwrap();
    world.works(1001).await;
    world.desk.ask("SetAgentState", &[("AgentIdx", "1001"), ("NewState", "Idle")]).await.unwrap();
    let command = soon("a command", world.line.hear()).await.unwrap();
    let reply = json!({
        "version": 1, "message": "command", "request-id": command["request-id"], "result": 0,
        "command": command["sub-request-type"],
    });
    world.line.say(&reply).await.unwrap();
    world.works(1002).await;
    world.daemon.signal("-TERM");
    let log = world.daemon.end().await.log;
    let mut lines = log.lines();
    for (event, parts) in [
        ("message_in", r#"platform="mitel" message_name="established" call="900""#),
        ("rule_fired", r#"platform="mitel" rule="established"#),
        ("picture_changed", r#"platform="mitel" transition="connected" call="900" agent="1001""#),
        ("message_out", r#"application="desk" message_name="CallEstablished" rule="connected"#),
        ("message_in", r#"application="desk" message_name="SetAgentState" session=1 agent="1001" request=1"#),
        ("rule_fired", r#"application="desk" rule="SetAgentState"#),
        ("request_taken", r#"application="desk" operation="ask-ready" to_platform="mitel" session=1 request=1"#),
        ("command_out", r#"platform="mitel" message_name="resume" rule="set-ready"#),
        ("reply_in", r#"platform="mitel" message_name="command-reply" asker="desk" session=1 request=1"#),
    ] {
        let told = |line: &str| line.contains(&format!("event=\"{event}\"")) && line.contains(parts);
        assert!(lines.any(told), "{event} {parts} is missing, or not in its place, in\n{log}");
    }
    assert!(!log.contains("5551234"), "a caller's number is shown:\n{log}");
}

/// Those who connect to the bridge begin with a secret.
#[tokio::test]
async fn no_relay_s_token_and_no_subscriber_s_password_is_shown() {
    const TOKENS: [&str; 2] = ["relay-token-42", "guessed-token-43"];
    const PASSWORDS: [&str; 2] = ["phones-pass-17", "guessed-pass-18"];
    let [relay, phones] = free();
    let rest = format!(
        "[platform.micc]\ndialect = 'ccas'\nlisten = '{relay}'\ntoken = '{}'\n\
         [application.phones]\ndialect = 'event-feed'\nlisten = '{phones}'\nusers = {{ phones = '{}' }}\n\
         platforms = ['micc']\n[log]\nlevel = 'trace'\n",
        TOKENS[0], PASSWORDS[0]
    );
    let mut world = Hosted::with(Extra { rest: &rest, ..Extra::default() }).await;
    let mut stranger = Relay::greet(relay, TOKENS[1]).await.unwrap();
    soon("a refusal", stranger.hear()).await.unwrap();
    assert!(Subscriber::log_on(phones, "phones", PASSWORDS[1]).await.is_err());
    let mut relay = Relay::greet(relay, TOKENS[0]).await.unwrap();
    let mut subscriber = Subscriber::log_on(phones, "phones", PASSWORDS[0]).await.unwrap();
    soon("a reply", subscriber.subscribe(&[("agent-login-logout", &["*"])])).await.unwrap();
    relay.say(&logon(40)).await.unwrap();
    while soon("a message", subscriber.hear()).await.unwrap()["message"] != "agent-login" {}
    world.works(1002).await;
    world.daemon.signal("-TERM");
    let log = world.daemon.end().await.log;
    assert!(log.contains("told {"), "{log}");
    for secret in TOKENS.into_iter().chain(PASSWORDS) {
        assert!(!log.contains(secret) && !log.contains(&digest(secret)), "{secret} is shown in\n{log}");
    }
}

#[tokio::test]
async fn a_configuration_that_is_wrong_is_said_whole_and_nothing_runs() {
    let mut daemon = Daemon::start("[platform.mitel]\ndialect = 'event-fed'\n[aplication.x]\n");
    let End { code, log } = daemon.end().await;
    assert_eq!(code, Some(1));
    assert!(log.contains("there is no dialect") && log.contains("`aplication`"), "{log}");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let configuration = text("127.0.0.1:1", &Extra::default());
    let listen = taken.local_addr().unwrap().to_string();
    let mut daemon = Daemon::start(&configuration.replace("127.0.0.1:0", &listen));
    let End { code, log } = daemon.end().await;
    assert_eq!(code, Some(1));
    assert!(log.contains(&format!("desk: cannot listen on {listen}")), "{log}");
}
