//! The command line: subcommands, their shared options, exit codes, and output to stdout and stderr. Results go to stdout, all else
//! to stderr. The work itself is done by the other rooms.

mod capture;
mod check;
mod check_wsdl;
mod coverage;
mod demo;
mod hash_password;
mod health;
mod manual;
mod mappings;
mod operate;
mod reload;
mod run;
#[cfg(windows)]
mod service;
mod signals;
mod support;
mod translate;
mod watch;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand};

use crate::{
    diagnostic::Problems,
    dialect::Registry,
    mapping::Mappings,
    one_line::one_line,
    settings::{PREFIX, Sources},
    shipped::Files,
};

/// The version with the commit, as `--version` shows it.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("BRIDGE_COMMIT"), ")");

#[derive(Parser)]
#[command(
    name = "cti-bridge",
    version = VERSION,
    about = "Lets an application written for one vendor's CTI interface run against another vendor's platform",
    long_about = "A sidecar between contact-centre platforms and applications. It connects to platforms, serves each \
                  application in the dialect that it was written for, and translates in both directions by declarative \
                  mapping files.",
    after_help = after_help()
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the bridge: connect to the platforms and serve the applications of a configuration
    ///
    /// The environment overrides the configuration file (CTI_BRIDGE_PLATFORM__MITEL__ADDRESS is `address` of
    /// [platform.mitel]), and --set overrides both. SIGTERM and Ctrl-C stop the bridge: it notifies all sessions, and queues
    /// drain for at most `shutdown_grace`.
    Run(run::Options),
    /// Show what the bridge does, with nothing else installed
    ///
    /// An embedded platform plays calls, the bridge translates them, and an embedded application receives the events and
    /// sends requests. The platform's messages are on the left, the application's on the right. Uses loopback only.
    Demo(demo::Options),
    /// Translate messages from stdin to stdout, as JSON objects
    ///
    /// Any dialect that has a vocabulary and rules can be translated, also one of a --mappings folder. The input is lines of
    /// one JSON object each, or a raw capture of an event feed, in which NUL ends each message: the bytes show which. Its
    /// messages are events and replies of the platform, and requests of the application, in any order. Their form tells them
    /// apart: a message of a JSON dialect is its own JSON; in a SOAP dialect an event is {"<name>": "<event>", fields}, where
    /// <name> is the field that the vocabulary says in `name`, and a request is {"<operation>": {fields}}. The times in the
    /// messages (UTC if they have it) are the clock, which never goes back. At the end of the input, every timer expires. A
    /// line that cannot be used is reported on stderr with its number and the reason, and translation continues with the next
    /// line. A summary on stderr ends the translation: what was told, what failed, what was not understood, and what had no effect.
    Translate(translate::Options),
    /// Check every vocabulary, rule and example, and the configuration
    ///
    /// Shows all errors at once, with file, line, column, the line itself and the nearest valid name. If a file is not
    /// valid TOML, only its syntax errors are reported. Exits with 1 if there is an error. The configuration is checked as
    /// `run` would load it from the file, the environment and --set. With --wsdl, a service's WSDL is compared with a
    /// dialect instead.
    Check(check::Options),
    /// Show what becomes of every message and field between two dialects
    ///
    /// Each field is carried (its value goes through), derived (it goes into the live picture, or comes out of it), absent
    /// (the other side has no such field), ignored (with a reason), or refused with its message. Without --from and --to, the
    /// report covers all pairs that can be run.
    Coverage(coverage::Options),
    /// Show which mapping files are built in, which are in force, and how they differ
    Mappings(mappings::Options),
    /// Have a bridge that runs load its configuration, mappings, users and certificates again
    ///
    /// As SIGHUP does, but the outcome is shown. Everything is checked first; if anything is wrong, nothing changes, and this
    /// exits with 1. Changes that need a restart are named.
    Reload(operate::Reload),
    /// Set the level of the log of a bridge that runs, until it is loaded again or restarted
    LogLevel(operate::LogLevel),
    /// Show the story of a call, an agent or a request of a bridge that runs
    ///
    /// What came in, which rules fired, what followed, what each application was told, under which ids, as far as the bridge
    /// remembers it (`[trace] memory`). An id counts whichever side uses it, unless --platform says whose it is; a transfer
    /// makes one story of two calls.
    Trace(operate::Trace),
    /// Write a file for a support case: the build, the masked configuration, complaints and metrics of a bridge that runs
    Support(operate::Support),
    /// Ask a bridge that runs whether it works
    ///
    /// Prints the answer of /healthz or, with --ready, of /readyz. Exits with 0 if it is good, and with 1 if it is bad or there
    /// is none. The bridge needs the section [admin].
    Health(health::Options),
    /// Print a hash to put in place of a user's password
    ///
    /// The password is asked for and not shown, or is the one line of stdin. The hash is argon2id in PHC form, for `users` and
    /// users files of dialects whose clients send the password itself: ctips and open-media.
    HashPassword(hash_password::Options),
    /// Print the completions of a shell
    ///
    /// For bash: cti-bridge completions bash > /usr/share/bash-completion/completions/cti-bridge
    Completions(manual::Completions),
    /// Write the pages of the manual to a folder, one for each command
    ///
    /// man ./DIR/cti-bridge-run.1 shows one of them.
    Man(manual::Pages),
    /// Run the bridge as a service of Windows
    ///
    /// Only the service manager can start it: sc create cti-bridge binPath= "C:\...\cti-bridge.exe service --config FILE
    /// --log FILE". It stops as on Ctrl-C. `sc control cti-bridge paramchange` loads the configuration and the rules again.
    #[cfg(windows)]
    Service(service::Options),
}

/// The option for the mapping files.
#[derive(Args)]
struct MappingOptions {
    /// A folder whose mapping files replace the built-in ones of the same name, or add a dialect
    #[arg(long, value_name = "DIR")]
    mappings: Option<PathBuf>,
}

/// The option for keys that override the configuration file.
#[derive(Args)]
struct Overrides {
    /// Set a key of the configuration, such as platform.mitel.address=10.0.0.1:31456; overrides the file and the environment
    #[arg(long = "set", value_name = "KEY=VALUE", requires = "config")]
    set: Vec<String>,
}

impl Overrides {
    /// Keys and values. An argument without `=` is not shown in the error, because it may be a secret.
    fn pairs(&self) -> Result<Vec<(String, String)>, String> {
        let pair = |(place, text): (usize, &String)| {
            let (key, value) =
                text.split_once('=').ok_or_else(|| format!("--set number {}: expected KEY=VALUE", place + 1))?;
            Ok((key.trim().to_owned(), value.to_owned()))
        };
        self.set.iter().enumerate().map(pair).collect()
    }
}

fn after_help() -> String {
    let dialects: Vec<String> =
        shipped_dialects().into_iter().map(|dialect| format!("{} ({})", dialect.name, dialect.title)).collect();
    format!(
        "Exit codes: 0 all went well; 1 something is wrong with the input or the configuration, or the program could not do \
         its work (said on stderr); 2 the command line could not be understood; 3 `mappings diff` found differences.\n\nDialects: {}.",
        dialects.join(", ")
    )
}

/// A dialect as help texts name it.
struct ShippedDialect {
    name: String,
    title: String,
    is_soap: bool,
}

/// The dialects inside the binary. Loading their vocabularies would make every start slower: only the lines at the top are
/// looked at.
fn shipped_dialects() -> Vec<ShippedDialect> {
    let files = Files::built_in();
    let dialect = |name: &str| {
        let text = &files.get(&format!("dialects/{name}.toml"))?.text;
        let value = |key: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(key)?.trim_start().strip_prefix('='));
            line.unwrap_or_default().trim().trim_matches('"').to_owned()
        };
        Some(ShippedDialect { name: name.to_owned(), title: value("title"), is_soap: value("form") == "soap" })
    };
    files.dialects().filter_map(dialect).collect()
}

pub fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Run(options) => run::run(&options),
        Command::Demo(options) => demo::run(&options),
        Command::Translate(options) => translate::run(&options),
        Command::Check(options) => check::run(&options),
        Command::Coverage(options) => coverage::run(&options),
        Command::Mappings(options) => mappings::run(&options),
        Command::Reload(options) => operate::reload(&options),
        Command::LogLevel(options) => operate::log_level(&options),
        Command::Trace(options) => operate::trace(&options),
        Command::Support(options) => operate::support(&options),
        Command::Health(options) => health::run(&options),
        Command::HashPassword(options) => hash_password::run(&options),
        Command::Completions(options) => manual::completions(&options),
        Command::Man(options) => manual::pages(&options),
        #[cfg(windows)]
        Command::Service(options) => service::run(options),
    }
}

/// The reason why the program can't do its work.
struct Failure {
    reason: String,
    /// Reports about files, of several lines each.
    reports: String,
}

impl<T: std::fmt::Display> From<T> for Failure {
    fn from(reason: T) -> Failure {
        Failure { reason: reason.to_string(), reports: String::new() }
    }
}

/// Writes the reason and its reports to stderr.
fn failed(failure: impl Into<Failure>) -> ExitCode {
    let Failure { reason, reports } = failure.into();
    say(&format!("cti-bridge: {reason}"));
    show(&reports);
    ExitCode::FAILURE
}

/// The variables of the environment that are UTF-8. One that sets a key and is not UTF-8 is an error.
fn environment() -> Result<BTreeMap<String, String>, String> {
    let mut texts = BTreeMap::new();
    for (name, value) in std::env::vars_os() {
        match (name.into_string(), value.into_string()) {
            (Ok(name), Ok(value)) => _ = texts.insert(name, value),
            (Ok(name), Err(_)) if name.starts_with(PREFIX) => return Err(format!("the variable {name} is not UTF-8")),
            _ => {}
        }
    }
    Ok(texts)
}

/// Writes one line to stderr, with line ends in quoted text escaped. Errors are ignored: a closed stderr does not stop
/// the program.
fn say(text: &str) {
    show(&format!("{}\n", one_line(text)));
}

/// Writes reports to stderr, unchanged.
fn show(reports: &str) {
    use std::io::Write;
    let _ = std::io::stderr().lock().write_all(reports.as_bytes());
}

/// Writes to stdout. A reader that has closed the pipe, as `head` does, is no failure.
fn print(text: &str) -> ExitCode {
    use std::io::Write;
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => failed(error),
        _ => ExitCode::SUCCESS,
    }
}

/// The number of errors, as a text.
fn errors(problems: &Problems) -> String {
    match problems.len() {
        1 => "1 error".to_owned(),
        count => format!("{count} errors"),
    }
}

/// The sources of a configuration: its file, the environment, and --set. Mistakes in the syntax are added to `problems`.
fn sources(
    path: &Path,
    environment: BTreeMap<String, String>,
    overrides: &Overrides,
    registry: &Registry,
    problems: &mut Problems,
) -> Result<Sources, String> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
    Ok(Sources::merge(Some((&name, &text)), environment, &overrides.pairs()?, &registry.named(), problems))
}

/// The mapping files in use.
fn files(folder: Option<&Path>) -> Result<Files, String> {
    match folder {
        None => Ok(Files::built_in()),
        Some(folder) => Files::overridden_by(folder).map_err(|error| format!("{}: {error}", folder.display())),
    }
}

/// The mappings, if they have no errors.
fn mappings(folder: Option<&Path>) -> Result<Mappings, Failure> {
    let mut problems = Problems::default();
    let mappings = Mappings::load(&files(folder)?, &mut problems);
    match problems.is_empty() {
        true => Ok(mappings),
        false => {
            Err(Failure { reason: format!("{} in the mapping files", errors(&problems)), reports: problems.render() })
        }
    }
}
