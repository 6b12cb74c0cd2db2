//! `cti-bridge check`.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;

use super::{MappingOptions, failed, files};
use crate::{
    config::{self, Sources},
    diagnostic::Problems,
    mapping::Mappings,
};

#[derive(Args)]
pub struct Options {
    /// The configuration file to check, too
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    mappings: MappingOptions,
}

pub fn run(options: &Options) -> ExitCode {
    let mut problems = Problems::default();
    let text = match options.config.as_ref().map(std::fs::read_to_string).transpose() {
        Ok(text) => text,
        Err(error) => return failed(format!("{}: {error}", options.config.clone().unwrap_or_default().display())),
    };
    let name = options.config.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
    let sources = text.as_ref().map(|text| {
        let environment = std::env::vars().collect();
        Sources::merge(Some((&name, text)), environment, &[], &mut problems)
    });
    let folder = options.mappings.mappings.clone().or_else(|| sources.as_ref().and_then(config::mappings_folder));
    let files = match files(folder.as_deref()) {
        Ok(files) => files,
        Err(error) => return failed(error),
    };
    let mappings = Mappings::load(&files, &mut problems);
    if problems.is_empty() {
        mappings.check_examples(&mut problems);
    }
    if let Some(sources) = &sources {
        config::read(sources, &mappings, &mut problems);
    }
    if problems.is_empty() {
        let examples = mappings.example_count();
        println!(
            "{} files, {examples} examples{}: all right",
            files.paths().count(),
            if text.is_some() { ", 1 configuration" } else { "" }
        );
        return ExitCode::SUCCESS;
    }
    eprint!("{}", problems.render());
    eprintln!("{} wrong", problems.len());
    ExitCode::FAILURE
}
