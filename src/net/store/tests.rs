//! The file of open routes: what it keeps, and what happens when it is full, lost, or somebody else's.

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

/// A file on a disk that is full while this says so.
#[derive(Debug)]
struct Disk(redb::backends::FileBackend);

static IS_FULL: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);

impl Disk {
    fn has_room(&self) -> std::io::Result<()> {
        match IS_FULL.load(std::sync::atomic::Ordering::SeqCst) {
            true => Err(std::io::ErrorKind::StorageFull.into()),
            false => Ok(()),
        }
    }
}

impl redb::StorageBackend for Disk {
    fn len(&self) -> std::io::Result<u64> {
        self.0.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> std::io::Result<()> {
        self.0.read(offset, out)
    }

    fn set_len(&self, len: u64) -> std::io::Result<()> {
        self.has_room()?;
        self.0.set_len(len)
    }

    fn sync_data(&self) -> std::io::Result<()> {
        self.has_room()?;
        self.0.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> std::io::Result<()> {
        self.has_room()?;
        self.0.write(offset, data)
    }

    fn close(&self) -> std::io::Result<()> {
        self.0.close()
    }
}

fn on_disk(path: &Path) -> Result<Database, redb::Error> {
    let options = std::fs::OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    let backend = redb::backends::FileBackend::new(options)?;
    Ok(Database::builder().create_with_backend(Disk(backend))?)
}

async fn next(receiver: &mut mpsc::Receiver<Input>) -> Input {
    tokio::time::timeout(Duration::from_secs(60), receiver.recv()).await.unwrap().unwrap()
}

/// Waits until the store says that it works, or that it does not.
async fn works(receiver: &mut mpsc::Receiver<Input>) -> bool {
    loop {
        if let Input::StoreFailed(reason) = next(receiver).await {
            return reason.is_none();
        }
    }
}

#[tokio::test]
async fn a_disk_that_was_full_is_written_again_with_all_that_is_open() {
    let place = place();
    let tasks = TaskTracker::new();
    let (inputs, mut receiver) = mpsc::channel(8);
    let (store, keeper, _) = open_with(&place.0, on_disk, Duration::from_millis(1)).unwrap();
    keeper.run(inputs, &tasks);
    (1..=2).for_each(|route| store.keep(route, record(None)).unwrap());
    are_kept(&mut receiver, 2).await;
    IS_FULL.store(true, std::sync::atomic::Ordering::SeqCst);
    store.keep(3, record(None)).unwrap();
    assert!(!works(&mut receiver).await, "it says that it is full");
    let Input::Kept { routes, result: Err(reason) } = next(&mut receiver).await else { panic!("kept") };
    assert_eq!(routes, [3]);
    assert!(!reason.is_empty());
    // Nothing of this is lost, although it cannot be written now.
    store.forget(1).unwrap();
    IS_FULL.store(false, std::sync::atomic::Ordering::SeqCst);
    assert!(works(&mut receiver).await, "without a restart");
    store.keep(4, record(Some(7))).unwrap();
    are_kept(&mut receiver, 1).await;
    drop(store);
    tasks.close();
    tasks.wait().await;
    assert_eq!(open(&place.0).unwrap().2, [(2, record(None)), (4, record(Some(7)))]);
}

#[tokio::test]
async fn a_file_that_was_lost_is_made_anew_with_all_that_is_open() {
    let place = place();
    let tasks = TaskTracker::new();
    let (store, mut receiver) = running(&place, &tasks);
    store.keep(1, record(None)).unwrap();
    are_kept(&mut receiver, 1).await;
    std::fs::remove_file(&place.0).unwrap();
    store.keep(2, record(None)).unwrap();
    are_kept(&mut receiver, 1).await;
    drop(store);
    tasks.close();
    tasks.wait().await;
    assert_eq!(open(&place.0).unwrap().2, [(1, record(None)), (2, record(None))]);
}
