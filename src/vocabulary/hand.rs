//! Ways to write XML that mean the same to every reader.

/// One of these ways.
#[derive(Debug, PartialEq, Eq)]
pub struct Hand {
    /// The prefix of a data contract's members.
    pub data: &'static str,
    /// The end of the tag of an empty element.
    pub empty: &'static str,
    /// True if an empty text is written as such an element.
    pub empty_texts: bool,
    /// True if the instance namespace is bound at the envelope, not at the parameter.
    pub instance_above: bool,
}

impl Hand {
    /// As Mono's stack writes.
    pub const NET: Hand = Hand { data: "d4p1", empty: " />", empty_texts: false, instance_above: false };
    /// As a service's own clients write, by a capture of theirs.
    pub const COMPACT: Hand = Hand { data: "a", empty: "/>", empty_texts: true, instance_above: true };
}

impl Default for &Hand {
    fn default() -> Self {
        &Hand::NET
    }
}
