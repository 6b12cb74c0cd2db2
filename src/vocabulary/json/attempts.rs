//! The attempts to read a text: as the message that it seems to be, then as one whose name is still to be found, and if it is
//! not quite JSON, once more after it was mended. The reading itself is `read`.

use serde::de::IgnoredAny;

use super::{error::JsonError, kept::Wanted, read::Reader};
use crate::{
    message::{Kind, Message, Value},
    vocabulary::{decoded::Decoded, definition::Vocabulary, wire_name::Guessing},
    wire::tolerant,
};

impl Vocabulary {
    /// Reads one JSON object. `asks` is true for requests, false for replies and events. After an error the content of `into`
    /// means nothing. Strings are taken tolerantly: the text in `into` is valid JSON even if theirs was not.
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
            Ok(mut decoded) => {
                decoded.join(replaced);
                Ok(decoded)
            }
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

    /// The message that a text most likely is: the one that is named at the first occurrence of the naming field, at whatever
    /// depth. Many senders write other fields before the name, and these can be typed at once if the message is known.
    fn guess<'t>(&self, text: &'t str, asks: bool) -> Option<Guess<'t>> {
        let Guessing { field, kinds } = self.guessing[usize::from(asks)].as_ref()?;
        let after = field.find(text.as_bytes())? + field.needle().len();
        let rest = text[after..].trim_ascii_start().strip_prefix(':')?.trim_ascii_start().strip_prefix('"')?;
        let name = &rest[..memchr::memchr(b'"', rest.as_bytes())?];
        let (kind, slot) = *kinds.get(name)?;
        Some(Guess { kind, slot, name })
    }

    /// Reads an object as the message that was guessed; none if it is another one or cannot be read.
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

    /// Reads an object whose message is not known yet.
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

/// The description of an error in a text.
#[cold]
fn said(words: String, text: &str) -> JsonError {
    if !words.is_empty() {
        return JsonError::Syntax(words);
    }
    let known = serde_json::from_str::<IgnoredAny>(text).err().map(|error| error.to_string());
    JsonError::Syntax(known.unwrap_or_else(|| "a text or number that stands for nothing".into()))
}

/// The guessed message of a text: its name, and the field that must hold the name.
struct Guess<'t> {
    kind: Kind,
    slot: usize,
    name: &'t str,
}
