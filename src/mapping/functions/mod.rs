//! The functions of expressions. `table` is the one list of them: the parser's names, the checks of arguments, the reference
//! (docs/reference/functions.md) and the tests are made of it. The code of each function stands in the file of its sort.
//!
//! Invariant: a function reads only its arguments and the [`Place`](super::site::Place); every text that it makes goes through
//! [`Results`](super::results::Results), which bounds it.

mod check;
mod number;
mod table;
mod telephone;
mod text;
mod time;

use smallvec::SmallVec;

use super::expression::{Context, Expr, Values};
use crate::{message::Value, time::Zone};

pub use check::written_out;
pub use table::FUNCTIONS;

/// A function as the table has it.
#[derive(Debug)]
pub struct Function {
    pub name: &'static str,
    pub sort: Sort,
    pub arguments: &'static [Argument],
    pub result: Kind,
    /// What the result is, as a sentence of the reference.
    pub doc: &'static str,
    /// An expression and its value.
    pub example: (&'static str, &'static str),
    run: Run,
}

type Run = for<'a, 'v> fn(&Arguments<'a, 'v>) -> Value<'v>;

/// The sections of the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    Text,
    Conversion,
    Telephone,
    Time,
}

#[derive(Debug)]
pub struct Argument {
    pub name: &'static str,
    pub kind: Kind,
    pub count: Count,
}

/// How often an argument is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    Once,
    /// It may be left out, with all behind it.
    AtMostOnce,
    /// The last argument, once or more often. Only these may be absent.
    Often,
}

/// The type of an argument or a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A text; every scalar can be written as one.
    Text,
    Number,
    Truth,
    /// The pattern of a time, as a constant text.
    Pattern,
    /// A zone, as a constant text.
    Zone,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Text => "text",
            Kind::Number => "number",
            Kind::Truth => "true or false",
            Kind::Pattern => "pattern",
            Kind::Zone => "zone",
        }
    }
}

impl Function {
    /// The name with the arguments, as documentation shows it: `slice(text, start, [count])`.
    pub fn signature(&self) -> String {
        let argument = |argument: &Argument| match argument.count {
            Count::Once => argument.name.to_owned(),
            Count::AtMostOnce => format!("[{}]", argument.name),
            Count::Often => format!("{}, …", argument.name),
        };
        let arguments: Vec<String> = self.arguments.iter().map(argument).collect();
        format!("{}({})", self.name, arguments.join(", "))
    }
}

/// A call, compiled.
#[derive(Debug)]
pub struct Call<L> {
    function: &'static Function,
    pub(super) arguments: Vec<Expr<L>>,
    /// The zones among the arguments, each at its argument's place.
    zones: Vec<Option<Zone>>,
}

impl<L> Call<L> {
    pub fn eval<'v>(&'v self, values: &impl Values<'v, L>) -> Value<'v> {
        let given: SmallVec<[Value<'v>; 4]> = self.arguments.iter().map(|argument| argument.eval(values)).collect();
        let may_be_absent = |place: usize| self.function.arguments.get(place).is_none_or(|a| a.count == Count::Often);
        let lacks = given.iter().enumerate().any(|(place, value)| {
            let is_absent = matches!(value, Value::Absent | Value::Nil | Value::List(_) | Value::Record(_));
            is_absent && !may_be_absent(place)
        });
        if lacks {
            return Value::Absent;
        }
        (self.function.run)(&Arguments { given: &given, zones: &self.zones, context: values.context() })
    }
}

/// The arguments of a call. Those that must be there are.
struct Arguments<'a, 'v> {
    given: &'a [Value<'v>],
    zones: &'a [Option<Zone>],
    context: &'v Context<'v>,
}

impl<'v> Arguments<'_, 'v> {
    /// An argument as text. A number is written out. None if there is none.
    fn text(&self, place: usize) -> Option<&'v str> {
        match *self.given.get(place)? {
            Value::Text(text) => Some(text),
            value => self.context.results.keep(value.as_text(&mut itoa::Buffer::new())?),
        }
    }

    fn number(&self, place: usize) -> Option<i64> {
        self.given.get(place)?.as_int()
    }

    /// Whether an argument is given that may be left out.
    fn has(&self, place: usize) -> bool {
        place < self.given.len()
    }

    /// A zone; the place's own where none is given.
    fn zone(&self, place: usize) -> &Zone {
        self.zones.get(place).and_then(Option::as_ref).unwrap_or(&self.context.place.zone)
    }

    /// A text that a function made, as a value.
    fn made(&self, text: impl Into<Box<str>> + AsRef<str>) -> Option<Value<'v>> {
        self.context.results.keep(text).map(Value::Text)
    }
}

#[cfg(test)]
mod tests;
