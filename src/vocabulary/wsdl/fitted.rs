//! What a comparison came to: the profile to speak in, and part by part what was found.

use crate::vocabulary::Profile;

/// How a service is spoken with after its WSDL was read, and how that differs from what the vocabulary has.
#[derive(Debug, Clone)]
pub struct Fitted {
    /// The shipped profile that fits best, with what the WSDL says laid over it.
    pub profile: Profile,
    pub parts: Vec<Part>,
}

/// Something that the vocabulary, or the WSDL, has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub sort: Sort,
    /// As the vocabulary calls it.
    pub name: String,
    /// As it is written to this service.
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

/// How much a difference matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// The WSDL says it otherwise, and is followed.
    Differs,
    /// The WSDL has what the vocabulary does not know; it stays unused.
    Unknown,
    /// The WSDL lacks what can be spared.
    Spares,
    /// The WSDL lacks what may be needed.
    Lacks,
    /// The WSDL says what cannot be followed.
    Contradicts,
}

impl Weight {
    /// How far a profile is from a WSDL for it.
    pub(super) fn cost(self) -> usize {
        match self {
            Weight::Differs | Weight::Unknown | Weight::Spares => 1,
            Weight::Lacks => 4,
            Weight::Contradicts => 16,
        }
    }
}

impl Fitted {
    /// Whether nothing is missing that may be needed, and nothing contradicts.
    pub fn fits(&self) -> bool {
        self.remarks().all(|(_, remark)| remark.weight < Weight::Lacks)
    }

    pub fn remarks(&self) -> impl Iterator<Item = (&Part, &Remark)> {
        self.parts.iter().flat_map(|part| part.remarks.iter().map(move |remark| (part, remark)))
    }
}
