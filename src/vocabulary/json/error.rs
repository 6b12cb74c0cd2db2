//! The reason why a text is not a message, and the advice for its author.

use std::fmt;

use crate::{
    diagnostic::did_you_mean,
    vocabulary::{definition::Vocabulary, message_def::Side},
    wire::json::Malformed,
};

/// The reason why a text is not a message.
#[derive(Debug, PartialEq, Eq)]
pub enum JsonError {
    /// Not JSON, or nested too deeply; with line and column.
    Syntax(String),
    /// JSON, but not an object.
    NotAnObject,
    /// An object without the fields that name a message.
    Nameless,
    /// A name that the vocabulary does not know.
    Unknown(String),
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            JsonError::Syntax(error) => write!(f, "not JSON: {error}"),
            JsonError::NotAnObject => write!(f, "not a JSON object"),
            JsonError::Nameless => write!(f, "nothing in it names a message"),
            JsonError::Unknown(name) => write!(f, "unknown message {name:?}"),
        }
    }
}

impl From<Malformed> for JsonError {
    /// The description is only made when reading the text is given up.
    fn from(_: Malformed) -> JsonError {
        JsonError::Syntax(String::new())
    }
}

impl Vocabulary {
    /// The error for the author of a line, with the nearest name that is known.
    pub fn explain(&self, asks: bool, error: &JsonError) -> String {
        let JsonError::Unknown(name) = error else { return error.to_string() };
        /// Longer names are not compared: that takes time and finds nothing. Numbers are not compared either.
        const LONGEST: usize = 64;
        let is_word = |name: &str| name.len() <= LONGEST && name.parse::<u32>().is_err();
        let of_side = self.messages.iter().filter(|def| (def.side == Side::Request) == asks);
        let known = of_side.flat_map(|def| [def.wire_name(), &def.label]);
        error.to_string() + &did_you_mean(name, known.filter(|known| is_word(name) && is_word(known)))
    }
}
