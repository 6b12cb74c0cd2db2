//! The attributes that each change has: those that it needs, and those that it may have. The table says what the model reads
//! of each change; `model/tests/signatures.rs` holds it to the model.

use super::{ChangeKind, Fact, Meaning, Part, RequestKind, RouteChange};

/// Something that a change can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attribute {
    Part(Part),
    Fact(Fact),
}

impl Attribute {
    /// All that rules can set.
    pub fn settable() -> impl Iterator<Item = Attribute> {
        let parts = Part::ALL.iter().copied().filter(|part| part.is_settable()).map(Attribute::Part);
        parts.chain(Fact::ALL.iter().copied().map(Attribute::Fact))
    }

    /// The attribute that rules set by this name.
    pub fn from_name(name: &str) -> Option<Attribute> {
        Attribute::settable().find(|attribute| attribute.name() == name)
    }

    pub fn name(self) -> &'static str {
        match self {
            Attribute::Part(part) => part.name(),
            Attribute::Fact(fact) => fact.name(),
        }
    }

    /// What it means, in a line or two.
    pub fn doc(self) -> &'static str {
        match self {
            Attribute::Part(part) => part.doc(),
            Attribute::Fact(fact) => fact.doc(),
        }
    }

    fn becomes(self) -> &'static [&'static str] {
        match self {
            Attribute::Part(part) => part.becomes(),
            Attribute::Fact(fact) => fact.becomes(),
        }
    }
}

/// What a change has.
#[derive(Debug, Clone, Copy)]
pub struct ChangeSignature {
    /// Groups of which it needs one attribute each.
    pub required: &'static [&'static [Attribute]],
    /// What it may have besides.
    pub optional: &'static [&'static [Attribute]],
}

impl ChangeSignature {
    pub fn attributes(self) -> impl Iterator<Item = Attribute> {
        self.required.iter().chain(self.optional).flat_map(|group| group.iter().copied())
    }
}

impl Meaning {
    pub fn signature(self) -> ChangeSignature {
        match self {
            Meaning::Change(kind) => kind.signature(),
            Meaning::Route(kind) => kind.signature(),
            Meaning::Request(kind) => kind.signature(),
        }
    }

    pub fn has(self, attribute: Attribute) -> bool {
        self.signature().attributes().any(|known| known == attribute)
    }

    /// The paths under which rules about transitions find an attribute of this change again. What an application asks stays
    /// with its request.
    pub fn shows(self, attribute: Attribute) -> impl Iterator<Item = &'static str> {
        use {ChangeKind as C, RequestKind as R};
        let asks = self.is_request();
        let is = move |kind| self == Meaning::Change(kind);
        let asks_for = move |kind| self == Meaning::Request(kind);
        let fails = is(C::RequestFailed) || asks_for(R::Refuse) || matches!(self, Meaning::Route(_));
        let names = matches!(attribute, Attribute::Part(Part::Call | Part::Second | Part::Result | Part::Party));
        let possible = move |path: &&str| match *path {
            "request.id" => true,
            "agent.name" => !asks && !is(C::ServiceKnown),
            "service.name" => is(C::ServiceKnown),
            "agent.reason" => is(C::NotReady),
            "reason" | "failure" | "result" => fails,
            "destination" => asks_for(R::Route),
            "entity" => asks_for(R::Snapshot),
            "call.agent" | "call.originator" => !asks,
            path if path.starts_with("request.") => asks,
            _ => !asks || names,
        };
        let known = self.has(attribute);
        attribute.becomes().iter().copied().filter(move |path| known && possible(path))
    }

    /// The paths of all attributes of this change.
    pub fn shown(self) -> impl Iterator<Item = &'static str> {
        self.signature().attributes().flat_map(move |attribute| self.shows(attribute))
    }
}

const CALL: Attribute = Attribute::Part(Part::Call);
const SECOND: Attribute = Attribute::Part(Part::Second);
const RESULT: Attribute = Attribute::Part(Part::Result);
const REQUEST: Attribute = Attribute::Part(Part::Request);
const PARTY: Attribute = Attribute::Part(Part::Party);
const OTHER: Attribute = Attribute::Part(Part::Other);
const TO: Attribute = Attribute::Part(Part::To);
const SERVICE: Attribute = Attribute::Part(Part::Service);
const DATA: Attribute = Attribute::Part(Part::Data);
const SERVICES: Attribute = Attribute::Part(Part::Services);

use Attribute::Fact as F;

/// What is remembered of a call whenever the platform says anything of it.
const NOTED: &[Attribute] = &[
    F(Fact::Ani),
    F(Fact::Dnis),
    F(Fact::CallerName),
    F(Fact::Priority),
    F(Fact::Media),
    F(Fact::Type),
    F(Fact::Sequence),
    SERVICE,
    DATA,
    REQUEST,
];
const CAUSE: &[Attribute] = &[F(Fact::Cause)];
/// An agent: by id or station, or by the number of a log-on.
const WHO: &[Attribute] = &[PARTY, F(Fact::Number)];
/// What is learnt of an agent whenever the platform says anything of the agent.
const LEARNT: &[Attribute] = &[F(Fact::Name), REQUEST];
const REASON: &[Attribute] = &[F(Fact::Code), F(Fact::Reason)];
const ROUTE: &[Attribute] = &[F(Fact::Route)];
const ROUTE_REASON: &[Attribute] = &[F(Fact::Route), F(Fact::Reason)];
const ASKS: &[Attribute] = &[REQUEST];

impl ChangeKind {
    fn signature(self) -> ChangeSignature {
        use ChangeKind as C;
        let (required, optional): (&'static [&'static [Attribute]], &'static [&'static [Attribute]]) = match self {
            // `party`: where the call of this name joined another, a party of the result means the result.
            C::Started => (&[&[CALL]], &[NOTED, CAUSE, &[PARTY]]),
            C::Originated => (&[&[CALL], &[PARTY]], &[NOTED, CAUSE, &[OTHER, RESULT, F(Fact::Direction)]]),
            C::RouteAsked => (&[&[CALL]], &[NOTED, CAUSE, &[PARTY, F(Fact::Timeout)]]),
            C::Routed => (&[&[CALL]], &[NOTED, CAUSE, &[OTHER]]),
            C::RouteUsed => (&[&[CALL], &[REQUEST]], &[NOTED, CAUSE, &[OTHER, F(Fact::RouteType), F(Fact::Status)]]),
            C::RouteRejected => (&[&[REQUEST]], &[&[F(Fact::RejectReason)]]),
            C::Queued | C::Reinserted => (&[&[CALL]], &[NOTED, CAUSE, &[PARTY, F(Fact::Waited)]]),
            C::Allocated => (&[&[CALL], WHO], &[NOTED, CAUSE, &[F(Fact::Name), F(Fact::Waited)]]),
            C::Dequeued | C::Noted | C::DataSet | C::Deserted => (&[&[CALL]], &[NOTED, CAUSE]),
            C::Alerted | C::Connected => (&[&[CALL], &[PARTY]], &[NOTED, &[OTHER]]),
            C::Held | C::Retrieved => (&[&[CALL], &[PARTY, OTHER]], &[NOTED, CAUSE]),
            C::Conferenced | C::Transferred => (&[&[CALL, SECOND]], &[NOTED, CAUSE, &[RESULT, PARTY, OTHER, TO]]),
            C::Diverted => (&[&[CALL], &[PARTY]], &[NOTED, CAUSE, &[OTHER, TO, F(Fact::WaitsUnseen)]]),
            C::Left => (&[&[CALL]], &[NOTED, CAUSE, &[PARTY, F(Fact::WaitsUnseen)]]),
            C::Observed => (&[&[CALL], &[PARTY]], &[NOTED, CAUSE]),
            C::Ended => (&[&[CALL]], &[NOTED, CAUSE, &[F(Fact::Abandoned), F(Fact::Code)]]),
            C::WrapStarted => (&[WHO], &[&[F(Fact::Name), CALL], NOTED, CAUSE]),
            C::WrapEnded => (&[WHO], &[LEARNT, &[CALL, F(Fact::Code)]]),
            C::Freed => (&[WHO], &[LEARNT, &[CALL]]),
            C::Disposed => (&[WHO, &[CALL], &[F(Fact::Code)]], &[LEARNT]),
            C::LoggedOn => (&[WHO], &[LEARNT, &[F(Fact::Station), F(Fact::State), F(Fact::Underlying), SERVICES]]),
            C::LogOnBegun => (&[WHO], &[LEARNT, &[F(Fact::Station)]]),
            C::AgentPresent | C::LoggedOff | C::AgentKnown => (&[WHO], &[LEARNT]),
            C::Ready => (&[WHO], &[LEARNT, &[F(Fact::State)]]),
            C::NotReady => (&[WHO], &[LEARNT, &[F(Fact::State), F(Fact::Reason)]]),
            C::MediumReady | C::MediumNotReady => (&[WHO, &[F(Fact::Media)]], &[LEARNT]),
            C::Activity => (&[WHO, &[F(Fact::State)]], &[LEARNT, &[CALL]]),
            C::ActivityHinted => (&[WHO], &[LEARNT, &[F(Fact::State), CALL]]),
            C::AgentNoted => (&[WHO, &[F(Fact::Phone)]], &[LEARNT]),
            C::AgentSeen => {
                const SEEN: &[Attribute] =
                    &[F(Fact::State), F(Fact::Underlying), F(Fact::Free), F(Fact::Since), F(Fact::Station), SERVICE];
                (&[WHO], &[LEARNT, SEEN])
            }
            C::AgentRemoved => (&[&[PARTY]], &[]),
            C::AgentServes => (&[WHO, &[SERVICES]], &[LEARNT]),
            C::AgentsListed => (&[], &[&[SERVICE]]),
            C::ServiceKnown => (&[&[SERVICE]], &[&[F(Fact::Name)]]),
            C::ServiceRemoved | C::ServicesListed => (&[&[SERVICE]], &[]),
            C::AllShown => (&[], &[]),
            C::Shown => (&[&[F(Fact::Entity)]], &[]),
            C::RequestTaken | C::RequestAccepted => (&[&[REQUEST]], &[]),
            C::RequestFailed => (&[&[REQUEST]], &[&[F(Fact::Failure), F(Fact::Reason), F(Fact::Result)]]),
        };
        ChangeSignature { required, optional }
    }
}

impl RouteChange {
    fn signature(self) -> ChangeSignature {
        use RouteChange as R;
        let (required, optional): (&'static [&'static [Attribute]], &'static [&'static [Attribute]]) = match self {
            R::Accepted => (&[ROUTE], &[]),
            R::Refused => (&[], &[ROUTE, &[F(Fact::RejectReason)]]),
            R::Queued | R::Cancelled | R::NotCancelled => (&[], &[ROUTE]),
            R::Taken => (&[&[PARTY]], &[ROUTE]),
            R::Completed => (&[], &[ROUTE, &[PARTY]]),
            R::Lost | R::Over | R::Missing | R::Failed => (&[], &[ROUTE_REASON]),
        };
        ChangeSignature { required, optional }
    }
}

impl RequestKind {
    fn signature(self) -> ChangeSignature {
        use RequestKind as R;
        let (required, optional): (&'static [&'static [Attribute]], &'static [&'static [Attribute]]) = match self {
            R::LogOn => (&[WHO], &[ASKS, &[F(Fact::Station), F(Fact::State), SERVICE, F(Fact::ServiceType)]]),
            R::LogOff => (&[WHO], &[ASKS, REASON, &[SERVICE, F(Fact::ServiceType)]]),
            R::LogOffAll => (&[], &[ASKS, REASON]),
            R::Ready | R::Wrap | R::EndWrap => (&[WHO], &[ASKS, &[CALL]]),
            R::NotReady => (&[WHO], &[ASKS, REASON, &[CALL]]),
            R::State => (&[WHO], &[ASKS]),
            R::Answer | R::Hold | R::Retrieve | R::Data => (&[WHO, &[CALL]], &[ASKS]),
            R::Reject | R::HangUp => (&[WHO, &[CALL]], &[ASKS, REASON]),
            R::MakeCall => (&[WHO, &[F(Fact::Destination)]], &[ASKS, &[CALL, OTHER]]),
            R::Consult | R::Deflect => (&[WHO, &[CALL], &[F(Fact::Destination)]], &[ASKS, &[OTHER, DATA]]),
            R::Conference => (&[WHO, &[CALL]], &[ASKS, &[SECOND]]),
            R::Transfer => (&[WHO, &[CALL]], &[ASKS, &[SECOND, DATA]]),
            R::Digits => (&[WHO, &[CALL], &[F(Fact::Digits)]], &[ASKS]),
            R::SetData => (&[WHO, &[CALL], &[DATA]], &[ASKS]),
            R::Dispose => (&[WHO, &[CALL], &[F(Fact::Code)]], &[ASKS, &[F(Fact::EndWrap)]]),
            R::Snapshot => (&[&[F(Fact::Entity)]], &[ASKS]),
            R::Route => (&[&[CALL], &[F(Fact::RouteType)]], &[ASKS, &[F(Fact::Destination), DATA]]),
            R::Refuse => (&[], &[ASKS, WHO, &[CALL, SECOND], &[F(Fact::About), F(Fact::Failure), F(Fact::Reason)]]),
        };
        ChangeSignature { required, optional }
    }
}
