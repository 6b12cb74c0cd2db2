//! cti-bridge: a sidecar that lets an application written for one vendor's CTI interface run against another vendor's
//! platform.
//! ARCHITECTURE.md is the map of the source.

pub mod bridge;
pub mod cli;
pub mod config;
pub mod diagnostic;
pub mod dialect;
pub mod document;
pub mod log;
pub mod mapping;
pub mod message;
pub mod model;
pub mod net;
pub mod one_line;
pub mod port;
pub mod settings;
pub mod shipped;
pub mod sim;
pub mod time;
pub mod translate;
pub mod vocabulary;
pub mod wire;
