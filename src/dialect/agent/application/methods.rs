//! The guide's methods, and two of ours, by what becomes of them: one table. Parameters are checked in `arguments`, the
//! calls that methods mean are found in `targets`.

use super::{
    sort::{Sort, state},
    waiting::List,
};
use crate::model::OrderKind;

/// What becomes of a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// It is true, because the bridge is there.
    True,
    IsRegistered,
    GetUser,
    GetItems(Sort),
    /// Whether the platform can do this, and the agent's calls allow it.
    Can(Can),
    /// The lists of the configuration; a desktop behind has lists of its own.
    NotReadyReasons,
    CqCodes,
    /// There are none, but at a desktop.
    AllTabs,
    TabByName,
    Subscribe(List),
    EnableDispatch,
    SubscribeRealTime,
    /// The platform is asked, about this call.
    Ask(Target),
    SetReady,
    LogOn,
    LogOff,
}

/// What a Can… method asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Can {
    MakeCall,
    Transfer,
    Conference,
}

impl Can {
    pub const ALL: [Can; 3] = [Can::MakeCall, Can::Transfer, Can::Conference];

    pub fn name(self) -> &'static str {
        match self {
            Can::MakeCall => "CanMakeCall",
            Can::Transfer => "CanTransfer",
            Can::Conference => "CanConference",
        }
    }

    pub fn order(self) -> OrderKind {
        match self {
            Can::MakeCall => OrderKind::MakeCall,
            Can::Transfer => OrderKind::Transfer,
            Can::Conference => OrderKind::Conference,
        }
    }
}

/// The call that a method is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// None of the agent's.
    Nothing,
    /// The one that is named, in one of these states.
    Named(States),
    /// The agent's one call in one of these states.
    Active(States),
    /// The held call that is named, and the one that the agent is connected to.
    HeldAndActive,
    /// The one held call, and the one that the agent is connected to.
    Both,
    /// Any call or session of the agent's, in whatever state.
    Any,
}

/// States of a call, with the words for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct States {
    pub are: &'static [i64],
    pub words: &'static str,
}

const RINGING: States = States { are: &[state::OFFERED], words: "ringing" };
pub const ACTIVE: States = States { are: &[state::CONNECTED, state::CONFERENCE], words: "active" };
pub const HELD: States = States { are: &[state::HELD], words: "held" };
const CLERICAL: States = States { are: &[state::CLERICAL], words: "in clerical state" };
const DEFLECTABLE: States = States { are: &[state::OFFERED, state::CONNECTED], words: "ringing or connected" };
const HANGUP_ACTIVE: States = States {
    are: &[state::DIALING, state::CALLING, state::CONNECTED, state::ON_HOLD, state::CONFERENCE],
    words: "active",
};
const ALIVE: States = States {
    are: &[
        state::DIALING,
        state::OFFERED,
        state::CALLING,
        state::CONNECTED,
        state::HELD,
        state::ON_HOLD,
        state::CONFERENCE,
    ],
    words: "going on",
};

/// What becomes of each method, by its name in the guide.
pub const METHODS: [(&str, Method); 76] = [
    ("Initialize", Method::True),
    ("Uninitialize", Method::True),
    ("CanInitialize", Method::True),
    ("IsBSARunning", Method::True),
    ("LaunchBSA", Method::True),
    ("LaunchBSAWithCredentials", Method::LogOn),
    ("GetUserInformation", Method::GetUser),
    ("IsRegistered", Method::IsRegistered),
    ("CloseApplication", Method::LogOff),
    ("LogOn", Method::LogOn),
    ("LogOff", Method::LogOff),
    // Call control.
    ("MakeCall", Method::Ask(Target::Nothing)),
    ("AnswerActiveCall", Method::Ask(Target::Active(RINGING))),
    ("AnswerCall", Method::Ask(Target::Named(RINGING))),
    ("HangupActiveCall", Method::Ask(Target::Active(HANGUP_ACTIVE))),
    ("HangupCall", Method::Ask(Target::Named(ALIVE))),
    ("HoldActiveCall", Method::Ask(Target::Active(ACTIVE))),
    ("RetrieveActiveCall", Method::Ask(Target::Active(HELD))),
    ("RetrieveCall", Method::Ask(Target::Named(HELD))),
    ("TransferCall", Method::Ask(Target::HeldAndActive)),
    ("ConferenceActiveCall", Method::Ask(Target::Both)),
    ("EnterDtmfActiveCall", Method::Ask(Target::Active(ACTIVE))),
    ("DeflectActiveCall", Method::Ask(Target::Active(DEFLECTABLE))),
    ("DeflectCall", Method::Ask(Target::Named(DEFLECTABLE))),
    ("CanMakeCall", Method::Can(Can::MakeCall)),
    ("CanConference", Method::Can(Can::Conference)),
    ("CanTransfer", Method::Can(Can::Transfer)),
    ("SetPrivateData", Method::Ask(Target::Any)),
    ("StartRecording", Method::Ask(Target::Nothing)),
    ("StopRecording", Method::Ask(Target::Nothing)),
    ("DeflectCallToServiceGroup", Method::Ask(Target::Any)),
    ("SetIVRData", Method::Ask(Target::Any)),
    // The agent.
    ("CancelClerical", Method::Ask(Target::Named(CLERICAL))),
    ("ExtendClerical", Method::Ask(Target::Named(CLERICAL))),
    ("RejectServiceCall", Method::Ask(Target::Named(RINGING))),
    ("SetReadyStatus", Method::SetReady),
    ("SetEmailReadyStatus", Method::Ask(Target::Nothing)),
    ("SetOpenMediaReadyStatus", Method::Ask(Target::Nothing)),
    ("SetChatReadyStatus", Method::Ask(Target::Nothing)),
    ("SetCampaignCallStatus", Method::Ask(Target::Any)),
    ("GetNotReadyReasons", Method::NotReadyReasons),
    ("StartMonitor", Method::Ask(Target::Nothing)),
    ("StopMonitor", Method::Ask(Target::Nothing)),
    ("EnterCQCodes", Method::Ask(Target::Any)),
    ("GetCQCodes", Method::CqCodes),
    // Calls and sessions.
    ("GetCalls", Method::GetItems(Sort::Call)),
    ("GetEmails", Method::GetItems(Sort::Email)),
    ("GetSMS", Method::GetItems(Sort::Sms)),
    ("GetOpenMedia", Method::GetItems(Sort::OpenMedia)),
    ("GetChats", Method::GetItems(Sort::Chat)),
    // Dispatch. Calls that wait are nobody's, and so are their numbers.
    ("SubscribeDispatchPersonalCalls", Method::Subscribe(List::Personal)),
    ("SubscribeDispatchCommonHoldCalls", Method::Subscribe(List::CommonHold)),
    ("SubscribeDispatchVoiceCalls", Method::Subscribe(List::Voice)),
    ("SubscribeDispatchEmails", Method::Subscribe(List::Email)),
    ("SubscribeDispatchSMSs", Method::Subscribe(List::Sms)),
    ("SubscribeDispatchCampaignCalls", Method::Subscribe(List::Campaign)),
    ("RetrieveDispatchPersonalCall", Method::Ask(Target::Nothing)),
    ("RetrieveDispatchCommonHoldCall", Method::Ask(Target::Nothing)),
    ("RetrieveDispatchVoiceCall", Method::Ask(Target::Nothing)),
    ("RetrieveDispatchEmail", Method::Ask(Target::Nothing)),
    ("RetrieveDispatchSMS", Method::Ask(Target::Nothing)),
    ("RetrieveDispatchCampaignCall", Method::Ask(Target::Nothing)),
    ("ReserveDispatchPersonalCall", Method::Ask(Target::Nothing)),
    ("ReserveDispatchCommonHoldCall", Method::Ask(Target::Nothing)),
    ("ReserveDispatchVoiceCall", Method::Ask(Target::Nothing)),
    ("ReserveDispatchEmail", Method::Ask(Target::Nothing)),
    ("ReserveDispatchSMS", Method::Ask(Target::Nothing)),
    ("ReserveDispatchCampaignCall", Method::Ask(Target::Nothing)),
    ("EnableDispatchEvents", Method::EnableDispatch),
    // Tabs belong to the Agent.
    ("SetTabHeaderSymbol", Method::Ask(Target::Nothing)),
    ("SelectTab", Method::Ask(Target::Nothing)),
    ("GetAllTabs", Method::AllTabs),
    ("GetTabByName", Method::TabByName),
    ("TabReload", Method::Ask(Target::Nothing)),
    ("TabNavigate", Method::Ask(Target::Nothing)),
    ("SubscribeRealTimeInformation", Method::SubscribeRealTime),
];

/// The orders that methods come to, for the methods that a platform lacks. Methods that are not here are refused by rules or
/// answered by the conversation.
pub const ORDERS: [(&str, OrderKind); 23] = [
    ("MakeCall", OrderKind::MakeCall),
    ("AnswerActiveCall", OrderKind::Answer),
    ("AnswerCall", OrderKind::Answer),
    ("HangupActiveCall", OrderKind::HangUp),
    ("HangupCall", OrderKind::HangUp),
    ("HoldActiveCall", OrderKind::Hold),
    ("RetrieveActiveCall", OrderKind::Retrieve),
    ("RetrieveCall", OrderKind::Retrieve),
    ("TransferCall", OrderKind::Transfer),
    ("ConferenceActiveCall", OrderKind::Conference),
    ("EnterDtmfActiveCall", OrderKind::SendDigits),
    ("DeflectActiveCall", OrderKind::Deflect),
    ("DeflectCall", OrderKind::Deflect),
    ("DeflectCallToServiceGroup", OrderKind::Deflect),
    ("SetPrivateData", OrderKind::SetData),
    ("SetIVRData", OrderKind::SetData),
    ("CancelClerical", OrderKind::EndWrap),
    ("ExtendClerical", OrderKind::StartWrap),
    ("RejectServiceCall", OrderKind::Reject),
    ("SetReadyStatus", OrderKind::SetReady),
    ("EnterCQCodes", OrderKind::Dispose),
    ("LogOn", OrderKind::LogOn),
    ("LogOff", OrderKind::LogOff),
];

/// The methods that rules refuse for every platform but a desktop.
pub const OF_A_DESKTOP: [&str; 25] = [
    "StartRecording",
    "StopRecording",
    "SetEmailReadyStatus",
    "SetOpenMediaReadyStatus",
    "SetChatReadyStatus",
    "SetCampaignCallStatus",
    "StartMonitor",
    "StopMonitor",
    "RetrieveDispatchPersonalCall",
    "RetrieveDispatchCommonHoldCall",
    "RetrieveDispatchVoiceCall",
    "RetrieveDispatchEmail",
    "RetrieveDispatchSMS",
    "RetrieveDispatchCampaignCall",
    "ReserveDispatchPersonalCall",
    "ReserveDispatchCommonHoldCall",
    "ReserveDispatchVoiceCall",
    "ReserveDispatchEmail",
    "ReserveDispatchSMS",
    "ReserveDispatchCampaignCall",
    "SetTabHeaderSymbol",
    "SelectTab",
    "TabReload",
    "TabNavigate",
    "GetTabByName",
];

pub fn method(name: &str) -> Option<Method> {
    METHODS.iter().find(|(known, _)| *known == name).map(|(_, method)| *method)
}
