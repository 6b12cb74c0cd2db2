//! Connections that read as fast as they can and count frames, on a thread of their own.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use tokio::{
    io::AsyncReadExt,
    net::TcpStream,
    runtime::Builder,
    time::{sleep, timeout},
};

/// However busy the machine is.
const PATIENCE: Duration = Duration::from_secs(600);

pub struct Crowd {
    heard: Arc<AtomicUsize>,
}

impl Crowd {
    pub fn listen(streams: Vec<TcpStream>) -> Crowd {
        let heard = Arc::new(AtomicUsize::new(0));
        let crowd = Crowd { heard: heard.clone() };
        let streams: Vec<_> = streams.into_iter().map(|stream| stream.into_std().expect("a socket")).collect();
        thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async move {
                let count = |stream| count(TcpStream::from_std(stream).expect("a socket"), heard.clone());
                let tasks: Vec<_> = streams.into_iter().map(|stream| tokio::spawn(count(stream))).collect();
                for task in tasks {
                    task.await.expect("no task panics");
                }
            });
        });
        crowd
    }

    /// How long it takes until so many frames are there, all connections together.
    pub async fn hear(&self, frames: usize, since: Instant) -> Duration {
        let all = async {
            while self.heard.load(Ordering::Acquire) < frames {
                sleep(Duration::from_micros(200)).await;
            }
            since.elapsed()
        };
        let heard = timeout(PATIENCE, all).await;
        let took = heard.unwrap_or_else(|_| panic!("{} of {frames} frames", self.heard.load(Ordering::Acquire)));
        self.heard.fetch_sub(frames, Ordering::AcqRel);
        took
    }

    /// Forgets what came until now, once nothing comes any more.
    pub async fn quieten(&self) {
        let mut before = usize::MAX;
        while std::mem::replace(&mut before, self.heard.load(Ordering::Acquire)) != before {
            sleep(Duration::from_millis(50)).await;
        }
        self.heard.store(0, Ordering::Release);
    }
}

async fn count(mut stream: TcpStream, heard: Arc<AtomicUsize>) {
    let mut buffer = vec![0; 256 << 10];
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        heard.fetch_add(memchr::memchr_iter(0, &buffer[..read]).count(), Ordering::Release);
    }
}
