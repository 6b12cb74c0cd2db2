//! `cti-bridge translate`: reads a capture from stdin, passes it to a `Translator`, and writes its lines to stdout.

use std::{io::Write, path::PathBuf, process::ExitCode};

use clap::{Args, ValueEnum};

use super::{Failure, MappingOptions, Overrides, capture::Capture, failed, mappings, run, say};
use crate::{
    config,
    diagnostic::did_you_mean,
    dialect::Registry,
    mapping::Site,
    time::Zone,
    translate::{End, Translator},
};

#[derive(Args)]
pub struct Options {
    /// The dialect of the platform; with --config, the name of a platform there
    #[arg(long, value_name = "DIALECT|NAME")]
    from: String,
    /// The dialect of the application; with --config, the name of an application there
    #[arg(long, value_name = "DIALECT|NAME")]
    to: String,
    /// Translate as a platform and an application of this configuration do: with their `rules`, `tables`, `numbers` and `zone`
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    overrides: Overrides,
    /// The zone of local times in messages that do not name one: a name such as Europe/Berlin, or an offset such as +02:00;
    /// by default the machine's zone
    #[arg(long, value_name = "ZONE", value_parser = config::zone_named)]
    zone: Option<Zone>,
    /// Write what followed from each line instead of the messages: what it was read as, which rules fired, what changed,
    /// which messages came of it, or why none did
    #[arg(long, value_name = "FORMAT", num_args = 0..=1, require_equals = true, default_missing_value = "text")]
    explain: Option<Form>,
    /// Stop at the first line that cannot be used, and exit with 1
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    mappings: MappingOptions,
}

/// The form of explanations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For people
    Text,
    /// For programs: one object for each line
    Json,
}

pub fn run(options: &Options) -> ExitCode {
    let mut translator = match translator(options) {
        Ok(translator) => translator,
        Err(failure) => return failed(failure),
    };
    let mut input = match Capture::open(std::io::stdin().lock()) {
        Ok(input) => input,
        Err(error) => return failed(format!("line 1: {error}")),
    };
    let unit = input.unit();
    if options.explain.is_some() {
        translator.explain();
    }
    let mut output = Output { stdout: std::io::stdout().lock(), broken: None };
    for number in 1u64.. {
        let read = match input.read() {
            Ok(None) => break,
            Ok(Some(read)) => read,
            Err(error) => return failed(format!("{unit} {number}: {error}")),
        };
        let taken = translator.numbered(number, read, &mut |line| output.message(line, options.explain));
        output.explain(&mut translator, options.explain, unit, Some(number));
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
    translator.finish(&mut |line| output.message(line, options.explain));
    output.explain(&mut translator, options.explain, unit, None);
    translator.notices().for_each(|notice| say(&format!("end: {notice}")));
    summary(&translator, unit);
    output.end()
}

/// What became of all lines, on stderr.
fn summary(translator: &Translator, unit: &str) {
    translator.tally().summary(unit).iter().for_each(|line| say(&format!("end: {line}")));
}

fn translator(options: &Options) -> Result<Translator, Failure> {
    let zone = options.zone.clone().unwrap_or_else(|| Zone::new(jiff::tz::TimeZone::system()));
    let folder = options.mappings.mappings.as_deref();
    let registry = Registry::shipped();
    let site = Site::default();
    let (from, to) = (options.from.as_str(), options.to.as_str());
    let mut translator = match &options.config {
        None => {
            let [from, to] = [from, to].map(|dialect| End { dialect, knobs: None, site: &site });
            Translator::between(&mappings(folder)?, &registry, from, to, &zone)?
        }
        Some(path) => {
            let run::Loaded { config, mappings, .. } = run::load(path, &options.overrides, folder, None)?;
            let platform = config.platforms.iter().find(|platform| platform.name == from);
            let known = config.platforms.iter().map(|platform| platform.name.as_str());
            let platform = platform.ok_or_else(|| missing("platform", from, known))?;
            let application = config.applications.iter().find(|application| application.name == to);
            let known = config.applications.iter().map(|application| application.name.as_str());
            let application = application.ok_or_else(|| missing("application", to, known))?;
            let from = End { dialect: &platform.dialect, knobs: Some(&platform.knobs), site: &platform.site };
            let to = End { dialect: &application.dialect, knobs: Some(&application.knobs), site: &application.site };
            Translator::between(&mappings, &registry, from, to, &zone)?
        }
    };
    translator.set_zone(zone);
    Ok(translator)
}

fn missing<'k>(side: &str, name: &str, known: impl Iterator<Item = &'k str>) -> String {
    format!("the configuration has no [{side}.{name}]{}", did_you_mean(name, known))
}

struct Output<'o> {
    stdout: std::io::StdoutLock<'o>,
    broken: Option<std::io::Error>,
}

impl Output<'_> {
    /// Writes a message, unless explanations take its place.
    fn message(&mut self, line: &[u8], explain: Option<Form>) {
        if explain.is_none() {
            self.write(line);
        }
    }

    /// Writes what followed from a line, or from the end of all lines.
    fn explain(&mut self, translator: &mut Translator, form: Option<Form>, unit: &str, number: Option<u64>) {
        let Some(form) = form else { return };
        let explanation = translator.explanation();
        if explanation.is_empty() {
            return;
        }
        match form {
            Form::Json => self.write(explanation.json(unit, number).as_bytes()),
            Form::Text => {
                let place = number.map_or_else(|| "end".to_owned(), |number| format!("{unit} {number}"));
                self.write(explanation.text(&place).as_bytes());
            }
        }
    }

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
