//! Rules: the meaning of a dialect's messages (`from-<dialect>.toml`), and the way in which a dialect says things
//! (`to-<dialect>.toml`). They are parsed, checked against the vocabularies and the model's own words, and compiled once
//! into plans that run without interpreting text. No dialect is named here.

mod compile;
mod coverage;
mod example;
mod expression;
mod grammar;
mod incoming;
mod labels;
mod literal;
mod mappings;
mod outgoing;
mod overlay;
mod rule_file;
mod syntax;
mod type_of;
mod value_table;
mod value_type;

pub use coverage::{Coverage, Fate};
pub use expression::Expr;
pub use incoming::{Incoming, KindPlan};
pub use labels::dotted_labels;
pub use literal::Literal;
pub use mappings::{Dialect, Mappings, Overlay};
pub use outgoing::{CallPart, Item, Leaf, Outgoing, Picture, ValuePlan};

#[cfg(test)]
mod tests;
