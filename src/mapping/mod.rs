//! Rules: the meaning of a dialect's messages (`from-<dialect>.toml`), and the way in which a dialect says things
//! (`to-<dialect>.toml`). They are parsed, checked against the vocabularies and the model's own words, and compiled once
//! into plans that run without interpreting text. No dialect is named here.

mod compile;
mod coverage;
mod example;
mod expression;
mod functions;
mod grammar;
mod incoming;
mod labels;
mod literal;
mod mappings;
mod outgoing;
mod overlay;
mod results;
mod rule_file;
mod site;
mod syntax;
mod type_of;
mod value_table;
mod value_type;

pub use coverage::{Coverage, Fate, Losses, Usage};
pub use expression::Expr;
pub use functions::{Argument, FUNCTIONS, Function, Kind};
pub use incoming::{Incoming, KindPlan};
pub use labels::dotted_labels;
pub use literal::Literal;
pub use mappings::{Dialect, Mappings, Overlay};
pub use outgoing::{CallPart, Item, Leaf, Outgoing, Picture, ValuePlan};
pub use site::{NumberPlan, Place, Site};
pub use value_table::{Given, ValueTable, Wrong};

#[cfg(test)]
mod tests;
