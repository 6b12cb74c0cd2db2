//! Notices: what happened and an operator should know. A notice is typed: its kind, and fields with the ids of both sides.
//! The [`table`] says of each kind how it is called, how much it matters, and its text. This module makes the type of it.
//! The shell makes log lines of notices; nothing here writes any.

mod field;
mod table;

use std::fmt;

use field::Field;
pub use field::Value;
#[cfg(test)]
use table::FIELDS;
pub(crate) use table::table;

/// How much a notice matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

impl Level {
    pub fn name(self) -> &'static str {
        match self {
            Level::Debug => "debug",
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
        }
    }
}

/// How often notices of a kind come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frequency {
    /// A peer can bring about any number of them: some are told, the others counted.
    Many,
    /// Whoever makes them ensures that there are never many: each is told.
    Few,
    /// Part of a story: each is told, and none is made unless somebody reads stories.
    Traced,
}

macro_rules! define {
    ($($variant:ident $name:ident $level:ident $frequency:ident $text:literal {
        $($field:ident: $type:ty),* $(,)?
    })*) => {
        /// Something that happened and that an operator should know.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Notice {
            $($variant { $($field: $type),* },)*
        }

        /// The kind of a notice.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Kind {
            $($variant,)*
        }

        impl Notice {
            pub fn kind(&self) -> Kind {
                match self {
                    $(Notice::$variant { .. } => Kind::$variant,)*
                }
            }

            /// Shows the fields that the notice has, in the order of the table.
            pub fn each(&self, mut show: impl FnMut(&'static str, Value<'_>)) {
                match self {
                    $(Notice::$variant { $($field),* } => {
                        $(if let Some(value) = $field.value() { show(stringify!($field), value) })*
                    })*
                }
            }

            /// Shortens texts that are longer than this many bytes.
            pub fn shorten(&mut self, most: usize) {
                match self {
                    $(Notice::$variant { $($field),* } => { $($field.shorten(most);)* })*
                }
            }
        }

        impl Kind {
            pub const ALL: &[Kind] = &[$(Kind::$variant),*];

            /// The name in the log. It stays the same from release to release.
            pub fn name(self) -> &'static str {
                match self {
                    $(Kind::$variant => stringify!($name),)*
                }
            }

            pub fn level(self) -> Level {
                match self {
                    $(Kind::$variant => Level::$level,)*
                }
            }

            pub fn frequency(self) -> Frequency {
                match self {
                    $(Kind::$variant => Frequency::$frequency,)*
                }
            }

            /// The constant text.
            pub fn text(self) -> &'static str {
                match self {
                    $(Kind::$variant => $text,)*
                }
            }

            /// The names of the fields.
            pub fn fields(self) -> &'static [&'static str] {
                match self {
                    $(Kind::$variant => &[$(stringify!($field)),*],)*
                }
            }
        }
    };
}

table!(define);

impl Kind {
    fn named(name: &str) -> Option<Kind> {
        Kind::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

impl Notice {
    /// The kind's level; that of the kind that was left out where others were.
    pub fn level(&self) -> Level {
        let left_out = if let Notice::LeftOut { of, .. } = self { Kind::named(of) } else { None };
        left_out.unwrap_or(self.kind()).level()
    }

    /// The sort within the kind: the first field that is a word of the bridge's own. A flood of one sort hides no other.
    pub fn sort(&self) -> Option<&'static str> {
        let mut sort = None;
        self.each(|_, value| {
            if let Value::Word(word) = value {
                sort.get_or_insert(word);
            }
        });
        sort
    }
}

/// The text and the fields, as the log writes them: for files, and for tests.
impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.kind().text())?;
        let mut result = Ok(());
        self.each(|name, value| result = result.and_then(|()| write!(f, " {name}={value}")));
        result
    }
}

#[cfg(test)]
mod tests;
