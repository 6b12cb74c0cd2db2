//! How each dialect converses: who speaks first, what must be answered, what is done about silence. No I/O, no clock: they
//! take an input and the time, and hand back outputs and their next deadline.

pub mod ctips;
pub mod event_feed;

/// Something that an operator should read, with how much it matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub level: Level,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Info,
    Warn,
    Error,
}

impl Notice {
    pub fn info(text: impl Into<String>) -> Notice {
        Notice { level: Level::Info, text: text.into() }
    }

    pub fn warn(text: impl Into<String>) -> Notice {
        Notice { level: Level::Warn, text: text.into() }
    }

    pub fn error(text: impl Into<String>) -> Notice {
        Notice { level: Level::Error, text: text.into() }
    }
}
