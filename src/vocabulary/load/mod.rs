//! A dialect's TOML file → [`Vocabulary`](super::Vocabulary), with every mistake reported where it stands. The grammar is
//! described in ARCHITECTURE.md, "Vocabularies".

mod dialect;
mod enumerations;
mod fields;
mod loader;
mod messages;
mod profile;

pub use dialect::load;
pub use loader::TYPES;
pub use messages::{CLASSES, SIDES};
pub use profile::HANDS;
