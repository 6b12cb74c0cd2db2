//! What outlives the process: the records of open routes, in an embedded database of one file. Whatever waits to be kept goes
//! into one durable commit; who asked is told when it is there.

use std::path::{Path, PathBuf};

use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

use super::{bring, input::Input, peers::Peers};
use crate::{bridge::routes::Record, log, port::Notice};

/// Records in JSON, by the bridge's numbers of routes.
const ROUTES: TableDefinition<u64, &[u8]> = TableDefinition::new("routes");
/// How many changes may wait; one more is refused, and the route with it.
const QUEUE: usize = 4096;

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

/// Who writes it.
pub struct Keeper {
    database: Database,
    path: PathBuf,
    changes: mpsc::Receiver<Change>,
}

/// Opens the file, or makes it; hands back what an earlier run left in it, too.
pub fn open(path: &Path) -> Result<(Store, Keeper, Left), String> {
    let failed = |error: redb::Error| format!("{}: {error}", path.display());
    let database = Database::create(path).map_err(|error| failed(error.into()))?;
    let left = read(&database).map_err(failed)?;
    let (sender, changes) = mpsc::channel(QUEUE);
    let keeper = Keeper { database, path: path.to_owned(), changes };
    Ok((Store { changes: sender }, keeper, left))
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
            let mut batch = Vec::new();
            let peers = Peers { inputs: inputs.clone(), about: None };
            while self.changes.recv_many(&mut batch, QUEUE).await > 0 {
                let changes = std::mem::take(&mut batch);
                let routes: Vec<u64> = changes
                    .iter()
                    .filter_map(|change| if let Change::Keep(route, _) = change { Some(*route) } else { None })
                    .collect();
                let written = tokio::task::spawn_blocking(move || {
                    let result = write(&self.database, &changes).map_err(|error| error.to_string());
                    (self, result)
                });
                let Ok((keeper, result)) = written.await else { return };
                self = keeper;
                if let Err(error) = &result {
                    let (path, reason) = (self.path.display().to_string(), error.clone());
                    peers.complain(Notice::RecordNotWritten { path, reason }).await;
                }
                if !routes.is_empty() {
                    bring(&inputs, Input::Kept { routes, result }).await;
                }
            }
        });
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
mod tests {
    use super::*;

    fn record(id: Option<i64>) -> Record {
        Record {
            application: "desk".into(),
            platform: "media".into(),
            call: "guid".into(),
            service: Some(9),
            agent: None,
            id,
        }
    }

    /// A file that is gone with the test.
    struct Place(PathBuf);

    impl Drop for Place {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.0);
        }
    }

    fn place() -> Place {
        Place(std::env::temp_dir().join(format!("cti-bridge-{}", uuid::Uuid::new_v4())))
    }

    /// A store that is written, and what tells when.
    fn running(place: &Place, tasks: &TaskTracker) -> (Store, mpsc::Receiver<Input>) {
        let (inputs, receiver) = mpsc::channel(8);
        let (store, keeper, _) = open(&place.0).unwrap();
        keeper.run(inputs, tasks);
        (store, receiver)
    }

    async fn are_kept(receiver: &mut mpsc::Receiver<Input>, count: usize) {
        let mut kept = 0;
        while kept < count {
            let Some(Input::Kept { routes, result: Ok(()) }) = receiver.recv().await else { panic!("not kept") };
            kept += routes.len();
        }
    }

    #[tokio::test]
    async fn the_file_does_not_grow_with_the_routes_that_have_been() {
        const OPEN: u64 = 100;
        let place = place();
        let tasks = TaskTracker::new();
        let (store, mut receiver) = running(&place, &tasks);
        let mut sizes = Vec::new();
        for first in (0..10_000).step_by(OPEN as usize) {
            let routes = first..first + OPEN;
            routes.clone().for_each(|route| store.keep(route, record(None)).unwrap());
            are_kept(&mut receiver, OPEN as usize).await;
            routes.clone().for_each(|route| store.keep(route, record(Some(501))).unwrap());
            are_kept(&mut receiver, OPEN as usize).await;
            routes.for_each(|route| store.forget(route).unwrap());
            if first % 2_000 == 0 {
                sizes.push(std::fs::metadata(&place.0).unwrap().len());
            }
        }
        sizes.push(std::fs::metadata(&place.0).unwrap().len());
        assert!(sizes.iter().all(|size| *size <= sizes[0]), "bytes, every two thousand routes: {sizes:?}");
        assert!(sizes[0] <= 4 << 20, "{sizes:?}");
        drop(store);
        tasks.close();
        tasks.wait().await;
        assert_eq!(open(&place.0).unwrap().2, []);
    }

    #[tokio::test]
    async fn a_full_queue_refuses_records_and_lets_the_old_ones_stay() {
        let place = place();
        let tasks = TaskTracker::new();
        let (inputs, mut receiver) = mpsc::channel(8);
        let (store, keeper, _) = open(&place.0).unwrap();
        // Nobody writes yet.
        for route in 0..QUEUE as u64 {
            store.keep(route, record(None)).unwrap();
        }
        let refused = store.keep(QUEUE as u64, record(None));
        assert_eq!(refused, Err("4096 changes wait to be written already".to_owned()));
        assert!(store.forget(7).is_err());
        keeper.run(inputs, &tasks);
        are_kept(&mut receiver, QUEUE).await;
        store.keep(QUEUE as u64, record(None)).unwrap();
        are_kept(&mut receiver, 1).await;
        drop(store);
        tasks.close();
        tasks.wait().await;
        let (_, _, left) = open(&place.0).unwrap();
        assert!(left.iter().any(|(route, _)| *route == 7), "found again, and over then");
        assert_eq!(left.len(), QUEUE + 1);
    }

    #[tokio::test]
    async fn what_is_kept_is_there_after_a_restart_and_what_is_dropped_is_not() {
        let place = place();
        let (inputs, mut receiver) = mpsc::channel(8);
        let tasks = TaskTracker::new();
        let (store, keeper, left) = open(&place.0).unwrap();
        assert_eq!(left, []);
        assert!(open(&place.0).is_err(), "two bridges do not share a file");
        keeper.run(inputs, &tasks);
        for route in 1..=3 {
            store.keep(route, record(None)).unwrap();
        }
        are_kept(&mut receiver, 3).await;
        store.keep(2, record(Some(501))).unwrap();
        store.forget(1).unwrap();
        store.forget(3).unwrap();
        drop(store);
        tasks.close();
        tasks.wait().await;
        let (_, _, left) = open(&place.0).unwrap();
        assert_eq!(left, [(2, record(Some(501)))]);
    }
}
