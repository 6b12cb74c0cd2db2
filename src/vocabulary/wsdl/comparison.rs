//! A comparison of a description with a vocabulary, while it is made. `compare` runs it; `members`, `values`, `answers` and
//! `namespaces` each compare their own parts.

use hashbrown::HashMap;

use super::{
    description::{Complex, Description, Name, Simple},
    fitted::Part,
};
use crate::vocabulary::{definition::Vocabulary, overlay::Owner, profile::Profile};

/// A comparison on the base of one profile.
pub struct Comparison<'c> {
    pub vocabulary: &'c Vocabulary,
    pub base: &'c Profile,
    pub description: &'c Description,
    pub profile: Profile,
    pub parts: Vec<(Option<Owner>, Part)>,
    /// The types that records and enumerations were compared with.
    pub records: HashMap<usize, &'c Complex>,
    pub enums: HashMap<usize, &'c Simple>,
    /// The namespaces of data contracts' members, and the names of lists' items.
    pub spaces: Vec<(Owner, usize, &'c str)>,
    pub items: Vec<(Owner, usize, &'c Name, &'c str)>,
    /// True while comparing something that the bridge writes, and does not only read.
    pub writing: bool,
    /// The types whose oddities were reported already.
    pub told: Vec<&'c Complex>,
}

impl<'c> Comparison<'c> {
    pub fn new(vocabulary: &'c Vocabulary, base: &'c Profile, description: &'c Description) -> Comparison<'c> {
        Comparison {
            vocabulary,
            base,
            description,
            profile: base.clone(),
            parts: Vec::new(),
            records: HashMap::new(),
            enums: HashMap::new(),
            spaces: Vec::new(),
            items: Vec::new(),
            writing: false,
            told: Vec::new(),
        }
    }
}
