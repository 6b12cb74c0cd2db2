//! Tables of rule files: they map members of an enumeration, numbers or texts to any of these. A table of an enumeration is
//! complete, or has a value for everything else. A site's entries (`[application.X.tables.T]`) are checked in the same way.

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
/// name; the side's own comes first.
pub struct Finders<'f> {
    pub from: Find<'f>,
    pub to: Find<'f>,
}

#[derive(Debug, Clone)]
pub struct ValueTable {
    pub name: String,
    pub from: Ty,
    pub to: Ty,
    numbers: Vec<(i64, Literal)>,
    texts: Vec<(String, Literal)>,
    otherwise: Option<Literal>,
}

/// A value of an entry, as a rule file or a configuration gives it.
#[derive(Debug, Clone, Copy)]
pub enum Given<'g> {
    Text(&'g str),
    Int(i64),
    Bool(bool),
    /// A value of another type.
    Other,
}

/// Why an entry does not fit its table.
#[derive(Debug, PartialEq)]
pub struct Wrong {
    /// It is the key that is wrong, and not the value.
    pub is_key: bool,
    pub text: String,
    /// The nearest name, if a name is unknown.
    pub help: Option<String>,
}

/// Where an entry goes.
enum Place {
    Otherwise,
    Number(i64),
    Text,
}

impl ValueTable {
    pub fn look_up<'v>(&'v self, key: Value<'v>) -> Value<'v> {
        if key.is_empty() {
            return Value::Absent;
        }
        let by_number = key.as_int().and_then(|key| by_code(&self.numbers, key, |(known, _)| *known));
        let found = by_number.map(|(_, value)| value).or_else(|| {
            // Ids travel as numbers where a dialect has numbers for them.
            let mut buffer = itoa::Buffer::new();
            let text = if self.texts.is_empty() { None } else { key.as_text(&mut buffer) };
            self.texts.iter().find(|(known, _)| text == Some(known)).map(|(_, value)| value)
        });
        let value = found.or(self.otherwise.as_ref()).map(Literal::value);
        value.filter(|value| !matches!(value, Value::Text(""))).unwrap_or_default()
    }

    /// Adds an entry, or puts it in the place of the one with the same key. `else` is the key for everything that is not
    /// listed.
    pub fn enter(&mut self, key: &str, value: Given) -> Result<(), Wrong> {
        let place = self.place(key)?;
        let value = self.value(value)?;
        match place {
            Place::Otherwise => self.otherwise = Some(value),
            Place::Number(number) => match self.numbers.binary_search_by_key(&number, |(known, _)| *known) {
                Ok(place) => self.numbers[place].1 = value,
                Err(place) => self.numbers.insert(place, (number, value)),
            },
            Place::Text => match self.texts.iter_mut().find(|(known, _)| known == key) {
                Some((_, known)) => *known = value,
                None => self.texts.push((key.to_owned(), value)),
            },
        }
        Ok(())
    }

    /// A value that travelled as text, as variables of the environment do, by the type that is wanted.
    pub fn read<'g>(&self, given: Given<'g>) -> Given<'g> {
        match (&self.to, given) {
            (Ty::Number, Given::Text(text)) => text.parse().map_or(given, Given::Int),
            (Ty::Bool, Given::Text(text)) => text.parse().map_or(given, Given::Bool),
            _ => given,
        }
    }

    fn place(&self, key: &str) -> Result<Place, Wrong> {
        let wrong = |text: String, help| Err(Wrong { is_key: true, text, help });
        match &self.from {
            _ if key == "else" => Ok(Place::Otherwise),
            Ty::Members(members) => match members.code(key) {
                Some(code) => Ok(Place::Number(code)),
                None => wrong(format!("unknown member of {} `{key}`", members.name), near(members, key)),
            },
            Ty::Number => match key.parse() {
                Ok(number) => Ok(Place::Number(number)),
                Err(_) => wrong("this is no number".into(), None),
            },
            Ty::Any | Ty::Bool | Ty::Text | Ty::Id | Ty::List | Ty::Record => Ok(Place::Text),
        }
    }

    fn value(&self, given: Given) -> Result<Literal, Wrong> {
        let wrong = |text: String, help| Err(Wrong { is_key: false, text, help });
        match (&self.to, given) {
            (_, Given::Text("")) => Ok(Literal::Text(String::new())),
            (Ty::Members(members), Given::Text(text)) => match members.code(text) {
                Some(code) => Ok(Literal::Int(code)),
                None => wrong(format!("unknown member of {} `{text}`", members.name), near(members, text)),
            },
            (Ty::Number, Given::Int(number)) => Ok(Literal::Int(number)),
            (Ty::Bool, Given::Bool(value)) => Ok(Literal::Bool(value)),
            (Ty::Text, Given::Text(text)) => Ok(Literal::Text(text.to_owned())),
            (to, _) => wrong(format!("the value does not fit: the table maps to {}", to.name()), None),
        }
    }

    /// True if a number has an entry.
    fn has_number(&self, key: &str) -> bool {
        matches!(self.from, Ty::Number)
            && key.parse().is_ok_and(|number: i64| self.numbers.iter().any(|(known, _)| *known == number))
    }
}

fn near(members: &Members, name: &str) -> Option<String> {
    crate::diagnostic::nearest(name, members.names()).map(|right| format!("did you mean `{right}`?"))
}

/// Reads `[tables.name]`: `from` and `to` name enumerations (or `text`, `number`, `bool`), `else` is the value for everything
/// that is not listed, and every other key is a member of `from` with its member of `to`. An empty text maps to nothing.
pub fn load(key: &Key, node: Node, find: &Finders, problems: &mut Problems) -> Option<ValueTable> {
    let section = node.table(problems)?;
    let from = ty(&section, "from", [&find.from, &find.to], problems)?;
    let to = ty(&section, "to", [&find.to, &find.from], problems)?;
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
        missing.retain(|name| name != key.name);
        if table.has_number(key.name) {
            key.problem(problems, "this number stands above already");
            continue;
        }
        if let Err(Wrong { is_key, text, help }) = table.enter(key.name, given(node)) {
            let span = match (is_key, &help) {
                (true, _) => key.span.clone(),
                (false, Some(_)) => node.inner_span(),
                (false, None) => node.span(),
            };
            problems.add_with_help(key.source, span, text, help);
        }
    }
    if !missing.is_empty() && table.otherwise.is_none() {
        key.problem(problems, format!("the table lacks {} and has no `else`", missing.join(", ")));
    }
    Some(table)
}

fn given<'d>(node: Node<'d>) -> Given<'d> {
    let text = node.as_text().map(Given::Text);
    let number = || node.as_integer().map(Given::Int);
    let truth = || node.as_boolean().map(Given::Bool);
    text.or_else(number).or_else(truth).unwrap_or(Given::Other)
}

fn ty(section: &Table, name: &'static str, find: [&Find; 2], problems: &mut Problems) -> Option<Ty> {
    let text = section.required(name, problems);
    let ty = match text {
        "text" => Some(Ty::Text),
        "number" => Some(Ty::Number),
        "bool" => Some(Ty::Bool),
        other => find.iter().find_map(|find| find(other)).map(Ty::Members),
    };
    if ty.is_none() && !text.is_empty() {
        let span = section.find(name).map_or(section.span(), |node| node.inner_span());
        problems.add(section.source(), span, format!("unknown enumeration `{text}`"));
    }
    ty
}
