//! The words in which everything that happens is said between dialects, CSTA's wherever it has one: the changes that rules
//! make of messages, the transitions that rules make messages of, and what can be read of calls, agents and the rest. They
//! are checked like a dialect's; `cti-bridge check`, `coverage` and the rule compiler read the tables here.

mod attributes;
mod causes;
mod change_signatures;
mod changes;
mod enumerations;
mod facts;
mod transition_signatures;
mod transitions;

pub use attributes::*;
pub use change_signatures::{Attribute, ChangeSignature};
pub use changes::*;
pub use enumerations::*;
pub use facts::*;
pub use transition_signatures::{Object, TransitionSignature};
pub use transitions::*;

/// An enumeration whose members have names, as rules write them, and at least one line of documentation each.
macro_rules! words {
    ($(#[$meta:meta])* $type:ident { $($(#[doc = $doc:literal])+ $variant:ident = $name:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum $type { $($(#[doc = $doc])+ $variant),+ }

        impl $type {
            pub const ALL: &'static [$type] = &[$($type::$variant),+];
            pub const NAMES: &'static [&'static str] = &[$($name),+];
            const DOCS: &'static [&'static str] = &[$(concat!($($doc),+)),+];

            pub fn from_name(name: &str) -> Option<$type> {
                let place = $type::NAMES.iter().position(|known| *known == name)?;
                Some($type::ALL[place])
            }

            /// The member at a place in [`Self::ALL`]: how values of this type stand in expressions.
            pub fn from_code(code: i64) -> Option<$type> {
                $type::ALL.get(usize::try_from(code).ok()?).copied()
            }

            pub fn code(self) -> i64 {
                self as i64
            }

            pub fn name(self) -> &'static str {
                $type::NAMES[self as usize]
            }

            /// What it means, in a line or two.
            pub fn doc(self) -> &'static str {
                $type::DOCS[self as usize].trim_start()
            }

            pub fn names() -> impl Iterator<Item = &'static str> {
                $type::NAMES.iter().copied()
            }
        }
    };
}

use words;

#[cfg(test)]
mod tests;
