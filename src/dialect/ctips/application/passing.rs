//! Messages of a platform of the same dialect, which pass to sessions whole.

use super::Server;
use crate::{
    message::Message,
    port::{ApplicationConversation, Audience, Filterable, Passes},
};

impl Passes for Server {
    /// The profile of the two sides may differ: the message is written in this one's, and members that no vocabulary
    /// knows follow the known ones.
    fn pass(&mut self, message: &mut Message, about: &Filterable<'_>, audience: Audience) -> usize {
        self.publish(message, about, audience)
    }
}
