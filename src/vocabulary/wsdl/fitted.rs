//! The result of a comparison: the profile for the service, and remarks part by part.

use crate::vocabulary::profile::Profile;

/// The profile for a service after its WSDL was read, and the differences from the vocabulary.
#[derive(Debug, Clone)]
pub struct Fitted {
    /// The shipped profile that fits best, with the WSDL's differences laid over it.
    pub profile: Profile,
    pub parts: Vec<Part>,
}

/// A part of the vocabulary or of the WSDL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub sort: Sort,
    /// The vocabulary's name for it.
    pub name: String,
    /// The service's name for it.
    pub wire: String,
    pub remarks: Vec<Remark>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    Service,
    Operation,
    Fault,
    Type,
    Enumeration,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    pub weight: Weight,
    pub text: String,
}

/// The weight of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// The WSDL has it otherwise, and is followed.
    Differs,
    /// The WSDL has something that the vocabulary does not know; it stays unused.
    Unknown,
    /// The WSDL lacks something that is not needed.
    Spares,
    /// The WSDL lacks something that may be needed.
    Lacks,
    /// The WSDL has something that cannot be followed.
    Contradicts,
}

impl Weight {
    /// The remark's share of the distance between a profile and a WSDL.
    pub(super) fn cost(self) -> usize {
        match self {
            Weight::Differs | Weight::Unknown | Weight::Spares => 1,
            Weight::Lacks => 4,
            Weight::Contradicts => 16,
        }
    }
}

impl Fitted {
    /// True if nothing is missing that may be needed, and nothing contradicts.
    pub fn fits(&self) -> bool {
        self.remarks().all(|(_, remark)| remark.weight < Weight::Lacks)
    }

    pub fn remarks(&self) -> impl Iterator<Item = (&Part, &Remark)> {
        self.parts.iter().flat_map(|part| part.remarks.iter().map(move |remark| (part, remark)))
    }
}

impl Part {
    pub(super) fn new(sort: Sort, name: impl Into<String>, wire: impl Into<String>) -> Part {
        Part { sort, name: name.into(), wire: wire.into(), remarks: Vec::new() }
    }

    pub(super) fn say(&mut self, weight: Weight, text: impl Into<String>) {
        self.remarks.push(Remark { weight, text: text.into() });
    }
}
