//! A service's own WSDL: read into a small contract, compared with what the vocabulary says, and turned into the profile in
//! which that service is spoken with. No I/O: documents come as bytes, and what else is to be fetched is said.

mod answers;
mod compare;
mod description;
mod documents;
mod fitted;
mod members;
mod namespaces;
mod read;
mod schema;
mod values;

pub use description::Description;
pub use documents::{Documents, Limits};
pub use fitted::{Fitted, Part, Remark, Sort, Weight};

const WSDL: &str = "http://schemas.xmlsoap.org/wsdl/";
/// The namespace of bindings of SOAP 1.1.
const SOAP: &str = "http://schemas.xmlsoap.org/wsdl/soap/";
const XSD: &str = "http://www.w3.org/2001/XMLSchema";

#[cfg(test)]
mod tests;
