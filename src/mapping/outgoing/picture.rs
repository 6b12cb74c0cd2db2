//! The view of a transition, and of the picture around it, from which rules read values. `bridge` implements it over the
//! model.

use super::plan::Leaf;
use crate::{
    message::Value,
    model::{ItemAttribute, ListAttribute},
};

/// The values of one item of a list, by [`ItemAttribute`].
pub type Item<'p> = [Value<'p>; ItemAttribute::ALL.len()];

/// The source of the values that rules read.
pub trait Picture<'p> {
    fn value(&self, leaf: &Leaf) -> Value<'p>;
    /// Calls `take` for each item of a list, with the item's values and the picture to read further values from.
    fn items(&self, list: ListAttribute, take: impl FnMut(&Self, Item<'p>));
}
