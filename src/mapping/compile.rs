//! Syntax trees → expressions that run: names resolved, enumeration members turned into their codes, types checked. The
//! leaves differ between the two directions; what is around them does not.

use std::sync::Arc;

use smallvec::SmallVec;

use super::{
    expr::{self, Ast, Comparison, Mistake, Step, Tree},
    table::Table,
};
use crate::{diagnostic::Problems, document::Node, message::Value};

/// The type of an expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Ty {
    /// Nothing is asked of it.
    Any,
    Bool,
    Number,
    Text,
    /// A number or a text: what names something.
    Id,
    Members(Arc<Members>),
    List,
    Record,
}

/// An enumeration, of a dialect or of the model.
#[derive(Debug, PartialEq)]
pub struct Members {
    pub name: String,
    pub list: Vec<(String, i64)>,
}

impl Members {
    pub fn code(&self, name: &str) -> Option<i64> {
        self.list.iter().find(|(known, _)| known == name).map(|(_, code)| *code)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.list.iter().map(|(name, _)| name.as_str())
    }
}

impl Ty {
    fn name(&self) -> &str {
        match self {
            Ty::Any => "anything",
            Ty::Bool => "true or false",
            Ty::Number => "a number",
            Ty::Text => "a text",
            Ty::Id => "an id",
            Ty::Members(members) => &members.name,
            Ty::List => "a list",
            Ty::Record => "a record",
        }
    }

    /// Whether a value of this type may stand where the other is wanted. Everything simple can be written as a text, and a
    /// code as a number; a text is nothing but a text.
    fn fits(&self, wanted: &Ty) -> bool {
        match (self, wanted) {
            (_, Ty::Any) | (Ty::Any, _) => true,
            (Ty::Members(own), Ty::Members(wanted)) => own.name == wanted.name,
            (_, Ty::Members(_)) => false,
            (Ty::List, wanted) => *wanted == Ty::List,
            (Ty::Record, wanted) => *wanted == Ty::Record,
            (own, Ty::Bool) => *own == Ty::Bool,
            (own, Ty::Number) => matches!(own, Ty::Number | Ty::Id | Ty::Members(_)),
            (_, wanted) => !matches!(wanted, Ty::List | Ty::Record),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    Int(i64),
    Bool(bool),
    Text(String),
}

impl Literal {
    pub fn value(&self) -> Value<'_> {
        match self {
            Literal::Int(number) => Value::Int(*number),
            Literal::Bool(value) => Value::Bool(*value),
            Literal::Text(text) => Value::Text(text),
        }
    }
}

#[derive(Debug)]
pub enum Expr<L> {
    Leaf(L),
    Literal(Literal),
    Choice(Vec<Expr<L>>),
    Table { table: usize, key: Box<Expr<L>> },
    Compare { op: Comparison, left: Box<Expr<L>>, right: Box<Expr<L>> },
    All(Vec<Expr<L>>),
    Any(Vec<Expr<L>>),
    Not(Box<Expr<L>>),
}

/// What names mean in one direction.
pub trait Scope: Sized {
    type Leaf;

    fn path(&self, compiler: &Compiler<Self>, steps: &[Step]) -> Result<(Self::Leaf, Ty), Mistake>;
}

pub struct Compiler<'c, S> {
    pub scope: &'c S,
    pub tables: &'c [Table],
}

impl<S: Scope> Compiler<'_, S> {
    /// What a rule file sets: a number, a truth value, or an expression in a text.
    pub fn read(&self, node: Node, wanted: &Ty, problems: &mut Problems) -> Option<Expr<S::Leaf>> {
        if let Some(number) = node.as_integer() {
            return Some(Expr::Literal(Literal::Int(number)));
        }
        if let Some(value) = node.as_boolean() {
            return Some(Expr::Literal(Literal::Bool(value)));
        }
        let compiled = expr::parse(node.text(problems)?).and_then(|ast| self.compile(&ast, wanted));
        compiled.map_err(|mistake| mistake.tell(node, problems)).ok()
    }

    /// Compiles what must have the wanted type.
    pub fn compile(&self, ast: &Ast, wanted: &Ty) -> Result<Expr<S::Leaf>, Mistake> {
        let (expr, ty) = self.any(ast, wanted)?;
        if ty.fits(wanted) {
            return Ok(expr);
        }
        let text = format!("this is {}, {} is wanted here", ty.name(), wanted.name());
        Err(Mistake { span: ast.span.clone(), text })
    }

    fn any(&self, ast: &Ast, wanted: &Ty) -> Result<(Expr<S::Leaf>, Ty), Mistake> {
        Ok(match &ast.node {
            Tree::Text(text) => match wanted {
                Ty::Members(members) => (Expr::Literal(Literal::Int(member(members, text, ast)?)), wanted.clone()),
                _ => (Expr::Literal(Literal::Text(text.clone())), Ty::Text),
            },
            Tree::Number(number) => (Expr::Literal(Literal::Int(*number)), Ty::Number),
            Tree::Bool(value) => (Expr::Literal(Literal::Bool(*value)), Ty::Bool),
            Tree::Path(steps) => {
                let (leaf, ty) = self.scope.path(self, steps)?;
                (Expr::Leaf(leaf), ty)
            }
            Tree::Table { name, key } => {
                let Some(place) = self.tables.iter().position(|table| table.name == *name) else {
                    let known = self.tables.iter().map(|table| table.name.as_str());
                    return Err(unknown(ast.span.clone(), "table", name, known));
                };
                let table = &self.tables[place];
                let key = Box::new(self.compile(key, &table.from)?);
                (Expr::Table { table: place, key }, table.to.clone())
            }
            Tree::Choice(parts) => {
                let mut ty = wanted.clone();
                let mut compiled = Vec::new();
                for part in parts {
                    let (expr, found) = self.any(part, &ty)?;
                    if !found.fits(&ty) {
                        let text = format!("this is {}, what stands before it is {}", found.name(), ty.name());
                        return Err(Mistake { span: part.span.clone(), text });
                    }
                    if ty == Ty::Any {
                        ty = found;
                    }
                    compiled.push(expr);
                }
                (Expr::Choice(compiled), ty)
            }
            Tree::Compare { op, left, right } => {
                // A member's name means something only beside what it is compared with.
                let (first, second) = if matches!(left.node, Tree::Text(_)) { (right, left) } else { (left, right) };
                let (first_expr, ty) = self.any(first, &Ty::Any)?;
                let wanted =
                    if matches!(ty, Ty::Members(_)) && matches!(second.node, Tree::Number(_)) { Ty::Any } else { ty };
                let second_expr = self.compile(second, &wanted)?;
                let swapped = matches!(left.node, Tree::Text(_));
                let (left, right) = if swapped { (second_expr, first_expr) } else { (first_expr, second_expr) };
                (Expr::Compare { op: *op, left: Box::new(left), right: Box::new(right) }, Ty::Bool)
            }
            Tree::All(parts) => (Expr::All(self.each(parts)?), Ty::Bool),
            Tree::Any(parts) => (Expr::Any(self.each(parts)?), Ty::Bool),
            Tree::Not(inner) => (Expr::Not(Box::new(self.compile(inner, &Ty::Any)?)), Ty::Bool),
        })
    }

    fn each(&self, parts: &[Ast]) -> Result<Vec<Expr<S::Leaf>>, Mistake> {
        parts.iter().map(|part| self.compile(part, &Ty::Any)).collect()
    }
}

fn member(members: &Members, name: &str, ast: &Ast) -> Result<i64, Mistake> {
    members
        .code(name)
        .ok_or_else(|| unknown(ast.span.clone(), &format!("member of {}", members.name), name, members.names()))
}

/// A mistake about a name that nobody knows, with the nearest that is known.
pub fn unknown<'a>(
    span: std::ops::Range<usize>,
    what: &str,
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Mistake {
    let help = crate::diagnostic::nearest(name, known).map(|right| format!(" (did you mean `{right}`?)"));
    Mistake { span, text: format!("unknown {what} `{name}`{}", help.unwrap_or_default()) }
}

/// Where the values of leaves come from while an expression runs.
pub trait Values<'v, L> {
    fn value(&self, leaf: &'v L) -> Value<'v>;
}

impl<L> Expr<L> {
    /// Most expressions are no more than a leaf or a literal: these are worked out where they are wanted.
    #[inline(always)]
    pub fn eval<'v>(&'v self, values: &impl Values<'v, L>, tables: &'v [Table]) -> Value<'v> {
        match self {
            Expr::Leaf(leaf) => values.value(leaf),
            Expr::Literal(literal) => literal.value(),
            other => other.work_out(values, tables),
        }
    }

    #[inline(never)]
    fn work_out<'v>(&'v self, values: &impl Values<'v, L>, tables: &'v [Table]) -> Value<'v> {
        match self {
            Expr::Leaf(_) | Expr::Literal(_) => self.eval(values, tables),
            Expr::Choice(parts) => {
                let mut found = Value::Absent;
                for part in parts {
                    found = part.eval(values, tables);
                    if !found.is_empty() {
                        break;
                    }
                }
                found
            }
            Expr::Table { table, key } => tables[*table].look_up(key.eval(values, tables)),
            Expr::Compare { op, left, right } => {
                Value::Bool(compare(*op, left.eval(values, tables), right.eval(values, tables)))
            }
            Expr::All(parts) => Value::Bool(parts.iter().all(|part| part.holds(values, tables))),
            Expr::Any(parts) => Value::Bool(parts.iter().any(|part| part.holds(values, tables))),
            Expr::Not(inner) => Value::Bool(!inner.holds(values, tables)),
        }
    }

    /// Whether it is true; for what is no truth value, whether it is anything at all.
    pub fn holds<'v>(&'v self, values: &impl Values<'v, L>, tables: &'v [Table]) -> bool {
        match self.eval(values, tables) {
            Value::Bool(value) => value,
            value => !value.is_empty(),
        }
    }

    /// All leaves, for whoever wants to know what is read.
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
            Expr::Compare { left, right, .. } => {
                left.collect(into);
                right.collect(into);
            }
            Expr::Not(inner) => inner.collect(into),
        }
    }
}

/// Numbers compare as numbers, however they travelled; everything else as text. Nothing equals only nothing.
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
