//! A callback that does nothing but note when it was called: it answers every POST with success, at once.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: 0\r\n\r\n";

#[derive(Clone)]
pub struct Sink {
    pub address: SocketAddr,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    count: AtomicUsize,
    events: Mutex<Vec<Instant>>,
}

impl Sink {
    pub fn start() -> Sink {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
        let sink = Sink { address: listener.local_addr().expect("its address"), seen: Arc::default() };
        let seen = sink.seen.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let seen = seen.clone();
                thread::spawn(move || answer(stream, &seen));
            }
        });
        sink
    }

    /// How many events came since they were taken last.
    pub fn count(&self) -> usize {
        self.seen.count.load(Ordering::Acquire)
    }

    /// When each event was there, whole.
    pub fn take(&self) -> Vec<Instant> {
        self.seen.count.store(0, Ordering::Release);
        std::mem::take(&mut self.seen.events.lock().expect("no thread panicked"))
    }
}

/// Answers the requests of a connection until it is closed.
fn answer(mut stream: TcpStream, seen: &Seen) {
    let _ = stream.set_nodelay(true);
    let mut buffer = vec![0; 64 << 10];
    let mut filled = 0;
    while let Ok(read @ 1..) = stream.read(&mut buffer[filled..]) {
        filled += read;
        while let Some(length) = request(&buffer[..filled]) {
            let now = Instant::now();
            let is_event = memchr::memmem::find(&buffer[..length], b"PublishCTIEvent").is_some();
            if is_event {
                seen.events.lock().expect("no thread panicked").push(now);
                seen.count.fetch_add(1, Ordering::Release);
            }
            if stream.write_all(ANSWER).is_err() {
                return;
            }
            buffer.copy_within(length..filled, 0);
            filled -= length;
        }
    }
}

/// The length of the request that stands first, once it is there with its body.
fn request(bytes: &[u8]) -> Option<usize> {
    let head = memchr::memmem::find(bytes, b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&bytes[..head]).ok()?;
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    Some(head + length.unwrap_or(0)).filter(|length| *length <= bytes.len())
}
