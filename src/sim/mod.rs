//! Stand-ins for the vendors' systems: platforms, applications, and short constructors for their messages. Only the demo
//! and the tests use them.

pub mod agent;
pub mod ccas;
pub mod demo;
pub mod desk;
pub mod feed;
pub mod json_lines;
pub mod media;
pub mod messages;
pub mod relay;
pub mod site;
pub mod stage;
pub mod subscriber;
