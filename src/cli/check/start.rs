//! The first steps of `run`, before it connects: listening, and opening the store. They are tried here, and undone at once.

use std::{fs, net::TcpListener, path::Path};

use crate::{
    config::{Config, listeners},
    settings::Section,
};

/// Tries each address that the bridge would listen on.
pub fn bind(root: &Section, config: &Config) {
    for listener in listeners(config) {
        if let Err(error) = TcpListener::bind(listener.address) {
            listener.complain(root, format!("cannot listen on {}: {error}", listener.address));
        }
    }
}

/// Tries whether the file that keeps open routes can be written.
pub fn store(root: &Section, config: &Config) {
    let Some(path) = &config.store else { return };
    if let Err(error) = writable(path) {
        root.problem("store", format!("{} cannot be written: {error}", path.display()));
    }
}

fn writable(path: &Path) -> std::io::Result<()> {
    if path.exists() {
        return fs::OpenOptions::new().append(true).open(path).map(drop);
    }
    let trial = path.with_extension(format!("trial-{}", std::process::id()));
    fs::OpenOptions::new().write(true).create_new(true).open(&trial)?;
    fs::remove_file(&trial)
}
