//! Stand-ins for the vendors' systems, for the demo and the tests: a feed that is a platform, an Open Media Service, a desk
//! that is a CTIPS application, and the words in which both are told what to say. Nothing but the command line and tests uses this.

pub mod ccas;
pub mod demo;
pub mod desk;
pub mod feed;
pub mod media;
pub mod messages;
pub mod relay;
pub mod stage;
pub mod subscriber;
