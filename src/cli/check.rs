//! `cti-bridge check`: reports every error in the mappings, their examples and the configuration at once.

mod connect;
mod start;

use std::{path::PathBuf, process::ExitCode};

use clap::Args;

use super::{
    MappingOptions, Overrides,
    check_wsdl::{self, Comparison},
    environment, errors, failed, files, print, say, shipped_dialects, show, sources,
};
use crate::{
    config,
    diagnostic::Problems,
    dialect::Registry,
    mapping::{Mappings, Overlay},
};

#[derive(Args)]
pub struct Options {
    /// Check this configuration file as well
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Try the addresses that the bridge would listen on, too
    ///
    /// They are taken while the bridge itself runs.
    #[arg(long, requires = "config")]
    bind: bool,
    /// Log on to each platform, too, as `run` would, and leave again
    ///
    /// Waits for at most 20 s. A platform that allows one session of a user may end that of a bridge that runs.
    #[arg(long, requires = "config")]
    connect: bool,
    #[command(flatten)]
    overrides: Overrides,
    /// Instead, compare the WSDL of a service (an address or a file) with a dialect, and show what the bridge would use
    ///
    /// Connects to nothing else. Exits with 0 if the service fits the dialect. Exits with 1 if its WSDL lacks something
    /// that may be needed, contradicts the dialect, or cannot be read.
    #[arg(long, value_name = "URL|FILE", requires = "dialect", conflicts_with = "config")]
    wsdl: Option<String>,
    #[arg(long, value_name = "DIALECT", requires = "wsdl", help = spoken())]
    dialect: Option<String>,
    /// The profile to compare with; by default the one that fits best
    #[arg(long, value_name = "PROFILE", requires = "wsdl")]
    profile: Option<String>,
    /// A PEM file of certificates to trust for an https address; by default those of the system
    #[arg(long, value_name = "FILE", requires = "wsdl")]
    ca: Option<PathBuf>,
    #[command(flatten)]
    mappings: MappingOptions,
}

/// Only services of SOAP dialects have a WSDL.
fn spoken() -> String {
    let soap = shipped_dialects().into_iter().filter(|dialect| dialect.is_soap).map(|dialect| dialect.name);
    format!("The dialect that the service speaks: {}", soap.collect::<Vec<_>>().join(" or "))
}

pub fn run(options: &Options) -> ExitCode {
    if let (Some(wsdl), Some(dialect)) = (&options.wsdl, &options.dialect) {
        let (profile, ca) = (options.profile.as_deref(), options.ca.as_deref());
        return check_wsdl::run(&Comparison { wsdl, dialect, profile, ca }, &options.mappings);
    }
    let (registry, mut problems) = (Registry::shipped(), Problems::default());
    let read = |environment| {
        let read = |path| sources(path, environment, &options.overrides, &registry, &mut problems);
        options.config.as_deref().map(read).transpose()
    };
    let sources = match environment().and_then(read) {
        Ok(sources) => sources,
        Err(error) => return failed(error),
    };
    let folder = options.mappings.mappings.clone().or_else(|| sources.as_ref().and_then(config::mappings_folder));
    let files = match files(folder.as_deref()) {
        Ok(files) => files,
        Err(error) => return failed(error),
    };
    let mappings = Mappings::load(&files, &mut problems);
    if problems.is_empty() {
        mappings.check_examples(&mut problems);
    }
    let config = sources.as_ref().map(|sources| {
        config::read_and(sources, &mappings, &registry, &mut problems, |root, config| {
            start::store(root, config);
            if options.bind {
                start::bind(root, config);
            }
        })
    });
    let warnings = config.iter().flat_map(|config| &config.warnings);
    warnings.for_each(|warning| say(&format!("warning: {warning}")));
    let mut connected = String::new();
    if let Some(config) = config.filter(|_| options.connect && problems.is_empty()) {
        match connect::connect(config, &mappings) {
            Ok((lines, true)) => connected = lines,
            Ok((lines, false)) => {
                print(&lines);
                return failed("not every platform lets the bridge in");
            }
            Err(reason) => return failed(reason),
        }
    }
    if problems.is_empty() {
        let examples = mappings.example_count();
        let overlay =
            |overlay: &Overlay| format!("{} extends the shipped file: {}\n", overlay.file, overlay.changes.join(", "));
        let overlays: String = mappings.overlays.iter().map(overlay).collect();
        return print(&format!(
            "{overlays}{connected}{} files, {examples} examples{}: no errors\n",
            files.paths().count(),
            if sources.is_some() { ", 1 configuration" } else { "" }
        ));
    }
    show(&problems.render());
    say(&errors(&problems));
    ExitCode::FAILURE
}
