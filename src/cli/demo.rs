//! `cti-bridge demo`: plays a story with embedded stand-ins for the vendors' systems (`sim::demo`).

use std::{io::Write, net::SocketAddr, process::ExitCode};

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
    /// Play the story with nobody at the desk, and end (desktop; the other stories always do)
    #[arg(long, conflicts_with = "repeat")]
    once: bool,
    /// Where the page of the desk is served (desktop)
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8780")]
    listen: SocketAddr,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Story {
    /// The platform is a Mitel Connect event feed, the application speaks CTIPS
    Feed,
    /// The platform is MiCC Enterprise (CCAS), the application was written for the Mitel event feed
    Ccas,
    /// The platform is a Mitel Connect event feed, a CTIPS application routes its calls, an Open Media Service finds agents
    Routing,
    /// An agent's desk in your browser, written for AgentClient; the platform is MiCC Enterprise (CCAS) with customers who call
    Desktop,
}

impl From<Story> for demo::Story {
    fn from(story: Story) -> demo::Story {
        match story {
            Story::Feed => demo::Story::Feed,
            Story::Ccas => demo::Story::Ccas,
            Story::Routing => demo::Story::Routing,
            Story::Desktop => demo::Story::Desktop,
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
        let played = async {
            match options.story {
                Story::Desktop if !options.once && !options.repeat => {
                    demo::desktop::open(&mappings, options.listen, show).await
                }
                story => demo::run(story.into(), &mappings, options.repeat, show).await,
            }
        };
        tokio::select! {
            played = played => played,
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
