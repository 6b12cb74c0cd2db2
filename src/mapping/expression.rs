//! Compiled expressions and their evaluation. The leaves differ between the two directions; everything around them does not.

use smallvec::SmallVec;

use super::{
    functions::Call,
    literal::Literal,
    results::Results,
    site::Place,
    syntax::{Arithmetic, Comparison},
    value_table::ValueTable,
};
use crate::message::Value;

#[derive(Debug)]
pub enum Expr<L> {
    Leaf(L),
    Literal(Literal),
    Choice(Vec<Expr<L>>),
    Table {
        table: usize,
        key: Box<Expr<L>>,
    },
    Compare {
        op: Comparison,
        left: Box<Expr<L>>,
        right: Box<Expr<L>>,
    },
    All(Vec<Expr<L>>),
    Any(Vec<Expr<L>>),
    Not(Box<Expr<L>>),
    Arithmetic {
        first: Box<Expr<L>>,
        rest: Vec<(Arithmetic, Expr<L>)>,
    },
    /// A condition, the value if it holds, and the value if it does not.
    If(Box<[Expr<L>; 3]>),
    Call(Box<Call<L>>),
}

impl<L> Expr<L> {
    /// A condition in place of one that cannot be read, so that its rule does not count as one without a condition.
    pub fn unreadable() -> Expr<L> {
        Expr::Literal(Literal::Bool(false))
    }
}

/// Whether a condition can hold, and whether it can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcomes {
    pub holds: bool,
    pub fails: bool,
}

/// The source of the leaves' values while an expression is evaluated.
pub trait Values<'v, L> {
    fn value(&self, leaf: &'v L) -> Value<'v>;
    fn context(&self) -> &'v Context<'v>;
}

/// Everything that an evaluation needs besides the leaves.
#[derive(Debug)]
pub struct Context<'v> {
    pub tables: &'v [ValueTable],
    pub place: &'v Place,
    /// The owner of the texts that functions make.
    pub results: &'v Results,
}

impl<L> Expr<L> {
    /// Most expressions are a mere leaf or literal: these are evaluated inline.
    #[inline(always)]
    pub fn eval<'v>(&'v self, values: &impl Values<'v, L>) -> Value<'v> {
        match self {
            Expr::Leaf(leaf) => values.value(leaf),
            Expr::Literal(literal) => literal.value(),
            other => other.work_out(values),
        }
    }

    #[inline(never)]
    fn work_out<'v>(&'v self, values: &impl Values<'v, L>) -> Value<'v> {
        match self {
            Expr::Leaf(_) | Expr::Literal(_) => self.eval(values),
            Expr::Choice(parts) => {
                let mut found = Value::Absent;
                for part in parts {
                    found = part.eval(values);
                    if !found.is_empty() {
                        break;
                    }
                }
                found
            }
            Expr::Table { table, key } => values.context().tables[*table].look_up(key.eval(values)),
            Expr::Compare { op, left, right } => Value::Bool(compare(*op, left.eval(values), right.eval(values))),
            Expr::All(parts) => Value::Bool(parts.iter().all(|part| part.holds(values))),
            Expr::Any(parts) => Value::Bool(parts.iter().any(|part| part.holds(values))),
            Expr::Not(inner) => Value::Bool(!inner.holds(values)),
            Expr::Arithmetic { first, rest } => {
                let first = first.eval(values).as_int();
                let apply = |left: i64, (op, right): &'v (Arithmetic, Expr<L>)| {
                    calculate(*op, left, right.eval(values).as_int()?)
                };
                first.and_then(|first| rest.iter().try_fold(first, apply)).map(Value::Int).unwrap_or_default()
            }
            Expr::If(parts) => {
                let [condition, then, otherwise] = &**parts;
                if condition.holds(values) { then.eval(values) } else { otherwise.eval(values) }
            }
            Expr::Call(call) => call.eval(values),
        }
    }

    /// True if the value is true; a value that is not a truth value holds if it is not empty.
    pub fn holds<'v>(&'v self, values: &impl Values<'v, L>) -> bool {
        match self.eval(values) {
            Value::Bool(value) => value,
            value => !value.is_empty(),
        }
    }

    /// The outcomes that a condition can have as long as the leaves that are open can be anything.
    pub fn outcomes<'v>(&'v self, values: &impl Values<'v, L>, is_open: &impl Fn(&L) -> bool) -> Outcomes {
        let of = |part: &'v Expr<L>| part.outcomes(values, is_open);
        match self {
            Expr::All(parts) => parts.iter().map(of).fold(Outcomes { holds: true, fails: false }, |all, part| {
                Outcomes { holds: all.holds && part.holds, fails: all.fails || part.fails }
            }),
            Expr::Any(parts) => parts.iter().map(of).fold(Outcomes { holds: false, fails: true }, |any, part| {
                Outcomes { holds: any.holds || part.holds, fails: any.fails && part.fails }
            }),
            Expr::Not(inner) => {
                let Outcomes { holds, fails } = of(inner);
                Outcomes { holds: fails, fails: holds }
            }
            other if other.leaves().into_iter().any(is_open) => Outcomes { holds: true, fails: true },
            other => {
                let holds = other.holds(values);
                Outcomes { holds, fails: !holds }
            }
        }
    }

    /// All leaves, for reports on the fields that are read.
    pub fn leaves(&self) -> SmallVec<[&L; 4]> {
        let mut leaves = SmallVec::new();
        self.collect(&mut leaves);
        leaves
    }

    fn collect<'e>(&'e self, into: &mut SmallVec<[&'e L; 4]>) {
        match self {
            Expr::Leaf(leaf) => into.push(leaf),
            Expr::Literal(_) => {}
            Expr::Choice(parts) | Expr::All(parts) | Expr::Any(parts) => {
                parts.iter().for_each(|part| part.collect(into));
            }
            Expr::Table { key, .. } => key.collect(into),
            Expr::Arithmetic { first, rest } => {
                first.collect(into);
                rest.iter().for_each(|(_, right)| right.collect(into));
            }
            Expr::Compare { left, right, .. } => {
                left.collect(into);
                right.collect(into);
            }
            Expr::Not(inner) => inner.collect(into),
            Expr::If(parts) => parts.iter().for_each(|part| part.collect(into)),
            Expr::Call(call) => call.arguments.iter().for_each(|argument| argument.collect(into)),
        }
    }
}

/// None if the result is out of range, or at a division by zero. A division drops the fraction.
fn calculate(op: Arithmetic, left: i64, right: i64) -> Option<i64> {
    match op {
        Arithmetic::Add => left.checked_add(right),
        Arithmetic::Subtract => left.checked_sub(right),
        Arithmetic::Multiply => left.checked_mul(right),
        Arithmetic::Divide => left.checked_div(right),
        Arithmetic::Remainder => left.checked_rem(right),
    }
}

/// Numbers are compared as numbers, also if they came as text; all other values as text. An empty value equals only
/// another empty one.
fn compare(op: Comparison, left: Value, right: Value) -> bool {
    let order = match (left.as_int(), right.as_int()) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        _ if left.is_empty() || right.is_empty() => {
            (left.is_empty() && right.is_empty()).then_some(std::cmp::Ordering::Equal)
        }
        _ => {
            let (mut left_buffer, mut right_buffer) = (itoa::Buffer::new(), itoa::Buffer::new());
            Some(left.as_text(&mut left_buffer).cmp(&right.as_text(&mut right_buffer)))
        }
    };
    match op {
        Comparison::Equal => order == Some(std::cmp::Ordering::Equal),
        Comparison::Unequal => order != Some(std::cmp::Ordering::Equal),
        Comparison::Less => order.is_some_and(std::cmp::Ordering::is_lt),
        Comparison::LessOrEqual => order.is_some_and(std::cmp::Ordering::is_le),
        Comparison::Greater => order.is_some_and(std::cmp::Ordering::is_gt),
        Comparison::GreaterOrEqual => order.is_some_and(std::cmp::Ordering::is_ge),
    }
}
