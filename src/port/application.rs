//! The port to an application.

use std::fmt::Debug;

use secrecy::SecretString;

use super::{Abilities, Directory, Input, Output, Taken, Texts};
use crate::{message::Message, time::Time};

/// The key of a bound, how much of it is used, and the bound.
pub type Bound = (&'static str, usize, usize);

/// The conversation with the sessions of one application. The module describes the order of calls.
pub trait ApplicationConversation: Debug + Send {
    // ── inputs ──

    /// Takes one message of an input, into `message`. None if the input holds no further message.
    fn handle(
        &mut self,
        now: Time,
        input: &mut Input<'_>,
        directory: &dyn Directory,
        message: &mut Message,
    ) -> Option<Taken>;

    // ── commands ──

    /// Tells an event to every session that wants it, or answers a request. Hands back how many sessions get it.
    fn publish(&mut self, message: &mut Message, about: &Filterable<'_>, audience: Audience) -> usize;
    /// When the clock began, in milliseconds since 1970.
    fn set_epoch(&mut self, epoch: u64) {
        let _ = epoch;
    }

    /// Puts other users in force, for log-ons that come after; sessions that are open stay. Returns false if the conversation
    /// cannot exchange its users.
    fn exchange_users(&mut self, users: Vec<(String, SecretString)>, read_only: &[String]) -> bool {
        let _ = (users, read_only);
        false
    }

    // ── polls ──

    fn poll(&mut self) -> Option<ApplicationOutput>;
    /// When [`ApplicationConversation::expire`] wants to be called next.
    fn deadline(&self) -> Option<Time>;
    fn expire(&mut self, now: Time);

    // ── getters ──

    /// Whose session it is.
    fn user_of(&self, session: u32) -> Option<&str>;
    fn sessions(&self) -> Vec<u32>;
    /// Sessions lost since the start, by cause.
    fn lost(&self) -> Vec<(&'static str, u64)>;
    /// How far its bounds are used, by their keys.
    fn bounds(&self) -> Vec<Bound> {
        Vec::new()
    }
    /// Counts of characters in requests that became U+FFFD.
    fn texts(&self) -> &Texts;
    /// What could not be carried since the start, by reason.
    fn refused(&self) -> Vec<(&'static str, u64)> {
        Vec::new()
    }
    /// How many requests are remembered for clients that ask about them; none if none ever are.
    fn remembered(&self) -> Option<usize> {
        None
    }
    /// Whether it wants to hear that a request failed after it was told that the platform had accepted it, although its
    /// events carry no request ids.
    fn hears_late_failures(&self) -> bool {
        false
    }
    /// Whether only the very last item of a snapshot is marked as the last, instead of the last of each type.
    fn marks_only_the_last(&self) -> bool {
        false
    }

    // ── capabilities ──

    /// Messages of a platform of its own dialect pass to its sessions whole.
    fn passes(&mut self) -> Option<&mut dyn Passes> {
        None
    }
    /// Its clients are guests of a platform of its own dialect: what they ask goes there as it is.
    fn guest(&mut self) -> Option<&mut dyn Guest> {
        None
    }
    /// What its sessions ask for may be long: it is told in portions.
    fn portions(&mut self) -> Option<&mut dyn Portions> {
        None
    }
    /// Its sessions can subscribe to statistics of groups' agents.
    fn watches_groups(&mut self) -> Option<&mut dyn WatchesGroups> {
        None
    }
}

/// The capability to pass a message of a platform of the same dialect on whole.
pub trait Passes {
    /// Passes a message, which has the application's ids, to every session that wants it; an answer to its asker alone.
    /// Everything but the session's own numbers goes on as it came. Hands back how many sessions get it.
    fn pass(&mut self, message: &mut Message, about: &Filterable<'_>, audience: Audience) -> usize;
}

/// The capability of an application whose clients are guests of a platform.
pub trait Guest {
    /// Whether the platform can be asked, or why not.
    fn link(&mut self, down: Option<String>);
    /// The platform's answer to a question that was asked by [`ApplicationOutput::Ask`]: one of the dialect's messages.
    fn answered(&mut self, now: Time, ask: u64, message: &Message);
    /// A question has no answer. `unknown`: the platform may have done it nevertheless.
    fn unanswered(&mut self, now: Time, ask: u64, reason: &str, unknown: bool);
    /// An event of the platform.
    fn hear(&mut self, now: Time, message: &Message);
    /// The platform's answer about something that is followed.
    fn hear_of(&mut self, now: Time, id: i64, message: &Message);
    /// What the last answer has added on the platform, until it is taken: it should be followed.
    fn take_added(&mut self) -> Option<i64>;
    /// Whether this is remembered and not over.
    fn is_open(&self, id: i64) -> bool;
}

/// A session that has just subscribed to statistics of groups' agents, with the groups' ids, or none for all groups.
pub type GroupWatcher = (u32, Option<Vec<i64>>);

/// The capability to tell statistics of groups' agents.
pub trait WatchesGroups {
    /// Whether any session subscribes to them.
    fn has_watchers(&self) -> bool;
    /// Sessions that have subscribed since this was asked last.
    fn new_watchers(&mut self) -> Vec<GroupWatcher>;
}

/// The capability to tell long lists one after the other, each to a session that has room.
pub trait Portions {
    /// Whether a list waits to be told.
    fn has_more(&self) -> bool;
    /// Tells the next list that a session with room waits for. Returns false if there is none.
    fn go_on(&mut self, has_room: &dyn Fn(u32) -> bool, directory: &dyn Directory) -> bool;
}

/// What a conversation with an application wants the shell to do, or the bridge to ask.
#[derive(Debug)]
pub enum ApplicationOutput {
    Wire(Output),
    /// Has the platform behind do this, once, for a [`Guest`]. The answer comes back under this number.
    Ask {
        ask: u64,
        message: Box<Message>,
    },
}

impl From<Output> for ApplicationOutput {
    fn from(output: Output) -> ApplicationOutput {
        ApplicationOutput::Wire(output)
    }
}

/// Who gets an event.
#[derive(Debug, Clone, Copy)]
pub struct Audience {
    /// The session that asked for it, with the number that it gave its request.
    pub asker: Option<(u32, i64)>,
    /// Nobody else does.
    pub only_asker: bool,
}

/// The ids that sessions may filter an event by, and what its platform can do. Zero is nothing.
#[derive(Default)]
pub struct Filterable<'e> {
    pub agent: i64,
    /// The agent's login number and name.
    pub agent_names: [&'e str; 2],
    pub service: i64,
    /// The platform's place in the application's list, from 1.
    pub switch: i64,
    /// Of the platform that the event is from.
    pub abilities: Option<&'e dyn Abilities>,
}
