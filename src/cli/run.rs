//! `cti-bridge run`: loads the configuration, runs the bridge, and stops it on a signal.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{Failure, Overrides, environment, errors, failed, files, reload::reload, sources};
use crate::{
    config::{self, Config},
    diagnostic::Problems,
    dialect::Registry,
    log::{self, Log},
    mapping::Mappings,
    net,
    port::Notice,
};

#[derive(Args)]
pub struct Options {
    /// The configuration file
    #[arg(long, value_name = "FILE")]
    pub(super) config: PathBuf,
    #[command(flatten)]
    pub(super) overrides: Overrides,
    /// A folder whose mapping files replace the built-in ones of the same name
    #[arg(long, value_name = "DIR")]
    pub(super) mappings: Option<PathBuf>,
}

pub fn run(options: &Options) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(error),
    };
    runtime.block_on(async {
        // Signal handlers come first: a signal that arrives during the start is not lost, and only the intended ones
        // end the program.
        let Ok(mut signals) = Signals::new() else { return failed("cannot install signal handlers") };
        let Loaded { config, mappings, rest } =
            match load(&options.config, &options.overrides, options.mappings.as_deref()) {
                Ok(loaded) => loaded,
                Err(error) => return failed(error),
            };
        let log = match Log::start(&config.log) {
            Ok(log) => log,
            Err(error) => return failed(error),
        };
        config.warnings.iter().for_each(write);
        for overlay in &mappings.overlays {
            write(&Notice::OverlayInForce { path: overlay.file.clone(), changes: overlay.changes.join(", ") });
        }
        match serve(config, &mappings, &mut signals, (options, &rest)).await {
            Ok(()) => {
                log.finish();
                ExitCode::SUCCESS
            }
            Err(reason) => {
                log.last(&format!("cti-bridge: {reason}"));
                ExitCode::FAILURE
            }
        }
    })
}

/// Runs the bridge until it is told to stop. `loaded` is where the configuration came from, and what it said.
async fn serve(
    config: Config,
    mappings: &Mappings,
    signals: &mut Signals,
    (options, before): (&Options, &BTreeMap<String, u64>),
) -> Result<(), String> {
    let mut running = net::start(config, mappings).await?;
    loop {
        let order = tokio::select! {
            order = signals.next() => order,
            () = running.ended() => return Err("the bridge stopped unexpectedly".into()),
        };
        match order {
            Order::Stop => break,
            Order::Reload => reload(options, &running, before).await,
            Order::Nothing(signal) => write(&Notice::SignalIgnored { signal }),
        }
    }
    write(&Notice::Stopping {});
    if !running.stop().await {
        write(&Notice::StopCutShort {});
    }
    Ok(())
}

/// Logs what happens to the process, which is about no platform and no application.
pub(super) fn write(notice: &Notice) {
    log::notices::write(None, None, notice);
}

/// The signals that the bridge handles. It ignores SIGPIPE; SIGQUIT and all others keep their default action.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    /// SIGHUP: the configuration and the mappings are loaded again.
    hang_up: Signal,
    user: [Signal; 2],
}

impl Signals {
    fn new() -> std::io::Result<Signals> {
        Ok(Signals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
            user: [signal(SignalKind::user_defined1())?, signal(SignalKind::user_defined2())?],
        })
    }

    /// The next signal.
    async fn next(&mut self) -> Order {
        let [first, second] = &mut self.user;
        tokio::select! {
            _ = self.terminate.recv() => Order::Stop,
            _ = self.interrupt.recv() => Order::Stop,
            _ = self.hang_up.recv() => Order::Reload,
            _ = first.recv() => Order::Nothing("SIGUSR1"),
            _ = second.recv() => Order::Nothing("SIGUSR2"),
        }
    }
}

/// What a signal asks for.
enum Order {
    Stop,
    Reload,
    /// Nothing, from the signal of this name.
    Nothing(&'static str),
}

/// A configuration with its mappings.
pub(super) struct Loaded {
    pub config: Config,
    pub mappings: Mappings,
    /// The sections of the configuration, each as a number that changes with it. The keys that say something to rules are
    /// not in it.
    pub rest: BTreeMap<String, u64>,
}

/// The keys of a section that say something to its rules: they can change while the bridge runs.
const OF_RULES: [&str; 4] = ["rules", "tables", "numbers", "zone"];

/// Reads a configuration and the mappings that go with it, from a folder if one is given.
pub(super) fn load(path: &Path, overrides: &Overrides, folder: Option<&Path>) -> Result<Loaded, Failure> {
    let (registry, mut problems) = (Registry::shipped(), Problems::default());
    let sources = sources(path, environment()?, overrides, &registry, &mut problems)?;
    let folder = folder.map(Path::to_owned).or_else(|| config::mappings_folder(&sources));
    let mappings = Mappings::load(&files(folder.as_deref())?, &mut problems);
    let config = config::read(&sources, &mappings, &registry, &mut problems);
    match problems.is_empty() {
        true => Ok(Loaded { config, mappings, rest: sources.fingerprints(&OF_RULES) }),
        false => Err(Failure { reason: errors(&problems), reports: problems.render() }),
    }
}
