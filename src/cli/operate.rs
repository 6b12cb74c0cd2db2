//! The commands for a bridge that runs: `reload`, `log-level`, `trace`, `support`. They go over its Unix socket, and whoever may
//! open that may give them.

use std::{
    fs::OpenOptions,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{ArgGroup, Args};
use serde_json::{Value, json};

use super::{Failure, environment, failed, print};
use crate::{
    config::Admin,
    diagnostic::Problems,
    dialect::Registry,
    settings::{Section, Sources},
};

/// Where a bridge has its socket as a service.
const USUAL: &str = "/run/cti-bridge/admin.sock";

/// Which bridge is meant.
#[derive(Args)]
pub struct Target {
    /// The socket of the bridge (`[admin] socket`) [default: that of --config, or /run/cti-bridge/admin.sock]
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
    /// The configuration of the bridge, which names its socket
    #[arg(long, value_name = "FILE", conflicts_with = "socket")]
    config: Option<PathBuf>,
}

#[derive(Args)]
pub struct Reload {
    #[command(flatten)]
    target: Target,
}

#[derive(Args)]
pub struct LogLevel {
    /// A level, or a filter such as "info,cti_bridge::net=debug"
    #[arg(value_name = "LEVEL")]
    level: String,
    #[command(flatten)]
    target: Target,
}

#[derive(Args)]
#[command(group = ArgGroup::new("what").required(true).args(["call", "agent", "request"]))]
pub struct Trace {
    /// A call, by its id on any side
    #[arg(long, value_name = "ID")]
    call: Option<String>,
    /// An agent, by the id or number on any side
    #[arg(long, value_name = "ID")]
    agent: Option<String>,
    /// A request, by the number that its application gave it
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    request: Option<i64>,
    /// The platform whose id of the call or the agent it is, by its name in the configuration
    #[arg(long, value_name = "NAME", conflicts_with = "request")]
    platform: Option<String>,
    /// Go on and show what happens, until interrupted
    #[arg(long)]
    follow: bool,
    #[command(flatten)]
    target: Target,
}

#[derive(Args)]
pub struct Support {
    /// The file to write; it must not be there yet
    #[arg(long, value_name = "FILE", default_value = "cti-bridge-support.txt")]
    output: PathBuf,
    #[command(flatten)]
    target: Target,
}

pub fn reload(options: &Reload) -> ExitCode {
    shown(&options.target, &json!({ "do": "reload" }))
}

pub fn log_level(options: &LogLevel) -> ExitCode {
    shown(&options.target, &json!({ "do": "log-level", "level": options.level }))
}

pub fn trace(options: &Trace) -> ExitCode {
    let Trace { call, agent, request, platform, follow, target } = options;
    let order = json!({ "do": "trace", "call": call, "agent": agent, "request": request, "platform": platform,
        "follow": follow });
    shown(target, &order)
}

/// Prints the lines of the answer as they come.
fn shown(target: &Target, order: &Value) -> ExitCode {
    match ask(target, order, |line| print(&format!("{line}\n"))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failed(failure),
    }
}

pub fn support(options: &Support) -> ExitCode {
    let mut text = String::new();
    let asked = ask(&options.target, &json!({ "do": "support" }), |line| {
        text += line;
        text.push('\n');
        ExitCode::SUCCESS
    });
    if let Err(failure) = asked {
        return failed(failure);
    }
    match write(&options.output, &text) {
        Ok(()) => print(&format!("{}\n", options.output.display())),
        Err(error) => failed(format!("{}: {error}", options.output.display())),
    }
}

/// Writes a file that only its owner can read.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let mut open = OpenOptions::new();
    open.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
    open.open(path)?.write_all(text.as_bytes())
}

/// Gives an order, and hands on each line of the answer.
#[cfg(unix)]
fn ask(target: &Target, order: &Value, mut tell: impl FnMut(&str) -> ExitCode) -> Result<(), Failure> {
    let path = target.path()?;
    let failed =
        |error: std::io::Error| format!("{}: {error}; does the bridge run, and may you use it?", path.display());
    let mut stream = std::os::unix::net::UnixStream::connect(&path).map_err(failed)?;
    stream.write_all(format!("{order}\n").as_bytes()).map_err(failed)?;
    for line in BufReader::new(stream).lines() {
        let answer: Value = serde_json::from_str(&line.map_err(failed)?)?;
        if let Some(reason) = answer["error"].as_str() {
            let (reason, reports) = reason.split_once('\n').unwrap_or((reason, ""));
            let reports = if reports.is_empty() { String::new() } else { format!("{reports}\n") };
            return Err(Failure { reason: reason.to_owned(), reports });
        }
        let Some(line) = answer["line"].as_str() else { return Ok(()) };
        if tell(line) != ExitCode::SUCCESS {
            return Ok(());
        }
    }
    Err("the bridge went away before it had answered".into())
}

#[cfg(not(unix))]
fn ask(_: &Target, _: &Value, _: impl FnMut(&str) -> ExitCode) -> Result<(), Failure> {
    Err("this system has no Unix sockets".into())
}

impl Target {
    fn path(&self) -> Result<PathBuf, Failure> {
        if let Some(path) = &self.socket {
            return Ok(path.clone());
        }
        let Some(file) = &self.config else { return Ok(USUAL.into()) };
        let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        // Only the socket matters here; the rest may be wrong meanwhile.
        let mut problems = Problems::default();
        let name = file.display().to_string();
        let named = Registry::shipped().named();
        let sources = Sources::merge(Some((&name, &text)), environment()?, &[], &named, &mut problems);
        let socket = |root: &Section| Admin::read(root).socket;
        let found = sources.read(&mut problems, socket);
        found.ok_or_else(|| format!("{}: `[admin] socket` is not set", file.display()).into())
    }
}
