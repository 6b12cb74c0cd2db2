//! `to-<dialect>.toml` → a plan that makes messages of transitions: how a dialect says things. Everything is looked up and
//! checked here, once; running a plan interprets no text.

mod load;
mod names;
mod says;
mod settings;

pub use load::load;

use std::sync::Arc;

use hashbrown::HashMap;

use super::{
    compile::{Expr, Literal},
    example::Example,
    table::Table,
};
use crate::{
    diagnostic::Source,
    message::Kind,
    model::{
        AgentAttribute, CallAttribute, Detail, DeviceKind, ItemAttribute, ListAttribute, PartyAttribute, PartyRole,
        RequestAttribute, ServiceAttribute, TransitionKind,
    },
    vocabulary::{Role, Side, Vocabulary, Which},
};

/// How one dialect says what happened, or asks for what shall happen.
#[derive(Debug)]
pub struct Outgoing {
    pub vocabulary: Arc<Vocabulary>,
    pub source: Arc<Source>,
    /// The sides of the dialect that these rules are complete for.
    pub sides: Vec<Side>,
    /// By kind of transition.
    pub plans: Vec<TransitionPlan>,
    pub tables: Vec<Table>,
    pub examples: Vec<Example>,
    /// A name for each rule, for metrics and coverage.
    pub rule_names: Vec<String>,
    /// What a site can set for these rules, with its default.
    pub knobs: Vec<(String, Literal)>,
    /// The allowed texts of each setting that has a list of them.
    pub choices: Vec<(String, Vec<String>)>,
    /// Why a field keeps the vocabulary's default, by (message, dotted label).
    pub absent: HashMap<(Kind, String), String>,
    /// Why a message is never said.
    pub unsaid: HashMap<Kind, String>,
    /// Why an attribute that changes set is never said.
    pub untold: HashMap<String, String>,
    /// Whether any rule asks for the numbers of call data's labels, or since when calls wait.
    pub numbers_labels: bool,
    pub tells_waiting: bool,
    /// What the parts of a call's name are, by their places in the vocabulary's list.
    pub call_parts: Vec<CallPart>,
    /// The dialects whose agents' ids are this one's, too.
    pub agents_of: Vec<String>,
}

impl Outgoing {
    /// Whether there are rules for a transition or an order.
    pub fn says(&self, kind: TransitionKind) -> bool {
        self.plans.get(kind as usize).is_some_and(|plan| !plan.rules.is_empty())
    }
}

/// What a part of a call's name is to an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallPart {
    /// The number that is the application's own for the call.
    Number,
    Guid,
    /// The switch's number.
    Sequence,
}

impl CallPart {
    fn of(name: &str) -> CallPart {
        match name {
            "guid" => CallPart::Guid,
            "pbx-id" => CallPart::Sequence,
            _ => CallPart::Number,
        }
    }
}

#[derive(Debug, Default)]
pub struct TransitionPlan {
    pub rules: Vec<Rule>,
    /// Why it is not told, or what the platform lacks to do it.
    pub ignored: Option<String>,
    /// The orders that together do what there is no message for.
    pub steps: Vec<TransitionKind>,
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
    /// What the configuration sets, by its place in [`Outgoing::knobs`].
    Knob(usize),
    /// What only the conversation knows: tenant, session, the platform's place, sequence, time.
    Role(Role),
}

#[derive(Debug)]
pub enum ValuePlan {
    Scalar(Expr<Leaf>),
    /// Of the type that stands at this place in the vocabulary's list, with what is set by field.
    Record {
        record: usize,
        members: Vec<(usize, ValuePlan)>,
    },
    List {
        list: ListAttribute,
        /// How many of its items are gone through.
        most: usize,
        item: Box<ValuePlan>,
    },
    /// A text put together of several, those that are empty left out.
    Joined {
        separator: String,
        parts: Vec<ValuePlan>,
    },
    /// A list written out: each item where its condition holds, and the items of lists among them.
    Items(Vec<(Option<Expr<Leaf>>, ValuePlan)>),
    /// The dialect's code for a kind of device: the last that means it, because the first is often "unknown".
    DeviceType {
        kind: Leaf,
        codes: Vec<(DeviceKind, i64)>,
    },
}
