//! Fields → members of a template: names, tags, and the text of members that are not set.

use super::members::{Member, Members, Shape};
use crate::{
    message::Kind,
    vocabulary::{
        definition::Vocabulary,
        field::{Field, Literal, Type},
        hand::Hand,
        overlay::Owner,
        profile::Profile,
    },
};

const ARRAYS: &str = "http://schemas.microsoft.com/2003/10/Serialization/Arrays";
pub(super) const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

pub(super) struct Compiler<'v> {
    pub vocabulary: &'v Vocabulary,
    pub profile: &'v Profile,
    pub hand: &'static Hand,
}

impl Compiler<'_> {
    /// The attributes of an element that holds a data contract's members.
    pub fn data_attributes(&self, data: &str) -> String {
        let instance = format!(" xmlns:i=\"{INSTANCE}\"");
        format!(" xmlns:{}=\"{data}\"{}", self.hand.data, if self.hand.instance_above { "" } else { &instance })
    }

    /// The fields of a message as parameters of its operation.
    pub fn parameters(&self, kind: Kind) -> Vec<Member> {
        let fields = &self.vocabulary.message(kind).fields.list;
        let member = |slot: usize| {
            let label = self.profile.label(self.vocabulary, kind, slot);
            let attributes = match fields[slot].ty {
                Type::Record(_) | Type::List(_) => self.data_attributes(&self.profile.namespaces.data),
                Type::Bool | Type::Int | Type::Long | Type::Text | Type::Time | Type::Id | Type::Enum(_) => {
                    String::new()
                }
            };
            self.formed(kind.into(), slot, &fields[slot], label, &attributes)
        };
        self.profile.parameter_order(self.vocabulary, kind).into_iter().map(member).collect()
    }

    fn data_tag(&self, label: &str) -> String {
        format!("{}:{label}", self.hand.data)
    }

    pub fn message_members(&self, kind: Kind) -> Vec<Member> {
        let def = self.vocabulary.message(kind);
        let member = |slot: usize| {
            let field = &def.fields.list[slot];
            let mut member = self.data_member(kind.into(), slot, field);
            let fixed = def.fixed.iter().find(|(fixed, _)| *fixed == slot).map(|(_, literal)| literal);
            if let Some(literal) = fixed {
                member.absent = self.literal(&member, &field.ty, literal);
                member.is_plain = *literal != Literal::Absent;
            }
            member
        };
        self.profile.data_order(self.vocabulary, kind.into()).into_iter().map(member).collect()
    }

    fn record_members(&self, place: usize) -> Vec<Member> {
        let owner = Owner::Record(place);
        let fields = &self.vocabulary.records[place].fields;
        let member = |slot: usize| self.data_member(owner, slot, &fields.list[slot]);
        self.profile.data_order(self.vocabulary, owner).into_iter().map(member).collect()
    }

    /// A member of a data contract. If its namespace is not the profile's, the member binds it itself.
    fn data_member(&self, owner: Owner, slot: usize, field: &Field) -> Member {
        let label = self.profile.label(self.vocabulary, owner, slot);
        let namespace = self.profile.namespace(owner, slot);
        match namespace == self.profile.namespaces.data {
            true => self.formed(owner, slot, field, &self.data_tag(label), ""),
            false => self.formed(owner, slot, field, &format!("o:{label}"), &format!(" xmlns:o=\"{namespace}\"")),
        }
    }

    /// A member in its profile's form.
    fn formed(&self, owner: Owner, slot: usize, field: &Field, tag: &str, attributes: &str) -> Member {
        let form = self.profile.overlay.member(owner, slot);
        let ty = form.and_then(|form| form.ty.clone()).unwrap_or_else(|| field.ty.clone());
        let mut typed = Field { ty, ..field.clone() };
        let item = form.and_then(|form| form.item.as_ref());
        let mut member = match (&typed.ty, form) {
            (Type::List(inner), Some(form)) if form.single => {
                typed.ty = form.ty.clone().unwrap_or_else(|| (**inner).clone());
                self.member(&typed, slot, tag, attributes, None, false).first()
            }
            _ if self.profile.is_listed(owner, slot) => {
                let (attributes, item) = self.item_tag(&Type::List(Box::new(typed.ty.clone())), attributes, item);
                one(self.member(&typed, slot, tag, &attributes, None, false), &item)
            }
            _ => self.member(&typed, slot, tag, attributes, item, false),
        };
        if form.is_some_and(|form| form.silent) {
            member.nil.clear();
            if !member.is_plain {
                member.absent.clear();
            }
        }
        member
    }

    /// The attributes of a list, which bind the prefix of its items if their namespace is not the profile's, and the items' tag.
    fn item_tag(&self, list: &Type, attributes: &str, item: Option<&(String, String)>) -> (String, String) {
        let Type::List(inner) = list else { return (attributes.to_owned(), String::new()) };
        let (namespace, name) = match (item, item_name(self.vocabulary, inner)) {
            (Some((namespace, name)), _) => (Some(namespace.as_str()), name.as_str()),
            (None, usual) => usual,
        };
        match namespace.filter(|namespace| *namespace != self.profile.namespaces.data) {
            Some(namespace) => (format!("{attributes} xmlns:d5p1=\"{namespace}\""), format!("d5p1:{name}")),
            None => (attributes.to_owned(), self.data_tag(name)),
        }
    }

    /// A member with this tag. `item` names a list's items if not by the usual name. Absent items of lists are never nil.
    pub fn member(
        &self,
        field: &Field,
        slot: usize,
        tag: &str,
        attributes: &str,
        item: Option<&(String, String)>,
        is_item: bool,
    ) -> Member {
        let (attributes, item_tag) = self.item_tag(&field.ty, attributes, item);
        let shape = match &field.ty {
            Type::Text | Type::Time | Type::Id => Shape::Text,
            Type::Int => Shape::Number { narrow: true },
            Type::Long => Shape::Number { narrow: false },
            Type::Bool => Shape::Bool,
            Type::Enum(place) => Shape::Enum(self.profile.member_names(self.vocabulary, *place)),
            Type::Record(place) => {
                let members = Members::between("", self.record_members(*place), "");
                Shape::Object(members.in_namespace(&self.profile.namespaces.data))
            }
            Type::List(item) => {
                let item_field = Field { ty: (**item).clone(), ..field.clone() };
                let item = self.member(&item_field, 0, &item_tag, "", None, true);
                let label = tag.rsplit(':').next().unwrap_or(tag);
                let pad = self.profile.padding(label);
                Shape::List { padding: item.absent.repeat(pad), item: Box::new(item), pad }
            }
        };
        let empty = self.hand.empty;
        // Members of data contracts have a prefix; the instance namespace is bound around them.
        let nil = match attributes.contains("xmlns:i=") || tag.contains(':') {
            true => format!("<{tag}{attributes} i:nil=\"true\"{empty}"),
            false => format!("<{tag}{attributes} xmlns:i=\"{INSTANCE}\" i:nil=\"true\"{empty}"),
        };
        let mut member = Member {
            slot,
            open: format!("<{tag}{attributes}>"),
            close: format!("</{tag}>"),
            absent: String::new(),
            is_plain: true,
            nil,
            shape,
        };
        let around = |inner: &str| format!("{}{inner}{}", member.open, member.close);
        member.absent = match &member.shape {
            Shape::Object(members) if is_item => around(&members.text),
            Shape::List { pad, padding, .. } if *pad > 0 => around(padding),
            _ if self.hand.empty_texts && field.default == Literal::Text(String::new()) => {
                member.is_plain = false;
                format!("<{tag}{attributes}{empty}")
            }
            Shape::Text
            | Shape::Number { .. }
            | Shape::Bool
            | Shape::Enum(_)
            | Shape::Object(_)
            | Shape::List { .. }
            | Shape::One(_)
            | Shape::First(_) => {
                member.is_plain = field.default != Literal::Absent;
                self.literal(&member, &field.ty, &field.default)
            }
        };
        member
    }

    fn literal(&self, member: &Member, ty: &Type, literal: &Literal) -> String {
        let text = match (literal, ty) {
            (Literal::Absent, _) => return member.nil.clone(),
            (Literal::EmptyList, _) => String::new(),
            (Literal::Int(code), Type::Enum(_)) => member.shape.name_of(*code).to_owned(),
            (Literal::Int(number), _) => number.to_string(),
            (Literal::Bool(value), _) => value.to_string(),
            (Literal::Text(text), _) => text.clone(),
        };
        format!("{}{text}{}", member.open, member.close)
    }
}

/// The name of a list's items by their type, and their namespace if it is not the data contracts'.
pub fn item_name<'v>(vocabulary: &'v Vocabulary, item: &Type) -> (Option<&'static str>, &'v str) {
    match item {
        Type::Int => (Some(ARRAYS), "int"),
        Type::Long => (Some(ARRAYS), "long"),
        Type::Bool => (Some(ARRAYS), "boolean"),
        Type::Enum(place) => (None, &vocabulary.enums[*place].name),
        Type::Record(place) => (None, &vocabulary.records[*place].name),
        Type::Text | Type::Time | Type::Id | Type::List(_) => (Some(ARRAYS), "string"),
    }
}

/// The member as a list of one.
fn one(member: Member, item: &str) -> Member {
    let (open, close, nil, slot) = (member.open.clone(), member.close.clone(), member.nil.clone(), member.slot);
    let item = Member { open: format!("<{item}>"), close: format!("</{item}>"), ..member };
    Member { slot, open, close, absent: nil.clone(), is_plain: false, nil, shape: Shape::One(Box::new(item)) }
}
