//! `from-<dialect>.toml` → a plan that makes changes of messages: what each message means. Everything is looked up and
//! checked here, once; running a plan interprets no text.

mod load;
mod names;
mod reads;
mod settings;

pub use load::load;
pub use reads::{dotted_labels, settable};

use std::sync::Arc;

use hashbrown::HashSet;

use super::{compile::Expr, example::Example, table::Table};
use crate::{
    diagnostic::Source,
    model::{ChangeKind, DeviceKind, Fact},
    vocabulary::{Side, Vocabulary, Wanted, Which},
};

/// What the messages of one dialect mean.
#[derive(Debug)]
pub struct Incoming {
    pub vocabulary: Arc<Vocabulary>,
    pub source: Arc<Source>,
    /// The sides of the dialect that these rules are complete for.
    pub sides: Vec<Side>,
    /// By kind of message.
    pub plans: Vec<KindPlan>,
    pub tables: Vec<Table>,
    /// Which fields are worth keeping when a message is read.
    pub wanted: Wanted,
    pub examples: Vec<Example>,
    /// A name for each rule, for metrics and coverage.
    pub rule_names: Vec<String>,
}

impl Incoming {
    /// True if the platform tells the outcomes of requests by events that name them. Its answers then only mean that it
    /// took the request.
    pub fn tells_outcomes(&self) -> bool {
        self.plans.iter().flat_map(|plan| &plan.rules).any(|rule| rule.means == ChangeKind::RequestTaken)
    }
}

/// What one kind of message means.
#[derive(Debug, Default)]
pub struct KindPlan {
    pub rules: Vec<Rule>,
    /// Why nothing is made of it.
    pub ignored: Option<String>,
    /// Why fields of it are not read, by dotted label.
    pub unread: Vec<(String, String)>,
    /// Fields that are read, by dotted label.
    pub read: HashSet<String>,
    pub lets: Vec<Expr<Leaf>>,
}

/// A leaf of an expression about a message.
#[derive(Debug, Clone)]
pub enum Leaf {
    Field {
        slot: usize,
        steps: Vec<Hop>,
    },
    Let {
        place: usize,
        steps: Vec<Hop>,
    },
    Item {
        steps: Vec<Hop>,
    },
    /// The item's position in its list, from 1.
    Place,
}

#[derive(Debug, Clone)]
pub enum Hop {
    /// A field of a record, by the places of both in the vocabulary.
    Member {
        record: usize,
        slot: usize,
    },
    At(usize),
    /// The first item of which this field is a number.
    Numbered {
        record: usize,
        slot: usize,
        number: i64,
    },
    /// The first item of which a path leads to a value.
    Keyed {
        path: Vec<Hop>,
        equals: Arc<Expr<Leaf>>,
    },
}

#[derive(Debug)]
pub struct Rule {
    /// Its place in [`Incoming::rule_names`].
    pub number: usize,
    pub when: Option<Expr<Leaf>>,
    pub each: Option<Leaf>,
    pub means: ChangeKind,
    /// The number of the call, where it stands inside a record.
    pub call: Option<(u8, Expr<Leaf>)>,
    /// The names of its calls: whose, the name's place, and the slot where it stands.
    pub calls: Vec<(Which, u8, usize)>,
    pub request: Option<usize>,
    pub party: Option<DevicePlan>,
    pub other: Option<DevicePlan>,
    pub to: Option<DevicePlan>,
    pub service: Option<DevicePlan>,
    pub facts: Vec<FactPlan>,
    pub data: Option<ListPlan>,
    pub services: Option<ListPlan>,
}

#[derive(Debug)]
pub struct FactPlan {
    pub fact: Fact,
    pub expr: Expr<Leaf>,
    pub weak: bool,
}

#[derive(Debug)]
pub struct DevicePlan {
    pub kind: DeviceKindPlan,
    pub id: Option<Expr<Leaf>>,
    pub number: Option<Expr<Leaf>>,
}

#[derive(Debug)]
pub enum DeviceKindPlan {
    Unknown,
    Fixed(DeviceKind),
    /// Of this enumeration of the vocabulary, whose members say what they are.
    Member(usize, Expr<Leaf>),
    /// Of the model's own enumeration.
    Word(Expr<Leaf>),
}

/// A list, gone through item by item; without one, a single item.
#[derive(Debug)]
pub struct ListPlan {
    pub each: Option<Leaf>,
    pub when: Option<Expr<Leaf>>,
    pub key: Option<Expr<Leaf>>,
    pub value: Option<Expr<Leaf>>,
    pub device: Option<DevicePlan>,
}
