//! Observations while reading a message that could be read.

use crate::wire::replaced::Replaced;

/// Observations on one message.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// Fields that the vocabulary does not know; they were skipped.
    pub unknown: Vec<String>,
    /// The first field whose value is not of its type; it was skipped.
    pub malformed: Option<String>,
    /// The reasons why characters of its strings became U+FFFD.
    pub replaced: Replaced,
}
