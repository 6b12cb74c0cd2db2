//! Observations while reading a message that could be read.

use std::ops::{Deref, DerefMut};

use crate::wire::replaced::Replaced;

/// Observations on one message. Nearly always there are none, so that what is handed from reader to reader with each message is
/// one word; it can be read and added to as if it were here.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Decoded(Option<Box<Observed>>);

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Observed {
    /// Fields that the vocabulary does not know; they were skipped.
    pub unknown: Vec<String>,
    /// The first field whose value is not of its type; it was skipped.
    pub malformed: Option<String>,
    /// The reasons why characters of its strings became U+FFFD.
    pub replaced: Replaced,
}

static NOTHING: Observed = Observed { unknown: Vec::new(), malformed: None, replaced: Replaced::NONE };

impl Decoded {
    /// Adds reasons why characters became U+FFFD.
    pub fn join(&mut self, replaced: Replaced) {
        if !replaced.is_empty() {
            self.replaced.join(replaced);
        }
    }

    /// The observations, if there are any.
    pub fn observed(self) -> Option<Box<Observed>> {
        self.0
    }

    /// The first field whose value is not of its type.
    pub fn malformed(self) -> Option<String> {
        self.0.and_then(|observed| observed.malformed)
    }
}

impl Deref for Decoded {
    type Target = Observed;

    fn deref(&self) -> &Observed {
        self.0.as_deref().unwrap_or(&NOTHING)
    }
}

impl DerefMut for Decoded {
    fn deref_mut(&mut self) -> &mut Observed {
        self.0.get_or_insert_default()
    }
}
