//! Hands inputs to conversations in unit tests, in the order that the port asks for.

use super::{Heard, Input, PlatformConversation, Reading, Taken, Unread};
use crate::{
    message::Message,
    time::Time,
    vocabulary::{Vocabulary, Wanted},
};

/// Hands an input to a platform's conversation until nothing of it is left. Returns what the last message was, which is
/// in `message`.
pub fn hand_in(
    conversation: &mut dyn PlatformConversation,
    now: Time,
    mut input: Input<'_>,
    vocabulary: &Vocabulary,
    message: &mut Message,
) -> Heard {
    let reading = Reading { vocabulary, wanted: &Wanted::new() };
    let holds_several = matches!(input, Input::Bytes { .. });
    let mut last = Heard::Nothing;
    message.clear();
    while let Some(taken) = conversation.handle(now, &mut input, &reading, message) {
        match taken {
            Taken::Message { heard, .. } => last = heard,
            Taken::Nothing | Taken::Unread(Unread::Refused) => {}
            Taken::Unread(unread) => panic!("{unread:?}"),
        }
        if !holds_several {
            break;
        }
    }
    last
}
