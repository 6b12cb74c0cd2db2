//! Texts with characters that cannot be read, over sockets: the message is used, whoever sends it, and it is counted
//! and reported once. Bodies in a form that the bridge does not read are refused by name.

use std::net::SocketAddr;

use cti_bridge::sim::{ccas::logon, media::MediaSim, messages::*, relay::Relay, subscriber::Subscriber};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{daemon::Hosted, office, world::*};

/// A message with these bytes in the place of a name.
fn framed(message: &Value, bytes: &[u8]) -> Vec<u8> {
    let text = message.to_string();
    let (before, after) = text.split_once("NAME").expect("a place for the bytes");
    [before.as_bytes(), bytes, after.as_bytes(), b"\0"].concat()
}

#[tokio::test]
async fn a_feed_with_odd_names_loses_nothing_and_sees_no_gap() {
    let mut world = Hosted::with(Extra::default()).await;
    // The replies to the log-on and the subscription had 0 and 1.
    let mut sequence = 2;
    let mut numbered = |mut message: Value| {
        message["sequence"] = json!(sequence);
        sequence += 1;
        message
    };
    world.line.raw(b"\xef\xbb\xbf").await.unwrap();
    let sends: [&[u8]; 6] = [b"plain", b"Zo\xe9", b"\\ud83d", b"\\x", b"a\x01\tb", b"\xf0\x9f\x98"];
    for (count, name) in sends.into_iter().enumerate() {
        let id = 2000 + count as i64;
        let mut message = numbered(login(id, 0));
        message["NAME"] = json!({ "of nobody": ["NAME"] });
        world.line.raw(&framed(&message, name)).await.unwrap();
        hears(&mut world.desk, &[&format!("AgentLoginStateChange a{id} AgentLoggedIn")]).await;
    }
    // The NUL between two messages was lost.
    let two = [numbered(agent("agent-idle", 2000, 0, json!({}))), numbered(agent("agent-idle", 2001, 0, json!({})))];
    world.line.raw(format!("{}{}\0", two[0], two[1]).as_bytes()).await.unwrap();
    hears(&mut world.desk, &["AgentStateChange a2000 Idle", "AgentStateChange a2001 Idle"]).await;
    world.daemon.signal("-TERM");
    let log = world.daemon.end().await.log;
    assert!(!log.contains("were missed") && !log.contains("not JSON"), "{log}");
    for said in ["bytes that are no text", "half a surrogate pair", "an escape that JSON", "a control character"] {
        assert_eq!(log.lines().filter(|line| line.contains(said)).count(), 1, "{said}: {log}");
    }
}

#[tokio::test]
async fn what_was_replaced_is_counted_by_platform_and_application() {
    let text = format!(
        "[platform.micc]\ndialect = 'ccas'\nlisten = '127.0.0.1:0'\ntoken = '{0}'\n\
         [application.crm]\ndialect = 'event-feed'\nlisten = '127.0.0.1:0'\nusers = {{ crm = '{USER_PASSWORD}' }}\n\
         platforms = ['micc']\n[admin]\nlisten = '127.0.0.1:0'\n",
        office::TOKEN
    );
    let running = run(&text).await;
    let mut stream = TcpStream::connect(running.platforms[0].unwrap()).await.unwrap();
    let hello =
        format!("\u{feff}{{\"hello\":\"ccas-relay\",\"version\":1,\"token\":\"{}\",\"site\":\"Z", office::TOKEN);
    stream.write_all(&[hello.as_bytes(), b"\xfc\\x\"}\n"].concat()).await.unwrap();
    let mut agent = logon(40).to_string().into_bytes();
    agent.splice(1..1, b"\"Odd\xe9\":\"\\ud83d\",".iter().copied());
    stream.write_all(&[&agent[..], b"\n{\"type\":35}\n"].concat()).await.unwrap();
    let mut crm = soon("a log-on", Subscriber::log_on(running.applications[0], "crm", USER_PASSWORD)).await.unwrap();
    loop {
        soon("a reply", crm.subscribe(&[("entity", &["agent"])])).await.unwrap();
        let snapshot = soon("a snapshot", crm.hear()).await.unwrap();
        if snapshot["agents"].as_array().is_some_and(|agents| agents.len() == 1) {
            break;
        }
    }
    // Two requests in one frame, each with an odd character in a key.
    let ask = |id: &str| {
        format!(
            "{{\"message\":\"subscribe-events\",\"request-id\":{id},\"subscribe\":[[\"ecc\",\"dnis-\\x\",[\"*\"]]]}}"
        )
    };
    crm.raw(format!("{}{}\0", ask("71"), ask("\"abc\"")).as_bytes()).await.unwrap();
    let first = soon("a reply", crm.hear()).await.unwrap();
    assert_eq!(first["request-id"], 71, "{first}");
    let second = soon("a reply", crm.hear()).await.unwrap();
    assert_eq!((&second["request-id"], &second["result"]), (&json!(-1), &json!(-1)), "{second}");
    assert_eq!(second["error-msg"], "request-id \"abc\" is no number");
    let metrics = get(running.admin.unwrap(), "/metrics").await;
    for line in [
        "texts_replaced_total{platform=\"micc\",sort=\"bytes\"} 1",
        "texts_replaced_total{platform=\"micc\",sort=\"half-surrogate\"} 1",
        "application_texts_replaced_total{application=\"crm\",sort=\"escape\"} 2",
    ] {
        assert!(metrics.contains(&format!("cti_bridge_{line}")), "{line}: {metrics}");
    }
    drop(Relay::connect(running.platforms[0].unwrap()).await);
}

/// The answer to a POST with these headers: its status, and its whole text.
async fn post(address: SocketAddr, path: &str, headers: &str, body: &[u8]) -> (u16, String) {
    let ask = async {
        let mut stream = TcpStream::connect(address).await?;
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n",
            body.len()
        );
        stream.write_all(&[head.as_bytes(), body].concat()).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.map(|_| String::from_utf8_lossy(&answer).into_owned())
    };
    let answer = soon("an answer", ask).await.unwrap();
    (answer.split(' ').nth(1).unwrap().parse().unwrap(), answer)
}

const MEDIA: &str = "/OpenMediaService";

async fn tickets(media: &MediaSim) -> SocketAddr {
    let text = format!(
        "[platform.media]\ndialect = 'open-media'\nurl = '{}'\nuser = 'admin'\npassword = 'secret'\npoll = '10ms'\n\
         [application.tickets]\ndialect = 'open-media'\nlisten = '127.0.0.1:0'\nplatforms = ['media']\n\
         users = {{ web = 'secret' }}\n[admin]\nlisten = '127.0.0.1:0'\n",
        media.url()
    );
    let running = run(&text).await;
    let admin = running.admin.unwrap();
    let wait = async { while !get(admin, "/readyz").await.starts_with("HTTP/1.1 200") {} };
    soon("the service", wait).await;
    let address = running.applications[0];
    std::mem::forget(running);
    address
}

fn add(information: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding = 'ISO-8859-1'?>\
         <s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Header><LogonID xmlns=\"OpenMediaService\">web\
         </LogonID><Password xmlns=\"OpenMediaService\">secret</Password></s:Header><s:Body>\
         <AddRequest xmlns=\"http://tempuri.org/\"><request xmlns:a=\"urn:data\"><a:IVRInfo>{information}</a:IVRInfo>\
         <a:ServiceGroupID>9</a:ServiceGroupID></request></AddRequest></s:Body></s:Envelope>"
    )
}

#[tokio::test]
async fn references_and_odd_characters_reach_an_open_media_service_whole() {
    let media = MediaSim::start().await.unwrap();
    let service = tickets(&media).await;
    let first = "<a:IVRInformation id=\"ref1\"><a:Data>Z\u{fc}&#x1F;</a:Data><a:Label>ANI</a:Label></a:IVRInformation>";
    let body = add(&format!("{first}<a:IVRInformation href=\"#ref1\"/>"));
    let latin: Vec<u8> = body.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let (status, answer) = post(service, MEDIA, "Content-Type: text/xml\r\n", &latin).await;
    assert_eq!(status, 200, "{answer}");
    let heard = soon("the request", media.hear()).await;
    let given = json!({ "Label": "ANI", "Data": "Z\u{fc}\u{fffd}" });
    assert_eq!(heard.given["IVRInfo"], json!([given, given]));
    let nowhere = add("<a:IVRInformation href=\"#ref9\"/>");
    let (status, answer) = post(service, MEDIA, "Content-Type: text/xml\r\n", nowhere.as_bytes()).await;
    assert!(status == 500 && answer.contains("#ref9"), "{status} {answer}");
}

#[tokio::test]
async fn a_body_in_another_form_is_refused_by_name_on_every_service() {
    let world = World::start().await;
    let media = MediaSim::start().await.unwrap();
    let services = [(world.running.applications[0], "/AgentCallService"), (tickets(&media).await, MEDIA)];
    let soap12 = "<e:Envelope xmlns:e=\"http://www.w3.org/2003/05/soap-envelope\"><e:Body><X/></e:Body></e:Envelope>";
    for (address, path) in services {
        for (headers, body, status, words) in [
            ("Content-Encoding: gzip\r\nContent-Type: text/xml\r\n", &b"\x1f\x8b\x08"[..], 415, "gzip"),
            ("", b"\x1f\x8b\x08", 415, "gzip"),
            ("Content-Encoding: deflate\r\n", b"x", 415, "deflate"),
            ("Content-Type: multipart/related; type=\"application/xop+xml\"\r\n", b"--x", 415, "MTOM"),
            ("Content-Type: application/xop+xml\r\n", b"<a/>", 415, "MTOM"),
            ("Content-Type: text/xml\r\n", b"--uuid\r\nContent-Type: application/xop+xml", 415, "MTOM"),
            ("Content-Type: application/json\r\n", b"{}", 415, "application/json"),
            ("Content-Type: application/soap+xml\r\n", soap12.as_bytes(), 500, "s:VersionMismatch"),
            ("Content-Type: text/xml\r\n", soap12.as_bytes(), 500, "s:VersionMismatch"),
            ("Content-Type: text/xml; charset=klingon\r\n", b"<a/>", 500, "klingon"),
        ] {
            let (found, answer) = post(address, path, headers, body).await;
            assert_eq!(found, status, "{headers}: {answer}");
            assert!(answer.contains(words) && answer.contains("faultstring"), "{headers}: {answer}");
        }
    }
}
