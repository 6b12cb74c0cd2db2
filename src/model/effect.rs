//! The model's answer to a change, and the fault of the message that it was made of. Faults are counted and logged in
//! `bridge`.

use super::{Attributes, Fact};

/// The model's answer to a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// It was taken in; transitions may follow, or nothing was new.
    Taken,
    /// It ends or follows something of a call that is not known: nothing starts.
    UnknownCall,
    /// It names no agent that is known or could be.
    UnknownAgent,
    /// Its call is over already.
    Late,
    /// It names no service that is known or could be.
    UnknownService,
    /// It answers a request that is not open.
    UnknownRequest,
    /// The code that it gives is no number: nobody can be told of it. The rest was taken in.
    OddCode,
    /// A table is full.
    Full,
}

impl Effect {
    pub const ALL: [Effect; 8] = [
        Effect::Taken,
        Effect::UnknownCall,
        Effect::UnknownAgent,
        Effect::Late,
        Effect::UnknownService,
        Effect::UnknownRequest,
        Effect::OddCode,
        Effect::Full,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Effect::Taken => "taken",
            Effect::UnknownCall => "unknown-call",
            Effect::UnknownAgent => "unknown-agent",
            Effect::Late => "late",
            Effect::UnknownService => "unknown-service",
            Effect::UnknownRequest => "unknown-request",
            Effect::OddCode => "odd-code",
            Effect::Full => "full",
        }
    }

    /// The reason why nothing came of a change, in words.
    pub fn reason(self) -> &'static str {
        match self {
            Effect::Taken => "nothing was new",
            Effect::UnknownCall => "its call is not known",
            Effect::UnknownAgent => "its agent is not known",
            Effect::Late => "its call is over",
            Effect::UnknownService => "its service is not known",
            Effect::UnknownRequest => "no such request is open",
            Effect::OddCode => "its code is no number",
            Effect::Full => "a table is full",
        }
    }

    /// The fault of the message, if it is the reason why the change was not taken in. A message that names somebody or
    /// something is right, even if they are not known, or gone: the call may predate the bridge, or the event may be a
    /// duplicate.
    pub fn fault(self, change: &Attributes) -> Option<&'static str> {
        let names_nobody = || change.party.is_empty() && change.text(Fact::Number).is_empty();
        match self {
            Effect::UnknownCall => change.call.is_empty().then_some("it names no call"),
            Effect::UnknownAgent => names_nobody().then_some("it names no agent"),
            Effect::UnknownService => Some("it names no service"),
            Effect::OddCode => Some("a code that is no number was passed over"),
            Effect::Taken | Effect::Late | Effect::UnknownRequest | Effect::Full => None,
        }
    }
}
