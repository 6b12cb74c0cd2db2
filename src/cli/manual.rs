//! `cti-bridge completions` and `cti-bridge man`: files for shells and for `man`, made of the command line itself.

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Cli, failed, print};

#[derive(Args)]
pub struct Completions {
    /// The shell
    shell: Shell,
}

/// Prints the completions.
pub fn completions(options: &Completions) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Cli::command(), "cti-bridge", &mut script);
    print(&String::from_utf8_lossy(&script))
}

#[derive(Args)]
pub struct Pages {
    /// The folder; it is made if it does not exist
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Writes one page for the program and one for each of its commands.
pub fn pages(options: &Pages) -> ExitCode {
    let folder = &options.folder;
    let written = std::fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(Cli::command(), folder));
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(format!("{}: {error}", folder.display())),
    }
}
