//! The port between the bridge and the dialects. It owns two traits in one style, one for each side of the bridge, with
//! their inputs and outputs. It deliberately knows no dialect, no socket and no clock.
//!
//! [`PlatformConversation`] converses with a platform that the bridge connects to, or that connects to the bridge.
//! [`ApplicationConversation`] converses with the sessions of one application. Each is a state machine without I/O:
//! inputs are handed in, outputs are polled, time is a parameter.
//!
//! # The order of calls
//!
//! 1. *Inputs.* [`handle`](PlatformConversation::handle) takes one message of an input. An input of bytes may hold several
//!    messages: its owner hands the same input in again until `None` comes back, and lets everything follow from one
//!    message before it hands in the next. Every other input is handed in once.
//! 2. *Outputs.* After every call that takes `now`, the owner polls until `None`. Outputs are carried out in the order in
//!    which they were polled. The owner polls before it acts on what `handle` handed back: an answer to a request leaves
//!    before the events that the request causes.
//! 3. *Connections.* A number names one connection of one conversation and is never used again. The conversation chooses it
//!    for connections that it asks for ([`Output::Connect`], [`Output::Call`]), the shell for those that it accepts. `Opened` comes first, `Closed` last. After
//!    [`Output::Close`], or after `Closed`, no input names the connection, and outputs that do are dropped.
//! 4. *Time.* `deadline` is asked after the outputs were polled; `expire` is called once that time has come. It may be
//!    called earlier, and then does nothing.
//! 5. *Re-entry.* No call re-enters. What an input causes elsewhere (a command to a platform, an event to a session) is a
//!    call of its own, made after `handle` has returned.
//! 6. *Portions.* Queues belong to the owner's shell, and a connection whose queue is full is closed. Single messages are output
//!    at once. A list that may be long waits in the conversation ([`Portions`]), not as outputs; the owner asks for one after
//!    the other, each for a session whose queue has room, and polls in between.
//! 7. *Commands.* `command`, `publish` and the calls of the capabilities may come between any two inputs, but not while an
//!    input of bytes is being handed in again, except for what follows from the message that `handle` took last.
//!
//! What only some conversations can do is a *capability*: a trait of its own, which the conversation hands out if it has
//! it. The bridge asks for capabilities, never for a dialect.
//!
//! Invariant: nothing here names a dialect, its messages or its fields (`tests/house/names.rs`).

mod application;
mod directory;
mod input;
mod notice;
mod origin;
mod output;
mod platform;
mod stream;
mod texts;
mod tries;

pub use application::{
    ApplicationConversation, ApplicationOutput, Audience, Bound, Filterable, GroupWatcher, Guest, Passes, Portions,
    WatchesGroups,
};
pub use directory::{Abilities, Directory, Entry, Known, Thing};
pub use input::{Heard, HttpRequest, Input, PostOutcome, Taken, Unread};
pub(crate) use notice::table;
pub use notice::{Frequency, Kind, Level, Notice, Value};
pub use origin::Origin;
pub use output::{Connection, Delivery, Output, Post, Reply, Shared, Verification};
pub use platform::{Asker, Asks, Lines, PlatformConversation, PlatformOutput, RouteAsked, Troubles};
pub use stream::{Codec, Next, Reading, Stream};
pub use texts::Texts;
pub use tries::{Held, Tries, Try};

#[cfg(test)]
pub mod drive;
