//! Syntax trees → expressions: names are resolved, members of enumerations become their codes, types are checked.

use super::{
    expression::Expr,
    functions,
    literal::Literal,
    syntax::{self, Ast, Mistake, Step, Tree},
    value_table::ValueTable,
    value_type::{Members, Ty},
};
use crate::{
    diagnostic::{Problems, did_you_mean},
    document::Node,
};

/// The names that rules of one direction can use.
pub trait Scope: Sized {
    type Leaf;

    fn path(&self, compiler: &Compiler<Self>, steps: &[Step]) -> Result<(Self::Leaf, Ty), Mistake>;
}

pub struct Compiler<'c, S> {
    pub scope: &'c S,
    pub tables: &'c [ValueTable],
}

impl<S: Scope> Compiler<'_, S> {
    /// Reads a value of a rule file: a number, a truth value, or an expression in a text.
    pub fn read(&self, node: Node, wanted: &Ty, problems: &mut Problems) -> Option<Expr<S::Leaf>> {
        if let Some(number) = node.as_integer() {
            return Some(Expr::Literal(Literal::Int(number)));
        }
        if let Some(value) = node.as_boolean() {
            return Some(Expr::Literal(Literal::Bool(value)));
        }
        let compiled = syntax::parse(node.text(problems)?).and_then(|ast| self.compile(&ast, wanted));
        compiled.map_err(|mistake| mistake.tell(node, problems)).ok()
    }

    /// Compiles an expression that must have the wanted type.
    pub fn compile(&self, ast: &Ast, wanted: &Ty) -> Result<Expr<S::Leaf>, Mistake> {
        let (expr, ty) = self.any(ast, wanted)?;
        if ty.fits(wanted) {
            return Ok(expr);
        }
        let text = format!("this is {}, {} is wanted here", ty.name(), wanted.name());
        Err(Mistake { span: ast.span.clone(), text })
    }

    /// An expression with its own type, whatever it is. `wanted` says whose members a text names.
    pub fn any(&self, ast: &Ast, wanted: &Ty) -> Result<(Expr<S::Leaf>, Ty), Mistake> {
        Ok(match &ast.node {
            Tree::Text(text) => match wanted {
                Ty::Members(members) => (Expr::Literal(Literal::Int(member(members, text, ast)?)), wanted.clone()),
                Ty::Any | Ty::Bool | Ty::Number | Ty::Text | Ty::Id | Ty::List | Ty::Record => {
                    (Expr::Literal(Literal::Text(text.clone())), Ty::Text)
                }
            },
            Tree::Number(number) => (Expr::Literal(Literal::Int(*number)), Ty::Number),
            Tree::Bool(value) => (Expr::Literal(Literal::Bool(*value)), Ty::Bool),
            Tree::Path(steps) => {
                let (leaf, ty) = self.scope.path(self, steps).map_err(|mistake| self.minus(steps, mistake))?;
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
                let compiled: Result<Vec<_>, Mistake> = parts.iter().map(|part| self.alike(part, &mut ty)).collect();
                (Expr::Choice(compiled?), ty)
            }
            Tree::If(parts) => {
                let [condition, then, otherwise] = &**parts;
                let condition = self.compile(condition, &Ty::Any)?;
                let mut ty = wanted.clone();
                let then = self.alike(then, &mut ty)?;
                let otherwise = self.alike(otherwise, &mut ty)?;
                (Expr::If(Box::new([condition, then, otherwise])), ty)
            }
            Tree::Arithmetic { first, rest } => {
                let first = Box::new(self.compile(first, &Ty::Number)?);
                let rest = rest.iter().map(|(op, right)| Ok((*op, self.compile(right, &Ty::Number)?)));
                let expr = Expr::Arithmetic { first, rest: rest.collect::<Result<_, Mistake>>()? };
                functions::written_out(expr, Ty::Number, wanted)
            }
            Tree::Call { name, name_span, arguments } => self.call(name, name_span, arguments, ast, wanted)?,
            Tree::Compare { op, left, right } => {
                // A text beside a member of an enumeration is the name of another member: the type comes from the other side.
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

    /// One of several values that stand for each other. The first decides the type where none is wanted.
    fn alike(&self, part: &Ast, ty: &mut Ty) -> Result<Expr<S::Leaf>, Mistake> {
        let (expr, found) = self.any(part, ty)?;
        if !found.fits(ty) {
            let text = format!("this is {}, what stands before it is {}", found.name(), ty.name());
            return Err(Mistake { span: part.span.clone(), text });
        }
        if *ty == Ty::Any {
            *ty = found;
        }
        Ok(expr)
    }

    /// Adds to the mistake of an unknown name that its hyphen may have been meant as a minus.
    fn minus(&self, steps: &[Step], mistake: Mistake) -> Mistake {
        let Some((Step::Name { name, span }, before)) = steps.split_last() else { return mistake };
        let is_known = |(place, _): (usize, &str)| {
            let (name, span) = (name[..place].to_owned(), span.start..span.start + place);
            let known = before.iter().filter_map(|step| match step {
                Step::Name { name, span } => Some(Step::Name { name: name.clone(), span: span.clone() }),
                Step::Keyed { .. } | Step::At(_) => None,
            });
            let steps: Vec<Step> = known.chain([Step::Name { name, span }]).collect();
            self.scope.path(self, &steps).is_ok()
        };
        if !name.match_indices('-').any(is_known) {
            return mistake;
        }
        Mistake { text: format!("{}; {}", mistake.text, syntax::MINUS), ..mistake }
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

/// The mistake of an unknown name, with the nearest known one.
pub fn unknown<'a>(
    span: std::ops::Range<usize>,
    what: &str,
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Mistake {
    Mistake { span, text: format!("unknown {what} `{name}`{}", did_you_mean(name, known)) }
}
