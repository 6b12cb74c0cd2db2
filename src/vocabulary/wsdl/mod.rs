//! A service's own WSDL: read into a small contract, compared with what the vocabulary says, and turned into the profile in
//! which that service is spoken with. No I/O: documents come as bytes, and what else is to be fetched is said.

mod fitted;

pub use fitted::{Fitted, Part, Remark, Sort, Weight};
