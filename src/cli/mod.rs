//! The command line: what can be asked of the program, and with which exit codes it answers.

mod check;
mod check_wsdl;
mod coverage;
mod demo;
mod run;
mod translate;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand};

use crate::{diagnostic::Problems, mapping::Mappings, one_line::one_line, settings::PREFIX, shipped::Files};

#[derive(Parser)]
#[command(
    name = "cti-bridge",
    version,
    about = "Lets a program written for one vendor's CTI interface run against another vendor's platform",
    long_about = "A sidecar between contact-centre platforms and the applications written for their CTI interfaces. It \
                  connects to platforms, serves applications in the dialect they were written for, and translates both ways \
                  by declarative mapping files.",
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
    /// The configuration is the file, over it the environment (CTI_BRIDGE_PLATFORM__MITEL__ADDRESS is address of
    /// [platform.mitel]), over both --set. Stops on SIGTERM or Ctrl-C: sessions are told, queues drain within the configured
    /// grace time.
    Run(run::Options),
    /// Show what the bridge does, with nothing installed
    ///
    /// An embedded platform plays calls, the bridge translates, an embedded application hears them and asks for things: the
    /// platform's messages stand on the left, what the application hears and asks on the right. Uses loopback only.
    Demo(demo::Options),
    /// Translate messages from stdin to stdout, one JSON object a line
    ///
    /// The platform's side may say events and replies, the application's side requests; lines of both may be mixed and are
    /// recognised by their shape. The messages of a dialect that is JSON stand as they are; in a dialect that is SOAP an event
    /// is {"EventType": …, fields}, and a request {"<operation>": {fields}}. The messages' times are the clock, which never goes back: UTC where they tell it. At the
    /// end of input every timer runs out. A line that cannot be taken is named on stderr with its number and the reason, and the rest goes on.
    Translate(translate::Options),
    /// Check every vocabulary, rule and example, and the configuration
    ///
    /// All that is wrong is shown at once, with file, line, column, the line itself and the nearest right name; of a
    /// file that is no TOML only where it is none. Exits with 1 if anything is wrong. The configuration is what `run` would make of the file, the environment and --set. With --wsdl, a service's WSDL is compared with a dialect instead.
    Check(check::Options),
    /// Show what becomes of every message and field between two dialects
    ///
    /// Each field is carried (its value goes through), derived (it goes into the picture, or comes out of it), absent (the
    /// other side has nothing for it) or ignored (for a reason). Without --from and --to, all pairs that can be run.
    Coverage(coverage::Options),
}

/// Where mappings come from.
#[derive(Args)]
struct MappingOptions {
    /// A folder with vocabularies and rules that replace the shipped ones, file by file
    #[arg(long, value_name = "DIR")]
    mappings: Option<PathBuf>,
}

/// What wins over the configuration's file.
#[derive(Args)]
struct Overrides {
    /// Set a key of the configuration, such as platform.mitel.address=10.0.0.1:31456; wins over file and environment
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
         its work (said on stderr); 2 the command line could not be understood.\n\nDialects: {}.",
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

/// Says what went wrong, on stderr.
fn failed(failure: impl Into<Failure>) -> ExitCode {
    let Failure { reason, reports } = failure.into();
    say(&format!("cti-bridge: {reason}"));
    show(&reports);
    ExitCode::FAILURE
}

/// The environment's variables that are texts. Of those that set keys all have to be.
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

/// Writes to stdout; whoever stops reading has seen enough.
fn print(text: &str) -> ExitCode {
    use std::io::Write;
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => failed(error),
        _ => ExitCode::SUCCESS,
    }
}

/// The mapping files in use.
fn files(folder: Option<&Path>) -> Result<Files, String> {
    match folder {
        None => Ok(Files::built_in()),
        Some(folder) => Files::overridden_by(folder).map_err(|error| format!("{}: {error}", folder.display())),
    }
}

/// The mappings, if nothing is wrong with them.
fn mappings(folder: Option<&Path>) -> Result<Mappings, Failure> {
    let mut problems = Problems::default();
    let mappings = Mappings::load(&files(folder)?, &mut problems);
    match problems.is_empty() {
        true => Ok(mappings),
        false => Err(Failure { reason: "the mappings are wrong".into(), reports: problems.render() }),
    }
}
