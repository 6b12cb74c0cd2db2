//! The log: lines on stderr (in a file for a Windows service), one per event. Lines wait in a bounded queue for a thread that writes them, so that a
//! stderr that nobody reads blocks no task. When the queue is full, lines are dropped and counted, and the count is
//! logged as soon as there is room again. Text from outside is escaped here, whichever way it came into a line.

mod queue;

pub mod filter;
pub mod notices;

pub use queue::stderr;

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

use crate::one_line::Escape;
use queue::Queue;

/// This program's modules that filters may name: all top-level modules, and those below them that log.
const MODULES: [&str; 27] = [
    "bridge",
    "cli",
    "cli::run",
    "config",
    "diagnostic",
    "dialect",
    "document",
    "log",
    "log::notices",
    "mapping",
    "message",
    "model",
    "net",
    "net::assemble",
    "net::callback",
    "net::http",
    "net::peers",
    "net::perform",
    "net::store",
    "port",
    "settings",
    "shipped",
    "sim",
    "time",
    "translate",
    "vocabulary",
    "wire",
];

/// The configuration of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    pub json: bool,
    /// A filter as returned by [`filter::read`].
    pub filter: String,
    /// The most bytes of lines that may wait to be written.
    pub queue_bytes: usize,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { json: false, filter: "info".into(), queue_bytes: 1 << 20 }
    }
}

/// The process has one log, which the metrics ask.
static QUEUE: OnceLock<Arc<Queue>> = OnceLock::new();

/// Puts another filter in force.
type Refilter = Box<dyn Fn(EnvFilter) -> Result<(), String> + Send + Sync>;
static FILTER: OnceLock<Refilter> = OnceLock::new();

/// Has the log show what this filter lets through from now on. The filter is one that [`filter::read`] returned.
pub fn show(filter: &str) -> Result<(), String> {
    let filter = EnvFilter::try_new(filter).map_err(|error| format!("the log's filter: {error}"))?;
    FILTER.get().map_or(Err("there is no log".into()), |refilter| refilter(filter))
}

/// The process's log, once started.
pub struct Log {
    queue: Arc<Queue>,
}

impl Log {
    /// Starts the log: from now on, all lines go to this sink according to these settings.
    pub fn start(settings: &Settings, sink: Box<dyn std::io::Write + Send>) -> Result<Log, String> {
        let escape = if settings.json { Escape::Json } else { Escape::Text };
        let queue = Arc::new(Queue::new(settings.queue_bytes, escape));
        let of_thread = queue.clone();
        let thread = std::thread::Builder::new().name("log".into()).spawn(move || of_thread.write_to(sink));
        thread.map_err(|error| format!("the log's thread cannot be started: {error}"))?;
        let filter = EnvFilter::try_new(&settings.filter).map_err(|error| format!("the log's filter: {error}"))?;
        let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(Lines(queue.clone()));
        let lines = lines.with_target(false).log_internal_errors(false);
        if settings.json {
            let lines = lines.json().flatten_event(true).with_filter_reloading();
            let handle = lines.reload_handle();
            let _ = FILTER.set(Box::new(move |filter| handle.reload(filter).map_err(|error| error.to_string())));
            lines.init();
        } else {
            let lines = lines.with_ansi(false).with_filter_reloading();
            let handle = lines.reload_handle();
            let _ = FILTER.set(Box::new(move |filter| handle.reload(filter).map_err(|error| error.to_string())));
            lines.init();
        }
        let of_panics = Log { queue: queue.clone() };
        std::panic::set_hook(Box::new(move |panic| of_panics.last(&panic.to_string())));
        let _ = QUEUE.set(queue.clone());
        Ok(Log { queue })
    }

    /// Logs why the program ends, whatever the level, and then writes the waiting lines for at most a moment.
    pub fn last(&self, text: &str) {
        self.queue.push(text, true);
        self.finish();
    }

    /// Waits until all waiting lines are written, or until the time allowed for a reader who does not read is over.
    pub fn finish(&self) {
        self.queue.drained(FINISH);
    }
}

/// The most time that the waiting lines may take at the end.
const FINISH: Duration = Duration::from_secs(1);

/// The bytes that wait to be written, and their bound. None before the log is started.
pub fn fill() -> Option<(usize, usize)> {
    QUEUE.get().map(|queue| queue.fill())
}

/// The number of lines that were not written since the program began, because the queue was full or stderr failed.
pub fn dropped() -> u64 {
    queue::DROPPED.load(std::sync::atomic::Ordering::Relaxed)
}

/// The formatter's writer: it takes one line at a time.
struct Lines(Arc<Queue>);

impl<'w> MakeWriter<'w> for Lines {
    type Writer = &'w Lines;

    fn make_writer(&'w self) -> &'w Lines {
        self
    }
}

impl std::io::Write for &Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.push(&String::from_utf8_lossy(bytes), false);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    #[test]
    fn a_filter_can_name_every_module_that_logs() {
        let mut open = vec![Path::new("src").to_path_buf()];
        while let Some(path) = open.pop() {
            if path.is_dir() {
                open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            let logs = ["error", "warn", "info", "debug", "trace"].iter();
            if logs.map(|level| format!("tracing::{level}!")).any(|it| code.contains(&it)) {
                let name = path.strip_prefix("src").unwrap().with_extension("").display().to_string();
                let name = name.trim_end_matches("/mod").replace('/', "::");
                let name = if name == "log::queue" { "log" } else { &name };
                assert!(super::MODULES.contains(&name), "{name} is not listed");
            }
        }
        for line in fs::read_to_string("src/lib.rs").unwrap().lines() {
            if let Some(name) = line.strip_prefix("pub mod ").and_then(|rest| rest.strip_suffix(';')) {
                assert!(super::MODULES.contains(&name) || name == "one_line", "{name} is not listed");
            }
        }
    }
}
