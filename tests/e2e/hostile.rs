//! Hostile input: a clear error, bounded memory, and other sessions undisturbed.

use cti_bridge::sim::{desk::Desk, messages::*};
use hyper::StatusCode;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::{daemon::Hosted, world::*};

/// The memory that the daemon may ever use, in KiB: 8 MiB of it are the history of stories, and a daemon that was built without
/// optimisation needs about 20 MiB before it does anything.
const MEMORY: usize = 96 << 10;

impl Hosted {
    async fn unharmed(&mut self, agent_id: i64) {
        self.works(agent_id).await;
        let peak = self.daemon.peak_memory();
        assert!(peak < MEMORY, "{peak} KiB were in use");
    }

    /// The fault's reason that a body is answered with.
    async fn refused(&self, body: impl Into<Vec<u8>>) -> String {
        let (status, answer) = soon("an answer", self.desk.send(body.into().into())).await.unwrap();
        let text = String::from_utf8(answer.to_vec()).unwrap();
        assert!(status.is_client_error() || status == StatusCode::INTERNAL_SERVER_ERROR, "{status}: {text}");
        let reason = text.split("<faultstring").nth(1).and_then(|rest| rest.split('>').nth(1));
        reason.unwrap_or(&text).split('<').next().unwrap().to_owned()
    }
}

fn envelope(inner: &str) -> String {
    format!("<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>{inner}</s:Body></s:Envelope>")
}

#[tokio::test]
async fn a_feed_that_sends_broken_deep_and_endless_json() {
    let mut world = Hosted::with(Extra::default()).await;
    // A frame without an end, ten times as long as any may be. It comes first: of many complaints the log has ten.
    for _ in 0..160 {
        world.line.raw(&[b'x'; 65536]).await.unwrap();
    }
    world.line.raw(b"\0").await.unwrap();
    world.daemon.line("event=\"message_too_long\" platform=\"mitel\" limit=1048576").await;
    let deep = format!("{{\"message\":\"delivered\",\"call-table\":{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let wide = format!("{{\"message\":\"delivered\",{}\"guid\":\"g\"}}", "\"call-id\":1,".repeat(70_000));
    let long = format!("{{\"message\":\"delivered\",\"guid\":\"{}\"}}", "g".repeat(900_000));
    for frame in [
        "{\"message\":\"delivered\"",
        "{\"message\":\"delivered\",\"call-id\":1e999999}",
        "{\"message\":\"delivered\",\"call-id\":-99999999999999999999999999}",
        "{\"message\":\"delivered\",\"call-table\":[{\"call-profile\":{\"id\":[]}}]}",
        "{\"message\":{\"message\":\"delivered\"}}",
        "{\"message\":\"\\ud800\"}",
        "\"",
        "",
        &deep,
        &deep[..deep.len() / 2],
        &wide,
        &long,
    ] {
        world.line.raw(frame.as_bytes()).await.unwrap();
        world.line.raw(b"\0").await.unwrap();
    }
    world.unharmed(1001).await;
}

#[tokio::test]
async fn a_feed_that_floods_with_what_nobody_knows_is_not_logged_line_by_line() {
    let mut world = Hosted::with(Extra::default()).await;
    let flood = "{\"message\":\"never-heard-of\"}\0".repeat(1000);
    for _ in 0..50 {
        world.line.raw(flood.as_bytes()).await.unwrap();
    }
    world.unharmed(1001).await;
    world.daemon.signal("-TERM");
    let said = world.daemon.end().await.log.lines().filter(|line| line.contains("never-heard-of")).count();
    assert!((1..200).contains(&said), "{said} lines");
}

#[tokio::test]
async fn a_feed_that_never_ends_its_calls() {
    let mut world =
        Hosted::with(Extra { application: "queue_bytes = '64MiB'\nqueue = 100000", ..Extra::default() }).await;
    world.desk.call("DeleteMessageClass", &[("MessageClass", "EventCategoryCall")]).await.unwrap();
    let note = "x".repeat(2000);
    for number in 1..=30_000 {
        let profile = json!([{ "id": 101, "value": note }, { "id": 42, "value": format!("guid-{number}") }]);
        let message = json!({
            "message": "queued", "guid": format!("guid-{number}"), "call-id": number,
            "call-table": [{ "call-profile": profile }], "queued-group-internal-id": 9, "queued-group-type": 4,
        });
        world.line.raw(format!("{message}\0").as_bytes()).await.unwrap();
    }
    world.unharmed(1001).await;
}

#[tokio::test]
async fn requests_that_are_broken_deep_or_full_of_entities() {
    let mut world = Hosted::with(Extra::default()).await;
    let bomb = "<!DOCTYPE s [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">]>";
    let external = "<!DOCTYPE s [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>";
    let deep = envelope(&format!("{}{}", "<a>".repeat(30_000), "</a>".repeat(30_000)));
    let attributes: String = (0..10_000).map(|n| format!(" a{n}=\"1\"")).collect();
    for (body, reason) in [
        (format!("{bomb}{}", envelope("<OnLine>&b;</OnLine>")), "document type"),
        (format!("{external}{}", envelope("<OnLine>&x;</OnLine>")), "document type"),
        (envelope("<OnLine>&unknown;</OnLine>"), "an entity that is not predefined"),
        (deep, "deep"),
        (envelope(&format!("<OnLine{attributes}/>")), ""),
        (envelope("<OnLine><SessionId>1</OnLine>"), ""),
        (envelope("<OnLine/>")[..60].to_owned(), ""),
        (envelope("<OnLine/>") + &envelope("<OnLine/>"), ""),
        (envelope("<OnLine a='1' a='2'/>"), ""),
        (envelope("<x:OnLine/>"), ""),
        (envelope("<OnLine>\u{1}</OnLine>"), ""),
        (envelope("<OnLine>&#0;</OnLine>"), ""),
        (envelope(""), "no body"),
        (envelope("<Never/>"), "there is no operation"),
        (String::new(), ""),
        ("{}".into(), ""),
        ("x".repeat(300_000), "longer than 262144 bytes"),
    ] {
        let said = world.refused(body.clone()).await;
        assert!(!said.is_empty() && said.contains(reason), "{reason:?} is missing in {said:?} to {:.200}", body);
        assert!(!said.contains("root:"), "{said}");
    }
    let said = world.refused(b"<?xml version='1.0'?>\xff\xfe\xfd".to_vec()).await;
    assert!(!said.is_empty());
    world.unharmed(1001).await;
}

/// Everything that comes back on a connection, until it ends.
async fn whole(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let _ = soon("the end of the connection", stream.read_to_end(&mut answer)).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn ten_thousand_header_lines_endless_bodies_and_lengths_that_lie() {
    let mut world = Hosted::with(Extra::default()).await;
    let mut stream = TcpStream::connect(world.service).await.unwrap();
    let lines: String = (0..10_000).map(|n| format!("X-{n}: y\r\n")).collect();
    let _ = stream.write_all(format!("POST /AgentCallService HTTP/1.1\r\n{lines}\r\n").as_bytes()).await;
    let answer = whole(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");

    let mut stream = TcpStream::connect(world.service).await.unwrap();
    let head = format!("POST /AgentCallService HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n\r\n", "y".repeat(1 << 20));
    let _ = stream.write_all(head.as_bytes()).await;
    let answer = whole(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 431") || answer.is_empty(), "{answer}");

    let mut stream = TcpStream::connect(world.service).await.unwrap();
    let head = "POST /AgentCallService HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\nConnection: close\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let answer = whole(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");

    let mut stream = TcpStream::connect(world.service).await.unwrap();
    let head = "POST /AgentCallService HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(65536));
    for _ in 0..100 {
        if stream.write_all(chunk.as_bytes()).await.is_err() {
            break;
        }
    }
    drop(stream);
    world.unharmed(1001).await;
}

#[tokio::test]
async fn slow_senders_are_let_go_and_idle_ones_take_nobodys_place() {
    let application = "header_timeout = '2s'\nbody_timeout = '500ms'\nconnections = 20";
    let mut world = Hosted::with(Extra { application, ..Extra::default() }).await;
    let mut stream = TcpStream::connect(world.service).await.unwrap();
    stream.write_all(b"POST /AgentCallService HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n<s:").await.unwrap();
    let answer = whole(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("did not come within"), "{answer}");
    let mut idle = Vec::new();
    for _ in 0..40 {
        let mut stream = TcpStream::connect(world.service).await.unwrap();
        stream.write_all(b"POST /Agent").await.unwrap();
        idle.push(stream);
    }
    // More than there are places; yet a request gets through when their time is up.
    soon("an answer", world.desk.call("OffLine", &[])).await.unwrap();
    soon("an answer", world.desk.call("OnLine", &[])).await.unwrap();
    world.unharmed(1001).await;
}

#[tokio::test]
async fn a_callback_that_never_reads_or_never_stops_answering() {
    let mut world = Hosted::with(Extra { application: "callback_timeout = '3s'", ..Extra::default() }).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut buffer = vec![0; 4096];
            assert_ne!(stream.read(&mut buffer).await.unwrap(), 0);
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.unwrap();
            kept.push(stream);
        }
    });
    let endless = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endless_url = format!("http://{}/", endless.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = endless.accept().await.unwrap();
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await;
        let chunk = format!("10000\r\n{}\r\n", "x".repeat(65536));
        while stream.write_all(chunk.as_bytes()).await.is_ok() {}
    });
    let client = Desk::start(world.service).await.unwrap();
    let refused = soon("an answer", client.open_at(&endless_url, "Test01", USER_PASSWORD)).await;
    assert!(refused.is_ok() || refused.unwrap_err().contains("StartSession"));
    let mut deaf = Vec::new();
    for _ in 0..5 {
        let mut desk = Desk::start(world.service).await.unwrap();
        desk.session = soon("a session", desk.open_at(&url, "Test01", USER_PASSWORD)).await.unwrap();
        desk.register().await.unwrap();
        deaf.push(desk);
    }
    let answered = all(&[agent_device("joining-device", 1001), outside("calling-device")]);
    let retrieved = call("retrieved", 900, 4, agent_device("device", 1001));
    world.line.say(&call("established", 900, 4, answered)).await.unwrap();
    for _ in 0..2000 {
        world.line.say(&call("held", 900, 4, agent_device("device", 1001))).await.unwrap();
        world.line.say(&retrieved).await.unwrap();
    }
    world.unharmed(1002).await;
    for desk in &deaf {
        let lost = async { while desk.call("GetAgentState", &[("AgentIdx", "1001")]).await.is_ok() {} };
        soon("the end of the session", lost).await;
    }
}

#[tokio::test]
async fn a_client_that_answers_events_with_faults_hears_on_and_is_complained_of_once() {
    let mut world = Hosted::with(Extra::default()).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (sender, mut events) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut read = String::new();
        loop {
            let mut buffer = vec![0; 4096];
            let count = stream.read(&mut buffer).await.unwrap();
            assert_ne!(count, 0);
            read += &String::from_utf8_lossy(&buffer[..count]);
            if read.ends_with("Envelope>") {
                let is_event = std::mem::take(&mut read).contains("<PublishCTIEvent");
                let status = if is_event { "500 Internal Server Error" } else { "200 OK" };
                let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
                stream.write_all(answer.as_bytes()).await.unwrap();
                if is_event {
                    let _ = sender.send(());
                }
            }
        }
    });
    let mut client = Desk::start(world.service).await.unwrap();
    client.session = client.open_at(&url, "Test01", USER_PASSWORD).await.unwrap();
    client.register().await.unwrap();
    world.line.say(&login(1001, 0)).await.unwrap();
    world.line.say(&agent("agent-idle", 1001, 0, json!({}))).await.unwrap();
    for _ in 0..2 {
        soon("an event", events.recv()).await.unwrap();
    }
    client.call("CloseConnection", &[]).await.unwrap();
    world.daemon.signal("-TERM");
    let log = world.daemon.end().await.log;
    let faulted = "and further ones are only counted event=\"session_faulted\" application=\"desk\" session=2";
    assert_eq!(log.matches(faulted).count(), 1, "{log}");
}
