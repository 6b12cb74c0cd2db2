//! WebSockets beside lines at one listener, for both sides of the bridge: conversations that echo take the place of two dialects.

use std::{collections::VecDeque, net::SocketAddr};

use bytes::Bytes;
use cti_bridge::{
    dialect::{
        Registry,
        registry::{
            ApplicationMaker, ApplicationSettings, ApplicationSide, ApplicationStart, ApplicationTransport, Entry,
            PlatformMaker, PlatformSettings, PlatformSide, PlatformStart, PlatformTransport,
        },
    },
    message::Message as Said,
    model::RequestIx,
    net::Running,
    port::{
        ApplicationConversation, ApplicationOutput, Audience, Connection, Directory, Filterable, Input, Output,
        PlatformConversation, PlatformOutput, Reading, Taken, Texts, Troubles,
    },
    settings::{Listen, Queue, Web, WebFile},
    time::Time,
};
use futures_util::{SinkExt, StreamExt};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{ClientRequestBuilder, Error, Message, protocol::frame::coding::CloseCode},
};

use crate::{tls::Authority, world::*};

const FILES: &[WebFile] = &[WebFile { path: "/echo.js", content_type: "text/javascript", content: b"'echo';" }];
/// What the echo says to somebody who asks for much: more than a queue takes.
const MUCH: usize = 20_000;

/// A conversation that says everything again, and how it came.
#[derive(Debug, Default)]
struct Echo {
    outputs: VecDeque<Output>,
    texts: Texts,
    lost: Vec<(&'static str, u64)>,
}

impl Echo {
    fn hear(&mut self, input: &mut Input<'_>) -> Option<Taken> {
        if let Input::Bytes { connection, bytes } = input {
            if bytes.is_empty() {
                return None;
            }
            for line in String::from_utf8_lossy(std::mem::take(bytes)).lines() {
                self.say(*connection, format!("line {line}\n"));
            }
        }
        if let Input::Text { connection, text } = input {
            match *text {
                "close" => self.outputs.push_back(Output::Close { connection: *connection }),
                "much" => (0..MUCH).for_each(|_| self.say(*connection, format!("{}\n", "x".repeat(1000)))),
                text => self.say(*connection, format!("text {text}\n")),
            }
        }
        if let Input::Closed { cause: Some(cause), .. } = input {
            self.lost.push((cause, 1));
        }
        Some(Taken::Nothing)
    }

    fn say(&mut self, connection: Connection, line: String) {
        self.outputs.push_back(Output::Write { connection, bytes: Bytes::from(line) });
    }
}

impl PlatformConversation for Echo {
    fn handle(&mut self, _: Time, input: &mut Input<'_>, _: &Reading<'_>, _: &mut Said) -> Option<Taken> {
        self.hear(input)
    }
    fn command(&mut self, _: Time, _: &mut Said, _: RequestIx, _: i64) {}
    fn poll(&mut self) -> Option<PlatformOutput> {
        self.outputs.pop_front().map(PlatformOutput::Wire)
    }
    fn deadline(&self) -> Option<Time> {
        None
    }
    fn expire(&mut self, _: Time) {}
    fn troubles(&self) -> Troubles {
        Troubles::default()
    }
}

impl ApplicationConversation for Echo {
    fn handle(&mut self, _: Time, input: &mut Input<'_>, _: &dyn Directory, _: &mut Said) -> Option<Taken> {
        self.hear(input)
    }
    fn publish(&mut self, _: &mut Said, _: &Filterable<'_>, _: Audience) -> usize {
        0
    }
    fn poll(&mut self) -> Option<ApplicationOutput> {
        self.outputs.pop_front().map(ApplicationOutput::Wire)
    }
    fn deadline(&self) -> Option<Time> {
        None
    }
    fn expire(&mut self, _: Time) {}
    fn user_of(&self, _: u32) -> Option<&str> {
        None
    }
    fn sessions(&self) -> Vec<u32> {
        Vec::new()
    }
    fn lost(&self) -> Vec<(&'static str, u64)> {
        self.lost.clone()
    }
    fn texts(&self) -> &Texts {
        &self.texts
    }
}

impl PlatformMaker for Echo {
    fn make(self: Box<Self>, _: PlatformStart) -> Box<dyn PlatformConversation> {
        self
    }
}

impl ApplicationMaker for Echo {
    fn make(self: Box<Self>, _: ApplicationStart) -> Box<dyn ApplicationConversation> {
        self
    }
}

/// The dialects, two of which echo: CCAS as a platform, the event feed as an application.
fn registry() -> Registry {
    let mut registry = Registry::shipped();
    registry.add(Entry {
        name: "ccas".into(),
        platform: Some(PlatformSide {
            named: &[],
            read: Box::new(|section, reading| {
                let web = Some(Web::read(section, "echo.v1", "/echo", FILES));
                let listen = Listen::read(section, reading.plaintext)?;
                let transport = PlatformTransport::Accepted { listen, connections: 600, web };
                Some(PlatformSettings::new(transport, Echo::default()))
            }),
            replaying: None,
        }),
        application: None,
    });
    registry.add(Entry {
        name: "event-feed".into(),
        platform: None,
        application: Some(ApplicationSide {
            named: &[],
            read: Box::new(|section, _| {
                let web = Some(Web::read(section, "echo.v1", "/echo", FILES));
                let transport = ApplicationTransport::Accepted { queue: Queue::read(section), connections: 600, web };
                let conversation = Box::new(Echo::default());
                Some(ApplicationSettings { transport, conversation, read_only: Vec::new(), labels: Vec::new() })
            }),
            guests: false,
            statistics: false,
        }),
    });
    registry
}

/// A bridge whose platform and application both echo. `more` are further settings of both.
async fn echoes(more: &str) -> Running {
    let text = format!(
        "[admin]\nlisten = '127.0.0.1:0'\n\
         [platform.desks]\ndialect = 'ccas'\nlisten = '127.0.0.1:0'\n{more}\n\
         [application.pages]\ndialect = 'event-feed'\nlisten = '127.0.0.1:0'\nplatforms = ['desks']\n{more}\n"
    );
    start_with(&text, &registry()).await.unwrap()
}

/// The listeners of both sides.
fn sides(running: &Running) -> [SocketAddr; 2] {
    [running.platforms[0].unwrap(), running.applications[0]]
}

async fn ask(address: SocketAddr, origin: Option<&str>) -> Result<WebSocketStream<TcpStream>, Error> {
    let mut request = ClientRequestBuilder::new("ws://bridge/echo".parse().unwrap()).with_sub_protocol("echo.v1");
    if let Some(origin) = origin {
        request = request.with_header("Origin", origin);
    }
    let stream = TcpStream::connect(address).await.unwrap();
    soon("an answer", client_async(request, stream)).await.map(|(client, _)| client)
}

async fn says(client: &mut WebSocketStream<TcpStream>, text: &str) {
    client.send(text.into()).await.unwrap();
    let answer = soon("an echo", client.next()).await.unwrap().unwrap();
    assert_eq!(answer.to_text().unwrap(), format!("text {text}"));
}

/// The code with which a WebSocket ends.
async fn code(client: &mut WebSocketStream<TcpStream>) -> CloseCode {
    match soon("the close", client.next()).await {
        Some(Ok(Message::Close(Some(frame)))) => frame.code,
        other => panic!("no close: {other:?}"),
    }
}

#[tokio::test]
async fn lines_texts_and_files_come_from_one_port() {
    let running = echoes("").await;
    for address in sides(&running) {
        let mut lines = BufReader::new(TcpStream::connect(address).await.unwrap());
        lines.write_all(b"{\"a\":1}\n").await.unwrap();
        let mut client = ask(address, None).await.unwrap();
        says(&mut client, "{\"b\":2}").await;
        let mut line = String::new();
        soon("a line", lines.read_line(&mut line)).await.unwrap();
        assert_eq!(line, "line {\"a\":1}\n");
        let file = get(address, "/echo.js").await;
        assert!(file.starts_with("HTTP/1.1 200 OK") && file.ends_with("'echo';"), "{file}");
        assert!(get(address, "/other").await.starts_with("HTTP/1.1 404 "));
        client.send("close".into()).await.unwrap();
        assert_eq!(code(&mut client).await, CloseCode::Normal);
    }
    assert!(running.stop().await);
}

#[tokio::test]
async fn a_websocket_over_tls() {
    let authority = Authority::new("websocket");
    let own = format!(
        "tls = {{ certificate = '{}', key = '{}' }}",
        authority.file("server.pem"),
        authority.file("server.key")
    );
    let running = echoes(&own).await;
    for address in sides(&running) {
        let mut client = ask(authority.back(address).await, None).await.unwrap();
        says(&mut client, "{}").await;
        let mut lines = BufReader::new(TcpStream::connect(authority.back(address).await).await.unwrap());
        lines.write_all(b"{}\n").await.unwrap();
        let mut line = String::new();
        soon("a line", lines.read_line(&mut line)).await.unwrap();
        assert_eq!(line, "line {}\n");
    }
    assert!(running.stop().await);
}

#[tokio::test]
async fn refusals_are_counted_by_their_reasons() {
    let running = echoes("origins = ['https://crm.example']\nmax_frame = 1000").await;
    for address in sides(&running) {
        for origin in ["https://evil.example", "null"] {
            let error = ask(address, Some(origin)).await.unwrap_err();
            assert!(matches!(&error, Error::Http(answer) if answer.status() == 403), "{error}");
        }
        assert!(get(address, "/echo").await.starts_with("HTTP/1.1 426 "));
        let mut page = ask(address, Some("https://crm.example")).await.unwrap();
        says(&mut page, &"x".repeat(1000)).await;
        for (message, expected) in
            [(Message::text("x".repeat(1001)), CloseCode::Size), (Message::binary("x"), CloseCode::Unsupported)]
        {
            let mut client = ask(address, None).await.unwrap();
            client.send(message).await.unwrap();
            assert_eq!(code(&mut client).await, expected);
        }
        says(&mut page, "still here").await;
    }
    let metrics = get(running.admin.unwrap(), "/metrics").await;
    for owner in ["section=\"platform.desks\"", "section=\"application.pages\""] {
        for (reason, count) in
            [("foreign-origin", 2), ("no-upgrade", 1), ("message-too-long", 1), ("binary-message", 1)]
        {
            let line = format!("cti_bridge_websockets_refused_total{{{owner},reason=\"{reason}\"}} {count}\n");
            assert!(metrics.contains(&line), "{line} is missing in\n{metrics}");
        }
    }
    assert!(metrics.contains("sessions_lost_total{application=\"pages\",cause=\"message-too-long\"} 1\n"), "{metrics}");
}

#[tokio::test]
async fn a_slow_reader_is_closed_and_nobody_waits_for_it() {
    let running = echoes("").await;
    for address in sides(&running) {
        let mut other = ask(address, None).await.unwrap();
        let mut slow = ask(address, None).await.unwrap();
        slow.send("much".into()).await.unwrap();
        says(&mut other, "meanwhile").await;
        let mut taken = 0;
        while let Some(Ok(_)) = soon("the end", slow.next()).await {
            taken += 1;
        }
        assert!(taken < MUCH, "{taken} messages came");
        says(&mut other, "afterwards").await;
    }
    let metrics = get(running.admin.unwrap(), "/metrics").await;
    assert!(metrics.contains("sessions_lost_total{application=\"pages\",cause=\"fell-behind\"} 1\n"), "{metrics}");
}

#[tokio::test]
async fn a_bridge_that_stops_says_so_to_its_websockets() {
    let running = echoes("").await;
    let mut clients = Vec::new();
    for address in sides(&running) {
        let mut client = ask(address, None).await.unwrap();
        says(&mut client, "{}").await;
        clients.push(client);
        // Neither a connection that says nothing nor half a request keeps the bridge from stopping.
        let silent = TcpStream::connect(address).await.unwrap();
        let mut half = TcpStream::connect(address).await.unwrap();
        half.write_all(b"GET /echo HT").await.unwrap();
        tokio::spawn(async move {
            let (mut silent, mut half) = (silent, half);
            let _ = tokio::join!(silent.read_u8(), half.read_u8());
        });
    }
    let ends = tokio::spawn(async move {
        for client in &mut clients {
            assert_eq!(code(client).await, CloseCode::Away);
            while let Some(Ok(_)) = client.next().await {}
        }
    });
    assert!(running.stop().await);
    ends.await.unwrap();
}
