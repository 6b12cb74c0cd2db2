//! Peers that have not authenticated: silent, slow, or guessing. Deadlines are an hour here, so that only giving way lets others
//! through.

use std::net::SocketAddr;

use cti_bridge::{
    net::Running,
    settings::hashes,
    sim::{desk::Desk, feed::FeedSim, media::client::Client, relay::Relay, subscriber::Subscriber},
};
use futures_util::future::join_all;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    office::TOKEN,
    world::{PASSWORD, USER_PASSWORD, get, run, soon},
};

/// A bridge with every sort of listener.
async fn everything(more: &str) -> Running {
    let feed = FeedSim::start().await.unwrap();
    let text = format!(
        "[platform.mitel]\ndialect = 'event-feed'\naddress = '{}'\nuser = 'feed'\npassword = '{PASSWORD}'\n\
         [platform.micc]\ndialect = 'ccas'\nlisten = '127.0.0.1:0'\ntoken = '{TOKEN}'\n\
         [application.desk]\ndialect = 'ctips'\nlisten = '127.0.0.1:0'\nplatforms = ['mitel']\n\
         users = {{ Test01 = '{USER_PASSWORD}' }}\nfirst_timeout = '1h'\nheader_timeout = '1h'\nbody_timeout = '1h'\n{more}\n\
         [application.wall]\ndialect = 'event-feed'\nlisten = '127.0.0.1:0'\nplatforms = ['mitel']\n\
         users = {{ wall = '{USER_PASSWORD}' }}\nlogin_timeout = '1h'\n\
         [admin]\nlisten = '127.0.0.1:0'\n",
        feed.address
    );
    run(&text).await
}

/// So many connections that say this and nothing more.
async fn crowd(count: usize, address: SocketAddr, says: &[u8]) -> Vec<TcpStream> {
    let mut crowd = Vec::new();
    for _ in 0..count {
        let mut stream = soon("a connection", TcpStream::connect(address)).await.unwrap();
        // One that has had to give way already cannot be written to.
        let _ = stream.write_all(says).await;
        crowd.push(stream);
    }
    crowd
}

/// The sum of a metric over all labels that contain these.
async fn count(running: &Running, name: &str, labels: &[&str]) -> u64 {
    let metrics = get(running.admin.unwrap(), "/metrics").await;
    let is_it = |line: &&str| line.starts_with(name) && labels.iter().all(|label| line.contains(label));
    metrics.lines().filter(is_it).filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
}

async fn dismissed(running: &Running, owner: &str) -> u64 {
    count(running, "cti_bridge_notices_total{", &[owner, "event=\"stranger_dismissed\""]).await
}

#[tokio::test]
async fn half_heads_and_half_bodies_give_way_to_a_real_client() {
    let running = everything("connections = 20\nstrangers = 1000").await;
    let service = running.applications[0];
    let body = b"POST /AgentCallService HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n<s:";
    for says in [&b"POST /Agent"[..], body, b""] {
        let crowd = crowd(100, service, says).await;
        let mut desk = Desk::start(service).await.unwrap();
        soon("a session", desk.online("Test01", USER_PASSWORD)).await.unwrap();
        soon("an answer", desk.call("CloseConnection", &[])).await.unwrap();
        drop(crowd);
    }
    assert!(dismissed(&running, "sort=\"all places are taken").await >= 80);
}

#[tokio::test]
async fn silent_connections_to_a_feed_a_relay_s_listener_and_health_give_way() {
    let running = everything("").await;
    let (wall, relay, admin) = (running.applications[1], running.platforms[0].unwrap(), running.admin.unwrap());
    let _silent =
        [crowd(100, wall, b"").await, crowd(100, relay, b"{\"hello\"").await, crowd(100, admin, b"GET /").await];
    let mut subscriber = soon("a log-on", Subscriber::log_on(wall, "wall", USER_PASSWORD)).await.unwrap();
    soon("a reply", subscriber.subscribe(&[("agent-status", &["*"])])).await.unwrap();
    let _relay = soon("a relay", Relay::greet(relay, TOKEN)).await.unwrap();
    let connected = ["section=\"platform.micc\"", "event=\"relay_connected\""];
    let greeted = async { while count(&running, "cti_bridge_notices_total{", &connected).await == 0 {} };
    soon("the relay's greeting", greeted).await;
    assert!(get(admin, "/healthz").await.starts_with("HTTP/1.1 200"));
    for owner in ["section=\"application.wall\"", "section=\"platform.micc\"", "sort=\"its address has too many"] {
        assert!(dismissed(&running, owner).await > 0, "{owner}");
    }
}

#[tokio::test]
async fn who_has_logged_on_never_gives_way() {
    let running = everything("connections = 20\nstrangers = 4").await;
    let (service, wall) = (running.applications[0], running.applications[1]);
    let mut subscriber = soon("a log-on", Subscriber::log_on(wall, "wall", USER_PASSWORD)).await.unwrap();
    let mut desk = Desk::start(service).await.unwrap();
    soon("a session", desk.online("Test01", USER_PASSWORD)).await.unwrap();
    let _silent = [crowd(200, wall, b"").await, crowd(60, service, b"POST").await];
    soon("a reply", subscriber.subscribe(&[("agent-status", &["*"])])).await.unwrap();
    soon("an answer", desk.call("OffLine", &[])).await.unwrap();
    assert_eq!(count(&running, "cti_bridge_sessions_lost_total{", &[]).await, 0);
}

#[tokio::test]
async fn a_first_request_that_does_not_come_in_time_is_said() {
    let feed = FeedSim::start().await.unwrap();
    let running = run(&format!(
        "[platform.mitel]\ndialect = 'event-feed'\naddress = '{}'\nuser = 'feed'\npassword = '{PASSWORD}'\n\
         [application.desk]\ndialect = 'ctips'\nlisten = '127.0.0.1:0'\nplatforms = ['mitel']\n\
         users = {{ Test01 = '{USER_PASSWORD}' }}\nfirst_timeout = '10ms'\n[admin]\nlisten = '127.0.0.1:0'\n",
        feed.address
    ))
    .await;
    let body = b"POST /AgentCallService HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n<s:";
    for says in [&b"POST /Agent"[..], body, b""] {
        let mut stream = TcpStream::connect(running.applications[0]).await.unwrap();
        stream.write_all(says).await.unwrap();
        let mut answer = Vec::new();
        soon("the end", stream.read_to_end(&mut answer)).await.unwrap();
        assert!(answer.is_empty());
    }
    let late = ["section=\"application.desk\"", "sort=\"no whole request came within first_timeout\""];
    while count(&running, "cti_bridge_notices_total{", &late).await < 3 {
        tokio::task::yield_now().await;
    }
}

/// Waits double: however slow the machine is, some guess comes too soon.
#[tokio::test]
async fn guesses_have_to_wait_at_every_log_on() {
    let running = everything("logon_tries = 2").await;
    let (service, wall, relay) = (running.applications[0], running.applications[1], running.platforms[0].unwrap());
    let desk = Desk::start(service).await.unwrap();
    let mut told = Vec::new();
    for _ in 0..8 {
        told.push(desk.open_at(&desk.url(), "Test01", "guess").await.unwrap_err());
    }
    assert!(told[0].contains("unknown user or wrong password"), "{told:?}");
    assert!(
        told.iter().any(|told| told.contains("too many wrong log-ons from this address: try again in")),
        "{told:?}"
    );
    let mut told = Vec::new();
    for _ in 0..12 {
        let error = soon("a reply", Subscriber::log_on(wall, "wall", "guess")).await.err().unwrap();
        told.push(error.to_string());
    }
    assert!(told[0].contains("unknown user or wrong password"), "{told:?}");
    assert!(told.iter().any(|told| told.contains("too many wrong log-ons")), "{told:?}");
    let mut told = Vec::new();
    for _ in 0..12 {
        let mut stranger = Relay::greet(relay, "guess").await.unwrap();
        told.push(soon("a refusal", stranger.hear()).await.unwrap().to_string());
    }
    assert!(told[0].contains("the token is wrong"), "{told:?}");
    assert!(told.iter().any(|told| told.contains("too many wrong log-ons")), "{told:?}");
    for (event, sort) in [
        ("request_refused", "too many wrong log-ons from its address"),
        ("session_lost", "throttled"),
        ("relay_refused", "too many wrong hellos came from its address"),
    ] {
        let labels = [format!("event=\"{event}\""), format!("sort=\"{sort}\"")];
        let count = count(&running, "cti_bridge_notices_total{", &[&labels[0], &labels[1]]).await;
        assert!(count > 0, "{event}: {sort}");
    }
}

#[tokio::test]
async fn users_with_hashes_log_on_while_the_bridge_works_on_and_guesses_have_to_wait() {
    let hash = hashes::make(USER_PASSWORD).unwrap();
    let users = format!("users = {{ Test01 = '{hash}' }}");
    let feed = FeedSim::start().await.unwrap();
    let service = |name: &str, dialect: &str| {
        format!("[application.{name}]\ndialect = '{dialect}'\nlisten = '127.0.0.1:0'\nplatforms = []\n{users}\n")
    };
    let text = format!(
        "[platform.mitel]\ndialect = 'event-feed'\naddress = '{}'\nuser = 'feed'\npassword = '{PASSWORD}'\n{}logon_tries = 3\n{}\
         [admin]\nlisten = '127.0.0.1:0'\n",
        feed.address,
        service("desk", "ctips").replace("[]", "['mitel']"),
        service("tickets", "open-media")
    );
    let running = run(&text).await;
    // Six at the same time, of one user at one address: one verification serves them all.
    let mut desks = Vec::new();
    for _ in 0..6 {
        desks.push(Desk::start(running.applications[0]).await.unwrap());
    }
    let open = async |desk: &Desk| desk.open_at(&desk.url(), "Test01", USER_PASSWORD).await;
    let opened = join_all(desks.iter().map(open));
    let sessions = soon("the sessions", opened).await;
    assert!(sessions.iter().all(Result::is_ok), "{sessions:?}");
    let mut told = Vec::new();
    for number in 0..8 {
        told.push(desks[0].open_at(&desks[0].url(), "Test01", &format!("guess {number}")).await.unwrap_err());
    }
    assert!(told[0].contains("unknown user or wrong password"), "{told:?}");
    assert!(told.iter().any(|told| told.contains("too many wrong log-ons")), "{told:?}");
    // Of an Open Media client every request has the password.
    let ask = async |password: &str| {
        let client = Client::new("Test01", password);
        soon("an answer", client.call(running.applications[1], "GetOpenMediaRequestsByTime", json!({}))).await
    };
    for _ in 0..2 {
        assert!(ask(USER_PASSWORD).await.is_ok());
    }
    assert_eq!(ask("guess").await.unwrap_err().message, "unknown LogonID or wrong Password");
}
