//! JSON ⇄ messages, by the vocabulary's types. A message is read in one pass, as the one that it seems to be, and only what
//! somebody wants of it is kept. Dialects that travel as SOAP have a JSON form, too: the lines of `translate`.

mod kept;
mod read;
mod write;

pub use kept::{Keep, Kept, Wanted};
pub(super) use read::typed_text;

use std::fmt;

use serde::de::IgnoredAny;

use self::read::Reader;
use super::{names::Guessing, *};
use crate::{
    message::{Message, Value},
    wire::{replaced::Replaced, tolerant},
};

/// What was noticed while reading a message that could be read.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// Fields that the vocabulary does not know; they were passed over.
    pub unknown: Vec<String>,
    /// A field whose value has another shape than its type; it was passed over.
    pub malformed: Option<String>,
    /// The reasons why characters of its strings became U+FFFD.
    pub replaced: Replaced,
}

/// Why a text is no message.
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

impl Vocabulary {
    /// Reads one JSON object. `asks` says which side speaks: the one that sends requests, or the one that answers and
    /// sends events. After an error nothing in `into` means anything. Strings are taken tolerantly: the content of
    /// `into` is valid JSON even if their text was not.
    pub fn read_json(&self, text: &str, asks: bool, wanted: &Wanted, into: &mut Message) -> Result<Decoded, JsonError> {
        match self.read_strictly(text, asks, wanted, into) {
            Err(JsonError::Syntax(words)) => self.read_mended(text, asks, wanted, into, words),
            read => read,
        }
    }

    /// Reads an object whose strings have characters that JSON does not allow there. `words` is the error of the strict
    /// attempt.
    #[cold]
    fn read_mended(
        &self,
        text: &str,
        asks: bool,
        wanted: &Wanted,
        into: &mut Message,
        words: String,
    ) -> Result<Decoded, JsonError> {
        let Some((mended, replaced)) = tolerant::mend(text) else { return Err(said(words, text)) };
        match self.read_strictly(&mended, asks, wanted, into) {
            Ok(decoded) => Ok(Decoded { replaced, ..decoded }),
            Err(JsonError::Syntax(words)) => Err(said(words, &mended)),
            Err(error) => Err(error),
        }
    }

    fn read_strictly(&self, text: &str, asks: bool, wanted: &Wanted, into: &mut Message) -> Result<Decoded, JsonError> {
        let guessed = self.guess(text, asks).and_then(|guess| self.read_guessed(text, asks, guess, wanted, into));
        let decoded = match guessed {
            Some(decoded) => decoded,
            None => self.read_unnamed(text, asks, wanted, into)?,
        };
        if let Some(kind) = into.kind() {
            self.message(kind).fields.put_together(into);
        }
        Ok(decoded)
    }

    /// Which message a text most likely is: the one that is named where the name field occurs first, be it at the top or
    /// not. Most senders say other things before; what they say can be typed at once by whoever knows the message.
    fn guess<'t>(&self, text: &'t str, asks: bool) -> Option<Guess<'t>> {
        let Guessing { field, kinds } = self.guessing[usize::from(asks)].as_ref()?;
        let after = field.find(text.as_bytes())? + field.needle().len();
        let rest = text[after..].trim_ascii_start().strip_prefix(':')?.trim_ascii_start().strip_prefix('"')?;
        let name = &rest[..memchr::memchr(b'"', rest.as_bytes())?];
        let (kind, slot) = *kinds.get(name)?;
        Some(Guess { kind, slot, name })
    }

    /// Reads an object as the message that was guessed; none if it turns out to be another, or is none.
    fn read_guessed(
        &self,
        text: &str,
        asks: bool,
        guess: Guess,
        wanted: &Wanted,
        into: &mut Message,
    ) -> Option<Decoded> {
        let decoded = self.read_as(text, asks, guess.kind, wanted, into).ok()?;
        matches!(into.get(guess.slot), Value::Text(name) if name == guess.name).then_some(decoded)
    }

    /// Reads an object of which nobody knows yet what it is.
    fn read_unnamed(&self, text: &str, asks: bool, wanted: &Wanted, into: &mut Message) -> Result<Decoded, JsonError> {
        into.clear();
        let mut reader = Reader::new(self, text, asks, wanted, into);
        reader.object().and_then(|()| Ok(reader.json.end()?))?;
        match (reader.again, reader.into.kind()) {
            // A list or record came before the name.
            (true, Some(kind)) => self.read_as(text, asks, kind, wanted, into),
            _ => Ok(reader.decoded),
        }
    }

    /// Reads an object whose message is known.
    fn read_as(
        &self,
        text: &str,
        asks: bool,
        kind: Kind,
        wanted: &Wanted,
        into: &mut Message,
    ) -> Result<Decoded, JsonError> {
        into.clear();
        into.start(kind, self.message(kind).fields.width());
        let mut reader = Reader::new(self, text, asks, wanted, into);
        reader.inside(kind).and_then(|()| Ok(reader.json.end()?))?;
        Ok(reader.decoded)
    }
}

/// What is wrong with a text, in words.
#[cold]
fn said(words: String, text: &str) -> JsonError {
    if !words.is_empty() {
        return JsonError::Syntax(words);
    }
    let known = serde_json::from_str::<IgnoredAny>(text).err().map(|error| error.to_string());
    JsonError::Syntax(known.unwrap_or_else(|| "a text or number that stands for nothing".into()))
}

/// A message that a text may be: its name, and the field that must have it.
struct Guess<'t> {
    kind: Kind,
    slot: usize,
    name: &'t str,
}
