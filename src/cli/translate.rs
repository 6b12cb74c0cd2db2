//! `cti-bridge translate`: reads a capture from stdin, passes it to a `Translator`, and writes its lines to stdout.

use std::{io::Write, process::ExitCode};

use clap::Args;

use super::{MappingOptions, capture::Capture, failed, mappings, say};
use crate::{dialect::Registry, time::Zone, translate::Translator};

#[derive(Args)]
pub struct Options {
    /// The dialect of the platform
    #[arg(long, value_name = "DIALECT")]
    from: String,
    /// The dialect of the application
    #[arg(long, value_name = "DIALECT")]
    to: String,
    /// The zone of local times in messages that do not name one: a name such as Europe/Berlin, or an offset such as +02:00;
    /// by default the machine's zone
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    zone: Option<jiff::tz::TimeZone>,
    /// Stop at the first line that cannot be used, and exit with 1
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    mappings: MappingOptions,
}

fn zone(text: &str) -> Result<jiff::tz::TimeZone, String> {
    let known = jiff::fmt::temporal::DateTimeParser::new().parse_time_zone(text.trim());
    known.map_err(|_| {
        format!("there is no zone {text:?}: expected a name such as Europe/Berlin, or an offset such as +02:00")
    })
}

pub fn run(options: &Options) -> ExitCode {
    let mappings = match mappings(options.mappings.mappings.as_deref()) {
        Ok(mappings) => mappings,
        Err(error) => return failed(error),
    };
    let mut translator = match Translator::new(&mappings, &Registry::shipped(), &options.from, &options.to) {
        Ok(translator) => translator,
        Err(error) => return failed(error),
    };
    translator.set_zone(Zone::new(options.zone.clone().unwrap_or_else(jiff::tz::TimeZone::system)));
    let mut input = match Capture::open(std::io::stdin().lock()) {
        Ok(input) => input,
        Err(error) => return failed(format!("line 1: {error}")),
    };
    let unit = input.unit();
    let mut output = Output { stdout: std::io::stdout().lock(), broken: None };
    for number in 1u64.. {
        let read = match input.read() {
            Ok(None) => break,
            Ok(Some(read)) => read,
            Err(error) => return failed(format!("{unit} {number}: {error}")),
        };
        let taken = translator.numbered(number, read, &mut |line| output.write(line));
        translator.notices().for_each(|notice| say(&format!("{unit} {number}: {notice}")));
        if let Err(reason) = taken {
            say(&format!("{unit} {number}: {reason}"));
            if options.strict {
                summary(&translator, unit);
                return ExitCode::FAILURE;
            }
        }
        if output.broken.is_some() {
            return output.end();
        }
    }
    translator.finish(&mut |line| output.write(line));
    translator.notices().for_each(|notice| say(&format!("end: {notice}")));
    summary(&translator, unit);
    output.end()
}

/// What became of all lines, on stderr.
fn summary(translator: &Translator, unit: &str) {
    translator.tally().summary(unit).iter().for_each(|line| say(&format!("end: {line}")));
}

struct Output<'o> {
    stdout: std::io::StdoutLock<'o>,
    broken: Option<std::io::Error>,
}

impl Output<'_> {
    /// Writes and flushes one line, so that the reader sees it at once.
    fn write(&mut self, line: &[u8]) {
        let written =
            self.stdout.write_all(line).and_then(|()| self.stdout.write_all(b"\n")).and_then(|()| self.stdout.flush());
        if let (Err(error), None) = (written, &self.broken) {
            self.broken = Some(error);
        }
    }

    fn end(self) -> ExitCode {
        match self.broken {
            None => ExitCode::SUCCESS,
            // The reader has closed the pipe, as `head` does.
            Some(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
            Some(error) => failed(error),
        }
    }
}
