//! Connections of a listener for both framings, over pipes in memory, so that the clock can be tokio's paused one. The tests play
//! the engine.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
    time::Instant,
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{
        ClientRequestBuilder, Error, Message,
        protocol::{
            Role, WebSocketConfig,
            frame::{
                Frame,
                coding::{CloseCode, Data, OpCode},
            },
        },
    },
};

use super::*;
use crate::{
    net::{
        outbox::Wake,
        stream::{Queued, Writer},
    },
    settings::Web,
};

const QUEUE: Queue = Queue { messages: 100, bytes: 8 << 20 };
const LONGEST: usize = 64 << 10;
type Client = WebSocketStream<DuplexStream>;

/// The engine's side of a listener.
struct Engine {
    inputs: mpsc::Receiver<Input>,
    peers: Peers,
    shutdown: CancellationToken,
}

impl Engine {
    fn new() -> Engine {
        let (sender, inputs) = mpsc::channel(16);
        let peers = Peers { inputs: sender, about: Some(Owner::Application(0)) };
        Engine { inputs, peers, shutdown: CancellationToken::new() }
    }

    /// The other end of a connection that was just accepted.
    fn connect(&self, pipe: usize) -> DuplexStream {
        let (near, far) = duplex(pipe);
        let origins = vec!["https://crm.example".to_owned()];
        let web = Web { protocol: "test.v1", path: "/desk", origins, max_frame: LONGEST, files: &[] };
        let (owner, connection) = (Owner::Application(0), Connection::accepted(1));
        let route =
            Route { owner, connection, peer: "peer:1".to_owned(), queue: QUEUE, read: 16 << 10, standing: None };
        let web = Some(Arc::new(Endpoint::new(web)));
        let (peers, shutdown) = (self.peers.clone(), self.shutdown.clone());
        let first_timeout = Strangers::default().first_timeout;
        tokio::spawn(Receiver { route, web, first_timeout, peers, shutdown }.receive(near));
        far
    }

    /// A WebSocket, and the way to it.
    async fn websocket(&mut self, pipe: usize) -> (Client, Writer) {
        let client = ask(self.connect(pipe), &[]).await.unwrap();
        (client, self.opened().await)
    }

    async fn opened(&mut self) -> Writer {
        match self.inputs.recv().await {
            Some(Input::Opened { writer, peer, .. }) if peer == "peer:1" => writer,
            _ => panic!("no connection opened"),
        }
    }

    async fn text(&mut self) -> String {
        match self.inputs.recv().await {
            Some(Input::Text { text, .. }) => text.to_string(),
            other => panic!("no text: {}", shown(other)),
        }
    }

    /// What comes next, in short.
    async fn next(&mut self) -> String {
        shown(self.inputs.recv().await)
    }
}

fn shown(input: Option<Input>) -> String {
    match input {
        Some(Input::Closed { reason, cause, .. }) => format!("closed {cause:?}: {reason}"),
        Some(Input::Complaint { notice, .. }) => notice.to_string(),
        Some(Input::Text { text, .. }) => format!("text of {} bytes", text.len()),
        Some(Input::Opened { .. }) => "opened".to_owned(),
        Some(Input::Read { bytes, .. }) => format!("{} bytes", bytes.len()),
        Some(_) => "another input".to_owned(),
        None => "nothing".to_owned(),
    }
}

async fn ask(stream: DuplexStream, headers: &[(&str, &str)]) -> Result<Client, Error> {
    let mut request = ClientRequestBuilder::new("ws://bridge/desk".parse().unwrap()).with_sub_protocol("test.v1");
    for (name, value) in headers {
        request = request.with_header(*name, *value);
    }
    client_async(request, stream).await.map(|(client, _)| client)
}

/// The code with which the bridge closes a WebSocket; messages before are passed over.
async fn code(client: &mut Client) -> CloseCode {
    loop {
        match client.next().await {
            Some(Ok(Message::Close(Some(frame)))) => return frame.code,
            Some(Ok(_)) => {}
            other => panic!("no close: {other:?}"),
        }
    }
}

async fn hear(client: &mut Client) -> String {
    loop {
        match client.next().await {
            Some(Ok(Message::Text(text))) => return text.to_string(),
            Some(Ok(Message::Ping(_))) => {}
            other => panic!("no text: {other:?}"),
        }
    }
}

/// Hands bytes to the engine's end of a connection; whether it has become more crowded.
fn send(writer: &Writer, bytes: Bytes) -> Option<bool> {
    let Queued { has_risen, wake } = writer.queue(bytes.into())?;
    wake.into_iter().for_each(Wake::wake);
    Some(has_risen)
}

/// A frame as a client writes it, under a mask of zeros.
fn raw(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let length = payload.len();
    let mut frame = vec![0x80 | opcode];
    match u8::try_from(length) {
        Ok(length) if length < 126 => frame.push(0x80 | length),
        _ => frame.extend([0xFE, (length >> 8) as u8, length as u8]),
    }
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}

#[tokio::test(start_paused = true)]
async fn the_first_byte_tells_lines_from_http() {
    let mut engine = Engine::new();
    for begin in ["{\"hello\":1}\n", " \n{}", "\u{feff}{}"] {
        let mut client = engine.connect(1024);
        client.write_all(begin.as_bytes()).await.unwrap();
        let writer = engine.opened().await;
        assert_eq!(engine.next().await, format!("{} bytes", begin.len()));
        assert_eq!(send(&writer, Bytes::from_static(b"{}\n")), Some(false));
        drop(writer);
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer, "{}\n");
    }
    let mut client = engine.connect(1024);
    client.write_all(b"GET /x HTTP/1.1\r\nHost: bridge\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
    let (mut client, writer) = engine.websocket(1024).await;
    client.send("{\"hello\":1}".into()).await.unwrap();
    assert_eq!(engine.text().await, "{\"hello\":1}");
    send(&writer, Bytes::from_static(b"{\"a\":1}\n")).unwrap();
    send(&writer, Bytes::from_static(b"{\"b\":2}\n{\"c\":3}\n")).unwrap();
    for expected in ["{\"a\":1}", "{\"b\":2}", "{\"c\":3}"] {
        assert_eq!(hear(&mut client).await, expected);
    }
    assert_eq!(writer.waiting.messages(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_says_nothing_or_half_a_head_ends() {
    let mut engine = Engine::new();
    for (begin, reason) in
        [("", "it said nothing within 5 s"), ("GET /desk HTTP/1.1\r\nHost: br", "read header from client timeout")]
    {
        let begun = Instant::now();
        let mut client = engine.connect(1024);
        client.write_all(begin.as_bytes()).await.unwrap();
        let complaint = engine.next().await;
        assert!(
            complaint.contains("a connection of a client ended in an error") && complaint.contains(reason),
            "{complaint}"
        );
        assert_eq!(begun.elapsed().as_secs(), 5, "{reason}");
        let _ = client.read_to_end(&mut Vec::new()).await;
    }
    // Heads have a bound, too.
    let mut client = engine.connect(1024);
    let head = format!("GET /desk HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(100 << 10));
    let _ = client.write_all(head.as_bytes()).await;
    let mut answer = String::new();
    let _ = client.read_to_string(&mut answer).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    assert!(engine.next().await.contains("message head is too large"));
    // Whoever goes away at once is no matter.
    drop(engine.connect(1024));
    engine.websocket(1024).await;
}

#[tokio::test(start_paused = true)]
async fn a_page_of_a_foreign_origin_is_refused_and_reported() {
    let mut engine = Engine::new();
    let error = ask(engine.connect(1024), &[("Origin", "https://evil.example")]).await.unwrap_err();
    assert!(matches!(&error, Error::Http(answer) if answer.status() == 403), "{error}");
    assert_eq!(
        engine.next().await,
        "a request for a WebSocket was refused cause=\"foreign-origin\" peer=\"peer:1\" origin=\"https://evil.example\""
    );
    assert!(ask(engine.connect(1024), &[("Origin", "https://crm.example")]).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn whoever_breaks_the_rules_is_told_which() {
    let mut engine = Engine::new();
    let long = "x".repeat(LONGEST + 1);
    let half = &long[..LONGEST / 2 + 1];
    let part = |sort, last| Message::Frame(Frame::message(Bytes::from(half.to_owned()), OpCode::Data(sort), last));
    let cases: [(&str, Vec<Message>, CloseCode); 4] = [
        ("binary-message", vec![Message::binary("x")], CloseCode::Unsupported),
        ("message-too-long", vec![Message::text(long.clone())], CloseCode::Size),
        ("message-too-long", vec![part(Data::Text, false), part(Data::Continue, true)], CloseCode::Size),
        (
            "text-not-utf-8",
            vec![Message::Frame(Frame::message(&b"\xff"[..], OpCode::Data(Data::Text), true))],
            CloseCode::Invalid,
        ),
    ];
    for (cause, messages, expected) in cases {
        let (mut client, _writer) = engine.websocket(4 * LONGEST).await;
        client.send(Message::text(&long[1..])).await.unwrap();
        assert_eq!(engine.next().await, format!("text of {LONGEST} bytes"));
        for message in messages {
            client.send(message).await.unwrap();
        }
        assert_eq!(code(&mut client).await, expected, "{cause}");
        let complaint = engine.next().await;
        let notice =
            format!("a WebSocket was closed because its peer broke the rules cause=\"{cause}\" peer=\"peer:1\"");
        assert!(complaint.starts_with(&notice), "{complaint}");
        let closed = engine.next().await;
        assert!(closed.starts_with(&format!("closed Some(\"{cause}\"): ")), "{closed}");
    }
    // A client that sets no mask.
    let (client, _writer) = engine.websocket(1024).await;
    let mut stream = client.into_inner();
    stream.write_all(b"\x81\x01x").await.unwrap();
    let mut client = WebSocketStream::from_raw_socket(stream, Role::Client, None).await;
    assert_eq!(code(&mut client).await, CloseCode::Protocol);
    assert!(engine.next().await.contains("cause=\"protocol\""));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_answers_pings_is_there_and_a_silent_one_is_not() {
    let mut engine = Engine::new();
    let (mut client, _writer) = engine.websocket(1024).await;
    let begun = Instant::now();
    for place in 1..=10 {
        assert!(matches!(client.next().await, Some(Ok(Message::Ping(_)))));
        assert_eq!(begun.elapsed().as_secs(), place * 10);
        client.flush().await.unwrap();
    }
    // From here on nobody reads: three pings, and the end.
    let quiet = Instant::now();
    assert_eq!(engine.next().await, "closed Some(\"silent\"): it does not answer");
    assert_eq!(quiet.elapsed().as_secs(), 35);
    let mut stream = client.into_inner();
    let mut left = Vec::new();
    stream.read_to_end(&mut left).await.unwrap();
    assert_eq!(quiet.elapsed().as_secs(), 40, "the close is not answered either");
    assert_eq!(left.chunks(2).take_while(|frame| *frame == [0x89, 0]).count(), 3);
    // What comes says that somebody is there, so there are no pings.
    let (mut client, _writer) = engine.websocket(1024).await;
    for _ in 0..5 {
        tokio::time::advance(Duration::from_secs(9)).await;
        client.send("{}".into()).await.unwrap();
        assert_eq!(engine.text().await, "{}");
    }
    client.send(Message::Ping(Bytes::from_static(b"?"))).await.unwrap();
    assert!(matches!(client.next().await, Some(Ok(Message::Pong(said))) if said == "?"));
}

#[tokio::test(start_paused = true)]
async fn pings_without_end_are_answered_as_fast_as_they_are_read() {
    let mut engine = Engine::new();
    let (client, _writer) = engine.websocket(4 << 10).await;
    let mut stream = client.into_inner();
    let flood: Vec<u8> = std::iter::repeat_n(raw(9, &[b'x'; 125]), 10_000).flatten().collect();
    // Nobody reads the answers.
    stream.write_all(&flood).await.unwrap();
    stream.write_all(&raw(1, b"{}")).await.unwrap();
    assert_eq!(engine.text().await, "{}");
    drop(engine);
    let mut answers = Vec::new();
    let _ = stream.read_to_end(&mut answers).await;
    assert!(answers.len() < 256 << 10, "{} bytes of answers were kept", answers.len());
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reads_nothing_ends_when_its_queue_is_full() {
    let mut engine = Engine::new();
    let (mut client, writer) = engine.websocket(1024).await;
    let line = Bytes::from(format!("{{\"x\":\"{}\"}}\n", "x".repeat(10_000)));
    let mut sent = 0;
    while send(&writer, line.clone()).is_some() {
        sent += 1;
        tokio::task::yield_now().await;
    }
    assert!((QUEUE.messages..QUEUE.messages + 20).contains(&sent), "{sent}");
    writer.stop.cancel();
    let begun = Instant::now();
    while let Some(Ok(_)) = client.next().await {}
    assert_eq!(begun.elapsed().as_secs(), 0);
    // Nor is it waited for long when its conversation closes it.
    let (client, writer) = engine.websocket(1024).await;
    send(&writer, line).unwrap();
    drop(writer);
    let begun = Instant::now();
    let mut stream = client.into_inner();
    tokio::time::sleep(Duration::from_secs(11)).await;
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    assert!(rest.len() <= 1024 && begun.elapsed().as_secs() == 11, "{} bytes", rest.len());
}

#[tokio::test(start_paused = true)]
async fn messages_that_wait_are_written_before_a_close() {
    let mut engine = Engine::new();
    for (stops, expected) in [(false, CloseCode::Normal), (true, CloseCode::Away)] {
        let (mut client, writer) = engine.websocket(1024).await;
        let long = format!("{{\"x\":\"{}\"}}", "x".repeat(200_000));
        send(&writer, Bytes::from(format!("{long}\n"))).unwrap();
        send(&writer, Bytes::from_static(b"{\"last\":true}\n")).unwrap();
        if stops {
            engine.shutdown.cancel();
        }
        drop(writer);
        assert_eq!(hear(&mut client).await, long, "in several frames");
        assert_eq!(hear(&mut client).await, "{\"last\":true}");
        assert_eq!(code(&mut client).await, expected);
        assert!(client.next().await.is_none());
    }
    assert!(engine.inputs.try_recv().is_err(), "the engine has closed the connections itself");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_answer_the_close_is_dropped() {
    let mut engine = Engine::new();
    let (client, writer) = engine.websocket(1024).await;
    let mut stream = client.into_inner();
    drop(writer);
    let begun = Instant::now();
    let mut said = Vec::new();
    stream.read_to_end(&mut said).await.unwrap();
    assert_eq!(said, [0x88, 2, 3, 0xE8]);
    assert_eq!(begun.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_client_closes_or_goes_away() {
    let mut engine = Engine::new();
    let (mut client, _writer) = engine.websocket(1024).await;
    client.close(None).await.unwrap();
    assert_eq!(engine.next().await, "closed None: closed by the application");
    assert!(matches!(client.next().await, Some(Ok(Message::Close(_)))));
    assert!(client.next().await.is_none());
    let (client, _writer) = engine.websocket(1024).await;
    drop(client);
    assert_eq!(engine.next().await, "closed None: closed by the application");
}

#[tokio::test(start_paused = true)]
async fn no_more_is_read_than_the_engine_takes() {
    let mut engine = Engine::new();
    let (client, _writer) = engine.websocket(64).await;
    let mut client =
        WebSocketStream::from_raw_socket(client.into_inner(), Role::Client, Some(WebSocketConfig::default())).await;
    let sender = tokio::spawn(async move {
        for number in 0..20 {
            client.send(format!("{number}").into()).await.unwrap();
        }
        client
    });
    let mut taken = Vec::new();
    for _ in 0..4 {
        taken.push(engine.inputs.recv().await.unwrap());
    }
    // The engine holds four messages for longer than a silent client is waited for: it is not silent, it is not read.
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(engine.inputs.try_recv().is_err());
    taken.clear();
    for number in 4..20 {
        assert_eq!(engine.text().await, number.to_string());
    }
    sender.await.unwrap();
}
