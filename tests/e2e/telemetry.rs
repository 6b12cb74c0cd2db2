//! Spans of calls at a collector that takes them, refuses them, hangs or is away: nothing else notices.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use cti_bridge::sim::messages::*;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

use crate::{tls::Authority, world::*};

const TOKEN: &str = "Bearer collector-token-58";

/// What it answers, in turn; the last again and again. None: nothing, ever.
type Answers = Vec<Option<(u16, &'static str)>>;

/// A collector.
struct Collector {
    address: SocketAddr,
    /// Heads and bodies of requests.
    heard: mpsc::UnboundedReceiver<(String, Value)>,
}

impl Collector {
    async fn start(answers: Answers) -> Collector {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, heard) = mpsc::unbounded_channel();
        let answers = Arc::new(Mutex::new(answers));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, sender.clone(), answers.clone()));
            }
        });
        Collector { address, heard }
    }

    fn section(&self, more: &str) -> String {
        format!(
            "[telemetry]\notlp = 'http://{}'\nheaders = {{ Authorization = '{TOKEN}' }}\n\
             attributes = {{ 'deployment.environment' = 'test' }}\n{more}\n",
            self.address
        )
    }

    async fn request(&mut self) -> (String, Value) {
        soon("a request", self.heard.recv()).await.unwrap()
    }
}

async fn serve(
    stream: TcpStream,
    sender: mpsc::UnboundedSender<(String, Value)>,
    answers: Arc<Mutex<Answers>>,
) -> Option<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if stream.read_line(&mut head).await.ok()? == 0 {
                return None;
            }
        }
        let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length?];
        stream.read_exact(&mut body).await.ok()?;
        let answer = {
            let mut answers = answers.lock().unwrap();
            if answers.len() > 1 { answers.remove(0) } else { answers[0] }
        };
        sender.send((head, serde_json::from_slice(&body).unwrap())).ok()?;
        let Some((status, text)) = answer else { continue };
        let head = format!("HTTP/1.1 {status} X\r\nretry-after: 1\r\ncontent-length: {}\r\n\r\n", text.len());
        stream.write_all((head + text).as_bytes()).await.ok()?;
    }
}

/// A call from its start to the end of the work after it.
async fn whole_call(world: &mut World, desk: &mut cti_bridge::sim::desk::Desk, number: i64) {
    let answered = all(&[agent_device("joining-device", 1001), outside("calling-device")]);
    world.say(call("established", number, 1, answered)).await;
    world.say(call("conn-cleared", number, 2, agent_device("device-out", 1001))).await;
    world.say(call("call-cleared", number, 3, serde_json::json!({ "abandoned-call": false }))).await;
    world.say(agent("agent-idle", 1001, 4, serde_json::json!({}))).await;
    let over = format!("CallCompleted {number}");
    while short(&event(desk).await) != over {}
}

/// What became of spans, by the metrics.
async fn outcome(world: &World, outcome: &str) -> u64 {
    let metrics = world.running.metrics().await;
    let line = format!("cti_bridge_spans_total{{outcome=\"{outcome}\"}} ");
    let count = metrics.lines().find_map(|found| found.strip_prefix(&line));
    count.unwrap_or_else(|| panic!("{line} in {metrics}")).parse().unwrap()
}

/// Waits until so many spans came to this.
async fn until(world: &World, name: &str, count: u64) {
    let waiting = async {
        while outcome(world, name).await < count {
            tokio::task::yield_now().await;
        }
    };
    soon(name, waiting).await;
}

/// The complaints about the collector, without their times.
async fn complaints(world: &World) -> Vec<String> {
    let all = world.running.complaints().await;
    all.into_iter().filter(|line| line.contains("spans of calls")).collect()
}

#[tokio::test]
async fn a_call_is_a_span_with_what_happened_as_its_events() {
    let mut collector = Collector::start(vec![Some((200, "{}"))]).await;
    let rest = collector.section("");
    let mut world = World::with(Extra { rest: &rest, ..Extra::default() }).await;
    let mut desk = world.desk().await;
    world.agent(&mut desk, 1001).await;
    whole_call(&mut world, &mut desk, 900).await;
    let (head, body) = collector.request().await;
    assert!(head.starts_with("POST /v1/traces HTTP/1.1\r\n") && head.contains(TOKEN), "{head}");
    assert!(head.to_lowercase().contains("\r\ncontent-type: application/json\r\n"), "{head}");
    let resource = body["resourceSpans"][0]["resource"]["attributes"].to_string();
    for part in ["\"service.name\",\"value\":{\"stringValue\":\"cti-bridge\"}", "deployment.environment"] {
        assert!(resource.contains(part), "{resource}");
    }
    let spans = &body["resourceSpans"][0]["scopeSpans"][0]["spans"];
    assert_eq!(spans.as_array().unwrap().len(), 1, "{spans:#}");
    let span = &spans[0];
    let nanos = |value: &Value| value.as_str().unwrap().parse::<u64>().unwrap();
    assert!(nanos(&span["startTimeUnixNano"]) > 1_600_000_000_000_000_000, "{span:#}");
    assert!(nanos(&span["endTimeUnixNano"]) >= nanos(&span["startTimeUnixNano"]), "{span:#}");
    assert_eq!((span["traceId"].as_str().unwrap().len(), span["spanId"].as_str().unwrap().len()), (32, 16));
    assert_eq!((&span["name"], &span["status"]["code"]), (&"call".into(), &1.into()));
    assert!(span["attributes"].to_string().contains("{\"key\":\"cti.call\",\"value\":{\"stringValue\":\"900\"}}"));
    let events = span["events"].as_array().unwrap();
    let story: Vec<String> = events
        .iter()
        .map(|event| {
            let attributes = event["attributes"].as_array().unwrap().iter();
            let value = |key: &str| {
                let found = attributes.clone().find(|attribute| attribute["key"] == key)?;
                found["value"]["stringValue"].as_str().map(str::to_owned)
            };
            let what = value("cti.message_name").or_else(|| value("cti.transition")).or_else(|| value("cti.rule"));
            format!("{} {}", event["name"].as_str().unwrap(), what.unwrap_or_default())
        })
        .collect();
    let mut rest = story.iter();
    for part in [
        "message_in established",
        "rule_fired established",
        "picture_changed call-started",
        "message_out CallStarted",
        "message_out CallEstablished",
        "message_in call-cleared",
        "picture_changed call-completed",
        "message_out CallCompleted",
    ] {
        assert!(rest.any(|told| told == part), "{part} is missing, or not in its place, in {story:#?}");
    }
    let text = body.to_string();
    assert!(!text.contains("5551234") && !text.contains(TOKEN), "{text}");
    until(&world, "exported", 1).await;
    assert_eq!(complaints(&world).await, Vec::<String>::new());
    assert!(world.running.stop().await);
}

#[tokio::test]
async fn a_collector_that_cannot_take_spans_yet_is_asked_again_and_complained_of_once() {
    let mut collector = Collector::start(vec![Some((503, "busy")), Some((429, "")), Some((200, "{}"))]).await;
    let rest = collector.section("");
    let mut world = World::with(Extra { rest: &rest, ..Extra::default() }).await;
    let mut desk = world.desk().await;
    world.agent(&mut desk, 1001).await;
    whole_call(&mut world, &mut desk, 900).await;
    let (_, first) = collector.request().await;
    collector.request().await;
    let (_, third) = collector.request().await;
    assert_eq!(first, third);
    until(&world, "exported", 1).await;
    let complaints = complaints(&world).await;
    assert_eq!(complaints.len(), 1, "{complaints:?}");
    assert!(complaints[0].contains("does not take") && complaints[0].contains("503"), "{complaints:?}");
    assert!(world.running.stop().await);
}

#[tokio::test]
async fn refused_spans_are_dropped_and_counted() {
    let partly = "{\"partialSuccess\":{\"rejectedSpans\":\"1\",\"errorMessage\":\"too odd\"}}";
    let mut collector = Collector::start(vec![Some((400, "no such thing")), Some((200, partly))]).await;
    let rest = collector.section("");
    let mut world = World::with(Extra { rest: &rest, ..Extra::default() }).await;
    let mut desk = world.desk().await;
    world.agent(&mut desk, 1001).await;
    for (number, refused) in [(900, 1), (901, 2)] {
        whole_call(&mut world, &mut desk, number).await;
        collector.request().await;
        until(&world, "refused", refused).await;
    }
    assert_eq!(outcome(&world, "exported").await, 0);
    let complaints = complaints(&world).await;
    assert!(complaints.len() == 1 && complaints[0].contains("no such thing"), "{complaints:?}");
    assert!(world.running.stop().await);
}

#[tokio::test]
async fn a_collector_that_is_away_or_hangs_disturbs_nothing() {
    for is_away in [true, false] {
        let mut collector = Collector::start(vec![None]).await;
        if is_away {
            let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
            collector.address = free.local_addr().unwrap();
        }
        let rest = collector.section("queue = 1");
        let mut world = World::with(Extra { rest: &rest, ..Extra::default() }).await;
        let mut desk = world.desk().await;
        world.agent(&mut desk, 1001).await;
        let mut number = 900;
        // One is on its way, perhaps with some more, and one waits.
        while outcome(&world, "queue-full").await == 0 {
            whole_call(&mut world, &mut desk, number).await;
            number += 1;
        }
        let complaints = complaints(&world).await;
        let count = |name: &str| complaints.iter().filter(|line| line.contains(name)).count();
        assert_eq!(count("are dropped"), 1, "{complaints:?}");
        assert!(count("does not take") <= 1, "{complaints:?}");
        assert!(world.running.stop().await, "it is waited for within the grace time");
    }
}

#[tokio::test]
async fn a_collector_that_is_encrypted_gets_spans_if_its_certificate_is_trusted() {
    let (authority, stranger) = (Authority::new("collector"), Authority::new("collectors-stranger"));
    for is_trusted in [false, true] {
        let mut collector = Collector::start(vec![Some((200, "{}"))]).await;
        let front = authority.front(collector.address).await;
        let trusted = if is_trusted { &authority } else { &stranger };
        let plain = format!("http://{}", collector.address);
        let rest = collector
            .section(&format!("queue = 1\ntls = {{ ca = '{}' }}", trusted.file("ca.pem")))
            .replace(&plain, &format!("https://localhost:{}", front.port()));
        let mut world = World::with(Extra { rest: &rest, ..Extra::default() }).await;
        let mut desk = world.desk().await;
        world.agent(&mut desk, 1001).await;
        if is_trusted {
            whole_call(&mut world, &mut desk, 900).await;
            let (head, _) = collector.request().await;
            assert!(head.starts_with("POST /v1/traces HTTP/1.1\r\n") && head.contains(TOKEN), "{head}");
            until(&world, "exported", 1).await;
            assert_eq!(complaints(&world).await, Vec::<String>::new());
        } else {
            let mut number = 900;
            while outcome(&world, "queue-full").await == 0 {
                whole_call(&mut world, &mut desk, number).await;
                number += 1;
            }
            let failed =
                || async { complaints(&world).await.into_iter().filter(|line| line.contains("does not take")) };
            let said = async {
                while failed().await.count() == 0 {
                    tokio::task::yield_now().await;
                }
            };
            soon("a complaint", said).await;
            let failed: Vec<String> = failed().await.collect();
            assert_eq!(failed.len(), 1, "said once: {failed:?}");
            assert!(failed[0].contains("TLS: invalid peer certificate"), "{failed:?}");
            assert_eq!(outcome(&world, "exported").await, 0);
            assert!(collector.heard.try_recv().is_err(), "nothing is sent to a stranger");
        }
        assert!(world.running.stop().await);
    }
}
