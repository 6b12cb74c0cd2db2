//! Records that outlive the process: those of open routes, in an embedded database of one file. Whatever waits to be kept goes
//! into one durable commit; who asked is told when it is there. Where the file cannot be written, or is lost, it is opened
//! again and again until it can, and then gets all records that are open.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use tokio::{sync::mpsc, time::timeout};
use tokio_util::task::TaskTracker;

use super::{bring, input::Input, peers::Peers};
use crate::{bridge::routes::Record, log, port::Notice};

/// Records in JSON, by the bridge's numbers of routes.
const ROUTES: TableDefinition<u64, &[u8]> = TableDefinition::new("routes");
/// How many changes may wait; one more is refused, and the route with it.
const QUEUE: usize = 4096;
/// The time between attempts to write a file that could not be written.
const RETRY: Duration = Duration::from_secs(2);

enum Change {
    Keep(u64, Record),
    Drop(u64),
}

/// Records that an earlier run left behind, by their routes.
pub type Left = Vec<(u64, Record)>;

/// The way to the file, as the engine knows it.
pub struct Store {
    changes: mpsc::Sender<Change>,
}

/// Opens the database of a path.
type Opens = fn(&Path) -> Result<Database, redb::Error>;

/// Who writes it.
pub struct Keeper {
    file: File,
    /// The records of all open routes, for a file that has to be written anew. The routes' own table bounds it.
    open: BTreeMap<u64, Record>,
    changes: mpsc::Receiver<Change>,
    retry: Duration,
}

/// The database, as long as it can be written.
struct File {
    path: PathBuf,
    opens: Opens,
    database: Option<Database>,
    /// Which file it is, so that it is noticed if another, or none, takes its place.
    number: Option<u64>,
}

/// Opens the file, or makes it; hands back what an earlier run left in it, too.
pub fn open(path: &Path) -> Result<(Store, Keeper, Left), String> {
    open_with(path, |path| Ok(Database::create(path)?), RETRY)
}

fn open_with(path: &Path, opens: Opens, retry: Duration) -> Result<(Store, Keeper, Left), String> {
    let failed = |error: redb::Error| format!("{}: {error}", path.display());
    let database = opens(path).map_err(failed)?;
    let left = read(&database).map_err(failed)?;
    let (sender, changes) = mpsc::channel(QUEUE);
    let file = File { path: path.to_owned(), opens, number: number_of(path), database: Some(database) };
    let keeper = Keeper { file, open: left.iter().cloned().collect(), changes, retry };
    Ok((Store { changes: sender }, keeper, left))
}

/// The number of the file that stands at a path now, where files have numbers.
fn number_of(path: &Path) -> Option<u64> {
    #[cfg(unix)]
    let number = |file: std::fs::Metadata| std::os::unix::fs::MetadataExt::ino(&file);
    #[cfg(not(unix))]
    let number = |_: std::fs::Metadata| 0;
    std::fs::metadata(path).ok().map(number)
}

/// All that is there. What cannot be read is reported, and stays.
fn read(database: &Database) -> Result<Left, redb::Error> {
    let transaction = database.begin_write()?;
    transaction.open_table(ROUTES)?;
    transaction.commit()?;
    let mut left = Vec::new();
    for entry in database.begin_read()?.open_table(ROUTES)?.iter()? {
        let (route, record) = entry?;
        match serde_json::from_slice(record.value()) {
            Ok(record) => left.push((route.value(), record)),
            Err(error) => {
                let notice = Notice::RecordUnreadable { route: route.value(), reason: error.to_string() };
                log::notices::write(None, None, &notice);
            }
        }
    }
    Ok(left)
}

impl Store {
    /// Has a record kept; [`Input::Kept`] tells when it is. Else why it will not be.
    pub fn keep(&self, route: u64, record: Record) -> Result<(), String> {
        let sent = self.changes.try_send(Change::Keep(route, record));
        sent.map_err(|_| format!("{QUEUE} changes wait to be written already"))
    }

    /// A record that stays for want of room is found again at the next start, and its route is over then.
    pub fn forget(&self, route: u64) -> Result<(), String> {
        let sent = self.changes.try_send(Change::Drop(route));
        sent.map_err(|_| format!("{QUEUE} changes wait to be written already"))
    }
}

impl Keeper {
    /// Writes until nobody has anything more to keep.
    pub fn run(mut self, inputs: mpsc::Sender<Input>, tasks: &TaskTracker) {
        tasks.spawn(async move {
            let peers = Peers { inputs: inputs.clone(), about: None };
            let mut has_failed = false;
            loop {
                let mut changes = Vec::new();
                let received = async { self.changes.recv_many(&mut changes, QUEUE).await };
                // While the file cannot be written, it is tried again without anything new.
                let received = match has_failed {
                    true => timeout(self.retry, received).await.ok(),
                    false => Some(received.await),
                };
                if received == Some(0) {
                    break;
                }
                let routes: Vec<u64> = changes.iter().filter_map(Change::kept).collect();
                let written = tokio::task::spawn_blocking(move || {
                    let result = self.write(changes).map_err(|error| error.to_string());
                    (self, result)
                });
                let Ok((keeper, result)) = written.await else { return };
                self = keeper;
                let path = self.file.path.display().to_string();
                match &result {
                    Err(reason) if !has_failed || !routes.is_empty() => {
                        peers.complain(Notice::RecordNotWritten { path, reason: reason.clone() }).await;
                    }
                    Ok(()) if has_failed => peers.complain(Notice::RecordsWritten { path }).await,
                    Ok(()) | Err(_) => {}
                }
                if has_failed != result.is_err() {
                    has_failed = result.is_err();
                    bring(&inputs, Input::StoreFailed(result.clone().err())).await;
                }
                if !routes.is_empty() {
                    bring(&inputs, Input::Kept { routes, result }).await;
                }
            }
        });
    }

    /// Makes changes durable. Records whose keeping fails stay what they were; a file that failed before, or is another, gets
    /// everything.
    fn write(&mut self, changes: Vec<Change>) -> Result<(), redb::Error> {
        let written = self.file.write(&self.open, &changes);
        if written.is_err() {
            // A database that failed once refuses everything.
            self.file.database = None;
        }
        for change in changes {
            match change {
                Change::Keep(route, record) if written.is_ok() => _ = self.open.insert(route, record),
                Change::Keep(..) => {}
                Change::Drop(route) => _ = self.open.remove(&route),
            }
        }
        written
    }
}

impl Change {
    /// The route whose record it keeps.
    fn kept(&self) -> Option<u64> {
        match self {
            Change::Keep(route, _) => Some(*route),
            Change::Drop(_) => None,
        }
    }
}

impl File {
    /// Writes changes of the records that are open. A file that failed before, or is another, is opened anew first.
    fn write(&mut self, open: &BTreeMap<u64, Record>, changes: &[Change]) -> Result<(), redb::Error> {
        if self.database.is_none() || number_of(&self.path) != self.number {
            self.reopen(open)?;
        }
        self.database.as_ref().map_or(Ok(()), |database| write(database, changes))
    }

    /// Opens the file anew, and makes it hold exactly these records, beside those that cannot be read.
    fn reopen(&mut self, open: &BTreeMap<u64, Record>) -> Result<(), redb::Error> {
        // Only one database may have the file.
        self.database = None;
        let database = (self.opens)(&self.path)?;
        let over = read(&database)?.into_iter().filter(|(route, _)| !open.contains_key(route));
        let mut changes: Vec<Change> = over.map(|(route, _)| Change::Drop(route)).collect();
        changes.extend(open.iter().map(|(route, record)| Change::Keep(*route, record.clone())));
        write(&database, &changes)?;
        self.number = number_of(&self.path);
        self.database = Some(database);
        Ok(())
    }
}

/// One durable commit.
fn write(database: &Database, changes: &[Change]) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    {
        let mut table = transaction.open_table(ROUTES)?;
        for change in changes {
            match change {
                Change::Keep(route, record) => {
                    let text = serde_json::to_vec(record).unwrap_or_default();
                    table.insert(route, text.as_slice())?;
                }
                Change::Drop(route) => {
                    table.remove(route)?;
                }
            }
        }
    }
    transaction.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests;
