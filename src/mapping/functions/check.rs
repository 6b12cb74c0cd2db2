//! Calls of functions → compiled calls: the name, and the number and types of the arguments, are checked.

use std::ops::Range;

use super::{Argument, Call, Count, FUNCTIONS, Function, Kind};
use crate::{
    mapping::{
        compile::{Compiler, Scope, unknown},
        expression::Expr,
        syntax::{Ast, Mistake, Tree},
        value_type::Ty,
    },
    time::{self, Zone},
};

fn ty(kind: Kind) -> Ty {
    match kind {
        Kind::Text | Kind::Pattern | Kind::Zone => Ty::Text,
        Kind::Number => Ty::Number,
        Kind::Truth => Ty::Bool,
    }
}

fn function(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

impl<S: Scope> Compiler<'_, S> {
    pub fn call(
        &self,
        name: &str,
        name_span: &Range<usize>,
        given: &[Ast],
        call: &Ast,
        wanted: &Ty,
    ) -> Result<(Expr<S::Leaf>, Ty), Mistake> {
        let Some(function) = function(name) else {
            return Err(unknown(name_span.clone(), "function", name, FUNCTIONS.iter().map(|known| known.name)));
        };
        let is_needed = |argument: &&Argument| argument.count != Count::AtMostOnce;
        if given.len() < function.arguments.iter().filter(is_needed).count() {
            let text = format!("an argument is missing: {}", usage(function));
            return Err(Mistake { span: call.span.clone(), text });
        }
        let mut compiled = Call { function, arguments: Vec::new(), zones: Vec::new() };
        for (place, given) in given.iter().enumerate() {
            let last = function.arguments.last().filter(|argument| argument.count == Count::Often);
            let Some(argument) = function.arguments.get(place).or(last) else {
                let text = format!("this argument is one too many: {}", usage(function));
                return Err(Mistake { span: given.span.clone(), text });
            };
            let (expr, zone) = self.argument(function, argument, given)?;
            compiled.arguments.push(expr);
            compiled.zones.push(zone);
        }
        if compiled.zones.iter().all(Option::is_none) {
            compiled.zones.clear();
        }
        Ok(written_out(Expr::Call(Box::new(compiled)), ty(function.result), wanted))
    }

    fn argument(
        &self,
        function: &Function,
        argument: &Argument,
        given: &Ast,
    ) -> Result<(Expr<S::Leaf>, Option<Zone>), Mistake> {
        let expr = self.compile(given, &ty(argument.kind)).map_err(|mistake| {
            let is_own = mistake.span == given.span;
            let text = format!("{} (`{}` of {})", mistake.text, argument.name, function.signature());
            if is_own { Mistake { text, ..mistake } } else { mistake }
        })?;
        let wrong = |text: &str| Err(Mistake { span: given.span.clone(), text: text.to_owned() });
        let zone = match (argument.kind, &given.node) {
            (Kind::Text | Kind::Number | Kind::Truth, _) => None,
            (Kind::Pattern, Tree::Text(pattern)) => match time::write_by(pattern, 0, &Zone::default()) {
                Some(_) => None,
                None => return wrong("this is no pattern of a time, such as '%Y-%m-%d %H:%M:%S'"),
            },
            (Kind::Zone, Tree::Text(text)) => match time::zone(text) {
                Some(zone) => Some(zone),
                None => return wrong(ZONES),
            },
            (Kind::Pattern, _) => return wrong("a pattern is a text in quotes, such as '%H:%M'"),
            (Kind::Zone, _) => return wrong("a zone is a text in quotes, such as 'UTC' or '+02:00'"),
        };
        Ok((expr, zone))
    }
}

const ZONES: &str = "a zone here is 'UTC', an offset such as '+02:00', or the rules of a place as POSIX writes them, such as \
                     'CET-1CEST,M3.5.0,M10.5.0/3'; the names of places stand in the configuration (`zone`)";

fn usage(function: &Function) -> String {
    format!("{}, as in {}", function.signature(), function.example.0)
}

/// A computed number or truth value where a text is wanted is written as text, because texts are read as such.
pub fn written_out<L>(expr: Expr<L>, own: Ty, wanted: &Ty) -> (Expr<L>, Ty) {
    match (&own, wanted, function("text")) {
        (Ty::Number | Ty::Bool, Ty::Text, Some(function)) => {
            (Expr::Call(Box::new(Call { function, arguments: vec![expr], zones: Vec::new() })), Ty::Text)
        }
        _ => (expr, own),
    }
}
