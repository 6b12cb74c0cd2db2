//! The bounded queue of log lines, and the thread that writes them to stderr.

use std::{
    cell::Cell,
    io::{ErrorKind, Write},
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::one_line::{Escape, escaped};

/// The number of lines that were not written. It is process-wide, as the log is.
pub static DROPPED: AtomicU64 = AtomicU64::new(0);

/// The most bytes written at once: a pipe takes this much whole or not at all, so that other programs' lines do not
/// split these.
const WRITE: usize = 4096;
/// The pause before another attempt, while stderr takes nothing.
const PAUSE: Duration = Duration::from_millis(20);

thread_local! {
    /// True in the thread that writes. Its own lines always have room, because only this thread makes room.
    static WRITES: Cell<bool> = const { Cell::new(false) };
}

pub struct Queue {
    state: Mutex<State>,
    /// Signals that lines are waiting.
    filled: Condvar,
    /// Signals that no lines are waiting any more.
    emptied: Condvar,
    limit: usize,
    escape: Escape,
}

#[derive(Default)]
struct State {
    /// Whole lines only.
    waiting: Vec<u8>,
    /// The number of bytes that the thread has taken and not yet written.
    writing: usize,
    /// The number of dropped lines that were not reported yet.
    lost: u64,
}

impl Queue {
    pub fn new(limit: usize, escape: Escape) -> Queue {
        let (state, filled, emptied) = (Mutex::default(), Condvar::new(), Condvar::new());
        Queue { state, filled, emptied, limit, escape }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a line, which may lack its line end. It is dropped if there is no room, unless it `must` be written.
    pub fn push(&self, line: &str, must: bool) {
        let line = escaped(line.strip_suffix('\n').unwrap_or(line), self.escape);
        let mut state = self.state();
        let waits = state.waiting.len() + state.writing;
        // A line longer than the whole queue is accepted if nothing else waits.
        let has_room = waits == 0 || waits + line.len() < self.limit;
        if !has_room && !must && !WRITES.get() {
            state.lost += 1;
            DROPPED.fetch_add(1, Ordering::Relaxed);
            return;
        }
        state.waiting.extend_from_slice(line.as_bytes());
        state.waiting.push(b'\n');
        drop(state);
        self.filled.notify_one();
    }

    /// The bytes that wait, and their bound.
    pub fn fill(&self) -> (usize, usize) {
        let state = self.state();
        (state.waiting.len() + state.writing, self.limit)
    }

    /// Waits until the queue is empty, but no longer than this limit.
    pub fn drained(&self, limit: Duration) {
        let waits = |state: &mut State| !state.waiting.is_empty() || state.writing > 0;
        // A time-out makes no difference: the program ends.
        let _ = self.emptied.wait_timeout_while(self.state(), limit, waits);
    }

    /// Writes lines as they come, for as long as the process lives.
    pub fn write_to(&self, mut sink: impl Write) {
        WRITES.set(true);
        let mut lines = Vec::new();
        loop {
            lines.clear();
            let waits = self.filled.wait_while(self.state(), |state| state.waiting.is_empty());
            let mut state = waits.unwrap_or_else(PoisonError::into_inner);
            std::mem::swap(&mut state.waiting, &mut lines);
            state.writing = lines.len();
            drop(state);
            let mut rest = &lines[..];
            while !rest.is_empty() {
                let (part, next) = rest.split_at(part(rest));
                if !write(&mut sink, part) {
                    // Stderr is closed, or its disk is full: only the metrics can report that.
                    DROPPED.fetch_add(part.iter().filter(|byte| **byte == b'\n').count() as u64, Ordering::Relaxed);
                }
                rest = next;
                self.state().writing = rest.len();
            }
            let mut state = self.state();
            let lost = std::mem::take(&mut state.lost);
            if state.waiting.is_empty() {
                self.emptied.notify_all();
            }
            drop(state);
            if lost > 0 {
                tracing::warn!(lines = lost, "lines of the log were dropped here: nobody read those that waited");
            }
        }
    }
}

/// The length of the next write: whole lines, and at least one.
fn part(lines: &[u8]) -> usize {
    let end = |bytes: &[u8]| bytes.iter().rposition(|byte| *byte == b'\n').map(|place| place + 1);
    let first = || lines.iter().position(|byte| *byte == b'\n').map(|place| place + 1);
    end(&lines[..lines.len().min(WRITE)]).or_else(first).unwrap_or(lines.len())
}

/// Writes all bytes, however long that takes. Returns whether it succeeded.
fn write(sink: &mut impl Write, mut bytes: &[u8]) -> bool {
    while !bytes.is_empty() {
        match sink.write(bytes) {
            Ok(0) => return false,
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => std::thread::sleep(PAUSE),
            Err(_) => return false,
        }
    }
    true
}

/// A handle of stderr of its own, so that other writers to stderr do not wait for the log; or a writer that discards everything
/// if there is no stderr.
pub fn stderr() -> Box<dyn Write + Send> {
    #[cfg(unix)]
    let handle = std::os::fd::AsFd::as_fd(&std::io::stderr()).try_clone_to_owned();
    #[cfg(windows)]
    let handle = std::os::windows::io::AsHandle::as_handle(&std::io::stderr()).try_clone_to_owned();
    match handle {
        Ok(handle) => Box::new(std::fs::File::from(handle)),
        Err(_) => Box::new(std::io::sink()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, mpsc};

    use super::*;

    /// A writer that takes data only when it is told to.
    struct Held {
        go: mpsc::Receiver<()>,
        written: mpsc::Sender<Vec<u8>>,
    }

    impl Write for Held {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            let _ = self.written.send(bytes.to_vec());
            self.go.recv().map_err(|_| std::io::Error::other("gone"))?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_waits_is_bounded_and_written_in_order_when_somebody_reads() {
        let (go, held) = mpsc::channel();
        let (written, seen) = mpsc::channel();
        let queue = Arc::new(Queue::new(100, Escape::Text));
        let of_thread = queue.clone();
        std::thread::spawn(move || of_thread.write_to(Held { go: held, written }));
        queue.push("first\n", false);
        assert_eq!(seen.recv().unwrap(), b"first\n");
        (0..1000).for_each(|number| queue.push(&format!("line {number:03}"), false));
        let state = queue.state();
        assert!(state.waiting.len() + state.writing <= 100, "{} bytes wait", state.waiting.len());
        assert_eq!(state.lost, 1000 - (state.waiting.len() / 9) as u64);
        drop(state);
        queue.push("the end\nof it", true);
        queue.drained(Duration::from_millis(1));
        go.send(()).unwrap();
        let rest = String::from_utf8(seen.recv().unwrap()).unwrap();
        assert!(rest.starts_with("line 000\nline 001\n") && rest.ends_with("\nthe end\\nof it\n"), "{rest}");
        go.send(()).unwrap();
        queue.drained(Duration::from_secs(60));
        let state = queue.state();
        assert_eq!((state.waiting.len(), state.writing), (0, 0));
    }

    #[test]
    fn a_line_longer_than_the_queue_has_room_when_nothing_else_waits() {
        let queue = Queue::new(10, Escape::Text);
        queue.push(&"x".repeat(1000), false);
        queue.push("y", false);
        let state = queue.state();
        assert_eq!((state.waiting.len(), state.lost), (1001, 1));
    }

    #[test]
    fn lines_are_written_whole() {
        let lines = format!("{}\n{}\n{}\n", "a".repeat(3000), "b".repeat(3000), "c".repeat(9000));
        assert_eq!(part(lines.as_bytes()), 3001);
        assert_eq!(part(&lines.as_bytes()[3001..]), 3001);
        assert_eq!(part(&lines.as_bytes()[6002..]), 9001);
    }
}
