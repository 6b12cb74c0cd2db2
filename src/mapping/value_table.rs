//! Tables of rule files: they map the values of one enumeration to those of another. A table is complete, or has a value
//! for everything else.

use std::sync::Arc;

use super::{
    literal::Literal,
    value_type::{Members, Ty},
};
use crate::{
    diagnostic::Problems,
    document::{Key, Node, Table},
    message::Value,
    vocabulary::by_code,
};

type Find<'f> = Box<dyn Fn(&str) -> Option<Arc<Members>> + 'f>;

/// Look-ups of the enumerations on either side of a table. There are two, because a dialect and the model may use the same
/// name.
pub struct Finders<'f> {
    pub from: Find<'f>,
    pub to: Find<'f>,
}

#[derive(Debug)]
pub struct ValueTable {
    pub name: String,
    pub from: Ty,
    pub to: Ty,
    numbers: Vec<(i64, Literal)>,
    texts: Vec<(String, Literal)>,
    otherwise: Option<Literal>,
}

impl ValueTable {
    pub fn look_up<'v>(&'v self, key: Value<'v>) -> Value<'v> {
        if key.is_empty() {
            return Value::Absent;
        }
        let by_number = key.as_int().and_then(|key| by_code(&self.numbers, key, |(known, _)| *known));
        let found = by_number.map(|(_, value)| value).or_else(|| {
            let Value::Text(text) = key else { return None };
            self.texts.iter().find(|(known, _)| known == text).map(|(_, value)| value)
        });
        let value = found.or(self.otherwise.as_ref()).map(Literal::value);
        value.filter(|value| !matches!(value, Value::Text(""))).unwrap_or_default()
    }
}

/// Reads `[tables.name]`: `from` and `to` name enumerations (or `text`, `number`), `else` is the value for everything that is
/// not listed, and every other key is a member of `from` with its member of `to`. An empty text maps to nothing.
pub fn load(key: &Key, node: Node, find: &Finders, problems: &mut Problems) -> Option<ValueTable> {
    let section = node.table(problems)?;
    let from = ty(&section, "from", &find.from, problems)?;
    let to = ty(&section, "to", &find.to, problems)?;
    let mut table =
        ValueTable { name: key.name.into(), from, to, numbers: Vec::new(), texts: Vec::new(), otherwise: None };
    let mut missing: Vec<String> = match &table.from {
        Ty::Members(members) => members.names().map(str::to_owned).collect(),
        Ty::Any | Ty::Bool | Ty::Number | Ty::Text | Ty::Id | Ty::List | Ty::Record => Vec::new(),
    };
    for (key, node) in section.entries() {
        if matches!(key.name, "from" | "to") {
            continue;
        }
        let value = literal(&table.to, node, problems);
        if key.name == "else" {
            table.otherwise = value;
            continue;
        }
        missing.retain(|name| name != key.name);
        let Some(value) = value else { continue };
        match &table.from {
            Ty::Members(members) => match members.code(key.name) {
                Some(code) => table.numbers.push((code, value)),
                None => {
                    let what = format!("member of {}", members.name);
                    problems.unknown(key.source, key.span.clone(), &what, key.name, members.names());
                }
            },
            Ty::Number => match key.name.parse() {
                Ok(number) if table.numbers.iter().any(|(known, _)| *known == number) => {
                    key.problem(problems, "this number stands above already");
                }
                Ok(number) => table.numbers.push((number, value)),
                Err(_) => key.problem(problems, "this is no number"),
            },
            Ty::Any | Ty::Bool | Ty::Text | Ty::Id | Ty::List | Ty::Record => {
                table.texts.push((key.name.to_owned(), value));
            }
        }
    }
    table.numbers.sort_by_key(|(code, _)| *code);
    if !missing.is_empty() && table.otherwise.is_none() {
        key.problem(problems, format!("the table lacks {} and has no `else`", missing.join(", ")));
    }
    Some(table)
}

fn ty(section: &Table, name: &'static str, find: &Find, problems: &mut Problems) -> Option<Ty> {
    let text = section.required(name, problems);
    let ty = match text {
        "text" => Some(Ty::Text),
        "number" => Some(Ty::Number),
        "bool" => Some(Ty::Bool),
        other => find(other).map(Ty::Members),
    };
    if ty.is_none() && !text.is_empty() {
        let span = section.find(name).map_or(section.span(), |node| node.inner_span());
        problems.add(section.source(), span, format!("unknown enumeration `{text}`"));
    }
    ty
}

fn literal(ty: &Ty, node: Node, problems: &mut Problems) -> Option<Literal> {
    let expected = |problems: &mut Problems| {
        node.problem(problems, "the value does not fit what the table maps to");
        None
    };
    match (ty, node.as_text(), node.as_integer(), node.as_boolean()) {
        (_, Some(""), ..) => Some(Literal::Text(String::new())),
        (Ty::Members(members), Some(text), ..) => members.code(text).map(Literal::Int).or_else(|| {
            let what = format!("member of {}", members.name);
            problems.unknown(node.source(), node.inner_span(), &what, text, members.names());
            None
        }),
        (Ty::Number, _, Some(number), _) => Some(Literal::Int(number)),
        (Ty::Bool, _, _, Some(value)) => Some(Literal::Bool(value)),
        (Ty::Text, Some(text), ..) => Some(Literal::Text(text.to_owned())),
        _ => expected(problems),
    }
}
