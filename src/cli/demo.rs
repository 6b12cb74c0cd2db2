//! `cti-bridge demo`: plays a story with embedded stand-ins for the vendors' systems (`sim::demo`).

use std::{
    io::{IsTerminal, Write},
    net::SocketAddr,
    process::ExitCode,
};

use clap::{Args, ValueEnum};

use super::{failed, mappings};
use crate::sim::{demo, stage::Look};

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
    /// Whether to use colours; by default if stdout is a terminal and NO_COLOR is not set
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Colour::Auto)]
    color: Colour,
}

#[derive(Clone, Copy, ValueEnum)]
enum Colour {
    Auto,
    Always,
    Never,
}

/// The width where there is no terminal that has one.
const WIDTH: usize = 120;

/// The look of the stage on this stdout.
fn look(colour: Colour) -> Look {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let columns = || set("COLUMNS")?.into_string().ok()?.parse().ok();
    let terminal = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    let has_colour = match colour {
        Colour::Auto => {
            std::io::stdout().is_terminal()
                && set("NO_COLOR").is_none()
                && set("TERM").is_none_or(|term| term != "dumb")
        }
        Colour::Always => true,
        Colour::Never => false,
    };
    Look { width: terminal().or_else(columns).unwrap_or(WIDTH), has_colour }
}

#[derive(Clone, Copy, ValueEnum)]
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
                    demo::desktop::open(&mappings, options.listen, look(options.color), show).await
                }
                story => demo::run(story.into(), &mappings, options.repeat, look(options.color), show).await,
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
