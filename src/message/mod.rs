//! The neutral message: one message of any dialect, as a kind and the values of its fields. It knows no protocol, no JSON and
//! no XML; kinds and fields are places in the lists of a vocabulary. `tape` holds and builds a message, `value` reads it, and `copy`
//! takes values over into another.

mod copy;
mod shorten;
mod tape;
mod value;
mod whole;

pub use tape::{Kind, Message, Node, Open, Span};
pub use value::{List, Record, Value};
pub use whole::Spot;

#[cfg(test)]
mod tests;
