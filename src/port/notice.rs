//! Something that an operator should read.

/// Something that an operator should read, with how much it matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub level: Level,
    pub text: String,
    /// The sort of the notice. Notices of one sort may be numerous, and only some are logged; all notices without a
    /// sort share one.
    pub sort: Option<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Info,
    Warn,
    Error,
}

/// The sort of notices that are never numerous, and therefore always logged.
pub const FEW: &str = "few";

impl Notice {
    pub fn of(level: Level, text: impl Into<String>) -> Notice {
        Notice { level, text: text.into(), sort: None }
    }

    pub fn info(text: impl Into<String>) -> Notice {
        Notice::of(Level::Info, text)
    }

    pub fn warn(text: impl Into<String>) -> Notice {
        Notice::of(Level::Warn, text)
    }

    pub fn error(text: impl Into<String>) -> Notice {
        Notice::of(Level::Error, text)
    }

    /// Marks the notice as one of a few: the caller ensures that there are never many, and each is logged.
    pub fn one_of_few(self) -> Notice {
        self.one_of(FEW)
    }

    /// The same notice as one of this sort.
    pub fn one_of(self, sort: &'static str) -> Notice {
        Notice { sort: Some(sort), ..self }
    }
}
