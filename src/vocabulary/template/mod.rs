//! Messages → XML, as WCF's data-contract serializer writes it: members in ordinal order, those of the base type first,
//! derived types marked, every member in its namespace. Everything that is the same in every message is compiled to text
//! (`compile`); `members` writes the values between, and `envelope` the whole.

mod compile;
mod envelope;
mod members;

pub(super) use compile::item_name;
pub use envelope::{EventTemplate, ObjectTemplate, fault, response};
