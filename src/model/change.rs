//! Input of the model: what a rule made of a message. It borrows, so that an event costs no allocation. Its kinds are in
//! `words`.

use std::ops::Deref;

use smallvec::SmallVec;

use super::{CallNames, ChangeKind, Device, Fact, Id, Meaning, RequestKind};
use crate::message::Value;

/// What a rule made of a message: one of its kinds, and its attributes.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a, 'm, K> {
    pub kind: K,
    pub attributes: &'a Attributes<'m>,
}

/// A platform says that something happened.
pub type Change<'a, 'm> = Said<'a, 'm, ChangeKind>;

/// An application asks for something.
pub type Asking<'a, 'm> = Said<'a, 'm, RequestKind>;

impl<'a, 'm, K> Said<'a, 'm, K> {
    pub fn new(kind: K, attributes: &'a Attributes<'m>) -> Said<'a, 'm, K> {
        Said { kind, attributes }
    }
}

impl<'a, 'm> Said<'a, 'm, Meaning> {
    /// The request of an application that it is; none where it is news of a platform.
    pub fn asking(&self) -> Option<Asking<'a, 'm>> {
        Some(Asking::new(self.kind.request()?, self.attributes))
    }
}

impl<'m, K> Deref for Said<'_, 'm, K> {
    type Target = Attributes<'m>;

    fn deref(&self) -> &Attributes<'m> {
        self.attributes
    }
}

/// All that a change or a request may carry; what is absent is empty.
#[derive(Debug, Clone)]
pub struct Attributes<'m> {
    pub call: CallNames<'m>,
    pub second: CallNames<'m>,
    pub result: CallNames<'m>,
    /// Whom it is about.
    pub party: Device<'m>,
    /// The opposite party, or where the call goes.
    pub other: Device<'m>,
    /// Who came, where two calls join.
    pub to: Device<'m>,
    pub service: Device<'m>,
    /// The platform's id of the request that this answers.
    pub request: Id<'m>,
    /// The facts that were set, of which there are few. What is not among `known` is looked for nowhere.
    facts: SmallVec<[(Fact, Value<'m>); FEW]>,
    known: u64,
    /// Facts that only hold where the model knows none.
    weak: u64,
    /// Call data as (key, value).
    pub data: Option<SmallVec<[(Value<'m>, Value<'m>); 4]>>,
    /// An agent's services.
    pub services: Option<SmallVec<[Device<'m>; 4]>>,
}

/// As many facts as most rules set.
const FEW: usize = 10;

fn bit(fact: Fact) -> u64 {
    1 << fact as u64
}

impl Default for Attributes<'_> {
    fn default() -> Self {
        Attributes {
            call: CallNames::default(),
            second: CallNames::default(),
            result: CallNames::default(),
            party: Device::default(),
            other: Device::default(),
            to: Device::default(),
            service: Device::default(),
            request: Id::None,
            facts: SmallVec::new(),
            known: 0,
            weak: 0,
            data: None,
            services: None,
        }
    }
}

impl<'m> Attributes<'m> {
    /// Nothing but the names of a call.
    pub fn of_call(call: CallNames<'m>) -> Attributes<'m> {
        Attributes { call, ..Attributes::default() }
    }

    pub fn set(&mut self, fact: Fact, value: Value<'m>) {
        if self.known & bit(fact) != 0 {
            self.facts.retain(|(known, _)| *known != fact);
        }
        self.facts.push((fact, value));
        self.known |= bit(fact);
        self.weak &= !bit(fact);
    }

    /// Sets a fact that only holds where neither the message nor the model knows better.
    pub fn set_weak(&mut self, fact: Fact, value: Value<'m>) {
        if self.fact(fact).is_empty() {
            self.set(fact, value);
            self.weak |= bit(fact);
        }
    }

    #[inline]
    pub fn fact(&self, fact: Fact) -> Value<'m> {
        if self.known & bit(fact) == 0 { Value::Absent } else { self.find(fact) }
    }

    fn find(&self, fact: Fact) -> Value<'m> {
        self.facts.iter().find(|(known, _)| *known == fact).map(|(_, value)| *value).unwrap_or_default()
    }

    pub fn is_weak(&self, fact: Fact) -> bool {
        self.weak & bit(fact) != 0
    }

    pub fn int(&self, fact: Fact) -> Option<i64> {
        self.fact(fact).as_int()
    }

    /// Whether it gives a code that is no number, as every dialect's applications take it.
    pub fn has_odd_code(&self) -> bool {
        let code = self.fact(Fact::Code);
        !code.is_empty() && code.as_int().is_none()
    }

    /// A fact that is a text, empty where there is none.
    pub fn text(&self, fact: Fact) -> &'m str {
        if let Value::Text(text) = self.fact(fact) { text } else { "" }
    }
}
