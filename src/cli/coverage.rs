//! `cti-bridge coverage`: reports what becomes of every message and field between two dialects.

use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::{MappingOptions, failed, mappings, print};
use crate::{
    mapping::{Coverage, Mappings},
    translate::dialect,
};

#[derive(Args)]
pub struct Options {
    /// The dialect of the platform
    #[arg(long, value_name = "DIALECT", requires = "to")]
    from: Option<String>,
    /// The dialect of the application
    #[arg(long, value_name = "DIALECT", requires = "from")]
    to: Option<String>,
    /// The format of the report
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    #[command(flatten)]
    mappings: MappingOptions,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Table,
    Json,
}

pub fn run(options: &Options) -> ExitCode {
    let mappings = match mappings(options.mappings.mappings.as_deref()) {
        Ok(mappings) => mappings,
        Err(error) => return failed(error),
    };
    let pairs = match (&options.from, &options.to) {
        (Some(from), Some(to)) => vec![(from.clone(), to.clone())],
        _ => pairs(&mappings),
    };
    let mut reports = Vec::new();
    for (from, to) in pairs {
        let (platform, application) = match (dialect(&mappings, &from, true), dialect(&mappings, &to, false)) {
            (Ok(platform), Ok(application)) => (platform, application),
            (Err(error), _) | (_, Err(error)) => return failed(error),
        };
        reports.extend(Coverage::of(&platform, &application));
    }
    match options.format {
        Format::Table => print(&reports.iter().map(Coverage::table).collect::<Vec<_>>().join("\n")),
        Format::Json => match serde_json::to_string_pretty(&reports) {
            Ok(json) => print(&(json + "\n")),
            Err(error) => failed(error),
        },
    }
}

/// All pairs of a dialect that can be a platform's and one that can be an application's.
fn pairs(mappings: &Mappings) -> Vec<(String, String)> {
    let mut names: Vec<&String> = mappings.dialects.keys().collect();
    names.sort();
    let able = |is_platform: bool| names.iter().filter(move |name| dialect(mappings, name, is_platform).is_ok());
    able(true).flat_map(|from| able(false).map(move |to| (from.to_string(), to.to_string()))).collect()
}
