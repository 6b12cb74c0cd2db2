//! Messages of a platform that are read in part, or not at all.

use super::{Bad, Platform};
use crate::{
    message::Message,
    port::{Notice, Output, Unread},
    time::Time,
    vocabulary::JsonError,
    wire::replaced::Replaced,
};

impl Platform {
    /// A line of a platform that is a file was no message.
    pub fn unread(&mut self, now: Time, text: &str) {
        if let Some(lines) = self.conversation.lines() {
            lines.unread(now, Some(text));
        }
    }

    /// Counts characters that became U+FFFD, and logs each sort of them once.
    pub(super) fn say_replaced(&mut self, replaced: Replaced) {
        self.wanted.extend(self.texts.count(replaced).into_iter().map(Output::from));
    }

    /// Says once of each field that the vocabulary does not know in which message it came. A platform can make up any number.
    #[cold]
    pub(super) fn say_unknown_fields(&mut self, message: &Message, notices: &mut Vec<Notice>) {
        const MOST: usize = 100;
        const LONGEST: usize = 100;
        let fields = std::mem::take(&mut self.unknown_fields);
        let Some(kind) = message.kind() else { return };
        for mut field in fields {
            field.truncate(field.floor_char_boundary(LONGEST));
            let key = (kind, field);
            if self.said_fields.len() == MOST || self.said_fields.contains(&key) {
                continue;
            }
            let message_name = self.incoming.vocabulary.message(kind).label.clone();
            notices.push(Notice::FieldUnknown { message_name, field: key.1.clone() });
            self.said_fields.insert(key);
            if self.said_fields.len() == MOST {
                notices.push(Notice::FieldsOnlyCounted {});
            }
        }
    }

    /// A message of which a field could not be taken in.
    #[cold]
    pub(super) fn malformed(&mut self, message: &Message, malformed: &str) -> Bad {
        self.counts.malformed += 1;
        let kind = message.kind().map(|kind| self.incoming.vocabulary.message(kind).label.as_str());
        Bad { message: kind.map(str::to_owned), reason: format!("{malformed}; the field was passed over") }
    }

    /// Counts a message that could not be read. What is wrong with it, if that is to be said.
    #[cold]
    pub(super) fn not_read(&mut self, unread: &Unread) -> Option<Notice> {
        match unread {
            Unread::TooLong(limit) => {
                self.counts.too_long += 1;
                Some(Notice::MessageTooLong { limit: *limit })
            }
            // The conversation has said why.
            Unread::Refused => {
                self.counts.malformed += 1;
                None
            }
            Unread::Json(error) => {
                self.count_unread(error);
                Some(match error {
                    JsonError::Unknown(name) => Notice::MessageUnknown { message_name: name.clone() },
                    JsonError::Syntax(_) | JsonError::NotAnObject | JsonError::Nameless => {
                        Notice::MessageUnusable { message_name: None, reason: error.to_string() }
                    }
                })
            }
        }
    }
}
