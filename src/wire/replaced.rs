//! The reasons why characters of a message became U+FFFD.

/// A sort of unreadable text, for which characters become U+FFFD.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    Bytes,
    Surrogate,
    Control,
    Escape,
    Reference,
    Forbidden,
}

impl Sort {
    pub const ALL: [Sort; 6] =
        [Sort::Bytes, Sort::Surrogate, Sort::Control, Sort::Escape, Sort::Reference, Sort::Forbidden];

    /// The sort's name in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Sort::Bytes => "bytes",
            Sort::Surrogate => "half-surrogate",
            Sort::Control => "control-character",
            Sort::Escape => "escape",
            Sort::Reference => "reference",
            Sort::Forbidden => "forbidden-character",
        }
    }

    /// The sort's description for people.
    pub fn words(self) -> &'static str {
        match self {
            Sort::Bytes => "bytes that are no text in the encoding of the message",
            Sort::Surrogate => "half a surrogate pair",
            Sort::Control => "a control character that is not escaped",
            Sort::Escape => "an escape that JSON does not have",
            Sort::Reference => "a reference to a character that XML forbids",
            Sort::Forbidden => "a character that XML forbids",
        }
    }
}

/// The sorts that occur in one message; usually none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Replaced(u8);

impl Replaced {
    pub const NONE: Replaced = Replaced(0);

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn add(&mut self, sort: Sort) {
        self.0 |= 1 << sort as u8;
    }

    pub fn join(&mut self, other: Replaced) {
        self.0 |= other.0;
    }

    pub fn has(self, sort: Sort) -> bool {
        self.0 & (1 << sort as u8) != 0
    }

    pub fn sorts(self) -> impl Iterator<Item = Sort> {
        Sort::ALL.into_iter().filter(move |sort| self.has(*sort))
    }
}

impl From<Sort> for Replaced {
    fn from(sort: Sort) -> Replaced {
        let mut replaced = Replaced::default();
        replaced.add(sort);
        replaced
    }
}
