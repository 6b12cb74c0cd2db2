//! The compiled rules of `to-<dialect>.toml`: the messages by which a dialect says each transition. `load` makes them, `run`
//! follows them.

use std::sync::Arc;

use hashbrown::HashMap;

use crate::{
    diagnostic::Source,
    mapping::{example::Example, expression::Expr, literal::Literal, site::Place, value_table::ValueTable},
    message::Kind,
    model::{
        AgentAttribute, CallAttribute, Detail, DeviceKind, ItemAttribute, ListAttribute, Occasion, OrderKind,
        PartyAttribute, PartyRole, RequestAttribute, ServiceAttribute,
    },
    vocabulary::{Role, Side, Vocabulary, Which},
};

/// The way in which one dialect tells events and gives orders.
#[derive(Debug, Clone)]
pub struct Outgoing {
    pub vocabulary: Arc<Vocabulary>,
    pub source: Arc<Source>,
    /// The sides of the dialect that these rules are complete for.
    pub sides: Vec<Side>,
    /// By kind of transition.
    pub plans: Arc<[OccasionPlan]>,
    pub tables: Vec<ValueTable>,
    pub place: Place,
    pub examples: Vec<Example>,
    /// The name of each rule by its number, for metrics and explanations.
    pub rule_names: Vec<Arc<str>>,
    /// The settings of these rules, each with its default.
    pub knobs: Vec<(String, Literal)>,
    /// The allowed texts of each setting that has a list of them.
    pub choices: Vec<(String, Vec<String>)>,
    /// The reasons why fields keep the vocabulary's default, by message and dotted label.
    pub absent: HashMap<(Kind, String), String>,
    /// The reasons why messages are never said.
    pub unsaid: HashMap<Kind, String>,
    /// The reasons why attributes that changes set are never said.
    pub untold: HashMap<String, String>,
    /// True if any rule reads the numbers of call data's labels.
    pub numbers_labels: bool,
    /// True if any rule reads when a call was queued.
    pub tells_waiting: bool,
    /// The parts of a call's name, by their places in the vocabulary's list.
    pub call_parts: Vec<CallPart>,
    /// The dialects whose agents' ids are this one's, too.
    pub agents_of: Vec<String>,
}

/// The sort of a part of a call's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallPart {
    /// The application's own number for the call.
    Number,
    Guid,
    /// The switch's number.
    Sequence,
}

impl CallPart {
    pub(super) fn of(name: &str) -> CallPart {
        match name {
            "guid" => CallPart::Guid,
            "pbx-id" => CallPart::Sequence,
            _ => CallPart::Number,
        }
    }
}

#[derive(Debug, Default)]
pub struct OccasionPlan {
    pub rules: Vec<Rule>,
    /// The reason why it is not told, or why the platform cannot do it.
    pub ignored: Option<String>,
    /// The orders that together replace this one, for which there is no message.
    pub steps: Vec<OrderKind>,
    /// Conditions under which the platform cannot carry out an order although there are rules for it.
    pub refusals: Vec<Refusal>,
}

#[derive(Debug)]
pub struct Refusal {
    pub when: Arc<Expr<Leaf>>,
    pub because: String,
}

#[derive(Debug)]
pub struct Rule {
    /// Its place in [`Outgoing::rule_names`].
    pub number: usize,
    pub on: Occasion,
    pub when: Option<Expr<Leaf>>,
    pub emit: Kind,
    pub fields: usize,
    pub sets: Vec<(usize, ValuePlan)>,
}

/// A leaf of an expression about a transition.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Leaf {
    /// A name of a call, by its place in the vocabulary's list.
    CallName(Which, u8),
    Call(Which, CallAttribute),
    Agent(AgentAttribute),
    Party(PartyRole, PartyAttribute),
    Service(ServiceAttribute),
    Request(RequestAttribute),
    Detail(Detail),
    Item(ItemAttribute),
    /// A setting, by its place in [`Outgoing::knobs`].
    Knob(usize),
    /// A value that only the conversation knows: tenant, session, the platform's place, sequence, time.
    Role(Role),
}

#[derive(Debug)]
pub enum ValuePlan {
    Scalar(Expr<Leaf>),
    /// A record of the type at this place in the vocabulary's list, with the fields that are set.
    Record {
        record: usize,
        members: Vec<(usize, ValuePlan)>,
    },
    List {
        list: ListAttribute,
        /// The most items that are used.
        most: usize,
        item: Box<ValuePlan>,
    },
    /// A text that is joined from several others; empty ones are left out.
    Joined {
        separator: String,
        parts: Vec<ValuePlan>,
    },
    /// A list that is written out: items with conditions, and the items of lists among them.
    Items(Vec<(Option<Expr<Leaf>>, ValuePlan)>),
    /// The dialect's code for a kind of device. If several codes have the kind it is the last one, because the first is often
    /// "unknown".
    DeviceType {
        kind: Leaf,
        codes: Vec<(DeviceKind, i64)>,
    },
}
