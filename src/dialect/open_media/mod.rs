//! The Open Media Service of MiCC Enterprise: a SOAP service that is asked to find an agent for a request, and then asked
//! what became of it.

mod client;

pub use client::{Client, Settings};
