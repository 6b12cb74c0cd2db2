//! `cti-bridge demo`: plays a story with embedded stand-ins for the vendors' systems (`sim::demo`).

use std::{io::Write, process::ExitCode};

use clap::{Args, ValueEnum};

use super::{failed, mappings};
use crate::sim::demo;

#[derive(Args)]
pub struct Options {
    /// The story to play
    #[arg(value_enum, default_value_t = Story::Feed)]
    story: Story,
    /// Repeat the story until stopped
    #[arg(long = "loop")]
    repeat: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Story {
    /// The platform is a Mitel Connect event feed, the application speaks CTIPS
    Feed,
    /// The platform is MiCC Enterprise (CCAS), the application was written for the Mitel event feed
    Ccas,
    /// The platform is a Mitel Connect event feed, a CTIPS application routes its calls, an Open Media Service finds agents
    Routing,
}

impl From<Story> for demo::Story {
    fn from(story: Story) -> demo::Story {
        match story {
            Story::Feed => demo::Story::Feed,
            Story::Ccas => demo::Story::Ccas,
            Story::Routing => demo::Story::Routing,
        }
    }
}

pub fn run(options: &Options) -> ExitCode {
    let mappings = match mappings(None) {
        Ok(mappings) => mappings,
        Err(error) => return failed(error),
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(error),
    };
    let played = runtime.block_on(async {
        tokio::select! {
            played = demo::run(options.story.into(), &mappings, options.repeat, show) => played,
            _ = tokio::signal::ctrl_c() => Ok(()),
        }
    });
    played.map_or_else(failed, |()| ExitCode::SUCCESS)
}

/// Prints a line of the stage. If the reader has closed the pipe, the program ends successfully.
fn show(line: &str) {
    if writeln!(std::io::stdout(), "{line}").is_err() {
        std::process::exit(0);
    }
}
