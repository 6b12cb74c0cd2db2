//! Two hundred reloads while sessions of both kinds hear events: rules, users and certificates change in turns, an application and
//! a platform come and go, and some of what is loaded is wrong. No session is lost, and none hears an event twice, not at all, or out of order.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use cti_bridge::sim::{
    desk::Desk,
    feed::{FeedLine, FeedSim},
    messages::{agent, call, login, short},
    subscriber::Subscriber,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::UnixStream,
    sync::{Semaphore, mpsc},
};

use crate::{daemon::Daemon, support::translate, tls::Authority, world::*};

const RELOADS: usize = 200;
/// One reload in so many is wrong.
const WRONG: usize = 20;
/// So many calls come while the files are read.
const CALLS: usize = 1;
const DESKS: usize = 10;
const WALLS: usize = 40;
/// Those whose connections are encrypted.
const SAFE: usize = 10;
/// The feed is at most so many steps ahead of the sessions.
const AHEAD: usize = 4;

/// What the feed does next, and every session hears.
#[derive(Clone)]
enum Step {
    /// A call comes, and goes.
    Call(i64),
    /// An agent logs on and is idle, which the rules in force call so.
    Agent(i64, String),
}

impl Step {
    fn messages(&self) -> Vec<Value> {
        match self {
            Step::Call(number) => {
                let group = json!({ "queued-group-internal-id": 9, "queued-group-type": 4 });
                vec![call("queued", *number, 4, group), call("call-cleared", *number, 5, json!({}))]
            }
            Step::Agent(id, _) => vec![login(*id, 0), agent("agent-idle", *id, 1, json!({}))],
        }
    }

    /// What a CTIPS application hears, in short.
    fn told(&self) -> Vec<String> {
        match self {
            Step::Call(_) => translate("event-feed", "ctips", &self.messages()).iter().map(short).collect(),
            Step::Agent(id, word) => {
                vec![format!("AgentLoginStateChange a{id} AgentLoggedIn"), format!("AgentStateChange a{id} {word}")]
            }
        }
    }
}

/// The files that a reload reads.
struct Site {
    folder: PathBuf,
    daemon: Daemon,
    /// The configuration at the start.
    before: String,
    /// What the rules call an idle agent, by a table of the configuration.
    idle: &'static str,
    /// What they call one who works after a call, by a mapping file.
    wrap: &'static str,
    /// Who may log on besides the sessions, by name.
    guest: usize,
    /// Which further sections there are, see [`Site::further`].
    further: usize,
    /// Whose certificate is shown.
    shown: usize,
    authorities: [Authority; 2],
}

impl Site {
    async fn start(feed: SocketAddr) -> Site {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("reloads-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("mappings")).unwrap();
        let file = |name: &str| folder.join(name).display().to_string();
        let before = format!(
            "mappings = '{}'\n[admin]\nsocket = '{}'\n\
             [platform.mitel]\ndialect = 'event-feed'\naddress = '{feed}'\nuser = 'feed'\npassword = '{PASSWORD}'\n\
             [application.desk]\ndialect = 'ctips'\nlisten = '127.0.0.1:0'\nusers_file = '{}'\nplatforms = ['mitel']\n\
             sessions = {}\nconnections = 200\n\
             [application.wall]\ndialect = 'event-feed'\nlisten = '127.0.0.1:0'\nusers = {{ wall = '{USER_PASSWORD}' }}\n\
             platforms = ['mitel']\n\
             [application.vault]\ndialect = 'event-feed'\nlisten = '127.0.0.1:0'\nusers = {{ wall = '{USER_PASSWORD}' }}\n\
             platforms = ['mitel']\ntls = {{ certificate = '{}', key = '{}' }}\n",
            file("mappings"),
            file("admin.sock"),
            file("users.toml"),
            DESKS + 5,
            file("server.pem"),
            file("server.key"),
        );
        let authorities = ["reloads-a", "reloads-b"].map(Authority::new);
        write_files(&folder, &authorities[0], "Wrap", 0);
        let daemon = Daemon::start(&before);
        Site { folder, daemon, before, idle: "Idle", wrap: "Wrap", further: 0, guest: 0, shown: 0, authorities }
    }

    /// An application that comes, hears a platform that comes, and hears of it no longer; then it goes.
    fn further(&self) -> String {
        let application = |platforms: &str| {
            format!(
                "[application.extra]\ndialect = 'event-feed'\nlisten = '127.0.0.1:0'\nusers = {{ extra = 'x' }}\n\
                 platforms = [{platforms}]\n"
            )
        };
        let platform =
            "[platform.second]\ndialect = 'event-feed'\naddress = '127.0.0.1:1'\nuser = 'x'\npassword = 'x'\n";
        match self.further % 4 {
            0 => String::new(),
            1 | 3 => application("'mitel'"),
            _ => application("'mitel', 'second'") + platform,
        }
    }

    /// What a reload answers that brings these about.
    fn told_of_further(&self) -> &'static str {
        match self.further % 4 {
            0 => "cause=\"it is gone\" section=\"application.extra\"",
            1 => "cause=\"it is new\" section=\"application.extra\"",
            2 => "cause=\"it is new\" section=\"platform.second\"",
            _ => "cause=\"it is gone\" section=\"platform.second\"",
        }
    }

    /// Writes all files as they should be.
    fn write(&self) {
        let table = format!("[application.desk.tables.state]\nidle = '{}'\n", self.idle);
        self.daemon.configure(&(self.before.clone() + &table + &self.further()));
        write_files(&self.folder, &self.authorities[self.shown], self.wrap, self.guest);
    }

    /// Makes one of the files wrong, and says what is complained of.
    fn spoil(&self, sort: usize) -> &'static str {
        let right = self.daemon.configuration();
        match sort % 6 {
            0 => {
                self.daemon.configure(&right.replace("[platform.mitel]", "[platform.mitel"));
                "1 error"
            }
            1 => {
                self.daemon.configure(&right.replace("\nidle = ", "\nidle = 'Lazy' # "));
                "unknown member of CTIAgentState `Lazy`"
            }
            2 => {
                let other = &self.authorities[1 - self.shown];
                std::fs::copy(other.file("server.key"), self.folder.join("server.key")).unwrap();
                "this is not the key of the certificate"
            }
            3 => {
                self.daemon.configure(&right.replace("dialect = 'ctips'", "dialect = 'ctipz'"));
                "did you mean `ctips`?"
            }
            4 => {
                std::fs::write(self.folder.join("users.toml"), "Test01\n").unwrap();
                "should be name = \"password\""
            }
            _ => {
                std::fs::write(self.folder.join("mappings/to-ctips.toml"), "extends = 'shipped'\n[on.call-begun]\n")
                    .unwrap();
                "did you mean"
            }
        }
    }

    async fn reload(&self) -> Result<Vec<String>, String> {
        soon("the answer", ask(&self.folder.join("admin.sock"), "reload")).await
    }
}

fn write_files(folder: &std::path::Path, shown: &Authority, wrap: &str, guest: usize) {
    for name in ["server.pem", "server.key"] {
        std::fs::copy(shown.file(name), folder.join(name)).unwrap();
    }
    let users = format!("Test01 = '{USER_PASSWORD}'\nguest{guest} = 'guest-pass-{guest}'\n");
    std::fs::write(folder.join("users.toml"), users).unwrap();
    let overlay = format!("extends = 'shipped'\n[tables.state]\nwrap = '{wrap}'\n");
    std::fs::write(folder.join("mappings/to-ctips.toml"), overlay).unwrap();
}

/// Gives an order over the bridge's socket. Hands back its lines, or why it was not carried out.
async fn ask(socket: &std::path::Path, order: &str) -> Result<Vec<String>, String> {
    let mut stream = UnixStream::connect(socket).await.unwrap();
    stream.write_all(format!("{}\n", json!({ "do": order })).as_bytes()).await.unwrap();
    let mut answer = BufReader::new(stream).lines();
    let mut lines = Vec::new();
    while let Some(line) = answer.next_line().await.unwrap() {
        let line: Value = serde_json::from_str(&line).unwrap();
        match (line["line"].as_str(), line["error"].as_str()) {
            (Some(line), _) => lines.push(line.to_owned()),
            (None, Some(reason)) => return Err(reason.to_owned()),
            (None, None) => return Ok(lines),
        }
    }
    panic!("the answer broke off after {lines:?}")
}

/// A session, which is told the steps as the feed makes them.
struct Listener {
    steps: mpsc::UnboundedReceiver<Step>,
    /// Gets a permit for each step that was heard.
    progress: Arc<Semaphore>,
    /// Is told of agents that were heard.
    agents: mpsc::UnboundedSender<i64>,
}

impl Listener {
    async fn next(&mut self) -> Option<Step> {
        self.steps.recv().await
    }

    fn heard(&self, step: &Step) {
        self.progress.add_permits(1);
        if let Step::Agent(id, _) = step {
            let _ = self.agents.send(*id);
        }
    }

    /// Hears exactly what it should, in order, to the end.
    async fn at_a_desk(mut self, mut desk: Desk) {
        let of_a_call = Step::Call(7777).told();
        while let Some(step) = self.next().await {
            let expected = match &step {
                Step::Call(number) => of_a_call.iter().map(|told| told.replace("7777", &number.to_string())).collect(),
                Step::Agent(..) => step.told(),
            };
            for told in expected {
                assert_eq!(short(&event(&mut desk).await), told);
            }
            self.heard(&step);
        }
        desk.call("CloseConnection", &[]).await.unwrap();
        assert!(desk.event_now().is_none());
    }

    async fn at_a_wall(mut self, mut wall: Subscriber, mut sequence: i64) {
        while let Some(step) = self.next().await {
            for said in step.messages() {
                let heard = soon("a message", wall.hear()).await.unwrap();
                sequence += 1;
                assert_eq!(heard["sequence"], sequence, "{heard}");
                for key in ["message", "call-id", "agent-id"] {
                    assert_eq!(heard[key], said[key], "{heard}");
                }
            }
            self.heard(&step);
        }
        let reply = wall.ask(json!({ "message": "subscribe-events", "subscribe": [] })).await.unwrap();
        assert_eq!(reply["sequence"], sequence + 1, "{reply}");
    }
}

/// Makes the steps that are asked for, as fast as all sessions hear them. Hands the line back.
async fn play(
    mut line: FeedLine,
    listeners: Vec<mpsc::UnboundedSender<Step>>,
    progress: Arc<Semaphore>,
    mut steps: mpsc::UnboundedReceiver<Step>,
) -> FeedLine {
    while let Some(step) = steps.recv().await {
        let all = u32::try_from(listeners.len()).unwrap();
        soon("the sessions' progress", progress.acquire_many(all)).await.unwrap().forget();
        for listener in &listeners {
            listener.send(step.clone()).unwrap();
        }
        for message in step.messages() {
            line.say(&message).await.unwrap();
        }
    }
    line
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_reloads_under_load_cost_no_session_and_no_event() {
    let feed = FeedSim::start().await.unwrap();
    let mut site = Site::start(feed.address).await;
    // In the order of their names.
    let (desk, vault, wall) = (site.daemon.address().await, site.daemon.address().await, site.daemon.address().await);
    let line = soon("the log-on", feed.welcome(PASSWORD)).await.unwrap();
    let doors = [site.authorities[0].back(vault).await, site.authorities[1].back(vault).await];

    let progress = Arc::new(Semaphore::new(AHEAD * (DESKS + WALLS + SAFE)));
    let (agents, mut agents_heard) = mpsc::unbounded_channel();
    let (mut listeners, mut sessions) = (Vec::new(), tokio::task::JoinSet::new());
    let mut listener = || {
        let (sender, steps) = mpsc::unbounded_channel();
        listeners.push(sender);
        Listener { steps, progress: progress.clone(), agents: agents.clone() }
    };
    for _ in 0..DESKS {
        let mut session = Desk::start(desk).await.unwrap();
        soon("a session", session.online("Test01", USER_PASSWORD)).await.unwrap();
        sessions.spawn(listener().at_a_desk(session));
    }
    for address in std::iter::repeat_n(wall, WALLS).chain(std::iter::repeat_n(doors[0], SAFE)) {
        let log_on = Subscriber::log_on(address, "wall", USER_PASSWORD);
        let mut session = soon("a log-on", log_on).await.unwrap();
        let reply = session.subscribe(&[("call-activity", &["*"]), ("agent-activity", &["*"])]).await.unwrap();
        sessions.spawn(listener().at_a_wall(session, reply["sequence"].as_i64().unwrap()));
    }
    let (say, asked) = mpsc::unbounded_channel();
    let feed = tokio::spawn(play(line, listeners, progress, asked));

    let begin = move |step| say.send(step).unwrap();
    let mut guest = Desk::start(desk).await.unwrap();
    let mut refused = Vec::new();
    for reload in 0..RELOADS {
        for number in 0..CALLS {
            begin(Step::Call(10_000 + (reload * CALLS + number) as i64));
        }
        if reload % WRONG == WRONG - 1 {
            site.write();
            let complaint = site.spoil(reload / WRONG);
            let reason = site.reload().await.unwrap_err();
            assert!(reason.contains(complaint), "{complaint}: {reason}");
            refused.push(complaint);
        } else {
            let mut told = "are in force";
            match reload % 4 {
                _ if reload % WRONG == 0 => site.wrap = if site.wrap == "Wrap" { "Active" } else { "Wrap" },
                0 => site.idle = if site.idle == "Idle" { "Reserved" } else { "Idle" },
                1 => site.guest += 1,
                2 => site.shown = 1 - site.shown,
                _ => {
                    site.further += 1;
                    told = site.told_of_further();
                }
            }
            site.write();
            let lines = site.reload().await.unwrap();
            assert!(lines.iter().all(|line| !line.contains("next start")), "{lines:?}");
            assert!(lines.iter().any(|line| line.contains(told)), "{told} is missing in {lines:?}");
        }
        // What is in force shows: rules at the next message, users at the next log-on, certificates at the next handshake.
        let id = 1001 + reload as i64;
        begin(Step::Agent(id, site.idle.to_owned()));
        while soon("an agent", agents_heard.recv()).await != Some(id) {}
        let user = format!("guest{}", site.guest);
        guest.open(&user, &format!("guest-pass-{}", site.guest)).await.unwrap();
        guest.call("CloseConnection", &[]).await.unwrap();
        let stranger = Subscriber::log_on(doors[site.shown], "wall", USER_PASSWORD);
        drop(soon("a log-on", stranger).await.unwrap());
    }
    drop(begin);
    let _line = feed.await.unwrap();
    while let Some(session) = soon("the sessions' end", sessions.join_next()).await {
        session.unwrap();
    }

    let report = ask(&site.folder.join("admin.sock"), "support").await.unwrap();
    let has = |line: &str| assert!(report.iter().any(|known| known == line), "{line} is missing in {report:#?}");
    let notices = |event: &str, count: usize| {
        has(&format!("cti_bridge_notices_total{{section=\"bridge\",event=\"{event}\",sort=\"\"}} {count}"));
    };
    notices("reload_refused", refused.len());
    notices("reloaded", RELOADS - refused.len());
    for (application, cause) in
        [("desk", "callback-failed"), ("desk", "fell-behind"), ("wall", "fell-behind"), ("vault", "fell-behind")]
    {
        has(&format!("cti_bridge_sessions_lost_total{{application=\"{application}\",cause=\"{cause}\"}} 0"));
    }
    site.daemon.signal("-TERM");
    let end = site.daemon.end().await;
    assert_eq!(end.code, Some(0));
    let said: Vec<&str> = end.log.lines().filter(|line| line.contains("event=\"reload_refused\"")).collect();
    assert_eq!(said.len(), refused.len(), "{said:#?}");
    for (line, complaint) in said.iter().zip(&refused) {
        assert!(line.contains(&complaint.replace('"', "\\\"")), "{complaint}: {line}");
    }
    std::fs::remove_dir_all(&site.folder).unwrap();
}
