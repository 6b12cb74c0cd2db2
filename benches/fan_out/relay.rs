//! The limits of passing to many: relays that split a stream into frames and queue each for every connection, and neither
//! read nor number them. The plain one writes each frame by itself; the coalescing one all that waits, in one write.

use std::net::SocketAddr;

use bytes::{Bytes, BytesMut};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

/// How many frames wait for one connection before the source is not read.
const QUEUE: usize = 16384;
/// How much is written at once, in bytes.
const WRITE: usize = 256 << 10;

/// A relay with so many connections, which read from `receivers`, and the way to its source.
pub async fn start(coalesces: bool, connections: usize) -> (TcpStream, Vec<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let address = listener.local_addr().expect("its address");
    let (mut queues, mut receivers) = (Vec::new(), Vec::new());
    for _ in 0..connections {
        let (far, near) = pair(&listener, address).await;
        receivers.push(far);
        let (queue, frames) = mpsc::channel(QUEUE);
        queues.push(queue);
        tokio::spawn(write(near, frames, coalesces));
    }
    let (source, near) = pair(&listener, address).await;
    tokio::spawn(read(near, queues));
    (source, receivers)
}

async fn pair(listener: &TcpListener, address: SocketAddr) -> (TcpStream, TcpStream) {
    let far = TcpStream::connect(address).await.expect("a connection");
    let (near, _) = listener.accept().await.expect("a connection");
    near.set_nodelay(true).expect("a socket");
    far.set_nodelay(true).expect("a socket");
    (far, near)
}

async fn read(mut source: TcpStream, queues: Vec<mpsc::Sender<Bytes>>) {
    let mut buffer = BytesMut::new();
    loop {
        buffer.reserve(64 << 10);
        if source.read_buf(&mut buffer).await.expect("a source") == 0 {
            return;
        }
        while let Some(end) = memchr::memchr(0, &buffer) {
            let frame = buffer.split_to(end + 1).freeze();
            for queue in &queues {
                queue.send(frame.clone()).await.expect("a receiver");
            }
        }
    }
}

async fn write(mut stream: TcpStream, mut frames: mpsc::Receiver<Bytes>, coalesces: bool) {
    let mut waiting = Vec::new();
    let mut together = Vec::with_capacity(WRITE);
    let most = if coalesces { usize::MAX } else { 1 };
    while frames.recv_many(&mut waiting, most).await > 0 {
        for frame in waiting.drain(..) {
            together.extend_from_slice(&frame);
            if together.len() >= WRITE {
                stream.write_all(&together).await.expect("a receiver");
                together.clear();
            }
        }
        stream.write_all(&together).await.expect("a receiver");
        together.clear();
    }
}
