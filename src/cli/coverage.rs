//! `cti-bridge coverage`: reports what becomes of every message and field between two dialects, or only what is lost.

use std::{
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::{MappingOptions, capture::Capture, failed, mappings, print};
use crate::{
    dialect::Registry,
    mapping::{Coverage, Losses, Mappings, Usage},
    message::Message,
    translate::{Translator, dialect},
    vocabulary::Vocabulary,
};

#[derive(Args)]
pub struct Options {
    /// The dialect of the platform
    #[arg(long, value_name = "DIALECT", requires = "to")]
    from: Option<String>,
    /// The dialect of the application
    #[arg(long, value_name = "DIALECT", requires = "from")]
    to: Option<String>,
    /// Show only what is lost, on one screen: refused requests, events that are never told, fields that are never filled
    #[arg(long)]
    losses: bool,
    /// Count how often each lost thing occurs in a capture (a file of messages as `translate` reads them)
    #[arg(long = "for", value_name = "CAPTURE", requires = "losses", requires = "from")]
    capture: Option<PathBuf>,
    /// The format of the report; `table` is `text`
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    mappings: MappingOptions,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    #[value(alias = "table")]
    Text,
    Json,
    Markdown,
}

pub fn run(options: &Options) -> ExitCode {
    let mappings = match mappings(options.mappings.mappings.as_deref()) {
        Ok(mappings) => mappings,
        Err(error) => return failed(error),
    };
    let pairs = match (&options.from, &options.to) {
        (Some(from), Some(to)) => vec![(from.clone(), to.clone())],
        _ => pairs(&mappings),
    };
    let (mut reports, mut losses) = (Vec::new(), Vec::new());
    for (from, to) in pairs {
        let (platform, application) = match (dialect(&mappings, &from, true), dialect(&mappings, &to, false)) {
            (Ok(platform), Ok(application)) => (platform, application),
            (Err(error), _) | (_, Err(error)) => return failed(error),
        };
        if options.losses {
            losses.extend(Losses::of(&platform, &application));
        } else {
            reports.extend(Coverage::of(&platform, &application));
        }
        if let (Some(capture), Some(losses)) = (&options.capture, losses.last_mut()) {
            match usage(capture, &mappings, &from, &to) {
                Ok(usage) => losses.weigh(&usage),
                Err(error) => return failed(error),
            }
        }
    }
    let text = match options.losses {
        true => options.format.of(&losses, Losses::screen, Losses::markdown),
        false => options.format.of(&reports, Coverage::table, Coverage::markdown),
    };
    text.map_or_else(failed, |text| print(&text))
}

impl Format {
    /// All reports in this format.
    fn of<R: Serialize>(
        self,
        reports: &[R],
        text: impl Fn(&R) -> String,
        markdown: impl Fn(&R) -> String,
    ) -> Result<String, String> {
        match self {
            Format::Text => Ok(reports.iter().map(text).collect::<Vec<_>>().join("\n")),
            Format::Markdown => Ok(reports.iter().map(markdown).collect::<Vec<_>>().join("\n")),
            Format::Json => {
                serde_json::to_string_pretty(reports).map(|json| json + "\n").map_err(|error| error.to_string())
            }
        }
    }
}

/// What a capture has, and what an application would be told of it.
fn usage(capture: &Path, mappings: &Mappings, from: &str, to: &str) -> Result<Usage, String> {
    let wrong = |error: String| format!("{}: {error}", capture.display());
    let file = File::open(capture).map_err(|error| wrong(error.to_string()))?;
    let mut input = Capture::open(BufReader::new(file)).map_err(|error| wrong(error.to_string()))?;
    let sides = |name: &str, is_platform| dialect(mappings, name, is_platform).map_err(|error| error.to_string());
    let (platform, application) = (sides(from, true)?.vocabulary.clone(), sides(to, false)?.vocabulary.clone());
    let mut translator =
        Translator::new(mappings, &Registry::shipped(), from, to).map_err(|error| error.to_string())?;
    let (mut usage, mut message) = (Usage::default(), Message::default());
    let read = |vocabulary: &Vocabulary, text: &str, asks, message: &mut Message| {
        vocabulary.read_json(text, asks, &Vec::new(), message).is_ok()
    };
    let mut told = Vec::new();
    while let Some(bytes) = input.read().map_err(|error| wrong(error.to_string()))? {
        let Ok(bytes) = bytes else { continue };
        let text = String::from_utf8_lossy(bytes);
        if read(&platform, text.trim(), false, &mut message) {
            usage.note(&platform, &message);
        } else if read(&application, text.trim(), true, &mut message) {
            usage.note(&application, &message);
        }
        // What is odd about a line is `translate`'s to say.
        let _ = translator.bytes(bytes, &mut |line| told.push(line.to_owned()));
        translator.notices().for_each(drop);
        for line in told.drain(..) {
            let is_event = read(&application, &String::from_utf8_lossy(&line), false, &mut message);
            if let Some(kind) = message.kind().filter(|_| is_event) {
                usage.tell(&application.message(kind).label);
            }
        }
    }
    Ok(usage)
}

/// All pairs of a dialect that can be a platform's and one that can be an application's.
fn pairs(mappings: &Mappings) -> Vec<(String, String)> {
    let mut names: Vec<&String> = mappings.dialects.keys().collect();
    names.sort();
    let able = |is_platform: bool| names.iter().filter(move |name| dialect(mappings, name, is_platform).is_ok());
    able(true).flat_map(|from| able(false).map(move |to| (from.to_string(), to.to_string()))).collect()
}
