//! Routes of a CTIPS application on an event feed, through an Open Media Service: the table of routes, row by row, as the
//! application and the service see it.

mod chosen;
mod crash;
mod service;
mod table;
mod watching;
mod world;
