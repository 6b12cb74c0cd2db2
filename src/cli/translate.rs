//! `cti-bridge translate`: reads lines from stdin, passes them to a `Translator`, and writes its lines to stdout.

use std::{
    io::{BufRead, Write},
    process::ExitCode,
};

use clap::Args;

use super::{MappingOptions, failed, mappings, say};
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

/// The longest line that is read as a message, in bytes.
const MAX_LINE: usize = 1 << 20;

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
    let mut input = std::io::stdin().lock();
    let mut output = Output { stdout: std::io::stdout().lock(), broken: None };
    let mut line = Vec::new();
    for number in 1u64.. {
        let read = match next_line(&mut input, &mut line) {
            Ok(None) => break,
            Ok(Some(read)) => read,
            Err(error) => return failed(format!("line {number}: {error}")),
        };
        let taken = read.and_then(|line| translator.bytes(line, &mut |line| output.write(line)));
        translator.notices().for_each(|notice| say(&format!("line {number}: {notice}")));
        if let Err(reason) = taken {
            say(&format!("line {number}: {reason}"));
            if options.strict {
                return ExitCode::FAILURE;
            }
        }
        if output.broken.is_some() {
            return output.end();
        }
    }
    translator.finish(&mut |line| output.write(line));
    translator.notices().for_each(|notice| say(&format!("end: {notice}")));
    output.end()
}

/// A line without its line end, or the reason why it cannot be used.
type Line<'l> = Result<&'l [u8], String>;

/// Reads the next line; none at the end of input. A line that is too long is skipped and returned as an error.
fn next_line<'l>(input: &mut impl BufRead, line: &'l mut Vec<u8>) -> std::io::Result<Option<Line<'l>>> {
    line.clear();
    let mut too_long = false;
    loop {
        let available = input.fill_buf()?;
        if available.is_empty() {
            break;
        }
        let end = available.iter().position(|byte| *byte == b'\n');
        let part = &available[..end.unwrap_or(available.len())];
        too_long |= line.len() + part.len() > MAX_LINE;
        if !too_long {
            line.extend_from_slice(part);
        }
        let used = end.map_or(available.len(), |end| end + 1);
        input.consume(used);
        if end.is_some() {
            return Ok(Some(read_line(line, too_long)));
        }
    }
    Ok((too_long || !line.is_empty()).then(|| read_line(line, too_long)))
}

fn read_line(line: &[u8], too_long: bool) -> Line<'_> {
    if too_long { Err(format!("longer than {MAX_LINE} bytes")) } else { Ok(line) }
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
