//! The five sorts of calls and sessions on a desktop, and the states of the guide. A state's meaning is the guide's; which
//! state a call is in is said by rules.

/// What an agent has: a call, or a session of another medium.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    Call,
    Email,
    Sms,
    OpenMedia,
    Chat,
}

impl Sort {
    pub const ALL: [Sort; 5] = [Sort::Call, Sort::Email, Sort::Sms, Sort::OpenMedia, Sort::Chat];

    /// The event that tells of one.
    pub fn event(self) -> &'static str {
        match self {
            Sort::Call => "OnCallEvent",
            Sort::Email => "OnEmailEvent",
            Sort::Sms => "OnSMSEvent",
            Sort::OpenMedia => "OnOpenMediaEvent",
            Sort::Chat => "OnChatEvent",
        }
    }

    /// The record in that event.
    pub fn record(self) -> &'static str {
        match self {
            Sort::Call => "Call",
            Sort::Email => "Email",
            Sort::Sms => "SMS",
            Sort::OpenMedia => "OpenMedia",
            Sort::Chat => "Chat",
        }
    }

    /// The method that asks for all of them, and the result that has them.
    pub fn getter(self) -> (&'static str, &'static str) {
        match self {
            Sort::Call => ("GetCalls", "Calls"),
            Sort::Email => ("GetEmails", "Emails"),
            Sort::Sms => ("GetSMS", "SMS"),
            Sort::OpenMedia => ("GetOpenMedia", "OpenMedia"),
            Sort::Chat => ("GetChats", "Chats"),
        }
    }

    /// The state after which nothing follows, with its description.
    pub fn last_state(self) -> (i64, &'static str) {
        match self {
            Sort::Email | Sort::Sms => (state::UNDEFINED, "Undefined"),
            Sort::Call | Sort::OpenMedia | Sort::Chat => (state::IDLE, "Idle"),
        }
    }

    /// How the number of one is called where the protocol names it beside the record.
    pub fn number_name(self) -> &'static str {
        match self {
            Sort::Call => "CallID",
            Sort::Email | Sort::Sms => "MessageID",
            Sort::OpenMedia | Sort::Chat => "SessionID",
        }
    }
}

/// The guide's SessionState.
pub mod state {
    pub const FAILED: i64 = -1;
    pub const UNDEFINED: i64 = 0;
    pub const IDLE: i64 = 1;
    pub const DIALING: i64 = 2;
    pub const OFFERED: i64 = 3;
    pub const CALLING: i64 = 4;
    pub const CONNECTED: i64 = 6;
    pub const HELD: i64 = 8;
    pub const ON_HOLD: i64 = 9;
    pub const CONFERENCE: i64 = 10;
    pub const CLEARING: i64 = 11;
    pub const CLERICAL: i64 = 99;
    pub const FORCE_CLEARING: i64 = 100;
    pub const HANDLING: i64 = 102;
}
