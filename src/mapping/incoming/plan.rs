//! The compiled rules of `from-<dialect>.toml`: the meaning of each kind of message. `load` makes them, `run` follows them.

use std::sync::Arc;

use hashbrown::HashSet;

use crate::{
    diagnostic::Source,
    mapping::{example::Example, expression::Expr, site::Place, value_table::ValueTable},
    model::{ChangeKind, DeviceKind, Fact, Meaning},
    vocabulary::{Side, Vocabulary, Wanted, Which},
};

/// The meaning of one dialect's messages.
#[derive(Debug, Clone)]
pub struct Incoming {
    pub vocabulary: Arc<Vocabulary>,
    pub source: Arc<Source>,
    /// The sides of the dialect that these rules are complete for.
    pub sides: Vec<Side>,
    /// By kind of message.
    pub plans: Arc<[KindPlan]>,
    pub tables: Vec<ValueTable>,
    pub place: Place,
    /// The fields that are kept when a message is read.
    pub wanted: Wanted,
    pub examples: Vec<Example>,
    /// The name of each rule by its number, for metrics and explanations.
    pub rule_names: Vec<Arc<str>>,
}

impl Incoming {
    /// True if the platform tells the outcomes of requests by events that name them. Its answers then only mean that it
    /// took the request.
    pub fn tells_outcomes(&self) -> bool {
        self.plans
            .iter()
            .flat_map(|plan| &plan.rules)
            .any(|rule| rule.means == Meaning::Change(ChangeKind::RequestTaken))
    }
}

/// The meaning of one kind of message.
#[derive(Debug, Default)]
pub struct KindPlan {
    pub rules: Vec<Rule>,
    /// The reason why it is ignored.
    pub ignored: Option<String>,
    /// The fields that are not read, by dotted label, and the reasons.
    pub unread: Vec<(String, String)>,
    /// The fields that are read, by dotted label.
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
    /// The first item with this number in this field.
    Numbered {
        record: usize,
        slot: usize,
        number: i64,
    },
    /// The first item in which a path leads to this value.
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
    pub means: Meaning,
    /// The number of the call, if it stands inside a record.
    pub call: Option<(u8, Expr<Leaf>)>,
    /// The names of its calls: the call, the name's place, and its slot in the message.
    pub calls: Vec<(Which, u8, usize)>,
    pub request: Option<usize>,
    pub party: Option<DevicePlan>,
    pub other: Option<DevicePlan>,
    pub to: Option<DevicePlan>,
    pub service: Option<DevicePlan>,
    pub facts: Vec<FactPlan>,
    /// Pairs of call data, in this order.
    pub data: Vec<ListPlan>,
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
    /// A member of this enumeration of the vocabulary. The vocabulary has the kind of device for each member.
    Member(usize, Expr<Leaf>),
    /// A member of the model's own enumeration.
    Word(Expr<Leaf>),
}

/// The items of a list; without a list, a single item.
#[derive(Debug)]
pub struct ListPlan {
    pub each: Option<Leaf>,
    pub when: Option<Expr<Leaf>>,
    pub key: Option<Expr<Leaf>>,
    pub value: Option<Expr<Leaf>>,
    pub device: Option<DevicePlan>,
}
