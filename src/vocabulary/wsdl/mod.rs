//! A service's own WSDL: read into a small description, compared with the vocabulary, and turned into the profile for
//! talking to that service. Without I/O: documents come as bytes, and `Documents` names the ones that are still wanted.

mod answers;
mod compare;
mod comparison;
mod description;
mod documents;
mod fitted;
mod members;
mod namespaces;
mod read;
mod schema;
mod standards;
mod values;

pub use description::Description;
pub use documents::{Documents, Limits};
pub use fitted::{Fitted, Part, Remark, Sort, Weight};

#[cfg(test)]
mod tests;
