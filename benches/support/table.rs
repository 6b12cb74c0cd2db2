//! The tables that the benches print, and that the documentation quotes: with `--write`, a bench puts its tables into
//! docs/performance.md, each between two comments that name it.

use std::fmt::Write;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/performance.md");

pub struct Table {
    name: &'static str,
    lines: Vec<Vec<String>>,
}

impl Table {
    pub fn new(name: &'static str, head: &[&str]) -> Table {
        Table { name, lines: vec![head.iter().map(|cell| (*cell).to_owned()).collect()] }
    }

    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.lines.push(cells.into_iter().collect());
    }

    /// Prints the table, and writes it into the documentation if the command line asks for it.
    #[expect(clippy::print_stdout, reason = "the figures")]
    pub fn finish(self) {
        let text = self.text();
        println!("{text}");
        if std::env::args().any(|argument| argument == "--write") {
            self.write(&text);
        }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for (place, cells) in self.lines.iter().enumerate() {
            let _ = writeln!(text, "| {} |", cells.join(" | "));
            if place == 0 {
                let _ = writeln!(text, "|{}", "---|".repeat(cells.len()));
            }
        }
        let _ = writeln!(text, "\n{}", machine());
        text
    }

    fn write(&self, text: &str) {
        let document = std::fs::read_to_string(DOCUMENT).expect("the documentation");
        let (begin, end) = (format!("<!-- {} -->\n", self.name), format!("<!-- end of {} -->", self.name));
        let (before, rest) = document.split_once(&begin).expect("the place of the table");
        let (_, after) = rest.split_once(&end).expect("the end of the table");
        std::fs::write(DOCUMENT, format!("{before}{begin}{text}{end}{after}")).expect("the documentation");
    }
}

/// Where the figures are from.
fn machine() -> String {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let (processors, kernel, load) = (read("/proc/cpuinfo"), read("/proc/sys/kernel/osrelease"), read("/proc/loadavg"));
    let model = processors.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or(std::env::consts::ARCH, |(_, model)| model);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let load = load.split(' ').next().unwrap_or_default();
    format!("Measured on {cores} cores of {model}, {} {}; load average {load}.", std::env::consts::OS, kernel.trim())
}
