//! `cti-bridge run`: the daemon.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use super::{Overrides, environment, failed, files};
use crate::{
    config::{self, Config, Log, Sources},
    diagnostic::Problems,
    mapping::Mappings,
    net,
};

#[derive(Args)]
pub struct Options {
    /// The configuration file
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    #[command(flatten)]
    overrides: Overrides,
    /// A folder with vocabularies and rules that replace the shipped ones, file by file
    #[arg(long, value_name = "DIR")]
    mappings: Option<PathBuf>,
}

pub fn run(options: &Options) -> ExitCode {
    let (config, mappings) = match load(options) {
        Ok(loaded) => loaded,
        Err(error) => return failed(error),
    };
    start_log(&config.log);
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(error),
    };
    runtime.block_on(async {
        // Before anybody is served: whoever sees that it runs may tell it to stop.
        let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
        else {
            return failed("signals cannot be listened for");
        };
        let mut running = match net::start(config, &mappings).await {
            Ok(running) => running,
            Err(error) => return failed(error),
        };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = running.ended() => return failed("the bridge ended by itself, which it never should"),
        }
        tracing::info!("shutting down");
        if !running.stop().await {
            tracing::warn!("not everything was delivered within the grace time");
        }
        ExitCode::SUCCESS
    })
}

fn load(options: &Options) -> Result<(Config, Mappings), String> {
    let name = options.config.display().to_string();
    let text = std::fs::read_to_string(&options.config).map_err(|error| format!("{name}: {error}"))?;
    let mut problems = Problems::default();
    let sources = Sources::merge(Some((&name, &text)), environment()?, &options.overrides.set, &mut problems);
    let folder = options.mappings.clone().or_else(|| config::mappings_folder(&sources));
    let mappings = Mappings::load(&files(folder.as_deref())?, &mut problems);
    let config = config::read(&sources, &mappings, &mut problems);
    match problems.is_empty() {
        true => Ok((config, mappings)),
        false => Err(format!("{} wrong\n{}", problems.len(), problems.render())),
    }
}

/// Logs go to stderr, one line an event.
fn start_log(log: &Log) {
    let filter = EnvFilter::try_new(&log.level).unwrap_or_else(|_| EnvFilter::new("info"));
    let log_ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    // A line that could not be written would be complained about on stderr, where nobody reads any more, by a panic.
    let log_ = log_.log_internal_errors(false);
    if log.json {
        log_.json().flatten_event(true).init();
    } else {
        log_.with_ansi(false).init();
    }
}
