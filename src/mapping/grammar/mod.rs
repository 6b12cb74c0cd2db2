//! The grammar of rules that both sorts of rule files share: `[on.…]`, `like`, `fixed`, `[shared.…]`, and the errors for the old
//! form. This module knows neither messages nor changes; `incoming` and `outgoing` give the rules their meaning.

mod like;
mod old_form;
mod omission;
mod place;
mod rules;
mod shared;
mod value;

pub use old_form::OldForms;
pub use omission::{Missing, place_of};
pub use rules::{Direction, RawRule, RuleKeys, read};
pub use shared::Shared;
pub use value::{SetParts, SetValue};

#[cfg(test)]
mod tests;
