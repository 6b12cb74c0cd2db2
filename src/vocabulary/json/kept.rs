//! What is kept of a message when it is read.

/// What is kept of a field when a message is read; the rest is passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keep {
    Nothing,
    Whole,
    /// Of the record that it is, or of each that it lists, what is said for its fields.
    Members(Box<[Keep]>),
}

impl Keep {
    /// It is kept, whatever of its so many members is.
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
            other => other,
        }
    }
}

/// Which fields of which messages are kept, by kind. An empty list keeps all.
pub type Wanted = Vec<Kept>;

/// Which fields of a message are kept, by slot, and how many of them: after the last one nobody has to look.
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
    /// How many fields are kept.
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
