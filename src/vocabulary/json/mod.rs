//! JSON ⇄ messages, by the vocabulary's types. A message is read in one pass, as the one that it seems to be, and only the
//! wanted fields are kept. Dialects that travel as SOAP have a JSON form, too: the lines of `translate`.

mod attempts;
mod error;
mod kept;
mod read;
mod unnamed;
mod write;

pub use error::JsonError;
pub use kept::{Keep, Kept, Wanted};
