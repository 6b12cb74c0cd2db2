//! Streams of both sides, dialled or accepted: read until they end, written from a bounded queue that nobody else waits
//! for. How a stream comes about is the business of `dial` and `accepted`.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::BytesMut;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    sync::{Semaphore, mpsc},
    time::sleep,
};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{
    batch::{Batch, Written},
    bring,
    input::Input,
    outbox::{Putter, Taker, Wake, outbox},
    room::{Waiting, bring_room},
    series::Frame,
    strangers::{GAVE_WAY, Standing, dismissed},
};
use crate::{bridge::Owner, port::Connection, settings::Queue};

/// For how long a stream that is closed may go on being written.
const LINGER: Duration = Duration::from_secs(10);
/// How much of one stream may have been read that the engine has not taken.
pub const READ_AHEAD: usize = 4;

/// The way to one stream, as the engine knows it. A writer that is dropped closes the stream once everything is written.
pub struct Writer {
    frames: Putter,
    pub waiting: Arc<Waiting>,
    /// Ends the stream at once, whatever waits.
    pub stop: CancellationToken,
    /// Whether the peer of an accepted stream has authenticated.
    pub standing: Option<Standing>,
    _closing: DropGuard,
}

/// The other end of a writer's queue.
pub struct Outgoing {
    pub frames: Taker,
    pub waiting: Arc<Waiting>,
    /// Ends the stream at once, whatever waits.
    pub stop: CancellationToken,
    pub closing: Closing,
}

/// Knows whether the writer was dropped.
pub struct Closing(CancellationToken);

impl Closing {
    /// Ends once a stream was closed for so long that what still waits is not written any more.
    pub async fn linger(&self) {
        self.0.cancelled().await;
        sleep(LINGER).await;
    }
}

impl Writer {
    pub fn new(queue: Queue) -> (Writer, Outgoing) {
        let (putter, frames) = outbox();
        let (waiting, stop, closing) =
            (Arc::new(Waiting::new(queue)), CancellationToken::new(), CancellationToken::new());
        let _closing = closing.clone().drop_guard();
        let (waits, stops) = (waiting.clone(), stop.clone());
        let writer = Writer { frames: putter, waiting: waits, stop: stops, standing: None, _closing };
        (writer, Outgoing { frames, waiting, stop, closing: Closing(closing) })
    }

    /// Queues a frame. None if there is no room for it. All of its bytes count, also those that it shares with other queues.
    pub fn queue(&self, frame: Frame) -> Option<Queued> {
        let has_risen = self.waiting.add(frame.messages(), frame.len())?;
        Some(Queued { has_risen, wake: self.frames.put(frame) })
    }
}

/// What follows from a frame that was queued.
pub struct Queued {
    /// The queue has become more crowded.
    pub has_risen: bool,
    /// The task that writes sleeps.
    pub wake: Option<Wake>,
}

/// Whose stream it is, and its bounds.
#[derive(Clone)]
pub struct Route {
    pub owner: Owner,
    pub connection: Connection,
    pub peer: String,
    pub queue: Queue,
    /// How much is read at a time, in bytes.
    pub read: usize,
    /// Of a stream that was accepted.
    pub standing: Option<Standing>,
}

/// Reads and writes until either ends, and brings what is read, and why it ended.
pub async fn converse(stream: impl AsyncRead + AsyncWrite + Send, route: Route, inputs: &mpsc::Sender<Input>) {
    let Route { owner, connection, peer, queue, read, standing } = route;
    let (mut writer, Outgoing { frames, waiting, stop, closing }) = Writer::new(queue);
    writer.standing = standing.clone();
    bring(inputs, Input::Opened { owner, connection, peer, writer }).await;
    let (mut reader, socket) = tokio::io::split(stream);
    let reason = tokio::select! {
        () = dismissed(standing.as_ref()) => GAVE_WAY.to_owned(),
        () = stop.cancelled() => return,
        () = closing.linger() => return,
        written = write(socket, frames, &waiting, (inputs, owner, connection)) => match written {
            Ok(()) => return,
            Err(error) => format!("writing: {error}"),
        },
        reason = read_on(&mut reader, read, inputs, owner, connection) => reason,
    };
    bring(inputs, Input::Closed { owner, connection, reason, cause: None }).await;
}

/// Writes until there is nothing more to write: the queue was closed and is empty.
async fn write(
    mut socket: impl AsyncWrite + Unpin,
    frames: Taker,
    waiting: &Waiting,
    (inputs, owner, connection): (&mpsc::Sender<Input>, Owner, Connection),
) -> std::io::Result<()> {
    let mut batch = Batch::default();
    while batch.fill(&frames).await {
        while !batch.is_empty() {
            let Written { messages, bytes } = batch.write(&mut socket).await?;
            if waiting.take(messages, bytes) {
                bring_room(inputs, owner, connection).await;
            }
        }
        // Over TLS, part of it may stay in the buffer until then.
        socket.flush().await?;
    }
    let _ = socket.shutdown().await;
    Ok(())
}

/// Reads to the end, at most so much at a time, and brings what is read. Hands back why it ended.
async fn read_on(
    reader: &mut (impl AsyncRead + Unpin),
    most: usize,
    inputs: &mpsc::Sender<Input>,
    owner: Owner,
    connection: Connection,
) -> String {
    let mut buffer = BytesMut::new();
    let places = Arc::new(Semaphore::new(READ_AHEAD));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return "closed".to_owned() };
        buffer.reserve(most);
        match reader.read_buf(&mut buffer).await {
            Ok(0) => return closed_by(owner).to_owned(),
            Ok(_) => {}
            Err(error) => return format!("reading: {error}"),
        }
        let (bytes, at) = (buffer.split().freeze(), Instant::now());
        bring(inputs, Input::Read { owner, connection, bytes, at, place: Some(place) }).await;
    }
}

/// The reason of an end that the other side brought about.
pub fn closed_by(owner: Owner) -> &'static str {
    match owner {
        Owner::Platform(_) => "closed by the platform",
        Owner::Application(_) => "closed by the application",
    }
}
