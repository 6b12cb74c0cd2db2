//! The codes that agents qualify calls with, where no desktop behind has lists of its own: all of them, and which of them a
//! service group has.

/// See the module.
#[derive(Debug, Clone, Default)]
pub struct CqCodes {
    /// Codes with their names.
    pub all: Vec<(i64, String)>,
    /// The codes of each group; a group that is not here has all.
    pub of_groups: Vec<(i64, Vec<i64>)>,
}

impl CqCodes {
    /// The codes of a service group.
    pub fn of(&self, group: i64) -> Vec<&(i64, String)> {
        match self.of_groups.iter().find(|(known, _)| *known == group) {
            None => self.all.iter().collect(),
            Some((_, codes)) => self.all.iter().filter(|(code, _)| codes.contains(code)).collect(),
        }
    }
}
