//! Warnings about a configuration that is right: who else could change it, and who can read more than they should. Plaintext has
//! keys of its own, and is said where it is used.

use std::path::Path;

use super::Config;
use crate::{port::Notice, settings::Section};

/// The warnings about a configuration whose sections have been read.
pub fn of(root: &Section, config: &Config) -> Vec<Notice> {
    let writable = root.files().into_iter().filter(|path| is_writable(path));
    let mut warnings: Vec<Notice> =
        writable.map(|path| Notice::FileWritable { path: path.display().to_string() }).collect();
    if let Some(address) = config.admin.listen.filter(|address| !address.ip().is_loopback()) {
        warnings.push(Notice::AdminExposed { address: address.to_string() });
    }
    warnings
}

/// Whether others can write a file, or put another in its place.
#[cfg(unix)]
fn is_writable(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    /// Any user of the machine may write.
    const OTHERS_WRITE: u32 = 0o002;
    let Ok(path) = path.canonicalize() else { return false };
    let is_open = |path: &Path, unless: u32| {
        path.metadata().is_ok_and(|file| file.mode() & OTHERS_WRITE != 0 && file.mode() & unless == 0)
    };
    // In a folder with the sticky bit, only owners replace their files.
    is_open(&path, 0) || path.parent().is_some_and(|folder| is_open(folder, 0o1000))
}

/// Whether others can write a file: elsewhere, the rights are not looked at.
#[cfg(not(unix))]
fn is_writable(_: &Path) -> bool {
    false
}
