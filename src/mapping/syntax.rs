//! Expressions as rules write them → a syntax tree with positions. Names are resolved later, by `compile`.
//!
//! ```text
//! expression = "if" expression "then" expression "else" expression | any
//! any        = all { "or" all }           all  = not { "and" not }        not = [ "not" ] comparison
//! comparison = choice [ ( "==" | "!=" | "<" | "<=" | ">" | ">=" ) choice ]
//! choice     = sum { "??" sum }                                           the first that is not empty
//! sum        = product { ( "+" | "-" ) product }                          product = operand { ( "*" | "/" | "%" ) operand }
//! operand    = "(" expression ")" | 'text' | number | "true" | "false" | table | call | path
//! table      = "tables." name "[" expression "]"
//! call       = name "(" [ expression { "," expression } ] ")"
//! path       = name { "." name | "[" path "=" operand "]" | "[" number "]" }
//! ```
//!
//! A hyphen may be part of a name, so that a minus has spaces around it: `a - b`.

mod tokens;

use std::ops::Range;

use crate::{diagnostic::Problems, document::Node};

pub use tokens::MINUS;
use tokens::{Token, tokens};

/// A node of the tree, with its place in the expression's text.
#[derive(Debug, PartialEq)]
pub struct Ast {
    pub node: Tree,
    pub span: Range<usize>,
}

#[derive(Debug, PartialEq)]
pub enum Tree {
    Text(String),
    Number(i64),
    Bool(bool),
    Path(Vec<Step>),
    Table {
        name: String,
        key: Box<Ast>,
    },
    Choice(Vec<Ast>),
    Compare {
        op: Comparison,
        left: Box<Ast>,
        right: Box<Ast>,
    },
    All(Vec<Ast>),
    Any(Vec<Ast>),
    Not(Box<Ast>),
    /// Operations of one rank, from the left to the right.
    Arithmetic {
        first: Box<Ast>,
        rest: Vec<(Arithmetic, Ast)>,
    },
    /// A condition, the value if it holds, and the value if it does not.
    If(Box<[Ast; 3]>),
    Call {
        name: String,
        name_span: Range<usize>,
        arguments: Vec<Ast>,
    },
}

/// An operation on two whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

#[derive(Debug, PartialEq)]
pub enum Step {
    Name {
        name: String,
        span: Range<usize>,
    },
    /// The first item of a list with this value in a field.
    Keyed {
        path: Vec<Step>,
        equals: Box<Ast>,
    },
    At(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A mistake in an expression, and its place in the text.
#[derive(Debug, PartialEq)]
pub struct Mistake {
    pub span: Range<usize>,
    pub text: String,
}

impl Mistake {
    /// Reports the mistake at its place in the text that a node holds.
    pub fn tell(self, node: Node, problems: &mut Problems) {
        let start = node.inner_span().start;
        problems.add(node.source(), start + self.span.start..start + self.span.end, self.text);
    }
}

pub fn parse(text: &str) -> Result<Ast, Mistake> {
    let mut parser = Parser { text, tokens: tokens(text)?, at: 0, depth: 0 };
    let ast = parser.expression()?;
    match parser.peek() {
        Token::End => Ok(ast),
        Token::Name(_) | Token::Text(_) | Token::Number(_) | Token::Sign(_) => Err(parser.unexpected("the end")),
    }
}

/// The most expressions within each other, because each takes room on the stack.
const MOST_DEPTH: usize = 64;

struct Parser<'t> {
    text: &'t str,
    tokens: Vec<(Token, Range<usize>)>,
    at: usize,
    /// How many expressions the parser is in.
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> &Token {
        &self.tokens[self.at].0
    }

    fn span(&self) -> Range<usize> {
        self.tokens[self.at].1.clone()
    }

    fn take(&mut self) -> Token {
        let token = self.tokens[self.at].0.clone();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    fn takes(&mut self, sign: &'static str) -> bool {
        let found = *self.peek() == Token::Sign(sign);
        if found {
            self.take();
        }
        found
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Token::Name(name) if name == word);
        if found {
            self.take();
        }
        found
    }

    fn expect(&mut self, sign: &'static str) -> Result<(), Mistake> {
        if self.takes(sign) { Ok(()) } else { Err(self.unexpected(&format!("`{sign}`"))) }
    }

    fn expect_word(&mut self, word: &str) -> Result<(), Mistake> {
        if self.takes_word(word) { Ok(()) } else { Err(self.unexpected(&format!("`{word}`"))) }
    }

    fn unexpected(&self, expected: &str) -> Mistake {
        let span = self.span();
        let found = if span.is_empty() { "the end" } else { &self.text[span.clone()] };
        Mistake { span, text: format!("expected {expected}, found {found}") }
    }

    /// A tree that spans from `start` to the last token that was taken.
    fn since(&self, start: usize, node: Tree) -> Ast {
        Ast { node, span: start..self.tokens[self.at.saturating_sub(1)].1.end }
    }

    fn expression(&mut self) -> Result<Ast, Mistake> {
        self.deeper(|parser| {
            let start = parser.span().start;
            if !parser.takes_word("if") {
                return parser.several(|parser| parser.all(), |parser| parser.takes_word("or"), Tree::Any);
            }
            let condition = parser.expression()?;
            parser.expect_word("then")?;
            let then = parser.expression()?;
            parser.expect_word("else")?;
            let otherwise = parser.expression()?;
            Ok(parser.since(start, Tree::If(Box::new([condition, then, otherwise]))))
        })
    }

    /// Reads something that may have the same within it.
    fn deeper(&mut self, read: impl FnOnce(&mut Self) -> Result<Ast, Mistake>) -> Result<Ast, Mistake> {
        if self.depth == MOST_DEPTH {
            let text = format!("more than {MOST_DEPTH} expressions stand within each other here");
            return Err(Mistake { span: self.span(), text });
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    fn all(&mut self) -> Result<Ast, Mistake> {
        self.several(|parser| parser.not(), |parser| parser.takes_word("and"), Tree::All)
    }

    fn several(
        &mut self,
        part: fn(&mut Self) -> Result<Ast, Mistake>,
        more: fn(&mut Self) -> bool,
        node: fn(Vec<Ast>) -> Tree,
    ) -> Result<Ast, Mistake> {
        let start = self.span().start;
        let first = part(self)?;
        let mut parts = vec![first];
        while more(self) {
            parts.push(part(self)?);
        }
        if parts.len() > 1 {
            return Ok(self.since(start, node(parts)));
        }
        Ok(parts.remove(0))
    }

    fn not(&mut self) -> Result<Ast, Mistake> {
        let start = self.span().start;
        if self.takes_word("not") {
            let inner = self.deeper(|parser| parser.not())?;
            return Ok(self.since(start, Tree::Not(Box::new(inner))));
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Result<Ast, Mistake> {
        use Comparison::*;
        let start = self.span().start;
        let left = self.choice()?;
        let signs =
            [("==", Equal), ("!=", Unequal), ("<=", LessOrEqual), (">=", GreaterOrEqual), ("<", Less), (">", Greater)];
        for (sign, op) in signs {
            if self.takes(sign) {
                let right = self.choice()?;
                return Ok(self.since(start, Tree::Compare { op, left: Box::new(left), right: Box::new(right) }));
            }
        }
        Ok(left)
    }

    fn choice(&mut self) -> Result<Ast, Mistake> {
        self.several(|parser| parser.sum(), |parser| parser.takes("??"), Tree::Choice)
    }

    fn sum(&mut self) -> Result<Ast, Mistake> {
        self.chain(|parser| parser.product(), &[("+", Arithmetic::Add), ("-", Arithmetic::Subtract)])
    }

    fn product(&mut self) -> Result<Ast, Mistake> {
        use Arithmetic::*;
        self.chain(|parser| parser.operand(), &[("*", Multiply), ("/", Divide), ("%", Remainder)])
    }

    /// Operations of one rank, from the left to the right.
    fn chain(
        &mut self,
        part: fn(&mut Self) -> Result<Ast, Mistake>,
        signs: &[(&'static str, Arithmetic)],
    ) -> Result<Ast, Mistake> {
        let start = self.span().start;
        let first = part(self)?;
        let mut rest = Vec::new();
        while let Some(op) = signs.iter().find(|(sign, _)| self.takes(sign)).map(|(_, op)| *op) {
            rest.push((op, part(self)?));
        }
        if rest.is_empty() {
            return Ok(first);
        }
        Ok(self.since(start, Tree::Arithmetic { first: Box::new(first), rest }))
    }

    fn operand(&mut self) -> Result<Ast, Mistake> {
        let start = self.span().start;
        let node = match self.peek() {
            Token::Sign("(") => {
                self.take();
                let inner = self.expression()?;
                self.expect(")")?;
                return Ok(inner);
            }
            Token::Text(_) | Token::Number(_) => match self.take() {
                Token::Text(text) => Tree::Text(text),
                Token::Number(number) => Tree::Number(number),
                Token::Name(_) | Token::Sign(_) | Token::End => return Err(self.unexpected("a value")),
            },
            Token::Name(name) if name == "true" || name == "false" => {
                let value = name == "true";
                self.take();
                Tree::Bool(value)
            }
            Token::Name(name) if name == "tables" => {
                self.take();
                self.expect(".")?;
                let Token::Name(name) = self.take() else { return Err(self.unexpected("a table's name")) };
                self.expect("[")?;
                let key = Box::new(self.expression()?);
                self.expect("]")?;
                Tree::Table { name, key }
            }
            Token::Name(name) if self.tokens.get(self.at + 1).is_some_and(|(next, _)| *next == Token::Sign("(")) => {
                let (name, name_span) = (name.clone(), self.span());
                Tree::Call { name, name_span, arguments: self.arguments()? }
            }
            Token::Name(_) => Tree::Path(self.path()?),
            Token::Sign(_) | Token::End => return Err(self.unexpected("a value")),
        };
        Ok(self.since(start, node))
    }

    /// The arguments of a function, behind its name.
    fn arguments(&mut self) -> Result<Vec<Ast>, Mistake> {
        self.take();
        self.expect("(")?;
        let mut arguments = Vec::new();
        if self.takes(")") {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.expression()?);
            if self.takes(")") {
                return Ok(arguments);
            }
            if !self.takes(",") {
                return Err(self.unexpected("`,` or `)`"));
            }
        }
    }

    fn path(&mut self) -> Result<Vec<Step>, Mistake> {
        let mut steps = vec![self.name()?];
        loop {
            if self.takes(".") {
                steps.push(self.name()?);
            } else if self.takes("[") {
                if let Token::Number(number) = *self.peek() {
                    let place = usize::try_from(number).map_err(|_| self.unexpected("a place from 0"))?;
                    self.take();
                    steps.push(Step::At(place));
                } else {
                    let path = self.path()?;
                    self.expect("=")?;
                    let equals = Box::new(self.deeper(|parser| parser.operand())?);
                    steps.push(Step::Keyed { path, equals });
                }
                self.expect("]")?;
            } else {
                return Ok(steps);
            }
        }
    }

    fn name(&mut self) -> Result<Step, Mistake> {
        let span = self.span();
        match self.peek() {
            Token::Name(name) => {
                let step = Step::Name { name: name.clone(), span };
                self.take();
                Ok(step)
            }
            Token::Text(_) | Token::Number(_) | Token::Sign(_) | Token::End => Err(self.unexpected("a name")),
        }
    }
}

#[cfg(test)]
mod tests;
