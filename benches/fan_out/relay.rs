//! The limits of passing to many: relays that neither read nor number frames. The plain one splits a stream into frames, queues each
//! for every connection, and writes each by itself. The coalescing one queues whole frames as they were read together, once for each
//! connection, and writes all that waits in one write.

use std::net::SocketAddr;

use bytes::{Bytes, BytesMut};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

/// How many frames, or chunks of them, wait for one connection before the source is not read.
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
    tokio::spawn(read(near, queues, coalesces));
    (source, receivers)
}

async fn pair(listener: &TcpListener, address: SocketAddr) -> (TcpStream, TcpStream) {
    let far = TcpStream::connect(address).await.expect("a connection");
    let (near, _) = listener.accept().await.expect("a connection");
    near.set_nodelay(true).expect("a socket");
    far.set_nodelay(true).expect("a socket");
    (far, near)
}

async fn read(mut source: TcpStream, queues: Vec<mpsc::Sender<Bytes>>, coalesces: bool) {
    let find: fn(u8, &[u8]) -> Option<usize> = if coalesces { memchr::memrchr } else { memchr::memchr };
    let mut buffer = BytesMut::new();
    loop {
        buffer.reserve(64 << 10);
        if source.read_buf(&mut buffer).await.expect("a source") == 0 {
            return;
        }
        while let Some(end) = find(0, &buffer) {
            let frames = buffer.split_to(end + 1).freeze();
            for queue in &queues {
                queue.send(frames.clone()).await.expect("a receiver");
            }
        }
    }
}

async fn write(mut stream: TcpStream, mut queue: mpsc::Receiver<Bytes>, coalesces: bool) {
    let mut waiting = Vec::new();
    let mut together = Vec::with_capacity(WRITE);
    let most = if coalesces { usize::MAX } else { 1 };
    while queue.recv_many(&mut waiting, most).await > 0 {
        // A chunk that waits alone needs no copy.
        if let [frames] = &waiting[..] {
            stream.write_all(frames).await.expect("a receiver");
            waiting.clear();
            continue;
        }
        for frames in waiting.drain(..) {
            together.extend_from_slice(&frames);
            if together.len() >= WRITE {
                stream.write_all(&together).await.expect("a receiver");
                together.clear();
            }
        }
        stream.write_all(&together).await.expect("a receiver");
        together.clear();
    }
}
