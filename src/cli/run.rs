//! `cti-bridge run`: loads the configuration, runs the bridge, and stops it on a signal.

use std::{
    collections::BTreeMap,
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

use super::{
    Failure, Overrides, environment, errors, failed, files,
    reload::InForce,
    signals::{Order, Signals},
    sources, support,
    watch::Watch,
};
use crate::{
    config::{self, Config},
    diagnostic::Problems,
    dialect::Registry,
    log::{self, Log},
    mapping::Mappings,
    net::{
        self, Done, Running,
        supervisor::{Named, State, Supervisor},
    },
    port::Notice,
    shipped::Files,
};
use clap::Args;

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

/// The surroundings of a run: who gives orders, who is told how it stands, and where its log goes.
pub struct Around {
    pub signals: Signals,
    pub sink: Box<dyn Write + Send>,
    /// If the supervisor cannot be reached, the reason.
    pub supervisor: Result<Supervisor, String>,
}

impl Around {
    /// Those of a process: signals, stderr, and the supervisor that the environment names.
    fn process() -> Result<Around, Failure> {
        let signals = Signals::new().map_err(|error| format!("cannot install signal handlers: {error}"))?;
        Ok(Around { signals, sink: log::stderr(), supervisor: Supervisor::find(&Named::by_environment()) })
    }
}

pub fn run(options: &Options) -> ExitCode {
    match bridge(options, Around::process) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => failed(error),
    }
}

/// Runs the bridge until it is told to stop. Returns whether it ended well; if not, the log has the reason.
pub fn bridge(options: &Options, around: impl FnOnce() -> Result<Around, Failure>) -> Result<bool, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        // Signal handlers come first: a signal that arrives during the start is not lost, and only the intended ones
        // end the program.
        let Around { mut signals, sink, supervisor } = around()?;
        let Loaded { config, mappings, files, rest, watched, .. } =
            load(&options.config, &options.overrides, options.mappings.as_deref(), None)?;
        let log = Log::start(&config.log, sink)?;
        write(&Notice::Started { version: net::build::VERSION, commit: net::build::COMMIT });
        config.warnings.iter().for_each(write);
        for overlay in &mappings.overlays {
            write(&Notice::OverlayInForce { path: overlay.file.clone(), changes: overlay.changes.join(", ") });
        }
        let supervisor = supervisor.unwrap_or_else(|reason| {
            write(&Notice::SupervisorAway { reason });
            Supervisor::nobody()
        });
        let watch = Watch::new(config.watch, watched);
        let in_force = InForce { files, mappings, rest, watch };
        match serve(config, in_force, (&mut signals, supervisor), options).await {
            Ok(()) => log.finish(),
            Err(reason) => {
                log.last(&format!("cti-bridge: {reason}"));
                return Ok(false);
            }
        }
        Ok(true)
    })
}

/// Runs the bridge until it is told to stop. `options` say where the configuration came from.
async fn serve(
    config: Config,
    mut in_force: InForce,
    (signals, mut supervisor): (&mut Signals, Supervisor),
    options: &Options,
) -> Result<(), String> {
    let mut running = net::start(config, &in_force.mappings).await?;
    let mut orders = running.take_orders().ok_or("somebody else takes the orders")?;
    running.give_signs_of_life(&mut supervisor).await;
    supervisor.tell(State::Ready);
    loop {
        let order = tokio::select! {
            order = signals.next() => order,
            Some(asked) = orders.recv() => {
                carry_out(asked, options, &mut running, &mut in_force).await;
                continue;
            }
            () = in_force.watch.changed() => Order::Reload,
            () = running.ended() => return Err("the bridge stopped unexpectedly".into()),
        };
        match order {
            Order::Stop => break,
            Order::Reload => {
                supervisor.tell(State::Reloading);
                let _ = in_force.reload(options, &mut running).await;
                supervisor.tell(State::Ready);
            }
            Order::Nothing(signal) => running.complain(Notice::SignalIgnored { signal }).await,
        }
    }
    supervisor.tell(State::Stopping);
    write(&Notice::Stopping {});
    if !running.stop().await {
        write(&Notice::StopCutShort {});
    }
    Ok(())
}

/// Does what somebody asks for over the Unix socket.
async fn carry_out(order: net::Order, options: &Options, running: &mut Running, in_force: &mut InForce) {
    // Whoever has gone meanwhile needs no answer.
    match order {
        net::Order::Reload(reply) => _ = reply.send(in_force.reload(options, running).await),
        net::Order::LogLevel { level, reply } => _ = reply.send(set_level(&level, running).await),
        net::Order::Support(reply) => _ = reply.send(support::collect(options, running).await),
    }
}

async fn set_level(level: &str, running: &Running) -> Done {
    let filter = log::filter::read(level)?;
    log::show(&filter)?;
    running.tell_stories().await;
    let changed = Notice::LevelChanged { filter };
    let line = changed.to_string();
    running.complain(changed).await;
    Ok(vec![line])
}

/// Logs what happens to the process before the bridge runs, or when it has stopped.
fn write(notice: &Notice) {
    log::notices::write(None, None, notice);
}

/// A configuration with its mappings.
pub(super) struct Loaded {
    pub config: Config,
    pub mappings: Mappings,
    /// The files that the mappings are made of.
    pub files: Files,
    /// The sections of the configuration, each as a number that changes with it. Those of [`CHANGES`] are
    /// not in it.
    pub rest: BTreeMap<String, u64>,
    /// The files that all this was read from.
    pub watched: Vec<PathBuf>,
    /// The file, with everything masked that was not read as plain.
    pub shown: String,
}

/// The keys that can change without more ado: those that say something to rules, users, TLS, the level of the log; and the list of
/// an application's platforms, which is compared apart.
const CHANGES: [&str; 11] = [
    "rules",
    "tables",
    "numbers",
    "zone",
    "users",
    "users_file",
    "read_only",
    "tls",
    "callback_tls",
    "level",
    "platforms",
];

/// Reads a configuration and the mappings that go with it. Mappings that are in force, and whose files have not changed, are
/// not compiled again.
pub(super) fn load(
    path: &Path,
    overrides: &Overrides,
    folder: Option<&Path>,
    in_force: Option<&InForce>,
) -> Result<Loaded, Failure> {
    let (registry, mut problems) = (Registry::shipped(), Problems::default());
    let sources = sources(path, environment()?, overrides, &registry, &mut problems)?;
    let folder = folder.map(Path::to_owned).or_else(|| config::mappings_folder(&sources));
    let files = files(folder.as_deref())?;
    let before = in_force.map(|known| (&known.files, &known.mappings));
    let mappings = Mappings::load_anew(&files, before, &mut problems);
    let config = config::read(&sources, &mappings, &registry, &mut problems);
    match problems.is_empty() {
        true => {
            let own = [Some(path.to_owned()), folder];
            let watched = own.into_iter().flatten().chain(sources.named_files()).collect();
            let (rest, shown) = (sources.fingerprints(&CHANGES), sources.masked());
            Ok(Loaded { config, mappings, files, rest, watched, shown })
        }
        false => Err(Failure { reason: errors(&problems), reports: problems.render() }),
    }
}
