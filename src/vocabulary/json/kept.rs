//! The fields that are kept when a message is read; the others are skipped.

/// The part of a field that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keep {
    Nothing,
    Whole,
    /// Some fields of the record, or of each listed record.
    Members(Box<[Keep]>),
}

impl Keep {
    /// Keeps the field as a record of so many members, none of which is kept so far.
    pub fn hold(&mut self, members: usize) {
        if *self == Keep::Nothing {
            *self = Keep::Members(vec![Keep::Nothing; members].into());
        }
    }

    pub fn is_nothing(&self) -> bool {
        matches!(self, Keep::Nothing)
    }

    pub fn member(&self, slot: usize) -> &Keep {
        match self {
            Keep::Members(members) => &members[slot],
            Keep::Nothing | Keep::Whole => self,
        }
    }
}

/// The fields that are kept, by kind of message. An empty list keeps all.
pub type Wanted = Vec<Kept>;

/// The fields of a message that are kept, by slot, and their number: after the last one the rest of the message is skipped.
#[derive(Debug, Clone)]
pub struct Kept {
    slots: Box<[Keep]>,
    count: usize,
}

impl From<Vec<Keep>> for Kept {
    fn from(slots: Vec<Keep>) -> Kept {
        let count = slots.iter().filter(|keep| !keep.is_nothing()).count();
        Kept { slots: slots.into(), count }
    }
}

impl Kept {
    /// The number of fields that are kept.
    pub fn count(&self) -> usize {
        self.count
    }
}

impl std::ops::Deref for Kept {
    type Target = [Keep];

    fn deref(&self) -> &[Keep] {
        &self.slots
    }
}
