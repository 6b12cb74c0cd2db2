//! The files that a configuration was read from, looked at again and again (`[reload] watch`). It owns when they count as changed: once
//! one is another than it was, and all have stayed the same for an interval, so that nothing is loaded half written. What is then
//! loaded is not its business.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use tokio::time::{Interval, MissedTickBehavior, interval};

/// The marks of a file that are seen without reading it. A link is followed: where a folder of a container is exchanged as a whole, the
/// file is another one afterwards.
type Look = Option<(Option<SystemTime>, u64, u64)>;

/// All files, as they looked at one moment.
type Looks = BTreeMap<PathBuf, Look>;

/// See the module.
pub struct Watch {
    /// None where nobody watches.
    ticks: Option<Interval>,
    /// Files, and folders of mappings.
    paths: Vec<PathBuf>,
    /// How they looked when they were loaded last, or were refused.
    seen: Looks,
    /// How they looked the last time, if that was otherwise.
    fresh: Option<Looks>,
}

impl Watch {
    pub fn new(every: Option<Duration>, paths: Vec<PathBuf>) -> Watch {
        let seen = looks(&paths);
        Watch { ticks: every.map(ticks), paths, seen, fresh: None }
    }

    /// Ends when the files have changed. Never, if they are not watched.
    pub async fn changed(&mut self) {
        let Some(ticks) = &mut self.ticks else { return std::future::pending().await };
        loop {
            ticks.tick().await;
            let now = looks(&self.paths);
            if has_changed(&self.seen, &mut self.fresh, now) {
                return;
            }
        }
    }

    /// The files are about to be loaded as they look now: they are not loaded again before they change.
    pub fn seen(&mut self) {
        (self.seen, self.fresh) = (looks(&self.paths), None);
    }

    /// Another configuration is in force, which was read from these files.
    pub fn change(&mut self, every: Option<Duration>, paths: Vec<PathBuf>) {
        if self.ticks.as_ref().map(Interval::period) != every {
            self.ticks = every.map(ticks);
        }
        let known = std::mem::take(&mut self.seen);
        // Of those that were looked at before, the look counts from before they were read.
        self.seen = looks(&paths);
        self.seen.iter_mut().for_each(|(path, look)| *look = known.get(path).copied().unwrap_or(*look));
        self.paths = paths;
    }
}

fn ticks(every: Duration) -> Interval {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Whether the files are others than they were, and have stayed so since they were looked at last.
fn has_changed(seen: &Looks, fresh: &mut Option<Looks>, now: Looks) -> bool {
    if now == *seen {
        *fresh = None;
        return false;
    }
    if fresh.as_ref() == Some(&now) {
        return true;
    }
    *fresh = Some(now);
    false
}

/// How all of these look; of a folder, its mapping files.
fn looks(paths: &[PathBuf]) -> Looks {
    let mut looks = Looks::new();
    for path in paths {
        if !path.is_dir() {
            looks.insert(path.clone(), look(path));
            continue;
        }
        for folder in [path.clone(), path.join("dialects")] {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
            let files = entries.filter(|path| path.extension().is_some_and(|extension| extension == "toml"));
            looks.extend(files.map(|file| (file.clone(), look(&file))));
        }
    }
    looks
}

fn look(path: &Path) -> Look {
    let found = fs::metadata(path).ok()?;
    #[cfg(unix)]
    let number = std::os::unix::fs::MetadataExt::ino(&found);
    #[cfg(not(unix))]
    let number = 0;
    Some((found.modified().ok(), found.len(), number))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of its own, which is removed afterwards.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Folder {
            let folder = std::env::temp_dir().join(format!("cti-bridge-watch-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&folder);
            fs::create_dir_all(&folder).unwrap();
            Folder(folder)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    /// Looks at the files again; whether they have changed.
    fn looked(watch: &mut Watch) -> bool {
        has_changed(&watch.seen, &mut watch.fresh, looks(&watch.paths))
    }

    #[test]
    fn a_file_is_loaded_once_it_has_changed_and_stayed_the_same_for_an_interval() {
        let folder = Folder::new("changes");
        let (file, mappings) = (folder.0.join("bridge.toml"), folder.0.join("mappings"));
        fs::create_dir_all(&mappings).unwrap();
        fs::write(&file, "one").unwrap();
        let mut watch = Watch::new(None, vec![file.clone(), mappings.clone()]);
        assert!(!looked(&mut watch));
        // It is written in two parts, between which it is looked at.
        fs::write(&file, "half of").unwrap();
        assert!(!looked(&mut watch));
        fs::write(&file, "half of another").unwrap();
        assert!(!looked(&mut watch) && looked(&mut watch));
        watch.seen();
        assert!(!looked(&mut watch), "it is loaded once, whatever came of it");
        // A mapping file comes, and goes before it was loaded.
        fs::write(mappings.join("to-ctips.toml"), "x").unwrap();
        assert!(!looked(&mut watch));
        fs::remove_file(mappings.join("to-ctips.toml")).unwrap();
        assert!(!looked(&mut watch) && !looked(&mut watch));
        fs::write(mappings.join("notes.txt"), "no mapping").unwrap();
        assert!(!looked(&mut watch) && !looked(&mut watch));
        fs::remove_file(&file).unwrap();
        assert!(!looked(&mut watch) && looked(&mut watch), "a file that is gone is complained of");
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_is_exchanged_behind_a_link_is_a_change() {
        use std::os::unix::fs::symlink;
        let folder = Folder::new("links");
        let path = |name: &str| folder.0.join(name);
        for name in ["first", "second"] {
            fs::create_dir_all(path(name)).unwrap();
            fs::write(path(name).join("bridge.toml"), "the same text").unwrap();
        }
        symlink("first", path("..data")).unwrap();
        symlink("..data/bridge.toml", path("bridge.toml")).unwrap();
        let mut watch = Watch::new(None, vec![path("bridge.toml")]);
        assert!(!looked(&mut watch) && !looked(&mut watch));
        symlink("second", path("..data_tmp")).unwrap();
        fs::rename(path("..data_tmp"), path("..data")).unwrap();
        assert!(!looked(&mut watch) && looked(&mut watch));
    }
}
