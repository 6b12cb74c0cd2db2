//! The vocabulary while its file is read, and the readers of single values: types, constants and roles.

use hashbrown::HashMap;

use crate::{
    diagnostic::Problems,
    document::Node,
    message::Kind,
    vocabulary::{
        definition::{Form, Vocabulary},
        field::{AgentPart, Literal, Role, Type, Which},
        renaming::load::FieldSource,
    },
};

pub const TYPES: [(&str, Type); 6] = [
    ("bool", Type::Bool),
    ("int", Type::Int),
    ("long", Type::Long),
    ("text", Type::Text),
    ("time", Type::Time),
    ("id", Type::Id),
];

/// The vocabulary so far, and the settings of the file that apply to all of it.
pub struct Loader<'d> {
    pub vocabulary: Vocabulary,
    pub enums_by_name: bool,
    /// A prefix that the names of messages may have on the wire.
    pub prefix: Option<&'d str>,
    pub sets: HashMap<&'d str, Node<'d>>,
    /// The faults that messages name, to be found when all messages are known.
    pub faults: Vec<(Kind, &'d str, Node<'d>)>,
    /// The fields of the message or record that is being read.
    pub fields: Vec<FieldSource<'d>>,
}

impl Loader<'_> {
    /// Reads the name of a type; `[T]` is a list.
    pub fn parse_type(&self, node: Node, problems: &mut Problems) -> Option<Type> {
        let text = node.text(problems)?;
        let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
        let name = inner.unwrap_or(text);
        let named = |list: Vec<&str>| list.iter().position(|known| *known == name);
        let enums: Vec<&str> = self.vocabulary.enums.iter().map(|e| e.name.as_str()).collect();
        let records: Vec<&str> = self.vocabulary.records.iter().map(|r| r.name.as_str()).collect();
        let plain = TYPES.iter().find(|(known, _)| *known == name).map(|(_, ty)| ty.clone());
        let ty =
            plain.or_else(|| named(enums.clone()).map(Type::Enum)).or_else(|| named(records.clone()).map(Type::Record));
        if ty.is_none() {
            let known = TYPES.iter().map(|(name, _)| *name).chain(enums).chain(records);
            problems.unknown(node.source(), node.inner_span(), "type", name, known);
        }
        ty.map(|ty| if inner.is_some() { Type::List(Box::new(ty)) } else { ty })
    }

    /// The default of a field that declares none: the form's way to write nothing.
    pub fn default(&self, ty: &Type) -> Literal {
        match (ty, self.vocabulary.form) {
            (Type::Bool, _) => Literal::Bool(false),
            (Type::Int | Type::Long | Type::Enum(_), _) => Literal::Int(0),
            (Type::Id, Form::Json) => Literal::Int(0),
            (Type::Text | Type::Time, Form::Json) => Literal::Text(String::new()),
            (Type::List(_), Form::Json) => Literal::EmptyList,
            _ => Literal::Absent,
        }
    }

    pub fn literal(&self, ty: &Type, node: Node, problems: &mut Problems) -> Option<Literal> {
        if let (Type::Enum(place), Some(text)) = (ty, node.as_text()) {
            let known = &self.vocabulary.enums[*place];
            let Some(code) = known.code(text) else {
                let members = known.members.iter().map(|member| member.name.as_str());
                problems.unknown(node.source(), node.inner_span(), &format!("member of {}", known.name), text, members);
                return None;
            };
            return Some(Literal::Int(code));
        }
        let literal = node
            .as_integer()
            .map(Literal::Int)
            .or_else(|| node.as_boolean().map(Literal::Bool))
            .or_else(|| node.as_text().map(|text| Literal::Text(text.into())));
        if literal.is_none() {
            node.problem(problems, "expected a number, a string, true or false");
        }
        literal
    }

    pub fn role(&self, node: Node, problems: &mut Problems) -> Option<Role> {
        let text = node.text(problems)?;
        let (object, part) = text.split_once('.').unwrap_or((text, ""));
        let call = |which| {
            let part = if part.is_empty() { "id" } else { part };
            let names = &self.vocabulary.call_names;
            names.iter().position(|name| name == part).map(|place| Role::Call(which, place as u8))
        };
        let role = match (object, part) {
            ("call", _) => call(Which::Call),
            ("second", _) => call(Which::Second),
            ("result", _) => call(Which::Result),
            ("agent", "" | "id") => Some(Role::Agent(AgentPart::Id)),
            ("agent", "number") => Some(Role::Agent(AgentPart::Number)),
            ("agent", "name") => Some(Role::Agent(AgentPart::Name)),
            ("agent", "station") => Some(Role::Agent(AgentPart::Station)),
            ("service", "") => Some(Role::Service),
            ("request", "") => Some(Role::Request),
            ("session", "") => Some(Role::Session),
            ("tenant", "") => Some(Role::Tenant),
            ("platform", "") => Some(Role::Platform),
            ("sequence", "") => Some(Role::Sequence),
            ("time", "") => Some(Role::Time),
            ("time", "utc") => Some(Role::Utc),
            _ => None,
        };
        if role.is_none() {
            let known = ["call", "second", "result", "agent", "service", "request", "session", "tenant", "platform"];
            problems.unknown(node.source(), node.inner_span(), "role", text, known);
        }
        role
    }
}
