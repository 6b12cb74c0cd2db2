//! Paths of a section, and where a value comes from: which decides where a relative path starts, and which of two keys counts.

use std::path::{Path, PathBuf};

use super::{
    section::{Form, Section},
    source::Sources,
};

/// Where a value can come from; the later ones override the earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    File,
    Environment,
    Flag,
}

impl Section<'_> {
    /// A file name. If the user gave the file's content here by mistake, reports do not show it.
    pub fn path(&self, key: &'static str) -> Option<PathBuf> {
        let text = self.hidden_text(key, Form::Text)?;
        if text.contains(['\n', '\r']) || text.contains("-----BEGIN") {
            return self.wrong(key, "the name of a file, not what stands in it");
        }
        self.is_plain(self.path_of(key));
        let path = self.located(key, text);
        self.reader.sources.named.borrow_mut().insert(path.clone());
        Some(path)
    }

    /// A relative path in the configuration file starts in the folder of that file; one in the environment or on the command
    /// line starts where the program was started.
    pub fn located(&self, key: &str, path: String) -> PathBuf {
        let is_in_file = self.source_of(key) == Some(Place::File);
        if is_in_file && !path.is_empty() { self.reader.sources.folder.join(path) } else { PathBuf::from(path) }
    }

    /// A file beside the configuration, or, as a service, in the folder that the service manager gives for state.
    pub fn state_file(&self, name: &str) -> PathBuf {
        let Sources { environment, folder, .. } = self.reader.sources;
        let given = environment.get("STATE_DIRECTORY").and_then(|folders| folders.split(':').next());
        given.filter(|folder| !folder.is_empty()).map_or(folder.as_path(), Path::new).join(name)
    }

    /// A file in the folder that a service manager gives for sockets and the like, if it does.
    pub fn runtime_file(&self, name: &str) -> Option<PathBuf> {
        let folders = self.reader.sources.environment.get("RUNTIME_DIRECTORY")?;
        let folder = folders.split(':').next().filter(|folder| !folder.is_empty())?;
        Some(Path::new(folder).join(name))
    }

    /// Where the value of a key comes from.
    pub(super) fn source_of(&self, key: &str) -> Option<Place> {
        let metadata = self.reader.sources.figment.get_metadata(self.dict.get(key)?.tag());
        Some(match metadata.map(|metadata| &*metadata.name) {
            Some("flag") => Place::Flag,
            Some("environment") => Place::Environment,
            Some(_) | None => Place::File,
        })
    }
}
