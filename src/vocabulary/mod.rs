//! The vocabulary of a dialect: its messages, fields, types and enumerations, loaded from `mappings/dialects/<dialect>.toml`.
//! Messages are read and written by it, and schemas and reference tables are made from it, so that these cannot disagree.
//! The meaning of the words belongs to `mapping` and `model`.

mod compound;
mod decoded;
mod definition;
mod enumeration;
mod field;
mod fields;
mod file_schema;
mod fit;
mod further;
mod hand;
mod json;
mod limits;
mod load;
mod message_def;
mod names;
mod overlay;
mod profile;
mod reading;
mod renaming;
mod scalar;
mod schema;
mod strays;
mod template;
mod wire_name;
mod wording;
pub mod wsdl;
mod xml;

pub use decoded::{Decoded, Observed};
pub use definition::{Form, Headers, Vocabulary};
pub use enumeration::{Enum, Member, by_code};
pub use field::{AgentPart, Field, Literal, Role, Type, Which};
pub use fields::{Fields, Record};
pub use file_schema::file_schema;
pub use json::{JsonError, Keep, Kept, Wanted};
pub use load::load;
pub use message_def::{DeviceGroup, Mentions, MessageDef, Side};
pub use overlay::{MemberForm, Overlay, Owner};
pub use profile::{Namespaces, Profile};
pub use renaming::{Renames, Replacement, Thing, Unchanged};
pub use schema::{Contract, SchemaWriter, Schemas};
pub use template::{EventTemplate, ObjectTemplate, fault, response};
pub use xml::{NoReply, WrongMember};

#[cfg(test)]
mod tests;
