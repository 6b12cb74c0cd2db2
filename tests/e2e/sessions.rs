//! Sessions of applications: how many, where they are called, and how they are lost without disturbing others.

use cti_bridge::sim::{desk::Desk, messages::*};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::world::*;

async fn open_at(world: &World, url: &str) -> Result<String, String> {
    let desk = Desk::start(world.running.applications[0]).await.unwrap();
    soon("an answer", desk.open_at(url, "Test01", USER_PASSWORD)).await
}

#[tokio::test]
async fn unknown_users_and_one_session_too_many_are_refused_with_the_reason() {
    let world = World::with(Extra { application: "sessions = 2", ..Extra::default() }).await;
    let mut stranger = Desk::start(world.running.applications[0]).await.unwrap();
    assert_eq!(stranger.open("Test01", "guess").await.unwrap_err(), "unknown user or wrong password");
    assert_eq!(stranger.open("Nobody", USER_PASSWORD).await.unwrap_err(), "unknown user or wrong password");
    let first = world.desk().await;
    let _second = world.desk().await;
    let refused = stranger.open("Test01", USER_PASSWORD).await.unwrap_err();
    assert_eq!(refused, "the maximum number of connections (2) has been reached");
    first.call("CloseConnection", &[]).await.unwrap();
    stranger.open("Test01", USER_PASSWORD).await.unwrap();
}

#[tokio::test]
async fn nobody_is_called_whom_the_operator_did_not_name() {
    let world = World::start().await;
    for (url, reason) in [
        ("http://192.0.2.1:9/x", "192.0.2.1 (192.0.2.1) is not in callback_allow"),
        ("http://0x7f000001.192.0.2.7:9/", "StartSession at ClientCallbackURL failed"),
        ("http://[2001:db8::1]:9/", "is not in callback_allow"),
        ("http://169.254.169.254/latest/meta-data", "is not in callback_allow"),
        ("ftp://127.0.0.1/", "is neither http nor https"),
        ("http://user:pass@127.0.0.1:9/", "must not hold credentials"),
        ("/relative", "is neither http nor https"),
        ("", "StartSession at ClientCallbackURL failed: the address is no URL"),
    ] {
        let refused = open_at(&world, url).await.unwrap_err();
        assert!(refused.contains(reason), "{url}: {refused}");
        assert!(!refused.contains("pass@"), "{refused}");
    }
}

/// A callback that answers every post with the same bytes; hands back how it is reached.
async fn answering(answer: &'static str) -> (String, tokio::sync::mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (heard, receiver) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let heard = heard.clone();
            tokio::spawn(async move {
                let mut buffer = vec![0; 65536];
                while let Ok(count) = stream.read(&mut buffer).await {
                    if count == 0 || stream.write_all(answer.as_bytes()).await.is_err() {
                        break;
                    }
                    let _ = heard.send(String::from_utf8_lossy(&buffer[..count]).into_owned());
                }
            });
        }
    });
    (url, receiver)
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let world = World::start().await;
    let (target, mut heard) = answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let answer = format!("HTTP/1.1 307 Temporary Redirect\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n");
    let (url, _) = answering(Box::leak(answer.into_boxed_str())).await;
    let refused = open_at(&world, &url).await.unwrap_err();
    assert!(refused.contains("redirect (307 Temporary Redirect), which is not followed"), "{refused}");
    assert!(heard.try_recv().is_err(), "nothing reached the target");
}

#[tokio::test]
async fn a_client_that_never_reads_loses_its_session_and_nobody_else_notices() {
    let mut world = World::with(Extra { application: "callback_timeout = '2s'", ..Extra::default() }).await;
    let mut desk = world.desk().await;
    // It takes the start of its session, and then nothing.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let silent = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut buffer = vec![0; 4096];
        assert_ne!(stream.read(&mut buffer).await.unwrap(), 0);
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        (stream, listener)
    });
    let mut victim = Desk::start(world.running.applications[0]).await.unwrap();
    victim.session = soon("a session", victim.open_at(&url, "Test01", USER_PASSWORD)).await.unwrap();
    let _kept = silent.await.unwrap();
    victim.register().await.unwrap();
    world.agent(&mut desk, 1001).await;
    let lost = async {
        while victim.call("GetAgentState", &[("AgentIdx", "1001")]).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    soon("the end of the session", lost).await;
    world.agent(&mut desk, 1002).await;
}

#[tokio::test]
async fn a_client_that_falls_behind_loses_its_session_at_the_documented_bound() {
    let mut world = World::with(Extra { application: "queue = 8", ..Extra::default() }).await;
    let mut desk = world.desk().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let slow = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut buffer = vec![0; 4096];
        assert_ne!(stream.read(&mut buffer).await.unwrap(), 0);
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        // The first event is read and never answered; the rest waits in the queue.
        let read = stream.read(&mut buffer).await.unwrap();
        (stream, read)
    });
    let mut victim = Desk::start(world.running.applications[0]).await.unwrap();
    victim.session = soon("a session", victim.open_at(&url, "Test01", USER_PASSWORD)).await.unwrap();
    victim.register().await.unwrap();
    for id in 1001..1010 {
        world.agent(&mut desk, id).await;
    }
    slow.await.unwrap();
    let refused = soon("the answer", victim.call("GetAgentState", &[("AgentIdx", "1001")])).await.unwrap_err();
    assert!(refused.contains("no such session"), "{refused}");
}

/// Reads one request, whole.
async fn request(stream: &mut TcpStream) -> Option<String> {
    let mut read = String::new();
    let mut buffer = vec![0; 4096];
    while !read.ends_with("Envelope>") {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => read += &String::from_utf8_lossy(&buffer[..count]),
        }
    }
    Some(read)
}

const TAKEN: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

#[tokio::test]
async fn a_callback_server_that_closes_each_connection_without_saying_so_loses_nothing() {
    let mut world = World::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (sender, mut closed) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let Some(asked) = request(&mut stream).await else { continue };
            stream.write_all(TAKEN).await.unwrap();
            drop(stream);
            sender.send(asked).unwrap();
        }
    });
    let mut client = Desk::start(world.running.applications[0]).await.unwrap();
    client.session = soon("a session", client.open_at(&url, "Test01", USER_PASSWORD)).await.unwrap();
    assert!(soon("the start", closed.recv()).await.unwrap().contains("StartSession"));
    client.register().await.unwrap();
    for id in 1001..1021 {
        world.say(login(id, 0)).await;
        let told = async {
            loop {
                let told = closed.recv().await.unwrap();
                if told.contains("<PublishCTIEvent") {
                    break told;
                }
            }
        };
        let told = soon("an event", told).await;
        assert!(told.contains(&format!(">{id}<")), "{id} is not in {told}");
    }
    client.call("CloseConnection", &[]).await.unwrap();
}

#[tokio::test]
async fn a_connection_that_was_idle_too_long_is_not_used_again() {
    let mut world = World::with(Extra { application: "callback_idle = '1ms'", ..Extra::default() }).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (sender, mut heard) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        for number in 0.. {
            let (mut stream, _) = listener.accept().await.unwrap();
            let sender = sender.clone();
            tokio::spawn(async move {
                while let Some(asked) = request(&mut stream).await {
                    stream.write_all(TAKEN).await.unwrap();
                    if !asked.contains("<Heartbeat") {
                        sender.send(number).unwrap();
                    }
                }
            });
        }
    });
    let mut client = Desk::start(world.running.applications[0]).await.unwrap();
    client.session = soon("a session", client.open_at(&url, "Test01", USER_PASSWORD)).await.unwrap();
    client.register().await.unwrap();
    let mut last = soon("the start", heard.recv()).await.unwrap();
    for id in 1..4 {
        let begun = std::time::Instant::now();
        while begun.elapsed() < std::time::Duration::from_millis(5) {
            tokio::task::yield_now().await;
        }
        world.say(login(1000 + id, 0)).await;
        let next = soon("an event", heard.recv()).await.unwrap();
        assert!(next > last, "connection {next} after {last}");
        last = next;
    }
}

/// The server closes the connection instead of answering: whether it has taken the event is not known.
#[tokio::test]
async fn a_session_that_ends_with_its_connection_has_the_reason_and_what_waited_is_counted() {
    let rest = "[admin]\nlisten = '127.0.0.1:0'";
    let mut world = World::with(Extra { rest, ..Extra::default() }).await;
    let mut desk = world.desk().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (close, closing) = tokio::sync::oneshot::channel();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        while !request(&mut stream).await.unwrap().contains("<PublishCTIEvent") {
            stream.write_all(TAKEN).await.unwrap();
        }
        closing.await.unwrap();
    });
    let mut client = Desk::start(world.running.applications[0]).await.unwrap();
    client.session = soon("a session", client.open_at(&url, "Test01", USER_PASSWORD)).await.unwrap();
    client.register().await.unwrap();
    // One event is on its way, three more wait behind it.
    for id in [1001, 1002] {
        world.agent(&mut desk, id).await;
    }
    close.send(()).unwrap();
    server.await.unwrap();
    let lost = async { while client.call("GetAgentState", &[("AgentIdx", "1001")]).await.is_ok() {} };
    soon("the end of the session", lost).await;
    let metrics = get(world.running.admin.unwrap(), "/metrics").await;
    for line in [
        r#"cti_bridge_messages_discarded_total{application="desk",cause="callback-failed"} 3"#,
        r#"cti_bridge_notices_total{section="application.desk",event="events_discarded",sort="callback-failed"} 1"#,
        r#"cti_bridge_sessions_lost_total{application="desk",cause="callback-failed"} 1"#,
    ] {
        assert!(metrics.contains(line), "{line} is missing in\n{metrics}");
    }
}

#[tokio::test]
async fn unanswered_heartbeats_end_a_session_and_answered_ones_keep_it() {
    let application = "heartbeat = '250ms'\nmissed_heartbeats = 3";
    let world = World::with(Extra { application, ..Extra::default() }).await;
    let mut desk = world.desk().await;
    let (start, mut heard) = answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let mut victim = Desk::start(world.running.applications[0]).await.unwrap();
    victim.session = soon("a session", victim.open_at(&start, "Test01", USER_PASSWORD)).await.unwrap();
    soon("a heartbeat", async { while !heard.recv().await.unwrap().contains("Heartbeat") {} }).await;
    // A callback that answers each heartbeat keeps its session for as long as it likes.
    for _ in 0..6 {
        heartbeat(&mut desk).await;
    }
    desk.call("OffLine", &[]).await.unwrap();
    victim.call("OffLine", &[]).await.unwrap();
    let (dead, _) = answering("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n").await;
    assert!(open_at(&world, &dead).await.unwrap_err().contains("503"));
    // One that goes away loses it after three.
    let gone = Desk::start(world.running.applications[0]).await.unwrap();
    let session = soon("a session", gone.open_at(&gone.url(), "Test01", USER_PASSWORD)).await.unwrap();
    let mut orphan = Desk::start(world.running.applications[0]).await.unwrap();
    orphan.session = session;
    drop(gone);
    let lost = async {
        while orphan.call("OnLine", &[]).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    soon("the end of the session", lost).await;
}

#[tokio::test]
async fn expect_continue_chunks_and_any_prefix_are_understood() {
    let world = World::start().await;
    let desk = world.desk().await;
    let body = format!(
        "<?xml version=\"1.0\"?><q:Envelope xmlns:q='http://schemas.xmlsoap.org/soap/envelope/' xmlns:a='urn:x'>\
         <q:Header><a:Action>anything</a:Action></q:Header><q:Body><a:OffLine><a:whatever><a:TenantId>1</a:TenantId>\
         <a:SessionId>{}</a:SessionId><a:Extra><a:b/></a:Extra></a:whatever></a:OffLine></q:Body></q:Envelope>",
        desk.session
    );
    let mut stream = TcpStream::connect(world.running.applications[0]).await.unwrap();
    let head = "POST /agentcallservice HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nExpect: 100-continue\r\n\
                Transfer-Encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut buffer = [0; 4096];
    let count = soon("100 Continue", stream.read(&mut buffer)).await.unwrap();
    assert!(buffer[..count].starts_with(b"HTTP/1.1 100 Continue"));
    for part in body.as_bytes().chunks(50) {
        stream.write_all(format!("{:x}\r\n", part.len()).as_bytes()).await.unwrap();
        stream.write_all(part).await.unwrap();
        stream.write_all(b"\r\n").await.unwrap();
    }
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    let count = soon("the answer", stream.read(&mut buffer)).await.unwrap();
    let answer = String::from_utf8_lossy(&buffer[..count]).into_owned();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(answer.contains("OffLineResult>0<"), "{answer}");
}

#[tokio::test]
async fn the_wsdl_and_its_schemas_are_there() {
    let world = World::start().await;
    for (path, part) in [
        ("/AgentCallService?wsdl", "<wsdl:definitions"),
        ("/AgentCallService?singleWsdl", "schema "),
        ("/AgentCallService?xsd=xsd0", "schema "),
        ("/AgentCallService?wsdl&callback", "PublishCTIEvent"),
        ("/AgentCallService", "GET ?wsdl"),
    ] {
        let answer = get(world.running.applications[0], path).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains(part), "{path}: {answer}");
    }
    assert!(get(world.running.applications[0], "/elsewhere").await.starts_with("HTTP/1.1 404"));
}

#[tokio::test]
async fn filters_and_classes_say_what_a_session_hears() {
    let mut world = World::start().await;
    let mut all_of_it = world.desk().await;
    let mut desk = world.desk().await;
    desk.call("DeleteMessageClass", &[("MessageClass", "EventCategoryCall")]).await.unwrap();
    desk.call("AddFilter", &[("FieldType", "FT_AGENT_ID"), ("FieldValue", "1002")]).await.unwrap();
    world.agent(&mut all_of_it, 1001).await;
    let offered = all(&[agent_device("alerting-device", 1001), outside("calling-device")]);
    world.say(call("delivered", 900, 2, offered)).await;
    world.say(login(1002, 3)).await;
    hears(&mut desk, &["AgentLoginStateChange a1002 AgentLoggedIn"]).await;
    world.line.close().await.unwrap();
    hears(&mut desk, &["LinkStatus Down"]).await;
}
