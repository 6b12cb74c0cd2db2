//! `cti-bridge demo`: the main job, with embedded stand-ins for the vendors' systems.

use std::{io::Write, process::ExitCode};

use clap::{Args, ValueEnum};

use super::{failed, mappings};
use crate::sim::demo;

#[derive(Args)]
pub struct Options {
    /// What is shown
    #[arg(value_enum, default_value_t = Story::Feed)]
    story: Story,
    /// Play again and again, until stopped
    #[arg(long = "loop")]
    repeat: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Story {
    /// A Mitel Connect event feed behind, a CTIPS application in front
    Feed,
    /// MiCC Enterprise (CCAS) behind, an event-feed application in front
    Ccas,
    /// A Mitel Connect event feed behind, a CTIPS routing application in front, an Open Media Service to find agents
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

/// A line of the stage; whoever stops reading has seen enough.
fn show(line: &str) {
    if writeln!(std::io::stdout(), "{line}").is_err() {
        std::process::exit(0);
    }
}
