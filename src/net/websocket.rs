//! WebSockets of both sides. They are streams of which each message is one text: read with the same bound on what the engine has
//! not taken, written from the same queue. Here is also what a WebSocket has beside its messages: pings, and the close that both
//! sides agree on. How a connection becomes a WebSocket is the business of `web`.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant as Moment},
};

use bytes::Bytes;
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, sink},
    sync::{Notify, Semaphore, mpsc},
    time::{Instant, timeout, timeout_at},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message, Utf8Bytes,
        error::ProtocolError,
        protocol::{
            CloseFrame, Role, WebSocketConfig,
            frame::{
                Frame,
                coding::{CloseCode, Data, OpCode},
            },
        },
    },
};
use tokio_util::sync::CancellationToken;

use super::{
    bring,
    input::Input,
    outbox::Taker,
    peers::Peers,
    room::{Waiting, bring_room},
    strangers::{GAVE_WAY, dismissed},
    stream::{Outgoing, READ_AHEAD, Route, Writer, closed_by},
};
use crate::port::Notice;

/// How long nothing may come before the peer is asked whether it is there, and before it is taken for lost.
const PING: Duration = Duration::from_secs(10);
const SILENCE: Duration = Duration::from_secs(35);
/// How long the peer may take to close the connection once it was asked to, and how much is read meanwhile, in bytes.
const CLOSING: Duration = Duration::from_secs(5);
const LAST: u64 = 1 << 20;
/// How much is read at a time, and how much is gathered before it is written, in bytes.
const READ: usize = 4 << 10;
const GATHERED: usize = 16 << 10;
/// The longest frame that is written; longer messages are written in several.
const FRAME: usize = 64 << 10;
/// How much of what was not written yet may be kept, in bytes: what is gathered, a frame, and answers to pings.
const UNWRITTEN: usize = GATHERED + 2 * FRAME;

/// A WebSocket on a connection that has just become one, of which `read` was already read.
pub async fn open<S: AsyncRead + AsyncWrite + Unpin>(stream: S, read: Bytes, max_frame: usize) -> WebSocketStream<S> {
    let config = WebSocketConfig::default()
        .read_buffer_size(READ)
        .write_buffer_size(GATHERED)
        .max_write_buffer_size(UNWRITTEN)
        .max_message_size(Some(max_frame))
        .max_frame_size(Some(max_frame));
    WebSocketStream::from_partially_read(stream, read.to_vec(), Role::Server, Some(config)).await
}

/// The cause of ending a WebSocket of which nothing comes. Its conversation says so, like any other end.
const SILENT: &str = "silent";

/// Why a conversation over a WebSocket ended.
struct End {
    /// What the engine is told; nothing where it has ended the conversation itself.
    reason: Option<String>,
    /// The rule that the peer broke, or [`SILENT`].
    cause: Option<&'static str>,
    /// What the peer is told when the connection closes. It is told nothing if it closed the connection itself.
    code: Option<CloseCode>,
}

impl End {
    fn ours(code: CloseCode) -> End {
        End { reason: None, cause: None, code: Some(code) }
    }

    fn theirs(reason: String) -> End {
        End { reason: Some(reason), cause: None, code: None }
    }

    fn broken(cause: &'static str, reason: impl Into<String>, code: CloseCode) -> End {
        End { reason: Some(reason.into()), cause: Some(cause), code: Some(code) }
    }

    /// The end that an error while reading is.
    fn of(error: Error, closed: &str) -> End {
        match error {
            Error::Capacity(error) => End::broken("message-too-long", error.to_string(), CloseCode::Size),
            Error::Utf8(_) => End::broken("text-not-utf-8", "a text is not UTF-8", CloseCode::Invalid),
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => End::theirs(closed.to_owned()),
            Error::Protocol(error) => End::broken("protocol", error.to_string(), CloseCode::Protocol),
            Error::ConnectionClosed | Error::AlreadyClosed => End::theirs(closed.to_owned()),
            error => End::theirs(format!("reading: {error}")),
        }
    }
}

/// Reads and writes until either ends, and brings what is read, and why it ended. Then the connection is closed.
pub async fn converse<S: AsyncRead + AsyncWrite + Send + Unpin>(
    socket: WebSocketStream<S>,
    route: Route,
    peers: &Peers,
    shutdown: &CancellationToken,
) {
    let (mut writer, outgoing) = Writer::new(route.queue);
    writer.standing = route.standing.clone();
    let Route { owner, connection, peer, .. } = &route;
    let (owner, connection, inputs) = (*owner, *connection, &peers.inputs);
    bring(inputs, Input::Opened { owner, connection, peer: peer.clone(), writer }).await;
    let Outgoing { frames, waiting, stop, closing } = outgoing;
    let (mut sending, mut receiving) = socket.split();
    let question = Notify::new();
    let end = tokio::select! {
        () = stop.cancelled() => return,
        () = closing.linger() => return,
        () = dismissed(route.standing.as_ref()) => End::broken("gave-way", GAVE_WAY, CloseCode::Again),
        written = write(&mut sending, frames, &waiting, &question, &route, inputs) => match written {
            Ok(()) if shutdown.is_cancelled() => End::ours(CloseCode::Away),
            Ok(()) => End::ours(CloseCode::Normal),
            Err(error) => End::theirs(format!("writing: {error}")),
        },
        end = read_on(&mut receiving, &question, &route, inputs) => end,
    };
    let End { reason, cause, code } = end;
    let told = reason.clone().unwrap_or_default();
    if let (Some(cause), Some(reason)) = (cause.filter(|cause| *cause != SILENT), &reason) {
        let (peer, reason) = (peer.clone(), reason.clone());
        peers.complain(Notice::WebsocketBroken { cause, peer, reason }).await;
    }
    if let Some(reason) = reason {
        bring(inputs, Input::Closed { owner, connection, reason, cause }).await;
    }
    if let Ok(socket) = sending.reunite(receiving) {
        let _ = timeout(CLOSING, close(socket, code, told)).await;
    }
}

/// Closes the connection: tells the peer why, waits until it has closed its side, and then closes this one.
async fn close<S: AsyncRead + AsyncWrite + Unpin>(
    mut socket: WebSocketStream<S>,
    code: Option<CloseCode>,
    reason: String,
) {
    if let Some(code) = code {
        let reason = reason[..reason.floor_char_boundary(100)].to_owned().into();
        let _ = socket.send(Message::Close(Some(CloseFrame { code, reason }))).await;
    }
    let mut has_agreed = code.is_none();
    while let Some(Ok(message)) = socket.next().await {
        has_agreed |= message.is_close();
    }
    let stream = socket.get_mut();
    let _ = stream.shutdown().await;
    if !has_agreed {
        // What the peer has sent meanwhile is read: closing the connection over it would take the last message from the peer.
        let _ = tokio::io::copy(&mut stream.take(LAST), &mut sink()).await;
    }
}

/// Reads to the end, and brings what is read.
async fn read_on(
    socket: &mut (impl Stream<Item = Result<Message, Error>> + Unpin),
    question: &Notify,
    route: &Route,
    inputs: &mpsc::Sender<Input>,
) -> End {
    let (owner, connection) = (route.owner, route.connection);
    let places = Arc::new(Semaphore::new(READ_AHEAD));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return End::theirs("closed".to_owned()) };
        let text = match next_text(socket, question, closed_by(owner)).await {
            Ok(text) => text,
            Err(end) => return end,
        };
        bring(inputs, Input::Text { owner, connection, text, at: Moment::now(), place }).await;
    }
}

/// The next text, or why there is none. A peer of which nothing comes is asked whether it is there.
async fn next_text(
    socket: &mut (impl Stream<Item = Result<Message, Error>> + Unpin),
    question: &Notify,
    closed: &str,
) -> Result<Utf8Bytes, End> {
    let (mut heard, mut asked) = (Instant::now(), 0);
    loop {
        let wait = SILENCE.min(PING * (asked + 1));
        match timeout_at(heard + wait, socket.next()).await {
            Ok(Some(Ok(Message::Text(text)))) => return Ok(text),
            Ok(Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)))) => {
                (heard, asked) = (Instant::now(), 0);
            }
            Ok(Some(Ok(Message::Binary(_)))) => {
                return Err(End::broken("binary-message", "binary messages are not read here", CloseCode::Unsupported));
            }
            Ok(Some(Ok(Message::Close(frame)))) => {
                let said = frame.filter(|frame| !frame.reason.is_empty());
                let reason = said.map_or_else(|| closed.to_owned(), |frame| format!("{closed}: {}", frame.reason));
                return Err(End::theirs(reason));
            }
            Ok(Some(Err(error))) => return Err(End::of(error, closed)),
            Ok(None) => return Err(End::theirs(closed.to_owned())),
            Err(_) if wait == SILENCE => {
                return Err(End::broken(SILENT, "it does not answer", CloseCode::Away));
            }
            Err(_) => {
                asked += 1;
                question.notify_one();
            }
        }
    }
}

/// Writes until there is nothing more to write: the queue was closed and is empty. What waits is written together.
async fn write(
    socket: &mut (impl Sink<Message, Error = Error> + Unpin),
    waiting_frames: Taker,
    waiting: &Waiting,
    question: &Notify,
    route: &Route,
    inputs: &mpsc::Sender<Input>,
) -> Result<(), Error> {
    let mut taken = VecDeque::new();
    loop {
        tokio::select! {
            biased;
            () = question.notified() => {
                socket.send(Message::Ping(Bytes::new())).await?;
                continue;
            }
            is_open = waiting_frames.take_all(&mut taken), if taken.is_empty() => if !is_open {
                return Ok(());
            },
            () = std::future::ready(()), if !taken.is_empty() => {}
        }
        let (mut count, mut length) = (0, 0);
        while length < GATHERED
            && let Some(message) = taken.pop_front()
        {
            (count, length) = (count + message.messages(), length + message.len());
            for frame in frames(&message.into_bytes()) {
                socket.feed(Message::Frame(frame)).await?;
            }
        }
        socket.flush().await?;
        if waiting.take(count, length) {
            bring_room(inputs, route.owner, route.connection).await;
        }
    }
}

/// The frames of messages of the conversation: each of its lines is one text, without the end of the line.
fn frames(message: &Bytes) -> impl Iterator<Item = Frame> {
    let lines = message.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.flat_map(move |line| {
        let pieces = line.chunks(FRAME).enumerate();
        pieces.map(move |(place, piece)| {
            let sort = if place == 0 { Data::Text } else { Data::Continue };
            let is_last = (place + 1) * FRAME >= line.len();
            Frame::message(message.slice_ref(piece), OpCode::Data(sort), is_last)
        })
    })
}
