//! Conversations in process: a whole bridge, or one side of it, on a virtual clock and without sockets.
//!
//! `desktops`: agents' desktops behind applications of both kinds. `fan_in`: several platforms behind the same applications.
//! `open_media`: clients of an Open Media Service, and the service. `portions`: what is many, told to sessions with little room.
//! `routes`: the routes of calls, through a service. `whole`: the same dialect on both sides. `wsdl`: a service's own
//! description.

mod desktops;
mod fan_in;
mod open_media;
mod portions;
mod routes;
mod standstill;
#[path = "../support/mod.rs"]
mod support;
mod whole;
mod wsdl;
