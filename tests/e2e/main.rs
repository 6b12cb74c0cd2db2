//! The bridge over loopback, as its users meet it: an embedded feed behind, embedded CTIPS applications in front. Every wait
//! is for something that happens; the patience only bounds how long a failing test takes.

mod admin;
mod calls;
#[cfg(unix)]
mod control;
mod daemon;
mod desktops;
mod edges;
mod fan_in;
mod hostile;
mod killed;
mod link;
mod office;
mod open_media;
mod pages;
mod portals;
mod portions;
mod relays;
mod reload;
mod reload_sections;
#[cfg(unix)]
mod reload_under_load;
mod routes;
mod service;
mod sessions;
mod shutdown;
mod stories;
mod strangers;
mod subscribers;
mod supervisor;
#[path = "../support/mod.rs"]
mod support;
mod telemetry;
mod texts;
mod tls;
mod trace;
mod websockets;
mod world;
mod wsdl;
