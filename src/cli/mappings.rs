//! `cti-bridge mappings`: what is built in, what is in force, how the two differ, and JSON Schemas for all files that a person
//! writes. Everything but the schemas works on files that have errors, too; `check` reports these.

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand, ValueEnum};

use super::{Failure, MappingOptions, Overrides, environment, failed, files, mappings, print, sources};
use crate::{
    config,
    diagnostic::Problems,
    dialect::Registry,
    mapping::{
        self,
        in_force::{self, FileInForce, State},
    },
    shipped::Files,
    vocabulary,
};

/// The exit code of `diff` if there are differences: neither an error (1) nor a wrong command line (2).
const DIFFERENT: u8 = 3;

#[derive(Args)]
pub struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List every mapping file: whether it is built in, changed, replaced or added, and how many rules or messages it has
    ///
    /// Rules are counted as they are written: `like` and shared rules may make several of one. With --mappings or --config,
    /// the files of that folder are in force.
    List {
        #[command(flatten)]
        folder: Folder,
    },
    /// Print a mapping file: the built-in one, with its comments
    ///
    /// With --in-force, the file that is in force: if the folder's file extends the built-in one, both are merged to one file
    /// that can stand alone. The merged file has the comments of both, and not the examples of the built-in file, which show
    /// the built-in rules.
    Print {
        /// The file, such as from-ccas, to-ctips.toml or dialects/ccas
        file: String,
        /// Print the file that is in force
        #[arg(long)]
        in_force: bool,
        #[command(flatten)]
        folder: Folder,
    },
    /// Show how the mapping files in force differ from the built-in ones, rule by rule
    ///
    /// Each line begins with + (added), - (removed) or ~ (changed): a rule, an entry of a table, a reason, a message of a
    /// vocabulary, with the keys that differ. Comments, examples and the order of entries are no differences; the order of a
    /// message's rules is. Exits with 0 if nothing differs, and with 3 if something does.
    Diff {
        /// Only this file, such as from-ccas or dialects/ccas
        file: Option<String>,
        #[command(flatten)]
        folder: Folder,
    },
    /// Print the JSON Schema of vocabularies, of rule files or of configurations, for editors and linters
    ///
    /// It is of draft 7, which `taplo lint --schema` and TOML editors read. It knows all keys and the words that the program
    /// itself defines. Names that a vocabulary defines, expressions, and what belongs together are for `check`.
    Schema {
        /// The sort of file
        #[arg(value_enum)]
        of: Sort,
        /// Of configurations: the rule settings, tables and dialects are those of the files in force
        #[command(flatten)]
        folder: Folder,
    },
}

/// The sorts of files that have a schema.
#[derive(Clone, Copy, ValueEnum)]
enum Sort {
    /// dialects/<dialect>.toml
    Vocabulary,
    /// from-<dialect>.toml and to-<dialect>.toml, also those that extend the built-in ones
    Rules,
    /// What `run --config` reads
    Configuration,
}

/// The options that say which files are in force.
#[derive(Args)]
struct Folder {
    #[command(flatten)]
    mappings: MappingOptions,
    /// Take the folder from `mappings` of this configuration, unless --mappings names one
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    overrides: Overrides,
}

impl Folder {
    /// The files in force. Of the configuration, only the folder is read.
    fn files(&self) -> Result<Files, String> {
        files(self.path()?.as_deref())
    }

    fn path(&self) -> Result<Option<PathBuf>, String> {
        let (Some(path), None) = (&self.config, &self.mappings.mappings) else {
            return Ok(self.mappings.mappings.clone());
        };
        let name = path.display();
        let mut problems = Problems::default();
        let sources = sources(path, environment()?, &self.overrides, &Registry::shipped(), &mut problems)?;
        match problems.is_empty() {
            true => Ok(config::mappings_folder(&sources)),
            // Only syntax errors are known by now, and behind one the key may not be seen.
            false => Err(format!("{name} is not valid TOML: `cti-bridge check --config {name}` shows where")),
        }
    }
}

pub fn run(options: &Options) -> ExitCode {
    let outcome = match &options.command {
        Command::List { folder } => folder.files().map(|files| print(&list(&files))),
        Command::Print { file, in_force, folder } => print_file(file, *in_force, folder),
        Command::Diff { file, folder } => diff(file.as_deref(), folder),
        Command::Schema { of, folder } => return schema(*of, folder).unwrap_or_else(failed),
    };
    outcome.unwrap_or_else(failed)
}

fn list(files: &Files) -> String {
    let rows: Vec<[String; 4]> = in_force::list(files).iter().map(row).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let [path, dialect, count] = [width(0), width(1), width(2)];
    rows.iter().map(|[a, b, c, d]| format!("{a:path$}  {b:dialect$}  {c:>count$}  {d}\n")).collect()
}

fn row(file: &FileInForce) -> [String; 4] {
    let FileInForce { path, dialect, count, is_vocabulary, state, name } = file;
    let unit = match (is_vocabulary, count) {
        (true, 1) => "message",
        (true, _) => "messages",
        (false, 1) => "rule",
        (false, _) => "rules",
    };
    let state = match state {
        State::BuiltIn => "built in".to_owned(),
        State::Extends(changes) => format!("extended by {name}: {}", changes.join(", ")),
        State::Replaces => format!("replaced by {name}"),
        State::Added => format!("added by {name}"),
    };
    [path.clone(), dialect.clone(), format!("{count} {unit}"), state]
}

fn print_file(name: &str, in_force: bool, folder: &Folder) -> Result<ExitCode, String> {
    let files = folder.files()?;
    let path = in_force::path_of(&files, name)?;
    if in_force {
        return Ok(print(&in_force::text(&files, &path)?));
    }
    match files.shipped(&path) {
        Some(source) => Ok(print(&source.text)),
        None => Err(format!("`{path}` is not built in: --in-force prints the file of the folder")),
    }
}

fn schema(of: Sort, folder: &Folder) -> Result<ExitCode, Failure> {
    let schema = match of {
        Sort::Vocabulary => vocabulary::file_schema(),
        Sort::Rules => mapping::file_schema(),
        Sort::Configuration => config::file_schema(&mappings(folder.path()?.as_deref())?),
    };
    Ok(print(&(serde_json::to_string_pretty(&schema)? + "\n")))
}

fn diff(name: Option<&str>, folder: &Folder) -> Result<ExitCode, String> {
    let files = folder.files()?;
    let only = name.map(|name| in_force::path_of(&files, name)).transpose()?;
    let mut text = String::new();
    for file in in_force::list(&files).iter().filter(|file| only.as_ref().is_none_or(|only| file.path == *only)) {
        let FileInForce { path, name, .. } = file;
        match &file.state {
            State::BuiltIn => {}
            State::Added => text.push_str(&format!("{path}: {name} is added; no such file is built in\n")),
            State::Extends(_) | State::Replaces => {
                let how = if matches!(file.state, State::Replaces) { "replaces" } else { "extends" };
                let differences = in_force::differences(&files, path);
                if !differences.is_empty() {
                    text.push_str(&format!("{path}: {name} {how} the built-in file\n"));
                    differences.iter().for_each(|difference| text.push_str(&difference.to_string()));
                }
            }
        }
    }
    let differs = !text.is_empty();
    let printed = print(&text);
    Ok(if differs && printed == ExitCode::SUCCESS { ExitCode::from(DIFFERENT) } else { printed })
}
