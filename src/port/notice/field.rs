//! The types that a notice's fields can have.

use std::fmt;

/// A field's value, as it is shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'v> {
    /// A text that may come from outside.
    Text(&'v str),
    /// One of the bridge's own words.
    Word(&'static str),
    Number(i64),
    Seconds(f64),
    Flag(bool),
}

/// Texts are quoted, so that no text from outside looks like another field.
impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Value::Text(text) => write!(f, "{text:?}"),
            Value::Word(word) => write!(f, "{word:?}"),
            Value::Number(number) => write!(f, "{number}"),
            Value::Seconds(seconds) => write!(f, "{seconds}"),
            Value::Flag(flag) => write!(f, "{flag}"),
        }
    }
}

/// What can be a field.
pub(super) trait Field {
    /// The value, if there is one.
    fn value(&self) -> Option<Value<'_>>;

    fn shorten(&mut self, _most: usize) {}
}

impl Field for String {
    fn value(&self) -> Option<Value<'_>> {
        Some(Value::Text(self))
    }

    fn shorten(&mut self, most: usize) {
        if self.len() > most {
            self.truncate(self.floor_char_boundary(most));
            self.push('…');
        }
    }
}

impl Field for &'static str {
    fn value(&self) -> Option<Value<'_>> {
        Some(Value::Word(self))
    }
}

impl Field for bool {
    fn value(&self) -> Option<Value<'_>> {
        Some(Value::Flag(*self))
    }
}

impl Field for f64 {
    fn value(&self) -> Option<Value<'_>> {
        Some(Value::Seconds(*self))
    }
}

macro_rules! number {
    ($($type:ty)*) => {
        $(impl Field for $type {
            fn value(&self) -> Option<Value<'_>> {
                Some(Value::Number(i64::try_from(*self).unwrap_or(i64::MAX)))
            }
        })*
    };
}

number!(i64 u32 u64 usize);

impl<F: Field> Field for Option<F> {
    fn value(&self) -> Option<Value<'_>> {
        self.as_ref()?.value()
    }

    fn shorten(&mut self, most: usize) {
        if let Some(field) = self {
            field.shorten(most);
        }
    }
}
